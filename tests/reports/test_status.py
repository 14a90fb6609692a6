"""Present, possible, absent, historical, treated: the contract's "Status", FX-01 to FX-08."""

from __future__ import annotations

import pytest

from tests.reports.reading import read, statuses, value

STATUS = [
    ("Acute L1 compression fracture.", "present"),
    ("Old healed L1 fracture.", "present"),
    ("L1 compression deformity.", "present"),
    ("Anterior wedging of L1.", "present"),
    ("Collapse of the L1 vertebral body.", "present"),
    ("Partial collapse of L1.", "present"),
    ("30% loss of height of L1.", "present"),
    ("Reduced L1 vertebral body height.", "present"),
    ("L1 superior endplate fracture.", "present"),
    ("L1 insufficiency fracture.", "present"),
    ("Compression fx of L1.", "present"),
    ("VCF at L1.", "present"),
    ("Findings consistent with L1 compression fracture.", "present"),
    ("Appearance compatible with compression fracture of L1.", "present"),
    ("L1 compression fracture, mostly old.", "present"),
    ("L1 fracture, likely chronic.", "present"),
    ("Likely chronic L1 compression fracture.", "present"),
    ("Again seen is the previously described L1 compression fracture.", "present"),
    ("Minimal compression fracture of L1.", "present"),
    ("Mild wedge deformity of L1.", "present"),
    ("Possible L1 compression fracture.", "possible"),
    ("Probable L1 compression fracture.", "possible"),
    ("Questionable L1 compression fracture.", "possible"),
    ("Suspected L1 fracture.", "possible"),
    ("Suspicious for L1 compression fracture.", "possible"),
    ("Findings concerning for compression fracture of L1.", "possible"),
    ("Cannot exclude L1 compression fracture.", "possible"),
    ("L1 compression fracture cannot be excluded.", "possible"),
    ("L1 fracture is not excluded.", "possible"),
    ("L1 fracture is suspected.", "possible"),
    ("? L1 fracture.", "possible"),
    ("L1 fracture?", "possible"),
    ("Likely L1 compression fracture.", "possible"),
    ("May represent an L1 compression fracture.", "possible"),
    ("Compression fracture of L1 versus Schmorl node.", "possible"),
    ("Slight anterior wedging of L1.", "possible"),
    ("Minimal compression deformity of L1.", "possible"),
    ("15% wedging of L1.", "possible"),
    ("Degenerative wedging of L1.", "possible"),
    ("Wedging of L1, likely degenerative.", "possible"),
    ("Wedging of L1 is probably physiologic.", "possible"),
    ("Wedging of L1 is physiologic.", "absent"),
    ("Anterior wedging of L1 with Schmorl nodes.", "absent"),
    ("Anterior wedging of L1 due to Scheuermann disease.", "absent"),
    ("Limbus vertebra with deformity of L1.", "absent"),
    ("No fracture at L1.", "absent"),
    ("No L1 compression fracture.", "absent"),
    ("There is no evidence of fracture of L1.", "absent"),
    ("Fracture of L1 is not seen.", "absent"),
    ("L1 without fracture.", "absent"),
    ("L1 fracture has been ruled out.", "absent"),
    ("L1 vertebral body height is maintained.", "absent"),
    ("History of L1 compression fracture.", "historical"),
    ("Hx of L1 fracture.", "historical"),
    ("Cement within L1.", "treated"),
    ("Status post L1 kyphoplasty.", "treated"),
    ("L1 compression fracture status post vertebroplasty.", "treated"),
    ("L1 kyphoplasty with refracture.", "present"),
]


@pytest.mark.parametrize(("text", "status"), STATUS)
def test_status_of_one_level(text: str, status: str) -> None:
    """Contract "Status"; FX-01, FX-04, FX-05, FX-06, FX-08; hazard 23."""
    assert statuses(text) == {"L1": status}


SILENT = [
    "Evaluate for compression fracture of L1.",
    "Rule out L1 compression fracture.",
    "R/O compression fracture L1.",
    "If L1 fracture is suspected, obtain MRI.",
    "Fracture risk is high.",
    "Prevention of vertebral fractures.",
    "Family history of vertebral compression fracture.",
    "Spinal cord compression at L1.",
    "Compression of the thecal sac at L1.",
    "Mild compression of the trachea at the level of T2.",
    "Vertebral artery compression.",
    "Compression dressing applied at L1.",
    "Right lower lobe collapse.",
    "Disc space height loss at L1-2.",
    "Scoliosis related to loss of height due to degenerative change.",
    "Nondisplaced fractures may not be demonstrated.",
    "No pathologic fracture.",
    "Loss of vertebral body height was calculated as the ratio of anterior to posterior height.",
    "Vertebral collapse is defined as loss of a fifth of the height.",
]


@pytest.mark.parametrize("text", SILENT)
def test_words_that_assert_no_fracture(text: str) -> None:
    """Hazards 20, 21, 25: other compressions and "rule out" are no findings."""
    assert "present" not in statuses(text).values()
    assert "possible" not in statuses(text).values()


