"""From judgements to what is shown: gates, the card by hook matrix, silence, absorption, one card a topic, and caps
(D0, D14, D15).

Nothing is dropped without its rule: every judgement keeps the id of what silenced it, for `explain` and the audit
(decision 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.facts.model import Draft
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import Hook, Indicator, Judgement, Recommendation, Situation

Status = Literal["complete", "out-of-scope"]

ALWAYS: Final = frozenset({"always"})
"""Shown on this hook whatever is drafted."""
RELATED: Final = frozenset({"related"})
"""Shown with any draft of ours, and with unrelated ones when there is a confirmed or coded fracture (SL-08)."""

_IMAGING: Final = frozenset({"imaging:MR", "imaging:CT", "imaging:XR", "imaging:NM"})
_AUGMENTATION: Final = frozenset({"augmentation"})
_REFERRAL: Final = frozenset({"spine-referral"})
_RED_FLAG: Final[Mapping[str, frozenset[str]]] = {
    "patient-view": ALWAYS,
    "encounter-start": ALWAYS,
    "order-select": RELATED,
    "order-sign": RELATED,
    "encounter-discharge": ALWAYS,
    "problem-list-item-create": ALWAYS,
}

MATRIX: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType(
    {
        "neurological-emergency": _RED_FLAG,
        "spinal-infection": _RED_FLAG,
        "mri-without-contrast": {
            "patient-view": ALWAYS,
            "order-select": _IMAGING | _AUGMENTATION,
            "order-sign": frozenset({"imaging:XR", "imaging:NM"}) | _AUGMENTATION | _REFERRAL,
            "encounter-discharge": ALWAYS,
            "problem-list-item-create": ALWAYS,
        },
        "alternative-to-mri": {
            "patient-view": ALWAYS,
            "order-select": _IMAGING | _AUGMENTATION,
            "order-sign": frozenset({"imaging:MR", "imaging:XR"}) | _AUGMENTATION | _REFERRAL,
            "encounter-discharge": ALWAYS,
            "problem-list-item-create": ALWAYS,
        },
        "conservative-care": {
            "patient-view": ALWAYS,
            "order-select": frozenset({"opioid", "brace"}),
            "encounter-discharge": ALWAYS,
            "problem-list-item-create": ALWAYS,
        },
        "augmentation-referral": {
            "patient-view": ALWAYS,
            "order-select": frozenset({"brace", "opioid", "physiotherapy"}) | _REFERRAL,
            "encounter-discharge": ALWAYS,
        },
        "augmentation-missing-data": {
            "patient-view": ALWAYS,
            "order-select": _AUGMENTATION | _REFERRAL,
            "order-sign": _AUGMENTATION | _REFERRAL,
        },
        "augmentation-criteria-not-met": {
            "order-select": _AUGMENTATION,
            "order-sign": _AUGMENTATION,
            "appointment-book": _AUGMENTATION,
        },
        "augmentation-contraindicated": {
            "order-select": _AUGMENTATION,
            "order-sign": _AUGMENTATION,
            "appointment-book": _AUGMENTATION,
        },
    }
)
"""D14: which card on which hook, and with which drafts (decision 12 for K-VAR and K-VAM, the OC rows for imaging)."""

RED_FLAGS: Final = ("neurological-emergency", "spinal-infection")
DROPPED_BY_RED_FLAG: Final = frozenset(
    {"augmentation-referral", "augmentation-missing-data", "conservative-care", "mri-without-contrast"}
)
"""D14: with K-RED or K-INF these go, K-MRI folded into the alarm card."""
ABSORBS_MISSING_DATA: Final = ("augmentation-contraindicated", "augmentation-criteria-not-met")
"""Decision 10, on augmentation drafts."""

AUDIENCE: Final = "audience"
REFERRAL_ELSEWHERE: Final = "decision 16 (augmentation-referral)"

_URGENCY: Final[Mapping[Indicator, int]] = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement of one recommendation, and whether it reached the screen."""

    recommendation: Recommendation
    judgement: Judgement
    shown: bool
    silenced_by: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of one recommendation: its leading judgement, and the other levels it also holds for."""

    recommendation: Recommendation
    leading: Judgement
    also: tuple[Judgement, ...]
    indicator: Indicator
    still_open: tuple[str, ...] = ()
    """Levels where the same question is still open, as lines of the detail."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was judged, and what is shown of it."""

    assessment: Assessment
    situation: Situation
    judged: tuple[Judged, ...]
    cards: tuple[Card, ...]
    status: Status


def evaluate(recommendations: Sequence[Recommendation], a: Assessment, situation: Situation) -> Evaluation:
    """Judges every recommendation and decides what is shown; pure."""
    gate = _gate(a, situation)
    judged = [
        Judged(recommendation, judgement, False, _silenced(recommendation, judgement, a, situation, gate))
        for recommendation in recommendations
        for judgement in recommendation.judge(a, situation) or (_nowhere(a),)
    ]
    judged = _absorb(judged)
    cards, judged = _cap(_merge(judged), judged, a, situation)
    return Evaluation(a, situation, tuple(judged), cards, "out-of-scope" if gate in ("G-01", AUDIENCE) else "complete")


