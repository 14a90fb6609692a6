"""Where a report's text is, and why it is sometimes not read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.fhir.attachments.outcome import MOST_TEXT, Apart
from cds_service.fhir.decoding import read_resource
from cds_service.fhir.resources import Observation, Reference, Resource
from cds_service.fhir.text import Means, NotRead, ReportText, report_texts
from cds_service.reports import text as reader
from tests.fhir.documents import form, report
from tests.fhir.samples import observation, raw

FINDINGS = "FINDINGS:\nL1 wedge deformity with marrow edema.\r\n\r\nImpression:\nAcute L1 compression\nfracture."


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


PAGE = f"<html><body><pre>{FINDINGS}</pre></body></html>"
DOCUMENT = r"{\rtf1 FINDINGS:\par L1 wedge deformity.\par}"


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        (form(PAGE, "text/html"), FINDINGS.replace("\r\n", "\n")),
        (form(PAGE, "text/html; charset=utf-8"), FINDINGS.replace("\r\n", "\n")),
        (form("<div><p>Höhe</p></div>".encode("latin-1"), "text/html;charset=ISO-8859-1"), "Höhe"),
        (form('<div xmlns="http://www.w3.org/1999/xhtml">a<br/>b</div>', "application/xhtml"), "a\nb"),
        (form('<html xmlns="http://www.w3.org/1999/xhtml"><p>a</p></html>', "application/xhtml+xml"), "a"),
        (form("<!DOCTYPE html><p>a", "text/plain"), "a"),
        (form("\n <div>a</div>", "application/octet-stream"), "a"),
        (form("<p>a</p>", None), "a"),
        (form("no tag, two\nlines", "text/html"), "no tag, two\nlines"),
        (form(DOCUMENT, "text/rtf"), "FINDINGS:\nL1 wedge deformity."),
        (form(DOCUMENT, "application/rtf"), "FINDINGS:\nL1 wedge deformity."),
        (form(DOCUMENT, "text/plain"), "FINDINGS:\nL1 wedge deformity."),
        (form(DOCUMENT, "application/msword"), "FINDINGS:\nL1 wedge deformity."),
        (form(DOCUMENT, None), "FINDINGS:\nL1 wedge deformity."),
        (form("plain\ntext", "text/rtf"), "plain\ntext"),
        (form("plain\ntext", "application/octet-stream"), "plain\ntext"),
        (form("a < b, L1", "text/plain"), "a < b, L1"),
        (form("plain".encode("utf-16"), "text/plain"), "plain"),
        (form("data:text/plain;base64,QUJD", None, data="data:text/plain;base64,QUJD"), "ABC"),
        ({"contentType": "text/plain", "url": "data:,A%20B"}, "A B"),
        ({"url": "data:text/html;base64,PHA+QTwvcD4="}, "A"),
    ],
)
def test_text_in_other_forms(attachment: dict[str, Any], text: str) -> None:
    """F19, hazard 8: HTML, XHTML and RTF under their labels, wrong labels and none; ``data:`` before or as address."""
    assert report_texts(report(attachment)) == ReportText(text)


@pytest.mark.parametrize(
    ("attachment", "reason"),
    [
        (form(b"%PDF-1.4", "application/pdf"), "format"),
        (form("<html/>", "text/html"), "empty"),
        (form("<p> </p>", "text/html"), "empty"),
        (form("{\\rtf1 x", "application/rtf"), "truncated"),
        (form(b"%PDF-1.4", None), "format"),
        (form(b"a\x00b\x00", "text/plain"), "format"),
        (form(b"\x01\x02\x03\x04ab", "application/octet-stream"), "format"),
        (form(b"\xff\xd8\xff", "image/jpeg"), "image"),
        (form(b"\xff\xd8\xff", "application/octet-stream"), "image"),
        (form(b"\x89PNG", "text/plain"), "image"),
        (form(b"PK\x03\x04", "application/octet-stream"), "format"),
        (form("<?xml version='1.0'?><ClinicalDocument/>", "text/plain"), "format"),
        (form('<ClinicalDocument xmlns="urn:hl7-org:v3"/>', None), "format"),
        (form("<ClinicalDocument/>", "application/xml"), "format"),
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
        (form("<p>Fraktur LWK 1</p>", "text/html", language="de-DE"), "language"),
        (form("L1 fracture. " * 400_000), "truncated"),
        (form("x" * (MOST_TEXT + 1)), "truncated"),
        (form("<p>" + "x" * (MOST_TEXT + 1), "text/html"), "format"),
    ],
)
def test_what_is_not_read_says_why(attachment: dict[str, Any], reason: str) -> None:
    """F19, hazard 8: 5 MB of text, damage, other formats, addresses only, images, cut base64, another language: a
    reason, never an empty text. What would be parsed apart is ``format`` where nothing parses it.
    """
    assert report_texts(report(attachment)) == NotRead(reason)  # type: ignore[arg-type]


def test_the_limit_is_that_of_the_reader() -> None:
    """Operations 1.8: what the report reader would cut is not handed to it."""
    assert MOST_TEXT == reader.LONGEST_TEXT
    assert report_texts(report(form("x" * MOST_TEXT))) == ReportText("x" * MOST_TEXT)


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


LONG = "Acute compression fracture of L1 with marrow edema and mild height loss, without retropulsion, canal stenosis" \
    " or further fractures of the spine."  # fmt: skip


@pytest.mark.parametrize(
    ("forms", "unread"),
    [
        ([form(LONG), form(b"\xff\xd8\xff", "image/jpeg")], ()),
        ([form(LONG), form(b"%PDF", "application/pdf")], ()),
        ([form(f"<p>{LONG}</p>", "text/html"), {"contentType": "application/pdf", "url": "Binary/1"}], ()),
        ([form("See attachment."), form(b"%PDF", "application/pdf")], ("format",)),
        ([form(LONG), {"contentType": "text/plain", "data": BASE64[:-3]}], ("truncated",)),
        ([form(LONG), {"contentType": "text/plain"}], ()),
    ],
)
def test_a_form_that_says_the_same_leaves_no_gap(forms: list[dict[str, Any]], unread: tuple[str, ...]) -> None:
    """FHIR R4, presentedForm: several formats are equivalent; a note that points elsewhere or a second part is not."""
    read = report_texts(report(*forms))
    assert isinstance(read, ReportText)
    assert read.unread == unread


def means_of(pdfs: Mapping[bytes, ReportText | NotRead], order: list[bytes], *, late: bool = False) -> Means:
    """Means that parse the given files, and note in which order they were asked to."""

    def parse(kind: Apart, content: bytes) -> ReportText | NotRead:
        order.append(content)
        return pdfs.get(content, NotRead("truncated"))

    return Means(parse=parse, is_late=lambda: late)


def test_a_pdf_is_parsed_by_what_the_edge_gives_and_last() -> None:
    """F19, base64 PDF: read in place, under any label, after what costs nothing; an unread part of it is said."""
    order: list[bytes] = []
    means = means_of({b"%PDF-1": ReportText("One.", ("image",)), b"%PDF-2": ReportText("Two.")}, order)
    both = report(form(b"%PDF-1", "text/plain"), form("Middle."), form(b"%PDF-2", "image/pdf"))
    assert report_texts(both, means=means) == ReportText("One.\n\nMiddle.\n\nTwo.", ("image",))
    assert order == [b"%PDF-1", b"%PDF-2"]


def test_after_the_deadline_no_costly_form_is_begun() -> None:
    """F19: plain text costs nothing and is read, and so is what was read before; the others are said to be unread."""
    order: list[bytes] = []
    late = means_of({}, order, late=True)
    forms = (form("<p>late", "text/html"), form(r"{\rtf1 late}", "text/rtf"), form(b"%PDF-1", "application/pdf"))
    assert report_texts(report(*forms), means=late) == NotRead("truncated")
    assert report_texts(report(form("A b."), *forms), means=late) == ReportText("A b.", ("truncated",))
    assert set(order) == {b"%PDF-1"}  # what parses apart knows the deadline, and what it has parsed before
    assert report_texts(report(forms[0])) == ReportText("late")
    assert report_texts(report(forms[0]), means=late) == ReportText("late")


def test_a_report_of_very_many_attachments() -> None:
    """Operations 1.8: bounded work; that there was more is said."""
    read = report_texts(report(*(form(f"Line {number}.") for number in range(2_000))))
    assert isinstance(read, ReportText)
    assert read.text.startswith("Line 0.\n\nLine 1.")
    assert read.unread == ("truncated",)


def test_a_costly_page_is_parsed_apart() -> None:
    """F19: as UTF-8, whatever its charset; its outcome is the report's."""
    page = "<p>é" + "<div>x</div>" * 4_000
    order: list[bytes] = []
    means = means_of({page.encode(): ReportText("é x")}, order)
    assert report_texts(report(form(page.encode("latin-1"), "text/html")), means=means) == ReportText("é x")
    assert order == [page.encode()]


