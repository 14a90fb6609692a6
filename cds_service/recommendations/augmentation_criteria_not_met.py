"""An augmentation is drafted, and the record documents that a criterion is not met.

VA-12 and VA-13 of `clinical.md` D7, OC-20, OC-22, OC-24 and CX-13. Only reasons without a card of their own count here
(decision 9).
"""

from __future__ import annotations

from cds_service.criteria.acuity import SHOWS_EDEMA, SHOWS_UPTAKE
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import candidacy
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.sites import study_covers
from cds_service.facts.fact import Claim, Evidence, any_of, met, not_met, unknown
from cds_service.knowledge.citations import cite
from cds_service.recommendations.augmentation_referral import CANDIDACY_NEEDS, first_and_count, summary_values
from cds_service.recommendations.drafted import augmentation_drafted, levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

CARRIED_ELSEWHERE = frozenset({"VA-04", "VA-10"})
"""Imaging age and cause have cards of their own (decision 9)."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement for each level the draft is judged at, and one for a draft of the neck or the sacrum."""
    outside = tuple(d.evidence for d in a.augmentation_drafts if d.outside)
    at_levels = tuple(_at_level(level, a, situation) for level in levels_to_judge(a))
    return (*at_levels, _outside(outside)) if outside else at_levels


def _outside(drafts: tuple[Evidence, ...]) -> Judgement:
    """LV-03, C-18, G-05: neither a source nor a rule here speaks of these levels."""
    clause = Criterion("level T1 to L5", not_met(*drafts), cite("LCD-N", "coverage criterion (a)"), "VA-05")
    criteria = Criteria(include=(Criterion(clause.label, ~clause.claim, clause.at, clause.rule),))
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        label="neck or sacrum",
        indicator="warning",
        table=(clause,),
        values={"level": "neck or sacrum", "reason": clause.label},
    )


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    asked = clauses(level, a, situation)
    failed = tuple(c for c in asked if c.claim.not_met)
    criteria = Criteria(
        include=(
            Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", "VA-13"), "VA-13"),
            Criterion(
                "a criterion is documented as not met",
                any_of(*(~c.claim for c in asked)),
                cite("DES", "VA-13"),
                "VA-13",
            ),
        )
    )
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        indicator="warning",
        table=failed,
        values={**summary_values(level, a), "reason": first_and_count(failed)},
    )


def clauses(level: LevelFacts, a: Assessment, situation: Situation) -> tuple[Criterion, ...]:
    """OC-20, then the criteria of candidacy in the order of the source: what this card may speak of."""
    found = candidacy(level, a, situation.choices)
    study = Criterion(
        "reported MRI or uptake study before treatment", advanced_study(level, a), cite("S0", "line 12"), "OC-20"
    )
    return (study, *(c for c in found.criteria.include if c.rule not in CARRIED_ELSEWHERE))


def advanced_study(level: LevelFacts, a: Assessment) -> Claim:
    """OC-20: a final MRI or uptake study whose field holds the level; not met only when reports and orders were
    retrieved.
    """
    studies = a.facts.imaging.studies
    mine = tuple(
        s
        for s in studies.items
        if s.modality in (SHOWS_EDEMA, SHOWS_UPTAKE) and study_covers(s, level.site.level) is not False
    )
    final = tuple(s.evidence for s in mine if s.final)
    if final:
        return met(*final)
    if any(not s.preliminary for s in mine):
        return unknown("a study without a final report", (s.evidence for s in mine))
    gap = studies.gap or a.facts.imaging.orders.gap
    if gap is not None:
        return unknown(gap)
    if any(s.modality is None and s.reading is not None and not s.sparse for s in studies.items):
        return unknown("a report does not say what kind of study it is")
    return not_met(*(s.evidence for s in mine))


RECOMMENDATION = Recommendation(
    id="augmentation-criteria-not-met",
    statement="An augmentation order whose documented facts do not meet a criterion is looked at again.",
    sources=(
        cite("LCD-N", "coverage criteria (a) to (c)"),
        cite("S3", "line 11"),
        cite("S0", "line 12"),
        cite("S4", "line 62"),
    ),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
