"""That somebody looked at the patient: scores, the assessment form and visits, each by its day (CM-05).

Encounters are only retrieved while in progress, so a visit that is over shows here only when a client sends it.
"""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.facts.fact import Evidence
from cds_service.facts.model import Listing, Statement
from cds_service.facts.questionnaire import Answers
from cds_service.facts.source import Source, newest_first
from cds_service.fhir import resources as fhir
from cds_service.fhir.decoding import plain_code

SCORES = ("observation-pain", "observation-function")


def contacts(source: Source, answers: Answers) -> Listing[Statement]:
    """Every dated sign of a look at the patient, newest first."""
    return source.listing(newest_first(_contacts(source, answers)), "observations", "questionnaire", "encounter")


def _contacts(source: Source, answers: Answers) -> Iterator[Statement]:
    for set_id in SCORES:
        for result, _ in source.results(set_id):
            if result.moment.when is not None:
                yield Statement(True, result.moment.when, result.evidence("pain or function recorded"))
    if answers.given and answers.moment.when is not None:
        yield Statement(True, answers.moment.when, answers.evidence("assessment form answered"))
    for located in source.record.of(fhir.Encounter):
        visit = located.resource
        moment = source.start(visit.period)
        if plain_code(visit.status) == "finished" and moment.when is not None:
            yield Statement(True, moment.when, Evidence(located.reference, "visit", moment.date))
