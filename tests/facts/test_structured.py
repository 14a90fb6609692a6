"""DE-04 to DE-09: facts in conclusion codes and Observations, and what becomes of them beside a report's words."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.facts.fact import Evidence
from cds_service.facts.model import Study
from cds_service.facts.reconciled import FIELDS, shown
from cds_service.hooks.invoke import read_once
from cds_service.reports.findings import LevelFinding
from tests.facts.records import ICD, SNOMED, concept, days, facts, observation, report, resource

L1_SITE = concept("66794005", SNOMED)
T12_SITE = concept("23215003", SNOMED)
DAY = "2026-11-12"
"""The day of `records.report`."""
SILENT = "L1 compression fracture."
UCUM = "http://unitsofmeasure.org"

Json = dict[str, Any]


def seen(text: str = "L1 vertebral height loss", value: Any = 30, unit: str | None = "%", **more: Any) -> Json:
    """An Observation of the day of the report, understood by its words."""
    return observation("", value, unit, text=text, **{"effectiveDateTime": DAY, **more})


def with_results(text: str, *results: Json, **more: Any) -> tuple[Json, ...]:
    """A report with these results, and the results. Its words are a form, so that no result is read as a line of it."""
    references = [{"reference": f"Observation/{each['id']}"} for each in results]
    form = {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}
    return report(conclusion=None, presentedForm=[form], result=references, **more), *results


def studies(*given: Json, **more: Any) -> tuple[Study, ...]:
    """The studies of a record, read by the reader of reports."""
    return facts(*given, read=read_once, **more).imaging.studies.items


def only(*given: Json, **more: Any) -> Study:
    """The one study of a record."""
    (found,) = studies(*given, **more)
    return found


def at(study: Study, level: str | None = "L1") -> LevelFinding:
    """What a study says of one level."""
    assert study.reading is not None
    (found,) = (each for each in study.reading.findings if each.level == level)
    return found


def values(study: Study, level: str | None = "L1") -> dict[str, Any]:
    """The fields a study states at one level."""
    found = at(study, level)
    return {name: getattr(found, name) for name in FIELDS if getattr(found, name) is not None}


def stated(*results: Json, text: str = SILENT) -> dict[str, Any]:
    """What results add to a report that only says that L1 is fractured."""
    added = values(only(*with_results(text, *results)))
    return {name: value for name, value in added.items() if name != "status"}


# --- what an Observation states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (seen(), (30, 30)),
        (seen("Vertebral height loss", bodySite=L1_SITE), (30, 30)),
        (seen("Vertebral height loss", bodySite={"text": "first lumbar vertebra"}), (30, 30)),
        (seen("Vertebral body height loss (%)", bodySite=L1_SITE), (30, 30)),
        (seen("Percent height loss", bodySite=L1_SITE), (30, 30)),
        (seen("L1 loss of height", 0), (0, 0)),
        (seen(value=100), (100, 100)),
        (seen(valueQuantity={"value": 30, "code": "%", "system": UCUM, "unit": "percent"}), (30, 30)),
        (seen(valueQuantity={"value": 30, "comparator": "<", "code": "%"}), (0, 30)),
        (seen(valueQuantity={"value": 30, "comparator": ">=", "code": "%"}), (30, 100)),
        (
            seen(value=None, valueRange={"low": {"value": 20, "code": "%"}, "high": {"value": 25.5, "code": "%"}}),
            (20, 25.5),
        ),
        (seen(value=None, valueRange={"low": {"value": 20, "code": "%"}}), (20, 100)),
        (seen("L1 vertebral height loss (%)", None, valueInteger=30), (30, 30)),
        (seen(value="30 %"), (30, 30)),
        (seen(value="20-25%"), (20, 25)),
        (observation("84138006", 30, "%", system=SNOMED, bodySite=L1_SITE, effectiveDateTime=DAY), (30, 30)),
    ],
)
def test_height_loss_in_percent(result: Json, expected: tuple[float, float]) -> None:
    """DE-06: a quantity, a range, an integer or a text in percent, of a body named by its site, its code or words."""
    assert stated(result)["height_loss_percent"] == expected


@pytest.mark.parametrize(
    "result",
    [
        seen(unit="mm"),
        seen(unit=None),
        seen(valueQuantity={"value": 30, "unit": "%", "code": "mm"}),
        seen(valueQuantity={"value": 30, "code": "%", "system": "urn:oid:1.2.3"}),
        seen(valueQuantity={"value": 30, "comparator": "~", "code": "%"}),
        seen(value=None, valueInteger=30),
        seen(value=None, valueRange={"low": {"value": 20, "code": "%"}, "high": {"value": 25, "code": "mm"}}),
        seen(value=None, valueRange={"low": {"value": 40, "code": "%"}, "high": {"value": 25, "code": "%"}}),
        seen(value=130),
        seen(value=-30),
        seen(value=1e308),
        seen("L1 vertebral height"),
        seen("L1 height ratio"),
        seen("L1 vertebral compression ratio"),
        seen("L1 compression fracture"),
        seen("L1 vertebral fracture probability"),
        seen("L1 fracture risk"),
        seen("L1 disc height loss"),
        seen("L1-L2 disc height loss"),
        seen("L1 height loss compared with T12"),
        seen("L1 fat fraction"),
        seen("L1 bone density loss"),
        seen("Height loss", bodySite={"text": "L1-L2 intervertebral disc"}),
        seen("Vertebral height loss"),
        seen("L1 and L2 vertebral height loss"),
        seen("L1 vertebral height loss", bodySite=T12_SITE),
        seen("L1 vertebral height loss", bodySite={"text": "left tibia"}),
        seen("Vertebral height loss", bodySite=concept("122496007", SNOMED)),
        seen("Vertebral height loss", bodySite=concept("54735007", SNOMED)),
        seen("Prior L1 vertebral height loss"),
        seen(status="entered-in-error"),
        seen(status="cancelled"),
        seen(status="registered"),
        seen(status="weird"),
        seen(dataAbsentReason=concept("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")),
        seen(focus=[{"reference": "Device/x"}]),
        seen(modifierExtension=[{"url": "https://x.example", "valueBoolean": True}]),
        seen(category=[concept("laboratory", "http://terminology.hl7.org/CodeSystem/observation-category")]),
        observation("72514-3", 8, text="L1 vertebral height loss 30 %", effectiveDateTime=DAY),
    ],
)
def test_what_is_no_height_loss(result: Json) -> None:
    """DE-06: another unit, measure, bone, status or meaning; a display of another value set is not read."""
    assert stated(result) == {}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (seen("L1 marrow edema", True), {"marrow_edema": True}),
        (seen("L1 marrow edema", False), {"marrow_edema": False}),
        (seen("Marrow edema", True, bodySite=L1_SITE), {"marrow_edema": True}),
        (seen("L1 marrow edema", "Present"), {"marrow_edema": True}),
        (seen("L1 marrow edema", concept(text="No")), {"marrow_edema": False}),
        (seen("L1 marrow edema", concept(text="not assessed")), {}),
        (seen("L1 marrow edema", "unknown"), {}),
        (seen("L1 marrow edema", "see report"), {}),
        (seen("L1 tracer uptake", True), {"tracer_uptake": True}),
        (seen("L1 retropulsion", False), {"retropulsion": False}),
        (seen("No L1 retropulsion", True), {"retropulsion": False}),
        (seen("No L1 retropulsion", False), {}),
        (seen("L1 retropulsion", 4, "mm"), {"retropulsion": True, "retropulsion_mm": 4}),
        (seen("L1 retropulsion", 0, "mm"), {}),
        (seen("L1 retropulsion", 4, "cm"), {}),
        (seen("L1 kyphosis angle", 20, "deg"), {}),
        (seen("L1 posterior wall", concept(text="intact")), {"posterior_wall": "intact"}),
        (seen("L1 posterior wall", "disrupted"), {"posterior_wall": "disrupted"}),
        (seen("L1 posterior wall intact", False), {}),
        (seen("L1 fracture acuity", concept(text="Chronic")), {"acuity": "chronic"}),
        (seen("L1 fracture acuity", "indeterminate"), {}),
        (seen("L1 fracture with retropulsion", False), {}),
        (seen("L1 osteoporotic fracture", True), {}),
        (seen("L1 pathologic fracture", True), {"etiology": "pathologic"}),
        (
            seen("L1 Genant grade", None, valueInteger=2),
            {"height_loss_grade": "genant-2", "height_loss_percent": (25, 40)},
        ),
        (seen("L1 Genant grade", "Grade 1"), {"height_loss_grade": "genant-1", "height_loss_percent": (20, 25)}),
        (seen("L1 Genant grade", None, valueInteger=0), {}),
        (seen("L1 fracture healing score", "2"), {}),
    ],
)
def test_what_words_with_a_value_state(result: Json, expected: dict[str, Any]) -> None:
    """DE-05, DE-08: the words of the code and its value as a sentence, each kind of value for what it can say."""
    assert stated(result) == expected


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (seen("L1 compression fracture", True), "present"),
        (seen("L1 compression fracture", False), "absent"),
        (seen("L1 burst fracture", False), None),
        (seen("L1 acute compression fracture", False), None),
        (seen("L1 fracture", "possible"), "possible"),
        (seen("L1 fracture", "not assessed"), None),
        (seen("L1 fracture", "indeterminate"), None),
        (seen("L1 vertebra", concept(text="Compression fracture")), "present"),
        (seen("L1 vertebral body height", "maintained"), "absent"),
        (seen(value=19.9), "possible"),
        (seen(value=20), "present"),
        (seen(value=0), None),
        (seen("Finding", concept("S32.010A")), "present"),
        (seen("Finding", concept("S32.010S")), "historical"),
        (seen("Finding", concept("42942008", SNOMED), bodySite=L1_SITE), "present"),
        (seen("Finding", concept("311806008", SNOMED), bodySite=L1_SITE), None),
        (seen("Reason for study", concept("S32.010A")), None),
        (seen("Family history", concept("42942008", SNOMED), bodySite=L1_SITE), None),
        (observation("42942008", True, system=SNOMED, bodySite=L1_SITE, effectiveDateTime=DAY), "present"),
        (observation("42942008", False, system=SNOMED, bodySite=L1_SITE, effectiveDateTime=DAY), "absent"),
        (observation("42942008", L1_SITE, system=SNOMED, effectiveDateTime=DAY), "present"),
        (observation("S32.010A", False, system=ICD, effectiveDateTime=DAY), None),
        (seen("L1 finding", concept("F1", "urn:oid:1.2.3.4", text="L1 fracture")), "present"),
    ],
)
def test_the_status_of_a_level(result: Json, status: str | None) -> None:
    """FX-01, FX-04, FX-06: a code of the fracture set, a plain yes or no, a hedge; no status from what says neither."""
    study = only(*with_results("Normal alignment.", result))
    findings = study.reading.findings if study.reading is not None else ()
    assert [each.status for each in findings if each.level == "L1" and each.status] == ([status] if status else [])


def test_codes_of_another_value_set_are_not_read_by_their_display() -> None:
    """Decision 15: a coded value that means something else lends no words (here a malignancy)."""
    tumour = {"coding": [{"system": ICD, "code": "C79.51", "display": "L1 pathologic fracture"}]}
    assert stated(seen("L1 finding", tumour)) == {}


def test_components_speak_of_the_body_of_the_whole() -> None:
    """DE-04: the level from the site, or from a component that says which; a component may be missing."""
    parts = [
        {"code": {"text": "Height loss"}, "valueQuantity": {"value": 30, "code": "%"}},
        {"code": {"text": "Retropulsion"}, "valueBoolean": False},
        {"code": {"text": "Marrow edema"}, "dataAbsentReason": {"text": "unknown"}},
        {"code": {"text": "Acuity"}, "valueString": "acute"},
    ]
    expected = {"acuity": "acute", "height_loss_percent": (30, 30), "retropulsion": False}
    whole: Any = {"value": None, "unit": None, "component": parts}
    assert stated(seen("Vertebral fracture", bodySite=L1_SITE, **whole)) == expected
    which = {"code": {"text": "Level"}, "valueCodeableConcept": L1_SITE}
    assert stated(seen("Vertebral fracture", **{**whole, "component": [which, *parts]})) == expected


def test_members_of_a_panel_are_of_its_level() -> None:
    """DE-04: a panel at L1 that is a result of the report, its members named by it alone."""
    panel = seen(
        "Vertebral morphometry", None, id="panel", bodySite=L1_SITE, hasMember=[{"reference": "Observation/m"}]
    )
    member = seen("Height loss", 30, id="m")
    text, _ = with_results(SILENT, panel)
    found = only(text, panel, member)
    assert values(found)["height_loss_percent"] == (30, 30)
    assert [each.evidence.reference for each in found.stated] == ["Observation/m"]


def test_contained_results() -> None:
    """Hazard 9: results within the report, with their members; another patient's and broken ones are left out."""
    inner = {**seen("L1 retropulsion", True), "id": "b"}
    panel = {
        **seen("Vertebra", None, bodySite=L1_SITE),
        "id": "a",
        "hasMember": [{"reference": "#b"}, {"reference": "#a"}],
    }
    theirs = {**seen(), "id": "c", "subject": {"reference": "Patient/somebody-else"}}
    broken = {**seen(), "id": "d", "valueQuantity": "thirty"}
    given = report(
        conclusion=SILENT, contained=[panel, inner, theirs, broken], result=[{"reference": f"#{n}"} for n in "acdx"]
    )
    found = only(given)
    assert values(found) == {"status": "present", "retropulsion": True}
    assert found.stated[0].evidence == Evidence("DiagnosticReport/r1#b", "L1: retropulsion", DAY)


