"""The running service, a patient's chart on a FHIR server, and what an answer said, for the fault matrix."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from cds_service.app import create_app
from cds_service.fhir.client.names import system_resolver
from cds_service.fhir.record import own_key
from cds_service.hooks.offer import offered_services
from cds_service.hooks.services import Service
from cds_service.settings import Settings
from tests.canaries import FAMILY, SENTENCE, TOKEN, found_in
from tests.clinical.builder import AS_OF, PATIENT, build, load_vignettes
from tests.clinical.running import EXTENSION
from tests.schemas.conformance import assert_conformant, assert_operation_outcome
from tests.servers.fhir import FhirServer
from tests.servers.serving import serving

Json = dict[str, Any]
Resolve = Callable[[str, int], Sequence[str]]

AUTHORIZATION: Final[Mapping[str, Any]] = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read user/*.read",
    "subject": "vcf-cds",
    "patient": PATIENT,
}
PATIENT_MS: Final[Mapping[str, Any]] = {"deadline_ms": 30_000, "fhir_deadline_ms": 15_000}
"""All the time that a busy machine may need, where time is not what is looked at."""
HURRIED_MS: Final[Mapping[str, Any]] = {"deadline_ms": 1_500, "fhir_deadline_ms": 400}
"""0.4 seconds for reading (1.0 as shipped)."""
HELD_AT_MOST: Final = 0.5
"""Seconds until a hurried answer is there, whatever the FHIR server does: 0.4 for reading, the rest for judging."""
TRIES: Final = 3
"""Whoever measures time on a machine that is busy measures the machine too; the best of three tries does not."""
NEVER_TOLD: Final = re.compile(
    r"127\.0\.0\.1|::1|localhost|ehr\.example|https?:|fhir/|[Uu]rllib|[Rr]equests\b|[Ss]ocket|Traceback|Exception|Errno"
)
"""What an error body says nothing of: addresses, names, paths, the libraries."""
_KEY: Final = re.compile(r"(?P<key>[a-z][a-z-]*)(?: \((?P<word>[^)]*)\))?(?:, |$)")


# --- the chart --------------------------------------------------------------------------------------------------------


@cache
def _written(name: str) -> str:
    request = build(load_vignettes()[name])
    resources = [request["prefetch"]["patient"] | {"name": [{"use": "official", "family": FAMILY}]}]
    for key, value in request["prefetch"].items():
        if key != "patient":
            resources += [entry["resource"] for entry in value.get("entry", [])]
    for resource in resources:
        if resource["resourceType"] == "DiagnosticReport":
            resource["conclusion"] += f" {SENTENCE}"
    return json.dumps(resources)


def chart(name: str = "1") -> list[Json]:
    """The resources of a vignette, with canaries in the patient's name and in the reports."""
    resources: list[Json] = json.loads(_written(name))
    return resources


def service_of(hook: str) -> Service:
    """The service of a hook."""
    return offered_services().for_hook(hook)


def as_prefetched(server: FhirServer, keys: Collection[str], hook: str = "patient-view") -> Json:
    """What a client sends that runs the templates of these keys against its own server."""
    templates = service_of(hook).prefetch
    return {key: server.get(templates[key].replace("{{context.patientId}}", PATIENT)) for key in keys}


def keys_of(hook: str = "patient-view") -> tuple[str, ...]:
    """Every prefetch key of a service that there is something to read for when the user is a Practitioner."""
    return tuple(key for key in service_of(hook).prefetch if key != "practitioner-role")


def is_part(key: str) -> bool:
    """Whether a key is a part of another, which answers for it where nobody is to be asked (docs/fhir-access.md)."""
    return own_key(key) != key


def call(
    fhir_server: str | None,
    prefetch: Mapping[str, Any] | None = None,
    *,
    authorization: Mapping[str, Any] | None = AUTHORIZATION,
    name: str = "1",
) -> Json:
    """The hook request of a vignette, with that server and that prefetch instead of its own."""
    request = build(load_vignettes()[name])
    del request["prefetch"]
    if prefetch is not None:
        request["prefetch"] = dict(prefetch)
    if fhir_server is not None:
        request["fhirServer"] = fhir_server
        if authorization is not None:
            request["fhirAuthorization"] = dict(authorization)
    return request


