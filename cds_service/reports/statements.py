"""What one sentence states: plain (level, field, value) statements, and how a noun finds its level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from cds_service.reports.findings import BODY_LEVELS, Region, Span
from cds_service.reports.levels import PLACE, LevelMark
from cds_service.reports.lexicon import Mark
from cds_service.reports.scopes import Clauses

Value = str | bool | float | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Target:
    """Whose statement it is: a level, a bone with its own name, or (level ``None``) a region or nothing named."""

    level: str | None
    certain: bool = True
    region: Region | None = None
    pair: tuple[str, ...] = ()
    """The two levels of a disc space, when only that is named."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact stated of one target."""

    target: Target
    field: str
    value: Value
    span: Span
    """Original code points of the words."""
    sentence: int
    weak: bool = False
    """Gives way to any other value of the same field."""


SpanOf = Callable[[Mark], Span]
"""Original span of a mark."""


class Adder(Protocol):
    """Adds one fact to several targets."""

    def __call__(self, targets: tuple[Target, ...], field: str, value: Value, mark: Mark, weak: bool = False) -> None:
        """Add it."""


NOWHERE: Final = Target(None)
_PREPOSITIONS: Final = frozenset(
    """of at in involving involves involve to within from through on affecting for about including into along seen
    noted""".split()
)
_COPULAS: Final = frozenset(
    """is are was were has have been being at the a an body seen noted present identified again level
    involving""".split()
)
NARROW_REGIONS: Final[dict[str, tuple[int, int]]] = {
    "upper-thoracic": (PLACE["T1"], PLACE["T5"]),
    "mid-thoracic": (PLACE["T4"], PLACE["T9"]),
    "lower-thoracic": (PLACE["T8"], PLACE["T12"]),
    "thoracic": (PLACE["T1"], PLACE["T12"]),
    "thoracolumbar": (PLACE["T1"], PLACE["L5"]),
    "lumbar": (PLACE["L1"], PLACE["L6"]),
    "spine": (PLACE["T1"], PLACE["L6"]),
    "cervical": (PLACE["C1"], PLACE["C7"]),
    "sacral": (PLACE["S1"], PLACE["S5"]),
}


def targets_of(mark: LevelMark, *, region: Region | None = None, spread_pair: bool = False) -> tuple[Target, ...]:
    """The targets that a level mark names."""
    if mark.kind == "pair" and not spread_pair:
        return (Target(None, True, None, mark.levels),)
    certain = mark.certain
    found = []
    for level in mark.levels:
        if level in BODY_LEVELS:
            low, high = NARROW_REGIONS.get(region or "", (0, -1))
            found.append(
                Target(level, certain, region if low <= PLACE[level] <= high and region not in ("spine",) else None)
            )
        else:
            found.append(Target("sacrum" if level.startswith("S") else level, certain and level != "L6"))
    return tuple(dict.fromkeys(found))


_DISC_WORDS: Final = frozenset(
    """disc discs disk disks interspace interspaces intervertebral interbody space spaces segment
    segments motion""".split()
)


def speaks_of_bodies(c: Clauses, mark: LevelMark) -> bool:
    """Whether a pair such as ``T11-T12`` names the two bodies, by the words around it."""
    after = [w.text for w in c.words[mark.last : mark.last + 3]]
    if after and after[0] in _DISC_WORDS:
        return False
    if any(word in ("vertebrae", "bodies", "fractures", "deformities") for word in after):
        return True
    before = [w.text for w in c.words[max(mark.first - 3, 0) : mark.first]]
    return any(
        word in ("fractures", "vertebrae", "compressions", "deformities", "bodies", "collapse", "wedging")
        for word in before
    )


def attach(
    c: Clauses, noun: Mark, focus: tuple[Target, ...], subject: tuple[Target, ...], *, fracture: bool
) -> tuple[Target, ...]:
    """Targets of a noun: the level just before it, the level its preposition names, the nearest earlier one, or the
    one spoken of before."""
    region = region_near(c, noun)
    mark = _level_mark(c, noun, fracture=fracture)
    if mark is not None:
        spread = (
            mark.kind == "pair"
            and fracture
            and (speaks_of_bodies(c, mark) or "disc" not in {m.get("noun") for m in c.marks})
        )
        if spread and not speaks_of_bodies(c, mark):
            mark = LevelMark(mark.first, mark.last, mark.levels, mark.kind, certain=False)
        found = targets_of(mark, region=region, spread_pair=spread)
        chain = listed(c, noun) if fracture else ()
        if len(chain) > 1:
            found = tuple(t for level in chain for t in targets_of(level, region=region))
        if mark.kind == "pair" and not spread and not fracture:
            held = tuple(t for t in subject if t.level in mark.levels)
            if held and "disc" not in {m.get("noun") for m in c.marks}:
                return held
        return found
    if fracture:
        regions = regions_near(c, noun)
        if points_back(c, noun) and (subject or focus):
            return subject or focus
        return tuple(Target(None, True, r) for r in regions) or (NOWHERE,)
    return subject or focus


