"""Pain, function and what conservative care has achieved (DE-11 to DE-16; CM-07, VA-06 to VA-09 of `clinical.md` D6 and
D7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cds_service.criteria.freshness import HOURS_A_DAY, fresh, fresh_statements, fresh_within
from cds_service.criteria.sites import Site
from cds_service.facts.fact import (
    Claim,
    Evidence,
    Fact,
    Interval,
    all_of,
    any_of,
    at_least,
    claim,
    met,
    not_met,
    unknown,
)
from cds_service.facts.model import Facts, Listing, Measurement, Statement, Treatment
from cds_service.knowledge.thresholds import Thresholds

PLACE = "where the pain is, is not documented"
SAME_DAY = "two pain scores of the same day disagree"


@dataclass(frozen=True, slots=True)
class Score:
    """The pain score in force: the newest fresh one, or why there is none."""

    value: Fact[float]
    also: tuple[Measurement, ...] = ()
    """Other scores of the same day that differ by three points or more (CF-02)."""

    def claim(self, limit: float) -> Claim:
        """At least so much; unknown when scores of one day disagree across the limit."""
        newest = self.value.claim(lambda score: score >= limit)
        if any((other.value >= limit) is not newest.met for other in self.also):
            return unknown(SAME_DAY, (*newest.evidence, *(m.evidence for m in self.also)))
        return newest


def pain_score(facts: Facts, limit: Thresholds) -> Score:
    """DE-11: the newest score within 7 days, or within 24 hours of an inpatient."""
    scores = facts.pain.scores
    usable = tuple(m for m in scores.items if _fresh_score(m, facts, limit))
    if not usable:
        why = scores.gap or ("the last pain score is too old" if scores.items else "no pain score documented")
        return Score(Fact(None, why, tuple(m.evidence for m in scores.items[:1])))
    newest = usable[0]
    same_day = (m for m in usable[1:] if m.when == newest.when)
    disagreeing = tuple(m for m in same_day if abs(m.value - newest.value) >= limit.pain_conflict_points)
    return Score(Fact(newest.value, None, (newest.evidence,)), disagreeing)


def _fresh_score(score: Measurement, facts: Facts, limit: Thresholds) -> bool:
    if facts.stay.setting.value == "inpatient":
        return fresh_within(score, facts, HOURS_A_DAY * limit.pain_fresh_days_inpatient)
    return fresh(score.when, facts, limit.pain_fresh_days_outpatient)


def pain_free(score: Score) -> Claim:
    """Documented painless: a fresh score of 0."""
    return score.value.claim(lambda points: points == 0)


def in_pain(score: Score, facts: Facts) -> Claim:
    """A fresh score of 1 or more, or an active back-pain diagnosis."""
    return any_of(score.claim(1), facts.pain.back_pain.some(lambda d: d.active))


def back_pain(facts: Facts, limit: Thresholds) -> Claim:
    """RF-01 to RF-04: an active back-pain diagnosis, or a fresh score of the back of 1 or more. A score of pain that
    names no place leaves it open, as no score does; a score of 0 says that there is none.
    """
    diagnosed = facts.pain.back_pain.some(lambda d: d.active)
    of_back = next((m for m in facts.pain.back_scores.items if _fresh_score(m, facts, limit)), None)
    if of_back is not None:
        return any_of(diagnosed, claim(of_back.value >= 1, [of_back.evidence]))
    anywhere = pain_score(facts, limit).claim(1)
    return any_of(diagnosed, unknown(PLACE, anywhere.evidence) if anywhere.met else anywhere)


def rdq_severe(facts: Facts, limit: Thresholds) -> Claim:
    """Roland-Morris total above 17, within 30 days (LCD; S3-12)."""
    totals = tuple(m for m in facts.function.rdq.items if fresh(m.when, facts, limit.rdq_fresh_days))
    if not totals:
        why = "the last RDQ is too old" if facts.function.rdq.items else "no RDQ documented"
        return unknown(facts.function.rdq.gap or why, (m.evidence for m in facts.function.rdq.items[:1]))
    return claim(totals[0].value > limit.rdq_severe, [totals[0].evidence])


def loss_of_function(facts: Facts, limit: Thresholds) -> Claim:
    """Documented loss of daily activities or of walking, within 30 days."""
    return stated(fresh_statements(facts.function.incapacitated, facts, limit.rdq_fresh_days))


def incapacity(severe_score: Claim, lost_function: Claim) -> Claim:
    """C-16: any one of them; a "no" to one does not cancel the other."""
    return any_of(severe_score, lost_function)


def stated(listing: Listing[Statement]) -> Claim:
    """What was answered or coded: one yes counts, and only an answer of no is a "no"."""
    if not listing.items:
        return unknown(listing.gap or "not documented")
    yes = tuple(s.evidence for s in listing.items if s.says)
    return met(*yes) if yes else not_met(*(s.evidence for s in listing.items))


def severe_pain(score: Score, incapacitated: Claim, limit: Thresholds) -> Claim:
    """S1-01, S3-03: NRS 7 or more, or incapacity (C-16)."""
    return any_of(score.claim(limit.severe_nrs), incapacitated)


def inpatient(facts: Facts) -> Claim:
    """LCD path (i)'s "hospitalised"."""
    return facts.stay.setting.claim(lambda setting: setting == "inpatient")


