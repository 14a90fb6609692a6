"""Quotations and the JSON shape: the contract's "Spans"."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from cds_service.reports import LevelFinding, read_report, reading_to_json

TEXTS = [
    "Acute compression fracture of L1 with marrow edema and 35 % height loss; no retropulsion.",
    "\ufeffFINDINGS: Acute T12 compression fracture.\r\nPosterior wall intact.\r\n\r\nIMPRESSION: T12 fracture.",
    "Patient \u00c6\u00d8\u0130: \u201cT12\u201d compression frac\u00adture with marrow edema, 30\u00a0% height loss. "
    "\u00bd of the height lost at L1 fracture.",
    "No fracture. \U0001f9b4 T9\u2013T10 wedging.",
    "FINDINGS: L1 fracture with marrow edema. IMPRESSION: Chronic L1 compression fracture.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_exactly_the_slice_of_its_span(text: str) -> None:
    """Contract "Spans": code points of the text as read, a BOM counted."""
    reading = read_report(text)
    assert reading.findings
    for finding in reading.findings:
        start, end = finding.span
        assert 0 <= start < end <= len(text)
        assert finding.text == text[start:end]
        for evidence_start, evidence_end in finding.evidence.values():
            assert 0 <= evidence_start < evidence_end <= len(text)
    for conflict in reading.conflicts:
        assert all(0 <= a < b <= len(text) for a, b in conflict.spans)


def test_each_fact_quotes_its_own_words() -> None:
    """Contract "Spans": each fact has its own span in evidence."""
    text = "Acute compression fracture of L1 with marrow edema and 35 % height loss; no retropulsion."
    (finding,) = read_report(text).findings
    assert {name: text[a:b] for name, (a, b) in finding.evidence.items()} == {
        "status": "compression fracture",
        "acuity": "Acute",
        "marrow_edema": "marrow edema",
        "height_loss_percent": "35 %",
        "retropulsion": "retropulsion",
    }


def test_every_stated_fact_has_evidence() -> None:
    """Contract "Spans"."""
    quoting = {"level", "level_certain", "region", "evidence", "span", "text"}
    for text in TEXTS:
        for finding in reading_to_json(read_report(text))["findings"]:
            stated = {key for key, known in finding.items() if known is not None and key not in quoting}
            assert stated <= set(finding["evidence"]), text


def test_the_json_has_every_key_of_the_contract() -> None:
    """Contract, shape of read-report --json: all keys present, null where unknown."""
    shape = reading_to_json(read_report("T12 compression fracture, 30% height loss."))
    assert list(shape) == [
        "findings",
        "regions_without_fracture",
        "regions_without_acute_fracture",
        "conflicts",
        "study_limited",
        "not_read",
    ]
    (finding,) = shape["findings"]
    assert list(finding) == [spec.name for spec in fields(LevelFinding)]
    assert finding["marrow_edema"] is None
    assert finding["height_loss_percent"] == [30, 30]
    assert json.loads(json.dumps(shape)) == shape


def test_whole_numbers_are_written_as_such() -> None:
    """Contract example: 3, not 3.0; and 2.5 stays 2.5."""
    assert '"retropulsion_mm": 6,' in json.dumps(reading_to_json(read_report("L1 fracture with 6 mm retropulsion.")))
    assert '"retropulsion_mm": 2.5,' in json.dumps(
        reading_to_json(read_report("L1 fracture with 2.5 mm retropulsion."))
    )
