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
_MONTHS: Final = frozenset(
    """january february march april june july august september october november december initially
    originally""".split()
)
_SIGNS: Final = frozenset("edema uptake retro cleft mass collection canal kyphosis discsignal cordsignal".split())
_COPULAS: Final = frozenset("is are was were has have".split())
_FINITE: Final = _COPULAS | frozenset("there shows demonstrates reveals measures appears remains without no".split())
_GENERALLY: Final = frozenset("typically usually commonly generally often frequently common".split())
_SUPPOSING_VERBS: Final = frozenset("be if missed occult considered queried questioned".split())
_KIN: Final = frozenset(
    """mother father sister brother grandmother grandfather aunt uncle parent parents sibling siblings daughter son
    mom dad cousin wife husband spouse partner roommate friend neighbor neighbour""".split()
)
_ALONG_WITH: Final = frozenset("by with and".split())
_TELLING_OF: Final = frozenset(
    "and reports reported says said states stated notes noted accompanied brings brought present called".split()
)
_RIDING: Final = frozenset("fx edema uptake retro canal kyphosis cleft collection stature quantity".split())
_LISTS: Final = frozenset([",", "and", "or", "&", "nor"])
_PARTS: Final = _SIGNS | frozenset("wall posterior cement".split())
"""What may be "in" or "of" a fracture."""
_SUBJECT_VERBS: Final = frozenset(
    """shows show demonstrates demonstrate has have is are exhibits exhibit displays display contains contain reveals
    reveal""".split()
)
_OF_WHICH: Final = frozenset(
    "of which these them those the levels level fractures fracture deformities vertebrae at in nor".split()
)
_STUDIES: Final = frozenset(
    """study exam examination records mri ct scan radiograph radiographs film films images imaging report xray xrays
    spect""".split()
)
_SHOWED: Final = frozenset(
    "showed demonstrated revealed described reported depicted disclosed mention mentioned was were had".split()
)
_COMPARED: Final = frozenset("to with from since than of versus as".split())
_MODALS: Final = frozenset(
    "can cannot could couldn't may might should would will must can't needs requires require".split()
)
_SIGN_VERBS: Final = _MODALS | frozenset("is are was were has have had appears appear remains remain".split())
_VERB_FILLING: Final = frozenset(
    """been being be now again also still only well clearly further currently largely almost nearly
    completely entirely partly partially somewhat slightly""".split()
)
_CLAUSE_ENDS: Final = frozenset(
    [",", ";", ".", "and", "with", "without", "but", "suggesting", "consistent", "compatible"]
)
_DENYING_VERBS: Final = frozenset(
    "isn't isnt aren't arent wasn't wasnt cannot can't cant couldn't couldnt hasn't hasnt haven't never".split()
)
_PLACING: Final = frozenset("of at in the : fracture fractures deformity vertebral body level".split())
_DENYING_WORDS: Final = _DENYING_VERBS | {"not", "no", "none", "absent", "negative", "nil", "0", "(", ":"}
_MAY: Final = frozenset("may might could".split())
_YOUTH: Final = frozenset("childhood adolescence youth".split())
_ADMITTED: Final = frozenset("hospitalized hospitalised admitted".split())
_LONG_AGO: Final = _EARLIER | _YOUTH | _ADMITTED | {"old"}
_NO_PATIENT: Final = frozenset(
    """porcine ovine bovine canine sheep rabbit rat rats mouse pig swine cadaver cadaveric cadavers specimen specimens
    simulated phantom sawbone fossil incidence prevalence distribution cohort inclusion roc leaflet occur""".split()
)
_OTHERS: Final = _KIN | _GENERALLY | _NO_PATIENT | {"family", "with"}
_NOT_QUITE: Final = (["not", "yet"], ["not", "fully"], ["not", "entirely"], ["not", "completely"])
"""Of "not yet healed fracture" the healing is denied, not the fracture."""
_LEADS_TO: Final = frozenset("represent reflect indicate be suggest correspond relate imply signify mean".split())
_AUXILIARIES: Final = frozenset("is are was were be been being has have had could can a an to any longer".split())
_PERCEIVED: Final = frozenset(
    """discerned depicted seen demonstrated identified evident shown present visible visualized visualised confirmed
    detected appreciated observed apparent found noted recognized recognised discernible
    established proven believed thought felt consideration""".split()
)
_PARTICIPLES: Final = frozenset("seen present noted described identified previously".split())
_UNDECIDED: Final = frozenset("indeterminate equivocal uncertain questionable".split())
_UNSAID: Final = frozenset("free negative uncertain unknown absent gone".split())
_STATING: Final = frozenset(
    """performed done placed completed maintained preserved intact seen present noted identified
    evident demonstrated visible visualized visualised apparent shown found observed appreciated
    confirmed detected there in at within involving throughout along extensive diffuse focal patchy
    prominent consistent compatible suggesting suggestive indicating indicative more greater less
    greatest most maximal confined limited centered centred located adjacent extending associated
    persistent persisting persists decreased decreasing increased increasing improving improved
    reduced diminished lessened bandlike linear subtle faint trace minimal mild moderate marked
    severe small large new old recorded described worse worst unchanged stable similar the a an due
    related secondary likely probably about up restricted isolated asymmetric symmetric bilateral
    progressed developed bright high intense increased hyperintense again redemonstrated highest
    abnormal of""".split()
)
_STATING_KINDS: Final = frozenset(
    "acuity severity change only hedge region vertebral inert genant quantity hist degenerative etiology".split()
)
_HEADS_THAT_STATE: Final = frozenset("presence area areas band zone focus foci pattern evidence amount rim".split())
_HEADS_THAT_LEAVE_OPEN: Final = frozenset(
    """assessment evaluation paucity lack degree absence detection search question determination exclusion test tests
    quantification sensitivity depiction visualization measurement scarcity dearth cause causes""".split()
)
_LONGEST_REACH: Final = 24
_LONGEST_DOUBT: Final = 14
_NP_KINDS: Final = frozenset(
    "inert acuity change severity morphology vertebral region etiology genant degenerative hist only".split()
)
_NP_WORDS: Final = frozenset(["-", "/", "'s", "(", ")", "to", "or", "%", "\u00b0", "of", "percent", '"', "~", ">", "<"])
_STOPPERS: Final = frozenset(
    """is are was were be been has have had of at in on by for from to with without and or but no not into within
    than that which who as if then when because during per via""".split()
)
_ENDS_WHERE: Final = frozenset("or nor , such including suggest indicate suggestive represent like ;".split())
_HEADS: Final = frozenset(
    """fx cement edema uptake retro wall canal kyphosis cleft mass cordsignal discsignal collection
    etiology posterior noun unstable change""".split()
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
    in_levels: frozenset[int] = frozenset()
    """Words of level names, the commas and joints of their lists among them."""
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
        at = start
        listing = True
        while at < end and limit:
            text = self.words[at].text
            if at in self.in_levels or (listing and at > start and at + 1 in self.in_levels and text in _LISTS):
                at += 1
                continue
            listing = False
            limit -= 1
            if text == "," and at == start:
                at += 1  # "to rule out, Scheuermann's disease"
                continue
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
            if at in self.in_levels:
                at -= 1
                continue
            text = self.words[at].text
            if text in ("or", "nor"):
                listed = True
            if text == ";" or (text == "," and not listed) or (text in (":", "(") and at < last - 1):
                return at + 1
            joint = at in self.soft and text in ("with", "demonstrates", "shows", "showing", "demonstrating")
            if joint and (text != "with" or not self._one_subject(start, at, last)):
                return at + 1
            if text == "and" and not listed and self._and_ends(at, last):
                return at + 1
            at -= 1
        return start

    def _one_subject(self, start: int, joint: int, last: int) -> bool:
        """Whether "with" stays inside the subject of the verb at ``last``: "T12 fracture with height loss is not
        seen"."""
        verb = self.words[last].text if last < len(self.words) else ""
        words = {word.text for word in (*self.words[start:joint], *self.words[joint + 1 : last])}
        return verb in _COPULAS and words.isdisjoint(_FINITE)

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
        subjects = [(t.first, end) for t in self.triggers if (end := self._after_none(t)) is not None]
        for trigger in self.triggers:
            facts = trigger.facts
            if self._bounds_a_number(trigger) or any(first < trigger.first < end for first, end in subjects):
                continue
            if trigger.last <= mark.first:
                after_verb = self._after_none(trigger)
                if after_verb is not None:
                    if after_verb <= mark.first < self.forward(after_verb, _LONGEST_REACH):
                        denied = trigger
                    continue
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
                    nxt = self._telling_mark(trigger.last)
                    not_yet = [w.text for w in self.words[trigger.first : trigger.last]] in _NOT_QUITE
                    of_age = not_yet and nxt is not None and nxt.first == trigger.last
                    of_age = of_age and nxt is not None and self.words[nxt.first].text in ("healed", "healing", "fused")
                    other = other or not of_age or mark is nxt
                elif (
                    "hedge" in facts
                    and not gap_is_query
                    and mark.first < self.forward(trigger.last, _LONGEST_DOUBT, doubt=True)
                    and not self._bound_elsewhere(trigger, mark)
                    and not self._within_another(mark, trigger.last)
                    and not self._between_likes(trigger, mark)
                ):
                    doubted = trigger
                if "hypo" in facts and mark.first < self.forward(self._past_the_verb(trigger), 14):
                    hypothetical = True
                if facts.get("hist") == "past" and mark.first < self.forward(trigger.last, 12, doubt=True):
                    past = True
            elif trigger.first >= mark.last:
                if not facts.keys() & {"negafter", "hedgeafter", "hypo"}:
                    continue
                if (
                    "negafter" in facts
                    and not self._of_then(trigger.first, trigger.last)
                    and self._closes(trigger)
                    and not self._within_another(mark)
                    and self.backward(trigger.first, _LONGEST_REACH) <= mark.first
                ):
                    denied = trigger
                    before = self._mark_to(mark.first)
                    lately = before is not None and (before.get("acuity") == "acute" or before.get("change") == "new")
                    if before is not None and lately and mark.first - before.last <= 1:
                        acute_only = True
                elif (
                    "hedgeafter" in facts
                    and self._doubts_back(trigger)
                    and self.backward(self._closing(trigger), _LONGEST_DOUBT) <= mark.first
                ):
                    if facts["hedgeafter"] == "doubt":
                        doubtful = True
                    else:
                        doubted = trigger
                elif (facts.get("hypo") == "after" and self._supposes_back(trigger, mark)) or (
                    facts.get("hypo") == "sign" and self._leaves_open(trigger, mark)
                ):
                    hypothetical = True
        said = {word.text.removesuffix("'s") for word in self.words}  # most sentences need none of what follows
        if denied is None and not said.isdisjoint(_DENYING_WORDS):
            denied = self._minus(mark) or self._unseen(mark)
        if doubted is None and not said.isdisjoint(_MAY):
            doubted = self._meant_by_a_modal(mark)
        if not said.isdisjoint(_LONG_AGO):
            past = past or self._on_prior_study(mark) or self._long_ago(mark)
        if not hypothetical and not said.isdisjoint(_OTHERS):
            hypothetical = self._of_kin(mark) or self._goes_with_denied(mark) or self._general(mark)
        return Manner(denied, acute_only, other, doubted, doubtful, hypothetical, past)

    def _bounds_a_number(self, trigger: Mark) -> bool:
        """ "No more than 20 %" denies nothing."""
        texts = [word.text for word in self.words[trigger.first : trigger.first + 3]]
        return texts[:1] == ["no"] and texts[1:2] in (["more"], ["less"], ["greater"]) and texts[2:] == ["than"]

    def _after_none(self, trigger: Mark) -> int | None:
        """Where "none of which shows ..." begins to deny; ``None`` for every other denial."""
        if self.words[trigger.first].text not in ("none", "neither"):
            return None
        for at in range(trigger.last, len(self.words)):
            if at in self.in_levels:
                continue
            if self.words[at].text not in _SUBJECT_VERBS and self.words[at].text not in _OF_WHICH:
                return None
            if self.words[at].text in _SUBJECT_VERBS:
                joint = self.covered(at + 1) if at + 1 < len(self.words) else None
                return joint.last if joint is not None and "break" in joint.facts else at + 1
        return None

    def _past_the_verb(self, trigger: Mark) -> int:
        """Where a supposition begins to reach: after the verb of "if she has a fracture"."""
        if self.words[trigger.first].text in ("if", "should"):
            for at in range(trigger.last, min(trigger.last + 3, len(self.words))):
                if self.words[at].text in ("has", "have", "had", "shows", "demonstrates"):
                    return at + 1
        return trigger.last

    def _minus(self, mark: Mark) -> Mark | None:
        """The sign that denies what stands before it, "edema (-)", or after it, "(-) edema"."""
        if _HEADS.isdisjoint(mark.facts):
            return None
        at = mark.last
        place = next((lv for lv in self.levels if lv.first == at + 1), None)
        if place is not None and self.words[at].text in ("at", "in", "of"):
            at = place.last
        after = [word.text for word in self.words[at : at + 3]]
        if after == ["(", "-", ")"] or (after[:1] == ["("] and after[1:] == ["0", ")"]):
            return Mark(at, at + 3, {"negafter": "after"})
        ends = at + 2 >= len(self.words) or self.words[at + 2].text in (",", ";", ".", ")", "|", "at", "in")
        if after[:1] == [":"] and after[1:2] and after[1] in ("no", "none", "absent", "negative", "nil") and ends:
            return Mark(at, at + 2, {"negafter": "after"})
        if after[:1] == ["0"] or after[:2] in ([":", "0"], ["=", "0"]):
            return Mark(at, at + after.index("0") + 1, {"negafter": "after"})
        before = [word.text for word in self.words[max(mark.first - 4, 0) : mark.first]]
        if before[-2:] == ["0", "mm"]:
            return Mark(mark.first - 2, mark.first, {"neg": "before"})
        if before[-3:] == ["(", "-", ")"] and (len(before) == 3 or before[0] in (",", ";")):
            return Mark(mark.first - 3, mark.first, {"neg": "before"})
        return None

    def _of_then(self, first: int, last: int) -> bool:
        """Whether a denial is about an earlier study: "not previously seen", "was not evident on the prior study"."""
        words = {word.text for word in self.words[first:last]}
        after = [word.text for word in self.words[last : last + 5]]
        if not words.isdisjoint(("previously", "before")) or after[:1] in (["previously"], ["before"], ["then"]):
            return True
        if after[:1] not in (["on"], ["in"], ["at"]):
            return False
        dated = any(text in _MONTHS or text == "xxxx" or (text.isdigit() and len(text) == 4) for text in after)
        return dated or not _EARLIER.isdisjoint(after)

    def _unseen(self, mark: Mark) -> Mark | None:
        """The verb that denies its subject: "L1 fracture could not be seen", "isn't clearly evident"."""
        if _HEADS.isdisjoint(mark.facts) or self._within_another(mark):
            return None
        _, end = self.clause(mark.first)
        at = mark.last
        while at < end and (at in self.in_levels or self.words[at].text in _PLACING):
            at += 1
        first = at
        denied = False
        while at < end:
            text = self.words[at].text
            following = self.words[at + 1].text if at + 1 < end else ""
            if text in _DENYING_VERBS or text == "not" or (text == "no" and following == "longer"):
                denied = True
            elif text in _PERCEIVED:
                now = denied and not self._of_then(first, at + 1)
                return Mark(first, at + 1, {"negafter": "after"}) if now else None
            elif text not in _AUXILIARIES and not text.endswith("ly"):
                return None
            at += 1
        return None

    def _meant_by_a_modal(self, mark: Mark) -> Mark | None:
        """The verb of "may represent", "could also be due to" before the noun that it leads to."""
        if _HEADS.isdisjoint(mark.facts) or self._within_another(mark):
            return None
        start, _ = self.clause(mark.first)
        for at in range(start, mark.first):
            if self.words[at].text not in _MAY:
                continue
            link = next((k for k in range(at + 1, min(at + 4, mark.first)) if self.words[k].text in _LEADS_TO), None)
            if link is not None and not any(link < k < mark.first for k in self.commas):
                return Mark(at, link + 1, {"hedge": "noun"})
        return None

    def _leaves_open(self, trigger: Mark, mark: Mark) -> bool:
        """ "Edema at L1 cannot be assessed", "edema, if present, is slight": the sign is neither stated nor denied."""
        if _SIGNS.isdisjoint(mark.facts) or self._within_another(mark, 0):
            return False
        held = self.in_levels | {
            at for at in range(mark.last, trigger.first) if self.words[at].text in (",", "at", "in")
        }
        aside = all(at in held for at in range(mark.last, trigger.first))
        return aside or self.backward(trigger.first, _LONGEST_DOUBT) <= mark.first

    def _on_prior_study(self, mark: Mark) -> bool:
        """ "The prior study showed edema at L1", "on the previous MRI there was edema": seen then, not now."""
        start, _ = self.clause(mark.first)
        for at in range(1, mark.first):
            if self.words[at].text not in _STUDIES:
                continue
            earlier = next(
                (k for k in range(at - 1, max(at - 4, -1), -1) if self.words[k].text in _EARLIER | {"old"}), None
            )
            if earlier is None:
                continue
            lead = [
                word.text
                for word in self.words[max(earlier - 3, 0) : earlier]
                if word.text not in ("the", "a", "her", "his")
            ]
            if lead[-1:] and lead[-1] in _COMPARED:
                continue
            told = next((k for k in range(at + 1, min(at + 8, mark.first)) if self.words[k].text in _SHOWED), None)
            if told is not None and (told >= start or start - told <= 3):
                return True
        return False

    def _long_ago(self, mark: Mark) -> bool:
        """ "She was hospitalized in 2015 with", "in childhood": an illness of long ago."""
        start, end = self.clause(mark.first)
        if any(w.text in _YOUTH for w in self.words[start:end]):
            return True
        texts = [w.text for w in self.words[: mark.first]]
        for at, text in enumerate(texts[:-2]):
            if (
                text in ("hospitalized", "hospitalised", "admitted")
                and texts[at + 1] == "in"
                and len(texts[at + 2]) == 4
            ):
                return texts[at + 2].isdigit()
        return False

    def _between_likes(self, trigger: Mark, mark: Mark) -> bool:
        """ "Osteoporotic versus pathologic fracture": two causes are weighed, not the fracture."""
        if self.words[trigger.first].text not in ("versus", "vs"):
            return False
        before, after = self._mark_to(trigger.first), self._mark_from(trigger.last)
        if before is None or after is None or after is mark:
            return False
        return bool({"etiology", "acuity"} & before.facts.keys() & after.facts.keys())

    def _closing(self, trigger: Mark) -> int:
        """Where to look back from: over the comma of "L1 compression fracture, possible."."""
        last = trigger.last >= len(self.words) or self.words[trigger.last].text in (".", ";")
        return (
            trigger.first - 1 if last and trigger.first and self.words[trigger.first - 1].text == "," else trigger.first
        )

    def _supposes_back(self, trigger: Mark, mark: Mark) -> bool:
        """A noun such as "risk" supposes what stands straight before it, "should be excluded" its whole subject."""
        if trigger.first - mark.last <= 2:
            return True
        verbal = any(word.text in _SUPPOSING_VERBS for word in self.words[trigger.first : trigger.last])
        closed = trigger.first - 1 if self.words[trigger.first - 1].text == "," else trigger.first
        start, _ = self.clause(trigger.first)
        if verbal and not any(start <= lv.first < trigger.first for lv in self.levels):
            return mark.first >= start
        return verbal and self.backward(closed, 12) <= mark.first

    def _general(self, mark: Mark) -> bool:
        """ "Acute fractures typically show edema", "porcine L2 with a fracture": of no patient, or not of this one."""
        if any(w.text in _NO_PATIENT for w in self.words):
            return True
        start, end = self.clause(mark.first)
        if any(start <= lv.first < end for lv in self.levels):
            return False
        return any(w.text in _GENERALLY for w in self.words[start:end])

    def _of_kin(self, mark: Mark) -> bool:
        """ "Her mother had an L1 fracture", "family history is positive for": a relative's, unless the relative only
        tells of the patient or comes along."""
        start, end = self.clause(mark.first)
        for at in range(start, end):
            text = self.words[at].text.removesuffix("'s")
            if text == "family" and at + 1 < end and self.words[at + 1].text == "history":
                return True
            if text in _KIN:
                before = [word.text for word in self.words[max(at - 2, 0) : at]]
                after = [word.text for word in self.words[at + 1 : at + 2]]
                return _ALONG_WITH.isdisjoint(before) and _TELLING_OF.isdisjoint(after)
        return False

    def _goes_with_denied(self, mark: Mark) -> bool:
        """Whether a sign only describes a fracture that is denied: the height loss of "no L3 fracture with 30 % height
        loss". A level of its own makes it a statement of its own."""
        if _RIDING.isdisjoint(mark.facts) or ("fx" in mark.facts and mark.facts["fx"] != "height"):
            return False
        start, end = self.clause(mark.first)
        joint = max((at for at in self.soft if start <= at < mark.first), default=-1)
        if joint < 0 or self.words[joint].text != "with" or any(joint < at < mark.first for at in self.commas):
            return False
        if any(joint < lv.first < min(end, mark.last + 4) for lv in self.levels):
            return False
        owner = next(
            (m for m in reversed(self.marks) if start <= m.first and m.last <= joint and "fx" in m.facts), None
        )
        if owner is None or any(owner.last <= at < joint for at in self.commas):
            return False
        manner = self.manner(owner)
        return manner.denied is not None or manner.other

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
            lv.first == trigger.last
            and not lv.certain
            and not any(word.text == "or" for word in self.words[lv.first : lv.last])
            for lv in self.levels
        ):
            return True
        if trigger.facts["hedge"] != "adverb":
            return False
        nxt = self._mark_from(trigger.last)
        return (
            nxt is not None
            and nxt.first - trigger.last <= 1
            and nxt.first < mark.first
            and not ("severity" in nxt.facts and nxt.last == mark.first)
            and bool({"acuity", "change", "etiology", "severity", "degenerative", "shape"} & nxt.facts.keys())
        )

    # -------------------- what a sign's own verb says of it

    def vouched(self, mark: Mark) -> bool:
        """Whether the words around a sign leave it stated. A verb after it must be one that states ("is seen", "has
        increased"), and so must a noun it depends on ("a band of edema"): of "edema has faded" or "assessment of edema"
        nothing is known."""
        return self._stated_by_verb(mark) and self._stated_by_head(mark)

    def _stated_by_verb(self, mark: Mark) -> bool:
        _, end = self.clause(mark.first)
        at = mark.last
        while at < end:
            text = self.words[at].text
            if text in _SIGN_VERBS:
                break
            if text in _CLAUSE_ENDS and not (text == "," and at + 1 in self.in_levels):
                return True
            said_no = text in ("no", "n", "none", "not") and (
                at == mark.last or self.words[at - 1].text in (":", "-", "=")
            )
            if text in _UNSAID or said_no:
                return False
            at += 1
        if at >= end:
            return True
        meant = self.covered(at)
        if meant is not None and "hedge" in meant.facts and self.words[meant.last - 1].text not in ("be", "have"):
            return True  # "edema that may represent a fracture": the edema is stated, its meaning is not
        modal = self.words[at].text in _MODALS
        was = self.words[at].text in ("was", "were", "had")
        if was and any(
            w.text in ("is", "are", "now", "today", "currently", "has", "have") for w in self.words[at + 1 : end]
        ):
            return False  # "edema which was described is now barely visible"
        at += 1
        while at < end and (self.words[at].text in _VERB_FILLING or self.words[at].text in _SIGN_VERBS):
            modal = modal or self.words[at].text in _MODALS
            at += 1
        if at >= end or modal:
            return not modal
        if self.words[at].text in _UNDECIDED:
            return False
        mark_there = self.covered(at)
        if mark_there is not None and mark_there.facts.keys() & _STATING_KINDS:
            return True
        text = self.words[at].text
        return at in self.in_levels or text in _STATING or text[0].isdigit() or text in (",", "(", "to", "and")

    def _stated_by_head(self, mark: Mark) -> bool:
        start, _ = self.clause(mark.first)
        at = mark.first - 1
        while at > start and self.words[at].text not in ("of", "for"):
            if not self.reaches(at, at + 1, strangers=0) and self.words[at].text not in (
                "the",
                "any",
                "a",
                "an",
                "some",
            ):
                return True
            at -= 1
        if at <= start or self.words[at].text not in ("of", "for"):
            return True
        head = self.words[at - 1].text
        held = self.covered(at - 1)
        if held is not None and (held.facts.keys() & {"hedge", "neg", "hist", "fx", *_HEADS}):
            return True
        return head in _HEADS_THAT_STATE or head not in _HEADS_THAT_LEAVE_OPEN

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
        """Whether a word tells of an earlier study: "acute on the prior MRI", "was acute in January"."""
        after = [w.text for w in self.words[mark.last : mark.last + 4]]
        before = self.words[mark.first - 1].text if mark.first else ""
        if after[:1] == ["in"] and len(after) > 1 and after[1].isdigit() and len(after[1]) == 4:
            return True
        if before in _FORMERLY or (after[:1] in (["on"], ["in"], ["at"]) and not _EARLIER.isdisjoint(after)):
            return True
        start, end = self.clause(mark.first)
        was = any(w.text in ("was", "were") for w in self.words[start : mark.first])
        return was and any(w.text in _MONTHS for w in self.words[start:end])

    def _within_another(self, mark: Mark, start: int = 0) -> bool:
        """Whether a noun only says where another, after ``start``, is: the fracture of "marrow edema of the L1
        fracture"."""
        at = mark.first - 1
        while at > 0 and self.words[at].text not in ("of", "in", "at", "within"):
            if not self.reaches(at, at + 1, strangers=0):
                return False
            at -= 1
        while at > 1 and self.words[at - 1].text in _PARTICIPLES:
            at -= 1
        head = self.covered(at - 1) if at > 0 else None
        return head is not None and head.first >= start and not _PARTS.isdisjoint(head.facts)

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
        if word.text in (";", "|"):
            hard.add(at + 1)
        elif word.text == "," and at not in taken:
            commas.append(at)
    hard = _after_fronted(words, found, levels, commas, hard)
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
        taken,
        tuple(mark for mark in found if not _TRIGGERS.isdisjoint(mark.facts)),
    )
    if all(level.certain for level in levels):
        return clauses
    return replace(clauses, levels=tuple(_sure_level(clauses, level) for level in levels))


