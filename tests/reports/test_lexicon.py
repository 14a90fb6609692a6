"""The lexicon as data: every phrase can be matched, reads plainly, and costs linear time."""

from __future__ import annotations

import time
import tomllib
from importlib import resources

import pytest

from cds_service.reports import lexicon, read_report
from cds_service.reports.text import fold

TABLES = tomllib.loads(resources.files("cds_service.reports").joinpath("lexicon.toml").read_text(encoding="utf-8"))
SPELLINGS = sorted(
    {
        (kind, value, s)
        for kind, values in TABLES.items()
        for value, phrases in values.items()
        for p in phrases
        for s in lexicon.expand(p)
    }
)


def test_every_phrase_is_found_as_itself() -> None:
    """Each spelling of the lexicon is matched whole, with its kind and value."""
    for kind, value, spelling in SPELLINGS:
        words = fold(spelling).words
        found = lexicon.marks(words, frozenset())
        assert [m.get(kind) for m in found if (m.first, m.last) == (0, len(words))] == [value], spelling


def test_every_kind_is_known() -> None:
    """A kind that no rule reads would be a silent entry."""
    assert set(TABLES) == lexicon.KINDS


def test_an_unclosed_brace_is_refused() -> None:
    """A broken phrase says what to change."""
    with pytest.raises(ValueError, match="close the brace"):
        list(lexicon.expand("compression {fracture"))


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("vertrebral", "vertebral"),
        ("verterbral", "vertebral"),
        ("hieght", "height"),
        ("compresssion", "compression"),
        ("fractrue", "fracture"),
        ("osteoporotc", "osteoporotic"),
    ],
)
def test_common_slips_are_understood(slip: str, meant: str) -> None:
    """Hazards 19 and 23: one-letter slips of a few long words."""
    assert lexicon.respell(slip) == meant


@pytest.mark.parametrize(
    "word", ["weight", "traction", "depression", "decompression", "expression", "thoracolumbar", "fracturing", "heart"]
)
def test_other_words_stay_themselves(word: str) -> None:
    """A correction must not invent a fracture."""
    assert lexicon.respell(word) == word


HOSTILE = {
    "one word": "x" * 200_000,
    "letters with accents": "\u00e9" * 200_000,
    "brackets": "(" * 200_000,
    "levels": "T12 " * 50_000,
    "hyphenated levels": "L1-" * 66_000,
    "near misses": "compression " * 16_000,
    "denials": "no, fracture, " * 14_000,
    "percentages": "30% " * 50_000,
    "newlines": "\n" * 200_000,
    "fractures": "Fracture of T12 with edema. " * 7_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(name: str) -> None:
    """Operations 1.8: no text is slow; the bound is wide because the machine is shared."""
    started = time.perf_counter()
    read_report(HOSTILE[name])
    assert time.perf_counter() - started < 1.0
