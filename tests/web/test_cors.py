"""Cross-origin calls (fault matrix J1-J5): exact origins, the CDS Hooks paths alone, never credentials."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.web.support import PATH, SERVICES, FakeCore, call, encoded

LISTED = "https://ehr.example"


@pytest.fixture
def production() -> FlaskClient:
    """A client of the production profile with one origin listed."""
    settings = Settings(profile="production", public_url="https://cds.example", cors_origins=(LISTED,))
    return create_app(settings, evaluate=FakeCore(), services=SERVICES).test_client()


def _preflight(client: FlaskClient, origin: str, path: str = PATH, **headers: str) -> TestResponse:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.options(path, headers=asked | headers)


@pytest.mark.parametrize("path", ["/cds-services", PATH])
def test_a_preflight_from_a_listed_origin_is_granted(production: FlaskClient, path: str) -> None:
    """J1: 204 with that very origin, the methods and headers, and no credentials."""
    answer = _preflight(production, LISTED, path)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == LISTED
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, X-Request-ID"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil-ehr.example", "https://ehr.example.evil.example", "https://ehr.example:8443", "http://ehr.example",
     "https://ehr.example/", "https://EHR.example", "https://sub.ehr.example", "http://localhost:3000", "*"],
)  # fmt: skip
def test_no_other_origin_is_granted(production: FlaskClient, origin: str) -> None:
    """J2: no look-alike, and in production no localhost."""
    answer = _preflight(production, origin)
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Vary"] == "Origin"


def test_a_simple_request_from_elsewhere_is_answered_without_grant(production: FlaskClient) -> None:
    """J3: CORS hides the answer from the page, it does not authenticate."""
    answer = production.get("/cds-services", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/livez", "/version", "/evidence", "/openapi.json", "/admin", "/metrics", "/cds-servicesx"]
)
def test_other_paths_are_never_granted(production: FlaskClient, path: str) -> None:
    """J4: CORS is for the CDS Hooks paths alone."""
    answer = production.get(path, headers={"Origin": LISTED})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in _preflight(production, LISTED, path).headers


def test_private_network_access_is_not_granted(production: FlaskClient) -> None:
    """J5: a page on the internet gets no way into the hospital network."""
    answer = _preflight(production, LISTED, **{"Access-Control-Request-Private-Network": "true"})
    assert "Access-Control-Allow-Private-Network" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PATH, b"{", 400),
        (PATH, b"", 400),
        ("/cds-services/unknown", encoded(call()), 404),
        (f"{PATH}/feedback", b"{}", 404),
    ],
)
def test_errors_are_granted_too(production: FlaskClient, path: str, body: bytes, status: int) -> None:
    """Checklist 83: a page must be able to read why it failed."""
    answer = production.post(path, data=body, content_type="application/json", headers={"Origin": LISTED})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == LISTED


@pytest.mark.parametrize(
    ("origin", "granted"),
    [
        ("http://localhost:3000", True),
        ("http://localhost", True),
        ("https://127.0.0.1:8443", True),
        ("http://[::1]:5173", True),
        ("http://localhost.evil.example:3000", False),
        ("http://evil.example#localhost", False),
        ("http://evil@localhost:3000", False),
        ("http://127.0.0.2:3000", False),
        ("ftp://localhost", False),
        ("http://localhost:port", False),
        ("null", False),
    ],
)
def test_the_demo_admits_any_port_of_this_machine(client: FlaskClient, origin: str, granted: bool) -> None:
    """contract.md, Settings: the demo profile admits localhost by its literal names."""
    assert _preflight(client, origin).headers.get("Access-Control-Allow-Origin") == (origin if granted else None)
