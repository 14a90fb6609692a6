"""Numbers of one sentence given to their levels, and levels that repeat the fracture spoken of before."""

from __future__ import annotations

from typing import Final

from cds_service.reports import quantities
from cds_service.reports.findings import BODY_LEVELS
from cds_service.reports.lexicon import Mark
from cds_service.reports.quantities import Quantity
from cds_service.reports.said import Said, words_of
from cds_service.reports.statements import NOWHERE, Target, is_noun, targets_of

_WHERE_IN_BODY: Final = frozenset("anteriorly centrally posteriorly overall".split())


def numbers(here: Said) -> None:
    c = here.c
    losses: list[Quantity] = []
    moves: list[Quantity] = []
    for q in quantities.find(c):
        noun = _measured(here, q)
        if noun is None:
            continue
        how = c.manner(noun)
        if how.denied is not None or how.hypothetical or how.past:
            continue
        if q.unit == "percent" and noun.get("fx") is not None:
            losses.append(q)
        elif q.unit == "mm" and (noun.get("retro") == "body" or noun.get("wall") == "bowed" or _moved_by(here, q)):
            moves.append(q)
    _place(here, losses, "height_loss_percent")
    _place(here, moves, "retropulsion_mm")


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
    before = [m for m in c.marks if m.last <= q.first and is_noun(m) and m.first >= start]
    if before:
        return before[-1]
    earlier = [m for m in c.marks if m.last <= q.first and is_noun(m)]
    if earlier:
        return earlier[-1]
    return after if after is not None and "fx" in after.facts and after.first - q.last <= 10 else None


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
            if field == "height_loss_percent" and here.readings and here.readings[-1].manner.plain:
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
