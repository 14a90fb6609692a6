"""DE-32: opioids with their daily dose, and what matters beside them."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.fact import Interval
from cds_service.facts.model import Opioid
from tests.facts.records import RXNORM, concept, condition, draft, facts, resource

OXYCODONE = concept("7804", RXNORM, "oxycodone")


def prescription(code: str = "7804", text: str = "", *dosages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An active order of one drug."""
    held = {
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-11-10",
        "medicationCodeableConcept": concept(code, RXNORM, text) if code else concept(text=text),
        "dosageInstruction": list(dosages),
    }
    return resource("MedicationRequest", **{**held, **more})


def dose(value: float | None, unit: str = "mg", *, rate: dict[str, Any] | None = None, **repeat: Any) -> dict[str, Any]:
    """A dosage of so much, once a day unless said otherwise."""
    given = rate if rate is not None else {"doseQuantity": {"value": value, "unit": unit}}
    return {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}}, "doseAndRate": [given]}


def one(order: dict[str, Any]) -> Opioid:
    """The one opioid in force."""
    (only,) = facts(order).opioid_care.active.items
    return only


@pytest.mark.parametrize(
    ("text", "dosages", "low", "high"),
    [
        ("", [dose(60)], 60, 60),
        ("", [dose(5, frequency=4)], 20, 20),
        ("", [dose(5, period=6, periodUnit="h")], 20, 20),
        ("", [dose(5, period=4, periodMax=6, periodUnit="h")], 30, 30),
        ("", [dose(5, frequency=1, frequencyMax=3)], 15, 15),
        (
            "",
            [dose(None, rate={"doseRange": {"low": {"value": 5, "unit": "mg"}, "high": {"value": 10, "unit": "mg"}}})],
            10,
            10,
        ),
        ("", [{**dose(5, period=4, periodUnit="h"), "asNeededBoolean": True}], 30, 30),
        (
            "",
            [
                {
                    **dose(5, period=4, periodUnit="h"),
                    "maxDosePerPeriod": {
                        "numerator": {"value": 20, "unit": "mg"},
                        "denominator": {"value": 1, "unit": "d"},
                    },
                }
            ],
            20,
            20,
        ),
        ("oxycodone hydrochloride 5 MG Oral Tablet", [dose(2, "tablet", frequency=3)], 30, 30),
        ("acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet", [dose(1, "{tbl}", frequency=4)], 20, 20),
        ("oxycodone-acetaminophen 5-325 mg tablet", [dose(1, "tablet", frequency=4)], 20, 20),
        ("oxycodone hydrochloride 1 MG/ML Oral Solution", [dose(5, "mL", frequency=4)], 20, 20),
        ("oxycodone 5 mg tablet", [{"text": "Take 1-2 tablets every 4-6 hours as needed"}], 60, 60),
        ("", [{"text": "5 mg by mouth twice daily"}], 10, 10),
        ("", [dose(10), dose(5)], 10, 15),
        ("", [dose(10), dose(1, "tablet")], 10, None),
    ],
)
def test_the_daily_dose(text: str, dosages: list[dict[str, Any]], low: float, high: float | None) -> None:
    """CM-04: dose times frequency at its most; several dosages follow each other or add up."""
    found = one(prescription("7804", text, *dosages))
    assert found.per_day == Interval(low, high)
    assert (found.unit, found.factor) == ("mg/d", 1.5)


@pytest.mark.parametrize(
    ("text", "dosages"),
    [
        ("", []),
        ("", [{"text": "as directed"}]),
        ("", [{"text": "5 mg"}]),
        ("", [{"text": "5 mg in the morning and 10 mg in the evening daily"}]),
        ("", [dose(1, "tablet")]),
        ("", [dose(1, "mL")]),
        ("acetaminophen-oxycodone 325-5 mg tablet", [dose(1, "tablet")]),
        ("", [dose(5, period=1, periodUnit="mo")]),
    ],
)
def test_a_dose_that_is_not_stated_is_not_known(text: str, dosages: list[dict[str, Any]]) -> None:
    """CM-04: no guess."""
    assert one(prescription("7804", text, *dosages)).per_day is None


def test_the_strength_of_a_coded_product() -> None:
    """Terminology 8: the product's own name gives the strength of a code sent without words."""
    found = one(prescription("1049621", "", dose(2, "tablet", frequency=2)))
    assert found.ingredient == "7804"
    assert found.per_day == Interval(20, 20)


