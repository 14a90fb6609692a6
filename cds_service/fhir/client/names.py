"""Host names to addresses, in time: a resolver cannot be interrupted, so it runs apart and is left behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field

from cds_service.fhir.client.failures import Failure, NotFetched

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) to IP addresses as text, best first. Raises OSError."""


def system_resolver(host: str, port: int) -> list[str]:
    """Every address the system knows, of either family, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(slots=True)
class Names:
    """Looks names up once for whoever asks at the same time, so that a dead resolver costs one thread a host."""

    resolve: Resolve
    _pending: dict[tuple[str, int], Future[Sequence[str]]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """The addresses, within so many seconds. Raises NotFetched."""
        try:
            return self._asked(host, port).result(max(seconds, 0.0))
        except NotInTime:
            raise NotFetched(Failure.TIMED_OUT) from None
        except (OSError, UnicodeError):
            # UnicodeError: a label that is no host name (too long, or empty).
            raise NotFetched(Failure.NOT_REACHABLE) from None

    def _asked(self, host: str, port: int) -> Future[Sequence[str]]:
        key = host, port
        with self._lock:
            pending = self._pending.get(key)
            if pending is not None:
                return pending
            future: Future[Sequence[str]] = Future()
            self._pending[key] = future
        threading.Thread(target=self._run, args=(key, future), daemon=True).start()
        return future

    def _run(self, key: tuple[str, int], future: Future[Sequence[str]]) -> None:
        try:
            future.set_result(self.resolve(*key))
        except Exception as error:  # noqa: BLE001 - handed over as it is: whoever waits must hear of it
            future.set_exception(error)
        finally:
            with self._lock:
                del self._pending[key]
