"""DE-25: the estimated glomerular filtration rate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import facts, observation


def rates(*given: dict[str, Any]) -> list[float]:
    """The rates read."""
    return [each.value for each in facts(*given).egfr.items]


@pytest.mark.parametrize(
    "unit",
    [
        "mL/min/{1.73_m2}",
        "mL/min/1.73m2",
        "mL/min/1.73 m2",
        "mL/min/1.73 m^2",
        "mL/min/1.73 m\u00b2",
        "mL/min/{1.73m2}",
        "ml/min/1,73 m2",
        "mL/min/1.73sqm",
        "mL/min",
    ],
)
def test_spellings_of_the_unit(unit: str) -> None:
    """One unit, written in many ways; the code itself says that the rate is of 1.73 square metres."""
    assert rates(observation("98979-8", 29, unit)) == [29]


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        (observation("33914-3", 29), 29),
        (observation("33914-3", 0.5), None),
        (observation("98979-8", 0.5, "mL/s/1.73m2"), 30),
        (observation("98979-8", 29, "mg/dL"), None),
        (observation("98979-8", "29"), 29),
        (observation("98979-8", 900, "mL/min"), None),
        (observation("98979-8", 0, "mL/min"), None),
        (observation("98979-8", 29, "mL/min", status="cancelled"), None),
        (observation("2160-0", 1.2, "mg/dL"), None),
    ],
)
def test_what_is_a_rate(given: dict[str, Any], rate: float | None) -> None:
    """Without a unit only what cannot be mL/s; another unit, another test or nonsense is none."""
    assert rates(given) == ([] if rate is None else [rate])


@pytest.mark.parametrize(
    ("comparator", "value", "rate"),
    [(">", 60, 60), (">=", 90, 90), ("<", 15, 15), ("<", 30, 30), ("<", 60, None)],
)
def test_comparators(comparator: str, value: float, rate: float | None) -> None:
    """ "Over 60" is not low and "under 15" is; "under 60" may be either, so it is no number."""
    quantity = {"value": value, "unit": "mL/min/{1.73_m2}", "comparator": comparator}
    assert rates(observation("98979-8", None, valueQuantity=quantity)) == ([] if rate is None else [rate])


def test_newest_first_and_none_proves_nothing() -> None:
    """Decision 1: laboratory values nobody found are unknown."""
    old = observation("98979-8", 25, "mL/min", id="a", effectiveDateTime="2026-11-01")
    new = observation("98979-8", 55, "mL/min", id="b", effectiveDateTime="2026-11-19")
    assert rates(old, new) == [55, 25]
    assert facts().egfr.gap == "no eGFR documented"
