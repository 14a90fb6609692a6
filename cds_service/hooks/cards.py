"""The words of a card: loaded from `cards/`, checked and compiled at start-up, filled per request.

Templates choose words, never decide. Every value from a record passes `markdown.escaped` or `markdown.plain_text`
before it is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cds_service.criteria.conflicts import DataConflict
from cds_service.criteria.criterion import Criterion
from cds_service.facts.fact import Evidence
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN
from cds_service.hooks.markdown import escaped, plain_text
from cds_service.knowledge.citations import Citation, cite
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.thresholds import Thresholds, load_threshold_entries
from cds_service.recommendations.merge import Card
from cds_service.recommendations.recommendation import Indicator, Judgement

SUMMARY_BELOW: Final = 140
"""CDS Hooks 2.0.1: a summary has fewer characters than this."""
LONGEST_IN_SUMMARY: Final = 50
"""Longest value of a record inside a summary."""
OVERRIDE_REASONS: Final[Mapping[str, str]] = {
    "specialist-agreed": "Agreed with a specialist",
    "patient-preference": "Patient's preference",
    "palliative-intent": "Palliative intent",
    "data-incorrect": "The data are incorrect",
    "done-elsewhere": "Done elsewhere",
    "not-this-fracture": "Pain is not from this fracture",
    "urgent": "Too urgent to wait",
    "other": "Other",
}
"""`clinical.md` section E."""
MOST_SIDES: Final = 4
"""Sides of one disagreement that a card prints; more than two are rare (two scores against a third)."""
NOT_REVIEWED: Final = "Content not yet clinically reviewed."

_KEYS: Final = frozenset(
    {
        "recommendation",
        "title",
        "indicator",
        "summary",
        "source",
        "evidence",
        "suggestions",
        "notes",
        "override_reasons",
        "authored_by",
        "reviewed_by",
        "reviewed_on",
        "next_review",
    }
)
_WORDS: Final = {MET: "met", NOT_MET: "not met", UNKNOWN: "not documented"}


@dataclass(frozen=True, slots=True)
class CardText:
    """One card's words, compiled."""

    id: str
    title: str
    indicator: Indicator
    summary: Template
    source: Citation
    evidence: str
    suggestions: Mapping[str, Template]
    notes: Mapping[str, Template]
    override_reasons: tuple[str, ...]
    authored_by: str
    reviewed_by: str
    reviewed_on: str
    next_review: str
    body: Template


@dataclass(frozen=True, slots=True)
class Words:
    """A card filled in."""

    summary: str
    detail: str


_NUMBER: Final = re.compile(r"\blimit\.(\w+)")


def _environment() -> ImmutableSandboxedEnvironment:
    # Autoescape is for HTML; this is Markdown, and every record value is escaped for it before it gets here.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
    environment.filters["weeks"] = lambda days: f"{days / 7:g}"
    return environment


def cards_directory() -> Traversable:
    """`cards/` as shipped in the wheel (`_cards` beside the package), else the checkout's."""
    packaged = resources.files("cds_service").joinpath("_cards")
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "cards"


@lru_cache(maxsize=1)
def load_cards() -> Mapping[str, CardText]:
    """Every card by recommendation id. Raises ContentError naming the file and what to change."""
    environment = _environment()
    files = sorted(
        (f for f in cards_directory().iterdir() if f.name.endswith(".md") and f.name != "README.md"),
        key=lambda f: f.name,
    )
    return {f.name.removesuffix(".md"): _card(f.name, f.read_text(encoding="utf-8"), environment) for f in files}


