"""Whole requests and whole responses: a generated patient with one report added, in the chart and with an order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.knowledge import KNOWLEDGE_VERSION
from cds_service.settings import Settings
from tests.clinical.running import Command, masked, post, topics
from tests.schemas.conformance import assert_conformant, schema_errors

REQUESTS = Path(__file__).resolve().parent.parent / "requests"
DAYS = {
    "synthea-patient-view": date(2021, 3, 15),
    "synthea-kyphoplasty-to-sign": date(2021, 3, 15),
}
"""The day of each call: the fracture was coded on 12 February, the MRI is of 26 February."""


def read(case: str, name: str) -> dict[str, Any]:
    """One JSON file of a case."""
    body: dict[str, Any] = json.loads((REQUESTS / case / f"{name}.json").read_text(encoding="utf-8"))
    return body


def kept(response: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared: all but the id of the call and the version of the knowledge, which its own tests hold."""
    text = json.dumps(masked(response)).replace(KNOWLEDGE_VERSION, "vcf@masked")
    body: dict[str, Any] = json.loads(text)
    return body


def answered(case: str) -> dict[str, Any]:
    """The response of the service, masked."""
    client = create_app(Settings(as_of=DAYS[case])).test_client()
    answer = post(client, read(case, "request"))
    assert answer.status_code == 200
    assert_conformant(answer.json)
    return kept(answer.json)


def test_every_case_has_its_day_and_files() -> None:
    """No folder is forgotten, and each request is a CDS Hooks request."""
    assert {folder.name for folder in REQUESTS.iterdir() if folder.is_dir()} == set(DAYS)
    for case in DAYS:
        assert schema_errors("request", read(case, "request")) == []


@pytest.mark.parametrize("case", list(DAYS))
def test_the_whole_response(case: str, pytestconfig: pytest.Config) -> None:
    """Every word of the response, kept in the repository; a change shows in its diff."""
    answer = answered(case)
    if pytestconfig.getoption("--update-golden", default=False):
        text = json.dumps(answer, indent=1, ensure_ascii=False) + "\n"
        (REQUESTS / case / "response.json").write_text(text, encoding="utf-8")
    assert answer == read(case, "response")


def test_the_order_names_the_missing_onset() -> None:
    """AC-09, OC-24: 443165006 names no vertebra, so the onset of L1 is not documented, and the card asks for it."""
    answer = answered("synthea-kyphoplasty-to-sign")
    assert topics(answer)["augmentation-missing-data"] == "info"
    (card,) = (each for each in answer["cards"] if each["source"]["topic"]["code"] == "augmentation-missing-data")
    assert "onset date not documented" in card["detail"]
    assert "within 12 weeks of onset" in card["detail"]


@pytest.mark.parametrize("case", list(DAYS))
def test_the_command_line_agrees(case: str, command: Command) -> None:
    """Contract, `evaluate`: the same core."""
    code, printed = command("evaluate", read(case, "request"), "--as-of", DAYS[case].isoformat())
    assert code == 0
    assert kept(printed) == read(case, "response")
