"""A vertebral fracture under 50 without a known cause, or at any later age with signs of another disease: look for
myeloma, metastasis or a metabolic cause.

RF-08 of `clinical.md` D4 as decision 11 reads it; ET-07, SP-02.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.etiology import fragile_by_age
from cds_service.criteria.incidental import fracture_that_counts, newest_first
from cds_service.criteria.secondary_causes import known_cause, signs, without_injury, young
from cds_service.facts.fact import Claim, all_of, any_of, not_met
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level, on every hook (D4)."""
    return tuple(_at_level(level, a) for level in newest_first(a))


def young_without_cause(level: LevelFacts, a: Assessment) -> Claim:
    """RF-08, first limb: under 50 and no injury that would explain it (known causes exclude, below)."""
    return all_of(young(a), without_injury(level, a))


def with_signs(a: Assessment) -> Claim:
    """RF-08, second limb: 50 or over with a sign of another disease."""
    return all_of(fragile_by_age(a.facts, a.limit), signs(a).any)


def _at_level(level: LevelFacts, a: Assessment) -> Judgement:
    criteria, shown = clauses(level, a)
    present = tuple(c for c in shown if c.claim.met)
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        indicator="warning",
        table=on_record((criteria.include[0], *shown, *criteria.exclude)),
        notes=notes(level, a),
        values={"level": level.label, "finding": present[0].label if present else "not documented"},
    )


def clauses(level: LevelFacts, a: Assessment) -> tuple[Criteria, tuple[Criterion, ...]]:
    """What must hold and what excludes, and the single signs as the card shows them."""
    fracture = fracture_that_counts(level, a)
    gk, first = cite("GK", "work-up of a fragility fracture"), young_without_cause(level, a)
    found = signs(a)
    shown = (
        Criterion("under 50 without injury", first, gk, "RF-08"),
        Criterion("abnormal weight loss", found.weight_loss, gk, "RF-08"),
        Criterion("anaemia", found.anaemia, gk, "RF-08"),
        Criterion("hypercalcaemia", found.hypercalcaemia, gk, "RF-08"),
        Criterion("high sedimentation rate", found.high_esr, gk, "RF-08"),
    )
    reason = any_of(_unexplained(first, level, a), with_signs(a))
    excluding = _excluding(level, a, first)
    include = (
        Criterion("fracture confirmed on a report or coded", fracture, cite("DES", "decision 11"), "FX-01"),
        Criterion("young without injury, or signs of another disease", reason, gk, "RF-08"),
    )
    return Criteria(include=include, exclude=excluding), shown


def _unexplained(first: Claim, level: LevelFacts, a: Assessment) -> Claim:
    """Where the age is not known, a cause on record answers the question of youth; the other limb stays open."""
    cause = known_cause(level, a)
    return not_met(*cause.evidence) if first.unknown and cause.met else first


def _excluding(level: LevelFacts, a: Assessment, first: Claim) -> tuple[Criterion, ...]:
    """A cancer on record is for its own card; a known cause answers the question that youth raises (decision 11)."""
    cancer = Criterion("cancer on record (has a card of its own)", a.malignancy, cite("DES", "RF-03b"), "RF-03b")
    cause = Criterion("cause already on record", known_cause(level, a), cite("DES", "decision 11"), "ET-07")
    return (cancer, cause) if first.met else (cancer,)


def notes(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    """A line for each limb that holds."""
    return (
        *(("young",) if young_without_cause(level, a).met else ()),
        *(("signs",) if with_signs(a).met else ()),
    )


RECOMMENDATION = Recommendation(
    id="secondary-cause-workup",
    statement="A vertebral fracture in the young, or with signs of another disease, is searched for its cause.",
    sources=(
        cite("GK", "work-up of a fragility fracture"),
        cite("S4", "lines 26 to 30"),
        cite("DES", "decision 11"),
    ),
    needs=frozenset("patient conditions reports imaging observations medications procedures questionnaire".split()),
    judge=judge,
)
