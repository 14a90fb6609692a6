"""Who is a candidate for vertebral augmentation (VA of `clinical.md` D7): the clauses four recommendations share, each
in its source's order and words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cds_service.criteria import course
from cds_service.criteria.assessment import Assessment, LevelFacts, cause_of, course_of
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, all_of, any_of, met, unknown
from cds_service.knowledge.citations import cite

C15 = "va.secondary"
"""The reading of VA-08 a site may choose (conflict C-15): ``both`` (as shipped), ``lcd`` or ``seed``."""
C01 = "va.neoplastic"
"""What a known malignancy does (C-01): ``mdt_only`` (as shipped), ``allow`` or ``block``."""
C03 = "va.posterior_wall"
"""What a defect of the posterior wall does (C-03): ``block`` (as shipped) or ``review``."""
AS_SHIPPED: Mapping[str, str] = MappingProxyType({})
MALIGNANCY = "malignancy on record"
WALL_DEFECT = "posterior wall defect"
SEVERE_ALLERGY = "severe allergy to bone cement or opacifier"
INFECTION = "infection of the spine, the site or the body"
PLAIN_ALLERGY = "allergy to bone cement or opacifier"


@dataclass(frozen=True, slots=True)
class Candidacy:
    """VA-12 taken apart: what must hold, what blocks, what to confirm, and what is only worth a line."""

    criteria: Criteria
    remarks: tuple[Criterion, ...]
    """Present or unknown contraindications that never block (decision 2): lines of the card."""


def candidacy(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> Candidacy:
    """VA-01 to VA-11 and CX at one level."""
    criteria = Criteria(_include(level, a, choices), _exclude(level, choices), _confirm(level, a))
    return Candidacy(criteria, remarks(level, choices))


def _include(level: LevelFacts, a: Assessment, choices: Mapping[str, str]) -> tuple[Criterion, ...]:
    secondary = course_of(level, choices.get(C15, "both"))
    return (
        Criterion(
            "fracture confirmed on a final report", _confirmed(level), cite("LCD-N", "coverage criterion (a)"), "VA-01"
        ),
        Criterion("within 12 weeks of onset", level.within_window, cite("S3", "line 11"), "VA-02"),
        Criterion(
            "marrow edema or tracer uptake at this level",
            level.acuity.shown,
            cite("LCD-N", "coverage criterion (a)"),
            "VA-03",
        ),
        Criterion("that imaging is at most 30 days old", level.study_recent, cite("S3", "line 11"), "VA-04"),
        Criterion("level T5 to L5", level.in_range, cite("LCD-N", "coverage criterion (a)"), "VA-05"),
        Criterion("severe pain", a.course.candidate_pain, cite("LCD-N", "coverage criterion (b)"), "VA-06"),
        Criterion(
            "conservative treatment has failed",
            course.by_setting(a.facts, met(), level.conservative_care_failed),
            cite("S4", "line 62"),
            "VA-07",
        ),
        Criterion(
            "worsening pain, or structural progression",
            course.by_setting(a.facts, met(), secondary),
            cite("LCD-N", "coverage criterion (b)(ii)"),
            "VA-08",
        ),
        Criterion(
            "osteoporotic cause",
            cause_of(level, choices.get(C01, "mdt_only")),
            cite("LCD-N", "coverage criterion (a)"),
            "VA-10",
        ),
    )


def _confirmed(level: LevelFacts) -> Claim:
    """VA-01; a report that denies what is coded settles nothing (CF-04)."""
    return level.fractured if level.confirmed.not_met and level.coded.met else level.confirmed


def _exclude(level: LevelFacts, choices: Mapping[str, str]) -> tuple[Criterion, ...]:
    """What blocks, the other causes that VA-10 excludes (to be listed when nobody documented them), and FX-08."""
    cause, lcd = level.cause, cite("LCD-N", "coverage criterion (a)")
    by_cause = Criterion(MALIGNANCY, cause.neoplastic, lcd, "ET-02")
    return (
        *blocking(level, choices),
        *((by_cause,) if choices.get(C01, "mdt_only") == "mdt_only" or not cause.neoplastic.met else ()),
        Criterion("signs of a pathologic fracture", level.alarming_cause.suspicious, lcd, "ET-03"),
        Criterion("benign or vascular lesion", cause.benign_lesion, cite("S1", "line 7"), "ET-08"),
        Criterion("level already augmented", level.treated, cite("DES", "FX-08"), "FX-08"),
    )


def blocking(level: LevelFacts, choices: Mapping[str, str] = AS_SHIPPED) -> tuple[Criterion, ...]:
    """The contraindications that block a referral when present (decision 2), in the order of D8.

    A malignancy that is present is one where the site reads C-01 as ``block``; a wall defect that is present is none
    where it reads C-03 as ``review``.
    """
    against = level.against
    lcd, s1 = cite("LCD-N", "exclusions"), cite("S1", "line 7")
    wall = Criterion(WALL_DEFECT, against.posterior_wall, s1, "CX-05")
    tumour = Criterion(MALIGNANCY, level.cause.neoplastic, s1, "ET-02")
    return (
        Criterion("pain not primarily from this fracture", against.pain_elsewhere, lcd, "CX-01"),
        Criterion(_infection(level), against.infection, lcd, "CX-02"),
        Criterion("pregnancy", against.pregnancy, lcd, "CX-03"),
        *(() if choices.get(C03) == "review" and against.posterior_wall.met else (wall,)),
        Criterion("retropulsion or canal compromise", against.canal, lcd, "CX-05"),
        Criterion(SEVERE_ALLERGY, against.severe_cement_allergy, lcd, "CX-06"),
        Criterion("spinal instability", against.unstable, lcd, "CX-09"),
        Criterion("neurological deficit", against.deficit, lcd, "CX-10"),
        Criterion("high-energy or burst fracture", against.high_energy, cite("OF", "OF 3 to 5"), "CX-14"),
        *((tumour,) if choices.get(C01) == "block" and level.cause.neoplastic.met else ()),
    )


def _infection(level: LevelFacts) -> str:
    """CX-02 by name; where it is open, with what on record asks for it to be verified."""
    asked = level.against.infection_left_open
    named = level.against.infection.unknown and asked.unknown
    return f"{INFECTION}: {asked.why_unknown}" if named else INFECTION


def _confirm(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    pain = a.course.pain_concordant
    return (
        Criterion("tenderness or percussion pain at this level", pain, cite("LCD-N", "exclusion (a)(i)"), "VA-09"),
        Criterion(
            "bone density and osteoporosis care arranged",
            continuum_of_care(a),
            cite("LCD-N", "coverage criterion (c)"),
            "VA-11",
        ),
    )


def care_parts(a: Assessment) -> Mapping[str, Claim]:
    """VA-11 taken apart: referred for bone density (or DXA ordered or done), and both of the teaching."""
    bones = a.facts.bone_health
    return {
        "bone density referral": any_of(course.stated(bones.referral), bones.dxa.some(lambda s: s.says)),
        "osteoporosis education": course.stated(bones.education),
        "prevention programme": course.stated(bones.programme),
    }


def continuum_of_care(a: Assessment) -> Claim:
    """VA-11: referred for bone density (or DXA ordered or done), and education with a prevention programme
    documented.
    """
    both = all_of(*care_parts(a).values())
    return unknown("not documented as done", both.evidence) if both.unknown else both


def remarks(level: LevelFacts, choices: Mapping[str, str] = AS_SHIPPED) -> tuple[Criterion, ...]:
    """The contraindications that never block (decision 2): lines of a referral, cards of their own on a draft.

    What a site no longer lets block stays a line: a malignancy (C-01 ``allow``), a wall defect (C-03 ``review``).
    """
    against, s1 = level.against, cite("S1", "line 7")
    wall = Criterion(WALL_DEFECT, against.posterior_wall, s1, "CX-05")
    tumour = Criterion(MALIGNANCY, level.cause.neoplastic, s1, "ET-02")
    lcd, bleeding = cite("LCD-N", "exclusions"), cite("SIR", "Part II, high-bleeding-risk procedures")
    return (
        Criterion("more levels than one procedure should treat", against.too_many_levels, lcd, "CX-04"),
        Criterion(PLAIN_ALLERGY, against.cement_allergy, lcd, "CX-06"),
        Criterion("uncorrected coagulopathy", against.coagulopathy, bleeding, "CX-07"),
        Criterion("antithrombotic drug", against.antithrombotic, bleeding, "CX-08"),
        Criterion("vertebra plana or severe collapse", against.severe_collapse, cite("PAY", "RAD601.041"), "CX-12"),
        Criterion("cannot lie prone", against.cannot_lie_prone, cite("S0", "line 16"), "CX-15"),
        *((wall,) if choices.get(C03) == "review" and against.posterior_wall.met else ()),
        *((tumour,) if choices.get(C01) == "allow" and level.cause.neoplastic.met else ()),
    )
