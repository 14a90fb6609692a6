"""Hazards 9, 12, 13, 16: references, dates and deaths, searchsets, security labels."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from cds_service.logs import captured
from tests.clinical.builder import PATIENT, RXNORM, SERVER, Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, besides, changed, coded, found, instead, without
from tests.clinical.running import post
from tests.hazards.asking import (
    ASKED,
    BONES,
    CARE,
    NEW_WEDGE,
    REFERRAL,
    answered,
    cards,
    detail,
    missing,
    status,
)

FRACTURE: Final = "fracture-1"
URN: Final = "urn:uuid:7d5a02b0-67a4-11db-bd13-0800200c9a66"


def fracture(**members: Any) -> Json:
    """Vignette 1 with its coded fracture written otherwise; without it the onset is not known."""
    return changed("1", "conditions", FRACTURE, **members)


# --- 9: references ----------------------------------------------------------------------------------------------------

OURS: Final[dict[str, Json]] = {
    "relative": {"reference": f"Patient/{PATIENT}"},
    "absolute": {"reference": f"https://fhir.example/other/base/Patient/{PATIENT}"},
    "of one version": {"reference": f"Patient/{PATIENT}/_history/3"},
    "Synthea: urn:uuid": {"reference": f"urn:uuid:{PATIENT}"},
    "contained": {"reference": "#me"},
    "conditional": {"reference": "Patient?identifier=http://hospital.example/mrn|5582"},
    "identifier and display alone": {"identifier": {"system": "urn:oid:1.2.3", "value": "5582"}, "display": "A. Test"},
    "display alone": {"display": "A. Test"},
    "AU Core: masked": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]},
}


@pytest.mark.parametrize("form", list(OURS))
def test_a_subject_in_each_form(client: FlaskClient, form: str) -> None:
    """Hazard 9, as each case says: in the answer to a search for the patient it is theirs unless it says otherwise."""
    request = fracture(subject=OURS[form], contained=[{"resourceType": "Patient", "id": "me"}])
    assert cards(client, request) == REFERRAL
    assert missing(client, request) == ()


@pytest.mark.parametrize("form", ["Patient/another", "https://fhir.example/Patient/another", "urn:uuid:another"])
def test_a_subject_who_is_another(client: FlaskClient, form: str) -> None:
    """Hazard 9: somebody else's fracture is dropped, in whatever form it names them."""
    assert cards(client, fracture(subject={"reference": form})) == ASKED


DRUG: Final[Json] = {"resourceType": "Medication", "id": "drug-7", "code": coded(RXNORM, "161", "Acetaminophen")}
NAMED: Final[dict[str, tuple[Json, str | None]]] = {
    "relative": ({"reference": "Medication/drug-7"}, None),
    "absolute": ({"reference": f"{SERVER}/Medication/drug-7"}, None),
    "urn:uuid": ({"reference": URN}, URN),
    "identifier and display alone": ({"identifier": {"value": "7"}, "display": "Acetaminophen 500 mg"}, None),
}


@pytest.mark.parametrize("form", list(NAMED))
def test_a_drug_by_reference(client: FlaskClient, form: str) -> None:
    """Hazard 9, C-CDA converters and Synthea: the drug that a reference names, or its display, is the analgesic."""
    reference, url = NAMED[form]
    order = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-10-27"}
    request = instead("1", "medications", "analgesic", "medications", order | {"medicationReference": reference})
    entry = {"resource": DRUG, **({"fullUrl": url} if url else {})}
    request["prefetch"]["medications"]["entry"].append(entry)
    assert cards(client, request) == REFERRAL
    other = copy.deepcopy(request)
    found(other, "medications", "other-form")["medicationReference"] = {"reference": "Medication/drug-8"}
    assert cards(client, other) == {**ASKED, **CARE}


def test_contained_resources_as_va_sends_them(client: FlaskClient) -> None:
    """Hazard 9, VA (382 of 447 resources): contained persons, places and drugs; each is read only where it is named."""
    held = [
        {"resourceType": "Location", "id": "loc-2938", "name": "PCT_O CLINIC (F/U)"},
        {"resourceType": "Practitioner", "id": "prov-0", "name": [{"text": "XXXX"}]},
        DRUG,
    ]
    order: Json = {"resourceType": "MedicationRequest", "status": "active", "intent": "order"}
    order |= {"authoredOn": "2026-10-27", "subject": SUBJECT, "contained": held}
    named = {**order, "medicationReference": {"reference": "#drug-7"}}
    assert cards(client, instead("1", "medications", "analgesic", "medications", named)) == REFERRAL
    not_named = {**order, "medicationReference": {"reference": "#loc-2938"}}
    assert cards(client, instead("1", "medications", "analgesic", "medications", not_named)) == {**ASKED, **CARE}
    cancer = {"resourceType": "Condition", "id": "c", "code": {"text": "Metastatic cancer"}}
    assert cards(client, fracture(contained=[*held, cancer])) == REFERRAL


