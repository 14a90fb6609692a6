"""Value sets: which codes count, with the columns a rule needs to know about each.

One set is two files, ``value_sets/<id>.csv`` (``system,code,display,note`` and the set's own columns) and
``value_sets/<id>.toml`` (its head). Membership goes by (system, code) after normalisation, over every coding of a
concept, never by display. A row with ``status`` = ``unverified`` is no member; it can only be asked for by name
(``unverified_row``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeAlias

from cds_service.knowledge.check_digits import is_loinc_code, is_snomed_concept
from cds_service.knowledge.data import data_directory, read_csv, read_toml
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import LOINC, SNOMED, normalise_code, normalise_system

Row: TypeAlias = Mapping[str, str]
"""One row: column name -> text. A column the set does not have raises KeyError; an empty text says "does not apply"."""

DEFAULT_BASE: Final = "https://vcf-cds.example/fhir"
STANDARD_COLUMNS: Final = ("system", "code", "display", "note")
STATUSES: Final = frozenset({"verified", "unverified"})
HEAD_TEXTS: Final = ("id", "title", "url", "version", "source", "reviewer", "licence")

_Key: TypeAlias = tuple[str, str]
_Vocabulary: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PrefixRule:
    """All codes of one system between two code prefixes (both included), less some, with the columns they share.

    ``first`` and ``last`` are of one length and compare on that many leading characters: C00 to C96 holds C7A.1. Of
    several rules that hold a code the narrowest speaks: the longest ``first``, then the last in order (C50 before C00
    to C96).
    """

    system: str
    first: str
    last: str
    but_not: tuple[str, ...]
    display: str
    columns: Row

    def holds(self, system: str, code: str) -> bool:
        """Whether a normalised code falls under the rule."""
        if system != self.system or code.startswith(self.but_not):
            return False
        return self.first <= code[: len(self.first)] <= self.last


@dataclass(frozen=True, slots=True, eq=False)  # one object a set: compared and hashed as such
class ValueSet:
    """One value set. ``vocabulary``: the set's own columns, each with its allowed words (none: free text)."""

    id: str
    title: str
    url: str
    version: str
    source: str
    reviewer: str
    licence: str
    vocabulary: _Vocabulary
    prefixes: tuple[PrefixRule, ...]
    _members: Mapping[_Key, tuple[Row, ...]] = field(repr=False)
    _unverified: Mapping[_Key, tuple[Row, ...]] = field(repr=False)

    def __len__(self) -> int:
        """Number of verified rows; codes under a prefix rule are not counted."""
        return sum(len(rows) for rows in self._members.values())

    def __iter__(self) -> Iterator[Row]:
        """The verified rows in the order of the file."""
        for rows in self._members.values():
            yield from rows

    def rows(self, system: str, code: str) -> tuple[Row, ...]:
        """The verified rows of one coding; several only in a set with a key of its own (a product's ingredients)."""
        key = _key_of(system, code)
        found = self._members.get(key)
        return found if found is not None else self._by_prefix(*key)

    def row(self, system: str, code: str) -> Row | None:
        """The verified row of one coding as a record sends it (any alias of the system), or None."""
        return next(iter(self.rows(system, code)), None)

    def contains(self, system: str, code: str) -> bool:
        """Whether the coding is a verified member."""
        return bool(self.rows(system, code))

    def unverified_row(self, system: str, code: str) -> Row | None:
        """The row of a code nobody could verify. A match on it must be shown as such, never used silently."""
        return next(iter(self._unverified.get(_key_of(system, code), ())), None)

    def unverified(self) -> tuple[Row, ...]:
        """All rows that are carried without verification."""
        return tuple(row for rows in self._unverified.values() for row in rows)

    def canonical(self, base: str = DEFAULT_BASE) -> str:
        """The canonical URL under a deployment's own base."""
        return self.url.replace(DEFAULT_BASE, base.rstrip("/"), 1)

    def _by_prefix(self, system: str, code: str) -> tuple[Row, ...]:
        holding = (rule for rule in self.prefixes if rule.holds(system, code))
        rule = max(holding, key=lambda narrow: (len(narrow.first), narrow.first), default=None)
        if rule is None:
            return ()
        coding = {"system": system, "code": code, "display": rule.display, "note": ""}
        return (MappingProxyType({**coding, **rule.columns}),)


def _key_of(system: str, code: str) -> _Key:
    canonical = normalise_system(system)
    return canonical, normalise_code(canonical, code)


@lru_cache(maxsize=1)
def load_value_sets() -> Mapping[str, ValueSet]:
    """All shipped sets by id, read and checked once. Raises ContentError with ``file:line`` on the first bad one."""
    directory = data_directory() / "value_sets"
    names = {entry.name for entry in directory.iterdir() if entry.name.endswith((".csv", ".toml"))}
    ids = sorted({name.rpartition(".")[0] for name in names})
    return MappingProxyType({id_: read_value_set(directory / f"{id_}.toml", directory / f"{id_}.csv") for id_ in ids})


def value_set(id_: str) -> ValueSet:
    """The shipped set of that id. Raises ContentError when there is none (a rule names a set that is not shipped)."""
    try:
        return load_value_sets()[id_]
    except KeyError:
        raise ContentError(f"no value set {id_!r} is shipped") from None


