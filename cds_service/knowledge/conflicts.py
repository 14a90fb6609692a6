"""Where the sources disagree, what each side says, and which reading holds unless a site signs for another."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

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
    ``config_key``, with ``default_choice`` among them; empty where there is nothing to choose. ``threshold`` names the
    number the reading sets.
    """

    id: str
    title: str
    sides: tuple[Side, ...]
    default: str
    config_key: str | None
    choices: tuple[str, ...]
    default_choice: str | None
    threshold: str | None


@lru_cache(maxsize=1)
def load_conflicts() -> Mapping[str, Conflict]:
    """The conflicts by id (``C-01`` ...), read and checked once. Raises ContentError naming the entry."""
    file = data_directory() / "conflicts.toml"
    return MappingProxyType({id_: _conflict(file.name, id_, entry) for id_, entry in read_toml(file).items()})


def _conflict(file: str, id_: str, entry: Mapping[str, Any]) -> Conflict:
    where = f"{file}: [{id_}]"
    unknown = set(entry) - {"title", "sides", "default", "config_key", "choices", "default_choice", "threshold"}
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
    return Conflict(
        id=id_,
        title=entry["title"],
        sides=sides,
        default=entry["default"],
        config_key=entry.get("config_key"),
        choices=choices,
        default_choice=default_choice,
        threshold=entry.get("threshold"),
    )


def _side(where: str, side: Mapping[str, Any]) -> Side:
    if set(side) != {"position", "citations"} or not side["citations"]:
        raise ContentError(f"{where} a side is a position and its citations")
    return Side(side["position"], tuple(cite(id_, place) for id_, place in side["citations"]))