def test_conditional_references_to_people(client: FlaskClient) -> None:
    """Hazard 9, Synthea 2021: `Practitioner?identifier=...|...` stands where nobody looks, and breaks nothing."""
    somebody = {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999991479", "display": "Dr. X"}
    assert cards(client, fracture(recorder=somebody, asserter=somebody)) == REFERRAL
    assert cards(client, changed("1", "reports", "report-1", performer=[somebody], result=[somebody])) == REFERRAL


# --- 12: dates, births and deaths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("born", ["1000-01-01", "1850", "2031-01-01", "", "unknown", None])
def test_an_impossible_birth_date_makes_the_age_unknown(client: FlaskClient, born: str | None) -> None:
    """Hazard 12, VA (1000-01-01): nobody is a thousand years old; what needs the age is open, and the card says so."""
    request = build(VIGNETTES["1"])
    request["prefetch"]["patient"]["birthDate"] = born
    assert cards(client, request) == ASKED
    assert "not documented: age not known" in detail(client, request, "augmentation-missing-data")
    film = build(VIGNETTES["3"])
    film["prefetch"]["patient"]["birthDate"] = born
    assert cards(client, film) == {key: value for key, value in NEW_WEDGE.items() if key not in BONES}


@pytest.mark.parametrize(("born", "expected"), [("1948", REFERRAL), ("1948-03", REFERRAL), ("1976", ASKED)])
def test_a_partial_birth_date(client: FlaskClient, born: str, expected: dict[str, str]) -> None:
    """Hazard 12, F5: a year is every day of it; 49 or 50 is not known to be 50."""
    request = build(VIGNETTES["1"])
    request["prefetch"]["patient"]["birthDate"] = born
    assert cards(client, request) == expected


@pytest.mark.parametrize(
    ("onset", "expected"),
    [("2026-10", REFERRAL), ("2026", CARE), ("2025", {"specialist-review": "info"}), ("2026-13", ASKED)],
)
def test_a_partial_onset(client: FlaskClient, onset: str, expected: dict[str, str]) -> None:
    """Hazard 12: month and year are intervals; where their ends differ the criterion is open."""
    shown = cards(client, fracture(onsetDateTime=onset))
    assert expected.items() <= shown.items()
    assert (shown == REFERRAL) == (expected == REFERRAL)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"effectivePeriod": {"end": "2026-11-12T18:30:00Z"}}, REFERRAL),
        ({"issued": "2026-11-12T10:00:00.1234567Z"}, REFERRAL),
        ({"effectiveDateTime": "2026-11-12T10:00:00"}, REFERRAL),
        ({"effectivePeriod": {"end": "2026-09-12"}}, ASKED),
        ({}, ASKED),
    ],
)
def test_a_report_dated_otherwise(client: FlaskClient, dates: Json, expected: dict[str, str]) -> None:
    """Hazard 12, Cerner (a period with an end alone), fractions, no zone, no effective at all: dated or not known."""
    request = changed("1", "reports", "report-1", **{"effectiveDateTime": None, **dates})
    shown = cards(client, request)
    assert (shown == REFERRAL) == (expected == REFERRAL)


@pytest.mark.parametrize("death", [{"deceasedDateTime": "2026-11-01T04:00:00Z"}, {"deceasedBoolean": True}])
@pytest.mark.parametrize("name", ["1", "3", "cement-high", "18"])
def test_nothing_is_shown_of_the_dead(client: FlaskClient, name: str, death: Json) -> None:
    """Hazard 12, Synthea (18 % are dead): no card whatever the record holds (G-02 is silent, and tells no status)."""
    request = build(VIGNETTES[name])
    request["prefetch"]["patient"] |= death
    assert (cards(client, request), status(client, request)) == ({}, "complete")
    request["prefetch"]["patient"] = {**request["prefetch"]["patient"], "deceasedBoolean": False}
    request["prefetch"]["patient"].pop("deceasedDateTime", None)
    assert cards(client, request) == VIGNETTES[name]["expect"]
    assert status(client, request) == "complete"


# --- 13: searchsets ---------------------------------------------------------------------------------------------------


