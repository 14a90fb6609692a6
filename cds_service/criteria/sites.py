"""Which vertebral levels there are to judge, and what each study and each coded diagnosis says of them (FX-01 to
FX-09).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from cds_service.criteria.unread import in_words
from cds_service.facts.fact import Claim, Evidence, all_of, any_of, claim, met, not_met, unknown
from cds_service.facts.model import Facts, FractureDiagnosis, Level, Study
from cds_service.facts.regions import denied, shows
from cds_service.reports.findings import BODY_LEVELS, LevelFinding, Span

LONGEST_QUOTE: Final = 160
_STOPS: Final = (". ", ".\n", "\n\n", "; ")
"""Where a quoted sentence ends. A lone line break does not: reports are wrapped."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What one study says of one site."""

    study: Study
    finding: LevelFinding

    @property
    def evidence(self) -> Evidence:
        """The report's own words, at most 160 characters of them."""
        return quote(self.study, self.finding)

    def words(self, *fields: str) -> Evidence:
        """The sentence in which the report states the first of these fields that it states at all."""
        return quote(self.study, self.finding, *fields)


@dataclass(frozen=True, slots=True)
class Site:
    """One vertebral level under judgement; ``level`` is None for a fracture whose level nothing names for certain."""

    level: Level | None
    label: str
    reported: tuple[Reported, ...]
    """Final reports that speak of it, newest first."""
    diagnoses: tuple[FractureDiagnosis, ...]
    """Coded fractures that apply to it: of this level, or of no level or a pair code that this site alone can explain.
    """
    preliminary: tuple[Reported, ...] = ()
    """Preliminary reports that speak of it and that no final one of the same kind has replaced, newest first (FX-07:
    for red flags only).
    """

    @property
    def alarming(self) -> tuple[Reported, ...]:
        """What red flags may rest on: final reports and, before those of the same day, preliminary ones."""
        both = [*self.preliminary, *self.reported]
        return (
            tuple(sorted(both, key=lambda said: _day(said.study), reverse=True)) if self.preliminary else self.reported
        )

    @property
    def latest_alarming(self) -> tuple[Reported, ...]:
        """``latest``, and the preliminary reports that are no older than its report."""
        latest = self.latest
        report = next((said for said in latest if not said.study.sparse), None)
        early = (said for said in self.preliminary if report is None or _day(said.study) >= _day(report.study))
        return (*early, *latest)

    def newest(self, *fields: str) -> Reported | None:
        """The newest report; codes and Observations without one only where they state one of these fields."""
        return next(
            (
                said
                for said in self.reported
                if not said.study.sparse or any(getattr(said.finding, name) is not None for name in fields)
            ),
            None,
        )

    @property
    def latest(self) -> tuple[Reported, ...]:
        """The newest report with what codes and Observations say since: these may add a caution, and take none away."""
        report = next((place for place, said in enumerate(self.reported) if not said.study.sparse), None)
        return self.reported if report is None else self.reported[: report + 1]


def _day(study: Study) -> date:
    return date.min if study.when is None else study.when.last


def quote(study: Study, finding: LevelFinding, *fields: str) -> Evidence:
    """The words a finding rests on, with the study they stand in: those of a named field where the report has them.

    Of what a code or an Observation states, where that stands.
    """
    spans = (finding.evidence.get(name) for name in fields)
    span = next((each for each in spans if each is not None), None)
    stated = _stated(study, finding, fields) if span is None and study.stated else None
    if stated is not None:
        return stated
    if span is None and not finding.text:
        # A level that the report denies with its region: the words stand at the fact, not at the finding.
        span = finding.evidence.get("status")
    if span is not None and study.text is not None:
        return quote_span(study, span)
    return _quoted(study, finding.text)


def quote_span(study: Study, span: Span) -> Evidence:
    """The sentence of a report around a span of its text."""
    return _quoted(study, _sentence(study.text or "", *span))


def _quoted(study: Study, said: str) -> Evidence:
    words = " ".join(said.split())
    shown = words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 3].rsplit(" ", 1)[0] + " ..."
    value = f'"{shown}"' if shown else study.evidence.value
    # FX-07: labelled.
    value = f"preliminary report: {value}" if study.preliminary else value
    return Evidence(study.evidence.reference, value, study.evidence.date)


