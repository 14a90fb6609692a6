"""The coverage file: who pays where, the ten items a Medicare policy wants documented, and prior authorisation
(OC-29, OC-30; VA-12's coverage side; DE-29; decisions 3 and 14).

The coverage text wants none of its relative exclusions either, so one that is present fails the file, although
clinically it is for a specialist (the trap of the core text).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.criteria import course
from cds_service.criteria.assessment import Assessment, LevelFacts
from cds_service.criteria.candidacy import blocking, candidacy, care_parts
from cds_service.criteria.criterion import Criterion
from cds_service.criteria.freshness import HOURS_A_DAY, fresh_statements
from cds_service.facts.fact import Claim, Evidence, Fact, all_of, any_of, claim, fact, met, no_fact, not_met, unknown
from cds_service.facts.model import Draft, Level, Listing, Statement
from cds_service.knowledge.citations import cite
from cds_service.knowledge.coverage_policies import Technique, load_coverage_policies

REGISTER: Final = load_coverage_policies()
NO_PAYER: Final = "none"
"""The payer profile that switches the card off."""
RULE: Final = "OC-30"
NEUROLOGICAL_QUESTIONS: Final = 4
"""Weakness, saddle, bladder or bowel, gait: what the assessment form asks."""
BY_LEVEL: Final = frozenset({"VA-01", "VA-02", "VA-03", "VA-10"})
"""The clauses of candidacy that the coverage text shares as they are (VA-12)."""


# --- who pays, and where ----------------------------------------------------------------------------------------------


def payer_of(a: Assessment, default: str) -> Fact[str]:
    """DE-29: whose coverage holds on the reference date; ``default`` where the record was read and holds none.

    Decision 14 speaks of a patient without a Coverage: one whose coverage could not be read has an unknown payer.
    """
    listed = a.facts.payer.coverages
    day = a.facts.reference_date
    held = [each for each in listed.items if each.covers.first <= day <= each.covers.last]
    for kind in ("medicare-advantage", "medicare-ffs"):
        named = tuple(each.evidence for each in held if each.kind == kind)
        if named:
            return fact(kind, *named)
    if listed.gap is not None:
        return no_fact(listed.gap, *(each.evidence for each in held))
    if any(each.kind is None for each in held):
        return no_fact("the coverage does not say whose it is", *(each.evidence for each in held))
    return fact("other", *(each.evidence for each in held)) if held else fact(default)


def place_of_service(a: Assessment) -> Fact[str]:
    """DE-29: the state of the place the draft names; unknown where drafts name several."""
    named = {d.state.value: d.state for d in a.augmentation_drafts if d.state.value is not None}
    if len(named) > 1:
        return no_fact("drafts name places in several states")
    unnamed = next((d.state for d in a.augmentation_drafts), no_fact("place of service not named"))
    return next(iter(named.values()), unnamed)


def state_of(a: Assessment) -> Fact[str]:
    """The place of service first, then the patient's address (DE-29)."""
    named = place_of_service(a)
    return named if named.value is not None else a.facts.payer.state


def in_wiser(a: Assessment, payer: Fact[str]) -> Claim:
    """Whether prior authorisation or pre-payment review applies: Medicare fee-for-service, in its states and days."""
    wiser = REGISTER.wiser
    return all_of(
        claim(wiser.first <= a.facts.reference_date <= wiser.last),
        payer.claim(lambda kind: kind == "medicare-ffs"),
        state_of(a).claim(lambda state: state in wiser.states),
    )


# --- the ten items ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageFile:
    """What a reviewer would look for in the record of one level."""

    items: tuple[Criterion, ...]
    """The ten of OC-30, in their order."""
    exclusions: tuple[Criterion, ...]
    """Those of item 8 one by one."""
    together: Criterion
    """VA-12's coverage."""

    @property
    def shown(self) -> tuple[Criterion, ...]:
        """The items documented as met."""
        return tuple(item for item in self.items if item.claim.met)

    @property
    def complete(self) -> bool:
        """Whether every item is documented as met."""
        return len(self.shown) == len(self.items)


