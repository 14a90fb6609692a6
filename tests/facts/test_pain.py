"""DE-11, DE-12, DE-14: pain scores, their scales and dates; course; back pain; signs in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.facts.records import LOINC, SNOMED, concept, condition, days, facts, form, observation


def scores(*given: dict[str, Any]) -> list[float]:
    """The scores of a record, in their order."""
    return [each.value for each in facts(*given).pain.scores.items]


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (observation("72514-3", 8), 8),
        (observation("72514-3", 0, "{score}"), 0),
        (observation("72514-3", 10, "{score}"), 10),
        (observation("72514-3", None, valueInteger=5), 5),
        (observation("72514-3", "7"), 7),
        (observation("72514-3", "7/10"), 7),
        (observation("72514-3", concept("LA6112-2", LOINC, display="4")), 4),
        (observation("38214-3", 80, "mm"), 8),
        (observation("38214-3", 7.5, "cm"), 7.5),
        (observation("38214-3", 55, "{0-100}"), 5.5),
        (observation("38214-3", "60/100"), 6),
        (observation("38208-5", 6), 6),
        (observation("72514-3", 8, status="preliminary"), 8),
        (observation("72514-3", 8, system="urn:oid:2.16.840.1.113883.6.1"), 8),
        (observation("72514-3", 8, bodySite=concept("", text="lower back")), 8),
        (observation("72514-3", 8, bodySite=concept("122496007", SNOMED)), 8),
        (form(pain_nrs=9), 9),
    ],
)
def test_a_score_comes_in_many_forms(given: dict[str, Any], score: float) -> None:
    """DE-11, hazard 10: quantity, integer, text, coded answer; millimetres and hundredths are divided by ten."""
    assert scores(given) == [score]


@pytest.mark.parametrize(
    "given",
    [
        observation("38214-3", 80),
        observation("72514-3", 11),
        observation("72514-3", -1),
        observation("38214-3", 120, "mm"),
        observation("72514-3", "severe"),
        observation("72514-3", None, valueQuantity={"value": 7, "comparator": ">"}),
        observation("72514-3", 8, status="entered-in-error "),
        observation("72514-3", 8, status="cancelled"),
        observation("72514-3", 8, dataAbsentReason=concept("asked-declined", "x")),
        observation("72514-3", 8, bodySite=concept("", text="left knee")),
        observation("72514-3", 8, focus=[{"reference": "Patient/baby"}]),
        observation("75261-8", 4),
        observation("77565-0", 4),
        observation("", 8, text="Pain score"),
        form(pain_nrs=11),
        form(status="in-progress", pain_nrs=8),
    ],
)
def test_what_gives_no_score(given: dict[str, Any]) -> None:
    """DE-11, hazard 10: over 10 without a unit, void, declined, another place, other scales, a local text."""
    assert scores(given) == []
    assert facts(given).pain.scores.gap == "no pain score documented"


def test_a_component_is_a_score() -> None:
    """DE-11: "at rest" and "with activity" may be components."""
    whole = observation("55284-4", component=[{"code": concept("72514-3", LOINC), "valueInteger": 6}])
    assert scores(whole) == [6]


def test_newest_first_by_instant_then_day() -> None:
    """DE-11: the order of the record decides nothing; a score without a date stands last."""
    given = [
        observation("72514-3", 1, id="a", effectiveDateTime="2026-11-19"),
        observation("72514-3", 2, id="b", effectiveDateTime="2026-11-20T08:00:00Z"),
        observation("72514-3", 3, id="c", effectiveDateTime="2026-11-20T09:00:00Z"),
        {key: value for key, value in observation("72514-3", 4, id="d").items() if key != "effectiveDateTime"},
        observation("72514-3", 5, id="e", effectiveDateTime="2026-10"),
    ]
    assert scores(*given) == [3, 2, 1, 5, 4]


@pytest.mark.parametrize(
    ("more", "when", "at"),
    [
        ({"effectiveDateTime": "2026-11-18"}, days("2026-11-18"), None),
        ({"effectiveDateTime": "2026-11-18T10:30:00Z"}, days("2026-11-18"), datetime(2026, 11, 18, 10, 30, tzinfo=UTC)),
        ({"effectiveDateTime": "2026-11"}, days("2026-11-01", "2026-11-20"), None),
        ({"effectiveDateTime": None, "effectivePeriod": {"end": "2026-11-17"}}, days("2026-11-17"), None),
        (
            {"effectiveDateTime": None, "issued": "2026-11-18T10:30:00Z"},
            days("2026-11-18"),
            datetime(2026, 11, 18, 10, 30, tzinfo=UTC),
        ),
        ({"effectiveDateTime": "yesterday"}, None, None),
    ],
)
def test_when_a_score_was_taken(more: dict[str, Any], when: object, at: object) -> None:
    """Section 0 "Dates", hazard 12: a period with only an end, an instant, a partial date, no date."""
    (score,) = facts(observation("72514-3", 8, **more)).pain.scores.items
    assert (score.when, score.at) == (when, at)


@pytest.mark.parametrize("trend", ["worsening", "stable", "improving"])
def test_the_stated_course(trend: str) -> None:
    """DE-12: a choice by code or text; anything else is no answer."""
    assert facts(form(pain_trend={"valueCoding": {"code": trend}})).pain.stated_trend.value == trend
    assert facts(form(pain_trend=f"{trend}?")).pain.stated_trend.value is None


def test_pain_at_the_level_is_an_answer() -> None:
    """DE-14: yes, no, or nothing."""
    assert [each.says for each in facts(form(pain_at_fracture_level=False)).pain.at_fracture_level.items] == [False]
    assert facts().pain.at_fracture_level.gap == "not documented"


@pytest.mark.parametrize(
    ("given", "active"),
    [
        (condition("M54.50"), True),
        (condition("M5451"), True),
        (condition("M54.6", status="resolved"), False),
        (condition("161891005", SNOMED), True),
        (condition("M54.5"), True),
        (condition("M53.3"), None),
        (condition("R52"), None),
        (condition(text="Low back pain"), None),
        (condition("M54.50", verified="provisional"), None),
    ],
)
def test_back_pain(given: dict[str, Any], active: bool | None) -> None:
    """D1 "Symptomatic": coded pain of the thoracic or lumbar spine; words alone and pain elsewhere are none."""
    assert [each.active for each in facts(given).pain.back_pain.items] == ([] if active is None else [active])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Back pain, relieved by lying down", {"relief-with-rest"}),
        ("pain worse with walking", {"pain-with-activity"}),
        ("pain increases when standing", {"worse-with-position"}),
        ("midline spinal tenderness", {"midline-pain"}),
        ("no midline tenderness", set()),
        ("not relieved by rest", set()),
        ("back pain", set()),
    ],
)
def test_signs_in_words(text: str, kinds: set[str]) -> None:
    """FX-03: the RAND signs that only words carry; what is denied is none."""
    assert {each.kind for each in facts(condition("M54.50", note=[{"text": text}])).pain.signs.items} == kinds


def test_notes_of_other_problems_are_not_read() -> None:
    """Only a problem of the back speaks of the back."""
    assert facts(condition("M17.11", note=[{"text": "pain worse with walking"}])).pain.signs.items == ()


@pytest.mark.parametrize(
    ("given", "active"),
    [
        (condition("F03.90", text="Dementia"), True),
        (condition("F02.811"), True),
        (condition("G30.1"), True),
        (condition("F05", status="resolved"), None),
        (condition(text="Alzheimer's dementia"), True),
        (condition("G31.84", text="Mild cognitive impairment"), None),
        (condition(text="Screening for dementia"), None),
        (condition("I10", text="Hypertension"), None),
    ],
)
def test_what_puts_a_stated_score_in_doubt(given: dict[str, Any], active: bool | None) -> None:
    """SP-10: dementia and delirium by code, else by their words; not a mild impairment, nor what is over."""
    found = facts(given).pain.unreliable.items
    assert [each.active for each in found] == ([] if active is None else [active])


@pytest.mark.parametrize(
    ("given", "of_back"),
    [
        (form(pain_nrs=4), [4]),
        (observation("72514-3", 8, bodySite=concept("", text="lower back")), [8]),
        (observation("72514-3", 8, bodySite=concept("122496007", SNOMED)), [8]),
        (observation("72514-3", 8), []),
        (observation("72514-3", 8, bodySite=concept("", text="left knee")), []),
    ],
)
def test_scores_of_the_back(given: dict[str, Any], of_back: list[float]) -> None:
    """RF-01, RF-04: the form asks for back pain; an observed score says so only by its site."""
    assert [each.value for each in facts(given).pain.back_scores.items] == of_back
