"""Units of measure by their UCUM code, with the other ways in which records write them and their sizes.

The table is data: ``units.toml``, one property a table (CRP and calcium are mass concentrations, an INR is a ratio).
A spelling is looked up within the property that is asked for, because short ones mean different things of different
matters: "mm" is a length, and the sedimentation rate of an hour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError

HEAD: Final = frozenset({"source", "licence", "reviewer"})
_LONGEST: Final = 64
_SPACE: Final = re.compile(r"\s+")
_MICRO: Final = re.compile(r"mc(?=[gl])")
_RAISED: Final = re.compile("(?<=10)(?=[\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT NINE}])")
_POWER: Final = re.compile(r"^[x\N{MULTIPLICATION SIGN}]?10(?:\*\*|[*^e+])(?=\d)")
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. A value of it is (value - start) * size of its property's base unit, exactly."""

    code: str
    measures: str
    size: Fraction
    start: Fraction

    def same(self, other: Unit) -> bool:
        """Whether a number means the same in both."""
        return (self.measures, self.size, self.start) == (other.measures, other.size, other.start)

    def to(self, other: Unit, value: float) -> float:
        """The value in another unit of the same property, without dust behind the comma. Raises OverflowError."""
        if (self.size, self.start) == (other.size, other.start):
            return value
        return float((Fraction(repr(value)) - self.start) * self.size / other.size + other.start)


_Spellings = Mapping[tuple[str, str], Unit]


def unit(text: str, measures: str) -> Unit | None:
    """The unit of a property that a text names, by UCUM code or another spelling; None for any other text.

    An annotation in braces says nothing of the size (UCUM, section 12), unless the table lists it.
    """
    return _named(text.strip(), measures) if len(text) <= _LONGEST else None


def names_any(text: str) -> bool:
    """Whether a text names a unit of any property."""
    return any(unit(text, each) is not None for each in _properties())


@lru_cache(maxsize=1)
def _properties() -> tuple[str, ...]:
    return tuple(dict.fromkeys(measures for measures, _ in _table()[1]))


def units() -> tuple[Unit, ...]:
    """Every unit of the table."""
    return tuple(dict.fromkeys((*_table()[0].values(), *_table()[1].values())))


def folded(text: str) -> str:
    """What the spellings of one unit have in common."""
    # A raised figure behind a ten is a power; behind a metre it is read as it stands.
    plain = unicodedata.normalize("NFKC", _RAISED.sub("^", text))
    plain = _SPACE.sub("", plain).casefold().replace("\N{GREEK SMALL LETTER MU}", "u")
    return _POWER.sub("10*", _MICRO.sub("u", plain)).replace("^", "")


@lru_cache(maxsize=2048)
def _named(text: str, measures: str) -> Unit | None:
    exact, by_spelling = _table()
    found = exact.get((measures, text)) or by_spelling.get((measures, folded(text)))
    bare = _ANNOTATION.sub("", text)
    return found if found is not None or bare in ("", text) else by_spelling.get((measures, folded(bare)))


@lru_cache(maxsize=1)
def _table() -> tuple[_Spellings, _Spellings]:
    """(as written, folded), by property and spelling. Raises ContentError naming the entry."""
    file = data_directory() / "units.toml"
    exact: dict[tuple[str, str], Unit] = {}
    spellings: dict[tuple[str, str], Unit] = {}
    content = read_toml(file)
    for name in HEAD:
        if not str(content.get(name) or "").strip():
            raise ContentError(f"{file.name}: {name} is missing")
    for measures, entries in content.items():
        for code, entry in () if measures in HEAD else entries.items():
            where = f'{file.name}: [{measures}] "{code}"'
            read = _read(where, measures, code, entry)
            for spelling in (code, *str(entry.get("exact", "")).split()):
                exact[measures, spelling] = read
            for spelling in dict.fromkeys(_spellings(code, entry)):
                if spellings.setdefault((measures, spelling), read) != read:
                    raise ContentError(f"{where}: {spelling} already stands for {spellings[measures, spelling].code}")
    return MappingProxyType(exact), MappingProxyType(spellings)


def _spellings(code: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (folded(each) for each in (code, *str(entry.get("also", "")).split()))


def _read(where: str, measures: str, code: str, entry: Any) -> Unit:
    if not isinstance(entry, dict) or not {"is"} <= set(entry) <= {"is", "from", "also", "exact"}:
        raise ContentError(f"{where} must have is, and may have from, also and exact")
    try:
        size, start = Fraction(entry["is"]), Fraction(entry.get("from", "0"))
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise ContentError(f"{where}: is and from must be fractions in quotes") from error
    if size <= 0:
        raise ContentError(f"{where}: is must be more than 0")
    return Unit(code, measures, size, start)
