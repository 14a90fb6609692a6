"""Text from elsewhere on a terminal: no character of it steers the terminal or reorders a line, and columns count.

What cannot be shown safely (controls, escape sequences, direction marks, letters written from right to left, lone
surrogates) becomes one replacement character; what changes no word (soft hyphens, zero-width characters) is left out.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

UNSHOWN: Final = "\ufffd"
_LEFT_OUT: Final = re.compile("[\u00ad\u034f\u180b-\u180f\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_JOINED: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")
"""Vowels and finals that a terminal draws into the syllable before them."""
_LINE_ENDS: Final = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""Where ``str.splitlines`` ends a line."""
_TAB: Final = 8
_MOST_ACCENTS: Final = 3
"""Combining letters drawn on one; more would run over the lines beside it."""

_CODES: Final = {
    "green": "32",
    "red": "31",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "dim": "2",
    "bold": "1",
    "underlined": "4",
}


@lru_cache(maxsize=4096)
def shown(char: str) -> tuple[str, int]:
    """What is written for one code point (no tab, no line end), and how many columns it takes."""
    if " " <= char <= "~":
        return char, 1
    if _LEFT_OUT.match(char):
        return "", 0
    category = unicodedata.category(char)
    if category == "Zs":
        return (" ", 1) if unicodedata.east_asian_width(char) not in "WF" else ("  ", 2)
    if category[0] == "C" or category in ("Zl", "Zp") or unicodedata.bidirectional(char) in _RIGHT_TO_LEFT:
        return UNSHOWN, 1
    if category in ("Mn", "Me") or _JOINED.match(char):
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text: what is written for each of its code points, and in which column it begins."""

    start: int
    """Place in the text."""
    pieces: Sequence[str]
    columns: Sequence[int]
    """One more than pieces: the last is the width of the line."""

    def written(self, first: int, last: int) -> str:
        """What is written for code points ``first`` to ``last`` of the line."""
        return "".join(self.pieces[first:last])

    def rows(self, width: int) -> list[tuple[int, int]]:
        """Half-open ranges of code points that fit ``width`` columns each, cut after a space where there is one."""
        if not self.pieces:
            return [(0, 0)]
        found = []
        first, count = 0, len(self.pieces)
        while first < count:
            last = max(bisect_right(self.columns, self.columns[first] + width, first + 1) - 1, first + 1)
            if last < count:
                space = next((at for at in range(last - 1, first, -1) if self.pieces[at].isspace()), None)
                last = last if space is None else space + 1
            found.append((first, last))
            first = last
        return found


def split_lines(text: str) -> list[tuple[int, str]]:
    """Each line of a text without its end, and where it begins."""
    found = []
    at = 0
    for whole in text.splitlines(keepends=True):
        found.append((at, whole.rstrip(_LINE_ENDS)))
        at += len(whole)
    return found


def laid_out(start: int, line: str) -> Line:
    """The columns of one line."""
    if line.isascii() and line.isprintable():
        return Line(start, line, range(len(line) + 1))
    pieces: list[str] = []
    columns = [0]
    accents = 0
    for char in line:
        column = columns[-1]
        if char == "\t":
            width = _TAB - column % _TAB
            piece = " " * width
        else:
            piece, width = shown(char)
        accents = accents + 1 if piece and not width else 0
        pieces.append(piece if accents <= _MOST_ACCENTS else "")
        columns.append(column + width)
    return Line(start, pieces, columns)


def safe(text: str) -> str:
    """A text as the terminal gets it, line for line."""
    lines = (laid_out(at, line) for at, line in split_lines(text))
    return "\n".join(line.written(0, len(line.pieces)) for line in lines)


def quoted(text: str, longest: int = 300) -> str:
    """A text on one line, white space run together, in quotation marks; cut when longer than ``longest``."""
    words = " ".join(safe(text[: 4 * longest]).split())
    cut = len(words) > longest or len(text) > 4 * longest
    return f'"{words[:longest]}..."' if cut else f'"{words}"'


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text on as many rows as it needs, the second and further ones indented."""
    line = laid_out(0, text)
    first, *rest = line.rows(width)
    rows = [line.written(*first)]
    if rest:
        more = laid_out(0, text[rest[0][0] :])
        rows += [indent + more.written(*row) for row in more.rows(max(width - len(indent), 1))]
    return [row.rstrip() for row in rows]


@dataclass(frozen=True, slots=True)
class Ink:
    """Colors, or none."""

    color: bool

    def __call__(self, text: str, *styles: str) -> str:
        """``text`` in the styles named (a color, ``bold``, ``dim``, ``underlined``); as it is without color."""
        codes = ";".join(_CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and text and codes else text
