"""DE-28, DE-31: augmentations already done, surgery that is planned, and whether the patient can lie prone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.facts.coded import find
from cds_service.facts.fact import Evidence
from cds_service.facts.levels import levels_in, levels_of
from cds_service.facts.model import Augmentation, Disease, Spine
from cds_service.facts.questionnaire import Answers, stated
from cds_service.facts.source import Source, cut
from cds_service.facts.wording import either, names_augmentation, spoken_of
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.decoding import plain_code

SET: Final = "vertebral-augmentation-procedure"
DONE: Final = frozenset({"completed", ""})
_ONLY_TALKED: Final = re.compile(
    r"\bconsult\w*|\bevaluat\w*|\brefer\w*|\bdiscuss\w*|\bplanned\b|\bcancel\w*|\bfollow-?up\b|\beducation\b",
    re.IGNORECASE,
)

_OPERATED: Final = either(
    r"(?:spin(?:e|al)|lumb\w+|thora\w+|vertebral|interbody) (?:fusion|arthrodesis|decompression|surgery)",
    r"(?:hemi-?)?laminectom\w+",
    r"(?:micro-?)?dis[ck]ectom\w+",
    r"foraminotom\w+",
    "(?:spinal|lumbar|thoracic|pedicle screw) instrumentation",
    "post-?laminectomy syndrome",
    "failed back (?:surgery )?syndrome",
)


def spine(source: Source, answers: Answers) -> Spine:
    """Earlier augmentations newest first, and the two answers."""
    return Spine(
        augmentations=source.listing(_augmentations(source), "procedures"),
        planned_surgery=stated(source, answers.statement("planned-spine-surgery", "spine surgery planned")),
        can_lie_prone=stated(source, answers.statement("can-lie-prone", "can lie prone")),
        surgery=source.listing(_operations(source), "procedures", "conditions"),
    )


def _operations(source: Source) -> Iterator[Disease]:
    """By their words: no code of a spinal operation is in a verified set."""
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        spoken = words(procedure.code).lower()
        match = spoken_of(_OPERATED, spoken)
        if plain_code(procedure.status) in DONE and match is not None and not _ONLY_TALKED.search(spoken):
            moment = source.start(procedure.performed_date_time, procedure.performed_period)
            evidence = Evidence(located.reference, cut(f"{match.group()} (by its wording)"), moment.date)
            yield Disease("surgery", False, moment.when, moment.when, evidence, by_wording=True)
    for problem in source.problems:
        match = spoken_of(_OPERATED, problem.spoken)
        if match is not None and not _ONLY_TALKED.search(problem.spoken):
            yield problem.disease("surgery", match.group(), active=False, by_wording=True)


def _augmentations(source: Source) -> tuple[Augmentation, ...]:
    found = list(_done(source))
    found.sort(key=lambda each: each.when.last.toordinal() if each.when else 0, reverse=True)
    return tuple(found)


def _done(source: Source) -> Iterator[Augmentation]:
    for located in source.record.of(fhir.Procedure):
        procedure = located.resource
        if plain_code(procedure.status) not in DONE:
            continue
        row = next((each for each in find(procedure.code).get(SET, ()) if each["augmentation"] == "yes"), None)
        spoken = words(procedure.code)
        by_wording = row is None and names_augmentation(spoken) and not _ONLY_TALKED.search(spoken)
        if row is None and not by_wording:
            continue
        moment = source.start(procedure.performed_date_time, procedure.performed_period)
        levels = levels_of(procedure.body_site) or levels_in(spoken)
        kind = row["kind"] if row is not None else "augmentation (by its wording)"
        shown = f"{kind} {', '.join(levels)}".strip()
        yield Augmentation(levels, moment.when, Evidence(located.reference, cut(shown), moment.date))
