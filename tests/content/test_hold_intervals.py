"""What the source writes of antithrombotic drugs: every agent is one of ours, cited, and refused when wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cds_service.facts.bleeding import AGENTS
from cds_service.knowledge import hold_intervals
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.hold_intervals import load_hold_intervals
from cds_service.knowledge.value_set import value_set

GOOD: dict[str, Any] = {"interval": "5 days", "source": {"citation": "SIR", "place": "Table 6"}, "tag": "S"}


def test_every_agent_is_one_that_facts_can_name() -> None:
    """PP-07: an interval that no drug can reach is a typing error."""
    drugs = {row["display"].lower() for row in value_set("anticoagulant-antiplatelet")}
    assert set(load_hold_intervals()) <= {AGENTS.get(name, name) for name in drugs}


@pytest.mark.parametrize(
    ("agent", "numbers"),
    [
        ("warfarin", ["5"]),
        ("apixaban", ["4", "6", "50", "24"]),
        ("dabigatran", ["4", "6", "8", "50", "24"]),
        ("rivaroxaban", ["2", "3", "30", "24"]),
        ("edoxaban", ["2", "24"]),
        ("enoxaparin", ["1", "2", "24"]),
        ("heparin", ["4", "6"]),
        ("clopidogrel", ["5"]),
        ("ticagrelor", ["5"]),
        ("prasugrel", ["7"]),
        ("aspirin", ["3", "5"]),
        ("cilostazol", []),
    ],
)
def test_the_numbers_of_the_decision_table(agent: str, numbers: list[str]) -> None:
    """PP-07: as `clinical.md` D12 has them, read second-hand."""
    entry = load_hold_intervals()[agent]
    assert re.findall(r"\d+", entry.interval) == numbers
    assert (entry.citation.source.id, entry.tag) == ("SIR", "S")


def test_the_table_has_no_other_agent() -> None:
    """PP-07: what the source was not read for is not made up."""
    assert len(load_hold_intervals()) == 12


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"extra": 1}, "exactly interval, source and tag"),
        ({"interval": " "}, "needs interval in words"),
        ({"source": {"citation": "SIR", "place": ""}}, "needs a place"),
        ({"tag": "P"}, "a tag it was read by"),
        ({"source": {"citation": "S9", "place": "x"}}, "S9"),
    ],
)
def test_a_wrong_entry_is_refused(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], why: str) -> None:
    """A mistake in the file is found at the start, with its place."""
    monkeypatch.setattr(hold_intervals, "read_toml", lambda file: {"warfarin": {**GOOD, **change}})
    with pytest.raises(ContentError, match=why):
        load_hold_intervals.__wrapped__()
