"""Every prefetch template, filled as an EHR fills it, is a query that a real FHIR server accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import requests

from cds_service.hooks.offer import offered_services
from cds_service.hooks.services import HOOKS
from tests.hapi.ehr import Ehr, by_get, by_post, filled
from tests.hapi.loading import Case, sample

pytestmark = pytest.mark.hapi

TEMPLATES = sorted({pair for service in offered_services() for pair in service.prefetch.items()})
"""Key and template of every service; most are the same in all."""
EVERY_TOKEN = next(name for name, case in sample().items() if "PractitionerRole/" in case.context.get("userId", ""))


def test_discovery_offers_these_templates(ehr: Ehr) -> None:
    """What is tested below is what an EHR is told to ask, by every service."""
    assert sorted({pair for hook in HOOKS for pair in ehr.templates(hook).items()}) == TEMPLATES


@pytest.mark.parametrize("ask", [by_get, by_post])
@pytest.mark.parametrize(("key", "template"), TEMPLATES, ids=[key for key, _ in TEMPLATES])
def test_a_template_is_accepted(
    ehr: Ehr,
    vignettes: Mapping[str, Case],
    synthea: Mapping[str, str],
    key: str,
    template: str,
    ask: Callable[[str, str], requests.Response],
) -> None:
    """CDS Hooks 1.4 (27, 31): a read gives its resource, a search a searchset of one type; whoever the patient is."""
    kind = template.partition("?")[0].partition("/")[0]
    user = vignettes[EVERY_TOKEN].context["userId"]
    for patient in (*synthea.values(), vignettes[EVERY_TOKEN].patient_id):
        query = filled(template, {"patientId": patient, "userId": user})
        assert query is not None
        answer = ask(ehr.fhir, query)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        if "?" in template:
            assert (found["resourceType"], found["type"]) == ("Bundle", "searchset")
            assert {entry["resource"]["resourceType"] for entry in found.get("entry", ())} <= {kind}
        else:
            assert found["resourceType"] == kind


def test_every_template_finds_something(ehr: Ehr, vignettes: Mapping[str, Case]) -> None:
    """Over the vignettes each key but imaging (which no vignette has) brings a resource, so the queries do select."""
    found = {
        key
        for case in vignettes.values()
        for key, answer in ehr.prefetch(case.call()).items()
        if answer["resourceType"] != "Bundle" or "entry" in answer
    }
    asked = {key for hook in HOOKS for key in ehr.templates(hook)}
    assert found >= asked - {"imaging"}


def test_the_third_party_patients_have_what_is_asked_for(ehr: Ehr, synthea: Mapping[str, str]) -> None:
    """Synthea's patients answer with conditions, reports, imaging studies, observations, medications, procedures."""
    wanted = {"conditions", "reports", "imaging", "observations", "medications", "procedures"}
    for patient in synthea.values():
        call = {"hook": "patient-view", "context": {"patientId": patient, "userId": "Practitioner/prac-1"}}
        assert {key for key, answer in ehr.prefetch(call).items() if "entry" in answer} >= wanted
