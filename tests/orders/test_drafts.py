"""Draft orders: every kind of proposal becomes valid, honest FHIR R4 of the request's own patient."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, get_args

import pytest

from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import LOINC, SNOMED
from cds_service.knowledge.thresholds import load_thresholds
from cds_service.knowledge.value_set import value_set
from cds_service.orders import studies
from cds_service.orders.codings import coding
from cds_service.orders.drafts import (
    DISCLAIMER,
    KINDS,
    LEVELS,
    ORTHOSES,
    REMOVALS,
    Action,
    Reason,
    build,
    every_proposal,
    remove,
    warm,
)
from cds_service.orders.strict import checked
from cds_service.recommendations.conservative_care import LSO_LEVELS, TLSO_LEVELS
from cds_service.recommendations.recommendation import Proposal, ProposalKind
from tests.conftest import CollectFhir
from tests.orders.invariants import PATIENT, assert_draft, codings, values
from tests.schemas.conformance import schema_errors

TODAY = date(2026, 11, 20)
WHY = Reason(("fracture confirmed on a report or coded", "symptomatic"), fractured=True)
REGION: dict[str, SpineRegion] = {"T": "thoracic", "L": "lumbar"}
ALL_KINDS: tuple[ProposalKind, ...] = tuple(kind for kind in get_args(ProposalKind) if kind not in REMOVALS)


def actions(
    kind: ProposalKind, level: Level | None = None, regions: Iterable[SpineRegion] = (), **changes: Any
) -> list[Action]:
    """The actions of one proposal; the regions follow from the level unless they are given."""
    where = frozenset(regions) or (frozenset({REGION[level[0]]}) if level else frozenset())
    call = {"subject": PATIENT, "reason": WHY, "requester": "Practitioner/dr-1", "as_of": TODAY, **changes}
    return build(Proposal(kind, where, level), **call)


def resources(kind: ProposalKind, *args: Any, **changes: Any) -> list[Mapping[str, Any]]:
    """The resources of those actions."""
    return [action["resource"] for action in actions(kind, *args, **changes)]


def only(kind: ProposalKind, *args: Any, **changes: Any) -> Mapping[str, Any]:
    """The one resource of a proposal that makes one."""
    (resource,) = resources(kind, *args, **changes)
    return resource


def coded(resource: Mapping[str, Any]) -> set[str]:
    """The codes of what is ordered."""
    return {each["code"] for each in resource["code"]["coding"]}


def note(resource: Mapping[str, Any]) -> str:
    """The text of the one note."""
    (annotation,) = resource["note"]
    return str(annotation["text"])


# --- every draft ------------------------------------------------------------------------------------------------------


def test_every_kind_of_proposal_has_an_order() -> None:
    """No proposal of a recommendation is without a draft, and none is drafted that nobody proposes (decision 8)."""
    assert set(KINDS) == set(ALL_KINDS)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_kind_at_every_level_and_region_is_valid_r4(kind: ProposalKind, collect_fhir: CollectFhir) -> None:
    """G6: each is valid by the R4B model and by our own invariants, with and without what is optional."""
    proposals = [p for p in every_proposal() if p.kind == kind]
    assert len(proposals) >= len(LEVELS) + 4
    for proposal in proposals:
        for reason in (WHY, Reason(()), Reason(("a",), fractured=True, finding="saddle numbness", emergency=True)):
            for requester in ("PractitionerRole/r-1", None):
                for action in build(proposal, PATIENT, reason, requester=requester, as_of=TODAY):
                    assert not schema_errors("action", json.loads(json.dumps(action)))
                    assert action["type"] == "create"
                    assert_draft(checked(action["resource"]))
                    collect_fhir(action["resource"], f"draft-{kind}")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_draft_says_why_and_who_decides(kind: ProposalKind) -> None:
    """Each note names the criteria and says that the content is not clinically reviewed (brief of the house)."""
    for resource in resources(kind, "T12"):
        assert note(resource).startswith("Offered because: fracture confirmed on a report or coded; symptomatic.")
        assert note(resource).endswith(DISCLAIMER)


def test_warming_validates_every_draft() -> None:
    """What a call only fills in was validated whole at start-up (design 7)."""
    warm()
    assert {p.kind for p in every_proposal()} == set(ALL_KINDS)
    assert {p.level for p in every_proposal()} == {None, *LEVELS}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_same_proposal_gives_the_same_draft_and_shares_nothing(kind: ProposalKind) -> None:
    """Deterministic, and a caller that changes a draft changes no later one."""
    first, again = actions(kind, "L1"), actions(kind, "L1")
    assert first == again
    containers = [{id(v) for _, v in values(list(each)) if isinstance(v, dict | list)} for each in (first, again)]
    assert not containers[0] & containers[1]


def test_a_draft_is_cheap() -> None:
    """Filling a draft validates nothing again: all kinds together stay far below a millisecond each (design 8)."""
    begin = time.perf_counter()
    for _ in range(50):
        for kind in ALL_KINDS:
            actions(kind, "T12")
    assert (time.perf_counter() - begin) / (50 * len(ALL_KINDS)) < 0.001


def test_a_code_outside_the_verified_sets_is_refused() -> None:
    """Terminology 1: a code that is no verified member never leaves, whatever the table says."""
    with pytest.raises(ContentError, match="no verified member"):
        coding("imaging-order-mri", LOINC, "39879-2")


# --- whose, by whom, why ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["p-1", "Patient/", "Patient/a b", "Group/1", "Patient/1?x=y", "Patient/1/x", ""])
def test_a_draft_without_a_patient_is_refused(subject: str) -> None:
    """Identity: a draft is of Patient/<id> or is not made, and the error does not repeat the text."""
    with pytest.raises(ValueError, match=r"Patient/<id>") as refused:
        actions("mri", "T12", subject=subject)
    assert str(refused.value) == "subject must be Patient/<id>"


@pytest.mark.parametrize(
    ("requester", "kept"),
    [
        ("Practitioner/dr-1", True),
        ("PractitionerRole/r_1", True),
        ("Patient/p-1", False),
        ("Practitioner/a b", False),
        ("", False),
        (None, False),
    ],
)
def test_the_requester_is_the_user_when_a_clinician(requester: str | None, kept: bool) -> None:
    """Hazard 17: users of other forms, or none, are left for the client to fill in."""
    for kind in ALL_KINDS:
        for resource in resources(kind, "T12", requester=requester):
            assert resource.get("requester") == ({"reference": requester} if kept else None)


def test_the_fracture_code_needs_a_fracture() -> None:
    """42942008 stands only where a fracture is confirmed or coded; a suspicion is words alone."""
    certain = only("mri", "T12")["reasonCode"]
    assert certain[0]["coding"][0]["code"] == "42942008"
    assert certain[0]["text"] == "Vertebral compression fracture, T12"
    assert only("mri", "T12", reason=Reason(()))["reasonCode"] == [{"text": "Suspected vertebral fracture, T12"}]
    sign = Reason((), finding="saddle numbness")
    assert only("spine-surgery-consult", reason=sign)["reasonCode"] == [{"text": "saddle numbness"}]


def test_text_holds_nothing_that_json_or_fhir_cannot() -> None:
    """Control characters, line breaks and lone surrogates of a label become blanks (hazard: echoed text)."""
    odd = Reason(("a\r\nb\x00c", " ", "\ud800"), fractured=True, finding="x\u2028y")
    resource = only("mri", "T12", reason=odd)
    assert note(resource).startswith("Offered because: a b c. ")
    assert resource["reasonCode"][1] == {"text": "x y"}
    assert json.loads(json.dumps(resource).encode()) == checked(resource)


# --- imaging ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "codes", "text"),
    [
        ({"thoracic"}, {"36532-0", "396171000119100"}, "MRI thoracic spine without contrast"),
        ({"lumbar"}, {"30679-5", "394451000119106"}, "MRI lumbar spine without contrast"),
        ({"thoracic", "lumbar"}, {"411571000119106"}, "MRI thoracic and lumbar spine without contrast"),
        ({"cervical", "thoracic"}, {"30854-4", "411611000119102"}, "MRI whole spine without contrast"),
        (set(), {"36531-2"}, "MRI spine without contrast"),
    ],
)
def test_mri_without_contrast(regions: set[SpineRegion], codes: set[str], text: str) -> None:
    """IM-01, terminology 9: one study that shows all regions."""
    resource = only("mri", None, regions)
    assert coded(resource) == codes
    assert resource["code"]["text"] == text
    assert resource["priority"] == "routine"


def test_mri_with_contrast_of_both_regions_is_two_studies() -> None:
    """IM-02: no verified code says thoracic and lumbar without and with contrast, so both are ordered together."""
    both = resources("mri-with-contrast", None, {"thoracic", "lumbar"})
    assert [coded(r) for r in both] == [{"24981-3"}, {"24967-2"}]
    assert {r["priority"] for r in both} == {"urgent"}
    with_level = resources("mri-with-contrast", "T8", {"thoracic", "lumbar"})
    assert ["bodySite" in r for r in with_level] == [True, False]


def test_what_a_code_says_is_what_the_table_means() -> None:
    """Contrast and region of every coding in the value set agree with the study it stands for (never another study)."""
    tables = {
        "without": (studies.MRI, studies.CT, studies.XR),
        "without-and-with": (studies.MRI_WITH_CONTRAST,),
    }
    for contrast, found in tables.items():
        for study in (study for table in found for study in table):
            for system, code in study.codings:
                row = value_set(study.set_id).row(system, code)
                assert row is not None
                assert row["contrast"] in {contrast, "unspecified"}
                assert set(row["region"].split()) in (set(study.regions), set())


def test_spect_ct_names_the_region_outside_the_code() -> None:
    """IM-03: SPECT Bone says no region, so the vertebra or the region is the body site."""
    resource = only("spect-ct", "L1")
    assert coded(resource) == {"39879-2"}
    assert resource["code"]["text"] == "SPECT/CT bone, spine"
    assert [site["text"] for site in resource["bodySite"]] == ["L1 vertebra"]
    regional = only("spect-ct", None, {"thoracic", "lumbar"})
    assert [site["text"] for site in regional["bodySite"]] == ["lumbar spine", "thoracic spine"]


@pytest.mark.parametrize(
    ("regions", "ct"), [({"thoracic"}, "30597-9"), ({"lumbar"}, "30620-9"), ({"thoracic", "lumbar"}, "83310-3")]
)
def test_bone_scan_and_ct_are_two_actions_of_one_suggestion(regions: set[SpineRegion], ct: str) -> None:
    """IM-03, checklist 57: both together answer what MRI would; the bone scan is of the whole body and has no site."""
    scan, computed = resources("bone-scan-and-ct", None, regions)
    assert coded(scan) == {"39818-0"}
    assert ct in coded(computed)
    scan, computed = resources("bone-scan-and-ct", "T12")
    assert "bodySite" not in scan
    assert computed["bodySite"][0]["text"] == "T12 vertebra"


@pytest.mark.parametrize(
    ("regions", "code"),
    [({"thoracic"}, "30753-8"), ({"lumbar"}, "24970-6"), ({"thoracic", "lumbar"}, "24984-7"), (set(), "24928-4")],
)
def test_radiographs(regions: set[SpineRegion], code: str) -> None:
    """IM-05: plain films of the region, by a code that says so."""
    resource = only("radiographs", None, regions)
    assert coded(resource) == {code}
    assert resource["code"]["text"].endswith("radiographs, AP and lateral")
    assert resource["priority"] == "routine"


def test_a_removal_names_the_draft_and_carries_no_resource() -> None:
    """Checklist 61, decision 8: `delete` by relative reference, of a draft alone."""
    action = remove("ServiceRequest/draft-2", "MRI lumbar\nspine (draft)")
    assert action == {
        "type": "delete",
        "description": "Remove this draft: MRI lumbar spine (draft)",
        "resourceId": "ServiceRequest/draft-2",
    }
    assert not schema_errors("action", json.loads(json.dumps(action)))


@pytest.mark.parametrize(
    "reference", ["ServiceRequest", "https://x/ServiceRequest/1", "ServiceRequest/1?x=y", "", "a/b"]
)
def test_a_removal_needs_a_relative_reference(reference: str) -> None:
    """Anything else might name somebody else's resource."""
    with pytest.raises(ValueError, match="relative reference"):
        remove(reference, "MRI")


