"""Hazards 17 and 17b: CDS Hooks requests as 79 real ones are written, and a body without a length."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Iterator
from typing import Final

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.clinical.builder import Json, build
from tests.clinical.rewriting import SUBJECT, VIGNETTES, found
from tests.clinical.running import encoded, post, topics
from tests.hazards.asking import CARE, NEW_WEDGE, REFERRAL, answered, cards, missing, status
from tests.schemas.conformance import assert_operation_outcome

PLAIN: Final = VIGNETTES["1"]


def refused(client: FlaskClient, request: Json) -> tuple[int, str]:
    """The status of a refusal, and all that its OperationOutcome says."""
    answer = post(client, request)
    assert_operation_outcome(answer.json)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_patient_id_with_its_type_before_it(client: FlaskClient) -> None:
    """Hazard 17, opioid-cds (67 of 79): `Patient/pat-1` is pat-1, and another one's id is still refused."""
    request = build(PLAIN)
    request["context"]["patientId"] = f"Patient/{request['context']['patientId']}"
    assert cards(client, request) == REFERRAL
    assert answered(client, request)["cards"][0]["uuid"] == answered(client, build(PLAIN))["cards"][0]["uuid"]
    request["context"]["patientId"] = "Patient/somebody-else"
    assert refused(client, request)[0] == 400


