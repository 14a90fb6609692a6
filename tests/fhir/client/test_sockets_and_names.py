"""The watch over a call's sockets, and the resolver that is left behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.client.names import Names, system_resolver
from cds_service.fhir.client.sockets import TimeIsUp, Watch
from cds_service.fhir.client.transport import Route


def test_a_read_ends_when_the_time_is_up() -> None:
    """E13: a socket without a timeout of its own is woken."""
    ours, theirs = socket.socketpair()
    with theirs, ours:
        watch = Watch(0.05)
        watch.add(ours)
        assert ours.recv(1) == b""
        assert watch.over
        watch.close()


def test_a_socket_registered_after_the_end_is_closed() -> None:
    """Pitfall: a connection that is opened while the deadline passes must not live on."""
    ours, theirs = socket.socketpair()
    with theirs:
        watch = Watch(0.0)
        watch.close()
        with pytest.raises(TimeIsUp):
            watch.add(ours)
        assert ours.fileno() == -1


def test_what_was_closed_already_is_no_error() -> None:
    """A finished connection stays in the watch; its number may be another file by then."""
    ours, theirs = socket.socketpair()
    watch = Watch(60)
    watch.add(ours)
    ours.close()
    theirs.close()
    watch.close()
    assert watch.over


class EndsTooSoon(Watch):
    """The call is over just when one of its threads opens a connection."""

    def add(self, opened: socket.socket) -> None:
        """Takes the socket, and ends."""
        super().add(opened)
        self.close()


def test_a_connection_that_outlives_the_call_is_closed_before_it_says_anything() -> None:
    """Checklist 42: no request, and no token, after the answer. A socket that is not connected yet cannot be shut."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        route = Route(("127.0.0.1",), EndsTooSoon(60), time.monotonic, time.monotonic() + 60)
        with pytest.raises(NewConnectionError):
            route.connect(HTTPConnection("127.0.0.1", server.getsockname()[1]))
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(10)
            assert accepted.recv(1) == b""


def test_a_resolver_that_hangs_costs_one_thread() -> None:
    """operations 1.4: getaddrinfo cannot be interrupted; whoever asks meanwhile waits for the same answer."""
    go = threading.Event()
    asked: list[str] = []

    def slow(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        go.wait(30)
        return ["93.184.216.34"]

    names = Names(slow)
    for _ in range(5):
        with pytest.raises(NotFetched) as caught:
            names.addresses("ehr.example", 443, 0.01)
        assert caught.value.failure is Failure.TIMED_OUT
    assert asked == ["ehr.example"]
    go.set()
    assert names.addresses("ehr.example", 443, 30) == ["93.184.216.34"]


@pytest.mark.parametrize("error", [socket.gaierror(8, "no such host"), UnicodeError("label too long")])
def test_a_name_nobody_knows(error: Exception) -> None:
    """E11, NXDOMAIN."""

    def unknown(host: str, port: int) -> Sequence[str]:
        raise error

    with pytest.raises(NotFetched) as caught:
        Names(unknown).addresses("ehr.example", 443, 30)
    assert caught.value.failure is Failure.NOT_REACHABLE


def test_the_system_knows_this_machine() -> None:
    """Every answer, each once, of either family."""
    found = system_resolver("localhost", 80)
    assert "127.0.0.1" in found or "::1" in found
    assert len(found) == len(set(found))
