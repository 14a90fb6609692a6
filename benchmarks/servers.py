"""Servers as processes of their own, the CPU time of their workers, and the one client that calls them."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.bodies import AS_OF, SERVICE_ID

ROOT: Final = Path(__file__).resolve().parents[1]
HEADERS: Final = {"Content-Type": "application/json"}
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "service": ("-m", "cds_service.cli", "serve"),
    "floor": ("-m", "benchmarks.floor"),
    "untuned floor": ("-m", "benchmarks.floor", "untuned"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """One running server with one worker."""

    name: str
    port: int
    worker: int

    def cpu_seconds(self) -> float:
        """User and system time of the worker since it started, all threads, to the nanosecond (Linux)."""
        # The clock id of a process's CPU time, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime((~self.worker << 3) | 2)

    def call(self, bodies: Iterable[bytes]) -> list[bytes]:
        """The answers to calls made one after the other on one connection. Raises RuntimeError for any but 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            return [self._call_once(connection, body) for body in bodies]
        finally:
            connection.close()

    def _call_once(self, connection: http.client.HTTPConnection, body: bytes) -> bytes:
        connection.request("POST", f"/cds-services/{SERVICE_ID}", body, HEADERS)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"the {self.name} answered {response.status} instead of 200")
        return answer


@contextmanager
def running(name: str, seconds: float = 60) -> Iterator[Server]:
    """The server of that name in ``COMMANDS`` on a free port of the loopback, stopped afterwards.

    Raises RuntimeError when it ends or does not listen in time.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VCF_")}
    environment |= {"VCF_PORT": "0", "WEB_CONCURRENCY": "1", "VCF_AS_OF": AS_OF.isoformat(), "VCF_PROFILE": "demo"}
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, *COMMANDS[name]]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own
        try:
            yield Server(name, _port(name, process, log.fileno(), seconds), _worker(process.pid, seconds))
        finally:
            process.terminate()
            process.wait(timeout=40)


def _port(name: str, process: subprocess.Popen[bytes], log: int, seconds: float) -> int:
    """The port in the line that the server writes when it listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in os.pread(log, 65536, 0).decode(errors="replace").splitlines():
            if '"event":"listening"' in line:
                return int(json.loads(line)["address"].rpartition(":")[2])
        if process.poll() is not None:
            raise RuntimeError(f"the {name} ended with exit code {process.returncode}; start it by hand to see why")
        time.sleep(0.05)
    raise RuntimeError(f"the {name} does not listen after {seconds:g} s")


def _worker(parent: int, seconds: float) -> int:
    """The process id of the one worker of a gunicorn master."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                after_name = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            if int(after_name[1]) == parent:
                return int(entry.parent.name)
        time.sleep(0.05)
    raise RuntimeError("the server has no worker")
