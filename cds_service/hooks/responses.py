"""The JSON that leaves: an OperationOutcome for every error, and one way to turn a body into bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec
import orjson

EVALUATION = "vcf-cds.evaluation"
"""The extension of every evaluated answer: status, missing, knowledge, evaluation_id."""


def operation_outcome(
    code: str, text: str, expression: Iterable[str] = (), *, severity: str = "error"
) -> dict[str, object]:
    """An R4 OperationOutcome with one issue. ``text`` must hold no value from a request."""
    issue: dict[str, object] = {"severity": severity, "code": code, "details": {"text": text}}
    expressions = list(expression)
    if expressions:
        issue["expression"] = expressions
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def to_json(body: Mapping[str, object]) -> bytes:
    """The body as UTF-8 JSON. Raw slices of the request pass through as they came.

    Raises ValueError for a number that JSON cannot hold, TypeError for a type it has none for.
    """
    encoded = orjson.dumps(body, default=_as_received)
    # orjson writes null for NaN and infinity; half a number in a card must be an error instead.
    if b"null" in encoded and _holds_no_number(body):
        raise ValueError("the answer holds a number that JSON cannot hold")
    return encoded


def _as_received(value: object) -> orjson.Fragment:
    if isinstance(value, msgspec.Raw):
        return orjson.Fragment(bytes(value))
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def _holds_no_number(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(_holds_no_number(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_no_number(item) for item in value)
    return False
