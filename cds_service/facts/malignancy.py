"""DE-23: malignancies, by code, else by wording (decision 15); benign and vascular lesions; tumour boards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.levels import names_vertebra
from cds_service.facts.model import Disease, Malignancy, Statement
from cds_service.facts.orders import BOOKED, ONCE_ORDERED, ordered
from cds_service.facts.source import Problem, Source, newest_first
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.knowledge.systems import ICD_10_CM
from cds_service.knowledge.value_set import Row

SET: Final = "spinal-malignancy"
VASCULAR: Final = "vascular-cause"

NEVER: Final = ("C44", "D0", "Z85.828", "Z80", "Z12", "Z15.0", "Z86.00")
"""ICD-10-CM: skin other than melanoma and its past, in situ and its past, family history, screening, susceptibility."""

_MALIGNANT: Final = either(
    "cancers?",
    r"\w*carcinomas?",
    r"metasta\w+",
    "myelomas?",
    "lymphomas?",
    r"malignan\w+",
    "melanomas?",
    "leuka?emias?",
    r"\w*sarcomas?",
    "plasmacytomas?",
)
_NO_MALIGNANCY: Final = either(
    "in[- ]situ",
    "basal cell",
    "squamous cell (?:carcinoma|cancer) of (?:the )?skin",
    "skin cancer",
    "non-?melanoma",
    "benign",
    r"malignant (?:hyper\w+|otitis|neuroleptic|arrhythmia)",
    "non-?malignant",
    "keratoacanthoma",
)
_TROPIC: Final = either(
    "breast",
    "lung",
    r"bronch\w+",
    r"prostat\w+",
    "kidney",
    "renal",
    "thyroid",
    r"myeloma\w*",
    r"lymphoma\w*",
    r"metasta\w+",
    r"plasmacytoma\w*",
    r"secondary malignan\w+",
)
_PLASMA_CELL: Final = either("myelomas?", "plasmacytomas?")
_PAST: Final = either("history of", "h/o", "hx of", "in remission", "s/p", "past", "cured", "survivor")


def malignancy(source: Source) -> Malignancy:
    """Every malignancy on record, active or past."""
    return Malignancy(
        diseases=source.listing(_diseases(source), "conditions"),
        myeloma=source.listing(_myeloma(source), "conditions"),
        reviews=source.listing(newest_first(_reviews(source)), "orders"),
    )


_REVIEW: Final = either(r"tumou?r board", "multi-?disciplinary (?:team|meeting|conference)", r"oncolog\w+")


def _reviews(source: Source) -> Iterator[Statement]:
    """OC-29: a referral to oncology or a tumour board, ordered or booked; by code, else by the words of the order."""
    for located in source.record.of(fhir.ServiceRequest):
        order = located.resource
        if ordered(order, ONCE_ORDERED):
            to_oncology = any(row["service"] == "oncology" for row in find(order.code).get("referral-order", ()))
            spoken = f"{words(order.code)}\n{words(order.performer_type)}"
            if to_oncology or _REVIEW.search(spoken):
                moment = source.start(order.authored_on, order.occurrence_date_time)
                yield Statement(True, moment.when, Evidence(located.reference, "oncology review ordered", moment.date))
    for booked in source.record.of(fhir.Appointment):
        booking = booked.resource
        spoken = f"{words((*booking.service_type, *booking.specialty))}\n{booking.description or ''}"
        if plain_code(booking.status) in BOOKED and _REVIEW.search(spoken):
            moment = source.moment(booking.start, booking.created)
            yield Statement(True, moment.when, Evidence(booked.reference, "oncology review booked", moment.date))


def _myeloma(source: Source) -> Iterator[Disease]:
    """Myeloma and plasmacytoma among them: by code, else by the words that `_by_wording` takes."""
    for problem in source.problems:
        rows = problem.found.get(SET, ())
        if any(each["kind"] == "malignant" and each["tumor"] == "myeloma" for each in rows):
            yield _coded(problem, rows)
        elif not any(each["kind"] == "malignant" for each in rows) and spoken_of(_PLASMA_CELL, problem.spoken):
            yield from _by_wording(problem)


def _diseases(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        rows = problem.found.get(SET, ())
        worst = next((each for each in rows if each["kind"] == "malignant"), None)
        if worst is not None:
            yield _coded(problem, rows)
        else:
            yield from _benign(problem, rows)
            if not rows:
                yield from _by_wording(problem)
        yield from _vascular(problem)


def _coded(problem: Problem, rows: tuple[Row, ...]) -> Disease:
    """By the most telling of its codes: a listed C79.51 beside a plain C80 is bone-tropic."""
    malignant = [each for each in rows if each["kind"] == "malignant"]
    shown = next((each for each in malignant if each["bone_tropic"] == "yes"), malignant[0])
    kind = "bone-tropic" if shown["bone_tropic"] == "yes" else "other"
    is_active = problem.standing != "past" and all(each["phase"] == "active" for each in malignant)
    if kind == "other" and spoken_of(_TROPIC, problem.spoken):
        kind = "bone-tropic"
    return problem.disease(kind, shown["display"], active=is_active)


def _benign(problem: Problem, rows: tuple[Row, ...]) -> Iterator[Disease]:
    for each in rows:
        if each["kind"] == "benign" and (each["spine"] == "yes" or _in_spine(problem)):
            yield problem.disease("benign-lesion", each["display"])
            return


def _vascular(problem: Problem) -> Iterator[Disease]:
    for each in problem.found.get(VASCULAR, ()):
        if each["spine"] == "no" or (each["spine"] == "needs-site" and not _in_spine(problem)):
            continue
        if each["kind"] == "hemangioma":
            if SET not in problem.found:
                yield problem.disease("benign-lesion", each["display"])
        else:
            yield problem.disease("vascular", each["display"])


def _in_spine(problem: Problem) -> bool:
    return names_vertebra(problem.condition.body_site, problem.spoken)


def _by_wording(problem: Problem) -> Iterator[Disease]:
    """Only where no code of the problem is known either way; what is screened for, denied or familial never counts."""
    text = problem.spoken
    if _NO_MALIGNANCY.search(text) or _has_code_of_none(problem):
        return
    match = spoken_of(_MALIGNANT, text)
    if match is not None:
        kind = "bone-tropic" if _TROPIC.search(text) else "other"
        is_active = problem.standing != "past" and not _PAST.search(text)
        yield problem.disease(kind, match.group(), active=is_active, by_wording=True)


def _has_code_of_none(problem: Problem) -> bool:
    return any(system == ICD_10_CM and code.startswith(NEVER) for system, code in problem.keys)
