"""What holds for any text: no crash, no invented fracture under a denial, quotations that quote, the same answer
twice."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.reports import read_report, reading_to_json
from cds_service.reports.findings import BODY_LEVELS

LEVELS = st.sampled_from(BODY_LEVELS)
NOUNS: Final = (
    "compression fracture",
    "fracture",
    "wedge deformity",
    "burst fracture",
    "vertebral collapse",
    "endplate fracture",
    "compression deformity",
)
DENIALS: Final = (
    "No",
    "No evidence of",
    "There is no",
    "Without",
    "Negative for",
    "No convincing evidence of",
    "Absence of",
    "No definite",
    "No acute or chronic",
)
DOUBTS: Final = (
    "Possible",
    "Probable",
    "Questionable",
    "Suspected",
    "Cannot exclude",
    "Suspicious for",
    "May represent",
    "Concerning for",
    "Cannot rule out",
)
WORDS: Final = (
    *NOUNS,
    *DENIALS,
    *DOUBTS,
    "T12",
    "L1",
    "L4-5",
    "T6 through T9",
    "T1",
    "with",
    "and",
    ",",
    ".",
    ";",
    "marrow edema",
    "30%",
    "6 mm",
    "retropulsion",
    "acute",
    "old",
    "unchanged",
    "posterior wall intact",
    "FINDINGS:",
    "IMPRESSION:",
    "History of",
    "(",
    ")",
    "\n",
    "\n\n",
    "of",
    "at",
    "respectively",
    "kyphoplasty",
    "?",
    "-",
    "/",
    "14 degrees",
    "not seen",
    "only",
    "canal stenosis",
    "the",
    "this level",
    "Genant 2",
    "up to",
    "to",
    "one third",
    "\u00e9",
    "ADDENDUM:",
    "mild",
    "severe",
)
PROSE = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


def check_reading(text: str) -> None:
    """Shared claims about any reading."""
    reading = read_report(text)
    levels = [finding.level for finding in reading.findings if finding.level is not None]
    assert len(levels) == len(set(levels))
    for finding in reading.findings:
        start, end = finding.span
        assert finding.text == text[start:end]
        assert all(0 <= a <= b <= len(text) for a, b in finding.evidence.values())
        if finding.height_loss_percent is not None:
            low, high = finding.height_loss_percent
            assert 0 <= low <= high <= 100
        if finding.retropulsion_mm is not None:
            assert finding.retropulsion is not False
    for conflict in reading.conflicts:
        assert len(conflict.spans) >= 1
    assert reading_to_json(reading) == reading_to_json(read_report(text))


@given(st.text(max_size=400))
def test_any_text_is_read_without_error(text: str) -> None:
    """F19: any Unicode text, the same answer twice, spans inside the text."""
    check_reading(text)


@settings(max_examples=300)
@given(PROSE)
def test_any_jumble_of_our_own_words_is_read_without_error(text: str) -> None:
    """F18, F19: the lexicon's words in any order."""
    check_reading(text)


@given(st.sampled_from(DENIALS), LEVELS, st.sampled_from(NOUNS))
def test_a_denied_fracture_is_never_present(denial: str, level: str, noun: str) -> None:
    """FX-05: no denial prefix lets a fracture through."""
    for text in (
        f"{denial} {level} {noun}.",
        f"{denial} {noun} of {level}.",
        f"FINDINGS: {denial.lower()} {noun} at {level}",
    ):
        assert all(f.status not in ("present", "possible") for f in read_report(text).findings), text


@given(st.sampled_from(DOUBTS), LEVELS, st.sampled_from(NOUNS))
def test_a_doubted_fracture_is_never_present(doubt: str, level: str, noun: str) -> None:
    """FX-04: a hedge is possible, never confirmed."""
    for text in (f"{doubt} {level} {noun}.", f"{doubt} {noun} of {level}."):
        assert [f.status for f in read_report(text).findings] == ["possible"], text


@given(LEVELS, st.sampled_from(NOUNS))
def test_history_never_becomes_a_finding(level: str, noun: str) -> None:
    """Hazard 25: indication and history sections."""
    for heading in ("INDICATION", "CLINICAL HISTORY", "Reason for exam", "COMPARISON", "TECHNIQUE"):
        assert read_report(f"{heading}: {level} {noun}.\nFINDINGS: Disc desiccation.").findings == ()


@given(LEVELS, LEVELS)
def test_a_range_is_the_levels_between(one: str, other: str) -> None:
    """Clinical G: ranges expand, in either order."""
    first, last = sorted((BODY_LEVELS.index(one), BODY_LEVELS.index(other)))
    findings = read_report(f"Compression fractures from {one} through {other}.").findings
    if one != other:
        assert [f.level for f in findings] == list(BODY_LEVELS[first : last + 1])


@given(LEVELS, st.integers(0, 100))
def test_a_percentage_is_read_as_written(level: str, percent: int) -> None:
    """Contract "Numbers": N is [N, N]."""
    (finding,) = read_report(f"{level} compression fracture with {percent}% height loss.").findings
    assert finding.height_loss_percent == (percent, percent)


@pytest.mark.parametrize("denial", DENIALS)
def test_denied_edema_is_never_edema(denial: str) -> None:
    """Hazard 22: a wrong edema is the worst fault after a wrong fracture."""
    for text in (f"{denial} marrow edema at T12.", f"T12 compression fracture. {denial} marrow edema."):
        assert all(f.marrow_edema is not True for f in read_report(text).findings), text


ASIDE: Final = "The lady went to market with her sister and bought bread. "


def test_a_long_text_without_a_word_of_ours_states_nothing() -> None:
    """Operations 1.8: the short way past a long text gives the answer of the long way."""
    for times in (20, 1000):
        reading = read_report(ASIDE * times)
        assert (reading.findings, reading.regions_without_fracture, reading.not_read) == ((), (), None)


def test_one_fracture_in_a_long_text_is_found() -> None:
    """Operations 1.8: the short way is taken only where nothing can be missed."""
    text = ASIDE * 1000 + "Acute compression fracture of L1. " + ASIDE * 1000
    (finding,) = read_report(text).findings
    assert (finding.level, finding.acuity) == ("L1", "acute")
    assert text[slice(*finding.span)] == "Acute compression fracture of L1"


def test_a_text_that_is_cut_says_so() -> None:
    """Operations 1.8: what is not read is not silently taken for nothing, with our words or without."""
    for text in (
        ASIDE * 5000,
        "Acute compression fracture of L1. " * 8000,
        "\u0153dema of the marrow at L1 is seen. " * 8000,
    ):
        assert len(text) > 200_000
        assert read_report(text).not_read == "truncated"


def test_blank_pages_before_a_text_do_not_make_it_empty() -> None:
    """Contract "not_read": empty means that there is nothing, not that nothing was found at first."""
    assert read_report(" " * 30_000 + ASIDE).not_read is None
    assert read_report(" \n-" * 30_000).not_read == "empty"


@pytest.mark.parametrize(
    "mark", ["\u0153d\u00e8me", "\ufb01ne", "\u00bd", "\u00df", "e\u0301", "\ufeff", "\u2013", "\u00b0"]
)
def test_letters_that_fold_to_more_or_fewer_keep_the_spans(mark: str) -> None:
    """Contract "Spans": code points of the text as read, whatever letters stand before."""
    text = f"{mark} {mark}. Acute fracture of L1 with 30% height loss."
    (finding,) = read_report(text).findings
    start, end = finding.evidence["height_loss_percent"]
    assert text[start:end] == "30%"
    assert finding.text == text[slice(*finding.span)]
