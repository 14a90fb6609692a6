"""DE-11, DE-12, DE-14: pain scores on 0 to 10, the stated course, back pain as a problem, signs in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final, Literal, get_args

from cds_service.facts.coded import find, row
from cds_service.facts.fact import Fact, fact, no_fact
from cds_service.facts.levels import BODY_SITE
from cds_service.facts.model import Disease, Measurement, Pain
from cds_service.facts.quantities import UNITY, Number, Scale, Trouble, number, unit_of
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Observed, Problem, Source
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir.codes import words
from cds_service.knowledge.systems import ICD_10_CM
from cds_service.knowledge.units import Unit

SCORES: Final = "observation-pain"
BACK_PAIN: Final = "back-pain-symptom"
COGNITION: Final = "cognitive-impairment"
HIGHEST: Final = 10
Trend = Literal["worsening", "stable", "improving"]

RETIRED: Final = {(ICD_10_CM, "M54.5"): "Low back pain"}
"""Split into M54.50 to M54.59 in October 2021; problem lists keep the old code."""

SCALE: Final = Scale("pain-score", "{score}", bare=True)
"""Of 0 to 10; a scale of 0 to 100 is brought to it."""

_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")

_COGNITION: Final = either(r"dementia", r"alzheimer\w*", "delirium", r"cognitive (?:impairment|deficit)s?")
_MILD: Final = either("mild cognitive", "at risk (?:of|for)", "screening", "family history", "rule out")
OF_A_NERVE_ROOT: Final = ("M51.1", "M51.2", "M54.14", "M54.15", "M54.16", "M54.17", "M54.3", "M54.4")
"""ICD-10-CM: disc disorders with radiculopathy and displaced discs below the neck, radiculopathy there, sciatica."""
_NERVE_ROOT: Final = either(
    r"(?:disc|disk|nucleus pulposus) (?:herniation|prolapse|protrusion|extrusion)",
    r"(?:herniated|prolapsed|slipped|ruptured) (?:(?:lumbar|thoracic|intervertebral) )?(?:disc|disk)",
    "(?:lumbar|lumbosacral|thoracic|thoracolumbar) radiculopathy",
    "sciatica",
)
_BACK: Final = re.compile(
    r"\bback\b|\bspin(?:e|al)\b|\bvertebra|\blumbar\b|\bthora|\btrunk\b|\bflank\b|\bgenerali[sz]ed\b|\bwhole body\b",
    re.I,
)
_WORSE: Final = (
    r"(?:worse|worsen\w*|aggravated|exacerbated|increase[sd]?|pain) (?:\w+ ){0,2}?(?:with|on|by|during|when|while) "
)
SIGNS: Final[dict[str, re.Pattern[str]]] = {
    "relief-with-rest": either(
        r"(?:relie\w+|better|improve[sd]?|eased?|alleviated)[^.;\n]{1,25}\b(?:rest(?:ing)?|lying|recumben\w+|supine)",
        "relief (?:with|at|on) rest",
    ),
    "pain-with-activity": either(
        _WORSE + r"(?:\w+ ){0,2}?(?:activity|movement|moving|walking|exertion|lifting|bending)"
    ),
    "worse-with-position": either(
        _WORSE + r"(?:\w+ ){0,3}?(?:standing|sitting up|position\w*|rising|getting up|turning|change of position)"
    ),
    "midline-pain": either(
        r"mid-?line (?:\w+ ){0,3}?(?:pain|tender\w*)", r"(?:pain|tender\w*) (?:\w+ ){0,2}?(?:in|at|over) the mid-?line"
    ),
}
"""Signs of RAND's list (FX-03) as problems and their notes word them."""


def pain(source: Source, answers: Answers) -> Pain:
    """Scores newest first; an empty list is never "no pain" (decision 1)."""
    asked = tuple(answers.measurement("pain-nrs", SCALE, HIGHEST, "pain {}/10 (questionnaire)"))
    observed = tuple(_observed(source))
    scores = newest((*(score for score, _ in observed), *asked))
    of_back = newest((*(score for score, is_back in observed if is_back), *asked))
    trend = answers.word("pain-trend")
    return Pain(
        scores=source.documented(scores, "observations", why="no pain score documented"),
        back_scores=source.documented(of_back, "observations", why="no pain score of the back documented"),
        stated_trend=_trend(trend, answers),
        at_fracture_level=stated(source, answers.statement("pain-at-fracture-level", "pain at the fracture's level")),
        back_pain=source.listing(_back_pain(source), "conditions"),
        signs=source.documented(_signs(source), "conditions"),
        unreliable=source.listing(_unreliable(source), "conditions"),
        other_source=source.listing(_other_source(source), "conditions"),
    )


