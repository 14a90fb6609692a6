"""DE-05 to DE-09: reports and studies of imaging, newest first, each with what its text says of the spine.

Which reports are imaging is told by code, category, linked study or words, and where none of these tells, by the text:
a report in which the reader finds a vertebral finding is one. Studies of another part of the body that say nothing of
the spine are left out, so that an MRI of the knee never stands for one of the spine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.levels import regions_in, regions_of
from cds_service.facts.model import Contrast, Imaging, Listing, Modality, Order, SpineRegion, Study
from cds_service.facts.reconciled import Word, reconcile
from cds_service.facts.requests import (
    ELSEWHERE,
    IMAGING_SETS,
    SPINE,
    Picture,
    contrast_in,
    modality_in,
    name_picture,
    picture,
)
from cds_service.facts.source import VOID, Moment, Source
from cds_service.facts.structured import FINAL, Alone, Structured, later, structured
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.record import Located
from cds_service.fhir.resources import CodeableConcept, Coding
from cds_service.fhir.text import NotRead, report_texts
from cds_service.knowledge.systems import DICOM
from cds_service.knowledge.value_set import value_set
from cds_service.reports.findings import ReportReading

Read = Callable[[str], ReportReading]

REPORTS: Final = "reports"
STUDIES: Final = "imaging"
PRELIMINARY: Final = frozenset({"preliminary", "partial", "registered"})
RADIOLOGY_SET: Final = "radiology-report"

_BY_CATEGORY: Final[dict[str, Modality]] = {"CT": "CT", "NMR": "MR", "NMS": "NM", "RX": "XR"}
"""Modality by the code of HL7 v2 table 0074."""
_PICTURES: Final = frozenset({*_BY_CATEGORY, "RAD", "LP29684-5", "18726-0", "18748-4", "IMG", "IMAGING", "RADIOLOGY"})
_NO_PICTURES: Final = frozenset(
    """LAB CH HM MB MCB SR SP PAT CG CP GE IMM TX VR BLB MYC PAR CUS RUS OUS VUS EC EN ICU NRS OTH PF PHR PHY RC RT SUR
    LP29708-2 LP7839-6""".split()
)
_NAMES_PICTURES: Final = re.compile(r"\bradiolog\w+|\bimaging\b|\bx-?ray\b", re.IGNORECASE)
_LAB: Final = re.compile(
    r"\blab(?:oratory)?\b|\bpatholog\w+|\bmicrobiolog\w+|\bhematolog\w+|\bchemistry\b|\bcardiolog\w+", re.IGNORECASE
)

_MAY_BE_PICTURE: Final = re.compile(
    r"\bmri?\b|\bct\b|\bx-?ray|\bxr\b|\bradio|\btomogra|\bscan\b|\bspect\b|\bviews?\b|\bdexa\b|\bdxa\b|\bimaging\b",
    re.IGNORECASE,
)
"""A quick look that spares laboratory reports the slow one."""

_WORTH_READING: Final = re.compile(
    r"vertebr|compress|fractur|kyphoplast|collaps|wedg|height|spine|lumbar|thorac|edema", re.IGNORECASE
)
"""A text with none of these says nothing of a vertebra, so a report of unknown kind without them need not be read."""

_DICOM_MODALITY: Final[dict[str, Modality]] = {"mri": "MR", "ct": "CT", "xray": "XR", "nuclear": "NM", "dxa": "DXA"}
_BY_WEIGHT: Final[tuple[Modality, ...]] = ("MR", "NM", "CT", "DXA", "XR")
"""A study with several series: the modality that the study was made for (SPECT/CT is nuclear)."""

_NOT_THIS_STUDY: Final = re.compile(
    r"^\s*(?:comparison|clinical|history|indication|reason|prior|previous)\b.*$", re.IGNORECASE | re.MULTILINE
)
_HEAD: Final = 400


@lru_cache(maxsize=256)
def _dicom(code: str) -> tuple[Modality | None, bool]:
    """(modality, is another one) of a DICOM modality code, whatever its system says."""
    row = value_set("imaging-modality").row(DICOM, code)
    if row is None:
        return None, False
    return _DICOM_MODALITY.get(row["modality"]), row["modality"] in ("ultrasound", "fluoroscopy")


@dataclass(frozen=True, slots=True)
class Told:
    """The words of one report of imaging, of whatever part of the body."""

    reference: str
    moment: Moment
    text: str


@dataclass(frozen=True, slots=True)
class _Looked:
    """One ImagingStudy as far as it tells what it shows."""

    located: Located[fhir.ImagingStudy]
    picture: Picture
    moment: Moment


@dataclass(frozen=True, slots=True)
class _Kept:
    """A study with what orders it among the others and what links it to an ImagingStudy."""

    study: Study
    at: datetime | None


def imaging(source: Source, placed: Listing[Order], read: Read) -> tuple[Imaging, tuple[Told, ...]]:
    """Studies, and the orders placed; and the words of every report of imaging, for what else may stand in them.

    ``read`` is the report reader; the caller caches it.
    """
    texts: list[Told] = []
    studies = _studies(source, read, texts)
    return Imaging(studies=Listing(studies, source.gap(REPORTS, STUDIES)), orders=placed), tuple(texts)


def _studies(source: Source, read: Read, texts: list[Told]) -> tuple[Study, ...]:
    looked = {each.located.reference: each for each in _imaging_studies(source)}
    used: set[str] = set()
    told = structured(source, read)
    kept = [*_reports(source, read, looked, used, told, texts), *_documents(source, read, told, texts)]
    kept = _with_observations(kept, told.alone, looked, used)
    for reference, each in looked.items():
        if reference not in used and not _reported(each, kept):
            study = _bare(each)
            if study is not None:
                kept.append(_Kept(study, each.moment.at))
    kept.sort(key=_age, reverse=True)
    return tuple(each.study for each in kept)


def _age(kept: _Kept) -> tuple[date, bool, datetime, bool, str]:
    """Newest last; of one day reports before what only Observations state, which is as old as it may be.

    Then the final one, then by place, for the order of resources says nothing.
    """
    when, study = kept.study.when, kept.study
    day = date.min if when is None else when.first if study.sparse else when.last
    at = kept.at or datetime.min.replace(tzinfo=UTC)
    return day, not study.sparse, at, study.final, study.evidence.reference


# --- ImagingStudy -----------------------------------------------------------------------------------------------------


def _imaging_studies(source: Source) -> Iterator[_Looked]:
    for located in source.record.of(fhir.ImagingStudy):
        study = located.resource
        if plain_code(study.status) in VOID:
            continue
        spoken = "\n".join(
            [
                study.description or "",
                words(study.procedure_code),
                *(series.description or "" for series in study.series),
            ]
        )
        sites = [series.body_site for series in study.series if series.body_site is not None]
        base = picture(find(study.procedure_code), spoken)
        modality, is_other = _study_modality(study)
        regions = base.regions or regions_of(sites)
        at_sites = "\n".join(words(site) for site in sites)
        is_spinal = base.spinal if base.spinal is not None else _place(at_sites, bool(regions))
        is_other = base.other_modality or (is_other and modality is None)
        regions = regions if is_spinal else frozenset()
        image = Picture(base.modality or modality, base.contrast, regions, is_spinal, is_other)
        moment = source.moment(study.started, *(series.started for series in study.series))
        yield _Looked(located, image, moment)


def _place(said: str, has_region: bool) -> bool | None:
    if SPINE.search(said):
        return True
    return False if ELSEWHERE.search(said) else has_region or None


def _study_modality(study: fhir.ImagingStudy) -> tuple[Modality | None, bool]:
    codings: list[Coding] = [
        *study.modality,
        *(series.modality for series in study.series if series.modality is not None),
    ]
    found: set[Modality] = set()
    is_other = False
    for coding in codings:
        modality, other = _dicom((coding.code or "").strip().upper())
        modality = modality or (modality_in(coding.display) if coding.display and not other else None)
        is_other |= other
        if modality is not None:
            found.add(modality)
    return next((modality for modality in _BY_WEIGHT if modality in found), None), is_other


def _bare(looked: _Looked) -> Study | None:
    """A study without a report; None when it is of another place or kind."""
    image = looked.picture
    if image.spinal is False or image.other_modality or image.modality is None:
        return None
    is_started = plain_code(looked.located.resource.status) != "registered"
    evidence = Evidence(looked.located.reference, name_picture(image), looked.moment.date)
    return Study(
        evidence, image.modality, looked.moment.when, False, not is_started, image.contrast, image.regions, None
    )


def _reported(looked: _Looked, kept: list[_Kept]) -> bool:
    """Whether a report that names no study is of this one: the same day, modality and region."""
    return any(
        each.study.modality == looked.picture.modality
        and each.study.when is not None
        and each.study.when == looked.moment.when
        and (not each.study.regions or not looked.picture.regions or bool(each.study.regions & looked.picture.regions))
        for each in kept
    )


# --- DiagnosticReport -------------------------------------------------------------------------------------------------


def _reports(
    source: Source, read: Read, looked: dict[str, _Looked], used: set[str], told: Structured, texts: list[Told]
) -> Iterator[_Kept]:
    by_order = {order: each for each in looked.values() for order in _order_names(each.located.resource.based_on)}
    # What takes time to read is read while there is some: imaging of the spine first, and the newest of it.
    every = sorted(
        source.record.of(fhir.DiagnosticReport), key=lambda each: _worth(source, each.resource), reverse=True
    )
    for located in every:
        report = located.resource
        if plain_code(report.status) in VOID:
            continue
        links = [
            looked[found.reference]
            for ref in report.imaging_study
            if (found := source.record.locate(ref)) and found.reference in looked
        ]
        links = links or [by_order[order] for order in _order_names(report.based_on) if order in by_order]
        study = _of_report(source, located, links, read, told, texts)
        used.update(each.located.reference for each in links)
        if study is not None:
            yield study


def _worth(source: Source, report: fhir.DiagnosticReport) -> tuple[bool, date]:
    """How early a report is read: whether code, category or a study make it imaging of the spine, then its day. Where
    reading takes no time to speak of, that is all one.
    """
    if all((form.content_type or "").strip().lower().startswith("text/plain") for form in report.presented_form):
        return False, date.min
    is_picture, by_category = _category(report.category)
    image = picture(find(report.code), words(report.code))
    known = bool(is_picture or by_category or image.modality or report.imaging_study) and image.spinal is not False
    day = source.moment(report.effective_date_time, report.effective_period, report.issued).when
    return known, day.last if day is not None else date.min


def _order_names(references: tuple[fhir.Reference, ...]) -> list[str]:
    return [each.reference.strip() for each in references if each.reference]


def _of_report(
    source: Source,
    located: Located[fhir.DiagnosticReport],
    links: list[_Looked],
    read: Read,
    told: Structured,
    texts: list[Told],
) -> _Kept | None:
    """The study a report is of; None when it is no imaging, or of another place and silent on the spine. The words of
    any imaging join ``texts``.
    """
    report = located.resource
    is_picture, by_category = _category(report.category)
    found, spoken = find(report.code), words(report.code)
    is_known = is_picture is True or bool(links) or RADIOLOGY_SET in found
    if (
        is_picture is False
        and not is_known
        and not _MAY_BE_PICTURE.search(spoken)
        and not any(map(found.get, IMAGING_SETS))
    ):
        return None
    image = _joined(picture(found, spoken), links, by_category)
    is_known = is_known or image.modality is not None
    reading, text, not_read, unread = _read(source, report, read, anyway=is_known and image.spinal is not False)
    moment = _performed(source, report, links)
    if text is not None:
        texts.append(Told(located.reference, moment, text))
        image = _with_head(image, text)
    is_sparse = reading is None
    # A report's own codes speak of what it shows, whatever its title says, so its denials are held against all of them.
    beside = reconcile(reading or ReportReading(), told.of_report(located), frozenset())
    if beside.stated or beside.disputes:
        reading = beside.reading
    if not (_speaks(reading) or (is_known and image.spinal is not False and not image.other_modality)):
        return None
    status = plain_code(report.status)
    study = Study(
        evidence=Evidence(located.reference, name_picture(image), moment.date),
        modality=image.modality,
        when=moment.when,
        final=status in FINAL,
        preliminary=status in PRELIMINARY,
        contrast=image.contrast,
        regions=image.regions,
        reading=reading,
        not_read=None if status == "registered" and not_read == "empty" else not_read,
        unread=unread,
        text=text,
        stated=beside.stated,
        disputes=beside.disputes,
        sparse=is_sparse and reading is not None,
    )
    return _Kept(study, moment.at)


def _read(
    source: Source, report: fhir.DiagnosticReport, read: Read, *, anyway: bool
) -> tuple[ReportReading | None, str | None, str | None, tuple[str, ...]]:
    """(reading, text, why not read, why parts were not). Without ``anyway`` only a text that may speak of a vertebra is
    read.
    """
    text = report_texts(report, lambda reference: source.resolve(reference, report), source.means)
    if isinstance(text, NotRead):
        return None, None, text.reason, ()
    if not anyway and not _WORTH_READING.search(text.text):
        return None, text.text, None, text.unread
    reading = read(text.text)
    if reading.not_read is not None:
        return None, text.text, reading.not_read, ()
    return reading, text.text, None, text.unread


def _performed(source: Source, report: fhir.DiagnosticReport, links: list[_Looked]) -> Moment:
    """When the pictures were taken: as the report says, else as its study says, else when it was issued."""
    moment = source.moment(report.effective_date_time, report.effective_period)
    linked = next((each.moment for each in links if each.moment.when is not None), None)
    return moment if moment.when is not None else linked or source.moment(report.issued)


def _category(categories: tuple[CodeableConcept, ...]) -> tuple[bool | None, Modality | None]:
    """(imaging: yes, no, not said; the modality it names). One imaging category beside others is enough."""
    said = {(coding.code or "").strip().upper() for concept in categories for coding in concept.coding}
    by_category = next((_BY_CATEGORY[code] for code in sorted(said) if code in _BY_CATEGORY), None)
    spoken = words(categories)
    if said & _PICTURES or _NAMES_PICTURES.search(spoken):
        return True, by_category
    return (False if said & _NO_PICTURES or _LAB.search(spoken) else None), None


def _joined(image: Picture, links: list[_Looked], by_category: Modality | None) -> Picture:
    """What the code says, completed by the linked studies and the category."""
    linked = [each.picture for each in links]
    modality = (
        image.modality or next((each.modality for each in linked if each.modality is not None), None) or by_category
    )
    regions: frozenset[SpineRegion] = image.regions or frozenset(region for each in linked for region in each.regions)
    contrast: Contrast | None = image.contrast or next(
        (each.contrast for each in linked if each.contrast is not None), None
    )
    is_spinal = (
        image.spinal
        if image.spinal is not None
        else next((each.spinal for each in linked if each.spinal is not None), None)
    )
    is_other = modality is None and (image.other_modality or any(each.other_modality for each in linked))
    return Picture(modality, contrast, regions, is_spinal, is_other)


def _with_head(image: Picture, text: str) -> Picture:
    """What code, study and category leave open, from the report's own first lines."""
    if image.modality is not None and image.regions and image.contrast is not None:
        return image
    head = _NOT_THIS_STUDY.sub("", text[:_HEAD])
    modality = image.modality or (None if image.other_modality else modality_in(head))
    title = _title(head)
    regions = image.regions or (regions_in(title) if image.spinal is not False else frozenset())
    is_spinal = image.spinal if image.spinal is not None else _place(title, bool(regions))
    contrast = image.contrast or contrast_in(title)
    return Picture(modality, contrast, regions if is_spinal else frozenset(), is_spinal, image.other_modality)


