"""What imaging reports say of an infection of the spine: stated, doubted, or denied since (RF-04, ET-04, FX-09).

A preliminary report counts (FX-07). A newer final report of the same place that denies the infection or the collection
wins; one that is silent, and a plain film against anything better, take nothing away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from cds_service.criteria.freshness import fresh
from cds_service.criteria.sites import Reported, Site, quote_span, study_covers
from cds_service.facts.fact import Claim, Evidence, met, not_met, unknown
from cds_service.facts.model import Facts, Level, Listing, Study
from cds_service.facts.regions import NAMED
from cds_service.knowledge.thresholds import Thresholds
from cds_service.reports.findings import InfectionWord, LevelFinding

DOUBTED: Final = "possible infection described"
BODIES_OF_A_DISC: Final = 2
Field = Literal["etiology", "collection"]


def stated(facts: Facts, limit: Thresholds) -> Claim:
    """RF-04: a report of the last 12 weeks calls it discitis, osteomyelitis or infected."""
    return _said(facts, limit, lambda f: f.etiology == "infectious", "etiology")


def collection(facts: Facts, limit: Thresholds) -> Claim:
    """RF-04: a report of the last 12 weeks shows a collection."""
    return _said(facts, limit, lambda f: f.collection is True, "collection")


def possible(facts: Facts, limit: Thresholds) -> Claim:
    """FX-04 of an infection: a report of the last 12 weeks doubts one. No red flag of its own: RF-04 wants evidence."""
    return _possible(facts, limit, lambda _: True)


def possible_at(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """The same of one site; a doubt that names no level may mean it."""
    return _possible(facts, limit, lambda word: site.level is None or not word.levels or site.level in word.levels)


def left_open(doubted: Claim) -> Claim:
    """A doubt as a clause that excludes: it leaves open whether there is an infection, and its absence says nothing."""
    return unknown(DOUBTED, doubted.evidence) if doubted.met else not_met()


def undenied(reported: Iterable[Reported], facts: Facts, field: Field) -> tuple[Reported, ...]:
    """The reports on a site without those whose infection or collection a newer one denies."""
    return tuple(each for each in reported if not _denied_since(each.study, _places(each, field), facts, field))


def _said(facts: Facts, limit: Thresholds, says: Callable[[LevelFinding], bool], field: Field) -> Claim:
    counted = _counted(facts, limit)
    found = (
        Reported(study, finding)
        for study in counted.items
        if study.reading is not None
        for finding in study.reading.findings
        if says(finding)
    )
    words = tuple(each.words(field) for each in undenied(found, facts, field))
    return met(*words) if words else counted.some(lambda _: False)


def _possible(facts: Facts, limit: Thresholds, concerns: Callable[[InfectionWord], bool]) -> Claim:
    counted = _counted(facts, limit)
    words: list[Evidence] = [
        quote_span(study, word.span)
        for study in counted.items
        for word in _words(study, "possible")
        if concerns(word) and not _denied_since(study, frozenset(word.levels), facts, word.field)
    ]
    return met(*dict.fromkeys(words)) if words else counted.some(lambda _: False)


def _counted(facts: Facts, limit: Thresholds) -> Listing[Study]:
    """The reports of the last 12 weeks; a preliminary one counts for red flags (FX-07)."""
    return facts.imaging.studies.where(
        lambda study: (study.final or study.preliminary) and fresh(study.when, facts, limit.augmentation_window_days)
    )


def _words(study: Study, said: Literal["stated", "possible", "denied"]) -> tuple[InfectionWord, ...]:
    return () if study.reading is None else tuple(each for each in study.reading.infections if each.said == said)


def _places(reported: Reported, field: Field) -> frozenset[Level]:
    """The levels a finding may be of: its own, both of the disc space its report names, or its whole region."""
    finding = reported.finding
    if finding.level is not None:
        return frozenset({finding.level})
    named = {level for word in _words(reported.study, "stated") if word.field == field for level in word.levels}
    return frozenset(named or (NAMED.get(finding.region, ()) if finding.region is not None else ()))


def _denied_since(study: Study, places: frozenset[Level], facts: Facts, field: Field) -> bool:
    """FX-09: whether a newer final report that shows the place denies it, there or altogether."""
    return any(
        _newer(each, study) and _meant(each, study, frozenset(word.levels), places)
        for each in facts.imaging.studies.items
        if each.final and not each.sparse and each is not study
        for word in _words(each, "denied")
        if word.field == field
    )


def _newer(each: Study, study: Study) -> bool:
    if each.when is None or study.when is None or (each.modality == "XR" and study.modality != "XR"):
        return False
    # The final form of a preliminary report is of the same day.
    finalised = study.preliminary and each.when.first >= study.when.last
    return finalised or each.when.first > study.when.last


def _meant(each: Study, study: Study, denied: frozenset[Level], places: frozenset[Level]) -> bool:
    """Whether a denial speaks of the place: it names it (of a disc space, either body), or it names none and its study
    is known to show it.
    """
    enough = any if len(places) <= BODIES_OF_A_DISC else all
    if denied:
        return enough(level in denied for level in places)
    if not places:
        return not each.regions.isdisjoint(study.regions)
    return enough(study_covers(each, level) is True for level in places)
