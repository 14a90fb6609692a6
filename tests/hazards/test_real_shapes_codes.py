"""Hazards 1 to 6: one bad resource, odd elements, code systems, words without codes, missing statuses, duplicates."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import HL7, ICD, LOINC, RXNORM, SNOMED, Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, besides, changed, coded, found, instead, without
from tests.hazards.asking import ASKED, BONES, CARE, NEW_WEDGE, REFERRAL, cards, detail, missing

FRACTURE: Final = "fracture-1"
CERNER_LOCAL: Final = "https://fhir.cerner.com/ec2458f2-1e24-41c8-b71b-0e701af7583d/codeSet/72"
ICD_9: Final = "urn:oid:2.16.840.1.113883.6.103"


def fracture(**members: Any) -> Json:
    """Vignette 1 with its coded fracture written otherwise; without it the onset is not known."""
    return changed("1", "conditions", FRACTURE, **members)


def coded_alone(**members: Any) -> Json:
    """Vignette 3 without its film: the coded fracture stands alone."""
    return without(changed("3", "conditions", FRACTURE, **members), "reports", "report-1")


def verification(code: str) -> Json:
    """A verification status."""
    return {"coding": [{"system": f"{HL7}condition-ver-status", "code": code}]}


def score(**members: Any) -> Json:
    """The vignette in which the pain score decides, with that score written otherwise."""
    return changed("rdq-18", "observations", "pain-1", **members)


# --- 1: one resource at a time ----------------------------------------------------------------------------------------


def test_one_bad_resource_costs_itself(client: FlaskClient) -> None:
    """Hazard 1, Cerner and C-CDA converters (26 of 284, 30 of 322): the others count, and the loss is said."""
    request = build(VIGNETTES["1"])
    bad = {"resourceType": "Condition", "id": "bad", "code": 5, "subject": SUBJECT}
    request["prefetch"]["conditions"]["entry"].append({"resource": bad})
    assert cards(client, request) == REFERRAL
    assert missing(client, request) == ("conditions",)
    assert missing(client, build(VIGNETTES["1"])) == ()


def test_the_only_fracture_ill_typed_is_not_used(client: FlaskClient) -> None:
    """Hazard 1: what cannot be read is no fracture and no proof of none."""
    request = fracture(onsetDateTime={"value": "2026-10-23"})
    assert cards(client, request) == ASKED
    assert missing(client, request) == ("conditions",)


@pytest.mark.parametrize("member", [{"total": "one"}, {"link": {"relation": "self"}}, {"id": 7}, {"meta": "x"}])
def test_a_bundle_that_fails_as_a_whole(client: FlaskClient, member: Json) -> None:
    """Hazard 1, 29 of 129 real Bundles: what is wrong around the entries does not lose them."""
    request = build(VIGNETTES["1"])
    request["prefetch"]["conditions"] |= member
    assert cards(client, request) == REFERRAL
    request["prefetch"]["conditions"]["entry"] = []
    assert cards(client, request) == ASKED


def test_a_dstu2_condition_is_survived(client: FlaskClient) -> None:
    """Hazard 1, DSTU2 (6 of 86 read): another version's resource is not used, and that is said."""
    request = fracture(clinicalStatus="active", verificationStatus="confirmed", patient=SUBJECT, subject=None)
    assert cards(client, request) == ASKED
    assert missing(client, request) == ("conditions",)


# --- 2: odd elements --------------------------------------------------------------------------------------------------


def test_an_extra_member_of_a_coding(client: FlaskClient) -> None:
    """Hazard 2, Cerner: `isUserSelected` is no R4 element; the coding counts as it is."""
    coding = {"system": ICD, "code": "M80.08XA", "isUserSelected": True}
    assert cards(client, fracture(code={"coding": [coding]})) == REFERRAL
    assert cards(client, fracture(code={"coding": [{**coding, "code": "M54.50"}]})) == ASKED


def test_a_score_without_a_status(client: FlaskClient) -> None:
    """Hazard 2, AU Core (missing status): a value nobody withdrew counts; a withdrawn one does not."""
    assert cards(client, score(status=None)) == REFERRAL
    assert cards(client, score(status="unknown")) == REFERRAL
    assert cards(client, score(status="cancelled")) == ASKED


def test_an_encounter_without_a_class(client: FlaskClient) -> None:
    """Hazard 2, converters: a stay of no class is no hospital stay, so path i is not taken for granted."""
    assert cards(client, build(VIGNETTES["16"])) == REFERRAL
    assert cards(client, changed("16", "encounter", "encounter-1", **{"class": None})) == CARE


