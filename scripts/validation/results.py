"""All that was measured, and the targets it is held to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.validation.answers import Answer
from scripts.validation.differences import Reviewed
from scripts.validation.scoring import MUST_BE_NONE, Share, accuracy, stated, wrong_met

ENOUGH: Final = 0.97
"""Share of right answers that is aimed at."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something aimed at, and whether it is reached."""

    what: str
    measured: str
    reached: bool
    required: bool
    """Whether the command fails without it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A lexicon entry that decides texts: the reading is another without it."""

    kind: str
    value: str
    spelling: str
    texts: int
    frame: str
    """An ordinary sentence of its own that it decides as well; empty when it decides none of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """All that the report is made of."""

    fingerprint: str
    texts: Mapping[tuple[str, bool], int]
    """Source and whether masked -> texts."""
    answers: Sequence[Answer]
    false_present: Sequence[Answer]
    """Fracture status of texts labelled "no" on which a finding is ``present``."""
    reviewed: Reviewed
    sentences: Mapping[str, Share]
    entries: Sequence[Entry]
    idle: int
    """Entries that decide no text."""

    def of(self, key: str, *, masked: bool) -> list[Answer]:
        """Answers to one question about whole texts."""
        return [a for a in self.answers if a.field == key and a.masked == masked]


def total(shares: Iterable[Share]) -> Share:
    """All of them together."""
    known = list(shares)
    return Share(sum(s.right for s in known), sum(s.total for s in known))


def targets(result: Result) -> list[Target]:
    """The targets, zero targets first."""
    counts = Counter(name for name, _ in wrong_met(result.answers))
    present = len(result.false_present)
    rows = [Target('texts labelled "no" that are read as `present`', str(present), present == 0, True)]
    rows += [Target(f"wrongly met: {name}", str(counts[name]), counts[name] == 0, True) for name in MUST_BE_NONE]
    whole = total(result.sentences.values())
    all_right = whole.right == whole.total > 0
    rows.append(Target("worked sentences, every field", whole.ratio, all_right, True))
    for key, title in (("fracture_present", "fracture status"), ("levels", "level set")):
        share = accuracy(result.of(key, masked=False))
        rows.append(Target(f"{title} of unmasked texts, at least 97 %", share.shown, share.reaches(ENOUGH), False))
    with_level = accuracy(stated(result.of("levels", masked=False)))
    text = "level set of unmasked texts that have a level, at least 97 %"
    rows.append(Target(text, with_level.shown, with_level.reaches(ENOUGH), False))
    return rows
