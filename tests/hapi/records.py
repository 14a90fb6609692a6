"""Records made for one question: a case once more under another patient, and resources to fill pages with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from tests.hapi.loading import Case, Json, cases

HL7: Final = "http://terminology.hl7.org/CodeSystem/"


def copy_of(name: str, patient: str) -> Case:
    """A case once more, under another patient."""
    case = cases()[name]

    def renamed(value: Any) -> Any:
        match value:
            case dict():
                return {key: renamed(member) for key, member in value.items()}
            case list():
                return [renamed(item) for item in value]
            case str():
                return value.replace(case.patient_id, patient)
        return value

    resources = tuple(renamed(each) for each in case.resources)
    return replace(case, patient_id=patient, context=renamed(case.context), resources=resources)


def cold(patient: str, number: int) -> Json:
    """A common cold, long over: it changes no answer."""
    over = {"coding": [{"system": f"{HL7}condition-clinical", "code": "resolved"}]}
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J00"}], "text": "Common cold"}
    when = _long_ago(number)
    return _of(patient, "Condition", number, clinicalStatus=over, code=code) | {
        "onsetDateTime": when,
        "abatementDateTime": when,
    }


def temperature(patient: str, number: int) -> Json:
    """A normal temperature of long ago: it changes no answer."""
    code = {"coding": [{"system": "http://loinc.org", "code": "8310-5"}], "text": "Body temperature"}
    value = {"value": 36.8, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"}
    taken = _of(patient, "Observation", number, status="final", code=code, valueQuantity=value)
    return taken | {"effectiveDateTime": _long_ago(number)}


def visit(patient: str, number: int) -> Json:
    """An ambulatory visit that nobody ever closed: it changes no answer."""
    open_visit = _of(patient, "Encounter", number, status="in-progress", period={"start": "2026-01-05"})
    return open_visit | {"class": {"system": f"{HL7}v3-ActCode", "code": "AMB"}}


def _of(patient: str, kind: str, number: int, **members: Any) -> Json:
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": kind, "id": f"{patient}-more-{number}", "subject": subject, **members}


def _long_ago(number: int) -> str:
    """A day of its own for each of some hundreds of numbers."""
    return f"{1990 + number // 12}-{number % 12 + 1:02}-11"
