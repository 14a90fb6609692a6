"""The record of a request: what each key answered, whose each resource is, and what is noted on the way in."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cds_service.fhir import resources as fhir
from cds_service.fhir.answers import KeyState
from cds_service.fhir.record import (
    KEY_TYPES,
    MOST_PER_TYPE,
    OWN_KEYS,
    IdentityMismatch,
    Note,
    NoteKind,
    PatientRecord,
    bare_id,
    own_key,
    read_record,
)
from cds_service.fhir.resources import Condition, Observation, Reference, Resource
from tests.fhir.samples import ME, bundle, condition, nested, observation, outcome, patient, raw, read

OTHER_PATIENT = {"reference": "Patient/somebody-else"}
NEXT = [{"relation": "next", "url": "http://example.org/next"}]


def ids(record: PatientRecord, kind: type[Resource] = Condition) -> list[str | None]:
    """The ids of the usable resources of a type, in order."""
    return [each.resource.id for each in record.of(kind)]


def counts(record: PatientRecord) -> dict[NoteKind, int]:
    """How many of each kind of note, over keys and types."""
    total: dict[NoteKind, int] = {}
    for note in record.notes:
        total[note.kind] = total.get(note.kind, 0) + note.count
    return total


def sample(key: str) -> dict[str, Any]:
    """A resource of the first type that answers the key."""
    kind = min(KEY_TYPES[key])
    subject = {"reference": f"Patient/{ME}"}
    identifier = ME if kind == "Patient" else "x"
    return {"resourceType": kind, "id": identifier, "subject": subject, "patient": subject}


# --- key states ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", OWN_KEYS)
@pytest.mark.parametrize(
    ("state", "complete"),
    [
        (KeyState.ABSENT, False),
        (KeyState.NULL, True),
        (KeyState.EMPTY, True),
        (KeyState.FAILED, False),
        (KeyState.DATA, True),
        (KeyState.PARTIAL, False),
    ],
)
def test_the_six_states_of_every_key(key: str, state: KeyState, complete: bool) -> None:
    """C13 to C19, prefetch rows 33 to 37: the six answers are kept apart, and only three of them prove an absence."""
    values: dict[KeyState, dict[str, Any]] = {
        KeyState.ABSENT: {},
        KeyState.NULL: {key: None},
        KeyState.EMPTY: {key: bundle()},
        KeyState.FAILED: {key: outcome()},
        KeyState.DATA: {key: bundle(sample(key))},
        KeyState.PARTIAL: {key: bundle(sample(key), link=NEXT)},
    }
    record = read(values[state])
    assert record.retrieval(key).state is state
    assert record.retrieval(key).complete is complete
    assert record.unread_keys(OWN_KEYS) == tuple(each for each in OWN_KEYS if each != key or not complete)


@pytest.mark.parametrize(
    ("value", "state", "found"),
    [
        (condition(), KeyState.DATA, 1),
        ([condition(), condition("c2")], KeyState.DATA, 2),
        ([], KeyState.EMPTY, 0),
        ([bundle(condition()), bundle()], KeyState.DATA, 1),
        ([bundle(condition()), outcome()], KeyState.PARTIAL, 1),
        (bundle(condition(), type=None), KeyState.DATA, 1),
        (bundle(condition(), type="collection"), KeyState.DATA, 1),
        (bundle(type=None, entry=None), KeyState.EMPTY, 0),
        (bundle(condition(), type="transaction"), KeyState.ABSENT, 1),
        (bundle(condition(), type="history"), KeyState.ABSENT, 0),
        (bundle(condition(), total=1), KeyState.DATA, 1),
        (bundle(condition(), total=2), KeyState.PARTIAL, 1),
        (bundle(total=3), KeyState.PARTIAL, 0),
        (bundle(condition(), total=0), KeyState.DATA, 1),
        (bundle(condition(), total="3"), KeyState.DATA, 1),
        (bundle(condition(), link=[{"relation": "self", "url": "u"}]), KeyState.DATA, 1),
        (bundle(condition(), link={"relation": "next", "url": "u"}), KeyState.PARTIAL, 1),
        (bundle(link=NEXT), KeyState.PARTIAL, 0),
        (bundle(entry=condition()), KeyState.DATA, 0),
        ("a string", KeyState.ABSENT, 0),
        (7, KeyState.ABSENT, 0),
        (True, KeyState.ABSENT, 0),
        ({}, KeyState.ABSENT, 0),
        ({"entry": []}, KeyState.ABSENT, 0),
        ({"resource": bundle(condition())}, KeyState.DATA, 1),
        ({"response": {"status": "200 OK"}, "resource": condition()}, KeyState.DATA, 1),
        ({"response": {"status": "200"}, "resource": None}, KeyState.NULL, 0),
        ({"response": {"status": "404 Not Found"}, "resource": None}, KeyState.FAILED, 0),
        ({"response": {"status": "403"}, "resource": outcome()}, KeyState.FAILED, 0),
        (bundle(bundle(condition()), type="batch-response"), KeyState.DATA, 1),
        (bundle({"response": {"status": "500"}, "resource": None}, type="batch-response"), KeyState.FAILED, 0),
        (b'{"resourceType":"Bundle","entry":[', KeyState.ABSENT, 0),
        (b"", KeyState.ABSENT, 0),
        (b'{"resourceType":"Bundle","entry":' + b"[" * 5000 + b"]" * 5000 + b"}", KeyState.ABSENT, 0),
    ],
)
def test_what_a_value_answers(value: Any, state: KeyState, found: int) -> None:
    """C15 to C19, E23, hazard 17: bundles of any shape, single resources, arrays, wrappers, and what is no answer."""
    record = read({"conditions": value})
    assert record.retrieval("conditions").state is state
    assert len(ids(record)) == found


@pytest.mark.parametrize(
    ("entries", "state", "found"),
    [
        ([outcome("warning", "processing")], KeyState.EMPTY, 0),
        ([outcome("information", "informational")], KeyState.EMPTY, 0),
        ([condition(), outcome("warning", "suppressed")], KeyState.DATA, 1),
        ([condition(), outcome("warning", "incomplete")], KeyState.PARTIAL, 1),
        ([condition(), outcome("error")], KeyState.PARTIAL, 1),
        ([condition(), outcome("fatal")], KeyState.PARTIAL, 1),
        ([condition(), outcome(None)], KeyState.PARTIAL, 1),
        ([condition(), {"resourceType": "OperationOutcome"}], KeyState.PARTIAL, 1),
        ([outcome("error")], KeyState.FAILED, 0),
    ],
)
def test_outcomes_among_the_entries(entries: list[dict[str, Any]], state: KeyState, found: int) -> None:
    """C16, E26, hazard 13: an error makes the answer partial or failed, "no results" as a warning does not."""
    record = read({"conditions": bundle(*entries)})
    assert record.retrieval("conditions").state is state
    assert len(ids(record)) == found
    assert counts(record)[NoteKind.OUTCOME] == 1


def test_included_resources_do_not_count_towards_the_total() -> None:
    """C19: ``total`` counts matches, so one match and one include of a total of two is partial."""
    entries = (
        {"resource": condition(), "search": {"mode": "match"}},
        {"resource": patient(), "search": {"mode": "include"}},
    )
    assert read({"conditions": bundle(*entries, total=1)}).retrieval("conditions").state is KeyState.DATA
    assert read({"conditions": bundle(*entries, total=2)}).retrieval("conditions").state is KeyState.PARTIAL


@pytest.mark.parametrize("value", [observation(), bundle(observation()), [observation()]])
def test_resources_of_another_type_do_not_answer_a_key(value: Any) -> None:
    """C17: a key that holds only other types counts as not sent, with the reason; the resources are read all the
    same.
    """
    record = read({"conditions": value})
    answer = record.retrieval("conditions")
    assert (answer.state, answer.why) == (KeyState.ABSENT, "no Condition in it")
    assert ids(record, Observation) == ["o1"]
    assert counts(record)[NoteKind.WRONG_TYPE] == 1


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"observations-pain": bundle(observation())}, KeyState.DATA),
        ({"observations-pain": bundle(), "observations-labs": bundle()}, KeyState.EMPTY),
        ({"observations-pain": None, "observations-labs": bundle()}, KeyState.EMPTY),
        ({"observations-pain": bundle(observation()), "observations-labs": bundle()}, KeyState.DATA),
        ({"observations-pain": bundle(observation()), "observations-labs": outcome()}, KeyState.PARTIAL),
        ({"observations-pain": bundle(observation()), "observations-labs": "x"}, KeyState.PARTIAL),
        ({"observations-pain": bundle(observation(), link=NEXT), "observations": bundle()}, KeyState.PARTIAL),
        ({"observations-pain": outcome(), "observations-labs": outcome()}, KeyState.FAILED),
        ({"observations-pain": outcome(), "observations-labs": "x"}, KeyState.ABSENT),
    ],
)
def test_a_split_key_is_as_complete_as_its_worst_part(values: dict[str, Any], state: KeyState) -> None:
    """Contract, prefetch keys: the parts of a split key answer together."""
    assert read(values).retrieval("observations").state is state


def test_a_part_that_was_asked_for_and_not_sent_is_missing() -> None:
    """Prefetch row 35: comparing with our templates is our job; the missing part makes the whole partial."""
    asked = ("observations-pain", "observations-labs", "conditions")
    record = read({"observations-pain": bundle(observation())}, asked=asked)
    assert record.retrieval("observations").state is KeyState.PARTIAL
    assert record.unread_keys(asked) == ("observations-labs", "conditions")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("observations-pain", "observations"),
        ("practitioner-role", "practitioner-role"),
        ("practitioner-role-2", "practitioner-role"),
        ("patient", "patient"),
        ("item2", None),
        ("observationsx", None),
        ("observations-", None),
        ("observations-Jane Doe", None),
        ("practitioner", None),
    ],
)
def test_which_keys_are_ours(key: str, expected: str | None) -> None:
    """Contract, prefetch keys: the names, and a suffix after a hyphen."""
    assert own_key(key) == expected


# --- foreign keys, duplicates, unreadable resources
# ----------------------------------------------------------------------


def test_foreign_keys_are_read_by_type_and_prove_nothing() -> None:
    """C18, prefetch row 38, hazard 17: ``item2`` is read, and says nothing about our own keys."""
    record = read({"item2": bundle(condition()), "Enc": None, "deviceRequestBundle": outcome()})
    assert ids(record) == ["c1"]
    assert record.retrieval("conditions").state is KeyState.ABSENT
    assert record.unread_keys(OWN_KEYS) == OWN_KEYS
    assert {note.key for note in record.notes} == {"other"}


def test_the_same_resource_twice_is_one() -> None:
    """F27, hazard 6: by type and id, under one key or several; a different second version is noted as such."""
    twice = {
        "item1": condition(),
        "conditions": bundle(condition(), condition(note=[{"text": "x"}]), observation("c1")),
    }
    record = read(twice)
    assert ids(record) == ["c1"]
    assert record.of(Condition)[0].key == "conditions"
    assert ids(record, Observation) == ["c1"]
    assert counts(record) == {NoteKind.DUPLICATE: 1, NoteKind.DUPLICATE_DIFFERS: 1}


def test_resources_without_id_are_one_only_when_equal() -> None:
    """F27: nothing tells two without an id apart but their content."""
    nameless = {name: value for name, value in condition().items() if name != "id"}
    record = read({"conditions": bundle(nameless, nameless, {**nameless, "code": {"text": "other"}})})
    assert ids(record) == [None, None]
    assert {each.reference for each in record.of(Condition)} == {"Condition"}


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (condition("bad", clinicalStatus="active"), NoteKind.UNREADABLE),
        (condition("bad", modifierExtension=[{"url": "u"}]), NoteKind.MODIFIER_EXTENSION),
    ],
)
def test_one_bad_resource_among_fifty_costs_itself(bad: dict[str, Any], kind: NoteKind) -> None:
    """F24, F29, hazard 1: 49 are used, one is noted, and the key no longer proves an absence."""
    record = read({"conditions": bundle(*(condition(f"c{number}") for number in range(49)), bad)})
    assert len(ids(record)) == 49
    assert record.notes == (Note(kind, "conditions", "Condition", 1),)
    assert [(each.resource_type, each.id, each.key) for each in record.unreadable] == [
        ("Condition", "bad", "conditions")
    ]
    assert record.retrieval("conditions").state is KeyState.DATA
    assert not record.retrieval("conditions").complete


def test_three_hundred_nested_extensions_cost_one_resource() -> None:
    """F28: the deep one is dropped with a note, its neighbour is used."""
    text = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":%b},{"resource":%b}]}'
    record = read({"conditions": text % (nested(300), raw(condition()))})
    assert ids(record) == ["c1"]
    assert counts(record) == {NoteKind.TOO_DEEP: 1}


def test_unknown_types_and_entries_without_a_resource() -> None:
    """F30: an unknown type is noted without its name and costs nothing; an empty entry means that something is
    missing.
    """
    odd = {"resourceType": "JaneDoe", "id": "1"}
    record = read(
        {"conditions": bundle(condition(), odd), "allergies": bundle({"fullUrl": "urn:uuid:1", "resource": None})}
    )
    assert record.retrieval("conditions").complete
    assert not record.retrieval("allergies").complete
    assert Note(NoteKind.UNKNOWN_TYPE, "conditions", "other", 1) in record.notes
    assert "JaneDoe" not in repr(record.notes)


@pytest.mark.parametrize(
    "bad", ["text", 7, None, {"search": "match", "resource": condition("c2")}, {"resource": "text"}]
)
def test_an_ill_typed_entry_costs_itself(bad: object) -> None:
    """F29: one entry that is no entry does not lose the Bundle."""
    record = read(
        {"conditions": {"resourceType": "Bundle", "type": "searchset", "entry": [bad, {"resource": condition()}]}}
    )
    assert ids(record) == ["c1"]


def test_a_thousand_and_one_observations() -> None:
    """F26: the newest thousand are used, one is noted as not reviewed, and the key is not complete."""
    every = [
        observation(f"o{number}", effectiveDateTime=f"20{number // 12:02}-{number % 12 + 1:02}-01")
        for number in range(MOST_PER_TYPE)
    ]
    record = read({"observations": bundle(observation("oldest", effectiveDateTime="1999-05-05"), *every)})
    assert len(ids(record, Observation)) == MOST_PER_TYPE
    assert ids(record, Observation)[0] == f"o{MOST_PER_TYPE - 1}"
    assert "oldest" not in ids(record, Observation)
    assert record.notes == (Note(NoteKind.NOT_REVIEWED, "observations", "Observation", 1),)
    assert not record.retrieval("observations").complete


# --- whose is it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject", ["Patient/p-1", " Patient/p-1 ", "http://ehr.example/fhir/Patient/p-1", "Patient/p-1/_history/3"]
)
def test_forms_of_a_reference_to_the_patient(subject: str) -> None:
    """Hazard 9, F25: relative, absolute and versioned references are the patient's."""
    record = read({"conditions": bundle(condition(subject={"reference": subject}))})
    assert [each.subject_stated for each in record.of(Condition)] == [True]
    assert not record.notes


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/p-2",
        "Patient/P-1",
        "http://ehr.example/fhir/Patient/p-2",
        "Patient/p-2/_history/p-1",
        "urn:uuid:00000000-0000-0000-0000-000000000002",
        "Patient/../Patient/../p-1",
        "Group/p-1",
        "Device/p-1",
        "p-2",
        "Patient/",
        "http://ehr.example/fhir?x=Patient/p-1",
        "Patient/p-1#x",
        "A/" * 5000,
    ],
)
def test_a_resource_of_another_is_dropped_and_noted(subject: str) -> None:
    """F2, E10, E27, contract: another's resource is dropped, and neither makes the key incomplete nor ends the call."""
    record = read({"conditions": bundle(condition(subject={"reference": subject}), condition("mine"))})
    assert ids(record) == ["mine"]
    assert record.notes == (Note(NoteKind.OTHER_PATIENT, "conditions", "Condition", 1),)
    assert record.retrieval("conditions").complete


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {},
        {"identifier": {"system": "s", "value": "v"}},
        {"display": "somebody"},
        {"reference": "#pat"},
        {"reference": "Patient?identifier=s|v"},
    ],
)
def test_a_resource_that_does_not_say_is_kept_and_flagged(subject: dict[str, Any] | None) -> None:
    """F3, hazard 9: identifier only, contained, conditional or no reference at all."""
    record = read({"conditions": bundle(condition(subject=subject))})
    assert [each.subject_stated for each in record.of(Condition)] == [False]
    assert record.notes == (Note(NoteKind.SUBJECT_NOT_STATED, "conditions", "Condition", 1),)