def by_setting(facts: Facts, hospitalised: Claim, at_home: Claim) -> Claim:
    """The claim of the patient's own path; where the setting is unknown, a result both paths share still stands
    (DE-16).
    """
    match facts.stay.setting.value:
        case "inpatient":
            return hospitalised
        case "not-hospitalised":
            return at_home
        case None:
            if hospitalised.truth is at_home.truth and not hospitalised.unknown:
                return all_of(hospitalised, at_home)
            return unknown(facts.stay.setting.why_unknown or "whether hospitalised is not known", at_home.evidence)


def candidate_pain(score: Score, severe: Claim, facts: Facts, limit: Thresholds) -> Claim:
    """VA-06: hospitalised with NRS 8 or more; else NRS 5 or more and severe or incapacitating (C-16)."""
    path_i = score.claim(limit.nrs_lcd_inpatient)
    lcd = score.claim(limit.nrs_lcd_outpatient)
    path_ii = all_of(lcd, severe)
    if lcd.met and severe.unknown:
        path_ii = unknown(
            f"NRS reaches {limit.nrs_lcd_outpatient:g}, incapacity not documented", (*lcd.evidence, *severe.evidence)
        )
    return by_setting(facts, path_i, path_ii)


def reliable(claimed: Claim, facts: Facts) -> Claim:
    """SP-10: with dementia or delirium on record a stated score neither meets nor fails VA-06; observed behaviour and
    function are to be looked at instead.
    """
    impaired = facts.pain.unreliable.some(lambda d: d.active)
    if not impaired.met or claimed.unknown:
        return claimed
    why = "dementia or delirium on record: a stated score may mislead, look at behaviour and function"
    return unknown(why, (*claimed.evidence, *impaired.evidence))


def pain_at_least_five_or_unknown(score: Score, facts: Facts, limit: Thresholds) -> bool:
    """VA-17's gate on pain."""
    return not reliable(score.claim(limit.nrs_lcd_outpatient), facts).not_met


def worsening(facts: Facts, limit: Thresholds) -> Claim:
    """DE-12: two points more than the earliest score at least 7 days before, else what the clinician answered; unknown
    if they disagree.
    """
    measured, answered = trends(facts, limit)
    if measured.unknown:
        return answered if not answered.unknown else measured
    if not answered.unknown and answered.truth is not measured.truth:
        return unknown(
            "the scores and the stated course of the pain disagree", (*measured.evidence, *answered.evidence)
        )
    return measured


def trends(facts: Facts, limit: Thresholds) -> tuple[Claim, Claim]:
    """Worsening pain by the scores, and by what the clinician answered."""
    return _measured_trend(facts, limit), facts.pain.stated_trend.claim(lambda trend: trend == "worsening")


def _measured_trend(facts: Facts, limit: Thresholds) -> Claim:
    scores = facts.pain.scores.items
    newest = scores[0] if scores else None
    if newest is None or newest.when is None or not _fresh_score(newest, facts, limit):
        return unknown("course of the pain not documented")
    latest = newest.when.first
    earlier = [
        m for m in _in_episode(facts) if m.when is not None and (latest - m.when.last).days >= limit.pain_trend_days
    ]
    if not earlier:
        return unknown("course of the pain not documented", [newest.evidence])
    start = earlier[-1]
    worse = newest.value - start.value >= limit.pain_trend_points
    also = pain_score(facts, limit).also
    if any((other.value - start.value >= limit.pain_trend_points) is not worse for other in also):
        return unknown(SAME_DAY, [newest.evidence, *(m.evidence for m in also), start.evidence])
    return claim(worse, [newest.evidence, start.evidence])


