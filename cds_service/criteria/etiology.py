"""What caused the fracture (ET of `clinical.md` D3; VA-10). Several may hold at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cds_service.criteria import infections
from cds_service.criteria.acuity import documented_onsets, possible
from cds_service.criteria.freshness import fresh
from cds_service.criteria.sites import Reported, Site
from cds_service.facts.fact import Claim, all_of, any_of, claim, met, not_met, unknown
from cds_service.facts.model import Disease, Facts, Steroid
from cds_service.knowledge.thresholds import Thresholds
from cds_service.reports.findings import LevelFinding

DAYS_A_MONTH = 30
BENIGN = frozenset({"osteoporotic", "benign-lesion"})


@dataclass(frozen=True, slots=True)
class Etiology:
    """The causes that hold at one site; each an excluding clause that counts only when present (decision 2)."""

    osteoporotic: Claim
    """ET-01"""
    neoplastic: Claim
    """ET-02"""
    suspicious: Claim
    """ET-03"""
    infectious: Claim
    """ET-04"""
    unstable_or_high_energy: Claim
    """ET-05"""
    steroid: Claim
    """ET-06"""
    metabolic_first: Claim
    """ET-07 in the form of decision 11: under 50 or osteogenesis imperfecta, so the metabolic bone clinic comes first.
    """
    benign_lesion: Claim
    """ET-08"""
    pathologic_report: Claim
    """ET-03 as far as a report of this level states it: without weight loss, which speaks of no level."""
    possible_infection: Claim
    """A report doubts an infection of the spine, wherever: what excludes the cause is then not settled."""

    @property
    def other_cause(self) -> Claim:
        """Any cause that takes the fracture out of the osteoporotic path."""
        return any_of(self.neoplastic, self.other_cause_than_malignancy)

    @property
    def other_cause_than_malignancy(self) -> Claim:
        """The same, leaving out a malignancy on record."""
        return any_of(self.suspicious, self.infectious, self.unstable_or_high_energy, self.benign_lesion)


def etiology(site: Site, facts: Facts, limit: Thresholds) -> Etiology:
    """ET-01 to ET-08 at one site."""
    neoplastic = neoplastic_known(site, facts)
    suspicious_report = suspicious(site, facts, limit)
    infectious_cause = infectious(site, facts, limit)
    high_energy = unstable_or_high_energy(site, facts)
    benign = benign_lesion(site, facts)
    steroid = chronic_steroid(facts, limit)
    return Etiology(
        osteoporotic=_osteoporotic(site, facts, limit),
        neoplastic=neoplastic,
        suspicious=suspicious_report,
        infectious=infectious_cause,
        unstable_or_high_energy=high_energy,
        steroid=steroid,
        metabolic_first=metabolic_first(facts, limit),
        benign_lesion=benign,
        pathologic_report=_reported(site, _looks_pathologic, site.alarming),
        possible_infection=infections.possible(facts, limit),
    )


def candidate_cause(cause: Etiology, *, despite_malignancy: bool = False) -> Claim:
    """VA-10: ET-01 or ET-06, and no other cause present; unknown where decision 11 sends the patient to the bone clinic
    first. ``despite_malignancy``: a known malignancy alone does not count (C-01); its signs in a report do.
    """
    other = cause.other_cause_than_malignancy if despite_malignancy else cause.other_cause
    if other.met:
        return not_met(*other.evidence)
    if cause.possible_infection.met:
        return infections.left_open(cause.possible_infection)
    if cause.metabolic_first.met:
        return unknown(
            "under 50 or osteogenesis imperfecta: metabolic bone clinic first", cause.metabolic_first.evidence
        )
    if cause.metabolic_first.unknown:
        return cause.metabolic_first
    return any_of(cause.osteoporotic, cause.steroid)


def fragile_by_age(facts: Facts, limit: Thresholds) -> Claim:
    """Age 50 or over."""
    return facts.patient.age.claim(lambda years: years.at_least(limit.fragility_age)).because("age not known")


def osteoporosis(facts: Facts, limit: Thresholds) -> Claim:
    """Osteoporosis coded, or a T-score of spine, hip or femur at or under the limit."""
    coded = facts.bone_health.diseases.some(lambda d: d.kind == "osteoporosis")
    low = facts.bone_health.t_scores.some(lambda m: m.value <= limit.t_score_osteoporosis)
    return any_of(coded, low)


def prior_fragility_fracture(facts: Facts) -> Claim:
    """An older vertebral fracture on record."""
    return facts.fractures.diagnoses.some(lambda d: d.role == "history" or d.standing == "past")


def _osteoporotic(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """ET-01. A mechanism nobody recorded does not count against it; neither does a silent report."""
    fragile = any_of(fragile_by_age(facts, limit), osteoporosis(facts, limit), prior_fragility_fracture(facts))
    mechanism = facts.fractures.mechanism
    # Two that disagree leave evidence and no value; one that nobody recorded leaves neither.
    disagree = mechanism.value is None and bool(mechanism.evidence)
    low_energy = None if disagree else mechanism.value != "high-energy"
    return all_of(fragile, claim(low_energy, mechanism.evidence, mechanism.why_unknown or ""))


def neoplastic_known(site: Site, facts: Facts) -> Claim:
    """ET-02: a bone-tropic malignancy, active or past, or a neoplastic fracture code, until a report calls the fracture
    benign.
    """
    cleared = called_benign(site, facts)
    coded = tuple(d.evidence for d in site.diagnoses if d.role == "neoplastic")
    tumour = facts.malignancy.diseases.some(lambda d: d.kind == "bone-tropic")
    known = any_of(claim(bool(coded), coded), tumour)
    return not_met(cleared.evidence) if cleared is not None and known.met else known


def called_benign(site: Site, facts: Facts) -> Reported | None:
    """ET-02, IM-11: the newest report that calls this fracture benign: no older than its onset (none documented: than
    the newest study of it), and none from before a cancer was found. An undated one says it of no fracture.
    """
    newest = next((r.study.when for r in site.reported if r.study.when is not None), None)
    onsets = [when.first for when, _ in documented_onsets(site, facts) if possible(when, facts)]
    began = max(onsets, default=newest.first if newest is not None else None)
    found = [d.onset.first for d in facts.malignancy.diseases.items if d.kind == "bone-tropic" and d.onset is not None]
    since = [day for day in (began, *found) if day is not None]
    said = (r for r in site.reported if r.finding.etiology in BENIGN)
    return next((r for r in said if r.study.when is not None and all(r.study.when.last >= day for day in since)), None)


def suspicious(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """ET-03: the report's own signs of a pathologic fracture, or weight loss over 50."""
    by_report = _reported(site, _looks_pathologic, site.alarming)
    wasting = all_of(facts.weight_loss.some(lambda d: d.active), fragile_by_age(facts, limit))
    return any_of(by_report, wasting)


