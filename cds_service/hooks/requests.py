"""A CDS Hooks request: what it says once the envelope is read, and what is wrong with it when it cannot be.

Lenient where real clients are (hazard 17): ``patientId`` as ``Patient/x``, no ``userId``, a ``hookInstance`` that is
no UUID, ``null`` for what is not there, stray top-level members. Strict where leniency could answer about somebody
else: repeated names, an identifier that is none, a token for another patient.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from cds_service.errors import Malformed
from cds_service.fhir import strict_json
from cds_service.fhir.client.grants import NO_AUTHORIZATION, Grant
from cds_service.fhir.client.tokens import Token
from cds_service.hooks.services import Service

# Wider than FHIR's id type: real ids hold underscores (hazard 2) and run longer. Never a slash, query or blank.
_ID = re.compile(r"(?=[^.]|\.+[^.])[A-Za-z0-9._-]{1,128}\Z")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/(?=[^.]|\.+[^.])[A-Za-z0-9._-]{1,128}\Z")
# A header's token: RFC 6750, "b64token", and the characters some issuers add.
_TOKEN = re.compile(r"[!-~]{1,16384}")
_ORDER_HOOKS = frozenset({"order-select", "order-sign"})
_NO_MEMBERS: Mapping[str, msgspec.Raw] = MappingProxyType({})


@dataclass(frozen=True, slots=True, repr=False)
class HookRequest:
    """One call of a service. Raw members are slices of the body, checked as JSON and not yet read as FHIR.

    ``selections`` and ``dispatched`` are references (``ServiceRequest/x``); ``draft_orders``, ``appointments`` and
    ``conditions`` are Bundles; ``context`` holds every member of the context, those included. ``prefetch_given`` tells
    an absent ``prefetch`` from an empty one. ``hook_instance`` is lower-case without ``urn:uuid:`` when it is a UUID.
    """

    service_id: str
    hook: str
    hook_instance: str
    hook_instance_is_uuid: bool
    patient_id: str
    user_id: str | None = None
    encounter_id: str | None = None
    context: Mapping[str, msgspec.Raw] = field(default_factory=lambda: _NO_MEMBERS)
    selections: tuple[str, ...] = ()
    dispatched: tuple[str, ...] = ()
    draft_orders: msgspec.Raw | None = None
    appointments: msgspec.Raw | None = None
    conditions: msgspec.Raw | None = None
    prefetch: Mapping[str, msgspec.Raw] = field(default_factory=lambda: _NO_MEMBERS)
    prefetch_given: bool = False
    fhir_server: str | None = None
    grant: Grant = NO_AUTHORIZATION
    extension_present: bool = False


def hook_of(body: bytes) -> str:
    """The hook a body is about, for a caller without a service id. Raises Malformed."""
    return _required_text(strict_json.root(body), "hook")


def read_request(service: Service, body: bytes) -> HookRequest:
    """The request in a body sent to ``service``. Raises Malformed, which names the field in ``expression``."""
    top = strict_json.root(body)
    hook = _required_text(top, "hook")
    if hook != service.hook:
        raise Malformed(f"This service is for the hook {service.hook}", code="invalid", expression="hook")
    hook_instance, is_uuid = _hook_instance(_required_text(top, "hookInstance"))
    if "context" not in top:
        raise Malformed("context is missing", code="required", expression="context")
    context = strict_json.members(top["context"], "context")
    patient_id = _patient_id(context)
    fhir_server = _optional_text(top, "fhirServer")
    authorization = _authorization(top, fhir_server, patient_id)
    prefetch = top.get("prefetch")
    return HookRequest(
        service_id=service.id,
        hook=hook,
        hook_instance=hook_instance,
        hook_instance_is_uuid=is_uuid,
        patient_id=patient_id,
        user_id=_reference(context, "userId"),
        encounter_id=_encounter_id(context),
        context=MappingProxyType(context),
        selections=_references(context, "selections", required=hook == "order-select"),
        dispatched=_references(context, "dispatchedOrders", required=hook == "order-dispatch"),
        draft_orders=_bundle(context, "draftOrders", required=hook in _ORDER_HOOKS),
        appointments=_bundle(context, "appointments", required=hook == "appointment-book"),
        conditions=_bundle(context, "conditions", required=hook == "problem-list-item-create"),
        prefetch=_NO_MEMBERS if prefetch is None else MappingProxyType(strict_json.members(prefetch, "prefetch")),
        prefetch_given=prefetch is not None,
        fhir_server=fhir_server,
        grant=NO_AUTHORIZATION if authorization is None else _grant(authorization),
        extension_present="extension" in top,
    )


def _value(members: Mapping[str, msgspec.Raw], name: str) -> object:
    """The member read, ``None`` when it is absent or null. For small members only."""
    raw = members.get(name)
    return None if raw is None else msgspec.json.decode(raw)


def _is_null(raw: msgspec.Raw) -> bool:
    return bytes(raw) == b"null"


def _required_text(members: Mapping[str, msgspec.Raw], name: str) -> str:
    value = _value(members, name)
    if value is None:
        raise Malformed(f"{name} is missing", code="required", expression=name)
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string", code="invalid", expression=name)
    if not value.strip():
        raise Malformed(f"{name} is empty", code="required", expression=name)
    return value


def _optional_text(members: Mapping[str, msgspec.Raw], name: str) -> str | None:
    value = _value(members, name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string", code="invalid", expression=name)
    return value.strip() or None


def _hook_instance(value: str) -> tuple[str, bool]:
    text = value.strip().removeprefix("urn:uuid:")
    try:
        return str(uuid.UUID(text)), True
    except ValueError:
        return value, False


def _patient_id(context: Mapping[str, msgspec.Raw]) -> str:
    where = "context.patientId"
    value = _value(context, "patientId")
    if value is None or value == "":
        raise Malformed(f"{where} is missing", code="required", expression=where)
    if not isinstance(value, str):
        raise Malformed(f"{where} must be a string", code="invalid", expression=where)
    bare = value.removeprefix("Patient/")
    if _ID.match(bare) is None:
        raise Malformed(f"{where} must be a FHIR id, without slash or blank", code="invalid", expression=where)
    return bare


def _encounter_id(context: Mapping[str, msgspec.Raw]) -> str | None:
    value = _value(context, "encounterId")
    if not isinstance(value, str):
        return None
    bare = value.removeprefix("Encounter/")
    return bare if _ID.match(bare) else None


def _reference(context: Mapping[str, msgspec.Raw], name: str) -> str | None:
    """``Type/id``, or None: a user who cannot be told gets role-neutral cards."""
    value = _value(context, name)
    return value if isinstance(value, str) and _REFERENCE.match(value) else None


def _references(context: Mapping[str, msgspec.Raw], name: str, *, required: bool) -> tuple[str, ...]:
    where = f"context.{name}"
    value = _value(context, name)
    if value is None:
        if required:
            raise Malformed(f"{where} is missing", code="required", expression=where)
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{where} must be an array of references", code="invalid", expression=where)
    return tuple(item for item in value if isinstance(item, str))


class _BundleHead(msgspec.Struct, rename={"resource_type": "resourceType"}):
    resource_type: str | None = None
    entry: msgspec.Raw = msgspec.Raw()


def _bundle(context: Mapping[str, msgspec.Raw], name: str, *, required: bool) -> msgspec.Raw | None:
    """A Bundle, at least by its outside; some clients leave ``resourceType`` out and send the entries."""
    where = f"context.{name}"
    raw = context.get(name)
    if raw is None or _is_null(raw):
        if required:
            raise Malformed(f"{where} is missing", code="required", expression=where)
        return None
    not_a_bundle = Malformed(f"{where} must be a Bundle", code="invalid", expression=where)
    try:
        head = msgspec.json.decode(raw, type=_BundleHead)
    except msgspec.ValidationError:
        raise not_a_bundle from None
    if head.resource_type != "Bundle" and (head.resource_type is not None or not bytes(head.entry)):
        raise not_a_bundle
    return raw


def _authorization(
    top: Mapping[str, msgspec.Raw], fhir_server: str | None, patient_id: str
) -> dict[str, msgspec.Raw] | None:
    raw = top.get("fhirAuthorization")
    if raw is None or _is_null(raw):
        return None
    authorization = strict_json.members(raw, "fhirAuthorization")
    if fhir_server is None:
        raise Malformed("fhirServer is required with fhirAuthorization", code="required", expression=("fhirServer",))
    patient = _value(authorization, "patient")
    if patient is not None and (not isinstance(patient, str) or patient.removeprefix("Patient/") != patient_id):
        raise Malformed(
            "fhirAuthorization.patient is not context.patientId: the token is for another patient",
            code="security",
            expression=("fhirAuthorization.patient", "context.patientId"),
        )
    return authorization


def _grant(authorization: Mapping[str, msgspec.Raw]) -> Grant:
    """What an authorization lets us read. One that lacks its token or its type, or is over, lets nothing be read:
    whoever sent it does not mean the server to be read without (decision 7 of the operations notes).
    """
    token, kind = _value(authorization, "access_token"), _value(authorization, "token_type")
    seconds, scope = _seconds(_value(authorization, "expires_in")), _value(authorization, "scope")
    is_token = isinstance(token, str) and _TOKEN.fullmatch(token) is not None
    is_bearer = isinstance(kind, str) and kind.lower() == "bearer"
    is_over = seconds is not None and seconds <= 0
    if not is_token or not is_bearer or is_over:
        return Grant(usable=False)
    return Grant(Token(str(token)), scope if isinstance(scope, str) else "", seconds=seconds)


def _seconds(value: object) -> float | None:
    """How long a token lasts; None where that is not said. What is no number of seconds is none at all."""
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
