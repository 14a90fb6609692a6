"""HTML as a browser shows it: what is hidden, struck or deleted is not read, and lines break where they do on screen.

Line breaks follow the HTML standard's ``innerText``: a paragraph stands apart, another block is a line, cells of a row
are parted by a tab. Beyond it list items, rows and headings stand apart too: none is ever part of a sentence that goes
on, while a division often holds one line of a wrapped text (so does a paragraph whose style takes its margins away).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from cds_service.fhir.attachments.outcome import MOST_TEXT, NotRead, ReportText, bounded
from cds_service.fhir.attachments.plain import characters

MOST_BYTES: Final = 2_000_000
"""Word processors wrap little text in much markup."""

_NO_TEXT: Final = frozenset(
    """head title style script template noscript noframes iframe object embed applet svg math canvas audio video select
    option optgroup datalist button map""".split()
)
_STRUCK: Final = frozenset({"del", "s", "strike"})
_LINES: Final = frozenset(
    """address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer
    form header hgroup html legend main menu nav ol pre search section summary table tbody tfoot thead ul caption
    """.split()
)
_APART: Final = frozenset("p li tr hr h1 h2 h3 h4 h5 h6".split())
_CELLS: Final = frozenset({"td", "th"})
_KEEPS_LINES: Final = frozenset({"pre", "listing", "xmp", "plaintext"})
_WHITE: Final = re.compile(r"[ \t\n\r\f]+")
_RAISED: Final = frozenset({"sup", "sub"})
_NO_MARGIN: Final = re.compile(r"\bmargin(?:-top|-bottom)?\s*:\s*(?:0|\.0)", re.IGNORECASE)
_WORD_PARAGRAPH: Final = re.compile(r"\bMso(?:Normal|NoSpacing|PlainText)\b")

_NOUGHT: Final = r"[+-]?(?:0+\.?0*|\.0+)(?:px|pt|em|rem|ex|ch|%|cm|mm|in|pc|vh|vw)?"
_AWAY: Final = r"-\s*\d{4,}\S*"
"""Far off the page; a hanging indent has three digits at most."""
_HIDING: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(pattern)
    for names, pattern in (
        ("display", r"none"),
        ("visibility", r"hidden|collapse"),
        ("content-visibility", r"hidden"),
        ("opacity", _NOUGHT),
        ("font-size", rf"{_NOUGHT}|1px"),
        ("font", rf"(?:\S+\s+){{0,4}}{_NOUGHT}(?:\s*/\s*\S+)?\s+\S.*"),
        ("text-decoration text-decoration-line", r".*\bline-through\b.*"),
        ("color", r"transparent|rgba\(.*,\s*0(?:\.0+)?\s*\)"),
        ("mso-hide", r"all|screen"),
        ("text-indent left top margin-left margin-top", _AWAY),
        ("clip", r"rect\(\s*(?:0(?:px)?|1px)(?:[,\s]+(?:0(?:px)?|1px)){3}\s*\)"),
        ("clip-path", r"inset\(\s*(?:50|100)%.*|circle\(\s*0.*"),
        ("transform", r".*\bscale\(\s*0\s*\).*"),
    )
    for name in names.split()
}
"""CSS property -> the values with which nobody sees the text."""
_NO_ROOM: Final = re.compile(_NOUGHT)
_LONGEST_STYLE: Final = 4_000
_SIMPLE_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])(-?[A-Za-z_][\w-]*))?")
_ANY_TAG: Final = re.compile(r"<[A-Za-z!/?]")
_SELF_CLOSED: Final = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)[\s/])([A-Za-z][\w:.-]*+)"
    r"((?:[^<>\"'/]|\"[^\"<]*+\"|'[^'<]*+'|/(?!>))*+)/>",
    re.IGNORECASE,
)
_IS_XML: Final = re.compile(r"\s*(?:<\?xml|<!DOCTYPE[^>]{0,200}XHTML|<\w+[^<>]{0,500}\sxmlns\s*=)", re.IGNORECASE)
_META_CHARSET: Final = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]{1,40})")


_SMALL: Final = 64_000
_FEW_TAGS: Final = 3_000
_FEW_COPIES: Final = 200_000
_COPIED_WITH_ATTRIBUTES: Final = re.compile(
    r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]", re.IGNORECASE
)


def is_harmless(text: str) -> bool:
    """Whether parsing here cannot cost more than some tens of milliseconds and megabytes, whatever the text.

    The HTML standard lets the work grow with the square of the depth, and formatting elements that are left open are
    copied into every later block: 130 kB of them became 25 million nodes and 9 GB (measured, lexbor in selectolax
    1.0.2). Other texts are for a process of their own.
    """
    tags = text.count("<")
    return (
        len(text) <= _SMALL and tags <= _FEW_TAGS and len(_COPIED_WITH_ATTRIBUTES.findall(text)) * tags <= _FEW_COPIES
    )


def markup(content: bytes, charset: str = "", *, is_xml: bool = False) -> str | NotRead:
    """The characters of HTML or XHTML: in the charset of its label, else the one it declares itself."""
    if len(content) > MOST_BYTES:
        return NotRead("truncated")
    if not charset:
        declared = _META_CHARSET.search(content[:1024])
        charset = declared[1].decode("ascii").lower() if declared else ""
    text = characters(content, charset)
    return NotRead("format") if "\0" in text else as_html(text, is_xml=is_xml)


def as_html(text: str, *, is_xml: bool = False) -> str:
    """XHTML as HTML has it: an element that closes itself would stay open there, and hold or hide all that follows."""
    return _SELF_CLOSED.sub(r"<\1\2></\1>", text) if is_xml or _IS_XML.match(text) else text


def read_html(text: str) -> ReportText | NotRead:
    """What a reader of the page sees. A text without any tag is plain text under a wrong label, and keeps its lines."""
    if not _ANY_TAG.search(text):
        return bounded(html.unescape(text))
    # Without the callbacks of an interactive document, which are no use here and have crashed before.
    parser = LexborHTMLParser(text, options=LexborDocumentOptions.WO_EVENTS)
    if parser.root is None:
        return NotRead("empty")
    page = _Page(_hidden_by_sheet(parser))
    _walk(parser.root, page)
    return bounded(page.lines.text()) if page.lines.size <= MOST_TEXT else NotRead("truncated")


# --- what is not shown ------------------------------------------------------------------------------------------------


def _hides(style: str) -> bool:
    """Whether CSS declarations keep a text from being seen or strike it through."""
    declared = dict(_declarations(style[:_LONGEST_STYLE]))
    if any(name in _HIDING and _HIDING[name].fullmatch(value) for name, value in declared.items()):
        return True
    sides = (declared.get(side, "") for side in ("height", "max-height", "width", "max-width"))
    if any(map(_NO_ROOM.fullmatch, sides)) and declared.get("overflow", "").startswith(("hidden", "clip")):
        return True
    background = declared.get("background-color") or declared.get("background")
    return background is not None and declared.get("color") == background


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.replace("!important", "").strip()


def _hidden_by_sheet(parser: LexborHTMLParser) -> frozenset[str]:
    """The plain selectors (``del``, ``.gone``, ``span.gone``, ``#gone``) that the page's own style sheets hide.

    Selectors of several parts, and what holds for some media only, are left alone.
    """
    hidden: set[str] = set()
    for sheet in parser.css("style"):
        for rule in (sheet.text() or "").split("}"):
            selectors, brace, style = rule.replace("<!--", "").replace("-->", "").partition("{")
            if brace and _hides(style):
                named = (selector.strip() for selector in selectors[:_LONGEST_STYLE].split(","))
                hidden.update(each for each in named if each and _SIMPLE_SELECTOR.fullmatch(each))
    # Pages hide themselves until a script shows them.
    return frozenset(hidden - {"html", "body"})


# --- lines ------------------------------------------------------------------------------------------------------------

Gap = Literal["", " ", "\t", "\n", "\n\n"]
_WIDTH: Final[Mapping[Gap, int]] = {"": 0, " ": 1, "\t": 2, "\n": 3, "\n\n": 4}


@dataclass(slots=True)
class _Lines:
    """A text in the making: the gap to come is the widest that was asked for since the last word."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    gap: Gap = ""
    breaks: int = 0
    is_raised: bool = False
    """The next word is above or below the line."""

    def ask(self, gap: Gap) -> None:
        """At least this gap before the next word."""
        if _WIDTH[gap] > _WIDTH[self.gap]:
            self.gap = gap

    def line_break(self) -> None:
        """A ``<br>``: two of them leave an empty line."""
        self.breaks += 1
        self.ask("\n" if self.breaks < 2 else "\n\n")

    def cell(self) -> None:
        """The next cell of a row: whatever blocks the last one ended with, this is the same line."""
        self.gap = "\t"
        self.breaks = 0

    def write(self, text: str) -> None:
        """Text in which white space is one space."""
        pieces = _WHITE.split(text)
        for number, piece in enumerate(pieces):
            if number:
                self.ask(" ")
            if piece:
                self._add(piece)

    def write_as_is(self, text: str) -> None:
        """Text that keeps its lines."""
        if text:
            self._add(text.replace("\r\n", "\n"))

    def _add(self, piece: str) -> None:
        if self.is_raised and self.parts and self.parts[-1][-1:].isdigit() and piece[0].isdigit():
            self.ask(" ")  # T1 with a footnote 2 is not T12
        self.is_raised = False
        if self.parts:
            self.parts.append(self.gap)
        self.parts.append(piece)
        self.size += len(piece) + len(self.gap)
        self.gap, self.breaks = "", 0

    def text(self) -> str:
        return "".join(self.parts).strip(" \t\n")


@dataclass(slots=True)
class _Page:
    """What is read so far, and what the page's own style sheets hide."""

    hidden: frozenset[str]
    lines: _Lines = field(default_factory=_Lines)
    kept_lines: int = 0
    """How many elements that keep their line ends are open."""
    cells: int = 0
    """How many cells are open: blocks at the edges of a cell do not break its row."""
    is_new_cell: bool = False

    def shows(self, node: LexborNode, tag: str) -> bool:
        """Whether what is in an element is seen."""
        if tag in _NO_TEXT or tag in _STRUCK or tag in self.hidden:
            return False
        attributes = node.attributes
        if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
            return False
        if not attributes:
            return True
        if self.hidden and not self.hidden.isdisjoint(_names(tag, attributes)):
            return False
        return not _hides(attributes.get("style") or "")

    def open(self, node: LexborNode, tag: str) -> None:
        """The gap before an element."""
        if tag in _CELLS:
            self.cells += 1
            self.is_new_cell = True
            if self.lines.gap != "\n\n":
                self.lines.cell()
        elif not self.is_new_cell:
            self.lines.ask(_gap(node, tag))
        self.lines.is_raised |= tag in _RAISED
        if tag in _KEEPS_LINES:
            self.kept_lines += 1

    def close(self, node: LexborNode, tag: str) -> None:
        """The gap after an element."""
        if tag in _CELLS:
            self.cells -= 1
            self.is_new_cell = False
            self.lines.cell()
        else:
            self.lines.ask(_gap(node, tag))
        if tag in _KEEPS_LINES:
            self.kept_lines -= 1

    def write(self, text: str) -> None:
        """The text of a node."""
        if self.kept_lines:
            self.lines.write_as_is(text)
        else:
            self.lines.write(text)
        self.is_new_cell = self.is_new_cell and not text.strip(" \t\n\r\f")


def _names(tag: str, attributes: Mapping[str, str | None]) -> Iterator[str]:
    """How a plain selector may name an element."""
    for name in (attributes.get("class") or "").split():
        yield f".{name}"
        yield f"{tag}.{name}"
    if attributes.get("id"):
        yield f"#{attributes['id']}"
        yield f"{tag}#{attributes['id']}"


def _gap(node: LexborNode, tag: str) -> Gap:
    if tag == "p":
        attributes = node.attributes
        is_line = _NO_MARGIN.search(attributes.get("style") or "") or _WORD_PARAGRAPH.search(
            attributes.get("class") or ""
        )
        return "\n" if is_line else "\n\n"
    if tag in _APART:
        return "\n\n"
    return "\n" if tag in _LINES else ""


def _walk(root: LexborNode, page: _Page) -> None:
    """Every node in order, without recursion: pages nest deeper than Python calls."""
    pending: list[tuple[LexborNode, str | None]] = [(root, None)]
    while pending and page.lines.size <= MOST_TEXT:
        node, closes = pending.pop()
        if closes is not None:
            page.close(node, closes)
            continue
        if node.next is not None and node is not root:
            pending.append((node.next, None))
        if node.is_text_node:
            page.write(node.text_content or "")
            continue
        if not node.is_element_node:
            continue
        tag = node.tag or ""
        if tag == "br":
            page.lines.line_break()
        elif page.shows(node, tag):
            page.open(node, tag)
            pending.append((node, tag))
            if node.first_child is not None:
                pending.append((node.first_child, None))
