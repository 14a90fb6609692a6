"""One version, written in several places, and documents that name only what exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.metadata import version

import pytest
import yaml

from tests.conftest import ROOT


def project() -> dict[str, str]:
    """The [project] table of pyproject.toml, its plain strings."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {key: value for key, value in table.items() if isinstance(value, str)}


def in_changelog() -> str:
    """The newest released version of CHANGELOG.md."""
    found = re.search(
        r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1] if found else "none"


def in_dockerfile() -> str:
    """The default of the Dockerfile's VERSION argument."""
    found = re.search(r"^ARG VERSION=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "none"


def in_openapi() -> str:
    """info.version of openapi.yaml."""
    description = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return str(description["info"]["version"])


@pytest.mark.parametrize("where", [in_changelog, in_dockerfile, in_openapi], ids=lambda where: where.__name__)
def test_versions_agree(where: Callable[[], str]) -> None:
    """pyproject.toml, the changelog, the Dockerfile and openapi.yaml give the same version."""
    assert where() == project()["version"]


def test_what_is_installed_is_what_is_here() -> None:
    """The environment holds this version of the package, not one installed before a bump."""
    assert version("vcf-cds") == project()["version"]


def test_the_licence_is_complete() -> None:
    """LICENSE is the whole of Apache-2.0, which pyproject.toml names."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project()["license"] == "Apache-2.0"
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize(
    "owner",
    ["SNOMED International", "Regenstrief Institute", "National Library of Medicine", "American Medical Association"],
)
def test_notice_names_the_owners(owner: str) -> None:
    """Each terminology whose licence asks for a notice has one (terminology, section 4)."""
    assert owner in re.sub(r"\s+", " ", (ROOT / "NOTICE").read_text(encoding="utf-8"))
