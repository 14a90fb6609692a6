"""``read_report``: one radiology text in, a ``ReportReading`` out. Pure and deterministic; never raises on any text.

The rules follow the contract's section on ``read-report``: denials end at a comma, doubts bind to what they modify,
the history section is no finding,
the impression outweighs the findings unless they contradict each other. What the words do not settle stays ``None``.
Not clinically reviewed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from cds_service.reports import attributes, fractures, languages, text
from cds_service.reports.findings import BODY_LEVELS, Conflict, InfectionWord, LevelFinding, Region, ReportReading
from cds_service.reports.lexicon import Mark, tells
from cds_service.reports.merge import LevelMerge, Place, covers, narrow_region, order_of, overlaps, value_is_denial
from cds_service.reports.said import Said
from cds_service.reports.scopes import Clauses, prepare
from cds_service.reports.sections import LEVEL_LETTERS, MOST_SENTENCES, Section, Sentence, is_level, split
from cds_service.reports.statements import SpanOf, Statement, Target, body_targets, chosen
from cds_service.reports.text import Word

_WEIGHT: Final[dict[Section, int]] = {
    "findings": 0,
    "imaging": 0,
    "note": 0,
    "diagnosis": 1,
    "impression": 1,
    "addendum": 2,
}
_ADDENDUM: Final = _WEIGHT["addendum"]
_MARROW_WORDS: Final = frozenset("stir marrow mri mr weighted hyperintense hypointense hyperintensity".split())
_IMAGING_WORDS: Final = frozenset(
    """xray xrays radiograph radiographs radiographic mri ct films film imaging scan scans tomography radiography
    roentgenogram rays""".split()
)
_REPORTING_WORDS: Final = frozenset(
    """show shows showed shown reveal reveals revealed demonstrate demonstrates demonstrated confirm confirms
    confirmed demonstrating showing consistent
    identified documented noted revealing read evident""".split()
)
_COMPARING: Final = frozenset("since compared from relative versus".split())
_STUDY_WORDS: Final = frozenset("study exam examination".split())
_DANGER: Final = frozenset({"soft_tissue_mass", "collection", "disc_signal", "cord_signal", "etiology"})
_LONG: Final = 20_000
"""Code points; a longer text is first asked whether any word of it can matter."""
_MOST_WORK: Final = 30_000
"""Bound on the work of reading, about a microsecond each: some 30 kB of nothing but findings. More is reported as
truncated (operations.md 1.8)."""
_MOST_ASIDES: Final = 60
"""Sentences of history and title that are looked at for levels and region."""
_GOING_ON: Final = frozenset("there this it the no".split())
"""First words of a sentence that goes on with the pictures the one before told of."""
_FOCUS_SPAN: Final = 6
"""Sentences after which "the fracture" no longer points back."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence and what the rules made of it, for whoever explains a reading."""

    sentence: Sentence
    clauses: Clauses | None = None
    """``None``: from here on the text is too long to be read."""
    statements: tuple[Statement, ...] = ()


def read_report(original: str, hear: Callable[[Heard], None] | None = None) -> ReportReading:
    """Read a radiology report or note (plain text, English). Spans are code points of ``original``.

    ``hear`` is told each sentence that is read, in order.
    """
    if len(original) > _LONG and _tells_nothing(original):
        if not any(map(str.isalnum, original[: text.LONGEST_TEXT])):
            return ReportReading(not_read="empty")
        foreign = read_report(original[:_LONG]).not_read == "language"
        cut = len(original) > text.LONGEST_TEXT
        return ReportReading(not_read="language" if foreign else "truncated" if cut else None)
    folded = text.fold(original)
    if not any(word[0].isalnum() for word in folded.words.texts):
        return ReportReading(not_read="language" if "\u00a4" in folded.text else "empty")
    if not languages.english(original, folded):
        return ReportReading(not_read="language")
    reading = _Reading(original, folded, hear)
    sentences = split(folded)
    reading.cut = reading.cut or len(sentences) >= MOST_SENTENCES
    for sentence in sentences:
        reading.take(sentence)
    return reading.result()


