"""The three ways into the same core, and what their answers have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient

from cds_service import cli
from cds_service.criteria.assessment import Assessment, assess
from cds_service.facts.extract import extract
from cds_service.facts.model import Facts
from cds_service.fhir.record import read_record
from cds_service.hooks.context import joined, orders_of_the_call
from cds_service.hooks.invoke import read_once
from cds_service.hooks.offer import offered_services
from cds_service.hooks.requests import HookRequest, read_request
from cds_service.knowledge.thresholds import Thresholds, load_thresholds
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import Evaluation, evaluate
from cds_service.recommendations.recommendation import Situation
from tests.clinical.builder import as_of, build, load_vignettes

Json = dict[str, Any]
EXTENSION = "vcf-cds.evaluation"
LIMIT: Thresholds = load_thresholds({})
ZONE = ZoneInfo("UTC")


def encoded(request: Mapping[str, Any]) -> bytes:
    """The request as a client would send it."""
    return json.dumps(request).encode()


def post(client: FlaskClient, request: Mapping[str, Any]) -> Any:
    """The HTTP answer of the service of the request's hook."""
    path = f"/cds-services/vcf-{request['hook']}"
    return client.post(path, data=encoded(request), content_type="application/json")


def topics(response: Mapping[str, Any]) -> dict[str, str]:
    """Topic code to indicator, of every card."""
    return {card["source"]["topic"]["code"]: card["indicator"] for card in response["cards"]}


def masked(response: Mapping[str, Any]) -> Json:
    """The response without the one value that is new in every call."""
    copy: Json = json.loads(json.dumps(response))
    copy["extension"][EXTENSION]["evaluation_id"] = "masked"
    return copy


@dataclass(frozen=True, slots=True)
class Command:
    """Runs `vcf-cds` in this process on a request, and returns its exit code with what it printed."""

    folder: Path
    read_output: Callable[[], tuple[str, str]]

    def __call__(self, command: str, request: Mapping[str, Any], *more: str) -> tuple[int, Any]:
        """The exit code and the JSON on stdout."""
        file = self.folder / "request.json"
        file.write_bytes(encoded(request))
        code = cli.main([command, str(file), *more])
        out, _ = self.read_output()
        return code, json.loads(out)


def read(request: Mapping[str, Any]) -> HookRequest:
    """The request as the core sees it."""
    return read_request(offered_services().for_hook(request["hook"]), encoded(request))


def facts_of(request: Mapping[str, Any], as_of: date) -> Facts:
    """The facts extracted from a request."""
    asked = read(request)
    record = read_record(asked.patient_id, joined(asked), zone=ZONE)
    drafts = orders_of_the_call(asked, record)
    return extract(
        record,
        drafts,
        as_of=as_of,
        at=None,
        zone=ZONE,
        hook=asked.hook,
        selections=asked.selections,
        read=read_once,
    )


def evaluated(facts: Facts, hook: str, role: str = "clinician") -> Evaluation:
    """What the recommendations make of the facts."""
    assessment: Assessment = assess(facts, LIMIT)
    return evaluate(ALL, assessment, Situation(hook, role=role))  # type: ignore[arg-type]  # a vignette's words are text


def cards_of(evaluation: Evaluation) -> dict[str, str]:
    """Topic code to indicator, of every card of an evaluation."""
    return {card.recommendation.id: card.indicator for card in evaluation.cards}


def action_resources(response: Mapping[str, Any]) -> Sequence[Json]:
    """Every resource that a suggestion would create or update."""
    return [
        action["resource"]
        for card in response["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion.get("actions", [])
        if "resource" in action
    ]


@cache
def assessment(name: str) -> Assessment:
    """What is known of a vignette; worked out once, however often it is judged."""
    vignette = load_vignettes()[name]
    return assess(facts_of(build(vignette), as_of(vignette)), LIMIT)
