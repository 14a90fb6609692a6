"""DE-31 and what has to be known before a procedure: an escort, what makes lying prone or sedation hard, allergies to
antibiotics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.facts.allergies import LONGEST_NOTE
from cds_service.facts.bleeding import LONG_AGO
from cds_service.facts.fact import NOT_DOCUMENTED, Evidence
from cds_service.facts.model import Disease, Measurement, Preparation
from cds_service.facts.pain import newest
from cds_service.facts.quantities import Scale, why_none
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Source, status_codes
from cds_service.facts.wording import any_pattern, either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words

VITAL: Final = "observation-vital"
BMI: Final = Scale("body-mass-index", "kg/m2", bare=True)
BMI_RANGE: Final = (8.0, 120.0)
"""Outside of it the number or its unit is wrong."""

RISKS: Final = (
    (
        "home-oxygen",
        "oxygen at home",
        either(
            r"(?:home|supplemental|long[- ]term|domiciliary) oxygen", r"oxygen[- ]dependen\w+", "dependence on oxygen"
        ),
    ),
    (
        "lung-disease",
        "chronic obstructive lung disease",
        either("copd", r"chronic obstructive (?:pulmonary|lung|airways?)(?: disease)?", "emphysema"),
    ),
    (
        "heart-failure",
        "heart failure",
        either("(?:heart|cardiac|ventricular) failure", "chf", "hfref", "hfpef", "hfmref", "cardiomyopathy"),
    ),
    (
        "heart-attack",
        "myocardial infarction",
        either("myocardial infarction", "heart attack", "n?stemi", "acute coronary syndrome", "cardiac arrest"),
    ),
    (
        "stroke",
        "stroke",
        either(
            "(?<!heat )stroke", "cerebral infarct(?:ion)?", "cerebrovascular accident", "cva",
            r"(?:intracerebral|intracranial|cerebral|subarachnoid) h(?:a)?emorrhage",
        ),
    ),
)  # fmt: skip
"""Kind, our words and theirs. No value set lists these, so words speak for them, on the cautioning side alone
(decision 15).
"""
_ANY_RISK: Final = any_pattern(pattern for _, _, pattern in RISKS)
_ANTIBIOTIC: Final = either(
    r"\w*cillins?", r"ceph\w+", r"cef\w+", r"\w+mycins?", r"\w+floxacin", "vancomycin", r"gentami[cs]in",
    r"sul(?:f|ph)(?:a|onamides?)(?: drugs?| antibiotics?)?", r"sul(?:f|ph)amethoxazole", "bactrim",
    r"\w+cyclines?", "metronidazole", "linezolid", r"\w+penems?", "aztreonam", r"(?:beta|\u03b2)[- ]lactams?",
    r"antibiotics?", "antibacterials?", r"macrolides?", r"(?:fluoro)?quinolones?", r"aminoglycosides?",
)  # fmt: skip
_OVER: Final = frozenset({"inactive", "resolved"})
_REFUTED: Final = frozenset({"refuted", "entered-in-error"})


def preparation(source: Source, answers: Answers) -> Preparation:
    """The answer about an escort, the body mass index newest first, and what words on the record caution of."""
    return Preparation(
        escort=stated(source, answers.statement("escort-available", "escort available")),
        bmi=source.documented(
            newest(_bmi(source)),
            "observations",
            why=why_none("body mass index", source.topic(VITAL, "kind", "bmi"), BMI, none=NOT_DOCUMENTED),
        ),
        risks=source.listing(_risks(source), "conditions"),
        antibiotics=source.listing(_antibiotics(source), "allergies"),
    )


def _bmi(source: Source) -> Iterator[Measurement]:
    low, high = BMI_RANGE
    for result in source.topic(VITAL, "kind", "bmi"):
        value = BMI.value(result)
        if value is not None and low <= value <= high:
            yield result.measured(value, f"body mass index {round(value, 1):g} kg/m\u00b2")


def _risks(source: Source) -> Iterator[Disease]:
    """The event's own day; that of its recording where the words do not put it in the past."""
    for problem in source.problems:
        if not _ANY_RISK.search(problem.spoken):
            continue
        recorded = None if LONG_AGO.search(problem.spoken) else problem.recorded
        for kind, shown, pattern in RISKS:
            if spoken_of(pattern, problem.spoken):
                named = problem.disease(kind, shown, by_wording=True)
                yield Disease(kind, named.active, problem.onset, recorded, named.evidence, by_wording=True)


def _antibiotics(source: Source) -> Iterator[Disease]:
    for located in source.record.of(fhir.AllergyIntolerance):
        allergy = located.resource
        if status_codes(allergy.verification_status) & _REFUTED or status_codes(allergy.clinical_status) & _OVER:
            continue
        named = (allergy.code, *(each.substance for each in allergy.reaction))
        spoken = words(tuple(each for each in named if each is not None)).lower()[:LONGEST_NOTE]
        if spoken_of(_ANTIBIOTIC, spoken):
            moment = source.moment(allergy.onset_date_time, allergy.recorded_date)
            evidence = Evidence(located.reference, "allergy to an antibiotic (by its wording)", moment.date)
            yield Disease("antibiotic", True, moment.when, None, evidence, by_wording=True)
