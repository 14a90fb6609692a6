"""Alarm signs, causes and contraindications: RF, ET and CX on the limit and one past it, and what is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.fact import Evidence, Fact, Interval, fact, no_fact
from cds_service.facts.model import Allergy, Listing, Study
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.reports.findings import InfectionWord, LevelFinding
from tests.criteria.given import (
    SEEN,
    TODAY,
    ago,
    antithrombotic,
    assessed,
    augmented,
    disease,
    draft,
    finding,
    fracture,
    given,
    level_of,
    says,
    score,
    steroid,
    study,
)
from tests.facts.changing import replaced

FRACTURE: dict[str, Any] = {
    "imaging": {"studies": [study(finding(marrow_edema=True))]},
    "fractures": {"diagnoses": [fracture("T12", onset=ago(20))]},
}
PATIENT = given().patient


def patient(age: float | None, male: bool | None) -> Any:
    """A patient of that age and sex; None for not known."""
    years: Fact[Interval] = no_fact() if age is None else fact(Interval(age, age))
    return replaced(PATIENT, age=years, male=no_fact() if male is None else fact(male))


@pytest.mark.parametrize(
    ("neurology", "truth"),
    [
        ({"post_void_residual_ml": [score(201)]}, MET),
        ({"post_void_residual_ml": [score(200)]}, NOT_MET),
        ({"post_void_residual_ml": [score(201, 14)]}, MET),
        ({"post_void_residual_ml": [score(201, 15)]}, NOT_MET),
        ({"stated": [says(True, 14)]}, MET),
        ({"stated": [says(True, 15)]}, UNKNOWN),
        ({"stated": [says(False)]}, NOT_MET),
        ({"signs": [disease("definite")]}, MET),
        ({"signs": [disease("definite", active=False)]}, NOT_MET),
        ({"signs": [disease("supportive", onset=14)]}, MET),
        ({"signs": [disease("supportive", onset=15)]}, NOT_MET),
        ({"signs": [disease("supportive", recorded=14)]}, MET),
        ({"signs": [disease("supportive")]}, NOT_MET),
        ({"signs": [disease("weak", onset=3)]}, NOT_MET),
        ({"signs": [disease("weak", onset=3), disease("supportive", onset=3)]}, MET),
        ({}, NOT_MET),
        ({"stated": Listing((), "not retrieved")}, UNKNOWN),
    ],
)
def test_a_neurological_sign(neurology: dict[str, Any], truth: Truth) -> None:
    """RF-01, RF-02, DE-22: definite at once, supportive only when new, weakness and gait codes never alone."""
    assert assessed(neurology=neurology, **FRACTURE).flags.neurological_sign.truth is truth


def test_a_sign_before_the_fracture_is_not_of_it() -> None:
    """RF-01: an onset that is not before the fracture's."""
    early = {"signs": [disease("supportive", onset=10)]}
    recent = {"imaging": FRACTURE["imaging"], "fractures": {"diagnoses": [fracture("T12", onset=ago(5))]}}
    assert assessed(neurology=early, **recent).flags.neurological_sign.not_met


@pytest.mark.parametrize(
    ("topics", "truth"),
    [
        ({}, UNKNOWN),
        ({"pain": {"scores": [score(0)]}}, NOT_MET),
        ({"pain": {"back_pain": [disease("back-pain")]}}, MET),
        ({"fractures": {"diagnoses": [fracture("L1")]}}, MET),
        ({"imaging": {"studies": [study(finding(acuity="chronic"))]}}, MET),
        ({"imaging": {"studies": [study(finding(acuity="chronic"))]}, "pain": {"scores": [score(0)]}}, NOT_MET),
        ({"imaging": {"studies": Listing((), "not retrieved")}}, UNKNOWN),
        ({"fractures": {"diagnoses": Listing((), "partial page")}}, UNKNOWN),
    ],
)
def test_spine_pain(topics: dict[str, Any], truth: Truth) -> None:
    """D1, "symptomatic": for red flags a fracture is spine pain, unless old and painless; unread is unknown."""
    assert assessed(**topics).flags.spine_pain.truth is truth


