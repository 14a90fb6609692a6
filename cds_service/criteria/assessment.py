"""Everything the recommendations ask about, worked out once per request: the patient's own claims and those of each
level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from cds_service.criteria import imaging
from cds_service.criteria.acuity import (
    ImagingAcuity,
    imaging_acuity,
    level_in_range,
    onset_days,
    study_is_recent,
    within_window,
)
from cds_service.criteria.contraindications import Contraindications, contraindications
from cds_service.criteria.course import (
    Course,
    conservative_care_failed,
    course_of_patient,
    height_loss,
    lcd_course,
    seed_course,
    structure,
    suspicion_signs,
    tried_long_enough,
)
from cds_service.criteria.disputes import Disagreement, accounts, agreed, disagreements
from cds_service.criteria.etiology import (
    Etiology,
    candidate_cause,
    chronic_steroid,
    etiology,
    malignancy,
    osteoporosis,
    prior_fragility_fracture,
)
from cds_service.criteria.imaging import Suspicion
from cds_service.criteria.mismatch import Mismatch, left_open, level_mismatch
from cds_service.criteria.red_flags import RedFlags, red_flags
from cds_service.criteria.sites import (
    Site,
    as_reported,
    called_old,
    cleft,
    coded,
    confirmed,
    find_sites,
    fractured,
    preliminary_sites,
    suspected,
    told_early,
    treated,
    unseen_fracture,
)
from cds_service.facts.fact import Claim, Fact, Interval, all_of, any_of
from cds_service.facts.model import Draft, Facts
from cds_service.knowledge.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """One site with every claim the recommendations make of it; the rule each states is in the module it comes from."""

    site: Site
    reference: date
    """The day that dates of this level are counted to (decision 13)."""
    mismatch: Mismatch
    """CF-01; where it holds, VA-01 (``confirmed``) and VA-03 (``acuity.shown``) are unknown."""
    confirmed: Claim
    coded: Claim
    suspected: Claim
    told_early: Claim
    """FX-07: a preliminary report speaks of a fracture here; red flags only."""
    fractured: Claim
    treated: Claim
    called_old: Claim
    onset_days: Fact[Interval]
    new: Claim
    symptomatic: Claim
    within_window: Claim
    acuity: ImagingAcuity
    study_recent: Claim
    in_range: Claim
    cause: Etiology
    alarming_cause: Etiology
    """The same with preliminary reports, for red flags and what they keep away (FX-07)."""
    candidate_cause: Claim
    candidate_cause_despite_malignancy: Claim
    tried_long_enough: Claim
    conservative_care_failed: Claim
    """CM-07, VA-07: since the onset of this fracture."""
    height_loss: Fact[Interval]
    lcd_course: Claim
    seed_course: Claim
    against: Contraindications
    mri_since_onset: Claim
    mri_reported_since_onset: Claim
    """The same without what is only preliminary."""
    mri_ordered: Claim
    uptake_ordered: Claim
    settled_by_uptake: Claim
    cleft: Claim
    """AC-07: a report shows a fluid or air cleft in this body."""

    @property
    def label(self) -> str:
        return self.site.label


@dataclass(frozen=True, slots=True)
class Assessment:
    """One patient at one moment, assessed; recommendations read this and nothing else."""

    facts: Facts
    limit: Thresholds
    levels: tuple[LevelFacts, ...]
    course: Course
    flags: RedFlags
    suspicion: Suspicion
    osteoporosis: Claim
    malignancy: Claim
    mri_unsafe: Claim
    any_fracture: Claim
    """FX-01 or FX-02 at any site."""
    early: tuple[LevelFacts, ...] = ()
    """Levels that preliminary reports alone speak of, for red flags and nothing else (FX-07)."""

    @property
    def augmentation_drafts(self) -> tuple[Draft, ...]:
        return tuple(d for d in self.facts.drafts if d.kind == "augmentation" and d.selected)

    @property
    def adult(self) -> Claim:
        """G-01."""
        return self.facts.patient.age.claim(lambda years: years.at_least(self.limit.adult_age)).because("age not known")


def assess(facts: Facts, limit: Thresholds) -> Assessment:
    """Works out every claim; pure. Where codes or Observations disagree with a report's text, what both make of it."""
    sites = find_sites(facts)
    told = accounts(facts)
    if not told:
        return _assess(facts, sites, limit)
    versions = tuple(_assess(version, as_reported(sites, version), limit) for version in told)
    disputes = disagreements(facts)
    levels = tuple(
        replace(agreed(each, _of_level(site, disputes)), site=site)
        for site, each in zip(sites, zip(*(version.levels for version in versions), strict=True), strict=True)
    )
    return replace(agreed(versions, disputes), facts=facts, levels=levels)


