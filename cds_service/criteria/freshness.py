"""How long a datum stays usable. Every window counts back from `as_of` (decision 13) unless its rule says otherwise."""

from __future__ import annotations

from cds_service.facts.model import DateRange, Facts, Listing, Measurement, Statement

HOURS_A_DAY = 24
SECONDS_AN_HOUR = 3600


def fresh(when: DateRange | None, facts: Facts, days: float) -> bool:
    """Whether a dated item is certainly no older than so many days, and not of the future."""
    if when is None:
        return False
    age = when.days_before(facts.as_of)
    return age.at_most(days) is True and age.at_least(0) is True


def in_date_for_procedure(item: Measurement, facts: Facts, hours: float) -> bool:
    """Whether a laboratory value is in date on the reference date: the planned one where a draft names it
    (decision 13).
    """
    if facts.reference_date == facts.as_of:
        return fresh_within(item, facts, hours)
    if item.when is None:
        return False
    age = item.when.days_before(facts.reference_date)
    return age.at_most(hours / HOURS_A_DAY) is True and age.at_least(0) is True


def fresh_within(item: Measurement, facts: Facts, hours: float) -> bool:
    """The same in hours: by the instant where both sides have one, else by the day (24 hours reach back to
    yesterday).
    """
    if item.at is not None and facts.at is not None:
        age = (facts.at - item.at).total_seconds() / SECONDS_AN_HOUR
        return 0 <= age <= hours
    return fresh(item.when, facts, hours / HOURS_A_DAY)


def fresh_statements(listing: Listing[Statement], facts: Facts, days: float) -> Listing[Statement]:
    """The statements still fresh; when some were dropped for their age the listing no longer proves anything."""
    kept = tuple(s for s in listing.items if fresh(s.when, facts, days))
    gap = listing.gap
    if gap is None and len(kept) < len(listing.items):
        gap = f"documented, but more than {days:g} days ago"
    return Listing(kept, gap)
