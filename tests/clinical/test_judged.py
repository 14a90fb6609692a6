"""What becomes of every vignette, in lines: each card with its words, each judgement that is not shown with why.

``judged.txt`` holds them, ``clauses.txt`` every clause that was ever judged, with its place in its source. Where a line
changes, the change is clinical: read the difference before keeping it
(`python -m pytest tests/clinical/test_judged.py --update-golden`). ``explained.txt`` holds eight characters a vignette,
made of all that `explain` would tell: where these alone change, so did a judgement that no card shows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from cds_service.criteria.criterion import Criterion, Outcome
from cds_service.hooks.cards import load_cards
from cds_service.hooks.markdown import plain_text
from cds_service.knowledge.citations import Citation
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import Card, Evaluation, evaluate
from cds_service.recommendations.recommendation import Hook, Judgement, Situation
from tests.clinical.builder import load_vignettes
from tests.clinical.running import LIMIT, assessment

VIGNETTES: Final = load_vignettes()
KEPT: Final = Path(__file__).with_name("judged.txt")
CLAUSES: Final = Path(__file__).with_name("clauses.txt")
EXPLAINED: Final = Path(__file__).with_name("explained.txt")
TEXTS: Final = load_cards()


def judged(name: str) -> Evaluation:
    """A vignette with every recommendation judged; never remembered: mutants are run in forks of one process."""
    vignette = VIGNETTES[name]
    hook: Hook = vignette.get("hook", "patient-view")
    return evaluate(ALL, assessment(name), Situation(hook, role=vignette.get("role", "clinician")))


def told(name: str, evaluation: Evaluation) -> str:
    """The paragraph of one vignette."""
    return "\n".join([f"== {name}", *_cards(evaluation), *_silenced(evaluation), *_open(evaluation)])


def _cards(evaluation: Evaluation) -> Iterator[str]:
    for card in evaluation.cards:
        yield f"{card.recommendation.id} [{card.indicator}] {_summary(card)}"
        leading = card.leading
        where = f"{leading.label or '-'} ({leading.level or 'no level'})"
        yield f"  at: {where}, clauses: {_digest(_clauses_of(leading))}"
        for each in leading.conflicts:
            sides = " against ".join("; ".join(e.value for e in side) for side in each.sides)
            yield f"  conflict: {each.rule} {each.where or '-'}: {sides}; open: {', '.join(each.leaves_open)}"
        if card.also:
            yield f"  also: {', '.join(each.label for each in card.also)}"
        if card.still_open:
            yield f"  still open: {', '.join(card.still_open)}"
        if leading.notes:
            yield f"  notes: {', '.join(leading.notes)}"
        for proposal in leading.proposals:
            mark = " (recommended)" if proposal.recommended else ""
            regions = "+".join(sorted(proposal.regions))
            yield f"  offers: {proposal.kind} {proposal.level or '-'} {regions or '-'}{mark}"


def _digest(lines: Iterable[str]) -> str:
    """Eight characters: enough to see that something changed."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def _clauses_of(judgement: Judgement) -> Iterator[str]:
    """What is known of each clause, with its evidence."""
    criteria = judgement.criteria
    for c in (*criteria.include, *criteria.exclude, *criteria.confirm, *judgement.table):
        seen = " ".join(f"{e.reference} {e.value} {e.date}" for e in c.claim.evidence)
        yield f"{c.label} {c.claim.truth.value} {c.claim.why_unknown} {seen}"


def explained(evaluation: Evaluation) -> str:
    """All that was judged, shown or not."""
    lines: list[str] = []
    for j in evaluation.judged:
        told = j.judgement
        lines.append(f"{j.recommendation.id} {told.label} {told.level} {told.outcome.value} {told.indicator} {j.shown}")
        lines.append(f"{j.silenced_by} {told.notes} {sorted(told.values.items())}")
        lines += [f"{p.kind} {sorted(p.regions)} {p.level} {p.recommended}" for p in told.proposals]
        lines += [f"{s.rule} {s.holds.truth.value}" for s in told.silences]
        lines += _clauses_of(told)
    return _digest(lines)


def _open(evaluation: Evaluation) -> Iterator[str]:
    found = (j for j in evaluation.judged if j.judgement.outcome is Outcome.CANNOT_TELL)
    named = dict.fromkeys(f"{j.recommendation.id} {j.judgement.label}".strip() for j in found)
    if named:
        yield f"cannot tell: {', '.join(named)}"