def coverage_file(level: LevelFacts, a: Assessment, *, named: bool = True) -> CoverageFile:
    """OC-30 at one level; ``named``: whether the order names it."""
    ruled_out = exclusions(level, a)
    return CoverageFile(_items(level, a, ruled_out, named=named), ruled_out, _together(level, a, ruled_out))


def _items(level: LevelFacts, a: Assessment, ruled_out: tuple[Criterion, ...], *, named: bool) -> tuple[Criterion, ...]:
    by_setting, here = course.by_setting, a.course.inpatient
    in_hospital = met(*here.evidence)
    two_of = f"over {a.limit.height_loss_percent} %, kyphosis, RDQ over {a.limit.rdq_severe}"
    claims = (
        ("onset date, acute or subacute statement", level.within_window, cite("LCD-N", "coverage criterion (a)")),
        ("level T1 to L5", _level_named(level, a, named=named), cite("LCD-N", "coverage criterion (a)")),
        ("MRI edema or uptake report", level.acuity.shown, cite("LCD-N", "coverage criterion (a)")),
        ("named scale (NRS or VAS) with value and date", pain_score(a), cite("LCD-N", "coverage criterion (b)")),
        (
            "inpatient status, or conservative care with dates and result",
            by_setting(a.facts, in_hospital, level.conservative_care_failed),
            cite("LCD-N", "coverage criterion (b)"),
        ),
        (
            f"worsening, or two of progression, {two_of}",
            by_setting(a.facts, in_hospital, level.lcd_course),
            cite("LCD-N", "coverage criterion (b)(ii)"),
        ),
        (
            "statement that pain is from this fracture (examination concordant)",
            a.course.pain_concordant,
            cite("LCD-N", "exclusion (a)(i)"),
        ),
        ("exclusions each addressed", _addressed(ruled_out), cite("LCD-N", "exclusions")),
        (
            "bone density referral, and osteoporosis education with programme instruction",
            _continuum(a),
            cite("LCD-N", "coverage criterion (c)"),
        ),
        (
            "covered ICD-10 with its 7th character; procedure number by region and further level",
            codes(level, a),
            cite("ART", "groups 1 and 2; procedure numbers"),
        ),
    )
    return tuple(
        Criterion(f"{number}. {label}", _with_evidence(said, a), at, f"{RULE} item {number}")
        for number, (label, said, at) in enumerate(claims, 1)
    )


def age_on_the_day(level: LevelFacts, a: Assessment) -> str:
    """Item 1's statement: acute before 6 weeks, subacute up to 12, by the onset that is documented (AC-02 to AC-04)."""
    days = level.onset_days.value
    if days is None or level.within_window.unknown:
        return "not known"
    if level.within_window.not_met:
        return "older"
    early = days.below(a.limit.acute_days)
    return "acute or subacute" if early is None else "acute" if early else "subacute"


def _with_evidence(said: Claim, a: Assessment) -> Claim:
    """A "not met" always shows on what: failing all else on the order, of which the record holds nothing."""
    orders = tuple(d.evidence for d in a.augmentation_drafts[:1])
    return not_met(*orders) if said.not_met and not said.evidence else said


def _level_named(level: LevelFacts, a: Assessment, *, named: bool) -> Claim:
    """Item 2; T1 to T4 are met for coverage (LV-02)."""
    if level.site.level is None or not named:
        return unknown("the order names no level" if not named else "the level is not named")
    ordered = tuple(d.evidence for d in a.augmentation_drafts if level.site.level in d.levels)
    return met(*ordered)


def pain_score(a: Assessment) -> Claim:
    """Item 4 with the coverage text's own numbers (VA-06, LCD form): 8 in hospital, 5 at home."""
    score = a.course.score
    return course.by_setting(a.facts, score.claim(a.limit.nrs_lcd_inpatient), score.claim(a.limit.nrs_lcd_outpatient))


def _continuum(a: Assessment) -> Claim:
    """Item 9, VA-11, naming the part that is not documented."""
    parts = care_parts(a)
    open_parts = ", ".join(name for name, said in parts.items() if said.unknown)
    return all_of(*parts.values()).because(f"nothing on {open_parts}")


