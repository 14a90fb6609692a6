"""A server that fails: partial and said where the key is optional, 412 where it is required, and always in time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests

from cds_service.fhir.record import own_key
from cds_service.recommendations import ALL
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF
from tests.clinical.running import EXTENSION, masked, topics
from tests.hapi.ehr import Ehr, by_get, next_page
from tests.hapi.loading import Case, put
from tests.hapi.proxy import (
    Fault,
    Proxy,
    Where,
    about,
    answering,
    broken_off,
    cut_short,
    dripping_body,
    dripping_head,
    further_page,
    leading,
    login_page,
    paged,
    passing,
    read_of,
    redirecting,
    search_of,
    silent,
)
from tests.hapi.records import cold, copy_of, temperature, visit
from tests.hapi.servers import serving
from tests.schemas.conformance import assert_conformant, assert_operation_outcome

pytestmark = pytest.mark.hapi

READING_MS: Final = 2000
CALL_MS: Final = 3000
OVER_HTTP: Final = 0.5
"""Seconds beside the deadline that the way to and from the service may take on a busy machine."""
OPTIONAL: Final = "observations"
NEEDS: Final = {recommendation.id: recommendation.needs for recommendation in ALL}
ELSEWHERE: Final = "/elsewhere"
MOST_PAGES: Final = 5


@dataclass(frozen=True, slots=True)
class Failing:
    """A fault, the word a card has for it, and the codes that a 412 may give for it."""

    name: str
    how: Fault
    word: str
    codes: frozenset[str]


def failing(name: str, how: Fault, word: str, *codes: str) -> Failing:
    """One row of the table below."""
    return Failing(name, how, word, frozenset(codes))


FAULTS = (
    failing("silent", silent, "timed out", "timeout"),
    failing("dripping-head", dripping_head, "timed out", "timeout"),
    failing("dripping-body", dripping_body, "timed out", "timeout"),
    failing("401", answering(401, "login", WWW_Authenticate="Bearer"), "access refused", "forbidden"),
    failing("403", answering(403, "forbidden"), "access refused", "forbidden"),
    failing("429", answering(429, "throttled", Retry_After="1"), "server asked for fewer calls", "throttled"),
    failing("500", answering(500, "exception"), "server error", "transient"),
    failing("503", answering(503, "transient"), "server error", "transient"),
    failing("html", login_page, "answer not readable", "processing"),
    failing("truncated", cut_short, "answer not readable", "processing"),
    failing("broken-off", broken_off, "answer not readable", "processing", "transient"),
    failing("redirect", redirecting(ELSEWHERE), "redirected", "security"),
)
"""Fault matrix E, rows 8, 13, 15, 16, 19, 20 and 22."""
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@pytest.fixture(scope="module")
def hurried() -> Iterator[str]:
    """The service with deadlines that these tests can wait for."""
    with serving(Settings(as_of=AS_OF, deadline_ms=CALL_MS, fhir_deadline_ms=READING_MS)) as url:
        yield url


@pytest.fixture(scope="module")
def case(hapi: str, ehr: Ehr) -> Case:
    """A fracture nobody has imaged yet: three cards, which need nearly every key, and lists of several resources.

    It is read once, so that HAPI is warm.
    """
    found = copy_of("3", "failing-server")
    lists = [each(found.patient_id, number) for each in (cold, temperature, visit) for number in range(3)]
    put(hapi, [*found.resources, *lists])
    assert topics(ehr.call(found.call(fhirServer=hapi)).json()) == found.expect
    return found


@pytest.fixture(scope="module")
def stranger(hapi: str) -> Case:
    """Another patient of the same server, with alarm signs and fractures of her own."""
    found = copy_of("unsafe-alarm", "some-stranger")
    put(hapi, found.resources)
    return found


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer and how long it took."""

    answer: requests.Response
    seconds: float


def called(service: str, proxy: Proxy, case: Case, **more: Any) -> Timed:
    """Call the service with nothing prefetched, and hold it to its deadline."""
    started = time.perf_counter()
    answer = Ehr(service, proxy.base).call(case.call(fhirServer=proxy.base), **more)
    took = time.perf_counter() - started
    assert took < CALL_MS / 1000 + OVER_HTTP
    return Timed(answer, took)


def response_of(timed: Timed) -> dict[str, Any]:
    """The cards of an answer that is 200."""
    assert timed.answer.status_code == 200, timed.answer.text
    response: dict[str, Any] = timed.answer.json()
    assert_conformant(response)
    return response


