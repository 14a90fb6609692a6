"""An augmentation is drafted: what a reviewer of the payer would look for, and what the record shows of it.

OC-29 and OC-30 of `clinical.md` section E, VA-12's coverage side, C-05, C-15, C-17, C-18, SP-01 and SP-03, WISeR.
Information: it never says whether the procedure is right for the patient.
"""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import candidacy
from cds_service.criteria.coverage import (
    NO_PAYER,
    REGISTER,
    RULE,
    CoverageFile,
    age_on_the_day,
    coverage_file,
    days_tried,
    fitting_numbers,
    in_wiser,
    ordered_levels,
    payer_of,
    place_of_service,
    state_of,
    two_codes,
)
from cds_service.criteria.criterion import Criteria, Criterion
from cds_service.facts.fact import Claim, Fact
from cds_service.knowledge.citations import cite
from cds_service.recommendations.augmentation_missing_data import missing
from cds_service.recommendations.augmentation_referral import CANDIDACY_NEEDS
from cds_service.recommendations.drafted import augmentation_drafted, levels_to_judge
from cds_service.recommendations.recommendation import Judgement, Recommendation, Situation

DEFAULT_PAYER = "medicare-ffs"
"""Decision 14, where the site sets no other."""
PAYERS: Mapping[str, str] = {
    "medicare-ffs": "Medicare fee-for-service",
    "medicare-advantage": "Medicare Advantage",
    "other": "another payer than Medicare",
}
HOW_READ: Mapping[str, str] = {
    "P": "full text", "X": "excerpt", "S": "second-hand", "GK": "not verified", "DES": "not read"
}  # fmt: skip
ITEM_OF: Mapping[str, int] = {"VA-02": 1, "VA-05": 2, "VA-03": 3, "VA-06": 4, "VA-07": 5, "VA-08": 6, "VA-09": 7}
"""The clauses of candidacy that an item of the list asks too."""
UNNAMED = "level not named"


def judge(a: Assessment, situation: Situation) -> tuple[Judgement, ...]:
    """One judgement for each drafted level, the fullest file first (decision 16); one of the patient where the order
    names no level.
    """
    payer = payer_of(a, situation.choices.get("default_payer", DEFAULT_PAYER))
    gate = _gate(a, payer)
    if not a.augmentation_drafts:
        return (Judgement(criteria=gate, outcome=gate.outcome, table=gate.include),)
    named = bool(ordered_levels(a.augmentation_drafts))
    files = [(level, coverage_file(level, a, named=named)) for level in levels_to_judge(a)]
    files.sort(key=lambda found: -len(found[1].shown))
    judged = files if named else files[:1]
    return tuple(_at_level(level, found, a, situation, payer, gate) for level, found in judged)


def _gate(a: Assessment, payer: Fact[str]) -> Criteria:
    """Any payer profile but "none"; an unknown payer does not switch the card off (decision 2)."""
    off = payer.claim(lambda kind: kind == NO_PAYER)
    return Criteria(
        include=(Criterion("an augmentation is being ordered", augmentation_drafted(a), cite("DES", RULE), RULE),),
        exclude=(Criterion("no payer profile applies", off, cite("DES", "decision 14"), "D14"),),
    )


def _at_level(
    level: LevelFacts, found: CoverageFile, a: Assessment, situation: Situation, payer: Fact[str], gate: Criteria
) -> Judgement:
    reviewed = in_wiser(a, payer)
    named = bool(ordered_levels(a.augmentation_drafts))
    return Judgement(
        criteria=gate,
        outcome=gate.outcome,
        level=level.site.level if named else None,
        label=level.label if named else UNNAMED,
        indicator="warning" if reviewed.met and not found.complete else "info",
        table=_table(level, found, a, situation),
        notes=_notes(level, found, a, payer, reviewed),
        values=_values(level, found, a, payer, reviewed),
    )


def _table(level: LevelFacts, found: CoverageFile, a: Assessment, situation: Situation) -> tuple[Criterion, ...]:
    """The ten items, the whole, the exclusions that are present or open, and what else of candidacy is open
    (decision 10).
    """
    spoken = tuple(c for c in found.exclusions if not c.claim.not_met)
    return (*found.items, found.together, *spoken, *_still_open(level, found, a, situation))


def _still_open(level: LevelFacts, found: CoverageFile, a: Assessment, situation: Situation) -> tuple[Criterion, ...]:
    """What the card for missing data would ask and no open item of the list says already."""
    said = {f"{RULE} item {number}" for number in ITEM_OF.values()}
    open_items = {item.rule for item in found.items if item.claim.unknown and item.rule in said}
    asked = missing(candidacy(level, a, situation.choices), level, a)
    return tuple(c for c in asked if f"{RULE} item {ITEM_OF.get(c.rule, 0)}" not in open_items)


# --- lines ------------------------------------------------------------------------------------------------------------


def _notes(level: LevelFacts, found: CoverageFile, a: Assessment, payer: Fact[str], reviewed: Claim) -> tuple[str, ...]:
    return (
        *_payer_notes(payer),
        *_policy_notes(a),
        *_wiser_notes(found, a, payer, reviewed),
        *_reading_notes(level, found, a),
        *_code_notes(level, a),
    )


def _payer_notes(payer: Fact[str]) -> tuple[str, ...]:
    if payer.value is None:
        return ("payer-unknown",)
    by_setting = ("payer-by-setting",) if not payer.evidence else ()
    return (*by_setting, *((f"payer-{payer.value}",) if payer.value != DEFAULT_PAYER else ()))


