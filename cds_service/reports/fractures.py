"""Fractures and deformities of vertebral bodies in one sentence: is there one, where, how old, of what shape and
cause."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cds_service.reports.bones import ARCH_BONES, bone_of, kind_of
from cds_service.reports.findings import BODY_LEVELS, Region
from cds_service.reports.levels import LevelMark, region_of
from cds_service.reports.lexicon import Mark
from cds_service.reports.scopes import Clauses, Manner
from cds_service.reports.statements import (
    NOWHERE,
    Adder,
    SpanOf,
    Statement,
    Target,
    Value,
    attach,
    body_targets,
    chosen,
    is_noun,
    listed,
    owner,
    points_back,
    regions_near,
)

_OWN_BONES: Final = frozenset(
    {"sacrum", "cervical", "transverse process", "spinous process", "lamina", "facet", "pars"}
)
_EARLIER: Final = frozenset("prior previous earlier preceding last".split())
_LINKS: Final = frozenset("to from through by underlying with representing".split())


@dataclass(frozen=True, slots=True)
class Spoken:
    """One fracture word, read: its targets and how it is meant."""

    mark: Mark
    kind: str
    """``fracture``, ``deformity``, ``height``, or ``slight`` for a concave endplate."""
    manner: Manner
    targets: tuple[Target, ...]
    bone: str | None = None

    @property
    def affirmed(self) -> bool:
        """A fracture of a vertebral body that the sentence does not deny."""
        m = self.manner
        return self.bone is None and m.denied is None and not (m.other or m.hypothetical)


def spoken(c: Clauses, focus: tuple[Target, ...]) -> list[Spoken]:
    """Every fracture word of the sentence, in order."""
    found: list[Spoken] = []
    subject: tuple[Target, ...] = ()
    for mark in c.marks:
        kind = kind_of(c, mark)
        if kind is None:
            continue
        bone = bone_of(c, mark)
        manner = c.manner(mark)
        if bone is not None:
            targets: tuple[Target, ...] = attach(c, mark, (), (), fracture=True)
        else:
            targets = attach(c, mark, focus, subject, fracture=True)
            if (kind == "height" or "change" in mark.facts) and all(t.level is None and not t.pair for t in targets):
                earlier = body_targets(tuple(lv for lv in c.levels if lv.last <= mark.first)[-1:])
                targets = subject or earlier or focus or targets
            if any(t.pair for t in targets):
                continue
        reading = Spoken(mark, kind, manner, targets, bone)
        found.append(reading)
        if reading.affirmed:
            subject = targets
    return found


def adjectives(c: Clauses, noun: Mark, kind: str) -> list[Mark]:
    """Marks of ``kind`` that belong to ``noun``: inside it, before it in its phrase, or after it as predicate or
    trailing remark."""
    found = [noun] if kind in noun.facts else []
    start, end = c.clause(noun.first)
    stop: int | None = None
    for mark in c.within(kind, start, end):
        if mark is noun or (kind == "severity" and _of_a_change(c, mark)):
            continue
        if mark.last <= noun.first:
            if c.reaches(mark.last, noun.first, commas=True, conjunctions=True) and not (
                _level_and(c, mark.last, noun.first)
                or _another_phrase(c, mark.last, noun.first)
                or _of_another_disease(c, mark.last, noun.first)
            ):
                found.append(mark)
            continue
        if any(
            m.first >= noun.last
            and m.last <= mark.first
            and "fx" in m.facts
            and "fx" in noun.facts
            and m.get("fx") != "height"
            for m in c.marks
        ):
            continue
        if _governs_next(c, mark) or (kind in ("acuity", "change", "severity") and of_a_stranger(c, mark)):
            continue
        if stop is None:
            stop = _next_subject(c, noun) if "fx" in noun.facts else len(c.words)
        if mark.first >= stop:
            continue
        comma = max((k for k in c.commas if k < mark.first), default=-1)
        own = [m for m in c.marks if is_noun(m) and max(comma, noun.first - 1) < m.first and m.last <= mark.first]
        if not own or own[-1] is noun or ("fx" in own[-1].facts and "fx" in noun.facts):
            found.append(mark)
    return found


def _next_subject(c: Clauses, noun: Mark) -> int:
    """Where the sentence turns to another level: "L1 fracture is stable, T12 is new"."""
    chain = listed(c, noun) if len(c.levels) > 1 else ()
    for lv in c.levels:
        joined = lv.first > noun.last and c.words[lv.first - 1].text in (",", "and", "while", "only")
        predicate = lv.last < len(c.words) and c.words[lv.last].text in ("is", "are", "appears")
        if lv.kind == "body" and joined and predicate and lv not in chain:
            return lv.first
    return len(c.words)


def _level_and(c: Clauses, start: int, end: int) -> bool:
    """ "T12 acute and L2 fracture": an adjective does not reach over "and" plus a level."""
    joint = [k for k in range(start, end) if c.words[k].text in ("and", ",")]
    return any(lv.first == k + 1 for k in joint for lv in c.levels) and any(lv.last <= start for lv in c.levels)


def _another_phrase(c: Clauses, start: int, end: int) -> bool:
    """ "Unchanged, and a new fracture of L2": an article after the comma begins another noun phrase."""
    texts = [w.text for w in c.words[start:end]]
    return any(one in (",", "and") and other in ("a", "an", "another") for one, other in pairwise(texts))


_NO_DISEASE: Final = frozenset("mid upper lower middle multiple several two three other both the of in at to".split())


def _of_another_disease(c: Clauses, start: int, end: int) -> bool:
    """ "Acute CHF and compression deformity": between the adjective and "and" stands what it belongs to."""
    joint = next((at for at in range(start, end) if c.words[at].text in (",", "and")), None)
    if joint is None:
        return False
    for at in range(start, joint):
        mark = c.covered(at)
        text = c.words[at].text
        unknown = mark is None and at not in c.in_levels and text.isalpha() and text not in _NO_DISEASE
        if unknown or (mark is not None and "degenerative" in mark.facts):
            return True
    return False


def _of_a_change(c: Clauses, mark: Mark) -> bool:
    """ "Slightly progressed", "marked progression", "more marked than before": how much it changed, not how much is
    lost."""
    before = c.words[mark.first - 1].text if mark.first else ""
    after = c.covered(mark.last) if mark.last < len(c.words) else None
    following = c.words[mark.last].text if mark.last < len(c.words) else ""
    changed = after is not None and "change" in after.facts and "fx" not in after.facts
    return changed or before in ("more", "less") or following == "than"


def _governs_next(c: Clauses, mark: Mark) -> bool:
    """Whether an adjective stands before a noun of its own."""
    if c.words[mark.last - 1].text in ("since", "from", "compared", "to"):
        return False
    following = next((m for m in c.marks if m.first >= mark.last and (is_noun(m) or "degenerative" in m.facts)), None)
    return (
        following is not None
        and following.first - mark.last <= 6
        and c.reaches(mark.last, following.first, commas=False, strangers=1)
    )


_AFTER_AGE: Final = frozenset(
    """is are was were be been has have had of at in on by for from to with without and or but no not than that which
    who as if then when because during per via given based compared although though however clinically
    radiographically radiologically versus vs since again today now overall appearance process event insult component
    finding also there""".split()
)


def of_a_stranger(c: Clauses, mark: Mark) -> bool:
    """ "Fracture with recent fall": an age or a change before a word that is none of ours is that word's own."""
    at = mark.last
    if c.words[at - 1].text in ("since", "from", "compared", "to", "in"):
        return False
    while at < len(c.words):
        covered = c.covered(at)
        if [w.text for w in c.words[at : at + 2]] == ["if", "any"]:
            return True
        if covered is not None and covered.facts.keys() & {"inert", "severity"}:
            at = covered.last
        elif c.words[at].text == "-":
            at += 1
        elif covered is not None or any(lv.first <= at < lv.last for lv in c.levels):
            return False
        else:
            text = c.words[at].text
            return text.isalpha() and text not in _AFTER_AGE and not (text == "injury" and "acuity" in mark.facts)
    return False


