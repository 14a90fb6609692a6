"""Small FHIR records of an invented patient, read and extracted the way a request is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final

from cds_service.facts.extract import extract
from cds_service.facts.model import DateRange, Draft, Facts
from cds_service.fhir.drafts import read_drafts
from cds_service.fhir.record import KEY_TYPES, read_record
from cds_service.fhir.text import NO_MEANS, Means
from cds_service.reports.findings import LevelFinding, ReportReading

AS_OF: Final = date(2026, 11, 20)
NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
ME: Final = "p-1"
SUBJECT: Final = {"subject": {"reference": f"Patient/{ME}"}}

SNOMED: Final = "http://snomed.info/sct"
ICD: Final = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT: Final = "http://www.ama-assn.org/go/cpt"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

Json = dict[str, Any]


def concept(code: str = "", system: str = ICD, text: str = "", display: str = "") -> Json:
    """A CodeableConcept; of words alone without a code."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {**({"coding": [coding]} if code else {}), **({"text": text} if text else {})}


def condition(
    code: str = "", system: str = ICD, *, text: str = "", status: str = "", verified: str = "", **more: Any
) -> Json:
    """A Condition."""
    found: Json = {"resourceType": "Condition", "id": "c1", **SUBJECT, "code": concept(code, system, text)}
    if status:
        found["clinicalStatus"] = concept(status, CLINICAL)
    if verified:
        found["verificationStatus"] = concept(verified, VERIFICATION)
    return {**found, **more}


def observation(
    code: str = "", value: Any = None, unit: str | None = None, *, text: str = "", system: str = LOINC, **more: Any
) -> Json:
    """A final Observation of today; a number becomes a quantity of that unit."""
    found: Json = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        **SUBJECT,
        "code": concept(code, system, text),
    }
    found["effectiveDateTime"] = "2026-11-20"
    if isinstance(value, int | float) and not isinstance(value, bool):
        found["valueQuantity"] = {"value": value, **({"unit": unit} if unit else {})}
    elif isinstance(value, str):
        found["valueString"] = value
    elif isinstance(value, bool):
        found["valueBoolean"] = value
    elif isinstance(value, dict):
        found["valueCodeableConcept"] = value
    return {**found, **more}


def report(
    code: str = "30679-5", conclusion: str | None = "L1 fracture.", *, system: str = LOINC, text: str = "", **more: Any
) -> Json:
    """A final radiology report of 12 November, an MRI of the lumbar spine unless another code is given."""
    found: Json = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        **SUBJECT,
        "category": [concept("RAD", "http://terminology.hl7.org/CodeSystem/v2-0074")],
        "code": concept(code, system, text),
        "effectiveDateTime": "2026-11-12",
        "conclusion": conclusion,
    }
    return {name: value for name, value in {**found, **more}.items() if value is not None}


def resource(kind: str, **more: Any) -> Json:
    """Any other resource of the patient."""
    return {"resourceType": kind, "id": f"{kind.lower()}-1", **SUBJECT, **more}


def form(authored: str = "2026-11-20", status: str = "completed", **answers: Any) -> Json:
    """A response to the assessment questionnaire; underscores in the names of answers are hyphens."""

    def answer(value: Any) -> Json:
        if isinstance(value, dict):
            return value
        kinds = {bool: "valueBoolean", int: "valueInteger", float: "valueDecimal", str: "valueString"}
        return {kinds[type(value)]: value}

    items = [{"linkId": name.replace("_", "-"), "answer": [answer(value)]} for name, value in answers.items()]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": status,
        **SUBJECT,
        "questionnaire": "https://vcf-cds.example/fhir/Questionnaire/vcf-assessment|1.0.0",
        "authored": authored,
        "item": items,
    }


def fake_reader(text: str) -> ReportReading:
    """Finds an L1 fracture wherever the text says so; the real reader has tests of its own."""
    if "unreadable" in text:
        return ReportReading(not_read="language")
    findings = (LevelFinding(level="L1", status="present", text=text),) if "L1" in text else ()
    return ReportReading(findings=findings)


def facts(
    *resources: Json,
    patient: Json | None = None,
    without: tuple[str, ...] = (),
    key: dict[str, Any] | None = None,
    drafts: list[Json] | None = None,
    hook: str = "patient-view",
    selections: tuple[str, ...] = (),
    read: Callable[[str], ReportReading] = fake_reader,
    zone: tzinfo = UTC,
    means: Means = NO_MEANS,
) -> Facts:
    """The facts of a record that answers every key whole, but those ``without`` (not sent) and ``key`` (as given)."""
    person = (
        {"resourceType": "Patient", "id": ME, "birthDate": "1948-05-06", "gender": "female"}
        if patient is None
        else patient
    )
    prefetch: Json = {}
    for name, types in KEY_TYPES.items():
        held = [each for each in resources if each["resourceType"] in types]
        prefetch[name] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in held]}
    prefetch["patient"] = person
    prefetch.update(key or {})
    raw = {name: json.dumps(value).encode() for name, value in prefetch.items() if name not in without}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts or ()]}
    return extract(
        read_record(ME, raw, zone=zone),
        read_drafts(json.dumps(bundle).encode(), patient_id=ME),
        as_of=AS_OF,
        at=NOON,
        zone=zone,
        hook=hook,
        selections=selections,
        read=read,
        means=means,
    )


def draft(resource_: Json, **more: Any) -> Draft:
    """The one draft of a request that signs it."""
    (only,) = facts(drafts=[resource_], hook="order-sign", **more).drafts
    return only


def days(first: str, last: str | None = None) -> DateRange:
    """A DateRange from ISO dates."""
    return DateRange(date.fromisoformat(first), date.fromisoformat(last or first))
