"""Reading from the client's FHIR server when it, or whoever names it, does not behave (fault matrix E).

Each test posts a hook to the running service and looks at what a client would see: status, words, time; and at what
the FHIR server saw: connections, requests, headers. Which servers may be called at all is in ``test_permitted.py``.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from cds_service.settings import MIB, FhirBase
from tests.canaries import TOKEN
from tests.clinical.builder import PATIENT
from tests.faults.support import (
    AUTHORIZATION,
    HURRIED_MS,
    Clock,
    Json,
    Running,
    Said,
    as_prefetched,
    call,
    chart,
    keys_of,
    running,
)
from tests.servers import certificates, faults
from tests.servers.fhir import FhirServer, Script
from tests.servers.listening import LOCAL, Listener, blackhole, has_ipv6
from tests.servers.network import Attempts

TIMED_OUT = ("timeout", "timed out")
UNREACHABLE = ("transient", "server not reachable")
UNTRUSTED = ("security", "certificate not trusted")
REDIRECTED = ("security", "redirected")
REFUSED = ("forbidden", "access refused")
THROTTLED = ("throttled", "server asked for fewer calls")
BROKEN = ("transient", "server error")
UNREADABLE = ("processing", "answer not readable")
BUSY = ("throttled", "server busy with other calls")
RESTING = ("transient", "server failed before, not asked now")
REQUIRED: Final = ("prefetch.patient", "prefetch.conditions")


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """The chart of vignette 1, behind a token."""
    with FhirServer(chart(), token=TOKEN) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the tests' own authority."""
    return certificates.write_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def trusting(authority: Path) -> Iterator[Running]:
    """The service, trusting that authority."""
    with running(fhir_ca_file=authority) as service:
        yield service


@pytest.fixture(scope="session")
def trusting_hurried(authority: Path) -> Iterator[Running]:
    """The same with 0.4 seconds for reading."""
    with running(fhir_ca_file=authority, **HURRIED_MS) as service:
        yield service


def expect_refusal(said: Said, told: tuple[str, str], *, of: tuple[str, ...] = REQUIRED) -> None:
    """412 with that code, those words, and the keys it is about."""
    code, words = told
    assert (said.status, said.code, tuple(said.expression)) == (412, code, of), said.body
    assert f"({words})" in said.text


def expect_partial(said: Said, key: str, words: str) -> None:
    """200 that names the key as missing, and why on a card."""
    assert (said.status, said.evaluation["status"], said.missing) == (200, "partial", [key]), said.body
    assert said.unread == {key: words}


def expecting_refusal(told: tuple[str, str], *, of: tuple[str, ...] = REQUIRED) -> Callable[[Said], None]:
    """``expect_refusal``, to be asked of an answer later."""
    return lambda said: expect_refusal(said, told, of=of)


def expecting_partial(key: str, words: str) -> Callable[[Said], None]:
    """``expect_partial``, to be asked of an answer later."""
    return lambda said: expect_partial(said, key, words)


def expect_complete(said: Said) -> None:
    """200 with the referral of vignette 1 and nothing missing."""
    assert (said.status, said.topics, said.missing) == (200, {"augmentation-referral"}, []), said.body
    assert said.evaluation["status"] == "complete"


def all_but(server: FhirServer, *keys: str) -> Json:
    """The prefetch of every key but these."""
    return as_prefetched(server, [key for key in keys_of() if key not in keys])


# --- the other end: a server that works ------------------------------------------------------------------------------


def test_everything_is_read_where_nothing_was_sent(service: Running, server: FhirServer) -> None:
    """The floor of this matrix: with the request's token every key is had, each by one request, and nothing else is."""
    expect_complete(service.post(call(server.base)))
    assert len(server.asked) == len(keys_of())
    assert {each.headers["authorization"] for each in server.asked} == {f"Bearer {TOKEN}"}
    assert {each.method for each in server.asked} == {"GET"}


def test_what_was_sent_is_not_asked_for(service: Running, server: FhirServer) -> None:
    """Checklist 35: one key is missing, so it is read, and the patient with it; an empty answer proves nothing else."""
    expect_complete(service.post(call(server.base, all_but(server, "reports"))))
    assert sorted(each.path for each in server.asked) == ["/fhir/DiagnosticReport", f"/fhir/Patient/{PATIENT}"]


def test_no_search_value_is_empty(service: Running, server: FhirServer) -> None:
    """Decision 7 d: HAPI answers an empty value with everybody's data."""
    service.post(call(server.base))
    assert [pair for each in server.asked for pair in each.query if not pair[1]] == []


@pytest.mark.parametrize("refusing", [True, 405, 404, 415])
def test_searches_go_by_post_where_that_is_set(server: FhirServer, refusing: Any) -> None:
    """Decision 7 e: POST _search where that is set; who does not take it is asked by GET, and that is remembered."""
    server.post = refusing
    with running(fhir_search="post") as service:
        expect_complete(service.post(call(server.base)))
        first = {each.method for each in server.asked if "Patient" not in each.path}
        server.forget()
        expect_complete(service.post(call(server.base)))
        second = {each.method for each in server.asked if "Patient" not in each.path}
    assert "POST" in first
    assert second == ({"POST"} if refusing is True else {"GET"})


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_the_literal_ipv6_loopback_is_read(service: Running) -> None:
    """Contract: the demo profile admits [::1]."""
    with FhirServer(chart(), hosts=("::1",)) as server:
        expect_complete(service.post(call(server.base)))
        assert server.base.startswith("http://[::1]:")


@pytest.mark.parametrize("answers", [["::1", LOCAL], [LOCAL, "::1"]])
def test_localhost_is_read_though_one_of_its_addresses_does_not_listen(server: FhirServer, answers: list[str]) -> None:
    """A name with two addresses: the second is tried where the first refuses."""
    with running(resolve=lambda host, port: answers) as service:
        expect_complete(service.post(call(f"http://localhost:{server.port}/fhir")))


def test_a_name_is_looked_up_once_a_call(server: FhirServer) -> None:
    """E7: a dozen requests, one resolution."""
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return [LOCAL]

    with running(resolve=resolve) as service:
        expect_complete(service.post(call(f"http://localhost:{server.port}/fhir")))
    assert asked == [("localhost", server.port)]


def test_tls_with_an_authority_of_the_hospital(trusting: Running) -> None:
    """E11, the other end: a certificate by the authority of VCF_FHIR_CA_FILE is trusted."""
    with FhirServer(chart(), tls=certificates.good()) as server:
        expect_complete(trusting.post(call(server.base)))


