"""Where a report says what: sections by heading, and sentences inside them.

Clinical history, indication, technique, comparison and recommendations are no findings. A clinical note (no findings
or impression heading) is
read only under the headings that state a diagnosis or an imaging result; elsewhere in it only sentences that report
an imaging result are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cds_service.reports.text import Folded, Word

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
    "impression": """impression|impressions|conclusion|conclusions|opinion|summary|final
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
    "plan": """recommendation|recommendations|plan|plan and suggestion|recommend|suggestion|suggestions|follow
    up|advice|disclaimer|note to patient|
        communication|critical results|primary diagnostic code|patient instructions|discharge instructions|treatment
        plan""",
    "diagnosis": """diagnosis|diagnoses|preoperative diagnosis|preoperative diagnoses|postoperative
    diagnosis|postoperative diagnoses|pre op diagnosis|
        post op diagnosis|preop diagnosis|postop diagnosis|preprocedure diagnosis|postprocedure diagnosis|final
        diagnosis|final diagnoses|
        admission diagnosis|admitting diagnosis|discharge diagnosis|discharge diagnoses|principal diagnosis|primary
        diagnosis|secondary diagnosis|
        secondary diagnoses|final diagnosis reason for admission|assessment|assessments|assessment and plan|assessment
        plan|problems|problem list|
        active problems""",
    "note": """history of present illness|hpi|past medical history|pmh|past surgical history|past
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
        blood loss|postoperative plan|medical decision making|emergency department course|course in the hospital|brief
        history|history of illness""",
}
"""Section -> the headings that open it; spelled without hyphen, slash or colon."""

_REPORT_MARKERS: Final[frozenset[Section]] = frozenset({"findings", "impression"})
_NOTE_MARKERS: Final[frozenset[Section]] = frozenset({"note", "diagnosis"})
_CONNECTIVES: Final = frozenset(
    """the a an of at in on to and or with without for from by is are was were be no not than as involving including
    between through has have that
    which this there mild moderate severe acute chronic superior inferior anterior posterior approximately about
    up""".split()
)
_ABBREVIATIONS: Final = frozenset(
    "dr mr mrs ms vs approx e.g i.e fig cf resp ca st incl max min avg ant post sup inf".split()
)
_PROPER: Final = frozenset("mri ct stir schmorl schmorl's scheuermann scheuermann's genant cobb kummell modic".split())
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


def _heading_at(
    words: tuple[Word, ...], index: int, capitals: frozenset[int], line_start: bool
) -> tuple[Section, int] | None:
    """The section that a heading at ``index`` opens and the index after it; a heading ends in a colon, or stands
    alone on its line."""
    for phrase, section in _BY_FIRST_WORD.get(words[index].text, ()):
        at, matched = index, 0
        while at < len(words) and matched < len(phrase):
            if words[at].text == phrase[matched]:
                matched += 1
            elif matched == 0 or words[at].text not in _JOINTS:
                break
            at += 1
        if matched < len(phrase):
            continue
        if at < len(words) and words[at].text == "(":
            closing = next((k for k in range(at, min(at + 8, len(words))) if words[k].text == ")"), None)
            at = closing + 1 if closing is not None else at
        if at < len(words) and words[at].text == ":" and (line_start or index in capitals):
            return section, at + 1
        if at < len(words) and words[at].text == "-" and line_start and index in capitals and words[at].spaced:
            return section, at + 1
        alone = at >= len(words) or words[at].text == "\n"
        if alone and line_start and index in capitals and at < len(words):
            return section, at
    return None


def _unknown_capital_heading(words: tuple[Word, ...], index: int, folded: Folded) -> int | None:
    """Index after an ALL-CAPITAL heading of one to five words with a colon at a line start, e.g. ``LUNGS:``."""
    at = index
    while at < len(words) and at - index < 8 and words[at].text not in (":", "\n", "."):
        if words[at].text[0].isdigit():
            return None
        at += 1
    if at == index or at >= len(words) or words[at].text != ":":
        return None
    letters = [k for k in range(index, at) if words[k].text[0].isalpha()]
    return at + 1 if letters and all(k in folded.capitals for k in letters) and len(words[index].text) > 2 else None


