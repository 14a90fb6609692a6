"""What the package carries, seen from an installed wheel (`make wheel-test`) and from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import cds_service
from tests.conftest import ROOT

PACKAGE = Path(str(files(cds_service)))
INSTALLED = "ON_WHEEL" in os.environ

pytestmark = pytest.mark.wheel


def test_the_package_under_test_is_the_one_meant() -> None:
    """With ON_WHEEL the package comes from site-packages, else from the checkout, never the other way round."""
    assert ("site-packages" in PACKAGE.parts) is INSTALLED
    assert (PACKAGE == ROOT / "cds_service") is not INSTALLED


@pytest.mark.skipif(not INSTALLED, reason="a checkout reads its own cards/ and openapi.yaml; this is about the wheel")
def test_the_wheel_carries_cards_and_interface() -> None:
    """Cards, value sets, sample patients and openapi.yaml are inside the package, no Python among the cards (ADR 4)."""
    cards = list((PACKAGE / "_cards").rglob("*.md"))
    assert len(cards) > 1
    assert not list((PACKAGE / "_cards").rglob("*.py"))
    assert (PACKAGE / "_openapi.yaml").stat().st_size > 0
    assert list((PACKAGE / "knowledge").rglob("*.csv"))
    assert (PACKAGE / "samples" / "cases.yaml").stat().st_size > 0


@pytest.mark.skipif(not INSTALLED, reason="a checkout has tests/ and cards/ beside the package on purpose")
def test_the_wheel_spills_nothing_into_site_packages() -> None:
    """Besides the package and its metadata, nothing of ours lies in site-packages (design, section 10)."""
    site = PACKAGE.parent
    assert not [
        name
        for name in ("cards", "tests", "openapi.yaml", "scripts", "docs", "hatch_build.py")
        if (site / name).exists()
    ]


@pytest.mark.skipif(INSTALLED, reason="this is about the checkout")
def test_a_checkout_has_no_stale_copies() -> None:
    """An editable install copies neither cards nor openapi.yaml, into the package or into site-packages."""
    assert not (PACKAGE / "_cards").exists()
    assert not (PACKAGE / "_openapi.yaml").exists()
    assert not [entry for entry in sys.path if "site-packages" in entry and (Path(entry) / "cds_service").exists()]


def test_the_command_finds_its_content() -> None:
    """`vcf-cds validate` checks all content and finds it, from any folder."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cds_service.cli", "validate"],
        cwd=PACKAGE.anchor,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