def test_resources_without_who_and_insurer(client: FlaskClient) -> None:
    """Hazard 2: a Provenance without `agent.who` and a claim without an insurer are none of ours and cost nothing."""
    request = build(VIGNETTES["1"])
    request["prefetch"]["item7"] = {"resourceType": "Provenance", "agent": [{"type": {"text": "author"}}]}
    request["prefetch"]["item8"] = {"resourceType": "ExplanationOfBenefit", "patient": SUBJECT}
    assert cards(client, request) == REFERRAL
    assert missing(client, request) == ()


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ("2026-10-23T16: 09: 08.000Z", REFERRAL),
        ("2026-10-23T16:09:08", REFERRAL),
        ("2026-10-23T16:09:08.123456789Z", REFERRAL),
        ("2026-10-23T16: 09: 99.000Z", ASKED),
    ],
)
def test_instants_with_blanks_or_without_a_zone(client: FlaskClient, onset: str, expected: dict[str, str]) -> None:
    """Hazard 2, ONC samples: blanks inside, no zone, nine figures; what no clock shows is no date."""
    assert cards(client, fracture(onsetDateTime=onset)) == expected


def test_an_id_with_an_underscore(client: FlaskClient) -> None:
    """Hazard 2: `_` is in ids that servers send; the card names the resource by it, and the patient may have one."""
    told = detail(client, fracture(id="fracture_1"), "augmentation-referral")
    assert r"(Condition/fracture\_1, 2026-10-23)" in told  # escaped, for it is Markdown
    request = build(VIGNETTES["1"])
    request["context"]["patientId"] = request["prefetch"]["patient"]["id"] = "pat_1"
    for bundle in request["prefetch"].values():
        for entry in bundle.get("entry", []):
            for owner in {"subject", "patient"} & set(entry["resource"]):
                entry["resource"][owner] = {"reference": "Patient/pat_1"}
    assert cards(client, request) == REFERRAL


def test_a_version_id_that_is_a_number(client: FlaskClient) -> None:
    """Hazard 2, converters: `meta.versionId` as a number, also where `meta` is looked into (Encounter)."""
    assert cards(client, fracture(meta={"versionId": 3, "lastUpdated": 2026})) == REFERRAL
    assert cards(client, changed("16", "encounter", "encounter-1", meta={"versionId": 3})) == REFERRAL


def test_a_narrative_without_div(client: FlaskClient) -> None:
    """Hazard 2, converters: `text` without `div` says nothing and costs nothing."""
    assert cards(client, changed("1", "reports", "report-1", text={"status": "generated"})) == REFERRAL
    assert cards(client, changed("1", "reports", "report-1", text={"status": "additional"})) == REFERRAL
    assert cards(client, changed("1", "reports", "report-1", text={"status": "additional"}, conclusion=None)) == {}


@pytest.mark.parametrize(
    "name", ["urn:uuid:00000000-0000-1000-8000-00805f9b34fb", "urn:uuid:medication-7", "urn:oid:1.2.840.113619.7"]
)
def test_a_uuid_that_is_not_of_version_4(client: FlaskClient, name: str) -> None:
    """Hazard 2, Synthea and converters: a urn names what carries it, whatever kind of UUID it is."""
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "authoredOn": "2026-10-27",
        "medicationReference": {"reference": name},
    }
    request = instead("1", "medications", "analgesic", "medications", order)
    drug = {"resourceType": "Medication", "id": "m7", "code": coded(RXNORM, "161", "Acetaminophen")}
    entry = {"fullUrl": name, "resource": drug}
    request["prefetch"]["medications"]["entry"].append(entry)
    assert cards(client, request) == REFERRAL
    entry["fullUrl"] = f"{name}0"
    assert cards(client, request) == {**ASKED, **CARE}


def test_entered_in_error_with_a_blank_behind(client: FlaskClient) -> None:
    """Hazard 2, VA: `"entered-in-error "` is entered in error, of a score as of a diagnosis."""
    assert cards(client, score(status="final ")) == REFERRAL
    assert cards(client, score(status="entered-in-error ")) == ASKED
    assert cards(client, fracture(verificationStatus=verification("confirmed "))) == REFERRAL
    assert cards(client, fracture(verificationStatus=verification("entered-in-error "))) == ASKED


