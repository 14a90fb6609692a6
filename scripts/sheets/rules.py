"""Which rows of the decision table a module speaks of, found in its source and in the criteria it judges by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import cds_service
from cds_service.hooks.evidence import statements
from cds_service.knowledge.coverage import load_coverage
from cds_service.knowledge.thresholds import load_thresholds

PACKAGE: Final = Path(str(cds_service.__file__)).parent
_FAMILY: Final = "G|FX|AC|LV|ET|RF|IM|CM|VA|CX|VK|SP|OS|PP|FU|OC|CF|SL|S[0-4]"
RULE: Final = re.compile(rf"\b(?:{_FAMILY})-\d\d[a-z]?\b")
_RANGE: Final = re.compile(rf"\b({_FAMILY})-(\d\d) to (?:\1-)?(\d\d)\b")


def rules_in(text: str) -> frozenset[str]:
    """Every rule or statement id of a text, "CM-01 to CM-05" being those of the register between the two."""
    known = load_coverage()
    ranges = {
        f"{family}-{number:02}"
        for family, first, last in _RANGE.findall(text)
        for number in range(int(first), int(last) + 1)
    }
    return frozenset(RULE.findall(text)) | (ranges & {*known.rules, *known.statements})


def module_file(name: str) -> Path:
    """``criteria.acuity`` -> its file."""
    return PACKAGE.joinpath(*name.split(".")).with_suffix(".py")


@cache
def module_text(name: str) -> str | None:
    """The source of a module of the package; None where there is none."""
    file = module_file(name)
    return file.read_text(encoding="utf-8") if file.is_file() else None


@cache
def rules_of_module(name: str) -> frozenset[str]:
    """What a module says in its docstrings, comments and literals."""
    return rules_in(module_text(name) or "")


@cache
def rules_of_recommendation(topic: str) -> frozenset[str]:
    """What a recommendation judges by, and what its own module names: there a range ("PP-01 to PP-11") names its ends
    alone, for what lies between has to show in a criterion, a docstring of its own or the card.
    """
    clauses = (c for s in statements(load_thresholds()) if s.recommendation.id == topic for c in s.clauses)
    judged = {rule for clause in clauses for rule in clause.rule.split(", ")}
    return frozenset({*judged, *RULE.findall(module_text(f"recommendations.{topic.replace('-', '_')}") or "")})


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the package by its name below it, parsed."""
    files = sorted(PACKAGE.rglob("*.py"))
    names = (".".join(file.relative_to(PACKAGE).with_suffix("").parts) for file in files)
    return tuple(zip(names, (ast.parse(file.read_text(encoding="utf-8")) for file in files), strict=True))


_POSITION: Final = {"Criterion": 3, "Silence": 0}
"""Where a call names its rule when no keyword does."""


@cache
def rule_literals(*kinds: str) -> tuple[tuple[str, str], ...]:
    """Module and rule of every `Criterion` and `Silence` (or of these ``kinds``) whose rule is written out; of
    "OC-26, OC-27" both.
    """
    found: list[tuple[str, str]] = []
    for name, tree in modules():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            kind = getattr(call.func, "id", "")
            if kind not in (kinds or _POSITION):
                continue
            named = [keyword.value for keyword in call.keywords if keyword.arg == "rule"]
            given = named or call.args[_POSITION[kind] : _POSITION[kind] + 1]
            texts = (str(ast.literal_eval(each)) for each in given if _is_text(each))
            found += ((name, rule) for text in texts for rule in text.split(", "))
    return tuple(found)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def cited_lines() -> Iterator[tuple[str, str, str]]:
    """Module, source and place of every `cite("S2", "line 22")` in the code."""
    for name, tree in modules():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") == "cite" and len(call.args) == 2 and all(map(_is_text, call.args)):
                source, place = (str(ast.literal_eval(each)) for each in call.args)
                yield name, source, place


def lines_of(place: str) -> tuple[int, ...]:
    """``line 6`` -> (6,); ``lines 8 and 16`` -> (8, 16); ``lines 26 to 30`` -> all five; else nothing."""
    found = re.match(r"lines? (\d+)(?:(?: (and|to) |-)(\d+))?", place)
    if not found:
        return ()
    first, joint, last = int(found[1]), found[2], found[3]
    if last is None:
        return (first,)
    return (first, int(last)) if joint == "and" else tuple(range(first, int(last) + 1))
