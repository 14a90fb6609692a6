"""One resource at a time: what is tolerated, what costs the resource, and what is never read."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.decoding import read_resource
from cds_service.fhir.resources import NotReadable
from tests.fhir.samples import condition, nested, observation, patient, raw


@pytest.mark.parametrize(
    "change",
    [
        {"code": {"coding": {"system": "s", "code": "c"}}},
        {"code": {"coding": [{"system": "s", "code": "c", "userSelected": None, "isUserSelected": True}]}},
        {"code": [{"coding": [{"system": "s", "code": "c"}]}]},
        {"code": {"coding": [None, {"system": "s", "code": "c", "display": None}], "text": None}},
        {"code": {"coding": [{"system": "s", "code": "c"}]}, "category": None, "bodySite": None},
        {"code": {"coding": [{"system": "s", "code": "c"}]}, "category": {"text": "x"}, "note": []},
        {"code": {"coding": [{"system": "s", "code": "c"}]}, "meta": {"versionId": 7, "security": "PHY"}},
    ],
)
def test_harmless_deviations_are_evened_out(change: dict[str, Any]) -> None:
    """Hazard 2, design 7: nulls, one object where R4 has an array, extra fields; the code is still read."""
    read = read_resource(raw(condition(**change)))
    assert isinstance(read, fhir.Condition)
    assert read.code is not None
    assert read.code.coding == (fhir.Coding(system="s", code="c"),)


def test_empty_coding_and_missing_members_are_no_fault() -> None:
    """Hazards 4 and 5: ``coding: [{}]``, a Condition of text only, and one without status, onset or date are read."""
    read = read_resource(raw({"resourceType": "Condition", "code": {"coding": [{}], "text": "old fracture"}}))
    assert isinstance(read, fhir.Condition)
    assert read.code == fhir.CodeableConcept(coding=(fhir.Coding(),), text="old fracture")
    assert read.clinical_status is None
    assert read.subject is None


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"valueInteger": 7}, "value_integer", 7),
        ({"valueInteger": 7.0}, "value_integer", 7),
        (
            {"valueQuantity": {"value": 7, "unit": "{score}"}},
            "value_quantity",
            fhir.Quantity(value=7.0, unit="{score}"),
        ),
        ({"valueQuantity": {"value": -2.5}}, "value_quantity", fhir.Quantity(value=-2.5)),
        ({"valueString": "7/10"}, "value_string", "7/10"),
        ({"valueBoolean": "true"}, "value_boolean", True),
        (
            {"dataAbsentReason": {"text": "asked-declined"}},
            "data_absent_reason",
            fhir.CodeableConcept(text="asked-declined"),
        ),
        ({"interpretation": {"text": "H"}}, "interpretation", (fhir.CodeableConcept(text="H"),)),
    ],
)
def test_values_of_observations(change: dict[str, Any], field: str, expected: object) -> None:
    """Hazard 10: pain as quantity and as integer, absent with its reason, interpretation as object (converters)."""
    assert getattr(read_resource(raw(observation(**change))), field) == expected


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (observation(valueQuantity={"value": "2.5"}), "ill-typed at valueQuantity.value"),
        (observation(valueQuantity={"value": ">60"}), "ill-typed at valueQuantity.value"),
        (observation(valueInteger=True), "ill-typed at valueInteger"),
        (condition(clinicalStatus="active"), "ill-typed at clinicalStatus"),
        (condition(subject="Patient/p-1"), "ill-typed at subject"),
        (condition(code=[{"text": "a"}, {"text": "b"}]), "ill-typed at code"),
        (b'{"resourceType":"Condition","id":"\xff"}', "not UTF-8"),
        (b'{"resourceType":"Condition","id":', "not JSON"),
        (b'{"resourceType":"Observation","valueQuantity":{"value":1e999}}', "ill-typed"),
        (observation(valueInteger=2**31), "ill-typed at valueInteger"),
        (
            b'{"resourceType":"Observation","valueQuantity":{"value":' + b"9" * 400 + b"}}",
            "ill-typed at valueQuantity.value",
        ),
        (nested(300), "nested too deep"),
        (nested(5000), "nested too deep"),
        ({"resourceType": "Basic"}, "not a resource type this service reads"),
        ([], "not a resource type this service reads"),
    ],
)
def test_what_cannot_be_read_says_where_and_never_what(resource: object, reason: str) -> None:
    """F13, F28, F29: text is no number, DSTU2 is no R4; the reason names the place and holds no value."""
    with pytest.raises(NotReadable) as raised:
        read_resource(raw(resource))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    "resource",
    [
        condition(modifierExtension=[{"url": "http://example.org/negated", "valueBoolean": True}]),
        observation(component=[{"modifierExtension": [{"url": "u"}], "code": {"text": "x"}}]),
    ],
)
def test_a_modifier_extension_keeps_the_resource_out(resource: dict[str, Any]) -> None:
    """F24: what may reverse the meaning is not used, at the top and inside."""
    with pytest.raises(NotReadable, match=r"^modifierExtension$"):
        read_resource(raw(resource))


@pytest.mark.parametrize(
    "resource",
    [
        condition(modifierExtension=[]),
        condition(code={"text": 'says "modifierExtension" in words'}),
        condition(contained=[{"resourceType": "Condition", "id": "x", "modifierExtension": [{"url": "u"}]}]),
    ],
)
def test_only_a_real_modifier_extension_counts(resource: dict[str, Any]) -> None:
    """F24: an empty one, the word in a text, and one of a contained resource do not cost the resource."""
    assert read_resource(raw(resource)).id == "c1"


def test_moderate_nesting_is_read() -> None:
    """Decision 6 of operations: 64 levels are allowed, so twenty extensions inside one another are."""
    assert read_resource(nested(20)).id == "deep"


@pytest.mark.parametrize(
    "text",
    [
        b'{"resourceType":"Patient","id":"p"}',
        b' {\n "resourceType" : "Patient", "id":"p"}',
        b'{"id":"p","contained":[{"resourceType":"Medication"}],"resourceType":"Patient"}',
    ],
)
def test_the_type_is_found_wherever_it_stands(text: bytes) -> None:
    """The order of members means nothing in JSON; a contained resource does not lend its type."""
    assert isinstance(read_resource(text), fhir.Patient)


def test_names_numbers_and_labels_are_never_read() -> None:
    """Hazard 16, F-rows on privacy: planted name, record number, address, label and subject display leave no trace."""
    planted = {
        "name": [{"family": "CANARY"}],
        "identifier": [{"system": "s", "value": "CANARY"}],
        "address": [{"line": ["CANARY"]}],
        "telecom": [{"value": "CANARY"}],
        "meta": {"security": [{"code": "CANARY"}]},
        "text": {"status": "generated", "div": "CANARY"},
        "subject": {"reference": "Patient/p-1", "display": "CANARY", "identifier": {"value": "CANARY"}},
    }
    read = [read_resource(raw({"resourceType": kind, **planted})) for kind in fhir.RESOURCE_TYPES]
    assert len(read) == len(fhir.RESOURCE_TYPES)
    assert "CANARY" not in repr(read)


def test_every_structure_writes_the_names_of_r4() -> None:
    """Wire names are camelCase R4 element names; the two Python keywords and one acronym are spelt out."""
    names = {each.encode_name for kind in fhir.RESOURCE_TYPES.values() for each in msgspec.structs.fields(kind)}
    assert {"class", "for", "bodySite", "valueQuantity", "effectiveDateTime", "doNotPerform"} <= names
    assert not [name for name in names if "_" in name]
    carrier = {each.encode_name for each in msgspec.structs.fields(fhir.UdiCarrier)}
    assert carrier == {"deviceIdentifier", "carrierHRF"}


def test_a_number_stands_in_for_text_but_not_the_reverse() -> None:
    """Hazard 2: a numeric id is an id."""
    assert read_resource(raw(patient(identifier=None, id=17))).id == "17"


@pytest.mark.parametrize(
    ("text", "expected"), [("entered-in-error ", "entered-in-error"), ("Final", "final"), (None, "")]
)
def test_statuses_are_compared_without_stray_spaces(text: str | None, expected: str) -> None:
    """Hazard 2: ``"entered-in-error "`` with a trailing space is entered in error."""
    assert decoding.plain_code(text) == expected


def test_contained_resources_stay_as_sent_until_asked_for() -> None:
    """Hazard 9: contained resources are kept and not decoded with their container."""
    inside = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}
    read = read_resource(raw(condition(contained=[inside])))
    assert [orjson.loads(bytes(each)) for each in read.contained] == [inside]
