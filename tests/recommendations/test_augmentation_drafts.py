"""K-COAG and K-PREP: what each says of a drafted augmentation, on which hooks and to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cds_service.criteria.criterion import Outcome
from cds_service.facts.fact import met
from cds_service.facts.model import Listing
from cds_service.recommendations import (
    ALL,
    augmentation_bleeding_risk,
    augmentation_contraindicated,
    augmentation_preparation,
)
from cds_service.recommendations.merge import evaluate
from cds_service.recommendations.recommendation import Judgement, Situation
from tests.criteria.given import (
    TODAY,
    ago,
    antithrombotic,
    assessed,
    disease,
    draft,
    finding,
    fracture,
    says,
    score,
    study,
    treatment,
)

EDEMA = finding(marrow_edema=True, acuity="acute", height_loss_percent=(35, 35), kyphosis=True, posterior_wall="intact")
FRACTURE: dict[str, Any] = {
    "imaging": {"studies": [study(EDEMA)], "orders": []},
    "fractures": {"diagnoses": [fracture("T12", onset=ago(28))]},
    "pain": {"scores": [score(8), score(5, 14)]},
    "function": {"rdq": [score(19)]},
    "conservative": {"given": [treatment("analgesic", 24), treatment("brace", 24)]},
}
GOOD: dict[str, Any] = {"inr": [score(1.0)], "platelets": [score(230)]}
SIGN = Situation("order-sign")
VA = draft("augmentation", "T12", planned=TODAY + timedelta(days=5))


def bleeding_risk(drafts: Any = (VA,), **members: Any) -> Judgement:
    """The judgement of K-COAG, labs good unless said otherwise."""
    facts = {**FRACTURE, "drafts": drafts, "bleeding": {**GOOD, **members}}
    (judged,) = augmentation_bleeding_risk.judge(assessed(**facts), SIGN)
    return judged


def prepared(drafts: Any = (VA,), **topics: Any) -> Judgement:
    """The judgement of K-PREP."""
    facts = {**FRACTURE, "bleeding": GOOD, "drafts": drafts, **topics}
    (judged,) = augmentation_preparation.judge(assessed(**facts), SIGN)
    return judged


def shown(hook: Any, role: Any = "clinician", **topics: Any) -> dict[str, str]:
    """Topic and indicator of what is shown with the draft."""
    facts = {**FRACTURE, "bleeding": GOOD, "drafts": (VA,), **topics}
    found = evaluate(ALL, assessed(**facts), Situation(hook, role=role))
    return {card.recommendation.id: card.indicator for card in found.cards}


TAKEN = {"bleeding": {**GOOD, "antithrombotics": [antithrombotic("apixaban")]}}
COAG, PREP = "augmentation-bleeding-risk", "augmentation-preparation"


@pytest.mark.parametrize("hook", ["order-sign", "order-dispatch", "appointment-book"])
def test_both_cards_where_an_augmentation_is_signed_or_booked(hook: str) -> None:
    """D14: the bleeding risk leads as a warning, the preparation is information."""
    cards = shown(hook, **TAKEN)
    assert (cards[COAG], cards[PREP]) == ("warning", "info")


def test_while_selecting_only_the_warning() -> None:
    """D14: nobody prepares yet."""
    cards = shown("order-select", **TAKEN)
    assert cards[COAG] == "warning"
    assert PREP not in cards


def test_a_scheduler_sees_both() -> None:
    """SL-07: what a scheduler can act on."""
    cards = shown("appointment-book", role="scheduler", **TAKEN)
    assert {COAG, PREP} <= set(cards)


def test_neither_without_a_draft() -> None:
    """D14: without an augmentation among the selected drafts neither applies."""
    assert bleeding_risk(drafts=(), antithrombotics=[antithrombotic()]).outcome is Outcome.DOES_NOT_APPLY
    assert prepared(drafts=(draft("imaging"),)).outcome is Outcome.DOES_NOT_APPLY


def test_bleeding_never_speaks_through_the_contraindications() -> None:
    """Decision 9: CX-07 and CX-08 raise K-COAG alone."""
    members = {"inr": [score(3.0)], "platelets": [score(20)], "antithrombotics": [antithrombotic()]}
    assert bleeding_risk(**members).outcome is Outcome.APPLIES
    facts = {**FRACTURE, "drafts": (VA,), "bleeding": members}
    for judged in augmentation_contraindicated.judge(assessed(**facts), SIGN):
        assert judged.outcome is not Outcome.APPLIES
        assert not {c.rule for c in judged.table} & {"CX-07", "CX-08"}


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({}, Outcome.DOES_NOT_APPLY),
        ({"antithrombotics": Listing((), "medications not sent")}, Outcome.CANNOT_TELL),
        ({"inr": Listing((), "observations not sent")}, Outcome.CANNOT_TELL),
        ({"inr": [score(2.0)], "antithrombotics": Listing((), "medications not sent")}, Outcome.APPLIES),
        ({"inr": [], "no_inr": met()}, Outcome.CANNOT_TELL),
    ],
)
def test_unknown_is_neither_a_warning_nor_a_clearance(members: dict[str, Any], outcome: Outcome) -> None:
    """Decision 7: nobody can tell, so it is silent and named in `explain`. (No INR at all leaves CX-07 itself open.)"""
    assert bleeding_risk(**members).outcome is outcome


@pytest.mark.parametrize(
    ("inr", "note"), [(1.5, None), (1.6, "inr-amber"), (1.8, "inr-amber"), (1.81, "inr-present"), (4.0, "inr-present")]
)
def test_amber_and_present(inr: float, note: str | None) -> None:
    """CX-07: over 1.5 amber, over 1.8 present."""
    assert {n for n in bleeding_risk(inr=[score(inr)]).notes if n.startswith("inr")} == ({note} if note else set())


def test_liver_limits_are_named_and_not_judged() -> None:
    """CX-07: the source's profile for chronic liver disease has no verified codes to go by."""
    assert "liver" in bleeding_risk(platelets=[score(40)]).notes
    assert "liver" not in bleeding_risk(antithrombotics=[antithrombotic()]).notes


