"""The two bodies that are measured: one resource, and a chart of 400 (0.8 MB, 29 of them radiology reports).

A pure function of the seed. The patient, the resources and every word are made up for this.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import orjson

from benchmarks.report_texts import RadiologyReport, radiology_reports

AS_OF: Final = date(2026, 11, 20)
"""The day the service must be told (``VCF_AS_OF``): all dates lie before it."""
SERVICE_ID: Final = "vcf-patient-view"
RESOURCES: Final = 400
REPORTS: Final = 29
PATIENT: Final = "bench-1"

_LOINC: Final = "http://loinc.org"
_SNOMED: Final = "http://snomed.info/sct"
_ICD: Final = "http://hl7.org/fhir/sid/icd-10-cm"
_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"

_PROBLEMS: Final = (
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("M17.11", "Unilateral primary osteoarthritis, right knee"),
    ("H25.13", "Age-related nuclear cataract, bilateral"),
    ("K21.9", "Gastro-esophageal reflux disease without esophagitis"),
    ("N18.31", "Chronic kidney disease, stage 3a"),
    ("J30.2", "Other seasonal allergic rhinitis"),
)
_RESULTS: Final = (
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", 104, "mg/dL"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 0.9, "mg/dL"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 12.9, "g/dL"),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", 231, "10*3/uL"),
    ("6301-6", "INR in Platelet poor plasma by Coagulation assay", 1.0, "{INR}"),
    ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", 3, "mg/L"),
    ("8310-5", "Body temperature", 36.7, "Cel"),
    ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", 7, "{score}"),
    ("8867-4", "Heart rate", 72, "/min"),
    ("8480-6", "Systolic blood pressure", 138, "mm[Hg]"),
)
_DRUGS: Final = (
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("860975", "metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    ("617312", "atorvastatin 20 MG Oral Tablet"),
    ("313782", "acetaminophen 325 MG Oral Tablet"),
    ("402014", "omeprazole 20 MG Delayed Release Oral Capsule"),
)
_COUNTS: Final[Mapping[str, int]] = {
    "conditions": 60,
    "observations": 180,
    "medications": 70,
    "procedures": 25,
    "orders": 20,
    "imaging": 12,
}
"""Resources a key; with the reports, the patient, an allergy, an encounter and a coverage they are RESOURCES."""


def small() -> bytes:
    """One resource: the patient; and a search for conditions that found none."""
    return _request({"patient": _patient(), "conditions": _searchset([])})


def large(seed: int, wording: int = 0) -> bytes:
    """400 resources, 0.8 MB. Another ``wording`` changes one word in every report, and nothing else."""
    return Chart(seed).body(wording)


class Chart:
    """A large body with its report texts still open, so that many wordings are cheap to make."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        chance = random.Random(seed)  # noqa: S311 - the same seed must give the same body; nothing is secret
        self._fixed = {key: _searchset(found) for key, found in _everything(chance).items()}

    def body(self, wording: int) -> bytes:
        """The request with that wording."""
        reports = [_report(n, report) for n, report in enumerate(radiology_reports(self._seed, REPORTS, wording))]
        return _request({"patient": _patient(), **self._fixed, "reports": _searchset(reports)})


