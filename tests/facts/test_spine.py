"""DE-28, FX-08: augmentations already done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import CPT, SNOMED, concept, days, facts, resource


def procedure(
    code: str = "22514", system: str = CPT, text: str = "", status: str | None = "completed", **more: Any
) -> dict[str, Any]:
    """A Procedure of 1 May 2026."""
    base = {
        "code": concept(code, system, text),
        "performedDateTime": "2026-05-01",
        **({"status": status} if status else {}),
    }
    return resource("Procedure", **{**base, **more})


@pytest.mark.parametrize(
    ("given", "levels"),
    [
        (procedure(), ()),
        (procedure("426243004", SNOMED, bodySite=[concept("66794005", SNOMED)]), ("L1",)),
        (procedure(bodySite=[{"text": "T12 and L1 vertebral bodies"}]), ("T12", "L1")),
        (procedure("0PU43JZ", "http://www.cms.gov/Medicare/Coding/ICD10"), ()),
        (procedure("22523", text="Kyphoplasty"), ()),
        (procedure("", text="Balloon kyphoplasty L2"), ("L2",)),
        (procedure("", text="Vertebroplasty T11-T12"), ("T11", "T12")),
        (procedure("", text="SpineJack implantation, twelfth thoracic vertebra"), ("T12",)),
        (procedure("", text="PVP L3"), ("L3",)),
        (procedure(status=None), ()),
    ],
)
def test_augmentations_by_code_or_words(given: dict[str, Any], levels: tuple[str, ...]) -> None:
    """Section E synonyms, levels by site or words; a code alone names no level."""
    (found,) = facts(given).spine.augmentations.items
    assert (found.levels, found.when) == (levels, days("2026-05-01"))


@pytest.mark.parametrize(
    "given",
    [
        procedure(status="not-done"),
        procedure(status="entered-in-error"),
        procedure(status="preparation"),
        procedure(status="in-progress"),
        procedure("0200T"),
        procedure("", text="Sacroplasty"),
        procedure("22310"),
        procedure("0PS43ZZ", "http://www.cms.gov/Medicare/Coding/ICD10"),
        procedure("", text="Consultation for kyphoplasty"),
        procedure("", text="PVP of the prostate"),
        procedure("", text="Cement augmentation of pedicle screws"),
        procedure("", text="Lumbar fusion L4-5"),
    ],
)
def test_what_is_no_augmentation_done(given: dict[str, Any]) -> None:
    """Void, planned or talked of, sacroplasty, closed treatment, a reposition alone, and other cement."""
    assert facts(given).spine.augmentations.items == ()


def test_newest_first_and_the_gap() -> None:
    """Decision 1: procedures whole and empty are none."""
    old = {**procedure(performedDateTime="2020"), "id": "old"}
    assert [each.when for each in facts(old, procedure()).spine.augmentations.items] == [
        days("2026-05-01"),
        days("2020-01-01", "2020-12-31"),
    ]
    assert (facts().spine.augmentations.gap, facts().spine.planned_surgery.gap) == (None, "not documented")
    assert facts(without=("procedures",)).spine.augmentations.gap == "procedures not sent"
