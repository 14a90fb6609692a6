"""From judgements to cards: gates, the card by hook matrix, silence, absorption, one card a topic, order and caps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from cds_service.criteria.criterion import Outcome
from cds_service.facts.fact import Evidence, Interval, fact, met
from cds_service.facts.model import Listing
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import MATRIX, Evaluation, evaluate
from cds_service.recommendations.recommendation import Situation
from tests.criteria.given import (
    SEEN,
    TODAY,
    ago,
    assessed,
    augmented,
    disease,
    draft,
    finding,
    fracture,
    given,
    level_of,
    order,
    says,
    score,
    study,
    treatment,
)
from tests.facts.changing import replaced

EDEMA = finding(marrow_edema=True, acuity="acute", height_loss_percent=(35, 35), kyphosis=True, posterior_wall="intact")
TREATED: Mapping[str, Any] = {"bone_health": {"drugs": [disease("bisphosphonate")]}}
"""On a drug against osteoporosis, so that the card of bone health stays out of these tests (SL-03)."""
CANDIDATE: Mapping[str, Any] = {
    **TREATED,
    "imaging": {"studies": [study(EDEMA)], "orders": []},
    "fractures": {"diagnoses": [fracture("T12", onset=ago(28))]},
    "pain": {"scores": [score(8), score(5, 14)]},
    "function": {"rdq": [score(19)]},
    "conservative": {"given": [treatment("analgesic", 24), treatment("brace", 24)]},
}
"""Vignette 1 as facts."""
NEW: Mapping[str, Any] = {
    **TREATED,
    "imaging": {"studies": [study(finding("L1"), modality="XR", regions=("lumbar",), days=1)], "orders": []},
    "fractures": {"diagnoses": [fracture("L1", onset=ago(2))]},
    "pain": {"scores": [score(6)]},
}
"""Vignette 3 as facts."""
VA = draft("augmentation", "T12")


def shown(hook: Any = "patient-view", choices: Mapping[str, str] | None = None, **topics: Any) -> Evaluation:
    """What is shown of these facts on a hook."""
    return evaluate(ALL, assessed(**topics), Situation(hook, choices or {}))


def cards(evaluation: Evaluation) -> dict[str, str]:
    """Topic and indicator, in the order shown."""
    return {card.recommendation.id: card.indicator for card in evaluation.cards}


def reason(evaluation: Evaluation, topic: str) -> str | None:
    """What silenced a recommendation."""
    rules = {j.silenced_by for j in evaluation.judged if j.recommendation.id == topic and j.silenced_by is not None}
    assert len(rules) <= 1
    return next(iter(rules), None)


def test_the_two_cases_these_tests_stand_on() -> None:
    """Vignettes 1 and 3, without any FHIR."""
    assert cards(shown(**CANDIDATE)) == {"augmentation-referral": "info"}
    assert cards(shown(**NEW)) == {"mri-without-contrast": "info", "conservative-care": "info"}


def test_every_topic_has_its_row() -> None:
    """D14: the matrix knows every recommendation, in the order in which cards are shown."""
    ids = {recommendation.id for recommendation in ALL}
    assert [recommendation.id for recommendation in ALL] == [topic for topic in MATRIX if topic in ids]


def test_every_recommendation_is_judged_even_without_a_level() -> None:
    """Contract, `explain`: every recommendation listed; nothing to judge is an answer, unread reports leave it open."""
    nothing = shown()
    assert {j.recommendation.id for j in nothing.judged} == {recommendation.id for recommendation in ALL}
    by_id = {j.recommendation.id: j.judgement.outcome for j in nothing.judged}
    assert by_id["augmentation-referral"] is Outcome.DOES_NOT_APPLY
    unread = shown(imaging={"studies": Listing((), "not retrieved")})
    assert {j.recommendation.id: j.judgement.outcome for j in unread.judged}[
        "augmentation-referral"
    ] is Outcome.CANNOT_TELL


PATIENT = given().patient


@pytest.mark.parametrize(
    ("topics", "rule", "status"),
    [
        ({"patient": replaced(PATIENT, deceased=fact(True))}, "G-02", "complete"),
        ({"patient": replaced(PATIENT, age=fact(Interval(17, 17)))}, "G-01", "out-of-scope"),
        ({"stay": replaced(given().stay, restricted=met(SEEN))}, "G-02", "complete"),
    ],
)
def test_gates(topics: dict[str, Any], rule: str, status: str) -> None:
    """G-01, G-02: no card of the dead or of a confidential encounter, of a child red flags alone; the rule is named."""
    found = shown(**{**NEW, **topics})
    assert set(cards(found)) == ({"secondary-cause-workup"} if rule == "G-01" else set())
    assert reason(found, "mri-without-contrast") == rule
    assert found.status == status


def test_an_unknown_age_is_no_child() -> None:
    """G-01: only a documented age under 18 ends the evaluation."""
    assert cards(shown(**{**NEW, "patient": replaced(PATIENT, age=fact(Interval(17, 18)))})) != {}


@pytest.mark.parametrize(
    ("drafts", "expected"),
    [
        ((draft("brace"),), {"augmentation-referral", "brace-review"}),
        ((draft("opioid"),), {"augmentation-referral"}),
        ((draft("physiotherapy"),), {"augmentation-referral"}),
        ((draft("spine-referral"),), {"augmentation-referral"}),
        ((draft("imaging", modality="MR", regions=frozenset({"thoracic"})),), {"duplicate-order"}),
        ((draft("other"),), set()),
        ((draft("brace", selected=False), draft("other")), set()),
        ((VA,), set()),
    ],
)
def test_referral_on_order_select(drafts: tuple[Any, ...], expected: set[str]) -> None:
    """Decision 12: shown with conservative care or a referral that is selected, never with imaging or augmentation."""
    assert set(cards(shown("order-select", drafts=drafts, **CANDIDATE))) == expected


@pytest.mark.parametrize(
    ("hook", "drafts", "expected"),
    [
        ("order-sign", (draft("imaging", modality="XR", regions=frozenset({"lumbar"})),), {"duplicate-order"}),
        ("order-sign", (draft("imaging", modality="NM", regions=frozenset({"lumbar"})),), {"mri-without-contrast"}),
        ("order-sign", (draft("spine-referral"),), {"mri-without-contrast"}),
        ("order-sign", (draft("brace"),), {"brace-review"}),
        ("order-select", (draft("imaging", modality="NM", regions=frozenset({"lumbar"})),), {"mri-without-contrast"}),
        ("order-select", (draft("brace"),), {"conservative-care", "brace-review"}),
        ("order-select", (draft("opioid"),), {"conservative-care"}),
        ("order-select", (draft("physiotherapy"),), set()),
    ],
)
def test_new_fracture_on_orders(hook: str, drafts: tuple[Any, ...], expected: set[str]) -> None:
    """D14, OC-12, OC-15, OC-60: MRI with imaging and referral drafts as their rows say, K-CON with opioid and brace."""
    assert set(cards(shown(hook, drafts=drafts, **NEW))) == expected


def test_a_radiograph_to_sign_and_severe_pain() -> None:
    """OC-12: severe symptoms call for MRI instead."""
    film = draft("imaging", modality="XR", regions=frozenset({"lumbar"}))
    found = shown("order-sign", drafts=(film,), **{**NEW, "pain": {"scores": [score(7)]}})
    assert set(cards(found)) == {"mri-without-contrast", "duplicate-order"}


def test_a_critical_alarm_drops_every_info_card() -> None:
    """Decision 10, D14: K-RED stands alone in chart review, and `explain` says what it took."""
    found = shown(neurology={"stated": [says(True)]}, **NEW)
    assert cards(found) == {"neurological-emergency": "critical"}
    assert reason(found, "mri-without-contrast") == "D14 (neurological-emergency)"


def test_a_warning_of_infection_folds_the_mri_card() -> None:
    """D14: K-INF, even as a warning, drops K-CON and folds K-MRI."""
    found = shown(infection={"temperature_c": [score(39)]}, **NEW)
    assert cards(found) == {"spinal-infection": "warning"}


def test_a_site_may_suppress_the_alarm_card() -> None:
    """Decision 4: no red-flag card is shown, and the augmentation cards stay away all the same."""
    found = shown(choices={"red_flag_cards": "suppress-only"}, neurology={"stated": [says(True)]}, **CANDIDATE)
    assert cards(found) == {}
    assert reason(found, "neurological-emergency") == "red_flag_cards"


def test_a_suppressed_complication_keeps_the_referral_away() -> None:
    """Decision 4: what K-POST would drop stays away though the card itself is not shown."""
    choices = {"red_flag_cards": "suppress-only"}
    after: dict[str, Any] = {
        "spine": {"augmentations": [augmented("L3", days=10)]},
        "alarms": {"chest": [disease("dyspnoea", onset=2)]},
    }
    assert cards(shown(**CANDIDATE, **after)) == {"post-augmentation-complication": "critical"}
    found = shown(choices=choices, **CANDIDATE, **after)
    assert cards(found) == {}
    assert reason(found, "augmentation-referral") == "decision 4 (post-augmentation-complication)"


def test_an_alarm_on_a_draft_keeps_the_contraindication() -> None:
    """D14: K-VAX critical stays beside K-RED on augmentation drafts, K-RED first."""
    found = shown("order-sign", drafts=(VA,), neurology={"stated": [says(True)]}, **CANDIDATE)
    assert list(cards(found).items()) == [
        ("neurological-emergency", "critical"),
        ("augmentation-contraindicated", "critical"),
    ]


def test_unrelated_orders_show_an_alarm_only_with_a_fracture() -> None:
    """SL-08."""
    sign: dict[str, Any] = {"neurology": {"stated": [says(True)]}, "drafts": (draft("other"),)}
    assert set(cards(shown("order-sign", **{**sign, **NEW}))) == {"neurological-emergency"}
    pain = {"pain": {"back_pain": [disease("back-pain", onset=3)]}}
    found = shown("order-sign", **{**sign, **pain})
    assert cards(found) == {}
    assert reason(found, "neurological-emergency") == "SL-08"


def test_a_contraindication_absorbs_what_is_missing() -> None:
    """Decision 10: on an augmentation draft K-VAX takes K-VAM, and so does K-VAN."""
    missing = {**CANDIDATE, "pain": {"scores": []}}
    assert set(cards(shown("order-sign", drafts=(VA,), **missing))) == {
        "augmentation-missing-data",
        "augmentation-coverage",
        "augmentation-preparation",
    }
    fever = shown(
        "order-sign", drafts=(VA,), pain={"scores": [], "at_fracture_level": [says(False)]}, **_but(missing, "pain")
    )
    assert set(cards(fever)) == {"augmentation-contraindicated", "augmentation-coverage"}
    late = {**missing, "fractures": {"diagnoses": [fracture("T12", onset=ago(90))]}}
    assert set(cards(shown("order-sign", drafts=(VA,), **late))) == {
        "augmentation-criteria-not-met",
        "specialist-review",
        "augmentation-coverage",
    }


def _but(topics: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in topics.items() if name not in names}


def test_the_best_level_leads() -> None:
    """Decision 16: K-VAR before K-VAM, the other levels as lines of the card."""
    both = study(EDEMA, finding("L1", marrow_edema=True, posterior_wall="intact"), regions=("thoracic", "lumbar"))
    onsets = [fracture("T12", onset=ago(28)), fracture("L1")]
    found = shown(**{**CANDIDATE, "imaging": {"studies": [both]}, "fractures": {"diagnoses": onsets}})
    assert cards(found) == {"augmentation-referral": "info"}
    assert found.cards[0].leading.level == "T12"
    assert reason(found, "augmentation-missing-data") == "decision 16 (augmentation-referral)"


def test_a_draft_is_judged_at_its_levels_alone() -> None:
    """Decision 16: T12 is fine, L1 is ordered and has no study, so the card speaks of L1."""
    found = shown("order-sign", drafts=(draft("augmentation", "L1"),), **CANDIDATE)
    assert {card.leading.level for card in found.cards if card.leading.level is not None} == {"L1"}


def test_a_draft_without_level_is_judged_at_every_acute_one() -> None:
    """Decision 16, OC-23: none named means all acute levels, and the level is asked for."""
    old = study(EDEMA, finding("T8", acuity="chronic"))
    found = shown("order-sign", drafts=(draft("augmentation"),), **{**CANDIDATE, "imaging": {"studies": [old]}})
    assert {card.recommendation.id: card.leading.level for card in found.cards if card.leading.level} == {
        "augmentation-missing-data": "T12",
    }


@pytest.mark.parametrize(
    ("topics", "rule"),
    [
        ({"imaging": {"studies": [study(EDEMA)], "orders": [order("spine-referral", 90)]}}, "SL-02"),
        ({"imaging": {"studies": [study(EDEMA)], "orders": [order("spine-referral", 91)]}}, None),
        ({"imaging": {"studies": [study(EDEMA)], "orders": [order("augmentation", levels=("T12",))]}}, "SL-02"),
        ({"imaging": {"studies": [study(EDEMA)], "orders": [order("augmentation", levels=("L3",))]}}, None),
        ({"stay": replaced(given().stay, hospice=met(SEEN))}, "G-03"),
    ],
)
def test_silence_of_the_referral(topics: dict[str, Any], rule: str | None) -> None:
    """SL-02, G-03: referred within 90 days, booked at this level, or palliative; the rule is kept."""
    found = shown(**{**CANDIDATE, **topics})
    assert reason(found, "augmentation-referral") == rule
    assert cards(found) == ({} if rule else {"augmentation-referral": "info"})


@pytest.mark.parametrize(("days", "silent"), [(90, True), (91, False)])
def test_after_augmentation_imaging_and_care_are_silent(days: int, silent: bool) -> None:
    """SL-02: for 90 days at that level."""
    found = shown(spine={"augmentations": [augmented("L1", days=days)]}, **NEW)
    assert (cards(found) == {}) is silent


@pytest.mark.parametrize(
    ("choice", "topics", "expected"),
    [
        ("seed", {"function": {"rdq": [score(10)]}}, {"augmentation-referral"}),
        ("lcd", {"function": {"rdq": [score(10)]}}, set()),
        ("both", {"function": {"rdq": [score(10)]}}, set()),
    ],
)
def test_reading_of_the_secondary_criteria(choice: str, topics: dict[str, Any], expected: set[str]) -> None:
    """C-15: over 25 % alone is enough for the candidacy page and not for the LCD; the site's choice decides."""
    one = finding(marrow_edema=True, height_loss_percent=(35, 35), kyphosis=False, height_change="unchanged")
    stable = {"scores": [score(8)], "stated_trend": fact("stable", SEEN)}
    case = {**CANDIDATE, "imaging": {"studies": [study(one)]}, "pain": stable, **topics}
    assert set(cards(shown(choices={"va.secondary": choice}, **case))) == expected


