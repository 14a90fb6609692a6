"""What stands behind each recommendation, for its evidence page: statement, sources, and every criterion it may
ask, of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from cds_service.criteria.assessment import assess
from cds_service.criteria.criterion import Criterion
from cds_service.facts.fact import Evidence
from cds_service.facts.model import Draft, Facts, FractureDiagnosis, Fractures, Listing
from cds_service.hooks.cards import CardText, load_cards
from cds_service.knowledge.citations import Citation
from cds_service.knowledge.thresholds import Thresholds
from cds_service.recommendations import ALL, augmentation_referral
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

NOBODY: Final = Evidence("Condition/example", "example")


_OWN_CRITERIA: Final = frozenset(
    {"augmentation-contraindicated", "augmentation-bleeding-risk", "augmentation-preparation"}
)
"""Checks of a drafted augmentation that do not repeat the criteria of the referral."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One criterion as the page lists it: role ``include``, ``exclude`` or ``confirm``.

    ``part`` says that it is one of several that another clause counts together, or is shown without deciding.
    """

    label: str
    role: str
    citation: Citation
    rule: str
    part: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """All that is known of a recommendation before any patient is."""

    recommendation: Recommendation
    text: CardText
    clauses: tuple[Clause, ...]


@lru_cache(maxsize=8)
def statements(limit: Thresholds) -> tuple[Statement, ...]:
    """Every recommendation with its criteria, worked out on an example of whom nothing is documented."""
    cards = load_cards()
    return tuple(Statement(r, cards[r.id], _clauses(r, limit)) for r in ALL)


def _clauses(recommendation: Recommendation, limit: Thresholds) -> tuple[Clause, ...]:
    assessment = assess(_example(), limit)
    situation = Situation("order-sign")
    judged = (*recommendation.judge(assessment, situation), *_shared(recommendation, limit))
    return tuple({(c.label, c.rule): c for j in judged for c in _listed(j)}.values())


def _shared(recommendation: Recommendation, limit: Thresholds) -> tuple[Judgement, ...]:
    """The order checks judge the criteria of the referral."""
    if not recommendation.id.startswith("augmentation-") or recommendation.id in _OWN_CRITERIA:
        return ()
    return augmentation_referral.judge(assess(_example(), limit), Situation("order-sign"))


def _listed(judgement: Judgement) -> list[Clause]:
    criteria = judgement.criteria
    roles = (("include", criteria.include), ("exclude", criteria.exclude), ("confirm", criteria.confirm))
    listed = [_clause(c, role) for role, clauses in roles for c in clauses]
    seen = {clause.label for clause in listed}
    shown = [_clause(c, "exclude" if c.rule.startswith("CX") else "include", part=True) for c in judgement.table]
    return [*listed, *(c for c in shown if c.label not in seen)]


def _clause(criterion: Criterion, role: str, *, part: bool = False) -> Clause:
    return Clause(criterion.label, role, criterion.at, criterion.rule, part)


def _example() -> Facts:
    coded = FractureDiagnosis(NOBODY, "core", "current", ("L1",), None, None)
    return Facts(
        as_of=date(2026, 1, 1),
        fractures=Fractures(diagnoses=Listing((coded,))),
        drafts=(Draft(NOBODY, "augmentation", levels=("L1",)),),
    )
