"""Pain, function and conservative care: DE-11 to DE-15, VA-06, VA-07 and VA-08 on the limit and one past it."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria.course import bed_rest
from cds_service.facts.fact import fact, no_fact
from cds_service.facts.model import Measurement
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from tests.criteria.given import (
    SEEN,
    ago,
    assessed,
    disease,
    finding,
    fracture,
    level_of,
    says,
    score,
    stay,
    steroid,
    study,
    treatment,
)

EDEMA: dict[str, Any] = {"marrow_edema": True}


@pytest.mark.parametrize(
    ("setting", "nrs", "rdq", "incapacitated", "truth"),
    [
        ("inpatient", 8, None, None, MET),
        ("inpatient", 7, None, None, NOT_MET),
        ("inpatient", 7, 24, True, NOT_MET),
        ("not-hospitalised", 4, 24, True, NOT_MET),
        ("not-hospitalised", 5, 18, None, MET),
        ("not-hospitalised", 5, None, True, MET),
        ("not-hospitalised", 5, 17, None, UNKNOWN),
        ("not-hospitalised", 5, 17, False, NOT_MET),
        ("not-hospitalised", 5, None, None, UNKNOWN),
        ("not-hospitalised", 6, None, None, UNKNOWN),
        ("not-hospitalised", 6, 18, False, MET),
        ("not-hospitalised", 7, None, None, MET),
        ("not-hospitalised", 7, 3, False, MET),
        ("not-hospitalised", None, 24, True, UNKNOWN),
        (None, 8, None, None, MET),
        (None, 4, None, None, NOT_MET),
        (None, 7, None, None, UNKNOWN),
        (None, 6, None, None, UNKNOWN),
        (None, None, None, None, UNKNOWN),
    ],
)
def test_candidate_pain(
    setting: str | None, nrs: float | None, rdq: float | None, incapacitated: bool | None, truth: Truth
) -> None:
    """VA-06, C-16, DE-16: path i asks for 8, path ii for 5 and severe or incapacitating; what both share stands."""
    a = assessed(
        stay=stay(setting),
        pain={"scores": [] if nrs is None else [score(nrs)]},
        function={
            "rdq": [] if rdq is None else [score(rdq)],
            "incapacitated": [] if incapacitated is None else [says(incapacitated)],
        },
    )
    assert a.course.candidate_pain.truth is truth


@pytest.mark.parametrize(
    ("setting", "days", "known"),
    [("not-hospitalised", 7, True), ("not-hospitalised", 8, False), ("inpatient", 1, True), ("inpatient", 2, False)],
)
def test_a_pain_score_goes_stale(setting: str, days: int, known: bool) -> None:
    """DE-11: seven days at home, 24 hours in hospital."""
    a = assessed(stay=stay(setting), pain={"scores": [score(8, days)]})
    assert a.course.score.value.known is known


def test_a_score_of_the_future_is_none() -> None:
    """CF-03: a score dated after the call does not count."""
    assert not assessed(pain={"scores": [score(8, -1)]}).course.score.value.known


@pytest.mark.parametrize(
    ("scores", "truth"), [((8, 5), MET), ((8, 4), UNKNOWN), ((4, 1), NOT_MET), ((7, 5), MET), ((6, 4), NOT_MET)]
)
def test_two_scores_of_one_day(scores: tuple[float, float], truth: Truth) -> None:
    """CF-02: three points apart and on two sides of the limit is unknown; else the newest score stands."""
    a = assessed(pain={"scores": [score(s) for s in scores]})
    assert a.course.score.claim(7 if scores == (6, 4) else 5).truth is truth


@pytest.mark.parametrize(
    ("scores", "stated", "truth"),
    [
        ([(8, 0), (6, 7)], None, MET),
        ([(8, 0), (6, 6)], None, UNKNOWN),
        ([(8, 0), (7, 7)], None, NOT_MET),
        ([(8, 0), (9, 7), (6, 20)], None, MET),
        ([(8, 0)], None, UNKNOWN),
        ([(8, 0)], "worsening", MET),
        ([(8, 0)], "stable", NOT_MET),
        ([], "worsening", MET),
        ([(8, 0), (6, 7)], "worsening", MET),
        ([(8, 0), (6, 7)], "improving", UNKNOWN),
        ([(8, 8), (6, 20)], None, UNKNOWN),
        ([(8, 0), (6, 40)], None, UNKNOWN),
    ],
)
def test_worsening(scores: list[tuple[float, float]], stated: str | None, truth: Truth) -> None:
    """DE-12: two points more than the earliest score of the episode (here 30 days) at least seven days before."""
    a = assessed(
        pain={
            "scores": [score(value, days) for value, days in scores],
            "stated_trend": no_fact() if stated is None else fact(stated, SEEN),
        },
        fractures={"diagnoses": [fracture("T12", onset=ago(30))]},
    )
    assert a.course.worsening.truth is truth


def vas08(**said: Any) -> tuple[Truth, Truth]:
    """The LCD form and the candidacy page's form of VA-08."""
    report = {"kyphosis": False, "height_change": "unchanged", **said.pop("report", {})}
    topics = {"function": {"rdq": [score(10)], "incapacitated": [says(False)]}, **said}
    topics.setdefault("pain", {"stated_trend": fact("stable", SEEN)})
    level = level_of(assessed(imaging={"studies": [study(finding(**{**EDEMA, **report}))]}, **topics))
    return level.lcd_course.truth, level.seed_course.truth