BINARY = {"resourceType": "Binary", "id": "b1", "contentType": "text/html", "data": form("<p>L1 fracture.</p>")["data"]}


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"contentType": "text/html", "url": "Binary/b1"}, ReportText("L1 fracture.")),
        ({"url": "http://ehr.example/fhir/Binary/b1"}, ReportText("L1 fracture.")),
        ({"contentType": "text/plain", "url": "Binary/b2"}, NotRead("format")),
        ({"contentType": "text/plain", "url": "Observation/o1"}, NotRead("format")),
        ({"contentType": "text/html", "url": "Binary/b1", "language": "fr"}, NotRead("language")),
        (form("Own.", url="Binary/b1"), ReportText("Own.")),
    ],
)
def test_an_address_that_leads_to_a_binary_of_the_record(attachment: dict[str, Any], expected: object) -> None:
    """Hazard 8: an address alone is read where the record holds what it names, and is ``format`` where it does not."""

    def resolve(reference: Reference) -> Resource | None:
        held = {"Binary/b1": BINARY, "Observation/o1": observation("o1", valueString="x")}
        found = held.get((reference.reference or "").removeprefix("http://ehr.example/fhir/"))
        return None if found is None else read_resource(raw(found))

    assert report_texts(report(attachment), resolve) == expected


