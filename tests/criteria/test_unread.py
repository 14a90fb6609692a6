"""What nobody could read is said in plain words, and never taken for a denial."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from cds_service.criteria.sites import confirmed, find_sites
from cds_service.criteria.unread import WORDS, in_words, unread_reports
from cds_service.facts.fact import Evidence
from cds_service.facts.model import Facts, Imaging, Listing, Study
from cds_service.fhir.attachments.outcome import Reason
from cds_service.reports.findings import LevelFinding, ReportReading
from tests.criteria.given import ago, nothing

READ = Study(
    evidence=Evidence("DiagnosticReport/old", "radiographs", "2026-11-01"),
    modality="XR",
    when=ago(19),
    final=True,
    preliminary=False,
    contrast=None,
    regions=frozenset({"lumbar"}),
    reading=ReportReading(findings=(LevelFinding(level="L1", status="absent", text="No fracture of L1."),)),
    text="No fracture of L1.",
)


def unread(reason: str, **changes: object) -> Study:
    """An MRI of yesterday whose report could not be read."""
    mri = replace(READ, evidence=Evidence("DiagnosticReport/new", "MRI"), modality="MR", when=ago(1), text=None)
    return replace(mri, reading=None, not_read=reason, **changes)  # type: ignore[arg-type] # fields of Study


def given(*studies: Study) -> Facts:
    """Facts with these studies, newest first."""
    return replace(nothing(), imaging=Imaging(studies=Listing(studies), orders=Listing()))


def test_every_reason_has_words() -> None:
    """F19: a clinician reads words, not codes."""
    assert set(WORDS) == set(get_args(Reason))
    assert (in_words("image"), in_words("new reason"), in_words(None)) == (
        "scanned image",
        "new reason",
        "not said why",
    )


@pytest.mark.parametrize(
    ("studies", "line"),
    [
        ((), None),
        ((READ,), None),
        ((unread("image"), READ), "1 imaging report could not be read (scanned image)."),
        ((unread("image"), unread("image")), "2 imaging reports could not be read (scanned image)."),
        (
            (unread("encrypted"), unread("image"), unread("image")),
            "3 imaging reports could not be read (2 scanned image; 1 password protected).",
        ),
        (
            (replace(READ, unread=("truncated", "image")),),
            "1 imaging report could be read only in part (too long, cut off or out of time).",
        ),
        (
            (unread("language"), replace(READ, unread=("image",))),
            "1 imaging report could not be read (not in English). 1 imaging report could be read only in part"
            " (scanned image).",
        ),
    ],
)
def test_the_line_on_a_card(studies: tuple[Study, ...], line: str | None) -> None:
    """F19, design invariant 2: one short line with numbers and reasons; none when all was read."""
    assert unread_reports(given(*studies)) == line


@pytest.mark.parametrize(
    ("newer", "truth"),
    [
        (unread("image"), "unknown"),
        (unread("image", regions=frozenset()), "unknown"),
        (unread("image", regions=frozenset({"cervical"})), "not-met"),
        (unread("image", final=False, preliminary=True), "not-met"),
    ],
)
def test_an_older_denial_does_not_stand_for_a_newer_report_that_nobody_read(newer: Study, truth: str) -> None:
    """FX-09: the newest final report of the level decides; one that could not be read leaves it open."""
    facts = given(newer, READ)
    (site,) = find_sites(facts)
    claim = confirmed(site, facts)
    assert claim.truth.value == truth
    if claim.unknown:
        assert claim.why_unknown == "a newer report could not be read (scanned image)"
        assert [each.reference for each in claim.evidence] == ["DiagnosticReport/new", "DiagnosticReport/old"]


def test_a_newer_denial_stands_whatever_could_not_be_read_before() -> None:
    """FX-09: the other way round nothing is open."""
    facts = given(READ, unread("image"))
    (site,) = find_sites(facts)
    assert confirmed(site, facts).not_met
