"""The JSON shape of ``vcf-cds read-report --json``: every key present, ``null`` for what is not known."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from cds_service.reports.findings import LevelFinding, ReportReading


def _finding(finding: LevelFinding) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    for spec in fields(finding):
        value = getattr(finding, spec.name)
        if spec.name == "evidence":
            value = {name: list(span) for name, span in sorted(value.items())}
        elif isinstance(value, tuple):
            value = [_plain(part) for part in value]
        else:
            value = _plain(value)
        shape[spec.name] = value
    return shape


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def reading_to_json(reading: ReportReading) -> dict[str, Any]:
    """Plain dicts, lists, strings, numbers, booleans and ``None``; whole numbers are written without a decimal
    point."""
    return {
        "findings": [_finding(finding) for finding in reading.findings],
        "regions_without_fracture": list(reading.regions_without_fracture),
        "regions_without_acute_fracture": list(reading.regions_without_acute_fracture),
        "conflicts": [
            {"level": c.level, "field": c.field, "spans": [list(span) for span in c.spans]} for c in reading.conflicts
        ],
        "study_limited": reading.study_limited,
        "not_read": reading.not_read,
    }
