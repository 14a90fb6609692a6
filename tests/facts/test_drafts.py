"""DE-30: the drafts of a request."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.facts.records import CPT, HCPCS, LOINC, ME, RXNORM, SNOMED, concept, draft, facts, resource


def service(code: str = "30679-5", system: str = LOINC, text: str = "", **more: Any) -> dict[str, Any]:
    """A draft ServiceRequest, an MRI of the lumbar spine unless another code is given."""
    return resource(
        "ServiceRequest", **{"status": "draft", "intent": "order", "code": concept(code, system, text), **more}
    )


@pytest.mark.parametrize(
    ("given", "kind", "modality", "contrast", "regions"),
    [
        (service(), "imaging", "MR", "without", {"lumbar"}),
        (service("24967-2"), "imaging", "MR", "without-and-with", {"lumbar"}),
        (service("", text="MRI thoracic spine without contrast"), "imaging", "MR", "without", {"thoracic"}),
        (service("30620-9"), "imaging", "CT", "without", {"lumbar"}),
        (service("24972-2"), "imaging", "XR", "without", {"lumbar"}),
        (service("39818-0"), "imaging", "NM", None, {"cervical", "thoracic", "lumbar", "sacral"}),
        (service("", text="MRI brain"), "other", "MR", None, set()),
        (service("", text="Complete blood count"), "other", None, None, set()),
        (service("22514", CPT), "augmentation", None, None, set()),
        (service("", text="Kyphoplasty"), "augmentation", None, None, set()),
        (service("", text="Vertebral augmentation"), "augmentation", None, None, set()),
        (service("0200T", CPT), "other", None, None, set()),
        (service("770695002", SNOMED), "spine-referral", None, None, set()),
        (service("412717001", SNOMED), "other", None, None, set()),
        (service("306170007", SNOMED), "physiotherapy", None, None, set()),
        (
            resource("DeviceRequest", status="draft", intent="order", codeCodeableConcept=concept("L0456", HCPCS)),
            "brace",
            None,
            None,
            set(),
        ),
        (
            resource("DeviceRequest", status="draft", intent="order", codeCodeableConcept=concept(text="walker")),
            "other",
            None,
            None,
            set(),
        ),
        (
            resource(
                "MedicationRequest", status="draft", intent="order", medicationCodeableConcept=concept("7804", RXNORM)
            ),
            "opioid",
            None,
            None,
            set(),
        ),
        (
            resource("MedicationRequest", status="draft", medicationCodeableConcept=concept(text="Oxycodone 5 mg")),
            "opioid",
            None,
            None,
            set(),
        ),
        (
            resource("MedicationRequest", status="draft", medicationCodeableConcept=concept("161", RXNORM)),
            "other",
            None,
            None,
            set(),
        ),
    ],
)
def test_kinds(given: dict[str, Any], kind: str, modality: Any, contrast: Any, regions: Any) -> None:
    """Section E: by code and text; imaging of another place is other; a draft without intent is read (hazard 17)."""
    found = draft(given)
    assert (found.kind, found.modality, found.contrast, found.regions) == (kind, modality, contrast, regions)


@pytest.mark.parametrize(
    ("more", "levels"),
    [
        ({"bodySite": [concept("66794005", SNOMED)]}, ("L1",)),
        ({"bodySite": [{"text": "T12 vertebra"}, concept("66794005", SNOMED)]}, ("T12", "L1")),
        ({"orderDetail": [{"text": "levels T11-L1"}]}, ("T11", "T12", "L1")),
        ({"note": [{"text": "for L2"}]}, ("L2",)),
        ({"text": "Kyphoplasty T8"}, ("T8",)),
        ({"bodySite": [concept("66794005", SNOMED)], "note": [{"text": "not L4"}]}, ("L1",)),
        ({"bodySite": [concept("73903008", SNOMED)]}, ()),
        ({}, ()),
    ],
)
def test_levels(more: dict[str, Any], levels: tuple[str, ...]) -> None:
    """DE-30: site, words of the code, details and note, the nearest first."""
    assert draft(service("22514", CPT, **more)).levels == levels


@pytest.mark.parametrize(
    ("more", "planned"),
    [
        ({"occurrenceDateTime": "2026-12-01"}, date(2026, 12, 1)),
        ({"occurrenceDateTime": "2026-12-01T09:00:00Z"}, date(2026, 12, 1)),
        ({"occurrencePeriod": {"start": "2026-12-02", "end": "2026-12-09"}}, date(2026, 12, 2)),
        ({"occurrenceTiming": {"event": ["2026-12-03"]}}, date(2026, 12, 3)),
        ({"occurrenceDateTime": "2026-12"}, date(2026, 12, 1)),
        ({"authoredOn": "2026-12-01"}, None),
        ({}, None),
    ],
)
def test_planned(more: dict[str, Any], planned: date | None) -> None:
    """Section 0 "Dates": the planned day, the first one of a month or a year."""
    assert draft(service("22514", CPT, **more)).planned == planned


def test_an_appointment_to_book() -> None:
    """appointment-book: its day, its service, its words."""
    who = [{"actor": {"reference": f"Patient/{ME}"}, "status": "needs-action"}]
    given = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "proposed",
        "start": "2026-12-04T09:00:00Z",
        "participant": who,
        "serviceType": [{"text": "Kyphoplasty L1"}],
    }
    found = draft(given)
    assert (found.kind, found.levels, found.planned) == ("augmentation", ("L1",), date(2026, 12, 4))


@pytest.mark.parametrize(
    ("hook", "selections", "selected"),
    [
        ("order-select", ("ServiceRequest/a",), [True, False]),
        ("order-select", ("https://ehr.example/fhir/ServiceRequest/b/_history/1",), [False, True]),
        ("order-select", (), [True, True]),
        ("order-select", ("ServiceRequest/zzz",), [True, True]),
        ("order-sign", ("ServiceRequest/a",), [True, True]),
    ],
)
def test_selected(hook: str, selections: tuple[str, ...], selected: list[bool]) -> None:
    """DE-30: on order-select those that `selections` name, elsewhere all; selections that name none select all."""
    given = [{**service(), "id": "a"}, {**service("22514", CPT), "id": "b"}]
    assert [each.selected for each in facts(drafts=given, hook=hook, selections=selections).drafts] == selected


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"reasonCode": [{"text": "Planning kyphoplasty L1"}]}, True),
        ({"note": [{"text": "before vertebroplasty"}]}, True),
        ({"orderDetail": [{"text": "BKP work-up"}]}, True),
        ({"reasonCode": [{"text": "Back pain"}]}, False),
        ({}, False),
    ],
)
def test_for_augmentation(more: dict[str, Any], says: bool) -> None:
    """OC-13: the reason or note of a CT names augmentation."""
    assert draft(service("30620-9", **more)).for_augmentation is says


@pytest.mark.parametrize(
    "more", [{"status": "entered-in-error"}, {"status": "cancelled"}, {"status": "revoked"}, {"doNotPerform": True}]
)
def test_withdrawn_drafts_are_none(more: dict[str, Any]) -> None:
    """What is not meant is not judged."""
    assert facts(drafts=[service(**more)]).drafts == ()


def test_an_unreadable_draft_and_another_patient_s_are_other() -> None:
    """Hazard 17: never lost, never judged."""
    broken = {**service(), "code": 7}
    foreign = {**service("22514", CPT), "subject": {"reference": "Patient/somebody-else"}}
    assert [each.kind for each in facts(drafts=[broken, foreign]).drafts] == ["other", "other"]


def test_evidence() -> None:
    """General: what it is, never its prose."""
    found = draft(
        service("22514", CPT, bodySite=[concept("66794005", SNOMED)], note=[{"text": "Jane Doe prefers mornings"}])
    )
    assert (found.evidence.reference, found.evidence.value) == (
        "ServiceRequest/servicerequest-1",
        "vertebral augmentation L1 (draft)",
    )
