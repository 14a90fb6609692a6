"""`vcf-cds read-report` for people: marks under the words, plain words below, and nothing that steers a terminal."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import fields
from pathlib import Path
from time import process_time
from typing import Final, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service import cli
from cds_service.reports import read_report, reading_to_json
from cds_service.reports.findings import LevelFinding, NotRead, Status
from cds_service.reports.terminal import laid_out, quoted, safe, split_lines, wrapped
from cds_service.reports.trace import trace
from cds_service.reports.view import NOT_REVIEWED, report_view
from cds_service.reports.wording import NAMES, NOT_READ, STATUS
from tests.conftest import ROOT

REPORT: Final = """INDICATION: Rule out fracture.
FINDINGS: L1 compression fracture, no retropulsion.
IMPRESSION: T12 fracture cannot be excluded.
"""
GOLDEN: Final = """\
^ stated, ~ denied, ? doubted, - no finding, ! contradicted, . why, > a finding

  1 | INDICATION: Rule out fracture.
      ..........           -------- fracture, no finding under "INDICATION"
  2 > FINDINGS: L1 compression fracture, no retropulsion.
                   ^^^^^^^^^^^^^^^^^^^^ L1 fracture present
                                         .. ~~~~~~~~~~~~
        L1 retropulsion: no, denied by "no"
  3 > IMPRESSION: T12 fracture cannot be excluded.
                      ???????? ..................
        T12 fracture possible, doubted by "cannot be excluded"

T12 (thoracic): fracture possible - "fracture", doubted by "cannot be excluded"
    (line 3)
    in "T12 fracture cannot be excluded"

L1 (lumbar): fracture present - "compression fracture" (line 2)
    retropulsion: no - "retropulsion", denied by "no" (line 2)
    in "L1 compression fracture, no retropulsion"

Read by rules, not clinically reviewed.
"""
SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
TEXT_ROW: Final = re.compile(r"( *(\d+)|   +) [|>] (.*)", re.DOTALL)
WORDS: Final = st.lists(
    st.sampled_from(
        (
            *"""fracture L1 T12 no possible acute old edema retropulsion with and . , ; history of cannot be excluded
            30% FINDINGS: INDICATION: wedging not seen antidisestablishmentarianism""".split(),
            *"\u4e2d\u6587|e\u0301|\u05d0\u05d1|\u202e|\x1b[31m|\x07|\u200b|\u00ad|\uff4e\uff4f|\U0001f9b4|\ud800|\u00a0".split(
                "|"
            ),
            *("\n", "\t", "\r\n", "\u2028", "\x0c", "\n\n", "  "),
        )
    ),
    max_size=60,
).map(" ".join)


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def run(monkeypatch: pytest.MonkeyPatch, out: io.StringIO, text: str, *options: str, columns: int = 80) -> str:
    """What `read-report` writes for a text on standard input; it must answer."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass"))))
    monkeypatch.setattr("sys.stdout", out)
    assert cli.main(["read-report", "-", *options]) == 0
    return out.getvalue()


def plain(text: str, width: int = 80) -> str:
    """The view without colors."""
    return report_view(trace(text), width=width, color=False)


def columns(row: str) -> int:
    """Columns that a row takes, counted apart from the code under test."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in row
    )


def text_of(view: str) -> dict[int, str]:
    """The lines of the text, taken back out of a view without colors: line number -> line."""
    lines: dict[int, str] = {}
    number = 0
    for row in view.split("\n"):
        found = TEXT_ROW.fullmatch(row)
        if found is None:
            continue
        if found[2]:
            number = int(found[2])
        lines[number] = lines.get(number, "") + found[3]
    return lines


def test_the_view_of_a_small_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text with signs under what was read and why, then each level in plain words with its quotation."""
    assert run(monkeypatch, io.StringIO(), REPORT) == GOLDEN


