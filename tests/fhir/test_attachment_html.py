"""HTML is read as a browser shows it, and no page costs more than it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from cds_service.fhir.attachments.html import MOST_BYTES, as_html, is_harmless, markup, read_html
from cds_service.fhir.attachments.outcome import MOST_TEXT, NotRead, ReportText
from cds_service.reports import read_report


def text_of(page: str) -> str:
    """The text of a page that has one."""
    read = read_html(as_html(page))
    assert isinstance(read, ReportText)
    return read.text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("frac<b>ture</b> of <span>L</span>1", "fracture of L1"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>two</p>", "one\ntwo"),
        ("<p style='margin:0in'>one</p><p style='margin: 0'>two</p>", "one\ntwo"),
        ("one<br>two<br/><br />three", "one\ntwo\n\nthree"),
        ("<h2>IMPRESSION</h2>text", "IMPRESSION\n\ntext"),
        ("<ul><li>one<li>two</ul>", "one\n\ntwo"),
        ("<table><tr><td>L1</td><td>fracture</td></tr><tr><td>L2</td><td>normal</td></tr></table>",
         "L1\tfracture\n\nL2\tnormal"),
        ("<table><tr><td><p>L1</p></td>\n<td><p>fracture</p><p>edema</p></td></tr></table>", "L1\tfracture\n\nedema"),
        ("a\n   b\t\tc  <b> d</b>", "a b c d"),
        ("<pre>\nFINDINGS:\r\n  L1\n</pre>after", "FINDINGS:\n  L1\n\nafter"),
        ("a&nbsp;b &lt; 5&#37; &eacute;", "a\xa0b < 5% é"),
        ("L1<sup>2</sup> of the 1<sup>st</sup> lumbar T1<sub>2</sub>", "L1 2 of the 1st lumbar T1 2"),
        ("<p>a<a href='x'>link</a></p><!-- no --><hr>b", "alink\n\nb"),
    ],
)  # fmt: skip
def test_lines_break_where_the_page_shows_a_new_line(page: str, text: str) -> None:
    """F19: inline tags never part a word; blocks, ``<br>``, rows and cells do; white space is one space but in
    ``<pre>``.
    """
    assert text_of(page) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<del>gone</del>",
        "<s>gone</s>",
        "<strike>gone</strike>",
        "<span hidden>gone</span>",
        "<p hidden='hidden'>gone</p>",
        "<div style='display:none'>gone</div>",
        "<div style='color:red; DISPLAY : None !important'>gone <b>for good</b></div>",
        "<span style='visibility:hidden'>gone</span>",
        "<span style='text-decoration: line-through red'>gone</span>",
        "<span style='text-decoration-line:underline line-through'>gone</span>",
        "<span style='font-size:0'>gone</span>",
        "<span style='font-size:0.0pt'>gone</span>",
        "<span style='font: bold 0/0 a'>gone</span>",
        "<span style='opacity:0'>gone</span>",
        "<span style='color:transparent'>gone</span>",
        "<span style='color:#fff;background-color:#fff'>gone</span>",
        "<span style='mso-hide:all'>gone</span>",
        "<span style='position:absolute;left:-9999px'>gone</span>",
        "<div style='height:0;overflow:hidden'>gone</div>",
        "<script>gone</script>",
        "<style>gone {}</style>",
        "<template>gone</template>",
        "<noscript>gone</noscript>",
        "<title>gone</title>",
        "<head><title>gone</title></head>",
        "<!-- gone -->",
        "<dialog>gone</dialog>",
        "<select><option>gone</select>",
        "<svg><text>gone</text></svg>",
        "<style>.away, td.x {display:none}</style><p class='big away'>gone</p>",
        "<style>#id{visibility:hidden}</style><p id=id>gone</p>",
    ],
)
def test_what_is_not_seen_is_not_read(hidden: str) -> None:
    """F19: hidden, deleted, struck and off-screen text, and what is no text: by tag, attribute, style, style sheet."""
    assert text_of(f"<html><body><p>seen {hidden} still</p></body></html>").split() == ["seen", "still"]


@pytest.mark.parametrize(
    "style",
    [
        "font-size:0.9em",
        "font-size:",
        "opacity:0.5",
        "font: normal 12px/0 Arial",
        "text-indent:-108pt",
        "text-decoration:underline",
        "visibility:visible",
        "height:0",
        "margin-left:-18pt",
        "color:#fff;background:#000",
        "display:block",
    ],
)
def test_what_is_seen_is_read(style: str) -> None:
    """F19: styles that look like hiding ones hide nothing."""
    assert text_of(f'<p style="{style}">seen</p>') == "seen"


def test_a_page_that_hides_its_body_until_a_script_runs_is_read() -> None:
    """F19: and a rule of several parts, or for print alone, hides nothing."""
    sheet = "<style>body{visibility:hidden} .a .b{display:none} @media print {.b{display:none}}</style>"
    assert text_of(f"{sheet}<p class=b>seen</p>") == "seen"


def test_struck_text_ends_where_the_page_ends_it() -> None:
    """F19: an ``<s>`` left open in one paragraph strikes the next one too, as browsers show it."""
    assert text_of("<p>no <s>old</p><p>older</s> new</p>") == "no\n\nnew"


def test_rows_and_lines_mean_what_they_say() -> None:
    """Contract, Findings: a finding in a table belongs to the level of its row; a wrapped denial stays one."""
    rows = "".join(f"<tr><td>{level}</td><td>{said}</td></tr>" for level, said in [
        ("T12", "Normal"), ("L1", "Acute compression fracture"), ("L2", "No fracture")])  # fmt: skip
    found = {f.level: f.status for f in read_report(text_of(f"<table>{rows}</table>")).findings}
    assert found["L1"] == "present"
    assert found.get("T12") != "present"
    assert found["L2"] == "absent"
    wrapped = read_report(text_of("<div>There is no acute</div><div>fracture of L1.</div>"))
    assert {f.status for f in wrapped.findings} <= {"absent"}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('<div xmlns="http://www.w3.org/1999/xhtml"><a name="x"/><del/>seen<br/>two</div>', "seen\ntwo"),
        ('<?xml version="1.0"?><html><head><title/><script src="x"/></head><body><p/>seen</body></html>', "seen"),
        ('<div xmlns="u"><span title="a>b"/>seen</div>', "seen"),
    ],
)
def test_xhtml_elements_that_close_themselves_hold_nothing(page: str, text: str) -> None:
    """F19, application/xhtml+xml: read as HTML, an empty ``<del/>`` would strike all that follows."""
    assert text_of(page) == text


def test_plain_text_under_the_label_of_html_keeps_its_lines() -> None:
    """Hazard 8: a wrong label; entities are still resolved."""
    assert text_of("FINDINGS:\r\nHeight loss &lt; 20 %\n") == "FINDINGS:\r\nHeight loss < 20 %\n"


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("<p>Höhe</p>".encode(), ""),
        ("<p>Höhe</p>".encode("cp1252"), ""),
        ("<p>Höhe</p>".encode("latin-1"), "iso-8859-1"),
        ("<meta charset=windows-1252><p>Höhe</p>".encode("cp1252"), ""),
        ("<?xml version='1.0' encoding='iso-8859-1'?><p>Höhe</p>".encode("latin-1"), ""),
        ("<p>Höhe</p>".encode("utf-16"), "utf-16"),
        ("<p>Höhe</p>".encode("utf-16"), ""),
    ],
)
def test_charsets(content: bytes, charset: str) -> None:
    """F19: by byte order mark, label, declaration, else what fits."""
    text = markup(content, charset)
    assert isinstance(text, str)
    assert text_of(text) == "Höhe"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<p>a\0b</p>", "format"), (b"<p>" + b" " * MOST_BYTES, "truncated")],
)
def test_what_is_no_page(content: bytes, reason: str) -> None:
    """F19: zero bytes, and more bytes than are parsed."""
    assert markup(content) == NotRead(reason)  # type: ignore[arg-type]


def test_nothing_and_too_much() -> None:
    """F19: a page without text, and one with more than the reader takes."""
    assert read_html("<p> </p><img src=x>") == NotRead("empty")
    assert read_html("<p>" + "word " * (MOST_TEXT // 4)) == NotRead("truncated")


BOMBS: dict[str, Callable[[], str]] = {
    "deep": lambda: "<div>" * 400_000,
    "deep lists": lambda: "<ul><li>" * 100_000,
    "formatting left open": lambda: "".join(f"<font size={n}><p>" for n in range(20_000)),
    "attributes": lambda: "<p " + " ".join(f"a{n}" for n in range(200_000)) + ">",
    "long text": lambda: "<p>" + "x" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_costly_page_is_not_for_this_process(bomb: str) -> None:
    """F19, operations 1.8: what could cost seconds or gigabytes is told apart without parsing it."""
    assert not is_harmless(BOMBS[bomb]())


@pytest.mark.parametrize(
    "page",
    [
        "<ul><li>" * 1_400,
        "<div>" * 2_900,
        "<p " + " ".join(f"a{n}" for n in range(9_000)) + ">x",
        "".join(f"<font a={n}>" for n in range(65)) + "<p>x" * 2_900,
        "<a>" * 2_900,
        '<p style="font:' + "a " * 30_000 + '">x',
        "<style>" + "{" * 60_000 + "</style>x",
        "<!--" * 2_900,
    ],
    ids=range(8),
)
def test_what_is_harmless_is_so(page: str) -> None:
    """F19: the worst pages that pass for harmless take little time, and none ends in an error."""
    assert is_harmless(page)
    started = time.process_time()
    read_html(page)
    assert time.process_time() - started < 2
