"""Levels and regions in the words of orders and problems."""

from __future__ import annotations

import pytest

from cds_service.facts.levels import levels_in, regions_in


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("L1 compression fracture", ("L1",)),
        ("fracture of T12 vertebra", ("T12",)),
        ("fracture of the twelfth thoracic vertebra", ("T12",)),
        ("compression fractures T11, T12 and L1", ("T11", "T12", "L1")),
        ("T6 through T8", ("T6", "T7", "T8")),
        ("T12-L1 kyphoplasty", ("T12", "L1")),
        ("D12 fracture", ("T12",)),
        ("L4-5 disc herniation", ()),
        ("L4-5 fusion", ()),
        ("T2 weighted images", ()),
        ("L5 nerve root", ()),
        ("possibly T7", ()),
        ("T11 or T12 fracture", ()),
        ("C5 fracture", ()),
        ("vitamin D 12", ()),
        ("lumbar vertebra", ()),
        ("", ()),
    ],
)
def test_levels_in_words(text: str, levels: tuple[str, ...]) -> None:
    """DE-04: only T1 to L5, only what is certain; disc spaces, roots and sequences are no bodies."""
    assert levels_in(text) == levels


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("MRI LUMBAR SPINE", {"lumbar"}),
        ("MR T-spine", {"thoracic"}),
        ("XR lumbosacral spine", {"lumbar", "sacral"}),
        ("thoracolumbar spine", {"thoracic", "lumbar"}),
        ("whole spine", {"cervical", "thoracic", "lumbar", "sacral"}),
        ("L-spine 2 views", {"lumbar"}),
        ("spine", set()),
        ("knee", set()),
    ],
)
def test_regions_in_words(text: str, regions: set[str]) -> None:
    """D1 "Regions"."""
    assert regions_in(text) == regions