@pytest.mark.parametrize(
    ("patient_url", "subject", "expected"),
    [
        ("urn:uuid:aaaa", "urn:uuid:aaaa", ["c1"]),
        ("urn:uuid:aaaa", "urn:uuid:bbbb", []),
        (None, "urn:uuid:p-1", ["c1"]),
        (None, "urn:uuid:P-1", ["c1"]),
        ("http://ehr.example/Patient/p-1", "http://ehr.example/Patient/p-1", ["c1"]),
    ],
)
def test_urns_are_resolved_through_full_urls(patient_url: str | None, subject: str, expected: list[str]) -> None:
    """Hazard 9: a urn is whose fullUrl it is, even when that entry comes later; or the patient's own id."""
    entries = ({"resource": condition(subject={"reference": subject})}, {"fullUrl": patient_url, "resource": patient()})
    assert ids(read({"conditions": bundle(*entries)})) == expected


def test_a_urn_of_two_patients_is_nobodys() -> None:
    """F2: two entries under one fullUrl leave open whose a resource is, so it is not used."""
    both = ({"fullUrl": "urn:uuid:aaaa", "resource": patient(each)} for each in ("p-2", ME))
    record = read({"conditions": bundle(*both, condition(subject={"reference": "urn:uuid:aaaa"}))})
    assert ids(record) == []


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "AllergyIntolerance", "patient": OTHER_PATIENT},
        {"resourceType": "Device", "patient": OTHER_PATIENT},
        {"resourceType": "Coverage", "beneficiary": OTHER_PATIENT},
        {"resourceType": "Task", "for": OTHER_PATIENT},
        {"resourceType": "SupplyRequest", "deliverTo": OTHER_PATIENT},
        {"resourceType": "Appointment", "participant": [{"actor": OTHER_PATIENT}]},
        {"resourceType": "Patient", "id": "somebody-else"},
        {"resourceType": "Condition", "subject": {"reference": "Patient/p-1"}, "patient": OTHER_PATIENT},
        {"resourceType": "Coverage", "beneficiary": {"reference": "Patient/p-1"}, "subject": OTHER_PATIENT},
    ],
)
def test_every_type_says_whose_it_is_in_its_own_element(resource: dict[str, Any]) -> None:
    """F2: patient, beneficiary, for, deliverTo, participant and Patient.id are looked at like subject."""
    record = read({"item1": resource})
    assert record.of(fhir.RESOURCE_TYPES[resource["resourceType"]]) == ()
    assert counts(record) == {NoteKind.OTHER_PATIENT: 1}


