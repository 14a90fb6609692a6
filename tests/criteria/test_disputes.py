"""CF of D14, FX-09: disputed fields judged as each account has them, and studies where only structured data speaks."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.criteria.disputes import Disagreement, agreed
from cds_service.facts.fact import Claim, Evidence, Fact, Interval, fact, met, no_fact, not_met, unknown
from cds_service.facts.model import Account, Dispute, Stated, Study
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth
from cds_service.recommendations.augmentation_criteria_not_met import advanced_study
from cds_service.reports.findings import Conflict
from tests.criteria.given import assessed, finding, fracture, level_of, study
from tests.facts.changing import replaced

SAID = Evidence("Observation/o", "T12: marrow edema")
WORDS = "Observation says one, report text says other"
DISAGREEMENT = Disagreement("T12", WORDS, (SAID,), (Evidence("DiagnosticReport/r", "told"),))


def sparse(*, days: float = 2, **said: Any) -> Study:
    """A study in which an Observation states some fields of T12 and no report speaks."""
    own = finding(**{"status": None, "text": "", **said})
    stated = tuple(Stated("T12", name, SAID) for name in said)
    return replaced(study(own, days=days, modality=None, regions=()), sparse=True, stated=stated)


def disputed(told: Study, name: str, by_text: Any, by_code: Any) -> Study:
    """A study whose text and whose Observation differ about one field of T12."""
    accounts = (
        Account("report text", by_text, str(by_text), None, (0, 0)),
        Account("Observation", by_code, str(by_code), SAID),
    )
    assert told.reading is not None
    reading = replaced(told.reading, conflicts=(Conflict("T12", name, ((0, 0),)),))
    return replaced(told, reading=reading, disputes=(Dispute("T12", name, accounts),))


@pytest.mark.parametrize(
    ("name", "by_text", "by_code", "claim", "truth"),
    [
        ("status", "absent", "present", "confirmed", UNKNOWN),
        ("status", "present", "absent", "confirmed", UNKNOWN),
        ("marrow_edema", True, False, "acuity.shown", UNKNOWN),
        ("acuity", "acute", "subacute", "acuity.shown", MET),
        ("retropulsion", True, False, "against.canal", MET),
        ("retropulsion", False, True, "against.canal", UNKNOWN),
        ("posterior_wall", "disrupted", "intact", "against.posterior_wall", MET),
        ("posterior_wall", "intact", "disrupted", "against.posterior_wall", UNKNOWN),
        ("etiology", "pathologic", "traumatic", "cause.suspicious", MET),
        ("etiology", "traumatic", "pathologic", "candidate_cause", NOT_MET),
        ("morphology", "wedge", "burst", "candidate_cause", UNKNOWN),
    ],
)
def test_a_claim_that_the_accounts_decide_differently_is_unknown(
    name: str, by_text: Any, by_code: Any, claim: str, truth: Truth
) -> None:
    """CF of D14; what the report states against the patient's safety stays, whatever a code says (decision 2)."""
    told = disputed(
        study(finding(marrow_edema=True, **{name: None} if name != "marrow_edema" else {})), name, by_text, by_code
    )
    if name == "marrow_edema":
        told = disputed(study(finding()), name, by_text, by_code)
    value: Any = level_of(assessed(imaging={"studies": [told]}))
    for part in claim.split("."):
        value = getattr(value, part)
    assert value.truth is truth
    if truth is UNKNOWN:
        assert value.why_unknown == f"Observation says {by_code}, report text says {by_text}"
        assert SAID in value.evidence


def test_of_one_height_and_another_both_are_kept() -> None:
    """DE-06: the interval covering both, so that 25 % within it is neither reached nor missed."""
    told = disputed(study(finding(height_loss_percent=(15.0, 30.0))), "height_loss_percent", (15.0, 15.0), (30.0, 30.0))
    level = level_of(assessed(imaging={"studies": [told]}))
    assert level.height_loss.value == Interval(15, 30)
    assert level.lcd_course.truth is UNKNOWN


def test_the_same_level_is_judged_once() -> None:
    """A level that only one account describes is one site, and so is a fracture that names none."""
    told = disputed(study(finding(status=None, text="")), "status", "absent", "present")
    assert [level.label for level in assessed(imaging={"studies": [told]}).levels] == ["T12"]
    nowhere = (Account("report text", "absent", "no fracture"), Account("conclusion code", "present", "fracture", SAID))
    denied = study(
        finding(None, status="absent", region="spine"), without=("spine",), conflicts=(Conflict(None, "status", ()),)
    )
    denied = replaced(denied, disputes=(Dispute(None, "status", nowhere, ("spine",)),))
    assessment = assessed(imaging={"studies": [denied]})
    assert [level.label for level in assessment.levels] == ["level not named"]
    assert (
        level_of(assessment, None).confirmed.why_unknown
        == "conclusion code says fracture, report text says no fracture"
    )
    assert assessment.any_fracture.truth is UNKNOWN


