"""How old a fracture is, and the studies that show it: AC, VA-02, VA-03 and VA-04 on the limit and one past it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cds_service.facts.fact import Interval
from cds_service.facts.model import DateRange
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.reports.findings import Conflict
from tests.criteria.given import TODAY, ago, assessed, between, draft, finding, fracture, level_of, study

EDEMA = finding(marrow_edema=True, acuity="acute")


@pytest.mark.parametrize(
    ("onset", "truth"),
    [
        (ago(0), MET),
        (ago(84), MET),
        (ago(85), NOT_MET),
        (between(84, 51), MET),
        (between(85, 84), UNKNOWN),
        (between(120, 85), NOT_MET),
        (DateRange(TODAY - timedelta(days=10), TODAY + timedelta(days=10)), MET),
        (ago(-1), UNKNOWN),
        (None, UNKNOWN),
    ],
    ids=["today", "84", "85", "84-51", "85-84", "120-85", "clipped-at-today", "future", "none"],
)
def test_twelve_weeks_from_onset(onset: DateRange | None, truth: Truth) -> None:
    """VA-02: 84 days are met and 85 not; a partial date that straddles the limit is unknown; CF-03 for the future."""
    a = assessed(imaging={"studies": [study(EDEMA)]}, fractures={"diagnoses": [fracture("T12", onset=onset)]})
    assert level_of(a).within_window.truth is truth


@pytest.mark.parametrize(("planned", "truth"), [(14, MET), (15, NOT_MET)])
def test_twelve_weeks_are_counted_to_the_planned_date(planned: int, truth: Truth) -> None:
    """Section 0, Dates: the reference date is that of the draft when it carries one."""
    a = assessed(
        imaging={"studies": [study(EDEMA)]},
        fractures={"diagnoses": [fracture("T12", onset=ago(70))]},
        drafts=(draft("augmentation", "T12", planned=TODAY + timedelta(days=planned)),),
    )
    assert level_of(a).within_window.truth is truth


@pytest.mark.parametrize(("days", "truth"), [(30, MET), (31, NOT_MET), (0, MET)])
def test_imaging_at_most_thirty_days_old(days: int, truth: Truth) -> None:
    """VA-04: exactly 30 days is within 30 days."""
    assert level_of(assessed(imaging={"studies": [study(EDEMA, days=days)]})).study_recent.truth is truth


def test_without_an_onset_imaging_gives_a_lower_bound() -> None:
    """AC-01: an acute finding says "at least so old", by the first study of the latest acute run."""
    studies = [study(EDEMA, days=8), study(EDEMA, days=30)]
    assert level_of(assessed(imaging={"studies": studies})).onset_days.value == Interval(30, None)


def test_a_bound_past_the_window_is_enough_for_no() -> None:
    """AC-01, VA-02: on record for 85 days, it is not a fracture of the last 84."""
    recorded = fracture("T12", recorded=ago(85))
    a = assessed(imaging={"studies": [study(EDEMA)]}, fractures={"diagnoses": [recorded]})
    assert level_of(a).within_window.not_met


def test_onset_of_a_code_without_level() -> None:
    """AC-01: it applies to every acute level when there is just one such code; with two it applies to none."""
    studies = {"studies": [study(EDEMA, finding("T8", acuity="chronic"))]}
    one = assessed(imaging=studies, fractures={"diagnoses": [fracture(onset=ago(20))]})
    assert level_of(one).onset_days.value == Interval(20, 20)
    assert level_of(one, "T8").onset_days.value is None
    two = assessed(imaging=studies, fractures={"diagnoses": [fracture(onset=ago(20)), fracture(onset=ago(50))]})
    assert level_of(two).within_window.unknown


def test_onset_of_a_pair_code_stays_in_its_pair() -> None:
    """AC-01: a code for T11 or T12 says nothing of L2."""
    a = assessed(
        imaging={"studies": [study(finding("L2", marrow_edema=True), regions=("lumbar",))]},
        fractures={"diagnoses": [fracture("T11", "T12", onset=ago(20))]},
    )
    assert level_of(a, "L2").onset_days.value != Interval(20, 20)


@pytest.mark.parametrize(
    ("modality", "said", "truth"),
    [
        ("MR", {"marrow_edema": True}, MET),
        ("MR", {"marrow_edema": False}, NOT_MET),
        ("MR", {"acuity": "chronic"}, NOT_MET),
        ("MR", {"acuity": "acute"}, UNKNOWN),
        ("MR", {}, UNKNOWN),
        ("NM", {"tracer_uptake": True}, MET),
        ("NM", {"tracer_uptake": False}, NOT_MET),
        ("NM", {}, UNKNOWN),
        ("CT", {"acuity": "acute"}, UNKNOWN),
        ("XR", {"acuity": "acute"}, UNKNOWN),
    ],
)
def test_imaging_shows_an_acute_fracture(modality: str, said: dict[str, object], truth: Truth) -> None:
    """AC-05, AC-06, AC-08: edema on MRI or uptake; CT and X-ray never settle it."""
    acuity = level_of(assessed(imaging={"studies": [study(finding(**said), modality=modality)]})).acuity  # type: ignore[arg-type]
    assert acuity.shown.truth is truth
    assert (acuity.decided_by is None) == (truth is UNKNOWN)


def test_the_newest_study_that_settles_it_wins() -> None:
    """FX-09, VA-04: a newer CT does not stand in the way of the MRI; a newer MRI without edema does."""
    edema = study(EDEMA, days=20)
    ct = study(finding(acuity="acute"), days=2, modality="CT")
    assert level_of(assessed(imaging={"studies": [ct, edema]})).acuity.shown.met
    healed = study(finding(marrow_edema=False), days=2)
    assert level_of(assessed(imaging={"studies": [healed, edema]})).acuity.shown.not_met


def test_a_report_that_contradicts_itself_on_age_settles_nothing() -> None:
    """CF-05: edema in the findings, "chronic" in the impression."""
    both = study(finding(marrow_edema=True), conflicts=(Conflict("T12", "acuity", ((0, 1), (2, 3))),))
    assert level_of(assessed(imaging={"studies": [both]})).acuity.shown.unknown


def test_a_preliminary_study_confirms_nothing() -> None:
    """FX-07: it counts for red flags alone."""
    a = assessed(imaging={"studies": [study(EDEMA, final=False)]}, fractures={"diagnoses": [fracture("T12")]})
    assert level_of(a).confirmed.unknown
    assert level_of(a).acuity.shown.unknown


@pytest.mark.parametrize(("level", "truth"), [("T1", UNKNOWN), ("T4", UNKNOWN), ("T5", MET), ("T12", MET), ("L5", MET)])
def test_level_in_range(level: str, truth: Truth) -> None:
    """LV-01, LV-02, C-18: T5 to L5 are met; T1 to T4 are left open."""
    a = assessed(imaging={"studies": [study(finding(level))]})
    assert level_of(a, level).in_range.truth is truth


@pytest.mark.parametrize(
    ("onset", "old", "truth"),
    [(ago(84), False, MET), (ago(85), False, NOT_MET), (None, False, MET), (None, True, NOT_MET), (ago(10), True, MET)],
)
def test_new(onset: DateRange | None, old: bool, truth: Truth) -> None:
    """D1, "New": 84 days or less, or of unknown onset with no report that calls it chronic, old or unchanged."""
    said = finding(acuity="chronic") if old else finding()
    a = assessed(
        imaging={"studies": [study(said, modality="XR")]}, fractures={"diagnoses": [fracture("T12", onset=onset)]}
    )
    assert level_of(a).new.truth is truth


def test_reference_date_is_a_date() -> None:
    """Section 0: the planned date of the selected augmentation drafts, of several the last, else the day of the call;
    at a level that of the drafts that name it.
    """
    assert assessed().facts.reference_date == TODAY
    drafts = (draft("augmentation", planned=date(2026, 12, 9)), draft("augmentation", planned=date(2026, 12, 1)))
    assert assessed(drafts=drafts).facts.reference_date == date(2026, 12, 9)
    over = (draft("augmentation", planned=date(2026, 11, 19)),)
    assert assessed(drafts=over).facts.reference_date == TODAY
    unselected = (draft("augmentation", planned=date(2026, 12, 9), selected=False),)
    assert assessed(drafts=unselected).facts.reference_date == TODAY
    apart = (
        draft("augmentation", "T12", planned=date(2026, 12, 9)),
        draft("augmentation", "L1", planned=date(2026, 12, 1)),
    )
    fractures = {"diagnoses": [fracture("T12", onset=ago(28)), fracture("L1", onset=ago(28)), fracture("L3")]}
    a = assessed(drafts=apart, fractures=fractures)
    assert level_of(a, "T12").reference == date(2026, 12, 9)
    assert level_of(a, "L1").reference == date(2026, 12, 1)
    assert level_of(a, "L3").reference == TODAY
