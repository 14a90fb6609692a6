"""The envelope of a call (fault matrix C): required members, identity, and what real clients get wrong."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.schemas.conformance import assert_conformant, assert_operation_outcome
from tests.web.support import HOOK_INSTANCE, PATH, FakeCore, body_of, call, context, encoded

DRAFT_ORDERS = {"resourceType": "Bundle", "entry": []}


def _send(client: FlaskClient, body: dict[str, Any], path: str = PATH) -> TestResponse:
    return client.post(path, data=encoded(body), content_type="application/json")


def _assert_refused(answer: TestResponse, code: str, *expression: str) -> None:
    assert answer.status_code == 400
    assert_operation_outcome(body_of(answer))
    issue = body_of(answer)["issue"][0]
    assert issue["code"] == code
    assert tuple(issue.get("expression", ())) == expression


@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_a_missing_member_is_named(client: FlaskClient, name: str) -> None:
    """C1: 400 `required`, and `expression` names the member."""
    _assert_refused(_send(client, call(**{name: ...})), "required", name)


@pytest.mark.parametrize("hook", ["order-sign", "medication-prescribe", "Patient-View", "nonsense"])
def test_another_hook_is_refused(client: FlaskClient, hook: str) -> None:
    """C2: the hook must be the one of the service."""
    _assert_refused(_send(client, call(hook=hook)), "invalid", "hook")


def test_a_hook_instance_that_is_no_uuid_is_accepted_and_counted(client: FlaskClient, core: FakeCore, log: Any) -> None:
    """C3 with head decision 3: accepted, and the log line says so."""
    assert _send(client, call(hookInstance="instance-1")).status_code == 200
    assert core.calls[0][0].hook_instance == "instance-1"
    assert '"hook_instance_is_uuid":false' in log.getvalue()


@pytest.mark.parametrize("given", [HOOK_INSTANCE.upper(), f"urn:uuid:{HOOK_INSTANCE}"])
def test_a_hook_instance_is_normalised(client: FlaskClient, core: FakeCore, given: str) -> None:
    """C4: upper case and urn:uuid: are one and the same instance."""
    assert _send(client, call(hookInstance=given)).status_code == 200
    assert core.calls[0][0].hook_instance == HOOK_INSTANCE


def test_a_retry_reaches_the_core_unchanged(client: FlaskClient, core: FakeCore) -> None:
    """C5: the same body twice gives the core the same request."""
    first, second = _send(client, call()), _send(client, call())
    assert first.data == second.data
    assert core.calls[0][0].hook_instance == core.calls[1][0].hook_instance


@pytest.mark.parametrize("value", [None, [], "context", 1])
def test_a_context_that_is_no_object_is_refused(client: FlaskClient, value: object) -> None:
    """C6: 400 naming the context."""
    _assert_refused(_send(client, call(context=value)), "structure", "context")


@pytest.mark.parametrize("value", [..., None, ""])
def test_a_missing_patient_is_refused(client: FlaskClient, value: object) -> None:
    """C7: no patientId is `required`."""
    _assert_refused(_send(client, call(context=context(patientId=value))), "required", "context.patientId")


@pytest.mark.parametrize(
    "value",
    ["a/b", "Patient/a/b", "Patient/", "a?b", "a b", " a", "a\n", "..", ".", "Patient/..", "a#b", "a%2Fb", "é",
     "Group/1", "http://x.example/Patient/1", "x" * 200, 7, ["a"], {"id": "a"}, True],
)  # fmt: skip
def test_a_patient_id_that_is_none_is_refused(client: FlaskClient, core: FakeCore, value: object) -> None:
    """C7: what could become another path of a URL never gets there, and is not repeated."""
    answer = _send(client, call(context=context(patientId=value)))
    _assert_refused(answer, "invalid", "context.patientId")
    assert core.calls == []


@pytest.mark.parametrize("value", ["pat-1", "Patient/pat-1", "0", "a_b", "eq081-VQEgP8drUUqCWzHfw3", "1.2.3", "x" * 64])
def test_real_patient_ids_are_accepted(client: FlaskClient, core: FakeCore, value: str) -> None:
    """C7 with head decision 3, hazards 2 and 17: `Patient/x` is x, underscores occur."""
    assert _send(client, call(context=context(patientId=value))).status_code == 200
    assert core.calls[0][0].patient_id == value.removeprefix("Patient/")


@pytest.mark.parametrize("value", [..., None, "", "prac-1", 5, "http://x.example/Practitioner/1"])
def test_a_user_who_cannot_be_told_is_nobody_in_particular(client: FlaskClient, core: FakeCore, value: object) -> None:
    """C8 with head decision 3: the call is evaluated without a role."""
    assert _send(client, call(context=context(userId=value))).status_code == 200
    assert core.calls[0][0].user_id is None


def test_an_unknown_type_of_user_is_passed_on(client: FlaskClient, core: FakeCore) -> None:
    """C9: `Foo/1` is evaluated; who reads it finds no role."""
    assert _send(client, call(context=context(userId="Foo/1"))).status_code == 200
    assert core.calls[0][0].user_id == "Foo/1"


@pytest.mark.parametrize(
    "more",
    [{"item2": {"a": 1}, "item16": None}, {"extension": {"com.example": {"a": 1}}}, {"user": "Practitioner/1"},
     {"hookVersion": "9.9"}, {"version": "7"}],
)  # fmt: skip
def test_members_we_do_not_know_are_ignored(client: FlaskClient, more: dict[str, Any]) -> None:
    """C10, C28, checklist 6 and 26: stray members and extensions change nothing."""
    answer = _send(client, call(**more))
    assert answer.status_code == 200
    assert_conformant(body_of(answer))


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_a_prefetch_that_is_no_object_is_refused(client: FlaskClient, value: object) -> None:
    """C11: null is not the same as absent."""
    _assert_refused(_send(client, call(prefetch=value)), "structure", "prefetch")


def test_no_prefetch_and_no_server_is_412(client: FlaskClient) -> None:
    """C12, checklist 36: 412, and the keys that are needed are named."""
    answer = _send(client, call(prefetch=...))
    assert answer.status_code == 412
    assert_operation_outcome(body_of(answer))
    issue = body_of(answer)["issue"][0]
    assert issue["code"] == "processing"
    assert issue["expression"] == ["prefetch.patient", "prefetch.conditions"]


def test_absent_and_empty_prefetch_are_told_apart(client: FlaskClient, core: FakeCore) -> None:
    """C12-C14: the core learns whether prefetch was given, and a null value arrives as null."""
    _send(client, call(prefetch={}))
    _send(client, call(prefetch=..., fhirServer="https://fhir.example"))
    _send(client, call(prefetch={"conditions": None}))
    empty, absent, null = (request for request, _ in core.calls)
    assert (empty.prefetch_given, dict(empty.prefetch)) == (True, {})
    assert (absent.prefetch_given, dict(absent.prefetch)) == (False, {})
    assert bytes(null.prefetch["conditions"]) == b"null"


def test_a_token_without_a_server_is_refused(client: FlaskClient) -> None:
    """C21, cds-r-1: fhirAuthorization requires fhirServer."""
    _assert_refused(_send(client, call(fhirAuthorization={"access_token": "t"})), "required", "fhirServer")


@pytest.mark.parametrize(
    "authorization",
    [{}, {"access_token": ""}, {"access_token": None}, {"token_type": "mac", "expires_in": 0, "access_token": "t"}],
)
def test_an_incomplete_authorization_is_accepted(client: FlaskClient, core: FakeCore, authorization: object) -> None:
    """C22, checklist 48: no usable token is no crash."""
    body = call(fhirServer="https://fhir.example", fhirAuthorization=authorization)
    assert _send(client, body).status_code == 200
    grant = core.calls[0][0].grant
    assert (grant.usable, grant.token) == (False, None)


@pytest.mark.parametrize("patient", ["other", "Patient/other", "", 5])
def test_a_token_for_another_patient_is_refused(client: FlaskClient, core: FakeCore, patient: object) -> None:
    """C23, checklist 45: nobody's data is evaluated under somebody else's token."""
    body = call(fhirServer="https://fhir.example", fhirAuthorization={"access_token": "t", "patient": patient})
    _assert_refused(_send(client, body), "security", "fhirAuthorization.patient", "context.patientId")
    assert core.calls == []


def test_null_stands_for_absent_where_clients_send_it(client: FlaskClient) -> None:
    """Hazard 17: null for what is optional is not an error."""
    body = call(fhirServer=None, fhirAuthorization=None, context=context(encounterId=None, userId=None))
    assert _send(client, body).status_code == 200


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
@pytest.mark.parametrize("value", [..., None])
def test_an_order_hook_needs_draft_orders(client: FlaskClient, hook: str, value: object) -> None:
    """Hook library: draftOrders is required, and named when it is missing."""
    body = call(hook=hook, context=context(draftOrders=value, selections=[]))
    _assert_refused(_send(client, body, f"/cds-services/vcf-{hook}"), "required", "context.draftOrders")


@pytest.mark.parametrize("value", [[], "x", {"resourceType": "ServiceRequest"}, {}, {"resourceType": 5}])
def test_draft_orders_that_are_no_bundle_are_refused(client: FlaskClient, value: object) -> None:
    """C26: not a Bundle is 400."""
    body = call(hook="order-sign", context=context(draftOrders=value))
    _assert_refused(_send(client, body, "/cds-services/vcf-order-sign"), "invalid", "context.draftOrders")


@pytest.mark.parametrize(
    "value",
    [DRAFT_ORDERS, {"resourceType": "Bundle"}, {"entry": []}, {"resourceType": "Bundle", "entry": [{}] * 500}],
)
def test_draft_orders_are_accepted(client: FlaskClient, core: FakeCore, value: object) -> None:
    """C26, cds-hooks.md 6.2: empty, without `type`, or with 500 entries."""
    body = call(hook="order-sign", context=context(draftOrders=value))
    assert _send(client, body, "/cds-services/vcf-order-sign").status_code == 200
    assert core.calls[0][0].draft_orders is not None


def test_order_select_needs_selections(client: FlaskClient) -> None:
    """Hook library: selections is required on order-select alone."""
    path = "/cds-services/vcf-order-select"
    body = call(hook="order-select", context=context(draftOrders=DRAFT_ORDERS))
    _assert_refused(_send(client, body, path), "required", "context.selections")
    body["context"]["selections"] = "ServiceRequest/1"
    _assert_refused(_send(client, body, path), "invalid", "context.selections")


@pytest.mark.parametrize(
    ("hook", "field", "wrong"),
    [
        ("appointment-book", "appointments", "x"),
        ("problem-list-item-create", "conditions", {"resourceType": "Condition"}),
        ("order-dispatch", "dispatchedOrders", "ServiceRequest/1"),
    ],
)
def test_a_hook_needs_what_it_is_about(client: FlaskClient, hook: str, field: str, wrong: object) -> None:
    """Hook library: each hook's own field is required, and named when it is missing or of another shape."""
    path = f"/cds-services/vcf-{hook}"
    _assert_refused(_send(client, call(hook=hook), path), "required", f"context.{field}")
    body = call(hook=hook, context=context(**{field: wrong}))
    _assert_refused(_send(client, body, path), "invalid", f"context.{field}")


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_an_encounter_hook_reads_encounters_by_patient(client: FlaskClient, hook: str) -> None:
    """contract.md: the encounter key is a search by patient, so a missing encounterId is no reason to refuse."""
    assert _send(client, call(hook=hook), f"/cds-services/vcf-{hook}").status_code == 200


def test_an_order_dispatch_names_no_user(client: FlaskClient, core: FakeCore) -> None:
    """Hook library: no userId, no encounterId; performer and tasks are not looked at."""
    about = {"dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1", "fulfillment-tasks": []}
    body = call(hook="order-dispatch", context=context(userId=..., **about))
    assert _send(client, body, "/cds-services/vcf-order-dispatch").status_code == 200
    assert core.calls[0][0].dispatched == ("ServiceRequest/1",)


def test_selections_that_are_no_references_are_left_out(client: FlaskClient, core: FakeCore) -> None:
    """C25: the rest is read."""
    body = call(
        hook="order-select", context=context(draftOrders=DRAFT_ORDERS, selections=["ServiceRequest/1", 5, None])
    )
    assert _send(client, body, "/cds-services/vcf-order-select").status_code == 200
    assert core.calls[0][0].selections == ("ServiceRequest/1",)


def test_the_core_is_given_the_pinned_date(client: FlaskClient, core: FakeCore) -> None:
    """contract.md, VCF_AS_OF: the date comes from the settings in the demo profile."""
    _send(client, call())
    assert core.calls[0][1].isoformat() == "2026-11-20"