def status_of(c: Clauses, s: Spoken) -> tuple[str, bool]:
    """Status word and whether it gives way to a firmer one."""
    m = s.manner
    if m.past:
        return "historical", False
    named = _other_names(c, s)
    if named is not None:
        return named, False
    if m.doubted is not None or m.doubtful:
        low = m.doubted.last if m.doubted is not None and m.doubted.last <= s.mark.first else s.mark.first
        qualified = any(low <= a.first < s.mark.first and a.facts.keys() & {"acuity", "etiology"} for a in c.marks)
        return "possible", qualified
    if s.kind == "slight":
        return "slight", True
    if s.kind != "fracture":
        if any("normal" in m.facts and m.last <= s.mark.first and c.reaches(m.last, s.mark.first) for m in c.marks):
            return "absent", False
        if any(
            a.get("severity") == "mild" and _slight(c, a) for a in adjectives(c, s.mark, "severity")
        ) or _degenerative(c, s.mark):
            return "slight", True
        return "deformity", s.kind == "height"
    return "fracture", False


_TURNED_OUT: Final = frozenset(
    "is was are were be represents represent to out turned found in fact actually a an really the proved".split()
)


def _other_names(c: Clauses, s: Spoken) -> str | None:
    """``absent`` for a shape with a name of its own, Scheuermann's or a limbus vertebra; ``possible`` while that is
    only thought of. A fracture, unlike a deformity, is taken back only where it "is" or "turned out to be" that
    shape."""
    start, end = c.clause(s.mark.first)
    shapes = [(shape, c.manner(shape)) for shape in c.within("shape", start, end)]
    named = [(shape, how) for shape, how in shapes if how.denied is None and not how.other]
    if s.kind == "fracture":
        named = [
            (shape, how)
            for shape, how in named
            if shape.first > s.mark.last
            and (
                way := {
                    w.text
                    for k, w in enumerate(c.words[s.mark.last : shape.first], s.mark.last)
                    if k not in c.in_levels and w.text not in ("of", "at", '"')
                }
            )
            and way <= _TURNED_OUT
        ]
    if any(how.doubted is not None or how.hypothetical or c.own_doubt(shape) is not None for shape, how in named):
        return "possible"
    return "absent" if named else None


