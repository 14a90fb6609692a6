"""docs/facts.md: every fact the criteria may know, where it is read from, how long it counts, what an empty answer
means. `facts.toml` beside this file holds the words; tests/house/test_docs.py holds it to the model and the extractors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from msgspec import Struct

from cds_service.facts.model import Facts, Listing
from cds_service.knowledge.thresholds import load_threshold_entries
from scripts.sheets.words import NOT_REVIEWED, PARTS, WRITTEN, code_list, name_of, number, site_range, table

FILE: Final = Path(__file__).with_name("facts.toml")
CLOCK: Final = frozenset({"as_of", "at", "judged_level"})
"""Fields of `Facts` that say when the question was asked, and are no facts."""
EMPTY: Final[Mapping[str, str]] = {
    "none": "none: there is none",
    "none recorded": "not present, printed as “none recorded”",
    "unknown": "unknown: finding nothing proves nothing",
}
_OPEN: Final = frozenset({"evidence", "by_wording"})
_KEYS: Final = {"name", "element", "read", "empty"}


class FactsError(Exception):
    """`facts.toml` is not as it has to be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class FactSheet:
    """One fact in words."""

    key: str
    name: str
    element: str
    read: Mapping[str, str]
    sets: tuple[str, ...]
    numbers: tuple[str, ...]
    empty: str
    note: str


@cache
def fact_sheets() -> Mapping[str, FactSheet]:
    """`facts.toml` by dotted name. Raises FactsError naming the entry that is wrong."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {key: _sheet(key, entry) for key, entry in content.items()}


def _sheet(key: str, entry: Mapping[str, Any]) -> FactSheet:
    if not _KEYS <= set(entry) <= _KEYS | {"sets", "numbers", "note"}:
        raise FactsError(f"facts.toml: [{key}] has {', '.join(sorted(_KEYS))} and may have sets, numbers, note")
    if entry["empty"] not in EMPTY or not set(entry["read"]) <= set(PARTS):
        raise FactsError(f"facts.toml: [{key}] empty is one of {', '.join(EMPTY)}; read names parts of the record")
    return FactSheet(
        key=key,
        name=entry["name"],
        element=entry["element"],
        read=entry["read"],
        sets=tuple(entry.get("sets", ())),
        numbers=tuple(entry.get("numbers", ())),
        empty=entry["empty"],
        note=entry.get("note", ""),
    )


def facts_of_model() -> Iterator[tuple[str, object]]:
    """Every fact of `Facts` by its dotted name, with its type: ``pain.scores``, ``implants``."""
    hints = get_type_hints(Facts)
    for field in fields(Facts):
        kind = hints[field.name]
        if field.name in CLOCK:
            continue
        if is_dataclass(kind):
            inner = get_type_hints(kind)
            yield from ((f"{field.name}.{each.name}", inner[each.name]) for each in fields(kind))
        else:
            yield field.name, kind


def holds(kind: object) -> str:
    """What each entry of a listing holds, by the names of its members."""
    items = get_args(kind)
    if get_origin(kind) not in (Listing, tuple) or not items or not isinstance(items[0], type):
        return ""
    item = items[0]
    names = item.__struct_fields__ if issubclass(item, Struct) else [each.name for each in fields(item)]  # type: ignore[arg-type]  # a dataclass
    return ", ".join(name.replace("_", " ") for name in names if name not in _OPEN)


def page() -> str:
    """docs/facts.md."""
    sheets = fact_sheets()
    kinds = dict(facts_of_model())
    topics: dict[str, list[FactSheet]] = {}
    for sheet in sheets.values():
        topics.setdefault(sheet.key.partition(".")[0], []).append(sheet)
    blocks = [
        "# Facts",
        WRITTEN + " " + NOT_REVIEWED,
        "What the criteria may know of a patient, and no more. What was **not retrieved** (not sent, failed, forbidden,"
        " incomplete) is always unknown, and the card says which part of the record could not be read. The last column"
        " says what it means when a part was **retrieved, complete and empty**.",
        "A number in brackets is what a site may set instead. Dates count back from the day of the question, laboratory"
        " results and imaging from the planned day of a drafted procedure.",
    ]
    for topic, found in topics.items():
        blocks += [f"## {topic.replace('_', ' ').capitalize()}", table(HEAD, (_row(s, kinds) for s in found))]
        blocks += [f"{sheet.name}: {sheet.note}" for sheet in found if sheet.note]
    return "\n\n".join(blocks) + "\n"


HEAD: Final = ("Fact", "Element", "Read from", "Code lists", "Numbers", "Each entry holds", "Retrieved and empty means")


def _row(sheet: FactSheet, kinds: Mapping[str, object]) -> tuple[str, ...]:
    return (
        f"{sheet.name} (`{sheet.key}`)",
        sheet.element,
        "; ".join(f"{PARTS[key]}: {what}" for key, what in sheet.read.items()),
        ", ".join(map(code_list, sheet.sets)),
        "; ".join(map(_number, sheet.numbers)),
        holds(kinds.get(sheet.key)),
        EMPTY[sheet.empty],
    )


def _number(name: str) -> str:
    entry = load_threshold_entries()[name]
    return f"{name_of(name)}: {number(name)}" + (f" ({site_range(entry)})" if entry.site_may_set else "")
