"""The CDS services and what each asks for: one service a hook, one id a service, prefetch computed from a table.

The templates keep to what CDS Hooks 2.0 allows inside its prefetch subset: an instance read, or a type search with
reference, token and date parameters, ``_count`` and ``_sort``, and tokens that are first-level context fields or user
tokens. Date limits are applied here after receipt, because ``today()`` is no 2.0 token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from cds_service.errors import NotFound
from cds_service.fhir.record import own_key

CDS_HOOKS_VERSION = "2.0.1"

REQUIRED_KEYS = ("patient", "conditions")
"""Without these two there is no answer: 412."""

USER_KEY = "practitioner-role"
"""The key of the user's role; it is there to be read only for a user who is a PractitionerRole."""
WITHOUT_USER = frozenset({"order-dispatch"})
"""Hooks whose context names no user (CDS Hooks library)."""

_BY_PATIENT = "patient={{context.patientId}}"

PREFETCH_TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "patient": "Patient/{{context.patientId}}",
        # A search, not a read by encounterId: patient-view seldom names one, and what counts is inpatient care.
        "encounter": f"Encounter?{_BY_PATIENT}&status=in-progress",
        "conditions": f"Condition?{_BY_PATIENT}&_count=200",
        # No category: sites file radiology under v2-0074 RAD, LOINC LP29684-5, local codes, or none (hazard 7).
        "reports": f"DiagnosticReport?{_BY_PATIENT}&_sort=-date&_count=100",
        "imaging": f"ImagingStudy?{_BY_PATIENT}&_sort=-started&_count=100",
        "observations": f"Observation?{_BY_PATIENT}&code={{codes}}&_sort=-date&_count=200",
        "medications": f"MedicationRequest?{_BY_PATIENT}&_sort=-authoredon&_count=200",
        "devices": f"Device?{_BY_PATIENT}&_count=100",
        "procedures": f"Procedure?{_BY_PATIENT}&_sort=-date&_count=100",
        "orders": f"ServiceRequest?{_BY_PATIENT}&_sort=-authored&_count=100",
        # A brace is ordered as a device; one search cannot ask for two types.
        "orders-devices": f"DeviceRequest?{_BY_PATIENT}&_sort=-authored-on&_count=100",
        "allergies": f"AllergyIntolerance?{_BY_PATIENT}&_count=100",
        "coverage": f"Coverage?{_BY_PATIENT}&status=active",
        "questionnaire": f"QuestionnaireResponse?{_BY_PATIENT}&_sort=-authored&_count=20",
        "practitioner-role": "PractitionerRole/{{userPractitionerRoleId}}",
    }
)
"""Prefetch key -> template. ``{codes}`` is filled with LOINC codes, bare: servers label LOINC with many systems."""


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of discovery. ``prefetch`` maps our keys to FHIR read or search templates."""

    id: str
    hook: str
    title: str
    description: str
    usage_requirements: str
    prefetch: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def described(self) -> dict[str, object]:
        """The service as discovery lists it (CDS Hooks 2.0.1, Discovery); empty members are left out."""
        entry: dict[str, object] = {
            "hook": self.hook,
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "usageRequirements": self.usage_requirements,
            "version": CDS_HOOKS_VERSION,
        }
        if self.prefetch:
            entry["prefetch"] = dict(self.prefetch)
        return entry


_USAGE = (
    "Reads FHIR R4. Needs the prefetch keys patient and conditions; every other key is optional, and what was not sent"
    " is reported as not read. For adults. Not for emergencies or acute trauma care. The clinical content is not yet"
    " clinically reviewed."
)

_DECLARED = (
    Service(
        id="vcf-patient-view",
        hook="patient-view",
        title="Vertebral compression fracture: chart review",
        description=(
            "When a chart is opened: suggests MRI or its alternative, conservative care and referral for vertebral"
            " augmentation, asks for what is missing, and shows neurological and infectious alarm signs."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-order-select",
        hook="order-select",
        title="Vertebral compression fracture: while ordering",
        description=(
            "When orders are selected: checks drafts of spine imaging, vertebral augmentation, spine referral, brace"
            " and opioid against the record, and says what is missing or speaks against them."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-order-sign",
        hook="order-sign",
        title="Vertebral compression fracture: before signing",
        description=(
            "Before orders are signed: checks imaging and vertebral augmentation drafts for indication,"
            " contraindications, timing and documentation."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-encounter-start",
        hook="encounter-start",
        title="Vertebral compression fracture: start of an encounter",
        description=(
            "When an encounter begins: shows neurological, infectious, malignant and structural alarm signs, and"
            " nothing else."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-encounter-discharge",
        hook="encounter-discharge",
        title="Vertebral compression fracture: discharge",
        description=(
            "Before a discharge: what is still open of imaging, conservative care, referral and bone health, and alarm"
            " signs."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-appointment-book",
        hook="appointment-book",
        title="Vertebral compression fracture: booking an augmentation or an MRI",
        description=(
            "When a vertebral augmentation is booked: preparation, documentation for the payer, bleeding risk and what"
            " speaks against it. When an MRI is booked: implants."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-problem-list-item-create",
        hook="problem-list-item-create",
        title="Vertebral compression fracture: new problem",
        description=(
            "When a vertebral fracture is added to the problem list: imaging, conservative care, bone health and alarm"
            " signs."
        ),
        usage_requirements=_USAGE,
    ),
    Service(
        id="vcf-order-dispatch",
        hook="order-dispatch",
        title="Vertebral compression fracture: dispatching an order",
        description=(
            "When it is settled who carries out an order: the checks of signing, for the orders dispatched. They are"
            " read from the prefetch key orders."
        ),
        usage_requirements=_USAGE,
    ),
)

HOOKS = tuple(service.hook for service in _DECLARED)


@dataclass(frozen=True, slots=True)
class Services:
    """The services offered, in the order of discovery."""

    all: tuple[Service, ...]

    def __iter__(self) -> Iterator[Service]:
        return iter(self.all)

    def get(self, service_id: str) -> Service:
        """The service of that id. Raises NotFound."""
        for service in self.all:
            if service.id == service_id:
                return service
        raise NotFound("No such CDS service: see GET /cds-services")

    def for_hook(self, hook: str) -> Service:
        """The service of that hook. Raises NotFound."""
        for service in self.all:
            if service.hook == hook:
                return service
        raise NotFound("No CDS service for that hook: see GET /cds-services")

    def discovery(self) -> dict[str, object]:
        """The body of ``GET /cds-services``."""
        return {"services": [service.described() for service in self.all]}


def offered(needs: Mapping[str, Collection[str]], observation_codes: Mapping[str, Sequence[str]]) -> Services:
    """The services, each asking for what the recommendations of its hook read.

    ``needs`` maps a hook to prefetch keys, the union of what its recommendations need; the required keys are added.
    ``observation_codes`` maps a key suffix to LOINC codes: ``{"": [...]}`` gives the key ``observations``,
    ``{"pain": [...]}`` gives ``observations-pain``, for when one query would ask for too much. Raises ValueError for
    a key that has no template, or observations needed and no code given.
    """
    return Services(
        tuple(
            Service(
                id=service.id,
                hook=service.hook,
                title=service.title,
                description=service.description,
                usage_requirements=service.usage_requirements,
                prefetch=_prefetch(_askable(service.hook, needs.get(service.hook, ())), observation_codes),
            )
            for service in _DECLARED
        )
    )


def _askable(hook: str, needs: Collection[str]) -> Collection[str]:
    """Without the user's role where the hook names no user (order-dispatch): its token could never be filled."""
    return [key for key in needs if key != USER_KEY or hook not in WITHOUT_USER]


def _prefetch(needs: Collection[str], observation_codes: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    unknown = sorted(set(needs) - set(PREFETCH_TEMPLATES))
    if unknown:
        raise ValueError(f"prefetch keys without a template: {', '.join(unknown)}")
    wanted = {*REQUIRED_KEYS, *needs}
    templates: dict[str, str] = {}
    for key, template in PREFETCH_TEMPLATES.items():
        if own_key(key) not in wanted:
            continue
        if key != "observations":
            templates[key] = template
            continue
        if not any(observation_codes.values()):
            raise ValueError("observations are needed and no LOINC code was given")
        for suffix, codes in observation_codes.items():
            templates[f"{key}-{suffix}" if suffix else key] = template.replace("{codes}", ",".join(codes))
    return MappingProxyType(templates)
