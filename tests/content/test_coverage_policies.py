"""The register of coverage policies: what it holds, and that a wrong one is refused when the service starts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds_service.knowledge.coverage_policies import load_coverage_policies, read_coverage_policies
from cds_service.knowledge.data import data_directory
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import ICD_10_CM
from cds_service.knowledge.value_set import value_set

REGISTER = load_coverage_policies()
TEXT = (data_directory() / "coverage_policies.toml").read_text(encoding="utf-8")


def test_the_policies_are_those_of_the_source_register() -> None:
    """Source register LCD-N, -E, -G, -M, -O: eight policies, of which one was read in full and is the list."""
    assert set(REGISTER.policies) == {
        "L34106", "L34228", "L33569", "L38201", "L38737", "L34976", "L35130", "L38213"
    }  # fmt: skip
    assert [p.id for p in REGISTER.policies.values() if p.tag == "P"] == ["L34106"]
    assert REGISTER.file_list.id == "L34106"
    assert {p.id for p in REGISTER.policies.values() if p.malignant} == {"L38201", "L38737", "L34976"}


@pytest.mark.parametrize(
    ("state", "policy"),
    [
        ("AK", "L34106"),
        ("AZ", "L34106"),
        ("WA", "L34106"),
        ("NY", "L33569"),
        ("RI", "L33569"),
        ("TX", None),
        ("CA", None),
    ],
)
def test_a_state_has_the_policy_whose_list_names_it(state: str, policy: str | None) -> None:
    """Appendix I: a state that no list names has no policy here; nothing is guessed."""
    found = REGISTER.of_state(state)
    assert (found.id if found is not None else None) == policy


def test_what_is_not_known_is_left_out() -> None:
    """Appendix I: no state list of Noridian JE was read, no effective date of NGS; contractors may be unverified."""
    assert REGISTER.policies["L34228"].states == frozenset()
    assert REGISTER.policies["L34228"].effective == date(2021, 1, 10)
    assert REGISTER.policies["L33569"].effective is None
    assert not REGISTER.policies["L33569"].states_whole
    assert REGISTER.policies["L38737"].contractor_tag == "GK"
    perhaps = REGISTER.perhaps_of("TX")
    assert perhaps is not None
    assert perhaps.id == "L35130"


def test_the_prior_authorisation_model_is_dated() -> None:
    """WISER: six states, services from 15 January 2026 to 31 December 2031."""
    assert REGISTER.wiser.states == {"NJ", "OH", "OK", "TX", "AZ", "WA"}
    assert (REGISTER.wiser.first, REGISTER.wiser.last) == (date(2026, 1, 15), date(2031, 12, 31))


def test_the_codes_are_those_of_the_groups_and_are_members() -> None:
    """DE-02: group 1 and 2; each is a code of our sets, so a record's spelling reaches it. CPT numbers alone."""
    dx = REGISTER.diagnoses
    assert dx.alone == {"M80.08XA", "M80.08XS", "M80.88XA", "M80.88XS"}
    assert dx.pathologic == {"M84.58XA", "M84.58XS"}
    assert dx.causes == {"C41.2", "C79.51", "C79.52", "C90.00", "C90.01", "C90.02"}
    assert dx.myeloma == {"C90.00", "C90.01", "C90.02"}
    for code in dx.alone | dx.pathologic:
        assert value_set("vcf-diagnosis").row(ICD_10_CM, code) is not None
    numbers = {n for t in REGISTER.techniques for n in (t.thoracic, t.lumbar, t.additional)}
    assert numbers == {str(n) for n in range(22510, 22516)}


@pytest.mark.parametrize(
    ("written", "instead", "why"),
    [
        ('"AK", "AZ"', '"AK", "XX"', "no such state"),
        ('states = ["CT"', 'states = ["AZ", "CT"', "two policies"),
        ("last = 2031-12-31", "last = 2025-12-31", "first must not lie after last"),
        ("first = 2026-01-15", 'first = "2026-01-15"', "must be a date"),
        ("effective = 2024-10-03", "effective = 1024-10-03", "must be a date"),
        ('citation = "WISER", place = "90 FR', 'citation = "WISR", place = "90 FR', "no source"),
        ('tag = "P"\nnote', 'tag = "GK"\nnote', "tag its source was read by"),
        ('contractor_tag = "GK"', 'contractor_tag = "?"', "contractor_tag"),
        ('thoracic = "22510"', 'thoracic = "22513"', "no verified number"),
        ('thoracic = "22510"', 'thoracic = "22520"', "no verified number"),
        ('"M80.08XA"', '"M8008XA"', "M8008XA"),
        ('myeloma = ["C90.00"', 'myeloma = ["C61"', "among with_one_of"),
        ('policy = "L34106"', 'policy = "L99999"', "one of those listed"),
        ('policy = "L34106"', 'policy = "L35130"', "read in full"),
        ("[policies.L38213]", "[policies.38213]", "no LCD number"),
        ('AL = "Alabama"', 'Ala = "Alabama"', "two letters"),
        ("[wiser]", "[wisr]", "tables differ"),
        ('contractor = "WPS"\n', "", "lacks"),
        ("malignant = true", "malign = true", "unknown keys"),
    ],
)
def test_a_wrong_register_is_refused(tmp_path: Path, written: str, instead: str, why: str) -> None:
    """The service does not start with a register whose states, dates, codes or citations are wrong."""
    assert written in TEXT
    file = tmp_path / "coverage_policies.toml"
    file.write_text(TEXT.replace(written, instead, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=why):
        read_coverage_policies(file)
