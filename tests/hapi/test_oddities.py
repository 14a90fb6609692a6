"""What is peculiar to HAPI, each first shown to be so, and that the answer does not suffer from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from cds_service.settings import load
from tests.clinical.builder import AS_OF
from tests.clinical.running import EXTENSION, masked, topics
from tests.hapi.ehr import Ehr, by_get, next_page
from tests.hapi.loading import PATIENCE, Case, cases, put
from tests.hapi.proxy import Proxy, further_page, paged, search_of
from tests.hapi.records import cold, copy_of, temperature, visit
from tests.hapi.servers import serving
from tests.schemas.conformance import assert_operation_outcome

pytestmark = pytest.mark.hapi

CASE = "3"
"""A fracture nobody has imaged yet: three cards, which need nearly every key."""
A_PAGE = 200
"""As many as a template asks for at once, and the most that HAPI gives."""
DEFAULT_PAGE = 20
MOST_PAGES = 5


def extension(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the response says of its own evaluation."""
    found: Mapping[str, Any] = response["extension"][EXTENSION]
    return found


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(hapi: str) -> Case:
    """The case with more conditions, observations and open encounters than HAPI puts on a page.

    HAPI gives what it got first, so the fracture is written after all the colds: it is on the second page.
    """
    case = copy_of(CASE, "many-pages")
    patient = [each for each in case.resources if each["resourceType"] == "Patient"]
    others = [each for each in case.resources if each["resourceType"] != "Patient"]
    put(hapi, [*patient, *(cold(case.patient_id, number) for number in range(A_PAGE + 5))])
    put(hapi, [temperature(case.patient_id, number) for number in range(A_PAGE + 5)])
    put(hapi, [visit(case.patient_id, number) for number in range(DEFAULT_PAGE + 5)])
    put(hapi, others)
    return case


PAGED = {"conditions": A_PAGE, "observations": A_PAGE, "encounter": DEFAULT_PAGE}


@pytest.mark.parametrize("key", PAGED)
def test_hapi_pages_these_keys(ehr: Ehr, many: Case, key: str) -> None:
    """The ground of the tests below: a full first page, a `next` that names no resource type, and no `total` but on the
    last page, where it is that of all pages.
    """
    first = by_get(ehr.fhir, ehr.queries(many.call())[key]).json()
    further = next_page(first)
    assert further is not None
    assert further.startswith(f"{ehr.fhir}?_getpages=")
    assert len(first["entry"]) == PAGED[key]
    last = requests.get(further, timeout=PATIENCE).json()
    assert next_page(last) is None
    assert "total" not in first
    assert last["total"] == len(first["entry"]) + len(last["entry"]) > len(last["entry"])
    fractures = [each["id"] for each in many.resources if each["resourceType"] == "Condition"]
    assert not {entry["resource"]["id"] for entry in first["entry"]} & set(fractures)


def test_a_record_of_several_pages_is_read_whole(ehr: Ehr, many: Case) -> None:
    """Hazard 13: `next` without resource type is followed, an absent `total` tells nothing: the fracture of the second
    page is found, and the answer is that of a prefetch of all pages.
    """
    call = many.call(fhirServer=ehr.fhir)
    response = ehr.call(call).json()
    assert topics(response) == many.expect
    assert extension(response)["status"] == "complete"
    assert masked(response) == masked(ehr.call(call, prefetch=ehr.prefetch(call)).json())


def test_the_pages_of_a_prefetch_are_followed(ehr: Ehr, many: Case) -> None:
    """C19, CDS Hooks 1.4 (37): an EHR may send the first page alone, with its `next`; the rest is read."""
    call = many.call(fhirServer=ehr.fhir)
    first_pages = ehr.prefetch(call, read=dict)
    assert all(next_page(first_pages[key]) for key in PAGED)
    response = ehr.call(call, prefetch=first_pages).json()
    assert topics(response) == many.expect
    assert extension(response)["status"] == "complete"


def test_without_a_server_the_first_page_is_a_part(ehr: Ehr, many: Case) -> None:
    """Contract: without `fhirServer` nothing is followed, so the keys are missing and no card says they were whole."""
    response = ehr.call(many.call(), prefetch=ehr.prefetch(many.call(), read=dict)).json()
    assert extension(response)["status"] == "partial"
    assert set(extension(response)["missing"]) == set(PAGED)


def test_five_pages_are_the_most(ehr: Ehr, hapi: str, proxy: Proxy) -> None:
    """E24, E25: of a key with six pages five are read, and the cards that need it say that it may be incomplete."""
    case = copy_of(CASE, "six-pages")
    put(hapi, [*case.resources, *(visit(case.patient_id, number) for number in range(MOST_PAGES))])
    proxy.fails(search_of("Encounter"), paged(1))
    call = case.call(fhirServer=proxy.base)
    assert extension(ehr.call(call).json())["status"] == "complete"
    assert proxy.count(further_page) == MOST_PAGES - 1
    put(hapi, [visit(case.patient_id, MOST_PAGES)])
    proxy.asked.clear()
    response = ehr.call(call).json()
    assert extension(response)["missing"] == ["encounter"]
    assert proxy.count(further_page) == MOST_PAGES - 1
    said = "Read in part, the list may be incomplete: encounter (further pages were not read)."
    assert any(said in card["detail"] for card in response["cards"])


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def searching_by_post() -> Iterator[str]:
    """The service of a site whose server is to be searched by POST."""
    environment = {
        "VCF_AS_OF": AS_OF.isoformat(),
        "VCF_FHIR_SEARCH": "post",
        "VCF_DEADLINE_MS": "60000",
        "VCF_FHIR_DEADLINE_MS": "50000",
    }
    with serving(load(environment)) as url:
        yield url


