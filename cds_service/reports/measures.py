"""Numbers of one sentence given to their levels, and levels that repeat the fracture spoken of before."""

from __future__ import annotations

from typing import Final

from cds_service.reports import quantities
from cds_service.reports.findings import BODY_LEVELS
from cds_service.reports.lexicon import Mark
from cds_service.reports.quantities import Quantity
from cds_service.reports.said import Said, in_something_else, words_of
from cds_service.reports.scopes import Clauses
from cds_service.reports.statements import NOWHERE, Target, is_noun, targets_of

_WHERE_IN_BODY: Final = frozenset("anteriorly centrally posteriorly overall".split())


def numbers(here: Said) -> None:
    c = here.c
    losses: list[Quantity] = []
    moves: list[Quantity] = []
    for q in quantities.find(c):
        if q.unit == "percent" and (_of_an_area(c, q) or _in_addition(c, q)):
            continue
        left = q.unit == "percent" and _remains(c, q)
        noun = _of_height(c, q) if left else _measured(here, q)
        if noun is None or in_something_else(here, noun):
            continue
        how = c.manner(noun)
        if how.denied is not None or how.hypothetical or how.past:
            continue
        if left:
            losses.append(Quantity(q.first, q.last, 100.0 - q.high, 100.0 - q.low, q.unit))
        elif q.unit == "percent" and noun.get("fx") is not None:
            losses.append(q)
        elif (
            q.unit == "mm"
            and not _of_a_diameter(c, q)
            and (noun.get("retro") == "body" or noun.get("wall") == "bowed" or _moved_by(here, q))
        ):
            moves.append(q)
    _place(here, losses, "height_loss_percent")
    _place(here, moves, "retropulsion_mm")


_SHRUNK: Final = frozenset(
    "reduced decreased diminished down compressed collapsed flattened dropped shrunk reduces measuring".split()
)
_LEFT: Final = frozenset(
    "residual remaining remains retains retained retain maintains left preserved preserves".split()
)
_WHOLE: Final = frozenset(
    "normal expected original anticipated baseline posterior adjacent that neighboring native".split()
)
_TO: Final = frozenset("to about approximately only nearly almost roughly just a less more than under over".split())


def _remains(c: Clauses, q: Quantity) -> bool:
    """Whether a percentage is the height that is left: "reduced to 60 %", "60 % of normal", "residual height 60 %"."""
    start, end = c.clause(q.first)
    before = [w.text for w in c.words[max(start, q.first - 5) : q.first]]
    after = [w.text for w in c.words[q.last : min(end, q.last + 9)]]
    while before and before[-1] in _TO - {"to"}:
        before.pop()
    falls = before[-1:] == ["from"] and q.low == q.high and c.words[q.first - 1].text != "by"
    if (before[-1:] == ["to"] or falls) and before[-2:] not in (["up", "to"], ["by", "from"]):
        verbs = [w.text for w in c.words[start : q.first]]
        named = [text for text in verbs if text in _SHRUNK or text in ("loss", "increased", "progressed", "worsened")]
        if named and named[-1] in _SHRUNK:
            return not (after[:1] == ["loss"] or after[1:2] == ["loss"])
    words = {w.text for w in c.words[start:end]}
    if words.isdisjoint(("height", "heights")) or not words.isdisjoint(("loss", "lost", "losing")):
        return False
    whole = after[:1] in (["of"], ["compared"], ["relative"], ["its"], ["the"]) and not _WHOLE.isdisjoint(after[1:5])
    if not {"residual", "remaining", "retains", "retain", "retained"}.isdisjoint((*before, *after[:1])):
        return True
    if before[-1:] in (["at"], ["to"]) and {"maintained", "preserved"} & set(before):
        return True
    if after[:1] == ["of"] and "height" in after and not _LEFT.isdisjoint(after[after.index("height") :]):
        return True
    return whole and (before[-1:] == ["to"] or not {"is", "was", "measures", "are", "has"}.isdisjoint(words))


def _of_height(c: Clauses, q: Quantity) -> Mark | None:
    """The height, or the fracture, whose remainder is given."""
    start, end = c.clause(q.first)
    said = [m for m in c.marks if start <= m.first < end and m.facts.keys() & {"fx", "heights", "stature"}]
    near = min(said, key=lambda m: abs(m.first - q.first), default=None)
    return near or Mark(q.first, q.last, {"fx": "height"})


def _in_addition(c: Clauses, q: Quantity) -> bool:
    """ "An additional 10 % height loss": since when is not said."""
    return q.first > 0 and c.words[q.first - 1].text in ("additional", "further")


