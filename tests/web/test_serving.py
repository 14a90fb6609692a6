"""Real sockets: the chunked body of hazard 17b, what is not HTTP, and gunicorn as the service starts it."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import Service
from cds_service.serve import options, settle_garbage, warm_up
from cds_service.settings import MIB, Settings
from cds_service.web.shell import Shell
from tests.schemas.conformance import assert_operation_outcome
from tests.web.support import PATH, SERVICES, FakeCore, call, encoded

ROOT = Path(__file__).resolve().parents[2]
START = """
from cds_service.app import create_app
from cds_service.serve import serve
from cds_service.settings import load
from tests.web.support import SERVICES, FakeCore
settings = load({"VCF_PORT": "0", "WEB_CONCURRENCY": "1"})
serve(settings, create_app(settings, evaluate=FakeCore(), services=SERVICES))
"""
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def _exchange(port: int, sent: bytes, *, wait: float = 10) -> bytes:
    """What the server answers on a connection of its own; the end of the stream ends it, or ``wait`` seconds."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent, which is the point of a limit
        try:
            while data := connection.recv(65536):
                received += data
        except OSError:
            pass  # reset after the answer: it has not read all of the body
    return received


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _chunked(body: bytes, size: int = 65536) -> bytes:
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


@pytest.fixture
def werkzeug_port(app: Shell) -> Iterator[int]:
    """The application behind werkzeug's server in a thread."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(5)
    server.server_close()


WHOLE = START.replace(", evaluate=FakeCore(), services=SERVICES", "")
"""The service with its own core."""


@pytest.fixture(scope="module")
def gunicorn() -> Iterator[tuple[int, int]]:
    """Port and process id of the service under gunicorn, one worker."""
    with _gunicorn(START) as started:
        yield started


@contextmanager
def _gunicorn(start: str) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-c", start]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stderr is not None
        line = json.loads(process.stderr.readline())
        assert line["event"] == "listening"
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield int(line["address"].rpartition(":")[2]), process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        drain.join(5)


def test_a_chunked_call_is_answered(werkzeug_port: int) -> None:
    """Hazard 17b: a body without Content-Length within the limit is read like any other."""
    answer = _exchange(
        werkzeug_port,
        f"{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + _chunked(encoded(call()), 7),
    )
    assert _status(answer) == 200


def test_a_chunked_body_beyond_the_limit_is_413(werkzeug_port: int) -> None:
    """A14, hazard 17b: 10 MiB in chunks are refused."""
    answer = _exchange(
        werkzeug_port, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + _chunked(b" " * (10 * MIB))
    )
    assert _status(answer) == 413


def test_a_body_shorter_than_declared_is_400(werkzeug_port: int) -> None:
    """A15: a client that hangs up in the middle of its body is no defect of ours."""
    assert _status(_exchange(werkzeug_port, f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())) == 400


def test_the_service_does_not_call_itself_on_a_port_it_was_given() -> None:
    """contract.md: never the service's own port, known or not before it listens (VCF_PORT=0)."""
    with _gunicorn(WHOLE) as (port, _):
        body = encoded(call(prefetch=..., fhirServer=f"http://127.0.0.1:{port}/cds-services"))
        answer = _exchange(port, f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    assert _status(answer) == 412
    assert b"server not permitted" in answer


def test_gunicorn_refuses_a_chunked_body_beyond_the_limit(gunicorn: tuple[int, int]) -> None:
    """A14, hazard 17b: the same behind the real server, and the next call is answered."""
    port, _ = gunicorn
    answer = _exchange(port, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + _chunked(b" " * (10 * MIB)))
    assert _status(answer) == 413
    good = f"{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + _chunked(encoded(call()))
    assert _status(_exchange(port, good)) == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (f"{HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 400),
        (f"{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (f"{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nBad Header\x01: canary-token\r\n\r\n", 400),
        ("GET /livez HTTP/1.1\r\nHost: x\r\n" + "".join(f"H{n}: 1\r\n" for n in range(101)) + "\r\n", 431),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nA: " + "canary" * 1500 + "\r\n\r\n", 431),
        ("GET /" + "canary" * 900 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    ],
)
def test_what_is_not_http_is_refused_without_echo(gunicorn: tuple[int, int], request_bytes: str, status: int) -> None:
    """A17, A18: one answer, an OperationOutcome that quotes nothing, and no second request parsed."""
    answer = _exchange(gunicorn[0], request_bytes.encode("latin-1"))
    assert _status(answer) == status
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"canary" not in answer
    assert_operation_outcome(json.loads(answer.partition(b"\r\n\r\n")[2]))


def test_slow_clients_do_not_hold_others_up(gunicorn: tuple[int, int]) -> None:
    """Operations fact 6: six clients that never finish their headers, and /livez answers within a second."""
    port, _ = gunicorn
    slow = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(6)]
    try:
        for connection in slow:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost:")
        time.sleep(0.2)
        started = time.perf_counter()
        answer = _exchange(port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert _status(answer) == 200
        assert time.perf_counter() - started < 1
    finally:
        for connection in slow:
            connection.close()


def test_gunicorn_opens_no_control_socket(gunicorn: tuple[int, int]) -> None:
    """operations fact 6: no socket of the process besides its port (read from /proc)."""
    unix = Path("/proc/net/unix")
    if not unix.is_file():
        pytest.skip("no /proc on this system")
    assert "gunicorn" not in unix.read_text(encoding="utf-8")


def test_the_options_of_the_server() -> None:
    """design.md 8, operations fact 6: threads, no control socket, no access log, no trust in forwarding headers."""
    settings = Settings(web_concurrency=3, web_threads=5, port=0)
    chosen = options(settings, create_app(settings, evaluate=FakeCore(), services=SERVICES))
    assert chosen["control_socket_disable"] is True
    assert (chosen["workers"], chosen["threads"]) == (3, 5)
    assert chosen["accesslog"] is None
    assert chosen["forwarded_allow_ips"] == ""


def test_a_warm_worker_has_called_the_service(app: Shell, core: FakeCore, log: io.StringIO) -> None:
    """design.md 8: a worker evaluates a call about nobody before it serves, and its log says nothing of it."""
    warm_up(app)
    assert [request.patient_id for request, _ in core.calls] == ["warm-up"]
    assert log.getvalue() == ""


def test_a_service_that_fails_on_its_own_sample_does_not_serve(app: Shell, core: FakeCore) -> None:
    """Invariant 2: a defect seen while warming up stops the start."""

    def broken(service: Service, request: HookRequest) -> Mapping[str, object]:
        raise KeyError

    core.answer = broken
    with pytest.raises(RuntimeError, match="warm-up"):
        warm_up(app)


def test_garbage_collection_is_settled() -> None:
    """design.md 8: what start-up built is frozen, and collections are rare."""
    before = gc.get_threshold()
    try:
        settle_garbage()
        assert gc.get_threshold() == (100_000, 50, 100)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
