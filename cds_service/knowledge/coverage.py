"""Where every statement of the sources and every row of the decision table went: implemented where, or left out why.

``coverage.toml`` is the register; ``tests/content/test_coverage.py`` holds it to the code in both directions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, get_args

from cds_service.knowledge.citations import Citation, cite
from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.thresholds import load_threshold_entries

PlaceKind: TypeAlias = Literal["recommendation", "card", "module", "threshold"]

_RULE: Final = re.compile(r"(?:G|FX|AC|LV|ET|RF|IM|CM|VA|CX|VK|SP|OS|PP|FU|OC|CF|SL)-\d\d[a-z]?|S[0-4]-\d\d")
_KEY: Final = re.compile(r"[a-z][a-z0-9-]*")
_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_PART: Final = re.compile(r'"[^"]+"|[^,"]+')
_SAYS_BELOW: Final = 240


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is implemented.

    ``name`` is a recommendation's id (kinds recommendation and card), a module below ``cds_service``, or a threshold.
    ``rules`` are rule or statement ids said there, ``keys`` lines of the card by their key, ``phrases`` words of it.
    """

    kind: PlaceKind
    name: str
    rules: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement or rule in our words: its places, or why it was left out; ``not_done`` names what is missing of
    it.

    ``source`` and ``words`` (a few words that stand at that place) are those of a statement.
    """

    id: str
    says: str
    implemented_by: tuple[Place, ...]
    left_out_because: str | None
    not_done: str | None
    source: Citation | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """``statements``: what the five pages and the coverage text say; ``rules``: the rows of the decision table."""

    statements: Mapping[str, Entry]
    rules: Mapping[str, Entry]


@lru_cache(maxsize=1)
def load_coverage() -> Coverage:
    """``coverage.toml``, read and checked once. Raises ContentError naming the entry that is wrong."""
    file = data_directory() / "coverage.toml"
    return read_coverage(file.name, read_toml(file))


def read_coverage(name: str, content: Mapping[str, Any]) -> Coverage:
    """The register from its parsed file. Raises ContentError naming file and entry."""
    if set(content) != {"statements", "rules"}:
        raise ContentError(f"{name}: has the tables statements and rules, and no other")
    statements = {id_: _statement(f"{name}: [statements.{id_}]", id_, e) for id_, e in content["statements"].items()}
    rules = {id_: _entry(f"{name}: [rules.{id_}]", id_, e, set()) for id_, e in content["rules"].items()}
    return Coverage(MappingProxyType(statements), MappingProxyType(rules))


def _statement(where: str, id_: str, entry: Mapping[str, Any]) -> Entry:
    source = entry.get("source")
    if not isinstance(source, dict) or set(source) != {"citation", "place"} or not source["place"]:
        raise ContentError(f"{where} source must name a citation and a place in it")
    words = tuple(entry.get("words", ()))
    if not all(isinstance(each, str) and each.strip() for each in words):
        raise ContentError(f"{where} words must be texts that are not empty")
    citation = cite(source["citation"], source["place"])
    plain = _entry(where, id_, entry, {"source", "words"})
    return Entry(
        id_, plain.says, plain.implemented_by, plain.left_out_because, plain.not_done, source=citation, words=words
    )


def _entry(where: str, id_: str, entry: Mapping[str, Any], more: set[str]) -> Entry:
    unknown = set(entry) - {"says", "implemented_by", "left_out_because", "not_done"} - more
    if unknown:
        raise ContentError(f"{where} has unknown keys {sorted(unknown)}")
    says, why, rest = (_text(where, entry, name) for name in ("says", "left_out_because", "not_done"))
    if says is None:
        raise ContentError(f"{where} needs says")
    places = tuple(place(where, text) for text in entry.get("implemented_by", ()))
    if bool(places) == (why is not None):
        raise ContentError(f"{where} needs either implemented_by or left_out_because, and not both")
    if rest is not None and not places:
        raise ContentError(f"{where} not_done belongs to what is implemented; left_out_because says it all")
    return Entry(id_, says, places, why, rest)


def _text(where: str, entry: Mapping[str, Any], name: str) -> str | None:
    found = entry.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not found.strip() or len(found) >= _SAYS_BELOW or not found.endswith("."):
        raise ContentError(f"{where} {name} must be a sentence of fewer than {_SAYS_BELOW} characters")
    return found


def place(where: str, text: object) -> Place:
    """A place as it is written: ``augmentation-referral: VA-02``, ``card conservative-care: analgesia``,
    ``module criteria.acuity: AC-05``, ``threshold severe_nrs: VA-06``. Raises ContentError for anything else.
    """
    head, colon, rest = str(text).partition(": ")
    first, _, second = head.rpartition(" ")
    kind = first or "recommendation"
    parts = [part.strip() for part in _PART.findall(rest) if part.strip()]
    if not colon or kind not in get_args(PlaceKind) or not _NAME.fullmatch(second) or not parts:
        raise ContentError(f"{where} {text!r} is no place: write NAME: RULE, card NAME: key, module NAME: RULE")
    rules = tuple(part for part in parts if _RULE.fullmatch(part))
    phrases = tuple(part.strip('"') for part in parts if part.startswith('"'))
    keys = tuple(part for part in parts if part not in rules and not part.startswith('"'))
    found = Place(kind, second, rules, keys, phrases)  # type: ignore[arg-type]  # one of PlaceKind, as checked above
    _check(where, found)
    return found


def _check(where: str, found: Place) -> None:
    of_card, of_module = found.kind == "card", found.kind == "module"
    strange = [key for key in found.keys if not of_card or not _KEY.fullmatch(key)]
    if strange or (found.rules and of_card) or (found.phrases and not (of_card or of_module)):
        raise ContentError(
            f"{where} {found.name}: a card holds keys or quoted words, a module rules or quoted words, others rules"
        )
    if found.kind != "threshold":
        return
    entry = load_threshold_entries().get(found.name)
    if entry is None or not set(found.rules) <= set(entry.rule.replace(",", " ").split()):
        raise ContentError(f"{where} no threshold {found.name} that names {', '.join(found.rules)}")
