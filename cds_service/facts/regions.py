"""Which levels a region named in words takes in, and which a study of a region shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cds_service.facts.model import Level, SpineRegion
from cds_service.reports.findings import BODY_LEVELS, Region

THORACIC: Final = BODY_LEVELS[:12]
LUMBAR: Final = BODY_LEVELS[12:]

NAMED: Final[Mapping[Region, tuple[Level, ...]]] = MappingProxyType(
    {
        "upper-thoracic": THORACIC[:4],
        "mid-thoracic": THORACIC[4:8],
        "lower-thoracic": THORACIC[8:],
        "thoracic": THORACIC,
        "thoracolumbar": BODY_LEVELS[10:13],
        "lumbar": LUMBAR,
        "spine": BODY_LEVELS,
    }
)
"""A denial covers no more than it names: a lumbar study also shows T12, but "no lumbar fracture" does not speak of it.
"""

_SHOWN: Final[Mapping[SpineRegion, tuple[Level, ...]]] = MappingProxyType(
    {"thoracic": THORACIC, "lumbar": ("T12", *LUMBAR), "cervical": (), "sacral": ()}
)
"""`clinical.md` D1, "Regions": a lumbar study covers T12 to L5, a thoracic one T1 to T12."""


def shows(regions: frozenset[SpineRegion], level: Level | None) -> bool | None:
    """Whether a study of these regions shows the level; None when either is not known."""
    if level is None or not regions:
        return None
    return any(level in _SHOWN[region] for region in regions)


def denied(region: Region, level: Level, regions: frozenset[SpineRegion]) -> bool:
    """Whether "no fracture" of a region, said of a study of ``regions``, speaks of the level.

    A lumbar study that finds "no fracture" says nothing of T8, whatever region its words name.
    """
    return level in NAMED.get(region, ()) and shows(regions, level) is not False
