"""From statements to one finding a level: sections weighed, fields merged, disagreements named, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from cds_service.reports.findings import BODY_LEVELS, Conflict, LevelFinding, Region, Span
from cds_service.reports.levels import PLACE, region_of
from cds_service.reports.statements import NARROW_REGIONS, Statement, Value

_SEEN: Final = frozenset({"fracture", "deformity", "slight", "possible"})
_STATUS: Final = {"fracture": "present", "deformity": "present", "slight": "possible", "possible": "possible"}
_BOOLEANS: Final = (
    "marrow_edema",
    "tracer_uptake",
    "retropulsion",
    "kyphosis",
    "fluid_cleft",
    "posterior_elements",
    "soft_tissue_mass",
    "cord_signal",
    "disc_signal",
    "collection",
    "unstable",
)
_CAUSES: Final = ("infectious", "pathologic", "suspicious", "traumatic", "benign-lesion", "osteoporotic")
_CANAL: Final = ("cord", "severe", "moderate", "mild")
_AGE_CUES: Final = frozenset({"resolving", "healing", "nonacute", "guessed-acute", "guessed-old"})
"""Said of the age without naming one; a guess names none, but nothing is inferred against it."""
_GENANT: Final = {"genant-1": (20.0, 25.0), "genant-2": (25.0, 40.0), "genant-3": (40.0, 100.0)}
_STANDS_ALONE: Final = frozenset(
    {
        "marrow_edema",
        "tracer_uptake",
        "kyphosis",
        "kyphosis_degrees",
        "fluid_cleft",
        "retropulsion",
        "retropulsion_mm",
        "posterior_wall",
        "posterior_elements",
        "soft_tissue_mass",
        "cord_signal",
        "disc_signal",
        "collection",
        "unstable",
    }
)
"""Facts worth a finding even where nothing is said of a fracture."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands: its original span, the weight of its section (addendum over impression over
    findings)."""

    span: Span
    weight: int


@dataclass(slots=True)
class _Merged:
    value: Any = None
    evidence: Span | None = None
    conflict: tuple[Span, ...] = ()


class LevelMerge:
    """Merges the statements of one level (or of one region, for fractures without a level)."""

    def __init__(self, level: str | None, statements: list[Statement], places: Mapping[int, Place]) -> None:
        self.level = level
        self.places = places
        self.by_field: dict[str, list[Statement]] = {}
        for s in statements:
            self.by_field.setdefault(s.field, []).append(s)
        self.statements = statements
        self.conflicts: list[Conflict] = []

    def weight(self, s: Statement) -> int:
        """Weight of the section the statement stands in."""
        return self.places[s.sentence].weight

    def top(self, field: str) -> list[Statement]:
        """Statements of a field that count: an addendum silences the rest, a firm one silences the weak."""
        found = self.by_field.get(field, [])
        if any(self.weight(s) == 2 for s in found):
            found = [s for s in found if self.weight(s) == 2]
        firm = [s for s in found if not s.weak]
        return firm or found

    def _disagree(self, field: str, found: list[Statement]) -> _Merged:
        spans = tuple(dict.fromkeys(s.span for s in found))
        self.conflicts.append(Conflict(self.level, field, spans))
        return _Merged(None, None, spans)

    def one(self, field: str) -> _Merged:
        """A value all agree on; otherwise none and a conflict."""
        found = self.top(field)
        if not found:
            return _Merged()
        values = {s.value for s in found}
        if len(values) > 1:
            return self._disagree(field, found)
        return _Merged(found[-1].value, found[0].span)

    def later(self, field: str) -> _Merged:
        """The impression's word where sections differ; nothing where one section differs with itself."""
        found = self.top(field)
        if not found:
            return _Merged()
        heaviest = max(self.weight(s) for s in found)
        plana = next((s for s in found if s.value == "plana"), None)
        if plana is not None:
            return _Merged("plana", plana.span)
        found = [s for s in found if self.weight(s) == heaviest]
        return _Merged(found[0].value, found[0].span) if len({s.value for s in found}) == 1 else _Merged()

    def ranked(self, field: str, order: tuple[str, ...]) -> _Merged:
        """The gravest of several words."""
        found = self.top(field)
        for value in order:
            for s in found:
                if s.value == value:
                    return _Merged(value, s.span)
        return _Merged()

    def number(self, field: str) -> _Merged:
        """One number; the largest of several, with a conflict."""
        found = self.top(field)
        if not found:
            return _Merged()
        largest = max(found, key=lambda s: float(str(s.value)))
        if len({s.value for s in found}) > 1:
            self.conflicts.append(Conflict(self.level, field, tuple(dict.fromkeys(s.span for s in found))))
        return _Merged(largest.value, largest.span)

    def interval(self) -> _Merged:
        """Height loss: the interval covering all; a conflict when two of them do not meet."""
        found = self.top("height_loss_percent")
        intervals = [s.value for s in found if isinstance(s.value, tuple)]
        if not intervals:
            return _Merged()
        low, high = min(i[0] for i in intervals), max(i[1] for i in intervals)
        if max(i[0] for i in intervals) > min(i[1] for i in intervals):
            self.conflicts.append(
                Conflict(self.level, "height_loss_percent", tuple(dict.fromkeys(s.span for s in found)))
            )
        return _Merged((low, high), found[0].span)

    def status(self, loss: tuple[float, float] | None) -> _Merged:
        """Present, possible, absent, historical or treated, as the contract's "Status" says."""
        found = self.by_field.get("status", [])
        if any(self.weight(s) == 2 for s in found):
            found = [s for s in found if self.weight(s) == 2]
        if not found:
            return _Merged()
        firm = [s for s in found if not s.weak]
        used = firm or found
        denied = [s for s in used if s.value == "absent"]
        seen = [s for s in used if s.value in _SEEN]
        if denied and seen:
            sure = [s for s in seen if s.value in ("fracture", "deformity")]
            if sure:
                return self._disagree("status", [*sure, *denied])
            return _Merged(_STATUS[str(seen[0].value)], seen[0].span)
        treated = next((s for s in found if s.value == "treated"), None)
        if treated is not None and not (seen and self._fresh()):
            return _Merged("treated", treated.span)
        if seen:
            return self._seen(seen, loss)
        for value in ("absent", "historical"):
            for s in used:
                if s.value == value:
                    return _Merged(value, s.span)
        return _Merged()

    def _seen(self, seen: list[Statement], loss: tuple[float, float] | None) -> _Merged:
        heaviest = max(self.weight(s) for s in seen)
        first = next(s for s in seen if self.weight(s) == heaviest)
        if first.value == "possible" or all(
            s.value in ("possible", "slight") for s in seen if self.weight(s) == heaviest
        ):
            return _Merged("possible", first.span)
        named = any(s.value == "fracture" for s in self.by_field["status"])
        if not named and loss is not None and (loss[1] < 20 or loss == (0, 20)):
            return _Merged("possible", first.span)
        return _Merged("present", first.span)

    def _fresh(self) -> bool:
        """Signs of a new fracture in a cemented body."""
        ages = {s.value for s in self.by_field.get("acuity", [])}
        changes = {s.value for s in self.by_field.get("height_change", [])}
        edema = any(s.value is True for s in self.by_field.get("marrow_edema", []))
        return bool(
            "refracture" in self.by_field or ages & {"acute", "subacute"} or changes & {"new", "progressed"} or edema
        )

    def acuity(self, edema: object, cleft: object, change: object) -> _Merged:
        """Age, as the contract's "Acuity" says."""
        found = [s for s in self.top("acuity") if s.value not in _AGE_CUES]
        cues = {s.value for s in self.by_field.get("acuity", [])} & _AGE_CUES
        if any(s.value == "both" for s in found):
            return _Merged()
        values = {s.value for s in found}
        if len(values) > 1:
            unsure = [s for s in found if s.value == "indeterminate"]
            if unsure and all(s.sentence == unsure[0].sentence or s.value == "indeterminate" for s in found):
                return _Merged("indeterminate", unsure[0].span)
            return self._disagree("acuity", found)
        signal = next((s for s in self.by_field.get("marrow_edema", []) if s.value is True), None)
        if found:
            said = found[0]
            if (
                said.value == "chronic"
                and edema is True
                and signal is not None
                and self.weight(signal) < min(self.weight(s) for s in found)
            ):
                return self._disagree("acuity", [signal, *found])
            return _Merged(said.value, said.span)
        if edema is True and signal is not None:
            if "resolving" in cues:
                return _Merged("subacute", next(s.span for s in self.by_field["acuity"] if s.value == "resolving"))
            if cleft is True or cues - {"guessed-acute"} or change == "unchanged":
                return _Merged()
            return _Merged("acute", signal.span)
        if change == "unchanged" and "guessed-acute" not in cues:
            return _Merged("chronic", next(s.span for s in self.by_field["height_change"] if s.value == "unchanged"))
        return _Merged()

    def finding(self, text: str, *, transitional: bool, region: Region | None) -> LevelFinding | None:
        """The finding, or ``None`` when nothing that is said deserves one."""
        merged: dict[str, _Merged] = {name: self.one(name) for name in _BOOLEANS}
        merged["height_loss_percent"] = self.interval()
        merged["height_loss_grade"] = self.later("height_loss_grade")
        merged["height_change"] = self.later("height_change")
        merged["retropulsion_mm"] = self.number("retropulsion_mm")
        merged["kyphosis_degrees"] = self.number("kyphosis_degrees")
        merged["posterior_wall"] = self.one("posterior_wall")
        merged["etiology"] = self.ranked("etiology", _CAUSES)
        merged["morphology"] = self.ranked("morphology", ("plana", "chance", "burst", "crush", "biconcave", "wedge"))
        augmentation = self.top("augmentation")
        merged["augmentation"] = _Merged(augmentation[0].value, augmentation[0].span) if augmentation else _Merged()
        canal = self.top("canal_compromise")
        if {s.value for s in canal} > {"none"}:
            merged["canal_compromise"] = self._disagree("canal_compromise", canal)
        else:
            merged["canal_compromise"] = self.ranked("canal_compromise", (*_CANAL, "none"))
        if merged["retropulsion_mm"].value is not None:
            moved = self.top("retropulsion")
            if any(s.value is False for s in moved):
                merged["retropulsion"] = self._disagree("retropulsion", [*moved, *self.top("retropulsion_mm")])
            else:
                merged["retropulsion"] = _Merged(True, merged["retropulsion_mm"].evidence)
        grade = merged["height_loss_grade"]
        if grade.value in _GENANT and merged["height_loss_percent"].value is None:
            merged["height_loss_percent"] = _Merged(_GENANT[grade.value], grade.evidence)
        if grade.value in ("mild-moderate", "moderate-severe"):
            merged["height_loss_grade"] = _Merged()
        merged["status"] = self.status(merged["height_loss_percent"].value)
        merged["acuity"] = self.acuity(
            merged["marrow_edema"].value, merged["fluid_cleft"].value, merged["height_change"].value
        )
        status = merged["status"].value
        if status is None and not self._deserves(merged):
            return None
        if status in ("absent", "historical"):
            for name in ("morphology", "height_loss_grade", "height_loss_percent", "height_change"):
                merged[name] = _Merged()
            if status == "absent":
                merged["acuity"] = merged["etiology"] = _Merged()
        main = self._main()
        span = self.places[main.sentence].span
        certain = any(s.target.certain for s in self.statements) and not (transitional and self.level is not None)
        return LevelFinding(
            level=self.level,
            level_certain=certain,
            region=region,
            evidence=MappingProxyType(
                {name: m.evidence for name, m in merged.items() if m.value is not None and m.evidence is not None}
            ),
            span=span,
            text=text[span[0] : span[1]],
            **{name: m.value for name, m in merged.items()},
        )

    def _deserves(self, merged: Mapping[str, _Merged]) -> bool:
        if any(c.field == "status" for c in self.conflicts):
            return True
        if any(merged[name].value is not None for name in _STANDS_ALONE):
            return True
        if self.level is None and merged["canal_compromise"].value is not None:
            return True
        return merged["etiology"].value == "infectious" or any(c.field in _STANDS_ALONE for c in self.conflicts)

    def _main(self) -> Statement:
        said = self.by_field.get("status") or self.statements
        heaviest = max(self.weight(s) for s in said)
        return next(s for s in said if self.weight(s) == heaviest)


