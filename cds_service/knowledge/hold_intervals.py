"""What the source writes of the time between an antithrombotic drug's last dose and the procedure: information for a
card, never an instruction (PP-07).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from cds_service.knowledge.citations import Citation, cite
from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError


@dataclass(frozen=True, slots=True)
class HoldInterval:
    """The interval of one agent in words, and where they come from. ``tag`` says how the source was read."""

    agent: str
    interval: str
    citation: Citation
    tag: str


@lru_cache(maxsize=1)
def load_hold_intervals() -> Mapping[str, HoldInterval]:
    """The intervals by agent, read and checked once. Raises ContentError naming the entry."""
    file = data_directory() / "hold_intervals.toml"
    return MappingProxyType({agent: _interval(file.name, agent, entry) for agent, entry in read_toml(file).items()})


def _interval(file: str, agent: str, entry: Mapping[str, Any]) -> HoldInterval:
    where = f"{file}: [{agent}]"
    if set(entry) != {"interval", "source", "tag"}:
        raise ContentError(f"{where} must have exactly interval, source and tag")
    if not isinstance(entry["interval"], str) or not entry["interval"].strip():
        raise ContentError(f"{where} needs interval in words")
    citation = cite(entry["source"]["citation"], entry["source"]["place"])
    if not citation.place or entry["tag"] not in citation.source.read:
        raise ContentError(f"{where} needs a place in the source and a tag it was read by: {citation.source.read}")
    return HoldInterval(agent, entry["interval"], citation, entry["tag"])
