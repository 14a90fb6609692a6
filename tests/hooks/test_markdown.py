"""What a record's value may become in a card: text, and nothing else (operations 1.5, G9 to G12)."""

from __future__ import annotations

import re

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cds_service.hooks.markdown import LONGEST, escaped, plain_text

HOSTILE = (
    "<script>alert(1)</script>",
    "<iframe src=https://evil.example>",
    "<svg><script>x</script></svg>",
    "<style>*{display:none}</style>",
    "<form action=https://evil.example>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "[x]: https://evil.example",
    "https://evil.example",
    "http&colon;//evil.example",
    "www.evil.example",
    "mailto:x@evil.example",
    "x@evil.example",
    "<https://evil.example>",
    "javascript:alert(1)",
    "data:text/html,x",
    "**bold** __bold__ *i* _i_ ~~s~~",
    "`code` ```block```",
    "# heading",
    "> quote",
    "| a | b |",
    "- item",
    "1. item",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "\\*x\\*",
    "a\nb\r\nc\u2028d",
    "\u202eevil\u202c",
    "{{7*7}}",
    "%s {0.__class__}",
    "xmpp:a@b.example",
    "ftp://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "ht\u200btps://evil.example",
    "hTTp:\t//evil.example",
    "</p><b>x",
    "<!-- x -->",
)


def rendered(value: str) -> str:
    """The HTML of a line that holds the value after a label, as a client with raw HTML and autolinks on renders it."""
    return str(cmarkgfm.github_flavored_markdown_to_html(f"Reason: {value}", Options.CMARK_OPT_UNSAFE))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_text(value: str) -> None:
    """G9, G11: no element but the paragraph comes out of a hostile value."""
    assert not re.findall(r"<(?!/?p>)", rendered(escaped(value)))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_in_its_table_cell(value: str) -> None:
    """D14: a value inside a criteria table opens no cell, row or element of its own."""
    table = f"| Criterion | On record |\n| --- | --- |\n| x | met: {escaped(value)} |"
    html = cmarkgfm.github_flavored_markdown_to_html(table, Options.CMARK_OPT_UNSAFE)
    assert not re.findall(r"<(?!/?(?:table|thead|tbody|tr|th|td)>)", html)
    assert html.count("<td>") == 2


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=6).map("".join))
@example("www" + "." * 3)
@settings(max_examples=400, deadline=None)
def test_no_text_at_all_becomes_markup(value: str) -> None:
    """G10: whatever the record holds, only a paragraph comes out."""
    assert not re.findall(r"<(?!/?p>)", rendered(escaped(value)))


@given(st.text(max_size=500), st.integers(min_value=8, max_value=LONGEST))
@settings(max_examples=200, deadline=None)
def test_plain_text_is_one_short_line(value: str, longest: int) -> None:
    """G2, B13: no control or direction character, one line, cut to its length."""
    text = plain_text(value, longest)
    assert len(text) <= longest
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]", text)


def test_template_syntax_is_literal() -> None:
    """G12: what looks like a template is a value like any other."""
    assert plain_text("{{7*7}} %s {0.__class__}") == "{{7*7}} %s {0.__class__}"


def test_a_long_value_is_cut_on_a_word() -> None:
    """G2: the cut keeps whole words and says that something follows."""
    assert plain_text("one two three four", 12) == "one two..."
