"""The coverage file: the ten items with their boundaries, who pays where, prior authorisation, and the card's hooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from cds_service.criteria.assessment import Assessment, assess
from cds_service.criteria.coverage import (
    CoverageFile,
    age_on_the_day,
    coverage_file,
    fitting_numbers,
    in_wiser,
    payer_of,
    state_of,
)
from cds_service.facts.fact import Evidence, Fact, fact
from cds_service.facts.model import Allergy, DateRange, DiagnosisCode, Insurance, PayerKind, Statement
from cds_service.recommendations import ALL
from cds_service.recommendations.augmentation_coverage import judge
from cds_service.recommendations.merge import evaluate
from cds_service.recommendations.recommendation import Judgement, Situation
from tests.criteria.given import (
    LIMIT,
    TODAY,
    ago,
    assessed,
    disease,
    draft,
    finding,
    fracture,
    given,
    level_of,
    says,
    score,
    stay,
    steroid,
    study,
    treatment,
)
from tests.facts.changing import replaced

AT: Fact[str] = fact("TX", Evidence("Location/l", "state TX"))
NEURO = ("new weakness: no", "saddle numbness: no", "bladder or bowel change: no", "worsening gait: no")


def coded(code: str, *levels: str, is_fracture: bool = True) -> DiagnosisCode:
    """A code of a current problem."""
    return DiagnosisCode(code, levels, is_fracture, Evidence(f"Condition/{code}", code))


def insurance(kind: PayerKind | None, first: date = date.min, last: date = date.max) -> Insurance:
    """A Coverage."""
    return Insurance(kind, DateRange(first, last), Evidence("Coverage/c", str(kind)))


def no(kind: str) -> Statement:
    """A clinician's fresh no."""
    return Statement(False, ago(0), Evidence("QuestionnaireResponse/q", kind))


def whole(**changed: Any) -> Assessment:
    """A woman of 78 with a T12 fracture, augmentation to sign in Texas, Medicare, and every item documented."""
    seen = finding("T12", marrow_edema=True, acuity="acute", height_loss_percent=(35, 35), kyphosis=True)
    seen = replaced(seen, retropulsion=False, canal_compromise="none", posterior_wall="intact", unstable=False)
    usual: dict[str, Any] = {
        "fractures": {"diagnoses": [fracture("T12", onset=ago(28))]},
        "imaging": {"studies": [study(seen)]},
        "pain": {"scores": [score(8), score(5, 14)], "at_fracture_level": [says(True)]},
        "function": {"rdq": [score(19)]},
        "conservative": {"given": [treatment("analgesic", 24), treatment("brace", 24)]},
        "bone_health": {"referral": [says(True)], "education": [says(True)], "programme": [says(True)]},
        "bleeding": {"inr": [score(1)], "platelets": [score(230)]},
        "infection": {"fever_or_sepsis": [no("fever or sepsis: no")], "temperature_c": [score(36.8)]},
        "neurology": {"stated": [no(each) for each in NEURO]},
        "payer": {"coverages": [insurance("medicare-ffs")], "diagnoses": [coded("M80.08XA", "T12")]},
        "drafts": (draft("augmentation", "T12", procedure_numbers=("22513",), state=AT),),
    }
    return assessed(**{**usual, **changed})


def file_of(a: Assessment, level: str | None = "T12") -> CoverageFile:
    """The coverage file of a level."""
    return coverage_file(level_of(a, level), a)


def item(number: int, a: Assessment) -> str:
    """The truth of an item."""
    return file_of(a).items[number - 1].claim.truth.value


def judged(a: Assessment, **choices: str) -> Judgement:
    """The first judgement at signing."""
    return judge(a, Situation("order-sign", MappingProxyType(choices)))[0]


# --- the ten items


def test_a_whole_file_has_ten_items_met() -> None:
    """OC-30: ten items in their order, each with its rule; VA-12's coverage is then met too."""
    found = file_of(whole())
    assert [each.rule for each in found.items] == [f"OC-30 item {n}" for n in range(1, 11)]
    assert [each.rule for each in found.items if not each.claim.met] == []
    assert found.complete
    assert (found.together.rule, found.together.claim.met) == ("VA-12", True)


