"""What came of a check, for people and for machines. Text of the server reaches the terminal only where it is safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from cds_service.check.ehr import Ehr, Outcome, Query, Server
from cds_service.check.finding import Found
from cds_service.hooks.responses import EVALUATION, operation_outcome
from cds_service.reports.terminal import safe

_LONGEST: Final = 64
"""Letters of a query that are shown; the list of LOINC codes alone has more."""
_NO_CARD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "complete": "No card: everything was read, and nothing is to be said on this hook.",
        "partial": "No card, and not everything was read: what is missing above could have given one.",
        "out-of-scope": "No card: the patient or the user is none that the service answers for.",
    }
)


# --- for people -------------------------------------------------------------------------------------------------------


def heading(server: Server, hook: str, as_of: date) -> str:
    """Which server, and what is asked of it."""
    software = " ".join(part for part in (server.software, server.version) if part) or "a server that gives no name"
    return f"{_line(software)}, FHIR {_line(server.fhir_version)}\n{hook} as of {as_of}, nothing prefetched"


def of_search(found: Found, limit: int) -> str:
    """How many were found, and why these may not be all."""
    count = len(found.patients)
    told = "no patient" if not count else "1 patient" if count == 1 else f"{count} patients"
    shown = f", the first {limit} of them below (--limit)" if count > limit else ""
    why = f"; there may be more: {_line(found.why)}" if found.why else ""
    return f"{told} with a vertebral fracture on record{shown}{why}"


def whole(outcome: Outcome, ehr: Ehr) -> str:
    """Everything of one patient: queries, what was missing, the cards."""
    parts = [f"patient {outcome.patient_id}", _table(outcome), _reading(outcome, ehr)]
    if outcome.missing:
        parts.append("\n".join(["missing:", *(f"  {key}: {_line(why)}" for key, why in outcome.missing)]))
    parts.append("\n\n".join(_answer(outcome)))
    return "\n\n".join(part for part in parts if part)


def summary(outcome: Outcome) -> str:
    """One patient on a line."""
    if outcome.response is None:
        return f"{outcome.patient_id}: {_refused(outcome)}"
    cards = [f"{_topic(card)} ({card['indicator']})" for card in outcome.response["cards"]]
    missing = f"; missing: {', '.join(key for key, _ in outcome.missing)}" if outcome.missing else ""
    told = ", ".join(cards) or "no card"
    return f"{outcome.patient_id}: {_status(outcome)}, {told}{missing} ({outcome.reading_ms} ms)"


def _table(outcome: Outcome) -> str:
    """What was asked; the patient's id, which stands above, is shortened to ID."""
    rows = [("key", "query", "answer", "entries", "ms")]
    rows += [_row(each, outcome.patient_id) for each in outcome.queries]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = (
        f"{key:<{widths[0]}}  {query:<{widths[1]}}  {answer:<{widths[2]}}  {entries:>{widths[3]}}  {ms:>{widths[4]}}"
        for key, query, answer, entries, ms in rows
    )
    return "\n".join(line.rstrip() for line in lines) if outcome.queries else ""


def _row(each: Query, patient_id: str) -> tuple[str, str, str, str, str]:
    query = each.query.replace(f"patient={patient_id}", "patient=ID").replace(f"Patient/{patient_id}", "Patient/ID")
    shown = query if len(query) <= _LONGEST else f"{query[: _LONGEST - 3]}..."
    page = f" (page {each.page})" if each.page > 1 else ""
    status, entries, ms = ("" if number is None else str(number) for number in (each.status, each.entries, each.ms))
    return each.key or "-", _line(shown) + page, f"{status} {each.failure or ''}".strip(), entries, ms


def _reading(outcome: Outcome, ehr: Ehr) -> str:
    own = f"the service's own deadline (VCF_FHIR_DEADLINE_MS, {ehr.service_ms} ms)"
    if ehr.is_soon_enough(outcome):
        return f"reading took {outcome.reading_ms} ms, within {own}"
    return f"reading took {outcome.reading_ms} ms, beyond {own}: there, some of it would be missing"


def _answer(outcome: Outcome) -> Iterator[str]:
    if outcome.response is None:
        yield _refused(outcome)
        return
    cards = outcome.response["cards"]
    yield f"status {_status(outcome)}, {len(cards)} card{'' if len(cards) == 1 else 's'}"
    if not cards:
        yield _NO_CARD.get(_status(outcome), "No card.")
    yield from map(_card, cards)


def _card(card: Mapping[str, Any]) -> str:
    lines = [f"[{card['indicator']}] {_line(card['summary'])}", f"  topic {_topic(card)}", ""]
    lines += [f"  {line}".rstrip() for line in safe(card["detail"]).split("\n")]
    return "\n".join(lines)


def _refused(outcome: Outcome) -> str:
    """The answer that a client would get instead of cards."""
    refusal = outcome.refusal
    return "" if refusal is None else f"{refusal.status} ({refusal.code}): {refusal.message}"


def _status(outcome: Outcome) -> str:
    return "" if outcome.response is None else str(outcome.response["extension"][EVALUATION]["status"])


def _topic(card: Mapping[str, Any]) -> str:
    return str(card["source"]["topic"]["code"])


def _line(text: str) -> str:
    return " ".join(safe(text).split())


# --- for machines -----------------------------------------------------------------------------------------------------


def as_json(ehr: Ehr, server: Server, hook: str, as_of: date, outcomes: Iterable[Outcome]) -> dict[str, object]:
    """The whole check."""
    return {
        "fhirServer": ehr.base,
        "software": {"name": server.software, "version": server.version},
        "fhirVersion": server.fhir_version,
        "hook": hook,
        "as_of": as_of.isoformat(),
        "deadline_ms": ehr.deadline_ms,
        "service_deadline_ms": ehr.service_ms,
        "patients": [_as_json(outcome, ehr) for outcome in outcomes],
    }


def _as_json(outcome: Outcome, ehr: Ehr) -> dict[str, object]:
    refusal = outcome.refusal
    answer: dict[str, object] = {"status": 200, "response": outcome.response}
    if refusal is not None:
        told = operation_outcome(refusal.code, refusal.message, refusal.expression)
        answer = {"status": refusal.status, "outcome": told}
    return {
        "patient": outcome.patient_id,
        **answer,
        "missing": [{"key": key, "reason": why} for key, why in outcome.missing],
        "reading_ms": outcome.reading_ms,
        "within_service_deadline": ehr.is_soon_enough(outcome),
        "queries": [
            {
                "key": each.key or None,
                "query": each.query,
                "page": each.page,
                "status": each.status,
                "failure": each.failure,
                "entries": each.entries,
                "ms": each.ms,
            }
            for each in outcome.queries
        ],
    }
