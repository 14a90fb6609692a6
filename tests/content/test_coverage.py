"""The register of statements and rules (`knowledge/coverage.toml`): complete, and true in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.hooks.cards import cards_directory, load_cards
from cds_service.knowledge.conflicts import load_conflicts
from cds_service.knowledge.coverage import Entry, Place, load_coverage, place, read_coverage
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.thresholds import load_threshold_entries
from cds_service.recommendations import ALL
from scripts.sheets.coverage import SECTIONS
from scripts.sheets.rules import (
    cited_lines,
    lines_of,
    module_text,
    modules,
    rule_literals,
    rules_in,
    rules_of_module,
    rules_of_recommendation,
)

COVERAGE = load_coverage()
ENTRIES: Mapping[str, Entry] = {**COVERAGE.statements, **COVERAGE.rules}
BUILT = {r.id for r in ALL}


def numbered(family: str, last: int, first: int = 1) -> set[str]:
    """``numbered("S0", 3)`` -> S0-01, S0-02, S0-03."""
    return {f"{family}-{number:02}" for number in range(first, last + 1)}


# The numbering of the decision table and of the list of statements, written out a second time.
SEED_STATEMENTS = {
    *numbered("S0", 19),
    *numbered("S1", 17),
    *numbered("S2", 18),
    *numbered("S3", 22),
    *numbered("S4", 34),
}
LCD_STATEMENTS = {
    *("LCD-a", "LCD-b-i", "LCD-b-ii", "LCD-c"),
    *("LCD-x-a-i", "LCD-x-a-ii", "LCD-x-a-iii"),
    *(f"LCD-x-b-{number}" for number in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")),
}
RULES = {
    *numbered("G", 5),
    *numbered("FX", 9),
    *numbered("AC", 9),
    *numbered("LV", 4),
    *numbered("ET", 9),
    *numbered("RF", 8),
    "RF-03b",
    *numbered("IM", 12, first=0),
    *numbered("CM", 9),
    *numbered("VA", 17),
    *numbered("CX", 15),
    *numbered("VK", 1),
    *numbered("SP", 10),
    *numbered("OS", 9),
    *numbered("PP", 11),
    *numbered("FU", 8),
    *numbered("CF", 7),
    *numbered("SL", 9),
    *numbered("OC", 7),
    *numbered("OC", 16, first=10),
    *numbered("OC", 31, first=20),
    *numbered("OC", 42, first=40),
    *numbered("OC", 53, first=50),
    *numbered("OC", 62, first=60),
}
ON_PURPOSE = {"OC-51", "OC-52", "OC-53", "OS-07", "CM-09", "SL-09"}
PROMISES = {"S0-13", "S4-23"}
NO_ROW = re.compile(
    "|".join((r"D\d{1,2}(?: \(.*\))?", r"decision \d+.*", "red_flag_cards", *SECTIONS, *load_conflicts()))
)
"""What a criterion or silence may name that is no row of the table: a whole section or family of rows, a decision, a
site's setting, a conflict between sources.
"""


# ------------------------------------------------------------------------------------------------------------- complete


def test_every_statement_is_accounted_for() -> None:
    """All 110 statements of the five pages and every criterion and exclusion of the coverage text, and no other."""
    assert len(SEED_STATEMENTS) == 110
    assert set(COVERAGE.statements) == SEED_STATEMENTS | LCD_STATEMENTS


def test_every_rule_is_accounted_for() -> None:
    """Every row of the decision table (D0 to D15) and of the order checks (E), and no other."""
    assert set(COVERAGE.rules) == RULES


def test_a_statement_cites_its_own_source() -> None:
    """S2-05 stands in S2, and the coverage criteria in L34106."""
    for id_, entry in COVERAGE.statements.items():
        assert entry.source is not None
        assert entry.source.source.id == ("LCD-N" if id_.startswith("LCD") else id_[:2])
        assert bool(lines_of(entry.source.place)) == (not id_.startswith("LCD"))


def test_the_numbering_is_that_of_the_specification(shared: Path) -> None:
    """The ids, and the lines of the statements, are those of the specification itself."""
    text = (shared / "spec" / "clinical.md").read_text(encoding="utf-8")
    section = {name: text.split(f"\n## {name}. ", 1)[1].split("\n---\n", 1)[0] for name in "ADE"}
    rows = re.findall(r"^\| (S[0-4]-\d\d) \| (S[0-4]) \(([^)]*)\) \|", section["A"], re.MULTILINE)
    assert {id_ for id_, _, _ in rows} == SEED_STATEMENTS
    for id_, _, lines in rows:
        entry = COVERAGE.statements[id_]
        assert entry.source is not None
        first, *rest = (int(number) for number in re.findall(r"\d+", lines))
        spoken = set(range(first, rest[-1] + 1)) if "–" in lines else {first, *rest}
        cited = set(lines_of(entry.source.place))
        assert cited == spoken or cited == {first, *rest}, id_
    mentioned = rules_in(section["D"] + section["E"]) - SEED_STATEMENTS
    assert mentioned == RULES


@pytest.mark.parametrize("id_", sorted(SEED_STATEMENTS))
def test_a_statement_stands_where_it_is_cited(shared: Path, id_: str) -> None:
    """Each cited line of the page has one of the words noted for it, and each word stands in one of the lines."""
    entry = COVERAGE.statements[id_]
    assert entry.source is not None
    assert entry.words, "note a few words of the place"
    [page] = (shared / "seeds").glob(f"00{entry.source.source.id[1]}_*.txt")
    lines = page.read_text(encoding="utf-8").splitlines()
    cited = [lines[number - 1].lower() for number in lines_of(entry.source.place)]
    words = [word.lower() for word in entry.words]
    assert all(any(word in line for word in words) for line in cited), cited
    assert all(any(word in line for line in cited) for word in words), words


# ----------------------------------------------------------------------------------------------- true: register to code


def found_at(where: Place) -> Iterator[str]:
    """What of a place is not there, in words."""
    if where.kind in ("recommendation", "card"):
        if where.name not in BUILT:
            yield f"no recommendation {where.name}"
            return
        yield from _lacking_in_card(where) if where.kind == "card" else _lacking_in_recommendation(where)
    elif where.kind == "module":
        source = module_text(where.name)
        if source is None:
            yield f"no module {where.name}"
            return
        said = rules_of_module(where.name)
        yield from (f"{rule} is not said in {where.name}" for rule in where.rules if rule not in said)
        yield from (f"no {each!r} in {where.name}" for each in where.phrases if each not in source)


def _lacking_in_recommendation(where: Place) -> Iterator[str]:
    known = rules_of_recommendation(where.name)
    yield from (
        f"{rule} is not in {where.name}, which has {sorted(known)}" for rule in where.rules if rule not in known
    )


def _lacking_in_card(where: Place) -> Iterator[str]:
    notes = load_cards()[where.name].notes
    text = cards_directory().joinpath(f"{where.name}.md").read_text(encoding="utf-8")
    yield from (
        f"no line {key} on card {where.name}, which has {sorted(notes)}" for key in where.keys if key not in notes
    )
    yield from (f"no {each!r} on card {where.name}" for each in where.phrases if each not in text)


def test_every_place_is_really_there() -> None:
    """A recommendation judges by the rule or says it; a card has the line, a shared module the rule."""
    lacking = [f"{id_}: {what}" for id_, e in ENTRIES.items() for where in e.implemented_by for what in found_at(where)]
    assert not lacking, "\n".join(lacking)


def test_a_place_that_is_not_there_is_noticed() -> None:
    """The check above can fail: for a rule, a card's line, words, a module and a topic that are not there."""
    for text in (
        "spinal-infection: VA-02",
        "card conservative-care: no-such-line",
        'card conservative-care: "must be worn"',
        "module criteria.acuity: SL-09",
        "module criteria.nothing: AC-01",
        "no-such-topic: VA-02",
    ):
        assert list(found_at(place("test", text))), text
    assert not list(found_at(place("test", "augmentation-referral: VA-02")))


