"""The paths of the service. Each view reads its input, asks one of the parts, and answers."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request

from cds_service.errors import NotFound
from cds_service.hooks.requests import read_request
from cds_service.hooks.responses import EVALUATION, to_json
from cds_service.web import calls, pages
from cds_service.web.bodies import read_json_body
from cds_service.web.pages import EvidencePage
from cds_service.web.parts import Parts


def routes(parts: Parts) -> Blueprint:
    """The blueprint of all paths; ``openapi.yaml`` describes the same."""
    blueprint = Blueprint("vcf", __name__, template_folder="templates")
    base = parts.settings.public_url

    @blueprint.get("/cds-services")
    def discovery() -> Response:
        return _json(parts.services.discovery())

    @blueprint.post("/cds-services/<service_id>")
    def evaluate(service_id: str) -> Response:
        service = parts.services.get(service_id)
        calls.note(service=service.id)
        body = read_json_body(request, parts.settings.max_body)
        call = read_request(service, body)
        calls.note(hook=service.hook, hook_instance_is_uuid=call.hook_instance_is_uuid)
        answer = parts.evaluate(service, call, parts.settings, as_of=parts.today())
        _note_answer(answer)
        return _json(answer)

    @blueprint.get("/livez")
    def livez() -> Response:
        return _json({"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        # Content and settings are checked before the first request; a process that answers at all has passed.
        return _json({"status": "ready"})

    @blueprint.get("/version")
    def version() -> Response:
        return _json(parts.version)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return Response(parts.openapi, mimetype="application/json")

    @blueprint.get("/evidence")
    def evidence() -> Response:
        return _page(pages.index_html(parts.evidence(), base))

    @blueprint.get("/evidence.json")
    def evidence_json() -> Response:
        return _json(pages.index(parts.evidence()))

    @blueprint.get("/evidence/<recommendation>")
    def recommendation(recommendation: str) -> Response:
        return _page(pages.page_html(_evidence_page(parts, recommendation), base))

    @blueprint.get("/evidence/<recommendation>.json")
    def recommendation_json(recommendation: str) -> Response:
        return _json(_evidence_page(parts, recommendation).described())

    @blueprint.get("/fhir/Questionnaire/vcf-assessment")
    def questionnaire() -> Response:
        resource = parts.questionnaire()
        if resource is None:
            raise NotFound("The questionnaire is not published")
        return Response(to_json(resource), mimetype="application/fhir+json")

    return blueprint


def _json(body: Mapping[str, object]) -> Response:
    return Response(to_json(body), mimetype="application/json")


def _page(html: str) -> Response:
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": pages.PAGE_POLICY})


def _evidence_page(parts: Parts, recommendation: str) -> EvidencePage:
    page = parts.evidence().get(recommendation)
    if page is None:
        raise NotFound("There is no such recommendation: see /evidence")
    return page


def _note_answer(answer: Mapping[str, object]) -> None:
    """The outcome in the log: counts and names of ours, nothing of a card."""
    cards = answer.get("cards")
    extension = answer.get("extension")
    evaluation = extension.get(EVALUATION) if isinstance(extension, Mapping) else None
    calls.note(cards=len(cards) if isinstance(cards, list | tuple) else None)
    if isinstance(evaluation, Mapping):
        calls.note(
            evaluation=str(evaluation.get("status", "")),
            knowledge=str(evaluation.get("knowledge", "")),
            missing=tuple(evaluation.get("missing", ())),
        )
