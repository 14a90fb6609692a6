"""Where the data files of this package are, in a checkout and in an installed wheel alike."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cds_service.knowledge.errors import ContentError

DATA_SUFFIXES = (".csv", ".toml")


def data_directory() -> Traversable:
    """The directory that holds ``thresholds.toml``, ``citations.toml``, ``conflicts.toml`` and ``value_sets/``."""
    return files("cds_service.knowledge")


def data_files(directory: Traversable) -> Iterator[tuple[str, Traversable]]:
    """Every data file below ``directory`` as (name relative to it, file), in the order of the names."""
    found: list[tuple[str, Traversable]] = []
    for entry in directory.iterdir():
        if entry.is_dir():
            found += [(f"{entry.name}/{name}", file) for name, file in data_files(entry)]
        elif entry.name.endswith(DATA_SUFFIXES):
            found.append((entry.name, entry))
    yield from sorted(found, key=lambda named: named[0])


def digest(directory: Traversable) -> str:
    """SHA-256 (hex) over names and bytes of all data files, so that a moved or edited number changes it."""
    total = hashlib.sha256()
    for name, file in data_files(directory):
        # Line ends are evened out: the same content checked out on another platform is the same knowledge.
        content = file.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def read_toml(file: Traversable) -> dict[str, Any]:
    """The parsed file. Raises ContentError naming the file when it is not UTF-8 TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{file.name}: not readable as TOML: {error}") from error


def read_csv(file: Traversable) -> tuple[tuple[str, ...], list[tuple[int, Mapping[str, str]]]]:
    """(columns, [(line, row)]) of a CSV with a header line. Raises ContentError with ``file:line`` on a ragged row."""
    try:
        reader = csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline=""), strict=True)
        columns = tuple(next(reader, ()))
        rows: list[tuple[int, Mapping[str, str]]] = []
        for values in reader:
            if len(values) != len(columns):
                raise ContentError(f"{file.name}:{reader.line_num}: {len(values)} values for {len(columns)} columns")
            rows.append((reader.line_num, dict(zip(columns, values, strict=True))))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ContentError(f"{file.name}: not readable as CSV: {error}") from error
    if len(set(columns)) != len(columns) or "" in columns:
        raise ContentError(f"{file.name}:1: column names must be present and different from each other")
    return columns, rows
