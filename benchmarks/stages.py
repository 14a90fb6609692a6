"""Where the time of a call goes: each stage of it by itself, in this process, in CPU time."""

from __future__ import annotations

import cProfile
import io
import pstats
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import orjson

from benchmarks import bodies
from cds_service.criteria.assessment import assess
from cds_service.facts.extract import extract
from cds_service.facts.model import Facts
from cds_service.fhir.drafts import read_drafts
from cds_service.fhir.record import PatientRecord, read_record
from cds_service.hooks.invoke import invoke, judge, read_once, respond, thresholds
from cds_service.hooks.offer import offered_services
from cds_service.hooks.requests import HookRequest, read_request
from cds_service.hooks.responses import to_json
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import evaluate
from cds_service.recommendations.recommendation import Situation
from cds_service.reports import ReportReading, read_report
from cds_service.serve import settle_garbage
from cds_service.settings import Settings

SETTINGS = Settings(as_of=bodies.AS_OF)
SERVICE = offered_services().get(bodies.SERVICE_ID)


@dataclass(frozen=True, slots=True)
class Stage:
    """``milliseconds`` of one run of the stage, the median of many."""

    name: str
    milliseconds: float


def stages(body: bytes, repeat: int) -> list[Stage]:
    """Every stage of a call with this body, in order; the reports also as if never seen before."""
    request = read_request(SERVICE, body)
    record = _record(request)
    texts: list[str] = []
    facts = _facts(record, partial(_noted, texts))
    limit = thresholds(SETTINGS)
    situation = Situation("patient-view")
    assessment = assess(facts, limit)
    judged = judge(SERVICE, request, SETTINGS, as_of=bodies.AS_OF)
    answer = respond(SERVICE, request, SETTINGS, judged)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("orjson.loads of the body, for comparison", lambda: orjson.loads(body)),
        ("envelope: strict JSON, context", lambda: read_request(SERVICE, body)),
        ("record: FHIR resources, whose they are", lambda: _record(request)),
        (f"reports: reading {len(texts)} texts never seen", lambda: [read_report(text) for text in texts]),
        ("facts, with every report read before", lambda: _facts(record, read_once)),
        ("criteria: assess", lambda: assess(facts, limit)),
        ("criteria: judge and merge", lambda: evaluate(ALL, assessment, situation)),
        (
            f"cards and drafts: {len(judged.evaluation.cards)} cards",
            lambda: respond(SERVICE, request, SETTINGS, judged),
        ),
        ("serialise", lambda: to_json(answer)),
    ]
    return [Stage(name, _milliseconds(run, repeat)) for name, run in steps]


def _record(request: HookRequest) -> PatientRecord:
    zone = ZoneInfo(SETTINGS.timezone)
    return read_record(request.patient_id, request.prefetch, zone=zone, asked=tuple(SERVICE.prefetch))


def _facts(record: PatientRecord, read: Callable[[str], ReportReading]) -> Facts:
    return extract(
        record,
        read_drafts(None, patient_id=bodies.PATIENT),
        as_of=bodies.AS_OF,
        at=None,
        zone=ZoneInfo(SETTINGS.timezone),
        hook=SERVICE.hook,
        selections=(),
        read=read,
    )


def _noted(texts: list[str], text: str) -> ReportReading:
    texts.append(text)
    return read_once(text)


def _milliseconds(run: Callable[[], object], repeat: int) -> float:
    run()
    taken = []
    for _ in range(repeat):
        start = time.process_time_ns()
        run()
        taken.append((time.process_time_ns() - start) / 1e6)
    return statistics.median(taken)


def table(name: str, found: list[Stage]) -> Iterator[str]:
    """The stages for people."""
    yield f"{name}: CPU of each stage, median"
    yield from (f"  {stage.name:48} {stage.milliseconds:8.3f} ms" for stage in found)


def profile(body: bytes, calls: int, lines: int = 40) -> str:
    """cProfile of whole calls without HTTP, sorted by own time. The profiler slows small functions most."""
    watch = cProfile.Profile()
    settle_garbage()
    _call(body)
    watch.enable()
    for _ in range(calls):
        _call(body)
    watch.disable()
    text = io.StringIO()
    pstats.Stats(watch, stream=text).sort_stats("tottime").print_stats(lines)
    return text.getvalue()


def _call(body: bytes) -> bytes:
    return to_json(invoke(SERVICE, read_request(SERVICE, body), SETTINGS, as_of=bodies.AS_OF))