# --- E8: redirects ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["another origin", "itself", "a relative path", "nowhere"])
def test_a_redirect_is_not_followed(service: Running, server: FhirServer, status: int, to: str) -> None:
    """E8: not to another origin, not to the same one; the token goes nowhere else."""
    with FhirServer(chart()) as other:
        target = {
            "another origin": f"{other.base}/Patient/{PATIENT}",
            "itself": f"{server.base}/Patient/{PATIENT}?again=1",
            "a relative path": f"/fhir/Patient/{PATIENT}?again=1",
            "nowhere": "",
        }[to]
        server.fault("*", faults.redirecting(status, target))
        expect_refusal(service.post(call(server.base)), REDIRECTED)
        assert other.accepted == 0
    assert [each.target for each in server.asked if "again" in each.target] == []


def test_a_redirect_of_one_search_is_partial(service: Running, server: FhirServer) -> None:
    """E8: the rest is used."""
    server.fault("Observation", faults.redirecting(302, f"{server.base}/Observation?patient={PATIENT}&again=1"))
    expect_partial(service.post(call(server.base)), "observations", "redirected")


# --- E9, E10: what resources point to ---------------------------------------------------------------------------------


def pointing_to(url: str) -> list[Json]:
    """The chart, its report's words in an attachment that has to be fetched."""
    resources = chart()
    report = next(each for each in resources if each["resourceType"] == "DiagnosticReport")
    del report["conclusion"]
    report["presentedForm"] = [{"contentType": "text/plain", "url": url}]
    return resources


def words_of_the_report() -> Json:
    """The Binary that holds them."""
    report = next(each for each in chart() if each["resourceType"] == "DiagnosticReport")
    data = base64.b64encode(report["conclusion"].encode()).decode()
    return {"resourceType": "Binary", "id": "form-1", "contentType": "text/plain", "data": data}


@pytest.mark.parametrize("url", ["Binary/form-1", "{base}/Binary/form-1"])
def test_an_attachment_of_the_same_server_is_read(service: Running, server: FhirServer, url: str) -> None:
    """E9, the other end: under the base of this request's server it is fetched, with the token."""
    server.load([*pointing_to(url.format(base=server.base)), words_of_the_report()])
    expect_complete(service.post(call(server.base)))
    assert [each.headers["authorization"] for each in server.asked_for("Binary")] == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "url",
    ["{other}/Binary/form-1", "http://localhost:{port}/fhir/Binary/form-1", "{origin}/Binary/form-1",
     "{base}/../Binary/form-1", "{base}/%2e%2e/Binary/form-1", "{base}x/Binary/form-1", "{origin}@{bare}/fhir/Binary/1",
     "http://x@{bare}/fhir/Binary/form-1", "//{otherbare}/fhir/Binary/form-1", "\\\\{otherbare}\\fhir\\Binary\\1",
     "{base}\\..\\Binary/form-1", "file:///etc/passwd", "ftp://{otherbare}/x", "gopher://{otherbare}/x",
     "Binary/../../Binary/form-1", "/Binary/form-1", "..", "Binary/form-1#x"],
)  # fmt: skip
def test_an_attachment_elsewhere_is_not_fetched(
    service: Running, server: FhirServer, attempts: Attempts, url: str
) -> None:
    """E9, C20: another origin, spelling or path is not called, and the report counts as not read."""
    with FhirServer([words_of_the_report()]) as other:
        bare, otherbare = f"{LOCAL}:{server.port}", f"{LOCAL}:{other.port}"
        places = {"base": server.base, "origin": server.origin, "port": server.port, "bare": bare}
        server.load([*pointing_to(url.format(other=other.base, otherbare=otherbare, **places)), words_of_the_report()])
        said = service.post(call(server.base))
        assert (said.status, said.missing) == (200, ["reports"])
        assert other.accepted == 0
    assert [each.target for each in server.asked if "Binary" in each.target] == []
    assert {port for _, port in attempts.connects} == {service.port, server.port}


@pytest.mark.parametrize(
    "url", ["Binary/", "Binary", "Binary?patient=", "Binary?_id=", "{base}", "{base}/", "Patient/"]
)
def test_an_attachment_is_no_search(service: Running, server: FhirServer, url: str) -> None:
    """Decision 7 d: what names no single document is not asked for, for it may be answered with everybody's, and a
    Bundle is no text of a report.
    """
    server.load([*pointing_to(url.format(base=server.base)), words_of_the_report()])
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["reports"])
    assert server.asked_for("Binary") == ()
    assert len(server.asked) == len(keys_of())


@pytest.mark.parametrize(
    "script",
    [faults.outcome, faults.login_page, faults.status(403), faults.silence, faults.length_too_long,
     faults.cut_in_the_body, faults.saying({"resourceType": "Patient", "id": "x", "gender": "male"})],
)  # fmt: skip
def test_an_attachment_that_cannot_be_had(hurried: Running, server: FhirServer, script: Script) -> None:
    """E9, E13, E15: no words came, so the report is unread and said to be; nobody takes the answer for its text."""
    server.load([*pointing_to("Binary/form-1"), words_of_the_report()])
    server.fault("Binary", script)

    def expect_unread(said: Said) -> None:
        assert (said.status, said.missing) == (200, ["reports"])

    hurried.post_in_time(call(server.base), expect_unread)


NO_IDS = [
    "../../x",
    "..%2f..%2fx",
    "x?y=1",
    "a/b",
    "x#y",
    "",
    " ",
    "x" * 500,
    "\u00e9",
    "..",
    ".",
    "\\x",
    "x%2fy",
    "x\r\ny",
]


@pytest.mark.parametrize("id_", NO_IDS)
def test_a_reference_is_no_way_out(service: Running, server: FhirServer, id_: str) -> None:
    """E10: what is no FHIR id does not become a path."""
    drug: Json = {"resourceType": "MedicationRequest", "id": "by-reference", "status": "active", "intent": "order"}
    drug |= {"subject": {"reference": f"Patient/{PATIENT}"}, "medicationReference": {"reference": f"Medication/{id_}"}}
    server.add(drug)
    assert service.post(call(server.base)).status == 200
    assert server.asked_for("Medication") == ()
    assert len(server.asked) == len(keys_of())


def test_a_reference_to_a_medication_is_read(service: Running, server: FhirServer) -> None:
    """E10, the other end: an order that names its drug by a plain reference alone."""
    drug: Json = {"resourceType": "MedicationRequest", "id": "by-reference", "status": "active", "intent": "order"}
    drug |= {"subject": {"reference": f"Patient/{PATIENT}"}, "medicationReference": {"reference": "Medication/m-1"}}
    server.add(drug, {"resourceType": "Medication", "id": "m-1", "code": {"text": "apixaban"}})
    assert service.post(call(server.base)).status == 200
    assert [each.path for each in server.asked_for("Medication")] == ["/fhir/Medication/m-1"]


