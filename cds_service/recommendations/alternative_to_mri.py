"""Where MRI is unsafe: SPECT/CT, or a bone scan with CT, shows which fracture is active.

IM-03 of `clinical.md` D5 and OC-01 of section E. An implant of unknown labelling does not lead here: MRI may still be
possible.
"""

from __future__ import annotations

from cds_service.criteria import imaging
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.sites import chronic_and_painless
from cds_service.facts.fact import Claim, all_of, any_of, met, not_met
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import recently_augmented
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.mri_without_contrast import (
    IMAGING_NEEDS,
    needs_contrast,
    region_words,
    suspicion_criteria,
)
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)

BOTH: frozenset[SpineRegion] = frozenset({"thoracic", "lumbar"})


def criteria(wanted: Claim, a: Assessment) -> Criteria:
    """IM-03: an MRI is called for or drafted, and an implant makes it unsafe."""
    return Criteria(
        include=(
            Criterion(
                "an MRI of the spine is called for or being ordered", wanted, cite("ACR-V", "variant 1"), "IM-01"
            ),
            Criterion("implant recorded as MR unsafe", a.mri_unsafe, cite("S0", "line 12"), "IM-03"),
        )
    )


def mri_drafted(a: Assessment) -> Claim:
    """OC-01: an MRI of the spine among the selected drafts."""
    drafted = tuple(d.evidence for d in a.facts.drafts if d.kind == "imaging" and d.modality == "MR" and d.selected)
    return met(*drafted) if drafted else not_met()


def _wanted_at(level: LevelFacts, a: Assessment) -> Claim:
    """IM-01's need, or IM-02's, leaving out whether an MRI can be done."""
    shown = any_of(level.mri_since_onset)
    plain = all_of(level.fractured, level.new, level.symptomatic, ~shown)
    with_contrast = all_of(any_of(*(c.claim for c in needs_contrast(level, a))), ~shown, level.fractured)
    return any_of(plain, with_contrast, mri_drafted(a))


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level; of the patient when no level is fractured."""
    at_levels = tuple(_at_level(level, a) for level in levels_to_judge(a))
    return at_levels if a.any_fracture.met else (*at_levels, _by_suspicion(a))


def _at_level(level: LevelFacts, a: Assessment) -> Judgement:
    regions = imaging.region_of(level.site)
    return judgement(
        criteria(_wanted_at(level, a), a),
        level=level.site.level,
        label=level.label,
        values={"level": level.label, "region": region_words(regions)},
        proposals=_proposals(regions, level),
        silences=(
            Silence("SL-01", level.uptake_ordered),
            Silence("IM-07", level.settled_by_uptake),
            Silence("SL-02", recently_augmented(level, a)),
            Silence("SL-05", chronic_and_painless(level.site, a.course.pain_free)),
        ),
    )


def _by_suspicion(a: Assessment) -> Judgement:
    strong = suspicion_criteria(a).include[0].claim
    return judgement(
        criteria(any_of(strong, mri_drafted(a)), a),
        label="spine",
        values={"level": "spine", "region": region_words(_drafted_regions(a))},
        proposals=_proposals(_drafted_regions(a), None),
        silences=(Silence("SL-01", _uptake_ordered(a)),),
    )


def _drafted_regions(a: Assessment) -> frozenset[SpineRegion]:
    drafted = [d.regions for d in a.facts.drafts if d.kind == "imaging" and d.modality == "MR" and d.regions]
    return drafted[0] if drafted else BOTH


def _uptake_ordered(a: Assessment) -> Claim:
    drafted = tuple(d.evidence for d in a.facts.drafts if d.kind == "imaging" and d.modality == "NM")
    ordered = a.facts.imaging.orders.some(lambda o: o.kind == "imaging" and o.modality == "NM")
    return met(*drafted) if drafted else ordered


def _proposals(regions: frozenset[SpineRegion], level: LevelFacts | None) -> tuple[Proposal, ...]:
    where = level.site.level if level is not None else None
    return (Proposal("spect-ct", regions, where, recommended=True), Proposal("bone-scan-and-ct", regions, where))


RECOMMENDATION = Recommendation(
    id="alternative-to-mri",
    statement="Where MRI is unsafe, SPECT/CT, or a bone scan with CT, shows the level and whether it is active.",
    sources=(cite("S0", "line 12"), cite("LCD-N", "coverage criterion (a)"), cite("NCD-MR", "conditions")),
    needs=IMAGING_NEEDS,
    judge=judge,
)
