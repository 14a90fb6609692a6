"""C-01 and C-03 as a site may read them (section B): what each reading lets block, and what stays a line."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria.candidacy import C01, C03, MALIGNANCY, WALL_DEFECT, blocking, candidacy, remarks
from cds_service.criteria.criterion import Criterion
from cds_service.facts.truth import MET, NOT_MET, Truth
from tests.criteria.given import assessed, disease, finding, fracture, level_of, study

ACUTE = {"marrow_edema": True}
TUMOUR = {"malignancy": {"diseases": [disease("bone-tropic")]}}
T12 = {"fractures": {"diagnoses": [fracture("T12")]}}


def labels(criteria: tuple[Criterion, ...]) -> set[str]:
    """What is present among criteria, by label."""
    return {c.label for c in criteria if c.claim.met}


@pytest.mark.parametrize(
    ("reading", "said", "cause", "blocks", "excluded", "remarked"),
    [
        (None, {}, NOT_MET, False, True, False),
        ("mdt_only", {}, NOT_MET, False, True, False),
        ("allow", {}, MET, False, False, True),
        ("allow", {"etiology": "pathologic"}, NOT_MET, False, False, True),
        ("allow", {"soft_tissue_mass": True}, NOT_MET, False, False, True),
        ("block", {}, NOT_MET, True, True, False),
    ],
)
def test_a_known_malignancy(
    reading: str | None, said: dict[str, Any], cause: Truth, blocks: bool, excluded: bool, remarked: bool
) -> None:
    """C-01: `allow` lets the malignancy alone pass, never the signs of a pathologic fracture in the report."""
    a = assessed(**TUMOUR, **T12, imaging={"studies": [study(finding("T12", **ACUTE, **said))]})
    level, choices = level_of(a), {} if reading is None else {C01: reading}
    found = candidacy(level, a, choices)
    (va10,) = (c for c in found.criteria.include if c.rule == "VA-10")
    assert va10.claim.truth is cause
    assert (MALIGNANCY in labels(blocking(level, choices))) is blocks
    assert (MALIGNANCY in labels(found.criteria.exclude)) is excluded
    assert (MALIGNANCY in labels(found.remarks)) is remarked


@pytest.mark.parametrize("reading", ["mdt_only", "allow", "block"])
def test_without_a_malignancy_the_reading_changes_nothing(reading: str) -> None:
    """A choice alters a card only where it decides something: the absent malignancy is listed as before."""
    a = assessed(**T12, imaging={"studies": [study(finding("T12", **ACUTE))]})
    level = level_of(a)
    assert candidacy(level, a, {C01: reading, C03: "review"}) == candidacy(level, a, {})


@pytest.mark.parametrize(
    ("reading", "wall", "blocks", "remarked"),
    [
        ("block", "disrupted", True, False),
        ("review", "disrupted", False, True),
        ("review", "intact", False, False),
        ("review", None, False, False),
    ],
)
def test_a_wall_defect(reading: str, wall: str | None, blocks: bool, remarked: bool) -> None:
    """C-03: with `review` a line for the specialist; retropulsion and canal compromise block whatever is chosen."""
    told = finding("T12", **ACUTE, posterior_wall=wall, retropulsion=True)
    level = level_of(assessed(**T12, imaging={"studies": [study(told)]}))
    present = labels(blocking(level, {C03: reading}))
    assert (WALL_DEFECT in present) is blocks
    assert "retropulsion or canal compromise" in present
    assert (WALL_DEFECT in labels(remarks(level, {C03: reading}))) is remarked
