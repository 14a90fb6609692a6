"""What a token may read: SMART on FHIR scopes, version 1 (``patient/Observation.read``) and 2
(``patient/Observation.rs?category=laboratory``), so that nothing is asked that must be refused.

Source: SMART App Launch 2.2, "Scopes and Launch Context".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cds_service.fhir.client.tokens import Token

_CLINICAL: Final = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\.(?P<may>read|write|\*|c?r?u?d?s?)(?P<only>\?\S*)?"
)
_OTHER: Final = re.compile(r"openid|profile|fhirUser|launch(?:/\S*)?|offline_access|online_access|smart/\S+")


class Right(Enum):
    """What a scope gives of a resource type."""

    FULL = "full"
    RESTRICTED = "restricted"
    """Only some of them (``?category=...``): what is not in the answer may yet be in the record."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to read. ``scope`` is empty when nothing was said; ``usable`` is False when an authorization was sent
    that nothing can be read with. ``seconds`` is how long the token lasts, where that was said.
    """

    token: Token | None = None
    scope: str = ""
    usable: bool = True
    seconds: float | None = None

    def right(self, resource_type: str, *, search: bool) -> Right:
        """The right to read, or to search, one type of resource."""
        clinical = _clinical(self.scope)
        if clinical is None:
            return Right.FULL
        wanted = "s" if search else "r"
        found = [only for kind, may, only in clinical if kind in ("*", resource_type) and wanted in may]
        if not found:
            return Right.NONE
        return Right.RESTRICTED if all(found) else Right.FULL


NO_AUTHORIZATION: Final = Grant()
"""Reading without a token, as open sandboxes and servers behind a gateway allow."""


def _clinical(scope: str) -> tuple[tuple[str, str, bool], ...] | None:
    """(type, what may be done, restricted) of each clinical scope; None where there is none that is understood.

    A scope with a word that is no SMART scope is not judged: who granted it knows what it means.
    """
    clinical = []
    for word in scope.split():
        match = _CLINICAL.fullmatch(word)
        if match is not None:
            may = {"read": "rs", "*": "cruds", "write": "cud"}.get(match["may"], match["may"])
            clinical.append((match["type"], may, bool(match["only"])))
        elif _OTHER.fullmatch(word) is None:
            return None
    return tuple(clinical) if scope.split() else None
