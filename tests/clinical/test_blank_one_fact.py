"""Blank one fact (design section 9, decision 2): what nobody documented may make an answer unknown, never turn it.

For every vignette each list, each single value and each attribute of a report is made unknown in turn, and every
recommendation is judged again at every level:

- the answer stays, or becomes "cannot tell";
- it may turn to "applies" where an excluding clause that held is now unknown, and then that clause is among those
  that the card lists as "not documented, verify";
- a level that only the blanked fact named is no longer judged;
- `augmentation-missing-data` speaks of missing data, and `conflicting-data` of two entries that are there, so they are
  free;
- a reason for a specialist's review that is a line of the referral card speaks where that card no longer does;
- what the decision table itself says of missing data, and what a resolved disagreement changes, is in `STATED`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from cds_service.criteria.criterion import Outcome
from cds_service.recommendations.merge import Evaluation
from cds_service.recommendations.recommendation import Judgement
from tests.clinical.blanking import without_one_fact
from tests.clinical.builder import VARIANTS, Variant, as_of, build, load_vignettes
from tests.clinical.running import evaluated, facts_of
from tests.shares import share, wants_all

pytestmark = pytest.mark.xdist_group("blank-one-fact")
"""One process for all of it: the last test reads what the first ones found."""
VIGNETTES = load_vignettes()
ABOUT_MISSING_DATA = "augmentation-missing-data"
ABOUT_PAIRS = "conflicting-data"
FREE = frozenset({ABOUT_MISSING_DATA, ABOUT_PAIRS})
FORM = next(variant for variant in VARIANTS if variant.name == "assessment-form")

IN_THE_FORM = ("1", "2", "3", "16", "21", "28", "33", "nrs-5-incapacity", "care-physiotherapy")
"""Vignettes of which every part is blanked once more where the assessment form says it."""

Key = tuple[str, str | None]
Turn = tuple[str, str]

LITERAL: Mapping[Turn, str] = {
    ("conservative-care", "conservative.given"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "conservative.analgesic_days"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "conservative.brace_days"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "conservative.physiotherapy_days"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "conservative.brace_refused"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "conservative.failed"): 'CM-01: "VA-07 not_met/unknown"',
    ("conservative-care", "fractures.diagnoses"): 'CM-01: "D <= 84 or unknown"',
    ("conservative-care", "pain.scores"): 'CM-07: "a missing score makes VA-06 unknown, not VA-07"; D1 "symptomatic"',
    ("mri-without-contrast", "fractures.diagnoses"): 'D1, "new": "or onset unknown and no report calls it chronic"',
    ("mri-without-contrast", "pain.scores"): 'D1, "symptomatic": "unless pain is documented 0"',
    ("augmentation-contraindicated", "pregnancy.tests"): "decision 2: possible pregnancy acts on an augmentation draft",
    ("augmentation-contraindicated", "pregnancy.statuses"): "decision 2: possible pregnancy acts on a draft",
    ("augmentation-contraindicated", "pregnancy.possible"): "decision 2: possible pregnancy acts on a draft",
    (
        "augmentation-referral",
        "pregnancy.tests",
    ): "DE-01: above 55 none is implied where none is documented",
    ("neurological-emergency", "fractures.diagnoses"): 'RF-01: "not before the fracture\'s" acts only when documented',
    ("unstable-fracture", "fractures.diagnoses"): 'D1, "new": "or onset unknown and no report calls it chronic"',
    ("malignant-fracture", "finding.acuity"): 'D1, "new": "no report calls it chronic"',
    ("retropulsion-surgical-opinion", "finding.acuity"): 'D1, "new": "no report calls it chronic"',
    ("malignant-fracture", "imaging.studies"): 'ET-02: "until report says benign"',
    ("malignant-fracture", "finding.etiology"): 'ET-02: "until report says benign"',
    ("mri-with-contrast", "finding.etiology"): 'ET-02: "until report says benign"',
    ("augmentation-referral", "imaging.studies"): 'ET-02: "until report says benign"',
    ("augmentation-referral", "finding.etiology"): 'ET-02: "until report says benign"; ET-08 is what a report names',
    ("specialist-review", "finding.retropulsion"): "C-03: a defect of the wall alone; retropulsion acts when reported",
    ("specialist-review", "patient.male"): "decision 2: possible pregnancy acts where the sex is known",
    ("augmentation-contraindicated", "malignancy.myeloma"): "LV-04: the limit is lifted for myeloma on record",
    ("imaging-caution", "pregnancy.tests"): 'IM-08, OC-14: "pregnancy possible" acts until a test excludes it',
}
"""The decision table names the missing datum itself and says what then holds."""

DISAGREEMENTS: Mapping[Turn, str] = {
    ("augmentation-referral", "conservative.failed"): "CM-07: a score of 5 or more against a stated success",
    ("augmentation-referral", "fractures.stated_onset"): "AC-01: two documented onsets that disagree",
    ("augmentation-referral", "pain.scores"): "CM-07: a score of 5 or more against a stated success",
    ("augmentation-referral", "fractures.diagnoses"): "CF-04: coded, but denied by the newest report",
    **{
        (topic, "fractures.diagnoses"): "CF-04: coded, but denied by the newest report; AC-01: two onsets that disagree"
        for topic in (
            "augmentation-criteria-not-met",
            "secondary-cause-workup",
            "retropulsion-surgical-opinion",
            "mri-with-contrast",
            "specialist-review",
        )
    },
    ("augmentation-referral", "pain.stated_trend"): "DE-12: the scores against the stated course",
    ("augmentation-referral", "conservative.given"): "CM-07: days on record against the days answered",
    ("augmentation-referral", "conservative.analgesic_days"): "CM-07: days on record against the days answered",
    ("augmentation-referral", "fractures.mechanism"): "ET-05: noted against answered",
    ("augmentation-referral", "fractures.kyphosis_stated"): "DE-09: on record against answered",
    ("augmentation-referral", "patient.male"): "CF-06: a pregnancy on record against the sex",
    ("augmentation-contraindicated", "patient.male"): "CF-06: a pregnancy on record against the sex",
    ("augmentation-referral", "bone_health.diseases"): "decision 11: osteogenesis imperfecta acts only when documented",
    ("augmentation-referral", "pain.unreliable"): "SP-10: dementia puts a score in doubt only when documented",
    ("conservative-care", "pain.unreliable"): "SP-10: dementia puts a score in doubt only when documented",
}
"""Two sources disagreed, and one of them is gone (the last one: a cause looked for, like those of decision 2)."""

STATED = {**LITERAL, **DISAGREEMENTS}

OTHERWISE: Mapping[str, str] = {"specialist-review": "augmentation-referral"}
"""Decision 2, CX-12: what is a line of the second card is a reason for the first where the second does not apply."""


def outcomes(evaluation: Evaluation) -> dict[Key, Judgement]:
    """Every judgement by recommendation and level."""
    return {(j.recommendation.id, j.judgement.label): j.judgement for j in evaluation.judged}


def turned(before: Evaluation, after: Evaluation) -> Iterator[tuple[Key, Judgement, Judgement]]:
    """The judgements that no longer say the same, at levels judged both times."""
    now = outcomes(after)
    for key, judgement in outcomes(before).items():
        if key in now and now[key].outcome not in (judgement.outcome, Outcome.CANNOT_TELL):
            yield key, judgement, now[key]


def listed_to_verify(before: Judgement, after: Judgement) -> bool:
    """Whether it turned to "applies" because excluding clauses that held are now listed "not documented, verify"."""
    held = {(c.label, c.rule) for c in before.criteria.present}
    return after.outcome is Outcome.APPLIES and bool(held & {(c.label, c.rule) for c in after.criteria.verify})


def withdrawn(topic: str, level: str | None, before: Evaluation, after: Evaluation) -> bool:
    """Whether a recommendation applied at a level before, and does no longer."""
    old, new = outcomes(before).get((topic, level)), outcomes(after).get((topic, level))
    return old is not None and old.outcome is Outcome.APPLIES and (new is None or new.outcome is not Outcome.APPLIES)


@dataclass(frozen=True, slots=True)
class Flip:
    """An answer that one blanked fact turns, and whether nothing but an exception explains it."""

    topic: str
    fact: str
    told: str
    explained: bool


@cache
def flips(name: str, variant: Variant | None) -> tuple[Flip, ...]:
    """Every answer of a vignette that one blanked fact turns round; worked out once for both tests."""
    vignette = VIGNETTES[name]
    request = build(vignette, variant) if variant is not None else build(vignette)
    facts = facts_of(request, as_of(vignette))
    before = evaluated(facts, request["hook"])
    found = []
    for fact, without in without_one_fact(facts):
        after = evaluated(without, request["hook"])
        for (topic, level), old, new in turned(before, after):
            told = f"without {fact}: {topic} at {level} from {old.outcome.value} to {new.outcome.value}"
            otherwise = new.outcome is Outcome.APPLIES and withdrawn(OTHERWISE.get(topic, ""), level, before, after)
            found.append(Flip(topic, fact, told, topic in FREE or listed_to_verify(old, new) or otherwise))
    return tuple(found)


def unexplained(name: str, variant: Variant | None) -> list[str]:
    """What neither a rule above nor the decision table allows."""
    return [f.told for f in flips(name, variant) if not f.explained and (f.topic, f.fact) not in STATED]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every vignette with `--exhaustive`; else one in six, by its name, and those of section F."""
    if metafunc.function.__name__ == "test_a_blanked_fact_turns_no_answer_round":
        taken = {*share(metafunc.config, VIGNETTES, 6), *(name for name in VIGNETTES if name.isdigit())}
        metafunc.parametrize("name", [name for name in VIGNETTES if name in taken])


