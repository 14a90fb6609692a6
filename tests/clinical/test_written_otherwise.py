"""The same fact in the other forms that real records use: one resource of a vignette is written otherwise.

The cards stay. Where the other form says less, or nothing, they become those for a missing fact, never others.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import CPT, HCPCS, ICD, LOINC, RXNORM, SNOMED, Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, besides, changed, coded, instead
from tests.clinical.running import post, topics

REFERRAL = {"augmentation-referral": "info"}
ASKED = {"augmentation-missing-data": "info"}
CARE = {"conservative-care": "info"}
MRI = {"mri-without-contrast": "info"}
ALTERNATIVE = {"alternative-to-mri": "info"}
CONFLICT = {"conflicting-data": "info"}
BONES = {"osteoporosis-treatment": "info"}


def observation(**value: Any) -> Json:
    """A pain score of today in another form."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": coded(LOINC, "72514-3", "Pain"),
        "subject": SUBJECT,
        "effectiveDateTime": "2026-11-20",
        **value,
    }


SCORES: dict[str, tuple[Json, dict[str, str]]] = {
    "integer": (observation(valueInteger=8), REFERRAL),
    "unit in words": (observation(valueQuantity={"value": 8, "unit": "{score}"}), REFERRAL),
    "bare number": (observation(valueQuantity={"value": 8}), REFERRAL),
    "instant without zone": (observation(valueInteger=8, effectiveDateTime="2026-11-20T08:15:00"), REFERRAL),
    "fractional seconds": (observation(valueInteger=8, effectiveDateTime="2026-11-20T08:15:00.123Z"), REFERRAL),
    "period": (
        observation(valueInteger=8, effectiveDateTime=None, effectivePeriod={"start": "2026-11-20"}),
        REFERRAL,
    ),
    "corrected": (observation(valueInteger=8, status="corrected"), REFERRAL),
    "amended": (observation(valueInteger=8, status="amended"), REFERRAL),
    "declined": (
        observation(
            dataAbsentReason=coded("http://terminology.hl7.org/CodeSystem/data-absent-reason", "asked-declined")
        ),
        ASKED,
    ),
    "over ten": (observation(valueQuantity={"value": 80}), {**CONFLICT, **ASKED}),
    "text": (observation(valueString="moderate"), ASKED),
    "no value": (observation(), ASKED),
    "undated": (observation(valueInteger=8, effectiveDateTime=None), ASKED),
    "VAS in mm": (
        observation(code=coded(LOINC, "38214-3", "Pain VAS"), valueQuantity={"value": 80, "unit": "mm", "code": "mm"}),
        REFERRAL,
    ),
    "interference score": (observation(code=coded(LOINC, "77565-0", "Pain interference"), valueInteger=8), ASKED),
    "registered": (observation(valueInteger=8, status="registered"), ASKED),
}


@pytest.mark.parametrize("form", list(SCORES))
def test_a_pain_score(client: FlaskClient, form: str) -> None:
    """DE-11, hazard 10: a number from 0 to 10 on a day, whatever element holds it; anything else is no score."""
    resource, cards = SCORES[form]
    resource = {name: value for name, value in resource.items() if value is not None}
    request = instead("rdq-18", "observations", "pain-1", "observations", resource)
    assert topics(post(client, request).json) == cards


ONSETS: dict[str, tuple[Json, dict[str, str]]] = {
    "instant": ({"onsetDateTime": "2026-10-23T07:00:00+02:00"}, REFERRAL),
    "period": ({"onsetPeriod": {"start": "2026-10-23"}}, REFERRAL),
    "month": ({"onsetDateTime": "2026-10"}, REFERRAL),
    # Somewhere in the year: neither 14 days of care nor 14 days since onset are certain.
    "year": ({"onsetDateTime": "2026"}, CARE),
    "age": ({"onsetAge": {"value": 78, "unit": "a", "code": "a"}}, CARE),
    "words": ({"onsetString": "three weeks ago after lifting"}, ASKED),
    "before birth": ({"onsetDateTime": "1900-01-01"}, {**CONFLICT, **ASKED}),
    "no date at all": ({"onsetDateTime": "soon"}, ASKED),
    "recorded a month ago": ({"recordedDate": "2026-10-21"}, ASKED),
}


@pytest.mark.parametrize("form", list(ONSETS))
def test_an_onset(client: FlaskClient, form: str) -> None:
    """DE-03, hazard 12: partial dates are intervals; words, ages of a year and impossible dates are no onset."""
    members, cards = ONSETS[form]
    request = changed("1", "conditions", "fracture-1", **{"onsetDateTime": None, **members})
    assert topics(post(client, request).json) == cards


