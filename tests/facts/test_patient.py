"""DE-01: age, sex, death."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.fact import Interval
from tests.facts.records import AS_OF, ME, days, facts


def person(**more: Any) -> dict[str, Any]:
    """A Patient with these elements and no others."""
    return {"resourceType": "Patient", "id": ME, **more}


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1948-05-06", Interval(78, 78)),
        ("1976-11-20", Interval(50, 50)),
        ("1976-11-21", Interval(49, 49)),
        ("1976-11", Interval(49, 50)),
        ("1976", Interval(49, 50)),
        ("2026", Interval(0, 0)),
    ],
)
def test_age_is_completed_years_and_an_interval_for_partial_dates(born: str, age: Interval) -> None:
    """DE-01, section 0 "Dates": the birthday counts, a partial date gives both ends."""
    assert facts(patient=person(birthDate=born)).patient.age.value == age


@pytest.mark.parametrize("born", ["1000-01-01", "1899-12-31", "2026-11-21", "2027", "1948-13-01", None])
def test_an_implausible_birth_date_gives_no_age(born: str | None) -> None:
    """Hazard 12: 1000-01-01 is sent for "not known"; the future and what no calendar has are as little an age."""
    told = facts(patient=person(**({"birthDate": born} if born else {}))).patient
    assert told.age.value is None
    assert told.age.why_unknown
    assert told.born is None


BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


@pytest.mark.parametrize(
    ("given", "male"),
    [
        ({"gender": "male"}, True),
        ({"gender": "female"}, False),
        ({"gender": "Female "}, False),
        ({"gender": "other"}, None),
        ({"gender": "unknown"}, None),
        ({}, None),
        ({"gender": "male", "extension": [{"url": BIRTH_SEX, "valueCode": "F"}]}, False),
        ({"gender": "female", "extension": [{"url": BIRTH_SEX, "valueCode": "M"}]}, True),
        ({"gender": "female", "extension": [{"url": BIRTH_SEX, "valueCode": "UNK"}]}, None),
    ],
)
def test_male_is_told_by_sex_at_birth_before_gender(given: dict[str, Any], male: bool | None) -> None:
    """DE-01: gender is not capacity; only male or female is an answer."""
    assert facts(patient=person(**given)).patient.male.value is male


@pytest.mark.parametrize(
    ("given", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2020"}, True),
    ],
)
def test_deceased_by_boolean_or_date(given: dict[str, Any], deceased: bool) -> None:
    """G-02, hazard 12."""
    assert facts(patient=person(**given)).patient.deceased.value is deceased


def test_a_patient_that_was_not_sent_is_unknown_in_everything() -> None:
    """Decision 1: no key, no answer."""
    told = facts(without=("patient",)).patient
    assert {told.age.why_unknown, told.male.why_unknown, told.deceased.why_unknown} == {"patient not sent"}


def test_born_is_cut_off_at_the_day_of_the_call() -> None:
    """Decision 6: a partial date ends today at the latest."""
    assert facts(patient=person(birthDate="2026")).patient.born == days("2026-01-01", AS_OF.isoformat())
