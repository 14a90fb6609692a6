"""Hazards 7, 8, 10, 11, 14, 15: how reports are filed and where their text is, scores and densities, implants, studies
and documents.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import HL7, LOINC, SNOMED, Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, besides, changed, coded, found, without
from tests.fhir.documents import pdf, written
from tests.hazards.asking import (
    ASKED,
    BONES,
    CARE,
    MRI,
    NEW_WEDGE,
    REFERRAL,
    answered,
    cards,
    detail,
    missing,
    status,
)

TEXT: Final[str] = VIGNETTES["1"]["reports"][0]["text"]
EPIC: Final = "urn:oid:1.2.840.114350.1.13.0.1.7.10.798268.30"
PAIN_OF_EPIC: Final = "urn:oid:1.2.840.114350.1.13.0.1.7.2.707679"


def report(**members: Any) -> Json:
    """Vignette 1 with its MRI report written otherwise; unread it confirms no fracture, and no card is left."""
    return changed("1", "reports", "report-1", **members)


def encoded(text: str | bytes) -> str:
    """Base64."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def form(text: str | bytes, content_type: str = "text/plain") -> Json:
    """One presented form with its data."""
    return {"contentType": content_type, "data": encoded(text)}


def presented(*forms: Json, **members: Any) -> Json:
    """Vignette 1, the words of its report in these forms alone."""
    return report(conclusion=None, presentedForm=[*forms], **members)


def score(**members: Any) -> Json:
    """The vignette in which the pain score decides, with that score written otherwise."""
    return changed("rdq-18", "observations", "pain-1", **{"valueQuantity": None, **members})


# --- 7: the category --------------------------------------------------------------------------------------------------

FILED: Final = {
    "spec: v2-0074 RAD": [coded(f"{HL7}v2-0074", "RAD")],
    "Cerner, VA, Soarian: LOINC LP29684-5": [coded(LOINC, "LP29684-5")],
    "Cerner mammography: data-absent-reason": [coded(f"{HL7}data-absent-reason", "unknown")],
    "Synthea: LAB alone": [coded(f"{HL7}v2-0074", "LAB")],
    "Epic: a local Lab beside RAD": [coded(EPIC, "Lab"), coded(f"{HL7}v2-0074", "RAD")],
    "Epic: a local code alone": [coded(EPIC, "Imaging")],
    "none": None,
}


@pytest.mark.parametrize("filed", list(FILED))
def test_wherever_a_report_is_filed(client: FlaskClient, filed: str) -> None:
    """Hazard 7, as each case says: an MRI of the spine is read under whatever category."""
    assert cards(client, report(category=FILED[filed])) == REFERRAL


def test_a_laboratory_report_is_no_imaging(client: FlaskClient) -> None:
    """Hazard 7, Synthea: a panel filed under LAB confirms nothing, whatever its conclusion says."""
    panel = report(category=[coded(f"{HL7}v2-0074", "LAB")], code={"text": "Basic metabolic panel"})
    assert cards(client, panel) == MRI


def test_no_template_asks_by_category(client: FlaskClient) -> None:
    """Hazard 7: a search on `category=RAD` misses VA and Cerner, so none is made, and not by LOINC's one either."""
    services = client.get("/cds-services").json["services"]  # type: ignore[index]  # discovery is a JSON object
    templates = [each["prefetch"]["reports"] for each in services if "reports" in each.get("prefetch", {})]
    assert templates
    assert not [each for each in templates if "category" in each or "code=" in each]


# --- 8: where the text is ---------------------------------------------------------------------------------------------

READ: Final[dict[str, Callable[[str], Json]]] = {
    "VA: text/plain, no conclusion": lambda text: form(f"Report:\n  {text}\n"),
    "Soarian: text/plain": form,
    "Synthea: a charset behind the type": lambda text: form(text, "text/plain; charset=utf-8"),
    "US Core: application/xhtml": lambda text: form(
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{text}</p></body></html>', "application/xhtml"
    ),
    "US Core: a PDF": lambda text: form(pdf(written(text.split(". "))), "application/pdf"),
    "no type at all": lambda text: {"data": encoded(text)},
}


