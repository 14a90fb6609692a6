"""Bone health after a vertebral fracture: what treats it, what is known of it and what is arranged (OS of `clinical.md`
D11; SP-06).
"""

from __future__ import annotations

from datetime import date

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.etiology import fragile_by_age, prior_fragility_fracture
from cds_service.criteria.freshness import fresh
from cds_service.facts.fact import Claim, all_of, any_of, claim, not_met, unknown
from cds_service.facts.model import DateRange, Disease, Facts
from cds_service.knowledge.thresholds import Thresholds

MONTHS_A_YEAR = 12
NO_VITAMIN_D = "no 25-OH vitamin D on record"


def past_months(first: date, last: date, months: int) -> bool:
    """Whether more than so many calendar months lie between two days; the same day of the month is not past it."""
    between = (last.year - first.year) * MONTHS_A_YEAR + last.month - first.month
    return between > months or (between == months and last.day > first.day)


def is_older(when: DateRange, on: date, months: int) -> bool | None:
    """Whether a day known to lie in a range is more than so many months before another; None where it may be."""
    if past_months(when.last, on, months):
        return True
    return None if past_months(when.first, on, months) else False


def treated(a: Assessment) -> Claim:
    """SL-03: a drug against osteoporosis that is in force; retrieved, complete and empty is none (decision 1)."""
    return a.facts.bone_health.drugs.some(lambda d: d.active)


def once_treated(a: Assessment) -> Claim:
    """A drug against osteoporosis is on record, and none is in force."""
    return all_of(claim(bool(a.facts.bone_health.drugs.items)), ~treated(a))


def referred(a: Assessment) -> Claim:
    """SL-03, OS-05: referred to a bone clinic or a fracture liaison service within 90 days."""
    days = a.limit.referral_days
    return a.facts.bone_health.referral.some(lambda s: s.says and fresh(s.when, a.facts, days))


def fractured_on_treatment(level: LevelFacts, a: Assessment) -> Claim:
    """OS-08: a drug that is still in force was begun more than 12 months before this fracture's documented onset."""
    return a.facts.bone_health.drugs.some(lambda drug: _failed(drug, level, a) if drug.active else False)


def _failed(drug: Disease, level: LevelFacts, a: Assessment) -> bool | None:
    days = level.onset_days.value
    if days is None or days.high is None or drug.onset is None:
        return None
    newest, oldest = (date.fromordinal(level.reference.toordinal() - int(n)) for n in (days.low, days.high))
    months = a.limit.treatment_failure_months
    if past_months(drug.onset.last, oldest, months):
        return True
    return None if past_months(drug.onset.first, newest, months) else False


def densitometry(a: Assessment) -> Claim:
    """OS-02: bone density ordered, booked or done within 24 months (the extractor keeps no older one)."""
    return a.facts.bone_health.dxa.some(lambda s: s.says)


def enough_vitamin_d(facts: Facts, limit: Thresholds) -> Claim:
    """OS-03: 30 ng/mL or more in the newest measurement, if that is at most 12 months old. None is unknown: nobody
    codes laboratory results reliably (decision 1).
    """
    for measured in facts.bone_health.vitamin_d_ng_ml.items:
        if measured.when is None or measured.when.first > facts.as_of:
            continue
        if is_older(measured.when, facts.as_of, limit.vitamin_d_months) is not False:
            return unknown("the last 25-OH vitamin D is too old", [measured.evidence])
        return claim(measured.value >= limit.vitamin_d_ng_ml, [measured.evidence])
    return unknown(facts.bone_health.vitamin_d_ng_ml.gap or NO_VITAMIN_D)


def vitamin_d_unread(facts: Facts) -> bool:
    """Whether nobody looked: then nothing is said of a missing result."""
    listing = facts.bone_health.vitamin_d_ng_ml
    return not listing.items and listing.gap is not None


def look_for_secondary_cause(a: Assessment) -> Claim:
    """OS-06: first vertebral fracture, Z-score under -2, or under 60."""
    facts, limit = a.facts, a.limit
    young = facts.patient.age.claim(lambda years: years.below(limit.secondary_cause_age)).because("age not known")
    low = facts.bone_health.z_scores.some(lambda m: m.value < limit.z_score_low)
    return any_of(first_fracture(a), young, low)


def first_fracture(a: Assessment) -> Claim:
    """No vertebral fracture on record that is past, or that the reports call old beside a newer one."""
    old = tuple(level.called_old for level in a.levels if level.fractured.met)
    older = any_of(*old) if len(old) > 1 else not_met()
    return ~any_of(prior_fragility_fracture(a.facts), claim(older.met, older.evidence))


def old_enough(a: Assessment) -> Claim:
    """OS-01: age 50 or over."""
    return fragile_by_age(a.facts, a.limit)


def older(a: Assessment) -> Claim:
    """COAL: 65 or over."""
    return a.facts.patient.age.claim(lambda years: years.at_least(a.limit.pharmacotherapy_age))


def denosumab_lapsed(facts: Facts, limit: Thresholds) -> Claim:
    """SP-06: the newest dose of denosumab is more than 7 months old, and no order for it is in force."""
    doses, drugs = facts.bone_health.denosumab_doses, facts.bone_health.drugs
    dated = [(s.when, s.evidence) for s in doses.items if s.when is not None]
    if len(dated) < len(doses.items):
        return unknown("a dose of no date", (s.evidence for s in doses.items))
    if not dated:
        return not_met() if doses.gap is None else unknown(doses.gap)
    when, evidence = dated[0]
    lapsed = claim(is_older(when, facts.as_of, limit.denosumab_months), [evidence])
    return all_of(lapsed, ~drugs.some(lambda d: d.active and d.kind == "rankl-inhibitor"))
