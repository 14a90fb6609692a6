"""DE-18, DE-19, CX-07, CX-08: INR, platelets, antithrombotics, disorders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import RXNORM, concept, condition, days, facts, observation, resource


@pytest.mark.parametrize(
    ("given", "inr"),
    [
        (observation("6301-6", 1.5, "{INR}"), 1.5),
        (observation("34714-6", 2.6), 2.6),
        (observation("6301-6", "1.1"), 1.1),
        (observation("6301-6", None, valueQuantity={"value": 8, "comparator": ">"}), 8),
        (observation("6301-6", 12.5, "s"), None),
        (observation("5902-2", 12.5, "s"), None),
        (observation("6301-6", 0), None),
        (observation("6301-6", 1.5, status="cancelled"), None),
    ],
)
def test_inr(given: dict[str, Any], inr: float | None) -> None:
    """DE-18: a ratio; seconds are another test."""
    assert [each.value for each in facts(given).bleeding.inr.items] == ([] if inr is None else [inr])


@pytest.mark.parametrize(
    ("value", "unit", "count"),
    [
        (230, "10*9/L", 230),
        (230, "K/uL", 230),
        (230, "10*3/uL", 230),
        (230, "x10E3/uL", 230),
        (230000, "/uL", 230),
        (49000, "/mm3", 49),
        (230, None, None),
        (230, "g/L", None),
    ],
)
def test_platelets_in_their_units(value: float, unit: str | None, count: float | None) -> None:
    """DE-18: K/uL is 10*9/L; without a unit 230 and 230000 cannot be told apart, so neither counts."""
    assert [each.value for each in facts(observation("777-3", value, unit)).bleeding.platelets.items] == (
        [] if count is None else [count]
    )


def test_newest_first() -> None:
    """The rules take the newest."""
    given = [
        observation("6301-6", 2.6, id="a", effectiveDateTime="2026-11-01"),
        observation("6301-6", 1.4, id="b", effectiveDateTime="2026-11-19"),
    ]
    assert [each.value for each in facts(*given).bleeding.inr.items] == [1.4, 2.6]


def drug(
    code: str = "11289", status: str = "active", text: str = "", kind: str = "MedicationRequest"
) -> dict[str, Any]:
    """A medication, warfarin unless another code is given."""
    return resource(
        kind,
        status=status,
        intent="order",
        medicationCodeableConcept=concept(code, RXNORM, text),
        authoredOn="2026-01-01",
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (drug(), [("warfarin", True)]),
        (drug(status="on-hold"), [("warfarin", False)]),
        (drug(status="stopped"), [("warfarin", False)]),
        (drug("1364430"), [("doac", True)]),
        (drug("1191"), [("aspirin", True)]),
        (drug("32968", kind="MedicationStatement"), [("p2y12", True)]),
        (drug("", text="Apixaban 5 mg tablet"), [("doac", True)]),
        (drug("5224", text="heparin lock flush"), []),
        (drug(status="entered-in-error"), []),
        (drug(status="draft"), []),
    ],
)
def test_antithrombotics(given: dict[str, Any], found: list[tuple[str, bool]]) -> None:
    """DE-19: on hold is not active; a line flush is none."""
    assert [(each.kind, each.active) for each in facts(given).bleeding.antithrombotics.items] == found


def test_a_status_code_counts_only_where_drugs_were_not_read() -> None:
    """`terminology.md` 7: Z79.01 goes stale, and the medication list knows better when it is there."""
    assert facts(condition("Z79.01")).bleeding.antithrombotics.items == ()
    told = facts(condition("Z79.01"), without=("medications",)).bleeding.antithrombotics
    assert ([each.kind for each in told.items], told.gap) == (["other"], "medications not sent")


@pytest.mark.parametrize(
    ("code", "counts"),
    [("D68.4", True), ("D69.6", True), ("D68.51", False), ("R79.1", False), ("Z79.01", False), ("T45.515A", False)],
)
def test_disorders(code: str, counts: bool) -> None:
    """DE-18: bleeding disorders; thrombophilia and laboratory codes are none."""
    assert bool(facts(condition(code)).bleeding.disorders.items) is counts


def test_gaps() -> None:
    """Decision 1: labs prove nothing by silence, a whole medication list does."""
    told = facts().bleeding
    assert (told.inr.gap, told.platelets.gap, told.antithrombotics.gap) == (
        "no INR documented",
        "no platelet count documented",
        None,
    )


# --- DE-19: status, end and last dose


def given_drug(kind: str = "MedicationRequest", status: str = "active", **more: Any) -> dict[str, Any]:
    """Apixaban since 1 January 2026 unless more is said."""
    base = {"status": status, "medicationCodeableConcept": concept("1364430", RXNORM)}
    usual = {"intent": "order", "authoredOn": "2026-01-01"} if kind == "MedicationRequest" else {}
    return resource(kind, **{**base, **usual, **more})


SUPPLY_ENDED: dict[str, Any] = {"dispenseRequest": {"validityPeriod": {"end": "2026-11-10"}}}
SUPPLY_LASTS: dict[str, Any] = {"dispenseRequest": {"validityPeriod": {"end": "2026-12-31"}}}
HANDED: dict[str, Any] = {"whenHandedOver": "2026-11-01", "daysSupply": {"value": 30}}


@pytest.mark.parametrize(
    ("drug_given", "status", "ended"),
    [
        (given_drug(), "active", None),
        (given_drug(status="on-hold"), "on-hold", None),
        (given_drug(status="completed", **SUPPLY_ENDED), "ended", days("2026-11-10")),
        (given_drug(status="completed", **SUPPLY_LASTS), "ended", days("2026-11-20")),
        (given_drug(status="completed"), "ended", days("2026-01-01", "2026-11-20")),
        (given_drug(status="stopped", **SUPPLY_ENDED), "ended", days("2026-01-01", "2026-11-10")),
        (given_drug(status="stopped", authoredOn=None), "ended", None),
        (given_drug(status="stopped", authoredOn="2027-01-01"), "ended", None),
        (
            given_drug(
                "MedicationStatement", "completed", effectivePeriod={"start": "2026-01-01", "end": "2026-11-12"}
            ),
            "ended",
            days("2026-11-12"),
        ),
        (given_drug("MedicationDispense", "completed", **HANDED), "active", None),
        (
            given_drug("MedicationDispense", "completed", **{**HANDED, "daysSupply": {"value": 10}}),
            "ended",
            days("2026-11-11"),
        ),
        (
            given_drug("MedicationAdministration", "completed", effectiveDateTime="2026-11-18"),
            "ended",
            days("2026-11-18"),
        ),
    ],
)
def test_status_and_end(drug_given: dict[str, Any], status: str, ended: Any) -> None:
    """DE-19: nobody dates the stop of a request, so it lies between start and supply; a supply that lasts is taken."""
    (told,) = facts(drug_given).bleeding.antithrombotics.items
    assert (told.agent, told.status, told.ended) == ("apixaban", status, ended)


def test_a_supply_says_less_than_an_order_on_hold() -> None:
    """OC-27: the order is on hold, so the tablets at home do not make the drug active; another order's do."""
    supply = given_drug("MedicationDispense", "completed", **HANDED)
    held = facts(given_drug(status="on-hold"), supply).bleeding.antithrombotics
    assert sorted(each.status for each in held.items) == ["ended", "on-hold"]
    other = drug("32968", status="on-hold")
    assert "active" in {each.status for each in facts(other, supply).bleeding.antithrombotics.items}


