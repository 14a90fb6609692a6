"""What a client sent, did not send, or sent in part, with and without a server to ask (matrix C12 to C20, C22)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.canaries import FAMILY, SENTENCE, TOKEN
from tests.clinical.builder import PATIENT
from tests.faults.support import AUTHORIZATION, Json, Running, Said, as_prefetched, call, chart, is_part, keys_of
from tests.servers import certificates, faults
from tests.servers.fhir import FhirServer
from tests.servers.listening import LOCAL
from tests.servers.network import Attempts

OUTCOME: Final = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "diagnostics": f"{FAMILY}: {SENTENCE}"}],
}
"""The failure of a search, with what must not be repeated."""
OPTIONAL: Final = tuple(key for key in keys_of() if key not in ("patient", "conditions"))


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """The chart of vignette 1, behind a token."""
    with FhirServer(chart(), token=TOKEN) as server:
        yield server


@pytest.fixture
def sent(server: FhirServer) -> Json:
    """Every key, as that server answers it."""
    return as_prefetched(server, keys_of())


@pytest.fixture
def whole(service: Running, sent: Json) -> Said:
    """The answer when everything was sent."""
    said = service.post(call(None, sent))
    assert (said.status, said.missing, said.topics) == (200, [], {"augmentation-referral"})
    return said


def expect_missing(said: Said, *keys: str) -> None:
    """200, partial, with these keys missing."""
    assert (said.status, sorted(said.missing)) == (200, sorted(keys)), said.body
    assert said.evaluation["status"] == "partial"


# --- C12 to C15: absent, null, failed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("prefetch", [None, {}])
def test_nothing_sent_and_nobody_to_ask(
    service: Running, attempts: Attempts, prefetch: Mapping[str, Any] | None
) -> None:
    """C12: 412 that lists the keys."""
    said = service.post(call(None, prefetch))
    assert (said.status, said.code) == (412, "processing")
    assert said.expression == ["prefetch.patient", "prefetch.conditions"]
    assert attempts.addresses(but=service.port) == set()


@pytest.mark.parametrize("prefetch", [None, {}])
def test_nothing_sent_and_a_server_to_ask(
    service: Running, server: FhirServer, whole: Said, prefetch: Mapping[str, Any] | None
) -> None:
    """C12, C14, checklist 46: a service works from prefetch or from FHIR access; the answer is the same."""
    assert service.post(call(server.base, prefetch)).answer == whole.answer


@pytest.mark.parametrize("key", OPTIONAL)
def test_null_is_an_answer(service: Running, server: FhirServer, sent: Json, key: str) -> None:
    """C13: looked up, nothing found; nobody is asked again."""
    said = service.post(call(server.base, sent | {key: None}))
    assert (said.status, said.missing) == (200, [])
    assert server.accepted == 0


def test_a_patient_that_is_null_is_no_patient(service: Running, server: FhirServer, sent: Json, whole: Said) -> None:
    """C13: a chart is somebody's; read where there is a server, 412 where there is none."""
    assert service.post(call(server.base, sent | {"patient": None})).answer == whole.answer
    assert [each.path for each in server.asked] == [f"/fhir/Patient/{PATIENT}"]
    said = service.post(call(None, sent | {"patient": None}))
    assert (said.status, said.expression) == (412, ["prefetch.patient"])


@pytest.mark.parametrize("key", keys_of())
def test_an_absent_key_is_fetched(service: Running, server: FhirServer, sent: Json, whole: Said, key: str) -> None:
    """C14: it and the patient, nothing else; and the answer is that of a client that sent it."""
    del sent[key]
    assert service.post(call(server.base, sent)).answer == whole.answer
    assert len(server.asked) == (1 if key == "patient" else 2)


@pytest.mark.parametrize("key", [key for key in OPTIONAL if not is_part(key)])
def test_an_absent_key_and_nobody_to_ask(service: Running, sent: Json, key: str) -> None:
    """C14: unknown, and said without words in parentheses, for nobody was asked."""
    del sent[key]
    said = service.post(call(None, sent))
    expect_missing(said, key)
    assert set(said.unread.values()) <= {""}