@pytest.mark.parametrize("id_", [each for each in NO_IDS if ".." in each or "\\" in each or "\r" in each])
def test_an_attachment_is_no_way_out(service: Running, server: FhirServer, id_: str) -> None:
    """E10, E6: nor does an address."""
    server.load(pointing_to(f"Binary/{id_}"))
    assert service.post(call(server.base)).status == 200
    assert len(server.asked) == len(keys_of())


def test_an_absolute_reference_to_another_server_is_not_followed(
    service: Running, server: FhirServer, attempts: Attempts
) -> None:
    """E9: a reference names a resource; it is no address to call."""
    with FhirServer(chart()) as other:
        drug: Json = {"resourceType": "MedicationRequest", "id": "elsewhere", "status": "active", "intent": "order"}
        drug |= {"subject": {"reference": f"{other.base}/Patient/{PATIENT}"}}
        drug |= {"medicationReference": {"reference": f"{other.base}/Medication/1"}}
        server.add(drug)
        assert service.post(call(server.base)).status == 200
        assert other.accepted == 0
    assert {port for _, port in attempts.connects} == {service.port, server.port}


# --- E11: it cannot be reached ----------------------------------------------------------------------------------------


def test_a_refused_connection(service: Running) -> None:
    """E11: nobody listens."""
    with Listener(lambda connection: None) as closed:
        port = closed.port
    expect_refusal(service.post(call(f"http://{LOCAL}:{port}/fhir")), UNREACHABLE)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), OSError(5, "I/O"), UnicodeError()])
def test_a_name_that_is_not_found(error: Exception) -> None:
    """E11: NXDOMAIN, and whatever else a resolver may raise."""

    def resolve(host: str, port: int) -> list[str]:
        raise error

    with running(resolve=resolve) as service:
        expect_refusal(service.post(call("http://localhost:9/fhir")), UNREACHABLE)


def test_a_name_without_an_address() -> None:
    """E11: an empty answer of the resolver."""
    with running(resolve=lambda host, port: []) as service:
        expect_refusal(service.post(call("http://localhost:9/fhir")), UNREACHABLE)


@pytest.mark.parametrize(
    "certificate",
    [
        certificates.expired,
        certificates.of_another_host,
        certificates.of_an_unknown_authority,
        certificates.self_signed,
    ],
)
def test_a_certificate_that_is_not_to_be_trusted(trusting: Running, certificate: Any) -> None:
    """E11: expired, for another host, by nobody known, by itself; no request is sent, so no token either."""
    with FhirServer(chart(), tls=certificate()) as server:
        expect_refusal(trusting.post(call(server.base)), UNTRUSTED)
        assert server.asked == ()


def test_an_authority_is_trusted_only_where_it_is_set(service: Running) -> None:
    """E11: without VCF_FHIR_CA_FILE the same certificate is refused."""
    with FhirServer(chart(), tls=certificates.good()) as server:
        expect_refusal(service.post(call(server.base)), UNTRUSTED)


def test_plain_http_on_a_tls_port_and_tls_on_a_plain_one(hurried: Running, server: FhirServer) -> None:
    """E11: neither is read, and neither hangs."""

    def expect_none(said: Said) -> None:
        assert (said.status, said.expression) == (412, [*REQUIRED])

    with FhirServer(chart(), tls=certificates.good()) as secure:
        for base in (server.base.replace("http:", "https:"), secure.base.replace("https:", "http:")):
            hurried.post_in_time(call(base), expect_none)
        assert secure.asked == server.asked == ()


# --- E12, E13: it is slow ---------------------------------------------------------------------------------------------

SLOW = [
    faults.silence,
    faults.header_drip,
    faults.silence_after_headers,
    faults.body_drip,
    faults.chunk_drip,
    faults.four_bytes_then_silence,
    faults.whole_bundle_then_silence,
    faults.informational_for_ever,
]


def test_a_connection_that_does_not_come_about(hurried: Running) -> None:
    """E12: 412 in time."""
    with blackhole() as port:
        hurried.post_in_time(call(f"http://{LOCAL}:{port}/fhir"), expecting_refusal(TIMED_OUT))


def test_silence_from_the_first_moment(hurried: Running, server: FhirServer) -> None:
    """E12: accepted, and then nothing."""
    server.on_connect = faults.silent_from_the_start
    hurried.post_in_time(call(server.base), expecting_refusal(TIMED_OUT))
    assert server.listener.wait_until_idle(within=2)


@pytest.mark.parametrize("script", SLOW)
def test_a_slow_server_is_left_in_time(hurried: Running, server: FhirServer, script: Script) -> None:
    """E13: whatever drips or falls silent, the call ends at its deadline, and so does every connection. Half a dozen
    fetches in threads of a pool: each of their sockets is shut.
    """
    server.fault("*", script)
    hurried.post_in_time(call(server.base), expecting_refusal(TIMED_OUT))
    assert server.accepted >= 2
    assert server.listener.wait_until_idle(within=2)


@pytest.mark.parametrize("script", SLOW)
def test_one_slow_search_costs_one_key(hurried: Running, server: FhirServer, script: Script) -> None:
    """E13: the rest is used; what merely stopped coming is no answer, though its four bytes are JSON, or all of a
    Bundle: the stream ended because we ended it.
    """
    server.fault("Observation", script)
    hurried.post_in_time(call(server.base), expecting_partial("observations", "timed out"))
    assert server.listener.wait_until_idle(within=2)


@pytest.mark.parametrize("greeting", [faults.silent_from_the_start, faults.dripping_handshake])
def test_a_slow_handshake_is_left_in_time(trusting_hurried: Running, greeting: Any) -> None:
    """E13: the TLS handshake is under the deadline too."""
    with FhirServer(chart(), tls=certificates.good()) as server:
        server.on_connect = greeting
        trusting_hurried.post_in_time(call(server.base), expecting_refusal(TIMED_OUT))
        assert server.listener.wait_until_idle(within=2)


@pytest.mark.parametrize("script", [faults.header_drip, faults.body_drip, faults.four_bytes_then_silence])
def test_slow_inside_tls(trusting_hurried: Running, script: Script) -> None:
    """E13: shut below TLS."""
    with FhirServer(chart(), tls=certificates.good()) as server:
        server.fault("Observation", script)
        trusting_hurried.post_in_time(call(server.base), expecting_partial("observations", "timed out"))
        assert server.listener.wait_until_idle(within=2)