@pytest.mark.parametrize("seen", list(READ))
def test_the_text_of_a_form_is_read(client: FlaskClient, seen: str) -> None:
    """Hazard 8, as each case says: inline data is the report."""
    assert cards(client, presented(READ[seen](TEXT))) == REFERRAL
    denied = READ[seen]("The vertebral bodies are normal. No fracture.")
    assert cards(client, presented(denied)) == {"conflicting-data": "info"}


CERNER: Final = [
    {"contentType": "application/pdf", "url": "https://fhir-open.cerner.com/r4/tenant/Binary/XR-197369085"},
    {"contentType": "application/xml", "url": "https://fhir-open.cerner.com/r4/tenant/Binary/XML-197369085"},
    {"contentType": "text/html", "url": "https://fhir-open.cerner.com/r4/tenant/Binary/TR-197369085"},
]
UNREAD: Final = {
    "Cerner: three addresses, no data": CERNER,
    "converters: image/jpeg": [form(b"\xff\xd8\xff\xe0", "image/jpeg")],
    "converters: image/pict": [form(b"\x00\x11\x02\xff", "image/pict")],
    "converters: neither data nor url": [{"contentType": "text/plain", "title": "Report"}],
    "truncated base64": [{"contentType": "text/plain", "data": encoded(TEXT)[:-3]}],
}


@pytest.mark.parametrize("seen", list(UNREAD))
def test_what_cannot_be_read_is_said(client: FlaskClient, seen: str) -> None:
    """Hazard 8, as each case says (hazard 2, truncated base64): neither a fracture nor a denial; the status tells."""
    request = presented(*UNREAD[seen])
    assert cards(client, request) == {}
    assert (status(client, request), missing(client, request)) == ("partial", ("reports",))


@pytest.mark.parametrize("seen", list(UNREAD))
def test_a_card_says_that_a_report_was_not_read(client: FlaskClient, seen: str) -> None:
    """Hazard 8: beside a report that was read, the card names the one that was not."""
    unread = copy.deepcopy(found(build(VIGNETTES["3"]), "reports", "report-1"))
    unread |= {"id": "unread", "effectiveDateTime": "2026-11-10", "presentedForm": UNREAD[seen]}
    del unread["conclusion"]
    request = besides("3", "reports", unread)
    assert "1 imaging report could not be read" in detail(client, request, "mri-without-contrast")
    assert "could not be read" not in detail(client, build(VIGNETTES["3"]), "mri-without-contrast")


def test_the_address_of_a_binary_in_the_record_is_read(client: FlaskClient) -> None:
    """Hazard 8, Cerner: what the address names is read where it came along, and fetched from nowhere."""
    binary = {"resourceType": "Binary", "id": "TR-197369085", "contentType": "text/html"}
    request = presented(CERNER[2])
    request["prefetch"]["reports"]["entry"].append({"resource": binary | {"data": encoded(f"<p>{TEXT}</p>")}})
    assert cards(client, request) == REFERRAL


def test_a_generated_narrative_is_no_report(client: FlaskClient) -> None:
    """Hazard 8: `text.div` with the status generated repeats the elements; one with words of its own is read."""
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{TEXT}</p></div>'
    assert cards(client, report(conclusion=None, text={"status": "generated", "div": div})) == {}
    assert cards(client, report(conclusion=None, text={"status": "additional", "div": div})) == REFERRAL


def test_an_impression_that_omits_the_fracture(client: FlaskClient) -> None:
    """Hazard 8, VA (twice): the fracture of the findings counts, though the impression is of the lungs."""
    omitted = f"FINDINGS: {TEXT}\n\nIMPRESSION: No acute cardiopulmonary disease."
    assert cards(client, presented(form(omitted))) == REFERRAL
    silent = "FINDINGS: The lungs are clear.\n\nIMPRESSION: No acute cardiopulmonary disease."
    assert cards(client, presented(form(silent))) != REFERRAL


