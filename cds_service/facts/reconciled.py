"""A report's reading beside what codes and Observations state of the same study: they fill what the words leave open,
and where they say otherwise the two accounts are kept as a dispute, never chosen between.

Same level and field only. What agrees changes nothing. Of two that disagree, a newer structured value takes the place
of the text's; else the field is None (height loss: the interval covering both, as the contract's "Numbers" says). A
dispute is recorded either way, and criteria that the accounts would decide differently are unknown (CF of
`clinical.md` D14).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from cds_service.facts.fact import Evidence
from cds_service.facts.model import Account, Dispute, Level, SpineRegion, Stated, Teller
from cds_service.facts.regions import NAMED, denied
from cds_service.reports.findings import BODY_LEVELS, Conflict, LevelFinding, Region, ReportReading, Span

Value = str | bool | float | tuple[float, float]

FIELDS: Final = (
    "status",
    "acuity",
    "marrow_edema",
    "tracer_uptake",
    "height_loss_percent",
    "height_loss_grade",
    "height_change",
    "morphology",
    "retropulsion",
    "retropulsion_mm",
    "posterior_wall",
    "canal_compromise",
    "kyphosis",
    "etiology",
    "fluid_cleft",
    "augmentation",
    "posterior_elements",
    "soft_tissue_mass",
    "cord_signal",
    "disc_signal",
    "collection",
    "unstable",
)
"""What codes and Observations may state, status first: the others depend on it. No angle: no source gives a limit."""

_OF_A_FRACTURE: Final = frozenset(
    {"acuity", "height_loss_percent", "height_loss_grade", "height_change", "morphology", "etiology"}
)
"""What a report that denies the fracture leaves empty, so that nothing else fills it."""

_OPPOSED: Final = frozenset(
    {("present", "absent"), ("absent", "present"), ("historical", "present"), ("treated", "present")}
)
"""(text, structured). A hedge leaves room for either; a fracture seen on this study is present, however old."""
_WEAKEST_FIRST: Final = ("possible", "treated", "historical", "present", "absent")
_GRADES: Final = {"genant-1": "mild", "genant-2": "moderate", "genant-3": "severe", "plana": "severe"}

_NOUNS: Final[Mapping[str, str]] = {
    "marrow_edema": "marrow edema",
    "tracer_uptake": "tracer uptake",
    "retropulsion": "retropulsion",
    "kyphosis": "kyphosis",
    "fluid_cleft": "fluid cleft",
    "posterior_elements": "posterior element involvement",
    "soft_tissue_mass": "soft-tissue mass",
    "cord_signal": "abnormal cord signal",
    "disc_signal": "disc signal of infection",
    "collection": "collection",
    "unstable": "instability",
}
_STATUSES: Final = {
    "present": "fracture",
    "absent": "no fracture",
    "possible": "possible fracture",
    "historical": "earlier fracture",
    "treated": "treated fracture",
}
_SHAPES: Final[Mapping[str, str]] = {
    "acuity": "{} fracture",
    "height_loss_grade": "{} height loss",
    "height_change": "height loss {}",
    "morphology": "{} fracture",
    "posterior_wall": "posterior wall {}",
    "canal_compromise": "{} canal compromise",
    "etiology": "{} cause",
    "augmentation": "{}",
}


def shown(name: str, value: object) -> str:
    """A value in words of ours, for a reason or a line of evidence: ``30 %``, ``no marrow edema``."""
    if isinstance(value, tuple):
        low, high = value
        return f"{low:g} %" if low == high else f"{low:g} to {high:g} %"
    if isinstance(value, bool):
        return f"{'' if value else 'no '}{_NOUNS[name]}"
    if name == "retropulsion_mm":
        return f"{value:g} mm retropulsion"
    if name == "status":
        return _STATUSES[str(value)]
    if value == "plana":
        return "vertebra plana"
    said = str(value).replace("genant-", "Genant grade ").replace("none", "no")
    return _SHAPES[name].format(said)


@dataclass(frozen=True, slots=True)
class Word:
    """One fact that a code or an Observation states.

    ``levels``: its level; both of a pair code; none where nothing names one (``region`` may). A pair or none comes with
    the status ``present`` alone. ``weak``: a status that follows from a number, not one that somebody stated.
    ``implied``: what another fact excludes; it may disagree, but states nothing. ``newer``: than the report's own
    words.
    """

    levels: tuple[Level, ...]
    field: str
    value: Value
    teller: Teller
    evidence: Evidence
    region: Region | None = None
    weak: bool = False
    implied: bool = False
    newer: bool = False

    @property
    def account(self) -> Account:
        """As one side of a dispute."""
        words = "chronic fracture" if self.implied else shown(self.field, self.value)
        return Account(self.teller, self.value, words, self.evidence)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A reading with what is stated beside it. ``heard``: the words on which the report has a word of its own."""

    reading: ReportReading
    stated: tuple[Stated, ...]
    disputes: tuple[Dispute, ...]
    heard: frozenset[Word]