@pytest.mark.parametrize(
    ("infection", "truth"),
    [
        ({"temperature_c": [score(38.0)]}, MET),
        ({"temperature_c": [score(37.9)]}, NOT_MET),
        ({"temperature_c": [score(38.0, 3)]}, MET),
        ({"temperature_c": [score(38.0, 4)]}, NOT_MET),
        ({"fever_or_sepsis": [says(True)]}, MET),
        ({"blood_cultures": [says(True, 30)]}, MET),
        ({"blood_cultures": [says(True, 31)]}, NOT_MET),
        ({"blood_cultures": [says(False)]}, NOT_MET),
        ({"crp_mg_l": [score(300)]}, NOT_MET),
        ({"crp_mg_l": [score(50)], "diseases": [disease("immunosuppression")]}, MET),
        ({"crp_mg_l": [score(49.9)], "diseases": [disease("immunosuppression")]}, NOT_MET),
        ({"esr_mm_h": [score(50, 14)], "diseases": [disease("iv-drug-use")]}, MET),
        ({"esr_mm_h": [score(50, 15)], "diseases": [disease("iv-drug-use")]}, NOT_MET),
        ({"diseases": [disease("immunosuppression")]}, NOT_MET),
        ({"diseases": [disease("sepsis")]}, MET),
        ({"diseases": [disease("sepsis", active=False)]}, NOT_MET),
        ({"diseases": [disease("fever")]}, NOT_MET),
        ({"diseases": [disease("spinal")]}, MET),
        ({}, NOT_MET),
        ({"temperature_c": Listing((), "not retrieved")}, UNKNOWN),
    ],
)
def test_infection(infection: dict[str, Any], truth: Truth) -> None:
    """RF-04, DE-21: fever, bacteraemia, or raised markers at risk, each while fresh; a fever code alone is none."""
    assert assessed(infection=infection, **FRACTURE).flags.infection.truth is truth


def test_fever_without_spine_pain_is_not_ours() -> None:
    """RF-04: spine pain and fever; whether there is pain nobody documents by silence (decision 1)."""
    fever: dict[str, Any] = {"infection": {"temperature_c": [score(39)]}}
    assert assessed(**fever, pain={"scores": [score(0)]}).flags.infection.not_met
    assert assessed(**fever).flags.infection.unknown


@pytest.mark.parametrize(
    ("said", "critical"),
    [({"collection": True}, True), ({"etiology": "infectious"}, False), ({"disc_signal": True}, None)],
)
def test_infection_on_a_report(said: dict[str, Any], critical: bool | None) -> None:
    """RF-04: discitis is a warning, a collection critical; disc signal alone is neither."""
    flags = assessed(imaging={"studies": [study(finding(**said))]}).flags
    assert flags.infection.met is (critical is not None)
    assert flags.infection_critical.met is (critical is True)


def test_a_preliminary_report_counts_for_red_flags() -> None:
    """FX-07: usable for RF only."""
    flags = assessed(imaging={"studies": [study(finding(collection=True), final=False)]}).flags
    assert flags.infection_critical.met


@pytest.mark.parametrize(
    ("age", "male", "pregnancy", "present", "test_needed"),
    [
        (38, False, {}, UNKNOWN, MET),
        (55, False, {}, UNKNOWN, MET),
        (56, False, {}, NOT_MET, NOT_MET),
        (12, False, {}, UNKNOWN, MET),
        (11, False, {}, NOT_MET, NOT_MET),
        (38, True, {}, NOT_MET, NOT_MET),
        (38, None, {}, UNKNOWN, UNKNOWN),
        (None, False, {}, UNKNOWN, UNKNOWN),
        (38, False, {"tests": [says(True, 7)]}, MET, NOT_MET),
        (38, False, {"tests": [says(False, 7)]}, NOT_MET, NOT_MET),
        (38, False, {"tests": [says(False, 8)]}, UNKNOWN, MET),
        (38, False, {"statuses": [says(False, 30)]}, NOT_MET, NOT_MET),
        (38, False, {"statuses": [says(False, 31)]}, UNKNOWN, MET),
        (38, False, {"statuses": [says(False, 20)], "tests": [says(True, 1)]}, MET, NOT_MET),
        (38, False, {"diagnoses": [disease("pregnant")]}, MET, NOT_MET),
        (60, False, {"tests": [says(True, 1)]}, MET, NOT_MET),
        (38, False, {"possible": [says(True)]}, UNKNOWN, MET),
        (38, False, {"possible": [says(False, 30)]}, NOT_MET, NOT_MET),
        (38, False, {"possible": [says(False, 31)]}, UNKNOWN, MET),
        (38, False, {"possible": [says(False)], "tests": [says(True)]}, MET, NOT_MET),
    ],
)
def test_pregnancy(
    age: float | None, male: bool | None, pregnancy: dict[str, Any], present: Truth, test_needed: Truth
) -> None:
    """CX-03, DE-01, decision 2: capacity from 12 to 55; a test is fresh for 7 days, a status for 30."""
    against = level_of(assessed(patient=patient(age, male), pregnancy=pregnancy, **FRACTURE)).against
    assert against.pregnancy.truth is present
    assert against.pregnancy_possible.truth is test_needed


