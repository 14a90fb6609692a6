"""DE-02 to DE-04, FX-02, AC-01: coded fractures, their levels, standing and onset; mechanism; kyphosis."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.model import FractureDiagnosis
from tests.facts.records import ICD, SNOMED, concept, condition, days, facts, form, resource

L1_SITE = [concept("66794005", SNOMED)]
T12_SITE = [concept("23215003", SNOMED)]


def only(*given: dict[str, Any], **more: Any) -> FractureDiagnosis:
    """The one fracture of a record."""
    (found,) = facts(*given, **more).fractures.diagnoses.items
    return found


@pytest.mark.parametrize(
    ("given", "role", "levels"),
    [
        (condition("M80.08XA"), "core", ()),
        (condition("M8008XA"), "core", ()),
        (condition("m80.08xa", "urn:oid:2.16.840.1.113883.6.90"), "core", ()),
        (condition("M80.08XA", "icd-10"), "core", ()),
        (condition("S32.010A"), "core", ("L1",)),
        (condition("S22.080A"), "core", ("T11", "T12")),
        (condition("S22.080A", text="T12 compression fracture"), "core", ("T12",)),
        (condition("S22.080A", bodySite=T12_SITE), "core", ("T12",)),
        (condition("S32.010A", bodySite=T12_SITE), "core", ("T12", "L1")),
        (condition("42942008", SNOMED, text="compression fracture of the L1 vertebra"), "core", ("L1",)),
        (condition("42942008", SNOMED, bodySite=L1_SITE), "core", ("L1",)),
        (condition("42942008", SNOMED, bodySite=[{"text": "twelfth thoracic vertebra"}]), "core", ("T12",)),
        (condition("S32.018A"), "broad", ("L1",)),
        (condition("S32.012A"), "trauma", ("L1",)),
        (condition("866087009", SNOMED), "neoplastic", ()),
        (condition("M84.48XA", text="Pathological fracture of vertebra"), "needs-site", ()),
        (condition("443395009", SNOMED, bodySite=L1_SITE), "needs-site", ("L1",)),
        (condition("M84.58XA", bodySite=L1_SITE), "neoplastic", ("L1",)),
    ],
)
def test_roles_and_levels(given: dict[str, Any], role: str, levels: tuple[str, ...]) -> None:
    """DE-02, DE-04: by any spelling of the code; site and words choose of a pair; what they contradict stays open."""
    found = only(given)
    assert (found.role, set(found.levels), found.standing) == (role, set(levels), "current")


@pytest.mark.parametrize(
    "given",
    [
        condition("M84.48XA"),
        condition("M84.58XA"),
        condition("443395009", SNOMED),
        condition("443395009", SNOMED, bodySite=[{"text": "left tibia"}]),
        condition("M84.48XA", bodySite=[concept("54735007", SNOMED)]),
        condition("M48.52XA"),
        condition("311806008", SNOMED),
        condition("M49.5"),
        condition("M80.08"),
        condition("721494003", SNOMED),
        condition("733.13", "http://hl7.org/fhir/sid/icd-9-cm"),
        condition(text="L1 compression fracture"),
        condition("M80.08XA", verified="refuted"),
        condition("M80.08XA", verified="entered-in-error "),
        {**condition("M80.08XA"), "verificationStatus": {"text": "Entered in Error"}},
    ],
)
def test_what_is_no_fracture(given: dict[str, Any]) -> None:
    """FX-02, decision 15: no site, another bone, cervical, WHO and unverified codes, words alone, refuted."""
    assert facts(given).fractures.diagnoses.items == ()


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, "current"),
        ({"status": "active", "verified": "confirmed"}, "current"),
        ({"status": "recurrence"}, "current"),
        ({"status": "resolved"}, "past"),
        ({"status": "inactive"}, "past"),
        ({"status": "Remission "}, "past"),
        ({"abatementDateTime": "2026-01"}, "past"),
        ({"abatementString": "healed"}, "past"),
        ({"abatementDateTime": "2027-01-01"}, "current"),
        ({"verified": "unconfirmed"}, "suspected"),
        ({"verified": "provisional"}, "suspected"),
        ({"verified": "differential"}, "suspected"),
    ],
)
def test_standing(more: dict[str, Any], standing: str) -> None:
    """DE-02, hazard 5: absent status counts as coded; tentative is suspected; over or abated is past."""
    assert only(condition("M80.08XA", **more)).standing == standing


@pytest.mark.parametrize(
    ("code", "role"),
    [("M80.08XS", "history"), ("M80.08XP", "core"), ("Z87.310", "history"), ("M80.08XK", "core"), ("M80.08XG", "core")],
)
def test_the_seventh_character_is_a_phase_of_care(code: str, role: str) -> None:
    """`terminology.md` section 5: sequela and malunion are past, nonunion and delayed healing are not."""
    found = only(condition(code))
    assert (found.role, found.standing) == (role, "current" if code[-1] in "KG" else "past")


def test_several_codings_of_one_problem_are_one_fracture() -> None:
    """Hazard 3 and 6: local code first, ICD-9, SNOMED and ICD-10-CM in any order; the burst code says most."""
    codings = [
        {"system": "urn:oid:1.2.840.114350", "code": "12345", "userSelected": True},
        {"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "805.4"},
        {"system": "urn:oid:2.16.840.1.113883.6.96", "code": "125608002"},
        {"system": ICD, "code": "S32012A"},
    ]
    found = only({**condition("x"), "code": {"coding": codings}})
    assert (found.role, found.levels) == ("trauma", ("L1",))


def test_a_cervical_coding_beside_a_broad_one_rules_it_out() -> None:
    """G-05: the more exact coding tells the place."""
    codings = [{"system": SNOMED, "code": "50448004"}, {"system": ICD, "code": "M48.52XA"}]
    assert facts({**condition("x"), "code": {"coding": codings}}).fractures.diagnoses.items == ()


def test_several_named_levels_are_several_fractures() -> None:
    """DE-04: "T12 and L1" names both, unlike a pair code, which leaves it open."""
    found = facts(condition("42942008", SNOMED, text="compression fractures of T12 and L1")).fractures.diagnoses.items
    assert [each.levels for each in found] == [("T12",), ("L1",)]


@pytest.mark.parametrize(
    ("more", "onset"),
    [
        ({"onsetDateTime": "2026-10-23"}, days("2026-10-23")),
        ({"onsetDateTime": "2026-09"}, days("2026-09-01", "2026-09-30")),
        ({"onsetDateTime": "2026"}, days("2026-01-01", "2026-11-20")),
        ({"onsetDateTime": "2026-11"}, days("2026-11-01", "2026-11-20")),
        ({"onsetDateTime": "2027-01-05"}, days("2027-01-05")),
        ({"onsetPeriod": {"start": "2026-10-01", "end": "2026-10-20"}}, days("2026-10-01")),
        ({"onsetPeriod": {"end": "2026-10-20"}}, None),
        ({"onsetAge": {"value": 78, "code": "a"}}, days("2026-05-06", "2026-11-20")),
        ({"onsetAge": {"value": 936, "unit": "months"}}, days("2026-05-06", "2026-06-05")),
        ({"onsetAge": {"value": 400, "code": "a"}}, None),
        ({"onsetString": "three weeks ago"}, None),
        ({"onsetDateTime": "2026-02-30"}, None),
        ({"recordedDate": "2026-10-23"}, None),
    ],
)
def test_onset(more: dict[str, Any], onset: object) -> None:
    """DE-03, decision 6: partial dates end today; recording is no onset; a future date stays one (CF-03)."""
    assert only(condition("M80.08XA", **more)).onset == onset


def test_recorded_date_and_evidence() -> None:
    """AC-01: recordedDate is kept for the lower bound; evidence shows our display, never the record's text."""
    found = only(condition("S32.010A", text="Pat Doe, fell", recordedDate="2026-10"))
    assert found.recorded == days("2026-10-01", "2026-10-31")
    assert found.evidence.reference == "Condition/c1"
    assert found.evidence.date == "2026-10"
    assert found.evidence.value.startswith("L1: Wedge compression fracture of first lumbar vertebra")
    assert "Doe" not in found.evidence.value
    assert len(found.evidence.value) <= 80


