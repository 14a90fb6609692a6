"""Hazards met in the files themselves, each put into a vignette's record in place of, or beside, the plain shape.

The files lie in the shared data folder, with their origins and licences in its MANIFEST.jsonl; nothing of them is
copied here, and where the folder is missing the tests are skipped.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import PATIENT, Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, besides, instead, without
from tests.hazards.asking import ASKED, NEW_WEDGE, REFERRAL, cards, detail, missing, status

YESTERDAY: Final = "2026-11-19T11:25:00+00:00"
VERIFY: Final = "An implant without recorded MR labelling is on file"


@pytest.fixture(scope="module")
def fhir(shared: Path) -> Path:
    """The folder of third-party FHIR."""
    return shared / "data" / "fhir"


def resource(file: Path, **members: Any) -> Json:
    """The resource of a file, of our patient."""
    return of_ours(json.loads(file.read_bytes()), **members)


def of_ours(found: Json, **members: Any) -> Json:
    """The resource with our patient as its owner, and what else is given."""
    owner = "patient" if found["resourceType"] in ("Device", "AllergyIntolerance") else "subject"
    return {**found, owner: SUBJECT, **members}


def resources(file: Path, kind: str) -> Iterator[Json]:
    """Those of one type in a packed Bundle or a packed list of lines, as they are."""
    text = gzip.decompress(file.read_bytes()).decode()
    every = [json.loads(line) for line in text.splitlines()] if ".ndjson" in file.name else None
    found = every if every is not None else [entry["resource"] for entry in json.loads(text)["entry"]]
    return (each for each in found if each["resourceType"] == kind)


def reported(report: Json) -> Json:
    """Vignette 3 with that report alone: neither its own film nor a coded fracture."""
    request = without(without(build(VIGNETTES["3"]), "reports", "report-1"), "conditions", "fracture-1")
    request["prefetch"]["reports"]["entry"] = [{"resource": report}]
    return request


@pytest.mark.parametrize(
    "name",
    [
        "17a6982d-9890-43aa-98fe-603fbe11cf8a",
        "45b08f3a-50c7-4832-bf85-167efc4c9e5d",
        "f66cfaf6-b014-469b-9499-16ccae420d1e",
    ],
)
def test_reports_of_va(client: FlaskClient, fhir: Path, name: str) -> None:
    """Hazards 7, 8, 9, VA: under LP29684-5, coded in CPT, inline and without a conclusion, with contained resources:
    the cards are those of the same words in our plain shape; the third names its fracture in the findings alone.
    """
    given = resource(fhir / "va-mhv" / f"DiagnosticReport-{name}.json", effectiveDateTime=YESTERDAY)
    (form,) = given["presentedForm"]
    plain: Json = {"resourceType": "DiagnosticReport", "id": "plain", "status": "final"}
    plain["effectiveDateTime"] = YESTERDAY
    plain |= {"subject": SUBJECT, "code": given["code"], "conclusion": base64.b64decode(form["data"]).decode()}
    shown = cards(client, reported(given))
    assert shown
    assert shown == cards(client, reported(plain))
    assert cards(client, reported({**given, "presentedForm": []})) == {}


def test_a_report_of_va_names_both_levels(client: FlaskClient, fhir: Path) -> None:
    """Hazard 8, VA: T12 is new and L2 old; the MRI is for the new one."""
    file = fhir / "va-mhv" / "DiagnosticReport-17a6982d-9890-43aa-98fe-603fbe11cf8a.json"
    request = reported(resource(file, effectiveDateTime=YESTERDAY))
    assert "T12" in detail(client, request, "mri-without-contrast")


def test_a_pain_score_of_va(client: FlaskClient, fhir: Path) -> None:
    """Hazard 10, VA: `valueInteger` 5 with a second, local coding and a contained place is a pain of 5."""
    given = resource(fhir / "va-mhv" / "Observation-ex-MHV-pain-1.json", effectiveDateTime="2026-11-20T10:32:00-05:00")
    assert given["valueInteger"] == 5
    request = instead("1", "observations", "pain-1", "observations", given)
    five = instead("1", "observations", "pain-1", "observations", plain_score(5))
    none = without(build(VIGNETTES["1"]), "observations", "pain-1")
    assert cards(client, request) == cards(client, five)
    assert cards(client, request) != cards(client, none)


def plain_score(value: int) -> Json:
    """A score of today in the plain shape."""
    code = {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]}
    quantity = {"value": value, "unit": "{score}", "code": "{score}", "system": "http://unitsofmeasure.org"}
    base: Json = {"resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-11-20"}
    return {**base, "code": code, "subject": SUBJECT, "valueQuantity": quantity}


def test_a_patient_of_va_born_in_the_year_1000(client: FlaskClient, fhir: Path) -> None:
    """Hazard 12, VA: the birth date 1000-01-01 is none, and the gender unknown is not guessed."""
    request = build(VIGNETTES["1"])
    request["prefetch"]["patient"] = json.loads((fhir / "va-mhv" / "Patient-27659.json").read_bytes()) | {"id": PATIENT}
    assert request["prefetch"]["patient"]["birthDate"] == "1000-01-01"
    assert cards(client, request) == ASKED
    assert "not documented: age not known" in detail(client, request, "augmentation-missing-data")


def test_icd_9_problems_of_va(client: FlaskClient, fhir: Path) -> None:
    """Hazard 3, VA: problems coded in ICD-9 alone name nothing by their code; their words may add a caution."""
    request = build(VIGNETTES["1"])
    problems = [resource(file) for file in sorted((fhir / "va-mhv").glob("Condition-*.json"))]
    of_old = [each for each in problems if {c["system"] for c in each["code"]["coding"]} == {ICD_9}]
    assert len(of_old) == 5
    request["prefetch"]["conditions"]["entry"] += [{"resource": each} for each in of_old]
    assert cards(client, request) == REFERRAL
    of_old[0]["code"]["text"] = "Sepsis (ICD-9-CM 414.00)"
    assert cards(client, request) != REFERRAL


ICD_9: Final = "http://hl7.org/fhir/sid/icd-9-cm"


@pytest.mark.parametrize(
    ("file", "is_score"),
    [
        ("us-core-examples/dxa-hip-l-t-score-bmd.json", True),
        ("us-core-examples/dxa-femur-l-t-score-bmd.json", True),
        ("us-core-examples/dxa-hip-l-z-score-bmd.json", False),
        ("us-core-examples/dxa-hip-l-armass-bmd.json", False),
        ("us-core-examples/dxa-femur-l-armass-bmd.json", False),
        ("au-core-test-data/Observation-bmd.json", False),
    ],
)
def test_densities_of_us_and_au_core(client: FlaskClient, fhir: Path, file: str, is_score: bool) -> None:
    """Hazard 10, US Core (unit T-Score, code 1) and AU Core (g/cm2): a T-score counts by its own value, -3 where we
    make it so; a Z-score and a density never do.
    """
    given = resource(fhir / file, effectiveDateTime=YESTERDAY)
    request = instead("limit-t-score-25", "observations", "observation-1", "observations", given)
    assert cards(client, request) == {}
    given["valueQuantity"]["value"] = -3
    assert cards(client, request) == ({"radiographs-first": "info"} if is_score else {})


@pytest.mark.parametrize("file", ["us-core-examples/Device-defib.json", "us-core-examples/Device-infusion-pump.json"])
def test_devices_of_us_core(client: FlaskClient, fhir: Path, file: str) -> None:
    """Hazard 11, US Core: a device with its UDI and no MR label is asked about, an inactive one is not."""
    given = resource(fhir / file)
    assert VERIFY in detail(client, besides("3", "devices", given), "mri-without-contrast")
    given["status"] = "inactive"
    assert VERIFY not in detail(client, besides("3", "devices", given), "mri-without-contrast")


def test_the_pacemaker_of_a_c_cda(client: FlaskClient, fhir: Path) -> None:
    """Hazards 5, 9, 11, a C-CDA converter: devices without status, patient or UDI; among a cane and a stent the
    pacemaker is asked about.
    """
    file = fhir / "ms-fhir-converter" / "ReferralNote__Referral_Note-expected.json.gz"
    devices = list(resources(file, "Device"))
    assert not [each for each in devices if {"status", "patient", "udiCarrier"} & set(each)]
    request = build(VIGNETTES["3"])
    request["prefetch"]["devices"]["entry"] = [{"resource": each} for each in devices]
    assert VERIFY in detail(client, request, "mri-without-contrast")
    pacemaker = next(each for each in devices if "pacemaker" in json.dumps(each))
    request["prefetch"]["devices"]["entry"] = [{"resource": each} for each in devices if each is not pacemaker]
    assert VERIFY not in detail(client, request, "mri-without-contrast")


def test_the_imaging_report_of_a_c_cda(client: FlaskClient, fhir: Path) -> None:
    """Hazard 8, a C-CDA converter: a packed archive under the label text/plain is no text, and that is said."""
    file = fhir / "ms-fhir-converter" / "HistoryandPhysical__Diagnostic_Imaging_Report-expected.json.gz"
    (document,) = resources(file, "DocumentReference")
    request = besides("3", "reports", of_ours(document, date=YESTERDAY))
    assert cards(client, request) == NEW_WEDGE
    assert missing(client, request) == ("reports",)
    assert "1 imaging report could not be read" in detail(client, request, "mri-without-contrast")


def test_problems_of_a_c_cda(client: FlaskClient, fhir: Path) -> None:
    """Hazard 5, C-CDA converters: problems without any status count as current, here the fracture in their shape."""
    file = fhir / "ms-fhir-converter" / "CCD__C-CDA_R2-1_CCD.xml-expected.json.gz"
    problems = list(resources(file, "Condition"))
    assert problems
    assert not [each for each in problems if "verificationStatus" in each]
    shaped = of_ours(copy.deepcopy(problems[0]), id="shaped", onsetDateTime="2026-10-23")
    shaped["code"]["coding"][0] |= {"code": "42942008", "display": "Pathological fracture of vertebra T12"}
    request = instead("1", "conditions", "fracture-1", "conditions", shaped)
    assert cards(client, request) == REFERRAL
    shaped["code"]["coding"][0] |= {"code": "233604007", "display": "Pneumonia"}
    assert cards(client, instead("1", "conditions", "fracture-1", "conditions", shaped)) != REFERRAL


@pytest.mark.parametrize(
    "name",
    [
        "Condition-condition-masked",
        "Condition-nailwound-missing-code",
        "Condition-nailwound-suppressed-subject",
        "Condition-noknown",
    ],
)
def test_gaps_of_au_core(client: FlaskClient, fhir: Path, name: str) -> None:
    """Hazards 4 and 9, AU Core: masked, without code, of a masked subject, "no known": nothing is read into them."""
    file = fhir / "au-core-test-data" / f"{name}.json"
    given = json.loads(file.read_bytes())
    if "suppressed-subject" not in name:
        given["subject"] = SUBJECT
    request = besides("1", "conditions", given)
    assert (cards(client, request), missing(client, request)) == (REFERRAL, ())


def test_a_cancelled_temperature_of_au_core(client: FlaskClient, fhir: Path) -> None:
    """Hazard 5, AU Core: a cancelled Observation holds no value; with one, a cancelled fever is no fever."""
    given = resource(fhir / "au-core-test-data" / "Observation-bodytemp-cancelled.json", effectiveDateTime="2026-11-20")
    assert given["status"] == "cancelled"
    given |= {"valueQuantity": {"value": 39, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"}}
    given.pop("dataAbsentReason", None)
    assert cards(client, besides("1", "observations", given)) == REFERRAL
    assert cards(client, besides("1", "observations", {**given, "status": "final"})) == {"spinal-infection": "warning"}


def test_the_dead_of_us_core_and_synthea(client: FlaskClient, fhir: Path) -> None:
    """Hazard 12: Mary Shaw of US Core and the dead of Synthea get no card, whatever stands in the record."""
    dead = [json.loads((fhir / "us-core-examples" / "patient-deceased-example.json").read_bytes())]
    for file in sorted((fhir / "synthea2019").rglob("*.json.gz")):
        dead += [each for each in resources(file, "Patient") if "deceasedDateTime" in each]
    assert len(dead) == 6
    for person in dead:
        request = build(VIGNETTES["3"])
        request["prefetch"]["patient"] = person | {"id": PATIENT}
        assert (cards(client, request), status(client, request)) == ({}, "complete")


def test_the_defibrillators_of_synthea(client: FlaskClient, fhir: Path) -> None:
    """Hazard 11, Synthea 2019: two patients with an implantation and no Device."""
    for file in sorted((fhir / "synthea2019" / "icd").glob("*.json.gz")):
        done = [each for each in resources(file, "Procedure") if "447365002" in json.dumps(each["code"])]
        assert done
        assert not list(resources(file, "Device"))
        request = besides("3", "procedures", of_ours(done[0]))
        assert VERIFY in detail(client, request, "mri-without-contrast")


def test_the_superseded_notes_of_synthea(client: FlaskClient, fhir: Path) -> None:
    """Hazard 15, Synthea 2025: notes of base64 text, most of them superseded, are no imaging, and cost nothing."""
    file = fhir / "synthea2025-bulk10" / "DocumentReference.000.first120.ndjson.gz"
    notes = [of_ours(each) for each in resources(file, "DocumentReference")]
    assert {each["status"] for each in notes} == {"current", "superseded"}
    request = build(VIGNETTES["3"])
    request["prefetch"]["reports"]["entry"] += [{"resource": each} for each in notes]
    assert (cards(client, request), missing(client, request)) == (NEW_WEDGE, ())


def test_a_generated_patient_of_synthea(client: FlaskClient, fhir: Path) -> None:
    """Hazards 2, 7, 10, Synthea 2019: a whole record under urn references beside the vignette: its forearm score of
    every DXA, its panels under LAB and its osteoporosis change no card of a new wedge.
    """
    (file,) = (fhir / "synthea2019" / "osteo").glob("Austin_Spencer_*.json.gz")
    entries = json.loads(gzip.decompress(file.read_bytes()))["entry"]
    (name,) = (each["fullUrl"] for each in entries if each["resource"]["resourceType"] == "Patient")
    ours = json.loads(json.dumps(entries).replace(name, f"urn:uuid:{PATIENT}"))
    kinds = ("Observation", "DiagnosticReport", "Condition", "ImagingStudy", "Procedure")
    kept = [each for each in ours if each["resource"]["resourceType"] in kinds]
    assert any("38265-5" in json.dumps(each) for each in kept)
    request = build(VIGNETTES["3"])
    request["prefetch"]["everything"] = {"resourceType": "Bundle", "type": "collection", "entry": kept}
    assert cards(client, request) == NEW_WEDGE
