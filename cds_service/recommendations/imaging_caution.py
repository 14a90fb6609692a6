"""A drafted imaging study, or a drafted augmentation's imaging, asks for another look.

IM-06, IM-08 and IM-12 of `clinical.md` D5; OC-04, OC-05, OC-06, OC-14, OC-16 and OC-21 of section E; C-05, SP-04. The
checks of a drafted study do not ask whether there is a fracture (SL-04), but for OC-04 and OC-06, which speak of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds_service.criteria import imaging, imaging_orders
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, Outcome
from cds_service.facts.fact import Claim, all_of, any_of, not_met
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.augmentation_referral import first_and_count
from cds_service.recommendations.drafted import levels_to_judge
from cds_service.recommendations.mri_without_contrast import IMAGING_NEEDS, region_words
from cds_service.recommendations.recommendation import (
    Indicator,
    Judgement,
    Proposal,
    Recommendation,
    Situation,
)

BOTH: frozenset[SpineRegion] = frozenset({"thoracic", "lumbar"})


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to look at again: its clause, the key of its line, and how urgent it is."""

    key: str
    criterion: Criterion
    indicator: Indicator = "warning"


def cautions(a: Assessment) -> tuple[Caution, ...]:
    """All of them, warnings first."""
    contrast = imaging_orders.contrast_drafts(a)
    ordered = imaging_orders.drafted(contrast)
    planned = max((d.planned for d in contrast if d.planned is not None), default=None)
    gk = cite("GK", "contrast in renal failure, after a reaction and in pregnancy")
    return (
        Caution(
            "pregnancy",
            Criterion(
                "CT or nuclear study in a possible pregnancy",
                imaging_orders.pregnancy_with_radiation(a),
                cite("GK", "ionising radiation in pregnancy"),
                "IM-08",
            ),
        ),
        Caution(
            "low-egfr",
            Criterion("contrast with a low eGFR", all_of(ordered, imaging_orders.low_egfr(a, planned)), gk, "OC-05"),
        ),
        Caution(
            "gadolinium-reaction",
            Criterion(
                "contrast after a gadolinium reaction",
                all_of(ordered, imaging_orders.gadolinium_reaction(a)),
                gk,
                "OC-05",
            ),
        ),
        Caution(
            "pregnancy-contrast",
            Criterion("contrast in a possible pregnancy", all_of(ordered, imaging_orders.pregnancy(a)), gk, "OC-05"),
        ),
        Caution(
            "imaging-age",
            Criterion(f"imaging {_days(a)} days old for the procedure", _too_old(a), cite("S3", "line 11"), "OC-21"),
        ),
        Caution("no-reason", _no_reason(a), "info"),
        Caution(
            "out-of-field",
            Criterion(
                f"{_missed(a)} outside the drafted MRI's field",
                _any(claim for _, claim in imaging_orders.out_of_field(a)),
                cite("DES", "OC-06"),
                "OC-06",
            ),
            "info",
        ),
        Caution(
            "myeloma",
            Criterion(
                "bone scan with active myeloma",
                all_of(
                    imaging_orders.drafted(imaging_orders.drafts(a, "imaging", "NM")), imaging_orders.active_myeloma(a)
                ),
                cite("GK", "bone scan in myeloma"),
                "OC-16",
            ),
            "info",
        ),
    )


def _any(claims: Iterable[Claim]) -> Claim:
    found = tuple(claims)
    return any_of(*found) if found else not_met()


def _no_reason(a: Assessment) -> Criterion:
    """OC-04: contrast for a new fracture, and no malignancy, infection, suspicious report or operation on record.

    An infection that a report doubts is a reason too, and reports that nobody read may hold one.
    Infection and suspicious reports count only when present: nobody documents that they are absent.
    """
    causes = tuple(level.alarming_cause for level in (*a.levels, *a.early))
    infected = any_of(a.flags.infection, *(cause.infectious for cause in causes))
    suspicious = _any(cause.suspicious for cause in causes)
    doubted = a.flags.possible_infection
    reasons = (a.malignancy, imaging_orders.operated(a), doubted, _present(infected), _present(suspicious))
    claim = all_of(
        imaging_orders.drafted(imaging_orders.contrast_drafts(a)),
        any_of(a.any_fracture, a.suspicion.suspected),
        ~any_of(*reasons),
    )
    return Criterion("contrast without a documented reason", claim, cite("ACR-V", "variant 1"), "OC-04")


def _present(claim: Claim) -> Claim:
    return claim if claim.met else not_met()