def test_somebody_elses_observation_says_nothing() -> None:
    """F-rules: a result that is another patient's was dropped with its resource."""
    theirs = {**seen(), "subject": {"reference": "Patient/somebody-else"}}
    assert stated(theirs) == {}


# --- conclusion codes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (concept("S32.010A"), "Degenerative change.", {"L1": "present"}),
        (concept("s32010a", "urn:oid:2.16.840.1.113883.6.90"), "Degenerative change.", {"L1": "present"}),
        (concept("S32.010S"), "Degenerative change.", {"L1": "historical"}),
        (concept("42942008", SNOMED, text="compression fracture of L1"), "Degenerative change.", {"L1": "present"}),
        (concept("M84.48XA", text="pathological fracture of vertebra L1"), "Degenerative change.", {"L1": "present"}),
        (concept("S32.010A", text="Possible L1 fracture"), "Degenerative change.", {"L1": "possible"}),
        (concept("S32.010A", text="No L1 fracture"), "Degenerative change.", {}),
        (concept("S32.010A", text="Rule out L1 fracture"), "Degenerative change.", {}),
        (concept("M84.48XA"), "Degenerative change.", {}),
        (concept("M48.52XA"), "Degenerative change.", {}),
        (concept("721494003", SNOMED), "Degenerative change.", {}),
        (concept("Z87.310"), "Degenerative change.", {}),
        (concept("", text="L1 fracture"), "Degenerative change.", {}),
        (concept("M80.08XA"), "Degenerative change.", {None: "present"}),
        (concept("S22.080A"), "Degenerative change.", {None: "present"}),
        (concept("S22.080A"), "T12 fracture.", {"T12": "present"}),
        (concept("M80.08XA"), "L3 fracture.", {"L3": "present"}),
        (concept("M80.08XA"), "Lumbar compression fracture.", {None: "present"}),
        (concept("M80.08XA"), "Possible L3 fracture.", {"L3": "possible"}),
        (concept("S32.010A"), "Possible L1 fracture.", {"L1": "possible"}),
        (concept("S32.010A"), "Old L1 compression fracture.", {"L1": "present"}),
        (concept("S32.010S"), "L1 compression fracture.", {"L1": "present"}),
    ],
)
def test_conclusion_codes(code: Json, text: str, expected: dict[str | None, str]) -> None:
    """DE-04: role and level of a verified code, unless its own words take it back; without a level any fracture."""
    found = only(report(conclusion=text, conclusionCode=[code]))
    assert found.reading is not None
    assert {each.level: each.status for each in found.reading.findings} == expected
    assert found.disputes == ()


