"""Whether a fracture is one to act on, or one that a report calls old and that hurts nobody (IM-10, IM-11; D1)."""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.sites import told_early_as_old
from cds_service.facts.fact import Claim, all_of, any_of


def fracture_that_counts(level: LevelFacts, a: Assessment) -> Claim:
    """FX-01 or FX-02 at this level; one that a report calls old counts only where the patient is in pain."""
    return all_of(level.fractured, a.course.in_pain) if level.called_old.met else level.fractured


def suspected_or_fractured(level: LevelFacts) -> Claim:
    """Red flags look at a hedged fracture too, and at one of a preliminary report (D1, FX-04, FX-07)."""
    return any_of(level.fractured, level.suspected, level.told_early)


def alarming_fracture(level: LevelFacts, a: Assessment) -> Claim:
    """The same without an old one that hurts nobody."""
    early = all_of(level.told_early, a.course.in_pain) if told_early_as_old(level.site) else level.told_early
    return any_of(fracture_that_counts(level, a), level.suspected, early)


def newest_first(a: Assessment) -> tuple[LevelFacts, ...]:
    """The levels with a new fracture before the others, so that of equal urgency the new one leads its card."""
    return _new_before_old(a.levels)


def alarming_levels(a: Assessment) -> tuple[LevelFacts, ...]:
    """The same with the levels of preliminary reports, for the red flags of a level (FX-07)."""
    return _new_before_old((*a.levels, *a.early))


def _new_before_old(levels: tuple[LevelFacts, ...]) -> tuple[LevelFacts, ...]:
    return tuple(sorted(levels, key=lambda level: not level.new.met))
