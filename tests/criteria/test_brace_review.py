"""Brace orders and the recheck of conservative care (OC-40, OC-41, CM-02, CM-05, CM-06): every limit, and unknowns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Outcome
from cds_service.facts.fact import Evidence
from cds_service.facts.model import Listing, Treatment
from cds_service.recommendations import brace_review, conservative_care_review
from cds_service.recommendations.recommendation import Judgement, Situation
from tests.criteria.given import (
    ago,
    assessed,
    augmented,
    between,
    disease,
    draft,
    finding,
    fracture,
    says,
    score,
    stay,
    study,
    treatment,
)


def brace(**said: Any) -> Any:
    """A drafted TLSO for 12 weeks."""
    return draft("brace", **{"orthosis": "TLSO", "duration_days": 84.0, **said})


def ordering(*drafts: Any, level: str = "L1", **topics: Any) -> Assessment:
    """A fracture, and these drafts."""
    known = {"fractures": {"diagnoses": [fracture(level)]}, "drafts": drafts or (brace(),)}
    return assessed(**{**known, **topics})


def reviewed(a: Assessment) -> Judgement:
    """The one judgement of the order."""
    (only,) = brace_review.RECOMMENDATION.judge(a, Situation("order-select"))
    return only


def lines(a: Assessment) -> set[str]:
    """The lines that are not always there."""
    return set(reviewed(a).notes) - {"coverage", "caution"}


def worn(days: float) -> Treatment:
    """A brace in use for so many days."""
    return treatment("brace", days)


def test_a_complete_order_raises_nothing() -> None:
    """OC-40, OC-41: reason, type and duration are there."""
    assert reviewed(ordering()).outcome is Outcome.DOES_NOT_APPLY
    assert reviewed(ordering(brace(selected=False))).outcome is Outcome.DOES_NOT_APPLY
    assert reviewed(ordering(brace(duration_days=None))).outcome is Outcome.APPLIES


@pytest.mark.parametrize(
    ("level", "orthosis", "wrong"),
    [
        ("T6", "TLSO", False),
        ("L2", "TLSO", False),
        ("L3", "TLSO", True),
        ("L2", "LSO", True),
        ("L3", "LSO", False),
        ("L5", "LSO", False),
        ("T5", "TLSO", True),
        ("T5", "CTLSO", False),
        ("L4", "CTLSO", False),
    ],
)
def test_the_type_by_level(level: str, orthosis: str, wrong: bool) -> None:
    """CM-02: T6 to L2 TLSO, L3 to L5 LSO, above that an extension."""
    assert ("wrong-type" in lines(ordering(brace(orthosis=orthosis), level=level))) is wrong


def test_the_levels_it_is_for() -> None:
    """CM-02: those the draft names, else the fractured ones that are not old; fitting one of them is enough."""
    two: dict[str, Any] = {"imaging": {"studies": [study(finding("T12"), finding("L4"))]}}
    assert "wrong-type" not in lines(ordering(**two))
    old: dict[str, Any] = {
        "imaging": {"studies": [study(finding("T12", acuity="chronic"), finding("L4", acuity="acute"))]}
    }
    assert "wrong-type" in lines(ordering(fractures={"diagnoses": []}, **old))
    named = draft("brace", "L4", orthosis="TLSO", duration_days=84.0)
    assert reviewed(ordering(named)).values["fitting"] == "L4: LSO"
    assert "wrong-type" in lines(ordering(named))


def test_what_is_not_known_is_not_wrong() -> None:
    """A type or a level that nobody states raises nothing."""
    assert brace_review.wrong_type(ordering(brace(orthosis=None))).unknown
    unplaced = ordering(fractures={"diagnoses": [fracture()]})
    assert brace_review.wrong_type(unplaced).unknown
    unread: dict[str, Any] = {"studies": Listing((), "reports not sent")}
    assert brace_review.wrong_type(ordering(brace(orthosis="LSO"), imaging=unread)).unknown


@pytest.mark.parametrize(
    ("topics", "missing"),
    [
        ({}, True),
        ({"drafts": (brace(reasoned=True),)}, False),
        ({"pain": {"back_pain": [disease("back-pain")]}}, False),
        ({"pain": {"back_pain": [disease("back-pain", active=False)]}}, True),
        ({"spine": {"augmentations": [augmented("L1", days=90)]}}, False),
        ({"spine": {"augmentations": [augmented("L1", days=91)]}}, True),
        ({"imaging": {"studies": [study(finding("L1"))]}}, False),
    ],
)
def test_a_reason_for_it(topics: dict[str, Any], missing: bool) -> None:
    """OC-40: a fracture, back pain, an augmentation within 90 days, or a reason of its own."""
    a = ordering(**{"fractures": {"diagnoses": []}, **topics})
    assert ("no-indication" in lines(a)) is missing


def test_a_hedged_fracture_is_a_reason_to_wait() -> None:
    """FX-04: while a fracture is possible nobody says that there is none."""
    hedged = {"studies": [study(finding("L1", status="possible"))]}
    a = ordering(fractures={"diagnoses": []}, imaging=hedged)
    assert "no-indication" not in lines(a)


@pytest.mark.parametrize(("days", "line"), [(5, "duplicate"), (83, "duplicate"), (84, "duplicate"), (85, "wean")])
def test_another_brace(days: float, line: str) -> None:
    """OC-40, OC-41: in use for 12 weeks or less it is a second one, for longer this is a renewal."""
    assert lines(ordering(conservative={"given": [worn(days)]})) == {line}


def test_signing_again_is_no_second_brace() -> None:
    """A draft that is already on record under its own id is itself."""
    again = replace(worn(3), evidence=brace().evidence)
    assert reviewed(ordering(conservative={"given": [again]})).outcome is Outcome.DOES_NOT_APPLY
    other = draft("brace", orthosis="TLSO", duration_days=84.0, selected=False)
    assert lines(ordering(brace(), other)) == {"duplicate"}


@pytest.mark.parametrize(("days", "long"), [(84, False), (91, False), (92, False), (93, True)])
def test_planned_for_long(days: float, long: bool) -> None:
    """OC-41: three months are at most 92 days."""
    assert ("wean" in lines(ordering(brace(duration_days=float(days))))) is long


def test_the_recheck_is_offered_where_the_duration_is_missing() -> None:
    """OC-41: 12 weeks with a recheck."""
    missing = reviewed(ordering(brace(duration_days=None)))
    assert [p.kind for p in missing.proposals] == ["recheck"]
    assert reviewed(ordering(brace(orthosis="LSO"))).proposals == ()
    assert missing.values["reason"] == "duration not stated"
    both = reviewed(ordering(brace(orthosis="LSO", duration_days=None)))
    assert both.values["reason"] == "type does not fit the level (+1)"


# --- the recheck ------------------------------------------------------------------------------------------------------


def caring(*given: Treatment, onset: float | None = 100, **topics: Any) -> Assessment:
    """A fracture with that onset, and these treatments."""
    coded = fracture("L1", onset=None if onset is None else ago(onset))
    return assessed(**{"fractures": {"diagnoses": [coded]}, "conservative": {"given": list(given)}, **topics})


def rechecked(a: Assessment) -> Judgement:
    """The one judgement on the chart."""
    (only,) = conservative_care_review.RECOMMENDATION.judge(a, Situation("patient-view"))
    return only


@pytest.mark.parametrize(("days", "late"), [(27, False), (28, False), (29, True)])
@pytest.mark.parametrize("kind", ["analgesic", "brace", "physiotherapy"])
def test_overdue_after_28_days(kind: Any, days: float, late: bool) -> None:
    """CM-05."""
    a = caring(treatment(kind, days))
    assert ("overdue" in rechecked(a).notes) is late
    assert (rechecked(a).outcome is Outcome.APPLIES) is late


def test_what_is_over_is_not_rechecked() -> None:
    """CM-05: only what is still going on, and bed rest is no treatment."""
    assert rechecked(caring(replace(treatment("brace", 40), active=False))).outcome is not Outcome.APPLIES
    assert rechecked(caring(treatment("bed-rest", 40))).outcome is not Outcome.APPLIES


@pytest.mark.parametrize(
    ("onset", "days", "since"),
    [(100, 40, 40), (20, 40, 20), (40, 40, 40), (None, 84, 84), (None, 85, None)],
)
def test_from_which_day_it_counts(onset: float | None, days: float, since: float | None) -> None:
    """DE-15: from the start, at the earliest from onset; without an onset 12 weeks back at most."""
    found = conservative_care_review.days_since(caring(treatment("analgesic", days), onset=onset)).value
    assert (None if found is None else found.low) == since


def test_an_augmentation_begins_anew() -> None:
    """FU-01: a visit 2 to 4 weeks after it."""
    done = {"augmentations": [augmented("L1", days=29)]}
    a = caring(treatment("analgesic", 60), spine=done)
    assert rechecked(a).values["over"] == "1"
    fresh = {"augmentations": [augmented("L1", days=28)]}
    assert rechecked(caring(treatment("analgesic", 60), spine=fresh)).outcome is not Outcome.APPLIES
    old = {"augmentations": [augmented("L1", days=91)]}
    assert rechecked(caring(treatment("analgesic", 60), spine=old)).values["over"] == "32"


@pytest.mark.parametrize(
    ("topics", "outcome"),
    [
        ({"contacts": [says(True, 39)]}, Outcome.DOES_NOT_APPLY),
        ({"contacts": [says(True, 40)]}, Outcome.APPLIES),
        ({"contacts": [says(True, 41)]}, Outcome.APPLIES),
        ({"contacts": [says(True, None)]}, Outcome.CANNOT_TELL),
        ({"contacts": [replace(says(True), when=between(45, 35))]}, Outcome.CANNOT_TELL),
        ({"contacts": Listing((), "observations not sent")}, Outcome.CANNOT_TELL),
        ({"imaging": {"studies": [study(finding("L1"), days=39)]}}, Outcome.DOES_NOT_APPLY),
        ({"imaging": {"studies": [study(finding("L1"), days=41)]}}, Outcome.APPLIES),
        ({"imaging": {"studies": Listing((), "reports not sent")}}, Outcome.CANNOT_TELL),
        ({"stay": stay("inpatient")}, Outcome.DOES_NOT_APPLY),
        ({"stay": stay(None)}, Outcome.CANNOT_TELL),
        ({"spine": {"augmentations": Listing((), "procedures not sent")}}, Outcome.CANNOT_TELL),
    ],
)
def test_whether_somebody_looked(topics: dict[str, Any], outcome: Outcome) -> None:
    """CM-05: a later score, form, visit or study; what was not read may hold one."""
    assert rechecked(caring(treatment("analgesic", 40), **topics)).outcome is outcome


@pytest.mark.parametrize(("days", "long"), [(83, False), (84, True), (85, True)])
def test_a_brace_for_twelve_weeks(days: float, long: bool) -> None:
    """CM-06: at 84 days, whoever looked since."""
    a = caring(worn(days), contacts=[says(True, 1)])
    assert rechecked(a).notes == (("wean",) if long else ())
    assert (rechecked(a).outcome is Outcome.APPLIES) is long


def test_a_brace_since_nobody_knows_when() -> None:
    """Unknown is a value: no review is raised for it."""
    undated = Treatment("brace", None, True, Evidence("DeviceRequest/b", "spinal brace"))
    assert rechecked(caring(undated, contacts=[says(True, 1)])).outcome is Outcome.CANNOT_TELL


def test_old_and_painless_is_settled() -> None:
    """SL-05."""
    old = {"studies": [study(finding("L1", acuity="chronic"), days=200)]}
    a = caring(treatment("analgesic", 60), onset=300, imaging=old, pain={"scores": [score(0)]})
    assert rechecked(a).silenced_by == "SL-05"
    assert rechecked(caring(treatment("analgesic", 60), onset=300, imaging=old)).silenced_by is None