FRACTURES: dict[str, tuple[Json, dict[str, str]]] = {
    "several codings": (
        {
            "code": {
                "coding": [
                    {"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "733.13"},
                    {"system": SNOMED, "code": "42942008"},
                    {"system": ICD, "code": "M80.08XA"},
                ]
            }
        },
        REFERRAL,
    ),
    "an empty coding": ({"code": {"coding": [{}, {"system": ICD, "code": "M80.08XA"}]}}, REFERRAL),
    "lower case": ({"code": coded(ICD, "m80.08xa")}, REFERRAL),
    "system with a space": ({"code": coded("http: //snomed.info/sct", "42942008")}, REFERRAL),
    "plain icd-10": ({"code": coded("icd-10", "M80.08XA")}, REFERRAL),
    "level by the code alone": (
        {"code": coded(ICD, "S22.080A", "Wedge compression fracture"), "bodySite": None},
        REFERRAL,
    ),
    "level in words": (
        {"code": coded(ICD, "M80.08XA", "Fracture of the twelfth thoracic vertebra"), "bodySite": None},
        REFERRAL,
    ),
    "another level": (
        {
            "code": coded(ICD, "M80.08XA", "Vertebral fracture L4"),
            "bodySite": [coded(SNOMED, "11994002", "L4")],
        },
        {**ASKED, **MRI},  # T12 has lost its onset; L4 is coded, and a thoracic MRI does not show it
    ),
    "resolved by abatement": ({"clinicalStatus": None, "abatementDateTime": "2026-11-01"}, ASKED),
    "differential": (
        {
            "verificationStatus": coded(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                "differential",
            )
        },
        REFERRAL,
    ),
    "recurrence": (
        {"clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "recurrence")},
        REFERRAL,
    ),
}


@pytest.mark.parametrize("form", list(FRACTURES))
def test_a_coded_fracture(client: FlaskClient, form: str) -> None:
    """Hazards 3, 4, 5: any coding, any spelling of its system; the report confirms the fracture either way."""
    members, cards = FRACTURES[form]
    assert topics(post(client, changed("1", "conditions", "fracture-1", **members)).json) == cards


def since(days: str, **more: Any) -> Json:
    """A treatment resource of the patient."""
    return {"subject": SUBJECT, "status": "active", "intent": "order", "authoredOn": days, **more}


BRACES: dict[str, tuple[str, Json, dict[str, str]]] = {
    "device request in words": (
        "orders",
        since("2026-10-27", resourceType="DeviceRequest", codeCodeableConcept={"text": "Back brace, rigid (TLSO)"}),
        REFERRAL,
    ),
    "service request": (
        "orders",
        since("2026-10-27", resourceType="ServiceRequest", code=coded(HCPCS, "L0456", "TLSO")),
        REFERRAL,
    ),
    "https system": (
        "orders",
        since(
            "2026-10-27",
            resourceType="DeviceRequest",
            codeCodeableConcept=coded("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "L0650", "LSO"),
        ),
        REFERRAL,
    ),
    "physiotherapy": (
        "orders",
        since("2026-10-27", resourceType="ServiceRequest", code=coded(SNOMED, "91251008", "Physiotherapy")),
        REFERRAL,
    ),
    "completed": (
        "orders",
        since(
            "2026-10-27",
            resourceType="DeviceRequest",
            codeCodeableConcept=coded(HCPCS, "L0456", "TLSO"),
        )
        | {"status": "completed"},
        REFERRAL,
    ),
    "a brace of the knee": (
        "orders",
        since("2026-10-27", resourceType="DeviceRequest", codeCodeableConcept={"text": "Knee brace"}),
        {**ASKED, **CARE},
    ),
    "cancelled": (
        "orders",
        since("2026-10-27", resourceType="DeviceRequest", codeCodeableConcept=coded(HCPCS, "L0456", "TLSO"))
        | {"status": "revoked"},
        {**ASKED, **CARE},
    ),
    "only planned": (
        "orders",
        since("2026-10-27", resourceType="DeviceRequest", codeCodeableConcept=coded(HCPCS, "L0456", "TLSO"))
        | {"intent": "proposal"},
        {**ASKED, **CARE},
    ),
}


@pytest.mark.parametrize("form", list(BRACES))
def test_a_brace_or_physiotherapy(client: FlaskClient, form: str) -> None:
    """DE-15: a brace is ordered in many resource types; what is planned, cancelled or for a knee is none."""
    key, resource, cards = BRACES[form]
    assert topics(post(client, instead("1", "orders", "brace", key, resource)).json) == cards


OTC = coded(RXNORM, "161", "Acetaminophen 500 mg")
ANALGESICS: dict[str, tuple[Json, dict[str, str]]] = {
    "statement": (
        {"resourceType": "MedicationStatement", "status": "active", "effectivePeriod": {"start": "2026-10-27"}},
        REFERRAL,
    ),
    "dispense": (
        {"resourceType": "MedicationDispense", "status": "completed", "whenHandedOver": "2026-10-27"},
        REFERRAL,
    ),
    "administration": (
        {"resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": "2026-10-27"},
        REFERRAL,
    ),
    "completed request": (
        {"resourceType": "MedicationRequest", "status": "completed", "intent": "order", "authoredOn": "2026-10-27"},
        REFERRAL,
    ),
    "no intent": (
        {"resourceType": "MedicationRequest", "status": "active", "authoredOn": "2026-10-27"},
        REFERRAL,
    ),
    "stopped statement": (
        {"resourceType": "MedicationStatement", "status": "not-taken", "effectivePeriod": {"start": "2026-10-27"}},
        {**ASKED, **CARE},
    ),
    "not to be given": (
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "doNotPerform": True,
            "authoredOn": "2026-10-27",
        },
        {**ASKED, **CARE},
    ),
}


@pytest.mark.parametrize("form", list(ANALGESICS))
def test_an_analgesic(client: FlaskClient, form: str) -> None:
    """DE-15: requests, statements, dispenses and administrations count alike; what was not taken does not."""
    members, cards = ANALGESICS[form]
    resource = {"subject": SUBJECT, "medicationCodeableConcept": OTC, **members}
    assert topics(post(client, instead("1", "medications", "analgesic", "medications", resource)).json) == cards


def test_a_contained_medication(client: FlaskClient) -> None:
    """Hazard 9: a reference to a contained Medication says what the drug is."""
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "authoredOn": "2026-10-27",
        "contained": [{"resourceType": "Medication", "id": "drug", "code": OTC}],
        "medicationReference": {"reference": "#drug"},
    }
    assert topics(post(client, instead("1", "medications", "analgesic", "medications", resource)).json) == REFERRAL


TEXT = VIGNETTES["1"]["reports"][0]["text"]


def attachment(data: bytes, content_type: str) -> list[Json]:
    """presentedForm with inline data."""
    return [{"contentType": content_type, "data": base64.b64encode(data).decode()}]


REPORTS: dict[str, tuple[Json, dict[str, str]]] = {
    "html": ({"presentedForm": attachment(f"<div><p>{TEXT}</p></div>".encode(), "text/html")}, REFERRAL),
    "rtf": ({"presentedForm": attachment(rb"{\rtf1 " + TEXT.encode() + b"}", "text/rtf")}, REFERRAL),
    "latin-1": ({"presentedForm": attachment(TEXT.encode("latin-1"), "text/plain; charset=iso-8859-1")}, REFERRAL),
    "sections": (
        {"conclusion": f"CLINICAL HISTORY: Back pain.\n\nFINDINGS: As below.\n\nIMPRESSION: {TEXT}"},
        REFERRAL,
    ),
    "pdf": ({"presentedForm": attachment(b"%PDF-1.4", "application/pdf")}, {}),
    "a link without data": ({"presentedForm": [{"contentType": "text/plain", "url": "Binary/1"}]}, {}),
    "no category": ({"conclusion": TEXT, "category": None}, REFERRAL),
    "LOINC category": ({"conclusion": TEXT, "category": [coded(LOINC, "LP29684-5", "Radiology")]}, REFERRAL),
    "title in words": ({"conclusion": TEXT, "code": {"text": "MRI thoracic spine w/o contrast"}}, REFERRAL),
    "issued only": ({"conclusion": TEXT, "effectiveDateTime": None, "issued": "2026-11-12T10:00:00Z"}, REFERRAL),
    "period with an end": (
        {"conclusion": TEXT, "effectiveDateTime": None, "effectivePeriod": {"end": "2026-11-12"}},
        REFERRAL,
    ),
    "amended": ({"conclusion": TEXT, "status": "amended"}, REFERRAL),
    "appended": ({"conclusion": TEXT, "status": "appended"}, REFERRAL),
    "undated": ({"conclusion": TEXT, "effectiveDateTime": None}, ASKED),
}


@pytest.mark.parametrize("form", list(REPORTS))
def test_a_report(client: FlaskClient, form: str) -> None:
    """Hazards 7 and 8: wherever the words stand; unreadable words confirm nothing and deny nothing."""
    members, cards = REPORTS[form]
    assert topics(post(client, changed("1", "reports", "report-1", **{"conclusion": None, **members})).json) == cards


IMPLANTS: dict[str, tuple[str, Json, dict[str, str]]] = {
    "label in words": (
        "devices",
        {
            "resourceType": "Device",
            "patient": SUBJECT,
            "status": "active",
            "type": coded(SNOMED, "14106009", "Pacemaker"),
            "safety": [{"text": "MR Unsafe"}],
        },
        {**ALTERNATIVE, **CARE, **BONES},
    ),
    "label conditional in words": (
        "devices",
        {
            "resourceType": "Device",
            "patient": SUBJECT,
            "status": "active",
            "type": coded(SNOMED, "14106009", "Pacemaker"),
            "safety": [{"text": "MR Conditional"}],
        },
        {**MRI, **CARE, **BONES},
    ),
    "inactive": (
        "devices",
        {
            "resourceType": "Device",
            "patient": SUBJECT,
            "status": "inactive",
            "type": coded(SNOMED, "14106009", "Pacemaker"),
            "safety": [coded("urn:oid:2.16.840.1.113883.3.26.1.1", "C106047")],
        },
        {**MRI, **CARE, **BONES},
    ),
    "a status code known to be unsafe": (
        "conditions",
        {"resourceType": "Condition", "subject": SUBJECT, "code": coded(ICD, "Z95.811", "Heart assist device")},
        {**ALTERNATIVE, **CARE, **BONES},
    ),
    "a status code of open labelling": (
        "conditions",
        {"resourceType": "Condition", "subject": SUBJECT, "code": coded(ICD, "Z95.0", "Presence of pacemaker")},
        {**MRI, **CARE, **BONES},
    ),
    "an implantation": (
        "procedures",
        {
            "resourceType": "Procedure",
            "subject": SUBJECT,
            "status": "completed",
            "code": coded(SNOMED, "447365002", "Insertion of biventricular implantable cardioverter defibrillator"),
            "performedDateTime": "2019-05-05",
        },
        {**MRI, **CARE, **BONES},
    ),
}


@pytest.mark.parametrize("form", list(IMPLANTS))
def test_an_implant(client: FlaskClient, form: str) -> None:
    """DE-17, hazard 11, IM-03, IM-04: only a recorded "unsafe" replaces MRI; problems and procedures count too."""
    key, resource, cards = IMPLANTS[form]
    assert topics(post(client, besides("3", key, resource)).json) == cards


def test_an_unlabelled_implant_is_a_line_of_the_mri_card(client: FlaskClient) -> None:
    """IM-03: MR status unknown leaves K-MRI with a line "verify implant"."""
    key, resource, _ = IMPLANTS["an implantation"]
    cards = post(client, besides("3", key, resource)).json["cards"]
    (card,) = (card for card in cards if card["source"]["topic"]["code"] == "mri-without-contrast")
    assert "implant" in card["detail"].lower()


def form_of(*items: Json, **members: Any) -> Json:
    """A response to the assessment questionnaire."""
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "https://elsewhere.example/Questionnaire/vcf-assessment",
        "subject": SUBJECT,
        "authored": "2026-11-20T08:00:00Z",
        "item": list(items),
        **members,
    }


