"""The text as the reader sees it: plain ASCII lower-case words that each know where they stand in the original.

Offsets are code points of the original text. Nothing here knows any medicine.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple

LONGEST_TEXT: Final = 200_000
"""Code points that are read; the rest is not (operations.md 1.8)."""

MOST_WORDS: Final = 60_000
"""Words that are read: a report has hundreds; more is no report."""

_FOLD: Final = {
    "\u00a0": " ",
    "\u2007": " ",
    "\u202f": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u0085": "\n",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u00b4": "'",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2026": ".",
    "\u2022": "*",
    "\u25cf": "*",
    "\u25aa": "*",
    "\u00b7": "*",
    "\u00b0": "\u00b0",
    "\u00ba": "\u00b0",
    "\u2265": ">",
    "\u2264": "<",
    "\u00bd": "1/2",
    "\u2153": "1/3",
    "\u2154": "2/3",
    "\u00bc": "1/4",
    "\u00be": "3/4",
    "\u00df": "ss",
    "\u00e6": "ae",
    "\u0153": "oe",
    "\u00d7": "x",
    "\ufeff": "",
    "\u00ad": "",
    "\u200b": "",
    "\u200c": "",
    "\u200d": "",
    "\u2060": "",
}
"""Typography that changes no word."""

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|\n|[^\sa-z\d]")
_BREAK_TAG: Final = re.compile(r"<br ?/?>|</?p>|</?div>|</?li>", re.IGNORECASE)


class Word(NamedTuple):
    """One word, number, mark or newline; ``start`` and ``end`` are places in the folded text."""

    text: str
    start: int
    end: int
    spaced: bool
    """White space stands before it."""


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text with the way back to the original."""

    text: str
    words: tuple[Word, ...]
    origin: tuple[int, ...] | None
    """Place in the original of each folded character, or ``None`` when they are the same."""
    capitals: frozenset[int]
    """Indices of words that begin with a capital letter in the original."""
    cut: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original span of a folded span."""
        if self.origin is None or start >= end:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def _fold_character(char: str) -> str:
    known = _FOLD.get(char)
    if known is not None:
        return known
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)).lower()
    return plain if plain.isascii() else "\u00a4"  # a letter we do not read stays one character that is no word


def fold(original: str) -> Folded:
    """Fold ``original`` to lower-case ASCII words; never fails, time linear in the length."""
    cut = len(original) > LONGEST_TEXT
    text = original[:LONGEST_TEXT]
    origin: tuple[int, ...] | None = None
    if text.isascii():
        plain = text.lower()
    else:
        pieces: list[str] = []
        places: list[int] = []
        for place, char in enumerate(text):
            piece = char.lower() if char.isascii() else _fold_character(char)
            pieces.append(piece)
            places.extend([place] * len(piece))
        plain = "".join(pieces)
        origin = tuple(places)
    plain = plain.replace("\r\n", " \n").replace("\r", "\n").replace("\x0c", "\n")
    plain = _BREAK_TAG.sub(lambda found: "\n".ljust(found.end() - found.start()), plain)
    words: list[Word] = []
    capitals: set[int] = set()
    last = 0
    for index, found in enumerate(_TOKEN.finditer(plain)):
        if index >= MOST_WORDS:
            cut = True
            break
        start, end = found.span()
        words.append(Word(found.group(), start, end, start > last))
        if "a" <= plain[start] <= "z" and text[origin[start] if origin else start].isupper():
            capitals.add(index)
        last = end
    return Folded(plain, tuple(words), origin, frozenset(capitals), cut)
