"""Writes a case as FHIR R4: the transaction bundle for a server, and the CDS Hooks request that shows its cards.

The same case and day give the same bytes. References are relative, ids are our own and never digits alone, and every
resource says in its ``meta.tag`` that it is made up.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from cds_service.fhir.record import KEY_TYPES
from cds_service.knowledge.systems import UCUM
from cds_service.orders.codings import body_site
from cds_service.orders.questionnaire import ID as QUESTIONNAIRE
from cds_service.samples.cases import Case, Entry, names

Json = dict[str, Any]

TAG: Final = "sample"
USER: Final = "Practitioner/vcf-sample-clinician"
PERFORMER: Final = "Organization/vcf-sample-performer"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"
_NAMESPACE: Final = uuid.UUID("6f0b5c5e-7d0e-5f0c-8a52-0a7b8d1c9e43")
_DAYS_SINCE_BIRTHDAY: Final = 100
"""Far from a birthday on both sides, so that the age of the story holds for months."""
_INSURED_DAYS: Final = 900
_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AllergyIntolerance": "allergy",
        "DiagnosticReport": "report",
        "MedicationRequest": "medication",
        "QuestionnaireResponse": "assessment",
        "ServiceRequest": "order",
    }
)
"""Kinds as ids have them where the resource type is too long: an id has 64 characters."""


@dataclass(frozen=True)
class Written:
    """A case as of a day. ``base`` is the canonical base of our own code systems (VCF_CANONICAL_BASE)."""

    case: Case
    as_of: date
    base: str

    # ........................................................................ what leaves

    def bundle(self) -> Json:
        """The transaction that puts the patient and the record; sent again it changes nothing."""
        entries = [
            {**self._entry(each), "request": {"method": "PUT", "url": _reference(each)}} for each in self.resources
        ]
        return {"resourceType": "Bundle", "id": self.case.patient_id, "type": "transaction", "entry": entries}

    def request(self) -> Json:
        """The call that shows the cards, for a client to complete with ``fhirServer`` or ``prefetch``."""
        context: Json = {"userId": USER, "patientId": self.case.patient_id}
        match self.case.hook:
            case "encounter-start" | "encounter-discharge":
                context["encounterId"] = next(r["id"] for r in self.resources if r["resourceType"] == "Encounter")
            case "order-select":
                context["selections"] = [_reference(each) for each in self.drafts]
                context["draftOrders"] = self._drafted()
            case "order-sign":
                context["draftOrders"] = self._drafted()
            case "appointment-book":
                context["appointments"] = self._drafted()
            case "problem-list-item-create":
                context["conditions"] = self._drafted()
            case "order-dispatch":
                del context["userId"]  # the hook names no user
                context["dispatchedOrders"] = [_reference(each) for each in self.drafts]
                context["performer"] = PERFORMER
        instance = uuid.uuid5(_NAMESPACE, self.case.id)
        return {"hook": self.case.hook, "hookInstance": str(instance), "context": context}

    def _drafted(self) -> Json:
        return {"resourceType": "Bundle", "type": "collection", "entry": [self._entry(each) for each in self.drafts]}

    def _entry(self, resource: Json) -> Json:
        # R4 wants a fullUrl, which relative references are resolved against. No server is at this address.
        return {"fullUrl": f"{self.base}/{_reference(resource)}", "resource": resource}

    def prefetched(self) -> Json:
        """The request with the whole record as prefetch."""
        prefetch: Json = {
            key: _searchset(each for each in self.resources if each["resourceType"] in types)
            for key, types in KEY_TYPES.items()
            if key not in {"patient", "practitioner-role"}
        }
        return {**self.request(), "prefetch": {"patient": self.resources[0], **prefetch}}

    @cached_property
    def resources(self) -> tuple[Json, ...]:
        """The Patient, then the record. An order that is being sent out is on record already."""
        kept = self.drafts if self.case.hook == "order-dispatch" else ()
        return (self._patient(), *self._all(self.case.record), *kept)

    @cached_property
    def drafts(self) -> tuple[Json, ...]:
        """What the hook is about."""
        status = "active" if self.case.hook == "order-dispatch" else "draft"
        return tuple(
            self._resource(entry, f"draft-{n}", **({"status": status} if entry.kind.endswith("Request") else {}))
            for n, entry in enumerate(self.case.drafts, 1)
        )

    # ........................................................................ the parts of a resource

    def _all(self, entries: Iterable[Entry]) -> Iterator[Json]:
        count: Counter[str] = Counter()
        for entry in entries:
            count[entry.kind] += 1
            yield self._resource(entry, f"{_SHORT.get(entry.kind, entry.kind.lower())}-{count[entry.kind]}")

    def _resource(self, entry: Entry, name: str, **over: str) -> Json:
        return {**self._head(entry.kind, name), **_WRITERS[entry.kind](self, entry.name, **entry.fields), **over}

    def _head(self, kind: str, name: str = "") -> Json:
        tag = {"system": f"{self.base}/CodeSystem/{TAG}", "code": TAG, "display": "Made up, nobody's data"}
        own_id = f"{self.case.patient_id}-{name}" if name else self.case.patient_id
        return {"resourceType": kind, "id": own_id, "meta": {"tag": [tag]}}

    def day(self, days: int) -> str:
        """So many days before the day of writing."""
        return (self.as_of - timedelta(days=days)).isoformat()

    @property
    def owner(self) -> Json:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.case.patient_id}"}

    def _patient(self) -> Json:
        given = self.case.id.replace("-", " ").capitalize()
        told = self.case.patient
        home = [{"use": "home", "state": told["state"], "country": "US"}] if "state" in told else []
        return {
            **self._head("Patient"),
            "name": [{"use": "official", "family": "Sample", "given": [given]}],
            "gender": told["gender"],
            "birthDate": _born(self.as_of, told["age"]).isoformat(),
            **({"address": home} if home else {}),
        }


# --- one function a resource type; its keywords are the fields of cases.yaml ------------------------------------------


def _condition(on: Written, name: str, *, onset: int, level: str = "") -> Json:
    return {
        "clinicalStatus": _status("condition-clinical", "active"),
        "verificationStatus": _status("condition-ver-status", "confirmed"),
        "code": _concept(name, level),
        **_sites(level),
        "subject": on.owner,
        "onsetDateTime": on.day(onset),
    }


def _report(on: Written, name: str, *, date: int, conclusion: str) -> Json:
    return {
        "status": "final",
        "category": [{"coding": [{"system": f"{_HL7}/v2-0074", "code": "RAD", "display": "Radiology"}]}],
        "code": _concept(name),
        "subject": on.owner,
        "effectiveDateTime": on.day(date),
        "conclusion": conclusion,
    }


def _observation(on: Written, name: str, *, date: int, value: float) -> Json:
    unit = names()[name].unit
    return {
        "status": "final",
        "code": _concept(name),
        "subject": on.owner,
        "effectiveDateTime": on.day(date),
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def _medication(on: Written, name: str, *, date: int = 0, dose: int = 0) -> Json:
    daily = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": dose, "unit": "mg", "system": UCUM, "code": "mg"}}],
    }
    return {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(name),
        "subject": on.owner,
        "authoredOn": on.day(date),
        **({"dosageInstruction": [daily]} if dose else {}),
    }


def _procedure(on: Written, name: str, *, date: int, level: str) -> Json:
    return {
        "status": "completed",
        "code": _concept(name, level),
        "subject": on.owner,
        "performedDateTime": on.day(date),
        **_sites(level),
    }


def _service(on: Written, name: str, *, date: int = 0, level: str = "", planned: int = 0, state: str = "") -> Json:
    place = {"resourceType": "Location", "id": "place", "address": {"state": state, "country": "US"}}
    return {
        **({"contained": [place]} if state else {}),
        "status": "active",
        "intent": "order",
        "code": _concept(name, level),
        "subject": on.owner,
        **({"occurrenceDateTime": on.day(-planned)} if planned else {}),
        "authoredOn": on.day(date),
        **({"locationReference": [{"reference": "#place"}]} if state else {}),
        **_sites(level),
    }


def _device_order(on: Written, name: str) -> Json:
    return {
        "status": "active",
        "intent": "order",
        "codeCodeableConcept": _concept(name),
        "subject": on.owner,
        "authoredOn": on.day(0),
    }


def _appointment(on: Written, name: str, *, level: str, planned: int) -> Json:
    day = on.day(-planned)
    return {
        "status": "proposed",
        "serviceType": [_concept(name, level)],
        "start": f"{day}T14:00:00Z",
        "end": f"{day}T15:00:00Z",
        "participant": [{"actor": on.owner, "status": "needs-action"}],
    }


def _device(on: Written, name: str, *, safety: str = "") -> Json:
    label = {"safety": [_concept(safety)]} if safety else {}
    return {"status": "active", "type": _concept(name), "patient": on.owner, **label}


def _allergy(on: Written, name: str, *, criticality: str) -> Json:
    return {
        "clinicalStatus": _status("allergyintolerance-clinical", "active"),
        "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
        "criticality": criticality,
        "code": _concept(name),
        "patient": on.owner,
    }


def _encounter(on: Written, name: str, *, date: int) -> Json:
    return {
        "status": "in-progress",
        "class": {"system": f"{_HL7}/v3-ActCode", "code": name},
        "subject": on.owner,
        "period": {"start": on.day(date)},
    }


def _coverage(on: Written, name: str) -> Json:
    return {
        "status": "active",
        "beneficiary": on.owner,
        "period": {"start": on.day(_INSURED_DAYS)},
        "payor": [{"display": name}],
    }


def _assessment(on: Written, name: str, *, date: int, answers: Mapping[str, object]) -> Json:
    return {
        "questionnaire": f"{on.base}/Questionnaire/{QUESTIONNAIRE}",
        "status": "completed",
        "subject": on.owner,
        "authored": on.day(date),
        "item": [{"linkId": link, "answer": [_answer(value, on.base)]} for link, value in answers.items()],
    }


_WRITERS: Final[Mapping[str, Callable[..., Json]]] = MappingProxyType(
    {
        "AllergyIntolerance": _allergy,
        "Appointment": _appointment,
        "Condition": _condition,
        "Coverage": _coverage,
        "Device": _device,
        "DeviceRequest": _device_order,
        "DiagnosticReport": _report,
        "Encounter": _encounter,
        "MedicationRequest": _medication,
        "Observation": _observation,
        "Procedure": _procedure,
        "QuestionnaireResponse": _assessment,
        "ServiceRequest": _service,
    }
)


# --- small parts ------------------------------------------------------------------------------------------------------


def _born(as_of: date, age: int) -> date:
    """A birthday that makes the patient so old."""
    day = as_of - timedelta(days=_DAYS_SINCE_BIRTHDAY)
    # 29 February has a day to itself in one year of four.
    return day.replace(year=day.year - age, day=min(day.day, 28))


def _concept(name: str, level: str = "") -> Json:
    text = name[0].upper() + name[1:]
    return {"coding": [dict(names()[name].coding)], "text": f"{text}, {level}" if level else text}


def _sites(level: str) -> Json:
    site = body_site(level) if level else None
    return {"bodySite": [site]} if site else {}


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{_HL7}/{system}", "code": code}]}


def _answer(value: object, base: str) -> Json:
    match value:
        case bool():
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
        case _:
            return {"valueCoding": {"system": f"{base}/CodeSystem/{QUESTIONNAIRE}-answers", "code": value}}


def _reference(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _searchset(resources: Iterable[Json]) -> Json:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}
