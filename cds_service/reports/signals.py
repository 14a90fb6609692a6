"""Plain signs in one sentence: edema, uptake, cleft, masses, collections, posterior elements, normal heights."""

from __future__ import annotations

from typing import Final

from cds_service.reports import quantities
from cds_service.reports.bones import bone_of, of_a_strange_thing
from cds_service.reports.discs import of_disc
from cds_service.reports.lexicon import Mark
from cds_service.reports.said import Said, in_something_else
from cds_service.reports.statements import NOWHERE, Target, body_targets, is_noun

_AT: Final = frozenset(
    "in of within at involving about around throughout along affecting near adjacent surrounds surrounding".split()
)
_IN_LEVEL: Final = frozenset("in at within of the involving throughout".split())
_INFLAMED: Final = frozenset(
    "inflammatory spondyloarthritis spondyloarthropathy spondylarthritis romanus andersson bursitis".split()
)
_BODY_WORDS: Final = frozenset("vertebra vertebrae vertebral body bodies".split())
ORGANS: Final = frozenset({"lung", "soft"})
"""Nouns of the lexicon that stand outside the spine."""
_SPINAL_DANGER: Final = frozenset({"soft_tissue_mass", "collection", "disc_signal", "cord_signal"})
"""Stands without a level too: it is dangerous wherever it is."""


def plain(here: Said, mark: Mark, field: str) -> None:
    c = here.c
    if mark.get("retro") == "body" and any(m.get("retro") == "gait" or m.get("noun") == "gait" for m in c.marks):
        return
    if mark.get("retro") == "body" and any(
        w.text in ("gait", "postural", "parkinson", "parkinson's", "parkinsonism", "pull", "balance") for w in c.words
    ):
        return
    value = here.usable(mark, c.manner(mark))
    if value is None:
        if field == "collection":
            _possible_collection(here, mark)
        return
    if field == "tracer_uptake" and c.formerly(mark):
        return
    if field == "tracer_uptake" and value and _is_normal(here, mark):
        value = False
    if field == "tracer_uptake" and value and _of_no_moment(here, mark):
        return
    if field == "retropulsion" and in_something_else(here, mark):
        return
    targets = here.targets(mark)
    if field == "unstable" and any("dynamic" in w.text for w in c.words):
        return
    if field == "unstable":
        targets = here.about_bodies(targets)
        ours = any(t.level is not None for t in targets) or bool(here.readings)
        if not ours or (c.words[mark.first].text == "chance" and mark.last - mark.first == 1 and not here.readings):
            return
        if (
            mark.get("unstable") == "said"
            and c.words[mark.first].text == "translation"
            and any("listhesis" in w.text for w in c.words)
        ):
            return
    if field in ("tracer_uptake", "retropulsion", "fluid_cleft"):
        targets = here.about_bodies(targets)
        if value and field == "tracer_uptake" and not targets:
            return
        if field == "tracer_uptake" and (elsewhere(here, mark) or _degenerative(here, mark)):
            return
        if field == "retropulsion" and not value:
            targets = here.whole_or(targets, mark)
        if field == "tracer_uptake" and any(m.get("bone") in ("rib",) for m in c.within("bone", *c.clause(mark.first))):
            targets = tuple(t for t in targets if t.level is not None)
            if not any(lv.kind == "body" for lv in c.levels):
                return
    following = c.words[mark.last].text if mark.last < len(c.words) else ""
    if field == "soft_tissue_mass" and following in ("swelling", "edema", "oedema", "stranding", "thickening"):
        return
    if field == "collection" and not _spinal_collection(here, mark, targets):
        return
    if field == "soft_tissue_mass" and not targets and c.words[mark.first].text == "soft":
        targets = (
            (NOWHERE,)
            if c.has("vertebral") or not any(m.get("noun") in ORGANS for m in c.marks if m is not mark)
            else ()
        )
    if field in _SPINAL_DANGER and not value and not here.readings and not here.c.levels:
        targets = (NOWHERE,)  # denied of the whole study, not of the fracture spoken of last
    if field == "collection":
        here.infection(targets, "stated" if value else "denied", mark, "collection")
    here.add(targets or (NOWHERE,), field, value, mark)


def _possible_collection(here: Said, mark: Mark) -> None:
    """ "Possible epidural abscess": doubted, and neither denied nor said to be unlikely."""
    how = here.c.manner(mark)
    targets = here.targets(mark)
    settled = how.denied is not None or how.doubtful or how.hypothetical or how.past or how.other
    if how.doubted is not None and not settled and _spinal_collection(here, mark, targets):
        here.infection(targets, "possible", mark, "collection")


