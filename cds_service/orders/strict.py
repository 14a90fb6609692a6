"""The check on what leaves: the R4B model of the resource, nothing lost in it, and the codes that R4 requires.

``fhir.resources.R4B`` stands for R4; it does not look at required bindings, so those are tables here
(http://hl7.org/fhir/R4/terminologies.html#required). It is run over every template at start-up and over every draft in
the tests; a call fills in only a patient, days and words of our own, which the code that takes them checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from fhir.resources.R4B.devicerequest import DeviceRequest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task

from cds_service.knowledge.errors import ContentError

_MODELS: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType(
    {
        "DeviceRequest": DeviceRequest.model_validate,
        "OperationOutcome": OperationOutcome.model_validate,
        "Questionnaire": Questionnaire.model_validate,
        "ServiceRequest": ServiceRequest.model_validate,
        "Task": Task.model_validate,
    }
)

REQUEST_STATUS: Final = frozenset("draft active on-hold revoked completed entered-in-error unknown".split())
REQUEST_INTENT: Final = frozenset(
    "proposal plan directive order original-order reflex-order filler-order instance-order option".split()
)
_TASK_STATUS: Final = frozenset(
    "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed "
    "entered-in-error".split()
)
_TASK_INTENT: Final = (REQUEST_INTENT - {"directive"}) | {"unknown"}
_PRIORITY: Final = frozenset("routine urgent asap stat".split())
_PUBLICATION_STATUS: Final = frozenset("draft active retired unknown".split())

REQUIRED_CODES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType(
    {
        "DeviceRequest": {"status": REQUEST_STATUS, "intent": REQUEST_INTENT, "priority": _PRIORITY},
        "ServiceRequest": {"status": REQUEST_STATUS, "intent": REQUEST_INTENT, "priority": _PRIORITY},
        "Task": {"status": _TASK_STATUS, "intent": _TASK_INTENT, "priority": _PRIORITY},
        "Questionnaire": {"status": _PUBLICATION_STATUS},
    }
)
"""By resource type, the elements bound to a required code list."""


def checked(resource: Mapping[str, object]) -> Mapping[str, object]:
    """The resource itself, found to be valid. Raises ContentError, which may quote it: check no patient's data."""
    kind = str(resource.get("resourceType"))
    if kind not in _MODELS:
        raise ContentError(f"{kind}: not a resource type that this service writes")
    try:
        read = _MODELS[kind](resource)
    except ValueError as error:
        raise ContentError(f"{kind} is not R4: {error}") from error
    if json.loads(read.model_dump_json()) != resource:
        raise ContentError(f"{kind}: an element is empty, or its value is not in the form R4 writes it in")
    for element, allowed in REQUIRED_CODES.get(kind, {}).items():
        if element in resource and resource[element] not in allowed:
            raise ContentError(f"{kind}.{element} must be one of {', '.join(sorted(allowed))}")
    return resource
