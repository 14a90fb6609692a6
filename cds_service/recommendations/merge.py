"""From judgements to what is shown: gates, the card by hook matrix, silence, absorption, one card a topic, and caps
(D0, D14, D15).

Nothing is dropped without its rule: every judgement keeps the id of what silenced it, for `explain` and the audit
(decision 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.criteria.sites import outside
from cds_service.facts.fact import not_met
from cds_service.facts.model import Draft
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import Hook, Indicator, Judgement, Recommendation, Situation

Status = Literal["complete", "out-of-scope"]

ALWAYS: Final = frozenset({"always"})
"""Shown on this hook whatever is drafted."""
RELATED: Final = frozenset({"related"})
"""Shown with any draft of ours, and with unrelated ones when there is a confirmed or coded fracture (SL-08)."""
OURS: Final = frozenset({"ours"})
"""Shown with any draft of ours."""

_IMAGING: Final = frozenset({"imaging:MR", "imaging:CT", "imaging:XR", "imaging:NM"})
_MRI: Final = frozenset({"imaging:MR"})
_XR_OR_NM: Final = frozenset({"imaging:XR", "imaging:NM"})
_AUGMENTATION: Final = frozenset({"augmentation"})
_REFERRAL: Final = frozenset({"spine-referral"})
_CONSERVATIVE: Final = frozenset({"brace", "opioid", "physiotherapy"})

_Row = Mapping[str, frozenset[str]]


def _row(
    *,
    chart: bool = False,
    start: bool = False,
    select: frozenset[str] | None = None,
    sign: frozenset[str] | None = None,
    discharge: bool = False,
    book: frozenset[str] | None = None,
    problem: bool | None = None,
) -> _Row:
    """One row of D14's table. ``problem-list-item-create`` goes by the chart and ``order-dispatch`` by the signing."""
    shown = {
        "patient-view": ALWAYS if chart else None,
        "encounter-start": ALWAYS if start else None,
        "order-select": select,
        "order-sign": sign,
        "order-dispatch": sign,
        "encounter-discharge": ALWAYS if discharge else None,
        "appointment-book": book,
        "problem-list-item-create": ALWAYS if (chart if problem is None else problem) else None,
    }
    return MappingProxyType({hook: drafts for hook, drafts in shown.items() if drafts is not None})


_ALARM: Final = _row(chart=True, start=True, select=RELATED, sign=RELATED, discharge=True)
_STRUCTURE: Final = _row(chart=True, start=True, select=OURS, sign=RELATED, discharge=True)
_AUGMENTATION_CHECK: Final = _row(select=_AUGMENTATION, sign=_AUGMENTATION, book=_AUGMENTATION)

POST: Final = "post-augmentation-complication"

MATRIX: Final[Mapping[str, _Row]] = MappingProxyType(
    {
        "neurological-emergency": _ALARM,
        "spinal-infection": _ALARM,
        POST: _row(chart=True, start=True, discharge=True),
        "malignant-fracture": _STRUCTURE,
        "secondary-cause-workup": _STRUCTURE,
        "unstable-fracture": _STRUCTURE,
        "retropulsion-surgical-opinion": _STRUCTURE,
        "augmentation-contraindicated": _AUGMENTATION_CHECK,
        "augmentation-criteria-not-met": _AUGMENTATION_CHECK,
        "augmentation-bleeding-risk": _AUGMENTATION_CHECK,
        "imaging-caution": _row(
            select=_IMAGING | _AUGMENTATION, sign=_IMAGING | _AUGMENTATION, book=_IMAGING | _AUGMENTATION
        ),
        "mri-device-safety": _row(select=_MRI, sign=_MRI, book=_MRI),
        "conflicting-data": _row(chart=True, select=OURS, sign=OURS),
        "mri-with-contrast": _row(
            chart=True,
            select=_IMAGING | _AUGMENTATION,
            sign=_MRI | _XR_OR_NM | _AUGMENTATION | _REFERRAL,
            discharge=True,
        ),
        "mri-without-contrast": _row(
            chart=True,
            select=_IMAGING | _AUGMENTATION,
            sign=_XR_OR_NM | _AUGMENTATION | _REFERRAL,
            discharge=True,
        ),
        "alternative-to-mri": _row(
            chart=True,
            select=_IMAGING | _AUGMENTATION,
            sign=_MRI | frozenset({"imaging:XR", "imaging:CT"}) | _AUGMENTATION | _REFERRAL,
            discharge=True,
        ),
        "radiographs-first": _row(chart=True, select=_IMAGING | _AUGMENTATION, discharge=True),
        "opioid-safety": _row(select=frozenset({"opioid"}), sign=frozenset({"opioid"})),
        "augmentation-referral": _row(chart=True, select=_CONSERVATIVE | _REFERRAL, discharge=True, problem=False),
        "augmentation-missing-data": _row(
            chart=True, select=_AUGMENTATION | _REFERRAL, sign=_AUGMENTATION | _REFERRAL, problem=False
        ),
        "specialist-review": _row(chart=True, select=OURS, sign=_AUGMENTATION),
        "conservative-care": _row(chart=True, select=frozenset({"opioid", "brace"}), discharge=True),
        "brace-review": _row(select=frozenset({"brace"}), sign=frozenset({"brace"})),
        "conservative-care-review": _row(chart=True, problem=False),
        "osteoporosis-treatment": _row(chart=True, discharge=True),
        "augmentation-coverage": _row(sign=_AUGMENTATION, book=_AUGMENTATION),
        "augmentation-preparation": _row(sign=_AUGMENTATION, book=_AUGMENTATION),
        "duplicate-order": _row(select=_IMAGING | _AUGMENTATION | _REFERRAL, sign=_IMAGING | _AUGMENTATION | _REFERRAL),
    }
)
"""D14: which card on which hook, and with which drafts (decision 12 for K-VAR and K-VAM, the OC rows for imaging).

The order is that in which cards are shown at equal urgency.
"""

