"""PP-02, PP-05, PP-06, PP-09: the escort, what makes lying prone or sedation hard, allergies to antibiotics."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import ME, concept, condition, days, facts, form, observation


@pytest.mark.parametrize(("answer", "says"), [(True, [True]), (False, [False]), (None, [])])
def test_the_escort_is_a_question_of_the_form(answer: bool | None, says: list[bool]) -> None:
    """PP-02: nobody codes it; without an answer it is not documented."""
    given = form() if answer is None else form(escort_available=answer)
    told = facts(given).preparation.escort
    assert [each.says for each in told.items] == says
    assert (told.gap is None) is bool(says)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("COPD, on home oxygen", ["home-oxygen", "lung-disease"]),
        ("Dependence on supplemental oxygen", ["home-oxygen"]),
        ("Chronic obstructive pulmonary disease, severe", ["lung-disease"]),
        ("Congestive heart failure", ["heart-failure"]),
        ("NSTEMI", ["heart-attack"]),
        ("Acute myocardial infarction", ["heart-attack"]),
        ("Ischemic stroke", ["stroke"]),
        ("Cerebral infarction, unspecified", ["stroke"]),
        ("Heat stroke", []),
        ("At risk for stroke", []),
        ("No heart failure", []),
        ("Oxygen therapy education", []),
        ("Asthma", []),
    ],
)
def test_risks_by_their_wording(text: str, kinds: list[str]) -> None:
    """PP-05, PP-06, decision 15: no value set lists them, so words do, on the cautioning side."""
    told = facts(condition(text=text)).preparation.risks
    assert [each.kind for each in told.items] == kinds
    assert all(each.by_wording for each in told.items)


def test_the_day_of_a_stroke() -> None:
    """PP-06: an old one has no day because it was recorded lately."""
    (old,) = facts(condition(text="Old stroke", recordedDate="2026-11-01")).preparation.risks.items
    assert (old.onset, old.recorded) == (None, None)
    (new,) = facts(condition(text="Stroke", onsetDateTime="2026-09-01")).preparation.risks.items
    assert new.onset == days("2026-09-01")


@pytest.mark.parametrize(
    ("value", "unit", "found"),
    [(31.4, "kg/m2", [31.4]), (31.4, None, [31.4]), (31.4, "lb", []), (3, "kg/m2", []), (400, "kg/m2", [])],
)
def test_body_mass_index(value: float, unit: str | None, found: list[float]) -> None:
    """PP-05: by its verified code, in its unit, within what a body has."""
    assert [each.value for each in facts(observation("39156-5", value, unit)).preparation.bmi.items] == found


def allergy(text: str, **more: Any) -> dict[str, Any]:
    """An allergy in words."""
    return {"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": f"Patient/{ME}"}} | {
        "code": concept(text=text),
        **more,
    }


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (allergy("Penicillin"), True),
        (allergy("Amoxicillin 500 mg"), True),
        (allergy("Cefazolin"), True),
        (allergy("Clindamycin"), True),
        (allergy("Sulfa drugs"), True),
        (allergy("Peanuts"), False),
        (allergy("Sulfur"), False),
        (allergy("No known antibiotic allergy"), False),
        (allergy("Penicillin", verificationStatus=concept("refuted")), False),
        (allergy("Penicillin", clinicalStatus=concept("resolved")), False),
    ],
)
def test_antibiotic_allergies(given: dict[str, Any], found: bool) -> None:
    """PP-09: by wording, current and not refuted; never with the words of the record."""
    told = facts(given).preparation.antibiotics
    assert bool(told.items) is found
    assert {each.evidence.value for each in told.items} <= {"allergy to an antibiotic (by its wording)"}
    assert facts(without=("allergies",)).preparation.antibiotics.gap == "allergies not sent"
