"""The six states of every prefetch key, by HTTP: status, what is named as missing, the cards and their footnote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.recommendations import ALL
from tests.clinical.builder import KEYS, build, load_vignettes
from tests.clinical.running import EXTENSION, post, topics
from tests.schemas.conformance import assert_conformant, assert_operation_outcome

VIGNETTES = load_vignettes()
OPTIONAL = tuple(key for key in KEYS if key not in ("patient", "conditions", "coverage"))
"""The optional keys that a chart review asks for; who pays is asked where an augmentation is signed alone."""
NEEDS = {recommendation.id: recommendation.needs for recommendation in ALL}

NONE_SENT = "absent"
NULL = "null"
EMPTY = "empty"
FAILED = "failed"
FURTHER_PAGE = "further page"
SPLIT_UNANSWERED = "a part unanswered"
WHOLE = "whole"

OUTCOME: Mapping[str, Any] = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "processing", "diagnostics": "the search timed out"}],
}

REFERRAL = {"augmentation-referral": "info"}
ASKED = {"augmentation-missing-data": "info"}
CARE = {"conservative-care": "info"}
MRI = {"mri-without-contrast": "info"}
BONE = {"osteoporosis-treatment": "info"}

WITHOUT: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "encounter": (REFERRAL, {**MRI, **CARE, **BONE}),
    "reports": ({}, {**CARE, **BONE}),
    "imaging": (REFERRAL, {**CARE, **BONE}),
    "observations": (ASKED, {**MRI, **CARE, **BONE}),
    "medications": ({**ASKED, **CARE}, {**MRI, **CARE}),
    "devices": (REFERRAL, {**MRI, **CARE, **BONE}),
    "procedures": (REFERRAL, {**MRI, **CARE, **BONE}),
    "orders": ({**ASKED, **CARE}, {**MRI, **CARE, **BONE}),
    "allergies": (REFERRAL, {**MRI, **CARE, **BONE}),
    "questionnaire": (REFERRAL, {**MRI, **CARE, **BONE}),
}
"""The cards of vignettes 1 and 3 when nobody could read a key.

Without `reports` no fracture is confirmed in 1, and without `reports` or `imaging` nobody knows whether an MRI was done
in 3. The brace of 1 is an order, its analgesic a medication, its pain score an observation. Everything else has a
second source or only excludes.
"""


def in_state(name: str, key: str, state: str) -> dict[str, Any]:
    """A vignette's request with one key in one state."""
    request = build(VIGNETTES[name])
    prefetch = request["prefetch"]
    match state:
        case "absent":
            del prefetch[key]
        case "null":
            prefetch[key] = None
        case "empty":
            prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
        case "failed":
            prefetch[key] = dict(OUTCOME)
        case "further page":
            prefetch[key]["link"] = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
        case "a part unanswered":
            prefetch[f"{key}-more"] = dict(OUTCOME)
    return request


