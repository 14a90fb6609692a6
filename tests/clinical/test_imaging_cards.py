"""What the cards of imaging orders say and offer (`clinical.md` D14 and E; decision 8; checklist 61)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import post
from tests.schemas.conformance import assert_conformant

VIGNETTES = load_vignettes()
Json = dict[str, Any]


def card_of(client: FlaskClient, request: Json, topic: str) -> Json:
    """The card of a topic in the answer to a request."""
    body = post(client, request).json
    assert_conformant(body)
    (found,) = (each for each in body["cards"] if each["source"]["topic"]["code"] == topic)
    return dict(found)


MUST_SAY: dict[tuple[str, str], list[str]] = {
    ("mric-cancer", "mri-with-contrast"): ["without and with contrast", "lumbar", "L1", "malignancy on record"],
    ("mric-draft-without", "mri-with-contrast"): ["consider without **and** with"],
    ("mric-myeloma-lumbar", "mri-with-contrast"): ["whole spine", "does not show the whole spine"],
    ("mric-egfr-29", "mri-with-contrast"): ["eGFR is under 30", "general knowledge"],
    ("device-unlabelled", "mri-device-safety"): ["pacemaker", "MR labelling", "MRI may still be possible", "1.5 T"],
    ("device-unsafe-sign", "mri-device-safety"): ["pacemaker, MR unsafe", "MRI may still be possible"],
    ("device-conditional", "mri-device-safety"): ["conditions of the label"],
    ("device-two", "mri-device-safety"): ["pump", "(+1)"],
    ("device-cochlear", "mri-device-safety"): ["cochlear", "magnet"],
    ("device-eye", "mri-device-safety"): ["near the eye", "orbits"],
    ("caution-contrast", "imaging-caution"): ["ACR", "usually not appropriate"],
    ("caution-egfr-29", "imaging-caution"): ["eGFR 29", "group II"],
    ("caution-gadolinium", "imaging-caution"): ["gadolinium", "premedication"],
    ("caution-pregnant-ct", "imaging-caution"): ["MRI without contrast", "radiology", "specialist"],
    ("caution-pregnant-contrast", "imaging-caution"): ["gadolinium is usually avoided"],
    ("caution-field", "imaging-caution"): ["T8", "T12 to L5"],
    ("caution-age-31", "imaging-caution"): ["31 days old", "30 days or less", "candidacy page", "Medicare"],
    ("caution-myeloma", "imaging-caution"): ["bone scan", "PET/CT"],
    ("duplicate-mri-30", "duplicate-order"): ["2026-10-21", "new pain", "progression", "a procedure planned"],
    ("duplicate-film-14", "duplicate-order"): ["standing film"],
    ("duplicate-augmentation", "duplicate-order"): ["vertebral augmentation T12"],
    ("duplicate-referral-90", "duplicate-order"): ["referral", "2026-08-22"],
    ("films-moderate", "radiographs-first"): ["radiographs", "thoracic and lumbar"],
    ("films-pain-unknown", "radiographs-first"): ["Not documented, verify", "severe symptoms"],
    ("order-ct-augmentation", "alternative-to-mri"): ["CT alone", "SPECT/CT", "comes first"],
    ("uptake-drafted", "mri-without-contrast"): ["uptake may persist for months", "onset"],
    ("referral-drafted", "mri-without-contrast"): ["with the referral"],
    ("order-alarm-routine", "neurological-emergency"): ["routine priority"],
    ("order-alarm-film", "neurological-emergency"): ["radiograph", "does not rule out"],
    ("order-fever-routine", "spinal-infection"): ["routine priority"],
}


@pytest.mark.parametrize(("name", "topic"), list(MUST_SAY), ids=lambda part: part)
def test_a_card_says_what_it_must(client: FlaskClient, name: str, topic: str) -> None:
    """D14 and E: the finding, its reason, and both sources where they disagree."""
    found = card_of(client, build(VIGNETTES[name]), topic)
    said = f"{found['summary']}\n{found['detail']}"
    assert [words for words in MUST_SAY[name, topic] if words.lower() not in said.lower()] == []


def test_an_urgent_mri_is_not_called_routine(client: FlaskClient) -> None:
    """OC-07: the line goes with the priority."""
    request = build(
        VIGNETTES["order-alarm-routine"] | {"drafts": [{"what": "mri", "region": "lumbar", "priority": "stat"}]}
    )
    assert "routine priority" not in card_of(client, request, "neurological-emergency")["detail"]


def offered(card: Json) -> list[list[str]]:
    """For each suggestion, what its actions do to what."""
    return [
        [f"{a['type']} {a.get('resourceId') or a['resource']['code']['text']}" for a in suggestion["actions"]]
        for suggestion in card.get("suggestions", [])
    ]


@pytest.mark.parametrize(
    ("name", "topic", "expected"),
    [
        ("mric-cancer", "mri-with-contrast", [["create MRI lumbar spine without and with contrast"]]),
        ("films-moderate", "radiographs-first", [["create Thoracic and lumbar spine radiographs, AP and lateral"]]),
        ("caution-age-31", "imaging-caution", [["create MRI thoracic spine without contrast"]]),
        ("caution-pregnant-ct", "imaging-caution", [["create MRI lumbar spine without contrast"]]),
        ("caution-field", "imaging-caution", [["create MRI thoracic spine without contrast"]]),
        ("caution-egfr-29", "imaging-caution", []),
        ("device-unsafe-sign", "mri-device-safety", []),
        ("duplicate-mri-30", "duplicate-order", [["delete ServiceRequest/draft-1"]]),
        ("duplicate-augmentation", "duplicate-order", [["delete ServiceRequest/draft-2"]]),
        ("duplicate-mri-planned", "imaging-caution", []),
        ("order-ct-augmentation", "alternative-to-mri", [["create SPECT/CT bone, spine"]]),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_a_card_offers(client: FlaskClient, name: str, topic: str, expected: list[list[str]]) -> None:
    """Decision 8: a draft of the study, or the removal of the clinician's own duplicate."""
    assert offered(card_of(client, build(VIGNETTES[name]), topic)) == expected


