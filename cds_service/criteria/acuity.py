"""How old the fracture is and whether imaging shows it acute (AC, LV of `clinical.md` D2; VA-03, VA-04)."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.criteria.sites import Reported, Site, called_acute, confirmed, contradicted
from cds_service.criteria.unread import in_words
from cds_service.facts.fact import Claim, Evidence, Fact, Interval, claim, met, not_met, unknown
from cds_service.facts.model import DateRange, Facts, FractureDiagnosis
from cds_service.knowledge.thresholds import Thresholds

SHOWS_UPTAKE = "NM"
SHOWS_EDEMA = "MR"


def onset_days(site: Site, facts: Facts) -> Fact[Interval]:
    """AC-01: days from onset to the reference date; only a lower bound when nothing but imaging or a recording date is
    known.

    Several documented onsets that disagree give the interval covering all of them, so a criterion they decide
    differently is unknown.
    """
    reference = facts.reference_date
    documented = tuple(documented_onsets(site, facts))
    usable = tuple((when, e) for when, e in documented if possible(when, facts))
    evidence = tuple(e for _, e in usable)
    if usable:
        first = min(when.first for when, _ in usable)
        last = min(max(when.last for when, _ in usable), facts.as_of)
        return Fact(DateRange(first, last).days_before(reference), None, evidence)
    bounds = tuple(_lower_bounds(site, facts))
    if bounds:
        days, seen = max(bounds, key=lambda bound: bound[0])
        return Fact(Interval(days, None), None, (seen,))
    impossible = "the documented onset lies after the reference date or before birth"
    why = impossible if documented else "onset date not documented"
    return Fact(None, why, tuple(e for _, e in documented))


def possible(when: DateRange, facts: Facts) -> bool:
    """CF-03: not wholly after the day of the call (a procedure planned for later makes no later day possible), nor
    wholly before birth.
    """
    born = facts.patient.born
    return when.first <= facts.as_of and (born is None or when.last >= born.first)


def documented_onsets(site: Site, facts: Facts) -> list[tuple[DateRange, Evidence]]:
    """AC-01: every documented onset that applies to the site, possible or not."""
    tied = [(d.onset, _dated(d.evidence, d.onset)) for d in site.diagnoses if _own(d, site) and d.onset is not None]
    if tied:
        return tied + _stated_onset(site, facts)
    return _untied_onsets(site, facts) + _stated_onset(site, facts)


def _own(diagnosis: FractureDiagnosis, site: Site) -> bool:
    return site.level is None or diagnosis.level == site.level


def _untied_onsets(site: Site, facts: Facts) -> list[tuple[DateRange, Evidence]]:
    """Onsets of codes without a level (or of a pair): they apply where the report calls the fracture acute, if there is
    just one such problem. One filed twice (encounter diagnosis and problem list) is one.
    """
    if site.level is None or not _is_confirmed_acute(site, facts):
        return []
    loose = [d for d in _current(facts) if d.level is None]
    onsets = {d.onset for d in loose if d.onset is not None}
    if len(onsets) > 1 or len({(d.evidence.value, d.levels) for d in loose}) != 1:
        return []
    if loose[0].levels and site.level not in loose[0].levels:
        return []
    return [(d.onset, _dated(d.evidence, d.onset)) for d in loose if d.onset is not None][:1]


def _stated_onset(site: Site, facts: Facts) -> list[tuple[DateRange, Evidence]]:
    stated = facts.fractures.stated_onset
    if stated.value is None or not (site.level is None or _is_confirmed_acute(site, facts)):
        return []
    return [(stated.value, _dated(stated.evidence[0], stated.value))]


def _dated(evidence: Evidence, onset: DateRange) -> Evidence:
    return Evidence(evidence.reference, f"onset {onset}", str(onset.first))


def _current(facts: Facts) -> tuple[FractureDiagnosis, ...]:
    return tuple(d for d in facts.fractures.diagnoses.items if d.standing != "past" and d.role != "history")


def _is_confirmed_acute(site: Site, facts: Facts) -> bool:
    return confirmed(site, facts).met and called_acute(site).met


def _lower_bounds(site: Site, facts: Facts) -> list[tuple[float, Evidence]]:
    """At least so old: the age of the first study in the latest run that calls it acute, and what `recordedDate`
    says.
    """
    reference = facts.reference_date
    bounds: list[tuple[float, Evidence]] = []
    for said in site.reported:
        if said.study.sparse and not _acute(said) and said.finding.acuity is None:
            # An Observation of a height or a shape says nothing of age, so it ends no run of reports that do.
            continue
        if not _acute(said):
            break
        if said.study.when is not None and said.study.when.last <= reference:
            bounds.append((said.study.when.days_before(reference).low, said.evidence))
    own = (d for d in site.diagnoses if _own(d, site))
    recorded = ((d.recorded, d.evidence) for d in own if d.recorded is not None and d.recorded.last <= reference)
    bounds.extend(
        (when.days_before(reference).low, Evidence(e.reference, f"recorded {when}", str(when.last)))
        for when, e in recorded
    )
    return bounds


def _acute(said: Reported) -> bool:
    return said.finding.acuity == "acute" or said.finding.marrow_edema is True or said.finding.tracer_uptake is True


@dataclass(frozen=True, slots=True)
class ImagingAcuity:
    """VA-03 with the study that decides it; ``study_days`` is VA-04's number: its age at the reference date."""

    shown: Claim
    decided_by: Reported | None
    study_days: Fact[Interval]