def test_a_visit_of_several_patients_is_ours_too() -> None:
    """F2: an Appointment that names the patient among others is the patient's; a practitioner is no patient."""
    both = [
        {"actor": OTHER_PATIENT},
        {"actor": {"reference": f"Patient/{ME}"}},
        {"actor": {"reference": "Practitioner/1"}},
    ]
    record = read({"orders": bundle({"resourceType": "Appointment", "id": "a", "participant": both})})
    assert [each.subject_stated for each in record.of(fhir.Appointment)] == [True]


def test_what_belongs_to_nobody_is_not_flagged() -> None:
    """F3: a Medication and a PractitionerRole have no subject in R4."""
    role = {"resourceType": "PractitionerRole", "id": "r"}
    record = read({"practitioner-role": role, "item1": {"resourceType": "Medication", "id": "m"}})
    assert len(record.of(fhir.PractitionerRole)) == len(record.of(fhir.Medication)) == 1
    assert not record.notes


@pytest.mark.parametrize(
    "value",
    [
        patient("p-2"),
        bundle(patient("p-2")),
        {"resource": patient("p-2")},
        [patient("p-2")],
        patient("p-2", gender=["a", "b"]),
        patient("p-2", modifierExtension=[{"url": "u"}]),
    ],
)
def test_another_patient_under_the_patient_key_ends_the_call(value: Any) -> None:
    """F1: never a card; not even when that Patient is unreadable. The message names nobody."""
    for elsewhere in ({}, {"item1": patient()}):
        with pytest.raises(IdentityMismatch) as raised:
            read({"patient": value, **elsewhere})
        assert "p-2" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [
        patient(),
        bundle(patient()),
        bundle(patient(), patient("p-2")),
        {"response": {"status": "200"}, "resource": patient()},
    ],
)
def test_the_patient_under_the_patient_key(value: Any) -> None:
    """C17, F2: a Bundle that holds the Patient is accepted; a second Patient beside the right one is dropped."""
    record = read({"patient": value})
    assert record.patient is not None
    assert record.patient.birth_date == "1948-05-06"
    assert len(record.of(fhir.Patient)) == 1


