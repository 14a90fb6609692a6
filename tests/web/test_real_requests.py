"""Real CDS Hooks requests, as test tools and public examples send them, through the protocol layer (hazard 17)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.schemas.conformance import assert_conformant, assert_operation_outcome
from tests.web.support import FakeCore, body_of

REQUESTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir" / "cds-hooks-requests"
FILES = sorted(REQUESTS.glob("*.json")) if REQUESTS.is_dir() else []
HOOKS = ("patient-view", "order-select", "order-sign")

needs_files = pytest.mark.skipif(not FILES, reason="the shared data folder does not lie beside the checkout")


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_request_is_read(client: FlaskClient, core: FakeCore, path: Path) -> None:
    """Hazard 17: each is evaluated, or refused with the right status; none is a 500.

    A removed hook (medication-prescribe) is unknown to every service; a call without prefetch and server is 412.
    """
    body = path.read_bytes()
    hook = json.loads(body)["hook"]
    service = hook if hook in HOOKS else "patient-view"
    answer = client.post(f"/cds-services/vcf-{service}", data=body, content_type="application/json")
    if hook not in HOOKS:
        assert answer.status_code == 400
        assert_operation_outcome(body_of(answer))
        return
    assert answer.status_code == 200
    assert_conformant(body_of(answer))
    request, _ = core.calls[0]
    assert "/" not in request.patient_id
