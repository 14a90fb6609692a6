"""A second opinion on denial, doubt and memory: medspaCy's ConText beside our own reading, sentence by sentence.

Development only: medspaCy is large and has its own pinned file, away from the lock, for Python 3.11 on Linux:

    python3.11 -m venv build/second-opinion
    build/second-opinion/bin/python -m pip install --require-hashes -r scripts/second-opinion-requirements.txt
    build/second-opinion/bin/python -m scripts.second_opinion

Read are the sentences of tests/reports (ours) and of the public reports beside the repository, each sentence alone, and
each of ConText's own triggers before or after "compression fracture of L1". Targets are the lexicon's own words for a
fracture, so that only the words around them are judged; the modifiers are ConText's rules as they ship. Printed is
every sentence in which the two differ, by (our status, theirs): our own sentences in full, those of others by id and
place only. ConText is no authority: it knows no vertebra from a rib, and "no acute fracture" denies all for it. What
was learned from it is tests/reports/test_second_opinion.py.

medspaCy and what it stands on may log what they are given. Before anything of it is imported all logging is turned off,
and while it works both output channels of the process go into a file, which must be empty in the end. Exit codes: 0
done, however many differ; 1 something was written while report text was processed; 3 medspaCy is not installed.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cds_service.reports import lexicon, read_report
from cds_service.reports.findings import BODY_LEVELS
from cds_service.reports.sections import split
from cds_service.reports.text import fold
from scripts.validation.documents import FOLDER, documents

TESTS: Final = Path(__file__).resolve().parent.parent / "tests" / "reports"
STRONGEST: Final = ("present", "treated", "possible", "historical", "absent")
CANARY: Final = "Canary Wrenfield has a possible fracture of T12."
"""Made up; if any of it were logged, so would be the rest."""


class NotQuiet(Exception):
    """Something was written while text was processed; the message says how much, not what."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence: where it stands, its words, and whether they may be printed."""

    place: str
    text: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A sentence that the two read differently."""

    said: Said
    us: str
    them: str
    because: tuple[str, ...]
    """ConText's categories."""


# ------------------------------------------------------------------------------------------------------- in silence


def turn_logging_off() -> None:
    """Before the first import of anything that logs: the standard library's logging, and loguru's, which has a sink on
    stderr from the start."""
    logging.disable(logging.CRITICAL)
    loguru: Any = importlib.import_module("loguru")
    loguru.logger.remove()
    for name in ("medspacy", "PyRuSH", "PyFastNER", "spacy"):
        loguru.logger.disable(name)


@contextmanager
def silence() -> Iterator[None]:
    """Inside, descriptors 1 and 2 are a file, so that not even a library in C is heard.

    Raises NotQuiet when that file is not empty in the end.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for channel, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, channel)
                os.close(copy)
            size = os.fstat(file.fileno()).st_size
        if size:
            raise NotQuiet(f"{size} bytes were written while text was processed: see what logs, and turn it off first")


def self_check(opinion: Opinion) -> None:
    """Proves that the silence hears what is written, and that reading a text writes nothing. Raises NotQuiet."""
    try:
        with silence():
            os.write(2, b"heard")
    except NotQuiet:
        pass
    else:
        raise NotQuiet("the silence is deaf: what was written to stderr was not noticed")
    with silence():
        read = opinion(CANARY)
    if read[0] != "possible":
        raise NotQuiet(f"the canary was not read as it must be, but as {read[0]}: the pipeline is not what it was")


# ---------------------------------------------------------------------------------------------------- two opinions


def strongest(found: set[str]) -> str:
    """The first of STRONGEST among these, else "none"."""
    return next((status for status in STRONGEST if status in found), "none")


def our_opinion(text: str) -> str:
    """The strongest status that our reader gives a body in a sentence that stands alone; "no-acute" when all it says is
    that nothing is acute."""
    reading = read_report(text)
    bodies = [f for f in reading.findings if f.level is None or f.level in BODY_LEVELS]
    found = strongest({f.status for f in bodies if f.status is not None})
    if found == "none" and any(c.field == "status" for c in reading.conflicts):
        return "conflict"
    return "no-acute" if found == "none" and reading.regions_without_acute_fracture else found


Opinion = Callable[[str], tuple[str, tuple[str, ...]]]
"""From a sentence to (status, ConText categories)."""
Rule = tuple[str, str, str]
"""Literal, category and direction of a rule of ConText."""


def second_opinion() -> tuple[Opinion, tuple[Rule, ...]]:
    """What medspaCy says of a sentence, on a blank English pipeline, and the rules it says it by."""
    spacy: Any = importlib.import_module("spacy")
    language: Any = importlib.import_module("spacy.language")
    importlib.import_module("medspacy.context")
    matcher: Any = importlib.import_module("medspacy.target_matcher")

    def one_sentence(doc: Any) -> Any:
        for token in doc:
            token.is_sent_start = token.i == 0
        return doc

    language.Language.component("one_sentence", func=one_sentence)
    pipeline = spacy.blank("en")
    for name in ("one_sentence", "medspacy_target_matcher", "medspacy_context"):
        pipeline.add_pipe(name)
    targets = sorted({e.spelling for e in lexicon.entries() if e.kind == "fx" and e.value != "weak"})
    pipeline.get_pipe("medspacy_target_matcher").add([matcher.TargetRule(target, "FX") for target in targets])

    def opinion(text: str) -> tuple[str, tuple[str, ...]]:
        doc = pipeline(" ".join(text.encode("utf-8", "replace").decode().split()))  # spaCy takes no lone surrogates
        found, because = set(), []
        for target in doc.ents:
            marks = target._
            because += [modifier.category for modifier in marks.modifiers]
            if marks.is_family or marks.is_hypothetical:
                continue
            found.add(
                "absent"
                if marks.is_negated
                else "historical"
                if marks.is_historical
                else "possible"
                if marks.is_uncertain
                else "present"
            )
        return strongest(found), tuple(dict.fromkeys(because))

    rules = pipeline.get_pipe("medspacy_context").rules
    return opinion, tuple((rule.literal, rule.category, rule.direction) for rule in rules)


# -------------------------------------------------------------------------------------------------------- sentences


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence of a text stands, headings left out."""
    folded = fold(text)
    for one in split(folded):
        yield folded.span(folded.words[one.first].start, folded.words[one.last - 1].end)


