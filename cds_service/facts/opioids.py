"""DE-32: opioids in force or drafted with their daily dose, and what matters beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from cds_service.facts.bone_health import times_a_day
from cds_service.facts.fact import Evidence, Interval
from cds_service.facts.medications import ANALGESIC, COMPANION, KEY, Ingredient, Medicine, ingredients, medication
from cds_service.facts.model import Disease, Opioid, OpioidCare
from cds_service.facts.quantities import MASS, PIECES, Scale
from cds_service.facts.source import Source, cut
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.resources import Dosage, DoseAndRate
from cds_service.knowledge.systems import RXNORM
from cds_service.knowledge.value_set import value_set

MME: Final = "opioid-mme"
FALL: Final = "fall"
Companion = Literal["benzodiazepine", "gabapentinoid", "naloxone", "laxative"]
GABAPENTINOIDS: Final = frozenset({"25480", "187832"})
"""Gabapentin and pregabalin."""
MILLILITRES: Final = Scale("volume", "mL")
PER_HOUR: Final = Scale("mass-rate", "ug/h")
PERIOD: Final = Scale("time", "d")

_FALLS: Final = re.compile(
    r"\b(?:(?:history of|recurrent|repeated|frequent|multiple|mechanical) falls?|history of falling|falls? risk"
    r"|(?:at )?risk (?:of|for) fall(?:s|ing)|(?:fell|fall) from|falls)\b"
)
_NO_FALL: Final = re.compile(r"\b(?:no|denies|without|low) (?:\w+ ){0,2}(?:falls?|risk)\b|\bprevent\w*|\bscreen\w*")
_INJECTED: Final = either(
    "intravenous(?:ly)?", "iv", "ivp", "inject(?:ion|able)", "subcutaneous(?:ly)?", "intramuscular(?:ly)?", "epidural",
    "intrathecal", "prefilled syringe", "cartridge",
)  # fmt: skip
_NOT_SWALLOWED: Final = frozenset({"injection", "buccal", "nasal", "rectal", "topical"})
_EVERY_HOURS: Final = re.compile(r"\b(?:every |q ?)(\d{1,2})(?: ?(?:-|to) ?\d{1,2})? ?(?:hours?|hrs?|h)\b")
_PIECES_TOLD: Final = re.compile(r"\b(\d)(?: ?(?:-|to) ?(\d))? ?(?:tablets?|tabs?|capsules?|caps?)\b")
_MG_TOLD: Final = re.compile(r"\b(\d{1,3}(?:\.\d{1,2})?) ?mg\b")
_DAYS: Final = {"d": 1.0, "day": 1.0, "days": 1.0, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24, "wk": 7.0, "week": 7.0}


def opioid_care(source: Source, taken: tuple[Medicine, ...]) -> OpioidCare:
    """Everything about opioids but the drafts."""
    current = tuple(each for each in taken if _in_force(each, source))
    return OpioidCare(
        active=source.listing(_active(current), KEY),
        depressants=source.listing(_companions(current, ("benzodiazepine", "gabapentinoid")), KEY),
        safeguards=source.listing(_companions(current, ("naloxone", "laxative")), KEY),
        falls=source.listing(_falls(source), "conditions"),
    )


def _in_force(medicine: Medicine, source: Source) -> bool:
    """Prescribed or said to be taken, and not run out."""
    is_order = isinstance(medicine.resource, fhir.MedicationRequest | fhir.MedicationStatement)
    return is_order and medicine.active and (medicine.end is None or medicine.end.last >= source.as_of)


def _active(current: tuple[Medicine, ...]) -> Iterator[Opioid]:
    for medicine in current:
        for each in medicine.of(ANALGESIC):
            if each.row["class"] == "opioid":
                yield opioid(
                    each,
                    medicine.dosages,
                    f"{medicine.spoken}\n{medicine.routes}",
                    type(medicine.resource).__name__,
                    medicine.evidence(each),
                )


def companion(each: Ingredient, beside: tuple[Ingredient, ...]) -> Companion | None:
    """What an ingredient is beside an opioid; the naloxone of a combination with one is no rescue drug."""
    if each.set_id == ANALGESIC:
        return "gabapentinoid" if each.row["code"] in GABAPENTINOIDS else None
    if each.set_id != COMPANION:
        return None
    kinds: tuple[Companion, ...] = ("benzodiazepine", "naloxone", "laxative")
    kind = next((kind for kind in kinds if kind == each.row["class"]), None)
    has_opioid = any(other.set_id == ANALGESIC and other.row["class"] == "opioid" for other in beside)
    return None if kind == "naloxone" and has_opioid else kind


def _companions(current: tuple[Medicine, ...], wanted: tuple[Companion, ...]) -> Iterator[Disease]:
    for medicine in current:
        for each in medicine.ingredients:
            kind = companion(each, medicine.ingredients)
            is_local = kind == "gabapentinoid" and medicine.local
            if kind is not None and kind in wanted and not is_local:
                began = medicine.start.when
                yield Disease(kind, True, began, began, medicine.evidence(each), each.by_wording)


def _falls(source: Source) -> Iterator[Disease]:
    """A tendency to fall, or one fall that was coded as the cause of an injury; words count for caution (decision
    15).
    """
    for problem in source.problems:
        if problem.standing != "current":
            continue
        row = problem.row(FALL)
        if row is not None:
            yield problem.disease(row["kind"], row["display"])
        elif _FALLS.search(problem.spoken) and not _NO_FALL.search(problem.spoken):
            yield problem.disease("history", "falls", by_wording=True)


# --- doses ------------------------------------------------------------------------------------------------------------


def drafted_drug(
    order: fhir.MedicationRequest, source: Source, reference: str
) -> tuple[Opioid | None, Companion | None]:
    """The opioid that a prescription is for, or what else it is beside one."""
    concepts, spoken = medication(source, order.medication_codeable_concept, order.medication_reference, order)
    found = ingredients(concepts, spoken)
    drug = next((each for each in found if each.set_id == ANALGESIC and each.row["class"] == "opioid"), None)
    if drug is None:
        return None, next((kind for each in found if (kind := companion(each, found)) is not None), None)
    routes = "\n".join(words(each.route) for each in order.dosage_instruction).lower()
    shown = Evidence(reference, cut(f"{drug.name} (draft)"))
    return opioid(drug, order.dosage_instruction, f"{spoken}\n{routes}", "draft", shown), None


def opioid(drug: Ingredient, dosages: tuple[Dosage, ...], spoken: str, origin: str, evidence: Evidence) -> Opioid:
    """The opioid with what it comes to a day."""
    row = value_set(MME).row(RXNORM, drug.row["code"])
    described = drug.product or spoken
    is_patch = drug.route == "transdermal" or "patch" in described or "transdermal" in described
    unit: Literal["mg/d", "ug/h"] = "ug/h" if is_patch else "mg/d"
    is_other_route = drug.route in _NOT_SWALLOWED or bool(_INJECTED.search(spoken))
    has_factor = row is not None and row["unit"] == unit and not is_other_route
    factor = float(row["factor"]) if row is not None and has_factor else None
    per_day = _by_the_hour(drug, described, dosages) if is_patch else _in_a_day(drug, described, dosages)
    return Opioid(drug.row["code"], " ".join(spoken.split()), origin, per_day, unit, factor, evidence)


def _in_a_day(drug: Ingredient, described: str, dosages: tuple[Dosage, ...]) -> Interval | None:
    """Milligrams a day. Several dosages may follow each other or add up: at least the largest, at most all together."""
    amounts = [_milligrams(dosage, drug.name, described) for dosage in dosages]
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    return Interval(max(known), sum(known) if len(known) == len(amounts) else None)


def _milligrams(dosage: Dosage, name: str, described: str) -> float | None:
    """The most that one dosage allows in a day."""
    limit = _most_allowed(dosage)
    dose, times = _dose(dosage, name, described), _most_times(dosage)
    if dose is None or times is None:
        return limit
    return dose * times if limit is None else min(dose * times, limit)


def _most_allowed(dosage: Dosage) -> float | None:
    """`maxDosePerPeriod` in milligrams a day."""
    ratio = dosage.max_dose_per_period
    if ratio is None or ratio.numerator is None or ratio.denominator is None or not ratio.denominator.value:
        return None
    days, amount = PERIOD.amount(ratio.denominator), MASS.amount(ratio.numerator)
    return amount / days if amount is not None and days is not None and days > 0 else None


def _dose(dosage: Dosage, name: str, described: str) -> float | None:
    """The milligrams of one dose: as stated, or pieces or millilitres times the strength in the product's name."""
    rate = dosage.dose_and_rate[0] if dosage.dose_and_rate else None
    quantity = rate.dose_quantity if rate is not None else None
    if quantity is None and rate is not None and rate.dose_range is not None:
        quantity = rate.dose_range.high
    if quantity is not None and quantity.value is not None:
        milligrams, volume = MASS.amount(quantity), MILLILITRES.amount(quantity)
        if milligrams is not None:
            return milligrams
        count = PIECES.amount(quantity) if volume is None else volume
        strength = _strength(name, described, per_ml=volume is not None)
        return count * strength if strength is not None and count is not None else None
    text = (dosage.text or "").lower()
    told = _MG_TOLD.findall(text)
    if told:
        return float(told[0]) if len(told) == 1 else None
    pieces, strength = _PIECES_TOLD.search(text), _strength(name, described, per_ml=False)
    return float(pieces[2] or pieces[1]) * strength if pieces is not None and strength is not None else None


