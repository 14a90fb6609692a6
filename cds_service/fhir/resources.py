"""The FHIR R4 resources this service reads, with just the fields it uses.

Every field is optional: records leave out what the specification requires. Names are the R4 element names in
snake_case. Choice elements (``value[x]``) keep one field a type. Names of people and identifiers have no field here, so
they are never read; of addresses the state alone is, and of security labels whether a few are there (`Marks`).
`decoding` turns bytes into these.

Source of the shapes: http://hl7.org/fhir/R4/ (4.0.1).
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Raw, Struct, field

# --- data types -------------------------------------------------------------------------------------------------------


Integer = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""An R4 integer. What does not fit is ill-typed: a number of a thousand digits breaks whatever prints it."""


class Element(Struct, frozen=True, gc=False, rename="camel"):
    """Base of everything read: immutable, camelCase on the wire, unknown members skipped."""


class Coding(Element, frozen=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Identifier(Element, frozen=True):
    """Only whether there is one: its value could be a record number."""

    system: str | None = None


class Owner(Element, frozen=True):
    """A reference to whom a resource is about. Its display is not read: it would be the patient's name."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None


class Reference(Owner, frozen=True):
    display: str | None = None


class Period(Element, frozen=True):
    start: str | None = None
    end: str | None = None


class Quantity(Element, frozen=True):
    """Also Age, Duration and SimpleQuantity."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Element, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element, frozen=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Attachment(Element, frozen=True):
    """``data`` is base64 as sent; what ``url`` names is read where it is in the record."""

    content_type: str | None = None
    language: str | None = None
    data: str | None = None
    url: str | None = None
    size: Integer | None = None
    title: str | None = None


class Address(Element, frozen=True):
    """Only what tells the state: streets, towns and postal codes are never read."""

    use: str | None = None
    state: str | None = None
    country: str | None = None
    period: Period | None = None


class Annotation(Element, frozen=True):
    text: str | None = None
    time: str | None = None


class Extension(Element, frozen=True):
    url: str | None = None
    value_code: str | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None


class TimingRepeat(Element, frozen=True):
    bounds_duration: Quantity | None = None
    bounds_range: Range | None = None
    bounds_period: Period | None = None
    count: Integer | None = None
    duration: float | None = None
    duration_unit: str | None = None
    frequency: Integer | None = None
    frequency_max: Integer | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str | None = None
    when: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()


class Timing(Element, frozen=True):
    event: tuple[str, ...] = ()
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element, frozen=True):
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None
    rate_quantity: Quantity | None = None


class Dosage(Element, frozen=True):
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_dose_per_period: Ratio | None = None


# --- resources --------------------------------------------------------------------------------------------------------


class Resource(Element, frozen=True):
    """What every resource may carry. ``subject`` and ``patient`` are read on all: whichever is there tells whose it is.

    ``contained`` stays undecoded until a reference asks for it.
    """

    id: str | None = None
    language: str | None = None
    contained: tuple[Raw, ...] = ()
    subject: Owner | None = None
    patient: Owner | None = None


class Marks:
    """Of ``meta`` whether its security labels mark test data, or restrict who may see it; nothing else is kept of it.

    A label of any other kind, and the words of all, leave no trace (hazard 16).
    """

    __slots__ = ("confidential", "test")

    def __init__(self, *, test: bool = False, confidential: bool = False) -> None:
        self.test = test
        self.confidential = confidential

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marks) and (self.test, self.confidential) == (other.test, other.confidential)

    def __hash__(self) -> int:
        return hash((self.test, self.confidential))

    def __repr__(self) -> str:
        return f"Marks(test={self.test}, confidential={self.confidential})"


NO_MARKS: Final = Marks()


class Patient(Resource, frozen=True):
    active: bool | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    extension: tuple[Extension, ...] = ()
    address: tuple[Address, ...] = ()


class ConditionStage(Element, frozen=True):
    summary: CodeableConcept | None = None
    type: CodeableConcept | None = None


