"""What imaging orders are checked for, rule by rule (IM-02, IM-08, IM-11, IM-12; OC-02, OC-06, OC-11, OC-31, OC-60)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from cds_service.criteria import imaging_orders as orders
from cds_service.criteria.assessment import Assessment
from cds_service.criteria.imaging_orders import NEW_PAIN, WHOLE_SPINE, Repeat
from cds_service.facts.fact import Claim, Evidence, Interval, fact
from cds_service.facts.model import Allergy, Contrast, Draft, Listing, Order, SpineRegion, Study
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from tests.criteria.given import TODAY, ago, assessed, disease, finding, fracture, level_of, order, says, score, study
from tests.facts.changing import replaced

LUMBAR: frozenset[SpineRegion] = frozenset({"lumbar"})
CANCER: Mapping[str, Any] = {"diseases": [disease("bone-tropic")]}


def imaging_draft(modality: Any = "MR", regions: tuple[SpineRegion, ...] = ("lumbar",), **said: Any) -> Draft:
    """A drafted study."""
    where = Evidence("ServiceRequest/draft-1", f"{modality} (draft)")
    return Draft(where, "imaging", modality=modality, regions=frozenset(regions), **said)


def mri(contrast: Contrast | None, days: float = 1, regions: tuple[SpineRegion, ...] = ("lumbar",)) -> Study:
    """A final MRI that shows the fracture of L1."""
    return replaced(study(finding("L1"), days=days, regions=regions), contrast=contrast)


def ordered(contrast: Contrast | None, *regions: SpineRegion, **said: Any) -> Order:
    """An MRI on order."""
    return order("imaging", modality="MR", contrast=contrast, regions=frozenset(regions), **said)


def at_l1(days: float = 2, **topics: Any) -> Assessment:
    """A fracture of L1 that began so many days ago."""
    return assessed(**{"fractures": {"diagnoses": [fracture("L1", onset=ago(days))]}, **topics})


# --- contrast ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contrast", "days", "truth"),
    [
        ("without-and-with", 1, MET),
        ("with", 1, MET),
        ("without", 1, NOT_MET),
        (None, 1, UNKNOWN),
        ("without-and-with", 3, NOT_MET),
    ],
)
def test_an_mri_with_contrast_since_onset(contrast: Contrast | None, days: float, truth: Truth) -> None:
    """SL-01: the same contrast, and since onset (2 days ago); a report that does not say leaves it open."""
    a = at_l1(imaging={"studies": [mri(contrast, days)], "orders": []})
    assert orders.contrast_mri_done(level_of(a, "L1"), a, LUMBAR).truth is truth


def test_without_an_onset_thirty_days_count() -> None:
    """IM-07: 30 days where no onset is documented."""
    for days, truth in ((30, MET), (31, NOT_MET)):
        a = assessed(
            fractures={"diagnoses": [fracture("L1")]},
            imaging={"studies": [mri("without-and-with", days)], "orders": []},
        )
        assert orders.contrast_mri_done(level_of(a, "L1"), a, LUMBAR).truth is truth
        assert orders.contrast_mri_recent(a, LUMBAR).truth is truth


def test_the_whole_spine_may_be_shown_in_parts() -> None:
    """IM-02: three studies together are the whole spine, two of its parts are not."""
    parts: list[tuple[SpineRegion, ...]] = [("cervical",), ("thoracic",), ("lumbar",)]
    for shown, truth in ((parts, MET), (parts[1:], NOT_MET), ([*parts[1:], ()], UNKNOWN)):
        a = at_l1(imaging={"studies": [mri("without-and-with", 1, regions) for regions in shown], "orders": []})
        assert orders.contrast_mri_done(level_of(a, "L1"), a, WHOLE_SPINE).truth is truth


def test_reports_not_retrieved_leave_it_open() -> None:
    """Unknown is never "not done"."""
    a = at_l1(imaging={"studies": Listing((), "reports not sent"), "orders": []})
    assert orders.contrast_mri_done(level_of(a, "L1"), a, LUMBAR).unknown
    assert orders.contrast_mri_recent(a, LUMBAR).unknown


@pytest.mark.parametrize(
    ("there", "truth"),
    [
        (ordered("without-and-with", "lumbar"), MET),
        (ordered("without", "lumbar"), NOT_MET),
        (ordered("without-and-with", "thoracic"), NOT_MET),
        (ordered("without-and-with"), MET),
        (order("imaging", modality="CT", contrast="with", regions=LUMBAR), NOT_MET),
    ],
)
def test_an_order_with_contrast(there: Order, truth: Truth) -> None:
    """SL-01: one that differs in contrast, region or modality does not answer."""
    a = at_l1(imaging={"studies": [], "orders": [there]})
    assert orders.contrast_mri_ordered(a, LUMBAR).truth is truth


def test_a_lumbar_order_shows_t12_and_drafts_add_up() -> None:
    """D1, regions: a lumbar study covers T12; the parts of the whole spine may be ordered apart."""
    a = assessed(
        fractures={"diagnoses": [fracture("T12")]},
        imaging={"studies": [], "orders": [ordered("with", "lumbar")]},
    )
    thoracic: frozenset[SpineRegion] = frozenset({"thoracic"})
    assert orders.contrast_mri_ordered(a, thoracic, level_of(a)).met
    assert orders.contrast_mri_ordered(a, WHOLE_SPINE, level_of(a)).not_met
    rest = imaging_draft(regions=("cervical", "thoracic"), contrast="without-and-with")
    assert orders.contrast_mri_ordered(replaced(a, facts=replaced(a.facts, drafts=(rest,))), WHOLE_SPINE).met


def test_a_chance_finding_with_cancer() -> None:
    """IM-11: any malignancy, documented painless, until a report calls the fracture benign."""
    painless = {"scores": [score(0)]}
    other = {"diseases": [disease("other")]}
    a = at_l1(malignancy=other, pain=painless)
    assert orders.chance_finding_with_cancer(level_of(a, "L1"), a).met
    hurting = at_l1(malignancy=other, pain={"scores": [score(3)]})
    assert orders.chance_finding_with_cancer(level_of(hurting, "L1"), hurting).not_met
    for days, cleared in ((1, True), (8, False)):  # the fracture is two days old
        film = study(finding("L1", etiology="osteoporotic"), regions=("lumbar",), days=days)
        benign = at_l1(malignancy=other, pain=painless, imaging={"studies": [film], "orders": []})
        assert orders.chance_finding_with_cancer(level_of(benign, "L1"), benign).not_met is cleared


# --- kidneys, pregnancy, allergy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "days", "truth"),
    [(29.9, 0, MET), (30, 0, NOT_MET), (20, 30, MET), (20, 31, UNKNOWN), (60, 30, NOT_MET)],
)
def test_a_low_egfr(rate: float, days: float, truth: Truth) -> None:
    """IM-12: under 30, of the last 30 days; what is older is unknown."""
    assert orders.low_egfr(assessed(egfr=[score(rate, days)])).truth is truth


def test_the_newest_egfr_counts_and_the_planned_day_of_the_order() -> None:
    """Decision 13: laboratory values are measured to the planned date."""
    a = assessed(egfr=[score(50, 1), score(20, 20)])
    assert orders.low_egfr(a).not_met
    assert orders.low_egfr(assessed(egfr=[score(20, 20)]), TODAY + timedelta(days=10)).met
    assert orders.low_egfr(assessed(egfr=[score(20, 20)]), TODAY + timedelta(days=11)).unknown


def test_gadolinium_is_no_cement_and_cement_no_gadolinium() -> None:
    """OC-05 and CX-06 look at one list and see different agents."""
    where = Evidence("AllergyIntolerance/a", "allergy")
    to_gadolinium = at_l1(allergies=[Allergy("gadolinium", True, False, where)])
    assert orders.gadolinium_reaction(to_gadolinium).met
    against = level_of(to_gadolinium, "L1").against
    assert against.cement_allergy.not_met
    assert against.severe_cement_allergy.not_met
    assert orders.gadolinium_reaction(assessed(allergies=[Allergy("cement", True, False, where)])).not_met


@pytest.mark.parametrize(
    ("topic", "truth"),
    [
        ({}, UNKNOWN),
        ({"possible": [says(True)]}, MET),
        ({"possible": [says(True, 31)]}, UNKNOWN),
        ({"statuses": [says(True)]}, MET),
        ({"possible": [says(True)], "tests": [says(False)]}, NOT_MET),
        ({"diagnoses": [disease("pregnancy")]}, MET),
    ],
)
def test_pregnancy_is_documented_or_stated_possible(topic: Mapping[str, Any], truth: Truth) -> None:
    """IM-08: capacity alone is not enough."""
    a = assessed(pregnancy=dict(topic), patient={"age": fact(Interval(38, 38))})
    assert orders.pregnancy(a).truth is truth
    ct = replaced(a, facts=replaced(a.facts, drafts=(imaging_draft("CT"),)))
    assert orders.pregnancy_with_radiation(ct).truth is truth
    assert orders.pregnancy_with_radiation(a).not_met


# --- repeats ----------------------------------------------------------------------------------------------------------


def again(a: Assessment) -> tuple[Truth, dict[str, Truth]]:
    """The one repeat of an assessment: whether it holds, and its reasons."""
    (found,) = orders.repeats(a, ())
    return found.holds.truth, {label: claim.truth for label, claim in found.unless.items()}


def holds(a: Assessment) -> Claim:
    """Whether the one draft is a repeat."""
    found: tuple[Repeat, ...] = orders.repeats(a, ())
    return found[0].holds


@pytest.mark.parametrize(
    ("drafted", "done", "truth"),
    [
        (imaging_draft(contrast="without"), mri("without", 30), MET),
        (imaging_draft(contrast="without"), mri("without", 31), NOT_MET),
        (imaging_draft(contrast="without"), mri("without-and-with"), MET),
        (imaging_draft(contrast="without-and-with"), mri("without"), NOT_MET),
        (imaging_draft(contrast="without-and-with"), mri("with"), MET),
        (imaging_draft(regions=("thoracic", "lumbar")), mri("without"), NOT_MET),
        (imaging_draft(regions=("thoracic",)), mri("without"), NOT_MET),
        (imaging_draft(regions=()), mri("without"), UNKNOWN),
        (imaging_draft(), replaced(mri("without"), final=False, preliminary=True), NOT_MET),
        (imaging_draft(), replaced(mri("without"), modality="CT"), NOT_MET),
    ],
)
def test_mri_again(drafted: Draft, done: Study, truth: Truth) -> None:
    """OC-02: the same region within 30 days; part of it, or contrast after none, is no repeat."""
    assert holds(at_l1(40, imaging={"studies": [done], "orders": []}, drafts=(drafted,))).truth is truth


def test_an_order_being_signed_again_is_no_repeat_of_itself() -> None:
    """On re-signing the order is on record under the draft's own id."""
    there = ordered("without", "lumbar")
    itself = replaced(imaging_draft(contrast="without"), evidence=there.evidence)
    for draft, truth in ((itself, NOT_MET), (imaging_draft(contrast="without"), MET)):
        assert holds(at_l1(imaging={"studies": [], "orders": [there]}, drafts=(draft,))).truth is truth