def test_an_address_outside_the_record_is_left_to_the_seam() -> None:
    """SSRF rules (operations 1.2): only what is injected fetches; its refusal is the reason."""
    asked: list[str] = []

    def fetch(url: str) -> bytes | NotRead:
        asked.append(url)
        return b"L1 fracture." if url == "Binary/TR-1" else NotRead("format")

    link = {"contentType": "text/plain", "url": "Binary/TR-1"}
    assert report_texts(report(link), means=Means(fetch=fetch)) == ReportText("L1 fracture.")
    assert report_texts(report({**link, "url": "http://other.example/"}), means=Means(fetch=fetch)) == NotRead("format")
    assert report_texts(report(link)) == NotRead("format")
    assert asked == ["Binary/TR-1", "http://other.example/"]


@pytest.mark.parametrize(
    ("narrative", "text"),
    [
        ({"status": "additional", "div": "<div>L1 is old.</div>"}, f"{FINDINGS}\n\nL1 is old."),
        ({"status": "additional ", "div": "<div><del>gone</del><p>L1 is old.</p></div>"}, f"{FINDINGS}\n\nL1 is old."),
        ({"status": "additional", "div": "<div><p>FINDINGS:</p>Acute L1 compression fracture.</div>"}, FINDINGS),
        ({"status": "generated", "div": "<div>L1 is old.</div>"}, FINDINGS),
        ({"status": "extensions", "div": "<div>L1 is old.</div>"}, FINDINGS),
        ({"div": "<div>L1 is old.</div>"}, FINDINGS),
        ({"status": "additional"}, FINDINGS),
        ({"status": "additional", "div": 1}, FINDINGS),
    ],
)
def test_the_narrative_speaks_only_where_a_person_added_to_it(narrative: dict[str, Any], text: str) -> None:
    """Hazard 8: ``text.div`` holds a generated summary, but for the status ``additional``; nothing is said twice."""
    read = report_texts(report(form(FINDINGS), text=narrative))
    assert isinstance(read, ReportText)
    assert read.text == text


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
    assert report_texts(report(result=results, conclusion="Old L1 fracture."), resolve) == ReportText(both)
    assert report_texts(report(form("All."), result=results), resolve) == ReportText("All.")
    assert report_texts(report(result=results)) == NotRead("empty")
    assert isinstance(resolve(Reference(reference="Observation/1")), Observation)


