"""Asking the client's FHIR server: who may be asked, then lists with their pages, single resources, attachments."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from cds_service.errors import Malformed
from cds_service.fhir import decoding, strict_json
from cds_service.fhir.answers import FURTHER_PAGES, Pages, page_head
from cds_service.fhir.attachments.content import content_of
from cds_service.fhir.attachments.outcome import NotRead
from cds_service.fhir.client.addresses import admitted
from cds_service.fhir.client.bases import Base, document, listed, permitted, under
from cds_service.fhir.client.failures import RESTRICTED, Failure, NotFetched, of_status
from cds_service.fhir.client.gates import Gates, Visit
from cds_service.fhir.client.grants import Grant, Right
from cds_service.fhir.client.names import Names, Resolve, system_resolver
from cds_service.fhir.client.sockets import Watch
from cds_service.fhir.client.transport import FHIR_JSON, MOST_AT_ONCE, Answer, Budget, Line, Route, tls_context
from cds_service.fhir.resources import Attachment, Binary, NotReadable
from cds_service.settings import Settings

MOST_PAGES: Final = 5
"""Pages of one list that are read (operations notes, E25)."""
MOST_ATTACHMENTS: Final = 30
"""Attachments of one call that are fetched."""
_ANY_FORM: Final = f"{FHIR_JSON}, */*;q=0.5"
"""A Binary as a resource, where the server can; else its content as it is."""
_GRACE: Final = 0.05
"""Seconds that a thread gets to notice that its socket was shut."""
_BOM: Final = b"\xef\xbb\xbf"
_VERSION: Final = re.compile(r"fhirversion\s*=\s*\"?(\d+)")
_R4: Final = "4"
# Elements that R4 does not have: coded references of R5, and statuses as plain strings of R3 and before.
_OF_OTHER_VERSIONS: Final = re.compile(
    rb'"(?:medication|code)"\s*:\s*\{\s*"(?:concept|reference)"\s*:|"(?:clinicalStatus|verificationStatus)"\s*:\s*"'
)

_FORM: Final = re.compile(rb"<(?:form|input)[\s>]", re.IGNORECASE)
"""What a login page has, and a report has not."""

T = TypeVar("T")


@dataclass(slots=True)
class Exchange:
    """One thing that was asked of a server, and what came of it. ``query`` holds the patient's id.

    ``began`` and ``ended`` are moments of the client's clock; one that nobody waited for has no end. ``status`` is the
    HTTP status where there was one, ``entries`` how many a page of a list had.
    """

    query: str
    page: int
    began: float
    ended: float | None = None
    status: int | None = None
    failure: Failure | None = None
    entries: int | None = None

    def answered(self, answer: Answer) -> Answer:
        """Keep the status of an answer, and pass it on."""
        self.status = answer.status
        return answer


@dataclass(slots=True)
class Traffic:
    """What a call asked of a server: counts and names of ours, for the log. ``strangers`` counts resources of another
    patient, sent or fetched, that were dropped.

    ``trace`` is for a command whose operator asks what was asked; the service keeps none.
    """

    requests: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    strangers: int = 0
    trace: list[Exchange] | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def asked(self) -> None:
        """One more request."""
        with self._lock:
            self.requests += 1

    def failure(self, failure: Failure) -> None:
        """One more failure of a kind."""
        with self._lock:
            name = failure.name.lower()
            self.failed[name] = self.failed.get(name, 0) + 1

    def began(self, exchange: Exchange) -> Exchange:
        """One more exchange, kept where that was asked for."""
        if self.trace is not None:
            with self._lock:
                self.trace.append(exchange)
        return exchange


class FhirClient:
    """What outlives a call: who may be contacted, the gates, the resolver, the certificates. Safe between threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve = system_resolver,
        clock: Callable[[], float] = time.monotonic,
        client: str = "default",
        own_ports: Iterable[int] | None = None,
    ) -> None:
        """``own_ports`` are those of this machine that are never called: by default the one of the settings. Raises
        SettingsError for an entry of the allow-list that is no plain base URL.
        """
        self.clock = clock
        self.own_ports = {settings.port} if own_ports is None else set(own_ports)
        self._settings = settings
        self._allowed = listed(settings.fhir_allow)
        self._client = client
        self._names = Names(resolve)
        self._gates = Gates(max(1, settings.web_threads // 2), clock)
        self._tls = tls_context(settings.fhir_ca_file)
        self._searched_by_get: set[tuple[str, str, int, str]] = set()

    @contextmanager
    def open(self, server: str, grant: Grant, until: float, traffic: Traffic) -> Iterator[Reader]:
        """A reader of one server for one call, until a moment of ``clock``. Raises NotFetched before any connection
        when the server may not be contacted, the authorization is not usable, or the gate is shut.
        """
        settings = self._settings
        base = permitted(server, self._allowed, demo=settings.demo, own_ports=self.own_ports)
        if base is None:
            raise NotFetched(Failure.NOT_PERMITTED)
        if not grant.usable:
            raise NotFetched(Failure.TOKEN_NOT_USABLE)
        if grant.seconds is not None:
            until = min(until, self.clock() + grant.seconds)
        with self._gates.visit(self._client, base.origin) as visit:
            addresses = self._addresses(base, until, visit)
            with (
                closing(Watch(until - self.clock())) as watch,
                closing(
                    Line(Route(addresses, watch, self.clock, until), self._tls, grant.token, Budget(settings.max_body))
                ) as line,
            ):
                by_post = settings.fhir_search == "post" and base.place not in self._searched_by_get
                reader = Reader(base, line, grant, visit, traffic, until, self.clock, by_post=by_post)
                try:
                    yield reader
                finally:
                    reader.close()
                    if by_post and not reader.by_post:
                        self._searched_by_get.add(base.place)

    def _addresses(self, base: Base, until: float, visit: Visit) -> Sequence[str]:
        """The addresses of the base that may be connected to. The name is looked up once a call."""
        literal = re.fullmatch(r"[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*", base.host)
        try:
            found = (base.host,) if literal else self._names.addresses(base.host, base.port, until - self.clock())
        except NotFetched:
            visit.failed += 1
            raise
        fine = [address for address in found if admitted(address, base.reach)]
        if not fine and found:
            raise NotFetched(Failure.NOT_PERMITTED)
        if not fine:
            visit.failed += 1
            raise NotFetched(Failure.NOT_REACHABLE)
        return fine


class Reader:
    """One call's reading of one server. Every method may be called from the threads of ``together``."""

    def __init__(
        self,
        base: Base,
        line: Line,
        grant: Grant,
        visit: Visit,
        traffic: Traffic,
        until: float,
        clock: Callable[[], float],
        *,
        by_post: bool,
    ) -> None:
        self.by_post = by_post
        self._base = base
        self._line = line
        self._grant = grant
        self._visit = visit
        self._traffic = traffic
        self._until = until
        self._clock = clock
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="fhir")
        self._stopped = False

    def close(self) -> None:
        """Leave what is still running to its shut sockets."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def together(self, jobs: Sequence[Callable[[], T]], required: int = 0) -> list[T | Failure]:
        """The jobs' results in their order, at most MOST_AT_ONCE of them running; a job out of time has TIMED_OUT.

        When one of the first ``required`` fails, nothing else is asked or waited for.
        """
        began = self._clock()
        started: list[Future[T]] = [self._pool.submit(job) for job in jobs]
        results: list[T | Failure] = []
        for number, each in enumerate(started):
            if self._stopped:
                results.append(Failure.NOT_ASKED)
                continue
            result = self._result(each)
            self._stopped = number < required and isinstance(result, Failure)
            results.append(result)
        self._traffic.seconds += self._clock() - began
        return results

    def _result(self, future: Future[T]) -> T | Failure:
        try:
            return future.result(max(self._until - self._clock(), 0.0) + _GRACE)
        except NotInTime:
            future.cancel()
            return Failure.TIMED_OUT
        except NotFetched as error:
            return error.failure

    def search(self, query: str) -> Pages:
        """Every page of ``Condition?patient=1&_count=200``. Raises NotFetched when there is not even a first one."""
        kind, _, parameters = query.partition("?")
        right = self._right(kind, search=True)
        first = self._first_page(kind, parameters)
        more = self._pages_after(first.next, MOST_PAGES - 1, query)
        return Pages((first.body, *more.pages), more.why or _restricted(right))

    def after(self, kind: str, link: str) -> Pages:
        """The pages after a first one of that type that the client sent, whose ``next`` is ``link``. Raises NotFetched
        when the scope does not cover the type.
        """
        right = self._right(kind, search=True)
        more = self._pages_after(link, MOST_PAGES - 1, "")
        return Pages(more.pages, more.why or _restricted(right))

    def _first_page(self, kind: str, parameters: str) -> _Page:
        with self._exchange(f"{kind}?{parameters}") as exchange:
            if self.by_post:
                answer = self._ask(f"{self._base.url}/{kind}/_search", form=parse_qsl(parameters))
                if answer.status not in (404, 405, 415):
                    return self._page(answer, exchange)
                self.by_post = False
            return self._page(self._ask(f"{self._base.url}/{kind}?{parameters}"), exchange)

    def _pages_after(self, link: str | None, most: int, query: str) -> Pages:
        """The pages that ``next`` links lead to, as many as there are or as may be read; ``query`` began them."""
        read: list[bytes] = []
        seen: set[str] = set()
        while link is not None:
            url = under(self._base, link)
            if url is None:
                return Pages(tuple(read), self._failed(Failure.ELSEWHERE).failure.words)
            if len(read) >= most or url in seen:
                return Pages(tuple(read), FURTHER_PAGES)
            seen.add(url)
            try:
                with self._exchange(query, page=len(read) + 2) as exchange:
                    page = self._page(self._ask(url), exchange)
            except NotFetched as error:
                return Pages(tuple(read), f"{FURTHER_PAGES}: {error.failure.words}")
            read.append(page.body)
            link = page.next
        return Pages(tuple(read))

    def read(self, kind: str, resource_id: str) -> bytes:
        """One resource, of that type and with that id. Raises NotFetched (GONE when it does not exist)."""
        self._right(kind, search=False)
        with self._exchange(f"{kind}/{resource_id}") as exchange:
            answer = exchange.answered(self._ask(f"{self._base.url}/{kind}/{resource_id}"))
            body = self._checked(answer, search=False)
            try:
                head = decoding.read_head(body)
            except NotReadable:
                raise self._failed(Failure.NOT_READABLE) from None
            if head.resource_type != kind:
                raise self._failed(Failure.NOT_READABLE)
            if head.id != resource_id:
                raise self._failed(Failure.OTHER_PATIENT if kind == "Patient" else Failure.NOT_READABLE)
            return body

    def capabilities(self) -> bytes:
        """The server's CapabilityStatement. Raises NotFetched."""
        with self._exchange("metadata") as exchange:
            body = self._checked(exchange.answered(self._ask(f"{self._base.url}/metadata")), search=False)
            if decoding.resource_type(body) != "CapabilityStatement":
                raise self._failed(Failure.NOT_READABLE)
            return body

    def attachment(self, link: str) -> bytes | NotRead:
        """The content behind an attachment's address, if it lies under the base; of a Binary its data."""
        url = document(self._base, link)
        if url is None:
            self._failed(Failure.ELSEWHERE)
            return NotRead("format")
        try:
            if "/Binary/" in url:
                self._right("Binary", search=False)
            with self._exchange(url.removeprefix(f"{self._base.url}/")) as exchange:
                answer = exchange.answered(self._ask(url, accept=_ANY_FORM))
                failure = of_status(answer.status, search=False)
                if failure is not None:
                    raise self._failed(failure)
        except NotFetched as error:
            cut = error.failure in (Failure.TIMED_OUT, Failure.TOO_LARGE)
            return NotRead("truncated" if cut else "format")
        self._visit.answered += 1
        return _content(answer)

    def _right(self, kind: str, *, search: bool) -> Right:
        right = self._grant.right(kind, search=search)
        if right is Right.NONE:
            raise self._failed(Failure.OUT_OF_SCOPE)
        return right

    def _ask(self, url: str, *, accept: str = FHIR_JSON, form: Sequence[tuple[str, str]] | None = None) -> Answer:
        if self._stopped:
            raise self._failed(Failure.NOT_ASKED)
        self._traffic.asked()
        try:
            return self._line.ask(url, accept=accept, form=form)
        except NotFetched as error:
            raise self._failed(error.failure) from None

    @contextmanager
    def _exchange(self, query: str, page: int = 1) -> Iterator[Exchange]:
        """One exchange from its beginning to its end, for the trace."""
        exchange = self._traffic.began(Exchange(query, page, self._clock()))
        try:
            yield exchange
        except NotFetched as error:
            exchange.failure = error.failure
            raise
        finally:
            exchange.ended = self._clock()

    def _page(self, answer: Answer, exchange: Exchange) -> _Page:
        """The Bundle of an answer to a search."""
        body = self._checked(exchange.answered(answer), search=True)
        kind = decoding.resource_type(body)
        if kind == "OperationOutcome":
            raise self._failed(Failure.SEARCH_REFUSED)
        head = page_head(body) if kind == "Bundle" else None
        if head is None or head.type not in (None, "searchset"):
            raise self._failed(Failure.NOT_READABLE)
        exchange.entries = head.entries
        return _Page(body, head.next)

    def _checked(self, answer: Answer, *, search: bool) -> bytes:
        """The body of a good answer: strict JSON of FHIR R4."""
        failure = of_status(answer.status, search=search)
        if failure is not None:
            if not failure.counts:
                self._visit.answered += 1
            raise self._failed(failure)
        if "xml" in answer.content_type:
            raise self._failed(Failure.NOT_READABLE)
        version = _VERSION.search(answer.content_type)
        body = answer.body.removeprefix(_BOM)
        if version is not None and version[1] != _R4:
            raise self._failed(Failure.OTHER_VERSION)
        try:
            strict_json.root(body)
        except Malformed:
            raise self._failed(Failure.NOT_READABLE) from None
        self._visit.answered += 1
        if _OF_OTHER_VERSIONS.search(body):
            raise self._failed(Failure.OTHER_VERSION)
        return body

    def _failed(self, failure: Failure) -> NotFetched:
        """Count a failure, and give the exception to raise. What still ran when the call had failed was cut off by us,
        and says nothing.
        """
        if self._stopped:
            return NotFetched(Failure.NOT_ASKED)
        self._traffic.failure(failure)
        if failure.counts:
            self._visit.failed += 1
        return NotFetched(failure)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a list, and where the next one is."""

    body: bytes
    next: str | None


def _restricted(right: Right) -> str | None:
    return RESTRICTED if right is Right.RESTRICTED else None


def _content(answer: Answer) -> bytes | NotRead:
    """The bytes of an attachment, out of the Binary resource where the server sent one.

    Another resource (an OperationOutcome, a list), or a page with a form to fill in, is no text of a report.
    """
    kind = decoding.resource_type(answer.body)
    if kind is None:
        return NotRead("format") if _FORM.search(answer.body) else answer.body
    if kind != "Binary":
        return NotRead("format")
    try:
        binary = decoding.decode(answer.body, Binary)
    except NotReadable:
        return NotRead("format")
    return content_of(Attachment(content_type=binary.content_type, data=binary.data))
