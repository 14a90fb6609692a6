"""Medicines on record, one entry a resource, resolved to ingredients (`terminology.md` section 8): by ingredient code,
by product code, else by the ingredient's name in the text, which is flagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from cds_service.facts.coded import Found, find
from cds_service.facts.fact import Evidence
from cds_service.facts.model import DateRange
from cds_service.facts.quantities import DAYS
from cds_service.facts.source import Moment, Source, cut
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.resources import CodeableConcept, Dosage, Reference, Resource
from cds_service.knowledge.systems import RXNORM
from cds_service.knowledge.value_set import Row, load_value_sets, value_set

KEY: Final = "medications"
ANALGESIC: Final = "analgesic"
BONE_DRUG: Final = "anti-osteoporosis-therapy"
ANTITHROMBOTIC: Final = "anticoagulant-antiplatelet"
GLUCOCORTICOID: Final = "glucocorticoid-systemic"
COMPANION: Final = "opioid-companion"
SETS: Final = (ANALGESIC, BONE_DRUG, ANTITHROMBOTIC, GLUCOCORTICOID, COMPANION)
PRODUCT: Final = "rxnorm-product-to-ingredient"

_GIVEN: Final[Mapping[str, frozenset[str]]] = {
    "MedicationRequest": frozenset({"active", "completed", "on-hold", "stopped"}),
    "MedicationStatement": frozenset({"active", "completed", "on-hold", "stopped"}),
    "MedicationDispense": frozenset({"completed", "in-progress", "on-hold", "stopped"}),
    "MedicationAdministration": frozenset({"completed", "in-progress", "on-hold", "stopped"}),
}
_ACTIVE: Final = frozenset({"active", "in-progress"})
_NO_ORDER: Final = frozenset({"proposal", "option"})
_LOCAL: Final = either(
    r"topical\w*", "gel", "cream", "ointment", "lotion", "ophthalmic", "eye drops?", "otic", "ear drops?", "nasal",
    r"inhal\w*", "rectal foam", "shampoo", "mouthwash",
)  # fmt: skip
_PATCH: Final = either("patch(?:es)?", "transdermal")
_ORAL: Final = either("oral", "by mouth", "po", "tablets?", "capsules?")
_LOCAL_ROUTES: Final = frozenset({"topical", "ophthalmic", "otic", "nasal", "inhalation"})
_SYNONYMS: Final[Mapping[str, str]] = {
    "paracetamol": "acetaminophen",
    "alendronic acid": "alendronate",
    "risedronic acid": "risedronate",
    "ibandronic acid": "ibandronate",
    "zoledronate": "zoledronic acid",
    "acetylsalicylic acid": "aspirin",
    "pethidine": "meperidine",
    "etidronic acid": "etidronate",
}
_COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "benzodiazepine": (
        *("alprazolam", "bromazepam", "chlordiazepoxide", "clobazam", "clonazepam", "clorazepate", "diazepam"),
        *("estazolam", "flurazepam", "lorazepam", "lormetazepam", "midazolam", "nitrazepam", "oxazepam", "quazepam"),
        *("temazepam", "triazolam"),
    ),
    "naloxone": ("naloxone",),
    "laxative": (
        *("bisacodyl", "docusate", "lactulose", "lubiprostone", "magnesium hydroxide", "methylnaltrexone"),
        *("naldemedine", "naloxegol", "polyethylene glycol", "senna", "sennosides"),
    ),
}
"""What stands beside an opioid, by name: no verified code of the ingredients was found (products have one)."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One ingredient of a set of ours. ``route``: of the product, empty when the code does not say it."""

    set_id: str
    row: Row
    route: str
    by_wording: bool
    product: str = ""
    """What the code's own product is called, with its strength; empty for an ingredient code."""

    @property
    def name(self) -> str:
        return self.row["display"].lower()


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medication resource that counts: given, ordered or taken once. ``spoken``: its words in lower case."""

    reference: str
    resource: fhir.Resource
    status: str
    ingredients: tuple[Ingredient, ...]
    start: Moment
    end: DateRange | None
    dosages: tuple[Dosage, ...]
    spoken: str
    routes: str

    @property
    def active(self) -> bool:
        """Being taken now, as far as the status says; on hold is not."""
        return self.status in _ACTIVE

    @property
    def local(self) -> bool:
        """Put on skin, eye, ear, nose or airways, so that it acts there."""
        routes = {each.route for each in self.ingredients} - {""}
        return bool(routes and routes <= _LOCAL_ROUTES) or bool(
            _LOCAL.search(self.spoken) or _LOCAL.search(self.routes)
        )

    @property
    def patch(self) -> bool:
        """A patch: systemic for an opioid, local for the rest."""
        return any(each.route == "transdermal" for each in self.ingredients) or bool(_PATCH.search(self.spoken))

    @property
    def oral(self) -> bool:
        """Known to be taken by mouth."""
        is_oral = any(each.route == "oral" for each in self.ingredients)
        return is_oral or bool(_ORAL.search(f"{self.routes}\n{self.spoken}"))

    def of(self, set_id: str) -> Iterator[Ingredient]:
        """Its ingredients in one set."""
        return (each for each in self.ingredients if each.set_id == set_id)

    def evidence(self, ingredient: Ingredient) -> Evidence:
        """Where it stands, with the ingredient's name; names read from text are said to be."""
        shown = f"{ingredient.name} (by its wording)" if ingredient.by_wording else ingredient.name
        return Evidence(self.reference, cut(shown), self.start.date)