@pytest.mark.parametrize(
    ("bleeding", "truth"),
    [
        ({"inr": [score(1.5)], "platelets": [score(50)]}, NOT_MET),
        ({"inr": [score(1.51)], "platelets": [score(230)]}, MET),
        ({"inr": [score(1.0)], "platelets": [score(49)]}, MET),
        ({"inr": [score(1.0, 30)], "platelets": [score(230, 30)]}, NOT_MET),
        ({"inr": [score(1.0, 31)], "platelets": [score(230)]}, UNKNOWN),
        ({"inr": [score(1.0, 2)], "platelets": [score(230)], "antithrombotics": [antithrombotic()]}, UNKNOWN),
        ({"inr": [score(1.0, 1)], "platelets": [score(230)], "antithrombotics": [antithrombotic()]}, NOT_MET),
        ({"inr": [score(1.0)], "platelets": [score(230)], "disorders": [disease("coagulopathy")]}, MET),
        ({}, UNKNOWN),
    ],
)
def test_coagulopathy(bleeding: dict[str, Any], truth: Truth) -> None:
    """CX-07, DE-18: INR 1.5 and platelets 50 are acceptable; 30 days, or 24 hours on warfarin; liver limits of SIR."""
    assert level_of(assessed(bleeding=bleeding, **FRACTURE)).against.coagulopathy.truth is truth


@pytest.mark.parametrize(
    ("levels", "truth"),
    [(("T9", "T10", "T11"), NOT_MET), (("T9", "T10", "T11", "T12"), MET), ((), UNKNOWN)],
)
def test_levels_in_one_procedure(levels: tuple[str, ...], truth: Truth) -> None:
    """CX-04, LV-04: three levels are acceptable, four are not; without a level nobody can tell."""
    a = assessed(drafts=(draft("augmentation", *levels),), **FRACTURE)
    assert all(level.against.too_many_levels.truth is truth for level in a.levels)


def test_levels_are_counted_over_all_drafts() -> None:
    """CX-04: two drafts of two levels are four."""
    drafts = (draft("augmentation", "T9", "T10"), draft("augmentation", "T11", "T12"))
    assert level_of(assessed(drafts=drafts, **FRACTURE)).against.too_many_levels.met


@pytest.mark.parametrize(
    ("allergies", "present", "severe"),
    [
        ([Allergy("cement", True, False, SEEN)], MET, MET),
        ([Allergy("cement", False, False, SEEN)], MET, NOT_MET),
        ([], NOT_MET, NOT_MET),
        (Listing((), "not retrieved"), UNKNOWN, UNKNOWN),
    ],
)
def test_cement_allergy(allergies: Any, present: Truth, severe: Truth) -> None:
    """CX-06, decision 1: retrieved and empty is "none recorded"; not retrieved is unknown."""
    against = level_of(assessed(allergies=allergies, **FRACTURE)).against
    assert (against.cement_allergy.truth, against.severe_cement_allergy.truth) == (present, severe)


