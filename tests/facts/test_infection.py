"""DE-21, RF-04: infection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import SNOMED, concept, condition, facts, form, observation


@pytest.mark.parametrize(
    ("given", "kind", "by_wording"),
    [
        (condition("M46.26"), "spinal", False),
        (condition("M4646"), "spinal", False),
        (condition("63627007", SNOMED), "spinal", False),
        (condition("K68.12"), "spinal", False),
        (condition("M86.18"), "systemic", False),
        (condition("M86.18", bodySite=[concept("66794005", SNOMED)]), "spinal", False),
        (condition("G06.2", text="epidural abscess, lumbar spine"), "spinal", False),
        (condition("G06.2", text="intracranial epidural abscess of the spinal meninges"), "systemic", False),
        (condition("A41.9"), "sepsis", False),
        (condition("R78.81"), "bacteraemia", False),
        (condition("I33.0"), "systemic", False),
        (condition("R50.9"), "fever", False),
        (condition(text="Lumbar discitis"), "spinal", True),
        (condition("zz", "http://local", text="Vertebral osteomyelitis"), "spinal", True),
        (condition(text="Spinal epidural abscess"), "spinal", True),
        (condition(text="Sepsis"), "sepsis", True),
        (condition("D84.821"), "immunosuppression", False),
        (condition("Z94.0"), "immunosuppression", False),
        (condition(text="Immunocompromised"), "immunosuppression", True),
        (condition(text="Intravenous drug use"), "iv-drug-use", True),
    ],
)
def test_kinds(given: dict[str, Any], kind: str, by_wording: bool) -> None:
    """DE-21, decision 15: by code; a code that may be elsewhere needs the spine; else by wording."""
    assert [(each.kind, each.active, each.by_wording) for each in facts(given).infection.diseases.items] == [
        (kind, True, by_wording)
    ]


@pytest.mark.parametrize(
    "given",
    [
        condition(text="Osteomyelitis of the foot"),
        condition(text="rule out discitis"),
        condition(text="No sepsis"),
        condition(text="sepsis screening"),
        condition(text="family history of discitis"),
        condition(text="aseptic necrosis"),
        condition("Z94.7"),
        condition("M46.26", verified="refuted"),
        condition("A41.9", verified="entered-in-error"),
    ],
)
def test_what_is_no_infection(given: dict[str, Any]) -> None:
    """Another bone, denied, screened for, in the family, refuted."""
    assert facts(given).infection.diseases.items == ()


@pytest.mark.parametrize(
    "given",
    [
        condition("M46.26", status="resolved"),
        condition(text="history of discitis"),
        condition("A41.9", abatementDateTime="2025"),
    ],
)
def test_past_infections_are_not_active(given: dict[str, Any]) -> None:
    """CX-02 asks for an active one."""
    assert [each.active for each in facts(given).infection.diseases.items] == [False]


@pytest.mark.parametrize(
    ("given", "celsius"),
    [
        (observation("8310-5", 38.4, "Cel"), 38.4),
        (observation("8310-5", 38.4, "\u00b0C"), 38.4),
        (observation("8310-5", 101.12, "[degF]"), 38.4),
        (observation("8331-1", 100.4, "F"), 38.0),
        (observation("8310-5", 38.0), 38.0),
        (observation("8310-5", 100.4), 38.0),
        (observation("8310-5", 60), None),
        (observation("8310-5", 311, "K"), None),
        (observation("8310-5", 98.6, "Cel"), None),
        (observation("8310-5", 38.4, "Cel", status="entered-in-error"), None),
        (observation("8302-2", 38.4, "Cel"), None),
    ],
)
def test_temperature(given: dict[str, Any], celsius: float | None) -> None:
    """DE-21: Celsius or Fahrenheit by the unit, without one by the only scale a body can have."""
    assert [each.value for each in facts(given).infection.temperature_c.items] == ([] if celsius is None else [celsius])


@pytest.mark.parametrize(
    ("given", "mg_l"),
    [
        (observation("1988-5", 140, "mg/L"), 140),
        (observation("1988-5", 14, "mg/dL"), 140),
        (observation("1988-5", 5, "ug/mL"), 5),
        (observation("1988-5", 14), None),
        (observation("1988-5", 14, "nmol/L"), None),
        (observation("1988-5", None, valueQuantity={"value": 5, "comparator": "<", "unit": "mg/L"}), None),
        (observation("1988-5", None, valueQuantity={"value": 300, "comparator": ">", "unit": "mg/L"}), 300),
        (observation("30522-7", 14, "mg/L"), None),
    ],
)
def test_crp(given: dict[str, Any], mg_l: float | None) -> None:
    """DE-21: mg/L and mg/dL; no unit, no number; an unverified code is none."""
    assert [each.value for each in facts(given).infection.crp_mg_l.items] == ([] if mg_l is None else [mg_l])


@pytest.mark.parametrize(("unit", "value"), [("mm/h", 60), ("mm/hr", 60), (None, 60), ("mg/L", None)])
def test_esr(unit: str | None, value: float | None) -> None:
    """DE-21."""
    assert [each.value for each in facts(observation("4537-7", 60, unit)).infection.esr_mm_h.items] == (
        [] if value is None else [value]
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (observation("600-7", "No growth after 5 days"), False),
        (observation("600-7", "No organisms isolated"), False),
        (observation("600-7", "Growth of Staphylococcus aureus"), True),
        (observation("600-7", "POSITIVE"), True),
        (observation("600-7", "negative"), False),
        (observation("600-7", concept("3092008", SNOMED, display="Staphylococcus aureus (organism)")), True),
        (observation("600-7", concept("10828004", SNOMED, display="Positive")), True),
        (observation("600-7", None, interpretation=[concept("POS", "x")]), True),
        (observation("600-7", None, interpretation=[concept("NEG", "x")]), False),
        (observation("600-7", "Coagulase negative staphylococcus, probable contaminant"), None),
        (observation("600-7", "pending"), None),
        (observation("600-7", "Gram negative rods, E. coli isolated. No MRSA."), True),
        (observation("600-7", "Coagulase negative staphylococcus in 2 of 2 bottles"), True),
        (observation("600-7", "No gram negative rods seen, no growth"), False),
        (observation("600-7", "Growth of E. coli", status="entered-in-error"), None),
        (observation("600-7", "Growth of E. coli", status="registered"), None),
    ],
)
def test_blood_cultures(given: dict[str, Any], says: bool | None) -> None:
    """DE-21: by interpretation, coded value or words; "no growth" is negative, a contaminant neither."""
    assert [each.says for each in facts(given).infection.blood_cultures.items] == ([] if says is None else [says])


def test_gaps_and_the_answer() -> None:
    """Decision 1: labs prove nothing by silence; a normal value is a value."""
    told = facts(observation("8310-5", 36.8, "Cel"), form(fever_or_sepsis=True)).infection
    assert (told.temperature_c.gap, told.crp_mg_l.gap, told.diseases.gap) == (None, "not documented", None)
    assert [each.says for each in told.fever_or_sepsis.items] == [True]
    assert facts(without=("observations",)).infection.crp_mg_l.gap == "observations not sent"


@pytest.mark.parametrize(
    ("given", "kind", "active"),
    [
        (condition("T81.41XA"), "site", True),
        (condition("T81.41XS"), "site", False),
        (condition("T8140XD"), "site", True),
        (condition("T84.63XA"), "site", True),
        (condition("L03.312"), "site", True),
        (condition("L02.212", status="resolved"), "site", False),
        (condition("J18.9"), "organ", True),
        (condition("J12.89"), "organ", True),
        (condition("N39.0"), "organ", True),
        (condition("N10"), "organ", True),
        (condition(text="Surgical site infection"), "site", True),
        (condition(text="Postoperative wound infection of the back"), "site", True),
        (condition(text="Cellulitis of the lower back"), "site", True),
        (condition(text="Skin infection over lumbar spine"), "site", True),
        (condition(text="Paraspinal soft tissue infection"), "site", True),
        (condition(text="History of surgical site infection"), "site", False),
        (condition(text="Active systemic infection"), "systemic", True),
        (condition(text="Bloodstream infection"), "systemic", True),
        (condition(text="Community-acquired pneumonia"), "organ", True),
        (condition(text="Acute pyelonephritis"), "organ", True),
        (condition(text="UTI"), "organ", True),
        (condition(text="Paraspinal abscess"), "spinal", True),
    ],
)
def test_infections_of_the_site_and_of_an_organ(given: dict[str, Any], kind: str, active: bool) -> None:
    """CX-02: of the place of the procedure, of the body, and of an organ, each by code or wording."""
    (found,) = facts(given).infection.diseases.items
    assert (found.kind, found.active) == (kind, active)


@pytest.mark.parametrize(
    "given",
    [
        condition("T81.30XA"),
        condition("L03.115"),
        condition("N30.10"),
        condition("J44.9"),
        condition(text="Infected wound of left knee"),
        condition(text="Cellulitis of left leg"),
        condition(text="Recurrent urinary tract infections"),
        condition(text="Interstitial cystitis"),
        condition(text="Pneumonia vaccination"),
        condition(text="No wound infection"),
    ],
)
def test_infections_of_no_concern(given: dict[str, Any]) -> None:
    """CX-02: of another place, over and over, or none at all."""
    assert facts(given).infection.diseases.items == ()
