"""Whether an MRI is called for, possible, done or already on its way (IM of `clinical.md` D5; SL-01, SL-04)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.criteria.acuity import SHOWS_EDEMA, SHOWS_UPTAKE, ImagingAcuity, onset_days
from cds_service.criteria.course import Course
from cds_service.criteria.sites import Site, called_new, called_old, fractured, study_covers, suspected
from cds_service.facts.fact import Claim, Fact, Interval, all_of, any_of, at_least, met, not_met, unknown
from cds_service.facts.model import DateRange, Facts, FractureDiagnosis, SpineRegion, Study
from cds_service.facts.regions import NAMED
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
    """IM-01, IM-07: an MRI of this level done since onset, whatever the state of its report; with no onset, within 30
    days or describing this very fracture.
    """
    return _mri(site, facts, onset, limit, lambda study: True)


def mri_reported_since_onset(site: Site, facts: Facts, onset: Fact[Interval], limit: Thresholds) -> Claim:
    """The same, its report not merely preliminary: what such a report does not show takes no caution away (FX-07)."""
    return _mri(site, facts, onset, limit, _is_reported)


def _is_reported(study: Study) -> bool:
    return study.final or (study.reading is None and not study.preliminary)


def _mri(
    site: Site, facts: Facts, onset: Fact[Interval], limit: Thresholds, is_wanted: Callable[[Study], bool]
) -> Claim:
    described = tuple(
        r.evidence
        for r in site.reported
        if r.study.modality == SHOWS_EDEMA and r.finding.status in ("present", "treated")
    )
    if described and _since(site, facts, onset, limit):
        return met(*described)

    def counts(study: Study) -> bool | None:
        if study.modality != SHOWS_EDEMA or not is_wanted(study):
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
    regions, since = _regions_in_question(sites, facts), pain_onset(facts)
    coded = any(d.standing == "current" for site in sites for d in site.diagnoses)
    hedged = any_of(*(suspected(site) for site in sites)) if sites else not_met()
    older = facts.patient.age.claim(lambda years: years.at_least(limit.back_pain_age)).because("age not known")
    confirmed_somewhere = any(_stand(site) == "present" for site in sites)
    denied_now = facts.imaging.studies.some(
        lambda s: all_known(_denies(s, regions, sites), _in_episode(s, since, facts, limit))
    )
    return Suspicion(
        undecided=not_met() if confirmed_somewhere or coded else ~denied_now,
        hedged=hedged,
        intermediate=at_least(limit.suspicion_intermediate, *signs),
        new_pain_at_risk=all_of(new_back_pain(facts, limit, course), any_of(older, steroid, osteoporosis)),
        severe=course.severe_pain,
        radiograph_done=facts.imaging.studies.some(lambda s: _is_film(s, regions, since, sites, facts, limit)),
    )


def _is_film(
    study: Study,
    regions: frozenset[SpineRegion],
    since: DateRange | None,
    sites: tuple[Site, ...],
    facts: Facts,
    limit: Thresholds,
) -> bool | None:
    """A radiograph of this episode; where nobody says when it began, also the one that raised the suspicion."""
    if study.modality != "XR" or not study.regions & regions:
        return False
    if since is None and any(_hedging(site) is study for site in sites):
        return True
    return _in_episode(study, since, facts, limit)


def all_known(*parts: bool | None) -> bool | None:
    """Kleene AND of answers that may not be known."""
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


_PAINFUL: Final[Mapping[str, SpineRegion]] = {"thoracic": "thoracic", "low back": "lumbar"}
"""What the displays of our value set say of where the back hurts; "dorsalgia" and "backache" say nothing of it."""


def _regions_in_question(sites: tuple[Site, ...], facts: Facts) -> frozenset[SpineRegion]:
    """Where a fracture is suspected: at the levels a report hedges about, else where the back hurts, else anywhere."""
    hedged = [region_of(site) for site in sites if suspected(site).met]
    if hedged:
        return frozenset[SpineRegion]().union(*hedged)
    shown = [d.evidence.value.lower() for d in facts.pain.back_pain.items if d.active]
    places = [{region for words, region in _PAINFUL.items() if words in each} for each in shown]
    return frozenset({"thoracic", "lumbar"}) if not places or not all(places) else frozenset(set().union(*places))


def _stand(site: Site) -> str | None:
    """FX-09: what the newest report that takes a stand on this level says."""
    stated = (r.finding.status for r in site.reported)
    return next((status for status in stated if status in ("present", "absent", "possible")), None)


def _denies(study: Study, regions: frozenset[SpineRegion], sites: tuple[Site, ...]) -> bool:
    """FX-05: a final study that finds no fracture excludes one in the regions it shows and names, and says nothing of
    what a later one hedges about.
    """
    if not study.final or study.reading is None or (study.regions and not study.regions & regions):
        return False
    levels = [level for name, region in NAMED.items() if name in regions for level in region]
    named = any(level in NAMED.get(region, ()) for region in study.reading.regions_without_fracture for level in levels)
    at_level = any(f.status == "absent" and f.level_certain and f.level in levels for f in study.reading.findings)
    return (named or at_level) and not any(_hedges_later(site, study) for site in sites)


def _hedges_later(site: Site, study: Study) -> bool:
    hedged = _hedging(site)
    if hedged is None or hedged.when is None or study.when is None:
        return False
    return hedged.when.first > study.when.last


def _hedging(site: Site) -> Study | None:
    """The study whose hedge is the newest stand on a level."""
    if _stand(site) != "possible":
        return None
    return next(r.study for r in site.reported if r.finding.status == "possible")


def pain_onset(facts: Facts) -> DateRange | None:
    """When the newest episode of pain began: as a back-pain problem or the clinician says; None when neither does."""
    onsets = [d.onset for d in facts.pain.back_pain.items if d.active]
    begun = [each for each in (*onsets, facts.fractures.stated_onset.value) if each and each.first <= facts.as_of]
    return max(begun, key=lambda onset: onset.last, default=None)


def _in_episode(study: Study, onset: DateRange | None, facts: Facts, limit: Thresholds) -> bool | None:
    """Whether a study was done since the pain began; within 30 days where nobody says when it did, and what might say
    so was read.
    """
    if study.when is None:
        return None
    if onset is None:
        recent = study.when.days_before(facts.as_of).at_most(limit.imaging_order_days)
        return None if recent and facts.pain.back_pain.gap is not None else recent
    return True if study.when.first >= onset.last else False if study.when.last < onset.first else None


def new_back_pain(facts: Facts, limit: Thresholds, course: Course) -> Claim:
    """IM-05, IM-09: pain that began 42 days ago or less, as a back-pain problem or, of a patient who is in pain, the
    clinician's "onset of this episode's pain" says.
    """
    coded = facts.pain.back_pain.some(lambda d: d.active and _recent(d.onset, facts, limit))
    hurts, stated = course.score.claim(1), facts.fractures.stated_onset
    if stated.value is None:
        # In pain, and nobody says since when.
        return any_of(coded, unknown("onset of the pain not documented", hurts.evidence)) if hurts.met else coded
    return any_of(coded, all_of(hurts, stated.claim(lambda onset: _recent(onset, facts, limit))))


def _recent(onset: DateRange | None, facts: Facts, limit: Thresholds) -> bool | None:
    if onset is None or onset.first > facts.as_of:
        return None
    return onset.days_before(facts.as_of).at_most(limit.back_pain_new_days)


def older_fracture(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """IM-09: a fracture that a report calls old, or that began certainly more than 84 days ago."""
    over = onset_days(site, facts).claim(lambda days: days.above(limit.new_fracture_days))
    return all_of(fractured(site, facts), any_of(called_old(site), over))


def _healed_fracture(diagnosis: FractureDiagnosis) -> bool | None:
    """A vertebral fracture of the past; a personal history that names no bone (Z87.31-) may be of another."""
    if diagnosis.standing != "past" and diagnosis.role != "history":
        return False
    return True if diagnosis.levels or not diagnosis.evidence.value.startswith("Personal history") else None


def older_fracture_with_new_pain(sites: tuple[Site, ...], facts: Facts, limit: Thresholds, course: Course) -> Claim:
    """IM-09: known older fractures and new back pain, so the acute level has yet to be found."""
    old = any_of(
        *(older_fracture(site, facts, limit) for site in sites), facts.fractures.diagnoses.some(_healed_fracture)
    )
    return all_of(old, new_back_pain(facts, limit, course))
