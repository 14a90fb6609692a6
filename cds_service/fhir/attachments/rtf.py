"""RTF: what a reader of the page sees, by striprtf from a copy that holds nothing else.

striprtf 0.0.35 reads hidden, deleted and struck text, takes expressions with nested repeats to the whole text, and
fails on numbers out of range (``\\u-99999``, ``\\uc``). So one pass over the tokens writes the document anew: groups
and runs that are not shown left out, fonts with their character set only, every number in range. That pass and what is
left for striprtf are linear. Control words: Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from striprtf.striprtf import charset_map, destinations, rtf_to_text

from cds_service.fhir.attachments.outcome import MOST_TEXT, NotRead, ReportText, bounded

MOST_BYTES: Final = 4_000_000
"""Word processors put pictures and style sheets of megabytes around a page of text."""
MOST_TOKENS: Final = 200_000
"""Control words, braces and runs of text, some tenths of a second of them."""

_TOKEN: Final = re.compile(
    r"\\([A-Za-z]{1,32})(-?\d{1,10})?[ ]?"  # a control word with its number
    r"|\\'([0-9A-Fa-f]{2})"  # a byte
    r"|\\([^A-Za-z])"  # a control symbol
    r"|([{}])"
    r"|([^\\{}]+)",
    re.DOTALL,
)
_BREAKS: Final[Mapping[str, str]] = {
    "par": "\\par ",
    "line": "\\line ",
    "softline": "\\line ",
    "sect": "\\par\\par ",
    "page": "\\par\\par ",
    "column": "\\par\\par ",
    # A row stands apart and its cells are parted by tabs, as in HTML.
    "row": "\\par\\par ",
    "nestrow": "\\par\\par ",
    "cell": "\\tab ",
    "nestcell": "\\tab ",
}
_CHARACTERS: Final = frozenset(
    "tab emdash endash emspace enspace qmspace bullet lquote rquote ldblquote rdblquote".split()
)
_SYMBOLS: Final[Mapping[str, str]] = {"~": "\\~", "-": "\\-", "_": "\\_", "\n": "\\par ", "\r": "\\par "}
_NOT_SHOWN: Final = destinations | {"annotation", "atnid", "listtable", "pntext", "shptxt", "txe", "xe"}
"""Groups that are no text of the page: headers and footers, information, pictures, objects, tables of fonts, notes."""
_INVISIBLE: Final = frozenset({"v", "deleted", "strike", "striked"})
_CODECS: Final[Mapping[str, str]] = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}
_MOST_FONTS: Final = 500
_NEW_LINES: Final = {ord("\r"): None, ord("\n"): None, 0: None}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within one group."""

    is_shown: bool = True
    """Not within a group that is no text of the page."""
    is_font_table: bool = False
    invisible: frozenset[str] = frozenset()
    """Which of ``_INVISIBLE`` are switched on."""
    fallback: int = 1
    """How many characters stand after ``\\uN`` for readers that cannot show it."""