def test_a_name_that_takes_too_long(server: FhirServer) -> None:
    """E13: a resolver cannot be interrupted, so nobody waits for it; a socket opened after the end asks nothing."""
    answer, answered = threading.Event(), threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        answer.wait(10)
        answered.set()
        return [LOCAL]

    with running(resolve=resolve, **HURRIED_MS) as service:
        service.post_in_time(call(f"http://localhost:{server.port}/fhir"), expecting_refusal(TIMED_OUT))
        answer.set()
        assert answered.wait(5)
    assert server.asked == ()


def test_a_late_answer_does_not_reach_the_next_call(hurried: Running, service: Running, server: FhirServer) -> None:
    """E13: what one call left behind is not given to another."""
    server.fault("Condition", faults.silence, times=1)
    assert hurried.post(call(server.base)).status == 412
    expect_complete(service.post(call(server.base)))


# --- E14: it sends too much -------------------------------------------------------------------------------------------


class Growth:
    """How far this process's memory grew above where it was, watched a hundred times a second."""

    def __init__(self) -> None:
        self._page = 4096
        self._start = self._resident()
        self._most = self._start
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Growth:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join(5)

    @property
    def mib(self) -> float:
        """Megabytes at the worst moment."""
        return (self._most - self._start) / MIB

    def _resident(self) -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * self._page

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self._most = max(self._most, self._resident())
        self._most = max(self._most, self._resident())


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")


@needs_proc
@pytest.mark.parametrize(
    "script", [faults.gzip_bomb, faults.deflate_bomb, faults.gzip_in_gzip, faults.endless, faults.endless_headers]
)
@pytest.mark.parametrize("what", ["Condition", "Observation"])
def test_a_bomb_is_not_held_in_memory(what: str, server: FhirServer, script: Script) -> None:
    """E14: 300 MB packed, 3 GB plain, headers without end: less than 20 MB more, and the call says why."""
    with running(max_body=2 * MIB) as service:
        service.post(call(server.base))  # what is built on first use is no growth
        server.fault(what, script)
        faults.prepare()
        with Growth() as growth:
            said = service.post(call(server.base))
    assert growth.mib < 20
    words = {"answer too large", "answer not readable", "timed out", "server not reachable"}
    if what == "Condition":
        assert (said.status, said.expression) == (412, ["prefetch.conditions"])
        assert said.text.rpartition("(")[2].rstrip(")") in words
    else:
        assert said.status == 200
        assert "observations" in said.missing
    assert server.listener.wait_until_idle(within=2)


@pytest.mark.parametrize("script", [faults.gzip_bomb, faults.deflate_bomb, faults.endless, faults.endless_headers])
def test_a_bomb_does_not_hold_a_call(hurried: Running, server: FhirServer, script: Script) -> None:
    """E14: with 8 MB to be read as shipped, the call ends in time."""
    faults.prepare()
    server.fault("Condition", script)

    def expect_none(said: Said) -> None:
        assert said.status == 412

    hurried.post_in_time(call(server.base), expect_none)


def test_brotli_is_not_read(service: Running, server: FhirServer) -> None:
    """E14: an encoding nobody asked for."""
    server.fault("Observation", faults.brotli)
    expect_partial(service.post(call(server.base)), "observations", "answer not readable")
    assert {"br" in each.headers.get("accept-encoding", "") for each in server.asked} == {False}


def test_the_limit_is_on_the_whole_call(server: FhirServer) -> None:
    """E14: a dozen answers below the limit that are above it together."""
    blank = faults.answering(200, faults.EMPTY_BUNDLE + b" " * 100_000)
    server.fault("*", blank)
    with running(max_body=500_000) as service:
        said = service.post(call(server.base))
    assert said.status == 412
    server.heal()
    with running(max_body=500_000) as service:
        expect_complete(service.post(call(server.base)))


# --- E15 to E23, E34: answers that are none ---------------------------------------------------------------------------

NO_ANSWERS: list[tuple[Script, tuple[str, str]]] = [
    (faults.login_page, UNREADABLE),  # E15
    (faults.status(401), REFUSED),  # E16
    (faults.status(403), REFUSED),  # E16
    (faults.throttling, THROTTLED),  # E19
    *((faults.status(number), BROKEN) for number in (500, 502, 503, 504)),  # E20
    (faults.truncated_json, UNREADABLE),  # E22
    (faults.length_too_short, UNREADABLE),  # E22
    (faults.bad_gzip, UNREADABLE),  # E22
    (faults.four_bytes, UNREADABLE),  # E22
    (faults.answering(200, b""), UNREADABLE),
    (faults.answering(204, b""), UNREADABLE),
    (faults.answering(200, b"[]"), UNREADABLE),
    (faults.answering(200, b'{"resourceType":"Bundle","total":NaN}'), UNREADABLE),
    (faults.answering(200, b'{"resourceType":"Bundle","type":"\xff"}'), UNREADABLE),
    (faults.answering(200, b"[" * 100_000), UNREADABLE),
    (faults.saying({"resourceType": "Basic", "id": "1"}), UNREADABLE),  # E23
    (faults.saying({"not": "FHIR"}), UNREADABLE),
    (faults.xml, UNREADABLE),  # E34
]


def script_name(value: Any) -> str | None:
    """A short name of a case."""
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("script", "told"), NO_ANSWERS, ids=script_name)
def test_no_answer_to_what_is_required(
    service: Running, server: FhirServer, script: Script, told: tuple[str, str]
) -> None:
    """E15, E16, E19, E20, E22, E23, E34: 412, with the reason in a code and in words; nobody waits or asks again."""
    server.fault("Condition", script)
    said = service.post(call(server.base))
    expect_refusal(said, told, of=("prefetch.conditions",))
    assert len(server.asked_for("Condition")) == 1


@pytest.mark.parametrize(("script", "told"), NO_ANSWERS, ids=script_name)
def test_no_answer_to_what_is_optional(
    service: Running, server: FhirServer, script: Script, told: tuple[str, str]
) -> None:
    """The same rows: 200, the key is named, and the card says why."""
    server.fault("Observation", script)
    expect_partial(service.post(call(server.base)), "observations", told[1])
    assert len(server.asked_for("Observation")) == 1


BROKEN_STREAMS = [
    faults.length_too_long,
    faults.bad_chunk,
    faults.missing_last_chunk,
    faults.cut_in_the_body,
    faults.no_http,
    faults.malformed_header,
]


@pytest.mark.parametrize("script", BROKEN_STREAMS)
def test_a_broken_stream_is_no_answer(service: Running, server: FhirServer, script: Script) -> None:
    """E22: wrong lengths, bad chunks, a stream cut in the middle; which of two words is told is a matter of taste."""
    server.fault("Observation", script)
    said = service.post(call(server.base))
    if script is faults.malformed_header and not said.missing:
        return expect_complete_without_scores(said)
    assert (said.status, said.missing) == (200, ["observations"])
    assert said.unread["observations"] in ("answer not readable", "server not reachable")
    return None


