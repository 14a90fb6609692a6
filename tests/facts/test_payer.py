"""DE-29: who pays, in which state, and the codes that a coverage policy asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.facts.model import Draft, Insurance
from tests.facts.records import CPT, ICD, ME, SNOMED, concept, condition, draft, facts

SOPT = "https://nahdo.org/sopt"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def coverage(
    code: str = "", system: str = SOPT, text: str = "", *, name: str = "", status: str = "active", **more: Any
) -> dict[str, Any]:
    """A Coverage of the patient."""
    found: dict[str, Any] = {"resourceType": "Coverage", "id": "c1", "status": status}
    found["beneficiary"] = {"reference": f"Patient/{ME}"}
    if code or text:
        found["type"] = concept(code, system, text)
    if name:
        found["payor"] = [{"display": name}]
    return {**found, **more}


def insured(*given: dict[str, Any], **more: Any) -> tuple[Insurance, ...]:
    """The coverages read from these."""
    return facts(*given, **more).payer.coverages.items


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (coverage("121"), "medicare-ffs"),
        (coverage("12", "urn:oid:2.16.840.1.113883.3.221.5"), "medicare-ffs"),
        (coverage("129", "http://nahdo.org/sopt/"), "medicare-ffs"),
        (coverage("11"), "medicare-advantage"),
        (coverage("112"), "medicare-advantage"),
        (coverage("119", name="Medicare"), "medicare-advantage"),
        (coverage("1"), None),
        (coverage("14"), None),
        (coverage("2"), "other"),
        (coverage("512"), "other"),
        (coverage("HMO", ACT, name="Medicare"), "medicare-advantage"),
        (coverage("MCPOL", ACT, name="Original Medicare (Fee-for-Service)"), "medicare-ffs"),
        (coverage(name="Medicare"), "medicare-ffs"),
        (coverage(name="MEDICARE PART A AND B"), "medicare-ffs"),
        (coverage(name="Medicare of Texas"), "medicare-ffs"),
        (coverage(name="Medicare - Novitas"), "medicare-ffs"),
        (coverage(name="Centers for Medicare & Medicaid Services"), "medicare-ffs"),
        (coverage(text="Medicare", name="CMS"), "medicare-ffs"),
        (coverage(text="Medicare Part C"), "medicare-advantage"),
        (coverage(name="Medicare Advantage Prescription Drug Plan"), "medicare-advantage"),
        (coverage(name="Medicare HMO"), "medicare-advantage"),
        (coverage(name="Humana Gold Plus (HMO) Medicare"), "medicare-advantage"),
        (coverage(text="Medicare", name="Aetna"), "medicare-advantage"),
        (coverage(name="Medicare Somewhere Else"), None),
        (coverage(name="Medigap of Medicare"), None),
        (coverage(name="Medicare Supplement Plan G"), None),
        (coverage(name="Example Mutual"), "other"),
        (coverage(name="Medicaid"), "other"),
        (coverage(), None),
    ],
)
def test_whose_coverage_it_is(given: dict[str, Any], kind: str | None) -> None:
    """DE-29: by the payment typology, else by words; what does not say which Medicare it is stays open."""
    (found,) = insured(given)
    assert found.kind == kind


@pytest.mark.parametrize(
    "given",
    [
        coverage("122"),
        coverage("191"),
        coverage("DRUGPOL", ACT, name="Medicare"),
        coverage("DENTAL", ACT),
        coverage(name="Medicare Part D"),
        coverage(text="Medicare Part D", name="Humana"),
        coverage(name="Example Dental"),
        coverage(name="Medicare", status="cancelled"),
        coverage(name="Medicare", status="draft"),
        coverage(name="Medicare", status="entered-in-error "),
    ],
)
def test_what_pays_for_no_procedure_is_no_coverage(given: dict[str, Any]) -> None:
    """Drugs, teeth and what is cancelled leave the patient without a Coverage (decision 14)."""
    assert insured(given) == ()


def test_the_name_of_the_payor_may_stand_in_an_organisation_or_a_plan() -> None:
    """A contained Organization, one of the record, and the value of a plan; never that of a subscriber."""
    inside = [{"resourceType": "Organization", "id": "o", "name": "Medicare"}]
    (contained,) = insured(coverage(contained=inside, payor=[{"reference": "#o"}]))
    assert contained.kind == "medicare-ffs"
    other = {"resourceType": "Organization", "id": "o2", "name": "Medicare Advantage"}
    (linked,) = insured(coverage(payor=[{"reference": "Organization/o2"}]), key={"item": other})
    assert linked.kind == "medicare-advantage"
    plan = {"type": {"coding": [{"code": "plan"}]}, "value": "Medicare Part B"}
    (named,) = insured({**coverage(), "class": [plan]})
    assert named.kind == "medicare-ffs"
    subscriber = {"type": {"coding": [{"code": "group"}]}, "value": "Medicare Part B"}
    (silent,) = insured({**coverage(), "class": [subscriber]})
    assert silent.kind is None


def test_a_period_says_when_it_covers() -> None:
    """Both ends included, open where no day is given; evidence shows our words and the day it began."""
    (found,) = insured(coverage(name="Medicare", period={"start": "2026-01", "end": "2026-12-31"}))
    assert (found.covers.first, found.covers.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (found.evidence.value, found.evidence.date) == ("Medicare fee-for-service", "2026-01")
    (endless,) = insured(coverage(name="Medicare"))
    assert (endless.covers.first, endless.covers.last) == (date.min, date.max)


def test_an_unread_key_is_no_absence() -> None:
    """Decisions 1 and 14: looked up and empty is none; not sent is unknown."""
    assert facts().payer.coverages.gap is None
    assert facts(without=("coverage",)).payer.coverages.gap == "coverage not sent"


def at_home(*addresses: dict[str, Any]) -> str | None:
    """The patient's state by these addresses."""
    person = {"resourceType": "Patient", "id": ME, "birthDate": "1948-05-06", "address": list(addresses)}
    return facts(patient=person).payer.state.value