def test_new_pain_is_a_reason_and_no_onset_leaves_it_open() -> None:
    """OC-02, allowed reasons: what began after the study."""
    topics: dict[str, Any] = {"imaging": {"studies": [mri("without", 10)], "orders": []}, "drafts": (imaging_draft(),)}
    assert again(at_l1(9, **topics))[1][NEW_PAIN] is MET
    assert again(at_l1(10, **topics))[1][NEW_PAIN] is NOT_MET
    assert again(assessed(fractures={"diagnoses": [fracture("L1")]}, **topics))[1][NEW_PAIN] is UNKNOWN


def film(days: float, **said: Any) -> Assessment:
    """A radiograph of so many days ago, and another one drafted."""
    done = study(finding("L1"), modality="XR", regions=("lumbar",), days=days)
    return at_l1(40, imaging={"studies": [done], "orders": []}, drafts=(imaging_draft("XR", **said),))


def test_a_film_again() -> None:
    """OC-11: within 14 days, but for a standing film."""
    assert holds(film(14)).met
    assert holds(film(15)).not_met
    assert holds(film(14, weight_bearing=True)).not_met
    assert holds(film(14, regions=("thoracic",))).not_met
    assert holds(film(14, regions=())).met


def test_a_film_after_any_study_that_shows_the_fracture() -> None:
    """OC-11: "imaged", by whatever study; a coded fracture alone is not."""
    by_mri = at_l1(40, imaging={"studies": [mri("without", 5)], "orders": []}, drafts=(imaging_draft("XR"),))
    assert holds(by_mri).met
    assert holds(at_l1(40, drafts=(imaging_draft("XR"),))).not_met