# --- 3: code systems --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", "42942008", REFERRAL),
        ("urn:oid:2.16.840.1.113883.6.90", "M80.08XA", REFERRAL),
        ("2.16.840.1.113883.6.90", "M80.08XA", REFERRAL),
        ("http: //snomed.info/sct", "42942008", REFERRAL),
        ("icd-10", "M80.08XA", REFERRAL),
        (ICD_9, "733.13", ASKED),
        (CERNER_LOCAL, "M80.08XA", ASKED),
        ("urn:oid:2.16.840.1.113883.6.1", "M80.08XA", ASKED),
    ],
)
def test_a_system_in_its_other_names(client: FlaskClient, system: str, code: str, expected: dict[str, str]) -> None:
    """Hazard 3, Epic and C-CDA (OIDs), one with a blank, plain `icd-10`: the system is known, or the code is none."""
    assert cards(client, fracture(code=coded(system, code), bodySite=None)) == expected


@pytest.mark.parametrize("system", ["urn:oid:2.16.840.1.113883.6.1", "urn:oid:1.2.246.537.6.96"])
def test_loinc_by_oid(client: FlaskClient, system: str) -> None:
    """Hazard 3, Epic: the OID of LOINC, and the odd one that Epic sends for it."""
    assert cards(client, score(code=coded(system, "72514-3", "Pain"))) == REFERRAL
    assert cards(client, score(code=coded(f"{system}.9", "72514-3", "Pain"))) == ASKED


def test_cpt_by_oid(client: FlaskClient) -> None:
    """Hazard 3, Epic: an augmentation by the OID of CPT is checked as one; an OID nobody knows says nothing."""
    draft = build(VIGNETTES["cement-high"])
    (order,) = (entry["resource"] for entry in draft["context"]["draftOrders"]["entry"])
    order["code"] = coded("urn:oid:2.16.840.1.113883.6.12", "22513")
    assert cards(client, draft).get("augmentation-contraindicated") == "critical"
    order["code"] = coded("urn:oid:2.16.840.1.113883.6.99", "22513")
    assert cards(client, draft) == {}


def test_icd_9_codes_mean_something_else(client: FlaskClient) -> None:
    """Hazard 3, VA (12 of 30 conditions): an ICD-9 code that reads like one of ICD-10 is not taken for it."""
    high_calcium = {"resourceType": "Condition", "subject": SUBJECT, "code": coded(ICD, "E83.52")}
    assert "secondary-cause-workup" in cards(client, besides("3", "conditions", high_calcium))
    of_old = {**high_calcium, "code": coded("http://hl7.org/fhir/sid/icd-9-cm", "E83.52")}
    assert cards(client, besides("3", "conditions", of_old)) == NEW_WEDGE


@pytest.mark.parametrize("local", [CERNER_LOCAL, "urn:oid:1.2.840.114350.1.13.0.1.7.2.707679"])
def test_the_second_coding_counts(client: FlaskClient, local: str) -> None:
    """Hazard 3, Cerner and Epic: the user's local code first, the standard one second; all are looked at."""
    first = {"system": local, "code": "2820609", "userSelected": True}
    named = score(code={"coding": [first, {"system": LOINC, "code": "72514-3"}]})
    assert cards(client, named) == REFERRAL
    assert cards(client, score(code={"coding": [first]})) == ASKED
    problem = {"coding": [first, {"system": SNOMED, "code": "42942008"}]}
    assert cards(client, fracture(code=problem)) == REFERRAL


# --- 4: words without codes -------------------------------------------------------------------------------------------


def test_a_condition_in_words_alone(client: FlaskClient) -> None:
    """Hazard 4, Epic mocks, Cerner 3 of 9, AU 7 of 45: words are no coded fracture, but they are a caution."""
    assert cards(client, fracture(code={"text": "Compression fracture of T12"})) == ASKED
    cancer = {"resourceType": "Condition", "subject": SUBJECT, "code": {"text": "Metastatic breast cancer"}}
    assert cards(client, besides("3", "conditions", cancer))["malignant-fracture"] == "warning"
    healthy = {**cancer, "code": {"text": "Screening for breast cancer"}}
    assert cards(client, besides("3", "conditions", healthy)) == NEW_WEDGE


def order(code: Json) -> Json:
    """Vignette 3 with an order of yesterday."""
    placed = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "authoredOn": "2026-11-19"}
    return besides("3", "orders", {**placed, "subject": SUBJECT, "code": code})


def test_an_order_in_words_alone(client: FlaskClient) -> None:
    """Hazard 4: the MRI ordered in words is the MRI; one of a knee is not."""
    assert cards(client, order({"text": "MRI lumbar spine without contrast"})) == {**CARE, **BONES}
    assert cards(client, order({"text": "MRI left knee without contrast"})) == NEW_WEDGE