def test_edema_without_a_word_of_fracture_has_no_status() -> None:
    """Contract "Status": null when edema is stated and nothing is said of a fracture."""
    assert value("Marrow edema in L1.", "L1", "status") is None
    assert value("Marrow edema in L1.", "L1", "marrow_edema") is True


OTHER_DENIALS = [
    "T12 compression fracture. No other fracture.",
    "T12 compression fracture. No additional compression fractures.",
    "T12 compression fracture. Remaining vertebral body heights are maintained.",
    "T12 compression fracture. The vertebral bodies are otherwise normal in height.",
    "T12 compression fracture with no fracture of the posterior elements.",
    "T12 compression fracture. No rib fracture.",
]


@pytest.mark.parametrize("text", OTHER_DENIALS)
def test_a_denial_of_others_denies_nothing_named(text: str) -> None:
    """FX-05: a denial counts for what it speaks of only."""
    assert statuses(text) == {"T12": "present"}
    assert read(text)["regions_without_fracture"] == []


FULL = [
    ("No fracture.", None, ["spine"]),
    ("No evidence of compression fracture.", None, ["spine"]),
    ("No compression deformity.", None, ["spine"]),
    ("Vertebral body heights are maintained.", None, ["spine"]),
    ("Vertebral body heights and alignment are normal.", None, ["spine"]),
    ("Vertebral bodies are normal in height.", None, ["spine"]),
    ("Negative for fracture.", None, ["spine"]),
    ("No thoracic compression fractures.", "thoracic", ["thoracic"]),
    ("No fracture of the lumbar spine.", "lumbar", ["lumbar"]),
    ("No fracture, subluxation or dislocation.", None, ["spine"]),
    ("No acute or chronic compression fracture.", None, ["spine"]),
]


@pytest.mark.parametrize(("text", "region", "regions"), FULL)
def test_a_denial_without_a_level(text: str, region: str | None, regions: list[str]) -> None:
    """Contract "Findings": one finding with level null, absent, and the region it covers."""
    reading = read(text)
    (finding,) = reading["findings"]
    assert (finding["level"], finding["status"], finding["region"]) == (None, "absent", region)
    assert reading["regions_without_fracture"] == regions


ACUTE_ONLY = [
    ("No acute fracture.", ["spine"]),
    ("There is no evidence of acute compression fracture.", ["spine"]),
    ("No new compression fracture.", ["spine"]),
    ("Acute fracture is not identified.", ["spine"]),
    ("No acute fracture of the thoracic spine.", ["thoracic"]),
    ("No acute compression fracture at L1.", ["lumbar"]),
]


@pytest.mark.parametrize(("text", "regions"), ACUTE_ONLY)
def test_no_acute_fracture_says_nothing_of_old_ones(text: str, regions: list[str]) -> None:
    """Contract "Others": "no acute fracture" goes to regions_without_acute_fracture only."""
    reading = read(text)
    assert reading["findings"] == []
    assert reading["regions_without_fracture"] == []
    assert reading["regions_without_acute_fracture"] == regions


SCOPES = [
    ("No retropulsion, moderate wedging of T12.", {"T12": "present"}),
    ("No rib fracture but T12 compression fracture.", {"T12": "present"}),
    ("No fracture at L1; T12 is fractured.", {"T12": "present", "L1": "absent"}),
    ("No mass at the T12 compression fracture.", {"T12": "present"}),
    ("T8 compression fracture, no fracture at T9.", {"T8": "present", "T9": "absent"}),
    ("No abscess, phlegmon or fracture at T12.", {"T12": "absent"}),
    ("Possible T8 fracture, definite T9 fracture.", {"T8": "possible", "T9": "present"}),
    ("Lumbar spine: no fracture. Thoracic spine: T8 compression fracture.", {"T8": "present", None: "absent"}),
]


@pytest.mark.parametrize(("text", "expected"), SCOPES)
def test_how_far_a_denial_or_doubt_reaches(text: str, expected: dict[str | None, str]) -> None:
    """Clinical G, parser rules: scope ends at a comma or "but"; an "or" list carries it on."""
    assert statuses(text) == expected


BESIDE = [
    ("T9 compression fracture and multiple old rib fractures.", {"T9": "present"}),
    ("Multiple old rib fractures and compression fracture of T9.", {"T9": "present"}),
    ("Old T9 compression fracture with healed rib fractures.", {"T9": "present"}),
    ("Pathologic fractures of the vertebrae and right tenth rib.", {None: "present"}),
    ("Insufficiency fracture of the sacrum and T9 compression fracture.", {"T9": "present", "sacrum": "present"}),
    (
        "Fractures of the T5 and T6 spinous processes.",
        {"T5 spinous process": "present", "T6 spinous process": "present"},
    ),
    ("No change in the chronic T9 compression fracture.", {"T9": "present"}),
    ("There is no change in the T9 compression fracture.", {"T9": "present"}),
]


@pytest.mark.parametrize(("text", "expected"), BESIDE)
def test_other_bones_beside_a_vertebra(text: str, expected: dict[str | None, str]) -> None:
    """Data README: a rib or an arch fracture neither makes nor hides a vertebral one."""
    assert statuses(text) == expected
