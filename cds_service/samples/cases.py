"""The cases as written in ``cases.yaml``, checked: the made-up patients, and which hook shows which cards of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import yaml

from cds_service.knowledge import systems
from cds_service.knowledge.errors import ContentError
from cds_service.orders.codings import coding

PREFIX: Final = "vcf-sample-"
_SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hcpcs": systems.HCPCS,
        "icd-10-cm": systems.ICD_10_CM,
        "loinc": systems.LOINC,
        "nci": systems.NCI_THESAURUS,
        "rxnorm": systems.RXNORM,
        "snomed": systems.SNOMED,
    }
)
_ENTRY: Final = frozenset({"id", "story", "hook", "cards", "patient", "record", "drafts"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource in the words of the file: its type, the name of what it is about, and its other fields."""

    kind: str
    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One made-up patient. ``cards``: topic code to indicator, exactly what the hook shows."""

    id: str
    story: str
    hook: str
    cards: Mapping[str, str]
    patient: Mapping[str, Any]
    record: tuple[Entry, ...]
    drafts: tuple[Entry, ...]

    @property
    def patient_id(self) -> str:
        """The id of the Patient, which begins the id of every resource of the case."""
        return f"{PREFIX}{self.id}"


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the file as FHIR has it: its coding, and the unit in which its values are (UCUM)."""

    coding: Mapping[str, object]
    unit: str = ""


@lru_cache(maxsize=1)
def cases() -> Mapping[str, Case]:
    """Every case by its id, in the order of the file. Raises ContentError."""
    written = _content()["cases"]
    found = {case.id: case for case in map(_case, written)}
    if len(found) != len(written):
        raise ContentError("cases.yaml: an id is given twice")
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def names() -> Mapping[str, Named]:
    """What the names of codes stand for. Raises ContentError for a code that is no verified member of its set."""
    return MappingProxyType({name: _named(*words) for name, words in _content()["codes"].items()})


@lru_cache(maxsize=1)
def _content() -> Mapping[str, Any]:
    content: dict[str, Any] = yaml.safe_load((files("cds_service.samples") / "cases.yaml").read_text(encoding="utf-8"))
    return content


def _named(set_id: str, system: str, code: str, unit: str = "") -> Named:
    return Named(coding(set_id, _SYSTEMS[system], code), unit)


def _case(written: Mapping[str, Any]) -> Case:
    strange = set(written) - _ENTRY
    if strange:
        raise ContentError(f"cases.yaml: {written.get('id')}: no such entry: {', '.join(sorted(strange))}")
    return Case(
        id=written["id"],
        story=written["story"],
        hook=written["hook"],
        cards=MappingProxyType(written["cards"]),
        patient=MappingProxyType(written["patient"]),
        record=tuple(_entries(written["record"])),
        drafts=tuple(_entries(written.get("drafts", ()))),
    )


def _entries(written: list[dict[str, Any]]) -> Iterator[Entry]:
    for fields in written:
        kind = next(iter(fields))  # the resource type is written first
        yield Entry(kind, fields[kind], {key: value for key, value in fields.items() if key != kind})
