"""DE-23, decision 15: malignancy by code, else by wording; benign and vascular lesions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import ICD, SNOMED, concept, condition, facts


@pytest.mark.parametrize(
    ("given", "kind", "active"),
    [
        (condition("C61"), "bone-tropic", True),
        (condition("C50.911"), "bone-tropic", True),
        (condition("C50911", "urn:oid:2.16.840.1.113883.6.90"), "bone-tropic", True),
        (condition("C34.90"), "bone-tropic", True),
        (condition("C64.1"), "bone-tropic", True),
        (condition("C73"), "bone-tropic", True),
        (condition("C90.00"), "bone-tropic", True),
        (condition("C90.01"), "bone-tropic", False),
        (condition("C83.30"), "bone-tropic", True),
        (condition("C79.51"), "bone-tropic", True),
        (condition("C18.9"), "other", True),
        (condition("C43.9"), "other", True),
        (condition("C7A.1"), "other", True),
        (condition("C61", status="resolved"), "bone-tropic", False),
        (condition("C61", verified="provisional"), "bone-tropic", True),
        (condition("Z85.46"), "bone-tropic", False),
        (condition("Z85.3"), "bone-tropic", False),
        (condition("Z85.038"), "other", False),
        (condition("94222008", SNOMED), "bone-tropic", True),
        (condition("109989006", SNOMED), "bone-tropic", True),
        (condition("94704006", SNOMED), "bone-tropic", False),
    ],
)
def test_coded_malignancies(given: dict[str, Any], kind: str, active: bool) -> None:
    """DE-23: C00-C96 by prefix, Z85 and remission as past."""
    assert [(each.kind, each.active, each.by_wording) for each in facts(given).malignancy.diseases.items] == [
        (kind, active, False)
    ]


@pytest.mark.parametrize(
    "given",
    [
        condition("C44.311"),
        condition("C44.311", text="Basal cell carcinoma of skin of nose"),
        condition("C44.91", text="Skin carcinoma"),
        condition("D05.10"),
        condition("D05.10", text="Intraductal carcinoma in situ of breast"),
        condition("Z85.828", text="History of other malignant neoplasm of skin"),
        condition("Z80.3", text="Family history of malignant neoplasm of breast"),
        condition("Z12.31", text="Encounter for screening mammogram for malignant neoplasm of breast"),
        condition("D47.2"),
        condition("C61", verified="refuted"),
        condition("C61", verified="entered-in-error"),
        condition(text="No evidence of malignancy"),
        condition(text="Family history of lung cancer"),
        condition(text="Screening for prostate cancer"),
        condition(text="Benign neoplasm of colon"),
        condition(text="Malignant hypertension"),
        condition(text="Basal cell carcinoma"),
        condition(text="Risk for breast cancer"),
        condition("T88.3XXA", text="Malignant hyperthermia due to anesthesia"),
    ],
)
def test_what_is_no_malignancy(given: dict[str, Any]) -> None:
    """DE-23: skin, in situ, screening, the family, gammopathy, refuted, and other things called malignant."""
    assert facts(given).malignancy.diseases.items == ()


@pytest.mark.parametrize(
    ("given", "kind", "active"),
    [
        (condition(text="Prostate cancer"), "bone-tropic", True),
        (condition("254837009", SNOMED, text="Malignant neoplasm of breast"), "bone-tropic", True),
        (condition("zz", "http://local", text="metastatic adenocarcinoma"), "bone-tropic", True),
        (condition(text="Multiple myeloma"), "bone-tropic", True),
        (condition(text="Non-Hodgkin lymphoma"), "bone-tropic", True),
        (condition(text="renal cell carcinoma"), "bone-tropic", True),
        (condition(text="Colon cancer"), "other", True),
        (condition(text="History of thyroid cancer"), "bone-tropic", False),
        (
            {
                **condition("x"),
                "code": {
                    "coding": [{"system": SNOMED, "code": "93761005", "display": "Primary malignant neoplasm of colon"}]
                },
            },
            "other",
            True,
        ),
    ],
)
def test_words_add_a_caution(given: dict[str, Any], kind: str, active: bool) -> None:
    """Decision 15: text or display of a problem with no known code."""
    (found,) = facts(given).malignancy.diseases.items
    assert (found.kind, found.active, found.by_wording) == (kind, active, True)
    assert found.evidence.value.endswith("(by its wording)")


def test_a_known_code_beside_the_words_is_one_disease() -> None:
    """Hazard 6: several codings of one problem."""
    codings = [
        {"system": "http://local", "code": "1"},
        {"system": SNOMED, "code": "254900004"},
        {"system": ICD, "code": "C61"},
    ]
    given = {**condition("x"), "code": {"coding": codings, "text": "Prostate cancer"}}
    assert [(each.kind, each.by_wording) for each in facts(given).malignancy.diseases.items] == [("bone-tropic", False)]


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (condition("D16.6"), ["benign-lesion"]),
        (condition("D18.09"), []),
        (condition("D18.09", text="Hemangioma of L1 vertebra"), ["benign-lesion"]),
        (condition("400210000", SNOMED, bodySite=[concept("66794005", SNOMED)]), ["benign-lesion"]),
        (condition("400210000", SNOMED, text="Hemangioma of liver"), []),
        (condition("261482004", SNOMED), ["vascular"]),
        (condition("I71.40"), []),
    ],
)
def test_benign_and_vascular_lesions(given: dict[str, Any], kinds: list[str]) -> None:
    """ET-08: a hemangioma counts in the spine only; an aortic aneurysm is no lesion of it."""
    assert [each.kind for each in facts(given).malignancy.diseases.items] == kinds


def test_no_malignancy_is_none_only_when_conditions_are_whole() -> None:
    """Decision 1."""
    assert facts().malignancy.diseases.gap is None
    assert facts(without=("conditions",)).malignancy.diseases.gap == "conditions not sent"
