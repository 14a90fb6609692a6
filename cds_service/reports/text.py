"""The text as the reader sees it: plain ASCII lower-case words that each know where they stand in the original.

Offsets are code points of the original text. Nothing here knows any medicine.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from operator import itemgetter, ne
from typing import Final, NamedTuple, overload

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

_TOKEN: Final = re.compile(r"([a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|\n|[^\sa-z\d])")
"""In a group, so that splitting a text by it keeps words and gaps in turn."""
_FEW: Final = 20
"""Different letters to fold up to which replacing them one after the other is the faster way."""
_LETTERS: Final = re.compile(r"[a-z]+")
_BREAK_TAG: Final = re.compile(r"<br ?/?>|</?p>|</?div>|</?li>", re.IGNORECASE)


class Word(NamedTuple):
    """One word, number, mark or newline; ``start`` and ``end`` are places in the folded text."""

    text: str
    start: int
    end: int
    spaced: bool
    """White space stands before it."""


class Words(Sequence[Word]):
    """The words of a text. A ``Word`` is made when it is asked for: most words of a long note never are."""

    __slots__ = ("_ends", "_gaps", "_starts", "texts")

    def __init__(self, texts: list[str], starts: list[int], ends: list[int], gaps: list[str]) -> None:
        self.texts = texts
        """Each word's text, for whoever needs no places."""
        self._starts = starts
        self._ends = ends
        self._gaps = gaps

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, at: int) -> Word: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Word, ...]: ...

    def __getitem__(self, at: int | slice) -> Word | tuple[Word, ...]:
        if isinstance(at, int):
            return Word(self.texts[at], self._starts[at], self._ends[at], self._gaps[at] != "")
        fields = zip(self.texts[at], self._starts[at], self._ends[at], map(bool, self._gaps[at]), strict=True)
        return tuple(map(Word._make, fields))

    def place(self, at: int) -> slice:
        """Where word ``at`` stands in the folded text."""
        return slice(self._starts[at], self._ends[at])

    def spaced(self, at: int) -> bool:
        """Whether white space stands before word ``at``."""
        return self._gaps[at] != ""


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text with the way back to the original."""

    text: str
    kept: str
    """The same with the capitals of the original."""
    words: Words
    pieces: tuple[tuple[int, int, int], ...]
    """(place here, length here, place in the original) of each character that did not fold to just one, in order."""
    capitals: frozenset[int]
    """Indices of words that begin with a capital letter in the original."""
    cut: bool

    def loud(self, at: int) -> bool:
        """Whether word ``at`` is all in capitals in the original."""
        return self.kept[self.words.place(at)].isupper()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original span of a folded span."""
        if not self.pieces or start >= end:
            return start, end
        return _origin(self.pieces, start), _origin(self.pieces, end - 1) + 1


def _origin(pieces: tuple[tuple[int, int, int], ...], place: int) -> int:
    """Place in the original of the character at ``place`` of the folded text."""
    at = bisect_right(pieces, place, key=itemgetter(0)) - 1
    if at < 0:
        return place
    start, length, original = pieces[at]
    return original if place < start + length else place - start - length + original + 1


def _fold_character(char: str) -> str:
    known = _FOLD.get(char)
    if known is not None:
        return known
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return plain if plain.isascii() else "\u00a4"  # a letter we do not read stays one character that is no word


def _fold_characters(text: str) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    """The text in ASCII, small and capital letters as they are, and its ``pieces``."""
    if text.isascii():
        return text, ()
    table = {ord(char): _fold_character(char) for char in set(text) if not char.isascii()}
    if len(table) <= _FEW:
        plain = text
        for code, piece in table.items():
            plain = plain.replace(chr(code), piece)
    else:
        plain = text.translate(table)
    uneven = [chr(code) for code, piece in table.items() if len(piece) != 1]
    if not uneven:
        return plain, ()
    pieces: list[tuple[int, int, int]] = []
    grown = 0
    for found in re.finditer("[" + re.escape("".join(uneven)) + "]", text):
        length = len(table[ord(found[0])])
        pieces.append((found.start() + grown, length, found.start()))
        grown += length - 1
    return plain, tuple(pieces)


def distinct_words(original: str) -> frozenset[str] | None:
    """Every different ASCII word of a text that needs no folding of letters; ``None`` when it does."""
    text = original[:LONGEST_TEXT]
    return frozenset(_LETTERS.findall(text.lower())) if text.isascii() else None


def fold(original: str) -> Folded:
    """Fold ``original`` to lower-case ASCII words; never fails, time linear in the length."""
    cut = len(original) > LONGEST_TEXT
    text = original[:LONGEST_TEXT]
    kept, pieces = _fold_characters(text)
    lower = kept.lower()
    plain = lower.replace("\r\n", " \n").replace("\r", "\n").replace("\x0c", "\n")
    plain = _BREAK_TAG.sub(lambda found: "\n".ljust(found.end() - found.start()), plain)
    parts = _TOKEN.split(plain, MOST_WORDS)  # gap, word, gap, ..., word, rest
    cut = cut or (len(parts) > 2 * MOST_WORDS and _TOKEN.search(parts[-1]) is not None)
    texts, places = parts[1::2], list(accumulate(map(len, parts)))
    starts = places[:-1:2]
    words = Words(texts, starts, places[1::2], parts[:-1:2])
    return Folded(plain, kept, words, pieces, _changed(kept, lower, starts), cut)


def _changed(text: str, lower: str, starts: list[int]) -> frozenset[int]:
    """Indices of the words whose first letter is another one in lower case."""
    if not starts:
        return frozenset()
    first = itemgetter(*starts, starts[0])  # one more than needed: of a single place it would give no tuple
    return frozenset(compress(range(len(starts)), map(ne, first(text), first(lower))))
