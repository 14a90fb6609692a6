"""`vcf-cds check`: an EHR of our own against FHIR servers on this machine, over real sockets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service import cli
from cds_service.check import finding
from cds_service.check.asking import BARE_HOOKS, bare
from cds_service.errors import Malformed
from cds_service.fhir.client.client import Traffic
from cds_service.hooks.offer import offered_services
from cds_service.hooks.services import HOOKS
from cds_service.knowledge.value_set import value_set
from cds_service.samples import cases
from cds_service.samples.writer import Written
from cds_service.settings import Settings
from tests.canaries import TOKEN
from tests.servers import certificates, faults
from tests.servers.fhir import FhirServer
from tests.servers.listening import Asked

Json = dict[str, Any]

AS_OF = date(2026, 11, 20)
ON = ("--as-of", AS_OF.isoformat())
SAMPLES = {case.id: Written(case, AS_OF, Settings().canonical_base) for case in cases().values()}
MRI = SAMPLES["mri-without-contrast"]
HER = MRI.case.patient_id
KEYS = [key for key in offered_services().for_hook("patient-view").prefetch if key != "practitioner-role"]


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token but that of the test."""
    monkeypatch.delenv("VCF_TOKEN", raising=False)


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """A server that holds one sample patient."""
    with FhirServer(MRI.resources) as running:
        yield running


@pytest.fixture(scope="module")
def full() -> Iterator[FhirServer]:
    """A server that holds every sample patient."""
    with FhirServer(everybody()) as running:
        yield running


def everybody() -> list[Json]:
    """The resources of all sample patients."""
    return [resource for sample in SAMPLES.values() for resource in sample.resources]