_LIST_KINDS: Final = frozenset("inert acuity severity change genant vertebral quantity".split())
_LIST_WORDS: Final = frozenset([",", "and", "&", "(", ")", ":", "%", "~", "percent"])


def listed(c: Clauses, noun: Mark) -> tuple[LevelMark, ...]:
    """Level marks that one fracture word shares: "T10 acute and T12 chronic fractures", "fractures: T12 (40%), L1"."""
    anchor = _level_mark(c, noun, fracture=True)
    if anchor is None or anchor not in c.levels:
        return ()
    place = c.levels.index(anchor)
    chain = [anchor]
    if anchor.last <= noun.first:
        while place and _list_gap(c, c.levels[place - 1], chain[0]) and not _told_of_before(c, place - 1):
            place -= 1
            chain.insert(0, c.levels[place])
    else:
        while place + 1 < len(c.levels) and _list_gap(c, chain[-1], c.levels[place + 1]):
            if _new_subject(c, c.levels[place + 1]):
                break
            place += 1
            following = next((m for m in c.marks if m.first >= c.levels[place].last and is_noun(m)), None)
            if following is not None and c.reaches(c.levels[place].last, following.first):
                break
            chain.append(c.levels[place])
    return tuple(chain)


def _new_subject(c: Clauses, level: LevelMark) -> bool:
    """The L1 of "no fracture of T12, L1 is compressed"."""
    verb = c.words[level.last].text if level.last < len(c.words) else ""
    return verb in ("is", "has", "shows", "demonstrates", "appears") and c.words[level.first - 1].text == ","


def _told_of_before(c: Clauses, place: int) -> bool:
    """Whether a level before a bare comma belongs to the noun before it: the T11 of "no edema at T11, T12 fracture"."""
    level, following = c.levels[place], c.levels[place + 1]
    if any(c.words[at].text in ("and", "&") for at in range(level.last, following.first)):
        return False
    if not level.first or c.words[level.first - 1].text not in ("at", "in", "of", "within"):
        return False
    return any(_is_noun(m) and m.last == level.first - 1 for m in c.marks)


def _list_gap(c: Clauses, one: LevelMark, other: LevelMark) -> bool:
    if one.kind != "body" or other.kind != "body":
        return False
    joined = False
    for at in range(one.last, other.first):
        text = c.words[at].text
        joined = joined or text in (",", "and", "&")
        mark = c.covered(at)
        if mark is not None and not (mark.facts.keys() <= _LIST_KINDS):
            return False
        if mark is None and text not in _LIST_WORDS and not text[0].isdigit():
            return False
    return joined


def owner(c: Clauses, chain: tuple[LevelMark, ...], mark: Mark) -> tuple[Target, ...]:
    """Targets of the one listed level that an adjective stands beside; nothing when it may belong to all."""
    ends = mark.last >= len(c.words) or c.words[mark.last].text in (",", ")", ";", "and", ".", "(", "with", "without")
    noun = c.covered(mark.last) if mark.last < len(c.words) else None
    ends = ends or (noun is not None and "fx" in noun.facts)
    for level in chain:
        bracketed = level.last < len(c.words) and c.words[level.last].text == "(" and mark.first == level.last + 1
        if ends and (level.last == mark.first or bracketed):
            return targets_of(level)
    for level in chain:
        if mark.last == level.first:
            return targets_of(level)
    return ()


