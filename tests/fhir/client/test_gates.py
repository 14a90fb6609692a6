"""The bulkhead and the circuit breaker, with a clock of their own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.client.gates import FAILURES_TO_OPEN, MOST_GATES, SECONDS_OPEN, Gates

EHR = "https://ehr.example"


@dataclass
class Clock:
    """Seconds that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def refused(gates: Gates, origin: str = EHR) -> Failure:
    """Why the gate does not let a call in."""
    with pytest.raises(NotFetched) as caught, gates.visit("default", origin):
        pytest.fail("the gate was open")
    return caught.value.failure


def call(gates: Gates, *, answered: int = 0, failed: int = 0, origin: str = EHR) -> None:
    """One call with what became of its fetches."""
    with gates.visit("default", origin) as visit:
        visit.answered += answered
        visit.failed += failed


def test_so_many_calls_at_once_and_no_more() -> None:
    """Decision 7 (a): the bulkhead counts calls per origin; nobody queues, and others are not concerned."""
    gates = Gates(2, Clock())
    with ExitStack() as stack:
        stack.enter_context(gates.visit("default", EHR))
        stack.enter_context(gates.visit("default", EHR))
        assert refused(gates) is Failure.BUSY
        call(gates, origin="https://other.example", answered=1)
        call(gates, origin=f"{EHR}:8443", answered=1)
    call(gates, answered=1)


def test_five_failed_calls_in_a_row_shut_it() -> None:
    """E29: then nothing is asked for 30 seconds, and one call tries."""
    clock = Clock()
    gates = Gates(8, clock)
    for _ in range(FAILURES_TO_OPEN):
        call(gates, failed=13)
    assert refused(gates) is Failure.RESTING
    clock.now = SECONDS_OPEN - 0.001
    assert refused(gates) is Failure.RESTING
    clock.now = SECONDS_OPEN
    with gates.visit("default", EHR) as probe:
        assert refused(gates) is Failure.RESTING
        probe.answered += 1
    call(gates, answered=1)


def test_a_probe_that_fails_shuts_it_again() -> None:
    """E29: at once, without five more."""
    clock = Clock()
    gates = Gates(8, clock)
    for _ in range(FAILURES_TO_OPEN):
        call(gates, failed=1)
    clock.now = SECONDS_OPEN
    call(gates, failed=1)
    assert refused(gates) is Failure.RESTING
    clock.now = 2 * SECONDS_OPEN
    call(gates, answered=1)
    call(gates, failed=1)
    call(gates, answered=1)


def test_a_probe_that_comes_to_nothing_leaves_it_to_the_next() -> None:
    """A call that was refused or broke off says nothing about the server, and does not keep the gate."""
    clock = Clock()
    gates = Gates(8, clock)
    for _ in range(FAILURES_TO_OPEN):
        call(gates, failed=1)
    clock.now = SECONDS_OPEN
    with pytest.raises(KeyError), gates.visit("default", EHR):
        raise KeyError
    call(gates, answered=1)


def test_an_answer_among_failures_counts_as_alive() -> None:
    """Decision 7 (a): one failure a call, and none where anything was answered; a success starts the count anew."""
    gates = Gates(8, Clock())
    for _ in range(3 * FAILURES_TO_OPEN):
        call(gates, answered=1, failed=12)
    for _ in range(FAILURES_TO_OPEN - 1):
        call(gates, failed=1)
    call(gates, answered=1)
    for _ in range(FAILURES_TO_OPEN - 1):
        call(gates, failed=1)
    call(gates, failed=1)
    assert refused(gates) is Failure.RESTING


def test_gates_are_not_kept_for_ever() -> None:
    """A caller who names port after port cannot fill the memory; who is inside is not forgotten."""
    gates = Gates(1, Clock())
    with gates.visit("default", EHR):
        for port in range(2 * MOST_GATES):
            call(gates, origin=f"http://127.0.0.1:{port}", answered=1)
        assert refused(gates) is Failure.BUSY
    assert len(gates._gates) <= MOST_GATES + 1
