"""What the imaging orders of a request are checked for: contrast, region, repeats, pregnancy, and the need of contrast
(IM-02, IM-08, IM-11, IM-12 of `clinical.md` D5, OC-01 to OC-16, OC-21, OC-31 and OC-60 of section E).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from types import MappingProxyType
from typing import Final

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.contraindications import pregnant
from cds_service.criteria.etiology import called_benign
from cds_service.criteria.freshness import fresh, fresh_statements
from cds_service.criteria.sites import study_covers
from cds_service.facts.fact import Claim, Evidence, all_of, any_of, claim, met, not_met, unknown
from cds_service.facts.model import Contrast, Draft, DraftKind, Measurement, Modality, Order, SpineRegion, Study
from cds_service.facts.regions import shows
from cds_service.facts.truth import MET, NOT_MET, Truth
from cds_service.facts.truth import all_of as every
from cds_service.facts.truth import any_of as some
from cds_service.facts.truth import of as truth_of

WHOLE_SPINE: Final[frozenset[SpineRegion]] = frozenset({"cervical", "thoracic", "lumbar"})
GIVEN: Final[frozenset[Contrast]] = frozenset({"with", "without-and-with"})


# --- the drafts -------------------------------------------------------------------------------------------------------


def drafts(a: Assessment, kind: DraftKind, *modalities: Modality) -> tuple[Draft, ...]:
    """The selected drafts of a kind (imaging: of these modalities)."""
    found = (d for d in a.facts.drafts if d.selected and d.kind == kind)
    return tuple(d for d in found if not modalities or d.modality in modalities)


def drafted(some_drafts: Iterable[Draft]) -> Claim:
    """Whether there is any of them."""
    evidence = tuple(d.evidence for d in some_drafts)
    return met(*evidence) if evidence else not_met()


def contrast_drafts(a: Assessment) -> tuple[Draft, ...]:
    """MRI of the spine drafted with contrast."""
    return tuple(d for d in drafts(a, "imaging", "MR") if d.contrast in GIVEN)


def alarm_notes(a: Assessment) -> tuple[str, ...]:
    """Lines of a red-flag card about what is drafted: OC-07 (an MRI of routine priority) and OC-10 (a radiograph)."""
    routine = any(not d.hurried for d in drafts(a, "imaging", "MR"))
    film = bool(drafts(a, "imaging", "XR"))
    return (*(("routine-mri",) if routine else ()), *(("film",) if film else ()))


# --- pregnancy, kidneys, allergy, myeloma, operations -----------------------------------------------------------------


def pregnancy(a: Assessment) -> Claim:
    """IM-08: documented, or stated possible; not every woman of 55 or younger."""
    state = pregnant(a.facts, a.limit)
    if not state.unknown:
        return state
    said = fresh_statements(a.facts.pregnancy.possible, a.facts, a.limit.pregnancy_status_fresh_days)
    possible = tuple(s.evidence for s in said.items if s.says)
    return met(*possible) if possible else state


def pregnancy_with_radiation(a: Assessment) -> Claim:
    """IM-08, OC-14: a CT or a nuclear study is drafted in a pregnancy."""
    return all_of(drafted(drafts(a, "imaging", "CT", "NM")), pregnancy(a))


def low_egfr(a: Assessment, reference: date | None = None) -> Claim:
    """IM-12: the newest rate of the last 30 days is under 30."""
    day = reference or a.facts.as_of
    newest = next((m for m in a.facts.egfr.items if _in_date(m, day, a.limit.egfr_contrast_fresh_days)), None)
    if newest is None:
        return unknown(a.facts.egfr.gap or "no eGFR in date", (m.evidence for m in a.facts.egfr.items[:1]))
    return claim(newest.value < a.limit.egfr_contrast_min, [newest.evidence])


def _in_date(item: Measurement, day: date, days: float) -> bool:
    if item.when is None:
        return False
    age = item.when.days_before(day)
    return age.at_most(days) is True and age.at_least(0) is True


def gadolinium_reaction(a: Assessment) -> Claim:
    """OC-05: an allergy to an MRI contrast agent on record."""
    return a.facts.allergies.some(lambda each: each.agent == "gadolinium")


def active_myeloma(a: Assessment) -> Claim:
    """OC-16."""
    return a.facts.malignancy.myeloma.some(lambda d: d.active)


def operated(a: Assessment) -> Claim:
    """OC-04: an operation on the spine is a reason for contrast."""
    return a.facts.spine.surgery.some(lambda _: True)


# --- the need of contrast (IM-02, IM-11) ------------------------------------------------------------------------------


def whole_spine_needed(a: Assessment) -> Claim:
    """IM-02, OC-06: suspected cord compression by cancer (RF-03), or myeloma."""
    return any_of(a.flags.cancer_with_deficit, a.facts.malignancy.myeloma.some(lambda _: True))


def chance_finding_with_cancer(level: LevelFacts, a: Assessment) -> Claim:
    """IM-11: a fracture without symptoms and any malignancy on record, until a report calls the fracture benign."""
    benign = called_benign(level.site, a.facts)
    if benign is not None:
        return not_met(benign.evidence)
    return all_of(level.fractured, a.malignancy, ~level.symptomatic)


def contrast_mri_done(level: LevelFacts, a: Assessment, regions: frozenset[SpineRegion]) -> Claim:
    """SL-01: MRI with contrast of these regions since onset (none documented: within 30 days), in one study or
    several.
    """

    def since(study: Study) -> bool | None:
        return None if study.when is None else _since_onset(study, level, a)

    return _contrast_mri(a, regions, since, level)


def contrast_mri_recent(a: Assessment, regions: frozenset[SpineRegion]) -> Claim:
    """The same where no level is fractured for certain: within 30 days."""

    def since(study: Study) -> bool | None:
        if study.when is None:
            return None
        return study.when.days_before(a.facts.as_of).at_most(a.limit.imaging_order_days)

    return _contrast_mri(a, regions, since, None)


def _contrast_mri(
    a: Assessment,
    regions: frozenset[SpineRegion],
    since: Callable[[Study], bool | None],
    level: LevelFacts | None,
) -> Claim:
    found = [(s, _contrast_study(s, since)) for s in a.facts.imaging.studies.items if s.modality == "MR"]
    certain = [s for s, truth in found if truth is MET]
    maybe = [s for s, truth in found if truth is not NOT_MET]
    if _show(certain, regions, level) is MET:
        return met(*(s.evidence for s in certain))
    if _show(maybe, regions, level) is not NOT_MET:
        return unknown("contrast, date or region of an MRI not stated", (s.evidence for s in maybe))
    gap = a.facts.imaging.studies.gap
    return not_met() if gap is None else unknown(gap)


def _contrast_study(study: Study, since: Callable[[Study], bool | None]) -> Truth:
    was_read = study.final or (study.reading is None and not study.preliminary)
    given = None if study.contrast is None else study.contrast in GIVEN
    return every([truth_of(was_read), truth_of(given), truth_of(since(study))])


def _since_onset(study: Study, level: LevelFacts, a: Assessment) -> bool | None:
    onset = level.onset_days.value
    if study.when is None:
        return None
    age = study.when.days_before(level.reference)
    if onset is None or onset.high is None:
        return age.at_most(a.limit.imaging_max_days)
    return True if age.at_most(onset.low) else False if age.above(onset.high) else None


def _show(studies: list[Study], regions: frozenset[SpineRegion], level: LevelFacts | None) -> Truth:
    """Whether together they show the level, or where more than its own region is asked for every region of it."""
    if level is not None and level.site.level is not None and regions != WHOLE_SPINE:
        return some([truth_of(study_covers(study, level.site.level)) for study in studies])
    if any(not study.regions for study in studies):
        return truth_of(None)
    shown = frozenset[SpineRegion]().union(*(study.regions for study in studies))
    return truth_of(bool(studies) and regions <= shown)


def contrast_mri_ordered(a: Assessment, regions: frozenset[SpineRegion], level: LevelFacts | None = None) -> Claim:
    """SL-01: MRI with contrast of these regions is ordered, booked or drafted; one that differs in contrast is none."""
    wanted: list[Draft | Order] = [d for d in a.facts.drafts if _is_contrast_mri(d)]
    wanted += [o for o in a.facts.imaging.orders.items if _is_contrast_mri(o)]
    shown = frozenset[SpineRegion]().union(*(each.regions for each in wanted))
    anywhere = any(not each.regions for each in wanted)
    at_level = level is not None and level.site.level == "T12" and regions != WHOLE_SPINE and "lumbar" in shown
    if wanted and (anywhere or at_level or regions <= shown):
        return met(*(each.evidence for each in wanted))
    return a.facts.imaging.orders.some(lambda _: False)


def _is_contrast_mri(order: Draft | Order) -> bool:
    return order.kind == "imaging" and order.modality == "MR" and order.contrast in GIVEN


# --- the field of a drafted MRI (OC-06) -------------------------------------------------------------------------------


def out_of_field(a: Assessment) -> tuple[tuple[LevelFacts, Claim], ...]:
    """OC-06: each named level, and whether it is a new fracture that no MRI has shown and the drafted one will not."""
    mri = drafted(drafts(a, "imaging", "MR"))
    return tuple(
        (level, all_of(mri, level.fractured, level.new, ~level.mri_since_onset, ~level.mri_ordered))
        for level in a.levels
        if level.site.level is not None
    )


# --- imaging too old for the procedure (OC-21) ------------------------------------------------------------------------


def imaging_too_old(level: LevelFacts) -> Claim:
    """IM-06, OC-21: the study that settles VA-03 is over 30 days old on the planned date; with none, OC-20 speaks
    (decision 13).
    """
    if level.acuity.decided_by is None:
        return unknown("no study settles edema or uptake") if level.acuity.shown.unknown else not_met()
    return ~level.study_recent


# --- repeats (OC-02, OC-11, OC-31, OC-60) -----------------------------------------------------------------------------

NEW_PAIN: Final = "fracture or pain began after that study"


@dataclass(frozen=True, slots=True)
class Repeat:
    """One draft, whether something there already may make it needless, and what would be a reason for it."""

    draft: Draft
    rule: str
    holds: Claim
    unless: Mapping[str, Claim] = field(default_factory=lambda: MappingProxyType({}))


def repeats(a: Assessment, planned: Sequence[LevelFacts]) -> tuple[Repeat, ...]:
    """Every selected draft that may repeat what is on record, or a draft before it. ``planned``: the levels that a
    drafted augmentation is for.
    """
    too_old = any_of(*(imaging_too_old(level) for level in planned)) if planned else not_met()
    return (
        *(_mri_again(d, a, too_old) for d in drafts(a, "imaging", "MR")),
        *(_film_again(d, a) for d in drafts(a, "imaging", "XR")),
        *(_augmentation_again(d, a) for d in drafts(a, "augmentation")),
        *(_referral_again(d, a) for d in drafts(a, "spine-referral")),
    )


def _others(draft: Draft, a: Assessment) -> tuple[Order, ...]:
    """What is ordered already, but for the draft itself: on re-signing it is on record under its own id."""
    return tuple(o for o in a.facts.imaging.orders.items if o.evidence.reference != draft.evidence.reference)


def _already(found: Iterable[Evidence], gap: str | None) -> Claim:
    """Met by what was found; nothing found proves nothing while the record could not be read."""
    evidence = tuple(found)
    return met(*evidence) if evidence else not_met() if gap is None else unknown(gap)


def _mri_again(draft: Draft, a: Assessment, too_old: Claim) -> Repeat:
    """OC-02: MRI of the same region is final within 30 days, or ordered. One without contrast is no repeat of one
    with; new pain, and a procedure that asks for a younger study, are reasons.
    """

    def same(modality: Modality | None, regions: frozenset[SpineRegion], contrast: Contrast | None) -> bool:
        return modality == "MR" and draft.regions <= regions and (draft.contrast not in GIVEN or contrast in GIVEN)

    studies, orders = a.facts.imaging.studies, a.facts.imaging.orders
    done = [
        s
        for s in studies.items
        if s.final and fresh(s.when, a.facts, a.limit.imaging_order_days) and same(s.modality, s.regions, s.contrast)
    ]
    ordered = [o for o in _others(draft, a) if o.kind == "imaging" and same(o.modality, o.regions, o.contrast)]
    found = [*(s.evidence for s in done), *(o.evidence for o in ordered)]
    holds = _already(found, studies.gap or orders.gap) if draft.regions else unknown("the draft names no region")
    older = not_met(*(o.evidence for o in ordered)) if ordered else _before_the_pain(done, a)
    alarm = any_of(a.flags.infection, a.flags.neurological_sign)
    return Repeat(
        draft,
        "OC-02",
        holds,
        {NEW_PAIN: older, "an alarm sign": alarm, "imaging too old for the procedure planned": too_old},
    )


def _before_the_pain(studies: Sequence[Study], a: Assessment) -> Claim:
    """Whether an episode is documented to have begun after all of these studies; without one there is no telling."""
    if not studies:
        return not_met()
    began = [(d.onset, d.evidence) for d in a.facts.fractures.diagnoses.items if d.standing == "current"]
    began += [(d.onset, d.evidence) for d in a.facts.pain.back_pain.items if d.active]
    stated = a.facts.fractures.stated_onset
    began += [(stated.value, e) for e in stated.evidence]
    known = [(onset, e) for onset, e in began if onset is not None]
    if not known:
        return unknown("onset date not documented")
    later = [e for onset, e in known if all(s.when is not None and s.when.last < onset.first for s in studies)]
    return met(*later) if later else not_met(*(e for _, e in known))


def _film_again(draft: Draft, a: Assessment) -> Repeat:
    """OC-11: a confirmed fracture in the region was imaged within 14 days, and nothing has changed since. A standing
    film shows what one lying down does not.
    """
    here = [level for level in a.levels if level.confirmed.met and (not draft.regions or _in(level, draft.regions))]
    recent = [
        r.study
        for level in here
        for r in level.site.reported
        if r.finding.status == "present" and fresh(r.study.when, a.facts, a.limit.radiograph_repeat_days)
    ]
    holds = _already(dict.fromkeys(s.evidence for s in recent), a.facts.imaging.studies.gap)
    return Repeat(
        draft,
        "OC-11",
        not_met(draft.evidence) if draft.weight_bearing else holds,
        {
            NEW_PAIN: _before_the_pain(recent, a),
            "pain is getting worse": a.course.worsening,
            "a neurological sign": a.flags.neurological_sign,
        },
    )


def _in(level: LevelFacts, regions: frozenset[SpineRegion]) -> bool:
    return level.site.level is None or shows(regions, level.site.level) is True


def _augmentation_again(draft: Draft, a: Assessment) -> Repeat:
    """OC-31: an augmentation of the same level is ordered, or drafted before this one."""
    before = tuple(takewhile(lambda each: each is not draft, a.facts.drafts))
    there: list[Draft | Order] = [*before, *_others(draft, a)]
    same = [e.evidence for e in there if e.kind == "augmentation" and set(e.levels) & set(draft.levels)]
    holds = _already(same, a.facts.imaging.orders.gap) if draft.levels else unknown("the draft names no level")
    return Repeat(draft, "OC-31", holds)


def _referral_again(draft: Draft, a: Assessment) -> Repeat:
    """OC-60: a spine or interventional radiology referral of the last 90 days."""
    same = [
        o.evidence
        for o in _others(draft, a)
        if o.kind == "spine-referral" and fresh(o.when, a.facts, a.limit.referral_days)
    ]
    return Repeat(draft, "OC-60", _already(same, a.facts.imaging.orders.gap))