def test_a_code_adds_its_caution() -> None:
    """ET-02, ET-05: a neoplastic code is a pathologic cause, an unstable burst a burst; core codes name no cause."""
    neoplastic = concept("M84.58XA", text="pathologic fracture of vertebra L1")
    assert values(only(report(conclusion="", conclusionCode=[neoplastic])))["etiology"] == "pathologic"
    burst = values(only(report(conclusion="Normal alignment.", conclusionCode=[concept("S32.012A")])))
    assert burst == {"status": "present", "morphology": "burst"}
    opened = values(only(report(conclusion="Normal alignment.", conclusionCode=[concept("S32.010B")])))
    assert opened == {"status": "present", "etiology": "traumatic"}
    core = values(only(report(conclusion="Normal alignment.", conclusionCode=[concept("S32.010A")])))
    assert core == {"status": "present"}


def test_a_code_that_repeats_the_text_of_a_report_of_codes_is_said_once() -> None:
    """Text of conclusion codes alone: the same code is read as words, and is no second fracture."""
    found = only(report(conclusion=None, conclusionCode=[concept("S32.010A", text="L1 compression fracture")]))
    assert found.reading is not None
    assert [(each.level, each.status) for each in found.reading.findings] == [("L1", "present")]
    assert (found.stated, found.disputes) == ((), ())