def _title(head: str) -> str:
    """The first two lines that hold words."""
    return "\n".join([line for line in head.splitlines() if line.strip()][:2])


def _speaks(reading: ReportReading | None) -> bool:
    """Whether a reading says anything of a vertebra."""
    return reading is not None and bool(
        reading.findings
        or reading.infections
        or reading.regions_without_fracture
        or reading.regions_without_acute_fracture
    )


# --- Observations of no report ----------------------------------------------------------------------------------------


def _with_observations(
    kept: list[_Kept], alone: tuple[Alone, ...], looked: dict[str, _Looked], used: set[str]
) -> list[_Kept]:
    """The studies with what Observations outside any report state, those of one day and study together.

    Where a report that may be of the same day has a word on the same fact, they are set beside it: what agrees is
    said already, what does not is a dispute. The rest is a study of its own, sparse: its silence denies nothing.
    """
    reports = len(kept)
    groups: dict[tuple[object, ...], list[Alone]] = {}
    for each in alone:
        linked = looked.get(each.study or "")
        each = each if linked is None else replace(each, moment=linked.moment)
        groups.setdefault((each.study, each.moment.when, each.final, each.preliminary), []).append(each)
    for group in groups.values():
        first = group[0]
        said = frozenset(word for each in group for word in each.words)
        left = said
        for place, other in enumerate(kept[:reports] if first.final else ()):
            if other.study.final and _may_be_one_day(first.moment, other):
                kept[place], heard = _beside(other, said)
                left -= heard
        beside = reconcile(ReportReading(), left, frozenset())
        if not beside.reading.findings:
            continue
        linked = looked.get(first.study or "")
        image = linked.picture if linked is not None else Picture(None, None, frozenset(), None, False)
        if linked is not None:
            used.add(linked.located.reference)
        evidence = min((word.evidence for word in left), key=lambda each: (each.reference, each.value))
        study = Study(
            evidence=evidence,
            modality=image.modality,
            when=first.moment.when,
            final=first.final,
            preliminary=first.preliminary,
            contrast=image.contrast,
            regions=image.regions,
            reading=beside.reading,
            stated=beside.stated,
            disputes=beside.disputes,
            sparse=True,
        )
        kept.append(_Kept(study, first.moment.at))
    return kept


