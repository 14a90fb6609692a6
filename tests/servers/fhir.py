"""A FHIR R4 server on this machine that answers what a recommendation may ask, as HAPI does, over real sockets.

It holds dicts, records every request and counts the connections it accepted. ``faults.py`` has what it may be told to
do instead of answering.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qsl

from tests.servers.listening import LOCAL, Asked, Connection, Listener

Json = dict[str, Any]
Script = Callable[[Connection, Asked], None]
"""What is done with a request instead of answering it; the connection ends with it."""

TYPES: Final = frozenset(
    "AllergyIntolerance Appointment Binary CarePlan Communication Condition Coverage Device DeviceRequest"
    " DeviceUseStatement DiagnosticReport DocumentReference Encounter ImagingStudy Location Medication"
    " MedicationAdministration MedicationDispense MedicationRequest MedicationStatement Observation Organization"
    " Patient Practitioner PractitionerRole Procedure QuestionnaireResponse ServiceRequest SupplyRequest Task".split()
)
PARAMETERS: Final = frozenset({"patient", "subject", "code", "status", "_count", "_sort", "_id"})
"""What may be searched by. Any other is refused, so that a template which needs more is noticed."""
OWNERS: Final = ("subject", "patient", "beneficiary", "for")
FHIR_JSON: Final = "application/fhir+json;charset=UTF-8"
REASONS: Final = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
PAGE: Final = 200
"""Resources a page when nobody asks for fewer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body read."""
        return json.loads(self.body)

    def encoded(self, **more: str) -> bytes:
        """As it goes over the wire, with its length; ``more`` are further headers."""
        told = {"Content-Type": FHIR_JSON, "Content-Length": str(len(self.body)), **self.headers, **more}
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in told.items()]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


@dataclass(slots=True)
class Fault:
    """Which requests get a script instead of an answer, and how many of them still do (None: all)."""

    matches: Callable[[Asked], bool]
    script: Script
    left: int | None


class FhirServer:
    """A context manager: it listens from ``with`` on and stops with it.

    ``base`` is its URL. ``paging`` is the style of ``next`` links: "getpages" names no resource type and gives no total
    (HAPI), "typed" has both. ``token`` is the only bearer token accepted, when given. ``post`` is how it takes POST
    _search: True, or the status it refuses with.
    """

    def __init__(
        self,
        resources: Iterable[Json] = (),
        *,
        path: str = "/fhir",
        hosts: Sequence[str] = (LOCAL,),
        tls: ssl.SSLContext | None = None,
        paging: Literal["getpages", "typed"] = "getpages",
        page: int = PAGE,
        token: str | None = None,
        post: Literal[True] | int = True,
        version: str = "4.0.1",
    ) -> None:
        self.path = path
        self.paging = paging
        self.page = page
        self.token = token
        self.post = post
        self.version = version
        self.gone: frozenset[str] = frozenset()
        """``Type/id`` of what was deleted."""
        self.on_connect: Callable[[Connection], bool] | None = None
        """Called with each new connection before TLS and the first byte; True ends it there."""
        self._tls = tls
        self._lock = threading.Lock()
        self._asked: list[Asked] = []
        self._faults: list[Fault] = []
        self._pages: dict[str, tuple[str, list[Json], int, int]] = {}
        self._numbers = itertools.count(1)
        self._resources: dict[str, dict[str, Json]] = {}
        self.load(resources)
        self.listener = Listener(self._serve, hosts=hosts)
        scheme = "http" if tls is None else "https"
        self.origin = f"{scheme}://{_literal(hosts[0])}:{self.listener.port}"
        self.base = f"{self.origin}{path}"

    # ........................................................................ what a test says to it

    def load(self, resources: Iterable[Json]) -> None:
        """Hold these resources and no others."""
        held: dict[str, dict[str, Json]] = {}
        for resource in resources:
            held.setdefault(resource["resourceType"], {})[resource["id"]] = resource
        self._resources = held

    def add(self, *resources: Json) -> None:
        """Hold these too."""
        self.load([*(each for kind in self._resources.values() for each in kind.values()), *resources])

    def fault(self, what: str | Callable[[Asked], bool], script: Script, *, times: int | None = None) -> None:
        """Run ``script`` on requests for a resource type (``*`` for any, ``page`` for further pages), so often."""
        matches = what if callable(what) else _about(what, self.path)
        with self._lock:
            self._faults.append(Fault(matches, script, times))

    def heal(self) -> None:
        """Answer everything again."""
        with self._lock:
            self._faults.clear()
        self.on_connect = None

    # ........................................................................ what a test asks of it

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.listener.port

    @property
    def accepted(self) -> int:
        """The connections it accepted."""
        return self.listener.accepted

    def settled(self) -> int:
        """The connections accepted, once all that were under way are: they are accepted in their order, so a further
        one, which is counted too, stands behind them when it is answered.
        """
        last = http.client.HTTPConnection(LOCAL, self.port, timeout=10)
        with contextlib.closing(last):
            last.request("GET", f"{self.path}/metadata")
            last.getresponse().read()
        return self.accepted

    @property
    def everything_asked(self) -> tuple[Asked, ...]:
        """Every request, in order."""
        with self._lock:
            return tuple(self._asked)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every request for data: all but those of its CapabilityStatement, which nobody waits for."""
        return tuple(each for each in self.everything_asked if each.path != f"{self.path}/metadata")

    def asked_for(self, kind: str) -> tuple[Asked, ...]:
        """The requests for a resource type, further pages not among them."""
        matches = _about(kind, self.path)
        return tuple(each for each in self.asked if matches(each))

    def forget(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self._asked.clear()

    # ........................................................................ listening

    def __enter__(self) -> Self:
        self.listener.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.listener.__exit__(*exc)

    def _serve(self, connection: Connection) -> None:
        if self.on_connect is not None and self.on_connect(connection):
            return
        if self._tls is not None:
            connection.upgrade(self._tls)
        while (asked := connection.read_request()) is not None:
            with self._lock:
                self._asked.append(asked)
                script = self._script(asked)
            if script is not None:
                script(connection, asked)
                return
            connection.send(self.answer(asked).encoded())
            if asked.headers.get("connection", "").lower() == "close":
                return

    def _script(self, asked: Asked) -> Script | None:
        for fault in self._faults:
            if fault.left != 0 and fault.matches(asked):
                if fault.left is not None:
                    fault.left -= 1
                return fault.script
        return None

    # ........................................................................ answering

    def get(self, relative: str) -> Any:
        """What a GET of ``Type/id`` or ``Type?query`` is answered, without a socket."""
        return self.answer(Asked("GET", f"{self.path}/{relative}", self._own_headers())).json

    def _own_headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request."""
        if not asked.path.startswith(self.path):
            return refusal(404, "not-found", "nothing is served here")
        parts = asked.path[len(self.path) :].strip("/").split("/")
        if parts == ["metadata"]:
            return self._said({"resourceType": "CapabilityStatement", "fhirVersion": self.version})
        if self.token is not None and asked.headers.get("authorization") != f"Bearer {self.token}":
            return refusal(401, "login", "no valid token")
        if parts == [""]:
            return self._further(asked, "_getpages")
        if parts[0] not in TYPES:
            return refusal(404, "not-supported", "unknown resource type")
        match parts:
            case [kind]:
                further = any(name == "page" for name, _ in asked.query)
                return self._further(asked, "page") if further else self._search(kind, asked)
            case [kind, "_search"] if asked.method == "POST":
                return self._search(kind, asked) if self.post is True else refusal(self.post, "not-supported", "no")
            case [kind, name]:
                return self._read(kind, name, asked)
        return refusal(404, "not-found", "no such path")

    def _said(self, body: Json) -> Answer:
        return Answer(200, json.dumps(body).encode())

    def _read(self, kind: str, name: str, asked: Asked) -> Answer:
        if f"{kind}/{name}" in self.gone:
            return refusal(410, "deleted", "it was deleted")
        resource = self._resources.get(kind, {}).get(name)
        if resource is None:
            return refusal(404, "not-found", "no such resource")
        if kind == "Binary" and "json" not in asked.headers.get("accept", ""):
            return Answer(200, base64.b64decode(resource["data"]), {"Content-Type": resource["contentType"]})
        return self._said(resource)

    def _search(self, kind: str, asked: Asked) -> Answer:
        query = asked.query
        unknown = {name for name, _ in query} - PARAMETERS
        if unknown:
            return refusal(400, "invalid", "unknown search parameter")
        given = dict(query)
        found = [each for each in self._resources.get(kind, {}).values() if _fits(each, given)]
        count = given.get("_count", "")
        size = min(self.page, int(count) if count.isdigit() else self.page)
        return self._said(self._bundle(kind, found, size, len(found)))

    def _further(self, asked: Asked, parameter: str) -> Answer:
        token = dict(parse_qsl(asked.target.partition("?")[2])).get(parameter, "")
        with self._lock:
            page = self._pages.get(token)
        if page is None:
            return refusal(410, "not-found", "the search is no longer kept")
        return self._said(self._bundle(*page))

    def _bundle(self, kind: str, found: list[Json], count: int, total: int) -> Json:
        here, rest = found[:count], found[count:]
        bundle: Json = {"resourceType": "Bundle", "type": "searchset"}
        if self.paging == "typed":
            bundle["total"] = total
        if rest:
            bundle["link"] = [{"relation": "next", "url": self._next(kind, rest, count, total)}]
        entries = [
            {"fullUrl": f"{self.base}/{kind}/{each['id']}", "resource": each, "search": {"mode": "match"}}
            for each in here
        ]
        return bundle | ({"entry": entries} if entries else {})

    def _next(self, kind: str, rest: list[Json], count: int, total: int) -> str:
        token = f"{secrets.token_hex(8)}-{next(self._numbers)}"
        with self._lock:
            self._pages[token] = (kind, rest, count, total)
        if self.paging == "typed":
            return f"{self.base}/{kind}?page={token}"
        return f"{self.base}?_getpages={token}&_getpagesoffset={count}&_count={count}&_bundletype=searchset"


def refusal(status: int, code: str, text: str) -> Answer:
    """An OperationOutcome with a status."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return Answer(status, json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode())


def _literal(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _about(what: str, path: str) -> Callable[[Asked], bool]:
    def is_page(asked: Asked) -> bool:
        return any(name in ("_getpages", "page") for name, _ in asked.query)

    def is_of_type(asked: Asked) -> bool:
        parts = asked.path[len(path) :].strip("/").split("/")
        return parts[0] == what and not is_page(asked)

    if what == "*":
        return lambda asked: asked.path != f"{path}/metadata"
    return is_page if what == "page" else is_of_type


def _fits(resource: Json, given: Mapping[str, str]) -> bool:
    """Whether a resource is among the results. An empty value is no criterion, so everybody's data is found (HAPI)."""
    patient = given.get("patient") or given.get("subject") or ""
    codes = {token.rpartition("|")[2] for token in given.get("code", "").split(",") if token}
    statuses = {token for token in given.get("status", "").split(",") if token}
    return (
        (not patient or _owner(resource) == patient.removeprefix("Patient/"))
        and (not codes or bool(codes & _codes(resource)))
        and (not statuses or resource.get("status") in statuses)
        and given.get("_id", resource["id"]) == resource["id"]
    )


def _owner(resource: Json) -> str:
    for name in OWNERS:
        if isinstance(resource.get(name), dict):
            return str(resource[name].get("reference", "")).rpartition("/")[2]
    return ""


def _codes(resource: Json) -> set[str]:
    return {coding.get("code", "") for coding in resource.get("code", {}).get("coding", [])}