ALARMS: Final = ("neurological-emergency", "spinal-infection")
RED_FLAGS: Final = frozenset(
    {
        *ALARMS,
        POST,
        "malignant-fracture",
        "secondary-cause-workup",
        "unstable-fracture",
        "retropulsion-surgical-opinion",
    }
)
"""The cards of D4 (RF): all that a child is shown of ours (G-01)."""
DROPPED_BY_ALARM: Final = frozenset(
    {
        "augmentation-referral",
        "augmentation-missing-data",
        "conservative-care",
        "augmentation-preparation",
        "augmentation-coverage",
    }
)
"""D14: with K-RED or K-INF these go."""
FOLDED_INTO_ALARM: Final = frozenset(
    {"malignant-fracture", "retropulsion-surgical-opinion", "mri-without-contrast", "mri-with-contrast"}
)
"""D14: with K-RED or K-INF these become part of it, and it takes their urgency where that is higher."""
ABSORB_MISSING_DATA: Final = (
    "augmentation-contraindicated",
    "malignant-fracture",
    "unstable-fracture",
    "retropulsion-surgical-opinion",
    "augmentation-criteria-not-met",
)
"""Decision 10: on augmentation drafts these absorb K-VAM."""
ABSORB_BRACE: Final = ("unstable-fracture", "neurological-emergency", "retropulsion-surgical-opinion")
"""Decision 10: these absorb K-BRC, whatever its reason."""
BEFORE_PREPARATION: Final = (
    "augmentation-contraindicated",
    "augmentation-criteria-not-met",
    "malignant-fracture",
    "unstable-fracture",
    "retropulsion-surgical-opinion",
    "conflicting-data",
)
"""D14: K-PREP waits until none of these holds, shown to this user or not."""
FOR_SCHEDULERS: Final = frozenset({"augmentation-preparation", "augmentation-coverage", "augmentation-bleeding-risk"})
"""SL-07: what a scheduler is shown; a critical K-VAX besides, which every role sees."""

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
    judged = _absorb(judged, a)
    cards, judged = _cap(_merge(judged), judged, a, situation)
    return Evaluation(a, situation, tuple(judged), cards, "out-of-scope" if gate in ("G-01", AUDIENCE) else "complete")


def _nowhere(a: Assessment) -> Judgement:
    """There is no level to judge: an answer all the same, so that `explain` lists every recommendation; a fracture of
    the neck or the sacrum is named as such (G-05).
    """
    fracture = Criterion("fracture confirmed on a report or coded", a.any_fracture, cite("DES", "FX-01"), "FX-01")
    elsewhere = outside(a.facts)
    level = Criterion("level T1 to L5", not_met(*elsewhere), cite("LCD-N", "coverage criterion (a)"), "G-05")
    criteria = Criteria(include=(fracture, level) if elsewhere else (fracture,))
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
    if situation.role == "scheduler" and not _for_schedulers(recommendation.id, judgement):
        return "SL-07"
    return _off_this_hook(recommendation.id, a, situation.hook) or judgement.silenced_by


def _for_schedulers(topic: str, judgement: Judgement) -> bool:
    return topic in FOR_SCHEDULERS or (topic == "augmentation-contraindicated" and judgement.indicator == "critical")


def _off_this_hook(recommendation_id: str, a: Assessment, hook: Hook) -> str | None:
    wanted = MATRIX[recommendation_id].get(hook)
    if wanted is None:
        return "D14"
    if wanted is ALWAYS:
        return None
    drafted = {draft_key(d) for d in a.facts.drafts if d.selected}
    related = any(key != "other" for key in drafted)
    if wanted is OURS:
        return None if related else "SL-08"
    if wanted is RELATED:
        return None if related or a.any_fracture.met else "SL-08"
    return None if wanted & drafted else "SL-08"


def draft_key(draft: Draft) -> str:
    """The matrix's name of a draft: its kind, and of imaging the modality."""
    return f"imaging:{draft.modality}" if draft.kind == "imaging" else draft.kind


