"""DE-16: whether the patient is in hospital now, in hospice care, or the encounter is not to be looked at."""

from __future__ import annotations

import re
from typing import Final

from cds_service.facts.fact import Claim, Evidence, Fact, fact, met, no_fact, not_met, unknown
from cds_service.facts.model import Setting, Stay
from cds_service.facts.source import Source
from cds_service.facts.wording import either, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.record import Located
from cds_service.knowledge.systems import ICD_10_CM

KEY: Final = "encounter"
HOSPICE_CODE: Final = (ICD_10_CM, "Z51.5")

_NOW: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_OVER: Final = frozenset({"planned", "finished", "cancelled", "entered-in-error"})
_INPATIENT: Final = frozenset({"imp", "acute", "nonac", "inpatient"})
_AT_HOME: Final = frozenset({"amb", "vr", "hh", "fld", "prenc", "ambulatory", "outpatient", "virtual", "home", "field"})
_HOSPICE: Final = either("hospice", "comfort (?:care|measures)")
_NOT_IN_HOSPICE: Final = either(
    r"refer(?:ral|red|s)?",
    r"consult\w*",
    r"evaluat\w+",
    r"discuss\w+",
    r"bereave\w+",
    "declined?",
    r"refus\w+",
    "family",
    "volunteer",
)
"""Words of a type of encounter that speaks of hospice care and is none."""
_CONFIDENTIAL: Final = re.compile(r"(?<!non[ -])(?<!not )\bconfidential\b")
_TEST: Final = re.compile(r"^\W*test[ -](?:encounter|visit|patient)s?\W*$", re.MULTILINE)
"""A whole line: "stress test visit" and "COVID-19 test visit" are visits of patients."""


def stay(source: Source) -> Stay:
    """The setting now, hospice care and restricted encounters."""
    now = tuple(each for each in source.record.of(fhir.Encounter) if _in_progress(each.resource, source) is not False)
    return Stay(_setting(source, now), _hospice(source, now), _restricted(source, now))


def _in_progress(encounter: fhir.Encounter, source: Source) -> bool | None:
    """Whether it is going on; None when neither its status nor its period tells."""
    status = plain_code(encounter.status)
    if status in _OVER:
        return False
    period = encounter.period
    ended = source.days(period.end) if period is not None else None
    if ended is not None and ended.last < source.as_of:
        return False
    if status in _NOW:
        return True
    return None if ended is None else False


def _setting(source: Source, now: tuple[Located[fhir.Encounter], ...]) -> Fact[Setting]:
    why: str | None = None
    for located in now:
        encounter = located.resource
        kind = plain_code(encounter.class_.code or encounter.class_.display) if encounter.class_ is not None else ""
        is_certain = _in_progress(encounter, source) is True
        if kind in _INPATIENT and is_certain:
            return fact("inpatient", _shown(source, located, "inpatient"))
        if kind in _AT_HOME:
            continue
        if kind in _INPATIENT:
            why = why or "an inpatient encounter whose status is not known"
        elif kind in ("emer", "obsenc", "ss", "emergency", "observation"):
            why = why or "observation or emergency encounter"
        else:
            why = why or "encounter class not stated"
    why = why or source.gap(KEY)
    return (
        fact("not-hospitalised", *(_shown(source, each, "not an inpatient") for each in now[:1]))
        if why is None
        else no_fact(why)
    )


def _shown(source: Source, located: Located[fhir.Encounter], value: str) -> Evidence:
    period = located.resource.period
    return Evidence(located.reference, value, source.moment(period.start if period else None).date)


def _hospice(source: Source, now: tuple[Located[fhir.Encounter], ...]) -> Claim:
    """G-03: an active Z51.5, or hospice care by the type of the encounter now. The words of a problem may say that it
    was declined, or somebody else's, and silence nothing.
    """
    found = [
        each.evidence("hospice or palliative care")
        for each in source.problems
        if each.standing == "current" and HOSPICE_CODE in each.keys
    ]
    found += [_shown(source, each, "hospice encounter") for each in now if _names_hospice(_spoken(each.resource))]
    return met(*found) if found else _absent(source.gap("conditions", KEY))


def _names_hospice(spoken: str) -> bool:
    return any(spoken_of(_HOSPICE, line) and not _NOT_IN_HOSPICE.search(line) for line in spoken.split("\n"))


def _restricted(source: Source, now: tuple[Located[fhir.Encounter], ...]) -> Claim:
    """G-02: a test or confidential encounter by its label or the words of its type. Labels serve this gate alone and
    are shown nowhere (hazard 16). A patient labelled as test data is served: sandboxes label all of theirs.
    """
    found = tuple(_shown(source, each, "restricted encounter") for each in now if _is_restricted(each.resource))
    return met(*found) if found else _absent(source.gap(KEY))


def _is_restricted(encounter: fhir.Encounter) -> bool:
    spoken = _spoken(encounter)
    marked = encounter.meta.test or encounter.meta.confidential
    return marked or bool(_CONFIDENTIAL.search(spoken) or _TEST.search(spoken))


def _absent(gap: str | None) -> Claim:
    return not_met() if gap is None else unknown(gap)


def _spoken(encounter: fhir.Encounter) -> str:
    coded = [*encounter.type, *(each for each in (encounter.service_type, encounter.class_) if each is not None)]
    return words(coded).lower()