def test_a_drug_with_its_status_dose_and_interval() -> None:
    """PP-07: each agent with what the source writes, as information."""
    drugs = [
        antithrombotic("apixaban", dose=1),
        antithrombotic("clopidogrel", "on-hold"),
        antithrombotic("aspirin", "ended", ago(3)),
        antithrombotic("ticlopidine"),
        antithrombotic("heparin", "ended", None),
    ]
    judged = bleeding_risk(antithrombotics=drugs)
    rows = {c.label.partition(":")[0]: c for c in judged.table if "Interval in the source" in c.label}
    assert "active, no hold on record, last dose on record 2026-11-19" in rows["apixaban"].label
    assert "4 doses, or 6 where creatinine clearance is below 50 mL/min" in rows["apixaban"].label
    assert "on hold. Interval in the source, as information: 5 days" in rows["clopidogrel"].label
    assert "ended 2026-11-17" in rows["aspirin"].label
    assert augmentation_bleeding_risk.NO_INTERVAL in rows["ticlopidine"].label
    assert rows["heparin"].claim.unknown
    assert all(c.at.source.id == "SIR" for c in rows.values())
    assert judged.values["risk"] == "apixaban active (+1)"


def test_last_values_with_their_day_are_always_there() -> None:
    """D14: last INR and platelets, out of date or not."""
    judged = bleeding_risk(
        inr=[score(1.1, 40)], platelets=[score(180, 3)], antithrombotics=[antithrombotic("apixaban", "on-hold")]
    )
    rows = {c.label: c for c in judged.table}
    assert rows["INR not in date"].claim.met
    assert rows["INR not in date"].claim.evidence == (score(1.1, 40).evidence,)
    assert rows["platelets below their limit"].claim.not_met
    assert (judged.values["inr"], judged.values["platelets"], judged.values["risk"]) == (
        "1.1",
        "180",
        "INR not in date",
    )
    assert "labs-due" in judged.notes


def test_values_absent_without_a_drug_are_for_the_preparation() -> None:
    """OC-26: a line of K-PREP, no warning."""
    assert bleeding_risk(inr=[score(1.0, 40)], platelets=[score(230, 40)]).outcome is not Outcome.APPLIES
    judged = prepared(bleeding={"inr": [score(1.0, 40)], "platelets": [score(230, 40)]})
    (row,) = (c for c in judged.criteria.confirm if c.rule == "PP-10")
    assert row.claim.unknown


@pytest.mark.parametrize(
    ("event", "notes"),
    [
        (disease("stent", onset=100), {"specialist"}),
        (disease("mechanical-valve"), {"specialist"}),
        (disease("vte", onset=20), {"specialist", "vte"}),
    ],
)
def test_what_a_drug_may_be_needed_for(event: Any, notes: set[str]) -> None:
    """OC-27, SP-08: each raises the card by itself, and asks for a specialist."""
    judged = bleeding_risk(events=[event])
    assert judged.outcome is Outcome.APPLIES
    assert set(judged.notes) == notes
    assert any(c.claim.met and c.at.source.id == "GK" for c in judged.table)


# --- K-PREP


