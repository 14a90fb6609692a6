"""Sums up a run of mutmut: what was killed, what survived, and whether each survivor has its reason on file.

`make mutants` runs it after mutmut. The reasons stand in ``docs/validation/mutation-survivors.toml``: a pattern of a
mutant's function and of the line it makes, with why no test can or should tell it apart. Fails when fewer than the
least share were killed, or when a survivor has no reason.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
REASONS: Final = ROOT / "docs" / "validation" / "mutation-survivors.toml"
PAGE: Final = ROOT / "docs" / "validation" / "mutation.md"
STATS: Final = ROOT / "mutants" / "mutmut-cicd-stats.json"
LEAST: Final = 0.90


@dataclass(frozen=True, slots=True)
class Survivor:
    """One mutant that no test killed. ``was`` and ``now``: the lines it changed."""

    name: str
    function: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a kind of survivor is left: ``function`` and ``now`` are patterns that it matches."""

    function: re.Pattern[str]
    now: re.Pattern[str]
    why: str


def reasons(path: Path = REASONS) -> tuple[Reason, ...]:
    """The reasons on file."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["reason"]
    return tuple(
        Reason(re.compile(each.get("function", "")), re.compile(each.get("now", "")), each["why"]) for each in listed
    )


def reason_of(survivor: Survivor, known: tuple[Reason, ...]) -> str | None:
    """The first reason that fits."""
    fitting = (r.why for r in known if r.function.search(survivor.function) and r.now.search(survivor.now))
    return next(fitting, None)


def survivors(mutmut: Path) -> Iterator[Survivor]:
    """Those of the last run, with what each changed."""
    listed = subprocess.run([mutmut, "results"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name, _, state = line.strip().partition(": ")
        if state == "survived":
            shown = subprocess.run([mutmut, "show", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
            yield Survivor(name, _function(name), _changed(shown, "-"), _changed(shown, "+"))


def _function(name: str) -> str:
    """The function by its dotted name: ``x_judge__mutmut_3`` of a module is its ``judge``."""
    plain = name.removeprefix("cds_service.").rpartition("__mutmut_")[0]
    return re.sub(r"\.x(?:_|ǁ)", ".", plain).replace("ǁ", ".")


def _changed(diff: str, sign: str) -> str:
    lines = (line[1:].strip() for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3))
    return " ".join(lines)


def page(stats: dict[str, int], left: tuple[Survivor, ...], known: tuple[Reason, ...]) -> str:
    """docs/validation/mutation.md."""
    tested = stats["killed"] + stats["survived"] + stats["timeout"] + stats["suspicious"] + stats["segfault"]
    killed = tested - stats["survived"]
    by_module = Counter(each.function.rsplit(".", 1)[0] for each in left)
    by_reason = Counter(reason_of(each, known) or "no reason on file" for each in left)
    rows = "\n".join(f"| {why} | {count} |" for why, count in by_reason.most_common())
    modules = "\n".join(f"| `{name}` | {count} |" for name, count in by_module.most_common())
    each = "\n".join(f"- `{s.function}`: `{s.was}` became `{s.now}`" for s in left)
    return f"""# Mutation testing

Written by `make mutants`: mutmut over `cds_service/recommendations/`, the merge among them, and
`cds_service/facts/truth.py`. Each mutant is one change of the code; the tests of recommendations and merge, those of
the three-valued logic and every vignette are run against it.

**{killed} of {tested} mutants were killed ({killed / tested:.1%}).** {stats["survived"]} survived;
{stats["timeout"]} ran out of time and count as killed. {stats["total"] - tested} of {stats["total"]} were not run.

| Why they are left | Survivors |
| --- | --- |
{rows}

| Module | Survivors |
| --- | --- |
{modules}

## Each survivor

{each}
"""


def main() -> int:
    """Writes the page; 1 when too few were killed or a survivor has no reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutmut", type=Path, required=True, help="the program of the environment that ran it")
    options = parser.parse_args()
    mutmut = options.mutmut.resolve()
    subprocess.run([mutmut, "export-cicd-stats"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    known, left = reasons(), tuple(survivors(mutmut))
    PAGE.write_text(page(stats, left, known), encoding="utf-8")
    unexplained = [each.name for each in left if reason_of(each, known) is None]
    share = stats["killed"] / (stats["killed"] + stats["survived"])
    print(f"{share:.1%} killed, {len(left)} survived, {len(unexplained)} of them without a reason on file")
    return 1 if share < LEAST or unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
