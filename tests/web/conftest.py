"""The application with a fake core, a client, and the log lines it wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient

from cds_service import logs
from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web.shell import Shell
from tests.web.support import SERVICES, FakeCore


@pytest.fixture
def core() -> FakeCore:
    """The evaluation core of these tests."""
    return FakeCore()


@pytest.fixture
def app(core: FakeCore) -> Shell:
    """The application in the demo profile, on a fixed date."""
    settings = Settings(as_of=date(2026, 11, 20), cors_origins=("https://ehr.example",))
    return create_app(settings, evaluate=core, services=SERVICES)


@pytest.fixture
def client(app: Shell) -> FlaskClient:
    """A client of the application."""
    return app.test_client()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What was logged during the test."""
    stream = io.StringIO()
    with logs.captured(stream):
        yield stream
