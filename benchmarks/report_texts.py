"""Made-up radiology reports of ordinary length for measuring: nobody's, in nobody's words but ours.

Every text speaks of the spine, so none can be left unread for its subject; two seeds, or two wordings of one seed,
never give the same text.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FRACTURE_LEVEL: Final = "T12"
OLD_LEVEL: Final = "L3"


@dataclass(frozen=True, slots=True)
class Exam:
    """One kind of study: its name in reports, its LOINC code and text, its modality, and how it was done."""

    title: str
    loinc: str
    modality: str
    technique: str


EXAMS: Final = (
    Exam("MRI LUMBAR SPINE WITHOUT CONTRAST", "36279-5", "MR", "Sagittal T1, T2 and STIR and axial T2 images."),
    Exam("CT LUMBAR SPINE WITHOUT CONTRAST", "36540-0", "CT", "Thin axial slices with sagittal and coronal reformats."),
    Exam("LUMBAR SPINE RADIOGRAPHS, 2 VIEWS", "24972-0", "CR", "Standing frontal and lateral views."),
    Exam("THORACIC SPINE RADIOGRAPHS, 2 VIEWS", "24984-5", "CR", "Frontal and lateral views."),
    Exam("CHEST RADIOGRAPHS, 2 VIEWS", "36643-5", "DX", "Upright frontal and lateral views."),
    Exam("CT ABDOMEN AND PELVIS WITH CONTRAST", "36952-7", "CT", "Portal venous phase with reformats."),
)

_HISTORIES: Final = (
    "Back pain after lifting a flower pot.",
    "Known osteoporosis, pain in the lower back for some weeks.",
    "Fall from standing height in the kitchen.",
    "Follow-up of a fracture seen earlier.",
    "Cough and fatigue, question of pneumonia.",
    "Loss of height noticed at the yearly visit.",
)
_ALIGNMENT: Final = (
    "Alignment is kept.",
    "There is a slight forward slip of L4 on L5 of {mm} mm, as before.",
    "The lumbar lordosis is flattened.",
    "A mild curve of the thoracolumbar spine is convex to the left.",
)
_QUIET_LEVELS: Final = (
    "{level}: The disc is dry with {mm} mm of bulging; the canal is wide enough.",
    "{level}: Facet joints are thickened, with mild narrowing of both foramina.",
    "{level}: Small central protrusion without contact to the nerve roots.",
    "{level}: No narrowing of the canal or the foramina.",
    "{level}: Moderate disc space narrowing and anterior spurs.",
)
_OLD_FRACTURE: Final = (
    "The old compression fracture of {old} with about {percent}% loss of height has not changed.",
    "Chronic wedge deformity of {old} is stable, with {percent}% loss of anterior height.",
    "Unchanged remote compression deformity of the {old} vertebral body.",
)
_BONES: Final = (
    "The bones are thin. There is no further fracture.",
    "Bone density looks reduced. Remaining vertebral bodies keep their height.",
    "No destructive bone lesion is seen.",
)
_CORD: Final = (
    "The conus ends at L1 and has normal signal.",
    "The paraspinal muscles show fatty change.",
    "The epidural space is free of collection.",
)
_SOFT_TISSUE: Final = (
    "The aorta is calcified and not widened.",
    "Both kidneys are of normal size; a cyst of {mm} mm lies in the left one.",
    "The lungs are clear and there is no effusion.",
    "The heart is at the upper limit of normal size.",
    "The liver, spleen and pancreas are without a focal lesion.",
    "No free fluid and no enlarged lymph nodes.",
)
_NEW_FRACTURE: Final = (
    f"There is an acute compression fracture of {FRACTURE_LEVEL} with marrow edema on STIR and about 35% loss of"
    " anterior height. The posterior wall is intact. There is no retropulsion and the canal is not narrowed."
)
_NEW_IMPRESSION: Final = (
    f"Acute osteoporotic compression fracture of {FRACTURE_LEVEL} with 35% loss of height, no retropulsion."
)
_IMPRESSIONS: Final = (
    "No acute fracture. Stable old compression fracture of {old}.",
    "Degenerative change of the lower lumbar spine, most marked at {level}.",
    "Reduced bone density; consider bone densitometry if not done lately.",
    "No acute finding in the chest or abdomen.",
    "Stable appearance since the earlier study.",
)
_DISCS: Final = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")


@dataclass(frozen=True, slots=True)
class RadiologyReport:
    """One made-up report: ``days`` before the reference day, and its whole text (about 750 to 1,300 characters)."""

    exam: Exam
    days: int
    text: str


def radiology_reports(seed: int, count: int, wording: int) -> tuple[RadiologyReport, ...]:
    """``count`` distinct reports, newest first; the newest describes the acute fracture.

    ``wording`` is one word of each text: with another one no text was seen before, and nothing else changes.
    """
    chance = random.Random(seed)  # noqa: S311 - the same seed must give the same texts; nothing is secret
    reports: list[RadiologyReport] = []
    for number in range(count):
        exam = EXAMS[0] if number == 0 else EXAMS[number % len(EXAMS)]
        days = 8 + number * 19
        text = _text(chance, exam, new=number == 0, image=f"{wording}-{number}")
        reports.append(RadiologyReport(exam, days, text))
    return tuple(reports)


def _text(chance: random.Random, exam: Exam, *, new: bool, image: str) -> str:
    def pick(sentences: Sequence[str]) -> str:
        return chance.choice(sentences).format(
            mm=chance.randint(2, 9), percent=chance.randint(21, 39), old=OLD_LEVEL, level=chance.choice(_DISCS)
        )

    levels = [chance.choice(_QUIET_LEVELS).format(level=disc, mm=chance.randint(2, 6)) for disc in _DISCS]
    body = [pick(_ALIGNMENT), _NEW_FRACTURE if new else "", pick(_OLD_FRACTURE), pick(_BONES)]
    spinal = "SPINE" in exam.title
    details = [*levels, pick(_CORD)] if spinal else [pick(_SOFT_TISSUE) for _ in range(6)]
    details += [pick(_SOFT_TISSUE), f"Sizes were taken on image {image}."]
    impression = [_NEW_IMPRESSION] if new else []
    impression += [pick(_IMPRESSIONS) for _ in range(3)]
    return "\n".join(
        [
            f"EXAM: {exam.title}",
            f"HISTORY: {pick(_HISTORIES)}",
            f"TECHNIQUE: {exam.technique} Dose was kept as low as is reasonable.",
            f"COMPARISON: Study of {chance.randint(2, 30)} months ago.",
            "",
            "FINDINGS:",
            " ".join(sentence for sentence in body if sentence),
            *dict.fromkeys(details),
            "",
            "IMPRESSION:",
            *(f"{place}. {sentence}" for place, sentence in enumerate(dict.fromkeys(impression), 1)),
        ]
    )
