"""A call, an answer and a core to test the shell with; nothing clinical."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.test import TestResponse

from cds_service.errors import DataUnavailable
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import HOOKS, Service, Services, offered
from cds_service.settings import Settings

PATH = "/cds-services/vcf-patient-view"
HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
PATIENT = "pat-1"

SERVICES: Services = offered(dict.fromkeys(HOOKS, ("reports", "observations")), {"": ("72514-3",)})


def call(**changes: Any) -> dict[str, Any]:
    """A patient-view call; a keyword replaces a member, ``None`` included, and ``...`` takes it away."""
    body: dict[str, Any] = {
        "hook": "patient-view",
        "hookInstance": HOOK_INSTANCE,
        "context": {"patientId": PATIENT, "userId": "Practitioner/prac-1"},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": PATIENT},
            "conditions": {"resourceType": "Bundle", "type": "searchset"},
        },
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not ...}


def context(**changes: Any) -> dict[str, Any]:
    """The context of ``call``, with members replaced, or taken away by ``...``."""
    body: dict[str, Any] = {"patientId": PATIENT, "userId": "Practitioner/prac-1", **changes}
    return {name: value for name, value in body.items() if value is not ...}


def body_of(answer: TestResponse) -> dict[str, Any]:
    """The JSON object of an answer."""
    body = answer.get_json()
    assert isinstance(body, dict)
    return body


def encoded(body: object) -> bytes:
    """The body as a client would send it."""
    return json.dumps(body).encode()


def evaluation(status: str = "complete", **more: Any) -> dict[str, Any]:
    """The extension of an answer."""
    return {
        "vcf-cds.evaluation": {
            "status": status,
            "knowledge": "vcf@0.0.0",
            "evaluation_id": "11111111-2222-4333-8444-555555555555",
            **more,
        }
    }


Answer = Callable[[Service, HookRequest], Mapping[str, object]]


def nothing_to_say(service: Service, request: HookRequest) -> Mapping[str, object]:
    """An evaluated call without a card; 412 when neither prefetch nor a server was given, as the core does."""
    if not request.prefetch_given and request.fhir_server is None:
        raise DataUnavailable(("patient", "conditions"))
    return {"cards": [], "extension": evaluation()}


@dataclass
class FakeCore:
    """Stands where the evaluation core stands; keeps the calls it was given."""

    answer: Answer = nothing_to_say
    calls: list[tuple[HookRequest, date]] = field(default_factory=list)

    def __call__(
        self, service: Service, request: HookRequest, settings: Settings, *, as_of: date
    ) -> Mapping[str, object]:
        """Keep the call and give the answer."""
        self.calls.append((request, as_of))
        return self.answer(service, request)
