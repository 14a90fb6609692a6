"""What a site may sign for, and what is refused at start with the words that say what to change (ADR 5, ADR 8)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from cds_service.knowledge.conflicts import load_conflicts
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.site import Site, read_site
from cds_service.knowledge.thresholds import load_thresholds

TODAY = date(2026, 11, 20)
SIGNATURE: dict[str, Any] = {"approved_by": "Chief of spine service", "date": date(2026, 11, 2), "reason": "payer"}


def conflict(choice: Any, **more: Any) -> dict[str, Any]:
    """A signed reading."""
    return {"choice": choice, **SIGNATURE, **more}


def number(value: Any, **more: Any) -> dict[str, Any]:
    """A signed number."""
    return {"value": value, **SIGNATURE, **more}


def refused(thresholds: dict[str, Any], conflicts: dict[str, Any]) -> str:
    """The message of a refusal."""
    with pytest.raises(ContentError) as caught:
        read_site(thresholds, conflicts, today=TODAY)
    return str(caught.value)


def test_without_tables_nothing_is_chosen() -> None:
    """What ships is in force."""
    assert read_site({}, {}, today=TODAY) == Site()
    assert Site().limits == load_thresholds()


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        ("va.secondary", ("lcd", "seed", "both")),
        ("va.neoplastic", ("mdt_only", "allow", "block")),
        ("va.posterior_wall", ("block", "review")),
    ],
)
def test_every_reading_that_is_offered_is_taken(key: str, choices: tuple[str, ...]) -> None:
    """conflicts.toml: each choice listed there, and no other."""
    for choice in choices:
        site = read_site({}, {key: conflict(choice)}, today=TODAY)
        assert site.readings == {key: choice}
        (signed,) = site.signed
        assert signed.alters is (choice != choices[{"va.secondary": 2}.get(key, 0)])
    assert "must be one of" in refused({}, {key: conflict("other")})
    assert {c.config_key for c in load_conflicts().values() if len(c.choices) > 1 and not c.threshold} == {
        "va.secondary",
        "va.neoplastic",
        "va.posterior_wall",
    }


@pytest.mark.parametrize(
    ("key", "name", "choice", "expected"),
    [
        ("va.severe_nrs", "severe_nrs", 8, 8),
        ("va.severe_nrs", "severe_nrs", "5", 5),
        ("nsm.min_days", "nsm_min_days", 28, 28),
        ("nsm.min_days", "nsm_min_days", "42", 42),
        ("brace.weeks", "brace_weeks", 8, 8),
    ],
)
def test_a_conflict_about_a_number_takes_one_in_its_range(key: str, name: str, choice: Any, expected: int) -> None:
    """C-11, C-16, C-17: site_may_set of the number that the reading sets."""
    site = read_site({}, {key: conflict(choice)}, today=TODAY)
    assert dict(site.limits.site_values) == {name: expected}
    by_name = read_site({name: number(expected)}, {}, today=TODAY)
    assert by_name.numbers == site.numbers
    assert by_name.signed[0].conflict == site.signed[0].conflict is not None


@pytest.mark.parametrize(
    ("thresholds", "conflicts", "why"),
    [
        ({}, {"va.severe_nrs": conflict(9)}, "between 5 and 8"),
        ({}, {"va.severe_nrs": conflict(4)}, "between 5 and 8"),
        ({}, {"va.severe_nrs": conflict("high")}, "must be a number"),
        ({}, {"nsm.min_days": conflict(13)}, "between 14 and 42"),
        ({}, {"va.max_days": conflict(90)}, "no site may set"),
        ({}, {"va.imaging_max_days": conflict(60)}, "no site may set"),
        ({"nsm_min_days": number(43)}, {}, "between 14 and 42"),
        ({"rdq_severe": number(12)}, {}, "no site may set"),
        ({"nsm-min-days": number(28)}, {}, "there is no number nsm-min-days"),
        ({"nsm_min_days": 28}, {}, "must be a table with value, approved_by, date, reason"),
        ({"nsm_min_days": number(28)}, {"nsm.min_days": conflict(28)}, "set twice"),
        ({}, {"va.secondary": "lcd"}, "must be a table with choice, approved_by, date, reason"),
        ({}, {"va.secondary": {"choice": "lcd"}}, "lacks approved_by, date, reason"),
        ({}, {"va.secondary": conflict("lcd", approved_on="x")}, "unknown keys approved_on"),
        ({}, {"va.secondary": conflict("lcd", approved_by=" ")}, "approved_by must be one line"),
        ({}, {"va.secondary": conflict("lcd", approved_by="x" * 101)}, "at most 100 characters"),
        ({}, {"va.secondary": conflict("lcd", reason="two\nlines")}, "reason must be one line"),
        ({}, {"va.secondary": conflict("lcd", reason=7)}, "reason must be one line"),
        ({}, {"va.secondary": conflict("lcd", date="2026-13-01")}, "date must be the day of approval"),
        ({}, {"va.secondary": conflict("lcd", date="soon")}, "date must be the day of approval"),
        ({}, {"va.secondary": conflict("lcd", date=datetime(2026, 11, 2, 9, 0))}, "date must be the day"),  # noqa: DTZ001 - TOML's own
        ({}, {"va.secondary": conflict("lcd", date=date(2026, 11, 21))}, "lies in the future"),
        ({}, {"C-15": conflict("lcd")}, 'write [conflicts."va.secondary"]'),
        ({}, {"va": {"secondary": conflict("lcd")}}, "in quotes"),
        ({}, {"va.levels": conflict("T1-L5")}, "has one reading alone"),
        ({}, {"C-21": conflict("x")}, "has one reading alone"),
        ({}, {"prep.recovery_min": conflict("60")}, "has one reading alone"),
        ({}, {"va.everything": conflict("x")}, "use one of"),
    ],
)
def test_what_is_refused(thresholds: dict[str, Any], conflicts: dict[str, Any], why: str) -> None:
    """Nothing is accepted silently: key, reading, range and each part of the signature."""
    assert why in refused(thresholds, conflicts)


def test_a_day_in_either_form_up_to_today() -> None:
    """A TOML date or its text; approved today is approved."""
    for day in (TODAY, "2026-11-20"):
        (signed,) = read_site({}, {"va.secondary": conflict("lcd", date=day)}, today=TODAY).signed
        assert signed.date == TODAY


def test_all_problems_are_listed_together() -> None:
    """docs/settings.md: one refusal names everything that is wrong."""
    message = refused({"nsm_min_days": number(43)}, {"C-15": conflict("lcd"), "va.neoplastic": {"choice": "allow"}})
    assert len(message.split("; ")) == 3


def test_the_sentence_of_a_card() -> None:
    """Who approved what, and what ships."""
    (signed,) = read_site({}, {"va.secondary": conflict("lcd")}, today=TODAY).signed
    assert signed.sentence == (
        "Site choice C-15: va.secondary = lcd instead of both, approved by Chief of spine service on 2026-11-02."
    )
    (own,) = read_site({"crp_mg_l": number(60)}, {}, today=TODAY).signed
    assert own.sentence.startswith("Site choice: crp_mg_l = 60 instead of 50, approved by")
    assert own.described() == {
        "key": "crp_mg_l",
        "choice": "60",
        "default": "50",
        "approved_by": "Chief of spine service",
        "date": "2026-11-02",
        "reason": "payer",
    }
    (kept,) = read_site({}, {"va.secondary": conflict("both")}, today=TODAY).signed
    assert not kept.alters
    assert "both, as shipped" in kept.sentence


def test_a_site_without_one_of_its_choices() -> None:
    """What a card would say without it."""
    site = read_site({"crp_mg_l": number(60)}, {"nsm.min_days": conflict(28), "va.secondary": conflict("lcd")})
    for signed in site.signed:
        other = site.without(signed)
        assert len(other.signed) == 2
        assert len(other.numbers) + len(other.readings) == 2
