"""Signs of spinal infection: fever or bacteraemia with spine pain, or a report of discitis, osteomyelitis or a
collection.

RF-04 of `clinical.md` D4.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging_orders import alarm_notes
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.neurological_emergency import suppressed
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation, judgement

BOTH: frozenset[SpineRegion] = frozenset({"thoracic", "lumbar"})


def criteria(a: Assessment) -> Criteria:
    """RF-04."""
    label = "spine pain with fever, bacteraemia or raised markers at risk; or infection on a report or coded"
    return Criteria(include=(Criterion(label, a.flags.infection, cite("ACR-L", "variant 7"), "RF-04"),))


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient; critical with a collection, a deficit or sepsis."""
    found = criteria(a)
    signs = a.flags.infection.evidence
    return (
        judgement(
            found,
            indicator="critical" if a.flags.infection_critical.met else "warning",
            values={
                "finding": signs[0].value if signs else "not documented",
                "date": (signs[0].date if signs else None) or "undated",
            },
            notes=(*(("mri-unsafe",) if a.mri_unsafe.met else ()), *alarm_notes(a)),
            proposals=() if a.mri_unsafe.met else (Proposal("mri-with-contrast", BOTH, None, recommended=True),),
            silences=(suppressed(situation),),
        ),
    )


RECOMMENDATION = Recommendation(
    id="spinal-infection",
    statement="Spine pain with fever, bacteraemia or a reported infection: MRI with contrast before augmentation.",
    sources=(cite("LCD-N", "exclusions"), cite("ACR-L", "variant 7")),
    needs=frozenset(
        {"patient", "conditions", "reports", "observations", "devices", "procedures", "medications", "questionnaire"}
    ),
    judge=judge,
)
