"""The assessment questionnaire: which response counts, and how answers are written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import days, facts, form


def pain(*responses: dict[str, Any]) -> list[float]:
    """The pain scores answered."""
    return [each.value for each in facts(*responses).pain.scores.items]


@pytest.mark.parametrize(
    ("canonical", "counts"),
    [
        ("https://vcf-cds.example/fhir/Questionnaire/vcf-assessment", True),
        ("https://ehr.example/Questionnaire/vcf-assessment|2.1", True),
        ("Questionnaire/vcf-assessment", True),
        ("https://vcf-cds.example/fhir/Questionnaire/other", False),
        ("https://vcf-cds.example/fhir/Questionnaire/vcf-assessment-old", False),
        (None, False),
    ],
)
def test_the_canonical_ends_in_the_name(canonical: str | None, counts: bool) -> None:
    """Contract, "The assessment questionnaire": whatever base and version."""
    assert pain({**form(pain_nrs=7), "questionnaire": canonical}) == ([7] if counts else [])


@pytest.mark.parametrize(
    ("status", "counts"),
    [("completed", True), ("amended", True), ("in-progress", False), ("stopped", False), ("entered-in-error", False)],
)
def test_only_completed_and_amended_count(status: str, counts: bool) -> None:
    """Contract."""
    assert pain(form(status=status, pain_nrs=7)) == ([7] if counts else [])


def test_the_latest_response_alone_counts() -> None:
    """Contract: answers of an older one are not mixed in."""
    old = {**form("2026-11-19", pain_nrs=3, rdq_total=20), "id": "old"}
    told = facts(old, form("2026-11-20T08:00:00Z", pain_nrs=7))
    assert ([each.value for each in told.pain.scores.items], told.function.rdq.items) == ([7], ())
    assert told.pain.scores.items[0].when == days("2026-11-20")


def test_nested_items_are_read() -> None:
    """R4: items below items and below answers."""
    inner = form(pain_nrs=7)["item"]
    grouped = {
        **form(),
        "item": [{"linkId": "group", "item": [{"linkId": "q", "answer": [{"valueBoolean": True, "item": inner}]}]}],
    }
    assert pain(grouped) == [7]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (True, True),
        (False, False),
        ("yes", True),
        ({"valueCoding": {"code": "no"}}, False),
        ({"valueCoding": {"display": "Yes"}}, True),
        ("maybe", None),
        (1, None),
    ],
)
def test_yes_and_no(answer: Any, says: bool | None) -> None:
    """A boolean, or a choice or text of yes and no; anything else is no answer."""
    found = facts(form(incapacitated=answer)).function.incapacitated.items
    assert [each.says for each in found] == ([] if says is None else [says])


@pytest.mark.parametrize("answer", [7, 7.0, {"valueQuantity": {"value": 7}}])
def test_numbers(answer: Any) -> None:
    """Integer, decimal or quantity."""
    assert pain(form(pain_nrs=answer)) == [7]


def test_an_answered_no_is_kept_as_no() -> None:
    """Unknown is a value, never "no", and no is never unknown."""
    told = facts(form(saddle_numbness=False, can_lie_prone=False, planned_spine_surgery=True, fever_or_sepsis=False))
    assert [each.says for each in told.neurology.stated.items] == [False]
    assert [each.says for each in told.spine.can_lie_prone.items] == [False]
    assert [each.says for each in told.spine.planned_surgery.items] == [True]
    assert [each.says for each in told.infection.fever_or_sepsis.items] == [False]


def test_a_questionnaire_that_was_not_sent_is_named() -> None:
    """Decision 1."""
    assert facts(without=("questionnaire",)).spine.can_lie_prone.gap == "questionnaire not sent"
