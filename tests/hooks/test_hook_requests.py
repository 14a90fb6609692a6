"""A request as the core receives it; what clients get wrong is in tests/web, where it is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.errors import Malformed
from cds_service.fhir.client.tokens import Token
from cds_service.hooks.requests import HookRequest, hook_of, read_request
from cds_service.hooks.services import offered

SERVICES = offered({}, {})
ORDERS = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest", "id": "sr-1"}}]}
BODY: dict[str, Any] = {
    "hook": "order-select",
    "hookInstance": "urn:uuid:D1577C69-DFBE-44AD-BA6D-3E05E953B2EA",
    "fhirServer": "https://fhir.example/r4",
    "fhirAuthorization": {"access_token": "secret", "token_type": "Bearer", "patient": "Patient/pat-1"},
    "context": {
        "patientId": "Patient/pat-1",
        "userId": "PractitionerRole/role-1",
        "encounterId": "Encounter/enc-1",
        "selections": ["ServiceRequest/sr-1"],
        "draftOrders": ORDERS,
    },
    "prefetch": {"patient": {"resourceType": "Patient", "id": "pat-1"}, "conditions": None},
    "extension": {"com.example": 1},
}


def _read(body: dict[str, Any]) -> HookRequest:
    return read_request(SERVICES.for_hook("order-select"), json.dumps(body).encode())


def test_every_member_arrives() -> None:
    """Checklist 18-25: one full request, field by field, prefixes taken off."""
    request = _read(BODY)
    assert (request.service_id, request.hook) == ("vcf-order-select", "order-select")
    assert request.hook_instance == "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    assert (request.patient_id, request.user_id, request.encounter_id) == ("pat-1", "PractitionerRole/role-1", "enc-1")
    assert request.selections == ("ServiceRequest/sr-1",)
    assert request.draft_orders is not None
    assert json.loads(bytes(request.draft_orders)) == ORDERS
    assert json.loads(bytes(request.prefetch["patient"])) == BODY["prefetch"]["patient"]
    assert bytes(request.prefetch["conditions"]) == b"null"
    assert request.fhir_server == "https://fhir.example/r4"
    assert request.grant.usable
    assert request.grant.token is not None
    assert request.grant.token.reveal() == "secret"
    assert request.extension_present
    assert set(request.context) == set(BODY["context"])


def test_a_request_cannot_be_changed() -> None:
    """BRIEF, small frozen values: neither a field nor a mapping of it."""
    request = _read(BODY)
    with pytest.raises(AttributeError):
        request.patient_id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        request.prefetch["patient"] = request.prefetch["conditions"]  # type: ignore[index]


def test_a_token_is_not_copied_into_a_store() -> None:
    """Checklist 43: pickling, the way into caches and queues, is refused."""
    with pytest.raises(TypeError):
        Token("secret").__reduce__()


def test_the_hook_of_a_body() -> None:
    """contract.md, `evaluate` without --service: the body says which hook it is for."""
    assert hook_of(json.dumps(BODY).encode()) == "order-select"
    with pytest.raises(Malformed, match="hook is missing"):
        hook_of(b"{}")


@pytest.mark.parametrize("value", ["a/b", 5, "", ["x"]])
def test_an_encounter_that_cannot_be_told_is_none(value: object) -> None:
    """Hazard 17: encounterId is optional here, so a bad one refuses nothing and is not used."""
    body = {**BODY, "context": {**BODY["context"], "encounterId": value}}
    assert _read(body).encounter_id is None
