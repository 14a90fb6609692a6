"""The CDS Hooks request of an EHR that sends ``fhirServer`` and no prefetch: a bare one, or one from a file, aimed at a
patient of the server that is checked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

import orjson

from cds_service.errors import Malformed
from cds_service.hooks.requests import HookRequest, hook_of, read_request
from cds_service.hooks.services import Service, Services

Json = dict[str, Any]

BARE_HOOKS: Final = ("patient-view", "encounter-start", "encounter-discharge")
"""The hooks whose context is a patient and no order, appointment, problem or anything else that a file must give."""
USER: Final = "Practitioner/vcf-cds-check"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for each patient: a service, and the request that is aimed at the patient."""

    service: Service
    request: Json

    def about(self, patient_id: str, fhir_server: str) -> HookRequest:
        """The request for one patient. Raises Malformed."""
        context = self.request.get("context") or {}
        if not isinstance(context, dict):
            raise Malformed("context must be an object", code="invalid", expression="context")
        old = context.get("patientId")
        if isinstance(old, str) and old:
            context = _turned(context, f"Patient/{old.removeprefix('Patient/')}", f"Patient/{patient_id}")
        body = {
            "hook": self.service.hook,
            "hookInstance": self.request.get("hookInstance") or str(uuid.uuid4()),
            "fhirServer": fhir_server,
            "context": {**context, "patientId": patient_id},
        }
        return read_request(self.service, orjson.dumps(body))


def bare(services: Services, hook: str) -> Question:
    """The question of one of BARE_HOOKS."""
    return Question(services.for_hook(hook), {"context": {"userId": USER}})


def from_file(services: Services, body: bytes) -> Question:
    """The question of a request as `sample-patients --out` writes it. Raises Malformed, NotFound.

    Its hook and context are used; its patient, its ``fhirServer`` and whatever else it has are not.
    """
    question = Question(services.for_hook(hook_of(body)), orjson.loads(body))
    question.about("anybody", "https://fhir.example")  # refused here, before anybody is called
    return question


def _turned(value: Any, old: str, new: str) -> Any:
    """A part of the context with the references to one patient turned to another: drafts belong to the patient."""
    if isinstance(value, list):
        return [_turned(each, old, new) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: new if name == "reference" and _names(each, old) else _turned(each, old, new)
        for name, each in value.items()
    }


def _names(reference: Any, patient: str) -> bool:
    return isinstance(reference, str) and (reference == patient or reference.endswith(f"/{patient}"))
