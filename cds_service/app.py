"""The composition root: puts the parts together, and is the only place that knows every one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from importlib import metadata, resources
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import yaml

from cds_service.fhir.client.client import FhirClient, Traffic
from cds_service.fhir.client.names import Resolve, system_resolver
from cds_service.hooks.cards import load_cards
from cds_service.hooks.evidence import Statement, statements
from cds_service.hooks.invoke import invoke, site, thresholds
from cds_service.hooks.offer import offered_services
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.services import CDS_HOOKS_VERSION, Service, Services
from cds_service.knowledge import KNOWLEDGE_VERSION
from cds_service.knowledge.citations import Source, load_sources
from cds_service.knowledge.conflicts import Conflict, load_conflicts
from cds_service.knowledge.coverage import load_coverage
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.site import Site, read_site
from cds_service.knowledge.thresholds import load_threshold_entries
from cds_service.knowledge.value_set import load_value_sets
from cds_service.orders import drafts
from cds_service.orders.questionnaire import questionnaire as assessment_questionnaire
from cds_service.recommendations import ALL
from cds_service.settings import Settings
from cds_service.web import calls
from cds_service.web.pages import EvidenceCriterion, EvidencePage, EvidenceSource
from cds_service.web.parts import Evaluate, Parts
from cds_service.web.shell import Shell

Evidence = Callable[[], Mapping[str, EvidencePage]]
Questionnaire = Callable[[], Mapping[str, object] | None]


def create_app(
    settings: Settings,
    *,
    evaluate: Evaluate | None = None,
    services: Services | None = None,
    evidence: Evidence | None = None,
    questionnaire: Questionnaire | None = None,
    knowledge: Mapping[str, object] | None = None,
    resolve: Resolve = system_resolver,
    clock: Callable[[], float] = time.monotonic,
) -> Shell:
    """The WSGI application. Every part has a default; a test may give its own.

    ``resolve`` looks up the host of a FHIR server; ``clock`` counts seconds. ``knowledge`` is what ``GET /version``
    says of the knowledge in use: its version and what this site changed. Raises ContentError when the content or the
    site's own values may not be served.
    """
    check_content(settings)
    client = FhirClient(settings, resolve=resolve, clock=clock)
    return Shell(
        Parts(
            settings=settings,
            services=services or offered_services(),
            evaluate=evaluate or _evaluation(client),
            listens_on=client.own_ports.add,
            today=lambda: today(settings),
            version=_version(settings, knowledge or {"version": KNOWLEDGE_VERSION, "site": site_changes(settings)}),
            openapi=openapi_json(),
            evidence=evidence or (lambda: evidence_pages(settings)),
            questionnaire=questionnaire or (lambda: assessment_questionnaire(settings.canonical_base)),
        )
    )


def _evaluation(client: FhirClient) -> Evaluate:
    """The core with its FHIR client; what was asked of the server goes to the log, whatever came of the call."""

    def evaluate(service: Service, request: HookRequest, settings: Settings, *, as_of: date) -> Mapping[str, object]:
        traffic = Traffic()
        try:
            return invoke(service, request, settings, as_of=as_of, client=client, traffic=traffic)
        finally:
            calls.note_traffic(traffic.requests, traffic.seconds, traffic.failed, traffic.strangers)

    return evaluate


def check_content(settings: Settings) -> list[str]:
    """Loads and checks everything that is served; one line for each part. Raises ContentError: do not start then."""
    check_site(settings)
    cards = load_cards()
    lacking = sorted({r.id for r in ALL} - set(cards))
    if lacking:
        raise ContentError(f"cards/: no card for {', '.join(lacking)}")
    homeless = sorted(set(cards) - {r.id for r in ALL})
    if homeless:
        raise ContentError(f"cards/: no recommendation for {', '.join(homeless)}")
    coverage = load_coverage()
    drafts.warm()
    return [
        f"{len(ALL)} recommendations with their cards",
        f"{len(load_sources())} sources, {len(load_conflicts())} conflicts between them",
        f"{len(coverage.statements)} statements and {len(coverage.rules)} rules accounted for",
        f"{len(load_value_sets())} value sets",
        f"{len(load_threshold_entries())} thresholds",
        f"{len(site(settings).signed)} choices of this site",
        f"{len(offered_services().all)} services",
        f"knowledge {KNOWLEDGE_VERSION}, not yet clinically reviewed",
    ]


def check_site(settings: Settings) -> None:
    """Whether every choice of the site file is offered, in range, and signed on a day that has come. Raises
    ContentError listing all that is wrong.
    """
    read_site(settings.site_thresholds, settings.site_conflicts, today=_calendar_day(settings))


def site_changes(settings: Settings) -> list[dict[str, object]]:
    """What this site signed for: choice, what ships, who approved it, when and why."""
    return [signed.described() for signed in site(settings).signed]


def evidence_pages(settings: Settings) -> dict[str, EvidencePage]:
    """The evidence page of every recommendation."""
    return {s.recommendation.id: _page(s, settings) for s in statements(thresholds(settings))}


def _page(statement: Statement, settings: Settings) -> EvidencePage:
    return EvidencePage(
        id=statement.recommendation.id,
        title=statement.text.title,
        statement=statement.recommendation.statement,
        criteria=tuple(EvidenceCriterion(f"{c.label} ({c.rule})", c.role, c.citation.label) for c in statement.clauses),
        sources=tuple(
            EvidenceSource(_named(c.source), c.place, c.source.url or "") for c in statement.recommendation.sources
        ),
        strength=statement.text.evidence,
        knowledge=KNOWLEDGE_VERSION,
        disagreements=tuple(_disagreements(statement.recommendation.id, settings)),
        site_choices=tuple(f"{signed.sentence} Reason: {signed.reason}" for signed in site(settings).signed),
    )


def _disagreements(topic: str, settings: Settings) -> list[str]:
    """Every conflict between sources that concerns a recommendation, with all its citations."""
    return [_told(conflict, site(settings)) for conflict in load_conflicts().values() if topic in conflict.shown_on]


def _told(conflict: Conflict, chosen: Site) -> str:
    sides = "; ".join(f"{s.position} ({', '.join(c.label for c in s.citations)})" for s in conflict.sides)
    return f"{conflict.title} ({conflict.id}): {sides}. Here: {conflict.reading(chosen.chosen(conflict))}."


def _named(source: Source) -> str:
    """A source by what it is: title, publisher and date, "unknown" where its text gives none (decision 19)."""
    return f"{source.title} (publisher: {source.publisher}; date: {source.date})"


def today(settings: Settings) -> date:
    """The date the rules are given: pinned in the demo profile by ``VCF_AS_OF``, else the facility's calendar date."""
    if settings.as_of is not None:
        return settings.as_of
    return _calendar_day(settings)


def _calendar_day(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.timezone)).date()  # noqa: TID251 - the edge, where the clock is read


def openapi_json() -> bytes:
    """``openapi.yaml`` as JSON: beside the package in a wheel, at the root of a checkout."""
    packaged = resources.files("cds_service").joinpath("_openapi.yaml")
    source = packaged if packaged.is_file() else Path(__file__).resolve().parent.parent / "openapi.yaml"
    return orjson.dumps(yaml.safe_load(source.read_text(encoding="utf-8")))


def _version(settings: Settings, knowledge: Mapping[str, object]) -> dict[str, object]:
    try:
        own = metadata.version("vcf-cds")
    except metadata.PackageNotFoundError:
        own = "unknown"  # a checkout that was never installed
    return {
        "service": "vcf-cds",
        "version": own,
        "cdsHooks": CDS_HOOKS_VERSION,
        "fhir": "4.0.1",
        "profile": settings.profile,
        **({"knowledge": dict(knowledge)} if knowledge else {}),
    }
