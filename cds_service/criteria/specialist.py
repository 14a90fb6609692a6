"""What a specialist should look at before anybody thinks of cement: the reasons of the review card (K-SPEC)."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.bone_health import denosumab_lapsed
from cds_service.criteria.candidacy import candidacy
from cds_service.criteria.criterion import Outcome
from cds_service.criteria.incidental import fracture_that_counts
from cds_service.facts.fact import Claim, all_of, any_of, at_least, claim, not_met


def not_healed(level: LevelFacts, a: Assessment) -> Claim:
    """VA-14, AC-07: over 12 weeks, edema, uptake or a cleft still there, and severe pain."""
    old = level.onset_days.claim(lambda days: days.above(a.limit.augmentation_window_days))
    return all_of(level.fractured, old, any_of(level.acuity.shown, level.cleft), a.course.severe_pain)


def before_surgery(level: LevelFacts, a: Assessment) -> Claim:
    """VA-15: spine surgery is planned, for which the bone may need support (S3-14)."""
    planned = a.facts.spine.planned_surgery.some(lambda s: s.says)
    return all_of(fracture_that_counts(level, a), planned)


def wall_alone(level: LevelFacts, a: Assessment) -> Claim:
    """CX-05 in chart review: the posterior wall is disrupted, without retropulsion or a narrowed canal (C-03)."""
    if a.augmentation_drafts or level.against.canal.met:
        return not_met(*level.against.canal.evidence)
    return all_of(fracture_that_counts(level, a), level.against.posterior_wall)


def severe_collapse(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Claim:
    """CX-12: vertebra plana, or less than a third of the height left; without a draft a line of the referral card where
    that one applies (decision 2).
    """
    if not a.augmentation_drafts and candidacy(level, a, choices).criteria.outcome is Outcome.APPLIES:
        return not_met()
    return all_of(fracture_that_counts(level, a), level.against.severe_collapse)


def lesion(level: LevelFacts, a: Assessment) -> Claim:
    """C-02, ET-08: a benign lesion, or a vascular one."""
    return all_of(fracture_that_counts(level, a), level.cause.benign_lesion)


def refracture(level: LevelFacts, a: Assessment) -> Claim:
    """FX-08 in chart review: a level that holds cement is acutely fractured again."""
    if a.augmentation_drafts:
        return not_met()
    return all_of(level.fractured, level.treated, level.acuity.shown)


def bone_clinic_first(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Claim:
    """Decision 11: under 50 or osteogenesis imperfecta, where a referral for augmentation would otherwise be due."""
    found = candidacy(level, a, choices).criteria
    otherwise = all_of(*(c.claim for c in found.include if c.rule != "VA-10"))
    blocked = tuple(e for c in found.present for e in c.claim.evidence)
    # Possible pregnancy acts on an augmentation draft alone (decision 2).
    tested = level.against.pregnancy_possible
    if found.present or (a.augmentation_drafts and tested.met):
        return not_met(*blocked, *tested.evidence)
    return all_of(level.cause.metabolic_first, otherwise)


def denosumab_stopped(a: Assessment) -> Claim:
    """SP-06: the last dose of denosumab is over 7 months and not years back, and several vertebrae are fractured."""
    lapsed = denosumab_lapsed(a.facts, a.limit)
    if not lapsed.met:
        return lapsed
    last = next(s.when for s in a.facts.bone_health.denosumab_doses.items if s.when is not None)
    lately = last.days_before(a.facts.as_of).at_most(a.limit.denosumab_rebound_days)
    several = at_least(a.limit.multiple_fractures, *(fracture_that_counts(level, a) for level in a.levels))
    return all_of(claim(lately, lapsed.evidence), several)
