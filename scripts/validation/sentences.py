"""The worked sentences of clinical.md, section G: fields right of fields expected.

Sentences and expectations are those of the test that holds the reader to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scripts.validation.scoring import Share

Facts = Mapping[str | None, Mapping[str, Any]]
"""Level -> field -> value, as ``tests.reports.reading.facts`` gives it."""


def compared(expected: Facts, read: Facts) -> dict[str, Share]:
    """Field -> right of all, for one sentence; a field or level that is read and not expected is wrong.

    "level" stands for the finding itself.
    """
    right: dict[str, list[bool]] = {}
    for level in (*expected, *(level for level in read if level not in expected)):
        right.setdefault("level", []).append(level in expected and level in read)
        wanted, given = expected.get(level, {}), read.get(level, {})
        for field in (*wanted, *(field for field in given if field not in wanted)):
            same = field in wanted and field in given and wanted[field] == given[field]
            right.setdefault(field, []).append(same)
    return {field: Share(sum(marks), len(marks)) for field, marks in right.items()}


def scored(sentences: Iterable[tuple[int, str, Facts]], facts: Callable[[str], Facts]) -> dict[str, Share]:
    """Field -> right of all over all sentences, in the order in which fields are first met."""
    total: dict[str, Share] = {}
    for _, text, expected in sentences:
        for field, share in compared(expected, facts(text)).items():
            before = total.get(field, Share(0, 0))
            total[field] = Share(before.right + share.right, before.total + share.total)
    return total
