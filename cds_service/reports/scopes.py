"""One sentence prepared for reading: its marks, its clauses, and how far each denial, doubt or memory reaches.

A denial reaches forward to the next comma, "but", "with" or verb-like joint; over a comma only inside an "a, b or c"
list. A doubt reaches forward
to the same places and also stops at "with". Denials and doubts that follow the noun reach back the same way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cds_service.reports import lexicon
from cds_service.reports.levels import LevelMark
from cds_service.reports.levels import find as find_levels
from cds_service.reports.lexicon import Mark
from cds_service.reports.text import Word

_NO_GUESS: Final = frozenset({"mostly"})
"""Weighs a statement without doubting it: "mostly old" is old."""
_LEADS_TO_AGE: Final = frozenset("to be is are was were it this these that a an the as its".split())
_DOUBTS_NOUN_TOO: Final = frozenset("possibly probably likely presumably presumed perhaps apparently".split())
_TRIGGERS: Final = frozenset("neg negacute negother negafter hedge hedgeafter hypo hist".split())
_EXCEPT: Final = frozenset("except exception apart aside than".split())
_EARLIER: Final = frozenset("prior previous earlier preceding last".split())
_FORMERLY: Final = frozenset("previously formerly initially".split())
_SIGNS: Final = frozenset("edema uptake retro cleft mass collection canal kyphosis discsignal cordsignal".split())
_LONGEST_REACH: Final = 24
_LONGEST_DOUBT: Final = 14
_NP_KINDS: Final = frozenset(
    "inert acuity change severity morphology vertebral region etiology genant degenerative hist only".split()
)
_NP_WORDS: Final = frozenset(["-", "/", "'s", "(", ")", "to", "or", "%", "\u00b0", "of", "percent", '"', "~", ">", "<"])
_STOPPERS: Final = frozenset(
    """is are was were be been has have had of at in on by for from to with without and or but no not into within than
    that which who as if then when
    because during per via""".split()
)
_ENDS_WHERE: Final = frozenset("or nor , such including suggest indicate suggestive represent like ;".split())
_HEADS: Final = frozenset(
    """fx edema uptake retro wall canal kyphosis cleft mass cordsignal discsignal collection etiology posterior noun
    unstable change""".split()
)
_AFFIRMING_STARTS: Final = frozenset(
    """there the a an with is are has shows mild moderate severe marked slight minimal new old chronic acute stable
    unchanged this at in""".split()
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a statement is meant."""

    denied: Mark | None = None
    acute_only: bool = False
    """Only an acute or a new one is denied."""
    other: bool = False
    """What is denied is another one than the one spoken of."""
    doubted: Mark | None = None
    doubtful: bool = False
    """Said to be unlikely."""
    hypothetical: bool = False
    past: bool = False

    @property
    def plain(self) -> bool:
        """Stated of this patient without denial, doubt or condition."""
        return (
            self.denied is None
            and not (self.acute_only or self.other or self.hypothetical or self.past or self.doubtful)
            and self.doubted is None
        )


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence with everything that was recognised in it; positions are word indices inside the sentence."""

    words: tuple[Word, ...]
    marks: tuple[Mark, ...]
    levels: tuple[LevelMark, ...]
    hard: tuple[int, ...]
    """Positions where a clause begins (0 first)."""
    soft: tuple[int, ...]
    commas: tuple[int, ...]
    by_word: tuple[Mark | None, ...]
    """The mark that holds each word."""
    triggers: tuple[Mark, ...] = ()
    """The marks that deny, doubt, suppose or remember."""
    manners: dict[tuple[int, int], Manner] = field(default_factory=dict)
    """Manners worked out so far, by range of words: several rules ask for the same."""

    def clause(self, at: int) -> tuple[int, int]:
        """Half-open range of the clause that holds ``at``."""
        place = bisect_right(self.hard, at)
        return (
            self.hard[place - 1] if place else 0,
            self.hard[place] if place < len(self.hard) else len(self.words),
        )

    def within(self, kind: str, start: int, end: int) -> list[Mark]:
        """Marks of ``kind`` inside a range."""
        return [m for m in self.marks if kind in m.facts and start <= m.first and m.last <= end]

    def has(self, *kinds: str) -> bool:
        """Whether any mark is of one of ``kinds``."""
        return any(kind in m.facts for m in self.marks for kind in kinds)

    def covered(self, at: int) -> Mark | None:
        """The mark that holds word ``at``."""
        return self.by_word[at]

    def reaches(
        self, start: int, end: int, *, commas: bool = False, conjunctions: bool = False, strangers: int = 1
    ) -> bool:
        """Whether words ``start``..``end`` could stand inside one noun phrase."""
        at = start
        while at < end:
            mark = self.covered(at)
            if mark is not None:
                if not (_NP_KINDS & mark.facts.keys() or mark.get("fx") == "weak"):
                    return False
                at = mark.last
                continue
            level = next((lv for lv in self.levels if lv.first <= at < lv.last), None)
            if level is not None:
                at = level.last
                continue
            text = self.words[at].text
            if text[0].isdigit() or (text in _NP_WORDS and text not in ("of", "or", "to")):
                at += 1
                continue
            if (text == "," and commas) or (text in ("and", "or", "to", "&") and conjunctions):
                at += 1
                continue
            if not text.isalpha() or text in _STOPPERS:
                return False
            strangers -= 1
            if strangers < 0:
                return False
            at += 1
        return True

    # -------------------- reach of denials and doubts

    def _over_comma(self, comma: int, end: int) -> bool:
        """Whether a list "a, b or c" goes on over this comma."""
        at = comma + 1
        if at < end and self.words[at].text in ("or", "nor"):
            return True
        segment = 0
        first = True
        while at < end:
            text = self.words[at].text
            if first and (text in _AFFIRMING_STARTS or text[0].isdigit() or text in ("no", "without", "but")):
                return False
            first = False
            if text in ("or", "nor"):
                return True
            if text == ",":
                segment = 0
                first = True
            elif text in ("is", "are", "with", "there", ";", "has", "shows") or any(
                lv.first == at for lv in self.levels
            ):
                return False
            else:
                segment += 1
                if segment > 6:
                    return False
            at += 1
        return False

    def _and_ends(self, at: int, end: int) -> bool:
        """Whether "and" at ``at`` opens a new statement rather than the next item of a denied list."""
        nxt = at + 1
        if nxt >= end:
            return True
        text = self.words[nxt].text
        if text[0].isdigit() or text in ("there", "the", "a", "an", "with", "is", "are"):
            return True
        mark = self.covered(nxt)
        if mark is not None and {"acuity", "change", "severity", "neg", "hedge"} & mark.facts.keys():
            return True
        return any(lv.first == nxt for lv in self.levels)

    def forward(self, start: int, limit: int, *, doubt: bool = False) -> int:
        """End of the reach of a word before ``start``."""
        _, end = self.clause(start if start < len(self.words) else start - 1)
        end = min(end, start + limit)
        at = start
        while at < end:
            text = self.words[at].text
            if text in (";", ".") or at in self.soft or (text == ":" and at > start):
                return at
            if text == "," and not self._over_comma(at, end):
                return at
            if text == "and" and self._and_ends(at, end):
                return at
            if doubt and text in ("without", "no") and at > start:
                return at
            at += 1
        return at

    def backward(self, last: int, limit: int) -> int:
        """Start of the reach of a word that follows ``last``."""
        start, _ = self.clause(max(last - 1, 0))
        start = max(start, last - limit)
        at = last - 1
        listed = False
        while at >= start:
            text = self.words[at].text
            if text in ("or", "nor"):
                listed = True
            if text == ";" or (text == "," and not listed):
                return at + 1
            if at in self.soft and text in ("with", "demonstrates", "shows", "showing", "demonstrating"):
                return at + 1
            if text == "and" and not listed and self._and_ends(at, last):
                return at + 1
            at -= 1
        return start

    def manner(self, mark: Mark) -> Manner:
        """How ``mark`` is meant, from every word whose reach covers it."""
        known = self.manners.get((mark.first, mark.last))
        if known is None:
            known = self.manners[mark.first, mark.last] = self._manner(mark)
        return known

    def _manner(self, mark: Mark) -> Manner:
        denied = doubted = None
        where = self._where_phrase(mark)
        acute_only = other = doubtful = hypothetical = past = False
        for trigger in self.triggers:
            facts = trigger.facts
            if trigger.last <= mark.first:
                if (
                    trigger.first < where
                    and facts.keys() & {"neg", "negacute", "negother"}
                    and self._names_something(trigger.last, where)
                ):
                    continue
                if not facts.keys() & {"neg", "negacute", "negother", "hedge", "hypo", "hist"}:
                    continue
                gap_is_query = self.words[trigger.first].text == "?" and not self._query_before(trigger)
                if "negacute" in facts and mark.first < self.forward(trigger.last, _LONGEST_REACH):
                    denied, acute_only = trigger, True
                elif "neg" in facts and mark.first < self.forward(
                    trigger.last, _LONGEST_REACH if self.words[trigger.last - 1].text != "not" else 6
                ):
                    denied = trigger
                    nxt = self._telling_mark(trigger.last)
                    if (
                        nxt is not None
                        and nxt.last <= mark.first
                        and nxt.get("acuity") == "acute"
                        and nxt.first - trigger.last <= 2
                    ):
                        acute_only = True
                    if nxt is not None and nxt.get("change") == "new" and nxt.first == trigger.last:
                        acute_only = True
                elif "negother" in facts and mark.first < self.forward(trigger.last, _LONGEST_REACH):
                    other = True
                elif (
                    "hedge" in facts
                    and not gap_is_query
                    and mark.first < self.forward(trigger.last, _LONGEST_DOUBT, doubt=True)
                    and not self._bound_elsewhere(trigger, mark)
                ):
                    doubted = trigger
                if "hypo" in facts and mark.first < self.forward(trigger.last, 10):
                    hypothetical = True
                if facts.get("hist") == "past" and mark.first < self.forward(trigger.last, 12, doubt=True):
                    past = True
            elif trigger.first >= mark.last:
                if not facts.keys() & {"negafter", "hedgeafter", "hypo"}:
                    continue
                if (
                    "negafter" in facts
                    and self._closes(trigger)
                    and not self._within_another(mark)
                    and self.backward(trigger.first, _LONGEST_REACH) <= mark.first
                ):
                    denied = trigger
                    before = self._mark_to(mark.first)
                    if before is not None and before.get("acuity") == "acute" and mark.first - before.last <= 1:
                        acute_only = True
                elif (
                    "hedgeafter" in facts
                    and self._doubts_back(trigger)
                    and self.backward(trigger.first, _LONGEST_DOUBT) <= mark.first
                ):
                    if facts["hedgeafter"] == "doubt":
                        doubtful = True
                    else:
                        doubted = trigger
                elif facts.get("hypo") == "after" and trigger.first - mark.last <= 2:
                    hypothetical = True
        return Manner(denied, acute_only, other, doubted, doubtful, hypothetical, past)

    def _where_phrase(self, mark: Mark) -> int:
        """Where "at" or "in" begins the phrase that holds ``mark``, as in "no mass at the L2 fracture"; else -1."""
        start, _ = self.clause(mark.first)
        at = mark.first - 1
        while at >= start:
            text = self.words[at].text
            if text in _ENDS_WHERE and not any(lv.first <= at < lv.last for lv in self.levels):
                return -1
            if text in ("at", "in", "within", "adjacent"):
                return at
            at -= 1
        return -1

    def _names_something(self, start: int, end: int) -> bool:
        return any(m.first >= start and m.last <= end and m.facts.keys() & _HEADS for m in self.marks)

    def _query_before(self, trigger: Mark) -> bool:
        """A question mark that stands before what it doubts."""
        word = self.words[trigger.first]
        return trigger.last < len(self.words) and (word.spaced or trigger.first == 0)

    def _doubts_back(self, trigger: Mark) -> bool:
        if self.words[trigger.first].text == "?":
            return not self._query_before(trigger)
        if any(
            m.first >= trigger.last
            and "acuity" in m.facts
            and all(w.text in _LEADS_TO_AGE for w in self.words[trigger.last : m.first])
            for m in self.marks
        ):
            return False
        if self.words[trigger.first].text in ("versus", "vs"):
            return True
        if "hedge" in trigger.facts:
            following = self._mark_from(trigger.last)
            ends = trigger.last >= len(self.words) or self.words[trigger.last].text in (
                ",",
                ";",
                ".",
                ")",
                "but",
                "if",
                "given",
            )
            return ends or (following is None and trigger.last - trigger.first > 1)
        return True

    def _closes(self, trigger: Mark) -> bool:
        """ "none" or "negative" deny what came before only at the end of their clause."""
        if trigger.last - trigger.first > 1 and self.words[trigger.last - 1].text not in ("not",):
            return True
        if trigger.last >= len(self.words) or self.words[trigger.last].text in (",", ";", ".", ")"):
            return True
        return self.words[trigger.first].text in ("resolved", "excluded")

    def _mark_from(self, at: int) -> Mark | None:
        return next((m for m in self.marks if m.first >= at), None)

    def _telling_mark(self, at: int) -> Mark | None:
        """Next mark that is more than filling ("not an acute fracture")."""
        return next((m for m in self.marks if m.first >= at and m.facts.keys() - {"inert"}), None)

    def _mark_to(self, at: int) -> Mark | None:
        return next((m for m in reversed(self.marks) if m.last <= at), None)

    def _bound_elsewhere(self, trigger: Mark, mark: Mark) -> bool:
        """An adverb of doubt straight before an age, a change or a cause doubts that alone ("mostly old fracture")."""
        if trigger.facts["hedge"] == "adverb" and any(
            lv.first == trigger.last and not lv.certain for lv in self.levels
        ):
            return True
        if trigger.facts["hedge"] != "adverb":
            return False
        nxt = self._mark_from(trigger.last)
        return (
            nxt is not None
            and nxt.first - trigger.last <= 1
            and nxt.first < mark.first
            and bool({"acuity", "change", "etiology", "severity", "degenerative", "shape"} & nxt.facts.keys())
        )

    def own_doubt(self, mark: Mark) -> Mark | None:
        """The doubt that stands straight before an attribute such as an age."""
        return next(
            (m for m in self.marks if "hedge" in m.facts and m.last <= mark.first and mark.first - m.last <= 1), None
        )

    def exception(self) -> Mark | None:
        """The words that take something out of a denial: "no fracture except at L1"."""
        return next(
            (
                m
                for m in self.within("break", 0, len(self.words))
                if _EXCEPT & {w.text for w in self.words[m.first : m.last]}
            ),
            None,
        )

    def formerly(self, mark: Mark) -> bool:
        """Whether a word tells of an earlier study: "acute on the prior MRI", "previously acute"."""
        after = [w.text for w in self.words[mark.last : mark.last + 4]]
        before = self.words[mark.first - 1].text if mark.first else ""
        return before in _FORMERLY or (after[:1] in (["on"], ["in"], ["at"]) and not _EARLIER.isdisjoint(after))

    def _within_another(self, mark: Mark) -> bool:
        """Whether a noun only says where another is: the fracture of "marrow edema of the L1 fracture"."""
        at = mark.first - 1
        while at > 0 and self.words[at].text not in ("of", "in", "at", "within"):
            if not self.reaches(at, at + 1, strangers=0):
                return False
            at -= 1
        head = self.covered(at - 1) if at > 0 else None
        return head is not None and not _SIGNS.isdisjoint(head.facts)

    def guessed(self, mark: Mark, noun: Mark) -> bool:
        """Whether an age, or a cause, of ``noun`` is only guessed: "likely acute", "suspected to be old".

        A doubt before the whole phrase ("probable subacute fracture") doubts the fracture, not its age.
        """
        for hedge in self.marks:
            if not hedge.facts.keys() & {"hedge", "hedgeafter"} or hedge.last > mark.first:
                continue
            if self.words[hedge.first].text in _NO_GUESS:
                continue
            between = [self.words[at].text for at in range(hedge.last, mark.first)]
            if hedge.get("hedge") == "adverb" and len(between) <= 1:
                return True
            if mark.first >= noun.last <= hedge.first and all(text in _LEADS_TO_AGE for text in between):
                return True
        return False


def prepare(all_words: Sequence[Word], first: int, last: int) -> Clauses:
    """Recognise everything in one sentence."""
    words = tuple(
        word
        if (spelled := lexicon.respell(word.text)) == word.text
        else Word(spelled, word.start, word.end, word.spaced)
        for word in all_words[first:last]
        if word.text != "\n"
    )
    levels = find_levels(words, 0, len(words))
    taken = frozenset(at for level in levels for at in range(level.first, level.last))
    found = _bright_signals(words, _height_losses(words, levels, lexicon.marks(words, taken)))
    hard = {0}
    soft: set[int] = set()
    commas: list[int] = []
    for mark in found:
        kind = mark.get("break")
        if kind == "hard":
            hard.add(mark.first)
        elif kind == "soft":
            soft.add(mark.first)
    for at, word in enumerate(words):
        if word.text == ";":
            hard.add(at + 1)
        elif word.text == ",":
            commas.append(at)
    by_word: list[Mark | None] = [None] * len(words)
    for mark in found:
        by_word[mark.first : mark.last] = [mark] * (mark.last - mark.first)
    clauses = Clauses(
        words,
        found,
        levels,
        tuple(sorted(hard)),
        tuple(sorted(soft)),
        tuple(commas),
        tuple(by_word),
        tuple(mark for mark in found if not _TRIGGERS.isdisjoint(mark.facts)),
    )
    if all(level.certain for level in levels):
        return clauses
    return replace(clauses, levels=tuple(_sure_level(clauses, level) for level in levels))


def _sure_level(c: Clauses, level: LevelMark) -> LevelMark:
    """ "Possibly T7" doubts the level, "possibly T7 compression fracture" the fracture."""
    if level.certain or level.first == 0 or c.words[level.first - 1].text not in _DOUBTS_NOUN_TOO:
        return level
    noun = next((m for m in c.marks if m.first >= level.last and "fx" in m.facts), None)
    return replace(level, certain=True) if noun is not None and c.reaches(level.last, noun.first) else level


def _height_losses(words: tuple[Word, ...], levels: tuple[LevelMark, ...], marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """A loss word before or after a body's height, even across its level, is a height loss ("loss of L1 vertebral
    body height")."""
    plain = {"inert", "vertebral", "region", "severity", "quantity"}
    found: list[Mark] = []
    for place, mark in enumerate(marks):
        if "stature" not in mark.facts:
            found.append(mark)
            continue
        before = marks[place - 1] if place else None
        back = place - 1
        while (
            before is not None
            and not before.get("loss")
            and before.facts.keys() & plain
            and "noun" not in before.facts
            and back
        ):
            back -= 1
            before = marks[back]
        after = marks[place + 1] if place + 1 < len(marks) else None
        lost_before = (
            before is not None
            and before.get("loss") == "before"
            and mark.first - before.last <= 10
            and _all_plain(words, levels, marks, before.last, mark.first)
        )
        ahead = place + 1
        while after is not None and not after.get("loss") and after.facts.keys() & plain and "noun" not in after.facts:
            ahead += 1
            after = marks[ahead] if ahead < len(marks) else None
        lost_after = (
            after is not None
            and after.get("loss") == "after"
            and after.first - mark.last <= 7
            and _all_plain(words, levels, marks, mark.last, after.first)
        )
        if lost_before or lost_after:
            found.append(Mark(mark.first, mark.last, {"fx": "height"}))
        else:
            found.append(mark)
    return tuple(found)


