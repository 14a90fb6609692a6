"""What counts for this episode, how far a denial reaches, and which words of a report a card quotes."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from cds_service.criteria.course import received_long_enough
from cds_service.criteria.sites import quote
from cds_service.facts.fact import Evidence, Fact, fact
from cds_service.facts.model import Study, Treatment
from cds_service.facts.truth import Truth
from cds_service.reports.findings import LevelFinding
from tests.criteria.given import LIMIT, SEEN, ago, assessed, disease, finding, given, level_of, study

MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN


def taken(days: float, *, active: bool) -> dict[str, Any]:
    """An analgesic begun so many days ago."""
    return {"given": [Treatment("analgesic", ago(days), active, Evidence("MedicationRequest/a", "oxycodone"))]}


def onset(days: float | None) -> dict[str, Any]:
    """The stated onset of the pain."""
    return {} if days is None else {"stated_onset": fact(ago(days), SEEN)}


@pytest.mark.parametrize(
    ("treated", "onset_days", "truth"),
    [
        (taken(24, active=True), 28, MET),
        (taken(24, active=False), 28, MET),
        (taken(400, active=True), 28, MET),
        (taken(400, active=True), 13, NOT_MET),
        (taken(400, active=False), 28, UNKNOWN),
        (taken(24, active=True), None, MET),
        (taken(84, active=False), None, MET),
        (taken(85, active=False), None, UNKNOWN),
        (taken(400, active=True), None, UNKNOWN),
    ],
)
def test_only_treatment_of_this_episode_counts(treated: dict[str, Any], onset_days: float | None, truth: Truth) -> None:
    """CM-07, DE-15: a course that ended before the episode is no treatment of it; a running one counts from onset."""
    facts = given(conservative=treated, fractures=onset(onset_days))
    assert received_long_enough("analgesic", facts, LIMIT).truth is truth


@pytest.mark.parametrize(
    ("coded", "counted", "truth"),
    [(24, 20.0, MET), (3, 20.0, MET), (24, 3.0, UNKNOWN), (3, 3.0, NOT_MET), (24, None, MET)],
)
def test_counted_days_beside_coded_ones(coded: float, counted: float | None, truth: Truth) -> None:
    """A clinician may know of more than was coded; fewer counted than coded is a disagreement."""
    days: Fact[float] = Fact(None, "not documented") if counted is None else fact(counted, SEEN)
    facts = given(conservative={**taken(coded, active=True), "analgesic_days": days}, fractures=onset(28))
    assert received_long_enough("analgesic", facts, LIMIT).truth is truth


@pytest.mark.parametrize(("kind", "present"), [("benign-lesion", MET), ("vascular", MET), ("other", NOT_MET)])
def test_a_benign_or_vascular_lesion_is_another_cause(kind: str, present: Truth) -> None:
    """ET-08, C-02, S1-08: neither leads to an automatic referral."""
    found = assessed(malignancy={"diseases": [disease(kind)]}, imaging={"studies": [study(finding())]})
    assert level_of(found).cause.benign_lesion.truth is present


def test_a_lumbar_denial_says_nothing_of_t8() -> None:
    """FX-05: "no fracture" on a lumbar study does not unsay a thoracic fracture of an earlier report."""
    found = study(LevelFinding(level="T8", status="present"), days=20, regions=("thoracic",))
    denied = study(days=2, regions=("lumbar",), without=("spine",))
    assert level_of(assessed(imaging={"studies": [denied, found]}), "T8").confirmed.truth is MET


TEXT = (
    "FINDINGS: Acute compression fracture of T12.\nMarrow edema on STIR. "
    "The posterior cortex is disrupted; no canal compromise. Height loss 3.5 mm."
)


def written(**spans: tuple[int, int]) -> tuple[Study, LevelFinding]:
    """A study with its text, and a finding whose fields point into it."""
    said = LevelFinding(level="T12", status="present", evidence=MappingProxyType(spans), text="fracture of T12")
    made = study(said)
    return Study(
        made.evidence, made.modality, made.when, True, False, None, made.regions, made.reading, text=TEXT
    ), said


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("disrupted", '"The posterior cortex is disrupted"'),
        ("edema", '"Marrow edema on STIR"'),
        ("Height", '"Height loss 3.5 mm."'),
        ("Acute", '"FINDINGS: Acute compression fracture of T12"'),
    ],
)
def test_the_deciding_sentence_is_quoted(word: str, sentence: str) -> None:
    """The card quotes the sentence that states the field, not the one that names the fracture."""
    at = TEXT.index(word)
    assert quote(*written(field=(at, at + len(word))), "field").value == sentence


def test_without_a_span_the_finding_itself_is_quoted() -> None:
    """A field without words of its own falls back to the finding's."""
    assert quote(*written(), "posterior_wall").value == '"fracture of T12"'
