"""DE-04 to DE-09 where they are structured: conclusion codes, and Observations of a report or standing alone.

A fact is taken from a verified code of the fracture set, or from the words of an Observation's code with its value,
read by the report reader as the sentence they make ("L1 vertebral height loss 30 %."). Words of a code that belongs to
another value set are not read. Nothing follows from what is left out: only a stated "no" is one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cds_service.facts.coded import Found, find, row
from cds_service.facts.fact import Evidence
from cds_service.facts.fractures import BY_WEIGHT, NOT_CURRENT, SET, named_levels
from cds_service.facts.levels import BODY_SITE, levels_in, levels_of, names_vertebra
from cds_service.facts.model import Level
from cds_service.facts.reconciled import FIELDS, Value, Word, shown
from cds_service.facts.remembered import remembered
from cds_service.facts.requests import IMAGING_SETS
from cds_service.facts.source import Moment, Observed, Source, cut
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import codings, words
from cds_service.fhir.decoding import plain_code, read_resource, resource_type
from cds_service.fhir.record import Located, belongs
from cds_service.fhir.resources import CodeableConcept, NotReadable, Quantity, Reference
from cds_service.knowledge.systems import UCUM, normalise_system
from cds_service.knowledge.value_set import Row
from cds_service.reports.findings import LevelFinding, Region, ReportReading

Read = Callable[[str], ReportReading]
Values = dict[str, Value]

FINAL: Final = frozenset({"final", "amended", "corrected", "appended"})
PRELIMINARY: Final = "preliminary"

_NAMES_A_STUDY: Final = frozenset({SET, "radiology-report", *IMAGING_SETS})
"""Value sets whose codes leave open what an Observation measured; a code of any other set has its own meaning."""
_NEVER_IMAGING: Final = frozenset({"laboratory", "lab", "vital-signs", "social-history", "survey"})
_NOT_ALONE: Final = frozenset({"exam", "therapy", "activity"})
"""Categories of what was seen without pictures: they count only as part of a report."""

_MAY_TELL: Final = re.compile(
    r"vertebr|fractur|compress|collaps|wedg|height|kypho|edema|marrow|uptake|retropuls|wall|cortex|canal|cleft|burst"
    r"|genant|deform|spin(?:e|al)|lumbar|thorac|epidural|cord|collection|endplate|\b[tl]\d"
)
"""A quick look that spares laboratory results the slow one."""
_UNFIT: Final = re.compile(
    r"\b(?:probabilit\w+|likelihood|risk|confidence|scores?|ratio|index|density|fraction|percentile|frax|histor\w+|prior"
    r"|previous|past|compar\w+|indication|reasons?|rule[- ]?out|r/o|family|planned|request\w*|questions?|clinical"
    r"|discs?|disks?|facets?)\b",
    re.IGNORECASE,
)
"""What is no finding of this study, or no measure of a body, whatever else the words of a code say."""
_NOT_A_BODY: Final = re.compile(
    r"\b(?:discs?|disks?|intervertebral|facets?|nerves?|roots?|foram\w+|muscles?|ribs?)\b", re.IGNORECASE
)
_LOSS: Final = re.compile(r"\b(?:loss|lost|reduction|decrease|collapse\w*|compression(?! fracture))\b", re.IGNORECASE)
"""A percentage measures the body only where the words name what was lost of it."""
_IN_PERCENT: Final = re.compile(r"\(\s*%\s*\)|%|\bpercent(?:age)?(?: of)?\b", re.IGNORECASE)
_PERCENT: Final = re.compile(r"\s*(\d{1,3}(?:\.\d{1,3})?)\s*%\s*")
_GENANT: Final = re.compile(r"\bgenant\b", re.IGNORECASE)
_GRADE: Final = re.compile(r"(?<![\d.])[1-3](?![\d.])")
_TAG: Final = re.compile(r"\s*\((?:disorder|finding|situation|observable entity|morphologic abnormality)\)\s*$", re.I)
_NO_ANSWER: Final = re.compile(
    r"\bunknown\b|\bnot (?!(?:present|seen|detected|identified|evident)\b)|\bn/?a\b|\bunable\b|\bcannot be\b"
    r"|\bpending\b|\bsee\b|\bindeterminate\b|\binconclusive\b|\bequivocal\b|\buncertain\b|\bdeferred\b|\blimited\b|\bother\b",
    re.IGNORECASE,
)
_YES: Final = frozenset("yes y true present positive seen detected identified confirmed".split())
_NO: Final = frozenset(
    {"no", "n", "false", "absent", "negative", "none", "none seen", "not present", "not seen", "not detected"}
    | {"not identified", "not evident"}
)

LONGEST_NAME: Final = 200
LONGEST_VALUE: Final = 240
MOST_RESULTS: Final = 200
"""Results of vertebrae that are read, the newest first; within one report as many more. Real studies have a dozen."""
_LARGEST_MM: Final = 40.0
"""Millimetres; a vertebral body is no deeper."""
_DEEPEST: Final = 8
"""Panels within panels that are followed."""
_PROBE: Final = 30.0

_REGIONS: Final[Mapping[str, Region]] = {
    "thoracic": "thoracic",
    "cervicothoracic": "upper-thoracic",
    "thoracolumbar": "thoracolumbar",
    "lumbar": "lumbar",
    "lumbosacral": "lumbar",
}


@dataclass(frozen=True, slots=True)
class Alone:
    """What one Observation states that is of no report. ``study``: the ImagingStudy it says it was made from."""

    words: tuple[Word, ...]
    moment: Moment
    final: bool
    preliminary: bool
    study: str | None


@dataclass(frozen=True, slots=True)
class _Part:
    """What one Observation states, with the Observation."""

    whole: fhir.Observation
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Structured:
    """What the Observations of a record state of vertebrae: by the report they belong to, and alone."""

    source: Source
    read: Read
    by_report: Mapping[str, tuple[_Part, ...]]
    alone: tuple[Alone, ...]

    def of_report(self, located: Located[fhir.DiagnosticReport]) -> tuple[Word, ...]:
        """What the codes and results of one report state; of a final report, preliminary results are left out."""
        report = located.resource
        parts = (*self.by_report.get(located.reference, ()), *_contained(self.source, located, self.read))
        is_final = plain_code(report.status) in FINAL
        stated = [
            word for concept in report.conclusion_code for word in _of_code(located, concept, self.source, self.read)
        ]
        for part in parts:
            if is_final and plain_code(part.whole.status) == PRELIMINARY:
                continue
            is_newer = _is_newer(self.source, part.whole, report)
            stated += [replace(word, newer=is_newer) for word in part.words]
        return tuple(stated)


def structured(source: Source, read: Read) -> Structured:
    """Looks at every result once; what is no Observation of a vertebra costs a look at its code and category."""
    telling: dict[str, list[Observed]] = {}
    for result in source.observed:
        if _may_tell(result):
            telling.setdefault(result.reference, []).append(result)
    if not telling:
        return Structured(source, read, {}, ())
    ties = _ties(source)
    by_report: dict[str, list[_Part]] = {}
    alone: list[Alone] = []
    for reference, results in _newest(telling):
        whole = results[0].whole
        status = plain_code(whole.status)
        if status not in {*FINAL, PRELIMINARY, ""}:
            continue
        above = ties.above(reference)
        owners = ties.owners(reference, above, whole)
        said = tuple(_of_results(results, _inherited(above), read))
        if not said:
            continue
        for owner in owners:
            by_report.setdefault(owner, []).append(_Part(whole, said))
        if (owners and not (status == PRELIMINARY and ties.final.intersection(owners))) or (
            _categories(whole) & _NOT_ALONE
        ):
            continue
        loose = _seen_alone(said, whole)
        if loose:
            study = ties.study(whole)
            alone.append(Alone(loose, results[0].moment, status in FINAL, status == PRELIMINARY, study))
    return Structured(source, read, {name: tuple(parts) for name, parts in by_report.items()}, tuple(alone))


def _newest(telling: Mapping[str, list[Observed]]) -> Iterator[tuple[str, list[Observed]]]:
    """The Observations to read, newest first, then by place, until there are enough results."""

    def age(named: tuple[str, list[Observed]]) -> tuple[int, str]:
        when = named[1][0].moment.when
        return -(when.last.toordinal() if when is not None else 0), named[0]

    left = MOST_RESULTS
    for reference, results in sorted(telling.items(), key=age):
        if left > 0:
            yield reference, results[:left]
        left -= len(results)


def _may_tell(result: Observed) -> bool:
    """Whether a result may state something of a vertebra: by its code, then category, place, words and coded value."""
    if SET in result.found:
        return True
    if result.found and not result.found.keys() <= _NAMES_A_STUDY:
        return False
    if _categories(result.whole) & _NEVER_IMAGING:
        return False
    if _names_a_bone(result.spoken) or (result.whole.body_site is not None and _names_site(result.whole.body_site)):
        return True
    return result.holds.value_codeable_concept is not None and SET in result.valued


@remembered()
def _names_a_bone(spoken: str) -> bool:
    return _MAY_TELL.search(spoken) is not None


def _names_site(site: CodeableConcept) -> bool:
    return row(find(site), BODY_SITE) is not None or _names_a_bone(words(site).lower())


def _categories(whole: fhir.Observation) -> set[str]:
    return {plain_code(coding.code) for coding in codings(whole.category)}


# --- whose part an Observation is -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ties:
    """Which report a result belongs to, which panel a member, and which reports name an ImagingStudy."""

    source: Source
    reports_of_result: Mapping[str, list[str]]
    reports_of_study: Mapping[str, list[str]]
    final: frozenset[str]
    panel_of: Mapping[str, Located[fhir.Observation]]

    def above(self, reference: str) -> tuple[Located[fhir.Observation], ...]:
        """The panels a result is in, innermost first."""
        found: list[Located[fhir.Observation]] = []
        while len(found) < _DEEPEST and (panel := self.panel_of.get(reference)) is not None and panel not in found:
            found.append(panel)
            reference = panel.reference
        return tuple(found)

    def owners(
        self, reference: str, above: Iterable[Located[fhir.Observation]], whole: fhir.Observation
    ) -> tuple[str, ...]:
        """The reports it is part of: as a result, by a panel that is one, or made from the study they report."""
        named = [reference, *(panel.reference for panel in above)]
        reports = [report for name in named for report in self.reports_of_result.get(name, ())]
        study = self.study(whole)
        return tuple(dict.fromkeys([*reports, *self.reports_of_study.get(study or "", ())]))

    def study(self, whole: fhir.Observation) -> str | None:
        """The ImagingStudy of this record that an Observation was made from."""
        for reference in (*whole.derived_from, *whole.part_of):
            found = self.source.record.locate(reference)
            if found is not None and isinstance(found.resource, fhir.ImagingStudy):
                return found.reference
        return None


def _ties(source: Source) -> _Ties:
    reports_of_result: dict[str, list[str]] = {}
    reports_of_study: dict[str, list[str]] = {}
    reports = source.record.of(fhir.DiagnosticReport)
    for located in reports:
        for table, references in (
            (reports_of_result, located.resource.result),
            (reports_of_study, located.resource.imaging_study),
        ):
            for name in _located(source, references):
                table.setdefault(name, []).append(located.reference)
    panel_of: dict[str, Located[fhir.Observation]] = {}
    for panel in sorted(source.record.of(fhir.Observation), key=lambda each: each.reference):
        for name in _located(source, panel.resource.has_member):
            panel_of.setdefault(name, panel)
    final = frozenset(each.reference for each in reports if plain_code(each.resource.status) in FINAL)
    return _Ties(source, reports_of_result, reports_of_study, final, panel_of)


def _located(source: Source, references: Iterable[Reference]) -> Iterator[str]:
    for reference in references:
        found = source.record.locate(reference)
        if found is not None:
            yield found.reference


def _inherited(panels: Iterable[Located[fhir.Observation]]) -> Level | None:
    """The one level that the nearest panel with any names."""
    for panel in panels:
        levels = _named(panel.resource, panel.resource.code, ()) or ()
        if levels:
            return levels[0] if len(levels) == 1 else None
    return None


def _contained(source: Source, located: Located[fhir.DiagnosticReport], read: Read) -> Iterator[_Part]:
    """The results that a report carries within itself, and their members."""
    report = located.resource
    pending = deque(name for each in report.result if (name := _local(each)) is not None)
    if not pending:
        return
    held = {
        each.id: each for each in _decoded(report) if each.id and belongs(each, source.record.patient_id) is not False
    }
    levels: dict[str, Level | None] = {}
    seen: set[str] = set()
    left = MOST_RESULTS
    while pending and left > 0:
        name = pending.popleft()
        whole = held.get(name)
        if whole is None or name in seen:
            continue
        seen.add(name)
        own = _named(whole, whole.code, ()) or ()
        for member in whole.has_member:
            inner = _local(member)
            if inner is not None:
                levels[inner] = own[0] if len(own) == 1 else levels.get(name)
                pending.append(inner)
        if plain_code(whole.status) in {*FINAL, PRELIMINARY, ""}:
            inside = source.results_in(f"{located.reference}#{name}", whole)
            results = [each for each in inside if _may_tell(each)][:left]
            left -= len(results)
            said = tuple(_of_results(results, levels.get(name), read))
            if said:
                yield _Part(whole, said)


def _local(reference: Reference) -> str | None:
    named = (reference.reference or "").strip()
    return named[1:] if named.startswith("#") else None


def _decoded(report: fhir.DiagnosticReport) -> Iterator[fhir.Observation]:
    for raw in report.contained:
        if resource_type(raw) != "Observation":
            continue
        try:
            resource = read_resource(raw)
        except NotReadable:
            continue
        if isinstance(resource, fhir.Observation):
            yield resource


def _is_newer(source: Source, whole: fhir.Observation, report: fhir.DiagnosticReport) -> bool:
    """Whether an Observation is later than its report for certain: seen later, or of the same time and issued later."""
    seen = source.moment(whole.effective_date_time, whole.effective_instant, whole.effective_period)
    taken = source.moment(report.effective_date_time, report.effective_period)
    order = later(seen, taken)
    return order is True or (order is None and later(source.moment(whole.issued), source.moment(report.issued)) is True)


def later(one: Moment, other: Moment) -> bool | None:
    """Whether one moment is after another for certain; False: before it; None: they may be the same."""
    if one.at is not None and other.at is not None:
        return None if one.at == other.at else one.at > other.at
    if one.when is None or other.when is None:
        return None
    if one.when.first > other.when.last:
        return True
    return False if one.when.last < other.when.first else None


def _seen_alone(said: Iterable[Word], whole: fhir.Observation) -> tuple[Word, ...]:
    """What counts outside any report: facts of one level. The output of a device raises a suspicion and no more."""
    placed = (word for word in said if len(word.levels) == 1)
    if whole.device is None:
        return tuple(placed)
    return tuple(
        replace(word, value="possible") for word in placed if word.field == "status" and word.value == "present"
    )


# --- codes ------------------------------------------------------------------------------------------------------------


def _of_code(
    located: Located[fhir.DiagnosticReport], concept: CodeableConcept, source: Source, read: Read
) -> Iterator[Word]:
    """A conclusion code: what its role and level say, unless its own words take it back."""
    rows = find(concept).get(SET, ())
    if not rows:
        return
    date = source.moment(
        located.resource.effective_date_time, located.resource.effective_period, located.resource.issued
    ).date
    spoken = words(concept)
    status = _hedged((concept.text or "").strip()[:LONGEST_NAME], rows, read)
    if status is None:
        return

    def evidence(said: str) -> Evidence:
        return Evidence(located.reference, said, date)

    for word in _of_rows(rows, (), spoken, "conclusion code", evidence):
        if status == "present" or word.value != "present":
            yield word
        elif len(word.levels) == 1:
            yield replace(word, value=status)


def _hedged(text: str, rows: tuple[Row, ...], read: Read) -> Literal["present", "possible"] | None:
    """What the words beside a code leave of it: a doubt makes it possible, a denial or "history of" takes it away."""
    if not text or any(text.lower() == each["display"].lower() for each in rows):
        return "present"
    if _UNFIT.search(text):
        return None
    told = read(f"{text}.")
    statuses = {finding.status for finding in told.findings} - {None}
    if "present" in statuses or not (statuses or told.regions_without_fracture):
        return "present"
    return "possible" if "possible" in statuses else None


def _of_rows(
    rows: tuple[Row, ...],
    at_site: tuple[Level, ...],
    spoken: str,
    teller: Literal["Observation", "conclusion code"],
    evidence: Callable[[str], Evidence],
) -> Iterator[Word]:
    """The fracture that codes of the set name: present, or historical by role or 7th character."""
    if any(each["role"] == "excluded" for each in rows):
        return
    if all(each["needs_site"] == "yes" for each in rows) and not (at_site or names_vertebra((), spoken)):
        return
    role = next((role for role in BY_WEIGHT if any(each["role"] == role for each in rows)), None)
    if role is None:
        return
    chosen = next(each for each in rows if each["role"] == role)
    is_past = role == "history" or any(each["seventh"] in NOT_CURRENT for each in rows)
    for levels in named_levels(at_site, _beyond_the_code(spoken, rows), rows):
        seen = evidence(cut(f"{' or '.join(levels)}: {chosen['display']}" if levels else chosen["display"]))
        if len(levels) != 1:
            # An earlier fracture somewhere settles nothing of this study.
            if not is_past:
                yield Word(levels, "status", "present", teller, seen, region=_REGIONS.get(chosen["region"]))
            continue
        yield Word(levels, "status", "historical" if is_past else "present", teller, seen)
        if is_past:
            continue
        if role == "neoplastic":
            yield Word(levels, "etiology", "pathologic", teller, seen)
        if role == "trauma" and chosen["morphology"].startswith("burst"):
            yield Word(levels, "morphology", "burst", teller, seen)
        elif role == "trauma":
            yield Word(levels, "etiology", "traumatic", teller, seen)


def _beyond_the_code(spoken: str, rows: tuple[Row, ...]) -> tuple[Level, ...]:
    """The levels that words name; none where they only repeat the pair that the code means one of."""
    named = levels_in(spoken)
    return () if any(len(named) > 1 and set(named) == set(each["levels"].split()) for each in rows) else named


# --- Observations -----------------------------------------------------------------------------------------------------


def _of_results(results: Sequence[Observed], inherited: Level | None, read: Read) -> Iterator[Word]:
    """What one Observation, or its components, state."""
    for result in results:
        name = _name(result.holds.code, result.found)
        if not name or _UNFIT.search(name):
            continue
        levels = _named(result.whole, result.holds.code, results)
        if levels is None:
            continue
        level = levels[0] if len(levels) == 1 else None if levels else inherited or _coded_level(result)
        yield from _of_result(result, name, levels or ((level,) if level else ()), level, read)


def _of_result(
    result: Observed, name: str, levels: tuple[Level, ...], level: Level | None, read: Read
) -> Iterator[Word]:
    def evidence(said: str) -> Evidence:
        return result.evidence(said)

    answer = _answer(result)
    coded, valued = result.found.get(SET, ()), result.valued.get(SET, ())
    if valued:
        yield from _of_rows(valued, levels, words(result.holds.value_codeable_concept), "Observation", evidence)
        return
    if coded and (answer is True or _level_value(result) is not None):
        yield from _of_rows(coded, levels, words(result.holds.code), "Observation", evidence)
        return
    if level is None or (result.valued and not result.valued.keys() <= {BODY_SITE}):
        return
    said, weak = _said(result, name, level, answer, read), frozenset[str]()
    if said is None:
        said, weak = _measured(result, name, level, read)
    for field in FIELDS:
        if field in said:
            measured = "height_loss_percent" if field in weak else field
            noun = "height loss " if measured == "height_loss_percent" else ""
            seen = evidence(f"{level}: {noun}{shown(measured, said[measured])}")
            yield Word((level,), field, said[field], "Observation", seen, weak=field in weak)
    if said.get("acuity") == "chronic" and "marrow_edema" not in said:
        yield Word((level,), "marrow_edema", False, "Observation", evidence(f"{level}: chronic fracture"), implied=True)


def _name(code: CodeableConcept | None, found: Found) -> str:
    """The words of a code, else the display of its verified row."""
    spoken = words(code).split("\n", 1)[0].strip()
    if not spoken and (known := row(found, SET)) is not None:
        spoken = known["display"]
    return "" if len(spoken) > LONGEST_NAME else _TAG.sub("", spoken).rstrip(" .:?")


def _named(
    whole: fhir.Observation, code: CodeableConcept | None, results: Sequence[Observed]
) -> tuple[Level, ...] | None:
    """The levels that place and words name; None where they name different ones, or a place that is no vertebra."""
    at_site: tuple[Level, ...] = ()
    if whole.body_site is not None:
        site = whole.body_site
        if _NOT_A_BODY.search(words(site)) or not names_vertebra((site,), ""):
            return None
        at_site = levels_of((site,))
    at_site = at_site or tuple(dict.fromkeys(level for each in results if (level := _level_value(each)) is not None))
    in_words = levels_in(words(code))
    if at_site and in_words:
        both = tuple(level for level in at_site if level in in_words)
        return both or None
    return at_site or in_words


def _level_value(result: Observed) -> Level | None:
    """The level of a result whose value is a vertebra ("fracture at: L1", or a component that says which level)."""
    known = row(result.valued, BODY_SITE)
    return (known["level"] or None) if known is not None else None


def _coded_level(result: Observed) -> Level | None:
    known = row(result.found, SET)
    return (known["level"] or None) if known is not None else None


def _answer(result: Observed) -> bool | None:
    """A plain yes or no."""
    if result.holds.value_boolean is not None:
        return result.holds.value_boolean
    said = _value_words(result).lower().rstrip(".")
    return True if said in _YES else False if said in _NO else None


def _value_words(result: Observed) -> str:
    holds = result.holds
    if holds.value_codeable_concept is not None:
        return words(holds.value_codeable_concept).split("\n", 1)[0].strip()
    return " ".join((holds.value_string or "").split())


def _said(result: Observed, name: str, level: Level, answer: bool | None, read: Read) -> Values | None:
    """What a yes, a no or words state; None where the value is a number."""
    subject = name if levels_in(name) else f"{level} {name}"
    if answer is not None:
        return _answered(subject, level, answer, read)
    value = _value_words(result)
    if not value or _PERCENT.fullmatch(value):
        return None
    if len(value) > LONGEST_VALUE or _NO_ANSWER.search(value):
        return {}
    if _GENANT.search(name):
        return _graded(value, level, read)
    said = _told(subject, value, level, read)
    if not said and result.holds is not result.whole:
        whole = _name(result.whole.code, {})
        said = _told(f"{level} {whole} {name}", value, level, read) if whole and not _UNFIT.search(whole) else said
    return said


def _answered(subject: str, level: Level, answer: bool, read: Read) -> Values:
    """Yes: what the words say. No: its opposite, if they say one thing and the reader knows how to deny it."""
    affirmed = _values(_finding(read(f"{subject}."), level))
    if answer:
        return affirmed
    denied = _values(_finding(read(f"No {subject}."), level))
    opposite = all(_are_opposites(field, value, denied.get(field)) for field, value in affirmed.items())
    return denied if affirmed.keys() == denied.keys() and opposite else {}


def _are_opposites(field: str, affirmed: Value, denied: Value | None) -> bool:
    if field == "status":
        return (affirmed, denied) == ("present", "absent")
    return affirmed is True and denied is False


def _told(subject: str, value: str, level: Level, read: Read) -> Values:
    """What the value's own words add to those of the code, for "fracture: not assessed" is no fracture."""
    finding = _finding(read(f"{subject}: {value}."), level)
    if finding is None:
        return {}
    said, begin = _values(finding), len(subject) + 1
    own = {field: said[field] for field in said if finding.evidence.get(field, (0, 0))[1] > begin}
    if "status" in said and "status" not in own:
        alone = _values(_finding(read(f"{subject}."), level)).get("status")
        if own or said["status"] != alone:
            own["status"] = said["status"]
    if own.get("height_loss_percent") == (0.0, 0.0):
        own.pop("status", None)
    return own


