"""Every public payload of the shared data: read without an exception, with the losses that are justified."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from cds_service.fhir import decoding
from cds_service.fhir import resources as fhir
from cds_service.fhir.attachments.pdf import parsing_apart
from cds_service.fhir.attachments.remembered import Remembered
from cds_service.fhir.drafts import read_drafts
from cds_service.fhir.record import NoteKind, PatientRecord, contained, read_record
from cds_service.fhir.resources import NotReadable, Reference, Resource
from cds_service.fhir.text import Means, NotRead, ReportText, report_texts

FOLDERS = {
    "ahrq-pain": (74, {"Condition": 2}),
    "au-core-test-data": (113, {}),
    "ms-fhir-converter": (187, {}),
    "ms-fhir-server": (84, {}),
    "synthea2019": (4042, {}),
    "synthea2021": (1216, {}),
    "synthea2025-bulk10": (5720, {}),
    "us-core-examples": (47, {}),
    "va-mhv": (46, {}),
}
"""Folder -> resources of our types that are read, and by type those that are not.

The two of ahrq-pain are DSTU2 Conditions, whose clinicalStatus is a bare word: another version, refused on purpose.
"""


def documents(folder: Path) -> Iterator[bytes]:
    """Every JSON document of a folder: files, gzipped files, lines of NDJSON."""
    for file in sorted(folder.rglob("*")):
        if ".json" in file.name or ".ndjson" in file.name:
            content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            yield from content.splitlines() if ".ndjson" in file.name else [content]


def resources(folder: Path) -> Iterator[bytes | Raw]:
    """Every resource of a folder, the entries of Bundles one by one."""
    for document in documents(folder):
        if decoding.resource_type(document) == "Bundle":
            yield from (entry.resource for entry in decoding.decode(document, fhir.Bundle).entry)
        else:
            yield document


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_public_resource_is_read(shared: Path, folder: str) -> None:
    """Hazards 1, 2, 4, 5, 10, 14: nothing raises but NotReadable, and what is lost is known and justified."""
    read: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for raw in resources(shared / "data" / "fhir" / folder):
        kind = decoding.resource_type(raw) or "none"
        if kind not in fhir.RESOURCE_TYPES:
            continue
        try:
            read[type(decoding.read_resource(raw)).__name__] += 1
        except NotReadable:
            lost[kind] += 1
    assert (read.total(), dict(lost)) == FOLDERS[folder]


def records(shared: Path) -> Iterator[PatientRecord]:
    """The record of each recorded CDS Hooks request."""
    for document in documents(shared / "data" / "fhir" / "cds-hooks-requests"):
        request = msgspec.json.decode(document, type=dict[str, Raw])
        context = msgspec.json.decode(request.get("context", Raw(b"{}")), type=dict[str, Raw])
        prefetch = msgspec.json.decode(request.get("prefetch", Raw(b"{}")), type=dict[str, Raw] | None)
        patient_id = msgspec.json.decode(context.get("patientId", Raw(b'"nobody"')), type=str)
        for field in ("draftOrders", "appointments"):
            assert all(draft.raw for draft in read_drafts(context.get(field), patient_id=patient_id))
        yield read_record(patient_id, prefetch or {})


def test_every_recorded_request_is_read(shared: Path) -> None:
    """Hazard 17: ``Patient/x`` as patientId, nulls, wrappers, missing prefetch, foreign keys: 39 records, nothing
    unreadable.
    """
    every = list(records(shared))
    kinds = Counter(note.kind for record in every for note in record.notes)
    assert len(every) == 39
    assert not [each for record in every for each in record.unreadable]
    assert set(kinds) == {NoteKind.UNKNOWN_TYPE, NoteKind.SUBJECT_NOT_STATED, NoteKind.DUPLICATE_DIFFERS}


@pytest.mark.parametrize("folder", ["synthea2019", "synthea2021"])
def test_whole_patients_are_one_record(shared: Path, folder: str) -> None:
    """Hazard 9: in a Bundle of one patient every urn leads to that patient: nothing is another's, nothing unclaimed."""
    for document in documents(shared / "data" / "fhir" / folder):
        entries = decoding.decode(document, fhir.Bundle).entry
        patient_id = next(
            decoding.read_head(each.resource).id
            for each in entries
            if decoding.resource_type(each.resource) == "Patient"
        )
        record = read_record(patient_id or "", {"item1": document})
        kinds = {note.kind for note in record.notes}
        assert record.patient is not None
        assert not kinds & {NoteKind.OTHER_PATIENT, NoteKind.UNREADABLE, NoteKind.DUPLICATE}
        assert not [each for each in record.of(fhir.DiagnosticReport) if not each.subject_stated]


def test_the_text_of_public_reports(shared: Path) -> None:
    """Hazard 8: VistA text inline, Synthea notes with parameters in contentType, XHTML and PDF of US Core and AU Core;
    the rest says why it is not read.
    """
    outcomes: dict[str, Counter[str]] = {}
    with parsing_apart(60.0, lambda: 0.0, Remembered()) as parse:
        for folder in FOLDERS:
            for report in reports(shared / "data" / "fhir" / folder):
                text = report_texts(report, _within(report), Means(parse=parse))
                outcomes.setdefault(folder, Counter())[text.reason if isinstance(text, NotRead) else "text"] += 1
                assert not isinstance(text, ReportText) or text.text.strip()
    assert {folder: dict(counts) for folder, counts in outcomes.items()} == {
        "au-core-test-data": {"format": 2, "text": 2},
        "ms-fhir-converter": {"empty": 6},
        "ms-fhir-server": {"empty": 3, "text": 3},
        "synthea2019": {"empty": 219},
        "synthea2021": {"text": 168},
        "us-core-examples": {"format": 1, "text": 2, "empty": 2},
        "va-mhv": {"text": 9, "empty": 2},
    }


def reports(folder: Path) -> Iterator[fhir.DiagnosticReport]:
    """Every DiagnosticReport of a folder."""
    for raw in resources(folder):
        if decoding.resource_type(raw) == "DiagnosticReport":
            report = decoding.read_resource(raw)
            assert isinstance(report, fhir.DiagnosticReport)
            yield report


def test_a_public_page_is_read_as_it_looks(shared: Path) -> None:
    """Hazard 8, US Core: a chest film in XHTML, its headings and lines where a browser shows them."""
    found = {report.id: report for report in reports(shared / "data" / "fhir" / "us-core-examples")}
    text = report_texts(found["chest-xray-report"])
    assert isinstance(text, ReportText)
    lines = text.text.splitlines()
    assert lines[lines.index("IMPRESSION:") :][:3] == ["IMPRESSION:", "", "No acute abnormality."]
    assert "INDICATION/CLINICAL QUESTION: Fever / Pneumonia" in lines


def _within(report: Resource) -> Callable[[Reference], Resource | None]:
    return lambda reference: contained(report, (reference.reference or "").removeprefix("#"))
