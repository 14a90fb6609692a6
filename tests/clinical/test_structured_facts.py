"""What a code or an Observation that disagrees with a report does to the answer, the whole way from request to card."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.criteria.assessment import LevelFacts, assess
from cds_service.criteria.candidacy import candidacy
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.hooks.invoke import read_once
from tests.clinical.builder import AS_OF, ICD, PATIENT, build, load_vignettes
from tests.clinical.running import LIMIT, Command, post, topics
from tests.facts.records import concept, facts, observation

Json = dict[str, Any]

VIGNETTES = load_vignettes()
TEXT = "Acute T12 compression fracture with marrow edema on STIR{}. Posterior wall intact. No retropulsion."
TAKEN = "2026-11-12"
REFERRAL = {"augmentation-referral": "info"}
ASKED = {"augmentation-missing-data": "info"}
CONFLICT = {"conflicting-data": "info"}
BOTH = "Observation says 30 %, report text says 15 %"


def patient(loss: str = "", *, text: str | None = None) -> Json:
    """Vignette 1 with kyphosis on record and stable pain, so that height loss alone decides VA-08 in the LCD form."""
    request = build(
        {
            **VIGNETTES["1"],
            "pain": [{"days": 0, "nrs": 8}],
            "assessment": {
                **VIGNETTES["1"]["assessment"],
                "rdq-total": 10,
                "pain-trend": "stable",
                "kyphotic-deformity": True,
            },
        }
    )
    report = only(request, "reports")
    words = TEXT.format(loss) if text is None else text
    report.pop("conclusion")
    report["presentedForm"] = [{"contentType": "text/plain", "data": base64.b64encode(words.encode()).decode()}]
    assert report["effectiveDateTime"] == TAKEN
    return request


def only(request: Json, key: str) -> Json:
    """The one resource of a key, to change."""
    (entry,) = request["prefetch"][key]["entry"]
    found: Json = entry["resource"]
    return found


def observed(request: Json, text: str, value: Json, *, day: str = TAKEN, of_report: bool = False) -> Json:
    """The request with an Observation more, a result of the report or standing alone."""
    changed = copy.deepcopy(request)
    seen = {
        "resourceType": "Observation",
        "id": "measured",
        "status": "final",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"text": text},
        "bodySite": {"coding": [{"system": "http://snomed.info/sct", "code": "23215003"}]},
        "effectiveDateTime": day,
        **value,
    }
    changed["prefetch"]["observations"].setdefault("entry", []).append({"resource": seen})
    if of_report:
        only(changed, "reports")["result"] = [{"reference": "Observation/measured"}]
    return changed


def height(percent: float) -> Json:
    """A share of the body's height."""
    return {"valueQuantity": {"value": percent, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}}


def told(command: Command, request: Json, rule: str, level: str = "T12") -> Json:
    """What `explain` says of one criterion of the referral at one level."""
    _, explained = command("explain", request, "--json", "--as-of", AS_OF.isoformat())
    (judged,) = (r for r in explained["recommendations"] if (r["id"], r["level"]) == ("augmentation-referral", level))
    found: Json = next(c for c in judged["criteria"] if c["rule"] == rule)
    return found


def test_without_observations_the_text_decides(client: FlaskClient) -> None:
    """VA-08: over 25 % is enough beside kyphosis, 15 % is not."""
    assert topics(post(client, patient(" and 35 % loss of height")).json) == REFERRAL
    assert topics(post(client, patient(" and 15 % loss of height")).json) == ASKED


def test_silence_of_the_text_is_filled(client: FlaskClient, command: Command) -> None:
    """DE-06: the Observation states what the report leaves out, and is named as the evidence."""
    request = observed(patient(), "Vertebral height loss", height(30), of_report=True)
    assert topics(post(client, patient()).json) == ASKED
    assert topics(post(client, request).json) == REFERRAL
    seen = told(command, request, "VA-08")["evidence"]
    assert {"reference": "Observation/measured", "value": "T12: height loss 30 %", "date": TAKEN} in seen


