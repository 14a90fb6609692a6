"""Opioid safety (CM-04, OC-50): what raises the card at its limit, and what is only a line of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.criteria import opioids
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Outcome
from cds_service.facts.fact import Evidence, Interval, fact
from cds_service.facts.model import Listing, Opioid, Patient
from cds_service.recommendations.opioid_safety import RECOMMENDATION
from cds_service.recommendations.recommendation import Judgement, Situation
from tests.criteria.given import assessed, disease, draft, fracture


def drug(mg: float | None, factor: float | None = 1.5, name: str = "oxycodone", **said: Any) -> Opioid:
    """An opioid of so many milligrams a day."""
    usual: dict[str, Any] = {"ingredient": name, "product": name, "source": "draft", "unit": "mg/d"}
    amount = None if mg is None else Interval(mg, mg)
    where = Evidence(said.pop("reference", "MedicationRequest/d"), name)
    return Opioid(per_day=amount, factor=factor, evidence=where, **{**usual, **said})


def assessment(*drafts: Opioid, years: int = 60, **topics: Any) -> Assessment:
    """A fracture, and these opioids drafted."""
    known = {
        "fractures": {"diagnoses": [fracture("L1")]},
        "patient": Patient(age=fact(Interval(years, years)), male=fact(False), deceased=fact(False)),
        "drafts": tuple(draft("opioid", opioid=each) for each in drafts),
    }
    return assessed(**{**known, **topics})


def judged(a: Assessment) -> Judgement:
    """The one judgement."""
    (only,) = RECOMMENDATION.judge(a, Situation("order-select"))
    return only


@pytest.mark.parametrize(
    ("mg", "outcome"), [(32, Outcome.DOES_NOT_APPLY), (33.3333333, Outcome.APPLIES), (34, Outcome.APPLIES)]
)
def test_fifty_a_day(mg: float, outcome: Outcome) -> None:
    """CM-04: 50 MME reach the limit."""
    assert judged(assessment(drug(mg))).outcome is outcome


@pytest.mark.parametrize(("mg", "met"), [(50, True), (49.9, False), (50.1, True)])
def test_exactly_at_the_limit(mg: float, met: bool) -> None:
    """CM-04: closed at 50."""
    assert opioids.high_dose(assessment(drug(mg, 1.0, "morphine"))).met is met


def test_sixty_of_oxycodone_are_ninety() -> None:
    """Vignette 36."""
    found = judged(assessment(drug(60), opioid_care={"depressants": [disease("benzodiazepine")]}))
    assert found.values["reason"] == "90 MME a day (+1)"
    assert found.indicator == "warning"


def test_all_opioids_add_up() -> None:
    """CDC: the total of every opioid, drafted and in force."""
    record = {"active": [drug(20, 1.0, "morphine", source="MedicationRequest", reference="MedicationRequest/1")]}
    assert opioids.total(assessment(drug(10), drug(5), opioid_care=record)) == Interval(42.5, 42.5)
    unselected = assessment(
        drug(10), drafts=(draft("opioid", opioid=drug(10)), draft("opioid", opioid=drug(30), selected=False))
    )
    assert opioids.total(unselected) == Interval(60, 60)


def test_the_same_story_told_twice_counts_once() -> None:
    """A prescription and a statement of one drug are one; so are an order on record and the draft that repeats it."""
    twice = [
        drug(20, source="MedicationRequest", reference="MedicationRequest/1", product="a"),
        drug(30, source="MedicationStatement", reference="MedicationStatement/1", product="b"),
    ]
    assert opioids.total(assessment(opioid_care={"active": twice})) == Interval(45, 45)
    known = assessment(drug(30), opioid_care={"active": [drug(30, reference="MedicationRequest/1")]})
    assert opioids.total(known) == Interval(45, 45)
    assert "renewal" in judged(known).notes
    same_id = assessment(drug(30), opioid_care={"active": [drug(30, product="other words")]})
    assert opioids.total(same_id) == Interval(45, 45)
    other_product = [drug(30, product="oxycodone ER", reference="MedicationRequest/1")]
    assert opioids.total(assessment(drug(30), opioid_care={"active": other_product})) == Interval(90, 90)


def test_a_dose_that_is_not_known() -> None:
    """A missing dose or factor leaves the total open: no alarm by itself, a line where another clause holds."""
    unknown = assessment(drug(None))
    assert opioids.high_dose(unknown).unknown
    assert judged(unknown).outcome is Outcome.CANNOT_TELL
    no_factor = judged(assessment(drug(100, None), opioid_care={"depressants": [disease("benzodiazepine")]}))
    assert no_factor.outcome is Outcome.APPLIES
    assert "not-counted" in no_factor.notes
    assert no_factor.values["mme"] == "not known"
    assert opioids.high_dose(assessment(drug(None), drug(60))).met
    assert opioids.in_words(opioids.total(assessment(drug(None), drug(20)))) == "at least 30 MME a day"


def test_unread_medications() -> None:
    """Decision 1: a low dose proves nothing while nobody knows what else is taken; a high one is high."""
    unread: dict[str, Any] = {
        "active": Listing((), "medications not sent"),
        "depressants": Listing((), "medications not sent"),
    }
    assert judged(assessment(drug(10), opioid_care=unread)).outcome is Outcome.CANNOT_TELL
    assert judged(assessment(drug(60), opioid_care=unread)).outcome is Outcome.APPLIES


@pytest.mark.parametrize("kind", ["benzodiazepine", "gabapentinoid"])
def test_a_depressant_on_record_or_beside_it(kind: Any) -> None:
    """CM-04: in force, or drafted in the same request."""
    assert judged(assessment(drug(5), opioid_care={"depressants": [disease(kind)]})).outcome is Outcome.APPLIES
    beside = (draft("opioid", opioid=drug(5)), draft("other", companion=kind))
    assert judged(assessment(drafts=beside)).outcome is Outcome.APPLIES


@pytest.mark.parametrize(
    ("years", "kind", "days", "outcome"),
    [
        (65, "history", 3000, Outcome.APPLIES),
        (64, "history", 10, Outcome.DOES_NOT_APPLY),
        (65, "event", 365, Outcome.APPLIES),
        (65, "event", 366, Outcome.DOES_NOT_APPLY),
        (65, "event", None, Outcome.APPLIES),
    ],
)
def test_falls_of_older_adults(years: int, kind: str, days: float | None, outcome: Outcome) -> None:
    """CM-04: 65 or over with a tendency to fall, or a fall within 12 months."""
    a = assessment(drug(5), years=years, opioid_care={"falls": [disease(kind, onset=days)]})
    assert judged(a).outcome is outcome


def test_a_short_course_at_a_low_dose_does_not_alarm() -> None:
    """OC-50: neither laxative nor naloxone on record, and that alone raises nothing."""
    assert judged(assessment(drug(10), years=80)).outcome is Outcome.DOES_NOT_APPLY
    risky = judged(assessment(drug(60)))
    assert {"no-laxative", "no-naloxone"} <= set(risky.notes)
    safe = {"safeguards": [disease("laxative"), disease("naloxone")]}
    assert not {"no-laxative", "no-naloxone"} & set(judged(assessment(drug(60), opioid_care=safe)).notes)
    beside = (draft("opioid", opioid=drug(60)), draft("other", companion="naloxone"))
    assert "no-naloxone" not in judged(assessment(drafts=beside)).notes


def test_only_with_a_fracture_and_a_selected_opioid() -> None:
    """SL-04, SL-08."""
    assert judged(assessment(drug(60), fractures={"diagnoses": []})).outcome is Outcome.DOES_NOT_APPLY
    unselected = (draft("opioid", opioid=drug(60), selected=False),)
    assert judged(assessment(drafts=unselected)).outcome is Outcome.DOES_NOT_APPLY


def test_scope_of_the_source() -> None:
    """CDC: not for the end of life; a malignancy is said."""
    a = assessment(drug(60))
    comfort = replace(a, facts=replace(a.facts, stay=replace(a.facts.stay, hospice=a.any_fracture)))
    assert judged(comfort).outcome is Outcome.DOES_NOT_APPLY
    assert "cancer" in judged(assessment(drug(60), malignancy={"diseases": [disease("other")]})).notes
