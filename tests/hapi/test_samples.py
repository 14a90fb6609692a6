"""The sample patients as an integrator uses them: loaded into HAPI by the command, each seen to show its cards."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest
import requests

from cds_service import cli
from cds_service.recommendations import ALL
from cds_service.samples import written
from cds_service.samples.cases import cases
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF
from tests.clinical.running import EXTENSION, topics
from tests.hapi.ehr import Ehr
from tests.schemas.conformance import assert_conformant

pytestmark = pytest.mark.hapi

BASE = Settings().canonical_base


@pytest.fixture(scope="module")
def loaded(hapi: str) -> Mapping[str, str]:
    """Every sample patient, put on the server twice by the command: the version of each Patient after both."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("VCF_")]:
            patch.delenv(name)
        for _ in range(2):
            assert cli.main(["sample-patients", "--load", hapi, "--as-of", AS_OF.isoformat()]) == 0
    patients = (requests.get(f"{hapi}/Patient/{case.patient_id}", timeout=60).json() for case in cases().values())
    return {patient["id"]: patient["meta"]["versionId"] for patient in patients}


def test_loading_twice_changes_nothing(loaded: Mapping[str, str]) -> None:
    """Own ids and PUT: the second load leaves every resource in its first version."""
    assert loaded == {case.patient_id: "1" for case in cases().values()}


def test_every_card_has_a_sample() -> None:
    """contract.md: composed patients, one for each card."""
    assert {topic for case in cases().values() for topic in case.cards} == {each.id for each in ALL}


@pytest.mark.parametrize("name", list(cases()))
@pytest.mark.usefixtures("loaded")
def test_a_sample_shows_its_cards_on_a_real_server(ehr: Ehr, name: str) -> None:
    """Nothing prefetched: the request as the command writes it, with the server's address."""
    case = next(each for each in written(AS_OF, BASE) if each.case.id == name)
    answer = ehr.call(case.request() | {"fhirServer": ehr.fhir})
    assert answer.status_code == 200, answer.text
    assert_conformant(answer.json())
    assert topics(answer.json()) == case.case.cards
    assert answer.json()["extension"][EXTENSION]["status"] == "complete"


@pytest.mark.usefixtures("loaded")
def test_check_finds_them(hapi: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`vcf-cds check --find`: patients with a vertebral fracture on record, the samples among them, and their cards."""
    for name in [name for name in os.environ if name.startswith("VCF_")]:
        monkeypatch.delenv(name)
    options = ["--find", "--limit", "1000", "--as-of", AS_OF.isoformat(), "--deadline-ms", "50000"]
    assert cli.main(["check", hapi, *options]) == 0
    printed = capsys.readouterr().out
    shown = [case for case in cases().values() if case.hook == "patient-view"]
    lines = {line.partition(":")[0]: line for line in printed.splitlines() if line.startswith("vcf-sample-")}
    found = [case for case in shown if case.patient_id in lines]
    assert len(found) > 10
    for case in found:
        assert [topic for topic in case.cards if topic not in lines[case.patient_id]] == []
