"""RF-07, RF-08: symptoms of the chest, and signs and known causes of a secondary fracture, by code, else by wording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from cds_service.facts.fact import Evidence
from cds_service.facts.model import Alarms, Disease, Listing, Measurement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, BELOW, Scale, why_none
from cds_service.facts.source import Source
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.knowledge.systems import ICD_10_CM

LAB: Final = "observation-lab"
CHEST: Final[Mapping[str, str]] = {
    "R06.00": "Dyspnea, unspecified",
    "R06.01": "Orthopnea",
    "R06.02": "Shortness of breath",
    "R06.03": "Acute respiratory distress",
    "R06.09": "Other forms of dyspnea",
    "R07.2": "Precordial pain",
    "R07.89": "Other chest pain",
    "R07.9": "Chest pain, unspecified",
    "I26.99": "Other pulmonary embolism without acute cor pulmonale",
}
"""ICD-10-CM (CDC) codes found next to their display in public code lists; other codes count by their wording."""
EMBOLISM: Final = "I26"
"""Every code under it is a pulmonary embolism."""
_CHEST: Final = either(
    r"dyspno?ea",
    "short(?:ness)? of breath",
    "breathless(?:ness)?",
    "respiratory distress",
    "chest pain",
    r"pulmonary (?:cement |thrombo-?|artery )?embol\w+",
    r"embol\w+ (?:of|in|to) (?:the )?(?:\w+ )?pulmonary arter(?:y|ies)",
    r"embol\w+ (?:of|in|to) (?:the )?lungs?",
    r"saddle (?:pulmonary )?embol\w+",
    r"cement embol\w+",
)
_PAST: Final = either("history of", "h/o", "hx of", "previous", "s/p", "past", "chronic")
HYPERCALCAEMIA: Final = (ICD_10_CM, "E83.52")
_HYPERCALCAEMIA: Final = either(r"hypercalca?emi[ac]")
ANAEMIA: Final = tuple(f"D{number}" for number in (*range(50, 54), *range(55, 65)))
NO_ANAEMIA: Final = ("D56.3", "D56.4", "D57.3", "D58.2")
"""ICD-10-CM (CDC, April 2026) by prefix: the anaemias, but for carriers and for haemoglobins without anaemia."""
_ANAEMIA: Final = either(r"an(?:a)?emi[ac]", "pancytopenia", "low ha?emoglobin")
_NO_ANAEMIA: Final = either("history of", "h/o", "hx of", "previous", "s/p", "past", "resolved", "trait", "carrier")
RENAL_BONE: Final = (ICD_10_CM, "N25.81")
"""Found next to its display in a public code list. Primary hyperparathyroidism and renal osteodystrophy have no
verified code, and words alone never take a caution away (decision 15).
"""

HAEMOGLOBIN: Final = Scale("mass-concentration", "g/dL", molar=Fraction("1.6114"), most=30)
"""Without a unit 13 and 130 are both seen, so there is no number (DE-18 of platelets, likewise). Laboratories that
count it in mmol/L count its iron: 16.114 g a millimole (GK).
"""
CALCIUM: Final = Scale("mass-concentration", "mg/dL", molar=Fraction("4.008"), most=30)
"""A millimole of calcium is 40.08 mg."""


def alarms(source: Source) -> Alarms:
    """Chest symptoms, blood values newest first, and known metabolic causes."""
    return Alarms(
        chest=source.listing((*_chest_problems(source), *_reasons_to_come(source)), "conditions", "encounter"),
        haemoglobin_g_dl=_blood(source, "haemoglobin", "hemoglobin", HAEMOGLOBIN, BELOW),
        calcium_mg_dl=_blood(source, "calcium", "calcium", CALCIUM, ABOVE),
        anaemia=source.listing(_anaemia(source), "conditions"),
        hypercalcaemia=source.listing(_hypercalcaemia(source), "conditions"),
        metabolic=source.listing(_renal_bone(source), "conditions"),
    )


def _chest_problems(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        coded = next((shown for key in problem.keys if (shown := _of_chest(*key)) is not None), None)
        if coded is not None:
            yield problem.disease("chest", coded)
            continue
        match = spoken_of(_CHEST, problem.spoken)
        if match is not None and not _PAST.search(problem.spoken):
            yield problem.disease("chest", match.group(), by_wording=True)


def _of_chest(system: str, code: str) -> str | None:
    if system != ICD_10_CM:
        return None
    return CHEST.get(code) or (f"pulmonary embolism ({code})" if code.startswith(EMBOLISM) else None)


def _reasons_to_come(source: Source) -> Iterator[Disease]:
    """Why the patient is here: the reason of an encounter in progress, dated by its start."""
    for located in source.record.of(fhir.Encounter):
        encounter = located.resource
        match = spoken_of(_CHEST, words(encounter.reason_code).lower())
        if plain_code(encounter.status) == "in-progress" and match is not None:
            began = source.start(encounter.period)
            evidence = Evidence(located.reference, f"{match.group()} (reason of the encounter)", began.date)
            yield Disease("chest", True, began.when, began.when, evidence, by_wording=True)


def _blood(source: Source, name: str, analyte: str, scale: Scale, comparators: frozenset[str]) -> Listing[Measurement]:
    results = source.topic(LAB, "analyte", analyte)
    read = ((result, scale.value(result, comparators)) for result in results)
    rounded = ((result, round(value, 2)) for result, value in read if value is not None and value > 0)
    found = tuple(result.measured(value, f"{name} {value:g} {scale.code}") for result, value in rounded)
    return source.documented(newest(found), "observations", why=why_none(name, results, scale, comparators))


def _anaemia(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        if problem.standing != "current":
            continue
        coded = next((code for system, code in problem.keys if system == ICD_10_CM and _is_anaemia(code)), None)
        if coded is not None:
            yield problem.disease("anaemia", f"Anemia ({coded})")
        elif spoken_of(_ANAEMIA, problem.spoken) and not _NO_ANAEMIA.search(problem.spoken):
            yield problem.disease("anaemia", "anaemia", by_wording=True)


def _is_anaemia(code: str) -> bool:
    return code.startswith(ANAEMIA) and not code.startswith(NO_ANAEMIA)


def _hypercalcaemia(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        if problem.standing != "current":
            continue
        if HYPERCALCAEMIA in problem.keys:
            yield problem.disease("hypercalcaemia", "Hypercalcemia")
        elif spoken_of(_HYPERCALCAEMIA, problem.spoken) and not _PAST.search(problem.spoken):
            yield problem.disease("hypercalcaemia", "hypercalcaemia", by_wording=True)


def _renal_bone(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        if problem.standing == "current" and RENAL_BONE in problem.keys:
            yield problem.disease("metabolic", "Secondary hyperparathyroidism of renal origin")