def test_every_recommendation_carries_a_statement_or_a_rule() -> None:
    """No recommendation stands on nothing."""
    named = {p.name for e in ENTRIES.values() for p in e.implemented_by if p.kind == "recommendation"}
    assert named == BUILT


def test_what_was_left_out_on_purpose_is_left_out() -> None:
    """Decision 18's rows say so, and a promise of outcome is implemented nowhere."""
    assert all("decision 18" in (COVERAGE.rules[id_].left_out_because or "") for id_ in ON_PURPOSE)
    assert not [id_ for id_ in PROMISES if COVERAGE.statements[id_].implemented_by]


# ----------------------------------------------------------------------------------------------- true: code to register


def test_every_rule_of_the_code_is_in_the_register_and_not_left_out() -> None:
    """The rule of every criterion and silence is a row of the table that counts as implemented."""
    literals = sorted({(rule, module) for module, rule in rule_literals()})
    assert len(literals) > 40
    unknown = [f"{module}: {rule}" for rule, module in literals if rule not in RULES and not NO_ROW.fullmatch(rule)]
    assert not unknown
    left_out = [f"{module}: {rule}" for rule, module in literals if rule in RULES and not ENTRIES[rule].implemented_by]
    assert not left_out


def test_every_rule_of_a_threshold_is_in_the_register() -> None:
    """A number belongs to rows of the table (or to a statement), and to none that was left out."""
    for name, entry in load_threshold_entries().items():
        for rule in entry.rule.replace(",", " ").split():
            assert rule in ENTRIES or NO_ROW.fullmatch(rule), (name, rule)
            assert rule not in ENTRIES or ENTRIES[rule].implemented_by, (name, rule)


def test_no_module_names_a_rule_that_does_not_exist() -> None:
    """Docstrings, comments and literals name rows of the table and statements, or nothing."""
    strange = {name: sorted(rules_of_module(name) - set(ENTRIES)) for name, _ in modules()}
    assert not {name: rules for name, rules in strange.items() if rules}