def _tells_nothing(original: str) -> bool:
    """Whether no word of a long text is one the reader looks for: then there is nothing to cut into sentences."""
    words = text.distinct_words(original)
    return words is not None and not any(map(tells, words))


class _Reading:
    """The state of reading one text: statements so far, and what was last spoken of."""

    def __init__(self, original: str, folded: text.Folded, hear: Callable[[Heard], None] | None) -> None:
        self.original = original
        self.folded = folded
        self.hear = hear
        self.statements: list[Statement] = []
        self.infections: list[tuple[int, InfectionWord]] = []
        self.places: dict[int, Place] = {}
        self.history: list[Target] = []
        self.study_region: Region | None = None
        self.exam: Region | None = None
        self.several = False
        self.exams: dict[int, Region | None] = {}
        self.transitional = False
        self.limited = False
        self.focus: tuple[Target, ...] = ()
        self.focus_age = 0
        self.section: Section | None = None
        self.pictures = -1
        self.heading: tuple[Word, ...] = ()
        self.heading_paragraph = 0
        self.work = len(folded.words) * 5 // 8  # cutting it into words and sentences
        self.asides = 0
        self.cut = folded.cut
        vocabulary = set(folded.words.texts)
        self.marrow_study = not _MARROW_WORDS.isdisjoint(vocabulary)
        self.telling = frozenset(filter(tells, vocabulary))

    def take(self, sentence: Sentence) -> None:
        """Read one sentence."""
        if sentence.section in ("history", "title"):
            self._aside(sentence)
            return
        if sentence.section not in _WEIGHT:
            return
        if self.cut and self.work > _MOST_WORK:
            return
        texts = self.folded.words.texts[sentence.first : sentence.last]
        under = self._under(sentence, texts)
        if sentence.section == "note" and not self._tells_of_pictures(sentence, texts):
            return
        if self.telling.isdisjoint(texts):
            return
        words = (*under, *self.folded.words[sentence.first : sentence.last])
        c = prepare(words, 0, len(words))
        things = len(c.marks) + len(c.levels)
        broken = sum("fx" in mark.facts for mark in c.marks)
        self.work += 25 + 8 * things + things * things // 3 + broken**3 // 5
        if self.work > _MOST_WORK:
            self.cut = True
            if self.hear is not None:
                self.hear(Heard(sentence))
            return
        if sentence.section != self.section:
            self.section, self.focus = sentence.section, ()
        if not c.marks:
            return
        number = len(self.places)
        own = c.words[len(under)]
        self.places[number] = Place(self.folded.span(own.start, c.words[-1].end), _WEIGHT[sentence.section])
        self.exams[number] = self.exam
        self._whole_study(c)

        def to_span(mark: Mark) -> tuple[int, int]:
            return self.folded.span(c.words[mark.first].start, c.words[mark.last - 1].end)

        readings = fractures.spoken(c, self.focus)
        note = sentence.section in ("note", "diagnosis", "imaging")
        found = fractures.read(c, readings, number, to_span)
        here = Said(
            c=c,
            readings=[s for s in readings if s.affirmed],
            focus=self.focus,
            sentence=number,
            to_span=to_span,
            marrow_study=self.marrow_study,
            note=note,
        )
        found += attributes.read(here)
        self.infections += ((number, word) for word in here.infections)
        found += self._pointed_age(c, number, to_span, bool(readings))
        self.statements += found
        self.work += 4 * len(found)
        if self.hear is not None:
            self.hear(Heard(sentence, c, tuple(found)))
        self._move_focus(c, readings, found)

    def _tells_of_pictures(self, sentence: Sentence, texts: list[str]) -> bool:
        """Whether a sentence of a note tells the result of an imaging study, or goes on telling it."""
        goes_on = self.pictures == sentence.paragraph and texts[0] in _GOING_ON
        told = _reports_imaging(texts) or (goes_on and any(is_level(texts, at) for at in range(len(texts))))
        self.pictures = sentence.paragraph if told else -1
        return told

    def _under(self, sentence: Sentence, texts: list[str]) -> tuple[Word, ...]:
        """The level that stands alone on a line above a list of what it shows; nothing where a level is named."""
        named = not LEVEL_LETTERS.isdisjoint(texts) and any(is_level(texts, at) for at in range(len(texts)))
        if named and [text for text in texts[2:] if text not in (":", "\n", "-")] == [] and is_level(texts, 0):
            level = self.folded.words[sentence.first : sentence.first + 2]
            self.heading = (*level, Word(":", level[-1].end, level[-1].end, False))
            self.heading_paragraph = sentence.paragraph
            return ()
        if named or sentence.paragraph != self.heading_paragraph or sentence.section == "title":
            self.heading = ()
        return self.heading

    def _aside(self, sentence: Sentence) -> None:
        """History and title: no findings, but the levels and the region they name matter to a denial without one."""
        if self.asides > _MOST_ASIDES:
            return
        self.asides += 1
        c = prepare(self.folded.words, sentence.first, sentence.last)
        if sentence.section == "history":
            self.history += body_targets(c.levels)
        else:
            regions = [
                m.facts["region"]
                for m in c.marks
                if "region" in m.facts and m.facts["region"] not in ("spine", "sacral")
            ]
            if len(set(regions)) == 1:
                self.exam = regions[0]  # type: ignore[assignment] # the lexicon holds nothing but Region words
                self.study_region = self.study_region or self.exam
                self.several = self.several or self.exam != self.study_region

    def _whole_study(self, c: Clauses) -> None:
        for mark in c.marks:
            if (
                "limited" in mark.facts
                and c.manner(mark).denied is None
                and not any(m.get("noun") == "lung" for m in c.marks)
            ):
                self.limited = True
            if "transitional" in mark.facts and c.manner(mark).denied is None:
                self.transitional = True

    def _pointed_age(self, c: Clauses, number: int, to_span: SpanOf, has_fracture: bool) -> list[Statement]:
        """ "This is age-indeterminate.": an age said of the fracture spoken of before."""
        held = {t.level for t in self.focus}
        if has_fracture or not self.focus or not {level for lv in c.levels for level in lv.levels} <= held:
            return []
        focus = tuple(t for t in self.focus if not c.levels or any(t.level in lv.levels for lv in c.levels))
        pointing = c.has("pointer") or any(w.text in ("fracture", "fractures") for w in c.words)
        other = [m for m in c.marks if "noun" in m.facts and c.words[m.last - 1].text not in _STUDY_WORDS]
        if other or not (pointing or _says_nothing_else(c)):
            return []
        found = []
        for mark in c.marks:
            if fractures.of_a_stranger(c, mark):
                continue
            if "acuity" in mark.facts and c.manner(mark).denied is None and not c.manner(mark).hypothetical:
                age = mark.facts["acuity"]
                if age != "indeterminate" and c.own_doubt(mark) is not None:
                    age = "guessed-acute" if age == "acute" else "guessed-old"
                weak = age.startswith("guessed")
                found += [Statement(t, "acuity", age, to_span(mark), number, weak) for t in chosen(c, mark, focus)]
            elif "change" in mark.facts and c.manner(mark).denied is None:
                found += [Statement(t, "height_change", mark.facts["change"], to_span(mark), number) for t in focus]
        return found

    def _move_focus(self, c: Clauses, readings: list[fractures.Spoken], found: list[Statement]) -> None:
        ours = [s for s in readings if s.affirmed and s.bone is None]
        stated = {s.target for s in found if s.field == "status"}
        ours = [s for s in ours if stated & set(s.targets)]
        self.focus_age += 1
        if ours:
            self.focus, self.focus_age = ours[-1].targets, 0
            return
        named = tuple(dict.fromkeys(s.target for s in found if s.target.level is not None and s.field != "status"))
        if named:
            self.focus, self.focus_age = named, 0
        elif any(lv.kind in ("pair", "body", "other") for lv in c.levels) or self.focus_age > _FOCUS_SPAN:
            self.focus = ()

    # -------------------- the whole

    def result(self) -> ReportReading:
        """All sentences together."""
        by_level: dict[str, list[Statement]] = {}
        nowhere: list[Statement] = []
        denials: list[Statement] = []
        for s in self.statements:
            if s.field.startswith("denied"):
                denials.append(s)
            elif s.target.level is not None:
                by_level.setdefault(s.target.level, []).append(s)
            else:
                nowhere.append(s)
        seen = [
            level
            for level, said in by_level.items()
            if level in BODY_LEVELS and any(s.field == "status" and s.value != "absent" for s in said)
        ]
        regional = self._settle(nowhere, by_level, seen)
        without, without_acute, absent, conflicts = self._deny(denials, by_level, regional, seen)
        findings: list[LevelFinding] = []
        for level, said in by_level.items():
            merge = LevelMerge(level, said, self.places)
            self._append(findings, conflicts, merge, narrow_region(level, said))
        for region, said in regional.items():
            self._append(findings, conflicts, LevelMerge(None, said, self.places), region)
        findings += absent
        findings.sort(key=order_of)
        return ReportReading(
            findings=tuple(findings),
            infections=self._infections(),
            regions_without_fracture=tuple(without),
            regions_without_acute_fracture=tuple(without_acute),
            conflicts=tuple(conflicts),
            study_limited=self.limited,
            not_read="truncated" if self.cut else None,
        )

    def _infections(self) -> tuple[InfectionWord, ...]:
        """What is said of infections; an addendum stands over all."""
        added = tuple(word for sentence, word in self.infections if self.places[sentence].weight == _ADDENDUM)
        return added or tuple(word for _, word in self.infections)

    def _append(
        self, findings: list[LevelFinding], conflicts: list[Conflict], merge: LevelMerge, region: Region | None
    ) -> None:
        finding = merge.finding(self.original, transitional=self.transitional, region=region)
        if finding is not None:
            findings.append(finding)
            conflicts.extend(merge.conflicts)

    def _settle(
        self, nowhere: list[Statement], by_level: dict[str, list[Statement]], seen: list[str]
    ) -> dict[Region | None, list[Statement]]:
        """Give statements without a level to the one level they can mean; the rest stay by region."""
        regional: dict[Region | None, list[Statement]] = {}
        for s in nowhere:
            if s.target.pair:
                held = [level for level in s.target.pair if level in seen]
                if held:
                    for level in held:
                        by_level[level].append(s)
                elif s.field in _DANGER:
                    regional.setdefault(_pair_region(s.target.pair), []).append(s)
                continue
            near = [level for level in seen if covers(s.target.region, level)]
            if s.field == "status":
                if not near:
                    regional.setdefault(s.target.region, []).append(s)
                continue
            if not near:
                regional.setdefault(s.target.region, []).append(s)
            elif value_is_denial(s.value):
                for level in near:
                    if not any(o.field.startswith(s.field) and not o.weak for o in by_level[level]):
                        by_level[level].append(s)
            elif len(near) == 1 and s.field not in ("marrow_edema", "tracer_uptake"):
                by_level[near[0]].append(s)
            elif s.field in _DANGER or s.field in ("marrow_edema", "tracer_uptake"):
                regional.setdefault(s.target.region, []).append(s)
        named = [
            region for region in regional if region is not None and any(s.field == "status" for s in regional[region])
        ]
        if None in regional and len(named) == 1:
            regional[named[0]] += regional.pop(None)
        elif None in regional and named:
            regional[None] = [s for s in regional[None] if s.field in _DANGER]
            if not regional[None]:
                del regional[None]
        return regional

    def _deny(
        self,
        denials: list[Statement],
        by_level: dict[str, list[Statement]],
        regional: dict[Region | None, list[Statement]],
        seen: list[str],
    ) -> tuple[list[Region], list[Region], list[LevelFinding], list[Conflict]]:
        """Place denials without a level: on the levels of the history, on what they contradict, or as one finding of
        their own."""
        without: list[Region] = []
        without_acute: list[Region] = []
        absent: list[LevelFinding] = []
        conflicts: list[Conflict] = []
        made: set[Region | None] = set()
        affirmed = bool(seen) or any(s.field == "status" for said in regional.values() for s in said)
        for said in denials:
            d = said
            if self.several and d.target.region is None:  # each of several studies denies for its own region
                d = replace(d, target=Target(None, True, self.exams[d.sentence]))
            region = d.target.region or self.study_region
            if region == "cervical" or region == "sacral":
                continue
            shown: Region = region or "spine"
            if d.field == "denied-acute":
                if shown not in without_acute:
                    without_acute.append(shown)
                continue
            if d.field == "denied-heights" and affirmed:
                continue
            opposed = [level for level in seen if covers(d.target.region, level)]
            opposed_regions = [
                r for r in regional if overlaps(r, d.target.region) and any(s.field == "status" for s in regional[r])
            ]
            if opposed or opposed_regions:
                for level in opposed:
                    self._oppose(d, by_level[level])
                for r in opposed_regions:
                    self._oppose(d, regional[r])
                continue
            if shown not in without:
                without.append(shown)
            known = [
                t
                for t in dict.fromkeys(self.history)
                if t.level and covers(d.target.region, t.level) and t.level not in by_level
            ]
            if known:
                for t in known:
                    by_level[t.level or ""] = [Statement(t, "status", "absent", d.span, d.sentence)]
                continue
            if d.target.region in made or any(
                s.target == t and s.value == "absent" for t in self.history for s in by_level.get(t.level or "", ())
            ):
                continue
            made.add(d.target.region)
            place = self.places[d.sentence].span
            absent.append(
                LevelFinding(
                    level=None,
                    region=d.target.region,
                    status="absent",
                    evidence={"status": d.span},
                    span=place,
                    text=self.original[place[0] : place[1]],
                )
            )
        if None in made and len(made) > 1:
            absent = [f for f in absent if f.region is not None]
        return without, without_acute, absent, conflicts

    def _oppose(self, d: Statement, said: list[Statement]) -> None:
        """A denial of every fracture against one that is described: it stands against what is not old, and an
        addendum stands over all."""
        weight = self.places[d.sentence].weight
        old = any(
            (s.field == "acuity" and s.value == "chronic") or (s.field == "height_change" and s.value == "unchanged")
            for s in said
        )
        if weight == 2 or (not old and any(s.field == "status" and s.value in ("fracture", "deformity") for s in said)):
            target = said[0].target
            said.append(
                Statement(Target(target.level, target.certain, target.region), "status", "absent", d.span, d.sentence)
            )


