"""PDF is parsed in a process that is killed when time is up, and what could not be read says why."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from cds_service.fhir.attachments import outcome, pdf, pdf_child
from cds_service.fhir.attachments.outcome import Apart, NotRead, ReportText
from cds_service.fhir.attachments.pdf import MOST_BYTES, parsing_apart
from cds_service.fhir.attachments.remembered import Remembered
from tests.fhir.documents import MRI, SCAN, slow_pdf, written
from tests.fhir.documents import pdf as made

Parse = Callable[[Apart, bytes], ReportText | NotRead]
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc tells which processes there are")
PLENTY = 60.0
"""Seconds; a slow machine must not fail a test about something else."""


@pytest.fixture
def parse() -> Iterator[Parse]:
    """A parser with all the time in the world and no memory."""
    with parsing_apart(PLENTY, lambda: 0.0, Remembered()) as parser:
        yield parser


def children() -> list[tuple[Path, str]]:
    """The child processes of this one, each with its command line, or "zombie"."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"PPid:\t{os.getpid()}\n" in (folder / "status").read_text()
            command = (folder / "cmdline").read_text() or "zombie"
        except (FileNotFoundError, ProcessLookupError):
            continue
        if is_ours and ("pdf_child" in command or command == "zombie"):
            found.append((folder, command))
    return found


def test_the_text_of_a_pdf(parse: Parse) -> None:
    """F19, base64 PDF: line after line."""
    read = parse("pdf", made(written(MRI)))
    assert isinstance(read, ReportText)
    assert read.text.splitlines() == list(MRI)
    assert read.unread == ()


def test_kerning_ligatures_and_several_fonts(parse: Parse) -> None:
    """F19, ligatures: words set in pieces are whole, gaps are spaces, octal escapes are letters."""
    content = (
        rb"BT /F1 11 Tf 72 700 Td [(com) 20 (pression) -600 (frac) 15 (ture)] TJ"
        rb" 0 -14 Td (of L1, 20\260, caf\351) Tj ET"
    )
    read = parse("pdf", made(content))
    assert isinstance(read, ReportText)
    assert " ".join(read.text.split()) == "compression fracture of L1, 20°, café"


def test_running_headers_do_not_break_a_sentence(parse: Parse) -> None:
    """A sentence that goes on over the page is one; the header is kept once, the footer too."""
    pages = [
        ["Spine clinic", "Page 1 of 2", *(f"Line {n}." for n in "abcdef"), "There is no", "Printed 12:01"],
        ["Spine clinic", "Page 2 of 2", "fracture of L1.", *(f"Line {n}." for n in "ghijkl"), "Printed 12:02"],
    ]
    read = parse("pdf", made(*map(written, pages)))
    assert isinstance(read, ReportText)
    lines = read.text.splitlines()
    assert lines[lines.index("There is no") + 1] == "fracture of L1."
    assert [line for line in lines if line.startswith(("Spine", "Page", "Printed"))] == [
        "Spine clinic",
        "Page 1 of 2",
        "Printed 12:02",
    ]


@pytest.mark.parametrize(
    ("pages", "kept"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a\nb", "a\nb"], ["a\nb", ""]),
        (["a\nb\nc\nd", "e\nf\ng\nh"], ["a\nb\nc\nd", "e\nf\ng\nh"]),
        (["", "a"], ["", "a"]),
    ],
)
def test_only_what_every_page_repeats_is_left_out(pages: list[str], kept: list[str]) -> None:
    """What is left out of one page stands on another, so nothing is lost."""
    assert pdf_child.without_running_lines(pages) == kept


def test_a_scan_is_an_image(parse: Parse) -> None:
    """F19, only image: pages without text."""
    assert parse("pdf", made(b"q 612 0 0 792 0 0 cm /Im Do Q")) == NotRead("image")
    assert parse("pdf", made(b"")) == NotRead("image")


def test_a_scanned_page_beside_text_is_an_unread_part(parse: Parse) -> None:
    """F19: text on one page does not stand for the picture on the next; a logo is no page."""
    scan = {"resources": b"/XObject << /Im 3 0 R >>"}
    fax = written(["FAX 12 Nov 2026"])
    read = parse("pdf", made(written(MRI), fax, objects=[SCAN], **scan))
    assert isinstance(read, ReportText)
    assert read.unread == ("image",)
    logo = SCAN.replace(b"/Width 1000", b"/Width 300 ")
    read = parse("pdf", made(written(MRI), fax, objects=[logo], **scan))
    assert isinstance(read, ReportText)
    assert read.unread == ()


