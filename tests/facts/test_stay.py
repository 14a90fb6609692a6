"""DE-16, G-02, G-03: where the patient is, hospice, restricted encounters."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.truth import MET, NOT_MET, UNKNOWN
from tests.facts.records import ME, condition, facts, resource


def encounter(kind: str | None, status: str = "in-progress", **more: Any) -> dict[str, Any]:
    """An Encounter of that class."""
    return resource("Encounter", status=status, **({"class": {"code": kind}} if kind else {}), **more)


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ([], "not-hospitalised"),
        ([encounter("IMP")], "inpatient"),
        ([encounter("ACUTE")], "inpatient"),
        ([encounter("NONAC", "onleave")], "inpatient"),
        ([encounter("imp ")], "inpatient"),
        ([encounter("AMB")], "not-hospitalised"),
        ([encounter("IMP", "finished")], "not-hospitalised"),
        ([encounter("IMP", "planned")], "not-hospitalised"),
        ([encounter("IMP", "entered-in-error ")], "not-hospitalised"),
        ([encounter("IMP", period={"start": "2026-10-01", "end": "2026-10-09"})], "not-hospitalised"),
        ([encounter("IMP", period={"start": "2026-11-18", "end": "2026-11-20"})], "inpatient"),
        ([encounter("OBSENC")], None),
        ([encounter("EMER")], None),
        ([encounter(None)], None),
        ([encounter("IMP", "unknown")], None),
        ([encounter("AMB", id="a"), encounter("IMP", id="b")], "inpatient"),
        ([encounter("EMER", id="a"), encounter("IMP", id="b")], "inpatient"),
    ],
)
def test_the_setting_is_told_by_encounters_in_progress(given: list[dict[str, Any]], setting: str | None) -> None:
    """DE-16: an inpatient one now is path (i); observation, emergency and what is not stated are unknown."""
    told = facts(*given).stay.setting
    assert told.value == setting
    assert (told.why_unknown is None) is (setting is not None)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, "encounter not sent"),
        (
            {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]},
            "encounter failed",
        ),
        (
            {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": "x"}]},
            "encounter incomplete",
        ),
    ],
)
def test_encounters_that_were_not_read_leave_the_setting_open(key: dict[str, Any] | None, why: str) -> None:
    """Decision 1: absent, failed and partial answers are no "not hospitalised"."""
    told = facts(without=("encounter",)) if key is None else facts(key={"encounter": key})
    assert told.stay.setting.why_unknown == why


@pytest.mark.parametrize(
    ("given", "truth"),
    [
        ([], NOT_MET),
        ([condition("Z51.5")], MET),
        ([condition("Z515")], MET),
        ([condition("Z51.5", status="resolved")], NOT_MET),
        ([condition(text="Hospice care")], NOT_MET),
        ([condition(text="Hospice care declined")], NOT_MET),
        ([condition("Z63.6", text="Spouse in hospice")], NOT_MET),
        ([encounter("AMB", type=[{"text": "Referral to hospice"}])], NOT_MET),
        ([encounter("AMB", type=[{"text": "Bereavement visit, family of hospice patient"}])], NOT_MET),
        ([encounter("IMP", type=[{"text": "Inpatient hospice"}])], MET),
        ([condition(text="no hospice")], NOT_MET),
        ([encounter("HH", type=[{"text": "Hospice visit"}])], MET),
        ([encounter("HH", "finished", type=[{"text": "Hospice visit"}])], NOT_MET),
    ],
)
def test_hospice(given: list[dict[str, Any]], truth: object) -> None:
    """G-03: Z51.5 that is active, or a hospice encounter now."""
    assert facts(*given).stay.hospice.truth is truth


def test_hospice_is_unknown_without_conditions() -> None:
    """Decision 1."""
    assert facts(without=("conditions",)).stay.hospice.truth is UNKNOWN


@pytest.mark.parametrize(
    ("words", "restricted"),
    [
        ("Confidential visit", True),
        ("Non-confidential visit", False),
        ("Test encounter", True),
        ("TEST PATIENT", True),
        ("Test visits", True),
        ("Stress test visit", False),
        ("Laboratory test encounter", False),
        ("COVID-19 test visit", False),
        ("Visit for test patient education", False),
        ("Office visit", False),
    ],
)
def test_a_test_encounter_is_restricted(words: str, restricted: bool) -> None:
    """G-02, by its type: what is a test encounter, not what is one for a test."""
    assert facts(encounter("AMB", type=[{"text": words}])).stay.restricted.met is restricted


ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


@pytest.mark.parametrize(
    ("system", "code", "restricted"),
    [
        (ACT_REASON, "HTEST", True),
        ("http://hl7.org/fhir/v3/ActReason", "HTEST", True),
        ("urn:oid:2.16.840.1.113883.5.8", "htest ", True),
        (ACT_REASON, "HMARKT", False),
        (CONFIDENTIALITY, "R", True),
        (CONFIDENTIALITY, "V", True),
        (CONFIDENTIALITY, "N", False),
        ("https://ehr.example/labels", "R", False),
        (None, "V", False),
    ],
)
def test_a_label_restricts_the_encounter(system: str | None, code: str, restricted: bool) -> None:
    """G-02, by its security label, which leaves no trace of its own (hazard 16)."""
    labelled = encounter("AMB", meta={"security": [{"system": system, "code": code, "display": "CANARY"}]})
    stay = facts(labelled).stay
    assert stay.restricted.met is restricted
    assert "CANARY" not in repr(stay)
    over = encounter("AMB", "finished", meta={"security": [{"system": system, "code": code}]})
    assert not facts(over).stay.restricted.met


@pytest.mark.parametrize(("system", "code"), [(ACT_REASON, "HTEST"), (CONFIDENTIALITY, "R")])
def test_a_labelled_patient_is_served(system: str, code: str) -> None:
    """G-02 speaks of encounters: sandboxes label all their patients, and a restricted record is still cared for."""
    labels = {"security": [{"system": system, "code": code}]}
    labelled = {"resourceType": "Patient", "id": ME, "meta": labels}
    assert not facts(key={"patient": labelled}).stay.restricted.met


@pytest.mark.parametrize("meta", [{"security": "PHY"}, {"versionId": 7}, [], "x", {"security": [None, 3]}])
def test_an_odd_meta_costs_nothing(meta: object) -> None:
    """Hazard 2: what is ill-typed there is passed over, and the encounter is still read."""
    told = facts(encounter("IMP", meta=meta)).stay
    assert told.setting.value == "inpatient"
    assert told.restricted.not_met