def evaluation(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the response says of its own evaluation."""
    found: Mapping[str, Any] = response["extension"][EXTENSION]
    return found


def prefetched_but(ehr: Ehr, case: Case, key: str, value: Any = ...) -> dict[str, Any]:
    """What the service answers without a server, to a prefetch of all but one key, or with another value for it."""
    prefetch = ehr.prefetch(case.call())
    del prefetch[key]
    answer = ehr.call(case.call(), prefetch=prefetch if value is ... else {**prefetch, key: value})
    response: dict[str, Any] = answer.json()
    return response


def own_keys(keys: Iterable[str]) -> set[str | None]:
    """The keys without the parts that some are split into; a key that is missing whole may stand for its parts."""
    return {own_key(key) for key in keys}


def expect_said(response: Mapping[str, Any], key: str, line: str) -> None:
    """The line stands on every card that needs the key, on no other, and on one at least."""
    needing = [card for card in response["cards"] if key in NEEDS[card["source"]["topic"]["code"]]]
    assert needing
    assert [card for card in response["cards"] if line in card["detail"]] == needing


# --- one answer fails -------------------------------------------------------------------------------------------------


@every_fault
def test_an_optional_key_that_fails_is_said(hurried: str, ehr: Ehr, proxy: Proxy, case: Case, fault: Failing) -> None:
    """Rows 8 to 22: 200 and partial in time, the key in `missing`, the reason on the cards, the cards as without it."""
    proxy.fails(search_of("Observation"), fault.how)
    response = response_of(called(hurried, proxy, case))
    assert evaluation(response)["status"] == "partial"
    assert evaluation(response)["missing"] == [OPTIONAL]
    assert topics(response) == topics(prefetched_but(ehr, case, OPTIONAL))
    expect_said(response, OPTIONAL, f"Could not be read: {OPTIONAL} ({fault.word}).")
    assert proxy.count(search_of("Observation")) <= 2
    assert proxy.count(lambda path: path.startswith(ELSEWHERE)) == 0


@pytest.mark.parametrize(
    ("key", "where"),
    [("patient", read_of("Patient")), ("conditions", search_of("Condition"))],
    ids=["patient", "conditions"],
)
@every_fault
def test_a_required_key_that_fails_is_412(
    hurried: str, proxy: Proxy, case: Case, fault: Failing, key: str, where: Where
) -> None:
    """Rows 8 to 22: 412 in time, with a code that tells the fault and the key that could not be had; no card."""
    proxy.fails(where, fault.how)
    answer = called(hurried, proxy, case).answer
    assert answer.status_code == 412, answer.text
    assert_operation_outcome(answer.json())
    issue = answer.json()["issue"][0]
    assert issue["code"] in fault.codes
    assert f"prefetch.{key}" in issue["expression"]
    assert proxy.base not in answer.text
    assert case.patient_id not in answer.text


def test_a_server_that_fails_altogether_is_412_in_time(hurried: str, proxy: Proxy, case: Case) -> None:
    """E13: nothing is ever answered, by none of the connections; the call ends with its reading time."""
    proxy.fails(lambda _: True, silent)
    timed = called(hurried, proxy, case)
    assert timed.answer.status_code == 412
    assert timed.answer.json()["issue"][0]["code"] == "timeout"
    assert timed.seconds < READING_MS / 1000 + OVER_HTTP


def test_all_optional_keys_may_fail_at_once(hurried: str, ehr: Ehr, proxy: Proxy, case: Case) -> None:
    """E20: only the required keys are had: 200, and everything else stands in `missing`."""
    required = ("patient", "conditions")
    proxy.fails(lambda path: "/Patient/" not in path and "/Condition?" not in path, answering(500, "exception"))
    response = response_of(called(hurried, proxy, case))
    prefetch = ehr.prefetch(case.call())
    alone = ehr.call(case.call(), prefetch={key: prefetch[key] for key in required}).json()
    assert own_keys(evaluation(response)["missing"]) == own_keys(prefetch) - set(required)
    assert topics(response) == topics(alone)


def test_an_unread_patient_lets_no_empty_answer_prove_anything(
    hurried: str, ehr: Ehr, proxy: Proxy, case: Case
) -> None:
    """Decision 7d: the Patient is prefetched and the server fails to read it: what it found none of stays unread."""
    proxy.fails(read_of("Patient"), answering(500, "exception"))
    prefetch = ehr.prefetch(case.call())
    sent = {key: prefetch[key] for key in ("patient", "conditions")}
    response = response_of(called(hurried, proxy, case, prefetch=sent))
    empty = [key for key, value in prefetch.items() if value["resourceType"] == "Bundle" and "entry" not in value]
    assert empty
    assert own_keys(evaluation(response)["missing"]) >= own_keys(empty)
    assert proxy.count(read_of("Patient")) >= 1


# --- somebody else's record -------------------------------------------------------------------------------------------


def test_another_patient_is_never_answered_about(hurried: str, proxy: Proxy, case: Case, stranger: Case) -> None:
    """Decision 7: `Patient/{id}` gives somebody else: 412 or 400, never a card."""
    proxy.fails(read_of("Patient"), about(case.patient_id, stranger.patient_id))
    answer = called(hurried, proxy, case).answer
    assert answer.status_code in (400, 412)
    assert_operation_outcome(answer.json())
    assert stranger.patient_id not in answer.text


@pytest.mark.parametrize(("key", "kind"), [("conditions", "Condition"), ("observations", "Observation")])
def test_a_strangers_resources_are_dropped(
    hurried: str, ehr: Ehr, proxy: Proxy, case: Case, stranger: Case, key: str, kind: str
) -> None:
    """E27: what a search gives of another patient counts for nothing: the cards of a record that holds none of it."""
    assert by_get(ehr.fhir, f"{kind}?patient={stranger.patient_id}").json()["entry"]
    proxy.fails(search_of(kind), about(case.patient_id, stranger.patient_id))
    response = response_of(called(hurried, proxy, case))
    assert topics(response) == topics(prefetched_but(ehr, case, key, {"resourceType": "Bundle", "type": "searchset"}))
    assert stranger.patient_id not in json.dumps(response)


# --- further pages ----------------------------------------------------------------------------------------------------


def test_pages_stay_on_the_forwarder(hurried: str, ehr: Ehr, proxy: Proxy, case: Case) -> None:
    """The ground of the tests below: with one resource a page the answer is the same, read through the same origin."""
    for kind in ("Condition", "Observation", "Encounter"):
        proxy.fails(search_of(kind), paged(1))
    response = response_of(called(hurried, proxy, case))
    assert topics(response) == case.expect
    assert evaluation(response)["status"] == "complete"
    assert proxy.count(further_page) == 3 + 3 + 2
    assert masked(response) == masked(ehr.call(case.call(), prefetch=ehr.prefetch(case.call())).json())


@pytest.mark.parametrize(("key", "kind"), [("conditions", "Condition"), ("observations", "Observation")])
@pytest.mark.parametrize("page", ["loop", "expired", "silent", "login", "outside", "other-origin"])
def test_a_list_read_in_part_is_said(
    hurried: str, hapi: str, ehr: Ehr, proxy: Proxy, case: Case, key: str, kind: str, page: str
) -> None:
    """E24, E25, C20, decision 7b: the first page counts, the key is missing, and the cards say that it is a part."""
    with Proxy(hapi) as other:
        first, further = page_fault(page, proxy, other)
        proxy.fails(search_of(kind), first)
        proxy.fails(further_page, further)
        response = response_of(called(hurried, proxy, case))
        assert other.asked == []
    assert evaluation(response)["status"] == "partial"
    assert evaluation(response)["missing"] == [key]
    query = ehr.queries(case.call())[key].replace("_count=200", "_count=1")
    part = by_get(ehr.fhir, query).json()
    assert next_page(part)
    assert topics(response) == topics(prefetched_but(ehr, case, key, part))
    expect_said(response, key, f"Read in part, the list may be incomplete: {key} (")
    assert proxy.count(search_of(kind)) <= MOST_PAGES
    assert proxy.count(lambda path: not path.startswith("/fhir")) == 0


def page_fault(name: str, proxy: Proxy, other: Proxy) -> tuple[Fault, Fault]:
    """How the first page of one resource goes on, and how the page that it leads to fails."""
    outside = proxy.base.removesuffix("/fhir") + ELSEWHERE
    faults: Mapping[str, tuple[Fault, Fault]] = {
        "loop": (leading(), passing),
        "expired": (paged(1), answering(410, "expired")),
        "silent": (paged(1), silent),
        "login": (paged(1), login_page),
        "outside": (leading(outside), passing),
        "other-origin": (leading(f"{other.base}?_getpages=1"), passing),
    }
    return faults[name]