def _graded(value: str, level: Level, read: Read) -> Values:
    """A Genant grade of 1 to 3; grade 0 is no deformity of that kind, and states nothing more."""
    grade = _GRADE.search(value)
    if grade is None:
        return {}
    return _values(_finding(read(f"{level} vertebral deformity, Genant grade {grade[0]}."), level))


def _measured(result: Observed, name: str, level: Level, read: Read) -> tuple[Values, frozenset[str]]:
    """What a number states, and which of it only follows from the number."""
    holds = result.holds
    if _GENANT.search(name):
        return (_graded(str(holds.value_integer), level, read) if holds.value_integer is not None else {}), frozenset()
    percent = _percent(result, name)
    bare = " ".join(_IN_PERCENT.sub(" ", name).split())
    subject = bare if levels_in(bare) else f"{level} {bare}"
    if percent is not None:
        probe = _finding(read(f"{subject} {_PROBE:g} %."), level)
        if not _LOSS.search(bare) or probe is None or probe.height_loss_percent != (_PROBE, _PROBE):
            return {}, frozenset()
        return {"height_loss_percent": percent, **_follows(percent)}, frozenset({"status"})
    moved = _quantity(holds.value_quantity, "mm")
    if moved is None or not 0 < moved <= _LARGEST_MM:
        return {}, frozenset()
    said = _values(_finding(read(f"{subject} {moved:g} mm."), level))
    kept: Values = {field: said[field] for field in ("retropulsion", "retropulsion_mm") if field in said}
    return (kept if kept.get("retropulsion_mm") == moved else {}), frozenset()


