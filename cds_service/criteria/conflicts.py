"""CF of `clinical.md` D14: entries of one record that disagree, each with what both say and the criterion left open.

Only a disagreement that leaves a criterion open is one: where every account gives the same truth value, a different
number or date is not worth a line. Why a criterion is unknown is said by the modules that judge it; here both sides
are named. Edema beyond the 12 weeks (AC-07) is a discordance for a specialist, not of data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeVar

from cds_service.criteria.acuity import documented_onsets, possible, within_window
from cds_service.criteria.assessment import Assessment, LevelFacts, cause_of, course_of
from cds_service.criteria.contraindications import PREGNANT_MAN, coagulopathy, recorded_pregnancy
from cds_service.criteria.course import (
    Course,
    Received,
    by_setting,
    course_of_patient,
    days_by_record_and_answer,
    kyphoses,
    trends,
)
from cds_service.criteria.disputes import Disagreement, disagreements
from cds_service.criteria.red_flags import red_flags
from cds_service.criteria.sites import Reported, quote_span
from cds_service.facts.fact import Claim, Evidence, Fact, met, not_met
from cds_service.facts.model import Bleeding, DateRange, Facts, Infection, Listing, Measurement, Unitless

LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CF-01": "level ordered or coded against level reported",
        "CF-02": "pain scores of one day",
        "CF-03": "a date that cannot be right",
        "CF-04": "coded fracture against a report of none",
        "CF-05": "findings of one study",
        "CF-06": "pregnancy against sex",
        "CF-07": "a number without a unit",
        "AC-01": "dates of onset",
        "DE-09": "kyphosis on record and as answered",
        "DE-12": "course of the pain by scores and as answered",
        "CM-07": "conservative care on record and as answered",
        "ET-05": "two accounts of the mechanism",
    }
)
"""Rule -> what disagrees, in plain words. The rules after CF-07 are those of the criteria that both the record and the
assessment form answer (contract, "The assessment questionnaire").
"""

CONFIRMED: Final = "fracture confirmed (VA-01)"
IN_WINDOW: Final = "within the window (VA-02)"
ACUTE: Final = "acute on imaging (VA-03)"
RECENT: Final = "age of the imaging (VA-04)"
PAINFUL: Final = "severe pain (VA-06)"
SYMPTOMATIC: Final = "symptomatic (CM-01)"
FAILED: Final = "conservative treatment failed (VA-07)"
COURSE: Final = "worsening or structural progression (VA-08)"
CAUSE: Final = "osteoporotic cause (VA-10)"
PREGNANCY: Final = "pregnancy (CX-03)"
WALL: Final = "posterior wall (CX-05)"
CANAL: Final = "retropulsion or canal compromise (CX-05)"
COAGULATION: Final = "coagulopathy (CX-07)"
UNSTABLE: Final = "instability (CX-09)"
INFECTED: Final = "signs of infection (RF-04)"

MARKERS: Final[Mapping[str, str]] = MappingProxyType(
    {"crp": "crp_mg_l", "esr": "esr_mm_h", "temperature": "temperature_c"}
)
"""The listing of the infection's facts that a number belongs to. INR and platelets have the names of theirs."""
T = TypeVar("T", Infection, Bleeding)

_TOUCHES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "status": (CONFIRMED,),
        "marrow_edema": (ACUTE,),
        "tracer_uptake": (ACUTE,),
        "acuity": (ACUTE,),
        "height_loss_percent": (COURSE,),
        "height_loss_grade": (COURSE,),
        "height_change": (COURSE,),
        "kyphosis": (COURSE,),
        "kyphosis_degrees": (COURSE,),
        "posterior_wall": (WALL,),
        "retropulsion": (CANAL,),
        "retropulsion_mm": (CANAL,),
        "canal_compromise": (CANAL,),
        "cord_signal": (CANAL,),
        "unstable": (UNSTABLE, CAUSE),
        "morphology": (UNSTABLE, CAUSE),
        "etiology": (CAUSE,),
        "posterior_elements": (CAUSE,),
        "soft_tissue_mass": (CAUSE,),
    }
)
"""Field of a report -> the criteria that rest on it."""


