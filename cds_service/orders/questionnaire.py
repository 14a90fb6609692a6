"""Questionnaire/vcf-assessment: what no EHR codes and a clinician can answer in a minute.

The items are data in ``vcf-assessment.toml``; linkIds, types and answer codes are public and stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from cds_service.knowledge.data import read_toml
from cds_service.orders.strict import checked

ID: Final = "vcf-assessment"
_LIMIT: Final = "http://hl7.org/fhir/StructureDefinition/{}Value"


def questionnaire(base: str) -> dict[str, object]:
    """The R4 Questionnaire under a deployment's canonical base. Raises ContentError when the data make no valid one.

    Its status is `draft` because nobody has clinically reviewed it; it is not `experimental`, for it is meant for use.
    R4 lets a draft be answered.
    """
    base, content = base.rstrip("/"), _content()
    resource: dict[str, object] = {
        "resourceType": "Questionnaire",
        "id": ID,
        "url": f"{base}/Questionnaire/{ID}",
        "status": "draft",
        "experimental": False,
        "subjectType": ["Patient"],
        **content["head"],
        "item": [_item(entry, f"{base}/CodeSystem/{ID}-answers") for entry in content["item"]],
    }
    checked(resource)
    return resource


@lru_cache(maxsize=1)
def _content() -> Mapping[str, Any]:
    return read_toml(files("cds_service.orders") / f"{ID}.toml")


def _item(entry: Mapping[str, Any], system: str) -> dict[str, object]:
    limits = [{"url": _LIMIT.format(end), "valueInteger": entry[end]} for end in ("min", "max") if end in entry]
    answers = [
        {"valueCoding": {"system": system, "code": code, "display": display}}
        for code, display in entry.get("answers", {}).items()
    ]
    return {
        **({"extension": limits} if limits else {}),
        "linkId": entry["linkId"],
        "text": entry["text"],
        "type": entry["type"],
        "required": False,
        **({"answerOption": answers} if answers else {}),
    }
