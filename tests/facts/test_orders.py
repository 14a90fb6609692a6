"""DE-27: orders, referrals and bookings on record."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.model import Order
from tests.facts.records import CPT, HCPCS, LOINC, ME, SNOMED, concept, days, facts, resource


def order(code: str = "", system: str = LOINC, text: str = "", **more: Any) -> dict[str, Any]:
    """An active ServiceRequest of 10 November."""
    base = {"status": "active", "intent": "order", "authoredOn": "2026-11-10", "code": concept(code, system, text)}
    return {key: value for key, value in resource("ServiceRequest", **{**base, **more}).items() if value is not None}


def booking(text: str, **more: Any) -> dict[str, Any]:
    """A booked Appointment of the patient on 1 December."""
    found = {
        "resourceType": "Appointment",
        "id": "b1",
        "status": "booked",
        "start": "2026-12-01T09:00:00Z",
        "created": "2026-11-15",
    }
    who = [{"actor": {"reference": f"Patient/{ME}"}, "status": "accepted"}]
    return {**found, "serviceType": [{"text": text}], "participant": who, **more}


def orders(*given: dict[str, Any]) -> tuple[Order, ...]:
    """The orders of a record."""
    return facts(*given).imaging.orders.items


@pytest.mark.parametrize(
    ("given", "kind", "modality", "regions"),
    [
        (order("30679-5"), "imaging", "MR", {"lumbar"}),
        (order("72148", CPT), "imaging", "MR", {"lumbar"}),
        (order("411571000119106", SNOMED), "imaging", "MR", {"thoracic", "lumbar"}),
        (order(text="MRI lumbar spine w/o contrast"), "imaging", "MR", {"lumbar"}),
        (order(text="MR T-SPINE"), "imaging", "MR", {"thoracic"}),
        (order("36067-7"), "imaging", "MR", set()),
        (order("36067-7", bodySite=[concept("122496007", SNOMED)]), "imaging", "MR", {"lumbar"}),
        (order("36067-7", note=[{"text": "L1 fracture"}]), "imaging", "MR", {"lumbar"}),
        (order("30620-9"), "imaging", "CT", {"lumbar"}),
        (order("24972-2"), "imaging", "XR", {"lumbar"}),
        (order("39879-2"), "imaging", "NM", set()),
        (order(text="Bone scan whole body"), "imaging", "NM", set()),
        (order(text="Bone scan left foot"), "other", None, set()),
        (order("24972-2", text="X-ray lumbar spine after kyphoplasty L1"), "imaging", "XR", {"lumbar"}),
        (order(text="X-ray lumbar spine s/p kyphoplasty"), "imaging", "XR", {"lumbar"}),
        (order(text="MRI lumbar spine before kyphoplasty"), "imaging", "MR", {"lumbar"}),
        (order(text="CT-guided vertebroplasty lumbar spine"), "augmentation", "CT", {"lumbar"}),
        (order(text="Kyphoplasty follow-up visit"), "other", None, set()),
        (order("30620-9", performerType=concept(text="Interventional radiology")), "imaging", "CT", {"lumbar"}),
        (order(text="SPECT/CT lumbar spine"), "imaging", "NM", {"lumbar"}),
        (order("426243004", SNOMED), "augmentation", None, set()),
        (order(text="Kyphoplasty L1"), "augmentation", None, set()),
        (order("308461008", SNOMED), "spine-referral", None, set()),
        (order("770695002", SNOMED), "spine-referral", None, set()),
        (order(text="Referral to interventional radiology for vertebroplasty"), "spine-referral", None, set()),
        (order(text="Consult spine surgery"), "spine-referral", None, set()),
        (order(text="IR consult"), "spine-referral", None, set()),
        (order("412717001", SNOMED), "bone-health-referral", None, set()),
        (order(text="Fracture liaison service"), "bone-health-referral", None, set()),
        (order("306170007", SNOMED), "physiotherapy", None, set()),
        (order(text="Physical therapy evaluation"), "physiotherapy", None, set()),
        (order(text="TLSO brace"), "brace", None, set()),
        (
            resource(
                "DeviceRequest",
                status="active",
                intent="order",
                codeCodeableConcept=concept("L0631", HCPCS),
                authoredOn="2026-11-10",
            ),
            "brace",
            None,
            set(),
        ),
    ],
)
def test_what_an_order_is_for(given: dict[str, Any], kind: str, modality: Any, regions: Any) -> None:
    """DE-27, section E: by code and text, with region from code, site, words or level."""
    found = [(each.kind, each.modality, each.regions) for each in orders(given)]
    assert found == ([] if kind == "other" else [(kind, modality, regions)])


@pytest.mark.parametrize(
    "given",
    [
        order("30679-5", status="draft"),
        order("30679-5", status="revoked"),
        order("30679-5", status="entered-in-error"),
        order("30679-5", status="completed"),
        order("30679-5", status=None),
        order("30679-5", intent="proposal"),
        order("30679-5", intent="option"),
        order("30679-5", doNotPerform=True),
        order(text="MRI brain"),
        order(text="MRI right knee without contrast"),
        order("24986-2"),
        order("22059005", SNOMED),
        order(text="CT abdomen and pelvis"),
        order(text="Sacroplasty"),
        order("308481009", SNOMED),
        order("58410-2", text="Complete blood count"),
    ],
)
def test_what_is_no_order_of_ours(given: dict[str, Any]) -> None:
    """Drafts, void orders, proposals, orders not to do it, other places, needle guidance, densitometry."""
    assert orders(given) == ()


def test_a_completed_referral_still_counts() -> None:
    """SL-02: a referral of the last 90 days, done or not; intent may be missing."""
    (found,) = orders(order("770695002", SNOMED, status="completed", intent=None))
    assert (found.kind, found.when) == ("spine-referral", days("2026-11-10"))


@pytest.mark.parametrize(
    ("text", "contrast"),
    [
        ("MRI lumbar spine without contrast", "without"),
        ("MRI lumbar spine WO contrast", "without"),
        ("MRI L-spine w/o", "without"),
        ("MRI lumbar spine with contrast", "with"),
        ("MRI lumbar spine w contrast", "with"),
        ("MRI lumbar spine without and with contrast", "without-and-with"),
        ("MRI lumbar spine with and without contrast", "without-and-with"),
        ("MRI lumbar spine W/WO contrast", "without-and-with"),
        ("MRI lumbar spine wo/w contrast", "without-and-with"),
        ("MR lumbar spine WO and W contrast IV", "without-and-with"),
        ("MRI lumbar spine", None),
    ],
)
def test_contrast_in_words(text: str, contrast: str | None) -> None:
    """OC-03, OC-04: the abbreviations that orders use."""
    assert [each.contrast for each in orders(order(text=text))] == [contrast]


@pytest.mark.parametrize(
    ("given", "kind", "when"),
    [
        (booking("MRI lumbar spine"), "imaging", days("2026-11-15")),
        (booking("MRI lumbar spine", created=None), "imaging", days("2026-11-20")),
        (booking("Spine surgery clinic"), "spine-referral", days("2026-11-15")),
        (booking("Kyphoplasty"), "augmentation", days("2026-11-15")),
        (booking("Office visit", description="kyphoplasty L1"), "augmentation", days("2026-11-15")),
        (booking("MRI lumbar spine", status="cancelled"), None, None),
        (booking("MRI lumbar spine", status="proposed"), None, None),
        (booking("MRI lumbar spine", start="2026-11-01T09:00:00Z"), None, None),
        (booking("Dental"), None, None),
    ],
)
def test_bookings(given: dict[str, Any], kind: str | None, when: object) -> None:
    """SL-01, SL-02: booked and still to come; its day is when it was made, today at the latest."""
    given = {key: value for key, value in given.items() if value is not None}
    assert [(each.kind, each.when) for each in orders(given)] == ([] if kind is None else [(kind, when)])


def test_levels_and_evidence() -> None:
    """DE-27: an augmentation ordered for a level."""
    (found,) = orders(order("22514", CPT, bodySite=[concept("66794005", SNOMED)]))
    assert found.levels == ("L1",)
    assert (found.evidence.reference, found.evidence.value, found.evidence.date) == (
        "ServiceRequest/servicerequest-1",
        "vertebral augmentation L1 ordered",
        "2026-11-10",
    )


def test_complete_and_empty_is_none() -> None:
    """Decision 1."""
    assert facts().imaging.orders.gap is None
    assert facts(without=("orders",)).imaging.orders.gap == "orders not sent"