def test_a_report_that_cannot_be_read_speaks_through_its_codes_alone() -> None:
    """Hazard 8: an image with a code; its silence denies nothing, and it is still not read."""
    form = [{"contentType": "image/png", "data": "AAAA"}]
    found = only(report(conclusion=None, presentedForm=form, conclusionCode=[concept("S32.010A")]))
    assert (values(found), found.sparse, found.not_read) == ({"status": "present"}, True, "image")


# --- beside the report's words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "height"),
    [
        ({"effectiveDateTime": "2026-11-13"}, (30, 30)),
        ({"effectiveDateTime": "2026-11-12"}, (15, 30)),
        ({"effectiveDateTime": "2026-11-11"}, (15, 30)),
        ({"effectiveDateTime": "2026-11"}, (15, 30)),
        ({"effectiveDateTime": None}, (15, 30)),
        ({"issued": "2026-11-14T08:00:00Z"}, (30, 30)),
        ({"issued": "2026-11-13T07:00:00Z"}, (15, 30)),
        ({"effectiveDateTime": "2026-11-11", "issued": "2026-11-14T08:00:00Z"}, (15, 30)),
    ],
)
def test_only_what_is_newer_for_certain_takes_the_place_of_the_text(more: Json, height: tuple[float, float]) -> None:
    """Seen later, or seen at the same time and issued later; else the interval covering both ("Numbers")."""
    result = {name: value for name, value in seen(**more).items() if value is not None}
    found = only(*with_results("L1 fracture with 15 % loss of height.", result, issued="2026-11-13T08:00:00Z"))
    assert at(found).height_loss_percent == height
    (dispute,) = found.disputes
    assert str(dispute) == "Observation says 30 %, report text says 15 %"
    assert found.reading is not None
    assert [(each.level, each.field) for each in found.reading.conflicts] == [("L1", "height_loss_percent")]


