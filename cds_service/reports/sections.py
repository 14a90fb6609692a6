"""Where a report says what: sections by heading, and sentences inside them.

Clinical history, indication, technique, comparison and recommendations are no findings. A clinical note (no findings
or impression heading) is
read only under the headings that state a diagnosis or an imaging result; elsewhere in it only sentences that report
an imaging result are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

from cds_service.reports.text import Folded, Words

Section = Literal[
    "title",
    "findings",
    "imaging",
    "impression",
    "addendum",
    "history",
    "technique",
    "comparison",
    "plan",
    "diagnosis",
    "note",
]

_HEADINGS: Final[dict[Section, str]] = {
    "findings": """findings|finding|report|results|result|observations|radiology report|mri findings|ct findings|
        radiographic findings|x ray findings|imaging findings|body""",
    "imaging": """imaging|imaging studies|imaging data|radiology|radiology data|data reviewed|studies|studies
    reviewed|diagnostic studies|
        imaging results|radiology results|diagnostic imaging|diagnostic data|xrays|x rays|x ray|mri|ct|ct scan""",
    "impression": """imp|imp plan|impression|impressions|conclusion|conclusions|opinion|summary|final
    impression|interpretation|impression and recommendation|
        impression and recommendations|impression recommendation|summary and recommendation|diagnostic
        impression|radiological diagnosis""",
    "addendum": "addendum|addenda|amended report|corrected report",
    "history": """clinical history|history|indication|indications|clinical indication|clinical indications|reason for
    exam|reason for examination|
        reason for study|reason for the exam|reason for this exam|reason for scan|clinical information|clinical
        data|clinical details|
        clinical background|clinical statement|clinical question|clinical presentation|clinical|history and
        indication|indication and history|
        indication history|patient history|relevant history|pertinent history|hx|symptoms|provided
        history|reason|question|ordering diagnosis|
        referral diagnosis""",
    "technique": """technique|techniques|protocol|technical factors|procedure technique|contrast|radiation
    dose|dose|sequences|imaging technique|
        technical details""",
    "title": """exam|examination|exam type|type of exam|study|study type|examination
        performed|modality|test|scan|title|exam description""",
    "comparison": """comparison|comparisons|comparison studies|comparison study|compared to|comparison exam|prior
        studies|prior study|prior exams""",
    "plan": """differential|differential diagnosis|ddx|
        recommendation|recommendations|plan|plan and suggestion|recommend|suggestion|suggestions|follow
    up|advice|disclaimer|note to patient|
        communication|critical results|primary diagnostic code|patient instructions|discharge instructions|treatment
        plan""",
    "diagnosis": """dx|preop dx|pre op dx|postop dx|post op dx|discharge dx|admission dx|final dx|
        diagnosis|diagnoses|preoperative diagnosis|preoperative diagnoses|postoperative
    diagnosis|postoperative diagnoses|pre op diagnosis|
        post op diagnosis|preop diagnosis|postop diagnosis|preprocedure diagnosis|postprocedure diagnosis|final
        diagnosis|final diagnoses|
        admission diagnosis|admitting diagnosis|discharge diagnosis|discharge diagnoses|principal diagnosis|primary
        diagnosis|secondary diagnosis|
        secondary diagnoses|final diagnosis reason for admission|assessment|assessments|assessment and plan|assessment
        plan|problems|problem list|
        active problems""",
    "note": """history of present illness|hpi|past medical history|pmh|pmhx|past surgical history|past
        history|medical history|surgical history|
        family history|social history|past medical conditions|past medical surgical history|family social
        history|personal and social history|
        chief complaint|medications|current medications|home medications|discharge medications|allergies|review
    of systems|ros|
        physical examination|physical exam|vital signs|operation|operation performed|operations performed|operation
        and procedure|procedure|procedures|
        procedure performed|procedures performed|procedure in detail|description of procedure|operative
        technique|operative procedure|
        operative findings|details of procedure|anesthesia|complications|estimated blood
        loss|ebl|specimen|specimens|drains|surgical indications|
        indications for procedure|indications for surgery|indication for procedure|hospital course|hospital
        summary|hospital course and treatment|
        disposition|condition on discharge|laboratory data|labs|laboratory|subjective|objective|hospital admission
        summary|consent|surgeon|assistant|
        blood loss|postoperative plan|medical decision making|emergency department course|ed course|course in the
        hospital|brief history|history of illness""",
}
"""Section -> the headings that open it; spelled without hyphen, slash or colon."""

_REPORT_MARKERS: Final[frozenset[Section]] = frozenset({"findings", "impression"})
_NOTE_MARKERS: Final[frozenset[Section]] = frozenset({"note", "diagnosis"})
_PRELUDES: Final[frozenset[Section]] = frozenset({"title", "history", "technique", "comparison"})
"""What stands before the body of a report; where no heading says "findings", a blank line after it begins the body."""
_CONNECTIVES: Final = frozenset(
    """the a an of at in on to and or with without for from by is are was were be no not than as involving including
    between through has have that
    which this there mild moderate severe acute chronic superior inferior anterior posterior approximately about
    up""".split()
)
_ABBREVIATIONS: Final = frozenset(
    "dr mr mrs ms vs approx e.g i.e fig cf resp ca st incl max min avg ant post sup inf comp compr vert".split()
)
_PROPER: Final = frozenset(
    """mri ct stir schmorl schmorl's scheuermann scheuermann's genant cobb kummell modic""".split()
)
MOST_SENTENCES: Final = 6_000
"""Two hundred kilobytes of prose have fewer; a text that is cut here says so."""
LONGEST_SENTENCE: Final = 120
"""Words; a longer run is cut, so that the work per sentence stays bounded."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Half-open range of word indices, and the section it stands in."""

    first: int
    last: int
    section: Section
    paragraph: int
    """Counts headings and blank lines: a pronoun looks back only inside its section."""


