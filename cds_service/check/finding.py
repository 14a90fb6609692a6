"""Patients with a vertebral fracture on record, searched for by the codes of the value set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from cds_service.check.ehr import Ehr, Unusable
from cds_service.facts.fractures import NOT_CURRENT, SET
from cds_service.fhir import decoding
from cds_service.fhir.answers import Pages, entries_of
from cds_service.fhir.client.client import FhirClient, Traffic
from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.codes import codes
from cds_service.fhir.record import bare_id
from cds_service.fhir.resources import Condition, NotReadable
from cds_service.knowledge.value_set import Row, value_set
from cds_service.settings import MIB

MOST_LETTERS: Final = 1300
"""Of the codes in one query: with a base URL before them it stays under 1,500, which every server takes."""
COUNT: Final = 100
MOST_BYTES: Final = 64 * MIB
_SEARCH: Final = "searching all patients for vertebral fractures"


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of patients, the newest fracture first where the record tells dates. ``why``: why these may not be all."""

    patients: tuple[str, ...]
    why: str | None = None


def find(ehr: Ehr) -> Found:
    """Searches the server, by bare codes where codes with their system find nobody: servers label systems in many ways,
    and what they answer is looked at again. Raises Unusable when no search was answered.
    """
    found = _search(ehr, queries())
    return found if found.patients else _search(ehr, queries(bare=True))


def _search(ehr: Ehr, asked: Iterable[str]) -> Found:
    client = FhirClient(replace(ehr.settings, max_body=MOST_BYTES), own_ports=())
    try:
        with client.open(ehr.base, ehr.grant, client.clock() + ehr.patience, Traffic()) as reader:
            answers = reader.together([partial(reader.search, query) for query in asked])
    except NotFetched as error:
        raise Unusable(_SEARCH, error.failure) from None
    pages = [answer for answer in answers if isinstance(answer, Pages)]
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    if failures and not pages:
        raise Unusable(_SEARCH, failures[0])
    why = next((each.words for each in failures), None) or next((each.why for each in pages if each.why), None)
    newest: dict[str, str] = {}
    for answer in pages:
        for patient, day in _fractures(answer, ehr.base):
            newest[patient] = max(day, newest.get(patient, ""))
    return Found(tuple(sorted(newest, key=lambda patient: newest[patient], reverse=True)), why)


def queries(*, bare: bool = False) -> Iterator[str]:
    """Searches that together ask for every code of a fracture that is there now, with its system or without."""
    rows = (row for row in value_set(SET) if _is_present(row))
    for tokens in _chunks(row["code"] if bare else f"{row['system']}%7C{row['code']}" for row in rows):
        yield f"Condition?code={tokens}&_count={COUNT}"


def _chunks(tokens: Iterable[str]) -> Iterator[str]:
    chunk = ""
    for token in tokens:
        if chunk and len(chunk) + len(token) >= MOST_LETTERS:
            yield chunk
            chunk = ""
        chunk = f"{chunk},{token}" if chunk else token
    yield chunk


def _is_present(row: Row) -> bool:
    return row["role"] not in ("history", "excluded") and row["seventh"] not in NOT_CURRENT


def _is_fracture(condition: Condition) -> bool:
    rows = (row for system, code in codes(condition.code) for row in value_set(SET).rows(system, code))
    return any(_is_present(row) for row in rows)


def _fractures(answer: Pages, base: str) -> Iterator[tuple[str, str]]:
    """Patient and day of each fracture in an answer. What was not asked for, as of a server that ignores ``code``, is
    passed over.
    """
    for page in answer.pages:
        entries, _ = entries_of(bytes(page)) or ((), 0)
        for raw in entries:
            try:
                condition = decoding.read_resource(raw)
            except NotReadable:
                continue
            if not isinstance(condition, Condition) or not _is_fracture(condition):
                continue
            patient = _patient(condition, base)
            if patient is not None:
                yield patient, condition.onset_date_time or condition.recorded_date or ""


def _patient(condition: Condition, base: str) -> str | None:
    """The id of the patient of this server whose problem it is; None for anything that is not plainly one."""
    reference = (condition.subject.reference if condition.subject else None) or ""
    relative = reference.removeprefix(f"{base}/")
    return bare_id(relative) if relative.startswith("Patient/") else None
