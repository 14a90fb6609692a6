"""The labelled reports, read where they lie beside the repository and never copied into it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "reports"
FILES: Final = ("reports.jsonl", "labels.jsonl")
SOURCES: Final = {
    "iu": ("Indiana University chest X-ray reports (Open-i)", "CC BY-NC-ND 4.0"),
    "lss": ("lumbar-spine MRI notes (Mendeley Data, Radiologists Notes for Lumbar Spine MRI Dataset)", "CC BY 4.0"),
    "roco": ("figure captions of PubMed Central (ROCO v1)", "CC BY, BY-SA, BY-NC, BY-NC-SA by line"),
    "mt": ("MTSamples: MRI and CT reports, operation notes, consults", "no formal licence"),
    "va": ("VA VistA radiology reports (VA's FHIR example reports)", "CC BY-SA 4.0"),
    "negex": ("sentences of the NegEx corpus, Pittsburgh", "Apache-2.0"),
}
"""Prefix of the ids -> what it is, licence."""

_MASKED: Final = re.compile(r"XXXX (deformit|fractur)")


class DataError(Exception):
    """The data is not as its README says; the message says where, and quotes no text."""


@dataclass(frozen=True, slots=True)
class Document:
    """One report with its label (the fields of the data's README)."""

    id: str
    source: str
    """A key of SOURCES."""
    text: str
    """As it is to be read: the de-identifier's mask over "compression" is lifted."""
    label: Mapping[str, Any]

    @property
    def masked(self) -> bool:
        """Whether the de-identifier took words out that the label knows of."""
        return bool(self.label["masked"])


def lifted(text: str) -> str:
    """The text with "compression" put back before deformity and fracture, as the data's README says.

    Only validation does this: no lexicon entry may know a mask.
    """
    return _MASKED.sub(r"compression \1", text)


def _rows(file: Path) -> dict[str, dict[str, Any]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def documents(folder: Path = FOLDER) -> tuple[Document, ...]:
    """Every document that is to be scored (``exclude`` false), in the order of the file.

    Raises DataError when a report has no label or another text than the one that was labelled.
    """
    reports, labels = (_rows(folder / name) for name in FILES)
    found = []
    for name, row in reports.items():
        label = labels.get(name)
        if label is None or label["sha"] != row["sha"]:
            raise DataError(f"{name}: label the text that stands in reports.jsonl")
        source = name.partition("-")[0]
        if source not in SOURCES:
            raise DataError(f"{name}: say in SOURCES where ids with this prefix come from")
        if not label["exclude"]:
            text = lifted(row["text"]) if label["masked"] else row["text"]
            found.append(Document(name, source, text, label))
    return tuple(found)


def fingerprint(folder: Path = FOLDER) -> str:
    """SHA-256 of the reports and of the labels, shortened."""
    return " ".join(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()[:16]}" for name in FILES)
