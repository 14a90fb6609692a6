"""docs/topics.md: which card topics are built. Codes and shorthands are written by hand, the last column by this."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cds_service.recommendations import ALL

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "topics.md"
ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (K-[A-Z]+) \| .* \|$", re.MULTILINE)
BUILT: Final = "built"
NOT_BUILT: Final = "not built yet: named by `explain`, on no card"


def shorthands() -> dict[str, str]:
    """Topic code to shorthand."""
    return dict(ROW.findall(FILE.read_text(encoding="utf-8")))


def page() -> str:
    """docs/topics.md with its last column as it is now."""
    built = {r.id for r in ALL}

    def row(found: re.Match[str]) -> str:
        state = f"{BUILT}, [sheet](recommendations.md#{found[1]})" if found[1] in built else NOT_BUILT
        return f"| `{found[1]}` | {found[2]} | {state} |"

    return ROW.sub(row, FILE.read_text(encoding="utf-8"))
