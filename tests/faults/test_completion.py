"""For every vignette: however much of the record was sent and however much had to be fetched, the answer is the same.

One service and one server for all. The server holds the vignette in hand, and what a client "sends" is what its
templates find there: a client sends what our own query would have returned (checklist 32), and what no template asks
for (an observation without a LOINC code) is in neither answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from cds_service.fhir.record import own_key
from cds_service.hooks.services import REQUIRED_KEYS
from tests.clinical.builder import PATIENT, build, load_vignettes
from tests.faults.support import Running, Said, is_part, running, service_of
from tests.servers import faults
from tests.servers.fhir import FhirServer
from tests.shares import in_turn, share

Json = dict[str, Any]
VIGNETTES = load_vignettes()
UNREAD: Final = tuple(name for name, vignette in VIGNETTES.items() if vignette.get("unread"))
ROLE: Final = "role-1"
OUTCOME: Final = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[FhirServer]:
    """Holds the vignette in hand."""
    with FhirServer() as server:
        yield server


@pytest.fixture(scope="module")
def patient_service() -> Iterator[Running]:
    """A service of its own, so that no other test's server stands at the one in hand."""
    with running() as service:
        yield service


@dataclass(frozen=True, slots=True)
class Case:
    """A vignette on the server, and its request without prefetch."""

    request: Json
    prefetch: Json
    """Every key of the service, as its templates find it on the server."""

    def sending(self, prefetch: Json, server: FhirServer | None) -> Json:
        """The request with that much sent, and that server to ask."""
        return self.request | {"prefetch": prefetch} | ({} if server is None else {"fhirServer": server.base})

    def without(self, key: str) -> Json:
        """All but one key."""
        return {name: value for name, value in self.prefetch.items() if name != key}


def placed(name: str, server: FhirServer) -> Case:
    """A vignette, put onto the server."""
    request = build(VIGNETTES[name])
    sent = request.pop("prefetch")
    server.heal()
    server.load(
        resource
        for value in sent.values()
        for resource in ([e["resource"] for e in value.get("entry", [])] if "entry" in value else [value])
        if resource["resourceType"] != "Bundle"
    )
    return Case(request, {key: server.get(query) for key, query in queries(request).items()})


def queries(request: Json) -> dict[str, str]:
    """The templates of the service, filled in as a client does; the role only where the user has one."""
    templates = service_of(request["hook"]).prefetch
    with_role = request["context"].get("userId", "").startswith("PractitionerRole/")
    filled = {
        key: template.replace("{{context.patientId}}", PATIENT).replace("{{userPractitionerRoleId}}", ROLE)
        for key, template in templates.items()
    }
    return {key: query for key, query in filled.items() if key != "practitioner-role" or with_role}


ONE_IN: Final = {"name": 6, "each": 32}
"""Which part of the vignettes `make test` takes: where two answers are compared, and where three for every key."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every vignette with `--exhaustive` (`make exhaustive`), else some of them, by their names."""
    for argument, one_in in ONE_IN.items():
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, share(metafunc.config, VIGNETTES, one_in))


def test_nothing_sent_and_everything_sent_are_one(patient_service: Running, server: FhirServer, name: str) -> None:
    """Checklist 46: from prefetch alone or from the server alone, the same response but for ``evaluation_id``."""
    case = placed(name, server)
    whole = patient_service.post(case.sending(case.prefetch, None))
    server.forget()
    fetched = patient_service.post(case.sending({}, server))
    assert (whole.status, whole.missing) == (200, [])
    assert fetched.answer == whole.answer
    assert len(server.asked) == len(case.prefetch)


def test_any_one_key_may_be_withheld(patient_service: Running, server: FhirServer, each: str) -> None:
    """Checklist 35: fetched, and the same response; with nobody to ask it is as if its search had failed, and named."""
    case = placed(each, server)
    whole = patient_service.post(case.sending(case.prefetch, server))
    for key in case.prefetch:
        fetched = patient_service.post(case.sending(case.without(key), server))
        assert fetched.answer == whole.answer, key
        if is_part(key):
            continue  # where nobody is to be asked, the key that was sent stands for its parts
        unread = patient_service.post(case.sending(case.without(key), None))
        failed = patient_service.post(case.sending(case.prefetch | {key: OUTCOME}, None))
        expect_named(unread, whole, key)
        assert told(unread, key) == told(failed, key), key


def expect_named(unread: Said, whole: Said, key: str) -> None:
    """412 about a required key, else the key in ``missing`` and a status that says so; an order that is dispatched
    lies in the record, so without its key it is unread too.
    """
    if key in REQUIRED_KEYS:
        assert (unread.status, unread.expression) == (412, [f"prefetch.{key}"])
    else:
        status = "out-of-scope" if whole.evaluation["status"] == "out-of-scope" else "partial"
        assert (unread.status, unread.evaluation["status"]) == (200, status)
        assert [each for each in unread.missing if each != "dispatched-orders"] == [key]


def told(said: Said, key: str) -> Json:
    """All that an answer says, but for whether the key was not sent or failed; a long reason is cut anywhere in it."""
    if said.status != 200:
        return said.body
    answer = said.answer
    reason = re.compile(rf"\b{key} (?:not sent|failed)|\b{key}(?: not)?\.\.\.")
    for card in answer["cards"]:
        card["detail"] = [line for line in card["detail"].splitlines() if not reason.search(line)]
    return answer


@pytest.mark.parametrize("lacking_one", UNREAD)
def test_a_key_that_is_refused_is_as_if_not_sent(
    patient_service: Running, server: FhirServer, lacking_one: str
) -> None:
    """E16: what the server does not give is unknown like what nobody sent: the same cards, the same ``missing``."""
    case = placed(lacking_one, server)
    lacking = {key for key in case.prefetch if own_key(key) in VIGNETTES[lacking_one]["unread"]}
    sent = patient_service.post(case.sending({k: v for k, v in case.prefetch.items() if k not in lacking}, None))
    for key in lacking:
        server.fault(queries(case.request)[key].partition("?")[0], faults.status(403))
    fetched = patient_service.post(case.sending({}, server))
    assert set(sent.missing) == set(fetched.missing) == lacking
    assert indicators(sent) == indicators(fetched)
    assert "(access refused)" in json.dumps(fetched.body) or not fetched.body["cards"]


def indicators(said: Said) -> dict[str, str]:
    """Topic to indicator."""
    return {card["source"]["topic"]["code"]: card["indicator"] for card in said.body["cards"]}


def test_the_templates_find_what_the_vignettes_rest_on(patient_service: Running, server: FhirServer) -> None:
    """The check itself: most vignettes come out as expected from what the templates find, so little is lost to both
    sides alike.
    """
    other = [name for name in VIGNETTES if in_turn(name, 9) and not VIGNETTES[name].get("unread")]
    expected = {name: dict(VIGNETTES[name]["expect"]) for name in other}
    got = {}
    for name in other:
        case = placed(name, server)
        got[name] = indicators(patient_service.post(case.sending(case.prefetch, None)))
    same = [name for name in other if got[name] == expected[name]]
    assert len(same) / len(other) > 0.9
