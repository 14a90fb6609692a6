"""CF of `clinical.md` D14: where a code or an Observation and a report's words disagree, neither is believed alone.

The facts are judged once as each account has them. A claim that comes out the same stands ("a disagreement is one that
gives a criterion a different truth value, not merely a different number"); one that does not is unknown, and says what
each of the two says. Newer or not makes no difference to that: the accounts are of one study. Of alarm signs and
contraindications that the report's own words state, no code or Observation takes any away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from cds_service.criteria.contraindications import Contraindications
from cds_service.criteria.etiology import Etiology
from cds_service.criteria.red_flags import RedFlags
from cds_service.criteria.sites import Reported, Site, quote
from cds_service.facts.fact import SEPARATOR, Claim, Evidence, Fact, Interval, unknown
from cds_service.facts.model import Account, Dispute, Facts, Level, Listing, Stated, Study
from cds_service.knowledge.thresholds import Thresholds
from cds_service.reports.findings import LevelFinding, ReportReading

T = TypeVar("T")

_CAUTIONS: Final = (RedFlags, Contraindications, Etiology)
"""What excludes: claims that act when they are met (decision 2)."""
_WHOLE: Final = (Facts, Reported, Site, Study, Thresholds)
"""Values that are not made of claims."""


def accounts(facts: Facts) -> tuple[Facts, ...]:
    """The facts as the report texts have them, then as codes and Observations do; nothing where none disagree."""
    studies = facts.imaging.studies
    most = max((len(d.accounts) for study in studies.items for d in study.disputes), default=0)

    def told(number: int) -> Facts:
        items = tuple(_as_told(study, number) if study.disputes else study for study in studies.items)
        return replace(facts, imaging=replace(facts.imaging, studies=Listing(items, studies.gap)))

    return tuple(told(number) for number in range(most))


def _as_told(study: Study, number: int) -> Study:
    """The study as the account of that number has it; where a dispute has fewer, as its last."""
    for dispute in study.disputes:
        study = _settled(study, dispute, dispute.accounts[min(number, len(dispute.accounts) - 1)])
    return study


def _settled(study: Study, dispute: Dispute, account: Account) -> Study:
    if study.reading is None:
        return study
    level, name = dispute.level, dispute.field
    conflicts = tuple(c for c in study.reading.conflicts if (c.level, c.field) != (level, name))
    reading = replace(study.reading, conflicts=conflicts)
    stated = tuple(each for each in study.stated if (each.level, each.field) != (level, name))
    if account.evidence is not None:
        stated = (*stated, Stated(level, name, account.evidence))
    if level is not None:
        findings = tuple(_with(f, name, account) if _is_of(f, level) else f for f in reading.findings)
        reading = replace(reading, findings=findings)
    elif account.evidence is not None:
        reading = _undenied(reading, dispute)
    return replace(study, reading=reading, stated=stated)


def _is_of(finding: LevelFinding, level: Level) -> bool:
    return finding.level == level and finding.level_certain


def _with(finding: LevelFinding, name: str, account: Account) -> LevelFinding:
    spans = {field: span for field, span in finding.evidence.items() if field != name}
    if account.span is not None:
        spans[name] = account.span
    changed: dict[str, Any] = {name: account.value}
    return replace(finding, **changed, evidence=MappingProxyType(spans))


def _undenied(reading: ReportReading, dispute: Dispute) -> ReportReading:
    """Without the denial that a code contradicts, and with the fracture it names."""
    without = tuple(region for region in reading.regions_without_fracture if region not in dispute.regions)
    kept = tuple(
        f
        for f in reading.findings
        if not (f.level is None and f.status == "absent" and f.region in (None, *dispute.regions))
    )
    seen = LevelFinding(level=None, region=dispute.regions[0], status="present")
    return replace(reading, findings=(*kept, seen), regions_without_fracture=without)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One dispute as a claim names it: what each says, and where. A claim that rests on what is ``stated`` by a code or
    an Observation rests on the dispute; the sentence of the text may state much besides.
    """

    level: Level | None
    words: str
    stated: tuple[Evidence, ...]
    told: tuple[Evidence, ...]
    field: str = ""


