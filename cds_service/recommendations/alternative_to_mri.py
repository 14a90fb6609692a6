"""Where MRI is unsafe, SPECT/CT, or a bone scan with CT, shows which fracture is active; and likewise where a CT is
drafted for an augmentation, for CT alone shows neither edema nor uptake.

IM-03 and IM-08 of `clinical.md` D5, OC-01, OC-12 and OC-13 of section E, C-20. An implant of unknown labelling does not
lead here: MRI may still be possible.
"""

from __future__ import annotations

from cds_service.criteria import imaging, imaging_orders
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.criteria.sites import chronic_and_painless
from cds_service.facts.fact import Claim, all_of, any_of, met, not_met
from cds_service.facts.model import Draft, SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations import mri_with_contrast
from cds_service.recommendations.already import recently_augmented
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.mri_without_contrast import (
    IMAGING_NEEDS,
    plain_film_suffices,
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
    return imaging_orders.drafted(imaging_orders.drafts(a, "imaging", "MR"))


def _wanted_at(level: LevelFacts, a: Assessment) -> Claim:
    """IM-01's need, or IM-02's, leaving out whether an MRI can be done."""
    plain = all_of(level.fractured, level.new, level.symptomatic, ~level.mri_since_onset)
    return any_of(plain, mri_with_contrast.wanted(level, a), mri_drafted(a))


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level; of the patient when no level is fractured."""
    at_levels = tuple(_at_level(level, a, situation) for level in levels_to_judge(a))
    return at_levels if a.any_fracture.met else (*at_levels, _by_suspicion(a, situation))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    """IM-03's judgement; with a CT for an augmentation OC-13's, where IM-03 has nothing to say."""
    unsafe = _where_unsafe(level, a, situation)
    says_it = unsafe.outcome is Outcome.APPLIES and unsafe.silenced_by is None
    return unsafe if says_it or not ct_for_augmentation(a) else _instead_of_ct(level, a)


def _where_unsafe(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    return judgement(
        criteria(_wanted_at(level, a), a),
        level=level.site.level,
        label=level.label,
        values=_values(level.label, imaging.region_of(level.site), "MRI is recorded as unsafe here"),
        notes=notes(a),
        proposals=_proposals(imaging.region_of(level.site), level),
        silences=(
            *silences(a, situation),
            Silence("SL-01", level.uptake_ordered),
            Silence("IM-07", level.settled_by_uptake),
            Silence("SL-02", recently_augmented(level, a)),
            Silence("SL-05", chronic_and_painless(level.site, a.course.pain_free)),
        ),
    )


def _by_suspicion(a: Assessment, situation: Situation) -> Judgement:
    strong = suspicion_criteria(a).include[0].claim
    regions = _drafted_regions(a)
    return judgement(
        criteria(any_of(strong, mri_with_contrast.wanted_by_suspicion(a), mri_drafted(a)), a),
        label="spine",
        values=_values("spine", regions, "MRI is recorded as unsafe here"),
        notes=notes(a),
        proposals=_proposals(regions, None),
        silences=(*silences(a, situation), Silence("SL-01", _uptake_ordered(a))),
    )


# --- a CT for an augmentation (OC-13) ---------------------------------------------------------------------------------


def ct_for_augmentation(a: Assessment) -> tuple[Draft, ...]:
    """OC-13: a CT whose reason or note names augmentation, or a CT beside another draft that is one or names it."""
    by_others = any(d.for_augmentation or d.kind == "augmentation" for d in a.facts.drafts)
    return tuple(d for d in imaging_orders.drafts(a, "imaging", "CT") if d.for_augmentation or by_others)


def _instead_of_ct(level: LevelFacts, a: Assessment) -> Judgement:
    found = Criteria(
        include=(
            Criterion(
                "a CT is being ordered for an augmentation",
                imaging_orders.drafted(ct_for_augmentation(a)),
                cite("LCD-N", "coverage criterion (a)"),
                "OC-13",
            ),
            Criterion(
                "fracture confirmed, coded or suspected",
                any_of(level.fractured, level.suspected),
                cite("DES", "SL-04"),
                "SL-04",
            ),
        )
    )
    regions = imaging.region_of(level.site)
    return judgement(
        found,
        level=level.site.level,
        label=level.label,
        values=_values(level.label, regions, "CT alone shows no edema or uptake"),
        notes=("mri-first", *notes(a)),
        proposals=_proposals(regions, level)[:1],  # the CT of the other one is drafted already
        silences=(
            Silence("IM-08", imaging_orders.pregnancy_with_radiation(a)),
            Silence(
                "SL-01", level.uptake_ordered if a.mri_unsafe.met else any_of(level.uptake_ordered, level.mri_ordered)
            ),
            Silence("IM-07", any_of(level.settled_by_uptake, level.mri_since_onset)),
        ),
    )


# --- what both have ---------------------------------------------------------------------------------------------------


def silences(a: Assessment, situation: Situation) -> tuple[Silence, ...]:
    """OC-12 on a radiograph, IM-08, and OC-13's "only": a CT that is signed for something else is left alone."""
    return (
        Silence("OC-12", plain_film_suffices(a, situation)),
        Silence("OC-13", _only_ct(a, situation)),
        Silence("IM-08", imaging_orders.pregnancy_with_radiation(a)),
    )


def _only_ct(a: Assessment, situation: Situation) -> Claim:
    ours = tuple(d for d in a.facts.drafts if d.kind != "other")
    alone = situation.hook == "order-sign" and bool(ours) and all(d.modality == "CT" for d in ours)
    return met(*(d.evidence for d in ours)) if alone and not ct_for_augmentation(a) else not_met()


def notes(a: Assessment) -> tuple[str, ...]:
    """C-06 and SP-04 as lines."""
    return (
        *(("mri-unsafe",) if a.mri_unsafe.met else ()),
        *(("pregnancy",) if imaging_orders.pregnancy(a).met else ()),
    )


def _values(label: str, regions: frozenset[SpineRegion], because: str) -> dict[str, str]:
    return {"level": label, "region": region_words(regions), "because": because}


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
