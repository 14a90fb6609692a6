"""The report as Markdown: the same data and the same reader give the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from scripts.validation.answers import FACTS, Answer
from scripts.validation.differences import KINDS
from scripts.validation.documents import SOURCES
from scripts.validation.results import Result, targets
from scripts.validation.scoring import WRONG_MET, accuracy, found, stated, wrong_met

HEAD: Final = """\
# Reading of reports: validation

Written by `make validate-reports`; do not edit. It reads {count} public texts with `cds_service.reports.read_report`
and compares each reading with a label that one reader gave by hand. **It is no claim of clinical performance**, and
neither the reader nor the labels have been clinically reviewed:

- The labels are one reader's, without a second opinion; `accept` names further answers that are scored as right.
- These texts are the developers' half. The reader was built with them in view, so the figures show what is left to
  explain, not what to expect elsewhere. The other half of the same sources is held out for acceptance.
- The texts are few and from six places; they are no sample of anybody's reports.
- Intervals in brackets are Wilson's 95 % score intervals of a proportion. They speak of chance in a draw of texts,
  and of none of the above.

The texts are not in this repository, and nothing is quoted from them. To write this page again, put the data beside
the repository (`../shared/data/reports`: `reports.jsonl`, `labels.jsonl`) and run `make validate-reports`. The
command fails when a text labelled "no" is read as `present`, when a criterion would be met wrongly (the targets below
that are needed to pass), when a worked sentence is misread, and when a difference has no reviewed reason in
[known-differences.toml](known-differences.toml), or a reason no difference.

Data: {count} texts to be scored; SHA-256 {fingerprint}.
"""

MASKS: Final = """\
In these texts (Indiana University) the de-identifier replaced "compression", "height", "new" and other words by a
mask. "compression" is put back before deformity and fracture, as the data's README says; the other words stay away.
So they show more of the mask than of the reader, and are counted apart.
"""

FIGURES: Final = """\
Right: the answer is the label's or one of its `accept`. "Where stated": of the texts whose label says more than
unknown, none or no. Precision and recall compare with the answer that was read where it is accepted, else with the
label's own; sets are compared member by member (level by level). "Named" is how often the labels name the class,
`accept` left aside.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"


def accepted(answer: Answer) -> str:
    """The label's answer, then the others that are right."""
    first, *others = answer.accepted
    return first if not others else f"{first} (or {', '.join(others)})"


def figures(answers: Sequence[Answer], *, every_class: bool = True) -> str:
    """Right answers a fact, then precision and recall; without ``every_class`` only of classes that were met."""
    whole, classes = [], []
    for fact in FACTS:
        asked = [a for a in answers if a.fact is fact and a.level is None]
        if not asked:
            continue
        whole.append((fact.title, accuracy(asked).shown, accuracy(stated(asked)).shown))
        for only in fact.positives or (None,):
            seen = found(asked, only)
            counts = (str(seen.named), str(seen.true), str(seen.false), str(seen.missed))
            if every_class or set(counts) != {"0"}:
                classes.append((fact.title, only or "any", *counts, seen.precision.shown, seen.recall.shown))
    levels = [a for a in answers if a.level is not None]
    if levels:
        whole.append(("per level: age, change, height", accuracy(levels).shown, accuracy(stated(levels)).shown))
    first = table(("fact", "right of n", "right where stated"), whole)
    second = table(("fact", "class", "named", "found", "wrong", "missed", "precision", "recall"), classes)
    return f"{first}\n{second}" if classes else first


def sources(result: Result) -> str:
    """Where the texts come from."""
    rows = []
    for source, (what, licence) in SOURCES.items():
        counts = [result.texts.get((source, masked), 0) for masked in (False, True)]
        rows.append((source, what, licence, *map(str, counts)))
    return table(("source", "what", "licence", "texts", "masked texts"), rows)


def false_positives(result: Result) -> str:
    """The worst errors: texts without a fracture that get one."""
    rows = []
    wrong = [a.document for a in result.false_present]
    for source in SOURCES:
        for masked in (False, True):
            asked = [a for a in result.of("fracture_present", masked=masked) if a.source == source]
            free = [a.document for a in asked if a.accepted[0] == "no"]
            if free:
                named = [name for name in free if name in wrong]
                place = f"{source}, masked" if masked else source
                rows.append((place, str(len(free)), str(len(named)), ", ".join(named) or "none"))
    rows.append(("all", str(sum(int(row[1]) for row in rows)), str(len(wrong)), ", ".join(wrong) or "none"))
    return table(("source", 'texts labelled "no"', "read as `present`", "which"), rows)


