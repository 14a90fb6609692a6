"""An opioid is drafted for a patient with a vertebral fracture, and dose, combination or falls ask for another look.

CM-04 of `clinical.md` D6 and OC-50. A missing laxative or naloxone is a line of the card and raises none by itself: a
short course at a low dose should not alarm.
"""

from __future__ import annotations

from cds_service.criteria import opioids
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.facts.fact import Claim, any_of, met, not_met
from cds_service.knowledge.citations import cite
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation


def opioid_drafted(a: Assessment) -> Claim:
    """Whether an opioid is among the selected drafts."""
    drafts = tuple(d.evidence for d in a.facts.drafts if d.kind == "opioid" and d.selected)
    return met(*drafts) if drafts else not_met()


def risks(a: Assessment) -> tuple[Criterion, ...]:
    """The clauses of CM-04 that raise the card, in its order."""
    limit = a.limit
    return (
        Criterion(
            f"opioids together at {limit.opioid_mme_per_day} MME a day or more",
            opioids.high_dose(a),
            cite("CDC-OPI", "recommendations 4, 5 and 8; table of MME"),
            "CM-04",
        ),
        Criterion(
            "with a benzodiazepine or gabapentinoid",
            opioids.with_depressant(a),
            cite("CDC-OPI", "recommendation 11"),
            "CM-04",
        ),
        Criterion(
            f"age {limit.opioid_fall_age} or over, with falls on record",
            opioids.may_fall(a),
            cite("GK", "falls of older adults on opioids"),
            "CM-04",
        ),
    )


def criteria(a: Assessment) -> Criteria:
    """CM-04. The source is not written for care at the end of life."""
    return Criteria(
        include=(
            Criterion("an opioid is being ordered", opioid_drafted(a), cite("DES", "OC-50"), "OC-50"),
            Criterion("fracture confirmed or coded", a.any_fracture, cite("DES", "FX-01, FX-02"), "FX-01"),
            Criterion(
                "dose, combination or falls ask for another look",
                any_of(*(c.claim for c in risks(a))),
                cite("GK", "safety of opioids"),
                "CM-04",
            ),
        ),
        exclude=(
            Criterion(
                "hospice or comfort care", a.facts.stay.hospice, cite("CDC-OPI", "scope, in its summary"), "CM-04"
            ),
        ),
    )


def reason(a: Assessment) -> str:
    """The first clause that holds, in a few words, and how many more there are."""
    dose, depressant, falls = (c.claim for c in risks(a))
    names = [e.value.split(",")[0] for e in depressant.evidence] if depressant.met else []
    said = [
        *([opioids.in_words(opioids.total(a))] if dose.met else []),
        *([f"with {names[0]}" if names else "with a depressant"] if depressant.met else []),
        *(["falls on record"] if falls.met else []),
    ]
    more = f" (+{len(said) - 1})" if len(said) > 1 else ""
    return f"{said[0]}{more}" if said else "none"


def notes(a: Assessment) -> tuple[str, ...]:
    """What the dose rests on, what could not be counted, and what is not on record to make it safer."""
    return (
        "dose",
        *(("not-counted",) if opioids.not_counted(a) else ()),
        *(("renewal",) if opioids.renews(a) else ()),
        *(("cancer",) if a.malignancy.met else ()),
        *(("no-laxative",) if opioids.safeguard("laxative", a).not_met else ()),
        *(("no-naloxone",) if opioids.safeguard("naloxone", a).not_met else ()),
        "smallest-dose",
    )


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient."""
    found = criteria(a)
    return (
        Judgement(
            criteria=found,
            outcome=found.outcome,
            indicator="warning",
            table=(*found.include[:2], *on_record(risks(a)), *found.exclude),
            notes=notes(a),
            values={
                "reason": reason(a),
                "mme": opioids.in_words(opioids.total(a)),
                "uncounted": ", ".join(o.evidence.value for o in opioids.not_counted(a)) or "none",
            },
        ),
    )


RECOMMENDATION = Recommendation(
    id="opioid-safety",
    statement="An opioid order is looked at again for its total dose, other depressants and falls.",
    sources=(cite("CDC-OPI", "recommendations 4, 5, 8 and 11"), cite("GK", "safety of opioids")),
    needs=frozenset("patient encounter conditions reports imaging observations medications".split()),
    judge=judge,
)