def _after_fronted(
    words: tuple[Word, ...],
    marks: tuple[Mark, ...],
    levels: tuple[LevelMark, ...],
    commas: list[int],
    hard: set[int],
) -> set[int]:
    """Clause starts, minding what stands in front: "at L2, there is" is one clause, "apart from L2, no" is two."""
    if commas and any(
        m.last <= commas[0] and m.first <= 1 and "break" in m.facts and _excepts(words, m) for m in marks
    ):
        hard = hard | {commas[0] + 1}
    hard = {at for at in hard if [word.text for word in words[max(at - 1, 0) : at + 1]] != ["where", "there"]}
    there = next((at for at, word in enumerate(words) if word.text == "there" and at in hard), None)
    if there is None:
        return hard
    region = next((m for m in marks if m.first == 0 and "region" in m.facts), None)
    if region is not None and [word.text for word in words[region.last : there]] == [":"]:
        return hard - {there}
    if not levels or levels[0].last > there:
        return hard
    place = levels[0]
    led = place.first == 0 or words[place.first - 1].text in ("at", "in", "within", "of", "the")
    stranger = any(m.first < there and m.facts.keys() & _HEADS and "vertebral" not in m.facts for m in marks)
    return hard if stranger or not led or there - place.last > 3 or place.first > 3 else hard - {there}