@pytest.mark.parametrize(
    ("text", "result", "field", "words"),
    [
        ("L1 fracture with marrow edema.", seen("L1 marrow edema", False), "marrow_edema", "no marrow edema"),
        ("Chronic L1 fracture.", seen("L1 marrow edema", True), "marrow_edema", "marrow edema"),
        ("L1 fracture with edema.", seen("L1 fracture acuity", "chronic"), "acuity", "chronic fracture"),
        ("L1 fracture, no retropulsion.", seen("L1 retropulsion", True), "retropulsion", "retropulsion"),
        ("No fracture of L1.", seen("L1 fracture", True), "status", "fracture"),
        ("L1 fracture.", seen("L1 fracture", False), "status", "no fracture"),
        ("No fracture.", seen(value=30), "status", "fracture"),
        (
            "L1 fracture, posterior wall intact.",
            seen("L1 posterior wall", "disrupted"),
            "posterior_wall",
            "posterior wall disrupted",
        ),
    ],
)
def test_what_disagrees_is_left_open(text: str, result: Json, field: str, words: str) -> None:
    """CF of D14: neither is chosen; the field is empty, the conflict recorded, and the words name both."""
    found = only(*with_results(text, result))
    assert getattr(at(found), field) is None
    dispute = next(each for each in found.disputes if each.field == field)
    assert str(dispute).startswith(f"Observation says {words}, report text says ")
    assert dispute.accounts[0].teller == "report text"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("L1 fracture with 30 % loss of height.", seen(value=30)),
        ("L1 fracture with 20 to 40 % loss of height.", seen(value=30)),
        ("L1 fracture with up to one third loss of height.", seen(value=30)),
        ("L1 fracture with marrow edema.", seen("L1 marrow edema", True)),
        ("L1 fracture with marrow edema, subacute.", seen("L1 marrow edema", True)),
        ("Moderate L1 compression deformity.", seen("L1 Genant grade", None, valueInteger=2, id="g")),
        ("Status post L1 kyphoplasty.", seen(value=30)),
        ("Possible L1 fracture.", seen("L1 fracture", True)),
    ],
)
def test_what_agrees_changes_nothing_that_is_said(text: str, result: Json) -> None:
    """The same fact twice: the report's values, spans and conflicts stay."""
    alone, beside = only(*with_results(text)), only(*with_results(text, result))
    assert beside.disputes == ()
    assert values(alone).items() <= values(beside).items()
    assert beside.reading is not None
    assert alone.reading is not None
    assert beside.reading.conflicts == alone.reading.conflicts
    assert at(alone).evidence.items() <= at(beside).evidence.items()


def test_a_report_that_contradicts_itself_is_not_settled_by_a_result() -> None:
    """CF-05: what the words leave open because they differ stays open."""
    text = "FINDINGS: L1 fracture with retropulsion. IMPRESSION: L1 fracture without retropulsion."
    before, after = only(report(conclusion=text)), only(*with_results(text, seen("L1 retropulsion", True)))
    assert before.reading is not None
    assert before.reading.conflicts
    assert (after.reading, after.disputes, after.stated) == (before.reading, (), ())


