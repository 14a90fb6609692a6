"""What a report or an order only points to: fetched from the request's FHIR server, under its base path, or left alone.

Hazard 8 (Cerner: `presentedForm` is addresses of Binary resources, without data), hazard 9 (absolute references).
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.clinical.builder import PATIENT
from tests.faults.support import Running, Said, as_prefetched, call, chart, keys_of
from tests.servers.faults import answering, body_drip, endless
from tests.servers.fhir import FhirServer

Json = dict[str, Any]
REFERRAL = {"augmentation-referral"}
"""The cards of vignette 1, whose one report confirms the fracture."""


def pointing(server: FhirServer, *addresses: str, media: str = "text/plain") -> None:
    """Put the words of the chart's reports into Binaries; the reports keep the addresses (`{base}` is the server's)."""
    resources = chart("1")
    for report in [each for each in resources if each["resourceType"] == "DiagnosticReport"]:
        words = base64.b64encode(report.pop("conclusion").encode()).decode()
        binary = {"resourceType": "Binary", "id": f"text-{report['id']}", "contentType": media, "data": words}
        resources.append(binary)
        report["presentedForm"] = [
            {"contentType": media, "url": address.format(base=server.base, id=binary["id"])} for address in addresses
        ]
    server.load(resources)


@pytest.mark.parametrize("sent", ["nothing", "everything"])
@pytest.mark.parametrize("address", ["{base}/Binary/{id}", "Binary/{id}", "/fhir/Binary/{id}"])
def test_the_text_behind_an_address_is_read(service: Running, address: str, sent: str) -> None:
    """Hazard 8: absolute, relative and rooted addresses of Binaries, whoever brought the report."""
    with FhirServer() as server:
        pointing(server, address)
        prefetch = as_prefetched(server, keys_of()) if sent == "everything" else None
        said = service.post(call(server.base, prefetch))
        assert said.topics == REFERRAL
        assert said.missing == []
        assert len(server.asked_for("Binary")) == 1
        if sent == "everything":
            assert len(server.asked) == 1


def test_content_as_it_is_will_do(service: Running) -> None:
    """A server that answers with the document instead of a Binary resource."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}")
        words = " ".join(
            each["conclusion"] for each in chart("1") if each["resourceType"] == "DiagnosticReport"
        ).encode()
        server.fault("Binary", answering(200, words, {"Content-Type": "text/plain; charset=utf-8"}))
        said = service.post(call(server.base))
        assert (said.topics, said.missing) == (REFERRAL, [])


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/fhir/Binary/{id}",
        "http://127.0.0.1:1/fhir/Binary/{id}",
        "{base}/../admin/{id}",
        "{base}/%2e%2e/admin/{id}",
        "//elsewhere.example/fhir/Binary/{id}",
        "file:///etc/hostname",
    ],
)
def test_an_address_elsewhere_is_left_alone(service: Running, address: str) -> None:
    """E9, E10: nothing is fetched; the report is named as not read, and no fracture is confirmed by it."""
    with FhirServer() as server:
        pointing(server, address)
        prefetch = as_prefetched(server, keys_of())
        said = service.post(call(server.base, prefetch))
        assert server.asked == ()
        assert REFERRAL & said.topics == set()
        assert said.missing == ["reports"]


def test_without_a_server_nothing_is_followed(service: Running) -> None:
    """contract.md: an address alone is no reason to call anybody."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}")
        said = service.post(call(None, as_prefetched(server, keys_of()), authorization=None))
        assert server.accepted == 0
        assert said.missing == ["reports"]


def test_forms_of_one_report_are_fetched_together_and_once(service: Running) -> None:
    """Hazard 8: a PDF, an XML and an HTML of the same report (Cerner); the same address twice is one fetch."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}", "Binary/none", "{base}/Binary/{id}")
        said = service.post(call(server.base))
        assert said.topics == REFERRAL
        assert sorted(each.path for each in server.asked_for("Binary")) == [
            "/fhir/Binary/none",
            *(f"/fhir/Binary/text-{each['id']}" for each in chart("1") if each["resourceType"] == "DiagnosticReport"),
        ]


@pytest.mark.parametrize(("count", "fetched", "missing"), [(30, 30, []), (31, 30, ["reports"])])
def test_so_many_attachments_are_fetched(service: Running, count: int, fetched: int, missing: list[str]) -> None:
    """On the limit and one past it: the attachment beyond is named as not read."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}", *(f"Binary/copy-{number}" for number in range(1, count)))
        report = next(each for each in chart("1") if each["resourceType"] == "DiagnosticReport")
        words = base64.b64encode(report["conclusion"].encode()).decode()
        for number in range(1, count):
            copy = {"resourceType": "Binary", "id": f"copy-{number}", "contentType": "text/plain", "data": words}
            server.add(copy)
        said = service.post(call(server.base))
        assert said.missing == missing
        assert len(server.asked_for("Binary")) == fetched


@pytest.mark.parametrize(("name", "script"), [("drip", body_drip), ("endless", endless), ("403", answering(403))])
def test_an_attachment_that_cannot_be_had_is_said(hurried: Running, name: str, script: Any) -> None:
    """Failure is not silence: `missing` names the reports, the cards say so, and the call is in time."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}")
        server.fault("Binary", script)

        def expect_said(said: Said) -> None:
            assert said.missing == ["reports"]
            assert REFERRAL & said.topics == set()

        hurried.post_in_time(call(server.base), expect_said)


