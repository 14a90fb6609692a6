"""A fact is a value or the reason there is none; a claim is a proposition with its truth. Both carry their evidence.

Extractors produce facts; criteria turn facts into claims and combine them. Evidence is kept through every combination,
so a card can
always say on what it rests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, Generic, TypeVar

from msgspec import Struct

from cds_service.facts import truth as kleene
from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth

T = TypeVar("T")
U = TypeVar("U")

NOT_DOCUMENTED: Final = "not documented"
SEPARATOR: Final = "; "
"""Between the reasons of a claim that several unknowns left open."""


class Evidence(Struct, frozen=True):
    """One place in the record: which resource, what it says, of which day (ISO date, partial allowed)."""

    reference: str
    value: str
    date: str | None = None


class Fact(Struct, Generic[T], frozen=True):
    """A value with its evidence, or why there is none."""

    value: T | None
    why_unknown: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def known(self) -> bool:
        return self.why_unknown is None

    def claim(self, says: Callable[[T], bool | None]) -> Claim:
        """The claim that ``says`` holds of the value; unknown when there is no value or ``says`` cannot tell."""
        if self.value is None:
            return unknown(self.why_unknown or NOT_DOCUMENTED, self.evidence)
        return claim(says(self.value), self.evidence)


def fact(value: T, *evidence: Evidence) -> Fact[T]:
    """A known value."""
    return Fact(value, None, evidence)


def no_fact(why: str = NOT_DOCUMENTED, *evidence: Evidence) -> Fact[T]:
    """No value, and why."""
    return Fact(None, why, evidence)


class Claim(Struct, frozen=True):
    """One proposition about the patient: its truth, why it is unknown when it is, and the evidence."""

    truth: Truth
    why_unknown: str | None = None
    evidence: tuple[Evidence, ...] = ()

    def __and__(self, other: Claim) -> Claim:
        return all_of(self, other)

    def __or__(self, other: Claim) -> Claim:
        return any_of(self, other)

    def __invert__(self) -> Claim:
        return Claim(~self.truth, self.why_unknown, self.evidence)

    @property
    def met(self) -> bool:
        return self.truth is MET

    @property
    def not_met(self) -> bool:
        return self.truth is NOT_MET

    @property
    def unknown(self) -> bool:
        return self.truth is UNKNOWN

    def because(self, why: str) -> Claim:
        """The same claim with a better reason for being unknown."""
        return Claim(self.truth, why, self.evidence) if self.truth is UNKNOWN else self


def claim(known: bool | None, evidence: Iterable[Evidence] = (), why: str = NOT_DOCUMENTED) -> Claim:
    """A claim from a plain yes, no or not known."""
    if known is None:
        return unknown(why, evidence)
    return Claim(MET if known else NOT_MET, None, tuple(evidence))


def met(*evidence: Evidence) -> Claim:
    """True, on this evidence."""
    return Claim(MET, None, evidence)


def not_met(*evidence: Evidence) -> Claim:
    """False, on this evidence."""
    return Claim(NOT_MET, None, evidence)


def unknown(why: str = NOT_DOCUMENTED, evidence: Iterable[Evidence] = ()) -> Claim:
    """Neither, and why."""
    return Claim(UNKNOWN, why, tuple(evidence))


def all_of(*claims: Claim) -> Claim:
    """Kleene AND of claims."""
    return _combine(kleene.all_of([c.truth for c in claims]), claims)


def any_of(*claims: Claim) -> Claim:
    """Kleene OR of claims."""
    return _combine(kleene.any_of([c.truth for c in claims]), claims)


def at_least(k: int, *claims: Claim) -> Claim:
    """Kleene "at least k of" these claims."""
    return _combine(kleene.at_least(k, [c.truth for c in claims]), claims)


def _combine(truth: Truth, claims: tuple[Claim, ...]) -> Claim:
    """Keeps the evidence of the claims that decided: those of the result's own truth (all of them when the result is
    unknown).
    """
    if truth is not UNKNOWN:
        return Claim(truth, None, _each_once([e for c in claims if c.truth is truth for e in c.evidence]))
    # A reason may itself be several, joined by an inner claim: each is said once.
    whys = [c.why_unknown or NOT_DOCUMENTED for c in claims if c.truth is UNKNOWN]
    reasons = dict.fromkeys(reason for why in whys for reason in why.split(SEPARATOR))
    return Claim(truth, SEPARATOR.join(reasons), _each_once([e for c in claims for e in c.evidence]))


def _each_once(evidence: list[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence)) if len(evidence) > 1 else tuple(evidence)


class Interval(Struct, frozen=True):
    """A number known only to lie between two bounds, both included; ``high`` is None when there is no upper bound."""

    low: float
    high: float | None

    def at_most(self, limit: float) -> bool | None:
        """Wholly at or under the limit, wholly over it, or across it (not known)."""
        if self.high is not None and self.high <= limit:
            return True
        return False if self.low > limit else None

    def at_least(self, limit: float) -> bool | None:
        """Wholly at or over the limit, wholly under it, or across it (not known)."""
        if self.low >= limit:
            return True
        return False if self.high is not None and self.high < limit else None

    def above(self, limit: float) -> bool | None:
        """Wholly over the limit, wholly at or under it, or across it (not known)."""
        below = self.at_most(limit)
        return None if below is None else not below

    def below(self, limit: float) -> bool | None:
        """Wholly under the limit, wholly at or over it, or across it (not known)."""
        above = self.at_least(limit)
        return None if above is None else not above

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low:g}"
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"


def days_between(first: date, last: date, reference: date) -> Interval:
    """Days from a day known to lie in [first, last] to the reference date."""
    return Interval((reference - last).days, (reference - first).days)
