"""Plain text, and the characters of any text: in the charset that is stated, or the one that fits."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Final

from cds_service.fhir.attachments.outcome import NotRead, ReportText, bounded

MOST_BYTES: Final = 1_000_000
"""Four bytes a character at most, and some room; more can only be too long."""

_CHARSETS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "ascii": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-15": "iso8859-15",
    "macintosh": "mac-roman",
}
"""Charset -> codec. What calls itself Latin-1 is Windows-1252, as browsers have it."""
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TEXT: Final = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_SOME: Final = 0.02


def characters(content: bytes, charset: str = "") -> str:
    """The text by its byte order mark, else in the stated charset, else UTF-8, else Windows-1252, else Latin-1."""
    marked = next((codec for mark, codec in _MARKS if content.startswith(mark)), None)
    for codec in (marked or _CHARSETS.get(charset.lower(), "utf-8-sig"), "utf-8-sig", "cp1252"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def read_plain(content: bytes, charset: str = "") -> ReportText | NotRead:
    """Plain text as it is, line ends included; what holds bytes that no text has is ``format``."""
    if len(content) > MOST_BYTES:
        return NotRead("truncated")
    text = characters(content, charset)
    if "\0" in text or len(_NO_TEXT.findall(text)) > len(text) * _SOME:
        return NotRead("format")
    return bounded(text)
