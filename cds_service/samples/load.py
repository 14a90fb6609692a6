"""Puts the sample patients on the FHIR server that the operator named; of this package only it reaches the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import requests

from cds_service.errors import VcfError

FHIR_JSON: Final = "application/fhir+json"
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 60.0
_MOST_BYTES: Final = 4 * 1024 * 1024
_CODE: Final = re.compile(r"[a-z-]{1,40}")
NOT_UNDERSTOOD: Final = "not-understood"
"""In place of an issue code: the server says OK, and its answer is none to a transaction."""


class Unreachable(VcfError):
    """The server gave no answer; the message says why, in words without the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server made of one bundle. ``code``: the first issue code of its OperationOutcome."""

    loaded: bool
    status: int
    code: str | None = None

    def __str__(self) -> str:
        said = f" ({self.code})" if self.code else ""
        return "loaded" if self.loaded else f"refused, HTTP {self.status}{said}"


def load(
    bundles: Mapping[str, Mapping[str, Any]],
    base: str,
    token: str | None = None,
    *,
    timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
) -> Iterator[tuple[str, Answer]]:
    """Posts each bundle to the base and yields its name with the answer. Raises Unreachable, and sends no more then.

    No redirect is followed, and neither proxies nor credentials are taken from the environment.
    """
    headers = {"Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with requests.Session() as session:
        session.trust_env = False
        for name, bundle in bundles.items():
            try:
                with session.post(
                    base,
                    data=orjson.dumps(bundle),
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    answer = _answer(response.status_code, _read(response), len(bundle["entry"]))
            except requests.RequestException as error:
                raise Unreachable(_why(error)) from None  # its text may hold the address
            yield name, answer


def _read(response: requests.Response) -> bytes:
    """The body as far as it is worth reading."""
    body = bytearray()
    for part in response.iter_content(64 * 1024):
        body += part
        if len(body) > _MOST_BYTES:
            break
    return bytes(body)


def _answer(status: int, body: bytes, sent: int) -> Answer:
    read = _json(body)
    if status != requests.codes.ok:
        return Answer(False, status, _issue(read))
    entries = read.get("entry") if read.get("type") == "transaction-response" else None
    statuses = [_status(entry) for entry in entries] if isinstance(entries, list) else []
    done = len(statuses) == sent and all(each.startswith("2") for each in statuses)
    return Answer(done, status, None if done else _issue(read) or NOT_UNDERSTOOD)


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        read: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def _status(entry: object) -> str:
    response = entry.get("response") if isinstance(entry, dict) else None
    return str(response.get("status")) if isinstance(response, dict) else ""


def _issue(read: Mapping[str, Any]) -> str | None:
    issues = read.get("issue")
    first = issues[0] if isinstance(issues, list) and issues else None
    code = first.get("code") if isinstance(first, dict) else None
    # What is not shaped as an issue code is not printed: it is a stranger's text on the operator's terminal.
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _why(error: requests.RequestException) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "no trusted TLS connection"
        case requests.exceptions.Timeout():
            return "timed out"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return "answer not readable"
        case _:
            return "server not reachable"
