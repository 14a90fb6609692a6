"""docs/recommendations.md: one sheet a recommendation, for somebody who checks each rule against its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from cds_service.hooks.cards import cards_directory
from cds_service.hooks.evidence import Clause, Statement, statements
from cds_service.hooks.invoke import invoke
from cds_service.hooks.offer import offered_services
from cds_service.hooks.services import HOOKS as OFFERED
from cds_service.knowledge.coverage import load_coverage
from cds_service.knowledge.thresholds import Threshold, load_threshold_entries, load_thresholds
from cds_service.recommendations.merge import MATRIX
from cds_service.recommendations.recommendation import Recommendation
from cds_service.settings import Settings
from scripts.sheets.coverage import carried_by
from scripts.sheets.facts import fact_sheets
from scripts.sheets.rules import module_text, rule_literals, rules_of_recommendation
from scripts.sheets.topics import shorthands
from scripts.sheets.words import (
    HOOKS,
    NOT_REVIEWED,
    PART,
    ROLES,
    WRITTEN,
    code_list,
    drafts,
    name_of,
    number,
    parts,
    place,
    read_as,
    register,
    site_range,
    table,
    where,
)
from tests.clinical.builder import AS_OF, VIGNETTES, as_of, build, load_vignettes
from tests.clinical.running import evaluated, facts_of, read

Vignette = Mapping[str, Any]

INTRODUCTION: Final = """\
Each sheet is one recommendation: what it says, where that stands, every criterion with its place in a source, the
numbers it compares with, what it reads of the record, when it keeps silent, and a card as a clinician sees it.

How to check a rule: take the criterion's place, read the sentence there, and ask whether the criterion asks the same.
*Must hold* and *speaks against, when present* are different things: a criterion that must hold and cannot be told
keeps the recommendation back, while something that speaks against acts only when it is documented, and is otherwise
printed as “not documented, verify”. *To be confirmed* is what nobody records reliably: it becomes a line to check
before acting, and keeps nothing back. *Part of the above* is one of several things that a criterion above it counts
together, or that the card shows beside it. Criteria are worked out on an example of whom nothing is documented, so one
that exists only when its finding does is missing there; it has its row among those of the decision table.

