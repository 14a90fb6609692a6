"""What is asked of an answer: its cards, their words, its status; and the cards that the vignettes' plain shape gives.

Vignette 1 meets everything for a referral, by a fracture with its onset, an MRI report, a score and a course of care.
Vignette 3 is a new wedge on a film: MRI, conservative care and bone health. In ``rdq-18`` the score decides.
"""

from __future__ import annotations

from typing import Any, Final

from flask.testing import FlaskClient

from tests.clinical.builder import Json
from tests.clinical.running import EXTENSION, post, topics
from tests.schemas.conformance import assert_conformant

REFERRAL: Final = {"augmentation-referral": "info"}
"""All of vignette 1 was read."""
ASKED: Final = {"augmentation-missing-data": "info"}
"""Something of it was not."""
MRI: Final = {"mri-without-contrast": "info"}
CARE: Final = {"conservative-care": "info"}
BONES: Final = {"osteoporosis-treatment": "info"}
NEW_WEDGE: Final = {**MRI, **CARE, **BONES}
"""Vignette 3."""


def answered(client: FlaskClient, request: Json) -> Json:
    """The body of a conformant 200."""
    answer = post(client, request)
    assert answer.status_code == 200, answer.json
    body: Json = answer.json
    assert_conformant(body)
    return body


def cards(client: FlaskClient, request: Json) -> dict[str, str]:
    """Topic to indicator of every card."""
    return topics(answered(client, request))


def detail(client: FlaskClient, request: Json, topic: str) -> str:
    """The detail of one card."""
    (card,) = (each for each in answered(client, request)["cards"] if each["source"]["topic"]["code"] == topic)
    text: str = card["detail"]
    return text


def missing(client: FlaskClient, request: Json) -> tuple[str, ...]:
    """What the answer says was not read."""
    extension: dict[str, Any] = answered(client, request)["extension"][EXTENSION]
    return tuple(extension.get("missing", ()))


def status(client: FlaskClient, request: Json) -> str:
    """The status of the answer."""
    return str(answered(client, request)["extension"][EXTENSION]["status"])
