"""Ask for what is missing: nothing documented speaks against augmentation, but the record does not show all criteria.

VA-13, VA-16 and VA-17 of `clinical.md` D7; OC-23 and OC-24 of section E; SP-09 as a line. Cannot tell asks here, and
only here (decision 7).
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.criteria import course
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import Candidacy, candidacy
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, all_of, claim, met, unknown
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import in_hospice, referred
from cds_service.recommendations.augmentation_referral import (
    CANDIDACY_NEEDS,
    first_and_count,
    summary_values,
    window_end,
)
from cds_service.recommendations.augmentation_referral import notes as referral_notes
from cds_service.recommendations.drafted import augmentation_drafted, level_is_missing, levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Recommendation, Silence, Situation

CARRIED_ELSEWHERE = frozenset({"VA-04"})
"""Imaging age alone never ends a candidacy: a line in patient-view, a card of its own on a draft (VA-13)."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level (of the drafted levels, where an augmentation is drafted)."""
    return tuple(_at_level(level, a, situation) for level in levels_to_judge(a))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    found = candidacy(level, a, situation.choices)
    drafted = augmentation_drafted(a)
    asked = missing(found, level, a)
    failed = tuple(c for c in found.criteria.failed if c.rule not in CARRIED_ELSEWHERE)
    gate = drafted if drafted.met else worth_asking(level, a)
    criteria = Criteria(
        include=(
            Criterion("augmentation drafted, or close enough to ask", gate, cite("DES", "VA-17"), "VA-17"),
            Criterion("no criterion documented as not met", claim(not failed), cite("DES", "VA-13"), "VA-13"),
            Criterion("something is not documented", claim(bool(asked)), cite("DES", "VA-13"), "VA-13"),
        ),
        exclude=tuple(c for c in found.criteria.exclude if not (drafted.met and c.rule == "FX-08")),
    )
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level,
        label=level.label,
        table=asked,
        notes=(*_notes(level, a), *referral_notes(found, a)),
        values=_values(level, a, asked),
        silences=_silences(level, a, drafted),
    )


def missing(found: Candidacy, level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    """What the card asks for, in the order of the criteria."""
    drafting = bool(a.augmentation_drafts)
    asked = [c for c in found.criteria.missing if not _answered_elsewhere(c, level, drafting)]
    if not drafting:
        asked += [c for c in found.criteria.failed if c.rule in CARRIED_ELSEWHERE]
    if level_is_missing(a):
        asked.append(
            Criterion("level to be treated", unknown("the order names no level"), cite("DES", "OC-23"), "OC-23")
        )
    if drafting and level.treated.met:
        why = "this level is already augmented: a new fracture of it is for a specialist"
        asked.append(
            Criterion(
                "fracture of an augmented level", unknown(why, level.treated.evidence), cite("DES", "FX-08"), "FX-08"
            )
        )
    return tuple(asked)


def _answered_elsewhere(criterion: Criterion, level: LevelFacts, drafting: bool) -> bool:
    """VA-10 of decision 11 is for the bone clinic first; VA-05 of T1 to T4 is the coverage card's on a draft (C-18);
    VA-04 follows VA-03.
    """
    if criterion.rule == "VA-10" and level.cause.metabolic_first.met:
        return True
    if criterion.rule == "VA-05" and drafting:
        return True
    return criterion.rule == "VA-04" and level.acuity.decided_by is None


def worth_asking(level: LevelFacts, a: Assessment) -> Claim:
    """VA-17: confirmed and acute, pain 5 or more or unknown, and conservative care failed, not needed, or long enough
    ago to have.
    """
    failed = level.conservative_care_failed
    long_enough = level.onset_days.claim(lambda days: days.at_least(a.limit.nsm_min_days))
    inpatient = a.course.inpatient
    path = met(*inpatient.evidence) if inpatient.met else long_enough if failed.unknown else failed
    painful = claim(course.pain_at_least_five_or_unknown(a.course.score, a.facts, a.limit))
    return all_of(level.confirmed, level.acuity.shown, painful, path)


def _notes(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    old = ("imaging-age",) if level.study_recent.not_met and not a.augmentation_drafts else ()
    closing = ("window-closing",) if _closing_soon(level, a) else ()
    return (*old, *closing)


def _closing_soon(level: LevelFacts, a: Assessment) -> bool:
    """VA-16: the 12 weeks end within the next 14 days."""
    end = window_end(level, a)
    return end is not None and 0 <= (end - level.reference).days <= a.limit.window_closing_days


def _values(level: LevelFacts, a: Assessment, asked: tuple[Criterion, ...]) -> Mapping[str, str]:
    return {**summary_values(level, a), "reason": first_and_count(asked), "study_days": _study_days(level)}


def _study_days(level: LevelFacts) -> str:
    days = level.acuity.study_days.value
    return str(days) if days is not None else "an unknown number of"


def _silences(level: LevelFacts, a: Assessment, drafted: Claim) -> tuple[Silence, ...]:
    if drafted.met:
        return (Silence("G-03", in_hospice(a)),)
    return (Silence("G-03", in_hospice(a)), Silence("SL-02", referred(level, a)))


RECOMMENDATION = Recommendation(
    id="augmentation-missing-data",
    statement="Where nothing documented speaks against augmentation, what the record does not show is asked for.",
    sources=(cite("LCD-N", "coverage criteria (a) to (c) and exclusions"), cite("S3", "line 11")),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
