"""Which vignettes a FHIR server can tell the service about, and that the sample leaves out no topic and no hook."""

from __future__ import annotations

import gzip
import hashlib
import re
from typing import Any

import pytest

from cds_service.hooks.services import HOOKS
from cds_service.recommendations import ALL
from tests.clinical.builder import PATIENT, load_vignettes
from tests.hapi.loading import DATA, cases, not_asked_for, sample

GAPS = (
    "keys that nobody could read",
    "finds Observation (Post-void residual urine volume)",
    "order-select finds Coverage",
)
"""Why vignettes cannot be had from a server: a post-void residual has no LOINC code, and an order-select does not ask
who pays.
"""


def strings(value: Any) -> set[str]:
    """Every text in a JSON value."""
    match value:
        case dict():
            return set().union(*map(strings, value.values()))
        case list() | tuple():
            return set().union(*map(strings, value))
        case str():
            return {value}
    return set()


def test_the_third_party_files_are_those_of_their_origin() -> None:
    """The licence and our word: each file is what its README says, unchanged, and none is without an entry there."""
    listed = dict(
        re.findall(r"^\| `(\S+)` \| \d+ \| `([0-9a-f]{64})` \|$", (DATA / "README.md").read_text(), re.MULTILINE)
    )
    held = {file.name: gzip.decompress(file.read_bytes()) for file in DATA.glob("*.gz")}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in held.items()} == listed


def test_every_vignette_is_loaded_or_its_reason_known() -> None:
    """None is dropped silently: nine in ten can be had from a server, each other for none but the reasons above."""
    reasons = {name: not_asked_for(name) for name in load_vignettes()}
    assert {name for name, why in reasons.items() if not why} == set(cases())
    assert not [line for why in reasons.values() for line in why if not any(gap in line for gap in GAPS)]
    assert len(cases()) > 0.97 * len(load_vignettes())


def test_the_sample_reaches_every_topic_hook_and_type() -> None:
    """Every recommendation, every hook, every resource type, and a user with a PractitionerRole to read."""
    chosen = sample().values()
    assert {topic for case in chosen for topic in case.expect} == {recommendation.id for recommendation in ALL}
    assert {case.hook for case in chosen} == set(HOOKS)
    assert frozenset().union(*(case.types for case in chosen)) == {
        each for case in cases().values() for each in case.types
    }
    assert any(case.context.get("userId", "").startswith("PractitionerRole/vig-") for case in chosen)


@pytest.mark.parametrize("name", sample())
def test_a_case_is_wholly_its_own_patients(name: str) -> None:
    """No id or reference is shared with another vignette, none is a urn or conditional, and HAPI takes every id."""
    case = cases()[name]
    held = {f"{each['resourceType']}/{each['id']}" for each in case.resources}
    assert len(held) == len(case.resources) > 1
    assert f"Patient/{case.patient_id}" in held
    assert all(re.fullmatch(r"vig-[A-Za-z0-9.-]{1,60}", each["id"]) for each in case.resources)
    texts = strings([*case.resources, case.context])
    assert not {text for text in texts if PATIENT in text or re.match(r"urn:uuid:|[A-Z][A-Za-z]+\?", text)}
    owners = {text for text in texts if text.startswith("Patient/")}
    assert owners <= {f"Patient/{case.patient_id}"}
