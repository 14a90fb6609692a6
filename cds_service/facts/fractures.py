"""DE-02 to DE-04: coded vertebral fractures, their level and onset; how this one happened; kyphosis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from cds_service.facts.fact import Evidence, Fact, fact, no_fact
from cds_service.facts.levels import levels_in, levels_of, names_vertebra
from cds_service.facts.model import DateRange, Disease, FractureDiagnosis, Fractures, Level, Statement
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Problem, Source, cut
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.knowledge.systems import ICD_10_CM, SNOMED
from cds_service.knowledge.value_set import Row

SET: Final = "vcf-diagnosis"
Role = Literal["core", "broad", "trauma", "neoplastic", "needs-site", "history"]
Mechanism = Literal["low-energy", "high-energy", "none"]

BY_WEIGHT: Final[tuple[Role, ...]] = ("history", "neoplastic", "trauma", "core", "broad", "needs-site")
"""Of the roles that several codings of one problem have, the one that says most."""

NOT_CURRENT: Final = frozenset({"P", "S"})
"""7th characters malunion and sequela: no current fracture (`terminology.md` section 5)."""

KYPHOSIS: Final = {
    (ICD_10_CM, "M40.14"): "Other secondary kyphosis, thoracic region",
    (ICD_10_CM, "M40.15"): "Other secondary kyphosis, thoracolumbar region",
    (ICD_10_CM, "M40.205"): "Unspecified kyphosis, thoracolumbar region",
    (ICD_10_CM, "M40.295"): "Other kyphosis, thoracolumbar region",
    (ICD_10_CM, "M40.204"): "Unspecified kyphosis, thoracic region",
    (ICD_10_CM, "M40.294"): "Other kyphosis, thoracic region",
    (SNOMED, "414564002"): "Kyphosis deformity of spine (disorder)",
    (SNOMED, "413428007"): "Acquired kyphosis (disorder)",
    (SNOMED, "203657009"): "Osteoporotic kyphosis (disorder)",
}
"""Diagnoses of a kyphotic deformity (DE-09), not the postural one. CDC ICD-10-CM 2026; SNOMED CT Global Patient Set."""

_LOW_ENERGY: Final = either(
    "minimal trauma",
    "low[- ](?:energy|velocity|impact)",
    "ground[- ]level fall",
    "f[ae]ll(?:ing|en)? from standing",
    r"(?:after|while|when|following) (?:a )?(?:sneez|cough|lift|bend)\w*",
    "fragility",
    "mechanical fall",
)
_HIGH_ENERGY: Final = either(
    "high[- ](?:energy|velocity|impact)",
    "motor (?:vehicle|cycle)",
    "motorcycle",
    "mvc",
    "mva",
    "car (?:crash|accident)",
    r"f[ae]ll (?:from|off) (?:a |the |his |her )?(?:height|roof|ladder|scaffold|tree|balcony|horse)\w*",
    r"f[ae]ll (?:of |from )?\d+ ?(?:m|meters?|metres?|feet|ft)",
    "hit by",
    "pedestrian struck",
)


def fractures(source: Source, answers: Answers) -> Fractures:
    """Coded fractures; a problem of words alone is none (decision 15)."""
    return Fractures(
        diagnoses=source.listing(_diagnoses(source), "conditions"),
        stated_onset=_stated_onset(source, answers),
        mechanism=_mechanism(source, answers),
        kyphosis_diagnoses=source.documented(_kyphoses(source), "conditions"),
        kyphosis_stated=stated(source, _kyphosis_stated(answers)),
    )


def _diagnoses(source: Source) -> Iterator[FractureDiagnosis]:
    for problem in source.problems:
        rows = problem.found.get(SET, ())
        if rows and not any(row["role"] == "excluded" for row in rows):
            yield from _of_problem(problem, rows)


def _of_problem(problem: Problem, rows: tuple[Row, ...]) -> Iterator[FractureDiagnosis]:
    sites = problem.condition.body_site
    if all(row["needs_site"] == "yes" for row in rows) and not _is_vertebral(problem):
        return
    role = next((role for role in BY_WEIGHT if any(row["role"] == role for row in rows)), None)
    if role is None:
        return
    is_past = problem.standing == "past" or role == "history" or any(row["seventh"] in NOT_CURRENT for row in rows)
    standing: Literal["current", "suspected", "past"] = "past" if is_past else problem.standing
    shown = next((row["display"] for row in rows if row["role"] == role), rows[0]["display"])
    for levels in named_levels(levels_of(sites), levels_in(problem.spoken), rows):
        evidence = Evidence(problem.located.reference, cut(_with_level(shown, levels)), problem.date)
        hurt = any(row["etiology"] == "traumatic" for row in rows)
        yield FractureDiagnosis(evidence, role, standing, levels, problem.onset, problem.recorded, hurt)


def _is_vertebral(problem: Problem) -> bool:
    return names_vertebra(problem.condition.body_site, problem.spoken)


def named_levels(
    at_site: tuple[Level, ...], in_words: tuple[Level, ...], rows: tuple[Row, ...]
) -> tuple[tuple[Level, ...], ...]:
    """One entry for each level that site or words name; else one with what the code names (a level, a pair, none).

    A code that names its levels and words that name others leave it open which is meant.
    """
    coded = next(
        (
            tuple(row["levels"].split())
            for row in sorted(rows, key=lambda row: len(row["levels"]) or 99)
            if row["levels"]
        ),
        (),
    )
    named = at_site or in_words
    if not named:
        return (coded,)
    if coded and not set(named) & set(coded):
        return ((*coded, *named),)
    return tuple((level,) for level in named)


def _with_level(shown: str, levels: tuple[Level, ...]) -> str:
    return f"{' or '.join(levels)}: {shown}" if levels else shown


def _stated_onset(source: Source, answers: Answers) -> Fact[DateRange]:
    onset = answers.date("symptom-onset-date", source)
    return no_fact() if onset is None else fact(onset, answers.evidence(f"onset {onset}"))


def _mechanism(source: Source, answers: Answers) -> Fact[Mechanism]:
    """The answer, else what notes of a fracture and the reasons of encounters say; two that disagree settle nothing."""
    noted, seen = _noted_mechanism(source)
    word = answers.word("mechanism")
    answered: Mechanism | None = (
        "low-energy" if word == "low-energy" else "high-energy" if word == "high-energy" else None
    )
    if word == "none":
        answered = "none"
    if answered is None:
        return no_fact("mechanism not documented") if noted is None or seen is None else fact(noted, seen)
    said = answers.evidence(f"mechanism: {answered}")
    if noted is not None and seen is not None and "high-energy" in (noted, answered) and noted != answered:
        return no_fact("the answered and the noted mechanism disagree", said, seen)
    return fact(answered, said)


def _noted_mechanism(source: Source) -> tuple[Mechanism | None, Evidence | None]:
    found: dict[Mechanism, Evidence] = {}
    for evidence, text in _told(source):
        if spoken_of(_HIGH_ENERGY, text):
            found.setdefault("high-energy", evidence)
        if spoken_of(_LOW_ENERGY, text):
            found.setdefault("low-energy", evidence)
    if len(found) != 1:
        return None, None
    ((mechanism, evidence),) = found.items()
    return mechanism, Evidence(evidence.reference, f"mechanism: {mechanism} (by its wording)", evidence.date)


def _told(source: Source) -> Iterator[tuple[Evidence, str]]:
    """Where a mechanism is told: notes of current fractures, and reasons of encounters in progress."""
    for problem in source.problems:
        if problem.standing == "current" and (SET in problem.found or "back-pain-symptom" in problem.found):
            notes = "\n".join(note.text or "" for note in problem.condition.note)[:LONGEST_NOTE]
            yield problem.evidence(""), f"{problem.spoken}\n{notes.lower()}"
    for located in source.record.of(fhir.Encounter):
        if plain_code(located.resource.status) == "in-progress":
            yield Evidence(located.reference, ""), words(located.resource.reason_code).lower()


LONGEST_NOTE: Final = 4000


def _kyphoses(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        shown = next((KYPHOSIS[key] for key in problem.keys if key in KYPHOSIS), None)
        if shown is not None and problem.standing == "current":
            yield problem.disease("kyphosis", shown)


def _kyphosis_stated(answers: Answers) -> tuple[Statement, ...]:
    return answers.statement("kyphotic-deformity", "kyphotic deformity")