@pytest.mark.parametrize(
    ("days", "truth", "age"),
    [(41, "met", "acute"), (42, "met", "subacute"), (84, "met", "subacute"), (85, "not-met", "older")],
)
def test_item_1_by_the_day_of_the_procedure(days: int, truth: str, age: str) -> None:
    """AC-02 to AC-04: acute before day 42, subacute to day 84, counted to the planned day."""
    planned = TODAY + timedelta(days=10)
    order = draft("augmentation", "T12", planned=planned, procedure_numbers=("22513",), state=AT)
    a = whole(fractures={"diagnoses": [fracture("T12", onset=ago(days - 10))]}, drafts=(order,))
    assert item(1, a) == truth
    assert age_on_the_day(level_of(a), a) == age


def test_item_1_without_an_onset_is_not_documented() -> None:
    """AC-09: an acute report gives no onset date."""
    a = whole(fractures={"diagnoses": [fracture("T12")]})
    assert item(1, a) == "unknown"
    assert age_on_the_day(level_of(a), a) == "not known"


def test_item_2_wants_the_order_to_name_the_level() -> None:
    """OC-23, C-18: T1 to T4 are met; an order without a level gives one judgement, of the patient."""
    a = whole(drafts=(draft("augmentation", procedure_numbers=("22513",), state=AT),))
    (only,) = judge(a, Situation("order-sign"))
    assert only.level is None
    assert only.table[1].claim.unknown
    high = finding("T3", marrow_edema=True)
    t3 = whole(imaging={"studies": [study(high)]}, drafts=(draft("augmentation", "T3", procedure_numbers=("22513",)),))
    assert coverage_file(level_of(t3, "T3"), t3).items[1].claim.met
    assert "level-uncommon" in judged(t3).notes
    assert "level-uncommon" not in judged(whole()).notes


def test_item_3_takes_edema_or_uptake_and_no_ct() -> None:
    """LCD (a), appendix I: a CT that calls it acute is no proof."""
    assert item(3, whole(imaging={"studies": [study(finding("T12", tracer_uptake=True), modality="NM")]})) == "met"
    assert item(3, whole(imaging={"studies": [study(finding("T12", marrow_edema=False))]})) == "not-met"
    assert item(3, whole(imaging={"studies": [study(finding("T12", acuity="acute"), modality="CT")]})) == "unknown"


@pytest.mark.parametrize(
    ("setting", "nrs", "truth"),
    [
        ("not-hospitalised", 5, "met"),
        ("not-hospitalised", 4, "not-met"),
        ("inpatient", 8, "met"),
        ("inpatient", 7, "not-met"),
        (None, 8, "met"),
        (None, 6, "unknown"),
        (None, 4, "not-met"),
    ],
)
def test_item_4_by_setting(setting: Any, nrs: float, truth: str) -> None:
    """LCD (b): 8 in hospital, 5 at home; where the setting is not known, a result both share (DE-16)."""
    pain = {"scores": [score(nrs)], "at_fracture_level": [says(True)]}
    assert item(4, whole(stay=stay(setting), pain=pain)) == truth


def test_item_4_without_a_score_is_not_documented() -> None:
    """DE-11: no score, and an old one."""
    assert item(4, whole(pain={"scores": [], "at_fracture_level": [says(True)]})) == "unknown"
    assert item(4, whole(pain={"scores": [score(8, 8)], "at_fracture_level": [says(True)]})) == "unknown"


def test_an_inpatient_needs_no_conservative_care_and_no_course() -> None:
    """LCD (b)(i): items 5 and 6 are met by the inpatient state; the line about a missing path comes under 8."""
    nothing_tried: dict[str, Any] = {"conservative": {"given": []}, "function": {"rdq": []}}
    a = whole(stay=stay("inpatient"), **nothing_tried)
    assert (item(5, a), item(6, a)) == ("met", "met")
    assert "hospital-no-path" not in judged(a).notes
    low = {"scores": [score(7)], "at_fracture_level": [says(True)]}
    assert "hospital-no-path" in judged(whole(stay=stay("inpatient"), pain=low, **nothing_tried)).notes
    assert item(5, whole(**nothing_tried)) == "unknown"


