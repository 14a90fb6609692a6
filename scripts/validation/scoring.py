"""Counts over answers: how many are right, what is found and missed, and which errors could set something off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from scripts.validation.answers import Answer, Interval

Z95: Final = 1.959963984540054
"""97.5th percentile of the standard normal distribution."""
GRADES: Final = ("none", "mild", "moderate", "severe")


def wilson(right: int, total: int) -> Interval | None:
    """Wilson's 95 % score interval of a proportion, without continuity correction; ``None`` of nothing.

    E. B. Wilson, J Am Stat Assoc 1927;22:209-212; method 3 of R. G. Newcombe, Stat Med 1998;17:857-872.
    """
    if total == 0:
        return None
    share, z2 = right / total, Z95 * Z95
    middle = share + z2 / (2 * total)
    half = Z95 * sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    scale = 1 + z2 / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(frozen=True, slots=True)
class Share:
    """``right`` of ``total``."""

    right: int
    total: int

    @property
    def interval(self) -> Interval | None:
        """Its Wilson interval."""
        return wilson(self.right, self.total)

    @property
    def ratio(self) -> str:
        """ "35 of 37"."""
        return f"{self.right} of {self.total}"

    @property
    def shown(self) -> str:
        """ "35 of 37, 94.6 % (82.3–98.5)"; a dash of nothing."""
        if self.interval is None:
            return "–"
        low, high = self.interval
        return f"{self.ratio}, {100 * self.right / self.total:.1f} % ({100 * low:.1f}–{100 * high:.1f})"

    def reaches(self, target: float) -> bool:
        """Whether the share itself, not its interval, is at least ``target``; nothing reaches no target."""
        return self.total > 0 and self.right >= target * self.total


def accuracy(answers: Sequence[Answer]) -> Share:
    """Answers that are right."""
    return Share(sum(a.right for a in answers), len(answers))


def stated(answers: Sequence[Answer]) -> list[Answer]:
    """Answers to labels that say more than nothing."""
    return [a for a in answers if a.fact.states(a.accepted[0])]


@dataclass(frozen=True, slots=True)
class Found:
    """Positives that were found, found wrongly, and missed; and how many the labels name, ``accept`` left aside."""

    true: int
    false: int
    missed: int
    named: int

    @property
    def precision(self) -> Share:
        """Right ones of those read."""
        return Share(self.true, self.true + self.false)

    @property
    def recall(self) -> Share:
        """Those read of the right ones."""
        return Share(self.true, self.true + self.missed)


def found(answers: Sequence[Answer], only: str | None = None) -> Found:
    """Positives (members of sets; one class with ``only``), compared with the settled answer of each question."""
    true = false = missed = named = 0
    for answer in answers:
        right, read = answer.fact.members(answer.settled, only), answer.fact.members(answer.read, only)
        true += len(right & read)
        false += len(read - right)
        missed += len(right - read)
        named += len(answer.fact.members(answer.accepted[0], only))
    return Found(true, false, missed, named)


# ------------------------------------------------------------------------------------------------ errors that set off


def _claims(key: str, value: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.fact.key == key and answer.read == value and not answer.right


def _low(answer: str) -> float:
    """Lower end of a height loss in words; below zero when there is none."""
    return -1.0 if answer == "none" else float(answer.partition("-")[0])


def percent_too_high(answer: Answer) -> bool:
    """A height loss whose lower end, which is what a criterion asks for, lies above that of every right answer."""
    return answer.fact.key == "height_loss_pct" and _low(answer.read) > max(map(_low, answer.accepted))


def _rank(answer: str) -> int:
    """Place of a grade in GRADES; of "mild-moderate" the graver half's."""
    return max(GRADES.index(part) for part in answer.split("-"))


def grade_too_high(answer: Answer) -> bool:
    """A grade above every right one, or one where none is right."""
    return answer.fact.key == "height_loss_grade" and _rank(answer.read) > max(map(_rank, answer.accepted))


def level_invented(answer: Answer) -> bool:
    """A level that stands in no right answer."""
    if answer.fact.key != "levels":
        return False
    known = frozenset[str]().union(*map(answer.fact.members, answer.accepted))
    return not answer.fact.members(answer.read) <= known


WRONG_MET: Final[dict[str, Callable[[Answer], bool]]] = {
    "marrow edema": _claims("edema", "yes"),
    "retropulsion": _claims("retropulsion", "yes"),
    "acute": _claims("acuity", "acute"),
    "prior augmentation": _claims("prior_augmentation", "yes"),
    "height loss percent too high": percent_too_high,
    "height loss grade too high": grade_too_high,
    "a level that no right answer has": level_invented,
}
"""Errors that could meet a criterion, by name."""
MUST_BE_NONE: Final = ("marrow edema", "retropulsion", "acute", "prior augmentation")


def wrong_met(answers: Sequence[Answer]) -> list[tuple[str, Answer]]:
    """Each such error with its name."""
    return [(name, answer) for name, claims in WRONG_MET.items() for answer in answers if claims(answer)]
