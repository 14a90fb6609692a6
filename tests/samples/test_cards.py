"""Every sample patient shows exactly the cards that are promised of it, over HTTP, whichever day it was made for."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.hooks.offer import offered_services
from cds_service.recommendations import ALL
from cds_service.samples import cases
from cds_service.samples.writer import Written
from cds_service.settings import Settings
from tests.clinical.running import EXTENSION, post, topics
from tests.samples.searching import prefetched
from tests.schemas.conformance import schema_errors

BASE = Settings().canonical_base
DAYS = (date(2026, 11, 20), date(2028, 2, 29))
AFTER = (-1, 1, 2)
"""Days between the day that a case is made for and the day of the call; a server may be in another time zone."""


@cache
def client(as_of: date) -> FlaskClient:
    """The service on that day."""
    return create_app(Settings(as_of=as_of)).test_client()


def assert_promised(name: str, made: date, called: date) -> None:
    """The hook of the case, called with what its templates find, answers with the promised cards and misses nothing."""
    case = cases()[name]
    written = Written(case, made, BASE)
    service = offered_services().for_hook(case.hook)
    answer = post(client(called), prefetched(service, written.request(), written.resources))
    assert answer.status_code == 200
    assert topics(answer.get_json()) == dict(case.cards)
    assert answer.get_json()["extension"][EXTENSION]["status"] == "complete"


@pytest.mark.parametrize("as_of", DAYS, ids=str)
@pytest.mark.parametrize("name", cases())
def test_a_case_shows_exactly_its_cards(name: str, as_of: date) -> None:
    """Topic and indicator of every card, on a day and on a leap day."""
    assert_promised(name, as_of, as_of)


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("name", cases())
def test_a_case_keeps_its_cards_for_some_days(name: str, after: int) -> None:
    """docs/sample-patients.md: on the day and the two days after it; the day before counts for time zones."""
    assert_promised(name, DAYS[0], DAYS[0] + timedelta(days=after))


def test_there_is_a_case_for_every_card() -> None:
    """contract.md: one for each card, which is named after it and promises it; every hook has one too."""
    assert list(cases()) == [case.id for case in cases().values()]
    assert set(cases()) == {recommendation.id for recommendation in ALL}
    assert len(cases()) == 28
    for case in cases().values():
        assert case.id in case.cards
    assert {case.hook for case in cases().values()} == {service.hook for service in offered_services()}


@pytest.mark.parametrize("name", cases())
def test_a_request_is_one_of_cds_hooks_and_leaves_the_server_to_the_client(name: str) -> None:
    """Checklist 18 to 26; neither prefetch nor fhirServer, and nobody else's patient."""
    written = Written(cases()[name], DAYS[0], BASE)
    request = written.request()
    assert schema_errors("request", request) == []
    assert set(request) == {"hook", "hookInstance", "context"}
    assert request["context"]["patientId"] == written.case.patient_id


@pytest.mark.parametrize("name", cases())
def test_every_resource_of_a_record_is_found_by_a_template(name: str) -> None:
    """What a server would never be asked for cannot have made a card appear."""
    case = cases()[name]
    written = Written(case, DAYS[0], BASE)
    service = offered_services().for_hook(case.hook)
    answers = prefetched(service, written.request(), written.resources)["prefetch"].values()
    found = {each["id"] for answer in answers for each in _resources(answer)}
    assert found == {each["id"] for each in written.resources}


def _resources(answer: dict[str, object]) -> list[dict[str, str]]:
    entries = answer.get("entry", [{"resource": answer}])
    return [entry["resource"] for entry in entries]  # type: ignore[attr-defined]  # JSON in, JSON out


def test_another_patient_has_another_hook_instance() -> None:
    """Cards of two cases never share a uuid."""
    instances = {Written(case, DAYS[0], BASE).request()["hookInstance"] for case in cases().values()}
    assert len(instances) == len(cases())