def expect_complete_without_scores(said: Said) -> None:
    """An HTTP library may read on after a header line that is none: the empty Bundle then is the answer."""
    assert (said.status, said.topics) == (200, {"augmentation-missing-data"})


def test_a_body_without_length_that_is_cut_is_no_answer(trusting: Running) -> None:
    """E22: where no length is told, JSON that has not ended shows that more was to come."""
    with FhirServer(chart(), tls=certificates.good()) as server:
        server.fault("Observation", faults.cut_without_length)
        expect_partial(trusting.post(call(server.base)), "observations", "answer not readable")


@pytest.mark.parametrize("script", [faults.cut_in_the_body, faults.cut_without_length, faults.reset, faults.hang_up])
def test_a_cut_inside_tls_tells_no_place(trusting: Running, log: list[str], script: Script) -> None:
    """E22, J9: the exception behind it names host and path; neither log nor body does (``conftest.log``,
    ``support.post``), at any level.
    """
    with FhirServer(chart(), tls=certificates.good()) as server:
        server.fault("*", script)
        said = trusting.post(call(server.base))
        assert said.status == 412
        assert log


def test_an_operation_outcome_instead_of_a_list(service: Running, server: FhirServer) -> None:
    """E26, C15: 200 with an OperationOutcome is a search that failed."""
    server.fault("Observation", faults.outcome)
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["observations"])
    server.heal()
    server.fault("Condition", faults.outcome)
    assert service.post(call(server.base)).status == 412


def test_the_wrong_content_type_alone(service: Running, server: FhirServer) -> None:
    """E34: what calls itself XML is not read as JSON."""
    server.fault("Observation", faults.json_called_xml)
    expect_partial(service.post(call(server.base)), "observations", "answer not readable")


@pytest.mark.parametrize(
    "told", ["text/plain", "application/json", "application/json+fhir", "application/octet-stream"]
)
def test_json_under_another_name(service: Running, server: FhirServer, told: str) -> None:
    """Hazards: servers label FHIR in many ways; what is a Bundle is read."""
    found = server.get(f"Observation?patient={PATIENT}")
    server.fault("Observation", faults.saying(found, {"Content-Type": told}))
    expect_complete(service.post(call(server.base)))


@pytest.mark.parametrize("status", [404, 410])
def test_a_patient_that_the_server_does_not_have(service: Running, server: FhirServer, status: int) -> None:
    """E17, E18: 412, code not-found; and then every empty list proves nothing."""
    server.fault("Patient", faults.status(status))
    said = service.post(call(server.base))
    expect_refusal(said, ("not-found", "gone"), of=("prefetch.patient",))


def test_empty_lists_of_a_server_that_does_not_know_the_patient(service: Running, server: FhirServer) -> None:
    """Decision 7 d: the patient was sent, but the server does not know the id: its empty lists prove nothing."""
    sent = all_but(server, "encounter", "devices")
    server.fault("Patient", faults.status(404))
    said = service.post(call(server.base, sent))
    assert (said.status, said.missing) == (200, ["encounter", "devices"])


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_search_that_is_refused(service: Running, server: FhirServer, status: int) -> None:
    """E18 with decision 7 b: the search was not answered, so it proves nothing."""
    server.fault("Observation", faults.status(status))
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["observations"])
    assert said.unread["observations"] in ("search refused", "gone")


def test_a_role_that_is_gone_is_none(service: Running, server: FhirServer) -> None:
    """E18: a single resource that does not exist is an answer."""
    request = call(server.base)
    request["context"]["userId"] = "PractitionerRole/role-1"
    server.gone = frozenset({"PractitionerRole/role-1"})
    expect_complete(service.post(request))
    assert [each.path for each in server.asked_for("PractitionerRole")] == ["/fhir/PractitionerRole/role-1"]


def test_a_throttled_call_does_not_wait(service: Running, server: FhirServer) -> None:
    """E19: Retry-After is half a minute; the answer comes at once, and nothing is asked again."""
    server.fault("Observation", faults.throttling)
    service.post_in_time(call(server.base), expecting_partial("observations", THROTTLED[1]), within=0.3)


def test_a_refused_token_goes_nowhere_else(service: Running, server: FhirServer) -> None:
    """E16: each path is asked once, with the token and never without."""
    server.token = "another"
    expect_refusal(service.post(call(server.base)), REFUSED)
    assert len({each.target for each in server.asked}) == len(server.asked)
    assert {each.headers["authorization"] for each in server.asked} == {f"Bearer {TOKEN}"}


# --- E21: it hangs up -------------------------------------------------------------------------------------------------


def test_a_reset_before_the_first_byte_is_tried_once_more(service: Running, server: FhirServer) -> None:
    """E21: one connection was reset, one was made instead; nothing is missing."""
    server.on_connect = faults.resetting_first(1)
    expect_complete(service.post(call(server.base)))
    assert server.accepted >= 2


@pytest.mark.parametrize("script", [faults.reset, faults.hang_up])
def test_a_search_that_is_hung_up_on_once(service: Running, server: FhirServer, script: Script) -> None:
    """E21: asked twice, answered."""
    server.fault("Observation", script, times=1)
    expect_complete(service.post(call(server.base)))
    assert len(server.asked_for("Observation")) == 2


@pytest.mark.parametrize("script", [faults.reset, faults.hang_up])
def test_a_search_that_is_always_hung_up_on(service: Running, server: FhirServer, script: Script) -> None:
    """E21: asked twice and no more."""
    server.fault("Observation", script)
    expect_partial(service.post(call(server.base)), "observations", "server not reachable")
    assert len(server.asked_for("Observation")) == 2


def test_a_server_that_always_resets(service: Running, server: FhirServer) -> None:
    """E21: 412."""
    server.on_connect = faults.resetting
    expect_refusal(service.post(call(server.base)), UNREACHABLE)


# --- E23 to E27, E30, E31: lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["history", "transaction-response", "document", "message", "batch"])
def test_a_bundle_of_another_type(service: Running, server: FhirServer, kind: str) -> None:
    """E23: not the result of a search."""
    found = [each for each in chart() if each["resourceType"] == "Observation"]
    server.fault("Observation", faults.saying(faults.bundle(*found, kind=kind)))
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["observations"])


