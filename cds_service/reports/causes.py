"""Cause of a fracture and cement in one sentence."""

from __future__ import annotations

from typing import Final

from cds_service.reports.fractures import adjectives
from cds_service.reports.lexicon import Mark
from cds_service.reports.said import Said
from cds_service.reports.scopes import Manner
from cds_service.reports.signals import ORGANS
from cds_service.reports.statements import NOWHERE, Target, attach, chosen

_BESIDE: Final = frozenset("adjacent next near beside above below between neighboring neighbouring abutting".split())


def cause(here: Said, mark: Mark) -> None:
    c = here.c
    how = c.manner(mark)
    kind = mark.facts["etiology"]
    if kind == "infectious":
        _infection(here, mark, how)
        return
    if how.denied is not None or how.other or how.past or how.hypothetical or kind == "benign":
        return
    start, end = c.clause(mark.first)
    doubted = how.doubted is not None or how.doubtful or c.own_doubt(mark) is not None
    targets = here.about_bodies(here.targets(mark))
    with_fracture = bool(here.readings)
    linked = with_fracture and _linked(here, mark, start, end)
    if how.doubtful:
        return
    if kind in ("osteoporotic", "traumatic"):
        if linked and not doubted:
            here.add(targets, "etiology", kind, mark)
    elif kind == "lesion":
        if linked and not doubted:
            here.add(targets, "etiology", "benign-lesion", mark, True)
    elif kind == "pathologic":
        if with_fracture or (targets and c.has("pointer")):
            here.add(targets, "etiology", "suspicious" if doubted else "pathologic", mark)
    elif with_fracture or any(t.level for t in targets):
        certain = not doubted and linked and not _only_suspicious(here, mark)
        here.add(targets, "etiology", "pathologic" if certain else "suspicious", mark, not certain)


def _infection(here: Said, mark: Mark, how: Manner) -> None:
    """Stated outright it is the cause; doubted, denied or over it is kept apart."""
    c = here.c
    if how.other or how.hypothetical or how.acute_only or how.past or how.doubtful:
        return
    named = any(lv.kind in ("body", "pair") for lv in c.levels) or c.has("pointer")
    beside = here.targets(mark)
    owners = beside if here.readings or named else ()
    by_name = _infection_of_the_spine(here, mark)
    doubt = how.doubted or c.own_doubt(mark)
    if how.denied is not None:
        if by_name or not _names_an_organ(here):
            here.infection(owners, "denied", mark)
    elif doubt is not None:
        placed = bool(owners) or any(t.level for t in beside)
        slight = any(w.text in _SLIGHT for w in c.words[max(doubt.first - 1, 0) : doubt.first])
        if (by_name or (placed and not _names_an_organ(here))) and not slight:
            here.infection(owners or beside, "possible", mark)
    elif here.readings or named or by_name:
        here.infection(owners, "stated", mark)
        here.add(owners or (NOWHERE,), "etiology", "infectious", mark)


def _infection_of_the_spine(here: Said, mark: Mark) -> bool:
    """ "Discitis", "vertebral osteomyelitis": spinal whatever else is named."""
    words = {w.text for w in here.c.words[mark.first : mark.last]}
    return "discsignal" in mark.facts or not words.isdisjoint(_SPINAL)


def _names_an_organ(here: Said) -> bool:
    named = any(m.get("noun") in ORGANS for m in here.c.marks) or here.c.has("bone")
    return named or any(w.text in _ELSEWHERE for w in here.c.words)


_ELSEWHERE: Final = frozenset(
    """urinary tract bladder renal kidney kidneys perinephric respiratory pulmonary pleural chest bowel colon
    biliary gallbladder liver hepatic spleen splenic pelvic dental sinus skin subcutaneous hip foot toe sacroiliac
    """.split()
)
"""An infection of these is none of the spine, unless it is named so."""
_SLIGHT: Final = frozenset("low little minimal".split())
"""Before a doubt: "low suspicion for discitis" is none."""
_SPINAL: Final = frozenset("vertebral spondylitis spondylodiscitis spondylodiskitis pott's pott".split())


def _only_suspicious(here: Said, mark: Mark) -> bool:
    return any(
        w.text
        in (
            "marrow",
            "mottled",
            "lytic",
            "destructive",
            "lesion",
            "lesions",
            "osteolytic",
            "underlying",
            "destruction",
        )
        for w in here.c.words[mark.first : mark.last]
    )


