"""The bundles are valid R4, hold made-up data under stable ids of our own, and are the same bytes for the same day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds_service.knowledge.value_set import load_value_sets
from cds_service.orders.questionnaire import questionnaire
from cds_service.samples import bundles, cases, sample_request
from cds_service.samples.writer import Written
from cds_service.settings import Settings
from tests.conftest import CollectFhir

Json = dict[str, Any]
AS_OF = date(2026, 11, 20)
BASE = Settings().canonical_base
TAG = {"system": f"{BASE}/CodeSystem/sample", "code": "sample"}
FIXED_BY_R4 = "http://terminology.hl7.org/CodeSystem/"
"""HL7's own code systems for elements of R4: no clinical code, and checked by the validator."""
ID = re.compile(r"vcf-sample-[a-z-]+(-[0-9]+)?")


def written(name: str) -> Written:
    """A case as of the day of these tests."""
    return Written(cases()[name], AS_OF, BASE)


def everything(name: str) -> list[Json]:
    """What a case puts on a server, and what its request holds."""
    whole = written(name)
    return [*whole.resources, *whole.drafts]


def inside(value: Any, key: str) -> Iterator[Any]:
    """Every value of that key, at any depth."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else [])
        for each in value.values():
            yield from inside(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from inside(each, key)


@pytest.mark.parametrize("name", cases())
def test_a_bundle_and_its_drafts_are_valid_r4(name: str, collect_fhir: CollectFhir) -> None:
    """Strict out: the R4B models read it and lose nothing; the HL7 validator sees what is collected here."""
    whole = written(name)
    held = [each for each in whole.request()["context"].values() if isinstance(each, dict)]
    for bundle in (whole.bundle(), *held):
        assert json.loads(Bundle.model_validate(bundle).model_dump_json()) == bundle
        collect_fhir(bundle, "sample-patients")
    for resource in everything(name):
        collect_fhir(resource, "sample-patients")


@pytest.mark.parametrize("name", cases())
def test_every_resource_is_put_under_an_id_of_its_own(name: str) -> None:
    """A transaction of PUTs, so that sending it twice changes nothing; ids of at most 64 characters, never digits alone
    (HAPI refuses those).
    """
    bundle = written(name).bundle()
    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    ids = [each["id"] for each in everything(name)]
    assert all(ID.fullmatch(each) and len(each) <= 64 for each in ids)
    assert all(each == f"vcf-sample-{name}" or each.startswith(f"vcf-sample-{name}-") for each in ids)
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert types.count("Patient") == 1


def test_no_two_cases_share_a_resource() -> None:
    """A case never overwrites another's."""
    urls = [entry["request"]["url"] for bundle in bundles(AS_OF, BASE).values() for entry in bundle["entry"]]
    assert len(urls) == len(set(urls)) > 150


@pytest.mark.parametrize("name", cases())
def test_references_stay_within_the_case(name: str) -> None:
    """Relative, to the case's own patient or a contained place: a server that checks references takes it alone."""
    told = {*inside(everything(name), "reference")}
    assert f"Patient/vcf-sample-{name}" in told
    assert told <= {f"Patient/vcf-sample-{name}", "#place"}


@pytest.mark.parametrize("name", cases())
def test_everything_says_that_it_is_made_up(name: str) -> None:
    """The tag on every resource, a family name of Sample, and no identifier anywhere; no tag of HL7's test data."""
    for resource in everything(name):
        (tag,) = resource["meta"]["tag"]
        assert {key: tag[key] for key in TAG} == TAG
    (person,) = written(name).resources[0]["name"]
    assert person["family"] == "Sample"
    assert person["given"] == [name.replace("-", " ").capitalize()]
    assert not [*inside(everything(name), "identifier")]
    assert "HTEST" not in json.dumps(everything(name))


@pytest.mark.parametrize("name", cases())
def test_codes_are_those_of_the_value_sets(name: str) -> None:
    """Every clinical coding is a verified row of a shipped value set, with the display it has there."""
    codings = [coding for concept in inside(everything(name), "coding") for coding in concept]
    clinical = [coding for coding in codings if not coding["system"].startswith(FIXED_BY_R4)]
    assert len(clinical) >= 1
    for coding in clinical:
        rows = [each.row(coding["system"], coding["code"]) for each in load_value_sets().values()]
        assert coding["display"] in {row["display"] for row in rows if row is not None}, coding


@pytest.mark.parametrize("name", cases())
def test_answers_are_those_of_the_questionnaire(name: str) -> None:
    """linkIds, types and answer codes of Questionnaire/vcf-assessment."""
    asked: dict[str, Json] = {item["linkId"]: item for item in next(inside(questionnaire(BASE), "item"))}
    for response in everything(name):
        if response["resourceType"] != "QuestionnaireResponse":
            continue
        assert response["questionnaire"] == questionnaire(BASE)["url"]
        for item in response["item"]:
            ((element, value),) = item["answer"][0].items()
            kind = asked[item["linkId"]]["type"]
            assert element == {"boolean": "valueBoolean", "integer": "valueInteger", "choice": "valueCoding"}[kind]
            if kind == "choice":
                options = [option["valueCoding"] for option in asked[item["linkId"]]["answerOption"]]
                assert value in [{key: option[key] for key in ("system", "code")} for option in options]


def test_the_same_day_gives_the_same_bytes_and_another_day_the_same_ids() -> None:
    """Loading twice changes nothing, and a later load dates the same resources anew."""
    once, again = (json.dumps(bundles(AS_OF, BASE)) for _ in range(2))
    assert once == again
    later = bundles(AS_OF + timedelta(days=30), BASE)
    assert [*inside(later, "url")] == [*inside(bundles(AS_OF, BASE), "url")]
    assert json.dumps(later) != once


def test_patients_are_as_old_as_their_story_on_every_day_of_four_years() -> None:
    """Leap days included: the age that a rule sees is the age of the case, and stays it for months."""
    case = cases()["osteoporosis-treatment"]
    for days in range(4 * 366):
        as_of = date(2027, 1, 1) + timedelta(days=days)
        born = date.fromisoformat(Written(case, as_of, BASE).resources[0]["birthDate"])
        for called in (as_of, as_of + timedelta(days=200)):
            assert called.year - born.year - ((called.month, called.day) < (born.month, born.day)) == 70


def test_systems_stand_on_the_canonical_base_of_the_deployment() -> None:
    """VCF_CANONICAL_BASE, in the tag and in what the questionnaire is called."""
    text = json.dumps(bundles(AS_OF, "https://own.example/fhir"))
    assert "https://own.example/fhir/CodeSystem/sample" in text
    assert "https://own.example/fhir/Questionnaire/vcf-assessment" in text
    assert BASE not in text


def test_the_sample_request_is_a_sample_patient_with_the_whole_record() -> None:
    """`make run` prints the record that `sample-patients` loads, told once."""
    request = sample_request(AS_OF, BASE)
    held = [
        resource
        for value in request["prefetch"].values()
        for resource in (
            [value] if value["resourceType"] == "Patient" else [e["resource"] for e in value.get("entry", [])]
        )
    ]
    assert sorted(map(json.dumps, held)) == sorted(map(json.dumps, written("mri-without-contrast").resources))
