"""docs/sample-patients.md: its words are written by hand, the table of cases by this."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cds_service.samples import cases

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "sample-patients.md"
TABLE: Final = re.compile(r"(<!-- cases:begin -->\n).*?(<!-- cases:end -->)", re.DOTALL)


def page() -> str:
    """docs/sample-patients.md with its table as it is now."""
    return TABLE.sub(lambda marks: f"{marks[1]}{table()}{marks[2]}", FILE.read_text(encoding="utf-8"))


def table() -> str:
    """Every case with its hook, its story and the cards."""
    head = "| Patient `vcf-sample-...` | Hook | Made-up story | Cards |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| `{case.id}` | `{case.hook}` | {case.story} | "
        + ", ".join(f"[{topic}](recommendations.md#{topic}) ({indicator})" for topic, indicator in case.cards.items())
        + " |\n"
        for case in cases().values()
    )
