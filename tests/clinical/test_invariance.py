"""What may not change an answer: the order of resources, somebody else's resources, and resources that are void."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.clinical.builder import build, load_vignettes
from tests.clinical.running import masked, post, topics

VIGNETTES = load_vignettes()
Json = dict[str, Any]

SEARCHED = "conditions reports observations medications devices procedures orders allergies questionnaire".split()


def entries(request: Json, key: str) -> list[Json]:
    """The entries of a prefetch Bundle, to change."""
    bundle: Json = request["prefetch"][key]
    found: list[Json] = bundle.setdefault("entry", [])
    return found


def permuted(request: Json, seed: int) -> Json:
    """The same request, its prefetch keys and the entries of each in another order."""
    changed = copy.deepcopy(request)
    shuffle = random.Random(seed).shuffle  # noqa: S311 - a seeded order, nothing secret
    keys = list(changed["prefetch"])
    shuffle(keys)
    changed["prefetch"] = {key: changed["prefetch"][key] for key in keys}
    for key in SEARCHED:
        if "entry" in changed["prefetch"].get(key, {}):
            shuffle(changed["prefetch"][key]["entry"])
    return changed


@pytest.mark.parametrize("name", list(VIGNETTES))
def test_the_order_of_resources_changes_nothing(client: FlaskClient, name: str) -> None:
    """Hazard 6 and FHIR: a Bundle has no order, so the whole response stays, word by word."""
    request = build(VIGNETTES[name])
    answer = masked(post(client, request).json)
    for seed in (1, 2):
        assert masked(post(client, permuted(request, seed)).json) == answer


def dangerous() -> dict[str, Json]:
    """Resources that would each change the answer of vignette 1, if they counted."""
    others = build(VIGNETTES["culture-positive"])["prefetch"]
    return {
        "conditions": build(VIGNETTES["infection-coded"])["prefetch"]["conditions"]["entry"][-1]["resource"],
        "reports": build(VIGNETTES["25"])["prefetch"]["reports"]["entry"][0]["resource"],
        "observations": others["observations"]["entry"][-1]["resource"],
        "procedures": build(VIGNETTES["done"])["prefetch"]["procedures"]["entry"][0]["resource"],
        "orders": build(VIGNETTES["booked"])["prefetch"]["orders"]["entry"][0]["resource"],
        "allergies": build(VIGNETTES["cement-high"])["prefetch"]["allergies"]["entry"][0]["resource"],
        "questionnaire": build(VIGNETTES["weakness"])["prefetch"]["questionnaire"]["entry"][0]["resource"],
    }


def with_extra(key: str, **changes: Any) -> Json:
    """Vignette 1 with the dangerous resource of a key, changed."""
    request = build(VIGNETTES["1"])
    extra = {**copy.deepcopy(dangerous()[key]), "id": "extra", **changes}
    extra = {name: value for name, value in extra.items() if value is not None}
    if key == "reports":
        extra["effectiveDateTime"] = "2026-11-19"
    if key == "questionnaire":
        extra["authored"] = "2026-11-20T23:00:00Z"
    entries(request, key).append({"resource": extra})
    return request


@pytest.mark.parametrize("key", list(dangerous()))
def test_the_extra_resource_would_count(client: FlaskClient, key: str) -> None:
    """The tests below mean something: as the patient's own and valid, each of these changes the answer."""
    assert topics(post(client, with_extra(key)).json) != {"augmentation-referral": "info"}


@pytest.mark.parametrize("key", list(dangerous()))
def test_another_patients_resource_changes_nothing(client: FlaskClient, key: str) -> None:
    """Contract: another patient's resource inside a key is dropped; the key stays whole and the call is answered."""
    owner = "patient" if "patient" in dangerous()[key] else "subject"
    answer = post(client, with_extra(key, **{owner: {"reference": "Patient/somebody-else"}})).json
    assert masked(answer) == masked(post(client, build(VIGNETTES["1"])).json)


IN_ERROR: dict[str, Json] = {
    "conditions": {
        "clinicalStatus": None,
        "verificationStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                    "code": "entered-in-error",
                }
            ]
        },
    },
    "allergies": {
        "clinicalStatus": None,
        "verificationStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                    "code": "entered-in-error",
                }
            ]
        },
    },
}


@pytest.mark.parametrize("key", list(dangerous()))
def test_a_resource_entered_in_error_changes_nothing(client: FlaskClient, key: str) -> None:
    """FX-07, DE-02, hazard 5: entered-in-error is void in whatever element its type says it."""
    answer = post(client, with_extra(key, **IN_ERROR.get(key, {"status": "entered-in-error"}))).json
    assert masked(answer) == masked(post(client, build(VIGNETTES["1"])).json)


@pytest.mark.parametrize("status", ["entered-in-error ", "Entered-In-Error"])
def test_a_carelessly_spelled_status_is_void_too(client: FlaskClient, status: str) -> None:
    """Hazard 2: "entered-in-error " with a trailing space was seen in real records."""
    assert topics(post(client, with_extra("reports", status=status)).json) == {"augmentation-referral": "info"}


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("observations", "cancelled"),
        ("reports", "cancelled"),
        ("procedures", "not-done"),
        ("procedures", "preparation"),
        ("orders", "revoked"),
        ("orders", "entered-in-error"),
        ("orders", "draft"),
        ("questionnaire", "in-progress"),
        ("questionnaire", "stopped"),
    ],
)
def test_a_cancelled_resource_changes_nothing(client: FlaskClient, key: str, status: str) -> None:
    """DE-27, contract: only what is in force counts; a form only when completed or amended."""
    answer = post(client, with_extra(key, status=status)).json
    assert masked(answer) == masked(post(client, build(VIGNETTES["1"])).json)


def test_the_same_resource_twice_changes_nothing(client: FlaskClient) -> None:
    """Hazard 6: one problem under two keys, or sent twice, is one problem."""
    request = build(VIGNETTES["1"])
    answer = masked(post(client, request).json)
    request["prefetch"]["item7"] = copy.deepcopy(request["prefetch"]["conditions"])
    entries(request, "reports").extend(copy.deepcopy(entries(request, "reports")))
    assert masked(post(client, request).json) == answer


def test_resources_under_foreign_keys_are_read_by_type(client: FlaskClient) -> None:
    """Contract, prefetch keys: any resource under any key is read by its type."""
    request = build(VIGNETTES["1"])
    for number, key in enumerate(SEARCHED):
        request["prefetch"][f"item{number}"] = request["prefetch"][key]
        if key not in ("conditions",):
            request["prefetch"][key] = None
    assert topics(post(client, request).json) == {"augmentation-referral": "info"}
