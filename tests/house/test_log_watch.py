"""The watch over the log of the whole run: a canary in it fails the run, on one process and on several."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import CANARIES, TOKEN
from tests.conftest import ROOT
from tests.log_watch import LOGGERS, Watch

LEAKING = """
import logging
from tests.canaries import FAMILY, TOKEN

def test_leaks():
    logging.getLogger("urllib3").warning("connecting with %s", TOKEN)

def test_leaks_in_a_traceback():
    try:
        raise ValueError(FAMILY)
    except ValueError:
        logging.getLogger("vcf_cds").exception("failed")
"""
TIDY = """
import logging

def test_says_nothing():
    logging.getLogger("vcf_cds").info("one line")
"""


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize(("written", "code", "lines"), [(LEAKING, 1, 2), (TIDY, 0, 0)])
def test_a_canary_in_the_log_fails_the_run(tmp_path: Path, written: str, code: int, lines: int, processes: str) -> None:
    """J9: the tests pass, the run fails, and says which test logged it."""
    (tmp_path / "test_it.py").write_text(written, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.log_watch", "-p", "no:cacheprovider", "-q"]
    command += ["-n", processes, "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stdout + run.stderr
    assert "passed" in run.stdout
    assert run.stdout.count("CANARY IN THE LOG: test_it.py::test_leaks") == lines


def test_this_run_is_watched() -> None:
    """The watch hangs on the root and on the service's own logger, whatever a test did to it."""
    for name in LOGGERS:
        assert [type(handler) for handler in logging.getLogger(name).handlers].count(Watch) == 1


def test_a_canary_is_found() -> None:
    """Each of them, in the middle of a text; and nothing where there is none."""
    found: list[str] = []
    watch = Watch(found)
    for canary in CANARIES:
        watch.handle(logging.LogRecord("x", logging.INFO, "", 1, "a %s b", (canary,), None))
    watch.handle(logging.LogRecord("x", logging.INFO, "", 1, "nothing %s", (TOKEN[:-1],), None))
    assert len(found) == len(CANARIES)