def test_complete_and_empty_is_none_and_not_sent_is_a_gap() -> None:
    """Decision 1, G-04: an unreadable Condition is a gap too."""
    assert facts().fractures.diagnoses.gap is None
    assert facts(without=("conditions",)).fractures.diagnoses.gap == "conditions not sent"
    broken = {**condition("M80.08XA"), "code": 5}
    assert facts(broken).fractures.diagnoses.gap == "conditions partly unreadable"


def test_stated_onset() -> None:
    """DE-03: the questionnaire's date, with its evidence; none without an answer."""
    told = facts(form(symptom_onset_date={"valueDate": "2026-10-23"})).fractures.stated_onset
    assert told.value == days("2026-10-23")
    assert told.evidence[0].reference == "QuestionnaireResponse/q1"
    assert facts(form(mechanism="none")).fractures.stated_onset.value is None


@pytest.mark.parametrize(
    ("given", "mechanism"),
    [
        ([form(mechanism={"valueCoding": {"code": "low-energy"}})], "low-energy"),
        ([form(mechanism="high-energy")], "high-energy"),
        ([form(mechanism="none")], "none"),
        ([form(mechanism="whatever")], None),
        ([condition("M80.08XA", note=[{"text": "Fell off a ladder yesterday."}])], "high-energy"),
        ([condition("M80.08XA", note=[{"text": "Ground-level fall."}])], "low-energy"),
        ([condition("M80.08XA", note=[{"text": "No motor vehicle accident."}])], None),
        ([condition("M80.08XA", note=[{"text": "Ground-level fall, then hit by a car; high-energy."}])], None),
        ([condition("I10", note=[{"text": "motor vehicle accident 1990"}])], None),
        ([resource("Encounter", status="in-progress", reasonCode=[{"text": "MVC"}])], "high-energy"),
        ([form(mechanism="low-energy"), condition("M80.08XA", note=[{"text": "high-energy fall"}])], None),
        ([], None),
    ],
)
def test_mechanism(given: list[dict[str, Any]], mechanism: str | None) -> None:
    """DE-10, ET-05: the answer, else notes of the fracture; two that disagree settle nothing."""
    assert facts(*given).fractures.mechanism.value == mechanism


