"""DE-30: what a drafted brace is, for how long, and whether it says why; and contacts since (CM-05)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import HCPCS, SNOMED, concept, days, draft, facts, form, observation, resource


def brace(code: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A drafted brace."""
    return resource("DeviceRequest", status="draft", intent="order", codeCodeableConcept=code, **more)


@pytest.mark.parametrize(
    ("code", "orthosis"),
    [
        (concept("L0456", HCPCS), "TLSO"),
        (concept("L0631", HCPCS), "LSO"),
        (concept("L0625", HCPCS), "LSO"),
        (concept("L0700", HCPCS), "CTLSO"),
        (concept(text="Custom TLSO"), "TLSO"),
        (concept(text="Thoracolumbosacral orthosis (TLSO)"), "TLSO"),
        (concept(text="LSO, rigid"), "LSO"),
        (concept(text="CTLSO"), "CTLSO"),
        (concept(text="Jewett brace"), "TLSO"),
        (concept(text="Back brace"), None),
        (concept("77476009", SNOMED), None),
    ],
)
def test_the_type(code: dict[str, Any], orthosis: str | None) -> None:
    """CM-02: by HCPCS code, else by words."""
    found = draft(brace(code))
    assert (found.kind, found.orthosis) == ("brace", orthosis)


TLSO = concept("L0456", HCPCS)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"occurrencePeriod": {"start": "2026-11-20", "end": "2027-02-12"}}, 84),
        ({"occurrencePeriod": {"end": "2027-02-12"}}, 84),
        ({"occurrencePeriod": {"start": "2026-11-20"}}, None),
        ({"occurrenceTiming": {"repeat": {"boundsDuration": {"value": 12, "code": "wk"}}}}, 84),
        ({"occurrenceTiming": {"repeat": {"boundsDuration": {"value": 3, "unit": "months"}}}}, 90),
        ({"occurrenceTiming": {"repeat": {"boundsDuration": {"value": 3, "unit": "moons"}}}}, None),
        ({"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2026-11-20", "end": "2027-02-13"}}}}, 85),
        ({"note": [{"text": "Wear for 12 weeks."}]}, 84),
        ({"note": [{"text": "Wear 6 weeks, then 6 weeks at night"}]}, None),
    ],
)
def test_the_duration(more: dict[str, Any], expected: float | None) -> None:
    """OC-41: from the period, the timing or one statement in words; else it is missing."""
    assert draft(brace(TLSO, **more)).duration_days == expected


@pytest.mark.parametrize(
    ("more", "reasoned"),
    [
        ({}, False),
        ({"reasonCode": [{"text": "Scoliosis"}]}, True),
        ({"reasonCode": [concept("M41.9")]}, False),
        ({"reasonReference": [{"reference": "Condition/1"}]}, True),
        ({"reasonCode": [{"text": " "}]}, False),
    ],
)
def test_whether_it_says_why(more: dict[str, Any], reasoned: bool) -> None:
    """OC-40: a reason in words, by a code of ours, or by reference."""
    assert draft(brace(TLSO, **more)).reasoned is reasoned


def test_of_a_service_request_too() -> None:
    """Some systems order braces as a service."""
    order = resource("ServiceRequest", status="draft", intent="order", code=concept(text="LSO brace"))
    order["note"] = [{"text": "8 weeks"}]
    found = draft(order)
    assert (found.kind, found.orthosis, found.duration_days) == ("brace", "LSO", 56)


def test_other_drafts_have_no_brace() -> None:
    """DE-30: the fields are of braces alone."""
    found = draft(resource("ServiceRequest", status="draft", intent="order", code=concept(text="MRI lumbar spine")))
    assert (found.orthosis, found.duration_days, found.reasoned) == (None, None, False)


def test_contacts() -> None:
    """CM-05: scores, the form, and visits that are over where they are sent; each by its day."""
    seen = facts(
        observation("72514-3", 5, effectiveDateTime="2026-11-01"),
        form("2026-11-05", can_lie_prone=True),
        resource("Encounter", id="e1", status="finished", period={"start": "2026-11-10"}),
        resource("Encounter", id="e2", status="in-progress", period={"start": "2026-11-20"}),
        resource("Encounter", id="e3", status="cancelled", period={"start": "2026-11-11"}),
    ).contacts
    assert [each.when for each in seen.items] == [days("2026-11-10"), days("2026-11-05"), days("2026-11-01")]
    assert facts().contacts.items == ()
    assert facts().contacts.gap is None
    for key in ("observations", "questionnaire", "encounter"):
        assert facts(without=(key,)).contacts.gap == f"{key} not sent"