@pytest.mark.parametrize(
    ("percent", "rdq", "truth"), [(26, 18, "met"), (25, 18, "not-met"), (26, 17, "not-met"), (25, 17, "not-met")]
)
def test_item_6_wants_two_of_four(percent: int, rdq: int, truth: str) -> None:
    """C-15: the coverage text's own form, over 25 % and RDQ over 17, whatever reading the site chose."""
    seen = finding("T12", marrow_edema=True, height_loss_percent=(percent, percent), kyphosis=False)
    seen = replaced(seen, height_change="unchanged")
    a = whole(
        imaging={"studies": [study(seen)]},
        pain={"scores": [score(8), score(8, 14)], "at_fracture_level": [says(True)]},
        function={"rdq": [score(rdq)]},
    )
    assert item(6, a) == truth
    assert judged(a, **{"va.secondary": "seed"}).table[5].claim.truth.value == truth


def test_item_7_is_met_by_an_examination_alone() -> None:
    """Decision 3: unknown is an item that is open; not concordant is documented as not met."""
    assert item(7, whole(pain={"scores": [score(8), score(5, 14)], "at_fracture_level": []})) == "unknown"
    assert item(7, whole(pain={"scores": [score(8), score(5, 14)], "at_fracture_level": [says(False)]})) == "not-met"


CEMENT = Allergy("cement", False, False, Evidence("AllergyIntolerance/a", "bone cement"))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"allergies": [CEMENT]}, "CX-06"),
        ({"bleeding": {"inr": [score(1.6)], "platelets": [score(230)]}}, "CX-07"),
        ({"infection": {"diseases": [disease("systemic")]}}, "CX-02"),
        ({"neurology": {"stated": [says(True)]}}, "CX-10"),
    ],
)
def test_item_8_fails_by_any_exclusion_relative_or_not(changed: dict[str, Any], rule: str) -> None:
    """The trap: the coverage text wants none of its relative exclusions either, so VA-12's coverage fails too."""
    a = whole(**changed)
    found = file_of(a)
    assert item(8, a) == "not-met"
    assert [each.rule for each in found.exclusions if each.claim.met] == [rule]
    assert found.together.claim.not_met
    assert "exclusion-present" in judged(a).notes


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"infection": {"fever_or_sepsis": [], "temperature_c": []}}, "infection"),
        ({"neurology": {"stated": [no(each) for each in NEURO[:3]]}}, "neurological deficit"),
        ({"bleeding": {"inr": [score(1, 31)], "platelets": [score(230)]}}, "uncorrected coagulopathy"),
    ],
)
def test_item_8_is_open_until_each_is_addressed(changed: dict[str, Any], name: str) -> None:
    """ "Each addressed": what nobody tested and nobody denied is named."""
    facts_ = given(**changed)
    topic = next(iter(changed))
    listings = getattr(facts_, topic)
    unknowns = {"infection": ("blood_cultures", "crp_mg_l"), "neurology": ("post_void_residual_ml",), "bleeding": ()}
    gaps = {member: replaced(getattr(listings, member), gap="not documented") for member in unknowns[topic]}
    if topic != "bleeding":
        own = {key: replaced(getattr(listings, key), gap="not documented") for key in changed[topic]}
        gaps |= own
    else:
        gaps = {"inr": replaced(listings.inr, gap="not documented")}
    a = whole(**{topic: replaced(listings, **gaps)})
    assert item(8, a) == "unknown"
    assert name in str(file_of(a).items[7].claim.why_unknown)


def test_item_8_takes_a_stable_report_and_no_silence_for_stability() -> None:
    """CX-09: a report that denies instability addresses it; one that does not speak of it leaves it open."""
    silent = finding("T12", marrow_edema=True, retropulsion=False, height_loss_percent=(35, 35), kyphosis=True)
    a = whole(imaging={"studies": [study(silent)]})
    assert item(8, a) == "unknown"
    assert "spinal instability" in str(file_of(a).items[7].claim.why_unknown)


