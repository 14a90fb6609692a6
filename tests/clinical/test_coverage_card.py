"""What the coverage card says (D14, OC-30, appendix I), and the settings and keys it depends on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF, build, load_vignettes
from tests.clinical.running import EXTENSION, post, topics
from tests.schemas.conformance import assert_conformant

VIGNETTES = load_vignettes()
TOPIC = "augmentation-coverage"


def card(client: FlaskClient, name: str) -> dict[str, Any]:
    """The coverage card of a vignette."""
    cards = post(client, build(VIGNETTES[name])).json["cards"]
    (found,) = (each for each in cards if each["source"]["topic"]["code"] == TOPIC)
    return dict(found)


MUST_SAY: dict[str, list[str]] = {
    "cov-whole-tx": [
        "10 of the 10 items",
        "L34106",
        "Prior authorisation or pre-payment review (WISeR)** applies in TX",
        "2026-01-15 to 2031-12-31",
        "Every item is documented",
        "onset 2026-10-23",
        "pain 8/10",
        "TX: the local policy was not read",
        "Perhaps L35130 (Novitas)",
        "Not verified:",
        "Day 33 on the day of the procedure: acute",
        "analgesic 24, brace 24",
        "14 days",
        "24 hours",
        "under 3 weeks",
        "28 days each (eviCore)",
        "42 days (BCBSA)",
        "M80.88XA",
        "22510 or 22513",
        "the payer and the treating clinician decide",
    ],
    "cov-care-open-tx": ["9 of the 10 items", "nothing on bone density referral", "Consider completing the open items"],
    "cov-care-gap-tx": ["1 documented as not met", "osteoporosis education: no"],
    "cov-arizona": ["Policy of AZ: LCD L34106, Noridian JF (full text), effective 2021-01-10", "full text, whole"],
    "cov-patient-texas": ["State TX by the patient's address"],
    "cov-no-coverage-tx": ["taken as Medicare fee-for-service, by the setting of this site"],
    "cov-unread-tx": [
        "Payer not known (coverage not sent)",
        "If the payer is Medicare",
        "Could not be read: coverage.",
    ],
    "cov-advantage-tx": ["Medicare Advantage", "payers differ"],
    "cov-commercial-tx": ["Another payer than Medicare", "payers differ"],
    "cov-t3-tx": ["Uncommon level; focused review possible"],
    "cov-no-level-tx": ["the order names no level", "level not named"],
    "cov-inpatient-7-tx": ["no path for an inpatient with pain under NRS 8", "not a stay after it"],
    "cov-one-of-four-tx": ["the coverage text's form is not documented", "the candidacy page's"],
    "cov-seventh-d-tx": ["not met: M80.88XD"],
    "cov-wrong-region-tx": ["not met: 22514"],
    "cov-allergy-tx": ["An exclusion is present", "even where clinically a specialist may decide otherwise"],
    "cov-two-levels-tx": ["22510 with 22512 or 22513 with 22515"],
    "cov-6": ["not met: onset 2026-09-10"],
    "cov-13": ["two-code rule asks for M84.58XA or M84.58XS with one of C41.2, C79.51, C79.52, C90.00", "L38201"],
    "cov-28": ["Long-term glucocorticoid", "M80.88XA"],
    "cov-39": ["WISeR TX", "7 of the 10 items"],
}


@pytest.mark.parametrize("name", list(MUST_SAY))
def test_the_card_says_what_it_must(client: FlaskClient, name: str) -> None:
    """D14: the list with values, dates and sources, the LCD number, prior authorisation, and what is not verified."""
    found = card(client, name)
    said = f"{found['summary']}\n{found['detail']}"
    assert [words for words in MUST_SAY[name] if words.lower() not in said.lower()] == []


@pytest.mark.parametrize("name", [name for name in VIGNETTES if TOPIC in VIGNETTES[name]["expect"]])
def test_the_card_lists_the_ten_items_in_order(client: FlaskClient, name: str) -> None:
    """OC-30: ten rows, each met, not met or not documented, with the place in its source."""
    rows = [row for row in card(client, name)["detail"].splitlines() if "(OC-30 item" in row]
    assert [row.removeprefix("| ").partition(". ")[0] for row in rows] == [str(n) for n in range(1, 11)]
    assert all(re.search(r"\| (?:met|not met|not documented)(?::| \|)", row) for row in rows)
    shown = sum("| met" in row for row in rows)
    assert f"{shown} of the 10 items" in card(client, name)["summary"]


def test_the_card_offers_no_order(client: FlaskClient) -> None:
    """Decision 8: this card suggests nothing to order; it is a list."""
    assert "suggestions" not in card(client, "cov-39")


def test_no_descriptor_of_a_procedure_number_is_shown(client: FlaskClient) -> None:
    """CPT: numbers alone."""
    detail = card(client, "cov-two-levels-tx")["detail"].lower()
    assert not re.search(r"percutaneous vertebr|unilateral or bilateral|inclusive of all imaging|cannulation", detail)


def payer_setting(value: str, name: str) -> dict[str, str]:
    """The cards of a vignette at a site with that default payer."""
    client = create_app(Settings(as_of=AS_OF, default_payer=value)).test_client()
    return topics(post(client, build(VIGNETTES[name])).json)


@pytest.mark.parametrize(
    ("value", "indicator"),
    [("medicare-ffs", "warning"), ("medicare-advantage", "info"), ("other", "info"), ("none", None)],
)
def test_the_default_payer_is_a_setting(value: str, indicator: str | None) -> None:
    """Decision 14: without a Coverage the setting decides, and "none" switches the card off; with one it does not."""
    assert payer_setting(value, "cov-no-coverage-tx").get(TOPIC) == indicator
    assert payer_setting(value, "cov-care-open-tx")[TOPIC] == "warning"


@pytest.mark.parametrize(
    ("answer", "indicator", "missing"),
    [
        (None, "warning", None),
        ({"resourceType": "Bundle", "type": "searchset", "total": 0}, "warning", None),
        ({"resourceType": "OperationOutcome", "issue": []}, "info", ["coverage"]),
        ("absent", "info", ["coverage"]),
        ({"resourceType": "Bundle", "type": "searchset", "total": 3}, "info", ["coverage"]),
    ],
)
def test_the_states_of_the_coverage_key(client: FlaskClient, answer: Any, indicator: str, missing: Any) -> None:
    """G-04, decision 14: looked up and empty is "no Coverage"; absent, failed or partial is an unknown payer."""
    request = build(VIGNETTES["cov-no-coverage-tx"])
    if answer == "absent":
        del request["prefetch"]["coverage"]
    else:
        request["prefetch"]["coverage"] = answer
    found = post(client, request).json
    assert_conformant(found)
    assert topics(found)[TOPIC] == indicator
    assert found["extension"][EXTENSION].get("missing") == missing


def test_signing_asks_for_coverage_and_the_chart_does_not(client: FlaskClient) -> None:
    """Discovery: the key is asked where the card can show."""
    discovery: Any = client.get("/cds-services").json
    services = {each["hook"]: each["prefetch"] for each in discovery["services"]}
    assert "coverage" in services["order-sign"]
    assert "coverage" not in services["patient-view"]