def test_json_is_the_contract_whatever_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract, read-report --json: the same bytes as ever, colored or not."""
    expected = orjson.dumps(reading_to_json(read_report(REPORT)), option=orjson.OPT_INDENT_2).decode() + "\n"
    for options in (["--json"], ["--json", "--color", "always"]):
        assert run(monkeypatch, Terminal(), REPORT, *options) == expected


def test_colors_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations, command line: no color when not a TTY, with NO_COLOR, or on a dumb terminal; --color decides."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    colored = run(monkeypatch, Terminal(), REPORT)
    assert "\x1b[32;4mcompression fracture\x1b[0m" in colored
    assert "\x1b[31;1mno\x1b[0m \x1b[31;4mretropulsion\x1b[0m" in colored
    assert "\x1b[33;4mfracture\x1b[0m" in colored
    assert "\x1b[34;4mfracture\x1b[0m" in colored
    assert SGR.sub("", colored) == GOLDEN
    assert run(monkeypatch, io.StringIO(), REPORT) == GOLDEN
    assert run(monkeypatch, Terminal(), REPORT, "--color", "never") == GOLDEN
    assert run(monkeypatch, io.StringIO(), REPORT, "--color", "always") == colored
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(monkeypatch, Terminal(), REPORT) == GOLDEN
    assert run(monkeypatch, Terminal(), REPORT, "--color", "always") == colored
    monkeypatch.setenv("NO_COLOR", "")
    assert run(monkeypatch, Terminal(), REPORT) == colored
    monkeypatch.setenv("TERM", "dumb")
    assert run(monkeypatch, Terminal(), REPORT) == GOLDEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not read: empty (there is no text)"),
        (
            "Der Wirbel ist nicht frakturiert und die H\u00f6he ist nicht vermindert.",
            "not read: language (only English is read)",
        ),
        ("No fracture. " * 20_000, "not read: truncated (it is too long, and only its beginning was read)"),
        ("Discs are desiccated.", "No finding of the spine was read."),
        ("No acute fracture of the lumbar spine.", "No acute fracture of the lumbar spine - "),
        ("No fracture of the thoracic spine.", 'No fracture of the thoracic spine - "No fracture", denied by "No"'),
        ("Limited study. L1 fracture.", 'Study limited: "Limited study"'),
        ("Transitional lumbosacral anatomy. L1 fracture.", "L1 (lumbar), level not certain: fracture present"),
        ("Marrow edema at L2.", "L2 (lumbar): nothing stated of a fracture"),
        ("L1 wedging, 20-25% height loss.", 'height loss: 20 to 25 % - "20-25%"'),
        ("Genant 3 fracture of L1.", 'degree of height loss: Genant 3 - "Genant 3"'),
        ("L1 fracture with 2.5 mm retropulsion.", 'extent of retropulsion: 2.5 mm - "2.5 mm"'),
        ("Compression fracture.", "No level named: fracture present"),
    ],
)
def test_what_is_said_in_plain_words(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract: findings, regions, limits and the reason for not reading, in plain words, with exit code 0."""
    out = run(monkeypatch, io.StringIO(), text, columns=200)
    assert said in out
    assert out.endswith(f"\n{NOT_REVIEWED}\n")


def test_a_contradiction_shows_both_sides() -> None:
    """Contract "Numbers": both quotations, and a sign of their own."""
    view = plain("FINDINGS: L1 fracture with 30% height loss.\nIMPRESSION: L1 fracture with 60% height loss.")
    assert 'Contradictory on height loss at L1: "30%" (line 1) against "60%" (line 2)' in view
    assert view.count("!!!") == 2
    assert "L1 height loss: 60 % (contradicted)" in view


def test_a_contradiction_on_the_fracture_itself() -> None:
    """Contract "Status": neither side wins, and both are quoted."""
    view = plain("FINDINGS: L1 compression fracture.\nIMPRESSION: No fracture of L1.", 120)
    assert "L1 (lumbar): contradictory" in view
    assert "Contradictory on whether there is a fracture at L1: " in view
    assert '"compression fracture" (line 1)' in view
    assert '"No fracture" (line 2)' in view


