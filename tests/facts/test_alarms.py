"""RF-07, RF-08: chest symptoms, haemoglobin and calcium in their units, hypercalcaemia, renal bone disease; boards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import SNOMED, concept, condition, days, facts, observation, resource


@pytest.mark.parametrize(
    ("given", "shown", "by_wording"),
    [
        (condition("R06.02"), "Shortness of breath", False),
        (condition("R0602", "urn:oid:2.16.840.1.113883.6.90"), "Shortness of breath", False),
        (condition("R07.9"), "Chest pain, unspecified", False),
        (condition("I26.99"), "Other pulmonary embolism without acute cor pulmonale", False),
        (condition(text="Acute dyspnea"), "dyspnea (by its wording)", True),
        (condition(text="Dyspnoea"), "dyspnoea (by its wording)", True),
        (condition("230145002", SNOMED, text="Short of breath"), "short of breath (by its wording)", True),
        (condition(text="Pulmonary cement embolism"), "pulmonary cement embolism (by its wording)", True),
    ],
)
def test_symptoms_of_the_chest(given: dict[str, Any], shown: str, by_wording: bool) -> None:
    """RF-07: by verified code, else by wording (decision 15)."""
    (found,) = facts(given).alarms.chest.items
    assert (found.evidence.value, found.by_wording, found.active) == (shown, by_wording, True)


@pytest.mark.parametrize(
    "text",
    ["No chest pain", "History of pulmonary embolism", "Chronic dyspnea", "Family history of pulmonary embolism"],
)
def test_what_is_denied_past_or_chronic_is_no_symptom(text: str) -> None:
    """RF-07 asks for what is new."""
    assert facts(condition(text=text)).alarms.chest.items == ()


def test_the_reason_of_the_encounter_counts() -> None:
    """RF-07: why the patient is here, dated by the start of the encounter."""
    visit = resource(
        "Encounter", status="in-progress", period={"start": "2026-11-19"}, reasonCode=[concept(text="Chest pain")]
    )
    (found,) = facts(visit).alarms.chest.items
    assert (found.onset, found.by_wording) == (days("2026-11-19"), True)
    assert facts({**visit, "status": "finished"}).alarms.chest.items == ()


@pytest.mark.parametrize(
    ("value", "unit", "found"),
    [
        (9.9, "g/dL", 9.9),
        (99, "g/L", 9.9),
        (13.1, "gm/dL", 13.1),
        (9.9, None, None),
        (6.1, "mmol/L", 9.83),
        (0, "g/dL", None),
    ],
)
def test_haemoglobin_in_its_units(value: float, unit: str | None, found: float | None) -> None:
    """RF-08: grams a decilitre or a litre, millimoles of its iron; without a unit 13 and 130 are both seen, and
    none is guessed.
    """
    values = [each.value for each in facts(observation("718-7", value, unit)).alarms.haemoglobin_g_dl.items]
    assert values == ([] if found is None else [found])


@pytest.mark.parametrize(
    ("value", "unit", "found"),
    [(11.1, "mg/dL", 11.1), (2.8, "mmol/L", 11.22), (11.1, None, None), (5.6, "meq/L", None)],
)
def test_calcium_in_its_units(value: float, unit: str | None, found: float | None) -> None:
    """RF-08: milligrams a decilitre, or millimoles a litre times 4.008."""
    values = [each.value for each in facts(observation("17861-6", value, unit)).alarms.calcium_mg_dl.items]
    assert values == ([] if found is None else [found])


def test_blood_values_nobody_measured_are_not_normal() -> None:
    """Decision 1: laboratory results that are not there are unknown."""
    found = facts().alarms
    assert found.haemoglobin_g_dl.gap == "no haemoglobin documented"
    assert found.calcium_mg_dl.gap == "no calcium documented"


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (condition("E83.52"), 1),
        (condition(text="Hypercalcemia of malignancy"), 1),
        (condition(text="History of hypercalcemia"), 0),
        (condition("E83.52", status="resolved"), 0),
        (condition("E83.51"), 0),
    ],
)
def test_hypercalcaemia_on_record(given: dict[str, Any], count: int) -> None:
    """RF-08: by code or wording, while it lasts."""
    assert len(facts(given).alarms.hypercalcaemia.items) == count


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (condition("N25.81"), 1),
        (condition("N25.81", status="resolved"), 0),
        (condition(text="Secondary hyperparathyroidism of renal origin"), 0),
        (condition("E83.52"), 0),
    ],
)
def test_renal_bone_disease_by_its_code_alone(given: dict[str, Any], count: int) -> None:
    """Decision 11, 15: a known cause takes the card away, so words alone are not enough."""
    assert len(facts(given).alarms.metabolic.items) == count


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (resource("ServiceRequest", status="active", intent="order", code=concept("183529009", SNOMED)), 1),
        (resource("ServiceRequest", status="completed", intent="order", code=concept(text="Spine tumor board")), 1),
        (resource("ServiceRequest", status="active", intent="order", code=concept(text="Oncology referral")), 1),
        (resource("ServiceRequest", status="revoked", intent="order", code=concept("183529009", SNOMED)), 0),
        (resource("ServiceRequest", status="active", intent="proposal", code=concept("183529009", SNOMED)), 0),
        (resource("ServiceRequest", status="active", intent="order", code=concept("770695002", SNOMED)), 0),
        (resource("Appointment", status="booked", start="2026-11-25", description="Multidisciplinary team, spine"), 1),
        (resource("Appointment", status="cancelled", start="2026-11-25", description="Tumour board"), 0),
    ],
)
def test_a_tumour_board_on_record(given: dict[str, Any], count: int) -> None:
    """OC-29: oncology or a board, ordered or booked."""
    assert len(facts(given).malignancy.reviews.items) == count


@pytest.mark.parametrize(
    ("given", "traumatic"),
    [
        (condition("S32.010A"), True),
        (condition("M80.08XA"), False),
        (condition("M48.56XA"), False),
        (condition("42942008", SNOMED), False),
        ({**condition(), "code": {"coding": [*concept("M80.08XA")["coding"], *concept("S32.010A")["coding"]]}}, True),
    ],
)
def test_whether_the_code_is_one_of_injury(given: dict[str, Any], traumatic: bool) -> None:
    """Decision 11: "a non-traumatic fracture code"."""
    assert {each.traumatic for each in facts(given).fractures.diagnoses.items} == {traumatic}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (condition("D64.9"), True),
        (condition("D630"), True),
        (condition("D50.9"), True),
        (condition("D53.9"), True),
        (condition("D61.818"), True),
        (condition("D54.1"), False),
        (condition("D56.3"), False),
        (condition("D57.3"), False),
        (condition("D58.2"), False),
        (condition("D65"), False),
        (condition("D49.9"), False),
        (condition("D64.9", status="resolved"), False),
        (condition("D64.9", verified="provisional"), False),
        (condition(text="Anemia of chronic disease"), True),
        (condition(text="Normocytic anaemia"), True),
        (condition(text="History of anemia"), False),
        (condition(text="No anemia"), False),
        (condition(text="Sickle cell anemia trait"), False),
    ],
)
def test_anaemia(given: dict[str, Any], found: bool) -> None:
    """RF-08: current and certain, by ICD-10-CM or by wording; carriers have none."""
    assert bool(facts(given).alarms.anaemia.items) is found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (condition("I26.02"), True),
        (condition("I2690"), True),
        (condition("I26.95"), True),
        (condition("I27.82"), False),
        (condition("I25.10"), False),
        (condition(text="Saddle embolus"), True),
        (condition(text="Embolism of the left pulmonary artery"), True),
        (condition(text="Cement emboli in the lungs"), True),
        (condition(text="Pulmonary thromboembolism"), True),
        (condition(text="History of saddle embolus"), False),
        (condition(text="Embolism of the femoral artery"), False),
    ],
)
def test_embolism_of_the_lung(given: dict[str, Any], found: bool) -> None:
    """RF-07: every code of pulmonary embolism, and its wordings."""
    assert bool(facts(given).alarms.chest.items) is found
