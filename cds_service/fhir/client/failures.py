"""Why something was not read: in words for a card, as an issue code, and whether it speaks against the server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from cds_service.errors import VcfError


@dataclass(frozen=True, slots=True)
class Told:
    """``words`` stand on a card, in parentheses; ``code`` is an R4 issue-type; ``counts`` for the circuit breaker."""

    words: str
    code: str
    counts: bool = False


class Failure(Enum):
    """Every way in which a read can fail. The names go to the log, in lower case."""

    NOT_PERMITTED = Told("server not permitted", "security")
    TOKEN_NOT_USABLE = Told("token not usable", "forbidden")
    OUT_OF_SCOPE = Told("outside the granted scope", "forbidden")
    BUSY = Told("server busy with other calls", "throttled")
    RESTING = Told("server failed before, not asked now", "transient")
    NOT_ASKED = Told("not asked after another failure", "incomplete")
    TIMED_OUT = Told("timed out", "timeout", counts=True)
    NOT_REACHABLE = Told("server not reachable", "transient", counts=True)
    NOT_TRUSTED = Told("certificate not trusted", "security", counts=True)
    REDIRECTED = Told("redirected", "security", counts=True)
    ACCESS_REFUSED = Told("access refused", "forbidden")
    SEARCH_REFUSED = Told("search refused", "processing")
    GONE = Told("gone", "not-found")
    THROTTLED = Told("server asked for fewer calls", "throttled", counts=True)
    SERVER_ERROR = Told("server error", "transient", counts=True)
    NOT_READABLE = Told("answer not readable", "processing", counts=True)
    TOO_LARGE = Told("answer too large", "too-costly", counts=True)
    OTHER_VERSION = Told("not FHIR R4", "not-supported")
    OTHER_PATIENT = Told("answered with another patient", "security")
    ELSEWHERE = Told("a further page lies elsewhere", "security")
    """A link leaves the server or its base path: of a page, or (not said in these words) of an attachment."""

    @property
    def words(self) -> str:
        """What a card says."""
        return self.value.words

    @property
    def code(self) -> str:
        """The issue-type of a 412 (http://hl7.org/fhir/R4/valueset-issue-type.html)."""
        return self.value.code

    @property
    def counts(self) -> bool:
        """Whether it speaks against the server; a refusal (400, 401, 403, 404) does not."""
        return self.value.counts


RESTRICTED: Final = "the granted scope is restricted"


class NotFetched(VcfError):
    """A read that failed. Holds the failure and nothing of the address, the answer or the error behind it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name.lower())
        self.failure = failure


def of_status(status: int, *, search: bool) -> Failure | None:
    """The failure that an HTTP status stands for; None for a good one.

    404 and 410 on a read mean that it is gone; on a search that it was refused (decision 7 of the operations notes).
    """
    if status == 200:
        return None
    if status in (401, 403):
        return Failure.ACCESS_REFUSED
    if status == 429:
        return Failure.THROTTLED
    if 300 <= status < 400:
        return Failure.REDIRECTED
    if status in (404, 410):
        return Failure.SEARCH_REFUSED if search else Failure.GONE
    if 400 <= status < 500:
        return Failure.SEARCH_REFUSED
    return Failure.SERVER_ERROR if status >= 500 else Failure.NOT_READABLE