def test_too_many_levels_do_not_count_in_myeloma() -> None:
    """LV-04: more than 3 levels fail the file, but for myeloma (A56572)."""
    levels = ("T9", "T10", "T11", "T12")
    order = draft("augmentation", *levels, procedure_numbers=("22513", "22515"))
    plain = whole(drafts=(order,))
    myeloma = whole(drafts=(order,), malignancy={"myeloma": [disease("bone-tropic")]})
    by_rule = {c.rule: c.claim for c in file_of(plain).exclusions}
    assert by_rule["CX-04"].met
    assert {c.rule: c.claim for c in file_of(myeloma).exclusions}["CX-04"].not_met


@pytest.mark.parametrize(
    ("care", "truth"),
    [
        ({"referral": [says(True)], "education": [says(True)], "programme": [says(True)]}, "met"),
        ({"dxa": [says(True)], "education": [says(True)], "programme": [says(True)]}, "met"),
        ({"referral": [says(True)], "education": [says(True)], "programme": []}, "unknown"),
        ({"referral": [says(True)], "education": [says(False)], "programme": [says(True)]}, "not-met"),
        ({"referral": [says(False)], "dxa": [], "education": [says(True)], "programme": [says(True)]}, "not-met"),
    ],
)
def test_item_9_wants_all_three_parts(care: dict[str, Any], truth: str) -> None:
    """VA-11, decision 3: a gap is an item of this card, and it names the part nobody documented."""
    assert item(9, whole(bone_health=care)) == truth


CODED = {"coverages": [insurance("medicare-ffs")]}


@pytest.mark.parametrize(
    ("listed", "drafted", "truth"),
    [
        (["M80.08XA"], (), "met"),
        (["M80.88XS"], (), "met"),
        (["M80.08XD"], (), "not-met"),
        (["S22.080A"], (), "not-met"),
        (["S22.080A"], ("M80.88XA",), "met"),
        (["M80.08XA"], ("M80.08XD",), "not-met"),
        ([], (), "unknown"),
        ([], ("M84.58XA",), "not-met"),
        (["C79.51"], ("M84.58XA",), "met"),
        (["M84.58XA", "C61"], (), "not-met"),
        (["M84.58XA", "C90.02"], (), "met"),
    ],
)
def test_item_10_the_diagnosis(listed: list[str], drafted: tuple[str, ...], truth: str) -> None:
    """DE-02, OC-29: group 1 by its 7th character, the order before the problem list; group 2 wants two codes."""
    problems = [coded(code, is_fracture=code[0] in "MS") for code in listed]
    order = draft("augmentation", "T12", procedure_numbers=("22513",), diagnosis_codes=drafted)
    assert item(10, whole(payer={**CODED, "diagnoses": problems}, drafts=(order,))) == truth


@pytest.mark.parametrize(
    ("levels", "numbers", "truth"),
    [
        (("T12",), ("22513",), "met"),
        (("T12",), ("22510",), "met"),
        (("L1",), ("22514",), "met"),
        (("T12",), ("22514",), "not-met"),
        (("L1",), ("22510",), "not-met"),
        (("T12",), ("22515",), "not-met"),
        (("T12",), ("22513", "22515"), "not-met"),
        (("T12", "L1"), ("22513",), "not-met"),
        (("T12", "L1"), ("22513", "22515"), "met"),
        (("T12", "L1"), ("22514", "22515"), "met"),
        (("T12", "L1"), ("22514", "22512"), "not-met"),
        (("T12", "L1"), ("22510", "22514"), "met"),
        (("T12",), ("22510", "22513"), "not-met"),
        (("T12",), (), "unknown"),
        ((), ("22513",), "unknown"),
    ],
)
def test_item_10_the_procedure(levels: tuple[str, ...], numbers: tuple[str, ...], truth: str) -> None:
    """OC-30 (10): the first level's number by region, and the number of a further level just where there is one."""
    a = whole(drafts=(draft("augmentation", *levels, procedure_numbers=numbers),))
    site = next(level for level in a.levels if not levels or level.site.level in levels)
    problems = [coded("M80.08XA")]
    a = whole(drafts=a.facts.drafts, payer={**CODED, "diagnoses": problems})
    assert coverage_file(site, a).items[9].claim.truth.value == truth


