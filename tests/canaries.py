"""What must never be found in a log line or an error body, planted in the requests and the FHIR servers of the tests.

The whole run is watched for it (``tests/conftest.py``). Each is one constant, so that a search for it finds every use.
"""

from __future__ import annotations

from typing import Final

TOKEN: Final = "CANARY-bearer-token-5f1c9a"
"""The access token of the tests' requests."""
FAMILY: Final = "Canarywing-Featherstone"
"""The family name of every planted patient."""
SENTENCE: Final = "Incidental canary-yellow artefact at the edge of the gantry."
"""A sentence of every planted report. It says nothing of a vertebra, so no card has a reason to quote it."""

CANARIES: Final = (TOKEN, FAMILY, SENTENCE)


def found_in(text: str) -> list[str]:
    """The canaries that a text holds."""
    return [canary for canary in CANARIES if canary in text]
