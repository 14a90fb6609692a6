"""The README tells the truth: its commands exist, its example runs, and the limits of use stand where all read them."""

from __future__ import annotations

import json
import re

import pytest

from scripts.docs import RESPONSE, evaluate, sample_request, shown
from tests.conftest import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md")
CONTRACT = ("run", "test", "check")


def read(name: str) -> str:
    """A text file of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z][a-z0-9-]*):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_in_documents_exist(name: str) -> None:
    """Every `make X` that a document names is a target."""
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", read(name), re.MULTILINE))
    assert named <= targets()


@pytest.mark.parametrize("target", CONTRACT)
def test_promised_targets_exist_and_are_documented(target: str) -> None:
    """`make run`, `make test` and `make check` are part of the contract, phony, and explained by `make help`."""
    makefile = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert target in phony[1].split()
    assert re.search(rf"^{target}:.*## \S", makefile, re.MULTILINE)


@pytest.mark.parametrize("phrase", ["Not clinically reviewed", "Not a medical device", "acute trauma or emergencies"])
def test_the_readme_says_what_this_is_not(phrase: str) -> None:
    """The limits of use stand in the README."""
    assert phrase in read("README.md")


def test_the_sample_in_the_readme_is_what_the_service_answers() -> None:
    """The README's request, evaluated, gives exactly the card that the README shows; `make docs` writes it again."""
    text = read("README.md")
    as_of, request = sample_request(text)
    block = RESPONSE.search(text)
    assert block
    assert block[2] == shown(evaluate(request, as_of)), "run `make docs`"
    assert json.loads(block[2].removeprefix("```json\n").removesuffix("```\n"))["summary"]
