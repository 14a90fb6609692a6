"""Acuity, marrow edema, tracer uptake and change against priors: the contract's "Acuity", hazards 22 to 24."""

from __future__ import annotations

import pytest

from tests.reports.reading import facts, read, value

ACUITY = [
    ("Acute L1 compression fracture.", "acute"),
    ("Fresh fracture of L1.", "acute"),
    ("Recent compression fracture of L1.", "acute"),
    ("L1 compression fracture, acute.", "acute"),
    ("The L1 compression fracture is acute.", "acute"),
    ("Acute on chronic L1 compression fracture.", "acute"),
    ("L1 compression fracture with marrow edema.", "acute"),
    ("L1 compression fracture, likely acute.", None),
    ("Subacute L1 compression fracture.", "subacute"),
    ("Subacute L1 compression fracture with marrow edema.", "subacute"),
    ("L1 fracture with resolving marrow edema.", "subacute"),
    ("Chronic L1 compression fracture.", "chronic"),
    ("Old compression fracture of L1.", "chronic"),
    ("Healed L1 fracture.", "chronic"),
    ("Remote L1 compression deformity.", "chronic"),
    ("Stable L1 compression deformity.", "chronic"),
    ("L1 compression deformity, unchanged since 2021.", "chronic"),
    ("L1 compression deformity is unchanged.", "chronic"),
    ("Chronic L1 compression fracture with mild residual marrow edema.", "chronic"),
    ("Mostly old fracture of L1.", "chronic"),
    ("Age-indeterminate L1 compression deformity.", "indeterminate"),
    ("L1 compression fracture of indeterminate age.", "indeterminate"),
    ("L1 compression fracture. The age of this fracture is unknown.", "indeterminate"),
    ("L1 compression deformity. This is age-indeterminate.", "indeterminate"),
    ("L1 compression fracture, acute versus chronic.", "indeterminate"),
    ("New L1 compression fracture.", None),
    ("L1 compression fracture has progressed since the prior study.", None),
    ("L1 compression fracture with increased uptake.", None),
    ("L1 compression fracture with fluid cleft and marrow edema.", None),
    ("L1 compression fracture with acute kyphosis.", None),
    ("L1 compression fracture. Acute pneumonia.", None),
    ("L1 compression fracture is not acute.", None),
    ("L1 compression fracture, possibly acute.", None),
    ("L1 compression fracture. Stable cardiomegaly.", None),
    ("L1 compression fracture with stable alignment.", None),
    ("L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "acuity"), ACUITY)
def test_age_of_a_fracture(text: str, acuity: str | None) -> None:
    """Contract "Acuity": as said; edema says acute only where no other age is said; new and uptake alone leave it
    open."""
    assert value(text, "L1", "acuity") == acuity


EDEMA = [
    ("L1 compression fracture with marrow edema.", True),
    ("L1 compression fracture with bone marrow oedema.", True),
    ("L1 fracture with edema.", True),
    ("STIR hyperintensity within the L1 vertebral body.", True),
    ("High signal on STIR at L1.", True),
    ("L1 vertebral body demonstrates marrow edema.", True),
    ("Edema is present in the L1 vertebral body.", True),
    ("L1 compression fracture. There is associated bone marrow edema.", True),
    ("L1 fracture with bone bruise.", True),
    ("L1 compression fracture with faint residual STIR signal.", True),
    ("L1 compression fracture without marrow edema.", False),
    ("L1 compression fracture; no edema.", False),
    ("L1 compression fracture. No marrow edema.", False),
    ("No bone marrow edema at L1.", False),
    ("Chronic L1 deformity, no evidence of marrow edema.", False),
    ("Marrow edema is not seen at L1.", False),
    ("L1 compression fracture. Marrow edema has resolved.", False),
    ("L1 compression fracture with possible marrow edema.", None),
    ("L1 compression fracture. Pulmonary edema.", None),
    ("L1 compression fracture. Bilateral leg edema.", None),
    ("L1 compression fracture with paraspinal soft tissue edema.", None),
    ("Cord edema at L1.", None),
    ("Endplate edema at L1-2, Modic type 1. L1 compression fracture.", None),
    ("L1 compression fracture. Evaluate for marrow edema with MRI.", None),
    ("Heart size normal. No edema. L1 compression fracture.", None),
    ("L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "edema"), EDEMA)
def test_marrow_edema(text: str, edema: bool | None) -> None:
    """Hazard 22: edema of the marrow, not of lungs, legs, soft tissue, cord or a degenerate endplate."""
    assert value(text, "L1", "marrow_edema") is edema


SEVERAL = [
    ("T12 fracture with edema; L2 chronic without edema.", {"T12": (True, "acute"), "L2": (False, "chronic")}),
    (
        "Old compression fracture of T8. Acute L1 fracture with marrow edema.",
        {"T8": (None, "chronic"), "L1": (True, "acute")},
    ),
    (
        "Compression fractures of T8 and T9 without edema and of T12 with edema.",
        {"T8": (False, None), "T9": (False, None), "T12": (True, "acute")},
    ),
    ("Chronic T8 fracture, acute T10 fracture.", {"T8": (None, "chronic"), "T10": (None, "acute")}),
    (
        "T8, T9 and T12 fractures, edema only at T12.",
        {"T8": (False, None), "T9": (False, None), "T12": (True, "acute")},
    ),
]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_several_levels_of_different_age(text: str, expected: dict[str, tuple[bool | None, str | None]]) -> None:
    """Hazard 24: age and edema stay with their own level."""
    found = facts(text)
    assert {level: (known.get("marrow_edema"), known.get("acuity")) for level, known in found.items()} == expected


UPTAKE = [
    ("Increased uptake at T11 on bone scan.", True),
    ("Intense radiotracer uptake in the T11 vertebral body.", True),
    ("T11 compression fracture with focal tracer uptake.", True),
    ("T11 shows increased activity on SPECT.", True),
    ("No abnormal uptake at T11.", False),
    ("T11 compression fracture without increased uptake.", False),
    ("T11 compression fracture. Uptake in the left sixth rib.", None),
    ("FDG uptake at T11.", None),
]


@pytest.mark.parametrize(("text", "uptake"), UPTAKE)
def test_tracer_uptake(text: str, uptake: bool | None) -> None:
    """AC-05: uptake at the level; FDG and ribs are no such uptake."""
    assert value(text, "T11", "tracer_uptake") is uptake


def test_unlevelled_edema_words_stand_alone() -> None:
    """A phrase without a level is kept with level null."""
    assert facts("no marrow edema") == {None: {"marrow_edema": False}}


CHANGE = [
    ("New L1 compression fracture.", "new"),
    ("L1 compression fracture, new since 2020.", "new"),
    ("L1 compression fracture which is new from the prior study.", "new"),
    ("Interval development of L1 compression fracture.", "new"),
    ("L1 fracture, not seen on the prior.", "new"),
    ("Stable L1 compression fracture.", "unchanged"),
    ("L1 compression fracture is unchanged.", "unchanged"),
    ("L1 compression fracture, similar to 2019.", "unchanged"),
    ("No significant change in the L1 compression fracture.", "unchanged"),
    ("L1 compression fracture has progressed.", "progressed"),
    ("Worsening L1 compression fracture.", "progressed"),
    ("L1 compression fracture with further loss of height.", "progressed"),
    ("Interval increase in height loss at L1.", "progressed"),
    ("Progressive collapse of L1.", "progressed"),
    ("L1 compression fracture with stable scoliosis.", None),
    ("L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "change"), CHANGE)
def test_change_against_a_prior_study(text: str, change: str | None) -> None:
    """Contract: height_change new, unchanged, progressed."""
    assert value(text, "L1", "height_change") == change


def test_no_new_fracture_leaves_the_old_one_alone() -> None:
    """FX-05: "no new fracture" beside a stable deformity."""
    text = "No new fracture. Stable T8 deformity of the vertebral body."
    assert value(text, "T8", "status") == "present"
    assert read(text)["regions_without_acute_fracture"] == ["spine"]


LISTED = [
    "Fractures of T10 (acute) and T12 (chronic).",
    "T10 acute and T12 chronic compression fractures.",
    "Acute T10 and chronic T12 compression fractures.",
    "Compression fractures: T10 acute, T12 chronic.",
    "Acute compression fracture of T10 and old compression fracture of T12.",
    "T10 fracture is acute. T12 fracture is chronic.",
]


@pytest.mark.parametrize("text", LISTED)
def test_an_age_stays_with_the_level_beside_it(text: str) -> None:
    """Hazard 24: levels that share one noun keep their own ages."""
    assert {level: known.get("acuity") for level, known in facts(text).items()} == {"T10": "acute", "T12": "chronic"}


RESOLVED = [
    "T12 shows resolution of the previously seen marrow edema.",
    "Previously seen marrow edema at T12 has resolved.",
    "T12 compression fracture is no longer edematous.",
    "Resolved marrow edema at T12.",
]


@pytest.mark.parametrize("text", RESOLVED)
def test_edema_that_is_gone_is_no_edema(text: str) -> None:
    """Hazard 22, AC-06."""
    assert value(text, "T12", "marrow_edema") is False


def test_the_latter_is_the_last_named() -> None:
    """Hazard 24: "the latter" takes the last level only."""
    found = facts("Fractures of T12 and L1, the latter with marrow edema.")
    assert (found["T12"].get("marrow_edema"), found["L1"].get("marrow_edema")) == (None, True)