@pytest.mark.parametrize("level", LEVELS)
def test_the_body_site_is_the_vertebra(level: Level) -> None:
    """Every level T1 to L5 has a verified bone structure, and it is that level's."""
    (site,) = only("mri", level)["bodySite"]
    row = value_set("vertebra-level-body-site").row(SNOMED, site["coding"][0]["code"])
    assert row is not None
    assert (row["level"], row["structure"]) == (level, "bone")


# --- treatment and referral -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [*LEVELS, None])
def test_the_brace_fits_the_level(level: Level | None) -> None:
    """CM-02, C-11: TLSO or LSO in words by level, purpose, 12 weeks, recheck, an option; no HCPCS code."""
    resource = only("brace", level)
    text = resource["codeCodeableConcept"]["text"]
    expected = "TLSO (" if level in TLSO_LEVELS else "LSO (" if level in LSO_LEVELS else ""
    assert text.startswith(expected or ("Orthosis with cervicothoracic" if level else "Spinal orthosis"))
    assert "coding" not in resource["codeCodeableConcept"]
    assert resource["occurrencePeriod"] == {"start": "2026-11-20", "end": "2027-02-12"}
    for phrase in (
        f"Level: {level or 'not named'}.",
        "reduce pain by restricting trunk mobility",
        "12 weeks",
        "recheck 2-4 weeks",
        "an option, not required",
    ):
        assert phrase in note(resource)