def reconcile(
    reading: ReportReading, words: Iterable[Word], regions: frozenset[SpineRegion], *, fill: bool = True
) -> Reconciled:
    """The reading of a study of ``regions`` beside what is stated. Without ``fill`` silence stays silence."""
    work = _Work(reading, regions, fill=fill)
    by_level: dict[Level, list[Word]] = {}
    unplaced: list[Word] = []
    for word in sorted(words, key=_order):
        if len(word.levels) == 1:
            by_level.setdefault(word.levels[0], []).append(word)
        else:
            unplaced.append(word)
    for level in BODY_LEVELS:
        if level in by_level:
            work.at(level, by_level[level])
    for word in unplaced:
        work.somewhere(word)
    return work.done()


def _order(word: Word) -> tuple[bool, str, str, str]:
    """Newer first, then by place: the order of the resources says nothing."""
    return not word.newer, word.evidence.reference, word.evidence.value, repr(word.value)


def _disagree(name: str, values: Collection[Any]) -> bool:
    """Whether values of one field cannot all be true."""
    if name == "height_loss_percent":
        return bool(max(low for low, _ in values) > min(high for _, high in values))
    if name == "status":
        return any((one, other) in _OPPOSED for one in values for other in values)
    if name == "height_loss_grade":
        return len({_GRADES.get(value, value) for value in values}) > 1
    return len(set(values)) > 1


def _common(name: str, values: Collection[Any]) -> Any:
    """One value for several that agree."""
    if name == "height_loss_percent":
        return min(low for low, _ in values), max(high for _, high in values)
    if name == "status":
        return next(status for status in _WEAKEST_FIRST if status in values)
    return sorted(values)[0]


