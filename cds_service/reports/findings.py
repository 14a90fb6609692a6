"""What a radiology report says, one vertebral level at a time: plain values, no reading here.

The field names and their vocabulary are those of `vcf-cds read-report --json`; a fact the words do not settle is
``None``, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Span = tuple[int, int]
"""Half-open range of code points in the text as read."""

Status = Literal["present", "absent", "possible", "historical", "treated"]
Morphology = Literal["wedge", "biconcave", "crush", "burst", "chance", "plana"]
Acuity = Literal["acute", "subacute", "chronic", "indeterminate"]
Grade = Literal["mild", "moderate", "severe", "genant-1", "genant-2", "genant-3", "plana"]
Change = Literal["new", "unchanged", "progressed", "improved"]
PosteriorWall = Literal["intact", "disrupted", "bowed"]
CanalCompromise = Literal["none", "mild", "moderate", "severe", "cord"]
Etiology = Literal["osteoporotic", "pathologic", "suspicious", "infectious", "traumatic", "benign-lesion"]
Augmentation = Literal["kyphoplasty", "vertebroplasty", "cement"]
Region = Literal[
    "cervical",
    "upper-thoracic",
    "mid-thoracic",
    "lower-thoracic",
    "thoracic",
    "thoracolumbar",
    "lumbar",
    "sacral",
    "spine",
]
NotRead = Literal["language", "empty", "truncated", "image", "encrypted", "format"]

BODY_LEVELS: Final = tuple(f"T{n}" for n in range(1, 13)) + tuple(f"L{n}" for n in range(1, 6))
"""T1 to L5, cranial to caudal: the only levels that take part in augmentation logic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFinding:
    """What one report says of one vertebral level (or, with ``level=None``, of a fracture whose level it does not
    name)."""

    level: str | None
    """``T1``..``L5``; another bone's own words (``sacrum``, ``C5``) outside that range; ``None`` when not named."""
    level_certain: bool = True
    region: Region | None = None
    status: Status | None = None
    morphology: Morphology | None = None
    acuity: Acuity | None = None
    marrow_edema: bool | None = None
    tracer_uptake: bool | None = None
    height_loss_percent: tuple[float, float] | None = None
    """Closed interval in percent of body height."""
    height_loss_grade: Grade | None = None
    height_change: Change | None = None
    retropulsion_mm: float | None = None
    retropulsion: bool | None = None
    posterior_wall: PosteriorWall | None = None
    canal_compromise: CanalCompromise | None = None
    kyphosis_degrees: float | None = None
    kyphosis: bool | None = None
    etiology: Etiology | None = None
    fluid_cleft: bool | None = None
    augmentation: Augmentation | None = None
    posterior_elements: bool | None = None
    soft_tissue_mass: bool | None = None
    cord_signal: bool | None = None
    disc_signal: bool | None = None
    collection: bool | None = None
    unstable: bool | None = None
    evidence: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}))
    """Field name -> the words that state it."""
    span: Span = (0, 0)
    text: str = ""
    """Exactly the slice ``span`` of the text as read."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two places of one report that disagree about one field of one level."""

    level: str | None
    field: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class InfectionWord:
    """One place where a report speaks of an infection of the spine."""

    levels: tuple[str, ...]
    """The level, both levels of a disc space, or nothing where none is named."""
    said: Literal["stated", "possible", "denied"]
    """Possible where it is hedged ("discitis cannot be excluded"); denied also where it is over ("resolved")."""
    span: Span
    field: Literal["etiology", "collection"] = "etiology"
    """An infection by name, or a collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReading:
    """All that one report says; ``not_read`` gives the reason when the text could not be read."""

    findings: tuple[LevelFinding, ...] = ()
    infections: tuple[InfectionWord, ...] = ()
    """Where it stands, for whoever weighs reports against each other; what is stated is a finding too. Not printed."""
    regions_without_fracture: tuple[Region, ...] = ()
    regions_without_acute_fracture: tuple[Region, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    study_limited: bool = False
    not_read: NotRead | None = None
