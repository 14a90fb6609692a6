"""One call's way to one server: ``requests`` with pinned addresses, watched sockets, no redirect, no cookie, no proxy,
no ``.netrc``, and a bound on what is read.

No text of an exception from below is used or kept: it names hosts and paths.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError

from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.client.sockets import Watch
from cds_service.fhir.client.tokens import Token

FHIR_JSON: Final = "application/fhir+json"
MOST_AT_ONCE: Final = 6
"""Fetches of one call at the same time (decision 7 of the operations notes)."""
RETRY_WITH: Final = 0.4
"""The part of the time that must be left for the one retry (operations notes 1.4)."""
_PIECE: Final = 64 * 1024

# Its debug lines hold the URL of every request, and so the patient's id.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. ``content_type`` as sent, in lower case."""

    status: int
    content_type: str
    body: bytes


@dataclass(slots=True)
class Budget:
    """The bytes that one call may read, after decompression; shared by its threads."""

    left: int
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, count: int) -> bool:
        """Whether there was so much left."""
        with self._lock:
            self.left -= count
            return self.left >= 0


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call connects, and until when. ``addresses`` passed the rule for addresses; the name is not looked up
    again. ``until`` is in seconds of ``clock``.
    """

    addresses: Sequence[str]
    watch: Watch
    clock: Callable[[], float]
    until: float

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.until - self.clock()

    def connect(self, connection: HTTPConnection) -> socket.socket:
        """A watched socket to the first address that answers; each may take its share of what is left."""
        for number, address in enumerate(self.addresses):
            share = self.left / (len(self.addresses) - number)
            if share <= 0:
                raise ConnectTimeoutError(connection, "out of time")
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            opened = socket.socket(family, socket.SOCK_STREAM)
            try:
                self.watch.add(opened)
                opened.settimeout(share)
                opened.connect((address, connection.port))
                self.watch.check()
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                opened.close()
            else:
                return opened
        raise NewConnectionError(connection, "no address answered")


class _Closing(ssl.SSLSocket):
    """Closes itself when nobody holds it: where the connection went between connecting and handshake, ``ssl`` raises
    and leaves it open.
    """

    def __del__(self) -> None:
        self.close()


class _Plain(HTTPConnection):
    def __init__(self, *args: Any, route: Route, **more: Any) -> None:
        self._route = route
        super().__init__(*args, **more)

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self)


class _Secure(HTTPSConnection):
    def __init__(self, *args: Any, route: Route, **more: Any) -> None:
        self._route = route
        super().__init__(*args, **more)

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Connections of one route, with one TLS context that was made when the service started."""

    def __init__(self, route: Route, tls: ssl.SSLContext) -> None:
        self._route = route
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=MOST_AT_ONCE)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block=block, **more)
        # The pools hand the route to each connection they make. A context variable would be empty in pool threads.
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_PlainPool, route=self._route),
            "https": partial(_SecurePool, route=self._route),
        }

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True)
        secure = host["scheme"] == "https"
        return host, {"ssl_context": self._tls, "cert_reqs": "CERT_REQUIRED"} if secure else {}

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Nothing to do: the context verifies, and has read its certificates already."""


@lru_cache(maxsize=4)
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification by the certificate authorities that requests ships, and a hospital's own."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Closing
    if ca_file is not None:
        context.load_verify_locations(cafile=str(ca_file))
    return context


class Line:
    """One call's line to a server: asks, and gives the answer whole or raises NotFetched. Shared by the call's
    threads; close it in the end.
    """

    def __init__(self, route: Route, tls: ssl.SSLContext, token: Token | None, budget: Budget) -> None:
        self._route = route
        self._token = token
        self._budget = budget
        self._time = max(route.left, 0.0)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(route, tls)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def ask(self, url: str, *, accept: str = FHIR_JSON, form: Sequence[tuple[str, str]] | None = None) -> Answer:
        """GET a URL, or POST a form to it. Raises NotFetched; a status of any kind is an answer."""
        try:
            return self._ask(url, accept, form)
        except _ResetBeforeAnswer:
            if self._route.watch.over or self._route.left <= self._time * RETRY_WITH:
                raise NotFetched(self._late(Failure.NOT_REACHABLE)) from None
        try:
            return self._ask(url, accept, form)
        except _ResetBeforeAnswer:
            raise NotFetched(self._late(Failure.NOT_REACHABLE)) from None

    def _ask(self, url: str, accept: str, form: Sequence[tuple[str, str]] | None) -> Answer:
        left = self._route.left
        if left <= 0 or self._route.watch.over:
            raise NotFetched(Failure.TIMED_OUT)
        response = None
        try:
            response = self._session.request(
                "GET" if form is None else "POST",
                url,
                data=None if form is None else list(form),
                headers=self._headers(accept),
                allow_redirects=False,
                stream=True,
                timeout=left,
            )
            body = b"".join(self._pieces(response))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # ValueError: what urllib3 and http.client raise on headers and addresses that are none.
            if response is None and _is_reset(error):
                raise _ResetBeforeAnswer from None
            raise NotFetched(self._late(_failure(error))) from None
        finally:
            if response is not None:
                response.close()
        if self._route.watch.over:
            # A body without a length "ends" when we shut its socket.
            raise NotFetched(Failure.TIMED_OUT)
        return Answer(response.status_code, response.headers.get("Content-Type", "").lower(), body)

    def _headers(self, accept: str) -> Mapping[str, str]:
        headers = {"Accept": accept, "Accept-Encoding": "gzip, deflate", "User-Agent": "vcf-cds"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return headers

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        for piece in response.iter_content(_PIECE):
            if not self._budget.take(len(piece)):
                raise NotFetched(Failure.TOO_LARGE)
            yield piece

    def _late(self, failure: Failure) -> Failure:
        """What went wrong, but for the clock: a socket that we shut fails in many ways."""
        return Failure.TIMED_OUT if self._route.watch.over or self._route.left <= 0 else failure


class _ResetBeforeAnswer(Exception):
    """The connection broke before the first byte: the request may be sent once more."""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from, wherever the libraries put that."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        todo += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _is_reset(error: BaseException) -> bool:
    causes = list(_causes(error))
    opened = any(isinstance(each, ProtocolError) for each in causes)
    return opened and any(isinstance(each, ConnectionError) for each in causes)


def _failure(error: BaseException) -> Failure:
    """What an exception of the libraries stands for, whatever its text says."""
    causes = list(_causes(error))

    def some(*kinds: type[BaseException]) -> bool:
        return any(isinstance(each, kinds) for each in causes)

    if some(ssl.SSLCertVerificationError):
        return Failure.NOT_TRUSTED
    # First of the two: urllib3 counts a connection that was refused among its timeouts.
    if some(NewConnectionError):
        return Failure.NOT_REACHABLE
    if some(requests.Timeout, TimeoutError, ConnectTimeoutError):
        return Failure.TIMED_OUT
    if some(ssl.SSLError, ConnectionError):
        return Failure.NOT_REACHABLE
    return Failure.NOT_READABLE
