"""The lexicon: phrases of ``lexicon.toml`` as one word tree, and the marks they leave on a sentence.

Matching walks words, longest phrase first, so its time is linear in the words and no pattern can backtrack.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from itertools import product
from typing import Final

from cds_service.reports.text import Word, fold

KINDS: Final = frozenset(
    """fx morphology heights stature loss edema uptake retro wall wallstate canal canalstate kyphosis cleft cement
    planned posterior involve mass cordsignal
    discsignal collection unstable ligament etiology shape degenerative bone noun acuity change severity genant normal
    inert vertebral region neg
    negacute negother negafter hedge hedgeafter hypo hist denialfollow only limited transitional break pointer
    quantity""".split()
)


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    facts: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A lexicon phrase at words ``first`` to ``last`` (half-open); ``facts`` maps kind to value."""

    first: int
    last: int
    facts: Mapping[str, str]

    def get(self, kind: str) -> str | None:
        """Value under ``kind``, or ``None``."""
        return self.facts.get(kind)


def expand(phrase: str) -> Iterator[str]:
    """All spellings of a phrase with ``{a,b}`` alternatives."""
    parts: list[list[str]] = []
    rest = phrase
    while "{" in rest:
        before, _, tail = rest.partition("{")
        inside, closed, rest = tail.partition("}")
        if not closed:
            raise ValueError(f"lexicon.toml: close the brace in {phrase!r}")
        parts.append([before])
        parts.append(inside.split(","))
    parts.append([rest])
    return ("".join(choice) for choice in product(*parts))


def _plant(tables: Mapping[str, Mapping[str, list[str]]]) -> _Node:
    unknown = set(tables) - KINDS
    if unknown:
        raise ValueError(f"lexicon.toml: no such kind: {', '.join(sorted(unknown))}")
    root = _Node()
    for kind, values in tables.items():
        for value, phrases in values.items():
            for phrase in phrases:
                for spelling in expand(phrase):
                    node = root
                    for word in fold(spelling).words:
                        node = node.children.setdefault(word.text, _Node())
                    known = (node.facts or {}).get(kind, value)
                    if known != value:
                        raise ValueError(
                            f"lexicon.toml: {spelling!r} is both {known} and {value} under {kind}; keep one"
                        )
                    node.facts = {**(node.facts or {}), kind: value}
    return root


def _vocabulary(node: _Node, into: set[str]) -> set[str]:
    for word, child in node.children.items():
        into.add(word)
        _vocabulary(child, into)
    return into


_TABLES: Final = tomllib.loads(
    resources.files("cds_service.reports").joinpath("lexicon.toml").read_text(encoding="utf-8")
)
_ROOT: Final = _plant(_TABLES)
VOCABULARY: Final = frozenset(_vocabulary(_ROOT, set()))

_SPELLED: Final = """vertebra vertebral vertebrae fracture fractures fractured compression height retropulsion
osteoporotic deformity deformities kyphosis edematous
    collapse wedging thoracic lumbar vertebroplasty kyphoplasty pathologic pathological subacute stenosis metastasis
    acute chronic""".split()
_SPELLED_INITIALS: Final = frozenset(word[0] for word in _SPELLED)
_EXEMPT: Final = frozenset(
    """vertebras heights weight compressive compressing impression depression expression fracturing thoracics acutely
    thoracis lumbars""".split()
)


def _without_one(word: str) -> set[str]:
    return {word[:k] + word[k + 1 :] for k in range(1, len(word))}


_NEAR: Final = {short: word for word in reversed(_SPELLED) if len(word) >= 6 for short in (*_without_one(word), word)}


@lru_cache(maxsize=4096)
def respell(word: str) -> str:
    """The word meant by a common one-letter slip (``vetrebral``, ``hieght``); any other word as it is."""
    if not 6 <= len(word) <= 16 or word[0] not in _SPELLED_INITIALS or word in VOCABULARY or word in _EXEMPT:
        return word
    if word in _NEAR:
        return _NEAR[word]
    for short in sorted(_without_one(word)):
        if short in _NEAR:
            return _NEAR[short]
    return word


_TELLING_KINDS: Final = """fx heights stature edema uptake retro wall canal kyphosis cleft cement posterior mass
    cordsignal discsignal collection unstable ligament etiology limited transitional acuity change""".split()
_FILLING: Final = frozenset(
    """of the in to a an and or is are has have was were been not no on at from with for by its since than as may
    it that this be into up without never does do did due secondary left right bilateral high low normal intact type
    prior previous change significant""".split()
)
_ORDINARY: Final = frozenset(
    """some more long looking like before because upon first five four six three near well these hot spot test pull
    sub""".split()
)
"""Everyday words that are looked for only where a phrase has no other."""


def _looked_for(phrase: str) -> frozenset[str]:
    """Words of a phrase of which at least one must stand in a sentence that holds it."""
    words = frozenset(word for word in phrase.split() if word.isalpha() and len(word) > 1) - _FILLING
    return words - _ORDINARY or words


TELLING: Final = frozenset(
    word
    for kind in _TELLING_KINDS
    for phrases in _TABLES[kind].values()
    for phrase in phrases
    for spelling in expand(phrase)
    for word in _looked_for(spelling)
)
"""Words without one of which a sentence can state nothing we read."""


@lru_cache(maxsize=8192)
def tells(word: str) -> bool:
    """Whether a sentence with this word, or a slip of the pen for it, can state anything."""
    return word in TELLING or respell(word) in TELLING


def marks(words: tuple[Word, ...], taken: frozenset[int]) -> tuple[Mark, ...]:
    """Longest phrases in order; ``taken`` words (levels) belong to no phrase."""
    found: list[Mark] = []
    at, count = 0, len(words)
    while at < count:
        node = _ROOT.children.get(words[at].text) if at not in taken else None
        if node is None:
            at += 1
            continue
        best: Mapping[str, str] | None = node.facts
        best_end = walk = at + 1
        while walk < count and walk not in taken:
            text = words[walk].text
            child = node.children.get(text)
            if child is None:
                if (
                    text == "-"
                    and walk + 1 < count
                    and words[walk - 1].text[0].isalnum()
                    and words[walk + 1].text[0].isalnum()
                ):
                    walk += 1
                    continue
                break
            node, walk = child, walk + 1
            if node.facts is not None:
                best, best_end = node.facts, walk
        if best is None:
            at += 1
            continue
        found.append(Mark(at, best_end, best))
        at = best_end
    return tuple(found)
