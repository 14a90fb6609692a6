"""Reports in every form that systems send, from the request to the card; and what becomes of those nobody can read."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service import logs
from cds_service.app import create_app
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF, KEYS
from tests.clinical.running import EXTENSION, encoded, post
from tests.conftest import ROOT
from tests.fhir.documents import MRI, SCAN, form, pdf, slow_pdf, written
from tests.schemas.conformance import assert_conformant

Json = dict[str, Any]
SUBJECT = {"reference": "Patient/pat-1"}
SAID = "Acute L1 compression fracture with marrow edema"
WORDY = "<p class=MsoNormal><span lang=EN-US>x</span></p>" * 2_000
PAGE = f"<html><head><title>x</title></head><body><p>{'</p><p>'.join(MRI)}</p></body></html>"
DOCUMENT = rb"{\rtf1\ansi{\header Spine clinic\par}" + r"\par ".join(MRI).encode() + rb"\par}"
OUT_OF_TIME = "could not be read (too long, cut off or out of time)"


def mri(*forms: Json, days: int = 12, **more: Any) -> Json:
    """A final MRI report of a day in November with these presented forms."""
    return {
        "resourceType": "DiagnosticReport",
        "id": f"mri-{days}",
        "status": "final",
        "subject": SUBJECT,
        "code": {"coding": [{"system": "http://loinc.org", "code": "30679-5"}]},
        "effectiveDateTime": f"2026-11-{days}",
        "presentedForm": list(forms),
        **more,
    }


def asked(*reports: Json) -> Json:
    """A chart is opened that holds these reports and nothing else; every key was answered."""
    answers: Json = {key: {"resourceType": "Bundle", "type": "searchset", "entry": []} for key in KEYS}
    answers["reports"]["entry"] = [{"resource": each} for each in reports]
    answers["patient"] = {"resourceType": "Patient", "id": "pat-1", "birthDate": "1948-05-06", "gender": "female"}
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "pat-1", "userId": "Practitioner/prac-1"},
        "prefetch": answers,
    }


def answered(client: FlaskClient, *reports: Json) -> Json:
    """The conformant answer to a call with these reports."""
    answer = post(client, asked(*reports))
    assert answer.status_code == 200
    assert_conformant(answer.json)
    body: Json = answer.json
    return body


def evaluation(body: Json) -> tuple[str, list[str]]:
    """(status, missing) of an answer."""
    extension = body["extension"][EXTENSION]
    return extension["status"], extension.get("missing", [])


FORMS: dict[str, list[Json]] = {
    "PDF": [mri(form(pdf(written(MRI)), "application/pdf"))],
    "PDF under the label of plain text": [mri(form(pdf(written(MRI)), "text/plain"))],
    "PDF without a label": [mri(form(pdf(written(MRI)), None))],
    "HTML": [mri(form(PAGE, "text/html; charset=utf-8"))],
    "HTML of a word processor": [mri(form(PAGE + WORDY, "text/html"))],
    "XHTML": [mri(form(f'<div xmlns="http://www.w3.org/1999/xhtml"><a name="t"/>{SAID}.</div>', "application/xhtml"))],
    "RTF": [mri(form(DOCUMENT, "application/rtf"))],
    "plain text with CRLF": [mri(form("\r\n".join(MRI)))],
    "plain text with NBSP": [mri(form(f"IMPRESSION:\xa0{SAID.replace(' ', chr(0xA0))}."))],
    "plain text with OCR noise": [mri(form(f"|. ~,^ :;\n\x0c lMPRESSlON\n{SAID} . ,\n.~| ; _ ,l1|"))],
    "plain text with ligatures": [mri(form("Acute L1 compression fracture with marrow edema, de\ufb01nite."))],
    "Binary in the same Bundle": [
        mri({"contentType": "application/pdf", "url": "https://ehr.example/fhir/Binary/b1"}),
        {"resourceType": "Binary", "id": "b1", "contentType": "application/pdf",
         "data": form(pdf(written(MRI)))["data"]},
    ],
    "contained Binary": [
        mri({"contentType": "text/rtf", "url": "#b1"},
            contained=[{"resourceType": "Binary", "id": "b1", "data": form(DOCUMENT)["data"]}]),
    ],
    "contained Observations": [
        mri(contained=[{"resourceType": "Observation", "id": f"o{number}", "status": "final", "code": {"text": "Line"},
                        "valueString": line} for number, line in enumerate(MRI)]),
    ],
    "a narrative that a person added to": [
        mri(text={"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{SAID}.</div>'}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_a_report_in_any_form_reaches_the_card(client: FlaskClient, kind: str) -> None:
    """Hazard 8, F19: the fracture, its level and the report's own words stand on the card, wherever they stood."""
    body = answered(client, *FORMS[kind])
    assert evaluation(body) == ("complete", [])
    cards = {card["source"]["topic"]["code"]: card for card in body["cards"]}
    assert "L1" in cards["conservative-care"]["summary"]
    assert SAID in cards["conservative-care"]["detail"].replace("\xa0", " ")
    assert "could not be read" not in cards["conservative-care"]["detail"]


