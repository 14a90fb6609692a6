"""Where in a report each fact was read, how the words are meant, and which words make it so.

The trace listens while ``read_report`` reads, and asks the same clauses for the same manners; it reads nothing by rules
of its own, so it cannot say otherwise than the reading it explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from cds_service.reports import text
from cds_service.reports.bones import bone_of, kind_of
from cds_service.reports.findings import Conflict, LevelFinding, ReportReading, Span
from cds_service.reports.fractures import adjectives
from cds_service.reports.lexicon import Mark, tells
from cds_service.reports.reader import Heard, read_report
from cds_service.reports.scopes import Clauses, Manner, prepare
from cds_service.reports.sections import Section, Sentence, split
from cds_service.reports.statements import Statement, Value

Meant = Literal[
    "stated", "denied", "acute-denied", "doubted", "past", "supposed", "other", "elsewhere", "open", "loose", "aside"
]
"""``acute-denied``: only an acute or a new one is. ``supposed``: spoken of without finding it. ``other``: another one
than the one spoken of. ``elsewhere``: of a bone that is no vertebral body. ``open``: its own verb does not state it.
``loose``: no rule tied it to a vertebra. ``aside``: in a section that is no finding."""
Standing = Literal["taken", "contradicted", "left"]
"""``left``: outweighed by other words of the report, or too weak to state a value."""

_KINDS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("fx", "fracture"): "fracture",
        ("fx", "deformity"): "deformity",
        ("fx", "weak"): "deformity",
        ("fx", "slight"): "slight deformity",
        ("fx", "height"): "height loss",
        ("edema", "marrow"): "marrow edema",
        ("edema", "bare"): "edema",
        ("uptake", "tracer"): "tracer uptake",
        ("retro", "body"): "retropulsion",
        ("wall", "disrupted"): "posterior wall",
        ("wall", "bowed"): "posterior wall",
        ("canal", "stenosis"): "canal narrowing",
        ("canal", "cord"): "cord compression",
        ("kyphosis", "focal"): "kyphosis",
        ("cleft", "fluid"): "fluid cleft",
        ("cement", "kyphoplasty"): "kyphoplasty",
        ("cement", "vertebroplasty"): "vertebroplasty",
        ("cement", "cement"): "cement",
        ("posterior", "involved"): "posterior elements",
        ("mass", "tissue"): "soft-tissue mass",
        ("cordsignal", "abnormal"): "abnormal cord signal",
        ("discsignal", "abnormal"): "abnormal disc signal",
        ("collection", "fluid"): "fluid collection",
        ("unstable", "said"): "instability",
        ("ligament", "injured"): "ligament injury",
        ("etiology", "pathologic"): "cause",
        ("etiology", "malignant"): "cause",
        ("etiology", "infectious"): "cause",
        ("etiology", "osteoporotic"): "cause",
        ("etiology", "traumatic"): "cause",
    }
)
"""(kind, value) of the lexicon -> what it is called where no fact was made of it."""
_LOOSE: Final = frozenset("fx edema uptake retro cleft cement mass cordsignal discsignal collection".split())
"""Kinds worth showing even where no rule read them; canals and causes belong to discs and organs too often."""
_READ_SECTIONS: Final = frozenset({"findings", "imaging", "impression", "addendum", "diagnosis"})
_ACROSS: Final = frozenset({("retropulsion", "retropulsion_mm"), ("acuity", "marrow_edema")})
"""(field of a conflict, field of the words on one side of it) where they differ."""
_STATUS: Final = {"fracture": "present", "deformity": "present", "slight": "possible"}
_GUESSED: Final = {"guessed-acute": "acute", "guessed-old": "chronic"}
_NO_WORD: Final = "\u00a4"
_MOST_ASKED: Final = 8
"""Marks of one sentence whose words are left out one by one to see which matter."""
_MOST_ASIDES: Final = 30_000
"""Bound on the work of looking at sections that are no findings, in the reader's own measure."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the words at a place say."""

    where: str | None
    """Level, or region, or ``None`` when neither is named."""
    field: str
    """A field of a finding; ``acute`` for a denial of acute fractures alone; ``study_limited``, ``level_certain``."""
    value: Value
    """As the finding holds it; the words' own where they contradict other words of the report."""
    standing: Standing = "taken"


