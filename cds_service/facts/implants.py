"""DE-17: implants that MRI has to reckon with, from devices, procedures, problems and the words of imaging reports; the
device's own label first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.imaging import Told
from cds_service.facts.model import DateRange, Implant, Listing, MrSafety
from cds_service.facts.remembered import remembered
from cds_service.facts.requests import device_words
from cds_service.facts.source import Source, cut
from cds_service.facts.wording import any_pattern, either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code

SET: Final = "mri-unsafe-device"
LABELS: Final = "device-mr-safety"
BARRIER: Final = "barrier"
"""Claustrophobia stands in the set and is no implant."""
NEEDS_TEXT: Final = frozenset({"Z97.8", "397578001"})
"""Codes of any device at all: only their words tell whether it is one of these."""

_KINDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("icd", either("defibrillators?", r"a?icd(?!-?\d)", "crt-?d")),
    ("pacemaker", either("pace-?makers?", "crt-?p", "pacing (?:device|system)")),
    ("ventricular-assist", either("ventricular assist", "lvad", "heart assist")),
    (
        "neurostimulator",
        either(
            "neuro-?stimulators?",
            "(?:spinal cord|deep brain|vag(?:us|al) nerve|sacral|dorsal column|nerve) stimulators?",
        ),
    ),
    ("cochlear", either("cochlear (?:implants?|prosthes[ie]s|device)")),
    ("pump", either("(?:insulin|infusion|intrathecal|pain|baclofen|drug|medication) pumps?")),
    ("aneurysm-clip", either("aneurysm clips?", r"clipping of (?:\w+ ){0,3}?aneurysm")),
    ("shunt", either(r"programmable (?:\w+ ){0,2}?(?:shunt|valve)", "ventriculoperitoneal shunt", "vp shunt")),
    ("other-cardiac", either("loop recorder", "implantable cardiac monitor")),
    (
        "metal-fragment",
        either("shrapnel", r"retained (?:\w+ )?(?:metal|bullet)", "bullet fragments?", "metal(?:lic)? fragments?"),
    ),
    ("eye-foreign-body", either(r"(?:metal\w*|intraocular) foreign bod(?:y|ies)")),
)
_ANY_KIND: Final = any_pattern(pattern for _, pattern in _KINDS)
_SEEN: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    *_KINDS,
    ("pacemaker", either("pacers?", "pac(?:er|ing) (?:leads?|wires?|electrodes?)")),
    ("neurostimulator", either("stimulators?")),
)
"""In the words of a report a stimulator or a lead may be all that is said (hazard 11)."""
_ANY_SEEN: Final = any_pattern(pattern for _, pattern in _SEEN)
_SENTENCE: Final = re.compile(r"[.;\n]")
_NOT_SEEN: Final = re.compile(
    r"\bscreen\w*|\b(?:is|are|was|were|has been|have been) (?:not|no longer|removed|explanted|taken out)\b"
    r"|\binterval (?:removal|explantation)\b",
    re.IGNORECASE,
)
_PUT_IN: Final = either(
    r"implant\w*", r"insert\w*", "placement", "placed", r"replace\w*", "exchange", "revision", "upgrade", "clipping"
)
_TAKEN_OUT: Final = either(r"remov\w*", r"explant\w*", "extraction")
_REPLACED: Final = either(r"replac\w*", "exchange", "revision", "upgrade", r"re-?implant\w*")
_OUTSIDE: Final = either("external", "temporary", "transcutaneous")
_NO_LONGER: Final = either("former", "removed", "explanted", "removal")
_LABEL: Final = re.compile(r"(?:mri?|magnetic resonance)[\s-]+(safe|conditional|unsafe)")
_BY_WEIGHT: Final[tuple[MrSafety, ...]] = ("unsafe", "conditional", "safe", "unknown")
_GONE: Final = frozenset({"inactive", "entered-in-error"})
_ENDED_USE: Final = frozenset({"completed", "stopped", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class _Seen:
    """One place that speaks of an implant; ``own``: the device itself."""

    kind: str
    label: MrSafety
    when: DateRange | None
    evidence: Evidence
    own: bool = False


def implants(source: Source, told: Iterable[Told] = ()) -> Listing[Implant]:
    """One entry for each device; for a kind that no device stands for, one entry. ``told`` are the words of reports,
    which may add an implant, never its label.
    """
    taken_out = _explants(source)
    every = (*_devices(source), *_procedures(source), *_problems(source), *_pictured(told))
    seen = [each for each in every if not _is_out(each, taken_out)]
    own = [each for each in seen if each.own]
    kinds = {each.kind for each in own}
    found = [Implant(each.kind, _label(each, seen), each.evidence) for each in own]
    for each in seen:
        if each.kind not in kinds:
            kinds.add(each.kind)
            found.append(
                Implant(each.kind, _worst(other.label for other in seen if other.kind == each.kind), each.evidence)
            )
    return source.listing(found, "devices", "conditions", "procedures")


def _label(device: _Seen, seen: list[_Seen]) -> MrSafety:
    """The device's own label; without one, what is known of its kind."""
    return (
        device.label
        if device.label != "unknown"
        else _worst(each.label for each in seen if each.kind == device.kind and not each.own)
    )


def _worst(labels: Iterator[MrSafety]) -> MrSafety:
    found = set(labels)
    return next((label for label in _BY_WEIGHT if label in found), "unknown")


@remembered()
def _kind(spoken: str) -> str | None:
    if not _ANY_KIND.search(spoken):
        return None
    return next((kind for kind, pattern in _KINDS if spoken_of(pattern, spoken)), None)


