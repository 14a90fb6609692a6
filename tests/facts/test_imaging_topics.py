"""Facts that the checks of imaging orders read: myeloma, operations on the spine, and two properties of a draft."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import LOINC, SNOMED, concept, condition, facts, resource


@pytest.mark.parametrize(
    ("given", "active"),
    [
        (condition("C90.00"), True),
        (condition("C90.01"), False),
        (condition("109989006", SNOMED), True),
        (condition(text="Multiple myeloma"), True),
        (condition(text="Multiple myeloma in remission"), False),
        (condition(text="Solitary plasmacytoma of L2"), True),
    ],
)
def test_myeloma(given: dict[str, Any], active: bool) -> None:
    """OC-16: by code, else by wording; one in remission is not active."""
    assert [each.active for each in facts(given).malignancy.myeloma.items] == [active]


@pytest.mark.parametrize(
    "given",
    [
        condition("C61"),
        condition("C79.51", text="Bone metastasis, not myeloma"),
        condition(text="Family history of myeloma"),
        condition(text="Monoclonal gammopathy, no myeloma"),
    ],
)
def test_what_is_no_myeloma(given: dict[str, Any]) -> None:
    """Another malignancy, and what is denied or somebody else's."""
    assert facts(given).malignancy.myeloma.items == ()


def procedure(text: str, status: str = "completed") -> dict[str, Any]:
    """A Procedure named in words."""
    return resource("Procedure", status=status, code=concept(text=text), performedDateTime="2020-05-01")


@pytest.mark.parametrize(
    "given",
    [
        procedure("Posterior lumbar fusion L4-L5"),
        procedure("L4 laminectomy"),
        procedure("Microdiscectomy L5/S1"),
        procedure("Spinal decompression"),
        condition(text="Post-laminectomy syndrome"),
        condition(text="S/P lumbar fusion"),
        condition(text="Status after thoracic spinal fusion"),
    ],
)
def test_operations_on_the_spine(given: dict[str, Any]) -> None:
    """OC-04: by their words, whatever resource names them."""
    (found,) = facts(given).spine.surgery.items
    assert found.by_wording


@pytest.mark.parametrize(
    "given",
    [
        procedure("Posterior lumbar fusion", status="not-done"),
        procedure("Consultation for lumbar fusion"),
        procedure("Hip arthroplasty"),
        procedure("Kyphoplasty T12"),
        procedure("Ankle fusion"),
        condition(text="No lumbar fusion"),
    ],
)
def test_what_is_no_operation_on_the_spine(given: dict[str, Any]) -> None:
    """What was not done, only talked of, done elsewhere, or an augmentation."""
    assert facts(given).spine.surgery.items == ()


def draft(**more: Any) -> dict[str, Any]:
    """A drafted radiograph of the lumbar spine."""
    return resource("ServiceRequest", id="d1", status="draft", code=concept("24972-2", LOINC), **more)


@pytest.mark.parametrize(
    ("priority", "hurried"),
    [("stat", True), ("asap", True), ("urgent", True), ("routine", False), (None, False), ("Urgent ", True)],
)
def test_priority_of_a_draft(priority: str | None, hurried: bool) -> None:
    """OC-07: no priority is routine."""
    (found,) = facts(drafts=[draft(**({"priority": priority} if priority else {}))]).drafts
    assert found.hurried is hurried


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, False),
        ({"note": [{"text": "standing films please"}]}, True),
        ({"orderDetail": [concept(text="Weight-bearing")]}, True),
        ({"code": concept("69274-9", LOINC)}, True),
        ({"code": concept("24971-4", LOINC)}, True),
        ({"code": concept("30679-5", LOINC, "MRI lumbar spine, standing")}, False),
    ],
)
def test_a_weight_bearing_film(more: dict[str, Any], standing: bool) -> None:
    """OC-11: by the display of its code, or its words; of a radiograph alone."""
    (found,) = facts(drafts=[{**draft(), **more}]).drafts
    assert found.weight_bearing is standing
