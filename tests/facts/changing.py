"""Changes one member of a frozen value, whether it is a dataclass or a Struct."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

V = TypeVar("V")


def replaced(value: V, **changes: Any) -> V:
    """The same value with some members changed."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]  # a dataclass, or this raises


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of each member; of nothing else than dataclasses and Structs."""
    if isinstance(value, msgspec.Struct):
        yield from ((name, getattr(value, name)) for name in value.__struct_fields__)
    elif dataclasses.is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
