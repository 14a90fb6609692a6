"""The text of a diagnostic report, from wherever the system that sent it puts it, or the reason why there is none.

Seen in records (hazard 8): ``presentedForm`` text/plain without a conclusion (VistA), a conclusion beside it, a
conclusion only, HTML and PDF (US Core), addresses only (Cerner), images, Binary resources, and the lines of the report
as result Observations (HL7 v2 converters). What is inside an attachment is for ``attachments``; which parts count, in
which order, and what is said already is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.fhir import decoding
from cds_service.fhir.attachments.content import Kind, brought_media, content_of, kind_of, labelled, media_type
from cds_service.fhir.attachments.html import is_harmless, markup, read_html
from cds_service.fhir.attachments.outcome import Apart, NotRead, Reason, ReportText
from cds_service.fhir.attachments.plain import read_plain
from cds_service.fhir.attachments.remembered import Remembered, digest
from cds_service.fhir.attachments.rtf import read_rtf
from cds_service.fhir.codes import words
from cds_service.fhir.resources import (
    Attachment,
    Binary,
    CodeableConcept,
    DiagnosticReport,
    NotReadable,
    Observation,
    ObservationComponent,
    Reference,
    Resource,
)

__all__ = ["NO_MEANS", "Means", "NotRead", "Reason", "ReportText", "report_texts"]

Resolve = Callable[[Reference], Resource | None]


def _not_parsed(kind: Apart, content: bytes) -> ReportText | NotRead:
    return NotRead("format")


def _not_fetched(url: str) -> bytes | NotRead:
    return NotRead("format")


def _in_time() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Means:
    """What reading takes beyond the record itself, made at the edge for one call (``attachments.pdf.parsing_apart``).

    ``parse``: PDF, or HTML that could be costly, to text, by a deadline. ``is_late``: whether that deadline is over, so
    that no further HTML or RTF is begun. ``fetch``: the bytes behind an attachment's address that is not in the record.
    This is the seam for a FHIR client: it must hold to the origin and base path of the request's ``fhirServer`` and to
    the deadline of the call, bound what it reads, and answer NotRead for anything else. Without one, an address alone
    is ``format``.
    """

    parse: Callable[[Apart, bytes], ReportText | NotRead] = _not_parsed
    fetch: Callable[[str], bytes | NotRead] = _not_fetched
    is_late: Callable[[], bool] = _in_time


NO_MEANS: Final = Means()

_MOST_FORMS: Final = 50
"""Attachments of one report that are read; a further one is ``truncated``."""
_REPORT_WORDS: Final = 20
"""An attachment with so many words is a report; with fewer it may only say where the report is."""
_HEADINGS: Final[tuple[tuple[str, str], ...]] = (
    ("impression", "IMPRESSION"),
    ("conclusion", "CONCLUSION"),
    ("findings", "FINDINGS"),
    ("technique", "TECHNIQUE"),
    ("comparison", "COMPARISON"),
    ("previous", "COMPARISON"),
    ("prior", "COMPARISON"),
    ("indication", "INDICATION"),
    ("reason", "INDICATION"),
    ("rule out", "INDICATION"),
    ("history", "HISTORY"),
    ("clinical", "CLINICAL HISTORY"),
    ("recommend", "RECOMMENDATION"),
)
"""Result Observations that are a section of the report: a word of their code, and the heading it stands for."""
_NO_LINE: Final = frozenset({"entered-in-error", "cancelled", "registered"})
_MOST_LINES: Final = 500
"""Observations of one report that are looked at."""


def report_texts(
    report: DiagnosticReport, resolve: Resolve | None = None, means: Means = NO_MEANS
) -> ReportText | NotRead:
    """The text of a report: its presented forms, then ``IMPRESSION:`` and the conclusion unless a form already holds
    it, then the narrative where a person wrote it and it says more.

    The lines of its Observations speak only where no form gives text, the conclusion codes only where nothing else
    does: they would say the same thing twice. ``resolve`` finds what the report refers to, contained or in the record.
    """
    forms = _forms(report, resolve, means)
    texts: list[str] = []
    for _, outcome in forms:
        if isinstance(outcome, ReportText) and not _said(outcome.text, texts):
            # A later form may be the whole of which an earlier one was a part.
            texts = [*(text for text in texts if not _said(text, [outcome.text])), outcome.text]
    unread = dict.fromkeys(_unread(forms))
    if _is_english(report.language):
        texts = texts or _lines(report, resolve)
        if report.conclusion and report.conclusion.strip() and not _said(report.conclusion, texts):
            texts.append(_impression(report.conclusion) if texts else report.conclusion)
        more = _narrative(report, texts, means)
        if isinstance(more, NotRead):
            unread[more.reason] = None
        elif more is not None:
            texts.append(more.text)
        texts = texts or _codes(report)
    elif report.conclusion and report.conclusion.strip():
        unread["language"] = None
    if texts:
        return ReportText("\n\n".join(texts), tuple(reason for reason in unread if reason != "empty"))
    return NotRead(_foremost(unread, report))


def _foremost(unread: Mapping[Reason, None], report: DiagnosticReport) -> Reason:
    for reason in unread:
        if reason != "empty":
            return reason
    return "empty" if _is_english(report.language) else "language"


# --- presented forms --------------------------------------------------------------------------------------------------

_Outcome = tuple[Kind, ReportText | NotRead]


def _forms(report: DiagnosticReport, resolve: Resolve | None, means: Means) -> list[_Outcome]:
    """What came of each presented form, in their order; those that are parsed apart come last in time."""
    opened = [_opened(form, report, resolve, means) for form in report.presented_form[:_MOST_FORMS]]
    read: dict[int, _Outcome] = {}
    for number in sorted(range(len(opened)), key=lambda each: opened[each][0] == "pdf"):
        kind, charset, content = opened[number]
        read[number] = kind, content if isinstance(content, NotRead) else _read(kind, charset, content, means)
    forms = [read[number] for number in range(len(opened))]
    return forms if len(forms) == len(report.presented_form) else [*forms, ("other", NotRead("truncated"))]


def _opened(
    form: Attachment, report: DiagnosticReport, resolve: Resolve | None, means: Means
) -> tuple[Kind, str, bytes | NotRead]:
    """(kind, charset, content) of an attachment: its own, that of a Binary in the record, or what ``fetch`` gives."""
    media, charset = media_type(brought_media(form))
    if labelled(media) == "image" and not (form.data or "").lstrip().startswith(_PDF_IN_BASE64):
        return "image", charset, NotRead("image")
    if not _is_english(form.language or report.language):
        return labelled(media) or "plain", charset, NotRead("language")
    content = content_of(form)
    if content == NotRead("empty") and form.url and form.url.strip():
        found = resolve(Reference(reference=form.url.strip())) if resolve is not None else None
        if isinstance(found, Binary):
            binary = Attachment(content_type=found.content_type, data=found.data)
            content = content_of(binary)
            if not media:
                media, charset = media_type(brought_media(binary))
        else:
            content = means.fetch(form.url.strip())
    if isinstance(content, NotRead):
        return labelled(media) or "plain", charset, content
    return kind_of(media, content), charset, content


_PDF_IN_BASE64: Final = ("JVBERi0", "data:application/pdf")


def _read(kind: Kind, charset: str, content: bytes, means: Means) -> ReportText | NotRead:
    """The text of one attachment, or why there is none."""
    if not content.strip():
        return NotRead("empty")
    if kind == "plain":
        return read_plain(content, charset)
    if kind in ("image", "other"):
        return NotRead("image" if kind == "image" else "format")
    if kind == "pdf":
        return means.parse("pdf", content)
    key = digest(f"{kind} {charset}", content)
    known = _KEPT.recall(key)
    if known is not None or means.is_late():
        return known or NotRead("truncated")
    if kind == "rtf":
        outcome = read_rtf(content)
    else:
        text = markup(content, charset)
        if isinstance(text, str) and not is_harmless(text):
            return means.parse("html", text.encode("utf-8", "replace"))
        outcome = read_html(text) if isinstance(text, str) else text
    _KEPT.keep(key, outcome)
    return outcome


_KEPT: Final = Remembered(most=256)
"""Of HTML and RTF; what is parsed apart is remembered there."""


def _unread(forms: list[_Outcome]) -> Iterator[Reason]:
    """Why forms, or parts of them, were not read.

    Forms of several kinds say the same (FHIR R4, DiagnosticReport.presentedForm: "they SHALL be semantically
    equivalent"), so where one was read that is more than a note, one of another kind leaves no gap.
    """
    whole = {
        kind
        for kind, outcome in forms
        if isinstance(outcome, ReportText) and not outcome.unread and len(outcome.text.split()) >= _REPORT_WORDS
    }
    for kind, outcome in forms:
        if not whole - {kind}:
            yield from (outcome.reason,) if isinstance(outcome, NotRead) else outcome.unread


def _is_english(language: str | None) -> bool:
    """Whether a BCP 47 tag is English, or absent: most records never say."""
    stated = (language or "").strip().lower().replace("_", "-")
    return not stated or stated.partition("-")[0] in {"en", "eng"}


# --- what stands beside them ------------------------------------------------------------------------------------------


def _impression(conclusion: str) -> str:
    """The conclusion under a heading of its own, unless it brings one."""
    bare = conclusion.strip()
    return bare if bare.casefold().startswith(("impression", "conclusion")) else f"IMPRESSION: {bare}"


def _said(text: str, texts: list[str]) -> bool:
    """Whether ``text`` is within one of ``texts``, whatever the line breaks and capitals."""
    return bool(texts) and any(_plain(text) in _plain(other) for other in texts)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _narrative(report: DiagnosticReport, texts: list[str], means: Means) -> ReportText | NotRead | None:
    """The narrative, where it holds what no element does (status ``additional``) and a line of it is not said yet."""
    narrative = report.text
    if narrative is None or decoding.plain_code(narrative.status) != "additional":
        return None
    outcome = _read("html", "", decoding.text_of(narrative.div).encode("utf-8", "replace"), means)
    if isinstance(outcome, NotRead):
        return outcome
    said = [_plain(text) for text in texts]
    lines = (_plain(line) for line in outcome.text.splitlines())
    says_more = any(line and not any(line in text for text in said) for line in lines)
    return outcome if says_more else None


def _codes(report: DiagnosticReport) -> list[str]:
    spoken = [_spoken(concept) for concept in report.conclusion_code]
    said = ". ".join(text for text in spoken if text)
    return [f"IMPRESSION: {said}."] if said else []


def _spoken(concept: CodeableConcept) -> str:
    return words(concept).split("\n", 1)[0]


# --- Observations -----------------------------------------------------------------------------------------------------


def _lines(report: DiagnosticReport, resolve: Resolve | None) -> list[str]:
    """The report in its Observations, a paragraph for those that follow each other under one label: converters make
    one of each section, or of each line.
    """
    paragraphs: list[tuple[str, list[str]]] = []
    met: set[str] = set()
    for observation in _observations(report, resolve):
        for code, said in _values(observation):
            label = words(code).casefold()
            if _plain(said) in met:
                continue
            met.add(_plain(said))
            if paragraphs and paragraphs[-1][0] == label:
                paragraphs[-1][1].append(said)
            else:
                paragraphs.append((label, [said]))
    return [_headed(label, "\n".join(lines)) for label, lines in paragraphs]


def _headed(label: str, said: str) -> str:
    heading = next((heading for word, heading in _HEADINGS if word in label), None)
    return said if heading is None else f"{heading}: {said}"


def _values(observation: Observation) -> Iterator[tuple[CodeableConcept | None, str]]:
    """(code, text) of what an Observation and its components say in words."""
    parts: tuple[Observation | ObservationComponent, ...] = (observation, *observation.component)
    for part in parts:
        said = part.value_string or (_spoken(part.value_codeable_concept) if part.value_codeable_concept else "")
        if said.strip() and part.data_absent_reason is None:
            yield part.code, said.strip()


def _observations(report: DiagnosticReport, resolve: Resolve | None) -> Iterator[Observation]:
    """The results with their members, in order, then the contained Observations that none of them names."""
    pending = [*reversed(report.result)] if resolve is not None else []
    met: set[str] = set()
    for _ in range(_MOST_LINES):
        if not pending or resolve is None:
            break
        reference = pending.pop()
        name = (reference.reference or "").strip()
        found = resolve(reference) if name not in met else None
        met.add(name)
        if isinstance(found, Observation) and _counts(found):
            yield found
            pending += reversed(found.has_member)
    for raw in report.contained[:_MOST_LINES]:
        try:
            inside = decoding.read_resource(raw) if decoding.resource_type(raw) == "Observation" else None
        except NotReadable:
            continue
        if isinstance(inside, Observation) and f"#{inside.id}" not in met and _counts(inside):
            yield inside


def _counts(observation: Observation) -> bool:
    """Whether an Observation is a line of a report in English about the patient."""
    is_void = decoding.plain_code(observation.status) in _NO_LINE
    return not is_void and not observation.focus and _is_english(observation.language)
