"""One sentence as it is being read: its fractures, what was spoken of before, and the statements made so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from cds_service.reports.findings import InfectionWord
from cds_service.reports.fractures import Spoken
from cds_service.reports.lexicon import Mark
from cds_service.reports.quantities import Quantity
from cds_service.reports.scopes import Clauses, Manner
from cds_service.reports.statements import NOWHERE, SpanOf, Statement, Target, Value, attach, body_targets, chosen

_DENYING: Final = frozenset({"no", "without"})


@dataclass(slots=True, kw_only=True)
class Said:
    """Collects the statements of one sentence."""

    c: Clauses
    readings: list[Spoken]
    """Fractures of the sentence that it does not deny."""
    focus: tuple[Target, ...]
    """What the sentences before spoke of."""
    sentence: int
    to_span: SpanOf
    marrow_study: bool
    """The text speaks of marrow or MRI, so that a bare "edema" may be the marrow's."""
    note: bool
    """A clinical note: cement there is prior only when it says so."""
    found: list[Statement] = field(default_factory=list)
    infections: list[InfectionWord] = field(default_factory=list)
    """Infections that the sentence states, doubts or denies."""

    def add(self, targets: tuple[Target, ...], name: str, value: Value, mark: Mark, weak: bool = False) -> None:
        """Add one fact to each target."""
        self.found.extend(Statement(t, name, value, self.to_span(mark), self.sentence, weak) for t in targets)

    def infection(
        self,
        targets: tuple[Target, ...],
        said: Literal["stated", "possible", "denied"],
        mark: Mark,
        name: Literal["etiology", "collection"] = "etiology",
    ) -> None:
        """Add a word on infection, for the levels or the disc space that it names."""
        levels = dict.fromkeys(level for t in targets for level in ((t.level,) if t.level else t.pair))
        self.infections.append(InfectionWord(tuple(levels), said, self.to_span(mark), name))

    def subject(self, at: int) -> tuple[Target, ...]:
        """Targets of the nearest fracture of the sentence, those before ``at`` first."""
        before = [s for s in self.readings if s.mark.first < at]
        chosen = before[-1] if before else self.readings[0] if self.readings else None
        if chosen is not None:
            return chosen.targets
        return body_targets(tuple(lv for lv in self.c.levels if lv.last <= at)[-1:])

    def targets(self, mark: Mark) -> tuple[Target, ...]:
        """Targets of an attribute noun."""
        found = attach(self.c, mark, self.focus, self.subject(mark.first), fracture=False)
        return chosen(self.c, mark, found)

    def about_bodies(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """Without disc spaces."""
        return tuple(t for t in targets if not t.pair)

    def whole_or(self, targets: tuple[Target, ...], mark: Mark) -> tuple[Target, ...]:
        """Nothing named, when a denial stands in a sentence of its own: it speaks of the whole study, not of the
        fracture spoken of last."""
        alone = not self.readings and not self.c.levels and not self.c.has("pointer")
        return (NOWHERE,) if alone and self.c.words[0].text in _DENYING and mark.first <= 12 else targets

    def usable(self, mark: Mark, how: Manner) -> bool | None:
        """True affirmed, False denied, ``None`` when the words do not settle it."""
        if how.hypothetical or how.past or how.other or how.doubtful:
            return None
        if how.denied is not None:
            return None if how.acute_only or self._excepted(mark) else False
        return None if how.doubted is not None or not self.c.vouched(mark) else True

    def _excepted(self, mark: Mark) -> bool:
        """Whether the denial leaves a level out: "apart from L1, no edema", "no edema except at L1"."""
        out = self.c.exception()
        if out is None:
            return False
        return out.last <= mark.first or any(lv.first >= out.last for lv in self.c.levels)


_NOT_MARROW: Final = frozenset(
    "disc disk discs disks conus cord root roots nerve nerves muscle muscles ligament".split()
)


def in_something_else(here: Said, mark: Mark) -> bool:
    """ "STIR signal in the adjacent disc": of what stands straight after the sign, and is no bone."""
    at = mark.last
    words = here.c.words
    if at < len(words) and words[at].text in ("disc", "disk"):
        return True
    if at >= len(words) or words[at].text not in ("in", "of", "within", "involving", "at"):
        return False
    return any(w.text in _NOT_MARROW for w in words[at + 1 : at + 4]) and not any(
        at < lv.first <= at + 3 and lv.kind == "body" for lv in here.c.levels
    )


def words_of(q: Quantity) -> Mark:
    """The words of a quantity, to quote them."""
    return Mark(q.first, q.last, {})
