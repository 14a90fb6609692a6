"""What speaks against augmentation (CX of `clinical.md` D8). Present acts; unknown is listed "not documented, verify"
(decision 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cds_service.criteria import bleeding, infections
from cds_service.criteria.course import Course, height_loss
from cds_service.criteria.etiology import Etiology
from cds_service.criteria.freshness import fresh, fresh_statements
from cds_service.criteria.red_flags import (
    RedFlags,
    canal_compromised,
    long_standing_sign,
    severe_canal,
    trauma,
    unstable,
)
from cds_service.criteria.sites import Site
from cds_service.facts.fact import Claim, Evidence, any_of, claim, met, not_met, unknown
from cds_service.facts.model import Disease, Facts, Statement
from cds_service.knowledge.thresholds import Thresholds

CEMENT: Final = frozenset({"cement", "opacifier"})
"""CX-06: what bone cement is made of; gadolinium is no part of it."""
PREGNANT_MAN = "a pregnancy is on record of a patient recorded as male"


@dataclass(frozen=True, slots=True)
class Contraindications:
    """CX-01 to CX-15 at one site; the first block is of the patient, the second of the level."""

    infection: Claim
    """CX-02"""
    infection_left_open: Claim
    """What on record asks for CX-02 to be verified."""
    pregnancy: Claim
    """CX-03"""
    pregnancy_possible: Claim
    """CX-03's exception: capacity given, and no fresh negative test or status."""
    too_many_levels: Claim
    """CX-04"""
    cement_allergy: Claim
    """CX-06"""
    severe_cement_allergy: Claim
    """CX-06 of high criticality, or with anaphylaxis or a severe reaction."""
    coagulopathy: Claim
    """CX-07"""
    antithrombotic: Claim
    """CX-08"""
    deficit: Claim
    """CX-10"""
    cannot_lie_prone: Claim
    """CX-15"""
    pain_elsewhere: Claim
    """CX-01"""
    posterior_wall: Claim
    """CX-05, the wall itself"""
    canal: Claim
    """CX-05, retropulsion or canal compromise"""
    unstable: Claim
    """CX-09"""
    severe_collapse: Claim
    """CX-12"""
    high_energy: Claim
    """CX-14"""
    severe_canal: Claim
    """RF-05, severe stenosis or cord signal: what makes CX-05 urgent."""
    trauma: Claim
    """RF-06, the trauma that makes CX-09 urgent while it is new."""


def contraindications(
    site: Site, course: Course, facts: Facts, limit: Thresholds, flags: RedFlags, cause: Etiology
) -> Contraindications:
    """Every clause of D8 at one site."""
    return Contraindications(
        infection=active_infection(facts, limit, flags, cause),
        infection_left_open=infection_left_open(facts, limit, flags),
        pregnancy=pregnant(facts, limit),
        pregnancy_possible=pregnancy_not_excluded(facts, limit),
        too_many_levels=too_many_levels(facts, limit),
        cement_allergy=facts.allergies.some(lambda a: a.agent in CEMENT),
        severe_cement_allergy=facts.allergies.some(lambda a: a.agent in CEMENT and a.severe),
        coagulopathy=coagulopathy(facts, limit),
        antithrombotic=bleeding.active_without_hold(facts),
        deficit=any_of(flags.neurological_sign, long_standing_sign(facts, limit)),
        cannot_lie_prone=fresh_statements(facts.spine.can_lie_prone, facts, limit.exam_fresh_days).some(
            lambda s: not s.says
        ),
        pain_elsewhere=~course.pain_concordant,
        posterior_wall=posterior_wall_defect(site),
        canal=canal_compromised(site),
        unstable=unstable(site),
        severe_collapse=_severe_collapse(site, limit),
        high_energy=cause.unstable_or_high_energy,
        severe_canal=severe_canal(site),
        trauma=trauma(site, facts),
    )


def active_infection(facts: Facts, limit: Thresholds, flags: RedFlags, cause: Etiology) -> Claim:
    """CX-02: an infection of the spine, the body or the site on record, the alarm signs of RF-04, or an infectious
    fracture (ET-04).
    """
    coded = facts.infection.diseases.some(
        lambda d: d.active and d.kind in ("spinal", "sepsis", "systemic", "bacteraemia")
    )
    of_site = facts.infection.diseases.some(lambda d: d.kind == "site" and _may_be_present(d, facts, limit))
    return any_of(coded, of_site, flags.infection, cause.infectious, infection_left_open(facts, limit, flags))


def infection_left_open(facts: Facts, limit: Thresholds, flags: RedFlags) -> Claim:
    """CX-02 as far as something on record asks whether there is one: a doubt of a report, or an infection of an organ,
    of which nobody says whether it is systemic. Never met: it names what to verify.
    """
    organs = tuple(
        unknown(f"{d.evidence.value} on record", [d.evidence])
        for d in facts.infection.diseases.items
        if d.kind == "organ" and _may_be_present(d, facts, limit)
    )
    return any_of(infections.left_open(flags.possible_infection), *organs)


def _may_be_present(infection: Disease, facts: Facts, limit: Thresholds) -> bool:
    """Active, and begun (failing that, recorded) within the longest window of DE-21; one of no date may be present."""
    began = infection.onset or infection.recorded
    return infection.active and (began is None or fresh(began, facts, limit.culture_fresh_days))