_BARE: Final = frozenset(
    """in of the a an and or to former latter but not is are was were has have been be age appearance
    likely probably appears appearing since compared from relative versus with prior previous study
    exam examination on at as again by may , ; . ( ) - : it this that both all most more than now
    today nature findings finding change changes interval""".split()
)


def _says_nothing_else(c: Clauses) -> bool:
    """Whether a sentence is nothing but an age or a change: "Likely old.", not "Acute appendicitis."."""
    end = next((at for at, w in enumerate(c.words) if w.text in _COMPARING), len(c.words))
    return all(
        w.text in _BARE or w.text[0].isdigit() or at in c.in_levels or _is_age(c.covered(at))
        for at, w in enumerate(c.words[:end])
    )


def _is_age(mark: Mark | None) -> bool:
    return mark is not None and bool(mark.facts.keys() & {"acuity", "change", "hedge", "hist", "severity", "inert"})


def _pair_region(pair: tuple[str, ...]) -> Region | None:
    letters = {level[0] for level in pair}
    return (
        "lumbar"
        if letters <= {"L", "S"}
        else "thoracic"
        if letters == {"T"}
        else "thoracolumbar"
        if letters == {"T", "L"}
        else "cervical"
    )


def _reports_imaging(texts: list[str]) -> bool:
    """Whether a sentence of a clinical note tells the result of an imaging study. Most of a long note does not."""
    words = set(texts)
    if words.isdisjoint(_REPORTING_WORDS):
        return any(one in _IMAGING_WORDS and other == ":" for one, other in pairwise(texts))
    return not words.isdisjoint(_IMAGING_WORDS) or bool({"x-ray", "x-rays"} & set(_compounds(texts)))


def _compounds(texts: list[str]) -> Iterator[str]:
    flowing = [text for text in texts if text != "\n"]
    return (f"{a}{b}{c}" for a, b, c in zip(flowing, flowing[1:], flowing[2:], strict=False) if a == "x")
