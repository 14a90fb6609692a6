"""Numbers of Observations in the unit a rule names, brought there by the UCUM table; never by a guess (DE-11, DE-18,
F13 to F16).

The code of a quantity counts where its system is UCUM or not said, the words of its unit where there is no such code.
Where both name a unit and a number is not the same in the two, or a UCUM code says something else than the words, it
has none. A number of which nothing says the unit is used only where the topic has but one plausible reading.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from cds_service.facts.source import Observed
from cds_service.fhir.codes import words
from cds_service.fhir.resources import Quantity
from cds_service.knowledge.systems import UCUM, normalise_system
from cds_service.knowledge.units import Unit, names_any, unit

_NUMERAL: Final = re.compile(r"\s*([+-]?\d{1,6}(?:\.\d{1,4})?)\s*(?:/\s*(\d{1,3}))?\s*")

ABOVE: Final = frozenset({">", ">="})
"""Comparators that leave a number usable where high is what matters."""
BELOW: Final = frozenset({"<", "<="})
"""The same where low is what matters."""
LONGEST: Final = 65
"""Characters of a unit that are kept: one more than any unit has, so that what is cut off is none."""
UNITY: Final = "1"
"""The UCUM code of a pure number, which names no unit."""


class Trouble(enum.Enum):
    """Why a number cannot be used in the unit it came in, in the words of a card."""

    NONE = "no unit"
    UNKNOWN = "its unit not known"
    CONTRADICTORY = "its unit contradictory"
    IMPLAUSIBLE = "not plausible in its unit"


NOT_A_NUMBER: Final = "not as a number that can be used"


class Number(NamedTuple):
    """A number as it was recorded: the code of its unit and its words. ``is_ucum``: the code is UCUM's; ``foreign``: it
    is another system's, which names no unit here but may speak against the words.
    """

    value: float
    code: str = ""
    unit: str = ""
    is_ucum: bool = False
    foreign: bool = False


def number(result: Observed, comparators: Collection[str] = ()) -> Number | None:
    """From a quantity (with a comparator only if allowed), an integer, or a text that is a numeral ("7", "7/10")."""
    holds = result.holds
    if holds.value_quantity is not None:
        return _of_quantity(holds.value_quantity, comparators)
    if holds.value_integer is not None:
        return Number(float(holds.value_integer))
    text = (
        holds.value_string if holds.value_string is not None else words(holds.value_codeable_concept).split("\n", 1)[0]
    )
    numeral = _NUMERAL.fullmatch(text)
    if numeral is None:
        return None
    return Number(float(numeral[1]), unit=f"/{numeral[2]}" if numeral[2] else "")


def _of_quantity(quantity: Quantity, comparators: Collection[str] = ()) -> Number | None:
    if quantity.value is None or (quantity.comparator and quantity.comparator.strip() not in comparators):
        return None
    system = normalise_system(quantity.system) if quantity.system else ""
    code, said = (quantity.code or "").strip()[:LONGEST], (quantity.unit or "").strip()[:LONGEST]
    return Number(quantity.value, code, said, is_ucum=bool(code) and system == UCUM, foreign=system not in ("", UCUM))


def unit_of(found: Number, *measures: str) -> Unit | Trouble:
    """The unit that a number came in, of one of these properties."""
    return _judged(found._replace(value=0), measures)


@lru_cache(maxsize=2048)
def _judged(named: Number, measures: tuple[str, ...]) -> Unit | Trouble:
    by_code, by_words = _first(named.code, measures), _first(named.unit, measures)
    if by_code is None and by_words is None:
        return Trouble.UNKNOWN if {named.code, named.unit} - {"", UNITY} else Trouble.NONE
    if named.foreign and by_words is None:
        return Trouble.UNKNOWN
    if by_code is None or by_words is None:
        # What the words name elsewhere in the table is something else as well.
        other = named.is_ucum if by_code is None else names_any(named.unit)
        return Trouble.CONTRADICTORY if other else by_code or by_words or Trouble.UNKNOWN
    return by_words if by_code.same(by_words) else Trouble.CONTRADICTORY


def _first(text: str, measures: tuple[str, ...]) -> Unit | None:
    return next((found for each in measures if (found := unit(text, each)) is not None), None)


@dataclass(frozen=True, slots=True)
class Scale:
    """What a topic is counted in.

    ``measures`` is the property and ``code`` the UCUM unit of the rule. ``bare``: a number without a unit is in it.
    ``molar``: so many of it are in one mmol/L, for substances that laboratories weigh or count. ``most``: nobody has
    more of it, so the number or its unit is wrong (plausibility of ours, no source).
    """

    measures: str
    code: str
    bare: bool = False
    molar: Fraction | None = None
    most: float = math.inf

    @property
    def unit(self) -> Unit:
        """The unit of the rule. Raises LookupError where the table has none."""
        return _listed(self.code, self.measures)

    def read(self, result: Observed, comparators: Collection[str] = ()) -> float | Trouble | None:
        """The number in the unit of the rule, what is wrong with its unit, or None where there is no number."""
        found = number(result, comparators)
        return None if found is None else self.of(found)

    def of(self, found: Number) -> float | Trouble | None:
        """The same of a number."""
        named = unit_of(found, *((self.measures,) if self.molar is None else (self.measures, MOLAR)))
        if named is Trouble.NONE and self.bare:
            return found.value
        if isinstance(named, Trouble):
            return named
        try:
            if named.measures == MOLAR and self.molar is not None:
                value = float(Fraction(repr(found.value)) * named.size * self.molar)
            else:
                value = named.to(self.unit, found.value)
        except OverflowError:
            return Trouble.IMPLAUSIBLE
        return value if value <= self.most else Trouble.IMPLAUSIBLE

    def value(self, result: Observed, comparators: Collection[str] = ()) -> float | None:
        """The number in the unit of the rule, or None."""
        read = self.read(result, comparators)
        return read if isinstance(read, float) else None

    def amount(self, quantity: Quantity | None) -> float | None:
        """The same of a quantity that stands alone, such as a dose or a duration."""
        found = None if quantity is None else _of_quantity(quantity)
        read = None if found is None else self.of(found)
        return read if isinstance(read, float) else None


MOLAR: Final = "substance-concentration"
"""Its base unit is mmol/L."""
MASS: Final = Scale("mass", "mg")
PIECES: Final = Scale("pieces", "{tbl}")
"""Tablets, capsules and patches, which a dose counts."""
DAYS: Final = Scale("time", "d", bare=True)
"""A supply or a course of so many, without a unit, is of days."""


@lru_cache(maxsize=64)
def _listed(code: str, measures: str) -> Unit:
    found = unit(code, measures)
    if found is None:
        raise LookupError(f"no unit {code} of {measures}")
    return found


def why_none(
    name: str, results: Iterable[Observed], scale: Scale, comparators: Collection[str] = (), *, none: str = ""
) -> str:
    """Why there is no number of a topic, where none was used: nothing on record, or what is wrong with the newest."""
    newest = max(results, key=_last_day, default=None)
    if newest is None:
        return none or f"no {name} documented"
    read = scale.read(newest, comparators)
    trouble = read.value if isinstance(read, Trouble) else NOT_A_NUMBER
    return f"{name} documented, {trouble}"


def _last_day(result: Observed) -> tuple[int, str]:
    when = result.moment.when
    return (0 if when is None else when.last.toordinal(), result.reference)
