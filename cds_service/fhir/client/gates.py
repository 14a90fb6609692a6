"""How often a server is asked: a bulkhead, so that one slow server cannot take every thread, and a circuit breaker, so
that a dead one is left alone for a while.

Both count calls, not fetches: a call that asks for a dozen lists and gets none is one failure. They are kept by
(client, origin), in each worker. pybreaker was looked at: it holds its lock for as long as the guarded call runs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from cds_service.fhir.client.failures import Failure, NotFetched

FAILURES_TO_OPEN: Final = 5
"""Failed calls in a row after which the server is left alone (operations notes 1.4)."""
SECONDS_OPEN: Final = 30.0
"""For so long; then one call tries (operations notes 1.4)."""
MOST_GATES: Final = 256
"""Origins remembered; in the demo profile a caller can name any port of this machine."""


@dataclass(slots=True)
class Visit:
    """One call at a gate: what became of what it asked."""

    answered: int = 0
    failed: int = 0

    @property
    def speaks_against(self) -> bool:
        """Whether nothing was answered and something failed by the server's fault."""
        return bool(self.failed) and not self.answered


@dataclass(slots=True)
class _Gate:
    inside: int = 0
    failures: int = 0
    open_until: float | None = None
    probing: bool = False


@dataclass(slots=True)
class Gates:
    """The gates of all origins. ``most_inside`` calls at once each; ``clock`` counts seconds."""

    most_inside: int
    clock: Callable[[], float]
    _gates: OrderedDict[tuple[str, str], _Gate] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def visit(self, client: str, origin: str) -> Iterator[Visit]:
        """Pass the gate of an origin for one call. Raises NotFetched at once (RESTING, BUSY): nobody queues."""
        gate, probe = self._enter((client, origin))
        visit = Visit()
        try:
            yield visit
        finally:
            self._leave(gate, visit, probe=probe)

    def _enter(self, key: tuple[str, str]) -> tuple[_Gate, bool]:
        with self._lock:
            gate = self._gates.setdefault(key, _Gate())
            self._gates.move_to_end(key)
            self._forget()
            probe = gate.open_until is not None
            if gate.open_until is not None and (gate.probing or self.clock() < gate.open_until):
                raise NotFetched(Failure.RESTING)
            if gate.inside >= self.most_inside:
                raise NotFetched(Failure.BUSY)
            gate.inside += 1
            gate.probing = probe
            return gate, probe

    def _leave(self, gate: _Gate, visit: Visit, *, probe: bool) -> None:
        with self._lock:
            gate.inside -= 1
            if probe:
                gate.probing = False
            if visit.speaks_against:
                gate.failures += 1
                if probe or gate.failures >= FAILURES_TO_OPEN:
                    gate.open_until = self.clock() + SECONDS_OPEN
            elif visit.answered:
                gate.failures = 0
                gate.open_until = None

    def _forget(self) -> None:
        """Drop the gate that was passed longest ago and has nobody inside."""
        if len(self._gates) > MOST_GATES:
            idle = next((key for key, gate in self._gates.items() if not gate.inside), None)
            if idle is not None:
                del self._gates[idle]
