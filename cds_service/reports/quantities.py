"""Numbers with a unit: percent, millimetres, degrees; ranges and bounds as closed intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cds_service.reports.scopes import Clauses

Unit = Literal["percent", "mm", "degree"]
_UNITS: Final[dict[str, tuple[Unit, float]]] = {
    "%": ("percent", 1.0),
    "percent": ("percent", 1.0),
    "pct": ("percent", 1.0),
    "cent": ("percent", 1.0),
    "mm": ("mm", 1.0),
    "millimeter": ("mm", 1.0),
    "millimeters": ("mm", 1.0),
    "millimetre": ("mm", 1.0),
    "millimetres": ("mm", 1.0),
    "cm": ("mm", 10.0),
    "degrees": ("degree", 1.0),
    "degree": ("degree", 1.0),
    "deg": ("degree", 1.0),
    "\u00b0": ("degree", 1.0),
}
_AT_MOST: Final = (
    "up to",
    "less than",
    "under",
    "below",
    "<",
    "no more than",
    "not more than",
    "at most",
    "fewer than",
    "maximum of",
    "maximum",
    "max",
)
_AT_LEAST: Final = (
    "over",
    "more than",
    "greater than",
    "above",
    "exceeding",
    ">",
    "at least",
    "in excess of",
    "upwards of",
    "no less than",
)
_FORMERLY: Final = frozenset("previously formerly earlier originally initially compared".split())
_FORMERLY_AFTER: Final = frozenset("previously formerly earlier originally initially before".split())
_CHANGING: Final = frozenset(
    """increased increase increasing progressed progression worsened worsening changed gone went decreased reduced
    advanced deepened""".split()
)
_PART_OF_BODY: Final = frozenset(
    """upper middle lower anterior posterior superior inferior proximal distal medial lateral central left right first
    second""".split()
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A closed interval with its words; ``first`` and ``last`` are a half-open range of word indices."""

    first: int
    last: int
    low: float
    high: float
    unit: Unit


def find(c: Clauses) -> tuple[Quantity, ...]:
    """Every quantity of the sentence, in order."""
    words = c.words
    if not any("quantity" in m.facts for m in c.marks) and not any(w.text in _UNITS for w in words):
        return ()
    found: list[Quantity] = []
    in_level = {at for lv in c.levels for at in range(lv.first, lv.last)}
    at = 0
    while at < len(words):
        fraction = c.covered(at)
        if fraction is not None and (fraction.first != at or "quantity" not in fraction.facts):
            fraction = None
        if fraction is not None and _is_fraction(c, fraction.first, fraction.last):
            percent = float(fraction.facts["quantity"])
            found.append(_bounded(c, fraction.first, fraction.last, percent, percent, "percent"))
            at = fraction.last
            continue
        if at in in_level or not words[at].text[0].isdigit():
            at += 1
            continue
        first = at
        low = high = float(words[at].text)
        nxt = at + 1
        if (
            nxt < len(words)
            and words[nxt].text in _UNITS
            and nxt + 2 < len(words)
            and words[nxt + 1].text in ("-", "to", "and")
            and _number(words[nxt + 2].text)
        ):
            third = nxt + 3
            between = words[nxt + 1].text != "and" or (first > 0 and words[first - 1].text == "between")
            if between and third < len(words) and _UNITS.get(words[third].text) == _UNITS[words[nxt].text]:
                high = float(words[nxt + 2].text)
                nxt = third
        elif (
            nxt + 1 < len(words)
            and (
                words[nxt].text in ("-", "to", "or")
                or (words[nxt].text == "and" and first > 0 and words[first - 1].text == "between")
            )
            and _number(words[nxt + 1].text)
        ):
            high = float(words[nxt + 1].text)
            nxt += 2
        if nxt + 1 < len(words) and words[nxt].text == "-" and words[nxt + 1].text in _UNITS:
            nxt += 1
        if nxt + 1 < len(words) and words[nxt].text == "per" and words[nxt + 1].text in _UNITS:
            nxt += 1
        unit = _UNITS.get(words[nxt].text) if nxt < len(words) else None
        if unit is None and low == high:
            unit = _unit_of_list(c, nxt)
            if unit is not None:
                found.append(Quantity(first, nxt, low * unit[1], high * unit[1], unit[0]))
                at = nxt
                continue
        if unit is None:
            at = max(
                at + 1, nxt if nxt > at + 1 and not (nxt < len(words) and words[nxt].text[0].isdigit()) else at + 1
            )
            continue
        before = tuple(w.text for w in words[max(first - 3, 0) : first])
        linked = len(before) > 1 and before[-1] in ("approximately", "about", "was", "to", "with")
        after = [w.text for w in words[nxt + 1 : nxt + 5]]
        then = after[:1] in (["on"], ["in"], ["at"]) and {"prior", "previous", "earlier", "last"} & set(after)
        if (before and before[-2 if linked else -1] in _FORMERLY) or then or (after and after[0] in _FORMERLY_AFTER):
            at = nxt + 1
            continue
        if (
            before
            and before[-1] == "from"
            and high != low
            and before[-2:-1] != ("by",)
            and not _CHANGING.isdisjoint(w.text for w in words[max(first - 8, 0) : first])
        ):
            low = high  # "increased from 20 % to 45 %" states what it is now
        low, high = sorted((low * unit[1], high * unit[1]))
        found.append(_bounded(c, first, nxt + 1, low, high, unit[0]))
        at = nxt + 1
    return tuple(q for q in found if q.unit != "percent" or q.high <= 100)


