"""MRI without and with contrast: a fracture with malignancy, signs of a pathologic fracture, or infection.

IM-02, IM-05 (its last sentence), IM-11 and IM-12 of `clinical.md` D5; OC-03 and OC-06 of section E.
"""

from __future__ import annotations

from cds_service.criteria import imaging, imaging_orders
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging_orders import WHOLE_SPINE
from cds_service.facts.fact import Claim, all_of, any_of
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations import mri_without_contrast
from cds_service.recommendations.already import recently_augmented
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.mri_without_contrast import IMAGING_NEEDS, needs_contrast, region_words
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)

CANCER = "malignancy on record"


def reasons(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    """IM-02 at one level, and IM-11."""
    chance = imaging_orders.chance_finding_with_cancer(level, a)
    found_by_chance = Criterion(
        "painless fracture, malignancy on record", chance, cite("ACR-V", "variant: malignancy"), "IM-11"
    )
    return (*needs_contrast(level, a), found_by_chance)


def wanted(level: LevelFacts, a: Assessment) -> Claim:
    """IM-02, IM-11: the fracture and a reason, and no MRI with contrast since onset."""
    return all_of(
        level.fractured,
        any_of(*(c.claim for c in reasons(level, a))),
        ~imaging_orders.contrast_mri_done(level, a, regions_at(level, a)),
    )


def wanted_by_suspicion(a: Assessment) -> Claim:
    """The same where no level is fractured for certain."""
    return all_of(*(c.claim for c in _suspicion_clauses(a)))


def regions_at(level: LevelFacts, a: Assessment) -> frozenset[SpineRegion]:
    """IM-02: the whole spine for suspected cord compression and myeloma, else where the fracture is."""
    return WHOLE_SPINE if imaging_orders.whole_spine_needed(a).met else imaging.region_of(level.site)


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level, and one of the patient when no level is fractured for certain."""
    at_levels = tuple(_at_level(level, a, situation) for level in levels_to_judge(a))
    return at_levels if a.any_fracture.met else (*at_levels, _by_suspicion(a, situation))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    regions = regions_at(level, a)
    asked = reasons(level, a)
    done = imaging_orders.contrast_mri_done(level, a, regions)
    criteria = Criteria(
        include=(
            Criterion("fracture confirmed on a report or coded", level.fractured, cite("ACR-V", "variant 1"), "IM-02"),
            Criterion(
                "a reason for contrast",
                any_of(*(c.claim for c in asked)),
                cite("ACR-V", "variant: malignancy"),
                "IM-02",
            ),
            Criterion("no MRI with contrast since onset", ~done, cite("DES", "SL-01"), "SL-01"),
        ),
        exclude=(_unsafe(a),),
    )
    ordered = imaging_orders.contrast_mri_ordered(a, regions, level)
    return judgement(
        criteria,
        level=level.site.level,
        label=level.label,
        values=_values(level.label, regions, asked),
        notes=notes(a, regions, asked),
        proposals=(_proposal(a, regions, None if regions == WHOLE_SPINE else level),),
        silences=(
            Silence("OC-12", mri_without_contrast.plain_film_suffices(a, situation)),
            Silence("SL-01", ordered),
            Silence("SL-02", recently_augmented(level, a)),
        ),
    )


def _by_suspicion(a: Assessment, situation: Situation) -> Judgement:
    regions = _suspected_regions(a)
    clauses = _suspicion_clauses(a)
    return judgement(
        Criteria(include=clauses, exclude=(_unsafe(a),)),
        label="suspected fracture",
        values=_values("suspected fracture", regions, _suspicion_reasons(a)),
        notes=notes(a, regions, _suspicion_reasons(a)),
        proposals=(_proposal(a, regions, None),),
        silences=(
            Silence("OC-12", mri_without_contrast.plain_film_suffices(a, situation)),
            Silence("SL-01", imaging_orders.contrast_mri_ordered(a, regions)),
        ),
    )


def _suspicion_clauses(a: Assessment) -> tuple[Criterion, ...]:
    """IM-05 with IM-02's reason; RF-03 and RF-04 need no more than themselves."""
    strong = mri_without_contrast.suspicion_criteria(a).include[0].claim
    alarm = any_of(a.flags.cancer_with_deficit, a.flags.infection)
    return (
        Criterion(
            "suspicion of a fracture, or an alarm sign",
            any_of(a.suspicion.suspected, strong, alarm),
            cite("RAND", "ten signs"),
            "IM-05",
        ),
        Criterion(
            "a reason for contrast",
            any_of(*(c.claim for c in _suspicion_reasons(a))),
            cite("ACR-V", "variant: malignancy"),
            "IM-02",
        ),
        Criterion(
            "no MRI with contrast of this episode",
            ~imaging_orders.contrast_mri_recent(a, _suspected_regions(a)),
            cite("DES", "SL-01"),
            "SL-01",
        ),
    )


def _suspicion_reasons(a: Assessment) -> tuple[Criterion, ...]:
    return (
        Criterion(CANCER, a.malignancy, cite("ACR-V", "variant: malignancy"), "IM-02"),
        Criterion("infection", a.flags.infection, cite("ACR-L", "variant 7"), "IM-02"),
        mri_without_contrast.possible_infection(a),
    )


def _suspected_regions(a: Assessment) -> frozenset[SpineRegion]:
    if imaging_orders.whole_spine_needed(a).met:
        return WHOLE_SPINE
    return mri_without_contrast.suspected_regions(a)


def _unsafe(a: Assessment) -> Criterion:
    return Criterion("implant recorded as MR unsafe", a.mri_unsafe, cite("NCD-MR", "conditions"), "IM-03")


def _values(label: str, regions: frozenset[SpineRegion], asked: tuple[Criterion, ...]) -> dict[str, str]:
    grounds = next((c.label for c in asked if c.claim.met), "none")
    where = "whole spine" if regions == WHOLE_SPINE else f"{region_words(regions)} spine"
    return {"level": label, "where": where, "grounds": grounds}


def notes(a: Assessment, regions: frozenset[SpineRegion], asked: tuple[Criterion, ...]) -> tuple[str, ...]:
    """The reasons that hold, what the draft leaves out (OC-03, OC-06), and what contrast has to reckon with (IM-12)."""
    mri = imaging_orders.drafts(a, "imaging", "MR")
    without = any(d.contrast not in imaging_orders.GIVEN for d in mri)
    too_small = any(d.regions and not d.regions >= regions for d in mri)
    return (
        *(("draft-without-contrast",) if without else ()),
        *(("whole-spine",) if regions == WHOLE_SPINE else ()),
        *(("draft-too-small",) if regions == WHOLE_SPINE and too_small else ()),
        *(("chance-finding",) if any(c.rule == "IM-11" and c.claim.met for c in asked) else ()),
        *cautions(a),
        *mri_without_contrast.implant_notes(a),
    )


def cautions(a: Assessment) -> tuple[str, ...]:
    """IM-12 as lines."""
    return (
        *(("low-egfr",) if imaging_orders.low_egfr(a).met else ()),
        *(("gadolinium-reaction",) if imaging_orders.gadolinium_reaction(a).met else ()),
        *(("pregnancy",) if imaging_orders.pregnancy(a).met else ()),
    )


def _proposal(a: Assessment, regions: frozenset[SpineRegion], level: LevelFacts | None) -> Proposal:
    where = level.site.level if level is not None else None
    return Proposal("mri-with-contrast", regions, where, recommended=not cautions(a))


RECOMMENDATION = Recommendation(
    id="mri-with-contrast",
    statement="A fracture with malignancy, signs of a pathologic fracture or infection is shown by MRI with contrast.",
    sources=(cite("ACR-V", "variant: malignancy"), cite("ACR-L", "variant 7"), cite("NG234", "timing")),
    needs=IMAGING_NEEDS | {"allergies", "medications"},
    judge=judge,
)
