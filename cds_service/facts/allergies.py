"""DE-24: allergies to bone cement, its opacifier and gadolinium; iodine is none of them, acrylic nails no cement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.model import Allergy, Listing
from cds_service.facts.source import Source, cut, status_codes
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import codes, words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.record import Located
from cds_service.fhir.resources import CodeableConcept
from cds_service.knowledge.systems import SNOMED

SET: Final = "allergy-cement-contrast"
Agent = Literal["cement", "opacifier", "gadolinium"]
AGENTS: Final[dict[str, Agent]] = {"cement": "cement", "iodinated-contrast": "opacifier", "contrast": "opacifier"}
ANAPHYLAXIS: Final = frozenset({(SNOMED, "39579001"), (SNOMED, "417516000")})
"""Anaphylaxis and allergic anaphylaxis; their displays are read too."""

_WORDED: Final[tuple[tuple[Agent, re.Pattern[str]], ...]] = (
    (
        "cement",
        either(
            "bone cement",
            "acrylic (?:bone )?cement",
            "pmma",
            r"(?:poly-?)?\(?methyl ?-?methacrylate",
            "(?:meth)?acrylates?",
        ),
    ),
    (
        "opacifier",
        either(
            "contrast", "iodinated", "iohexol", "iopamidol", "iodixanol", "ioversol", "radiographic dye", "x-?ray dye",
            "iv dye", "barium", "radiocontrast", r"opacif\w+",
        ),
    ),
)  # fmt: skip
_NAILS: Final = either("nails?", r"eyelash\w*", "adhesives?")
_GADOLINIUM: Final = either(
    r"gad\w+", "mri? contrast", "magnevist", "dotarem", "eovist", "multihance", "prohance", "omniscan", "primovist",
    "clariscan", "elucirem", "vueway",
)  # fmt: skip
_SHOWN: Final[dict[Agent, str]] = {
    "cement": "allergy to bone cement",
    "opacifier": "allergy to contrast medium",
    "gadolinium": "allergy to gadolinium contrast",
}
_ALLERGIC: Final = either(r"allerg\w*", r"anaphyla\w*", r"hypersensitiv\w*", "reaction")
_SEVERE: Final = either(r"anaphyla\w*", "severe", "life[- ]threatening", "cardiac arrest", "angioedema")
_OVER: Final = frozenset({"inactive", "resolved"})
_REFUTED: Final = frozenset({"refuted", "entered-in-error"})


def allergies(source: Source) -> Listing[Allergy]:
    """Allergies that hold now, by code, else by wording."""
    found = (*_allergies(source), *_as_problems(source), *_gadolinium(source))
    return source.listing(found, "allergies")


def _holds(allergy: fhir.AllergyIntolerance) -> bool:
    """Neither refuted nor over."""
    return not (status_codes(allergy.verification_status) & _REFUTED or status_codes(allergy.clinical_status) & _OVER)


def _gadolinium(source: Source) -> Iterator[Allergy]:
    """IM-12, OC-05: an MRI contrast agent, by code, else by its wording; beside whatever else the entry names."""
    for located in source.record.of(fhir.AllergyIntolerance):
        allergy = located.resource
        concepts = tuple(each for each in (allergy.code, *(r.substance for r in allergy.reaction)) if each is not None)
        coded = any(row["agent"] == "gadolinium" for row in find(concepts).get(SET, ()))
        if _holds(allergy) and (coded or spoken_of(_GADOLINIUM, words(concepts).lower())):
            yield Allergy(
                "gadolinium", _severe(allergy), not coded, _evidence(source, located, "gadolinium", not coded)
            )
    for problem in source.problems:
        coded = any(row["agent"] == "gadolinium" for row in problem.found.get(SET, ()))
        worded = _ALLERGIC.search(problem.spoken) and spoken_of(_GADOLINIUM, problem.spoken)
        if problem.standing != "past" and (coded or worded):
            is_severe = spoken_of(_SEVERE, problem.spoken) is not None
            shown = _SHOWN["gadolinium"]
            evidence = problem.evidence(shown if coded else f"{shown} (by its wording)")
            yield Allergy("gadolinium", is_severe, not coded, evidence)


def _allergies(source: Source) -> Iterator[Allergy]:
    for located in source.record.of(fhir.AllergyIntolerance):
        allergy = located.resource
        if not _holds(allergy):
            continue
        concepts = tuple(each for each in (allergy.code, *(r.substance for r in allergy.reaction)) if each is not None)
        named = _agent(concepts)
        if named is not None:
            agent, by_wording = named
            yield Allergy(agent, _severe(allergy), by_wording, _evidence(source, located, agent, by_wording))


def _agent(concepts: tuple[CodeableConcept, ...]) -> tuple[Agent, bool] | None:
    spoken = words(concepts).lower()
    if _NAILS.search(spoken):
        return None
    coded = find(concepts).get(SET, ())
    for row in coded:
        if row["agent"] in AGENTS:
            return AGENTS[row["agent"]], False
    if any(row["agent"] == "gadolinium" for row in coded):
        return None
    for agent, pattern in _WORDED:
        if spoken_of(pattern, spoken) and not (agent == "opacifier" and _GADOLINIUM.search(spoken)):
            return agent, True
    return None


def _severe(allergy: fhir.AllergyIntolerance) -> bool:
    """High criticality, a severe reaction, or anaphylaxis by code or words (decision 2)."""
    if plain_code(allergy.criticality) == "high" or any(
        plain_code(each.severity) == "severe" for each in allergy.reaction
    ):
        return True
    signs = tuple(sign for each in allergy.reaction for sign in each.manifestation)
    told = [
        words(signs),
        words(allergy.code),
        *(each.description or "" for each in allergy.reaction),
        *(n.text or "" for n in allergy.note),
    ]
    return (
        bool(ANAPHYLAXIS & set(codes(signs))) or spoken_of(_SEVERE, "\n".join(told).lower()[:LONGEST_NOTE]) is not None
    )


LONGEST_NOTE: Final = 4000


def _evidence(source: Source, located: Located[fhir.AllergyIntolerance], agent: Agent, by_wording: bool) -> Evidence:
    shown = _SHOWN[agent]
    moment = source.moment(located.resource.onset_date_time, located.resource.recorded_date)
    return Evidence(located.reference, cut(f"{shown} (by its wording)" if by_wording else shown), moment.date)


def _as_problems(source: Source) -> Iterator[Allergy]:
    """Allergy status codes on the problem list, and problems that name the allergy."""
    for problem in source.problems:
        if problem.standing == "past" or _NAILS.search(problem.spoken):
            continue
        agents = [AGENTS[row["agent"]] for row in problem.found.get(SET, ()) if row["agent"] in AGENTS]
        by_wording = not agents
        if by_wording and _ALLERGIC.search(problem.spoken):
            agents = [agent for agent, pattern in _WORDED if agent == "cement" and spoken_of(pattern, problem.spoken)]
        for agent in agents[:1]:
            shown = _SHOWN[agent]
            is_severe = spoken_of(_SEVERE, problem.spoken) is not None
            yield Allergy(
                agent, is_severe, by_wording, problem.evidence(f"{shown} (by its wording)" if by_wording else shown)
            )
