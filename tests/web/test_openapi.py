"""`openapi.yaml` and the routes say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from cds_service.web.shell import Shell
from tests.web.support import PATH, body_of, call, encoded

AUTOMATIC = {"HEAD", "OPTIONS"}


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    """The description as it is served."""
    body: dict[str, Any] = body_of(client.get("/openapi.json"))
    return body


def test_it_is_openapi(description: dict[str, Any]) -> None:
    """design.md 9: the description is valid OpenAPI 3.1."""
    validate(description)
    assert description["openapi"].startswith("3.1")


def test_routes_are_paths(app: Shell, description: dict[str, Any]) -> None:
    """design.md 9, routes = paths: neither describes what the other has not."""
    routes = {
        (re.sub(r"<([a-z_]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - AUTOMATIC
    }
    described = {
        (path, method)
        for path, item in description["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert routes == described


def test_operations_are_named_like_views(app: Shell, description: dict[str, Any]) -> None:
    """One name: operationId, view and the event in the log are the same word."""
    views = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules()}
    named = {
        operation["operationId"]
        for item in description["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert views == named


@pytest.mark.parametrize(
    ("schema", "method", "path"),
    [
        ("Discovery", "GET", "/cds-services"),
        ("HookResponse", "POST", PATH),
        ("OperationOutcome", "POST", "/cds-services/unknown"),
    ],
)
def test_answers_match_the_description(
    client: FlaskClient, description: dict[str, Any], schema: str, method: str, path: str
) -> None:
    """The described schemas accept what is served."""
    data = encoded(call()) if method == "POST" else None
    answer = client.open(path, method=method, data=data, content_type="application/json")
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": description["components"]}
    assert list(Draft202012Validator(wanted).iter_errors(body_of(answer))) == []


def test_the_request_of_these_tests_matches_the_description(description: dict[str, Any]) -> None:
    """The described request is what clients send."""
    wanted = {"$ref": "#/components/schemas/HookRequest", "components": description["components"]}
    assert list(Draft202012Validator(wanted).iter_errors(call())) == []
