"""A specialist's review: where neither a referral for augmentation nor conservative care alone answers the case.

VA-14 and VA-15 of `clinical.md` D7, CX-05 and CX-12 of D8, C-02, FX-08, SP-06, and decision 11;
SP-09 as a line.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.imaging import region_of
from cds_service.criteria.incidental import newest_first
from cds_service.criteria.sites import chronic_and_painless
from cds_service.criteria.specialist import (
    before_surgery,
    bone_clinic_first,
    denosumab_stopped,
    lesion,
    not_healed,
    refracture,
    severe_collapse,
    wall_alone,
)
from cds_service.facts.fact import any_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import referred
from cds_service.recommendations.augmentation_referral import CANDIDACY_NEEDS, first_and_count, lung_notes
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Silence, Situation

BONE_CLINIC = frozenset({"SP-02", "SP-06"})
"""The reasons that lead to the bone clinic; all others to spine surgery."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level (of the drafted levels, where an augmentation is drafted)."""
    judged = [level for level in newest_first(a) if any(each is level for each in levels_to_judge(a))]
    return tuple(_at_level(level, a, situation) for level in judged)


def reasons(level: LevelFacts, a: Assessment, situation: Situation) -> tuple[Criterion, ...]:
    """Every reason for a review, in the order of the decision table."""
    young = bone_clinic_first(level, a, situation.choices)
    collapse = severe_collapse(level, a, situation.choices)
    return (
        Criterion("over 12 weeks, not healed, severe pain", not_healed(level, a), cite("S4", "line 67"), "VA-14"),
        Criterion("spine surgery planned", before_surgery(level, a), cite("S3", "line 11"), "VA-15"),
        Criterion("posterior wall defect", wall_alone(level, a), cite("S1", "line 7"), "C-03"),
        Criterion("vertebra plana or severe collapse", collapse, cite("PAY", "RAD601.041"), "CX-12"),
        Criterion("benign or vascular lesion", lesion(level, a), cite("S1", "line 7"), "C-02"),
        Criterion("fracture of an augmented level", refracture(level, a), cite("DES", "FX-08"), "FX-08"),
        Criterion("metabolic bone clinic first", young, cite("S4", "lines 26 to 30"), "SP-02"),
        Criterion("several fractures after denosumab", denosumab_stopped(a), cite("GK", "rebound fractures"), "SP-06"),
    )


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    asked = reasons(level, a, situation)
    present = tuple(c for c in asked if c.claim.met)
    label = "a reason for a specialist's review"
    criteria = Criteria(
        include=(
            Criterion(label, any_of(*(c.claim for c in asked)), cite("DES", "decision table, D7 and D8"), "VA-14"),
        )
    )
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        table=present or on_record(asked),
        notes=(*(c.rule.lower() for c in present), *lung_notes(a)),
        values={"level": level.label, "reason": first_and_count(present)},
        proposals=_proposals(present, level),
        silences=_silences(level, a),
    )


def _proposals(present: tuple[Criterion, ...], level: LevelFacts) -> tuple[Proposal, ...]:
    """Decision 8: a consultation of spine surgery, of the bone clinic, or of both as separate suggestions."""
    regions, where = region_of(level.site), level.site.level
    surgical = any(c.rule not in BONE_CLINIC for c in present)
    surgery = (Proposal("spine-surgery-consult", regions, where, recommended=True),) if surgical else ()
    bones = any(c.rule in BONE_CLINIC for c in present)
    clinic = (Proposal("bone-health-referral", regions, where, recommended=not surgical),) if bones else ()
    return (*surgery, *clinic)


def _silences(level: LevelFacts, a: Assessment) -> tuple[Silence, ...]:
    """SL-02 and SL-05; neither keeps a drafted augmentation from being looked at. G-03 does not name this card."""
    if a.augmentation_drafts:
        return ()
    return (
        Silence("SL-02", referred(level, a)),
        Silence("SL-05", chronic_and_painless(level.site, a.course.pain_free)),
    )


RECOMMENDATION = Recommendation(
    id="specialist-review",
    statement="A case that neither augmentation nor conservative care answers is reviewed by a specialist.",
    sources=(
        cite("S4", "line 67"),
        cite("S3", "line 11"),
        cite("S1", "line 7"),
        cite("NGS-RTC", "chronic fractures refused"),
        cite("PAY", "RAD601.041"),
    ),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