def _excepts(words: tuple[Word, ...], mark: Mark) -> bool:
    return not _EXCEPT.isdisjoint(word.text for word in words[mark.first : mark.last])


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
            and (before.get("loss") == "before" or (before.get("loss") == "after" and words[before.last].text == "in"))
            and mark.first - before.last <= 10
            and _all_plain(words, levels, marks, before.last, mark.first)
        )
        ahead = place + 1
        while after is not None and not after.get("loss") and after.facts.keys() & plain and "noun" not in after.facts:
            ahead += 1
            after = marks[ahead] if ahead < len(marks) else None
        lost_after = (
            after is not None
            and (after.get("loss") == "after" or _shrinks(words, after))
            and after.first - mark.last <= 7
            and _all_plain(words, levels, marks, mark.last, after.first)
        )
        if lost_before or lost_after:
            found.append(Mark(mark.first, mark.last, {"fx": "height"}))
        else:
            found.append(mark)
    return tuple(found)


def _shrinks(words: tuple[Word, ...], mark: Mark) -> bool:
    """ "Height reduced by", "height decreased from": a participle after the height, with how much."""
    following = words[mark.last].text if mark.last < len(words) else ""
    said = words[mark.first].text in ("reduced", "decreased", "diminished") and mark.last - mark.first == 1
    return said and (following in ("by", "from", "to", "up", "approximately", "about") or following[:1].isdigit())


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
    """~ < > from no not in an estimated most excess maximum below above exceeding fewer greater the
    its original normal expected % percent of 's up to between and than more less over under about
    approximately nearly almost around roughly at least -""".split()
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
