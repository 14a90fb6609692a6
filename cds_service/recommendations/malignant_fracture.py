"""Cancer with a vertebral fracture or with pain that suggests a metastasis, or a report that shows a pathologic
fracture: oncology, radiation oncology and spine surgery decide together.

RF-03b of `clinical.md` D4, SP-01 of D10, ET-02 and ET-03, C-01, OC-10 and OC-29.
"""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.criterion import Criteria, Criterion, on_record
from cds_service.criteria.incidental import alarming_levels, suspected_or_fractured
from cds_service.criteria.malignancy import cancer_at, contrast_mri, reported_at, reviewed, suggestive_pain
from cds_service.facts.fact import Claim, all_of, any_of, not_met
from cds_service.facts.model import SpineRegion
from cds_service.knowledge.citations import cite
from cds_service.recommendations.drafted import augmentation_drafted, film_drafted, levels_to_judge
from cds_service.recommendations.neurological_emergency import suppressed
from cds_service.recommendations.recommendation import Judgement, Proposal, Recommendation, Situation

WHOLE_SPINE: frozenset[SpineRegion] = frozenset({"cervical", "thoracic", "lumbar"})
"""SP-01: metastases and myeloma are looked for in the whole spine."""


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement a level on every hook (D4), and one of the patient where no fracture is confirmed or coded."""
    at_levels = tuple(_at_level(level, a, situation) for level in alarming_levels(a))
    return at_levels if a.any_fracture.met else (*at_levels, _by_pain(a, situation))


def _at_level(level: LevelFacts, a: Assessment, situation: Situation) -> Judgement:
    drafted_here = augmentation_drafted(a) if any(each is level for each in levels_to_judge(a)) else not_met()
    ordered = all_of(drafted_here, level.cause.neoplastic, level.fractured)
    limbs = (cancer_at(level, a), reported_at(level), ordered)
    table = (
        Criterion(
            "fracture confirmed, coded or suspected", suspected_or_fractured(level), cite("DES", "FX-01"), "FX-01"
        ),
        Criterion(
            "signs of a pathologic fracture on a report",
            level.alarming_cause.pathologic_report,
            cite("GK", "benign and malignant signs"),
            "ET-03",
        ),
    )
    return _judgement(a, situation, level, any_of(*limbs), table)


def _by_pain(a: Assessment, situation: Situation) -> Judgement:
    pain = suggestive_pain(a)
    table = (
        Criterion("back pain that is severe, worsening or tender", pain, cite("GK", "pain of a metastasis"), "RF-03b"),
    )
    return _judgement(a, situation, None, all_of(a.malignancy, pain), table)


def _judgement(
    a: Assessment, situation: Situation, level: LevelFacts | None, holds: Claim, table: tuple[Criterion, ...]
) -> Judgement:
    criteria = Criteria(
        include=(
            Criterion(
                "cancer with a fracture or suggestive pain, or a report of a pathologic fracture",
                holds,
                cite("NG234", "CG75, suspected metastasis"),
                "RF-03b",
            ),
        )
    )
    cancer = Criterion(
        "malignancy on record, active or past", a.malignancy, cite("ACR-V", "variant: malignancy"), "ET-02"
    )
    neurology = Criterion(
        "neurological alarm sign (has a card of its own)", a.flags.neurological_sign, cite("NG234", "timing"), "RF-03"
    )
    label = level.label if level is not None else "spine"
    return Judgement(
        criteria=criteria,
        outcome=criteria.outcome,
        level=level.site.level if level is not None else None,
        label=label,
        indicator="warning",
        table=on_record((cancer, *table, neurology)),
        notes=notes(a),
        values={"level": label, "finding": finding(level, a)},
        proposals=proposals(level, a),
        silences=(suppressed(situation),),
    )


def finding(level: LevelFacts | None, a: Assessment) -> str:
    """What the summary names: the cancer on record, else what the report says."""
    if a.malignancy.met:
        return a.malignancy.evidence[0].value
    if level is not None and level.alarming_cause.pathologic_report.met:
        return "report suggests a pathologic fracture"
    seen = level.cause.neoplastic.evidence if level is not None else ()
    return seen[0].value if seen else "not documented"


def notes(a: Assessment) -> tuple[str, ...]:
    """Lines for a first presentation, an unsafe implant, and what is being ordered (IM-03, OC-10, OC-29)."""
    ordered = augmentation_drafted(a).met
    asked = reviewed(a)
    return (
        *(("first-presentation",) if not a.malignancy.met else ()),
        *(("mri-unsafe",) if a.mri_unsafe.met else ()),
        *(("film",) if film_drafted(a) else ()),
        *(("review-on-record",) if asked.met else ("no-review",) if ordered else ()),
        *(("augmentation-ordered", "coverage") if ordered else ()),
    )


def proposals(level: LevelFacts | None, a: Assessment) -> tuple[Proposal, ...]:
    """SP-01: the board where nobody asked it, and MRI with contrast where none is done, ordered or unsafe."""
    where = level.site.level if level is not None else None
    mri = () if a.mri_unsafe.met or contrast_mri(a).met else (Proposal("mri-with-contrast", WHOLE_SPINE, where),)
    board = () if reviewed(a).met else (Proposal("tumour-board-referral", WHOLE_SPINE, where, recommended=True),)
    return (*board, *mri)


RECOMMENDATION = Recommendation(
    id="malignant-fracture",
    statement="A fracture that may be malignant goes to oncology, radiation oncology and spine surgery together.",
    sources=(
        cite("NG234", "CG75, suspected metastasis"),
        cite("NASS-N", "432 scenarios"),
        cite("S1", "line 7"),
        cite("S3", "lines 7 and 11"),
        cite("LCD-M", "malignant indication"),
    ),
    needs=frozenset("patient conditions reports imaging observations devices procedures orders questionnaire".split()),
    judge=judge,
)