def _old_levels(a: Assessment) -> tuple[LevelFacts, ...]:
    levels = levels_to_judge(a) if a.augmentation_drafts else ()
    return tuple(level for level in levels if imaging_orders.imaging_too_old(level).met)


def _too_old(a: Assessment) -> Claim:
    """OC-21 at any level of the drafted augmentation."""
    levels = levels_to_judge(a) if a.augmentation_drafts else ()
    return _any(imaging_orders.imaging_too_old(level) for level in levels)


def _days(a: Assessment) -> str:
    """The age of the oldest deciding study on the planned date."""
    ages = [level.acuity.study_days.value for level in _old_levels(a)]
    oldest = max((age for age in ages if age is not None), key=lambda age: age.low, default=None)
    return str(oldest) if oldest is not None else "too many"


def _missed_levels(a: Assessment) -> tuple[LevelFacts, ...]:
    return tuple(level for level, claim in imaging_orders.out_of_field(a) if claim.met)


def _missed(a: Assessment) -> str:
    return ", ".join(level.label for level in _missed_levels(a)) or "a new fracture"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement of the patient: everything there is to look at again, the most urgent first."""
    asked = cautions(a)
    present = tuple(c for c in asked if c.criterion.claim.met)
    criteria = Criteria(
        include=(
            Criterion(
                "something about the drafted imaging asks for another look",
                any_of(*(c.criterion.claim for c in asked)),
                cite("DES", "D14"),
                "D14",
            ),
        )
    )
    proposals = _proposals(a, frozenset(c.key for c in present))
    regions = proposals[0].regions if proposals else BOTH
    return (
        Judgement(
            criteria=criteria,
            outcome=criteria.outcome,
            label="imaging order",
            indicator="info" if all(c.indicator == "info" for c in present) else "warning",
            table=tuple(c.criterion for c in present or asked),
            notes=notes(a, present),
            values={
                "reason": first_and_count([c.criterion for c in present]),
                "days": _days(a),
                "level": _missed(a),
                "region": region_words(regions),
            },
            proposals=proposals if criteria.outcome is Outcome.APPLIES else (),
        ),
    )


def notes(a: Assessment, present: Sequence[Caution]) -> tuple[str, ...]:
    """A line for each caution, and what bears on the repeated study."""
    keys = tuple(c.key for c in present)
    unsafe = ("mri-unsafe",) if a.mri_unsafe.met and {"pregnancy", "imaging-age"} & set(keys) else ()
    repeated = any(level.mri_ordered.met or level.uptake_ordered.met for level in _old_levels(a))
    return (*keys, *unsafe, *(("repeat-ordered",) if repeated else ()))


def _proposals(a: Assessment, keys: frozenset[str]) -> tuple[Proposal, ...]:
    """The MRI that K-IMG carries itself (IM-08), repeats (OC-21) or moves (OC-06); SPECT/CT where MRI is unsafe."""
    drafted = imaging_orders.drafts(a, "imaging", "MR")
    if "pregnancy" in keys:
        mine = imaging_orders.drafts(a, "imaging", "CT", "NM")
        regions = next((d.regions & BOTH for d in mine if d.regions & BOTH), BOTH)
        return () if a.mri_unsafe.met or drafted else (Proposal("mri", regions, None, recommended=True),)
    if "imaging-age" in keys:
        level = _old_levels(a)[0]
        return _repeat(level, a)
    if "out-of-field" in keys and not a.mri_unsafe.met:
        level = _missed_levels(a)[0]
        return (Proposal("mri", imaging.region_of(level.site), level.site.level, recommended=True),)
    return ()


def _repeat(level: LevelFacts, a: Assessment) -> tuple[Proposal, ...]:
    regions, where = imaging.region_of(level.site), level.site.level
    if a.mri_unsafe.met:
        return () if level.uptake_ordered.met else (Proposal("spect-ct", regions, where, recommended=True),)
    return () if level.mri_ordered.met else (Proposal("mri", regions, where, recommended=True),)


RECOMMENDATION = Recommendation(
    id="imaging-caution",
    statement="A drafted study is looked at again where pregnancy, contrast, its field or its age speaks against it.",
    sources=(
        cite("S3", "line 11"),
        cite("NGS-RTC", "requirement removed in 2020"),
        cite("ACR-V", "variant 1"),
        cite("GK", "contrast and pregnancy"),
    ),
    needs=IMAGING_NEEDS | {"allergies"},
    judge=judge,
)