def answer(link: str, **value: Any) -> Json:
    """One answered item."""
    return {"linkId": link, "answer": [value]}


RDQ = answer("rdq-total", valueInteger=19)
FORMS: dict[str, tuple[Json, dict[str, str]]] = {
    "decimal": (form_of(answer("rdq-total", valueDecimal=19)), REFERRAL),
    "grouped": (form_of({"linkId": "function", "item": [RDQ]}), REFERRAL),
    "with a version": (form_of(RDQ, questionnaire="https://x.example/Questionnaire/vcf-assessment|0.1.0"), REFERRAL),
    "amended": (form_of(RDQ, status="amended"), REFERRAL),
    "another questionnaire": (form_of(RDQ, questionnaire="https://x.example/Questionnaire/other"), ASKED),
    "in progress": (form_of(RDQ, status="in-progress"), ASKED),
    "out of range": (form_of(answer("rdq-total", valueInteger=190)), ASKED),
    "not answered": (form_of({"linkId": "rdq-total"}), ASKED),
    "words": (form_of(answer("rdq-total", valueString="high")), ASKED),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_the_assessment_form(client: FlaskClient, form: str) -> None:
    """Contract, questionnaire: matched by its canonical's end; completed or amended; an impossible answer is none."""
    resource, cards = FORMS[form]
    request = instead("rdq-18", "questionnaire", "assessment", "questionnaire", resource)
    assert topics(post(client, request).json) == cards


@pytest.mark.parametrize("title", ["MRI knee left", "MRI brain with contrast", "MRI cervical spine", "MRI pelvis"])
def test_an_mri_of_another_place(client: FlaskClient, title: str) -> None:
    """IM-01, D1 regions: it shows nothing of L1, so the spine MRI is still called for."""
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": title},
        "subject": SUBJECT,
        "effectiveDateTime": "2026-11-19",
        "conclusion": "Unremarkable study.",
    }
    assert topics(post(client, besides("3", "reports", report)).json) == {**MRI, **CARE, **BONES}