def test_a_blanked_fact_turns_no_answer_round(name: str) -> None:
    """Design section 9: stay, or become "cannot tell"; an excluding fact may turn it on with its line to verify."""
    assert unexplained(name, None) == []


@pytest.mark.parametrize("name", IN_THE_FORM)
def test_a_blanked_answer_of_the_form_turns_no_answer_round(name: str) -> None:
    """The same where the datum lives in the assessment form."""
    assert unexplained(name, FORM) == []


def test_every_exception_happens(pytestconfig: pytest.Config) -> None:
    """An exception that no vignette needs is not kept."""
    if not wants_all(pytestconfig):
        pytest.skip("asks every vignette: make exhaustive")
    cases = [(name, None) for name in VIGNETTES] + [(name, FORM) for name in IN_THE_FORM]
    seen = {(f.topic, f.fact) for name, variant in cases for f in flips(name, variant)}
    assert set(STATED) <= seen, sorted(set(STATED) - seen)


def test_a_flip_would_be_found() -> None:
    """The check itself: an answer that goes from "applies" to "does not apply" is reported."""
    vignette = VIGNETTES["1"]
    facts = facts_of(build(vignette), as_of(vignette))
    shown, gone = (
        evaluated(facts, "patient-view"),
        evaluated(facts_of(build(VIGNETTES["window-85"]), as_of(vignette)), ""),
    )
    assert ("augmentation-referral", "T12") in {key for key, _, _ in turned(shown, gone)}