def _summary(card: Card) -> str:
    values = {key: plain_text(value, 50) for key, value in card.leading.values.items()}
    return TEXTS[card.recommendation.id].summary.render(**values, limit=LIMIT)


def _silenced(evaluation: Evaluation) -> Iterator[str]:
    seen = dict.fromkeys(
        f"not shown: {j.recommendation.id} at {j.judgement.label or '-'} by {j.silenced_by}"
        for j in evaluation.judged
        if j.silenced_by is not None
    )
    yield from seen


def clauses(evaluation: Evaluation) -> Iterator[tuple[str, str, Criterion]]:
    """Every clause judged, with its topic and its role."""
    for j in evaluation.judged:
        criteria = j.judgement.criteria
        parts = (("include", criteria.include), ("exclude", criteria.exclude), ("confirm", criteria.confirm))
        for role, asked in (*parts, ("shown", j.judgement.table)):
            yield from ((j.recommendation.id, role, c) for c in asked)


def line(topic: str, role: str, clause: Criterion) -> str:
    """A clause as it stands on file; a number in its label stands as #, for it is of the patient or the site."""
    label = re.sub(r"\d+(?:\.\d+)?", "#", clause.label)
    return f"{topic} | {role} | {label} | {clause.rule} | {clause.at.label}"


FOUND: Final[set[tuple[str, str, str, str, Citation]]] = set()
"""Clauses already looked up on file."""


def unheard_of(evaluation: Evaluation) -> list[str]:
    """The clauses that are not on file."""
    new = []
    for topic, role, clause in clauses(evaluation):
        key = (topic, role, clause.label, clause.rule, clause.at)
        if key in FOUND:
            continue
        if line(topic, role, clause) in kept_clauses():
            FOUND.add(key)
        else:
            new.append(line(topic, role, clause))
    return new


@cache
def kept_clauses() -> frozenset[str]:
    """The clauses on file."""
    return frozenset(CLAUSES.read_text(encoding="utf-8").splitlines())


@cache
def kept_digests() -> dict[str, str]:
    """The digests on file, by vignette."""
    return dict(row.split(" ", 1) for row in EXPLAINED.read_text(encoding="utf-8").splitlines())


@cache
def kept() -> dict[str, str]:
    """The paragraphs on file, by vignette."""
    paragraphs = KEPT.read_text(encoding="utf-8").strip().split("\n\n")
    return {paragraph.partition("\n")[0].removeprefix("== "): paragraph for paragraph in paragraphs}


def test_every_vignette_is_judged_as_it_was(pytestconfig: pytest.Config) -> None:
    """Every card's words and offers, every rule that kept a card away (decision 7) and what cannot be told; each clause
    has the words, the rule and the place in its source that were read before.

    One test, which stops at the first difference: it is what thousands of mutants are run against.
    """
    if pytestconfig.getoption("--update-golden", default=False):
        pytest.skip("being written, by the tests below")
    for name in VIGNETTES:
        evaluation = judged(name)
        assert unheard_of(evaluation) == [], name
        assert told(name, evaluation) == kept().get(name)
        assert explained(evaluation) == kept_digests().get(name), f"{name}: a judgement that no card shows has changed"


def test_no_clause_is_left_over(pytestconfig: pytest.Config) -> None:
    """Every clause on file is judged in some vignette."""
    every = {line(*each) for name in VIGNETTES for each in clauses(judged(name))}
    if pytestconfig.getoption("--update-golden", default=False):
        CLAUSES.write_text("\n".join(sorted(every)) + "\n", encoding="utf-8")
        kept_clauses.cache_clear()
    assert every == kept_clauses()


def test_no_digest_is_left_over(pytestconfig: pytest.Config) -> None:
    """One for each vignette there is."""
    if pytestconfig.getoption("--update-golden", default=False):
        EXPLAINED.write_text("".join(f"{n} {explained(judged(n))}\n" for n in VIGNETTES), encoding="utf-8")
        kept_digests.cache_clear()
    assert list(kept_digests()) == list(VIGNETTES)


def test_no_paragraph_is_left_over(pytestconfig: pytest.Config) -> None:
    """The file holds the vignettes there are and no other."""
    if pytestconfig.getoption("--update-golden", default=False):
        KEPT.write_text("\n\n".join(told(name, judged(name)) for name in VIGNETTES) + "\n", encoding="utf-8")
        kept.cache_clear()
    assert list(kept()) == list(VIGNETTES)
