"""Words that stand for what no code says: synonyms of augmentation, braces and referrals, and whether words are denied.

Words may add a caution, never a permission (decision 15); orders are matched by code and by text (`clinical.md`
section E).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Final

from cds_service.facts.remembered import remembered


def either(*phrases: str) -> re.Pattern[str]:
    """A pattern of whole phrases, any of them, whatever the capitals; each may hold pattern syntax."""
    return re.compile(r"\b(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)


def any_pattern(patterns: Iterable[re.Pattern[str]]) -> re.Pattern[str]:
    """One pattern that finds a place wherever one of several does: a quick look before the slow ones."""
    return re.compile("|".join(each.pattern for each in patterns), re.IGNORECASE)


AUGMENTED: Final = either(
    r"(?:balloon )?kyphoplast\w*",
    r"vertebroplast\w*",
    "vertebral (?:body )?augmentation",
    "vertebral cement",
    "spinejack",
)
"""The clear synonyms that all order checks recognise (`clinical.md` section E). Sacroplasty is none."""

_MAYBE_AUGMENTED: Final = re.compile(r"\b(?:PVA|PVP|PKP|BKP|[Kk]iva|KIVA|[Cc]ement augmentation)\b")
_NOT_OF_A_VERTEBRA: Final = either(
    "screws?",
    "pedicle",
    "femur",
    "femoral",
    "hip",
    r"humer\w+",
    r"prostat\w*",
    r"photo\w*",
    "povidone",
    "iodine",
    "polyvinyl",
    r"embol\w*",
)

AFTERWARDS: Final = either(
    r"follow-?\s?up", r"post-?\s?op\w*", "post", "s/p", "status post", "after", "recheck", "check-?up"
)
"""Words that put an augmentation in the past: a visit or a film afterwards is none."""

REFERRAL: Final = either("refer(?:ral|red)?", "consult(?:ation)?", "evaluat(?:e|ion)", "clinic")
_SPINE_SERVICE: Final = either(
    "interventional (?:neuro)?radiology",
    "interventional spine",
    r"spin(?:e|al) (?:surg\w+|service|clinic|specialist|cent(?:er|re))",
    r"neurosurg\w+",
)
_IR: Final = re.compile(r"\bIR\b")
BONE_HEALTH: Final = either(
    "fracture liaison", "osteoporosis (?:clinic|service|referral)", "bone health", "metabolic bone", "bone clinic"
)
BRACE: Final = either(
    "TLSO",
    "LSO",
    "CTLSO",
    "spinal (?:orthosis|orthotic|brace)",
    "(?:thoraco-?)?lumbo-?sacral (?:orthosis|brace)",
    "thoracolumbar (?:orthosis|brace)",
    "back brace",
    "lumbar (?:brace|corset|orthosis)",
    "Jewett",
)
PHYSIOTHERAPY: Final = either("physical therap(?:y|ist)", "physiotherap(?:y|ist)")
BED_REST: Final = either("bed ?-?rest")

_DENIED: Final = either(
    "no",
    "not",
    "without",
    "denies",
    "denied",
    "negative for",
    "never",
    "ruled? out",
    "r/o",
    "absence of",
    "free of",
    "unlikely",
    "screening",
    "screen for",
    "family history",
    "fh of",
    "fear of",
    "risk (?:of|for)",
    "at risk",
    "susceptibility",
    "carrier of",
    "exposure to",
    r"vaccin\w+",
    "prevention of",
    r"prophyla\w+ (?:for|against)",
)
_DENIED_AFTER: Final = re.compile(
    r"[\s,:(-]*(?:(?:was|were|is|has been|have been) )?"
    r"(?:screen\w*|ruled out|excluded|unlikely|risk (?:assessment|factors?)|prophyla\w+|vaccin\w+|precautions?)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.;\n]")
_REACH: Final = 60
"""Characters before the words within which a denial counts."""


@remembered()
def names_augmentation(text: str) -> bool:
    """Whether words name a vertebral augmentation; an abbreviation does unless words beside it speak against."""
    if AUGMENTED.search(text):
        return True
    return bool(_MAYBE_AUGMENTED.search(text)) and not _NOT_OF_A_VERTEBRA.search(text)


@remembered()
def names_spine_service(text: str) -> bool:
    """Whether words name spine surgery or interventional radiology."""
    return bool(_SPINE_SERVICE.search(text) or _IR.search(text))


def spoken_of(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first place in the text where the words stand and are not denied, screened for or somebody else's."""
    return _place(pattern)(text)


@cache
def _place(pattern: re.Pattern[str]) -> Callable[[str], re.Match[str] | None]:
    """The same for one of the patterns of this package, with a memory."""
    return remembered()(partial(_first_place, pattern))


def _first_place(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    for match in pattern.finditer(text):
        before = _SENTENCE.split(text[max(0, match.start() - _REACH) : match.start()])[-1]
        if not _DENIED.search(before) and not _DENIED_AFTER.match(text, match.end()):
            return match
    return None