def exclusions(level: LevelFacts, a: Assessment) -> tuple[Criterion, ...]:
    """What the coverage text wants none of, absolute and relative alike; pain from elsewhere is item 7."""
    against, at = level.against, cite("LCD-N", "exclusions")
    fever = fresh_statements(a.facts.infection.fever_or_sepsis, a.facts, a.limit.temperature_fresh_hours / HOURS_A_DAY)
    signs = fresh_statements(a.facts.neurology.stated, a.facts, a.limit.neuro_fresh_days)
    deficit = _stated_absent(against.deficit, signs, NEUROLOGICAL_QUESTIONS)
    return (
        Criterion("infection", _stated_absent(against.infection, fever, 1), at, "CX-02"),
        Criterion("pregnancy", against.pregnancy, at, "CX-03"),
        Criterion("more fractures than one procedure covers", against.too_many_levels, at, "CX-04"),
        Criterion("retropulsion or canal compromise", against.canal, at, "CX-05"),
        Criterion("allergy to cement or opacifier", against.cement_allergy, at, "CX-06"),
        Criterion("uncorrected coagulopathy", against.coagulopathy, at, "CX-07"),
        Criterion("spinal instability", _instability(level), at, "CX-09"),
        Criterion("neurological deficit", deficit, at, "CX-10"),
    )


def _stated_absent(found: Claim, asked: Listing[Statement], least: int) -> Claim:
    """An exclusion that nothing shows and a clinician denied is addressed, though not every test of it was done.

    ``asked`` are the fresh answers about it, ``least`` how many of them it takes.
    """
    if found.unknown and len(asked.items) >= least and not any(s.says for s in asked.items):
        return not_met(*(s.evidence for s in asked.items))
    return found


def _instability(level: LevelFacts) -> Claim:
    """CX-09; a report that calls the fracture stable, and none that says otherwise, addresses it."""
    said = [each for each in level.site.reported if each.finding.unstable is not None]
    disputed = any(d.field == "unstable" for each in level.site.reported for d in each.study.disputes)
    if level.against.unstable.unknown and said and not disputed and not any(each.finding.unstable for each in said):
        return not_met(said[0].words("unstable"))
    return level.against.unstable


def _addressed(ruled_out: tuple[Criterion, ...]) -> Claim:
    """Item 8: all of them documented as absent; one that is present fails it, relative or not."""
    names = ", ".join(each.label for each in ruled_out if each.claim.unknown)
    return (~any_of(*(each.claim for each in ruled_out))).because(f"not addressed: {names}")


def _together(level: LevelFacts, a: Assessment, ruled_out: tuple[Criterion, ...]) -> Criterion:
    """VA-12: the clinical criteria in the coverage text's form, its care after the fracture, and no exclusion present.

    An exclusion counts when it is present (decision 2); T1 to T4 are covered levels.
    """
    shared = tuple(c.claim for c in candidacy(level, a, {}).criteria.include if c.rule in BY_LEVEL)
    at_home = all_of(level.conservative_care_failed, level.lcd_course)
    present = tuple(c.claim for c in (*ruled_out, *blocking(level)) if c.claim.met)
    said = all_of(
        *shared,
        claim(None if level.site.level is None else True, why="the level is not named"),
        pain_score(a),
        course.by_setting(a.facts, met(), at_home),
        a.course.pain_concordant,
        _continuum(a),
        *(not_met(*each.evidence) for each in present),
    )
    return Criterion(
        "coverage criteria taken together", _with_evidence(said, a), cite("LCD-N", "criteria (a) to (c)"), "VA-12"
    )


# --- codes ------------------------------------------------------------------------------------------------------------


def codes(level: LevelFacts, a: Assessment) -> Claim:
    """Item 10: a covered diagnosis with its 7th character, and procedure numbers of the ordered levels."""
    return all_of(diagnosis(level, a), procedure(a))


def _coded(level: LevelFacts, a: Assessment) -> tuple[list[tuple[str, Evidence]], list[tuple[str, Evidence]]]:
    """(code, where it stands) of the drafts of this level, and of the problems that apply to it."""
    site = level.site.level
    mine = [d for d in a.augmentation_drafts if not d.levels or site is None or site in d.levels]
    drafted = [(code, Evidence(d.evidence.reference, code)) for d in mine for code in d.diagnosis_codes]
    problems = a.facts.payer.diagnoses.items
    listed = [(p.code, p.evidence) for p in problems if not p.levels or site is None or site in p.levels]
    return drafted, listed