def _slight(c: Clauses, mark: Mark) -> bool:
    return any(
        w.text in ("slight", "slightly", "minimal", "minimally", "trace", "minor")
        for w in c.words[mark.first : mark.last]
    )


def _degenerative(c: Clauses, noun: Mark) -> bool:
    start, end = c.clause(noun.first)
    for mark in c.within("degenerative", start, end):
        if mark.last <= noun.first and c.reaches(mark.last, noun.first, strangers=0) and mark.last - mark.first == 1:
            return True
        before = c.words[mark.first - 1].text if mark.first else ""
        if mark.first >= noun.last and before in (
            ",",
            "likely",
            "probably",
            "be",
            "is",
            "are",
            "to",
            "represents",
            "represent",
            "reflect",
            "reflects",
            "-",
        ):
            return (
                before in ("to", "be", "is", "are")
                or mark.last - mark.first == 1
                or c.words[mark.last - 1].text == "nature"
            )
    return False


def read(c: Clauses, readings: list[Spoken], sentence: int, to_span: SpanOf) -> list[Statement]:
    """Statements of every fracture word: status, denial, shape, age, change, grade, cause."""
    found: list[Statement] = []
    any_affirmed = any(s.affirmed for s in readings)

    def add(targets: tuple[Target, ...], field: str, value: Value, mark: Mark, weak: bool = False) -> None:
        found.extend(Statement(t, field, value, to_span(mark), sentence, weak) for t in targets)

    for s in readings:
        if s.manner.other or s.manner.hypothetical:
            continue
        if s.bone is not None:
            found.extend(_other_bone(c, s, sentence, to_span))
            continue
        if s.manner.denied is not None:
            found.extend(_denial(c, s, any_affirmed, sentence, to_span))
            continue
        status, weak = status_of(c, s)
        targets = s.targets
        if all(t.level is None for t in targets) and not _about_spine(c, s):
            continue
        add(targets, "status", status, s.mark, weak)
        if s.manner.plain:
            found += [Statement(t, "status", "absent", to_span(s.mark), sentence) for t in _but_not(c, s)]
        if status == "absent":
            continue
        for mark in adjectives(c, s.mark, "morphology")[-1:]:
            if c.manner(mark).denied is None:
                add(chosen(c, mark, targets), "morphology", mark.facts["morphology"], mark)
        _ages(c, s, targets, add)
        for mark, meant in _shared(c, s, "change", targets):
            if c.manner(mark).denied is None:
                add(_aligned(c, "change", mark) or chosen(c, mark, meant), "height_change", mark.facts["change"], mark)
        for mark, meant in _shared(c, s, "severity", targets):
            own = _aligned(c, "severity", mark) or chosen(c, mark, meant)
            if mark.facts["severity"] in ("mild", "moderate", "severe"):
                add(own, "height_loss_grade", mark.facts["severity"], mark, s.kind == "fracture")
        for mark, own in _shared(c, s, "genant", targets):
            if mark.facts["genant"] != "0":
                add(own, "height_loss_grade", f"genant-{mark.facts['genant']}", mark)
        if s.mark.get("morphology") == "plana":
            add(targets, "height_loss_grade", "plana", s.mark)
    return found


