"""From a reading, and from a label, to the same short answers: one pure function a fact.

An answer is text ("yes", "T11 T12", "70-80"), so that a label, a reading and a reviewed difference compare and print
alike. The rules in words stand beside the functions (``Fact.rule``) and go into the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.reports.findings import BODY_LEVELS, LevelFinding, ReportReading

NONE: Final = "none"
_ELSEWHERE: Final = frozenset({"cervical", "sacral"})
_ASSERTED: Final = frozenset({"present", "treated", "historical"})
_CONCERNS: Final = frozenset({"pathologic", "suspicious", "infectious"})
_GENANT: Final = {"genant-1": (20.0, 25.0), "genant-2": (25.0, 40.0), "genant-3": (40.0, 100.0)}
_GRADES: Final = {
    "mild": "mild",
    "moderate": "moderate",
    "severe": "severe",
    "genant-1": "mild",
    "genant-2": "moderate",
    "genant-3": "severe",
    "plana": "severe",
}
_CHANGES: Final = {"new": "new", "progressed": "worse", "improved": "improved", "unchanged": "stable"}

Interval = tuple[float, float]


# ------------------------------------------------------------------------------------------------------- whose findings


def in_scope(finding: LevelFinding) -> bool:
    """A thoracolumbar body, or a place that may be one."""
    return finding.level in BODY_LEVELS or (finding.level is None and finding.region not in _ELSEWHERE)


def fractures(reading: ReportReading) -> tuple[LevelFinding, ...]:
    """Findings in scope that assert a fracture, current or old, or call it possible."""
    return tuple(f for f in reading.findings if in_scope(f) and (f.status in _ASSERTED or f.status == "possible"))


def at_level(reading: ReportReading, level: str) -> ReportReading:
    """The reading as if it spoke of one level alone."""
    return ReportReading(findings=tuple(f for f in reading.findings if f.level == level))


# ------------------------------------------------------------------------------------------------------ from a reading


def _yes_no(values: Iterable[bool | None]) -> str:
    said = set(values)
    return "yes" if True in said else "no" if False in said else "unknown"


def fracture_present(reading: ReportReading) -> str:
    found = {f.status for f in fractures(reading)}
    return "yes" if found & _ASSERTED else "uncertain" if found else "no"


def levels(reading: ReportReading) -> str:
    return in_order(f.level for f in fractures(reading) if f.level is not None)


def regions(reading: ReportReading) -> str:
    return " ".join(sorted({f.region for f in fractures(reading) if f.level is None and f.region})) or NONE


def acuity(reading: ReportReading) -> str:
    ages = {f.acuity for f in fractures(reading)}
    if ages == {"chronic"}:
        return "chronic"
    return "acute" if "acute" in ages else "subacute" if "subacute" in ages else "unknown"


def edema(reading: ReportReading) -> str:
    return _yes_no(f.marrow_edema for f in reading.findings)


def retropulsion(reading: ReportReading) -> str:
    return _yes_no(f.retropulsion for f in reading.findings)


def stated_percent(finding: LevelFinding) -> Interval | None:
    """The height loss that the text puts into numbers; a Genant grade's own interval is none."""
    interval = finding.height_loss_percent
    return None if interval == _GENANT.get(finding.height_loss_grade or "") else interval


def height_loss_interval(reading: ReportReading) -> Interval | None:
    """The largest that is stated."""
    stated = [p for p in map(stated_percent, fractures(reading)) if p is not None]
    return max(stated, default=None)


def height_loss_pct(reading: ReportReading) -> str:
    return interval_in_words(height_loss_interval(reading))


def height_loss_grade(reading: ReportReading) -> str:
    said = {_GRADES[f.height_loss_grade] for f in fractures(reading) if f.height_loss_grade}
    return next((grade for grade in ("severe", "moderate", "mild") if grade in said), NONE)


