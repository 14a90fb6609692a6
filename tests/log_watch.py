"""A pytest plugin: whatever any test lets be logged is searched for canaries, and one found fails the run (J9).

Each process of the run watches its own log, and the one that started it collects. A record is searched when it is
written, so nothing is kept.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Final

import pytest

from tests.canaries import found_in

LOGGERS: Final = ("", "vcf_cds")
"""The root, and the service's own, which keeps its lines to itself once it has a stream."""
FOUND: Final = pytest.StashKey[list[str]]()
HANDLER: Final = pytest.StashKey[logging.Handler]()
SENT: Final = "canaries"


class Watch(logging.Handler):
    """Notes the test and the logger of every record that holds a canary, in its words or its traceback."""

    def __init__(self, found: list[str]) -> None:
        super().__init__()
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        """Search one record."""
        canaries = found_in(self.format(record))
        if canaries:
            test = os.environ.get("PYTEST_CURRENT_TEST", "outside of a test")
            self._found.append(f"{test}: {record.name} logged {canaries}")


def pytest_configure(config: pytest.Config) -> None:
    found: list[str] = []
    handler = Watch(found)
    config.stash[FOUND], config.stash[HANDLER] = found, handler
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)
    # Its lines are at INFO, which the service turns on when it serves; most tests do not serve.
    logging.getLogger("vcf_cds").setLevel(logging.INFO)


def pytest_unconfigure(config: pytest.Config) -> None:
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(config.stash[HANDLER])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    config: pytest.Config = node.config
    config.stash[FOUND].extend(getattr(node, "workeroutput", {}).get(SENT, ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash[FOUND]
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[SENT] = found
    elif found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[FOUND]
    for line in dict.fromkeys(found):
        terminalreporter.write_line(f"CANARY IN THE LOG: {line}", red=True)
