"""CPU a call of the service over CPU a call of the floor, in alternating blocks of one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import bodies
from benchmarks.servers import COMMANDS, Server, running


@dataclass(frozen=True, slots=True)
class Load:
    """What one line of the result measures: ``next_body`` gives the body of each call."""

    name: str
    calls: int
    """Calls a block."""
    next_body: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of CPU a call, block by block, by server."""

    load: str
    milliseconds: Mapping[str, Sequence[float]]

    def ratios(self, floor: str) -> list[float]:
        """Service over floor, block by block, so that a slower minute of the machine is in both."""
        return [a / b for a, b in zip(self.milliseconds["service"], self.milliseconds[floor], strict=True)]


def loads(seed: int, calls: int) -> list[Load]:
    """The three loads; ``calls`` is what a block of the small body takes, the large ones take a tenth."""
    chart = bodies.Chart(seed)
    one, whole = bodies.small(), chart.body(0)
    wordings = _counting()
    few = max(1, calls // 10)
    return [
        Load("1 resource", calls, lambda: one),
        Load("400 resources, reports seen before", few, lambda: whole),
        Load("400 resources, reports never seen", few, lambda: chart.body(next(wordings))),
    ]


def _counting() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def measure(seed: int, calls: int, rounds: int) -> list[Measured]:
    """Start the three servers, and measure each load in ``rounds`` rounds of one block a server."""
    with ExitStack() as stack:
        servers = [stack.enter_context(running(name)) for name in COMMANDS]
        return [_measure(load, servers, rounds) for load in loads(seed, calls)]


def _measure(load: Load, servers: Sequence[Server], rounds: int) -> Measured:
    taken: dict[str, list[float]] = {server.name: [] for server in servers}
    for server in servers:
        server.call([load.next_body() for _ in range(3)])  # what a first call of this size allocates
    for number in range(rounds):
        turn = number % len(servers)
        for server in (*servers[turn:], *servers[:turn]):
            # Made before the clock is read: the client's own work is not the server's, but it warms the machine.
            sent = [load.next_body() for _ in range(load.calls)]
            before = server.cpu_seconds()
            server.call(sent)
            taken[server.name].append((server.cpu_seconds() - before) / load.calls * 1000)
    return Measured(load.name, taken)


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """The result for people: median, and the lowest and highest block."""
    head = "CPU a call (user and system), median of blocks"
    yield f"{head:48} {'service':>10} {'floor':>9} {'ratio':>7}  (lowest to highest)"
    for load in measured:
        for floor in ("floor", "untuned floor"):
            own = statistics.median(load.milliseconds["service"])
            other = statistics.median(load.milliseconds[floor])
            ratios = load.ratios(floor)
            of = load.load if floor == "floor" else "  over the floor without gc settings"
            yield (
                f"{of:48} {own:7.3f} ms {other:6.3f} ms {statistics.median(ratios):6.2f}x"
                f"  ({min(ratios):.2f} to {max(ratios):.2f})"
            )
