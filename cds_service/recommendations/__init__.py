"""One module per recommendation, pure. `ALL` is written out by hand, in the order cards are shown at equal urgency
(`clinical.md` D14).
"""

from typing import Final

from cds_service.recommendations import (
    alternative_to_mri,
    augmentation_bleeding_risk,
    augmentation_contraindicated,
    augmentation_coverage,
    augmentation_criteria_not_met,
    augmentation_missing_data,
    augmentation_preparation,
    augmentation_referral,
    brace_review,
    conflicting_data,
    conservative_care,
    conservative_care_review,
    duplicate_order,
    imaging_caution,
    malignant_fracture,
    mri_device_safety,
    mri_with_contrast,
    mri_without_contrast,
    neurological_emergency,
    opioid_safety,
    osteoporosis_treatment,
    post_augmentation_complication,
    radiographs_first,
    retropulsion_surgical_opinion,
    secondary_cause_workup,
    specialist_review,
    spinal_infection,
    unstable_fracture,
)
from cds_service.recommendations.recommendation import Recommendation

ALL: Final[tuple[Recommendation, ...]] = (
    neurological_emergency.RECOMMENDATION,
    spinal_infection.RECOMMENDATION,
    post_augmentation_complication.RECOMMENDATION,
    malignant_fracture.RECOMMENDATION,
    secondary_cause_workup.RECOMMENDATION,
    unstable_fracture.RECOMMENDATION,
    retropulsion_surgical_opinion.RECOMMENDATION,
    augmentation_contraindicated.RECOMMENDATION,
    augmentation_criteria_not_met.RECOMMENDATION,
    augmentation_bleeding_risk.RECOMMENDATION,
    imaging_caution.RECOMMENDATION,
    mri_device_safety.RECOMMENDATION,
    conflicting_data.RECOMMENDATION,
    mri_with_contrast.RECOMMENDATION,
    mri_without_contrast.RECOMMENDATION,
    alternative_to_mri.RECOMMENDATION,
    radiographs_first.RECOMMENDATION,
    opioid_safety.RECOMMENDATION,
    augmentation_referral.RECOMMENDATION,
    augmentation_missing_data.RECOMMENDATION,
    specialist_review.RECOMMENDATION,
    conservative_care.RECOMMENDATION,
    brace_review.RECOMMENDATION,
    conservative_care_review.RECOMMENDATION,
    osteoporosis_treatment.RECOMMENDATION,
    augmentation_coverage.RECOMMENDATION,
    augmentation_preparation.RECOMMENDATION,
    duplicate_order.RECOMMENDATION,
)

NOT_YET_BUILT: Final[tuple[str, ...]] = ()
"""Topics of the contract that no module judges yet: `explain` names them, and no card shows them."""