def interval_change(reading: ReportReading) -> str:
    said = {_CHANGES[f.height_change] for f in fractures(reading) if f.height_change}
    return next((change for change in ("new", "worse", "improved", "stable") if change in said), NONE)


def prior_augmentation(reading: ReportReading) -> str:
    return "yes" if any(f.augmentation or f.status == "treated" for f in reading.findings) else "unknown"


def concern(reading: ReportReading) -> str:
    return "yes" if any(f.etiology in _CONCERNS for f in reading.findings) else "no"


def negated(reading: ReportReading) -> str:
    denied = any(in_scope(f) and f.status == "absent" for f in reading.findings)
    return "yes" if denied or reading.regions_without_fracture else "no"


# --------------------------------------------------------------------------------------------------------- from a label


def in_order(named: Iterable[str]) -> str:
    """Levels from the head down, each once; any other bone after them."""
    place = {level: k for k, level in enumerate(BODY_LEVELS)}
    return " ".join(sorted(set(named), key=lambda level: (place.get(level, len(place)), level))) or NONE


def as_interval(value: Any) -> Interval | None:
    """A label's number or [low, high]."""
    if value is None:
        return None
    low, high = value if isinstance(value, list) else (value, value)
    return float(low), float(high)


def interval_in_words(interval: Interval | None) -> str:
    """ "35", "70-80" or "none"."""
    if interval is None:
        return NONE
    low, high = interval
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _word(value: Any) -> str:
    return NONE if value is None else str(value)


def _flag(value: Any) -> str:
    return "yes" if value else "no"


def _names(value: Any) -> str:
    return " ".join(sorted(value)) or NONE


# ------------------------------------------------------------------------------------------------------------ the facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A field of the label, and how to answer it from either side."""

    key: str
    title: str
    rule: str
    """How a reading becomes an answer, in words."""
    of_reading: Callable[[ReportReading], str]
    of_label: Callable[[Any], str]
    states_nothing: frozenset[str] = frozenset({NONE, "unknown"})
    positives: tuple[str, ...] = ()
    """Classes whose precision and recall are given; none: each stated member of the answer is a positive."""
    many: bool = False
    """Whether the answer lists several members."""
    only_without_level: bool = False
    """Whether it is asked only of fractures whose label names no level."""

    def asked(self, label: Mapping[str, Any]) -> bool:
        """Whether the fact is scored for this label."""
        if not self.only_without_level:
            return True
        return label["fracture_present"] != "no" and not label["levels"]

    def accepted(self, label: Mapping[str, Any]) -> tuple[str, ...]:
        """The label's answer, then those that its ``accept`` also calls right."""
        others = label["accept"].get(self.key, [])
        return tuple(dict.fromkeys(self.of_label(value) for value in (label[self.key], *others)))

    def states(self, answer: str) -> bool:
        """Whether an answer says more than "unknown"."""
        return answer not in self.states_nothing

    def members(self, answer: str, only: str | None = None) -> frozenset[str]:
        """What an answer states; with ``only``, that class alone."""
        stated = frozenset((answer.split() if self.many else [answer]) if self.states(answer) else ())
        return stated if only is None else stated & {only}


_NO: Final = frozenset({"no"})

