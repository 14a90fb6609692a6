"""DE-22: neurological signs by code, else by wording, by what each may say alone; answered and observed ones; and the
retention volume.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.facts.coded import row
from cds_service.facts.model import Disease, Measurement, Neurology, Statement
from cds_service.facts.pain import newest
from cds_service.facts.pregnancy import yes_or_no
from cds_service.facts.quantities import ABOVE, Scale
from cds_service.facts.questionnaire import Answers
from cds_service.facts.source import Observed, Problem, Source, newest_first
from cds_service.facts.wording import any_pattern, either, spoken_of
from cds_service.fhir.codes import words
from cds_service.knowledge.value_set import Row

SET: Final = "neuro-red-flag"
KINDS: Final = {"definite": "definite", "supportive": "supportive", "never-alone": "weak"}
SEQUELA: Final = "S"
QUESTIONS: Final = {
    "new-weakness": "new weakness",
    "saddle-numbness": "saddle numbness",
    "bladder-bowel-change": "bladder or bowel change",
    "gait-worsening": "worsening gait",
}
_LEGS: Final = r"(?:legs?|lower (?:extremit(?:y|ies)|limbs?))"
_LOST: Final = r"(?:weakness|paralysis|paresis|plegia|numbness|deficits?)"
_NUMB: Final = r"(?:ana?esthesia|hyp(?:o|er)?a?esthesia|dysa?esthesia|para?esthesia|numbness|sensory (?:loss|deficit))"
_NAMED: Final = (
    (
        "definite",
        either(
            r"cauda equina (?:syndrome|compression|lesion|injury|dysfunction)",
            r"compression of (?:the )?cauda equina",
            r"conus medullaris (?:syndrome|compression)",
            rf"(?:saddle|perianal|perineal) (?:area )?{_NUMB}",
            rf"{_NUMB} (?:in|of) (?:the )?(?:saddle|perianal|perineal)(?: area| region)?",
            r"(?:spinal )?cord compression",
            r"compression of (?:the )?spinal cord",
            r"myelopathy",
            r"para(?:plegia|paresis)",
            rf"(?:bilateral|both) (?:\w+ )?{_LEGS} {_LOST}",
            rf"{_LOST} (?:of|in) both (?:\w+ )?{_LEGS}",
            rf"bilateral {_LOST} (?:of|in) (?:the )?{_LEGS}",
        ),
    ),
    (
        "supportive",
        either(
            r"urin(?:e|ary) retention",
            r"retention of urine",
            r"(?:urinary|urine|bladder|bowel|stool|f(?:a)?ecal) incontinence",
            r"incontinence of (?:urine|bladder|bowels?|stool|f(?:a)?eces)",
            r"(?:bladder|bowel|sphincter) dysfunction",
        ),
    ),
)
"""Signs as problems name them in words alone, under the same rules as the codes; weakness and gait that decide nothing
alone are left to their codes.
"""
_ANY: Final = any_pattern(pattern for _, pattern in _NAMED)
_PAST: Final = either(
    "history of", "h/o", "hx of", "previous", "prior", "s/p", "resolved", "past", "old", "sequelae? of"
)
_OTHERWISE: Final = {
    "definite": either("cervical", "spondylotic", "hereditary", "congenital", "cerebral palsy", "claudication"),
    "supportive": either("stress", "urge", "overactive", "nocturnal", "enuresis", r"prostat\w+", "bph", "chronic"),
}
"""Words beside a sign that give it another cause or place than the thoracic and lumbar spine."""
RESIDUAL: Final = re.compile(r"\bpost-? ?void(?:ing)? residual\b|\bresidual urine\b|\burine residual\b|\bpvr\b")
VOLUME: Final = Scale("volume", "mL")


def neurology(source: Source, answers: Answers) -> Neurology:
    """Signs on record. A definite finding that was observed is dated, so it counts as a statement, fresh or not."""
    seen = tuple(_seen(source))
    said = [each for link, shown in QUESTIONS.items() for each in answers.statement(link, shown)]
    return Neurology(
        signs=source.listing((*_problems(source), *_observed_signs(seen)), "conditions"),
        stated=source.documented(newest_first((*said, *_observed_definite(seen))), "questionnaire"),
        post_void_residual_ml=source.documented(newest(_residuals(source)), "observations"),
    )


def _problems(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        rows = problem.found.get(SET, ())
        if rows:
            strongest = min(rows, key=lambda each: tuple(KINDS).index(each["strength"]))
            is_active = problem.standing != "past" and strongest["seventh"] != SEQUELA
            yield problem.disease(KINDS[strongest["strength"]], strongest["display"], active=is_active)
        else:
            yield from _by_wording(problem)


def _by_wording(problem: Problem) -> Iterator[Disease]:
    for kind, pattern in _NAMED if _ANY.search(problem.spoken) else ():
        match = spoken_of(pattern, problem.spoken)
        if match is not None and not _OTHERWISE[kind].search(problem.spoken):
            is_active = problem.standing != "past" and not _PAST.search(problem.spoken)
            yield problem.disease(kind, match.group(), active=is_active, by_wording=True)
            return


Seen = tuple[Observed, Row, bool]


def _seen(source: Source) -> Iterator[Seen]:
    """Observations of a sign: as a finding in the value, or as a question with a yes or no."""
    for result in source.observed:
        finding = row(result.valued, SET)
        if finding is not None:
            yield result, finding, True
            continue
        asked = row(result.found, SET)
        if asked is not None:
            holds = result.holds
            says = holds.value_boolean
            if says is None:
                says = yes_or_no(f"{words(holds.value_codeable_concept)}\n{holds.value_string or ''}".lower())
            if says is not None:
                yield result, asked, says


def _observed_definite(seen: tuple[Seen, ...]) -> Iterator[Statement]:
    for result, sign, says in seen:
        if sign["strength"] == "definite":
            shown = sign["display"] if says else f"{sign['display']}: no"
            yield Statement(says, result.moment.when, result.evidence(shown))


def _observed_signs(seen: tuple[Seen, ...]) -> Iterator[Disease]:
    for result, sign, says in seen:
        if sign["strength"] != "definite" and says:
            evidence = result.evidence(sign["display"])
            yield Disease(KINDS[sign["strength"]], True, result.moment.when, result.moment.when, evidence)


def _residuals(source: Source) -> Iterator[Measurement]:
    """No verified code exists for the residual volume, so its name stands for it."""
    for result in source.observed:
        if not result.found and RESIDUAL.search(result.spoken):
            volume = VOLUME.value(result, ABOVE)
            if volume is not None and volume >= 0:
                yield result.measured(volume, f"post-void residual {volume:g} mL")
