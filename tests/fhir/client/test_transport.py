"""What one call may read, on the limit and one past it."""

from __future__ import annotations

from cds_service.fhir.client.transport import Budget


def test_a_budget_is_spent_to_the_last_byte_and_not_beyond() -> None:
    """E14: shared by the threads of a call; what is over stays over."""
    budget = Budget(10)
    assert budget.take(4)
    assert budget.take(6)
    assert not budget.take(1)
    assert not budget.take(0)