@pytest.mark.parametrize(
    ("code", "text", "dosages", "per_day", "factor"),
    [
        ("4337", "fentanyl 25 mcg/hr patch", [dose(1, "patch", period=72, periodUnit="h")], Interval(25, 25), 2.4),
        ("245134", "", [dose(1, "{patch}", period=3)], Interval(25, 25), 2.4),
        ("4337", "fentanyl transdermal patch", [], None, 2.4),
        ("4337", "fentanyl citrate buccal tablet", [dose(1, "mg")], Interval(1, 1), None),
        ("7052", "morphine sulfate 2 MG/ML Injectable Solution", [dose(2, "mg", frequency=6)], Interval(12, 12), None),
        ("1819", "buprenorphine 8 MG Sublingual Tablet", [dose(8)], Interval(8, 8), None),
        ("6754", "meperidine", [dose(100)], Interval(100, 100), None),
        ("6813", "methadone", [dose(10)], Interval(10, 10), 4.7),
        ("3423", "hydromorphone", [dose(4)], Interval(4, 4), 5),
    ],
)
def test_factors_are_those_of_the_table(
    code: str, text: str, dosages: list[dict[str, Any]], per_day: Interval | None, factor: float | None
) -> None:
    """CDC 2022: patches by micrograms an hour; what the table does not list, and injections, have no factor."""
    found = one(prescription(code, text, *dosages))
    assert (found.per_day, found.factor) == (per_day, factor)


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"status": "stopped"}, 0),
        ({"status": "on-hold"}, 0),
        ({"dispenseRequest": {"expectedSupplyDuration": {"value": 10, "unit": "days"}}}, 1),
        ({"dispenseRequest": {"expectedSupplyDuration": {"value": 9, "unit": "days"}}}, 0),
    ],
)
def test_only_what_is_in_force_counts(more: dict[str, Any], count: int) -> None:
    """CDC: what the patient takes now; a supply that ran out yesterday is over."""
    care = facts(prescription(**more), prescription("6470", "lorazepam", id="benzo", **more)).opioid_care
    assert (len(care.active.items), len(care.depressants.items)) == (count, count)


@pytest.mark.parametrize(
    ("order", "kinds"),
    [
        (prescription("197900"), ["benzodiazepine"]),
        (prescription("6470", "lorazepam"), ["benzodiazepine"]),
        (prescription("", "Lorazepam 0.5 mg tablet"), ["benzodiazepine"]),
        (prescription("25480", "gabapentin"), ["gabapentinoid"]),
        (prescription("187832"), ["gabapentinoid"]),
        (prescription("25480", "gabapentin cream"), []),
        (prescription("2724", "diphenhydramine"), []),
        (prescription("7804", "oxycodone"), []),
    ],
)
def test_depressants(order: dict[str, Any], kinds: list[str]) -> None:
    """CM-04: by code of the product, else by name, which is said."""
    found = facts(order).opioid_care.depressants.items
    assert [each.kind for each in found] == kinds
    assert all(each.by_wording == ("by its wording" in each.evidence.value) for each in found)


@pytest.mark.parametrize(
    ("order", "kinds"),
    [
        (prescription("1725059"), ["naloxone"]),
        (prescription("", "naloxone 4 mg nasal spray"), ["naloxone"]),
        (prescription("", "buprenorphine 8 mg / naloxone 2 mg sublingual film"), []),
        (prescription("", "senna 8.6 mg"), ["laxative"]),
        (prescription("", "polyethylene glycol 3350 17 g"), ["laxative"]),
    ],
)
def test_safeguards(order: dict[str, Any], kinds: list[str]) -> None:
    """CM-04: naloxone as a rescue drug, and laxatives."""
    assert [each.kind for each in facts(order).opioid_care.safeguards.items] == kinds


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (condition("Z91.81"), ["history"]),
        (condition("R29.6"), ["history"]),
        (condition("W18.30XA"), ["event"]),
        (condition("W20.0XXA"), []),
        (condition(text="Recurrent falls"), ["history"]),
        (condition(text="At risk for falls"), ["history"]),
        (condition(text="Fall risk"), ["history"]),
        (condition(text="No recent falls"), []),
        (condition(text="Low fall risk"), []),
        (condition(text="Fall prevention education"), []),
        (condition(text="Fallot tetralogy"), []),
        (condition("Z91.81", status="resolved"), []),
    ],
)
def test_falls(given: dict[str, Any], kinds: list[str]) -> None:
    """CM-04: a tendency to fall, or one fall, by code or by words."""
    assert [each.kind for each in facts(given).opioid_care.falls.items] == kinds


def test_what_was_not_sent_proves_nothing() -> None:
    """Decision 1."""
    care = facts(without=("medications",)).opioid_care
    assert care.active.gap == care.depressants.gap == care.safeguards.gap == "medications not sent"
    assert facts().opioid_care.active.gap is None


def test_drafts() -> None:
    """DE-30: what a drafted prescription is."""
    order = prescription("7804", "oxycodone", dose(10, frequency=4), status="draft")
    mine = draft(order)
    assert mine.kind == "opioid"
    assert mine.opioid is not None
    assert (mine.opioid.per_day, mine.opioid.source, mine.companion) == (Interval(40, 40), "draft", None)
    beside = draft(prescription("", "lorazepam", status="draft"))
    assert (beside.kind, beside.opioid, beside.companion) == ("other", None, "benzodiazepine")
    other = draft(prescription("29046", "lisinopril", status="draft"))
    assert (other.opioid, other.companion) == (None, None)
