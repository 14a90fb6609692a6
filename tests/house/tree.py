"""What belongs to the repository: its files, and its Python as syntax trees."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that is, or would be, under version control, relative to the root. Skips outside a git checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says which files are the repository's")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git is on PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def text_of(name: Path) -> str | None:
    """The text of a file of the repository, or None when it is not UTF-8 text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def python(folder: str) -> tuple[tuple[Path, ast.Module], ...]:
    """The parsed Python files below a folder of the checkout."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return tuple((file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))) for file in files)
