"""DE-18, DE-19: INR, platelets, antithrombotic drugs, disorders of bleeding, and what such a drug may be needed for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.facts.fact import Claim, Evidence, met, not_met, unknown
from cds_service.facts.medications import ANTITHROMBOTIC, KEY, Ingredient, Medicine
from cds_service.facts.model import Antithrombotic, Bleeding, DateRange, Disease, Measurement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, BELOW, Scale, why_none
from cds_service.facts.source import Observed, Problem, Source, cut
from cds_service.facts.wording import any_pattern, either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.knowledge.systems import ICD_10_CM

LAB: Final = "observation-lab"
DISORDER: Final = "coagulopathy"
INR: Final = Scale("normalised-ratio", "{INR}", bare=True)
INR_HIGHEST: Final = 30
PLATELETS: Final = Scale("number-concentration", "10*9/L", most=10_000)
"""A count without a unit is none: 210 and 210000 are both seen."""

_FLUSH: Final = re.compile(r"\bflush\b|\block\b")
AGENTS: Final = {"dabigatran etexilate": "dabigatran"}
"""Where our name for an agent is not that of its code."""

EVENTS: Final = (
    (
        "stent",
        "coronary or vascular stent",
        either(
            r"(?:coronary|drug[- ]eluting|bare[- ]metal|cardiac|carotid|vascular|iliac|femoral|lad|rca)\b[^.;\n]{0,40}"
            r"\bstent(?:s|ed|ing)?",
            r"stent(?:s|ed|ing)?\b[^.;\n]{0,40}\b(?:coronary|carotid|iliac|femoral|lad|rca)(?: arter(?:y|ies))?",
            r"(?:pci|percutaneous coronary intervention)\b[^.;\n]{0,40}\bstent(?:s|ed|ing)?",
            "coronary angioplasty implant",
        ),
    ),
    (
        "mechanical-valve",
        "mechanical heart valve",
        either(
            r"mechanical (?:prosthetic )?(?:(?:heart|cardiac|aortic|mitral|tricuspid) ){0,2}(?:valves?|prosthes[ie]s)",
            "mechanical (?:avr|mvr)",
            r"(?:valve|avr|mvr)\b[^.;\n]{0,30}\bmechanical",
            r"(?:st\.? jude|bileaflet|starr-edwards)\b[^.;\n]{0,20}\bvalves?",
        ),
    ),
    (
        "vte",
        "venous thromboembolism",
        either(
            r"deep (?:vein|venous) thrombos[ei]s",
            "dvt",
            "vte",
            r"venous thrombo-?embol\w+",
            r"pulmonary (?:thrombo-?)?embol\w+",
            r"(?:saddle )?embol\w+ of (?:the )?pulmonary arter\w+",
            r"thrombosis of [^.;\n]{0,40}deep (?:veins?|vessels?)",
        ),
    ),
)
"""Kind, our words and theirs. No value set lists these, so words speak for them, on the cautioning side alone
(decision 15).
"""
_MECHANICAL: Final = next(pattern for kind, _, pattern in EVENTS if kind == "mechanical-valve")
_UNTYPED: Final = ("valve-of-no-type", "prosthetic heart valve, type of valve not recorded")
_PROSTHETIC: Final = either(
    r"(?:prosthetic|artificial) (?:(?:heart|cardiac|aortic|mitral|tricuspid|pulmonary|pulmonic) ){0,2}valves?",
    r"(?:heart|cardiac|aortic|mitral|tricuspid|pulmonary|pulmonic) valv(?:e|ular) prosthes[ie]s",
)
_TISSUE: Final = re.compile(
    r"\bbio|\btissue\b|\bxeno|\bporcine\b|\bbovine\b|\bpericardial\b|\bhomograft|\ballograft"
    r"|\btrans-?catheter\b|\bta[vo](?:r|i)\b"
)
PROSTHETIC_VALVE: Final = (ICD_10_CM, "Z95.2")
"""Presence of prosthetic heart valve (CDC, 2026): it does not say of what; Z95.3 is xenogenic, Z95.4 another one."""
_ANY_EVENT: Final = any_pattern(pattern for _, _, pattern in EVENTS)
LONG_AGO: Final = either("history of", "h/o", "hx of", "hx", "previous", "prior", "past", "old", "remote", "chronic")
"""Words after which the day of recording says nothing of the day of the event."""
_DONE: Final = frozenset({"completed", "in-progress", ""})


def bleeding(source: Source, taken: tuple[Medicine, ...]) -> Bleeding:
    """Newest first. Drugs on hold and status codes of drugs (Z79.01), which go stale, are not active."""
    inr, platelets = newest(_inr(source)), newest(_platelets(source))
    return Bleeding(
        inr=source.documented(inr, "observations", why=why_none("INR", _of(source, "inr"), INR, ABOVE)),
        platelets=source.documented(
            platelets, "observations", why=why_none("platelet count", _of(source, "platelets"), PLATELETS, BELOW)
        ),
        antithrombotics=source.listing((*_drugs(source, taken), *_status_codes(source)), KEY),
        disorders=source.listing(_disorders(source), "conditions"),
        events=source.listing((*_events_as_problems(source), *_events_done(source)), "conditions", "procedures"),
        no_inr=_none_on_record(source, inr),
        no_platelets=_none_on_record(source, platelets),
    )


def _none_on_record(source: Source, found: Sequence[Measurement]) -> Claim:
    """OC-26, "absent": the results were retrieved whole and hold none."""
    if found:
        return not_met(found[0].evidence)
    gap = source.gap("observations")
    return met() if gap is None else unknown(gap)


def _of(source: Source, analyte: str) -> tuple[Observed, ...]:
    return source.topic(LAB, "analyte", analyte)


def _inr(source: Source) -> Iterator[Measurement]:
    for result in _of(source, "inr"):
        value = INR.value(result, ABOVE)
        if value is not None and 0 < value <= INR_HIGHEST:
            yield result.measured(value, f"INR {value:g}")


def _platelets(source: Source) -> Iterator[Measurement]:
    for result in _of(source, "platelets"):
        value = PLATELETS.value(result, BELOW)
        if value is not None and value >= 0:
            yield result.measured(value, f"platelets {round(value, 1):g} \u00d7 10\u2079/L")


def _drugs(source: Source, taken: tuple[Medicine, ...]) -> Iterator[Antithrombotic]:
    counted = [
        (medicine, each)
        for medicine in taken
        if not medicine.local and not _FLUSH.search(medicine.spoken)
        for each in medicine.of(ANTITHROMBOTIC)
    ]
    paused = {_agent(each) for medicine, each in counted if _is_ordered(medicine) and _is_paused(medicine)}
    for medicine, each in counted:
        yield _drug(source, medicine, each, supplied=_agent(each) not in paused)


def _agent(ingredient: Ingredient) -> str:
    return AGENTS.get(ingredient.name, ingredient.name)


def _is_ordered(medicine: Medicine) -> bool:
    return isinstance(medicine.resource, fhir.MedicationRequest | fhir.MedicationStatement)


def _is_paused(medicine: Medicine) -> bool:
    return medicine.status in ("on-hold", "stopped")


def _drug(source: Source, medicine: Medicine, ingredient: Ingredient, *, supplied: bool) -> Antithrombotic:
    """One resource. A dispensed supply that lasts until today means that the drug is taken, unless an order of it is on
    hold or stopped (``supplied`` False).
    """
    dispensed = isinstance(medicine.resource, fhir.MedicationDispense) and medicine.status == "completed"
    lasts = medicine.end is not None and medicine.end.last >= source.as_of
    given = medicine.start.when if isinstance(medicine.resource, fhir.MedicationAdministration) else None
    evidence = medicine.evidence(ingredient)
    agent, kind, by_wording = _agent(ingredient), ingredient.row["agent"], ingredient.by_wording
    if medicine.active or (dispensed and lasts and supplied):
        return Antithrombotic(agent, kind, "active", None, given, _marked(evidence, "active"), by_wording)
    if medicine.status == "on-hold":
        return Antithrombotic(agent, kind, "on-hold", None, given, _marked(evidence, "on hold"), by_wording)
    ended = _ended(source, medicine)
    shown = _marked(evidence, f"ended {ended}" if ended is not None else "ended, date not documented")
    return Antithrombotic(agent, kind, "ended", ended, given, shown, by_wording)


def _marked(evidence: Evidence, said: str) -> Evidence:
    return Evidence(evidence.reference, cut(f"{evidence.value}, {said}"), evidence.date)


def _ended(source: Source, medicine: Medicine) -> DateRange | None:
    """The days among which it ended. R4 dates no stop of a request: it lies between the start and the end of its
    supply, and never after today.
    """
    start, end = medicine.start.when, medicine.end
    exact = not isinstance(medicine.resource, fhir.MedicationRequest) or medicine.status == "completed"
    if end is not None and exact:
        return DateRange(min(end.first, source.as_of), min(end.last, source.as_of))
    if start is None or start.first > source.as_of:
        return None
    last = source.as_of if end is None else min(end.last, source.as_of)
    return DateRange(start.first, max(start.first, last))


def _status_codes(source: Source) -> Iterator[Antithrombotic]:
    """ "On anticoagulants" as a problem counts while the drugs themselves could not be read."""
    if source.gap(KEY) is None:
        return
    for problem in source.problems:
        rows = problem.found.get(DISORDER, ())
        listed = next((each for each in rows if each["kind"] == "antithrombotic-status"), None)
        if listed is not None and problem.standing == "current":
            evidence = problem.evidence(listed["display"])
            yield Antithrombotic("antithrombotic by a status code", "other", "active", None, None, evidence)


def _disorders(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        listed = next((each for each in problem.found.get(DISORDER, ()) if each["bleeding"] == "yes"), None)
        if listed is not None and listed["kind"] == "disorder":
            yield problem.disease("coagulopathy", listed["display"])


def _events_as_problems(source: Source) -> Iterator[Disease]:
    """The event's own day; that of its recording where the words do not put it in the past."""
    for problem in source.problems:
        if _has_untyped_valve(problem):
            by_wording = PROSTHETIC_VALVE not in problem.keys
            yield problem.disease(*_UNTYPED, by_wording=by_wording)
        if not _ANY_EVENT.search(problem.spoken):
            continue
        recorded = None if LONG_AGO.search(problem.spoken) else problem.recorded
        for kind, shown, pattern in EVENTS:
            if spoken_of(pattern, problem.spoken):
                named = problem.disease(kind, shown, by_wording=True)
                yield Disease(kind, named.active, problem.onset, recorded, named.evidence, by_wording=True)


def _has_untyped_valve(problem: Problem) -> bool:
    """A prosthetic valve by its code or words, and no word of what it is made of."""
    if _TISSUE.search(problem.spoken) or spoken_of(_MECHANICAL, problem.spoken):
        return False
    return PROSTHETIC_VALVE in problem.keys or spoken_of(_PROSTHETIC, problem.spoken) is not None


def _events_done(source: Source) -> Iterator[Disease]:
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        spoken = words(procedure.code).lower()
        if plain_code(procedure.status) not in _DONE or not _ANY_EVENT.search(spoken):
            continue
        moment = source.start(procedure.performed_date_time, procedure.performed_period)
        for kind, shown, pattern in EVENTS[:2]:
            if spoken_of(pattern, spoken):
                evidence = Evidence(located.reference, f"{shown} (by its wording)", moment.date)
                yield Disease(kind, True, moment.when, None, evidence, by_wording=True)
