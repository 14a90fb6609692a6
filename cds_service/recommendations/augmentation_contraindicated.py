"""An augmentation is drafted, and something that speaks against it is present.

CX-01 to CX-14 of `clinical.md` D8, OC-25 and OC-28. Coagulopathy and antithrombotics speak elsewhere (decision 9).
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import PLAIN_ALLERGY, SEVERE_ALLERGY, blocking, remarks
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import any_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.augmentation_referral import CANDIDACY_NEEDS, first_and_count
from cds_service.recommendations.drafted import augmentation_drafted, levels_to_judge
from cds_service.recommendations.recommendation import Indicator, Judgement, Recommendation, Situation

TEST_NEEDED = "pregnancy test needed"
CRITICAL = frozenset({"CX-02", "CX-03", "CX-10"})
"""D14: critical for infection, pregnancy and a deficit; for CX-06 only the severe allergy is."""
OF_A_DRAFT = frozenset({"CX-04", "CX-05", "CX-06"})
"""The clauses that never block a referral and still raise this card on a draft (decision 2; CX-05 where a site reads
C-03 as ``review``).
"""


def clauses(level: LevelFacts, choices: Mapping[str, str]) -> tuple[Criterion, ...]:
    """Everything that raises this card when present, in the order of D8."""
    plain = tuple(c for c in remarks(level, choices) if c.rule in OF_A_DRAFT)
    return tuple(sorted((*blocking(level, choices), *plain), key=lambda c: c.rule))


def pregnancy_test(level: LevelFacts) -> Criterion:
    """CX-03's exception: capacity given and nothing fresh that excludes a pregnancy (decision 2)."""
    return Criterion(TEST_NEEDED, level.against.pregnancy_possible, cite("LCD-N", "exclusions"), "CX-03")


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement for each level the draft is judged at."""
    return tuple(_at_level(level, a, situation) for level in levels_to_judge(a))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    all_clauses = (*clauses(level, situation.choices), pregnancy_test(level))
    present = tuple(c for c in all_clauses if c.claim.met and not _said_already(c, level))
    criteria = Criteria(
        include=(
            Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", "OC-25"), "OC-25"),
            Criterion(
                "a contraindication is present",
                any_of(*(c.claim for c in all_clauses)),
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
        table=(*present, *(c for c in all_clauses if c.claim.unknown and c.label != TEST_NEEDED)),
        values={"level": level.label, "reason": first_and_count(present)},
    )


def _said_already(criterion: Criterion, level: LevelFacts) -> bool:
    """A severe cement allergy is not also listed as a plain one."""
    return criterion.label == PLAIN_ALLERGY and level.against.severe_cement_allergy.met


def indicator(present: tuple[Criterion, ...]) -> Indicator:
    """Critical when an absolute contraindication is present, else warning (a test still needed is no pregnancy)."""
    absolute = (c.rule in CRITICAL and c.label != TEST_NEEDED for c in present)
    return "critical" if any(absolute) or any(c.label == SEVERE_ALLERGY for c in present) else "warning"


RECOMMENDATION = Recommendation(
    id="augmentation-contraindicated",
    statement="An augmentation order is looked at again where a contraindication named by the sources is present.",
    sources=(cite("LCD-N", "exclusions"), cite("S1", "line 7"), cite("S0", "lines 12 and 16")),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
