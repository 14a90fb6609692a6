"""The bytes of an attachment, from base64 as records have it, and what kind of content they are by label and by their
first bytes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

from cds_service.fhir.attachments.outcome import NotRead
from cds_service.fhir.resources import Attachment

Kind = Literal["plain", "html", "rtf", "pdf", "image", "other"]

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of any attachment; each kind has a lower limit of its own."""

_KINDS: Final[Mapping[str, Kind]] = {
    "text/plain": "plain",
    "text": "plain",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/xhtml": "html",
    "text/xhtml": "html",
    "text/rtf": "rtf",
    "text/richtext": "rtf",
    "application/rtf": "rtf",
    "application/x-rtf": "rtf",
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "text/pdf": "pdf",
    "application/dicom": "image",
}
_UNTOLD: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/binary", "text/*"})
"""Labels that say nothing: the first bytes decide, and what begins like nothing else is taken for plain text."""
_BEGINNINGS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"PK\x03\x04", "other"),
    (b"\xd0\xcf\x11\xe0", "other"),
    (b"\x1f\x8b", "other"),
)
_HEAD: Final = 1024
_MARKUP: Final = re.compile(
    rb"(?:<\?xml[^<]*|<!--[^<]*-->\s*)*<(?:!doctype\s+html|(?:html|head|body|div|p|table|span|pre|font|center|h[1-6])[\s/>])",
    re.IGNORECASE,
)
_XML: Final = re.compile(rb"<(?:\?xml|!doctype|[A-Za-z][\w:.-]*\s+xmlns)", re.IGNORECASE)
_DATA_URL: Final = re.compile(r"\s*data:(?P<media>[^,;]*)(?P<parameters>[^,]*),", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def media_type(content_type: str | None) -> tuple[str, str]:
    """(media type in lower case, charset) of ``text/plain; charset="utf-8"``; empty texts where nothing is said."""
    media, *parameters = (content_type or "").lower().split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            charset = value.strip().strip("\"'")
    return media.strip(), charset


def labelled(media: str) -> Kind | None:
    """The kind a media type names; None where it says nothing."""
    if media.startswith("image/"):
        return "image"
    return None if media in _UNTOLD else _KINDS.get(media, "other")


def kind_of(media: str, content: bytes) -> Kind:
    """What the content is: by its first bytes where they tell (labels are wrong), else by its label.

    Without either it is plain text. Markup is only looked for where the label does not name something else.
    """
    label = labelled(media)
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n\f")
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if label == "pdf":
        return "pdf"
    if label in (None, "plain", "rtf"):
        if _MARKUP.match(head):
            return "html"
        return "other" if _XML.match(head) else "plain"
    return label or "plain"


def content_of(form: Attachment) -> bytes | NotRead:
    """The content that an attachment brings along: with line breaks, without padding, in the URL alphabet, behind
    ``data:``, or in a ``data:`` address. ``empty`` where it brings none.
    """
    data = form.data if form.data and form.data.strip() else None
    if data is None:
        url = _DATA_URL.match(form.url or "")
        if url is None:
            return NotRead("empty")
        data = (form.url or "")[url.end() :]
        if "base64" not in url["parameters"].lower():
            return unquote_to_bytes(data)
    prefix = _DATA_URL.match(data[:_HEAD])
    return _decoded(data[prefix.end() :] if prefix else data, form.size)


def brought_media(form: Attachment) -> str | None:
    """The content type of an attachment, or the one in front of its data."""
    if form.content_type and form.content_type.strip():
        return form.content_type
    prefix = _DATA_URL.match((form.data or form.url or "")[:_HEAD])
    return f"{prefix['media']}{prefix['parameters']}" if prefix else None


def _decoded(data: str, size: int | None) -> bytes | NotRead:
    if len(data) > MOST_BYTES * 2:
        return NotRead("truncated")
    text = "".join(data.split()).replace("-", "+").replace("_", "/")
    bare = text.rstrip("=")
    if not _BASE64.fullmatch(text):
        return NotRead("format")
    try:
        content = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return NotRead("truncated")
    # Some senders state the size of the base64 text instead of the content's.
    if size is not None and len(content) < size and size not in {len(text), len(data)}:
        return NotRead("truncated")
    return content if len(content) <= MOST_BYTES else NotRead("truncated")
