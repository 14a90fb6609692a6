"""DE-01: age, sex and whether the patient is alive."""

from __future__ import annotations

from datetime import date

from cds_service.facts.fact import Evidence, Fact, Interval, fact, no_fact
from cds_service.facts.model import Patient
from cds_service.facts.source import Source
from cds_service.fhir import resources as fhir
from cds_service.fhir.decoding import plain_code

BIRTH_SEX = "us-core-birthsex"


def patient(source: Source) -> Patient:
    """The patient; everything unknown when no Patient was read."""
    person = source.record.patient
    if person is None:
        why = source.gap("patient") or "patient not sent"
        return Patient(no_fact(why), no_fact(why), no_fact(why), None)
    reference = f"Patient/{source.record.patient_id}"
    return Patient(
        _age(source, person, reference), _male(person, reference), _deceased(source, person, reference), source.born
    )


def _age(source: Source, person: fhir.Patient, reference: str) -> Fact[Interval]:
    born = source.born
    if born is None:
        return no_fact("birth date not plausible" if person.birth_date else "birth date not documented")
    years = Interval(completed_years(born.last, source.as_of), completed_years(born.first, source.as_of))
    return fact(years, Evidence(reference, f"age {years}"))


def completed_years(born: date, on: date) -> int:
    """Whole years lived; one born on 29 February has the birthday on 1 March in other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _male(person: fhir.Patient, reference: str) -> Fact[bool]:
    """Sex at birth where it is stated, else the administrative gender, as far as it is male or female."""
    at_birth = next(
        (e.value_code or e.value_string for e in person.extension if (e.url or "").endswith(BIRTH_SEX)), None
    )
    match plain_code(at_birth) or plain_code(person.gender):
        case "m" | "male":
            return fact(True, Evidence(reference, "male"))
        case "f" | "female":
            return fact(False, Evidence(reference, "female"))
        case _:
            return no_fact("sex not documented")


def _deceased(source: Source, person: fhir.Patient, reference: str) -> Fact[bool]:
    if person.deceased_date_time or person.deceased_boolean:
        return fact(True, Evidence(reference, "deceased", source.moment(person.deceased_date_time).date))
    return fact(False)
