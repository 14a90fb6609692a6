"""Where the sources disagree, what each side says, and which reading holds unless a site signs for another."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cds_service.knowledge.citations import Citation, cite
from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError


@dataclass(frozen=True, slots=True)
class Side:
    """One reading and the sources that hold it."""

    position: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One disagreement.

    ``default`` says in words what the service does. ``choices`` are the readings a site may sign for under
    ``config_key``, with ``default_choice`` among them; empty where there is nothing to choose. ``meaning`` says what
    each does. ``threshold`` names the number the reading sets: then any number in its range may be signed for.
    ``shown_on`` are the recommendations whose rule it concerns; ``brief`` is all sides in one line of a card, empty
    where the sides are the same for everybody.
    """

    id: str
    title: str
    sides: tuple[Side, ...]
    default: str
    config_key: str | None
    choices: tuple[str, ...]
    default_choice: str | None
    threshold: str | None
    meaning: Mapping[str, str]
    shown_on: tuple[str, ...]
    brief: str

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose: several readings, or a number in a range."""
        return self.config_key is not None and (len(self.choices) > 1 or self.threshold is not None)

    def reading(self, choice: str) -> str:
        """What a choice does, in words; of a number or where there is no choice, what the service does."""
        if self.threshold is not None and choice != self.default_choice:
            return f"{choice} instead of {self.default_choice}, as this site chose"
        return self.meaning.get(choice, self.default)


@lru_cache(maxsize=1)
def load_conflicts() -> Mapping[str, Conflict]:
    """The conflicts by id (``C-01`` ...), read and checked once. Raises ContentError naming the entry."""
    file = data_directory() / "conflicts.toml"
    return MappingProxyType({id_: _conflict(file.name, id_, entry) for id_, entry in read_toml(file).items()})


_KEYS: Final = frozenset(
    "title sides default config_key choices default_choice threshold meaning shown_on brief".split()
)


def _conflict(file: str, id_: str, entry: Mapping[str, Any]) -> Conflict:
    where = f"{file}: [{id_}]"
    unknown = set(entry) - _KEYS
    if unknown:
        raise ContentError(f"{where} has unknown keys {sorted(unknown)}")
    for name in ("title", "default"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise ContentError(f"{where} needs {name}")
    sides = tuple(_side(where, side) for side in entry.get("sides", ()))
    if len(sides) < 2:
        raise ContentError(f"{where} needs at least two sides; one is no disagreement")
    choices, default_choice = tuple(entry.get("choices", ())), entry.get("default_choice")
    if (default_choice in choices) != bool(choices):
        raise ContentError(f"{where} default_choice must be one of choices {choices}")
    if choices and "config_key" not in entry:
        raise ContentError(f"{where} has choices and needs the config_key that takes them")
    meaning = entry.get("meaning", {})
    if set(meaning) != (set(choices) if len(choices) > 1 and "threshold" not in entry else set()):
        raise ContentError(f"{where} meaning must say what each of several choices does, and nothing else")
    if not entry.get("shown_on"):
        raise ContentError(f"{where} needs shown_on, the recommendations it concerns")
    return Conflict(
        id=id_,
        title=entry["title"],
        sides=sides,
        default=entry["default"],
        config_key=entry.get("config_key"),
        choices=choices,
        default_choice=default_choice,
        threshold=entry.get("threshold"),
        meaning=MappingProxyType(dict(meaning)),
        shown_on=tuple(entry["shown_on"]),
        brief=entry.get("brief", ""),
    )


def _side(where: str, side: Mapping[str, Any]) -> Side:
    if set(side) != {"position", "citations"} or not side["citations"]:
        raise ContentError(f"{where} a side is a position and its citations")
    return Side(side["position"], tuple(cite(id_, place) for id_, place in side["citations"]))
