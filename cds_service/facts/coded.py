"""Which value sets a code belongs to, by one look-up: an index of every verified row of every set, made once at import.

Match by (system, code) over all codings (hazard 3); what a display says never makes a member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cds_service.fhir.codes import Coded, codes
from cds_service.knowledge.systems import ICD_10_CM
from cds_service.knowledge.value_set import Row, load_value_sets

Found = Mapping[str, tuple[Row, ...]]
"""Value set id -> the rows of that set that the codings name, in the order of the codings."""

NOTHING: Final[Found] = MappingProxyType({})


def _index() -> Mapping[tuple[str, str], Found]:
    by_code: dict[tuple[str, str], dict[str, tuple[Row, ...]]] = {}
    for value_set in load_value_sets().values():
        for row in value_set:
            sets = by_code.setdefault((row["system"], row["code"]), {})
            sets[value_set.id] = (*sets.get(value_set.id, ()), row)
    return MappingProxyType({key: MappingProxyType(sets) for key, sets in by_code.items()})


_INDEX: Final = _index()
_BY_PREFIX: Final = tuple(each for each in load_value_sets().values() if each.prefixes)


Key = tuple[str, str]
"""A canonical system and a code in the spelling of the value sets."""


def find(coded: Coded) -> Found:
    """The sets that hold any of the codings; empty for text only and for codes of no set."""
    return find_keys(codes(coded))


def find_keys(keys: Iterable[Key]) -> Found:
    """The same for codings that are already brought to their spelling."""
    found: dict[str, tuple[Row, ...]] = {}
    for key in keys:
        for set_id, rows in _INDEX.get(key, NOTHING).items():
            found[set_id] = (*found.get(set_id, ()), *rows)
        if key[0] == ICD_10_CM:
            for set_id, rows in _under_prefix(key[1]).items():
                found[set_id] = (*found.get(set_id, ()), *rows)
    return found or NOTHING


@lru_cache(maxsize=4096)
def _under_prefix(code: str) -> Found:
    """The sets that hold an ICD-10-CM code by one of their prefix rules alone."""
    listed = _INDEX.get((ICD_10_CM, code), NOTHING)
    unlisted = ((each.id, each.rows(ICD_10_CM, code)) for each in _BY_PREFIX if each.id not in listed)
    return {set_id: rows for set_id, rows in unlisted if rows}


def row(found: Found, set_id: str) -> Row | None:
    """The first row of one set, or None."""
    rows = found.get(set_id)
    return rows[0] if rows else None