def _spinal_collection(here: Said, mark: Mark, targets: tuple[Target, ...]) -> bool:
    text = {w.text for w in here.c.words[mark.first : mark.last]}
    if text & {"epidural", "paraspinal", "paravertebral", "psoas", "prevertebral", "phlegmon"}:
        return True
    if any(m.get("noun") in ORGANS for m in here.c.marks) or (here.c.has("bone") and not targets):
        return False
    start, end = here.c.clause(mark.first)
    if any(lv.kind in ("body", "pair") and start <= lv.first < end for lv in here.c.levels) or here.c.has(
        "vertebral", "discsignal"
    ):
        return True
    return any(
        w.text in ("epidural", "paraspinal", "paravertebral", "prevertebral", "psoas", "intraspinal")
        for w in here.c.words
    )


def normal(here: Said, mark: Mark, field: str) -> None:
    how = here.c.manner(mark)
    if how.plain and not here.c.within("denialfollow", *here.c.clause(mark.first)):
        here.add(here.about_bodies(here.targets(mark)) or (NOWHERE,), field, False, mark)


_LOSING: Final = frozenset("reduced decreased diminished lost half".split())
_SOUND: Final = frozenset("normal unremarkable".split())
_PHYSIOLOGIC: Final = frozenset(
    "physiologic physiological background reduced decreased diminished low renal urinary bowel thyroid equal".split()
)
_ORGANS: Final = frozenset(
    "kidney kidneys bladder bowel thyroid liver sternum breast breasts shoulder shoulders".split()
)


def _of_no_moment(here: Said, mark: Mark) -> bool:
    """ "Physiologic uptake", "uptake equal to other vertebrae", "uptake in the kidneys": no raised uptake of bone."""
    start, end = here.c.clause(mark.first)
    words = here.c.words
    near = [w.text for w in (*words[max(start, mark.first - 2) : mark.first], *words[mark.last : mark.last + 2])]
    return not _PHYSIOLOGIC.isdisjoint(near) or not _ORGANS.isdisjoint(w.text for w in words[mark.last : end])


def _is_normal(here: Said, mark: Mark) -> bool:
    """ "STIR signal at L1 is normal", "normal uptake": named, and nothing wrong with it."""
    c = here.c
    start, end = c.clause(mark.first)
    stop = min((k for k in c.commas if k >= mark.last), default=end)
    for normal in c.within("normal", start, min(end, stop)):
        if not any(w.text in _SOUND for w in c.words[normal.first : normal.last]):
            continue
        if normal.last == mark.first:
            return True
        if normal.first >= mark.last and c.manner(normal).denied is None:
            way = c.words[mark.last : normal.last]
            between = [m for m in c.marks if mark.last <= m.first and m.last <= normal.first]
            said = any(w.text in ("is", "are", "was", "appears", "remains", "within") for w in way)
            return said and not any(is_noun(m) and m is not normal for m in between)
    return False


def elsewhere(here: Said, mark: Mark) -> bool:
    """Whether a signal is that of a pedicle, an arch, another bone, an implant or a benign lesion, not of a body."""
    c = here.c
    start, end = c.clause(mark.first)
    places = [m for m in c.marks if start <= m.first < end and m is not mark and _is_place(m)]
    for lv in c.levels:
        if lv.kind == "body" and mark.last < lv.first <= mark.last + 3:
            way = {w.text for w in c.words[mark.last : lv.first]}
            further = next((m for m in places if lv.last <= m.first <= lv.last + 4), None)
            if way <= _IN_LEVEL and further is not None and not _is_body(further):
                return not {w.text for w in c.words[lv.last : further.first]} & {",", "and", "with", "without", "but"}
            if way <= _IN_LEVEL:
                return any(m.last == mark.first and not _is_body(m) for m in places)
    after = next((m for m in places if m.first >= mark.last), None)
    if after is not None and not _is_body(after):
        gap = [w.text for w in c.words[mark.last : after.first]]
        first = next((text for text in gap if text.isalpha() and _says_where(text)), "")
        if (gap and first in _AT) and not any(text in (",", "and", "with", "without", "no") for text in gap):
            joined = next((m for m in places if m.first >= after.last), None)
            return joined is None or not _is_body(joined) or joined.first - after.last > 2
    before = [m for m in places if m.last <= mark.first]
    if before and "fx" in before[-1].facts and bone_of(c, before[-1]) is not None:
        return True
    if not before or _is_body(before[-1]):
        return False
    close = mark.first - before[-1].last <= 1 and c.words[before[-1].last].text not in (",", "and", "with")
    return (close and not before[-1].get("posterior")) or not any(
        _is_body(m) and ("fx" not in m.facts or bone_of(c, m) is None) for m in c.marks if start <= m.first < end
    )