def _everything(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    return {
        "conditions": [_fracture(), *(_condition(n, chance) for n in range(_COUNTS["conditions"] - 1))],
        "observations": [_observation(n, chance) for n in range(_COUNTS["observations"])],
        "medications": [_medication(n, chance) for n in range(_COUNTS["medications"])],
        "procedures": [_procedure(n, chance) for n in range(_COUNTS["procedures"])],
        "orders": [_order(n, chance) for n in range(_COUNTS["orders"])],
        "imaging": [_study(n, chance) for n in range(_COUNTS["imaging"])],
        "allergies": [_allergy()],
        "encounter": [_encounter()],
        "coverage": [_coverage()],
    }


def _request(prefetch: Mapping[str, object]) -> bytes:
    return orjson.dumps(
        {
            "hook": "patient-view",
            "hookInstance": "3f0a6a0e-7a39-4d2b-9f0e-5f7c9f3a1c44",
            "context": {"userId": "Practitioner/bench", "patientId": PATIENT},
            "prefetch": prefetch,
        }
    )


def _searchset(resources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    entries = [
        {
            "fullUrl": f"https://ehr.example/fhir/R4/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": PATIENT,
        "active": True,
        "gender": "female",
        "birthDate": "1948-03-14",
        "deceasedBoolean": False,
    }


def _resource(kind: str, identifier: str, told: str, **members: object) -> dict[str, Any]:
    """A resource as a record system sends it: with its history, identifiers, and a narrative nobody reads."""
    rows = "".join(f"<tr><td>{label}</td><td>{told}</td></tr>" for label in ("Name", "Recorded as", "Entered by"))
    return {
        "resourceType": kind,
        "id": identifier,
        "meta": {
            "versionId": "3",
            "lastUpdated": "2026-11-01T08:15:00.000Z",
            "source": "https://ehr.example/interface/7#a81f3c",
            "profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind.lower()}"],
        },
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody>{rows}</tbody></table></div>',
        },
        "identifier": [
            {
                "use": "usual",
                "type": {"text": "local number"},
                "system": "https://ehr.example/identifiers/record",
                "value": f"{kind}-{identifier}-000417",
            }
        ],
        **members,
        "note": [{"authorString": "Clinic staff", "text": f"{told}. Reviewed with the patient at the visit."}],
    }


def _owned(kind: str, identifier: str, told: str, **members: object) -> dict[str, Any]:
    subject = {"reference": f"Patient/{PATIENT}", "display": "Bench, One"}
    visit = {"reference": "Encounter/visit", "display": "Office visit"}
    return _resource(kind, identifier, told, subject=subject, encounter=visit, **members)


def _concept(text: str, *codings: tuple[str, str]) -> dict[str, object]:
    coded = [
        {"system": system, "code": code, "display": text, "userSelected": not place}
        for place, (system, code) in enumerate(codings)
    ]
    return {"coding": coded, "text": text}


def _day(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def _instant(days: int) -> str:
    return f"{_day(days)}T09:30:00-06:00"


def _fracture() -> dict[str, Any]:
    return {
        **_condition_of("fracture", "M80.08XA", "Age-related osteoporosis with current pathological fracture", 20),
        "onsetDateTime": _day(24),
    }


def _condition(number: int, chance: random.Random) -> dict[str, Any]:
    code, text = chance.choice(_PROBLEMS)
    return _condition_of(f"condition-{number}", code, text, chance.randint(30, 3000))


def _condition_of(identifier: str, code: str, text: str, days: int) -> dict[str, Any]:
    return _owned(
        "Condition",
        identifier,
        text,
        clinicalStatus=_concept("Active", (f"{_TERMINOLOGY}/condition-clinical", "active")),
        verificationStatus=_concept("Confirmed", (f"{_TERMINOLOGY}/condition-ver-status", "confirmed")),
        category=[_concept("Problem List Item", (f"{_TERMINOLOGY}/condition-category", "problem-list-item"))],
        code=_concept(text, (_ICD, code), ("https://ehr.example/codes/problem", f"P-{code}")),
        recordedDate=_day(days),
        recorder={"reference": "Practitioner/bench", "display": "Clinician of the clinic"},
    )


def _observation(number: int, chance: random.Random) -> dict[str, Any]:
    code, text, usual, unit = chance.choice(_RESULTS)
    return _owned(
        "Observation",
        f"observation-{number}",
        text,
        status="final",
        category=[_concept("Laboratory", (f"{_TERMINOLOGY}/observation-category", "laboratory"))],
        code=_concept(text, (_LOINC, code), ("https://ehr.example/codes/test", f"T-{code}")),
        effectiveDateTime=_instant(number * 2 % 700),
        issued=f"{_day(number * 2 % 700)}T11:00:00.000-06:00",
        valueQuantity={"value": usual, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        interpretation=[_concept("Normal", (f"{_TERMINOLOGY}/v3-ObservationInterpretation", "N"))],
        referenceRange=[{"low": {"value": 0}, "high": {"value": 400}, "text": "0 - 400"}],
    )


def _medication(number: int, chance: random.Random) -> dict[str, Any]:
    code, text = chance.choice(_DRUGS)
    return _owned(
        "MedicationRequest",
        f"medication-{number}",
        text,
        status="active" if number < 8 else "completed",
        intent="order",
        medicationCodeableConcept=_concept(text, (_RXNORM, code), ("https://ehr.example/codes/drug", f"D{code}")),
        authoredOn=_instant(12 + number * 25),
        requester={"reference": "Practitioner/bench", "display": "Clinician of the clinic"},
        dosageInstruction=[
            {
                "text": "Take 1 by mouth twice a day",
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "route": _concept("Oral route", (_SNOMED, "26643006")),
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
            }
        ],
        dispenseRequest={"numberOfRepeatsAllowed": 3, "quantity": {"value": 60, "unit": "tablet"}},
    )


def _procedure(number: int, chance: random.Random) -> dict[str, Any]:
    code, text = chance.choice((("73761001", "Colonoscopy"), ("54885007", "Cataract extraction")))
    return _owned(
        "Procedure",
        f"procedure-{number}",
        text,
        status="completed",
        category=_concept("Surgical procedure", (_SNOMED, "387713003")),
        code=_concept(text, (_SNOMED, code)),
        performedDateTime=_day(chance.randint(100, 4000)),
        performer=[{"actor": {"reference": "Practitioner/bench", "display": "Clinician of the clinic"}}],
    )


def _order(number: int, chance: random.Random) -> dict[str, Any]:
    code, text, _, _ = chance.choice(_RESULTS)
    return _owned(
        "ServiceRequest",
        f"order-{number}",
        text,
        status="completed",
        intent="order",
        category=[_concept("Laboratory procedure", (_SNOMED, "108252007"))],
        code=_concept(text, (_LOINC, code)),
        authoredOn=_instant(chance.randint(20, 900)),
        requester={"reference": "Practitioner/bench", "display": "Clinician of the clinic"},
    )


def _study(number: int, chance: random.Random) -> dict[str, Any]:
    modality, text = chance.choice((("DX", "Chest radiographs"), ("MG", "Mammogram"), ("US", "Abdominal ultrasound")))
    coded = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}
    return _owned(
        "ImagingStudy",
        f"study-{number}",
        text,
        status="available",
        modality=[coded],
        started=_instant(30 + number * 60),
        description=text,
        series=[{"uid": f"1.2.826.0.1.{number}.{place}", "modality": coded} for place in range(3)],
    )


def _report(number: int, report: RadiologyReport) -> dict[str, Any]:
    """Two of three as an attached text, as most systems send them, the others as a conclusion."""
    if number % 3 < 2:
        data = base64.b64encode(report.text.encode()).decode()
        words: dict[str, object] = {"presentedForm": [{"contentType": "text/plain", "data": data}]}
    else:
        words = {"conclusion": report.text}
    told = _owned(
        "DiagnosticReport",
        f"report-{number}",
        report.exam.title,
        status="final",
        category=[_concept("Radiology", (f"{_TERMINOLOGY}/v2-0074", "RAD"))],
        code=_concept(report.exam.title, (_LOINC, report.exam.loinc)),
        effectiveDateTime=_instant(report.days),
        issued=f"{_day(report.days)}T15:00:00.000-06:00",
        **words,
    )
    del told["note"]  # R4 gives a report none
    return told


def _allergy() -> dict[str, Any]:
    return _resource(
        "AllergyIntolerance",
        "allergy",
        "Penicillin",
        patient={"reference": f"Patient/{PATIENT}"},
        clinicalStatus=_concept("Active", (f"{_TERMINOLOGY}/allergyintolerance-clinical", "active")),
        code=_concept("Penicillin", (_RXNORM, "70618")),
    )


def _encounter() -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "visit",
        "status": "in-progress",
        "class": {"system": f"{_TERMINOLOGY}/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "period": {"start": _instant(0)},
    }


def _coverage() -> dict[str, Any]:
    return {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
        "payor": [{"display": "Example payer"}],
    }


def resources_in(body: bytes) -> Iterator[Mapping[str, Any]]:
    """Every resource of a body, for tests and for the numbers that are printed."""
    for answer in orjson.loads(body)["prefetch"].values():
        if answer["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in answer["entry"])
        else:
            yield answer