@dataclass(frozen=True, slots=True)
class DataConflict:
    """One disagreement: its rule, where, what each side says, and the criteria it leaves open."""

    rule: str
    where: str
    """The level; empty for what is the patient's own."""
    sides: tuple[tuple[Evidence, ...], ...]
    leaves_open: tuple[str, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every place that it rests on."""
        return tuple(dict.fromkeys(place for side in self.sides for place in side))

    @property
    def label(self) -> str:
        return LABELS[self.rule]


def conflicts(a: Assessment, levels: Sequence[LevelFacts], choices: Mapping[str, str]) -> tuple[DataConflict, ...]:
    """Every conflict that leaves a criterion open at these levels, in the order of the rules.

    A level that is coded and not the one reported acute is named whatever is ordered (FX-09).
    """
    course_open = any(_course(level, a, choices).unknown for level in levels)
    found = (
        *(each for level in a.levels for each in _levels_differ(level)),
        *_scores_of_one_day(a, course_open),
        *(each for level in levels for each in _impossible_dates_of(level, a)),
        *_impossible_scores(a),
        *(each for level in levels for each in _denied(level)),
        *(each for level in levels for each in _within_study(level, a, choices)),
        *_pregnancy(a, levels),
        *_units(a, course_open),
        *(each for level in levels for each in _onsets(level, a)),
        *(each for level in levels for each in _kyphosis(level, a, choices)),
        *(_trend(a) if course_open else ()),
        *_care(a),
        *_mechanism(a, levels),
    )
    unique = tuple(dict.fromkeys(found))
    return tuple(sorted(unique, key=lambda each: list(LABELS).index(each.rule)))


def claims_by_rule(found: Iterable[DataConflict]) -> Mapping[str, Claim]:
    """For each rule whether it found anything, on which evidence."""
    by_rule: dict[str, list[Evidence]] = {}
    for each in found:
        by_rule.setdefault(each.rule, []).extend(each.evidence)
    return {rule: met(*dict.fromkeys(by_rule[rule])) if rule in by_rule else not_met() for rule in LABELS}


def _each(places: Iterable[Evidence]) -> tuple[tuple[Evidence, ...], ...]:
    """Every place a side of its own."""
    return tuple((place,) for place in dict.fromkeys(places))


# --- levels and reports


def _levels_differ(level: LevelFacts) -> Iterator[DataConflict]:
    """CF-01"""
    if level.mismatch.holds.met:
        sides = (level.mismatch.claimed, level.mismatch.reported)
        yield DataConflict("CF-01", level.label, sides, (CONFIRMED, ACUTE))


def _denied(level: LevelFacts) -> Iterator[DataConflict]:
    """CF-04: coded, and the newest report that takes a stand finds none."""
    if level.coded.met and level.confirmed.not_met:
        denials = (Evidence(e.reference, f"no fracture: {e.value}", e.date) for e in level.confirmed.evidence)
        yield DataConflict("CF-04", level.label, (level.coded.evidence, tuple(denials)), (CONFIRMED,))


def _within_study(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Iterator[DataConflict]:
    """CF-05: a report against itself, or (CF-04 for the fracture itself) against the codes and Observations of its
    study.
    """
    claims = _claims_of(level, a, choices)
    settled = disagreements(a.facts)
    for dispute in settled:
        if dispute.level in (level.site.level, None):
            left = tuple(n for n in _touched(dispute.field) if _rests_on(claims[n], dispute))
            if left:
                rule = "CF-04" if dispute.field == "status" else "CF-05"
                sides = (*_each(dispute.stated), *_each(dispute.told))
                yield DataConflict(rule, level.label, sides, left)
    told_apart = {(dispute.level, dispute.field) for dispute in settled}
    for said in _deciding(level):
        for field, sides in _contradictions(said):
            left = tuple(name for name in _touched(field) if claims[name].unknown)
            if left and (said.finding.level, field) not in told_apart:
                yield DataConflict("CF-05", level.label, sides, left)


def _touched(field: str) -> tuple[str, ...]:
    return _TOUCHES.get(field, ())


def _rests_on(claim_: Claim, dispute: Disagreement) -> bool:
    """Whether the claim is unknown because of that dispute."""
    return claim_.unknown and dispute.words in (claim_.why_unknown or "")


def _deciding(level: LevelFacts) -> tuple[Reported, ...]:
    """The reports that a criterion of this level rests on: the one that decides how acute it is, and the newest."""
    decided, newest = level.acuity.decided_by, level.site.newest()
    both = (decided, None if newest == decided else newest)
    return tuple(said for said in both if said is not None)


def _contradictions(said: Reported) -> Iterator[tuple[str, tuple[tuple[Evidence, ...], ...]]]:
    reading = said.study.reading
    for each in reading.conflicts if reading is not None else ():
        if each.level == said.finding.level:
            yield each.field, _each(quote_span(said.study, span) for span in each.spans)


def _claims_of(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Mapping[str, Claim]:
    return {
        CONFIRMED: level.confirmed,
        ACUTE: level.acuity.shown,
        COURSE: _course(level, a, choices),
        WALL: level.against.posterior_wall,
        CANAL: level.against.canal,
        UNSTABLE: level.against.unstable,
        CAUSE: cause_of(level, choices.get("va.neoplastic", "mdt_only")),
    }


def _course(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Claim:
    """VA-08, which path (i) skips."""
    return by_setting(a.facts, met(), course_of(level, choices.get("va.secondary", "both")))


# --- dates


def _impossible_dates_of(level: LevelFacts, a: Assessment) -> Iterator[DataConflict]:
    """CF-03: an onset or a study wholly after the day of the call, or before birth."""
    if level.within_window.unknown:
        for when, evidence in documented_onsets(level.site, a.facts):
            if not possible(when, a.facts):
                sides = _beside(evidence, when, a.facts.as_of, a)
                yield DataConflict("CF-03", level.label, sides, (IN_WINDOW,))
    said = level.acuity.decided_by
    if said is not None and said.study.when is not None and not possible(said.study.when, a.facts):
        sides = _beside(said.study.evidence, said.study.when, a.facts.as_of, a)
        yield DataConflict("CF-03", level.label, sides, (RECENT,))


def _impossible_scores(a: Assessment) -> Iterator[DataConflict]:
    """CF-03: a pain score after the day of the call, or before birth, where no other decides."""
    if not a.course.candidate_pain.unknown or a.course.score.value.known:
        return
    for score in a.facts.pain.scores.items:
        if score.when is not None and (score.when.first > a.facts.as_of or _before_birth(score.when, a.facts)):
            yield DataConflict("CF-03", "", _beside(score.evidence, score.when, a.facts.as_of, a), (PAINFUL,))


def _before_birth(when: DateRange, facts: Facts) -> bool:
    return facts.patient.born is not None and when.last < facts.patient.born.first


def _beside(evidence: Evidence, when: DateRange, limit: date, a: Assessment) -> tuple[tuple[Evidence, ...], ...]:
    """The date, and the day that it cannot lie beyond; the birth date itself is never printed."""
    if _before_birth(when, a.facts):
        return _each((evidence, Evidence("Patient", "born later")))
    return _each((evidence, Evidence("this request", "is about an earlier day", limit.isoformat())))


def _onsets(level: LevelFacts, a: Assessment) -> Iterator[DataConflict]:
    """AC-01: two documented onsets on both sides of the window's end."""
    if not level.within_window.unknown:
        return
    dated = [(when, seen) for when, seen in documented_onsets(level.site, a.facts) if possible(when, a.facts)]
    reference = level.reference
    each = [(within_window(Fact(when.days_before(reference)), a.limit).truth, seen) for when, seen in dated]
    if len({truth for truth, _ in each}) > 1:
        yield DataConflict("AC-01", level.label, _each(seen for _, seen in each), (IN_WINDOW,))


# --- pain, care, cause


_PAIN: Final[Mapping[str, Callable[[Course, Facts], Claim]]] = MappingProxyType(
    {
        PAINFUL: lambda course, facts: course.candidate_pain,
        SYMPTOMATIC: lambda course, facts: course.in_pain,
        FAILED: lambda course, facts: by_setting(facts, met(), course.conservative_care_failed),
        COURSE: lambda course, facts: course.worsening,
    }
)
"""The criteria that a pain score decides."""


def _decided_otherwise(
    a: Assessment, versions: Sequence[Listing[Measurement]], *, course_open: bool
) -> tuple[str, ...]:
    """The open criteria that some version of the scores would decide, or decide differently."""
    courses = [course_of_patient(replace(a.facts, pain=replace(a.facts.pain, scores=v)), a.limit) for v in versions]
    return tuple(
        name
        for name, says in _PAIN.items()
        if (name != COURSE or course_open)
        and says(a.course, a.facts).unknown
        and len({says(c, a.facts).truth for c in (a.course, *courses)}) > 1
    )


def _scores_of_one_day(a: Assessment, course_open: bool) -> Iterator[DataConflict]:
    """CF-02: by each of them alone a criterion comes out differently."""
    also = a.course.score.also
    if not also:
        return
    scores = a.facts.pain.scores
    newest = next(m for m in scores.items if a.course.score.value.evidence == (m.evidence,))
    rivals = (newest, *also)
    others = tuple(m for m in scores.items if m not in rivals)
    versions = [_with(Listing(others), kept) for kept in rivals]
    left = _decided_otherwise(a, versions, course_open=course_open)
    if left:
        yield DataConflict("CF-02", "", _each(m.evidence for m in rivals), left)


def _units(a: Assessment, course_open: bool) -> Iterator[DataConflict]:
    """CF-07: with some unit it would decide a criterion that is open."""
    for number in a.facts.unitless:
        left = _left_by_unit(a, number, course_open)
        if left:
            yield DataConflict("CF-07", "", ((number.evidence,),), left)


def _as_read(number: Unitless) -> Iterator[Measurement]:
    return (Measurement(value, number.when, number.at, number.evidence) for value in number.readings)


def _with(listing: Listing[Measurement], measured: Measurement) -> Listing[Measurement]:
    """The listing with one more, newest first."""
    items = (measured, *listing.items)
    return Listing(tuple(sorted(items, key=lambda m: m.when.last if m.when else date.min, reverse=True)), None)


def _pain_with_unit(a: Assessment, readings: Sequence[Measurement], course_open: bool) -> tuple[str, ...]:
    versions = [_with(a.facts.pain.scores, reading) for reading in readings]
    return _decided_otherwise(a, versions, course_open=course_open)


def _marker_with_unit(a: Assessment, listing: str, readings: Sequence[Measurement]) -> tuple[str, ...]:
    sites = tuple(level.site for level in a.levels)
    told = (replace(a.facts, infection=_joined(a.facts.infection, listing, m)) for m in readings)
    flags = [red_flags(sites, facts, a.limit, a.course.pain_free).infection for facts in told]
    return (INFECTED,) if a.flags.infection.unknown and any(not each.unknown for each in flags) else ()


def _coagulation_with_unit(a: Assessment, listing: str, readings: Sequence[Measurement]) -> tuple[str, ...]:
    """Asked of an augmentation order alone."""
    now = coagulopathy(a.facts, a.limit)
    told = (replace(a.facts, bleeding=_joined(a.facts.bleeding, listing, m)) for m in readings)
    decided = any(not coagulopathy(facts, a.limit).unknown for facts in told)
    return (COAGULATION,) if a.augmentation_drafts and now.unknown and decided else ()


def _joined(topic: T, listing: str, measured: Measurement) -> T:
    """A topic with one more measurement in one of its listings."""
    more: dict[str, Any] = {listing: _with(getattr(topic, listing), measured)}
    return replace(topic, **more)


def _left_by_unit(a: Assessment, number: Unitless, course_open: bool) -> tuple[str, ...]:
    """What is open and some reading of a number would decide."""
    readings = tuple(_as_read(number))
    if number.kind == "pain":
        return _pain_with_unit(a, readings, course_open)
    if number.kind in MARKERS:
        return _marker_with_unit(a, MARKERS[number.kind], readings)
    return _coagulation_with_unit(a, number.kind, readings)


def _pregnancy(a: Assessment, levels: Sequence[LevelFacts]) -> Iterator[DataConflict]:
    """CF-06: pregnancy on record of a man; beyond 55 it is believed."""
    if any(level.against.pregnancy.why_unknown == PREGNANT_MAN for level in levels):
        sides = (recorded_pregnancy(a.facts, a.limit), a.facts.patient.male.evidence)
        yield DataConflict("CF-06", "", sides, (PREGNANCY,))


def _kyphosis(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Iterator[DataConflict]:
    recorded, answered = kyphoses(level.site, a.facts, a.limit)
    if _differ(recorded, answered) and _course(level, a, choices).unknown:
        yield DataConflict("DE-09", level.label, (recorded.evidence, answered.evidence), (COURSE,))


def _trend(a: Assessment) -> Iterator[DataConflict]:
    measured, answered = trends(a.facts, a.limit)
    if _differ(measured, answered):
        yield DataConflict("DE-12", "", (measured.evidence, answered.evidence), (COURSE,))


_CARE: Final[tuple[Received, ...]] = ("analgesic", "brace", "physiotherapy")


def _care(a: Assessment) -> Iterator[DataConflict]:
    """CM-07: days of treatment, and a pain that goes on against care said not to have failed."""
    if not by_setting(a.facts, met(), a.course.conservative_care_failed).unknown:
        return
    for kind in _CARE:
        recorded, answered = days_by_record_and_answer(kind, a.facts, a.limit)
        if recorded.met and answered.not_met:
            yield DataConflict("CM-07", "", (recorded.evidence, answered.evidence), (FAILED,))
    said = a.facts.conservative.failed
    still = a.course.score.claim(a.limit.nrs_lcd_outpatient)
    if said.value == "no" and still.met:
        yield DataConflict("CM-07", "", (still.evidence, said.evidence), (FAILED,))


def _mechanism(a: Assessment, levels: Sequence[LevelFacts]) -> Iterator[DataConflict]:
    """ET-05: how it happened, as noted, as coded or as answered."""
    mechanism = a.facts.fractures.mechanism
    disagree = mechanism.value is None and len(mechanism.evidence) > 1
    if disagree and any(level.candidate_cause.unknown for level in levels):
        yield DataConflict("ET-05", "", _each(mechanism.evidence), (CAUSE,))


def _differ(one: Claim, other: Claim) -> bool:
    return not one.unknown and not other.unknown and one.truth is not other.truth
