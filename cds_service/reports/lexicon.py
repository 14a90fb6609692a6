"""The lexicon: phrases of ``lexicon.toml`` as one word tree, and the marks they leave on a sentence.

Matching walks words, longest phrase first, so its time is linear in the words and no pattern can backtrack.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from itertools import product
from typing import Any, Final

from cds_service.reports.text import Word, fold

KINDS: Final = frozenset(
    """fx morphology heights stature loss edema uptake retro wall wallstate canal canalstate kyphosis cleft cement
    planned posterior involve mass cordsignal
    discsignal collection unstable ligament etiology shape degenerative bone noun acuity change severity genant normal
    inert vertebral region neg
    negacute negother negafter hedge hedgeafter hypo hist denialfollow only limited transitional break pointer
    quantity""".split()
)


_OPENING: Final = re.compile(r"^~|(?<=[.:] )~")


@dataclass(frozen=True, slots=True)
class Entry:
    """One spelling under one kind."""

    kind: str
    value: str
    spelling: str
    frames: tuple[str, ...]
    """Ordinary sentences that the spelling is for; ``~`` is its place."""
    words: tuple[str, ...]
    """The spelling as ``fold`` cuts it."""

    def sentences(self) -> tuple[str, ...]:
        """The frames with the spelling in its place, with a capital letter where that begins a sentence."""
        capital = self.spelling[:1].upper() + self.spelling[1:]
        return tuple(_OPENING.sub(lambda _: capital, frame).replace("~", self.spelling) for frame in self.frames)


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


def _frames(place: str, group: Mapping[str, Any]) -> tuple[str, ...]:
    given = group.get("ordinary")
    frames = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else ()
    if not frames or not all(isinstance(frame, str) for frame in frames):
        raise ValueError(f'{place}: say what the phrases are for: ordinary = "a sentence with ~ for the phrase"')
    for frame in frames:
        if "~" not in frame:
            raise ValueError(f"{place}: put ~ into {frame!r}, where the phrase stands")
    return frames


def _phrases(place: str, group: Mapping[str, Any]) -> list[str]:
    given = group.get("phrases")
    if not isinstance(given, list) or not given or not all(isinstance(phrase, str) for phrase in given):
        raise ValueError(f'{place}: list its phrases: phrases = ["..."]')
    return given


def parse(source: str) -> tuple[Entry, ...]:
    """The entries of a lexicon in TOML, in its order.

    Raises ValueError that names the group or the phrase and says what to change.
    """
    found: dict[tuple[str, tuple[str, ...]], Entry] = {}
    for kind, values in tomllib.loads(source).items():
        if kind not in KINDS:
            raise ValueError(f"lexicon.toml: no such kind: {kind}; use one of KINDS, or add it there and a rule for it")
        if not isinstance(values, dict):
            raise ValueError(f"lexicon.toml: {kind}: write a group in double brackets: [[{kind}.value]]")
        for value, groups in values.items():
            place = f"lexicon.toml: [[{kind}.{value}]]"
            if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
                raise ValueError(f"{place}: write a group in double brackets, with ordinary and phrases")
            for group in groups:
                if unknown := group.keys() - {"ordinary", "phrases"}:
                    raise ValueError(f"{place}: remove {', '.join(sorted(unknown))}; a group is ordinary and phrases")
                frames = _frames(place, group)
                for phrase in _phrases(place, group):
                    for spelling in expand(phrase):
                        entry = Entry(kind, value, spelling, frames, tuple(word.text for word in fold(spelling).words))
                        known = found.setdefault((kind, entry.words), entry)
                        if known.value != value:
                            raise ValueError(
                                f"lexicon.toml: {spelling!r} is both {known.value} and {value} under {kind}; keep one"
                            )
                        if known is not entry:
                            raise ValueError(f"{place}: {spelling!r} stands twice under {kind}; keep one")
    return tuple(found.values())


def _plant(planted: tuple[Entry, ...]) -> _Node:
    root = _Node()
    for entry in planted:
        node = root
        for word in entry.words:
            node = node.children.setdefault(word, _Node())
        node.facts = {**(node.facts or {}), entry.kind: entry.value}
    return root


def _vocabulary(node: _Node, into: set[str]) -> set[str]:
    for word, child in node.children.items():
        into.add(word)
        _vocabulary(child, into)
    return into


_ENTRIES: Final = parse(resources.files("cds_service.reports").joinpath("lexicon.toml").read_text(encoding="utf-8"))
_ROOT: Final = _plant(_ENTRIES)
VOCABULARY: Final = frozenset(_vocabulary(_ROOT, set()))


def entries() -> tuple[Entry, ...]:
    """Every spelling of ``lexicon.toml`` under every kind, in its order."""
    return _ENTRIES


@contextmanager
def silenced(entry: Entry) -> Iterator[None]:
    """Inside, the lexicon reads as if ``entry`` were not in it; other kinds of the same words stay.

    For validation and tests only: it changes the one word tree of the process, so it is not thread-safe and has no
    place in serving. ``VOCABULARY`` and ``TELLING`` stay as they are. Raises ValueError for an entry that the
    lexicon does not hold.
    """
    node = _ROOT
    for word in entry.words:
        node = node.children.get(word, _Node())
    facts = node.facts
    if facts is None or facts.get(entry.kind) != entry.value:
        raise ValueError(f"{entry.spelling!r} is no {entry.kind} = {entry.value}: pass one of entries()")
    node.facts = {kind: value for kind, value in facts.items() if kind != entry.kind} or None
    try:
        yield
    finally:
        node.facts = facts


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


_TELLING_KINDS: Final = frozenset(
    """fx heights stature edema uptake retro wall canal kyphosis cleft cement posterior mass cordsignal discsignal
    collection unstable ligament etiology limited transitional acuity change""".split()
)
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
    word for entry in _ENTRIES if entry.kind in _TELLING_KINDS for word in _looked_for(entry.spelling)
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
