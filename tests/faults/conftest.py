"""In every test of faults: nobody leaves the machine, and the log says nothing of whom was called."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest

from tests.clinical.builder import PATIENT
from tests.faults.support import HURRIED_MS, Running, running
from tests.servers import network

OURS = "vcf_cds"
TELLING = re.compile(rf"127\.0\.0\.1|::1|localhost|ehr\.example|https?:|fhir/|{PATIENT}")


@pytest.fixture(autouse=True)
def attempts() -> Iterator[network.Attempts]:
    """Whom the process tried to reach during the test."""
    with network.watched() as attempts:
        yield attempts


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.name}: {self.format(record)}")


@pytest.fixture(autouse=True)
def log() -> Iterator[list[str]]:
    """The service's log lines. No library wrote one of its own, and none names a host, a path or the patient."""
    lines: list[str] = []
    handler = _Lines(lines)
    loggers = [logging.getLogger(), logging.getLogger(OURS)]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)
    assert [line for line in lines if not line.startswith(f"{OURS}: {{")] == []
    assert [line for line in lines if TELLING.search(line)] == []


@pytest.fixture(scope="session")
def service() -> Iterator[Running]:
    """The service in the demo profile. Its servers differ in every test, so no test disturbs another's gates."""
    with running() as service:
        yield service


@pytest.fixture(scope="session")
def hurried() -> Iterator[Running]:
    """The same with 0.4 seconds for reading."""
    with running(**HURRIED_MS) as service:
        yield service
