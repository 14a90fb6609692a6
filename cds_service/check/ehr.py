"""An EHR of our own: it tells the service's core where its FHIR server is, and keeps what came of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import orjson

from cds_service.check.asking import Question
from cds_service.criteria.unread import unread_reports
from cds_service.errors import Malformed, RequestError, VcfError
from cds_service.fhir.client.client import Exchange, FhirClient, Traffic
from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.client.grants import NO_AUTHORIZATION, Grant
from cds_service.fhir.client.tokens import Token
from cds_service.fhir.record import open_record
from cds_service.hooks.completion import asked, filled
from cds_service.hooks.context import ORDER_NAMES
from cds_service.hooks.invoke import REPORTS, Evaluated, judge, respond
from cds_service.hooks.requests import HookRequest
from cds_service.settings import FhirBase, Settings

DEADLINE_MS: Final = 15_000
"""Milliseconds of reading where nobody says: a public sandbox is slower than a hospital's own server."""
NOT_ASKED: Final = "not asked"
NOT_AWAITED: Final = "not waited for"

_OUT_OF_REACH: Final = frozenset(
    {
        Failure.NOT_PERMITTED,
        Failure.NOT_REACHABLE,
        Failure.NOT_TRUSTED,
        Failure.SERVER_ERROR,
        Failure.THROTTLED,
        Failure.TIMED_OUT,
    }
)
_HINTS: Final[Mapping[Failure, str]] = MappingProxyType(
    {
        Failure.ACCESS_REFUSED: "give a token in VCF_TOKEN, or on standard input with --token -",
        Failure.GONE: "is this the base URL, without /metadata?",
        Failure.NOT_PERMITTED: "link-local and metadata addresses are never called; this machine is 127.0.0.1",
        Failure.NOT_READABLE: "is this the base URL of a FHIR server that speaks JSON?",
        Failure.NOT_TRUSTED: "VCF_FHIR_CA_FILE names a certificate authority of your own",
        Failure.OTHER_VERSION: "R4 (4.x) is the only version that is read here",
        Failure.REDIRECTED: "redirects are not followed, so give the address that this one leads to",
    }
)
"""What an operator can do about it."""


class Unusable(VcfError):
    """There is nothing to play with. ``out_of_reach``: no fault of what was asked."""

    def __init__(self, what: str, failure: Failure) -> None:
        hint = f" ({_HINTS[failure]})" if failure in _HINTS else ""
        super().__init__(f"{what}: {failure.words}{hint}")
        self.out_of_reach = failure in _OUT_OF_REACH


@dataclass(frozen=True, slots=True)
class Server:
    """What the server says of itself."""

    fhir_version: str
    software: str
    version: str


