"""DE-05 to DE-09, FX-07: which reports are imaging of the spine, what they are of, and what is read of them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cds_service.facts.model import Study
from cds_service.fhir.attachments.outcome import Apart
from cds_service.fhir.text import Means, NotRead, ReportText
from cds_service.reports.findings import ReportReading
from tests.facts.records import CPT, LOINC, ME, SNOMED, concept, days, facts, report, resource

LAB = [concept("LAB", "http://terminology.hl7.org/CodeSystem/v2-0074")]
DICOM = "http://dicom.nema.org/resources/ontology/DCM"


def studies(*given: dict[str, Any], **more: Any) -> tuple[Study, ...]:
    """The studies of a record."""
    return facts(*given, **more).imaging.studies.items


def study(**more: Any) -> dict[str, Any]:
    """An available ImagingStudy of 12 November, an MRI of the lumbar spine."""
    base = {
        "status": "available",
        "started": "2026-11-12T10:00:00Z",
        "modality": [{"system": DICOM, "code": "MR"}],
        "description": "Lumbar spine",
    }
    return resource("ImagingStudy", **{**base, **more})


@pytest.mark.parametrize(
    ("given", "modality", "regions", "contrast"),
    [
        (report("30679-5"), "MR", {"lumbar"}, "without"),
        (report("24981-3"), "MR", {"thoracic"}, "without-and-with"),
        (report("72148", system=CPT), "MR", {"lumbar"}, "without"),
        (report("30620-9"), "CT", {"lumbar"}, "without"),
        (report("24972-2"), "XR", {"lumbar"}, "without"),
        (report("39818-0"), "NM", {"cervical", "thoracic", "lumbar", "sacral"}, None),
        (report("", text="MRI L-SPINE W/O CONTRAST"), "MR", {"lumbar"}, "without"),
        (report("", text="SPINE LUMBOSACRAL 2 OR 3 VIEWS"), "XR", {"lumbar", "sacral"}, None),
        (report("", text="NM bone SPECT/CT thoracic spine"), "NM", {"thoracic"}, None),
        (report("18748-4", "MRI OF THE LUMBAR SPINE WITHOUT CONTRAST\nL1 fracture."), "MR", {"lumbar"}, "without"),
        (
            report("18748-4", "EXAM: CT thoracic spine.\nCOMPARISON: MRI lumbar spine.\nNothing."),
            "CT",
            {"thoracic"},
            None,
        ),
        (
            report("", "L1 fracture.", category=[concept("CT", "http://terminology.hl7.org/CodeSystem/v2-0074")]),
            "CT",
            set(),
            None,
        ),
        (
            report("", "L1 fracture.", category=[concept("NMR", "http://terminology.hl7.org/CodeSystem/v2-0074")]),
            "MR",
            set(),
            None,
        ),
        (report("18748-4", "L1 fracture."), None, set(), None),
    ],
)
def test_modality_region_and_contrast(given: dict[str, Any], modality: Any, regions: Any, contrast: Any) -> None:
    """DE-05: from the code, its words, the category, else the report's own first lines (never from its comparison)."""
    (found,) = studies(given)
    assert (found.modality, found.regions, found.contrast) == (modality, regions, contrast)


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        (report("", "L1 fracture.", category=[concept("LP29684-5", LOINC)]), True),
        (
            report(
                "",
                "L1 fracture.",
                category=[concept("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")],
            ),
            True,
        ),
        (report("", "L1 fracture.", category=None), True),
        (report("", "L1 fracture.", category=[concept("RADX", "urn:oid:1.2.840.114350")]), True),
        (report("", "No acute disease of the vertebrae.", category=None), False),
        (report("", "Hemoglobin 12", category=LAB), False),
        (report("", "L1 fracture.", category=LAB, text="Surgical pathology"), False),
        (report("30679-5", "Nothing.", category=LAB), True),
        (
            report(
                "",
                "Nothing.",
                category=[*LAB, concept("RAD", "http://terminology.hl7.org/CodeSystem/v2-0074")],
                text="MRI lumbar spine",
            ),
            True,
        ),
    ],
)
def test_which_reports_are_imaging(given: dict[str, Any], counts: bool) -> None:
    """Hazard 7: radiology under many categories; without one, a report that the reader finds something in."""
    assert bool(studies(given)) is counts


