"""DE-29: who pays, in which state, and the codes that a coverage policy asks for (OC-29, OC-30)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Literal

from cds_service.facts.coded import Key, find_keys
from cds_service.facts.fact import Evidence, Fact, fact, no_fact
from cds_service.facts.fractures import SET, named_levels
from cds_service.facts.levels import levels_in, levels_of
from cds_service.facts.model import DateRange, DiagnosisCode, Insurance, Level, Payer, PayerKind
from cds_service.facts.source import VOID, Problem, Source, cut
from cds_service.facts.wording import either
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import codes, words
from cds_service.fhir.dates import parse_date
from cds_service.fhir.decoding import plain_code, text_of
from cds_service.fhir.resources import Address, Owner, Resource
from cds_service.knowledge.coverage_policies import load_coverage_policies
from cds_service.knowledge.systems import CPT, ICD_10_CM

KEY: Final = "coverage"
SHOWN: Final[dict[PayerKind | None, str]] = {
    "medicare-ffs": "Medicare fee-for-service",
    "medicare-advantage": "Medicare Advantage",
    "other": "another payer than Medicare",
    None: "coverage that does not say whose",
}
_REGISTER: Final = load_coverage_policies()

SOPT: Final = frozenset({"https://nahdo.org/sopt", "http://nahdo.org/sopt", "urn:oid:2.16.840.1.113883.3.221.5"})
"""Source of Payment Typology: the address HL7 lists, as quality measures write it, and its OID."""
ACT_CODE: Final = frozenset(
    {
        "http://terminology.hl7.org/codesystem/v3-actcode",
        "http://hl7.org/fhir/v3/actcode",
        "urn:oid:2.16.840.1.113883.5.4",
    }
)
_SIDE: Final = "side"
_Kind = PayerKind | Literal["side"] | None
_SOPT_KINDS: Final[dict[str, _Kind]] = {
    "11": "medicare-advantage",
    "111": "medicare-advantage",
    "112": "medicare-advantage",
    "113": "medicare-advantage",
    "119": "medicare-advantage",
    "12": "medicare-ffs",
    "121": "medicare-ffs",
    "129": "medicare-ffs",
    "122": _SIDE,
    "191": _SIDE,
    "291": _SIDE,
    "299": _SIDE,
    "313": _SIDE,
}
"""Codes of the typology as a value set of the VSAC lists them: managed Medicare, unmanaged Medicare, drugs and teeth.

Other codes under 1 (Medicare, hospice, savings accounts, both programmes) do not settle which; those under 2 to 9 are
other payers.
"""
_SIDE_POLICIES: Final = frozenset("DENTAL DENTPRG DRUGPOL VISPOL LTC LIFE TLIFE ULIFE ANNU FLEXP HSAPOL".split())
"""v3-ActCode policies that pay for no procedure. Its other codes say nothing of Medicare, and words go before them."""
_MANAGED: Final = frozenset({"HMO", "PPO", "POS"})

_MEDICARE: Final = either("medicare")
_AGENCY: Final = either(r"cent(?:er|re)s? for medicare (?:and|&) medicaid(?: services)?")
_ADVANTAGE: Final = either(
    "medicare advantage",
    "(?:medicare )?part c",
    r"ma-?pd",
    r"medicare (?:hmo|ppo|pffs|pos|d-?snp|replacement|managed(?: care)?|cost)",
    r"(?:hmo|ppo|pffs)\W{0,3}medicare",
    "managed medicare",
)
_INSURERS: Final = either(
    "aetna", "humana", "united ?health(?:care)?", "uhc", "aarp", "cigna", "anthem", "elevance", "blue cross",
    "blue shield", "bcbs", "kaiser", "wellcare", "molina", "centene", "devoted", "clover", "oscar", "healthspring",
    "scan health", "priority health", "highmark",
)  # fmt: skip
_ORIGINAL: Final = either("original medicare", "traditional medicare", r"fee[- ]for[- ]service", "ffs", "part [ab]")
_NEUTRAL: Final = either(
    "medicare", "part [ab]", "parts? a (?:and|&) b", "a ?(?:and|&|/) ?b", "federal", "program(?:me)?", "coverage",
    "insurance", "health insurance", "cms", "us", "u s", "united states", "primary", "secondary", "plan", "of", "the",
    "noridian", "novitas", "palmetto(?: gba)?", "first coast", "ngs", "national government services", "wps", "cgs",
)  # fmt: skip
_BESIDE: Final = either(
    "part d", "drug", "pharmacy", "prescription", "pdp", "pbm", "dental", "vision", "long[- ]term care",
    "life insurance",
)  # fmt: skip
_SUPPLEMENT: Final = either("medigap", "medicare supplement(?:al)?", "medicare-medicaid", "dual eligib\\w+")


def payer(source: Source) -> Payer:
    """Coverages of medical care, the state of the patient's address, and the codes a policy may ask for."""
    return Payer(
        coverages=source.listing(_coverages(source), KEY),
        state=_home(source),
        diagnoses=source.listing(_diagnoses(source), "conditions"),
    )