def newest(found: Iterator[Measurement] | tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    """Measurements by day and instant, newest first, the undated last."""

    def age(each: Measurement) -> tuple[date, datetime]:
        return (each.when.last if each.when else date.min, each.at or datetime.min.replace(tzinfo=UTC))

    return tuple(sorted(found, key=age, reverse=True))


def _trend(word: str, answers: Answers) -> Fact[Trend]:
    trend: Trend | None = next((each for each in get_args(Trend) if each == word), None)
    return no_fact() if trend is None else fact(trend, answers.evidence(f"pain {trend}"))


def _observed(source: Source) -> Iterator[tuple[Measurement, bool]]:
    """Each observed score of the back or of no named place, and whether it names the back."""
    for result, listed in source.results(SCORES):
        if listed["use"] == "score" and not elsewhere(result):
            score = out_of_ten(result)
            if score is not None:
                evidence = result.evidence(f"pain {score:.2g}/10")
                yield Measurement(score, result.moment.when, result.moment.at, evidence), _of_back(result)


def out_of_ten(result: Observed) -> float | None:
    """The score on 0 to 10: millimetres and hundredths by ten; beyond 10 without such a unit nothing (DE-11)."""
    found = number(result)
    if found is None:
        return None
    read = found.value if names_no_unit(found) else SCALE.of(found)
    return read if isinstance(read, float) and 0 <= read <= HIGHEST else None


def names_no_unit(found: Number) -> bool:
    """Whether it is a number alone, or with an annotation in braces, any of which is of 10 unless it says of 100."""
    said = (found.code or found.unit).replace(" ", "")
    named = unit_of(found, SCALE.measures)
    if isinstance(named, Unit):
        return named.size == 1 and (said == UNITY or _ANNOTATION.fullmatch(said) is not None)
    return named is Trouble.NONE or (named is Trouble.UNKNOWN and _ANNOTATION.fullmatch(said) is not None)


def elsewhere(result: Observed) -> bool:
    """Pain of a place that is not the back: flowsheets record any pain under one code."""
    site = result.whole.body_site
    if site is None or row(find(site), BODY_SITE) is not None:
        return False
    said = words(site)
    return bool(said) and not _BACK.search(said)


def _of_back(result: Observed) -> bool:
    """Whether the score's own site is the back (``elsewhere`` has sorted out any other)."""
    site = result.whole.body_site
    return site is not None and (row(find(site), BODY_SITE) is not None or bool(words(site)))


def _back_pain(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        listed = next((each for each in problem.found.get(BACK_PAIN, ()) if each["spine"] == "yes"), None)
        old = next((RETIRED[key] for key in problem.keys if key in RETIRED), None)
        shown = listed["display"] if listed is not None else old
        if shown is not None and problem.standing != "suspected":
            yield problem.disease("back-pain", shown)


def _signs(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        if problem.standing == "current":
            text = _told(problem)
            for kind, pattern in SIGNS.items():
                if spoken_of(pattern, text):
                    yield problem.disease(kind, kind.replace("-", " "), by_wording=True)


def _unreliable(source: Source) -> Iterator[Disease]:
    """By code, else by wording: a caution, never a permission (decision 15)."""
    for problem in source.problems:
        if problem.standing == "past":
            continue
        listed = next(iter(problem.found.get(COGNITION, ())), None)
        if listed is not None:
            yield problem.disease(listed["kind"], listed["display"])
        elif spoken_of(_COGNITION, problem.spoken) and not _MILD.search(problem.spoken):
            yield problem.disease("dementia", "cognitive impairment", by_wording=True)


def _other_source(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        if problem.standing != "current":
            continue
        coded = any(system == ICD_10_CM and code.startswith(OF_A_NERVE_ROOT) for system, code in problem.keys)
        if coded or spoken_of(_NERVE_ROOT, problem.spoken):
            yield problem.disease("disc-or-root", problem.spoken.splitlines()[0] if problem.spoken else "disc or root")


def _told(problem: Problem) -> str:
    """A problem's words; of back pain and vertebral fractures their notes too."""
    if BACK_PAIN not in problem.found and "vcf-diagnosis" not in problem.found:
        return problem.spoken
    notes = "\n".join(note.text or "" for note in problem.condition.note)
    return f"{problem.spoken}\n{notes[:LONGEST_NOTE].lower()}"


LONGEST_NOTE: Final = 4000
