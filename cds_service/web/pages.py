"""The evidence pages: what a recommendation says, who says so, by which criteria, and that nobody has reviewed it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from flask import render_template

NOT_REVIEWED: Final = "not yet clinically reviewed"

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h1{line-height:1.2}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}"
    ".notice{border-left:.3rem solid #b35900;padding:.25rem .75rem;background:#fff6eb}"
)

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

PAGE_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy of a page: its one style, no script, no frame."""


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """Where a statement stands: ``place`` is the page or section, ``url`` an https address or empty."""

    label: str
    place: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceCriterion:
    """One clause in the words of its source. ``role`` is ``include``, ``exclude`` or ``confirm``."""

    label: str
    role: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """All that is shown of one recommendation. ``disagreements`` tell where its sources disagree; ``site_choices`` are
    sentences about what this site changed.
    """

    id: str
    title: str
    statement: str
    criteria: tuple[EvidenceCriterion, ...] = ()
    sources: tuple[EvidenceSource, ...] = ()
    strength: str = ""
    reviewed: str = NOT_REVIEWED
    knowledge: str = ""
    disagreements: tuple[str, ...] = ()
    site_choices: tuple[str, ...] = ()

    def described(self) -> dict[str, object]:
        """The page for machines; empty members are left out."""
        return {name: _without_empty(value) for name, value in asdict(self).items() if value not in ("", ())}


def _without_empty(value: object) -> object:
    if isinstance(value, tuple):
        return [_without_empty(item) for item in value]
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item != ""}
    return value


def index(pages: Mapping[str, EvidencePage]) -> dict[str, object]:
    """The list of pages for machines."""
    return {
        "clinicalReview": NOT_REVIEWED,
        "recommendations": [{"id": page.id, "title": page.title, "reviewed": page.reviewed} for page in pages.values()],
    }


def index_html(pages: Mapping[str, EvidencePage], base: str) -> str:
    """The list of pages for people; ``base`` is the public URL of the service."""
    return render_template("evidence.html", pages=pages.values(), base=base, style=STYLE, notice=NOT_REVIEWED)


def page_html(page: EvidencePage, base: str) -> str:
    """One page for people."""
    return render_template("recommendation.html", page=page, base=base, style=STYLE, notice=NOT_REVIEWED)