def _follows(percent: tuple[float, float]) -> Values:
    """FX-06: a body that lost 20 % is fractured, one that lost less may be; none lost says nothing."""
    low, high = percent
    if low >= DEFORMED_PERCENT:
        return {"status": "present"}
    return {"status": "possible"} if 0 < high < DEFORMED_PERCENT else {}


DEFORMED_PERCENT: Final = 20.0
"""Contract, "Status": under 20 % is only possible."""


def _percent(result: Observed, name: str) -> tuple[float, float] | None:
    """A share of the body's height in percent, as a closed interval within 0 to 100."""
    holds = result.holds
    ends: tuple[float | None, float | None] = (None, None)
    if holds.value_quantity is not None:
        value = _quantity(holds.value_quantity, "%", _BOUNDS)
        mark = (holds.value_quantity.comparator or "").strip()
        ends = (None, None) if value is None else (0.0 if "<" in mark else value, 100.0 if ">" in mark else value)
    elif holds.value_range is not None:
        low, high = holds.value_range.low, holds.value_range.high
        ends = (_quantity(low, "%") if low is not None else 0.0, _quantity(high, "%") if high is not None else 100.0)
        ends = (None, None) if low is None and high is None else ends
    elif holds.value_integer is not None and _IN_PERCENT.search(name):
        ends = (float(holds.value_integer), float(holds.value_integer))
    elif holds.value_string is not None and (numeral := _PERCENT.fullmatch(holds.value_string)) is not None:
        ends = (float(numeral[1]), float(numeral[1]))
    low_end, high_end = ends
    if low_end is None or high_end is None or not 0 <= low_end <= high_end <= 100:
        return None
    return low_end, high_end


