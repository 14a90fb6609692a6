"""`sample-patients --load FHIR_BASE`, over real sockets: what is sent, what a refusal says, who gets the token."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from threading import Event

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cds_service import cli
from cds_service.samples import bundles, cases
from cds_service.samples.load import Unreachable, load
from cds_service.settings import Settings

AS_OF = date(2026, 11, 20)
TOKEN = "CANARY-token.0~1+2/3="
SENT = bundles(AS_OF, Settings().canonical_base)
ONE = {"imaging-caution": SENT["imaging-caution"]}


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token but that of the test."""
    monkeypatch.delenv("VCF_TOKEN", raising=False)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server of this test's own, on a free port of this machine."""
    with HTTPServer(host="127.0.0.1", port=0) as running:
        yield running


def accepted(request: Request) -> Response:
    """The answer of a server that has stored all of a transaction."""
    entries = [{"response": {"status": "200 OK"}} for _ in request.get_json(force=True)["entry"]]
    return fhir({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


def fhir(body: Mapping[str, object], status: int = 200) -> Response:
    """FHIR JSON, as a server sends it."""
    return Response(json.dumps(body), status, content_type="application/fhir+json;charset=utf-8")


def outcome(code: str, status: int) -> Response:
    """A refusal with its reason."""
    return fhir({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}, status)


def command(server: HTTPServer, path: str = "/fhir") -> int:
    """The exit code of the command against this server."""
    return cli.main(["sample-patients", "--load", server.url_for(path), "--as-of", AS_OF.isoformat()])


def answers(server: HTTPServer, name: str = "imaging-caution") -> str:
    """What is made of the server's answer to one bundle."""
    (told,) = load({name: SENT[name]}, server.url_for("/fhir"))
    return str(told[1])


@pytest.mark.parametrize("path", ["/fhir", "/fhir/"])
def test_every_bundle_is_posted_to_the_base(path: str, server: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    """One transaction a case, as FHIR JSON and without a token; exit 0 when all are loaded."""
    server.expect_request("/fhir", method="POST").respond_with_handler(accepted)
    assert command(server, path) == 0
    assert [json.loads(request.get_data()) for request, _ in server.log] == list(SENT.values())
    for request, _ in server.log:
        assert request.content_type == request.headers["Accept"] == "application/fhir+json"
        assert "Authorization" not in request.headers
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"{name}: loaded" for name in cases()]
    assert said.err == ""


def test_a_refused_bundle_is_named_and_the_others_are_loaded(
    server: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """HTTP status and first issue code; exit 1."""

    def judged(request: Request) -> Response:
        refused = request.get_json(force=True)["id"] == "vcf-sample-imaging-caution"
        return outcome("processing", 422) if refused else accepted(request)

    server.expect_request("/fhir").respond_with_handler(judged)
    assert command(server) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "imaging-caution: refused, HTTP 422 (processing)" in lines
    assert len(lines) == len(cases())
    assert sum(line.endswith(": loaded") for line in lines) == len(cases()) - 1


def test_the_token_is_sent_and_never_printed(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """VCF_TOKEN goes into the header of each call, and a server that refuses it is told of without it (401)."""
    monkeypatch.setenv("VCF_TOKEN", f"{TOKEN}\n")
    server.expect_request("/fhir").respond_with_handler(lambda request: outcome("login", 401))
    assert command(server) == 1
    assert {request.headers["Authorization"] for request, _ in server.log} == {f"Bearer {TOKEN}"}
    said = capsys.readouterr()
    assert said.out.splitlines()[0].endswith("refused, HTTP 401 (login)")
    assert "CANARY" not in said.out + said.err


@pytest.mark.parametrize(
    "token", ["CANARY two words", "CANARY\r\nX-Other: 1", "CANARY\u00fc", "Bearer CANARY", "=CANARY"]
)
def test_what_is_no_token_is_refused_unseen(
    token: str, server: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 6750; exit 3 before anything is sent, and the message does not hold it."""
    monkeypatch.setenv("VCF_TOKEN", token)
    assert command(server) == 3
    assert not server.log
    said = capsys.readouterr()
    assert "VCF_TOKEN" in said.err
    assert "CANARY" not in said.out + said.err


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, server: HTTPServer) -> None:
    """The operator typed an address, and no other gets the bundle or the token."""
    server.expect_request("/fhir").respond_with_data("", status, headers={"Location": server.url_for("/elsewhere")})
    server.expect_request("/elsewhere").respond_with_handler(accepted)
    assert answers(server) == f"refused, HTTP {status}"
    assert [request.path for request, _ in server.log] == ["/fhir"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"resourceType": "Bundle", "type": "transaction-response"}, "not-understood"),
        ({"resourceType": "Bundle", "type": "searchset", "entry": []}, "not-understood"),
        ({"resourceType": "OperationOutcome", "issue": [{"code": "informational"}]}, "informational"),
        ({"type": "transaction-response", "entry": [{"response": {"status": "200"}}]}, "not-understood"),
        ({"type": "transaction-response", "entry": "x"}, "not-understood"),
        ({"type": "transaction-response", "entry": [None, {}, {"response": None}]}, "not-understood"),
    ],
)
def test_an_ok_that_is_no_answer_to_a_transaction_is_no_success(
    body: Mapping[str, object], says: str, server: HTTPServer
) -> None:
    """R4: the response of a transaction has an entry for each one sent."""
    server.expect_request("/fhir").respond_with_handler(lambda request: fhir(body))
    assert answers(server) == f"refused, HTTP 200 ({says})"


def test_an_entry_that_was_not_stored_is_no_success(server: HTTPServer) -> None:
    """A server that takes a transaction for a batch: one entry failed."""

    def half(request: Request) -> Response:
        statuses = ["201"] * (len(ONE["imaging-caution"]["entry"]) - 1) + ["400"]
        entries = [{"response": {"status": status}} for status in statuses]
        return fhir({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    server.expect_request("/fhir").respond_with_handler(half)
    assert answers(server) == "refused, HTTP 200 (not-understood)"


@pytest.mark.parametrize("page", ["<html>Sign in</html>", "", "[]", '"x"', "{" * 100])
def test_a_page_in_place_of_fhir_is_no_success(page: str, server: HTTPServer) -> None:
    """A portal that answers 200 to everything has stored nothing."""
    server.expect_request("/fhir").respond_with_data(page, content_type="text/html")
    assert answers(server) == "refused, HTTP 200 (not-understood)"


@pytest.mark.parametrize(
    "issues", ['"x"', "[]", "[1]", '[{"code": 7}]', '[{"code": "\\u001b[2J"}]', '[{"code": "A b"}]']
)
def test_only_an_issue_code_is_printed_of_a_refusal(issues: str, server: HTTPServer) -> None:
    """A stranger's text does not reach the operator's terminal."""
    body = f'{{"resourceType": "OperationOutcome", "issue": {issues}}}'
    server.expect_request("/fhir").respond_with_data(body, 400, content_type="application/fhir+json")
    assert answers(server) == "refused, HTTP 400"


def test_a_long_answer_is_read_to_a_limit(server: HTTPServer) -> None:
    """More than four megabytes are not kept; what was cut is no answer."""
    server.expect_request("/fhir").respond_with_data(
        b'{"type": "transaction-response", "pad": "' + b"x" * 6_000_000 + b'"}'
    )
    assert answers(server) == "refused, HTTP 200 (not-understood)"


def test_a_server_that_is_not_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens on the port: one message, no address in it, and nothing on stdout."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken and not listening
        code = cli.main(["sample-patients", "--load", f"http://127.0.0.1:{bound.getsockname()[1]}/fhir"])
    said = capsys.readouterr()
    assert (code, said.out) == (3, "")
    assert "server not reachable" in said.err
    assert "127.0.0.1" not in said.err


def test_what_was_loaded_before_the_server_went_away_is_told(
    server: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection that breaks off midway: the lines before it stand, nothing is sent after it; exit 3."""
    calls: list[str] = []

    def leaving(request: Request) -> Response:
        calls.append(request.path)
        if len(calls) < 3:
            return accepted(request)
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response("")

    server.expect_request("/fhir").respond_with_handler(leaving)
    assert command(server) == 3
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"{name}: loaded" for name in list(cases())[:2]]
    assert "not reachable" in said.err
    assert len(calls) == 3


def test_a_server_that_never_answers_is_given_up(server: HTTPServer) -> None:
    """The read has its time, and the reason says so."""
    asked, over = Event(), Event()

    def silent(request: Request) -> Response:
        asked.set()
        over.wait(10)
        return accepted(request)

    server.expect_request("/fhir").respond_with_handler(silent)
    try:
        with pytest.raises(Unreachable, match="timed out"):
            next(load(ONE, server.url_for("/fhir"), timeout=(5, 0.2)))
        assert asked.is_set()
    finally:
        over.set()


def test_https_to_a_server_without_it_is_exit_3(server: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    """No trusted TLS connection, nothing sent."""
    code = cli.main(["sample-patients", "--load", server.url_for("/fhir").replace("http:", "https:")])
    assert code == 3
    assert "no trusted TLS connection" in capsys.readouterr().err


def test_the_surroundings_are_not_asked(server: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a netrc of the environment: the address is the one that was typed."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password CANARY\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.expect_request("/fhir").respond_with_handler(accepted)
    assert answers(server) == "loaded"
    ((request, _),) = server.log
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    "base", ["127.0.0.1:8080/fhir", "ftp://host/fhir", "http://a:CANARY@host/fhir", "http://host/fhir?x=CANARY", ""]
)
def test_what_is_no_base_is_a_usage_error(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what was typed is not repeated: it may hold a password."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sample-patients", "--load", base])
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert "absolute http or https URL" in said.err
    assert "CANARY" not in said.out + said.err
