"""Where the sources disagree about this very patient (section B of `clinical.md`, `knowledge/conflicts.toml`).

A conflict is told here when, with what is documented, one of its sides says otherwise than another. Those that are the
same for everybody (which technique, how long the recovery) are on the evidence pages alone (ADR 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.course import Received, days_received
from cds_service.knowledge.conflicts import load_conflicts

UNCOMMON_LEVELS: Final = ("T1", "T2", "T3", "T4")


def sides_differ(conflict_id: str, a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """Whether the sides of a conflict give different answers at one of these levels; false where that cannot be
    told.
    """
    tell = TOLD.get(conflict_id)
    return tell is not None and tell(a, levels)


_Tell = Callable[[Assessment, Sequence[LevelFacts]], bool]


def _at(level_says: Callable[[LevelFacts], bool]) -> _Tell:
    return lambda a, levels: any(level_says(level) for level in levels)


def _an_implant(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-06: an implant that is not labelled safe."""
    return any(implant.mr_safety != "safe" for implant in a.facts.implants.items)


def _brace_worn(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-07: an augmentation is ordered while a brace is worn."""
    return bool(a.augmentation_drafts) and any(t.kind == "brace" and t.active for t in a.facts.conservative.given.items)


def _bed_rest(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-12: bed rest is documented."""
    answered = a.facts.conservative.bed_rest_days.value or 0
    return answered > 0 or any(t.kind == "bed-rest" for t in a.facts.conservative.given.items)


def _course_forms(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-15: one form of VA-08 holds and the other does not, or is not known; path (i) asks for neither."""
    return not a.course.inpatient.met and any(level.lcd_course.truth is not level.seed_course.truth for level in levels)


def _pain_numbers(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-16: the coverage number is reached, and the pain is not known to be severe."""
    reached = a.course.score.claim(a.limit.nrs_lcd_outpatient)
    return not a.course.inpatient.met and reached.met and not a.course.severe_pain.met


_CARE: Final[tuple[Received, ...]] = ("analgesic", "brace", "physiotherapy")


def _care_days(a: Assessment, levels: Sequence[LevelFacts]) -> bool:
    """C-17: long enough here, and less than the longest that a source asks for; path (i) asks for none."""
    tried = [days.value.low for kind in _CARE if (days := days_received(kind, a.facts, a.limit)).value is not None]
    longest = max(int(choice) for choice in load_conflicts()["C-17"].choices)
    enough = a.course.tried_long_enough.met and not a.course.inpatient.met
    return enough and bool(tried) and max(tried) < longest


TOLD: Final[Mapping[str, _Tell]] = MappingProxyType(
    {
        "C-01": _at(lambda level: level.cause.neoplastic.met),
        "C-02": _at(lambda level: level.cause.benign_lesion.met),
        "C-03": _at(lambda level: level.against.posterior_wall.met),
        "C-04": _at(lambda level: level.within_window.not_met),
        "C-05": _at(lambda level: level.study_recent.not_met),
        "C-06": _an_implant,
        "C-07": _brace_worn,
        "C-12": _bed_rest,
        "C-14": lambda a, levels: a.flags.deficit.met,
        "C-15": _course_forms,
        "C-16": _pain_numbers,
        "C-17": _care_days,
        "C-18": _at(lambda level: level.site.level in UNCOMMON_LEVELS),
        "C-19": _at(lambda level: level.cause.unstable_or_high_energy.met),
    }
)
"""Conflict -> whether its sides differ here. The others differ for everybody, or for nobody."""
