"""docs/topics.md: the card topics. Codes and shorthands are written by hand, the last column by this."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cds_service.hooks.cards import load_cards

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "topics.md"
ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (K-[A-Z]+) \| .* \|$", re.MULTILINE)


def shorthands() -> dict[str, str]:
    """Topic code to shorthand."""
    return dict(ROW.findall(FILE.read_text(encoding="utf-8")))


def page() -> str:
    """docs/topics.md with its last column as it is now."""
    cards = load_cards()

    def row(found: re.Match[str]) -> str:
        title = cards[found[1]].title
        return f"| `{found[1]}` | {found[2]} | [{title}](recommendations.md#{found[1]}) |"

    return ROW.sub(row, FILE.read_text(encoding="utf-8"))