def test_the_last_dose_is_that_of_an_administration() -> None:
    """DE-19: a prescription says nothing of a dose taken."""
    dose = given_drug("MedicationAdministration", "completed", effectiveDateTime="2026-11-18")
    told = {
        each.evidence.reference.split("/")[0]: each.last_dose
        for each in facts(given_drug(), dose).bleeding.antithrombotics.items
    }
    assert told == {"MedicationRequest": None, "MedicationAdministration": days("2026-11-18")}


def test_one_name_for_an_agent() -> None:
    """DE-19: two codes of dabigatran are one drug, and the text of the record is not its name."""
    names = [
        each.agent for each in facts(drug("1037042", text="PRADAXA 150 for Zebediah")).bleeding.antithrombotics.items
    ]
    assert names == ["dabigatran"]


def test_no_value_of_any_age() -> None:
    """OC-26, decision 1: searched whole and none; one of any age; not searched."""
    assert facts().bleeding.no_inr.met
    old = facts(observation("6301-6", 1.0, effectiveDateTime="2020-01-01")).bleeding
    assert old.no_inr.not_met
    assert old.no_platelets.met
    assert facts(without=("observations",)).bleeding.no_platelets.unknown


# --- OC-27: stent, valve, thromboembolism


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Presence of coronary stent", ["stent"]),
        ("Drug-eluting stent to LAD", ["stent"]),
        ("Stent in the right coronary artery", ["stent"]),
        ("Presence of coronary angioplasty implant and graft", ["stent"]),
        ("Ureteral stent", []),
        ("Biliary stent", []),
        ("Mechanical mitral valve", ["mechanical-valve"]),
        ("Mechanical AVR", ["mechanical-valve"]),
        ("St. Jude aortic valve", ["mechanical-valve"]),
        ("Mechanical prosthetic heart valve", ["mechanical-valve"]),
        ("Bioprosthetic aortic valve", []),
        ("Prosthetic heart valve in situ", ["valve-of-no-type"]),
        ("Artificial mitral valve", ["valve-of-no-type"]),
        ("Aortic valve prosthesis", ["valve-of-no-type"]),
        ("Prosthetic aortic valve, porcine", []),
        ("Prosthetic aortic valve (tissue)", []),
        ("Xenogenic prosthetic heart valve", []),
        ("No prosthetic heart valve", []),
        ("Prosthetic hip", []),
        ("Mechanical ventilation", []),
        ("Mechanical low back pain", []),
        ("Deep vein thrombosis of left leg", ["vte"]),
        ("Acute embolism and thrombosis of unspecified deep veins of right lower extremity", ["vte"]),
        ("Acute pulmonary embolism", ["vte"]),
        ("Saddle embolus of pulmonary artery", ["vte"]),
        ("DVT prophylaxis", []),
        ("Family history of DVT", []),
        ("No pulmonary embolism", []),
        ("Pulmonary embolism ruled out", []),
        ("Superficial thrombophlebitis", []),
    ],
)
def test_events_by_their_wording(text: str, kinds: list[str]) -> None:
    """Decision 15: no value set lists them, so words do, and what is denied or somebody else's is none."""
    told = facts(condition(text=text)).bleeding.events
    assert [each.kind for each in told.items] == kinds
    assert all(each.by_wording and "by its wording" in each.evidence.value for each in told.items)


