"""From a record and the drafts of a request to the facts that criteria read, one extractor a topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from cds_service.facts.alarms import alarms
from cds_service.facts.allergies import allergies
from cds_service.facts.bleeding import bleeding
from cds_service.facts.bone_health import bone_health, weight_loss
from cds_service.facts.conservative import conservative
from cds_service.facts.contacts import contacts
from cds_service.facts.drafts import drafts as read_drafts
from cds_service.facts.fractures import fractures
from cds_service.facts.function import function
from cds_service.facts.imaging import Read, imaging
from cds_service.facts.implants import implants
from cds_service.facts.infection import infection
from cds_service.facts.malignancy import malignancy
from cds_service.facts.medications import medicines
from cds_service.facts.model import Facts, Listing, Order
from cds_service.facts.neurology import neurology
from cds_service.facts.opioids import opioid_care
from cds_service.facts.orders import orders
from cds_service.facts.pain import pain
from cds_service.facts.patient import patient
from cds_service.facts.payer import payer
from cds_service.facts.pregnancy import pregnancy
from cds_service.facts.preparation import preparation
from cds_service.facts.questionnaire import answers
from cds_service.facts.renal import egfr
from cds_service.facts.source import Source
from cds_service.facts.spine import spine
from cds_service.facts.stay import stay
from cds_service.facts.unitless import unitless
from cds_service.fhir.drafts import Draft
from cds_service.fhir.record import PatientRecord
from cds_service.fhir.text import NO_MEANS, Means


def extract(
    record: PatientRecord,
    drafts: Sequence[Draft],
    *,
    as_of: date,
    at: datetime | None,
    zone: tzinfo,
    hook: str,
    selections: tuple[str, ...],
    read: Read,
    means: Means = NO_MEANS,
) -> Facts:
    """The facts of one moment. ``read`` is the report reader (text to reading); it should remember what it has read.
    ``means`` are what reading an attachment takes (without them, no PDF is read).

    ``at`` is the instant of ``as_of`` where it is known, ``zone`` the facility's time zone. ``selections`` are the
    references that order-select names. Nothing in a record raises.
    """
    source = Source(record, as_of, zone, means)
    answered = answers(source)
    taken = medicines(source)
    placed = _without(orders(source), drafts)
    pictures, told = imaging(source, placed, read)
    return Facts(
        as_of=as_of,
        at=at,
        patient=patient(source),
        pregnancy=pregnancy(source, answered),
        stay=stay(source),
        imaging=pictures,
        fractures=fractures(source, answered),
        pain=pain(source, answered),
        function=function(source, answered),
        conservative=conservative(source, answered, taken),
        neurology=neurology(source, answered),
        infection=infection(source, answered),
        malignancy=malignancy(source),
        bone_health=bone_health(source, answered, taken, placed),
        implants=implants(source, told),
        bleeding=bleeding(source, taken),
        preparation=preparation(source, answered),
        allergies=allergies(source),
        spine=spine(source, answered),
        drafts=read_drafts(source, drafts, hook, selections),
        weight_loss=weight_loss(source),
        alarms=alarms(source),
        egfr=egfr(source),
        payer=payer(source),
        opioid_care=opioid_care(source, taken),
        contacts=contacts(source, answered),
        unitless=unitless(source),
    )


def _without(placed: Listing[Order], drafts: Sequence[Draft]) -> Listing[Order]:
    """What is ordered besides the orders this call is about: on re-sign and dispatch those are in the record too, and
    an order is no duplicate of itself.
    """
    about = {draft.reference for draft in drafts if draft.reference}
    return placed.where(lambda order: order.evidence.reference not in about)