How a source was read stands beside each place: in full, as an excerpt, second-hand, or not at all (general knowledge,
and our own choices). Rule ids are those of the decision table, listed in [coverage.md](coverage.md); what is read of
the record, and what an empty answer means, is in [facts.md](facts.md)."""

COMMON_SILENCE: Final = """\
For every recommendation: nothing is shown of the deceased or of test and confidential encounters (G-02); under 18 only
red flags are (G-01); a scheduler sees preparation, coverage, bleeding risk and a critical contraindication alone
(SL-07); an order hook without a related order shows alarms alone (SL-08); a neurological emergency or spinal infection
takes augmentation and conservative care off the screen (D14); and no more cards are shown than the caps allow (D14)."""

SITE_SETTINGS: Final = {
    "red_flag_cards": "the site keeps red-flag cards off the screen; augmentation cards stay away all the same",
}


def page() -> str:
    """docs/recommendations.md."""
    sheets = [_sheet(statement) for statement in statements(load_thresholds())]
    blocks = ["# Recommendations", f"{WRITTEN} {NOT_REVIEWED}", INTRODUCTION, COMMON_SILENCE, _contents(), *sheets]
    linked = {id_.upper() for id_ in re.findall(r"\(#source-([a-z0-9-]+)\)", "\n".join(sheets))}
    sources = f"## Sources\n\n{register(linked)}"
    return "\n\n".join(block for block in (*blocks, sources) if block) + "\n"


def _contents() -> str:
    rows = (
        (f"[{s.text.title}](#{s.recommendation.id})", f"`{s.recommendation.id}`", shorthands()[s.recommendation.id])
        for s in statements(load_thresholds())
    )
    return table(("Recommendation", "Code", "Shorthand"), rows)


def _sheet(statement: Statement) -> str:
    recommendation, topic = statement.recommendation, statement.recommendation.id
    sections = (
        ("Where it stands", _sources(recommendation)),
        ("Sentences of the sources that it carries out", _sentences(topic)),
        ("Rows of the decision table behind it", _rows_of_the_table(topic)),
        ("Criteria", _criteria(statement.clauses)),
        ("Numbers", _numbers(topic)),
        ("What it reads of the record", _reads(recommendation)),
        ("When it is shown", _shown(topic)),
        ("When it keeps silent although it applies", _silences(topic)),
        ("Example", _preview(topic)),
        ("Vignettes that expect it", _vignettes(topic)),
    )
    head = (
        f'<a id="{topic}"></a>\n\n## {statement.text.title}',
        f"{recommendation.statement} (`{topic}`, {shorthands()[topic]}; usual urgency: {statement.text.indicator};"
        f" written by {statement.text.authored_by}; clinical review: {statement.text.reviewed_by}.)",
        f"**Evidence, as the card puts it.** {statement.text.evidence}",
    )
    return "\n\n".join((*head, *(f"### {title}\n\n{text}" for title, text in sections if text)))


def _sources(recommendation: Recommendation) -> str:
    return table(
        ("Source and place", "How it was read"), ((where(c), read_as(c.source.read)) for c in recommendation.sources)
    )


def _sentences(topic: str) -> str:
    found = carried_by(topic, load_coverage().statements.values())
    rows = (
        (entry.id, place(entry.source) if entry.source else "", entry.says, by + _rest(entry.not_done))
        for entry, by in found
    )
    return table(("Statement", "Place", "In our words", "Carried out by"), rows)


def _rows_of_the_table(topic: str) -> str:
    found = carried_by(topic, load_coverage().rules.values())
    rows = ((entry.id, entry.says, by + _rest(entry.not_done)) for entry, by in found)
    return table(("Rule", "In our words", "Carried out by"), rows)


def _rest(not_done: str | None) -> str:
    return f". **Not done:** {not_done}" if not_done else ""


def _criteria(clauses: Iterable[Clause]) -> str:
    rows = (
        (c.label, PART if c.part else ROLES[c.role], c.rule, place(c.citation), read_as(c.citation.source.read))
        for c in sorted(clauses, key=lambda c: (c.part, list(ROLES).index(c.role)))
    )
    return table(("Criterion", "Counts as", "Rule", "Place", "How it was read"), rows)


def _numbers(topic: str) -> str:
    rows = (
        (name_of(t.name), number(t.name), place(t.citation), read_as((t.tag,)), site_range(t), t.rule)
        for t in _thresholds(topic)
    )
    return table(("Number", "Value", "Place", "How it was read", "A site may set", "Rules"), rows)


def _thresholds(topic: str) -> Iterator[Threshold]:
    """The numbers of its rules, and those its module or card names."""
    rules = rules_of_recommendation(topic)
    card = cards_directory().joinpath(f"{topic}.md").read_text(encoding="utf-8")
    module = module_text(f"recommendations.{topic.replace('-', '_')}") or ""
    named = set(re.findall(r"\blimit\.([a-z_]+)", card + module))
    for entry in load_threshold_entries().values():
        if entry.name in named or rules & set(entry.rule.replace(",", " ").split()):
            yield entry


def _reads(recommendation: Recommendation) -> str:
    sets = {name for f in fact_sheets().values() if recommendation.needs & set(f.read) for name in f.sets}
    lists = ", ".join(code_list(name) for name in sorted(sets))
    return f"Parts of the record: {parts(recommendation.needs)}.\n\nCode lists behind them: {lists}."


def _shown(topic: str) -> str:
    rows = (
        (HOOKS[hook] + ("" if hook in OFFERED else " (hook not served yet)"), drafts(wanted))
        for hook, wanted in MATRIX[topic].items()
    )
    return table(("Moment", "Shown"), rows)


def _silences(topic: str) -> str:
    rules = load_coverage().rules
    module = f"recommendations.{topic.replace('-', '_')}"
    written = (rule for name, rule in rule_literals("Silence") if name == module)
    names = dict.fromkeys((*written, *_silences_of_example(topic)))
    rows = ((name, rules[name].says if name in rules else SITE_SETTINGS.get(name, "")) for name in names)
    return table(("Rule", "In our words"), rows)


@cache
def _vignettes_by_id() -> Mapping[str, Vignette]:
    return load_vignettes()


def _expecting(topic: str) -> Iterator[tuple[str, Vignette]]:
    return ((name, v) for name, v in _vignettes_by_id().items() if topic in v["expect"])


@cache
def _example(topic: str) -> tuple[str, Vignette] | None:
    """The vignette that is most about the recommendation: one of its own file, with few other cards."""
    fitting = [(name, v) for name, v in _expecting(topic) if v.get("hook", "patient-view") in OFFERED]
    own = _own_vignettes(topic)
    return min(fitting, key=lambda found: (found[0] not in own, len(found[1]["expect"])), default=None)


def _own_vignettes(topic: str) -> frozenset[str]:
    """The ids in its own file, read as lines: the file as YAML is read once already, and slowly."""
    file = VIGNETTES / f"{topic}.yaml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return frozenset(re.findall(r"""^- \{?id: ["']?([^,"'\n]+)""", text, re.MULTILINE))


def _silences_of_example(topic: str) -> Iterator[str]:
    example = _example(topic)
    if example is not None:
        vignette = example[1]
        evaluation = evaluated(facts_of(build(vignette), as_of(vignette)), vignette.get("hook", "patient-view"))
        for judged in evaluation.judged:
            if judged.recommendation.id == topic:
                yield from (silence.rule for silence in judged.judgement.silences)


def _preview(topic: str) -> str:
    example = _example(topic)
    if example is None:
        return "No vignette shows it yet."
    name, vignette = example
    request = read(build(vignette))
    service = offered_services().for_hook(request.hook)
    response: Any = invoke(service, request, Settings(as_of=AS_OF), as_of=as_of(vignette))
    [card] = [c for c in response["cards"] if c["source"]["topic"]["code"] == topic]
    buttons = "; ".join(f"“{suggestion['label']}”" for suggestion in card.get("suggestions", ()))
    shown = [
        f"**{card['summary']}** ({card['indicator']})",
        re.sub(r" Knowledge vcf@\S+", "", card["detail"]),
        f"Source: {card['source']['label']}",
        *([f"Offered to click: {buttons}"] if buttons else []),
    ]
    quoted = "\n".join(f"> {line}".rstrip() for line in "\n\n".join(shown).splitlines())
    return f"Made-up patient, vignette `{name}`: {vignette['title']} ({HOOKS[request.hook]}).\n\n{quoted}"


def _vignettes(topic: str) -> str:
    rows = (
        (f"`{name}`", str(v["title"]), HOOKS[v.get("hook", "patient-view")], v["expect"][topic])
        for name, v in _expecting(topic)
    )
    return table(("Vignette", "Title", "Moment", "Urgency"), rows)
