"""What the client did not send is fetched from its FHIR server, in parallel, with the request's token, in time.

A key that is absent, or holds nothing that answers it, is asked for; one that failed is not asked for again; of one
that has further pages the rest is read (CDS Hooks 2.0.1, "Prefetch"; decision 7 of the operations notes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from cds_service.fhir.answers import KeyState, Pages
from cds_service.fhir.attachments.outcome import NotRead
from cds_service.fhir.client.client import MOST_ATTACHMENTS, FhirClient, Reader, Traffic
from cds_service.fhir.client.failures import Failure, NotFetched
from cds_service.fhir.record import KEY_TYPES, OpenRecord, own_key
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import REQUIRED_KEYS, USER_KEY, Service

_TOKENS: Final = re.compile(r"\{\{\s*([A-Za-z.]+)\s*\}\}")
GONE: Final = Pages((b"null",))
"""A resource that does not exist, or no longer."""
PROBE: Final = "probe"
"""In place of a key: the patient, read only to know whether the server knows it."""
_FETCHED: Final = "fetched"
"""The key of single resources that others refer to; none of ours, so it proves no absence."""
_MOST_REFERENCES: Final = 20


@dataclass(frozen=True, slots=True)
class Fetching:
    """What one call may still ask of its server, and what came of what it asked.

    ``failures`` names, by key, why it could not be had; ``words`` the same as a card says it, partly read keys
    included. Empty where no server was to be asked.
    """

    failures: Mapping[str, Failure] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    attachments: Callable[[Sequence[str]], Mapping[str, bytes | NotRead]] = lambda addresses: {}


NO_SERVER: Final = Fetching()


def asked(service: Service, request: HookRequest, record: OpenRecord) -> tuple[str, ...]:
    """The keys that there is something to read for: the role only of a user who is a PractitionerRole.

    A client that answers under a split key itself, and knows nothing of its parts, answers for all of it where there
    is no server to read the part from.
    """
    return tuple(
        key for key in service.prefetch if _is_told(key, request) and not _is_answered_by_the_whole(key, record)
    )


def _is_told(key: str, request: HookRequest) -> bool:
    return key != USER_KEY or (request.user_id or "").startswith("PractitionerRole/")


def _is_answered_by_the_whole(key: str, record: OpenRecord) -> bool:
    own = own_key(key)
    if own is None or own == key:
        return False
    return record.state(key) is KeyState.ABSENT and record.state(own) is not KeyState.ABSENT


@contextmanager
def completed(
    service: Service,
    request: HookRequest,
    record: OpenRecord,
    client: FhirClient | None,
    until: float,
    traffic: Traffic,
) -> Iterator[Fetching]:
    """Fetches into ``record`` what is missing of the service's templates, and stays open for attachments.

    ``until`` is a moment of the client's clock. Nothing is contacted when nothing is missing.
    """
    if client is None or request.fhir_server is None:
        yield NO_SERVER
        return
    with ExitStack() as stack:
        server = _Server(stack, client, request, until, traffic)
        wants = _wants(service, request, record)
        fetching = _fetched(server, wants, record) if wants else NO_SERVER
        _fetch_medications(server, record)
        yield replace(fetching, attachments=server.attachments)


@dataclass(frozen=True, slots=True)
class _Want:
    """One thing to ask for. ``required``: there is no answer without it. ``rest`` marks the further pages of a key that
    was sent, ``spare`` what is done without where no server may be read; PROBE is no key.
    """

    key: str
    job: Callable[[Reader], Pages]
    required: bool = False
    rest: bool = False
    spare: bool = False


def _wants(service: Service, request: HookRequest, record: OpenRecord) -> list[_Want]:
    """What is to be asked for, what is required first."""
    keys = [key for key in service.prefetch if _is_told(key, request)]
    wants = [
        _Want(
            key,
            partial(_answer, template=service.prefetch[key], request=request),
            required=key in REQUIRED_KEYS and not any(record.holds(kind) for kind in KEY_TYPES[key]),
            spare=_is_answered_by_the_whole(key, record),
        )
        for key in keys
        if _is_missing(key, record)
    ]
    missing = {want.key for want in wants}
    wants += [
        _Want(key, partial(_after, template=service.prefetch[key], link=record.next_page[key]), rest=True)
        for key in keys
        if key in record.next_page and key not in missing
    ]
    if wants and "patient" not in missing:
        # Read even where it was sent: a server that does not know the patient answers every search with nothing.
        wants.append(_Want(PROBE, partial(_answer, template=service.prefetch["patient"], request=request), spare=True))
    return sorted(wants, key=lambda want: (not want.required, want.key != PROBE))


def _is_missing(key: str, record: OpenRecord) -> bool:
    """Whether nothing answers a key. A patient who is "none" is no answer either."""
    state = record.state(key)
    return state is KeyState.ABSENT or (key == "patient" and state in {KeyState.NULL, KeyState.EMPTY})


def _fetched(server: _Server, wants: Sequence[_Want], record: OpenRecord) -> Fetching:
    """Asks for all at once and puts the answers into the record."""
    reader = server.reader()
    if isinstance(reader, Failure):
        wants = [want for want in wants if not want.spare]
        results: list[Pages | Failure] = [reader] * len(wants)
        if wants:
            server.refused(reader)
    else:
        jobs = [partial(want.job, reader) for want in wants]
        results = reader.together(jobs, required=sum(want.required for want in wants))
    patient = next((r for want, r in zip(wants, results, strict=True) if want.key in ("patient", PROBE)), None)
    proven = isinstance(patient, Pages) and patient.pages != GONE.pages
    failures: dict[str, Failure] = {}
    words: dict[str, str] = {}
    for want, result in zip(wants, results, strict=True):
        if want.key == PROBE or (want.spare and result is Failure.OUT_OF_SCOPE):
            continue
        failure = result if isinstance(result, Failure) else None
        if want.key == "patient" and result == GONE:
            failure = Failure.GONE
        if failure is not None:
            failures[want.key] = failure
        why = _put(record, want, result, proven=proven)
        if why:
            words[want.key] = why
            if record.state(want.key) in {KeyState.ABSENT, KeyState.FAILED}:
                failures.setdefault(want.key, Failure.NOT_READABLE)
    return Fetching(failures, words)


def _put(record: OpenRecord, want: _Want, result: Pages | Failure, *, proven: bool) -> str | None:
    """Puts an answer into the record; why the key is not whole then."""
    pages = Pages((), result.words) if isinstance(result, Failure) else result
    if want.rest:
        record.more(want.key, pages.pages, pages.why, proven=proven)
    else:
        record.add(want.key, pages, proven=proven)
    return record.answers[want.key].why


class _Server:
    """The call's server, contacted when first asked; where it cannot be, the reason stays the same."""

    def __init__(
        self, stack: ExitStack, client: FhirClient, request: HookRequest, until: float, traffic: Traffic
    ) -> None:
        self._stack = stack
        self._client = client
        self._request = request
        self._until = until
        self._traffic = traffic
        self._opened: Reader | Failure | None = None

    def reader(self) -> Reader | Failure:
        """The reader, or why there is none."""
        if self._opened is None:
            server = self._request.fhir_server or ""
            try:
                self._opened = self._stack.enter_context(
                    self._client.open(server, self._request.grant, self._until, self._traffic)
                )
            except NotFetched as error:
                self._opened = error.failure
        return self._opened

    def refused(self, failure: Failure) -> None:
        """Something could not even be asked for."""
        self._traffic.failure(failure)

    def attachments(self, addresses: Sequence[str]) -> Mapping[str, bytes | NotRead]:
        """The content behind addresses, fetched together; those beyond a bound are ``truncated``."""
        wanted = tuple(dict.fromkeys(addresses))
        if not wanted:
            return {}
        reader = self.reader()
        if isinstance(reader, Failure):
            self.refused(reader)
            return {}
        few = wanted[:MOST_ATTACHMENTS]
        results = reader.together([partial(reader.attachment, address) for address in few])
        found = {a: NotRead("truncated") if isinstance(r, Failure) else r for a, r in zip(few, results, strict=True)}
        return found | {address: NotRead("truncated") for address in wanted[MOST_ATTACHMENTS:]}


