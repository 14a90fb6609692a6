"""The days a resource says its matter happened."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.fhir.dates import DateInterval
from cds_service.fhir.decoding import read_resource
from cds_service.fhir.resources import RESOURCE_TYPES
from cds_service.fhir.when import when
from tests.fhir.samples import raw


@pytest.mark.parametrize(
    ("resource", "first", "last"),
    [
        (
            {"resourceType": "Observation", "effectiveDateTime": "2026-09", "issued": "2026-10-01T00:00:00Z"},
            "2026-09-01",
            "2026-09-30",
        ),
        (
            {"resourceType": "Observation", "effectiveDateTime": "2026-02-30", "issued": "2026-10-01"},
            "2026-10-01",
            "2026-10-01",
        ),
        ({"resourceType": "DiagnosticReport", "effectivePeriod": {"end": "2026-09-02"}}, "0001-01-01", "2026-09-02"),
        (
            {"resourceType": "Procedure", "performedPeriod": {"start": "2026-09-01", "end": "2026-09-02"}},
            "2026-09-01",
            "2026-09-02",
        ),
        ({"resourceType": "Condition", "recordedDate": "2026"}, "2026-01-01", "2026-12-31"),
        ({"resourceType": "ImagingStudy", "started": "2026-09-02T02:00:00Z"}, "2026-09-01", "2026-09-01"),
    ],
)
def test_the_nearest_date_element_speaks(resource: dict[str, Any], first: str, last: str) -> None:
    """Hazard 12: date, period with only an end, instant in the facility's zone; an impossible one gives way to the
    next.
    """
    expected = DateInterval(date.fromisoformat(first), date.fromisoformat(last))
    assert when(read_resource(raw(resource)), ZoneInfo("America/New_York")) == expected


@pytest.mark.parametrize("kind", RESOURCE_TYPES)
def test_every_type_without_a_date_has_none(kind: str) -> None:
    """Hazard 12: no effective at all is no date, for every type read."""
    assert when(read_resource(raw({"resourceType": kind})), UTC) is None
