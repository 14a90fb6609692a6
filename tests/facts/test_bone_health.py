"""DE-20, DE-26: bone health, densitometry, glucocorticoids and drugs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import (
    CPT,
    LOINC,
    RXNORM,
    SNOMED,
    concept,
    condition,
    days,
    facts,
    form,
    observation,
    report,
    resource,
)


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (condition("M81.0"), ["osteoporosis"]),
        (condition("M810"), ["osteoporosis"]),
        (condition("M80.08XA"), ["osteoporosis"]),
        (condition("64859006", SNOMED), ["osteoporosis"]),
        (condition("M85.80"), ["osteopenia"]),
        (condition("M83.9"), ["metabolic"]),
        (condition("Q78.0"), ["osteogenesis-imperfecta"]),
        (condition("Q78.0", status="inactive"), ["osteogenesis-imperfecta"]),
        (condition("M81.0", verified="provisional"), []),
        (condition("M81.0", status="resolved"), []),
        (condition("M81.0", verified="refuted"), []),
        (condition("Z13.820"), []),
        (condition("Z82.62"), []),
        (condition(text="Osteoporosis"), []),
    ],
)
def test_diseases(given: dict[str, Any], kinds: list[str]) -> None:
    """Section D3: what speaks for osteoporosis is coded and confirmed; words alone never count for it (decision 15)."""
    assert [each.kind for each in facts(given).bone_health.diseases.items] == kinds


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (observation("38267-1", -2.7, "{T-score}"), -2.7),
        (observation("80946-7", -2.7, "1"), -2.7),
        (observation("38263-0", -2.7), -2.7),
        (observation("104938-6", "-2.7"), -2.7),
        (observation("38265-5", -2.7, "{T-score}"), None),
        (observation("38266-3", -2.7), None),
        (observation("85394-5", -2.7), None),
        (observation("38267-1", 0.81, "g/cm2"), None),
        (observation("24701-5", 0.81, "g/cm2"), None),
        (observation("38267-1", -27), None),
        (observation("38267-1", -2.7, status="entered-in-error"), None),
    ],
)
def test_t_scores(given: dict[str, Any], score: float | None) -> None:
    """DE-26, hazard 10: spine, hip and femur; not the forearm, a density or a Z-score."""
    assert [each.value for each in facts(given).bone_health.t_scores.items] == ([] if score is None else [score])


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        (
            resource(
                "ServiceRequest",
                status="active",
                intent="order",
                code=concept("38268-9", LOINC),
                authoredOn="2026-11-01",
            ),
            True,
        ),
        (
            resource(
                "ServiceRequest",
                status="active",
                intent="order",
                code=concept(text="DEXA scan"),
                authoredOn="2026-11-01",
            ),
            True,
        ),
        (
            resource(
                "ServiceRequest",
                status="revoked",
                intent="order",
                code=concept("38268-9", LOINC),
                authoredOn="2026-11-01",
            ),
            False,
        ),
        (resource("Procedure", status="completed", code=concept("77080", CPT), performedDateTime="2024-11-20"), True),
        (resource("Procedure", status="completed", code=concept("77080", CPT), performedDateTime="2024-11-19"), False),
        (resource("Procedure", status="completed", code=concept("77081", CPT), performedDateTime="2026-11-19"), False),
        (resource("Procedure", status="completed", code=concept("77086", CPT), performedDateTime="2026-11-19"), False),
        (resource("Procedure", status="completed", code=concept("312681000", SNOMED), performedDateTime="2026"), True),
        (resource("Procedure", status="not-done", code=concept("77080", CPT), performedDateTime="2026-01-01"), False),
        (report("38268-9", "T-score -2.7", effectiveDateTime="2026-05-01"), True),
        (observation("38267-1", -2.7, effectiveDateTime="2026-05-01"), True),
        (observation("38265-5", -2.7, effectiveDateTime="2026-05-01"), False),
        (
            resource(
                "Appointment",
                status="booked",
                start="2026-12-01T10:00:00Z",
                serviceType=[concept(text="Bone density")],
                participant=[{"actor": {"reference": "Patient/p-1"}, "status": "accepted"}],
            ),
            True,
        ),
    ],
)
def test_dxa_within_24_months(given: dict[str, Any], counts: bool) -> None:
    """DE-26, OS-02: ordered, booked, done, reported or measured; forearm and fracture assessment are no central DXA."""
    assert bool(facts(given).bone_health.dxa.items) is counts


def prednisone(code: str = "8640", **more: Any) -> dict[str, Any]:
    """An active order of prednisone since September 2025."""
    base = {
        "status": "active",
        "intent": "order",
        "authoredOn": "2025-09-20",
        "medicationCodeableConcept": concept(code, RXNORM),
    }
    return resource("MedicationRequest", **{**base, **more})


def dose(value: float, unit: str = "mg", **repeat: Any) -> dict[str, Any]:
    """A dosage of so much, once a day unless said otherwise."""
    return {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}},
        "doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}],
    }


@pytest.mark.parametrize(
    ("dosages", "mg"),
    [
        ([dose(10)], 10),
        ([dose(2.5, frequency=2)], 5),
        ([dose(10, period=2)], 5),
        ([dose(5, period=12, periodUnit="h")], 10),
        ([dose(2, "tablet")], None),
        ([{"text": "10 mg by mouth daily"}], 10),
        ([{"text": "5 mg twice daily"}], 10),
        ([{"text": "10 mg every other day"}], 5),
        ([{"text": "20 mg daily, then 10 mg daily"}], None),
        ([{"text": "10 mg"}], None),
        ([dose(10), dose(5)], None),
        ([{**dose(10), "asNeededBoolean": True}], None),
        ([], None),
    ],
)
def test_the_prednisone_dose_where_it_is_stated(dosages: list[dict[str, Any]], mg: float | None) -> None:
    """DE-20: dose times frequency; tapers, as-needed and unstated doses are unknown, never a guess."""
    (found,) = facts(prednisone(dosageInstruction=dosages)).bone_health.steroids.items
    assert (found.mg_per_day, found.active, found.start) == (mg, True, days("2025-09-20"))


def test_tablets_by_the_strength_in_the_name() -> None:
    """DE-20: two tablets of 5 mg."""
    given = prednisone(
        medicationCodeableConcept=concept("8640", RXNORM, "prednisone 5 MG Oral Tablet"),
        dosageInstruction=[dose(2, "{tbl}")],
    )
    assert [each.mg_per_day for each in facts(given).bone_health.steroids.items] == [10]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (prednisone("3264"), 1),
        (prednisone("5492"), 0),
        (prednisone("5492", medicationCodeableConcept=concept("5492", RXNORM, "hydrocortisone 10 MG Oral Tablet")), 1),
        (prednisone("19831", medicationCodeableConcept=concept("19831", RXNORM, "budesonide inhaler")), 0),
        (prednisone(medicationCodeableConcept=concept("8638", RXNORM, "prednisolone eye drops")), 0),
        (prednisone(status="completed"), 0),
        (prednisone(status="completed", authoredOn="2026-03-01"), 1),
        (prednisone(status="completed", authoredOn="2025-11-20"), 1),
        (prednisone(status="completed", authoredOn="2025-11-19"), 0),
        (prednisone(status="entered-in-error"), 0),
        (condition("Z79.52"), 1),
        (condition("Z79.51"), 0),
    ],
)
def test_which_steroids_count(given: dict[str, Any], count: int) -> None:
    """DE-20: systemic ones of the last 12 months; hydrocortisone and budesonide by their route."""
    assert len(facts(given).bone_health.steroids.items) == count


def test_a_completed_order_without_an_end_is_known_for_a_day() -> None:
    """DE-20: a burst that is over is no exposure until today."""
    (burst,) = facts(prednisone(status="completed", authoredOn="2026-03-01")).bone_health.steroids.items
    assert (burst.end, burst.active) == (days("2026-03-01"), False)
    supplied = {"expectedSupplyDuration": {"value": 30, "unit": "days"}}
    (supply,) = facts(
        prednisone(status="completed", authoredOn="2026-03-01", dispenseRequest=supplied)
    ).bone_health.steroids.items
    assert supply.end == days("2026-03-31")


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (prednisone("46041"), [("bisphosphonate", True)]),
        (prednisone("46041", status="stopped"), [("bisphosphonate", False)]),
        (prednisone("", medicationCodeableConcept=concept(text="alendronic acid 70 mg")), [("bisphosphonate", True)]),
        (prednisone("993449"), [("rankl-inhibitor", True)]),
        (prednisone("993449", medicationCodeableConcept=concept("993449", RXNORM, "Xgeva 120 mg")), []),
        (prednisone("77655", medicationCodeableConcept=concept("77655", RXNORM, "Zometa 4 MG")), []),
        (prednisone("2418"), []),
        (prednisone("4083"), []),
        (condition("Z79.83"), [("bisphosphonate", True)]),
        (
            resource(
                "MedicationAdministration",
                status="completed",
                medicationCodeableConcept=concept("993449", RXNORM),
                effectiveDateTime="2026-05-20",
            ),
            [("rankl-inhibitor", True)],
        ),
        (
            resource(
                "MedicationAdministration",
                status="completed",
                medicationCodeableConcept=concept("993449", RXNORM),
                effectiveDateTime="2026-03-20",
            ),
            [("rankl-inhibitor", False)],
        ),
        (
            resource(
                "MedicationAdministration",
                status="completed",
                medicationCodeableConcept=concept("77655", RXNORM),
                effectiveDateTime="2025-11-25",
            ),
            [("bisphosphonate", True)],
        ),
    ],
)
def test_drugs_against_osteoporosis(given: dict[str, Any], kinds: list[tuple[str, bool]]) -> None:
    """DE-26: denosumab works 7 months; oncology strengths, supplements and estrogen are no treatment."""
    assert [(each.kind, each.active) for each in facts(given).bone_health.drugs.items] == kinds


def test_aftercare() -> None:
    """VA-11: answers and coded referrals; absent they prove nothing, drugs and referrals whole and empty are none."""
    referred = resource(
        "ServiceRequest", status="active", intent="order", code=concept("412717001", SNOMED), authoredOn="2026-11-02"
    )
    told = facts(
        form(bone_density_referral=False, osteoporosis_education=True, prevention_programme=True), referred
    ).bone_health
    assert [(each.says, each.when) for each in told.referral.items] == [
        (False, days("2026-11-20")),
        (True, days("2026-11-02")),
    ]
    assert [each.says for each in (*told.education.items, *told.programme.items)] == [True, True]
    empty = facts().bone_health
    assert (empty.education.gap, empty.drugs.gap, empty.referral.gap, empty.t_scores.gap) == (
        "not documented",
        None,
        None,
        "no T-score documented",
    )


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (observation("62292-8", 30, "ng/mL"), 30),
        (observation("1989-3", 29.9, "ug/L"), 29.9),
        (observation("62292-8", 74.88, "nmol/L"), 30),
        (observation("62292-8", 74.87, "nmol/L"), 29.996),
        (observation("62292-8", 30), None),
        (observation("62292-8", 30, "mg/dL"), None),
        (observation("62292-8", valueQuantity={"value": 150, "comparator": ">", "unit": "ng/mL"}), None),
        (observation("62292-8", 30, "ng/mL", status="entered-in-error"), None),
        (observation("1988-5", 30, "ng/mL"), None),
    ],
)
def test_vitamin_d_in_ng_per_ml(given: dict[str, Any], value: float | None) -> None:
    """OS-03, CF-07: ng/mL, or nmol/L by 2.496; without a unit there is no value."""
    found = [each.value for each in facts(given).bone_health.vitamin_d_ng_ml.items]
    assert found == ([] if value is None else [pytest.approx(value, abs=0.0005)])


def test_vitamin_d_under_a_limit_is_under_it() -> None:
    """OS-03: "under 30" is less than 30, and the evidence says so."""
    given = observation("62292-8", valueQuantity={"value": 30, "comparator": "<", "unit": "ng/mL"})
    (found,) = facts(given).bone_health.vitamin_d_ng_ml.items
    assert found.value < 30
    assert found.evidence.value == "25-OH vitamin D under 30 ng/mL"


def test_z_scores() -> None:
    """OS-06: spine and hip; a T-score is none, and a Z-score no T-score."""
    known = facts(observation("85394-5", -2.1, "{Z-score}"), observation("38267-1", -2.7, id="o2")).bone_health
    assert [each.value for each in known.z_scores.items] == [-2.1]
    assert [each.value for each in known.t_scores.items] == [-2.7]
    assert facts().bone_health.z_scores.gap == "no Z-score documented"


def test_scores_of_one_day_name_their_place() -> None:
    """F14: of a spine and a hip that differ each stands for itself, and the lower decides."""
    spine, hip = observation("38267-1", -2.6), observation("38264-8", -1.1, id="o2")
    shown = {each.evidence.value for each in facts(spine, hip).bone_health.t_scores.items}
    assert shown == {"T-score -2.6 (spine)", "T-score -1.1 (hip)"}


def test_the_last_dose_of_denosumab() -> None:
    """SP-06: what was given or handed over, of any strength; a prescription is no dose."""

    def dose(kind: str, day: str, **more: Any) -> dict[str, Any]:
        drug = concept("993449", RXNORM, "denosumab")
        return resource(kind, status="completed", medicationCodeableConcept=drug, **{"effectiveDateTime": day, **more})

    given = (
        dose("MedicationAdministration", "2025-09-01"),
        dose("MedicationDispense", "", effectiveDateTime=None, whenHandedOver="2026-03-01"),
        prednisone("993449"),
    )
    assert [each.when for each in facts(*given).bone_health.denosumab_doses.items] == [
        days("2026-03-01"),
        days("2025-09-01"),
    ]


@pytest.mark.parametrize(("day", "active"), [("2026-04-20", True), ("2026-04-19", False)])
def test_denosumab_works_for_seven_months(day: str, active: bool) -> None:
    """DE-26: in force to the day, and the day after no longer."""
    given = resource(
        "MedicationAdministration",
        status="completed",
        medicationCodeableConcept=concept("993449", RXNORM),
        effectiveDateTime=day,
    )
    assert [each.active for each in facts(given).bone_health.drugs.items] == [active]


def test_weight_loss() -> None:
    """ET-03, RF-08: R63.4 that is active."""
    assert [each.kind for each in facts(condition("R634")).weight_loss.items] == ["weight-loss"]
    assert facts(condition("R63.4", status="resolved")).weight_loss.items == ()
    assert facts().weight_loss.gap is None
