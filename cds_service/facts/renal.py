"""DE-25: the estimated glomerular filtration rate, in mL/min/1.73 m2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.facts.model import Listing, Measurement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, BELOW, Scale, Trouble, number, why_none
from cds_service.facts.source import Observed, Source
from cds_service.knowledge.thresholds import load_threshold_entries

LAB: Final = "observation-lab"
HIGHEST: Final = 250
LOWEST_WITHOUT_UNIT: Final = 3
"""Below this a number without a unit may be mL/s; no source, a plausibility of ours."""
LOW: Final = load_threshold_entries()["egfr_contrast_min"].value
"""A result "under N" tells that the rate is low only where N itself is."""

RATE: Final = Scale("filtration", "mL/min/{1.73_m2}")
"""The codes of the set say "/1.73 sq M" themselves, so a plain mL/min means that, and so does a number without a unit
that is too high for mL/s.
"""


def egfr(source: Source) -> Listing[Measurement]:
    """Newest first; finding none proves nothing (decision 1)."""
    results = source.topic(LAB, "analyte", "egfr")
    found = tuple(_egfr(results))
    return source.documented(newest(found), "observations", why=why_none("eGFR", results, RATE, ABOVE))


def _egfr(results: tuple[Observed, ...]) -> Iterator[Measurement]:
    for result in results:
        value = _value(result)
        if value is not None and 0 < value <= HIGHEST:
            yield result.measured(value, f"eGFR {value:g} mL/min/1.73 m\u00b2")


def _value(result: Observed) -> float | None:
    """In mL/min; "under 60" is no number, for it may be anything, and "under 15" is low whatever it is."""
    exact = number(result, ABOVE)
    found = exact or number(result, BELOW)
    if found is None:
        return None
    read = RATE.of(found)
    if read is Trouble.NONE and found.value >= LOWEST_WITHOUT_UNIT:
        read = found.value
    value = read if isinstance(read, float) else None
    return None if value is not None and exact is None and value > LOW else value