def _may_be_one_day(moment: Moment, other: _Kept) -> bool:
    return later(Moment(moment.when, None, None), Moment(other.study.when, None, None)) is None


def _beside(kept: _Kept, said: frozenset[Word]) -> tuple[_Kept, frozenset[Word]]:
    """A report's study set beside what Observations state, and the words it has one of its own on."""
    study = kept.study
    beside = reconcile(study.reading or ReportReading(), said, study.regions, fill=False)
    if not beside.disputes:
        return kept, beside.heard
    disputes = (*study.disputes, *beside.disputes)
    return _Kept(replace(study, reading=beside.reading, disputes=disputes), kept.at), beside.heard


# --- DocumentReference ------------------------------------------------------------------------------------------------


def _documents(source: Source, read: Read, told: Structured, texts: list[Told]) -> Iterator[_Kept]:
    """Imaging reports filed as documents: current ones (hazard 15) whose type or category says imaging."""
    for located in source.record.of(fhir.DocumentReference):
        document = located.resource
        if plain_code(document.status) != "current" or plain_code(document.doc_status) in VOID:
            continue
        concepts = [each for each in (document.type,) if each is not None]
        is_picture, _ = _category(document.category)
        spoken = words(concepts)
        if not (is_picture or RADIOLOGY_SET in find(concepts) or picture(find(concepts), spoken).modality is not None):
            continue
        forms = tuple(each.attachment for each in document.content if each.attachment is not None)
        report = fhir.DiagnosticReport(
            language=document.language,
            contained=document.contained,
            status=plain_code(document.doc_status) or "final",
            category=document.category,
            code=document.type,
            effective_period=document.context.period if document.context is not None else None,
            issued=document.date,
            presented_form=forms,
        )
        of_document = Located(located.reference, report, located.key, located.subject_stated)
        kept = _of_report(source, of_document, [], read, told, texts)
        if kept is not None:
            yield kept
