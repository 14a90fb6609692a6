"""The Kleene tables, written out row by row: they are the specification (`clinical.md` section 0)."""

from __future__ import annotations

import pytest

from cds_service.facts.truth import MET, NOT_MET, UNKNOWN, Truth, all_of, any_of, at_least, of

LETTER = {"M": MET, "N": NOT_MET, "U": UNKNOWN}

AND = """
M M M
M N N
M U U
N M N
N N N
N U N
U M U
U N N
U U U
"""

OR = """
M M M
M N M
M U M
N M M
N N N
N U U
U M M
U N U
U U U
"""

NOT = """
M N
N M
U U
"""

AT_LEAST_1_OF_3 = """
M M M M
M M N M
M M U M
M N M M
M N N M
M N U M
M U M M
M U N M
M U U M
N M M M
N M N M
N M U M
N N M M
N N N N
N N U U
N U M M
N U N U
N U U U
U M M M
U M N M
U M U M
U N M M
U N N U
U N U U
U U M M
U U N U
U U U U
"""

AT_LEAST_2_OF_3 = """
M M M M
M M N M
M M U M
M N M M
M N N N
M N U U
M U M M
M U N U
M U U U
N M M M
N M N N
N M U U
N N M N
N N N N
N N U N
N U M U
N U N N
N U U U
U M M M
U M N U
U M U U
U N M U
U N N N
U N U U
U U M U
U U N U
U U U U
"""

AT_LEAST_3_OF_3 = """
M M M M
M M N N
M M U U
M N M N
M N N N
M N U N
M U M U
M U N N
M U U U
N M M N
N M N N
N M U N
N N M N
N N N N
N N U N
N U M N
N U N N
N U U N
U M M U
U M N N
U M U U
U N M N
U N N N
U N U N
U U M U
U U N N
U U U U
"""


def rows(table: str) -> list[tuple[Truth, ...]]:
    """A table's rows; the last letter of each is the answer."""
    return [tuple(LETTER[letter] for letter in line.split()) for line in table.split("\n") if line]


def name(value: object) -> str:
    """A short test id."""
    if isinstance(value, Truth):
        return value.value
    return "".join(truth.name[0] for truth in value) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("table", "inputs"), [(AND, 2), (OR, 2), (NOT, 1), (AT_LEAST_1_OF_3, 3), (AT_LEAST_2_OF_3, 3)])
def test_a_table_has_every_row_once(table: str, inputs: int) -> None:
    """Section 0: no row is left out and none is given twice."""
    given = [row[:-1] for row in rows(table)]
    assert len(given) == len(set(given)) == 3**inputs


@pytest.mark.parametrize("row", rows(AND), ids=name)
def test_and(row: tuple[Truth, Truth, Truth]) -> None:
    """Section 0, AND: any not_met gives not_met, else any unknown gives unknown, else met."""
    left, right, answer = row
    assert left & right is answer
    assert all_of((left, right)) is answer


@pytest.mark.parametrize("row", rows(OR), ids=name)
def test_or(row: tuple[Truth, Truth, Truth]) -> None:
    """Section 0, OR: any met gives met, else any unknown gives unknown, else not_met."""
    left, right, answer = row
    assert left | right is answer
    assert any_of((left, right)) is answer


@pytest.mark.parametrize("row", rows(NOT), ids=name)
def test_not(row: tuple[Truth, Truth]) -> None:
    """Section 0, NOT: unknown stays unknown."""
    given, answer = row
    assert ~given is answer


@pytest.mark.parametrize("row", rows(AT_LEAST_1_OF_3), ids=name)
def test_at_least_one_of_three(row: tuple[Truth, ...]) -> None:
    """Section 0, AT_LEAST(1): the same as OR."""
    assert at_least(1, row[:-1]) is row[-1] is any_of(row[:-1])


@pytest.mark.parametrize("row", rows(AT_LEAST_2_OF_3), ids=name)
def test_at_least_two_of_three(row: tuple[Truth, ...]) -> None:
    """Section 0, AT_LEAST(2): what is unknown may still turn either way."""
    assert at_least(2, row[:-1]) is row[-1]


@pytest.mark.parametrize("row", rows(AT_LEAST_3_OF_3), ids=name)
def test_at_least_three_of_three(row: tuple[Truth, ...]) -> None:
    """Section 0, AT_LEAST(n of n): the same as AND."""
    assert at_least(3, row[:-1]) is row[-1] is all_of(row[:-1])


def test_of_nothing() -> None:
    """The neutral elements: AND of nothing is met, OR of nothing is not met, AT_LEAST(0) is met, AT_LEAST(1) is not."""
    assert all_of(()) is MET
    assert any_of(()) is NOT_MET
    assert at_least(0, ()) is MET
    assert at_least(1, ()) is NOT_MET


@pytest.mark.parametrize(("known", "truth"), [(True, MET), (False, NOT_MET), (None, UNKNOWN)])
def test_of_a_plain_answer(known: bool | None, truth: Truth) -> None:
    """A yes, a no and a "not known" have each their truth value."""
    assert of(known) is truth


@pytest.mark.parametrize("truth", list(Truth), ids=name)
def test_a_truth_value_is_no_bool(truth: Truth) -> None:
    """Design section 2, invariant 1: `bool()` raises, so that `if` can never read unknown as no."""
    with pytest.raises(TypeError, match="not a bool"):
        bool(truth)


@pytest.mark.parametrize("left", list(Truth), ids=name)
@pytest.mark.parametrize("right", list(Truth), ids=name)
def test_de_morgan(left: Truth, right: Truth) -> None:
    """NOT (a AND b) is NOT a OR NOT b, in all nine rows."""
    assert ~(left & right) is ~left | ~right
    assert ~(left | right) is ~left & ~right
