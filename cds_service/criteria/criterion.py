"""One clause of a guideline with its truth, and the one place where unknown collapses into an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Literal

from msgspec import Struct

from cds_service.facts.fact import Claim
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN
from cds_service.knowledge.citations import Citation

Role = Literal["include", "exclude", "confirm"]


class Criterion(Struct, frozen=True):
    """A clause in the words of its source, what the record says of it, where the clause stands, and its rule id."""

    label: str
    claim: Claim
    at: Citation
    rule: str


def on_record(clauses: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """Of alternatives, those that a card shows: "not met" only where the record says so, never for want of an entry."""
    return tuple(c for c in clauses if not c.claim.not_met or c.claim.evidence)


class Outcome(Enum):
    """What a recommendation concludes."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does-not-apply"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True)
class Criteria:
    """The clauses of one recommendation at one level.

    ``include`` must all be met. ``exclude`` acts only when present; unknown there is listed "not documented, verify"
    and never blocks (decision 2). ``confirm`` is for what nobody codes: unknown there becomes a line "before acting,
    confirm" (decision 3).
    """

    include: tuple[Criterion, ...]
    exclude: tuple[Criterion, ...] = ()
    confirm: tuple[Criterion, ...] = ()

    @cached_property
    def outcome(self) -> Outcome:
        """Where unknown collapses: an include not met or an exclude present says no; an unknown include cannot tell."""
        if any(c.claim.truth is MET for c in self.exclude) or any(c.claim.truth is NOT_MET for c in self.include):
            return Outcome.DOES_NOT_APPLY
        if any(c.claim.truth is UNKNOWN for c in self.include):
            return Outcome.CANNOT_TELL
        return Outcome.APPLIES

    @property
    def missing(self) -> tuple[Criterion, ...]:
        """The include clauses nobody can tell."""
        return tuple(c for c in self.include if c.claim.truth is UNKNOWN)

    @property
    def failed(self) -> tuple[Criterion, ...]:
        """The include clauses documented as not met."""
        return tuple(c for c in self.include if c.claim.truth is NOT_MET)

    @property
    def present(self) -> tuple[Criterion, ...]:
        """The exclude clauses that hold."""
        return tuple(c for c in self.exclude if c.claim.truth is MET)

    @property
    def verify(self) -> tuple[Criterion, ...]:
        """The exclude clauses nobody documented either way."""
        return tuple(c for c in self.exclude if c.claim.truth is UNKNOWN)