@pytest.mark.parametrize(
    "category",
    [
        [{"coding": [{"system": "http://loinc.org", "code": "LP29684-5"}]}],
        [{"coding": [{"system": "urn:oid:1.2.840.114350.1.13.1", "code": "MRSPINE", "display": "MR"}]}],
        [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}],
        [{"text": "Imaging"}],
        [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}],
        None,
    ],
)
@pytest.mark.parametrize("code", [{"coding": [{"system": "http://loinc.org", "code": "30679-5"}]}, {"text": "Report"}])
def test_whatever_drawer_it_was_filed_in(client: FlaskClient, category: list[Json] | None, code: Json) -> None:
    """Hazard 7: LP29684-5, a local code, RAD, words, unknown or nothing, even where the title says nothing either."""
    given = mri(form(pdf(written(MRI)), "application/pdf"), category=category, code=code)
    assert answered(client, {name: value for name, value in given.items() if value is not None})["cards"]


def test_the_services_ask_for_reports_of_every_category(client: FlaskClient) -> None:
    """Hazard 7: a search on category=RAD misses VA and Cerner reports, so no service filters."""
    services = client.get("/cds-services").json
    assert services is not None
    assert [each["prefetch"]["reports"] for each in services["services"]] == [
        "DiagnosticReport?patient={{context.patientId}}&_sort=-date&_count=100"
    ] * len(services["services"])


UNREADABLE: dict[str, tuple[Json, str]] = {
    "scan": (form(pdf(b"/Im Do", objects=[SCAN], resources=b"/XObject << /Im 3 0 R >>"), "application/pdf"),
             "scanned image"),
    "picture": (form(b"\xff\xd8\xff", "image/jpeg"), "scanned image"),
    "damaged PDF": (form(b"%PDF-1.7 CANARY %%EOF", "application/pdf"), "only a link, damaged"),
    "link": ({"contentType": "application/pdf", "url": "https://ehr.example/Binary/XR-1"}, "only a link, damaged"),
    "cut RTF": (form(DOCUMENT[:-1], "text/rtf"), "too long, cut off"),
    "5 MB": (form("No fracture. " * 400_000), "too long, cut off"),
    "German": (form("Fraktur LWK 1", language="de-AT"), "not in English"),
    "nothing": ({"contentType": "text/plain"}, "without text"),
}  # fmt: skip
FILM = mri(
    form("Acute L1 compression fracture."),
    days=10,
    code={"coding": [{"system": "http://loinc.org", "code": "24972-2"}]},
)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_report_that_nobody_could_read_is_said(client: FlaskClient, kind: str) -> None:
    """F19: language, empty, only image, damaged, 5 MB: a line on every card that rests on imaging, in words."""
    attachment, words = UNREADABLE[kind]
    body = answered(client, FILM, mri(attachment))
    assert evaluation(body) == ("partial", ["reports"])
    assert body["cards"]
    for card in body["cards"]:
        (line,) = [line for line in card["detail"].splitlines() if "could not be read" in line and "**" in line]
        assert line.startswith(f"**1 imaging report could not be read ({words}")
        assert "Could not be read: reports" not in card["detail"]


def test_a_report_read_in_part_is_said(client: FlaskClient) -> None:
    """F19: the conclusion was read and the scanned report was not."""
    scan, _ = UNREADABLE["scan"]
    body = answered(client, mri(scan, conclusion="Acute L1 compression fracture."))
    assert evaluation(body) == ("partial", ["reports"])
    assert "**1 imaging report could be read only in part (scanned image).**" in body["cards"][0]["detail"]


