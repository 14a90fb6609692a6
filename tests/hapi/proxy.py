"""A forwarder in front of HAPI that misbehaves where it is told to, and otherwise passes everything on.

HAPI takes the base of its links from the Host header, which is passed on too, so `next` stays on the forwarder.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.hapi.loading import PATIENCE

Json = dict[str, Any]
DRIP_SECONDS: Final = 0.05
"""Between two bytes of a server that drips: each read gets something, and none of them ends."""
SECONDS_BETWEEN_LOOKS: Final = 0.05
"""Between two looks of the forwarder at whether it is to end."""

_OF_ONE_HOP: Final = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "date", "server"})
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came. ``path`` is with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def url(self) -> str:
        """The whole URL that was asked for."""
        return f"http://{self.headers['host']}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers that go on to the client, and a body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)

    def json(self) -> Json:
        """The body as JSON."""
        document: Json = json.loads(self.body)
        return document


class Exchange:
    """One request and what is done about it."""

    def __init__(self, asked: Asked, handler: _Handler, upstream: str, closing: threading.Event) -> None:
        self.asked = asked
        self._handler = handler
        self._upstream = upstream
        self._closing = closing

    def forward(self, path: str | None = None) -> Answer:
        """What HAPI answers to the request, or to the same with another path."""
        connection = http.client.HTTPConnection(self._upstream, timeout=PATIENCE)
        kept = {name: value for name, value in self.asked.headers.items() if name not in _OF_ONE_HOP}
        try:
            plain = {**kept, "accept-encoding": "identity"}
            connection.request(self.asked.method, path or self.asked.path, self.asked.body or None, plain)
            response = connection.getresponse()
            passed = {name: value for name, value in response.getheaders() if name.lower() not in _OF_ONE_HOP}
            return Answer(response.status, response.read(), passed)
        finally:
            connection.close()

    def send(self, answer: Answer, length: int | None = None) -> None:
        """Answer the client; with ``length``, say that the body is so long, whatever it is."""
        self.write(head(answer, len(answer.body) if length is None else length) + answer.body)

    def write(self, data: bytes) -> None:
        """Bytes to the client as they are."""
        self._handler.wfile.write(data)

    def closes_within(self, seconds: float) -> bool:
        """Wait so long, or until the forwarder is closed, and then it is True."""
        return self._closing.wait(seconds)


Fault = Callable[[Exchange], None]
Where = Callable[[str], bool]


class Proxy:
    """The forwarder; a context manager that listens on a free port of the loopback while it is entered."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.asked: list[Asked] = []
        self._path = parts.path
        self._upstream = parts.netloc
        self._faults: list[tuple[Where, Fault]] = []
        self._closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(SECONDS_BETWEEN_LOOKS,), daemon=True)

    @property
    def base(self) -> str:
        """The FHIR base URL of the forwarder."""
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def fails(self, where: Where, how: Fault) -> None:
        """Do ``how`` with every request whose path (with its query) ``where`` accepts; what was told first counts."""
        self._faults.append((where, how))

    def count(self, where: Where) -> int:
        """How many requests came for such paths."""
        return sum(where(asked.path) for asked in self.asked)

    def answer(self, asked: Asked, handler: _Handler) -> None:
        """Note a request and do with it what was told."""
        self.asked.append(asked)
        how = next((fault for where, fault in self._faults if where(asked.path)), passing)
        how(Exchange(asked, handler, self._upstream, self._closing))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.server_close()
        if self._server.defects and error is None:
            raise self._server.defects[0]


class _Server(ThreadingHTTPServer):
    """Ends its threads when it is closed, and keeps what went wrong in them for the test to fail with."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy
        self.defects: list[BaseException] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is none of ours; anything else is a defect of the fault."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.defects.append(error)


class _Handler(BaseHTTPRequestHandler):
    """One exchange a connection, so that no thread is left waiting for the next."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.proxy.answer(Asked(self.command, self.path, headers, body), self)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: ``Proxy.asked`` has it."""