def _level_mark(c: Clauses, noun: Mark, *, fracture: bool) -> LevelMark | None:
    start, end = c.clause(noun.first)
    named = [lv for lv in c.levels if start <= lv.first < end and lv.kind != "structure"]
    named = [lv for lv in named if not lv.first or c.words[lv.first - 1].text != "not"]
    before = [lv for lv in named if lv.last <= noun.first]
    while (
        before
        and not c.reaches(before[-1].last, noun.first)
        and _beside(c, max(before[-1].first - 4, start), before[-1].first)
    ):
        before.pop()
    after = [lv for lv in named if lv.first >= noun.last]
    if before and c.reaches(before[-1].last, noun.first):
        return before[-1]
    rival = next(
        (m for m in c.marks if m.first >= noun.last and _is_noun(m) and (not fracture or "fx" in m.facts)), None
    )
    if before and {w.text for w in c.words[before[-1].last : noun.first]} <= _PREDICATES:
        return before[-1]
    after = [lv for lv in after if lv.kind == "pair" or not _beside(c, noun.last, lv.first)]
    for lv in after:
        if rival is not None and rival.first < lv.first:
            break
        if fracture and _has_a_noun_of_its_own(c, noun.last, lv):
            break
        if before and any(noun.last <= m.first and m.last < lv.first and "noun" in m.facts for m in c.marks):
            break
        if _joined(c, noun.last, lv.first, loose=fracture):
            return lv
        break
    if before:
        return before[-1]
    if after and fracture and _has_a_noun_of_its_own(c, noun.last, after[0]):
        return None
    if after and fracture and (rival is None or rival.first > after[0].first or not _owned(c, rival, after[0])):
        return after[0]
    if after and not fracture:
        return after[0]
    return None


_PREDICATES: Final = frozenset("is are was were has have been now also again partially severely markedly".split())


def _has_a_noun_of_its_own(c: Clauses, start: int, level: LevelMark) -> bool:
    """Whether a level after "and" or a comma begins another thing: "Bennett fracture and T12 hemangioma"."""
    between = [w.text for w in c.words[start : level.first]]
    if not between or between[-1] not in ("and", ",") or not {"of", "at", "in", "involving"}.isdisjoint(between):
        return False
    mark = c.covered(level.last) if level.last < len(c.words) else None
    if mark is None:
        return False
    other = mark.facts.keys() & {"noun", "bone", "degenerative"} or mark.get("etiology") in ("lesion", "malignant")
    return bool(other) and "fx" not in mark.facts


_BESIDE: Final = frozenset("above below cephalad caudad caudal cranial beside between".split())
_NEXT_TO: Final = frozenset("adjacent next".split())


def _beside(c: Clauses, start: int, end: int) -> bool:
    """Whether a level only says where something else is: "the vertebra above the cemented L2"."""
    for at in range(start, end):
        text = c.words[at].text
        if text in _BESIDE or (text in _NEXT_TO and any(w.text == "to" for w in c.words[at + 1 : at + 3])):
            way = {w.text for w in c.words[at:end]}
            return way.isdisjoint(("endplate", "endplates", "plate", "disc", "disk", "margin", "cortex"))
    return False


_FIRST: Final = frozenset("first former".split())
_LAST: Final = frozenset("last latter".split())
_HIGHEST: Final = frozenset("highest uppermost topmost upper".split())
_LOWEST: Final = frozenset("lowest lowermost lower".split())
_SELECTING: Final = frozenset(
    """except exception apart aside besides only latter former respectively respective""".split()
)
"""Words that make a sign of several levels that of some."""
_COUNTED: Final = {"two": 2, "three": 3}
_SOME: Final = frozenset("one some several two three both most many".split())