def _card(name: str, text: str, environment: ImmutableSandboxedEnvironment) -> CardText:
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ContentError(f"cards/{name}: starts with front matter between two lines of ---")
    try:
        head: dict[str, Any] = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise ContentError(f"cards/{name}: front matter is not YAML: {error}") from None
    if set(head) != _KEYS:
        raise ContentError(f"cards/{name}: front matter differs in {', '.join(sorted(set(head) ^ _KEYS))}")
    if head["recommendation"] != name.removesuffix(".md"):
        raise ContentError(f"cards/{name}: recommendation must be the file's name")
    if head["indicator"] not in ("info", "warning", "critical"):
        raise ContentError(f"cards/{name}: indicator must be info, warning or critical")
    strange = set(head["override_reasons"]) - set(OVERRIDE_REASONS)
    if strange:
        raise ContentError(f"cards/{name}: no such override reason: {', '.join(sorted(strange))}")
    unknown = {number for number in _NUMBER.findall(text) if number not in load_threshold_entries()}
    if unknown:
        raise ContentError(f"cards/{name}: no such number: {', '.join(sorted(unknown))}")
    try:
        return CardText(
            id=head["recommendation"],
            title=head["title"],
            indicator=head["indicator"],
            summary=environment.from_string(head["summary"]),
            source=cite(head["source"]),
            evidence=head["evidence"],
            suggestions={kind: environment.from_string(label) for kind, label in head["suggestions"].items()},
            notes={key: environment.from_string(line) for key, line in head["notes"].items()},
            override_reasons=tuple(head["override_reasons"]),
            authored_by=str(head["authored_by"]),
            reviewed_by=str(head["reviewed_by"]),
            reviewed_on=str(head["reviewed_on"]),
            next_review=str(head["next_review"]),
            body=environment.from_string(parts[2].strip()),
        )
    except TemplateError as error:
        raise ContentError(f"cards/{name}: {error}") from None


def fill(
    text: CardText,
    card: Card,
    limit: Thresholds,
    *,
    unread: Iterable[str],
    in_part: Iterable[str],
    reports: str | None,
    knowledge: str,
    beside: Iterable[str] = (),
) -> Words:
    """The card's summary and detail. ``unread`` are keys that were not read, ``in_part`` lists of which more may be in
    the record, each with its reason where one is known. ``reports`` is the line about imaging reports that could not
    be read; ``beside`` are lines on where sources disagree and on what this site chose.

    Raises jinja2.UndefinedError for a name the judgement does not give.
    """
    leading = card.leading
    plain = {name: plain_text(value, LONGEST_IN_SUMMARY) for name, value in leading.values.items()}
    safe = {name: escaped(value, LONGEST_IN_SUMMARY) for name, value in leading.values.items()}
    notes = "\n".join(f"- {text.notes[key].render(**safe, limit=limit)}" for key in leading.notes)
    blocks = {"notes": notes, "criteria": criteria_block(leading), "conflicts": conflict_lines(leading)}
    body = text.body.render(**safe, **blocks, limit=limit)
    lines = [
        body,
        *_also(card),
        f"**{reports}**" if reports else "",
        *beside,
        *_footer(text, unread, in_part, knowledge),
    ]
    detail = "\n\n".join(line for line in lines if line)
    return Words(text.summary.render(**plain, limit=limit), _without_gaps(detail))


def _without_gaps(detail: str) -> str:
    while "\n\n\n" in detail:
        detail = detail.replace("\n\n\n", "\n\n")
    return detail


def criteria_block(judgement: Judgement) -> str:
    """The clauses as a table of what is known, and a line each for what to verify and what to confirm."""
    rows = [
        c for c in judgement.table if not _is_open_exclusion(c, judgement) and not _is_open_confirmation(c, judgement)
    ]
    shown = [c for c in rows if not (c in judgement.criteria.exclude and not c.claim.met)]
    absent = [c.label for c in rows if c in judgement.criteria.exclude and c.claim.not_met]
    verify = [f"{c.label} ({c.rule})" for c in judgement.table if _is_open_exclusion(c, judgement)]
    confirm = [f"{c.label} ({c.rule})" for c in judgement.table if _is_open_confirmation(c, judgement)]
    table = ["| Criterion | On record | Source |", "| --- | --- | --- |", *(_row(c, judgement) for c in shown)]
    return "\n\n".join(
        block
        for block in (
            "\n".join(table) if shown else "",
            f"**Before acting, confirm:** {'; '.join(confirm)}." if confirm else "",
            f"**Not documented, verify:** {'; '.join(dict.fromkeys(verify))}." if verify else "",
            f"Absent, or none recorded: {'; '.join(dict.fromkeys(absent))}." if absent else "",
        )
        if block
    )


