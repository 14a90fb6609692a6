"""The text of a diagnostic report, from wherever the system that sent it puts it, or the reason why there is none.

Seen in records: ``presentedForm`` text/plain without a conclusion (VistA), a conclusion beside it, a conclusion only,
addresses only (Cerner), images, PDF, and the lines of the report as result Observations (HL7 v2 converters). Only plain
text is read here; ``READERS`` is the place for another media type.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from cds_service.fhir.codes import words
from cds_service.fhir.resources import Attachment, DiagnosticReport, Observation, Reference, Resource

Reason = Literal["language", "empty", "truncated", "image", "encrypted", "format"]


@dataclass(frozen=True, slots=True)
class ReportText:
    """``text`` as read. ``unread`` holds, each once, why other parts of the same report were not read (empty: all
    was).
    """

    text: str
    unread: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a report gives no text; the words are those of ``not_read`` in the report reader's output."""

    reason: Reason


def read_plain(content: bytes, charset: str) -> str | NotRead:
    """Plain text in the stated charset, else UTF-8, else Windows-1252, which has a letter for nearly every byte."""
    if content.startswith(_NOT_PLAIN) or content.lstrip()[:64].lower().startswith(_MARKUP):
        return NotRead("format")
    for name in (_CHARSETS.get(charset.lower(), "utf-8-sig"), "utf-8-sig", "cp1252", "latin-1"):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        return NotRead("format") if "\0" in text else text
    return NotRead("format")


READERS: Final[Mapping[str, Callable[[bytes, str], str | NotRead]]] = MappingProxyType({"text/plain": read_plain})
"""Media type -> reader of (content, charset). A type that is not here is not read: reason ``image`` or ``format``."""

_NOT_PLAIN: Final = (b"%PDF", b"{\\rtf", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0")
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<div")
_CHARSETS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "utf-16": "utf-16",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# Result Observations that are a section of the report, by the words of their code.
_SECTIONS: Final = ("impression", "conclusion", "findings", "technique", "comparison", "indication", "history")


def report_texts(
    report: DiagnosticReport, resolve: Callable[[Reference], Resource | None] | None = None
) -> ReportText | NotRead:
    """The text of a report: its plain-text forms, then ``IMPRESSION:`` and the conclusion unless a form already holds
    it.

    The results (found by ``resolve``) speak only where forms and conclusion give nothing, the conclusion codes only
    where the results give nothing either: they would say the same thing twice.
    """
    texts: list[str] = []
    unread: dict[Reason, None] = {}
    for form in report.presented_form:
        read = _read_form(form, report.language)
        if isinstance(read, NotRead):
            unread[read.reason] = None
        elif not _said(read, texts):
            # A later form may be the whole of which an earlier one was a part.
            texts = [*(text for text in texts if not _said(text, [read])), read]
    if report.conclusion and report.conclusion.strip():
        if not _is_english(report.language):
            unread["language"] = None
        elif not _said(report.conclusion, texts):
            texts.append(_impression(report.conclusion) if texts else report.conclusion)
    if not texts and _is_english(report.language):
        texts = _results(report, resolve) or _codes(report)
    if texts:
        return ReportText("\n\n".join(texts), tuple(reason for reason in unread if reason != "empty"))
    return NotRead(_foremost(unread, report))


def _foremost(unread: Mapping[Reason, None], report: DiagnosticReport) -> Reason:
    for reason in unread:
        if reason != "empty":
            return reason
    return "empty" if _is_english(report.language) else "language"


def _read_form(form: Attachment, language: str | None) -> str | NotRead:
    media, charset = _media_type(form)
    if media.startswith("image/"):
        return NotRead("image")
    reader = READERS.get(media or "text/plain")
    if reader is None:
        return NotRead("format")
    if not form.data or not form.data.strip():
        # An address alone is a report that exists and is not here.
        return NotRead("format" if form.url else "empty")
    if not _is_english(form.language or language):
        return NotRead("language")
    content = _decoded(form)
    if isinstance(content, NotRead):
        return content
    text = reader(content, charset)
    return NotRead("empty") if isinstance(text, str) and not text.strip() else text


def _media_type(form: Attachment) -> tuple[str, str]:
    """(media type in lower case, charset) of ``text/plain; charset="utf-8"``; empty texts where nothing is said."""
    media, *parameters = (form.content_type or "").lower().split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            charset = value.strip().strip("\"'")
    return media.strip(), charset


def _decoded(form: Attachment) -> bytes | NotRead:
    """The content of base64 as records have it: with line breaks, without padding, in the URL alphabet."""
    text = "".join((form.data or "").split()).replace("-", "+").replace("_", "/")
    bare = text.rstrip("=")
    if not _BASE64.fullmatch(text):
        return NotRead("format")
    try:
        content = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return NotRead("truncated")
    # Some senders state the size of the base64 text instead of the content's.
    if form.size is not None and len(content) < form.size and form.size not in {len(text), len(form.data or "")}:
        return NotRead("truncated")
    return content


def _is_english(language: str | None) -> bool:
    """Whether a BCP 47 tag is English, or absent: most records never say."""
    stated = (language or "").strip().lower().replace("_", "-")
    return not stated or stated.partition("-")[0] in {"en", "eng"}


def _impression(conclusion: str) -> str:
    """The conclusion under a heading of its own, unless it brings one."""
    bare = conclusion.strip()
    return bare if bare.casefold().startswith(("impression", "conclusion")) else f"IMPRESSION: {bare}"


def _said(text: str, texts: list[str]) -> bool:
    """Whether ``text`` is within one of ``texts``, whatever the line breaks and capitals."""
    return bool(texts) and any(_plain(text) in _plain(other) for other in texts)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _results(report: DiagnosticReport, resolve: Callable[[Reference], Resource | None] | None) -> list[str]:
    texts: list[str] = []
    for reference in report.result if resolve is not None else ():
        result = resolve(reference) if resolve is not None else None
        if not isinstance(result, Observation) or not result.value_string or not result.value_string.strip():
            continue
        label = words(result.code).casefold()
        heading = next((f"{section.upper()}: " for section in _SECTIONS if section in label), "")
        texts.append(heading + result.value_string.strip())
    return texts


def _codes(report: DiagnosticReport) -> list[str]:
    spoken = [words(concept).split("\n", 1)[0] for concept in report.conclusion_code]
    said = ". ".join(text for text in spoken if text)
    return [f"IMPRESSION: {said}."] if said else []
