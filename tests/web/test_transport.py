"""HTTP around a call: methods, media types, sizes, ids and headers (fault matrix A)."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.settings import MIB
from cds_service.web.shell import Shell
from tests.schemas.conformance import assert_discovery, assert_operation_outcome
from tests.web.support import PATH, FakeCore, body_of, call, encoded

JSON = "application/json"


def test_discovery_needs_no_credentials_and_conforms(client: FlaskClient) -> None:
    """A1, checklist 7-12: discovery answers 200 with services that pass the schema."""
    answer = client.get("/cds-services")
    assert answer.status_code == 200
    assert answer.content_type == JSON
    assert_discovery(body_of(answer))
    assert [service["id"] for service in body_of(answer)["services"]] == [
        "vcf-patient-view",
        "vcf-order-select",
        "vcf-order-sign",
        "vcf-encounter-start",
        "vcf-encounter-discharge",
        "vcf-appointment-book",
        "vcf-problem-list-item-create",
        "vcf-order-dispatch",
    ]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("GET", PATH, {"POST", "OPTIONS"}),
        ("PUT", PATH, {"POST", "OPTIONS"}),
    ],
)
def test_a_method_the_path_has_not_is_405_with_allow(
    client: FlaskClient, method: str, path: str, allowed: set[str]
) -> None:
    """A2, A3: 405 as OperationOutcome, and Allow names the methods there are."""
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert_operation_outcome(body_of(answer))


@pytest.mark.parametrize(
    "service_id",
    [
        "vcf-unknown",
        "%2e%2e%2f",
        "..%2f..%2fetc",
        "a%00b",
        "x" * 10_000,
        "%E2%82%AC%F0%9F%92%A9",
        "vcf-patient-view/feedback",
    ],
)
def test_an_unknown_service_is_404(client: FlaskClient, service_id: str) -> None:
    """A4, A5: 404 as OperationOutcome, and the id is not repeated (feedback is not offered)."""
    answer = client.post(f"/cds-services/{service_id}", data=encoded(call()), content_type=JSON)
    assert answer.status_code == 404
    assert body_of(answer)["issue"][0]["code"] == "not-found"
    assert_operation_outcome(body_of(answer))
    assert service_id not in answer.text


@pytest.mark.parametrize("path", ["/cds-services", "/livez", "/readyz", "/version", "/evidence", "/openapi.json"])
def test_a_trailing_slash_makes_no_difference(client: FlaskClient, path: str) -> None:
    """A6: the same answer with and without it on every route, and no redirect."""
    assert client.get(f"{path}/").status_code == client.get(path).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
     "application/json; charset=latin-1", "application/json; charset=utf-16", "application/json, text/plain"],
)  # fmt: skip
def test_another_media_type_is_415(client: FlaskClient, content_type: str | None) -> None:
    """A7, A8, A9: no, another or another-charset Content-Type is 415, as OperationOutcome and not as a page."""
    answer = client.post(PATH, data=encoded(call()), content_type=content_type)
    assert answer.status_code == 415
    assert answer.content_type == JSON
    assert_operation_outcome(body_of(answer))


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "application/fhir+json",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "APPLICATION/JSON",
    ],
)
def test_json_in_utf8_is_accepted(client: FlaskClient, content_type: str) -> None:
    """A10: the usual spellings of JSON in UTF-8 are accepted."""
    assert client.post(PATH, data=encoded(call()), content_type=content_type).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json+fhir", "nonsense"])
def test_the_answer_is_json_whatever_is_accepted(client: FlaskClient, accept: str) -> None:
    """A11: Accept does not change the answer."""
    answer = client.post(PATH, data=encoded(call()), content_type=JSON, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.content_type == JSON


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_415_and_not_inflated(client: FlaskClient, core: FakeCore, encoding: str) -> None:
    """A12: a bomb is refused by its header."""
    bomb = gzip.compress(b"[" * (20 * MIB))
    answer = client.post(PATH, data=bomb, content_type=JSON, headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert_operation_outcome(body_of(answer))
    assert core.calls == []


class CountedStream(io.RawIOBase):
    """An endless body that counts what is read of it."""

    def __init__(self) -> None:
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "an unbounded read of the body"
        self.count += size
        return b" " * size


def _raw_call(app: Shell, stream: CountedStream, **environ: Any) -> int:
    statuses: list[str] = []
    base: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": JSON,
        "wsgi.input": stream,
        "wsgi.url_scheme": "http",
    }

    def start_response(status: str, headers: object, exc_info: object = None) -> Any:
        statuses.append(status)
        return lambda data: None

    b"".join(app(base | environ, start_response))
    return int(statuses[0].split()[0])


def test_a_declared_length_beyond_the_limit_is_413_unread(app: Shell) -> None:
    """A13: Content-Length alone decides, not one byte of the body is read."""
    stream = CountedStream()
    assert _raw_call(app, stream, CONTENT_LENGTH=str(8 * MIB + 1)) == 413
    assert stream.count == 0


def test_a_chunked_body_is_counted_while_it_is_read(app: Shell) -> None:
    """A14, hazard 17b: without a length at most the limit and one chunk are read, then 413."""
    stream = CountedStream()
    status = _raw_call(app, stream, **{"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"})
    assert status == 413
    assert stream.count <= 8 * MIB + 64 * 1024


def test_a_body_at_the_limit_is_read(client: FlaskClient) -> None:
    """A13: exactly the limit is accepted, one byte more is not."""
    body = encoded(call())
    padded = body + b" " * (8 * MIB - len(body))
    assert client.post(PATH, data=padded, content_type=JSON).status_code == 200
    assert client.post(PATH, data=padded + b" ", content_type=JSON).status_code == 413


@pytest.mark.parametrize(
    "hostile",
    ["evil\u00e9", "a" * 5000, "Jane Doe", "MRN-12345", "<script>", "550e8400-e29b-41d4-a716-44665544000g", "12345"],
)
def test_a_hostile_request_id_is_replaced(client: FlaskClient, hostile: str) -> None:
    """A21: what is no hexadecimal id is not sent back."""
    answer = client.get("/livez", headers={"X-Request-ID": hostile})
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] != hostile
    assert len(answer.headers["X-Request-ID"]) == 36


def test_a_request_id_with_a_line_break_is_replaced(app: Shell) -> None:
    """A21: a line break that a server let through does not split the header."""
    environ = {"HTTP_X_REQUEST_ID": "0123456789abcdef\r\nSet-Cookie: a=b"}
    answer = app.test_client().get("/livez", environ_overrides=environ)
    assert "Set-Cookie" not in answer.headers
    assert "\r" not in answer.headers["X-Request-ID"]


def test_a_good_request_id_is_kept(client: FlaskClient) -> None:
    """A21: a UUID comes back, so that two logs can be joined."""
    given = "550e8400-e29b-41d4-a716-446655440000"
    assert client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("path", ["/cds-services", "/livez", "/evidence", "/openapi.json"])
def test_head_answers_like_get_without_a_body(client: FlaskClient, path: str) -> None:
    """A22, decision 6: HEAD has the headers of GET."""
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/cds-services", PATH])
def test_options_is_204_without_a_body(client: FlaskClient, path: str) -> None:
    """A22: OPTIONS needs no credentials and has no body."""
    answer = client.options(path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "OPTIONS" in answer.headers["Allow"]
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("POST", PATH),
        ("POST", "/cds-services"),
        ("GET", "/nothing"),
        ("GET", "/evidence"),
        ("OPTIONS", PATH),
    ],
)
def test_every_answer_has_the_protective_headers(client: FlaskClient, method: str, path: str) -> None:
    """Fault matrix conventions, operations 1.11: on errors as well."""
    headers = client.open(path, method=method).headers
    assert headers["X-Request-ID"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_spoofed_forwarding_headers_are_ignored(client: FlaskClient) -> None:
    """A20: no header of the request gets into a link."""
    spoof = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Host": "evil.example"}
    assert "evil" not in client.get("/evidence", headers=spoof).text
    assert client.post(PATH, data=encoded(call()), content_type=JSON, headers=spoof).status_code == 200


def test_health_and_version(client: FlaskClient) -> None:
    """contract.md, HTTP: the operator's routes."""
    assert body_of(client.get("/livez")) == {"status": "alive"}
    assert body_of(client.get("/readyz")) == {"status": "ready"}
    version = body_of(client.get("/version"))
    assert version["service"] == "vcf-cds"
    assert version["cdsHooks"] == "2.0.1"
