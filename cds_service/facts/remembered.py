"""A judgement of a text, remembered: the name of a problem, a drug or a study stands in thousands of records."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

T = TypeVar("T")

LONGEST: Final = 200
"""Characters of a name; what a client wrote at greater length is judged anew each time and not kept."""
MOST: Final = 4096


def remembered(*, longest: int = LONGEST, most: int = MOST) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Gives a judgement that depends on the text alone a memory: the last ``most`` texts of ``longest`` characters or
    fewer.
    """

    def with_memory(judge: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=most)(judge)

        @wraps(judge)
        def answer(text: str) -> T:
            return kept(text) if len(text) <= longest else judge(text)

        return answer

    return with_memory
