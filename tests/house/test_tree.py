"""The repository speaks of the project alone: nothing of the machine, the registry or the desk it was written at."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import ROOT
from tests.house.tree import text_of, tracked_files

# Spelt in halves, so that this file does not contain what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+|Use" r"rs/\w+|tm" r"p/\w+)(?:/|\b(?!\w))")
TMPFS = re.compile(r"--tmpfs \S+")
REGISTRY_HOSTS = re.compile(
    r"\b(?:py" r"pi\.org|pytho" r"nhosted\.org|registry\.np" r"mjs\.org|repo1?\.mav" r"en\.(?:apache\.)?org"
    r"|proxy\.gola" r"ng\.org"
    r"|deb\.deb" r"ian\.org|docke" r"r\.io|crat" r"es\.io)\b"
)  # fmt: skip
TICKET = re.compile(r"\biss" r"ues? #?\d+\b", re.IGNORECASE)
FORBIDDEN = {
    "a path of somebody's machine": MACHINE_PATH,
    "the host of a registry": REGISTRY_HOSTS,
    "the number of a ticket": TICKET,
}

GENERATED = re.compile(
    r"(^|/)(__pycache__|\.venv|build|dist|var|.*\.egg-info)(/|$)|\.(pyc|log|sqlite3?)$|(^|/)\.(env|DS_Store)$"
)
MAXIMUM_BYTES = 2_000_000


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names_the_machine_it_was_written_on(what: str) -> None:
    """No tracked file holds a machine's path, a registry's host or a ticket's number."""
    found = []
    for name in tracked_files():
        for number, line in enumerate((text_of(name) or "").splitlines(), 1):
            if FORBIDDEN[what].search(TMPFS.sub("", line)):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert not found, f"{what}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("what", "line", "caught"),
    [
        ("a path of somebody's machine", "see /wo" + "rk/main/README.md", True),
        ("a path of somebody's machine", "open('/tm" + "p/body.json')", True),
        ("a path of somebody's machine", "docs/homework/plan.md", False),
        ("a path of somebody's machine", "https://example.org/work/1", False),
        ("the host of a registry", "index = https://py" + "pi.org/simple", True),
        ("the number of a ticket", "fixes iss" + "ue 12", True),
    ],
)
def test_the_patterns_catch_what_they_are_for(what: str, line: str, caught: bool) -> None:
    """The three patterns above find their target and spare its neighbours."""
    assert bool(FORBIDDEN[what].search(line)) is caught


def test_nothing_generated_or_huge_is_tracked() -> None:
    """Build output, caches, local databases and files over 2 MB stay out of the repository."""
    generated = [str(name) for name in tracked_files() if GENERATED.search(name.as_posix())]
    huge = [str(name) for name in tracked_files() if (ROOT / name).stat().st_size > MAXIMUM_BYTES]
    assert not generated
    assert not huge


def test_no_python_lies_among_the_cards() -> None:
    """cards/ holds words alone (ADR 4)."""
    assert not list((ROOT / "cards").rglob("*.py"))


def test_no_package_is_empty() -> None:
    """Every package holds at least one module beside its __init__ (or an __init__ with content)."""
    empty = []
    for init in (ROOT / "cds_service").rglob("__init__.py"):
        others = [file for file in init.parent.iterdir() if file != init and file.name != "__pycache__"]
        if not others and not init.read_text(encoding="utf-8").strip():
            empty.append(str(init.parent.relative_to(ROOT)))
    assert not empty


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def markdown() -> list[Path]:
    """The Markdown files a reader of the repository meets; cards are templates and are left out."""
    return [name for name in tracked_files() if name.suffix == ".md" and name.parts[0] != "cards"]


def test_links_between_documents_lead_somewhere() -> None:
    """Each relative link of a Markdown file names a file that exists."""
    broken = []
    for name in markdown():
        for target in LINK.findall(text_of(name) or ""):
            path = unquote(target.partition("#")[0])
            if path and not re.match(r"[a-z][a-z+.-]*:", path) and not (ROOT / name.parent / path).exists():
                broken.append(f"{name}: {target}")
    assert not broken
