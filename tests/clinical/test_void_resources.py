"""A property over all vignettes: what is somebody else's, entered in error or cancelled never changes an answer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import masked, post

Json = dict[str, Any]
VIGNETTES: Final = load_vignettes()
NAMES: Final = sorted(VIGNETTES)
HL7: Final = "http://terminology.hl7.org/CodeSystem/"


def anothers(resource: Json) -> Json:
    """The same of another patient."""
    owner = "patient" if resource["resourceType"] in ("AllergyIntolerance", "Device") else "subject"
    return {**resource, owner: {"reference": "Patient/somebody-else"}}


def in_error(resource: Json) -> Json:
    """The same, entered in error in the element of its type."""
    system = {"Condition": "condition-ver-status", "AllergyIntolerance": "allergyintolerance-verification"}
    if resource["resourceType"] not in system:
        return {**resource, "status": "entered-in-error"}
    kept = {name: value for name, value in resource.items() if name != "clinicalStatus"}
    code = {"system": HL7 + system[resource["resourceType"]], "code": "entered-in-error"}
    return {**kept, "verificationStatus": {"coding": [code]}}


def called_off(resource: Json) -> Json:
    """The same, cancelled in the word of its type; where a type has none, entered in error."""
    words: Mapping[str, str] = {
        "Observation": "cancelled",
        "DiagnosticReport": "cancelled",
        "MedicationRequest": "cancelled",
        "Encounter": "cancelled",
        "Procedure": "not-done",
        "ServiceRequest": "revoked",
        "DeviceRequest": "revoked",
        "QuestionnaireResponse": "stopped",
    }
    word = words.get(resource["resourceType"])
    return {**resource, "status": word} if word else in_error(resource)


VOIDED: Final[tuple[Callable[[Json], Json], ...]] = (anothers, in_error, called_off)


def resources_of(name: str) -> list[tuple[str, Json]]:
    """Every resource of a vignette but the patient, with its key."""
    prefetch = build(VIGNETTES[name])["prefetch"]
    listed = ((key, value) for key, value in prefetch.items() if isinstance(value, dict) and key != "patient")
    return [(key, entry["resource"]) for key, value in listed for entry in value.get("entry", [])]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_void_resource_changes_nothing(client: FlaskClient, data: st.DataObject) -> None:
    """FX-07, DE-02, DE-27, the contract on other patients' resources: the whole response stays, word by word."""
    request = build(VIGNETTES[data.draw(st.sampled_from(NAMES))])
    others = resources_of(data.draw(st.sampled_from(NAMES)))
    if not others:
        return
    key, resource = data.draw(st.sampled_from(others))
    void = data.draw(st.sampled_from(VOIDED))(resource) | {"id": "void-1"}
    if key not in request["prefetch"]:
        return
    changed = copy.deepcopy(request)
    changed["prefetch"][key].setdefault("entry", []).append({"resource": void})
    before, after = post(client, request), post(client, changed)
    assert (after.status_code, masked(after.json)) == (before.status_code, masked(before.json))
