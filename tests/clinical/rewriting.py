"""A vignette's request with one resource written otherwise, one more, or one less."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.clinical.builder import PATIENT, Json, build, load_vignettes

VIGNETTES: Final = load_vignettes()
SUBJECT: Final = {"reference": f"Patient/{PATIENT}"}


def coded(system: str, code: str, text: str = "") -> Json:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def found(request: Json, key: str, name: str) -> Json:
    """The resource of that id, to change."""
    entries = request["prefetch"][key].get("entry", [])
    (resource,) = (entry["resource"] for entry in entries if entry["resource"]["id"] == name)
    changed: Json = resource
    return changed


def without(request: Json, key: str, name: str) -> Json:
    """The request without that resource."""
    changed = copy.deepcopy(request)
    bundle = changed["prefetch"][key]
    bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"]["id"] != name]
    return changed


def instead(name: str, key: str, old: str, new_key: str, new: Json) -> Json:
    """A vignette's request with one resource replaced by another one, under its own key."""
    request = without(build(VIGNETTES[name]), key, old)
    request["prefetch"][new_key].setdefault("entry", []).append({"resource": {"id": "other-form", **new}})
    return request


def besides(name: str, key: str, new: Json) -> Json:
    """A vignette's request with one resource more."""
    request = build(VIGNETTES[name])
    request["prefetch"][key].setdefault("entry", []).append({"resource": {"id": "other-form", **new}})
    return request


def changed(name: str, key: str, resource: str, **members: Any) -> Json:
    """A vignette's request with members of one resource replaced, or taken away by None."""
    request = build(VIGNETTES[name])
    target = found(request, key, resource)
    for member, value in members.items():
        if value is None:
            target.pop(member, None)
        else:
            target[member] = value
    return request
