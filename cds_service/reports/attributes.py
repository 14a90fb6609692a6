"""Everything else a sentence says of a vertebral body: which word is read by which rule."""

from __future__ import annotations

from typing import Final

from cds_service.reports.causes import cause, cement
from cds_service.reports.discs import discs
from cds_service.reports.measures import elliptical, numbers
from cds_service.reports.said import Said
from cds_service.reports.signals import edema, heights, normal, plain, posterior
from cds_service.reports.statements import Statement
from cds_service.reports.walls import canal, kyphosis, wall

_PLAIN_FACTS: Final = {
    ("uptake", "tracer"): "tracer_uptake",
    ("retro", "body"): "retropulsion",
    ("cleft", "fluid"): "fluid_cleft",
    ("mass", "tissue"): "soft_tissue_mass",
    ("cordsignal", "abnormal"): "cord_signal",
    ("discsignal", "abnormal"): "disc_signal",
    ("collection", "fluid"): "collection",
    ("unstable", "said"): "unstable",
    ("ligament", "injured"): "unstable",
    ("posterior", "involved"): "posterior_elements",
}
"""(kind, value) -> field that is true when affirmed and false when denied."""

_PLAIN_NORMAL: Final = {
    ("cordsignal", "normal"): "cord_signal",
    ("discsignal", "normal"): "disc_signal",
    ("ligament", "intact"): "unstable",
    ("uptake", "quiet"): "tracer_uptake",
    ("retro", "none"): "retropulsion",
}


_READ: Final = frozenset(
    {
        *(kind for kind, _ in (*_PLAIN_FACTS, *_PLAIN_NORMAL)),
        *"edema wall canal kyphosis posterior etiology cement heights stature".split(),
    }
)
"""Kinds of marks that some rule reads."""


def read(here: Said) -> list[Statement]:
    """All attribute statements of one sentence."""
    for mark in here.c.marks:
        if _READ.isdisjoint(mark.facts):
            continue
        for kind, value in mark.facts.items():
            field = _PLAIN_FACTS.get((kind, value))
            if field is not None:
                plain(here, mark, field)
            elif (kind, value) in _PLAIN_NORMAL:
                normal(here, mark, _PLAIN_NORMAL[kind, value])
        if "edema" in mark.facts:
            edema(here, mark)
        if "wall" in mark.facts:
            wall(here, mark)
        if mark.get("canal") in ("stenosis", "cord", "noun"):
            canal(here, mark)
        if "kyphosis" in mark.facts:
            kyphosis(here, mark)
        if mark.get("posterior") == "noun":
            posterior(here, mark)
        if "etiology" in mark.facts:
            cause(here, mark)
        if mark.get("cement") in ("kyphoplasty", "vertebroplasty", "cement"):
            cement(here, mark)
        if "heights" in mark.facts or "stature" in mark.facts:
            heights(here, mark)
    discs(here)
    numbers(here)
    elliptical(here)
    return here.found