def test_an_age_that_rests_on_disputed_edema_is_disputed_with_it() -> None:
    """Contract "Acuity": "acute" that only follows from marrow edema; one that the words state stays."""
    denied = seen("L1 marrow edema", False)
    derived = only(*with_results("L1 fracture with marrow edema.", denied))
    assert (at(derived).acuity, [each.field for each in derived.disputes]) == (None, ["marrow_edema", "acuity"])
    named = only(*with_results("Acute L1 fracture with marrow edema.", denied))
    assert (at(named).acuity, [each.field for each in named.disputes]) == ("acute", ["marrow_edema"])


def test_two_results_that_disagree_settle_nothing() -> None:
    """No choice between two Observations; two copies of one are one."""
    one, other = seen("L1 marrow edema", True, id="a"), seen("L1 marrow edema", False, id="b")
    found = only(*with_results(SILENT, one, other))
    assert at(found).marrow_edema is None
    assert [str(each) for each in found.disputes] == [
        "Observation says marrow edema, another Observation says no marrow edema"
    ]
    twice = only(*with_results(SILENT, one, {**one, "id": "c"}))
    assert [(each.field, each.evidence.reference) for each in twice.stated] == [("marrow_edema", "Observation/a")]


def test_of_many_heights_the_least_and_the_greatest_stand_against_the_text() -> None:
    """ "Numbers": the interval covers all; what lies between decides nothing else."""
    results = [seen(value=value, id=f"x{value}") for value in (50, 20, 40, 30)]
    found = only(*with_results("L1 fracture with 35 % loss of height.", *results))
    assert at(found).height_loss_percent == (20, 50)
    assert [str(each) for each in found.disputes] == [
        "Observation says 20 %, another Observation says 50 %, report text says 35 %"
    ]


def test_a_denial_that_the_reader_gave_to_the_levels_of_the_history() -> None:
    """Contract "Findings": a code without a level stands against it all the same."""
    text = "HISTORY: L1 fracture. FINDINGS: No fracture."
    found = only(report(conclusion=text, conclusionCode=[concept("M80.08XA")]))
    assert [str(each) for each in found.disputes] == ["conclusion code says fracture, report text says no fracture"]


@pytest.mark.parametrize("code", ["S32.010A", "M80.08XA", "S22.080A"])
def test_a_fracture_code_beside_a_text_that_denies_any(code: str) -> None:
    """CF-04 within one report: with a level, without one, and of a pair."""
    found = only(report(conclusion="No fracture.", conclusionCode=[concept(code)]))
    (dispute,) = found.disputes
    assert str(dispute) == "conclusion code says fracture, report text says no fracture"
    assert dispute.level == ("L1" if code == "S32.010A" else None)
    assert found.reading is not None
    assert [(each.level, each.field) for each in found.reading.conflicts] == [(dispute.level, "status")]
    assert not [each for each in found.reading.findings if each.status == "present"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("S32.010A", "No acute fracture."),
        ("M80.08XA", "No acute fracture."),
        ("426646004", "No thoracic fracture."),
        ("S22.080A", "No lumbar fracture."),
        ("M80.08XA", "L3: no fracture."),
    ],
)
def test_a_denial_of_less_is_no_conflict(code: str, text: str) -> None:
    """FX-05: "no acute fracture" denies no old one, and a region speaks for itself alone."""
    system = SNOMED if code.isdigit() else ICD
    found = only(report(conclusion=text, conclusionCode=[concept(code, system)]))
    assert found.disputes == ()
    assert found.reading is not None
    assert "present" in [each.status for each in found.reading.findings]


def test_a_denied_level_is_not_described() -> None:
    """Reader's rule for "absent": no height of a fracture that is disputed, but signs beside it stay."""
    results = (
        seen("L1 fracture", True, id="a"),
        seen("L1 fracture acuity", "acute", id="b"),
        seen("L1 retropulsion", True, id="c"),
    )
    found = only(*with_results("No fracture.", *results, seen(id="d")))
    assert values(found) == {"retropulsion": True}


# --- Observations of no report ----------------------------------------------------------------------------------------


def test_an_observation_of_its_own_is_a_study_of_its_own() -> None:
    """FX-09: dated, final, and silent on everything else."""
    found = only(seen(effectiveDateTime="2026-11-15"))
    assert (found.when, found.final, found.preliminary, found.modality, found.sparse, found.text) == (
        days("2026-11-15"),
        True,
        False,
        None,
        True,
        None,
    )
    assert found.evidence == Evidence("Observation/o1", "L1: height loss 30 %", "2026-11-15")
    assert values(found) == {"status": "present", "height_loss_percent": (30, 30)}


