"""DE-30: what a drafted brace is, for how long, and whether it says why (CM-02, OC-40, OC-41)."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from cds_service.facts.coded import find
from cds_service.facts.requests import BRACING, device_words
from cds_service.facts.source import Source
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.resources import Annotation, CodeableConcept, Period, Timing

Orthosis = Literal["TLSO", "LSO", "CTLSO"]
TYPES: Final[dict[str, Orthosis]] = {"TLSO": "TLSO", "LSO": "LSO", "LO": "LSO", "CTLSO": "CTLSO"}
DAYS: Final = {
    "d": 1.0,
    "day": 1.0,
    "days": 1.0,
    "wk": 7.0,
    "week": 7.0,
    "weeks": 7.0,
    "mo": 30.0,
    "month": 30.0,
    "months": 30.0,
}

_NAMED: Final[tuple[tuple[Orthosis, re.Pattern[str]], ...]] = (
    ("CTLSO", either("ctlso", r"cervico-?\s?thoracic\w*", r"cervico-?thoraco-?lumbo-?sacral")),
    ("TLSO", either("tlso", r"thoraco-?lumbo-?sacral", "thoraco-?lumbar", "jewett")),
    ("LSO", either("lso", r"lumbo-?sacral", "lumbar (?:brace|corset|orthosis)")),
)
_TOLD: Final = re.compile(r"\b(\d{1,3}) ?(?:-| )?(days?|weeks?|wks?|months?)\b", re.IGNORECASE)


class Brace(NamedTuple):
    """A drafted brace; nothing of it for a draft that is none."""

    orthosis: Orthosis | None = None
    duration_days: float | None = None
    reasoned: bool = False


def drafted_brace(resource: fhir.Resource, source: Source) -> Brace:
    """What the draft says of it."""
    match resource:
        case fhir.DeviceRequest():
            device = source.resolve(resource.code_reference, resource)
            held = (resource.code_codeable_concept, device.type if isinstance(device, fhir.Device) else None)
            named = (resource.code_reference.display or "") if resource.code_reference is not None else ""
            spoken = f"{device_words(device)}\n{named}"
        case fhir.ServiceRequest():
            held, spoken = (resource.code, None), "\n".join(words(each) for each in resource.order_detail)
        case _:
            return Brace()
    concepts = tuple(each for each in held if each is not None)
    return Brace(
        _orthosis(concepts, f"{words(concepts)}\n{spoken}"),
        _duration(resource.occurrence_period, resource.occurrence_timing, f"{spoken}\n{_notes(resource.note)}", source),
        bool(words(resource.reason_code).strip() or find(resource.reason_code) or resource.reason_reference),
    )


def _notes(notes: tuple[Annotation, ...]) -> str:
    return "\n".join(note.text or "" for note in notes)


def _orthosis(concepts: tuple[CodeableConcept, ...], spoken: str) -> Orthosis | None:
    """By code where the code is of one type, else by the words."""
    for row in find(concepts).get(BRACING, ()):
        if row["type"] in TYPES:
            return TYPES[row["type"]]
    return next((kind for kind, pattern in _NAMED if pattern.search(spoken)), None)


def _duration(period: Period | None, timing: Timing | None, spoken: str, source: Source) -> float | None:
    """Days from its period, its timing or its words; None where none of them says."""
    by_period = _days(period, source)
    if by_period is not None:
        return by_period
    repeat = timing.repeat if timing is not None else None
    if repeat is not None:
        by_bounds = _days(repeat.bounds_period, source)
        bounds = repeat.bounds_duration
        if by_bounds is not None:
            return by_bounds
        if bounds is not None and bounds.value is not None:
            return _in_days(bounds.value, bounds.code or bounds.unit or "")
    told = _TOLD.findall(spoken)
    return _in_days(float(told[0][0]), told[0][1]) if len(told) == 1 else None


def _days(period: Period | None, source: Source) -> float | None:
    end = source.days(period.end) if period is not None else None
    if period is None or end is None:
        return None
    start = source.days(period.start)
    return float((end.last - (source.as_of if start is None else start.first)).days)


def _in_days(value: float, unit: str) -> float | None:
    factor = DAYS.get(unit.strip().lower().removesuffix("s"))
    return None if factor is None else value * factor