@dataclass(frozen=True, slots=True)
class Query:
    """One thing asked of the server. ``key`` is the prefetch key it was for, empty for what a resource led to;
    ``entries`` is None where there is no list, ``ms`` where nobody waited for the end.
    """

    key: str
    query: str
    page: int
    status: int | None
    failure: str | None
    entries: int | None
    ms: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the hook for one patient: a response, or why there is none. ``missing``: key and reason."""

    patient_id: str
    queries: tuple[Query, ...]
    reading_ms: int
    response: dict[str, Any] | None = None
    refusal: RequestError | None = None
    missing: tuple[tuple[str, str], ...] = ()


class Ehr:
    """An EHR with one FHIR server. Everything read goes through the service's own FHIR client."""

    def __init__(
        self, settings: Settings, base: str, token: Token | None = None, deadline_ms: int = DEADLINE_MS
    ) -> None:
        """The base counts as allowed, and any port may be called: the operator typed it. ``deadline_ms`` takes the
        place of the service's, and the time for a whole call grows with it.
        """
        self.base = base
        self.token = token
        self.deadline_ms = deadline_ms
        self.service_ms = settings.fhir_deadline_ms
        self.settings = replace(
            settings,
            profile="demo",
            fhir_allow=(FhirBase(base, private=True),),
            fhir_deadline_ms=deadline_ms,
            deadline_ms=deadline_ms * settings.deadline_ms // settings.fhir_deadline_ms,
        )

    @property
    def grant(self) -> Grant:
        """The right to read that the token gives."""
        return NO_AUTHORIZATION if self.token is None else Grant(self.token)

    @property
    def patience(self) -> float:
        """Seconds for what is no part of the hook."""
        return max(self.deadline_ms, DEADLINE_MS) / 1000

    def is_soon_enough(self, outcome: Outcome) -> bool:
        """Whether the service, with its own deadline, would have read as much."""
        return outcome.reading_ms <= self.service_ms

    def client(self) -> FhirClient:
        """A client that knows nothing of earlier calls: one patient's trouble must not count against the next."""
        return FhirClient(self.settings, own_ports=())

    def server(self) -> Server:
        """What the server's CapabilityStatement says. Raises Unusable, also when it speaks another FHIR than R4."""
        client = self.client()
        try:
            with client.open(self.base, self.grant, client.clock() + self.patience, Traffic()) as reader:
                told = orjson.loads(reader.capabilities())
        except NotFetched as error:
            raise Unusable("the server's CapabilityStatement", error.failure) from None
        version = _text(told.get("fhirVersion"))
        if not version.startswith("4."):
            raise Unusable("the server's CapabilityStatement", Failure.OTHER_VERSION)
        software = told.get("software")
        named = software if isinstance(software, dict) else {}
        return Server(version, _text(named.get("name")), _text(named.get("version")))

    def call(self, question: Question, patient_id: str, as_of: date) -> Outcome:
        """The hook for one patient. Never raises for what the server or the core has to say."""
        client, traffic = self.client(), Traffic(trace=[])
        began = client.clock()
        try:
            request = replace(question.about(patient_id, self.base), grant=self.grant)
        except Malformed as error:
            return Outcome(patient_id, (), 0, refusal=error)
        refusal: RequestError | None = None
        response: dict[str, Any] | None = None
        missing: tuple[tuple[str, str], ...] = ()
        try:
            evaluated = judge(question.service, request, self.settings, as_of=as_of, client=client, traffic=traffic)
            response = respond(question.service, request, self.settings, evaluated)
            missing = tuple((key, _why(key, evaluated)) for key in evaluated.missing)
        except RequestError as error:
            refusal = error
        trace = list(traffic.trace or ())
        last = max((client.clock() if each.ended is None else each.ended for each in trace), default=began)
        queries = tuple(_queries(question, request, trace, began + self.deadline_ms / 1000))
        return Outcome(patient_id, queries, round((last - began) * 1000), response, refusal, missing)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _queries(question: Question, request: HookRequest, trace: list[Exchange], until: float) -> Iterator[Query]:
    """What was asked, in the order of the service's keys; a key that nothing was asked for is told too. ``until`` is
    the moment of the deadline.
    """
    service = question.service
    keys = asked(service, request, open_record(request.patient_id, {}))
    by_query = {filled(service.prefetch[key], request): key for key in keys}
    for query, key in by_query.items():
        found = sorted((each for each in trace if each.query == query), key=lambda each: each.page)
        yield from (_query(key, each, until) for each in found)
        if not found:
            yield Query(key, query, 1, None, NOT_ASKED, None, None)
    yield from (_query("", each, until) for each in trace if each.query not in by_query)


def _query(key: str, each: Exchange, until: float) -> Query:
    # What ran when a required list had failed was cut off as at the deadline, and may have noticed by now.
    if each.ended is None or (each.failure is Failure.TIMED_OUT and each.ended < until):
        return Query(key, each.query, each.page, each.status, NOT_AWAITED, None, None)
    failure = None if each.failure is None else each.failure.words
    ms = round((each.ended - each.began) * 1000)
    return Query(key, each.query, each.page, each.status, failure, each.entries, ms)


def _why(key: str, evaluated: Evaluated) -> str:
    """Why a key is in `missing`."""
    if key in evaluated.words:
        return evaluated.words[key]
    if key in ORDER_NAMES:
        return "not in the record, or not readable"
    told = evaluated.record.retrieval(key).why
    if told is None and key == REPORTS:
        told = unread_reports(evaluated.evaluation.assessment.facts)
    return told or "not readable in part"
