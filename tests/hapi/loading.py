"""Patients for the server: third-party transactions as they are, and vignettes each under a patient of its own."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import requests

from cds_service.fhir.record import own_key
from cds_service.hooks.offer import offered_services
from cds_service.hooks.services import HOOKS
from cds_service.recommendations import ALL
from tests.clinical.builder import PATIENT, PLAIN, VARIANTS, build, load_vignettes

Json = dict[str, Any]

DATA: Final = Path(__file__).resolve().parent / "data"
EVERY_VIGNETTE: Final = os.environ.get("HAPI_ALL") == "1"
"""HAPI_ALL=1: every vignette that can be asked for, not the sample."""
FHIR_JSON: Final = {"Content-Type": "application/fhir+json"}
PATIENCE: Final = 60
"""Seconds that a write or a search of these tests may take: HAPI compiles itself while it answers its first ones."""

# What a vignette is written in: plainly; where that holds a resource that no template asks for, with the facts that a
# clinician can type in the assessment form instead.
_WRITTEN: Final = (PLAIN, *(variant for variant in VARIANTS if variant.name == "assessment-form"))


class RefusedByServer(Exception):
    """HAPI did not take a transaction; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Case:
    """A vignette with a patient of its own: what lies on the FHIR server, and the call without its prefetch."""

    name: str
    patient_id: str
    hook: str
    context: Json
    resources: tuple[Json, ...]
    expect: Mapping[str, str]

    @property
    def types(self) -> frozenset[str]:
        """The resource types of its record."""
        return frozenset(each["resourceType"] for each in self.resources)

    def call(self, **more: Any) -> Json:
        """The CDS Hooks request, with further members such as ``fhirServer`` and ``prefetch``."""
        head = {"hook": self.hook, "hookInstance": "5f0c2c6e-7d0b-4f0e-9f39-1f1d0a4a6d21", "context": self.context}
        return head | more


@cache
def cases() -> dict[str, Case]:
    """Every vignette whose whole record the templates of its service ask for, by name."""
    return {name: case for name in load_vignettes() if (case := _case(name)) is not None}


def sample() -> dict[str, Case]:
    """For each topic the first case that shows it; for each hook and each resource type the next one that has it."""
    chosen: dict[str, Case] = {}
    for topic in sorted(recommendation.id for recommendation in ALL):
        chosen |= _first(case for case in cases().values() if topic in case.expect)
    for hook in HOOKS:
        chosen |= _first(case for case in cases().values() if case.hook == hook and case.name not in chosen)
    for kind in sorted({each["resourceType"] for case in cases().values() for each in case.resources}):
        chosen |= _first(case for case in cases().values() if kind in case.types and case.name not in chosen)
    return chosen


def _first(found: Iterator[Case]) -> dict[str, Case]:
    return {case.name: case for case in [*found][:1]}


def chosen() -> dict[str, Case]:
    """The cases of this run."""
    return cases() if EVERY_VIGNETTE else sample()


@cache
def not_asked_for(name: str) -> tuple[str, ...]:
    """Why a vignette cannot be had from a FHIR server by the templates of its service, however it is written; empty
    when it can.
    """
    if "unread" in load_vignettes()[name]:
        return ("the vignette is about keys that nobody could read",)
    return min((_beyond_the_templates(build(load_vignettes()[name], each)) for each in _WRITTEN), key=len)


def _case(name: str) -> Case | None:
    vignette = load_vignettes()[name]
    if not_asked_for(name):
        return None
    return next(
        case_of(name, request, vignette["expect"])
        for request in (build(vignette, each) for each in _WRITTEN)
        if not _beyond_the_templates(request)
    )


def case_of(name: str, request: Mapping[str, Any], expect: Mapping[str, str]) -> Case:
    """The request under the patient ``vig-<name>``: every id and every reference to it is made that patient's own."""
    patient = f"vig-{name}"
    held = [resource for _, resource in _prefetched(request)]
    own = {_reference(each): f"{each['resourceType']}/{patient}-{each['id']}" for each in held}
    own[f"Patient/{PATIENT}"] = f"Patient/{patient}"
    context = _renamed(request["context"], own)
    context["patientId"] = patient
    if "encounterId" in context:
        context["encounterId"] = f"{patient}-{context['encounterId']}"
    resources = tuple(_renamed(each, own) | {"id": own[_reference(each)].partition("/")[2]} for each in held)
    return Case(name, patient, request["hook"], context, resources, dict(expect))


def _prefetched(request: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Each resource of a prefetch with its key."""
    for key, value in request["prefetch"].items():
        if value["resourceType"] != "Bundle":
            yield key, value
        for entry in value.get("entry", ()):
            yield key, entry["resource"]


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _renamed(value: Any, own: Mapping[str, str]) -> Any:
    """A copy in which every text that is a reference of ``own`` is the new one."""
    match value:
        case dict():
            return {name: _renamed(member, own) for name, member in value.items()}
        case list():
            return [_renamed(item, own) for item in value]
        case str():
            return own.get(value, value)
    return value


# --- what the templates ask for ---------------------------------------------------------------------------------------


def _beyond_the_templates(request: Mapping[str, Any]) -> tuple[str, ...]:
    """What the request prefetches that its service would never find on a server, in words."""
    templates = offered_services().for_hook(request["hook"]).prefetch
    return tuple(
        dict.fromkeys(
            f"{key}: no template of {request['hook']} finds {_described(resource)}"
            for key, resource in _prefetched(request)
            if not any(_finds(template, resource) for own, template in templates.items() if own_key(own) == key)
        )
    )


def _described(resource: Mapping[str, Any]) -> str:
    kind = resource["resourceType"]
    return f"{kind} ({resource['code']['text']})" if kind == "Observation" else str(kind)


def _finds(template: str, resource: Mapping[str, Any]) -> bool:
    """Whether a template, filled for the patient, finds the resource: its type, and its status and code if asked."""
    kind, _, query = template.partition("?")
    asked = {name: values[0].split(",") for name, values in parse_qs(re.sub(r"{{.*?}}", "x", query)).items()}
    if kind.partition("/")[0] != resource["resourceType"]:
        return False
    if "status" in asked and resource["status"] not in asked["status"]:
        return False
    return "code" not in asked or any(each["code"] in asked["code"] for each in resource["code"].get("coding", ()))


# --- writing ----------------------------------------------------------------------------------------------------------


def transaction(resources: Iterable[Mapping[str, Any]]) -> Json:
    """One Bundle that puts every resource under its own id."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": each, "request": {"method": "PUT", "url": _reference(each)}} for each in resources],
    }


def put(base: str, resources: Iterable[Mapping[str, Any]]) -> None:
    """Write resources under their own ids, all or none. Raises RefusedByServer with HAPI's words."""
    answer = requests.post(base, json=transaction(resources), headers=FHIR_JSON, timeout=PATIENCE)
    _expect_success(answer)


def load_synthea(base: str) -> dict[str, str]:
    """Post the third-party transactions as they are: the patient's id on the server, by file."""
    return {file.name: _posted(base, file) for file in sorted(DATA.glob("*.json.gz"))}


def _posted(base: str, file: Path) -> str:
    answer = requests.post(base, data=gzip.decompress(file.read_bytes()), headers=FHIR_JSON, timeout=PATIENCE)
    _expect_success(answer)
    places = (entry["response"]["location"] for entry in answer.json()["entry"])
    return next(str(place).split("/")[1] for place in places if place.startswith("Patient/"))


def _expect_success(answer: requests.Response) -> None:
    if answer.status_code != 200:
        raise RefusedByServer(answer.json()["issue"][0]["diagnostics"])
