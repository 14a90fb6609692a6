"""DE-16, G-02, G-03: where the patient is, hospice, restricted encounters."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.truth import MET, NOT_MET, UNKNOWN
from tests.facts.records import condition, facts, resource


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
        ([condition(text="Hospice care")], MET),
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


def test_a_test_encounter_is_restricted() -> None:
    """G-02, by the words of its type: security labels are never read (hazard 16)."""
    assert facts(encounter("AMB", type=[{"text": "Confidential visit"}])).stay.restricted.met
    assert facts(encounter("AMB", type=[{"text": "Office visit"}])).stay.restricted.not_met
