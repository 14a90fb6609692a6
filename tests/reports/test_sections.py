"""Which part of a text counts: sections, notes, addenda, and what happens when parts disagree."""

from __future__ import annotations

import pytest

from tests.reports.reading import facts, read, statuses, value

REPORT = """EXAM: MRI lumbar spine without contrast
CLINICAL HISTORY: Known T8 fracture. Rule out compression fracture.
TECHNIQUE: Sagittal T1, T2 and STIR images.
COMPARISON: CT of 2021 with T7 compression fracture.
FINDINGS:
Alignment: Normal.
Vertebral bodies: There is a compression fracture of the L1
superior endplate with 30% height loss and STIR
hyperintense marrow edema. No retropulsion.
Other vertebral bodies are normal in height.
L4-5: Disc bulge with moderate canal stenosis.
IMPRESSION:
1. Acute L1 compression fracture.
2. Moderate stenosis at L4-5.
RECOMMENDATION: Consider kyphoplasty of L1 if fracture of L2 is suspected.
"""


def test_a_whole_report() -> None:
    """Contract "Sections": history, technique, comparison and recommendation are no findings; a line wrap ends no
    sentence."""
    assert facts(REPORT) == {
        "L1": {
            "status": "present",
            "acuity": "acute",
            "height_loss_percent": [30, 30],
            "marrow_edema": True,
            "retropulsion": False,
        }
    }


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_any_line_ending(newline: str) -> None:
    """F19: CRLF and CR read the same."""
    assert statuses(REPORT.replace("\n", newline)) == {"L1": "present"}


def test_break_tags_and_no_break_spaces() -> None:
    """Hazard 18, F19: literal <BR>, NBSP, ligatures and curly dashes."""
    assert statuses("FINDINGS:<BR>T12\u00a0compression fracture.<BR>IMPRESSION:<br/>None") == {"T12": "present"}
    assert value("L1 compression fracture with 30\u201335\u00a0% height loss.", "L1", "height_loss_percent") == [30, 35]
    assert statuses("T11\u2013L1 compression fractures.") == {"T11": "present", "T12": "present", "L1": "present"}


HISTORY = [
    "INDICATION: L1 compression fracture.\nFINDINGS: Normal alignment.\nIMPRESSION: Degenerative change.",
    "Reason for exam: acute L1 compression fracture\nFindings: Disc bulges.",
    "TECHNIQUE: L1 compression fracture protocol.\nFINDINGS: Disc bulges.",
]


@pytest.mark.parametrize("text", HISTORY)
def test_history_is_no_finding(text: str) -> None:
    """Hazard 25."""
    assert statuses(text) == {}


def test_a_denial_covers_the_levels_of_the_history() -> None:
    """Contract "Findings"; clinical G37."""
    text = "HISTORY: L1 and L2 compression fractures. FINDINGS: No compression fracture."
    assert statuses(text) == {"L1": "absent", "L2": "absent"}
    assert read(text)["regions_without_fracture"] == ["spine"]


def test_the_region_of_a_bare_denial_is_the_studys() -> None:
    """FX-05: absent for that study's region only."""
    text = "EXAM: CT of the lumbar spine.\nFINDINGS: No fracture."
    assert read(text)["regions_without_fracture"] == ["lumbar"]


def test_the_impression_outweighs_a_hedge() -> None:
    """Contract: the impression's word counts where it does not contradict."""
    assert statuses("FINDINGS: Possible L1 compression fracture. IMPRESSION: L1 compression fracture.") == {
        "L1": "present"
    }
    assert statuses("FINDINGS: L1 compression fracture. IMPRESSION: Possible L1 compression fracture.") == {
        "L1": "possible"
    }


CONFLICTS = [
    ("FINDINGS: Acute L1 compression fracture. IMPRESSION: Chronic L1 compression fracture.", "acuity"),
    ("FINDINGS: L1 fracture with marrow edema. IMPRESSION: Chronic L1 compression fracture.", "acuity"),
    ("FINDINGS: L1 compression fracture. IMPRESSION: No fracture of L1.", "status"),
    ("FINDINGS: L1 compression fracture. IMPRESSION: No fracture.", "status"),
    ("FINDINGS: L1 fracture with retropulsion. IMPRESSION: L1 fracture without retropulsion.", "retropulsion"),
    ("FINDINGS: L1 fracture with marrow edema. IMPRESSION: L1 fracture without marrow edema.", "marrow_edema"),
]