def test_the_latest_form_counts(client: FlaskClient) -> None:
    """Contract, questionnaire: latest completed; the older RDQ of 24 does not count."""
    old = form_of(answer("rdq-total", valueInteger=24), authored="2026-11-10T08:00:00Z")
    request = besides("rdq-17", "questionnaire", old)
    assert topics(post(client, request).json) == ASKED


ENCOUNTERS: dict[str, tuple[Json, dict[str, str]]] = {
    "acute": ({"class": {"code": "ACUTE"}}, REFERRAL),
    "non-acute": ({"class": {"code": "NONAC"}}, REFERRAL),
    "without system": ({"class": {"code": "IMP"}}, REFERRAL),
    "finished": ({"status": "finished"}, {**ASKED}),
    "no class": ({"class": None}, {**ASKED}),
    "observation": ({"class": {"code": "OBSENC"}}, {**ASKED}),
}


@pytest.mark.parametrize("form", ["acute", "non-acute", "without system"])
def test_a_hospital_stay(client: FlaskClient, form: str) -> None:
    """DE-16: IMP, ACUTE and NONAC in progress are path i."""
    members, cards = ENCOUNTERS[form]
    assert topics(post(client, changed("16", "encounter", "encounter-1", **members)).json) == cards


@pytest.mark.parametrize("form", ["finished", "no class", "observation"])
def test_no_hospital_stay(client: FlaskClient, form: str) -> None:
    """DE-16: finished, of no class, or observation status: path i is not shown, and five days are too few to ask."""
    members, _ = ENCOUNTERS[form]
    assert topics(post(client, changed("16", "encounter", "encounter-1", **members)).json) == CARE


