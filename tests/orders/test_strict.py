"""The check on what leaves refuses what the R4B models let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.hooks.responses import operation_outcome
from cds_service.knowledge.errors import ContentError
from cds_service.orders.strict import checked
from tests.conftest import CollectFhir

GOOD: Mapping[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "draft",
    "intent": "proposal",
    "subject": {"reference": "Patient/p-1"},
    "code": {"text": "x"},
}


def test_a_valid_resource_comes_back_itself() -> None:
    """Nothing is rewritten on the way out."""
    assert checked(GOOD) is GOOD


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "planned"}, r"ServiceRequest\.status"),
        ({"intent": "wish"}, r"ServiceRequest\.intent"),
        ({"priority": "soon"}, r"ServiceRequest\.priority"),
        ({"subject": None}, "empty"),
        ({"colour": "red"}, "not R4"),
        ({"authoredOn": "yesterday"}, "not R4"),
        ({"reasonCode": []}, "empty"),
        ({"resourceType": "CarePlan"}, "not a resource type"),
    ],
)
def test_what_is_not_r4_is_refused(change: Mapping[str, Any], says: str) -> None:
    """Design 7: required bindings, unknown members, wrong types and empty elements; the model alone passes some."""
    with pytest.raises(ContentError, match=says):
        checked({**GOOD, **change})


@pytest.mark.parametrize("expression", [(), ("context.patientId",)])
def test_an_operation_outcome_of_the_service_is_valid_r4(
    expression: tuple[str, ...], collect_fhir: CollectFhir
) -> None:
    """Checklist 66: the error body is an R4 OperationOutcome."""
    outcome = operation_outcome("required", "patientId is missing", expression)
    assert checked(outcome) is outcome
    collect_fhir(outcome, "operation-outcome")
