"""Every vignette, written down in several ways, by HTTP, command line and bare core: exactly the cards expected."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.recommendations import ALL
from cds_service.recommendations.merge import MATRIX
from tests.clinical.builder import PLAIN, VARIANTS, Variant, as_of, build, load_vignettes
from tests.clinical.running import (
    EXTENSION,
    Command,
    action_resources,
    cards_of,
    evaluated,
    facts_of,
    masked,
    post,
    topics,
)
from tests.conftest import CollectFhir
from tests.schemas.conformance import assert_conformant
from tests.shares import wants_all

VIGNETTES = load_vignettes()
TOPICS = {recommendation.id for recommendation in ALL}
VARIANTS_EACH = 2


def rotation(name: str) -> tuple[Variant, ...]:
    """Two variants, chosen by the vignette's id: always the same, and over all vignettes each about as often."""
    start = hashlib.sha256(name.encode()).digest()[0]
    step = len(VARIANTS) // VARIANTS_EACH
    return tuple(VARIANTS[(start + turn * step) % len(VARIANTS)] for turn in range(VARIANTS_EACH))


every_vignette = pytest.mark.parametrize("name", list(VIGNETTES))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each vignette as it is and in one variant, with `--exhaustive` in two."""
    if "variant" in metafunc.fixturenames:
        most = VARIANTS_EACH if wants_all(metafunc.config) else 1
        cases = [(name, variant) for name in VIGNETTES for variant in (PLAIN, *rotation(name)[:most])]
        metafunc.parametrize(("name", "variant"), cases, ids=lambda part: getattr(part, "name", part))


def expected(name: str) -> dict[str, str]:
    """The cards a vignette expects."""
    return dict(VIGNETTES[name]["expect"])


def test_a_vignette_shows_exactly_its_cards(
    client: FlaskClient, collect_fhir: CollectFhir, name: str, variant: Variant
) -> None:
    """Section F: these cards with these indicators and no other, in a response that keeps to the protocol."""
    request = build(VIGNETTES[name], variant)
    answer = post(client, request)
    assert answer.status_code == 200, answer.json
    assert_conformant(answer.json)
    assert topics(answer.json) == expected(name)
    for resource in action_resources(answer.json):
        collect_fhir(resource, f"{request['hook']}-suggestions")


@every_vignette
def test_the_command_line_gives_the_same_response(client: FlaskClient, command: Command, name: str) -> None:
    """Contract, `evaluate`: the same core as HTTP, so the same response but for `evaluation_id`."""
    vignette = VIGNETTES[name]
    variant = rotation(name)[0]
    request = build(vignette, variant)
    code, printed = command("evaluate", request, "--as-of", as_of(vignette).isoformat())
    assert code == 0
    assert masked(printed) == masked(post(client, request).json)


def test_the_bare_core_gives_the_same_cards(name: str, variant: Variant) -> None:
    """Design section 3: facts, assessment and merge alone, without any protocol, come to the same."""
    vignette = VIGNETTES[name]
    request = build(vignette, variant)
    role = vignette.get("role", "clinician")
    cards = cards_of(evaluated(facts_of(request, as_of(vignette)), request["hook"], role))
    assert cards == expected(name)


@every_vignette
def test_explain_lists_everything(command: Command, name: str) -> None:
    """Contract, `explain --json`: every recommendation, each clause with its truth, citation and why unknown."""
    vignette = VIGNETTES[name]
    _, told = command("explain", build(vignette), "--json", "--as-of", as_of(vignette).isoformat())
    assert told["as_of"] == as_of(vignette).isoformat()
    assert {entry["id"] for entry in told["recommendations"]} >= TOPICS
    shown = {entry["id"] for entry in told["recommendations"] if entry["shown"]}
    assert shown == set(expected(name))
    for entry in told["recommendations"]:
        assert entry["outcome"] in ("applies", "does-not-apply", "cannot-tell")
        assert (entry["outcome"] == "applies" and not entry["shown"]) == (entry["silenced_by"] is not None)
        for criterion in entry["criteria"]:
            assert criterion["truth"] in ("met", "not-met", "unknown")
            assert criterion["role"] in ("include", "exclude", "confirm")
            assert criterion["label"]
            assert criterion["citation"]
            assert (criterion["truth"] == "unknown") == (criterion["why_unknown"] is not None)


@every_vignette
def test_the_status_says_what_was_read(client: FlaskClient, name: str) -> None:
    """Contract, HTTP: `missing` names every key of the service that was not sent, and then the status is partial."""
    vignette = VIGNETTES[name]
    extension: dict[str, Any] = post(client, build(vignette)).json["extension"][EXTENSION]
    unread = set(vignette.get("unread", ()))
    assert set(extension.get("missing", ())) == unread
    young = vignette.get("patient", {}).get("age", 78) < 18
    assert extension["status"] == ("out-of-scope" if young else "partial" if unread else "complete")


def test_the_vignettes_reach_every_card_and_hook() -> None:
    """Each topic of this build is expected by a vignette on each hook where the matrix of D14 can show it."""
    reached = {(topic, v.get("hook", "patient-view")) for v in VIGNETTES.values() for topic in v["expect"]}
    possible = {(topic, hook) for topic in TOPICS for hook in MATRIX[topic]}
    assert possible <= reached, sorted(possible - reached)
    assert {rotation(name)[0] for name in VIGNETTES} == set(VARIANTS)


def test_a_vignette_names_topics_of_this_build_and_its_rules() -> None:
    """Every expectation is a topic with a module, and says on which rows of the decision table it rests."""
    for name, vignette in VIGNETTES.items():
        assert set(vignette["expect"]) <= TOPICS, name
        assert vignette["rules"], name
        assert vignette["title"], name
