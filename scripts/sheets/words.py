"""Plain words for what the sheets name: parts of the record, hooks, drafts, numbers, and how a source was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cds_service.knowledge.citations import Citation, load_sources
from cds_service.knowledge.thresholds import Threshold, load_threshold_entries
from cds_service.knowledge.value_set import load_value_sets
from cds_service.recommendations.merge import ALWAYS, OURS, RELATED

NOT_REVIEWED: Final = (
    "**No clinician has reviewed any of this.** It shows what the service does, so that somebody can: a rule, a number"
    " or a sentence that reads wrong here is wrong in the service."
)
WRITTEN: Final = "Written by `make docs` from the code and its data; do not edit."

PARTS: Final[Mapping[str, str]] = {
    "patient": "patient",
    "encounter": "stays",
    "conditions": "problems and diagnoses",
    "reports": "imaging reports",
    "imaging": "imaging studies",
    "observations": "measurements and laboratory",
    "medications": "drugs",
    "devices": "devices and implants",
    "procedures": "procedures",
    "orders": "orders and referrals",
    "allergies": "allergies",
    "coverage": "insurance",
    "questionnaire": "assessment form",
    "practitioner-role": "role of the user",
    "draft-orders": "orders being written",
}
"""The parts of a record, by prefetch key (and the drafts, which come with the call)."""

HOOKS: Final[Mapping[str, str]] = {
    "patient-view": "opening the chart",
    "encounter-start": "beginning of a stay or visit",
    "order-select": "choosing an order",
    "order-sign": "signing an order",
    "order-dispatch": "sending an order out",
    "encounter-discharge": "discharge",
    "appointment-book": "booking an appointment",
    "problem-list-item-create": "adding a problem",
}
_DRAFTS: Final[Mapping[str, str]] = {
    "imaging:MR": "MRI",
    "imaging:CT": "CT",
    "imaging:XR": "radiograph",
    "imaging:NM": "bone scan or SPECT",
    "augmentation": "augmentation",
    "spine-referral": "spine or radiology referral",
    "brace": "brace",
    "opioid": "opioid",
    "physiotherapy": "physiotherapy",
}
_COMPARISONS: Final[Mapping[str, str]] = {
    "at_least": "at least",
    "at_most": "at most",
    "above": "more than",
    "below": "less than",
}
_UNITS: Final[Mapping[str, str]] = {
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "h": "hours",
    "{score}": "points",
    "1": "",
    "Cel": "°C",
    "10*9/L": "× 10⁹/L",
    "{INR}": "(INR)",
}
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "nrs": "pain score",
    "lcd": "of the coverage text,",
    "nsm": "non-surgical care",
    "rdq": "Roland-Morris score",
    "pvr": "residual urine",
    "mscc": "cord compression",
    "t": "T",
    "c": "",
    "l": "L",
    **{word: word.upper() for word in ("mri", "crp", "esr", "inr", "hcg", "dxa", "egfr", "mme")},
}
_SHORT: Final[Mapping[str, str]] = {
    "LCD-N": "LCD L34106",
    "GK": "general knowledge, not verified",
    "DES": "own choice",
}
READ_AS: Final[Mapping[str, str]] = {
    "P": "read in full",
    "X": "excerpt read",
    "S": "second-hand",
    "GK": "general knowledge, not verified",
    "DES": "our own choice",
}
ROLES: Final[Mapping[str, str]] = {
    "include": "must hold",
    "exclude": "speaks against, when present",
    "confirm": "to be confirmed",
}
PART: Final = "part of the above"


def number(name: str) -> str:
    """A threshold in words: "at most 84 days"."""
    entry = load_threshold_entries()[name]
    return f"{_COMPARISONS[entry.comparison]} {amount(entry.value, entry.unit)}"


def amount(value: float, unit: str) -> str:
    """A value with its unit: "84 days", "38 °C", "50 × 10⁹/L"."""
    words = _UNITS.get(unit, unit.strip("{}"))
    return f"{value:g} {words}".strip()


def site_range(entry: Threshold) -> str:
    """What a site may set: "7 to 28 days", or that it may not."""
    allowed = entry.site_may_set
    return "fixed" if allowed is None else f"{allowed.min:g} to {amount(allowed.max, entry.unit)}"


def name_of(threshold: str) -> str:
    """``imaging_max_days`` -> "imaging max days", with abbreviations written out."""
    return " ".join(_ABBREVIATIONS.get(word, word) for word in threshold.split("_"))


def drafts(wanted: frozenset[str]) -> str:
    """With which orders a card is shown."""
    if wanted == ALWAYS:
        return "always"
    if wanted == OURS:
        return "with any order of ours (spine imaging, augmentation, referral, brace, opioid, physiotherapy)"
    if wanted == RELATED:
        return "with any order of ours; with other orders when a fracture is confirmed or coded"
    return "with an order of: " + ", ".join(words for key, words in _DRAFTS.items() if key in wanted)


def read_as(tags: Iterable[str]) -> str:
    """How a source was read."""
    return ", ".join(f"{READ_AS[tag]} ({tag})" for tag in tags)


def where(citation: Citation) -> str:
    """Title and place of a source, linked where it has an address."""
    title = citation.source.title
    linked = f"[{title}]({citation.source.url})" if citation.source.url else title
    return f"{linked}, {citation.place}" if citation.place else linked


def place(citation: Citation) -> str:
    """A place in few words, linked to the list of sources at the end of the page."""
    source = citation.source
    name = _SHORT.get(source.id) or f"{source.id} {source.title.partition(' (')[0].partition(', ')[0]}"
    return f"[{name}](#source-{source.id.lower()}), {citation.place}"


def register(ids: Iterable[str]) -> str:
    """The sources of a page, each by what it is."""
    rows = (
        (
            f'<a id="source-{s.id.lower()}"></a>{s.id}',
            where(Citation(s, "")),
            s.publisher,
            s.date,
            read_as(s.read),
            s.note,
        )
        for id_, s in load_sources().items()
        if id_ in set(ids)
    )
    return table(("", "Source", "Publisher", "Date", "How it was read", "About the text"), rows)


def code_list(set_id: str) -> str:
    """A value set as a link to its codes, with their number."""
    found = load_value_sets()[set_id]
    size = f"{len(found)} codes" + (" and code ranges" if found.prefixes else "")
    return f"[{set_id}](../cds_service/knowledge/value_sets/{set_id}.csv) ({size})"


def parts(keys: Iterable[str]) -> str:
    """Parts of the record in a fixed order."""
    wanted = set(keys)
    return ", ".join(words for key, words in PARTS.items() if key in wanted)


def cell(text: str) -> str:
    """Text that keeps within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; an empty text when there are no rows."""
    lines = [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines]) if lines else ""
