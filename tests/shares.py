"""Which vignettes `make test` takes where asking all of them would take minutes; `make exhaustive` takes every one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest


def wants_all(config: pytest.Config) -> bool:
    """Whether the run was started with `--exhaustive`."""
    return bool(config.getoption("--exhaustive", default=False))


def in_turn(name: str, one_in: int) -> bool:
    """One in so many, and always the same ones."""
    return hashlib.sha256(name.encode()).digest()[0] % one_in == 0


def share(config: pytest.Config, names: Iterable[str], one_in: int) -> list[str]:
    """The names that this run takes."""
    every = wants_all(config)
    return [name for name in names if every or in_turn(name, one_in)]
