"""After an augmentation: a new deficit, severe new pain, fever or symptoms of the chest may be a complication of it.

RF-07 of `clinical.md` D4, FU-02 and FU-03 of D13; decision 10 (it speaks for a deficit instead of the emergency card).
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.complications import Complication, complication, recent_augmentation
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.facts.fact import unknown
from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.neurological_emergency import suppressed
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation

DEFICIT = "deficit"
"""The note by which the emergency card knows that this one speaks (decision 10)."""
_NOT_RECENT = "no augmentation of the last weeks on record"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient."""
    found = complication(a)
    signs = clauses(found)
    present = tuple(c for c in signs if c.claim.met)
    recent = Criterion(
        "augmentation within the window", recent_augmentation(a), cite("DES", "decision table, RF-07"), "RF-07"
    )
    any_sign = found.any if found is not None else unknown(_NOT_RECENT)
    sign = Criterion(
        "new deficit, severe new pain, fever, or dyspnoea or chest pain since",
        any_sign,
        cite("S4", "lines 49 to 52"),
        "RF-07",
    )
    criteria = Criteria(include=(recent, sign))
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            label=_where(found),
            indicator="critical",
            table=on_record((recent, *signs)),
            notes=notes(found, a),
            values={"days": found.days if found is not None else "unknown", "finding": _first(present)},
            proposals=_proposals(found),
            silences=(suppressed(situation),),
        ),
    )


def clauses(found: Complication | None) -> tuple[Criterion, ...]:
    """RF-07's four signs, each with its source."""

    nobody = unknown(_NOT_RECENT)
    deficit, chest, fever, pain = (
        (nobody, nobody, nobody, nobody) if found is None else (found.deficit, found.chest, found.fever, found.pain)
    )
    return (
        Criterion("new neurological deficit", deficit, cite("S2", "line 37"), "RF-07"),
        Criterion("dyspnoea, chest pain or embolism", chest, cite("S3", "line 19"), "RF-07"),
        Criterion("fever, sepsis or bacteraemia", fever, cite("S4", "lines 49 to 52"), "RF-07"),
        Criterion("severe new pain", pain, cite("S4", "lines 49 to 52"), "RF-07"),
    )


def _first(present: tuple[Criterion, ...]) -> str:
    if not present:
        return "not documented"
    seen = present[0].claim.evidence
    return seen[0].value if seen else present[0].label


def notes(found: Complication | None, a: Assessment) -> tuple[str, ...]:
    """A line for each sign that holds, and for an unsafe implant."""
    if found is None:
        return ()
    signs = ((DEFICIT, found.deficit), ("chest", found.chest), ("fever", found.fever), ("pain", found.pain))
    return (*(key for key, sign in signs if sign.met), *(("mri-unsafe",) if a.mri_unsafe.met else ()))


def _where(found: Complication | None) -> str:
    levels = found.done.levels if found is not None else ()
    return ", ".join(levels) or "spine"


def _proposals(found: Complication | None) -> tuple[Proposal, ...]:
    """For a deficit the same consultation that the emergency card would offer."""
    if found is None or not found.deficit.met:
        return ()
    level: Level | None = found.done.levels[0] if len(found.done.levels) == 1 else None
    regions: frozenset[SpineRegion] = frozenset({"thoracic", "lumbar"})
    return (Proposal("spine-surgery-consult", regions, level, recommended=True),)


RECOMMENDATION = Recommendation(
    id="post-augmentation-complication",
    statement="A new deficit, severe new pain, fever or chest symptom soon after augmentation is looked into urgently.",
    sources=(cite("S2", "line 37"), cite("S3", "line 19"), cite("S4", "lines 49 to 52"), cite("FDA", "complications")),
    needs=frozenset("patient encounter conditions reports observations devices procedures questionnaire".split()),
    judge=judge,
)
