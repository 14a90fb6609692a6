"""A listener on this machine: real sockets, a thread for each connection, and a count of the connections accepted.

The count rises when the kernel hands a connection over, before any handshake or byte: zero means that nobody called.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import parse_qsl

LOCAL: Final = "127.0.0.1"
PATIENCE: Final = 10.0
"""Seconds until a test that waits for something gives up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request as it came. Names of headers are in lower case; ``target`` is what stood in the first line."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the query and of a form in the body, decoded, in their order; empty values too."""
        form = "form-urlencoded" in self.headers.get("content-type", "")
        both = (self.target.partition("?")[2], self.body.decode() if form else "")
        return tuple(pair for text in both for pair in parse_qsl(text, keep_blank_values=True))


class Connection:
    """One accepted connection, in a thread of its own."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self.sock = sock
        self._stopping = stopping
        self._received = b""

    def upgrade(self, tls: ssl.SSLContext) -> None:
        """The TLS handshake, as its server."""
        self.sock = tls.wrap_socket(self.sock, server_side=True)

    def read_request(self) -> Asked | None:
        """The next request; None when the other side has hung up."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                return None
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._received) < length:
            if not self._receive():
                return None
        body, self._received = self._received[:length], self._received[length:]
        return Asked(method, target, MappingProxyType(headers), body)

    def _receive(self) -> bool:
        data = self.sock.recv(65536)
        self._received += data
        return bool(data)

    def await_byte(self) -> None:
        """Wait for the first byte, and leave it there."""
        self.sock.recv(1, socket.MSG_PEEK)

    def send(self, data: bytes) -> None:
        """All of it. Raises OSError when the other side has hung up."""
        self.sock.sendall(data)

    def drip(self, data: bytes, *, every: float = 0.02) -> None:
        """A byte now and then, until the other side hangs up; the last byte over and over when there are no more."""
        for position in range(1_000_000):
            if self._stopping.wait(every):
                return
            at = min(position, len(data) - 1)
            self.send(data[at : at + 1])

    def stay_silent(self) -> None:
        """Say nothing more until the other side hangs up, or the server is stopped."""
        with contextlib.suppress(OSError):
            while self.sock.recv(65536):
                pass

    def reset(self) -> None:
        """Hang up with RST, so that the other side gets an error instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def cut(self) -> None:
        """End the stream below TLS, without its farewell."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up properly."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            self.sock.close()


class Listener:
    """Listens on a port of its own (the same on every host given) and serves each connection in a thread."""

    def __init__(self, serve: Callable[[Connection], None], *, hosts: Sequence[str] = (LOCAL,)) -> None:
        self._serve = serve
        self._sockets = _bound(hosts)
        self.port: int = self._sockets[0].getsockname()[1]
        self._stopping = threading.Event()
        self._change = threading.Condition()
        self._accepted = 0
        self._open: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._wake, self._woken = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name=f"listener-{self.port}", daemon=True)

    @property
    def accepted(self) -> int:
        """How many connections came, ever."""
        with self._change:
            return self._accepted

    @property
    def open(self) -> int:
        """How many of them have not ended."""
        with self._change:
            return len(self._open)

    def wait_until(self, holds: Callable[[], bool], *, within: float = PATIENCE) -> bool:
        """Whether ``holds`` comes true in time; asked again at each connection that comes or ends."""
        deadline = time.monotonic() + within
        with self._change:
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._change.wait(min(left, 0.05))
            return True

    def wait_until_idle(self, *, within: float = PATIENCE) -> bool:
        """Whether every connection ends in time."""
        return self.wait_until(lambda: not self._open, within=within)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._wake.send(b"x")
        self._accepting.join(PATIENCE)
        with self._change:
            left, threads = list(self._open), list(self._threads)
        for connection in left:
            connection.cut()
        for thread in threads:
            thread.join(PATIENCE)
        for sock in (*self._sockets, self._wake, self._woken):
            sock.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            for sock in (*self._sockets, self._woken):
                selector.register(sock, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select():
                    if key.fileobj is not self._woken:
                        self._take(key.fileobj)  # type: ignore[arg-type]  # only sockets are registered

    def _take(self, listening: socket.socket) -> None:
        try:
            sock, _ = listening.accept()
        except OSError:
            return  # gone again before it was taken
        sock.setblocking(True)
        connection = Connection(sock, self._stopping)
        thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
        with self._change:
            self._accepted += 1
            self._open.add(connection)
            self._threads.add(thread)
            self._change.notify_all()
        thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        except OSError:
            pass  # the other side hung up, which is what many of these servers are for
        finally:
            connection.close()
            with self._change:
                self._open.discard(connection)
                self._threads.discard(threading.current_thread())
                self._change.notify_all()


def _bound(hosts: Sequence[str]) -> list[socket.socket]:
    """A listening socket for each host, all on the same port; tried again when another host has the port in use."""
    for _ in range(20):
        sockets: list[socket.socket] = []
        port = 0
        try:
            for host in hosts:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                sock = socket.socket(family)
                sockets.append(sock)
                sock.bind((host, port))
                sock.listen(128)
                sock.setblocking(False)
                port = sock.getsockname()[1]
        except OSError:
            for sock in sockets:
                sock.close()
            if len(hosts) == 1:
                raise
            continue
        return sockets
    raise OSError(f"no port is free on all of {', '.join(hosts)}")


def has_ipv6() -> bool:
    """Whether this machine listens on ::1."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def blackhole() -> Iterator[int]:
    """A port that lets no connection come about: its queue is full and nobody takes from it."""
    with socket.socket() as listening, contextlib.ExitStack() as held:
        listening.bind((LOCAL, 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        for _ in range(64):
            sock = held.enter_context(socket.socket())
            sock.settimeout(0.1)
            try:
                sock.connect((LOCAL, port))
            except TimeoutError:
                yield port
                return
        raise OSError("this machine takes connections that nobody accepts")
