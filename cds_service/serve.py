"""The service under gunicorn: threads for slow clients, no control socket, workers warm before their first caller."""

from __future__ import annotations

import gc
import io
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException, UnsupportedTransferCoding
from gunicorn.workers.gthread import ThreadWorker

from cds_service import logs
from cds_service.app import create_app
from cds_service.hooks.responses import operation_outcome, to_json
from cds_service.logs import ProcessLine
from cds_service.settings import Settings
from cds_service.web.shell import WARM_UP, Shell

_REASONS = {400: "Bad Request", 414: "URI Too Long", 431: "Request Header Fields Too Large", 501: "Not Implemented"}

SAMPLE: Final = json.dumps(
    {
        "hook": "patient-view",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"patientId": "warm-up", "userId": "Practitioner/warm-up"},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "warm-up", "gender": "female", "birthDate": "1950-01-01"},
            "conditions": {"resourceType": "Bundle", "type": "searchset"},
        },
    }
).encode()
"""A call a worker makes to itself, about nobody."""


class Worker(ThreadWorker):
    """gunicorn's threaded worker, but for what it says of a request it could not parse.

    Its own answer is a page that quotes the offending header, and so does its log: a header may hold a token.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is not HTTP with an OperationOutcome; anything else as gunicorn does."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status = _status(exc)
        self.log.warning("a request that is not HTTP was refused: %s", type(exc).__name__)
        try:
            client.sendall(_bare_response(status))
        except OSError:
            self.log.debug("the client was gone")


def _status(error: ParseException) -> int:
    if isinstance(error, LimitRequestLine):
        return 414
    if isinstance(error, LimitRequestHeaders):
        return 431
    return 501 if isinstance(error, UnsupportedTransferCoding) else 400


def _bare_response(status: int) -> bytes:
    body = to_json(operation_outcome("invalid", "This is not a valid HTTP request"))
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        "Connection: close\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


class _Server(BaseApplication):
    """gunicorn with options given here; neither its files nor its environment variables are read."""

    def __init__(self, app: WSGIApplication, options: Mapping[str, object]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app


def serve(settings: Settings, app: WSGIApplication | None = None) -> None:
    """Serve until told to stop; does not return. Content and settings errors are raised here, before listening."""
    logs.to_stream()
    application = create_app(settings) if app is None else app
    warm_up(application)
    _Server(application, options(settings, application)).run()


def options(settings: Settings, app: WSGIApplication) -> dict[str, object]:
    """The gunicorn options."""

    def ready(worker: Any) -> None:
        warm_up(app)
        settle_garbage()

    def listening(server: Any) -> None:
        for listener in server.LISTENERS:
            if isinstance(app, Shell):
                app.parts.listens_on(listener.sock.getsockname()[1])
            address = "{}:{}".format(*listener.sock.getsockname()[:2])
            logs.write(ProcessLine("listening", address, settings.web_concurrency, settings.profile))

    return {
        "bind": f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}",
        "workers": settings.web_concurrency,
        "threads": settings.web_threads,
        "worker_class": Worker,
        "control_socket_disable": True,
        "timeout": 30,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "",
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108 - gunicorn's heartbeat, by its advice
        "post_worker_init": ready,
        "when_ready": listening,
    }


def warm_up(app: WSGIApplication, samples: Iterable[tuple[str, bytes]] = (("vcf-patient-view", SAMPLE),)) -> None:
    """Call discovery and a service once, so that no caller pays for what is built on first use.

    ``samples`` are service ids with request bodies.

    Raises RuntimeError when the service fails on its own sample: it must not take calls then.
    """
    calls = [("GET", "/cds-services", b"")]
    calls += [("POST", f"/cds-services/{service_id}", body) for service_id, body in samples]
    for method, path, body in calls:
        status = _call(app, method, path, body)
        if status >= 500:
            raise RuntimeError(f"warm-up: {method} {path} answered {status}; the log has the reason")


def _call(app: WSGIApplication, method: str, path: str, body: bytes) -> int:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        WARM_UP: True,
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> Any:
        statuses.append(status)
        return lambda data: None

    b"".join(app(environ, start_response))
    return int(statuses[0].split()[0])


def settle_garbage() -> None:
    """Take what start-up built out of the collector's sight, and let it run seldom: it only ever finds requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
