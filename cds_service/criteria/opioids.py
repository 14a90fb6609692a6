"""What makes an opioid order risky: the total dose, other depressants, falls (CM-04 of `clinical.md` D6)."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.bone_health import is_older
from cds_service.facts.fact import Claim, Evidence, Interval, all_of, any_of, claim, met, unknown
from cds_service.facts.model import Disease, Facts, Opioid

NOTHING = Interval(0, 0)


def drafted(a: Assessment) -> tuple[Opioid, ...]:
    """Every opioid of this request, selected or not: all of them would be in force once signed."""
    return tuple(d.opioid for d in a.facts.drafts if d.opioid is not None)


def in_force(a: Assessment) -> tuple[Opioid, ...]:
    """The opioids on record beside the drafts: not the same order again, nor the same product, which a draft renews."""
    drafts = drafted(a)
    again = {o.evidence.reference for o in drafts}
    renewed = {(o.ingredient, o.product) for o in drafts}
    return tuple(
        o
        for o in a.facts.opioid_care.active.items
        if o.evidence.reference not in again and (o.ingredient, o.product) not in renewed
    )


def renews(a: Assessment) -> bool:
    """Whether an order on record is counted once with the draft that repeats it."""
    return len(in_force(a)) < len(a.facts.opioid_care.active.items)


def equivalents(opioid: Opioid) -> Interval:
    """MME a day of one opioid; from 0 up without an end when its dose or its factor is not known."""
    if opioid.per_day is None or opioid.factor is None:
        return Interval(0, None)
    high = opioid.per_day.high
    return Interval(opioid.per_day.low * opioid.factor, None if high is None else high * opioid.factor)


def total(a: Assessment) -> Interval:
    """MME a day of all opioids together (CDC: the doses of each opioid taken are added).

    Of one drug the resource types tell the same story (a prescription and what the patient says of it), so of those
    the largest counts.
    """
    told: dict[str, dict[str, Interval]] = {}
    for opioid in in_force(a):
        kinds = told.setdefault(opioid.ingredient, {})
        kinds[opioid.source] = _plus(kinds.get(opioid.source, NOTHING), equivalents(opioid))
    amounts = [*(equivalents(o) for o in drafted(a)), *(_larger(kinds.values()) for kinds in told.values())]
    return _rounded(_sum(amounts))


def _plus(one: Interval, other: Interval) -> Interval:
    high = None if one.high is None or other.high is None else one.high + other.high
    return Interval(one.low + other.low, high)


def _sum(amounts: Iterable[Interval]) -> Interval:
    result = NOTHING
    for amount in amounts:
        result = _plus(result, amount)
    return result


def _larger(amounts: Iterable[Interval]) -> Interval:
    """The largest of several accounts; one without an end gives way to one that has it."""
    told = tuple(amounts)
    highs = [each.high for each in told if each.high is not None]
    return Interval(max(each.low for each in told), max(highs) if highs else None)


def _rounded(amount: Interval) -> Interval:
    """Without the dust of binary fractions, so that a dose at the limit is at the limit."""
    return Interval(round(amount.low, 6), None if amount.high is None else round(amount.high, 6))


def in_words(amount: Interval) -> str:
    """ "90 MME a day", "at least 30 MME a day", or that nothing is known of it."""
    return "not known" if amount == Interval(0, None) else f"{amount} MME a day"


def high_dose(a: Assessment) -> Claim:
    """CM-04: 50 MME a day or more; unknown while a dose or a factor is missing and the rest does not reach it."""
    opioids = (*drafted(a), *in_force(a))
    evidence = tuple(_shown(o) for o in opioids)
    together = total(a)
    reached = together.at_least(a.limit.opioid_mme_per_day)
    if reached is None:
        return unknown("dose or conversion factor not known", evidence)
    gap = a.facts.opioid_care.active.gap
    if not reached and gap is not None:
        return unknown(gap, evidence)
    return claim(reached, evidence)


def _shown(opioid: Opioid) -> Evidence:
    """What the record says, and what it comes to."""
    where = opioid.evidence
    if opioid.per_day is None:
        return Evidence(where.reference, f"{where.value}, dose not stated", where.date)
    amount = f"{opioid.per_day} {'mg a day' if opioid.unit == 'mg/d' else 'micrograms an hour'}"
    worth = "no factor" if opioid.factor is None else f"{_rounded(equivalents(opioid))} MME"
    return Evidence(where.reference, f"{where.value}, {amount}: {worth}", where.date)


def not_counted(a: Assessment) -> tuple[Opioid, ...]:
    """The opioids whose dose or factor is not known."""
    return tuple(o for o in (*drafted(a), *in_force(a)) if o.per_day is None or o.factor is None)


def with_depressant(a: Assessment) -> Claim:
    """CM-04: a benzodiazepine or gabapentinoid in force, or drafted beside the opioid."""
    beside = tuple(d.evidence for d in a.facts.drafts if d.companion in ("benzodiazepine", "gabapentinoid"))
    recorded = a.facts.opioid_care.depressants.some(lambda d: d.active)
    return any_of(met(*beside), recorded) if beside else recorded


def may_fall(a: Assessment) -> Claim:
    """CM-04: age 65 or over, and a fall on record."""
    old = a.facts.patient.age.claim(lambda years: years.at_least(a.limit.opioid_fall_age)).because("age not known")
    return all_of(old, a.facts.opioid_care.falls.some(lambda fall: _counts(fall, a.facts, a.limit.fall_months)))


def _counts(fall: Disease, facts: Facts, months: int) -> bool:
    """A tendency to fall always, one coded fall for 12 months; an undated one counts, for it adds a caution."""
    when = fall.onset or fall.recorded
    return fall.kind != "event" or when is None or is_older(when, facts.as_of, months) is not True


def safeguard(kind: str, a: Assessment) -> Claim:
    """Whether naloxone or a laxative is on record or drafted beside the opioid."""
    beside = tuple(d.evidence for d in a.facts.drafts if d.companion == kind)
    return met(*beside) if beside else a.facts.opioid_care.safeguards.some(lambda s: s.kind == kind)
