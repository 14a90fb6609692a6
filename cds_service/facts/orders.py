"""DE-27: requests, referrals and bookings already in the record; never a draft (decision 17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.facts.fact import Evidence
from cds_service.facts.model import DateRange, Listing, Order
from cds_service.facts.requests import Request, understand
from cds_service.facts.source import Moment, Source, cut
from cds_service.fhir import resources as fhir
from cds_service.fhir.decoding import plain_code

KEY: Final = "orders"
ONCE_ORDERED: Final = frozenset({"active", "on-hold", "completed"})
NO_ORDER: Final = frozenset({"proposal", "option"})
_NOT_YET_AN_ORDER: Final = NO_ORDER | {"plan"}
"""DE-27: a plan is nobody's order yet (of a CarePlan it is the usual intent)."""
BOOKED: Final = frozenset({"booked", "pending", "arrived", "checked-in"})
REFERRALS: Final = frozenset({"spine-referral", "bone-health-referral"})


def orders(source: Source) -> Listing[Order]:
    """All of ours that is ordered or booked. A referral counts when completed too; a study then has a report."""
    return source.listing((*_requests(source), *_bookings(source)), KEY)


def ordered(request: fhir.ServiceRequest | fhir.DeviceRequest, statuses: frozenset[str]) -> bool:
    """Whether a request is an order of one of these statuses: no proposal, and no order to leave something undone."""
    is_forbidden = isinstance(request, fhir.ServiceRequest) and bool(request.do_not_perform)
    return (
        plain_code(request.status) in statuses
        and plain_code(request.intent) not in _NOT_YET_AN_ORDER
        and not is_forbidden
    )


def _requests(source: Source) -> Iterator[Order]:
    found: list[tuple[str, fhir.ServiceRequest | fhir.DeviceRequest]] = []
    found += [(each.reference, each.resource) for each in source.record.of(fhir.ServiceRequest)]
    found += [(each.reference, each.resource) for each in source.record.of(fhir.DeviceRequest)]
    for reference, request in found:
        if not ordered(request, ONCE_ORDERED):
            continue
        understood = understand(request, source)
        is_done = plain_code(request.status) == "completed"
        if understood.kind == "other" or (is_done and understood.kind not in REFERRALS):
            continue
        moment = source.start(request.authored_on, request.occurrence_date_time, request.occurrence_period)
        yield _order(understood, reference, moment, moment.when)


def _bookings(source: Source) -> Iterator[Order]:
    for located in source.record.of(fhir.Appointment):
        booking = located.resource
        if plain_code(booking.status) not in BOOKED:
            continue
        start = source.moment(booking.start)
        understood = understand(booking, source)
        is_over = start.when is not None and start.when.last < source.as_of
        if understood.kind == "other" or (is_over and understood.kind not in REFERRALS):
            continue
        # A booking to come was made by today at the latest.
        made = source.moment(booking.created).when or start.when
        if made is not None and made.first > source.as_of:
            made = DateRange(source.as_of, source.as_of)
        yield _order(understood, located.reference, start, made)


def _order(understood: Request, reference: str, moment: Moment, when: DateRange | None) -> Order:
    image = understood.picture
    evidence = Evidence(reference, cut(f"{understood.shown} ordered"), moment.date)
    return Order(evidence, understood.kind, image.modality, image.contrast, image.regions, understood.levels, when)