def test_a_list_of_another_type(service: Running, server: FhirServer) -> None:
    """E23, C17: Procedures where Observations were asked for prove nothing of Observations."""
    stray = {"resourceType": "Procedure", "id": "stray", "status": "completed"}
    server.fault("Observation", faults.saying(faults.bundle(stray | {"subject": {"reference": f"Patient/{PATIENT}"}})))
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["observations"])


def problems(count: int) -> list[Json]:
    """So many harmless problems of the patient."""
    subject = {"reference": f"Patient/{PATIENT}"}
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "H52.4"}], "text": "Presbyopia"}
    return [{"resourceType": "Condition", "id": f"eye-{n}", "code": code, "subject": subject} for n in range(count)]


@pytest.mark.parametrize("style", ["getpages", "typed"])
def test_pages_are_followed(service: Running, server: FhirServer, style: Any) -> None:
    """C19: as HAPI links them and as others do, with the token each."""
    server.page, server.paging = 1, style
    server.load([each for each in chart() if each["id"] not in ("observation-1", "observation-2")])
    whole = service.post(call(None, as_prefetched_whole(server)))
    paged = service.post(call(server.base))
    assert paged.answer == whole.answer
    assert paged.missing == []
    assert {each.headers["authorization"] for each in server.asked} == {f"Bearer {TOKEN}"}
    assert [each for each in server.asked if "_getpages" in each.target or "page=" in each.target]


def as_prefetched_whole(server: FhirServer) -> Json:
    """All keys, on one page each."""
    page, server.page = server.page, 200
    prefetch = as_prefetched(server, keys_of())
    server.page = page
    return prefetch


@pytest.mark.parametrize(("pages", "whole"), [(5, True), (6, False)])
def test_five_pages_are_whole_and_six_are_not(service: Running, pages: int, whole: bool) -> None:
    """E25: on the limit and one past it."""
    found = [each for each in chart() if each["resourceType"] == "Observation"]
    more = [found[0] | {"id": f"copy-{number}"} for number in range(pages - len(found))]
    with FhirServer([*chart(), *more], page=1) as server:
        said = service.post(call(server.base))
        assert len([each for each in server.asked if "_getpages" in each.target]) >= 4
        assert ("observations" in said.missing) is not whole


def test_no_more_than_five_pages_are_read(service: Running, server: FhirServer) -> None:
    """E24: ten pages; five are read, and the card says that the list may be incomplete."""
    server.page = 2
    server.add(*problems(19))
    said = service.post(call(server.base))
    assert (said.status, said.evaluation["status"]) == (200, "partial")
    assert "conditions" in said.missing
    assert said.in_part["conditions"] == "further pages were not read"
    pages = [each for each in server.asked if "_getpages" in each.target]
    assert len(pages) <= 4 * len(keys_of())
    assert len(server.asked_for("Condition")) == 1


def test_one_slow_page_costs_the_rest_of_its_list(hurried: Running, server: FhirServer) -> None:
    """E24: what was read before is used."""
    server.page = 3
    server.add(*problems(12))
    server.fault("page", faults.silence)

    def expect_in_part(said: Said) -> None:
        assert (said.status, "conditions" in said.missing) == (200, True)
        assert "timed out" in said.in_part["conditions"]

    hurried.post_in_time(call(server.base), expect_in_part)


def test_a_list_that_follows_itself_ends(service: Running, server: FhirServer) -> None:
    """E25: next is the page itself, or leads round in a circle."""
    found = [each for each in chart() if each["resourceType"] == "Observation"]
    for links in (["{base}/Observation?page=a"], ["{base}/Observation?page=b", "{base}/Observation?page=a"]):
        server.heal()
        server.forget()
        following = [link.format(base=server.base) for link in links]
        for number, link in enumerate(following):
            this = following[number - 1].partition("page=")[2]
            script = faults.saying(faults.bundle(*found, following=link))
            server.fault(lambda asked, this=this: f"page={this}" in asked.target, script)  # type: ignore[misc]
        server.fault("Observation", faults.saying(faults.bundle(*found, following=following[-1])))
        said = service.post(call(server.base))
        assert (said.status, said.missing) == (200, ["observations"])
        assert said.in_part["observations"] == "further pages were not read"
        assert len([each for each in server.asked if "page=" in each.target]) <= len(links)


@pytest.mark.parametrize(
    "link",
    ["{other}/Observation?page=2", "http://localhost:{port}/fhir/Observation?page=2", "{origin}/admin?page=2",
     "{base}/../admin?page=2", "{base}/%2e%2e/admin?page=2", "{base}/%2E%2E%2Fadmin?page=2", "{base}\\..\\admin?page=2",
     "{base}x?page=2", "https://{bare}/fhir/Observation?page=2", "http://{bare}@{otherbare}/fhir/Observation?page=2",
     "http://x:y@{bare}/fhir/Observation?page=2", "//{otherbare}/fhir/Observation?page=2", "file:///etc/passwd",
     "{base}/Observation?page=2#{otherbare}", "http://{bare}:80/fhir?page=2", "{base}/%252e%252e/admin?page=2", "http://",
     "{base}/;/..;/admin?page=2", "/admin?page=2", "../admin?page=2"],
)  # fmt: skip
def test_a_page_elsewhere_is_not_read(service: Running, server: FhirServer, attempts: Attempts, link: str) -> None:
    """C20, E6: another origin, http for https, another spelling of the host, a way out of the base path: not followed,
    and the list may be incomplete.
    """
    found = [each for each in chart() if each["resourceType"] == "Observation"]
    with FhirServer() as other:
        bare, otherbare = f"{LOCAL}:{server.port}", f"{LOCAL}:{other.port}"
        places = {"base": server.base, "origin": server.origin, "port": server.port, "bare": bare}
        url = link.format(other=other.base, otherbare=otherbare, **places)
        server.fault("Observation", faults.saying(faults.bundle(*found, following=url)))
        said = service.post(call(server.base))
        assert (said.status, said.missing) == (200, ["observations"])
        assert said.in_part["observations"]
        assert other.accepted == 0
    assert [each.target for each in server.asked if "page=" in each.target] == []
    assert set(attempts.connects) == {(LOCAL, service.port), (LOCAL, server.port)}


def test_a_warning_among_the_results_changes_nothing(service: Running, server: FhirServer) -> None:
    """E26, hazard 13: an OperationOutcome that only warns."""
    found = [each for each in chart() if each["resourceType"] == "Observation"]
    issue = {"severity": "warning", "code": "processing", "details": {"text": "4101: returned no results"}}
    warning = {"resourceType": "OperationOutcome", "id": "w", "issue": [issue]}
    answer = faults.bundle(*found)
    answer["entry"].append({"resource": warning, "search": {"mode": "outcome"}})
    server.fault("Observation", faults.saying(answer))
    expect_complete(service.post(call(server.base)))