@dataclass(slots=True)
class _Work:
    """The state of reconciling one study."""

    base: ReportReading
    regions: frozenset[SpineRegion]
    fill: bool
    findings: list[LevelFinding] = field(init=False)
    conflicts: list[Conflict] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    heard: set[Word] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.findings = list(self.base.findings)

    def done(self) -> Reconciled:
        conflicts = (*self.base.conflicts, *self.conflicts)
        reading = replace(self.base, findings=tuple(self.findings), conflicts=conflicts)
        return Reconciled(reading, tuple(self.stated), tuple(self.disputes), frozenset(self.heard))

    # --- one level

    def at(self, level: Level, words: list[Word]) -> None:
        """All that is stated of one level."""
        place = next((n for n, f in enumerate(self.findings) if f.level == level and f.level_certain), None)
        own = self.findings[place] if place is not None else None
        changed: dict[str, Any] = {}
        spans = dict(own.evidence) if own is not None else {}
        is_open = True
        for name in FIELDS:
            mine = [word for word in words if word.field == name]
            if not mine or not (is_open or name not in _OF_A_FRACTURE):
                continue
            if self._contradicts_itself(level, own, name):
                self.heard.update(mine)
                continue
            told = self._told(level, own, name)
            if told is not None:
                self.heard.update(mine)
            self._settle(level, name, told, mine, changed, spans)
            if name == "status":
                said = told.value if told is not None else changed.get("status")
                is_open = not self._is_disputed(level, "status") and said != "absent"
        self._with_edema(level, own, changed, spans)
        if not changed:
            return
        finding = replace(own or LevelFinding(level=level), **changed, evidence=MappingProxyType(spans))
        if place is None:
            self.findings.append(finding)
        else:
            self.findings[place] = finding

    def _settle(
        self,
        level: Level,
        name: str,
        told: Account | None,
        words: list[Word],
        changed: dict[str, Any],
        spans: dict[str, Span],
    ) -> None:
        """One field: filled, left as it is, or disputed."""
        if told is None:
            firm = [word for word in words if not word.weak] or words
            explicit = [word for word in firm if not word.implied]
            if not explicit or not self.fill:
                return
            values = {word.value for word in firm}
            if not _disagree(name, values):
                changed[name] = _common(name, {word.value for word in explicit})
                self.stated.append(Stated(level, name, explicit[0].evidence))
                return
            against = firm
        else:
            against = [word for word in words if _opposes(word, told.value)]
            if not against:
                return
        self._dispute(level, name, told, against, changed, spans)

    def _dispute(
        self,
        level: Level,
        name: str,
        told: Account | None,
        against: Sequence[Word],
        changed: dict[str, Any],
        spans: dict[str, Span],
    ) -> None:
        accounts = (*((told,) if told is not None else ()), *(word.account for word in _extremes(name, against)))
        self.disputes.append(Dispute(level, name, accounts))
        span = told.span if told is not None else None
        self.conflicts.append(Conflict(level, name, (span,) if span is not None else ()))
        newer = [word for word in against if word.newer and not word.implied] if told is not None else []
        values = {word.value for word in newer}
        if newer and not _disagree(name, values):
            changed[name] = _common(name, values)
            self.stated.append(Stated(level, name, newer[0].evidence))
            spans.pop(name, None)
        elif name == "height_loss_percent":
            changed[name] = _common(name, {account.value for account in accounts})
        else:
            changed[name] = None
            spans.pop(name, None)

    def _with_edema(
        self, level: Level, own: LevelFinding | None, changed: dict[str, Any], spans: dict[str, Span]
    ) -> None:
        """An age that the reader only took from the edema is disputed with it."""
        if own is None or own.acuity is None or own.evidence.get("acuity") != own.evidence.get("marrow_edema"):
            return
        edema = next((d for d in self.disputes if (d.level, d.field) == (level, "marrow_edema")), None)
        if edema is None or self._is_disputed(level, "acuity"):
            return
        told, *structured = edema.accounts
        age = replace(told, value=own.acuity)
        self.disputes.append(Dispute(level, "acuity", (age, *(replace(each, value=None) for each in structured))))
        changed["acuity"] = None
        spans.pop("acuity", None)

    def _told(self, level: Level, own: LevelFinding | None, name: str) -> Account | None:
        """What the report's words say of a field; None when they are silent."""
        value = getattr(own, name) if own is not None else None
        if own is not None and value is not None:
            return Account("report text", value, shown(name, value), span=own.evidence.get(name, own.span))
        if name == "marrow_edema" and own is not None and own.acuity == "chronic":
            # AC-06: an old fracture is one without edema, and edema beside "chronic" leaves its age open (CF-05).
            return Account("report text", False, "chronic fracture", span=own.evidence.get("acuity"))
        if name != "status":
            return None
        region = next((r for r in self.base.regions_without_fracture if denied(r, level, self.regions)), None)
        if region is None:
            return None
        denial = _denial(self.base, region)
        span = denial.evidence.get("status", denial.span) if denial is not None else None
        return Account("report text", "absent", shown("status", "absent"), span=span)

    def _contradicts_itself(self, level: Level, own: LevelFinding | None, name: str) -> bool:
        """Whether the report's own words leave the field open because they differ."""
        if own is not None and getattr(own, name) is not None:
            return False
        return any(c.level == level and c.field == name for c in self.base.conflicts)

    def _is_disputed(self, level: Level | None, name: str) -> bool:
        return any(d.level == level and d.field == name for d in self.disputes)

    # --- no level, or one of two

    def somewhere(self, word: Word) -> None:
        """A fracture at a level that nothing names, or at one of two: it is any that the report describes there."""
        among = word.levels or (NAMED.get(word.region, ()) if word.region is not None else BODY_LEVELS)
        if self._is_disputed(None, "status") or self._takes_a_stand(among):
            self.heard.add(word)
            return
        regions = self._denials(word.levels, among)
        if regions:
            self.heard.add(word)
            self._dispute_denial(word, regions)
        elif self.fill:
            self.findings.append(LevelFinding(level=None, region=word.region, status="present"))
            self.stated.append(Stated(None, "status", word.evidence))

    def _takes_a_stand(self, among: Sequence[Level]) -> bool:
        """Whether a fracture of these levels is described, hedged or disputed."""
        for finding in self.findings:
            if finding.status in (None, "absent"):
                continue
            if finding.level in among or (finding.level is None and _meets(finding.region, among)):
                return True
        conflicts = (*self.base.conflicts, *self.conflicts)
        return any(c.field == "status" and (c.level is None or c.level in among) for c in conflicts)

    def _denials(self, pair: Sequence[Level], among: Sequence[Level]) -> tuple[Region, ...]:
        """The regions in which a denial of every fracture stands against it; of a pair both must be denied."""
        without = self.base.regions_without_fracture
        spoken = tuple(r for r in without if any(denied(r, level, self.regions) for level in among))
        if not pair:
            return spoken
        alone = {f.level for f in self.findings if f.status == "absent"}
        covered = all(level in alone or any(denied(r, level, self.regions) for r in spoken) for level in pair)
        return (spoken or ("thoracolumbar",)) if covered else ()

    def _dispute_denial(self, word: Word, regions: tuple[Region, ...]) -> None:
        denial = next((found for region in regions if (found := _denial(self.base, region)) is not None), None)
        if denial is None:
            # The reader gave the denial to the levels that the report's history names.
            denial = LevelFinding(level=None, region=regions[0], status="absent")
            self.findings.append(denial)
        span = denial.evidence.get("status")
        told = Account("report text", "absent", shown("status", "absent"), span=span)
        self.disputes.append(Dispute(None, "status", (told, word.account), regions))
        self.conflicts.append(Conflict(None, "status", (span,) if span is not None else ()))


