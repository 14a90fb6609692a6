"""DE-15, CM-07: treatment that was given, and what was answered about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import CPT, HCPCS, ICD, RXNORM, SNOMED, concept, days, facts, form, resource


def ordered(code: str = "161", **more: Any) -> dict[str, Any]:
    """An active MedicationRequest of 1 November."""
    base = {
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-11-01",
        "medicationCodeableConcept": concept(code, RXNORM),
    }
    return {key: value for key, value in resource("MedicationRequest", **{**base, **more}).items() if value is not None}


def given(*resources: dict[str, Any]) -> list[tuple[str, bool]]:
    """Kind and activity of each treatment."""
    return [(each.kind, each.active) for each in facts(*resources).conservative.given.items]


@pytest.mark.parametrize(
    "drug",
    [
        ordered("161"),
        ordered("5640"),
        ordered("7804"),
        ordered("205322"),
        ordered("", medicationCodeableConcept=concept(text="Oxycodone 5 mg tablets")),
        ordered("", medicationCodeableConcept=concept(text="paracetamol 500 mg")),
        ordered(
            "",
            medicationCodeableConcept=None,
            medicationReference={"reference": "#m"},
            contained=[{"resourceType": "Medication", "id": "m", "code": concept("161", RXNORM)}],
        ),
        ordered(
            "",
            medicationCodeableConcept=None,
            medicationReference={"reference": "#m"},
            contained=[
                {
                    "resourceType": "Medication",
                    "id": "m",
                    "ingredient": [{"itemCodeableConcept": concept("161", RXNORM)}],
                }
            ],
        ),
        ordered("", medicationCodeableConcept=None, medicationReference={"display": "Ibuprofen 400 mg"}),
        ordered("4337", medicationCodeableConcept=concept("4337", RXNORM, "fentanyl patch")),
    ],
)
def test_analgesics_by_ingredient_product_or_name(drug: dict[str, Any]) -> None:
    """`terminology.md` section 8: ingredient, product, contained Medication, its ingredient, or the name."""
    assert given(drug) == [("analgesic", True)]


def test_a_name_in_text_is_flagged() -> None:
    """Section 8, step 3: low confidence is shown."""
    (found,) = facts(ordered("", medicationCodeableConcept=concept(text="Tramadol"))).conservative.given.items
    assert found.evidence.value == "tramadol (by its wording)"


@pytest.mark.parametrize(
    "drug",
    [
        ordered("25480"),
        ordered("21949"),
        ordered("6387"),
        ordered("3355", medicationCodeableConcept=concept("3355", RXNORM, "diclofenac 1 % topical gel")),
        ordered("3355", dosageInstruction=[{"route": concept("", text="Topical route")}]),
        ordered("3355", medicationCodeableConcept=concept("3355", RXNORM, "diclofenac patch")),
        ordered("161", status="draft"),
        ordered("161", status="cancelled"),
        ordered("161", status="entered-in-error "),
        ordered("161", status=None),
        ordered("161", intent="proposal"),
        ordered("161", doNotPerform=True),
        ordered("29046"),
        resource("MedicationStatement", status="not-taken", medicationCodeableConcept=concept("161", RXNORM)),
        resource("MedicationAdministration", status="not-done", medicationCodeableConcept=concept("161", RXNORM)),
    ],
)
def test_what_is_no_analgesic_given(drug: dict[str, Any]) -> None:
    """CM-07: adjuvants, muscle relaxants, local forms, void and drafted orders, orders not to give."""
    assert given(drug) == []
    assert facts(drug).conservative.given.gap == "not documented"


@pytest.mark.parametrize(
    ("drug", "start", "active"),
    [
        (ordered(), days("2026-11-01"), True),
        (ordered(status="completed"), days("2026-11-01"), False),
        (ordered(authoredOn=None), None, True),
        (
            resource(
                "MedicationStatement",
                status="active",
                medicationCodeableConcept=concept("161", RXNORM),
                effectivePeriod={"start": "2026-10"},
            ),
            days("2026-10-01", "2026-10-31"),
            True,
        ),
        (
            resource(
                "MedicationStatement",
                status="completed",
                medicationCodeableConcept=concept("161", RXNORM),
                dateAsserted="2026-11-10",
            ),
            days("2026-11-10"),
            False,
        ),
        (
            resource(
                "MedicationDispense",
                status="completed",
                medicationCodeableConcept=concept("161", RXNORM),
                whenHandedOver="2026-11-05T09:00:00Z",
            ),
            days("2026-11-05"),
            False,
        ),
        (
            resource(
                "MedicationAdministration",
                status="completed",
                medicationCodeableConcept=concept("161", RXNORM),
                effectiveDateTime="2026-11-04",
            ),
            days("2026-11-04"),
            False,
        ),
    ],
)
def test_when_it_began(drug: dict[str, Any], start: object, active: bool) -> None:
    """CM-07: handed over, effective, else authored."""
    (found,) = facts(drug).conservative.given.items
    assert (found.start, found.active) == (start, active)


@pytest.mark.parametrize("status", ["on-hold", "stopped", "cancelled", "draft", "entered-in-error"])
def test_what_is_neither_active_nor_completed_was_not_given(status: str) -> None:
    """CM-07: "an item active or completed"."""
    assert facts(ordered(status=status)).conservative.given.items == ()


@pytest.mark.parametrize(
    ("treatment", "kind"),
    [
        (
            resource("DeviceRequest", status="active", intent="order", codeCodeableConcept=concept("L0456", HCPCS)),
            "brace",
        ),
        (
            resource(
                "DeviceRequest", status="completed", intent="order", codeCodeableConcept=concept(text="TLSO brace")
            ),
            "brace",
        ),
        (resource("SupplyRequest", status="completed", itemCodeableConcept=concept("L0631", HCPCS)), "brace"),
        (resource("ServiceRequest", status="active", intent="order", code=concept(text="Back brace fitting")), "brace"),
        (resource("Procedure", status="completed", code=concept("77476009", SNOMED)), "brace"),
        (resource("DeviceUseStatement", status="active", device={"display": "LSO"}), "brace"),
        (
            resource(
                "CarePlan",
                status="active",
                intent="order",
                activity=[{"detail": {"code": concept("77476009", SNOMED), "status": "in-progress"}}],
            ),
            "brace",
        ),
        (resource("Procedure", status="completed", code=concept("97110", CPT)), "physiotherapy"),
        (resource("Procedure", status="in-progress", code=concept(text="Physical therapy session")), "physiotherapy"),
        (
            resource("ServiceRequest", status="completed", intent="order", code=concept("306170007", SNOMED)),
            "physiotherapy",
        ),
        (resource("Encounter", status="finished", type=[concept(text="Physiotherapy visit")]), "physiotherapy"),
        (resource("Procedure", status="completed", code=concept("178688001", SNOMED)), "bed-rest"),
        (resource("ServiceRequest", status="active", intent="order", code=concept(text="Bed rest")), "bed-rest"),
    ],
)
def test_braces_physiotherapy_and_bed_rest(treatment: dict[str, Any], kind: str) -> None:
    """DE-15: from whatever resource a system keeps them in, by code or words."""
    assert [each.kind for each in facts(treatment).conservative.given.items] == [kind]


@pytest.mark.parametrize(
    "treatment",
    [
        resource("DeviceRequest", status="draft", intent="order", codeCodeableConcept=concept("L0456", HCPCS)),
        resource("DeviceRequest", status="active", intent="proposal", codeCodeableConcept=concept("L0456", HCPCS)),
        resource("DeviceRequest", status="active", intent="order", codeCodeableConcept=concept("L0621", HCPCS)),
        resource(
            "ServiceRequest", status="active", intent="order", doNotPerform=True, code=concept(text="Physical therapy")
        ),
        resource("Procedure", status="not-done", code=concept("97110", CPT)),
        resource("Procedure", status="completed", code=concept(text="Knee brace")),
        resource("Encounter", status="planned", type=[concept(text="Physiotherapy visit")]),
        resource("ServiceRequest", status="revoked", intent="order", code=concept("306170007", SNOMED)),
        resource("Procedure", status="completed", code=concept("Z51.89", ICD)),
    ],
)
def test_what_is_no_treatment_given(treatment: dict[str, Any]) -> None:
    """Decision 17: drafts, proposals, withdrawn and void ones; a knee brace is none of the spine."""
    assert given(treatment) == []


def test_an_order_takes_effect_when_it_occurs() -> None:
    """CM-07: the occurrence before the day it was written."""
    brace = resource(
        "DeviceRequest",
        status="active",
        intent="order",
        codeCodeableConcept=concept("L0456", HCPCS),
        authoredOn="2026-10-01",
        occurrencePeriod={"start": "2026-10-10"},
    )
    (found,) = facts(brace).conservative.given.items
    assert (found.start, found.active) == (days("2026-10-10"), True)


def test_the_answers() -> None:
    """DE-15: days and outcome as answered; a negative number is no answer."""
    told = facts(
        form(
            analgesic_days=24,
            brace_days=0,
            physiotherapy_days=-3,
            conservative_care_failed="not-tolerated",
            brace_refused_or_contraindicated=True,
        )
    ).conservative
    assert (told.analgesic_days.value, told.brace_days.value, told.physiotherapy_days.value) == (24, 0, None)
    assert told.failed.value == "not-tolerated"
    assert [each.says for each in told.brace_refused.items] == [True]
    assert facts(form(conservative_care_failed="maybe")).conservative.failed.value is None
