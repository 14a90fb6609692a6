"""DE-21: infections of spine and body, temperature, inflammation markers and blood cultures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.facts.fact import NOT_DOCUMENTED
from cds_service.facts.levels import names_vertebra
from cds_service.facts.model import Disease, Infection, Listing, Measurement, Statement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, Scale, Trouble, number, unit_of, why_none
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Observed, Problem, Source, newest_first
from cds_service.facts.wording import any_pattern, either, spoken_of
from cds_service.fhir.codes import words
from cds_service.knowledge.systems import ICD_10_CM

SPINAL: Final = "spinal-infection"
SYSTEMIC: Final = "systemic-infection-sepsis"
LAB: Final = "observation-lab"
VITAL: Final = "observation-vital"
KINDS: Final = {"sepsis": "sepsis", "bacteremia": "bacteraemia", "endocarditis": "systemic", "fever": "fever"}

TEMPERATURE: Final = Scale("temperature", "Cel")
FAHRENHEIT: Final = Scale("temperature", "[degF]")
BODY_C: Final = (25.0, 45.0)
"""Temperatures a living body has; outside of them the number or its unit is wrong."""

CRP: Final = Scale("mass-concentration", "mg/L", most=1500)
ESR: Final = Scale("sedimentation", "mm/h", bare=True)

IMMUNE: Final = ("D80", "D81", "D82", "D83", "D84", "D70", "B20", "Z79.6", "Z94")
"""ICD-10-CM of a weakened immune defence (CDC, April 2026); an organ transplant too, but not one of the cornea."""
CORNEA: Final = "Z94.7"
_RISKS: Final = (
    (
        "iv-drug-use",
        either(
            r"(?:intravenous|iv|injection|injecting) drug (?:use|abuse)\w*", "ivdu", "ivda", "pwid", "injects drugs"
        ),
    ),
    (
        "immunosuppression",
        either(
            r"immuno-?suppress\w*",
            r"immuno-?compromised",
            r"immuno-?deficien\w+",
            "neutropenia",
            "(?:kidney|renal|liver|heart|lung|bone marrow|stem cell|organ) transplant(?:ed|ation)?(?: recipient)?",
        ),
    ),
)
"""Risks that make raised markers count (RF-04); no value set lists them."""

_SKIN: Final = r"(?:skin|soft[- ]tissue|cutaneous|subcutaneous) (?:infections?|abscess)|abscess|furuncle|carbuncle"
_BACK: Final = r"back|trunk|spine|spinal|paraspinal|thoracic|lumbar|thoracolumbar|midline"
_NAMED: Final = (
    (
        "spinal",
        either(
            "(?:spondylo)?discitis",
            "spondylodis[ck]itis",
            "(?:spinal |vertebral )?epidural abscess",
            "(?:paraspinal|paravertebral|psoas) abscess",
            "infectious spondylitis",
            "pott'?s disease of (?:the )?spine",
        ),
    ),
    ("osteomyelitis", either("osteomyelitis")),
    ("sepsis", either("sepsis", "septic shock", "septica?emi[ac]", "urosepsis")),
    ("bacteraemia", either("bactera?emia")),
    (
        "systemic",
        either(
            "(?:infective|bacterial) endocarditis",
            "systemic infections?",
            "blood ?-?stream infections?",
            "blood-?borne infections?",
        ),
    ),
    (
        "site",
        either(
            r"(?:surgical|operative|incisional) (?:site|wound) infections?",
            r"(?:post-?operative |post-?surgical )?wound infections?",
            r"infected (?:\w+ )?(?:wound|incision)",
            rf"(?:cellulitis|{_SKIN})(?: \w+){{0,3}}? (?:{_BACK})",
            rf"(?:{_BACK})(?: \w+)? (?:cellulitis|{_SKIN})",
        ),
    ),
    (
        "organ",
        either("pneumonia", "pyelonephritis", "urinary tract infections?", "uti", "cystitis"),
    ),
)
_ANY: Final = any_pattern(pattern for _, pattern in (*_RISKS, *_NAMED))
_SITE_CODES: Final[Mapping[str, str]] = {
    "T81.40": "Infection following a procedure",
    "T81.41": "Infection following a procedure, superficial incisional surgical site",
    "T81.42": "Infection following a procedure, deep incisional surgical site",
    "T81.43": "Infection following a procedure, organ and space surgical site",
    "T81.49": "Infection following a procedure, other surgical site",
    "T84.63": "Infection due to internal fixation device of spine",
    "L02.212": "Cutaneous abscess of back",
    "L02.222": "Furuncle of back",
    "L02.232": "Carbuncle of back",
    "L03.312": "Cellulitis of back",
    "L03.319": "Cellulitis of trunk",
}
_ORGAN_CODES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("J12", "J13", "J14", "J15", "J16", "J17", "J18"), "Pneumonia"),
    "N10": "Acute pyelonephritis",
    "N30.0": "Acute cystitis",
    "N39.0": "Urinary tract infection",
}
"""ICD-10-CM (CDC, April 2026) by prefix: infections of the place of the procedure, and of an organ (CX-02)."""
_SEQUELA: Final = "S"
_ANOTHER_PLACE: Final = either(
    "knee", "hip", "foot", "feet", "toe", "ankle", "leg", "hand", "finger", "arm", "elbow", "shoulder", r"stern\w+",
    r"abdom\w+", "groin", "breast", "head", "neck", "scalp", "dental", r"ca?esarean",
)  # fmt: skip
"""A wound there is not where a vertebra is reached."""
_NOT_NOW: Final = either("recurrent", "frequent", "chronic", "interstitial", "radiation", "prone to")
_PAST: Final = either("history of", "h/o", "hx of", "previous", "s/p", "resolved", "past")
_INTRACRANIAL: Final = either("intracranial", "brain", "cerebral", "cranial")

_NO_GROWTH: Final = either(
    r"no (?:\w+ ){0,3}?(?:growth|organisms?|bacteria|isolate)\w*",
    "negative",
    "not (?:detected|isolated|grown)",
    "sterile",
    "none",
)
_NEGATIVE_BY_NAME: Final = either("(?:gram|coagulase)[- ]negative")
_CONTAMINANT: Final = either(r"contamina\w*", "skin flora")
_GROWTH: Final = either(
    "positive",
    "growth",
    "grew",
    "detected",
    "isolated",
    r"staph\w*",
    r"strept\w*",
    r"e\. ?coli",
    "escherichia",
    "pseudomonas",
    "klebsiella",
    "candida",
    r"enterococ\w*",
    r"enterobact\w*",
    "proteus",
    "salmonella",
    "serratia",
    r"gram[- ](?:pos|neg)\w*",
)


def infection(source: Source, answers: Answers) -> Infection:
    """What speaks of an infection, each with its day: the rules judge how fresh it is."""
    return Infection(
        diseases=source.listing(_diseases(source), "conditions"),
        temperature_c=source.documented(
            newest(_temperatures(source)),
            "observations",
            why=why_none(
                "temperature",
                source.topic(VITAL, "kind", "temperature"),
                TEMPERATURE,
                ABOVE,
                none=NOT_DOCUMENTED,
            ),
        ),
        crp_mg_l=_markers(source, "crp", CRP, "CRP {:g} mg/L"),
        esr_mm_h=_markers(source, "esr", ESR, "ESR {:g} mm/h"),
        blood_cultures=source.documented(newest_first(_cultures(source)), "observations"),
        fever_or_sepsis=stated(source, answers.statement("fever-or-sepsis", "fever or sepsis")),
    )


def _diseases(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        spinal, systemic = problem.row(SPINAL), problem.row(SYSTEMIC)
        if spinal is not None:
            yield problem.disease(_where(problem, spinal["spine"]), spinal["display"])
        if systemic is not None:
            yield problem.disease(KINDS[systemic["kind"]], systemic["display"])
        if spinal is None and systemic is None:
            of_place = next(_of_place(problem), None)
            yield from _by_wording(problem) if of_place is None else (of_place,)
        yield from _risks(problem)


def _of_place(problem: Problem) -> Iterator[Disease]:
    """Coded infections of the site or of an organ; a sequela is past."""
    for system, code in problem.keys:
        for kind, listed in (("site", _SITE_CODES), ("organ", _ORGAN_CODES)):
            shown = next((said for prefix, said in listed.items() if code.startswith(prefix)), None)
            if system == ICD_10_CM and shown is not None:
                sequela = kind == "site" and code.startswith("T") and code.endswith(_SEQUELA)
                yield problem.disease(kind, f"{shown} ({code})", active=problem.standing != "past" and not sequela)


def _risks(problem: Problem) -> Iterator[Disease]:
    """Intravenous drug use and immunosuppression, by code or words."""
    coded = next((code for system, code in problem.keys if _is_immune(system, code)), None)
    if coded is not None:
        yield problem.disease("immunosuppression", f"weakened immune defence ({coded})")
        return
    for kind, pattern in _RISKS if _ANY.search(problem.spoken) else ():
        match = spoken_of(pattern, problem.spoken)
        if match is not None:
            is_active = problem.standing != "past" and not _PAST.search(problem.spoken)
            yield problem.disease(kind, match.group(), active=is_active, by_wording=True)
            return


def _is_immune(system: str, code: str) -> bool:
    return system == ICD_10_CM and code.startswith(IMMUNE) and not code.startswith(CORNEA)


def _where(problem: Problem, spine: str) -> str:
    """A code that may mean another place is spinal where site or text names the spine, else systemic."""
    if spine == "yes":
        return "spinal"
    is_spinal = names_vertebra(problem.condition.body_site, problem.spoken) and not _INTRACRANIAL.search(problem.spoken)
    return "spinal" if is_spinal else "systemic"


def _by_wording(problem: Problem) -> Iterator[Disease]:
    if not _ANY.search(problem.spoken):
        return
    for kind, pattern in _NAMED:
        match = spoken_of(pattern, problem.spoken)
        if match is None or _INTRACRANIAL.search(problem.spoken):
            continue
        if kind == "osteomyelitis":
            if not names_vertebra(problem.condition.body_site, problem.spoken):
                continue
            kind = "spinal"
        if kind == "site" and _ANOTHER_PLACE.search(problem.spoken):
            continue
        if kind == "organ" and _NOT_NOW.search(problem.spoken):
            continue
        is_active = problem.standing != "past" and not _PAST.search(problem.spoken)
        yield problem.disease(kind, match.group(), active=is_active, by_wording=True)
        return


def _temperatures(source: Source) -> Iterator[Measurement]:
    for result in source.topic(VITAL, "kind", "temperature"):
        celsius = _celsius(result)
        if celsius is not None:
            yield result.measured(celsius, f"temperature {celsius:.1f} \u00b0C")


def _celsius(result: Observed) -> float | None:
    """Degrees Celsius; without a unit by the only scale on which a body can have that number."""
    found = number(result, ABOVE)
    if found is None:
        return None
    if unit_of(found, TEMPERATURE.measures) is Trouble.NONE:
        warm = found.value > BODY_C[1]
        value: object = FAHRENHEIT.unit.to(TEMPERATURE.unit, found.value) if warm else found.value
    else:
        value = TEMPERATURE.of(found)
    return value if isinstance(value, float) and BODY_C[0] <= value <= BODY_C[1] else None


def _markers(source: Source, analyte: str, scale: Scale, shown: str) -> Listing[Measurement]:
    results = source.topic(LAB, "analyte", analyte)
    read = ((result, scale.value(result, ABOVE)) for result in results)
    found = (result.measured(value, shown.format(value)) for result, value in read if value is not None and value >= 0)
    why = why_none(analyte.upper(), results, scale, ABOVE, none=NOT_DOCUMENTED)
    return source.documented(newest(tuple(found)), "observations", why=why)


def _cultures(source: Source) -> Iterator[Statement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "blood-culture":
            says = _grew(result)
            if says is not None:
                shown = f"blood culture {'positive' if says else 'negative'}"
                yield Statement(says, result.moment.when, result.evidence(shown))


def _grew(result: Observed) -> bool | None:
    """By the interpretation, else by the words of the value; a contaminant and anything else are neither."""
    holds = result.holds
    said = f"{words(holds.value_codeable_concept)}\n{holds.value_string or ''}".lower()[:LONGEST_RESULT]
    if _CONTAMINANT.search(said):
        return None
    flags = {(coding.code or "").strip().upper() for concept in holds.interpretation for coding in concept.coding}
    if flags & {"POS", "A", "AA", "DET"}:
        return True
    if flags & {"NEG", "N", "ND"}:
        return False
    if spoken_of(_GROWTH, said):
        return True
    return False if _NO_GROWTH.search(_NEGATIVE_BY_NAME.sub("", said)) else None


LONGEST_RESULT: Final = 2000
