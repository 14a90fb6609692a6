"""MRI without contrast: a new, symptomatic vertebral compression fracture that no MRI has shown since onset, or a
strong suspicion of one.

IM-00, IM-01, IM-05, IM-07, IM-08 and IM-09 of `clinical.md` D5; OC-12, OC-15 and OC-60 of section E.
"""

from __future__ import annotations

from cds_service.criteria import imaging
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging_orders import drafts, pregnancy_with_radiation
from cds_service.criteria.sites import chronic_and_painless
from cds_service.facts.fact import Claim, any_of, met, not_met
from cds_service.facts.model import SpineRegion, Study
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import recently_augmented
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)

IMAGING_NEEDS = frozenset(
    "patient conditions reports imaging observations devices procedures orders questionnaire".split()
)
"""The prefetch keys that the criteria of IM read."""


def criteria(level: LevelFacts, a: Assessment) -> Criteria:
    """IM-01 at one level."""
    return Criteria(
        include=(
            Criterion("fracture confirmed on a report or coded", level.fractured, cite("ACR-V", "variant 1"), "IM-01"),
            Criterion("new (12 weeks or less)", level.new, cite("ACR-V", "variant 1"), "IM-01"),
            Criterion("symptomatic", level.symptomatic, cite("ACR-V", "variant 1"), "IM-01"),
            Criterion("no MRI since onset", ~level.mri_since_onset, cite("S0", "line 12"), "IM-01"),
        ),
        exclude=(*_contrast_reasons(level, a), _unsafe(a)),
    )