def _says_where(text: str) -> bool:
    """Whether a word after a signal already says where it is."""
    return text in _AT or text in ("and", "with", "without", "is", "are", "extending", "extends")


def _is_place(mark: Mark) -> bool:
    return (
        "bone" in mark.facts
        or "posterior" in mark.facts
        or "fx" in mark.facts
        or mark.get("etiology") == "lesion"
        or _is_body(mark)
    )


def _is_body(mark: Mark) -> bool:
    return "fx" in mark.facts or (mark.get("vertebral") is not None and "bone" not in mark.facts)


def _degenerative(here: Said, mark: Mark) -> bool:
    """Modic and other degenerative signal: beside the word, or anywhere in a clause that tells of no fracture."""
    start, end = here.c.clause(mark.first)
    if not here.readings and _INFLAMED & {w.text for w in here.c.words[start:end]}:
        return True
    return any(abs(m.first - mark.first) <= 6 or not here.readings for m in here.c.within("degenerative", start, end))


def edema(here: Said, mark: Mark) -> None:
    c = here.c
    kind = mark.facts["edema"]
    value = here.usable(mark, c.manner(mark))
    if kind == "other" or value is None:
        return
    if kind == "none":
        value = False
    start, end = c.clause(mark.first)
    if not value and c.within("denialfollow", start, end):
        return
    inside = [m for m in c.marks if start <= m.first < end]
    if any(
        m.get("noun") in ORGANS or m.get("noun") == "muscle"
        for m in inside
        if m.get("noun") and not m.facts.keys() & {"vertebral"} and abs(m.first - mark.first) < 12
    ):
        return
    if _degenerative(here, mark) or elsewhere(here, mark) or of_disc(c, mark) or in_something_else(here, mark):
        return
    if value and c.formerly(mark):
        return
    if value and _is_normal(here, mark):
        value = False
    if any(
        w.text
        in (
            "schmorl",
            "schmorl's",
            "schmorls",
            "listhesis",
            "spondylolisthesis",
            "facet",
            "cord",
            "ligament",
            "interspinous",
        )
        for w in c.words[start:end]
    ):
        return
    if value and not here.readings and (_of_a_lesion(here, mark) or _of_a_nerve(here, mark)):
        return
    placed = mark.last < len(c.words) and c.words[mark.last].text in ("in", "of", "within", "involving", "at")
    if value and placed and of_a_strange_thing(c, mark.last + 1):
        return
    targets = here.targets(mark)
    if any(t.pair for t in targets):
        return
    named = any(t.level is not None for t in targets)
    if kind == "bare":
        near = c.within("vertebral", start, end)
        if not (
            (named and (here.readings or body_targets(c.levels) or here.marrow_study)) or (near and here.marrow_study)
        ):
            return
        if not named and value:
            return
    if not targets:
        targets = (NOWHERE,)
    here.add(targets, "marrow_edema", value, mark)
    cue = next((m for m in c.within("acuity", start, end) if m.get("acuity") == "resolving"), None)
    if value and cue is not None:
        here.add(targets, "acuity", "resolving", cue, True)
    for change in c.within("change", start, end):
        if value and change.get("change") == "improved" and abs(change.first - mark.first) <= 4:
            here.add(targets, "height_change", "improved", change, True)
    if value and _only(here, mark):
        ours = {t.level for t in targets}
        others = tuple(
            t
            for t in (*body_targets(c.levels), *(t for s in here.readings for t in s.targets), *here.focus)
            if t.level and t.level not in ours
        )
        here.add(tuple(dict.fromkeys(others)), "marrow_edema", False, mark, True)


_EDEMA_ITSELF: Final = frozenset("edema oedema edematous oedematous bruise bruises contusion bme".split())
_LESIONS: Final = frozenset(
    "lesion lesions mass nodule cyst hemangioma haemangioma deposit deposits metastasis".split()
)


def _of_a_lesion(here: Said, mark: Mark) -> bool:
    """ "Lesion in T11, bright on STIR": the signal is the lesion's."""
    words = here.c.words
    if any(w.text in _EDEMA_ITSELF for w in words[mark.first : mark.last]):
        return False
    return any(w.text in _LESIONS for w in words[: mark.last + 2])


