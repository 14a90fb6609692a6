"""A drafted study, augmentation or referral that is there already.

OC-02, OC-11, OC-31 and OC-60 of `clinical.md` section E; SL-01, SL-02. Offers to remove the clinician's own draft and
nothing else (decision 8).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cds_service.criteria import imaging_orders
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.criteria.imaging_orders import Repeat
from cds_service.facts.fact import Claim, Evidence, not_met
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation, judgement

LABELS: Final = {
    "OC-02": "MRI of this region is recent or ordered already",
    "OC-11": "the fracture in this region was imaged lately",
    "OC-31": "augmentation of this level is ordered or drafted already",
    "OC-60": "a spine or interventional radiology referral is open or recent",
}
NOTES: Final = {"OC-02": "mri", "OC-11": "film", "OC-31": "augmentation", "OC-60": "referral"}
DRAFT: Final = " (draft)"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a draft; each that holds offers to remove every draft that is there already."""
    planned = levels_to_judge(a) if a.augmentation_drafts else ()
    found = imaging_orders.repeats(a, planned)
    judged = tuple(_of_draft(each) for each in found)
    removals = tuple(
        Proposal("remove-duplicate", each.draft.regions, None, draft=each.draft.evidence)
        for each, said in zip(found, judged, strict=True)
        if said.outcome is Outcome.APPLIES
    )
    if not judged:
        return (_nothing(),)
    return tuple(replace(each, proposals=removals) if each.outcome is Outcome.APPLIES else each for each in judged)


def _of_draft(found: Repeat) -> Judgement:
    there = next(iter(found.holds.evidence), None) if found.holds.met else None
    return judgement(
        Criteria(
            include=(_clause(found.rule, found.holds),),
            exclude=tuple(
                Criterion(label, claim, cite("DES", found.rule), found.rule) for label, claim in found.unless.items()
            ),
        ),
        label=found.draft.evidence.value.removesuffix(DRAFT),
        notes=(NOTES[found.rule],),
        values={"order": found.draft.evidence.value.removesuffix(DRAFT), "there": _told(there)},
    )


def _clause(rule: str, holds: Claim) -> Criterion:
    return Criterion(LABELS[rule], holds, cite("DES", rule), rule)


def _told(there: Evidence | None) -> str:
    """The day first: what is too long for a summary is cut at its end."""
    if there is None:
        return "not documented"
    return f"{there.date}, {there.value}" if there.date else there.value


def _nothing() -> Judgement:
    """Nothing is drafted: an answer all the same, so that the evidence page lists the clauses."""
    clauses = tuple(_clause(rule, not_met()) for rule in LABELS)
    criteria = Criteria(include=clauses)
    return Judgement(criteria=criteria, outcome=criteria.outcome, table=clauses)


RECOMMENDATION = Recommendation(
    id="duplicate-order",
    statement="A draft that repeats a recent study, or an order or referral that is open, is looked at again.",
    sources=(cite("DES", "OC-02, OC-11, OC-31, OC-60"), cite("S3", "line 11")),
    needs=frozenset("conditions reports imaging observations orders questionnaire".split()),
    judge=judge,
)
