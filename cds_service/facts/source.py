"""What every extractor reads: the record of one moment, its problems and observations looked up once, its dates as day
ranges, and why a key could not prove an absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Final, Literal, NamedTuple

from cds_service.facts.coded import NOTHING, Found, Key, find, find_keys
from cds_service.facts.fact import NOT_DOCUMENTED, Evidence
from cds_service.facts.model import DateRange, Disease, Listing, Measurement, R, Statement
from cds_service.fhir import resources as fhir
from cds_service.fhir.answers import KeyState
from cds_service.fhir.codes import codes, words
from cds_service.fhir.dates import DateInterval, parse_date, parse_instant
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.record import OWN_KEYS, Located, PatientRecord
from cds_service.fhir.resources import CodeableConcept, Owner, Period, Quantity, Resource
from cds_service.fhir.text import NO_MEANS, Means
from cds_service.knowledge.value_set import Row

LONGEST_VALUE: Final = 80
"""Characters of an evidence's value: a code's display, never prose of the record."""

VOID: Final = frozenset({"entered-in-error", "cancelled", "not-done", "refuted"})
"""Statuses that never count, whatever the resource."""

Standing = Literal["current", "suspected", "past"]
_REFUTED: Final = frozenset({"refuted", "entered-in-error"})
_TENTATIVE: Final = frozenset({"unconfirmed", "provisional", "differential"})
_OVER: Final = frozenset({"resolved", "inactive", "remission"})
_DAYS_A_UNIT: Final[Mapping[str, float]] = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}
_MONTHS_A_UNIT: Final[Mapping[str, int]] = {
    "mo": 1, "month": 1, "months": 1, "a": 12, "year": 12, "years": 12, "yr": 12, "y": 12, "": 12,
}  # fmt: skip
_OLDEST_AGE: Final = 130


class Moment(NamedTuple):
    """When something happened: the days it may have been, the instant if there is one, the ISO date as recorded."""

    when: DateRange | None
    at: datetime | None
    date: str | None


NEVER: Final = Moment(None, None, None)


@dataclass(frozen=True, slots=True)
class Problem:
    """A Condition that is neither refuted nor entered in error. ``spoken``: its text and displays in lower case."""

    located: Located[fhir.Condition]
    keys: tuple[Key, ...]
    found: Found
    standing: Standing
    onset: DateRange | None
    recorded: DateRange | None
    date: str | None
    spoken: str

    @property
    def condition(self) -> fhir.Condition:
        return self.located.resource

    def row(self, set_id: str) -> Row | None:
        """Its first row in a value set."""
        rows = self.found.get(set_id)
        return rows[0] if rows else None

    def evidence(self, shown: str) -> Evidence:
        """Where it stands, with a display of ours."""
        return Evidence(self.located.reference, cut(shown), self.date)

    def disease(self, kind: str, shown: str, *, active: bool | None = None, by_wording: bool = False) -> Disease:
        """As a disease of that kind, active unless it is past (a suspected one is active: it speaks for caution)."""
        is_active = self.standing != "past" if active is None else active
        value = f"{shown} (by its wording)" if by_wording else shown
        return Disease(kind, is_active, self.onset, self.recorded, self.evidence(value), by_wording)


@dataclass(frozen=True)
class Observed:
    """One result: an Observation with a value, or one component of it. ``found`` are the sets of its code."""

    reference: str
    whole: fhir.Observation
    holds: fhir.Observation | fhir.ObservationComponent
    found: Found
    moment: Moment

    @cached_property
    def valued(self) -> Found:
        """The sets of its coded value."""
        return NOTHING if self.holds.value_codeable_concept is None else find(self.holds.value_codeable_concept)

    @cached_property
    def spoken(self) -> str:
        """What its code says, in lower case; a component's with the words of the whole."""
        own = words(self.holds.code)
        return (own if self.holds is self.whole else f"{words(self.whole.code)}\n{own}").lower()

    def evidence(self, shown: str) -> Evidence:
        """Where it stands, with a short value of ours."""
        return Evidence(self.reference, cut(shown), self.moment.date)

    def measured(self, value: float, shown: str) -> Measurement:
        """Its number in the unit of its topic, of its day."""
        return Measurement(value, self.moment.when, self.moment.at, self.evidence(shown))


