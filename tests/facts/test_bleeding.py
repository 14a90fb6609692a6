"""DE-18, DE-19, CX-07, CX-08: INR, platelets, antithrombotics, disorders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import RXNORM, concept, condition, facts, observation, resource


@pytest.mark.parametrize(
    ("given", "inr"),
    [
        (observation("6301-6", 1.5, "{INR}"), 1.5),
        (observation("34714-6", 2.6), 2.6),
        (observation("6301-6", "1.1"), 1.1),
        (observation("6301-6", None, valueQuantity={"value": 8, "comparator": ">"}), 8),
        (observation("6301-6", 12.5, "s"), None),
        (observation("5902-2", 12.5, "s"), None),
        (observation("6301-6", 0), None),
        (observation("6301-6", 1.5, status="cancelled"), None),
    ],
)
def test_inr(given: dict[str, Any], inr: float | None) -> None:
    """DE-18: a ratio; seconds are another test."""
    assert [each.value for each in facts(given).bleeding.inr.items] == ([] if inr is None else [inr])


@pytest.mark.parametrize(
    ("value", "unit", "count"),
    [
        (230, "10*9/L", 230),
        (230, "K/uL", 230),
        (230, "10*3/uL", 230),
        (230, "x10E3/uL", 230),
        (230000, "/uL", 230),
        (49000, "/mm3", 49),
        (230, None, None),
        (230, "g/L", None),
    ],
)
def test_platelets_in_their_units(value: float, unit: str | None, count: float | None) -> None:
    """DE-18: K/uL is 10*9/L; without a unit 230 and 230000 cannot be told apart, so neither counts."""
    assert [each.value for each in facts(observation("777-3", value, unit)).bleeding.platelets.items] == (
        [] if count is None else [count]
    )


def test_newest_first() -> None:
    """The rules take the newest."""
    given = [
        observation("6301-6", 2.6, id="a", effectiveDateTime="2026-11-01"),
        observation("6301-6", 1.4, id="b", effectiveDateTime="2026-11-19"),
    ]
    assert [each.value for each in facts(*given).bleeding.inr.items] == [1.4, 2.6]


def drug(
    code: str = "11289", status: str = "active", text: str = "", kind: str = "MedicationRequest"
) -> dict[str, Any]:
    """A medication, warfarin unless another code is given."""
    return resource(
        kind,
        status=status,
        intent="order",
        medicationCodeableConcept=concept(code, RXNORM, text),
        authoredOn="2026-01-01",
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (drug(), [("warfarin", True)]),
        (drug(status="on-hold"), [("warfarin", False)]),
        (drug(status="stopped"), [("warfarin", False)]),
        (drug("1364430"), [("doac", True)]),
        (drug("1191"), [("aspirin", True)]),
        (drug("32968", kind="MedicationStatement"), [("p2y12", True)]),
        (drug("", text="Apixaban 5 mg tablet"), [("doac", True)]),
        (drug("5224", text="heparin lock flush"), []),
        (drug(status="entered-in-error"), []),
        (drug(status="draft"), []),
    ],
)
def test_antithrombotics(given: dict[str, Any], found: list[tuple[str, bool]]) -> None:
    """DE-19: on hold is not active; a line flush is none."""
    assert [(each.kind, each.active) for each in facts(given).bleeding.antithrombotics.items] == found


def test_a_status_code_counts_only_where_drugs_were_not_read() -> None:
    """`terminology.md` 7: Z79.01 goes stale, and the medication list knows better when it is there."""
    assert facts(condition("Z79.01")).bleeding.antithrombotics.items == ()
    told = facts(condition("Z79.01"), without=("medications",)).bleeding.antithrombotics
    assert ([each.kind for each in told.items], told.gap) == (["other"], "medications not sent")


@pytest.mark.parametrize(
    ("code", "counts"),
    [("D68.4", True), ("D69.6", True), ("D68.51", False), ("R79.1", False), ("Z79.01", False), ("T45.515A", False)],
)
def test_disorders(code: str, counts: bool) -> None:
    """DE-18: bleeding disorders; thrombophilia and laboratory codes are none."""
    assert bool(facts(condition(code)).bleeding.disorders.items) is counts


def test_gaps() -> None:
    """Decision 1: labs prove nothing by silence, a whole medication list does."""
    told = facts().bleeding
    assert (told.inr.gap, told.platelets.gap, told.antithrombotics.gap) == (
        "no INR documented",
        "no platelet count documented",
        None,
    )
