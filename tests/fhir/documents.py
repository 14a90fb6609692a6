"""Small PDF files written by hand, so that a test says what is in them; attachments, and reports that hold them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from cds_service.fhir.decoding import read_resource
from cds_service.fhir.resources import DiagnosticReport
from tests.fhir.samples import raw

MRI = (
    "MRI LUMBAR SPINE WITHOUT CONTRAST",
    "FINDINGS: Acute L1 compression fracture with marrow edema, height loss of 30 %.",
    "The conus ends at T12 and is normal. No canal stenosis at any level.",
    "IMPRESSION: Acute L1 compression fracture with marrow edema.",
)


def written(lines: Iterable[str]) -> bytes:
    """A content stream that shows these lines below each other."""
    shown = b"".join(b"(" + _escaped(line) + b") Tj T*\n" for line in lines)
    return b"BT /F1 11 Tf 72 720 Td 14 TL\n" + shown + b"ET"


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), entries, packed)


SCAN = stream(b"\0" * 1_000_000, b"/Type /XObject /Subtype /Image /Width 1000 /Height 1000 /ColorSpace /DeviceGray"
                                 b" /BitsPerComponent 8")  # fmt: skip


def pdf(*contents: bytes, resources: bytes = b"", page: bytes = b"", objects: Sequence[bytes] = ()) -> bytes:
    """A PDF with one page for each content stream. ``objects`` are numbered from 3 on; number 1 is a font, F1.

    ``resources`` and ``page`` are further entries of every page's resources and of the page itself.
    """
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    numbered = [font, b"", *objects]
    pages = []
    for content in contents:
        numbered.append(stream(content))
        numbered.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R %s"
            b" /Resources << /Font << /F1 1 0 R >> %s >> >>" % (len(numbered), page, resources)
        )
        pages.append(b"%d 0 R" % len(numbered))
    numbered[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(pages))
    numbered.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    file = bytearray(b"%PDF-1.7\n")
    places = []
    for number, held in enumerate(numbered, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, held)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(numbered) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(numbered) + 1, len(numbered), start)
    return bytes(file)


def slow_pdf(seed: int = 0) -> bytes:
    """A PDF of a few kilobytes that keeps a parser busy for many seconds; another file for each seed."""
    return pdf(written(["x"] * 300_000 + [str(seed)]))


def form(content: str | bytes, content_type: str | None = "text/plain", **more: Any) -> dict[str, Any]:
    """An attachment with its content in base64; keywords add members, None takes one away."""
    held = content.encode() if isinstance(content, str) else content
    base = {"contentType": content_type, "data": base64.b64encode(held).decode()}
    return {name: value for name, value in {**base, **more}.items() if value is not None}


def report(*forms: dict[str, Any], **more: Any) -> DiagnosticReport:
    """A report with those presented forms; keywords add members."""
    read = read_resource(raw({"resourceType": "DiagnosticReport", "presentedForm": list(forms), **more}))
    assert isinstance(read, DiagnosticReport)
    return read