def outcome(severity: str = "warning", code: str = "processing") -> Json:
    """An OperationOutcome as Epic puts it among matches."""
    said = {"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369", "code": "4101"}
    said["display"] = "Resource request returns no results."
    issue = {"severity": severity, "code": code, "details": {"coding": [said], "text": said["display"]}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@pytest.mark.parametrize("mode", ["outcome", None])
def test_an_outcome_that_says_no_results(client: FlaskClient, mode: str | None) -> None:
    """Hazard 13, Epic (4101): "no results" is an answer; a record so answered holds none, whoever marks the entry."""
    entry = {"resource": outcome(), **({"search": {"mode": mode}} if mode else {})}
    request = build(VIGNETTES["3"])
    request["prefetch"]["reports"]["entry"].append(entry)
    request["prefetch"]["devices"] = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": [entry]}
    assert cards(client, request) == NEW_WEDGE
    assert missing(client, request) == ()


@pytest.mark.parametrize("given", [outcome("error"), outcome("fatal"), outcome("warning", "incomplete")])
def test_an_outcome_that_says_the_search_failed(client: FlaskClient, given: Json) -> None:
    """Hazard 13: beside matches an error leaves them in part, and the MRI may stand in the rest."""
    request = build(VIGNETTES["3"])
    request["prefetch"]["reports"]["entry"].append({"resource": given, "search": {"mode": "outcome"}})
    assert cards(client, request) == {**CARE, **BONES}
    assert missing(client, request) == ("reports",)


def test_a_page_by_an_opaque_context(client: FlaskClient) -> None:
    """Hazard 13, Cerner: a `next` by pageContext means there is more; the one before and `self` mean nothing."""
    request = build(VIGNETTES["3"])
    page = "https://fhir-open.cerner.com/r4/tenant/DiagnosticReport?patient=1&pageContext=8b1c-opaque&direction=NEXT"
    request["prefetch"]["reports"]["link"] = [{"relation": "self", "url": page}, {"relation": "previous", "url": page}]
    assert cards(client, request) == NEW_WEDGE
    request["prefetch"]["reports"]["link"].append({"relation": "next", "url": page})
    assert cards(client, request) == {**CARE, **BONES}
    assert missing(client, request) == ("reports",)


@pytest.mark.parametrize(("total", "whole"), [(None, True), (1, True), (0, True), (2, False)])
def test_a_total_that_is_absent(client: FlaskClient, total: int | None, whole: bool) -> None:
    """Hazard 13, Cerner and Epic: without a total a set is whole; with one it must not promise more than came."""
    request = build(VIGNETTES["3"])
    request["prefetch"]["reports"] |= {} if total is None else {"total": total}
    assert cards(client, request) == (NEW_WEDGE if whole else {**CARE, **BONES})


# --- 16: security labels ----------------------------------------------------------------------------------------------

LABELS: Final = (
    {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PHY", "display": "CANARY physician"},
    {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PRS", "display": "CANARY patient"},
    {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R", "display": "CANARY"},
)


@pytest.mark.parametrize("name", ["1", "3", "cement-high"])
def test_a_security_label_is_never_echoed(client: FlaskClient, name: str) -> None:
    """Hazard 16, Cerner (PHY and PRS on Conditions): not in a card, not in an offered order, not in the log; and the
    labelled problem counts as any other.
    """
    request = build(VIGNETTES[name])
    for bundle in request["prefetch"].values():
        for entry in bundle.get("entry", []):
            entry["resource"]["meta"] = {"security": [*LABELS[:2]], "tag": [LABELS[0]], "source": "CANARY"}
    log = io.StringIO()
    with captured(log):
        answer = post(client, request)
    assert answer.status_code == 200
    for told in (answer.get_data(as_text=True), log.getvalue(), str(answer.headers)):
        assert told
        assert not re.search(r"\bPHY\b|\bPRS\b|CANARY|v3-ActCode", told)
    assert cards(client, request) == VIGNETTES[name]["expect"]


def test_a_label_on_a_draft_goes_back_on_that_draft_alone(client: FlaskClient) -> None:
    """Hazard 16: an `update` hands the client's own order back as it came, label and all; what we write has none."""
    request = build(VIGNETTES["22"])
    for entry in request["context"]["draftOrders"]["entry"]:
        entry["resource"]["meta"] = {"security": [LABELS[1]]}
    answer = answered(client, request)
    changes = {action["type"]: action["resource"] for action in actions(answer) if "resource" in action}
    assert changes["update"]["meta"] == {"security": [LABELS[1]]}
    assert "security" not in changes["create"].get("meta", {})
    assert not [card for card in answer["cards"] if re.search(r"\bPRS\b|CANARY", card["summary"] + card["detail"])]


def actions(answer: Json) -> Iterator[Json]:
    """Every action that a card offers."""
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", []):
            yield from suggestion.get("actions", [])


def test_a_label_of_any_shape_costs_no_resource(client: FlaskClient) -> None:
    """Hazard 16: no label is worth a problem; ill-typed ones are left where they are."""
    for security in ([*LABELS], LABELS[0], "PHY", [None, 7], {"code": ["PRS"]}):
        assert cards(client, fracture(meta={"security": security})) == REFERRAL
        assert cards(client, changed("16", "encounter", "encounter-1", meta={"security": "PHY"})) == REFERRAL


def test_the_plain_shapes_are_what_the_others_are_held_against(client: FlaskClient) -> None:
    """The contrast of this file: vignette 1 as it stands, without its fracture, and without its analgesic."""
    plain = build(VIGNETTES["1"])
    assert cards(client, plain) == REFERRAL
    assert cards(client, without(plain, "conditions", FRACTURE)) == ASKED
    assert cards(client, without(plain, "medications", "analgesic")) == {**ASKED, **CARE}
    assert cards(client, besides("1", "conditions", {"resourceType": "Condition", "subject": SUBJECT})) == REFERRAL