def test_the_table_of_orthoses_is_that_of_the_card() -> None:
    """CM-02 is said twice, on the card and in the draft: the two agree, and every level has its row."""
    _, tlso, lso = (levels for levels, _ in ORTHOSES)
    assert tlso == set(TLSO_LEVELS)
    assert lso == set(LSO_LEVELS)
    assert set(LEVELS) == {level for levels, _ in ORTHOSES for level in levels}


def test_a_site_may_plan_a_shorter_brace() -> None:
    """CM-06: brace_weeks is a number of the site, and the draft follows it."""
    resource = only("brace", "T12", limit=load_thresholds({"brace_weeks": 8}))
    assert resource["occurrencePeriod"]["end"] == "2027-01-15"
    assert "Duration: 8 weeks" in note(resource)


def test_the_recheck_is_due_in_two_to_four_weeks() -> None:
    """CM-05: a Task for the patient, due 14 to 28 days after the day of the order."""
    resource = only("recheck", "T12")
    assert resource["resourceType"] == "Task"
    assert resource["restriction"] == {"period": {"start": "2026-12-04", "end": "2026-12-18"}}
    assert "executionPeriod" not in resource


def test_physiotherapy_is_a_referral() -> None:
    """CM-01: physiotherapy when tolerated."""
    assert coded(only("physiotherapy", "T12")) == {"306170007"}


