"""The `vcf-cds` command: stdout is data, stderr is messages, exit codes as published."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service import cli
from cds_service.app import create_app
from cds_service.recommendations import ALL
from cds_service.samples import cases, sample_request
from cds_service.settings import Settings
from tests.conftest import ROOT
from tests.schemas.conformance import assert_conformant, assert_operation_outcome

AS_OF = date(2026, 11, 20)
BASE = Settings().canonical_base


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    """The sample request, as of the reference date, in a file."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(sample_request(AS_OF, BASE)), encoding="utf-8")
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    code = cli.main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def masked(response: dict[str, Any]) -> dict[str, Any]:
    """The response without the id that is new each call."""
    del response["extension"]["vcf-cds.evaluation"]["evaluation_id"]
    return response


def test_evaluate_answers_as_http_does(request_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One core: the command and the hook give the same response to the same request."""
    code, out, err = run(capsys, "evaluate", str(request_file), "--as-of", "2026-11-20")
    client = create_app(Settings(as_of=AS_OF)).test_client()
    answer = client.post("/cds-services/vcf-patient-view", json=sample_request(AS_OF, BASE))
    assert (code, err) == (0, "")
    assert answer.status_code == 200
    response = json.loads(out)
    assert_conformant(response)
    assert masked(response) == masked(answer.get_json())


def test_the_sample_request_gets_cards_a_clinician_can_read(
    request_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make run` prints is a sample patient with the whole record, and returns the cards promised of her."""
    _, out, _ = run(capsys, "evaluate", str(request_file), "--as-of", "2026-11-20")
    response = json.loads(out)
    topics = [card["source"]["topic"]["code"] for card in response["cards"]]
    assert topics == list(cases()["mri-without-contrast"].cards)
    assert response["extension"]["vcf-cds.evaluation"]["status"] == "complete"


def test_evaluate_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A dash stands for standard input."""
    body = json.dumps(sample_request(AS_OF, BASE)).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body), encoding="utf-8"))
    code, out, _ = run(capsys, "evaluate", "-", "--service", "vcf-patient-view", "--as-of", "2026-11-20")
    assert code == 0
    assert json.loads(out)["cards"]


def test_a_refused_request_exits_1_with_an_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1: an OperationOutcome on stdout, the message on stderr, no input value in either."""
    file = tmp_path / "request.json"
    file.write_text('{"hook": "patient-view", "hookInstance": "x", "context": {"patientId": "CANARY-1"}}', "utf-8")
    code, out, err = run(capsys, "evaluate", str(file))
    assert code == 1
    assert_operation_outcome(json.loads(out))
    assert "patient" in err
    assert "CANARY" not in out + err


@pytest.mark.parametrize("text", ["", "not json", "[]", "null", '{"hook": "no-such-hook"}'])
def test_what_is_no_request_exits_1(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """B1 to B3 on the command line: refused, never a trace."""
    file = tmp_path / "request.json"
    file.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "evaluate", str(file))
    assert code == 1
    assert_operation_outcome(json.loads(out))
    assert err.startswith("vcf-cds: ")


def test_an_unknown_service_exits_1(request_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A4 on the command line."""
    code, _, err = run(capsys, "evaluate", str(request_file), "--service", "vcf-no-such")
    assert code == 1
    assert "No such CDS service" in err


def test_a_missing_file_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3: the environment, not the input."""
    code, out, err = run(capsys, "evaluate", str(tmp_path / "absent.json"))
    assert (code, out) == (3, "")
    assert "cannot read" in err


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["evaluate"], ["evaluate", "x", "--as-of", "20.11."]])
def test_usage_errors_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the usage on stderr."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["sample-patients"], ["sample-request"]], ids=["a little", "much"])
def test_whoever_has_seen_enough_may_go(command: list[str]) -> None:
    """`... | head`: the reader of the output has gone before all is written; exit 0, and no word of complaint."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "cds_service.cli", *command],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0
    assert not [line for line in done.stderr.splitlines() if not line.startswith("vcf-cds: --load")]


def test_explain_lists_every_recommendation(request_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain --json` has the published shape and names every criterion's truth."""
    code, out, _ = run(capsys, "explain", str(request_file), "--as-of", "2026-11-20", "--json")
    explained = json.loads(out)
    assert code == 0
    assert explained["as_of"] == "2026-11-20"
    ids = {entry["id"] for entry in explained["recommendations"]}
    assert ids == {recommendation.id for recommendation in ALL}
    for entry in explained["recommendations"]:
        assert set(entry) == {"id", "level", "outcome", "shown", "silenced_by", "criteria"}
        assert entry["outcome"] in ("applies", "does-not-apply", "cannot-tell")
        assert entry["criteria"]
        for criterion in entry["criteria"]:
            assert criterion["truth"] in ("met", "not-met", "unknown")
            assert criterion["role"] in ("include", "exclude", "confirm")
            assert criterion["citation"]
            assert bool(criterion["why_unknown"]) is (criterion["truth"] == "unknown")


