"""A real FHIR server for the whole run, the records on it, and the service that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from cds_service.settings import Settings
from tests.clinical.builder import AS_OF
from tests.hapi.ehr import Ehr
from tests.hapi.loading import Case, RefusedByServer, chosen, load_synthea, put
from tests.hapi.proxy import Proxy
from tests.hapi.servers import hapi_running, serving

UNHURRIED = Settings(as_of=AS_OF, deadline_ms=60_000, fhir_deadline_ms=50_000)
"""For tests about what is read, not how fast: HAPI compiles itself while it answers."""


@pytest.fixture(scope="session")
def hapi() -> Iterator[str]:
    """The base URL of a real HAPI FHIR R4 server."""
    with hapi_running() as base:
        yield base


@pytest.fixture(scope="session")
def synthea(hapi: str) -> dict[str, str]:
    """The patients of `tests/hapi/data` on the server: id by file."""
    return load_synthea(hapi)


@pytest.fixture(scope="session")
def refused(hapi: str) -> dict[str, str]:
    """Every case of this run, written to the server; what came back of those that it did not take."""
    return {name: words for name, case in chosen().items() if (words := _words_of_refusal(hapi, case))}


def _words_of_refusal(base: str, case: Case) -> str:
    try:
        put(base, case.resources)
    except RefusedByServer as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def vignettes(refused: Mapping[str, str]) -> Mapping[str, Case]:
    """The cases that lie on the server, by name."""
    return {name: case for name, case in chosen().items() if name not in refused}


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The service with time enough."""
    with serving(UNHURRIED) as url:
        yield url


@pytest.fixture(scope="session")
def ehr(service: str, hapi: str) -> Ehr:
    """A client of the service whose records lie on HAPI."""
    return Ehr(service, hapi)


@pytest.fixture
def proxy(hapi: str) -> Iterator[Proxy]:
    """A forwarder of its own for each test: an origin that nobody has seen fail yet."""
    with Proxy(hapi) as running:
        yield running