def _nowhere(a: Assessment) -> Judgement:
    """There is no level to judge: an answer all the same, so that `explain` lists every recommendation."""
    fracture = Criterion("fracture confirmed on a report or coded", a.any_fracture, cite("DES", "FX-01"), "FX-01")
    criteria = Criteria(include=(fracture,))
    return Judgement(criteria=criteria, outcome=criteria.outcome, table=criteria.include)


def _gate(a: Assessment, situation: Situation) -> str | None:
    """D0: nobody is served a card about the deceased, a test encounter or, but for red flags, a child; and no patient
    is served what is written for clinicians (CDS Hooks library, patient-view).
    """
    if not situation.for_clinician:
        return AUDIENCE
    if a.facts.patient.deceased.value is True or a.facts.stay.restricted.met:
        return "G-02"
    return "G-01" if a.adult.not_met else None


def _silenced(
    recommendation: Recommendation, judgement: Judgement, a: Assessment, situation: Situation, gate: str | None
) -> str | None:
    """The first rule that keeps a judgement from being shown; None when it applies and nothing does."""
    if judgement.outcome is not Outcome.APPLIES:
        return None
    if gate is not None and not (gate == "G-01" and recommendation.id in RED_FLAGS):
        return gate
    return _off_this_hook(recommendation.id, a, situation.hook) or judgement.silenced_by


def _off_this_hook(recommendation_id: str, a: Assessment, hook: Hook) -> str | None:
    wanted = MATRIX[recommendation_id].get(hook)
    if wanted is None:
        return "D14"
    if wanted is ALWAYS:
        return None
    drafted = {draft_key(d) for d in a.facts.drafts if d.selected}
    if wanted is RELATED:
        related = any(key != "other" for key in drafted)
        return None if related or a.any_fracture.met else "SL-08"
    return None if wanted & drafted else "SL-08"


def draft_key(draft: Draft) -> str:
    """The matrix's name of a draft: its kind, and of imaging the modality."""
    return f"imaging:{draft.modality}" if draft.kind == "imaging" else draft.kind


def _absorb(judged: list[Judged]) -> list[Judged]:
    """D14 and decision 10: what an alarm, a contraindication or a failed criterion takes off the screen."""
    showing = {j.recommendation.id for j in judged if _showing(j)}
    alarms = [j for j in judged if j.recommendation.id in RED_FLAGS and (_showing(j) or _suppressed_by_site(j))]
    critical = any(j.judgement.indicator == "critical" for j in alarms if _showing(j))
    referral_wins = "augmentation-referral" in showing
    absorber = next((i for i in ABSORBS_MISSING_DATA if i in showing), None)

    def taken_by(j: Judged) -> str | None:
        topic = j.recommendation.id
        if alarms and topic in DROPPED_BY_RED_FLAG:
            return f"D14 ({alarms[0].recommendation.id})"
        if critical and j.judgement.indicator == "info":
            return f"decision 10 ({alarms[0].recommendation.id})"
        if topic == "augmentation-missing-data" and absorber is not None:
            return f"decision 10 ({absorber})"
        if topic == "augmentation-missing-data" and referral_wins:
            return REFERRAL_ELSEWHERE
        return None

    return [replace(j, silenced_by=taken_by(j)) if _showing(j) and taken_by(j) is not None else j for j in judged]


def _showing(j: Judged) -> bool:
    return j.judgement.outcome is Outcome.APPLIES and j.silenced_by is None


def _suppressed_by_site(j: Judged) -> bool:
    """Decision 4: a suppressed alarm still keeps the augmentation cards away."""
    return j.judgement.outcome is Outcome.APPLIES and j.silenced_by == "red_flag_cards"


def _open_levels(judged: Iterable[Judged]) -> tuple[str, ...]:
    """The levels whose missing data gave way to a referral at another level (decision 16)."""
    return tuple(j.judgement.label for j in judged if j.silenced_by == REFERRAL_ELSEWHERE)


def _merge(judged: Iterable[Judged]) -> list[Card]:
    """One card a topic: the most urgent level leads, the others are lines of its detail (decision 16)."""
    by_topic: dict[str, list[Judged]] = {}
    all_judged = tuple(judged)
    for j in all_judged:
        if _showing(j):
            by_topic.setdefault(j.recommendation.id, []).append(j)
    cards = []
    for found in by_topic.values():
        ranked = sorted(found, key=lambda j: _URGENCY[j.judgement.indicator])
        first = ranked[0]
        also = tuple(j.judgement for j in ranked[1:])
        still_open = _open_levels(all_judged) if first.recommendation.id == "augmentation-referral" else ()
        cards.append(Card(first.recommendation, first.judgement, also, first.judgement.indicator, still_open))
    return cards


def _cap(
    cards: list[Card], judged: list[Judged], a: Assessment, situation: Situation
) -> tuple[tuple[Card, ...], list[Judged]]:
    """D14: critical before warning before info, then the order of `ALL`; three cards on a chart, five on an order."""
    most = a.limit.max_cards_order if situation.hook.startswith("order") else a.limit.max_cards_patient_view
    ranked = sorted(cards, key=lambda card: _URGENCY[card.indicator])
    kept = tuple(ranked[:most])
    topics = {card.recommendation.id for card in kept}
    marked = [
        replace(j, shown=True)
        if _showing(j) and j.recommendation.id in topics
        else replace(j, silenced_by="D14 (cap)")
        if _showing(j)
        else j
        for j in judged
    ]
    return kept, marked
