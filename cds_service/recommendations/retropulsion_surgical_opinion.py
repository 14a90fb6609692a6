"""Retropulsion or a narrowed canal: a spine surgeon's opinion before any augmentation.

RF-05 of `clinical.md` D4, CX-05 and C-03, OC-42. With a neurological deficit the neurological emergency speaks for it.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging import region_of
from cds_service.criteria.incidental import alarming_fracture, alarming_levels, suspected_or_fractured
from cds_service.facts.fact import all_of, any_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import surgical_notes
from cds_service.recommendations.neurological_emergency import suppressed
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Situation,
    judgement,
)

STRUCTURE_NEEDS = frozenset(
    "patient conditions reports imaging observations devices procedures orders questionnaire".split()
)
"""The prefetch keys that the criteria of a fracture's structure read."""


def criteria(level: LevelFacts, a: Assessment) -> Criteria:
    """RF-05 at one level; severe stenosis or cord signal counts however old the fracture and whatever the pain."""
    severe = all_of(level.against.severe_canal, suspected_or_fractured(level))
    counts = any_of(alarming_fracture(level, a), severe)
    return Criteria(
        include=(
            Criterion("fracture confirmed, coded or suspected", counts, cite("LCD-N", "exclusions"), "FX-01"),
            Criterion("retropulsion or canal compromise", level.against.canal, cite("LCD-N", "exclusions"), "RF-05"),
        )
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level, on every hook (D4)."""
    return tuple(_at_level(level, a, situation) for level in alarming_levels(a))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    severe = level.against.severe_canal
    seen = severe.evidence if severe.met else level.against.canal.evidence
    return judgement(
        criteria(level, a),
        level=level.site.level,
        label=level.label,
        indicator="critical" if severe.met else "warning",
        notes=notes(level, a),
        values={"level": level.label, "finding": seen[0].value if seen else "not described"},
        proposals=(Proposal("spine-surgery-consult", region_of(level.site), level.site.level, recommended=True),),
        silences=(suppressed(situation),),
    )


def notes(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    """Lines for what else the report says, what is being ordered, and an examination that is missing."""
    return (
        *(("severe",) if level.against.severe_canal.met else ()),
        *(("wall",) if level.against.posterior_wall.met else ()),
        *surgical_notes(a),
    )


RECOMMENDATION = Recommendation(
    id="retropulsion-surgical-opinion",
    statement="Retropulsion or a narrowed canal is seen by a spine surgeon before any augmentation.",
    sources=(cite("LCD-N", "exclusions"), cite("S1", "line 7"), cite("PWD", "98 patients")),
    needs=STRUCTURE_NEEDS,
    judge=judge,
)
