"""Draft resources of the context: read one by one, kept as sent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cds_service.fhir.drafts import NotABundle, read_drafts
from cds_service.fhir.resources import Appointment, MedicationRequest, ServiceRequest, Unreadable
from tests.fhir.samples import ME, bundle, raw

SUBJECT = {"reference": f"Patient/{ME}"}


def order(identifier: str = "s1", **more: Any) -> dict[str, Any]:
    """A draft ServiceRequest; keywords replace or add members."""
    return {"resourceType": "ServiceRequest", "id": identifier, "status": "draft", "subject": SUBJECT, **more}


def test_invalid_drafts_of_real_clients_are_read() -> None:
    """Cds-hooks 6.2, hazard 17: no Bundle type, no intent, ``coding: [{}]``, empty lists, insurance as an object."""
    sandbox = order(code={"coding": [{}]}, reasonCode=[], insurance={"reference": "Coverage/1"})
    drug = {"resourceType": "MedicationRequest", "id": "request-123", "status": "draft", "subject": SUBJECT}
    drafts = read_drafts(raw(bundle(sandbox, drug, type=None)), patient_id=f"Patient/{ME}")
    assert [draft.reference for draft in drafts] == ["ServiceRequest/s1", "MedicationRequest/request-123"]
    assert [type(draft.resource) for draft in drafts] == [ServiceRequest, MedicationRequest]


def test_the_bytes_are_kept_as_sent() -> None:
    """Design 7: an update sends the client's own draft back, foreign extensions, order and spacing intact."""
    sent = b'{ "resourceType":"ServiceRequest",  "zz":[1.50,{"b":null}],\n "id":"s1", "extension":[{"url":"u"}]}'
    (draft,) = read_drafts(b'{"resourceType":"Bundle","entry":[{"resource":%b}]}' % sent)
    assert draft.raw == sent


def test_a_draft_that_must_not_be_judged_keeps_its_place() -> None:
    """C27, F24, F29, F2: unsupported, altered, ill-typed, another's and missing say why; the good one is read."""
    drafts = read_drafts(
        raw(
            bundle(
                {"resourceType": "NutritionOrder", "id": "n"},
                order(modifierExtension=[{"url": "u"}]),
                order("bad", code="text"),
                order("theirs", subject={"reference": "Patient/p-2"}),
                order("mine"),
                {"resource": None},
            )
        ),
        patient_id=ME,
    )
    reasons = [draft.resource.reason if isinstance(draft.resource, Unreadable) else None for draft in drafts]
    assert reasons == [
        "not a resource type this service reads",
        "modifierExtension",
        "ill-typed at code",
        "of another patient",
        None,
        "an entry without a resource",
    ]
    assert [draft.reference for draft in drafts] == [
        "NutritionOrder/n",
        "ServiceRequest/s1",
        "ServiceRequest/bad",
        "ServiceRequest/theirs",
        "ServiceRequest/mine",
        None,
    ]
    assert orjson.loads(drafts[0].raw) == {"resourceType": "NutritionOrder", "id": "n"}


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (None, 0),
        (b"null", 0),
        (b"", 0),
        (raw(bundle()), 0),
        (b'{"resourceType":"Bundle"}', 0),
        (raw(order()), 1),
        (raw({"entry": [{"resource": order()}]}), 1),
        (raw(bundle(*(order(f"s{number}") for number in range(500)))), 500),
    ],
)
def test_shapes_of_the_context_field(value: bytes | None, count: int) -> None:
    """C26: absent, empty, a single resource, a Bundle that does not say so, 500 entries."""
    assert len(read_drafts(value)) == count


@pytest.mark.parametrize("value", [b"[]", b'"x"', b"7", b"{}", b"{", b"true"])
def test_what_is_no_bundle_is_refused(value: bytes) -> None:
    """C26: not a Bundle is the caller's fault (400), and the message repeats nothing."""
    with pytest.raises(NotABundle, match=r"^must be a Bundle of draft resources$"):
        read_drafts(value)


def test_a_draft_that_names_no_patient_is_read() -> None:
    """Hazard 17: a draft without a subject comes with the context of its patient."""
    (draft,) = read_drafts(raw(bundle({"resourceType": "ServiceRequest", "id": "s1"})), patient_id=ME)
    assert isinstance(draft.resource, ServiceRequest)


def test_appointments_are_drafts_too() -> None:
    """Appointment-book: the patient is a participant."""
    mine = {"resourceType": "Appointment", "id": "a", "participant": [{"actor": SUBJECT}]}
    theirs = {"resourceType": "Appointment", "id": "b", "participant": [{"actor": {"reference": "Patient/p-2"}}]}
    drafts = read_drafts(raw(bundle(mine, theirs)), patient_id=ME)
    assert [type(draft.resource) for draft in drafts] == [Appointment, Unreadable]


def test_a_draft_without_an_id_has_no_reference() -> None:
    """C25: ``selections`` cannot name it; an id that is none is not repeated."""
    drafts = read_drafts(raw(bundle({"resourceType": "ServiceRequest"}, order("../x"), order(id=7))))
    assert [draft.reference for draft in drafts] == [None, None, "ServiceRequest/7"]