def _in_episode(facts: Facts) -> list[Measurement]:
    """Scores since the onset of the newest episode on record; all of them when no onset is."""
    onsets = [d.onset for d in facts.fractures.diagnoses.items if d.standing == "current" and d.onset is not None]
    if facts.fractures.stated_onset.value is not None:
        onsets.append(facts.fractures.stated_onset.value)
    if not onsets:
        return list(facts.pain.scores.items)
    start = max(onset.first for onset in onsets)
    return [m for m in facts.pain.scores.items if m.when is not None and m.when.first >= start]


@dataclass(frozen=True, slots=True)
class Structure:
    """The five structural and functional factors of VA-08 at one site."""

    progression: Claim
    over_quarter_height: Claim
    kyphosis: Claim
    rdq_severe: Claim
    severe_function: Claim


def structure(site: Site, course: Course, facts: Facts, limit: Thresholds) -> Structure:
    """DE-06, DE-07, DE-09, DE-13."""
    return Structure(
        progression=_progression(site),
        over_quarter_height=height_loss(site).claim(lambda percent: percent.above(limit.height_loss_percent)),
        kyphosis=_kyphosis(site, facts, limit),
        rdq_severe=course.rdq_severe,
        severe_function=course.incapacity,
    )


def height_loss(site: Site) -> Fact[Interval]:
    """DE-06 in percent, from the newest report that gives a number, a range or a Genant grade; words alone give
    none.
    """
    for said in site.reported:
        if said.finding.height_loss_percent is not None:
            low, high = said.finding.height_loss_percent
            return Fact(Interval(low, high), None, (said.words("height_loss_percent"),))
    return Fact(None, "height loss not stated as a number", tuple(r.evidence for r in site.reported[:1]))


def _progression(site: Site) -> Claim:
    """DE-07: the newest report that compares says so, or two measurements by the same modality differ for certain."""
    for said in site.reported:
        if said.finding.height_change is not None:
            if said.finding.height_change == "new":
                continue
            return claim(said.finding.height_change == "progressed", [said.words("height_change")])
    measured = [
        (r.study.modality, r.finding.height_loss_percent, r.evidence)
        for r in site.reported
        if r.finding.height_loss_percent
    ]
    if len(measured) > 1 and measured[0][0] is not None and measured[0][0] == measured[1][0]:
        now, before = Interval(*measured[0][1]), Interval(*measured[1][1])
        return claim(now.above(before.high or before.low), [measured[0][2], measured[1][2]])
    return unknown("no comparison with an earlier study")


