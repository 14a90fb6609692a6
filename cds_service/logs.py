"""One JSON line a request, with the fields of ``RequestLine`` and no others (and a line when the process listens).

There is no free text in a line, so none can leak: a field is a number, a name of ours, or an id that was made here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TextIO

import orjson

_LOGGER = logging.getLogger("vcf_cds")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What is kept of a request. Empty fields are left out.

    ``service`` and ``hook`` are set only once they are known to be ours; ``missing`` is that of the answer;
    ``fhir_requests``, ``fhir_ms`` and ``fhir_failed`` count what was asked of the client's FHIR server, the
    milliseconds it took, and name the ways in which it failed; ``other_patient`` counts resources of somebody else
    that were dropped; ``evaluation`` is the status in the answer;
    ``problem`` the OperationOutcome code of an error; ``failure_id`` the opaque id of a 500, ``failure`` its exception
    type and ``at`` the innermost line of this package.
    """

    event: str
    request_id: str
    status: int
    latency_ms: float
    service: str = ""
    hook: str = ""
    cards: int | None = None
    evaluation: str = ""
    knowledge: str = ""
    missing: tuple[str, ...] = ()
    hook_instance_is_uuid: bool | None = None
    fhir_requests: int | None = None
    fhir_ms: float | None = None
    fhir_failed: tuple[str, ...] = ()
    other_patient: int | None = None
    problem: str = ""
    failure_id: str = ""
    failure: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """What is said of the process itself: where it listens, with how many workers, in which profile."""

    event: str
    address: str = ""
    workers: int | None = None
    profile: str = ""


def write(line: RequestLine | ProcessLine) -> None:
    """Write the line, at INFO, or at ERROR when the request failed by our own fault."""
    values = ((field.name, getattr(line, field.name)) for field in fields(line))
    kept = {name: value for name, value in values if value not in ("", (), None)}
    level = logging.ERROR if "failure_id" in kept else logging.INFO
    # The text is its own argument: a per cent sign in it must not be read as a format.
    _LOGGER.log(level, "%s", orjson.dumps(kept).decode())


class _Lines(logging.Formatter):
    """Lines as they are, with the time in front: the only field the logger adds."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        stamp = f'{{"time":"{self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")}","level":"{record.levelname}",'
        return stamp + message[1:] if message.startswith("{") else message


def to_stream(stream: TextIO | None = None) -> logging.Handler:
    """Send the lines to a stream (stderr by default) and nowhere else. Gives the handler, for who wants it back."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False
    return handler


@contextmanager
def captured(stream: TextIO) -> Iterator[None]:
    """Send the lines to ``stream`` for as long as the block lasts."""
    handler = to_stream(stream)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)
