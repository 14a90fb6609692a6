"""What is being ordered: which levels a drafted augmentation is judged at (decision 16), and drafts that add a line."""

from __future__ import annotations

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.facts.fact import Claim, met, not_met
from cds_service.facts.model import DraftKind


def levels_to_judge(a: Assessment) -> tuple[LevelFacts, ...]:
    """With an augmentation draft its levels alone; none named: every acute one, else every one there is."""
    drafts = a.augmentation_drafts
    if not drafts:
        return a.levels
    named = {level for draft in drafts for level in draft.levels}
    if named:
        return tuple(level for level in a.levels if level.site.level in named)
    acute = tuple(level for level in a.levels if level.acuity.shown.met)
    return acute or tuple(level for level in a.levels if level.fractured.met) or a.levels


def augmentation_drafted(a: Assessment) -> Claim:
    """Whether an augmentation is among the selected drafts."""
    drafts = tuple(d.evidence for d in a.augmentation_drafts)
    return met(*drafts) if drafts else not_met()


def film_drafted(a: Assessment) -> bool:
    """OC-10: a radiograph of the spine among the selected drafts."""
    return any(d.kind == "imaging" and d.modality == "XR" and d.selected for d in a.facts.drafts)


def drafted(kind: DraftKind, a: Assessment) -> bool:
    """OC-42, OC-61: a draft of that kind among the selected ones."""
    return any(d.kind == kind and d.selected for d in a.facts.drafts)


def surgical_notes(a: Assessment) -> tuple[str, ...]:
    """Lines of the cards that ask for a spine surgeon: an examination that is missing, and what is being ordered."""
    return (
        *(("neurology-unknown",) if a.flags.neurological_sign.unknown else ()),
        *(("augmentation-ordered",) if augmentation_drafted(a).met else ()),
        *(("brace",) if drafted("brace", a) else ()),
        *(("film",) if film_drafted(a) else ()),
        *(("mri-unsafe",) if a.mri_unsafe.met else ()),
    )


def level_is_missing(a: Assessment) -> bool:
    """OC-23: an augmentation is drafted and names no level at all."""
    return any(not (draft.levels or draft.outside) for draft in a.augmentation_drafts)
