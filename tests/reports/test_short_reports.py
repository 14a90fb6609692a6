"""More sentences and whole short reports in own words, each read field by field.

They were written after the rules, to find what the rules did not reach.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.reading import facts

Expected = dict[str | None, dict[str, Any]]

SENTENCES: list[tuple[str, Expected]] = [
    (
        "MRI: The L2 body demonstrates compression with about 40% loss of central height, marrow oedema and "
        "a 2 mm bulge of the posterior wall.",
        {
            "L2": {
                "status": "present",
                "height_loss_percent": [40, 40],
                "marrow_edema": True,
                "acuity": "acute",
                "posterior_wall": "bowed",
                "retropulsion": True,
                "retropulsion_mm": 2,
            }
        },
    ),
    (
        "There is diffuse edema of the T9 vertebral body with a horizontal fracture line; no retropulsion "
        "and no cord compression.",
        {"T9": {"status": "present", "marrow_edema": True, "acuity": "acute", "retropulsion": False}},
    ),
    (
        "Compression fractures at T6 and T8 are chronic, whereas the T11 fracture is acute.",
        {
            "T6": {"status": "present", "acuity": "chronic"},
            "T8": {"status": "present", "acuity": "chronic"},
            "T11": {"status": "present", "acuity": "acute"},
        },
    ),
    (
        "IMPRESSION: 1. L4 COMPRESSION FRACTURE WITH EDEMA, LIKELY SUBACUTE. 2. REMOTE L1 COMPRESSION "
        "FRACTURE. 3. DEGENERATIVE DISC DISEASE.",
        {"L4": {"status": "present", "marrow_edema": True}, "L1": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Superior endplate impaction of L3 with 10% height loss.",
        {"L3": {"status": "possible", "height_loss_percent": [10, 10]}},
    ),
    (
        "Severe wedge compression of T12 with focal kyphosis of 30 degrees and 5 mm posterior displacement "
        "of the posterior wall.",
        {
            "T12": {
                "status": "present",
                "morphology": "wedge",
                "height_loss_grade": "severe",
                "kyphosis": True,
                "kyphosis_degrees": 30,
                "retropulsion": True,
                "retropulsion_mm": 5,
            }
        },
    ),
    (
        "No retropulsed fragments. T12 compression fracture.",
        {"T12": {"status": "present", "retropulsion": False}},
    ),
    (
        "Modic type 1 changes at L4/L5. Acute L1 fracture with marrow edema.",
        {"L1": {"status": "present", "acuity": "acute", "marrow_edema": True}},
    ),
    (
        "L1 fracture without edema; L4-5 Modic type 1 endplate edema.",
        {"L1": {"status": "present", "marrow_edema": False}},
    ),
    (
        "Marrow edema at the L5 endplate is reactive to disc degeneration.",
        {},
    ),
    (
        "Bone marrow oedema in the sacral alae bilaterally with linear low signal, consistent with "
        "insufficiency fractures.",
        {"sacrum": {"status": "present"}},
    ),
    (
        "Fractures of the right L1 to L3 transverse processes. The vertebral bodies are intact.",
        {
            "L1 transverse process": {"status": "present"},
            "L2 transverse process": {"status": "present"},
            "L3 transverse process": {"status": "present"},
            None: {"status": "absent"},
        },
    ),
    (
        "Old healed fracture of the left eighth rib. Thoracic vertebral body heights are maintained.",
        {None: {"status": "absent"}},
    ),
    (
        "Cord edema at T11. The T11 vertebral body is normal.",
        {"T11": {"cord_signal": True}},
    ),
    (
        "T12 burst fracture with cord edema and severe canal stenosis.",
        {"T12": {"status": "present", "morphology": "burst", "cord_signal": True, "canal_compromise": "severe"}},
    ),
    (
        "Incidental haemangioma in L3 with trabecular thickening.",
        {},
    ),
    (
        "Schmorl node with surrounding marrow edema at the superior endplate of L2. Vertebral body heights "
        "are otherwise maintained.",
        {},
    ),
    (
        "Unchanged T8 vertebra plana.",
        {
            "T8": {
                "status": "present",
                "morphology": "plana",
                "height_loss_grade": "plana",
                "height_change": "unchanged",
                "acuity": "chronic",
            }
        },
    ),
    (
        "Prior T12 kyphoplasty with new edema and further height loss at T12.",
        {
            "T12": {
                "status": "present",
                "augmentation": "kyphoplasty",
                "marrow_edema": True,
                "acuity": "acute",
                "height_change": "progressed",
            }
        },
    ),
    (
        "Cement in T10. No edema at T10.",
        {"T10": {"status": "treated", "augmentation": "cement", "marrow_edema": False}},
    ),
    (
        "Planned vertebroplasty of L1 compression fracture.",
        {"L1": {"status": "present"}},
    ),
    (
        "Suspected metastasis to T7 with pathological fracture.",
        {"T7": {"status": "present", "etiology": "pathologic"}},
    ),
    (
        "Multiple lytic lesions. Pathologic fracture of L2 with paravertebral mass.",
        {"L2": {"status": "present", "etiology": "pathologic", "soft_tissue_mass": True}},
    ),
    (
        "No lytic or destructive lesion. Osteoporotic T9 compression fracture.",
        {"T9": {"status": "present", "etiology": "osteoporotic"}},
    ),
    (
        "Fluid signal cleft within the T11 fracture.",
        {"T11": {"status": "present", "fluid_cleft": True}},
    ),
    (
        "No intravertebral cleft in the L1 fracture.",
        {"L1": {"status": "present", "fluid_cleft": False}},
    ),
    (
        "T12 vertebral body height loss of 1/4.",
        {"T12": {"status": "present", "height_loss_percent": [25, 25]}},
    ),
    (
        "Loss of up to 50% of the height of L2.",
        {"L2": {"status": "present", "height_loss_percent": [0, 50]}},
    ),
    (
        "L2 has lost between 30 and 40% of its height.",
        {"L2": {"status": "present", "height_loss_percent": [30, 40]}},
    ),
    (
        "L3: Genant 2 biconcave fracture.",
        {
            "L3": {
                "status": "present",
                "morphology": "biconcave",
                "height_loss_grade": "genant-2",
                "height_loss_percent": [25, 40],
            }
        },
    ),
    (
        "Wedging of T11 (25%) and T12 (50%).",
        {
            "T11": {"status": "present", "morphology": "wedge", "height_loss_percent": [25, 25]},
            "T12": {"status": "present", "morphology": "wedge", "height_loss_percent": [50, 50]},
        },
    ),
    (
        "Compression fracture of T12. PW is preserved. Pedicles normal.",
        {"T12": {"status": "present", "posterior_wall": "intact", "posterior_elements": False}},
    ),
    (
        "Posterior cortex of L1 is disrupted with fragments displaced into the canal.",
        {"L1": {"posterior_wall": "disrupted", "retropulsion": True}},
    ),
    (
        "Encroachment on the canal at L1 is mild; the cord is not compressed.",
        {},
    ),
    (
        "L1 burst fracture with the conus displaced but not compressed.",
        {"L1": {"status": "present", "morphology": "burst"}},
    ),
    (
        "Anterior wedging at T11 and T12, probably developmental.",
        {"T11": {"status": "possible", "morphology": "wedge"}, "T12": {"status": "possible", "morphology": "wedge"}},
    ),
    (
        "Mild anterior wedging of T7, T8 and T9, which may be physiological.",
        {
            "T7": {"status": "possible", "morphology": "wedge", "height_loss_grade": "mild"},
            "T8": {"status": "possible", "morphology": "wedge", "height_loss_grade": "mild"},
            "T9": {"status": "possible", "morphology": "wedge", "height_loss_grade": "mild"},
        },
    ),
    (
        "Compression fracture of L1: age cannot be determined on radiographs.",
        {"L1": {"status": "present", "acuity": "indeterminate"}},
    ),
    (
        "L1 compression fracture of uncertain chronicity, new since 2023.",
        {"L1": {"status": "present", "acuity": "indeterminate", "height_change": "new"}},
    ),
    (
        "No significant interval change in height of the L1 compression fracture.",
        {"L1": {"status": "present", "height_change": "unchanged", "acuity": "chronic"}},
    ),
    (
        "The L1 compression fracture has not progressed.",
        {"L1": {"status": "present", "height_change": "unchanged", "acuity": "chronic"}},
    ),
    (
        "Worsening collapse of T12 now with 70% height loss.",
        {"T12": {"status": "present", "height_change": "progressed", "height_loss_percent": [70, 70]}},
    ),
    (
        "SPECT-CT: focal intense uptake in the T11 vertebral body with corresponding endplate fracture; low "
        "grade uptake in the L4-5 facets.",
        {"T11": {"status": "present", "tracer_uptake": True}},
    ),
    (
        "Bone scan negative for uptake at the L1 fracture.",
        {"L1": {"status": "present", "tracer_uptake": False}},
    ),
    (
        "Degenerative uptake at L4 and L5.",
        {},
    ),
    (
        "Compression of the cauda equina at L3 due to disc extrusion.",
        {},
    ),
    (
        "T10-11 discitis with endplate destruction and paraspinal abscess.",
        {None: {"etiology": "infectious", "disc_signal": True, "collection": True}},
    ),
    (
        "Impression: Acute fractures of T12 and L1 superior endplates. Chronic fractures of L3, L4.",
        {
            "T12": {"status": "present", "acuity": "acute"},
            "L1": {"status": "present", "acuity": "acute"},
            "L3": {"status": "present", "acuity": "chronic"},
            "L4": {"status": "present", "acuity": "chronic"},
        },
    ),
    (
        "L5 vertebral body: intact. L4: superior end plate depression with 15% height reduction.",
        {"L4": {"status": "possible", "height_loss_percent": [15, 15]}},
    ),
    (
        "Mildly displaced spinous process fracture of T8; vertebral body heights preserved.",
        {"T8 spinous process": {"status": "present"}, None: {"status": "absent"}},
    ),
    (
        "Stress reaction with marrow edema in both L5 pars.",
        {},
    ),
    (
        "Marrow edema of the L4 spinous process and interspinous bursitis.",
        {},
    ),
    (
        "Facet edema at L3-4, soft tissue edema posteriorly. Old L2 compression fracture.",
        {"L2": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "STIR hyperintensity in the left psoas at L2. Chronic L2 fracture.",
        {"L2": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Endplate edema surrounding an acute Schmorl node at L1.",
        {},
    ),
    (
        "Inflammatory corner edema at T10 and T11 consistent with spondyloarthritis.",
        {},
    ),
    (
        "Edema of the bone marrow at L1 has resolved and the fracture is healed.",
        {"L1": {"status": "present", "acuity": "chronic", "marrow_edema": False}},
    ),
    (
        "Previously seen marrow edema of the L1 fracture is no longer present.",
        {"L1": {"status": "present", "marrow_edema": False}},
    ),
    (
        "L1 fracture which was acute on the prior MRI shows no residual edema.",
        {"L1": {"status": "present", "marrow_edema": False}},
    ),
    (
        "No acute fracture. Chronic L1 fracture. No marrow edema.",
        {"L1": {"status": "present", "acuity": "chronic", "marrow_edema": False}},
    ),
    (
        "Nothing to suggest an acute fracture at T12.",
        {},
    ),
    (
        "The study does not show a fracture of T12.",
        {"T12": {"status": "absent"}},
    ),
    (
        "No definite fracture of L1 although a subtle one cannot be excluded.",
        {"L1": {"status": "possible"}},
    ),
    (
        "Heights of T11 through L2 are normal.",
        {
            "T11": {"status": "absent"},
            "T12": {"status": "absent"},
            "L1": {"status": "absent"},
            "L2": {"status": "absent"},
        },
    ),
    (
        "A recent fracture of L3 is excluded.",
        {},
    ),
    (
        "Question of L3 fracture raised on radiograph is not confirmed on CT.",
        {"L3": {"status": "absent"}},
    ),
    (
        "L1 anterior wedging is chronic. L2 normal. L3 acute fracture, 20%.",
        {
            "L1": {"status": "present", "morphology": "wedge", "acuity": "chronic"},
            "L3": {"status": "present", "acuity": "acute", "height_loss_percent": [20, 20]},
        },
    ),
    (
        "Edema is centred on the L3-4 facet joints. Chronic L3 compression fracture.",
        {"L3": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "T2 hyperintense lesion in L2 consistent with haemangioma. L2 height is preserved.",
        {"L2": {"status": "absent"}},
    ),
    (
        "Marrow edema of the T12 vertebral body extending into the pedicles.",
        {"T12": {"marrow_edema": True, "acuity": "acute", "posterior_elements": True}},
    ),
    (
        "No abnormal marrow signal. No compression deformity.",
        {None: {"status": "absent"}},
    ),
    (
        "Acute pars fracture of L5 with edema.",
        {"L5 pars": {"status": "present"}},
    ),
    (
        "Acute sacral fracture. Lumbar spine: no fracture.",
        {"sacrum": {"status": "present", "acuity": "acute"}, None: {"status": "absent"}},
    ),
    (
        "Fracture of the left L2 transverse process, acute. L1 body compression fracture, old.",
        {
            "L2 transverse process": {"status": "present", "acuity": "acute"},
            "L1": {"status": "present", "acuity": "chronic"},
        },
    ),
    (
        "Spinous process fracture of T1 with edema.",
        {"T1 spinous process": {"status": "present"}},
    ),
    (
        "Compression fracture of L2 with acute disc extrusion at L4-5.",
        {"L2": {"status": "present"}},
    ),
    (
        "Old L2 compression fracture with acute on chronic disc herniation at L2-3.",
        {"L2": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Chronic T12 fracture; acute interspinous ligament injury.",
        {"T12": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "The T12 fracture is chronic. The acute abnormality is a paraspinal hematoma.",
        {"T12": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "L1 compression fracture. Recent rib fractures.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression fracture with recent fall.",
        {"L1": {"status": "present"}},
    ),
    (
        "Compression deformity of L1, correlate clinically for acute fracture.",
        {"L1": {"status": "present"}},
    ),
    (
        "Compression deformity at L1; if acute pain, MRI is suggested.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 deformity, recommend MRI to assess for edema.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression fracture; MRI would show edema if acute.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression deformity. No prior study to determine whether acute.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression fracture. Acute fracture cannot be excluded without MRI.",
        {"L1": {"status": "present"}},
    ),
    (
        "There is a compression fracture of L1, the acuity of which is uncertain.",
        {"L1": {"status": "present", "acuity": "indeterminate"}},
    ),
    (
        "Non-acute compression fracture of L1.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression fracture, not significantly changed, with persistent edema.",
        {"L1": {"status": "present", "marrow_edema": True, "height_change": "unchanged"}},
    ),
    (
        "T5 to T8 show preserved heights. T9 30% wedge.",
        {
            "T9": {"status": "present", "morphology": "wedge", "height_loss_percent": [30, 30]},
            "T5": {"status": "absent"},
            "T6": {"status": "absent"},
            "T7": {"status": "absent"},
            "T8": {"status": "absent"},
        },
    ),
    (
        "T9 superior endplate is fractured with 25 % loss in height and surrounding bone marrow oedema, but "
        "posterior wall is intact.",
        {
            "T9": {
                "status": "present",
                "height_loss_percent": [25, 25],
                "marrow_edema": True,
                "acuity": "acute",
                "posterior_wall": "intact",
            }
        },
    ),
    (
        "Compression fracture at L1 with retropulsion of 4mm, canal narrowed by 20%.",
        {"L1": {"status": "present", "retropulsion": True, "retropulsion_mm": 4}},
    ),
    (
        "T11: 40% loss of height. T12: 20% loss of height. L1: normal.",
        {
            "T11": {"status": "present", "height_loss_percent": [40, 40]},
            "T12": {"status": "present", "height_loss_percent": [20, 20]},
        },
    ),
    (
        "Spondylodiscitis cannot be excluded; abnormal fluid signal within the T8-T9 disc and endplate erosions.",
        {None: {"disc_signal": True}},
    ),
    (
        "No disc enhancement or endplate erosion.",
        {None: {"disc_signal": False}},
    ),
    (
        "L3-4 disc shows normal height and signal. L3 compression fracture.",
        {"L3": {"status": "present"}},
    ),
    (
        "Diffuse marrow infiltration with compression fracture of T10, in keeping with known myeloma.",
        {"T10": {"status": "present", "etiology": "suspicious"}},
    ),
    (
        "T10 compression fracture, benign in appearance, no marrow replacement.",
        {"T10": {"status": "present"}},
    ),
    (
        "Compression fracture T10. Retained fatty marrow signal argues against malignancy.",
        {"T10": {"status": "present"}},
    ),
    (
        "T12 wedge fracture, stable two-column injury, PLC intact.",
        {"T12": {"status": "present", "morphology": "wedge", "unstable": False}},
    ),
    (
        "Kyphosis of the thoracic spine is increased. T8 wedge fracture with 22\u00b0 local kyphosis.",
        {"T8": {"status": "present", "morphology": "wedge", "kyphosis": True, "kyphosis_degrees": 22}},
    ),
    (
        "Edema surrounds the screws at L3. Old L2 fracture.",
        {"L2": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Marrow edema at T12 could represent early fracture.",
        {"T12": {"status": "possible", "acuity": "acute", "marrow_edema": True}},
    ),
    (
        "Edema is likely present at L1.",
        {},
    ),
    (
        "L1 fracture with questionable edema.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 fracture; T2 hyperintense signal in the adjacent L1-2 disc is degenerative.",
        {"L1": {"status": "present"}},
    ),
    (
        "Linear STIR signal in the L2 endplate due to Schmorl node.",
        {},
    ),
    (
        "L2 chronic fracture; marrow edema is present at L3 without fracture.",
        {"L2": {"status": "present", "acuity": "chronic"}, "L3": {"status": "absent", "marrow_edema": True}},
    ),
    (
        "Bilateral L5 pedicle stress fractures with marrow edema.",
        {"L5": {"posterior_elements": True}},
    ),
    (
        "T12 compression fracture without significant marrow edema.",
        {"T12": {"status": "present", "marrow_edema": False}},
    ),
    (
        "T12 compression fracture with minimal if any edema.",
        {"T12": {"status": "present"}},
    ),
    (
        "L1 fracture appears acute.",
        {"L1": {"status": "present", "acuity": "acute"}},
    ),
    (
        "L1 fracture, which appears to be chronic.",
        {"L1": {"status": "present"}},
    ),
    (
        "Acute or subacute L1 compression fracture.",
        {"L1": {"status": "present"}},
    ),
    (
        "No acute compression fracture; chronic L1 compression deformity.",
        {"L1": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Acute compression fracture of L1 was present on the prior study and is now healed.",
        {"L1": {"status": "present"}},
    ),
    (
        "Comparison is made with prior dated 5/1/2024 when an acute T12 fracture was seen. T12 is now healed.",
        {"T12": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "There is acute loss of height of L2.",
        {"L2": {"status": "present", "acuity": "acute"}},
    ),
    (
        "Acute-appearing cortical step-off at the anterior superior endplate of L1.",
        {},
    ),
    (
        "The fracture at L1 demonstrates sclerosis suggesting healing.",
        {"L1": {"status": "present"}},
    ),
    (
        "Compression fracture of L1 (acute) and T8 (old).",
        {"L1": {"status": "present", "acuity": "acute"}, "T8": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "Acute compression fracture of L1 superimposed on chronic deformity.",
        {"L1": {"status": "present", "acuity": "acute"}},
    ),
    (
        "L1 compression fracture. The pedicles and posterior elements are uninvolved. The spinal cord is normal.",
        {"L1": {"status": "present", "posterior_elements": False, "cord_signal": False}},
    ),
    (
        "Approximately 50% compression of T12 and 25% of L1.",
        {
            "T12": {"status": "present", "height_loss_percent": [50, 50]},
            "L1": {"status": "present", "height_loss_percent": [25, 25]},
        },
    ),
    (
        "T12 compression fracture, 20% previously, now 40%.",
        {"T12": {"status": "present", "height_loss_percent": [40, 40]}},
    ),
    (
        "L1 compression fracture (previously 30%) now measures 45% height loss.",
        {"L1": {"status": "present", "height_loss_percent": [45, 45]}},
    ),
    (
        "Height loss is 30% anteriorly at T8 and 45% centrally at T9.",
        {
            "T8": {"status": "present", "height_loss_percent": [30, 30]},
            "T9": {"status": "present", "height_loss_percent": [45, 45]},
        },
    ),
    (
        "Retropulsion of 0.4 cm at L1 burst fracture.",
        {"L1": {"status": "present", "morphology": "burst", "retropulsion": True, "retropulsion_mm": 4}},
    ),
    (
        "Fracture of T12 without retropulsion; L1 fracture with retropulsion.",
        {"T12": {"status": "present", "retropulsion": False}, "L1": {"status": "present", "retropulsion": True}},
    ),
    (
        "L1 vertebral compression fracture, rule out malignancy.",
        {"L1": {"status": "present"}},
    ),
    (
        "L1 compression fracture; underlying lesion not excluded.",
        {"L1": {"status": "present", "etiology": "suspicious"}},
    ),
    (
        "Wedging of L1 appears congenital.",
        {"L1": {"status": "absent"}},
    ),
    (
        "Compression fx L1 s/p kypho.",
        {"L1": {"status": "treated", "augmentation": "kyphoplasty"}},
    ),
    (
        "Vertebral body heights are maintained with the exception of T12.",
        {},
    ),
    (
        "There is no compression fracture except at L1.",
        {"L1": {"status": "present"}},
    ),
    (
        "Alignment and vertebral heights are maintained. Multilevel disc height loss.",
        {None: {"status": "absent"}},
    ),
    (
        "L1 compression fracture. The fracture was acute on the earlier CT.",
        {"L1": {"status": "present"}},
    ),
    (
        "L5 stress fracture of the pars with edema.",
        {"L5 pars": {"status": "present"}},
    ),
    (
        "STIR hyperintensity at L1 in the spinous process.",
        {},
    ),
    (
        "The pedicles of L1 are fractured and the body of L1 is compressed by 40%.",
        {"L1": {"status": "present", "height_loss_percent": [40, 40]}},
    ),
    (
        "L3 pedicle fracture.",
        {"L3": {"posterior_elements": True}},
    ),
    (
        "T12 compression fracture with edema in the body and pedicles.",
        {"T12": {"status": "present", "acuity": "acute", "marrow_edema": True}},
    ),
    (
        "L1 fracture with intact pedicles and marrow edema.",
        {"L1": {"status": "present", "acuity": "acute", "marrow_edema": True, "posterior_elements": False}},
    ),
    (
        "The posterior elements are normal and there is marrow edema in the L1 body.",
        {"L1": {"acuity": "acute", "marrow_edema": True, "posterior_elements": False}},
    ),
    (
        "The T12 fracture is new since March and shows marrow edema.",
        {"T12": {"status": "present", "acuity": "acute", "marrow_edema": True, "height_change": "new"}},
    ),
    (
        "L1 compression fracture is stable, T12 is new.",
        {
            "L1": {"status": "present", "acuity": "chronic", "height_change": "unchanged"},
            "T12": {"status": "present", "height_change": "new"},
        },
    ),
    (
        "Stable L1 compression fracture, recent L2 fracture.",
        {
            "L1": {"status": "present", "acuity": "chronic", "height_change": "unchanged"},
            "L2": {"status": "present", "acuity": "acute"},
        },
    ),
    (
        "L3 compression fracture, chronic in appearance.",
        {"L3": {"status": "present", "acuity": "chronic"}},
    ),
    (
        "L3 compression fracture - likely old.",
        {"L3": {"status": "present"}},
    ),
    (
        "T8 compression fracture, stable exam.",
        {"T8": {"status": "present"}},
    ),
    (
        "Severe acute T12 compression fracture, severe pain.",
        {"T12": {"status": "present", "acuity": "acute", "height_loss_grade": "severe"}},
    ),
    (
        "L3 compression fracture with edema adjacent to the L2-3 disc.",
        {"L3": {"status": "present"}},
    ),
]

REPORTS: list[tuple[str, Expected]] = [
    (
        "MRI LUMBAR SPINE\n"
        "Clinical information: Fall three weeks ago, L1 fracture on plain film. ?acute\n"
        "Findings: Alignment is maintained. There is wedge compression of the L1 vertebral body with "
        "approximately 35% loss of anterior height. Diffuse high signal is seen within the vertebral body "
        "on STIR. There is minor retropulsion of the posterosuperior corner without significant canal "
        "stenosis. No other fracture. The conus lies at L1 and is normal. Modic type 2 change at L5/S1.\n"
        "Conclusion: Acute L1 osteoporotic wedge fracture.",
        {
            "L1": {
                "status": "present",
                "morphology": "wedge",
                "height_loss_percent": [35, 35],
                "marrow_edema": True,
                "acuity": "acute",
                "retropulsion": True,
                "etiology": "osteoporotic",
                "canal_compromise": "none",
            }
        },
    ),
    (
        "CT THORACIC SPINE WITHOUT CONTRAST\n"
        "COMPARISON: CT chest 1/4/2025.\n"
        "FINDINGS: T4: Chronic mild compression deformity, unchanged. T7: New compression fracture with 60% "
        "height loss and 3 mm retropulsion. T9-T10: No fracture. Posterior elements are intact. Ribs: "
        "Healed left 7th rib fracture.\n"
        "IMPRESSION: New T7 compression fracture.",
        {
            "T4": {
                "status": "present",
                "acuity": "chronic",
                "height_loss_grade": "mild",
                "height_change": "unchanged",
                "posterior_elements": False,
            },
            "T7": {
                "status": "present",
                "height_change": "new",
                "height_loss_percent": [60, 60],
                "retropulsion": True,
                "retropulsion_mm": 3,
                "posterior_elements": False,
            },
            "T9": {"level_certain": False, "status": "absent"},
            "T10": {"level_certain": False, "status": "absent"},
        },
    ),
    (
        "XR LUMBAR SPINE 2 VIEWS\n"
        "INDICATION: Low back pain, rule out compression fracture.\n"
        "FINDINGS: Five non-rib-bearing lumbar vertebrae. Vertebral body heights are preserved. Mild disc "
        "space narrowing at L4-L5 and L5-S1. Grade 1 anterolisthesis L4 on L5. Vascular calcification.\n"
        "IMPRESSION: No acute fracture. Degenerative disc disease.",
        {None: {"status": "absent"}},
    ),
    (
        "NM BONE SCAN WHOLE BODY\n"
        "HISTORY: Breast cancer. Back pain.\n"
        "FINDINGS: There is linear horizontal uptake at T12 and L3. Mild uptake in the shoulders and knees "
        "is degenerative. Focal uptake in the anterior left 6th rib.\n"
        "IMPRESSION: Uptake at T12 and L3 in a pattern typical for compression fractures. Metastatic "
        "disease is considered less likely.",
        {"T12": {"status": "present", "tracer_uptake": True}, "L3": {"status": "present", "tracer_uptake": True}},
    ),
    (
        "MRI D-L SPINE SCREENING\n"
        "D11 vertebral body shows biconcave collapse with marrow edema (hyperintense on STIR, hypointense "
        "on T1). Retropulsion of posterior cortex noted causing mild canal stenosis. No cord compression. "
        "L4-L5: Diffuse disc bulge causing thecal sac compression. Old wedge compression of L2 vertebra.\n"
        "Impression: Acute osteoporotic compression fracture D11.",
        {
            "T11": {
                "status": "present",
                "morphology": "biconcave",
                "marrow_edema": True,
                "acuity": "acute",
                "retropulsion": True,
                "canal_compromise": "mild",
                "etiology": "osteoporotic",
            },
            "L2": {"status": "present", "morphology": "wedge", "acuity": "chronic"},
        },
    ),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_a_sentence_written_after_the_rules(text: str, expected: Expected) -> None:
    """Contract "read-report", hazards 18 to 26: every stated field, and no other."""
    assert facts(text) == expected


@pytest.mark.parametrize(("text", "expected"), REPORTS, ids=["mri-uk", "ct", "radiograph", "bone-scan", "mri-india"])
def test_a_whole_report(text: str, expected: Expected) -> None:
    """Contract "Sections" and "Findings": history, comparison and degenerative discs leave the fractures alone."""
    assert facts(text) == expected