@pytest.mark.parametrize(
    ("said", "lcd", "seed"),
    [
        ({"report": {"height_loss_percent": (20, 20)}}, NOT_MET, NOT_MET),
        ({"report": {"height_loss_percent": (26, 26)}}, NOT_MET, MET),
        ({"report": {"height_loss_percent": (25, 25), "kyphosis": True}}, NOT_MET, MET),
        ({"report": {"height_loss_percent": (26, 26), "kyphosis": True}}, MET, MET),
        ({"report": {"height_loss_percent": (25, 40), "kyphosis": True}}, UNKNOWN, MET),
        ({"report": {"height_loss_percent": (25, 40)}}, NOT_MET, UNKNOWN),
        ({"report": {"height_loss_percent": (40, 100), "height_change": "progressed"}}, MET, MET),
        ({"report": {"height_loss_percent": (26, 26), "height_change": None}}, UNKNOWN, MET),
        ({"report": {"kyphosis": None, "height_loss_percent": (20, 20)}}, NOT_MET, UNKNOWN),
        ({"function": {"rdq": [score(18)]}, "report": {"height_loss_percent": (26, 26)}}, MET, MET),
        ({"function": {"rdq": [score(17)]}, "report": {"height_loss_percent": (26, 26)}}, NOT_MET, MET),
        ({"function": {"rdq": [score(18, 30)]}, "report": {"height_loss_percent": (26, 26)}}, MET, MET),
        ({"function": {"rdq": [score(18, 31)]}, "report": {"height_loss_percent": (26, 26)}}, UNKNOWN, MET),
        ({"pain": {"stated_trend": fact("worsening", SEEN)}, "report": {"height_loss_percent": (5, 5)}}, MET, MET),
        ({"function": {"rdq": [score(3)], "incapacitated": [says(True)]}}, NOT_MET, MET),
        ({"bone_health": {"steroids": [steroid(91, 2.5)]}, "report": {"height_loss_percent": (5, 5)}}, NOT_MET, MET),
        (
            {"bone_health": {"steroids": [steroid(90, 2.5)]}, "report": {"height_loss_percent": (5, 5)}},
            NOT_MET,
            NOT_MET,
        ),
        (
            {"bone_health": {"steroids": [steroid(91, 2.4)]}, "report": {"height_loss_percent": (5, 5)}},
            NOT_MET,
            NOT_MET,
        ),
        ({"spine": {"planned_surgery": [says(True)]}, "report": {"height_loss_percent": (5, 5)}}, NOT_MET, MET),
    ],
)
def test_course_and_structure(said: dict[str, Any], lcd: Truth, seed: Truth) -> None:
    """VA-08, C-15: LCD asks for worsening or two of four, the page for one of seven; 25 % and RDQ 17 are not over."""
    assert vas08(**said) == (lcd, seed)


def test_progression_by_two_measurements() -> None:
    """DE-07: two reports of one modality whose heights differ for certain; an X-ray before an MRI compares nothing."""
    now, before = finding(height_loss_percent=(35, 35)), finding(height_loss_percent=(20, 25))
    same = assessed(imaging={"studies": [study(now, days=2), study(before, days=30)]})
    assert level_of(same).lcd_course.met
    mixed = assessed(imaging={"studies": [study(now, days=2), study(before, days=30, modality="XR")]})
    assert level_of(mixed).lcd_course.unknown


