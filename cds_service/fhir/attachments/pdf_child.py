"""The process in which attachments are parsed that may cost more than they are worth: PDF, and large or odd HTML.

Run as a script by ``pdf``, once for each call that needs it. On standard input come requests, on standard output go
answers, in the frames of ``HEAD`` and ``ANSWER``; nothing else is written anywhere. Whatever goes wrong ends the
process, and ``pdf`` tells why by how it ended.

    pdf_child.py SECONDS FOLDER     ends itself after that time; FOLDER holds the package, for the kinds that need it
"""

from __future__ import annotations

import io
import itertools
import logging
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

HEAD: Final = struct.Struct(">4sI")
"""Kind (``pdf`` or ``html``, filled up with zero bytes) and length of the content that follows."""
ANSWER: Final = struct.Struct(">16s16sI")
"""Why it was not read (empty when it was), why a part was not, and the length of the text that follows, in UTF-8."""
OVER_A_LIMIT: Final = 3
"""Exit status when memory did not suffice."""

MOST_PAGES: Final = 60
MOST_TEXT: Final = 200_000
"""Characters, as in ``outcome``: this script must not need the package to read a PDF."""
MOST_MEMORY: Final = 384 * 1024 * 1024
"""Bytes of address space: the interpreter with pypdf takes 60 MB, a stream of pypdf's own limit three times 75 MB."""

_SCANNED_BELOW: Final = 100
"""Characters; a page with fewer, and a large picture on it, is a scan with a fax header."""
_SCAN_PIXELS: Final = 600
"""Width and height from which a picture can be a page (six dots a millimetre have 1,200); logos are smaller."""
_MOST_PICTURES: Final = 100
_WITHDRAWN: Final = frozenset({"/StrikeOut", "/Redact"})
_EDGE: Final = 3
"""Lines at the top and foot of a page that may be a running header or footer."""
_NUMBERS: Final = re.compile(r"\d+")

Outcome = tuple[str, str, str]
"""Reason, reason of a part, text; each may be empty."""


def confine(seconds: float) -> None:
    """No core file, no file written, no process started, bounded memory, CPU and time."""
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, int(seconds) + 2),
    ]
    if sys.platform != "darwin":  # which refuses to limit address space
        limits.append((resource.RLIMIT_AS, MOST_MEMORY))
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
    # Only for when nobody is left to end this process: the caller is earlier.
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)


def read_pdf(content: bytes) -> Outcome:
    """The text of a PDF, page after page. Raises whatever pypdf raises on a damaged one."""
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError, LimitReachedError

    if b"%%EOF" not in content[-2048:]:
        return "truncated", "", ""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        # Without a password for readers only changing it is forbidden, and every viewer shows it.
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            return "encrypted", "", ""
    except (DependencyError, NotImplementedError):
        return "encrypted", "", ""
    pages: list[str] = []
    scanned = 0
    try:
        if len(reader.pages) > MOST_PAGES:
            return "truncated", "", ""
        for page in reader.pages:
            if any(_resolved(note).get("/Subtype") in _WITHDRAWN for note in page.annotations or ()):
                return "format", "", ""  # words are struck out on top of the page, and nothing says which
            pages.append(page.extract_text())
            if sum(map(len, pages)) > MOST_TEXT:
                return "truncated", "", ""
            scanned += len(pages[-1].strip()) < _SCANNED_BELOW and _has_scan(page)
    except LimitReachedError:
        return "truncated", "", ""
    except DependencyError:
        return "encrypted" if reader.is_encrypted else "format", "", ""
    text = "\n".join(without_running_lines(pages))
    if not text.strip():
        return "image", "", ""
    return "", "image" if scanned else "", text


def _has_scan(page: Mapping[str, Any]) -> bool:
    """Whether a page shows a picture large enough to be a page."""
    pictures = _resolved(_resolved(page.get("/Resources")).get("/XObject"))
    for picture in map(_resolved, itertools.islice(pictures.values(), _MOST_PICTURES)):
        sides = (picture.get("/Width"), picture.get("/Height"))
        if picture.get("/Subtype") == "/Image" and all(isinstance(s, int) and s >= _SCAN_PIXELS for s in sides):
            return True
    return False


def _resolved(value: Any) -> Mapping[str, Any]:
    """The dictionary that a value of a PDF is or refers to; an empty one where it is something else."""
    held = value.get_object() if hasattr(value, "get_object") else None
    return held if isinstance(held, dict) else {}


def without_running_lines(pages: Sequence[str]) -> list[str]:
    """The pages with a running header on the first alone and a running footer on the last alone: elsewhere they would
    break a sentence that goes on.

    Running is what stands at the same edge of every page, whatever its numbers; nothing else is ever left out.
    """
    lines = [page.splitlines() for page in pages]
    headers, footers = _on_all([page[:_EDGE] for page in lines]), _on_all([page[_EDGE:][-_EDGE:] for page in lines])
    kept = []
    for number, page in enumerate(lines):
        top, middle, foot = page[:_EDGE], page[_EDGE:-_EDGE], page[_EDGE:][-_EDGE:]
        if number > 0:
            top = [line for line in top if _mark(line) not in headers]
        if number < len(lines) - 1:
            foot = [line for line in foot if _mark(line) not in footers]
        kept.append("\n".join([*top, *middle, *foot]))
    return kept


def _on_all(edges: Sequence[Sequence[str]]) -> frozenset[str]:
    marks = [frozenset(map(_mark, edge)) for edge in edges]
    return frozenset.intersection(*marks) if len(marks) > 1 else frozenset()


def _mark(line: str) -> str:
    return _NUMBERS.sub("#", line.strip())


def read_markup(content: bytes) -> Outcome:
    """The text of HTML in UTF-8."""
    from cds_service.fhir.attachments.html import read_html
    from cds_service.fhir.attachments.outcome import NotRead

    read = read_html(content.decode("utf-8", "replace"))
    return (read.reason, "", "") if isinstance(read, NotRead) else ("", "", read.text)


def serve(seconds: float, folder: str) -> None:
    """Answers requests until there are no more."""
    confine(seconds)
    logging.disable()
    # Behind the standard library, which has modules of the same names.
    sys.path.append(folder)
    read = {b"pdf": read_pdf, b"html": read_markup}
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := requests.read(HEAD.size):
        kind, length = HEAD.unpack(head)
        reason, part, text = read[kind.rstrip(b"\0")](requests.read(length))
        body = text.encode("utf-8", "replace")
        answers.write(ANSWER.pack(reason.encode(), part.encode(), len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    try:
        serve(float(sys.argv[1]), sys.argv[2])
    except MemoryError:
        os._exit(OVER_A_LIMIT)
