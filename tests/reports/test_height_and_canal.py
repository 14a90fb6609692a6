"""Height loss, retropulsion, posterior wall, canal, kyphosis, morphology: the contract's "Numbers"."""

from __future__ import annotations

import pytest

from tests.reports.reading import facts, read, value

PERCENT = [
    ("L1 compression fracture with 35% height loss.", [35, 35]),
    ("L1 compression fracture with 35 percent loss of height.", [35, 35]),
    ("L1 compression fracture with approximately 35% loss of anterior height.", [35, 35]),
    ("L1 compression fracture with height loss of about 35%.", [35, 35]),
    ("L1 compression fracture. Approximately 35% loss of vertebral body height.", [35, 35]),
    ("35% compression deformity of L1.", [35, 35]),
    ("L1 compression fracture, 30-35% height loss.", [30, 35]),
    ("L1 compression fracture with 30 to 35% height loss.", [30, 35]),
    ("L1 compression fracture with 30% to 35% height loss.", [30, 35]),
    ("L1 compression fracture with up to 40% height loss.", [0, 40]),
    ("L1 compression fracture with less than 25% height loss.", [0, 25]),
    ("L1 compression fracture with over 50% height loss.", [50, 100]),
    ("L1 compression fracture with more than 50% loss of height.", [50, 100]),
    ("L1 compression fracture with >50% height loss.", [50, 100]),
    ("L1 compression fracture with at least 40% height loss.", [40, 100]),
    ("L1 compression fracture with loss of one third of the vertebral body height.", [33, 33]),
    ("L1 compression fracture with loss of half of its height.", [50, 50]),
    ("Genant grade 1 deformity of L1.", [20, 25]),
    ("Genant grade 3 L1 fracture.", [40, 100]),
    ("L1 compression fracture with height loss now 60%, previously 40%.", [60, 60]),
    ("L1 height loss has increased from 20% to 45%.", [45, 45]),
    ("L1 compression fracture with 30% canal compromise.", None),
    ("L1 burst fracture with 40% canal narrowing.", None),
    ("L1 compression fracture. Loss of 50% of the L4-5 disc height.", None),
    ("L1 compression fracture of the superior third of the body.", None),
    ("L1 compression fracture without height loss.", None),
    ("L1 compression fracture. Ejection fraction 30%.", None),
    ("Moderate L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "percent"), PERCENT)
def test_height_loss_in_percent(text: str, percent: list[int] | None) -> None:
    """Contract "Numbers": intervals; a canal's, a disc's or a heart's percent is none of it."""
    assert value(text, "L1", "height_loss_percent") == percent


def test_numbers_find_their_own_levels() -> None:
    """Clinical G: "respectively", brackets and equal counts align; otherwise the nearest level."""
    for text in (
        "T11 and L1 compression fractures with 20% and 40% height loss, respectively.",
        "T11 (20%) and L1 (40%) compression fractures.",
        "T11 compression fracture with 20% height loss and L1 compression fracture with 40% height loss.",
        "20% height loss at T11 and 40% height loss at L1.",
    ):
        assert {k: v["height_loss_percent"] for k, v in facts(text).items()} == {"T11": [20, 20], "L1": [40, 40]}, text


def test_numbers_that_disagree_cover_both_and_conflict() -> None:
    """Contract "Numbers"; hazard 24."""
    text = (
        "FINDINGS: T12 compression fracture with 75 to 80% height loss. "
        "IMPRESSION: T12 compression fracture with 70% height loss."
    )
    reading = read(text)
    assert value(text, "T12", "height_loss_percent") == [70, 80]
    (conflict,) = reading["conflicts"]
    assert (conflict["level"], conflict["field"]) == ("T12", "height_loss_percent")
    assert [text[a:b] for a, b in conflict["spans"]] == ["75 to 80%", "70%"]


GRADE = [
    ("Mild L1 compression deformity.", "mild"),
    ("Slight wedging of L1.", "mild"),
    ("Minimal loss of height of L1.", "mild"),
    ("Moderate L1 compression fracture.", "moderate"),
    ("Severe compression fracture of L1.", "severe"),
    ("L1 compression fracture with marked height loss.", "severe"),
    ("L1 compression fracture with near complete loss of height.", "severe"),
    ("Genant 2 deformity of L1.", "genant-2"),
    ("Vertebra plana of L1.", "plana"),
    ("L1 compression fracture with severe canal stenosis.", None),
    ("L1 compression fracture. Severe degenerative disc disease.", None),
    ("L1 compression fracture with mild edema in the marrow.", None),
]


@pytest.mark.parametrize(("text", "grade"), GRADE)
def test_height_loss_in_words(text: str, grade: str | None) -> None:
    """Contract "Numbers": slight or minimal is mild, marked is severe; a word for another thing is not for the
    height."""
    assert value(text, "L1", "height_loss_grade") == grade


RETROPULSION = [
    ("L1 fracture with 6 mm retropulsion.", True, 6),
    ("6 mm retropulsion at L1.", True, 6),
    ("L1 fracture with retropulsion of 6 mm.", True, 6),
    ("L1 burst fracture with a retropulsed fragment.", True, None),
    ("L1 fracture with bony retropulsion measuring up to 4 mm.", True, 4),
    ("L1 fracture with 0.5 cm of retropulsion.", True, 5),
    ("L1 fracture with posterior displacement of the posterior wall by 5 mm.", True, 5),
    ("L1 fracture with retrobulge into the spinal canal.", True, None),
    ("L1 fracture with bulging of the posterior wall.", True, None),
    ("L1 fracture without retropulsion.", False, None),
    ("L1 fracture. No retropulsion.", False, None),
    ("L1 fracture. No significant retropulsion or canal stenosis.", False, None),
    ("L1 fracture with possible retropulsion.", None, None),
    ("L1 fracture. Retropulsion test positive.", None, None),
    ("L1 fracture with 5 mm retrolisthesis of L2 on L3.", None, None),
    ("L1 fracture. Canal narrowed to 8 mm.", None, None),
]


@pytest.mark.parametrize(("text", "retropulsion", "millimetres"), RETROPULSION)
def test_retropulsion(text: str, retropulsion: bool | None, millimetres: int | None) -> None:
    """Hazard 22: not the gait test, not retrolisthesis; other words for it count."""
    assert (value(text, "L1", "retropulsion"), value(text, "L1", "retropulsion_mm")) == (retropulsion, millimetres)


WALL = [
    ("L1 fracture with intact posterior wall.", "intact"),
    ("L1 fracture. Posterior wall intact.", "intact"),
    ("L1 fracture. The posterior cortex is preserved.", "intact"),
    ("L1 fracture without posterior wall involvement.", "intact"),
    ("L1 fracture without disruption of the posterior cortex.", "intact"),
    ("L1 fracture, posterior cortex disrupted.", "disrupted"),
    ("L1 fracture with disruption of the posterior wall.", "disrupted"),
    ("L1 fracture involving the posterior wall.", "disrupted"),
    ("L1 fracture extends to the posterior cortex.", "disrupted"),
    ("L1 posterior wall is not intact.", "disrupted"),
    ("L1 fracture with bowing of the posterior wall.", "bowed"),
    ("L1 fracture with convex posterior border.", "bowed"),
    ("L1 fracture with possible disruption of the posterior wall.", None),
    ("L1 fracture. The pedicles are intact.", None),
    ("L1 fracture.", None),
]


@pytest.mark.parametrize(("text", "wall"), WALL)
def test_posterior_wall(text: str, wall: str | None) -> None:
    """Contract: posterior_wall intact, disrupted, bowed."""
    assert value(text, "L1", "posterior_wall") == wall


CANAL = [
    ("L1 fracture. No canal compromise.", "none"),
    ("L1 fracture without retropulsion or canal stenosis.", "none"),
    ("L1 fracture. The spinal canal is patent.", "none"),
    ("L1 fracture with mild canal stenosis.", "mild"),
    ("L1 fracture with minimal canal narrowing.", "mild"),
    ("L1 fracture with moderate central canal stenosis.", "moderate"),
    ("L1 fracture moderately narrowing the canal. The canal is moderately narrowed.", "moderate"),
    ("L1 fracture with severe spinal canal stenosis.", "severe"),
    ("L1 fracture with retropulsion, canal stenosis is severe.", "severe"),
    ("L1 fracture with cord compression.", "cord"),
    ("L1 fracture with compression of the spinal cord.", "cord"),
    ("L1 fracture with canal stenosis.", None),
    ("L1 fracture. No cord compression.", None),
    ("L1 fracture. Moderate canal stenosis at L4-5 due to disc bulge.", None),
    ("L1 fracture. L3-4: severe canal stenosis.", None),
    ("L1 fracture. Mild foraminal stenosis.", None),
    ("L1 fracture with possible canal stenosis.", None),
]


@pytest.mark.parametrize(("text", "canal"), CANAL)
def test_canal_compromise(text: str, canal: str | None) -> None:
    """Contract: canal_compromise at the fracture, not at a degenerate disc."""
    assert value(text, "L1", "canal_compromise") == canal


KYPHOSIS = [
    ("L1 fracture. Local kyphosis 14 degrees.", True, 14),
    ("L1 fracture with kyphotic angulation of 20 degrees.", True, 20),
    ("L1 fracture with focal kyphosis.", True, None),
    ("L1 fracture with kyphotic deformity.", True, None),
    ("L1 fracture. Cobb angle 21\u00b0.", None, 21),
    ("L1 fracture without focal kyphosis.", False, None),
    ("L1 fracture. Normal thoracic kyphosis.", None, None),
    ("L1 fracture. Exaggerated thoracic kyphosis.", None, None),
    ("L1 fracture. Levoscoliosis with Cobb angle of 25 degrees.", None, None),
]


@pytest.mark.parametrize(("text", "kyphosis", "degrees"), KYPHOSIS)
def test_kyphosis(text: str, kyphosis: bool | None, degrees: int | None) -> None:
    """Contract: kyphosis at the fracture; a curve of the whole spine or a scoliosis is not."""
    assert (value(text, "L1", "kyphosis"), value(text, "L1", "kyphosis_degrees")) == (kyphosis, degrees)


MORPHOLOGY = [
    ("Wedge compression fracture of L1.", "wedge"),
    ("Anterior wedging of L1.", "wedge"),
    ("Biconcave deformity of L1.", "biconcave"),
    ("Crush fracture of L1.", "crush"),
    ("Burst fracture of L1.", "burst"),
    ("Chance fracture of L1.", "chance"),
    ("Vertebra plana at L1.", "plana"),
    ("L1 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "morphology"), MORPHOLOGY)
def test_morphology(text: str, morphology: str | None) -> None:
    """Contract: morphology as the report names it."""
    assert value(text, "L1", "morphology") == morphology
