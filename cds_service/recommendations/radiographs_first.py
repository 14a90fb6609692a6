"""Radiographs first: a suspected fracture without severe symptoms that no film has shown.

IM-00 and IM-05 of `clinical.md` D5.
"""

from __future__ import annotations

from cds_service.criteria import imaging, imaging_orders
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, any_of, met
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.mri_without_contrast import (
    IMAGING_NEEDS,
    recent_mri,
    region_words,
    suspected_regions,
)
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)


def criteria(a: Assessment) -> Criteria:
    """IM-05. Severe symptoms, four signs, older fractures (IM-09), malignancy and alarm signs lead to MRI instead."""
    variant = cite("ACR-L", "variant 6")
    alarm = any_of(a.flags.infection, a.flags.deficit)
    older = imaging.older_fracture_with_new_pain(tuple(level.site for level in a.levels), a.facts, a.limit, a.course)
    return Criteria(
        include=(
            Criterion("suspected fracture, or new back pain at risk", a.suspicion.suspected, variant, "IM-05"),
            Criterion("no radiograph of this episode", ~a.suspicion.radiograph_done, variant, "IM-05"),
            Criterion("no MRI of this episode", ~recent_mri(a), cite("S0", "line 12"), "IM-01"),
        ),
        exclude=(
            Criterion(
                "four signs, or severe symptoms",
                any_of(a.suspicion.intermediate, a.suspicion.severe),
                cite("RAND", "ten signs"),
                "IM-05",
            ),
            Criterion("older fractures and new pain", older, cite("ACR-V", "variant: older fractures"), "IM-09"),
            Criterion("malignancy on record", a.malignancy, cite("ACR-V", "variant: malignancy"), "IM-02"),
            Criterion("infection or a neurological sign", alarm, cite("ACR-L", "variants 4 and 7"), "IM-02"),
        ),
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient: where a fracture is confirmed or coded, nothing is merely suspected."""
    regions = suspected_regions(a)
    return (
        judgement(
            criteria(a),
            label="suspected fracture",
            values={"region": region_words(regions)},
            notes=("pregnancy",) if imaging_orders.pregnancy(a).met else (),
            proposals=(Proposal("radiographs", regions, None, recommended=True),),
            silences=(
                Silence("IM-08", imaging_orders.pregnancy_with_radiation(a)),
                Silence("SL-01", _films_ordered(a, regions)),
                Silence("IM-07", _mri_on_its_way(a)),
            ),
        ),
    )


def _films_ordered(a: Assessment, regions: frozenset[SpineRegion]) -> Claim:
    """SL-01: films of a suspected region are ordered, booked or drafted."""
    drafted = tuple(
        d.evidence
        for d in a.facts.drafts
        if d.kind == "imaging" and d.modality == "XR" and (not d.regions or d.regions & regions)
    )
    if drafted:
        return met(*drafted)
    return a.facts.imaging.orders.some(
        lambda o: o.kind == "imaging" and o.modality == "XR" and (not o.regions or bool(o.regions & regions))
    )


def _mri_on_its_way(a: Assessment) -> Claim:
    """IM-07: the better study is ordered already."""
    return a.facts.imaging.orders.some(lambda o: o.kind == "imaging" and o.modality == "MR")


RECOMMENDATION = Recommendation(
    id="radiographs-first",
    statement="Suspected fracture without severe symptoms: radiographs are an acceptable first study.",
    sources=(cite("ACR-L", "variant 6"), cite("RAND", "ten signs")),
    needs=IMAGING_NEEDS | {"medications"},
    judge=judge,
)
