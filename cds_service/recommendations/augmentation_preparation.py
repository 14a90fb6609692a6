"""An augmentation is drafted: what to prepare, and what follows it.

PP-01 to PP-11, CX-15 and FU-01 to FU-08 of `clinical.md` D12 and D13; C-07 to C-10. Merge hides it while something
speaks against the procedure (D14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from cds_service.criteria import bleeding, preparation
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import all_of, met, unknown
from cds_service.facts.model import Level
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import augmentation_drafted, level_is_missing
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

NOT_NAMED = "levels not named"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient; the levels are counted from the drafts."""
    criteria = Criteria(
        include=(
            Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", "PP-01"), "PP-01"),
        ),
        confirm=_checks(a),
    )
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            table=(*criteria.confirm, *_cautions(a)),
            notes=_notes(a),
            values={**_time(a), **_dates(a)},
        ),
    )


def _checks(a: Assessment) -> tuple[Criterion, ...]:
    """What has to be known before: documented, or to be asked."""
    facts, limit = a.facts, a.limit
    return (
        Criterion("adult driver or escort", preparation.escort(facts, limit), cite("S0", "line 12"), "PP-02"),
        Criterion("able to lie face down", preparation.lies_prone(facts, limit), cite("S0", "line 16"), "PP-05"),
        Criterion(
            "INR and platelet count in date",
            all_of(
                preparation.in_date(bleeding.inr(facts, limit)), preparation.in_date(bleeding.platelets(facts, limit))
            ),
            cite("SIR", "Part II"),
            "PP-10",
        ),
        Criterion(
            "no allergy to cement, contrast medium or antibiotics recorded",
            preparation.no_allergy(facts),
            cite("LCD-N", "exclusions"),
            "PP-09",
        ),
        Criterion(
            "ASA class, heart and lung disease, weight, and plan for sedation or anaesthesia",
            unknown("not read from the record"),
            cite("S0", "line 12"),
            "PP-01, PP-06",
        ),
    )


def _cautions(a: Assessment) -> tuple[Criterion, ...]:
    """What on record makes lying prone or sedation hard; the body mass index as it stands, no source gives a limit."""
    facts, limit = a.facts, a.limit
    weight = facts.preparation.bmi.items[:1]
    rows = (
        Criterion(
            "oxygen at home, lung disease or heart failure, severity not judged",
            preparation.breathing(facts),
            cite("GK", "PP-05"),
            "PP-05",
        ),
        Criterion(
            f"heart attack or stroke within {limit.heart_or_stroke_months} months",
            preparation.heart_or_stroke(facts, limit),
            cite("S3", "line 19"),
            "PP-06",
        ),
        *(
            Criterion("body mass index, as on record", met(each.evidence), cite("GK", "PP-05"), "PP-05")
            for each in weight
        ),
    )
    return tuple(row for row in rows if row.claim.met)


def _notes(a: Assessment) -> tuple[str, ...]:
    facts, limit = a.facts, a.limit
    strained = (
        preparation.lies_prone(facts, limit).not_met
        or preparation.breathing(facts).met
        or preparation.heart_or_stroke(facts, limit).met
    )
    return (
        "time-no-level" if level_is_missing(a) else "time",
        "sedation",
        *(("anaesthesia",) if strained else ()),
        "day-of",
        "consent",
        "follow-up" if _planned(a) is None else "follow-up-dated",
        "activity",
        "brace" if preparation.brace_in_use(facts).met else "no-brace",
        "afterwards",
    )


def _levels(a: Assessment) -> tuple[Level, ...]:
    return tuple(dict.fromkeys(level for draft in a.augmentation_drafts for level in draft.levels))


def _time(a: Assessment) -> Mapping[str, str]:
    """PP-03: an hour a level and the longest recovery of the sources (C-09); one level at least where none is named."""
    limit, levels = a.limit, _levels(a)
    minutes = limit.minutes_per_level * max(len(levels), 1)
    shortest, longest = minutes + limit.recovery_min_minutes, minutes + limit.recovery_max_minutes
    if level_is_missing(a):
        return {"levels": NOT_NAMED, "procedure_minutes": f"{minutes}", "minutes": f"at least {shortest}"}
    return {
        "levels": ", ".join(levels) or NOT_NAMED,
        "procedure_minutes": f"{minutes}",
        "minutes": f"{shortest} to {longest}",
    }


def _planned(a: Assessment) -> date | None:
    """The day of the procedure where the drafts name one that is not over."""
    days = (d.planned for d in a.augmentation_drafts if d.planned is not None and d.planned >= a.facts.as_of)
    return min(days, default=None)


def _dates(a: Assessment) -> Mapping[str, str]:
    """FU-01: the call and the visit, counted from the planned day."""
    planned, limit = _planned(a), a.limit
    if planned is None:
        return {}
    days = {
        "call": limit.followup_call_days,
        "visit_from": limit.recheck_min_days,
        "visit_to": limit.recheck_max_days,
    }
    return {name: (planned + timedelta(days=after)).isoformat() for name, after in days.items()}


RECOMMENDATION = Recommendation(
    id="augmentation-preparation",
    statement="An augmentation is prepared: escort, time, laboratory values, allergies, consent, and what follows it.",
    sources=(
        cite("S0", "lines 12, 16, 22 and 26"),
        cite("S1", "lines 11 and 15"),
        cite("S4", "lines 42 to 52"),
        cite("SIR", "Part II, high-bleeding-risk procedures"),
    ),
    needs=frozenset("conditions observations medications devices procedures orders allergies questionnaire".split()),
    judge=judge,
)