@pytest.mark.parametrize(
    ("addresses", "state"),
    [
        ([{"state": "TX"}], "TX"),
        ([{"state": "texas", "country": "USA"}], "TX"),
        ([{"state": "US-TX"}], "TX"),
        ([{"state": " New  Jersey ", "country": "US"}], "NJ"),
        ([{"state": "WA", "country": "AU"}], None),
        ([{"state": "Bavaria"}], None),
        ([{"state": None}], None),
        ([], None),
        ([{"state": "OH", "use": "old"}, {"state": "OK", "use": "home"}], "OK"),
        ([{"state": "OH", "use": "work"}, {"state": "OK", "use": "home"}], "OK"),
        ([{"state": "OH", "use": "billing"}], None),
        ([{"state": "OH"}, {"state": "OK"}], None),
        ([{"state": "OH"}, {"state": "Ohio"}], "OH"),
    ],
)
def test_the_state_of_the_patient(addresses: list[dict[str, Any]], state: str | None) -> None:
    """Letters, full name or ISO; the home in use; of another country, or two states, none."""
    assert at_home(*addresses) == state


def order(**more: Any) -> dict[str, Any]:
    """A draft kyphoplasty."""
    code = {"coding": [{"system": SNOMED, "code": "426243004"}], "text": "Kyphoplasty T12"}
    usual = {"resourceType": "ServiceRequest", "id": "d", "status": "draft", "intent": "order", "code": code}
    return {**usual, "subject": {"reference": f"Patient/{ME}"}, **more}


def location(name: str, state: str) -> dict[str, Any]:
    """A place in that state."""
    return {"resourceType": "Location", "id": name, "address": {"state": state, "country": "US"}}


@pytest.mark.parametrize(
    ("given", "state", "reference"),
    [
        ({"contained": [location("l", "TX")], "locationReference": [{"reference": "#l"}]}, "TX", "ServiceRequest/d#l"),
        ({"locationReference": [{"reference": "Location/oh"}]}, "OH", "Location/oh"),
        ({"performer": [{"reference": "PractitionerRole/r"}]}, "OH", "Location/oh"),
        ({"performer": [{"reference": "Location/oh"}]}, "OH", "Location/oh"),
        ({"locationReference": [{"reference": "Location/nowhere"}]}, None, None),
        ({"locationReference": [{"reference": "Location/oh"}, {"reference": "Location/az"}]}, None, None),
        ({}, None, None),
    ],
)
def test_the_place_of_service(given: dict[str, Any], state: str | None, reference: str | None) -> None:
    """DE-29: the Location a draft names, contained or on record, itself or by the performer's role."""
    role = {"resourceType": "PractitionerRole", "id": "r", "location": [{"reference": "Location/oh"}]}
    found = draft(order(**given), key={"a": location("oh", "OH"), "b": location("az", "AZ"), "c": role})
    assert found.state.value == state
    assert found.state.known == (state is not None)
    if reference is not None:
        assert [each.reference for each in found.state.evidence] == [reference]


def test_a_booking_names_its_place_among_its_participants() -> None:
    """Appointment: the participant that is a Location."""
    actors = [{"actor": {"reference": f"Patient/{ME}"}}, {"actor": {"reference": "Location/oh"}}]
    kind = concept("426243004", SNOMED, "Kyphoplasty T12")
    booking = {"resourceType": "Appointment", "id": "d", "status": "proposed", "serviceType": [kind]}
    found = draft({**booking, "participant": actors}, key={"a": location("oh", "OH")})
    assert (found.kind, found.state.value) == ("augmentation", "OH")


def test_the_codes_of_a_draft() -> None:
    """CPT numbers of code and detail; ICD-10-CM of the reasons, of fractures and of what a policy names alone."""
    found: Draft = draft(
        order(
            code=concept("22513", CPT),
            orderDetail=[concept("22515", CPT)],
            reasonCode=[concept("M8088XA", ICD), concept("M54.50", ICD), concept("C79.51", ICD)],
            reasonReference=[{"reference": "Condition/c1"}],
        ),
        key={"item": condition("M80.08XD")},
    )
    assert found.procedure_numbers == ("22513", "22515")
    assert found.diagnosis_codes == ("M80.88XA", "C79.51", "M80.08XD")


def test_the_codes_of_problems() -> None:
    """Current fractures and what a policy names, with their levels; nothing past, suspected or of another kind."""
    problems = (
        condition("M80.08XA", text="T12 compression fracture", id="c1"),
        condition("S22.080A", id="c2"),
        condition("C79.51", id="c3"),
        condition("M80.88XA", id="c4", status="resolved"),
        condition("M84.58XA", id="c5", verified="provisional"),
        condition("E11.9", id="c6"),
    )
    found = facts(*problems).payer.diagnoses
    assert [(each.code, each.levels, each.fracture) for each in found.items] == [
        ("M80.08XA", ("T12",), True),
        ("S22.080A", ("T11", "T12"), True),
        ("C79.51", (), False),
    ]
    assert found.gap is None


def test_nothing_but_the_state_of_an_address_is_kept() -> None:
    """Hazard 16: streets, towns and postal codes leave no trace."""
    planted = {"line": ["CANARY 1"], "city": "CANARY", "postalCode": "CANARY", "text": "CANARY", "state": "TX"}
    person = {"resourceType": "Patient", "id": ME, "address": [planted]}
    told = facts(patient=person)
    assert told.payer.state.value == "TX"
    assert "CANARY" not in repr(told)
