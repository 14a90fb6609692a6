"""Small resources of an invented patient, as plain JSON values, and the way they reach the reader."""

from __future__ import annotations

from typing import Any

import orjson

from cds_service.fhir.record import PatientRecord, read_record

ME = "p-1"
SNOMED = "http://snomed.info/sct"


def condition(identifier: str = "c1", **more: Any) -> dict[str, Any]:
    """A Condition of the patient; keywords replace or add members."""
    base = {
        "resourceType": "Condition",
        "id": identifier,
        "subject": {"reference": f"Patient/{ME}"},
        "code": {"coding": [{"system": SNOMED, "code": "64859006", "display": "Osteoporosis"}]},
    }
    return {**base, **more}


def observation(identifier: str = "o1", **more: Any) -> dict[str, Any]:
    """An Observation of the patient; keywords replace or add members."""
    base = {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "subject": {"reference": f"Patient/{ME}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
    }
    return {**base, **more}


def patient(identifier: str | None = ME, **more: Any) -> dict[str, Any]:
    """The Patient; without an id when None."""
    base: dict[str, Any] = {"resourceType": "Patient", "birthDate": "1948-05-06", "gender": "female"}
    return {**base, **({} if identifier is None else {"id": identifier}), **more}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    """A searchset of resources; keywords replace or add members of the Bundle (None takes one away)."""
    entries = [each if "resource" in each else {"resource": each} for each in resources]
    base: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return {name: value for name, value in {**base, **more}.items() if value is not None}


def outcome(severity: str | None = "error", code: str = "exception") -> dict[str, Any]:
    """An OperationOutcome of one issue."""
    issue = {"code": code} if severity is None else {"severity": severity, "code": code}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def nested(levels: int) -> bytes:
    """A Condition of the patient with that many extensions inside one another (deeper than JSON writers go)."""
    return (
        b'{"resourceType":"Condition","id":"deep","subject":{"reference":"Patient/p-1"},"extension":['
        + b'{"url":"x","extension":[' * levels
        + b'{"url":"x"}'
        + b"]}" * levels
        + b"]}"
    )


def raw(value: Any) -> bytes:
    """The JSON bytes of a value; bytes stay as they are."""
    return value if isinstance(value, bytes) else orjson.dumps(value)


def read(prefetch: dict[str, Any], **options: Any) -> PatientRecord:
    """The record of the patient ``ME`` from plain JSON values."""
    return read_record(ME, {key: raw(value) for key, value in prefetch.items()}, **options)
