"""The generated pages are those of this code, and the page of facts tells the truth about the extractors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from cds_service.facts.fact import Claim, Fact
from cds_service.facts.model import Facts, Listing
from cds_service.knowledge.thresholds import load_threshold_entries
from cds_service.knowledge.value_set import load_value_sets
from cds_service.recommendations import ALL
from scripts.docs import PAGES
from scripts.sheets.facts import FactSheet, fact_sheets, facts_of_model
from scripts.sheets.rules import modules
from tests.clinical.builder import AS_OF, KEYS, build
from tests.clinical.running import facts_of
from tests.conftest import ROOT
from tests.facts.changing import members

SHEETS = fact_sheets()
OF_THE_PATIENT: Final = "patient."
"""Facts of the Patient itself, without which there is no answer at all."""


def text_of(name: str) -> str:
    """A page of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_that_of_this_code(name: str) -> None:
    """`make docs` would change nothing."""
    assert text_of(name) == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("name", [name for name in PAGES if name != "docs/topics.md"])
def test_a_generated_page_says_that_nobody_reviewed_it(name: str) -> None:
    """Nothing here is clinically reviewed, and the page begins with that."""
    assert "No clinician has reviewed any of this" in text_of(name)[:400]


def test_every_recommendation_has_a_sheet_with_an_example() -> None:
    """Criteria, reading, moments, an example card and vignettes for each that is built."""
    sheets = dict(re.findall(r'^<a id="([a-z-]+)"></a>$(.*?)(?=^<a id="[a-z-]+"></a>$|\Z)', page(), re.M | re.S))
    assert set(sheets) == {r.id for r in ALL}
    for topic, sheet in sheets.items():
        for title in ("Where it stands", "Criteria", "What it reads of the record", "When it is shown", "Example"):
            assert f"### {title}\n" in sheet, (topic, title)
        assert "> **" in sheet, topic
        assert "Content not yet clinically reviewed" in sheet, topic


def page() -> str:
    """The page of recommendations."""
    return text_of("docs/recommendations.md")


@pytest.mark.parametrize("name", PAGES)
def test_links_within_the_pages_lead_somewhere(name: str) -> None:
    """Every link to a sheet or to a source finds its place."""
    for target, anchor in re.findall(r"\]\(([a-z-]*(?:\.md)?)#([a-z0-9-]+)\)", text_of(name)):
        assert f'<a id="{anchor}"></a>' in text_of(f"docs/{target}" if target else name), anchor


# ---------------------------------------------------------------------------------------------------------------- facts


def test_every_fact_of_the_model_is_described() -> None:
    """A field of facts/model.py without an entry in scripts/sheets/facts.toml fails here, and so does the reverse."""
    model = {key for key, _ in facts_of_model()}
    assert len(model) > 50
    assert model - set(SHEETS) == set(), "describe them in scripts/sheets/facts.toml"
    assert set(SHEETS) - model == set(), "facts/model.py has no such facts"


def test_facts_name_numbers_and_code_lists_that_exist() -> None:
    """Thresholds and value sets by their names."""
    for sheet in SHEETS.values():
        assert set(sheet.numbers) <= set(load_threshold_entries()), sheet.key
        assert set(sheet.sets) <= set(load_value_sets()), sheet.key


def test_every_code_list_that_is_read_is_listed_at_a_fact() -> None:
    """The value sets that the extractors name are those that the facts name."""
    named = {
        node.value
        for name, tree in modules()
        if name.startswith("facts.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in load_value_sets()
    }
    assert named == {set_id for sheet in SHEETS.values() for set_id in sheet.sets}


def by_name(facts: Facts) -> Iterator[tuple[str, object]]:
    """Every fact by its dotted name."""
    for key in SHEETS:
        topic, _, inner = key.partition(".")
        value = dict(members(facts))[topic]
        yield key, dict(members(value))[inner] if inner else value


def why(value: object) -> str | None:
    """Why a fact cannot be told; None where finding nothing tells."""
    return value.gap if isinstance(value, Listing) else getattr(value, "why_unknown", None)


def with_unread(*keys: str) -> Mapping[str, object]:
    """The facts of a record in which everything is empty, with some keys not sent at all."""
    vignette: dict[str, Any] = {"unread": list(keys), "expect": {}}
    return dict(by_name(facts_of(build(vignette), AS_OF)))


EMPTY = with_unread()
UNREAD = {key: with_unread(key) for key in KEYS if key != "patient"}


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS.keys())
def test_an_empty_answer_means_what_the_page_says(sheet: FactSheet) -> None:
    """Decision 1: of a complete and empty record the extractors prove an absence where the page says so."""
    value = EMPTY[sheet.key]
    if sheet.key.startswith(OF_THE_PATIENT):
        assert set(sheet.read) == {"patient"}
    elif isinstance(value, Listing | Fact | Claim):
        assert (sheet.empty == "unknown") == (why(value) is not None), why(value)
    else:
        assert value == ()
        assert sheet.empty == "none"


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS.keys())
def test_what_proves_an_absence_is_read(sheet: FactSheet) -> None:
    """A part of the record whose absence changes the reason for not knowing is one the page says is read."""
    needed = {key for key, facts in UNREAD.items() if why(facts[sheet.key]) != why(EMPTY[sheet.key])}
    assert needed <= set(sheet.read), sorted(needed - set(sheet.read))