def chosen(c: Clauses, mark: Mark, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """Those of several targets that the words around a sign pick out: "the latter", "one of which (L1)", "the first
    two". Nothing when it says only that some are meant."""
    if len(targets) < 2:
        return targets
    if any(w.text in _SELECTING for w in c.words):
        return _picked(c, mark, targets) if any(w.text in ("latter", "former") for w in c.words) else ()
    return _picked(c, mark, targets)


def _picked(c: Clauses, mark: Mark, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    near = [w.text for w in c.words[max(mark.first - 4, 0) : mark.first]]
    if {"former", "latter"} & set(near):
        last = max(at for at, text in enumerate(near) if text in ("former", "latter"))
        return targets[:1] if near[last] == "former" else targets[-1:]
    start, end = c.clause(mark.first)
    low = max((k + 1 for k in c.commas if k < mark.first), default=start)
    high = min((k for k in c.commas if k >= mark.last), default=end)
    texts = [(at, c.words[at].text) for at in range(max(low, start), high) if at not in c.in_levels]
    for place, (_, text) in enumerate(texts):
        following = texts[place + 1][1] if place + 1 < len(texts) else ""
        count = _COUNTED.get(following, 1)
        of_which = following == "of" and any(
            t in ("which", "them", "these", "whom") for _, t in texts[place + 2 : place + 4]
        )
        if text in _LAST and (following in ("two", "three", "") or not following.isalpha() or _picks(texts, place)):
            return targets[-count:]
        if text in _FIRST and (following in ("two", "three", "") or not following.isalpha() or _picks(texts, place)):
            return targets[:count]
        if text in _HIGHEST and of_which:
            return targets[:1]
        if text in _LOWEST and of_which:
            return targets[-1:]
        if text in _SOME and of_which and text != "both":
            named = [t for t in targets if any(t.level in lv.levels for lv in c.levels if low <= lv.first < high)]
            return tuple(named)
    return () if any(text in ("latter", "former") for _, text in texts) else targets


def _picks(texts: list[tuple[int, str]], place: int) -> bool:
    """ "The last with edema", "edema in the latter": an article before, and no noun after."""
    before = texts[place - 1][1] if place else ""
    following = texts[place + 1][1] if place + 1 < len(texts) else ""
    return before == "the" and following in (
        "with",
        "of",
        "shows",
        "is",
        "has",
        "demonstrates",
        "and",
        "showing",
        "being",
    )


def _owned(c: Clauses, rival: Mark, level: LevelMark) -> bool:
    """Whether the level after a rival noun is that noun's own ("fracture, edema at T12")."""
    return "fx" in rival.facts and _joined(c, rival.last, level.first, loose=True)


def _is_noun(mark: Mark) -> bool:
    kinds = mark.facts.keys()
    return bool(
        kinds
        & {
            "fx",
            "edema",
            "uptake",
            "retro",
            "wall",
            "canal",
            "kyphosis",
            "cleft",
            "cement",
            "posterior",
            "mass",
            "cordsignal",
            "discsignal",
            "collection",
            "noun",
            "heights",
            "bone",
        }
    )


def is_noun(mark: Mark) -> bool:
    """Whether adjectives, numbers and levels may belong to this mark."""
    return _is_noun(mark)


def _joined(c: Clauses, start: int, end: int, *, loose: bool) -> bool:
    """Whether a preposition, not a new statement, leads from a noun to a level."""
    texts = [w.text for w in c.words[start:end]]
    if not texts:
        return True
    if len(texts) > 14 or ";" in texts:
        return False
    if not loose and ("," in texts or "and" in texts or "with" in texts or "without" in texts):
        return False
    if any(
        m.first >= start
        and m.last <= end
        and m.facts.keys() & {"neg", "negacute", "fx"} - ({"neg", "negacute"} if loose else set())
        for m in c.marks
    ):
        return False
    return (
        any(t in _PREPOSITIONS for t in texts)
        or texts[-1] in (":", "(", "-", ",", "?")
        or all(t in _COPULAS for t in texts)
        or loose
    )


def points_back(c: Clauses, noun: Mark) -> bool:
    """Whether "the", "this" or "these" before the noun speaks of something named before."""
    for at in range(max(noun.first - 5, 0), noun.first + 1):
        text = c.words[at].text
        if text in ("this", "these", "that", "those", "the", "its") and c.reaches(at + 1, noun.first):
            return True
    return bool(c.within("pointer", noun.first, noun.last))


def regions_near(c: Clauses, noun: Mark) -> tuple[Region, ...]:
    """Regions named in the noun's clause, narrowest first, without "spine" where a narrower one stands."""
    start, end = c.clause(noun.first)
    found = list(dict.fromkeys(m.facts["region"] for m in c.within("region", start, end)))
    narrow = [r for r in found if r != "spine"]
    if any(r in ("upper-thoracic", "mid-thoracic", "lower-thoracic") for r in narrow):
        narrow = [r for r in narrow if r != "thoracic"]
    chosen = narrow or found
    return tuple(chosen)  # type: ignore[arg-type] # the lexicon holds nothing but Region words


def region_near(c: Clauses, noun: Mark) -> Region | None:
    """The one region of the clause, when just one is named."""
    regions = [r for r in regions_near(c, noun) if r != "spine"]
    return regions[0] if len(regions) == 1 else None


def body_targets(levels: Iterable[LevelMark]) -> tuple[Target, ...]:
    """Body levels named, discs and nerve roots left out."""
    return tuple(t for lv in levels if lv.kind == "body" for t in targets_of(lv) if t.level in BODY_LEVELS)
