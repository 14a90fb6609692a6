"""Cancer and the spine: a fracture that may be malignant, and pain that suggests a metastasis (RF-03b, SP-01)."""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.freshness import fresh
from cds_service.criteria.incidental import fracture_that_counts, suspected_or_fractured
from cds_service.facts.fact import Claim, all_of, any_of, met
from cds_service.facts.model import Study

WITH_CONTRAST = ("with", "without-and-with")


def cancer_at(level: LevelFacts, a: Assessment) -> Claim:
    """ET-02 with a fracture to act on; a cancer that seldom goes to bone counts while no MRI has shown the fracture."""
    seldom = a.facts.malignancy.diseases.some(lambda d: d.kind == "other")
    cancer = any_of(level.cause.neoplastic, all_of(seldom, ~level.mri_reported_since_onset))
    return all_of(cancer, fracture_that_counts(level, a))


def reported_at(level: LevelFacts) -> Claim:
    """ET-03 as a report states it, of a fracture confirmed, coded or suspected."""
    return all_of(level.alarming_cause.pathologic_report, suspected_or_fractured(level))


def suggestive_pain(a: Assessment) -> Claim:
    """RF-03b without a fracture: back pain that is severe, getting worse, or tender over the spine (GK)."""
    back_pain = a.facts.pain.back_pain.some(lambda d: d.active)
    tender = a.facts.pain.signs.some(lambda d: d.kind == "midline-pain")
    return all_of(back_pain, any_of(a.course.severe_pain, a.course.worsening, a.course.pain_concordant, tender))


def contrast_mri(a: Assessment) -> Claim:
    """An MRI of the spine with contrast within 30 days, ordered, or among the drafts."""

    def counts(study: Study) -> bool | None:
        if study.modality != "MR" or not fresh(study.when, a.facts, a.limit.imaging_order_days):
            return False
        return None if study.contrast is None else study.contrast in WITH_CONTRAST

    drafted = tuple(d.evidence for d in a.facts.drafts if d.modality == "MR" and d.contrast in WITH_CONTRAST)
    ordered = a.facts.imaging.orders.some(lambda o: o.modality == "MR" and o.contrast in WITH_CONTRAST)
    return met(*drafted) if drafted else any_of(ordered, a.facts.imaging.studies.some(counts))


def reviewed(a: Assessment) -> Claim:
    """OC-29: oncology or a tumour board asked within the time that a referral counts."""
    return a.facts.malignancy.reviews.some(lambda s: fresh(s.when, a.facts, a.limit.referral_days))
