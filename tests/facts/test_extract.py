"""The whole extraction: what every record must withstand, and what it must never show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.facts.fact import Evidence
from cds_service.facts.model import Listing
from cds_service.fhir.record import OWN_KEYS
from tests.facts.changing import members
from tests.facts.records import (
    AS_OF,
    CPT,
    LOINC,
    ME,
    NOON,
    RXNORM,
    SNOMED,
    concept,
    condition,
    days,
    facts,
    form,
    observation,
    report,
    resource,
)


def every(value: Any, kind: type[Any]) -> Iterator[Any]:
    """All values of a type within frozen values."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, tuple | list):
        for each in value:
            yield from every(each, kind)
    for _, held in members(value):
        yield from every(held, kind)


def test_nothing_sent_is_unknown_everywhere() -> None:
    """Decision 1: with no key at all no listing proves anything."""
    told = facts(without=OWN_KEYS)
    listings = list(every(told, Listing))
    assert len(listings) > 40
    assert all(each.gap and not each.items for each in listings)
    assert told.stay.hospice.unknown
    assert (told.as_of, told.at, told.drafts) == (AS_OF, NOON, ())


def test_every_topic_is_filled() -> None:
    """No field keeps the "nobody read it" of the vocabulary."""
    assert not [each for each in every(facts(), Listing) if each.gap == "not retrieved"]


RECORD = (
    condition("M80.08XA", text="Zebediah Quux L1 fracture", onsetDateTime="2026-10-23"),
    {**condition(text="Zebediah Quux has prostate cancer"), "id": "c2"},
    {**condition(text="Zebediah Quux: lumbar discitis"), "id": "c3"},
    {**condition("G83.4", text="Zebediah Quux"), "id": "c4"},
    observation("72514-3", 8, note=[{"text": "Zebediah Quux"}]),
    observation("600-7", "Growth in the blood of Zebediah Quux", id="o2"),
    report("30679-5", "L1 fracture.", text="MRI of Zebediah Quux"),
    resource(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept=concept("161", RXNORM, "for Zebediah Quux"),
    ),
    resource(
        "ServiceRequest",
        status="active",
        intent="order",
        code=concept("30679-5", LOINC, "for Zebediah Quux"),
        note=[{"text": "Zebediah Quux"}],
    ),
    resource("Procedure", status="completed", code=concept("22514", CPT, "Zebediah Quux L1")),
    {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": f"Patient/{ME}"},
        "code": concept("", text="PMMA says Zebediah Quux"),
    },
    {
        "resourceType": "Device",
        "id": "d1",
        "status": "active",
        "patient": {"reference": f"Patient/{ME}"},
        "type": concept("14106009", SNOMED, "Zebediah Quux"),
        "deviceName": [{"name": "Pacemaker of Zebediah Quux"}],
    },
    form(mechanism="Zebediah Quux", pain_nrs=7),
)


def test_evidence_is_short_and_shows_no_prose_of_the_record() -> None:
    """General: reference, a display of ours, an ISO date; never a name or free text, 80 characters at most."""
    told = list(every(facts(*RECORD), Evidence))
    shown = [each for each in told if "Zebediah" in each.value or len(each.value) > 80]
    assert len(told) > 12
    assert not shown


@pytest.mark.parametrize("status", ["entered-in-error", "Entered-In-Error ", "cancelled"])
def test_void_resources_say_nothing(status: str) -> None:
    """Hazard 5: whatever the type, with capitals and stray spaces."""
    void = [
        {**each, "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
        if each["resourceType"] in ("Condition", "AllergyIntolerance")
        else {**each, "status": "entered-in-error" if each["resourceType"] == "Device" else status}
        for each in RECORD
    ]
    found = [each for each in every(facts(*void), Listing) if each.items]
    assert not found


def test_days_are_those_of_the_facility() -> None:
    """Section 0 "Dates": an instant is moved to the facility's zone before its day is taken."""
    given = observation("72514-3", 8, effectiveDateTime="2026-11-20T03:00:00Z")
    (score,) = facts(given, zone=ZoneInfo("America/Chicago")).pain.scores.items
    assert score.when == days("2026-11-19")


@pytest.mark.parametrize(
    "odd",
    [
        {"code": {"coding": [{}]}},
        {"code": {"coding": [{"code": "M80.08XA"}]}},
        {"code": None},
        {"code": {"text": ""}},
        {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "x" * 9000}]}},
        {"onsetAge": {"value": 1e308, "code": "a"}},
        {"onsetDateTime": "9999-12-31"},
        {"onsetDateTime": "0001-01-01"},
        {"bodySite": [{}, {"coding": [{}]}]},
        {"note": [{}]},
    ],
)
def test_odd_conditions_raise_nothing(odd: dict[str, Any]) -> None:
    """Hazards 2, 4, 12: whatever a record holds."""
    assert facts({**condition("M80.08XA"), **odd}).as_of == AS_OF


@pytest.mark.parametrize(
    "odd",
    [
        {"component": [{}]},
        {"code": None},
        {"valueQuantity": {}},
        {"valueQuantity": {"value": 1e300, "unit": "mm"}},
        {"valueQuantity": {"value": 5, "unit": "\u00b5"}},
        {"valueString": "9" * 5000},
        {"effectivePeriod": {}},
    ],
)
def test_odd_observations_raise_nothing(odd: dict[str, Any]) -> None:
    """The same for results."""
    given = {key: value for key, value in {**observation("72514-3"), **odd}.items() if value is not None}
    assert facts(given).pain.scores.items == ()


def test_the_same_record_gives_the_same_facts() -> None:
    """No clock, no chance: facts are a function of their input."""
    assert facts(*RECORD) == facts(*RECORD)
    assert facts(*reversed(RECORD)).pain == facts(*RECORD).pain