# --- who pays ---------------------------------------------------------------------------------------------------------


def _coverages(source: Source) -> Iterator[Insurance]:
    for located in source.record.of(fhir.Coverage):
        coverage = located.resource
        if plain_code(coverage.status) in VOID | {"draft"}:
            continue
        kind = _kind(coverage, source)
        if kind == _SIDE:
            continue
        began = source.start(coverage.period).date
        yield Insurance(kind, _covered(coverage, source), Evidence(located.reference, SHOWN[kind], began))


def _covered(coverage: fhir.Coverage, source: Source) -> DateRange:
    """Its period; without a day on one side it is open there."""
    period = coverage.period
    first = parse_date(period.start, source.zone) if period is not None else None
    last = parse_date(period.end, source.zone) if period is not None else None
    return DateRange(first.first if first is not None else date.min, last.last if last is not None else date.max)


def _kind(coverage: fhir.Coverage, source: Source) -> _Kind:
    """By the typology's code; failing that by words; a policy of drugs, teeth or eyes pays for no procedure."""
    typed = {(_bare(system), code.upper()) for system, code in codes(coverage.type)}
    listed = [_by_typology(code) for system, code in typed if system in SOPT]
    acts = {code for system, code in typed if system in ACT_CODE}
    if any(listed):
        return next(kind for kind in listed if kind is not None)
    if acts & _SIDE_POLICIES:
        return _SIDE
    spoken = _spoken(coverage, source)
    kinds = [_by_words(line) for line in spoken]
    whole = "\n".join(spoken)
    is_managed = bool(_MEDICARE.search(whole)) and (bool(acts & _MANAGED) or bool(_INSURERS.search(whole)))
    if "medicare-advantage" not in kinds and _SIDE in kinds:
        return _SIDE
    if "medicare-advantage" in kinds or is_managed:
        return "medicare-advantage"
    if "medicare-ffs" in kinds:
        return "medicare-ffs"
    return "other" if kinds and None not in kinds else None


def _bare(system: str) -> str:
    return system.split("|", 1)[0].rstrip("/").lower()


def _by_typology(code: str) -> _Kind:
    if code in _SOPT_KINDS:
        return _SOPT_KINDS[code]
    return None if code.startswith("1") or not code[:1].isdigit() else "other"


def _spoken(coverage: fhir.Coverage, source: Source) -> tuple[str, ...]:
    """What its type, its payors and its plans are called, one name a line."""
    lines = words(coverage.type).splitlines()
    for payor in coverage.payor:
        organisation = source.resolve(payor, coverage)
        name = text_of(organisation.name) if isinstance(organisation, fhir.Organization) else ""
        lines += [payor.display or "", name]
    for each in coverage.class_:
        is_plan = (
            any(plain_code(coding.code) in ("plan", "subplan") for coding in each.type.coding) if each.type else False
        )
        lines += [each.name or "", (each.value or "") if is_plan else ""]
    return tuple(line.strip() for line in lines if line.strip())


def _by_words(line: str) -> _Kind:
    said = _AGENCY.sub("medicare", line)
    if _ADVANTAGE.search(said):
        return "medicare-advantage"
    if _BESIDE.search(said) and not _ORIGINAL.search(said):
        return _SIDE
    if not _MEDICARE.search(said):
        return "medicare-ffs" if plain_code(said) == "cms" else "other"
    if _SUPPLEMENT.search(said):
        return None
    return "medicare-ffs" if _ORIGINAL.search(said) or not _left_over(said) else None


def _left_over(said: str) -> bool:
    """Whether anything but Medicare itself, its contractors and a state is named."""
    rest = _NEUTRAL.sub(" ", said)
    return any(word.isalpha() and _state_of(word) is None for word in rest.replace("-", " ").split())


# --- where ------------------------------------------------------------------------------------------------------------

_STATES: Final = {
    **{code.lower(): code for code in _REGISTER.states},
    **{name.lower(): code for code, name in _REGISTER.states.items()},
}
_HERE: Final = frozenset({"", "us", "usa", "u.s.", "u.s.a.", "united states", "united states of america", "840"})


def _state_of(text: str | None) -> str | None:
    """The two letters of a state written in letters, in full or as ISO 3166-2 has it (US-TX)."""
    plain = " ".join((text or "").strip().strip(".").lower().split())
    return _STATES.get(plain.removeprefix("us-"))