def narrow_region(level: str | None, statements: list[Statement]) -> Region | None:
    """Region as the text names it for this level, else the level's own."""
    if level is None:
        return next((s.target.region for s in statements if s.target.region is not None), None)
    named = next((s.target.region for s in statements if s.target.region is not None), None)
    if named is not None:
        return named
    if level.startswith("cervical") or level.split()[0] in PLACE or level == "sacrum":
        return "cervical" if level.startswith("cervical") else region_of(level)
    return None


def covers(region: Region | None, level: str) -> bool:
    """Whether a region takes in a body level; no region takes in all."""
    if region is None or level not in PLACE:
        return True
    low, high = NARROW_REGIONS[region]
    return low <= PLACE[level] <= high


def overlaps(one: Region | None, other: Region | None) -> bool:
    """Whether two regions share a level."""
    if one is None or other is None:
        return True
    a, b = NARROW_REGIONS[one], NARROW_REGIONS[other]
    return a[0] <= b[1] and b[0] <= a[1]


def order_of(finding: LevelFinding) -> tuple[int, str]:
    """Cranial to caudal, then other bones, then what has no level."""
    if finding.level is None:
        return 1000, finding.region or ""
    return PLACE.get(finding.level, 500), finding.level


def is_body(level: str | None) -> bool:
    """Whether a level is one of T1 to L5."""
    return level in BODY_LEVELS


def value_is_denial(value: Value) -> bool:
    """False, "none" or "intact": may be said of the whole study."""
    return value is False or value in ("none", "intact")
