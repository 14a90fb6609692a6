"""Facts in few words, for tests of single rules: what is not given was looked for and is not there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from cds_service.criteria.assessment import Assessment, LevelFacts, assess
from cds_service.facts.fact import Evidence, Fact, Interval, fact
from cds_service.facts.model import (
    Antithrombotic,
    Augmentation,
    DateRange,
    Disease,
    Draft,
    Facts,
    FractureDiagnosis,
    Listing,
    Measurement,
    Modality,
    Order,
    SpineRegion,
    Statement,
    Stay,
    Steroid,
    Study,
    Treatment,
)
from cds_service.knowledge.thresholds import Thresholds, load_thresholds
from cds_service.reports.findings import Conflict, LevelFinding, Region, ReportReading
from tests.facts.changing import members, replaced

TODAY = date(2026, 11, 20)
LIMIT: Thresholds = load_thresholds({})
SEEN = Evidence("Observation/o", "seen")


def ago(days: float) -> DateRange:
    """The day so many days before today."""
    day = TODAY - timedelta(days=days)
    return DateRange(day, day)


def between(oldest: float, newest: float) -> DateRange:
    """Some day between two numbers of days ago."""
    return DateRange(ago(oldest).first, ago(newest).first)


def nothing() -> Facts:
    """A woman of 78 at home; every list was read whole and is empty, every single fact is not documented."""
    facts = Facts(as_of=TODAY)
    for name, topic in members(facts):
        if isinstance(topic, Listing):
            facts = replaced(facts, **{name: Listing(())})
        else:
            lists: dict[str, Any] = {
                inner: Listing(()) for inner, value in members(topic) if isinstance(value, Listing)
            }
            facts = replaced(facts, **{name: replaced(topic, **lists)}) if lists else facts
    known = replaced(facts.patient, age=fact(Interval(78, 78)), male=fact(False), deceased=fact(False))
    home: Fact[Literal["inpatient", "not-hospitalised"]] = fact("not-hospitalised")
    return replaced(facts, patient=known, stay=replaced(facts.stay, setting=home))


def given(**topics: Any) -> Facts:
    """`nothing()` with some members changed: ``pain={"scores": [score(8)]}``, ``drafts=(...)``, ``implants=[...]``."""
    facts = nothing()
    changed: dict[str, Any] = {}
    for name, value in topics.items():
        if isinstance(value, dict):
            parts = {key: Listing(tuple(v)) if isinstance(v, list) else v for key, v in value.items()}
            changed[name] = replaced(getattr(facts, name), **parts)
        else:
            changed[name] = Listing(tuple(value)) if isinstance(value, list) else value
    return replaced(facts, **changed)


def finding(level: str | None = "T12", **said: Any) -> LevelFinding:
    """What a report says of one level: present unless said otherwise."""
    return LevelFinding(level=level, **{"status": "present", "text": f"fracture of {level}", **said})


def study(
    *findings: LevelFinding,
    days: float = 8,
    modality: Modality | None = "MR",
    regions: tuple[SpineRegion, ...] = ("thoracic",),
    final: bool = True,
    without: tuple[Region, ...] = (),
    conflicts: tuple[Conflict, ...] = (),
    read: bool = True,
) -> Study:
    """One study, reported unless ``read`` is false."""
    reading = ReportReading(findings=findings, regions_without_fracture=without, conflicts=conflicts)
    where = Evidence(f"DiagnosticReport/{modality}-{days:g}", f"{modality} report")
    return Study(where, modality, ago(days), final, not final, None, frozenset(regions), reading if read else None)


def fracture(*levels: str, onset: DateRange | None = None, **said: Any) -> FractureDiagnosis:
    """One coded fracture, current unless said otherwise."""
    usual: dict[str, Any] = {"role": "core", "standing": "current", "recorded": None}
    where = Evidence("Condition/fracture", "M80.08XA")
    return FractureDiagnosis(evidence=where, levels=levels, onset=onset, **{**usual, **said})


def score(value: float, days: float = 0) -> Measurement:
    """A measurement of so many days ago."""
    return Measurement(value, ago(days), None, Evidence(f"Observation/{value:g}-{days:g}", f"{value:g}"))


def says(answer: bool, days: float | None = 0) -> Statement:
    """A yes or no of so many days ago; undated for None."""
    return Statement(answer, None if days is None else ago(days), Evidence("QuestionnaireResponse/q", str(answer)))


def disease(kind: str, onset: float | None = None, recorded: float | None = None, active: bool = True) -> Disease:
    """A problem on record."""
    dates = (None if onset is None else ago(onset), None if recorded is None else ago(recorded))
    return Disease(kind, active, *dates, Evidence(f"Condition/{kind}", kind))


def antithrombotic(
    agent: str = "warfarin",
    status: Literal["active", "on-hold", "ended"] = "active",
    ended: DateRange | None = None,
    dose: float | None = None,
) -> Antithrombotic:
    """A drug that thins the blood, its class that of warfarin or another; ``dose``: the last was so many days ago."""
    kind = "warfarin" if agent == "warfarin" else "other"
    last = None if dose is None else ago(dose)
    return Antithrombotic(agent, kind, status, ended, last, Evidence(f"MedicationRequest/{agent}", agent))


def treatment(kind: Literal["analgesic", "brace", "physiotherapy", "bed-rest"], days: float) -> Treatment:
    """A treatment under way for so many days."""
    return Treatment(kind, ago(days), True, Evidence(f"MedicationRequest/{kind}", kind))


def steroid(days: float, mg: float | None) -> Steroid:
    """A systemic glucocorticoid taken for so many days."""
    return Steroid(ago(days), None, True, mg, Evidence("MedicationRequest/steroid", "prednisone"))


def order(kind: Any, days: float = 1, **said: Any) -> Order:
    """An active request of so many days ago."""
    usual: dict[str, Any] = {
        "modality": None,
        "contrast": None,
        "regions": frozenset(),
        "levels": (),
        "when": ago(days),
    }
    return Order(Evidence("ServiceRequest/o", kind), kind, **{**usual, **said})


def augmented(*levels: str, days: float) -> Augmentation:
    """An augmentation done so many days ago."""
    return Augmentation(levels, ago(days), Evidence("Procedure/p", "kyphoplasty"))


def draft(kind: Any = "augmentation", *levels: str, planned: date | None = None, **said: Any) -> Draft:
    """An order nobody has signed yet."""
    return Draft(Evidence("ServiceRequest/draft", kind), kind, levels=levels, planned=planned, **said)


def stay(setting: Any) -> Stay:
    """Where the patient is; None for not known."""
    known: Fact[Any] = Fact(None, "observation status") if setting is None else fact(setting)
    return replaced(nothing().stay, setting=known)


def assessed(**topics: Any) -> Assessment:
    """The assessment of `given(...)`."""
    return assess(given(**topics), LIMIT)


def level_of(assessment: Assessment, name: str | None = "T12") -> LevelFacts:
    """The one level of that name."""
    (found,) = (level for level in assessment.levels if level.site.level == name)
    return found
