"""Osteoporosis care after a vertebral fracture (OS of D11): what is on record, what is a gap, what only words say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds_service.criteria import bone_health
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Outcome
from cds_service.facts.fact import Fact, Interval, fact
from cds_service.facts.model import DateRange, Disease, Listing, Patient
from cds_service.recommendations.osteoporosis_treatment import RECOMMENDATION
from cds_service.recommendations.recommendation import Hook, Judgement, Situation
from tests.criteria.given import (
    LIMIT,
    TODAY,
    ago,
    assessed,
    disease,
    finding,
    fracture,
    given,
    says,
    score,
    steroid,
    study,
)

OLD = {"studies": [study(finding("T8", acuity="chronic"), modality="CT")]}


def woman(years: int) -> Patient:
    """A woman of that age."""
    return Patient(age=fact(Interval(years, years)), male=fact(False), deceased=fact(False))


def assessment(**topics: Any) -> Assessment:
    """An old T8 fracture in a woman of 70, and what is given besides."""
    return assessed(**{"imaging": OLD, "patient": woman(70), **topics})


def judged(a: Assessment, hook: Hook = "patient-view") -> Judgement:
    """The one judgement there is."""
    (only,) = RECOMMENDATION.judge(a, Situation(hook))
    return only


def drug(days: float | None, kind: str = "bisphosphonate", active: bool = True) -> Disease:
    """A drug against osteoporosis begun so many days ago."""
    return disease(kind, onset=days, active=active)


def test_every_gap_has_its_line_and_its_draft() -> None:
    """OS-01 to OS-06: nothing on record, so four separate drafts (decision 8)."""
    found = judged(assessment())
    assert found.outcome is Outcome.APPLIES
    assert found.values == {"level": "T8", "reason": "no drug (+4)"}
    assert [p.kind for p in found.proposals] == [
        "dxa",
        "vitamin-d-test",
        "bone-health-referral",
        "secondary-cause-panel",
    ]
    assert {"no-drug", "no-dxa", "vitamin-d-none", "no-referral", "secondary-cause"} <= set(found.notes)
    assert {"intake", "falls", "close-the-loop", "age-pharmacotherapy"} <= set(found.notes)
    assert "discharge" not in found.notes


def test_before_discharge_the_plan_is_asked_for() -> None:
    """OC-62: at discharge the card also names recheck and warning signs."""
    assert "discharge" in judged(assessment(), "encounter-discharge").notes


def test_what_is_on_record_is_no_gap() -> None:
    """OS-02, OS-03, OS-05: only what is missing is listed, and the secondary causes of a first fracture."""
    known = {"dxa": [says(True, 30)], "vitamin_d_ng_ml": [score(35, 20)]}
    found = judged(assessment(bone_health=known))
    assert [p.kind for p in found.proposals] == ["bone-health-referral", "secondary-cause-panel"]


def test_of_what_nobody_read_nothing_is_said() -> None:
    """Decision 1: an unread key is no gap; the card names it as not read."""
    unread: dict[str, Any] = {
        "vitamin_d_ng_ml": Listing((), "observations not sent"),
        "dxa": Listing((), "orders not sent"),
    }
    found = judged(assessment(bone_health=unread))
    assert not {"vitamin-d-none", "vitamin-d-low", "no-dxa"} & set(found.notes)
    assert not {"vitamin-d-test", "dxa"} & {p.kind for p in found.proposals}


@pytest.mark.parametrize(("value", "line"), [(30, None), (29.9, "vitamin-d-low"), (31, None)])
def test_vitamin_d_at_its_limit(value: float, line: str | None) -> None:
    """OS-03: under 30 ng/mL, not at 30."""
    found = judged(assessment(bone_health={"vitamin_d_ng_ml": [score(value, 10)]}))
    assert [n for n in found.notes if n.startswith("vitamin-d")] == ([line] if line else [])


@pytest.mark.parametrize(
    ("day", "line"),
    [("2025-11-20", None), ("2025-11-19", "vitamin-d-none"), ("2025-11-21", None), ("2026-12-01", "vitamin-d-none")],
)
def test_vitamin_d_is_good_for_twelve_months(day: str, line: str | None) -> None:
    """OS-03: at most 12 months old to the day; a result of the future is none."""
    when = DateRange(date.fromisoformat(day), date.fromisoformat(day))
    found = judged(assessment(bone_health={"vitamin_d_ng_ml": [replace(score(40), when=when)]}))
    assert [n for n in found.notes if n.startswith("vitamin-d")] == ([line] if line else [])


@pytest.mark.parametrize(
    ("years", "prior", "z", "wanted"),
    [
        (60, True, -2.0, False),
        (59, True, -2.0, True),
        (60, True, -2.1, True),
        (60, False, -2.0, True),
        (61, True, None, False),
    ],
)
def test_when_to_look_for_a_secondary_cause(years: int, prior: bool, z: float | None, wanted: bool) -> None:
    """OS-06: first fracture, Z-score under -2, or under 60."""
    known = {
        "patient": woman(years),
        "fractures": {"diagnoses": [fracture("L1", standing="past")] if prior else []},
        "bone_health": {"z_scores": [] if z is None else [score(z)]},
    }
    found = judged(assessment(**known))
    assert ("secondary-cause" in found.notes) is wanted


def test_an_older_fracture_beside_a_new_one_is_not_the_first() -> None:
    """OS-06: two levels on one report, one of them called old."""
    both = {"studies": [study(finding("T8", acuity="chronic"), finding("T12", acuity="acute"))]}
    assert bone_health.first_fracture(assessed(imaging=both)).not_met
    assert bone_health.first_fracture(assessed(imaging=OLD)).met


@pytest.mark.parametrize(("years", "outcome"), [(50, Outcome.APPLIES), (49, Outcome.DOES_NOT_APPLY)])
def test_age_fifty(years: int, outcome: Outcome) -> None:
    """OS-01: 50 is old enough."""
    assert judged(assessment(patient=woman(years))).outcome is outcome


@pytest.mark.parametrize(("years", "said"), [(65, True), (64, False)])
def test_age_sixty_five(years: int, said: bool) -> None:
    """COAL: pharmacotherapy at 65 or over."""
    assert ("age-pharmacotherapy" in judged(assessment(patient=woman(years))).notes) is said


def test_the_age_is_not_guessed() -> None:
    """Decision 7: without an age nobody can tell."""
    nobody: Fact[Interval] = Fact(None, "birth date not documented")
    assert judged(assessment(patient=replace(woman(70), age=nobody))).outcome is Outcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("topics", "rule"),
    [
        ({"malignancy": {"diseases": [disease("bone-tropic")]}}, "ET-02"),
        ({"weight_loss": [disease("weight-loss")]}, "ET-03"),
        ({"infection": {"diseases": [disease("spinal")]}}, "ET-04"),
        ({"fractures": {"mechanism": fact("high-energy")}}, "ET-05"),
    ],
)
def test_another_cause_speaks_for_itself(topics: dict[str, Any], rule: str) -> None:
    """ET-01: none of ET-02 to ET-05 may be present."""
    found = judged(assessment(**topics))
    assert found.outcome is Outcome.DOES_NOT_APPLY
    assert [c.rule for c in found.criteria.present] == [rule]


@pytest.mark.parametrize("mechanism", ["low-energy", "none"])
def test_a_low_energy_mechanism_is_no_obstacle(mechanism: str) -> None:
    """OS-01: low energy, or no mechanism."""
    assert judged(assessment(fractures={"mechanism": fact(mechanism)})).outcome is Outcome.APPLIES


def test_treatment_silences_and_unread_drugs_cannot_tell() -> None:
    """SL-03, decision 1."""
    recent = {"diagnoses": [fracture("T8", onset=ago(10))]}
    assert judged(assessment(bone_health={"drugs": [drug(100)]}, fractures=recent)).outcome is Outcome.DOES_NOT_APPLY
    assert judged(assessment(bone_health={"drugs": [drug(100)]})).outcome is Outcome.CANNOT_TELL  # of unknown onset
    unread: dict[str, Any] = {"drugs": Listing((), "medications not sent")}
    assert judged(assessment(bone_health=unread)).outcome is Outcome.CANNOT_TELL
    stopped = judged(assessment(bone_health={"drugs": [drug(100, active=False)]}))
    assert stopped.outcome is Outcome.APPLIES
    assert "earlier-drug" in stopped.notes


@pytest.mark.parametrize(("days", "rule"), [(90, "SL-03"), (91, None), (0, "SL-03")])
def test_a_referral_within_ninety_days_silences(days: float, rule: str | None) -> None:
    """SL-03."""
    assert judged(assessment(bone_health={"referral": [says(True, days)]})).silenced_by == rule
    assert judged(assessment(bone_health={"referral": [says(False, days)]})).silenced_by is None


@pytest.mark.parametrize(
    ("begun", "met", "unknown"),
    [
        (DateRange(date(2025, 8, 12), date(2025, 8, 12)), True, False),
        (DateRange(date(2025, 8, 13), date(2025, 8, 13)), False, False),
        (DateRange(date(2025, 8, 1), date(2025, 8, 31)), False, True),
        (None, False, True),
    ],
)
def test_a_fracture_on_treatment(begun: DateRange | None, met: bool, unknown: bool) -> None:
    """OS-08: more than 12 months before the onset of 13 August 2026; in spite of a referral (SL-03)."""
    onset = DateRange(date(2026, 8, 13), date(2026, 8, 13))
    found = judged(
        assessed(
            fractures={"diagnoses": [fracture("T12", onset=onset)]},
            bone_health={"drugs": [replace(drug(1), onset=begun)], "referral": [says(True, 1)]},
        )
    )
    assert (found.outcome is Outcome.APPLIES) is met
    assert ("treatment-failure" in found.notes) is met
    assert found.silenced_by is None or not met
    (level,) = assessed(fractures={"diagnoses": [fracture("T12", onset=onset)]}).levels
    a = assessed(
        fractures={"diagnoses": [fracture("T12", onset=onset)]}, bone_health={"drugs": [replace(drug(1), onset=begun)]}
    )
    assert bone_health.fractured_on_treatment(level, a).unknown is unknown


def test_a_steroid_adds_the_guideline_of_its_own() -> None:
    """SP-03: 2.5 mg or more for over three months."""
    assert "steroid" in judged(assessment(bone_health={"steroids": [steroid(200, 5)]})).notes
    assert "steroid" not in judged(assessment(bone_health={"steroids": [steroid(60, 5)]})).notes


@pytest.mark.parametrize(("day", "lapsed"), [("2026-04-20", False), ("2026-04-19", True)])
def test_denosumab_that_lapsed(day: str, lapsed: bool) -> None:
    """SP-06: the last dose is more than 7 months old, and none is in force."""
    when = DateRange(date.fromisoformat(day), date.fromisoformat(day))
    doses = {"denosumab_doses": [replace(says(True), when=when)]}
    assert bone_health.denosumab_lapsed(given(bone_health=doses), LIMIT).met is lapsed
    ordered = {**doses, "drugs": [drug(300, "rankl-inhibitor")]}
    assert bone_health.denosumab_lapsed(given(bone_health=ordered), LIMIT).not_met
    assert bone_health.denosumab_lapsed(given(), LIMIT).not_met
    assert ("denosumab-lapsed" in judged(assessment(bone_health=doses)).notes) is lapsed


def test_hospice_silences() -> None:
    """G-03."""
    a = assessment()
    comfort = replace(a, facts=replace(a.facts, stay=replace(a.facts.stay, hospice=a.levels[0].fractured)))
    assert judged(comfort).silenced_by == "G-03"


@pytest.mark.parametrize(
    ("first", "last", "past"),
    [("2025-11-20", "2026-11-20", False), ("2025-11-19", "2026-11-20", True), ("2026-08-31", "2026-11-30", False)],
)
def test_months_are_those_of_the_calendar(first: str, last: str, past: bool) -> None:
    """Exactly so many months is not past them (section 0: closed intervals)."""
    months = 3 if first.startswith("2026") else 12
    assert bone_health.past_months(date.fromisoformat(first), date.fromisoformat(last), months) is past
    assert ago(0).first == TODAY