@dataclass(frozen=True)
class Source:
    """The record at one moment. ``as_of`` is the only clock; ``zone`` the facility's; ``means`` are what reading an
    attachment may take.
    """

    record: PatientRecord
    as_of: date
    zone: tzinfo
    means: Means = NO_MEANS

    @cached_property
    def gaps(self) -> Mapping[str, str | None]:
        """For each own key, why its answer proves no absence; None when it is complete."""
        return {key: _gap(self.record, key) for key in OWN_KEYS}

    def gap(self, *keys: str) -> str | None:
        """The first reason among several keys."""
        return next((why for key in keys if (why := self.gaps[key]) is not None), None)

    def listing(self, items: Iterable[R], *keys: str) -> Listing[R]:
        """What retrieved, complete and empty proves absent (decision 1)."""
        return Listing(tuple(items), self.gap(*keys))

    def documented(self, items: Iterable[R], *keys: str, why: str = NOT_DOCUMENTED) -> Listing[R]:
        """What nobody codes reliably: finding nothing proves nothing even in a complete answer (decision 1)."""
        found = tuple(items)
        return Listing(found, self.gap(*keys) or (None if found else why))

    # --- dates

    def days(self, text: str | None) -> DateRange | None:
        """The days a date can mean, cut off at ``as_of`` unless it lies wholly after it (decision 6)."""
        read = parse_date(text, self.zone)
        return None if read is None else self._cut(read)

    def moment(self, *candidates: str | Period | None) -> Moment:
        """The first of several date elements that can be read; a period is the days it covers, or its one known end."""
        for each in candidates:
            read, at = (self._period(each), None) if isinstance(each, Period) else self._read(each)
            if read is not None:
                return Moment(self._cut(read), at, iso(read))
        return NEVER

    def start(self, *candidates: str | Period | None) -> Moment:
        """As ``moment``, of a period the start alone."""
        return self.moment(*(each.start if isinstance(each, Period) else each for each in candidates))

    def _read(self, text: str | None) -> tuple[DateInterval | None, datetime | None]:
        """The days and the instant of a date; a moment settles its day, so that no text is read twice."""
        if not text:
            return None, None
        at = parse_instant(text, self.zone) if len(text) > DAY_LENGTH else None
        return (parse_date(text, self.zone), None) if at is None else (DateInterval(at.date(), at.date()), at)

    def _period(self, period: Period) -> DateInterval | None:
        first, last = parse_date(period.start, self.zone), parse_date(period.end, self.zone)
        if first is not None and last is not None:
            return DateInterval(first.first, last.last) if first.first <= last.last else None
        return first or last

    def _cut(self, days: DateInterval) -> DateRange:
        return DateRange(days.first, self.as_of if days.first <= self.as_of < days.last else days.last)

    @cached_property
    def born(self) -> DateRange | None:
        """The birth date; None when absent, before 1900 (hazard 12) or in the future."""
        patient = self.record.patient
        read = parse_date(patient.birth_date, self.zone) if patient else None
        if read is None or read.first.year < FIRST_BIRTH_YEAR or read.first > self.as_of:
            return None
        return self._cut(read)

    def at_age(self, age: Quantity | None) -> DateRange | None:
        """The days on which the patient had that age, from the birth date."""
        if self.born is None or age is None or age.value is None or age.comparator or age.value < 0:
            return None
        unit = (age.code or age.unit or "").strip().lower()
        if age.value * _MONTHS_A_UNIT.get(unit, _DAYS_A_UNIT.get(unit, 1) / 30) > _OLDEST_AGE * 12:
            return None
        if unit in _MONTHS_A_UNIT:
            months = int(age.value * _MONTHS_A_UNIT[unit])
            first = add_months(self.born.first, months)
            last = add_months(self.born.last, months + (_MONTHS_A_UNIT[unit] if float(age.value).is_integer() else 1))
        elif unit in _DAYS_A_UNIT:
            first = self.born.first + timedelta(days=int(age.value * _DAYS_A_UNIT[unit]))
            last = self.born.last + timedelta(days=int((age.value + 1) * _DAYS_A_UNIT[unit]))
        else:
            return None
        return self._cut(DateInterval(first, max(first, last - timedelta(days=1))))

    # --- what it holds

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Every Condition that counts at all, looked up once."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[Problem]:
        for located in self.record.of(fhir.Condition):
            condition = located.resource
            standing = self._standing(condition)
            if standing is None:
                continue
            onset = self.start(condition.onset_date_time, condition.onset_period)
            recorded = self.moment(condition.recorded_date)
            began = onset.when or self.at_age(condition.onset_age)
            shown = onset.date or (began and began.first.isoformat()) or recorded.date
            spoken = words(condition.code).lower()
            keys = tuple(codes(condition.code))
            yield Problem(located, keys, find_keys(keys), standing, began, recorded.when, shown, spoken)

    def _standing(self, condition: fhir.Condition) -> Standing | None:
        verification = status_codes(condition.verification_status)
        if verification & _REFUTED:
            return None
        if status_codes(condition.clinical_status) & _OVER or self._abated(condition):
            return "past"
        return "suspected" if verification & _TENTATIVE else "current"

    def _abated(self, condition: fhir.Condition) -> bool:
        ended = self.moment(condition.abatement_date_time, condition.abatement_period).when
        if ended is not None:
            return ended.first <= self.as_of
        return any((condition.abatement_age, condition.abatement_range, condition.abatement_string))

    @cached_property
    def observed(self) -> tuple[Observed, ...]:
        """Every result that counts: not void, about the patient, the value not said to be missing."""
        return tuple(self._observed())

    def _observed(self) -> Iterator[Observed]:
        for located in self.record.of(fhir.Observation):
            yield from self.results_in(located.reference, located.resource)

    def results_in(self, reference: str, whole: fhir.Observation) -> Iterator[Observed]:
        """The results of one Observation that count, its own and those of its components."""
        if plain_code(whole.status) in _NO_RESULT or whole.focus:
            return
        moment = self.moment(whole.effective_date_time, whole.effective_instant, whole.effective_period, whole.issued)
        if whole.data_absent_reason is None:
            yield Observed(reference, whole, whole, find(whole.code), moment)
        for part in whole.component:
            if part.data_absent_reason is None:
                yield Observed(reference, whole, part, find(part.code), moment)

    @cached_property
    def _results(self) -> Mapping[str, tuple[tuple[Observed, Row], ...]]:
        by_set: dict[str, list[tuple[Observed, Row]]] = {}
        for result in self.observed:
            for set_id, rows in result.found.items():
                by_set.setdefault(set_id, []).append((result, rows[0]))
        return {set_id: tuple(results) for set_id, results in by_set.items()}

    def results(self, set_id: str) -> tuple[tuple[Observed, Row], ...]:
        """The results whose code is in one value set, each with its row."""
        return self._results.get(set_id, ())

    def topic(self, set_id: str, column: str, *wanted: str) -> tuple[Observed, ...]:
        """Those of them whose row says one of these words."""
        return tuple(result for result, row in self.results(set_id) if row[column] in wanted)

    def resolve(self, reference: Owner | None, within: Resource) -> Resource | None:
        """What a reference names, contained or in the record."""
        return self.record.resolve(reference, within)


