"""Vertebral levels and regions of orders, procedures and problems: from body-site codes, else from their words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cds_service.facts.coded import find, row
from cds_service.facts.model import Level, SpineRegion
from cds_service.facts.remembered import remembered
from cds_service.fhir.codes import words
from cds_service.fhir.resources import CodeableConcept, Coding
from cds_service.reports.findings import BODY_LEVELS
from cds_service.reports.levels import find as find_marks
from cds_service.reports.text import fold

BODY_SITE: Final = "vertebra-level-body-site"
_LONGEST: Final = 2000
"""Characters of an order's note that are looked at."""

_REGIONS: Final[dict[str, tuple[SpineRegion, ...]]] = {
    "cervical": ("cervical",),
    "thoracic": ("thoracic",),
    "thoracolumbar": ("thoracic", "lumbar"),
    "lumbar": ("lumbar",),
    "sacral": ("sacral",),
    "whole": (),
}
_DISC: Final = frozenset({"disc", "disk", "discs", "disks", "fusion", "interspace", "facet", "facets", "foraminal"})
_PATTERNS: Final[tuple[tuple[str, tuple[SpineRegion, ...]], ...]] = (
    (r"\b(?:whole|total|entire|complete|full)[ -]spine\b", ("cervical", "thoracic", "lumbar", "sacral")),
    (r"\bthoraco-?lumbar\b|\btl[ -]?spine\b|\bt/l[ -]spine\b", ("thoracic", "lumbar")),
    (r"\blumbo-?sacral\b|\bl-?/?s[ -]?spine\b", ("lumbar", "sacral")),
    (r"\bthoracic\b|\bdorsal spine\b|\bt[- ]?spine\b", ("thoracic",)),
    (r"\blumbar\b|\bl[- ]?spine\b", ("lumbar",)),
    (r"\bcervical\b|\bc[- ]?spine\b", ("cervical",)),
    (r"\bsacrum\b|\bsacral\b|\bcoccyx\b|\bsacroiliac\b", ("sacral",)),
)
_WORDS: Final = tuple((re.compile(pattern, re.IGNORECASE), regions) for pattern, regions in _PATTERNS)
_VERTEBRAL: Final = re.compile(r"\bvertebra|\bspin(?:e|al)\b|\bthoracic\b|\blumbar\b|\bthoracolumbar\b", re.IGNORECASE)


@remembered()
def levels_in(text: str) -> tuple[Level, ...]:
    """The levels T1 to L5 that words name for certain, cranial to caudal; a disc space names none."""
    if not any(mark.isdigit() for mark in text) and not _SPELLED.search(text):
        return ()
    words = fold(text[:_LONGEST]).words[:]
    named: set[Level] = set()
    for mark in find_marks(words, 0, len(words)):
        following = words[mark.last].text if mark.last < len(words) else ""
        is_disc = mark.kind == "pair" and following in _DISC
        if mark.certain and mark.kind in ("body", "pair") and not is_disc:
            named.update(mark.levels)
    return tuple(level for level in BODY_LEVELS if level in named)


_SPELLED: Final = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)\b|\b[tld]l\b", re.I
)


def levels_of(sites: Iterable[CodeableConcept | Coding]) -> tuple[Level, ...]:
    """The levels of body sites, by code, else by their words."""
    named: set[Level] = set()
    for site in sites:
        coded = row(find(site), BODY_SITE)
        named.update((coded["level"],) if coded is not None and coded["level"] else levels_in(words(site)))
    return tuple(level for level in BODY_LEVELS if level in named)


@remembered()
def regions_in(text: str) -> frozenset[SpineRegion]:
    """The spine regions that the words of an order or study name."""
    return frozenset(region for pattern, regions in _WORDS if pattern.search(text) for region in regions)


def regions_of(sites: Iterable[CodeableConcept | Coding]) -> frozenset[SpineRegion]:
    """The spine regions of body sites, by code, else by their words."""
    named: set[SpineRegion] = set()
    for site in sites:
        coded = row(find(site), BODY_SITE)
        named.update(_REGIONS[coded["region"]] if coded is not None else regions_in(words(site)))
    return frozenset(named)


def region_of(level: Level) -> SpineRegion:
    """The region of a level."""
    return "thoracic" if level.startswith("T") else "lumbar"


def names_vertebra(sites: Iterable[CodeableConcept], text: str) -> bool:
    """Whether a body site or the words name a thoracic or lumbar vertebra, or a vertebra without more."""
    for site in sites:
        coded = row(find(site), BODY_SITE)
        if coded is not None:
            if coded["region"] not in ("cervical", "sacral"):
                return True
        elif _VERTEBRAL.search(words(site)) or levels_in(words(site)):
            return True
    return bool(_VERTEBRAL.search(text)) or bool(levels_in(text))