@pytest.mark.parametrize(
    ("day", "of_report", "cards", "why"),
    [
        ("2026-11-13", False, REFERRAL, None),
        ("2026-11-12", False, {**CONFLICT, **ASKED}, BOTH),
        ("2026-11-11", False, ASKED, "no comparison with an earlier study"),
        ("2026-11-13", True, {**CONFLICT, **ASKED}, BOTH),
        ("2026-11-12", True, {**CONFLICT, **ASKED}, BOTH),
        ("2026-11-11", True, {**CONFLICT, **ASKED}, BOTH),
    ],
)
def test_a_text_of_15_percent_beside_an_observation_of_30(
    client: FlaskClient, command: Command, day: str, of_report: bool, cards: dict[str, str], why: str | None
) -> None:
    """FX-09, CF: of another day the newest decides; of one study neither does, and both are named."""
    request = observed(
        patient(" and 15 % loss of height"), "Vertebral height loss", height(30), day=day, of_report=of_report
    )
    response = post(client, request).json
    found = told(command, request, "VA-08")
    assert topics(response) == cards
    assert found["truth"] == ("met" if why is None else "unknown")
    assert (why or "") in (found["why_unknown"] or "")
    if why == BOTH:
        values = [(each["reference"], each["value"]) for each in found["evidence"][:2]]
        assert values[0] == ("Observation/measured", "T12: height loss 30 %")
        assert values[1][0] == "DiagnosticReport/report-1"
        assert "15 % loss of height" in values[1][1]
        assert any("Observation says 30 %, report text says 15 %" in card["detail"] for card in response["cards"])


def test_a_disagreement_that_decides_nothing_is_no_conflict(client: FlaskClient, command: Command) -> None:
    """CF: "merely a different number" leaves the criterion as it is, and shows both."""
    request = observed(patient(" and 35 % loss of height"), "Vertebral height loss", height(40), of_report=True)
    assert topics(post(client, request).json) == REFERRAL
    found = told(command, request, "VA-08")
    seen = " ".join(each["value"] for each in found["evidence"])
    assert (found["truth"], "40 %" in seen, "35 %" in seen) == ("met", True, True)


@pytest.mark.parametrize("code", ["M80.08XA", "S22.080A"])
def test_a_fracture_code_beside_a_report_that_finds_none(client: FlaskClient, command: Command, code: str) -> None:
    """CF-04 within one report: VA-01 is unknown, and the disagreement is named (CF-04)."""
    request = patient(text="MRI of the thoracic spine. No fracture.")
    only(request, "reports")["conclusionCode"] = [{"coding": [{"system": ICD, "code": code}]}]
    assert topics(post(client, request).json) == CONFLICT
    found = told(command, request, "VA-01")
    assert (found["truth"], found["why_unknown"]) == (
        "unknown",
        "conclusion code says fracture, report text says no fracture",
    )


def test_a_code_alone_raises_the_level_it_names(client: FlaskClient, command: Command) -> None:
    """FX-09: a level that only the conclusion code names is judged, and left open against the text's denial."""
    request = patient(text="MRI of the thoracic and lumbar spine. No fracture.")
    only(request, "reports")["conclusionCode"] = [{"coding": [{"system": ICD, "code": "S32.010A"}]}]
    found = told(command, request, "VA-01", "L1")
    assert (found["truth"], found["why_unknown"]) == (
        "unknown",
        "conclusion code says fracture, report text says no fracture",
    )
    assert topics(post(client, request).json) == CONFLICT


@pytest.mark.parametrize(
    ("text", "says", "truth", "cards"),
    [
        (None, {"valueBoolean": False}, "not-met", REFERRAL),
        (None, {"valueBoolean": True}, "unknown", {**CONFLICT, **REFERRAL}),
        (
            TEXT.format(" and 35 % loss of height").replace("No retropulsion", "Retropulsion of 6 mm"),
            {"valueBoolean": False},
            "met",
            {"retropulsion-surgical-opinion": "warning"},
        ),
    ],
)
def test_no_observation_takes_away_a_contraindication_that_the_report_states(
    client: FlaskClient, command: Command, text: str | None, says: Json, truth: str, cards: dict[str, str]
) -> None:
    """Decisions 2 and 15: what speaks against augmentation may be added, never removed, by the side of the text."""
    request = observed(patient(" and 35 % loss of height", text=text), "Retropulsion", says, of_report=True)
    found = told(command, request, "CX-05")
    # Two clauses share the rule: the wall, then the canal.
    _, explained = command("explain", request, "--json", "--as-of", AS_OF.isoformat())
    (judged,) = (r for r in explained["recommendations"] if r["id"] == "augmentation-referral")
    canal = [c for c in judged["criteria"] if c["rule"] == "CX-05"][1]
    assert (found["truth"], canal["truth"]) == ("not-met", truth)
    assert topics(post(client, request).json) == cards


def test_edema_that_an_observation_denies_leaves_the_age_open(client: FlaskClient, command: Command) -> None:
    """CF-05: VA-03 decides nothing while the two accounts of one MRI differ."""
    request = observed(patient(" and 35 % loss of height"), "Marrow edema", {"valueBoolean": False}, of_report=True)
    found = told(command, request, "VA-03")
    assert (found["truth"], found["why_unknown"]) == (
        "unknown",
        "Observation says no marrow edema, report text says marrow edema",
    )
    assert topics(post(client, request).json) == CONFLICT