@pytest.mark.parametrize(
    ("onset", "closing"),
    [(70, TODAY + timedelta(days=14)), (84, TODAY), (69, None)],
)
def test_the_window_closes(onset: int, closing: Any) -> None:
    """VA-16: named when at most 14 days are left."""
    case = {**CANDIDATE, "pain": {"scores": []}, "fractures": {"diagnoses": [fracture("T12", onset=ago(onset))]}}
    (card,) = shown(**case).cards
    assert ("window-closing" in card.leading.notes) == (closing is not None)
    if closing is not None:
        assert card.leading.values["closing"] == closing.isoformat()


@pytest.mark.parametrize(
    ("level", "line"),
    [("T5", "brace-orthotist"), ("T6", "brace-tlso"), ("L2", "brace-tlso"), ("L3", "brace-lso"), ("L5", "brace-lso")],
)
def test_the_brace_fits_the_level(level: str, line: str) -> None:
    """CM-02: T6 to L2 a TLSO, L3 to L5 an LSO, above the orthotist."""
    case = {**NEW, "imaging": {"studies": []}, "fractures": {"diagnoses": [fracture(level, onset=ago(2))]}}
    (care,) = (card for card in shown(**case).cards if card.recommendation.id == "conservative-care")
    assert line in care.leading.notes


