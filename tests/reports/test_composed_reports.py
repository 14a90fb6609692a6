"""Fourteen hundred sentences and reports in our own words, most composed with answers before the reader was asked.

``composed/*.jsonl``, one a line: ``expect`` {level: {field: accepted values}} (level ``null``: a finding without one;
``@sacral``: of the sacrum), ``never`` [level or ``any`` or ``body``, field, value or ``*``], ``nothing_else``: no level
besides may be seen, ``whole``: of the reading itself. Many hold a trap in which a careless reader takes something for
met. ``missed.txt`` names those that are not yet read as they should be; every one of them is a fact left unsaid or, as
it says there, a known fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.reports.findings import BODY_LEVELS
from tests.reports.reading import read

HERE = Path(__file__).parent / "composed"
CASES: list[dict[str, Any]] = [
    json.loads(line) for file in sorted(HERE.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()
]
MISSED = {
    line.split()[0]: line.partition(" ")[2]
    for line in (HERE / "missed.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}
SEEN = ("present", "possible", "historical", "treated")


def differences(case: dict[str, Any]) -> list[str]:
    """What is read otherwise than the case wants."""
    reading = read(case["text"])
    findings: list[dict[str, Any]] = reading["findings"]
    expect: dict[str, dict[str, list[Any]]] = case.get("expect", {})
    found = [line for level, fields in expect.items() for line in _unlike(findings, level, fields)]
    found += [line for level, field, value in case.get("never", []) for line in _said(findings, level, field, value)]
    if case.get("nothing_else"):
        wanted = {"sacral" if level == "@sacral" else level for level in expect}
        found += [
            f"{f['level']}: {f['status']} besides"
            for f in findings
            if f["status"] in SEEN and (f["level"] or "null") not in wanted and f["region"] not in wanted & {"sacral"}
        ]
    return found + list(_whole(reading, case.get("whole", {}), case))


def _of(findings: list[dict[str, Any]], level: str) -> list[dict[str, Any]]:
    if level == "any":
        return findings
    if level == "body":
        return [f for f in findings if f["level"] is None or f["level"] in BODY_LEVELS]
    if level == "@sacral":
        return [f for f in findings if f["region"] == "sacral"]
    return [f for f in findings if (f["level"] or "null") == level]


def _like(value: Any, wanted: Any) -> bool:
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(abs(a - b) < 1 for a, b in zip(value, wanted, strict=True))
    return type(value) is type(wanted) and bool(value == wanted)


def _unlike(findings: list[dict[str, Any]], level: str, fields: dict[str, list[Any]]) -> list[str]:
    """Of the finding of a level that is most like what is wanted; no finding at all knows nothing."""
    best: list[str] | None = None
    for finding in _of(findings, level) or [{}]:
        unlike = [
            f"{level}.{field}: {finding.get(field)}, wanted {wanted}"
            for field, wanted in fields.items()
            if not any(_like(finding.get(field), each) for each in wanted)
        ]
        best = unlike if best is None or len(unlike) < len(best) else best
    return best or []


def _said(findings: list[dict[str, Any]], level: str, field: str, value: Any) -> list[str]:
    return [
        f"{f['level']}.{field}: {f[field]}"
        for f in _of(findings, level)
        if (f[field] is not None if value == "*" else _like(f[field], value))
    ]


def _whole(reading: dict[str, Any], wanted: dict[str, Any], case: dict[str, Any]) -> Iterator[str]:
    if case["id"].startswith("s") and reading["not_read"] != wanted.get("not_read"):
        yield f"not_read: {reading['not_read']}"
    for name, value in wanted.items():
        if name == "conflicts":
            told = [[c["level"], c["field"]] for c in reading["conflicts"]]
            yield from (f"no conflict of {pair}" for pair in value if pair not in told)
        elif name.startswith("not_") and name != "not_read":
            yield from (f"{name}: {each}" for each in value if each in reading[name[4:]])
        elif isinstance(value, list):
            yield from (f"{name}: {each} missing" for each in value if each not in reading[name])
        elif reading[name] != value:
            yield f"{name}: {reading[name]}"


def _param(case: dict[str, Any]) -> Any:
    why = MISSED.get(case["id"])
    return pytest.param(case, id=case["id"], marks=[pytest.mark.xfail(reason=why, strict=True)] if why else [])


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
def test_a_composed_text_is_read_as_its_author_meant(case: dict[str, Any]) -> None:
    """Contract "read-report", hazards 18 to 26."""
    assert differences(case) == []


def test_what_is_missed_is_composed() -> None:
    """A name in ``missed.txt`` that no case has would hide nothing and mean nothing."""
    assert set(MISSED) <= {case["id"] for case in CASES}
    assert all(MISSED.values())


def test_a_wrong_answer_is_noticed() -> None:
    """The comparison itself can fail, each part of it."""
    text = "Acute L1 compression fracture with 30% height loss."
    for wrong in (
        {"expect": {"L1": {"acuity": ["chronic"]}}},
        {"expect": {"L2": {"status": ["present"]}}},
        {"never": [["any", "height_loss_percent", "*"]]},
        {"never": [["body", "status", "present"]]},
        {"nothing_else": True},
        {"whole": {"study_limited": True}},
        {"whole": {"conflicts": [["L1", "acuity"]]}},
    ):
        assert differences({"id": "x", "text": text, **wrong}) != [], wrong
    assert differences({"id": "x", "text": text, "expect": {"L1": {"height_loss_percent": [[30, 30]]}}}) == []
