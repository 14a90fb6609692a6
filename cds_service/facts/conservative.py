"""DE-15: analgesics, braces, physiotherapy and bed rest ordered or given, never drafted; and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, get_args

from cds_service.facts.coded import Found, find
from cds_service.facts.fact import Evidence, Fact, fact, no_fact
from cds_service.facts.medications import ANALGESIC, Medicine
from cds_service.facts.model import Conservative, Treatment
from cds_service.facts.orders import NO_ORDER, ordered
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.requests import BRACING, REFERRALS, THERAPY, device_words
from cds_service.facts.source import Moment, Source
from cds_service.facts.wording import BED_REST, BRACE, PHYSIOTHERAPY, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.resources import CodeableConcept

Kind = Literal["analgesic", "brace", "physiotherapy", "bed-rest"]
Failed = Literal["yes", "no", "not-tolerated"]
ANALGESIC_CLASSES: Final = frozenset({"nsaid", "opioid", "acetaminophen"})
"""Classes that relieve pain by themselves (CM-07); adjuvants, muscle relaxants and what is put on the skin are none."""

_ACTIVE: Final = frozenset({"active", "in-progress"})
_GIVEN: Final = _ACTIVE | {"completed"}
"""CM-07: "an item active or completed". What is on hold or was stopped says nothing of how long it was given."""
_VISITED: Final = frozenset({"finished", "in-progress", "arrived", "onleave"})
_CARE_DONE: Final = frozenset({"completed", "in-progress", ""})


def conservative(source: Source, answers: Answers, taken: tuple[Medicine, ...]) -> Conservative:
    """What was tried and how it went; finding nothing proves nothing (decision 1)."""
    given = (
        *_analgesics(taken),
        *_requests(source),
        *_supplies(source),
        *_devices(source),
        *_procedures(source),
        *_visits(source),
        *_care_plans(source),
    )
    return Conservative(
        given=source.documented(given, "medications", "orders", "procedures", "devices"),
        analgesic_days=answers.amount("analgesic-days", "analgesics"),
        brace_days=answers.amount("brace-days", "brace"),
        physiotherapy_days=answers.amount("physiotherapy-days", "physiotherapy"),
        bed_rest_days=answers.amount("bed-rest-days", "bed rest"),
        failed=_failed(answers),
        brace_refused=stated(
            source, answers.statement("brace-refused-or-contraindicated", "brace refused or contraindicated")
        ),
    )


def _failed(answers: Answers) -> Fact[Failed]:
    word = answers.word("conservative-care-failed")
    failed: Failed | None = next((each for each in get_args(Failed) if each == word), None)
    return no_fact() if failed is None else fact(failed, answers.evidence(f"conservative care failed: {failed}"))


def _analgesics(taken: tuple[Medicine, ...]) -> Iterator[Treatment]:
    for medicine in taken:
        if medicine.local or medicine.status not in _GIVEN:
            continue
        for each in medicine.of(ANALGESIC):
            kind = each.row["class"]
            if kind in ANALGESIC_CLASSES and (kind == "opioid" or not medicine.patch):
                yield Treatment("analgesic", medicine.start.when, medicine.active, medicine.evidence(each))


def _kinds(found: Found, spoken: str) -> Iterator[tuple[Kind, str]]:
    """What treatment codes or words mean, each with what to show."""
    text = spoken.lower()
    if any(row["brace"] == "yes" for row in found.get(BRACING, ())) or spoken_of(BRACE, text):
        yield "brace", "spinal brace"
    therapies = {row["kind"] for row in found.get(THERAPY, ())}
    is_referred = any(row["service"] == "physiotherapy" for row in found.get(REFERRALS, ()))
    if "physiotherapy" in therapies or is_referred or spoken_of(PHYSIOTHERAPY, spoken):
        yield "physiotherapy", "physiotherapy"
    if "bed-rest" in therapies or spoken_of(BED_REST, text):
        yield "bed-rest", "bed rest"


def _treatments(
    concepts: tuple[CodeableConcept | None, ...], more: str, reference: str, moment: Moment, active: bool
) -> Iterator[Treatment]:
    present = tuple(each for each in concepts if each is not None)
    for kind, shown in _kinds(find(present), f"{words(present)}\n{more}"):
        yield Treatment(kind, moment.when, active, Evidence(reference, shown, moment.date))


def _requests(source: Source) -> Iterator[Treatment]:
    for service in source.record.of(fhir.ServiceRequest):
        order = service.resource
        if ordered(order, _GIVEN):
            moment = _started(source, order.authored_on, order.occurrence_date_time, order.occurrence_period)
            yield from _treatments((order.code,), "", service.reference, moment, plain_code(order.status) == "active")
    for wanted in source.record.of(fhir.DeviceRequest):
        request = wanted.resource
        if ordered(request, _GIVEN):
            device = source.resolve(request.code_reference, request)
            type_ = device.type if isinstance(device, fhir.Device) else None
            shown = (request.code_reference.display or "") if request.code_reference is not None else ""
            moment = _started(source, request.authored_on, request.occurrence_date_time, request.occurrence_period)
            concepts = (request.code_codeable_concept, type_)
            more = f"{device_words(device)}\n{shown}"
            yield from _treatments(concepts, more, wanted.reference, moment, plain_code(request.status) == "active")


def _started(source: Source, authored: str | None, at: str | None, period: fhir.Period | None) -> Moment:
    """When an order took effect: its occurrence where it has one, else when it was written."""
    return source.start(at, period, authored)


def _supplies(source: Source) -> Iterator[Treatment]:
    for located in source.record.of(fhir.SupplyRequest):
        supply = located.resource
        if plain_code(supply.status) in _GIVEN:
            device = source.resolve(supply.item_reference, supply)
            type_ = device.type if isinstance(device, fhir.Device) else None
            moment = _started(source, supply.authored_on, supply.occurrence_date_time, supply.occurrence_period)
            concepts = (supply.item_codeable_concept, type_)
            yield from _treatments(
                concepts, device_words(device), located.reference, moment, plain_code(supply.status) == "active"
            )


def _devices(source: Source) -> Iterator[Treatment]:
    for located in source.record.of(fhir.DeviceUseStatement):
        use = located.resource
        if plain_code(use.status) in _GIVEN:
            device = source.resolve(use.device, use)
            type_ = device.type if isinstance(device, fhir.Device) else None
            shown = f"{device_words(device)}\n{(use.device.display or '') if use.device is not None else ''}"
            moment = source.start(use.timing_date_time, use.timing_period, use.recorded_on)
            yield from _treatments((type_,), shown, located.reference, moment, plain_code(use.status) == "active")


def _procedures(source: Source) -> Iterator[Treatment]:
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        status = plain_code(procedure.status)
        if status in _GIVEN:
            moment = source.start(procedure.performed_date_time, procedure.performed_period)
            yield from _treatments((procedure.code,), "", located.reference, moment, status in _ACTIVE)


def _visits(source: Source) -> Iterator[Treatment]:
    for located in source.record.of(fhir.Encounter):
        visit = located.resource
        if plain_code(visit.status) in _VISITED:
            concepts = (*visit.type, visit.service_type)
            moment = source.start(visit.period)
            found = _treatments(concepts, "", located.reference, moment, plain_code(visit.status) == "in-progress")
            yield from (each for each in found if each.kind == "physiotherapy")


def _care_plans(source: Source) -> Iterator[Treatment]:
    """Activities of a care plan that is in force or was: where some systems keep a back brace."""
    for located in source.record.of(fhir.CarePlan):
        plan = located.resource
        status = plain_code(plan.status)
        if status not in _GIVEN or plain_code(plan.intent) in NO_ORDER:
            continue
        for activity in plan.activity:
            detail = activity.detail
            if detail is None or detail.do_not_perform or plain_code(detail.status) not in _CARE_DONE:
                continue
            moment = source.start(detail.scheduled_period, plan.period, plan.created)
            yield from _treatments((detail.code,), "", located.reference, moment, status == "active")