def test_another_patients_resources_are_dropped(service: Running, server: FhirServer) -> None:
    """E27, C17 with the contract: what is another patient's is not used; the rest of the list stands."""
    intruder = {"resourceType": "Condition", "id": "intruder", "code": {"text": "Metastatic breast cancer"}}
    intruder["subject"] = {"reference": "Patient/somebody-else"}
    found = [each for each in chart() if each["resourceType"] == "Condition"]
    server.fault("Condition", faults.saying(faults.bundle(*found, intruder)))
    expect_complete(service.post(call(server.base)))


def test_another_patient_under_the_patients_own_path(service: Running, server: FhirServer) -> None:
    """E27: Patient/{id} that answers with somebody else is no patient of this call, and proves nothing."""
    server.fault("Patient", faults.saying({"resourceType": "Patient", "id": "somebody-else", "gender": "male"}))
    said = service.post(call(server.base))
    assert (said.status, said.expression[0]) == (412, "prefetch.patient")


R5 = {"clinicalStatus": {"coding": [{"code": "active"}]}, "recordedDate": "2026-11-01", "participant": []}
R3 = {"clinicalStatus": "active", "verificationStatus": "confirmed", "assertedDate": "2026-11-01"}


@pytest.mark.parametrize("version", ["5.0", "3.0", "1.0"])
def test_a_server_of_another_version_that_says_so(service: Running, server: FhirServer, version: str) -> None:
    """E30: the content type names the version."""
    found = server.get(f"Condition?patient={PATIENT}")
    told = {"Content-Type": f"application/fhir+json; fhirVersion={version}; charset=utf-8"}
    server.fault("Condition", faults.saying(found, told))
    said = service.post(call(server.base))
    assert (said.status, said.expression) == (412, ["prefetch.conditions"])
    assert "(not FHIR R4)" in said.text


def test_resources_of_r3(service: Running, server: FhirServer) -> None:
    """E30: the status of a Condition as a plain string is R3, and is not guessed at."""
    found = [each | R3 for each in chart() if each["resourceType"] == "Condition"]
    server.fault("Condition", faults.saying(faults.bundle(*found)))
    said = service.post(call(server.base))
    assert said.status == 412
    assert "(not FHIR R4)" in said.text


def test_resources_of_r5(service: Running, server: FhirServer) -> None:
    """E30: a medication as a CodeableReference is R5."""
    subject = {"reference": f"Patient/{PATIENT}"}
    drug = {"resourceType": "MedicationRequest", "id": "r5", "status": "active", "intent": "order", "subject": subject}
    drug["medication"] = {"concept": {"text": "alendronate"}}
    server.fault("MedicationRequest", faults.saying(faults.bundle(drug)))
    said = service.post(call(server.base))
    assert (said.status, said.missing) == (200, ["medications"])
    assert set(said.unread.values()) <= {"not FHIR R4"}


def test_a_token_that_expires_while_pages_are_read(service: Running, server: FhirServer) -> None:
    """E31: the first page stands, the list may be incomplete."""
    server.page = 1
    server.fault("page", faults.status(401))
    said = service.post(call(server.base))
    assert (said.status, said.evaluation["status"]) == (200, "partial")
    assert "access refused" in said.in_part["observations"]


def test_a_token_that_lasts_shorter_than_the_reading(service: Running, server: FhirServer) -> None:
    """E31: nothing is asked with a token that is over."""
    server.fault("*", faults.silence)
    authorization = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 0, "scope": "", "subject": "vcf-cds"}
    said = service.post(call(server.base, authorization=authorization))
    assert (said.status, server.accepted) == (412, 0)
    assert "(token not usable)" in said.text


# --- E28, E29: many calls ---------------------------------------------------------------------------------------------


def test_a_hanging_server_does_not_slow_others(server: FhirServer) -> None:
    """E28: twenty calls at once to a server that hangs; some time out, the others are turned away at once, and calls
    that need another server are as quick as ever.
    """
    seconds = 3.0
    with (
        running(deadline_ms=10_000, fhir_deadline_ms=round(seconds * 1000)) as service,
        FhirServer(chart()) as hanging,
        ThreadPoolExecutor(20) as pool,
    ):
        hanging.fault("*", faults.silence)
        expect_complete(service.post(call(server.base)))
        stuck = [pool.submit(service.post, call(hanging.base)) for _ in range(20)]
        assert hanging.listener.wait_until(lambda: hanging.accepted > 0)
        beside = [service.post(call(server.base)) for _ in range(3)]
        said = [each.result() for each in stuck]
        for each in beside:
            expect_complete(each)
        assert min(each.seconds for each in beside) < 0.5
        words = [each.text.rpartition("(")[2].rstrip(")") for each in said]
        assert {each.status for each in said} == {412}
        assert set(words) <= {TIMED_OUT[1], BUSY[1], RESTING[1]}
        assert BUSY[1] in words
        # Half of the eight web threads may be inside at a time, with six fetches each.
        assert hanging.accepted <= words.count(TIMED_OUT[1]) * 6
        turned_away = [each.seconds for each, word in zip(said, words, strict=True) if word == BUSY[1]]
        assert min(turned_away) < seconds / 4


def failing_calls(service: Running, server: FhirServer, count: int) -> list[Said]:
    """So many calls, one after the other."""
    return [service.post(call(server.base)) for _ in range(count)]


def test_a_failing_server_is_left_alone_for_a_while(server: FhirServer) -> None:
    """E29: five failed calls; then nobody calls for half a minute, and the answer is there at once."""
    clock = Clock()
    with running(clock=clock) as service:
        server.fault("*", faults.status(500))
        for said in failing_calls(service, server, 5):
            expect_refusal(said, BROKEN)
        before = server.settled()
        service.post_in_time(call(server.base), expecting_refusal(RESTING), within=0.02)
        clock.ahead += 29
        expect_refusal(service.post(call(server.base)), RESTING)
        assert server.settled() == before + 1


def test_a_probe_finds_that_it_has_recovered(server: FhirServer) -> None:
    """E29: after half a minute one call tries; when it is answered, all are."""
    clock = Clock()
    with running(clock=clock) as service:
        server.fault("*", faults.status(500))
        failing_calls(service, server, 5)
        clock.ahead += 31
        expect_refusal(service.post(call(server.base)), BROKEN)
        expect_refusal(service.post(call(server.base)), RESTING)
        server.heal()
        expect_refusal(service.post(call(server.base)), RESTING)
        clock.ahead += 31
        expect_complete(service.post(call(server.base)))
        expect_complete(service.post(call(server.base)))