def test_words_struck_out_on_top_of_a_page(parse: Parse) -> None:
    """F19: a strike-out annotation withdraws words without saying which, so none is read; other notes do no harm."""
    struck = (
        b"/Annots [<< /Type /Annot /Subtype /StrikeOut /Rect [72 700 300 720] /QuadPoints [72 720 300 720 72 700] >>]"
    )
    assert parse("pdf", made(written(MRI), page=struck)) == NotRead("format")
    assert isinstance(parse("pdf", made(written(MRI), page=struck.replace(b"StrikeOut", b"Highlight"))), ReportText)


def encrypted(user: str, owner: str, algorithm: str = "RC4-128") -> bytes:
    """The report with passwords."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(made(written(MRI)))))
    writer.encrypt(user, owner, algorithm=algorithm)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_passwords(parse: Parse) -> None:
    """F19: one for reading is ``encrypted``; one that only forbids changes keeps nobody from reading."""
    assert parse("pdf", encrypted("secret", "owner")) == NotRead("encrypted")
    assert isinstance(parse("pdf", encrypted("", "owner")), ReportText)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\nnothing of the kind\n%%EOF", "format"),
        (made(written(MRI)).replace(b"/Pages", b"/Pagse"), "format"),
        (made(written(MRI))[:-40], "truncated"),
        (made(*[written(["x"])] * (pdf_child.MOST_PAGES + 1)), "truncated"),
        (made(written(["word " * 30] * 1_500)), "truncated"),
        (b"%PDF-" + b" " * MOST_BYTES, "truncated"),
    ],
    ids=["damaged", "no pages", "cut off", "too many pages", "too much text", "too many bytes"],
)
def test_what_is_not_read_says_why(parse: Parse, content: bytes, reason: str) -> None:
    """F19: damaged is ``format``, over a limit or cut off is ``truncated``."""
    assert parse("pdf", content) == NotRead(reason)  # type: ignore[arg-type]


def test_a_stream_that_unpacks_to_more_than_is_parsed(parse: Parse) -> None:
    """F19: a file of 100 kB with a page of 100 MB."""
    bomb = made(b" " * 100_000_000)
    assert len(bomb) < 200_000
    assert parse("pdf", bomb) == NotRead("truncated")


@needs_proc
def test_after_a_damaged_file_the_next_is_read(parse: Parse) -> None:
    """One attachment costs itself: a new process takes the place of one that failed."""
    assert parse("pdf", b"%PDF-1.7 junk %%EOF") == NotRead("format")
    assert isinstance(parse("pdf", made(written(MRI))), ReportText)
    assert len(children()) == 1


def test_costly_html_is_parsed_apart(parse: Parse) -> None:
    """F19: a page too large for this process is read in the other; one of 25 million elements ends that one."""
    page = "<p>Acute L1 compression fracture.</p>" + "<div>x</div>" * 5_000
    read = parse("html", page.encode())
    assert isinstance(read, ReportText)
    assert read.text.startswith("Acute L1 compression fracture.")
    bomb = "".join(f"<font size={n}><p>" for n in range(10_000))
    assert isinstance(parse("html", bomb.encode()), NotRead)


@needs_proc
def test_a_hanging_file_is_killed_at_the_deadline() -> None:
    """F19: no answer is late; nothing of the process is left, not even its entry."""
    started = time.monotonic()
    with parsing_apart(started + 0.4, time.monotonic, Remembered()) as parse:
        assert parse("pdf", slow_pdf()) == NotRead("truncated")
        assert parse("pdf", made(written(MRI))) == NotRead("truncated")
    assert time.monotonic() - started < 5  # it would take 10 and more
    assert children() == []


@needs_proc
def test_a_process_does_not_outlive_its_call() -> None:
    """Operations 7: no zombie and no idle process between calls."""
    with parsing_apart(PLENTY, lambda: 0.0, Remembered()) as parse:
        parse("pdf", made(written(MRI)))
        assert len(children()) == 1
    assert children() == []


@needs_proc
def test_no_time_no_process() -> None:
    """After the deadline nothing is begun; without an attachment neither."""
    with parsing_apart(10.0, lambda: 10.0, Remembered()) as parse:
        assert parse("pdf", made(written(MRI))) == NotRead("truncated")
        assert children() == []


def test_results_are_remembered_by_content() -> None:
    """The same file is parsed once, in whatever call; after the deadline too what is known is known."""
    memory = Remembered(most=2)
    first, damaged = made(written(MRI)), b"%PDF- junk %%EOF"
    with parsing_apart(PLENTY, lambda: 0.0, memory) as parse:
        read = parse("pdf", first)
        assert parse("pdf", damaged) == NotRead("format")
    with parsing_apart(0.0, lambda: 1.0, memory) as parse:
        assert parse("pdf", first) is read
        assert parse("pdf", damaged) == NotRead("format")
        assert parse("html", first) == NotRead("truncated")  # as another kind it is another question
    memory.keep(b"x", NotRead("format"))
    with parsing_apart(0.0, lambda: 1.0, memory) as parse:
        assert parse("pdf", first) == NotRead("truncated")  # the one asked for longest ago gave way


def test_what_ran_out_of_time_is_tried_again_with_more() -> None:
    """A file that hung costs the next call a look, and is given another chance where there is more time."""
    memory = Remembered()
    memory.keep(b"x", NotRead("truncated"), 0.4)
    assert memory.recall(b"x", 0.5) == NotRead("truncated")
    assert memory.recall(b"x", 1.0) is None
    assert memory.recall(b"y", 0.1) is None


def test_a_call_waits_its_turn_no_longer_than_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst of calls starts two processes at a time; who finds no place in time says so."""
    monkeypatch.setattr(pdf, "_TURN", threading.BoundedSemaphore(1))
    with parsing_apart(PLENTY, lambda: 0.0, Remembered()) as parse:
        parse("pdf", made(written(MRI)))
        with parsing_apart(0.1, lambda: 0.0, Remembered()) as other:
            assert other("pdf", made(written(MRI))) == NotRead("truncated")
    with parsing_apart(PLENTY, lambda: 0.0, Remembered()) as parse:
        assert isinstance(parse("pdf", made(written(MRI))), ReportText)