def test_the_patient_may_come_under_any_key() -> None:
    """C18: found by type; our own key stays unanswered."""
    record = read({"item1": patient()})
    assert record.patient is not None
    assert record.retrieval("patient").state is KeyState.ABSENT


@pytest.mark.parametrize("value", [None, outcome(), "x", bundle()])
def test_no_patient_is_none(value: Any) -> None:
    """C13, C15: without a readable Patient there is none, and no error here: the caller decides about 412."""
    assert read({"patient": value}).patient is None


def test_a_patient_without_an_id_is_taken_on_trust_only_under_its_key() -> None:
    """F1: nothing contradicts the context; under a foreign key nothing supports it either."""
    assert read({"patient": patient(None)}).patient is not None
    assert read({"item1": patient(None)}).patient is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p-1", "p-1"),
        ("Patient/p-1", "p-1"),
        (" p_1 ", "p_1"),
        ("Patient/", None),
        ("", None),
        (None, None),
        ("a/b", None),
        ("a?b", None),
        ("x" * 65, None),
        ("Patient/Patient/x", None),
        ("p-1\n", "p-1"),
    ],
)
def test_the_bare_id_of_the_context(text: str | None, expected: str | None) -> None:
    """C7, hazard 17: ``Patient/x`` is accepted, a slash, a query or an empty id is not; ``_`` is tolerated (hazard
    2).
    """
    assert bare_id(text) == expected


