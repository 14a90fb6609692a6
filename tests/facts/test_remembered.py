"""The memory of judgements: short texts are judged once, long ones each time and never kept."""

from __future__ import annotations

from cds_service.facts.remembered import remembered


def test_a_short_text_is_judged_once_and_a_long_one_each_time() -> None:
    """design.md 8: names repeat from record to record; what a client wrote at length stays out of memory."""
    judged: list[str] = []

    @remembered(longest=4, most=2)
    def length(text: str) -> int:
        """How long a text is."""
        judged.append(text)
        return len(text)

    assert [length(text) for text in ("spine", "back", "spine", "back")] == [5, 4, 5, 4]
    assert judged == ["spine", "back", "spine"]
    assert (length.__name__, length.__doc__) == ("length", "How long a text is.")


def test_only_so_many_texts_are_kept() -> None:
    """The oldest text makes room, so that no client fills the memory."""
    judged: list[str] = []

    @remembered(longest=4, most=2)
    def known(text: str) -> bool:
        judged.append(text)
        return True

    assert all(known(text) for text in ("a", "b", "c", "a"))
    assert judged == ["a", "b", "c", "a"]
