"""DE-30: the orders of this request that nobody has signed yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.facts.braces import Brace, drafted_brace
from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.model import DateRange, Draft, DraftKind
from cds_service.facts.opioids import drafted_drug
from cds_service.facts.payer import diagnosis_codes, place_of_service, procedure_numbers
from cds_service.facts.requests import understand
from cds_service.facts.source import VOID, Source, cut
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.dates import parse_date
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.drafts import Draft as Sent
from cds_service.fhir.resources import Unreadable

ORDER_SELECT: Final = "order-select"
_WITHDRAWN: Final = VOID | {"revoked", "stopped"}
_HURRIED: Final = frozenset({"urgent", "asap", "stat"})
_WEIGHT_BEARING: Final = either("standing", "upright", "erect", "weight[- ]?bearing", "flexion", "extension")


def drafts(source: Source, sent: Sequence[Sent], hook: str, selections: tuple[str, ...]) -> tuple[Draft, ...]:
    """Every draft that is still meant; one that could not be read is of kind other.

    On order-select those are selected that ``selections`` name; where these name none of them, all are.
    """
    named = {_bare(each) for each in selections}
    known = {each.reference for each in sent if each.reference}
    chosen = named & known if hook == ORDER_SELECT else set()
    return tuple(_drafts(source, sent, chosen))


def _bare(selection: str) -> str:
    """``ServiceRequest/1`` of an absolute or versioned reference."""
    parts = selection.strip().split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


def _drafts(source: Source, sent: Sequence[Sent], chosen: set[str]) -> Iterator[Draft]:
    for each in sent:
        resource = each.resource
        is_selected = not chosen or each.reference in chosen
        if isinstance(resource, Unreadable):
            reference = each.reference or resource.resource_type
            yield Draft(Evidence(reference, "draft that could not be read"), "other", selected=is_selected)
            continue
        if plain_code(getattr(resource, "status", None)) in _WITHDRAWN or getattr(resource, "do_not_perform", None):
            continue
        understood = understand(resource, source)
        kind: DraftKind = "other" if understood.kind == "bone-health-referral" else understood.kind
        image = understood.picture
        planned = _planned(resource, source)
        shown = cut(f"{understood.shown} (draft)")
        reference = each.reference or type(resource).__name__
        opioid, companion = (
            drafted_drug(resource, source, reference) if isinstance(resource, fhir.MedicationRequest) else (None, None)
        )
        brace = drafted_brace(resource, source) if kind == "brace" else Brace()
        yield Draft(
            evidence=Evidence(reference, shown, str(planned) if planned else None),
            kind=kind,
            modality=image.modality,
            contrast=image.contrast,
            regions=image.regions,
            levels=understood.levels,
            planned=planned.first if planned else None,
            selected=is_selected,
            for_augmentation=understood.for_augmentation,
            outside=understood.outside,
            hurried=plain_code(getattr(resource, "priority", None)) in _HURRIED,
            weight_bearing=image.modality == "XR" and _is_weight_bearing(resource),
            state=place_of_service(resource, source),
            procedure_numbers=procedure_numbers(resource),
            diagnosis_codes=diagnosis_codes(resource, source),
            opioid=opioid,
            companion=companion,
            orthosis=brace.orthosis,
            duration_days=brace.duration_days,
            reasoned=brace.reasoned,
        )


def _is_weight_bearing(resource: fhir.Resource) -> bool:
    """OC-11: a standing or dynamic film, by the words of the order or the display of its code."""
    if not isinstance(resource, fhir.ServiceRequest):
        return False
    coded = (row["display"] for row in find(resource.code).get("imaging-order-xray", ()))
    notes = (note.text or "" for note in resource.note)
    told = (words(resource.code), words(resource.order_detail), words(resource.reason_code), *coded, *notes)
    return _WEIGHT_BEARING.search("\n".join(told)) is not None


def _planned(resource: fhir.Resource, source: Source) -> DateRange | None:
    """The planned day, or the month or year where no more is said: it is judged by its first day, so that what fails
    then fails on every day of it.
    """
    match resource:
        case fhir.ServiceRequest() | fhir.DeviceRequest():
            period = resource.occurrence_period
            timing = resource.occurrence_timing
            candidates = (
                resource.occurrence_date_time,
                period.start if period else None,
                *(timing.event[:1] if timing else ()),
            )
        case fhir.Appointment():
            candidates = (resource.start, *(each.start for each in resource.requested_period[:1]))
        case _:
            return None
    days = (parse_date(each, source.zone) for each in candidates)
    return next((DateRange(each.first, each.last) for each in days if each is not None), None)