@pytest.mark.parametrize(
    "value", [[], {}, "text", 5, False, {"resourceType": 5}, {"resourceType": ""}, [1], {"x": "y"}]
)
def test_a_value_that_is_none_is_fetched(
    service: Running, server: FhirServer, sent: Json, whole: Said, value: object
) -> None:
    """C14, C17: what is no FHIR answers nothing; an empty list is an answer, and then nobody is asked."""
    said = service.post(call(server.base, sent | {"observations": value}))
    if value == []:
        assert (said.missing, server.accepted) == ([], 0)
    else:
        assert said.answer == whole.answer
        assert len(server.asked_for("Observation")) == 1


@pytest.mark.parametrize("key", OPTIONAL)
def test_a_failed_key_is_not_asked_for_again(service: Running, server: FhirServer, sent: Json, key: str) -> None:
    """C15, checklist 34: the client tried; partial, and no connection."""
    said = service.post(call(server.base, sent | {key: OUTCOME}))
    expect_missing(said, key)
    assert server.accepted == 0


@pytest.mark.parametrize("key", ["patient", "conditions"])
def test_a_failed_key_that_is_required(service: Running, server: FhirServer, sent: Json, key: str) -> None:
    """C15: 412, and no connection."""
    said = service.post(call(server.base, sent | {key: OUTCOME}))
    assert (said.status, said.expression) == (412, [f"prefetch.{key}"])
    assert server.accepted == 0


def test_a_failed_key_stays_failed_while_others_are_fetched(service: Running, server: FhirServer, sent: Json) -> None:
    """C15: a second key is absent and is fetched; the failed one is not."""
    del sent["reports"]
    said = service.post(call(server.base, sent | {"observations": OUTCOME}))
    expect_missing(said, "observations")
    assert sorted(each.path for each in server.asked) == ["/fhir/DiagnosticReport", f"/fhir/Patient/{PATIENT}"]


def test_all_parts_of_a_key_absent(service: Running, server: FhirServer, sent: Json, whole: Said) -> None:
    """C14: `orders` and its part are both fetched, where neither was sent."""
    del sent["orders"], sent["orders-devices"]
    assert service.post(call(server.base, sent)).answer == whole.answer
    assert len(server.asked) == 3
    said = service.post(call(None, sent))
    expect_missing(said, "orders")


# --- C16 to C18: in part, of another type, unknown --------------------------------------------------------------------


def test_an_error_beside_the_data(service: Running, server: FhirServer, sent: Json) -> None:
    """C16: what came is used, the list may be incomplete, and it is not asked for again."""
    sent["observations"]["entry"].append({"resource": OUTCOME, "search": {"mode": "outcome"}})
    said = service.post(call(server.base, sent))
    expect_missing(said, "observations")
    assert set(said.in_part) == {"observations"}
    assert said.topics == {"augmentation-referral"}
    assert server.accepted == 0


def test_an_error_alone_in_a_list(service: Running, server: FhirServer, sent: Json) -> None:
    """C16: a Bundle of nothing but an error is a failed search."""
    said = service.post(call(server.base, sent | {"observations": faults.bundle(OUTCOME)}))
    expect_missing(said, "observations")
    assert set(said.unread) == {"observations"}
    assert server.accepted == 0


STRAY: Final[Json] = {"resourceType": "Appointment", "id": "stray", "status": "booked", "participant": []}


@pytest.mark.parametrize("value", [STRAY, faults.bundle(STRAY)])
def test_the_wrong_type_is_no_answer(
    service: Running, server: FhirServer, sent: Json, whole: Said, value: Json
) -> None:
    """C17: treated as not sent, so fetched where there is a server, and missing where there is none."""
    said = service.post(call(None, sent | {"observations": value}))
    expect_missing(said, "observations")
    assert service.post(call(server.base, sent | {"observations": value})).answer == whole.answer
    refused = service.post(call(None, sent | {"conditions": value}))
    assert (refused.status, refused.expression) == (412, ["prefetch.conditions"])


def test_another_patient_under_the_key_patient(service: Running, server: FhirServer, sent: Json) -> None:
    """C17, F1: the call is refused, and no server is asked who is right."""
    sent["patient"] = sent["patient"] | {"id": "somebody-else"}
    said = service.post(call(server.base, sent))
    assert (said.status, said.code) == (400, "security")
    assert server.accepted == 0


