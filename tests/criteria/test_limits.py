"""Each number once on its limit and once past it, where no vignette turns on it alone."""

from __future__ import annotations

import pytest

from cds_service.criteria.course import pain_score
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
