"""DE-22, RF-01, RF-02: neurological signs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import SNOMED, concept, condition, days, facts, form, observation


@pytest.mark.parametrize(
    ("given", "kind", "active"),
    [
        (condition("G83.4"), "definite", True),
        (condition("G834"), "definite", True),
        (condition("G83.4", status="resolved"), "definite", False),
        (condition("G83.4", verified="provisional"), "definite", True),
        (condition("S24.101S"), "definite", False),
        (condition("S24.101A"), "definite", True),
        (condition("R33.9"), "supportive", True),
        (condition("R32"), "supportive", True),
        (condition("R26.2"), "weak", True),
        (condition("R262"), "weak", True),
        (condition("R53.1"), "weak", True),
        (condition("M6281"), "weak", True),
        (condition("449813001", SNOMED), "definite", True),
    ],
)
def test_coded_signs_by_strength(given: dict[str, Any], kind: str, active: bool) -> None:
    """RF-01: definite, supportive, and what never counts alone; a sequela is past, a suspicion is caution enough."""
    assert [(each.kind, each.active) for each in facts(given).neurology.signs.items] == [(kind, active)]


@pytest.mark.parametrize(
    ("text", "kind", "active"),
    [
        ("Cauda equina syndrome", "definite", True),
        ("Acute compression of the cauda equina", "definite", True),
        ("Conus medullaris syndrome", "definite", True),
        ("Saddle anesthesia", "definite", True),
        ("saddle anaesthesia", "definite", True),
        ("Perianal numbness", "definite", True),
        ("Numbness in the saddle area", "definite", True),
        ("Spinal cord compression", "definite", True),
        ("Thoracic myelopathy", "definite", True),
        ("Paraparesis", "definite", True),
        ("Bilateral leg weakness", "definite", True),
        ("Weakness of both legs", "definite", True),
        ("Bilateral lower extremity weakness", "definite", True),
        ("Bilateral weakness of lower limbs", "definite", True),
        ("Acute urinary retention", "supportive", True),
        ("Bowel incontinence", "supportive", True),
        ("Incontinence of urine", "supportive", True),
        ("History of cauda equina syndrome", "definite", False),
        ("Resolved urinary retention", "supportive", False),
    ],
)
def test_signs_in_words_by_strength(text: str, kind: str, active: bool) -> None:
    """DE-22: problems without a code of ours, under the rules of the codes; a history is past."""
    (sign,) = facts(condition(text=text)).neurology.signs.items
    assert (sign.kind, sign.active, sign.by_wording) == (kind, active, True)


@pytest.mark.parametrize(
    "given",
    [
        condition("G83.4", verified="refuted"),
        condition("M54.50"),
        condition(text="No saddle anesthesia"),
        condition(text="Cauda equina syndrome ruled out"),
        condition(text="At risk for urinary retention"),
        condition(text="Neoplasm of cauda equina"),
        condition(text="Cervical myelopathy"),
        condition(text="Hereditary spastic paraplegia"),
        condition(text="Stress urinary incontinence"),
        condition(text="Urinary retention due to BPH"),
        condition(text="Leg weakness"),
        condition(text="Weakness"),
    ],
)
def test_what_is_no_sign(given: dict[str, Any]) -> None:
    """Refuted, another code, denied, of another place or cause, or what decides nothing alone (RF-01)."""
    assert facts(given).neurology.signs.items == ()


def test_onset_and_recording_are_kept() -> None:
    """RF-01: supportive codes count by onset, failing that by recordedDate."""
    (sign,) = facts(condition("R33.9", onsetDateTime="2026-11-10", recordedDate="2026-11-12")).neurology.signs.items
    assert (sign.onset, sign.recorded) == (days("2026-11-10"), days("2026-11-12"))


def test_each_answer_is_a_statement() -> None:
    """Contract: four booleans."""
    told = facts(
        form(new_weakness=True, saddle_numbness=False, bladder_bowel_change=False, gait_worsening=True)
    ).neurology.stated
    assert {each.evidence.value: each.says for each in told.items} == {
        "new weakness: yes": True,
        "saddle numbness: no": False,
        "bladder or bowel change: no": False,
        "worsening gait: yes": True,
    }


@pytest.mark.parametrize(
    ("given", "ml"),
    [
        (observation("", 350, "mL", text="Post-void residual urine volume"), 350),
        (observation("", 0.35, "L", text="Postvoid residual"), 350),
        (observation("", 200, "cc", text="Residual urine by bladder scan"), 200),
        (
            observation(
                "", None, text="Post void residual", valueQuantity={"value": 999, "comparator": ">", "unit": "mL"}
            ),
            999,
        ),
        (observation("", 350, text="Post-void residual"), None),
        (observation("", 350, "mL", text="Urine volume 24 h"), None),
        (observation("", 350, "mL", text="Post-void residual", status="cancelled"), None),
    ],
)
def test_post_void_residual(given: dict[str, Any], ml: float | None) -> None:
    """RF-01: by its wording, in millilitres; without a unit nothing."""
    assert [each.value for each in facts(given).neurology.post_void_residual_ml.items] == ([] if ml is None else [ml])


def test_an_observed_definite_sign_is_dated() -> None:
    """DE-22: it must be fresh, so it is a statement and not a problem; a weaker one is a sign with that day."""
    told = facts(
        observation("x", concept("449813001", SNOMED), id="a", effectiveDateTime="2026-11-15"),
        observation("449813001", False, system=SNOMED, id="b", effectiveDateTime="2026-11-16"),
        observation("x", concept("267064002", SNOMED), id="c", effectiveDateTime="2026-11-17"),
    ).neurology
    assert [(each.says, each.when) for each in told.stated.items] == [
        (False, days("2026-11-16")),
        (True, days("2026-11-15")),
    ]
    assert [(each.kind, each.onset) for each in told.signs.items] == [("supportive", days("2026-11-17"))]


def test_gaps() -> None:
    """Decision 1: conditions complete and empty are none; answers and volumes prove nothing by silence."""
    told = facts().neurology
    assert (told.signs.gap, told.stated.gap, told.post_void_residual_ml.gap) == (
        None,
        "not documented",
        "not documented",
    )
