"""Cancer, structure, secondary causes, complications and the reasons for a specialist, one rule at a time."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria import malignancy, secondary_causes, specialist
from cds_service.criteria.complications import complication, recent_augmentation
from cds_service.criteria.incidental import fracture_that_counts, newest_first
from cds_service.facts.fact import Claim, Fact, fact
from cds_service.recommendations import ALL, post_augmentation_complication, unstable_fracture
from cds_service.recommendations.merge import evaluate
from cds_service.recommendations.recommendation import Situation
from tests.criteria.given import (
    ago,
    assessed,
    augmented,
    between,
    disease,
    draft,
    finding,
    fracture,
    level_of,
    order,
    says,
    score,
    study,
)
from tests.facts.changing import replaced

EDEMA = finding(marrow_edema=True, acuity="acute")
OLD = finding(acuity="chronic")


def truth(claim: Claim) -> str:
    """The truth in a word."""
    return claim.truth.name.lower()


@pytest.mark.parametrize(
    ("found", "pain", "counts"),
    [
        (EDEMA, {}, "met"),
        (OLD, {}, "unknown"),
        (OLD, {"scores": [score(0)]}, "not_met"),
        (OLD, {"scores": [score(3)]}, "met"),
        (finding(status="absent"), {"scores": [score(3)]}, "not_met"),
    ],
)
def test_a_fracture_seen_by_chance(found: Any, pain: dict[str, Any], counts: str) -> None:
    """IM-10, IM-11: one that a report calls old counts only where the patient is in pain."""
    a = assessed(imaging={"studies": [study(found)], "orders": []}, pain=pain)
    assert truth(fracture_that_counts(level_of(a), a)) == counts


def test_the_new_fracture_leads() -> None:
    """Of equal urgency the card speaks of the new fracture first."""
    both = study(finding("T8", acuity="chronic"), finding("T12", marrow_edema=True, acuity="acute"))
    assert [level.label for level in newest_first(assessed(imaging={"studies": [both]}))] == ["T12", "T8"]


@pytest.mark.parametrize(
    ("kind", "found", "modality", "cancer"),
    [
        ("bone-tropic", EDEMA, "MR", "met"),
        ("bone-tropic", finding(marrow_edema=True, etiology="osteoporotic"), "MR", "not_met"),
        ("other", EDEMA, "MR", "not_met"),
        ("other", EDEMA, "XR", "met"),
        ("benign-lesion", EDEMA, "XR", "not_met"),
    ],
)
def test_cancer_at_a_level(kind: str, found: Any, modality: Any, cancer: str) -> None:
    """RF-03b, ET-02: until a report says benign; a cancer that seldom goes to bone until an MRI has shown the level."""
    a = assessed(
        imaging={"studies": [study(found, modality=modality)], "orders": []}, malignancy={"diseases": [disease(kind)]}
    )
    assert truth(malignancy.cancer_at(level_of(a), a)) == cancer


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"etiology": "pathologic"}, "met"),
        ({"etiology": "suspicious", "status": "possible"}, "met"),
        ({"posterior_elements": True}, "met"),
        ({"soft_tissue_mass": True}, "met"),
        ({"posterior_wall": "bowed"}, "met"),
        ({"posterior_wall": "disrupted"}, "not_met"),
        ({"etiology": "suspicious", "status": "absent"}, "not_met"),
    ],
)
def test_a_report_of_a_pathologic_fracture(said: dict[str, Any], expected: str) -> None:
    """ET-03: the signs that a report states, of a fracture confirmed or suspected."""
    a = assessed(imaging={"studies": [study(finding(**said))]})
    assert truth(malignancy.reported_at(level_of(a))) == expected


def test_weight_loss_is_no_report() -> None:
    """ET-03's weight loss speaks of no level: it is the secondary cause's sign."""
    a = assessed(imaging={"studies": [study(EDEMA)]}, weight_loss=[disease("weight-loss")])
    assert level_of(a).cause.suspicious.met
    assert truth(malignancy.reported_at(level_of(a))) == "not_met"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"scores": [score(7)]}, "met"),
        ({"scores": [score(6)]}, "unknown"),
        ({"at_fracture_level": [says(True)]}, "met"),
        ({"signs": [disease("midline-pain")]}, "met"),
        ({"back_pain": [], "scores": [score(9)]}, "not_met"),
    ],
)
def test_pain_that_suggests_a_metastasis(more: dict[str, Any], expected: str) -> None:
    """RF-03b: severe, worsening or tender; back pain alone leaves it open."""
    a = assessed(pain={"back_pain": [disease("back-pain")], **more})
    assert truth(malignancy.suggestive_pain(a)) == expected


def test_an_mri_with_contrast_is_not_offered_twice() -> None:
    """SP-01: done within 30 days, ordered, or drafted; one without contrast is none."""
    ordered = [order("imaging", modality="MR", contrast="without-and-with")]
    assert malignancy.contrast_mri(assessed(imaging={"orders": ordered})).met
    assert malignancy.contrast_mri(assessed(drafts=(draft("imaging", modality="MR", contrast="without-and-with"),))).met
    plain = [order("imaging", modality="MR", contrast="without")]
    assert malignancy.contrast_mri(assessed(imaging={"orders": plain})).not_met
    assert malignancy.contrast_mri(assessed(imaging={"studies": [study(EDEMA, days=8)]})).unknown
    assert malignancy.contrast_mri(assessed(imaging={"studies": [study(EDEMA, days=31)]})).not_met


@pytest.mark.parametrize(("days", "asked"), [(90, "met"), (91, "not_met")])
def test_a_board_counts_as_long_as_a_referral(days: int, asked: str) -> None:
    """OC-29: 90 days."""
    assert truth(malignancy.reviewed(assessed(malignancy={"reviews": [says(True, days)]}))) == asked


@pytest.mark.parametrize(
    ("said", "mechanism", "onset", "expected"),
    [
        ({"unstable": True}, "high-energy", 3, "critical"),
        ({"unstable": True}, None, 3, "warning"),
        ({"unstable": True}, "high-energy", 90, "warning"),
        ({"unstable": True, "etiology": "traumatic"}, None, 3, "critical"),
        ({"morphology": "chance", "etiology": "traumatic"}, None, 3, "critical"),
        ({"morphology": "burst"}, "high-energy", 3, "warning"),
    ],
)
def test_new_trauma_makes_instability_critical(
    said: dict[str, Any], mechanism: str | None, onset: int, expected: str
) -> None:
    """RF-06: critical if new trauma, else warning; SP-05 without instability is a warning."""
    how: Fact[Any] = Fact(None, "not documented") if mechanism is None else fact(mechanism)
    a = assessed(
        imaging={"studies": [study(finding(**said), days=1)], "orders": []},
        fractures={"diagnoses": [fracture("T12", onset=ago(onset))], "mechanism": how},
        pain={"scores": [score(6)]},
    )
    (judged,) = unstable_fracture.judge(a, Situation("patient-view"))
    assert judged.outcome.value == "applies"
    assert judged.indicator == expected


def test_severe_stenosis_is_of_its_own_level() -> None:
    """RF-05: T12 is critical, L1 with mild narrowing is not."""
    both = study(finding(canal_compromise="severe"), finding("L1", canal_compromise="mild"))
    a = assessed(imaging={"studies": [both]})
    assert level_of(a).against.severe_canal.met
    assert not level_of(a, "L1").against.severe_canal.met
    assert level_of(a, "L1").against.canal.met


def test_what_speaks_of_a_secondary_cause_is_the_newest_value() -> None:
    """RF-08: an older abnormal value does not outlive a newer normal one."""
    low, normal = score(9.0, days=30), score(13.0, days=2)
    assert secondary_causes.signs(assessed(alarms={"haemoglobin_g_dl": [normal, low]})).anaemia.not_met
    assert secondary_causes.signs(assessed(alarms={"haemoglobin_g_dl": [low]})).anaemia.met
    assert secondary_causes.signs(assessed(alarms={"haemoglobin_g_dl": []})).anaemia.unknown


@pytest.mark.parametrize(
    "known",
    [
        {"bone_health": {"diseases": [disease("osteogenesis-imperfecta")]}},
        {"bone_health": {"diseases": [disease("metabolic")]}},
        {"alarms": {"metabolic": [disease("metabolic")]}},
        {"malignancy": {"diseases": [disease("other")]}},
        {"infection": {"diseases": [disease("spinal")]}},
    ],
)
def test_a_known_cause(known: dict[str, Any]) -> None:
    """Decision 11: what is on record answers the question; osteoporosis itself does not."""
    base: dict[str, Any] = {"imaging": {"studies": [study(EDEMA)], "orders": []}}
    a = assessed(**{**base, **known})
    assert secondary_causes.known_cause(level_of(a), a).met
    porous = assessed(**base, bone_health={"diseases": [disease("osteoporosis")]})
    assert not secondary_causes.known_cause(level_of(porous), porous).met


# --- after an augmentation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "recent"), [(0, "met"), (30, "met"), (31, "not_met"), (-1, "not_met")])
def test_the_window_after_an_augmentation(days: int, recent: str) -> None:
    """RF-07: 30 days."""
    a = assessed(spine={"augmentations": [augmented("T12", days=days)]})
    assert truth(recent_augmentation(a)) == recent
    assert (complication(a) is not None) == (recent == "met")


def test_an_augmentation_of_no_exact_day_is_left_open() -> None:
    """Section 0: a month that straddles the limit settles nothing."""
    done = replaced(augmented("T12", days=30), when=between(45, 16))
    a = assessed(spine={"augmentations": [done]})
    assert recent_augmentation(a).unknown
    (judged,) = post_augmentation_complication.judge(a, Situation("patient-view"))
    assert judged.outcome.value == "cannot-tell"


@pytest.mark.parametrize(
    ("sign", "new"),
    [
        (disease("definite", onset=10), "met"),
        (disease("definite", onset=11), "not_met"),
        (disease("definite", recorded=3), "met"),
        (disease("definite"), "unknown"),
        (disease("supportive", onset=2), "met"),
        (disease("weak", onset=2), "not_met"),
        (disease("definite", onset=2, active=False), "not_met"),
    ],
)
def test_a_new_deficit(sign: Any, new: str) -> None:
    """RF-07: since the day of the augmentation; one of no date is not certainly new."""
    a = assessed(spine={"augmentations": [augmented("T12", days=10)]}, neurology={"signs": [sign]})
    found = complication(a)
    assert found is not None
    assert truth(found.deficit) == new


@pytest.mark.parametrize(
    ("days", "scores", "new"),
    [
        (10, [score(7), score(5, 14)], "met"),
        (10, [score(6), score(2, 14)], "not_met"),
        (10, [score(8), score(7, 14)], "not_met"),
        (10, [score(8)], "unknown"),
        (0, [score(8), score(3, 14)], "not_met"),
        (10, [], "unknown"),
    ],
)
def test_severe_new_pain(days: int, scores: list[Any], new: str) -> None:
    """RF-07: 7 or more after the day of the augmentation, and two points over the last score before it."""
    a = assessed(spine={"augmentations": [augmented("T12", days=days)]}, pain={"scores": scores})
    found = complication(a)
    assert found is not None
    assert truth(found.pain) == new


def test_the_deficit_is_named_for_the_emergency_card() -> None:
    """Decision 10: the note by which K-RED gives way, and K-RED is silenced by it."""
    a = assessed(
        spine={"augmentations": [augmented("T12", days=5)]},
        neurology={"stated": [says(True)]},
        fractures={"diagnoses": [fracture("T12", onset=ago(40))]},
    )
    (judged,) = post_augmentation_complication.judge(a, Situation("patient-view"))
    assert "deficit" in judged.notes
    shown = evaluate(ALL, a, Situation("patient-view"))
    assert [card.recommendation.id for card in shown.cards] == ["post-augmentation-complication"]


@pytest.mark.parametrize(
    "topic",
    ["post-augmentation-complication", "malignant-fracture", "unstable-fracture", "retropulsion-surgical-opinion"],
)
def test_a_site_may_suppress_red_flags(topic: str) -> None:
    """Decision 4: the card is not shown, and `explain` names the setting."""
    a = assessed(
        imaging={"studies": [study(finding(unstable=True, retropulsion=True, marrow_edema=True))], "orders": []},
        fractures={"diagnoses": [fracture("T12", onset=ago(3))], "mechanism": fact("high-energy")},
        malignancy={"diseases": [disease("bone-tropic")]},
        spine={"augmentations": [augmented("L3", days=5)]},
        alarms={"chest": [disease("chest", onset=1)]},
    )
    shown = {card.recommendation.id for card in evaluate(ALL, a, Situation("encounter-start")).cards}
    assert "post-augmentation-complication" in shown
    quiet = evaluate(ALL, a, Situation("encounter-start", {"red_flag_cards": "suppress-only"}))
    assert topic not in {card.recommendation.id for card in quiet.cards}
    assert {j.silenced_by for j in quiet.judged if j.recommendation.id == topic and j.silenced_by} == {"red_flag_cards"}


# --- the specialist ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("onset", "said", "holds"),
    [
        (85, {"marrow_edema": True}, "met"),
        (84, {"marrow_edema": True}, "not_met"),
        (120, {"fluid_cleft": True}, "met"),
        (120, {"marrow_edema": False, "fluid_cleft": False}, "not_met"),
        (120, {}, "unknown"),
    ],
)
def test_not_healed_after_twelve_weeks(onset: int, said: dict[str, Any], holds: str) -> None:
    """VA-14, AC-07: over 84 days, edema, uptake or a cleft, and severe pain."""
    a = assessed(
        imaging={"studies": [study(finding(**said))], "orders": []},
        fractures={"diagnoses": [fracture("T12", onset=ago(onset))]},
        pain={"scores": [score(7)]},
    )
    assert truth(specialist.not_healed(level_of(a), a)) == holds


def test_the_wall_is_the_specialists_only_without_a_draft() -> None:
    """CX-05, C-03: alone and in chart review; with a narrowed canal or on a draft others speak."""
    wall = {"imaging": {"studies": [study(finding(posterior_wall="disrupted", marrow_edema=True))], "orders": []}}
    chart, ordered = assessed(**wall), assessed(**wall, drafts=(draft("augmentation", "T12"),))
    assert specialist.wall_alone(level_of(chart), chart).met
    assert specialist.wall_alone(level_of(ordered), ordered).not_met
    narrow = assessed(imaging={"studies": [study(finding(posterior_wall="disrupted", canal_compromise="mild"))]})
    assert specialist.wall_alone(level_of(narrow), narrow).not_met


@pytest.mark.parametrize(
    ("doses", "drugs", "holds"),
    [
        ([says(True, 215)], [], "met"),
        ([says(True, 213)], [], "not_met"),
        ([says(True, 730)], [], "met"),
        ([says(True, 731)], [], "not_met"),
        ([says(True, 100), says(True, 400)], [], "not_met"),
        ([says(True, None)], [], "unknown"),
        ([says(True, 300)], [disease("rankl-inhibitor", onset=300, active=True)], "not_met"),
        ([], [disease("bisphosphonate", onset=300, active=False)], "not_met"),
        ([], [], "not_met"),
    ],
)
def test_several_fractures_after_denosumab(doses: list[Any], drugs: list[Any], holds: str) -> None:
    """SP-06: by the last dose, over 7 months and up to two years ago."""
    both = study(finding(marrow_edema=True), finding("L1", marrow_edema=True))
    a = assessed(imaging={"studies": [both]}, bone_health={"drugs": drugs, "denosumab_doses": doses})
    assert truth(specialist.denosumab_stopped(a)) == holds
