"""The trace of a reading: which words were read, how they are meant, and which words make it so."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.reports import read_report
from cds_service.reports.lexicon import VOCABULARY
from cds_service.reports.trace import Place, Trace, trace

DENIALS: Final = "no|without|no acute|not seen|is excluded|no other|negative for|rather than|absent|(-)".split("|")
DOUBTS: Final = "possible|cannot be excluded|likely|?|may represent|unlikely|versus|suspicious for".split("|")
OTHERS: Final = (
    "history of|rule out|evaluate for|status post|mother had|prior MRI showed|except|slight|Scheuermann|rib|sacral|"
    "pedicle|limited study|transitional vertebra|30%|60%|6 mm|acute|old|unchanged|new|marrow edema|retropulsion|"
    "posterior wall intact|kyphoplasty|fracture|compression fracture|wedging|height loss|vertebral body heights|"
    "normal|metastatic|disc|canal stenosis|severe|T12|L1|L4-5|lumbar|spine|it|this level|with|and|,|.|;|:|-|of|at|the|"
    "\n|\n\n|FINDINGS:|IMPRESSION:|HISTORY:|ADDENDUM:|TECHNIQUE:|PLAN:|ASSESSMENT:|\u00bd|\u0153dema|\ufeff|\u00e9|\t"
).split("|")
JUMBLES: Final = st.lists(
    st.one_of(
        st.sampled_from(DENIALS),
        st.sampled_from(DOUBTS),
        st.sampled_from(OTHERS),
        st.sampled_from(OTHERS),
        st.sampled_from(sorted(VOCABULARY)),
    ),
    max_size=50,
).map(" ".join)


def at(traced: Trace, quote: str) -> Place:
    """The one place that quotes these words."""
    (found,) = [p for p in traced.places if traced.original[slice(*p.span)] == quote]
    return found


def because(traced: Trace, quote: str) -> list[str]:
    """The words that make a place so, without the verb that the lexicon may count among them."""
    return [traced.original[slice(*span)].removeprefix("is ") for span in at(traced, quote).because]


@pytest.mark.parametrize(
    ("text", "quote", "meant", "why"),
    [
        ("Compression fracture of L1.", "Compression fracture", "stated", []),
        ("L1 fracture without retropulsion.", "retropulsion", "denied", ["without"]),
        ("Marrow edema is not seen at the L1 fracture.", "Marrow edema", "denied", ["not seen"]),
        ("There is no L1 fracture.", "no L1 fracture", "denied", ["no"]),
        ("No acute fracture of the lumbar spine.", "No acute fracture", "acute-denied", ["No acute"]),
        (
            "No evidence of acute fracture.",
            "No evidence of acute fracture",
            "acute-denied",
            ["No evidence of", "acute"],
        ),
        ("Possible T12 compression fracture.", "compression fracture", "doubted", ["Possible"]),
        ("A T12 fracture cannot be excluded.", "fracture", "doubted", ["cannot be excluded"]),
        ("A fracture of T6 is unlikely.", "fracture", "doubted", ["unlikely"]),
        ("Slight wedging of T7.", "wedging", "doubted", ["Slight"]),
        ("T9 fracture, likely acute.", "acute", "doubted", ["likely"]),
        ("History of L4 compression fracture.", "compression fracture", "past", ["History of"]),
        ("The prior MRI showed marrow edema at L1.", "marrow edema", "past", ["prior MRI showed"]),
        ("Evaluate for fracture of the spine.", "fracture", "supposed", ["Evaluate for"]),
        ("Her mother had an L1 fracture.", "fracture", "supposed", ["mother"]),
        ("L1 fracture. No other fracture.", "No other", "", []),
        ("Rib fracture.", "fracture", "elsewhere", ["Rib"]),
        ("Scheuermann wedging of T8.", "wedging", "denied", ["Scheuermann"]),
        ("No fracture except at L3.", "fracture", "stated", ["except"]),
        ("INDICATION: Fall, L1 fracture.\nFINDINGS: Disc desiccation.", "fracture", "aside", ["INDICATION"]),
        ("TECHNIQUE: CT for fracture.\nFINDINGS: Disc desiccation.", "fracture", "aside", ["TECHNIQUE"]),
        ("Prior studies: L1 fracture.\nFINDINGS: Disc bulge.", "fracture", "aside", ["Prior studies"]),
        ("MEDICATIONS: none.\nHISTORY: L1 fracture.\nPLAN: Rest.", "fracture", "aside", ["HISTORY"]),
    ],
)
def test_how_words_are_meant_and_why(text: str, quote: str, meant: str, why: list[str]) -> None:
    """Contract "Status" and "Sections": stated, denied, doubted, past, supposed or no finding, with its words."""
    traced = trace(text)
    if not meant:
        assert quote not in [text[slice(*p.span)] for p in traced.places]
        return
    assert (at(traced, quote).meant, because(traced, quote)) == (meant, why)


def test_another_one_is_named_as_such() -> None:
    """FX-05: "no other fracture" denies none that was spoken of."""
    traced = trace("Acute L1 fracture. No other fracture.")
    assert [(p.meant, p.about) for p in traced.places][-1] == ("other", "fracture")
    assert traced.reading.regions_without_fracture == ()


def test_a_place_says_what_the_finding_says() -> None:
    """Contract "Spans": each fact has its own place; one that two facts share says both."""
    traced = trace("Fracture of L1 with marrow edema and 35 % height loss; no retropulsion.")
    said = {
        traced.original[slice(*p.span)]: [(f.where, f.field, f.value, f.standing) for f in p.facts]
        for p in traced.places
    }
    assert said["Fracture"] == [("L1", "status", "present", "taken")]
    assert said["marrow edema"] == [("L1", "marrow_edema", True, "taken"), ("L1", "acuity", "acute", "taken")]
    assert said["35 %"] == [("L1", "height_loss_percent", (35.0, 35.0), "taken")]
    assert said["retropulsion"] == [("L1", "retropulsion", False, "taken")]


def test_words_that_contradict_each_other_keep_their_own_values() -> None:
    """Contract "Numbers": numbers that disagree are a conflict, and each place says its own."""
    traced = trace("FINDINGS: L1 fracture with 30% height loss.\nIMPRESSION: L1 fracture with 60% height loss.")
    for quote, value in (("30%", (30.0, 30.0)), ("60%", (60.0, 60.0))):
        (fact,) = at(traced, quote).facts
        assert (fact.value, fact.standing) == (value, "contradicted")


def test_what_another_section_outweighs_is_not_taken() -> None:
    """Contract "Acuity": a guess states no age, and the trace does not say that it did."""
    traced = trace("T9 fracture, likely acute.")
    (fact,) = at(traced, "acute").facts
    assert (fact.field, fact.standing) == ("acuity", "left")
    assert traced.reading.findings[0].acuity is None


def test_the_whole_study_is_marked() -> None:
    """Contract, `study_limited` and `level_certain`: the words that say so are places too."""
    traced = trace("Study is limited. Transitional lumbosacral anatomy. L1 fracture.")
    assert [(f.field, f.value) for p in traced.places for f in p.facts if f.where is None] == [
        ("study_limited", True),
        ("level_certain", False),
    ]


def test_the_sentence_of_a_finding_is_its_span() -> None:
    """Contract "Spans": `span` is the sentence."""
    traced = trace("Discs are normal. Old fracture of L1.\nMild wedging of L1.")
    assert [traced.original[slice(*span)] for span in traced.sentences] == ["Old fracture of L1"]


@pytest.mark.parametrize("before", ["", "\ufeff", "\u00bd \ufb01ne e\u0301 ", "\u2022 \u0153dema. "])
def test_spans_count_code_points_of_the_original(before: str) -> None:
    """Contract "Spans": a BOM counts, and letters that fold to several do not shift anything."""
    traced = trace(f"{before}No fracture of the spine. Frac\u00adture of L1 cannot be excluded.")
    assert because(traced, "No fracture") == ["No"]
    assert because(traced, "Frac\u00adture") == ["cannot be excluded"]


@pytest.mark.parametrize(
    "text", ["", " \n", "Die H\u00f6he ist nicht vermindert und der Wirbel ist nicht frakturiert."]
)
def test_what_is_not_read_has_no_places(text: str) -> None:
    """Contract "not_read": empty, or no English."""
    traced = trace(text)
    assert traced.reading.not_read in ("empty", "language")
    assert (traced.places, traced.read_to) == ((), 0)


def test_what_is_too_long_is_traced_as_far_as_it_was_read() -> None:
    """Operations 1.8: no place stands where nothing was read, and the rest is no silent nothing."""
    text = "Acute compression fracture of L1 with no edema.\n" * 6000
    begun = process_time()
    traced = trace(text)
    assert process_time() - begun < 10
    assert traced.reading.not_read == "truncated"
    assert 0 < traced.read_to < len(text)
    assert traced.places
    assert max(p.span[1] for p in traced.places) <= traced.read_to


def check_trace(text: str) -> None:
    """The trace is that of the reading, and hides nothing of it."""
    traced = trace(text)
    reading = traced.reading
    assert reading == read_report(text)
    spans = [p.span for p in traced.places]
    assert spans == sorted(set(spans), key=lambda span: (span[0], -span[1]))
    by_span = {p.span: p for p in traced.places}
    for finding in reading.findings:
        for name, span in finding.evidence.items():
            facts = [(f.where, f.field) for f in by_span[span].facts if f.standing != "left"]
            assert (finding.level or finding.region, name) in facts
        status = finding.evidence.get("status")
        if finding.status in ("absent", "historical") and status is not None:
            assert by_span[status].meant == {"absent": "denied", "historical": "past"}[finding.status]
    for conflict in reading.conflicts:
        for span in conflict.spans:
            assert "contradicted" in {f.standing for f in by_span[span].facts}
    for place in traced.places:
        assert bool(place.facts) != bool(place.about)
        for start, end in (place.span, *place.because):
            assert 0 <= start < end <= traced.read_to
        if place.meant in ("acute-denied", "elsewhere") or (place.meant == "denied" and place.about):
            assert place.because


@settings(max_examples=400)
@given(JUMBLES)
def test_every_word_of_evidence_is_a_place_of_the_trace(text: str) -> None:
    """The trace cannot disagree with the reader: words of the lexicon in any order."""
    check_trace(text)


@given(st.text(max_size=300))
def test_any_text_can_be_traced(text: str) -> None:
    """F19: any Unicode text."""
    check_trace(text)


def test_texts_of_others_are_traced_whole(shared: Path) -> None:
    """Hazards 18 to 26: every word of evidence of real reports is a place."""
    file = shared / "data" / "reports" / "reports.jsonl"
    if not file.is_file():
        pytest.skip("the reports of others do not lie beside the checkout")
    texts = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert texts
    for text in texts:
        check_trace(text)
