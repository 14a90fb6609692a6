"""DE-01: pregnancy, as a diagnosis, a test, a status, or an answer that it is possible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cds_service.facts.coded import row
from cds_service.facts.model import Disease, Pregnancy, Statement
from cds_service.facts.quantities import Scale, Trouble
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Observed, Problem, Source, newest_first
from cds_service.facts.wording import spoken_of
from cds_service.fhir.codes import words
from cds_service.knowledge.thresholds import load_threshold_entries

SET: Final = "pregnancy"
LAB: Final = "observation-lab"
CODE_DAYS: Final = load_threshold_entries()["pregnancy_code_days"].value
"""An older code is not a pregnancy (CX-03)."""

HCG: Final = Scale("chorionic-gonadotropin", "[IU]/L")
HCG_NEGATIVE_BELOW: Final = 5
HCG_POSITIVE_FROM: Final = 25
"""IU/L; between them a test is repeated. General knowledge, not verified (tag GK)."""

_NEGATIVE: Final = re.compile(r"\bneg(?:ative)?\b|\bnot (?:detected|pregnant|present)\b|\babsent\b|\bno\b")
_POSITIVE: Final = re.compile(r"\bpos(?:itive)?\b|\bdetected\b|\bpresent\b|\bpregnant\b|\byes\b")
_DOUBT: Final = re.compile(r"\bpossibl|\bunknown\b|\bindeterminate\b|\bequivocal\b|\bunsure\b|\buncertain\b")
_NAMED: Final = re.compile(r"\bpregnan(?:t|cy)\b|\bgravid\b")
_NOT_NOW: Final = re.compile(
    r"\bhistory\b|\bh/o\b|\bpost-?partum\b|\bplanning\b|\bdesire|\bcontracept|\bfalse\b|\bpseudo|\btest\b"
)


def pregnancy(source: Source, answers: Answers) -> Pregnancy:
    """What the record says of a pregnancy."""
    return Pregnancy(
        diagnoses=source.listing(_diagnoses(source), "conditions"),
        tests=stated(source, newest_first((*_tests(source), *_coded_tests(source))), "observations"),
        statuses=stated(source, newest_first(_statuses(source)), "observations"),
        possible=stated(source, answers.statement("pregnancy-possible", "pregnancy possible")),
    )


def _diagnoses(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        listed = problem.row(SET)
        if listed is not None:
            if listed["kind"] not in ("gravida", "test-positive"):
                yield problem.disease(
                    "pregnancy", listed["display"], active=problem.standing != "past" and _recent(problem, source)
                )
        elif spoken_of(_NAMED, problem.spoken) and not _NOT_NOW.search(problem.spoken):
            is_active = problem.standing != "past" and _recent(problem, source)
            yield problem.disease("pregnancy", "pregnancy", active=is_active, by_wording=True)


def _recent(problem: Problem, source: Source) -> bool:
    """Not older than a pregnancy lasts; an undated one counts."""
    began = problem.onset or problem.recorded
    return began is None or began.last >= source.as_of - timedelta(days=CODE_DAYS)


def _coded_tests(source: Source) -> Iterator[Statement]:
    for problem in source.problems:
        listed = problem.row(SET)
        if listed is not None and listed["kind"] == "test-positive":
            yield Statement(True, problem.onset or problem.recorded, problem.evidence(listed["display"]))


def _tests(source: Source) -> Iterator[Statement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "hcg":
            says = _says(result) if listed["result"] == "presence" else _amount(result)
            if says is not None:
                shown = f"hCG {'positive' if says else 'negative'}"
                yield Statement(says, result.moment.when, result.evidence(shown))


def _statuses(source: Source) -> Iterator[Statement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "pregnancy-status":
            says = _says(result)
            if says is not None:
                yield Statement(says, result.moment.when, result.evidence("pregnant" if says else "not pregnant"))


def _says(result: Observed) -> bool | None:
    """Positive, negative, or neither: by the coded value, its words, a boolean, or the interpretation."""
    holds = result.holds
    if holds.value_boolean is not None:
        return holds.value_boolean
    coded = row(result.valued, SET)
    if coded is not None:
        return coded["kind"] != "gravida" or None
    return yes_or_no(
        f"{words(holds.value_codeable_concept)}\n{holds.value_string or ''}\n{words(holds.interpretation)}".lower()
    )


def yes_or_no(text: str) -> bool | None:
    """Whether lower-case words of a test result mean positive; doubt is neither."""
    if _DOUBT.search(text):
        return None
    if _NEGATIVE.search(text):
        return False
    return True if _POSITIVE.search(text) else None


def _amount(result: Observed) -> bool | None:
    amount = HCG.read(result, ("<", "<="))
    if amount is None:
        return _says(result)
    if isinstance(amount, Trouble):
        return None
    if amount <= HCG_NEGATIVE_BELOW:
        return False
    return (
        True
        if amount >= HCG_POSITIVE_FROM and result.holds.value_quantity is not None and not _capped(result)
        else None
    )


def _capped(result: Observed) -> bool:
    quantity = result.holds.value_quantity
    return quantity is not None and bool(quantity.comparator)
