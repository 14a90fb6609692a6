"""One module per recommendation, pure. `ALL` is written out by hand, in the order cards are shown at equal urgency
(`clinical.md` D14).
"""

from typing import Final

from cds_service.recommendations import (
    alternative_to_mri,
    augmentation_contraindicated,
    augmentation_criteria_not_met,
    augmentation_missing_data,
    augmentation_referral,
    conservative_care,
    mri_without_contrast,
    neurological_emergency,
    spinal_infection,
)
from cds_service.recommendations.recommendation import Recommendation

ALL: Final[tuple[Recommendation, ...]] = (
    neurological_emergency.RECOMMENDATION,
    spinal_infection.RECOMMENDATION,
    augmentation_contraindicated.RECOMMENDATION,
    augmentation_criteria_not_met.RECOMMENDATION,
    mri_without_contrast.RECOMMENDATION,
    alternative_to_mri.RECOMMENDATION,
    augmentation_referral.RECOMMENDATION,
    augmentation_missing_data.RECOMMENDATION,
    conservative_care.RECOMMENDATION,
)

NOT_YET_BUILT: Final[tuple[str, ...]] = (
    "post-augmentation-complication",
    "malignant-fracture",
    "secondary-cause-workup",
    "unstable-fracture",
    "retropulsion-surgical-opinion",
    "mri-with-contrast",
    "radiographs-first",
    "mri-device-safety",
    "imaging-caution",
    "conservative-care-review",
    "augmentation-coverage",
    "augmentation-bleeding-risk",
    "augmentation-preparation",
    "osteoporosis-treatment",
    "opioid-safety",
    "brace-review",
    "duplicate-order",
    "specialist-review",
    "conflicting-data",
)
"""Topics of the contract that no module judges yet: `explain` names them, and no card shows them."""