def _heading_tree() -> dict[str, list[tuple[tuple[str, ...], Section]]]:
    tree: dict[str, list[tuple[tuple[str, ...], Section]]] = {}
    for section, phrases in _HEADINGS.items():
        for phrase in phrases.split("|"):
            words = tuple(phrase.split())
            tree.setdefault(words[0], []).append((words, section))
    for found in tree.values():
        found.sort(key=lambda entry: -len(entry[0]))
    return tree


_BY_FIRST_WORD: Final = _heading_tree()
_JOINTS: Final = frozenset("-/&.")


def _heading_at(words: Words, index: int, capitals: frozenset[int], line_start: bool) -> tuple[Section, int] | None:
    """The section that a heading at ``index`` opens and the index after it; a heading ends in a colon, or stands
    alone on its line."""
    texts = words.texts
    for phrase, section in _BY_FIRST_WORD.get(texts[index], ()):
        at, matched = index, 0
        while at < len(texts) and matched < len(phrase):
            if texts[at] == phrase[matched]:
                matched += 1
            elif matched == 0 or texts[at] not in _JOINTS:
                break
            at += 1
        if matched < len(phrase):
            continue
        if at < len(texts) and texts[at] == "(":
            closing = next((k for k in range(at, min(at + 8, len(texts))) if texts[k] == ")"), None)
            at = closing + 1 if closing is not None else at
        if at < len(texts) and texts[at] == ":" and (line_start or (index in capitals and section != "title")):
            return section, at + 1
        if at < len(texts) and texts[at] == "-" and line_start and index in capitals and words.spaced(at):
            return section, at + 1
        alone = at >= len(texts) or texts[at] == "\n"
        if alone and line_start and index in capitals and at < len(texts):
            return section, at
    return None


def _unknown_capital_heading(texts: list[str], index: int, capitals: frozenset[int]) -> int | None:
    """Index after an ALL-CAPITAL heading of one to five words with a colon at a line start, e.g. ``LUNGS:``."""
    at = index
    while at < len(texts) and at - index < 8 and texts[at] not in (":", "\n", "."):
        if texts[at][0].isdigit():
            return None
        at += 1
    if at == index or at >= len(texts) or texts[at] != ":":
        return None
    letters = [k for k in range(index, at) if texts[k][0].isalpha()]
    return at + 1 if letters and all(k in capitals for k in letters) and len(texts[index]) > 2 else None


