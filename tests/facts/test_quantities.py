"""Numbers are compared in the unit of the rule: the UCUM code first, and no number where the unit does not tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import LOINC, RXNORM, concept, facts, form, observation, resource

UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"


def crp(value: Any = 8, **quantity: Any) -> dict[str, Any]:
    """A CRP as a quantity."""
    return observation("1988-5", valueQuantity={"value": value, **quantity})


@pytest.mark.parametrize(
    ("quantity", "mg_l"),
    [
        ({"unit": "mg/dL", "system": UCUM, "code": "mg/dL"}, 80),
        ({"unit": "milligrams per deciliter", "system": UCUM, "code": "mg/dL"}, 80),
        ({"system": UCUM, "code": "mg/dL"}, 80),
        ({"unit": "mg/dL", "system": UCUM}, 80),
        ({"unit": "mg/dL"}, 80),
        ({"unit": "MG/DL"}, 80),
        ({"code": "mg/dL"}, 80),
        ({"unit": "mg/dL", "code": "CRP-U"}, 80),
        ({"unit": "mg/dL", "system": "urn:oid:2.16.840.1.113883.6.8", "code": "mg/dL"}, 80),
        ({"unit": "mg/dL", "system": SNOMED, "code": "258797006"}, 80),
        ({"unit": "mg/dL", "system": "urn:oid:1.2.3", "code": "U17"}, 80),
        ({"unit": "mg/dL", "system": "urn:oid:1.2.3", "code": "mg/L"}, None),
        ({"system": "urn:oid:1.2.3", "code": "mg/dL"}, None),
        ({"unit": "mg/L", "system": UCUM, "code": "mg/dL"}, None),
        ({"unit": "mg/dL", "system": UCUM, "code": "1"}, None),
        ({"unit": "mmol/L", "system": UCUM, "code": "mg/dL"}, None),
        ({"unit": "mg/L", "code": "mg/dL"}, None),
        ({"unit": "furlong", "system": UCUM, "code": "furlong"}, None),
        ({"system": UCUM, "code": "1"}, None),
        ({}, None),
    ],
)
def test_the_code_of_ucum_counts_before_the_words(quantity: dict[str, Any], mg_l: float | None) -> None:
    """Hazards, units: a UCUM code wins over words nobody knows; another system's code names nothing, but may
    speak against the words; two units that differ give no number.
    """
    assert [each.value for each in facts(crp(**quantity)).infection.crp_mg_l.items] == ([] if mg_l is None else [mg_l])


@pytest.mark.parametrize(
    ("given", "gap"),
    [
        (crp(), "CRP documented, no unit"),
        (crp(unit="nmol/L"), "CRP documented, its unit not known"),
        (crp(unit="mg/L", system=UCUM, code="mg/dL"), "CRP documented, its unit contradictory"),
        (crp(5, unit="kg/L"), "CRP documented, its unit not known"),
        (crp(9, unit="g/L"), "CRP documented, not plausible in its unit"),
        (observation("1988-5", "positive"), "CRP documented, not as a number that can be used"),
        (crp(comparator="<", unit="mg/L"), "CRP documented, not as a number that can be used"),
        (observation("4537-7", 30, "mg/L"), "not documented"),
    ],
)
def test_why_there_is_no_number(given: dict[str, Any], gap: str) -> None:
    """F15: what cannot be interpreted is said, and never "none on record"."""
    assert facts(given).infection.crp_mg_l.gap == gap


def test_the_newest_tells_why() -> None:
    """Of several the last is what a reader looks for."""
    given = crp(unit="nmol/L"), crp()
    old, new = (
        dict(each, id=name, effectiveDateTime=day)
        for each, name, day in zip(given, ("a", "b"), ("2026-11-01", "2026-11-19"), strict=True)
    )
    assert facts(old, new).infection.crp_mg_l.gap == "CRP documented, no unit"


@pytest.mark.parametrize(
    ("code", "quantity", "topic", "value"),
    [
        ("718-7", {"value": 8.2, "unit": "mmol/L"}, "haemoglobin_g_dl", 13.21),
        ("718-7", {"value": 132, "unit": "g/L"}, "haemoglobin_g_dl", 13.2),
        ("718-7", {"value": 132, "unit": "g/dL"}, "haemoglobin_g_dl", None),
        ("17861-6", {"value": 2.4, "unit": "mmol/L"}, "calcium_mg_dl", 9.62),
        ("17861-6", {"value": 96, "unit": "mg/L"}, "calcium_mg_dl", 9.6),
        ("17861-6", {"value": 2.4, "unit": "mg/dL", "system": UCUM, "code": "mmol/L"}, "calcium_mg_dl", None),
        ("17861-6", {"value": 4.8, "unit": "meq/L"}, "calcium_mg_dl", None),
    ],
)
def test_blood_values_by_weight_or_by_moles(
    code: str, quantity: dict[str, Any], topic: str, value: float | None
) -> None:
    """RF-08: laboratories weigh or count; equivalents hang on the ion, and what nobody has is a slip."""
    listing = getattr(facts(observation(code, valueQuantity=quantity)).alarms, topic)
    assert [each.value for each in listing.items] == ([] if value is None else [value])


@pytest.mark.parametrize(
    ("value", "scores"),
    [
        ({"value": -2.5, "unit": "{T-score}"}, [-2.5]),
        ({"value": -2.49, "unit": "T-Score", "system": UCUM, "code": "1"}, [-2.49]),
        ({"value": -2.51}, [-2.51]),
        ({"value": -0.0}, [0]),
        ({"value": 1e308}, []),
        ({"value": -11}, []),
        ({"value": 0.81, "unit": "g/cm2"}, []),
        ({"value": 0.81, "unit": "g/cm2", "system": UCUM, "code": "1"}, []),
        ({"value": -2.5, "unit": "percent"}, []),
    ],
)
def test_t_scores_and_their_units(value: dict[str, Any], scores: list[float]) -> None:
    """F13: as documented, without a unit as well; a density and what nobody has are no score, and it is said."""
    told = facts(observation("38267-1", valueQuantity=value)).bone_health.t_scores
    assert [each.value for each in told.items] == scores
    assert (told.gap is None) == bool(scores)
    assert scores or (told.gap or "").startswith("T-score documented, ")


def test_a_vitamin_d_of_no_known_unit_is_no_absence() -> None:
    """F16, OS-03: a result on record is not "none on record"."""
    known = facts(observation("62292-8", 75, "nmol/L")).bone_health.vitamin_d_ng_ml
    assert [round(each.value, 2) for each in known.items] == [30.05]
    assert facts(observation("62292-8", 75)).bone_health.vitamin_d_ng_ml.gap == "25-OH vitamin D documented, no unit"
    assert facts().bone_health.vitamin_d_ng_ml.gap is None


@pytest.mark.parametrize(
    ("value", "unit", "says"),
    [
        (3, "mIU/mL", False),
        (3, "IU/L", False),
        (3, "kIU/L", True),
        (0.03, "IU/mL", True),
        (3, None, None),
        (3, "ng/mL", None),
    ],
)
def test_hcg_in_its_units(value: float, unit: str | None, says: bool | None) -> None:
    """CX-03: 3 of a thousand are no negative test, and 3 of nobody knows what are none at all."""
    told = facts(observation("21198-7", value, unit)).pregnancy.tests.items
    assert [each.says for each in told] == ([] if says is None else [says])


def quantity(value: float, **unit: Any) -> dict[str, Any]:
    """An answer of the assessment form as a quantity."""
    return {"valueQuantity": {"value": value, **unit}}


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        (quantity(21), 21),
        (quantity(21, unit="days", system=UCUM, code="d"), 21),
        (quantity(3, unit="weeks", system=UCUM, code="wk"), 21),
        (quantity(21, unit="mg"), None),
        (quantity(21, unit="days", system=UCUM, code="wk"), None),
    ],
)
def test_days_of_the_form(answer: dict[str, Any], days: float | None) -> None:
    """Contract, questionnaire: three weeks are 21 days, not 3."""
    assert facts(form(analgesic_days=answer)).conservative.analgesic_days.value == days


@pytest.mark.parametrize(
    ("answer", "scores"), [(quantity(8), [8]), (quantity(80, unit="mm"), [8]), (quantity(8, unit="mm"), [0.8])]
)
def test_pain_of_the_form(answer: dict[str, Any], scores: list[float]) -> None:
    """DE-11: millimetres are of a hundred on the form as well."""
    assert [each.value for each in facts(form(pain_nrs=answer)).pain.scores.items] == scores


def prescribed(code: str, dose: dict[str, Any], name: str = "", **more: Any) -> dict[str, Any]:
    """An active order of a drug once a day."""
    timing = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
    return resource(
        "MedicationRequest",
        status="active",
        intent="order",
        authoredOn="2026-10-01",
        medicationCodeableConcept=concept(code, RXNORM, name),
        dosageInstruction=[{**timing, "doseAndRate": [dose]}],
        **more,
    )


@pytest.mark.parametrize(
    ("dose", "mg"),
    [
        ({"value": 10, "unit": "mg"}, 10),
        ({"value": 10000, "unit": "mcg"}, 10),
        ({"value": 0.01, "unit": "g"}, 10),
        ({"value": 2, "unit": "Tablet", "system": SNOMED, "code": "385055001"}, 10),
        ({"value": 2, "unit": "TAB", "system": FORMS, "code": "TAB"}, 10),
        ({"value": 10}, None),
        ({"value": 10, "unit": "mg", "system": UCUM, "code": "{tbl}"}, None),
        ({"value": 10, "unit": "puff"}, None),
    ],
)  # fmt: skip
def test_a_dose_of_prednisone(dose: dict[str, Any], mg: float | None) -> None:
    """DE-20: a mass in any unit, or pieces of the product's strength."""
    given = prescribed("8640", {"doseQuantity": dose}, "prednisone 5 MG Oral Tablet")
    assert [each.mg_per_day for each in facts(given).bone_health.steroids.items] == [mg]