def _unit_of_list(c: Clauses, at: int) -> tuple[Unit, float] | None:
    """The unit that a row of bare numbers takes from its last: "20, 30 and 50 % respectively"."""
    if not any(w.text == "respectively" for w in c.words):
        return None
    words = c.words
    while at + 2 < len(words) and words[at].text in (",", "and", "&"):
        at += 2 if words[at + 1].text in ("and", "&") else 1
        if at + 1 >= len(words) or not _number(words[at].text):
            return None
        unit = _UNITS.get(words[at + 1].text)
        if unit is not None:
            return unit
        at += 1
    return None


def _number(text: str) -> bool:
    return text[0].isdigit()


def _is_fraction(c: Clauses, first: int, last: int) -> bool:
    """ "one third of the height", not "the middle third" nor "the third lumbar"."""
    if first and c.words[first - 1].text in _PART_OF_BODY:
        return False
    if c.words[first].text.isdigit():  # 1/2 may be a date
        if last < len(c.words) and c.words[last].text == "/":
            return False
        measured = c.covered(first - 2) if first > 1 and c.words[first - 1].text in ("of", "by", "about") else None
        if measured is not None and "fx" in measured.facts:
            return True
        return last < len(c.words) and c.words[last].text in ("of", "the", "loss", "height", "body")
    alone = last - first == 1 and c.words[first].text in ("third", "quarter", "half")
    if alone and c.words[first].text != "half":
        return False
    return c.has("fx", "heights", "stature")


def _bounded(c: Clauses, first: int, last: int, low: float, high: float, unit: Unit) -> Quantity:
    """Apply "up to" and "over", which may stand up to two words before the number."""
    before = " ".join(w.text for w in c.words[max(first - 4, 0) : first])
    after = [w.text for w in c.words[last : last + 2]]
    for phrase in () if before.endswith("no less than") else _AT_MOST:
        if before.endswith((phrase, phrase + " a", phrase + " about", phrase + " approximately")):
            return Quantity(first, last, 0.0, high, unit)
    for phrase in _AT_LEAST:
        if before.endswith((phrase, phrase + " a", phrase + " about", phrase + " approximately")):
            return Quantity(first, last, low, high if high > low else (100.0 if unit == "percent" else low), unit)
    if after[:2] == ["or", "more"] and unit == "percent":
        return Quantity(first, last, low, 100.0, unit)
    if after[:2] == ["or", "less"] and unit == "percent":
        return Quantity(first, last, 0.0, high, unit)
    return Quantity(first, last, low, high, unit)
