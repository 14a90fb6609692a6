"""What a site signed for: readings of conflicts between sources, and numbers within their ranges (ADR 5, ADR 8).

Each entry of the site file's tables ``[conflicts."KEY"]`` and ``[thresholds.NAME]`` carries who approved it, when and
why. Nothing is accepted silently: an unknown key, a reading that is not offered, a number out of its range or an entry
that nobody signed is refused, and the message says what to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.conflicts import Conflict, load_conflicts
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.thresholds import Number, Thresholds, load_threshold_entries, load_thresholds

LONGEST_NAME: Final = 100
LONGEST_REASON: Final = 300
_SIGNATURE: Final = ("approved_by", "date", "reason")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NO_NUMBERS: Final[Mapping[str, Number]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Signed:
    """One choice with its signature. ``key`` is the config key of a conflict or the name of a number; ``conflict`` the
    disagreement it decides, None for a number that is our own choice alone.
    """

    key: str
    conflict: str | None
    choice: str
    default: str
    approved_by: str
    date: date
    reason: str

    @property
    def alters(self) -> bool:
        """Whether it differs from what ships."""
        return self.choice != self.default

    @property
    def sentence(self) -> str:
        """As a card and an evidence page say it."""
        name = f"Site choice {self.conflict}" if self.conflict else "Site choice"
        instead = f"{self.choice} instead of {self.default}" if self.alters else f"{self.choice}, as shipped"
        return f"{name}: {self.key} = {instead}, approved by {self.approved_by} on {self.date.isoformat()}."

    def described(self) -> dict[str, object]:
        """For ``GET /version``."""
        told: dict[str, object] = {"key": self.key, "choice": self.choice, "default": self.default}
        signature = {"approved_by": self.approved_by, "date": self.date.isoformat(), "reason": self.reason}
        return {**({"conflict": self.conflict} if self.conflict else {}), **told, **signature}


@dataclass(frozen=True, slots=True)
class Site:
    """The readings by config key and the numbers by name that a site signed for."""

    signed: tuple[Signed, ...] = ()
    readings: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    numbers: Mapping[str, Number] = field(default_factory=lambda: _NO_NUMBERS)

    @property
    def limits(self) -> Thresholds:
        """The numbers in force."""
        return load_thresholds(self.numbers)

    def chosen(self, conflict: Conflict) -> str:
        """What is in force for a conflict: the site's choice, else what ships; empty where there is no choice."""
        if conflict.threshold is not None and conflict.threshold in self.numbers:
            return f"{self.numbers[conflict.threshold]:g}"
        return self.readings.get(conflict.config_key or "", conflict.default_choice or "")

    def without(self, choice: Signed) -> Site:
        """The same site as if it had not made that one choice."""
        name = _number_of(choice.key)
        return replace(
            self,
            signed=tuple(each for each in self.signed if each is not choice),
            readings={key: value for key, value in self.readings.items() if key != choice.key},
            numbers={key: value for key, value in self.numbers.items() if key != name},
        )


def read_site(thresholds: Mapping[str, object], conflicts: Mapping[str, object], *, today: date | None = None) -> Site:
    """The choices of a site file's two tables. ``today`` is the day after which nothing can have been signed; without
    it dates are checked for being dates alone. Raises ContentError listing every problem.
    """
    problems: list[str] = []
    signed: list[Signed] = []
    readings: dict[str, str] = {}
    numbers: dict[str, Number] = {}
    for key, entry in conflicts.items():
        conflict = _open_conflict(key, entry, problems)
        if conflict is not None:
            _take_conflict(key, conflict, entry, (signed, readings, numbers), problems, today)
    for name, entry in thresholds.items():
        _take_number(name, entry, (signed, readings, numbers), problems, today)
    if problems:
        raise ContentError("; ".join(problems))
    return Site(tuple(signed), MappingProxyType(readings), MappingProxyType(numbers))


_Taken = tuple[list[Signed], dict[str, str], dict[str, Number]]


def _open_keys() -> dict[str, Conflict]:
    return {c.config_key: c for c in load_conflicts().values() if c.config_key is not None and c.is_open}


def _number_of(key: str) -> str:
    """The number that a config key sets; a number's own name otherwise."""
    conflict = _open_keys().get(key)
    return key if conflict is None or conflict.threshold is None else conflict.threshold