def _names() -> Mapping[str, tuple[str, Row]]:
    named: dict[str, tuple[str, Row]] = {}
    for set_id in SETS:
        for row in load_value_sets()[set_id]:
            if row["system"] == RXNORM and set_id != COMPANION:
                named.setdefault(f"{set_id}\t{row['display'].lower()}", (set_id, row))
    for other, name in _SYNONYMS.items():
        for set_id in SETS:
            if f"{set_id}\t{name}" in named:
                named[f"{set_id}\t{other}"] = named[f"{set_id}\t{name}"]
    for kind, names in _COMPANIONS.items():
        for name in names:
            row = {"system": "", "code": name, "display": name, "note": "", "class": kind}
            named[f"{COMPANION}\t{name}"] = (COMPANION, row)
    return named


_NAMED: Final = _names()
_BY_NAME: Final[Mapping[str, tuple[tuple[str, Row], ...]]] = {
    name: tuple(found for key, found in _NAMED.items() if key.partition("\t")[2] == name)
    for name in {key.partition("\t")[2] for key in _NAMED}
}
_NAME: Final = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _BY_NAME), key=len, reverse=True)) + r")\b")


@cache
def _ingredient_row(set_id: str, code: str) -> Row | None:
    return value_set(set_id).row(RXNORM, code)


def ingredients(concepts: Iterable[CodeableConcept], spoken: str) -> tuple[Ingredient, ...]:
    """The ingredients of ours that codes name; only where no code does, those that the words name."""
    found: dict[tuple[str, str], Ingredient] = {}
    for concept in concepts:
        for each in _by_code(find(concept)):
            found.setdefault((each.set_id, each.row["code"]), each)
    if not found:
        for match in _NAME.finditer(spoken):
            for set_id, row in _BY_NAME[match.group()]:
                found.setdefault((set_id, row["code"]), Ingredient(set_id, row, "", True))
    return tuple(found.values())


def _by_code(found: Found) -> Iterator[Ingredient]:
    for set_id in SETS:
        for row in found.get(set_id, ()):
            yield Ingredient(set_id, row, "", False)
    for product in found.get(PRODUCT, ()):
        ingredient = _ingredient_row(product["value_set"], product["ingredient"])
        if ingredient is not None:
            route = "" if product["route"] == "unknown" else product["route"]
            yield Ingredient(product["value_set"], ingredient, route, False, product["display"].lower())