@pytest.mark.parametrize(
    ("code", "text", "kinds"),
    [
        ("Z95.2", "Presence of prosthetic heart valve", ["valve-of-no-type"]),
        ("Z952", "", ["valve-of-no-type"]),
        ("Z95.2", "Mechanical aortic valve", ["mechanical-valve"]),
        ("Z95.2", "Status post TAVR", []),
        ("Z95.2", "Bioprosthetic mitral valve", []),
        ("Z95.3", "Presence of xenogenic heart valve", []),
        ("Z95.4", "Presence of other heart-valve replacement", []),
    ],
)
def test_a_valve_by_its_code(code: str, text: str, kinds: list[str]) -> None:
    """OC-27: Z95.2 does not say what the valve is made of; its words may."""
    assert [each.kind for each in facts(condition(code, text=text)).bleeding.events.items] == kinds


def test_the_day_of_an_event() -> None:
    """OC-27: its own day; the day of recording only where the words do not put it in the past."""
    new = facts(condition(text="DVT", recordedDate="2026-10-01")).bleeding.events.items[0]
    assert (new.onset, new.recorded) == (None, days("2026-10-01"))
    old = facts(condition(text="History of DVT", recordedDate="2026-10-01")).bleeding.events.items[0]
    assert (old.onset, old.recorded) == (None, None)
    done = resource(
        "Procedure", status="completed", performedDateTime="2026-05-01", code=concept(text="PCI with stent")
    )
    assert [(each.kind, each.onset) for each in facts(done).bleeding.events.items] == [("stent", days("2026-05-01"))]
    assert facts({**done, "status": "not-done"}).bleeding.events.items == ()
    assert facts(without=("procedures",)).bleeding.events.gap == "procedures not sent"