def test_prefetch_items_spilled_to_the_top(client: FlaskClient) -> None:
    """Hazard 17, opioid-cds (60 of 79): `item2` to `item16` beside `prefetch` are not read, be it a cancer."""
    request = build(PLAIN)
    cancer = {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": {"text": "Metastatic cancer"}}
    stray = {f"item{n}": {"response": {"status": "200 OK"}, "resource": cancer} for n in range(2, 17)}
    assert cards(client, request | stray) == REFERRAL
    request["prefetch"]["item2"] = cancer
    assert cards(client, request) != REFERRAL


def test_null_is_an_answer(client: FlaskClient) -> None:
    """Hazard 17 (36 values): null says that somebody looked; absent says that nobody did."""
    request = build(PLAIN)
    request["prefetch"] |= dict.fromkeys(("allergies", "procedures", "devices", "encounter"))
    assert (cards(client, request), status(client, request)) == (REFERRAL, "complete")
    del request["prefetch"]["devices"]
    assert (missing(client, request), status(client, request)) == (("devices",), "partial")


def test_a_value_wrapped_as_response_and_resource(client: FlaskClient) -> None:
    """Hazard 17 (2 values): `{response, resource}` is the resource; one that answered 404 is no answer."""
    request = build(PLAIN)
    wrapped = {key: {"response": {"status": "200 OK"}, "resource": held} for key, held in request["prefetch"].items()}
    assert cards(client, request | {"prefetch": wrapped}) == REFERRAL
    failed = {**wrapped, "observations": {"response": {"status": "404 Not Found"}, "resource": None}}
    assert missing(client, request | {"prefetch": failed}) == ("observations",)


def test_no_prefetch_at_all(client: FlaskClient) -> None:
    """Hazard 17, Da Vinci (5 of 79): without prefetch and server there is no answer, and 412 names what is needed."""
    request = build(PLAIN)
    del request["prefetch"]
    code, said = refused(client, request)
    assert code == 412
    assert "prefetch.patient" in said
    assert "prefetch.conditions" in said


def test_a_user_of_the_old_protocol(client: FlaskClient) -> None:
    """Hazard 17, Da Vinci (11 of 79): no `userId`, a `user` at the top; the cards are those for a clinician."""
    request = build(PLAIN)
    del request["context"]["userId"]
    assert cards(client, request | {"user": "Practitioner/1234"}) == REFERRAL
    assert cards(client, request | {"user": "Patient/1234"}) == REFERRAL
    request["context"]["userId"] = "Patient/pat-1"
    assert cards(client, request) == {}


def test_a_hook_instance_that_is_no_uuid(client: FlaskClient) -> None:
    """Hazard 17 (1 of 79): any text will do; none at all will not."""
    assert cards(client, build(PLAIN) | {"hookInstance": "d1577c69-dfbe-44ad-ba6d"}) == REFERRAL
    assert refused(client, build(PLAIN) | {"hookInstance": ""})[0] == 400


DRAFTED: Final = VIGNETTES["cement-high"]
INSURANCE: Final = {"reference": "Coverage/coverage-concession"}
"""AU eRequesting, CC0, has an array here; one of the captured requests an object."""


@pytest.mark.parametrize(
    "change",
    [{"intent": None}, {"insurance": INSURANCE}, {"status": None}, {"subject": None}, {"orderDetail": {"text": "now"}}],
)
def test_a_draft_that_r4_would_reject(client: FlaskClient, change: Json) -> None:
    """Hazard 17 (8 of 79): no `intent`, `insurance` an object: the order is checked as what it is."""
    request = build(DRAFTED)
    (order,) = (entry["resource"] for entry in request["context"]["draftOrders"]["entry"])
    for member, value in change.items():
        order[member] = value
        if value is None:
            del order[member]
    assert cards(client, request) == DRAFTED["expect"]
    order["code"] = {"text": "Appendectomy"}
    assert cards(client, request) == {}


@pytest.mark.parametrize("kind", ["type", "resourceType"])
def test_bundles_without_a_type(client: FlaskClient, kind: str) -> None:
    """Hazard 17, the public sandbox and Da Vinci: Bundles of no type in the prefetch, and draftOrders without one."""
    request = build(PLAIN)
    for held in request["prefetch"].values():
        if held.get("resourceType") == "Bundle":
            held.pop("type", None)
    assert (cards(client, request), missing(client, request)) == (REFERRAL, ())
    drafted = build(DRAFTED)
    drafted["context"]["draftOrders"].pop(kind)
    assert cards(client, drafted) == DRAFTED["expect"]
    drafted["context"]["draftOrders"]["entry"][0]["resource"]["code"] = {"text": "Appendectomy"}
    assert cards(client, drafted) == {}


def test_a_coverage_without_a_beneficiary(client: FlaskClient) -> None:
    """Hazard 17, Da Vinci: the coverage that came for the patient is theirs; one of somebody else's is not read."""
    request = build(VIGNETTES["cov-advantage-tx"])
    plain = answered(client, request)["cards"]
    (coverage,) = (entry["resource"] for entry in request["prefetch"]["coverage"]["entry"])
    del coverage["beneficiary"]
    assert [each["detail"] for each in answered(client, request)["cards"]] == [each["detail"] for each in plain]
    coverage["beneficiary"] = {"reference": "Patient/somebody-else"}
    assert [each["detail"] for each in answered(client, request)["cards"]] != [each["detail"] for each in plain]


def test_an_encounter_without_a_class_in_the_request(client: FlaskClient) -> None:
    """Hazard 17, opioid-cds: a single Encounter without class or Bundle; no hospital stay is read into it."""
    request = build(VIGNETTES["16"])
    stay = copy.deepcopy(found(request, "encounter", "encounter-1"))
    request["prefetch"]["encounter"] = stay
    assert cards(client, request) == REFERRAL
    del stay["class"]
    assert cards(client, request) == CARE


def test_a_removed_hook(client: FlaskClient) -> None:
    """Hazard 17, Da Vinci: medication-prescribe belongs to no service, and 400 says which hook this one is for."""
    body = encoded(build(PLAIN) | {"hook": "medication-prescribe"})
    answer = client.post("/cds-services/vcf-patient-view", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert "patient-view" in answer.get_data(as_text=True)
    gone = client.post("/cds-services/vcf-medication-prescribe", data=body, content_type="application/json")
    assert gone.status_code == 404


class _Listening:
    """A port of this machine that counts who connects, and answers nobody."""

    def __init__(self) -> None:
        self.met = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.met += 1
            connection.close()

    def close(self) -> None:
        """Stops listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def listening() -> Iterator[_Listening]:
    """Such a port, closed afterwards."""
    port = _Listening()
    yield port
    port.close()


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:{}/fhir", "http://2130706433:{}/fhir", "http://[::ffff:127.0.0.1]:{}"]
)
def test_a_server_in_the_request_is_not_followed_blindly(listening: _Listening, host: str) -> None:
    """Hazard 17: most real requests name http://localhost; in production nobody is called who is not on the list, and
    what was not sent is missing.
    """
    production = create_app(Settings(profile="production")).test_client()
    request = build(VIGNETTES["3"]) | {"fhirServer": host.format(listening.port)}
    request["prefetch"] = {key: held for key, held in request["prefetch"].items() if key in ("patient", "conditions")}
    answer = post(production, request)
    assert answer.status_code == 200
    assert answer.json["extension"]["vcf-cds.evaluation"]["status"] == "partial"
    assert "reports" in answer.json["extension"]["vcf-cds.evaluation"]["missing"]
    assert listening.met == 0


def test_addresses_in_the_prefetch_are_not_followed(client: FlaskClient, listening: _Listening) -> None:
    """Hazard 17: a further page, an attachment and a reference of the request's choosing are called by nobody."""
    own = f"http://127.0.0.1:{listening.port}/fhir"
    request = build(VIGNETTES["3"])
    request["prefetch"]["reports"]["link"] = [{"relation": "next", "url": f"{own}/DiagnosticReport?page=2"}]
    report = found(request, "reports", "report-1")
    report["presentedForm"] = [{"contentType": "text/plain", "url": f"{own}/Binary/1"}]
    report["result"] = [{"reference": f"{own}/Observation/1"}]
    assert missing(client, request) == ("reports",)
    assert listening.met == 0


# --- 17b: no length ---------------------------------------------------------------------------------------------------


@pytest.fixture
def port(client: FlaskClient) -> Iterator[int]:
    """The application behind a socket of this machine."""
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def chunked(port: int, body: bytes) -> bytes:
    """The answer to a chunked body in pieces of 64 KiB; it may come before the last piece."""
    head = (
        "POST /cds-services/vcf-patient-view HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)]
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(head.encode())
            for piece in pieces:
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            connection.sendall(b"0\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent, which is the point of a limit
        try:
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass  # reset after the answer: it has not read all of the body
    return answer


def test_a_body_without_a_length(port: int) -> None:
    """Hazard 17b: a chunked call gets its cards; one of 10 MiB is refused (gunicorn alone let 60 of 60 through)."""
    request = build(VIGNETTES["3"])
    head, _, body = chunked(port, encoded(request)).partition(b"\r\n\r\n")
    assert head.split()[1] == b"200"
    assert topics(json.loads(body)) == NEW_WEDGE
    padded = chunked(port, encoded(request | {"extension": {"padding": "x" * (10 * 1024 * 1024)}}))
    assert padded.split()[1] == b"413"


def test_a_body_with_a_length_is_held_to_the_same(client: FlaskClient) -> None:
    """Hazard 17b: the same bytes with a length are refused alike; half of them are read."""
    request = build(VIGNETTES["3"])
    long = request | {"extension": {"padding": "x" * (10 * 1024 * 1024)}}
    assert refused(client, long)[0] == 413
    assert cards(client, request | {"extension": {"padding": "x" * (5 * 1024 * 1024)}}) == NEW_WEDGE
