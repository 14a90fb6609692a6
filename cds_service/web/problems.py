"""Exceptions to answers: an OperationOutcome with the right status, never a page, an input value, or a trace."""

from __future__ import annotations

import traceback
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoRoute

from cds_service.errors import Malformed, NotAllowed, NotFound, RequestError, TooLarge
from cds_service.hooks.responses import operation_outcome, to_json

_PACKAGE = "cds_service."


def known(error: HTTPException) -> RequestError | None:
    """The error of ours that an HTTP exception stands for, None when it is a failure of the server's own."""
    if isinstance(error, MethodNotAllowed):
        return NotAllowed("This path has no such method", allow=sorted(error.valid_methods or ()))
    if isinstance(error, NoRoute):
        return NotFound("There is nothing at this path")
    if isinstance(error, RequestEntityTooLarge):
        return TooLarge("The body is too large")
    if error.code is not None and 400 <= error.code < 500:
        return Malformed("The request could not be read", code="invalid")
    return None


def answer(error: RequestError) -> Response:
    """The answer to a request that cannot be served."""
    response = outcome(error.status, error.code, error.message, error.expression)
    if isinstance(error, NotAllowed):
        response.headers["Allow"] = ", ".join(error.allow)
    return response


def failed(failure_id: str) -> Response:
    """The answer to a defect of ours: an id to look up in the log, nothing else."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return outcome(status, "exception", f"The service failed; quote this id to its operator: {failure_id}", ())


def outcome(status: int, code: str, text: str, expression: tuple[str, ...]) -> Response:
    """An OperationOutcome as response."""
    return Response(to_json(operation_outcome(code, text, expression)), status=status, mimetype="application/json")


def place(error: BaseException) -> str:
    """The innermost line of this package in a traceback, as ``module:line``: where, and nothing of with what."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_PACKAGE):
            found = f"{module}:{line}"
    return found