def _open_conflict(key: str, entry: object, problems: list[str]) -> Conflict | None:
    offered = _open_keys()
    if key in offered:
        return offered[key]
    known = load_conflicts().get(key)
    if known is not None and known.config_key in offered:
        problems.append(f'site conflicts: {key} is named by its key, write [conflicts."{known.config_key}"]')
    elif isinstance(entry, Mapping) and any(f"{key}.{inner}" in offered for inner in entry):
        problems.append(f'site conflicts: put the key {key}. ... in quotes, for example [conflicts."va.secondary"]')
    elif known is not None or any(key == c.config_key for c in load_conflicts().values()):
        problems.append(f"site conflicts: {key} has one reading alone, remove it")
    else:
        problems.append(f"site conflicts: there is no {key}; use one of {', '.join(sorted(offered))}")
    return None


def _take_conflict(
    key: str, conflict: Conflict, entry: object, taken: _Taken, problems: list[str], today: date | None
) -> None:
    where = f'site conflicts: "{key}"'
    read = _signature(where, "choice", entry, problems, today)
    if read is None:
        return
    value, signature = read
    signed, readings, _ = taken
    if conflict.threshold is not None:
        number = float(value) if isinstance(value, str) and re.fullmatch(r"\d{1,4}(\.\d{1,2})?", value) else value
        _sign_number(conflict.threshold, key, conflict.id, number, signature, taken, problems)
    elif value not in conflict.choices:
        problems.append(f"{where} choice must be one of {', '.join(conflict.choices)}")
    else:
        readings[key] = str(value)
        default = conflict.default_choice or ""
        signed.append(Signed(key, conflict.id, str(value), default, *signature))


def _take_number(name: str, entry: object, taken: _Taken, problems: list[str], today: date | None) -> None:
    if name not in load_threshold_entries():
        problems.append(f"site thresholds: there is no number {name}; see docs/settings.md")
        return
    read = _signature(f"site thresholds: {name}", "value", entry, problems, today)
    if read is not None:
        value, signature = read
        conflict = next((c for c in load_conflicts().values() if c.threshold == name), None)
        of = conflict.id if conflict is not None else None
        _sign_number(name, name, of, value, signature, taken, problems)


def _sign_number(
    name: str,
    key: str,
    conflict: str | None,
    value: object,
    signature: tuple[str, date, str],
    taken: _Taken,
    problems: list[str],
) -> None:
    signed, _, numbers = taken
    if name in numbers:
        problems.append(f"site thresholds: {name} is set twice, under [thresholds] and under [conflicts]")
        return
    try:
        limits = load_thresholds({name: value})
    except ContentError as error:
        problems.append(str(error))
        return
    number = dict(limits.site_values)[name]
    numbers[name] = number
    shipped = load_threshold_entries()[name].value
    signed.append(Signed(key, conflict, f"{number:g}", f"{shipped:g}", *signature))


def _signature(
    where: str, what: str, entry: object, problems: list[str], today: date | None
) -> tuple[object, tuple[str, date, str]] | None:
    """The value with who approved it, when and why; None when anything is wrong with it."""
    if not isinstance(entry, Mapping):
        problems.append(f"{where} must be a table with {what}, {', '.join(_SIGNATURE)}")
        return None
    found = list(_faults(where, what, entry, today))
    problems += found
    when = _day(entry.get("date"))
    if found or when is None:
        return None
    return entry[what], (str(entry["approved_by"]).strip(), when, str(entry["reason"]).strip())


def _faults(where: str, what: str, entry: Mapping[str, object], today: date | None) -> Iterator[str]:
    wanted = (what, *_SIGNATURE)
    lacking = [name for name in wanted if name not in entry]
    strange = sorted(set(entry) - set(wanted))
    if lacking:
        yield f"{where} lacks {', '.join(lacking)}"
    if strange:
        yield f"{where} has unknown keys {', '.join(strange)}; it takes {', '.join(wanted)}"
    for name, longest in (("approved_by", LONGEST_NAME), ("reason", LONGEST_REASON)):
        if name in entry and not _is_line(entry[name], longest):
            yield f"{where} {name} must be one line of at most {longest} characters"
    when = _day(entry.get("date"))
    if "date" in entry and when is None:
        yield f"{where} date must be the day of approval, such as 2026-11-02"
    if when is not None and today is not None and when > today:
        yield f"{where} date lies in the future; give the day on which it was approved"


def _is_line(value: object, longest: int) -> bool:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        return False
    return value.isprintable()


def _day(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None
