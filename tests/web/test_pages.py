"""The evidence pages: everything shown is escaped, everything is said to be unreviewed (operations 1.5, 1.11, J14)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web.pages import EvidenceCriterion, EvidencePage, EvidenceSource
from tests.schemas.conformance import assert_operation_outcome
from tests.web.support import SERVICES, FakeCore, body_of

HOSTILE = '<script>alert(1)</script><img src=x onerror="a()">{{7*7}}'
PAGE = EvidencePage(
    id="mri-without-contrast",
    title="MRI of the spine without contrast",
    statement="Consider MRI when a recent fracture is suspected.",
    criteria=(
        EvidenceCriterion("fracture of a vertebral body", "include", "ACR"),
        EvidenceCriterion("pain", "confirm"),
    ),
    sources=(
        EvidenceSource("ACR Appropriateness Criteria", "topic 171", "https://acr.example/171"),
        EvidenceSource("A page", url="javascript:alert(1)"),
    ),
    strength="usually appropriate",
    knowledge="vcf@0.0.0",
    site_choices=("C-15 read as lcd",),
)
EVIL = EvidencePage(id="evil", title=HOSTILE, statement=HOSTILE, sources=(EvidenceSource(HOSTILE, HOSTILE),))


@pytest.fixture
def client() -> FlaskClient:
    """A client of an application with two pages and a questionnaire."""
    return create_app(
        Settings(public_url="https://cds.example"),
        evaluate=FakeCore(),
        services=SERVICES,
        evidence=lambda: {page.id: page for page in (PAGE, EVIL)},
        questionnaire=lambda: {"resourceType": "Questionnaire", "status": "draft"},
        knowledge={"version": "vcf@0.0.0"},
    ).test_client()


def test_a_page_shows_statement_criteria_and_sources(client: FlaskClient) -> None:
    """contract.md, /evidence: statement, criteria with their source, sources, site choices, and no review yet."""
    answer = client.get("/evidence/mri-without-contrast")
    assert answer.mimetype == "text/html"
    for text in (
        PAGE.statement,
        "fracture of a vertebral body",
        "topic 171",
        "https://acr.example/171",
        "C-15 read as lcd",
    ):
        assert text in answer.text
    assert "not yet clinically reviewed" in answer.text
    assert "https://cds.example/evidence" in answer.text


def test_the_index_says_that_nothing_is_reviewed(client: FlaskClient) -> None:
    """design.md 6: the honest note stands on the list too, for people and machines."""
    assert "not yet clinically reviewed" in client.get("/evidence").text
    assert body_of(client.get("/evidence.json"))["clinicalReview"] == "not yet clinically reviewed"


@pytest.mark.parametrize("path", ["/evidence", "/evidence/evil"])
def test_hostile_text_stays_text(client: FlaskClient, path: str) -> None:
    """operations 1.5: markup and template syntax in content come out as text."""
    page = client.get(path).text
    assert "<script" not in page
    assert "<img" not in page
    assert "{{7*7}}" in page


def test_only_https_sources_are_links(client: FlaskClient) -> None:
    """Argonaut R2: no javascript: link."""
    assert "javascript:" not in client.get("/evidence/mri-without-contrast").text


def test_a_page_runs_no_script_and_loads_nothing(client: FlaskClient) -> None:
    """operations 1.11: the policy allows the page's own style by its hash and nothing else."""
    headers = client.get("/evidence/evil").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_machines_get_the_same(client: FlaskClient) -> None:
    """contract.md, .json: the page as JSON, nothing empty in it."""
    body = body_of(client.get("/evidence/mri-without-contrast.json"))
    assert body["id"] == "mri-without-contrast"
    assert body["criteria"][1] == {"label": "pain", "role": "confirm"}
    assert "site_choices" not in body_of(client.get("/evidence/evil.json"))


@pytest.mark.parametrize(
    "path", ["/evidence/nothing", "/evidence/nothing.json", "/evidence/%3Cscript%3E", "/evidence/a/b"]
)
def test_an_unknown_page_is_404(client: FlaskClient, path: str) -> None:
    """J14: 404 that repeats nothing."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert_operation_outcome(body_of(answer))
    assert "script" not in answer.text


def test_the_questionnaire_is_fhir(client: FlaskClient) -> None:
    """contract.md, HTTP: served as FHIR JSON, and 404 where there is none."""
    answer = client.get("/fhir/Questionnaire/vcf-assessment")
    assert (answer.status_code, answer.mimetype) == (200, "application/fhir+json")
    without = create_app(Settings(), evaluate=FakeCore(), services=SERVICES, questionnaire=lambda: None).test_client()
    assert without.get("/fhir/Questionnaire/vcf-assessment").status_code == 404


def test_version_names_the_knowledge(client: FlaskClient) -> None:
    """design.md 6: what is in use is shown at /version."""
    assert body_of(client.get("/version"))["knowledge"] == {"version": "vcf@0.0.0"}
