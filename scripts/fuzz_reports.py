"""Fuzzes the report reader with atheris (libFuzzer), guided by what of `cds_service/reports` a text reaches.

Development only: atheris has its own pinned file, because it ships for few Pythons (3.11 among them) and few machines.
`make fuzz` does this, with its environment and its corpus under build/:

    python3.11 -m venv build/fuzz/.venv
    build/fuzz/.venv/bin/python -m pip install --require-hashes -r scripts/fuzz-requirements.txt
    build/fuzz/.venv/bin/python -m scripts.fuzz_reports --seconds 600 --seed 1 --folder build/fuzz

An input is UTF-8 text. It is changed by phrases, headings and ordinary sentences of the lexicon (which is also the
dictionary and the first corpus), else as libFuzzer does. Of each text is claimed: it is read without an exception,
twice with the same result; every quotation is a slice of it, inside one of its sentences; no level has two findings;
the JSON can be written; the CPU stays under a bound. And from each input a second text is made, of denied clauses
alone, in which nothing may be present.

A claim that fails does not end the run: its shortest text so far goes to FOLDER/findings.jsonl. At the end: executions,
coverage and findings on stdout. Exit codes: 0 nothing found; 1 findings; 3 atheris is not installed, or the fuzzer
itself failed (its output is FOLDER/log).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LONGEST: Final = 4_096
"""Bytes of an input: more finds nothing new and costs executions."""
MOST_CPU: Final = 5.0
"""Seconds for one text of that length, some twenty times what it costs with the instrumentation on."""
LEVELS: Final = tuple(f"T{n}" for n in range(1, 13)) + tuple(f"L{n}" for n in range(1, 6))
LISTS: Final = ("T11 and T12", "T12 or L1", "T6 through T9", "T12, L1, and L2", "T7, T8 or L4", "T3, T5, L1 and L5")
OTHERS: Final = (
    *("T11-L1", "L4-5", "T6 through T9", "T12, L1, and L2", "D12", "Th 8", "twelfth thoracic", "Tl2", "S1", "C5-6"),
    *("30%", "30-40 %", "one third", "Genant 2", "6 mm", "14 degrees", "\u00bd", "T1", "T2-weighted", "XXXX", "<BR>"),
    *(". ", ", ", "; ", ": ", " and ", " or ", " but ", " with ", " of ", " at ", "\n", "\r\n", "\n\n", "1. ", "- "),
    *(
        "(",
        ")",
        "?",
        "/",
        "-",
        "the ",
        "this ",
        "is ",
        "respectively",
        "\u00a0",
        "\u2013",
        "\ufb01",
        "\ufeff",
        "\u00ad",
    ),
    *("\u202e", "\x00", "\x0c", "\u2028", "\u043f\u0435\u0440\u0435\u043b\u043e\u043c", "\U0001f9b4", "e\u0301"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the lexicon gives to build texts of."""

    pieces: tuple[str, ...]
    """Spellings, headings, levels, quantities, joints and odd characters."""
    sentences: tuple[str, ...]
    denials: tuple[str, ...]
    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """Claims that failed, each with its shortest text; rewritten whenever one is new or shorter."""

    file: Path
    known: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, claim: str, text: str, why: str) -> None:
        """Notes a failure under its claim."""
        held = self.known.get(claim)
        if held is not None and len(held[0]) <= len(text):
            return
        self.known[claim] = (text, why)
        lines = (json.dumps({"claim": c, "text": t, "why": w}) for c, (t, w) in self.known.items())
        self.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def words() -> Words:
    """Everything from the lexicon as it is now."""
    from cds_service.reports import lexicon, sections

    entries = lexicon.entries()
    headings = [" ".join(p.split()) for phrases in sections._HEADINGS.values() for p in phrases.split("|")]
    changes = {e.words for e in entries if e.kind == "change"}
    noun = re.compile(r"~ (?:of|at|in) (?:the )?L1\b")
    return Words(
        pieces=(*(e.spelling for e in entries), *(f"{h.title()}:" for h in headings), *LEVELS * 20, *OTHERS * 10),
        sentences=tuple(dict.fromkeys(s for e in entries for s in e.sentences())),
        denials=tuple(e.spelling for e in entries if e.kind == "neg" and e.spelling != "not"),
        nouns=tuple(
            e.spelling for e in entries if e.kind == "fx" and e.words not in changes and any(map(noun.search, e.frames))
        ),
        adjectives=tuple(
            e.spelling
            for e in entries
            if e.kind == "severity" or (e.kind == "acuity" and e.value in ("acute", "subacute", "chronic"))
        ),
    )


