"""Discovery: what each service asks for, within what CDS Hooks 2.0 allows (checklist 7-17, 27-39)."""

from __future__ import annotations

import re

import pytest

from cds_service.errors import NotFound
from cds_service.fhir.record import own_key
from cds_service.hooks.services import HOOKS, PREFETCH_TEMPLATES, REQUIRED_KEYS, Service, Services, offered
from tests.schemas.conformance import assert_discovery

EVERYTHING = offered(dict.fromkeys(HOOKS, tuple(PREFETCH_TEMPLATES)), {"": ("72514-3", "38269-7"), "labs": ("6301-6",)})
CONTRACT_KEYS = (
    "patient encounter conditions reports imaging observations medications devices procedures orders allergies coverage"
    " questionnaire practitioner-role"
).split()
TOKENS = {"context.patientId", "userPractitionerRoleId"}
PARAMETERS = {"patient", "code", "category", "status", "date", "_count", "_sort"}


def test_the_ids_are_those_of_the_contract() -> None:
    """contract.md, HTTP: one service a hook, distinct ids."""
    assert {service.hook: service.id for service in EVERYTHING} == {hook: f"vcf-{hook}" for hook in HOOKS}
    assert_discovery(EVERYTHING.discovery())


def test_the_keys_are_those_of_the_contract() -> None:
    """contract.md, Prefetch keys: every key has a template, and there is no other; a key may be split."""
    assert {own_key(key) for key in PREFETCH_TEMPLATES} == set(CONTRACT_KEYS)
    assert set(PREFETCH_TEMPLATES) - set(CONTRACT_KEYS) == {"orders-devices"}


@pytest.mark.parametrize("service", EVERYTHING.all, ids=lambda service: service.id)
def test_templates_keep_to_the_subset(service: Service) -> None:
    """Checklist 27-31: reads and searches by patient, first-level tokens, plain parameters, no modifier."""
    for template in service.prefetch.values():
        assert set(re.findall(r"\{\{(.*?)\}\}", template)) <= TOKENS
        path, _, query = template.partition("?")
        names = [pair.partition("=")[0] for pair in query.split("&")] if query else []
        assert set(names) <= PARAMETERS
        assert len(set(names)) == len(names)
        assert ("patient" in names) if query else re.fullmatch(r"[A-Z][A-Za-z]+/\{\{[A-Za-z.]+\}\}", path)
        assert all(query.replace("{{context.patientId}}", "x").split("=")[1:])


def test_reports_are_not_filtered_by_category() -> None:
    """Hazard 7: category RAD alone misses sites that file radiology elsewhere."""
    assert "category" not in PREFETCH_TEMPLATES["reports"]


def test_a_service_asks_for_what_is_needed_and_no_more() -> None:
    """Checklist 39: the required keys and the union of the needs, in the order of the table."""
    services = offered({"patient-view": {"reports", "devices"}}, {})
    assert tuple(services.get("vcf-patient-view").prefetch) == ("patient", "conditions", "reports", "devices")
    assert tuple(services.get("vcf-order-sign").prefetch) == REQUIRED_KEYS


def test_observations_are_asked_for_by_code_and_may_be_split() -> None:
    """contract.md: a key may be split with a suffix; codes are bare, for LOINC goes by many names (hazard 3)."""
    prefetch = EVERYTHING.get("vcf-order-sign").prefetch
    assert "code=72514-3,38269-7&" in prefetch["observations"]
    assert "code=6301-6&" in prefetch["observations-labs"]


@pytest.mark.parametrize(
    ("needs", "codes", "words"),
    [({"patient-view": ["x-rays"]}, {"": ("1-8",)}, "x-rays"), ({"patient-view": ["observations"]}, {"": ()}, "LOINC")],
)
def test_a_need_that_cannot_be_asked_for_stops_the_start(
    needs: dict[str, list[str]], codes: dict[str, tuple[str, ...]], words: str
) -> None:
    """Invariant 1: a key without a query would be unknown for ever."""
    with pytest.raises(ValueError, match=words):
        offered(needs, codes)


def test_no_service_is_an_empty_list() -> None:
    """Checklist 8: zero services is 200 with `services: []`."""
    assert_discovery(Services(()).discovery())


def test_what_is_not_there_is_not_found() -> None:
    """A4: by id and by hook."""
    with pytest.raises(NotFound):
        EVERYTHING.get("vcf-nothing")
    with pytest.raises(NotFound):
        EVERYTHING.for_hook("medication-prescribe")
