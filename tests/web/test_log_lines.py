"""What is kept of a request: one JSON line of known fields, nothing that came with it (fault matrix J7, J8, J10)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.errors import DataUnavailable
from cds_service.fhir.client.tokens import Token
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import Service
from cds_service.logs import RequestLine
from tests.web.support import PATH, FakeCore, body_of, call, context, encoded, evaluation

NAME, MRN, TOKEN = "Zephyrine-Quillfeather", "MRN-55512345", "eyJhbGciOiJFUzM4NCJ9.canary"
CANARIES = (NAME, MRN, TOKEN, "canary")
HOSTILE = 'a\r\nb\x1b[31m{"event":"forged"}%s%(x)s'
ALLOWED = {field.name for field in fields(RequestLine)} | {"time", "level"}


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert all(set(line) <= ALLOWED for line in lines)
    return lines


def _planted() -> dict[str, Any]:
    return call(
        hookInstance=MRN,
        context=context(patientId=MRN, userId=f"Practitioner/{NAME}", encounterId=MRN, note=NAME),
        fhirServer=f"https://fhir.example/{NAME}",
        fhirAuthorization={"access_token": TOKEN, "patient": MRN, "subject": NAME, "scope": "patient/*.read"},
        prefetch={"patient": {"resourceType": "Patient", "id": MRN, "name": [{"text": NAME}]}, NAME: None},
        extension={NAME: TOKEN},
        **{MRN: NAME},
    )


def _send_planted(client: FlaskClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-ID": MRN, "X-Forwarded-For": NAME, "User-Agent": NAME}
    client.post(f"{PATH}?name={NAME}", data=body, content_type="application/json", headers=headers)
    client.post(f"/cds-services/{NAME}", data=body, content_type="application/json", headers=headers)
    client.get(f"/evidence/{NAME}", headers=headers)
    client.get(f"/{NAME}", headers=headers)


def test_one_line_of_known_fields(client: FlaskClient, log: io.StringIO) -> None:
    """operations 1.6: an evaluated call leaves one line, and these are its facts."""
    client.post(PATH, data=encoded(call()), content_type="application/json")
    (line,) = _lines(log)
    assert line["latency_ms"] >= 0
    assert {key: line[key] for key in ("event", "service", "hook", "status", "cards", "evaluation", "knowledge")} == {
        "event": "evaluate",
        "service": "vcf-patient-view",
        "hook": "patient-view",
        "status": 200,
        "cards": 0,
        "evaluation": "complete",
        "knowledge": "vcf@0.0.0",
    }


def test_missing_keys_are_kept(client: FlaskClient, core: FakeCore, log: io.StringIO) -> None:
    """operations 1.6: what was missing is kept, of a partial answer and of a 412."""

    def partial(service: Service, request: HookRequest) -> Mapping[str, object]:
        return {"cards": [], "extension": evaluation("partial", missing=["reports"])}

    core.answer = partial
    client.post(PATH, data=encoded(call()), content_type="application/json")

    def unavailable(service: Service, request: HookRequest) -> Mapping[str, object]:
        raise DataUnavailable(["conditions"])

    core.answer = unavailable
    client.post(PATH, data=encoded(call()), content_type="application/json")
    first, second = _lines(log)
    assert (first["status"], first["evaluation"], first["missing"]) == (200, "partial", ["reports"])
    assert (second["status"], second["problem"], second["missing"]) == (412, "processing", ["conditions"])


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_no_canary_reaches_the_log(client: FlaskClient, log: io.StringIO, level: int, capfd: Any) -> None:
    """J8, J9: name, record number and token, planted everywhere, are in no line, and nothing else is printed."""
    logging.getLogger("vcf_cds").setLevel(level)
    body = encoded(_planted())
    _send_planted(client, body)
    _send_planted(client, body[:-1])
    _send_planted(client, body.replace(b"patient-view", NAME.encode()))
    assert len(_lines(log)) == 12
    printed = log.getvalue() + "".join(capfd.readouterr())
    assert [canary for canary in CANARIES if canary in printed] == []


@pytest.mark.parametrize(
    "place", ["hook", "hookInstance", "fhirServer", "patientId", "userId", "encounterId", "prefetch", "member"]
)
def test_a_line_cannot_be_forged(client: FlaskClient, log: io.StringIO, place: str) -> None:
    """J7: line breaks, escapes and JSON in any string leave one valid line that says nothing of them."""
    if place == "prefetch":
        body = call(prefetch={HOSTILE: {"resourceType": HOSTILE}})
    elif place == "member":
        body = call(**{HOSTILE: HOSTILE})
    elif place in ("patientId", "userId", "encounterId"):
        body = call(context=context(**{place: HOSTILE}))
    else:
        body = call(**{place: HOSTILE})
    client.post(PATH, data=encoded(body), content_type="application/json", headers={"X-Request-ID": "\x1b[31m"})
    assert len(_lines(log)) == 1
    assert "forged" not in log.getvalue()


def test_a_defect_is_told_by_type_and_place_only(client: FlaskClient, core: FakeCore, log: io.StringIO) -> None:
    """J10: the caller gets an opaque id, the log gets id, type and line; the message goes nowhere."""

    def broken(service: Service, request: HookRequest) -> Mapping[str, object]:
        raise KeyError(NAME)

    core.answer = broken
    answer = client.post(PATH, data=encoded(_planted()), content_type="application/json")
    (line,) = _lines(log)
    assert answer.status_code == 500
    assert body_of(answer)["issue"][0]["code"] == "exception"
    assert line["failure_id"] in answer.text
    assert (line["failure"], line["level"]) == ("KeyError", "ERROR")
    assert line["at"].startswith("cds_service.web.routes:")
    assert [canary for canary in (*CANARIES, "Traceback") if canary in answer.text + log.getvalue()] == []


def test_a_number_json_cannot_hold_is_a_defect(client: FlaskClient, core: FakeCore, log: io.StringIO) -> None:
    """G16: NaN in an answer is a 500, never invalid or silently changed JSON."""

    def not_a_number(service: Service, request: HookRequest) -> Mapping[str, object]:
        return {"cards": [{"summary": float("nan")}], "extension": evaluation()}

    core.answer = not_a_number
    answer = client.post(PATH, data=encoded(call()), content_type="application/json")
    assert answer.status_code == 500
    assert body_of(answer)["resourceType"] == "OperationOutcome"
    assert _lines(log)[0]["failure"] == "ValueError"


def test_a_token_cannot_be_printed() -> None:
    """operations 1.3: neither repr, str, format nor a traceback of it shows the token."""
    token = Token(TOKEN)
    assert TOKEN not in f"{token!r}{token}{token!s:>40}"
    assert token.reveal() == TOKEN


def test_a_request_does_not_print_its_content(client: FlaskClient, core: FakeCore) -> None:
    """J9: a request in an exception or an assertion shows no patient."""
    client.post(PATH, data=encoded(_planted()), content_type="application/json")
    assert MRN not in repr(core.calls[0][0])
