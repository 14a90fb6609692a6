"""Whether a fracture is one to act on, or one that a report calls old and that hurts nobody (IM-10, IM-11; D1)."""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.facts.fact import Claim, all_of, any_of


def fracture_that_counts(level: LevelFacts, a: Assessment) -> Claim:
    """FX-01 or FX-02 at this level; one that a report calls old counts only where the patient is in pain."""
    return all_of(level.fractured, a.course.in_pain) if level.called_old.met else level.fractured


def suspected_or_fractured(level: LevelFacts) -> Claim:
    """Red flags look at a hedged fracture too (D1, FX-04)."""
    return any_of(level.fractured, level.suspected)


def newest_first(a: Assessment) -> tuple[LevelFacts, ...]:
    """The levels with a new fracture before the others, so that of equal urgency the new one leads its card."""
    return tuple(sorted(a.levels, key=lambda level: not level.new.met))
