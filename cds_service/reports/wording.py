"""Facts of a report, and why its words are meant as they are, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, get_args

from cds_service.reports.findings import NotRead, Region
from cds_service.reports.statements import Value
from cds_service.reports.trace import Fact, Meant, Place

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "morphology": "shape",
        "acuity": "age",
        "marrow_edema": "marrow edema",
        "tracer_uptake": "tracer uptake",
        "height_loss_percent": "height loss",
        "height_loss_grade": "degree of height loss",
        "height_change": "compared with before",
        "retropulsion": "retropulsion",
        "retropulsion_mm": "extent of retropulsion",
        "posterior_wall": "posterior wall",
        "canal_compromise": "canal narrowing",
        "kyphosis": "kyphosis",
        "kyphosis_degrees": "angle of kyphosis",
        "etiology": "cause",
        "fluid_cleft": "fluid cleft",
        "augmentation": "augmentation",
        "posterior_elements": "posterior elements involved",
        "soft_tissue_mass": "soft-tissue mass",
        "cord_signal": "abnormal cord signal",
        "disc_signal": "abnormal disc signal",
        "collection": "fluid collection",
        "unstable": "unstable",
    }
)
"""Field of a finding -> its name, in the order in which a level is told."""
STATUS: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        "present": "fracture present",
        "possible": "fracture possible",
        "absent": "no fracture",
        "historical": "fracture in the past",
        "treated": "treated, no current fracture",
        None: "nothing stated of a fracture",
    }
)
NOT_READ: Final[Mapping[NotRead, str]] = MappingProxyType(
    {
        "language": "only English is read",
        "empty": "there is no text",
        "truncated": "it is too long, and only its beginning was read",
        "image": "it is an image, and only text is read",
        "encrypted": "it is encrypted",
        "format": "only plain text is read",
    }
)
_REGIONS: Final = frozenset(get_args(Region))
_UNITS: Final = {"height_loss_percent": " %", "retropulsion_mm": " mm", "kyphosis_degrees": " degrees"}
_VALUES: Final = {
    "genant-1": "Genant 1",
    "genant-2": "Genant 2",
    "genant-3": "Genant 3",
    "nonacute": "not acute",
    "both": "old and new",
}
_WHOLE: Final = {"acute": "no acute fracture", "study_limited": "study limited", "level_certain": "levels not certain"}
"""Facts that are no field of a finding."""
_STANDING: Final = {"taken": "", "contradicted": " (contradicted)", "left": " (not taken)"}
_REASONS: Final[Mapping[Meant, str]] = MappingProxyType(
    {
        "stated": "read with",
        "denied": "denied by",
        "acute-denied": "denied of the acute alone by",
        "doubted": "doubted by",
        "past": "told of the past by",
        "supposed": "spoken of, not found, by",
        "other": "another one by",
        "elsewhere": "of another bone:",
        "aside": "no finding under",
    }
)


_WORDLESS: Final[Mapping[Meant, str]] = MappingProxyType(
    {
        "loose": "not tied to a vertebra",
        "open": "left open by its own words",
        "doubted": "doubted",
        "past": "told of the past",
        "supposed": "spoken of, not found",
        "other": "another one",
        "elsewhere": "of another bone",
        "aside": "in a part that is no finding",
    }
)
"""The same where no single word makes it so."""


def named(field: str) -> str:
    """The plain name of a field of a finding."""
    return NAMES.get(field, field.replace("_", " "))


def value_in_words(field: str, value: Value) -> str:
    """A value of a field: "35 %", "yes", "not acute"."""
    if isinstance(value, tuple):
        low, high = value
        return f"{low:g}{'' if low == high else f' to {high:g}'}{_UNITS.get(field, '')}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:g}{_UNITS.get(field, '')}"
    return _VALUES.get(str(value), str(value))


def told(facts: Iterable[Fact]) -> str:
    """Facts in plain words, one that several levels share said once: "T12, L1 fracture present", "no fracture
    (lumbar)"."""
    shared: dict[str, list[str]] = {}
    for fact in facts:
        if fact.field == "status":
            said = STATUS.get(str(fact.value), str(fact.value))
        else:
            said = _WHOLE.get(fact.field) or f"{named(fact.field)}: {value_in_words(fact.field, fact.value)}"
        shared.setdefault(said + _STANDING[fact.standing], []).extend([fact.where] if fact.where else [])
    return "; ".join(_placed(said, where) for said, where in shared.items())


def _placed(said: str, where: list[str]) -> str:
    levels = ", ".join(place for place in where if place not in _REGIONS)
    regions = ", ".join(place for place in where if place in _REGIONS)
    return f"{levels} {said}{f' ({regions})' if regions else ''}".strip()


def reason(place: Place, words: str) -> str:
    """Why the words of a place are not simply stated; ``words`` quotes those that make it so."""
    if place.section == "note":
        return "in a note, no result of imaging"
    return f"{_REASONS[place.meant]} {words}" if words else _WORDLESS.get(place.meant, "")