def test_a_machine_without_room_for_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be parsed for want of a process is not read, and the place is free again."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for _ in range(pdf.MOST_AT_ONCE + 1):
        with parsing_apart(1.0, lambda: 0.0, Remembered()) as parse:
            assert parse("pdf", made(written(MRI))) == NotRead("truncated")


PEEK = """
import json, os, sys
sys.stdin.buffer.read(1)
found = {"variables": list(os.environ), "files": len(os.listdir("/proc/self/fd")) - 1, "isolated": sys.flags.isolated}
sys.stderr.write("CANARY")
sys.stdout.write(json.dumps(found).ljust(200))
"""


@needs_proc
def test_the_child_inherits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Operations 1.3: no variable of the environment, no file but its two pipes, no way to write to the log."""
    monkeypatch.setenv("VCF_TOKEN", "CANARY")
    script = tmp_path / "peek.py"
    script.write_text(PEEK)
    monkeypatch.setattr(pdf, "_CHILD", script)
    with script.open() as other:
        os.set_inheritable(other.fileno(), True)
        child = pdf._Child(PLENTY)
    requests, answers = child._process.stdin, child._process.stdout
    assert requests is not None
    assert answers is not None
    requests.write(b"x")
    requests.flush()
    found = json.loads(answers.read(200))
    child.end()
    assert set(found["variables"]) <= {"LC_CTYPE"}  # Python's own, for want of any locale
    assert (found["files"], found["isolated"]) == (3, 1)
    assert "CANARY" not in "".join(capfd.readouterr())


@needs_proc
def test_the_child_is_confined() -> None:
    """F19: no core file (it would hold patient data), no file, no process, bounded memory and time."""
    with parsing_apart(PLENTY, lambda: 0.0, Remembered()) as parse:
        parse("pdf", made(written(MRI)))
        (process,) = [folder for folder, _ in children()]
        lines = (process / "limits").read_text().splitlines()
    limits = {line[:26].strip(): line[26:].split()[0] for line in lines}
    assert limits["Max core file size"] == "0"
    assert limits["Max file size"] == "0"
    assert limits["Max processes"] == "0"
    assert int(limits["Max address space"]) == pdf_child.MOST_MEMORY
    assert int(limits["Max cpu time"]) < PLENTY + 10


def test_both_sides_have_the_same_limit() -> None:
    """The script does not import the package, so it repeats a number."""
    assert pdf_child.MOST_TEXT == outcome.MOST_TEXT
