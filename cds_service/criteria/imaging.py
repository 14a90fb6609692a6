"""Whether an MRI is called for, possible, done or already on its way (IM of `clinical.md` D5; SL-01, SL-04)."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.criteria.acuity import SHOWS_EDEMA, SHOWS_UPTAKE, ImagingAcuity
from cds_service.criteria.course import Course
from cds_service.criteria.sites import Site, called_new, called_old, fractured, study_covers, suspected
from cds_service.facts.fact import Claim, Fact, Interval, all_of, any_of, at_least, met, not_met, unknown
from cds_service.facts.model import DateRange, Facts, SpineRegion, Study
from cds_service.knowledge.thresholds import Thresholds


def symptomatic(site: Site, course: Course) -> Claim:
    """In pain, or called acute or new by a report unless pain is documented absent."""
    new = called_new(site)
    reported = new if new.met and course.pain_free.unknown else all_of(new, ~course.pain_free)
    return any_of(course.in_pain, reported)


def new_fracture(site: Site, facts: Facts, onset: Fact[Interval], limit: Thresholds) -> Claim:
    """ "New": 84 days or less, or of unknown onset with no report that calls it old."""
    dated = onset.claim(lambda days: days.at_most(limit.new_fracture_days))
    if not dated.unknown:
        return dated
    old = called_old(site)
    return not_met(*old.evidence) if old.met else met(*onset.evidence)


def mri_since_onset(site: Site, facts: Facts, onset: Fact[Interval], limit: Thresholds) -> Claim:
    """IM-01, IM-07: an MRI of this level since onset; with no onset, within 30 days or describing this very
    fracture.
    """
    described = tuple(
        r.evidence
        for r in site.reported
        if r.study.modality == SHOWS_EDEMA and r.finding.status in ("present", "treated")
    )
    if described and _since(site, facts, onset, limit):
        return met(*described)

    def counts(study: Study) -> bool | None:
        if study.modality != SHOWS_EDEMA or not (study.final or (study.reading is None and not study.preliminary)):
            return False
        covers = study_covers(study, site.level)
        since = None if study.when is None else _done_since(study.when.days_before(facts.reference_date), onset, limit)
        if covers is False or since is False:
            return False
        return since if covers else None

    return facts.imaging.studies.some(counts)


def _done_since(age: Interval, onset: Fact[Interval], limit: Thresholds) -> bool | None:
    """Whether a study of that age was done after onset; within 30 days when no onset is documented."""
    if onset.value is None or onset.value.high is None:
        return age.at_most(limit.imaging_max_days)
    return True if age.at_most(onset.value.low) else False if age.above(onset.value.high) else None


def _since(site: Site, facts: Facts, onset: Fact[Interval], limit: Thresholds) -> bool:
    """Whether the describing MRI is no older than the documented onset; without one, describing the fracture is
    enough.
    """
    if onset.value is None or onset.value.high is None:
        return True
    newest = next(
        (r.study.when for r in site.reported if r.study.modality == SHOWS_EDEMA and r.study.when is not None), None
    )
    return newest is not None and newest.days_before(facts.reference_date).low <= onset.value.high


def settled_by_uptake(site: Site, acuity: ImagingAcuity, limit: Thresholds) -> Claim:
    """IM-07: a final uptake study in window that settles VA-03 at this level, whether or not an MRI was possible."""
    decided = acuity.decided_by
    if decided is None or decided.study.modality != SHOWS_UPTAKE:
        return not_met()
    recent = acuity.study_days.claim(lambda days: days.at_most(limit.imaging_max_days))
    return met(decided.evidence) if recent.met else not_met()


def region_of(site: Site) -> frozenset[SpineRegion]:
    """The region an MRI of this level is ordered for; both when the level is not known."""
    if site.level is None:
        return frozenset({"thoracic", "lumbar"})
    if site.level.startswith("L"):
        return frozenset({"lumbar"})
    return frozenset({"thoracic"})


def ordered(facts: Facts, site: Site, modality: str) -> Claim:
    """SL-01: the same study is ordered, booked, or among this request's drafts, and its field holds the level."""
    drafted = tuple(
        d.evidence for d in facts.drafts if d.kind == "imaging" and d.modality == modality and _covers(d.regions, site)
    )
    if drafted:
        return met(*drafted)
    return facts.imaging.orders.some(
        lambda o: o.kind == "imaging" and o.modality == modality and _covers(o.regions, site)
    )