def test_imaging_too_old_and_an_unsafe_implant(client: FlaskClient) -> None:
    """IM-06: the repeat is SPECT/CT where MRI is unsafe."""
    unsafe = VIGNETTES["caution-age-31"] | {"devices": [{"what": "pacemaker", "safety": "unsafe"}]}
    found = card_of(client, build(unsafe), "imaging-caution")
    assert offered(found) == [["create SPECT/CT bone, spine"]]
    assert "device clinic" in found["detail"]


def test_two_duplicates_are_two_suggestions(client: FlaskClient) -> None:
    """Decision 8: separate suggestions of one card, each with its own uuid, and both drafts named."""
    two = VIGNETTES["duplicate-mri-ordered"] | {
        "orders": [{"what": "mri", "region": "lumbar", "days": 1}, {"what": "spine-referral", "days": 9}],
        "drafts": [{"what": "mri", "region": "lumbar"}, {"what": "spine-referral"}],
    }
    found = card_of(client, build(two), "duplicate-order")
    assert offered(found) == [["delete ServiceRequest/draft-1"], ["delete ServiceRequest/draft-2"]]
    assert "Also for: spine or interventional radiology" in found["detail"]


@pytest.mark.parametrize(
    ("status", "removable"), [("draft", True), (None, True), ("active", False), ("on-hold", False)]
)
def test_only_a_draft_is_removed(client: FlaskClient, status: str | None, removable: bool) -> None:
    """Decision 8: what is signed already (it is being signed again) is shown as a duplicate and never deleted."""
    request = build(VIGNETTES["duplicate-mri-30"])
    resource = request["context"]["draftOrders"]["entry"][0]["resource"]
    del resource["status"]
    if status is not None:
        resource["status"] = status
    assert offered(card_of(client, request, "duplicate-order")) == (
        [["delete ServiceRequest/draft-1"]] if removable else []
    )


def test_a_draft_without_an_id_is_not_removed(client: FlaskClient) -> None:
    """Checklist 61: a delete needs the reference, and nothing stands in for it."""
    request = build(VIGNETTES["duplicate-mri-30"])
    del request["context"]["draftOrders"]["entry"][0]["resource"]["id"]
    request["context"]["selections"] = ["ServiceRequest/unknown"]
    assert "suggestions" not in card_of(client, request, "duplicate-order")
