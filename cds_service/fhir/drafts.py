"""The draft resources of a request's context: ``draftOrders`` of the order hooks, ``appointments`` of appointment-book.

Clients send a Bundle without a type, a MedicationRequest without an intent, ``coding: [{}]``: each entry is read by
itself. The bytes of every entry are kept as sent, so that an ``update`` action can return the client's own draft,
unknown extensions included.
"""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.answers import entries_of
from cds_service.fhir.record import OTHER, bare_id, belongs
from cds_service.fhir.resources import NotReadable, Resource, Unreadable

KEY: Final = "draft"
"""The ``key`` of an unreadable draft: it came with the context, not with the prefetch."""
OF_ANOTHER: Final = "of another patient"
"""The ``reason`` of a draft that was read, and is not this patient's."""


class Draft(Struct, frozen=True):
    """One draft. ``reference`` is ``ServiceRequest/1`` as ``selections`` names it; None when it has no usable id.

    ``resource`` is Unreadable when the draft must not be judged: ill-typed, of a type not read, or another patient's.
    ``raw`` is the JSON of the resource as sent, empty for an entry that holds none.
    """

    reference: str | None
    resource: Resource | Unreadable
    raw: bytes


class NotABundle(ValueError):
    """The context field is neither a Bundle nor a resource. The message holds no value."""


def read_drafts(bundle: Raw | bytes | None, *, patient_id: str | None = None) -> tuple[Draft, ...]:
    """The drafts of a Bundle (with or without type) or of a single resource, in order; none for null or absent.

    With ``patient_id`` a draft for another patient becomes Unreadable. Raises NotABundle for anything that is no JSON
    object.
    """
    text = bytes(bundle).strip() if bundle is not None else b"null"
    if text in {b"", b"null"}:
        return ()
    entries = entries_of(text)
    if entries is None:
        raise NotABundle("must be a Bundle of draft resources")
    found, lost = entries
    empty = Draft(None, Unreadable(OTHER, None, KEY, "an entry without a resource"), b"")
    return (*(_draft(raw, bare_id(patient_id)) for raw in found), *(empty for _ in range(lost)))


def _draft(raw: Raw | bytes, patient_id: str | None) -> Draft:
    kind = decoding.resource_type(raw)
    try:
        resource_id = decoding.well_formed_id(decoding.read_head(raw).id)
    except NotReadable:
        resource_id = None
    reference = f"{kind}/{resource_id}" if kind and resource_id else None
    known = kind if kind and kind in fhir.RESOURCE_TYPES else OTHER
    resource: Resource | Unreadable
    try:
        resource = decoding.read_resource(raw)
        if patient_id is not None and belongs(resource, patient_id) is False:
            resource = Unreadable(known, resource_id, KEY, OF_ANOTHER)
    except NotReadable as error:
        resource = Unreadable(known, resource_id, KEY, str(error))
    return Draft(reference, resource, bytes(raw))
