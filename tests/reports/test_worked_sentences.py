"""The visible sentences of clinical.md section G, field by field.

Where the shorthand there and the contract disagree, the contract is right: 5 names no age ("indeterminate only when
the report says so"), 9 states no cause,
15 gives no age ("uptake alone leaves it null"), 23 and 33 read faint or lessening edema as edema.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.reading import facts, read

WEDGED = {"status": "present", "morphology": "wedge", "acuity": "chronic", "height_change": "unchanged"}
SENTENCES: list[tuple[int, str, dict[str | None, dict[str, Any]]]] = [
    (
        1,
        "Acute compression fracture of L1 with STIR hyperintense marrow edema "
        "and about 35 % anterior height loss; no retropulsion.",
        {
            "L1": {
                "status": "present",
                "acuity": "acute",
                "marrow_edema": True,
                "height_loss_percent": [35, 35],
                "retropulsion": False,
            }
        },
    ),
    (3, "No acute fracture. Old healed L2 compression deformity.", {"L2": {"status": "present", "acuity": "chronic"}}),
    (5, "Cannot exclude a subtle superior endplate fracture of T12; MRI recommended.", {"T12": {"status": "possible"}}),
    (
        7,
        "T11, T12 and L3 fractures with height loss of 15 %, 40 % and 25 %, respectively; edema at T12 only.",
        {
            "T11": {"status": "present", "height_loss_percent": [15, 15], "marrow_edema": False},
            "T12": {"status": "present", "height_loss_percent": [40, 40], "marrow_edema": True, "acuity": "acute"},
            "L3": {"status": "present", "height_loss_percent": [25, 25], "marrow_edema": False},
        },
    ),
    (
        9,
        "Burst fracture of L2 with 6 mm retropulsion and moderate canal narrowing; posterior wall disrupted.",
        {
            "L2": {
                "status": "present",
                "morphology": "burst",
                "retropulsion_mm": 6,
                "retropulsion": True,
                "canal_compromise": "moderate",
                "posterior_wall": "disrupted",
            }
        },
    ),
    (
        11,
        "Posterior vertebral body cortex is intact. No epidural component.",
        {None: {"posterior_wall": "intact", "soft_tissue_mass": False}},
    ),
    (
        13,
        "Low T1 signal throughout L4 with enhancing soft-tissue mass, pathologic fracture.",
        {"L4": {"status": "present", "etiology": "pathologic", "soft_tissue_mass": True}},
    ),
    (15, "Intense radiotracer uptake at L1 on SPECT/CT, other levels quiescent.", {"L1": {"tracer_uptake": True}}),
    (
        17,
        "Genant grade 2 deformity of T10.",
        {"T10": {"status": "present", "height_loss_percent": [25, 40], "height_loss_grade": "genant-2"}},
    ),
    (19, "Vertebra plana at T5.", {"T5": {"status": "present", "morphology": "plana", "height_loss_grade": "plana"}}),
    (21, "Exaggerated thoracic kyphosis, likely positional.", {}),
    (
        23,
        "Probable subacute insufficiency fracture of L4; faint residual STIR signal.",
        {"L4": {"status": "possible", "acuity": "subacute", "marrow_edema": True}},
    ),
    (
        25,
        "Six lumbar-type vertebrae; fracture is at the body labelled L1 (first non-rib-bearing).",
        {"L1": {"status": "present", "level_certain": False}},
    ),
    (27, "Sacral insufficiency fractures, bilateral ala.", {"sacrum": {"status": "present"}}),
    (29, "Schmorl node at L2 and Scheuermann changes; no fracture.", {"L2": {"status": "absent"}}),
    (
        31,
        "Multilevel osteopenia with wedging T6 through T9, unchanged from 2023.",
        {"T6": WEDGED, "T7": WEDGED, "T8": WEDGED, "T9": WEDGED},
    ),
    (
        33,
        "L1 fracture is less edematous than before, minimal residual signal.",
        {"L1": {"status": "present", "acuity": "subacute", "marrow_edema": True, "height_change": "improved"}},
    ),
    (
        35,
        "Cement within T9, T10 and T12 from prior augmentation; "
        "fresh fracture T11 with edema and intact posterior wall.",
        {
            "T9": {"status": "treated", "augmentation": "cement"},
            "T10": {"status": "treated", "augmentation": "cement"},
            "T11": {"status": "present", "acuity": "acute", "marrow_edema": True, "posterior_wall": "intact"},
            "T12": {"status": "treated", "augmentation": "cement"},
        },
    ),
    (
        37,
        "Clinical history: known L1 fracture. Findings: vertebral body heights are maintained.",
        {"L1": {"status": "absent"}},
    ),
    (
        39,
        "Acute or chronic L2 compression of up to one third.",
        {"L2": {"status": "present", "acuity": "indeterminate", "height_loss_percent": [0, 33]}},
    ),
]


@pytest.mark.parametrize(("number", "text", "expected"), SENTENCES, ids=[f"G{row[0]}" for row in SENTENCES])
def test_a_worked_sentence_is_read_exactly(number: int, text: str, expected: dict[str | None, dict[str, Any]]) -> None:
    """Clinical G: every stated field, and no other."""
    assert facts(text) == expected, f"sentence {number}"


def test_no_acute_fracture_is_no_denial_of_an_old_one() -> None:
    """Clinical G3: "no acute" goes to regions_without_acute_fracture only."""
    reading = read("No acute fracture. Old healed L2 compression deformity.")
    assert reading["regions_without_acute_fracture"] == ["spine"]
    assert reading["regions_without_fracture"] == []


def test_a_sacral_fracture_keeps_its_own_name_and_region() -> None:
    """Clinical G27: the sacrum takes no part in augmentation logic."""
    (finding,) = read("Sacral insufficiency fractures, bilateral ala.")["findings"]
    assert (finding["level"], finding["region"]) == ("sacrum", "sacral")