def contained(*observations: dict[str, Any], **more: Any) -> ReportText | NotRead:
    """What is read of a report with these contained Observations."""
    return report_texts(report(contained=list(observations), **more))


def line(identifier: str, said: str, label: str = "Report text", **more: Any) -> dict[str, Any]:
    """An Observation that holds a line of a report."""
    return observation(identifier, code={"text": label}, valueString=said, **more)


@pytest.mark.parametrize(
    ("observations", "text"),
    [
        ([line("1", "L1 fracture.")], "L1 fracture."),
        ([line("1", "There is no"), line("2", "fracture of L1.")], "There is no\nfracture of L1."),
        (
            [line("1", "L1 wedge.", "Findings"), line("2", "T12 too.", "Findings"), line("3", "Old.", "Impression")],
            "FINDINGS: L1 wedge.\nT12 too.\n\nIMPRESSION: Old.",
        ),
        ([line("1", "L1 fracture.", "Reason for study"), line("2", "Normal.")], "INDICATION: L1 fracture.\n\nNormal."),
        ([line("1", "L1 fracture.", "Prior exam"), line("2", "Normal.")], "COMPARISON: L1 fracture.\n\nNormal."),
        ([line("1", "L1 fracture."), line("2", "l1  fracture.", "Other")], "L1 fracture."),
        ([line("1", "L1 fracture.", status="entered-in-error"), line("2", "Normal.")], "Normal."),
        ([line("1", "Fraktur.", language="de"), line("2", "Normal.")], "Normal."),
        ([line("1", "L1 fracture.", focus=[{"reference": "#donor"}]), line("2", "Normal.")], "Normal."),
        (
            [observation("1", code={"text": "Finding"}, valueCodeableConcept={"coding": [{"display": "L1 fracture"}]})],
            "L1 fracture",
        ),
        (
            [observation("1", component=[{"code": {"text": "Impression"}, "valueString": "L1 fracture."}])],
            "IMPRESSION: L1 fracture.",
        ),
        ([observation("1", valueString="x", modifierExtension=[{"url": "u"}]), line("2", "Normal.")], "Normal."),
    ],
)
def test_contained_observations_are_lines_of_the_report(observations: list[dict[str, Any]], text: str) -> None:
    """Hazards 8 and 9: though ``result`` names none; lines under one label stay one text, sections keep headings, and
    what is void, in another language or about somebody else is left out.
    """
    assert contained(*observations) == ReportText(text)


def test_members_of_a_panel_stand_where_it_stands() -> None:
    """Hazard 8: ``hasMember``, once each, in order, whatever circle they form; contained ones that are named too."""
    held = {
        "#p": observation("p", hasMember=[{"reference": "#b"}, {"reference": "#p"}, {"reference": "#a"}]),
        "#a": line("a", "Second."),
        "#b": line("b", "First."),
        "#c": line("c", "Last."),
    }

    def resolve(reference: Reference) -> Resource | None:
        found = held.get(reference.reference or "")
        return None if found is None else read_resource(raw(found))

    given = report(result=[{"reference": "#p"}], contained=list(held.values()))
    assert report_texts(given, resolve) == ReportText("First.\nSecond.\nLast.")


def test_conclusion_codes_speak_last() -> None:
    """Their displays are the text only where there is no other, so that nothing is said twice."""
    codes = [{"text": "Fracture of L1"}, {"coding": [{"display": "Osteoporosis"}, {"display": "same"}]}, {}]
    assert report_texts(report(conclusionCode=codes)) == ReportText("IMPRESSION: Fracture of L1. Osteoporosis.")
    assert report_texts(report(conclusionCode=codes, conclusion="Normal.")) == ReportText("Normal.")
