"""The clinician's own answers: the newest completed or amended response to the assessment questionnaire, by linkId."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from cds_service.facts.fact import Evidence, Fact, fact, no_fact
from cds_service.facts.model import DateRange, Listing, Measurement, Statement
from cds_service.facts.quantities import DAYS, Scale
from cds_service.facts.source import NEVER, Moment, Source
from cds_service.fhir import resources as fhir
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.record import Located
from cds_service.fhir.resources import Answer, ResponseItem

NAME: Final = "vcf-assessment"
KEY: Final = "questionnaire"
_COUNTED: Final = frozenset({"completed", "amended"})
_YES: Final = frozenset({"yes", "true", "y"})
_NO: Final = frozenset({"no", "false", "n"})


@dataclass(frozen=True, slots=True)
class Answers:
    """One response; without one every answer is absent."""

    reference: str = "QuestionnaireResponse"
    moment: Moment = NEVER
    given: Mapping[str, Answer] = field(default_factory=dict)

    def yes_or_no(self, link: str) -> bool | None:
        """A boolean answer; choices and texts of yes and no are read as one."""
        answer = self.given.get(link)
        if answer is None:
            return None
        if answer.value_boolean is not None:
            return answer.value_boolean
        word = self.word(link)
        return True if word in _YES else False if word in _NO else None

    def number(self, link: str, scale: Scale, high: float) -> float | None:
        """A number from 0 to ``high``; None outside of it, and for a quantity in another unit."""
        answer = self.given.get(link)
        if answer is None:
            return None
        quantity = scale.amount(answer.value_quantity)
        value = next(
            (each for each in (answer.value_integer, answer.value_decimal, quantity) if each is not None), None
        )
        return float(value) if value is not None and 0 <= value <= high else None

    def word(self, link: str) -> str:
        """A choice by its code, else its text; empty when there is none."""
        answer = self.given.get(link)
        if answer is None:
            return ""
        coding = answer.value_coding
        return plain_code((coding.code or coding.display) if coding is not None else answer.value_string)

    def evidence(self, shown: str) -> Evidence:
        """Where the answer stands."""
        return Evidence(self.reference, shown, self.moment.date)

    def statement(self, link: str, shown: str) -> tuple[Statement, ...]:
        """The answer to a yes-or-no item, dated as the response was written; none when it was not answered."""
        says = self.yes_or_no(link)
        return (
            ()
            if says is None
            else (Statement(says, self.moment.when, self.evidence(f"{shown}: {'yes' if says else 'no'}")),)
        )

    def measurement(self, link: str, scale: Scale, high: float, shown: str) -> tuple[Measurement, ...]:
        """The answer to a number item; ``shown`` holds the number as ``{}``."""
        value = self.number(link, scale, high)
        if value is None:
            return ()
        return (Measurement(value, self.moment.when, self.moment.at, self.evidence(shown.format(f"{value:g}"))),)

    def amount(self, link: str, shown: str) -> Fact[float]:
        """A count of days, 0 or more."""
        value = self.number(link, DAYS, MOST_DAYS)
        return no_fact() if value is None else fact(value, self.evidence(f"{shown}: {value:g} days"))

    def date(self, link: str, source: Source) -> DateRange | None:
        """A date answer, partial allowed."""
        answer = self.given.get(link)
        return (
            None if answer is None else source.days(answer.value_date or answer.value_date_time or answer.value_string)
        )


MOST_DAYS: Final = 36525


def answers(source: Source) -> Answers:
    """The newest counted response; an empty one when there is none."""
    responses = [
        located
        for located in source.record.of(fhir.QuestionnaireResponse)
        if plain_code(located.resource.status) in _COUNTED and _is_ours(located.resource.questionnaire)
    ]

    def age(located: Located[fhir.QuestionnaireResponse]) -> tuple[date, datetime]:
        moment = source.moment(located.resource.authored)
        return (moment.when.last if moment.when else date.min, moment.at or datetime.min.replace(tzinfo=UTC))

    newest = max(responses, key=age, default=None)
    if newest is None:
        return Answers()
    given: dict[str, Answer] = {}
    for item in _items(newest.resource.item):
        if item.link_id and item.answer:
            given.setdefault(item.link_id.strip(), item.answer[0])
    return Answers(newest.reference, source.moment(newest.resource.authored), given)


def stated(source: Source, found: Iterable[Statement], *keys: str) -> Listing[Statement]:
    """Statements that nobody codes reliably; silence proves nothing."""
    return source.documented(found, *(keys or (KEY,)))


def _is_ours(canonical: str | None) -> bool:
    return (canonical or "").strip().split("|", 1)[0].rstrip("/").endswith(NAME)


def _items(items: tuple[ResponseItem, ...]) -> Iterator[ResponseItem]:
    for item in items:
        yield item
        yield from _items(item.item)
        for answer in item.answer:
            yield from _items(answer.item)
