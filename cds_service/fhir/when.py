"""The days on which a resource says its matter happened, whatever the type calls that element."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Final

from cds_service.fhir.dates import DateInterval, parse_date, period_interval
from cds_service.fhir.resources import Period, Resource

# Nearest to the event first; what follows is later in the life of the record (issued, recorded).
_ELEMENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "AllergyIntolerance": ("onset_date_time", "recorded_date"),
        "Appointment": ("start", "created"),
        "CarePlan": ("period", "created"),
        "Communication": ("sent", "received"),
        "Condition": ("onset_date_time", "onset_period", "recorded_date"),
        "Coverage": ("period",),
        "DeviceRequest": ("occurrence_date_time", "occurrence_period", "authored_on"),
        "DeviceUseStatement": ("timing_date_time", "timing_period", "recorded_on"),
        "DiagnosticReport": ("effective_date_time", "effective_period", "issued"),
        "DocumentReference": ("date",),
        "Encounter": ("period",),
        "ImagingStudy": ("started",),
        "MedicationAdministration": ("effective_date_time", "effective_period"),
        "MedicationDispense": ("when_handed_over", "when_prepared"),
        "MedicationRequest": ("authored_on",),
        "MedicationStatement": ("effective_date_time", "effective_period", "date_asserted"),
        "Observation": ("effective_date_time", "effective_instant", "effective_period", "issued"),
        "Procedure": ("performed_date_time", "performed_period"),
        "QuestionnaireResponse": ("authored",),
        "ServiceRequest": ("occurrence_date_time", "occurrence_period", "authored_on"),
        "SupplyRequest": ("occurrence_date_time", "occurrence_period", "authored_on"),
        "Task": ("execution_period", "authored_on", "last_modified"),
    }
)


def when(resource: Resource, zone: tzinfo = UTC) -> DateInterval | None:
    """The days of the first date element that is there and readable; None when there is none.

    For ordering and display. A criterion that needs one meaning (onset, not recording) reads its own element.
    """
    for name in _ELEMENTS.get(type(resource).__name__, ()):
        value = getattr(resource, name)
        days = period_interval(value.start, value.end, zone) if isinstance(value, Period) else parse_date(value, zone)
        if days is not None:
            return days
    return None
