"""Writes the generated parts of the documentation: the sample response in README.md, and the pages of `PAGES`.

The request between the README's markers is written by hand (one fenced JSON block, its date in the marker); the
response is what `vcf-cds evaluate` answers to it, cut to what a reader needs. The pages are written whole, by
scripts/sheets. With --check nothing is written, and the exit code says whether something was stale.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.sheets import coverage, facts, recommendations, samples, topics

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/recommendations.md": recommendations.page,
    "docs/facts.md": facts.page,
    "docs/coverage.md": coverage.page,
    "docs/topics.md": topics.page,
    "docs/sample-patients.md": samples.page,
}
REQUEST = re.compile(r"<!-- sample-request:begin as-of=(\S+) -->\n(.*?)<!-- sample-request:end -->", re.DOTALL)
RESPONSE = re.compile(r"(<!-- sample-response:begin -->\n)(.*?)(<!-- sample-response:end -->)", re.DOTALL)
FENCED = re.compile(r"```json\n(.*?)```", re.DOTALL)
SHOWN = ("summary", "indicator", "detail", "source", "suggestions")


class ReadmeError(Exception):
    """The README has no sample request where one belongs; the message says what to write."""


def sample_request(text: str) -> tuple[str, dict[str, Any]]:
    """The as-of date and the request that the README shows. Raises ReadmeError when there is none."""
    marked = REQUEST.search(text)
    block = FENCED.search(marked[2]) if marked else None
    if not marked or not block:
        raise ReadmeError(
            "README.md: put a ```json block between `sample-request:begin as-of=DATE` and `sample-request:end`"
        )
    request: dict[str, Any] = json.loads(block[1])
    return marked[1], request


def evaluate(request: dict[str, Any], as_of: str) -> dict[str, Any]:
    """The response of the command to this request."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cds_service.cli",
            "evaluate",
            "-",
            "--service",
            f"vcf-{request['hook']}",
            "--as-of",
            as_of,
        ],
        input=json.dumps(request).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    response: dict[str, Any] = json.loads(done.stdout)
    return response


def shown(response: dict[str, Any]) -> str:
    """The first card, without ids and override reasons; of a suggestion its label alone."""
    card = {key: response["cards"][0][key] for key in SHOWN if key in response["cards"][0]}
    if "suggestions" in card:
        card["suggestions"] = [suggestion["label"] for suggestion in card["suggestions"]]
    return f"```json\n{json.dumps(card, indent=2, ensure_ascii=False)}\n```\n"


def generated(text: str) -> str:
    """The README with its sample response as it is now."""
    as_of, request = sample_request(text)
    answer = shown(evaluate(request, as_of))
    return RESPONSE.sub(lambda block: f"{block[1]}{answer}{block[3]}", text)


def written() -> Iterator[tuple[Path, str]]:
    """Every file with a generated part, as it should be. Raises ReadmeError."""
    yield README, generated(README.read_text(encoding="utf-8"))
    yield from ((ROOT / name, page()) for name, page in PAGES.items())


def main() -> None:
    try:
        stale = [(file, new) for file, new in written() if not file.exists() or file.read_text(encoding="utf-8") != new]
    except (ReadmeError, facts.FactsError) as problem:
        sys.exit(str(problem))
    if stale and "--check" in sys.argv[1:]:
        sys.exit(f"stale: {', '.join(str(file.relative_to(ROOT)) for file, _ in stale)}; run `make docs`")
    for file, new in stale:
        file.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
