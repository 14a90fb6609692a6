"""Whether the fracture may have a cause nobody has looked for: at a young age, or with signs of myeloma, metastasis or
another disease (RF-08; ET-07; decision 11). Numbers and signs are general knowledge (GK).
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.etiology import fragile_by_age
from cds_service.criteria.freshness import fresh
from cds_service.criteria.incidental import fracture_that_counts
from cds_service.facts.fact import Claim, any_of, claim, not_met, unknown
from cds_service.facts.model import Listing, Measurement


@dataclass(frozen=True, slots=True)
class Signs:
    """RF-08's four signs of a disease behind the fracture."""

    weight_loss: Claim
    anaemia: Claim
    hypercalcaemia: Claim
    high_esr: Claim

    @property
    def any(self) -> Claim:
        return any_of(self.weight_loss, self.anaemia, self.hypercalcaemia, self.high_esr)


def signs(a: Assessment) -> Signs:
    """Weight loss, anaemia and hypercalcaemia (the newest value or a diagnosis), and an ESR over its limit."""
    found = a.facts.alarms
    haemoglobin = _newest(found.haemoglobin_g_dl, a, below=a.limit.haemoglobin_g_dl)
    calcium = _newest(found.calcium_mg_dl, a, above=a.limit.calcium_mg_dl)
    return Signs(
        weight_loss=a.facts.weight_loss.some(lambda d: d.active),
        anaemia=any_of(haemoglobin, found.anaemia.some(lambda d: d.active)),
        hypercalcaemia=any_of(calcium, found.hypercalcaemia.some(lambda d: d.active)),
        high_esr=_newest(a.facts.infection.esr_mm_h, a, above=a.limit.esr_workup_mm_h),
    )


def _newest(
    values: Listing[Measurement], a: Assessment, *, above: float | None = None, below: float | None = None
) -> Claim:
    """The newest value still fresh against its limit."""
    newest = next((m for m in values.items if fresh(m.when, a.facts, a.limit.workup_labs_fresh_days)), None)
    if newest is None:
        return unknown(values.gap or "the last value is too old", (m.evidence for m in values.items[:1]))
    beyond = newest.value > above if above is not None else below is not None and newest.value < below
    return claim(beyond, [newest.evidence])


def young(a: Assessment) -> Claim:
    """Under 50."""
    return ~fragile_by_age(a.facts, a.limit)


def without_injury(level: LevelFacts, a: Assessment) -> Claim:
    """Decision 11: a low-energy mechanism documented, or a fracture code that is not one of injury."""
    coded = tuple(d.evidence for d in level.site.diagnoses if d.standing == "current" and not d.traumatic)
    return any_of(a.facts.fractures.mechanism.claim(lambda how: how == "low-energy"), claim(bool(coded) or None, coded))


def known_cause(level: LevelFacts, a: Assessment) -> Claim:
    """Decision 11: glucocorticoids, osteogenesis imperfecta, a metabolic bone disease, or another cause on record."""
    bones = a.facts.bone_health.diseases.some(lambda d: d.kind in ("osteogenesis-imperfecta", "metabolic"))
    renal = a.facts.alarms.metabolic.some(lambda d: d.active)
    cause = level.cause
    other = any_of(cause.infectious, cause.unstable_or_high_energy, cause.benign_lesion, cause.pathologic_report)
    return any_of(cause.steroid, bones, renal, a.malignancy, other)


def fractured(a: Assessment) -> Claim:
    """FX-01 or FX-02 at some level, not seen by chance."""
    return any_of(*(fracture_that_counts(level, a) for level in a.levels)) if a.levels else not_met()