def test_without_a_card_the_answer_is_not_called_complete(client: FlaskClient) -> None:
    """Design invariant 2: no cards means "looked, nothing to say"; here something was not looked at."""
    scan, _ = UNREADABLE["scan"]
    body = answered(client, mri(scan))
    assert (body["cards"], evaluation(body)) == ([], ("partial", ["reports"]))


def hurried() -> FlaskClient:
    """A client of a service that has 0.9 seconds for a call."""
    return create_app(Settings(as_of=AS_OF, deadline_ms=900, fhir_deadline_ms=100)).test_client()


def test_a_hanging_pdf_is_killed_and_said() -> None:
    """F19: the call is answered from what could be read, long before the file would have been parsed."""
    started = time.monotonic()
    body = answered(hurried(), FILM, mri(form(slow_pdf(1), "application/pdf")))
    assert time.monotonic() - started < 6  # the file alone takes more than 10
    assert f"**1 imaging report {OUT_OF_TIME}.**" in body["cards"][0]["detail"]
    assert evaluation(body) == ("partial", ["reports"])


def test_several_files_share_one_time() -> None:
    """F19: after the deadline no further file is begun; each is counted."""
    started = time.monotonic()
    hanging = [mri(form(slow_pdf(day), "application/pdf"), days=day) for day in range(11, 17)]
    body = answered(hurried(), FILM, *hanging)
    assert time.monotonic() - started < 6
    assert f"**6 imaging reports {OUT_OF_TIME}.**" in body["cards"][0]["detail"]


def test_nothing_of_a_file_reaches_the_log(client: FlaskClient, capfd: pytest.CaptureFixture[str]) -> None:
    """J9: neither a parser's complaint nor the text it quotes."""
    stream = io.StringIO()
    with logs.captured(stream):
        for content in (b"%PDF-1.7 CANARY %%EOF", pdf(written(["CANARY (CANARY"])).replace(b"/Pages", b"/CANARY")):
            answered(client, mri(form(content, "application/pdf"), conclusion="CANARY L1 fracture."))
    printed = "".join(capfd.readouterr())
    assert stream.getvalue()
    assert "CANARY" not in stream.getvalue() + printed


@pytest.fixture
def gunicorn() -> Iterator[tuple[int, int]]:
    """Port and process id of the service as it is deployed, one worker with its threads."""
    command = [sys.executable, "-m", "cds_service.cli", "serve", "--port", "0"]
    settings = {"VCF_AS_OF": AS_OF.isoformat(), "WEB_CONCURRENCY": "1", "VCF_DEADLINE_MS": "20000"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCF_")}
    environ = {**kept, **settings, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stderr is not None
        line = json.loads(process.stderr.readline())
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield int(line["address"].rpartition(":")[2]), process.pid
        process.terminate()
        assert process.wait(30) == 0
        drain.join(5)


def descendants(pid: int) -> list[str]:
    """The states and names of all processes below one, as /proc has them."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = file.read_text().partition(" ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        name, _, fields = rest.rpartition(") ")
        parents.setdefault(int(fields.split()[1]), []).append((int(number), f"{fields[0]} {name}"))
    found: list[str] = []
    pending = [pid]
    while pending:
        below = parents.get(pending.pop(), [])
        found += [name for _, name in below]
        pending += [child for child, _ in below]
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc tells which processes there are")
def test_threads_of_a_worker_parse_at_once(gunicorn: tuple[int, int]) -> None:
    """Operations 7: eight calls in eight threads, each with a file of its own, and no process is left behind."""
    port, pid = gunicorn

    def call(number: int) -> Json:
        lines = [*MRI, f"Accession {number}."]
        sent = encoded(asked(mri(form(pdf(written(lines)), "application/pdf"))))
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/cds-services/vcf-patient-view",
            data=sent,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body: Json = json.load(answer)
            return body

    with ThreadPoolExecutor(8) as threads:
        bodies = list(threads.map(call, range(16)))
    assert all(SAID in body["cards"][0]["detail"] for body in bodies)
    assert len(descendants(pid)) == 1  # the worker