FRACTURE = condition("M80.08XA", id="f", onsetDateTime="2026-10-23")


def accident(code: str = "", onset: str | None = "2026-10-23", text: str = "", **more: Any) -> dict[str, Any]:
    """An external cause on the problem list."""
    return condition(code, text=text, id="cause", **({"onsetDateTime": onset} if onset else {}), **more)


@pytest.mark.parametrize(
    ("given", "mechanism"),
    [
        ([FRACTURE, accident("W11.XXXA")], "high-energy"),
        ([FRACTURE, accident("W11XXXD")], "high-energy"),
        ([FRACTURE, accident("V43.52XA")], "high-energy"),
        ([FRACTURE, accident("V89.2XXA")], "high-energy"),
        ([FRACTURE, accident("W13.2XXA")], "high-energy"),
        ([FRACTURE, accident("W17.81XA")], "high-energy"),
        ([FRACTURE, accident("X80.XXXA")], "high-energy"),
        ([FRACTURE, accident("W11.XXXS")], None),
        ([FRACTURE, accident("W01.0XXA")], None),
        ([FRACTURE, accident("W18.30XA")], None),
        ([FRACTURE, accident("W10.8XXA")], None),
        ([FRACTURE, accident("W17.89XA")], None),
        ([FRACTURE, accident("W06.XXXA")], None),
        ([FRACTURE, accident("V48.4XXA")], None),
        ([FRACTURE, accident("V18.0XXA")], None),
        ([FRACTURE, accident("V00.131A")], None),
        ([FRACTURE, accident("W11.XXXA", "2026-11-06")], "high-energy"),
        ([FRACTURE, accident("W11.XXXA", "2026-11-07")], None),
        ([FRACTURE, accident("W11.XXXA", "2026-10-09")], "high-energy"),
        ([FRACTURE, accident("W11.XXXA", "2026-10-08")], None),
        ([FRACTURE, accident("W11.XXXA", "2026-10")], "high-energy"),
        ([FRACTURE, accident("W11.XXXA", "2026")], None),
        ([FRACTURE, accident("W11.XXXA", None)], None),
        ([FRACTURE, accident("W11.XXXA", None, recordedDate="2026-10-24")], "high-energy"),
        ([FRACTURE, accident("W11.XXXA", status="resolved")], None),
        ([FRACTURE, accident("W11.XXXA", verified="refuted")], None),
        ([FRACTURE, accident(text="Fall from ladder")], "high-energy"),
        ([FRACTURE, accident(text="Motor vehicle accident")], "high-energy"),
        ([FRACTURE, accident(text="History of motor vehicle accident")], None),
        ([FRACTURE, accident(text="Fall on same level")], None),
        ([accident("W11.XXXA", "2026-11-18")], "high-energy"),
        ([accident("W11.XXXA", "2026-10-23")], None),
        ([accident("W11.XXXA"), form(symptom_onset_date={"valueDate": "2026-10-23"})], "high-energy"),
        ([accident("W11.XXXA"), condition("M54.50", id="b", onsetDateTime="2026-10-23")], "high-energy"),
        ([FRACTURE, accident("W11.XXXA"), form(mechanism="low-energy")], None),
    ],
)
def test_an_accident_on_the_problem_list(given: list[dict[str, Any]], mechanism: str | None) -> None:
    """ET-05: external causes of high energy about the onset of the fracture; no code makes it one of low energy."""
    assert facts(*given).fractures.mechanism.value == mechanism


def test_an_undated_accident_of_the_same_encounter() -> None:
    """Hazard 5: diagnoses of an encounter carry no date; what was coded with the fracture is of the same event."""
    here, there = ({"reference": f"Encounter/{name}"} for name in ("e1", "e2"))
    broken = condition("M80.08XA", id="f", encounter=here)
    assert facts(broken, accident("W11.XXXA", None, encounter=here)).fractures.mechanism.value == "high-energy"
    assert facts(broken, accident("W11.XXXA", None, encounter=there)).fractures.mechanism.value is None


def test_two_accounts_that_disagree_are_both_shown() -> None:
    """ET-05, CF: a fall from a ladder against a note of a fall from standing settles nothing, and is no silence."""
    told = facts(condition("M80.08XA", note=[{"text": "Ground-level fall, then hit by a car."}])).fractures.mechanism
    assert told.value is None
    assert len(told.evidence) == 2


def test_kyphosis() -> None:
    """DE-09: coded and answered; the postural code is none, and silence proves nothing."""
    told = facts(condition("M40.204", id="a"), condition("M40.04", id="b"), form(kyphotic_deformity=False)).fractures
    assert [each.kind for each in told.kyphosis_diagnoses.items] == ["kyphosis"]
    assert [each.says for each in told.kyphosis_stated.items] == [False]
    assert facts().fractures.kyphosis_diagnoses.gap == "not documented"
