"""Reads a text and looks one finding up, in the JSON shape of the contract."""

from __future__ import annotations

from typing import Any

from cds_service.reports import read_report, reading_to_json

QUOTING = frozenset({"evidence", "span", "text"})
"""Keys that quote the text; tests/reports/test_spans.py looks at them."""


def read(text: str) -> dict[str, Any]:
    """The whole reading."""
    return reading_to_json(read_report(text))


def facts(text: str) -> dict[str | None, dict[str, Any]]:
    """Level -> what is known of it, without keys that are ``None`` and without quotations."""
    return {
        finding["level"]: {
            key: value
            for key, value in finding.items()
            if value is not None
            and key not in QUOTING
            and key not in ("level", "region")
            and (key, value) != ("level_certain", True)
        }
        for finding in read(text)["findings"]
    }


def value(text: str, level: str | None, field: str) -> Any:
    """One field of one level; ``None`` when the level has no finding."""
    return next((finding[field] for finding in read(text)["findings"] if finding["level"] == level), None)


def statuses(text: str) -> dict[str | None, str | None]:
    """Level -> status."""
    return {finding["level"]: finding["status"] for finding in read(text)["findings"]}