@dataclass(frozen=True, slots=True)
class Place:
    """Words that were read, or that would have been but for what stands in ``because``."""

    span: Span
    meant: Meant
    about: str = ""
    """What the words are, where there are no facts: "fracture"."""
    facts: tuple[Fact, ...] = ()
    because: tuple[Span, ...] = ()
    """The words that make it so: "no", "cannot exclude", "history of", a heading."""
    section: Section | None = None
    """Of an aside."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A reading and where it comes from. All spans are code points of ``original``."""

    original: str
    reading: ReportReading
    places: tuple[Place, ...]
    """In order of their spans, each span once."""
    read_to: int
    """What stands from here on was not read."""

    @property
    def sentences(self) -> tuple[Span, ...]:
        """The sentence that each finding stands in, each once."""
        return tuple(dict.fromkeys(finding.span for finding in self.reading.findings))


def trace(original: str) -> Trace:
    """Read ``original`` and say where each fact comes from."""
    heard: list[Heard] = []
    reading = read_report(original, heard.append)
    if reading.not_read not in (None, "truncated"):
        return Trace(original, reading, (), 0)
    return _Tracing(original, reading, heard).whole()


@dataclass(slots=True)
class _Found:
    meant: Meant
    because: tuple[Span, ...] = ()
    about: str = ""
    section: Section | None = None
    statements: list[Statement] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