@dataclass(slots=True)
class _Copy:
    """The document written anew, and what was learned on the way."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    codec: str = "cp1252"
    fonts: dict[str, str] = field(default_factory=dict)
    """Number of a font -> its character set."""
    font: str = ""
    """The font that the font table is at."""
    default_font: str = ""
    is_whole: bool = False
    """The outermost group was closed."""

    def add(self, part: str) -> None:
        self.parts.append(part)
        self.size += len(part)

    def document(self) -> str:
        """RTF of the plainest kind."""
        known = {number: charset for number, charset in self.fonts.items() if int(charset or "-1") in charset_map}
        table = "".join(f"{{\\f{number}\\fcharset{charset} x;}}" for number, charset in known.items())
        return f"{{\\rtf1\\uc1{{\\fonttbl{table}}}{''.join(self.parts)}}}"


def read_rtf(content: bytes) -> ReportText | NotRead:
    """The text of an RTF document; ``truncated`` when it breaks off before its last brace, or is over a limit."""
    if len(content) > MOST_BYTES:
        return NotRead("truncated")
    if not content.lstrip().startswith(b"{\\rtf"):
        return NotRead("format")
    copy = _copied(content)
    if isinstance(copy, NotRead):
        return copy
    document = copy.document()
    text: str = rtf_to_text(document, encoding=copy.codec, errors="replace")  # type: ignore[no-untyped-call] # has none
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two \u make one letter beyond 16 bits
    return bounded(whole.strip("\n "))


def _copied(content: bytes) -> _Copy | NotRead:
    """The visible part of a document."""
    text, copy = _seven_bits(content), _Copy()
    states: list[_State] = []
    state = _State()
    position = skipped = 0
    for number in range(MOST_TOKENS + 1):
        found = _TOKEN.match(text, position)
        if found is None or copy.is_whole:
            break
        if number == MOST_TOKENS or copy.size > MOST_TEXT * 6:
            return NotRead("truncated")
        position = found.end()
        word, argument, byte, symbol, brace, run = found.groups()
        if brace == "{":
            copy.add("{" if state.is_shown and states else "")
            states.append(state)
            skipped = 0
        elif brace == "}":
            state = states.pop() if states else state
            copy.is_whole = not states
            copy.add("}" if state.is_shown and states else "")
            skipped = 0
        elif word == "bin":
            position += max(int(argument or 0), 0)
        elif word == "u" and state.is_shown:
            skipped = state.fallback
            if not state.invisible:
                copy.add(_letter(int(argument or 0)))
        elif word:
            skipped = max(skipped - 1, 0)
            state = _controlled(state, word, argument, copy)
        elif not state.is_shown:
            continue
        elif skipped and run is None:
            skipped -= 1
        elif symbol == "*":
            state = replace(state, is_shown=False)
        elif state.invisible:
            skipped = max(skipped - len(run or ""), 0)
        elif byte:
            copy.add(f"\\'{byte}")
        elif symbol:
            copy.add(_SYMBOLS.get(symbol) or (f"\\'{ord(symbol):02x}" if symbol in "\\{}" else ""))
        else:
            plain = (run or "").translate(_NEW_LINES)
            copy.add(plain[skipped:])
            skipped = max(skipped - len(plain), 0)
    return copy if copy.is_whole else NotRead("truncated")


def _controlled(state: _State, word: str, argument: str | None, copy: _Copy) -> _State:
    """The state after a control word; what it shows is added to the copy."""
    if word == "fonttbl":
        return replace(state, is_shown=False, is_font_table=True)
    if state.is_font_table:
        if word == "f":
            copy.font = _number(argument)
        elif (
            word == "fcharset" and copy.font.isdigit() and (argument or "").isdigit() and len(copy.fonts) < _MOST_FONTS
        ):
            copy.fonts[copy.font] = argument or ""
        return state
    if not state.is_shown:
        return state
    if word in _NOT_SHOWN:
        return replace(state, is_shown=False)
    if word in _INVISIBLE:
        return replace(state, invisible=state.invisible - {word} if argument == "0" else state.invisible | {word})
    if word == "uc":
        return replace(state, fallback=min(max(int(argument or 1), 0), 100))
    if word == "plain":
        copy.add(f"\\f{copy.default_font} " if copy.default_font else "")
        return replace(state, invisible=frozenset())
    if word in _BREAKS:
        # A break that is hidden still parts the words around it.
        copy.add(_BREAKS[word])
    elif word in _CHARACTERS and not state.invisible:
        copy.add(f"\\{word} ")
    elif word in ("f", "deff") and _number(argument):
        copy.default_font = _number(argument) if word == "deff" else copy.default_font
        copy.add(f"\\f{argument} ")
    elif word in _CODECS or word == "ansicpg":
        copy.codec = _codec(_CODECS.get(word, f"cp{argument}"))
    return state


def _seven_bits(content: bytes) -> str:
    """The document with every letter beyond ASCII escaped: as it is in UTF-8 where it is UTF-8, else byte by byte."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        try:
            letters = set(content.decode("utf-8")) - set(map(chr, range(128)))
            return content.decode("utf-8").translate({ord(each): f"\\u{ord(each)}?" for each in letters})
        except UnicodeDecodeError:
            return content.decode("latin-1").translate({byte: f"\\'{byte:02x}" for byte in range(128, 256)})
    return text


def _number(argument: str | None) -> str:
    """The digits after a control word; empty where there are none, or a sign before them."""
    return argument if argument is not None and argument.isdigit() else ""


def _letter(code: int) -> str:
    """``\\uN`` of a character that there is; those beyond 15 bits are written as negative numbers."""
    code = code + 0x10000 if code < 0 else code
    return f"\\u{code if 0 < code <= 0x10FFFF else 0xFFFD}?"


def _codec(name: str) -> str:
    """A code page that Python knows, else that of Windows."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
