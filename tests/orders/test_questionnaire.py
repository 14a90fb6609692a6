"""Questionnaire/vcf-assessment holds exactly what the contract names, and is valid R4."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.knowledge.value_set import DEFAULT_BASE
from cds_service.orders.questionnaire import questionnaire
from cds_service.orders.strict import checked
from tests.conftest import CollectFhir
from tests.orders.invariants import values

BOOLEANS = (
    "pain-at-fracture-level incapacitated brace-refused-or-contraindicated new-weakness saddle-numbness "
    "bladder-bowel-change gait-worsening fever-or-sepsis kyphotic-deformity planned-spine-surgery "
    "bone-density-referral osteoporosis-education prevention-programme pregnancy-possible escort-available "
    "can-lie-prone"
).split()
DAYS = "analgesic-days brace-days physiotherapy-days bed-rest-days".split()
TYPES = {
    "symptom-onset-date": "date",
    "mechanism": "choice",
    "pain-nrs": "integer",
    "pain-trend": "choice",
    "rdq-total": "integer",
    "conservative-care-failed": "choice",
    **dict.fromkeys(BOOLEANS, "boolean"),
    **dict.fromkeys(DAYS, "integer"),
}
ANSWERS = {
    "mechanism": ["low-energy", "high-energy", "none"],
    "pain-trend": ["worsening", "stable", "improving"],
    "conservative-care-failed": ["yes", "no", "not-tolerated"],
}
RANGES = {"pain-nrs": [0, 10], "rdq-total": [0, 24], **{name: [0] for name in DAYS}}


def items(base: str = DEFAULT_BASE) -> dict[str, Any]:
    """The items by linkId, of which none may be lost on the way."""
    found: Any = questionnaire(base)["item"]
    by_link = {item["linkId"]: item for item in found}
    assert len(by_link) == len(found)
    return by_link


def test_items_are_those_of_the_contract() -> None:
    """Contract: each linkId with its type, and no other."""
    assert {link: item["type"] for link, item in items().items()} == TYPES


def test_choices_are_codings_with_the_codes_of_the_contract() -> None:
    """Contract: answer codes stand under the deployment's own code system, each with a display."""
    found = {link: item["answerOption"] for link, item in items().items() if "answerOption" in item}
    codings = {link: [option["valueCoding"] for option in options] for link, options in found.items()}
    assert {link: [coding["code"] for coding in each] for link, each in codings.items()} == ANSWERS
    for coding in (coding for each in codings.values() for coding in each):
        assert coding["system"] == f"{DEFAULT_BASE}/CodeSystem/vcf-assessment-answers"
        assert coding["display"]


def test_numbers_have_their_range() -> None:
    """Contract: pain 0 to 10, Roland-Morris 0 to 24, no negative days."""
    found = {
        link: [limit["valueInteger"] for limit in item["extension"]]
        for link, item in items().items()
        if "extension" in item
    }
    assert found == RANGES


def test_nothing_is_required() -> None:
    """Unknown is a value: no item forces an answer, and every item asks something."""
    assert all(item["required"] is False and item["text"] for item in items().values())


@pytest.mark.parametrize("base", [DEFAULT_BASE, "https://cds.hospital.example/fhir/"])
def test_it_is_valid_r4_under_any_base(base: str, collect_fhir: CollectFhir) -> None:
    """Design 7: valid by the R4B model; its canonical stands on the deployment's own base."""
    resource = questionnaire(base)
    assert resource["url"] == f"{base.rstrip('/')}/Questionnaire/vcf-assessment"
    assert not [path for path, value in values(resource) if value is None or value in ("", {}, [])]
    checked(resource)
    collect_fhir(resource, "questionnaire")


def test_it_says_that_nobody_reviewed_it() -> None:
    """Honest status: draft, meant for use, not clinically reviewed."""
    resource = questionnaire(DEFAULT_BASE)
    assert (resource["status"], resource["experimental"]) == ("draft", False)
    assert "Not clinically reviewed" in str(resource["description"])


def test_callers_share_nothing() -> None:
    """A caller that changes its copy changes no other."""
    first: Any = questionnaire(DEFAULT_BASE)
    first["item"][0]["text"] = "changed"
    first["title"] = "changed"
    assert questionnaire(DEFAULT_BASE) != first