def _ends_at_newline(
    words: Words, index: int, capitals: frozenset[int], begun: int, shouting: Callable[[], bool]
) -> bool:
    """Whether the newline at ``index`` ends a sentence rather than wrapping a line that began at ``begun``;
    ``shouting`` tells whether that line is a long one in capitals."""
    texts = words.texts
    after = index + 1
    if after >= len(texts) or texts[after] == "\n":
        return True
    nxt = texts[after]
    if nxt in ("-", "*", ".") or (nxt == "#" and texts[index - 1] not in _BEFORE_HASH):
        return True
    if nxt.isdigit() and after + 1 < len(texts) and texts[after + 1] in (".", ")") and not words.spaced(after + 1):
        return texts[after + 1] == "." or not _open_bracket(texts, index)
    if _heading_at(words, after, capitals, True) is not None:
        return True
    before = texts[index - 1] if index else "."
    if before in ("no", "yes", "none") and index > 1 and texts[index - 2] == ":":
        return True
    if before in (",", "/", "-", "(", ":") or before in _CONNECTIVES or after not in capitals:
        return False
    if len(nxt) <= 2 and after + 1 < len(texts) and texts[after + 1][0].isdigit():
        told = index > 1 and (before in _WHOLE_STATEMENTS or is_level(texts, index - 2))
        return told or _heads_an_item(words, after) or is_level(texts, begun)
    if nxt in _PROPER:
        return False
    return not shouting()


LEVEL_LETTERS: Final = frozenset("t d th l".split())


def is_level(texts: list[str], at: int) -> bool:
    """Whether a level such as ``T12`` stands at ``at``; a quick look, without its neighbours."""
    return at + 1 < len(texts) and texts[at] in LEVEL_LETTERS and texts[at + 1].isdigit()


def _heads_an_item(words: Words, at: int) -> bool:
    """Whether the level at a line's start heads an item, "L4: ..." or "L4 - ...", and wraps no line."""
    texts = words.texts
    joint = at + 2
    if joint + 1 >= len(texts):
        return False
    return texts[joint] in (":", "\n") or (texts[joint] == "-" and words.spaced(joint) and words.spaced(joint + 1))


_BEFORE_HASH: Final = frozenset("compression wedge crush burst osteoporotic insufficiency".split())
"""Words before "#" for a fracture; elsewhere it begins a line's item."""
_WHOLE_STATEMENTS: Final = frozenset("normal intact unremarkable preserved maintained edema retropulsion".split())
"""What a line about one level may end with before the next line begins with another level."""


def _open_bracket(texts: list[str], end: int) -> bool:
    """Whether a bracket opened a few words before is still open: "(Genant" before a line that begins with "1)"."""
    before = texts[max(end - 6, 0) : end]
    return before.count("(") > before.count(")")


def _period_ends(words: Words, index: int, capitals: frozenset[int], first: int) -> bool:
    texts = words.texts
    if index + 1 >= len(texts):
        return True
    before = texts[index - 1] if index > first else None
    nxt = texts[index + 1]
    if before is not None and not words.spaced(index) and before in _ABBREVIATIONS and nxt != "\n":
        return False
    if not words.spaced(index + 1) and nxt != "\n":
        return index + 1 in capitals and before is not None and before.isalpha() and len(before) > 1
    return True


_SHOUTED_WORDS: Final = 4
_SPECIAL: Final = frozenset({"\n", ".", "?", "!", *_BY_FIRST_WORD})
"""Words at which a sentence may end or a section begin; between two of them nothing happens."""


@dataclass(slots=True)
class _Line:
    """How much of a line of words is in capitals, without its headings; counted only when asked."""

    folded: Folded
    runs: list[tuple[int, int]] = field(default_factory=list)
    begun: int = 0
    start: int = 0

    def begin(self, at: int) -> None:
        self.runs.clear()
        self.begun = self.start = at

    def skip(self, start: int, end: int) -> None:
        self.runs.append((self.start, start))
        self.start = end

    def shouting(self, end: int) -> bool:
        """Whether it has four words or more, single letters left out, and four fifths of them are in capitals."""
        texts = self.folded.words.texts
        places = [
            k
            for a, b in (*self.runs, (self.start, end))
            for k in range(a, b)
            if texts[k][0].isalpha() and len(texts[k]) > 1
        ]
        loud = sum(map(self.folded.loud, places))
        return len(places) >= _SHOUTED_WORDS and loud * 10 >= len(places) * 8


