"""Real CDS Hooks requests and real FHIR records as prefetch: 200 or the right 4xx, never a 5xx, always conformant.

The records are the public ones of the shared data folder: generated patients, VistA-shaped records, converter output,
examples of implementation guides, and a DSTU2 bundle. The clinical content of an answer is not judged here.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.fhir.record import KEY_TYPES
from tests.clinical.running import EXTENSION, encoded
from tests.schemas.conformance import assert_conformant, assert_operation_outcome

FHIR = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir"
REQUESTS = sorted((FHIR / "cds-hooks-requests").glob("*.json"))
RECORDS = sorted(
    file
    for pattern in ("*.json", "*.json.gz", "*.ndjson", "*.ndjson.gz")
    for file in FHIR.rglob(pattern)
    if "cds-hooks-requests" not in file.parts
)
HOOKS = ("patient-view", "order-select", "order-sign")

pytestmark = pytest.mark.skipif(not RECORDS, reason="the shared data folder does not lie beside the checkout")

Json = dict[str, Any]


def post(client: FlaskClient, hook: str, request: Json) -> Any:
    """The answer to a request of whatever hook."""
    service = hook if hook in HOOKS else "patient-view"
    return client.post(f"/cds-services/vcf-{service}", data=encoded(request), content_type="application/json")


def assert_answered(answer: Any, *allowed: int) -> None:
    """A conformant 200, or an OperationOutcome with one of the allowed refusals."""
    assert answer.status_code in (200, *allowed), answer.json
    if answer.status_code == 200:
        assert_conformant(answer.json)
        assert answer.json["extension"][EXTENSION]["status"] in ("complete", "partial", "out-of-scope")
    else:
        assert_operation_outcome(answer.json)


@pytest.mark.parametrize("file", REQUESTS, ids=lambda file: file.stem)
def test_a_real_request_is_answered_or_refused(client: FlaskClient, file: Path) -> None:
    """Hazard 17: 200, 412 where patient or conditions cannot be had, 400 for a hook that no longer exists."""
    request: Json = json.loads(file.read_bytes())
    hook = request["hook"]
    answer = post(client, hook, request)
    if hook not in HOOKS:
        assert answer.status_code == 400
    assert_answered(answer, 400, 412)


def resources(file: Path) -> list[Json]:
    """Every resource of a file: a Bundle's entries, one a line, or the file itself."""
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    text = raw.decode("utf-8-sig")
    if ".ndjson" in file.name:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    body = json.loads(text)
    items = body if isinstance(body, list) else [body]
    return list(_unpacked(items))


def _unpacked(items: list[Any]) -> Iterator[Json]:
    for item in items:
        if isinstance(item, dict) and item.get("resourceType") == "Bundle":
            yield from _unpacked([entry.get("resource") for entry in item.get("entry", [])])
        elif isinstance(item, dict) and "resourceType" in item:
            yield item


def calls(found: list[Json]) -> Iterator[Json]:
    """The resources as one foreign key, and split by type under our own keys."""
    patients = [r for r in found if r["resourceType"] == "Patient"]
    patient = patients[0] if patients else {"resourceType": "Patient", "id": "nobody", "birthDate": "1950-01-01"}
    base: Json = {"hook": "patient-view", "hookInstance": "11111111-2222-4333-8444-555555555555"}
    base["context"] = {"userId": "Practitioner/x", "patientId": patient.get("id", "nobody")}
    none: Json = {"resourceType": "Bundle", "type": "searchset"}
    yield {**base, "prefetch": {"patient": patient, "conditions": none, "item1": bundle(found)}}
    split: Json = {
        key: bundle([r for r in found if r["resourceType"] in types])
        for key, types in KEY_TYPES.items()
        if key not in ("patient", "practitioner-role")
    }
    yield {**base, "prefetch": {"patient": patient, **split}}


def bundle(found: list[Json]) -> Json:
    """A search result of these resources."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in found]}


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.relative_to(FHIR).as_posix())
def test_a_real_record_is_answered_or_refused(client: FlaskClient, file: Path) -> None:
    """Hazards 1 to 16: one bad resource never loses the rest, and none is a 500; a Patient without an R4 id is 4xx."""
    found = resources(file)
    assert found, "the file holds no resource"
    for request in calls(found):
        assert_answered(post(client, "patient-view", request), 400, 412, 413)