def read_value_set(head_file: Traversable, rows_file: Traversable) -> ValueSet:
    """One set from its two files. Raises ContentError with ``file:line`` when a head or row may not be served."""
    for file in (head_file, rows_file):
        if not file.is_file():
            raise ContentError(f"{file.name}: missing; a value set is a .toml head and a .csv of rows")
    head = read_toml(head_file)
    texts = _head_texts(head_file.name, head)
    vocabulary = _vocabulary(head_file.name, head)
    extra_key = tuple(head.get("key", ()))
    members, unverified = _members(rows_file, vocabulary, extra_key)
    return ValueSet(
        **texts,
        vocabulary=vocabulary,
        prefixes=tuple(_prefix_rules(head_file.name, head.get("prefixes", ()), vocabulary)),
        _members=members,
        _unverified=unverified,
    )


def _head_texts(file: str, head: Mapping[str, Any]) -> dict[str, str]:
    unknown = set(head) - {*HEAD_TEXTS, "columns", "key", "prefixes"}
    if unknown:
        _refuse(file, 1, f"unknown keys {sorted(unknown)}")
    for name in HEAD_TEXTS:
        if not isinstance(head.get(name), str) or not head[name].strip():
            _refuse(file, 1, f"{name} must be a text that is not empty")
    if head["id"] != file.removesuffix(".toml"):
        _refuse(file, 1, f"id {head['id']!r} must be the name of the file")
    if head["url"] != f"{DEFAULT_BASE}/ValueSet/vcf-{head['id'].removeprefix('vcf-')}":
        _refuse(file, 1, f"url must be {DEFAULT_BASE}/ValueSet/vcf-<id>")
    return {name: head[name] for name in HEAD_TEXTS}


def _vocabulary(file: str, head: Mapping[str, Any]) -> _Vocabulary:
    columns: Mapping[str, Any] = head.get("columns", {})
    for name, words in columns.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            _refuse(file, 1, f"columns.{name} must list its allowed words (an empty list: free text)")
    return MappingProxyType({name: tuple(words) for name, words in columns.items()})


def _prefix_rules(file: str, rules: Iterable[Mapping[str, Any]], vocabulary: _Vocabulary) -> Iterator[PrefixRule]:
    for rule in rules:
        row = {name: str(rule.get(name, "")) for name in vocabulary}
        _check_words(file, 1, row, vocabulary)
        read = PrefixRule(
            system=rule["system"],
            first=rule["first"],
            last=rule.get("last", rule["first"]),
            but_not=tuple(rule.get("but_not", ())),
            display=rule["display"],
            columns=MappingProxyType(row),
        )
        if normalise_system(read.system) != read.system:
            _refuse(file, 1, f"prefix rule {read.first}: system must be written {normalise_system(read.system)}")
        if len(read.first) != len(read.last) or read.first > read.last:
            _refuse(file, 1, f"prefix rule {read.first}: first and last must be of one length and in order")
        yield read


def _members(
    file: Traversable, vocabulary: _Vocabulary, extra_key: tuple[str, ...]
) -> tuple[Mapping[_Key, tuple[Row, ...]], Mapping[_Key, tuple[Row, ...]]]:
    columns, rows = read_csv(file)
    allowed = {*STANDARD_COLUMNS, "status", *vocabulary}
    if columns[: len(STANDARD_COLUMNS)] != STANDARD_COLUMNS or set(columns) - {"status"} != allowed - {"status"}:
        _refuse(file.name, 1, f"columns must be {','.join((*STANDARD_COLUMNS, *vocabulary))}, with or without status")
    seen: set[tuple[str, ...]] = set()
    members: dict[_Key, tuple[Row, ...]] = {}
    unverified: dict[_Key, tuple[Row, ...]] = {}
    for line, row in rows:
        _check_row(file.name, line, row, vocabulary)
        key = (row["system"], row["code"])
        full_key = (*key, *(row[column] for column in extra_key))
        if full_key in seen:
            _refuse(file.name, line, f"{row['code']} is listed twice")
        seen.add(full_key)
        kept = members if row.get("status", "verified") == "verified" else unverified
        kept[key] = (*kept.get(key, ()), MappingProxyType(dict(row)))
    return MappingProxyType(members), MappingProxyType(unverified)


def _check_row(file: str, line: int, row: Row, vocabulary: _Vocabulary) -> None:
    system, code = row["system"], row["code"]
    if not (system and code and row["display"].strip()):
        _refuse(file, line, "system, code and display must not be empty")
    if row.get("status", "verified") not in STATUSES:
        _refuse(file, line, f"status {row['status']!r} must be one of {sorted(STATUSES)}")
    if normalise_system(system) != system:
        _refuse(file, line, f"system {system!r} must be written {normalise_system(system)}")
    if normalise_code(system, code) != code:
        _refuse(file, line, f"code {code!r} must be written {normalise_code(system, code)}")
    if system == SNOMED and not is_snomed_concept(code):
        _refuse(file, line, f"{code} is no SNOMED CT concept id (check digit or partition)")
    if system == LOINC and not is_loinc_code(code):
        _refuse(file, line, f"{code} is no LOINC code (check digit)")
    _check_words(file, line, row, vocabulary)


def _check_words(file: str, line: int, row: Row, vocabulary: _Vocabulary) -> None:
    for column, words in vocabulary.items():
        # Several words in one cell stand apart by a space; a column with a vocabulary never holds free text.
        if words and not set(row[column].split()) <= set(words):
            _refuse(file, line, f"{column} {row[column]!r} must be of {', '.join(words)}")


def _refuse(file: str, line: int, why: str) -> NoReturn:
    raise ContentError(f"{file}:{line}: {why}")