def test_care_under_way_is_not_offered_again() -> None:
    """SL-03, CM-01: each active treatment takes its line, and with none left the card is silent."""
    two = shown(conservative={"given": [treatment("analgesic", 5), treatment("brace", 5)]}, **NEW)
    (care,) = (card for card in two.cards if card.recommendation.id == "conservative-care")
    assert not {"analgesia", "brace-tlso"} & set(care.leading.notes)
    assert "mobilisation" in care.leading.notes
    every = [treatment("analgesic", 5), treatment("brace", 5), treatment("physiotherapy", 5)]
    all_three = shown(conservative={"given": every}, **NEW)
    assert reason(all_three, "conservative-care") == "SL-03"


def test_order_and_cap_of_cards() -> None:
    """D14: three cards in chart review, critical before warning before info."""
    found = shown(**{**NEW, "imaging": {"studies": [study(EDEMA), study(finding("L1"), modality="XR")]}})
    assert len(found.cards) <= 3
    urgency = {"critical": 0, "warning": 1, "info": 2}
    ranks = [urgency[card.indicator] for card in shown("order-sign", drafts=(VA,), **NEW).cards]
    assert ranks == sorted(ranks)


def test_what_may_not_be_shown_on_a_hook_absorbs_nothing() -> None:
    """Decision 10: a card absorbs only where it is itself shown; without a draft K-VAX takes nothing in the chart."""
    found = shown(**{**CANDIDATE, "pain": {"scores": []}}, allergies=[])
    assert cards(found) == {"augmentation-missing-data": "info"}


