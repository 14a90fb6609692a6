"""What the hooks besides chart and ordering bring of their own: new problems, bookings, dispatched orders, roles."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, collection, load_vignettes
from tests.clinical.running import EXTENSION, post, topics

VIGNETTES = load_vignettes()
Json = dict[str, Any]


def told(client: FlaskClient, request: Json) -> Json:
    """The extension of the answer."""
    extension: Json = post(client, request).json["extension"][EXTENSION]
    return extension


def test_a_dispatched_order_that_is_not_in_the_record_is_named(client: FlaskClient) -> None:
    """Order-dispatch sends references alone: what cannot be looked at is no order without objection."""
    request = build(VIGNETTES["dispatch-all-met"])
    request["context"]["dispatchedOrders"] = ["ServiceRequest/elsewhere"]
    extension = told(client, request)
    assert extension["missing"] == ["dispatched-orders"]
    assert extension["status"] == "partial"


def test_a_dispatched_order_of_a_kind_not_judged_is_no_lack(client: FlaskClient) -> None:
    """A type this service never judges makes nothing incomplete."""
    request = build(VIGNETTES["dispatch-all-met"])
    request["context"]["dispatchedOrders"] = ["NutritionOrder/1"]
    assert "missing" not in told(client, request)


@pytest.mark.parametrize("spelled", ["ServiceRequest/draft-1", "ServiceRequest/draft-1/_history/2"])
def test_a_dispatched_order_is_found_however_it_is_spelled(client: FlaskClient, spelled: str) -> None:
    """References may be versioned."""
    request = build(VIGNETTES["dispatch-too-late"])
    request["context"]["dispatchedOrders"] = [spelled]
    assert topics(post(client, request).json)["augmentation-criteria-not-met"] == "warning"


def test_the_new_problem_is_not_the_problem_list(client: FlaskClient) -> None:
    """Contract, 412: with the problem list unread, the problem being created does not stand for it."""
    request = build(VIGNETTES["problem-new-fracture"])
    del request["prefetch"]["conditions"]
    assert post(client, request).status_code == 412


def test_a_new_problem_of_somebody_else_is_dropped(client: FlaskClient) -> None:
    """Whose record: a stranger's problem says nothing of this patient."""
    request = build(VIGNETTES["problem-coded-only"])
    problem = request["context"]["conditions"]["entry"][0]["resource"]
    assert topics(post(client, request).json)
    problem["subject"] = {"reference": "Patient/somebody-else"}
    answer = post(client, request)
    assert answer.status_code == 200
    assert topics(answer.json) == {}


def test_a_booking_takes_its_meaning_from_the_order_it_is_based_on(client: FlaskClient) -> None:
    """Appointment.basedOn: a booking in a clinic's own words is for what was ordered, and at that level."""
    request = build(VIGNETTES["booked-too-late"])
    order = build(VIGNETTES["6"])["context"]["draftOrders"]["entry"][0]["resource"] | {"status": "active"}
    booking = request["context"]["appointments"]["entry"][0]["resource"]
    booking["serviceType"] = [{"text": "Procedure room 2"}]
    assert topics(post(client, request).json) == {}
    booking["basedOn"] = [{"reference": f"ServiceRequest/{order['id']}"}]
    request["prefetch"]["orders"]["entry"] = [
        *request["prefetch"]["orders"].get("entry", []),
        {"fullUrl": f"https://ehr.example/fhir/ServiceRequest/{order['id']}", "resource": order},
    ]
    assert topics(post(client, request).json)["augmentation-criteria-not-met"] == "warning"


def test_an_appointment_that_cannot_be_read_is_named(client: FlaskClient) -> None:
    """Silence about an unreadable booking would look like no objection."""
    request = build(VIGNETTES["booked-all-met"])
    request["context"]["appointments"] = collection([{"resourceType": "Appointment", "id": "a", "start": {"no": 1}}])
    assert told(client, request)["missing"] == ["appointments"]


def test_the_role_is_missed_only_where_there_is_one_to_read(client: FlaskClient) -> None:
    """Decision 14: a Practitioner has no PractitionerRole to send; a PractitionerRole that was not sent is named."""
    request = build(VIGNETTES["1"])
    assert "missing" not in told(client, request)
    request["context"]["userId"] = "PractitionerRole/role-1"
    assert told(client, request)["missing"] == ["practitioner-role"]


def test_a_nurse_is_offered_no_referral(client: FlaskClient) -> None:
    """SL-07: the card, without its suggestion."""
    (card,) = (c for c in post(client, build(VIGNETTES["nurse-in-chart"])).json["cards"])
    assert "suggestions" not in card
    (card,) = (c for c in post(client, build(VIGNETTES["physician-in-chart"])).json["cards"])
    assert card["suggestions"]