def test_searches_go_by_post_where_a_site_says_so(
    searching_by_post: str, proxy: Proxy, vignettes: Mapping[str, Case]
) -> None:
    """Decision 7e: POST `_search` for searches, GET for the read and for further pages; no patient id in a URL."""
    case = vignettes["cov-whole-tx"]
    response = Ehr(searching_by_post, proxy.base).call(case.call(fhirServer=proxy.base)).json()
    assert topics(response) == case.expect
    assert extension(response)["status"] == "complete"
    searches = [asked for asked in proxy.asked if asked.method == "POST"]
    others = [asked for asked in proxy.asked if asked.method != "POST"]
    assert all(asked.path.endswith("/_search") for asked in searches)
    assert len(searches) == len(ehr_keys(case, searching_by_post)) - 1
    assert {urlsplit(asked.path).path.split("/")[2] for asked in others} <= {"Patient", "metadata"}


def ehr_keys(case: Case, service: str) -> Mapping[str, str]:
    """The queries of the call."""
    return Ehr(service, "").queries(case.call())


def test_a_post_search_pages_by_get(searching_by_post: str, hapi: str, many: Case) -> None:
    """HAPI answers a POST `_search` with a `next` that is fetched with GET: the record comes whole."""
    response = Ehr(searching_by_post, hapi).call(many.call(fhirServer=hapi)).json()
    assert topics(response) == many.expect
    assert extension(response)["status"] == "complete"


def counted(base: str, query: str) -> int:
    """How many resources a search finds."""
    return int(by_get(base, f"{query}&_summary=count").json()["total"])


def test_no_empty_value_is_ever_sent(ehr: Ehr, proxy: Proxy, vignettes: Mapping[str, Case]) -> None:
    """Decision 7d: HAPI answers `Condition?patient=` with everybody's conditions, so no query has an empty value."""
    anybody = next(iter(vignettes.values())).patient_id
    found = {owner: counted(ehr.fhir, f"Condition?patient={owner}") for owner in ("", anybody)}
    assert found[""] == counted(ehr.fhir, "Condition?") > found[anybody] > 0
    by_hook = {case.hook: case for case in vignettes.values()}
    for case in by_hook.values():
        assert topics(ehr.call(case.call(fhirServer=proxy.base)).json()) == case.expect
    queries = [urlsplit(asked.path).query for asked in proxy.asked if "?" in asked.path]
    assert len(queries) > len(by_hook)
    for query in queries:
        assert all(value for _, value in parse_qsl(query, keep_blank_values=True, strict_parsing=True)), query


@pytest.mark.parametrize("patient_id", ["", " ", "?", "Patient/", "a,b", "nobody&_id=x", "../Patient"])
def test_an_id_that_is_none_asks_nothing(ehr: Ehr, proxy: Proxy, patient_id: str) -> None:
    """C7: what is no FHIR id is refused before anything is asked, whatever it would do to a query."""
    context = {"patientId": patient_id, "userId": "Practitioner/prac-1"}
    answer = ehr.call(cases()[CASE].call(fhirServer=proxy.base) | {"context": context})
    assert answer.status_code == 400
    assert proxy.asked == []


# --- who is not there -------------------------------------------------------------------------------------------------


def refused_for_want_of(answer: requests.Response, code: str) -> None:
    """412, and the OperationOutcome says that the patient could not be had, and why."""
    assert answer.status_code == 412, answer.text
    assert_operation_outcome(answer.json())
    issue = answer.json()["issue"][0]
    assert issue["code"] == code
    assert "prefetch.patient" in issue["expression"]


def test_an_unknown_patient_is_no_empty_record(ehr: Ehr) -> None:
    """E17, decision 7d: HAPI finds "none" of everything for a patient it does not know; that proves nothing: 412."""
    call = cases()[CASE].call(fhirServer=ehr.fhir) | {"context": {"patientId": "nobody-1", "userId": "Practitioner/p"}}
    searched = by_get(ehr.fhir, "Condition?patient=nobody-1")
    assert (searched.status_code, searched.json()["total"]) == (200, 0)
    assert by_get(ehr.fhir, "Patient/nobody-1").status_code == 404
    refused_for_want_of(ehr.call(call), "not-found")


def test_an_unknown_patient_sent_as_prefetch_has_no_empty_record(ehr: Ehr) -> None:
    """Decision 7d: the EHR sends a Patient that its server does not have: what is not found there stays unread."""
    patient = {"resourceType": "Patient", "id": "nobody-2", "gender": "female", "birthDate": "1948-03-14"}
    call = cases()[CASE].call(fhirServer=ehr.fhir, prefetch={"patient": patient})
    answer = ehr.call(call | {"context": {"patientId": "nobody-2", "userId": "Practitioner/p"}})
    if answer.status_code == 200:
        assert "conditions" in extension(answer.json())["missing"]
    else:
        assert answer.status_code == 412
        assert_operation_outcome(answer.json())


def test_a_deleted_patient_has_no_record(ehr: Ehr, hapi: str) -> None:
    """Decision 7b: HAPI says 410 for a deleted patient, whose conditions it may still find; gone is 412."""
    case = copy_of(CASE, "deleted-patient")
    put(hapi, case.resources)
    call = case.call(fhirServer=ehr.fhir)
    assert topics(ehr.call(call).json()) == case.expect
    requests.delete(f"{hapi}/Patient/{case.patient_id}", timeout=PATIENCE).raise_for_status()
    assert by_get(hapi, f"Patient/{case.patient_id}").status_code == 410
    refused_for_want_of(ehr.call(call), "not-found")