@pytest.mark.parametrize(
    ("given_days", "stated", "nrs", "truth"),
    [
        ({"analgesic": 14, "brace": 14}, {}, 5, MET),
        ({"analgesic": 13, "brace": 14}, {}, 8, NOT_MET),
        ({"analgesic": 14, "brace": 13}, {}, 8, UNKNOWN),
        ({"analgesic": 14, "physiotherapy": 14}, {}, 8, MET),
        ({"analgesic": 14}, {"brace_refused": [says(True)]}, 8, MET),
        ({"analgesic": 14}, {"brace_refused": [says(False)]}, 8, UNKNOWN),
        ({"analgesic": 14, "bed-rest": 30}, {}, 8, UNKNOWN),
        ({"brace": 30}, {}, 8, UNKNOWN),
        ({}, {}, 8, UNKNOWN),
        ({}, {"analgesic_days": fact(14.0, SEEN), "brace_days": fact(14.0, SEEN)}, 8, MET),
        ({}, {"analgesic_days": fact(0.0, SEEN)}, 8, NOT_MET),
        ({"analgesic": 3}, {"analgesic_days": fact(20.0, SEEN), "physiotherapy_days": fact(15.0, SEEN)}, 8, MET),
        ({"analgesic": 20, "brace": 20}, {}, 4, NOT_MET),
        ({"analgesic": 20, "brace": 20}, {}, None, MET),
        ({"analgesic": 20, "brace": 20}, {"failed": fact("not-tolerated", SEEN)}, 3, MET),
        ({"analgesic": 20, "brace": 20}, {"failed": fact("no", SEEN)}, 3, NOT_MET),
        ({"analgesic": 20, "brace": 20}, {"failed": fact("no", SEEN)}, 8, UNKNOWN),
        ({"analgesic": 20, "brace": 20}, {"failed": fact("no", SEEN)}, None, NOT_MET),
        ({"analgesic": 5}, {"failed": fact("yes", SEEN)}, 9, NOT_MET),
    ],
)
def test_conservative_care_failed(
    given_days: dict[Any, float], stated: dict[str, Any], nrs: float | None, truth: Truth
) -> None:
    """CM-07: an analgesic and a brace or physiotherapy for 14 days each, and still 5 or more, or not tolerated."""
    a = assessed(
        conservative={"given": [treatment(kind, days) for kind, days in given_days.items()], **stated},
        pain={"scores": [] if nrs is None else [score(nrs)]},
    )
    assert a.course.conservative_care_failed.truth is truth


def test_treatment_before_the_fracture_is_clipped_to_onset() -> None:
    """CM-07: an analgesic of a year ago has been tried for ten days when the fracture is ten days old."""
    a = assessed(
        conservative={"given": [treatment("analgesic", 365), treatment("brace", 10)]},
        fractures={"diagnoses": [fracture("T12", onset=ago(10))]},
        pain={"scores": [score(8)]},
    )
    assert a.course.conservative_care_failed.not_met


def test_a_score_without_a_date_is_not_fresh() -> None:
    """DE-11: nobody can tell how old it is."""
    undated = Measurement(8, None, None, SEEN)
    assert not assessed(pain={"scores": [undated]}).course.score.value.known


@pytest.mark.parametrize(("days", "truth"), [(30, MET), (31, UNKNOWN)])
def test_the_examination_goes_stale(days: int, truth: Truth) -> None:
    """DE-14: 30 days."""
    assert assessed(pain={"at_fracture_level": [says(True, days)]}).course.pain_concordant.truth is truth


@pytest.mark.parametrize(
    ("nrs", "impaired", "truth"),
    [(8, None, MET), (8, True, UNKNOWN), (3, True, UNKNOWN), (3, None, NOT_MET), (8, False, MET)],
)
def test_a_score_with_dementia_decides_nothing(nrs: float, impaired: bool | None, truth: Truth) -> None:
    """SP-10: neither met nor not met by a score that may mislead; a delirium that is over puts nothing in doubt."""
    found = [] if impaired is None else [disease("dementia", active=impaired)]
    a = assessed(stay=stay("not-hospitalised"), pain={"scores": [score(nrs)], "unreliable": found})
    assert a.course.candidate_pain.truth is truth


@pytest.mark.parametrize(
    ("days", "given", "truth"),
    [(None, [], UNKNOWN), (0, [], NOT_MET), (3, [], MET), (None, [treatment("bed-rest", 5)], MET)],
)
def test_bed_rest_is_told_and_does_not_count(days: float | None, given: list[Any], truth: Truth) -> None:
    """S1-05, C-12: documented is documented; CM-07 asks for a brace or physiotherapy all the same."""
    answered = no_fact() if days is None else fact(days, SEEN)
    care = {"bed_rest_days": answered, "given": [treatment("analgesic", 30), *given]}
    a = assessed(conservative=care)
    assert bed_rest(a.facts).truth is truth
    assert not a.course.tried_long_enough.met
