"""What each card must say (`clinical.md` D14), and what no card may say (section I), in the vignettes' responses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import post

VIGNETTES = load_vignettes()


def card(client: FlaskClient, name: str, topic: str) -> dict[str, Any]:
    """The card of a topic in the answer to a vignette."""
    cards = post(client, build(VIGNETTES[name])).json["cards"]
    (found,) = (each for each in cards if each["source"]["topic"]["code"] == topic)
    return dict(found)


MUST_SAY: dict[tuple[str, str], list[str]] = {
    ("18", "neurological-emergency"): [
        "saddle numbness",
        "2026-11-20",
        "350 mL",
        "Consider emergency MRI",
        "contact with spine surgery",
        "retropulsion",
    ],
    ("unsafe-alarm", "neurological-emergency"): ["CT or CT myelogram", "MR unsafe"],
    ("21", "spinal-infection"): ["38.4", "2026-11-20", "MRI without and with contrast", "cultures before antibiotics"],
    ("discitis-reported", "spinal-infection"): ["Discitis"],
    ("21", "augmentation-contraindicated"): ["infection", "38.4"],
    ("25-sign", "augmentation-contraindicated"): ["posterior wall"],
    ("28", "augmentation-contraindicated"): ["pregnancy test needed"],
    ("3", "mri-without-contrast"): ["lumbar", "without contrast", "L1"],
    ("33", "conflicting-data"): [
        "ordered: T12 (ServiceRequest/draft-1",
        '**against** "Acute L1 compression fracture',
        "2026-11-12",
        "fracture confirmed (VA-01); acute on imaging (VA-03)",
    ],
    ("scores-of-one-day", "conflicting-data"): ["pain 8/10", "pain 3/10", "Observation/pain-2", "severe pain (VA-06)"],
    ("conflict-score-65", "conflicting-data"): ["pain 65, no unit", "Observation/pain-1"],
    ("conflict-pregnant-man", "conflicting-data"): ["Pregnan", "male", "pregnancy (CX-03)"],
    ("unlabelled", "mri-without-contrast"): ["implant"],
    ("22", "alternative-to-mri"): ["SPECT/CT", "lumbar", "CT alone does not", "MR unsafe"],
    ("3", "conservative-care"): ["TLSO", "2 to 4 weeks", "option", "mobilisation"],
    ("1", "augmentation-referral"): [
        "T12",
        "day 28",
        "NRS 8",
        "2026-11-12",
        "window ends on 2027-01-15",
        "Trial evidence conflicts",
        "the treating clinician decides",
        "Not documented, verify",
    ],
    ("exam-unknown", "augmentation-referral"): ["Before acting, confirm", "tenderness or percussion pain"],
    ("care-gap", "augmentation-referral"): ["Gap:"],
    ("inr-high", "augmentation-referral"): ["coagulation"],
    ("cement-low-view", "augmentation-referral"): ["allergy to bone cement"],
    ("16", "augmentation-referral"): ["Hospitalised"],
    ("2", "augmentation-missing-data"): ["no pain score documented", "severe pain"],
    ("onset-none", "augmentation-missing-data"): ["onset date not documented"],
    ("imaging-31", "augmentation-missing-data"): ["31 days old", "Medicare coverage text does not"],
    ("level-t3", "augmentation-missing-data"): ["T3"],
    ("draft-no-level", "augmentation-missing-data"): ["names no level"],
    ("window-closes", "augmentation-missing-data"): ["window closes on 2026-12-04"],
    ("6", "augmentation-criteria-not-met"): ["within 12 weeks of onset", "2026-09-10"],
    ("no-mri", "augmentation-criteria-not-met"): ["MRI or uptake study"],
    ("care-none-sign", "augmentation-criteria-not-met"): ["conservative treatment has failed"],
    ("mal-coded", "malignant-fracture"): [
        "breast",
        "within 24 hours",
        "within 7 days",
        "oncology",
        "SINS",
        "not validated",
    ],
    ("mal-film", "malignant-fracture"): ["a plain film does not rule out"],
    ("mal-sign", "malignant-fracture"): ["M84.58XA", "C90.00", "No review by oncology", "Sources disagree"],
    ("mal-reviewed", "malignant-fracture"): ["tumour board is on record"],
    ("mal-reported", "malignant-fracture"): ["biopsy", "report suggests a pathologic fracture"],
    ("retro-brace", "retropulsion-surgical-opinion"): ["not a substitute for the surgical review", "5 mm", "T12"],
    ("retro-severe", "retropulsion-surgical-opinion"): ["severe stenosis", "urgent contact"],
    ("trm-brace", "unstable-fracture"): ["not a substitute for the surgical review", "OF score", "not validated"],
    ("trm-physiotherapy", "unstable-fracture"): ["waiting until stability is settled"],
    ("spec-85", "specialist-review"): ["non-union", "12 weeks", "not covered"],
    ("spec-49", "specialist-review"): ["metabolic bone clinic", "50 years"],
    ("spec-collapse-67", "specialist-review"): ["over 66 %"],
    ("work-49", "secondary-cause-workup"): ["under 50 without injury", "electrophoresis", "general knowledge"],
    ("work-hb-9.9", "secondary-cause-workup"): ["haemoglobin 9.9 g/dL", "under 10.0 g/dL", "anaemia"],
    ("post-weakness", "post-augmentation-complication"): ["Day 10 after augmentation", "new weakness", "haematoma"],
    ("post-dyspnoea", "post-augmentation-complication"): ["Shortness of breath", "embolism"],
    ("post-pain-7", "post-augmentation-complication"): ["within 72 hours", "image for a new level"],
}


@pytest.mark.parametrize(("name", "topic"), list(MUST_SAY), ids=lambda part: part)
def test_a_card_says_what_it_must(client: FlaskClient, name: str, topic: str) -> None:
    """D14, "must say": the finding with value and date, the reason, and what to consider."""
    found = card(client, name, topic)
    said = f"{found['summary']}\n{found['detail']}"
    assert [words for words in MUST_SAY[name, topic] if words.lower() not in said.lower()] == []


def test_the_missing_data_card_links_the_form(client: FlaskClient) -> None:
    """VA-13: K-VAM links the assessment questionnaire."""
    links = card(client, "2", "augmentation-missing-data")["links"]
    assert any(link["url"].endswith("/fhir/Questionnaire/vcf-assessment") for link in links)


def test_the_referral_never_orders_the_procedure(client: FlaskClient) -> None:
    """S2-08, decision 8: the suggestion is a referral to a specialist, never kyphoplasty or vertebroplasty."""
    (suggestion,) = card(client, "1", "augmentation-referral")["suggestions"]
    (action,) = suggestion["actions"]
    resource = action["resource"]
    assert resource["resourceType"] == "ServiceRequest"
    codings = {coding["code"] for coding in resource["code"].get("coding", [])}
    assert not codings & {"426243004", "22510", "22511", "22513", "22514"}


def test_the_board_and_the_mri_of_the_whole_spine_are_offered(client: FlaskClient) -> None:
    """SP-01: two suggestions; neither where it is already under way, and no MRI where it is unsafe."""

    def offered(name: str) -> list[str]:
        return [each["label"] for each in card(client, name, "malignant-fracture").get("suggestions", [])]

    board, mri = (
        "Draft a referral to oncology for a tumour board",
        "Draft MRI of the whole spine without and with contrast",
    )
    assert offered("mal-coded") == [board, mri]
    assert offered("mal-reviewed") == [mri]
    assert offered("unsafe-cancer") == [board]


def test_the_bone_clinic_goes_before_the_surgeon_in_the_young(client: FlaskClient) -> None:
    """Decision 11: K-SPEC offers the bone clinic; a posterior defect the surgeon."""
    (young,) = card(client, "spec-49", "specialist-review")["suggestions"]
    (wall,) = card(client, "spec-wall", "specialist-review")["suggestions"]
    assert (young["label"], wall["label"]) == (
        "Draft a referral to the bone clinic",
        "Draft a spine surgery consultation",
    )


def test_alternatives_are_separate_suggestions(client: FlaskClient) -> None:
    """Decision 8: SPECT/CT or a bone scan with CT; on an MRI draft the first changes that draft."""
    found = card(client, "22", "alternative-to-mri")
    kinds = [[action["type"] for action in suggestion["actions"]] for suggestion in found["suggestions"]]
    assert kinds == [["update"], ["create", "create"]]
    chart = card(client, "unsafe", "alternative-to-mri")
    assert [[a["type"] for a in s["actions"]] for s in chart["suggestions"]] == [["create"], ["create", "create"]]


PROMISES = (
    r"9 (?:of|out of) 10",
    r"will (?:relieve|cure|heal|reduce)",
    r"reduces? (?:the risk of )?future fractures",
    r"guarantee",
    r"stop (?:taking|the) (?:warfarin|anticoagulant|drug)",
    r"you must",
)


@pytest.mark.parametrize("name", list(VIGNETTES))
def test_no_card_promises_or_commands(client: FlaskClient, name: str) -> None:
    """Section I, C-13: no outcome promise, no drug to stop; every card says that nobody has reviewed it clinically."""
    for found in post(client, build(VIGNETTES[name])).json["cards"]:
        said = f"{found['summary']}\n{found['detail']}"
        assert not [pattern for pattern in PROMISES if re.search(pattern, said, re.IGNORECASE)]
        assert "not yet clinically reviewed" in said


@pytest.mark.parametrize("name", list(VIGNETTES))
def test_missing_is_never_called_not_met(client: FlaskClient, name: str) -> None:
    """Section I: no criterion is "not met" because data were missing, so "not met" shows its evidence; where all was
    searched and nothing found, "none recorded" (decision 1).
    """
    for found in post(client, build(VIGNETTES[name])).json["cards"]:
        for row in found["detail"].splitlines():
            if "| not met" in row:
                assert "not met: " in row, row
