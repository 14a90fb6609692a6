"""What comes of reading: a text, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Reason = Literal["language", "empty", "truncated", "image", "encrypted", "format"]
"""The words of ``not_read`` in the report reader's output. ``truncated`` also stands for what was over a limit or out
of time, ``format`` for what is damaged, of another kind, or only a link.
"""

Apart = Literal["pdf", "html"]
"""What may be parsed in a process of its own: PDF always, HTML where it could be costly."""

MOST_TEXT: Final = 200_000
"""Characters of one attachment: what the report reader takes. A longer text is not cut but not read."""


@dataclass(frozen=True, slots=True)
class ReportText:
    """``text`` as read. ``unread`` holds, each once, why other parts of the same report were not read (empty: all
    was).
    """

    text: str
    unread: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why there is no text."""

    reason: Reason


Outcome = ReportText | NotRead


def bounded(text: str) -> ReportText | NotRead:
    """The text, unless there is nothing in it or more than the report reader takes."""
    if not text.strip():
        return NotRead("empty")
    return ReportText(text) if len(text) <= MOST_TEXT else NotRead("truncated")
