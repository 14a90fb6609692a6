"""What a recommendation is, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from cds_service.criteria.assessment import Assessment
from cds_service.criteria.conflicts import DataConflict
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.facts.fact import Claim, Evidence
from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.citations import Citation

Indicator = Literal["info", "warning", "critical"]
Hook = Literal[
    "patient-view",
    "order-select",
    "order-sign",
    "encounter-start",
    "encounter-discharge",
    "appointment-book",
    "problem-list-item-create",
    "order-dispatch",
]
ProposalKind = Literal[
    "mri",
    "mri-with-contrast",
    "spect-ct",
    "bone-scan-and-ct",
    "brace",
    "physiotherapy",
    "recheck",
    "augmentation-referral",
    "spine-surgery-consult",
    "radiographs",
    "remove-duplicate",
    "tumour-board-referral",
    "dxa",
    "vitamin-d-test",
    "secondary-cause-panel",
    "bone-health-referral",
]
Role = Literal["clinician", "nurse", "scheduler"]


@dataclass(frozen=True, slots=True)
class Situation:
    """The moment of the call: its hook, and the readings the site chose for conflicts between sources (by config
    key).
    """

    hook: Hook
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    for_clinician: bool = True
    """False when the user is the patient or a relative: what is written for clinicians is not shown to them."""
    role: Role = "clinician"
    """What the user's PractitionerRole says (SL-07); a clinician when nothing says otherwise."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft the card offers; `orders` turns it into a resource."""

    kind: ProposalKind
    regions: frozenset[SpineRegion]
    level: Level | None
    recommended: bool = False
    draft: Evidence | None = None
    """The clinician's own draft that ``remove-duplicate`` takes away."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule that keeps a recommendation off the screen although it applies (decision 7)."""

    rule: str
    holds: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A recommendation's answer at one level (``level`` None: of the patient, or of a fracture without a named
    level).
    """

    criteria: Criteria
    outcome: Outcome
    level: Level | None = None
    label: str = ""
    indicator: Indicator = "info"
    table: tuple[Criterion, ...] = ()
    """The clauses the card shows, in the order of the source."""
    conflicts: tuple[DataConflict, ...] = ()
    """Entries of the record that disagree, a line each."""
    notes: tuple[str, ...] = ()
    """Keys of the card's own extra lines."""
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the card's summary and text may name."""
    proposals: tuple[Proposal, ...] = ()
    silences: tuple[Silence, ...] = ()

    @property
    def silenced_by(self) -> str | None:
        """The first rule that silences it."""
        return next((s.rule for s in self.silences if s.holds.met), None)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One statement of a source, with what it needs and how it is judged."""

    id: str
    statement: str
    sources: tuple[Citation, ...]
    needs: frozenset[str]
    """Prefetch keys whose data its criteria read."""
    judge: Callable[[Assessment, Situation], tuple[Judgement, ...]]


def judgement(criteria: Criteria, **rest: object) -> Judgement:
    """A judgement whose outcome is that of its criteria and whose table shows them all."""
    table = (*criteria.include, *criteria.exclude, *criteria.confirm)
    return Judgement(criteria=criteria, outcome=criteria.outcome, table=table, **rest)  # type: ignore[arg-type] # `rest` are fields of Judgement
