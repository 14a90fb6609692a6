"""Is a word such as "compression", "collapse" or "fracture" a vertebral body's, another bone's, or none at all?"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from cds_service.reports.lexicon import Mark
from cds_service.reports.scopes import Clauses
from cds_service.reports.statements import body_targets, regions_near, speaks_of_bodies

_NO_BODY: Final = frozenset({"neural", "disc", "lung", "soft"})
ARCH_BONES: Final = frozenset({"transverse process", "spinous process", "lamina", "facet", "pars"})
"""Parts of the posterior arch."""


def kind_of(c: Clauses, mark: Mark) -> str | None:
    """Strength of a fracture word in this sentence, ``None`` when it is none ("compression of the cord", "disc
    height")."""
    value = mark.get("fx")
    if value is None or "noun" in mark.facts:
        return None
    if value == "weak":
        return "deformity" if _body_is_deformed(c, mark) else None
    if value == "height" and _other_height(c, mark):
        return None
    return value


def _body_is_deformed(c: Clauses, mark: Mark) -> bool:
    text = c.words[mark.first].text
    if text in ("compression", "compressions", "compressed") and _presses_on_nerves(c, mark):
        return False
    if _of_something_strange(c, mark) or of_no_vertebra(c, mark):
        return False
    following = next((m for m in c.marks if m.first >= mark.last), None)
    if following is not None and "fx" in following.facts and c.reaches(mark.last, following.first, strangers=0):
        return False
    if _measured_or_caused(c, mark) and not _of_another_thing(c, mark):
        return True
    after = " ".join(w.text for w in c.words[mark.last : mark.last + 2])
    objects = [m for m in c.marks if m.first >= mark.last and m.first - mark.last <= 8]
    barrier = min((k for k in (*c.soft, *c.commas) if k >= mark.last), default=len(c.words))
    objects = [m for m in objects if m.first < barrier]
    governs = after.startswith(("of", "on", "upon", "to", "at", "involving", "from", "in"))
    if governs or text in (
        "compressed",
        "collapsed",
        "flattened",
        "collapse",
        "deformity",
        "deformities",
        "compression",
        "compressions",
    ):
        for found in objects:
            if (found.facts.keys() & {"noun", "canal"} and found.get("noun") not in ("spine", "disc")) or found.get(
                "bone"
            ) is not None:
                return False
            if found.get("noun") == "disc":
                return False
            if "vertebral" in found.facts and found.get("vertebral") is not None:
                break
    if text.endswith("ed") and _predicate_of_another(c, mark):
        return False
    ahead = [lv for lv in c.levels if 0 <= lv.first - mark.last <= 4]
    if any(lv.kind == "structure" or (lv.kind == "pair" and not speaks_of_bodies(c, lv)) for lv in ahead):
        return False
    before = [m for m in c.marks if m.last <= mark.first and c.reaches(m.last, mark.first, strangers=1)]
    if any(
        m.get("noun") is not None or m.get("bone") is not None
        for m in c.marks
        if m.last == mark.first or (m.last == mark.first - 1 and c.words[m.last].text == "-")
    ):
        return False
    if any(
        (m.facts.keys() & {"morphology", "vertebral"} and m.facts.get("region") not in ("spine",)) or m.get("vertebral")
        for m in before
    ):
        return True
    if any(
        lv.kind in ("body", "other") and lv.last <= mark.first and c.reaches(lv.last, mark.first) for lv in c.levels
    ):
        return True
    start, end = c.clause(mark.first)
    if any(
        lv.kind == "body" and mark.last <= lv.first < end and _short_link(c, mark.last, lv.first) for lv in c.levels
    ):
        return True
    if text in ("wedge", "plana"):
        return bool(c.within("vertebral", start, end)) or bool(body_targets(c.levels))
    if (text == "compression" and _shown_by_a_body(c, mark)) or (text == "collapse" and _goes_with_a_body(c, mark)):
        return True
    near = [
        m
        for m in c.marks
        if "vertebral" in m.facts and m.first >= mark.last and m.first - mark.last <= 7 and m.first < barrier
    ]
    if near:
        return True
    masked = mark.first > 0 and c.words[mark.first - 1].text == "xxxx"
    predicate = text in ("collapsed", "compressed", "deformed") and bool(
        body_targets(c.levels) or c.within("vertebral", start, mark.first)
    )
    return predicate or (masked and bool(regions_near(c, mark)))


def _shown_by_a_body(c: Clauses, mark: Mark) -> bool:
    """ "L2 shows acute compression": the verb's subject is a level, and nothing else is compressed."""
    ends = mark.last >= len(c.words) or c.words[mark.last].text in (",", ";", ".", "with")
    for lv in c.levels:
        if lv.kind == "body" and lv.last < mark.first and ends:
            way = [w.text for w in c.words[lv.last : mark.first]]
            adjectives = all(c.covered(at) is not None for at in range(lv.last + 1, mark.first))
            if way[0] in ("shows", "demonstrates", "has") and adjectives:
                return True
    return False


_COPULAS: Final = frozenset("is are was were has have been appears appear remains become becomes".split())
_WHERE: Final = frozenset(
    """at in on near over projecting overlying above below behind to from within adjacent distal proximal between
    opposite around with by due secondary since after but""".split()
)
_SMALL: Final = frozenset(
    """the a an of and or both all most some many several multiple two three four entire whole this that these those
    it which its his her each every no left right mid upper lower middle other same first second third new old xxxx
    there now also again now more less further lumbar type non rib bearing possibly probably likely just only
    following""".split()
)


_AMOUNT: Final = frozenset(
    "up about approximately less more over at least nearly almost around roughly one half".split()
)


_ATTRIBUTES: Final = frozenset(
    """age ages onset degree degrees severity chronicity nature etiology type types origin appearance acuity what level
    levels segment segments column bone bones height stature""".split()
)


def of_no_vertebra(c: Clauses, mark: Mark) -> bool:
    """Whether what is compressed, collapsed or fractured is named, and is no vertebra: "the stent at L4 is collapsed",
    "colon collapsed", "collapse of the IVC at L1"."""
    last = c.words[mark.last - 1].text
    start, _ = c.clause(mark.first)
    if last in ("compressed", "collapsed", "deformed", "flattened", "fractured", "broken", "collapse"):
        at = mark.first - 1
        while at > start and (c.words[at].text.endswith("ly") or c.words[at].text in ("been", "now", "also", "again")):
            at -= 1
        if at >= start and c.words[at].text in _COPULAS:
            joint = max((k + 1 for k in range(start, at) if c.words[k].text in ("and", ",", "but")), default=start)
            return not _names_a_vertebra(c, joint if joint < at else start, at)
        if last != "collapse" and last != "fractured" and at >= start and _stranger(c, at):
            return True
        leading = mark.first == start or c.words[mark.first - 1].text in ("a", "an", "the", "with")
        if last != "collapse" and leading and of_a_strange_thing(c, mark.last):
            return True
    if mark.last < len(c.words) and c.words[mark.last].text == "of":
        return of_a_strange_thing(c, mark.last + 1)
    return False


def _names_a_vertebra(c: Clauses, start: int, end: int) -> bool:
    """Whether the subject between two places is a vertebra, or only points to one; places it stands at do not count."""
    stop = next((at for at in range(start, end) if c.words[at].text in _WHERE and at not in c.in_levels), end)
    if stop == start:
        return True
    marks = [m for m in c.marks if start <= m.first and m.last <= stop]
    body = max((m.last for m in marks if "vertebral" in m.facts), default=start)
    strange = any(_stranger(c, at) for at in range(body, stop))  # before it stand its adjectives
    if any(start <= lv.first < stop and lv.kind != "structure" for lv in c.levels):
        return not any("bone" in m.facts or m.get("posterior") == "noun" or "noun" in m.facts for m in marks)
    if any("bone" in m.facts or m.get("posterior") == "noun" or "noun" in m.facts for m in marks):
        return False
    return not strange


def _stranger(c: Clauses, at: int) -> bool:
    """A word we do not know, and that is not just a small one."""
    text = c.words[at].text
    known = c.covered(at) is not None or at in c.in_levels or text in _SMALL or text in _COPULAS or text in _WHERE
    return not known and text.isalpha() and not text.endswith("ly")


def of_a_strange_thing(c: Clauses, at: int) -> bool:
    """Whether the first thing after "of" is unknown, with no vertebra in its phrase; an amount is no thing."""
    strange = False
    if at < len(c.words) and (c.words[at].text in _AMOUNT or c.words[at].text[0].isdigit()):
        return False
    while at < len(c.words):
        text = c.words[at].text
        mark = c.covered(at)
        ours = mark is not None and bool(mark.facts.keys() & {"vertebral", "region", "acuity", "severity"})
        if at in c.in_levels or ours or text in _ATTRIBUTES:
            return False
        if text in _WHERE or text in _COPULAS or text in (",", ";", ".", "(", ")", "and", "which"):
            return strange
        strange = strange or _stranger(c, at)
        at += 1
    return strange


_CURVED: Final = frozenset("scoliotic kyphotic kyphoscoliotic lordotic spinal spine postural rotational".split())
_AFTER_A_SHAPE: Final = frozenset(
    """of at in involving and or with without , ; . ) ( : - is are was which that to from again also noted seen
    configuration appearance shape morphology like type pattern""".split()
)


def _of_something_strange(c: Clauses, mark: Mark) -> bool:
    """ "Scoliotic deformity", "wedge-shaped opacity", "compression on the esophagus": of what is no vertebra."""
    text = c.words[mark.first].text
    before = c.words[mark.first - 1].text if mark.first else ""
    if text.startswith("deformit") and (before in _CURVED or before.endswith("scoliotic") or before == "shaped"):
        return True
    after = c.words[mark.last].text if mark.last < len(c.words) else "."
    if text.startswith("deformit") and after == "of" and not c.levels:
        spine = [m for m in c.marks if mark.last < m.first <= mark.last + 3 and "region" in m.facts]
        if any(c.words[m.last - 1].text == "spine" for m in spine):
            return True
    beside = c.covered(mark.last) if mark.last < len(c.words) else None
    if text == "wedge" and beside is not None and "noun" in beside.facts:
        return True
    if text == "wedge" and after.isalpha() and beside is None and mark.last not in c.in_levels:
        return after not in _AFTER_A_SHAPE
    if text == "compression" and after in ("on", "upon"):
        return not any(lv.first <= mark.last + 3 and lv.first >= mark.last for lv in c.levels)
    return False


def _goes_with_a_body(c: Clauses, mark: Mark) -> bool:
    """ "Metastasis at T8 with partial collapse"."""
    joint = next((at for at in range(mark.first - 1, max(mark.first - 4, -1), -1) if c.words[at].text == "with"), None)
    if joint is None or not any(lv.kind == "body" and lv.last == joint for lv in c.levels):
        return False
    return all(
        c.covered(at) is not None or c.words[at].text in ("partial", "complete", "near")
        for at in range(joint, mark.first)
    )


_PRESSING: Final = frozenset(
    """recess recesses foramen foramina foraminal epidural abscess meningioma herniation herniated extrusion
    protrusion hematoma haematoma cyst schwannoma neurofibroma myelopathy radiculopathy thecal ligamentum""".split()
)
_BODILY: Final = frozenset(
    "vertebra vertebrae vertebral body bodies endplate endplates anterior superior plate".split()
)


def _presses_on_nerves(c: Clauses, mark: Mark) -> bool:
    """ "Disc herniation at L3-4 with L3 compression": a bare "compression" in a sentence about what presses on nerves,
    and with nothing said of a body."""
    words = {w.text for w in c.words}
    if words.isdisjoint(_PRESSING) or not words.isdisjoint(_BODILY):
        return False
    return not any(("fx" in m.facts and m is not mark) or "quantity" in m.facts for m in c.marks) and "%" not in words


def _predicate_of_another(c: Clauses, mark: Mark) -> bool:
    """ "The cord is not compressed": the nearest thing named before is no vertebra."""
    start, _ = c.clause(mark.first)
    things = [
        m
        for m in c.marks
        if start <= m.first and m.last <= mark.first and (m.get("noun") in _NO_BODY or m.get("vertebral") is not None)
    ]
    last_level = max((lv.last for lv in c.levels if lv.kind == "body" and lv.last <= mark.first), default=0)
    return bool(things) and things[-1].get("noun") in _NO_BODY and things[-1].first >= last_level


def _measured_or_caused(c: Clauses, mark: Mark) -> bool:
    """ "T6 ... with 50% collapse", "L2, worrisome for metastatic collapse": a body is spoken of before."""
    start, _ = c.clause(mark.first)
    body = [lv for lv in c.levels if start <= lv.first and lv.last <= mark.first]
    if not body or body[-1].kind != "body" or c.words[mark.first].text == "wedge":
        return False
    if any(m.facts.keys() & {"noun", "canal", "bone"} and body[-1].last <= m.first < mark.first for m in c.marks):
        return False
    before = c.words[mark.first - 1].text
    return before in ("%", "percent") or any("etiology" in m.facts and m.last == mark.first for m in c.marks)


def _of_another_thing(c: Clauses, mark: Mark) -> bool:
    """ "50% compression of the thecal sac": an "of" that leads to no body."""
    if mark.last >= len(c.words) or c.words[mark.last].text not in ("of", "on", "upon"):
        return False
    return not any(lv.kind == "body" and mark.last < lv.first <= mark.last + 4 for lv in c.levels)


def _short_link(c: Clauses, start: int, end: int) -> bool:
    return end - start <= 8 and all(w.text not in (",", "and", "with", "without") for w in c.words[start:end])


_CURVES: Final = frozenset("scoliosis dextroscoliosis levoscoliosis curvature curve".split())
_STATURE_UNITS: Final = frozenset("cm inch inches centimeter centimeters centimetres in".split())


def _other_height(c: Clauses, mark: Mark) -> bool:
    """Whether a height lost is that of a disc, of a curved spine or of the whole patient."""
    start, end = c.clause(mark.first)
    words = [w.text for w in c.words[start:end]]
    if not c.within("vertebral", start, end):
        if not _CURVES.isdisjoint(words):
            return True
        discs = [m for m in c.within("noun", start, end) if m.get("noun") == "disc"]
        stop = min((k for k in c.commas if k >= mark.last), default=end)
        if any(m.last <= mark.first + 8 and mark.first - m.last <= 8 for m in discs if m.first < mark.first):
            return True
        if any(mark.last <= m.first < stop for m in discs):
            return True
        named = [lv for lv in c.levels if start <= lv.first < end and lv.kind in ("body", "pair")]
        before = [lv for lv in named if lv.last <= mark.first]
        nearest = before[-1:] or named[:1]
        if nearest and nearest[0].kind == "pair" and not speaks_of_bodies(c, nearest[0]):
            return True
    around = [w.text for w in c.words[max(mark.first - 2, 0) : mark.last + 4]]
    return any(a[0].isdigit() and b in _STATURE_UNITS - {"in"} for a, b in pairwise(around))


def bone_of(c: Clauses, mark: Mark) -> str | None:
    """Another bone that the fracture word belongs to; ``vertebral`` words and body levels between keep it a
    vertebra's."""
    subject = _broken_subject(c, mark)
    if subject is not None:
        return subject
    if of_no_vertebra(c, mark):
        return "rib"  # another thing, by whatever name
    if any(m.get("bone") == "pars" for m in c.marks) and c.words[mark.first].text == "stress":
        return "pars"
    told = _in_brackets(c, mark) or _confined_to(c, mark)
    if told is not None:
        return told
    before = [m for m in c.marks if "bone" in m.facts and m.last <= mark.first]
    body = any(lv.kind == "body" and before[-1].last <= lv.first < mark.first for lv in c.levels) if before else False
    shared = bool(before) and _shared_with_a_vertebra(c, before[-1].last, mark.first)
    if before and not body and not shared and _np_gap(c, before[-1].last, mark.first):
        return before[-1].facts["bone"]
    if any(
        m.get("posterior") == "noun" and m.last <= mark.first <= m.last + 2 and c.reaches(m.last, mark.first)
        for m in c.marks
    ):
        return "posterior"
    _, end = c.clause(mark.first)
    for found in c.marks:
        if found.first < mark.last or found.first >= end:
            continue
        gap = c.words[mark.last : found.first]
        if "fx" in found.facts and found.get("fx") != "weak":
            break
        if "bone" in found.facts:
            too = [w.text for w in c.words[found.last : found.last + 3]]
            own = any("fx" in m.facts for m in c.marks if m.first > found.last)
            named = next((lv.first for lv in c.levels if lv.first > found.last), None)
            way = [w.text for w in c.words[found.last + 1 : named]] if named is not None else ["?"]
            joined = too[:1] == ["and"] and not own and set(way) <= {"of", "the"}
            return found.facts["bone"] if _owns(c, mark, found) and not joined else None
        if "vertebral" in found.facts and found.get("vertebral") and "bone" not in found.facts and len(gap) <= 6:
            return None
        if found.get("posterior") == "noun" and _leads_to(c, mark, found):
            return "posterior"
    return _only_bone(c, mark)


def _shared_with_a_vertebra(c: Clauses, start: int, end: int) -> bool:
    """ "Old rib and thoracic vertebral fractures": both kinds of bone share the noun; of "chest disease and fracture"
    the bone has a noun of its own."""
    joint = next((at for at in range(start, end) if c.words[at].text == "and"), None)
    if joint is None:
        return False
    if any(
        m.facts.keys() & {"vertebral", "region"} and "bone" not in m.facts for m in c.marks if joint < m.first < end
    ):
        return True
    return any(c.covered(at) is None and c.words[at].text.isalpha() for at in range(start, joint))


def _confined_to(c: Clauses, mark: Mark) -> str | None:
    """The part of "L4 fracture, confined to the transverse process"."""
    for only in c.marks:
        if "only" in only.facts and only.first >= mark.last and c.words[only.last - 1].text == "to":
            part = next((m for m in c.marks if only.last <= m.first <= only.last + 2 and "bone" in m.facts), None)
            if part is not None:
                return part.facts["bone"]
    return None


def _in_brackets(c: Clauses, mark: Mark) -> str | None:
    """The bone that a name in brackets repeats: "fracture of the spinous process of T1 (clay shoveler's fracture)"."""
    opened = [at for at in range(max(mark.first - 4, 0), mark.first) if c.words[at].text == "("]
    if not opened or any(opened[-1] < lv.first < mark.last + 3 for lv in c.levels):
        return None
    before = [m for m in c.marks if m.last <= opened[-1] and "fx" in m.facts]
    return bone_of(c, before[-1]) if before else None


def _broken_subject(c: Clauses, mark: Mark) -> str | None:
    """The other bone or implant that "is fractured": "one of the rods is fractured at L1"."""
    if c.words[mark.first].text not in ("fractured", "broken"):
        return None
    for bone in reversed([m for m in c.marks if "bone" in m.facts and m.last <= mark.first]):
        inside = {at for lv in c.levels if bone.last <= lv.first < mark.first for at in range(lv.first, lv.last)}
        way = {c.words[at].text for at in range(bone.last, mark.first) if at not in inside}
        if way <= _BEFORE_PARTICIPLE and way & {"is", "are", "appears", "was"}:
            return bone.facts["bone"]
    return None


_BEFORE_PARTICIPLE: Final = frozenset("is are was appears of at the also on left right".split())


def _leads_to(c: Clauses, mark: Mark, part: Mark) -> bool:
    """Whether "fracture of the left L3 pedicle" breaks the pedicle and not the body; a level may stand straight before
    the part."""
    inside = {at for lv in c.levels if mark.last <= lv.first < part.first for at in range(lv.first, lv.last)}
    if inside and max(inside) < part.first - 2:
        return False
    gap = [c.words[at].text for at in range(mark.last, part.first) if at not in inside]
    return len(gap) <= 4 and not {"of", "through"}.isdisjoint(gap) and {",", "with", "and"}.isdisjoint(gap)


def _only_bone(c: Clauses, mark: Mark) -> str | None:
    """The other bone that the clause speaks of, when it names no vertebra ("sacral uptake typical of fracture")."""
    start, end = c.clause(mark.first)
    words = {w.text for w in c.words[mark.first : mark.last]}
    if words & {"compression", "burst", "vertebral", "vcf", "vcfs", "endplate", "wedge", "wedging"}:
        return None
    if any(lv.kind == "body" and start <= lv.first < end for lv in c.levels) or c.within("vertebral", start, end):
        return None
    linked = mark.first > 1 and c.words[mark.first - 1].text in ("with", "representing")
    bones = [
        m
        for m in c.within("bone", start, mark.first)
        if linked or not any(k in c.commas for k in range(m.last, mark.first))
    ]
    joined = any(c.words[at].text in ("and", ";") for m in bones[-1:] for at in range(m.last, mark.first))
    return bones[-1].facts["bone"] if bones and not joined else None


def _owns(c: Clauses, mark: Mark, bone: Mark) -> bool:
    """Whether the bone after a fracture word is what is broken, and not the start of the next statement."""
    between = [lv for lv in c.levels if lv.kind == "body" and mark.last <= lv.first < bone.first]
    inside = {at for lv in between for at in range(lv.first, lv.last)}
    gap = [c.words[at].text for at in range(mark.last, bone.first) if at not in inside]
    following = next((m for m in c.marks if m.first >= bone.last and "fx" in m.facts), None)
    if following is not None and any(w in ("and", ",", "with") for w in gap) and _np_gap(c, bone.last, following.first):
        return False
    if not {"between", "above", "below", "adjacent", "near", "beside"}.isdisjoint(gap):
        return False
    if between and bone.first - between[-1].last <= 2 and not any(w in ("and", ",", "with") for w in gap[-2:]):
        return not any(w.text in ("compression", "burst", "wedge") for w in c.words[mark.first : mark.last])
    if bone.facts["bone"] in ARCH_BONES or bone.facts["bone"] == "sacrum":
        return len(gap) <= 5 and not any(w in (",", "with", "without", "and", ";") for w in gap)
    return len(gap) <= 9 and not between and ({",", "with"}.isdisjoint(gap) or "of" in gap)


def _np_gap(c: Clauses, start: int, end: int) -> bool:
    return end - start <= 5 and c.reaches(start, end, strangers=2, conjunctions=True)
