"""The codes of a concept, over every coding, in the spelling of the value sets.

Never ``coding[0]``: records put a local code first and the standard one second. Never by display: a display is prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds_service.fhir.resources import CodeableConcept, Coding
from cds_service.knowledge.systems import normalise_code, normalise_system
from cds_service.knowledge.value_set import Row, ValueSet

Coded = CodeableConcept | Coding | Iterable[CodeableConcept | Coding] | None
"""What can be looked up: one concept, one coding, several of either, or nothing."""


def codes(coded: Coded) -> Iterator[tuple[str, str]]:
    """Every (canonical system, code) of what is given. A coding without a system or a code names nothing and is left
    out.
    """
    for coding in codings(coded):
        if coding.system and coding.code:
            system = normalise_system(coding.system)
            yield system, normalise_code(system, coding.code)


def matching(coded: Coded, value_set: ValueSet) -> Row | None:
    """The row of the first coding that is a member of the value set, or None."""
    for system, code in codes(coded):
        row = value_set.row(system, code)
        if row is not None:
            return row
    return None


def is_coded(coded: Coded) -> bool:
    """Whether there is any coding with a system and a code; False for concepts of text only and for ``coding:
    [{}]``.
    """
    return next(codes(coded), None) is not None


def words(coded: Coded) -> str:
    """The text and the displays, one a line, each once. Only for the rule that words may add a caution, never a
    permission.
    """
    spoken: dict[str, None] = {}
    for concept in _several(coded):
        if isinstance(concept, Coding):
            spoken[(concept.display or "").strip()] = None
            continue
        spoken[(concept.text or "").strip()] = None
        for coding in concept.coding:
            spoken[(coding.display or "").strip()] = None
    spoken.pop("", None)
    return "\n".join(spoken)


def _several(coded: Coded) -> Iterable[CodeableConcept | Coding]:
    if coded is None:
        return ()
    return (coded,) if isinstance(coded, CodeableConcept | Coding) else coded


def codings(coded: Coded) -> Iterable[Coding]:
    """Every coding of what is given, in order."""
    if isinstance(coded, CodeableConcept):
        return coded.coding
    if isinstance(coded, Coding):
        return (coded,)
    return [coding for each in coded or () for coding in codings(each)]
