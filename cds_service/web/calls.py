"""The log line of the request in hand: begun when it arrives, filled on the way, written once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from flask import g

from cds_service import logs
from cds_service.logs import RequestLine


@dataclass(slots=True)
class _Call:
    started: float
    line: RequestLine


def begin(event: str, request_id: str) -> None:
    """Start the line. ``event`` is the name of a route of ours."""
    g.call = _Call(time.perf_counter(), RequestLine(event=event, request_id=request_id, status=0, latency_ms=0))


def note(**fields: Any) -> None:
    """Put fields of ``RequestLine`` into the line."""
    g.call.line = replace(g.call.line, **fields)


def request_id() -> str:
    """The id of the request in hand."""
    line: RequestLine = g.call.line
    return line.request_id


def end(status: int) -> None:
    """Write the line."""
    call: _Call = g.call
    latency = round((time.perf_counter() - call.started) * 1000, 2)
    logs.write(replace(call.line, status=status, latency_ms=latency))
