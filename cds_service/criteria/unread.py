"""Imaging reports that could not be read, in words for a card: what nobody read is never taken for silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.facts.model import Facts

WORDS: Final[Mapping[str, str]] = {
    "image": "scanned image",
    "encrypted": "password protected",
    "language": "not in English",
    "truncated": "too long, cut off or out of time",
    "empty": "without text",
    "format": "only a link, damaged or another format",
}
"""Reason -> what a clinician can make of it."""


def in_words(reason: str | None) -> str:
    """Why a report was not read; the reason itself where there are no words for it."""
    return WORDS.get(reason or "", reason or "not said why")


def unread_reports(facts: Facts) -> str | None:
    """ "1 imaging report could not be read (scanned image)." and what was read in part; None when all was read."""
    studies = facts.imaging.studies.items
    whole = Counter(study.not_read for study in studies if study.not_read is not None)
    parts = Counter(study.unread[0] for study in studies if study.not_read is None and study.unread)
    said = [
        f"{_reports(counts)} {could_not} ({_why(counts)})."
        for counts, could_not in ((whole, "could not be read"), (parts, "could be read only in part"))
        if counts
    ]
    return " ".join(said) or None


def _reports(counts: Counter[str]) -> str:
    return "1 imaging report" if counts.total() == 1 else f"{counts.total()} imaging reports"


def _why(counts: Counter[str]) -> str:
    """The reasons, each with its number where there are several; the most frequent first."""
    ranked: Iterable[tuple[str, int]] = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    if len(counts) == 1:
        return ", ".join(in_words(reason) for reason, _ in ranked)
    return "; ".join(f"{count} {in_words(reason)}" for reason, count in ranked)
