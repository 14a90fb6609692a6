"""What was learned from a second reader: sentences in the manner of those that `scripts/second_opinion.py` found read
differently by medspaCy's ConText and by us, in own words, with the reading that the contract asks for."""

from __future__ import annotations

import pytest

from tests.reports.reading import facts, read, statuses

BESIDE: list[tuple[str, dict[str | None, str]]] = [
    (
        "Partial loss of height of the L2 vertebral body anteriorly, with no marrow edema, mostly old fracture, "
        "with no definite nerve root compression.",
        {"L2": "present"},
    ),
    ("No retropulsion is seen and the T8 fracture is unchanged.", {"T8": "present"}),
    (
        "Fixed kyphosis from the old compressions of T4 to T6, with no evidence of new compression fractures.",
        {"T4": "present", "T5": "present", "T6": "present"},
    ),
    ("L3 vertebroplasty with no new fracture of the adjacent bodies.", {"L3": "treated"}),
    ("The cleft in the L1 fracture is no longer seen.", {"L1": "present"}),
]


@pytest.mark.parametrize(("text", "expected"), BESIDE)
def test_a_denial_of_something_beside_a_fracture_leaves_it_standing(text: str, expected: dict[str | None, str]) -> None:
    """FX-05: ConText lets "no" reach to the end of the sentence; ours ends at a comma, a verb or another subject."""
    assert statuses(text) == expected


OTHERS_BONES = [
    "Angular deformity of the right sixth rib and of the left fourth, consistent with remotely healed fractures.",
    "There are healed fractures of several left ribs. The age of these fractures is unknown.",
    "Nothing in the chest suggests an overlooked rib fracture.",
    "Degenerative change of the shoulder, status post remote humerus fracture.",
    "Overlooked fracture of the odontoid process and the body of C2.",
    "No facial bone fracture and no calvarial fracture.",
    "No fracture or dislocation of either hip.",
]


@pytest.mark.parametrize("text", OTHERS_BONES)
def test_a_fracture_of_another_bone_says_nothing_of_vertebrae(text: str) -> None:
    """Hazards 19 and 20, data README: neither found nor denied; to ConText a fracture is a fracture."""
    reading = read(text)
    assert not [f for f in reading["findings"] if f["level"] is None or f["level"][:1] in "TL"]
    assert reading["regions_without_fracture"] == reading["regions_without_acute_fracture"] == []


TOLD_OF_WORK = [
    "Bone compressing the sac from the fractured fragments was removed until the cord was decompressed.",
    "Treatment for the prevention of further compression fractures was discussed.",
    "Please note that nondisplaced fractures may not be seen on radiographs.",
    "The loss of vertebral body height was calculated from the heights of the adjacent intact bodies.",
]


@pytest.mark.parametrize("text", TOLD_OF_WORK)
def test_words_about_an_operation_a_plan_or_a_method_are_no_finding(text: str) -> None:
    """F18 "hypothetical", hazards 18 and 25: ConText affirms whatever no modifier touches."""
    assert not {"present", "possible"} & set(statuses(text).values())


UNSURE: list[tuple[str, str]] = [
    ("A compression fracture of L1 cannot be excluded.", "possible"),
    ("Cannot exclude a compression fracture of L1.", "possible"),
    ("No definite fracture of L1, although a subtle one cannot be excluded.", "possible"),
    ("A fracture of L1 is unlikely.", "possible"),
    ("Likely old compression fracture of L1.", "present"),
]


@pytest.mark.parametrize(("text", "expected"), UNSURE)
def test_what_cannot_be_excluded_is_suspected(text: str, expected: str) -> None:
    """FX-04, contract "Status": for ConText "cannot" denies, and an adverb doubts whatever follows it."""
    assert statuses(text) == {"L1": expected}


def test_not_acute_is_not_absent() -> None:
    """FX-05, contract "Others": ConText takes "no acute fracture" for a denial of every fracture."""
    for text in ("No acute fracture is identified.", "An acute compression fracture has been excluded."):
        reading = read(text)
        assert (reading["findings"], reading["regions_without_fracture"]) == ([], [])
        assert reading["regions_without_acute_fracture"] == ["spine"]


def test_slight_is_possible_whatever_its_age() -> None:
    """Contract "Status", FX-06: a slight deformity is suspected; ConText has no word for "slight"."""
    assert facts("Age-indeterminate slight compression deformity of a lower thoracic body.") == {
        None: {"status": "possible", "acuity": "indeterminate", "height_loss_grade": "mild"}
    }


# ----------------------------------------------------------------------------------------- where the other was right

FOUND_BESIDE_OTHER_THINGS = [
    "X-ray shows an L1 compression fracture with osteophyte formation.",
    "L1 compression fracture with bridging osteophytes.",
    "L1 compression fracture, osteophyte formation and scoliosis.",
    "L1 compression fracture with pedicle screws at L3.",
]


@pytest.mark.parametrize("text", FOUND_BESIDE_OTHER_THINGS)
def test_what_stands_beside_a_fracture_is_not_the_broken_bone(text: str) -> None:
    """FX-01, hazard 19: osteophytes and screws beside a fractured vertebra."""
    assert statuses(text).get("L1") == "present"


def test_a_denial_about_the_neck_says_nothing_of_the_back() -> None:
    """FX-05: absent for that region only; the neck takes no part in augmentation logic."""
    reading = read("Cervical vertebral body heights are maintained.")
    assert (reading["findings"], reading["regions_without_fracture"]) == ([], [])


DENIED_OTHERWISE = [
    "Findings are inconsistent with a compression fracture of L1.",
    "The spine is clear of compression fracture at L1.",
    "The MRI fails to reveal a compression fracture of L1.",
    "The patient is not known to have a compression fracture of L1.",
    "L1 lacked any compression fracture.",
]


@pytest.mark.parametrize("text", DENIED_OTHERWISE)
def test_other_words_that_deny(text: str) -> None:
    """FX-05: triggers that ConText has."""
    assert not {"present", "possible"} & set(statuses(text).values())


ASKED_FOR = [
    "Compression fracture of L1 is to be ruled out.",
    "What must be ruled out is a compression fracture of L1.",
    "Compression fracture of L1 must be ruled out.",
]


@pytest.mark.parametrize("text", ASKED_FOR)
def test_what_is_to_be_ruled_out_is_neither_found_nor_denied(text: str) -> None:
    """F18 "rule out": only what has been ruled out is denied."""
    assert statuses(text) == {}
    assert read(text)["regions_without_fracture"] == []


def test_what_does_not_fit_a_fracture_is_none() -> None:
    """FX-01: not "definite"; a bone density that "does not correlate with" a fracture finds none."""
    text = "Her normal bone density does not correlate with having a compression fracture of the lumbar spine."
    assert "present" not in statuses(text).values()