def test_the_numbers_that_fit_are_said_as_numbers() -> None:
    """CPT: numbers alone, either technique, the further level's beside the first's."""
    assert fitting_numbers(("T12",)) == "22510 or 22513"
    assert fitting_numbers(("T12", "L1")) == "22510/22511 with 22512 or 22513/22514 with 22515"
    assert fitting_numbers(()) == "not known without a level"


# --- payer, place and prior authorisation


@pytest.mark.parametrize(
    ("held", "default", "payer"),
    [
        ([], "medicare-ffs", "medicare-ffs"),
        ([], "none", "none"),
        ([insurance("medicare-ffs")], "none", "medicare-ffs"),
        ([insurance("medicare-ffs"), insurance("medicare-advantage")], "none", "medicare-advantage"),
        ([insurance("other"), insurance("medicare-ffs")], "none", "medicare-ffs"),
        ([insurance("other")], "medicare-ffs", "other"),
        ([insurance("other"), insurance(None)], "medicare-ffs", None),
        ([insurance("medicare-ffs", last=TODAY)], "none", "medicare-ffs"),
        ([insurance("medicare-ffs", last=TODAY - timedelta(days=1))], "other", "other"),
        ([insurance("medicare-ffs", first=TODAY)], "none", "medicare-ffs"),
        ([insurance("medicare-ffs", first=TODAY + timedelta(days=1))], "other", "other"),
    ],
)
def test_the_payer(held: list[Insurance], default: str, payer: str | None) -> None:
    """Decision 14, DE-29: what is in force on the day; the default only where nothing is on record."""
    assert payer_of(whole(payer={"coverages": held}), default).value == payer


def test_coverage_that_was_not_read_is_not_none() -> None:
    """G-04, decision 14: the payer is unknown, the default does not stand in, and nothing becomes a warning."""
    unread = replaced(given().payer, coverages=replaced(given().payer.coverages, gap="coverage not sent"))
    a = whole(payer=unread, bone_health={"referral": []})
    assert payer_of(a, "medicare-ffs").why_unknown == "coverage not sent"
    assert (judged(a).indicator, judged(a, default_payer="none").indicator) == ("info", "info")
    assert {"payer-unknown", "wiser-if-medicare"} <= set(judged(a).notes)


def at(*states: str | None, home: str | None = None) -> Assessment:
    """Drafts whose places are in these states, the patient living in that one."""
    where = [Fact(None, "not named") if s is None else fact(s, Evidence("Location/l", s)) for s in states]
    own: Fact[str] = Fact(None, "not documented") if home is None else fact(home, Evidence("Patient/p", home))
    drafts = tuple(draft("augmentation", "T12", state=each) for each in where)
    return whole(drafts=drafts, payer={"coverages": [insurance("medicare-ffs")], "state": own})


@pytest.mark.parametrize(
    ("places", "home", "state"),
    [
        (("TX",), "NM", "TX"),
        (("NM",), "TX", "NM"),
        ((None,), "TX", "TX"),
        ((None, "OH"), "TX", "OH"),
        (("NM", "OH"), None, None),
        ((None,), None, None),
    ],
)
def test_the_state(places: tuple[str | None, ...], home: str | None, state: str | None) -> None:
    """DE-29: the place of service before the patient's address."""
    assert state_of(at(*places, home=home)).value == state


@pytest.mark.parametrize(
    ("day", "applies"),
    [("2026-01-14", False), ("2026-01-15", True), ("2031-12-31", True), ("2032-01-01", False)],
)
def test_prior_authorisation_is_dated(day: str, applies: bool) -> None:
    """WISER: services from 15 January 2026 to 31 December 2031, both days included, by the planned day."""
    planned = date.fromisoformat(day)
    a = whole(drafts=(draft("augmentation", "T12", planned=planned, state=AT),), as_of=min(planned, TODAY))
    assert in_wiser(a, fact("medicare-ffs")).met is applies
    assert judged(a).indicator == ("warning" if applies else "info")
    assert ("wiser-open" in judged(a).notes) is applies


