"""Reviewed differences between label and reading: each has one reason, written after reading the text.

``docs/validation/known-differences.toml`` holds ``[[difference]]`` tables with ``id``, ``field``, ``read`` (the answer
that was looked at), ``kind`` and ``why``. A reason stands for one answer: when the reading changes, it is looked at
again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from scripts.validation.answers import Answer

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "validation" / "known-differences.toml"
KINDS: Final = {
    "label doubtful": "the text does not say what the label says, or a careful reader could also answer as was read",
    "contract says otherwise": "the reading follows a rule of the contract that the label does not know",
    "not read by rule": "the words that would settle it are not there (masked, or of another kind of text)",
    "reader misses": "the words are there and the reader should learn them",
}


class DifferencesError(Exception):
    """The file of reviewed differences is not well formed; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One reviewed difference."""

    id: str
    field: str
    read: str
    kind: str
    why: str


def parse(source: str) -> tuple[Difference, ...]:
    """The differences of a TOML text.

    Raises DifferencesError for a missing, unknown or empty key, an unknown kind, or two tables about one question.
    """
    keys = {spec.name for spec in fields(Difference)}
    known: dict[tuple[str, str], Difference] = {}
    tables: Iterable[Mapping[str, Any]] = tomllib.loads(source).get("difference", [])
    for number, table in enumerate(tables, 1):
        if table.keys() != keys or not all(isinstance(value, str) and value for value in table.values()):
            raise DifferencesError(f"difference {number}: give {', '.join(sorted(keys))}, each as text")
        one = Difference(**table)
        if one.kind not in KINDS:
            raise DifferencesError(f"{one.id} {one.field}: kind is one of {', '.join(KINDS)}")
        if known.setdefault((one.id, one.field), one) is not one:
            raise DifferencesError(f"{one.id} {one.field}: stands twice; keep one")
    return tuple(known.values())


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Errors with their reasons, errors without one, and reasons that fit no error any more."""

    understood: tuple[tuple[Answer, Difference], ...]
    not_yet: tuple[Answer, ...]
    stale: tuple[Difference, ...]


def review(answers: Iterable[Answer], known: Iterable[Difference]) -> Reviewed:
    """Gives each error its reason. A reason about another answer than the one read is stale, and its error is not yet
    understood."""
    reasons = {(one.id, one.field, one.read): one for one in known}
    understood, not_yet = [], []
    for answer in answers:
        if not answer.right:
            reason = reasons.pop((answer.document, answer.field, answer.read), None)
            if reason is None:
                not_yet.append(answer)
            else:
                understood.append((answer, reason))
    return Reviewed(tuple(understood), tuple(not_yet), tuple(reasons.values()))
