"""The log line of the request in hand: begun when it arrives, filled on the way, written once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import g

from cds_service import logs
from cds_service.logs import RequestLine


@dataclass(slots=True)
class _Call:
    started: float
    event: str
    request_id: str
    noted: dict[str, Any]


def begin(event: str, request_id: str) -> None:
    """Start the line. ``event`` is the name of a route of ours."""
    g.call = _Call(time.perf_counter(), event, request_id, {})


def note(**fields: Any) -> None:
    """Put fields of ``RequestLine`` into the line."""
    g.call.noted.update(fields)


def note_traffic(requests: int, seconds: float, failed: Iterable[str], strangers: int) -> None:
    """Put what was asked of a FHIR server into the line, and how many resources of another patient were dropped;
    nothing when nothing was.
    """
    names = tuple(sorted(failed))
    if strangers:
        note(other_patient=strangers)
    if requests or names:
        note(fhir_requests=requests, fhir_ms=round(seconds * 1000, 1), fhir_failed=names)


def request_id() -> str:
    """The id of the request in hand."""
    call: _Call = g.call
    return call.request_id


def end(status: int) -> None:
    """Write the line."""
    call: _Call = g.call
    latency = round((time.perf_counter() - call.started) * 1000, 2)
    logs.write(RequestLine(call.event, call.request_id, status, latency, **call.noted))
