"""Entries of the record disagree, and a criterion stays open until they are settled.

CF-01 to CF-07 of `clinical.md` D14, FX-09, OC-23, and the answers of the assessment form against coded data. One card:
each disagreement is a line with both values and where they stand.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.conflicts import LABELS, DataConflict, claims_by_rule, conflicts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, claim, met, not_met, unknown
from cds_service.knowledge.citations import cite
from cds_service.recommendations.augmentation_referral import CANDIDACY_NEEDS, first_and_count
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Recommendation, Silence, Situation


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the whole record."""
    found = conflicts(a, levels_to_judge(a), situation.choices)
    table = tuple(Criterion(LABELS[rule], c, cite("DES", rule), rule) for rule, c in claims_by_rule(found).items())
    disagree = Criterion("data on record disagree and leave a criterion open", some(found, a), cite("DES", "CF"), "CF")
    criteria = Criteria(include=(disagree,))
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            table=table,
            conflicts=found,
            values={"reason": first_and_count(tuple(c for c in table if c.claim.met))},
            silences=(Silence("SL-04", nothing_concerned(a)),),
        ),
    )


def some(found: tuple[DataConflict, ...], a: Assessment) -> Claim:
    """Whether anything disagrees; unknown while diagnoses or reports are not read whole."""
    if found:
        return met(*dict.fromkeys(side for each in found for side in each.evidence))
    gap = a.facts.fractures.diagnoses.gap or a.facts.imaging.studies.gap
    return not_met() if gap is None else unknown(gap)


def nothing_concerned(a: Assessment) -> Claim:
    """SL-04: no fracture confirmed, coded or suspected, and no augmentation drafted."""
    known = any(not level.fractured.not_met for level in a.levels)
    suspected = a.suspicion.suspected.met or a.suspicion.intermediate.met
    return claim(not (known or suspected or a.augmentation_drafts))


RECOMMENDATION = Recommendation(
    id="conflicting-data",
    statement="Entries of the record that disagree are named with both values, and neither is acted on.",
    sources=(cite("DES", "CF-01 to CF-07, FX-09, OC-23"),),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