@pytest.mark.parametrize(
    ("said", "wall", "canal"),
    [
        ({"posterior_wall": "intact", "retropulsion": False}, NOT_MET, NOT_MET),
        ({"posterior_wall": "disrupted"}, MET, UNKNOWN),
        ({"posterior_wall": "bowed"}, NOT_MET, UNKNOWN),
        ({"retropulsion": True}, UNKNOWN, MET),
        ({"canal_compromise": "mild"}, UNKNOWN, MET),
        ({"canal_compromise": "none"}, UNKNOWN, NOT_MET),
        ({}, UNKNOWN, UNKNOWN),
    ],
)
def test_posterior_wall_and_canal(said: dict[str, Any], wall: Truth, canal: Truth) -> None:
    """CX-05, C-03: what the newest report says; silence is unknown."""
    against = level_of(assessed(imaging={"studies": [study(finding(**said))]})).against
    assert (against.posterior_wall.truth, against.canal.truth) == (wall, canal)


@pytest.mark.parametrize(
    ("topics", "truth"),
    [
        ({}, MET),
        ({"patient": patient(50, False)}, MET),
        ({"patient": patient(49, False)}, UNKNOWN),
        ({"patient": patient(None, False)}, UNKNOWN),
        ({"bone_health": {"diseases": [disease("osteogenesis-imperfecta")]}}, UNKNOWN),
        ({"malignancy": {"diseases": [disease("bone-tropic")]}}, NOT_MET),
        ({"malignancy": {"diseases": [disease("bone-tropic", active=False)]}}, NOT_MET),
        ({"malignancy": {"diseases": [disease("other")]}}, MET),
        ({"malignancy": {"diseases": Listing((), "partial page")}}, MET),
        ({"malignancy": {"diseases": [disease("benign-lesion")]}}, NOT_MET),
        ({"fractures": {"mechanism": fact("high-energy", SEEN)}}, NOT_MET),
        ({"fractures": {"mechanism": fact("low-energy", SEEN)}}, MET),
        ({"fractures": {"diagnoses": [fracture("T12", role="trauma")]}}, NOT_MET),
        ({"fractures": {"diagnoses": [fracture("T12", role="neoplastic")]}}, NOT_MET),
        ({"weight_loss": [disease("weight-loss")]}, NOT_MET),
        ({"infection": {"diseases": [disease("spinal")]}}, NOT_MET),
    ],
)
def test_osteoporotic_cause(topics: dict[str, Any], truth: Truth) -> None:
    """VA-10, ET-01 to ET-08, decisions 2 and 11: other causes act when present; under 50 nobody can tell."""
    a = assessed(**{"imaging": {"studies": [study(finding())]}, **topics})
    assert level_of(a).candidate_cause.truth is truth


@pytest.mark.parametrize(
    ("said", "truth"),
    [
        ({"etiology": "pathologic"}, NOT_MET),
        ({"etiology": "suspicious"}, NOT_MET),
        ({"etiology": "infectious"}, NOT_MET),
        ({"etiology": "traumatic"}, NOT_MET),
        ({"etiology": "benign-lesion"}, NOT_MET),
        ({"etiology": "osteoporotic"}, MET),
        ({"posterior_elements": True}, NOT_MET),
        ({"soft_tissue_mass": True}, NOT_MET),
        ({"posterior_wall": "bowed"}, NOT_MET),
        ({"morphology": "burst"}, NOT_MET),
        ({"morphology": "chance"}, NOT_MET),
        ({"unstable": True}, NOT_MET),
        ({"morphology": "wedge"}, MET),
    ],
)
def test_cause_by_the_report(said: dict[str, Any], truth: Truth) -> None:
    """ET-03, ET-04, ET-05, ET-08: the report's own signs of another cause."""
    assert level_of(assessed(imaging={"studies": [study(finding(**said))]})).candidate_cause.truth is truth


def test_a_benign_report_clears_a_cancer_on_record() -> None:
    """ET-02: neoplastic until the report says benign."""
    a = assessed(
        imaging={"studies": [study(finding(etiology="osteoporotic"))]},
        malignancy={"diseases": [disease("bone-tropic")]},
    )
    assert level_of(a).candidate_cause.met


@pytest.mark.parametrize(
    ("days", "mg", "truth"), [(91, 2.5, MET), (90, 2.5, NOT_MET), (91, 2.4, NOT_MET), (400, None, UNKNOWN)]
)
def test_chronic_steroid(days: float, mg: float | None, truth: Truth) -> None:
    """ET-06, DE-20: at least 2.5 mg a day for more than three months; an unstated dose is unknown."""
    a = assessed(bone_health={"steroids": [steroid(days, mg)]}, **FRACTURE)
    assert level_of(a).cause.steroid.truth is truth


