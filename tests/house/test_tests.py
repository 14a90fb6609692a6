"""How tests are written here: each says what it proves and then asserts it, and nothing inside is mocked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.tree import python

Function = ast.FunctionDef | ast.AsyncFunctionDef
CHECKS = {"raises", "fail", "warns"}


def every_test() -> Iterator[tuple[str, Function]]:
    """Every test function, with its place."""
    for file, tree in python("tests"):
        for node in ast.walk(tree):
            if isinstance(node, Function) and node.name.startswith("test_"):
                yield f"{file}:{node.lineno} {node.name}", node


def checks_something(test: Function) -> bool:
    """Whether it asserts, expects an error, or calls a function whose name begins with assert, check or expect."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CHECKS or name.lstrip("_").startswith(("assert", "check", "expect")):
                return True
    return False


def test_every_test_says_what_it_proves() -> None:
    """A docstring on every test."""
    assert not [place for place, test in every_test() if not ast.get_docstring(test)]


def test_every_test_checks_something() -> None:
    """No test runs code and asserts nothing."""
    assert not [place for place, test in every_test() if not checks_something(test)]


def test_nothing_inside_is_mocked() -> None:
    """The outside is faked at the socket; unittest.mock is not imported anywhere."""
    imports = [
        f"{file}:{node.lineno}"
        for file, tree in python("tests")
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("unittest") for alias in node.names))
    ]
    assert not imports


def test_skips_give_their_reason() -> None:
    """Every skip and xfail says why."""
    silent = [
        f"{file}:{node.lineno}"
        for file, tree in python("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"skip", "skipif", "xfail"}
        and not any(keyword.arg == "reason" for keyword in node.keywords)
        and not (node.func.attr == "skip" and node.args)
    ]
    assert not silent
