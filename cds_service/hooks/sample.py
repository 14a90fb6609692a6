"""A made-up request, dated relative to a day: what `make run` prints and the README shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any


def sample_request(as_of: date) -> dict[str, Any]:
    """A woman of 78 with a coded fracture 18 days ago and a radiograph 10 days ago; nobody's data."""
    subject = {"reference": "Patient/example"}
    return {
        "hook": "patient-view",
        "hookInstance": "8f4d2c9e-1b7a-4c56-9a3e-5d0f6b7c8e91",
        "context": {"userId": "Practitioner/example", "patientId": "example"},
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "example",
                "gender": "female",
                "birthDate": f"{as_of.year - 78}-03-14",
            },
            "conditions": _searchset(
                {
                    "resourceType": "Condition",
                    "id": "fracture",
                    "subject": subject,
                    "clinicalStatus": _coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
                    "code": _coded("http://hl7.org/fhir/sid/icd-10-cm", "M80.08XA"),
                    "onsetDateTime": (as_of - timedelta(days=18)).isoformat(),
                }
            ),
            "reports": _searchset(
                {
                    "resourceType": "DiagnosticReport",
                    "id": "radiograph",
                    "status": "final",
                    "category": [_coded("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD")],
                    "code": {"text": "X-ray lumbar spine"},
                    "subject": subject,
                    "effectiveDateTime": (as_of - timedelta(days=10)).isoformat(),
                    "conclusion": "New compression fracture of L1 with about 30% loss of height. No retropulsion.",
                }
            ),
            "imaging": _searchset(),
        },
    }


def _searchset(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
