"""What the record knows of the preparation for an augmentation (PP-02, PP-05, PP-06, PP-09, PP-10, FU-05): met where
it is documented, unknown where it has to be asked.
"""

from __future__ import annotations

from cds_service.criteria import bleeding
from cds_service.criteria.bleeding import Lab
from cds_service.criteria.course import stated
from cds_service.criteria.freshness import fresh_statements
from cds_service.facts.fact import Claim, all_of, unknown
from cds_service.facts.model import Facts
from cds_service.knowledge.thresholds import Thresholds

BREATHING = ("home-oxygen", "lung-disease", "heart-failure")
HEART_OR_STROKE = ("heart-attack", "stroke")


def escort(facts: Facts, limit: Thresholds) -> Claim:
    """PP-02: an adult who takes the patient home, as a clinician answered lately."""
    return stated(fresh_statements(facts.preparation.escort, facts, limit.exam_fresh_days))


def lies_prone(facts: Facts, limit: Thresholds) -> Claim:
    """PP-05: able to lie face down, as a clinician answered lately; a "no" is CX-15."""
    return stated(fresh_statements(facts.spine.can_lie_prone, facts, limit.exam_fresh_days))


def breathing(facts: Facts) -> Claim:
    """PP-05: oxygen at home, chronic lung disease or heart failure on record, of whatever severity."""
    return facts.preparation.risks.where(lambda r: r.kind in BREATHING).some(lambda r: r.active)


def heart_or_stroke(facts: Facts, limit: Thresholds) -> Claim:
    """PP-06, CX-15: a heart attack or stroke of the last months."""
    found = facts.preparation.risks.where(lambda r: r.kind in HEART_OR_STROKE)
    return bleeding.recent(found.items, facts, limit.heart_or_stroke_months, found.gap)


def no_allergy(facts: Facts) -> Claim:
    """PP-09: no allergy to cement, contrast medium or antibiotics on a list that was read whole."""
    return all_of(~facts.allergies.some(lambda a: True), ~facts.preparation.antibiotics.some(lambda a: a.active))


def in_date(lab: Lab) -> Claim:
    """PP-10: a value in date; what is not there has to be got, and is no "no"."""
    if lab.missing.not_met:
        return ~lab.missing
    last = () if lab.newest is None else (lab.newest.evidence,)
    return unknown(lab.missing.why_unknown or "none in date", last)


def brace_in_use(facts: Facts) -> Claim:
    """FU-05: a brace ordered or worn now."""
    return facts.conservative.given.where(lambda t: t.kind == "brace").some(lambda t: t.active)
