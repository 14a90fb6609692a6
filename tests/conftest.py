"""What every test may use: the collection of FHIR that leaves us, and where the shared data lies."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
COLLECTED = pytest.StashKey[dict[str, dict[str, str]]]()

CollectFhir = Callable[[Mapping[str, Any], str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--exhaustive`: what takes minutes is asked of every vignette. `--hapi`: the tests marked so run too."""
    parser.addoption("--exhaustive", action="store_true", help="what takes minutes, over every vignette")
    parser.addoption("--hapi", action="store_true", help="run the tests against a real HAPI server, and skip none")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COLLECTED] = {}
    config.pluginmanager.import_plugin("tests.log_watch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--hapi` the tests marked so are not run: they need Java, Maven and a minute."""
    if config.getoption("--hapi"):
        return
    left_out = [item for item in items if item.get_closest_marker("hapi")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("hapi")]


@pytest.fixture(scope="session")
def collect_fhir(request: pytest.FixtureRequest) -> CollectFhir:
    """`collect_fhir(resource, name)`: put a resource that leaves the service aside for the R4 validator.

    With COLLECT_FHIR=DIR the run writes each distinct resource as one line of `DIR/<name>.ndjson` (each process of the
    run its own files), which `make validate-r4` checks; without it nothing is written. `name` says where the resource
    came from ("order-sign-suggestions"). A value that is no FHIR resource fails the test either way.
    """
    collected = request.config.stash[COLLECTED]

    def collect(resource: Mapping[str, Any], name: str) -> None:
        if not isinstance(resource.get("resourceType"), str):
            pytest.fail(f"{name}: not a FHIR resource, it has no resourceType")
        line = json.dumps(resource, ensure_ascii=False)
        file = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "unnamed"
        collected.setdefault(file, {})[hashlib.sha256(line.encode()).hexdigest()] = line

    return collect


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = os.environ.get("COLLECT_FHIR")
    if target:
        folder = Path(target)
        folder.mkdir(parents=True, exist_ok=True)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        for file, lines in session.config.stash[COLLECTED].items():
            name = f"{file}.{worker}.ndjson" if worker else f"{file}.ndjson"
            (folder / name).write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
    if skipped_of_hapi(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def skipped_of_hapi(config: pytest.Config) -> int:
    """How many tests were skipped in a run with `--hapi`, which promises that none is."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", ())) if reporter is not None and config.getoption("--hapi") else 0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = skipped_of_hapi(config)
    if skipped:
        terminalreporter.write_line(f"--hapi: {skipped} skipped, which counts as failed", red=True)
    target = os.environ.get("COLLECT_FHIR")
    if target:
        files = Path(target).glob("*.ndjson")
        count = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
        terminalreporter.write_line(f"{count} outgoing FHIR resources written to {target}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout; a test that reads it is skipped where there is none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data folder does not lie beside the checkout")
    return folder