def imaging_acuity(site: Site, facts: Facts) -> ImagingAcuity:
    """AC-05 to AC-08: marrow edema on MRI or tracer uptake at this level, by the newest study that states either."""
    best: Claim | None = None
    for said in site.reported:
        if said.study.modality not in (SHOWS_EDEMA, SHOWS_UPTAKE) or said.finding.status == "absent":
            continue
        shown = _shows_acute(said)
        if not shown.unknown:
            return ImagingAcuity(_unless_contradicted(shown, site, said), said, _study_days(said, facts))
        best = best or shown
    return ImagingAcuity(best or _no_advanced_study(facts), None, Fact(None, "no MRI or uptake study settles it"))


def _shows_acute(said: Reported) -> Claim:
    finding = said.finding
    if said.study.modality == SHOWS_UPTAKE:
        return claim(
            finding.tracer_uptake, [said.words("tracer_uptake")], "the study does not state tracer uptake at this level"
        )
    if finding.marrow_edema is not None:
        return claim(finding.marrow_edema, [said.words("marrow_edema")])
    if finding.acuity == "chronic":
        return not_met(said.words("acuity"))
    return unknown("the MRI report does not state marrow edema at this level", [said.evidence])


def _unless_contradicted(shown: Claim, site: Site, said: Reported) -> Claim:
    if contradicted(site, said, "marrow_edema", "acuity", "tracer_uptake").met:
        return unknown("the report contradicts itself on how old the fracture is", shown.evidence)
    return shown


def _no_advanced_study(facts: Facts) -> Claim:
    if facts.imaging.studies.gap is not None:
        return unknown(facts.imaging.studies.gap)
    unread = next(
        (s for s in facts.imaging.studies.items if s.not_read and s.modality in (SHOWS_EDEMA, SHOWS_UPTAKE)), None
    )
    if unread is not None:
        return unknown(f"the report could not be read ({in_words(unread.not_read)})", [unread.evidence])
    return unknown("no MRI or uptake study of this level found")


def _study_days(said: Reported, facts: Facts) -> Fact[Interval]:
    when = said.study.when
    if when is None:
        return Fact(None, "the study is not dated", (said.evidence,))
    if not possible(when, facts):
        return Fact(None, "the study is dated after the reference date or before birth", (said.study.evidence,))
    return Fact(when.days_before(facts.reference_date), None, (said.study.evidence,))


def study_is_recent(acuity: ImagingAcuity, limit: Thresholds) -> Claim:
    """VA-04: the deciding study is 0 to 30 days old on the reference date."""

    def within(days: Interval) -> bool | None:
        recent, started = days.at_most(limit.imaging_max_days), days.at_least(0)
        return None if recent is None or not started else recent

    return acuity.study_days.claim(within)


def within_window(onset: Fact[Interval], limit: Thresholds) -> Claim:
    """VA-02: 84 days or less from onset (not met once even the lower bound is over)."""
    return onset.claim(lambda days: days.at_most(limit.augmentation_window_days)).because(
        onset.why_unknown or _only_a_bound(onset)
    )


def _only_a_bound(onset: Fact[Interval]) -> str:
    if onset.value is not None and onset.value.high is None:
        return f"onset date not documented (at least {onset.value.low:g} days)"
    return "the documented onset is not exact enough"


def level_in_range(site: Site) -> Claim:
    """LV-01 to LV-03 as VA-05 reads them: T5 to L5 met, T1 to T4 left open (C-18)."""
    if site.level is None:
        return unknown("the level is not named")
    if site.level in ("T1", "T2", "T3", "T4"):
        return unknown(f"{site.level} is an uncommon level: payers differ (T1 to L5, or T5 to L5 only)")
    return met()