DRAFTS: dict[str, Json] = {
    "words": {"code": {"text": "Kyphoplasty T12"}, "bodySite": None},
    "balloon vertebroplasty": {"code": {"text": "Balloon vertebroplasty, T12"}, "bodySite": None},
    "BKP": {"code": {"text": "BKP T12"}, "bodySite": None},
    "CPT": {"code": coded(CPT, "22513"), "bodySite": [coded(SNOMED, "23215003")]},
    "CPT as OID": {"code": coded("urn:oid:2.16.840.1.113883.6.12", "22513"), "bodySite": [coded(SNOMED, "280849005")]},
    "cement augmentation": {"code": {"text": "Vertebral cement augmentation T12"}, "bodySite": None},
}


@pytest.mark.parametrize("form", list(DRAFTS))
def test_an_augmentation_draft(client: FlaskClient, form: str) -> None:
    """Section E: drafts are matched by code and by text; each of these is an augmentation of T12."""
    request = build(VIGNETTES["cement-high"])
    (draft,) = (entry["resource"] for entry in request["context"]["draftOrders"]["entry"])
    for member, value in DRAFTS[form].items():
        draft.pop(member, None)
        if value is not None:
            draft[member] = value
    assert topics(post(client, request).json).get("augmentation-contraindicated") == "critical"


SilentCase = tuple[str, Callable[[Json], None]]


def _not_kyphoplasty(draft: Json) -> None:
    draft["code"] = {"text": "Appendectomy"}


def _sacroplasty(draft: Json) -> None:
    draft["code"] = coded(CPT, "0200T", "Sacroplasty")
    draft.pop("bodySite", None)


def _do_not_perform(draft: Json) -> None:
    draft["doNotPerform"] = True


@pytest.mark.parametrize("change", [_not_kyphoplasty, _sacroplasty, _do_not_perform])
def test_no_augmentation_draft(client: FlaskClient, change: Callable[[Json], None]) -> None:
    """SL-08, G-05: another operation, one of the sacrum, or an order not to perform raises no augmentation card."""
    request = build(VIGNETTES["cement-high"])
    (draft,) = (entry["resource"] for entry in request["context"]["draftOrders"]["entry"])
    change(draft)
    assert topics(post(client, request).json) == {}
