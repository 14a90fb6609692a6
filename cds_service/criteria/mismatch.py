"""CF-01, FX-09, OC-23: the level that is ordered or coded, and the level that the newest MRI or uptake study calls
acute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cds_service.criteria.acuity import SHOWS_EDEMA, SHOWS_UPTAKE
from cds_service.criteria.sites import Site, quote, says_of, shows_acute, study_covers
from cds_service.criteria.unread import in_words
from cds_service.facts.fact import Claim, Evidence, met, not_met, unknown
from cds_service.facts.model import Facts, Study
from cds_service.reports.findings import BODY_LEVELS, LevelFinding

WHY: Final = "the level ordered or coded is not among those that the newest study calls acute"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Whether the levels differ, with both sides: what is ordered or coded, and what the study reports."""

    holds: Claim
    claimed: tuple[Evidence, ...] = ()
    reported: tuple[Evidence, ...] = ()


NONE: Final = Mismatch(not_met())


def level_mismatch(site: Site, facts: Facts) -> Mismatch:
    """Met where this level is ordered or coded as a current fracture, the newest advanced study that can show it does
    not report it fractured, and reports an acute fracture elsewhere.

    More levels in the report than on the problem list are none, and a code without a level never is one. What a study
    cannot show it does not contradict; only where a level is ordered that no report calls fractured, and the study ends
    one vertebra before it, may its neighbour be meant or counted otherwise.
    """
    ordered, coded = _ordered(site, facts), _coded(site)
    study = _newest_advanced(site, facts)
    if study is None and ordered and not _called_fractured(site):
        study, coded = _newest_beside(site, facts), ()
    if site.level is None or study is None or not (ordered or coded):
        return NONE
    if study.reading is None:
        why = f"the newest study could not be read ({in_words(study.not_read)})"
        return Mismatch(unknown(why, [study.evidence])) if study.not_read is not None else NONE
    here = says_of(study, site.level)
    is_reported = here is not None and _is_reported(here.finding, ordered=bool(ordered))
    if is_reported or any(_may_be_here(f) for f in study.reading.findings):
        return NONE
    elsewhere = tuple(
        quote(study, f) for f in study.reading.findings if _is_placed(f) and f.status == "present" and shows_acute(f)
    )
    if not elsewhere:
        return NONE
    claimed = (*ordered, *coded)
    return Mismatch(met(*claimed, *elsewhere), claimed, elsewhere)


def left_open(claim: Claim, mismatch: Mismatch) -> Claim:
    """A criterion of a level that may not be the one meant: unknown (CF of `clinical.md` D14)."""
    return unknown(WHY, mismatch.holds.evidence) if mismatch.holds.met else claim


def _ordered(site: Site, facts: Facts) -> tuple[Evidence, ...]:
    drafts = (d for d in facts.drafts if d.kind == "augmentation" and d.selected and site.level in d.levels)
    return tuple(Evidence(d.evidence.reference, f"ordered: {site.level}", d.evidence.date) for d in drafts)


def _coded(site: Site) -> tuple[Evidence, ...]:
    return tuple(d.evidence for d in site.diagnoses if d.standing == "current" and d.level == site.level)


def _newest_advanced(site: Site, facts: Facts) -> Study | None:
    """The newest final MRI or uptake study whose field may hold the level."""
    advanced = (s for s in facts.imaging.studies.items if s.modality in (SHOWS_EDEMA, SHOWS_UPTAKE) and s.final)
    return next((s for s in advanced if not s.sparse and study_covers(s, site.level) is not False), None)


def _newest_beside(site: Site, facts: Facts) -> Study | None:
    """The newest final MRI or uptake study whose field holds the vertebra above or below the level."""
    if site.level is None:
        return None
    place = BODY_LEVELS.index(site.level)
    beside = BODY_LEVELS[max(place - 1, 0) : place + 2]
    advanced = (s for s in facts.imaging.studies.items if s.modality in (SHOWS_EDEMA, SHOWS_UPTAKE) and s.final)
    return next((s for s in advanced if not s.sparse and any(study_covers(s, level) for level in beside)), None)


def _called_fractured(site: Site) -> bool:
    """Whether the newest report of any kind that takes a stand on the level calls it fractured, for certain or not."""
    stated = (r.finding for r in site.reported if r.finding.status is not None or shows_acute(r.finding))
    newest = next(stated, None)
    return newest is not None and _is_reported(newest, ordered=True)


def _is_reported(finding: LevelFinding, *, ordered: bool) -> bool:
    """Fractured, perhaps fractured, or with edema; cemented or known from the past explains a code, not an order."""
    explained = () if ordered else ("treated", "historical")
    return finding.status in ("present", "possible", *explained) or shows_acute(finding)


def _is_placed(finding: LevelFinding) -> bool:
    return finding.level in BODY_LEVELS and finding.level_certain


def _may_be_here(finding: LevelFinding) -> bool:
    """A fracture whose level the report leaves open: it may be the one meant."""
    return not _is_placed(finding) and finding.region not in ("cervical", "sacral") and finding.status == "present"
