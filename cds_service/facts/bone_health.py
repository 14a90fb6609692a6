"""DE-20, DE-26: osteoporosis and its kin, T-scores, densitometry, glucocorticoids, drugs and aftercare; weight loss."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.medications import BONE_DRUG, GLUCOCORTICOID, KEY, Ingredient, Medicine
from cds_service.facts.model import BoneHealth, Disease, Listing, Measurement, Order, Statement, Steroid
from cds_service.facts.orders import BOOKED, ONCE_ORDERED, ordered
from cds_service.facts.pain import newest
from cds_service.facts.quantities import MASS, PIECES, Scale, why_none
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Moment, Observed, Source, add_months, newest_first
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.resources import CodeableConcept, Dosage
from cds_service.knowledge.systems import ICD_10_CM
from cds_service.knowledge.thresholds import load_threshold_entries

OSTEOPOROSIS: Final = "osteoporosis-diagnosis"
IMPERFECTA: Final = "osteogenesis-imperfecta"
DENSITY: Final = "observation-bone-density"
LAB: Final = "observation-lab"
DENSITOMETRY: Final = "imaging-order-dxa"
KINDS: Final = {
    "osteoporosis": "osteoporosis",
    "osteoporosis-with-fracture": "osteoporosis",
    "osteopenia": "osteopenia",
    "osteomalacia": "metabolic",
}
T_SCORES: Final = frozenset({"t-score-spine", "t-score-hip", "t-score-femur"})
"""Forearm and heel decide nothing (the forearm code is what one generator files for every DXA)."""
Z_SCORES: Final = frozenset({"z-score-spine", "z-score-hip"})
VITAMIN_D: Final = "vitamin-d"
VITAMIN_D_SCALE: Final = Scale("mass-concentration", "ng/mL", molar=Fraction(10**6) / Fraction("2.496"), most=1000)
"""25-OH vitamin D: 1 ng/mL is 2.496 nmol/L (by its molar mass). A number without a unit is none (CF-07)."""
DENOSUMAB: Final = "993449"
SCORE: Final = Scale("standard-score", "{T-score}", bare=True)
T_LARGEST: Final = 10
"""A T-score beyond it is a density, or a slip."""
PERIPHERAL: Final = frozenset({"77081"})
WEIGHT_LOSS: Final = (ICD_10_CM, "R63.4")

DXA_MONTHS: Final = int(load_threshold_entries()["dxa_months"].value)
STEROID_MONTHS: Final = int(load_threshold_entries()["steroid_lookback_months"].value)
LASTS_DAYS: Final = {"77655": 400}
"""Days that one injection of zoledronic acid lasts: a year and some delay (DE-26, DES)."""
DENOSUMAB_MONTHS: Final = int(load_threshold_entries()["denosumab_months"].value)
ONE_MONTH: Final = 45

_DXA: Final = either("dxa", "dexa", r"bone (?:mineral )?densit\w+")
_NO_DENSITY: Final = frozenset({"fracture", "trabecular-score"})
_FOR_CANCER: Final = either("xgeva", "zometa", "120 ?mg", "4 ?mg")
_ONE_TO_ONE: Final = frozenset({"8640", "8638"})
"""Prednisone and prednisolone: the milligram is the unit of the rule."""
_STRENGTH: Final = re.compile(r"\b(\d{1,3}(?:\.\d{1,2})?) ?mg\b")
_TIMES: Final = (
    (either("every other day", "alternate days", "qod"), 0.5),
    (either("twice", "(?:two|2) times", "bid", "every 12 hours", "q12h"), 2.0),
    (either("(?:three|3) times", "tid", "every 8 hours", "q8h"), 3.0),
    (either("(?:four|4) times", "qid", "every 6 hours", "q6h"), 4.0),
    (
        either(
            "daily", "once a day", "per day", "a day", "qd", "every (?:day|morning|24 hours)", "each morning", "qam"
        ),
        1.0,
    ),
)
_TIMING_CODES: Final = {"QD": 1.0, "AM": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0, "QOD": 0.5}
_DAYS: Final = {"d": 1.0, "h": 1 / 24, "wk": 7.0, "mo": 30.0}


def bone_health(source: Source, answers: Answers, taken: tuple[Medicine, ...], placed: Listing[Order]) -> BoneHealth:
    """Bone health, and what is arranged for it."""
    referred = (*answers.statement("bone-density-referral", "bone density referral"), *_referrals(placed))
    return BoneHealth(
        diseases=source.listing(_diseases(source), "conditions"),
        t_scores=_scores(source, "T", T_SCORES),
        dxa=source.listing(newest_first(_dxa(source)), "orders", "procedures", "reports", "observations"),
        steroids=source.listing((*_steroids(source, taken), *_steroid_codes(source)), KEY),
        drugs=source.listing((*_drugs(source, taken), *_drug_codes(source)), KEY),
        referral=source.listing(newest_first(referred), "orders"),
        education=stated(source, answers.statement("osteoporosis-education", "osteoporosis education")),
        programme=stated(source, answers.statement("prevention-programme", "prevention programme")),
        z_scores=_scores(source, "Z", Z_SCORES),
        vitamin_d_ng_ml=_vitamin_d(source),
        denosumab_doses=source.listing(newest_first(_denosumab_doses(taken)), KEY),
    )


def weight_loss(source: Source) -> Listing[Disease]:
    """Abnormal weight loss as a problem (RF-08, ET-03)."""
    found = (
        each.disease("weight-loss", "Abnormal weight loss")
        for each in source.problems
        if each.standing == "current" and WEIGHT_LOSS in each.keys
    )
    return source.listing(found, "conditions")


def _diseases(source: Source) -> Iterator[Disease]:
    """Never a suspicion (it would speak for osteoporosis), nor what is over; brittle bones are for life."""
    for problem in source.problems:
        if problem.standing == "suspected":
            continue
        if IMPERFECTA in problem.found:
            yield problem.disease("osteogenesis-imperfecta", problem.found[IMPERFECTA][0]["display"])
        if problem.standing == "past":
            continue
        listed = next((row for row in problem.found.get(OSTEOPOROSIS, ()) if row["kind"] in KINDS), None)
        if listed is not None:
            yield problem.disease(KINDS[listed["kind"]], listed["display"])


def _scores(source: Source, letter: str, kinds: frozenset[str]) -> Listing[Measurement]:
    """Each with the place it was measured at, for several of one day differ by place (F14)."""
    rated = tuple((result, row["kind"]) for result, row in source.results(DENSITY) if row["kind"] in kinds)
    results = tuple(result for result, _ in rated)
    read = ((result, SCORE.value(result), kind.rpartition("-")[2]) for result, kind in rated)
    found = tuple(
        result.measured(value, f"{letter}-score {value:g} ({place})")
        for result, value, place in read
        if value is not None and abs(value) <= T_LARGEST
    )
    return source.documented(newest(found), "observations", why=why_none(f"{letter}-score", results, SCORE))


def _vitamin_d(source: Source) -> Listing[Measurement]:
    """A result whose unit is not known is no proof that there is none."""
    results = source.topic(LAB, "analyte", VITAMIN_D)
    found = newest(tuple(_ng_per_ml(results)))
    if found or not results:
        return source.listing(found, "observations")
    return source.documented(found, "observations", why=why_none("25-OH vitamin D", results, VITAMIN_D_SCALE, ("<",)))


def _ng_per_ml(results: tuple[Observed, ...]) -> Iterator[Measurement]:
    for result in results:
        value = VITAMIN_D_SCALE.value(result, ("<",))
        if value is not None:
            quantity = result.holds.value_quantity
            under = quantity is not None and (quantity.comparator or "").strip() == "<"
            just = math.nextafter(value, 0) if under else value
            yield result.measured(just, f"25-OH vitamin D {'under ' if under else ''}{round(value, 2):g} ng/mL")


# --- densitometry -----------------------------------------------------------------------------------------------------


def _dxa(source: Source) -> Iterator[Statement]:
    since = add_months(source.as_of, -DXA_MONTHS)
    for reference, moment, shown in _densitometries(source):
        if moment.when is not None and moment.when.last >= since:
            yield Statement(True, moment.when, Evidence(reference, shown, moment.date))


def _densitometries(source: Source) -> Iterator[tuple[str, Moment, str]]:
    for located in source.record.of(fhir.ServiceRequest):
        order = located.resource
        if ordered(order, ONCE_ORDERED) and is_densitometry(order.code):
            yield located.reference, source.start(order.authored_on, order.occurrence_date_time), "DXA ordered"
    for booked in source.record.of(fhir.Appointment):
        booking = booked.resource
        if plain_code(booking.status) in BOOKED and any(is_densitometry(each) for each in booking.service_type):
            yield booked.reference, source.moment(booking.start, booking.created), "DXA booked"
    for done in source.record.of(fhir.Procedure):
        if plain_code(done.resource.status) in ("completed", "") and is_densitometry(done.resource.code):
            yield (
                done.reference,
                source.start(done.resource.performed_date_time, done.resource.performed_period),
                "DXA done",
            )
    for reported in source.record.of(fhir.DiagnosticReport):
        report = reported.resource
        if plain_code(report.status) not in ("entered-in-error", "cancelled") and is_densitometry(report.code):
            yield (
                reported.reference,
                source.moment(report.effective_date_time, report.effective_period, report.issued),
                "DXA reported",
            )
    for result, listed in source.results(DENSITY):
        if listed["kind"].startswith(("t-score", "z-score", "bmd")) and not listed["kind"].endswith(
            ("forearm", "heel")
        ):
            yield result.reference, result.moment, "bone density measured"


def is_densitometry(concept: CodeableConcept | None) -> bool:
    """Whether a code or its words mean the bone density of hip or spine, not of a forearm, nor a fracture scan."""
    rows = find(concept).get(DENSITOMETRY, ())
    if rows:
        return any(row["kind"] not in _NO_DENSITY and row["code"] not in PERIPHERAL for row in rows)
    return bool(_DXA.search(words(concept)))


def _referrals(placed: Listing[Order]) -> Iterator[Statement]:
    for each in placed.items:
        if each.kind == "bone-health-referral":
            yield Statement(True, each.when, each.evidence)


# --- glucocorticoids --------------------------------------------------------------------------------------------------


def _steroids(source: Source, taken: tuple[Medicine, ...]) -> Iterator[Steroid]:
    since = add_months(source.as_of, -STEROID_MONTHS)
    for medicine in taken:
        for each in medicine.of(GLUCOCORTICOID):
            if (
                each.row["kind"] != "drug"
                or medicine.local
                or (each.row["systemic"] == "by-route" and not medicine.oral)
            ):
                continue
            # An order that is over and does not say when it ended is known for its first day only.
            end = medicine.end if medicine.active or medicine.end is not None else medicine.start.when
            if not medicine.active and end is not None and end.last < since:
                continue
            yield Steroid(
                medicine.start.when, end, medicine.active, mg_per_day(medicine, each), medicine.evidence(each)
            )


def mg_per_day(medicine: Medicine, ingredient: Ingredient) -> float | None:
    """Milligrams of prednisone or prednisolone a day, where one dosage states them; None for tapers and other drugs."""
    if ingredient.row["code"] not in _ONE_TO_ONE or len(medicine.dosages) != 1:
        return None
    (dosage,) = medicine.dosages
    if dosage.as_needed_boolean or dosage.as_needed_codeable_concept is not None:
        return None
    dose, times = _dose(dosage, medicine), times_a_day(dosage)
    return None if dose is None or times is None else dose * times


def _dose(dosage: Dosage, medicine: Medicine) -> float | None:
    quantity = dosage.dose_and_rate[0].dose_quantity if dosage.dose_and_rate else None
    if quantity is not None and quantity.value is not None:
        milligrams, pieces, strength = MASS.amount(quantity), PIECES.amount(quantity), _STRENGTH.search(medicine.spoken)
        if milligrams is not None or pieces is None or strength is None:
            return milligrams
        return pieces * float(strength[1])
    stated_mg = _STRENGTH.findall((dosage.text or "").lower())
    return float(stated_mg[0]) if len(stated_mg) == 1 else None


def times_a_day(dosage: Dosage) -> float | None:
    """How often a day, as the timing or its words say."""
    timing = dosage.timing
    repeat = timing.repeat if timing is not None else None
    if repeat is not None and (repeat.frequency is not None or repeat.period is not None):
        days = (repeat.period or 1) * _DAYS.get(repeat.period_unit or "d", 0)
        return (repeat.frequency or 1) / days if days > 0 else None
    if timing is not None and timing.code is not None:
        named = next(
            (_TIMING_CODES[c] for coding in timing.code.coding if (c := (coding.code or "").upper()) in _TIMING_CODES),
            None,
        )
        if named is not None:
            return named
    text = f"{dosage.text or ''}\n{words(timing.code) if timing is not None else ''}".lower()
    return next((times for pattern, times in _TIMES if pattern.search(text)), None)


def _steroid_codes(source: Source) -> Iterator[Steroid]:
    """Long-term use as a problem: an exposure whose dose nobody stated."""
    for problem in source.problems:
        listed = next(
            (
                row
                for row in problem.found.get(GLUCOCORTICOID, ())
                if row["kind"] == "status" and row["systemic"] == "yes"
            ),
            None,
        )
        if listed is not None and problem.standing == "current":
            yield Steroid(problem.onset or problem.recorded, None, True, None, problem.evidence(listed["display"]))


# --- drugs ------------------------------------------------------------------------------------------------------------


def _drugs(source: Source, taken: tuple[Medicine, ...]) -> Iterator[Disease]:
    for medicine in taken:
        for each in medicine.of(BONE_DRUG):
            therapy = each.row["therapy"]
            if therapy == "no" or (therapy == "check" and _FOR_CANCER.search(medicine.spoken)):
                continue
            is_active = medicine.active or _still_works(medicine, each, source.as_of)
            began = medicine.start.when
            yield Disease(each.row["class"], is_active, began, began, medicine.evidence(each), each.by_wording)


def _still_works(medicine: Medicine, ingredient: Ingredient, as_of: date) -> bool:
    """Whether what was injected or handed over is still in effect."""
    began = medicine.start.when
    if began is None or medicine.status != "completed":
        return False
    if isinstance(medicine.resource, fhir.MedicationAdministration):
        return _lasts_until(began.last, ingredient) >= as_of
    if isinstance(medicine.resource, fhir.MedicationDispense):
        until = medicine.end.last if medicine.end is not None else _lasts_until(began.last, ingredient)
        return until >= as_of
    return False


def _lasts_until(given: date, ingredient: Ingredient) -> date:
    if ingredient.row["code"] == DENOSUMAB:
        return add_months(given, DENOSUMAB_MONTHS)
    return given + timedelta(days=LASTS_DAYS.get(ingredient.row["code"], ONE_MONTH))


def _denosumab_doses(taken: tuple[Medicine, ...]) -> Iterator[Statement]:
    """Every dose given, handed over or ordered and completed, of any strength: stopping any of them matters."""
    for medicine in taken:
        if medicine.status == "completed":
            for each in medicine.of(BONE_DRUG):
                if each.row["code"] == DENOSUMAB:
                    yield Statement(True, medicine.start.when, medicine.evidence(each))


def _drug_codes(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        rows = problem.found.get(BONE_DRUG, ())
        listed = next((row for row in rows if row["form"] == "status" and row["therapy"] == "yes"), None)
        if listed is not None and problem.standing == "current":
            yield problem.disease(listed["class"], listed["display"])