# --- 10: scores and densities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": {"value": 8, "unit": "{score}", "code": "{score}"}}, REFERRAL),
        ({"valueInteger": 8}, REFERRAL),
        ({"valueInteger": 3}, CARE),
        ({"dataAbsentReason": coded(f"{HL7}data-absent-reason", "asked-declined")}, ASKED),
        ({"valueInteger": 8, "dataAbsentReason": coded(f"{HL7}data-absent-reason", "asked-declined")}, ASKED),
    ],
)
def test_a_pain_score(client: FlaskClient, value: Json, expected: dict[str, str]) -> None:
    """Hazard 10, Synthea (quantity), VA (valueInteger), and a patient who declined: a number is a score, a refusal not
    even of zero.
    """
    assert cards(client, score(**value)) == expected


def test_a_local_flowsheet_code_of_pain(client: FlaskClient) -> None:
    """Hazard 10, Epic: a row of a flowsheet under a local code alone is no score; beside LOINC it is."""
    row = {"system": PAIN_OF_EPIC, "code": "301070", "display": "Pain Score"}
    assert cards(client, score(valueInteger=8, code={"coding": [row], "text": "Pain Score"})) == ASKED
    both = {"coding": [row, {"system": LOINC, "code": "72514-3"}], "text": "Pain Score"}
    assert cards(client, score(valueInteger=8, code=both)) == REFERRAL


def test_a_panel_of_members(client: FlaskClient) -> None:
    """Hazard 10, Cerner: the panel has members and no value; the member counts, once, where it came along."""
    panel = {"hasMember": [{"reference": "Observation/member"}], "code": {"text": "Pain assessment"}}
    request = score(**panel)
    assert cards(client, request) == ASKED
    member = copy.deepcopy(found(build(VIGNETTES["rdq-18"]), "observations", "pain-1")) | {"id": "member"}
    request["prefetch"]["observations"]["entry"].append({"resource": member})
    assert cards(client, request) == REFERRAL


def density(code: str, value: float, unit: str, ucum: str) -> Json:
    """The vignette of a suspected fracture in which a low T-score decides, with another density instead."""
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum}
    return changed("limit-t-score-25", "observations", "observation-1", code=coded(LOINC, code), valueQuantity=quantity)


@pytest.mark.parametrize(
    ("code", "value", "unit", "ucum", "is_low"),
    [
        ("38267-1", -2.7, "{T-score}", "{T-score}", True),
        ("80946-7", -2.62, "T-Score", "1", True),
        ("80946-7", -1.62, "T-Score", "1", False),
        ("38265-5", -3.0, "{T-score}", "{T-score}", False),
        ("24701-5", 0.887, "g/cm\N{SUPERSCRIPT TWO}", "g/cm2", False),
        ("38267-1", -2.7, "g/cm2", "g/cm2", False),
    ],
)
def test_a_density(client: FlaskClient, code: str, value: float, unit: str, ucum: str, is_low: bool) -> None:
    """Hazard 10, US Core (unit 1), Synthea (the forearm for every DXA), AU Core (g/cm2): only a T-score of spine, hip
    or femur speaks of osteoporosis.
    """
    shown = cards(client, density(code, value, unit, ucum))
    assert shown == ({"radiographs-first": "info"} if is_low else {})


def test_a_dexa_in_prose(client: FlaskClient) -> None:
    """Hazard 10, VA and MTSamples: a DEXA in words gives no T-score, and a normal one beside a fracture no denial."""
    words = "DEXA. Lumbar spine T-score -3.1; the spine should not be used, it is arthritic. Hip T-score -0.9. Normal."
    dexa = {"resourceType": "DiagnosticReport", "status": "final", "subject": SUBJECT, "conclusion": words}
    dexa |= {"code": {"text": "DEXA bone density"}, "effectiveDateTime": "2026-11-01"}
    request = besides("3", "reports", dexa)
    assert cards(client, request) == NEW_WEDGE
    assert "No DXA within 24 months" not in detail(client, request, "osteoporosis-treatment")
    assert "No DXA within 24 months" in detail(client, build(VIGNETTES["3"]), "osteoporosis-treatment")
    without_it = changed("limit-t-score-25", "observations", "observation-1", status="entered-in-error")
    without_it["prefetch"]["reports"].setdefault("entry", []).append({"resource": dexa | {"id": "dexa"}})
    assert cards(client, without_it) == {}