def test_only_one_call_probes(server: FhirServer) -> None:
    """E29: the others are turned away while it is under way."""
    clock = Clock()
    with running(clock=clock, deadline_ms=5_000, fhir_deadline_ms=3_000) as service, ThreadPoolExecutor(6) as pool:
        server.fault("*", faults.status(500))
        failing_calls(service, server, 5)
        server.heal()
        server.fault("*", faults.silence)
        clock.ahead += 31
        # Known by its token: a request of the failed calls may still be on its way.
        own = "Bearer the-probe"
        probe = pool.submit(service.post, call(server.base, authorization={**AUTHORIZATION, "access_token": own[7:]}))
        assert server.listener.wait_until(
            lambda: any(each.headers.get("authorization") == own for each in server.asked)
        )
        for said in pool.map(service.post, [call(server.base)] * 5):
            expect_refusal(said, RESTING)
        expect_refusal(probe.result(), TIMED_OUT)


def test_what_was_sent_is_judged_while_a_server_is_left_alone(server: FhirServer) -> None:
    """E29: the breaker costs what would have been fetched, no more."""
    with running() as service:
        server.fault("*", faults.status(500))
        failing_calls(service, server, 5)
        server.heal()
        said = service.post(call(server.base, all_but(server, "observations")))
        expect_partial(said, "observations", RESTING[1])


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_does_not_count_as_a_failure(server: FhirServer, status: int) -> None:
    """E29, decision 7 a: a token without a right says nothing of the server."""
    with running() as service:
        server.fault("*", faults.status(status))
        failing_calls(service, server, 7)
        server.heal()
        expect_complete(service.post(call(server.base)))


def test_a_call_that_was_answered_in_part_is_no_failure(server: FhirServer) -> None:
    """E29, decision 7 a: one failure a call, and only where nothing was answered."""
    with running() as service:
        server.fault("Observation", faults.status(500))
        for said in failing_calls(service, server, 7):
            expect_partial(said, "observations", BROKEN[1])


def test_one_good_call_between_starts_the_count_again(server: FhirServer) -> None:
    """E29: five in a row."""
    with running() as service:
        server.fault("*", faults.status(500))
        failing_calls(service, server, 4)
        server.heal()
        expect_complete(service.post(call(server.base)))
        server.fault("*", faults.status(500))
        for said in failing_calls(service, server, 4):
            expect_refusal(said, BROKEN)


def test_throttling_counts(server: FhirServer) -> None:
    """E19: a server that asks for fewer calls gets fewer."""
    with running() as service:
        server.fault("*", faults.throttling)
        failing_calls(service, server, 5)
        expect_refusal(service.post(call(server.base)), RESTING)


def test_the_count_is_kept_by_origin(server: FhirServer) -> None:
    """E29: one server's failures are not another's."""
    with running() as service, FhirServer(chart()) as other:
        server.fault("*", faults.status(500))
        failing_calls(service, server, 6)
        expect_complete(service.post(call(other.base)))


# --- E32, E33: what lies around ---------------------------------------------------------------------------------------


def test_the_surroundings_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FhirServer) -> None:
    """E32: a proxy and a .netrc are settings of somebody else."""
    server.token = None
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {LOCAL} login somebody password secret\ndefault login x password y\n", encoding="ascii")
    netrc.chmod(0o600)
    with FhirServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        with running() as service:
            expect_complete(service.post(call(server.base)))
            expect_complete(service.post(call(server.base, authorization=None)))
        assert proxy.accepted == 0
    told = {each.headers.get("authorization") for each in server.asked}
    assert told == {f"Bearer {TOKEN}", None}


def test_a_cookie_is_not_sent_back(service: Running, server: FhirServer) -> None:
    """E33: neither in this call nor in the next."""
    found = server.get(f"Patient/{PATIENT}")
    cookie = {"Set-Cookie": "session=1; Path=/"}
    server.fault("Patient", faults.saying(found, cookie))
    server.page = 1
    for _ in range(2):
        service.post(call(server.base))
    assert server.asked_for("Observation")
    assert [each for each in server.asked if "cookie" in each.headers] == []


# --- what is left behind ----------------------------------------------------------------------------------------------


def open_files() -> int:
    """File descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_nothing_stays_open_after_failing_calls(tmp_path: Path) -> None:
    """1.4, I20: after fifty calls that fail in five ways there are no more open files and threads than after five."""
    clock = Clock()
    authority = certificates.write_authority(tmp_path)
    with (
        running(clock=clock, fhir_deadline_ms=60, fhir_ca_file=authority) as service,
        FhirServer(chart()) as plain,
        FhirServer(chart(), tls=certificates.good()) as secure,
        FhirServer(chart(), tls=certificates.expired()) as expired,
    ):
        ways: list[tuple[FhirServer, Script | None]] = [
            (plain, faults.header_drip),
            (plain, faults.reset),
            (secure, faults.body_drip),
            (secure, faults.cut_in_the_body),
            (expired, None),
        ]

        def fail() -> None:
            for server, script in ways:
                server.heal()
                if script is not None:
                    server.fault("*", script)
                clock.ahead += 31  # past any breaker
                assert service.post(call(server.base)).status == 412

        def settled() -> tuple[int, int]:
            for server in (plain, secure, expired):
                assert server.listener.wait_until_idle(within=5)
            return open_files(), threading.active_count()

        fail()
        before = settled()
        for _ in range(10):
            fail()
        deadline = time.monotonic() + 5
        after = settled()
        while after > before and time.monotonic() < deadline:
            threading.Event().wait(0.02)
            after = settled()
        assert after[0] <= before[0] + 2
        assert after[1] <= before[1] + 2


def test_a_server_under_a_listed_base_in_the_demo(service: Running) -> None:
    """Contract: the demo profile's literal hosts are admitted with any base path."""
    with FhirServer(chart(), path="/a/b/c") as server:
        expect_complete(service.post(call(server.base)))
        expect_complete(service.post(call(f"{server.base}/")))
        assert {each.path.startswith("/a/b/c/") for each in server.asked} == {True}


def test_a_listed_server_is_no_way_round_the_literal_hosts() -> None:
    """Contract: an entry of the list that names this machine otherwise is not admitted by being listed."""
    with FhirServer(chart()) as server:
        listed = (FhirBase(f"http://ehr.example:{server.port}/fhir"), FhirBase(f"http://127.1:{server.port}/fhir"))
        with running(fhir_allow=listed, resolve=lambda host, port: [LOCAL]) as service:
            for entry in listed:
                said = service.post(call(entry.url))
                assert (said.status, said.code) == (412, "security")
        assert server.accepted == 0
