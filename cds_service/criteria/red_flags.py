"""Neurological, infectious and structural alarm signs (RF of `clinical.md` D4). They run on every hook their card is
shown on.
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.criteria import infections
from cds_service.criteria.course import back_pain
from cds_service.criteria.etiology import bacteraemia, fever, infection_evidence, malignancy, raised_markers
from cds_service.criteria.freshness import fresh, fresh_statements
from cds_service.criteria.sites import (
    Reported,
    Site,
    fractured,
    suspected,
    told_early,
    told_early_as_old,
    unseen_fracture,
)
from cds_service.facts.fact import Claim, all_of, any_of, met, not_met, unknown
from cds_service.facts.model import DateRange, Disease, Facts
from cds_service.knowledge.thresholds import Thresholds
from cds_service.reports.findings import LevelFinding


@dataclass(frozen=True, slots=True)
class RedFlags:
    """The alarm signs that hold for this patient."""

    spine_pain: Claim
    """Back pain, or a fracture that is confirmed, coded, suspected or told by a preliminary report, and not an old one
    documented painless.
    """
    neurological_sign: Claim
    """RF-01 and RF-02: any sign of the cauda equina, the cord or a root."""
    deficit: Claim
    """The same with `spine_pain`: what makes it ours."""
    cancer_with_deficit: Claim
    """RF-03"""
    infection: Claim
    """RF-04"""
    infection_critical: Claim
    """RF-04 with a collection, a neurological sign or sepsis."""
    canal_compromised: Claim
    """RF-05: retropulsion or canal compromise at any level."""
    unstable: Claim
    """RF-06"""
    structure_critical: Claim
    """RF-05 with a severely narrowed canal or cord signal, RF-06 after new trauma: critical without any deficit."""
    possible_infection: Claim
    """A report doubts an infection of the spine: no red flag without evidence beside it, but no clearance either."""


def red_flags(sites: tuple[Site, ...], facts: Facts, limit: Thresholds, pain_free: Claim) -> RedFlags:
    """RF-01 to RF-06; ``sites`` with those that preliminary reports alone speak of (FX-07)."""
    spine_pain = _spine_pain(sites, facts, limit, pain_free)
    sign = neurological_sign(facts, limit)
    deficit = all_of(spine_pain, sign)
    doubted = infections.possible(facts, limit)
    infection = _infection(facts, limit, spine_pain, doubted)
    return RedFlags(
        spine_pain=spine_pain,
        neurological_sign=sign,
        deficit=deficit,
        cancer_with_deficit=all_of(malignancy(facts), deficit),
        infection=infection,
        infection_critical=all_of(infection, any_of(infections.collection(facts, limit), sign, sepsis(facts, limit))),
        canal_compromised=any_of(*(canal_compromised(site) for site in sites)) if sites else not_met(),
        unstable=any_of(*(unstable(site) for site in sites)) if sites else not_met(),
        structure_critical=any_of(*(_structure_critical(site, facts) for site in sites)) if sites else not_met(),
        possible_infection=doubted,
    )


def _spine_pain(sites: tuple[Site, ...], facts: Facts, limit: Thresholds, pain_free: Claim) -> Claim:
    """Back pain; a confirmed, coded or suspected fracture; or one that a preliminary report speaks of (D1, FX-07)."""
    painful = [
        any_of(fractured(site, facts), suspected(site), told_early(site))
        for site in sites
        if not (_old(site) and pain_free.met)
    ]
    return any_of(back_pain(facts, limit), *painful, unseen_fracture(facts))


def _old(site: Site) -> bool:
    if told_early(site).met:
        return told_early_as_old(site)
    newest = site.newest()
    return newest is not None and newest.finding.acuity == "chronic"


def neurological_sign(facts: Facts, limit: Thresholds) -> Claim:
    """A coded definite sign; a fresh answered sign; a retention volume over 200 mL; or supportive codes as RF-01 lets
    them count.
    """
    definite = facts.neurology.signs.some(
        lambda d: d.active and d.kind == "definite" and not _long_before_fracture(d, facts, limit)
    )
    stated = fresh_statements(facts.neurology.stated, facts, limit.neuro_fresh_days).some(lambda s: s.says)
    retained = facts.neurology.post_void_residual_ml.some(
        lambda m: m.value > limit.pvr_ml and fresh(m.when, facts, limit.neuro_fresh_days)
    )
    return any_of(definite, stated, retained, _supportive(facts, limit))


def long_standing_sign(facts: Facts, limit: Thresholds) -> Claim:
    """A definite sign that is not new (RF-02), there long before the fracture: still a deficit (CX-10)."""
    return facts.neurology.signs.some(
        lambda d: d.active and d.kind == "definite" and _long_before_fracture(d, facts, limit)
    )


def _long_before_fracture(sign: Disease, facts: Facts, limit: Thresholds) -> bool:
    """An onset more than DE-22's 14 days before that of every fracture, and no longer fresh. One that nobody dated may
    be new.
    """
    if sign.onset is None or sign.onset.days_before(facts.as_of).above(limit.neuro_fresh_days) is not True:
        return False
    return _before_fracture(sign.onset, facts, limit.neuro_fresh_days)


def _supportive(facts: Facts, limit: Thresholds) -> Claim:
    """Retention, incontinence and the like: onset (failing that, recorded) within 14 days and not before the
    fracture's.
    """
    counting = facts.neurology.signs.where(
        lambda d: d.active and d.kind in ("supportive", "weak") and _new_sign(d, facts, limit)
    )
    if any(d.kind == "supportive" for d in counting.items):
        return met(*(d.evidence for d in counting.items))
    return not_met() if counting.gap is None else unknown(counting.gap)


def _new_sign(sign: Disease, facts: Facts, limit: Thresholds) -> bool:
    began = sign.onset or sign.recorded
    return fresh(began, facts, limit.neuro_fresh_days) and not _before_fracture(began, facts)


def _before_fracture(began: DateRange | None, facts: Facts, days: float = 0) -> bool:
    """Whether something began before every fracture on record, by more than so many days."""
    onsets = [d.onset for d in facts.fractures.diagnoses.items if d.standing == "current" and d.onset is not None]
    if facts.fractures.stated_onset.value is not None:
        onsets.append(facts.fractures.stated_onset.value)
    return began is not None and bool(onsets) and all((onset.first - began.last).days > days for onset in onsets)


def _infection(facts: Facts, limit: Thresholds, spine_pain: Claim, doubted: Claim) -> Claim:
    """RF-04; an infection that a report only doubts counts with evidence of DE-21 beside it, as ET-04 reads disc
    signal.
    """
    systemic = any_of(fever(facts, limit), bacteraemia(facts, limit), sepsis(facts, limit), _susceptible(facts, limit))
    coded = facts.infection.diseases.some(lambda d: d.active and d.kind == "spinal")
    return any_of(
        all_of(systemic, spine_pain),
        infections.stated(facts, limit),
        infections.collection(facts, limit),
        coded,
        all_of(doubted, infection_evidence(facts, limit)) if doubted.met else not_met(),
    )


def _susceptible(facts: Facts, limit: Thresholds) -> Claim:
    """Intravenous drug use or immunosuppression, with raised CRP or ESR."""
    risk = facts.infection.diseases.some(lambda d: d.active and d.kind in ("iv-drug-use", "immunosuppression"))
    return all_of(risk, raised_markers(facts, limit))


def sepsis(facts: Facts, limit: Thresholds) -> Claim:
    """DE-21: coded sepsis or bacteraemia, or a positive blood culture; fever codes alone are none."""
    coded = facts.infection.diseases.some(lambda d: d.active and d.kind in ("sepsis", "bacteraemia"))
    return any_of(coded, bacteraemia(facts, limit))


def canal_compromised(site: Site) -> Claim:
    """RF-05: the newest report that speaks of it describes retropulsion or a narrowed canal at this level.

    A preliminary report counts where it describes one, never where it denies one (FX-07). A newer Observation that
    denies it clears no older report: structured data adds a caution, and takes none away.
    """
    denials: list[Reported] = []
    for said in site.alarming:
        finding = said.finding
        if (
            finding.retropulsion is True
            or finding.cord_signal is True
            or finding.canal_compromise not in (None, "none")
        ):
            return met(said.words(*_canal_fields(finding)))
        if said.study.final and (finding.retropulsion is False or finding.canal_compromise == "none"):
            denials.append(said)
            if not said.study.sparse:
                break
    if denials:
        return not_met(denials[0].words("retropulsion", "canal_compromise"))
    return unknown("retropulsion and canal not described")


def _canal_fields(finding: LevelFinding) -> tuple[str, ...]:
    """The fields that state a compromise, so that the sentence quoted is the one that does."""
    if finding.retropulsion is True:
        return ("retropulsion_mm", "retropulsion")
    return ("cord_signal",) if finding.cord_signal is True else ("canal_compromise",)


def _structure_critical(site: Site, facts: Facts) -> Claim:
    severe = severe_canal(site)
    return severe if severe.met else all_of(unstable(site), trauma(site, facts))


def severe_canal(site: Site) -> Claim:
    """RF-05: severe stenosis or an abnormal cord signal on the newest report, or stated since, or on a preliminary one
    of the same day or later (FX-07).
    """
    for said in site.latest_alarming:
        if said.finding.cord_signal is True or said.finding.canal_compromise in ("severe", "cord"):
            return met(said.words("cord_signal", "canal_compromise"))
    return unknown("severe stenosis and cord signal not described")


def trauma(site: Site, facts: Facts) -> Claim:
    """RF-06's trauma: a trauma code, a report that calls the fracture traumatic, or a high-energy mechanism."""
    mechanism = facts.fractures.mechanism.claim(lambda how: how == "high-energy")
    coded = tuple(d.evidence for d in site.diagnoses if d.role == "trauma")
    said = tuple(r.words("etiology") for r in site.latest_alarming if r.finding.etiology == "traumatic")
    return met(*coded, *said) if coded or said else mechanism


def unstable(site: Site) -> Claim:
    """RF-06: Chance, translation, or a burst with ligament injury."""
    for said in site.alarming:
        if said.finding.unstable is True or said.finding.morphology == "chance":
            return met(said.words("unstable", "morphology"))
    return unknown("stability not described")