def test_marks_stand_under_their_words() -> None:
    """Tabs, wide characters, combining and left-out letters shift the signs with the words."""
    view = plain("\u4e2d\u6587\tre\u0301sume\u0301 so\u00adft: fracture of L1.")
    row, signs = (row[6:] for row in view.split("\n")[2:4])
    assert row.startswith("\u4e2d\u6587    re\u0301sume\u0301 soft: fracture")
    assert signs.index("^") == columns(row[: row.index("fracture")])
    assert signs.count("^") == len("fracture")


def test_marks_over_two_rows_go_on() -> None:
    """A mark that the end of a line cuts has signs in both rows."""
    view = plain("L1 compression\nfracture.")
    assert [row[6:] for row in view.split("\n")[2:6]] == [
        "L1 compression",
        "   ^^^^^^^^^^^ L1 fracture present",
        "fracture.",
        "^^^^^^^^ (goes on)",
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x1b[31mNo fracture.\x1b[0m",
        "\x1b]0;title\x07 L1 fracture \x1b]8;;http://x\x1b\\",
        "\x9b31m L1 fracture",
        "L1 fracture \x08\x08\x08 absent \x7f\x00",
        "L1 \u202efracture\u202c \u2066no\u2069 \u200f\u061c",
        "L1 fracture \u05d0\u05d1 no \u0627\u0628 \u0661",
        "L1 fracture\rNo fracture",
        "L1 fracture \ud800 \ufff9 \U000e0041",
        "L1 fracture \u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    ],
)
def test_nothing_of_the_text_steers_the_terminal(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations 1.5: controls, escapes, direction marks and right-to-left letters never arrive raw, in any part."""
    text = f"{hostile} of the spine. Marrow edema at L1 {hostile} is not seen. T12 fracture."
    view = report_view(trace(text), width=80, color=True)
    check_harmless(SGR.sub("", view))
    check_harmless(run(monkeypatch, io.StringIO(), text))


def check_harmless(out: str) -> None:
    """No control but line ends, no format character, nothing that changes the direction, no stack of accents."""
    for char in out:
        assert char == "\n" or unicodedata.category(char)[0] != "C", hex(ord(char))
        assert unicodedata.bidirectional(char) not in ("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI")
    assert not re.search("\u0301{4}", out)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_letters_that_a_terminal_lacks_are_replaced(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An output that is not UTF-8 gets the view all the same."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\u4e2d \x1b L1 fracture".encode())))
    monkeypatch.setattr("sys.stdout", out)
    assert cli.main(["read-report", "-"]) == 0
    out.flush()
    assert b"L1 (lumbar): fracture present" in raw.getvalue()


def test_a_text_cannot_imitate_the_margin() -> None:
    """A line that looks like a mark stays a numbered line of the text."""
    view = plain("L1 fracture.\n   ^^^^^^^^ T12 fracture present\n  9 > L2 fracture absent")
    assert text_of(view) == {
        1: "L1 fracture.",
        2: "   ^^^^^^^^ T12 fracture present",
        3: "  9 > L2 fracture absent",
    }


@given(st.one_of(st.text(max_size=300), WORDS), st.integers(40, 130))
def test_without_its_marks_the_view_is_the_text(text: str, width: int) -> None:
    """Nothing is lost or added: the rows of the text, joined, are the text as a terminal may have it."""
    traced = trace(text)
    view = report_view(traced, width=width, color=False)
    check_harmless(view)
    assert all(columns(row) <= width for row in view.split("\n"))
    assert SGR.sub("", report_view(traced, width=width, color=True)) == view
    if "rows with nothing read" not in view:
        expected = safe(text[: traced.read_to]).split("\n") if traced.read_to else []
        page = view.split("\n\n")[0] if not traced.places else view
        assert [line for _, line in sorted(text_of(page).items())] == expected[: len(split_lines(text))]


def test_rows_with_nothing_read_are_counted() -> None:
    """A long report: what is left out is counted, and what is shown with it is the whole."""
    aside = "The lady went to market and bought bread.\n"
    text = aside * 60 + "Acute fracture of L1.\n" + aside * 100
    view = plain(text)
    assert "... 59 rows with nothing read, lines 1 to 59 ..." in view
    assert "... 99 rows with nothing read, lines 63 to 161 ..." in view
    assert sorted(text_of(view)) == [60, 61, 62]


def test_one_endless_line_is_cut_into_rows() -> None:
    """A report without line ends: rows are counted as lines are."""
    aside = "The lady went to market and bought bread. "
    view = plain(aside * 300 + "Acute fracture of L1. " + aside * 300)
    counts = [int(found) for found in re.findall(r"\.\.\. (\d+) rows with nothing read, line 1 \.\.\.", view)]
    assert len(counts) == 2
    assert all(count > 100 for count in counts)
    assert len(view) < 3000


def test_what_was_not_read_is_counted() -> None:
    """Operations 1.8: the rest of a text that is too long is not shown as if it had been read."""
    text = "Acute compression fracture of L1.\n" * 8000
    traced = trace(text)
    assert f"... {len(text) - traced.read_to} characters not read ..." in report_view(traced, width=80, color=False)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "a\t" * 100_000,
        "\n" * 200_000,
        "\x1b[31m" * 40_000,
        "L1 fracture " + "e" + "\u0301" * 180_000,
        "Acute compression fracture of L1 with no edema.\n" * 4200,
        "HISTORY: " + "Rule out fracture of L1 with edema. " * 5000,
        "mother had fracture " * 10_000,
        ("possible " * 60 + "fracture " * 59 + ". ") * 200,
    ],
    ids=range(9),
)
def test_no_text_of_the_longest_size_takes_long(text: str) -> None:
    """Operations 1.8: 200 kB of anything, within a generous bound of processor time."""
    begun = process_time()
    assert plain(text).endswith(NOT_REVIEWED)
    assert process_time() - begun < 5


def test_a_file_is_read_like_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """FILE or a dash; stdout is data, and stderr has nothing to say."""
    monkeypatch.setenv("COLUMNS", "80")
    file = tmp_path / "report.txt"
    file.write_text(REPORT, encoding="utf-8")
    assert cli.main(["read-report", str(file)]) == 0
    assert capsys.readouterr() == (GOLDEN, "")


def test_every_field_and_answer_has_plain_words() -> None:
    """Contract, read-report --json: no field, status or reason is told by its key alone."""
    quoting = {"level", "level_certain", "region", "status", "evidence", "span", "text"}
    assert {spec.name for spec in fields(LevelFinding)} - quoting == set(NAMES)
    assert {*get_args(Status), None} == set(STATUS)
    assert set(get_args(NotRead)) == set(NOT_READ)


def test_a_row_is_cut_after_a_space_where_there_is_one() -> None:
    """Words stay whole; a word longer than the row is cut, and a wide character is never halved."""
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("one two three", 8, "  ") == ["one two", "  three"]
    assert wrapped("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    line = laid_out(0, "a\u4e2d\u4e2d")
    assert [line.written(*row) for row in line.rows(4)] == ["a\u4e2d", "\u4e2d"]


def test_a_long_quotation_is_cut() -> None:
    """A quotation stays on one line and says where it was cut."""
    assert quoted("L1\n  fracture\x1b") == '"L1 fracture\ufffd"'
    assert quoted("word " * 100, 9) == '"word word..."'


def test_the_page_about_reading_shows_what_the_command_prints() -> None:
    """docs/report-reading.md: its example is the view of its text."""
    page = (ROOT / "docs" / "report-reading.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"<!-- read-report:text -->\n```text\n(.*?)```\n", page, re.DOTALL)
    ((width, view),) = re.findall(r"<!-- read-report:view columns=(\d+) -->\n```text\n(.*?)```\n", page, re.DOTALL)
    assert view == plain(text, int(width)) + "\n"