# ------------------------------------------------------------------------------------------------------ making texts


def mutated(text: str, chosen: random.Random, known: Words) -> str:
    """The text with one change that keeps it a text: a phrase put in, taken out or exchanged, a sentence added,
    doubled or moved, one level for another, or another way to write the same."""
    blanks = [at for at, char in enumerate(text) if char in " \n"] or [len(text)]
    at = chosen.choice(blanks)
    end = min(next((b for b in blanks if b > at), len(text)), at + 40)
    match chosen.randrange(9):
        case 0 | 1:
            return f"{text[:at]} {chosen.choice(known.pieces)}{text[at:]}"
        case 2:
            return text[:at] + text[end:]
        case 3 | 4:
            return f"{text[:at]} {chosen.choice(known.pieces)}{text[end:]}"
        case 5:
            return f"{text[:at]}\n{chosen.choice(known.sentences)}{text[at:]}"
        case 6:
            parts = re.split(r"(?<=[.\n]) ?", text)
            chosen.shuffle(parts)
            return " ".join(parts)
        case 7:
            return re.sub(r"\b[TL]\d+\b", lambda _: chosen.choice(LEVELS), text)
        case _:
            return chosen.choice((str.upper, str.lower, str.swapcase, str.title))(text)


def denied(chosen: random.Random, known: Words) -> list[str]:
    """One to five sentences, each a denial and one clause."""
    sentences = []
    for _ in range(chosen.randint(1, 5)):
        noun, level = chosen.choice(known.nouns), chosen.choice((*LEVELS, *LISTS))
        before = "".join(f"{chosen.choice(known.adjectives)} " for _ in range(chosen.randint(0, 2)))
        clause = chosen.choice((f"{before}{level} {noun}", f"{before}{noun} of {level}", f"{level} {before}{noun}"))
        sentences.append(f"{chosen.choice(known.denials)} {clause}.")
    return sentences


# ---------------------------------------------------------------------------------------------------------- claims


def claims(text: str) -> Iterator[str]:
    """The claims that fail for a text, in a few words each that hold nothing of the text."""
    from cds_service.reports import read_report, reading_to_json, sections
    from cds_service.reports import text as texts

    started = time.process_time()
    reading = read_report(text)
    if time.process_time() - started > MOST_CPU:
        yield "CPU over the bound"
    shape = reading_to_json(reading)
    if shape != reading_to_json(read_report(text)):
        yield "two readings differ"
    json.dumps(shape)
    levels = [finding.level for finding in reading.findings if finding.level is not None]
    if len(levels) != len(set(levels)):
        yield "a level with two findings"
    folded = texts.fold(text)
    places = [folded.span(folded.words[s.first].start, folded.words[s.last - 1].end) for s in sections.split(folded)]
    for finding in reading.findings:
        start, end = finding.span
        if finding.text != text[start:end] or not finding.text.strip():
            yield "the text of a finding is not its span"
        for name, (a, b) in finding.evidence.items():
            if not 0 <= a < b <= len(text) or not text[a:b].strip():
                yield f"the evidence of {name} quotes nothing"
            elif not any(x <= a and b <= y for x, y in places):
                yield f"the evidence of {name} is in no sentence"
            if getattr(finding, name) is None:
                yield f"evidence of {name}, which is not stated"
        loss = finding.height_loss_percent
        if loss is not None and not 0 <= loss[0] <= loss[1] <= 100:
            yield "a height loss that is no part of a height"
        if finding.retropulsion_mm is not None and finding.retropulsion is False:
            yield "millimetres of no retropulsion"
    for conflict in reading.conflicts:
        if not conflict.spans or any(not 0 <= a < b <= len(text) for a, b in conflict.spans):
            yield f"a conflict of {conflict.field} quotes nothing"