_BOUNDS: Final = frozenset({"<", "<=", ">", ">="})


def _quantity(quantity: Quantity | None, unit: str, comparators: frozenset[str] = frozenset()) -> float | None:
    """The number of a quantity in that UCUM unit; None for another unit, system or comparator."""
    if quantity is None or quantity.value is None:
        return None
    if quantity.system and normalise_system(quantity.system) != UCUM:
        return None
    if (quantity.comparator or "").strip() not in {"", *comparators}:
        return None
    return quantity.value if (quantity.code or quantity.unit or "").strip() == unit else None


def _finding(reading: ReportReading, level: Level) -> LevelFinding | None:
    """What a sentence says of the one level it is about."""
    return next((f for f in reading.findings if f.level == level and f.level_certain), None)


def _values(finding: LevelFinding | None) -> Values:
    """The fields that a sentence states.

    Not an age that only follows from edema, which the report may put otherwise, and not a benign cause: words add a
    caution, never a permission (decision 15).
    """
    if finding is None:
        return {}
    said: Values = {field: value for field in FIELDS if (value := getattr(finding, field)) is not None}
    if "marrow_edema" in said and finding.evidence.get("acuity") == finding.evidence.get("marrow_edema"):
        said.pop("acuity", None)
    if said.get("etiology") == "osteoporotic":
        said.pop("etiology")
    return said
