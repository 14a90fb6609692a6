"""The sources behind every number, criterion and card, each named by what it is and by how it was read.

``citations.toml`` is the register. A source that was not read in full says so (``read``), and where its text names no
publisher, date or address the entry says "unknown".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError

READ: Final[Mapping[str, str]] = MappingProxyType(
    {
        "P": "full primary text read",
        "X": "excerpt, abstract or table of the primary page read",
        "S": "read as a secondary restatement only",
        "GK": "general clinical knowledge, not verified",
        "DES": "our own design choice, no source gives it",
    }
)
"""How a fact was read: tag -> what the tag says."""

KINDS: Final = frozenset(
    {
        "patient-education",
        "coverage",
        "payer-policy",
        "guideline",
        "consensus",
        "study",
        "device-labelling",
        "safety-notice",
        "data-standard",
        "tool",
        "general-knowledge",
        "design-choice",
    }
)
_TEXTS: Final = ("title", "publisher", "date", "kind")


@dataclass(frozen=True, slots=True)
class Source:
    """One source. ``url`` is None where none is known; ``read`` holds tags of ``READ``; ``note`` says what was read."""

    id: str
    title: str
    publisher: str
    date: str
    url: str | None
    kind: str
    read: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a source: page, section, line or row, in words."""

    source: Source
    place: str

    @property
    def label(self) -> str:
        """Title and place on one line, as a card prints it."""
        return f"{self.source.title}, {self.place}" if self.place else self.source.title


@lru_cache(maxsize=1)
def load_sources() -> Mapping[str, Source]:
    """The register by id, read and checked once. Raises ContentError naming the entry."""
    file = data_directory() / "citations.toml"
    return MappingProxyType({id_: _source(file.name, id_, entry) for id_, entry in read_toml(file).items()})


@lru_cache(maxsize=512)  # a criterion cites the same place in every request
def cite(id_: str, place: str = "") -> Citation:
    """A place in a registered source. Raises ContentError for an id that is not in ``citations.toml``."""
    try:
        return Citation(load_sources()[id_], place)
    except KeyError:
        raise ContentError(f"citations.toml: no source {id_!r}; add it or cite one of those listed") from None


def _source(file: str, id_: str, entry: Mapping[str, Any]) -> Source:
    where = f"{file}: [{id_}]"
    unknown = set(entry) - {*_TEXTS, "url", "read", "note"}
    if unknown:
        raise ContentError(f"{where} has unknown keys {sorted(unknown)}")
    for name in _TEXTS:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise ContentError(f'{where} needs {name} (write "unknown" where it is)')
    read = tuple(entry.get("read", ()))
    if not read or not set(read) <= set(READ):
        raise ContentError(f"{where} read must list tags of {', '.join(READ)}")
    if entry["kind"] not in KINDS:
        raise ContentError(f"{where} kind must be one of {', '.join(sorted(KINDS))}")
    url = entry.get("url")
    if url is not None and not str(url).startswith("https://"):
        raise ContentError(f"{where} url must start with https://")
    return Source(
        id=id_,
        title=entry["title"],
        publisher=entry["publisher"],
        date=entry["date"],
        url=url,
        kind=entry["kind"],
        read=read,
        note=entry.get("note", ""),
    )