def _devices(source: Source) -> Iterator[_Seen]:
    unused = {
        source.record.locate(each.resource.device)
        for each in source.record.of(fhir.DeviceUseStatement)
        if plain_code(each.resource.status) in _ENDED_USE and each.resource.device is not None
    }
    unused_references = {each.reference for each in unused if each is not None}
    for located in source.record.of(fhir.Device):
        device = located.resource
        if plain_code(device.status) in _GONE or located.reference in unused_references:
            continue
        label = _device_label(device)
        row = next((each for each in find(device.type).get(SET, ()) if each["form"] != BARRIER), None)
        kind = row["device"] if row is not None else _kind(device_words(device).lower())
        if kind is None:
            if label not in ("unsafe", "conditional"):
                continue
            kind = "other-implant"
        if label == "unknown" and row is not None:
            label = _as_label(row["mr_status"])
        yield _Seen(kind, label, None, Evidence(located.reference, _shown(kind, label)), own=True)


def _device_label(device: fhir.Device) -> MrSafety:
    """By the code of ``safety``, or a text that is exactly an MR label (decision 15); of several the worst."""
    labels: list[MrSafety] = [_as_label(row["mr_status"]) for row in find(device.safety).get(LABELS, ())]
    for concept in device.safety:
        for text in (concept.text, *(coding.display for coding in concept.coding)):
            match = _LABEL.fullmatch((text or "").strip().strip(".").lower())
            if match is not None:
                labels.append(_as_label(match[1]))
    return _worst(iter(labels))


def _as_label(word: str) -> MrSafety:
    label: MrSafety | None = next((each for each in _BY_WEIGHT if each == word), None)
    return label or "unknown"


def _shown(kind: str, label: MrSafety) -> str:
    name = "implantable defibrillator" if kind == "icd" else kind.replace("-", " ")
    return cut(f"{name}, MR {label}" if label != "unknown" else f"{name}, MR labelling not recorded")


def _procedures(source: Source) -> Iterator[_Seen]:
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        if plain_code(procedure.status) not in ("completed", "in-progress", ""):
            continue
        spoken = words(procedure.code).lower()
        row = next((each for each in find(procedure.code).get(SET, ()) if each["form"] == "procedure"), None)
        kind = row["device"] if row is not None else None
        if kind is None and _PUT_IN.search(spoken) and not _OUTSIDE.search(spoken) and not _is_removal(spoken):
            kind = _kind(spoken)
        if kind is not None:
            moment = source.start(procedure.performed_date_time, procedure.performed_period)
            label = _as_label(row["mr_status"]) if row is not None else "unknown"
            yield _Seen(kind, label, moment.when, Evidence(located.reference, _shown(kind, label), moment.date))


def _is_removal(spoken: str) -> bool:
    return bool(_TAKEN_OUT.search(spoken)) and not _REPLACED.search(spoken)


def _explants(source: Source) -> dict[str, DateRange | None]:
    """Kinds that a completed procedure took out, with its day (None: undated)."""
    found: dict[str, DateRange | None] = {}
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        spoken = words(procedure.code).lower()
        if plain_code(procedure.status) == "completed" and _is_removal(spoken):
            kind = _kind(spoken)
            if kind is not None:
                when = source.start(procedure.performed_date_time, procedure.performed_period).when
                known = found.get(kind)
                found[kind] = when if known is None or (when is not None and when.last > known.last) else known
    return found


def _is_out(seen: _Seen, taken_out: dict[str, DateRange | None]) -> bool:
    """Whether it was taken out after this was recorded; an undated explant ends what is undated, too."""
    if seen.kind not in taken_out:
        return False
    removed = taken_out[seen.kind]
    if seen.when is None:
        return True
    return removed is not None and seen.when.first <= removed.last


def _problems(source: Source) -> Iterator[_Seen]:
    for problem in source.problems:
        if problem.standing == "past":
            continue
        rows = [
            each for each in problem.found.get(SET, ()) if each["form"] != BARRIER and each["code"] not in NEEDS_TEXT
        ]
        kind = rows[0]["device"] if rows else None
        if kind is None and not (_OUTSIDE.search(problem.spoken) or _NO_LONGER.search(problem.spoken)):
            kind = _kind(problem.spoken)
        if kind is not None:
            label = _as_label(rows[0]["mr_status"]) if rows else "unknown"
            when = problem.onset or problem.recorded
            yield _Seen(kind, label, when, problem.evidence(_shown(kind, label)))


def _pictured(told: Iterable[Told]) -> Iterator[_Seen]:
    """What reports of imaging name in passing: "a stimulator is seen"."""
    for report in told:
        for kind in _kinds_in(report.text):
            shown = f"{_shown(kind, 'unknown')} (named in a report)"
            yield _Seen(kind, "unknown", report.moment.when, Evidence(report.reference, shown, report.moment.date))


@remembered(longest=20_000, most=512)
def _kinds_in(text: str) -> tuple[str, ...]:
    """The kinds of implants that the words of a report name, each once."""
    if not _ANY_SEEN.search(text):
        return ()
    return tuple(dict.fromkeys(kind for kind in map(_kind_seen, _SENTENCE.split(text)) if kind is not None))


def _kind_seen(sentence: str) -> str | None:
    spoken = sentence.lower()
    if not _ANY_SEEN.search(spoken) or any(each.search(spoken) for each in (_NOT_SEEN, _OUTSIDE, _NO_LONGER)):
        return None
    return next((kind for kind, pattern in _SEEN if spoken_of(pattern, spoken)), None)
