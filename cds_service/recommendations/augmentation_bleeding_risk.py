"""An augmentation is drafted, and its risk of bleeding is not settled: a laboratory value out of its limit or not in
date, an antithrombotic drug without a hold on record, or what such a drug may be needed for.

CX-07, CX-08, OC-26, OC-27, PP-07 and SP-08 of `clinical.md`; nothing of it speaks through another card (decision 9).
"""

from __future__ import annotations

from cds_service.criteria import bleeding
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.bleeding import Agent, Lab
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, any_of, met, unknown
from cds_service.facts.model import Measurement
from cds_service.knowledge.citations import cite
from cds_service.knowledge.hold_intervals import load_hold_intervals
from cds_service.recommendations.drafted import augmentation_drafted
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

SIR = cite("SIR", "Part II, high-bleeding-risk procedures")
VALVE_OF_NO_TYPE = "prosthetic heart valve, type not recorded"
NO_INTERVAL = "not in what was read of the source"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient: nothing here depends on a level."""
    reasons = _reasons(a)
    criteria = Criteria(
        include=(
            Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", "OC-26"), "OC-26"),
            Criterion(
                "a reason to confirm the plan for bleeding",
                any_of(*(claim for _, claim in reasons)),
                SIR,
                "OC-26, OC-27",
            ),
        )
    )
    inr, platelets = bleeding.inr(a.facts, a.limit), bleeding.platelets(a.facts, a.limit)
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            indicator="warning",
            table=_table(a, inr, platelets),
            notes=_notes(a, inr, platelets),
            values={
                "risk": _first_and_count([words for words, claim in reasons if claim.met]),
                "inr": _last(inr.newest),
                "platelets": _last(platelets.newest),
            },
        ),
    )


def _reasons(a: Assessment) -> tuple[tuple[str, Claim], ...]:
    """Everything that raises the card, each in few words of ours, the drugs by name."""
    facts, limit = a.facts, a.limit
    inr, platelets = bleeding.inr(facts, limit), bleeding.platelets(facts, limit)
    active = bleeding.active_without_hold(facts)
    named = tuple(
        (f"{agent.name} active", met(*agent.evidence))
        for agent in bleeding.agents(facts, limit)
        if agent.status == "active"
    )
    return (
        *(named or (("antithrombotic drug active", active),)),
        ("INR above its limit", inr.out_of_limit),
        ("platelets below their limit", platelets.out_of_limit),
        ("bleeding disorder on record", facts.bleeding.disorders.some(lambda d: d.active)),
        ("INR not in date", bleeding.missing_with_a_drug(inr, facts, limit)),
        ("platelets not in date", bleeding.missing_with_a_drug(platelets, facts, limit)),
        ("mechanical heart valve", bleeding.mechanical_valve(facts)),
        (VALVE_OF_NO_TYPE, bleeding.valve_of_no_type(facts)),
        ("recent stent", bleeding.stent(facts, limit)),
        ("recent venous thromboembolism", bleeding.thromboembolism(facts, limit)),
    )


def _first_and_count(reasons: list[str]) -> str:
    """The first reason, and how many more there are."""
    if not reasons:
        return "none"
    return reasons[0] + (f" (+{len(reasons) - 1})" if len(reasons) > 1 else "")


def _last(lab: Measurement | None) -> str:
    """The last value in the few characters of a summary, in date or not; its day stands in the detail."""
    return "unknown" if lab is None else f"{round(lab.value, 2):.4g}"


# --- the detail


def _table(a: Assessment, inr: Lab, platelets: Lab) -> tuple[Criterion, ...]:
    """The drugs with what the source writes of them, the last values with their day, and what else is present."""
    facts, limit = a.facts, a.limit
    rows = (
        *(_drug(agent) for agent in bleeding.agents(facts, limit)),
        *_laboratory("INR", "above its limit", inr),
        *_laboratory("platelets", "below their limit", platelets),
        Criterion("bleeding disorder on record", facts.bleeding.disorders.some(lambda d: d.active), SIR, "CX-07"),
        Criterion("mechanical heart valve", bleeding.mechanical_valve(facts), cite("GK", "PP-07"), "OC-27"),
        Criterion(VALVE_OF_NO_TYPE, bleeding.valve_of_no_type(facts), cite("GK", "PP-07"), "OC-27"),
        Criterion(
            f"coronary or vascular stent of less than {limit.stent_months} months",
            bleeding.stent(facts, limit),
            cite("GK", "PP-07"),
            "OC-27",
        ),
        Criterion(
            f"venous thromboembolism of less than {limit.vte_months} months",
            bleeding.thromboembolism(facts, limit),
            cite("GK", "PP-07"),
            "SP-08",
        ),
    )
    return tuple(row for row in rows if not row.claim.not_met or row.claim.evidence)


def _drug(agent: Agent) -> Criterion:
    """PP-07: one drug, its status, its last dose where the record has one, and the interval as information."""
    known = load_hold_intervals().get(agent.name)
    interval = known.interval if known is not None else NO_INTERVAL
    dose = f", last dose on record {agent.last_dose}" if agent.last_dose is not None else ""
    label = f"{agent.name}: {_status(agent)}{dose}. Interval in the source, as information: {interval}"
    at = known.citation if known is not None else SIR
    if agent.in_scope is None:
        return Criterion(label, unknown("day of its end not documented", agent.evidence), at, "OC-26")
    return Criterion(label, met(*agent.evidence), at, "OC-27" if agent.status == "active" else "PP-07")


def _status(agent: Agent) -> str:
    if agent.status == "active":
        return "active, no hold on record"
    if agent.status == "on-hold":
        return "on hold"
    return "ended" if agent.ended is None else f"ended {agent.ended}"


def _laboratory(name: str, beyond: str, lab: Lab) -> tuple[Criterion, ...]:
    """CX-07 and OC-26 of one value: beyond its limit or within it, else not in date; an old one is shown with its
    day.
    """
    if lab.missing.not_met or lab.out_of_limit.met:
        return (Criterion(f"{name} {beyond}", lab.out_of_limit, SIR, "CX-07"),)
    label = f"no {name} on record" if lab.newest is None else f"{name} not in date"
    return (Criterion(label, lab.missing, cite("DES", "DE-18"), "OC-26"),)


def _notes(a: Assessment, inr: Lab, platelets: Lab) -> tuple[str, ...]:
    facts, limit = a.facts, a.limit
    low = platelets.out_of_limit.met
    notes = {
        "inr-amber": inr.out_of_limit.met and not _over_the_range(inr, a),
        "inr-present": inr.out_of_limit.met and _over_the_range(inr, a),
        "platelets-low": low,
        "liver": inr.out_of_limit.met or low,
        "labs-due": bleeding.missing_with_a_drug(inr, facts, limit).met
        or bleeding.missing_with_a_drug(platelets, facts, limit).met,
        "specialist": any_of(
            bleeding.stent(facts, limit),
            bleeding.mechanical_valve(facts),
            bleeding.valve_of_no_type(facts),
            bleeding.thromboembolism(facts, limit),
        ).met,
        "vte": bleeding.thromboembolism(facts, limit).met,
    }
    return tuple(note for note, said in notes.items() if said)


def _over_the_range(inr: Lab, a: Assessment) -> bool:
    """CX-07: over 1.8 it is present; from over 1.5 it is amber, by the range of the source."""
    return inr.newest is not None and inr.newest.value > a.limit.inr_amber_max


RECOMMENDATION = Recommendation(
    id="augmentation-bleeding-risk",
    statement="Before an augmentation, bleeding values are in date and each antithrombotic drug has a confirmed plan.",
    sources=(
        cite("SIR", "Part II, Tables 3, 4 and 6 as transcribed"),
        cite("LCD-N", "exclusions"),
        cite("GK", "PP-07: stent, mechanical valve, venous thromboembolism"),
    ),
    needs=frozenset({"conditions", "observations", "medications", "procedures"}),
    judge=judge,
)