@pytest.mark.parametrize(
    "given",
    [
        report("", "Normal brain.", text="MRI brain without contrast"),
        report("", "Meniscal tear.", text="MR knee right"),
        report("", "No effusion.", text="Chest X-ray 2 views"),
        report("", "Normal.", text="US abdomen"),
        report("", "Normal LV function.", text="Echocardiogram"),
        report("", "Normal perfusion.", text="NM myocardial perfusion SPECT"),
        report("18748-4", "MRI OF THE BRAIN\nNormal."),
        study(description="MR brain"),
        study(modality=[{"system": DICOM, "code": "US"}], description="Spine ultrasound"),
        study(
            description="Chest",
            modality=[{"code": "CR"}],
            series=[{"bodySite": concept("51185008", SNOMED, display="Thoracic structure")["coding"][0]}],
        ),
    ],
)
def test_other_parts_of_the_body_are_no_study_of_the_spine(given: dict[str, Any]) -> None:
    """IM-01: an MRI of the knee is no MRI of the spine, and an ultrasound never is one."""
    assert studies(given) == ()


def test_a_chest_ct_that_names_a_fracture_is_kept() -> None:
    """Vignette 32: a fracture found by chance."""
    (found,) = studies(report("", "Incidental L1 fracture.", text="CT chest with contrast"))
    assert (found.modality, found.regions, found.reading is not None) == ("CT", frozenset(), True)


@pytest.mark.parametrize(
    ("status", "final", "preliminary"),
    [
        ("final", True, False),
        ("amended", True, False),
        ("corrected", True, False),
        ("appended", True, False),
        ("Final ", True, False),
        ("preliminary", False, True),
        ("partial", False, True),
        ("registered", False, True),
        ("unknown", False, False),
        (None, False, False),
    ],
)
def test_status(status: str | None, final: bool, preliminary: bool) -> None:
    """FX-07: only a final report confirms; an unknown status is not final."""
    (found,) = studies(report(status=status))
    assert (found.final, found.preliminary) == (final, preliminary)


@pytest.mark.parametrize("status", ["entered-in-error", "entered-in-error ", "cancelled"])
def test_void_reports_and_studies_are_ignored(status: str) -> None:
    """FX-07."""
    assert studies(report(status=status), study(status=status)) == ()


@pytest.mark.parametrize(
    ("more", "when"),
    [
        ({}, days("2026-11-12")),
        ({"effectiveDateTime": None, "effectivePeriod": {"end": "2026-11-11"}}, days("2026-11-11")),
        ({"effectiveDateTime": None, "issued": "2026-11-13T08:00:00Z"}, days("2026-11-13")),
        ({"effectiveDateTime": "2026-11"}, days("2026-11-01", "2026-11-20")),
        ({"effectiveDateTime": None}, None),
    ],
)
def test_when(more: dict[str, Any], when: object) -> None:
    """Hazard 12: a period with only an end, a report without an effective time, a partial date."""
    assert [each.when for each in studies(report(**more))] == [when]


@pytest.mark.parametrize(
    ("more", "not_read"),
    [
        ({"conclusion": "unreadable to this reader"}, "language"),
        ({"conclusion": None}, "empty"),
        ({"conclusion": None, "status": "registered"}, None),
        ({"conclusion": None, "presentedForm": [{"contentType": "application/pdf", "url": "Binary/1"}]}, "format"),
        ({"conclusion": None, "presentedForm": [{"contentType": "image/png", "data": "AAAA"}]}, "image"),
        ({"language": "de"}, "language"),
    ],
)
def test_what_could_not_be_read_says_why(more: dict[str, Any], not_read: str | None) -> None:
    """Hazard 8: a report that exists and could not be read is no report without findings."""
    (found,) = studies(report(**more))
    assert (found.reading, found.not_read) == (None, not_read)


