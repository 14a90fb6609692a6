"""Refer for vertebral augmentation: acute or subacute, painful, and not relieved by conservative care.

VA-01 to VA-13 of `clinical.md` D7, in the order of LCD L34106; what blocks is D8's, by decision 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from cds_service.criteria import course
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import Candidacy, candidacy
from cds_service.criteria.complications import breathless
from cds_service.criteria.criterion import Criterion
from cds_service.criteria.imaging import region_of
from cds_service.knowledge.citations import cite
from cds_service.recommendations.already import in_hospice, referred
from cds_service.recommendations.recommendation import (
    Judgement,
    Proposal,
    Recommendation,
    Silence,
    Situation,
    judgement,
)

CANDIDACY_NEEDS = frozenset(
    "patient encounter conditions reports imaging observations medications devices procedures orders allergies "
    "questionnaire".split()
)
"""The prefetch keys that the criteria of VA and CX read."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level."""
    return tuple(_at_level(level, a, situation) for level in a.levels)


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    found = candidacy(level, a, situation.choices)
    return judgement(
        found.criteria,
        level=level.site.level,
        label=level.label,
        values=summary_values(level, a),
        notes=notes(found, a),
        proposals=proposals(level, situation),
        silences=(Silence("G-03", in_hospice(a)), Silence("SL-02", referred(level, a))),
    )


def proposals(level: LevelFacts, situation: Situation) -> tuple[Proposal, ...]:
    """The referral; none for a nurse (SL-07)."""
    if situation.role == "nurse":
        return ()
    return (Proposal("augmentation-referral", region_of(level.site), level.site.level, recommended=True),)


def notes(found: Candidacy, a: Assessment) -> tuple[str, ...]:
    """Lines for contraindications that do not block, gaps in the continuum of care, the path taken, and breathlessness
    (SP-09).
    """
    present = tuple(f"present-{c.rule.lower()}" for c in found.remarks if c.claim.met)
    gap = tuple("care-gap" for c in found.criteria.confirm if c.rule == "VA-11" and c.claim.not_met)
    path = ("hospitalised-path",) if a.course.inpatient.met else ()
    other = ("other-source",) if other_sources(a) else ()
    rest = ("bed-rest",) if course.bed_rest(a.facts).met else ()
    return (*path, *present, *other, *gap, *rest, *lung_notes(a))


def other_sources(a: Assessment) -> str:
    """CX-01, S1-04: the disc and nerve root problems on record, while no examination ties the pain to the fracture."""
    if not a.course.pain_concordant.unknown:
        return ""
    return "; ".join(dict.fromkeys(d.evidence.value for d in a.facts.pain.other_source.items if d.active))


def lung_notes(a: Assessment) -> tuple[str, ...]:
    """SP-09: a line for breathlessness on record, which no criterion counts."""
    return ("sp-09",) if breathless(a).met else ()


def summary_values(level: LevelFacts, a: Assessment) -> Mapping[str, str]:
    """What the card's one sentence names: level, days since onset, pain score."""
    days, score = level.onset_days.value, a.course.score.value.value
    return {
        "level": level.label,
        "days": str(days) if days is not None else "unknown",
        "nrs": f"{score:g}" if score is not None else "not documented",
        "closing": f"{end}" if (end := window_end(level, a)) is not None else "not known",
        "other_source": other_sources(a) or "none",
        "height_loss": f"{level.height_loss.value}" if level.height_loss.value is not None else "not stated",
    }


def window_end(level: LevelFacts, a: Assessment) -> date | None:
    """VA-02, VA-16: the last day of the 12 weeks; None when the onset is not known."""
    days = level.onset_days.value
    if days is None or days.high is None:
        return None
    return level.reference + timedelta(days=a.limit.augmentation_window_days - days.high)


def first_and_count(clauses: Sequence[Criterion]) -> str:
    """The first clause by name, and how many more there are: what an order check's one sentence says."""
    if not clauses:
        return "none"
    more = f" (+{len(clauses) - 1})" if len(clauses) > 1 else ""
    return clauses[0].label + more


RECOMMENDATION = Recommendation(
    id="augmentation-referral",
    statement="A painful osteoporotic fracture of 12 weeks or less that conservative care failed is referred.",
    sources=(
        cite("LCD-N", "coverage criteria (a) to (c) and exclusions"),
        cite("S3", "line 11"),
        cite("S4", "line 62"),
        cite("S1", "line 7"),
    ),
    needs=CANDIDACY_NEEDS,
    judge=judge,
)