@pytest.mark.parametrize(
    ("code", "name", "dose", "amount"),
    [
        ("7804", "oxycodone", {"doseQuantity": {"value": 10, "unit": "mg"}}, "10"),
        ("7804", "oxycodone", {"doseQuantity": {"value": 10000, "unit": "ug"}}, "10"),
        ("7804", "oxycodone", {"doseQuantity": {"value": 0.01, "code": "g", "system": UCUM}}, "10"),
        ("4337", "fentanyl patch", {"rateQuantity": {"value": 25, "unit": "ug/h"}}, "25"),
        ("4337", "fentanyl patch", {"rateQuantity": {"value": 25, "unit": "mcg/hr"}}, "25"),
        ("4337", "fentanyl patch", {"doseQuantity": {"value": 0.025, "unit": "mg/h"}}, "25"),
        ("4337", "fentanyl 25 mcg/hr patch", {"doseQuantity": {"value": 2, "unit": "patch"}}, "50"),
        ("4337", "fentanyl patch", {"doseQuantity": {"value": 25, "unit": "mg"}}, "None"),
    ],
)
def test_a_dose_of_an_opioid(code: str, name: str, dose: dict[str, Any], amount: str) -> None:
    """DE-32: milligrams a day or micrograms an hour, whatever unit they are written in."""
    assert [str(each.per_day) for each in facts(prescribed(code, dose, name)).opioid_care.active.items] == [amount]


@pytest.mark.parametrize(
    ("supply", "active"),
    [
        ({"value": 60, "unit": "days"}, 1),
        ({"value": 8, "unit": "weeks", "system": UCUM, "code": "wk"}, 1),
        ({"value": 8, "unit": "days", "system": UCUM, "code": "d"}, 0),
        ({"value": 8}, 0),
        ({"value": 8, "unit": "tablet"}, 1),
    ],
)
def test_a_supply_in_its_unit(supply: dict[str, Any], active: int) -> None:
    """DE-32: a supply of eight weeks lasts until today, one of eight days does not; of tablets nobody knows."""
    given = prescribed("7804", {}, dispenseRequest={"expectedSupplyDuration": supply})
    assert len(facts(given).opioid_care.active.items) == active


def test_a_component_is_read_in_its_own_unit() -> None:
    """A result in a component has its own quantity."""
    part = {"code": concept("1988-5", LOINC), "valueQuantity": {"value": 8, "unit": "mg/dL"}}
    (found,) = facts(observation("", component=[part], text="Inflammation")).infection.crp_mg_l.items
    assert found.value == 80
