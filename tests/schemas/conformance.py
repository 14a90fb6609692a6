"""The oracle for everything that leaves: our JSON Schemas, and the rules of CDS Hooks that a schema cannot say.

``assert_conformant`` takes the body of a ``200`` answer, ``assert_operation_outcome`` that of any other, and
``assert_discovery`` that of discovery. The invariants are those of the HL7 CDS Hooks logical models, told again here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

HERE = Path(__file__).resolve().parent
BASE = "https://vcf-cds.example/schemas/"
OVERRIDE_REASONS = 8

Json = Mapping[str, Any]


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of ``<name>.schema.json``."""
    registry: Registry[Any] = Registry()
    for path in sorted(HERE.glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        registry = registry.with_resource(schema["$id"], Resource.from_contents(schema, DRAFT202012))
    schema = registry.contents(f"{BASE}{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=registry)


def schema_errors(name: str, body: Any) -> list[str]:
    """What breaks the schema, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(body)]


def empty_values(body: Any, path: str = "$") -> Iterator[str]:
    """Checklist 2: every null, empty string, array or object, but for ``cards: []``; foreign resources are not ours."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            here = f"{path}.{key}"
            if here == "$.cards" and value == []:
                continue
            if value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
                yield f"{here} is empty"
            # The resource of an update is the client's own draft, kept as it came.
            if not (key == "resource" and body.get("type") == "update"):
                yield from empty_values(value, here)
    elif isinstance(body, list):
        for position, value in enumerate(body):
            if value is None or value in ("", [], {}):
                yield f"{path}[{position}] is empty"
            yield from empty_values(value, f"{path}[{position}]")


# --- the logical-model invariants, responses -------------------------------------------------------------------------


def _cards(response: Json) -> Sequence[Json]:
    cards: Sequence[Json] = response.get("cards", [])
    return cards


def _suggestions(response: Json) -> Iterator[Json]:
    for card in _cards(response):
        yield from card.get("suggestions", [])


def _card_actions(response: Json) -> Iterator[Json]:
    for suggestion in _suggestions(response):
        yield from suggestion.get("actions", [])


def _actions(response: Json) -> Iterator[Json]:
    yield from _card_actions(response)
    yield from response.get("systemActions", [])


def resp_1(response: Json) -> bool:
    """At most one suggestion is recommended where at most one may be taken."""
    return all(
        sum(suggestion.get("isRecommended") is True for suggestion in card.get("suggestions", [])) <= 1
        for card in _cards(response)
        if card.get("selectionBehavior") == "at-most-one"
    )


def resp_2(response: Json) -> bool:
    """A delete has a resourceId and no resource."""
    return all(
        "resourceId" in action and "resource" not in action
        for action in _actions(response)
        if action.get("type") == "delete"
    )


def resp_3(response: Json) -> bool:
    """appContext belongs to smart links alone."""
    return all(
        link.get("type") == "smart"
        for card in _cards(response)
        for link in card.get("links", [])
        if "appContext" in link
    )


def resp_4(response: Json) -> bool:
    """Every override reason has a display."""
    return all(reason.get("display") for card in _cards(response) for reason in card.get("overrideReasons", []))


def resp_5(response: Json) -> bool:
    """Every action of a suggestion has a description."""
    return all(action.get("description") for action in _card_actions(response))


def resp_6(response: Json) -> bool:
    """A card with suggestions says how they are selected, and only such a card does."""
    return all(("suggestions" in card) == ("selectionBehavior" in card) for card in _cards(response))


def resp_7(response: Json) -> bool:
    """actionSelectionBehavior is not sent: no client is known to support it."""
    return all("actionSelectionBehavior" not in suggestion for suggestion in _suggestions(response))


RESPONSE_INVARIANTS: Mapping[str, Callable[[Json], bool]] = {
    "cds-resp-1": resp_1,
    "cds-resp-2": resp_2,
    "cds-resp-3": resp_3,
    "cds-resp-4": resp_4,
    "cds-resp-5": resp_5,
    "cds-resp-6": resp_6,
    "cds-resp-7": resp_7,
}


# --- requests --------------------------------------------------------------------------------------------------------


def r_1(request: Json) -> bool:
    """fhirAuthorization comes with fhirServer."""
    return "fhirAuthorization" not in request or bool(request.get("fhirServer"))


def r_2(request: Json) -> bool:
    """A patient scope comes with the patient (a warning in the model)."""
    authorization = request.get("fhirAuthorization") or {}
    return "patient/" not in str(authorization.get("scope", "")) or bool(authorization.get("patient"))


REQUEST_INVARIANTS: Mapping[str, Callable[[Json], bool]] = {"cds-r-1": r_1, "cds-r-2": r_2}


# --- feedback --------------------------------------------------------------------------------------------------------


def _feedback(body: Json) -> Sequence[Json]:
    items: Sequence[Json] = body.get("feedback", [])
    return items


def fb_1(body: Json) -> bool:
    """The outcome is accepted or overridden."""
    return all(item.get("outcome") in ("accepted", "overridden") for item in _feedback(body))


def fb_2(body: Json) -> bool:
    """Accepted means suggestions were accepted."""
    return all(bool(item.get("acceptedSuggestions")) for item in _feedback(body) if item.get("outcome") == "accepted")


def fb_3(body: Json) -> bool:
    """An override reason has a reason or a comment."""
    reasons = [item["overrideReason"] for item in _feedback(body) if "overrideReason" in item]
    return all(bool(reason.get("reason") or reason.get("userComment")) for reason in reasons)


FEEDBACK_INVARIANTS: Mapping[str, Callable[[Json], bool]] = {"cds-fb-1": fb_1, "cds-fb-2": fb_2, "cds-fb-3": fb_3}


# --- what the tests call ---------------------------------------------------------------------------------------------


def problems(response: Json) -> list[str]:
    """Everything wrong with the body of a 200 answer."""
    found = schema_errors("response", response)
    found += list(empty_values(response))
    found += [f"{name} is broken" for name, holds in RESPONSE_INVARIANTS.items() if not holds(response)]
    uuids = [item["uuid"] for item in [*_cards(response), *_suggestions(response)] if "uuid" in item]
    if len(set(uuids)) != len(uuids):
        found.append("a uuid is used twice")
    topics = [card.get("source", {}).get("topic", {}).get("code") for card in _cards(response)]
    if len(set(topics)) != len(topics):
        found.append("two cards have one topic")
    for card in _cards(response):
        found += _card_problems(card)
    return found


def _card_problems(card: Json) -> Iterator[str]:
    topic = card.get("source", {}).get("topic", {}).get("code", "?")
    if len(str(card.get("summary", ""))) >= 140:
        yield f"{topic}: the summary has 140 characters or more"
    reasons = {reason.get("code") for reason in card.get("overrideReasons", [])}
    if len(reasons) != OVERRIDE_REASONS:
        yield f"{topic}: {len(reasons)} override reasons, not {OVERRIDE_REASONS}"
    urls = [card.get("source", {}).get(name) for name in ("url", "icon")] + [
        link.get("url") for link in card.get("links", [])
    ]
    for url in urls:
        if url is not None and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc):
            yield f"{topic}: a URL is not absolute"
    if re.search(r"<[A-Za-z/!?]", str(card.get("detail", ""))):
        yield f"{topic}: the detail may hold HTML"


def assert_conformant(response: Json) -> None:
    """Fail with every reason when the body of a 200 answer breaks the protocol or the contract."""
    found = problems(response)
    assert not found, "\n".join(found)


def assert_operation_outcome(body: Any) -> None:
    """Fail unless the body is an OperationOutcome as we write it."""
    found = schema_errors("operation-outcome", body) + list(empty_values(body))
    assert not found, "\n".join(found)


def assert_discovery(body: Any) -> None:
    """Fail unless the body is a discovery answer with distinct ids."""
    found = schema_errors("discovery", body)
    ids = [service["id"] for service in body["services"]]
    assert not found, "\n".join(found)
    assert len(set(ids)) == len(ids), "two services share an id"
