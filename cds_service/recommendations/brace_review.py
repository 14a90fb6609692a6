"""A spinal brace is drafted: whether there is a reason for it, whether it fits the level, and for how long.

OC-40 and OC-41 of `clinical.md` section E, CM-02, C-11. Instability and retropulsion speak elsewhere (decision 10).
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.freshness import fresh
from cds_service.criteria.imaging import region_of
from cds_service.facts.fact import NOT_DOCUMENTED, Claim, Evidence, all_of, any_of, claim, met, not_met, unknown
from cds_service.facts.model import Draft, Level, Treatment
from cds_service.knowledge.citations import cite
from cds_service.recommendations.conservative_care import LSO_LEVELS, TLSO_LEVELS
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation

DAYS_A_WEEK = 7


def brace_drafts(a: Assessment) -> tuple[Draft, ...]:
    """The braces the user has picked."""
    return tuple(d for d in a.facts.drafts if d.kind == "brace" and d.selected)


def current_levels(a: Assessment) -> tuple[LevelFacts, ...]:
    """The fractured levels, without those a report calls old where others remain."""
    fractured = tuple(level for level in a.levels if level.fractured.met)
    return tuple(level for level in fractured if not level.called_old.met) or fractured


def orthosis_for(level: Level) -> str | None:
    """CM-02: the level split, which is general knowledge."""
    if level in TLSO_LEVELS:
        return "TLSO"
    if level in LSO_LEVELS:
        return "LSO"
    return "CTLSO" if level in ("T1", "T2", "T3", "T4", "T5") else None


def drafted(a: Assessment) -> Claim:
    """Whether a brace is among the selected drafts."""
    drafts = tuple(d.evidence for d in brace_drafts(a))
    return met(*drafts) if drafts else not_met()


def without_indication(a: Assessment) -> Claim:
    """OC-40: no fracture, no back pain, no recent augmentation on record, and the order gives no reason."""
    if any(d.reasoned for d in brace_drafts(a)):
        return not_met()
    back_pain = a.facts.pain.back_pain.some(lambda d: d.active)
    days = a.limit.augmentation_recent_days
    augmented = a.facts.spine.augmentations.some(lambda done: fresh(done.when, a.facts, days))
    return all_of(~a.any_fracture, ~back_pain, ~augmented)


def wrong_type(a: Assessment) -> Claim:
    """OC-40, CM-02: the drafted type fits none of the levels it is for; a CTLSO reaches all of them."""
    drafts = tuple(d for d in brace_drafts(a) if d.orthosis is not None)
    if not drafts:
        return unknown("type of the brace not stated")
    judged = tuple(_wrong(d, a) for d in drafts)
    if any(each is None for each in judged):
        return unknown("level of the fracture not known")
    wrong = tuple(d.evidence for d, each in zip(drafts, judged, strict=True) if each)
    return met(*wrong) if wrong else not_met(*(d.evidence for d in drafts))


def levels_of(draft: Draft, a: Assessment) -> tuple[Level, ...]:
    """The levels a brace is for: those it names, else the fractured ones."""
    named = tuple(level.site.level for level in current_levels(a) if level.site.level is not None)
    return draft.levels or named


def _wrong(draft: Draft, a: Assessment) -> bool | None:
    wanted = {orthosis_for(level) for level in levels_of(draft, a)} - {None}
    unread = a.facts.fractures.diagnoses.gap or a.facts.imaging.studies.gap
    if not wanted or (unread is not None and not draft.levels):
        return None
    return draft.orthosis != "CTLSO" and draft.orthosis not in wanted


def braces_on_record(a: Assessment) -> tuple[Treatment, ...]:
    """Braces in use, without the draft itself where it is being signed again."""
    again = {d.evidence.reference for d in a.facts.drafts}
    given = a.facts.conservative.given.items
    return tuple(t for t in given if t.kind == "brace" and t.active and t.evidence.reference not in again)


def _worn_too_long(brace: Treatment, a: Assessment) -> bool:
    longest = a.limit.brace_weeks * DAYS_A_WEEK
    return brace.start is not None and brace.start.days_before(a.facts.as_of).above(longest) is True


def duplicate(a: Assessment) -> Claim:
    """OC-40: another brace is drafted too, or is in use and no older than a brace is usually worn."""
    drafts = tuple(d for d in a.facts.drafts if d.kind == "brace")
    second = tuple(d.evidence for d in drafts) if len(drafts) > 1 else ()
    in_use = tuple(t.evidence for t in braces_on_record(a) if not _worn_too_long(t, a))
    return _found((*second, *in_use), a)


def _found(evidence: tuple[Evidence, ...], a: Assessment) -> Claim:
    """Met by what was found; a brace that nobody ordered here is in no record, so finding none proves nothing."""
    if evidence:
        return met(*evidence)
    gap = a.facts.conservative.given.gap
    if gap is None:
        return not_met()
    return unknown("no brace on record, and not every brace is recorded" if gap == NOT_DOCUMENTED else gap)


def too_long(a: Assessment) -> Claim:
    """OC-41: it renews a brace worn for over 12 weeks, or is itself meant for more than three months."""
    longest = a.limit.brace_plan_days
    renewed = tuple(t.evidence for t in braces_on_record(a) if _worn_too_long(t, a))
    meant = tuple(
        Evidence(d.evidence.reference, f"{d.evidence.value}, {d.duration_days:g} days", d.evidence.date)
        for d in brace_drafts(a)
        if d.duration_days is not None and d.duration_days > longest
    )
    return _found((*renewed, *meant), a)


def without_duration(a: Assessment) -> Claim:
    """OC-41: how long it is meant for is not stated."""
    open_ended = tuple(d.evidence for d in brace_drafts(a) if d.duration_days is None)
    return claim(bool(open_ended), open_ended)


def clauses(a: Assessment) -> tuple[Criterion, ...]:
    """What raises the card, in the order of OC-40 and OC-41."""
    coverage, weeks = cite("DME", "coverage indications"), a.limit.brace_weeks
    return (
        Criterion("no fracture or other reason on record", without_indication(a), coverage, "OC-40"),
        Criterion("type does not fit the level", wrong_type(a), cite("GK", "orthosis by level"), "CM-02"),
        Criterion("another brace in use or drafted", duplicate(a), coverage, "OC-40"),
        Criterion("duration not stated", without_duration(a), cite("S2", "line 22"), "OC-41"),
        Criterion(f"worn or planned for longer than {weeks} weeks", too_long(a), cite("S2", "line 22"), "OC-41"),
    )


NOTES = {
    "no fracture or other reason on record": "no-indication",
    "type does not fit the level": "wrong-type",
    "another brace in use or drafted": "duplicate",
    "duration not stated": "no-duration",
}
"""Label -> line of the card; the one about the length is the rest."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient."""
    every = clauses(a)
    criteria = Criteria(
        include=(
            Criterion("a brace is being ordered", drafted(a), cite("DES", "OC-40"), "OC-40"),
            Criterion(
                "reason, type or duration asks for another look",
                any_of(*(c.claim for c in every)),
                cite("DME", "coverage indications"),
                "OC-40",
            ),
        )
    )
    present = tuple(c for c in every if c.claim.met)
    levels = current_levels(a)
    first = levels[0] if levels else None
    more = f" (+{len(present) - 1})" if len(present) > 1 else ""
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            level=first.site.level if first is not None else None,
            label=first.label if first is not None else "",
            table=on_record((criteria.include[0], *every)),
            notes=(*(NOTES.get(c.label, "wean") for c in present), "coverage", "caution"),
            values={"reason": f"{present[0].label}{more}" if present else "none", "fitting": fitting(a)},
            proposals=_proposals(first) if first is not None and without_duration(a).met else (),
        ),
    )


def fitting(a: Assessment) -> str:
    """ "T12: TLSO, L4: LSO", for the levels that a drafted brace is for."""
    levels = dict.fromkeys(level for d in brace_drafts(a) for level in levels_of(d, a))
    names = {"CTLSO": "cervicothoracic extension"}
    fit = ((level, orthosis_for(level)) for level in levels)
    return ", ".join(f"{level}: {names.get(kind, kind)}" for level, kind in fit if kind is not None) or "not known"


def _proposals(level: LevelFacts) -> tuple[Proposal, ...]:
    return (Proposal("recheck", region_of(level.site), level.site.level),)


RECOMMENDATION = Recommendation(
    id="brace-review",
    statement="A brace order has a reason, fits the level of the fracture, and has an end.",
    sources=(
        cite("DME", "coverage indications"),
        cite("S2", "line 22"),
        cite("BRACE", "trials and meta-analysis"),
        cite("AAOS", "bracing"),
    ),
    needs=frozenset("patient conditions reports imaging observations devices procedures orders questionnaire".split()),
    judge=judge,
)
