"""The clinician's own MRI draft, changed to SPECT/CT where MRI is unsafe (decision 8; K-ALT; checklist 60)."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.record import bare_id, belongs
from cds_service.fhir.resources import NotReadable
from cds_service.orders.drafts import AUTHOR, DISCLAIMER, Action, Reason, sites, why
from cds_service.orders.strict import REQUEST_INTENT
from cds_service.orders.studies import SPECT_CT
from cds_service.recommendations.recommendation import Proposal

_MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw])
_LIST: Final = msgspec.json.Decoder(list[Raw])
_OPEN: Final = frozenset({"draft", "active", "on-hold", "unknown"})
_CHANGED: Final = "Changed from MRI to SPECT/CT; check the other details of this order, they were written for the MRI."


def replace_with_alternative(draft_raw: bytes, proposal: Proposal, subject: str, reason: Reason) -> Action | None:
    """An update of the draft to SPECT/CT; None when it may not be sent back, and the caller creates one instead.

    ``draft_raw`` is the JSON of the resource as sent, ``subject`` the request's ``Patient/<id>``. What is sent back is
    the draft itself: every member byte for byte, foreign extensions and unknown members included, with these changes.
    `code` is replaced whole (an extension inside it spoke of the MRI), a `note` says why, and a generated narrative
    goes, because it would still name the MRI. Where the draft has no `bodySite`, the place that only the MRI's code
    named is put there. Members that did not change are slices of the request (`msgspec.Raw`), as `to_json` takes them.

    Sent back is only a ServiceRequest of this patient with id and intent, not yet carried out or withdrawn, without
    `modifierExtension` or `doNotPerform`, null or empty elements.
    """
    members = _sendable(draft_raw, subject)
    if members is None:
        return None
    try:
        notes = _LIST.decode(members["note"]) if "note" in members else []
    except msgspec.DecodeError:
        return None
    where = sites(proposal, code_names_region=False)
    resource: dict[str, object] = {
        **{name: _as_sent(raw) for name, raw in members.items()},
        "code": SPECT_CT.concept(),
        "note": [*notes, {"authorString": AUTHOR, "text": f"{why(reason)} {_CHANGED} {DISCLAIMER}"}],
    }
    if "bodySite" not in members and where:
        resource["bodySite"] = list(where)
    return {"type": "update", "description": f"Change this draft to {SPECT_CT.text}", "resource": resource}


def _sendable(raw: bytes, subject: str) -> dict[str, Raw] | None:
    """The members of a draft that is valid enough to send back, without a generated narrative."""
    patient_id = bare_id(subject)
    try:
        read = decoding.read_resource(raw)
        members, plain = _MEMBERS.decode(raw), msgspec.json.decode(raw)
    except (NotReadable, msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(read, fhir.ServiceRequest) or patient_id is None or belongs(read, patient_id) is not True:
        return None
    if not decoding.well_formed_id(read.id) or read.do_not_perform or not _filled(plain):
        return None
    if plain.get("status") not in _OPEN or plain.get("intent") not in REQUEST_INTENT:
        return None
    narrative = plain.get("text")
    if isinstance(narrative, dict) and narrative.get("status") in {"generated", "extensions"}:
        members.pop("text")
    return members


def _as_sent(raw: Raw) -> object:
    """A string as such, anything else as the slice it was: a number would lose its digits."""
    return msgspec.json.decode(raw) if bytes(raw).startswith(b'"') else raw


def _filled(value: object) -> bool:
    """Whether no element is null or empty, which R4 forbids. A null in a list is allowed: `_given` lines up with it."""
    if isinstance(value, dict):
        return bool(value) and all(member is not None and _filled(member) for member in value.values())
    if isinstance(value, list):
        return bool(value) and all(item is None or _filled(item) for item in value)
    return value != ""
