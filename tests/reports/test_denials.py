"""Fractures that a report denies, in the words that reports use for it: FX-05, hazard 23."""

from __future__ import annotations

import pytest

from tests.reports.reading import read, statuses

WHOLE = [
    ("Negative for compression fracture of the lumbar spine.", ["lumbar"]),
    ("Without evidence of compression deformity.", ["spine"]),
    ("Thoracic spine without evidence of compression deformity.", ["thoracic"]),
    ("Vertebral body heights preserved.", ["spine"]),
    ("Vertebral heights preserved throughout.", ["spine"]),
    ("Vertebral alignment and heights are normal.", ["spine"]),
    ("Alignment and heights are normal.", ["spine"]),
    ("Heights and alignment of the lumbar vertebral bodies are maintained.", ["lumbar"]),
    ("The lumbar spine is free of fracture.", ["lumbar"]),
    ("Fracture has been excluded.", ["spine"]),
    ("A compression fracture of the thoracic spine has been excluded.", ["thoracic"]),
    ("IMPRESSION: This examination rules out fracture.", ["spine"]),
    ("IMPRESSION: MRI rules out fracture of the thoracic spine.", ["thoracic"]),
    ("INDICATION: Rule out compression fracture.\nIMPRESSION: No compression fracture.", ["spine"]),
    ("No fractures are seen.", ["spine"]),
    ("There is no fracture.", ["spine"]),
    ("No vertebral fracture is demonstrated.", ["spine"]),
    ("There are no compression fractures.", ["spine"]),
    ("No evidence of vertebral collapse.", ["spine"]),
    ("No vertebral body height loss.", ["spine"]),
    ("No loss of vertebral body height.", ["spine"]),
    ("No wedging or collapse of the vertebral bodies.", ["spine"]),
    ("No compression fractures are seen in the thoracic or lumbar spine.", ["thoracolumbar"]),
    ("Absence of fracture.", ["spine"]),
    ("The vertebral bodies are intact.", ["spine"]),
    ("All vertebral bodies are normal in height.", ["spine"]),
    ("Normal vertebral body height throughout.", ["spine"]),
    ("Neither fracture nor subluxation is seen.", ["spine"]),
    ("No fracture or dislocation of the thoracolumbar spine.", ["thoracolumbar"]),
    ("Lumbar vertebral body heights are normal.", ["lumbar"]),
    ("The thoracic vertebral bodies are preserved in height.", ["thoracic"]),
    ("Vertebral body stature is preserved.", ["spine"]),
    ("Fractures are not identified.", ["spine"]),
    ("No fracture, recent or old.", ["spine"]),
    ("NO COMPRESSION FRACTURE.", ["spine"]),
    ("Fractures: none.", ["spine"]),
    ("Vertebral fracture: not seen.", ["spine"]),
    ("No evidence of acute, subacute or chronic fracture.", ["spine"]),
    ("Lumbar vertebrae are normal in height, alignment and signal.", ["lumbar"]),
    ("No bony injury or vertebral fracture seen.", ["spine"]),
    ("No vertebral body fracture or collapse is seen in the dorsal spine.", ["thoracic"]),
    ("Dorsolumbar vertebrae show normal height with no e/o fracture.", ["thoracolumbar"]),
]


@pytest.mark.parametrize(("text", "regions"), WHOLE)
def test_a_denial_of_every_fracture(text: str, regions: list[str]) -> None:
    """FX-05: absent for the region named and for nothing else."""
    reading = read(text)
    assert [(f["level"], f["status"]) for f in reading["findings"]] == [(None, "absent")]
    assert reading["regions_without_fracture"] == regions


