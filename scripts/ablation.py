"""What a lexicon entry is worth: readings with it and without it.

An entry DECIDES a text when the reading with it differs from the reading without it (``reading_to_json``).

    from scripts.ablation import deciding, decides, ordinary
    deciding(text)           -> the entries (``lexicon.Entry``: kind, value, spelling, frames, words) that decide a text
    decides(entry, text)     -> whether one entry does
    ordinary(entry)          -> the first ordinary sentence of the entry's own group that it decides, else None
    decided_texts(texts)     -> every entry that decides any of the texts, with the number of texts that it decides
    bespoke(counts)          -> entries that decide one text alone and no ordinary sentence

For validation and tests only: ``silenced`` changes the one word tree of the process for the time of a reading, so
nothing here is thread-safe or fit for serving.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cds_service.reports import levels, lexicon, read_report, reading_to_json
from cds_service.reports.lexicon import Entry, entries, silenced
from cds_service.reports.sections import split
from cds_service.reports.text import Word, fold


def reading(text: str) -> dict[str, Any]:
    """The whole reading, in the shape of the contract."""
    return reading_to_json(read_report(text))


def decides(entry: Entry, text: str, with_it: Mapping[str, Any] | None = None) -> bool:
    """Whether ``text`` reads differently without ``entry``; ``with_it`` is its reading where that is known already."""
    known = reading(text) if with_it is None else with_it
    with silenced(entry):
        return reading(text) != known


def ordinary(entry: Entry) -> str | None:
    """The first ordinary sentence of the entry's group that the entry decides."""
    return next((sentence for sentence in entry.sentences() if decides(entry, sentence)), None)


def marking(text: str) -> tuple[Entry, ...]:
    """Entries that leave a mark in ``text``, in the order of the text; no other entry can decide it."""
    by_words: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries():
        by_words.setdefault(entry.words, []).append(entry)
    folded = fold(text)
    found: dict[Entry, None] = {}
    for sentence in split(folded):
        words = tuple(
            Word(lexicon.respell(word.text), word.start, word.end, word.spaced)
            for word in folded.words[sentence.first : sentence.last]
            if word.text != "\n"
        )
        taken = {at for level in levels.find(words, 0, len(words)) for at in range(level.first, level.last)}
        for mark in lexicon.marks(words, frozenset(taken)):
            said = tuple(word.text for word in words[mark.first : mark.last])
            unhyphenated = tuple(text for text in said if text != "-")
            found.update(dict.fromkeys(by_words.get(said) or by_words[unhyphenated]))
    return tuple(found)


def deciding(text: str) -> tuple[Entry, ...]:
    """Entries that decide ``text``, in the order in which the text first holds them."""
    with_it = reading(text)
    return tuple(entry for entry in marking(text) if decides(entry, text, with_it))


def decided_texts(texts: Iterable[str]) -> Counter[Entry]:
    """Every entry that decides any of ``texts``, with the number of texts that it decides."""
    return Counter(entry for text in texts for entry in deciding(text))


def bespoke(counts: Mapping[Entry, int]) -> list[Entry]:
    """Entries that are there for one text alone: they decide exactly one and no ordinary sentence of their own."""
    return [entry for entry, texts in counts.items() if texts == 1 and ordinary(entry) is None]
