"""The user's role, as the PractitionerRole that ``userId`` names has it (decision 14, SL-07)."""

from __future__ import annotations

import re
from typing import Final, Literal

from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.record import PatientRecord

Role = Literal["clinician", "nurse", "scheduler"]

_SCHEDULER: Final = re.compile(
    r"\bschedul\w+|\breceptionist\b|\b(?:ward|unit|admitting|medical) (?:clerk|secretary)\b|\bregistrar clerk\b"
    r"|\bfront desk\b|\bappointment (?:clerk|coordinator)\b"
)
_PRESCRIBING_NURSE: Final = re.compile(
    r"\bnurse[- ](?:practitioner|an(?:a)?esthetist|midwife)\b|\badvanced practice\b|\baprn\b"
    r"|\bclinical nurse specialist\b"
)
_NURSE: Final = re.compile(r"\bnurs(?:e|ing)\b|\brn\b|\blpn\b|\blvn\b")


def role_of(user_id: str | None, record: PatientRecord) -> Role:
    """A scheduler or a nurse only where every role the resource states is one; anybody else is a clinician.

    Someone who is also a physician is shown what physicians are shown, and a role nobody could read silences nothing.
    """
    kind, _, identifier = (user_id or "").partition("/")
    if kind != "PractitionerRole" or not identifier:
        return "clinician"
    held = (each.resource for each in record.of(fhir.PractitionerRole) if each.resource.id == identifier)
    role = next(held, None)
    if role is None or role.active is False:
        return "clinician"
    spoken = [_spoken(concept) for concept in role.code]
    if not spoken:
        return "clinician"
    if all(_SCHEDULER.search(each) for each in spoken):
        return "scheduler"
    return (
        "nurse" if all(_NURSE.search(each) and not _PRESCRIBING_NURSE.search(each) for each in spoken) else "clinician"
    )


def _spoken(concept: fhir.CodeableConcept) -> str:
    """The words of a role, and its codes: HL7's practitioner-role says ``nurse``."""
    codes = " ".join(coding.code or "" for coding in concept.coding)
    return f"{words(concept)} {codes}".lower()