def _but_not(c: Clauses, s: Spoken) -> tuple[Target, ...]:
    """The level that is named only to be set right: the L1 of "the fracture is at L2, not L1"."""
    start, end = c.clause(s.mark.first)
    said = (lv for lv in c.levels if start < lv.first < end and c.words[lv.first - 1].text == "not")
    return tuple(t for t in body_targets(said) if t not in s.targets)


def _about_spine(c: Clauses, s: Spoken) -> bool:
    """A fracture without a level is a vertebra's only when the sentence speaks of the spine or of compression."""
    words = {w.text for w in c.words[s.mark.first : s.mark.last]}
    if words & {
        "compression",
        "burst",
        "chance",
        "vertebral",
        "vcf",
        "vcfs",
        "vbf",
        "vbfs",
        "endplate",
        "vertebra",
        "recompression",
    }:
        return True
    if s.kind == "height":
        return any(w.text in ("vertebra", "vertebrae", "vertebral", "body", "bodies") for w in c.words)
    if any(t.region is not None for t in s.targets):
        return True
    start, end = c.clause(s.mark.first)
    return bool(c.within("vertebral", start, end)) or s.kind == "deformity"


def _shared(c: Clauses, s: Spoken, kind: str, targets: tuple[Target, ...]) -> list[tuple[Mark, tuple[Target, ...]]]:
    """Adjectives of a fracture word that several levels share, each with the levels it speaks of ("severe T8 and mild
    L1 fractures")."""
    chain = listed(c, s.mark) if len(c.levels) > 1 else ()
    found = adjectives(c, s.mark, kind)
    if len(chain) > 1:
        start = max(chain[0].first - 1, 0)
        found += [m for m in c.within(kind, start, len(c.words)) if m not in found and owner(c, chain, m)]
        told = {t for m in c.marks if m.facts.keys() & {"acuity", "change"} for t in owner(c, chain, m)}
        if len(found) > 1 or len(told) > 1:
            return [(m, owner(c, chain, m) or targets) for m in found]
    return [(m, targets) for m in found]