@pytest.mark.parametrize(
    ("status", "final", "preliminary"),
    [("final", True, False), ("corrected", True, False), ("preliminary", False, True), (None, False, False)],
)
def test_its_status(status: str | None, final: bool, preliminary: bool) -> None:
    """FX-07: preliminary stays preliminary; one of no status confirms nothing."""
    found = only({name: value for name, value in seen(status=status).items() if value is not None})
    assert (found.final, found.preliminary) == (final, preliminary)


@pytest.mark.parametrize(
    "result",
    [
        seen("Vertebral height loss"),
        seen("Finding", concept("M80.08XA")),
        seen(category=[concept("exam", "http://terminology.hl7.org/CodeSystem/observation-category")]),
        seen(status="unknown"),
        seen("L1 fat fraction"),
        observation("38267-1", -2.9, bodySite=L1_SITE),
        observation("8302-2", 160, "cm"),
    ],
)
def test_what_is_no_study(result: Json) -> None:
    """No level, no pictures, no status to rely on, or nothing said of a fracture."""
    assert studies(result) == ()


def test_a_problem_is_no_imaging_finding() -> None:
    """DE-02: a coded Condition stays with the diagnoses."""
    told = facts({**resource("Condition", code=concept("S32.010A"))}, read=read_once)
    assert (len(told.fractures.diagnoses.items), told.imaging.studies.items) == (1, ())


def test_the_output_of_a_device_raises_a_suspicion_only() -> None:
    """`clinical.md` H: an algorithm's finding is suspected, never confirmed; its numbers are not taken."""
    machine: Any = {"device": {"reference": "Device/algorithm"}}
    assert values(only(seen("L1 fracture", True, **machine))) == {"status": "possible"}
    assert values(only(seen(**machine))) == {"status": "possible"}
    assert studies(seen("L1 marrow edema", True, **machine)) == ()
    assert values(only(*with_results(SILENT, seen(**machine))))["height_loss_percent"] == (30, 30)


def test_results_of_a_void_report_do_not_stand_alone() -> None:
    """FX-07: what belongs to a report entered in error is not freed by it."""
    assert studies(*with_results(SILENT, seen(), status="entered-in-error")) == ()


def test_a_preliminary_result_of_a_final_report_stays_preliminary() -> None:
    """FX-07: it is kept beside the report, not within."""
    first, second = studies(*with_results(SILENT, seen(status="preliminary")))
    assert (first.final, values(first)) == (True, {"status": "present"})
    assert (second.preliminary, values(second)["height_loss_percent"]) == (True, (30, 30))


@pytest.mark.parametrize(
    ("day", "heights", "disputed"),
    [
        ("2026-11-13", [(30, 30), (15, 15)], False),
        ("2026-11-11", [(15, 15), (30, 30)], False),
        ("2026-11-12", [(15, 30)], True),
        ("2026-11-12T15:00:00Z", [(15, 30)], True),
        ("2026-11", [(15, 30)], True),
    ],
)
def test_another_day_is_another_study_and_the_same_day_a_dispute(
    day: str, heights: list[tuple[float, float]], disputed: bool
) -> None:
    """FX-09: the newest study comes first, whichever it is; of one day neither is."""
    found = studies(report(conclusion="L1 fracture with 15 % loss of height."), seen(effectiveDateTime=day))
    assert [at(each).height_loss_percent for each in found] == heights
    assert bool(found[0].disputes) is disputed


def test_of_the_same_day_only_what_the_report_speaks_of_is_compared() -> None:
    """An Observation of no report fills no report: an edema of unknown modality is not one that the MRI shows."""
    found = studies(report(conclusion=SILENT), seen("L1 marrow edema", True))
    by_kind = {each.sparse: each for each in found}
    assert values(by_kind[False]) == {"status": "present"}
    assert (values(by_kind[True]), by_kind[True].modality) == ({"marrow_edema": True}, None)


def test_observations_of_one_day_are_one_study() -> None:
    """FX-09: several Observations of one examination."""
    found = only(seen(id="a"), seen("L1 marrow edema", True, id="b"))
    assert values(found) == {"status": "present", "marrow_edema": True, "height_loss_percent": (30, 30)}
    assert {each.field: each.evidence.reference for each in found.stated}["marrow_edema"] == "Observation/b"


def test_an_observation_made_from_a_study() -> None:
    """ImagingStudy: of its report where one names it; else it is what that study shows, on its day."""
    pictures = resource(
        "ImagingStudy",
        status="available",
        started="2026-11-12T10:00:00Z",
        modality=[{"code": "MR"}],
        description="Lumbar spine",
    )
    made = seen(
        "L1 marrow edema",
        True,
        derivedFrom=[{"reference": "ImagingStudy/imagingstudy-1"}],
        effectiveDateTime="2026-11-14",
    )
    (found,) = studies(pictures, made)
    assert (found.modality, found.when, values(found)) == ("MR", days(DAY), {"marrow_edema": True})
    told = report(conclusion=SILENT, imagingStudy=[{"reference": "ImagingStudy/imagingstudy-1"}])
    (found,) = studies(pictures, told, made)
    assert (found.evidence.reference, values(found)["marrow_edema"]) == ("DiagnosticReport/r1", True)