def test_an_unknown_key_is_read_and_proves_nothing(
    service: Running, server: FhirServer, sent: Json, whole: Said
) -> None:
    """C18: its resources count; that there are no others is proven by our own key alone, so that is fetched too."""
    sent["item3"] = sent.pop("observations")
    alone = service.post(call(None, sent))
    expect_missing(alone, "observations")
    assert alone.topics == {"augmentation-referral"}
    assert service.post(call(server.base, sent)).answer == whole.answer
    assert len(server.asked_for("Observation")) == 1


# --- C19, C20: further pages of what was sent -------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["getpages", "typed"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_further_pages_of_a_sent_list_are_read(
    service: Running, server: FhirServer, sent: Json, whole: Said, style: Any, size: int
) -> None:
    """C19: the client sent the first page; with its server's next links the answer is that of the whole list."""
    server.page, server.paging = size, style
    first = as_prefetched(server, ["observations"])
    assert first["observations"]["link"]
    said = service.post(call(server.base, sent | first))
    assert said.answer == whole.answer
    assert server.asked_for("Observation") == ()


def test_further_pages_and_nobody_to_ask(service: Running, server: FhirServer, sent: Json) -> None:
    """C19, C20, contract: without fhirServer nothing is followed; the card says that the list may be incomplete."""
    server.page = 2
    said = service.post(call(None, sent | as_prefetched(server, ["observations"])))
    expect_missing(said, "observations")
    assert said.in_part == {"observations": ""}
    assert server.accepted == 0


def test_fewer_entries_than_the_total(service: Running, server: FhirServer, sent: Json) -> None:
    """C19: a total that is more than came, and no link to the rest."""
    sent["observations"]["total"] = 99
    said = service.post(call(server.base, sent))
    expect_missing(said, "observations")
    assert set(said.in_part) == {"observations"}


def test_pages_beyond_the_fifth(service: Running, server: FhirServer, sent: Json) -> None:
    """C19, E24: within budget only."""
    server.add(*(each | {"id": f"copy-{n}"} for n in range(5) for each in chart() if each["id"] == "pain-1"))
    server.page = 1
    said = service.post(call(server.base, sent | as_prefetched(server, ["observations"])))
    expect_missing(said, "observations")
    assert said.in_part == {"observations": "further pages were not read"}
    assert len([each for each in server.asked if "_getpages" in each.target]) == 4


def test_a_page_that_fails(service: Running, server: FhirServer, sent: Json) -> None:
    """C19: what was sent stands."""
    server.page = 2
    first = as_prefetched(server, ["observations"])
    server.fault("page", faults.status(500))
    said = service.post(call(server.base, sent | first))
    expect_missing(said, "observations")
    assert "server error" in said.in_part["observations"]


@pytest.mark.parametrize(
    "link",
    ["{other}/Observation?page=2", "{other}?_getpages=x", "http://localhost:{port}/fhir?_getpages=x",
     "https://{bare}/fhir?_getpages=x", "{origin}/admin?page=2", "{base}/../admin?page=2", "{base}/%2e%2e/admin?page=2",
     "{base}/..%2fadmin?page=2", "{base}\\..\\admin?page=2", "http://{bare}@{otherbare}/fhir?_getpages=x",
     "http://a:b@{bare}/fhir?_getpages=x", "//{otherbare}/fhir?_getpages=x", "{base}x?_getpages=x", "http://", "", " ",
     "javascript:alert(1)", "file:///etc/passwd"],
)  # fmt: skip
def test_a_sent_list_that_goes_on_elsewhere(
    service: Running, server: FhirServer, sent: Json, attempts: Attempts, link: str
) -> None:
    """C20: the link is the caller's word; it is followed on this request's server or not at all, and the token goes
    nowhere else.
    """
    with FhirServer(chart()) as other:
        bare, otherbare = f"{LOCAL}:{server.port}", f"{LOCAL}:{other.port}"
        places = {"base": server.base, "origin": server.origin, "port": server.port, "bare": bare}
        url = link.format(other=other.base, otherbare=otherbare, **places)
        sent["observations"]["link"] = [{"relation": "next", "url": url}]
        said = service.post(call(server.base, sent))
        expect_missing(said, "observations")
        assert set(said.in_part) == {"observations"}
        assert other.accepted == 0
    assert [each.target for each in server.asked if "page" in each.target] == []
    assert set(attempts.connects) <= {(LOCAL, service.port), (LOCAL, server.port)}


