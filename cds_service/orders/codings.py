"""Codings as drafts carry them: every code is a verified row of a shipped value set, which also gives its display."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import SNOMED
from cds_service.knowledge.value_set import value_set

BODY_SITES: Final = "vertebra-level-body-site"
_SPINE: Final[Mapping[SpineRegion, str]] = MappingProxyType(
    {"cervical": "122494005", "thoracic": "122495006", "lumbar": "122496007", "sacral": "54735007"}
)


def coding(set_id: str, system: str, code: str) -> dict[str, object]:
    """A FHIR Coding. Raises ContentError when the code is no verified member of the set: it must not leave."""
    row = value_set(set_id).row(system, code)
    if row is None:
        raise ContentError(f"{set_id}: {code} is no verified member, so no draft may carry it")
    return {"system": system, "code": code, "display": row["display"]}


def body_site(level: Level) -> dict[str, object] | None:
    """The vertebra as a CodeableConcept (SNOMED CT bone structure); None for a level without one."""
    code = _vertebrae().get(level)
    return None if code is None else {"coding": [coding(BODY_SITES, SNOMED, code)], "text": f"{level} vertebra"}


def region_site(region: SpineRegion) -> dict[str, object]:
    """A region of the spine as a CodeableConcept."""
    return {"coding": [coding(BODY_SITES, SNOMED, _SPINE[region])], "text": f"{region} spine"}


@lru_cache(maxsize=1)
def _vertebrae() -> Mapping[Level, str]:
    rows = (row for row in value_set(BODY_SITES) if row["system"] == SNOMED and row["structure"] == "bone")
    return MappingProxyType({row["level"]: row["code"] for row in rows if row["level"]})
