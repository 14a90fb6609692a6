"""The benchmark itself: its bodies are a function of the seed, and it runs. No test here looks at the time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import bodies, ratios
from benchmarks.report_texts import radiology_reports


def test_the_same_seed_gives_the_same_bodies() -> None:
    """design.md 8: both bodies are a function of the seed alone, and another seed gives another chart."""
    assert bodies.large(1) == bodies.large(1) == bodies.Chart(1).body(0)
    assert bodies.large(1) != bodies.large(2)
    assert bodies.small() == bodies.small()


def test_the_bodies_hold_what_their_names_say() -> None:
    """One resource, and 400 in 0.8 MB with 29 radiology reports, no two ids alike."""
    assert [r["resourceType"] for r in bodies.resources_in(bodies.small())] == ["Patient"]
    chart = bodies.large(1)
    kinds = Counter(r["resourceType"] for r in bodies.resources_in(chart))
    assert kinds.total() == bodies.RESOURCES
    assert kinds["DiagnosticReport"] == bodies.REPORTS
    assert 780_000 < len(chart) < 850_000
    assert len({(r["resourceType"], r["id"]) for r in bodies.resources_in(chart)}) == bodies.RESOURCES


def test_another_wording_changes_one_word_of_every_report() -> None:
    """What makes a report unseen: one word of its text, and nothing besides."""
    first, second = (radiology_reports(1, bodies.REPORTS, wording) for wording in (0, 1))
    assert len({report.text for report in (*first, *second)}) == 2 * bodies.REPORTS
    for one, other in zip(first, second, strict=True):
        pairs = zip(one.text.split(), other.text.split(), strict=True)
        assert sum(a != b for a, b in pairs) == 1


def test_the_floor_and_the_service_are_measured() -> None:
    """design.md 8: three calls to each server give a ratio for each load."""
    if not Path("/proc/self/stat").is_file():
        pytest.skip("no /proc on this system, where the workers' CPU time is read")
    measured = ratios.measure(seed=1, calls=3, rounds=1)
    assert [load.load for load in measured] == [load.name for load in ratios.loads(1, 3)]
    assert all(ratio > 0 for load in measured for ratio in (*load.ratios("floor"), *load.ratios("untuned floor")))
    assert len(list(ratios.table(measured))) == 1 + 2 * len(measured)