_AREAS: Final = frozenset(
    """body endplate endplates plate marrow canal volume area diameter width cases patients weight vertebra pedicle
    fractures risk""".split()
)


def _of_an_area(c: Clauses, q: Quantity) -> bool:
    """ "Involves 60 % of the superior endplate": a share of a surface, or of patients, is no height."""
    after = [w.text for w in c.words[q.last : q.last + 6]]
    if after[:1] != ["of"]:
        return False
    first = next((text for text in after[1:] if text in _AREAS or text in ("height", "stature", "loss")), "")
    before = {w.text for w in c.words[max(q.first - 4, 0) : q.first]}
    lost = {"loss", "lost", "compression", "collapse", "reduced", "compressed"} & before
    return first in _AREAS and "height" not in after and not lost


def _of_a_diameter(c: Clauses, q: Quantity) -> bool:
    """ "Leaves 9 mm AP diameter": how wide the canal is."""
    return any(w.text in ("ap", "diameter", "osteophyte", "wide") for w in c.words[q.last : q.last + 3])


def _moved_by(here: Said, q: Quantity) -> bool:
    """ "The fragment encroaches on the canal by 6 mm": what moves stands before the place it moves to."""
    c = here.c
    if not q.first or c.words[q.first - 1].text != "by":
        return False
    start, _ = c.clause(q.first)
    before = [m for m in c.marks if start <= m.first and m.last <= q.first]
    walls = [m for m in before if "wall" in m.facts]
    return any(m.get("retro") == "body" for m in before) or any(
        m.get("wallstate") == "bowed" and walls and walls[0].first < m.first for m in before
    )


def _measured(here: Said, q: Quantity) -> Mark | None:
    """The noun that a quantity measures: the one it stands before in one phrase, else the nearest before it."""
    c = here.c
    start, end = c.clause(q.first)
    after = next((m for m in c.marks if m.first >= q.last and m.first < end and is_noun(m)), None)
    if after is not None and after.first - q.last <= 7 and _of_phrase(here, q.last, after.first):
        return after
    if q.first and _strange(c, q.first - 1):
        return None
    before = [m for m in c.marks if m.last <= q.first and is_noun(m) and m.first >= start]
    if before:
        return before[-1]
    stop = max((at for at in c.hard if at <= q.first and at and c.words[at - 1].text in (";", "|")), default=0)
    earlier = [m for m in c.marks if stop <= m.first and m.last <= q.first and is_noun(m)]
    if earlier:
        return earlier[-1]
    return after if after is not None and "fx" in after.facts and after.first - q.last <= 10 else None


_LEADING: Final = frozenset(
    """show shows showing demonstrate demonstrates demonstrating lost loses above below upwards excess
    maximum minimum most of by to about approximately is was are were with at around nearly almost
    than up only a an the least over under estimated measuring measures some roughly maximum from
    between exceeding more less and or now currently total approx ca circa near close in has have
    being greater fully estimate on for equal xxxx""".split()
)


def _strange(c: Clauses, at: int) -> bool:
    """Whether the word before a number is one we do not know, and the number is of that: "ejection fraction 40 %"."""
    text = c.words[at].text
    return text.isalpha() and text not in _LEADING and c.covered(at) is None and at not in c.in_levels


def _of_phrase(here: Said, start: int, end: int) -> bool:
    at = start
    while at < end:
        if here.c.words[at].text in ("of", "the", "in", "loss", "degree", "decrease", "reduction"):
            at += 1
            continue
        mark = here.c.covered(at)
        step = mark.last if mark is not None else at + 1
        if not here.c.reaches(at, min(step, end), strangers=0):
            return False
        at = step
    return True


def _place(here: Said, found: list[Quantity], field: str) -> None:
    if not found:
        return
    c = here.c
    for q, targets in _aligned(here, found):
        value: float | tuple[float, float] = (q.low, q.high) if field == "height_loss_percent" else q.high
        usable = here.about_bodies(targets)
        if usable:
            here.add(usable, field, value, words_of(q))
            known = {t for s in here.readings for t in s.targets}
            unnamed = not any("fx" in m.facts for m in c.marks)
            if field == "height_loss_percent" and (unnamed or (here.readings and here.readings[-1].manner.plain)):
                here.add(
                    tuple(t for t in usable if t.level and t not in known), "status", "deformity", words_of(q), True
                )
        elif field == "height_loss_percent" and not targets and not c.levels:
            here.add((NOWHERE,), field, value, words_of(q), True)
        elif field == "retropulsion_mm":
            here.add((NOWHERE,), field, value, words_of(q))


