"""The lock files: complete, hashed, free of their origin, above the security floors, and agreeing with each other."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*[^\\]+?)?\s*\\?$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

# The first release without a known vulnerability, or the first that works with the rest (reasons in pyproject.toml).
FLOORS = {
    "flask": "3.1.3",
    "gunicorn": "25.1",
    "jinja2": "3.1.6",
    "pypdf": "7.0.1",
    "requests": "2.32.4",
    "selectolax": "1.0.2",
    "striprtf": "0.0.35",
    "urllib3": "2.7.0",
    "werkzeug": "3.1.6",
}


@cache
def pins(lock: str) -> dict[str, Version]:
    """Package to pinned version. A line that is neither pin, hash nor comment fails."""
    found: dict[str, Version] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found[canonicalize_name(match[1])] = Version(match[2])
        elif line.strip() and not HASH.match(line) and not line.lstrip().startswith("#"):
            pytest.fail(f"{lock}: not a pin and not a hash: {line}")
    return found


def declared(*groups: str) -> list[Requirement]:
    """The requirements of pyproject.toml: those of the project, or of the dependency groups named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if not groups:
        return [Requirement(each) for each in project["project"]["dependencies"]]
    listed = (each for group in groups for each in project["dependency-groups"][group])
    return [Requirement(each) for each in listed if isinstance(each, str)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    """Each pinned package is followed by at least one sha256 (operations 1.12)."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock)) > 0
    assert not [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_does_not_say_where_it_came_from(lock: str) -> None:
    """No index, no find-links, no URL and no absolute path in a lock (operations 1.12)."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|://|@ file|\s/", text)


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_security_floors_are_met(package: str, floor: str) -> None:
    """The runtime lock stands at or above each floor of the library ledger (operations 1.13)."""
    assert pins("requirements.txt")[package] >= Version(floor)


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_floors_are_declared(package: str, floor: str) -> None:
    """pyproject.toml itself refuses a version below the floor, for those who install without the lock."""
    specifiers: dict[str, SpecifierSet] = {canonicalize_name(each.name): each.specifier for each in declared()}
    last_before = Version(f"{floor}.dev0")
    assert last_before not in specifiers[package]
    assert Version(floor) in specifiers[package]


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("requirements.txt", ()), ("requirements-build.txt", ("build",)), ("requirements-dev.txt", ("build", "dev"))],
)
def test_locks_hold_what_is_declared(lock: str, groups: tuple[str, ...]) -> None:
    """Each declared dependency is locked at a version that its specifier admits; or `make lock` was forgotten."""
    for requirement in declared(*groups):
        assert pins(lock).get(canonicalize_name(requirement.name), Version("0")) in requirement.specifier, requirement


def test_locks_agree() -> None:
    """Developers run the versions that the service ships with."""
    dev = pins("requirements-dev.txt")
    for lock in LOCKS[:2]:
        assert {name: version for name, version in pins(lock).items() if dev.get(name) != version} == {}


def test_no_other_lock_lies_about() -> None:
    """One set of locks: no uv.lock, Pipfile or poetry.lock, which would record index addresses or drift."""
    assert not [
        name for name in ("uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock", "pdm.lock") if Path(ROOT / name).exists()
    ]
