"""CF-01 to CF-07 of D14, FX-09, OC-23 and the form against the record: what disagrees, and what stays open by it."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria.conflicts import LABELS, DataConflict, conflicts
from cds_service.facts.fact import Evidence, Interval, fact, no_fact
from cds_service.facts.model import Unitless
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.reports.findings import Conflict
from tests.criteria.given import (
    ago,
    assessed,
    disease,
    draft,
    finding,
    fracture,
    given,
    level_of,
    says,
    score,
    study,
    treatment,
)

ACUTE = {"acuity": "acute", "marrow_edema": True}
L1 = finding("L1", **ACUTE)
T12 = {"diagnoses": [fracture("T12", onset=ago(28))]}
SEEN = Evidence("Observation/x", "no unit")


def found(**topics: Any) -> tuple[DataConflict, ...]:
    """The conflicts of a record, at the levels that are judged."""
    a = assessed(**topics)
    return conflicts(a, levels_to_judge(a), {})


def rules(**topics: Any) -> list[str]:
    """Their rules."""
    return [each.rule for each in found(**topics)]


@pytest.mark.parametrize(
    ("findings", "holds"),
    [
        ([L1], True),
        ([L1, finding("T12", status="absent")], True),
        ([finding("L1", acuity="acute")], True),
        ([finding("L1", tracer_uptake=True)], True),
        ([L1, finding("T12")], False),
        ([L1, finding("T12", status="possible")], False),
        ([L1, finding("T12", status="historical")], False),
        ([L1, finding("T12", status="treated")], False),
        ([L1, finding("T12", status=None, marrow_edema=True)], False),
        ([finding("L1", acuity="chronic")], False),
        ([finding("L1", status="possible", **ACUTE)], False),
        ([L1, finding(None, **ACUTE)], False),
        ([L1, finding("T12", level_certain=False, **ACUTE)], False),
        ([finding("L1", level_certain=False, **ACUTE)], False),
        ([L1, finding(None, region="sacral", **ACUTE)], True),
    ],
)
def test_a_coded_level_that_the_newest_study_passes_over(findings: list[Any], holds: bool) -> None:
    """CF-01: not reported fractured, while an acute fracture is reported elsewhere, for certain."""
    topics = {"fractures": T12, "imaging": {"studies": [study(*findings, regions=("lumbar",))]}}
    assert (rules(**topics) == ["CF-01"]) is holds
    assert level_of(assessed(**topics)).mismatch.holds.met is holds


@pytest.mark.parametrize(
    ("studies", "holds"),
    [
        ([study(L1, regions=("lumbar",), modality="NM")], True),
        ([study(L1, regions=())], True),
        ([study(L1, regions=("lumbar",), modality="CT")], False),
        ([study(L1, regions=("lumbar",), final=False)], False),
        ([study(finding("T8", **ACUTE), regions=("cervical",))], False),
        ([study(L1, regions=("lumbar",), days=5), study(finding("T12", **ACUTE), days=8)], True),
        ([study(finding("T12", **ACUTE), days=5), study(L1, regions=("lumbar",), days=8)], False),
        ([study(regions=("lumbar",), days=5, read=False), study(L1, regions=("lumbar",), days=8)], False),
    ],
)
def test_the_newest_study_that_can_show_the_level_decides(studies: list[Any], holds: bool) -> None:
    """CF-01, FX-09: the newest final MRI or uptake study whose field holds the level."""
    assert level_of(assessed(fractures=T12, imaging={"studies": studies})).mismatch.holds.met is holds


@pytest.mark.parametrize(
    ("topics", "holds"),
    [
        ({"drafts": (draft("augmentation", "T12"),)}, True),
        ({"drafts": (draft("augmentation", "T12", selected=False),)}, False),
        ({"drafts": (draft("brace", "T12"),)}, False),
        ({"fractures": {"diagnoses": [fracture("T12", standing="suspected")]}}, False),
        ({"fractures": {"diagnoses": [fracture("T12", standing="past")]}}, False),
        ({"fractures": {"diagnoses": [fracture("T11", "T12")]}}, False),
        ({"fractures": {"diagnoses": [fracture()]}}, False),
    ],
)
def test_only_what_is_ordered_or_coded_as_current(topics: dict[str, Any], holds: bool) -> None:
    """CF-01: a code of no level, of a pair, of the past or in doubt never is one."""
    assert (rules(**topics, imaging={"studies": [study(L1, regions=("lumbar",))]}) == ["CF-01"]) is holds


def test_an_order_of_a_cemented_level_is_one_and_a_code_of_it_is_not() -> None:
    """OC-23: cement explains a code that nobody closed, not a new order."""
    seen = {"imaging": {"studies": [study(L1, finding("T12", status="treated"), regions=("lumbar",))]}}
    assert rules(**seen, fractures=T12) == []
    assert rules(**seen, drafts=(draft("augmentation", "T12"),)) == ["CF-01"]


def test_a_mismatch_leaves_its_criteria_open() -> None:
    """Decision 9: VA-01 and VA-03 unknown at that level, though an older study or a denial would settle them."""
    older = study(finding("T12", **ACUTE), days=20)
    for studies in ([study(L1, regions=("lumbar",)), older], [study(L1, finding("T12", status="absent"))]):
        level = level_of(assessed(drafts=(draft("augmentation", "T12"),), imaging={"studies": studies}))
        assert (level.confirmed.truth, level.acuity.shown.truth) == (UNKNOWN, UNKNOWN)
    (conflict,) = found(fractures=T12, imaging={"studies": [study(L1, regions=("lumbar",))]})
    assert [[each.reference for each in side] for side in conflict.sides] == [
        ["Condition/fracture"],
        ["DiagnosticReport/MR-8"],
    ]
    assert conflict.leaves_open == ("fracture confirmed (VA-01)", "acute on imaging (VA-03)")


def test_a_coded_level_is_named_whatever_is_ordered() -> None:
    """FX-09: order and report say L1, the problem list T12."""
    topics = {"fractures": T12, "imaging": {"studies": [study(L1, regions=("lumbar",))]}}
    assert rules(**topics, drafts=(draft("augmentation", "L1"),)) == ["CF-01"]


PAINFUL: dict[str, Any] = {"pain": {"scores": [score(8)]}}
CANDIDATE: dict[str, Any] = {
    "fractures": T12,
    "imaging": {"studies": [study(finding("T12", **ACUTE, height_loss_percent=(35.0, 35.0), kyphosis=True))]},
    "conservative": {"given": [treatment("analgesic", 24), treatment("brace", 24)]},
    "function": {"rdq": [score(19)]},
}


@pytest.mark.parametrize(
    ("scores", "open_by_it"),
    [
        ((8, 4), ["severe pain (VA-06)"]),
        ((4, 8), ["severe pain (VA-06)"]),
        ((7, 4), ["severe pain (VA-06)"]),
        ((6, 4), []),
        ((8, 5), []),
        ((3, 0), ["symptomatic (CM-01)"]),
    ],
)
def test_two_scores_of_one_day(scores: tuple[float, float], open_by_it: list[str]) -> None:
    """CF-02: three points apart, and a criterion comes out differently by each alone."""
    pain = {"scores": [score(value) for value in scores]}
    assert [name for each in found(**CANDIDATE, pain=pain) for name in each.leaves_open] == open_by_it


def test_scores_that_incapacity_would_settle() -> None:
    """C-16: by 8 the pain is severe; by 5 that rests on incapacity, which nobody documented."""
    pain = {"scores": [score(8), score(5)]}
    assert rules(**{**CANDIDATE, "function": {}}, pain=pain) == ["CF-02"]


@pytest.mark.parametrize(
    ("onset", "expected"),
    [(ago(-1), ["CF-03"]), (ago(0), []), (ago(40000), ["CF-03"]), (ago(28), [])],
)
def test_an_onset_that_cannot_be(onset: Any, expected: list[str]) -> None:
    """CF-03: wholly after the reference date or before birth; the birth date itself is not printed."""
    topics = {**CANDIDATE, "fractures": {"diagnoses": [fracture("T12", onset=onset)]}, "pain": {"scores": [score(8)]}}
    person = given().patient
    born = {"age": person.age, "male": person.male, "deceased": person.deceased, "born": ago(78 * 365)}
    all_found = found(**topics, patient=born)
    assert [each.rule for each in all_found if each.rule == "CF-03"] == expected
    assert all(str(ago(78 * 365).first) not in f"{e.value} {e.date}" for each in all_found for e in each.evidence)


def test_a_planned_date_makes_no_later_onset_possible() -> None:
    """CF-03: what is dated after the call cannot have happened, whatever is planned for later."""
    topics = {**CANDIDATE, "fractures": {"diagnoses": [fracture("T12", onset=ago(-3))]}}
    assert "CF-03" in rules(**topics)
    assert "CF-03" in rules(**topics, drafts=(draft("augmentation", "T12", planned=ago(-4).first),))


def test_a_score_and_a_study_of_the_future() -> None:
    """CF-03: ignored, and named where nothing else decides."""
    assert rules(**CANDIDATE, pain={"scores": [score(8, -1)]}) == ["CF-03"]
    assert rules(**CANDIDATE, pain={"scores": [score(8, -1), score(8)]}) == []
    late = {**CANDIDATE, "imaging": {"studies": [study(finding("T12", **ACUTE), days=-2)]}}
    assert [c.leaves_open for c in found(**late, pain={"scores": [score(8)]})] == [("age of the imaging (VA-04)",)]


@pytest.mark.parametrize(("days", "expected"), [((28, 84), []), ((84, 85), ["AC-01"]), ((85, 90), [])])
def test_onsets_on_both_sides_of_the_window(days: tuple[int, int], expected: list[str]) -> None:
    """AC-01: a different number is none; a different truth value is."""
    two = {"diagnoses": [fracture("T12", onset=ago(each)) for each in days]}
    assert rules(**{**CANDIDATE, "fractures": two}, pain={"scores": [score(8)]}) == expected


@pytest.mark.parametrize(("status", "expected"), [("absent", ["CF-04"]), ("possible", []), ("present", [])])
def test_coded_and_reported(status: str, expected: list[str]) -> None:
    """CF-04: the newest report finds none; a hedge settles nothing either way."""
    topics = {"fractures": T12, "imaging": {"studies": [study(finding("T12", status=status))]}}
    assert rules(**topics) == expected


@pytest.mark.parametrize(
    ("field", "said", "expected"),
    [
        ("acuity", {"marrow_edema": True}, ["CF-05"]),
        ("marrow_edema", {}, ["CF-05"]),
        ("posterior_wall", {"marrow_edema": True}, ["CF-05"]),
        ("kyphosis", {"marrow_edema": True, "height_loss_percent": (35.0, 35.0)}, []),
        ("fluid_cleft", {"marrow_edema": True}, []),
    ],
)
def test_a_report_against_itself(field: str, said: dict[str, Any], expected: list[str]) -> None:
    """CF-05: where the field leaves a criterion open (RDQ and height already make two of four)."""
    told = study(finding("T12", **said), conflicts=(Conflict("T12", field, ((0, 0),)),))
    assert rules(**{**CANDIDATE, "imaging": {"studies": [told]}}, pain={"scores": [score(8)]}) == expected


@pytest.mark.parametrize(
    ("age", "male", "pregnancy", "truth", "expected"),
    [
        (50, True, {"diagnoses": [disease("pregnancy")]}, UNKNOWN, ["CF-06"]),
        (50, True, {"tests": [says(True)]}, UNKNOWN, ["CF-06"]),
        (50, True, {"tests": [says(False)]}, NOT_MET, []),
        (50, True, {}, NOT_MET, []),
        (30, False, {"tests": [says(True)]}, MET, []),
        (60, False, {"tests": [says(True)]}, MET, []),
    ],
)
def test_pregnancy_of_a_man(
    age: float, male: bool, pregnancy: dict[str, Any], truth: Truth, expected: list[str]
) -> None:
    """CF-06: left open; beyond 55 a documented pregnancy is believed."""
    person = given().patient
    patient = {"age": fact(Interval(age, age)), "male": fact(male), "deceased": person.deceased, "born": None}
    topics = {**CANDIDATE, "pain": {"scores": [score(8)]}, "pregnancy": pregnancy, "patient": patient}
    assert level_of(assessed(**topics)).against.pregnancy.truth is truth
    assert rules(**topics) == expected


@pytest.mark.parametrize(
    ("kind", "readings", "topics", "expected"),
    [
        ("pain", (6.5,), {}, ["CF-07"]),
        ("pain", (6.5,), PAINFUL, []),
        ("platelets", (0.23, 230), PAINFUL, []),
        ("platelets", (0.23, 230), {**PAINFUL, "drafts": (draft("augmentation", "T12"),)}, ["CF-07"]),
        ("crp", (80, 800), PAINFUL, []),
    ],
)  # fmt: skip
def test_a_number_that_a_unit_would_make_decide(
    kind: Any, readings: tuple[float, ...], topics: dict[str, Any], expected: list[str]
) -> None:
    """CF-07: only where some reading would settle what is open; platelets are asked of an order."""
    number = Unitless(kind, readings, ago(1), None, SEEN)
    inr = {"inr": [score(1.0)]}
    assert rules(**{**CANDIDATE, "bleeding": inr, **topics}, unitless=(number,)) == expected


FORM = Evidence("QuestionnaireResponse/q", "answered")


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ({"conservative": {"given": [treatment("analgesic", 24)], "analgesic_days": fact(3.0, FORM)}}, ["CM-07"]),
        ({"conservative": {"given": [treatment("analgesic", 24)], "analgesic_days": fact(20.0, FORM)}}, []),
        ({"conservative": {**CANDIDATE["conservative"], "failed": fact("no", FORM)}}, ["CM-07"]),
        ({"conservative": {**CANDIDATE["conservative"], "failed": fact("yes", FORM)}}, []),
        ({"fractures": {**T12, "mechanism": no_fact("they disagree", FORM, SEEN)}}, ["ET-05"]),
        ({"fractures": {**T12, "mechanism": no_fact()}}, []),
        ({"fractures": {**T12, "kyphosis_stated": [says(False)]}}, []),
    ],
)
def test_the_form_against_the_record(topics: dict[str, Any], expected: list[str]) -> None:
    """Contract, questionnaire: a disagreement is named and its criterion unknown; nothing wins silently."""
    assert rules(**{**CANDIDATE, "pain": {"scores": [score(8)]}, **topics}) == expected


def test_trend_and_kyphosis_where_they_decide_the_course() -> None:
    """DE-12, DE-09: VA-08 is unknown; it is not where the structure decides."""
    plain = {**CANDIDATE, "imaging": {"studies": [study(finding("T12", **ACUTE, kyphosis=True))]}}
    answered = {**T12, "kyphosis_stated": [says(False)]}
    assert rules(**{**plain, "fractures": answered}, pain={"scores": [score(8)]}) == ["DE-09"]
    old = {**T12, "kyphosis_stated": [says(False, 43)]}
    assert rules(**{**plain, "fractures": old}, pain={"scores": [score(8)]}) == []
    bare = {**CANDIDATE, "imaging": {"studies": [study(finding("T12", **ACUTE))]}}
    worse: dict[str, Any] = {"scores": [score(8), score(5, 14)], "stated_trend": fact("stable", FORM)}
    assert rules(**bare, pain=worse) == ["DE-12"]
    assert rules(**CANDIDATE, pain=worse) == []


def test_scores_of_one_day_leave_the_trend_open() -> None:
    """CF-02, DE-12: by 8 the pain worsens, by 5 it does not."""
    bare = {**CANDIDATE, "imaging": {"studies": [study(finding("T12", **ACUTE))]}}
    scores = {"scores": [score(8), score(5), score(5, 14)]}
    assert assessed(**bare, pain=scores).course.worsening.truth is UNKNOWN
    assert [c.leaves_open for c in found(**bare, pain=scores)] == [("worsening or structural progression (VA-08)",)]


def test_a_discordance_is_no_conflict() -> None:
    """AC-07: edema beyond the 12 weeks is for a specialist."""
    late = {"diagnoses": [fracture("T12", onset=ago(120))]}
    assert rules(**{**CANDIDATE, "fractures": late}, pain={"scores": [score(8)]}) == []


def test_every_rule_has_its_words() -> None:
    """The labels of the card are short enough to name two in a summary."""
    assert all(len(label) <= 50 for label in LABELS.values())