def test_the_order_of_resources_changes_nothing(client: FlaskClient) -> None:
    """FHIR: a Bundle has no order."""
    request = observed(patient(" and 15 % loss of height"), "Vertebral height loss", height(30))
    more = observed(request, "Marrow edema", {"valueBoolean": True, "id": "second"}, of_report=False)
    turned = copy.deepcopy(more)
    turned["prefetch"]["observations"]["entry"].reverse()
    first, second = post(client, more).json, post(client, turned).json
    assert first["cards"] == second["cards"]


# --- any text beside any result ---------------------------------------------------------------------------------------

TEXTS = (
    "L1 compression fracture.",
    "L1 compression fracture with 15 % loss of height.",
    "L1 compression fracture with 40 % loss of height, marrow edema, no retropulsion, posterior wall intact.",
    "Chronic L1 compression fracture without marrow edema. Retropulsion of 5 mm. Posterior wall disrupted.",
    "Pathologic L1 fracture with an epidural mass.",
    "Possible L1 fracture.",
    "No fracture.",
    "No acute fracture.",
    "L1 burst fracture with severe canal stenosis.",
    "L1 kyphoplasty, no new fracture.",
    "L1 marrow edema.",
)
RESULTS = (
    ("vertebral height loss", 10, "%"),
    ("vertebral height loss", 30, "%"),
    ("vertebral height loss", 90, "%"),
    ("marrow edema", True, None),
    ("marrow edema", False, None),
    ("compression fracture", True, None),
    ("compression fracture", False, None),
    ("retropulsion", True, None),
    ("retropulsion", False, None),
    ("posterior wall", "intact", None),
    ("posterior wall", "disrupted", None),
    ("fracture acuity", "chronic", None),
    ("fracture acuity", "acute", None),
    ("pathologic fracture", True, None),
    ("burst fracture", True, None),
    ("kyphosis", False, None),
)
CODES = ("S32.010A", "S32.010S", "M80.08XA", "S32.012A")
DAYS = ("2026-11-10", TAKEN, "2026-11-14")


def truths(level: LevelFacts, level_of: Any) -> dict[tuple[str, str], Truth]:
    """Every clause of the referral at one level, the excluding ones first."""
    found = candidacy(level, level_of, {}).criteria
    return {(c.rule, c.label): c.claim.truth for c in (*found.exclude, *found.include)}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.sampled_from(RESULTS), st.sampled_from(DAYS)), max_size=3),
    st.lists(st.sampled_from(CODES), max_size=2),
    st.booleans(),
)
def test_what_the_text_decides_is_never_decided_otherwise(
    text: str, results: list[tuple[tuple[str, Any, str | None], str]], codes: list[str], of_report: bool
) -> None:
    """CF, decision 15: a result can leave open what the words of its report decide, and add a caution they do not say.

    It makes no criterion met that the words fail, and takes no contraindication away.
    """
    form = {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "subject": {"reference": "Patient/p-1"},
        "code": concept("30679-5", "http://loinc.org"),
        "effectiveDateTime": TAKEN,
        "presentedForm": [form],
    }
    seen = [
        observation("", value, unit, text=f"L1 {name}", id=f"x{n}", effectiveDateTime=day)
        for n, ((name, value, unit), day) in enumerate(results)
    ]
    # Of no report, a later one is a study of its own and the newest (FX-09), so it may decide otherwise.
    is_newest = not of_report and any(day > TAKEN for _, day in results)
    beside = {
        **report,
        "result": [{"reference": f"Observation/x{n}"} for n in range(len(seen) if of_report else 0)],
        "conclusionCode": [concept(code) for code in codes],
    }
    alone, both = (assess(facts(*given, read=read_once), LIMIT) for given in ((report,), (beside, *seen)))
    levels = {level.site.level: level for level in both.levels}
    for level in alone.levels:
        if level.site.level is None:
            continue
        before, after = truths(level, alone), truths(levels[level.site.level], both)
        excluding = {(c.rule, c.label) for c in candidacy(level, alone, {}).criteria.exclude}
        for clause, truth in before.items():
            if clause in excluding:
                assert truth is not MET or after[clause] is MET, clause
            elif clause[0] == "VA-10" and not is_newest:
                # A cause that only a code names is a caution added.
                assert truth is not NOT_MET or after[clause] is not MET, clause
            elif truth is not UNKNOWN and not is_newest:
                assert after[clause] in (truth, UNKNOWN), clause
