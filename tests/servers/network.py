"""What this process tries to reach: every attempt is noted, and none leaves the machine.

An audit hook of the interpreter sees each ``connect`` and each name looked up, whatever library makes it. It replaces
nothing. It cannot be removed either, so there is one, and it does nothing outside ``watched``.
"""

from __future__ import annotations

import contextlib
import errno
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import Any


@dataclass(slots=True)
class Attempts:
    """Who was called: address and port of each ``connect``, and each name and port given to the system's resolver."""

    connects: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[tuple[str, object]] = field(default_factory=list)

    def addresses(self, *, but: int) -> set[str]:
        """The addresses called, but for calls to the port ``but`` (the service's own, which the test calls)."""
        return {address for address, port in self.connects if port != but}

    def names(self, *, but: int) -> set[str]:
        """The names looked up, but for calls to the port ``but``."""
        return {name for name, port in self.lookups if port != but}


_watching: list[Attempts] = []
_lock = threading.Lock()


@contextlib.contextmanager
def watched() -> Iterator[Attempts]:
    """Notes every attempt in this process while the block lasts, and refuses those that would leave the machine."""
    _install()
    attempts = Attempts()
    with _lock:
        _watching.append(attempts)
    try:
        yield attempts
    finally:
        with _lock:
            _watching.remove(attempts)


@cache
def _install() -> None:
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in ("socket.connect", "socket.getaddrinfo"):
        return
    if event == "socket.getaddrinfo":
        with _lock:
            for attempts in _watching:
                attempts.lookups.append((str(arguments[0]), arguments[1]))
        return
    address = arguments[1]
    if not isinstance(address, tuple):
        return  # a socket of the file system
    with _lock:
        for attempts in _watching:
            attempts.connects.append((str(address[0]), int(address[1])))
    if not _is_here(str(address[0])):
        raise OSError(errno.ENETUNREACH, "the tests call nobody but this machine")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
