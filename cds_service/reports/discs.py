"""Signal of infection in a disc, in whatever order a report puts the words: "abnormal L3/4 disc signal", "the disc is
bright on STIR"."""

from __future__ import annotations

from typing import Final

from cds_service.reports.lexicon import Mark
from cds_service.reports.said import Said
from cds_service.reports.scopes import Clauses
from cds_service.reports.statements import NOWHERE

_PLAIN_DISC: Final = frozenset("disc disk discs disks intervertebral space spaces interspace interspaces".split())
_BRIGHT: Final = frozenset(
    """hyperintense hyperintensity hyperintensities enhances enhancing enhancement edema oedema edematous
    oedematous""".split()
)
_RAISED: Final = frozenset("abnormal high increased bright fluid elevated hyperintense fluidlike".split())
_CARRIED: Final = frozenset("signal signals intensity".split())
_BETWEEN: Final = frozenset(
    """in of within at involving the a an is are was were shows show showing demonstrates demonstrating has stir t w
    images sequences on and adjacent level like abnormal diffuse mild moderate marked severe new increased
    intense - /""".split()
)
_NOT_INFECTED: Final = frozenset(
    """desiccation desiccated dehydration dehydrated annular annulus anulus fissure fissures zone tear tears vacuum
    low decreased reduced hypointense loss postoperative calcified calcification herniation protrusion extrusion bulge
    bulging granulation""".split()
)


def of_disc(c: Clauses, mark: Mark) -> bool:
    """Whether a signal word belongs to a disc rather than to a body."""
    return any(first <= mark.first < last or mark.first <= first < mark.last for first, last in _signals(c))


def discs(here: Said) -> None:
    """Abnormal signal of a disc, affirmed or denied."""
    c = here.c
    for first, last in _signals(c):
        mark = Mark(first, last, {})
        if any("discsignal" in m.facts and m.first < last and first < m.last for m in c.marks):
            continue
        start, end = c.clause(first)
        if c.within("degenerative", start, end) or _NOT_INFECTED & {w.text for w in c.words[start:end]}:
            continue
        value = here.usable(mark, c.manner(mark))
        if value is None:
            continue
        targets = here.targets(mark)
        if not value and not here.readings and not c.levels:
            targets = (NOWHERE,)
        here.add(targets or (NOWHERE,), "disc_signal", value, mark)


def _signals(c: Clauses) -> list[tuple[int, int]]:
    """Word ranges of every disc with a raised signal."""
    found = []
    for mark in c.marks:
        if mark.get("noun") != "disc" or any(w.text not in _PLAIN_DISC for w in c.words[mark.first : mark.last]):
            continue
        start, end = c.clause(mark.first)
        before = next((at for at in range(mark.first - 1, max(start - 1, mark.first - 9), -1) if _raised(c, at)), None)
        if before is not None and _joined(c, before + 1, mark.first, linked=True):
            first = before - 1 if c.words[before].text in _CARRIED else before
            found.append((first, mark.last))
            continue
        after = next((at for at in range(mark.last, min(end, mark.last + 7)) if _raised(c, at)), None)
        if after is not None and _joined(c, mark.last, after, linked=False):
            found.append((mark.first, after + 1))
            continue
        signal = mark.last < end and c.words[mark.last].text in _CARRIED
        raised = next((at for at in range(mark.first - 1, max(start - 1, mark.first - 7), -1) if _before(c, at)), None)
        if signal and raised is not None and _joined(c, raised + 1, mark.first, linked=False):
            found.append((raised, mark.last + 1))
    return found


def _before(c: Clauses, at: int) -> bool:
    return c.words[at].text in _RAISED


def _raised(c: Clauses, at: int) -> bool:
    """Whether the word at ``at`` is a raised signal, alone ("hyperintense") or with its adjective ("high signal")."""
    text = c.words[at].text
    if text in _BRIGHT:
        return True
    return text in _CARRIED and any(c.words[k].text in _RAISED for k in range(max(at - 3, 0), at))


def _joined(c: Clauses, start: int, end: int, *, linked: bool) -> bool:
    """Only levels and small words between; ``linked`` wants a preposition, as in "signal in the disc"."""
    levels = {at for lv in c.levels for at in range(lv.first, lv.last)}
    texts = [c.words[at].text for at in range(start, end) if at not in levels]
    if linked and not {"in", "of", "within", "at", "involving"} & set(texts):
        return not texts and start == end
    return all(t in _BETWEEN or t in _RAISED or t in _CARRIED or t[0].isdigit() for t in texts)
