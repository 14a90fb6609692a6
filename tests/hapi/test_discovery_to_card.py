"""From discovery to the card, over real HTTP: whatever of the record the EHR prefetches, the answer is the same."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cds_service import logs
from tests.clinical.running import EXTENSION, masked, topics
from tests.hapi.ehr import Ehr
from tests.hapi.loading import Case, chosen
from tests.hapi.proxy import Proxy
from tests.schemas.conformance import assert_conformant

pytestmark = pytest.mark.hapi

CHOICES = 2
TOKEN = "canary-6d1f0c"


def choices(keys: Sequence[str], seed: str) -> list[list[str]]:
    """Some of the keys, a few times over; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a seeded choice, nothing secret
    return [chance.sample(keys, chance.randrange(1, len(keys))) for _ in range(CHOICES)]


def answered(ehr: Ehr, call: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The response of a call that is answered with cards or with none."""
    answer = ehr.call(call, **more)
    assert answer.status_code == 200, answer.text
    response = answer.json()
    assert_conformant(response)
    return masked(response)


def assert_whole(response: Mapping[str, Any]) -> None:
    """Nothing is missing; of a child nothing is judged (decision 2), which is another status."""
    extension = response["extension"][EXTENSION]
    assert "missing" not in extension
    assert extension["status"] in ("complete", "out-of-scope")


def test_every_case_is_on_the_server(refused: Mapping[str, str]) -> None:
    """HAPI takes every vignette; one that it does not take would stand here with HAPI's words."""
    assert refused == {}


@pytest.mark.parametrize("name", chosen())
def test_all_prefetched_gives_the_cards_of_the_vignette(ehr: Ehr, vignettes: Mapping[str, Case], name: str) -> None:
    """Prefetch as a server gives it, every page read, and no server to ask: the record was stored and found whole."""
    call = vignettes[name].call()
    response = answered(ehr, call, prefetch=ehr.prefetch(call))
    assert topics(response) == vignettes[name].expect
    assert_whole(response)


@pytest.mark.parametrize("name", chosen())
def test_whoever_reads_the_record_the_answer_is_the_same(ehr: Ehr, vignettes: Mapping[str, Case], name: str) -> None:
    """CDS Hooks 1.4 (35), 1.5 (46): nothing, something or all prefetched; what is missing the service reads itself."""
    call = vignettes[name].call(fhirServer=ehr.fhir)
    everything = ehr.prefetch(call)
    whole = answered(ehr, call, prefetch=everything)
    assert topics(whole) == vignettes[name].expect
    assert_whole(whole)
    assert answered(ehr, call) == whole
    for keys in choices(sorted(everything), name):
        assert answered(ehr, call, prefetch={key: everything[key] for key in keys}) == whole, " ".join(keys)


def test_third_party_patients_are_read_alike(ehr: Ehr, synthea: Mapping[str, str]) -> None:
    """Hazard 1: records that nobody here wrote, of up to six hundred resources: read or prefetched, the same."""
    for patient in synthea.values():
        call = {
            "hook": "patient-view",
            "hookInstance": "5f0c2c6e-7d0b-4f0e-9f39-1f1d0a4a6d21",
            "context": {"patientId": patient, "userId": "Practitioner/prac-1"},
            "fhirServer": ehr.fhir,
        }
        everything = ehr.prefetch(call)
        whole = answered(ehr, call, prefetch=everything)
        assert answered(ehr, call) == whole
        for keys in choices(sorted(everything), patient):
            assert answered(ehr, call, prefetch={key: everything[key] for key in keys}) == whole, " ".join(keys)


def test_a_token_goes_to_the_server_and_nowhere_else(ehr: Ehr, proxy: Proxy, vignettes: Mapping[str, Case]) -> None:
    """CDS Hooks 1.5 (42, 43): every read of the call carries the token; no answer and no log line does."""
    case = next(iter(vignettes.values()))
    grant = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "us"}
    with logs.captured(log := io.StringIO()):
        answer = ehr.call(case.call(fhirServer=proxy.base, fhirAuthorization=grant))
    assert topics(answer.json()) == case.expect
    assert {asked.headers.get("authorization") for asked in proxy.asked} == {f"Bearer {TOKEN}"}
    assert TOKEN not in answer.text
    assert '"fhir_requests":' in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert case.patient_id not in log.getvalue()


def test_a_whole_prefetch_is_not_read_again(ehr: Ehr, proxy: Proxy, vignettes: Mapping[str, Case]) -> None:
    """E1: with every key prefetched nobody asks the server for anything."""
    case = next(iter(vignettes.values()))
    response = answered(ehr, case.call(fhirServer=proxy.base), prefetch=ehr.prefetch(case.call()))
    assert topics(response) == case.expect
    assert proxy.asked == []
