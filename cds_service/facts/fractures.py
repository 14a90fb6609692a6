"""DE-02 to DE-04: coded vertebral fractures, their level and onset; how this one happened; kyphosis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
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
    r"f[ae]ll (?:on and )?(?:from|off) (?:a |the |his |her )?(?:height|roof|ladder|scaffold|tree|balcony|horse)\w*",
    r"f[ae]ll (?:of |from )?\d+ ?(?:m|meters?|metres?|feet|ft)",
    "hit by",
    "pedestrian struck",
)
_CAUSES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("fall from a height", re.compile(r"W1[1-5]|W17\.(?:[0134]|81)|X80|Y01|Y30")),
    (
        "transport accident",
        re.compile(
            r"V(?:0[2-5]|09\.[023]|1[2-5]|(?!28\.3|[3-7]8\.4)[2-7]\d|8[0-8]|89\.[02]|9[5-7])|X8[12]|Y0[23]|Y3[12]"
        ),
    ),
)
"""External causes in ICD-10-CM (CDC, 2026) that name high energy: falls from ladder, scaffold, building, tree, cliff or
dock, into a well, manhole or empty pool, down an embankment, from a high place; motor vehicles, railways, animal riders
and aircraft. Not falls of no said height (stairs, furniture, "one level to another"), bicycles alone, and boarding a
vehicle that did not collide.
"""
_LATE_EFFECT: Final = re.compile(r"\.\w{3}S")
"""7th character S: the sequela of an accident of the past."""
_LONG_AGO: Final = either("history", "h/o", "hx", "previous", "prior", "past", "old", "remote")
_NEAR: Final = timedelta(days=14)
"""An accident so many days from the onset of a fracture is taken for its cause (our own choice)."""


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
    """The answer, else what is noted of a fracture, an accident or an encounter; two that disagree settle nothing."""
    noted = _noted_mechanisms(source, answers)
    word = answers.word("mechanism")
    answered: Mechanism | None = (
        "low-energy" if word == "low-energy" else "high-energy" if word == "high-energy" else None
    )
    if word == "none":
        answered = "none"
    told: tuple[tuple[Mechanism, Evidence], ...] = noted
    if answered is not None:
        told = ((answered, answers.evidence(f"mechanism: {answered}")), *noted)
    if not told:
        return no_fact("mechanism not documented")
    if {"high-energy"} < {mechanism for mechanism, _ in told}:
        return no_fact("two accounts of the mechanism disagree", *(seen for _, seen in told))
    mechanism, seen = told[0]
    return fact(mechanism, seen)


def _noted_mechanisms(source: Source, answers: Answers) -> tuple[tuple[Mechanism, Evidence], ...]:
    """What is noted of each energy, where it was found first."""
    found: dict[Mechanism, Evidence] = {}
    for evidence, text in _told(source):
        if spoken_of(_HIGH_ENERGY, text):
            found.setdefault("high-energy", _by_wording("high-energy", evidence))
        if spoken_of(_LOW_ENERGY, text):
            found.setdefault("low-energy", _by_wording("low-energy", evidence))
    accident = next(_accidents(source, answers), None)
    if accident is not None:
        found.setdefault("high-energy", accident)
    return tuple(found.items())


def _by_wording(mechanism: Mechanism, evidence: Evidence) -> Evidence:
    return Evidence(evidence.reference, f"mechanism: {mechanism} (by its wording)", evidence.date)


def _accidents(source: Source, answers: Answers) -> Iterator[Evidence]:
    """ET-05: high-energy accidents on the problem list, by an external cause code or their words (a caution: decision
    15), of the days or of the encounter in which a fracture began.
    """
    began, encounters = _beginnings(source, answers)
    for problem in source.problems:
        named = None if problem.standing == "past" or _hurts(problem) else _accident(problem)
        when = problem.onset or problem.recorded
        fits = _encounter(problem) in encounters if when is None else any(_near(when, day) for day in began)
        if named is not None and fits:
            yield problem.evidence(named)


def _beginnings(source: Source, answers: Answers) -> tuple[tuple[DateRange, ...], frozenset[str]]:
    """The days on which fractures on the problem list began, else the newest pain, else today; their encounters."""
    hurt = [each for each in source.problems if each.standing != "past" and _hurts(each)]
    fractured = [each for each in hurt if any(row["role"] != "history" for row in each.found.get(SET, ()))]
    coded = [day for each in fractured if (day := each.onset or each.recorded) is not None]
    pain = [day for each in hurt if (day := each.onset) is not None]
    stated = answers.date("symptom-onset-date", source)
    newest = max([*pain, *([stated] if stated is not None else [])], key=lambda day: day.last, default=None)
    today = DateRange(source.as_of, source.as_of)
    return tuple(coded) or (newest or today,), frozenset(map(_encounter, fractured)) - {""}


def _encounter(problem: Problem) -> str:
    named = problem.condition.encounter
    return (named.reference or "").strip() if named is not None else ""


def _hurts(problem: Problem) -> bool:
    return SET in problem.found or "back-pain-symptom" in problem.found


def _accident(problem: Problem) -> str | None:
    """What the evidence says of the accident that a problem names; None when it names none of high energy."""
    codes = [code for system, code in problem.keys if system == ICD_10_CM and not _LATE_EFFECT.search(code)]
    coded = next((shown for shown, pattern in _CAUSES if any(map(pattern.match, codes))), None)
    if coded is not None:
        return f"mechanism: high-energy ({coded})"
    is_late = any(_LATE_EFFECT.search(code) for _, code in problem.keys) or _LONG_AGO.search(problem.spoken)
    if is_late or not spoken_of(_HIGH_ENERGY, problem.spoken):
        return None
    return "mechanism: high-energy (by its wording)"


def _near(one: DateRange, other: DateRange) -> bool:
    """Whether either end of a day range lies so near another one."""
    return any(other.first - end <= _NEAR and end - other.last <= _NEAR for end in (one.first, one.last))


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