@pytest.mark.parametrize(("text", "field"), CONFLICTS)
def test_words_that_disagree_give_nothing_and_a_conflict(text: str, field: str) -> None:
    """Contract "Numbers"; CF-05; hazard 24."""
    assert value(text, "L1", field) is None
    assert [(c["level"], c["field"]) for c in read(text)["conflicts"]] == [("L1", field)]


def test_an_addendum_stands_over_the_report() -> None:
    """F18: an addendum that reverses the report."""
    text = "IMPRESSION: L1 compression fracture.\nADDENDUM: On review there is no fracture of L1."
    assert statuses(text) == {"L1": "absent"}
    assert read(text)["conflicts"] == []


NOTES = [
    ("ASSESSMENT: 1. L1 compression fracture.\nPLAN: Kyphoplasty of L1.", {"L1": "present"}),
    ("CHIEF COMPLAINT: Back pain.\nPROBLEMS: Osteoporosis with L1 compression fracture.", {"L1": "present"}),
    ("PREOPERATIVE DIAGNOSIS: L1 compression fracture.\nPROCEDURE: L1 kyphoplasty.", {"L1": "present"}),
    ("HISTORY OF PRESENT ILLNESS: MRI showed an L1 compression fracture.\nPLAN: Brace.", {"L1": "present"}),
    ("DISCHARGE DIAGNOSES: 1. History of L1 fracture.\nMEDICATIONS: None.", {"L1": "historical"}),
    ("PAST MEDICAL HISTORY: L1 compression fracture.\nASSESSMENT: Back pain.", {}),
    ("CHIEF COMPLAINT: Fear of L1 fracture.\nASSESSMENT: Back pain.", {}),
    ("PHYSICAL EXAMINATION: Extremities: no edema.\nASSESSMENT: Healthy.", {}),
]


@pytest.mark.parametrize(("text", "expected"), NOTES)
def test_clinical_notes(text: str, expected: dict[str, str]) -> None:
    """Contract "Sections": diagnosis, assessment, problems, imaging; a procedure of the same note is no prior one
    (hazard 26)."""
    assert statuses(text) == expected


def test_a_procedure_of_the_same_note_is_no_prior_augmentation() -> None:
    """Hazard 26."""
    text = (
        "PREOPERATIVE DIAGNOSIS: L1 compression fracture.\n"
        "PROCEDURE PERFORMED: Kyphoplasty at L1 with cement.\nCOMPLICATIONS: None."
    )
    assert value(text, "L1", "augmentation") is None


NOT_READ = [
    ("", "empty"),
    ("  \n\t ", "empty"),
    ("---", "empty"),
    ("Frische Kompressionsfraktur LWK 1 mit Knochenmark\u00f6dem, keine Hinterkantenbeteiligung.", "language"),
    ("Fractura por compresi\u00f3n de L1 con edema de la m\u00e9dula \u00f3sea, sin retropulsi\u00f3n.", "language"),
    ("Tassement r\u00e9cent de L1 avec \u0153d\u00e8me, sans recul du mur post\u00e9rieur.", "language"),
    ("Frattura da compressione di L1 con edema della spongiosa, non retropulsione.", "language"),
    (
        "\u041a\u043e\u043c\u043f\u0440\u0435\u0441\u0441\u0438\u043e\u043d\u043d\u044b\u0439 "
        "\u043f\u0435\u0440\u0435\u043b\u043e\u043c L1",
        "language",
    ),
    ("T12 compression fracture. " + "x " * 100_001, "truncated"),
    ("T12 compression fracture.", None),
]


@pytest.mark.parametrize(("text", "reason"), NOT_READ)
def test_what_cannot_be_read_says_why(text: str, reason: str | None) -> None:
    """F19, contract "Spans": empty, language, truncated."""
    assert read(text)["not_read"] == reason


LIMITED = [
    ("Limited study due to motion artifact. L1 compression fracture.", True),
    ("Motion degraded examination.", True),
    ("Evaluation of the lungs is limited.", False),
    ("L1 compression fracture. Range of motion is limited.", False),
    ("L1 compression fracture.", False),
]


@pytest.mark.parametrize(("text", "limited"), LIMITED)
def test_a_limited_study_says_so(text: str, limited: bool) -> None:
    """Contract: study_limited."""
    assert read(text)["study_limited"] is limited
