"""Sentences in the manner of MRI, CT, radiograph and bone scan reports from several countries, read field by field.

Every expectation was reasoned from the contract before the reader saw the sentence; what a sentence does not settle
is absent from its expectation.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.reading import facts

Expected = dict[str | None, dict[str, Any]]


def fx(**known: Any) -> dict[str, Any]:
    """A fracture that is present, with what else is known of it."""
    return {"status": "present", **known}


MRI: list[tuple[str, Expected]] = [
    (
        "IMPRESSION:\n1. Acute superior endplate compression fracture of L2 with marrow edema and 25% height loss.\n"
        "2. Chronic compression deformity of T11 without edema.\n3. No retropulsion or canal compromise.",
        {
            "T11": fx(acuity="chronic", marrow_edema=False, retropulsion=False, canal_compromise="none"),
            "L2": fx(
                acuity="acute",
                marrow_edema=True,
                height_loss_percent=[25, 25],
                retropulsion=False,
                canal_compromise="none",
            ),
        },
    ),
    (
        "FINDINGS: The T7 vertebral body shows 50% anterior height loss with diffuse STIR hyperintensity. "
        "The posterior cortex bows into the canal by 3 mm. No cord signal abnormality.",
        {
            "T7": fx(
                height_loss_percent=[50, 50],
                marrow_edema=True,
                acuity="acute",
                posterior_wall="bowed",
                retropulsion=True,
                retropulsion_mm=3,
                cord_signal=False,
            )
        },
    ),
    (
        "Patchy marrow edema in L4 in keeping with a bone contusion, without fracture.",
        {"L4": {"status": "absent", "marrow_edema": True}},
    ),
    (
        "Subtle STIR hyperintensity in the anterior superior corner of T12, likely representing a stress reaction.",
        {"T12": {"marrow_edema": True, "acuity": "acute"}},
    ),
    (
        "Insufficiency fracture of the L5 vertebra with low T1 and high STIR signal.",
        {"L5": fx(marrow_edema=True, acuity="acute")},
    ),
    (
        "T1 hypointense and STIR hyperintense signal in the L1 body with height loss of 20%.",
        {"L1": fx(marrow_edema=True, acuity="acute", height_loss_percent=[20, 20])},
    ),
    (
        "Linear low T1 signal fracture line in L3 with surrounding marrow edema.",
        {"L3": fx(marrow_edema=True, acuity="acute")},
    ),
    (
        "T12 fracture with disruption of the posterior ligamentous complex.",
        {"T12": fx(unstable=True)},
    ),
    (
        "Burst fracture of L1 without posterior ligamentous complex injury.",
        {"L1": fx(morphology="burst", unstable=False)},
    ),
    (
        "No marrow edema to suggest an acute fracture. Chronic deformities of T12 and L2.",
        {"T12": fx(acuity="chronic", marrow_edema=False), "L2": fx(acuity="chronic", marrow_edema=False)},
    ),
    (
        "Interval healing of the L1 fracture with resolution of marrow edema.",
        {"L1": fx(marrow_edema=False)},
    ),
    ("Fluid cleft beneath the superior endplate of T12 in keeping with nonunion.", {"T12": {"fluid_cleft": True}}),
    (
        "L1 compression fracture with intravertebral vacuum cleft and surrounding marrow edema.",
        {"L1": fx(fluid_cleft=True, marrow_edema=True)},
    ),
    (
        "Kummell phenomenon at T12 with 70% collapse.",
        {"T12": fx(fluid_cleft=True, height_loss_percent=[70, 70])},
    ),
    ("T12 fracture compresses the conus.", {"T12": fx(canal_compromise="cord")}),
    (
        "L2 burst fracture with a fragment encroaching on the canal; the conus is compressed.",
        {"L2": fx(morphology="burst", retropulsion=True, canal_compromise="cord")},
    ),
    (
        "Retropulsed fragment at T12 encroaches on the canal by 6 mm.",
        {"T12": {"retropulsion": True, "retropulsion_mm": 6}},
    ),
    (
        "T9 compression fracture with moderate encroachment on the canal and no cord signal change.",
        {"T9": fx(canal_compromise="moderate", cord_signal=False)},
    ),
    (
        "T6 vertebra plana with mild encroachment on the spinal canal.",
        {"T6": fx(morphology="plana", height_loss_grade="plana", canal_compromise="mild")},
    ),
    (
        "There is marrow edema throughout L3 with a band-like fracture line beneath the inferior endplate and "
        "preserved posterior wall. The pedicles are spared.",
        {"L3": fx(marrow_edema=True, acuity="acute", posterior_wall="intact", posterior_elements=False)},
    ),
    (
        "T8: mild chronic wedging, no edema. T10: acute fracture with edema. L3: biconcave deformity, old.",
        {
            "T8": fx(morphology="wedge", height_loss_grade="mild", acuity="chronic", marrow_edema=False),
            "T10": fx(acuity="acute", marrow_edema=True),
            "L3": fx(morphology="biconcave", acuity="chronic"),
        },
    ),
    (
        "L1 compression fracture with STIR signal confined to the superior endplate and 4 mm retropulsion.",
        {"L1": fx(marrow_edema=True, acuity="acute", retropulsion=True, retropulsion_mm=4)},
    ),
    (
        "Acute compression fracture of T11 without retropulsion, epidural hematoma or cord compression.",
        {"T11": fx(acuity="acute", retropulsion=False)},
    ),
]

PLAIN_FILM: list[tuple[str, Expected]] = [
    (
        "Moderate anterior wedging of T8 and mild wedging of T9, age indeterminate.",
        {
            "T8": fx(morphology="wedge", height_loss_grade="moderate"),
            "T9": fx(morphology="wedge", height_loss_grade="mild", acuity="indeterminate"),
        },
    ),
    (
        "Biconcave deformities of L2 and L3 with 30-40% central height loss.",
        {
            "L2": fx(morphology="biconcave", height_loss_percent=[30, 40]),
            "L3": fx(morphology="biconcave", height_loss_percent=[30, 40]),
        },
    ),
    ("Compression of the L1 superior endplate of 20%.", {"L1": fx(height_loss_percent=[20, 20])}),
    ("The T12 vertebral body has lost approximately half of its height.", {"T12": fx(height_loss_percent=[50, 50])}),
    (
        "Height of the L3 vertebral body is reduced by 15%.",
        {"L3": {"status": "possible", "height_loss_percent": [15, 15]}},
    ),
    ("Less than 20% loss of height of L1.", {"L1": {"status": "possible", "height_loss_percent": [0, 20]}}),
    ("More than 50% loss of height of T10.", {"T10": fx(height_loss_percent=[50, 100])}),
    (
        "Genant grade 3 crush fracture of T6.",
        {"T6": fx(morphology="crush", height_loss_grade="genant-3", height_loss_percent=[40, 100])},
    ),
    (
        "Mild (Genant 1) wedge fracture of T11.",
        {"T11": fx(morphology="wedge", height_loss_grade="genant-1", height_loss_percent=[20, 25])},
    ),
    ("Severe compression fracture of T9.", {"T9": fx(height_loss_grade="severe")}),
    ("Marked anterior wedging of D7.", {"T7": fx(morphology="wedge", height_loss_grade="severe")}),
    ("Multiple old compression fractures of the thoracic spine.", {None: fx(acuity="chronic")}),
    (
        "Unchanged compression deformities at T7, T8, and L2.",
        {level: fx(acuity="chronic", height_change="unchanged") for level in ("T7", "T8", "L2")},
    ),
    (
        "Mild loss of height of several mid thoracic vertebral bodies, likely chronic.",
        {None: fx(height_loss_grade="mild")},
    ),
    ("Scheuermann-type wedging of T7 through T9.", {level: {"status": "absent"} for level in ("T7", "T8", "T9")}),
    ("Physiologic anterior wedging at T12 and L1.", {"T12": {"status": "absent"}, "L1": {"status": "absent"}}),
    (
        "Multiple compression fractures of varying age from T5 to T7.",
        {level: fx() for level in ("T5", "T6", "T7")},
    ),
    ("Kyphotic angulation of 25 degrees at the T12 fracture.", {"T12": fx(kyphosis=True, kyphosis_degrees=25)}),
    ("Local Cobb angle 18 degrees at L1.", {"L1": {"kyphosis_degrees": 18}}),
    (
        "Age-indeterminate compression deformity of T8; MRI could be obtained to assess for acuity.",
        {"T8": fx(acuity="indeterminate")},
    ),
    ("Possible subtle compression fracture of T12; correlate with point tenderness.", {"T12": {"status": "possible"}}),
    ("Questionable loss of height of L5.", {"L5": {"status": "possible"}}),
    (
        "NO ACUTE FRACTURE. OLD COMPRESSION FRACTURE OF L2 IS STABLE.",
        {"L2": fx(acuity="chronic", height_change="unchanged")},
    ),
    (
        "STABLE MODERATE T7 AND SEVERE T9 COMPRESSION DEFORMITIES.",
        {
            "T7": fx(height_loss_grade="moderate", height_change="unchanged", acuity="chronic"),
            "T9": fx(height_loss_grade="severe", height_change="unchanged", acuity="chronic"),
        },
    ),
]

CT: list[tuple[str, Expected]] = [
    (
        "ACUTE BURST FRACTURE OF L1 WITH 8 MM RETROPULSION AND SEVERE CANAL STENOSIS.",
        {"L1": fx(morphology="burst", acuity="acute", retropulsion=True, retropulsion_mm=8, canal_compromise="severe")},
    ),
    (
        "Nondisplaced fracture through the superior endplate of L1 without retropulsion. Posterior elements intact.",
        {"L1": fx(retropulsion=False, posterior_elements=False)},
    ),
    (
        "Chance-type fracture of T12 extending through both pedicles.",
        {"T12": fx(morphology="chance", unstable=True, posterior_elements=True)},
    ),
    ("Burst fracture of L3 with 50% canal compromise.", {"L3": fx(morphology="burst")}),
    (
        "Comminuted fracture of the L2 body with 40% height loss and retropulsion measuring 7 mm, "
        "narrowing the canal by 30%.",
        {"L2": fx(height_loss_percent=[40, 40], retropulsion=True, retropulsion_mm=7)},
    ),
    (
        "Sclerotic margins at the L4 endplate fracture suggest it is chronic.",
        {"L4": fx()},
    ),
    (
        "Three-column injury at T11-T12 with translation; T12 burst fracture.",
        {"T12": fx(morphology="burst", unstable=True)},
    ),
    (
        "Nondisplaced left transverse process fractures of L2 and L3.",
        {"L2 transverse process": fx(), "L3 transverse process": fx()},
    ),
]

BONE_SCAN: list[tuple[str, Expected]] = [
    (
        "Linear increased uptake across the T10 vertebral body, typical of a compression fracture.",
        {"T10": fx(tracer_uptake=True)},
    ),
    ("Old T12 fracture shows no tracer uptake.", {"T12": fx(acuity="chronic", tracer_uptake=False)}),
    ("Intense uptake corresponding to the superior endplate fracture of L3.", {"L3": fx(tracer_uptake=True)}),
    ("Bone scan: no abnormal uptake in the spine.", {None: {"tracer_uptake": False}}),
    (
        "Increased activity at T8 and L1; uptake at L1 corresponds to the known compression fracture.",
        {"T8": {"tracer_uptake": True}, "L1": fx(tracer_uptake=True)},
    ),
    (
        "Whole body bone scan: H-shaped sacral uptake typical of insufficiency fracture. "
        "No uptake in the lumbar vertebrae.",
        {"sacrum": fx(), None: {"tracer_uptake": False}},
    ),
]

BRITISH_AND_INDIAN: list[tuple[str, Expected]] = [
    (
        "D12 wedge compression fracture with marrow oedema; posterior wall intact.",
        {"T12": fx(morphology="wedge", marrow_edema=True, acuity="acute", posterior_wall="intact")},
    ),
    ("Collapse of D11 vertebra with preserved posterior elements.", {"T11": fx(posterior_elements=False)}),
    (
        "Compression fractures of D12 and L1 vertebrae noted, old in D12 and recent in L1.",
        {"T12": fx(acuity="chronic"), "L1": fx(acuity="acute")},
    ),
    (
        "There is an old osteoporotic wedge collapse of T11. Fresh oedema is seen at L2 where there is 30% loss of "
        "height.",
        {
            "T11": fx(morphology="wedge", acuity="chronic", etiology="osteoporotic"),
            "L2": fx(marrow_edema=True, acuity="acute", height_loss_percent=[30, 30]),
        },
    ),
    ("No acute bony injury. Longstanding wedging of T12.", {"T12": fx(morphology="wedge", acuity="chronic")}),
    (
        "Wedging of D12 vertebral body with marrow edema appearing hyperintense on STIR - s/o acute compression "
        "fracture.",
        {"T12": fx(morphology="wedge", marrow_edema=True, acuity="acute")},
    ),
    (
        "Anterior wedging of L1 vertebral body with approximately 1/3rd loss of height, ? osteoporotic.",
        {"L1": fx(morphology="wedge", height_loss_percent=[33, 33])},
    ),
    (
        "Partial collapse of L1 vertebra with altered marrow signal, hyperintense on STIR. Mild retropulsion of the "
        "posterior cortex is seen.",
        {"L1": fx(marrow_edema=True, acuity="acute", retropulsion=True)},
    ),
    (
        "Wedge compression of D8 and D9 vertebral bodies, likely post traumatic.",
        {"T8": fx(morphology="wedge"), "T9": fx(morphology="wedge")},
    ),
    (
        "Stable appearances of the vertebroplasty at L1. New oedema in T12 with loss of height.",
        {
            "L1": {"status": "treated", "augmentation": "vertebroplasty"},
            "T12": fx(marrow_edema=True, acuity="acute"),
        },
    ),
]

SEVERAL: list[tuple[str, Expected]] = [
    (
        "1. Subacute T12 compression fracture, 30% height loss.\n2. Healed L2 and L4 fractures.\n3. No new fracture.",
        {
            "T12": fx(acuity="subacute", height_loss_percent=[30, 30]),
            "L2": fx(acuity="chronic"),
            "L4": fx(acuity="chronic"),
        },
    ),
    (
        "Compression fractures: T6 (chronic, 20%), T9 (acute, 35%) and L1 (chronic, 50%).",
        {
            "T6": fx(acuity="chronic", height_loss_percent=[20, 20]),
            "T9": fx(acuity="acute", height_loss_percent=[35, 35]),
            "L1": fx(acuity="chronic", height_loss_percent=[50, 50]),
        },
    ),
    (
        "T7 and T9 chronic compression fractures; T11 is acute with edema.",
        {"T7": fx(acuity="chronic"), "T9": fx(acuity="chronic"), "T11": fx(acuity="acute", marrow_edema=True)},
    ),
    (
        "Acute T12 and chronic L2 compression fractures.",
        {"T12": fx(acuity="acute"), "L2": fx(acuity="chronic")},
    ),
    (
        "Severe T8, moderate T10 and mild L1 compression fractures.",
        {
            "T8": fx(height_loss_grade="severe"),
            "T10": fx(height_loss_grade="moderate"),
            "L1": fx(height_loss_grade="mild"),
        },
    ),
    (
        "Old fractures of T4 and T5. The T9 fracture is new. L2 fracture is of uncertain age.",
        {
            "T4": fx(acuity="chronic"),
            "T5": fx(acuity="chronic"),
            "T9": fx(height_change="new"),
            "L2": fx(acuity="indeterminate"),
        },
    ),
    (
        "T11 20%, T12 35% and L1 60% compression fractures.",
        {
            "T11": fx(height_loss_percent=[20, 20]),
            "T12": fx(height_loss_percent=[35, 35]),
            "L1": fx(height_loss_percent=[60, 60]),
        },
    ),
]

CHANGE: list[tuple[str, Expected]] = [
    (
        "Interval progression of the L1 compression fracture, now 60% height loss compared with 40% previously.",
        {"L1": fx(height_change="progressed", height_loss_percent=[60, 60])},
    ),
    (
        "T12 collapse has progressed from 20% to 45%.",
        {"T12": fx(height_change="progressed", height_loss_percent=[45, 45])},
    ),
    (
        "No significant change in the L3 compression deformity since 2022.",
        {"L3": fx(acuity="chronic", height_change="unchanged")},
    ),
    ("New L4 compression fracture since the previous examination.", {"L4": fx(height_change="new")}),
    (
        "Compression fracture of L1. Further loss of height since the prior examination.",
        {"L1": fx(height_change="progressed")},
    ),
    (
        "T12 compression fracture. Progression of collapse compared with prior study.",
        {"T12": fx(height_change="progressed")},
    ),
    ("Progression of collapse of T12 compared with prior study.", {"T12": fx(height_change="progressed")}),
    ("Interval worsening of the T12 compression deformity.", {"T12": fx(height_change="progressed")}),
    ("The T12 compression deformity has worsened since the previous MRI.", {"T12": fx(height_change="progressed")}),
    ("Increasing collapse of L2 since the last radiograph.", {"L2": fx(height_change="progressed")}),
    ("Further collapse of the L2 vertebral body.", {"L2": fx(height_change="progressed")}),
    ("L2 compression fracture. No further collapse.", {"L2": fx(acuity="chronic", height_change="unchanged")}),
    (
        "L2 compression fracture. No progression since the prior study.",
        {"L2": fx(acuity="chronic", height_change="unchanged")},
    ),
    (
        "The compression fracture of T10 has lost further height since May.",
        {"T10": fx(height_change="progressed")},
    ),
    (
        "History: T9 fracture 2019.\nFindings: T9 deformity is unchanged.",
        {"T9": fx(acuity="chronic", height_change="unchanged")},
    ),
    (
        "L1 compression fracture. There has been progressive height loss compared with 2023.",
        {"L1": fx(height_change="progressed")},
    ),
]

AGE: list[tuple[str, Expected]] = [
    ("Wedge deformity L1, likely acute.", {"L1": fx(morphology="wedge")}),
    ("L1 compression fracture, possibly acute.", {"L1": fx()}),
    ("Probably chronic compression fracture of T11.", {"T11": fx()}),
    ("Compression deformity of T11 is probably old.", {"T11": fx()}),
    ("The L1 compression fracture is likely subacute.", {"L1": fx()}),
    ("Compression deformity of L1, presumably remote.", {"L1": fx()}),
    ("L1 compression fracture, favored subacute.", {"L1": fx()}),
    ("L1 compression fracture, suspected to be acute.", {"L1": fx()}),
    ("L1 compression fracture, which may be acute.", {"L1": fx()}),
    ("Likely acute L1 compression fracture with marrow edema.", {"L1": fx(acuity="acute", marrow_edema=True)}),
    ("L1 compression fracture with mild marrow edema, likely chronic.", {"L1": fx(marrow_edema=True)}),
    (
        "L1 compression fracture is stable, acute on the prior study.",
        {"L1": fx(acuity="chronic", height_change="unchanged")},
    ),
    ("Findings consistent with an acute fracture of L2.", {"L2": fx(acuity="acute")}),
    ("L2 compression fracture, consistent with an acute injury.", {"L2": fx(acuity="acute")}),
    ("Acute-on-chronic compression fracture of L1.", {"L1": fx(acuity="acute")}),
    ("L1 acute on chronic compression deformity.", {"L1": fx(acuity="acute")}),
    ("Compression fracture of L1, of uncertain age.", {"L1": fx(acuity="indeterminate")}),
    ("Acute compression fracture of L1, likely osteoporotic.", {"L1": fx(acuity="acute")}),
]

WALL: list[tuple[str, Expected]] = [
    ("L1 compression fracture. PW intact.", {"L1": fx(posterior_wall="intact")}),
    ("The posterior wall of L1 is preserved.", {"L1": {"posterior_wall": "intact"}}),
    ("L1 compression fracture; the posterior wall is maintained.", {"L1": fx(posterior_wall="intact")}),
    ("L1 compression fracture. The posterior wall is involved.", {"L1": fx(posterior_wall="disrupted")}),
    ("L1 compression fracture. The posterior wall is not involved.", {"L1": fx(posterior_wall="intact")}),
    ("L1 compression fracture. No involvement of the posterior wall.", {"L1": fx(posterior_wall="intact")}),
    ("L1 burst fracture involving the posterior wall.", {"L1": fx(morphology="burst", posterior_wall="disrupted")}),
    ("The posterior vertebral body margin of T12 is breached.", {"T12": {"posterior_wall": "disrupted"}}),
    ("The posterior vertebral body margin of T12 is intact.", {"T12": {"posterior_wall": "intact"}}),
    (
        "Compression fracture of L1 with bulging of the posterior wall.",
        {"L1": fx(posterior_wall="bowed", retropulsion=True)},
    ),
    ("Compression fracture of L2 with a convex posterior border.", {"L2": fx(posterior_wall="bowed")}),
    ("Compression fracture of L2. The posterior border is convex.", {"L2": fx(posterior_wall="bowed")}),
    ("L3 fracture with cortical breach posteriorly.", {"L3": fx(posterior_wall="disrupted")}),
    ("L3 fracture with breach of the posterior cortex.", {"L3": fx(posterior_wall="disrupted")}),
    ("L3 fracture without breach of the posterior cortex.", {"L3": fx(posterior_wall="intact")}),
    ("L3 fracture. No posterior cortical breach.", {"L3": fx(posterior_wall="intact")}),
    ("L3 fracture, posterior cortex possibly breached.", {"L3": fx()}),
    ("L3 fracture; posterior wall integrity is maintained.", {"L3": fx(posterior_wall="intact")}),
    ("Fracture extends to the posterior wall of T11.", {"T11": fx(posterior_wall="disrupted")}),
    ("T11 fracture not extending to the posterior wall.", {"T11": fx(posterior_wall="intact")}),
]

DISC: list[tuple[str, Expected]] = [
    (
        "L3 compression fracture with abnormal L3/4 disc signal, suspicious for discitis.",
        {"L3": fx(disc_signal=True)},
    ),
    ("L3 compression fracture. Abnormal fluid signal in the L3-4 disc.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture. Disc space hyperintensity at L3-4.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture with endplate erosion and disc edema.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture. The L3-4 disc is hyperintense on STIR.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture. T2 hyperintense signal within the L3-4 disc space.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture. The adjacent disc enhances.", {"L3": fx(disc_signal=True)}),
    ("L3 compression fracture. No abnormal signal in the L3-4 disc.", {"L3": fx(disc_signal=False)}),
    ("L3 compression fracture without abnormal disc signal.", {"L3": fx(disc_signal=False)}),
    ("L3 compression fracture. Possible fluid signal in the L3-4 disc.", {"L3": fx()}),
    ("L3 compression fracture. Low T2 signal of the L3-4 disc from desiccation.", {"L3": fx()}),
    ("L3 compression fracture. High signal zone in the L3-4 annulus, annular fissure of the disc.", {"L3": fx()}),
    ("L3 compression fracture. Disc desiccation at L3-4 with reduced signal.", {"L3": fx()}),
    (
        "Discitis-osteomyelitis at L2-3 with collapse of L2.",
        {"L2": fx(etiology="infectious", disc_signal=True)},
    ),
    ("Abnormal signal in the L4-5 disc with endplate destruction.", {None: {"disc_signal": True}}),
]

CAUSE: list[tuple[str, Expected]] = [
    (
        "Diffuse marrow replacement of L3 with a compression fracture, concerning for metastasis.",
        {"L3": fx(etiology="suspicious")},
    ),
    (
        "Pathologic compression fracture of T8 due to multiple myeloma with epidural extension.",
        {"T8": fx(etiology="pathologic", soft_tissue_mass=True)},
    ),
    (
        "Metastatic lesions in T5 and T9 without compression fracture.",
        {level: {"status": "absent"} for level in ("T5", "T9")},
    ),
    (
        "Vertebra plana of T7 from eosinophilic granuloma.",
        {"T7": fx(morphology="plana", height_loss_grade="plana", etiology="benign-lesion")},
    ),
    ("Typical hemangioma of L2. No compression fracture.", {None: {"status": "absent"}}),
    ("Hemangioma in T10 with high T1 and T2 signal.", {}),
    (
        "The L1 vertebral body is expanded with an epidural soft tissue component; plasmacytoma is favoured.",
        {"L1": {"soft_tissue_mass": True, "etiology": "suspicious"}},
    ),
    ("Paravertebral abscess adjacent to the T9 fracture.", {"T9": fx(collection=True)}),
    (
        "Benign osteoporotic compression fracture of T12 with no features of malignancy.",
        {"T12": fx(etiology="osteoporotic")},
    ),
    (
        "Convex posterior border of L2, worrisome for metastatic collapse.",
        {"L2": {"status": "possible", "posterior_wall": "bowed", "etiology": "suspicious"}},
    ),
    ("Lytic lesion in the T6 body with 50% collapse.", {"T6": fx(height_loss_percent=[50, 50], etiology="suspicious")}),
]

CEMENT: list[tuple[str, Expected]] = [
    (
        "L1 kyphoplasty cement in place without recollapse.",
        {"L1": {"status": "treated", "augmentation": "kyphoplasty"}},
    ),
    (
        "Status post kyphoplasty at T11 and L1. New superior endplate fracture of T12 adjacent to cement.",
        {
            "T11": {"status": "treated", "augmentation": "kyphoplasty"},
            "T12": fx(height_change="new"),
            "L1": {"status": "treated", "augmentation": "kyphoplasty"},
        },
    ),
    (
        "Post-vertebroplasty change at L3 with no new fracture.",
        {"L3": {"status": "treated", "augmentation": "vertebroplasty"}},
    ),
    (
        "Refracture of the cemented L2 vertebra with recurrent marrow edema.",
        {"L2": fx(augmentation="cement", marrow_edema=True, acuity="acute", height_change="new")},
    ),
    ("Stable L2 kyphoplasty. No new fracture.", {"L2": {"status": "treated", "augmentation": "kyphoplasty"}}),
    ("Cement leakage into the T12-L1 disc.", {}),
    (
        "Prior kyphoplasty T12 and L2. Acute fracture of L1 between the treated levels with marrow edema.",
        {
            "T12": {"status": "treated", "augmentation": "kyphoplasty"},
            "L1": fx(acuity="acute", marrow_edema=True),
            "L2": {"status": "treated", "augmentation": "kyphoplasty"},
        },
    ),
]

NONE_OF_OURS: list[tuple[str, Expected]] = [
    ("Type 1 Modic endplate change with marrow edema at L4-5. No vertebral fracture.", {None: {"status": "absent"}}),
    ("Degenerative endplate edema on either side of the L3-4 disc.", {}),
    ("Reactive marrow edema about the L5-S1 disc space, Modic type I.", {}),
    ("Marrow edema in the L4 inferior endplate, Modic 1.", {}),
    ("Modic I changes with bone marrow edema of the L4 and L5 endplates.", {}),
    ("Fatty endplate change at L4, Modic 2.", {}),
    ("Schmorl's node of the superior endplate of L3 with surrounding edema.", {}),
    ("Interspinous edema at L3-4 and L4-5, Baastrup phenomenon.", {}),
    ("Loss of disc height at L5-S1 with endplate sclerosis.", {}),
    ("Grade 1 anterolisthesis of L4 on L5.", {}),
    ("Moderate compression of the thecal sac at L3-4 by disc bulge.", {}),
    ("T12-L1 disc extrusion compressing the conus.", {}),
    ("Coccyx fracture.", {}),
    (
        "Acute fractures of the left eighth through tenth ribs. No vertebral compression fracture.",
        {None: {"status": "absent"}},
    ),
    (
        "Lumbar lordosis is maintained. Vertebral body heights are well maintained. Disc heights are reduced at L4-5.",
        {None: {"status": "absent"}},
    ),
    ("Pars fractures at L5 bilaterally.", {"L5 pars": fx()}),
    ("Height loss of the L4-5 disc with 30% narrowing.", {}),
    ("The patient has retropulsion on the pull test and a stooped posture.", {}),
]

ALL = {
    "mri": MRI,
    "plain-film": PLAIN_FILM,
    "ct": CT,
    "bone-scan": BONE_SCAN,
    "british-and-indian": BRITISH_AND_INDIAN,
    "several": SEVERAL,
    "change": CHANGE,
    "age": AGE,
    "wall": WALL,
    "disc": DISC,
    "cause": CAUSE,
    "cement": CEMENT,
    "none-of-ours": NONE_OF_OURS,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(text, expected, id=f"{group}-{n}")
        for group, rows in ALL.items()
        for n, (text, expected) in enumerate(rows)
    ],
)
def test_a_report_sentence_is_read_exactly(text: str, expected: Expected) -> None:
    """Contract "read-report", hazards 18 to 26: every stated field, and no other."""
    assert facts(text) == expected


NEVER = [
    ("Inflammatory edema of the left L4-5 facet joint extending into the L4 pedicle.", "marrow_edema", True),
    ("STIR signal in the paraspinal muscles from T12 to L3.", "marrow_edema", True),
    ("STIR hyperintensity in the interspinous ligament at L2-L3.", "marrow_edema", True),
    ("Edema in the L2 pedicles without a body fracture.", "marrow_edema", True),
    ("Bone marrow edema in the left L5 pedicle and pars, stress reaction.", "marrow_edema", True),
    ("L1 compression fracture. Bone marrow edema of the L5 pars.", "marrow_edema", True),
    ("L1 compression fracture. Marrow edema in the left sacral ala.", "marrow_edema", True),
    ("L1 compression fracture. Marrow edema in the right femoral head.", "marrow_edema", True),
    ("L1 compression fracture. Marrow edema of the right tenth rib.", "marrow_edema", True),
    ("Old L1 compression fracture. STIR hyperintensity in the spinous process of L1.", "marrow_edema", True),
    ("L1 compression fracture with prevertebral soft tissue swelling and edema.", "marrow_edema", True),
    ("T11 fracture. Cord edema from T10 to T12.", "marrow_edema", True),
    ("L1 compression fracture. STIR signal around the L1 screw.", "marrow_edema", True),
    ("L1 compression fracture. Subcutaneous STIR hyperintensity from T10 to L5.", "marrow_edema", True),
    ("Marrow edema at L4 and L5 is degenerative.", "marrow_edema", True),
    ("Discogenic marrow edema in L4 and L5.", "marrow_edema", True),
    ("L4-5 facet arthropathy with marrow edema in the articular processes of L4.", "marrow_edema", True),
    ("Hemangioma of L2 with high STIR signal.", "marrow_edema", True),
    ("Mild uptake at L2, likely degenerative.", "tracer_uptake", True),
    ("Facet joint uptake at L4-5.", "tracer_uptake", True),
    ("Uptake in the left tenth rib at the level of T10.", "tracer_uptake", True),
    ("Contusion of the T6 and T7 vertebral bodies without loss of height.", "status", "present"),
    ("Fracture of the L2 pedicle screw.", "status", "present"),
    ("Osteophyte fracture at L3.", "status", "present"),
    ("Limbus vertebra at L4 simulating a fracture.", "status", "present"),
    ("Butterfly vertebra at T8 with anterior wedging.", "status", "present"),
    ("Pulmonary collapse at the level of T5.", "status", "present"),
    ("Fracture protocol. L1 to L5 are normal.", "status", "present"),
    ("Compression of the L5 nerve root.", "status", "present"),
    ("Disc collapse at L5-S1.", "status", "present"),
    ("L4-5 disc space collapse with acute edema.", "acuity", "acute"),
    ("Acute hemorrhage. L1 compression fracture.", "acuity", "acute"),
    ("L1 compression fracture with acute angular kyphosis.", "acuity", "acute"),
    ("Acute on chronic back pain. L1 compression deformity.", "acuity", "acute"),
    ("L1 compression fracture; no acute component.", "acuity", "acute"),
    ("L1 compression fracture which does not appear acute.", "acuity", "acute"),
    ("L1 compression fracture. Acute inflammatory facet arthropathy at L1.", "acuity", "acute"),
    ("L1 compression deformity. No acute fracture is seen.", "acuity", "acute"),
]


@pytest.mark.parametrize(("text", "field", "wrong"), NEVER)
def test_a_wrong_permission_is_never_read(text: str, field: str, wrong: object) -> None:
    """Hazards 18 to 26: a false present, edema, uptake or acute at a vertebral level is the worst fault."""
    assert all(known.get(field) != wrong for known in facts(text).values())