def needs_contrast(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    """IM-02: the reasons for MRI without and with contrast instead."""
    return _contrast_reasons(level, a)


def _contrast_reasons(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    cause = level.alarming_cause
    return (
        Criterion("malignancy on record", cause.neoplastic, cite("ACR-V", "variant: malignancy"), "IM-02"),
        Criterion("signs of a pathologic fracture", cause.suspicious, cite("ACR-V", "variant: malignancy"), "IM-02"),
        Criterion("infection", any_of(cause.infectious, a.flags.infection), cite("ACR-L", "variant 7"), "IM-02"),
        possible_infection(a),
        Criterion("cancer with a neurological deficit", a.flags.cancer_with_deficit, cite("NG234", "timing"), "RF-03"),
    )


def possible_infection(a: Assessment) -> Criterion:
    """IM-01's "no infection suspicion": one that a report doubts."""
    return Criterion("possible infection on a report", a.flags.possible_infection, cite("ACR-L", "variant 7"), "IM-02")


def _unsafe(a: Assessment) -> Criterion:
    return Criterion("implant recorded as MR unsafe", a.mri_unsafe, cite("NCD-MR", "conditions"), "IM-03")


def suspicion_criteria(a: Assessment) -> Criteria:
    """IM-05 (strong suspicion) and IM-09 (older fractures, new pain), where no level is confirmed."""
    older = imaging.older_fracture_with_new_pain(tuple(level.site for level in a.levels), a.facts, a.limit, a.course)
    return Criteria(
        include=(
            Criterion(
                "strong suspicion of a fracture, or older fractures with new pain",
                any_of(a.suspicion.mri_directly, older),
                cite("RAND", "ten signs"),
                "IM-05",
            ),
            Criterion("no MRI of this episode", ~recent_mri(a), cite("S0", "line 12"), "IM-01"),
        ),
        exclude=(
            Criterion("malignancy on record", a.malignancy, cite("ACR-V", "variant: malignancy"), "IM-02"),
            Criterion("infection", a.flags.infection, cite("ACR-L", "variant 7"), "IM-02"),
            possible_infection(a),
            _unsafe(a),
        ),
    )


def recent_mri(a: Assessment) -> Claim:
    """An MRI of the spine within 30 days."""

    def counts(study: Study) -> bool:
        return study.modality == "MR" and study.when is not None and _within(study, a)

    return a.facts.imaging.studies.some(counts)


def _within(study: Study, a: Assessment) -> bool:
    return study.when is not None and study.when.days_before(a.facts.as_of).at_most(a.limit.imaging_order_days) is True


def silences(level: LevelFacts, a: Assessment, situation: Situation) -> tuple[Silence, ...]:
    """OC-12 on a radiograph that is being signed, IM-08, SL-01, IM-07, SL-02 (after augmentation) and SL-05."""
    return (
        Silence("OC-12", plain_film_suffices(a, situation)),
        Silence("IM-08", pregnancy_with_radiation(a)),
        Silence("SL-01", level.mri_ordered),
        Silence("IM-07", level.settled_by_uptake),
        Silence("SL-02", recently_augmented(level, a)),
        Silence("SL-05", chronic_and_painless(level.site, a.course.pain_free)),
    )


def plain_film_suffices(a: Assessment, situation: Situation) -> Claim:
    """OC-12: with nothing but a radiograph to sign, MRI is raised only for severe symptoms or 4 signs."""
    drafts = tuple(d for d in a.facts.drafts if d.kind != "other")
    if situation.hook != "order-sign" or not drafts or any(d.modality != "XR" for d in drafts):
        return not_met()
    strong = any_of(a.suspicion.severe, a.suspicion.intermediate)
    return not_met(*strong.evidence) if strong.met else met()


def notes(a: Assessment) -> tuple[str, ...]:
    """Lines for implants, for the uptake study that is drafted (OC-15), and for the referral that is (OC-60)."""
    return (
        *implant_notes(a),
        *(("uptake-drafted",) if drafts(a, "imaging", "NM") else ()),
        *(("referral-drafted",) if drafts(a, "spine-referral") else ()),
    )


def implant_notes(a: Assessment) -> tuple[str, ...]:
    """Lines for implants whose MR labelling needs a look (IM-03, IM-04)."""
    if imaging.mri_status_unknown(a.facts).met:
        return ("implant-unverified",)
    return ("implant-conditional",) if imaging.mri_conditional(a.facts).met else ()


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level, and one of the patient when no level is fractured for certain."""
    at_levels = tuple(_at_level(level, a, situation) for level in levels_to_judge(a))
    if a.any_fracture.met and not _only_old(a):
        return at_levels
    return (*at_levels, _by_suspicion(a))


def _only_old(a: Assessment) -> bool:
    return all(imaging.older_fracture(level.site, a.facts, a.limit).met for level in a.levels if level.fractured.met)


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    regions = imaging.region_of(level.site)
    return judgement(
        criteria(level, a),
        level=level.site.level,
        label=level.label,
        values={"level": level.label, "region": region_words(regions)},
        notes=notes(a) + (("pain-not-documented",) if a.course.pain_free.unknown else ()),
        proposals=(Proposal("mri", regions, level.site.level, recommended=True),),
        silences=silences(level, a, situation),
    )


def _by_suspicion(a: Assessment) -> Judgement:
    regions = suspected_regions(a)
    ordered = any_of(*(level.mri_ordered for level in a.levels)) if a.levels else spine_mri_ordered(a)
    return judgement(
        suspicion_criteria(a),
        label="suspected fracture",
        values={"level": "suspected fracture", "region": region_words(regions)},
        notes=notes(a),
        proposals=(Proposal("mri", regions, None, recommended=True),),
        silences=(Silence("IM-08", pregnancy_with_radiation(a)), Silence("SL-01", ordered)),
    )


def suspected_regions(a: Assessment) -> frozenset[SpineRegion]:
    """The regions of the levels a report hedges about; both where none is named."""
    hedged = [imaging.region_of(level.site) for level in a.levels if level.suspected.met]
    return frozenset[SpineRegion]().union(*hedged) or frozenset({"thoracic", "lumbar"})


def spine_mri_ordered(a: Assessment) -> Claim:
    """SL-01 where no level is named: any MRI of the thoracic or lumbar spine ordered or drafted."""
    drafted = tuple(d.evidence for d in a.facts.drafts if d.kind == "imaging" and d.modality == "MR")
    ordered = a.facts.imaging.orders.some(lambda o: o.kind == "imaging" and o.modality == "MR")
    return met(*drafted) if drafted else ordered


def region_words(regions: frozenset[SpineRegion]) -> str:
    """ "thoracic", "lumbar" or "thoracic and lumbar"."""
    return " and ".join(region for region in ("cervical", "thoracic", "lumbar", "sacral") if region in regions)


RECOMMENDATION = Recommendation(
    id="mri-without-contrast",
    statement="A new, symptomatic fracture is shown by MRI without contrast before treatment is chosen.",
    sources=(cite("ACR-V", "variant 1"), cite("S0", "line 12"), cite("RAND", "clinical care pathway")),
    needs=IMAGING_NEEDS,
    judge=judge,
)