def pregnant(facts: Facts, limit: Thresholds) -> Claim:
    """CX-03: coded pregnancy, a positive test within 7 days or status within 30; a man or a woman over 55 is not.

    A clinician's fresh "pregnancy is not possible" is a negative status too, unless a test or status says otherwise.
    A pregnancy on record of a man settles nothing (CF-06); beyond 55 one that is documented counts.
    """
    positive, answers = recorded_pregnancy(facts, limit), _pregnancy_answers(facts, limit)
    if positive:
        if facts.patient.male.value is True:
            return unknown(PREGNANT_MAN, (*positive, *facts.patient.male.evidence))
        return met(*positive)
    said = fresh_statements(facts.pregnancy.possible, facts, limit.pregnancy_status_fresh_days).items
    negative = answers or (() if any(s.says for s in said) else said)
    if negative:
        return not_met(*(s.evidence for s in negative))
    return unknown("pregnancy not documented") if _capacity(facts, limit) is not False else not_met()


def recorded_pregnancy(facts: Facts, limit: Thresholds) -> tuple[Evidence, ...]:
    """What says that the patient is pregnant: a fresh test or status, or a code."""
    answers = tuple(s.evidence for s in _pregnancy_answers(facts, limit) if s.says)
    return (*answers, *(d.evidence for d in facts.pregnancy.diagnoses.items if d.active))


def _pregnancy_answers(facts: Facts, limit: Thresholds) -> tuple[Statement, ...]:
    tested = fresh_statements(facts.pregnancy.tests, facts, limit.hcg_fresh_days)
    status = fresh_statements(facts.pregnancy.statuses, facts, limit.pregnancy_status_fresh_days)
    return (*tested.items, *status.items)


def pregnancy_not_excluded(facts: Facts, limit: Thresholds) -> Claim:
    """CX-03: capacity given (not male, age 12 to 55) and no fresh negative test or status."""
    capacity = _capacity(facts, limit)
    if capacity is not True:
        return unknown("age or sex not known") if capacity is None else not_met()
    state = pregnant(facts, limit)
    said = fresh_statements(facts.pregnancy.possible, facts, limit.pregnancy_status_fresh_days)
    possible = tuple(s.evidence for s in said.items if s.says)
    return met(*possible) if state.unknown else not_met(*state.evidence)


def _capacity(facts: Facts, limit: Thresholds) -> bool | None:
    """Not male and aged 12 to 55; a sex that nobody recorded leaves it open (F7: it is not guessed)."""
    if facts.patient.male.value is True:
        return False
    years = facts.patient.age.value
    if years is None:
        return None
    old_enough, young_enough = years.at_least(limit.pregnancy_age_min), years.at_most(limit.pregnancy_age_max)
    if old_enough is False or young_enough is False:
        return False
    return True if facts.patient.male.value is False and old_enough and young_enough else None


def too_many_levels(facts: Facts, limit: Thresholds) -> Claim:
    """LV-04, CX-04: more than 3 levels in one planned procedure; drafts of one day are one procedure, and so are those
    of no day. In myeloma the limit does not apply (ART).
    """
    drafts = tuple(d for d in facts.drafts if d.kind == "augmentation" and d.selected)
    if not drafts:
        return not_met()
    myeloma = facts.malignancy.myeloma.some(lambda d: d.active)
    if myeloma.met:
        return not_met(*myeloma.evidence)
    for day in dict.fromkeys(d.planned for d in drafts):
        together = tuple(d for d in drafts if d.planned == day)
        if len({level for d in together for level in d.levels}) > limit.max_levels:
            return met(*(d.evidence for d in together))
    if all(d.levels for d in drafts):
        return not_met(*(d.evidence for d in drafts))
    return unknown("no level named")


def coagulopathy(facts: Facts, limit: Thresholds) -> Claim:
    """CX-07: INR over its limit, platelets under theirs, or a coded bleeding disorder."""
    return any_of(
        bleeding.inr(facts, limit).out_of_limit,
        bleeding.platelets(facts, limit).out_of_limit,
        facts.bleeding.disorders.some(lambda d: d.active),
    )


def posterior_wall_defect(site: Site) -> Claim:
    """CX-05: the newest report that speaks of it finds the posterior wall disrupted (S1-06).

    A newer Observation of a wall that is not disrupted clears no older report.
    """
    spoken = [said for said in site.reported if said.finding.posterior_wall is not None]
    if not spoken:
        return unknown("posterior wall not described")
    report = next((place for place, said in enumerate(spoken) if not said.study.sparse), len(spoken) - 1)
    decisive = spoken[: report + 1]
    said = next((each for each in decisive if each.finding.posterior_wall == "disrupted"), decisive[0])
    return claim(said.finding.posterior_wall == "disrupted", [said.words("posterior_wall")])


def _severe_collapse(site: Site, limit: Thresholds) -> Claim:
    plana = tuple(
        r.words("height_loss_grade", "morphology")
        for r in site.reported
        if r.finding.height_loss_grade == "plana" or r.finding.morphology == "plana"
    )
    if plana:
        return met(*plana)
    return height_loss(site).claim(lambda percent: percent.above(limit.severe_collapse_percent))
