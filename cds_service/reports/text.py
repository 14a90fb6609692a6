"""The text as the reader sees it: plain ASCII lower-case words that each know where they stand in the original.

Offsets are code points of the original text. Nothing here knows any medicine.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

LONGEST_TEXT: Final = 200_000
"""Code points that are read; the rest is not (operations.md 1.8)."""

MOST_WORDS: Final = 40_000
"""Words, marks and line ends that are read: prose of the longest text has fewer, a report has hundreds."""

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
_LETTERS: Final = re.compile(r"[a-z]+")
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


def _fold_characters(text: str) -> tuple[str, tuple[int, ...] | None]:
    """The text in lower-case ASCII, and where each character came from when their number changed."""
    if text.isascii():
        return text.lower(), None
    table = {ord(char): _fold_character(char) for char in set(text) if not char.isascii()}
    plain = text.translate(table).lower()
    uneven = [chr(code) for code, piece in table.items() if len(piece) != 1]
    if not uneven:
        return plain, None
    origin: list[int] = []
    last = 0
    for found in re.finditer("[" + re.escape("".join(uneven)) + "]", text):
        place = found.start()
        origin.extend(range(last, place))
        origin.extend([place] * len(table[ord(text[place])]))
        last = place + 1
    origin.extend(range(last, len(text)))
    return plain, tuple(origin)


def distinct_words(original: str) -> frozenset[str] | None:
    """Every different ASCII word of a text that needs no folding of letters; ``None`` when it does."""
    text = original[:LONGEST_TEXT]
    return frozenset(_LETTERS.findall(text.lower())) if text.isascii() else None


def fold(original: str) -> Folded:
    """Fold ``original`` to lower-case ASCII words; never fails, time linear in the length."""
    cut = len(original) > LONGEST_TEXT
    text = original[:LONGEST_TEXT]
    plain, origin = _fold_characters(text)
    plain = plain.replace("\r\n", " \n").replace("\r", "\n").replace("\x0c", "\n")
    plain = _BREAK_TAG.sub(lambda found: "\n".ljust(found.end() - found.start()), plain)
    words: list[Word] = []
    add = words.append
    make = tuple.__new__  # a report in a hurry: a third of the time of Word(...)
    last = 0
    for found in islice(_TOKEN.finditer(plain), MOST_WORDS):
        start, end = found.span()
        add(make(Word, (found[0], start, end, start > last)))
        last = end
    cut = cut or (len(words) == MOST_WORDS and _TOKEN.search(plain, last) is not None)
    if text.isascii():
        capitals = [index for index, word in enumerate(words) if text[word[1]] != plain[word[1]]]
    else:
        capitals = [
            index
            for index, word in enumerate(words)
            if "a" <= plain[word[1]] <= "z" and text[origin[word[1]] if origin else word[1]].isupper()
        ]
    return Folded(plain, tuple(words), origin, frozenset(capitals), cut)
