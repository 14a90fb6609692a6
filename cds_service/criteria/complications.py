"""What happened after an augmentation: a deficit, severe new pain, fever, or symptoms of the chest (RF-07)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.freshness import HOURS_A_DAY, fresh
from cds_service.facts.fact import Claim, any_of, met, not_met, unknown
from cds_service.facts.model import Augmentation, DateRange, Disease, Measurement

_BREATHLESS: Final = re.compile(r"dyspn|short\w* of breath|breathless|orthopn|respiratory distress", re.IGNORECASE)
"""Among the displays and words of `facts.alarms`."""


@dataclass(frozen=True, slots=True)
class Complication:
    """The newest augmentation in the window and what was recorded since; claims of a day count from its own day on."""

    done: Augmentation
    days: str
    deficit: Claim
    pain: Claim
    fever: Claim
    chest: Claim

    @property
    def any(self) -> Claim:
        return any_of(self.deficit, self.pain, self.fever, self.chest)


def breathless(a: Assessment) -> Claim:
    """SP-09, S4-05: breathlessness on record and current; of the other symptoms of the chest none counts."""
    return a.facts.alarms.chest.some(lambda d: d.active and _BREATHLESS.search(d.evidence.value) is not None)


def recent_augmentation(a: Assessment) -> Claim:
    """RF-07: an augmentation within 30 days; one of no date may be."""
    return a.facts.spine.augmentations.some(
        lambda done: None if done.when is None else _within(done.when, a) if done.when.first <= a.facts.as_of else False
    )


def _within(when: DateRange, a: Assessment) -> bool | None:
    return when.days_before(a.facts.as_of).at_most(a.limit.complication_days)


def complication(a: Assessment) -> Complication | None:
    """The augmentation that may have complications; None when none is certainly in the window."""
    done = next(
        (d for d in a.facts.spine.augmentations.items if fresh(d.when, a.facts, a.limit.complication_days)), None
    )
    if done is None or done.when is None:
        return None
    since = done.when
    return Complication(
        done=done,
        days=str(since.days_before(a.facts.as_of)),
        deficit=_deficit(since, a),
        pain=_severe_new_pain(since, a),
        fever=_fever(since, a),
        chest=a.facts.alarms.chest.some(lambda d: _began_since(d, since) if d.active else False),
    )


def complicated(a: Assessment) -> Claim:
    """RF-07: something of it since an augmentation in the window; unknown where nobody can tell of one."""
    found = complication(a)
    if found is not None:
        return found.any
    lately = recent_augmentation(a)
    return unknown(lately.why_unknown or "the day of the augmentation") if lately.unknown else not_met()


def _since(when: DateRange | None, done: DateRange) -> bool | None:
    """Whether a day is that of the augmentation or later; None when it cannot be told."""
    if when is None:
        return None
    if when.first >= done.last:
        return True
    return False if when.last < done.first else None


def _fresh_since(when: DateRange | None, done: DateRange, days: float, a: Assessment) -> bool | None:
    """Since the augmentation, and no older than what was measured or answered may be."""
    if when is not None and not fresh(when, a.facts, days):
        return False
    return _since(when, done)


def _began_since(disease: Disease, done: DateRange) -> bool | None:
    return _since(disease.onset or disease.recorded, done)


def _deficit(done: DateRange, a: Assessment) -> Claim:
    """A sign on record, answered or observed since; gait and weakness codes never count alone (RF-01)."""
    neurology = a.facts.neurology
    coded = neurology.signs.some(lambda d: _began_since(d, done) if d.active and d.kind != "weak" else False)
    days = a.limit.neuro_fresh_days
    stated = neurology.stated.some(lambda s: _fresh_since(s.when, done, days, a) if s.says else False)
    retained = neurology.post_void_residual_ml.some(
        lambda m: _fresh_since(m.when, done, days, a) if m.value > a.limit.pvr_ml else False
    )
    return any_of(coded, stated, retained)


def _severe_new_pain(done: DateRange, a: Assessment) -> Claim:
    """A score of 7 or more since, and two points over the last one before or over any in between.

    Severe all along is no new pain; severe again after it had eased is.
    """
    score = a.course.score
    scores = a.facts.pain.scores.items
    newest = next((m for m in scores if m.evidence in score.value.evidence), None)
    severe = score.claim(a.limit.severe_nrs)
    if newest is None or not severe.met:
        return severe
    if newest.when is None or newest.when.first <= done.last:
        # Before a procedure pain is scored too: a score of that day is none of the time after.
        return not_met(*severe.evidence)
    before = _last_before(done, a)
    lowest = min((*_in_between(done, newest.when, a), *before), key=lambda m: m.value, default=None)
    if lowest is not None and newest.value - lowest.value >= a.limit.pain_trend_points:
        return met(*severe.evidence, lowest.evidence)
    if not before:
        return unknown("no pain score from before the augmentation to compare with", severe.evidence)
    return not_met(*severe.evidence, *(m.evidence for m in before))


def _last_before(done: DateRange, a: Assessment) -> tuple[Measurement, ...]:
    """The last score before the augmentation, if there is one; earlier ones may be of another episode."""
    earlier = (m for m in a.facts.pain.scores.items if m.when is not None and m.when.last < done.first)
    return tuple(earlier)[:1]


def _in_between(done: DateRange, until: DateRange, a: Assessment) -> tuple[Measurement, ...]:
    """Scores from the day of the augmentation on, of days before the newest one's."""
    return tuple(
        m
        for m in a.facts.pain.scores.items
        if m.when is not None and done.first <= m.when.first and m.when.last < until.first
    )


def _fever(done: DateRange, a: Assessment) -> Claim:
    """38.0 degrees or more, an answered "fever or sepsis", or fever, sepsis or bacteraemia on record since."""
    found = a.facts.infection
    days = a.limit.temperature_fresh_hours / HOURS_A_DAY
    measured = found.temperature_c.some(
        lambda m: _fresh_since(m.when, done, days, a) if m.value >= a.limit.temperature_c else False
    )
    stated = found.fever_or_sepsis.some(lambda s: _fresh_since(s.when, done, days, a) if s.says else False)
    kinds = ("fever", "sepsis", "bacteraemia")
    coded = found.diseases.some(lambda d: _began_since(d, done) if d.active and d.kind in kinds else False)
    return any_of(measured, stated, coded)
