"""What the context of a call adds to the record: the orders it is about, and the problems being created."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Raw

from cds_service.fhir.drafts import OF_ANOTHER, Draft, read_drafts
from cds_service.fhir.record import OTHER, PatientRecord
from cds_service.fhir.resources import RESOURCE_TYPES, Reference, Unreadable
from cds_service.hooks.requests import HookRequest

DRAFT_ORDERS: Final = "draft-orders"
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"appointment-book": "appointments", "order-dispatch": "dispatched-orders"}
)
ORDER_NAMES: Final = frozenset({DRAFT_ORDERS, *_NAMES.values()})
"""What `missing` calls orders of the context that could not be read: silence would look like "nothing to say"."""
CREATED: Final = "created-problems"
"""The key under which the problems being created join the record; none of ours, so it proves no absence."""


def joined(request: HookRequest) -> Mapping[str, Raw]:
    """What the request brought of the record: the prefetch, and the problems that are being created."""
    if request.conditions is None:
        return request.prefetch
    return {**request.prefetch, CREATED: request.conditions}


def created_problems(request: HookRequest) -> frozenset[str | None]:
    """The references of the problems being created; none on any other hook. Raises NotABundle."""
    return frozenset(each.reference for each in read_drafts(request.conditions))


def orders_of_the_call(request: HookRequest, record: PatientRecord) -> tuple[Draft, ...]:
    """The orders the call is about: drafts, appointments, or those of the record that are being dispatched.

    Raises NotABundle. A dispatched order that is not in the record stands for itself, unread.
    """
    if not request.dispatched:
        return read_drafts(request.draft_orders or request.appointments, patient_id=request.patient_id)
    return tuple(_dispatched(reference, record) for reference in dict.fromkeys(request.dispatched))


def _dispatched(reference: str, record: PatientRecord) -> Draft:
    located = record.locate(Reference(reference=reference))
    if located is not None:
        return Draft(located.reference, located.resource, b"")
    kind = reference.partition("/")[0]
    known = kind if kind in RESOURCE_TYPES else OTHER
    return Draft(reference, Unreadable(known, None, "orders", "not in the record"), b"")


def unread_orders(request: HookRequest, orders: tuple[Draft, ...]) -> tuple[str, ...]:
    """The name of the context's orders in `missing`, when one of a type judged here could not be read.

    Another patient's is dropped, as in a prefetch key, and makes nothing incomplete.
    """
    unread = (each.resource for each in orders if isinstance(each.resource, Unreadable))
    if all(each.resource_type == OTHER or each.reason == OF_ANOTHER for each in unread):
        return ()
    return (_NAMES.get(request.hook, DRAFT_ORDERS),)
