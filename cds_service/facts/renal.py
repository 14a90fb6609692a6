"""DE-25: the estimated glomerular filtration rate, in mL/min/1.73 m2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.facts.model import Listing, Measurement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, BELOW, number
from cds_service.facts.source import Observed, Source
from cds_service.knowledge.thresholds import load_threshold_entries

LAB: Final = "observation-lab"
HIGHEST: Final = 250
LOWEST_WITHOUT_UNIT: Final = 3
"""Below this a number without a unit may be mL/s; no source, a plausibility of ours."""
LOW: Final = load_threshold_entries()["egfr_contrast_min"].value
"""A result "under N" tells that the rate is low only where N itself is."""

TO_ML_MIN: Final = {"ml/min/1.73m2": 1, "ml/min/1.73": 1, "ml/min/bsa": 1, "ml/min": 1, "ml/s/1.73m2": 60, "ml/s": 60}
"""Units without blanks and brackets. The codes of the set say "/1.73 sq M" themselves, so a plain mL/min means that,
and so does a number without a unit that is too high for mL/s.
"""
_TRIMMED: Final = str.maketrans({**dict.fromkeys(" {}_^*()"), "\u00b2": "2", ",": "."})


def egfr(source: Source) -> Listing[Measurement]:
    """Newest first; finding none proves nothing (decision 1)."""
    return source.documented(newest(_egfr(source)), "observations", why="no eGFR documented")


def _egfr(source: Source) -> Iterator[Measurement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "egfr":
            value = _value(result)
            if value is not None and 0 < value <= HIGHEST:
                evidence = result.evidence(f"eGFR {value:g} mL/min/1.73 m\u00b2")
                yield Measurement(value, result.moment.when, result.moment.at, evidence)


def _value(result: Observed) -> float | None:
    """In mL/min; "under 60" is no number, for it may be anything, and "under 15" is low whatever it is."""
    exact = number(result, ABOVE)
    found = exact or number(result, BELOW)
    if found is None:
        return None
    unit = found[1].translate(_TRIMMED).replace("sqm", "m2")
    factor = TO_ML_MIN.get(unit) if unit else 1 if found[0] >= LOWEST_WITHOUT_UNIT else None
    value = None if factor is None else found[0] * factor
    return None if value is not None and exact is None and value > LOW else value
