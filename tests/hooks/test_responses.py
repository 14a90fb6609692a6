"""How an answer becomes bytes (fault matrix G16)."""

from __future__ import annotations

import json

import msgspec
import pytest

from cds_service.errors import DataUnavailable, Forbidden, Malformed, NotFound, RequestError, TooLarge, Unauthorised
from cds_service.hooks.responses import operation_outcome, to_json
from tests.schemas.conformance import assert_operation_outcome


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: [n], lambda n: {"b": (1, n)}])
def test_a_number_json_cannot_hold_is_refused(number: float, wrap: object) -> None:
    """G16: it would become null."""
    assert callable(wrap)
    with pytest.raises(ValueError, match="number"):
        to_json({"a": wrap(number)})


def test_a_null_of_a_draft_is_kept() -> None:
    """design.md 7: a client's own draft goes back verbatim, null and all."""
    draft = b'{"resourceType":"ServiceRequest","_given":[null,{"id":"a"}],"x":1.50}'
    body = to_json({"resource": msgspec.json.decode(b'{"r":' + draft + b"}", type=dict[str, msgspec.Raw])["r"]})
    assert draft in body


@pytest.mark.parametrize("value", [object(), {1, 2}, "\ud800"])
def test_what_is_no_json_is_refused(value: object) -> None:
    """G16: never half a body."""
    with pytest.raises(TypeError):
        to_json({"a": value})


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Malformed("m"), 400, "structure"),
        (Malformed("m", code="required", expression="hook"), 400, "required"),
        (Unauthorised("m"), 401, "login"),
        (Forbidden("m"), 403, "forbidden"),
        (NotFound("m"), 404, "not-found"),
        (DataUnavailable(["patient"]), 412, "processing"),
        (TooLarge("m"), 413, "too-long"),
    ],
)
def test_every_error_has_its_status_and_code(error: RequestError, status: int, code: str) -> None:
    """design.md 9: the error tree; codes are of the R4 issue types."""
    body = operation_outcome(error.code, error.message, error.expression)
    assert (error.status, error.code) == (status, code)
    assert_operation_outcome(json.loads(to_json(body)))