def test_a_context_without_an_id_is_refused() -> None:
    """C7: the reader does not guess whose record it is."""
    with pytest.raises(ValueError, match="patient_id"):
        read_record("a/b", {})


def test_the_prefixed_id_means_the_same_patient() -> None:
    """Hazard 17: 67 of 79 requests send ``Patient/x`` as patientId."""
    record = read_record(f"Patient/{ME}", {"patient": raw(patient()), "conditions": Raw(raw(bundle(condition())))})
    assert record.patient is not None
    assert ids(record) == ["c1"]


# --- references ------------------------------------------------------------------------------------------------------


def test_references_lead_to_resources() -> None:
    """F25, hazard 9: relative, absolute, versioned, urn and contained references; another patient's are not
    followed.
    """
    pill = {"resourceType": "Medication", "id": "m", "code": {"text": "alendronate"}}
    order = {
        "resourceType": "MedicationRequest",
        "id": "r",
        "subject": {"reference": f"Patient/{ME}"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "contained"}}],
    }
    entries = ({"resource": order}, {"fullUrl": "urn:uuid:77", "resource": pill}, condition("x", subject=OTHER_PATIENT))
    record = read({"medications": bundle(*entries)})
    request = record.of(fhir.MedicationRequest)[0].resource

    def text(reference: str) -> str | None:
        found = record.resolve(Reference(reference=reference), request)
        return found.code.text if isinstance(found, fhir.Medication) and found.code else None

    assert text("#m") == "contained"
    assert {text(form) for form in ("Medication/m", "http://a.example/Medication/m/_history/2", "urn:uuid:77")} == {
        "alendronate"
    }
    assert [text(form) for form in ("#n", "Medication/n", "Condition/x", "", "urn:uuid:78")] == [None] * 5
    located = record.locate(Reference(reference="Medication/m"))
    assert located is not None
    assert located.reference == "Medication/m"
    assert record.resolve(None) is None
    assert record.resolve(Reference(reference="#m")) is None