def _of_level(site: Site, disputes: tuple[Disagreement, ...]) -> tuple[Disagreement, ...]:
    return tuple(dispute for dispute in disputes if dispute.level in (site.level, None)) or disputes


def _assess(facts: Facts, sites: tuple[Site, ...], limit: Thresholds) -> Assessment:
    course = course_of_patient(facts, limit)
    early = preliminary_sites(facts, sites)
    flags = red_flags((*sites, *early), facts, limit, course.pain_free)
    porous, steroid, prior = osteoporosis(facts, limit), chronic_steroid(facts, limit), prior_fragility_fracture(facts)
    signs = suspicion_signs(course, facts, porous, prior, steroid)
    levels = tuple(_level(site, course, facts, limit, flags) for site in sites)
    return Assessment(
        facts=facts,
        limit=limit,
        levels=levels,
        course=course,
        flags=flags,
        suspicion=imaging.suspicion(sites, course, facts, limit, signs, porous, steroid),
        osteoporosis=porous,
        malignancy=malignancy(facts),
        mri_unsafe=imaging.mri_unsafe(facts),
        any_fracture=any_of(*(level.fractured for level in levels), unseen_fracture(facts)),
        early=tuple(_level(site, course, facts, limit, flags) for site in early),
    )


def _level(site: Site, course: Course, facts: Facts, limit: Thresholds, flags: RedFlags) -> LevelFacts:
    facts = replace(facts, judged_level=site.level)
    mismatch = level_mismatch(site, facts)
    onset = onset_days(site, facts)
    seen = imaging_acuity(site, facts)
    acuity = replace(seen, shown=left_open(seen.shown, mismatch))
    cause = etiology(replace(site, preliminary=()), facts, limit)
    alarming = etiology(site, facts, limit) if site.preliminary else cause
    tried = tried_long_enough(facts, limit, _episode(onset, facts))
    found = structure(site, course, facts, limit)
    return LevelFacts(
        site=site,
        reference=facts.reference_date,
        mismatch=mismatch,
        confirmed=left_open(confirmed(site, facts), mismatch),
        coded=coded(site),
        suspected=suspected(site),
        told_early=told_early(site),
        fractured=fractured(site, facts),
        treated=treated(site, facts),
        called_old=called_old(site),
        onset_days=onset,
        new=imaging.new_fracture(site, facts, onset, limit),
        symptomatic=imaging.symptomatic(site, course),
        within_window=within_window(onset, limit),
        acuity=acuity,
        study_recent=study_is_recent(acuity, limit),
        in_range=level_in_range(site),
        cause=cause,
        alarming_cause=alarming,
        candidate_cause=candidate_cause(alarming),
        candidate_cause_despite_malignancy=candidate_cause(alarming, despite_malignancy=True),
        tried_long_enough=tried,
        conservative_care_failed=conservative_care_failed(tried, course.outcome_is_failure),
        height_loss=height_loss(site),
        lcd_course=lcd_course(found, course.worsening),
        seed_course=seed_course(found, course.worsening, cause.steroid, facts),
        against=contraindications(site, course, facts, limit, flags, alarming),
        mri_since_onset=imaging.mri_since_onset(site, facts, onset, limit),
        mri_reported_since_onset=imaging.mri_reported_since_onset(site, facts, onset, limit),
        mri_ordered=imaging.ordered(facts, site, "MR"),
        uptake_ordered=imaging.ordered(facts, site, "NM"),
        settled_by_uptake=imaging.settled_by_uptake(site, acuity, limit),
        cleft=cleft(site),
    )


def _episode(onset: Fact[Interval], facts: Facts) -> Interval | None:
    """How many days ago this fracture began; None where no onset of its own is documented."""
    if onset.value is None or onset.value.high is None:
        return None
    ahead = (facts.reference_date - facts.as_of).days
    return Interval(max(onset.value.low - ahead, 0), max(onset.value.high - ahead, 0))


def course_of(level: LevelFacts, reading: str) -> Claim:
    """VA-08 by the reading the site chose for C-15: ``lcd``, ``seed`` or ``both``."""
    match reading:
        case "lcd":
            return level.lcd_course
        case "seed":
            return level.seed_course
        case _:
            return all_of(level.lcd_course, level.seed_course)


def cause_of(level: LevelFacts, reading: str) -> Claim:
    """VA-10 by the reading the site chose for C-01: ``mdt_only``, ``allow`` or ``block``."""
    return level.candidate_cause_despite_malignancy if reading == "allow" else level.candidate_cause
