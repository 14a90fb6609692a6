"""Every recommendation with its outcome, and every criterion with its truth, evidence and citation: for people and for
machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds_service.criteria.criterion import Criterion
from cds_service.hooks.invoke import Evaluated
from cds_service.recommendations.merge import Judged


def explanation(evaluated: Evaluated, as_of: date) -> dict[str, object]:
    """The JSON of `vcf-cds explain --json`."""
    return {
        "as_of": as_of.isoformat(),
        "recommendations": [_judged(j) for j in evaluated.evaluation.judged],
        "missing": list(evaluated.missing),
    }


def _judged(j: Judged) -> dict[str, object]:
    judgement = j.judgement
    return {
        "id": j.recommendation.id,
        "level": judgement.level,
        "outcome": judgement.outcome.value,
        "shown": j.shown,
        "silenced_by": j.silenced_by,
        "criteria": [_criterion(c, role) for c, role in _criteria(j)],
    }


def _criteria(j: Judged) -> Iterator[tuple[Criterion, str]]:
    """The clauses that decide, then those the card shows besides (both sides of an order check)."""
    criteria = j.judgement.criteria
    listed: set[tuple[str, str]] = set()
    for role, clauses in (("include", criteria.include), ("exclude", criteria.exclude), ("confirm", criteria.confirm)):
        for clause in clauses:
            listed.add((clause.label, clause.rule))
            yield clause, role
    for clause in j.judgement.table:
        if (clause.label, clause.rule) not in listed:
            yield clause, "exclude" if clause.rule.startswith("CX") else "include"


def _criterion(criterion: Criterion, role: str) -> dict[str, object]:
    claim = criterion.claim
    return {
        "label": criterion.label,
        "role": role,
        "truth": claim.truth.value,
        "why_unknown": claim.why_unknown if claim.unknown else None,
        "evidence": [{"reference": e.reference, "value": e.value, "date": e.date} for e in claim.evidence],
        "citation": criterion.at.label,
        "rule": criterion.rule,
    }


def table(evaluated: Evaluated, as_of: date) -> str:
    """The same for people: one block a recommendation, two lines a criterion."""
    lines = [f"as of {as_of.isoformat()}"]
    for j in evaluated.evaluation.judged:
        lines += ["", _headline(j), *(line for c, role in _criteria(j) for line in _told(c, role))]
    if evaluated.missing:
        lines += ["", f"not read: {', '.join(evaluated.missing)}"]
    return "\n".join(lines)


def _headline(j: Judged) -> str:
    where = f" at {j.judgement.label}" if j.judgement.label else ""
    state = "shown" if j.shown else f"silenced by {j.silenced_by}" if j.silenced_by else "not shown"
    return f"{j.recommendation.id}{where}: {j.judgement.outcome.value} ({state})"


def _told(criterion: Criterion, role: str) -> Iterator[str]:
    claim = criterion.claim
    seen = "; ".join(f"{e.value} [{e.reference}{f', {e.date}' if e.date else ''}]" for e in claim.evidence[:3])
    why = f" - {claim.why_unknown}" if claim.unknown and claim.why_unknown else ""
    yield f"  {claim.truth.value:8} {role:8} {criterion.label}{why}{f': {seen}' if seen else ''}"
    yield f"  {'':17} {criterion.at.label} ({criterion.rule})"