def _opposes(word: Word, told: object) -> bool:
    """Whether a word cannot be true beside what the text says.

    A status that only follows from a number opposes a denial alone: a treated body keeps its height loss.
    """
    if word.field != "status":
        return _disagree(word.field, (told, word.value))
    return (told, word.value) in _OPPOSED and not (word.weak and told != "absent")


def _extremes(name: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """Each value once; of numbers the least and the greatest, for what lies between decides nothing else."""
    each = tuple({word.value: word for word in reversed(words)}.values())[::-1]
    if name not in ("height_loss_percent", "retropulsion_mm") or len(each) <= 2:
        return each
    # A tuple sorts by its lower end; the greatest is the one with the greatest upper end.
    ordered = sorted(each, key=lambda word: repr(word.value))
    ends = (min(ordered, key=lambda word: _end(word, 0)), max(ordered, key=lambda word: _end(word, 1)))
    return tuple(dict.fromkeys(ends))


def _end(word: Word, side: int) -> float:
    value = word.value
    return float(value[side]) if isinstance(value, tuple) else float(value)


def _denial(reading: ReportReading, region: Region) -> LevelFinding | None:
    """The words that deny every fracture of a region."""
    denials = (f for f in reading.findings if f.level is None and f.status == "absent")
    return next((f for f in denials if f.region in (region, None)), None)


def _meets(region: Region | None, among: Sequence[Level]) -> bool:
    return region is None or any(level in among for level in NAMED.get(region, ()))