_RAISED: Final = frozenset("high increased bright elevated hyperintense raised".split())


def _bright_signals(words: tuple[Word, ...], marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """A raised signal that is "on STIR", however far apart the two stand, is edema."""
    stir = [at for at, word in enumerate(words) if word.text == "stir" and at and words[at - 1].text in _ON]
    if not stir:
        return marks
    return tuple(
        Mark(m.first, m.last, {"edema": "marrow"})
        if m.get("noun") == "spine"
        and words[m.last - 1].text == "signal"
        and not _RAISED.isdisjoint(w.text for w in words[max(m.first - 2, 0) : m.first])
        and any(m.last < at <= m.last + 12 for at in stir)
        else m
        for m in marks
    )


_ON: Final = frozenset("on the and in".split())
_AMOUNT: Final = frozenset(
    """the its % percent of 's up to between and than more less over under about approximately nearly almost around
    roughly at least -""".split()
)


def _all_plain(
    words: tuple[Word, ...], levels: tuple[LevelMark, ...], marks: tuple[Mark, ...], start: int, end: int
) -> bool:
    covered = {at for lv in levels if lv.kind == "body" for at in range(lv.first, lv.last)}
    covered |= {
        at
        for m in marks
        if m.facts.keys() & {"inert", "vertebral", "region", "severity", "hedge", "quantity"} and "noun" not in m.facts
        for at in range(m.first, m.last)
    }
    return all(at in covered or words[at].text in _AMOUNT or words[at].text[0].isdigit() for at in range(start, end))
