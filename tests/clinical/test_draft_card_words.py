"""What the cards of a drafted augmentation must say (`clinical.md` D14): bleeding risk and preparation."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import post

VIGNETTES = load_vignettes()
COAG, PREP = "augmentation-bleeding-risk", "augmentation-preparation"
CONFIRM = "Confirm hold plan with the prescriber"

MUST_SAY: dict[tuple[str, str], list[str]] = {
    ("coag-13", COAG): ["warfarin active", "INR 2.6", "2026-11-20", CONFIRM, "no platelets on record", "above 1.8"],
    ("coag-apixaban", COAG): ["apixaban", "4 doses, or 6", "no instruction", "in a dosage or a note is not seen"],
    ("coag-one-of-two", COAG): ["aspirin: active", "clopidogrel: on hold", "INR 1", "2026-11-15"],
    ("coag-inr-1.6", COAG): ["strict limit of 1.5", "not above 1.8", "amber", "chronic liver disease"],
    ("coag-platelets-49", COAG): ["below 50", "platelets 49"],
    ("coag-labs-31", COAG): ["INR not in date", "2026-10-25", "30 days", "24 hours"],
    ("coag-stent-11", COAG): ["stent of less than 12 months", "cardiology or haematology", "general knowledge"],
    ("coag-vte-2", COAG): ["venous thromboembolism", "its treatment comes first"],
    ("prep-escort", PREP): ["driver", "escort available: yes", "240 to 300 minutes", "2026-12-09", "2026-12-23"],
    ("prep-no-escort", PREP): ["escort available: no", "anaesthesia consultation", "can lie prone: no"],
    ("prep-no-date", PREP): ["14 days after the procedure", "2 to 4 weeks"],
    ("prep-no-level", PREP): ["levels not named"],
    ("prep-three-levels", PREP): ["T10, T11, T12", "360 to 420"],
    ("prep-chest", PREP): ["oxygen at home", "stroke", "41.5", "severity not judged"],
    ("prep-penicillin", PREP): ["allergy to an antibiotic"],
    ("coag-labs-none-no-drug", PREP): ["INR and platelet count in date (PP-10)", "Before acting, confirm"],
    ("coag-11", PREP): [
        "active infection",
        "cement leak, embolism, rib fracture, new fracture, paralysis",
        "limit lifting and bending",
        "the operator's instruction prevails",
        "72 hours",
        "Before an NSAID",
        "review its need",
        "within 3 months",
        "ASA class",
    ],
}


@pytest.mark.parametrize(("name", "topic"), list(MUST_SAY), ids=lambda part: part)
def test_a_card_says_what_it_must(client: FlaskClient, name: str, topic: str) -> None:
    """D14, "must say": agent, last values and the hold plan; driver, duration, labs, allergies."""
    cards = post(client, build(VIGNETTES[name])).json["cards"]
    (found,) = (each for each in cards if each["source"]["topic"]["code"] == topic)
    said = f"{found['summary']}\n{found['detail']}"
    assert [words for words in MUST_SAY[name, topic] if words.lower() not in said.lower()] == []


@pytest.mark.parametrize("name", [name for name, v in VIGNETTES.items() if PREP in v["expect"]])
def test_the_preparation_is_short_enough_to_be_read(client: FlaskClient, name: str) -> None:
    """At most a dozen points and a table of what is on record."""
    cards = post(client, build(VIGNETTES[name])).json["cards"]
    (found,) = (each for each in cards if each["source"]["topic"]["code"] == PREP)
    assert sum(line.startswith("- ") for line in found["detail"].splitlines()) <= 9
    assert len([line for line in found["detail"].splitlines() if line.startswith(("- ", "| ", "**Before"))]) <= 20
