"""CF-07: numbers whose unit is missing, not known or contradictory are kept, and only those."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import facts, observation


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (observation("72514-3", 65), [("pain", (6.5,))]),
        (observation("72514-3", 65, "{score}"), [("pain", (6.5,))]),
        (observation("72514-3", 11), [("pain", (1.1,))]),
        (observation("72514-3", 10), []),
        (observation("72514-3", 65, "mm"), []),
        (observation("72514-3", 65, "{0-100}"), []),
        (observation("72514-3", 101), []),
        (observation("72514-3", 65, bodySite={"text": "left knee"}), []),
        (observation("1988-5", 80), [("crp", (80.0, 800.0))]),
        (observation("1988-5", 80, "mg/L"), []),
        (observation("1988-5", 80, "furlong"), [("crp", (80.0, 800.0))]),
        (observation("4537-7", 80, "furlong"), [("esr", (80.0,))]),
        (observation("8310-5", 101, "furlong"), [("temperature", (pytest.approx(38.33, abs=0.01),))]),
        (observation("6301-6", 1.5, "s"), [("inr", (1.5,))]),
        (observation("72514-3", 8, "kg"), [("pain", (8.0, 0.8))]),
        (observation("8310-5", 38), []),
        (observation("777-3", 230), [("platelets", (0.23, 230.0))]),
        (observation("777-3", 230, "10*9/L"), []),
        (observation("777-3", "low"), []),
        (observation("6301-6", 1.5), []),
        (observation("4537-7", 30), []),
        (observation("777-3", 230, status="entered-in-error"), []),
    ],
)
def test_numbers_without_a_unit(given: dict[str, Any], kept: list[tuple[str, tuple[float, ...]]]) -> None:
    """DE-11, DE-18, DE-21: beyond 10 of a pain score, CRP and platelets; what has one plausible reading is used."""
    assert [(each.kind, each.readings) for each in facts(given).unitless] == kept


def test_the_evidence_says_the_number_and_nothing_else() -> None:
    """A card quotes the number as recorded, with its place and day."""
    (kept,) = facts(observation("777-3", 230, effectiveDateTime="2026-11-15")).unitless
    assert (kept.evidence.reference, kept.evidence.value, kept.evidence.date) == (
        "Observation/o1",
        "platelets 230, no unit",
        "2026-11-15",
    )