def test_a_contained_resource_is_judged_like_any_other() -> None:
    """F24: one with a modifierExtension, one ill-typed and one without an id are passed over."""
    inside = [{"resourceType": "Medication", "id": "a", "modifierExtension": [{"url": "u"}]}, {"id": "a"}, "x"]
    record = read({"conditions": bundle(condition(contained=inside))})
    assert record.resolve(Reference(reference="#a"), record.of(Condition)[0].resource) is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"resource": condition("c9")}, "Condition/c9"),
        ({"fullUrl": "urn:uuid:9", "resource": {**condition(), "id": None}}, "urn:uuid:9"),
        ({"fullUrl": "http://a.example/fhir/Condition/c8", "resource": {**condition(), "id": None}}, "Condition/c8"),
        ({"resource": condition("../../x")}, "Condition"),
        ({"fullUrl": "javascript:alert(1)", "resource": {**condition(), "id": None}}, "Condition"),
    ],
)
def test_what_a_resource_is_called(entry: dict[str, Any], expected: str) -> None:
    """E10: evidence is named by type and id; what is no FHIR id is not repeated."""
    assert [each.reference for each in read({"conditions": bundle(entry)}).of(Condition)] == [expected]


# --- nothing breaks it -----------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
NAMES = st.sampled_from(
    [
        "resourceType",
        "id",
        "entry",
        "resource",
        "subject",
        "reference",
        "code",
        "coding",
        "contained",
        "link",
        "total",
        "type",
    ]
)
WORDS = st.sampled_from(
    ["Bundle", "Condition", "Patient", "Observation", "OperationOutcome", "Patient/p-1", "searchset"]
)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES, inside, max_size=6),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from([*OWN_KEYS, "item1"]), VALUES, max_size=4))
def test_no_json_breaks_the_reader(prefetch: dict[str, Any]) -> None:
    """Design 7: whatever a client sends, there is a record, or the patient is somebody else."""
    try:
        record = read(prefetch)
    except IdentityMismatch:
        return
    assert all(record.retrieval(key).state in KeyState for key in OWN_KEYS)
    assert all(each.subject_stated or each.key != "patient" for each in record.of(fhir.Patient))


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(value: bytes) -> None:
    """The values come from a parsed body; the reader does not rely on it."""
    assert read_record(ME, {"conditions": value}).retrieval("conditions").state in KeyState


def test_the_record_keeps_no_text_of_what_it_refused() -> None:
    """No input value in notes, reasons or answers: planted words in ids, types, keys and values do not come back."""
    planted = {
        "resourceType": "Condition",
        "id": "CANARY CANARY",
        "subject": {"reference": "Patient/CANARY"},
        "code": "CANARY",
    }
    record = read(
        {"conditions": bundle(planted), "CANARY": "CANARY", "reports": {"CANARY": 1}, "imaging": orjson.dumps("CANARY")}
    )
    said = repr((record.notes, record.unreadable, [record.retrieval(key) for key in OWN_KEYS]))
    assert len(record.unreadable) == 1
    assert "CANARY" not in said