def of_tests() -> Iterator[Said]:
    """The sentences of the tests of the report reader, once each: string literals that are no docstrings."""
    known = set()
    for file in sorted(TESTS.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in told:
                continue
            for start, end in sentences(node.value):
                text = node.value[start:end]
                if " " in text and not set(text) & set("~[{") and text not in known:
                    known.add(text)
                    yield Said(f"{file.name}:{node.lineno}", text, True)


def of_others() -> Iterator[Said]:
    """The sentences of the public reports, by id and place; none where they do not lie beside the repository."""
    for document in documents() if FOLDER.is_dir() else ():
        for start, end in sentences(document.text):
            yield Said(f"{document.id} [{start}, {end}]", document.text[start:end], False)


def of_rules(rules: tuple[Rule, ...]) -> Iterator[Said]:
    """Each trigger of ConText with a fracture in its reach. Many make no English; one that does and that we do not know
    is worth a look."""
    for literal, category, direction in rules:
        if direction in ("FORWARD", "BIDIRECTIONAL"):
            yield Said(category, f"{literal.capitalize()} compression fracture of L1.", True)
        if direction in ("BACKWARD", "BIDIRECTIONAL"):
            yield Said(category, f"Compression fracture of L1 {literal}.", True)


def compare(said: Iterator[Said], opinion: Opinion) -> tuple[int, list[Difference]]:
    """How many sentences either finds something in, and those in which the two differ."""
    spoken = 0
    found = []
    for one in said:
        us, (them, because) = our_opinion(one.text), opinion(one.text)
        spoken += (us, them) != ("none", "none")
        if us != them:
            found.append(Difference(one, us, them, because))
    return spoken, found


def main() -> int:
    """The command."""
    if importlib.util.find_spec("medspacy") is None or importlib.util.find_spec("loguru") is None:
        print("medspaCy is not installed: see the usage in scripts/second_opinion.py", file=sys.stderr)
        return 3
    turn_logging_off()
    try:
        with silence():
            opinion, rules = second_opinion()
        self_check(opinion)
        with silence():
            results = [compare(source, opinion) for source in (of_tests(), of_rules(rules), of_others())]
    except NotQuiet as problem:
        print(problem, file=sys.stderr)
        return 1
    for name, (spoken, found) in zip(
        ("our own sentences", "triggers of ConText", "reports of others"), results, strict=True
    ):
        print(f"\n{name}: {spoken} with a fracture word for either, {len(found)} read differently")
        pairs = Counter((one.us, one.them) for one in found)
        for (us, them), count in pairs.most_common():
            print(f"\n  we {us}, they {them}: {count}")
            for one in found:
                if (one.us, one.them) == (us, them):
                    because = " ".join(one.because) or "no modifier"
                    print(
                        f"    {one.said.place}: {one.said.text!r} ({because})"
                        if one.said.ours
                        else f"    {one.said.place}"
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
