"""DE-01, CX-03: pregnancy by diagnosis, test, status and answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import SNOMED, concept, condition, days, facts, form, observation


@pytest.mark.parametrize(
    ("given", "active"),
    [
        (condition("Z33.1", onsetDateTime="2026-08-01"), True),
        (condition("Z331"), True),
        (condition("77386006", SNOMED, recordedDate="2026-10-01"), True),
        (condition("O26.851", onsetDateTime="2026-09-01"), True),
        (condition("Z33.1", onsetDateTime="2026-02-13"), True),
        (condition("Z33.1", onsetDateTime="2026-02-12"), False),
        (condition("Z33.1", status="resolved"), False),
    ],
)
def test_a_coded_pregnancy_counts_for_40_weeks(given: dict[str, Any], active: bool) -> None:
    """CX-03, `pregnancy_code_days`: a code of 281 days ago is no pregnancy; the obstetric chapter counts by prefix."""
    (found,) = facts(given).pregnancy.diagnoses.items
    assert (found.active, found.by_wording) == (active, False)


@pytest.mark.parametrize(
    "given", [condition("366321006", SNOMED), condition("Z33.1", verified="refuted"), condition("Z32.02")]
)
def test_what_is_no_pregnancy(given: dict[str, Any]) -> None:
    """Gravida tells how often, refuted never counts, Z32.02 is a negative test."""
    assert facts(given).pregnancy.diagnoses.items == ()


@pytest.mark.parametrize(
    ("text", "counts"),
    [("Pregnancy", True), ("history of pregnancy loss", False), ("pregnancy test", False), ("not pregnant", False)],
)
def test_words_of_a_pregnancy_add_a_caution(text: str, counts: bool) -> None:
    """Decision 15."""
    assert [each.by_wording for each in facts(condition(text=text)).pregnancy.diagnoses.items] == (
        [True] if counts else []
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (observation("2106-3", "Negative"), False),
        (observation("2106-3", "POSITIVE"), True),
        (observation("2106-3", "not detected"), False),
        (observation("2106-3", concept("10828004", SNOMED, "Positive")), True),
        (observation("2106-3", None, interpretation=[concept("POS", "x", "Positive")]), True),
        (observation("21198-7", 4.9, "mIU/mL"), False),
        (observation("21198-7", 25, "mIU/mL"), True),
        (observation("21198-7", 12, "mIU/mL"), None),
        (observation("2106-3", "indeterminate"), None),
        (observation("2106-3", "Negative", status="entered-in-error"), None),
        (condition("Z32.01", onsetDateTime="2026-11-18"), True),
    ],
)
def test_pregnancy_tests(given: dict[str, Any], says: bool | None) -> None:
    """DE-01: by value, words or interpretation; a doubtful result is none."""
    assert [each.says for each in facts(given).pregnancy.tests.items] == ([] if says is None else [says])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (concept("77386006", SNOMED), True),
        (concept("60001007", SNOMED, "Not pregnant"), False),
        (concept("x", "y", "Possible pregnancy"), None),
        (concept("x", "y", "Unknown"), None),
    ],
)
def test_pregnancy_status(value: dict[str, Any], says: bool | None) -> None:
    """DE-01: the status observation 82810-3."""
    assert [each.says for each in facts(observation("82810-3", value)).pregnancy.statuses.items] == (
        [] if says is None else [says]
    )


def test_the_newest_test_stands_first_and_the_answer_is_kept() -> None:
    """Freshness is judged later, so every test keeps its day."""
    old = observation("2106-3", "Positive", id="old", effectiveDateTime="2026-01-01")
    told = facts(
        old, observation("2106-3", "Negative", effectiveDateTime="2026-11"), form(pregnancy_possible=True)
    ).pregnancy
    assert [(each.says, each.when) for each in told.tests.items] == [
        (False, days("2026-11-01", "2026-11-20")),
        (True, days("2026-01-01")),
    ]
    assert [each.says for each in told.possible.items] == [True]


def test_no_test_proves_nothing() -> None:
    """Decision 1: labs are not coded reliably."""
    told = facts().pregnancy
    assert (told.tests.gap, told.diagnoses.gap) == ("not documented", None)