def cited_places() -> Iterator[tuple[str, str, str]]:
    """Who cites which place of which source: the code, the thresholds, the conflicts."""
    yield from cited_lines()
    for name, entry in load_threshold_entries().items():
        yield name, entry.citation.source.id, entry.citation.place
    for id_, conflict in load_conflicts().items():
        yield from ((id_, c.source.id, c.place) for side in conflict.sides for c in side.citations)


def test_every_line_of_a_page_that_is_cited_holds_a_statement_of_the_register() -> None:
    """Nothing is cited from the five pages that the register does not account for."""
    known = {
        (e.source.source.id, line)
        for e in COVERAGE.statements.values()
        if e.source
        for line in lines_of(e.source.place)
    }
    pages = [cited for cited in cited_places() if re.fullmatch(r"S[0-4]", cited[1])]
    assert len(pages) > 40
    for who, source, cited in pages:
        lines = lines_of(cited)
        assert lines, (who, source, cited)
        # Between the first and the last line of a longer passage the page may hold headings and pictures.
        assert {(source, lines[0]), (source, lines[-1])} <= known, (who, source, cited)


# ---------------------------------------------------------------------------------------------------------- well formed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("augmentation-referral: VA-02, VA-03", Place("recommendation", "augmentation-referral", ("VA-02", "VA-03"))),
        ("card conservative-care: analgesia", Place("card", "conservative-care", keys=("analgesia",))),
        (
            'card conservative-care: "as an option, yes"',
            Place("card", "conservative-care", phrases=("as an option, yes",)),
        ),
        ("module criteria.course: S3-08", Place("module", "criteria.course", ("S3-08",))),
        ("threshold severe_nrs: VA-06", Place("threshold", "severe_nrs", ("VA-06",))),
    ],
)
def test_a_place_is_read(text: str, expected: Place) -> None:
    """The four forms of a place."""
    assert place("test", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("augmentation-referral", "augmentation-referral: ", "table augmentation-referral: VA-02", 3),
        *("augmentation-referral: analgesia", "augmentation-referral: VA-2", "card conservative-care: VA-02"),
        *("threshold severe_nrs: VA-07", "threshold no_such_number: VA-07", "module criteria.course: course"),
    ],
)
def test_what_is_no_place_is_refused(text: object) -> None:
    """A misspelt place stops the loading."""
    with pytest.raises(ContentError, match="entry"):
        place("entry", text)


SOUND: Mapping[str, Any] = {"says": "Something.", "implemented_by": ["augmentation-referral: VA-02"]}
STATED: Mapping[str, Any] = {**SOUND, "source": {"citation": "S0", "place": "line 6"}, "words": ["tumors"]}


@pytest.mark.parametrize(
    "changed",
    [
        *({"says": None}, {"says": "no full stop"}, {"says": "x" * 300 + "."}, {"implemented_by": []}),
        *({"left_out_because": "Both."}, {"because": "Unknown key."}, {"not_done": ""}),
        *({"source": {"citation": "S0"}}, {"source": {"citation": "S9", "place": "line 6"}}, {"words": [""]}),
        {"implemented_by": [], "left_out_because": "Left out.", "not_done": "Something."},
    ],
)
def test_an_entry_that_is_not_sound_is_refused(changed: Mapping[str, Any]) -> None:
    """Exactly one of implemented and left out, sentences where sentences belong, a registered source."""
    entry = {key: value for key, value in {**STATED, **changed}.items() if value is not None}
    with pytest.raises(ContentError):
        read_coverage("coverage.toml", {"statements": {"S0-01": entry}, "rules": {}})


def test_a_sound_entry_is_read() -> None:
    """The entry that the changes above start from is accepted, and an unknown table is not."""
    read = read_coverage("coverage.toml", {"statements": {"S0-01": STATED}, "rules": {"VA-02": SOUND}})
    assert read.statements["S0-01"].words == ("tumors",)
    assert read.rules["VA-02"].implemented_by == (Place("recommendation", "augmentation-referral", ("VA-02",)),)
    with pytest.raises(ContentError, match="tables"):
        read_coverage("coverage.toml", {"statements": {}, "rules": {}, "more": {}})


def test_an_entry_says_in_our_own_words(shared: Path) -> None:
    """No sentence of a page is copied: no six words in a row of `says` stand in the page."""
    pages = " ".join(
        re.sub(r"[^a-z0-9]+", " ", page.read_text(encoding="utf-8").lower())
        for page in sorted((shared / "seeds").glob("*.txt"))
    )
    for id_, entry in COVERAGE.statements.items():
        words = re.sub(r"[^a-z0-9]+", " ", entry.says.lower()).split()
        runs = [" ".join(words[start : start + 6]) for start in range(len(words) - 5)]
        assert not [run for run in runs if f" {run} " in f" {pages} "], id_
