"""CF-07: numbers that were not used because their unit is missing, not known or contradictory, kept so that a card can
say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cds_service.facts.bleeding import INR, PLATELETS
from cds_service.facts.infection import BODY_C, CRP, ESR, TEMPERATURE
from cds_service.facts.model import Unitless, UnitlessKind
from cds_service.facts.pain import HIGHEST, SCALE, SCORES, elsewhere, names_no_unit
from cds_service.facts.quantities import ABOVE, BELOW, Scale, Trouble, number, unit_of
from cds_service.facts.source import Observed, Source
from cds_service.knowledge.units import unit

LAB: Final = "observation-lab"
VITAL: Final = "observation-vital"
HIGHEST_OF_HUNDRED: Final = 100


class _Topic(NamedTuple):
    """A topic whose number means nothing without its unit; ``comes_in``: the units that such results come in."""

    kind: UnitlessKind
    shown: str
    place: tuple[str, str, str]
    scale: Scale
    comes_in: tuple[str, ...]
    comparators: frozenset[str] = ABOVE


_TOPICS: Final = (
    _Topic("crp", "CRP", (LAB, "analyte", "crp"), CRP, ("mg/L", "mg/dL")),
    _Topic("esr", "ESR", (LAB, "analyte", "esr"), ESR, ("mm/h",)),
    _Topic("temperature", "temperature", (VITAL, "kind", "temperature"), TEMPERATURE, ("Cel", "[degF]")),
    _Topic("inr", "INR", (LAB, "analyte", "inr"), INR, ("{INR}",)),
    _Topic("platelets", "platelets", (LAB, "analyte", "platelets"), PLATELETS, ("10*9/L", "/uL"), BELOW),
)


def unitless(source: Source) -> tuple[Unitless, ...]:
    """Pain beyond 10 without a unit or of a strange one, and laboratory results and temperatures whose unit does not
    tell. Without any, INR, ESR and temperature have but one plausible reading.
    """
    return (*_scores(source), *(each for topic in _TOPICS for each in _results(source, topic)))


def _scores(source: Source) -> Iterator[Unitless]:
    """A score beyond 10 may be of 100 (DE-11)."""
    for result in source.topic(SCORES, "use", "score"):
        found = number(result)
        if found is None or elsewhere(result) or not 0 <= found.value <= HIGHEST_OF_HUNDRED:
            continue
        trouble = unit_of(found, SCALE.measures)
        if names_no_unit(found):
            if found.value > HIGHEST:
                yield _kept("pain", "pain", found.value, (found.value / 10,), Trouble.NONE, result)
        elif isinstance(trouble, Trouble):
            readings = tuple(each for each in (found.value, found.value / 10) if each <= HIGHEST)
            yield _kept("pain", "pain", found.value, readings, trouble, result)


def _results(source: Source, topic: _Topic) -> Iterator[Unitless]:
    for result in source.topic(*topic.place):
        found = number(result, topic.comparators)
        trouble = unit_of(found, topic.scale.measures) if found is not None else None
        if found is None or not isinstance(trouble, Trouble) or found.value < 0:
            continue
        if trouble is not Trouble.NONE or topic.kind in ("crp", "platelets"):
            units = (unit(code, topic.scale.measures) for code in topic.comes_in)
            readings = {each.to(topic.scale.unit, found.value) for each in units if each is not None}
            if topic.kind == "temperature":
                readings = {each for each in readings if BODY_C[0] <= each <= BODY_C[1]}
            yield _kept(topic.kind, topic.shown, found.value, tuple(sorted(readings)), trouble, result)


def _kept(
    kind: UnitlessKind, shown: str, value: float, readings: tuple[float, ...], trouble: Trouble, result: Observed
) -> Unitless:
    evidence = result.evidence(f"{shown} {value:g}, {trouble.value}")
    return Unitless(kind, readings, result.moment.when, result.moment.at, evidence)