class Checked:
    """What one run of the command gave."""

    def __init__(self, capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> None:
        try:
            self.code = cli.main(["check", *arguments])
        except SystemExit as stopped:  # of argparse
            self.code = int(stopped.code or 0)
        said = capsys.readouterr()
        self.out, self.err = said.out, said.err
        self.said = said.out + said.err

    @property
    def json(self) -> Any:
        """The machine form."""
        return json.loads(self.out)


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Text on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def written(folder: Path, request: Json) -> str:
    """A request in a file, as `sample-patients --out` writes it."""
    file = folder / "request.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    return str(file)


def shown(checked: Checked) -> dict[str, str]:
    """The cards of the only patient: topic and indicator."""
    (patient,) = checked.json["patients"]
    return {card["source"]["topic"]["code"]: card["indicator"] for card in patient["response"]["cards"]}


def to_metadata(asked: Asked) -> bool:
    """Whether the server is asked what it is."""
    return asked.path.endswith("/metadata")


# --- one patient ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_patient_gets_her_cards(
    name: str, full: FhirServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--request`: hook and drafts from the file, the record from the server alone; the cards of the case."""
    sample = SAMPLES[name]
    file = written(tmp_path, sample.request())
    checked = Checked(capsys, [full.base, "--patient", sample.case.patient_id, "--request", file, "--json", *ON])
    assert (checked.code, checked.err) == (0, "")
    assert shown(checked) == dict(sample.case.cards)
    assert checked.json["hook"] == sample.case.hook
    assert checked.json["patients"][0]["missing"] == []


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.case.hook in BARE_HOOKS])
def test_cards_are_printed_for_people(name: str, full: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`--hook` alone where a patient is all that the hook is about; indicator, topic, and detail indented."""
    case = SAMPLES[name].case
    checked = Checked(capsys, [full.base, "--patient", case.patient_id, "--hook", case.hook, *ON])
    assert (checked.code, checked.err) == (0, "")
    lines = checked.out.splitlines()
    cards = [at for at, line in enumerate(lines) if line.startswith("[")]
    found = {lines[at + 1].removeprefix("  topic "): lines[at][1 : lines[at].index("]")] for at in cards}
    assert found == dict(case.cards)
    assert f"status complete, {len(cards)} card{'s' if len(cards) > 1 else ''}" in lines
    assert all(not line or line.startswith(("  ", "[")) for line in lines[cards[0] :])
    assert "  Content not yet clinically reviewed." in checked.out


def test_every_query_is_in_the_table(
    server: FhirServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is prefetched: each key of the service is asked for, and the table says what came."""
    for name in ("VCF_DEADLINE_MS", "VCF_FHIR_DEADLINE_MS"):
        monkeypatch.setenv(name, "60000")  # so that a busy machine is soon enough
    checked = Checked(capsys, [server.base, "--patient", HER, *ON])
    head, server_line, patient, empty, title, *rows = checked.out.splitlines()
    assert (head, server_line, patient, empty) == (
        "a server that gives no name, FHIR 4.0.1",
        "patient-view as of 2026-11-20, nothing prefetched",
        f"patient {HER}",
        "",
    )
    assert title.split() == ["key", "query", "answer", "entries", "ms"]
    assert [row.split()[0] for row in rows[: len(KEYS)]] == KEYS
    assert rows[0].split()[:3] == ["patient", "Patient/ID", "200"]
    assert rows[2].split()[:4] == ["conditions", "Condition?patient=ID&_count=200", "200", "1"]
    assert len(server.asked) == len(KEYS)
    assert "ms, within the service's own deadline (VCF_FHIR_DEADLINE_MS, 60000 ms)" in rows[len(KEYS) + 1]


def test_the_machine_form_has_every_query_whole(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json`: one object, each page of a list a query of its own."""
    server.page = 1
    server.add(*({**each, "id": f"{each['id']}-2"} for each in MRI.resources if each["resourceType"] == "Condition"))
    checked = Checked(capsys, [server.base, "--patient", HER, "--json", *ON])
    whole = checked.json
    assert (whole["fhirServer"], whole["fhirVersion"], whole["as_of"]) == (server.base, "4.0.1", "2026-11-20")
    (patient,) = whole["patients"]
    assert (patient["patient"], patient["status"]) == (HER, 200)
    pages = [each for each in patient["queries"] if each["key"] == "conditions"]
    assert [(each["page"], each["status"], each["entries"]) for each in pages] == [(1, 200, 1), (2, 200, 1)]
    assert {each["query"] for each in pages} == {f"Condition?patient={HER}&_count=200"}
    assert all(each["failure"] is None and each["ms"] >= 0 for each in patient["queries"])
    assert patient["within_service_deadline"] is (patient["reading_ms"] <= 1000)


def test_orders_of_a_request_become_the_patients(
    full: FhirServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A draft of somebody else would be dropped (hazard 2): the subject of each is turned to the patient."""
    sample = SAMPLES["imaging-caution"]
    text = json.dumps(sample.request()).replace(f'"Patient/{sample.case.patient_id}"', '"Patient/somebody"')
    request = json.loads(text)
    assert "Patient/somebody" in text
    request["context"]["patientId"] = "somebody"
    request["fhirServer"] = "http://127.0.0.1:9/nowhere"
    request["prefetch"] = {"patient": {"resourceType": "Patient", "id": "somebody"}}
    arguments = [full.base, "--patient", sample.case.patient_id, "--request", written(tmp_path, request), *ON]
    checked = Checked(capsys, [*arguments, "--hook", "order-sign", "--json"])
    assert checked.code == 0
    assert shown(checked) == dict(sample.case.cards)


def test_no_card_is_told_from_no_answer(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to say, nothing to say but not all was read, and none of ours: silence is never ambiguous."""
    healthy = {"resourceType": "Patient", "id": "healthy", "gender": "female", "birthDate": "1950-01-02"}
    server.add(healthy, {**healthy, "id": "child", "birthDate": "2020-01-02"})
    checked = Checked(capsys, [server.base, "--patient", "healthy", *ON])
    assert checked.code == 0
    assert "status complete, 0 cards\n\nNo card: everything was read" in checked.out
    checked = Checked(capsys, [server.base, "--patient", "child", *ON])
    assert checked.code == 0
    assert "status out-of-scope, 0 cards\n\nNo card: the patient or the user is none" in checked.out
    server.fault("ImagingStudy", faults.status(403))
    checked = Checked(capsys, [server.base, "--patient", "healthy", *ON])
    assert checked.code == 0
    assert "\nmissing:\n  imaging: access refused\n" in checked.out
    assert "status partial, 0 cards\n\nNo card, and not everything was read" in checked.out
    assert "403 access refused" in checked.out


def test_an_unknown_patient(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """412 is printed as such, with its reason; exit 1."""
    checked = Checked(capsys, [server.base, "--patient", "nobody", *ON])
    assert checked.code == 1
    assert "\n412 (not-found): Required data not available: patient" in checked.out
    assert "404 gone" in checked.out
    checked = Checked(capsys, [server.base, "--patient", "nobody", "--json", *ON])
    assert checked.code == 1
    (patient,) = checked.json["patients"]
    assert patient["status"] == 412
    assert patient["outcome"]["issue"][0]["expression"] == ["prefetch.patient"]
    assert "response" not in patient


def test_what_was_not_asked_for_is_told(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """After a required key failed nobody waits for the others; the table lists every key all the same."""
    server.fault("Patient", faults.status(500))
    server.fault(lambda asked: "/Patient/" not in asked.path and not to_metadata(asked), faults.silence)
    checked = Checked(capsys, [server.base, "--patient", HER, "--json", *ON])
    (patient,) = checked.json["patients"]
    assert (checked.code, patient["status"]) == (1, 412)
    assert [each["key"] for each in patient["queries"]] == KEYS
    first, *others = [each["failure"] for each in patient["queries"]]
    assert first == "server error"
    assert set(others) <= {"not waited for", "not asked", "not asked after another failure"}


# --- in time ----------------------------------------------------------------------------------------------------------


def test_a_slow_server_has_as_long_as_is_said(
    server: FhirServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--deadline-ms`: what came is judged, the rest is missing; and the service would have waited less."""
    monkeypatch.setenv("VCF_FHIR_DEADLINE_MS", "100")
    server.fault("ImagingStudy", faults.silence)
    checked = Checked(capsys, [server.base, "--patient", HER, "--deadline-ms", "1500", *ON])
    assert checked.code == 0
    assert "  imaging: timed out\n" in checked.out
    assert "ms, beyond the service's own deadline (VCF_FHIR_DEADLINE_MS, 100 ms)" in checked.out
    assert "status partial" in checked.out


def test_a_required_list_that_never_comes(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """E1: 412 with the code timeout."""
    server.fault("Condition", faults.silence)
    checked = Checked(capsys, [server.base, "--patient", HER, "--deadline-ms", "300", "--json", *ON])
    (patient,) = checked.json["patients"]
    assert (checked.code, patient["outcome"]["issue"][0]["code"]) == (1, "timeout")
    assert checked.json["deadline_ms"] == 300


# --- the server -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0.2", "3.0.2", "5.0.0", ""])
def test_another_fhir_is_refused(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only R4 is read here; exit 1 before anything of a patient is asked for."""
    with FhirServer(MRI.resources, version=version) as server:
        checked = Checked(capsys, [server.base, "--patient", HER, *ON])
        assert (checked.code, checked.out) == (1, "")
        assert "not FHIR R4" in checked.err
        assert not server.asked


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (faults.status(404), 1, "gone (is this the base URL"),
        (faults.status(401), 1, "access refused (give a token"),
        (faults.login_page, 1, "answer not readable (is this the base URL"),
        (faults.saying({"resourceType": "Bundle"}), 1, "answer not readable"),
        (faults.redirecting(301, "https://elsewhere.example/fhir"), 1, "redirected (redirects are not followed"),
        (faults.status(503), 3, "server error"),
        (faults.reset, 3, "server not reachable"),
    ],
)
def test_a_server_that_does_not_say_what_it_is(
    script: Any, code: int, words: str, server: FhirServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 where the address or the token is to blame, 3 where the server is; with a hint, and nothing of the answer."""
    server.fault(to_metadata, script)
    checked = Checked(capsys, [server.base, "--patient", HER, *ON])
    assert (checked.code, checked.out) == (code, "")
    assert words in checked.err
    assert "elsewhere" not in checked.err


def test_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3."""
    with FhirServer() as server:
        base = server.base
    checked = Checked(capsys, [base, "--patient", HER, *ON])
    assert (checked.code, checked.out) == (3, "")
    assert "server not reachable" in checked.err


@pytest.mark.parametrize("base", ["http://169.254.169.254/fhir", "http://[fe80::1]/fhir", "http://127.0.0.2:9/fhir"])
def test_what_is_never_contacted(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Typed by the operator or not: metadata and link-local addresses (E30)."""
    checked = Checked(capsys, [base, "--patient", HER, *ON])
    assert (checked.code, checked.out) == (3, "")
    assert "server not permitted" in checked.err


def test_any_port_may_be_the_servers(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No service runs here, so the port of the settings is nobody's own; and the settings need not allow the base."""
    monkeypatch.setenv("VCF_PORT", str(server.port))
    monkeypatch.setenv("VCF_FHIR_ALLOW", "https://another.example/fhir")
    assert Checked(capsys, [server.base, "--patient", HER, *ON]).code == 0


def test_a_certificate_authority_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """VCF_FHIR_CA_FILE; without it the certificate is not trusted, exit 3."""
    with FhirServer(MRI.resources, tls=certificates.good()) as server:
        checked = Checked(capsys, [server.base, "--patient", HER, *ON])
        assert checked.code == 3
        assert "certificate not trusted (VCF_FHIR_CA_FILE" in checked.err
        monkeypatch.setenv("VCF_FHIR_CA_FILE", str(certificates.write_authority(tmp_path)))
        assert Checked(capsys, [server.base, "--patient", HER, *ON]).code == 0


def test_nothing_of_a_server_steers_the_terminal(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Its name, and what of its reports is quoted on a card."""
    named = {"name": "\x1b[2JHAPI\u202e", "version": "9\r\nCANARY-line"}
    server.fault(
        to_metadata, faults.saying({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": named})
    )
    checked = Checked(capsys, [server.base, "--patient", HER, *ON])
    assert checked.out.splitlines()[0] == "\ufffd[2JHAPI\ufffd 9 CANARY-line, FHIR 4.0.1"
    assert "\x1b" not in checked.out


# --- token ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["environment", "standard input"])
def test_the_token_reaches_the_server_and_nobody_else(
    way: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From VCF_TOKEN, or from standard input, which wins; sent with each request, never printed, never logged."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("VCF_TOKEN", TOKEN if way == "environment" else "another")
    piped(monkeypatch, f"{TOKEN}\n")
    given = ["--token", "-"] if way == "standard input" else []
    with FhirServer(MRI.resources, token=TOKEN) as server:
        for form in ([], ["--json"]):
            checked = Checked(capsys, [server.base, "--patient", HER, *given, *form, *ON])
            assert checked.code == 0
            assert TOKEN not in checked.said
            piped(monkeypatch, TOKEN)
        assert {asked.headers.get("authorization") for asked in server.everything_asked} == {f"Bearer {TOKEN}"}
    assert not caplog.records


def test_a_token_that_the_server_does_not_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """E9: 412 forbidden, and without it the same."""
    with FhirServer(MRI.resources, token=TOKEN) as server:
        for token in ("", f"{TOKEN}-old"):
            monkeypatch.setenv("VCF_TOKEN", token)
            checked = Checked(capsys, [server.base, "--patient", HER, *ON])
            assert checked.code == 1
            assert "412 (forbidden)" in checked.out
            assert TOKEN not in checked.said


@pytest.mark.parametrize("text", ["", "\n", "CANARY two words", "Bearer CANARY"])
def test_what_is_no_token_is_refused_unseen(
    text: str, server: FhirServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 6750; exit 3 before anything is sent. Whoever announces a token gives one."""
    piped(monkeypatch, text)
    checked = Checked(capsys, [server.base, "--patient", HER, "--token", "-", *ON])
    assert (checked.code, checked.out) == (3, "")
    assert "standard input" in checked.err
    assert "CANARY" not in checked.err
    assert not server.everything_asked


# --- finding patients -------------------------------------------------------------------------------------------------


def lines_of(checked: Checked) -> list[str]:
    """The summary lines."""
    return checked.out.splitlines()[2:]


def test_patients_with_a_fracture_are_found(full: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`--find`: distinct, the newest fracture first, a line each, no more than `--limit`."""
    fractures = {
        sample.case.patient_id: each["onsetDateTime"]
        for sample in SAMPLES.values()
        for each in sample.resources
        if each["resourceType"] == "Condition" and finding_of(each)
    }
    checked = Checked(capsys, [full.base, "--find", "--limit", "100", *ON])
    assert checked.code == 0
    assert checked.err == f"vcf-cds: {len(fractures)} patients with a vertebral fracture on record\n"
    found = [line.partition(":")[0] for line in lines_of(checked)]
    assert set(found) == set(fractures)
    assert len(found) == len(fractures)
    days = [fractures[patient] for patient in found]
    assert days == sorted(days, reverse=True)
    (hers,) = (line for line in lines_of(checked) if line.startswith(f"{HER}:"))
    assert "complete, mri-without-contrast (info), conservative-care (info), osteoporosis-treatment (info) (" in hers
    few = Checked(capsys, [full.base, "--find", "--limit", "2", *ON])
    assert [line.partition(":")[0] for line in lines_of(few)] == found[:2]
    assert "the first 2 of them below (--limit)" in few.err


def finding_of(condition: Json) -> bool:
    """Whether a sample's problem is a fracture that is there now; the samples have one coding each."""
    (coding,) = condition["code"]["coding"]
    row = value_set("vcf-diagnosis").row(coding["system"], coding["code"])
    return row is not None and row["role"] != "history" and row["seventh"] != "S"


def fracture(name: str, reference: str, **more: Any) -> Json:
    """A coded fracture of somebody."""
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M80.08XA"}
    return {
        "resourceType": "Condition",
        "id": name,
        "code": {"coding": [coding]},
        "subject": {"reference": reference},
        **more,
    }


def test_only_patients_of_this_server_are_asked_about(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """What an answer names as a subject is checked to be a FHIR id; a code is looked at again, for servers ignore
    parameters.
    """
    local = {"coding": [{"system": "http://local.example", "code": "M80.08XA"}]}
    server.load(
        [
            *MRI.resources,
            fracture("absolute", f"{server.base}/Patient/absolute"),
            fracture("a", "Patient/a b"),
            fracture("b", "Patient/../metadata"),
            fracture("c", "Group/c"),
            fracture("d", "https://elsewhere.example/fhir/Patient/d"),
            fracture("e", "e"),
            fracture("dots", "Patient/.."),
            fracture("f", "Patient/f", code=local),
            {"resourceType": "Condition", "id": "g", "code": fracture("g", "")["code"]},
            {"resourceType": "Patient", "id": "absolute", "birthDate": "1940-01-01", "gender": "male"},
        ]
    )
    checked = Checked(capsys, [server.base, "--find", *ON])
    assert checked.code == 0
    assert [line.partition(":")[0] for line in lines_of(checked)] == [HER, "absolute"]


def test_one_patients_trouble_is_not_the_next_ones(full: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A patient who cannot be read has a line that says so; the others are read. No breaker stops the row."""
    trouble = SAMPLES["conflicting-data"].case.patient_id
    full.fault(lambda asked: asked.path.endswith(f"/Patient/{trouble}"), faults.status(500))
    checked = Checked(capsys, [full.base, "--find", "--limit", "100", *ON])
    full.heal()
    assert checked.code == 0
    refused = [line for line in lines_of(checked) if ": 412 " in line]
    assert [line.partition(":")[0] for line in refused] == [trouble]
    assert "412 (transient)" in refused[0]
    assert sum(": complete, " in line for line in lines_of(checked)) == len(lines_of(checked)) - 1


def test_all_of_them_in_trouble(full: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 where there was no response for anybody; more failures than open a breaker, and each was asked for."""
    full.fault("Patient", faults.status(500))
    checked = Checked(capsys, [full.base, "--find", "--limit", "8", "--json", *ON])
    full.heal()
    assert checked.code == 1
    assert len(checked.json["patients"]) == 8
    assert {each["queries"][0]["failure"] for each in checked.json["patients"]} == {"server error"}


def test_nobody_is_found(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1."""
    server.load(each for each in MRI.resources if each["resourceType"] != "Condition")
    checked = Checked(capsys, [server.base, "--find", *ON])
    assert checked.code == 1
    assert "no patient with a vertebral fracture on record" in checked.err


def test_a_server_that_lets_nobody_search_over_patients(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Many do not: exit 1, and it says what was refused."""
    server.fault("Condition", faults.status(400))
    checked = Checked(capsys, [server.base, "--find", *ON])
    assert (checked.code, checked.out) == (1, "")
    assert "searching all patients for vertebral fractures: search refused" in checked.err


def test_some_searches_fail_and_there_may_be_more(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Those found are checked; that there may be more is told."""
    server.fault(lambda asked: "code=" in asked.target and "M80.08XA" not in asked.target, faults.status(500))
    checked = Checked(capsys, [server.base, "--find", *ON])
    assert checked.code == 0
    assert "1 patient with a vertebral fracture on record; there may be more: server error" in checked.err


def test_a_server_that_does_not_know_the_systems(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Where codes with their system find nobody they are asked for without; the answers are looked at again."""
    labelled = [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "M80.08XA"}]
    server.load([fracture("oid", f"Patient/{HER}", code={"coding": labelled}), *MRI.resources[:1]])
    server.fault(lambda asked: "%7C" in asked.target, faults.saying({"resourceType": "Bundle", "type": "searchset"}))
    checked = Checked(capsys, [server.base, "--find", *ON])
    assert checked.code == 0
    assert [line.partition(":")[0] for line in lines_of(checked)] == [HER]


def test_the_search_is_paged(server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`next` is followed, and at five pages a search it is told that there may be more."""
    server.page = 1
    server.add(*(fracture(f"c{n}", f"Patient/p{n}", onsetDateTime=f"2026-10-0{n}") for n in range(1, 8)))
    checked = Checked(capsys, [server.base, "--find", "--json", *ON])
    assert len(checked.json["patients"]) == 5
    assert "there may be more: further pages were not read" in checked.err


def test_every_present_fracture_is_searched_for_in_short_urls() -> None:
    """All codes but those of the past, of the neck and of the sacrum, each with its system; URLs under 1,500."""
    queries = list(finding.queries())
    codes = [query.partition("code=")[2].partition("&")[0] for query in finding.queries(bare=True)]
    asked = {token for query in queries for token in query.partition("code=")[2].partition("&")[0].split(",")}
    wanted = {
        f"{row['system']}%7C{row['code']}"
        for row in value_set("vcf-diagnosis")
        if row["role"] not in ("history", "excluded") and row["seventh"] not in ("P", "S")
    }
    assert asked == wanted
    assert "http://hl7.org/fhir/sid/icd-10-cm%7CM80.08XA" in asked
    assert max(map(len, queries)) < 1400
    assert set(",".join(codes).split(",")) == {token.partition("%7C")[2] for token in wanted}


# --- usage ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["http://127.0.0.1/fhir"], "one of the arguments --patient --find is required"),
        (["http://127.0.0.1/fhir", "--patient", "a", "--find"], "not allowed with"),
        (["ftp://127.0.0.1/fhir", "--find"], "use an absolute http or https URL"),
        (["http://user:CANARY@127.0.0.1/fhir", "--find"], "use an absolute http or https URL"),
        (["http://127.0.0.1/fhir", "--patient", "CANARY/../x"], "use the id of a Patient"),
        (["http://127.0.0.1/fhir", "--find", "--token", "CANARY"], "give - and the token on standard input"),
        (["http://127.0.0.1/fhir", "--find", "--token", "-", "--request", "-"], "not both"),
        (["http://127.0.0.1/fhir", "--find", "--hook", "no-such-hook"], "invalid choice"),
        (["http://127.0.0.1/fhir", "--find", "--limit", "0"], "use a whole number from 1 to"),
        (["http://127.0.0.1/fhir", "--find", "--deadline-ms", "x"], "use a whole number from 10 to"),
        (["http://127.0.0.1/fhir", "--find", "--as-of", "today"], "use a date"),
    ],
)
def test_usage_errors(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what might be a secret is not repeated."""
    checked = Checked(capsys, arguments)
    assert (checked.code, checked.out) == (2, "")
    assert words in checked.err
    assert "CANARY" not in checked.err


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook not in BARE_HOOKS])
def test_a_hook_about_orders_needs_a_request(hook: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 before anything is asked; and the others can be asked with a patient alone."""
    checked = Checked(capsys, ["http://127.0.0.1:9/fhir", "--find", "--hook", hook])
    assert (checked.code, checked.out) == (2, "")
    assert f"{hook} is about more than a patient: give it with --request FILE" in checked.err
    with pytest.raises(Malformed, match="missing"):
        bare(offered_services(), hook).about("a", "http://127.0.0.1:9/fhir")


@pytest.mark.parametrize("hook", BARE_HOOKS)
def test_a_bare_hook_is_a_whole_request(hook: str) -> None:
    """BARE_HOOKS are those whose request can be read with a patient alone."""
    request = bare(offered_services(), hook).about("a", "http://127.0.0.1:9/fhir")
    assert (request.hook, request.patient_id, request.prefetch_given) == (hook, "a", False)


def test_the_hook_of_the_request_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two hooks are one too many: exit 2."""
    file = written(tmp_path, SAMPLES["imaging-caution"].request())
    checked = Checked(capsys, ["http://127.0.0.1:9/fhir", "--find", "--hook", "order-select", "--request", file])
    assert (checked.code, checked.out) == (2, "")
    assert "the request is for order-sign" in checked.err


@pytest.mark.parametrize("text", ["", "[]", '{"hook": "no-such-hook"}', '{"hook": "order-sign", "context": 1}'])
def test_what_is_no_request(text: str, tmp_path: Path, server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, as in `evaluate`."""
    file = tmp_path / "request.json"
    file.write_text(text, encoding="utf-8")
    checked = Checked(capsys, [server.base, "--patient", HER, "--request", str(file)])
    assert checked.code == 1
    assert checked.json["resourceType"] == "OperationOutcome"
    assert not server.everything_asked


def test_a_service_keeps_no_trace() -> None:
    """Queries hold patients' ids: only a command that shows them asks for them."""
    assert Traffic().trace is None
