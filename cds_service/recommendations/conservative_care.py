"""Conservative care: analgesia, a brace as an option, early mobilisation, physiotherapy when tolerated, and a recheck.

CM-01 to CM-05 and CM-07 of `clinical.md` D6; C-11, C-12, C-17.
"""

from __future__ import annotations

from datetime import timedelta

from cds_service.criteria import course
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.complications import complicated
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.criteria.imaging import region_of
from cds_service.criteria.sites import chronic_and_painless
from cds_service.facts.fact import Claim, all_of, claim, met
from cds_service.facts.truth import Truth
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import recently_augmented
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)

TLSO_LEVELS = ("T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2")
LSO_LEVELS = ("L3", "L4", "L5")


def criteria(level: LevelFacts, a: Assessment) -> Criteria:
    """CM-01 at one level."""
    return Criteria(
        include=(
            Criterion("fracture confirmed on a report or coded", level.fractured, cite("S2", "line 22"), "CM-01"),
            Criterion(
                "12 weeks old or less, or of unknown age",
                _recent_or_unknown(level, a),
                cite("ACR-V", "variant 1"),
                "CM-01",
            ),
            Criterion("symptomatic", level.symptomatic, cite("S2", "line 22"), "CM-01"),
            Criterion("conservative care not yet failed", not_failed(level), cite("S4", "line 62"), "CM-01"),
        ),
        exclude=(
            Criterion("neurological alarm sign", a.flags.deficit, cite("LCD-N", "exclusions"), "RF-01"),
            Criterion(
                "infection with a collection, deficit or sepsis",
                a.flags.infection_critical,
                cite("LCD-N", "exclusions"),
                "RF-04",
            ),
            Criterion(
                "unstable after trauma, or severely narrowed canal",
                a.flags.structure_critical,
                cite("OF", "OF 5"),
                "RF-06",
            ),
            Criterion("complication after augmentation", complicated(a), cite("DES", "RF-07"), "RF-07"),
            Criterion(
                "hospitalised with pain 8 or more",
                _hospitalised_severe(a),
                cite("LCD-N", "coverage criterion (b)(i)"),
                "CM-01",
            ),
        ),
    )


def not_failed(level: LevelFacts) -> Claim:
    """CM-01: VA-07 not met, or nobody can tell: only a documented failure ends the case for conservative care."""
    failed = level.conservative_care_failed
    return claim(failed.truth is not Truth.MET, failed.evidence)


def _recent_or_unknown(level: LevelFacts, a: Assessment) -> Claim:
    window = level.onset_days.claim(lambda days: days.at_most(a.limit.new_fracture_days))
    return met(*window.evidence) if window.unknown else window


def _hospitalised_severe(a: Assessment) -> Claim:
    return all_of(a.course.inpatient, a.course.score.claim(a.limit.nrs_lcd_inpatient))


def tried_with_unknown_outcome(level: LevelFacts, a: Assessment) -> Claim:
    """CM-01: long enough tried, and only the outcome is open; then the question is asked elsewhere (K-VAM)."""
    return all_of(level.tried_long_enough, claim(a.course.outcome_is_failure.unknown))


def lines(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    """The lines still worth saying: what is already active is left out (SL-03)."""
    active = {t.kind for t in a.facts.conservative.given.items if t.active}
    brace = () if "brace" in active or course.stated(a.facts.conservative.brace_refused).met else (brace_line(level),)
    return (
        *(() if "analgesic" in active else ("analgesia",)),
        *brace,
        *(() if "physiotherapy" in active else ("mobilisation",)),
    )


def brace_line(level: LevelFacts) -> str:
    """CM-02: TLSO for T6 to L2, LSO for L3 to L5, the orthotist above."""
    if level.site.level in LSO_LEVELS:
        return "brace-lso"
    return "brace-tlso" if level.site.level in TLSO_LEVELS else "brace-orthotist"


def _proposals(level: LevelFacts, said: tuple[str, ...]) -> tuple[Proposal, ...]:
    regions = region_of(level.site)
    return (
        *((Proposal("brace", regions, level.site.level),) if any(line.startswith("brace") for line in said) else ()),
        *((Proposal("physiotherapy", regions, level.site.level),) if "mobilisation" in said else ()),
        Proposal("recheck", regions, level.site.level),
    )


def recheck_dates(a: Assessment) -> dict[str, str]:
    """CM-05: the days between which the recheck falls."""
    first, last = (
        a.facts.as_of + timedelta(days=days) for days in (a.limit.recheck_min_days, a.limit.recheck_max_days)
    )
    return {"recheck_from": first.isoformat(), "recheck_to": last.isoformat()}


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level."""
    return tuple(_at_level(level, a) for level in a.levels)


def _at_level(level: LevelFacts, a: Assessment) -> Judgement:
    said = lines(level, a)
    nothing_left = met() if not said else claim(False)
    return judgement(
        criteria(level, a),
        level=level.site.level,
        label=level.label,
        values={"level": level.label, **recheck_dates(a)},
        notes=(*said, "recheck", *(("pain-not-documented",) if a.course.pain_free.unknown else ())),
        proposals=_proposals(level, said),
        silences=(
            Silence("CM-01", tried_with_unknown_outcome(level, a)),
            Silence("SL-02", recently_augmented(level, a)),
            Silence("SL-03", nothing_left),
            Silence("SL-05", chronic_and_painless(level.site, a.course.pain_free)),
        ),
    )


RECOMMENDATION = Recommendation(
    id="conservative-care",
    statement="A symptomatic fracture is first treated with analgesia, a brace as an option, and mobilisation.",
    sources=(
        cite("S2", "line 22"),
        cite("S4", "line 62"),
        cite("BRACE", "trials and meta-analysis"),
        cite("BHOF", "vertebral fracture"),
    ),
    needs=frozenset(
        {
            "patient",
            "encounter",
            "conditions",
            "reports",
            "observations",
            "medications",
            "devices",
            "procedures",
            "orders",
            "questionnaire",
        }
    ),
    judge=judge,
)
