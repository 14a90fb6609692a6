"""The oracle itself: a good answer passes, and each way to be wrong is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.schemas.conformance import (
    FEEDBACK_INVARIANTS,
    REQUEST_INVARIANTS,
    RESPONSE_INVARIANTS,
    assert_conformant,
    problems,
    schema_errors,
)

BASE = "https://vcf-cds.example/fhir"


def _good() -> dict[str, Any]:
    return {
        "cards": [
            {
                "uuid": "11111111-2222-4333-8444-555555555555",
                "summary": "Consider MRI of the spine without contrast",
                "indicator": "info",
                "detail": "**Why** pain < 6 weeks",
                "source": {
                    "label": "ACR",
                    "url": "https://cds.example/evidence/mri-without-contrast",
                    "topic": {
                        "system": f"{BASE}/CodeSystem/card-topic",
                        "code": "mri-without-contrast",
                        "display": "MRI",
                    },
                },
                "overrideReasons": [
                    {"system": f"{BASE}/CodeSystem/override-reason", "code": f"reason-{n}", "display": f"Reason {n}"}
                    for n in range(8)
                ],
                "selectionBehavior": "at-most-one",
                "suggestions": [
                    {
                        "label": "Order MRI",
                        "uuid": "11111111-2222-4333-8444-555555555556",
                        "isRecommended": True,
                        "actions": [
                            {"type": "create", "description": "Draft", "resource": {"resourceType": "ServiceRequest"}},
                            {"type": "delete", "description": "Drop", "resourceId": "ServiceRequest/1"},
                            {
                                "type": "update",
                                "description": "Change",
                                "resource": {"resourceType": "ServiceRequest", "id": "1", "_note": [None]},
                            },
                        ],
                    }
                ],
                "links": [{"label": "Guide", "url": "https://acr.example/", "type": "absolute"}],
            }
        ],
        "extension": {
            "vcf-cds.evaluation": {
                "status": "partial",
                "missing": ["reports"],
                "knowledge": "vcf@0.0.0",
                "evaluation_id": "11111111-2222-4333-8444-555555555557",
            }
        },
    }


def _card(body: dict[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = body["cards"][0]
    return card


def _action(body: dict[str, Any], position: int) -> dict[str, Any]:
    action: dict[str, Any] = _card(body)["suggestions"][0]["actions"][position]
    return action


def test_a_good_answer_passes() -> None:
    """Checklist 49-62: a full card, and no card."""
    assert_conformant(_good())
    assert_conformant({**_good(), "cards": []})


Break = Callable[[dict[str, Any]], object]

BREAKS: dict[str, Break] = {
    "49 no cards": lambda b: b.pop("cards"),
    "evaluation missing": lambda b: b.pop("extension"),
    "evaluation status": lambda b: b["extension"]["vcf-cds.evaluation"].update(status="ok"),
    "2 empty missing": lambda b: b["extension"]["vcf-cds.evaluation"].update(missing=[]),
    "2 null": lambda b: _card(b).update(detail=None),
    "2 blank": lambda b: _card(b).update(detail=" "),
    "2 empty array": lambda b: _card(b).update(links=[]),
    "2 empty in a created resource": lambda b: _action(b, 0)["resource"].update(note=[]),
    "50 no uuid": lambda b: _card(b).pop("uuid"),
    "50 one uuid twice": lambda b: _card(b)["suggestions"][0].update(uuid=_card(b)["uuid"]),
    "51 140 characters": lambda b: _card(b).update(summary="x" * 140),
    "52 HTML": lambda b: _card(b).update(detail="<b>x</b>"),
    "53 indicator": lambda b: _card(b).update(indicator="hard-stop"),
    "54 no source": lambda b: _card(b).pop("source"),
    "54 relative url": lambda b: _card(b)["source"].update(url="/evidence/x"),
    "54 url elsewhere": lambda b: _card(b)["source"].update(url="https://acr.example/x"),
    "54 no topic": lambda b: _card(b)["source"].pop("topic"),
    "one topic twice": lambda b: b["cards"].append({**_card(b), "uuid": "11111111-2222-4333-8444-555555555559"}),
    "55 no selectionBehavior": lambda b: _card(b).pop("selectionBehavior"),
    "55 selectionBehavior alone": lambda b: _card(b).pop("suggestions"),
    "56 no label": lambda b: _card(b)["suggestions"][0].pop("label"),
    "56 no uuid": lambda b: _card(b)["suggestions"][0].pop("uuid"),
    "56 two recommended": lambda b: _card(b)["suggestions"].append(
        {"label": "b", "uuid": "11111111-2222-4333-8444-555555555558", "isRecommended": True}
    ),
    "58 actionSelectionBehavior": lambda b: _card(b)["suggestions"][0].update(actionSelectionBehavior="any"),
    "59 no description": lambda b: _action(b, 0).pop("description"),
    "59 type": lambda b: _action(b, 0).update(type="replace"),
    "60 create without resource": lambda b: _action(b, 0).pop("resource"),
    "60 update without id": lambda b: _action(b, 2)["resource"].pop("id"),
    "61 delete without resourceId": lambda b: _action(b, 1).pop("resourceId"),
    "61 delete with resource": lambda b: _action(b, 1).update(resource={"resourceType": "ServiceRequest"}),
    "62 no display": lambda b: _card(b)["overrideReasons"][0].pop("display"),
    "62 seven reasons": lambda b: _card(b)["overrideReasons"].pop(),
    "64 appContext on absolute": lambda b: _card(b)["links"][0].update(appContext="x"),
    "64 relative link": lambda b: _card(b)["links"][0].update(url="x"),
    "65 empty systemActions": lambda b: b.update(systemActions=[]),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_answer_is_noticed(name: str) -> None:
    """Checklist 2, 49-65: one thing wrong at a time."""
    body = copy.deepcopy(_good())
    BREAKS[name](body)
    assert problems(body)


def test_the_invariants_are_twelve() -> None:
    """operations 2.3: seven of responses, two of requests, three of feedback."""
    assert len(RESPONSE_INVARIANTS) + len(REQUEST_INVARIANTS) + len(FEEDBACK_INVARIANTS) == 12


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "cds-r-1",
            {"fhirAuthorization": {}, "fhirServer": "https://x"},
            {"fhirAuthorization": {}},
        ),
        (
            "cds-r-2",
            {"fhirAuthorization": {"scope": "patient/*.read", "patient": "1"}},
            {"fhirAuthorization": {"scope": "patient/*.rs"}},
        ),
        (
            "cds-fb-1",
            {"feedback": [{"outcome": "overridden"}]},
            {"feedback": [{"outcome": "ignored"}]},
        ),
        (
            "cds-fb-2",
            {"feedback": [{"outcome": "accepted", "acceptedSuggestions": [{"id": "1"}]}]},
            {"feedback": [{"outcome": "accepted"}]},
        ),
        (
            "cds-fb-3",
            {"feedback": [{"overrideReason": {"userComment": "x"}}]},
            {"feedback": [{"overrideReason": {}}]},
        ),
    ],
)  # fmt: skip
def test_request_and_feedback_invariants(name: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    """operations 2.3: each holds for the one and not for the other."""
    holds = {**REQUEST_INVARIANTS, **FEEDBACK_INVARIANTS}[name]
    assert holds(good)
    assert not holds(bad)


@pytest.mark.parametrize(
    "change",
    [{"hookInstance": "x"}, {"context": {}}, {"fhirAuthorization": {}}, {"prefetch": []}, {"hook": "order-sign"}],
)
def test_the_request_schema_is_the_specification(change: dict[str, Any]) -> None:
    """Checklist 18-25: strict, unlike our reading, so that the requests in our tests are good ones."""
    good = {
        "hook": "patient-view",
        "hookInstance": "11111111-2222-4333-8444-555555555555",
        "context": {"patientId": "1", "userId": "Practitioner/1"},
    }
    assert schema_errors("request", good) == []
    assert schema_errors("request", {**good, **change}) != []
