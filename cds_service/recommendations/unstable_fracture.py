"""An unstable fracture, or one from high energy: spine or trauma surgery decides, not a brace and not cement.

RF-06 of `clinical.md` D4, SP-05 and ET-05, C-19, OC-42 and OC-61.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.imaging import region_of
from cds_service.criteria.incidental import alarming_fracture, alarming_levels
from cds_service.facts.fact import Claim, all_of, any_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import drafted, surgical_notes
from cds_service.recommendations.neurological_emergency import suppressed
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation
from cds_service.recommendations.retropulsion_surgical_opinion import STRUCTURE_NEEDS


def new_trauma(level: LevelFacts) -> Claim:
    """RF-06: unstable, and from a trauma that is new."""
    return all_of(level.against.unstable, level.against.trauma, level.new)


def clauses(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    """RF-06, and the fractures of SP-05 while they are new."""
    return (
        Criterion(
            "fracture confirmed, coded or suspected",
            alarming_fracture(level, a),
            cite("DES", "FX-01"),
            "FX-01",
        ),
        Criterion("instability on a report", level.against.unstable, cite("OF", "OF 5"), "RF-06"),
        Criterion(
            "high energy, trauma code, or burst",
            level.alarming_cause.unstable_or_high_energy,
            cite("GK", "ET-05"),
            "SP-05",
        ),
    )


def holds(level: LevelFacts, a: Assessment) -> Claim:
    """Unstable (RF-06), or high-energy and new (SP-05, C-19)."""
    fracture, unstable, high_energy = clauses(level, a)
    return all_of(fracture.claim, any_of(unstable.claim, all_of(high_energy.claim, level.new)))


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level, on every hook (D4)."""
    return tuple(_at_level(level, a, situation) for level in alarming_levels(a))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    label = "unstable fracture, or a new one from high energy"
    criteria = Criteria(include=(Criterion(label, holds(level, a), cite("OF", "OF 3 to 5"), "RF-06"),))
    unstable, high_energy = level.against.unstable, level.alarming_cause.unstable_or_high_energy
    seen = unstable.evidence if unstable.met else high_energy.evidence
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        indicator="critical" if new_trauma(level).met else "warning",
        table=on_record(clauses(level, a)),
        notes=notes(level, a),
        values={"level": level.label, "finding": seen[0].value if seen else "not described"},
        proposals=(Proposal("spine-surgery-consult", region_of(level.site), level.site.level, recommended=True),),
        silences=(suppressed(situation),),
    )


def notes(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    """Lines for new trauma, for what is being ordered, and for an examination that is missing."""
    return (
        *(("new-trauma",) if new_trauma(level).met else ()),
        *(("physiotherapy",) if drafted("physiotherapy", a) else ()),
        *surgical_notes(a),
    )


RECOMMENDATION = Recommendation(
    id="unstable-fracture",
    statement="An unstable fracture, or a new one from high energy, is seen by spine or trauma surgery.",
    sources=(cite("OF", "OF 5"), cite("LCD-N", "exclusions"), cite("S3", "line 11"), cite("PAY", "BCBSMA 485")),
    needs=STRUCTURE_NEEDS | {"encounter"},
    judge=judge,
)