class Condition(Resource, frozen=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    encounter: Reference | None = None
    onset_date_time: str | None = None
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_age: Quantity | None = None
    abatement_period: Period | None = None
    abatement_range: Range | None = None
    abatement_string: str | None = None
    recorded_date: str | None = None
    stage: tuple[ConditionStage, ...] = ()
    note: tuple[Annotation, ...] = ()


class Narrative(Element, frozen=True):
    """``div``, a JSON text of XHTML, stays undecoded: only with the status ``additional`` does it say what the elements
    beside it do not.
    """

    status: str | None = None
    div: Raw = Raw(b"")


class Binary(Resource, frozen=True):
    """``data`` is base64 as sent. Whom it is about is not read: it counts only where the patient's own resource names
    it.
    """

    content_type: str | None = None
    data: str | None = None


class DiagnosticReport(Resource, frozen=True):
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    based_on: tuple[Reference, ...] = ()
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    result: tuple[Reference, ...] = ()
    imaging_study: tuple[Reference, ...] = ()
    conclusion: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()
    presented_form: tuple[Attachment, ...] = ()
    text: Narrative | None = None


class ImagingSeries(Element, frozen=True):
    modality: Coding | None = None
    description: str | None = None
    body_site: Coding | None = None
    started: str | None = None


class ImagingStudy(Resource, frozen=True):
    status: str | None = None
    modality: tuple[Coding, ...] = ()
    encounter: Reference | None = None
    started: str | None = None
    based_on: tuple[Reference, ...] = ()
    procedure_code: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    description: str | None = None
    series: tuple[ImagingSeries, ...] = ()
    note: tuple[Annotation, ...] = ()


class ObservationComponent(Element, frozen=True):
    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: Integer | None = None
    value_range: Range | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()


class Observation(Resource, frozen=True):
    """``focus`` present means the finding is about something else than the subject (a fetus, an implant, a donor)."""

    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    part_of: tuple[Reference, ...] = ()
    focus: tuple[Reference, ...] = ()
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: Integer | None = None
    value_range: Range | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    device: Reference | None = None
    has_member: tuple[Reference, ...] = ()
    derived_from: tuple[Reference, ...] = ()
    component: tuple[ObservationComponent, ...] = ()


class MedicationIngredient(Element, frozen=True):
    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool | None = None


class Medication(Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    form: CodeableConcept | None = None
    ingredient: tuple[MedicationIngredient, ...] = ()


class DispenseRequest(Element, frozen=True):
    validity_period: Period | None = None
    number_of_repeats_allowed: Integer | None = None
    quantity: Quantity | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(Resource, frozen=True):
    """``do_not_perform`` true turns the order into its opposite."""

    status: str | None = None
    intent: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    do_not_perform: bool | None = None
    reported_boolean: bool | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    encounter: Reference | None = None
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None


class MedicationStatement(Resource, frozen=True):
    status: str | None = None
    category: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    dosage: tuple[Dosage, ...] = ()


class MedicationDispense(Resource, frozen=True):
    status: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    authorizing_prescription: tuple[Reference, ...] = ()
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None
    note: tuple[Annotation, ...] = ()
    dosage_instruction: tuple[Dosage, ...] = ()


class AdministeredDose(Element, frozen=True):
    text: str | None = None
    route: CodeableConcept | None = None
    dose: Quantity | None = None


class MedicationAdministration(Resource, frozen=True):
    status: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    request: Reference | None = None
    note: tuple[Annotation, ...] = ()
    dosage: AdministeredDose | None = None


class UdiCarrier(Element, frozen=True):
    device_identifier: str | None = None
    carrier_hrf: str | None = field(default=None, name="carrierHRF")


class DeviceName(Element, frozen=True):
    name: str | None = None
    type: str | None = None


class Device(Resource, frozen=True):
    udi_carrier: tuple[UdiCarrier, ...] = ()
    status: str | None = None
    manufacturer: str | None = None
    model_number: str | None = None
    device_name: tuple[DeviceName, ...] = ()
    type: CodeableConcept | None = None
    safety: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    parent: Reference | None = None


class DeviceRequest(Resource, frozen=True):
    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    code_codeable_concept: CodeableConcept | None = None
    code_reference: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Timing | None = None
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()


class DeviceUseStatement(Resource, frozen=True):
    status: str | None = None
    timing_date_time: str | None = None
    timing_period: Period | None = None
    timing_timing: Timing | None = None
    recorded_on: str | None = None
    device: Reference | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    body_site: CodeableConcept | None = None
    note: tuple[Annotation, ...] = ()


class SupplyRequest(Resource, frozen=True):
    status: str | None = None
    category: CodeableConcept | None = None
    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    quantity: Quantity | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    deliver_to: Owner | None = None


class FocalDevice(Element, frozen=True):
    action: CodeableConcept | None = None
    manipulated: Reference | None = None


class Procedure(Resource, frozen=True):
    status: str | None = None
    status_reason: CodeableConcept | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    encounter: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performed_string: str | None = None
    performed_age: Quantity | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    body_site: tuple[CodeableConcept, ...] = ()
    outcome: CodeableConcept | None = None
    report: tuple[Reference, ...] = ()
    complication: tuple[CodeableConcept, ...] = ()
    complication_detail: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    focal_device: tuple[FocalDevice, ...] = ()
    used_reference: tuple[Reference, ...] = ()
    used_code: tuple[CodeableConcept, ...] = ()


class ServiceRequest(Resource, frozen=True):
    """``do_not_perform`` true turns the order into its opposite."""

    status: str | None = None
    intent: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    priority: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    order_detail: tuple[CodeableConcept, ...] = ()
    quantity_quantity: Quantity | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Timing | None = None
    authored_on: str | None = None
    based_on: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    performer_type: CodeableConcept | None = None
    performer: tuple[Reference, ...] = ()
    location_code: tuple[CodeableConcept, ...] = ()
    location_reference: tuple[Reference, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    supporting_info: tuple[Reference, ...] = ()
    body_site: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    patient_instruction: str | None = None


class AppointmentParticipant(Element, frozen=True):
    type: tuple[CodeableConcept, ...] = ()
    actor: Owner | None = None
    status: str | None = None


class Appointment(Resource, frozen=True):
    status: str | None = None
    service_category: tuple[CodeableConcept, ...] = ()
    service_type: tuple[CodeableConcept, ...] = ()
    specialty: tuple[CodeableConcept, ...] = ()
    appointment_type: CodeableConcept | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    description: str | None = None
    supporting_information: tuple[Reference, ...] = ()
    start: str | None = None
    end: str | None = None
    requested_period: tuple[Period, ...] = ()
    created: str | None = None
    comment: str | None = None
    patient_instruction: str | None = None
    based_on: tuple[Reference, ...] = ()
    participant: tuple[AppointmentParticipant, ...] = ()


class EncounterDiagnosis(Element, frozen=True):
    condition: Reference | None = None
    use: CodeableConcept | None = None


class Encounter(Resource, frozen=True):
    """``class_`` is the R4 element ``class``."""

    meta: Marks = NO_MARKS
    status: str | None = None
    class_: Coding | None = field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    service_type: CodeableConcept | None = None
    period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    diagnosis: tuple[EncounterDiagnosis, ...] = ()
    part_of: Reference | None = None


class AllergyReaction(Element, frozen=True):
    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()
    description: str | None = None
    onset: str | None = None
    severity: str | None = None


class AllergyIntolerance(Resource, frozen=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: tuple[str, ...] = ()
    criticality: str | None = None
    code: CodeableConcept | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None
    last_occurrence: str | None = None
    note: tuple[Annotation, ...] = ()
    reaction: tuple[AllergyReaction, ...] = ()


class CoverageClass(Element, frozen=True):
    """``value`` is the plan's name or number where ``type`` is plan; of any other type it is nobody's business here."""

    type: CodeableConcept | None = None
    name: str | None = None
    value: str | None = None


class Coverage(Resource, frozen=True):
    """``class_`` is the R4 element ``class``. Subscriber and policy numbers have no field."""

    status: str | None = None
    type: CodeableConcept | None = None
    beneficiary: Owner | None = None
    period: Period | None = None
    payor: tuple[Reference, ...] = ()
    class_: tuple[CoverageClass, ...] = field(default=(), name="class")
    order: Integer | None = None


class Answer(Element, frozen=True):
    value_boolean: bool | None = None
    value_decimal: float | None = None
    value_integer: Integer | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_string: str | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    item: tuple[ResponseItem, ...] = ()


class ResponseItem(Element, frozen=True):
    link_id: str | None = None
    answer: tuple[Answer, ...] = ()
    item: tuple[ResponseItem, ...] = ()


class QuestionnaireResponse(Resource, frozen=True):
    questionnaire: str | None = None
    status: str | None = None
    encounter: Reference | None = None
    authored: str | None = None
    item: tuple[ResponseItem, ...] = ()


class Location(Resource, frozen=True):
    status: str | None = None
    address: Address | None = None


class Organization(Resource, frozen=True):
    """``name``, an insurer's and no person's, stays undecoded until a Coverage names it as its payor."""

    name: Raw = Raw(b"")


class PractitionerRole(Resource, frozen=True):
    active: bool | None = None
    period: Period | None = None
    practitioner: Reference | None = None
    code: tuple[CodeableConcept, ...] = ()
    specialty: tuple[CodeableConcept, ...] = ()
    location: tuple[Reference, ...] = ()


class Task(Resource, frozen=True):
    """``for_`` is the R4 element ``for``."""

    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    code: CodeableConcept | None = None
    description: str | None = None
    focus: Reference | None = None
    for_: Owner | None = field(default=None, name="for")
    execution_period: Period | None = None
    authored_on: str | None = None
    last_modified: str | None = None
    reason_code: CodeableConcept | None = None
    based_on: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()


class CarePlanDetail(Element, frozen=True):
    kind: str | None = None
    code: CodeableConcept | None = None
    status: str | None = None
    do_not_perform: bool | None = None
    description: str | None = None
    scheduled_period: Period | None = None


class CarePlanActivity(Element, frozen=True):
    reference: Reference | None = None
    detail: CarePlanDetail | None = None


class CarePlan(Resource, frozen=True):
    status: str | None = None
    intent: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    title: str | None = None
    description: str | None = None
    period: Period | None = None
    created: str | None = None
    activity: tuple[CarePlanActivity, ...] = ()


class CommunicationPayload(Element, frozen=True):
    content_string: str | None = None


class Communication(Resource, frozen=True):
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    topic: CodeableConcept | None = None
    sent: str | None = None
    received: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    payload: tuple[CommunicationPayload, ...] = ()


class DocumentContent(Element, frozen=True):
    attachment: Attachment | None = None


class DocumentContext(Element, frozen=True):
    period: Period | None = None
    event: tuple[CodeableConcept, ...] = ()


class DocumentReference(Resource, frozen=True):
    status: str | None = None
    doc_status: str | None = None
    type: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    date: str | None = None
    description: str | None = None
    content: tuple[DocumentContent, ...] = ()
    context: DocumentContext | None = None


# --- what comes around resources --------------------------------------------------------------------------------------


class Issue(Element, frozen=True):
    severity: str | None = None
    code: str | None = None


class OperationOutcome(Element, frozen=True):
    """Diagnostics and details are not read: they may quote the query."""

    id: str | None = None
    issue: tuple[Issue, ...] = ()


class Link(Element, frozen=True):
    relation: str | None = None
    url: str | None = None


class Search(Element, frozen=True):
    mode: str | None = None


class EntryResponse(Element, frozen=True):
    status: str | None = None


class Entry(Element, frozen=True):
    """``resource`` stays undecoded; empty bytes when the entry has none."""

    full_url: str | None = None
    resource: Raw = Raw(b"")
    search: Search | None = None
    response: EntryResponse | None = None


class Bundle(Element, frozen=True):
    id: str | None = None
    type: str | None = None
    total: Integer | None = None
    link: tuple[Link, ...] = ()
    entry: tuple[Entry, ...] = ()


RESOURCE_TYPES: Final[Mapping[str, type[Resource]]] = types.MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            AllergyIntolerance,
            Appointment,
            Binary,
            CarePlan,
            Communication,
            Condition,
            Coverage,
            Device,
            DeviceRequest,
            DeviceUseStatement,
            DiagnosticReport,
            DocumentReference,
            Encounter,
            ImagingStudy,
            Location,
            Medication,
            MedicationAdministration,
            MedicationDispense,
            MedicationRequest,
            MedicationStatement,
            Observation,
            Organization,
            Patient,
            PractitionerRole,
            Procedure,
            QuestionnaireResponse,
            ServiceRequest,
            SupplyRequest,
            Task,
        )
    }
)
"""Every resource type read, by its FHIR name."""


class Unreadable(Struct, frozen=True):
    """A resource that was there and could not be used. ``reason`` names places and types, never a value of the record.

    ``resource_type`` is one of ``RESOURCE_TYPES`` or ``"other"``; ``id`` only where it is a well-formed FHIR id;
    ``key`` is our own prefetch key or ``"other"``.
    """

    resource_type: str
    id: str | None
    key: str
    reason: str


class NotReadable(Exception):
    """The bytes are not what they should be. The message names places and types, never a value."""