# --- what may not change an answer ------------------------------------------------------------------------------------

AGREEING = {
    "height_loss_percent": seen(value=30, id="x"),
    "marrow_edema": seen("L1 marrow edema", True, id="x"),
    "retropulsion": seen("L1 retropulsion", False, id="x"),
    "status": seen("L1 compression fracture", True, id="x"),
    "posterior_wall": seen("L1 posterior wall", "intact", id="x"),
}
TEXT = "L1 compression fracture with 30 % loss of height and marrow edema. No retropulsion. Posterior wall intact."
DAYS = st.sampled_from(["2026-11-10", DAY, "2026-11-14"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(AGREEING)), min_size=1, max_size=4), DAYS, st.booleans())
def test_an_agreeing_fact_never_changes_the_reading(names: list[str], day: str, of_report: bool) -> None:
    """Structured or not, of the report or of its day: the values and their spans stay as the words have them."""
    results = [{**AGREEING[name], "id": f"x{n}", "effectiveDateTime": day} for n, name in enumerate(names)]
    given_ = with_results(TEXT, *results) if of_report else (*with_results(TEXT), *results)
    alone = only(*with_results(TEXT))
    beside = next(each for each in studies(*given_) if not each.sparse)
    assert (beside.reading, beside.stated, beside.disputes) == (alone.reading, (), ())


POOL = (
    *with_results(TEXT, seen(value=15, id="a"), seen("L1 marrow edema", False, id="b"), id="r1"),
    report(conclusion="No fracture.", id="r2", conclusionCode=[concept("M80.08XA"), concept("S32.010A")]),
    seen(value=45, id="c"),
    seen(value=20, id="d", effectiveDateTime="2026-11-14"),
    seen(value=25, id="e", effectiveDateTime="2026-11-14"),
    seen("L1 retropulsion", True, id="f", status="preliminary"),
    seen("T12 compression fracture", True, id="g", effectiveDateTime="2026-11"),
)


@settings(max_examples=40, deadline=None)
@given(st.permutations(POOL))
def test_the_order_of_resources_changes_nothing(order: list[Json]) -> None:
    """FHIR: a Bundle has no order."""
    assert studies(*order) == studies(*POOL)


MEMBERS = (
    "valueQuantity valueRange valueInteger valueBoolean valueString valueCodeableConcept bodySite component hasMember"
    " status code effectiveDateTime derivedFrom contained"
).split()


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(MEMBERS),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-5, 200)
            | st.sampled_from(["", "L1", "30 %", "Observation/o1", "#o1"]),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["text", "value", "code", "coding", "reference", "low"]), inner, max_size=2
                )
            ),
            max_leaves=6,
        ),
        max_size=5,
    )
)
def test_nothing_an_observation_holds_raises(members: dict[str, Any]) -> None:
    """Damaged resources cost themselves alone."""
    damaged = {**seen("L1 vertebral height loss"), **members}
    whole = json.loads(json.dumps(damaged))
    assert facts(*with_results(SILENT, whole), read=read_once).imaging.studies.items


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("height_loss_percent", (20.0, 25.5), "20 to 25.5 %"),
        ("height_loss_grade", "genant-2", "Genant grade 2 height loss"),
        ("height_loss_grade", "plana", "vertebra plana"),
        ("canal_compromise", "none", "no canal compromise"),
        ("retropulsion_mm", 4.0, "4 mm retropulsion"),
        ("kyphosis", True, "kyphosis"),
        ("status", "treated", "treated fracture"),
    ],
)
def test_values_in_words(field: str, value: object, words: str) -> None:
    """A reason names values in words of ours, never in the record's."""
    assert shown(field, value) == words


def test_no_prose_of_the_record_in_evidence() -> None:
    """General: a display of ours, 80 characters at most."""
    found = only(
        *with_results(
            SILENT,
            seen("Zebediah Quux: L1 marrow edema", True),
            seen("L1 finding", "Zebediah Quux: retropulsion", id="o2"),
        )
    )
    assert {each.field for each in found.stated} >= {"marrow_edema"}
    assert not [each for each in found.stated if "Zebediah" in each.evidence.value or len(each.evidence.value) > 80]