@pytest.mark.parametrize(
    ("versions", "truth", "why"),
    [
        ((met(), met()), MET, None),
        ((met(), not_met()), UNKNOWN, WORDS),
        ((not_met(), met(), met()), UNKNOWN, WORDS),
        ((not_met(), unknown("not told")), UNKNOWN, WORDS),
        ((unknown("one; two"), unknown("two; three")), UNKNOWN, "one; two; three"),
    ],
)
def test_claims_of_several_accounts(versions: tuple[Claim, ...], truth: Truth, why: str | None) -> None:
    """Kleene: equal truths stand, others leave it open."""
    found = agreed(versions, (DISAGREEMENT,))
    assert (found.truth, found.why_unknown) == (truth, why)


def test_facts_of_several_accounts() -> None:
    """Equal values stand, intervals are joined (open where one is), and other values give way to the reason."""
    assert agreed((fact(3), fact(3)), ()).value == 3
    joined: Fact[Interval] = agreed((fact(Interval(1, 2)), fact(Interval(5, None))), ())
    assert joined.value == Interval(1, None)
    assert agreed((fact("a"), no_fact()), (DISAGREEMENT,)).why_unknown == WORDS


def test_the_silence_of_structured_data_denies_nothing() -> None:
    """ET-03, AC-01: without a report nobody said that there is no sign of it."""
    alone = level_of(assessed(imaging={"studies": [sparse(height_loss_percent=(30.0, 30.0))]}))
    assert (alone.cause.suspicious.truth, alone.symptomatic.truth) == (UNKNOWN, UNKNOWN)
    beside = level_of(assessed(imaging={"studies": [sparse(height_loss_percent=(30.0, 30.0)), study(finding())]}))
    assert beside.cause.suspicious.truth is NOT_MET


def test_an_observation_of_a_height_hides_no_older_report() -> None:
    """CF-04, CF-05, RF-05: hedge, contradiction and cord are those of the newest report that speaks."""
    newer = sparse(height_loss_percent=(30.0, 30.0))
    hedged = {
        "imaging": {"studies": [newer, study(finding(status="possible"))]},
        "fractures": {"diagnoses": [fracture("T12")]},
    }
    assert level_of(assessed(**hedged)).fractured.truth is UNKNOWN
    contradicting = study(finding(marrow_edema=True), conflicts=(Conflict("T12", "acuity", ()),))
    for above in (newer, sparse(marrow_edema=True), study(finding(), days=1, modality="XR")):
        assert level_of(assessed(imaging={"studies": [above, contradicting]})).acuity.shown.truth is UNKNOWN
    cord = assessed(imaging={"studies": [newer, study(finding(cord_signal=True))]})
    assert cord.flags.structure_critical.truth is MET
    denied = sparse(cord_signal=False, retropulsion=False, posterior_wall="intact")
    grave = study(finding(cord_signal=True, canal_compromise="severe", posterior_wall="disrupted"))
    kept = assessed(imaging={"studies": [denied, grave]})
    against = level_of(kept).against
    assert (kept.flags.structure_critical.truth, against.canal.truth, against.posterior_wall.truth) == (MET, MET, MET)
    told = level_of(assessed(imaging={"studies": [denied]})).against
    assert (told.canal.truth, told.posterior_wall.truth) == (NOT_MET, NOT_MET)
    bound = assessed(imaging={"studies": [newer, study(finding(acuity="acute"), days=100)]})
    assert level_of(bound).within_window.truth is NOT_MET


def test_two_heights_of_no_known_method_are_no_progression() -> None:
    """DE-07: only measurements by a comparable method."""
    found = level_of(
        assessed(
            imaging={
                "studies": [
                    sparse(days=1, height_loss_percent=(40.0, 40.0)),
                    sparse(days=60, height_loss_percent=(20.0, 20.0)),
                ]
            }
        )
    )
    assert found.seed_course.truth is MET  # over 25 %
    assert found.lcd_course.truth is UNKNOWN  # one of four; progression is not known


def test_an_observation_is_no_study_that_was_reported() -> None:
    """OC-20: a height on record does not stand for the MRI that nobody did."""
    assessment = assessed(imaging={"studies": [sparse(height_loss_percent=(30.0, 30.0))]})
    assert advanced_study(level_of(assessment), assessment).truth is NOT_MET
