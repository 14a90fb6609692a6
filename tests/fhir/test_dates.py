"""Dates: partial ones are intervals, moments are taken in the facility's zone, impossible ones are None."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.dates import DateInterval, parse_date, parse_instant, period_interval

NEW_YORK = ZoneInfo("America/New_York")
TOKYO = ZoneInfo("Asia/Tokyo")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")
TODAY = date(2026, 11, 20)


def days(first: str, last: str | None = None) -> DateInterval:
    """An interval from ISO days."""
    return DateInterval(date.fromisoformat(first), date.fromisoformat(last or first))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-14", days("2026-09-14")),
        ("2026-09", days("2026-09-01", "2026-09-30")),
        ("2026", days("2026-01-01", "2026-12-31")),
        ("2024-02", days("2024-02-01", "2024-02-29")),
        ("2026-02", days("2026-02-01", "2026-02-28")),
        ("2100-02", days("2100-02-01", "2100-02-28")),
        ("2024-02-29", days("2024-02-29")),
        ("1000-01-01", days("1000-01-01")),
        ("0001-01-01", days("0001-01-01")),
        ("9999-12", days("9999-12-01", "9999-12-31")),
        (" 2026-09-14 ", days("2026-09-14")),
        ("2026- 09", days("2026-09-01", "2026-09-30")),
    ],
)
def test_a_date_is_the_days_it_can_mean(text: str, expected: DateInterval) -> None:
    """F5, hazard 12: year, month and day precision; 1000-01-01 is read, whether it is plausible is not asked here."""
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-09-14T23:30:00Z", UTC, "2026-09-14"),
        ("2026-09-14T23:30:00Z", NEW_YORK, "2026-09-14"),
        ("2026-09-14T02:30:00Z", NEW_YORK, "2026-09-13"),
        ("2026-09-14T23:30:00Z", TOKYO, "2026-09-15"),
        ("2026-09-14T23:30:00-04:00", UTC, "2026-09-15"),
        ("2026-09-14T10:00:00Z", KIRITIMATI, "2026-09-15"),
        ("2026-09-14T23:30:00", TOKYO, "2026-09-14"),
        ("2026-09-14T23:30", NEW_YORK, "2026-09-14"),
        ("2024-03-01T00:30:00+01:00", UTC, "2024-02-29"),
        ("2026-09-14T23:30:00.1234567Z", UTC, "2026-09-14"),
        ("2026-09-14T23:30:00.Z", UTC, "2026-09-14"),
        ("2026-09-14t23:30:00z", UTC, "2026-09-14"),
        ("2026-09-14 23:30:00", UTC, "2026-09-14"),
        ("2023-08-01T16: 09: 08.000Z", UTC, "2023-08-01"),
        ("2026-09-14T23:30:00+0200", UTC, "2026-09-14"),
        ("2026-09-14T23:30:00+02", UTC, "2026-09-14"),
        ("2016-12-31T23:59:60Z", UTC, "2016-12-31"),
        ("2026-03-29T02:30:00", ZoneInfo("Europe/Berlin"), "2026-03-29"),
    ],
)
def test_a_moment_is_a_day_of_the_facility(text: str, zone: ZoneInfo, expected: str) -> None:
    """F6, hazards 2 and 12: offsets, missing zones, stray spaces and odd fractions; compare dates, not instants."""
    assert parse_date(text, zone) == days(expected)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "0000-01-01",
        "2026-00",
        "2026-13",
        "2026-09-00",
        "2026-09-31",
        "2026-02-29",
        "2100-02-29",
        "26-09-14",
        "2026-9-14",
        "20260914",
        "2026-09-14T25:00:00Z",
        "2026-09-14T10:61:00Z",
        "2026-09-14T10:00:61Z",
        "2026-09-14T10:00:00+25:00",
        "2026-09-14T10:00:00+14:30",
        "2026-09-14T10:00:00+01:75",
        "2026-09-14T10",
        "0001-01-01T00:00:00+14:00",
        "three weeks ago",
        "2026-09-14\u0660",
        "\u0662\u0660\u0662\u0666",
        "2026-09-14" + "0" * 1000,
    ],
)
def test_what_no_calendar_has_is_no_date(text: str | None) -> None:
    """F17: an impossible or unreadable date is unknown, never a neighbouring day."""
    assert parse_date(text) is None
    assert parse_instant(text) is None


def test_an_instant_keeps_the_time_of_day() -> None:
    """Freshness in hours (clinical decision 13): the moment is aware and in the facility's zone; a bare date has
    none.
    """
    moment = parse_instant("2026-11-19T23:30:00.5Z", NEW_YORK)
    assert moment == datetime(2026, 11, 19, 23, 30, 0, 500_000, tzinfo=UTC)
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=-5)
    assert parse_instant("2026-11-19", NEW_YORK) is None
    assert parse_instant("2026-11", NEW_YORK) is None


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (days("2026-11-20"), (0, 0)),
        (days("2026-08-28"), (84, 84)),
        (days("2026-09-01", "2026-09-30"), (51, 80)),
        (days("2026-11-01", "2026-11-30"), (-10, 19)),
    ],
)
def test_days_before_gives_the_fewest_and_the_most(interval: DateInterval, expected: tuple[int, int]) -> None:
    """Clinical, Dates: calendar days from the interval to the reference date, both ends."""
    assert interval.days_before(TODAY) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (days("2026-11-01", "2026-11-30"), days("2026-11-01", "2026-11-20")),
        (days("2026-11-20", "2026-12-31"), days("2026-11-20")),
        (days("2026-11-01", "2026-11-20"), days("2026-11-01", "2026-11-20")),
        (days("2026-11-21", "2026-11-30"), None),
    ],
)
def test_clip_ends_at_the_reference_date(interval: DateInterval, expected: DateInterval | None) -> None:
    """Clinical decision 6: clipped at the reference date; nothing is left only when the whole interval lies after
    it.
    """
    assert interval.clip(last=TODAY) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-09-01", "2026-09-03", days("2026-09-01", "2026-09-03")),
        ("2026-09", "2026-10", days("2026-09-01", "2026-10-31")),
        ("2026-09-01", None, DateInterval(date(2026, 9, 1), date.max)),
        (None, "2026-09-03", DateInterval(date.min, date(2026, 9, 3))),
        ("2026-09-03", "2026-09-01", None),
        ("2026-09-01", "2026-02-30", None),
        (None, None, None),
    ],
)
def test_a_period_is_the_days_it_covers(start: str | None, end: str | None, expected: DateInterval | None) -> None:
    """Hazard 12: only an end (Cerner) leaves the beginning open; a backwards period is no date."""
    assert period_interval(start, end) == expected


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)), st.integers(-840, 840))
def test_every_calendar_day_is_read_as_itself(day: date, minutes: int) -> None:
    """A date and a local moment give the same day; with an offset it is at most one day off."""
    assert parse_date(day.isoformat()) == DateInterval(day, day)
    assert parse_date(f"{day.isoformat()}T12:00:00") == DateInterval(day, day)
    sign, distance = "-" if minutes < 0 else "+", abs(minutes)
    moved = parse_date(f"{day.isoformat()}T12:00:00{sign}{distance // 60:02}:{distance % 60:02}")
    assert moved is not None
    assert abs((moved.first - day).days) <= 1


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in a date element, the answer is an interval in order or None."""
    interval = parse_date(text)
    assert interval is None or interval.first <= interval.last