def diagnosis(level: LevelFacts, a: Assessment) -> Claim:
    """The order's code of the fracture, failing that the problem list's: of group 1, or both of group 2 (OC-29)."""
    drafted, listed = _coded(level, a)
    if level.cause.neoplastic.met or any(code in REGISTER.diagnoses.pathologic for code, _ in drafted):
        return two_codes(level, a)
    fractures = {p.code for p in a.facts.payer.diagnoses.items if p.fracture}
    used = drafted or [(code, where) for code, where in listed if code in fractures]
    alone = tuple(where for code, where in used if code in REGISTER.diagnoses.alone)
    if alone:
        return met(alone[0])
    pair = two_codes(level, a)
    if pair.met or not used:
        return pair if pair.met else unknown(a.facts.payer.diagnoses.gap or "no ICD-10-CM code of the fracture")
    return not_met(*(where for _, where in used))


def two_codes(level: LevelFacts, a: Assessment) -> Claim:
    """OC-29: a code of the pathologic fracture and one of its cause."""
    drafted, listed = _coded(level, a)
    fracture = tuple(where for code, where in (*drafted, *listed) if code in REGISTER.diagnoses.pathologic)
    cause = tuple(where for code, where in (*drafted, *listed) if code in REGISTER.diagnoses.causes)
    if fracture and cause:
        return met(fracture[0], cause[0])
    found = tuple(where for _, where in (*drafted, *listed))
    if a.facts.payer.diagnoses.gap is not None:
        return unknown(a.facts.payer.diagnoses.gap, found)
    return not_met(*found) if found else unknown("no ICD-10-CM code of the fracture")


def procedure(a: Assessment) -> Claim:
    """The first level's number of the technique and region, and the number of further levels where there are some."""
    drafts = a.augmentation_drafts
    numbers = [(n, Evidence(d.evidence.reference, n)) for d in drafts for n in d.procedure_numbers]
    levels = ordered_levels(drafts)
    used = [t for t in REGISTER.techniques if any(n in (t.thoracic, t.lumbar, t.additional) for n, _ in numbers)]
    seen = tuple(where for _, where in numbers)
    if not used:
        return unknown("no procedure number on the order")
    if not levels:
        return unknown("the order names no level", seen)
    given = {n for n, _ in numbers}
    # Each technique used begins with its own first level; what is left over are further levels.
    fits = len(used) <= len(levels) and all(given & first_numbers(t, levels) for t in used)
    further = any(t.additional in given for t in used)
    return claim(fits and further == (len(levels) > len(used)), seen)


def ordered_levels(drafts: tuple[Draft, ...]) -> tuple[Level, ...]:
    """The levels that the drafts name, each once."""
    return tuple(dict.fromkeys(level for draft in drafts for level in draft.levels))


def first_numbers(technique: Technique, levels: tuple[Level, ...]) -> frozenset[str]:
    """The numbers that fit the first level: those of the regions ordered."""
    return frozenset(technique.thoracic if level.startswith("T") else technique.lumbar for level in levels)


def fitting_numbers(levels: tuple[Level, ...]) -> str:
    """ "22510 or 22513": the numbers for these levels, either technique. The one place where a card gets them from."""
    shown = []
    for technique in REGISTER.techniques:
        first = "/".join(sorted(first_numbers(technique, levels)))
        shown.append(f"{first} with {technique.additional}" if len(levels) > 1 else first)
    return " or ".join(shown) if levels else "not known without a level"


# --- lengths of treatment ---------------------------------------------------------------------------------------------


def days_tried(a: Assessment) -> Mapping[str, str]:
    """C-17: the days of each treatment as coded, else as answered."""
    answered = a.facts.conservative
    stated = {
        "analgesic": answered.analgesic_days,
        "brace": answered.brace_days,
        "physiotherapy": answered.physiotherapy_days,
    }
    found: dict[str, str] = {}
    for kind in ("analgesic", "brace", "physiotherapy"):
        coded, said = course.days_received(kind, a.facts, a.limit).value, stated[kind].value
        found[kind] = str(coded) if coded is not None else f"{said:g}" if said is not None else "not documented"
    return found