# --- the service ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of the service."""

    status: int
    body: Json
    seconds: float

    @property
    def topics(self) -> set[str]:
        """The topics of its cards."""
        return {card["source"]["topic"]["code"] for card in self.body["cards"]}

    @property
    def evaluation(self) -> Json:
        """The extension."""
        extension: Json = self.body["extension"][EXTENSION]
        return extension

    @property
    def missing(self) -> list[str]:
        """The keys that were not, or not wholly, read."""
        keys: list[str] = self.evaluation.get("missing", [])
        return keys

    @property
    def unread(self) -> dict[str, str]:
        """Key to words in parentheses, of every card's "Could not be read"; "" where there are none."""
        return self._told("Could not be read")

    @property
    def in_part(self) -> dict[str, str]:
        """The same of "the list may be incomplete"."""
        return self._told("Read in part, the list may be incomplete")

    def _told(self, opening: str) -> dict[str, str]:
        lines = [
            line.removeprefix(f"{opening}: ").removesuffix(".")
            for card in self.body["cards"]
            for line in card["detail"].splitlines()
            if line.startswith(f"{opening}: ")
        ]
        return {m["key"]: m["word"] or "" for line in lines for m in _KEY.finditer(line)}

    @property
    def code(self) -> str:
        """The code of the OperationOutcome."""
        return str(self.body["issue"][0]["code"])

    @property
    def expression(self) -> list[str]:
        """What the OperationOutcome is about."""
        return list(self.body["issue"][0].get("expression", []))

    @property
    def text(self) -> str:
        """The words of the OperationOutcome."""
        return str(self.body["issue"][0]["details"]["text"])

    @property
    def answer(self) -> Json:
        """All of it but for what is new in every call."""
        copy: Json = json.loads(json.dumps(self.body))
        copy["extension"][EXTENSION]["evaluation_id"] = "masked"
        return copy


@dataclass(frozen=True, slots=True)
class Running:
    """The service behind its socket."""

    base: str
    port: int

    def post(self, request: Mapping[str, Any]) -> Said:
        """Its answer, which keeps to the protocol and holds no canary, whatever happened."""
        body = json.dumps(request).encode()
        connection = http.client.HTTPConnection(str(urlsplit(self.base).hostname), self.port, timeout=30)
        with contextlib.closing(connection):
            started = time.perf_counter()
            path = f"/cds-services/vcf-{request['hook']}"
            connection.request("POST", path, body, {"Content-Type": "application/json", "Connection": "close"})
            answer = connection.getresponse()
            text = answer.read().decode()
            said = Said(answer.status, json.loads(text), time.perf_counter() - started)
        _check(said, text)
        return said

    def post_in_time(
        self, request: Mapping[str, Any], expect: Callable[[Said], None], *, within: float = HELD_AT_MOST
    ) -> None:
        """An answer that is as expected and comes in time; one of three tries, for the machine may be busy."""
        for left in reversed(range(TRIES)):
            said = self.post(request)
            try:
                expect(said)
                assert said.seconds <= within
            except AssertionError:
                if not left:
                    raise
            else:
                return


def _check(said: Said, text: str) -> None:
    if said.status == 200:
        assert_conformant(said.body)
        assert [canary for canary in (TOKEN, FAMILY) if canary in text] == []
    else:
        assert_operation_outcome(said.body)
        assert found_in(text) == []
        assert NEVER_TOLD.search(text) is None, text


@contextlib.contextmanager
def running(
    settings: Settings | None = None,
    *,
    resolve: Resolve | None = None,
    clock: Callable[[], float] | None = None,
    **more: Any,
) -> Iterator[Running]:
    """The service on the tests' day, with much time for reading; ``more`` are further settings."""
    usual = settings or Settings(as_of=AS_OF, **PATIENT_MS)
    app = create_app(
        replace(usual, **more), resolve=resolve or system_resolver, clock=clock if clock is not None else time.monotonic
    )
    with serving(app) as base:
        yield Running(base, int(base.rpartition(":")[2]))


class Clock:
    """The process's clock, which a test may set forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return time.monotonic() + self.ahead