@lru_cache(maxsize=256)
def _strength_of(name: str, per_ml: bool) -> re.Pattern[str]:
    after = r" ?mg/ml\b" if per_ml else r" ?mg\b(?!/)"
    return re.compile(rf"\b{re.escape(name)}[a-z ,()-]{{0,40}}(\d{{1,3}}(?:\.\d{{1,3}})?){after}")


def _strength(name: str, described: str, *, per_ml: bool) -> float | None:
    """The number that follows the ingredient's own name; of "oxycodone-acetaminophen 5-325 mg" the first."""
    found = _strength_of(name, per_ml).search(described)
    if found is None and not per_ml:
        found = re.match(rf"\s*{re.escape(name)}-[a-z]{{4,20}} (\d{{1,3}}(?:\.\d)?)-\d{{2,3}} ?mg\b", described)
    return float(found[1]) if found is not None else None


def _most_times(dosage: Dosage) -> float | None:
    """The most often that a dosage allows in a day."""
    repeat = dosage.timing.repeat if dosage.timing is not None else None
    if repeat is not None and (repeat.frequency is not None or repeat.period is not None):
        days = (repeat.period or 1) * _DAYS.get(repeat.period_unit or "d", 0)
        return (repeat.frequency_max or repeat.frequency or 1) / days if days > 0 else None
    hours = _EVERY_HOURS.search((dosage.text or "").lower())
    if hours is not None and int(hours[1]) > 0:
        return 24 / int(hours[1])
    return times_a_day(dosage)


