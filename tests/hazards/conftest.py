"""The service as it is deployed in the demo profile, on the day of the vignettes."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.clinical.builder import AS_OF


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """A client of the whole application."""
    return create_app(Settings(as_of=AS_OF)).test_client()