@pytest.mark.parametrize(
    ("levels", "truth"), [(("T12",), MET), (("L3",), NOT_MET), ((), UNKNOWN)], ids=["here", "elsewhere", "not named"]
)
def test_already_augmented(levels: tuple[str, ...], truth: Truth) -> None:
    """FX-08: cement at this level; a procedure that names no level may have been here."""
    a = assessed(spine={"augmentations": [augmented(*levels, days=400)]}, **FRACTURE)
    assert level_of(a).treated.truth is truth


def test_evidence_names_its_place() -> None:
    """Design section 1: a contraindication that holds says where it stands in the record."""
    a = assessed(infection={"temperature_c": [score(38.4)]}, **FRACTURE)
    assert Evidence("Observation/38.4-0", "38.4") in level_of(a).against.infection.evidence
    assert a.facts.as_of == TODAY


def early(*findings: LevelFinding, days: float = 0, **said: Any) -> Study:
    """A preliminary CT."""
    return study(*findings, days=days, **{"modality": "CT", "final": False, **said})


def test_a_preliminary_fracture_is_a_level_for_red_flags_alone() -> None:
    """FX-07: it stands beside the levels that everything else is judged at, and confirms nothing."""
    a = assessed(imaging={"studies": [early(finding("L1", retropulsion=True), regions=("lumbar",))]})
    (only,) = a.early
    assert (a.levels, only.site.level, only.told_early.met, only.confirmed.met) == ((), "L1", True, False)
    assert a.flags.canal_compromised.met
    assert a.flags.spine_pain.met
    assert not a.any_fracture.met
    assert only.against.canal.evidence[0].value.startswith("preliminary report: ")


def test_a_preliminary_report_without_a_fracture_makes_no_level() -> None:
    """FX-05, FX-07."""
    a = assessed(imaging={"studies": [early(finding("L1", status="absent"), regions=("lumbar",))]})
    assert (a.early, a.flags.spine_pain.met) == ((), False)


@pytest.mark.parametrize(
    ("final", "counts"),
    [
        (study(finding(), days=0, modality="CT"), False),
        (study(finding(), days=0, modality="XR"), True),
        (study(finding(), days=1, modality="CT"), True),
        (study(finding(retropulsion=False), days=0, modality="MR"), True),
        (study(finding(retropulsion=False), days=1, modality="MR"), True),
        (study(finding("L4"), days=0, modality="CT", regions=("lumbar",)), True),
    ],
)
def test_a_final_report_of_the_same_kind_replaces_a_preliminary_one(final: Study, counts: bool) -> None:
    """FX-07, FX-09: of that day or later, and of the same region."""
    told = assessed(imaging={"studies": [final, early(finding(retropulsion=True))]})
    assert told.flags.canal_compromised.met is counts


def test_a_newer_final_report_settles_a_preliminary_one() -> None:
    """FX-09: the newest that speaks of it wins; a preliminary denial takes nothing away."""
    newer = study(finding(retropulsion=False), days=0, modality="MR")
    assert assessed(
        imaging={"studies": [newer, early(finding(retropulsion=True), days=1)]}
    ).flags.canal_compromised.not_met
    older = study(finding(retropulsion=True), days=1, modality="MR")
    assert assessed(imaging={"studies": [early(finding(retropulsion=False)), older]}).flags.canal_compromised.met


def test_an_old_fracture_of_a_preliminary_report_needs_pain() -> None:
    """D1: one called chronic and documented painless is no spine pain."""
    told = {"imaging": {"studies": [early(finding(acuity="chronic"))]}}
    assert assessed(**told).flags.spine_pain.met
    assert assessed(**told, pain={"scores": [score(0)], "back_scores": [score(0)]}).flags.spine_pain.not_met


@pytest.mark.parametrize(
    ("pain", "expected"),
    [
        ({"scores": [score(1)], "back_scores": [score(1)]}, MET),
        ({"scores": [score(0)], "back_scores": [score(0)]}, NOT_MET),
        ({"scores": [score(6)]}, UNKNOWN),
        ({"scores": [score(0)]}, NOT_MET),
        ({"scores": [score(6, 8)], "back_scores": [score(6, 8)]}, UNKNOWN),
        ({"scores": [score(6, 7)], "back_scores": [score(6, 7)]}, MET),
        ({"scores": [score(6), score(0, 1)], "back_scores": [score(0, 1)]}, NOT_MET),
        ({}, UNKNOWN),
    ],
)
def test_back_pain_by_score(pain: dict[str, Any], expected: Truth) -> None:
    """RF-01, D1: a fresh score of the back; one of no named place leaves it open."""
    assert assessed(pain=pain).flags.spine_pain.truth is expected


