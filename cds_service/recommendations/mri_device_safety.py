"""An MRI is drafted, and an implant is on record that MRI has to reckon with. Never said to be impossible (C-06).

IM-04 of `clinical.md` D5 and OC-01 of section E.
"""

from __future__ import annotations

from typing import Final

from cds_service.criteria import imaging, imaging_orders
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, any_of
from cds_service.facts.model import Implant
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

CARDIAC: Final = frozenset({"pacemaker", "icd"})
"""NCD 220.2 names conditions for these without MR labelling."""
NOTED: Final = frozenset({"pump", "aneurysm-clip", "cochlear", "neurostimulator", "eye-foreign-body", "metal-fragment"})
"""Kinds with a line of their own (OC-01)."""
WEIGHT: Final = ("unsafe", "unknown", "conditional")


def clauses(a: Assessment) -> tuple[Criterion, ...]:
    """The three labels, the worst first."""
    at = cite("NCD-MR", "conditions")
    return (
        Criterion("implant recorded as MR unsafe", a.mri_unsafe, at, "IM-03"),
        Criterion("implant without recorded MR labelling", imaging.mri_status_unknown(a.facts), at, "IM-04"),
        Criterion("implant labelled MR conditional", imaging.mri_conditional(a.facts), at, "IM-04"),
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient: a warning, but for what is labelled MR conditional."""
    asked = clauses(a)
    mri = imaging_orders.drafted(imaging_orders.drafts(a, "imaging", "MR"))
    criteria = Criteria(
        include=(
            Criterion("an MRI of the spine is being ordered", mri, cite("DES", "OC-01"), "OC-01"),
            Criterion("an implant that MRI has to reckon with", _any(asked), cite("NCD-MR", "conditions"), "IM-04"),
        )
    )
    counting = sorted(
        (each for each in a.facts.implants.items if each.mr_safety in WEIGHT), key=lambda i: WEIGHT.index(i.mr_safety)
    )
    present = tuple(c for c in asked if c.claim.met)
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            label="implant",
            indicator="info" if all(each.mr_safety == "conditional" for each in counting) else "warning",
            table=(criteria.include[0], *(present or asked)),
            values={"device": _named(counting)},
            notes=notes(counting),
        ),
    )


def _any(asked: tuple[Criterion, ...]) -> Claim:
    return any_of(*(c.claim for c in asked))


def _named(counting: list[Implant]) -> str:
    if not counting:
        return "none"
    more = f" (+{len(counting) - 1})" if len(counting) > 1 else ""
    return f"{counting[0].evidence.value}{more}"


def notes(counting: list[Implant]) -> tuple[str, ...]:
    """A line for each label and each kind among the implants that count."""
    labels = {each.mr_safety for each in counting}
    unlabelled = {each.kind for each in counting if each.mr_safety != "conditional"}
    return (
        *(label for label in WEIGHT if label in labels),
        *(("cardiac",) if unlabelled & CARDIAC else ()),
        *sorted({each.kind for each in counting} & NOTED),
    )


RECOMMENDATION = Recommendation(
    id="mri-device-safety",
    statement="An implant is checked with the MR safety or device clinic before an MRI; MRI may still be possible.",
    sources=(cite("NCD-MR", "conditions"), cite("S0", "line 12")),
    needs=frozenset({"conditions", "devices", "procedures"}),
    judge=judge,
)
