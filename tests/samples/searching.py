"""What a FHIR server that holds a case would answer to the prefetch templates of a service.

The templates are read here as a server reads them, and not as the samples were written: a resource that no template
finds is of no use to the service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from cds_service.hooks.services import Service

Json = dict[str, Any]
Resources = Sequence[Mapping[str, Any]]

OWNER = {"AllergyIntolerance": "patient", "Coverage": "beneficiary", "Device": "patient"}
"""Where the search parameter `patient` looks; everywhere else it is `subject` (http://hl7.org/fhir/R4)."""
ORDERING = {"_sort", "_count"}


def prefetched(service: Service, request: Mapping[str, Any], resources: Resources) -> Json:
    """The request with every template of its service that can be filled."""
    patient_id = request["context"]["patientId"]
    prefetch: Json = {}
    for key, template in service.prefetch.items():
        query = template.replace("{{context.patientId}}", patient_id)
        if "{{" in query:
            continue  # the user of the samples has no PractitionerRole
        kind, _, parameters = query.partition("?")
        prefetch[key] = _searched(kind, parameters, resources) if parameters else _read(query, resources)
    return {**request, "prefetch": prefetch}


def _read(reference: str, resources: Resources) -> Mapping[str, Any]:
    (found,) = (each for each in resources if f"{each['resourceType']}/{each['id']}" == reference)
    return found


def _searched(kind: str, parameters: str, resources: Resources) -> Json:
    wanted = parse_qs(parameters, strict_parsing=True)
    found = [
        each
        for each in resources
        if each["resourceType"] == kind
        and all(_matches(each, name, values[0]) for name, values in wanted.items() if name not in ORDERING)
    ]
    assert len(found) <= int(wanted.get("_count", ["20"])[0]), "a server would need a second page"
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in found]}


def _matches(resource: Mapping[str, Any], name: str, value: str) -> bool:
    match name:
        case "patient":
            owner = resource[OWNER.get(resource["resourceType"], "subject")]
            return bool(owner["reference"] == f"Patient/{value}")
        case "code":
            codes = {coding["code"] for coding in resource["code"]["coding"]}
            return bool(codes & set(value.split(",")))
        case "status":
            return bool(resource["status"] == value)
    raise AssertionError(f"no search parameter {name} here")