def _looks_pathologic(finding: LevelFinding) -> str | None:
    """The field that shows a pathologic fracture."""
    signs = {
        "etiology": finding.etiology in ("pathologic", "suspicious"),
        "posterior_elements": finding.posterior_elements is True,
        "soft_tissue_mass": finding.soft_tissue_mass is True,
        "posterior_wall": finding.posterior_wall == "bowed",
    }
    return next((field for field, shown in signs.items() if shown), None)


def infectious(site: Site, facts: Facts, limit: Thresholds) -> Claim:
    """ET-04: a coded spinal infection, a report that says so and that no newer one denies, or infection evidence with
    disc signal, a collection or a doubt.
    """
    coded = facts.infection.diseases.some(lambda d: d.active and d.kind == "spinal")
    standing = infections.undenied(site.alarming, facts, "etiology")
    said = _reported(site, lambda f: "etiology" if f.etiology == "infectious" else None, standing)
    gathered = infections.undenied(site.alarming, facts, "collection")
    signal = any_of(
        _reported(site, lambda f: "collection" if f.collection is True else None, gathered),
        _reported(site, lambda f: "disc_signal" if f.disc_signal is True else None, site.alarming),
        infections.possible_at(site, facts, limit),
    )
    return any_of(coded, said, all_of(signal, infection_evidence(facts, limit)))


def infection_evidence(facts: Facts, limit: Thresholds) -> Claim:
    """DE-21: fever, raised CRP or ESR, a positive blood culture, or a coded systemic infection, each fresh."""
    return any_of(
        fever(facts, limit),
        raised_markers(facts, limit),
        bacteraemia(facts, limit),
        facts.infection.diseases.some(lambda d: d.active and d.kind in ("sepsis", "systemic", "bacteraemia")),
    )


def fever(facts: Facts, limit: Thresholds) -> Claim:
    """38.0 degrees or more within 72 hours, or a clinician's fresh "fever or sepsis"."""
    days = limit.temperature_fresh_hours / 24
    measured = facts.infection.temperature_c.some(
        lambda m: m.value >= limit.temperature_c if fresh(m.when, facts, days) else False
    )
    stated = facts.infection.fever_or_sepsis.some(lambda s: s.says if fresh(s.when, facts, days) else False)
    return any_of(measured, stated)


