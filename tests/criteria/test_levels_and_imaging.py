"""Which levels there are, which fractures are confirmed, and whether an MRI is called for: FX, IM and SL-01."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.model import DateRange, Listing
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.reports.findings import Conflict
from tests.criteria.given import (
    LIMIT,
    ago,
    assessed,
    between,
    disease,
    draft,
    finding,
    fracture,
    level_of,
    order,
    says,
    score,
    study,
)
from tests.facts.changing import replaced


def labels(**topics: Any) -> list[str]:
    """The levels under judgement."""
    return [level.label for level in assessed(**topics).levels]


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ({}, []),
        ({"imaging": {"studies": [study(finding("L1"), finding("T8"))]}}, ["T8", "L1"]),
        ({"imaging": {"studies": [study(finding("sacrum"))]}}, []),
        ({"imaging": {"studies": [study(finding("T12"), final=False)]}}, []),
        ({"fractures": {"diagnoses": [fracture("L3")]}}, ["L3"]),
        ({"fractures": {"diagnoses": [fracture()]}}, ["level not named"]),
        ({"fractures": {"diagnoses": [fracture("T11", "T12")]}}, ["T11 or T12"]),
        ({"fractures": {"diagnoses": [fracture("L3", standing="past")]}}, []),
        ({"fractures": {"diagnoses": [fracture("L3", role="history")]}}, []),
        (
            {"fractures": {"diagnoses": [fracture("T11", "T12")]}, "imaging": {"studies": [study(finding("T12"))]}},
            ["T12"],
        ),
        ({"fractures": {"diagnoses": [fracture()]}, "imaging": {"studies": [study(finding("T12"))]}}, ["T12"]),
        ({"drafts": (draft("augmentation", "L2"),)}, ["L2"]),
        ({"drafts": (draft("augmentation"),)}, ["level not named"]),
        ({"drafts": (draft("imaging", "L2"),)}, []),
        ({"imaging": {"studies": [study(finding(None))]}}, ["level not named"]),
        ({"imaging": {"studies": [study(finding("T7", level_certain=False))]}}, ["level not named"]),
    ],
)
def test_levels_to_judge(topics: dict[str, Any], expected: list[str]) -> None:
    """FX-01, FX-02, G-05: every level a final report, a diagnosis or an augmentation draft names, T1 to L5."""
    assert labels(**topics) == expected


@pytest.mark.parametrize(
    ("topics", "confirmed", "fractured"),
    [
        ({"imaging": {"studies": [study(finding())]}}, MET, MET),
        ({"imaging": {"studies": [study(finding(status="possible"))]}}, UNKNOWN, UNKNOWN),
        ({"imaging": {"studies": [study(finding(status="absent"))]}}, NOT_MET, NOT_MET),
        ({"imaging": {"studies": [study(finding(status=None, marrow_edema=True))]}}, UNKNOWN, UNKNOWN),
        ({"fractures": {"diagnoses": [fracture("T12")]}}, UNKNOWN, MET),
        ({"fractures": {"diagnoses": [fracture("T12", standing="suspected")]}}, UNKNOWN, UNKNOWN),
        (
            {
                "imaging": {"studies": [study(finding(status="absent"))]},
                "fractures": {"diagnoses": [fracture("T12")]},
            },
            NOT_MET,
            UNKNOWN,
        ),
        (
            {
                "imaging": {"studies": [study(finding(status="possible"))]},
                "fractures": {"diagnoses": [fracture("T12")]},
            },
            UNKNOWN,
            UNKNOWN,
        ),
        (
            {
                "imaging": {"studies": [study(without=("thoracic",))]},
                "fractures": {"diagnoses": [fracture("T12")]},
            },
            NOT_MET,
            UNKNOWN,
        ),
        (
            {
                "imaging": {"studies": [study(without=("lumbar",), regions=("lumbar",))]},
                "fractures": {"diagnoses": [fracture("T12")]},
            },
            UNKNOWN,
            MET,
        ),
        (
            {"imaging": {"studies": [study(finding(), conflicts=(Conflict("T12", "status", ((0, 1),)),))]}},
            UNKNOWN,
            UNKNOWN,
        ),
        (
            {"imaging": {"studies": [study(finding(status="absent"), days=2), study(finding(), days=30)]}},
            NOT_MET,
            NOT_MET,
        ),
        ({"imaging": {"studies": [study(finding(), days=2), study(finding(status="absent"), days=30)]}}, MET, MET),
    ],
)
def test_confirmed_and_coded(topics: dict[str, Any], confirmed: Truth, fractured: Truth) -> None:
    """FX-01 to FX-09, CF-04, CF-05: the newest report that takes a stand; a code against it leaves it open."""
    level = level_of(assessed(**topics))
    assert (level.confirmed.truth, level.fractured.truth) == (confirmed, fractured)


XRAY = study(finding("L1"), days=1, modality="XR", regions=("lumbar",))


@pytest.mark.parametrize(
    ("studies", "onset", "truth"),
    [
        ([XRAY], ago(10), NOT_MET),
        ([XRAY, study(days=9, regions=("lumbar",))], ago(10), MET),
        ([XRAY, study(days=11, regions=("lumbar",))], ago(10), NOT_MET),
        ([XRAY, study(days=9, regions=("thoracic",))], ago(10), NOT_MET),
        ([XRAY, study(finding("L1", status="possible"), days=9, regions=("thoracic",))], ago(10), MET),
        ([XRAY, study(finding("L1", status="historical"), days=9, regions=("thoracic",))], ago(10), NOT_MET),
        ([XRAY, study(days=9, regions=())], ago(10), UNKNOWN),
        ([XRAY, study(days=9, regions=("lumbar",), read=False)], ago(10), MET),
        ([XRAY, study(days=9, regions=("lumbar",), final=False)], ago(10), MET),
        ([XRAY, study(days=11, regions=("lumbar",), final=False)], ago(10), NOT_MET),
        ([XRAY, study(days=20, regions=("lumbar",))], between(25, 15), UNKNOWN),
        ([XRAY, study(days=30, regions=("lumbar",))], None, MET),
        ([XRAY, study(days=31, regions=("lumbar",))], None, NOT_MET),
        ([XRAY, study(finding("L1"), days=60, regions=("lumbar",))], None, MET),
        ([XRAY, study(finding("L1"), days=60, regions=("lumbar",))], ago(10), NOT_MET),
        ([XRAY, study(finding("L1"), days=9, modality="CT", regions=("lumbar",))], ago(10), NOT_MET),
    ],
)
def test_mri_since_onset(studies: list[Any], onset: DateRange | None, truth: Truth) -> None:
    """IM-01, IM-07, D1 regions: done after onset, of this region; an MRI without a report was done all the same."""
    a = assessed(imaging={"studies": studies}, fractures={"diagnoses": [fracture("L1", onset=onset)]})
    assert level_of(a, "L1").mri_since_onset.truth is truth


def test_a_preliminary_mri_is_done_and_clears_nothing() -> None:
    """IM-07, FX-07: no second MRI is asked for, and a cancer that seldom goes to bone stays in question."""
    prelim = study(finding("L1"), days=1, regions=("lumbar",), final=False)
    level = level_of(
        assessed(imaging={"studies": [prelim, XRAY]}, fractures={"diagnoses": [fracture("L1", onset=ago(3))]}), "L1"
    )
    assert level.mri_since_onset.met
    assert level.mri_reported_since_onset.not_met
    assert level.acuity.shown.unknown


def test_an_undated_mri_may_have_been_done_since() -> None:
    """IM-01, decision 1: nobody knows when, so "no MRI since onset" is open."""
    undated = replaced(study(finding("L1"), regions=("lumbar",)), when=None)
    a = assessed(imaging={"studies": [undated]}, fractures={"diagnoses": [fracture("L1", onset=ago(10))]})
    assert level_of(a, "L1").mri_since_onset.unknown


def test_studies_not_retrieved_prove_nothing() -> None:
    """Decision 1: without the list of studies nobody knows whether an MRI was done."""
    a = assessed(imaging={"studies": Listing((), "not retrieved")}, fractures={"diagnoses": [fracture("L1")]})
    assert level_of(a, "L1").mri_since_onset.unknown


@pytest.mark.parametrize(
    ("regions", "level", "met"),
    [
        ({"lumbar"}, "L1", True),
        ({"lumbar"}, "T12", True),
        ({"lumbar"}, "T11", False),
        ({"thoracic"}, "T12", True),
        ({"thoracic"}, "L1", False),
        ({"thoracic", "lumbar"}, "L1", True),
        (set(), "L1", True),
        ({"cervical"}, "T3", False),
    ],
)
def test_an_order_holds_the_level(regions: set[Any], level: str, met: bool) -> None:
    """SL-01, D1 regions: a lumbar MRI covers T12 to L5, a thoracic one T1 to T12; of no region, it may be meant."""
    ordered = order("imaging", modality="MR", regions=frozenset(regions))
    a = assessed(imaging={"studies": [], "orders": [ordered]}, fractures={"diagnoses": [fracture(level)]})
    assert level_of(a, level).mri_ordered.met is met


def test_a_draft_counts_as_ordered_and_another_modality_does_not() -> None:
    """SL-01, decision 17: a drafted study satisfies it, in the same modality."""
    mri = draft("imaging", modality="MR", regions=frozenset({"lumbar"}))
    a = assessed(drafts=(mri,), fractures={"diagnoses": [fracture("L1")]})
    assert level_of(a, "L1").mri_ordered.met
    assert level_of(a, "L1").uptake_ordered.not_met


@pytest.mark.parametrize(
    ("topics", "truth"),
    [
        ({"pain": {"scores": [score(1)]}}, MET),
        ({"pain": {"scores": [score(0)]}}, NOT_MET),
        ({"pain": {"scores": []}}, MET),
        ({"pain": {"scores": [score(0)], "back_pain": [disease("back-pain")]}}, MET),
    ],
)
def test_symptomatic(topics: dict[str, Any], truth: Truth) -> None:
    """D1, "symptomatic": a score of 1, back pain, or a report that calls it new unless pain is documented 0."""
    new = study(finding("L1", height_change="new"), modality="XR", regions=("lumbar",))
    assert level_of(assessed(imaging={"studies": [new]}, **topics), "L1").symptomatic.truth is truth


def back_pain(days: float) -> dict[str, Any]:
    """Back pain since so many days."""
    return {"back_pain": [disease("back-pain", onset=days)], "scores": [score(7)]}


@pytest.mark.parametrize(
    ("topics", "truth"),
    [
        ({"pain": back_pain(42)}, MET),
        ({"pain": back_pain(43)}, UNKNOWN),
        ({"pain": {"back_pain": [disease("back-pain", onset=10)], "scores": [score(6)]}}, UNKNOWN),
        ({"pain": back_pain(10), "imaging": {"studies": [study(without=("spine",), modality="XR")]}}, NOT_MET),
        ({"pain": back_pain(10), "imaging": {"studies": Listing((), "not retrieved")}}, UNKNOWN),
        (
            {
                "imaging": {"studies": [study(finding(status="possible"), modality="XR")]},
                "pain": {"scores": [score(7)]},
            },
            MET,
        ),
        ({}, UNKNOWN),
    ],
)
def test_strong_suspicion(topics: dict[str, Any], truth: Truth) -> None:
    """IM-05, FX-03: new pain at risk or a hedged film, with severe symptoms; signs nobody asked for stay open."""
    topics = {"function": {"rdq": [], "incapacitated": []}, **topics}
    assert assessed(**topics).suspicion.mri_directly.truth is truth


def test_four_signs_are_enough() -> None:
    """FX-03, IM-05: 4 of the ten signs are intermediate suspicion, 3 are not."""
    signs = [
        disease(kind) for kind in ("relief-with-rest", "pain-with-activity", "midline-pain", "worse-with-position")
    ]
    assert assessed(pain={"signs": signs}).suspicion.intermediate.met
    few = {"signs": signs[:3], "at_fracture_level": [says(False)]}
    assert not assessed(pain=few, function={"incapacitated": [says(False)]}).suspicion.intermediate.met


def test_limits_are_those_of_the_file() -> None:
    """The numbers these tests stand on: a changed threshold must change a test."""
    assert (LIMIT.augmentation_window_days, LIMIT.imaging_max_days, LIMIT.nsm_min_days) == (84, 30, 14)
    assert (LIMIT.severe_nrs, LIMIT.rdq_severe, LIMIT.height_loss_percent, LIMIT.pvr_ml) == (7, 17, 25, 200)