def _answer(reader: Reader, template: str, request: HookRequest) -> Pages:
    """What a template asks for. A resource that is gone is none; raises NotFetched."""
    query = filled(template, request)
    if "?" in query:
        return reader.search(query)
    kind, _, resource_id = query.partition("/")
    try:
        return Pages((reader.read(kind, resource_id),))
    except NotFetched as error:
        if error.failure is Failure.GONE:
            return GONE
        raise


def _after(reader: Reader, template: str, link: str) -> Pages:
    """The pages after one that was sent, of what a template asks for."""
    return reader.after(template.partition("?")[0], link)


def filled(template: str, request: HookRequest) -> str:
    """A prefetch template with its tokens replaced by the request's values, which were checked to be ids: never empty,
    for some servers answer an empty search value with everybody's data.
    """
    values = {
        "context.patientId": request.patient_id,
        "userPractitionerRoleId": (request.user_id or "").removeprefix("PractitionerRole/"),
    }

    def value(match: re.Match[str]) -> str:
        if not values[match[1]]:
            raise ValueError(f"nothing to fill {match[1]} with")
        return values[match[1]]

    return _TOKENS.sub(value, template)


def _fetch_medications(server: _Server, record: OpenRecord) -> None:
    """The drugs that orders name by reference alone, without a word: nobody could tell which they are."""
    ids = record.nameless_medications()[:_MOST_REFERENCES]
    reader = server.reader() if ids else Failure.NOT_ASKED
    if isinstance(reader, Failure):
        return
    for result in reader.together([partial(reader.read, "Medication", each) for each in ids]):
        if not isinstance(result, Failure):
            record.take(_FETCHED, result)
