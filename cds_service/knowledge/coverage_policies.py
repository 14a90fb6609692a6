"""Where which coverage policy was read to hold, the WISeR model, and the codes they name (OC-29, OC-30; DE-02, DE-29).

``coverage_policies.toml`` is the register. Codes of procedures are numbers alone, in one place, for their owner
licenses their words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Final

from cds_service.knowledge.citations import READ, Citation, cite
from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import CPT, ICD_10_CM, normalise_code
from cds_service.knowledge.value_set import value_set

PROCEDURES: Final = "vertebral-augmentation-procedure"
_TABLES: Final = frozenset({"policies", "file_list", "wiser", "procedures", "diagnoses", "states"})
_STATE: Final = re.compile(r"[A-Z]{2}")
_POLICY: Final = re.compile(r"L\d{5}")
_EARLIEST: Final = date(2000, 1, 1)
"""A policy or model dated before it is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One Local Coverage Determination. ``effective`` is None where no date was read; ``tag`` says how its criteria
    were read, ``contractor_tag`` and ``states_tag`` (None without a list) the rest.
    """

    id: str
    contractor: str
    contractor_tag: str
    effective: date | None
    states: frozenset[str]
    states_tag: str | None
    states_whole: bool
    perhaps: frozenset[str]
    malignant: bool
    citation: Citation
    tag: str
    note: str


@dataclass(frozen=True, slots=True)
class Wiser:
    """The prior authorisation model: its states and its days, both ends included."""

    states: frozenset[str]
    first: date
    last: date
    citation: Citation
    tag: str
    note: str


@dataclass(frozen=True, slots=True)
class Technique:
    """The numbers of one technique: the first level by region, and each further level."""

    name: str
    thoracic: str
    lumbar: str
    additional: str


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """The covered diagnoses: ``alone``, or one of ``pathologic`` with one of ``causes``."""

    alone: frozenset[str]
    pathologic: frozenset[str]
    causes: frozenset[str]
    myeloma: frozenset[str]
    alone_at: Citation
    two_codes_at: Citation


@dataclass(frozen=True, slots=True)
class CoveragePolicies:
    """The whole register."""

    policies: Mapping[str, Policy]
    file_list: Policy
    wiser: Wiser
    techniques: tuple[Technique, ...]
    diagnoses: Diagnoses
    states: Mapping[str, str]

    def of_state(self, state: str) -> Policy | None:
        """The policy whose list of states that was read names it; None where none does."""
        return next((p for p in self.policies.values() if state in p.states), None)

    def perhaps_of(self, state: str) -> Policy | None:
        """A policy that another source connects with it."""
        return next((p for p in self.policies.values() if state in p.perhaps), None)


@lru_cache(maxsize=1)
def load_coverage_policies() -> CoveragePolicies:
    """The register as shipped, read and checked once."""
    return read_coverage_policies(data_directory() / "coverage_policies.toml")


def read_coverage_policies(file: Traversable) -> CoveragePolicies:
    """A register of that form. Raises ContentError naming the entry that is wrong."""
    tables = read_toml(file)
    if set(tables) != _TABLES:
        raise ContentError(f"{file.name}: tables differ in {', '.join(sorted(set(tables) ^ _TABLES))}")
    try:
        return _register(file.name, tables)
    except KeyError as missing:
        raise ContentError(f"{file.name}: an entry lacks {missing}") from None


def _register(file: str, tables: Mapping[str, Any]) -> CoveragePolicies:
    states: Mapping[str, str] = tables["states"]
    for code, name in states.items():
        _check(
            _STATE.fullmatch(code) is not None and bool(name.strip()), f"{file}: [states] {code}: two letters, a name"
        )
    policies = {
        id_: _policy(f"{file}: [policies.{id_}]", id_, entry, states) for id_, entry in tables["policies"].items()
    }
    listed = [state for policy in policies.values() for state in policy.states]
    twice = sorted({state for state in listed if listed.count(state) > 1})
    _check(not twice, f"{file}: states with two policies: {', '.join(twice)}")
    chosen = policies.get(tables["file_list"]["policy"])
    if chosen is None:
        raise ContentError(f"{file}: [file_list] policy must be one of those listed")
    _check(chosen.tag == "P", f"{file}: [file_list] policy must have been read in full")
    return CoveragePolicies(
        policies=MappingProxyType(policies),
        file_list=chosen,
        wiser=_wiser(f"{file}: [wiser]", tables["wiser"], states),
        techniques=tuple(_technique(f"{file}: [procedures.{n}]", n, e) for n, e in tables["procedures"].items()),
        diagnoses=_diagnoses(f"{file}: [diagnoses]", tables["diagnoses"]),
        states=MappingProxyType(dict(states)),
    )


def _check(holds: bool, why: str) -> None:
    if not holds:
        raise ContentError(why)


def _cited(where: str, entry: Mapping[str, Any]) -> Citation:
    citation = cite(entry["source"]["citation"], entry["source"]["place"])
    read = citation.source.read
    _check(
        bool(citation.place) and entry["tag"] in read, f"{where} needs a place and a tag its source was read by: {read}"
    )
    return citation


def _known(where: str, codes: list[str], states: Mapping[str, str]) -> frozenset[str]:
    strange = sorted(set(codes) - set(states))
    _check(not strange, f"{where} no such state: {', '.join(strange)}")
    return frozenset(codes)


def _day(where: str, value: object) -> date:
    if type(value) is not date or value < _EARLIEST:
        raise ContentError(f"{where} must be a date, YYYY-MM-DD, not before {_EARLIEST}")
    return value


def _policy(where: str, id_: str, entry: Mapping[str, Any], states: Mapping[str, str]) -> Policy:
    known = set(
        "contractor contractor_tag effective states states_tag states_whole perhaps malignant source tag note".split()
    )
    strange = sorted(set(entry) - known)
    _check(
        _POLICY.fullmatch(id_) is not None and not strange, f"{where} has unknown keys {strange}, or is no LCD number"
    )
    _check(
        bool(entry["contractor"].strip() and entry["note"].strip()), f"{where} contractor and note must not be empty"
    )
    tags = {entry["contractor_tag"], *([entry["states_tag"]] if entry["states"] else [])}
    _check(tags <= set(READ), f"{where} contractor_tag and states_tag must be of {', '.join(READ)}")
    return Policy(
        id=id_,
        contractor=entry["contractor"],
        contractor_tag=entry["contractor_tag"],
        effective=_day(f"{where} effective", entry["effective"]) if "effective" in entry else None,
        states=_known(where, entry["states"], states),
        states_tag=entry.get("states_tag"),
        states_whole=entry["states_whole"],
        perhaps=_known(where, entry.get("perhaps", []), states),
        malignant=entry.get("malignant", False),
        citation=_cited(where, entry),
        tag=entry["tag"],
        note=entry["note"],
    )


def _wiser(where: str, entry: Mapping[str, Any], states: Mapping[str, str]) -> Wiser:
    first, last = _day(f"{where} first", entry["first"]), _day(f"{where} last", entry["last"])
    _check(first <= last, f"{where} first must not lie after last")
    listed = _known(where, entry["states"], states)
    _check(bool(listed), f"{where} needs states")
    return Wiser(listed, first, last, _cited(where, entry), entry["tag"], entry["note"])


def _technique(where: str, name: str, entry: Mapping[str, Any]) -> Technique:
    _cited(where, entry)
    found = Technique(name, entry["thoracic"], entry["lumbar"], entry["additional"])
    for number in (found.thoracic, found.lumbar, found.additional):
        row = value_set(PROCEDURES).row(CPT, number)
        _check(row is not None and row["kind"] == name, f"{where} {number} is no verified number of a {name}")
    return found


def _diagnoses(where: str, entry: Mapping[str, Any]) -> Diagnoses:
    one, two = entry["group_1"], entry["group_2"]
    for code in (*one["codes"], *two["codes"], *two["with_one_of"], *two["myeloma"]):
        spelled = normalise_code(ICD_10_CM, code)
        _check(
            re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", code) is not None and spelled == code, f"{where} {code}"
        )
    causes, myeloma = frozenset(two["with_one_of"]), frozenset(two["myeloma"])
    _check(myeloma <= causes, f"{where} myeloma must be among with_one_of")
    return Diagnoses(
        alone=frozenset(one["codes"]),
        pathologic=frozenset(two["codes"]),
        causes=causes,
        myeloma=myeloma,
        alone_at=_cited(f"{where} group_1", one),
        two_codes_at=_cited(f"{where} group_2", two),
    )
