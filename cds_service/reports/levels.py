"""Vertebral levels in words: letters and figures, D and Th numbering, ordinals, ranges, lists, disc spaces, and what
only looks like one.

``T12``, ``D12``, ``Th12``, ``T-12``, ``twelfth thoracic``, ``12th thoracic``, ``thoracic vertebra 12``, ``T11-L1``,
``T6 through T9``, ``L1,2``.
Two neighbouring levels joined by a hyphen or slash (``L4-5``, ``T12/L1``) name a disc space unless a fracture of them
is spoken of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cds_service.reports.findings import BODY_LEVELS
from cds_service.reports.text import Word

LevelKind = Literal["body", "pair", "other", "structure"]

ORDER: Final = (*(f"C{n}" for n in range(1, 8)), *BODY_LEVELS, "L6", *(f"S{n}" for n in range(1, 6)))
PLACE: Final = {level: place for place, level in enumerate(ORDER)}
_LETTERS: Final = {"t": "T", "d": "T", "th": "T", "l": "L", "c": "C", "s": "S", "tv": "T", "lv": "L"}
_COUNT: Final = {"T": 12, "L": 6, "C": 7, "S": 5}
_ORDINALS: Final = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
_REGION_LETTER: Final = {"thoracic": "T", "dorsal": "T", "lumbar": "L", "cervical": "C", "sacral": "S"}
_THROUGH: Final = frozenset("through thru to till until".split())
_LIST_JOINTS: Final = frozenset([",", "and", "&", "or", "plus", "+"])
_UNITS: Final = frozenset(
    """mm cm % percent degree degrees deg \u00b0 weeks week months month years year yr days day views view ml cc x st
    nd rd th""".split()
)
_WEIGHTING_AFTER: Final = frozenset(
    """weighted weighting w wi hyperintense hyperintensity hyperintensities hypointense hypointensity hypointensities
    isointense signal signals
    intensity bright dark flair stir fat fse tse gre images image imaging sequence sequences sagittal axial coronal
    relaxation shortening
    prolongation flow contrast postcontrast hypo hyper iso dixon spin fs fatsat mapping sag ax prolonged""".split()
)
_WEIGHTING_BEFORE: Final = frozenset(
    """low high increased decreased bright dark abnormal sagittal axial coronal stir hyperintense hypointense
    hyperintensity hypointensity sag ax cor
    heterogeneous diffuse diffusely reduced prolonged elevated intermediate weighted noncontrast postcontrast
    precontrast multiplanar multisequence""".split()
)
_STRUCTURE_AFTER: Final = frozenset(
    """nerve nerves root roots foramen foramina foraminal neural dermatome radiculopathy screw screws facet facets
    facetectomy pars lamina laminae laminas
    rod rods hardware laminectomy corpectomy discectomy hemilaminectomy rib ribs myotome distribution""".split()
)
_UNCERTAIN_BEFORE: Final = frozenset(
    """possibly probably likely approximately approx about around presumed presumably perhaps near roughly apparently
    either labeled labelled""".split()
)


_NO_LEVEL_AFTER: Final = frozenset("stage vitamin pt grade ct".split())
"""Words before the T of a tumor stage or the D of a vitamin."""
_PARTS_OF_A_BODY: Final = frozenset(
    """vertebra vertebral body superior inferior endplate compression fracture wedge burst wedging deformity
    collapse""".split()
)
_OPENERS: Final = frozenset({*_LETTERS, "tl", "ll", "dl", *_REGION_LETTER, *_ORDINALS})
"""Words that can begin a level."""


@dataclass(frozen=True, slots=True)
class LevelMark:
    """Levels named together; ``first`` and ``last`` are a half-open range of word indices."""

    first: int
    last: int
    levels: tuple[str, ...]
    kind: LevelKind = "body"
    certain: bool = True


def _unit(words: tuple[Word, ...], at: int, end: int) -> tuple[str, int] | None:
    """One level at ``at``: canonical name and the index after it."""
    word = words[at].text
    letter = _LETTERS.get(word)
    if letter is None:
        return _misread(words, at, end)
    number = at + 1
    if (
        number < end
        and words[number].text == "-"
        and not words[number].spaced
        and number + 1 < end
        and not words[number + 1].spaced
    ):
        number += 1
    if number >= end or not words[number].text.isdigit() or len(words[number].text) > 2:
        return None
    spaced = words[number].spaced
    if spaced and (letter in ("C", "S") or word in ("tv", "lv")):
        return None
    if (
        number + 1 < end
        and words[number + 1].text in _UNITS
        and (spaced or words[number + 1].text not in ("x", "th", "deg"))
    ):
        return None
    value = int(words[number].text)
    if not 1 <= value <= _COUNT[letter]:
        return None
    stuck = number + 1 < end and not words[number + 1].spaced and words[number + 1].text in ("z", "o", "i", "s")
    if stuck or (at and word == "l" and words[at - 1].text in ("t", "d") and not words[number].spaced):
        return None  # a misread figure: "T1Z", "L1O", "T l2"
    if word in ("t", "d") and at and words[at - 1].text in _NO_LEVEL_AFTER and not _high_grade(words, at - 1):
        return None
    if (
        word == "t"
        and number + 1 < end
        and words[number + 1].text == "n"
        and number + 2 < end
        and words[number + 2].text.isdigit()
    ):
        return None
    return f"{letter}{value}", number + 1


def _high_grade(words: tuple[Word, ...], at: int) -> bool:
    """ "High-grade T6 fracture": how severe, not the stage of a tumor."""
    before = [word.text for word in words[max(at - 2, 0) : at] if word.text != "-"]
    return words[at].text == "grade" and before[-1:] in (["high"], ["low"], ["intermediate"], ["moderate"])


def _misread(words: tuple[Word, ...], at: int, end: int) -> tuple[str, int] | None:
    """A figure one read as the letter l by OCR: ``Tl2`` is T12, ``Ll`` is L1."""
    word = words[at].text
    if word not in ("tl", "ll", "dl"):
        return None
    letter = "L" if word == "ll" else "T"
    following = words[at + 1].text if at + 1 < end else ""
    if letter == "T" and following in ("0", "1", "2") and not words[at + 1].spaced:
        return f"T1{following}", at + 2
    if following in (
        "compression",
        "fracture",
        "vertebra",
        "vertebral",
        "body",
        "wedge",
        "burst",
        "superior",
        "inferior",
    ):
        return f"{letter}1", at + 1
    return None


def _bare_number(words: tuple[Word, ...], at: int, end: int, letter: str) -> tuple[str, int] | None:
    """The 5 of ``L4-5``."""
    if (
        at >= end
        or not words[at].text.isdigit()
        or len(words[at].text) > 2
        or not 1 <= int(words[at].text) <= _COUNT[letter]
    ):
        return None
    if at + 1 < end and (
        words[at + 1].text in _UNITS
        or (words[at + 1].text in ("-", "/", ".") and at + 2 < end and words[at + 2].text[0].isdigit())
    ):
        return None
    return f"{letter}{int(words[at].text)}", at + 1


def _span(low: str, high: str) -> tuple[str, ...]:
    first, last = PLACE[low], PLACE[high]
    if first > last:
        first, last = last, first
    return tuple(level for level in ORDER[first : last + 1] if level != "L6" or "L6" in (low, high))


def _next(words: tuple[Word, ...], at: int, end: int, letter: str, adjoining: bool) -> tuple[str, int] | None:
    if at >= end:
        return None
    unit = _unit(words, at, end)
    if unit is not None:
        return unit
    return _bare_number(words, at, end, letter) if adjoining else None


def _weighting(words: tuple[Word, ...], first: int, last: int, levels: tuple[str, ...], start: int, end: int) -> bool:
    """T1 and T2 as image weighting."""
    if not all(level in ("T1", "T2") for level in levels) or words[first].text != "t":
        return False
    at = last
    if at < end and words[at].text in _PARTS_OF_A_BODY:
        return False
    while at < end and at < last + 2 and words[at].text in ("-", "/", "and"):
        at += 1
    if at < end and (words[at].text in _WEIGHTING_AFTER):
        return True
    if first > start and words[first - 1].text in _WEIGHTING_BEFORE:
        return True
    return (
        first > start
        and words[first - 1].text in ("on", "both", "the")
        and (at >= end or not words[at].text.startswith(("vertebra", "fracture", "body", "compression")))
    )


def _joined(words: tuple[Word, ...], start: int, end: int, opening: tuple[str, int]) -> LevelMark:
    """Extend one level to the range, pair or list it begins."""
    level, at = opening
    groups: list[tuple[str, ...]] = [(level,)]
    pairs = 0
    only_commas = False
    last_comma: tuple[int, int] | None = None
    conjunction = alternative = False
    while at < end:
        letter = level[0]
        joint = words[at].text
        tight = joint in "-/" and (not words[at].spaced or (at + 1 < end and words[at + 1].spaced))
        if (joint in ("-", "/") and tight) or joint in _THROUGH:
            following = _next(words, at + 1, end, letter, True)
            if following is None:
                break
            other, at = following
            neighbours = abs(PLACE[other] - PLACE[level]) == 1 or {level, other} == {"L5", "S1"}
            if joint in _THROUGH or not neighbours:
                groups[-1] = (*groups[-1][:-1], *(_span(level, other)))
            elif groups[-1][-1] == level and len(groups[-1]) == 2 and joint == "/":
                groups[-1] = (*groups[-1], other)
                pairs = 0
            else:
                groups[-1] = (*groups[-1], other)
                pairs += 1
            level = other
            continue
        if joint not in _LIST_JOINTS:
            break
        nxt = at + 1
        said = joint
        if joint == "," and nxt < end and words[nxt].text in ("and", "or", "&"):
            said = words[nxt].text
            nxt += 1
        if nxt + 1 < end and words[nxt].text == "-" and not words[nxt + 1].spaced:
            nxt += 1  # "T-7, -8 and -9"
        adjoining = said != "," or (nxt < end and not words[nxt].spaced) or _numbers_on(words, nxt, end)
        following = _next(words, nxt, end, letter, adjoining)
        if following is None:
            break
        if said == ",":
            only_commas = not conjunction
            last_comma = (at, len(groups))
        else:
            conjunction = True
            alternative = alternative or said == "or"
        level, at = following
        groups.append((level,))
    if only_commas and not conjunction and last_comma is not None and not _closes_list(words, at, end):
        at, keep = last_comma
        groups = groups[:keep]
    levels = tuple(dict.fromkeys(level for group in groups for level in group))
    kind: LevelKind = "pair" if pairs and len(levels) <= 2 * pairs else "body"
    if kind == "body" and not any(level in BODY_LEVELS for level in levels):
        kind = "other"
    return LevelMark(start, at, levels, kind, certain=not alternative)


def _numbers_on(words: tuple[Word, ...], at: int, end: int) -> bool:
    """Whether a bare number after a comma is one of a row of them that "and" closes: "T7, 8, 9 and 12"."""
    while at + 2 < end and words[at].text.isdigit():
        if words[at + 1].text in ("and", "&"):
            return words[at + 2].text.isdigit()
        if words[at + 1].text != ",":
            return False
        at += 2
    return False


def _closes_list(words: tuple[Word, ...], at: int, end: int) -> bool:
    """Whether a list joined by commas alone really ends here, and does not run into the next statement ("edema at
    T12, L2 chronic")."""
    if at >= end:
        return True
    return words[at].text in (
        ".",
        ";",
        ")",
        "with",
        "vertebral",
        "vertebrae",
        "bodies",
        "levels",
        "fractures",
        "compression",
        "wedge",
        "deformities",
        "\n",
    )


def _ordinal(words: tuple[Word, ...], at: int, end: int) -> tuple[int, int] | None:
    word = words[at].text
    if word in _ORDINALS:
        return _ORDINALS[word], at + 1
    if (
        word.isdigit()
        and len(word) <= 2
        and 1 <= int(word) <= 12
        and at + 1 < end
        and words[at + 1].text in ("st", "nd", "rd", "th")
    ):
        return int(word), at + 2
    return None


def _by_ordinal(words: tuple[Word, ...], start: int, end: int) -> LevelMark | None:
    """``eleventh and twelfth thoracic``, ``12th thoracic``, ``thoracic eleventh``, ``lumbar vertebra 1``."""
    word = words[start].text
    if word in _REGION_LETTER:
        letter = _REGION_LETTER[word]
        at = start + 1
        named = False
        while at < end and words[at].text in ("vertebra", "vertebral", "body", "level", "segment", "spine"):
            named = named or words[at].text != "spine"
            at += 1
        if at >= end or (at > start + 1 and not named):
            return None
        ordinal = _ordinal(words, at, end)
        if ordinal is not None and at == start + 1 and ordinal[0] <= _COUNT[letter]:
            return LevelMark(start, ordinal[1], (f"{letter}{ordinal[0]}",), "body" if letter in "TL" else "other")
        if words[at].text == "(":
            return None
        number = _bare_number(words, at, end, letter)
        return (
            LevelMark(start, number[1], (number[0],), "body" if letter in "TL" else "other")
            if number is not None
            else None
        )
    first = _ordinal(words, start, end)
    if first is None:
        return None
    numbers = [first[0]]
    at = first[1]
    while at < end:
        joint = words[at].text
        nxt = at + 1
        if joint == "," and nxt < end and words[nxt].text == "and":
            nxt += 1
        following = (
            _ordinal(words, nxt, end) if joint in (",", "and", "&", "through", "to", "or", "-") and nxt < end else None
        )
        if following is None:
            break
        numbers.extend(range(numbers[-1] + 1, following[0] + 1) if joint in ("through", "to", "-") else [following[0]])
        at = following[1]
    if at >= end or words[at].text not in _REGION_LETTER:
        return None
    letter = _REGION_LETTER[words[at].text]
    levels = tuple(f"{letter}{n}" for n in numbers if n <= _COUNT[letter])
    if at + 1 < end and words[at + 1].text in ("rib", "ribs", "nerve", "root", "disc", "disk"):
        return None
    return LevelMark(start, at + 1, levels, "body" if letter in "TL" else "other") if levels else None


def find(words: tuple[Word, ...], start: int, end: int) -> tuple[LevelMark, ...]:
    """Every level named between two word indices, in order."""
    found: list[LevelMark] = []
    at = start
    while at < end:
        word = words[at].text
        if word not in _OPENERS and not word.isdigit():
            at += 1
            continue
        mark: LevelMark | None = None
        if word in _LETTERS or word in ("tl", "ll", "dl"):
            unit = _unit(words, at, end)
            if unit is not None:
                mark = _joined(words, at, end, unit)
        elif (
            word in _REGION_LETTER
            or word in _ORDINALS
            or (word.isdigit() and at + 1 < end and words[at + 1].text in ("st", "nd", "rd", "th"))
        ):
            mark = _by_ordinal(words, at, end)
        if mark is None:
            at += 1
            continue
        if _weighting(words, mark.first, mark.last, mark.levels, start, end):
            at = mark.last
            continue
        if (mark.last < end and words[mark.last].text in _STRUCTURE_AFTER) or (
            mark.last + 1 < end
            and words[mark.last].text in ("left", "right", "bilateral", "exiting")
            and words[mark.last + 1].text in _STRUCTURE_AFTER
        ):
            mark = LevelMark(mark.first, mark.last, mark.levels, "structure", mark.certain)
        elif (mark.first > start and words[mark.first - 1].text in _UNCERTAIN_BEFORE) or word in ("tl", "ll", "dl"):
            mark = LevelMark(mark.first, mark.last, mark.levels, mark.kind, certain=False)
        found.append(mark)
        at = mark.last
    return tuple(found)


def region_of(level: str) -> Literal["cervical", "thoracic", "lumbar", "sacral"]:
    """Anatomical region of ``C1``..``S5`` or ``sacrum``."""
    return {"C": "cervical", "T": "thoracic", "L": "lumbar"}.get(level[0], "sacral")  # type: ignore[return-value] # .get widens