def _absorb(judged: list[Judged], a: Assessment) -> list[Judged]:
    """D14 and decision 10: what one card takes off the screen, in this order; each absorbs only where itself shown."""
    judged = _take(judged, _complication_over_alarm)
    judged = _raise_alarm(judged)
    judged = _take(judged, _alarm_over_others)
    judged = _take(judged, _over_missing_data if a.augmentation_drafts else _referral_over_missing_data)
    judged = _take(judged, _over_brace)
    return _take(judged, _before_preparation)


_Absorber = Callable[[Sequence[Judged]], Mapping[str, str]]
"""From all that is judged to topic -> the rule that takes it off the screen."""


def _take(judged: list[Judged], absorber: _Absorber) -> list[Judged]:
    taken = absorber(judged)
    return [
        replace(j, silenced_by=taken[j.recommendation.id]) if _showing(j) and j.recommendation.id in taken else j
        for j in judged
    ]


def _complication_over_alarm(judged: Sequence[Judged]) -> Mapping[str, str]:
    """Decision 10: K-POST speaks for a deficit within 30 days after augmentation, and K-RED does not repeat it."""
    speaks = any(j.recommendation.id == POST and _showing(j) and "deficit" in j.judgement.notes for j in judged)
    return {"neurological-emergency": "decision 10 (post-augmentation-complication)"} if speaks else {}


def _alarms(judged: Iterable[Judged]) -> list[Judged]:
    return [j for j in judged if j.recommendation.id in ALARMS and (_showing(j) or _suppressed_by_site(j))]


def _raise_alarm(judged: list[Judged]) -> list[Judged]:
    """D14: an alarm takes over the urgency of what is folded into it."""
    urgent = any(
        _showing(j) and j.recommendation.id in FOLDED_INTO_ALARM and j.judgement.indicator == "critical" for j in judged
    )
    if not urgent:
        return judged
    return [
        replace(j, judgement=replace(j.judgement, indicator="critical"))
        if j.recommendation.id in ALARMS and _showing(j)
        else j
        for j in judged
    ]


def _alarm_over_others(judged: Sequence[Judged]) -> Mapping[str, str]:
    """D14: what goes with K-RED or K-INF, and what becomes part of them; decision 10: every info card with a critical
    one. An alarm that the site suppresses still keeps the augmentation cards away (decision 4).
    """
    alarms = _alarms(judged)
    critical = [
        j
        for j in judged
        if _showing(j) and j.judgement.indicator == "critical" and j.recommendation.id in (*ALARMS, POST)
    ]
    urgent = {j.recommendation.id for j in judged if _showing(j) and j.judgement.indicator != "info"}
    infos = _topics_shown(judged) - urgent
    taken = dict.fromkeys(infos, f"decision 10 ({critical[0].recommendation.id})") if critical else {}
    if alarms:
        rule = f"D14 ({alarms[0].recommendation.id})"
        taken |= dict.fromkeys(DROPPED_BY_ALARM, rule)
        if any(_showing(j) for j in alarms):
            taken |= dict.fromkeys(FOLDED_INTO_ALARM, rule)
    if any(j.recommendation.id == POST and _suppressed_by_site(j) for j in judged):
        taken |= dict.fromkeys(DROPPED_BY_ALARM, f"decision 4 ({POST})")
    return taken


def _over_missing_data(judged: Sequence[Judged]) -> Mapping[str, str]:
    """Decision 10, on augmentation drafts; the unknowns are listed by K-COV."""
    shown = _topics_shown(judged)
    absorber = next((topic for topic in ABSORB_MISSING_DATA if topic in shown), None)
    return {} if absorber is None else {"augmentation-missing-data": f"decision 10 ({absorber})"}


def _referral_over_missing_data(judged: Sequence[Judged]) -> Mapping[str, str]:
    """Decision 16: a level that can be referred goes before one whose data are missing."""
    if "augmentation-referral" in _topics_shown(judged):
        return {"augmentation-missing-data": REFERRAL_ELSEWHERE}
    return {}


def _over_brace(judged: Sequence[Judged]) -> Mapping[str, str]:
    shown = _topics_shown(judged)
    absorber = next((topic for topic in ABSORB_BRACE if topic in shown), None)
    return {} if absorber is None else {"brace-review": f"decision 10 ({absorber})"}


def _before_preparation(judged: Sequence[Judged]) -> Mapping[str, str]:
    """D14: nobody prepares for a procedure that something speaks against."""
    holding = {j.recommendation.id for j in judged if j.judgement.outcome is Outcome.APPLIES}
    first = next((topic for topic in BEFORE_PREPARATION if topic in holding), None)
    return {} if first is None else {"augmentation-preparation": f"D14 ({first})"}


def _topics_shown(judged: Iterable[Judged]) -> frozenset[str]:
    return frozenset(j.recommendation.id for j in judged if _showing(j))


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
    about_orders = situation.hook.startswith("order") or situation.hook == "appointment-book"
    most = a.limit.max_cards_order if about_orders else a.limit.max_cards_patient_view
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