def denials_hold(sentences: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Denied sentences in which something is present: the claim (by its denial) and the sentence.

    A denial that is the start of a longer phrase with its sentence ("no" before "significant change") denies
    something else and is left out.
    """
    from cds_service.reports import lexicon, read_report
    from cds_service.reports import text as texts

    held = []
    for one in sentences:
        first = next(iter(lexicon.marks(texts.fold(one).words[:], frozenset())), None)
        if first is not None and first.first == 0 and "neg" in first.facts:
            held.append(one)
    if all(f.status != "present" for f in read_report("\n".join(held)).findings):
        return
    for one in held:
        if any(f.status == "present" for f in read_report(one).findings):
            yield f"present although denied: {' '.join(one.split()[:2])}", one
            return
    yield "present in a text of denials, in none of them alone", "\n".join(held)


def tried(run: Callable[[], Iterator[tuple[str, str]]], text: str, findings: Findings) -> None:
    """Runs claims and notes what fails; an exception is a finding by its type and the last line of ours it passed."""
    try:
        for claim, shown in run():
            findings.add(claim, shown, "")
    except (KeyboardInterrupt, SystemExit):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is what a fuzzer looks for
        ours = [f for f in traceback.extract_tb(problem.__traceback__) if "cds_service" in f.filename]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "outside the reader"
        findings.add(f"{type(problem).__name__} at {where}", text, str(problem)[:200])


# ------------------------------------------------------------------------------------------------------------- run


def fuzz(folder: Path, seconds: int, seed: int) -> None:
    """Runs libFuzzer in this process, which it ends."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["cds_service.reports"]):
        importlib.import_module("cds_service.reports")
    known = words()
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, sentence in enumerate(known.sentences):
        (corpus / f"frame-{number}").write_text(sentence, encoding="utf-8")
    dictionary = folder / "dictionary"
    quoted = (word.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') for word in dict.fromkeys(known.pieces))
    escaped = (re.sub(rb"[^ -~]", lambda m: b"\\x%02X" % m[0][0], word) for word in quoted)
    dictionary.write_bytes(b"".join(b'"%b"\n' % word for word in escaped))
    findings = Findings(folder / "findings.jsonl")
    findings.file.write_text("", encoding="utf-8")

    def one_input(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        tried(lambda: ((claim, text) for claim in claims(text)), text, findings)
        tried(lambda: denials_hold(denied(random.Random(data), known)), text, findings)  # noqa: S311 - no secret

    def mutate(data: bytes, longest: int, mutation_seed: int) -> bytes:
        chosen = random.Random(mutation_seed)  # noqa: S311 - no secret
        if chosen.random() < 0.25:
            return bytes(atheris.Mutate(data, longest))
        text = data.decode("utf-8", "surrogateescape")
        for _ in range(chosen.randint(1, 4)):
            text = mutated(text, chosen, known)
        return text.encode("utf-8", "surrogateescape")[:longest]

    options = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-dict={dictionary}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup(options, one_input, custom_mutator=mutate)
    atheris.Fuzz()


LAST_LINE: Final = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)", re.MULTILINE)


def summary(folder: Path) -> tuple[str, int]:
    """What the run says of itself, and how many claims failed. Raises ValueError when it says nothing."""
    lines = LAST_LINE.findall((folder / "log").read_text(encoding="utf-8", errors="replace"))
    if not lines:
        raise ValueError(f"the fuzzer ended before its first input: read {folder / 'log'}")
    executions, coverage, features, kept = lines[-1]
    found = (folder / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    head = (
        f"{executions} executions, coverage {coverage}, features {features}, {kept} texts kept, {len(found)} findings"
    )
    return "\n".join((head, *found)), len(found)


def main() -> int:
    """The command: a child fuzzes, because libFuzzer ends its process; the parent tells the result."""
    parser = argparse.ArgumentParser(description="fuzz the report reader")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris is not installed: pip install --require-hashes -r scripts/fuzz-requirements.txt", file=sys.stderr
        )
        return 3
    given.folder.mkdir(parents=True, exist_ok=True)
    child = os.fork()
    if child == 0:
        log = os.open(given.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        fuzz(given.folder, given.seconds, given.seed)
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    try:
        words_of_it, found = summary(given.folder)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 3
    print(words_of_it)
    if os.waitstatus_to_exitcode(ended) != 0:
        print(f"the fuzzer itself failed: read {given.folder / 'log'}", file=sys.stderr)
        return 3
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
