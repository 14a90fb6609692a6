"""Milliseconds a call: starts the service on a free port of the loopback, calls it N times, and prints the percentiles.

    scripts/bench.py [--calls 300] [--service vcf-patient-view] [--request FILE] [--at-most MS]

Without --request it sends the command's own sample request. With --at-most it fails when the 95th percentile is above
that.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "cds_service.cli")
WARM_UP = 20


@contextmanager
def service() -> Iterator[str]:
    """The demo service as a process of its own; yields its base URL and stops it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--host", "127.0.0.1", "--port", str(port), "--profile", "demo"], stdout=log, stderr=log
        )
        try:
            wait_until_ready(base, process)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(base: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Returns when /readyz answers 200; exits when the process has ended or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"the service ended with exit code {process.returncode}; start it with `make run` to see why")
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"the service was not ready after {seconds:g} s")


def call(url: str, body: bytes) -> tuple[float, int]:
    """One call: milliseconds, and how many cards came back."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = response.read()
    return (time.perf_counter() - start) * 1000, len(json.loads(answer)["cards"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--service", default="vcf-patient-view")
    parser.add_argument("--request", type=Path)
    parser.add_argument("--at-most", type=float, metavar="MS")
    wish = parser.parse_args()
    if wish.request:
        body = wish.request.read_bytes()
    else:
        body = subprocess.run([*COMMAND, "sample-request"], check=True, capture_output=True).stdout

    with service() as base:
        url = f"{base}/cds-services/{wish.service}"
        for _ in range(WARM_UP):
            call(url, body)
        answers = [call(url, body) for _ in range(max(wish.calls, 20))]
    taken = [milliseconds for milliseconds, _ in answers]
    percentile = statistics.quantiles(taken, n=100)
    print(
        f"{len(taken)} calls of {len(body) / 1024:.1f} KiB, {answers[-1][1]} cards: "
        f"p50 {percentile[49]:.1f} ms, p95 {percentile[94]:.1f} ms, p99 {percentile[98]:.1f} ms"
    )
    if wish.at_most is not None and percentile[94] > wish.at_most:
        sys.exit(f"p95 is above {wish.at_most:g} ms")


if __name__ == "__main__":
    main()
