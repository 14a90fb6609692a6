"""Osteoporosis after a vertebral fracture: what treatment, measurement and follow-up are not on record yet.

OS-01 to OS-06, OS-08 and OS-09 of `clinical.md` D11; FU-07, SP-03, IM-10, OC-62. It waits until a fracture is confirmed
or coded (decision 10).
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.criteria import bone_health, course
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging import region_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import in_hospice
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    ProposalKind,
    Recommendation,
    Silence,
    Situation,
    judgement,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is not on record: its words for the summary, its line, and the draft that would close it."""

    said: str
    note: str
    proposal: ProposalKind | None = None


def criteria(level: LevelFacts, a: Assessment) -> Criteria:
    """OS-01 at one level: a fracture of ET-01's kind, and no drug against osteoporosis."""
    return Criteria(
        include=(
            *_fracture(level, a),
            Criterion(
                "no drug against osteoporosis on record",
                ~bone_health.treated(a),
                cite("BHOF", "vertebral fracture, pharmacologic treatment"),
                "OS-01",
            ),
        ),
        exclude=other_causes(level),
        confirm=arranged(a),
    )


def failure_criteria(level: LevelFacts, a: Assessment) -> Criteria:
    """OS-08: the fracture happened on treatment."""
    return Criteria(
        include=(
            *_fracture(level, a),
            Criterion(
                f"on treatment for more than {a.limit.treatment_failure_months} months before this fracture",
                bone_health.fractured_on_treatment(level, a),
                cite("DES", "OS-08"),
                "OS-08",
            ),
        ),
        exclude=other_causes(level),
        confirm=arranged(a),
    )


def _fracture(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    return (
        Criterion(
            "fracture confirmed on a report or coded", level.fractured, cite("BHOF", "vertebral fracture"), "OS-01"
        ),
        Criterion(
            f"age {a.limit.fragility_age} or over",
            bone_health.old_enough(a),
            cite("BHOF", "fracture in an adult of 50 or older"),
            "OS-01",
        ),
    )


def other_causes(level: LevelFacts) -> tuple[Criterion, ...]:
    """ET-02 to ET-05: what makes it another fracture when it is present (decision 2)."""
    cause, general = level.cause, cite("GK", "causes other than osteoporosis")
    return (
        Criterion("malignancy on record", cause.neoplastic, general, "ET-02"),
        Criterion("signs of a pathologic fracture", cause.suspicious, general, "ET-03"),
        Criterion("infectious cause", cause.infectious, general, "ET-04"),
        Criterion("high-energy or unstable fracture", cause.unstable_or_high_energy, general, "ET-05"),
    )


def arranged(a: Assessment) -> tuple[Criterion, ...]:
    """OS-02, OS-03 and OS-05: what is arranged, shown whatever its truth and never deciding."""
    limit, bones = a.limit, a.facts.bone_health
    return (
        Criterion(
            f"bone density (DXA) ordered or done within {limit.dxa_months} months",
            bone_health.densitometry(a),
            cite("LCD-N", "coverage criterion (c)"),
            "OS-02",
        ),
        Criterion(
            f"25-OH vitamin D within {limit.vitamin_d_months} months, {limit.vitamin_d_ng_ml} ng/mL or more",
            bone_health.enough_vitamin_d(a.facts, limit),
            cite("BHOF", "vitamin D"),
            "OS-03",
        ),
        Criterion(
            f"referred to a bone clinic or fracture liaison service within {limit.referral_days} days",
            bone_health.referred(a),
            cite("COAL", "fracture liaison"),
            "OS-05",
        ),
        Criterion(
            "osteoporosis education", course.stated(bones.education), cite("LCD-N", "coverage criterion (c)"), "OS-05"
        ),
    )


def gaps(a: Assessment) -> tuple[Gap, ...]:
    """What is not on record. Of a key that nobody read nothing is said: the card names it as not read."""
    vitamin_d = bone_health.enough_vitamin_d(a.facts, a.limit)
    unknown_level = vitamin_d.unknown and not bone_health.vitamin_d_unread(a.facts)
    none = Gap("no recent 25-OH vitamin D", "vitamin-d-none", "vitamin-d-test")
    low = Gap("low 25-OH vitamin D", "vitamin-d-low", "vitamin-d-test")
    panel = Gap("secondary causes", "secondary-cause", "secondary-cause-panel")
    return (
        *((Gap("no drug", "no-drug"),) if bone_health.treated(a).not_met else ()),
        *((Gap("no DXA", "no-dxa", "dxa"),) if bone_health.densitometry(a).not_met else ()),
        *((none,) if unknown_level else (low,) if vitamin_d.not_met else ()),
        *((Gap("no referral", "no-referral", "bone-health-referral"),) if bone_health.referred(a).not_met else ()),
        *((panel,) if bone_health.look_for_secondary_cause(a).met else ()),
    )


def notes(level: LevelFacts, a: Assessment, situation: Situation) -> tuple[str, ...]:
    """The gaps as lines, then what the sources say whatever is on record."""
    return (
        *(gap.note for gap in gaps(a)),
        *(("age-pharmacotherapy",) if bone_health.older(a).met and bone_health.treated(a).not_met else ()),
        *(("earlier-drug",) if bone_health.once_treated(a).met else ()),
        *(("denosumab-lapsed",) if bone_health.denosumab_lapsed(a.facts, a.limit).met else ()),
        *(("steroid",) if level.cause.steroid.met else ()),
        "intake",
        "falls",
        "close-the-loop",
        *(("discharge",) if situation.hook == "encounter-discharge" else ()),
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level; the patient's own gaps are the same at each."""
    return tuple(_at_level(level, a, situation) for level in a.levels)


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    found = failure_criteria(level, a) if bone_health.treated(a).met else criteria(level, a)
    on_treatment = bone_health.fractured_on_treatment(level, a).met
    open_gaps = gaps(a)
    first = "fracture on treatment" if on_treatment else open_gaps[0].said if open_gaps else "none"
    others = len(open_gaps) - (0 if on_treatment else 1)
    lines = notes(level, a, situation)
    return judgement(
        found,
        level=level.site.level,
        label=level.label,
        values={"level": level.label, "reason": f"{first} (+{others})" if others > 0 else first},
        notes=("treatment-failure", *lines) if on_treatment else lines,
        proposals=tuple(
            Proposal(gap.proposal, region_of(level.site), level.site.level)
            for gap in open_gaps
            if gap.proposal is not None
        ),
        silences=(
            Silence("G-03", in_hospice(a)),
            *(() if on_treatment else (Silence("SL-03", bone_health.referred(a)),)),
        ),
    )


RECOMMENDATION = Recommendation(
    id="osteoporosis-treatment",
    statement="After a vertebral fracture at 50 or over, osteoporosis is treated, measured and followed up.",
    sources=(
        cite("BHOF", "vertebral fracture, pharmacologic treatment"),
        cite("COAL", "fracture liaison"),
        cite("LCD-N", "coverage criterion (c)"),
        cite("GIOP", "adults on glucocorticoids"),
        cite("S1", "line 15"),
    ),
    needs=frozenset(
        "patient encounter conditions reports imaging observations medications procedures orders questionnaire".split()
    ),
    judge=judge,
)