def test_explain_is_readable(request_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names recommendation, outcome, criterion, evidence and source."""
    code, out, _ = run(capsys, "explain", str(request_file), "--as-of", "2026-11-20")
    assert code == 0
    assert "mri-without-contrast at L1: applies (shown)" in out
    assert "DiagnosticReport/vcf-sample-mri-without-contrast-report-1" in out


def test_read_report_prints_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text in, findings per level out; as JSON and for people."""
    file = tmp_path / "report.txt"
    file.write_text("Acute compression fracture of L1 with marrow edema. No retropulsion.", encoding="utf-8")
    code, out, _ = run(capsys, "read-report", str(file), "--json")
    (finding,) = json.loads(out)["findings"]
    assert code == 0
    assert (finding["level"], finding["status"], finding["marrow_edema"]) == ("L1", "present", True)
    _, view, _ = run(capsys, "read-report", str(file))
    assert "\nL1 (lumbar): fracture present - " in view


def test_validate_names_what_it_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """Content is checked without starting."""
    code, out, _ = run(capsys, "validate")
    assert code == 0
    assert f"{len(ALL)} recommendations with their cards" in out
    assert "not yet clinically reviewed" in out


def test_validate_refuses_a_wrong_site_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number out of its range stops the start, and the message says which and what is allowed."""
    site = tmp_path / "site.toml"
    site.write_text(
        '[thresholds.nsm_min_days]\nvalue = 400\napproved_by = "A"\ndate = 2026-01-02\nreason = "r"\n', encoding="utf-8"
    )
    monkeypatch.setenv("VCF_SITE_FILE", str(site))
    for command in (["validate"], ["explain", "-"], ["evaluate", "-"]):
        code, _, err = run(capsys, *command)
        assert code == 3
        assert "nsm_min_days: must lie between 14 and 42" in err


def test_a_choice_signed_tomorrow_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """ADR 8: the day of approval has come; a pinned date of the demo does not move it."""
    site = tmp_path / "site.toml"
    table = '[conflicts."va.secondary"]\nchoice = "lcd"\napproved_by = "A"\nreason = "r"\n'
    monkeypatch.setenv("VCF_SITE_FILE", str(site))
    monkeypatch.setenv("VCF_AS_OF", "2020-01-01")
    for day, expected in (("2025-01-02", 0), ("2999-01-01", 3)):
        site.write_text(f"{table}date = {day}\n", encoding="utf-8")
        assert run(capsys, "validate")[0] == expected


def test_sample_request_is_dated_relative_to_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    """The printed sample never grows stale."""
    code, out, _ = run(capsys, "sample-request", "--as-of", "2031-02-03")
    assert code == 0
    (entry,) = json.loads(out)["prefetch"]["reports"]["entry"]
    assert entry["resource"]["effectiveDateTime"] == "2031-01-31"


@pytest.mark.parametrize("user", ["Patient/example", "RelatedPerson/1"])
def test_a_patient_is_not_served_what_is_written_for_clinicians(
    user: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CDS Hooks library, patient-view: the user may be the patient; then no card, and the status says so."""
    request = sample_request(AS_OF, BASE)
    request["context"]["userId"] = user
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    code, out, _ = run(capsys, "evaluate", str(file), "--as-of", "2026-11-20")
    response = json.loads(out)
    assert code == 0
    assert response["cards"] == []
    assert response["extension"]["vcf-cds.evaluation"]["status"] == "out-of-scope"
