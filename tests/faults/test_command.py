"""The command line reads from the FHIR server of its request as HTTP does: one core."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cds_service import cli
from tests.clinical.builder import AS_OF
from tests.clinical.running import masked
from tests.faults.support import Running, call, chart
from tests.servers.fhir import FhirServer


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the surroundings' settings."""
    for name in [name for name in os.environ if name.startswith("VCF_")]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", ["1", "3", "9"])
def test_evaluate_and_explain_fetch_like_http(
    service: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Nothing prefetched: `evaluate` prints what HTTP answers, `explain` explains the same cards."""
    with FhirServer(chart(name)) as server:
        request = call(server.base, name=name)
        said = service.post(request)
        assert said.missing == []
        file = tmp_path / "request.json"
        file.write_text(json.dumps(request))
        assert cli.main(["evaluate", str(file), "--as-of", AS_OF.isoformat()]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert cli.main(["explain", str(file), "--as-of", AS_OF.isoformat(), "--json"]) == 0
        explained = json.loads(capsys.readouterr().out)
    assert masked(printed) == said.answer
    assert {each["id"] for each in explained["recommendations"] if each["shown"]} == said.topics


@pytest.mark.usefixtures("bare")
def test_a_server_that_is_not_permitted_ends_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The OperationOutcome on stdout, the reason on stderr, exit 1; and no token on either."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(call("https://ehr.example/fhir")))
    assert cli.main(["evaluate", str(file), "--as-of", AS_OF.isoformat()]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["issue"][0]["code"] == "security"
    assert "server not permitted" in err
    assert "CANARY" not in out + err