def _covers(regions: frozenset[SpineRegion], site: Site) -> bool:
    if not regions:
        return True
    if site.level is None:
        return bool(regions & {"thoracic", "lumbar"})
    study = {"thoracic"} if site.level.startswith("T") else {"lumbar"}
    return bool(regions & study) or (site.level == "T12" and "lumbar" in regions)


def mri_unsafe(facts: Facts) -> Claim:
    """IM-03: an implant recorded as MR unsafe. Unknown labelling is a line on the card, not this."""
    return facts.implants.some(lambda implant: implant.mr_safety == "unsafe")


def mri_status_unknown(facts: Facts) -> Claim:
    """IM-04: an implant whose MR labelling nobody recorded."""
    return facts.implants.some(lambda implant: implant.mr_safety == "unknown")


def mri_conditional(facts: Facts) -> Claim:
    """IM-04: an implant labelled MR conditional."""
    return facts.implants.some(lambda implant: implant.mr_safety == "conditional")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """FX-03 and IM-05: how much speaks for a fracture that no study has confirmed or excluded."""

    undecided: Claim
    """No study confirms or excludes a fracture."""
    hedged: Claim
    """FX-04 at any site."""
    intermediate: Claim
    """At least 4 of the ten signs."""
    new_pain_at_risk: Claim
    """New back pain with age 65 or more, chronic steroid or osteoporosis."""
    severe: Claim
    """NRS 7 or more, or incapacity."""
    radiograph_done: Claim

    @property
    def suspected(self) -> Claim:
        """IM-05's condition."""
        return all_of(self.undecided, any_of(self.hedged, self.intermediate, self.new_pain_at_risk))

    @property
    def mri_directly(self) -> Claim:
        """IM-05: MRI at once, or after hedged radiographs, with 4 signs or severe symptoms."""
        strong = any_of(self.intermediate, self.severe)
        return all_of(self.suspected, strong, any_of(~self.radiograph_done, self.hedged))


def suspicion(
    sites: tuple[Site, ...],
    course: Course,
    facts: Facts,
    limit: Thresholds,
    signs: tuple[Claim, ...],
    osteoporosis: Claim,
    steroid: Claim,
) -> Suspicion:
    """FX-03, FX-04 and the "new back pain" limb of IM-05."""
    decided = any(r.finding.status in ("present", "absent") for site in sites for r in site.reported) or _denied(facts)
    coded = any(d.standing == "current" for site in sites for d in site.diagnoses)
    gap = facts.imaging.studies.gap
    undecided = not_met() if decided or coded else met() if gap is None else unknown(gap)
    hedged = any_of(*(suspected(site) for site in sites)) if sites else not_met()
    recent = facts.pain.back_pain.some(lambda d: d.active and _recent(d.onset, facts, limit))
    older = facts.patient.age.claim(lambda years: years.at_least(limit.back_pain_age)).because("age not known")
    return Suspicion(
        undecided=undecided,
        hedged=hedged,
        intermediate=at_least(limit.suspicion_intermediate, *signs),
        new_pain_at_risk=all_of(recent, any_of(older, steroid, osteoporosis)),
        severe=course.severe_pain,
        radiograph_done=facts.imaging.studies.some(
            lambda s: s.modality == "XR" and bool(s.regions) and _since_pain(s, facts)
        ),
    )


def _denied(facts: Facts) -> bool:
    """A spine study that finds no fracture at all excludes one for the region it shows."""
    studies = (s.reading for s in facts.imaging.studies.items if s.final and s.reading is not None)
    return any(reading.regions_without_fracture for reading in studies)


def _recent(onset: DateRange | None, facts: Facts, limit: Thresholds) -> bool | None:
    return None if onset is None else onset.days_before(facts.as_of).at_most(limit.back_pain_new_days)


def _since_pain(study: Study, facts: Facts) -> bool:
    onsets = [d.onset for d in facts.pain.back_pain.items if d.active and d.onset is not None]
    return not onsets or study.when is None or study.when.last >= min(onset.first for onset in onsets)


def older_fracture_with_new_pain(sites: tuple[Site, ...], facts: Facts, limit: Thresholds) -> Claim:
    """IM-09: known older fractures and new back pain, so the acute level has yet to be found."""
    old = any_of(*(all_of(fractured(site, facts), called_old(site)) for site in sites)) if sites else not_met()
    new_pain = facts.pain.back_pain.some(lambda d: d.active and _recent(d.onset, facts, limit))
    return all_of(old, new_pain)
