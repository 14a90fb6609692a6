"""docs/coverage.md: every statement of the sources and every row of the decision table, and where it went."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

import yaml

from cds_service.hooks.cards import cards_directory
from cds_service.knowledge.citations import load_sources
from cds_service.knowledge.coverage import Entry, Place, load_coverage
from scripts.sheets.words import NOT_REVIEWED, WRITTEN, table

SECTIONS: Final = {
    "G": "Gate",
    "FX": "Is there a fracture",
    "AC": "How old it is",
    "LV": "Level",
    "ET": "Cause",
    "RF": "Red flags",
    "IM": "Imaging",
    "CM": "Conservative care",
    "VA": "Candidacy for augmentation",
    "CX": "Contraindications",
    "VK": "Vertebroplasty or kyphoplasty",
    "SP": "Special populations",
    "OS": "Osteoporosis",
    "PP": "Preparation",
    "FU": "Follow-up",
    "OC": "Checks of drafted orders",
    "CF": "Conflicting data",
    "SL": "Silence",
}


def page() -> str:
    """docs/coverage.md."""
    coverage = load_coverage()
    blocks = [
        "# Where every statement went",
        WRITTEN + " " + NOT_REVIEWED,
        "Two lists: what the five patient information pages and the coverage text L34106 say, sentence by sentence in"
        " our own words, and the rows of the decision table made of them. Each is either carried out, with the place,"
        " or left out, with the reason. The data is `cds_service/knowledge/coverage.toml`;"
        " `tests/content/test_coverage.py` checks it against the code.",
        _counts("Statements", coverage.statements.values()),
        _counts("Rules", coverage.rules.values()),
    ]
    for source in dict.fromkeys(e.source.source.id for e in coverage.statements.values() if e.source):
        mine = [e for e in coverage.statements.values() if e.source and e.source.source.id == source]
        about = load_sources()[source]
        blocks += [f"## {source}: {about.title}", f"Publisher: {about.publisher}; date: {about.date}. {about.note}"]
        blocks.append(table(("Statement", "Place", "In our words", "Where it went"), map(_statement, mine)))
    blocks.append("## Rows of the decision table")
    for family, title in SECTIONS.items():
        rows = [e for e in coverage.rules.values() if e.id.split("-")[0] == family]
        blocks += [f"### {title} ({family})", table(("Rule", "In our words", "Where it went"), map(_rule, rows))]
    return "\n\n".join(blocks) + "\n"


def _counts(title: str, entries: Iterable[Entry]) -> str:
    found = Counter("left out" if e.left_out_because else "in part" if e.not_done else "whole" for e in entries)
    total = sum(found.values())
    return (
        f"{title}: {total}; {found['whole']} carried out, {found['in part']} carried out in part,"
        f" {found['left out']} left out."
    )


def _statement(entry: Entry) -> tuple[str, ...]:
    return (entry.id, entry.source.place if entry.source else "", entry.says, _went(entry))


def _rule(entry: Entry) -> tuple[str, ...]:
    return (entry.id, entry.says, _went(entry))


def _went(entry: Entry) -> str:
    if entry.left_out_because:
        return f"**Left out.** {entry.left_out_because}"
    rest = f" **Not done:** {entry.not_done}" if entry.not_done else ""
    return "; ".join(map(_shown, entry.implemented_by)) + "." + rest


def _shown(place: Place) -> str:
    what = ", ".join((*place.rules, *place.keys, *(f"“{phrase}”" for phrase in place.phrases)))
    match place.kind:
        case "recommendation" | "card":
            name = f"[{place.name}](recommendations.md#{place.name})"
            return f"{name}: {what}" if place.kind == "recommendation" else f"card of {name}: {what}"
        case "module":
            return f"`{place.name}`: {what}"
        case _:
            return f"number {place.name.replace('_', ' ')}: {what}"


def carried_by(topic: str, entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """The entries that a recommendation or its card carries out, with by what."""
    for entry in entries:
        mine = [p for p in entry.implemented_by if p.name == topic and p.kind in ("recommendation", "card")]
        if mine:
            yield entry, ", ".join(what for p in mine for what in (*p.rules, *(_line(p))))


def _line(place: Place) -> Iterator[str]:
    lines = card_lines(place.name) if place.keys else {}
    yield from (f"the card says “{lines[key]}”" if key in lines else f"line {key} of the card" for key in place.keys)
    yield from (f"the card says “{phrase}”" for phrase in place.phrases)


@cache
def card_lines(topic: str) -> Mapping[str, str]:
    """The extra lines of a card by key, with "…" for what is filled in; none for a card that does not exist."""
    file = cards_directory().joinpath(f"{topic}.md")
    if not file.is_file():
        return {}
    head = yaml.safe_load(file.read_text(encoding="utf-8").split("---\n", 2)[1])
    return {key: re.sub(r"\{\{.*?\}\}", "…", line).rstrip(".") for key, line in head["notes"].items()}
