"""Kleene's three truth values. The tables are the specification; `tests/facts/test_truth.py` writes them out in full.

Source: `clinical.md` section 0. AND: any not_met gives not_met, else any unknown gives unknown, else met. OR: any met
gives met, else any unknown gives unknown, else not_met. NOT unknown is unknown. AT_LEAST(k): met if k are met, not_met
if even all unknowns turning met could not reach k, else unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn


class Truth(Enum):
    """Met, not met or unknown. Unknown is a value, never "no": ``bool()`` raises."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a truth value is not a bool: compare with Truth.MET, Truth.NOT_MET or Truth.UNKNOWN")

    def __and__(self, other: Truth) -> Truth:
        return all_of((self, other))

    def __or__(self, other: Truth) -> Truth:
        return any_of((self, other))

    def __invert__(self) -> Truth:
        return _NOT[self]


MET = Truth.MET
NOT_MET = Truth.NOT_MET
UNKNOWN = Truth.UNKNOWN

_NOT = {MET: NOT_MET, NOT_MET: MET, UNKNOWN: UNKNOWN}


def all_of(truths: Iterable[Truth]) -> Truth:
    """Kleene AND; of nothing, met."""
    result = MET
    for truth in truths:
        if truth is NOT_MET:
            return NOT_MET
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Kleene OR; of nothing, not met."""
    result = NOT_MET
    for truth in truths:
        if truth is MET:
            return MET
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def at_least(k: int, truths: Iterable[Truth]) -> Truth:
    """Kleene "at least k of": what is unknown may still turn either way."""
    counted = tuple(truths)
    met = sum(truth is MET for truth in counted)
    unknown = sum(truth is UNKNOWN for truth in counted)
    if met >= k:
        return MET
    if met + unknown < k:
        return NOT_MET
    return UNKNOWN


def of(known: bool | None) -> Truth:
    """The truth of a plain yes, no or not known."""
    if known is None:
        return UNKNOWN
    return MET if known else NOT_MET
