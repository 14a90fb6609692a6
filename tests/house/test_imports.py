"""Who may import what: the layers, and the bans that a linter's prefix cannot express."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.conftest import ROOT
from tests.house.tree import python


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports (`from a import b` gives `a.b`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def attributes(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Every `a.b` of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def test_import_contracts_are_kept() -> None:
    """The contracts of [tool.importlinter] hold (design: import direction, checked in the tests)."""
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_fhir_resources_means_r4b() -> None:
    """The root of fhir.resources is R5: only its R4B subpackage may be imported (hazard 1)."""
    wrong = [
        f"{file}:{line}: {name}"
        for folder in ("cds_service", "tests", "scripts")
        for file, tree in python(folder)
        for line, name in imported(tree)
        if f"{name}.".startswith("fhir.resources.") and not f"{name}.".startswith("fhir.resources.R4B.")
    ]
    assert not wrong


def test_the_environment_is_read_in_settings_alone() -> None:
    """Only settings.py reads os.environ; everything else is handed a Settings value."""
    names = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    elsewhere = [(file, tree) for file, tree in python("cds_service") if file.name != "settings.py"]
    read = [
        f"{file}:{node.lineno}" for file, tree in elsewhere for node in attributes(tree) if ast.unparse(node) in names
    ]
    read += [f"{file}:{line}" for file, tree in elsewhere for line, name in imported(tree) if name in names]
    assert not read