@pytest.mark.parametrize("reason", ["unknown", "masked", "not-asked"])
def test_data_absent_reason_as_the_code(client: FlaskClient, reason: str) -> None:
    """Hazard 4, AU Core (missing and masked codes): the reason why there is no code names nothing."""
    absent = {"coding": [{"system": f"{HL7}data-absent-reason", "code": reason}]}
    assert cards(client, fracture(code=absent)) == ASKED
    assert cards(client, score(code=absent)) == ASKED
    assert cards(client, order(absent)) == NEW_WEDGE


# --- 5: statuses ------------------------------------------------------------------------------------------------------


def test_a_diagnosis_without_status_and_dates(client: FlaskClient) -> None:
    """Hazard 5, Epic encounter diagnoses (both captured): no clinical or verification status, no onset, no recorded
    date; the fracture counts as current, and its age is not invented.
    """
    bare = dict.fromkeys(("clinicalStatus", "verificationStatus", "onsetDateTime", "recordedDate"))
    category = [{"coding": [{"system": f"{HL7}condition-category", "code": "encounter-diagnosis"}]}]
    assert cards(client, coded_alone(**bare, category=category)) == NEW_WEDGE
    assert cards(client, fracture(**bare, category=category)) == ASKED


def test_a_converted_problem_without_verification(client: FlaskClient) -> None:
    """Hazard 5, C-CDA converters (35 of 35): nobody said unconfirmed; "alive and well" is no clinical status."""
    assert cards(client, fracture(verificationStatus=None)) == REFERRAL
    well = {"coding": [{"system": SNOMED, "code": "81323004", "display": "Alive and well"}]}
    assert cards(client, fracture(verificationStatus=None, clinicalStatus=well)) == REFERRAL


@pytest.mark.parametrize("code", ["unconfirmed", "provisional", "differential"])
def test_a_suspicion_is_no_fracture(client: FlaskClient, code: str) -> None:
    """Hazard 5: a tentative diagnosis is looked into, never taken for confirmed."""
    assert cards(client, coded_alone()) == NEW_WEDGE
    assert cards(client, coded_alone(verificationStatus=verification(code))) == {"radiographs-first": "info"}


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
def test_a_refuted_diagnosis_is_none(client: FlaskClient, code: str) -> None:
    """Hazard 5: nothing follows from what was taken back, not even a suspicion."""
    assert cards(client, coded_alone(verificationStatus=verification(code))) == {}


@pytest.mark.parametrize(
    "over",
    [
        {"clinicalStatus": {"coding": [{"system": f"{HL7}condition-clinical", "code": "resolved"}]}},
        {"clinicalStatus": {"text": "Resolved"}},
        {"clinicalStatus": None, "abatementDateTime": "2026-11-19"},
        {"clinicalStatus": None, "abatementString": "healed"},
    ],
)
def test_what_is_over_is_past(client: FlaskClient, over: Json) -> None:
    """Hazard 5: resolved, or abated without a clinical status; one that abates next month is not over."""
    assert cards(client, coded_alone(**over)) == {}
    assert cards(client, coded_alone(clinicalStatus=None, abatementDateTime="2026-12-19")) == NEW_WEDGE


# --- 6: duplicates ----------------------------------------------------------------------------------------------------


def test_one_problem_in_three_systems(client: FlaskClient) -> None:
    """Hazard 6: ICD-9, ICD-10 and SNOMED CT of one condition are one fracture, in whatever order."""
    codings = [
        {"system": ICD_9, "code": "733.13", "display": "Pathologic fracture of vertebrae"},
        {"system": SNOMED, "code": "42942008"},
        {"system": ICD, "code": "M80.08XA"},
    ]
    for order_of in (codings, codings[::-1]):
        request = fracture(code={"coding": order_of, "text": "Compression fracture T12"})
        assert cards(client, request) == REFERRAL
    assert cards(client, fracture(code={"coding": codings[:1]})) == ASKED


@pytest.mark.parametrize("name", ["1", "3"])
def test_one_problem_as_encounter_diagnosis_and_on_the_problem_list(client: FlaskClient, name: str) -> None:
    """Hazard 6, Epic: the same fracture twice is neither an older one nor a disagreement."""
    request = build(VIGNETTES[name])
    plain = cards(client, request)
    twin = copy.deepcopy(found(request, "conditions", FRACTURE))
    twin["id"] = "on-the-list"
    twin["category"] = [{"coding": [{"system": f"{HL7}condition-category", "code": "problem-list-item"}]}]
    request["prefetch"]["conditions"]["entry"].append({"resource": twin})
    assert cards(client, request) == plain
    twin["onsetDateTime"] = "2025-01-01"
    assert cards(client, request) != plain
