"""Writes the generated parts of the documentation: today, the sample response in README.md.

The request between the README's markers is written by hand (one fenced JSON block, its date in the marker); the
response is what `vcf-cds evaluate` answers to it, cut to what a reader needs. With --check nothing is written, and the
exit code says whether it was stale.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parent.parent / "README.md"
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


def main() -> None:
    text = README.read_text(encoding="utf-8")
    try:
        new = generated(text)
    except ReadmeError as problem:
        sys.exit(str(problem))
    if new == text:
        return
    if "--check" in sys.argv[1:]:
        sys.exit("README.md is stale: run `make docs`")
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