def _policy_notes(a: Assessment) -> tuple[str, ...]:
    """Whose policy: that of the state, if a list that was read names it, else the one read in full (appendix I)."""
    state = state_of(a).value
    if state is None:
        return ("policy-state-unknown", "list-followed")
    by_address = () if place_of_service(a).value is not None else ("state-by-address",)
    if REGISTER.of_state(state) is None:
        perhaps = ("policy-perhaps",) if REGISTER.perhaps_of(state) is not None else ()
        return (*by_address, "policy-unread", *perhaps, "list-followed")
    own = REGISTER.of_state(state)
    followed = () if own is REGISTER.file_list else ("list-followed",)
    return (*by_address, "policy", *followed)


def _wiser_notes(found: CoverageFile, a: Assessment, payer: Fact[str], reviewed: Claim) -> tuple[str, ...]:
    """The prior-authorisation line (OC-30); where it is open whether the model applies, what decides it."""
    if reviewed.not_met:
        return ()
    if reviewed.met:
        return ("wiser-complete" if found.complete else "wiser-open",)
    return ("wiser-if-medicare",) if payer.value is None and state_of(a).value is not None else ("wiser-where",)


def _reading_notes(level: LevelFacts, found: CoverageFile, a: Assessment) -> tuple[str, ...]:
    """Where sources or payers differ (C-05, C-15, C-17, C-18), and the traps of the coverage text."""
    score, inpatient = a.course.score, a.course.inpatient
    low = inpatient.met and score.claim(a.limit.nrs_lcd_inpatient).not_met
    lines = {
        "age": level.within_window.met,
        "level-uncommon": level.site.level is not None and level.in_range.unknown,
        "course-forms": not inpatient.met,
        "lengths-differ": not inpatient.met,
        "imaging-age": level.study_recent.not_met,
        "hospital-before": a.facts.stay.setting.value != "not-hospitalised",
        "hospital-no-path": low and score.claim(a.limit.nrs_lcd_outpatient).met,
        "exclusion-present": any(c.claim.met for c in found.exclusions),
        "steroid": level.cause.steroid.met,
    }
    return tuple(key for key, holds in lines.items() if holds)


def _code_notes(level: LevelFacts, a: Assessment) -> tuple[str, ...]:
    """OC-29 and SP-01 where a malignancy is on record; the codes of the list otherwise."""
    if not level.cause.neoplastic.met:
        return ("codes", "procedure-numbers")
    pair = "two-codes" if two_codes(level, a).met else "two-codes-missing"
    return (pair, "malignant-policies", "procedure-numbers")


def _values(
    level: LevelFacts, found: CoverageFile, a: Assessment, payer: Fact[str], reviewed: Claim
) -> Mapping[str, str]:
    state = state_of(a).value
    own = REGISTER.of_state(state) if state is not None else None
    perhaps = REGISTER.perhaps_of(state) if state is not None else None
    shown, tried = own or REGISTER.file_list, days_tried(a)
    dx, wiser = REGISTER.diagnoses, REGISTER.wiser
    review = f"; WISeR {state}" if reviewed.met else ""
    named = bool(ordered_levels(a.augmentation_drafts))
    return {
        "level": level.label if named else UNNAMED,
        "items": str(len(found.items)),
        "documented": str(len(found.shown)),
        "failed": str(sum(item.claim.not_met for item in found.items)),
        "undocumented": str(sum(item.claim.unknown for item in found.items)),
        "lcd": shown.id,
        "policy": f"LCD {shown.id}{'' if own is not None else ', local not read'}{review}",
        "contractor": f"{shown.contractor} ({HOW_READ[shown.contractor_tag]})",
        "effective": f"effective {shown.effective}" if shown.effective is not None else "effective date not read",
        "read": HOW_READ[shown.tag],
        "states_read": HOW_READ[shown.states_tag or "DES"],
        "whole": "whole" if shown.states_whole else "not whole",
        "list": REGISTER.file_list.id,
        "perhaps": f"{perhaps.id} ({perhaps.contractor})" if perhaps is not None else "none",
        "state": state or "not known",
        "payer": PAYERS.get(payer.value or "", payer.value or "not known"),
        "why": payer.why_unknown or "",
        "wiser_states": " ".join(sorted(wiser.states)),
        "wiser_first": f"{wiser.first}",
        "wiser_last": f"{wiser.last}",
        "covered": ", ".join(sorted(dx.alone)),
        "pathologic": " or ".join(sorted(dx.pathologic)),
        "causes": ", ".join(sorted(dx.causes)),
        "malignant": ", ".join(p.id for p in REGISTER.policies.values() if p.malignant),
        "procedures": fitting_numbers(ordered_levels(a.augmentation_drafts)),
        "days": f"{level.onset_days.value or 'not known'}",
        "age": age_on_the_day(level, a),
        "lcd_form": _word(level.lcd_course),
        "seed_form": _word(level.seed_course),
        **tried,
    }


def _word(said: Claim) -> str:
    return "met" if said.met else "not met" if said.not_met else "not documented"


RECOMMENDATION = Recommendation(
    id="augmentation-coverage",
    statement="Before an augmentation is signed or booked, the record is held against the payer's list of documents.",
    sources=(
        cite("LCD-N", "coverage criteria (a) to (c) and exclusions"),
        cite("LCD-E", "header and restatements"),
        cite("ART", "groups 1 and 2; procedure numbers"),
        cite("WISER", "90 FR 28749: states and period"),
    ),
    needs=CANDIDACY_NEEDS | {"coverage"},
    judge=judge,
)
