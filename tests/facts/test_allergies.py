"""DE-24, CX-06: allergy to cement and opacifier."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import ME, SNOMED, concept, condition, facts


def allergy(code: str = "", text: str = "", **more: Any) -> dict[str, Any]:
    """An AllergyIntolerance."""
    found = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": f"Patient/{ME}"},
        "code": concept(code, SNOMED, text),
    }
    return {**found, **more}


@pytest.mark.parametrize(
    ("given", "agent", "by_wording"),
    [
        (allergy("261712009"), "cement", False),
        (allergy(text="Bone cement"), "cement", True),
        (allergy(text="PMMA"), "cement", True),
        (allergy(text="Polymethyl methacrylate"), "cement", True),
        (allergy(text="polymethylmethacrylate"), "cement", True),
        (allergy(text="methylmethacrylate"), "cement", True),
        (allergy(text="Acrylates"), "cement", True),
        (
            allergy(
                "",
                reaction=[
                    {"substance": concept("", text="PMMA bone cement"), "manifestation": [concept("", text="rash")]}
                ],
            ),
            "cement",
            True,
        ),
        (allergy("426722004"), "opacifier", False),
        (allergy("293637006"), "opacifier", False),
        (allergy(text="Iodinated contrast"), "opacifier", True),
        (allergy(text="barium sulfate"), "opacifier", True),
        (condition("Z91.041"), "opacifier", False),
        (allergy("767235005"), "gadolinium", False),
        (allergy(text="Gadolinium contrast"), "gadolinium", True),
        (allergy(text="Gadobutrol (MRI)"), "gadolinium", True),
        (condition(text="Anaphylactic reaction to gadolinium"), "gadolinium", True),
        (condition(text="Allergy to bone cement"), "cement", True),
    ],
)
def test_agents(given: dict[str, Any], agent: str, by_wording: bool) -> None:
    """DE-24, decision 15: by code, else by wording."""
    (found,) = facts(given).allergies.items
    assert (found.agent, found.by_wording) == (agent, by_wording)


@pytest.mark.parametrize(
    "given",
    [
        allergy(text="Acrylic nails"),
        allergy("261712009", text="acrylic nails contact dermatitis"),
        allergy("294913003", text="Iodine"),
        allergy(text="Povidone-iodine"),
        allergy(text="Cyanoacrylate"),
        allergy(text="Penicillin"),
        allergy(text="No known allergy to contrast"),
        allergy(text="No allergy to gadolinium"),
        allergy(text="Gadolinium", verificationStatus=concept("refuted", "x")),
        condition(text="MRI with gadolinium done"),
        allergy(text="PMMA", verificationStatus=concept("refuted", "x")),
        allergy(text="PMMA", verificationStatus=concept("entered-in-error ", "x")),
        allergy(text="PMMA", clinicalStatus=concept("resolved", "x")),
        allergy(text="PMMA", clinicalStatus=concept("inactive", "x")),
        condition(text="Cemented hip with bone cement"),
    ],
)
def test_what_is_none(given: dict[str, Any]) -> None:
    """DE-24: nails, iodine, what is denied, refuted or over."""
    assert facts(given).allergies.items == ()


@pytest.mark.parametrize(
    ("more", "severe"),
    [
        ({}, False),
        ({"criticality": "low"}, False),
        ({"criticality": "unable-to-assess"}, False),
        ({"criticality": "high"}, True),
        ({"reaction": [{"manifestation": [concept("", text="rash")], "severity": "moderate"}]}, False),
        ({"reaction": [{"manifestation": [concept("", text="rash")], "severity": "severe"}]}, True),
        ({"reaction": [{"manifestation": [concept("39579001", SNOMED)]}]}, True),
        ({"reaction": [{"manifestation": [concept("", text="Anaphylaxis")]}]}, True),
        ({"reaction": [{"manifestation": [concept("", text="rash")], "description": "no anaphylaxis"}]}, False),
        ({"note": [{"text": "Severe reaction at surgery"}]}, True),
    ],
)
def test_severe(more: dict[str, Any], severe: bool) -> None:
    """Decision 2: high criticality, a severe reaction, anaphylaxis by code or words."""
    assert [each.severe for each in facts(allergy(text="PMMA", **more)).allergies.items] == [severe]


def test_gadolinium_stands_beside_what_else_an_entry_names() -> None:
    """IM-12: one entry of two contrast media is both, and no agent hides another."""
    both = allergy("426722004", text="Iodinated contrast and gadolinium")
    assert [(each.agent, each.by_wording) for each in facts(both).allergies.items] == [
        ("opacifier", False),
        ("gadolinium", True),
    ]


def test_none_recorded() -> None:
    """Decision 1: a whole answer proves that there is none."""
    assert facts().allergies.gap is None
    assert facts(without=("allergies",)).allergies.gap == "allergies not sent"
