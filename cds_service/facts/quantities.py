"""Numbers of Observations in the unit a rule names; a unit that cannot be told gives no number (DE-11, DE-18)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from cds_service.facts.source import Observed
from cds_service.fhir.codes import words

_NUMERAL: Final = re.compile(r"\s*([+-]?\d{1,6}(?:\.\d{1,4})?)\s*(?:/\s*(\d{1,3}))?\s*")

ABOVE: Final = frozenset({">", ">="})
"""Comparators that leave a number usable where high is what matters."""
BELOW: Final = frozenset({"<", "<="})
"""The same where low is what matters."""


def number(result: Observed, comparators: Collection[str] = ()) -> tuple[float, str] | None:
    """The number and its unit in lower case (the code before the text; empty when absent).

    From a quantity (with a comparator only if allowed), an integer, or a text that is a numeral ("7", "7/10").
    """
    holds = result.holds
    quantity = holds.value_quantity
    if quantity is not None:
        if quantity.value is None or (quantity.comparator and quantity.comparator.strip() not in comparators):
            return None
        return quantity.value, (quantity.code or quantity.unit or "").strip().lower()
    if holds.value_integer is not None:
        return float(holds.value_integer), ""
    text = (
        holds.value_string if holds.value_string is not None else words(holds.value_codeable_concept).split("\n", 1)[0]
    )
    numeral = _NUMERAL.fullmatch(text)
    if numeral is None:
        return None
    return float(numeral[1]), f"/{numeral[2]}" if numeral[2] else ""


def in_unit(result: Observed, factors: Mapping[str, float], comparators: Collection[str] = ()) -> float | None:
    """The number times the factor of its unit; None for a unit that is not listed (empty: no unit)."""
    found = number(result, comparators)
    if found is None:
        return None
    factor = factors.get(found[1])
    return None if factor is None else found[0] * factor