def test_other_links_are_not_followed(service: Running, server: FhirServer, sent: Json) -> None:
    """C20: self, first, previous and last lead nowhere new."""
    names = ("self", "first", "previous", "last")
    sent["observations"]["link"] = [{"relation": name, "url": f"{server.base}?_getpages=x"} for name in names]
    said = service.post(call(server.base, sent))
    assert (said.status, said.missing, server.accepted) == (200, [], 0)


# --- C22: the token ---------------------------------------------------------------------------------------------------

UNUSABLE: Final[Mapping[str, Mapping[str, Any]]] = {
    "no token": {"access_token": ...},
    "an empty token": {"access_token": ""},
    "a null token": {"access_token": None},
    "a token of two lines": {"access_token": f"{TOKEN}\r\nX-Evil: 1"},
    "a token that is no text": {"access_token": {"a": 1}},
    "another type": {"token_type": "mac"},
    "no type": {"token_type": ...},
    "over": {"expires_in": 0},
    "long over": {"expires_in": -5},
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_authorization_that_is_not_usable(service: Running, server: FhirServer, sent: Json, case: str) -> None:
    """C22, decision 7 c: whoever sent it does not mean the server to be read without; 412 where data are needed."""
    server.token = None
    changed = {**AUTHORIZATION, **UNUSABLE[case]}
    authorization = {name: value for name, value in changed.items() if value is not ...}
    said = service.post(call(server.base, authorization=authorization))
    assert said.status == 412
    assert "(token not usable)" in said.text
    del sent["observations"]
    partly = service.post(call(server.base, sent, authorization=authorization))
    expect_missing(partly, "observations")
    assert partly.unread == {"observations": "token not usable"}
    assert server.accepted == 0


def test_no_authorization_at_all(service: Running, server: FhirServer, whole: Said) -> None:
    """Decision 7 c: read without a token, as open servers allow."""
    server.token = None
    assert service.post(call(server.base, authorization=None)).answer == whole.answer
    assert [each for each in server.asked if "authorization" in each.headers] == []


def test_what_the_scope_does_not_grant_is_not_asked(service: Running, server: FhirServer) -> None:
    """Checklist 44: instead of collecting refusals."""
    kinds = ("Patient", "Condition", "DiagnosticReport", "Observation")
    scope = " ".join(["launch", "openid", *(f"patient/{kind}.rs" for kind in kinds)])
    said = service.post(call(server.base, authorization={**AUTHORIZATION, "scope": scope}))
    assert (said.status, said.evaluation["status"]) == (200, "partial")
    assert set(said.unread.values()) == {"outside the granted scope"}
    assert {each.path.split("/")[2] for each in server.asked} == set(kinds)


def test_a_restricted_scope_proves_no_absence(service: Running, server: FhirServer) -> None:
    """Decision 7 d: with ``?category=...`` granted, what did not come may yet be there."""
    scope = "patient/*.rs?category=laboratory patient/Patient.r patient/Condition.rs"
    said = service.post(call(server.base, authorization={**AUTHORIZATION, "scope": scope}))
    assert said.status == 200
    assert "conditions" not in said.missing
    assert {"observations", "reports", "devices"} <= set(said.missing)


def test_the_scope_covers_further_pages_too(service: Running, server: FhirServer, sent: Json) -> None:
    """Checklist 44: a page is a search like any other; nothing is asked that must be refused."""
    sent["observations"]["link"] = [{"relation": "next", "url": f"{server.base}?_getpages=x"}]
    request = call(server.base, sent)
    request["fhirAuthorization"]["scope"] = "patient/Patient.rs patient/Condition.rs"
    said = service.post(request)
    assert [each.target for each in server.asked if "_getpages" in each.target] == []
    assert said.in_part == {"observations": "outside the granted scope"}


@pytest.mark.parametrize("known", [True, False])
def test_an_empty_first_page_and_nothing_after_it(
    service: Running, server: FhirServer, sent: Json, known: bool
) -> None:
    """Decision 7 d: that there is none is proven only by a server that knows the patient."""
    sent["devices"] = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    sent["devices"]["link"] = [{"relation": "next", "url": f"{server.base}?_getpages=x"}]
    server.fault("page", faults.saying(faults.bundle()))
    if not known:
        server.fault("Patient", faults.status(404))
    assert service.post(call(server.base, sent)).missing == ([] if known else ["devices"])


def test_problems_under_another_key_are_enough_to_go_on(service: Running, server: FhirServer, sent: Json) -> None:
    """C18: when `conditions` itself is refused the call is answered, so the rest is still read."""
    request = call(server.base, {"patient": sent["patient"], "problems": sent["conditions"]})
    server.fault("Condition", faults.status(403))
    said = service.post(request)
    assert (said.status, said.missing) == (200, ["conditions"])


@pytest.mark.parametrize("user", ["PractitionerRole/..", "PractitionerRole/.", "PractitionerRole/..."])
def test_a_user_who_leads_elsewhere_is_nobody(service: Running, server: FhirServer, user: str) -> None:
    """E10: dots alone are no id; nothing is asked under them."""
    request = call(server.base)
    request["context"]["userId"] = user
    assert service.post(request).missing == []
    assert server.asked_for("PractitionerRole") == ()
    assert all(each.path.rstrip("/") != "/fhir" for each in server.asked)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_the_log_counts_what_was_asked(service: Running, server: FhirServer, log: list[str]) -> None:
    """operations 1.6: how many requests, how long, which failures; no host, no URL, no id (``conftest.log``)."""
    server.fault("Observation", faults.status(500))
    service.post(call(server.base))
    line = json.loads(log[-1].partition(": ")[2])
    assert line["fhir_requests"] == len(keys_of())
    assert line["fhir_ms"] > 0
    assert line["fhir_failed"] == ["server_error"]


def test_the_log_counts_what_points_elsewhere(service: Running, server: FhirServer, sent: Json, log: list[str]) -> None:
    """C20, security counter: a link away from the server, of a page or of an attachment."""
    sent["observations"]["link"] = [{"relation": "next", "url": "https://elsewhere.invalid/fhir?page=2"}]
    service.post(call(server.base, sent))
    assert json.loads(log[-1].partition(": ")[2])["fhir_failed"] == ["elsewhere"]


@pytest.mark.parametrize("server_given", [False, True])
def test_the_log_counts_resources_of_somebody_else(
    service: Running, server: FhirServer, sent: Json, log: list[str], server_given: bool
) -> None:
    """E27, security counter: sent or fetched, they were dropped."""
    intruder: Json = {"resourceType": "Condition", "id": "intruder", "code": {"text": "Metastatic breast cancer"}}
    intruder["subject"] = {"reference": "Patient/somebody-else"}
    if server_given:
        found = [each for each in chart() if each["resourceType"] == "Condition"]
        server.fault("Condition", faults.saying(faults.bundle(*found, intruder)))
        assert service.post(call(server.base)).status == 200
    else:
        sent["conditions"]["entry"].append({"resource": intruder})
        assert service.post(call(None, sent)).status == 200
    assert json.loads(log[-1].partition(": ")[2])["other_patient"] == 1


def test_the_log_is_silent_about_servers_nobody_asked(service: Running, sent: Json, log: list[str]) -> None:
    """operations 1.6: no field where nothing was asked."""
    service.post(call(None, sent))
    assert "fhir_" not in log[-1]


@pytest.fixture
def loud() -> Iterator[None]:
    """Every logger at its most talkative, as somebody who looks for a fault would set it."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(before)


@pytest.mark.usefixtures("loud")
def test_no_library_tells_at_any_level(hurried: Running, server: FhirServer, log: list[str]) -> None:
    """J9: urllib3 logs each URL at DEBUG, and a strange header with its URL at WARNING; nothing of it is written
    (``conftest.log`` looks at every record).
    """
    hurried.post(call(server.base))
    for script in (faults.malformed_header, faults.reset, faults.bad_chunk, faults.silence):
        server.heal()
        server.fault("Observation", script)
        hurried.post(call(server.base))
    with FhirServer(chart(), tls=certificates.expired()) as expired:
        hurried.post(call(expired.base))
    assert len(log) >= 6
