"""Decision 14, SL-07: the role of the user, from the PractitionerRole that `userId` names and from nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.facts.users import role_of
from cds_service.fhir.record import PatientRecord, read_record

PATIENT = {"resourceType": "Patient", "id": "pat-1"}


def role(*codes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The user's PractitionerRole."""
    return {"resourceType": "PractitionerRole", "id": "role-1", "code": list(codes), **more}


def record(resource: dict[str, Any] | None) -> PatientRecord:
    """A record with that role under its own key."""
    keys = {"patient": PATIENT, **({"practitioner-role": resource} if resource else {})}
    return read_record("pat-1", {key: json.dumps(value).encode() for key, value in keys.items()})


HL7_NURSE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/practitioner-role", "code": "nurse"}]}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([{"text": "Scheduling clerk"}], "scheduler"),
        ([{"coding": [{"display": "Appointment coordinator"}]}], "scheduler"),
        ([{"text": "Registered Nurse"}], "nurse"),
        ([HL7_NURSE], "nurse"),
        ([{"text": "RN"}], "nurse"),
        ([{"text": "Nurse practitioner"}], "clinician"),
        ([{"text": "Certified registered nurse anesthetist"}], "clinician"),
        ([{"text": "Physician"}], "clinician"),
        ([{"text": "Registrar"}], "clinician"),
        ([{"text": "Registered nurse"}, {"text": "Physician"}], "clinician"),
        ([{"text": "Scheduler"}, {"text": "Registered nurse"}], "clinician"),
        ([], "clinician"),
        ([{"coding": [{"code": "7"}]}], "clinician"),
    ],
)
def test_what_the_role_says(codes: list[dict[str, Any]], expected: str) -> None:
    """Every role stated must be one that cannot act; whoever may be a physician is shown what physicians are shown."""
    assert role_of("PractitionerRole/role-1", record(role(*codes))) == expected


@pytest.mark.parametrize("user", [None, "Practitioner/role-1", "PractitionerRole/other", "PractitionerRole/", "Foo/1"])
def test_another_user_has_no_role(user: str | None) -> None:
    """Only the resource that `userId` names speaks for the user."""
    assert role_of(user, record(role({"text": "Scheduler"}))) == "clinician"


@pytest.mark.parametrize("resource", [None, role({"text": "Scheduler"}, active=False)])
def test_a_role_that_is_not_there_or_over_silences_nothing(resource: dict[str, Any] | None) -> None:
    """Unknown is no role."""
    assert role_of("PractitionerRole/role-1", record(resource)) == "clinician"