def _was_seen(c: Clauses, s: Spoken) -> bool:
    """ "An acute fracture was present on the prior study": the age is that of the prior study."""
    after = [w.text for w in c.words[s.mark.last : s.mark.last + 12]]
    past = next((k for k, text in enumerate(after) if text in ("was", "were")), None)
    if past is None:
        return False
    told = after[past : past + 8]
    words = {w.text for w in c.words}
    return bool(({"on", "in", "at"} & set(told) and _EARLIER & set(told)) or ("when" in words and _EARLIER & words))


def _told_of(c: Clauses, level: LevelMark, mark: Mark) -> bool:
    return level.last == mark.first or c.words[level.last].text in ("is", "are", "appears", "-", ":")


def _said_in_a_level(c: Clauses, mark: Mark, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """Targets of an age that names its level again: "fractures of T12 and L1, old in T12 and recent in L1", "only L1
    is acute"."""
    subject = next((lv for lv in c.levels if lv.kind == "body" and mark.first - 1 <= lv.last <= mark.first), None)
    if subject is not None and len(targets) > 1 and _told_of(c, subject, mark):
        return tuple(t for t in targets if t.level in subject.levels)
    if mark.last >= len(c.words) or c.words[mark.last].text not in ("in", "at"):
        return ()
    named = next((lv for lv in c.levels if lv.kind == "body" and lv.first == mark.last + 1), None)
    return tuple(t for t in targets if named is not None and t.level in named.levels)


def _ages(c: Clauses, s: Spoken, targets: tuple[Target, ...], add: Adder) -> None:
    ages = [] if _was_seen(c, s) or s.manner.doubtful else _shared(c, s, "acuity", targets)
    again = [(m, _said_in_a_level(c, m, targets)) for m in c.within("acuity", s.mark.last, len(c.words))]
    again = [(m, own) for m, own in again if own]
    if again:
        ages = [(m, own) for m, own in ages if m not in [a for a, _ in again]] + again
    words = {word.text for word in c.words}
    if words & {"age", "acuity", "chronicity"} and words & {"uncertain", "unknown", "undetermined", "unclear"}:
        add(targets, "acuity", "indeterminate", s.mark, True)
    either = _alternatives(c, [mark for mark, _ in ages])
    if either is not None:
        add(targets, "acuity", "indeterminate", either)
        return
    for mark, meant in ages:
        if _not_its_age(c, mark):
            continue
        own = meant if again else _aligned(c, "acuity", mark) or chosen(c, mark, meant)
        how = c.manner(mark)
        if (how.denied is not None and how.denied.last <= mark.first) or how.hypothetical or c.formerly(mark):
            continue
        value = mark.facts["acuity"]
        if s.manner.past and value != "chronic":
            continue
        unsure = c.guessed(mark, s.mark) or _queried(c, mark, how)
        if value not in ("indeterminate", "resolving", "healing", "nonacute") and unsure:
            add(own, "acuity", "guessed-acute" if value == "acute" else "guessed-old", mark, True)
            continue
        add(own, "acuity", value, mark)
    for mark in c.marks:
        if (
            mark.get("hist") == "seen"
            and mark.last <= s.mark.first
            and c.words[mark.first].text in ("prior", "previous", "former", "preexisting")
            and c.reaches(mark.last, s.mark.first)
        ):
            add(targets, "acuity", "chronic", mark, True)


def _alternatives(c: Clauses, ages: list[Mark]) -> Mark | None:
    """The second of two ages joined by "or": "may be old or recent" leaves it open."""
    for one, other in pairwise(sorted(ages, key=lambda mark: mark.first)):
        between = [w.text for w in c.words[one.last : other.first]]
        if between == ["or"] and one.get("acuity") != other.get("acuity"):
            return other
    return None


_TIMES: Final = frozenset("day days week weeks month months year years hour hours wk wks".split())
_TOLD_OF: Final = frozenset(
    "treated diagnosed described seen noted reported identified augmented imaged discovered".split()
)


def _not_its_age(c: Clauses, mark: Mark) -> bool:
    """ "Two weeks old", "more recent than", "recently treated": none says how old the fracture is in words."""
    before = [w.text for w in c.words[max(mark.first - 2, 0) : mark.first] if w.text != "-"]
    after = c.words[mark.last].text if mark.last < len(c.words) else ""
    text = c.words[mark.first].text
    if text == "old" and before[-1:] and before[-1] in _TIMES:
        return True
    if before[-1:] == ["from"] or before[-2:] in (["from", "an"], ["from", "a"]):
        return True
    if after == "than" or before[-1:] in (["than"], ["over"]):
        return True
    return text in ("recent", "recently", "newly") and after in _TOLD_OF


def _queried(c: Clauses, mark: Mark, how: Manner) -> bool:
    """ "Acute?", "acute (?)", "I doubt this is acute", "an acute component is not excluded"."""
    after = [w.text for w in c.words[mark.last : mark.last + 2]]
    if after[:1] == ["?"] or after == ["(", "?"]:
        return True
    if any(w.text == "doubt" for w in c.words[: mark.first]):
        return True
    return how.doubted is not None and how.doubted.first >= mark.last


def _aligned(c: Clauses, kind: str, mark: Mark) -> tuple[Target, ...]:
    """The level that an adjective of a "respectively" list is for; nothing when the lists do not match."""
    if not any(w.text == "respectively" for w in c.words):
        return ()
    levels = body_targets(c.levels)
    marks = [m for m in c.marks if kind in m.facts]
    if len(marks) != len(levels) or mark not in marks:
        return ()
    return (levels[marks.index(mark)],)


def _denial(c: Clauses, s: Spoken, any_affirmed: bool, sentence: int, to_span: SpanOf) -> list[Statement]:
    """What a denied fracture word denies, and where."""
    denied = s.manner.denied
    if denied is None:
        return []
    low, high = min(denied.first, s.mark.first), max(denied.last, s.mark.last)
    between = [m for m in c.marks if low <= m.first and m.last <= high and m is not s.mark]
    if any(
        m.get("etiology") in ("pathologic", "malignant", "traumatic", "infectious", "osteoporotic")
        or m.get("severity") in ("severe", "moderate")
        for m in between
    ):
        return []
    if any(m.get("morphology") in ("burst", "chance", "plana") for m in (*between, s.mark)) or any(
        w.text in ("displaced", "healing") for w in c.words[low:high]
    ):
        return []
    if s.mark.get("change") == "progressed" or any(m.get("change") == "progressed" for m in between):
        return []
    if c.within("denialfollow", 0, len(c.words)) or c.words[s.mark.last - 1].text in (
        "line",
        "lines",
        "fragment",
        "fragments",
    ):
        return []
    out = c.exception()
    if out is not None and out.last <= s.mark.first:
        return []
    if (
        out is not None
        and out.first >= s.mark.last
        and not any("fx" in m.facts for m in c.marks if m.first >= out.last)
    ):
        named = body_targets(tuple(lv for lv in c.levels if lv.first >= out.last))
        kept = "fracture" if s.kind == "fracture" else "deformity"
        return [Statement(t, "status", kept, to_span(s.mark), sentence) for t in named]
    if s.kind == "fracture" and _taken_back(c, s):
        return [Statement(t, "status", "possible", to_span(s.mark), sentence) for t in s.targets]
    span = to_span(Mark(low, high, s.mark.facts))
    named = tuple(t for t in s.targets if t.level is not None)
    if s.manner.acute_only:
        regions: tuple[Region | None, ...] = (
            tuple(dict.fromkeys(region_of(t.level) for t in named if t.level in BODY_LEVELS if t.level))
            or regions_near(c, s.mark)
            or (None,)
        )
        both = any(
            m.get("acuity") in ("chronic", "indeterminate")
            or (m.get("acuity") == "both" and any(w.text in ("chronic", "old") for w in c.words[m.first : m.last]))
            for m in between
        )
        if not both:
            return [Statement(Target(None, True, r), "denied-acute", True, span, sentence) for r in regions]
    if not named or points_back(c, s.mark):
        if any_affirmed:
            return []
        _, end = c.clause(s.mark.first)
        named = named or body_targets(lv for lv in c.levels if lv.first < end)
    if s.kind == "height":
        return [
            Statement(t, "status", "absent", span, sentence, True)
            for t in named
            if t.level is not None and not any_affirmed
        ] or (
            [] if any_affirmed or named else [Statement(t, "denied-heights", True, span, sentence) for t in s.targets]
        )
    if named:
        return [Statement(t, "status", "absent", span, sentence) for t in named]
    regions_named = regions_near(c, s.mark)
    return [Statement(Target(None, True, r), "denied", True, span, sentence) for r in regions_named] or [
        Statement(NOWHERE, "denied", True, span, sentence)
    ]


def _taken_back(c: Clauses, s: Spoken) -> bool:
    """ "No definite fracture, although a subtle one cannot be excluded"."""
    _, end = c.clause(s.mark.first)
    for mark in c.within("hedgeafter", end, len(c.words)):
        words = {w.text for w in c.words[mark.first : mark.last]}
        start, stop = c.clause(mark.first)
        if words & {"excluded", "possible", "ruled"} and any(w.text == "one" for w in c.words[start:stop]):
            return not any(is_noun(m) for m in c.marks if start <= m.first < mark.first)
    return False


def _other_bone(c: Clauses, s: Spoken, sentence: int, to_span: SpanOf) -> list[Statement]:
    """A fracture outside the vertebral bodies: a finding under its own name when it is of the spine, nothing
    otherwise."""
    if s.bone is None:
        return []
    bodies = tuple(t for t in s.targets if t.level in BODY_LEVELS)
    if s.bone == "posterior" or (s.bone in ARCH_BONES and bodies and s.manner.plain):
        value = s.manner.denied is None
        if s.manner.doubted is not None or s.manner.doubtful or s.manner.past or (not bodies and s.bone == "posterior"):
            return []
        found = [Statement(t, "posterior_elements", value, to_span(s.mark), sentence) for t in bodies]
        if s.bone == "posterior" or any(o.affirmed for o in spoken_cached(c) if o is not s):
            return found
    if s.bone not in _OWN_BONES or s.kind == "height":
        return []
    if s.manner.denied is not None:
        return []
    status, weak = status_of(c, s)
    status = "fracture" if status == "deformity" else status
    own = tuple(t.level for t in s.targets if t.level is not None and t.level not in BODY_LEVELS)
    if s.bone in ARCH_BONES:
        own = tuple(f"{t.level} {s.bone}" for t in s.targets if t.level is not None)
    names = own or ("sacrum" if s.bone == "sacrum" else "cervical spine" if s.bone == "cervical" else s.bone,)
    region: Region | None = "sacral" if s.bone == "sacrum" else "cervical" if s.bone == "cervical" else None
    found = []
    for name in names:
        target = Target(name, True, region)
        found.append(Statement(target, "status", status, to_span(s.mark), sentence, weak))
        for mark in adjectives(c, s.mark, "acuity"):
            if c.manner(mark).denied is None:
                found.append(Statement(target, "acuity", mark.facts["acuity"], to_span(mark), sentence))
    return found


def spoken_cached(c: Clauses) -> list[Spoken]:
    """Fracture words of a sentence without focus, to ask whether a body is spoken of beside another bone."""
    return spoken(c, ())