FIRST_BIRTH_YEAR: Final = 1900
DAY_LENGTH: Final = len("2026-11-20")
_NO_RESULT: Final = VOID | {"registered"}


def _gap(record: PatientRecord, key: str) -> str | None:
    answer = record.retrieval(key)
    if answer.complete:
        return None
    match answer.state:
        case KeyState.ABSENT:
            return f"{key} not sent" if answer.why in (None, "not sent") else f"{key} not readable"
        case KeyState.FAILED:
            return f"{key} failed"
        case KeyState.PARTIAL:
            return f"{key} incomplete"
        case _:
            return f"{key} partly unreadable"


def iso(days: DateInterval) -> str:
    """The date as precise as it is known: ``2026``, ``2026-09`` or ``2026-09-14`` (of a longer span, its first day)."""
    first, last = days.first, days.last
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first.year:04d}"
    if first.day == 1 and first != last and last == add_months(first, 1) - timedelta(days=1):
        return first.isoformat()[:7]
    return first.isoformat()


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where it has no such day; never beyond the calendar."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    if not 1 <= year <= 9998:
        return date.max if year > 0 else date.min
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def cut(text: str) -> str:
    """One line of at most LONGEST_VALUE characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 4].rsplit(" ", 1)[0] + " ..."


def status_codes(concept: CodeableConcept | None) -> frozenset[str]:
    """The plain codes of a status, by code and text: records hold ``entered-in-error `` and "Entered in Error"."""
    if concept is None:
        return frozenset()
    texts = [each for coding in concept.coding for each in (coding.code, coding.display)]
    return frozenset(plain_code(text).replace(" ", "-") for text in (*texts, concept.text) if text)


def newest_first(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements by their day, the undated last."""
    return tuple(sorted(statements, key=lambda each: each.when.last if each.when else date.min, reverse=True))
