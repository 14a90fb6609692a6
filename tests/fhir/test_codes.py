"""Codes over every coding, in the spelling of the value sets."""

from __future__ import annotations

import pytest

from cds_service.fhir.codes import codes, is_coded, matching, words
from cds_service.fhir.resources import CodeableConcept, Coding
from cds_service.knowledge.systems import ICD_9_CM, ICD_10_CM, LOINC, SNOMED
from cds_service.knowledge.value_set import ValueSet

LOCAL = Coding(system="https://fhir.cerner.com/x/codeSet/72", code="1", display="local")


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (Coding(system="http: //snomed.info/sct", code="64859006 "), (SNOMED, "64859006")),
        (Coding(system="urn:oid:2.16.840.1.113883.6.96", code="64859006"), (SNOMED, "64859006")),
        (Coding(system="urn:oid:2.16.840.1.113883.6.90", code="m8008xa"), (ICD_10_CM, "M80.08XA")),
        (Coding(system="urn:oid:2.16.840.1.113883.6.103", code="733.13"), (ICD_9_CM, "733.13")),
        (Coding(system="http://loinc.org", code="72514-3"), (LOINC, "72514-3")),
        (Coding(system="http://loinc.org/", code=" 72514-3"), (LOINC, "72514-3")),
    ],
)
def test_every_coding_is_normalised(coding: Coding, expected: tuple[str, str]) -> None:
    """Hazard 3: OIDs, stray spaces and undotted codes, behind a local code that comes first."""
    concept = CodeableConcept(coding=(LOCAL, Coding(), coding))
    assert list(codes(concept)) == [(LOCAL.system, "1"), expected]


@pytest.mark.parametrize(
    "nothing",
    [None, CodeableConcept(text="osteoporosis"), CodeableConcept(coding=(Coding(),)), Coding(code="64859006"), ()],
)
def test_a_code_needs_its_system(nothing: CodeableConcept | Coding | None) -> None:
    """F21, hazard 4: text only, ``coding: [{}]`` and a code without a system name nothing."""
    assert list(codes(nothing)) == []
    assert not is_coded(nothing)


def test_membership_is_by_any_coding_and_never_by_display() -> None:
    """Hazards 3 and 6: the second of three codings is enough; a display alone is not."""
    row = {"system": SNOMED, "code": "64859006", "display": "Osteoporosis", "note": ""}
    value_set = ValueSet(
        id="test",
        title="Test",
        url="https://vcf-cds.example/fhir/ValueSet/test",
        version="1",
        source="this test",
        reviewer="not yet reviewed",
        licence="Apache-2.0",
        vocabulary={},
        prefixes=(),
        _members={(SNOMED, "64859006"): (row,)},
        _unverified={},
    )
    member = Coding(system="urn:oid:2.16.840.1.113883.6.96", code="64859006")
    assert matching(CodeableConcept(coding=(LOCAL, member, Coding())), value_set) == row
    assert matching([CodeableConcept(coding=(LOCAL,)), CodeableConcept(coding=(member,))], value_set) == row
    assert matching(member, value_set) == row
    assert matching(CodeableConcept(coding=(Coding(display="Osteoporosis"),), text="Osteoporosis"), value_set) is None
    assert matching(None, value_set) is None


def test_words_are_text_and_displays_once() -> None:
    """Clinical decision 15: the words that may add a caution."""
    concept = CodeableConcept(coding=(LOCAL, Coding(display=" Bone cement allergy ")), text="Bone cement allergy")
    assert words(concept) == "Bone cement allergy\nlocal"
    assert words((concept, Coding(display="x"))) == "Bone cement allergy\nlocal\nx"
    assert words(None) == ""
