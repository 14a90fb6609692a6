"""The risk of bleeding at an augmentation: laboratory values out of their limits or not in date, antithrombotic drugs
without a hold on record, and what such a drug may be needed for (CX-07, CX-08, OC-26, OC-27, PP-07).

The looser limits of the source for chronic liver disease are not built: no verified code set says who has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cds_service.criteria.freshness import HOURS_A_DAY, in_date_for_procedure
from cds_service.facts.fact import Claim, Evidence, Interval, all_of, claim, met, not_met, unknown
from cds_service.facts.model import Antithrombotic, DateRange, Disease, Facts, Listing, Measurement
from cds_service.knowledge.thresholds import Thresholds

MONTHS_A_YEAR = 12
NOT_KNOWN = "whether warfarin is taken is not known"


@dataclass(frozen=True, slots=True)
class Lab:
    """One laboratory value at the reference date. ``newest`` is the last on record, in date or not."""

    out_of_limit: Claim
    """CX-07: the newest value in date is beyond the limit; unknown without one."""
    missing: Claim
    """OC-26: no value in date, and the results were searched whole."""
    newest: Measurement | None


@dataclass(frozen=True, slots=True)
class Agent:
    """One antithrombotic drug, whatever number of resources name it; the most cautious status counts."""

    name: str
    status: str
    ended: DateRange | None
    last_dose: DateRange | None
    in_scope: bool | None
    """OC-26: active, on hold, or ended within 10 days; None where the end is not documented."""
    evidence: tuple[Evidence, ...]


def agents(facts: Facts, limit: Thresholds) -> tuple[Agent, ...]:
    """DE-19: the drugs on record, those still taken first; one that ended longer ago is left out."""
    by_name: dict[str, list[Antithrombotic]] = {}
    for drug in facts.bleeding.antithrombotics.items:
        by_name.setdefault(drug.agent, []).append(drug)
    found = [_agent(name, drugs, facts, limit) for name, drugs in by_name.items()]
    return tuple(sorted((each for each in found if each.in_scope is not False), key=_urgency))


def _agent(name: str, drugs: list[Antithrombotic], facts: Facts, limit: Thresholds) -> Agent:
    status = next((each for each in ("active", "on-hold") if any(d.status == each for d in drugs)), "ended")
    told = [d for d in drugs if d.status == status]
    scopes = [in_scope(d, facts, limit) for d in told]
    counted = True if True in scopes else None if None in scopes else False
    ends = [d.ended for d in told if d.ended is not None]
    doses = [d.last_dose for d in drugs if d.last_dose is not None]
    return Agent(
        name=name,
        status=status,
        ended=max(ends, key=lambda days: days.last, default=None),
        last_dose=max(doses, key=lambda days: days.last, default=None),
        in_scope=counted,
        evidence=tuple(d.evidence for d in told),
    )


def _urgency(agent: Agent) -> tuple[int, str]:
    return (("active", "on-hold", "ended").index(agent.status), agent.name)


def in_scope(drug: Antithrombotic, facts: Facts, limit: Thresholds) -> bool | None:
    """OC-26, DE-19: active, on hold (of what day nobody records), or ended within 10 days."""
    if drug.status != "ended":
        return True
    if drug.ended is None:
        return None
    return drug.ended.days_before(facts.as_of).at_most(limit.antithrombotic_ended_days)


def taken_lately(facts: Facts, limit: Thresholds) -> Claim:
    """OC-26: an antithrombotic drug active, on hold, or ended within 10 days."""
    return facts.bleeding.antithrombotics.some(lambda d: in_scope(d, facts, limit))


def on_warfarin(facts: Facts, limit: Thresholds) -> Claim:
    """DE-18: warfarin now or lately, so that only an INR of 24 hours says anything."""
    return facts.bleeding.antithrombotics.where(lambda d: d.kind == "warfarin").some(
        lambda d: in_scope(d, facts, limit)
    )


def active_without_hold(facts: Facts) -> Claim:
    """CX-08, OC-27: active, and not on hold or ended. A hold written in a dosage or a note is not read."""
    return facts.bleeding.antithrombotics.some(lambda d: d.active)


def inr(facts: Facts, limit: Thresholds) -> Lab:
    """DE-18: in date for 30 days, for 24 hours on warfarin, counted to the planned date (decision 13).

    Those 24 hours are for a value that reassures: one over the limit counts for 30 days while warfarin may still be
    taken, and no longer once it is on hold.
    """
    values, warfarin = facts.bleeding.inr, on_warfarin(facts, limit)
    month = _in_date(values, facts, limit.labs_fresh_days * HOURS_A_DAY)
    day = _in_date(values, facts, limit.inr_warfarin_fresh_hours)
    if warfarin.not_met or day is not None or month is None:
        found = month if warfarin.not_met else day
        return _lab(values, found, facts.bleeding.no_inr, None if found is None else found.value > limit.inr_max)
    seen = (month.evidence,)
    held = warfarin.met and not _warfarin_active(facts)
    above = month.value > limit.inr_max and not held
    why = (
        f"more than {limit.inr_warfarin_fresh_hours} hours before the procedure"
        if warfarin.met
        else warfarin.why_unknown or NOT_KNOWN
    )
    return Lab(
        out_of_limit=met(*seen) if above else unknown(why, seen),
        missing=_missing(values, facts.bleeding.no_inr) if warfarin.met else unknown(why, seen),
        newest=_newest(values),
    )


def _warfarin_active(facts: Facts) -> bool:
    return any(d.active and d.kind == "warfarin" for d in facts.bleeding.antithrombotics.items)


def platelets(facts: Facts, limit: Thresholds) -> Lab:
    """DE-18: in date for 30 days, counted to the planned date (decision 13)."""
    values = facts.bleeding.platelets
    found = _in_date(values, facts, limit.labs_fresh_days * HOURS_A_DAY)
    below = None if found is None else found.value < limit.platelets_min
    return _lab(values, found, facts.bleeding.no_platelets, below)


def _lab(values: Listing[Measurement], found: Measurement | None, none: Claim, out: bool | None) -> Lab:
    if found is not None:
        return Lab(claim(out, (found.evidence,)), not_met(found.evidence), _newest(values))
    return Lab(unknown(values.gap or "no value in date"), _missing(values, none), _newest(values))


def _missing(values: Listing[Measurement], none: Claim) -> Claim:
    """Nothing in date: proved where the older values are all there are, or where there is none at all."""
    last = _newest(values)
    if last is not None:
        return met(last.evidence) if values.gap is None else unknown(values.gap, (last.evidence,))
    return met() if none.met else unknown(values.gap or none.why_unknown or "no value in date")


def _newest(values: Listing[Measurement]) -> Measurement | None:
    return values.items[0] if values.items else None


def _in_date(values: Listing[Measurement], facts: Facts, hours: float) -> Measurement | None:
    return next((each for each in values.items if in_date_for_procedure(each, facts, hours)), None)


def missing_with_a_drug(lab: Lab, facts: Facts, limit: Thresholds) -> Claim:
    """OC-26: absent or out of date, with an antithrombotic drug taken lately."""
    return all_of(lab.missing, taken_lately(facts, limit))


# --- what a drug may be needed for (PP-07, general knowledge)


def recent(events: Iterable[Disease], facts: Facts, months: int, gap: str | None) -> Claim:
    """Some event of fewer than so many months ago, by its own day, failing that the day it was recorded."""
    return Listing(tuple(events), gap).some(lambda each: _within(each, facts.as_of, months))


def _within(event: Disease, as_of: date, months: int) -> bool | None:
    when = event.onset or event.recorded
    if when is None:
        return None
    age = Interval(complete_months(when.last, as_of), complete_months(when.first, as_of))
    return False if age.below(0) is True else age.below(months)


def complete_months(start: date, end: date) -> int:
    """Calendar months that are over since a day; negative for a day to come."""
    return (end.year - start.year) * MONTHS_A_YEAR + end.month - start.month - (end.day < start.day)


def stent(facts: Facts, limit: Thresholds) -> Claim:
    """OC-27: a stent of less than 12 months."""
    events = facts.bleeding.events.where(lambda e: e.kind == "stent")
    return recent(events.items, facts, limit.stent_months, events.gap)


def mechanical_valve(facts: Facts) -> Claim:
    """OC-27: a mechanical heart valve, of any age."""
    return facts.bleeding.events.where(lambda e: e.kind == "mechanical-valve").some(lambda e: e.active)


def valve_of_no_type(facts: Facts) -> Claim:
    """OC-27: a prosthetic heart valve, of any age, of which nobody says whether it is mechanical."""
    return facts.bleeding.events.where(lambda e: e.kind == "valve-of-no-type").some(lambda e: e.active)


def thromboembolism(facts: Facts, limit: Thresholds) -> Claim:
    """OC-27, SP-08: venous thromboembolism of less than 3 months."""
    events = facts.bleeding.events.where(lambda e: e.kind == "vte")
    return recent(events.items, facts, limit.vte_months, events.gap)
