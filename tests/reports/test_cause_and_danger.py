"""Cause of a fracture, cement, and the signs that stop an augmentation: ET-02 to ET-08, the contract's "Others"."""

from __future__ import annotations

import pytest

from cds_service.reports.reader import read_report
from tests.reports.reading import facts, statuses, value

ETIOLOGY = [
    ("Pathologic fracture of L1.", "pathologic"),
    ("Pathological compression fracture of L1.", "pathologic"),
    ("L1 compression fracture due to metastasis.", "pathologic"),
    ("Metastatic compression fracture of L1.", "pathologic"),
    ("L1 compression fracture, possibly pathologic.", "suspicious"),
    ("L1 compression fracture suspicious for malignancy.", "suspicious"),
    ("L1 compression fracture. Metastasis cannot be excluded.", "suspicious"),
    ("L1 compression fracture, concerning for pathologic fracture.", "suspicious"),
    ("L1 compression fracture with diffuse marrow replacement.", "suspicious"),
    ("L1 compression fracture believed to be pathological.", "suspicious"),
    ("Osteoporotic compression fracture of L1.", "osteoporotic"),
    ("L1 compression fracture due to osteoporosis.", "osteoporotic"),
    ("L1 compression fracture, likely osteoporotic.", None),
    ("Traumatic compression fracture of L1.", "traumatic"),
    ("L1 compression fracture due to discitis-osteomyelitis.", "infectious"),
    ("L1 osteomyelitis with collapse of the L1 vertebral body.", "infectious"),
    ("L1 compression fracture through a hemangioma.", "benign-lesion"),
    ("L1 compression fracture with abnormal disc signal concerning for discitis.", None),
    ("L1 compression fracture, not pathologic.", None),
    ("L1 compression fracture without evidence of metastasis.", None),
    ("L1 compression fracture. No evidence of malignancy.", None),
    ("L1 compression fracture. No osteomyelitis.", None),
    ("Benign appearing L1 compression fracture.", None),
    ("L1 compression fracture. Osteoporosis.", None),
    ("L1 insufficiency fracture.", None),
    ("L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "etiology"), ETIOLOGY)
def test_cause(text: str, etiology: str | None) -> None:
    """Hazard 25, ET-02 to ET-05, ET-08: affirmed, doubted and denied causes."""
    assert value(text, "L1", "etiology") == etiology


SIGNS = [
    ("fluid_cleft", "L1 compression fracture with an intravertebral fluid cleft.", True),
    ("fluid_cleft", "L1 compression fracture with intravertebral vacuum phenomenon.", True),
    ("fluid_cleft", "L1 compression fracture without fluid cleft.", False),
    ("posterior_elements", "L1 compression fracture involving the left pedicle.", True),
    ("posterior_elements", "L1 compression fracture with extension into the posterior elements.", True),
    ("posterior_elements", "L1 compression fracture. Posterior elements are intact.", False),
    ("posterior_elements", "L1 compression fracture without pedicle involvement.", False),
    ("posterior_elements", "L1 compression fracture. No involvement of the posterior elements.", False),
    ("posterior_elements", "L1 compression fracture. Pedicle screws at L4.", None),
    ("soft_tissue_mass", "L1 compression fracture with paravertebral soft tissue mass.", True),
    ("soft_tissue_mass", "L1 compression fracture with epidural extension.", True),
    ("soft_tissue_mass", "L1 compression fracture. No epidural or paravertebral mass.", False),
    ("soft_tissue_mass", "L1 compression fracture without a soft-tissue mass.", False),
    ("soft_tissue_mass", "L1 compression fracture with possible epidural mass.", None),
    ("cord_signal", "L1 compression fracture with abnormal cord signal.", True),
    ("cord_signal", "L1 compression fracture. Cord signal is normal.", False),
    ("cord_signal", "L1 compression fracture. No abnormal cord signal.", False),
    ("disc_signal", "L1 compression fracture with endplate erosion.", True),
    ("disc_signal", "L1 compression fracture with fluid signal in the disc.", True),
    ("disc_signal", "L1 compression fracture with discitis.", True),
    ("disc_signal", "L1 compression fracture without discitis.", False),
    ("disc_signal", "L1 compression fracture. Disc desiccation at L4-5.", None),
    ("collection", "L1 compression fracture with epidural abscess.", True),
    ("collection", "L1 compression fracture with a paravertebral fluid collection.", True),
    ("collection", "L1 compression fracture. No epidural collection.", False),
    ("collection", "L1 compression fracture. Liver abscess.", None),
    ("unstable", "L1 burst fracture with posterior ligamentous complex injury.", True),
    ("unstable", "Chance fracture of L1.", True),
    ("unstable", "L1 fracture with translation.", True),
    ("unstable", "L1 burst fracture. Posterior ligamentous complex is intact.", False),
    ("unstable", "L1 burst fracture without ligamentous injury.", False),
    ("unstable", "L1 compression fracture.", None),
]


@pytest.mark.parametrize(("field", "text", "expected"), SIGNS)
def test_signs_of_danger(field: str, text: str, expected: bool | None) -> None:
    """Contract "Others": true, false or null at the level."""
    assert value(text, "L1", field) is expected


ALONE = [
    ("Epidural abscess.", "collection"),
    ("Paravertebral soft tissue mass.", "soft_tissue_mass"),
    ("Abnormal cord signal.", "cord_signal"),
    ("Discitis at L3-4.", "disc_signal"),
]


@pytest.mark.parametrize(("text", "field"), ALONE)
def test_danger_without_a_fracture_is_still_reported(text: str, field: str) -> None:
    """Contract "Findings": level null, and no status."""
    found = facts(text)[None]
    assert found[field] is True
    assert "status" not in found


def test_disc_signal_at_a_neighbouring_disc_belongs_to_the_fracture() -> None:
    """ET-04: signal of the L3-4 disc beside an L3 fracture."""
    assert (
        value("L3 compression fracture with abnormal disc signal L3-4 concerning for discitis.", "L3", "disc_signal")
        is True
    )


def test_infection_at_another_disc_is_not_the_fractures() -> None:
    """ET-04: kept, but with level null."""
    found = facts("L1 compression fracture. Discitis-osteomyelitis at L4-5.")
    assert "disc_signal" not in found["L1"]
    assert found[None]["disc_signal"] is True


CEMENT = [
    ("Status post kyphoplasty at L1.", "treated", "kyphoplasty"),
    ("Prior L1 vertebroplasty.", "treated", "vertebroplasty"),
    ("Cement is seen within the L1 vertebral body.", "treated", "cement"),
    ("L1 was treated with vertebroplasty in 2019.", "treated", "vertebroplasty"),
    ("L1 compression fracture status post kyphoplasty.", "treated", "kyphoplasty"),
    ("L1 kyphoplasty with new compression fracture of L1.", "present", "kyphoplasty"),
    ("Previously augmented L1 with recompression and marrow edema.", "present", "cement"),
    ("Kyphoplasty of the L1 compression fracture is planned.", "present", None),
    ("Recommend vertebroplasty for L1 compression fracture.", "present", None),
    ("L1 compression fracture, candidate for kyphoplasty.", "present", None),
    ("L1 compression fracture. No prior vertebroplasty.", "present", None),
]


@pytest.mark.parametrize(("text", "status", "augmentation"), CEMENT)
def test_cement(text: str, status: str, augmentation: str | None) -> None:
    """FX-08, contract "Status": cement without a current fracture is treated, a planned procedure is nothing yet."""
    assert (value(text, "L1", "status"), value(text, "L1", "augmentation")) == (status, augmentation)


def test_a_new_fracture_beside_cement() -> None:
    """FX-08: only the cemented level is treated."""
    assert statuses("Prior kyphoplasty at T12 and L1. New L2 compression fracture.") == {
        "T12": "treated",
        "L1": "treated",
        "L2": "present",
    }


INFECTIONS = [
    ("Possible epidural abscess.", [("possible", ("L1",), "collection")]),
    ("Findings concerning for epidural phlegmon.", [("possible", ("L1",), "collection")]),
    ("Findings suspicious for vertebral osteomyelitis at T12.", [("possible", ("T12",), "etiology")]),
    ("Discitis at T12-L1 cannot be excluded.", [("possible", ("T12", "L1"), "etiology")]),
    ("Superimposed infection cannot be excluded.", [("possible", ("L1",), "etiology")]),
    ("Probable discitis at L3-L4.", [("possible", ("L3", "L4"), "etiology")]),
    ("Question of early discitis at L3-L4.", [("possible", ("L3", "L4"), "etiology")]),
    ("Discitis at L3-L4.", [("stated", ("L3", "L4"), "etiology")]),
    ("There is vertebral osteomyelitis.", [("stated", (), "etiology")]),
    ("No discitis.", [("denied", (), "etiology")]),
    ("No epidural collection.", [("denied", (), "collection")]),
    ("Discitis at L2-L3 has resolved.", [("denied", ("L2", "L3"), "etiology")]),
    ("Discitis cannot be excluded. ADDENDUM: No discitis.", [("denied", (), "etiology")]),
    ("Discitis is unlikely.", []),
    ("Low suspicion for discitis.", []),
    ("History of discitis at L2-L3.", []),
    ("If there is concern for infection, consider contrast.", []),
    ("Possible infection in the left lower lobe.", []),
    ("Possible urinary tract infection.", []),
    ("Possible renal abscess.", []),
    ("Bone marrow edema at T12 suspicious for osteomyelitis.", [("possible", ("T12",), "etiology")]),
    ("Suspicious for infection.", [("possible", ("L1",), "etiology")]),
]


@pytest.mark.parametrize(("text", "expected"), INFECTIONS)
def test_words_on_infection(text: str, expected: list[tuple[str, tuple[str, ...], str]]) -> None:
    """FX-04, FX-05, FX-09: stated, doubted or denied, and of which levels; a doubt is no cause, nor a collection."""
    reading = read_report(f"L1 compression fracture. {text}")
    assert [(each.said, each.levels, each.field) for each in reading.infections] == expected
    if expected and expected[0][0] != "stated":
        assert all(f.etiology is None and f.collection is not True for f in reading.findings)