@pytest.mark.parametrize("state", ["AZ", "NJ", "OH", "OK", "TX", "WA", "NM", "CA"])
def test_prior_authorisation_by_state(state: str) -> None:
    """WISER: six states; an open item there is a warning, elsewhere information."""
    a = at(state)
    assert judged(a).indicator == ("warning" if state in {"AZ", "NJ", "OH", "OK", "TX", "WA"} else "info")


@pytest.mark.parametrize("kind", ["medicare-advantage", "other"])
def test_prior_authorisation_is_of_fee_for_service_alone(kind: PayerKind) -> None:
    """WISER: another payer is told that payers differ, and is not warned."""
    a = replaced_payer(at("TX"), kind)
    assert judged(a).indicator == "info"
    assert f"payer-{kind}" in judged(a).notes
    assert not [key for key in judged(a).notes if key.startswith("wiser")]


def replaced_payer(a: Assessment, kind: PayerKind) -> Assessment:
    """The same with another payer."""
    listing = replaced(a.facts.payer.coverages, items=(insurance(kind),))
    return assess(replaced(a.facts, payer=replaced(a.facts.payer, coverages=listing)), LIMIT)


def test_a_whole_file_is_information_with_the_line() -> None:
    """OC-30: "complete there: info with the prior-authorisation line"."""
    assert judged(whole()).indicator == "info"
    assert "wiser-complete" in judged(whole()).notes
    assert "wiser-where" in judged(at(None)).notes


# --- the card


def shown(a: Assessment, hook: Any, **rest: Any) -> Mapping[str, str]:
    """Topic to indicator of an evaluation."""
    return {card.recommendation.id: card.indicator for card in evaluate(ALL, a, Situation(hook, **rest)).cards}


def open_item() -> Assessment:
    """Vignette 39: Medicare, Texas, no bone density referral or education."""
    return whole(bone_health={"referral": [], "education": [], "programme": []})


def test_a_booking_warns_a_scheduler() -> None:
    """Vignette 39, SL-07: appointment-book in Texas, seen by a scheduler."""
    assert shown(open_item(), "appointment-book", role="scheduler")["augmentation-coverage"] == "warning"
    assert shown(whole(), "appointment-book")["augmentation-coverage"] == "info"


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "encounter-start", "encounter-discharge"])
def test_it_stays_away_elsewhere(hook: str) -> None:
    """D14: at signing and booking alone."""
    assert "augmentation-coverage" not in shown(open_item(), hook)


def test_a_payer_profile_of_none_switches_it_off() -> None:
    """Decision 14: the setting, where there is no Coverage; a Coverage on record goes before it."""
    off = MappingProxyType({"default_payer": "none"})
    nobody = whole(payer={"coverages": [], "diagnoses": [coded("M80.08XA")]})
    assert "augmentation-coverage" not in shown(nobody, "order-sign", choices=off)
    assert "augmentation-coverage" in shown(nobody, "order-sign")
    assert "augmentation-coverage" in shown(whole(), "order-sign", choices=off)


def test_an_alarm_drops_it() -> None:
    """D14: with a neurological sign it is judged and not shown."""
    alarmed = whole(neurology={"stated": [says(True)]})
    assert "augmentation-coverage" not in shown(alarmed, "order-sign")
    assert judged(alarmed).outcome.value == "applies"


def test_the_fullest_level_comes_first() -> None:
    """Decision 16: one judgement a drafted level, best first; an open level in Texas still warns."""
    numbers = ("22513", "22515")
    a = whole(drafts=(draft("augmentation", "L1", "T12", procedure_numbers=numbers, state=AT),))
    found = judge(a, Situation("order-sign"))
    assert [each.level for each in found] == ["T12", "L1"]
    assert [each.indicator for each in found] == ["info", "warning"]
    assert shown(a, "order-sign")["augmentation-coverage"] == "warning"


