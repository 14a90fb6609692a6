"""The WSGI application: routes, and around each an id, headers, one log line, and errors as OperationOutcome."""

from __future__ import annotations

import uuid

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cds_service.errors import DataUnavailable, RequestError
from cds_service.web import calls, headers, problems
from cds_service.web.parts import Parts
from cds_service.web.routes import routes

WARM_UP = "vcf_cds.warm_up"
"""Set in the WSGI environment of the calls a worker makes to itself before it serves; only failures are logged."""


class Shell(Flask):
    """The application, with the parts it answers with. It keeps nothing between requests."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("cds_service.web", static_folder=None)
        self.parts = parts
        # With and without a trailing slash alike, and no redirect anywhere: its target would come from the Host header.
        self.url_map.strict_slashes = False
        self.url_map.merge_slashes = False
        self.register_blueprint(routes(parts))
        self.before_request(_begin)
        self.register_error_handler(RequestError, _refused)
        self.register_error_handler(HTTPException, _not_routed)
        self.register_error_handler(Exception, _failed)
        self.after_request(self._finish)

    def _finish(self, response: Response) -> Response:
        response.headers["X-Request-ID"] = calls.request_id()
        headers.protect(response, self.parts.settings)
        headers.allow_origin(request, response, self.parts.settings)
        if not request.environ.get(WARM_UP) or response.status_code >= 500:
            calls.end(response.status_code)
        return response


def _begin() -> Response | None:
    event = request.endpoint.rpartition(".")[2] if request.endpoint else "no-route"
    calls.begin(event, headers.request_id(request))
    if request.method == "OPTIONS" and request.url_rule is not None:
        response = Response(status=204, headers={"Allow": ", ".join(sorted(request.url_rule.methods or ()))})
        del response.headers["Content-Type"]
        return response
    return None


def _refused(error: RequestError) -> Response:
    calls.note(problem=error.code)
    if isinstance(error, DataUnavailable):
        calls.note(missing=error.missing)
    return problems.answer(error)


def _not_routed(error: HTTPException) -> Response:
    refusal = problems.known(error)
    return _failed(error) if refusal is None else _refused(refusal)


def _failed(error: Exception) -> Response:
    failure_id = str(uuid.uuid4())
    calls.note(failure_id=failure_id, failure=type(error).__name__, at=problems.place(error))
    return problems.failed(failure_id)
