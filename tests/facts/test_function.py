"""DE-13: Roland-Morris score and incapacity."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import SNOMED, concept, condition, facts, form, observation


@pytest.mark.parametrize(
    ("given", "total"),
    [
        (observation("", 19, text="Roland-Morris Disability Questionnaire total"), 19),
        (observation("X1", 24, "{score}", system="http://local", text="Roland Morris score"), 24),
        (observation("", None, text="RMDQ", valueInteger=0), 0),
        (form(rdq_total=18), 18),
        (observation("", 25, text="Roland-Morris"), None),
        (observation("", 19, "%", text="Roland-Morris"), None),
        (observation("", 19, text="Oswestry"), None),
        (observation("", 19, text="Roland-Morris", status="entered-in-error"), None),
        (form(rdq_total=25), None),
    ],
)
def test_rdq(given: dict[str, Any], total: float | None) -> None:
    """DE-13: 0 to 24 by the name of the score, or the answer."""
    told = facts(given).function.rdq
    assert [each.value for each in told.items] == ([] if total is None else [total])
    assert told.gap == ("no RDQ documented" if total is None else None)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (form(incapacitated=True), True),
        (form(incapacitated={"valueCoding": {"code": "no"}}), False),
        (condition("Z74.01"), True),
        (condition("282145008", SNOMED), True),
        (condition("Z74.09"), None),
        (condition("105503008", SNOMED), None),
        (condition("Z74.01", status="resolved"), None),
        (observation("282145008", True, system=SNOMED), True),
        (observation("282145008", False, system=SNOMED), False),
        (observation("x", concept("282145008", SNOMED)), True),
    ],
)
def test_incapacitated(given: dict[str, Any], says: bool | None) -> None:
    """C-16: answered, coded as a problem, or observed; a wheelchair or reduced mobility is not it."""
    assert [each.says for each in facts(given).function.incapacitated.items] == ([] if says is None else [says])