def medicines(source: Source) -> tuple[Medicine, ...]:
    """Every medication resource that counts and holds an ingredient of ours."""
    return tuple(each for each in _medicines(source) if each.ingredients)


def _medicines(source: Source) -> Iterator[Medicine]:
    for request in source.record.of(fhir.MedicationRequest):
        order = request.resource
        if not order.do_not_perform and plain_code(order.intent) not in _NO_ORDER:
            start = source.moment(order.authored_on)
            yield from _medicine(
                source,
                request.reference,
                order,
                order.status,
                start,
                _end(source, order, start),
                order.dosage_instruction,
            )
    for statement in source.record.of(fhir.MedicationStatement):
        taken = statement.resource
        start = source.start(taken.effective_date_time, taken.effective_period, taken.date_asserted)
        end = source.days(taken.effective_period.end) if taken.effective_period else None
        yield from _medicine(source, statement.reference, taken, taken.status, start, end, taken.dosage)
    for dispense in source.record.of(fhir.MedicationDispense):
        handed = dispense.resource
        start = source.start(handed.when_handed_over, handed.when_prepared)
        end = _after(start, DAYS.amount(handed.days_supply))
        yield from _medicine(source, dispense.reference, handed, handed.status, start, end, handed.dosage_instruction)
    for dose in source.record.of(fhir.MedicationAdministration):
        given = dose.resource
        start = source.start(given.effective_date_time, given.effective_period)
        end = source.days(given.effective_period.end) if given.effective_period else start.when
        route = given.dosage.route if given.dosage else None
        yield from _medicine(source, dose.reference, given, given.status, start, end, (Dosage(route=route),))


def _medicine(
    source: Source,
    reference: str,
    resource: fhir.MedicationRequest
    | fhir.MedicationStatement
    | fhir.MedicationDispense
    | fhir.MedicationAdministration,
    status: str | None,
    start: Moment,
    end: DateRange | None,
    dosages: tuple[Dosage, ...],
) -> Iterator[Medicine]:
    plain = plain_code(status)
    if plain not in _GIVEN[type(resource).__name__]:
        return
    concepts, spoken = medication(source, resource.medication_codeable_concept, resource.medication_reference, resource)
    found = ingredients(concepts, spoken)
    routes = "\n".join(words(each.route) for each in dosages).lower()
    yield Medicine(reference, resource, plain, found, start, end, dosages, spoken, routes)


def medication(
    source: Source, concept: CodeableConcept | None, reference: Reference | None, within: Resource
) -> tuple[tuple[CodeableConcept, ...], str]:
    """The concepts of a medication (its own, and those of the Medication it names) and their words in lower case."""
    concepts = [concept] if concept is not None else []
    named = source.resolve(reference, within)
    if isinstance(named, fhir.Medication):
        held = (named.code, *(each.item_codeable_concept for each in named.ingredient))
        concepts += [each for each in held if each is not None]
    spoken = "\n".join(
        [*(words(each) for each in concepts), (reference.display or "") if reference is not None else ""]
    )
    return tuple(concepts), spoken.lower()


def _end(source: Source, order: fhir.MedicationRequest, start: Moment) -> DateRange | None:
    """When the order runs out, by its dosage bounds, its validity or its supply; None when it does not say."""
    for dosage in order.dosage_instruction:
        repeat = dosage.timing.repeat if dosage.timing else None
        if repeat is not None and repeat.bounds_period is not None and repeat.bounds_period.end:
            return source.days(repeat.bounds_period.end)
    supply = order.dispense_request
    if supply is None:
        return None
    if supply.validity_period is not None and supply.validity_period.end:
        return source.days(supply.validity_period.end)
    return _after(start, DAYS.amount(supply.expected_supply_duration))


def _after(start: Moment, days: float | None) -> DateRange | None:
    if start.when is None or days is None or not 0 <= days <= _LONGEST_SUPPLY:
        return None
    return DateRange(start.when.first + timedelta(days=int(days)), start.when.last + timedelta(days=int(days)))


_LONGEST_SUPPLY: Final = 1000