# --- 11: implants -----------------------------------------------------------------------------------------------------

VERIFY: Final = "An implant without recorded MR labelling is on file"
IMPLANTED: Final[dict[str, tuple[str, Json]]] = {
    "Cerner: a pacemaker without a device identifier": (
        "devices",
        {
            "resourceType": "Device",
            "status": "active",
            "patient": SUBJECT,
            "type": coded(SNOMED, "14106009", "Cardiac pacemaker"),
            "udiCarrier": [{"carrierHRF": "(01)00643169007222(17)180101"}],
        },
    ),
    "Synthea 2019: the operation alone": (
        "procedures",
        {
            "resourceType": "Procedure",
            "status": "completed",
            "subject": SUBJECT,
            "code": coded(SNOMED, "447365002", "Insertion of biventricular implantable cardioverter defibrillator"),
            "performedPeriod": {"start": "2006-05-08T07:21:10+00:00", "end": "2006-05-08T07:36:10+00:00"},
        },
    ),
    "Indiana University: prose of a film": (
        "reports",
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "subject": SUBJECT,
            "code": coded(LOINC, "30746-2", "Portable XR Chest Views"),
            "effectiveDateTime": "2026-10-01",
            "conclusion": "Heart size is normal. A stimulator is seen. No pneumothorax.",
        },
    ),
}


@pytest.mark.parametrize("seen", list(IMPLANTED))
def test_an_implant_is_asked_about(client: FlaskClient, seen: str) -> None:
    """Hazard 11, as each case says: device, operation or prose, the MRI card asks to verify it, and stays."""
    key, resource = IMPLANTED[seen]
    request = besides("3", key, resource)
    assert cards(client, request) == NEW_WEDGE
    assert VERIFY in detail(client, request, "mri-without-contrast")
    assert VERIFY not in detail(client, build(VIGNETTES["3"]), "mri-without-contrast")


@pytest.mark.parametrize(
    "said", ["No stimulator is seen.", "The stimulator has been removed.", "Heart size is normal."]
)
def test_prose_that_denies_an_implant(client: FlaskClient, said: str) -> None:
    """Hazard 11: words that name one to deny it add nothing."""
    key, film = IMPLANTED["Indiana University: prose of a film"]
    request = besides("3", key, {**film, "conclusion": said})
    assert VERIFY not in detail(client, request, "mri-without-contrast")


# --- 14: imaging studies ----------------------------------------------------------------------------------------------


def study(**members: Any) -> Json:
    """Vignette 3 with an ImagingStudy of yesterday and no report of it; an MRI done silences the MRI card."""
    return besides(
        "3",
        "imaging",
        {"resourceType": "ImagingStudy", "status": "available", "subject": SUBJECT}
        | {"started": "2026-11-19T10:00:00Z", **members},
    )


