"""Facts, claims and intervals: evidence is kept, and a limit is closed or open as the source writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from cds_service.facts.fact import (
    Claim,
    Evidence,
    Fact,
    Interval,
    all_of,
    any_of,
    at_least,
    claim,
    days_between,
    fact,
    met,
    no_fact,
    not_met,
    unknown,
)
from cds_service.facts.model import DateRange, Listing, Statement, unread
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth

XRAY = Evidence("DiagnosticReport/x", "fracture of L1", "2026-11-01")
CODE = Evidence("Condition/c", "M80.08XA", "2026-11-02")
SCORE = Evidence("Observation/p", "NRS 8")


def test_and_keeps_the_evidence_of_what_decided() -> None:
    """A met AND rests on all its parts; a failed one on the part that failed."""
    assert (met(XRAY) & met(CODE)).evidence == (XRAY, CODE)
    assert (met(XRAY) & not_met(CODE) & unknown("x", [SCORE])).evidence == (CODE,)


def test_or_keeps_the_evidence_of_what_decided() -> None:
    """A met OR rests on what was met; a failed one on everything that was asked."""
    assert (met(XRAY) | not_met(CODE)).evidence == (XRAY,)
    assert (not_met(XRAY) | not_met(CODE)).evidence == (XRAY, CODE)


def test_an_unknown_names_every_reason_once_and_keeps_all_evidence() -> None:
    """Nothing is lost on the way to "unknown": reasons in order, no repeats, all evidence."""
    found = all_of(met(XRAY), unknown("no score", [SCORE]), unknown("no score"), unknown("no date", [CODE]))
    assert found == Claim(UNKNOWN, "no score; no date", (XRAY, SCORE, CODE))


def test_evidence_is_listed_once() -> None:
    """The same place of the record under two clauses is one piece of evidence."""
    assert any_of(met(XRAY), met(XRAY, CODE)).evidence == (XRAY, CODE)


def test_at_least_keeps_the_met_ones() -> None:
    """VA-08: "at least 2 of 4" rests on the two that are met."""
    assert at_least(2, met(XRAY), not_met(SCORE), met(CODE), unknown()).evidence == (XRAY, CODE)
    assert at_least(2, met(XRAY), not_met(SCORE), not_met(CODE)).evidence == (SCORE, CODE)


def test_not_keeps_evidence_and_reason() -> None:
    """The negation of a claim rests on the same place; of an unknown, for the same reason."""
    assert ~met(XRAY) == not_met(XRAY)
    assert ~unknown("not read", [XRAY]) == unknown("not read", [XRAY])


def test_because_explains_only_an_unknown() -> None:
    """A better reason replaces the reason of an unknown and changes nothing else."""
    assert unknown("a", [XRAY]).because("b") == unknown("b", [XRAY])
    assert met(XRAY).because("b") == met(XRAY)


def test_a_claim_is_no_bool() -> None:
    """Its truth is asked by name: `met`, `not_met`, `unknown`."""
    assert [met().met, not_met().not_met, unknown().unknown] == [True, True, True]
    with pytest.raises(TypeError):
        bool(met().truth)


@pytest.mark.parametrize(
    ("answer", "truth", "why"), [(True, MET, None), (False, NOT_MET, None), (None, UNKNOWN, "not documented")]
)
def test_a_fact_becomes_a_claim(answer: bool | None, truth: Truth, why: str | None) -> None:
    """What is said of a known value is a claim on its evidence; what cannot be said is unknown, with a reason."""
    assert fact(8.0, SCORE).claim(lambda _: answer) == Claim(truth, why, (SCORE,))


def test_no_fact_becomes_an_unknown_claim() -> None:
    """Without a value nothing is asked and the reason is carried over."""
    nothing: Fact[float] = no_fact("not retrieved", SCORE)
    assert nothing.claim(lambda nrs: 1 / nrs > 0) == unknown("not retrieved", [SCORE])


def test_zero_is_a_value() -> None:
    """NRS 0 is documented painless, not undocumented."""
    assert fact(0.0, SCORE).claim(lambda nrs: nrs == 0).met


def test_claim_of_a_plain_answer() -> None:
    """Yes, no and not known, each with the evidence given."""
    assert claim(True, [XRAY]) == met(XRAY)
    assert claim(False, [XRAY]) == not_met(XRAY)
    assert claim(None, [XRAY], "hedged") == unknown("hedged", [XRAY])


POINT, RANGE, OPEN = Interval(84, 84), Interval(80, 90), Interval(30, None)
Ask = Callable[[Interval, float], bool | None]


@pytest.mark.parametrize(
    ("interval", "ask", "limit", "answer"),
    [
        (POINT, Interval.at_most, 84, True),
        (POINT, Interval.at_most, 83, False),
        (POINT, Interval.at_least, 84, True),
        (POINT, Interval.at_least, 85, False),
        (POINT, Interval.above, 84, False),
        (POINT, Interval.above, 83.9, True),
        (POINT, Interval.below, 84, False),
        (POINT, Interval.below, 84.1, True),
        (RANGE, Interval.at_most, 90, True),
        (RANGE, Interval.at_most, 89, None),
        (RANGE, Interval.at_most, 80, None),
        (RANGE, Interval.at_most, 79, False),
        (RANGE, Interval.at_least, 80, True),
        (RANGE, Interval.at_least, 81, None),
        (RANGE, Interval.at_least, 90, None),
        (RANGE, Interval.at_least, 91, False),
        (RANGE, Interval.above, 79, True),
        (RANGE, Interval.above, 80, None),
        (RANGE, Interval.above, 90, False),
        (RANGE, Interval.below, 91, True),
        (RANGE, Interval.below, 90, None),
        (RANGE, Interval.below, 80, False),
        (OPEN, Interval.at_most, 29, False),
        (OPEN, Interval.at_most, 30, None),
        (OPEN, Interval.at_most, 9999, None),
        (OPEN, Interval.at_least, 30, True),
        (OPEN, Interval.at_least, 31, None),
        (OPEN, Interval.above, 29, True),
        (OPEN, Interval.above, 30, None),
        (OPEN, Interval.below, 30, False),
        (OPEN, Interval.below, 31, None),
    ],
)
def test_an_interval_against_a_limit(interval: Interval, ask: Ask, limit: float, answer: bool | None) -> None:
    """Section 0, "Dates": when the criterion differs at the two ends the answer is "not known"."""
    assert ask(interval, limit) is answer


@pytest.mark.parametrize(
    ("interval", "words"), [(POINT, "84"), (RANGE, "80 to 90"), (OPEN, "at least 30"), (Interval(2.5, 2.5), "2.5")]
)
def test_an_interval_in_words(interval: Interval, words: str) -> None:
    """What a card prints of it."""
    assert str(interval) == words


def test_days_between_counts_calendar_days() -> None:
    """Section 0: a partial date is an interval; from September to 20 November it is 51 to 80 days."""
    assert days_between(date(2026, 9, 1), date(2026, 9, 30), date(2026, 11, 20)) == Interval(51, 80)
    assert DateRange(date(2026, 8, 28), date(2026, 8, 28)).days_before(date(2026, 11, 20)) == Interval(84, 84)


YES, NO = Statement(True, None, XRAY), Statement(False, None, CODE)


def test_a_listing_proves_an_absence_only_when_complete() -> None:
    """Decision 1: retrieved, complete and empty is "none"; with a gap it is unknown for that reason."""
    empty: Listing[Statement] = Listing(())
    assert empty.some(lambda s: s.says).not_met
    assert Listing((NO,)).some(lambda s: s.says).not_met
    assert Listing((NO,), "partial page").some(lambda s: s.says) == unknown("partial page")
    nothing: Listing[Statement] = unread()
    assert nothing.some(lambda s: s.says).why_unknown == "not retrieved"


def test_a_listing_finds_in_spite_of_a_gap() -> None:
    """What was found counts, whatever was not read besides."""
    assert Listing((YES, NO), "partial page").some(lambda s: s.says) == met(XRAY)


def test_a_listing_with_an_undecided_item() -> None:
    """One item that cannot be judged leaves the whole unknown, unless another one is met."""
    assert Listing((NO, YES)).some(lambda s: True if s.says else None).met
    assert Listing((NO,)).some(lambda _: None).unknown


def test_where_keeps_the_gap() -> None:
    """A part of an incomplete listing is as incomplete."""
    assert Listing((YES, NO), "partial page").where(lambda s: not s.says) == Listing((NO,), "partial page")
