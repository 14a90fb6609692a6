"""Where a report's text is, and why it is sometimes not read."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cds_service.fhir.decoding import read_resource
from cds_service.fhir.resources import DiagnosticReport, Observation, Reference, Resource
from cds_service.fhir.text import NotRead, ReportText, report_texts
from tests.fhir.samples import observation, raw

FINDINGS = "FINDINGS:\nL1 wedge deformity with marrow edema.\r\n\r\nImpression:\nAcute L1 compression\nfracture."


def form(text: str | bytes, content_type: str | None = "text/plain", **more: Any) -> dict[str, Any]:
    """An attachment with its content in base64."""
    content = text.encode() if isinstance(text, str) else text
    base = {"contentType": content_type, "data": base64.b64encode(content).decode()}
    return {name: value for name, value in {**base, **more}.items() if value is not None}


def report(*forms: dict[str, Any], **more: Any) -> DiagnosticReport:
    """A report with those presented forms; keywords add members."""
    read = read_resource(raw({"resourceType": "DiagnosticReport", "presentedForm": list(forms), **more}))
    assert isinstance(read, DiagnosticReport)
    return read


def wrapped(data: str) -> str:
    """Base64 with line breaks and without padding."""
    return "\r\n".join(data[at : at + 20] for at in range(0, len(data), 20)).rstrip("=")


BASE64 = base64.b64encode(FINDINGS.encode()).decode()


@pytest.mark.parametrize(
    "attachment",
    [
        form(FINDINGS),
        form(FINDINGS, "text/plain; charset=utf-8"),
        form(FINDINGS, 'Text/Plain;charset="UTF-8"; format=flowed'),
        form(FINDINGS, "text/plain;charset=made-up"),
        form(FINDINGS, None),
        form(b"\xef\xbb\xbf" + FINDINGS.encode()),
        form(FINDINGS.encode("utf-16"), "text/plain; charset=utf-16"),
        {"contentType": "text/plain", "data": wrapped(BASE64)},
        {"contentType": "text/plain", "data": BASE64, "size": len(FINDINGS)},
        {"contentType": "text/plain", "data": BASE64, "size": len(BASE64)},
        form(FINDINGS, language="en-US"),
    ],
)
def test_plain_text_is_read_as_it_is(attachment: dict[str, Any]) -> None:
    """Hazard 8: parameters in contentType, charsets, base64 with line breaks or without padding; line ends are kept."""
    assert report_texts(report(attachment)) == ReportText(FINDINGS)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("Höhenminderung 20 °".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ("Höhenminderung 20 °".encode("cp1252"), "text/plain"),
        ("Höhenminderung 20 °".encode("cp1252"), "text/plain; charset=utf-8"),
    ],
)
def test_text_that_is_not_utf8(content: bytes, content_type: str) -> None:
    """Hazard 8: the stated charset, and what to make of a wrong one."""
    assert report_texts(report(form(content, content_type))) == ReportText("Höhenminderung 20 °")


@pytest.mark.parametrize(
    ("attachment", "reason"),
    [
        (form(b"%PDF-1.4", "application/pdf"), "format"),
        (form("<html/>", "text/html"), "format"),
        (form("<div/>", "application/xhtml+xml"), "format"),
        (form("{\\rtf1 x}", "application/rtf"), "format"),
        (form("{\\rtf1 x}", "text/plain"), "format"),
        (form("<!DOCTYPE html><p>x", "text/plain"), "format"),
        (form(b"%PDF-1.4", None), "format"),
        (form(b"a\x00b\x00", "text/plain"), "format"),
        (form(b"\xff\xd8\xff", "image/jpeg"), "image"),
        ({"contentType": "image/pict"}, "image"),
        ({"contentType": "application/pdf", "url": "http://a.example/Binary/XR-1"}, "format"),
        ({"contentType": "text/plain", "url": "http://a.example/Binary/TR-1"}, "format"),
        ({"contentType": "text/plain"}, "empty"),
        ({}, "empty"),
        (form("  \n "), "empty"),
        ({"contentType": "text/plain", "data": BASE64[:-3]}, "truncated"),
        ({"contentType": "text/plain", "data": BASE64[:40], "size": len(FINDINGS)}, "truncated"),
        ({"contentType": "text/plain", "data": "L1 fracture, plain"}, "format"),
        (form("Fraktur LWK 1", language="de"), "language"),
    ],
)
def test_what_is_not_read_says_why(attachment: dict[str, Any], reason: str) -> None:
    """F19, hazard 8: other formats, addresses only, images, cut base64, another language: a reason, never an empty
    text.
    """
    assert report_texts(report(attachment)) == NotRead(reason)  # type: ignore[arg-type]


def test_a_report_of_nothing_is_empty() -> None:
    """Hazard 8: neither form nor conclusion (Synthea, VistA laboratory)."""
    assert report_texts(report()) == NotRead("empty")
    assert report_texts(report(conclusion="  ")) == NotRead("empty")


@pytest.mark.parametrize(
    ("conclusion", "expected"),
    [
        (" acute L1 COMPRESSION fracture. ", FINDINGS),
        ("Osteoporosis.", f"{FINDINGS}\n\nIMPRESSION: Osteoporosis."),
        ("Impression: Osteoporosis.", f"{FINDINGS}\n\nImpression: Osteoporosis."),
    ],
)
def test_the_conclusion_is_a_section_of_its_own_unless_it_is_there(conclusion: str, expected: str) -> None:
    """Hazard 8: findings and conclusion belong together; a conclusion the form already holds is not said twice."""
    assert report_texts(report(form(FINDINGS), conclusion=conclusion)) == ReportText(expected)


def test_a_conclusion_alone_is_the_text() -> None:
    """Hazard 8: and what could not be read beside it is said."""
    both = report(form(b"%PDF", "application/pdf"), form(b"", "image/png"), conclusion="L1 fracture.")
    assert report_texts(both) == ReportText("L1 fracture.", ("format", "image"))
    assert report_texts(report(conclusion="L1 fracture.")) == ReportText("L1 fracture.")


def test_several_plain_forms_are_joined_and_parts_of_each_other_dropped() -> None:
    """F20: an addendum is added; the same text twice, or a part and its whole, is one."""
    assert report_texts(report(form("A b."), form("ADDENDUM: c."))) == ReportText("A b.\n\nADDENDUM: c.")
    assert report_texts(report(form("A  b."), form("a b. More."), form("More."))) == ReportText("a b. More.")


def test_another_language_is_not_read() -> None:
    """F19: the report's language holds for its conclusion, an attachment's own language for itself."""
    assert report_texts(report(conclusion="Fraktur LWK 1", language="de-DE")) == NotRead("language")
    assert report_texts(report(language="de")) == NotRead("language")
    english = report(form("L1 fracture.", language="en"), conclusion="Fraktur LWK 1", language="de")
    assert report_texts(english) == ReportText("L1 fracture.", ("language",))


def test_results_speak_where_nothing_else_does() -> None:
    """Hazards 8 and 9: a converter puts the lines into result Observations; sections keep their headings."""
    lines = {
        "Observation/1": observation("1", code={"text": "Findings"}, valueString="L1 wedge."),
        "Observation/2": observation("2", code={"text": "X-ray impression"}, valueString="Old L1 fracture."),
        "Observation/3": observation("3", valueQuantity={"value": 1}),
    }

    def resolve(reference: Reference) -> Resource | None:
        found = lines.get(reference.reference or "")
        return None if found is None else read_resource(raw(found))

    results = [{"reference": name} for name in (*lines, "Observation/4")]
    both = "FINDINGS: L1 wedge.\n\nIMPRESSION: Old L1 fracture."
    assert report_texts(report(result=results), resolve) == ReportText(both)
    assert report_texts(report(result=results, conclusion="None."), resolve) == ReportText("None.")
    assert report_texts(report(result=results)) == NotRead("empty")
    assert isinstance(resolve(Reference(reference="Observation/1")), Observation)


def test_conclusion_codes_speak_last() -> None:
    """Their displays are the text only where there is no other, so that nothing is said twice."""
    codes = [{"text": "Fracture of L1"}, {"coding": [{"display": "Osteoporosis"}, {"display": "same"}]}, {}]
    assert report_texts(report(conclusionCode=codes)) == ReportText("IMPRESSION: Fracture of L1. Osteoporosis.")
    assert report_texts(report(conclusionCode=codes, conclusion="Normal.")) == ReportText("Normal.")
