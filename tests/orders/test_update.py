"""The clinician's own MRI draft, changed to SPECT/CT: sent back whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.hooks.responses import to_json
from cds_service.orders.drafts import DISCLAIMER, Reason
from cds_service.orders.strict import checked
from cds_service.orders.update import replace_with_alternative
from cds_service.recommendations.recommendation import Proposal
from tests.conftest import CollectFhir
from tests.orders.invariants import PATIENT
from tests.schemas.conformance import schema_errors

AT_L1 = Proposal("spect-ct", frozenset({"lumbar"}), "L1", recommended=True)
WHY = Reason(("implant recorded as MR unsafe",))
FOREIGN = [
    {"url": "http://ehr.example/fhir/StructureDefinition/order-class", "valueCode": "Clinic Performed"},
    {"url": "http://ehr.example/fhir/StructureDefinition/weight", "valueDecimal": 1},
]
DRAFT: Mapping[str, Any] = {
    "resourceType": "ServiceRequest",
    "id": "draft-1",
    "extension": FOREIGN,
    "status": "draft",
    "intent": "order",
    "priority": "urgent",
    "code": {"coding": [{"system": "http://loinc.org", "code": "30679-5"}], "text": "MRI lumbar"},
    "subject": {"reference": "Patient/p-1", "display": "as the client wrote it"},
    "encounter": {"reference": "Encounter/e-1"},
    "occurrenceDateTime": "2026-11-21",
    "note": [{"text": "patient prefers mornings"}],
}


def updated(draft: Mapping[str, Any] | bytes, proposal: Proposal = AT_L1) -> dict[str, Any] | None:
    """The updated resource as the client receives it, None when there is no update."""
    raw = draft if isinstance(draft, bytes) else json.dumps(draft).encode()
    action = replace_with_alternative(raw, proposal, PATIENT, WHY)
    if action is None:
        return None
    received: dict[str, Any] = json.loads(to_json({"action": action}))["action"]
    assert not schema_errors("action", received)
    assert received["type"] == "update"
    resource: dict[str, Any] = received["resource"]
    return resource


def test_the_draft_comes_back_whole(collect_fhir: CollectFhir) -> None:
    """Checklist 60, decision 8: everything the client sent is still there; code, note and site alone differ."""
    resource = updated(DRAFT)
    assert resource is not None
    unchanged = set(DRAFT) - {"code", "note"}
    assert {name: resource[name] for name in unchanged} == {name: DRAFT[name] for name in unchanged}
    assert set(resource) - set(DRAFT) == {"bodySite"}
    checked(resource)
    collect_fhir(resource, "update-of-a-draft")


def test_the_study_is_changed_and_the_note_says_so() -> None:
    """K-ALT: SPECT/CT in place of the MRI; the clinician's own note stays first."""
    resource = updated(DRAFT)
    assert resource is not None
    assert [each["code"] for each in resource["code"]["coding"]] == ["39879-2"]
    assert resource["code"]["text"] == "SPECT/CT bone, spine"
    own, ours = resource["note"]
    assert own == {"text": "patient prefers mornings"}
    assert ours["text"].startswith("Offered because: implant recorded as MR unsafe. Changed from MRI to SPECT/CT;")
    assert ours["text"].endswith(DISCLAIMER)
    assert [site["text"] for site in resource["bodySite"]] == ["L1 vertebra"]


def test_what_r4_does_not_know_is_sent_back_too() -> None:
    """Checklist 60: unknown members, foreign modules and the digits of a number are the client's, byte for byte."""
    odd = json.dumps({**DRAFT, "ehrPrivate": {"a": [1]}}).replace('"valueDecimal": 1', '"valueDecimal": 1.100')
    action = replace_with_alternative(odd.encode(), AT_L1, PATIENT, WHY)
    assert action is not None
    sent = to_json(action)
    assert b'"valueDecimal": 1.100' in sent
    assert json.loads(sent)["resource"]["ehrPrivate"] == {"a": [1]}


def test_the_clients_own_site_is_kept() -> None:
    """The body site the clinician chose is not overwritten, and without a note there is ours alone."""
    plain = {name: value for name, value in DRAFT.items() if name != "note"}
    resource = updated({**plain, "bodySite": [{"text": "lower back"}]})
    assert resource is not None
    assert resource["bodySite"] == [{"text": "lower back"}]
    assert len(resource["note"]) == 1


def test_the_region_of_the_mri_is_not_lost() -> None:
    """SPECT Bone names no region: what only the MRI's code said becomes the body site."""
    resource = updated(DRAFT, Proposal("spect-ct", frozenset({"lumbar"}), None))
    assert resource is not None
    assert [site["text"] for site in resource["bodySite"]] == ["lumbar spine"]


@pytest.mark.parametrize(("status", "stays"), [("generated", False), ("extensions", False), ("additional", True)])
def test_a_narrative_that_names_the_mri_goes(status: str, stays: bool) -> None:
    """A generated narrative would still say MRI to whoever reads it; one that adds something stays."""
    narrative = {"status": status, "div": '<div xmlns="http://www.w3.org/1999/xhtml">MRI lumbar</div>'}
    resource = updated({**DRAFT, "text": narrative})
    assert resource is not None
    assert resource.get("text") == (narrative if stays else None)


@pytest.mark.parametrize("reference", ["Patient/p-1", "http://ehr.example/fhir/Patient/p-1"])
def test_the_subject_may_be_absolute(reference: str) -> None:
    """Hazard 9: the same patient under an absolute URL is the same patient, sent back as it came."""
    resource = updated({**DRAFT, "subject": {"reference": reference}})
    assert resource is not None
    assert resource["subject"] == {"reference": reference}


@pytest.mark.parametrize(
    "change",
    [
        {"resourceType": "MedicationRequest"},
        {"id": None},
        {"id": "not an id"},
        {"status": None},
        {"status": "revoked"},
        {"status": "planned"},
        {"intent": None},
        {"intent": "wish"},
        {"subject": None},
        {"subject": {"reference": "Patient/somebody-else"}},
        {"subject": {"identifier": {"value": "1"}}},
        {"doNotPerform": True},
        {"modifierExtension": [{"url": "http://ehr.example/not", "valueBoolean": True}]},
        {"note": "a text"},
        {"note": []},
        {"code": {}},
        {"orderDetail": [{"text": ""}]},
        {"extension": [{"url": "http://ehr.example/x", "valueString": None}]},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
def test_a_draft_that_is_not_valid_enough_is_not_sent_back(change: Mapping[str, Any]) -> None:
    """Decision 8, hazard 17: then the caller creates; what would be invalid, or somebody else's, never leaves."""
    assert updated({**DRAFT, **change}) is None


@pytest.mark.parametrize("missing", ["resourceType", "id", "status", "intent", "subject"])
def test_a_draft_without_a_required_element_is_not_sent_back(missing: str) -> None:
    """Decision 8: real drafts lack an intent or an id."""
    assert updated({name: value for name, value in DRAFT.items() if name != missing}) is None


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'"ServiceRequest"', b"[" * 5000])
def test_what_is_no_object_is_not_sent_back(raw: bytes) -> None:
    """Failure is an answer, not an exception: the caller creates."""
    assert updated(raw) is None
