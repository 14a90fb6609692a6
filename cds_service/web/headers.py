"""Headers of every answer, CORS among them."""

from __future__ import annotations

import re
import uuid

from flask import Request, Response

from cds_service.settings import Settings

# Hexadecimal only: an id that could spell a name or a record number is not taken over into headers and logs.
_REQUEST_ID = re.compile(r"[0-9A-Fa-f-]{16,64}\Z")
_JSON_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PREFLIGHT_SECONDS = "600"


def request_id(request: Request) -> str:
    """The client's ``X-Request-ID`` when it is a UUID or other hexadecimal id, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.match(given) else str(uuid.uuid4())


def protect(response: Response, settings: Settings) -> None:
    """Nothing is cached, sniffed, framed or told to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers.setdefault("Content-Security-Policy", _JSON_POLICY)
    if response.mimetype == "text/html":
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def allow_origin(request: Request, response: Response, settings: Settings) -> None:
    """CORS for the CDS Hooks paths alone, for exact origins, without credentials, on errors too.

    Private network access is never granted, whatever the preflight asks for.
    """
    if request.path != "/cds-services" and not request.path.startswith("/cds-services/"):
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is None or not settings.allows_origin(origin):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "X-Request-ID"
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Request-ID"
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
