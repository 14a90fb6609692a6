"""RTF is read as a word processor shows it."""

from __future__ import annotations

import time

import pytest

from cds_service.fhir.attachments.outcome import MOST_TEXT, NotRead, ReportText
from cds_service.fhir.attachments.rtf import MOST_BYTES, read_rtf

HEAD = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204{\*\falt x}Cyr;}}"


def text_of(body: bytes, head: bytes = HEAD) -> str:
    """The text of a document that has one."""
    read = read_rtf(head + body + b"}")
    assert isinstance(read, ReportText)
    return read.text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            rb"\pard FINDINGS:\par Acute L1 com{\b press}ion\b0  fracture.\par",
            "FINDINGS:\nAcute L1 compression fracture.",
        ),
        (rb"one\line two\tab three\emdash\~four\_five", "one\ntwo\tthree—\xa0four‑five"),
        (b"split\r\n over source lines\r\n\\par next", "split over source lines\nnext"),
        (rb"a\{b\}\\c", "a{b}\\c"),
        (rb"\trowd L1\cell Fracture\cell\row\trowd L2\cell Normal\cell\row", "L1\tFracture\t\n\nL2\tNormal\t"),
        (rb"see {\field{\*\fldinst{HYPERLINK x}}{\fldrslt this}}", "see this"),
        (rb"{\listtext\pard 1.\tab}Item", "1.\tItem"),
    ],
)
def test_the_text_of_a_document(body: bytes, text: str) -> None:
    """F19: formatting never parts a word; paragraphs, lines, cells and rows do."""
    assert text_of(body) == text


@pytest.mark.parametrize(
    "hidden",
    [
        rb"{\v gone}",
        rb"\v gone\v0 ",
        rb"\v1 gone\plain ",
        rb"{\deleted\revauthdel1 gone}",
        rb"{\strike gone}",
        rb"\strike gone\strike0 ",
        rb"{\striked1 gone}",
        rb"\striked gone\striked0 ",
        rb"{\v{\b gone}\'67\u103?one}",
        rb"{\header gone}",
        rb"{\headerf gone}",
        rb"{\footer gone {\b too}}",
        rb"{\info{\title gone}{\author gone}}",
        rb"{\stylesheet{\s0 gone;}}",
        rb"{\colortbl;gone;}",
        rb"{\*\generator gone;}",
        rb"{\*\unknown gone}",
        rb"{\pict\wmetafile8 676f6e65}",
        rb"{\pict\bin10 }gone{{\}{}",
        rb"{\object\objemb{\*\objdata 676f6e65}{\result gone}}",
        rb"{\shp{\shptxt gone}}",
        rb"{\footnote gone}",
        rb"{\*\annotation gone}",
        rb"{\xe gone}",
    ],
)
def test_what_is_not_seen_is_not_read(hidden: bytes) -> None:
    """F19: hidden, deleted and struck runs; headers, footers, information, tables, pictures, objects, notes."""
    assert text_of(rb"seen " + hidden + rb" still").split() == ["seen", "still"]


@pytest.mark.parametrize("word", [b"v", b"deleted", b"strike", b"striked"])
def test_a_group_ends_what_it_began(word: bytes) -> None:
    """F19: what is switched on inside a group is off behind it, and a paragraph mark keeps it on."""
    assert text_of(rb"{\%s a\par b}c \%s d\pard e\%s0 f" % (word, word, word)).split() == ["c", "f"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"caf\'e9 \'93x\'94 20\'b0", "café “x” 20°"),
        (rb"\u8217?\u-10179?\u-8704? \uc0\u233 \uc2\u176 xy!", "’😀 é°!"),
        (rb"{\f1\'cf\'f0}\'cf \f1\'cf\plain\'cf", "ПрÏ ПÏ"),
        ("naïve 20 °".encode(), "naïve 20 °"),
        ("naïve 20 °".encode("cp1252"), "naïve 20 °"),
        (rb"\u-99999?\u9999999999?\u0?\uc\uc-3 a\u", "���a�"),
    ],
)
def test_letters(body: bytes, text: str) -> None:
    """F19: code page bytes, numbered letters with their fallbacks, a font's own character set, raw bytes, numbers out
    of range.
    """
    assert text_of(body) == text


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1250 ", rb"\'b9", "ą"),
        (rb"{\rtf1\mac ", rb"\'8e", "é"),
        (rb"{\rtf1\pc ", rb"\'82", "é"),
        (rb"{\rtf1\ansi\ansicpg932 ", rb"\'83\'65", "テ"),
        (rb"{\rtf1\ansi\ansicpg99999 ", rb"\'e9", "é"),
        (rb"{\rtf1\ansi ", rb"\'e9", "é"),
    ],
)
def test_code_pages(head: bytes, body: bytes, text: str) -> None:
    """F19: ``\\ansicpg`` and its elders; one that nobody knows is that of Windows."""
    assert text_of(body, head) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD + rb"cut off in the mid", "truncated"),
        (HEAD + rb"{\b cut off}", "truncated"),
        (HEAD + rb"ends in a \ ".rstrip(), "truncated"),
        (HEAD + rb" \par }", "empty"),
        (b"no rtf", "format"),
        (b"", "format"),
        (HEAD + b" " * MOST_BYTES + b"}", "truncated"),
        (HEAD + b"word " * (MOST_TEXT // 4) + b"}", "truncated"),
    ],
)
def test_what_is_not_read_says_why(content: bytes, reason: str) -> None:
    """F19: a document that breaks off lacks its end, where the impression stands; so it is not read at all."""
    assert read_rtf(content) == NotRead(reason)  # type: ignore[arg-type]


def test_what_follows_the_document_is_no_part_of_it() -> None:
    """F19: as word processors have it."""
    assert read_rtf(HEAD + rb"seen}gone{\b gone}") == ReportText("seen")


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"{" * 1_000_000,
        HEAD + b"{" * 90_000 + b"}" * 90_001,
        HEAD + rb"\b" * 1_000_000 + b"}",
        HEAD + rb'{\field{\*\fldinst{HYPERLINK "a"' * 50_000,
        HEAD + rb'{\field{\*\fldinst{HYPERLINK "a"' + b" " * 1_000_000,
        rb"{\rtf1{\fonttbl" + rb"{\f1\fcharset" * 60_000,
        rb"{\rtf1{\fonttbl" + rb"\f1\fcharset2 x" * 60_000 + b"}a}",
        HEAD + rb"{\pict " + b"ff" * 1_500_000 + b"}a}",
        HEAD + rb"\u8217?" * 90_000 + b"}",
        HEAD + rb"\'e9" * 190_000 + b"}",
        HEAD + rb"\pict\bin99999999999 }",
        HEAD + rb"\\pict \\bin" * 60_000 + b"}",
    ],
    ids=range(12),
)
def test_no_document_takes_long(content: bytes) -> None:
    """F19: time grows with the length alone, and nothing raises."""
    started = time.process_time()
    read_rtf(content)
    assert time.process_time() - started < 3
