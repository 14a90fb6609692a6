"""DE-17, IM-03, IM-04: implants and their MR labelling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import ME, SNOMED, concept, condition, facts, report, resource

NCI = "urn:oid:2.16.840.1.113883.3.26.1.1"


def device(code: str = "14106009", label: Any = None, **more: Any) -> dict[str, Any]:
    """A Device of the patient, a pacemaker unless another code is given."""
    found = {"resourceType": "Device", "id": "d1", "status": "active", "patient": {"reference": f"Patient/{ME}"}}
    return {**found, "type": concept(code, SNOMED), **({"safety": [label]} if label else {}), **more}


def procedure(
    text: str = "", code: str = "", when: str = "2020-01-01", status: str = "completed", **more: Any
) -> dict[str, Any]:
    """A Procedure."""
    return resource("Procedure", status=status, code=concept(code, SNOMED, text), performedDateTime=when, **more)


def kinds(*given: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and label of each implant."""
    return [(each.kind, each.mr_safety) for each in facts(*given).implants.items]


@pytest.mark.parametrize(
    ("label", "safety"),
    [
        (concept("C106047", NCI), "unsafe"),
        (concept("C106046", NCI), "conditional"),
        (concept("C106045", NCI), "safe"),
        (concept("C113844", NCI), "unknown"),
        (concept(text="MR Conditional"), "conditional"),
        (concept(text="MR unsafe "), "unsafe"),
        (concept(text="MRI-safe"), "safe"),
        (concept(text="Probably MR Conditional"), "unknown"),
        (concept(text="MR Conditional at 1.5 T only"), "unknown"),
        (None, "unknown"),
    ],
)
def test_the_label_of_a_device(label: Any, safety: str) -> None:
    """Decision 15: the code, or a text that is exactly an MR label; no label is unknown."""
    assert kinds(device(label=label)) == [("pacemaker", safety)]


def test_of_several_labels_the_worst_counts() -> None:
    """Safety first."""
    assert kinds(device(safety=[concept("C106046", NCI), concept("C106047", NCI)])) == [("pacemaker", "unsafe")]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (device("72506001"), "icd"),
        (device("", deviceName=[{"name": "Spinal cord stimulator", "type": "user-friendly-name"}]), "neurostimulator"),
        (device("", type=concept(text="Cochlear implant")), "cochlear"),
        (device("", type=concept(text="Intrathecal pump")), "pump"),
        (condition("Z95.0"), "pacemaker"),
        (condition("Z950"), "pacemaker"),
        (condition("Z45.02"), "icd"),
        (condition("441509002", SNOMED), "pacemaker"),
        (condition(text="Pacemaker in situ"), "pacemaker"),
        (procedure(code="307280005"), "pacemaker"),
        (procedure("Insertion of biventricular implantable cardioverter defibrillator", "447365002"), "icd"),
        (procedure(code="230898002"), "aneurysm-clip"),
        (procedure("Removal and replacement of pacemaker generator"), "pacemaker"),
    ],
)
def test_where_implants_are_found(given: dict[str, Any], kind: str) -> None:
    """Hazard 11: Device by type or name, Condition, Procedure; without a label the labelling is unknown."""
    assert kinds(given) == [(kind, "unknown")]


@pytest.mark.parametrize(
    "given",
    [
        condition("F40.240"),
        condition("Z95.0", status="inactive"),
        condition("Z95.0", verified="refuted"),
        condition("Z97.8"),
        condition(text="No pacemaker"),
        condition(text="Cochlear hearing loss"),
        condition(text="ICD-10 coding query"),
        device(status="inactive"),
        device(status="entered-in-error"),
        device("", type=concept(text="TLSO brace")),
        device("", type=concept(text="Knee prosthesis")),
        procedure(code="307280005", status="not-done"),
        procedure("Temporary transcutaneous pacemaker placement"),
        procedure("Pacemaker removal"),
    ],
)
def test_what_is_no_implant(given: dict[str, Any]) -> None:
    """Claustrophobia, what is gone, void or denied, braces, and devices MRI need not reckon with."""
    assert kinds(given) == []


def test_an_unknown_device_with_an_unsafe_label_counts() -> None:
    """IM-03: the label is about MRI, whatever the device is."""
    assert kinds(device("", label=concept("C106047", NCI), type=concept(text="Tissue expander"))) == [
        ("other-implant", "unsafe")
    ]


def test_one_implant_of_many_sources_with_the_device_s_label() -> None:
    """DE-17: the same kind as Device, Condition and Procedure is one implant."""
    assert kinds(device(label=concept("C106046", NCI)), condition("Z95.0"), procedure(code="307280005")) == [
        ("pacemaker", "conditional")
    ]


def test_an_assist_device_is_unsafe_by_its_kind() -> None:
    """The set's own label where no device tells otherwise."""
    assert kinds(condition("Z95.811")) == [("ventricular-assist", "unsafe")]


def test_an_explant_ends_what_was_there_before() -> None:
    """DE-17: and only that."""
    implanted = procedure(code="307280005", when="2020-01-01")
    removed = {**procedure("Removal of cardiac pacemaker", when="2023-05-01"), "id": "out"}
    again = {**procedure("Implantation of pacemaker", when="2024-01-01"), "id": "again"}
    assert kinds(implanted, removed) == []
    assert kinds(implanted, removed, again) == [("pacemaker", "unknown")]
    assert kinds(implanted, {**removed, "status": "not-done"}) == [("pacemaker", "unknown")]


def test_none_recorded_needs_devices_conditions_and_procedures() -> None:
    """Decision 1."""
    assert facts().implants.gap is None
    assert facts(without=("devices",)).implants.gap == "devices not sent"
    assert facts(without=("procedures",)).implants.gap == "procedures not sent"


def film(text: str, **more: Any) -> dict[str, Any]:
    """The report of a chest film."""
    return report("30746-2", text, **{"id": "film", **more})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A stimulator is seen.", [("neurostimulator", "unknown")]),
        ("Left-sided pacemaker. MR conditional.", [("pacemaker", "unknown")]),
        ("Dual-lead AICD in place; pacer wires unchanged.", [("icd", "unknown"), ("pacemaker", "unknown")]),
        ("No pacemaker. Lungs clear.", []),
        ("The pacemaker has been removed.", []),
        ("Interval removal of the pacemaker.", []),
        ("Temporary pacing wires.", []),
        ("The patient was screened for a pacemaker.", []),
        ("ICD-10 code M80.08XA.", []),
    ],
)
def test_the_words_of_a_report_name_an_implant(text: str, found: list[tuple[str, str]]) -> None:
    """Hazard 11: an implant that only prose names is one whose MR label nobody recorded; what is denied is none."""
    assert kinds(film(text)) == found


def test_a_report_of_a_kind_that_a_device_stands_for_adds_nothing() -> None:
    """One entry for a kind; a later removal ends it, a later film says that it is there again."""
    assert kinds(film("Pacemaker."), device(label=concept("C106046", NCI))) == [("pacemaker", "conditional")]
    removal = procedure("Removal of pacemaker", when="2026-11-15")
    assert kinds(film("Pacemaker.", effectiveDateTime="2026-11-01"), removal) == []
    assert kinds(film("Pacemaker.", effectiveDateTime="2026-11-16"), removal) == [("pacemaker", "unknown")]


def test_a_void_report_names_nothing() -> None:
    """DE-17: entered in error is nothing seen; a laboratory report is no imaging."""
    assert kinds(film("Pacemaker.", status="entered-in-error ")) == []
    assert kinds(report("58410-2", "Pacemaker.", category=[concept("LAB", "http://x.example")])) == []