STUDIES: Final[dict[str, tuple[Json, dict[str, str]]]] = {
    "VA: modality without code, instance without uid, no count": (
        {
            "description": "MRI SPINE LUMBAR W/O CONT",
            "series": [{"modality": {"display": "MR"}, "instance": [{"title": "sagittal"}]}],
        },
        {**CARE, **BONES},
    ),
    "description as the only hint": ({"description": "MRI LUMBAR SPINE WITHOUT CONTRAST"}, {**CARE, **BONES}),
    "body site in words": (
        {"series": [{"uid": "1.2", "modality": {"code": "MR"}, "bodySite": {"display": "Lumbar spine"}}]},
        {**CARE, **BONES},
    ),
    "another body site in words": (
        {"series": [{"uid": "1.2", "modality": {"code": "MR"}, "bodySite": {"display": "Knee"}}]},
        NEW_WEDGE,
    ),
    "Synthea: CR": ({"series": [{"modality": {"code": "CR"}, "bodySite": {"display": "Lumbar spine"}}]}, NEW_WEDGE),
    "Synthea: DX": ({"series": [{"modality": {"code": "DX"}, "bodySite": {"display": "Thoracic spine"}}]}, NEW_WEDGE),
    "ultrasound": ({"series": [{"modality": {"code": "US"}, "bodySite": {"display": "Lumbar spine"}}]}, NEW_WEDGE),
    "cancelled": ({"status": "cancelled", "description": "MRI LUMBAR SPINE"}, NEW_WEDGE),
}


@pytest.mark.parametrize("seen", list(STUDIES))
def test_an_imaging_study(client: FlaskClient, seen: str) -> None:
    """Hazard 14, as each case says: an MRI of the spine by whatever tells it; nothing else counts for one."""
    members, expected = STUDIES[seen]
    assert cards(client, study(**members)) == expected


def test_a_radiograph_known_by_its_study_alone(client: FlaskClient) -> None:
    """Hazard 14, Synthea: a DX series of the spine, its site in words alone, is the film that was to come first."""
    suspected = VIGNETTES["limit-t-score-25"]
    assert cards(client, build(suspected)) == {"radiographs-first": "info"}
    request = build(suspected)
    film: Json = {"resourceType": "ImagingStudy", "id": "film", "status": "available", "subject": SUBJECT}
    film["started"] = "2026-11-19T10:00:00Z"
    film["series"] = [{"modality": {"code": "DX"}, "bodySite": {"display": "Thoracic and lumbar spine"}}]
    request["prefetch"]["imaging"].setdefault("entry", []).append({"resource": film})
    assert "radiographs-first" not in cards(client, request)


# --- 15: documents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "expected"),
    [("current", {**CARE, **BONES}), ("superseded", NEW_WEDGE), ("entered-in-error", NEW_WEDGE), (None, NEW_WEDGE)],
)
def test_only_a_current_document_is_read(client: FlaskClient, state: str | None, expected: dict[str, str]) -> None:
    """Hazard 15, Synthea 2025: of the base64 notes only current ones; the MRI of a superseded one was not done."""
    document = {
        "resourceType": "DocumentReference",
        **({"status": state} if state else {}),
        "subject": SUBJECT,
        "date": "2026-11-19T10:00:00Z",
        "type": coded(LOINC, "18748-4", "Diagnostic imaging study"),
        "content": [{"attachment": form("MRI LUMBAR SPINE. Acute L1 compression fracture with marrow edema.")}],
    }
    assert cards(client, besides("3", "reports", document)) == expected


def test_a_note_of_another_kind_is_no_imaging(client: FlaskClient) -> None:
    """Hazard 15, Synthea 2025: a history and physical that mentions an MRI is none."""
    note = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": SUBJECT,
        "date": "2026-11-19T10:00:00Z",
        "type": coded(LOINC, "34117-2", "History and physical note"),
        "content": [{"attachment": form("Plan: MRI lumbar spine for the L1 compression fracture.")}],
    }
    assert cards(client, besides("3", "reports", note)) == NEW_WEDGE


def test_the_plain_shapes_are_what_the_others_are_held_against(client: FlaskClient) -> None:
    """The contrast of this file: each vignette as it stands, and without the resource that is rewritten."""
    assert cards(client, build(VIGNETTES["1"])) == REFERRAL
    assert cards(client, without(build(VIGNETTES["1"]), "reports", "report-1")) == MRI
    assert cards(client, build(VIGNETTES["rdq-18"])) == REFERRAL
    assert cards(client, without(build(VIGNETTES["rdq-18"]), "observations", "pain-1")) == ASKED
    assert answered(client, build(VIGNETTES["3"]))["cards"]
