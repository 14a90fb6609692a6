"""What a card says besides its own words: where the sources disagree about this patient, and what this site chose.

A line is printed only where it changes how the card reads: a conflict whose sides answer differently here, a signed
choice without which the card would not be there or would say something else (ADR 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cds_service.criteria.assessment import LevelFacts, assess
from cds_service.criteria.sources import sides_differ
from cds_service.hooks.markdown import escaped
from cds_service.knowledge.conflicts import Conflict, load_conflicts
from cds_service.knowledge.site import Signed, Site
from cds_service.recommendations import ALL
from cds_service.recommendations.merge import Card, Evaluation, evaluate

MOST_LINES: Final = 2
"""Lines on where sources disagree that one card prints; what is beyond is on its evidence page."""
LONGEST_STAMP: Final = 250

Reads = Callable[[Card, Evaluation], object]
"""What a card says, in a form that can be compared."""


def disagreeing(card: Card, evaluation: Evaluation, site: Site) -> tuple[str, ...]:
    """ "Sources disagree": a line for each conflict of this card whose sides differ for this patient."""
    topic, a = card.recommendation.id, evaluation.assessment
    levels = _levels_of(card, evaluation)
    concerned = [c for c in load_conflicts().values() if topic in c.shown_on and sides_differ(c.id, a, levels)]
    lines = tuple(_line(conflict, site) for conflict in concerned[:MOST_LINES])
    beyond = len(concerned) - MOST_LINES
    return (*lines, f"Sources disagree on {beyond} more: see the evidence page.") if beyond > 0 else lines


def _line(conflict: Conflict, site: Site) -> str:
    """All sides with a source each, and what is done here."""
    here = conflict.reading(site.chosen(conflict))
    return f"Sources disagree ({conflict.id}, {conflict.title.lower()}): {conflict.brief}. Here: {here}."


def _levels_of(card: Card, evaluation: Evaluation) -> Sequence[LevelFacts]:
    """The levels that a card is about; all of them for one that is the patient's."""
    named = {judgement.label for judgement in (card.leading, *card.also)}
    levels = evaluation.assessment.levels
    return tuple(level for level in levels if level.label in named) or levels


def stamps(evaluation: Evaluation, site: Site, reads: Reads) -> Mapping[str, tuple[str, ...]]:
    """By topic, a line for each signed choice that altered its card: without it, the card would not be there, or would
    read otherwise.
    """
    altering = tuple(signed for signed in site.signed if signed.alters)
    if not altering:
        return {}
    now = {card.recommendation.id: reads(card, evaluation) for card in evaluation.cards}
    lines: dict[str, tuple[str, ...]] = {}
    for signed in altering:
        without = _without(signed, evaluation, site)
        then = {card.recommendation.id: reads(card, without) for card in without.cards}
        for topic, says in now.items():
            if then.get(topic) != says:
                lines[topic] = (*lines.get(topic, ()), escaped(signed.sentence, LONGEST_STAMP))
    return lines


def _without(signed: Signed, evaluation: Evaluation, site: Site) -> Evaluation:
    """The same call at a site that did not make this choice."""
    other = site.without(signed)
    kept = {key: value for key, value in evaluation.situation.choices.items() if key != signed.key}
    a = evaluation.assessment
    if other.numbers != site.numbers:
        a = assess(a.facts, other.limits)
    return evaluate(ALL, a, replace(evaluation.situation, choices=kept))