def augmentation(reference: str, *levels: str, **said: Any) -> Draft:
    """A drafted augmentation."""
    return Draft(Evidence(reference, "vertebral augmentation (draft)"), "augmentation", levels=levels, **said)


def test_augmentation_again() -> None:
    """OC-31: the later of two drafts of one level, or one beside an order; never the first, never another level."""
    first, second = augmentation("ServiceRequest/a", "L1"), augmentation("ServiceRequest/b", "L1", "L2")
    other = augmentation("ServiceRequest/c", "T12")
    found = orders.repeats(at_l1(drafts=(first, second, other)), ())
    assert [each.holds.truth for each in found] == [NOT_MET, MET, NOT_MET]
    beside = at_l1(imaging={"studies": [], "orders": [order("augmentation", levels=("L1",))]}, drafts=(first,))
    assert holds(beside).met
    assert holds(at_l1(drafts=(augmentation("ServiceRequest/a"),))).unknown


@pytest.mark.parametrize(("days", "truth"), [(89, MET), (90, MET), (91, NOT_MET)])
def test_referral_again(days: float, truth: Truth) -> None:
    """OC-60: within 90 days."""
    draft = Draft(Evidence("ServiceRequest/a", "referral (draft)"), "spine-referral")
    a = at_l1(imaging={"studies": [], "orders": [order("spine-referral", days)]}, drafts=(draft,))
    assert holds(a).truth is truth
    unread = at_l1(imaging={"studies": [], "orders": Listing((), "orders not sent")}, drafts=(draft,))
    assert holds(unread).unknown


# --- the field of an MRI ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "regions", "outside"),
    [
        ("T8", ("lumbar",), True),
        ("T11", ("lumbar",), True),
        ("T12", ("lumbar",), False),
        ("L1", ("thoracic",), True),
        ("L1", ("lumbar",), False),
        ("T8", ("thoracic", "lumbar"), False),
        ("T8", (), False),
    ],
)
def test_out_of_field(level: str, regions: tuple[SpineRegion, ...], outside: bool) -> None:
    """OC-06: a lumbar MRI shows T12 to L5, a thoracic one T1 to T12; an unnamed region proves nothing."""
    a = assessed(fractures={"diagnoses": [fracture(level, onset=ago(2))]}, drafts=(imaging_draft("MR", regions),))
    ((_, claim),) = orders.out_of_field(a)
    assert claim.met is outside


def test_an_old_fracture_is_not_looked_for() -> None:
    """OC-06: a fracture of 85 days is not what the MRI is for."""
    a = assessed(fractures={"diagnoses": [fracture("T8", onset=ago(85))]}, drafts=(imaging_draft(),))
    ((_, claim),) = orders.out_of_field(a)
    assert claim.not_met