def raised_markers(facts: Facts, limit: Thresholds) -> Claim:
    """CRP or ESR at or over its limit within 14 days (DE-21)."""
    crp = facts.infection.crp_mg_l.some(
        lambda m: m.value >= limit.crp_mg_l and fresh(m.when, facts, limit.crp_esr_fresh_days)
    )
    esr = facts.infection.esr_mm_h.some(
        lambda m: m.value >= limit.esr_mm_h and fresh(m.when, facts, limit.crp_esr_fresh_days)
    )
    return any_of(crp, esr)


def bacteraemia(facts: Facts, limit: Thresholds) -> Claim:
    """Coded bacteraemia, or a blood culture that grew something within 30 days."""
    coded = facts.infection.diseases.some(lambda d: d.active and d.kind == "bacteraemia")
    grown = facts.infection.blood_cultures.some(lambda s: s.says and fresh(s.when, facts, limit.culture_fresh_days))
    return any_of(coded, grown)


def unstable_or_high_energy(site: Site, facts: Facts) -> Claim:
    """ET-05: high-energy mechanism, a trauma or burst code, or a report of burst, Chance, distraction or
    translation.
    """
    mechanism = facts.fractures.mechanism.claim(lambda m: m == "high-energy")
    coded = tuple(d.evidence for d in site.diagnoses if d.role == "trauma")
    said = _reported(site, _looks_unstable, site.alarming)
    return any_of(mechanism, claim(bool(coded), coded), said)


def _looks_unstable(finding: LevelFinding) -> str | None:
    """The field that shows an unstable or high-energy fracture."""
    signs = {
        "unstable": finding.unstable is True,
        "morphology": finding.morphology in ("burst", "chance"),
        "etiology": finding.etiology == "traumatic",
    }
    return next((field for field, shown in signs.items() if shown), None)


def chronic_steroid(facts: Facts, limit: Thresholds) -> Claim:
    """ET-06: systemic glucocorticoid of at least 2.5 mg prednisone-equivalent a day for over three months (GIOP)."""
    return facts.bone_health.steroids.some(lambda s: _chronic(s, facts, limit))


def _chronic(steroid: Steroid, facts: Facts, limit: Thresholds) -> bool | None:
    if steroid.start is None:
        return None
    end = facts.as_of if steroid.active or steroid.end is None else steroid.end.last
    long_enough = steroid.start.days_before(end).above(limit.steroid_months * DAYS_A_MONTH)
    enough = None if steroid.mg_per_day is None else steroid.mg_per_day >= limit.steroid_mg_per_day
    if long_enough is False or enough is False:
        return False
    return None if long_enough is None or enough is None else True


def metabolic_first(facts: Facts, limit: Thresholds) -> Claim:
    """Decision 11: age under 50, or osteogenesis imperfecta."""
    young = facts.patient.age.claim(lambda years: years.below(limit.fragility_age)).because("age not known")
    brittle = facts.bone_health.diseases.some(lambda d: d.kind == "osteogenesis-imperfecta")
    return brittle if brittle.met else young


def benign_lesion(site: Site, facts: Facts) -> Claim:
    """ET-08, C-02: hemangioma, giant cell tumour or another benign lesion named at this level, or coded; or a coded
    vascular lesion of the spine (S1-08).
    """
    coded = facts.malignancy.diseases.some(lambda d: d.kind in ("benign-lesion", "vascular") and d.active)
    said = _reported(site, lambda f: "etiology" if f.etiology == "benign-lesion" else None, site.reported)
    return any_of(said, coded)


def _reported(site: Site, sign: Callable[[LevelFinding], str | None], reported: tuple[Reported, ...]) -> Claim:
    """Whether one of these reports on the site shows the sign, quoted where it does. What excludes a cause is red-flag
    matter too, so preliminary reports are among them (FX-07).
    """
    for said in reported:
        field = sign(said.finding)
        if field is not None:
            return met(said.words(field))
    return not_met() if site.newest() is not None else unknown("no report states it")


def malignancy(facts: Facts) -> Claim:
    """DE-23: any malignancy on record, active or past; benign lesions and vascular malformations are none."""

    def counts(disease: Disease) -> bool:
        return disease.kind in ("bone-tropic", "other")

    return facts.malignancy.diseases.some(counts)