def conflict_lines(judgement: Judgement) -> str:
    """A line for each disagreement of the record: what, where, both sides, and the criteria left open."""
    return "\n".join(_conflict_line(each) for each in judgement.conflicts)


def _conflict_line(conflict: DataConflict) -> str:
    where = f"{escaped(conflict.where, 40)}, " if conflict.where else ""
    sides = " **against** ".join("; ".join(_seen(e) for e in side[:2]) for side in conflict.sides[:MOST_SIDES])
    left_open = "; ".join(conflict.leaves_open)
    return f"- **{where}{conflict.label}** ({conflict.rule}): {sides}. Left open: {left_open}."


def _is_open_exclusion(criterion: Criterion, judgement: Judgement) -> bool:
    excluding = criterion in judgement.criteria.exclude or criterion.rule.startswith("CX")
    return excluding and criterion.claim.unknown


def _is_open_confirmation(criterion: Criterion, judgement: Judgement) -> bool:
    return criterion in judgement.criteria.confirm and criterion.claim.unknown


def _row(criterion: Criterion, judgement: Judgement) -> str:
    excluding = criterion in judgement.criteria.exclude or (criterion.rule.startswith("CX") and criterion.claim.met)
    word = "present" if excluding and criterion.claim.met else _WORDS[criterion.claim.truth]
    if criterion.claim.not_met and not criterion.claim.evidence:
        word = "none recorded"
    seen = "; ".join(_seen(e) for e in criterion.claim.evidence[:2])
    why = escaped(criterion.claim.why_unknown, 120) if criterion.claim.why_unknown not in (None, word) else ""
    record = ": ".join(part for part in (word, "; ".join(p for p in (why, seen) if p)) if part)
    return f"| {criterion.label} | {record} | {short_source(criterion.at)} ({criterion.rule}) |"


def _seen(evidence: Evidence) -> str:
    date = f", {escaped(evidence.date)}" if evidence.date else ""
    return f"{escaped(evidence.value, 120)} ({escaped(evidence.reference, 80)}{date})"


_SHORT: Final[Mapping[str, str]] = {
    "LCD-N": "LCD L34106",
    "SIR": "SIR consensus 2019",
    "GK": "general knowledge, unverified",
    "DES": "design choice",
}


def short_source(citation: Citation) -> str:
    """A source in few words with its place, for a table cell."""
    name = _SHORT.get(citation.source.id) or _short_title(citation)
    return f"{name}, {citation.place}" if citation.place else name


def _short_title(citation: Citation) -> str:
    title = citation.source.title
    return title if len(title) <= 48 else title[:45].rsplit(" ", 1)[0] + " ..."


def _also(card: Card) -> list[str]:
    levels = list(dict.fromkeys(j.label for j in card.also if j.label and j.label != card.leading.label))
    also = [f"Also for: {', '.join(escaped(level, 40) for level in levels)}."] if levels else []
    still_open = [f"Data still missing for: {', '.join(escaped(level, 40) for level in card.still_open)}."]
    return [*also, *(still_open if card.still_open else [])]


def _footer(text: CardText, unread: Iterable[str], in_part: Iterable[str], knowledge: str) -> list[str]:
    could_not, partly = ", ".join(unread), ", ".join(in_part)
    return [
        f"Could not be read: {could_not}." if could_not else "",
        f"Read in part, the list may be incomplete: {partly}." if partly else "",
        text.evidence,
        f"{NOT_REVIEWED} Knowledge {knowledge}.",
    ]
