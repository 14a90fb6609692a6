"""A request's life on one screen: record, facts, assessment, recommendations, cards."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from typing import Final, cast
from zoneinfo import ZoneInfo

from cds_service.criteria.assessment import assess
from cds_service.criteria.unread import unread_reports
from cds_service.errors import DataUnavailable, Malformed
from cds_service.facts.extract import extract
from cds_service.facts.model import Facts
from cds_service.facts.remembered import remembered
from cds_service.facts.users import role_of
from cds_service.fhir.answers import KeyState
from cds_service.fhir.attachments.outcome import NotRead
from cds_service.fhir.attachments.pdf import parsing_apart
from cds_service.fhir.client.client import FhirClient, Traffic
from cds_service.fhir.drafts import Draft, NotABundle
from cds_service.fhir.record import IdentityMismatch, NoteKind, OpenRecord, PatientRecord, bare_id, open_record, own_key
from cds_service.fhir.resources import Condition
from cds_service.fhir.text import Means
from cds_service.hooks.cards import OVERRIDE_REASONS, Words, fill, load_cards
from cds_service.hooks.completion import Fetching, asked, completed
from cds_service.hooks.context import ORDER_NAMES, created_problems, joined, orders_of_the_call, unread_orders
from cds_service.hooks.requests import HookRequest
from cds_service.hooks.responses import EVALUATION
from cds_service.hooks.services import REQUIRED_KEYS, Service
from cds_service.hooks.site_lines import disagreeing, stamps
from cds_service.hooks.suggestions import Call, suggestions
from cds_service.knowledge import KNOWLEDGE_VERSION
from cds_service.knowledge.site import Site, read_site
from cds_service.knowledge.thresholds import Thresholds, load_thresholds
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import Card, Evaluation, evaluate
from cds_service.recommendations.recommendation import Hook, Situation
from cds_service.reports import ReportReading, read_report
from cds_service.settings import Settings

LAY_USERS: Final = frozenset({"Patient", "RelatedPerson"})
"""Who opens a chart of their own: the hook allows them, and our cards are written for clinicians."""
REPORTS: Final = "reports"
"""The key of reports: in `missing` also when all of them came and the text of one could not be read."""
TIME_FOR_ATTACHMENTS: Final = 0.7
"""The part of the deadline after which no attachment is read: rules and answer take the rest (operations.md 1.4)."""
CARD_NAMESPACE: Final = uuid.UUID("3b0f7f1c-5f0c-5d38-9c6b-0d5a6c1f7a11")
"""Namespace of card and suggestion uuids: the same request gives the same ones (CDS Hooks feedback needs that)."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation with what it rests on: for the response, and for `explain`."""

    record: PatientRecord
    drafts: tuple[Draft, ...]
    evaluation: Evaluation
    missing: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    """By key: why it could not be had from the server, where one was asked."""


def invoke(
    service: Service,
    request: HookRequest,
    settings: Settings,
    *,
    as_of: date,
    client: FhirClient | None = None,
    traffic: Traffic | None = None,
) -> dict[str, object]:
    """The response body of one call. Raises DataUnavailable (412) when a required key cannot be had, Malformed (400)
    otherwise.
    """
    return respond(
        service, request, settings, judge(service, request, settings, as_of=as_of, client=client, traffic=traffic)
    )