FACTS: Final = (
    Fact(
        key="fracture_present",
        title="fracture status",
        rule="yes: a finding is present, treated or historical; uncertain: the gravest is possible; no: absent or none",
        of_reading=fracture_present,
        of_label=_word,
        states_nothing=_NO,
        positives=("yes",),
    ),
    Fact(
        key="levels",
        title="level set",
        rule="all levels whose status is present, treated, historical or possible",
        of_reading=levels,
        of_label=in_order,
        many=True,
    ),
    Fact(
        key="regions",
        title="region, no level named",
        rule="regions of such findings without a level; asked where the label has a fracture and no level",
        of_reading=regions,
        of_label=_names,
        many=True,
        only_without_level=True,
    ),
    Fact(
        key="acuity",
        title="acuity",
        rule="acute if any of them is, else subacute if any is, chronic only if all are; anything else is unknown",
        of_reading=acuity,
        of_label=_word,
        positives=("acute", "chronic"),
    ),
    Fact(
        key="edema",
        title="marrow edema",
        rule="yes if any finding says so, else no if any denies it",
        of_reading=edema,
        of_label=_word,
        positives=("yes",),
    ),
    Fact(
        key="retropulsion",
        title="retropulsion",
        rule="yes if any finding says so, else no if any denies it",
        of_reading=retropulsion,
        of_label=_word,
        positives=("yes",),
    ),
    Fact(
        key="height_loss_pct",
        title="height loss, percent",
        rule="the largest stated; the interval that comes with a Genant grade counts as the grade it is",
        of_reading=height_loss_pct,
        of_label=lambda value: interval_in_words(as_interval(value)),
    ),
    Fact(
        key="height_loss_grade",
        title="height loss, grade",
        rule="the gravest; Genant 1, 2, 3 are mild, moderate, severe, and plana is severe",
        of_reading=height_loss_grade,
        of_label=_word,
    ),
    Fact(
        key="interval_change",
        title="interval change",
        rule="new, else worse (progressed), else improved (no label has it), else stable (unchanged)",
        of_reading=interval_change,
        of_label=_word,
    ),
    Fact(
        key="prior_augmentation",
        title="prior augmentation",
        rule="yes if any finding is treated or names cement; a reading never says no, so a label's no reads unknown",
        of_reading=prior_augmentation,
        of_label=_word,
        positives=("yes",),
    ),
    Fact(
        key="pathologic_or_malignancy_concern",
        title="pathologic concern",
        rule="yes if any etiology is pathologic, suspicious or infectious",
        of_reading=concern,
        of_label=_flag,
        states_nothing=_NO,
        positives=("yes",),
    ),
    Fact(
        key="negated",
        title="explicit denial",
        rule="yes if a finding is absent or a region is named without a fracture",
        of_reading=negated,
        of_label=_flag,
        states_nothing=_NO,
        positives=("yes",),
    ),
)
"""Every field of the label that is an answer; ``per_level`` asks some of them again."""

BY_KEY: Final = {fact.key: fact for fact in FACTS}
PER_LEVEL: Final = {
    "acuity": BY_KEY["acuity"],
    "interval_change": BY_KEY["interval_change"],
    "grade": BY_KEY["height_loss_grade"],
    "height_loss_pct": BY_KEY["height_loss_pct"],
}
"""Keys of a ``per_level`` entry -> the fact they ask for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question put to one document: what is right (the label's answer first), and what was read."""

    document: str
    source: str
    masked: bool
    fact: Fact
    level: str | None
    """Set when the question is asked of one level (``per_level``)."""
    accepted: tuple[str, ...]
    read: str

    @property
    def right(self) -> bool:
        """Whether the reading is one of the answers that a careful reader could give."""
        return self.read in self.accepted

    @property
    def settled(self) -> str:
        """The right answer to compare with: the one that was read, where it is accepted, else the label's own."""
        return self.read if self.right else self.accepted[0]

    @property
    def field(self) -> str:
        """Name of the question, as differences.py and the tables have it."""
        return self.fact.key if self.level is None else f"{self.level} {self.fact.key}"


def answers(
    document: str, source: str, masked: bool, label: Mapping[str, Any], reading: ReportReading
) -> Iterator[Answer]:
    """Every question that the label can answer, with what was read."""
    for fact in FACTS:
        if fact.asked(label):
            yield Answer(document, source, masked, fact, None, fact.accepted(label), fact.of_reading(reading))
    for entry in label["per_level"]:
        alone = at_level(reading, entry["level"])
        for key, value in entry.items():
            if key != "level":
                fact = PER_LEVEL[key]
                accepted = (fact.of_label(value),)
                yield Answer(document, source, masked, fact, entry["level"], accepted, fact.of_reading(alone))
