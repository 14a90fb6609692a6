"""Units as records write them: one UCUM code for every spelling, its size by UCUM, and no spelling of two meanings."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.units import HEAD, folded, names_any, unit, units

MASS, COUNT, MOLES = "mass-concentration", "number-concentration", "substance-concentration"

SPELLINGS = [
    # (property, as recorded, UCUM code, where it was seen or what it shows)
    (MASS, "mg/dL", "mg/dL", "Synthea"),
    (MASS, "mg/dl", "mg/dL", "VA: the code in small letters"),
    (MASS, "MG/DL", "mg/dL", "HL7 v2 feeds in capitals"),
    (MASS, " mg / dL ", "mg/dL", "blanks"),
    (MASS, "mg%", "mg/dL", "old laboratories"),
    (MASS, "ug/L", "ug/L", "UCUM"),
    (MASS, "\N{MICRO SIGN}g/L", "ug/L", "the micro sign"),
    (MASS, "\N{GREEK SMALL LETTER MU}g/L", "ug/L", "the Greek letter"),
    (MASS, "mcg/L", "ug/L", "ISMP: mc for micro"),
    (MASS, "gm/dL", "g/dL", "US laboratories"),
    (MASS, "mg/L{CRP}", "mg/L", "an annotation says nothing of the size"),
    (MOLES, "nmol/L", "nmol/L", "UK laboratories"),
    (MOLES, "\N{MICRO SIGN}mol/L", "umol/L", "the micro sign"),
    (COUNT, "10*9/L", "10*9/L", "converters"),
    (COUNT, "10^9/L", "10*9/L", "a caret"),
    (COUNT, "10\N{SUPERSCRIPT NINE}/L", "10*9/L", "a raised figure"),
    (COUNT, "\N{MULTIPLICATION SIGN}10\N{SUPERSCRIPT NINE}/L", "10*9/L", "with a multiplication sign"),
    (COUNT, "x10E3/uL", "10*3/uL", "LabCorp"),
    (COUNT, "10+3/ul", "10*3/uL", "HL7 v2 converters"),
    (COUNT, "K/uL", "10*3/uL", "US laboratories; kelvin in UCUM"),
    (COUNT, "K/mcL", "10*3/uL", "mc for micro"),
    (COUNT, "10*3/\N{MICRO SIGN}L", "10*3/uL", "the micro sign"),
    (COUNT, "/nL", "/nL", "German laboratories"),
    (COUNT, "G/L", "10*9/L", "French laboratories: giga; gauss in UCUM"),
    (COUNT, "{cells}/uL", "/uL", "converters"),
    (COUNT, "{#}/uL", "/uL", "UCUM annotation"),
    (COUNT, "10*9{plt}/L", "10*9/L", "an annotation within"),
    ("temperature", "Cel", "Cel", "Synthea 2019"),
    ("temperature", "C", "Cel", "Synthea 2021; coulomb in UCUM"),
    ("temperature", "\N{DEGREE SIGN}C", "Cel", "flowsheets"),
    ("temperature", "\N{DEGREE CELSIUS}", "Cel", "one character"),
    ("temperature", "[degF]", "[degF]", "VA"),
    ("temperature", "degree Fahrenheit", "[degF]", "VA, the words beside the code"),
    ("temperature", "deg F", "[degF]", "flowsheets"),
    ("sedimentation", "mm/h", "mm/h", "UCUM"),
    ("sedimentation", "mm/hr", "mm/h", "US laboratories"),
    ("sedimentation", "mm", "mm/h", "of an hour, by its test"),
    ("volume", "cc", "mL", "bladder scanners"),
    ("filtration", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}", "Synthea"),
    ("filtration", "mL/min/1.73 m\N{SUPERSCRIPT TWO}", "mL/min/{1.73_m2}", "laboratories"),
    ("filtration", "ml/min", "mL/min", "converters"),
    ("body-mass-index", "kg/m\N{SUPERSCRIPT TWO}", "kg/m2", "flowsheets"),
    ("body-mass-index", "kg/m^2", "kg/m2", "a caret behind a metre"),
    ("normalised-ratio", "{INR}", "{INR}", "UCUM"),
    ("normalised-ratio", "1", "{INR}", "UCUM unity"),
    ("normalised-ratio", "RATIO", "{INR}", "HL7 v2 feeds"),
    ("standard-score", "{T-score}", "{T-score}", "Synthea"),
    ("standard-score", "T-Score", "{T-score}", "US Core, the words beside the code 1"),
    ("standard-score", "1", "{SD}", "US Core"),
    ("pain-score", "{score}", "{score}", "Synthea"),
    ("pain-score", "(score)", "{score}", "Synthea: brackets for braces"),
    ("pain-score", "mm", "mm", "a visual analogue scale"),
    ("chorionic-gonadotropin", "mIU/mL", "[IU]/L", "US laboratories"),
    ("chorionic-gonadotropin", "kU/L", "k[IU]/L", "thousands"),
    ("areal-density", "g/cm\N{SUPERSCRIPT TWO}", "g/cm2", "AU Core: a density, no score"),
    ("mass", "mcg", "ug", "prescriptions"),
    ("mass-rate", "mcg/hr", "ug/h", "patches"),
    ("pieces", "TAB", "{tbl}", "opioid-cds requests"),
    ("pieces", "Tablet", "{tbl}", "AU Core, the words beside a SNOMED CT code"),
    ("pieces", "{patch}", "{patch}", "opioid-cds requests"),
    ("time", "days", "d", "US Core, the words beside the code d"),
]


@pytest.mark.parametrize(("measures", "text", "code", "seen"), SPELLINGS)
def test_a_spelling_is_one_ucum_unit(measures: str, text: str, code: str, seen: str) -> None:
    """Units only after UCUM normalisation: each spelling was seen, or shows a rule of reading one."""
    found = unit(text, measures)
    assert found is not None, seen
    assert found.code == code, seen


@pytest.mark.parametrize(
    ("measures", "text"),
    [
        (MASS, ""),
        (MASS, "mg"),
        (MASS, "mmol/L"),
        (MASS, "mg/dL or so"),
        (MASS, "{mg/dL}"),
        (COUNT, "g/L"),
        (COUNT, "{10*9}/L{x"),
        (MOLES, "meq/L"),
        ("temperature", "K"),
        ("pain-score", "kg"),
        ("standard-score", "g/cm2"),
        (MASS, "m" * 5000),
        ("no such property", "mg/dL"),
    ],
)
def test_what_names_no_unit_of_a_property(measures: str, text: str) -> None:
    """Never a guess: another property, an unlisted unit, prose, an annotation alone."""
    assert unit(text, measures) is None


@pytest.mark.parametrize(
    ("value", "start", "end", "measures", "same"),
    [
        (5, "mg/dL", "mg/L", MASS, 50),
        (0.1, "g/L", "mg/dL", MASS, 10),
        (30, "ug/L", "ng/mL", MASS, 30),
        (13.2, "g/dL", "g/L", MASS, 132),
        (230, "10*3/uL", "10*9/L", COUNT, 230),
        (230_000, "/uL", "10*9/L", COUNT, 230),
        (230, "/nL", "10*9/L", COUNT, 230),
        (0.23, "10*12/L", "10*9/L", COUNT, 230),
        (100.4, "[degF]", "Cel", "temperature", 38),
        (37, "Cel", "[degF]", "temperature", 98.6),
        (0.5, "mL/s/{1.73_m2}", "mL/min/{1.73_m2}", "filtration", 30),
        (0.35, "L", "mL", "volume", 350),
        (3, "k[IU]/L", "[IU]/L", "chorionic-gonadotropin", 3000),
        (65, "mm", "{score}", "pain-score", 6.5),
        (25, "ug", "mg", "mass", 0.025),
        (2, "wk", "d", "time", 14),
        (1, "a", "d", "time", 365.25),
    ],
)
def test_a_number_keeps_its_meaning(value: float, start: str, end: str, measures: str, same: float) -> None:
    """UCUM, sizes of units; exact, so that a limit is met to the last figure."""
    first, second = unit(start, measures), unit(end, measures)
    assert first is not None
    assert second is not None
    assert first.to(second, value) == same
    assert second.to(first, same) == value


@pytest.mark.parametrize(
    ("code", "measures", "prefix"),
    [
        ("mg/L", MASS, Fraction(1, 10**3)),
        ("ug/L", MASS, Fraction(1, 10**6)),
        ("ng/L", MASS, Fraction(1, 10**9)),
        ("umol/L", MOLES, Fraction(1, 10**3)),
        ("nmol/L", MOLES, Fraction(1, 10**6)),
        ("pmol/L", MOLES, Fraction(1, 10**9)),
        ("g", "mass", Fraction(10**3)),
        ("ug", "mass", Fraction(1, 10**3)),
        ("dL", "volume", Fraction(100)),
    ],
)
def test_sizes_are_those_of_the_prefixes(code: str, measures: str, prefix: Fraction) -> None:
    """UCUM, table 1: the prefix makes the size; the base unit of the property has none."""
    found = unit(code, measures)
    assert found is not None
    assert found.size == prefix


def test_every_unit_is_reached_by_its_own_code() -> None:
    """No row is hidden by another; each property has a base unit of size 1."""
    for each in units():
        found = unit(each.code, each.measures)
        assert found is not None
        assert found.same(each), each.code
    measured = {each.measures for each in units()}
    assert {each.measures for each in units() if each.size == 1 and each.start == 0} == measured


def test_the_table_says_where_it_is_from() -> None:
    """design.md section 6: source and licence; UCUM asks for its notice."""
    content = read_toml(data_directory() / "units.toml")
    assert set(content) > HEAD
    assert "https://ucum.org" in content["source"]
    assert "Regenstrief" in content["licence"]


def test_what_names_a_unit_at_all() -> None:
    """A unit of whatever property is a unit; prose and annotations are none."""
    assert names_any("g/cm2")
    assert names_any("mmol/l")
    assert not names_any("thousand per microliter of blood")
    assert not names_any("")


def test_folding_is_stable() -> None:
    """A folded spelling folds to itself."""
    for _, text, _, _ in SPELLINGS:
        assert folded(folded(text)) == folded(text)
