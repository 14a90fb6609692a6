"""FHIR dates as closed intervals of calendar days, and as moments where the record gives one.

A partial date is an interval, never an invented day: ``2026-09`` is 1 to 30 September. A moment with an offset is moved
to the facility's time zone before its day is taken, because criteria compare days. Formats: FHIR R4 ``date``,
``dateTime`` and ``instant`` (http://hl7.org/fhir/R4/datatypes.html), read leniently: records carry stray spaces, one to
nine fractional digits, and moments without an offset. What no calendar has (30 February, hour 25) is None, never a
neighbour.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from msgspec import Struct

_SPACE: Final = re.compile(r"\s+")
# The T is optional because a space in its place is squeezed out with the stray ones.
_FORM: Final = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:-(?P<month>[0-9]{2})"
    r"(?:-(?P<day>[0-9]{2})"
    r"(?P<time>[Tt]?(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]*))?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
    r")?)?",
)
_USUAL: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
)
"""A moment as most records have it, which the standard library reads the same and sooner."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST: Final = 64
_WIDEST_OFFSET: Final = timedelta(hours=14)


class DateInterval(Struct, frozen=True):
    """The days on which something may have happened, both ends included; an open side is ``date.min`` or
    ``date.max``.
    """

    first: date
    last: date

    def days_before(self, reference: date) -> tuple[int, int]:
        """(fewest, most) calendar days from this interval to ``reference``; negative for a day after it."""
        return (reference - self.last).days, (reference - self.first).days

    def clip(self, *, last: date) -> DateInterval | None:
        """The part not later than ``last``; None when the whole interval lies after it (a conflict, not a date)."""
        if self.first > last:
            return None
        return self if self.last <= last else DateInterval(self.first, last)

    @property
    def exact(self) -> bool:
        """Whether the interval is one day."""
        return self.first == self.last


def parse_date(text: str | None, zone: tzinfo = UTC) -> DateInterval | None:
    """The days a FHIR date, dateTime or instant can mean, in ``zone``; None when absent or impossible.

    A moment without an offset is taken as local to ``zone``.
    """
    return parse_when(text, zone)[0]


def parse_when(text: str | None, zone: tzinfo = UTC) -> tuple[DateInterval | None, datetime | None]:
    """The days and the moment at once: ``parse_date`` and ``parse_instant`` of the same text."""
    usual = _usual(text, zone) if text else None
    if usual is not None:
        return usual
    parts = _parts(text)
    if parts is None:
        return None, None
    if parts["time"]:
        moment = _moment(parts, zone)
        return (None, None) if moment is None else _on(moment)
    try:
        return _days(parts), None
    except ValueError:
        return None, None


def _usual(text: str, zone: tzinfo) -> tuple[DateInterval, datetime | None] | None:
    """A day, or a moment with its offset, in the usual spelling; None for all else, and for what no calendar has."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return DateInterval(day, day), None
        return _on(datetime.fromisoformat(text).astimezone(zone)) if _USUAL.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _on(moment: datetime) -> tuple[DateInterval, datetime]:
    day = moment.date()
    return DateInterval(day, day), moment


def parse_instant(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """The moment, aware and in ``zone``, for freshness in hours; None without a time of day or when impossible."""
    return parse_when(text, zone)[1]


def period_interval(start: str | None, end: str | None, zone: tzinfo = UTC) -> DateInterval | None:
    """The days a FHIR Period covers; an open side is ``date.min`` or ``date.max``.

    None when both ends are absent, a given end is unreadable, or the period ends before it starts.
    """
    first = parse_date(start, zone)
    last = parse_date(end, zone)
    if (start and first is None) or (end and last is None) or (first is None and last is None):
        return None
    begin = date.min if first is None else first.first
    finish = date.max if last is None else last.last
    return DateInterval(begin, finish) if begin <= finish else None


def _parts(text: str | None) -> dict[str, str | None] | None:
    if not text or len(text) > _LONGEST:
        return None
    match = _FORM.fullmatch(_SPACE.sub("", text))
    return None if match is None else match.groupdict()


def _days(parts: dict[str, str | None]) -> DateInterval:
    year = int(parts["year"] or 0)
    if parts["month"] is None:
        return DateInterval(date(year, 1, 1), date(year, 12, 31))
    month = int(parts["month"])
    if parts["day"] is None:
        first = date(year, month, 1)
        return DateInterval(first, first.replace(day=monthrange(year, month)[1]))
    day = date(year, month, int(parts["day"]))
    return DateInterval(day, day)


def _moment(parts: dict[str, str | None], zone: tzinfo) -> datetime | None:
    # A leap second has no place in datetime; 59 keeps the day.
    second = 59 if parts["second"] == "60" else int(parts["second"] or 0)
    microsecond = int((parts["fraction"] or "0")[:6].ljust(6, "0"))
    offset = parts["offset"]
    try:
        moment = datetime(
            int(parts["year"] or 0),
            int(parts["month"] or 0),
            int(parts["day"] or 0),
            int(parts["hour"] or 0),
            int(parts["minute"] or 0),
            second,
            microsecond,
            tzinfo=zone if offset is None else _offset(offset),
        )
        return moment.astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> tzinfo:
    if text in {"Z", "z"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[2:])
    distance = timedelta(hours=int(digits[:2]), minutes=minutes)
    if distance > _WIDEST_OFFSET or minutes > 59:
        raise ValueError("no such offset from UTC")
    return timezone(-distance if text[0] == "-" else distance)
