"""Which vertebra is meant: hazard 19 and the level rules of clinical.md section G."""

from __future__ import annotations

import pytest

from tests.reports.reading import read, statuses, value

NAMED = [
    ("T12 compression fracture.", ["T12"]),
    ("D12 compression fracture.", ["T12"]),
    ("Th12 compression fracture.", ["T12"]),
    ("TH 12 compression fracture.", ["T12"]),
    ("T 12 compression fracture.", ["T12"]),
    ("T-12 compression fracture.", ["T12"]),
    ("Compression fracture of the twelfth thoracic vertebra.", ["T12"]),
    ("Compression fracture of the 12th thoracic vertebral body.", ["T12"]),
    ("Compression fracture of the thoracic eleventh vertebra.", ["T11"]),
    ("First lumbar vertebral compression fracture.", ["L1"]),
    ("Compression fracture of the third lumbar vertebra.", ["L3"]),
    ("Compression fractures of the eleventh and twelfth thoracic vertebrae.", ["T11", "T12"]),
    ("Compression fracture of lumbar vertebra 1.", ["L1"]),
    ("Compression fractures of T11-L1.", ["T11", "T12", "L1"]),
    ("Compression fractures T11 to L1.", ["T11", "T12", "L1"]),
    ("Compression fractures from Th3 to Th6.", ["T3", "T4", "T5", "T6"]),
    ("Wedging of T6 through T8.", ["T6", "T7", "T8"]),
    ("Wedging of T6-8.", ["T6", "T7", "T8"]),
    ("Compression deformities of T5, T7 and T9.", ["T5", "T7", "T9"]),
    ("Compression deformities of T5,T7,T9.", ["T5", "T7", "T9"]),
    ("Compression deformities of L1,2.", ["L1", "L2"]),
    ("T11-T12 compression fractures.", ["T11", "T12"]),
    ("Collapse of the T11/T12 vertebral bodies.", ["T11", "T12"]),
    ("Compression fractures at T4, T5, and T6 vertebral bodies.", ["T4", "T5", "T6"]),
    ("The vertebral body of L4 is collapsed.", ["L4"]),
    ("L2 vetebral body compression fracture.", ["L2"]),
    ("Tl2 compression fracture.", ["T12"]),
    ("Old compression fracture of L2 and new T12 fracture.", ["T12", "L2"]),
    ("T12 (40%) and L1 (20%) compression fractures.", ["T12", "L1"]),
]


@pytest.mark.parametrize(("text", "levels"), NAMED)
def test_the_levels_of_a_fracture(text: str, levels: list[str]) -> None:
    """Hazard 19: letters, figures, ordinals, ranges and lists name the same vertebrae."""
    assert statuses(text) == dict.fromkeys(levels, "present")


NO_LEVEL = [
    "T1 hypointense, T2 hyperintense disc signal.",
    "Low T1 and high T2 signal in the soft tissues.",
    "T2-weighted images of the lumbar spine.",
    "Compression of the L5 nerve root.",
    "Loss of disc height at L4-5.",
    "L4/5 disc bulge compressing the thecal sac.",
    "Pedicle screws at T11 and L1.",
    "Grade 1 anterolisthesis of L4 on L5.",
    "There is loss of height involving L1-L2, L2-L3 with disc desiccation.",
    "Stage T2 N0 lung tumor.",
]


@pytest.mark.parametrize("text", NO_LEVEL)
def test_what_only_looks_like_a_fractured_level(text: str) -> None:
    """Hazards 19-21: weighting, discs, roots, screws and slips are no fractures."""
    assert statuses(text) == {}


UNSURE = [
    ("Wedge deformity of a midthoracic vertebra, possibly T7.", "T7"),
    ("Wedging at approximately T12.", "T12"),
    ("Fracture of T7 or T8.", "T7"),
    ("Compression fracture at T12-L1.", "T12"),
    ("Transitional lumbosacral anatomy. Compression fracture of L2.", "L2"),
    ("Lumbarized S1. L3 compression fracture.", "L3"),
]


@pytest.mark.parametrize(("text", "level"), UNSURE)
def test_an_unsure_level_says_so(text: str, level: str) -> None:
    """Contract "Findings": level_certain is false for "possibly T7" and transitional anatomy."""
    assert value(text, level, "level_certain") is False


def test_doubt_before_level_and_noun_is_doubt_of_the_fracture() -> None:
    """Contract "Status": hedges bind to what they modify."""
    text = "Possibly T12 compression fracture."
    assert (value(text, "T12", "status"), value(text, "T12", "level_certain")) == ("possible", True)


REGIONS = [
    ("Compression deformity of a lower thoracic vertebral body.", "lower-thoracic"),
    ("Mid-thoracic vertebral compression fractures.", "mid-thoracic"),
    ("Wedging of several midthoracic vertebral bodies.", "mid-thoracic"),
    ("Multiple upper thoracic compression deformities.", "upper-thoracic"),
    ("Multiple compression fractures of the thoracolumbar spine.", "thoracolumbar"),
    ("Compression fracture of a lumbar vertebra.", "lumbar"),
]


@pytest.mark.parametrize(("text", "region"), REGIONS)
def test_a_region_without_a_level(text: str, region: str) -> None:
    """Contract "Findings": one finding with level null and its region."""
    (finding,) = read(text)["findings"]
    assert (finding["level"], finding["region"], finding["status"]) == (None, region, "present")


@pytest.mark.parametrize(("level", "region"), [("T5", "thoracic"), ("L1", "lumbar")])
def test_a_level_has_the_region_it_lies_in(level: str, region: str) -> None:
    """Contract, JSON shape: L1 is lumbar."""
    assert value(f"{level} compression fracture.", level, "region") == region


OTHER_BONES = [
    ("C5 compression fracture.", "C5"),
    ("Bilateral sacral ala fractures.", "sacrum"),
    ("Fracture of the left L2 transverse process.", "L2 transverse process"),
]


@pytest.mark.parametrize(("text", "level"), OTHER_BONES)
def test_fractures_outside_the_bodies_carry_their_own_name(text: str, level: str) -> None:
    """Contract "Findings": sacrum, cervical, transverse process."""
    assert statuses(text) == {level: "present"}


ELSEWHERE = [
    "Healing fracture of the left posterolateral 7th rib.",
    "Old healed rib fractures.",
    "Chronic deformity of the bilateral ribs beside the thoracic spine.",
    "Right hip fracture.",
    "Fracture of the left clavicle and humerus.",
    "Sternal fracture.",
]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_fractures_of_other_bones_are_none_of_ours(text: str) -> None:
    """Data README: rib, hip and clavicle fractures are no vertebral fractures."""
    assert statuses(text) == {}


def test_levels_stand_from_head_to_tail() -> None:
    """The same text always gives the same order."""
    levels = [f["level"] for f in read("L3, T5 and L1 compression fractures. C5 fracture.")["findings"]]
    assert levels == ["C5", "T5", "L1", "L3"]