def disagreements(facts: Facts) -> tuple[Disagreement, ...]:
    """Every dispute of the studies, each with the places of all its accounts."""
    return tuple(_disagreement(study, dispute) for study in facts.imaging.studies.items for dispute in study.disputes)


def _disagreement(study: Study, dispute: Dispute) -> Disagreement:
    stated = tuple(account.evidence for account in dispute.accounts if account.evidence is not None)
    told = _settled(study, dispute, dispute.accounts[0])
    findings = told.reading.findings if told.reading is not None else ()
    if dispute.level is not None:
        own = next((f for f in findings if _is_of(f, dispute.level)), None)
    else:
        own = next((f for f in findings if f.level is None and f.status == "absent"), None)
    by_text = () if own is None or dispute.accounts[0].evidence else (quote(told, own, dispute.field),)
    return Disagreement(dispute.level, str(dispute), stated, by_text, dispute.field)


def agreed(versions: Sequence[T], disputes: Sequence[Disagreement], *, cautious: bool = False) -> T:
    """One value from those that the accounts give, the report text's first: claims compared, the rest passed through.

    ``disputes`` are those that may be the reason. With ``cautious`` a claim that the text meets stays met.
    """
    first = versions[0]
    if isinstance(first, Claim):
        return cast(T, _claim(cast(Sequence[Claim], versions), disputes, cautious=cautious))
    if isinstance(first, Fact):
        return cast(T, _fact(cast(Sequence[Fact[Any]], versions), disputes))
    if isinstance(first, _WHOLE) or not is_dataclass(first) or any(type(v) is not type(first) for v in versions):
        return next((each for each in versions if each is not None), first)
    is_caution = isinstance(first, _CAUTIONS)
    parts = {
        each.name: agreed([getattr(v, each.name) for v in versions], disputes, cautious=is_caution)
        for each in fields(first)
    }
    return cast(T, replace(cast(Any, first), **parts))


def _claim(versions: Sequence[Claim], disputes: Sequence[Disagreement], *, cautious: bool) -> Claim:
    first = versions[0]
    used = _used(disputes, versions)
    if all(claim.truth is first.truth for claim in versions):
        whys = [why for claim in versions if claim.why_unknown for why in claim.why_unknown.split(SEPARATOR)]
        return Claim(first.truth, SEPARATOR.join(dict.fromkeys(whys)) or None, _seen(versions, used))
    if cautious and first.met:
        return Claim(first.truth, None, _seen(versions, used))
    return unknown(_reason(used or disputes), _seen(versions, used or disputes))


def _fact(versions: Sequence[Fact[Any]], disputes: Sequence[Disagreement]) -> Fact[Any]:
    """Intervals are joined, so that a limit within them is neither reached nor missed; anything else must be equal."""
    values = [each.value for each in versions]
    used = _used(disputes, versions)
    if all(value == values[0] for value in values):
        return Fact(values[0], versions[0].why_unknown, _seen(versions, used))
    intervals = [value for value in values if isinstance(value, Interval)]
    if len(intervals) == len(values):
        highs = [each.high for each in intervals if each.high is not None]
        high = max(highs) if len(highs) == len(values) else None
        return Fact(Interval(min(each.low for each in intervals), high), None, _seen(versions, used))
    return Fact(None, _reason(used or disputes), _seen(versions, used or disputes))


def _used(disputes: Sequence[Disagreement], versions: Iterable[Claim | Fact[Any]]) -> tuple[Disagreement, ...]:
    """The disputes that claims rest on."""
    seen = {evidence for each in versions for evidence in each.evidence}
    return tuple(each for each in disputes if not seen.isdisjoint(each.stated))


def _reason(disputes: Iterable[Disagreement]) -> str:
    return SEPARATOR.join(dict.fromkeys(each.words for each in disputes))


def _seen(versions: Sequence[Claim | Fact[Any]], disputes: Iterable[Disagreement]) -> tuple[Evidence, ...]:
    """Both sides of what is disputed, then all else, each once."""
    sides = [evidence for each in disputes for evidence in (*each.stated, *each.told)]
    return tuple(dict.fromkeys([*sides, *(evidence for each in versions for evidence in each.evidence)]))
