"""The sample patients as files: a bundle and a request for each, and an index of them."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from cds_service.samples.writer import Written

_GENERATOR: Final = "vcf-cds sample-patients"
_README: Final = """\
<!-- written by vcf-cds sample-patients -->
# Sample patients

Made-up patients for trying out vcf-cds, as of {as_of}: nobody's data, and not clinically reviewed.
`index.json` lists them, with the hook of each and the cards that it shows.

- `ID.bundle.json`: a FHIR R4 transaction. Post it to the base of a FHIR server; sent again it changes nothing.
- `ID.request.json`: the call of the CDS service. It has neither `prefetch` nor `fhirServer`; add one of them.

The cards appear on that day and the two days after it. Later, write the files anew and send them again.
"""
_IDENTITY: Final[Mapping[str, str]] = MappingProxyType(
    {".bundle.json": "id", ".request.json": "hookInstance", "index.json": "generator"}
)
"""What the files of one name have in common, whichever day they were written for."""


def index(every: Iterable[Written]) -> list[dict[str, object]]:
    """One line a case."""
    return [
        {
            "id": each.case.id,
            "patientId": each.case.patient_id,
            "hook": each.case.hook,
            "cards": dict(each.case.cards),
            "story": each.case.story,
        }
        for each in every
    ]


def table(every: Iterable[Written]) -> str:
    """The index for people."""
    rows = [(each.case.patient_id, each.case.hook, ", ".join(each.case.cards)) for each in every]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{patient:<{widths[0]}}  {hook:<{widths[1]}}  {cards}" for patient, hook, cards in rows)


def write(folder: Path, every: Iterable[Written], as_of: date) -> int:
    """Writes the files, replaces those of an earlier day, and returns how many. Raises OSError.

    Nothing is written when one of the names is taken by something else.
    """
    content = _content(tuple(every), as_of)
    folder.mkdir(parents=True, exist_ok=True)
    taken = [name for name, new in content.items() if not _free(folder / name, new)]
    if taken:
        raise FileExistsError(errno.EEXIST, f"{', '.join(taken)}: not written by this command, so nothing was written")
    for name, new in content.items():
        (folder / name).write_bytes(new)
    return len(content)


def _content(every: tuple[Written, ...], as_of: date) -> dict[str, bytes]:
    day = as_of.isoformat()
    files = {"README.md": _README.format(as_of=day).encode()}
    files["index.json"] = _json({"generator": _GENERATOR, "asOf": day, "cases": index(every)})
    for each in every:
        files[f"{each.case.id}.bundle.json"] = _json(each.bundle())
        files[f"{each.case.id}.request.json"] = _json(each.request())
    return files


def _json(body: Mapping[str, object]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _free(file: Path, new: bytes) -> bool:
    """Whether nothing is there, or an earlier file of ours: a link is never followed."""
    if file.is_symlink():
        return False
    if not file.exists():
        return True
    return file.is_file() and _mark(file.name, file.read_bytes()) == _mark(file.name, new)


def _mark(name: str, content: bytes) -> object:
    key = next((key for ending, key in _IDENTITY.items() if name.endswith(ending)), None)
    if key is None:
        return content.partition(b"\n")[0]
    try:
        read: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return read.get(key) if isinstance(read, dict) else None
