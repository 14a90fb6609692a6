"""What listens during these tests: HAPI as a process of its own, and the service in a thread of this one."""

from __future__ import annotations

import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.conftest import ROOT

RUN: Final = ROOT / "tools" / "hapi" / "run.sh"
READY: Final = "HAPI ready "
SECONDS_TO_START: Final = 100
SECONDS_TO_STOP: Final = 30


class NotStarted(Exception):
    """HAPI ended or did not get ready in time; the message holds what it wrote."""


@contextmanager
def hapi_running() -> Iterator[str]:
    """A HAPI server with an empty database on a free port, stopped afterwards. Gives its base URL."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        command = [str(RUN), "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            try:
                assert process.stdout is not None
                yield _base(process.stdout, errors)
            finally:
                process.terminate()
                try:
                    process.wait(SECONDS_TO_STOP)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise


def _base(output: IO[str], errors: IO[str]) -> str:
    """The URL in the line that HAPI writes when it is ready."""
    lines: queue.Queue[str] = queue.Queue()
    # A read of a pipe cannot be given a time limit, so it is made by a thread, which ends with the process.
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=SECONDS_TO_START)
    except queue.Empty:
        line = ""
    if not line.startswith(READY):
        errors.seek(0)
        raise NotStarted(f"{RUN} ended, or was not ready within {SECONDS_TO_START} s: {line}{errors.read()}")
    return line.removeprefix(READY).strip()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The whole service on a free port of the loopback, stopped afterwards. Gives its URL."""
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(SECONDS_TO_STOP)
        server.server_close()