def test_no_augmentation_no_file() -> None:
    """SL-08: without a draft there is one judgement, of nobody's level, that does not apply."""
    (only,) = judge(whole(drafts=()), Situation("order-sign"))
    assert (only.outcome.value, only.level, only.notes) == ("does-not-apply", None, ())
    picked = judge(whole(drafts=(draft("augmentation", "T12", selected=False),)), Situation("order-sign"))
    assert [each.outcome.value for each in picked] == ["does-not-apply"]


def test_what_the_missing_data_card_would_ask_is_listed() -> None:
    """Decision 10: unknowns of candidacy that no item asks, each once; what an open item asks is not repeated."""
    a = whole(function={"rdq": []}, pain={"scores": [score(6)], "at_fracture_level": [says(True)]})
    rules = [c.rule for c in judged(a).table]
    assert "VA-06" in rules
    no_score = whole(pain={"scores": [], "at_fracture_level": [says(True)]}, function={"rdq": []})
    assert "VA-06" not in [c.rule for c in judged(no_score).table]
    assert len(rules) == len(set(rules))


def test_malignancy_asks_for_two_codes() -> None:
    """OC-29, SP-01: the two-code rule and the policies that write a malignant indication."""
    cancer = {"diseases": [disease("bone-tropic")]}
    missing = judged(whole(malignancy=cancer))
    assert {"two-codes-missing", "malignant-policies"} <= set(missing.notes)
    assert missing.table[9].claim.not_met
    pair = {**CODED, "diagnoses": [coded("M84.58XA", "T12"), coded("C79.51", is_fracture=False)]}
    both = judged(whole(malignancy=cancer, payer=pair))
    assert "two-codes" in both.notes
    assert both.table[9].claim.met


def test_lines_where_sources_differ() -> None:
    """C-05, C-15, C-17, SP-03: each line where it is needed and not elsewhere."""
    old = finding("T12", marrow_edema=True)
    assert "imaging-age" in judged(whole(imaging={"studies": [study(old, days=31)]})).notes
    assert "imaging-age" not in judged(whole(imaging={"studies": [study(old, days=30)]})).notes
    exposed = whole(bone_health={"steroids": [steroid(420, 10)]})
    assert "steroid" in judged(exposed).notes
    assert "steroid" not in judged(whole()).notes
    assert {"course-forms", "lengths-differ"} <= set(judged(whole()).notes)
    assert judged(whole()).values["analgesic"] == "24"
    assert judged(whole()).values["physiotherapy"] == "not documented"
    inpatient = judged(whole(stay=stay("inpatient"))).notes
    assert "hospital-before" in inpatient
    assert not {"course-forms", "lengths-differ"} & set(inpatient)


@pytest.mark.parametrize(
    ("state", "notes"),
    [
        ("AZ", ["policy"]),
        ("NY", ["policy", "list-followed"]),
        ("TX", ["policy-unread", "policy-perhaps", "list-followed"]),
        ("CA", ["policy-unread", "list-followed"]),
        (None, ["policy-state-unknown", "list-followed"]),
    ],
)
def test_whose_policy_it_is(state: str | None, notes: list[str]) -> None:
    """Appendix I: a state that no list names has an unread policy, and the list is that of the policy read in full."""
    found = [key for key in judged(at(state)).notes if key.startswith(("policy", "list", "state"))]
    assert found == notes
    assert judged(at("NY")).values["policy"] == "LCD L33569"
    assert judged(at("CA")).values["policy"] == "LCD L34106, local not read"
    assert "state-by-address" in judged(at(None, home="AZ")).notes


def test_a_record_without_anything_shows_nothing_as_met() -> None:
    """Nothing documented but the order: items are open, or fail on evidence, and none is a wrong "met"."""
    bare = assessed(drafts=(draft("augmentation", "L2"),), patient={"age": Fact(None, "?"), "born": None})
    found = coverage_file(level_of(bare, "L2"), bare)
    assert [c.rule for c in found.items if c.claim.met] == ["OC-30 item 2"]
    assert all(c.claim.evidence for c in (*found.items, found.together) if c.claim.not_met)