@pytest.mark.parametrize(
    ("drafts", "levels", "minutes"),
    [
        ((VA,), "T12", "240 to 300"),
        ((draft("augmentation", "T12", "L1"), draft("augmentation", "T12")), "T12, L1", "300 to 360"),
        ((draft("augmentation", "T11", "T12", "L1"),), "T11, T12, L1", "360 to 420"),
        ((draft("augmentation"),), "levels not named", "at least 240"),
        ((VA, draft("augmentation", "L3", selected=False)), "T12", "240 to 300"),
    ],
)
def test_the_time(drafts: Any, levels: str, minutes: str) -> None:
    """PP-03, C-09: an hour a level and 3 to 4 hours; the levels of the selected drafts, each once."""
    judged = prepared(drafts)
    assert (judged.values["levels"], judged.values["minutes"]) == (levels, minutes)
    assert ("time-no-level" in judged.notes) is (levels == "levels not named")


def test_the_dates_of_the_follow_up() -> None:
    """FU-01: call at day 14, visit at 2 to 4 weeks, from the planned date; none without one, or with one past."""
    judged = prepared()
    assert "follow-up-dated" in judged.notes
    assert [judged.values[n] for n in ("call", "visit_from", "visit_to")] == ["2026-12-09", "2026-12-09", "2026-12-23"]
    for planned in (None, TODAY - timedelta(days=1)):
        undated = prepared((draft("augmentation", "T12", planned=planned),))
        assert "follow-up" in undated.notes
        assert "call" not in undated.values


@pytest.mark.parametrize(
    ("topics", "rule", "truth"),
    [
        ({}, "PP-02", "unknown"),
        ({"preparation": {"escort": [says(True, 30)]}}, "PP-02", "met"),
        ({"preparation": {"escort": [says(True, 31)]}}, "PP-02", "unknown"),
        ({"preparation": {"escort": [says(False)]}}, "PP-02", "not-met"),
        ({}, "PP-05", "unknown"),
        ({"spine": {"can_lie_prone": [says(True)]}}, "PP-05", "met"),
        ({"spine": {"can_lie_prone": [says(False)]}}, "PP-05", "not-met"),
        ({}, "PP-09", "met"),
        ({"preparation": {"antibiotics": [disease("antibiotic")]}}, "PP-09", "not-met"),
        ({"allergies": Listing((), "allergies not sent")}, "PP-09", "unknown"),
        ({}, "PP-10", "met"),
        ({"bleeding": {"inr": [score(1.0, 25)], "platelets": [score(230)]}}, "PP-10", "met"),
        ({"bleeding": {"inr": [score(1.0, 26)], "platelets": [score(230)]}}, "PP-10", "unknown"),
        ({}, "PP-01, PP-06", "unknown"),
    ],
)
def test_what_is_known_and_what_to_ask(topics: dict[str, Any], rule: str, truth: str) -> None:
    """PP-02, PP-05, PP-09, PP-10: documented, or to be confirmed; labs count back from the planned date."""
    (row,) = (c for c in prepared(**topics).criteria.confirm if c.rule == rule)
    assert row.claim.truth.value == truth


@pytest.mark.parametrize(
    ("topics", "asked"),
    [
        ({}, False),
        ({"spine": {"can_lie_prone": [says(False)]}}, True),
        ({"preparation": {"risks": [disease("home-oxygen")]}}, True),
        ({"preparation": {"risks": [disease("heart-failure", active=False)]}}, False),
        ({"preparation": {"risks": [disease("stroke", onset=183)]}}, True),
        ({"preparation": {"risks": [disease("stroke", onset=184)]}}, False),
        ({"preparation": {"risks": [disease("heart-attack")]}}, False),
    ],
)
def test_when_anaesthesia_is_asked(topics: dict[str, Any], asked: bool) -> None:
    """CX-15, PP-05, PP-06: cannot lie prone, lungs or heart on record, heart attack or stroke within six months."""
    assert ("anaesthesia" in prepared(**topics).notes) is asked


def test_a_brace_is_reviewed() -> None:
    """FU-05, C-07: in use at augmentation, review its need; else nothing is ordered."""
    assert "brace" in prepared().notes
    assert "no-brace" in prepared(conservative={"given": [treatment("analgesic", 24)]}).notes


@pytest.mark.parametrize(
    "topics",
    [
        {"pain": {"scores": [score(8)], "at_fracture_level": [says(False)]}},
        {"fractures": {"diagnoses": [fracture("T12", onset=ago(90))]}},
        {"infection": {"diseases": [disease("spinal")]}},
    ],
)
def test_nobody_prepares_for_what_is_spoken_against(topics: dict[str, Any]) -> None:
    """D14: K-PREP waits while K-VAX, K-VAN or an alarm holds."""
    assert PREP not in shown("order-sign", **topics)