def judge(
    service: Service,
    request: HookRequest,
    settings: Settings,
    *,
    as_of: date,
    client: FhirClient | None = None,
    traffic: Traffic | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Evaluated:
    """Reads the record, extracts the facts and judges every recommendation.

    ``client`` fetches what was not sent, None nothing; ``traffic`` hears of it. ``clock`` counts seconds.
    """
    started = clock()
    attachments_until = started + settings.deadline_ms / 1000 * TIME_FOR_ATTACHMENTS
    reading_until = (started if client is None else client.clock()) + settings.fhir_deadline_ms / 1000
    zone = ZoneInfo(settings.timezone)
    if bare_id(request.patient_id) is None:
        raise Malformed("context.patientId must be a FHIR id", code="invalid", expression="context.patientId")
    opened = open_record(request.patient_id, joined(request), zone=zone)
    traffic = traffic or Traffic()
    with completed(service, request, opened, client, reading_until, traffic) as fetching:
        keys = asked(service, request, opened)
        record, drafts = _closed(opened, keys, request)
        traffic.strangers = sum(note.count for note in record.notes if note.kind is NoteKind.OTHER_PATIENT)
        _require(record, request, fetching)
        with parsing_apart(attachments_until, clock) as parse:
            facts = _facts(
                record,
                drafts,
                request,
                fetching,
                as_of=as_of,
                zone=zone,
                means=Means(parse=parse, is_late=lambda: clock() >= attachments_until),
            )
    assessment = assess(facts, thresholds(settings))
    situation = _situation(service, request, settings, record)
    unread = record.unread_keys(keys)
    reports = () if REPORTS in unread or unread_reports(facts) is None else (REPORTS,)
    missing = (*unread, *reports, *unread_orders(request, drafts))
    return Evaluated(record, drafts, evaluate(ALL, assessment, situation), missing, fetching.words)


def _closed(opened: OpenRecord, keys: tuple[str, ...], request: HookRequest) -> tuple[PatientRecord, tuple[Draft, ...]]:
    """The record, and the orders the call is about. Raises Malformed."""
    try:
        record = opened.record(keys)
        return record, orders_of_the_call(request, record)
    except IdentityMismatch:
        raise Malformed(
            "prefetch.patient is not context.patientId: the record is another patient's",
            code="security",
            expression=("prefetch.patient", "context.patientId"),
        ) from None
    except NotABundle:
        where = "context.appointments" if request.draft_orders is None else "context.draftOrders"
        raise Malformed(f"{where} must be a Bundle", code="invalid", expression=where) from None


def _facts(
    record: PatientRecord,
    drafts: tuple[Draft, ...],
    request: HookRequest,
    fetching: Fetching,
    *,
    as_of: date,
    zone: ZoneInfo,
    means: Means,
) -> Facts:
    """The facts. Where reports name their text by address, what is behind the addresses is fetched together, and the
    facts are extracted again with it: which reports are read, and in which order, is the extractor's to say.
    """
    extracted = partial(
        extract,
        record,
        drafts,
        as_of=as_of,
        at=None,
        zone=zone,
        hook=request.hook,
        selections=request.selections,
        read=read_once,
    )
    addresses: list[str] = []
    nothing = NotRead("format")

    def note(address: str) -> NotRead:
        addresses.append(address)
        return nothing

    facts = extracted(means=replace(means, fetch=note))
    content = fetching.attachments(addresses) if addresses else {}
    if not content:
        return facts
    return extracted(means=replace(means, fetch=lambda address: content.get(address, nothing)))


def _situation(service: Service, request: HookRequest, settings: Settings, record: PatientRecord) -> Situation:
    """The moment as recommendations see it. A user nobody names is taken for a clinician (11 of 79 real requests)."""
    choices = {
        **site(settings).readings,
        "red_flag_cards": settings.red_flag_cards,
        "default_payer": settings.default_payer,
    }
    kind = (request.user_id or "").partition("/")[0]
    return Situation(
        cast(Hook, service.hook),
        choices,
        for_clinician=kind not in LAY_USERS,
        role=role_of(request.user_id, record),
    )


def _require(record: PatientRecord, request: HookRequest, fetching: Fetching) -> None:
    """412 when a required key was not answered, could not be fetched, and its resources came under no other key either.
    The problem being created is not the problem list.
    """
    created = created_problems(request)
    conditions = any(each.reference not in created for each in record.of(Condition))
    held = {"patient": record.patient is not None, "conditions": conditions}
    lacking = tuple(key for key in REQUIRED_KEYS if not held[key] and not record.retrieval(key).answered)
    if not held["patient"] and "patient" not in lacking:
        lacking = ("patient", *lacking)
    if not lacking:
        return
    failure = next((fetching.failures[key] for key in lacking if key in fetching.failures), None)
    if failure is None:
        raise DataUnavailable(lacking)
    raise DataUnavailable(
        lacking,
        f"Required data not available: {', '.join(lacking)} not sent, and not to be had from fhirServer"
        f" ({failure.words})",
        code=failure.code,
    )


@remembered(longest=20_000, most=512)
def read_once(text: str) -> ReportReading:
    """The reading of a report's text; a pure function of the words, so the same words need reading once."""
    return read_report(text)


@lru_cache(maxsize=8)
def _site(thresholds: str, conflicts: str) -> Site:
    return read_site(json.loads(thresholds), json.loads(conflicts))


def site(settings: Settings) -> Site:
    """What this site signed for. Raises ContentError where its tables may not be used."""
    return _site(_as_json(settings.site_thresholds), _as_json(settings.site_conflicts))


def _as_json(table: Mapping[str, object]) -> str:
    """A table of the site file as a key: days become text, which is read as a day again."""
    return json.dumps(dict(table), default=str, sort_keys=True)


@lru_cache(maxsize=8)
def _limits(numbers: tuple[tuple[str, float], ...]) -> Thresholds:
    return load_thresholds(dict(numbers))


def thresholds(settings: Settings) -> Thresholds:
    """The numbers in force at this site."""
    return _limits(tuple(sorted(site(settings).numbers.items())))


def respond(service: Service, request: HookRequest, settings: Settings, evaluated: Evaluated) -> dict[str, object]:
    """The CDS Hooks response: cards, and what was and was not evaluated."""
    evaluation = evaluated.evaluation
    seed = _seed(service, request)
    stamped = stamps(evaluation, site(settings), lambda card, of: (card.indicator, _plain(card, of, evaluated)))
    cards = [
        _card(card, request, settings, evaluated, seed, stamped.get(card.recommendation.id, ()))
        for card in evaluation.cards
    ]
    status = evaluation.status if evaluation.status != "complete" else "partial" if evaluated.missing else "complete"
    extension: dict[str, object] = {
        "status": status,
        "knowledge": KNOWLEDGE_VERSION,
        "evaluation_id": str(uuid.uuid4()),
    }
    if evaluated.missing:
        extension["missing"] = list(evaluated.missing)
    return {"cards": cards, "extension": {EVALUATION: extension}}


def _seed(service: Service, request: HookRequest) -> str:
    """What makes a card this card: service, call, patient, and the drafts it is about (one client sends one
    hookInstance for all).
    """
    about = request.draft_orders or request.appointments or request.conditions
    digest = hashlib.sha256(bytes(about) if about is not None else b"").hexdigest()[:16]
    picked = (*request.selections, *request.dispatched)
    return "|".join((service.id, request.hook_instance, request.patient_id, digest, *picked))


def _plain(card: Card, evaluation: Evaluation, evaluated: Evaluated, beside: tuple[str, ...] = ()) -> Words:
    """A card's words; what was read is that of the call, the rest of the evaluation given."""
    a = evaluation.assessment
    reports = unread_reports(a.facts) if REPORTS in card.recommendation.needs else None
    # Where all reports came, the line about them says more than the name of their key.
    told = {REPORTS} if reports is not None and evaluated.record.retrieval(REPORTS).complete else set[str]()
    unread = tuple(
        key
        for key in evaluated.missing
        if key in ORDER_NAMES or ({key, own_key(key)} & card.recommendation.needs and key not in told)
    )
    in_part = [key for key in unread if evaluated.record.retrieval(key).state is KeyState.PARTIAL]
    text = load_cards()[card.recommendation.id]
    return fill(
        text,
        card,
        a.limit,
        unread=[_why(key, evaluated) for key in unread if key not in in_part],
        in_part=[_why(key, evaluated) for key in in_part],
        reports=reports,
        knowledge=KNOWLEDGE_VERSION,
        beside=beside,
    )


def _why(key: str, evaluated: Evaluated) -> str:
    """A key that was not read, with the reason where a server was asked for it."""
    return f"{key} ({evaluated.words[key]})" if key in evaluated.words else key


def _card(
    card: Card,
    request: HookRequest,
    settings: Settings,
    evaluated: Evaluated,
    seed: str,
    stamped: tuple[str, ...],
) -> dict[str, object]:
    text = load_cards()[card.recommendation.id]
    beside = (*disagreeing(card, evaluated.evaluation, site(settings)), *stamped)
    words = _plain(card, evaluated.evaluation, evaluated, beside)
    topic = card.recommendation.id
    evidence = f"{settings.public_url}/evidence/{topic}"
    body: dict[str, object] = {
        "uuid": str(uuid.uuid5(CARD_NAMESPACE, f"{seed}|{topic}")),
        "summary": words.summary,
        "indicator": card.indicator,
        "detail": words.detail,
        "source": {
            "label": text.source.source.title,
            "url": evidence,
            "topic": {
                "system": f"{settings.canonical_base}/CodeSystem/card-topic",
                "code": topic,
                "display": text.title,
            },
        },
        "overrideReasons": [
            {
                "system": f"{settings.canonical_base}/CodeSystem/override-reason",
                "code": code,
                "display": OVERRIDE_REASONS[code],
            }
            for code in text.override_reasons
        ],
        "links": _links(topic, evidence, settings),
    }
    call = Call(request.patient_id, request.user_id, evaluated.drafts, seed, evaluated.evaluation)
    offered = suggestions(card, text, call)
    if offered:
        body["suggestions"] = offered
        body["selectionBehavior"] = "any" if topic == "conservative-care" else "at-most-one"
    return body


def _links(topic: str, evidence: str, settings: Settings) -> list[dict[str, str]]:
    links = [{"label": "Evidence and criteria", "url": evidence, "type": "absolute"}]
    if topic == "augmentation-missing-data":
        form = f"{settings.public_url}/fhir/Questionnaire/vcf-assessment"
        links.append({"label": "Assessment form", "url": form, "type": "absolute"})
    return links
