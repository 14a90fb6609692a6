"""The numbers of the recommendations, each with comparison, unit and source; some open to a site within a range."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, get_args

from cds_service.knowledge.citations import READ, Citation, cite
from cds_service.knowledge.data import data_directory, read_toml
from cds_service.knowledge.errors import ContentError

Number: TypeAlias = int | float
Comparison: TypeAlias = Literal["at_least", "at_most", "above", "below"]
COMPARISONS: Final[tuple[str, ...]] = get_args(Comparison)


@dataclass(frozen=True, slots=True)
class SiteRange:
    """What a site may set instead, both ends included."""

    min: Number
    max: Number


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number as it is documented. ``unit`` is UCUM; ``rule`` names the rows of the decision table that use it."""

    name: str
    value: Number
    comparison: Comparison
    unit: str
    citation: Citation
    tag: str
    rule: str
    site_may_set: SiteRange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers in force, named with their unit. How each compares and who says so: ``load_threshold_entries()``.

    ``site_values`` are those a site set, by name, to be stamped on every card they alter.
    """

    # Who the recommendations are for
    adult_age: int
    fragility_age: int
    back_pain_age: int
    pregnancy_age_min: int
    pregnancy_age_max: int
    # Time since onset
    augmentation_window_days: int
    new_fracture_days: int
    back_pain_new_days: int
    window_closing_days: int
    # Suspicion and fracture on imaging
    suspicion_intermediate: int
    imaging_max_days: int
    imaging_order_days: int
    mscc_mri_hours: int
    # Pain and function
    nrs_lcd_outpatient: int
    nrs_lcd_inpatient: int
    severe_nrs: int
    pain_trend_points: int
    pain_trend_days: int
    pain_conflict_points: int
    rdq_severe: int
    pain_fresh_days_outpatient: int
    pain_fresh_days_inpatient: int
    rdq_fresh_days: int
    exam_fresh_days: int
    # Structure
    height_loss_percent: int
    severe_collapse_percent: int
    max_levels: int
    # Conservative care
    nsm_min_days: int
    recheck_min_days: int
    recheck_max_days: int
    brace_weeks: int
    referral_days: int
    augmentation_recent_days: int
    dxa_months: int
    # Etiology
    t_score_osteoporosis: float
    steroid_mg_per_day: float
    steroid_months: int
    steroid_lookback_months: int
    # Neurological emergency and infection
    neuro_fresh_days: int
    pvr_ml: int
    temperature_c: float
    temperature_fresh_hours: int
    crp_mg_l: int
    esr_mm_h: int
    crp_esr_fresh_days: int
    culture_fresh_days: int
    # Contraindications
    inr_max: float
    platelets_min: int
    labs_fresh_days: int
    inr_warfarin_fresh_hours: int
    hcg_fresh_days: int
    pregnancy_status_fresh_days: int
    pregnancy_code_days: int
    # Cancer, secondary causes and complications
    mscc_contact_hours: int
    metastasis_mri_days: int
    neoplastic_nrs: int
    sins_consult_min: int
    sins_unstable_min: int
    of_score_either: int
    complication_days: int
    relief_hours: int
    haemoglobin_g_dl: float
    calcium_mg_dl: float
    esr_workup_mm_h: int
    workup_labs_fresh_days: int
    denosumab_rebound_days: int
    multiple_fractures: int
    # Imaging orders
    egfr_contrast_min: int
    egfr_contrast_fresh_days: int
    radiograph_repeat_days: int
    mr_field_tesla: float
    # Bleeding and preparation
    antithrombotic_ended_days: int
    inr_amber_max: float
    stent_months: int
    vte_months: int
    heart_or_stroke_months: int
    minutes_per_level: int
    recovery_min_minutes: int
    recovery_max_minutes: int
    followup_call_days: int
    bone_health_loop_months: int
    # Coverage
    acute_days: int
    nsm_hours_multi: int
    nsm_weeks_cirse: int
    nsm_days_evicore: int
    nsm_days_bcbsa: int
    imaging_months_evicore: int
    # Bone health
    vitamin_d_months: int
    vitamin_d_ng_ml: int
    vitamin_d_target_max: int
    vitamin_d_iu_min: int
    vitamin_d_iu_max: int
    calcium_mg: int
    calcium_mg_older: int
    calcium_older_women_age: int
    calcium_older_men_age: int
    pharmacotherapy_age: int
    secondary_cause_age: int
    z_score_low: float
    treatment_failure_months: int
    denosumab_months: int
    # Opioids and braces
    opioid_mme_per_day: int
    brace_plan_days: int
    opioid_fall_age: int
    fall_months: int
    # Showing and silence
    max_cards_patient_view: int
    max_cards_order: int
    site_values: tuple[tuple[str, Number], ...] = ()


_TYPES: Final[Mapping[str, type]] = MappingProxyType(
    {field.name: field.type for field in fields(Thresholds) if isinstance(field.type, type)}
)
_KEYS: Final = frozenset({"value", "comparison", "unit", "source", "tag", "rule"})


@lru_cache(maxsize=1)
def load_threshold_entries() -> Mapping[str, Threshold]:
    """``thresholds.toml`` by name, read and checked once. Raises ContentError naming the entry that is wrong."""
    file = data_directory() / "thresholds.toml"
    entries = read_toml(file)
    if set(entries) != set(_TYPES):
        different = ", ".join(sorted(set(entries) ^ set(_TYPES)))
        raise ContentError(
            f"{file.name}: entries and fields of Thresholds must be the same; they differ in {different}"
        )
    return MappingProxyType(
        {name: _threshold(f"{file.name}: [{name}]", name, entry) for name, entry in entries.items()}
    )


def load_thresholds(site: Mapping[str, object] | None = None) -> Thresholds:
    """The numbers in force: those shipped, with a site's own where it may set them.

    ``site``: threshold name -> number. Raises ContentError for an unknown name, a number that no site may set, a value
    outside the range, or one that is no number (where whole numbers are meant: no whole number).
    """
    entries = load_threshold_entries()
    chosen = {name: _site_value(entries, name, value) for name, value in (site or {}).items()}
    numbers: dict[str, Any] = {name: chosen.get(name, entry.value) for name, entry in entries.items()}
    return Thresholds(**numbers, site_values=tuple(sorted(chosen.items())))


def _threshold(where: str, name: str, entry: Mapping[str, Any]) -> Threshold:
    if set(entry) - {"site_may_set"} != _KEYS:
        raise ContentError(f"{where} must have exactly {', '.join(sorted(_KEYS))}, with or without site_may_set")
    found = type(entry["value"])
    if found is not _TYPES[name]:
        raise ContentError(f"{where} value is {found.__name__} and must be of type {_TYPES[name].__name__}")
    if entry["comparison"] not in COMPARISONS:
        raise ContentError(f"{where} comparison must be one of {', '.join(COMPARISONS)}")
    if not entry["unit"] or not entry["rule"]:
        raise ContentError(f"{where} unit and rule must not be empty")
    citation = cite(entry["source"]["citation"], entry["source"]["place"])
    if not citation.place or entry["tag"] not in READ or entry["tag"] not in citation.source.read:
        raise ContentError(f"{where} needs a place in the source and a tag it was read by: {citation.source.read}")
    return Threshold(
        name=name,
        value=entry["value"],
        comparison=entry["comparison"],
        unit=entry["unit"],
        citation=citation,
        tag=entry["tag"],
        rule=entry["rule"],
        site_may_set=_site_range(where, entry),
    )


def _site_range(where: str, entry: Mapping[str, Any]) -> SiteRange | None:
    if "site_may_set" not in entry:
        return None
    if set(entry["site_may_set"]) != {"min", "max"}:
        raise ContentError(f"{where} site_may_set must have min and max")
    allowed = SiteRange(**entry["site_may_set"])
    if not allowed.min <= entry["value"] <= allowed.max:
        raise ContentError(f"{where} value {entry['value']} must lie within site_may_set")
    return allowed


def _site_value(entries: Mapping[str, Threshold], name: str, value: object) -> Number:
    entry = entries.get(name)
    if entry is None:
        raise ContentError(f"site value {name}: there is no threshold of that name")
    if entry.site_may_set is None:
        raise ContentError(f"site value {name}: this number comes from a source and no site may set it")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ContentError(f"site value {name}: must be a number")
    if _TYPES[name] is int and not float(value).is_integer():
        raise ContentError(f"site value {name}: must be a whole number")
    allowed = entry.site_may_set
    if not allowed.min <= value <= allowed.max:
        raise ContentError(f"site value {name}: must lie between {allowed.min} and {allowed.max} {entry.unit}")
    return _TYPES[name](value)  # type: ignore[no-any-return]  # int or float, as the field is declared
