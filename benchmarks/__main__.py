"""`python -m benchmarks`: the ratios and the stages; `--profile` for the functions behind them."""

from __future__ import annotations

import argparse
import platform
import sys

from benchmarks import bodies, ratios, stages
from cds_service.serve import settle_garbage


def main() -> None:
    """Measure, and write the result to stdout."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(ratios.__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=20261120, help="of the made-up bodies")
    parser.add_argument("--calls", type=int, default=200, help="calls a block of the small body, ten times the large")
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each server")
    parser.add_argument("--stages-only", action="store_true", help="no servers: each stage by itself")
    parser.add_argument(
        "--profile", type=int, metavar="CALLS", help="no servers: cProfile of so many calls of each body"
    )
    wish = parser.parse_args()

    small, large = bodies.small(), bodies.large(wish.seed)
    say(f"Python {platform.python_version()}, bodies of {len(small)} and {len(large)} bytes, seed {wish.seed}")
    named = (("1 resource", small), (f"{bodies.RESOURCES} resources", large))
    if wish.profile:
        for name, body in named:
            say(f"\n{name}\n{stages.profile(body, wish.profile)}")
        return
    if not wish.stages_only:
        say(f"{wish.rounds} rounds of {wish.calls} small and {max(1, wish.calls // 10)} large calls\n")
        for line in ratios.table(ratios.measure(wish.seed, wish.calls, wish.rounds)):
            say(line)
    settle_garbage()
    for name, body in named:
        say()
        for line in stages.table(name, stages.stages(body, max(3, wish.calls // 4))):
            say(line)


def say(line: str = "") -> None:
    """One line of the result, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