def test_the_scope_covers_binaries_or_they_are_not_asked_for(service: Running) -> None:
    """Checklist 44: no request that must be refused."""
    with FhirServer() as server:
        pointing(server, "{base}/Binary/{id}")
        request = call(server.base, as_prefetched(server, keys_of()))
        request["fhirAuthorization"]["scope"] = "patient/Patient.rs patient/Condition.rs patient/DiagnosticReport.rs"
        said = service.post(request)
        assert server.asked == ()
        assert said.missing == ["reports"]


def nameless(server: FhirServer, *, display: str | None = None) -> Json:
    """A chart whose analgesic is named by a Medication alone."""
    resources = chart("1")
    for order in [each for each in resources if each["resourceType"] == "MedicationRequest"]:
        number = order["id"]
        resources.append(
            {"resourceType": "Medication", "id": f"drug-{number}", "code": order["medicationCodeableConcept"]}
        )
        del order["medicationCodeableConcept"]
        order["medicationReference"] = {"reference": f"Medication/drug-{number}"}
        if display is not None:
            order["medicationReference"]["display"] = display
    server.load(resources)
    return as_prefetched(server, keys_of())


@pytest.mark.parametrize("sent", ["nothing", "everything"])
def test_a_drug_that_is_only_a_reference_is_looked_up(service: Running, sent: str) -> None:
    """Hazard 9: without the Medication nobody could tell which drug it is; the conservative care counts with it."""
    with FhirServer() as server:
        prefetch = nameless(server)
        said = service.post(call(server.base, prefetch if sent == "everything" else None))
        assert said.topics == REFERRAL
        orders = [each for each in chart("1") if each["resourceType"] == "MedicationRequest"]
        assert len(server.asked_for("Medication")) == len(orders)
        assert said.missing == []
        unnamed = service.post(call(None, prefetch, authorization=None))
        assert unnamed.topics != REFERRAL
        assert unnamed.missing == ["medications"]


def test_a_drug_that_cannot_be_looked_up_is_said(service: Running) -> None:
    """Unknown is a value: it may be the anticoagulant that a rule asks for."""
    with FhirServer() as server:
        nameless(server)
        server.fault("Medication", answering(500))
        said = service.post(call(server.base))
        assert said.missing == ["medications"]


@pytest.mark.parametrize(("count", "missing"), [(20, []), (21, ["medications"])])
def test_so_many_drugs_are_looked_up(service: Running, count: int, missing: list[str]) -> None:
    """On the limit and one past it: the drug that was not looked up is not read, and that is said."""
    with FhirServer() as server:
        nameless(server)
        have = len([each for each in chart("1") if each["resourceType"] == "MedicationRequest"])
        for number in range(count - have):
            more: Json = {"resourceType": "MedicationRequest", "id": f"more-{number}", "status": "stopped"}
            more |= {"intent": "order", "subject": {"reference": f"Patient/{PATIENT}"}}
            more["medicationReference"] = {"reference": f"Medication/of-{number}"}
            code = {"text": "Cetirizine 10 mg tablet"}
            server.add(more, {"resourceType": "Medication", "id": f"of-{number}", "code": code})
        said = service.post(call(server.base))
        assert said.missing == missing
        assert len(server.asked_for("Medication")) == 20


def test_a_strangers_nameless_drug_is_nobodys(service: Running) -> None:
    """Contract: another patient's resource is dropped, and neither asked about nor counted as unread."""
    with FhirServer(chart("1")) as server:
        prefetch = as_prefetched(server, keys_of())
        stranger: Json = {"resourceType": "MedicationRequest", "id": "theirs", "status": "active", "intent": "order"}
        stranger |= {"subject": {"reference": "Patient/other"}, "medicationReference": {"reference": "Medication/x"}}
        prefetch["medications"]["entry"].append({"resource": stranger})
        said = service.post(call(server.base, prefetch))
        assert (said.topics, said.missing, server.asked) == (REFERRAL, [], ())


def test_a_drug_with_a_name_is_not_looked_up(service: Running) -> None:
    """Epic names the drug beside the reference: the words do."""
    with FhirServer() as server:
        said = service.post(call(server.base, nameless(server, display="Acetaminophen 325 mg tablet")))
        assert server.asked == ()
        assert said.topics == REFERRAL


def test_somebody_elses_drug_is_nobodys(service: Running) -> None:
    """A reference that leaves the server, or is no id, is not followed."""
    with FhirServer() as server:
        prefetch = nameless(server)
        for entry in prefetch["medications"]["entry"]:
            entry["resource"]["medicationReference"]["reference"] = "Medication/../Patient/other"
        said = service.post(call(server.base, prefetch))
        assert server.asked == ()
        assert said.status == 200


def test_the_patient_of_these_tests_is_found() -> None:
    """The chart is about the patient of the calls, or the tests above would prove nothing."""
    assert any(each["resourceType"] == "Patient" and each["id"] == PATIENT for each in chart("1"))