def _of_a_nerve(here: Said, mark: Mark) -> bool:
    """ "The L2 nerve root shows high STIR signal": the nearest thing before it is no vertebra."""
    start, _ = here.c.clause(mark.first)
    things = [m for m in here.c.marks if start <= m.first and m.last <= mark.first and m.get("noun") is not None]
    if not things or things[-1].get("noun") not in ("neural", "soft", "muscle", "disc"):
        return False
    return not any(lv.kind == "body" and things[-1].last <= lv.first < mark.first for lv in here.c.levels)


def _only(here: Said, mark: Mark) -> bool:
    start, end = here.c.clause(mark.first)
    comma = max((k for k in here.c.commas if k < mark.first), default=start)
    stop = min((k for k in here.c.commas if k >= mark.last), default=end)
    return bool(here.c.within("only", comma, stop))


def posterior(here: Said, mark: Mark) -> None:
    c = here.c
    start, end = c.clause(mark.first)
    how = c.manner(mark)
    if how.hypothetical or how.past or how.other or how.doubted is not None:
        return
    comma_after = min((k for k in c.commas if k >= mark.last), default=end)
    reach = [
        m
        for m in c.within("involve", start, end)
        if (m.last <= mark.first and mark.first - m.last <= 8)
        or (mark.last <= m.first < comma_after and m.first - mark.last <= 4)
    ]
    normal = [
        m
        for m in c.within("normal", start, min(end, comma_after))
        if (m.first >= mark.last and m.first - mark.last <= 4)
        or (m.last <= mark.first and c.reaches(m.last, mark.first))
    ]
    spared = [
        k for k in range(mark.last, min(mark.last + 4, end)) if c.words[k].text in ("spared", "sparing", "uninvolved")
    ]
    targets = here.about_bodies(here.targets(mark))
    if reach:
        value = here.usable(reach[0], c.manner(reach[0]))
        if value is not None and (targets or not value):
            here.add(targets or (NOWHERE,), "posterior_elements", value if how.denied is None else False, reach[0])
    elif (normal or spared) and how.denied is None:
        here.add(targets or (NOWHERE,), "posterior_elements", False, mark)


def heights(here: Said, mark: Mark) -> None:
    c = here.c
    start, end = c.clause(mark.first)
    if mark.get("heights") in ("bodied", None) and not _of_bodies(here, mark, start, end):
        return
    if (
        c.exception() is not None
        or c.within("denialfollow", 0, len(c.words))
        or here.readings
        or any(w.text == "otherwise" for w in c.words)
    ):
        return
    how = c.manner(mark)
    if how.denied is not None or how.hypothetical or how.past or how.other:
        return
    if any(q.unit == "percent" and start <= q.first < end for q in quantities.find(c)) or not _LOSING.isdisjoint(
        w.text for w in c.words[start:end]
    ):
        return
    predicate = mark.get("heights") in ("stated", "bodied") or any(
        (m.first >= mark.last and c.manner(m).denied is None)
        or (m.last <= mark.first and (c.reaches(m.last, mark.first) or _in_height(here, m, mark)))
        for m in c.within("normal", start, end)
    )
    if not predicate or any("fx" in m.facts for m in c.marks if start <= m.first < end):
        return
    bodies = body_targets(tuple(lv for lv in c.levels if start <= lv.first < end))
    if bodies:
        here.add(bodies, "status", "absent", mark, True)
        return
    if any(m.get("bone") == "cervical" for m in c.within("bone", start, end)):
        return
    regions = [m.facts["region"] for m in c.within("region", start, end) if m.facts["region"] not in ("spine",)]
    named = tuple(
        Target(None, True, region)  # type: ignore[arg-type] # the lexicon holds nothing but Region words
        for region in dict.fromkeys(regions)
    )
    here.add(named or (NOWHERE,), "denied-heights", True, mark)


def _in_height(here: Said, normal: Mark, height: Mark) -> bool:
    """ "Are preserved in height"."""
    return [w.text for w in here.c.words[normal.last : height.first]] == ["in"]


def _of_bodies(here: Said, mark: Mark, start: int, end: int) -> bool:
    """Whether "height" or "normal in height" is that of vertebral bodies and not of discs."""
    c = here.c
    if any(m.get("noun") in ("disc", "lung", "soft") for m in c.within("noun", start, end)):
        return False
    words = {w.text for w in c.words[start:end]}
    if mark.get("heights") is None and words & {"heights", "height"} and "alignment" in words and "heights" in words:
        return True
    return bool(words & _BODY_WORDS or body_targets(tuple(lv for lv in c.levels if start <= lv.first < end)))