def test_cannot_tell_is_never_shown() -> None:
    """Decision 7: every recommendation but K-VAM is silent when it cannot tell, and has no silencing rule then."""
    found = shown(**{**NEW, "imaging": {"studies": Listing((), "not retrieved")}})
    open_ones = [j for j in found.judged if j.judgement.outcome is Outcome.CANNOT_TELL]
    assert open_ones
    assert not any(j.shown or j.silenced_by for j in open_ones)


def test_a_level_without_any_pain_concordance_is_confirmed_first() -> None:
    """Decision 3: VA-09 and VA-11 unknown are lines to confirm, not missing data."""
    (card,) = shown(**CANDIDATE).cards
    assert {c.rule for c in card.leading.criteria.confirm if c.claim.unknown} == {"VA-09", "VA-11"}
    assert level_of(assessed(**CANDIDATE)).against.pain_elsewhere.unknown


def test_what_nobody_documented_is_listed_to_verify() -> None:
    """Decision 2: unknown contraindications never block and never count as cleared."""
    (card,) = shown(**{**CANDIDATE, "allergies": Listing((), "not retrieved")}).cards
    assert "CX-06" in {c.rule for c in card.leading.criteria.verify}
    partial: dict[str, Any] = {"diseases": Listing((), "partial page")}
    (card,) = shown(malignancy=partial, **CANDIDATE).cards
    assert "ET-02" in {c.rule for c in card.leading.criteria.verify}


