"""Whatever is wrong inside a request, the answer is cards or a reason: never a failure, never an answer out of form."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import post
from tests.schemas.conformance import assert_conformant, assert_operation_outcome

VIGNETTES = load_vignettes()
Json = dict[str, Any]
Place = tuple[str | int, ...]

EXAMPLES = ["1", "13", "18", "21", "22", "25-sign", "28", "levels-4"]
ROUNDS = 60
NOTHING = object()
DAMAGE: tuple[Any, ...] = (
    NOTHING, None, "", [], {}, 0, -1, 1e308, True, "x" * 300, ["a"], {"a": 1}, [[[]]], 3.7, "<b>\u202e",
    "2026-13-45", "2026", "2026-11", "9999-12-31", "0001-01-01", "Patient/other", "#x", "urn:uuid:1",
    "entered-in-error",
)  # fmt: skip
"""What stands in a place instead of what belongs there; NOTHING takes it away."""


def places(node: Any, here: Place = ()) -> Iterator[Place]:
    """Every place inside a document, its containers before what they hold."""
    members: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*here, key)
        yield from places(value, (*here, key))


def damaged(request: Json, chance: random.Random) -> Json:
    """The request with one to three places of its prefetch or drafts spoilt."""
    spoilt = copy.deepcopy(request)
    for _ in range(chance.randint(1, 3)):
        part = spoilt["context" if chance.random() < 0.2 else "prefetch"]
        *way, last = chance.choice(list(places(part)))
        node: Any = part
        for step in way:
            node = node[step]
        value = chance.choice(DAMAGE)
        if value is NOTHING:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)
        if not spoilt["prefetch"] or not spoilt["context"]:
            return spoilt
    return spoilt


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_damaged_request_gets_cards_or_a_reason(client: FlaskClient, name: str) -> None:
    """F28 to F30, C7, C17: 200 and in form, or 400 or 412 with an OperationOutcome that quotes nothing."""
    request = build(VIGNETTES[name])
    chance = random.Random(name)  # noqa: S311 - a seeded order, nothing secret
    for _ in range(ROUNDS):
        answer = post(client, damaged(request, chance))
        if answer.status_code == 200:
            assert_conformant(answer.get_json())
        else:
            assert answer.status_code in (400, 412)
            assert_operation_outcome(answer.get_json())
            assert "xxx" not in json.dumps(answer.get_json())