def _linked(here: Said, mark: Mark, start: int, end: int) -> bool:
    """Whether a cause belongs to a fracture word: in its phrase, or joined by "due to", "through", "consistent
    with"."""
    for s in here.readings:
        if not start <= s.mark.first < end:
            continue
        if mark.last <= s.mark.first:
            if here.c.reaches(mark.last, s.mark.first, commas=True, conjunctions=True, strangers=2):
                return True
            continue
        between = {w.text for w in here.c.words[s.mark.last : mark.first]}
        if "," in between and _only_adjectives(here, s.mark.last, mark.first):
            return True
        words = {w.text for w in here.c.words[mark.first : mark.last]}
        if between & {
            "due",
            "secondary",
            "through",
            "from",
            "underlying",
            "representing",
            "represents",
            "consistent",
            "compatible",
            "caused",
            "related",
            "likely",
            "is",
            "are",
        } or words & {"due", "secondary", "from", "related", "nature", "etiology"}:
            return True
    return False


def _only_adjectives(here: Said, start: int, end: int) -> bool:
    """ "T12 compression fracture, acute, osteoporotic": a row of adjectives after the noun."""
    marks = (here.c.covered(at) for at in range(start, end) if here.c.words[at].text not in (",", "and"))
    return all(m is not None and m.facts.keys() & {"acuity", "change", "severity", "morphology"} for m in marks)


def cement(here: Said, mark: Mark) -> None:
    c = here.c
    how = c.manner(mark)
    if how.denied is not None or how.hypothetical or how.other or how.doubted is not None or not c.vouched(mark):
        return
    start, end = c.clause(mark.first)
    done = (
        how.past
        or any(m.get("hist") is not None for m in c.within("hist", start, end))
        or any(
            w.text in ("underwent", "performed", "treated", "changes", "within", "augmented", "post", "since", "ago")
            for w in c.words[start:end]
        )
    )
    planned = [
        m
        for m in c.within("planned", start, end)
        if (m.last <= mark.first and mark.first - m.last <= 8) or (m.first >= mark.last and m.first - mark.last <= 8)
    ]
    if (planned and not how.past) or (
        here.note and not (how.past or any(m.get("hist") == "seen" for m in c.within("hist", start, end)))
    ):
        return
    if (
        mark.facts["cement"] == "cement"
        and not done
        and mark.get("cement") == "cement"
        and c.words[mark.first].text in ("augmented", "augmentation", "cement")
        and not (c.levels or c.has("vertebral", "region"))
    ):
        return
    if _beside(here, mark, end) or any(w.text in _IMPLANTED for w in c.words[start:end]):
        return
    if mark.facts["cement"] == "cement" and any(m.get("bone") == "rib" for m in c.within("bone", start, end)):
        return
    if _only_when(here, mark):
        return
    targets = here.about_bodies(attach(c, mark, here.focus, here.subject(mark.first), fracture=True))
    if not any(t.level for t in targets):
        targets = here.subject(mark.first) or targets
    targets = chosen(c, mark, targets)
    here.add(targets, "augmentation", mark.facts["cement"], mark, mark.facts["cement"] == "cement")
    if not _fresh_fracture(here, targets):
        here.add(targets, "status", "treated", mark, True)


def _only_when(here: Said, mark: Mark) -> bool:
    """ "CT 6 weeks after vertebroplasty demonstrating a fresh fracture at L4": when the picture was taken, unless the
    cement's own level stands beside it."""
    c = here.c
    if not any(w.text in ("after", "following") for w in c.words[max(mark.first - 2, 0) : mark.first]):
        return False
    beside = any(lv.last == mark.first or mark.last <= lv.first <= mark.last + 2 for lv in c.levels)
    return bool(here.readings) and not beside


_IMPLANTED: Final = frozenset("fusion screw screws arthroplasty instrumentation prosthesis femoral hip".split())
"""Cement beside these holds an implant."""


def _beside(here: Said, mark: Mark, end: int) -> bool:
    """ "Fracture of T12 adjacent to cement": the cement is not in the level that is named before it."""
    near = {w.text for w in here.c.words[max(mark.first - 4, 0) : mark.first]}
    return bool(near & _BESIDE) and not any(mark.last <= lv.first < end for lv in here.c.levels)


def _fresh_fracture(here: Said, targets: tuple[Target, ...]) -> bool:
    levels = {t.level for t in targets}
    for s in here.readings:
        if levels & {t.level for t in s.targets}:
            if any(
                m.get("acuity") in ("acute", "subacute") or m.get("change") in ("new", "progressed")
                for m in (*adjectives(here.c, s.mark, "acuity"), *adjectives(here.c, s.mark, "change"))
            ):
                return True
            if any(
                w.text in ("recompression", "refracture", "refractured")
                for w in here.c.words[s.mark.first : s.mark.last]
            ):
                return True
    return False
