"""An augmentation is drafted, and something that speaks against it is present.

CX-01 to CX-14 of `clinical.md` D8, OC-25 and OC-28. Coagulopathy and antithrombotics speak elsewhere (decision 9).
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import claim
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import augmentation_drafted, levels_to_judge
from cds_service.recommendations.recommendation import Indicator, Judgement, Recommendation, Situation

CRITICAL = frozenset(
    {
        "infection of the spine, the site or the body",
        "pregnancy",
        "severe allergy to bone cement or opacifier",
        "neurological deficit",
    }
)
"""D14: critical for CX-02, CX-03, anaphylaxis and CX-10."""


def clauses(level: LevelFacts) -> tuple[Criterion, ...]:
    """Everything that raises this card when present, in the order of D8."""
    against = level.against
    lcd = "exclusions"
    return (
        Criterion("pain not primarily from this fracture", against.pain_elsewhere, cite("LCD-N", lcd), "CX-01"),
        Criterion("infection of the spine, the site or the body", against.infection, cite("LCD-N", lcd), "CX-02"),
        Criterion("pregnancy", against.pregnancy, cite("LCD-N", lcd), "CX-03"),
        Criterion("more than 3 levels in one procedure", against.too_many_levels, cite("LCD-N", lcd), "CX-04"),
        Criterion("posterior wall defect", against.posterior_wall, cite("S1", "line 7"), "CX-05"),
        Criterion("retropulsion or canal compromise", against.canal, cite("LCD-N", lcd), "CX-05"),
        Criterion(
            "severe allergy to bone cement or opacifier", against.severe_cement_allergy, cite("LCD-N", lcd), "CX-06"
        ),
        Criterion("allergy to bone cement or opacifier", against.cement_allergy, cite("LCD-N", lcd), "CX-06"),
        Criterion("spinal instability", against.unstable, cite("LCD-N", lcd), "CX-09"),
        Criterion("neurological deficit", against.deficit, cite("LCD-N", lcd), "CX-10"),
        Criterion("high-energy or burst fracture", against.high_energy, cite("OF", "OF 3 to 5"), "CX-14"),
    )


def pregnancy_test(level: LevelFacts) -> Criterion:
    """CX-03's exception: capacity given and nothing fresh that excludes a pregnancy (decision 2)."""
    return Criterion("pregnancy test needed", level.against.pregnancy_possible, cite("LCD-N", "exclusions"), "CX-03")


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement for each level the draft is judged at."""
    return tuple(_at_level(level, a) for level in levels_to_judge(a))


def _at_level(level: LevelFacts, a: Assessment) -> Judgement:
    all_clauses = (*clauses(level), pregnancy_test(level))
    present = tuple(c for c in all_clauses if c.claim.met and not _said_already(c, level))
    criteria = Criteria(
        include=(
            Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", "OC-25"), "OC-25"),
            Criterion(
                "a contraindication is present",
                claim(bool(present), (e for c in present for e in c.claim.evidence)),
                cite("LCD-N", "exclusions"),
                "D8",
            ),
        )
    )
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        indicator=indicator(present),
        table=(*present, *(c for c in all_clauses if c.claim.unknown and c.label != "pregnancy test needed")),
        values={"level": level.label, "reason": present[0].label if present else "none"},
    )


def _said_already(criterion: Criterion, level: LevelFacts) -> bool:
    """A severe cement allergy is not also listed as a plain one."""
    return criterion.label == "allergy to bone cement or opacifier" and level.against.severe_cement_allergy.met


def indicator(present: tuple[Criterion, ...]) -> Indicator:
    """Critical when an absolute contraindication is present, else warning."""
    return "critical" if any(c.label in CRITICAL for c in present) else "warning"


RECOMMENDATION = Recommendation(
    id="augmentation-contraindicated",
    statement="An augmentation order is looked at again where a contraindication named by the sources is present.",
    sources=(cite("LCD-N", "exclusions"), cite("S1", "line 7"), cite("S0", "lines 12 and 16")),
    needs=frozenset(
        {
            "patient",
            "conditions",
            "reports",
            "observations",
            "medications",
            "procedures",
            "orders",
            "allergies",
            "questionnaire",
        }
    ),
    judge=judge,
)