def _ends_at_newline(words: tuple[Word, ...], index: int, folded: Folded, line_words: int, shouting: bool) -> bool:
    """Whether the newline at ``index`` ends a sentence rather than wrapping a line."""
    after = index + 1
    if after >= len(words) or words[after].text == "\n":
        return True
    nxt = words[after]
    if nxt.text in ("-", "*", "#", ".") or (
        nxt.text.isdigit()
        and after + 1 < len(words)
        and words[after + 1].text in (".", ")")
        and not words[after + 1].spaced
    ):
        return True
    if _heading_at(words, after, folded.capitals, True) is not None:
        return True
    before = words[index - 1].text if index else "."
    if before in (",", "/", "-", "(", ":") or before in _CONNECTIVES or after not in folded.capitals:
        return False
    if nxt.text in _PROPER or (len(nxt.text) <= 2 and after + 1 < len(words) and words[after + 1].text[0].isdigit()):
        return False
    return not (shouting and line_words >= 6)


def _period_ends(words: tuple[Word, ...], index: int, folded: Folded, first: int) -> bool:
    if index + 1 >= len(words):
        return True
    before = words[index - 1] if index > first else None
    nxt = words[index + 1]
    if before is not None and not words[index].spaced and before.text in _ABBREVIATIONS and nxt.text != "\n":
        return False
    if not nxt.spaced and nxt.text != "\n":
        return index + 1 in folded.capitals and before is not None and (before.text.isalpha() and len(before.text) > 1)
    return True


def split(folded: Folded) -> tuple[Sentence, ...]:
    """All sentences of the text in order, each with its section."""
    words, capitals = folded.words, folded.capitals
    found: list[Sentence] = []
    headings: set[Section] = set()
    note_headings = False
    section: Section | None = None
    paragraph = 0
    first = index = 0
    line_start = True
    line_words = 0
    line_capitals = 0
    raw: list[tuple[int, int, Section | None, int]] = []

    def close(end: int) -> None:
        if any(words[k].text[0].isalnum() for k in range(first, min(end, first + 12))) or end - first > 12:
            raw.append((first, end, section, paragraph))

    while index < len(words):
        word = words[index]
        fresh = index == first
        if fresh and word.text in ("-", "*", ".", "#", ")", "\n", ":", ","):
            if word.text == "\n":
                line_start, line_words, line_capitals = True, 0, 0
            first = index = index + 1
            continue
        if (
            fresh
            and word.text.isdigit()
            and index + 1 < len(words)
            and words[index + 1].text in (".", ")")
            and not words[index + 1].spaced
        ):
            first = index = index + 2
            continue
        if word.text in _BY_FIRST_WORD and (fresh or index in capitals):
            opened = _heading_at(words, index, capitals, fresh and line_start)
            if opened is not None:
                close(index)
                section, after = opened
                headings.add(section)
                note_headings = note_headings or section in _NOTE_MARKERS
                paragraph += 1
                first = index = after
                line_start = False
                continue
        if fresh and line_start and index in capitals and note_headings and not headings & _REPORT_MARKERS:
            after_unknown = _unknown_capital_heading(words, index, folded)
            if after_unknown is not None:
                section = "note"
                paragraph += 1
                first = index = after_unknown
                line_start = False
                continue
        line_start = False
        if word.text == "\n":
            if _ends_at_newline(
                words, index, folded, line_words, line_words > 0 and line_capitals * 10 >= line_words * 8
            ):
                close(index)
                if index + 1 < len(words) and words[index + 1].text == "\n":
                    paragraph += 1
                first = index + 1
                line_start = True
            line_words = line_capitals = 0
        elif word.text == "." and _period_ends(words, index, folded, first):
            close(index)
            first = index + 1
        elif (
            word.text in "?!"
            and index + 1 < len(words)
            and index > first
            and (index + 1 in capitals or words[index + 1].text == "\n")
        ):
            close(index + 1)
            first = index + 1
        elif index - first >= LONGEST_SENTENCE:
            close(index)
            first = index
        if word.text[0].isalpha():
            line_words += 1
            line_capitals += index in capitals and word.end - word.start > 1
        index += 1
    close(len(words))

    is_note = note_headings and not headings & _REPORT_MARKERS
    for start, end, opened_section, at_paragraph in raw:
        kind: Section
        if opened_section is None:
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
