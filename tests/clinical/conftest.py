"""The service as it is deployed in the demo profile, on a fixed day."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF
from tests.clinical.running import Command


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` (with this folder on the command line) keeps the responses of the golden cases."""
    parser.addoption(
        "--update-golden", action="store_true", help="keep the responses of tests/requests as they are now"
    )


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """A client of the whole application."""
    return create_app(Settings(as_of=AS_OF)).test_client()


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line, in this process, with none of the surroundings' settings."""
    for name in [name for name in os.environ if name.startswith("VCF_")]:
        monkeypatch.delenv(name)

    def printed() -> tuple[str, str]:
        output = capsys.readouterr()
        return output.out, output.err

    return Command(tmp_path, printed)
