"""Takes one fact away: every list, every single value and every attribute of a report, each in turn made unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cds_service.facts.fact import Claim, Fact, no_fact, unknown
from cds_service.facts.model import Facts, Listing
from cds_service.reports.findings import LevelFinding
from tests.facts.changing import members, replaced

WHY = "blanked"
KEPT = frozenset({"level", "level_certain", "region", "status", "evidence", "span", "text"})
"""What makes a finding rather than qualifies it; a sentence without a status speaks of no fracture at all."""


def blanked(value: Any) -> Any:
    """The unknown in place of a fact; None for anything that is no fact."""
    match value:
        case Listing():
            return Listing((), WHY)
        case Fact():
            return no_fact(WHY)
        case Claim():
            return unknown(WHY)
        case _:
            return None


def is_blank(value: Any) -> bool:
    """Whether nothing is known of a fact already, so that taking it away changes nothing."""
    match value:
        case Listing():
            return value.gap is not None and not value.items
        case Fact():
            return value.value is None and not value.evidence
        case Claim():
            return value.unknown and not value.evidence
        case _:
            return False


def without_one_fact(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Every way to take one fact away, with its name: ``pain.scores``, ``implants``, ``finding.marrow_edema``."""
    for name, topic in members(facts):
        if is_blank(topic):
            continue
        if (nothing := blanked(topic)) is not None:
            yield name, replaced(facts, **{name: nothing})
            continue
        for inner, value in members(topic):
            if not is_blank(value) and (nothing := blanked(value)) is not None:
                yield f"{name}.{inner}", replaced(facts, **{name: replaced(topic, **{inner: nothing})})
    for attribute in dict.fromkeys(
        name for found in _findings(facts) for name, value in members(found) if value is not None
    ):
        if attribute not in KEPT:
            yield f"finding.{attribute}", _without_attribute(facts, attribute)


def _findings(facts: Facts) -> Iterator[LevelFinding]:
    for study in facts.imaging.studies.items:
        if study.reading is not None:
            yield from study.reading.findings


def _without_attribute(facts: Facts, name: str) -> Facts:
    studies = []
    for study in facts.imaging.studies.items:
        if study.reading is not None:
            left = tuple(replaced(finding, **{name: None}) for finding in study.reading.findings)
            study = replaced(study, reading=replaced(study.reading, findings=left))
        studies.append(study)
    listed = Listing(tuple(studies), facts.imaging.studies.gap)
    return replaced(facts, imaging=replaced(facts.imaging, studies=listed))
