"""Made-up patients, at least one for each card, that an integrator can put on a FHIR server of their own.

What they hold is data, ``cases.yaml``. They are nobody's data and not clinically reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from cds_service.samples.cases import cases
from cds_service.samples.writer import Written

_SHOWN_FIRST: Final = "mri-without-contrast"

__all__ = ["bundles", "cases", "sample_request", "written"]


def written(as_of: date, base: str) -> Iterator[Written]:
    """Every case as of a day, under the canonical base of a deployment."""
    return (Written(case, as_of, base) for case in cases().values())


def bundles(as_of: date, base: str) -> dict[str, dict[str, Any]]:
    """The transaction bundle of every case, by the id of the case."""
    return {each.case.id: each.bundle() for each in written(as_of, base)}


def sample_request(as_of: date, base: str) -> dict[str, Any]:
    """One request with its whole prefetch: what `make run` prints."""
    return Written(cases()[_SHOWN_FIRST], as_of, base).prefetched()
