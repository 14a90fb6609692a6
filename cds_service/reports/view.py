"""``vcf-cds read-report`` for people: the text with what was read marked in it, then the findings in plain words.

It reads without color too: a row of signs under each row of text says what was read, how it is meant, and why.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeVar

from cds_service.reports.findings import Conflict, LevelFinding, Region, Span
from cds_service.reports.terminal import Ink, Line, laid_out, quoted, split_lines, wrapped
from cds_service.reports.trace import Meant, Place, Trace
from cds_service.reports.wording import NAMES, NOT_READ, STATUS, named, reason, told, value_in_words

NOT_REVIEWED: Final = "Read by rules, not clinically reviewed."
NARROWEST: Final = 40
"""Columns; a narrower terminal wraps by itself."""
LEGEND: Final = "^ stated, ~ denied, ? doubted, - no finding, ! contradicted, . why, > a finding"
_SIGNS: Final[Mapping[Meant, tuple[str, str]]] = MappingProxyType(
    {"stated": ("^", "green"), "denied": ("~", "red"), "acute-denied": ("~", "red"), "doubted": ("?", "yellow")}
)
_SHORT: Final = 40
"""Rows up to which all are shown."""
_AROUND: Final = 1
"""Rows kept before and after a marked one."""
_WORTH: Final = 4
"""Fewer rows than these are shown rather than counted."""

T = TypeVar("T")


def report_view(traced: Trace, *, width: int, color: bool) -> str:
    """The whole view, without a line end at its end; ``width`` in columns."""
    ink = Ink(color)
    room = max(width, NARROWEST)
    parts = [_Page(traced, room, ink).rows(), _Summary(traced, room, ink).rows(), [NOT_REVIEWED]]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def _sign(place: Place) -> tuple[str, str]:
    """The sign and the color of a place."""
    if any(fact.standing == "contradicted" for fact in place.facts):
        return "!", "magenta"
    return _SIGNS.get(place.meant, ("-", "blue"))


def _why(traced: Trace, place: Place) -> str:
    words = dict.fromkeys(quoted(traced.original[slice(*span)]) for span in place.because)
    return reason(place, " and ".join(words))


def _label(traced: Trace, place: Place) -> str:
    return ", ".join(part for part in (told(place.facts) or place.about, _why(traced, place)) if part)


def _runs(keep: Sequence[bool]) -> Iterator[tuple[int, int, bool]]:
    """Half-open ranges to show and to leave out, in turn; a short sequence is shown whole."""
    wanted = set(range(len(keep)))
    if len(keep) > _SHORT:
        kept = [at for at, wants in enumerate(keep) if wants]
        wanted = {near for at in kept for near in range(at - _AROUND, at + _AROUND + 1)}
        ends = [-1, *sorted(wanted), len(keep)]
        wanted |= {gap for a, b in pairwise(ends) if b - a <= _WORTH for gap in range(a + 1, b)}
    first = 0
    for at in range(1, len(keep) + 1):
        if at == len(keep) or (at in wanted) != (first in wanted):
            yield first, at, first in wanted
            first = at


class _Page:
    """The text, row by row, with its marks under it."""

    def __init__(self, traced: Trace, width: int, ink: Ink) -> None:
        self.traced = traced
        self.ink = ink
        self.width = width
        self.lines = split_lines(traced.original[: traced.read_to])
        self.gutter = max(len(str(len(self.lines))), 3)
        self.lead = " " * (self.gutter + 3)
        self.room = width - len(self.lead)

    def rows(self) -> Iterator[str]:
        """All rows."""
        traced = self.traced
        if traced.places:
            yield from (self.ink(row, "dim") for row in wrapped(LEGEND, self.width))
            yield ""
        lines = [laid_out(start, line) for start, line in self.lines]
        rows = [(number, row) for number, line in enumerate(lines) for row in line.rows(self.room)]
        starts = [lines[number].start + row[0] for number, row in rows]
        places = _by_row(starts, ((place.span, place) for place in traced.places))
        told_in = _by_row(starts, ((span, span) for span in traced.sentences))
        for first, last, shown in _runs([at in places or at in told_in for at in range(len(rows))]):
            if not shown:
                low, high = rows[first][0] + 1, rows[last - 1][0] + 1
                named = f"line {low}" if low == high else f"lines {low} to {high}"
                yield from self._left_out(f"{last - first} rows with nothing read, {named}")
                continue
            for at in range(first, last):
                number, row = rows[at]
                side = f"{'' if row[0] else number + 1:>{self.gutter}} {'>' if at in told_in else '|'} "
                yield self.ink(side, "dim") + self._painted(lines[number], row, places.get(at, []))
                for place in places.get(at, []):
                    yield from self._margin(lines[number], row, place)
        rest = len(traced.original) - traced.read_to
        if rest:
            yield from self._left_out(f"{rest} character{'' if rest == 1 else 's'} not read")

    def _left_out(self, what: str) -> Iterator[str]:
        yield from (self.ink(row, "dim") for row in wrapped(f"{self.lead}... {what} ...", self.width, self.lead))

    def _painted(self, line: Line, row: tuple[int, int], places: list[Place]) -> str:
        """One row in its colors: the shortest mark on top, the words that make it so in bold."""
        first, last = row
        if not (self.ink.color and places):
            return line.written(first, last)
        styles: list[tuple[str, ...]] = [()] * (last - first)
        for place in sorted(places, key=lambda p: p.span[0] - p.span[1]):
            _, color = _sign(place)
            for span, style in (
                (place.span, (color, "underlined")),
                *((why, (color, "bold")) for why in place.because),
            ):
                low, high = _cut(line, row, span)
                styles[low - first : high - first] = [style] * (high - low)
        painted = ""
        start = first
        for at in range(first + 1, last + 1):
            if at == last or styles[at - first] != styles[start - first]:
                painted += self.ink(line.written(start, at), *styles[start - first])
                start = at
        return painted

    def _margin(self, line: Line, row: tuple[int, int], place: Place) -> Iterator[str]:
        """The signs under one place, and what they say."""
        sign, color = _sign(place)
        base = line.columns[row[0]]
        drawn: dict[int, str] = {}
        for span, drawing in (*((why, ".") for why in place.because), (place.span, sign)):
            low, high = _cut(line, row, span)
            if low < high:
                left, right = line.columns[low] - base, line.columns[high] - base
                drawn.update(dict.fromkeys(range(left, max(right, left + 1)), drawing))
        end = max(drawn) + 1
        signs = "".join(drawn.get(column, " ") for column in range(end))
        begun = place.span[0] < line.start + row[0]
        label = "(goes on)" if begun else _label(self.traced, place)
        size, start = laid_out(0, label).columns[-1], min(drawn)
        if end + 1 + size <= self.room:
            rows = [f"{signs} {label}"]
        elif size < start:
            rows = [f"{' ' * (start - 1 - size)}{label} {signs[start:]}"]
        else:
            rows = [signs, *(f"  {part}" for part in wrapped(label, self.room - 2))]
        yield from (self.lead + self.ink(part, color) for part in rows)


def _cut(line: Line, row: tuple[int, int], span: Span) -> tuple[int, int]:
    """The part of a span that stands in a row, counted from the start of the line; empty when none does."""
    low = min(max(span[0] - line.start, row[0]), row[1])
    return low, min(max(span[1] - line.start, low), row[1])


def _by_row(starts: Sequence[int], spans: Iterable[tuple[Span, T]]) -> dict[int, list[T]]:
    """What reaches into each row, by where each row starts."""
    found: dict[int, list[T]] = {}
    for (start, end), what in spans:
        for at in range(max(bisect_right(starts, start) - 1, 0), bisect_right(starts, end - 1)):
            found.setdefault(at, []).append(what)
    return found


class _Summary:
    """The findings in plain words, each with its quotation."""

    def __init__(self, traced: Trace, width: int, ink: Ink) -> None:
        self.traced = traced
        self.reading = traced.reading
        self.width = width
        self.ink = ink
        self.starts = [start for start, _ in split_lines(traced.original[: traced.read_to])]
        self.places = {place.span: place for place in traced.places}

    def rows(self) -> Iterator[str]:
        """All rows."""
        reading = self.reading
        for number, finding in enumerate(reading.findings):
            if number:
                yield ""
            yield from self._finding(finding)
        if reading.findings and not self._only_findings():
            yield ""
        for words, regions in (
            ("No fracture", reading.regions_without_fracture),
            ("No acute fracture", reading.regions_without_acute_fracture),
        ):
            for region in regions:
                yield from self._wrapped(f"{words} of the {_spine(region)}{self._denial(region, words)}")
        for conflict in reading.conflicts:
            yield from self._wrapped(self._conflict(conflict))
        if reading.study_limited:
            limits = [self._quote(p.span) for p in self.traced.places for f in p.facts if f.field == "study_limited"]
            yield from self._wrapped(f"Study limited: {' and '.join(dict.fromkeys(limits))}")
        if reading.not_read is not None:
            yield from self._wrapped(f"not read: {reading.not_read} ({NOT_READ[reading.not_read]})")
        elif not (reading.findings or reading.regions_without_fracture or reading.regions_without_acute_fracture):
            yield "No finding of the spine was read."

    def _only_findings(self) -> bool:
        r = self.reading
        rest = (r.regions_without_fracture, r.regions_without_acute_fracture, r.conflicts, r.study_limited, r.not_read)
        return not any(rest)

    def _wrapped(self, row: str, indent: str = "    ") -> list[str]:
        return wrapped(row, self.width, indent)

    def _quote(self, span: Span) -> str:
        return quoted(self.traced.original[slice(*span)])

    def _place(self, span: Span) -> str:
        """A quotation, why it is meant as it is, and the line it stands in."""
        place = self.places.get(span)
        why = _why(self.traced, place) if place is not None else ""
        return f"{self._quote(span)}{f', {why}' if why else ''}{self._line(span)}"

    def _line(self, span: Span) -> str:
        """Which line a span stands in, where there are several."""
        return f" (line {bisect_right(self.starts, span[0])})" if len(self.starts) > 1 else ""

    def _finding(self, finding: LevelFinding) -> Iterator[str]:
        if finding.level is None:
            where = f"No level named{f' ({finding.region})' if finding.region else ''}"
        else:
            where = f"{finding.level}{f' ({finding.region})' if finding.region else ''}"
        certain = "" if finding.level_certain else ", level not certain"
        disputed = any(c.level == finding.level and c.field == "status" for c in self.reading.conflicts)
        status = "contradictory" if disputed and finding.status is None else STATUS.get(finding.status, finding.status)
        seen = finding.evidence.get("status")
        first, *rest = self._wrapped(f"{where}{certain}: {status}{'' if seen is None else f' - {self._place(seen)}'}")
        yield self.ink(first, "bold")
        yield from rest
        for field, name in NAMES.items():
            value = getattr(finding, field)
            if value is not None:
                said = f"    {name}: {value_in_words(field, value)} - {self._place(finding.evidence[field])}"
                yield from self._wrapped(said, "        ")
        yield from self._wrapped(f"    in {self._quote(finding.span)}", "        ")

    def _denial(self, region: Region, words: str) -> str:
        """The quotation of a denial, in a region by its name or without one."""
        field = "status" if words == "No fracture" else "acute"
        said = [
            (fact.where, place.span)
            for place in self.traced.places
            for fact in place.facts
            if fact.field == field and fact.value in ("absent", False) and fact.where in (region, None)
        ]
        said.sort(key=lambda found: found[0] is None)
        return f" - {self._place(said[0][1])}" if said else ""

    def _conflict(self, conflict: Conflict) -> str:
        what = "whether there is a fracture" if conflict.field == "status" else named(conflict.field)
        quotes = " against ".join(f"{self._quote(s)}{self._line(s)}" for s in conflict.spans)
        return f"Contradictory on {what} at {conflict.level or 'no named level'}: {quotes}"


def _spine(region: Region) -> str:
    return region if region == "spine" else f"{region} spine"