def attached(content: bytes, content_type: str, **more: Any) -> dict[str, Any]:
    """A report with nothing but this attachment."""
    form = {"contentType": content_type, "data": base64.b64encode(content).decode()}
    return report(conclusion=None, presentedForm=[form], **more)


def test_what_was_read_in_part_says_so() -> None:
    """Hazard 8, F19: the text that was read counts, and why the rest was not is kept beside it."""
    (found,) = studies(report(presentedForm=[{"contentType": "application/pdf", "data": "JVBERi0="}]))
    assert (found.not_read, found.unread) == (None, ("format",))
    assert found.reading is not None
    (whole,) = studies(report())
    assert whole.unread == ()
    (foreign,) = studies(report(conclusion="unreadable to this reader", presentedForm=[{"url": "Binary/1"}]))
    assert (foreign.not_read, foreign.unread) == ("language", ())


def test_imaging_of_the_spine_is_read_first_and_the_newest_of_it() -> None:
    """F19: several PDF share one time; the order of the record does not decide which of them is left out."""
    order: list[bytes] = []

    def parse(kind: Apart, content: bytes) -> ReportText | NotRead:
        order.append(content)
        return ReportText("L1 fracture.")

    pdf = "application/pdf"
    facts(
        {**attached(b"%PDF- unknown", pdf, code="", text="Report", category=None), "id": "a"},
        {**attached(b"%PDF- knee", pdf, code="", text="MRI knee"), "id": "b"},
        {**attached(b"%PDF- old", pdf, effectiveDateTime="2020-01-01"), "id": "c"},
        {**attached(b"%PDF- undated", pdf, effectiveDateTime=None), "id": "d"},
        {**attached(b"%PDF- new", pdf), "id": "e"},
        means=Means(parse=parse),
    )
    assert order[:3] == [b"%PDF- new", b"%PDF- old", b"%PDF- undated"]
    assert set(order[3:]) == {b"%PDF- unknown", b"%PDF- knee"}


def test_a_binary_of_the_record_or_inside_the_resource() -> None:
    """Hazards 8 and 9: an address that the same record answers, for a report and for a document."""
    page = base64.b64encode(b"<p>L1 fracture.</p>").decode()
    binary = {"resourceType": "Binary", "id": "b", "contentType": "text/html", "data": page}
    linked = report(conclusion=None, presentedForm=[{"contentType": "text/html", "url": "https://x.example/Binary/b"}])
    whole = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": linked}, {"resource": binary}]}
    (found,) = studies(key={"reports": whole})
    assert found.reading is not None
    document = resource(
        "DocumentReference",
        status="current",
        type=concept("30679-5", LOINC),
        contained=[binary],
        content=[{"attachment": {"contentType": "text/html", "url": "#b"}}],
    )
    (found,) = studies(document)
    assert found.reading is not None


def test_text_from_an_attachment_and_from_results() -> None:
    """Hazard 8: wherever the words are."""
    data = base64.b64encode(b"L1 compression fracture.").decode()
    attached = report(conclusion=None, presentedForm=[{"contentType": "text/plain; charset=utf-8", "data": data}])
    result = {
        "resourceType": "Observation",
        "id": "res",
        "status": "final",
        "subject": {"reference": f"Patient/{ME}"},
        "code": {"text": "Impression"},
        "valueString": "L1 fracture.",
    }
    by_result = {**report(conclusion=None, result=[{"reference": "Observation/res"}]), "id": "r2"}
    assert [bool(each.reading and each.reading.findings) for each in studies(attached, by_result, result)] == [
        True,
        True,
    ]


def test_the_reader_sees_each_text_once() -> None:
    """The injected reader is asked for a text, and only for texts of imaging."""
    seen: list[str] = []

    def read(text: str) -> ReportReading:
        seen.append(text)
        return ReportReading()

    facts(report(), report("", "Hemoglobin 12", id="lab", category=LAB), read=read)
    assert seen == ["L1 fracture."]