ACUTE = [
    ("No acute or subacute fracture.", ["spine"]),
    ("No recent fracture of the lumbar spine.", ["lumbar"]),
    ("No fresh vertebral fracture.", ["spine"]),
    ("No acute fracture or malalignment.", ["spine"]),
    ("Negative for acute fracture.", ["spine"]),
    ("No CT evidence of acute fracture in the thoracic spine.", ["thoracic"]),
    ("No interval compression fracture.", ["spine"]),
    ("An acute fracture has been excluded.", ["spine"]),
    ("Without acute compression deformity.", ["spine"]),
    ("NO ACUTE VERTEBRAL FRACTURE IDENTIFIED.", ["spine"]),
    ("No new or acute fracture.", ["spine"]),
    ("This study rules out an acute fracture.", ["spine"]),
]


@pytest.mark.parametrize(("text", "regions"), ACUTE)
def test_a_denial_of_acute_fractures_only(text: str, regions: list[str]) -> None:
    """Contract "Others": an old fracture is not denied, so nothing is absent."""
    reading = read(text)
    assert reading["findings"] == []
    assert reading["regions_without_fracture"] == []
    assert reading["regions_without_acute_fracture"] == regions


AT_LEVELS = [
    ("No compression fracture at T12 or L1.", {"T12", "L1"}),
    ("T12 and L1 are free of fracture.", {"T12", "L1"}),
    ("L1: no fracture.", {"L1"}),
    ("No fracture of L2, L3 or L4.", {"L2", "L3", "L4"}),
    ("Vertebral body heights are maintained from L1 through L3.", {"L1", "L2", "L3"}),
    ("Fracture of T9 has been excluded.", {"T9"}),
    ("Fracture of L1 was ruled out on CT.", {"L1"}),
    ("L2 to L4 vertebral bodies maintain normal height.", {"L2", "L3", "L4"}),
    ("Suspected fracture at L1 was not confirmed.", {"L1"}),
    ("The L2 vertebral body is normal in height.", {"L2"}),
    ("Height of the D12 vertebra is preserved.", {"T12"}),
    ("INDICATION: T8 fracture?\nFINDINGS: No fracture is present.", {"T8"}),
]


@pytest.mark.parametrize(("text", "levels"), AT_LEVELS)
def test_a_denial_at_levels(text: str, levels: set[str]) -> None:
    """Contract "Findings": a denial covers the levels of its sentence, else those of the history."""
    assert statuses(text) == dict.fromkeys(levels, "absent")


NO_DENIAL = [
    "INDICATION: Rule out fracture.\nFINDINGS: Disc desiccation.",
    "REASON FOR EXAM: r/o vertebral fracture\nFINDINGS: Mild scoliosis.",
    "No displaced fracture.",
    "No pathologic fracture.",
    "No rib fracture.",
    "No prior studies for comparison. Fracture not evaluated.",
    "No fracture line is visible.",
    "Please rule out fracture with CT.",
    "CT to rule out L1 fracture is recommended.",
    "No traumatic fracture of the lumbar spine.",
    "Disc heights are maintained.",
    "No acute bony abnormality.",
    "No acute osseous abnormality.",
]


@pytest.mark.parametrize("text", NO_DENIAL)
def test_words_that_deny_no_vertebral_fracture(text: str) -> None:
    """Hazard 25 and FX-05: a question or a denial of something else makes no vertebra whole."""
    reading = read(text)
    assert [f["status"] for f in reading["findings"] if f["status"] is not None] == []
    assert reading["regions_without_fracture"] == []


BESIDE = [
    ("No fracture. Old wedge deformity of T12.", {"T12": "present"}),
    ("No compression fracture apart from the known L1 fracture.", {"L1": "present"}),
    ("Vertebral body heights are maintained apart from mild wedging of T11.", {"T11": "present"}),
    ("Vertebral body heights are preserved except for T12, which is compressed by 30%.", {"T12": "present"}),
    ("L1 compression fracture; otherwise vertebral body heights are preserved.", {"L1": "present"}),
    ("Rest of the vertebral bodies are normal in height. D12 wedge compression fracture.", {"T12": "present"}),
]


@pytest.mark.parametrize(("text", "expected"), BESIDE)
def test_a_denial_beside_a_fracture_that_is_described(text: str, expected: dict[str, str]) -> None:
    """FX-05: exceptions and old fractures outlive a denial of the rest."""
    assert statuses(text) == expected
