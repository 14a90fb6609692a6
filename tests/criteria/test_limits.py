"""Each number once on its limit and once past it, where no vignette turns on it alone."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria.course import pain_score
from cds_service.criteria.etiology import osteoporosis, raised_markers
from cds_service.facts.truth import Truth
from cds_service.recommendations.mri_without_contrast import recent_mri
from tests.criteria.given import LIMIT, assessed, finding, given, level_of, score, study

MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


@pytest.mark.parametrize(("days", "truth"), [(30, MET), (31, NOT_MET)])
def test_an_mri_of_this_episode(days: float, truth: Truth) -> None:
    """IM-05, DE-27: where no onset is known an MRI counts for 30 days."""
    assert recent_mri(assessed(imaging={"studies": [study(days=days)]})).truth is truth


@pytest.mark.parametrize(("other", "truth"), [(6, MET), (5, UNKNOWN)])
def test_two_scores_of_one_day(other: float, truth: Truth) -> None:
    """CF-02: two scores of one day disagree from 3 points on, where the limit lies between them."""
    facts = given(pain={"scores": [score(8), score(other)]})
    assert pain_score(facts, LIMIT).claim(LIMIT.severe_nrs).truth is truth


@pytest.mark.parametrize(("percent", "truth"), [(66, NOT_MET), (67, MET)])
def test_severe_collapse(percent: float, truth: Truth) -> None:
    """CX-12: more than two thirds of the height lost."""
    found = assessed(imaging={"studies": [study(finding(height_loss_percent=(percent, percent)))]})
    assert level_of(found).against.severe_collapse.truth is truth


@pytest.mark.parametrize(("t_score", "truth"), [(-2.5, MET), (-2.4, NOT_MET)])
def test_a_low_t_score(t_score: float, truth: Truth) -> None:
    """ET-01, FX-03: osteoporosis by densitometry at -2.5 and below."""
    facts = given(bone_health={"t_scores": [score(t_score, 30)]})
    assert osteoporosis(facts, LIMIT).truth is truth


@pytest.mark.parametrize(
    ("markers", "truth"),
    [
        ({"esr_mm_h": [score(50)]}, MET),
        ({"esr_mm_h": [score(49)]}, NOT_MET),
        ({"crp_mg_l": [score(50, 14)]}, MET),
        ({"crp_mg_l": [score(49)]}, NOT_MET),
        ({"crp_mg_l": [score(50, 15)]}, NOT_MET),
    ],
)
def test_raised_markers(markers: dict[str, Any], truth: Truth) -> None:
    """DE-21: CRP 50 mg/L or ESR 50 mm/h, within 14 days."""
    assert raised_markers(given(infection=markers), LIMIT).truth is truth