def _is_word(text: str) -> bool:
    return text[0].isalnum()


def split(folded: Folded) -> tuple[Sentence, ...]:
    """The sentences of the text in order, at most ``MOST_SENTENCES``, each with its section."""
    words, texts, capitals = folded.words, folded.words.texts, folded.capitals
    found: list[Sentence] = []
    headings: set[Section] = set()
    note_headings = False
    section: Section | None = None
    paragraph = 0
    first = index = 0
    line_start = True
    line = _Line(folded)
    raw: list[tuple[int, int, Section | None, int]] = []
    specials = iter([at for at, text in enumerate(texts) if text in _SPECIAL])
    special = next(specials, len(texts))

    def close(end: int) -> None:
        if end - first > 12 or (end > first and (texts[first][0].isalnum() or any(map(_is_word, texts[first:end])))):
            raw.append((first, end, section, paragraph))

    while index < len(texts) and len(raw) < MOST_SENTENCES:
        text = texts[index]
        fresh = index == first
        if fresh and text in ("-", "*", ".", "#", ")", "\n", ":", ","):
            if text == "\n":
                line_start = True
                line.begin(index + 1)
                paragraph += texts[index + 1 : index + 2] == ["\n"]
            first = index = index + 1
            continue
        if (
            fresh
            and text.isdigit()
            and index + 1 < len(texts)
            and texts[index + 1] in (".", ")")
            and not words.spaced(index + 1)
        ):
            first = index = index + 2
            continue
        if text in _BY_FIRST_WORD and (fresh or index in capitals):
            opened = _heading_at(words, index, capitals, fresh and line_start)
            if opened is not None:
                close(index)
                section, after = opened
                headings.add(section)
                note_headings = note_headings or section in _NOTE_MARKERS
                paragraph += 1
                line.skip(index, after)
                first = index = after
                line_start = False
                continue
        if fresh and line_start and index in capitals and note_headings and not headings & _REPORT_MARKERS:
            after_unknown = _unknown_capital_heading(texts, index, capitals)
            if after_unknown is not None:
                section = "note"
                paragraph += 1
                line.skip(index, after_unknown)
                first = index = after_unknown
                line_start = False
                continue
        line_start = False
        if text == "\n":
            if _ends_at_newline(words, index, capitals, line.begun, partial(line.shouting, index)):
                close(index)
                if index + 1 < len(texts) and texts[index + 1] == "\n":
                    paragraph += 1
                first = index + 1
                line_start = True
            line.begin(index + 1)
        elif text == "." and _period_ends(words, index, capitals, first):
            close(index)
            first = index + 1
        elif (
            text in "?!"
            and index + 1 < len(texts)
            and index > first
            and (index + 1 in capitals or texts[index + 1] == "\n")
        ):
            close(index + 1)
            first = index + 1
        elif index - first >= LONGEST_SENTENCE:
            close(index)
            first = index
        while special <= index:
            special = next(specials, len(texts))
        index = first if first > index else min(special, max(first + LONGEST_SENTENCE, index + 1))
    if len(raw) < MOST_SENTENCES:
        close(len(texts))

    is_note = note_headings and not headings & _REPORT_MARKERS
    opened_at: tuple[Section | None, int] = (None, 0)
    for start, end, opened_section, at_paragraph in raw:
        kind: Section
        if opened_section != opened_at[0]:
            opened_at = (opened_section, at_paragraph)
        body = "findings" not in headings and opened_section in _PRELUDES and at_paragraph > opened_at[1]
        if body and not is_note:
            kind = "findings"
        elif body and opened_section == "title":
            kind = "note"
        elif opened_section is None:
            kind = "title" if "findings" in headings else ("note" if is_note else "findings")
        elif opened_section == "diagnosis" and not is_note:
            kind = "impression"
        elif opened_section == "history" and is_note:
            kind = "note"
        elif opened_section == "note" and not is_note:
            kind = "technique" if note_headings and headings & _REPORT_MARKERS else "note"
        else:
            kind = opened_section
        found.append(Sentence(start, end, kind, at_paragraph))
    return tuple(found)
