"""CF-07: numbers that were not used because nothing says their unit, kept so that a card can say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from cds_service.facts.bleeding import TO_10_9_L
from cds_service.facts.infection import CRP_TO_MG_L
from cds_service.facts.model import Unitless
from cds_service.facts.pain import HIGHEST, PER_HUNDRED, SCORES, elsewhere
from cds_service.facts.quantities import number
from cds_service.facts.source import Observed, Source

LAB: Final = "observation-lab"
HIGHEST_OF_HUNDRED: Final = 100
NO_UNIT: Final = frozenset({"", "1"})
"""No unit at all, or the unit of a pure number; an annotation in braces names none either."""

_Kind = Literal["crp", "platelets"]
_LABS: Final[Mapping[_Kind, tuple[str, Mapping[str, float]]]] = {
    "crp": ("CRP", CRP_TO_MG_L),
    "platelets": ("platelets", TO_10_9_L),
}
"""The results whose number means nothing without a unit, with the units they come in."""


def unitless(source: Source) -> tuple[Unitless, ...]:
    """Pain beyond 10, CRP and platelets without a unit; INR, ESR and temperature have but one plausible reading."""
    return (*_scores(source), *_labs(source))


def _scores(source: Source) -> Iterator[Unitless]:
    """A score beyond 10 may be of 100 (DE-11)."""
    for result, listed in source.results(SCORES):
        found = number(result)
        if listed["use"] != "score" or elsewhere(result) or found is None or not _names_no_unit(found[1]):
            continue
        if HIGHEST < found[0] <= HIGHEST_OF_HUNDRED:
            yield _kept("pain", "pain", found[0], (found[0] / 10,), result)


def _labs(source: Source) -> Iterator[Unitless]:
    for result, listed in source.results(LAB):
        kind = next((each for each in _LABS if each == listed["analyte"]), None)
        found = number(result) if kind is not None else None
        if kind is None or found is None or found[0] < 0 or not _names_no_unit(found[1]):
            continue
        shown, factors = _LABS[kind]
        readings = tuple(sorted({found[0] * factor for factor in factors.values()}))
        yield _kept(kind, shown, found[0], readings, result)


def _names_no_unit(unit: str) -> bool:
    return unit in NO_UNIT or (unit.startswith("{") and unit.endswith("}") and unit not in PER_HUNDRED)


def _kept(
    kind: Literal["pain", "crp", "platelets"], shown: str, value: float, readings: tuple[float, ...], result: Observed
) -> Unitless:
    evidence = result.evidence(f"{shown} {value:g}, no unit")
    return Unitless(kind, readings, result.moment.when, result.moment.at, evidence)