@pytest.mark.parametrize(
    ("sign", "onset", "new"),
    [(43, 28, False), (42, 28, True), (15, 0, False), (14, 0, True), (None, 28, True), (43, None, True)],
)
def test_a_sign_from_long_before_the_fracture_is_not_new(sign: float | None, onset: float | None, new: bool) -> None:
    """RF-02: 14 days before it (DE-22) and no longer fresh; a deficit it stays (CX-10)."""
    known = replaced(disease("definite"), onset=None if sign is None else ago(sign))
    a = assessed(
        neurology={"signs": [known]},
        fractures={"diagnoses": [fracture("T12", onset=None if onset is None else ago(onset))]},
    )
    assert a.flags.neurological_sign.met is new
    assert a.levels[0].against.deficit.met


def with_words(each: Study, *words: InfectionWord) -> Study:
    """The same study, whose report says that of infection."""
    assert each.reading is not None
    return replaced(each, reading=replaced(each.reading, infections=words), text="Discitis at T11-T12.")


DENIED = InfectionWord((), "denied", (0, 8))


@pytest.mark.parametrize(
    ("newer", "stands"),
    [
        (with_words(study(days=1), DENIED), False),
        (with_words(study(days=9), DENIED), True),
        (with_words(study(days=8), DENIED), True),
        (with_words(study(days=1, modality="XR"), DENIED), True),
        (with_words(study(days=1, regions=("lumbar",)), DENIED), False),
        (with_words(study(days=1, regions=("cervical",)), DENIED), True),
        (with_words(study(days=1, regions=()), DENIED), True),
        (with_words(study(days=1, regions=()), InfectionWord(("T12",), "denied", (0, 8))), False),
        (with_words(study(days=1), InfectionWord(("T8",), "denied", (0, 8))), True),
        (with_words(study(days=1), InfectionWord((), "denied", (0, 8), "collection")), True),
        (with_words(study(days=1), InfectionWord((), "possible", (0, 8))), True),
        (with_words(study(days=1, final=False), DENIED), True),
        (study(days=1), True),
    ],
)
def test_a_newer_final_report_that_denies_an_infection_wins(newer: Study, stands: bool) -> None:
    """FX-09: of the same place, and no plain film against an MRI; silence denies nothing."""
    a = assessed(imaging={"studies": [newer, study(finding(etiology="infectious"), days=8)]})
    assert a.flags.infection.met is stands
    assert any(level.cause.infectious.met for level in a.levels) is stands


def test_a_doubted_infection_leaves_cause_and_contraindication_open() -> None:
    """FX-04, VA-10, CX-02: neither yes nor no; with evidence of DE-21 beside it a red flag (RF-04, ET-04)."""
    doubt = with_words(study(finding(etiology="osteoporotic")), InfectionWord(("T12",), "possible", (0, 8)))
    a = assessed(imaging={"studies": [doubt]})
    (level,) = a.levels
    assert a.flags.possible_infection.met
    assert a.flags.infection.not_met
    assert level.cause.infectious.not_met
    assert level.candidate_cause.unknown
    assert level.against.infection.unknown
    assert level.against.infection_left_open.why_unknown == "possible infection described"
    raised = assessed(imaging={"studies": [doubt]}, infection={"crp_mg_l": [score(50, 14)]})
    assert raised.flags.infection.met
    assert raised.levels[0].cause.infectious.met
    assert not raised.flags.infection_critical.met


def test_a_doubt_of_13_weeks_ago_is_past() -> None:
    """The window of RF-04's reports."""
    doubt = InfectionWord((), "possible", (0, 8))
    assert assessed(imaging={"studies": [with_words(study(days=84), doubt)]}).flags.possible_infection.met
    assert not assessed(imaging={"studies": [with_words(study(days=85), doubt)]}).flags.possible_infection.met