def _aligned(here: Said, found: list[Quantity]) -> list[tuple[Quantity, tuple[Target, ...]]]:
    """Each quantity with its targets: "respectively" and equal counts align lists, brackets take the level before
    them."""
    c = here.c
    levels = tuple(t for lv in c.levels if lv.kind == "body" for t in targets_of(lv) if t.level in BODY_LEVELS)
    respectively = any(w.text in ("respectively", "resp") for w in c.words)
    group = next(
        (lv for lv in c.levels if lv.kind == "body" and len(lv.levels) == len(found) > 1 and lv.last <= found[0].first),
        None,
    )
    if (
        len(found) > 1
        and group is not None
        and not any(lv.kind == "body" for lv in c.levels if group.last <= lv.first < found[-1].first)
    ):
        return [(q, (t,)) for q, t in zip(found, targets_of(group), strict=True)]
    if respectively:
        aligned = len(levels) == len(found)
        return [(q, (t,)) for q, t in zip(found, levels, strict=True)] if aligned else []
    bodies = [lv for lv in c.levels if lv.kind == "body"]
    if len(found) == len(bodies) > 1 and all(
        lv.last <= q.first <= lv.last + 1 and c.words[q.first - 1].text != ","
        for lv, q in zip(bodies, found, strict=True)
    ):
        return [(q, targets_of(lv)) for lv, q in zip(bodies, found, strict=True)]
    return [(q, _nearest(here, q)) for q in found]


def _nearest(here: Said, q: Quantity) -> tuple[Target, ...]:
    c = here.c
    start, end = c.clause(q.first)
    before = [lv for lv in c.levels if start <= lv.first and lv.last <= q.first and lv.kind in ("body", "pair")]
    if before and c.words[before[-1].last].text == "(" and q.first - before[-1].last <= 3 and before[-1].kind == "body":
        return targets_of(before[-1])
    noun = _measured(here, q)
    after = next((lv for lv in c.levels if q.last <= lv.first < end and lv.kind in ("body", "pair")), None)
    if after is not None and noun is not None:
        gap = c.words[max(q.last, noun.last) : after.first]
        leads = any(w.text in ("of", "at", "in", "involving", "within") for w in gap) or after.first < noun.first
        clean = not any(w.text in (",", "and", "with") for w in gap)
        way = [w.text for w in c.words[q.last : after.first] if w.text not in _WHERE_IN_BODY]
        direct = way[:1] in (["at"], ["of"], ["in"]) and len(way) <= 3
        if leads and clean and (direct or noun.first >= q.last or not before):
            return targets_of(after)
    if before:
        return targets_of(before[-1])
    return here.subject(q.first) or (targets_of(after) if after is not None else here.focus)


def elliptical(here: Said) -> None:
    """ "T12 fracture with edema; L2 chronic without edema": a level with an age and no noun repeats the fracture
    before it."""
    c = here.c
    plain = [s for s in here.readings if s.manner.plain and s.bone is None]
    if not plain:
        return
    spoken = {t.level for s in here.readings for t in s.targets}
    for lv in c.levels:
        if (
            lv.kind != "body"
            or any(level in spoken for level in lv.levels)
            or not any(s.mark.last <= lv.first for s in plain)
        ):
            continue
        start, end = c.clause(lv.first)
        comma = max((k for k in c.commas if k < lv.first), default=start)
        if any("fx" in m.facts for m in c.within("fx", max(start, comma), end)):
            continue
        stop = min([k for k in c.commas if k >= lv.last] + [end])
        age = next(
            (m for m in c.within("acuity", max(start, comma), stop) if c.words[m.first].text not in ("residual",)),
            None,
        )
        bracket = next(
            (
                q
                for q in quantities.find(c)
                if q.unit == "percent"
                and (q.first == lv.last or (q.first == lv.last + 1 and c.words[lv.last].text == "("))
            ),
            None,
        )
        change = next((m for m in c.within("change", lv.last, stop) if m.first - lv.last <= 1), None)
        if age is None and change is not None and c.words[lv.last].text == "is" and c.manner(change).plain:
            here.add(targets_of(lv), "status", "fracture", change)
            here.add(targets_of(lv), "height_change", change.facts["change"], change)
        if age is None and bracket is not None:
            here.add(targets_of(lv), "status", "fracture", words_of(bracket))
        if age is not None and c.manner(age).denied is None and abs(age.first - lv.last) <= 4:
            here.add(targets_of(lv), "status", "fracture", age)
            here.add(targets_of(lv), "acuity", age.facts["acuity"], age)
