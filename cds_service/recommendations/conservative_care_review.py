"""Conservative care is under way and nobody seems to have looked since, or a brace has been worn for long.

CM-05 and CM-06 of `clinical.md` D6, FU-01, C-11. Visits are only retrieved while in progress, so the card says that one
may have taken place.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.freshness import fresh
from cds_service.criteria.imaging import region_of
from cds_service.criteria.sites import chronic_and_painless
from cds_service.facts.fact import Claim, Evidence, Fact, Interval, all_of, any_of, not_met, unknown
from cds_service.facts.model import DateRange, Treatment
from cds_service.knowledge.citations import cite
from cds_service.recommendations.brace_review import DAYS_A_WEEK, current_levels
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
)

KINDS = frozenset({"analgesic", "brace", "physiotherapy"})


def start(a: Assessment) -> Fact[DateRange]:
    """The first day of what this episode is treated with and still is; an augmentation within 90 days begins anew
    (FU-01).
    """
    augmentations, diagnoses = a.facts.spine.augmentations, a.facts.fractures.diagnoses
    done = [d for d in augmentations.items if fresh(d.when, a.facts, a.limit.augmentation_recent_days)]
    unread = augmentations.gap or diagnoses.gap
    if unread is not None:
        return Fact(None, unread)
    if done:
        newest = max(done, key=lambda d: d.when.last.toordinal() if d.when is not None else 0)
        return Fact(newest.when, None, (newest.evidence,))
    running = [t for t in a.facts.conservative.given.items if t.kind in KINDS and t.active]
    begun = [(t.start, t.evidence) for t in running if t.start is not None and t.start.last <= a.facts.as_of]
    if not begun:
        return Fact(None, a.facts.conservative.given.gap or "no conservative care under way on record")
    in_episode = [each for each in begun if _within_episode(each[0], a)]
    if in_episode:
        first, evidence = min(in_episode, key=lambda each: each[0].first)
        return Fact(first, None, (evidence,))
    return _from_onset(begun[0][1], a)


def _onset(a: Assessment) -> DateRange | None:
    """The documented onset of this episode: the newest of the current fractures."""
    known = [d.onset for d in a.facts.fractures.diagnoses.items if d.standing == "current" and d.onset is not None]
    if a.facts.fractures.stated_onset.value is not None:
        known.append(a.facts.fractures.stated_onset.value)
    past = [onset for onset in known if onset.last <= a.facts.as_of]
    return max(past, key=lambda onset: onset.last) if past else None


def _within_episode(begun: DateRange, a: Assessment) -> bool:
    """Since the onset; where none is documented, within the window that an episode is taken to last (DE-15)."""
    onset = _onset(a)
    if onset is not None:
        return begun.last >= onset.first
    return begun.days_before(a.facts.as_of).at_most(a.limit.augmentation_window_days) is True


def _from_onset(evidence: Evidence, a: Assessment) -> Fact[DateRange]:
    """A treatment that was running before: it counts from onset, or nobody knows from when."""
    onset = _onset(a)
    if onset is None:
        return Fact(None, "treatment began before this episode, whose onset is not documented", (evidence,))
    return Fact(onset, None, (evidence,))


def days_since(a: Assessment) -> Fact[Interval]:
    """Days since that start."""
    begun = start(a)
    value = begun.value.days_before(a.facts.as_of) if begun.value is not None else None
    return Fact(value, begun.why_unknown, begun.evidence)


def due(a: Assessment) -> Claim:
    """CM-05: more than 28 days after the start."""
    return days_since(a).claim(lambda days: days.above(a.limit.recheck_max_days))


def looked_at_since(a: Assessment) -> Claim:
    """A score, a form, a visit or a study after the day of the start; an inpatient is being looked at."""
    begun = start(a).value
    if begun is None:
        return unknown("start not known")
    later = a.facts.contacts.some(lambda c: _after(c.when, begun, a))
    study = a.facts.imaging.studies.some(lambda s: _after(s.when, begun, a))
    return any_of(later, study, a.course.inpatient)


def _after(when: DateRange | None, begun: DateRange, a: Assessment) -> bool | None:
    """Certainly after it, certainly not, or (undated, or overlapping) perhaps."""
    if when is None:
        return None
    if when.first > a.facts.as_of or when.last <= begun.first:
        return False
    return True if when.first > begun.last else None


def overdue(a: Assessment) -> Claim:
    """CM-05."""
    return all_of(due(a), ~looked_at_since(a))


def brace_for_long(a: Assessment) -> Claim:
    """CM-06: a brace in use for 12 weeks or more."""
    least = a.limit.brace_weeks * DAYS_A_WEEK

    def long(brace: Treatment) -> bool | None:
        if brace.start is None:
            return None
        return brace.start.days_before(a.facts.as_of).at_least(least)

    braces = a.facts.conservative.given.where(lambda t: t.kind == "brace" and t.active)
    return braces.some(long) if braces.items else not_met()


def criteria(a: Assessment) -> Criteria:
    """CM-05 or CM-06."""
    return Criteria(
        include=(
            Criterion("fracture confirmed or coded", a.any_fracture, cite("DES", "FX-01, FX-02"), "FX-01"),
            Criterion(
                "recheck overdue, or a brace worn for long",
                any_of(overdue(a), brace_for_long(a)),
                cite("RAND", "follow-up at 2 to 4 weeks"),
                "CM-05",
            ),
        )
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient."""
    found = criteria(a)
    late, long = overdue(a).met, brace_for_long(a).met
    levels = current_levels(a)
    first = levels[0] if levels else None
    days = days_since(a).value
    over = f"{days.low - a.limit.recheck_max_days:g}" if late and days is not None else "0"
    rules = (
        Criterion(
            f"more than {a.limit.recheck_max_days} days since the start, and no score, form or study since",
            overdue(a),
            cite("RAND", "follow-up at 2 to 4 weeks"),
            "CM-05",
        ),
        Criterion(
            f"brace in use for {a.limit.brace_weeks} weeks or more", brace_for_long(a), cite("S2", "line 22"), "CM-06"
        ),
    )
    said = f"recheck overdue by {over} day{'' if over == '1' else 's'}" if late else "brace worn for long"
    return (
        Judgement(
            criteria=found,
            outcome=found.outcome,
            level=first.site.level if first is not None else None,
            label=first.label if first is not None else "",
            table=on_record((found.include[0], *rules)),
            notes=(
                *(("overdue",) if late else ()),
                *(("wean",) if long else ()),
                *(("visits",) if late else ()),
            ),
            values={"reason": f"{said} (+1)" if late and long else said, "over": over},
            proposals=(Proposal("recheck", region_of(first.site), first.site.level),) if first is not None else (),
            silences=(Silence("SL-05", _settled(a)),),
        ),
    )


def _settled(a: Assessment) -> Claim:
    """SL-05: every fracture is known to be old, and documented painless."""
    levels = current_levels(a)
    return all_of(*(chronic_and_painless(each.site, a.course.pain_free) for each in levels)) if levels else not_met()


RECOMMENDATION = Recommendation(
    id="conservative-care-review",
    statement="Conservative care is looked at again 2 to 4 weeks after its start, and a brace has an end.",
    sources=(
        cite("RAND", "follow-up at 2 to 4 weeks"),
        cite("S2", "line 22"),
        cite("S4", "line 46"),
        cite("S0", "line 26"),
    ),
    needs=frozenset(
        "patient encounter conditions reports imaging observations medications devices procedures orders "
        "questionnaire".split()
    ),
    judge=judge,
)
