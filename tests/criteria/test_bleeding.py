"""CX-07, CX-08, OC-26, OC-27: each limit and window of the bleeding risk once on it and once past it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cds_service.criteria import bleeding
from cds_service.facts.fact import met, unknown
from cds_service.facts.model import DateRange, Facts, Listing
from cds_service.facts.truth import Truth
from tests.criteria.given import LIMIT, TODAY, ago, antithrombotic, between, disease, draft, given, score
from tests.facts.changing import replaced

MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
HELD = antithrombotic("warfarin", "on-hold")
TAKEN = antithrombotic("warfarin")
UNREAD: Listing[Any] = Listing((), "medications not sent")


def labs(*inr: Any, drugs: Any = (), **more: Any) -> Facts:
    """INR values and drugs; ``more``: other members of the topic."""
    listed = drugs if isinstance(drugs, Listing) else list(drugs)
    return given(bleeding={"inr": list(inr), "antithrombotics": listed, **more})


@pytest.mark.parametrize(
    ("drugs", "value", "days", "out", "missing"),
    [
        ((), 1.5, 30, NOT_MET, NOT_MET),
        ((), 1.6, 30, MET, NOT_MET),
        ((), 1.0, 31, UNKNOWN, MET),
        ((), 9.0, 31, UNKNOWN, MET),
        ((HELD,), 1.5, 1, NOT_MET, NOT_MET),
        ((HELD,), 1.6, 1, MET, NOT_MET),
        ((HELD,), 1.0, 2, UNKNOWN, MET),
        ((HELD,), 2.6, 2, UNKNOWN, MET),
        ((TAKEN,), 1.0, 2, UNKNOWN, MET),
        ((TAKEN,), 2.6, 2, MET, MET),
        ((antithrombotic("apixaban"),), 1.0, 30, NOT_MET, NOT_MET),
        (UNREAD, 1.0, 1, NOT_MET, NOT_MET),
        (UNREAD, 1.0, 2, UNKNOWN, UNKNOWN),
        (UNREAD, 2.6, 2, MET, UNKNOWN),
    ],
)
def test_inr(drugs: Any, value: float, days: int, out: Truth, missing: Truth) -> None:
    """CX-07, DE-18: 30 days, 24 hours on warfarin or just off it; a value over the limit counts while it is taken."""
    found = bleeding.inr(labs(score(value, days), drugs=drugs), LIMIT)
    assert (found.out_of_limit.truth, found.missing.truth) == (out, missing)
    assert found.newest is not None
    assert found.newest.value == value


@pytest.mark.parametrize(("planned", "truth"), [(1, NOT_MET), (2, MET)])
def test_the_24_hours_are_counted_to_the_planned_date(planned: int, truth: Truth) -> None:
    """Decision 13: an INR of today, the procedure tomorrow or the day after."""
    plan = (draft("augmentation", "T12", planned=TODAY + timedelta(days=planned)),)
    facts = replaced(labs(score(1.0), drugs=(HELD,)), drafts=plan)
    assert bleeding.inr(facts, LIMIT).missing.truth is truth


@pytest.mark.parametrize(
    ("days", "count", "out", "missing"), [(30, 50, NOT_MET, NOT_MET), (30, 49, MET, NOT_MET), (31, 49, UNKNOWN, MET)]
)
def test_platelets(days: int, count: float, out: Truth, missing: Truth) -> None:
    """CX-07: 50 is acceptable; 30 days."""
    found = bleeding.platelets(given(bleeding={"platelets": [score(count, days)]}), LIMIT)
    assert (found.out_of_limit.truth, found.missing.truth) == (out, missing)


@pytest.mark.parametrize(("none", "gap", "missing"), [(met(), None, MET), (unknown("not sent"), "not sent", UNKNOWN)])
def test_absent_is_what_was_searched_for(none: Any, gap: str | None, missing: Truth) -> None:
    """OC-26, decision 1: results that were not retrieved are not absent."""
    facts = given(bleeding={"no_inr": none, "inr": Listing((), gap or "no INR documented")})
    assert bleeding.inr(facts, LIMIT).missing.truth is missing


def test_an_old_value_of_a_cut_list_proves_nothing() -> None:
    """G-04: a newer value may stand on the page that was not read."""
    facts = given(bleeding={"inr": Listing((score(1.0, 60),), "observations incomplete")})
    assert bleeding.inr(facts, LIMIT).missing.unknown


@pytest.mark.parametrize(
    ("drug", "truth"),
    [
        (antithrombotic(), MET),
        (HELD, MET),
        (antithrombotic("aspirin", "ended", ago(10)), MET),
        (antithrombotic("aspirin", "ended", ago(11)), NOT_MET),
        (antithrombotic("aspirin", "ended", between(30, 11)), NOT_MET),
        (antithrombotic("aspirin", "ended", between(30, 0)), UNKNOWN),
        (antithrombotic("aspirin", "ended", None), UNKNOWN),
    ],
)
def test_taken_lately(drug: Any, truth: Truth) -> None:
    """OC-26, DE-19: active, on hold, or ended within 10 days; an end that nobody dated is not known."""
    assert bleeding.taken_lately(labs(drugs=(drug,)), LIMIT).truth is truth


def test_a_hold_ends_the_question() -> None:
    """OC-27: on hold or ended is a hold plan; active is none; a list that was not read says nothing."""
    assert bleeding.active_without_hold(labs(drugs=(TAKEN,))).met
    assert bleeding.active_without_hold(labs(drugs=(HELD, antithrombotic("aspirin", "ended", ago(2))))).not_met
    assert bleeding.active_without_hold(labs(drugs=UNREAD)).unknown


def test_one_line_a_drug() -> None:
    """DE-19: several resources of one agent are one drug, active before on hold; one long ended is left out."""
    drugs = (
        HELD,
        TAKEN,
        antithrombotic("apixaban", "ended", ago(3), dose=4),
        antithrombotic("apixaban", "ended", ago(8), dose=9),
        antithrombotic("aspirin", "ended", ago(40)),
        antithrombotic("clopidogrel", "on-hold"),
    )
    found = bleeding.agents(labs(drugs=drugs), LIMIT)
    assert [(each.name, each.status) for each in found] == [
        ("warfarin", "active"),
        ("clopidogrel", "on-hold"),
        ("apixaban", "ended"),
    ]
    assert (found[2].ended, found[2].last_dose) == (ago(3), ago(4))


def event(kind: str, onset: date | None) -> Any:
    """A stent, valve or thromboembolism of a day."""
    when = None if onset is None else DateRange(onset, onset)
    return replaced(disease(kind), onset=when)


@pytest.mark.parametrize(
    ("onset", "truth"),
    [
        (date(2025, 11, 21), MET),
        (date(2025, 11, 20), NOT_MET),
        (date(2026, 11, 20), MET),
        (date(2026, 12, 1), NOT_MET),
        (None, UNKNOWN),
    ],
)
def test_a_recent_stent(onset: date | None, truth: Truth) -> None:
    """OC-27: less than 12 months, so that 12 are not; a day to come does not count."""
    assert bleeding.stent(given(bleeding={"events": [event("stent", onset)]}), LIMIT).truth is truth


@pytest.mark.parametrize(("onset", "truth"), [(date(2026, 8, 21), MET), (date(2026, 8, 20), NOT_MET)])
def test_a_recent_thromboembolism(onset: date, truth: Truth) -> None:
    """OC-27, SP-08: less than 3 months."""
    assert bleeding.thromboembolism(given(bleeding={"events": [event("vte", onset)]}), LIMIT).truth is truth


def test_a_mechanical_valve_of_any_age() -> None:
    """OC-27: it stays; one that is no longer there does not count."""
    assert bleeding.mechanical_valve(given(bleeding={"events": [event("mechanical-valve", date(1999, 1, 1))]})).met
    gone = replaced(event("mechanical-valve", None), active=False)
    assert bleeding.mechanical_valve(given(bleeding={"events": [gone]})).not_met


def test_recorded_where_no_day_is_known() -> None:
    """OC-27: failing its own day, that of its recording."""
    recorded = disease("vte", recorded=20)
    assert bleeding.thromboembolism(given(bleeding={"events": [recorded]}), LIMIT).met
