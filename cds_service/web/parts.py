"""What the composition root hands to the web shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Protocol

from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import Service, Services
from cds_service.settings import Settings
from cds_service.web.pages import EvidencePage


class Evaluate(Protocol):
    """The evaluation core: a request in, the body of the response out. Raises RequestError."""

    def __call__(
        self, service: Service, request: HookRequest, settings: Settings, *, as_of: date
    ) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the routes answer with.

    ``today`` reads the clock in the facility's zone; ``version`` is the body of ``GET /version``; ``openapi`` the
    interface description as JSON; ``listens_on`` is told the port once it is known, so that the service never calls
    itself; ``evidence`` gives the pages by recommendation id; ``questionnaire`` the assessment.
    """

    settings: Settings
    services: Services
    evaluate: Evaluate
    today: Callable[[], date]
    version: Mapping[str, object]
    openapi: bytes
    listens_on: Callable[[int], None] = field(default=lambda port: None)
    evidence: Callable[[], Mapping[str, EvidencePage]] = field(default=lambda: MappingProxyType({}))
    questionnaire: Callable[[], Mapping[str, object] | None] = field(default=lambda: None)