class _Tracing:
    """Collects the places of one text."""

    def __init__(self, original: str, reading: ReportReading, heard: list[Heard]) -> None:
        self.original = original
        self.reading = reading
        self.heard = {h.sentence.first: h for h in heard}
        self.folded = text.fold(original)
        self.found: dict[Span, _Found] = {}
        self.aside_work = 0

    def whole(self) -> Trace:
        """All places of the text."""
        read_to = len(self.original)
        if self.reading.not_read == "truncated":
            read_to = self._spot(len(self.folded.words) - 1, len(self.folded.words))[1] if self.folded.words else 0
        for sentence, heading in self._under_headings():
            known = self.heard.get(sentence.first)
            if known is None:
                if sentence.section not in _READ_SECTIONS:
                    self._aside(sentence, heading)
            elif known.clauses is None:
                read_to = self._spot(sentence.first, sentence.last)[0]
                break
            else:
                self._sentence(_Sentence(known.clauses, self.folded), known.statements)
        self._settle()
        places = [Place(span, f.meant, f.about, tuple(f.facts), f.because, f.section) for span, f in self.found.items()]
        return Trace(self.original, self.reading, tuple(sorted(places, key=lambda p: (p.span[0], -p.span[1]))), read_to)

    def _spot(self, first: int, last: int) -> Span:
        """Original span of words of the text."""
        words = self.folded.words
        return self.folded.span(words[first].start, words[last - 1].end)

    def _under_headings(self) -> Iterator[tuple[Sentence, Span | None]]:
        """Every sentence with the heading it stands under: the last words that are in no sentence."""
        texts = self.folded.words.texts
        heading: Span | None = None
        end = 0
        for sentence in split(self.folded):
            named: list[int] = []
            broken = False
            for at in range(end, sentence.first):
                if texts[at][0].isalpha():
                    named = [at] if broken or not named else [*named, at]
                    broken = False
                broken = broken or texts[at] in (":", "\n")
            if named:
                heading = self._spot(named[0], named[-1] + 1)
            end = sentence.last
            yield sentence, heading

    # -------------------- a sentence that was read

    def _sentence(self, s: _Sentence, statements: tuple[Statement, ...]) -> None:
        taken: list[tuple[int, int]] = []
        for statement in statements:
            first, last = s.range_of(statement.span)
            taken.append((first, last))
            found = self.found.get(statement.span)
            if found is None or statement.field == "status":  # a fracture word is meant as the fracture is
                meant, why = s.meaning(statement, s.mark_at(first, last))
                found = self.found.setdefault(statement.span, _Found(meant))
                found.meant, found.because = meant, s.spans(why)
            found.statements.append(statement)
        for mark in s.c.marks:
            self._whole_study(s, mark)
            about = _about(s.c, mark)
            if about is None or any(first <= mark.first and mark.last <= last for first, last in taken):
                continue
            meant, why = s.bearing(mark)
            if meant not in ("loose", "open") or not _LOOSE.isdisjoint(mark.facts):
                self.found.setdefault(s.span(mark), _Found(meant, s.spans(why), about))

    def _whole_study(self, s: _Sentence, mark: Mark) -> None:
        uncertain = any(not f.level_certain for f in self.reading.findings)
        for kind, field_name, value, said in (
            ("limited", "study_limited", True, self.reading.study_limited),
            ("transitional", "level_certain", False, uncertain),
        ):
            if said and kind in mark.facts and s.c.manner(mark).denied is None:
                found = self.found.setdefault(s.span(mark), _Found("stated"))
                found.facts.append(Fact(None, field_name, value))

    # -------------------- a sentence that is no finding

    def _aside(self, sentence: Sentence, heading: Span | None) -> None:
        if self.aside_work > _MOST_ASIDES:
            return
        texts = self.folded.words.texts[sentence.first : sentence.last]
        if not any(map(tells, texts)):
            return
        s = _Sentence(prepare(self.folded.words, sentence.first, sentence.last), self.folded)
        things = len(s.c.marks) + len(s.c.levels)
        self.aside_work += 25 + 8 * things + things * things // 3
        for mark in s.c.marks:
            about = _about(s.c, mark)
            if about is not None:
                why = () if heading is None else (heading,)
                self.found.setdefault(s.span(mark), _Found("aside", why, about, sentence.section))

    # -------------------- what became of it

    def _settle(self) -> None:
        """Turn statements into facts, in the words of the findings they went into."""
        held: dict[Span, dict[tuple[str | None, str], Fact]] = {}
        for finding in self.reading.findings:
            where = _where(finding)
            for name, span in finding.evidence.items():
                held.setdefault(span, {})[where, name] = Fact(where, name, getattr(finding, name))
        disputed: dict[Span, list[Conflict]] = {}
        for conflict in self.reading.conflicts:
            for span in conflict.spans:
                disputed.setdefault(span, []).append(conflict)
        for span in (*held, *disputed):
            self.found.setdefault(span, _Found("stated"))
        for span, found in self.found.items():
            found.facts += self._facts(found.statements, held.get(span, {}), disputed.get(span, []))

    def _facts(
        self, statements: list[Statement], mine: Mapping[tuple[str | None, str], Fact], disputed: list[Conflict]
    ) -> list[Fact]:
        """What the words at one place say: their own value where it is disputed, else that of the finding."""
        by_level = {_where(f): f for f in self.reading.findings}
        facts: dict[tuple[str | None, str], Fact] = {}
        for s in statements:
            fact = _fact(s)
            fights = [c for c in disputed if _fights(c, s, fact)]
            for c in fights:  # a denial of all fractures contradicts level by level
                where = c.level or fact.where
                facts[where, fact.field] = replace(fact, where=where, standing="contradicted")
            key = fact.where, fact.field
            if not fights and key not in mine:
                facts.setdefault(key, replace(fact, standing=self._standing(fact, s, by_level)))
        for key, fact in mine.items():
            facts.setdefault(key, fact)
        if any(where is not None and fact.standing != "left" for (where, _), fact in facts.items()):
            # what names no level was given to the level it can only mean
            facts = {key: fact for key, fact in facts.items() if key[0] is not None or fact.standing != "left"}
        return list(facts.values())

    def _standing(self, fact: Fact, s: Statement, by_level: Mapping[str | None, LevelFinding]) -> Standing:
        if s.field.startswith("denied"):
            acute = self.reading.regions_without_acute_fracture
            regions = acute if s.field == "denied-acute" else self.reading.regions_without_fracture
            return "taken" if fact.where in regions or (fact.where is None and regions) else "left"
        finding = by_level.get(fact.where)
        if finding is None:
            return "left"
        value = getattr(finding, fact.field)
        if value == fact.value:
            return "taken"
        if isinstance(value, tuple) and isinstance(fact.value, tuple):
            return "taken" if value[0] <= fact.value[0] and fact.value[1] <= value[1] else "left"
        return "left"


