"""Every error this package raises on purpose.

    VcfError
    +-- RequestError                the caller can do something about it; answered as an OperationOutcome
    |   +-- Malformed          400  the body, or a field of it, is not what the protocol says
    |   +-- Unauthorised       401  who is calling is not established
    |   +-- Forbidden          403  who is calling may not do this
    |   +-- NotFound           404  no such service, page or resource
    |   +-- NotAllowed         405  the path exists, the method does not
    |   +-- DataUnavailable    412  a required prefetch key can be had neither from prefetch nor from the FHIR server
    |   +-- TooLarge           413  the body is larger than the service reads
    |   `-- UnsupportedMedia   415  not JSON, not UTF-8, or compressed
    +-- NotFetched                  the client's FHIR server did not give what was asked: unknown with this reason, or
    |                               DataUnavailable if it was required; it is kept in fhir.client.failures
    `-- SettingsError               at start-up only: the settings are not usable, all reasons at once
    ContentError                    at start-up only: cards, value sets, thresholds or citations are not usable; it is
                                    raised and kept in knowledge.errors, which depends on nothing

Anything else is a defect: 500 with an opaque id. No message of these classes ever holds a value taken from a request;
they name the field and say what to change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "DataUnavailable",
    "Forbidden",
    "Malformed",
    "NotAllowed",
    "NotFound",
    "RequestError",
    "SettingsError",
    "TooLarge",
    "Unauthorised",
    "UnsupportedMedia",
    "VcfError",
]


class VcfError(Exception):
    """The root of the tree above."""


class RequestError(VcfError):
    """The request cannot be answered, and the caller can change that.

    ``status`` is the HTTP status, ``code`` an R4 issue-type (http://hl7.org/fhir/R4/valueset-issue-type.html),
    ``message`` a sentence without any input value, ``expression`` the fields it is about (``context.patientId``).
    """

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "invalid"

    def __init__(self, message: str, *, code: str | None = None, expression: str | Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.expression: tuple[str, ...] = (expression,) if isinstance(expression, str) else tuple(expression)


class Malformed(RequestError):
    """400: codes ``structure`` (not JSON), ``required``, ``invalid``, ``security`` or ``too-costly``."""

    status = 400
    default_code = "structure"


class Unauthorised(RequestError):
    """401: the caller is not authenticated. The body gives no reason (CDS Hooks 2.0, trusting CDS clients)."""

    status = 401
    default_code = "login"


class Forbidden(RequestError):
    """403: authenticated, and not allowed."""

    status = 403
    default_code = "forbidden"


class NotFound(RequestError):
    """404: no such service, page or resource."""

    status = 404
    default_code = "not-found"


class NotAllowed(RequestError):
    """405: ``allow`` lists the methods the path has."""

    status = 405
    default_code = "not-supported"

    def __init__(self, message: str, *, allow: Iterable[str]) -> None:
        super().__init__(message)
        self.allow: tuple[str, ...] = tuple(allow)


class DataUnavailable(RequestError):
    """412: required data can be had neither from prefetch nor by FHIR access.

    ``missing`` holds our own prefetch keys, for example ``("patient", "conditions")``.
    """

    status = 412
    default_code = "processing"

    def __init__(self, missing: Iterable[str], message: str | None = None, *, code: str | None = None) -> None:
        self.missing: tuple[str, ...] = tuple(missing)
        text = message or f"Required data not available: send prefetch for {', '.join(self.missing)}"
        super().__init__(text, code=code, expression=tuple(f"prefetch.{key}" for key in self.missing))


class TooLarge(RequestError):
    """413: the body was not read to its end."""

    status = 413
    default_code = "too-long"


class UnsupportedMedia(RequestError):
    """415: the body is not plain JSON in UTF-8."""

    status = 415
    default_code = "not-supported"


class SettingsError(VcfError):
    """The settings are not usable. ``problems`` holds every one found, each naming its setting, none its value."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("settings refused:\n" + "\n".join(f"- {problem}" for problem in self.problems))