def test_a_sacral_fracture_is_named_where_nothing_is_judged() -> None:
    """G-05: no card, and `explain` says which fracture it is that this service has no logic for."""
    sacrum = finding(None, region="sacral", status="present", text="Insufficiency fracture of the left sacral ala.")
    found = shown(imaging={"studies": [study(sacrum)], "orders": []})
    judged = next(j for j in found.judged if j.recommendation.id == "augmentation-referral").judgement
    (level,) = (c for c in judged.criteria.include if c.rule == "G-05")
    assert level.claim.not_met
    assert "sacral ala" in level.claim.evidence[0].value
    assert cards(found) == {}


@pytest.mark.parametrize(
    ("topic", "case"),
    [
        ("augmentation-referral", CANDIDATE),
        ("augmentation-missing-data", {**CANDIDATE, "pain": {"scores": []}}),
        ("specialist-review", {**CANDIDATE, "fractures": {"diagnoses": [fracture("T12", onset=ago(85))]}}),
    ],
)
@pytest.mark.parametrize(
    ("symptom", "active", "said"),
    [
        ("Shortness of breath", True, True),
        ("dyspnoea (by its wording)", True, True),
        ("Chest pain, unspecified", True, False),
        ("Shortness of breath", False, False),
    ],
)
def test_breathlessness_is_a_line(topic: str, case: Mapping[str, Any], symptom: str, active: bool, said: bool) -> None:
    """SP-09, S4-05: said on the three cards, and it changes none of them."""
    chest = replaced(disease("chest", 5, active=active), evidence=Evidence("Condition/chest", symptom))
    before = cards(shown(**case))
    evaluation = shown(**case, alarms={"chest": [chest]})
    assert cards(evaluation) == before
    (card,) = (each for each in evaluation.cards if each.recommendation.id == topic)
    assert ("sp-09" in card.leading.notes) is said