def _state(address: Address | None) -> str | None:
    """The state of an address in the United States, as far as it says where it is."""
    if address is None or plain_code(address.country) not in _HERE:
        return None
    return _state_of(address.state)


def _home(source: Source) -> Fact[str]:
    """The patient's state, from the addresses in use; two that differ settle nothing."""
    person = source.record.patient
    if person is None:
        return no_fact(source.gap("patient") or "patient not sent")
    current = [each for each in person.address if plain_code(each.use) not in ("old", "billing", "temp")]
    living = [each for each in current if plain_code(each.use) == "home"] or current
    reference = f"Patient/{source.record.patient_id}"
    return _one(((state, reference) for each in living if (state := _state(each))), "state not documented")


def _one(found: Iterable[tuple[str, str]], why: str) -> Fact[str]:
    by_state = dict(found)
    if len(by_state) > 1:
        return no_fact("addresses in several states", *(Evidence(ref, state) for state, ref in by_state.items()))
    return next((fact(state, Evidence(ref, f"state {state}")) for state, ref in by_state.items()), no_fact(why))


def place_of_service(resource: Resource, source: Source) -> Fact[str]:
    """The state of the place where a draft is to be done: the Locations it names, in it or in the record."""
    named = tuple(_places(resource, source))
    found = [(source.resolve(each, resource), each) for each in named]
    states = (
        (state, _where(each, resource))
        for place, each in found
        if isinstance(place, fhir.Location) and (state := _state(place.address))
    )
    return _one(states, "place of service named, its state not read" if named else "place of service not named")


def _where(place: Owner, resource: Resource) -> str:
    """Where a place stands: a contained one within its draft."""
    reference = (place.reference or "").strip()
    return cut(f"{type(resource).__name__}/{resource.id or ''}{reference}" if reference.startswith("#") else reference)


def _places(resource: Resource, source: Source) -> Iterator[Owner]:
    match resource:
        case fhir.ServiceRequest():
            yield from resource.location_reference
            for performer in resource.performer:
                role = source.resolve(performer, resource)
                yield from role.location if isinstance(role, fhir.PractitionerRole) else ()
                if isinstance(role, fhir.Location):
                    yield performer
        case fhir.Appointment():
            actors = (each.actor for each in resource.participant)
            yield from (each for each in actors if each is not None and _is_place(each))


def _is_place(actor: Owner) -> bool:
    return actor.type == "Location" or "Location/" in (actor.reference or "") or (actor.reference or "").startswith("#")


# --- codes ------------------------------------------------------------------------------------------------------------

_ASKED: Final = _REGISTER.diagnoses.alone | _REGISTER.diagnoses.pathologic | _REGISTER.diagnoses.causes


def _diagnoses(source: Source) -> Iterator[DiagnosisCode]:
    """Codes of vertebral fractures, and those a policy names, of problems that are neither past nor only suspected."""
    for problem in source.problems:
        if problem.standing != "current":
            continue
        rows = problem.found.get(SET, ())
        fractures = {row["code"] for row in rows if row["system"] == ICD_10_CM and row["role"] != "excluded"}
        for system, code in problem.keys:
            if system == ICD_10_CM and (code in fractures or code in _ASKED):
                yield DiagnosisCode(code, _levels(problem), code in fractures, problem.evidence(code))


def _levels(problem: Problem) -> tuple[Level, ...]:
    rows = problem.found.get(SET, ())
    named = named_levels(levels_of(problem.condition.body_site), levels_in(problem.spoken), rows)
    return tuple(level for levels in named for level in levels)


def procedure_numbers(resource: Resource) -> tuple[str, ...]:
    """The CPT numbers an order or a booking carries."""
    match resource:
        case fhir.ServiceRequest():
            named = [*codes(resource.code), *codes(resource.order_detail)]
        case fhir.Appointment():
            named = [*codes(resource.service_type), *codes(resource.appointment_type)]
        case _:
            named = []
    return tuple(dict.fromkeys(code for system, code in named if system == CPT))


def diagnosis_codes(resource: Resource, source: Source) -> tuple[str, ...]:
    """The ICD-10-CM codes that bear on coverage among an order's or a booking's reasons and the problems it names."""
    if not isinstance(resource, fhir.ServiceRequest | fhir.Appointment):
        return ()
    problems = (source.resolve(each, resource) for each in resource.reason_reference)
    named = [
        *codes(resource.reason_code),
        *(key for p in problems if isinstance(p, fhir.Condition) for key in codes(p.code)),
    ]
    return tuple(dict.fromkeys(key[1] for key in named if _bears(key)))


def _bears(key: Key) -> bool:
    """Whether a code is of a vertebral fracture, or one that a policy names."""
    return key[0] == ICD_10_CM and (key[1] in _ASKED or SET in find_keys([key]))
