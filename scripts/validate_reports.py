"""Writes docs/validation/report-reading.md: what the report reader gets right and wrong on labelled public texts.

The data is read beside the repository (scripts/validation/documents.py). Exit codes: 0 all well; 1 a zero target or a
worked sentence fails, or a difference has no reviewed reason or a reason no difference (the page is written all the
same); 3 no data.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Final

from cds_service.reports import read_report
from cds_service.reports.findings import ReportReading
from cds_service.reports.lexicon import entries
from scripts.ablation import decided_texts, ordinary
from scripts.validation.answers import answers, in_scope
from scripts.validation.differences import FILE, DifferencesError, parse, review
from scripts.validation.documents import FOLDER, DataError, Document, documents, fingerprint
from scripts.validation.page import page
from scripts.validation.results import Entry, Result, targets
from scripts.validation.sentences import scored
from tests.reports.reading import facts
from tests.reports.test_worked_sentences import SENTENCES

PAGE: Final = FILE.with_name("report-reading.md")


def calls_it_present(reading: ReportReading) -> bool:
    """Whether a body, or a place that may be one, is called fractured on this study."""
    return any(in_scope(finding) and finding.status == "present" for finding in reading.findings)


def deciding_entries(texts: list[str]) -> tuple[list[Entry], int]:
    """Lexicon entries that decide a text, most texts first, and how many decide none."""
    counts = dict(decided_texts(texts))
    decided = [
        Entry(e.kind, e.value, e.spelling, counts[e], (ordinary(e) or "") if counts[e] == 1 else "")
        for e in entries()
        if e in counts
    ]
    decided.sort(key=lambda e: (-e.texts, e.kind, e.value, e.spelling))
    return decided, len(entries()) - len(decided)


def measure(read: tuple[Document, ...], print_of_data: str, known: str) -> Result:
    """Reads every document and scores it; ``known`` is the text of known-differences.toml.

    Raises DifferencesError when that is not well formed.
    """
    asked, false_present = [], []
    for one in read:
        reading = read_report(one.text)
        these = list(answers(one.id, one.source, one.masked, one.label, reading))
        asked += these
        if one.label["fracture_present"] == "no" and calls_it_present(reading):
            false_present += [a for a in these if a.field == "fracture_present"]
    decided, idle = deciding_entries([one.text for one in read])
    return Result(
        fingerprint=print_of_data,
        texts=Counter((one.source, one.masked) for one in read),
        answers=asked,
        false_present=false_present,
        reviewed=review(asked, parse(known)),
        sentences=scored(SENTENCES, facts),
        entries=decided,
        idle=idle,
    )


def complaints(result: Result) -> list[str]:
    """Why the command fails, one line each; nothing when all is well."""
    lines = [f"{t.what}: {t.measured}" for t in targets(result) if t.required and not t.reached]
    lines += [
        f"not yet understood: {a.document} {a.field}: right {', '.join(a.accepted)}, read {a.read}"
        for a in result.reviewed.not_yet
    ]
    lines += [
        f"stale in {FILE.name}: {one.id} {one.field} is not read as {one.read} any more; look again, or remove it"
        for one in result.reviewed.stale
    ]
    return lines


def main() -> None:
    if not FOLDER.is_dir():
        print(f"no {Path(*FOLDER.parts[-3:])} beside this repository: put the labelled reports there", file=sys.stderr)
        sys.exit(3)
    try:
        result = measure(documents(), fingerprint(), FILE.read_text(encoding="utf-8"))
    except (DataError, DifferencesError) as problem:
        sys.exit(str(problem))
    for target in targets(result):
        print(f"{'pass' if target.reached else 'FAIL'}  {target.what}: {target.measured}")
    PAGE.write_text(page(result), encoding="utf-8")
    wrong = complaints(result)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