def _by_the_hour(drug: Ingredient, described: str, dosages: tuple[Dosage, ...]) -> Interval | None:
    """Micrograms an hour of the patch in the product's name, times the patches worn at once."""
    found = re.search(
        rf"{re.escape(drug.name)}[a-z ]{{0,20}}(\d{{1,3}}(?:\.\d{{1,4}})?) ?(mg|mcg|ug|micrograms?)/(?:hr|hour|h)\b",
        described,
    )
    if found is None:
        return _rates(dosages)
    strength = float(found[1]) * (1000 if found[2] == "mg" else 1)
    worn = [_patches(dosage) for dosage in dosages] or [1.0]
    return Interval(strength * max(worn), strength * sum(worn))


def _rates(dosages: tuple[Dosage, ...]) -> Interval | None:
    """Where the name does not say it, the rate that a dosage states, as its rate or as its dose."""
    stated = [rate for dosage in dosages for each in dosage.dose_and_rate[:1] if (rate := _rate(each)) is not None]
    return Interval(max(stated), sum(stated) if len(stated) == len(dosages) else None) if stated else None


def _rate(given: DoseAndRate) -> float | None:
    rate = PER_HOUR.amount(given.rate_quantity)
    return PER_HOUR.amount(given.dose_quantity) if rate is None else rate


def _patches(dosage: Dosage) -> float:
    quantity = dosage.dose_and_rate[0].dose_quantity if dosage.dose_and_rate else None
    return PIECES.amount(quantity) or 1.0