def _fights(c: Conflict, s: Statement, fact: Fact) -> bool:
    """Whether a statement is a side of a conflict; millimetres fight a denied retropulsion, edema an old age."""
    if s.target.level not in (c.level, None):
        return False
    return fact.field == c.field or (c.field, fact.field) in _ACROSS


def _where(finding: LevelFinding) -> str | None:
    return finding.level or finding.region


def _fact(s: Statement) -> Fact:
    where = s.target.level or s.target.region
    if s.field == "denied-acute":
        return Fact(where, "acute", False)
    if s.field.startswith("denied"):
        return Fact(where, "status", "absent")
    if s.field == "status":
        return Fact(where, "status", _STATUS.get(str(s.value), s.value))
    if s.field == "acuity":
        return Fact(where, "acuity", _GUESSED.get(str(s.value), s.value))
    return Fact(where, s.field, s.value)


def _about(c: Clauses, mark: Mark) -> str | None:
    """What a mark is called, when it is one that a finding could be made of."""
    if "fx" in mark.facts:
        kind = kind_of(c, mark)
        return None if kind is None else _KINDS.get(("fx", kind), "deformity")
    return next((_KINDS[pair] for pair in mark.facts.items() if pair in _KINDS), None)


class _Sentence:
    """The clauses of one sentence, asked why."""

    def __init__(self, c: Clauses, folded: text.Folded) -> None:
        self.c = c
        self.folded = folded
        self.bare = replace(c, triggers=(), manners={})
        """The sentence as it would be read without its triggers."""
        self.alone = [(trigger, replace(c, triggers=(trigger,), manners={})) for trigger in c.triggers]
        """Each trigger with the sentence as it would be read without the others."""
        self.asked = 0
        spans = [folded.span(word.start, word.end) for word in c.words]
        self.first_at = {span[0]: at for at, span in reversed(list(enumerate(spans)))}
        self.last_at = {span[1]: at + 1 for at, span in enumerate(spans)}

    def span(self, mark: Mark) -> Span:
        """Original span of a mark."""
        return self.folded.span(self.c.words[mark.first].start, self.c.words[mark.last - 1].end)

    def spans(self, marks: Iterable[Mark]) -> tuple[Span, ...]:
        """Original spans of marks, in order, each once."""
        return tuple(sorted({self.span(mark) for mark in marks}))

    def range_of(self, span: Span) -> tuple[int, int]:
        """Word range of a span that the rules cut from this sentence."""
        return self.first_at[span[0]], self.last_at[span[1]]

    def mark_at(self, first: int, last: int) -> Mark:
        """The mark of just these words; one without facts where the rules put words together themselves."""
        return next((m for m in self.c.marks if (m.first, m.last) == (first, last)), Mark(first, last, {}))

    def why(self, mark: Mark, makes: Callable[[Manner], bool]) -> tuple[Mark, ...]:
        """The triggers that make ``mark`` so all by themselves; where none is needed for it, the words that are."""
        if makes(self.bare.manner(mark)):
            return self._needed(mark, makes)
        return tuple(trigger for trigger, c in self.alone if makes(c.manner(mark)))

    def _needed(self, mark: Mark, makes: Callable[[Manner], bool]) -> tuple[Mark, ...]:
        """The words without any one of which ``mark`` would not be so: "mother had", "prior MRI showed"."""
        self.asked += 1
        if self.asked > _MOST_ASKED:
            return ()
        found: list[Mark] = []
        words = self.c.words
        for at, word in enumerate(words):
            if mark.first <= at < mark.last:
                continue
            other = replace(self.bare, words=(*words[:at], word._replace(text=_NO_WORD), *words[at + 1 :]), manners={})
            if makes(other.manner(mark)):
                continue
            if found and found[-1].last == at:
                found[-1] = Mark(found[-1].first, at + 1, {})
            else:
                found.append(Mark(at, at + 1, {}))
        return tuple(found)

    def bearing(self, mark: Mark) -> tuple[Meant, tuple[Mark, ...]]:
        """How words are meant that no fact was made of, in the order in which the rules give them up."""
        how = self.c.manner(mark)
        if how.other:
            return "other", self.why(mark, lambda m: m.other)
        if how.hypothetical:
            return "supposed", self.why(mark, lambda m: m.hypothetical)
        if how.denied is not None:
            return self._denied(mark, how.denied, acute_only=how.acute_only)
        if how.past:
            return "past", self.why(mark, lambda m: m.past)
        if how.doubted is not None or how.doubtful:
            return "doubted", self._doubts(mark)
        bone = bone_of(self.c, mark) if "fx" in mark.facts else None
        if bone is not None:
            return "elsewhere", tuple(m for m in self.c.marks if bone in (m.get("bone"), _arch(m)))
        return ("loose", ()) if self.c.vouched(mark) else ("open", ())

    def meaning(self, s: Statement, mark: Mark) -> tuple[Meant, tuple[Mark, ...]]:
        """How the words of a statement are meant: its value says what, the manners of its words say why."""
        how = self.c.manner(mark)
        if s.field.startswith("denied") or s.value in ("absent", "none") or s.value is False:
            inner = next(
                (m for m in self._inside(mark) if "fx" in m.facts and self.c.manner(m).denied is not None), mark
            )
            denied = self.c.manner(inner).denied
            if denied is not None:
                return self._denied(inner, denied, acute_only=s.field == "denied-acute")
            return "denied", self._normal(mark) if s.field in ("status", "denied-heights") else ()
        if s.field == "status" and s.value == "historical":
            return "past", self.why(mark, lambda m: m.past)
        if s.field == "status" and s.value == "slight":
            return "doubted", self._slight(mark)
        if s.value in ("possible", *_GUESSED):
            return "doubted", self._doubts(mark) or self._nearest_doubt(mark)
        if s.value == "suspicious" and self._doubts(mark):
            return "doubted", self._doubts(mark)
        if how.denied is not None:
            out = self.c.exception() if s.field == "status" else how.denied
            return "stated", () if out is None else (out,)
        return "stated", ()

    def _denied(self, mark: Mark, denied: Mark, *, acute_only: bool) -> tuple[Meant, tuple[Mark, ...]]:
        if not acute_only:
            return "denied", (denied,)
        fresh = (m for m in self.c.marks if m.get("acuity") == "acute" or m.get("change") == "new")
        return "acute-denied", (denied, *(m for m in fresh if denied.last <= m.first and m.last <= mark.first))

    def _doubts(self, mark: Mark) -> tuple[Mark, ...]:
        """The words that doubt ``mark``: those whose reach covers it, else the one straight before it."""
        own = self.c.own_doubt(mark)
        return self.why(mark, lambda m: m.doubted is not None or m.doubtful) or (() if own is None else (own,))

    def _nearest_doubt(self, mark: Mark) -> tuple[Mark, ...]:
        """For a doubt that reached ``mark`` another way: "likely" of "fracture, which is likely old"."""
        doubts = [m for m in self.c.marks if m.facts.keys() & {"hedge", "hedgeafter"}]
        return tuple(sorted(doubts, key=lambda m: (m.last > mark.first, abs(mark.first - m.last)))[:1])

    def _slight(self, mark: Mark) -> tuple[Mark, ...]:
        mild = [m for m in adjectives(self.c, mark, "severity") if m.get("severity") == "mild"]
        return tuple(mild) or tuple(self.c.within("degenerative", *self.c.clause(mark.first)))

    def _normal(self, mark: Mark) -> tuple[Mark, ...]:
        """Words that name a shape that is no fracture, or that call a height normal."""
        clause = self.c.clause(mark.first)
        near = [m for m in (*self.c.within("shape", *clause), *self.c.within("normal", *clause)) if m is not mark]
        return tuple(sorted(near, key=lambda m: abs(m.first - mark.first))[:1])

    def _inside(self, mark: Mark) -> list[Mark]:
        return [m for m in self.c.marks if mark.first <= m.first and m.last <= mark.last]


def _arch(mark: Mark) -> str | None:
    return "posterior" if mark.get("posterior") == "noun" else None