def _stated(study: Study, finding: LevelFinding, fields: tuple[str, ...]) -> Evidence | None:
    """Where a code or an Observation states one of the fields, the status when none is named, or else what it is all
    from.
    """
    of_level = {each.field: each.evidence for each in reversed(study.stated) if each.level == finding.level}
    for name in fields or ("status",):
        if name in of_level and name not in finding.evidence:
            return of_level[name]
    return next(reversed(of_level.values()), None) if not finding.text else None


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around a span: from the last full stop or line break before it to the next one after it."""
    begins = [place + len(stop) for stop in _STOPS if (place := text.rfind(stop, 0, start)) >= 0]
    ends = [place for stop in _STOPS if (place := text.find(stop, end)) >= 0]
    return text[max(begins, default=0) : min(ends, default=len(text))]


def study_covers(study: Study, level: Level | None) -> bool | None:
    """Whether the study shows the level: its field of view holds it, or its report tells what it sees there, for the
    field of a study ends where the coil does and not at a vertebra. None when its region is not known.
    """
    said = says_of(study, level) if level is not None else None
    if said is not None and said.finding.status != "historical":
        return True
    return shows(study.regions, level)


def find_sites(facts: Facts) -> tuple[Site, ...]:
    """Every level that a report, a diagnosis or a draft names, cranial to caudal; one site without level when none of
    them names one.
    """
    studies = _final(facts)
    current = tuple(d for d in facts.fractures.diagnoses.items if d.standing != "past" and d.role != "history")
    named = set(_named_levels(studies, current, facts))
    sites = tuple(_site(level, studies, current) for level in BODY_LEVELS if level in named)
    unplaced = _unplaced(studies, current, sites, facts)
    found = (*sites, unplaced) if unplaced is not None else sites
    return tuple(_with_preliminary(site, facts) for site in found)


def preliminary_sites(facts: Facts, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """FX-07: the fractures that preliminary reports alone speak of, for red flags; beside ``sites``."""
    studies = _preliminary(facts)
    known = {site.level for site in sites}
    named = {f.level for study in studies for f in _findings(study) if f.level in BODY_LEVELS and f.level_certain}
    levels: tuple[Level | None, ...] = tuple(level for level in BODY_LEVELS if level in named - known)
    if not named and None not in known:
        levels = (None,)
    found = (_with_preliminary(Site(level, level or "level not named", (), ()), facts) for level in levels)
    return tuple(site for site in found if told_early(site).met)


def as_reported(sites: tuple[Site, ...], facts: Facts) -> tuple[Site, ...]:
    """The same sites with what the studies of other facts say of them."""
    return tuple(
        _with_preliminary(replace(site, reported=_reports_on(site.level, _final(facts))), facts) for site in sites
    )


def _final(facts: Facts) -> tuple[Study, ...]:
    return tuple(s for s in facts.imaging.studies.items if s.final and s.reading is not None)


def _preliminary(facts: Facts) -> tuple[Study, ...]:
    """Preliminary reports, but those of which a final one of the same kind is there."""
    found = (s for s in facts.imaging.studies.items if s.preliminary and s.reading is not None)
    return tuple(study for study in found if not any(_finalises(each, study) for each in facts.imaging.studies.items))


def _finalises(each: Study, study: Study) -> bool:
    if not each.final or each.sparse or each.modality != study.modality or each.when is None or study.when is None:
        return False
    same_place = not each.regions or not study.regions or not each.regions.isdisjoint(study.regions)
    return same_place and each.when.first >= study.when.last


def _with_preliminary(site: Site, facts: Facts) -> Site:
    return replace(site, preliminary=_reports_on(site.level, _preliminary(facts)))


def _reports_on(level: Level | None, studies: tuple[Study, ...]) -> tuple[Reported, ...]:
    if level is None:
        return _unplaced_reports(studies)
    return tuple(r for study in studies if (r := says_of(study, level)) is not None)


def _named_levels(studies: Iterable[Study], current: Iterable[FractureDiagnosis], facts: Facts) -> Iterator[Level]:
    for study in studies:
        yield from (f.level for f in _findings(study) if f.level in BODY_LEVELS and f.level_certain)
    yield from (d.level for d in current if d.level is not None)
    for draft in facts.drafts:
        if draft.kind == "augmentation":
            yield from draft.levels


def _findings(study: Study) -> tuple[LevelFinding, ...]:
    return study.reading.findings if study.reading is not None else ()


def _site(level: Level, studies: tuple[Study, ...], current: tuple[FractureDiagnosis, ...]) -> Site:
    reported = _reports_on(level, studies)
    diagnoses = tuple(d for d in current if d.level == level or (len(d.levels) > 1 and level in d.levels))
    return Site(level, level, reported, diagnoses)


def says_of(study: Study, level: Level) -> Reported | None:
    """What a study says of a level, by name or by denying every fracture of its region."""
    if study.reading is None:
        return None
    for finding in study.reading.findings:
        if finding.level == level and finding.level_certain:
            return Reported(study, finding)
    for region in study.reading.regions_without_fracture:
        if denied(region, level, study.regions):
            denial = next(
                (f for f in study.reading.findings if f.status == "absent" and f.level is None and f.region == region),
                LevelFinding(level=None, region=region, status="absent"),
            )
            return Reported(study, denial)
    return None


def _unplaced(
    studies: Iterable[Study], current: tuple[FractureDiagnosis, ...], sites: tuple[Site, ...], facts: Facts
) -> Site | None:
    """The fracture whose level nothing names; none when a site with a level can be the one meant.

    An augmentation drafted without any known fracture is judged here too.
    """
    reported = _unplaced_reports(studies)
    placed_by_report = any(r.finding.status == "present" for site in sites for r in site.reported)
    if placed_by_report:
        return None
    open_codes = tuple(d for d in current if d.level is None and not _placed(d, sites))
    drafted = not sites and any(d.kind == "augmentation" for d in facts.drafts)
    described = any(r.finding.status in ("present", "possible") or _contradicts_itself(r, "status") for r in reported)
    if not open_codes and not drafted and not described:
        return None
    label = next((" or ".join(d.levels) for d in open_codes if d.levels), "level not named")
    return Site(None, label, reported, open_codes)


def _unplaced_reports(studies: Iterable[Study]) -> tuple[Reported, ...]:
    return tuple(
        Reported(study, finding) for study in studies for finding in _findings(study) if _unplaced_finding(finding)
    )


def _unplaced_finding(finding: LevelFinding) -> bool:
    if finding.region in ("cervical", "sacral") or finding.status is None:
        return False
    return finding.level is None or (finding.level in BODY_LEVELS and not finding.level_certain)


def outside(facts: Facts) -> tuple[Evidence, ...]:
    """G-05: the fractures of the cervical spine and the sacrum that a final report finds; no logic here is theirs."""
    return tuple(
        quote(study, finding, "status")
        for study in facts.imaging.studies.items
        if study.final
        for finding in _findings(study)
        if finding.status == "present" and finding.region in ("cervical", "sacral")
    )


def _placed(diagnosis: FractureDiagnosis, sites: tuple[Site, ...]) -> bool:
    """A code without level belongs to a coded level when there is one; a pair code to a site of that pair with a
    report.
    """
    if diagnosis.levels:
        return any(s.level in diagnosis.levels and s.reported for s in sites)
    return any(d.level is not None for s in sites for d in s.diagnoses)


def confirmed(site: Site, facts: Facts) -> Claim:
    """FX-01, FX-05, FX-09: the newest final report that takes a stand on this level says there is a fracture."""
    for said in site.reported:
        if _contradicts_itself(said, "status"):
            return unknown("the report contradicts itself", [said.evidence])
        match said.finding.status:
            case "present":
                return met(said.evidence)
            case "absent":
                newer = _unread_since(said.study, site, facts)
                if newer is not None:
                    return unknown(
                        f"a newer report could not be read ({in_words(newer.not_read)})",
                        [newer.evidence, said.evidence],
                    )
                return not_met(said.evidence)
            case "possible":
                return unknown("the report hedges", [said.evidence])
            case _:
                continue
    unread = next((s for s in facts.imaging.studies.items if s.not_read is not None), None)
    if unread is not None:
        return unknown(f"a report could not be read ({in_words(unread.not_read)})", [unread.evidence])
    if facts.imaging.studies.gap is not None:
        return unknown(facts.imaging.studies.gap)
    if any(not s.final or s.reading is None for s in facts.imaging.studies.items):
        return unknown("no final report states it")
    if site.diagnoses or facts.imaging.studies.items:
        return unknown("no report states it")
    return not_met()


def _unread_since(study: Study, site: Site, facts: Facts) -> Study | None:
    """A final report that could not be read, newer than a study and perhaps of this level: it may say otherwise
    (FX-09).
    """
    for each in facts.imaging.studies.items:
        if each is study:
            break
        if each.final and each.not_read is not None and study_covers(each, site.level) is not False:
            return each
    return None


def _contradicts_itself(said: Reported, field: str) -> bool:
    reading = said.study.reading
    return reading is not None and any(c.level == said.finding.level and c.field == field for c in reading.conflicts)


def contradicted(site: Site, decisive: Reported, *fields: str) -> Claim:
    """CF-05: whether the report that decides, or the newest one, disagrees with itself about one of these fields."""
    for said in (decisive, site.newest()):
        if said is not None and any(_contradicts_itself(said, field) for field in fields):
            return met(said.evidence)
    return not_met()


def coded(site: Site) -> Claim:
    """FX-02: an active coded fracture of this level (or of no level that this site explains)."""
    current = tuple(d.evidence for d in site.diagnoses if d.standing == "current")
    return met(*current) if current else not_met()


def suspected(site: Site) -> Claim:
    """FX-04: a hedged report, or a diagnosis marked provisional, differential or unconfirmed."""
    for said in site.reported:
        if said.finding.status == "possible":
            return met(said.evidence)
        if said.finding.status in ("present", "absent"):
            return not_met(said.evidence)
    tentative = tuple(d.evidence for d in site.diagnoses if d.standing == "suspected")
    return met(*tentative) if tentative else not_met()


def told_early(site: Site) -> Claim:
    """FX-07: a preliminary report speaks of a fracture here, for certain or not; red flags look at it."""
    seen = tuple(r.words("status") for r in site.preliminary if r.finding.status in ("present", "possible"))
    return met(*seen) if seen else not_met()


def told_early_as_old(site: Site) -> bool:
    """Whether every preliminary report of a fracture here calls it chronic, old or unchanged."""
    seen = [r.finding for r in site.preliminary if r.finding.status in ("present", "possible")]
    return bool(seen) and all(f.acuity == "chronic" or f.height_change == "unchanged" for f in seen)


def fractured(site: Site, facts: Facts) -> Claim:
    """FX-01 or FX-02. A code stands on its own only where no report takes a stand; against a report's "no" neither wins
    (CF-04).
    """
    by_report = confirmed(site, facts)
    by_code = coded(site)
    if by_report.not_met and by_code.met:
        return unknown(
            "coded as a fracture, but the newest report finds none", (*by_code.evidence, *by_report.evidence)
        )
    newest = site.newest("status")
    if by_code.met and not by_report.met and newest is not None and newest.finding.status == "possible":
        return unknown("coded as a fracture, but the report hedges", (*by_code.evidence, *by_report.evidence))
    return any_of(by_report, by_code)


def unseen_fracture(facts: Facts) -> Claim:
    """Whether there may be a fracture that nobody retrieved: unknown while reports or diagnoses are not read whole."""
    gap = facts.imaging.studies.gap or facts.fractures.diagnoses.gap
    return not_met() if gap is None else unknown(gap)


def called_acute(site: Site) -> Claim:
    """AC-01: a final report calls this fracture acute or recent, or shows marrow edema or tracer uptake there."""
    return _newest_saying(site, shows_acute)


def called_new(site: Site) -> Claim:
    """A final report calls this fracture acute or new (the "symptomatic" clause of `clinical.md` D1)."""
    return _newest_saying(site, lambda finding: shows_acute(finding) or finding.height_change == "new")


def shows_acute(finding: LevelFinding) -> bool:
    """Called acute, or with marrow edema or tracer uptake."""
    return finding.acuity == "acute" or finding.marrow_edema is True or finding.tracer_uptake is True


def _newest_saying(site: Site, says: Callable[[LevelFinding], bool]) -> Claim:
    """Met by the newest report that says so, unless a newer one calls the fracture chronic."""
    for said in site.reported:
        if says(said.finding):
            return met(said.evidence)
        if said.finding.acuity == "chronic":
            return not_met(said.evidence)
    return not_met() if site.newest() is not None else unknown("no report states it")


def called_old(site: Site) -> Claim:
    """The newest report that speaks of its age calls this fracture chronic, old or unchanged."""
    for said in site.reported:
        if said.finding.acuity == "chronic" or said.finding.height_change == "unchanged":
            return met(said.evidence)
        if (
            said.finding.acuity is not None
            or said.finding.marrow_edema is not None
            or said.finding.height_change == "new"
        ):
            return not_met(said.evidence)
    return unknown("no report says how old it is")


def cleft(site: Site) -> Claim:
    """AC-07: the newest report that speaks of a cleft in this body describes one."""
    for said in site.reported:
        if said.finding.fluid_cleft is not None:
            return claim(said.finding.fluid_cleft, [said.words("fluid_cleft")])
    return unknown("no report speaks of a cleft")


def treated(site: Site, facts: Facts) -> Claim:
    """FX-08: this level is already cemented, by a report or by an earlier augmentation of this level."""
    by_report = tuple(
        r.evidence for r in site.reported if r.finding.status == "treated" or r.finding.augmentation is not None
    )
    done = facts.spine.augmentations
    by_procedure = done.some(lambda a: site.level in a.levels if a.levels else None)
    return any_of(claim(bool(by_report), by_report), by_procedure) if by_report or by_procedure.met else by_procedure


def chronic_and_painless(site: Site, pain_free: Claim) -> Claim:
    """SL-05, IM-10: known to be old, and documented painless."""
    return all_of(called_old(site), pain_free)
