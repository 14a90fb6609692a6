"""The cards: complete, honest about review, short enough whatever is filled in, and without directives or promises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.hooks.cards import (
    LONGEST_IN_SUMMARY,
    OVERRIDE_REASONS,
    SUMMARY_BELOW,
    CardText,
    cards_directory,
    load_cards,
)
from cds_service.hooks.evidence import statements
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.thresholds import load_thresholds
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import MATRIX
from tests.conftest import ROOT

LIMIT = load_thresholds()
CARDS = load_cards()
LONGEST: Mapping[str, str] = {
    "level": "T11 or T12 (level not certain)",
    "region": "cervical and thoracic and lumbar",
    "days": "at least 10000",
    "nrs": "not documented",
    "height_loss": "20 to 100",
    "closing": "2026-12-31",
    "finding": "x" * LONGEST_IN_SUMMARY,
    "date": "2026-11-20",
    "reason": "x" * LONGEST_IN_SUMMARY,
    "other_source": "x" * LONGEST_IN_SUMMARY,
    "risk": "antithrombotic by a status code active (+99)",
    "inr": "unknown",
    "platelets": "1.235e+06",
    "levels": "x" * LONGEST_IN_SUMMARY,
    "minutes": "at least 1000",
    "where": "thoracic and lumbar spine",
    "grounds": "painless fracture, malignancy on record",
    "because": "CT alone shows no edema or uptake",
    "device": "x" * LONGEST_IN_SUMMARY,
    "order": "x" * LONGEST_IN_SUMMARY,
    "there": "x" * LONGEST_IN_SUMMARY,
    "items": "10",
    "documented": "10",
    "policy": "LCD L34106, local not read; WISeR TX",
}
"""The longest each value can be: levels and regions are ours, record values are cut before they are filled in."""

TOPICS = re.findall(r"^\| `([a-z-]+)` \| K-", (ROOT / "docs" / "topics.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_recommendation_has_a_card_and_a_place_in_the_matrix() -> None:
    """One name, four files: module, card and matrix row share the id."""
    ids = {r.id for r in ALL}
    assert ids == set(CARDS)
    assert set(MATRIX) == set(TOPICS)
    assert [r.id for r in ALL] == [topic for topic in MATRIX if topic in ids]


def test_topics_are_those_of_the_contract() -> None:
    """Each of the 28 published topic codes has its recommendation."""
    assert sorted(r.id for r in ALL) == sorted(TOPICS)
    assert len(TOPICS) == 28


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_summary_is_short_enough_with_the_longest_values(card: CardText) -> None:
    """Checklist 51: fewer than 140 characters after substitution."""
    summary = card.summary.render(**LONGEST, limit=LIMIT)
    assert len(summary) < SUMMARY_BELOW, summary


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_card_says_that_nobody_reviewed_it(card: CardText) -> None:
    """No reviewer is invented."""
    assert card.reviewed_by == "not yet reviewed"
    assert card.reviewed_on == "not yet"


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_card_offers_all_override_reasons(card: CardText) -> None:
    """The eight reasons of the contract."""
    assert set(card.override_reasons) == set(OVERRIDE_REASONS)


@pytest.mark.parametrize("path", sorted((ROOT / "cards").glob("*.md")), ids=lambda p: p.stem)
def test_a_card_neither_orders_nor_promises(path: object) -> None:
    """G17: no directive, no outcome promise, in the words a clinician reads."""
    text = (ROOT / "cards" / str(path).rsplit("/", 1)[-1]).read_text(encoding="utf-8")
    if str(path).endswith("README.md"):
        return
    found = re.findall(
        r"(?i)\b(?:must|shall|have to|cures?|guarantee\w*|always works|(?:9|nine) (?:of|out of) (?:10|ten)|diagnosis is"
        r"|alarm!|immediately|will (?:relieve|improve|heal|restore|help|prevent)|stop (?:taking|the|warfarin))\b",
        text,
    )
    assert not found


@pytest.mark.parametrize("path", sorted((ROOT / "cards").glob("*-*.md")), ids=lambda p: p.stem)
def test_no_threshold_is_typed_in_prose(path: object) -> None:
    """Numbers of thresholds are filled in; what stays typed is a year or a trial's own follow-up time."""
    body = (ROOT / "cards" / str(path).rsplit("/", 1)[-1]).read_text(encoding="utf-8")
    prose = re.sub(r"\{\{.*?\}\}|^next_review:.*$|^evidence:.*$|NG234", "", body, flags=re.MULTILINE)
    units = r"(?:%|(?:days?|weeks?|months?|years?|hours?|minutes?|levels?|IU|MME|mg|ng|mm|mL|kg)\b)"
    assert not re.findall(r"(?<![A-Za-z\d-])\d+(?:\.\d+)?\s*" + units, prose)


def test_every_criterion_of_every_recommendation_cites_a_place() -> None:
    """Every clause can be looked up: a source and where in it."""
    for statement in statements(LIMIT):
        assert statement.clauses, statement.recommendation.id
        assert statement.recommendation.sources
        for clause in statement.clauses:
            assert clause.citation.place, (statement.recommendation.id, clause.label)
            assert clause.rule


def test_the_time_to_mri_is_that_of_the_source() -> None:
    """RF-03: within 24 hours, filled in from the thresholds."""
    assert "within 24 hours" in CARDS["neurological-emergency"].notes["cancer"].render(limit=LIMIT)


def test_a_card_that_names_a_number_nobody_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template is checked when it is loaded, not when a patient first needs it."""
    for file in cards_directory().iterdir():
        tmp_path.joinpath(file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    card = tmp_path / "brace-review.md"
    card.write_text(card.read_text(encoding="utf-8") + "\n{{ limit.no_such_number }}\n", encoding="utf-8")
    monkeypatch.setattr("cds_service.hooks.cards.cards_directory", lambda: tmp_path)
    with pytest.raises(ContentError, match=r"cards/brace-review.md: no such number: no_such_number"):
        load_cards.__wrapped__()
