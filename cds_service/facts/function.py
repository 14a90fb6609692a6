"""DE-13: the Roland-Morris score and whether pain keeps the patient from daily life or walking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.facts.coded import row
from cds_service.facts.model import Function, Measurement, Statement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import Scale
from cds_service.facts.questionnaire import Answers
from cds_service.facts.source import Source, newest_first
from cds_service.knowledge.value_set import Row

RDQ: Final = re.compile(r"\broland\b.{0,5}\bmorris\b|\brm?dq\b")
"""No verified code exists for the Roland-Morris score, so its name stands for it."""
RDQ_HIGHEST: Final = 24
TOTAL: Final = Scale("questionnaire-score", "{score}", bare=True)
FINDINGS: Final = "observation-function"
IMMOBILITY: Final = "conservative-therapy"
CONFINED: Final = "Z74.01"


def function(source: Source, answers: Answers) -> Function:
    """Scores and statements, newest first."""
    return Function(
        rdq=source.documented(newest(_rdq(source, answers)), "observations", "questionnaire", why="no RDQ documented"),
        incapacitated=source.documented(newest_first(_incapacitated(source, answers)), "questionnaire", "conditions"),
    )


def _rdq(source: Source, answers: Answers) -> Iterator[Measurement]:
    for result in source.observed:
        if not result.found and RDQ.search(result.spoken):
            score = TOTAL.value(result)
            if score is not None and 0 <= score <= RDQ_HIGHEST:
                yield result.measured(score, f"RDQ {score:g}/24")
    yield from answers.measurement("rdq-total", TOTAL, RDQ_HIGHEST, "RDQ {}/24 (questionnaire)")


def _incapacitated(source: Source, answers: Answers) -> Iterator[Statement]:
    yield from answers.statement("incapacitated", "cannot do daily activities or walk")
    for problem in source.problems:
        shown = _finding(problem.found.get(FINDINGS, ()), problem.found.get(IMMOBILITY, ()))
        if shown and problem.standing == "current":
            yield Statement(True, problem.recorded or problem.onset, problem.evidence(shown))
    for result in source.observed:
        value = result.valued
        shown = _finding(value.get(FINDINGS, ()), value.get(IMMOBILITY, ()))
        if shown:
            yield Statement(True, result.moment.when, result.evidence(shown))
            continue
        own = row(result.found, FINDINGS)
        says = result.holds.value_boolean
        if own is not None and own["use"] == "incapacity" and says is not None:
            yield Statement(says, result.moment.when, result.evidence(f"{own['display']}: {'yes' if says else 'no'}"))


def _finding(function_rows: tuple[Row, ...], immobility_rows: tuple[Row, ...]) -> str | None:
    found = next((each["display"] for each in function_rows if each["use"] == "incapacity"), None)
    return found or next((each["display"] for each in immobility_rows if each["code"] == CONFINED), None)