def _kyphosis(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """DE-09: a boolean, for no source gives an angle. The record, else the answer; unknown where they disagree."""
    recorded, answered = kyphoses(site, facts, limit)
    if recorded.unknown:
        return stated(facts.fractures.kyphosis_stated).because("kyphosis not documented")
    if not answered.unknown and answered.truth is not recorded.truth:
        return unknown("the record and the stated kyphosis disagree", (*recorded.evidence, *answered.evidence))
    return recorded


def kyphoses(site: Site, facts: Facts, limit: Thresholds) -> tuple[Claim, Claim]:
    """A kyphotic deformity by report or code, and by what the clinician answered of late."""
    answered = stated(fresh_statements(facts.fractures.kyphosis_stated, facts, limit.exam_fresh_days))
    return _recorded_kyphosis(site, facts), answered


def _recorded_kyphosis(site: Site, facts: Facts) -> Claim:
    for said in site.reported:
        if said.finding.kyphosis is not None:
            return claim(said.finding.kyphosis, [said.words("kyphosis", "kyphosis_degrees")])
        if said.finding.kyphosis_degrees is not None:
            return claim(said.finding.kyphosis_degrees > 0, [said.words("kyphosis_degrees")])
    coded = facts.fractures.kyphosis_diagnoses.some(lambda d: d.active)
    return coded if coded.met else unknown("kyphosis not documented")


def lcd_course(found: Structure, worsening_pain: Claim) -> Claim:
    """VA-08, LCD form: worsening pain, or at least 2 of progression, over 25 % height loss, kyphosis, RDQ above 17."""
    two_of_four = at_least(2, found.progression, found.over_quarter_height, found.kyphosis, found.rdq_severe)
    return any_of(worsening_pain, two_of_four)


def seed_course(found: Structure, worsening_pain: Claim, steroid: Claim, facts: Facts) -> Claim:
    """VA-08, the candidacy page's form (S3-08 to S3-14): at least 1 of seven."""
    return any_of(
        worsening_pain,
        found.progression,
        found.over_quarter_height,
        found.kyphosis,
        found.severe_function,
        steroid,
        facts.spine.planned_surgery.some(lambda s: s.says),
    )


Received = Literal["analgesic", "brace", "physiotherapy"]


def days_received(kind: Received, facts: Facts, limit: Thresholds, episode: Interval | None = None) -> Fact[Interval]:
    """CM-07: days since the first start of that treatment in this episode (DE-15: from onset of this fracture).

    ``episode``: how many days ago it began; by default at the newest documented onset.
    """
    began = episode or days_since_onset(facts)
    coded = [_days_of(t, facts, limit, began) for t in facts.conservative.given.items if t.kind == kind]
    candidates = [days for days in coded if days is not None]
    if not candidates:
        return Fact(None, facts.conservative.given.gap or "not documented")
    days, evidence = max(candidates, key=lambda found: found[0].low)
    return Fact(days, None, (evidence,))


def _days_of(
    treatment: Treatment, facts: Facts, limit: Thresholds, episode: Interval | None
) -> tuple[Interval, Evidence] | None:
    """Its days within the episode; None for a course that ended before the episode may have begun.

    One that began earlier and still runs counts from onset. Where no onset is documented, the episode is taken to be
    no longer than the window, and of an older running treatment only the upper bound is known.
    """
    if treatment.start is None:
        return None
    since = treatment.start.days_before(facts.as_of)
    if since.at_least(0) is not True:
        return None
    if episode is None:
        if since.at_most(limit.augmentation_window_days) is True:
            return since, treatment.evidence
        return (Interval(0, since.high), treatment.evidence) if treatment.active else None
    longest = episode.high if episode.high is not None else since.high
    if since.at_most(longest or since.low) is not True and not treatment.active:
        return None
    clipped = Interval(min(since.low, episode.low), min(since.high or since.low, longest or since.low))
    return clipped, treatment.evidence


def days_since_onset(facts: Facts) -> Interval | None:
    """From the newest documented onset of a current fracture: what was given for an older one was not given for this
    one. None when none is documented.
    """
    onsets = [d.onset for d in facts.fractures.diagnoses.items if d.standing == "current" and d.onset is not None]
    if facts.fractures.stated_onset.value is not None:
        onsets.append(facts.fractures.stated_onset.value)
    started = [onset for onset in onsets if onset.last <= facts.as_of]
    return max(started, key=lambda onset: onset.first).days_before(facts.as_of) if started else None


def received_long_enough(kind: Received, facts: Facts, limit: Thresholds, episode: Interval | None = None) -> Claim:
    """CM-07: the limit reached by the coded course or by the days a clinician counted, who may know of more than was
    coded; unknown where fewer were counted than the coded course would give.
    """
    coded, counted = days_by_record_and_answer(kind, facts, limit, episode)
    if counted.met or coded.unknown:
        return counted if not counted.unknown else coded
    if coded.met and counted.not_met:
        return unknown(f"coded and answered {kind} days disagree", (*coded.evidence, *counted.evidence))
    return coded


def bed_rest(facts: Facts) -> Claim:
    """S1-05, C-12: bed rest documented as tried. The stricter reading acts (section B): a line of the card, it stands
    neither for a brace nor for physiotherapy.
    """
    answered = facts.conservative.bed_rest_days.claim(lambda days: days > 0)
    return any_of(answered, facts.conservative.given.some(lambda t: t.kind == "bed-rest"))


def days_by_record_and_answer(
    kind: Received, facts: Facts, limit: Thresholds, episode: Interval | None = None
) -> tuple[Claim, Claim]:
    """Long enough by the coded course, and by the days a clinician counted."""
    counted = {
        "analgesic": facts.conservative.analgesic_days,
        "brace": facts.conservative.brace_days,
        "physiotherapy": facts.conservative.physiotherapy_days,
    }[kind].claim(lambda days: days >= limit.nsm_min_days)
    coded = days_received(kind, facts, limit, episode).claim(lambda days: days.at_least(limit.nsm_min_days))
    return coded, counted


def tried_long_enough(facts: Facts, limit: Thresholds, episode: Interval | None = None) -> Claim:
    """CM-07 without its outcome: an analgesic, and a brace (or one refused or contraindicated) or physiotherapy, each
    long enough since the onset (``episode``, days ago).
    """
    analgesic, brace, physiotherapy = (
        received_long_enough(kind, facts, limit, episode) for kind in ("analgesic", "brace", "physiotherapy")
    )
    refused = stated(facts.conservative.brace_refused)
    return all_of(
        _reason(analgesic, "analgesia not documented"),
        _reason(any_of(brace, physiotherapy, refused), "brace or physiotherapy not documented"),
    )


def _reason(claim: Claim, why: str) -> Claim:
    """A plainer reason where nothing at all is documented; a disagreement keeps its own."""
    return claim if claim.evidence else claim.because(why)


def outcome_is_failure(score: Score, facts: Facts, limit: Thresholds) -> Claim:
    """CM-07's outcome: failed or not tolerated, or a score still 5 or more. A missing score is VA-06's question, not
    this one's.
    """
    answered = facts.conservative.failed
    still = reliable(score.claim(limit.nrs_lcd_outpatient), facts)
    if answered.value is None:
        return met(*still.evidence) if still.unknown else still
    said = claim(answered.value != "no", answered.evidence)
    if said.not_met and still.met:
        return unknown(
            "pain still reaches 5, but conservative care is said not to have failed", (*said.evidence, *still.evidence)
        )
    return said


def conservative_care_failed(tried: Claim, failure: Claim) -> Claim:
    """CM-07, VA-07: non-surgical management tried long enough, and failed."""
    return all_of(tried, failure)


def pain_concordant(facts: Facts, limit: Thresholds) -> Claim:
    """DE-14: tenderness or percussion pain at the fracture's level, examined within 30 days."""
    examined = fresh_statements(facts.pain.at_fracture_level, facts, limit.exam_fresh_days)
    if not examined.items:
        return unknown(examined.gap or "no examination of the level documented")
    newest = examined.items[0]
    return claim(newest.says, [newest.evidence])


@dataclass(frozen=True, slots=True)
class Course:
    """The patient's pain, function and conservative care: what no level changes, worked out once a request."""

    score: Score
    """DE-11"""
    pain_free: Claim
    in_pain: Claim
    rdq_severe: Claim
    """DE-13"""
    loss_of_function: Claim
    incapacity: Claim
    """C-16"""
    severe_pain: Claim
    """NRS 7 or more, or incapacity."""
    worsening: Claim
    """DE-12"""
    inpatient: Claim
    """LCD path (i)"""
    candidate_pain: Claim
    """VA-06"""
    tried_long_enough: Claim
    outcome_is_failure: Claim
    conservative_care_failed: Claim
    """CM-07, VA-07"""
    pain_concordant: Claim
    """DE-14"""


def course_of_patient(facts: Facts, limit: Thresholds) -> Course:
    """Every claim of this module that is the patient's own."""
    score = pain_score(facts, limit)
    severe_score, lost_function = rdq_severe(facts, limit), loss_of_function(facts, limit)
    incapacitated = incapacity(severe_score, lost_function)
    severe = severe_pain(score, incapacitated, limit)
    tried, failure = tried_long_enough(facts, limit), outcome_is_failure(score, facts, limit)
    return Course(
        score=score,
        pain_free=pain_free(score),
        in_pain=in_pain(score, facts),
        rdq_severe=severe_score,
        loss_of_function=lost_function,
        incapacity=incapacitated,
        severe_pain=severe,
        worsening=worsening(facts, limit),
        inpatient=inpatient(facts),
        candidate_pain=reliable(candidate_pain(score, severe, facts, limit), facts),
        tried_long_enough=tried,
        outcome_is_failure=failure,
        conservative_care_failed=conservative_care_failed(tried, failure),
        pain_concordant=pain_concordant(facts, limit),
    )


def suspicion_signs(
    course: Course, facts: Facts, osteoporosis: Claim, prior_fracture: Claim, steroid: Claim
) -> tuple[Claim, ...]:
    """FX-03: the ten RAND signs of a vertebral fracture (S)."""

    def told(kind: str) -> Claim:
        return facts.pain.signs.some(lambda d: d.kind == kind).because("not documented")

    osteopenia = facts.bone_health.diseases.some(lambda d: d.kind == "osteopenia")
    return (
        course.loss_of_function,
        _only_if_said(told("relief-with-rest")),
        facts.fractures.mechanism.claim(lambda mechanism: mechanism == "low-energy"),
        _only_if_said(told("pain-with-activity")),
        any_of(osteoporosis, osteopenia),
        prior_fracture,
        steroid,
        course.pain_concordant,
        _only_if_said(told("worse-with-position")),
        _only_if_said(told("midline-pain")),
    )


def _only_if_said(sign: Claim) -> Claim:
    """A sign that lives in prose alone: not finding the words proves nothing."""
    return sign if sign.met else unknown("not documented")
