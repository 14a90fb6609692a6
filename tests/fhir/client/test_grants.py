"""What a SMART scope lets be read, as a table."""

from __future__ import annotations

import pytest

from cds_service.fhir.client.grants import NO_AUTHORIZATION, Grant, Right


@pytest.mark.parametrize(
    ("scope", "kind", "search", "read"),
    [
        ("patient/Observation.read", "Observation", Right.FULL, Right.FULL),
        ("user/*.read", "Condition", Right.FULL, Right.FULL),
        ("system/*.*", "Condition", Right.FULL, Right.FULL),
        ("patient/Observation.read", "Condition", Right.NONE, Right.NONE),
        ("patient/Observation.write", "Observation", Right.NONE, Right.NONE),
        ("patient/Observation.rs", "Observation", Right.FULL, Right.FULL),
        ("patient/Observation.s", "Observation", Right.FULL, Right.NONE),
        ("patient/Observation.r", "Observation", Right.NONE, Right.FULL),
        ("patient/Observation.cud", "Observation", Right.NONE, Right.NONE),
        ("patient/*.cruds", "Observation", Right.FULL, Right.FULL),
        ("patient/Observation.rs?category=laboratory", "Observation", Right.RESTRICTED, Right.RESTRICTED),
        ("patient/Observation.rs?category=laboratory user/Observation.rs", "Observation", Right.FULL, Right.FULL),
        ("patient/Observation.rs?category=laboratory patient/*.r", "Observation", Right.RESTRICTED, Right.FULL),
        ("launch/patient openid fhirUser", "Observation", Right.NONE, Right.NONE),
        ("", "Observation", Right.FULL, Right.FULL),
        ("all-of-it", "Observation", Right.FULL, Right.FULL),
        ("patient/Condition.read hospital.special", "Observation", Right.FULL, Right.FULL),
    ],
)
def test_rights(scope: str, kind: str, search: Right, read: Right) -> None:
    """Checklist 44: SMART v1 and v2; a scope with a word of somebody's own is left to who granted it."""
    grant = Grant(scope=scope)
    assert grant.right(kind, search=True) is search
    assert grant.right(kind, search=False) is read


def test_without_an_authorization_all_may_be_tried() -> None:
    """Decision 7 (c): read without a token."""
    assert NO_AUTHORIZATION.usable
    assert NO_AUTHORIZATION.token is None
    assert NO_AUTHORIZATION.right("Condition", search=True) is Right.FULL
