"""D14: three cards on a chart, five on an order, the most urgent first; what is cut off says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Outcome
from cds_service.facts.model import Draft, DraftKind
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import evaluate
from cds_service.recommendations.recommendation import Hook, Indicator, Judgement, Recommendation, Situation
from tests.criteria.given import SEEN, assessed

EVERYTHING: tuple[DraftKind, ...] = ("augmentation", "brace")


def applying(recommendation: Recommendation, indicator: Indicator) -> Recommendation:
    """The same recommendation, applying to everybody."""

    def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
        return (Judgement(criteria=Criteria(include=()), outcome=Outcome.APPLIES, indicator=indicator),)

    return replace(recommendation, judge=judge)


def shown(hook: Hook, topics: tuple[str, ...], drafts: tuple[DraftKind, ...] = ()) -> tuple[list[str], set[str | None]]:
    """The topics shown, in order, and what silenced the others."""
    warning = {"augmentation-contraindicated", "augmentation-criteria-not-met"}
    chosen = [applying(r, "warning" if r.id in warning else "info") for r in ALL if r.id in topics]
    a = assessed(drafts=tuple(Draft(SEEN, kind) for kind in drafts))
    found = evaluate(chosen, a, Situation(hook))
    return [c.recommendation.id for c in found.cards], {j.silenced_by for j in found.judged if not j.shown}


ON_A_CHART = ("mri-without-contrast", "alternative-to-mri", "augmentation-referral", "conservative-care")


@pytest.mark.parametrize(("topics", "kept", "why"), [(ON_A_CHART[:3], 3, set()), (ON_A_CHART, 3, {"D14 (cap)"})])
def test_three_cards_on_a_chart(topics: tuple[str, ...], kept: int, why: set[str]) -> None:
    """D14: the fourth card of a chart is not shown, and `explain` says that the cap took it."""
    cards, silenced = shown("patient-view", topics)
    assert cards == list(topics[:kept])
    assert silenced == why


def test_five_cards_on_an_order() -> None:
    """D14: warnings come first, and the sixth card of an order is not shown."""
    topics = (*ON_A_CHART, "augmentation-contraindicated", "augmentation-criteria-not-met")
    cards, silenced = shown("order-select", topics, EVERYTHING)
    assert cards == ["augmentation-contraindicated", "augmentation-criteria-not-met", *ON_A_CHART[:3]]
    assert silenced == {"D14 (cap)"}
