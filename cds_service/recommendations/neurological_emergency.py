"""A neurological alarm sign with a fracture or back pain: the cauda equina, the cord or a root may be compressed.

RF-01, RF-02, RF-03 and RF-05 of `clinical.md` D4. Information a clinician checks, never an instruction to third parties
(decision 4).
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging_orders import alarm_notes
from cds_service.facts.fact import claim
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)


def criteria(a: Assessment) -> Criteria:
    """RF-01 and RF-02."""
    return Criteria(
        include=(
            Criterion("vertebral fracture or back pain", a.flags.spine_pain, cite("ACR-L", "variant 4"), "RF-01"),
            Criterion(
                "sign of the cauda equina, the cord or a root",
                a.flags.neurological_sign,
                cite("LCD-N", "exclusions"),
                "RF-02",
            ),
        )
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient."""
    found = criteria(a)
    sign = a.flags.neurological_sign.evidence
    return (
        judgement(
            found,
            indicator="critical",
            values={
                "finding": sign[0].value if sign else "not documented",
                "date": (sign[0].date if sign else None) or "undated",
            },
            notes=notes(a),
            proposals=(Proposal("spine-surgery-consult", frozenset({"thoracic", "lumbar"}), None, recommended=True),),
            silences=(suppressed(situation),),
        ),
    )


def notes(a: Assessment) -> tuple[str, ...]:
    """RF-03, RF-05, IM-03, OC-07 and OC-10 as lines."""
    return (
        *(("cancer",) if a.flags.cancer_with_deficit.met else ()),
        *(("canal",) if a.flags.canal_compromised.met else ()),
        *(("mri-unsafe",) if a.mri_unsafe.met else ()),
        *alarm_notes(a),
    )


def suppressed(situation: Situation) -> Silence:
    """Decision 4: a site may keep red-flag cards off the screen; the augmentation cards stay away all the same."""
    return Silence("red_flag_cards", claim(situation.choices.get("red_flag_cards") == "suppress-only"))


RECOMMENDATION = Recommendation(
    id="neurological-emergency",
    statement="A sign of the cauda equina, the cord or a root with a fracture or back pain is looked into urgently.",
    sources=(cite("ACR-L", "variant 4"), cite("LCD-N", "exclusions"), cite("NG234", "timing")),
    needs=frozenset({"patient", "conditions", "reports", "observations", "devices", "procedures", "questionnaire"}),
    judge=judge,
)
