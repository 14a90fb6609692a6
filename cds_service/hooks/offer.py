"""What the services ask for: the union of what the recommendations of each hook read, and the LOINC codes of the facts
they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cds_service.hooks.services import HOOKS, USER_KEY, Services, offered
from cds_service.knowledge.systems import LOINC
from cds_service.knowledge.value_set import value_set
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import MATRIX

ANALYTES: Final = frozenset(
    "inr platelets crp esr hcg pregnancy-status blood-culture hemoglobin calcium egfr vitamin-d".split()
)
"""The laboratory results that a criterion reads (DE-01, DE-18, DE-21, DE-25, DE-26; RF-08)."""
SCORES: Final = frozenset({"t-score-spine", "t-score-hip", "t-score-femur", "z-score-spine", "z-score-hip"})
"""The bone density results that a criterion reads (DE-26)."""


@lru_cache(maxsize=1)
def offered_services() -> Services:
    """The services of this build, with their prefetch templates."""
    return offered({hook: _needs(hook) for hook in HOOKS}, {"": observation_codes()})


def _needs(hook: str) -> frozenset[str]:
    mine = (r.needs for r in ALL if hook in MATRIX[r.id])
    return frozenset({USER_KEY}).union(*mine)


def observation_codes() -> list[str]:
    """LOINC codes of every observation a criterion reads, sorted."""
    wanted: Mapping[str, tuple[str, frozenset[str]]] = {
        "observation-pain": ("use", frozenset({"score"})),
        "observation-lab": ("analyte", ANALYTES),
        "observation-vital": ("kind", frozenset({"temperature", "bmi"})),
        "observation-bone-density": ("kind", SCORES),
    }
    codes = {
        row["code"]
        for name, (column, values) in wanted.items()
        for row in value_set(name)
        if row["system"] == LOINC and row[column] in values
    }
    return sorted(codes)