def wrongly_met(result: Result) -> str:
    """Facts that could meet a criterion and are not so."""
    wrong = wrong_met(result.answers)
    rows = []
    for name in WRONG_MET:
        these = [a for kind, a in wrong if kind == name]
        which = "; ".join(f"{a.document} {a.field}: {accepted(a)}, read {a.read}" for a in these)
        rows.append((name, str(len(these)), which or "none"))
    return table(("wrongly met", "texts and levels", "which"), rows)


def errors(result: Result, *, masked: bool) -> str:
    """Every error with its reason."""
    rows = [
        (a.document, a.field, accepted(a), a.read, one.kind, one.why)
        for a, one in result.reviewed.understood
        if a.masked == masked
    ]
    rows += [
        (a.document, a.field, accepted(a), a.read, "**not yet understood**", "")
        for a in result.reviewed.not_yet
        if a.masked == masked
    ]
    rows.sort()
    return table(("text", "field", "right", "read", "kind", "why"), rows) if rows else "None.\n"


def lexicon(result: Result) -> str:
    """Which entries decide a text."""
    once = [entry for entry in result.entries if entry.texts == 1]
    several = [entry for entry in result.entries if entry.texts > 1]
    lines = [
        "An entry decides a text when the text reads differently without it.",
        "",
        f"- {len(several)} entries decide two texts or more.",
        f"- {len(once)} decide exactly one. Beside each stands an ordinary sentence of its group that it decides",
        "  too, or none where it decides none of them.",
        f"- {result.idle} decide none.",
        "",
        "### Entries that decide two texts or more",
        "",
        table(("kind", "value", "entry", "texts"), [(e.kind, e.value, e.spelling, str(e.texts)) for e in several]),
        "### Entries that decide one text",
        "",
        table(
            ("kind", "value", "entry", "ordinary sentence that it decides too"),
            [(e.kind, e.value, e.spelling, e.frame or "**none**") for e in once],
        ),
    ]
    return "\n".join(lines)


def page(result: Result) -> str:
    """The whole report."""
    count = sum(result.texts.values())
    unmasked = [a for a in result.answers if not a.masked]
    masked = [a for a in result.answers if a.masked]
    kinds = Counter(one.kind for _, one in result.reviewed.understood)
    parts = [
        HEAD.format(count=count, fingerprint=result.fingerprint),
        "## Wrong findings\n\nA fracture that is not there is the worst fault, a criterion wrongly met the next.\n",
        false_positives(result),
        wrongly_met(result),
        "## Targets\n",
        table(
            ("target", "measured", "reached", "needed to pass"),
            [
                (t.what, t.measured, "yes" if t.reached else "**no**", "yes" if t.required else "no")
                for t in targets(result)
            ],
        ),
        f"## Unmasked texts, all sources\n\n{FIGURES}",
        figures(unmasked),
        f"## Masked texts\n\n{MASKS}",
        figures(masked),
        "## Differences\n\nEach was looked at in its text; the reasons are written for this page, in our own words.\n",
        table(("kind", "what it means", "differences"), [(kind, KINDS[kind], str(kinds[kind])) for kind in KINDS]),
        "### Unmasked texts\n",
        errors(result, masked=False),
        "### Masked texts\n",
        errors(result, masked=True),
        "## Worked sentences\n\nThe visible sentences of the clinical specification's section G, field by field "
        "(`tests/reports/test_worked_sentences.py`).\n",
        table(
            ("field", "right", "of"),
            [(field, str(s.right), str(s.total)) for field, s in sorted(result.sentences.items())],
        ),
        "## By source\n",
        sources(result),
        "Unmasked texts, without the classes that neither a label nor the reader names.\n",
    ]
    for source in SOURCES:
        these = [a for a in unmasked if a.source == source]
        if these:
            parts += [f"### {source}\n", figures(these, every_class=False)]
    parts += [
        "## How a reading is scored\n\n"
        "Findings of a body (T1 to L5) or without a level count, those of the neck and the sacrum do not.\n",
        table(("fact", "answer"), [(fact.title, fact.rule) for fact in FACTS]),
        "## Lexicon\n",
        lexicon(result),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"