def test_newest_first_and_the_undated_last() -> None:
    """FX-09: whatever the order of the record; on one day the final one first."""
    given = [
        {**report(effectiveDateTime="2026-01-01"), "id": "old"},
        {**report(effectiveDateTime=None), "id": "undated"},
        {**report(status="preliminary"), "id": "prelim"},
        {**report(), "id": "final"},
    ]
    assert [each.evidence.reference for each in studies(*given)] == [
        f"DiagnosticReport/{name}" for name in ("final", "prelim", "old", "undated")
    ]


def test_a_study_without_a_report() -> None:
    """IM-01: an MRI was done, and nobody has read it yet."""
    (found,) = studies(study())
    assert (found.modality, found.regions, found.final, found.preliminary, found.reading, found.not_read) == (
        "MR",
        frozenset({"lumbar"}),
        False,
        False,
        None,
        None,
    )
    assert [each.preliminary for each in studies(study(status="registered"))] == [True]


@pytest.mark.parametrize(
    "linked",
    [
        report("18748-4", imagingStudy=[{"reference": "ImagingStudy/imagingstudy-1"}]),
        report("18748-4", basedOn=[{"reference": "ServiceRequest/o1"}]),
        report("30679-5"),
    ],
)
def test_a_study_with_its_report_is_one(linked: dict[str, Any]) -> None:
    """FX-09: linked by reference, by the same order, or by day, modality and region; the study lends what it knows."""
    (found,) = studies(linked, study(basedOn=[{"reference": "ServiceRequest/o1"}]))
    assert (found.evidence.reference, found.modality, found.regions, found.final) == (
        "DiagnosticReport/r1",
        "MR",
        frozenset({"lumbar"}),
        True,
    )


def test_a_linked_study_lends_its_day() -> None:
    """DE-05: a report without an effective time was taken when its study was."""
    given = report(
        "18748-4",
        imagingStudy=[{"reference": "ImagingStudy/imagingstudy-1"}],
        effectiveDateTime=None,
        issued="2026-11-18T00:00:00Z",
    )
    assert [each.when for each in studies(given, study())] == [days("2026-11-12")]


@pytest.mark.parametrize(
    ("more", "modality"),
    [
        ({"modality": [], "series": [{"modality": {"display": "MRI"}}]}, "MR"),
        ({"modality": [{"code": "nm"}, {"code": "CT"}]}, "NM"),
        ({"modality": [{"system": DICOM, "code": "SR"}, {"system": DICOM, "code": "CT"}]}, "CT"),
        ({"modality": [], "procedureCode": [concept("30679-5", LOINC)]}, "MR"),
        ({"modality": [], "description": "MRI lumbar spine"}, "MR"),
    ],
)
def test_the_modality_of_a_study(more: dict[str, Any], modality: str) -> None:
    """Hazard 14: series without a code, SPECT/CT, documents beside pictures, only a description."""
    assert [each.modality for each in studies(study(**more))] == [modality]


def test_documents_of_imaging() -> None:
    """Hazard 15: only current ones, only imaging."""
    data = base64.b64encode(b"L1 fracture.").decode()
    base = {
        "status": "current",
        "date": "2026-11-12T08:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
    }
    imaging = resource("DocumentReference", **base, type=concept("30679-5", LOINC))
    (found,) = studies(imaging)
    assert (found.modality, found.final, found.when) == ("MR", True, days("2026-11-12"))
    assert studies({**imaging, "status": "superseded"}) == ()
    assert (
        studies(resource("DocumentReference", **base, type=concept("34117-2", LOINC, text="History and physical note")))
        == ()
    )


def test_evidence() -> None:
    """General: reference, what it is, and its day."""
    (found,) = studies(report())
    assert (found.evidence.reference, found.evidence.value, found.evidence.date) == (
        "DiagnosticReport/r1",
        "MRI lumbar spine without contrast",
        "2026-11-12",
    )


@pytest.mark.parametrize(("key", "gap"), [("reports", "reports not sent"), ("imaging", "imaging not sent")])
def test_gaps(key: str, gap: str) -> None:
    """Decision 1: reports and studies must both have been read to prove that there is none."""
    assert facts().imaging.studies.gap is None
    assert facts(without=(key,)).imaging.studies.gap == gap