def test_augmentation_is_referred_never_ordered() -> None:
    """Decision 8: K-VAR drafts an evaluation; no code of the procedure is in it."""
    resource = only("augmentation-referral", "L1")
    assert coded(resource) == {"308461008"}
    procedures = value_set("vertebral-augmentation-procedure")
    assert not [each for each in codings(resource) if procedures.contains(each["system"], each["code"])]
    assert "not an order for the procedure" in note(resource)


def test_the_tumour_board_is_asked_through_oncology() -> None:
    """SP-01: no verified code names a board, so the code is oncology's and the words name the board."""
    resource = only("tumour-board-referral", "L1")
    assert coded(resource) == {"183529009"}
    assert "tumour board" in resource["code"]["text"]
    assert "not an order for a procedure" in note(resource)
    assert [site["text"] for site in resource["bodySite"]] == ["L1 vertebra"]


def test_the_bone_clinic_is_a_referral() -> None:
    """Decision 11, SP-06: the osteoporosis clinic's code, the words name the bone clinic too."""
    resource = only("bone-health-referral", "T12")
    assert coded(resource) == {"412717001"}
    assert "Bone clinic" in resource["code"]["text"]
    assert resource["priority"] == "routine"


def test_an_emergency_hurries_imaging_and_consultation_alone() -> None:
    """RF-01, OC-07: stat for the consult and the study; a brace or a recheck keeps its own priority."""
    calm = {kind: {r["priority"] for r in resources(kind, "T12")} for kind in ALL_KINDS}
    urgent = Reason((), emergency=True)
    hurried = {kind: {r["priority"] for r in resources(kind, "T12", reason=urgent)} for kind in ALL_KINDS}
    assert {kind for kind, found in calm.items() if found == {"urgent"}} == {
        "mri-with-contrast",
        "spine-surgery-consult",
        "tumour-board-referral",
    }
    assert {kind for kind, found in hurried.items() if found == {"stat"}} == {
        "mri",
        "mri-with-contrast",
        "spect-ct",
        "bone-scan-and-ct",
        "spine-surgery-consult",
    }