def evaluation(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """The extension of an answer."""
    extension: Mapping[str, Any] = response["extension"][EXTENSION]
    return extension


@pytest.mark.parametrize("state", [NONE_SENT, FAILED])
@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize(("name", "side"), [("1", 0), ("3", 1)])
def test_an_unread_key_is_unknown_and_said(client: FlaskClient, name: str, side: int, key: str, state: str) -> None:
    """G-04, contract: an absent or failed key is no "none"; `missing` names it, and each card that reads it says so."""
    answer = post(client, in_state(name, key, state)).json
    assert_conformant(answer)
    assert topics(answer) == WITHOUT[key][side]
    assert evaluation(answer)["status"] == "partial"
    assert evaluation(answer)["missing"] == [key]
    for card in answer["cards"]:
        said = f"Could not be read: {key}." in card["detail"]
        assert said == (key in NEEDS[card["source"]["topic"]["code"]])


@pytest.mark.parametrize("state", [FURTHER_PAGE])
@pytest.mark.parametrize("key", OPTIONAL)
def test_a_further_page_proves_no_absence(client: FlaskClient, key: str, state: str) -> None:
    """Hazard 13: what came counts, what did not come is unknown, so the status is partial and the card says so."""
    answer = post(client, in_state("1", key, state)).json
    assert_conformant(answer)
    assert topics(answer) == REFERRAL
    assert evaluation(answer)["missing"] == [key]
    assert f"Read in part, the list may be incomplete: {key}." in answer["cards"][0]["detail"]


def test_a_further_page_of_reports_leaves_mri_open(client: FlaskClient) -> None:
    """IM-01, decision 1: the MRI may stand on the next page, so nobody asks for one."""
    assert topics(post(client, in_state("3", "reports", FURTHER_PAGE)).json) == {**CARE, **BONE}


@pytest.mark.parametrize("state", [NULL, EMPTY])
@pytest.mark.parametrize("key", OPTIONAL)
def test_nothing_found_is_an_answer(client: FlaskClient, key: str, state: str) -> None:
    """Decision 1: null and an empty list say that somebody looked; the status stays complete."""
    answer = post(client, in_state("3", key, state)).json
    assert_conformant(answer)
    assert topics(answer) == {**MRI, **CARE, **BONE}
    assert evaluation(answer)["status"] == "complete"
    assert "missing" not in evaluation(answer)
    assert all("Could not be read" not in card["detail"] for card in answer["cards"])


@pytest.mark.parametrize("key", OPTIONAL)
def test_a_split_key_is_as_whole_as_its_worst_part(client: FlaskClient, key: str) -> None:
    """Contract: a key may be split with a suffix; with one part failed the whole is incomplete."""
    answer = post(client, in_state("1", key, SPLIT_UNANSWERED)).json
    assert topics(answer) == REFERRAL
    assert evaluation(answer)["status"] == "partial"
    assert any(missing.startswith(key) for missing in evaluation(answer)["missing"])


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("patient", NONE_SENT),
        ("patient", NULL),
        ("patient", EMPTY),
        ("patient", FAILED),
        ("conditions", NONE_SENT),
        ("conditions", FAILED),
    ],
)
def test_a_required_key_that_cannot_be_had_is_412(client: FlaskClient, key: str, state: str) -> None:
    """Contract: `patient` and `conditions` are required; the OperationOutcome says which one is missing."""
    answer = post(client, in_state("1", key, state))
    assert answer.status_code == 412
    assert_operation_outcome(answer.json)
    assert key in str(answer.json)


@pytest.mark.parametrize("state", [NULL, EMPTY])
def test_conditions_looked_up_and_empty_are_no_lack(client: FlaskClient, state: str) -> None:
    """Contract: a required key looked up and empty is an answer; here the X-ray alone names the fracture."""
    answer = post(client, in_state("3", "conditions", state))
    assert answer.status_code == 200
    assert topics(answer.json) == {**MRI, **CARE, **BONE}
    assert evaluation(answer.json)["status"] == "complete"


def test_a_part_of_the_conditions_is_enough_to_answer(client: FlaskClient) -> None:
    """Contract: partial is not absent; the card says that not everything could be read."""
    answer = post(client, in_state("1", "conditions", FURTHER_PAGE)).json
    assert topics(answer) == REFERRAL
    assert evaluation(answer)["missing"] == ["conditions"]
    assert "Read in part, the list may be incomplete: conditions." in answer["cards"][0]["detail"]


def test_everything_whole_is_complete(client: FlaskClient) -> None:
    """The other end: all keys whole, nothing missing."""
    extension = evaluation(post(client, in_state("1", "reports", WHOLE)).json)
    assert extension["status"] == "complete"
    assert "missing" not in extension


def test_nothing_but_the_required_keys(client: FlaskClient) -> None:
    """Contract: with no card and much unread the answer is partial and names every key; there is no extra card."""
    request = build(VIGNETTES["37"])
    request["prefetch"] = {key: request["prefetch"][key] for key in ("patient", "conditions")}
    answer = post(client, request).json
    assert answer["cards"] == []
    assert evaluation(answer)["status"] == "partial"
    assert set(evaluation(answer)["missing"]) == set(OPTIONAL)


@pytest.mark.parametrize(
    ("draft", "missing"),
    [
        ({"resourceType": "ServiceRequest", "id": "d", "status": "draft", "code": "kyphoplasty"}, ["draft-orders"]),
        ({"resourceType": "ServiceRequest", "id": "d", "subject": {"reference": "Patient/other"}}, None),
        ({"resourceType": "VisionPrescription", "id": "d", "status": "draft"}, None),
    ],
)
def test_a_draft_that_cannot_be_judged_is_named(
    client: FlaskClient, draft: dict[str, Any], missing: list[str] | None
) -> None:
    """An unreadable draft is no "nothing to say"; another patient's, or an unrelated order, leaves the answer whole."""
    request = build(VIGNETTES["5"])
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    answer = post(client, request).json
    assert_conformant(answer)
    assert evaluation(answer).get("missing") == missing
    assert evaluation(answer)["status"] == ("partial" if missing else "complete")