def head(answer: Answer, length: int) -> bytes:
    """The status line and the headers of an answer."""
    reason = http.client.responses.get(answer.status, "")
    lines = [f"{name}: {value}" for name, value in answer.headers.items()]
    text = [f"HTTP/1.1 {answer.status} {reason}", *lines, f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(text).encode("latin-1")


# --- where ------------------------------------------------------------------------------------------------------------


def search_of(resource_type: str) -> Where:
    """A search by GET for a type."""
    return lambda path: f"/{resource_type}?" in path


def read_of(resource_type: str) -> Where:
    """A read of an instance of a type."""
    return lambda path: f"/{resource_type}/" in path and not path.endswith("/_search")


def further_page(path: str) -> bool:
    """A page that a `next` of HAPI names; nothing in it tells of which search."""
    return "_getpages=" in path


# --- how --------------------------------------------------------------------------------------------------------------


def passing(exchange: Exchange) -> None:
    """No fault."""
    exchange.send(exchange.forward())


def silent(exchange: Exchange) -> None:
    """Takes the request and never answers."""
    exchange.closes_within(PATIENCE)


def dripping_head(exchange: Exchange) -> None:
    """Answers byte by byte from the status line on."""
    answer = exchange.forward()
    _drip(exchange, head(answer, len(answer.body)))


def dripping_body(exchange: Exchange) -> None:
    """Sends its headers at once and the body byte by byte."""
    answer = exchange.forward()
    exchange.write(head(answer, len(answer.body)))
    _drip(exchange, answer.body)


def _drip(exchange: Exchange, data: bytes) -> None:
    for byte in data:
        exchange.write(bytes([byte]))
        if exchange.closes_within(DRIP_SECONDS):
            return


def answering(status: int, code: str, **headers: str) -> Fault:
    """An error with an OperationOutcome, as HAPI words them."""
    issue = {"severity": "error", "code": code, "diagnostics": f"HAPI-0000: HTTP {status}"}
    body = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(Answer(status, body, {"Content-Type": "application/fhir+json", **given}))


def login_page(exchange: Exchange) -> None:
    """200 with a page for people."""
    page = b"<!DOCTYPE html><html><body><form action='/login'>Please sign in</form></body></html>"
    exchange.send(Answer(200, page, {"Content-Type": "text/html; charset=utf-8"}))


def cut_short(exchange: Exchange) -> None:
    """Half of the JSON, said to be all of it."""
    answer = exchange.forward()
    exchange.send(replace(answer, body=answer.body[: len(answer.body) // 2]))


def broken_off(exchange: Exchange) -> None:
    """Half of the JSON, and the connection is gone."""
    answer = exchange.forward()
    exchange.send(replace(answer, body=answer.body[: len(answer.body) // 2]), length=len(answer.body))


def redirecting(to: str) -> Fault:
    """302 to another place."""
    return lambda exchange: exchange.send(Answer(302, b"", {"Location": to}))


def about(own: str, other: str) -> Fault:
    """Asks HAPI for another patient: what a server answers that has mixed up two records."""
    return lambda exchange: exchange.send(exchange.forward(exchange.asked.path.replace(own, other)))


def paged(size: int) -> Fault:
    """No more than so many resources a page, whatever `_count` was asked for."""
    return lambda exchange: exchange.send(exchange.forward(_counted(exchange.asked.path, size)))


def leading(to: str | None = None) -> Fault:
    """One resource a page, and `next` leads elsewhere: to the page itself unless ``to`` names another."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward(_counted(exchange.asked.path, 1))
        bundle = answer.json()
        links = [link for link in bundle.get("link", ()) if link["relation"] != "next"]
        bundle["link"] = [*links, {"relation": "next", "url": to or exchange.asked.url}]
        exchange.send(replace(answer, body=json.dumps(bundle).encode()))

    return fault


def _counted(path: str, size: int) -> str:
    parts = urlsplit(path)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name != "_count"]
    return f"{parts.path}?{urlencode([*asked, ('_count', str(size))])}"
