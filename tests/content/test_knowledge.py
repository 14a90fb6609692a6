"""The knowledge that ships: value sets, thresholds, citations and conflicts are complete, and refused when wrong."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from cds_service import knowledge
from cds_service.knowledge.check_digits import is_loinc_code, is_snomed_concept, verhoeff_holds
from cds_service.knowledge.citations import READ, cite, load_sources
from cds_service.knowledge.conflicts import load_conflicts
from cds_service.knowledge.data import data_directory, data_files, digest
from cds_service.knowledge.errors import ContentError
from cds_service.knowledge.systems import (
    CPT,
    DICOM,
    HCPCS,
    ICD_9_CM,
    ICD_10_CM,
    ICD_10_PCS,
    LOINC,
    NCI_THESAURUS,
    RADLEX,
    RXNORM,
    SNOMED,
    UCUM,
    normalise_code,
    normalise_system,
)
from cds_service.knowledge.thresholds import Thresholds, load_threshold_entries, load_thresholds
from cds_service.knowledge.value_set import Row, load_value_sets, read_value_set, value_set
from tests.conftest import ROOT

SHARED = Path(__file__).resolve().parents[3] / "shared" / "terminology"
SET_IDS = sorted(load_value_sets())
ENTRIES = load_threshold_entries()

# What each shipped set is made of, so that a renamed or forgotten file shows here and not in a rule that falls silent.
EXPECTED_SETS = {
    *("vcf-diagnosis", "vertebra-level-body-site", "back-pain-symptom", "neuro-red-flag", "spinal-infection"),
    *(
        "systemic-infection-sepsis",
        "spinal-malignancy",
        "osteoporosis-diagnosis",
        "osteogenesis-imperfecta",
        "pregnancy",
    ),
    *(
        "coagulopathy",
        "vascular-cause",
        "mri-unsafe-device",
        "device-mr-safety",
        "imaging-modality",
        "imaging-order-mri",
    ),
    *("imaging-order-ct", "imaging-order-xray", "imaging-order-nuclear", "imaging-order-dxa", "referral-order"),
    *("vertebral-augmentation-procedure", "radiology-report", "bracing", "conservative-therapy", "analgesic"),
    *("anti-osteoporosis-therapy", "glucocorticoid-systemic", "anticoagulant-antiplatelet", "observation-pain"),
    *("observation-function", "observation-lab", "observation-vital", "observation-bone-density"),
    *("allergy-cement-contrast", "fhir-systems", "rxnorm-product-to-ingredient"),
    *("opioid-companion", "opioid-mme", "fall"),
}
OWN_SETS = {"cognitive-impairment", "opioid-companion", "opioid-mme", "fall"}
"""Sets that the shared terminology does not have; the head of each says what its codes were compared with."""
MERGED = {"analgesic": ("analgesic-nsaid", "analgesic-opioid", "analgesic-other")}


def row(set_id: str, system: str, code: str) -> Row:
    found = value_set(set_id).row(system, code)
    assert found is not None, f"{set_id} has no {code}"
    return found


# ---------------------------------------------------------------------------------------------------------- value sets


def test_every_expected_set_is_shipped() -> None:
    """design.md section 6: the sets the recommendations use are in the package, and no others."""
    assert set(SET_IDS) == EXPECTED_SETS | OWN_SETS


@pytest.mark.parametrize("set_id", SET_IDS)
def test_head_is_complete(set_id: str) -> None:
    """design.md section 6: each set has url, version, source, licence and an honest reviewer."""
    shipped = value_set(set_id)
    assert shipped.url == f"https://vcf-cds.example/fhir/ValueSet/vcf-{set_id.removeprefix('vcf-')}"
    assert shipped.canonical("https://cds.example.org/fhir/").startswith("https://cds.example.org/fhir/ValueSet/vcf-")
    assert shipped.reviewer == "not yet reviewed"
    assert shipped.version == "0.1.0"
    assert len(shipped.source) > 20
    assert len(shipped) > 0


@pytest.mark.parametrize("set_id", SET_IDS)
def test_licence_names_every_licensed_system(set_id: str) -> None:
    """terminology.md section 4: the notice of SNOMED CT, LOINC, CPT and RxNorm stands wherever their codes are."""
    shipped = value_set(set_id)
    systems = {member["system"] for member in (*shipped, *shipped.unverified())}
    for system, name in {SNOMED: "SNOMED", LOINC: "LOINC", CPT: "AMA", RXNORM: "National Library of Medicine"}.items():
        assert (name in shipped.licence) == (system in systems)


@pytest.mark.parametrize("set_id", SET_IDS)
def test_members_are_found_by_their_own_code(set_id: str) -> None:
    """terminology.md section 1: membership goes by system and code; every row is reachable, written canonically."""
    shipped = value_set(set_id)
    for member in shipped:
        assert member in shipped.rows(member["system"], member["code"])
        assert normalise_system(member["system"]) == member["system"]
        assert normalise_code(member["system"], member["code"]) == member["code"]


@pytest.mark.parametrize("set_id", SET_IDS)
def test_every_vocabulary_word_is_used_or_meant(set_id: str) -> None:
    """A word of a column that no row and no prefix rule has is a typing error, unless a rule sets it from text."""
    shipped = value_set(set_id)
    meant = {("referral-order", "interventional-radiology"), ("referral-order", "other")}
    lines: list[Row] = [*shipped, *shipped.unverified(), *(rule.columns for rule in shipped.prefixes)]
    for column, words in shipped.vocabulary.items():
        used = {word for line in lines for word in line[column].split()}
        unused = {(set_id, word) for word in words if word not in used}
        assert unused <= meant, f"{column}: words that nothing has"


@pytest.mark.parametrize("set_id", sorted(OWN_SETS))
def test_own_sets_say_what_their_codes_were_compared_with(set_id: str) -> None:
    """BRIEF, honesty: a code not found with its meaning in a public source is not shipped as verified."""
    assert "compared with" in value_set(set_id).source


@pytest.mark.parametrize("set_id", sorted(set(SET_IDS) - OWN_SETS))
def test_same_codes_as_the_verified_source(set_id: str) -> None:
    """terminology.md section 2: all verified rows were copied and no code was invented."""
    if not SHARED.is_dir():
        pytest.skip("../shared/terminology is not beside this checkout")
    names = MERGED.get(set_id, (set_id,))
    source: Counter[tuple[str, str, str]] = Counter()
    for name in names:
        with (SHARED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            source.update((line["system"], line["code"], line["status"]) for line in csv.DictReader(file))
    shipped = value_set(set_id)
    ours = Counter((member["system"], member["code"], "verified") for member in shipped)
    ours.update((member["system"], member["code"], "unverified") for member in shipped.unverified())
    if set_id == "fhir-systems":  # four systems that HL7 FHIR itself defines were added to those of the source
        assert len(ours - source) == 4
        ours &= source
    assert ours == source


def test_unverified_rows_never_match_silently() -> None:
    """Decision 15: an unverified code is no member, and can only be asked for as unverified."""
    for set_id, code, system in [
        ("vcf-diagnosis", "721494003", SNOMED),
        ("observation-lab", "30522-7", LOINC),
        ("vertebral-augmentation-procedure", "22521", CPT),
    ]:
        shipped = value_set(set_id)
        assert not shipped.contains(system, code)
        assert shipped.unverified_row(system, code) is not None
    assert sum(len(value_set(set_id).unverified()) for set_id in SET_IDS) == 17


def test_vcf_roles_are_those_counted_in_the_source() -> None:
    """terminology.md, head: the seven roles of a fracture code and how many rows each has."""
    roles = Counter(member["role"] for member in value_set("vcf-diagnosis"))
    assert roles == {
        "trauma": 202,
        "broad": 157,
        "core": 114,
        "history": 92,
        "excluded": 26,
        "needs-site": 12,
        "neoplastic": 9,
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("M80.08XA", {"role": "core", "level": "", "levels": "", "etiology": "osteoporotic", "seventh": "A"}),
        ("M80.88XG", {"role": "core", "etiology": "osteoporotic", "seventh": "G"}),
        ("S22.080A", {"role": "core", "level": "", "levels": "T11 T12", "region": "thoracic", "morphology": "wedge"}),
        ("S22.050D", {"levels": "T5 T6", "seventh": "D"}),
        ("S32.010A", {"role": "core", "level": "L1", "levels": "L1", "region": "lumbar", "etiology": "traumatic"}),
        ("S32.012A", {"role": "trauma", "level": "L1", "morphology": "burst-unstable"}),
        ("S22.000A", {"role": "core", "level": "", "levels": "", "region": "thoracic"}),
        ("S32.010S", {"role": "history", "seventh": "S"}),
        ("M48.54XA", {"role": "core", "region": "thoracic", "level": "", "etiology": "unstated"}),
        ("M48.52XA", {"role": "excluded", "region": "cervical"}),
        ("M84.48XA", {"role": "needs-site", "needs_site": "yes"}),
        ("M84.58XA", {"role": "neoplastic", "needs_site": "yes"}),
        ("Z87.310", {"role": "history", "etiology": "osteoporotic"}),
    ],
)
def test_icd_fracture_codes_say_what_their_structure_says(code: str, expected: Mapping[str, str]) -> None:
    """terminology.md section 5: level or pair, region, etiology, morphology and 7th character by code."""
    found = row("vcf-diagnosis", ICD_10_CM, code)
    assert {column: found[column] for column in expected} == expected


def test_codes_that_do_not_exist_are_no_fracture() -> None:
    """terminology.md section 7: M49.5, M48.5xXK and M80.08 without a 7th character are no ICD-10-CM."""
    for code in ("M49.5", "M48.54XK", "M80.08", "M54.51"):
        assert not value_set("vcf-diagnosis").contains(ICD_10_CM, code)
    assert not value_set("vcf-diagnosis").contains(ICD_9_CM, "M80.08XA")
    assert not value_set("vcf-diagnosis").contains(LOINC, "42942008")


def test_level_columns_agree_with_each_other() -> None:
    """terminology.md section 5: one level is its own list; a pair has no single level; regions hold their levels."""
    for member in value_set("vcf-diagnosis"):
        levels = member["levels"].split()
        assert member["level"] == (levels[0] if len(levels) == 1 else "")
        assert {level[0] for level in levels} <= {member["region"][0].upper()}
        assert len(levels) <= 2


def test_every_vertebra_has_a_bone_and_a_body() -> None:
    """terminology.md section 9: a body site can be sent for each of T1 to L5, as the bone and as the vertebral body."""
    found = Counter((member["level"], member["structure"]) for member in value_set("vertebra-level-body-site"))
    for level in [*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6))]:
        assert found[level, "bone"] == 1
        assert found[level, "body"] == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C50.911", {"kind": "malignant", "tumor": "breast", "bone_tropic": "yes", "phase": "active"}),
        ("C83.30", {"tumor": "lymphoma", "bone_tropic": "yes"}),
        ("C90.01", {"tumor": "myeloma", "bone_tropic": "yes", "phase": "remission"}),
        ("C79.51", {"tumor": "secondary", "bone_tropic": "yes", "spine": "needs-site"}),
        ("C7A.1", {"tumor": "other", "bone_tropic": "no", "phase": "active"}),
        ("C4A.0", {"tumor": "other", "bone_tropic": "no"}),
        ("C18.9", {"tumor": "other", "bone_tropic": "no"}),
        ("Z85.3", {"tumor": "breast", "bone_tropic": "yes", "phase": "past"}),
        ("Z85.46", {"tumor": "prostate", "phase": "past"}),
        ("Z85.72", {"tumor": "lymphoma-or-myeloma", "bone_tropic": "yes", "phase": "past"}),
        ("Z85.820", {"tumor": "other", "bone_tropic": "no", "phase": "past"}),
        ("D16.6", {"kind": "benign", "spine": "yes"}),
        ("D47.2", {"kind": "gammopathy"}),
    ],
)
def test_malignancy_by_row_and_by_prefix(code: str, expected: Mapping[str, str]) -> None:
    """Decision 15, DE-23: C00-C96 by prefix, Z85 as past, the bone-tropic ones marked, a listed row first."""
    found = row("spinal-malignancy", ICD_10_CM, code)
    assert {column: found[column] for column in expected} == expected


@pytest.mark.parametrize("code", ["C44.91", "C44", "Z85.828", "D05.10", "D03.9", "C97", "C99", "Z86.000"])
def test_skin_in_situ_and_invented_codes_are_no_malignancy(code: str) -> None:
    """Decision 15, DE-23: basal and squamous cell skin cancer, its past and in-situ codes do not trigger."""
    assert not value_set("spinal-malignancy").contains(ICD_10_CM, code)


def test_prefix_rules_ask_for_their_own_system() -> None:
    """A SNOMED or local code that happens to begin with C50 is no malignancy."""
    assert not value_set("spinal-malignancy").contains("urn:oid:1.2.3", "C50.911")
    assert value_set("spinal-malignancy").contains("urn:oid:2.16.840.1.113883.6.90", "c50911")


def test_pregnancy_counts_any_obstetric_code() -> None:
    """CX-03, terminology.md: any active O00-O9A counts beside the listed rows; a test that is negative does not."""
    shipped = value_set("pregnancy")
    assert row("pregnancy", ICD_10_CM, "O24.410")["kind"] == "obstetric"
    assert row("pregnancy", ICD_10_CM, "O09.01")["kind"] == "supervision"
    assert row("pregnancy", SNOMED, "77386006")["kind"] == "pregnant"
    assert not shipped.contains(ICD_10_CM, "Z32.02")
    assert not shipped.contains(ICD_10_CM, "P00.0")


@pytest.mark.parametrize(
    ("set_id", "system", "code", "column", "expected"),
    [
        ("neuro-red-flag", ICD_10_CM, "G83.4", "strength", "definite"),
        ("neuro-red-flag", ICD_10_CM, "R33.9", "strength", "supportive"),
        ("neuro-red-flag", ICD_10_CM, "R26.2", "strength", "never-alone"),
        ("neuro-red-flag", ICD_10_CM, "R53.1", "strength", "never-alone"),
        ("neuro-red-flag", ICD_10_CM, "M62.81", "strength", "never-alone"),
        ("neuro-red-flag", ICD_10_CM, "M54.16", "sign", "radiculopathy"),
        ("neuro-red-flag", ICD_10_CM, "S34.109S", "seventh", "S"),
        ("spinal-infection", ICD_10_CM, "G06.1", "collection", "yes"),
        ("spinal-infection", ICD_10_CM, "M46.26", "collection", "no"),
        ("spinal-infection", ICD_10_CM, "M86.18", "spine", "possible"),
        ("systemic-infection-sepsis", ICD_10_CM, "R50.9", "kind", "fever"),
        ("systemic-infection-sepsis", ICD_10_CM, "R78.81", "kind", "bacteremia"),
        ("systemic-infection-sepsis", ICD_10_CM, "A41.9", "kind", "sepsis"),
        ("coagulopathy", ICD_10_CM, "D68.61", "bleeding", "no"),
        ("coagulopathy", ICD_10_CM, "Z79.01", "bleeding", "no"),
        ("coagulopathy", ICD_10_CM, "D69.6", "bleeding", "yes"),
        ("mri-unsafe-device", SNOMED, "14106009", "device", "pacemaker"),
        ("mri-unsafe-device", ICD_10_CM, "Z96.82", "device", "neurostimulator"),
        ("mri-unsafe-device", ICD_10_CM, "F40.240", "form", "barrier"),
        ("device-mr-safety", NCI_THESAURUS, "C106046", "mr_status", "conditional"),
        ("imaging-modality", DICOM, "NM", "modality", "nuclear"),
        ("imaging-order-mri", LOINC, "30679-5", "contrast", "without"),
        ("imaging-order-mri", CPT, "72158", "contrast", "without-and-with"),
        ("imaging-order-mri", SNOMED, "411571000119106", "region", "thoracic lumbar"),
        ("imaging-order-mri", LOINC, "36067-7", "region", ""),
        ("imaging-order-ct", SNOMED, "241589001", "kind", "myelogram"),
        ("imaging-order-nuclear", CPT, "78830", "kind", "spect-ct"),
        ("imaging-order-nuclear", CPT, "78306", "region", "cervical thoracic lumbar sacral"),
        ("imaging-order-xray", CPT, "72100", "region", "lumbar sacral"),
        ("vertebral-augmentation-procedure", CPT, "22514", "augmentation", "yes"),
        ("vertebral-augmentation-procedure", CPT, "22310", "augmentation", "no"),
        ("vertebral-augmentation-procedure", ICD_10_PCS, "0QS03ZZ", "augmentation", "part"),
        ("vertebral-augmentation-procedure", SNOMED, "426243004", "kind", "kyphoplasty"),
        ("referral-order", SNOMED, "770695002", "service", "spine-surgery"),
        ("bracing", HCPCS, "L0464", "type", "TLSO"),
        ("bracing", HCPCS, "L0631", "type", "LSO"),
        ("bracing", SNOMED, "63562005", "brace", "no"),
        ("conservative-therapy", SNOMED, "306170007", "act", "referral"),
        ("conservative-therapy", CPT, "97112", "act", "therapy"),
        ("analgesic", RXNORM, "161", "class", "acetaminophen"),
        ("analgesic", RXNORM, "5640", "class", "nsaid"),
        ("anti-osteoporosis-therapy", RXNORM, "2418", "therapy", "no"),
        ("anti-osteoporosis-therapy", RXNORM, "993449", "therapy", "check"),
        ("glucocorticoid-systemic", ICD_10_CM, "Z79.51", "systemic", "no"),
        ("anticoagulant-antiplatelet", RXNORM, "1037042", "agent", "doac"),
        ("observation-pain", LOINC, "72514-3", "scale", "nrs"),
        ("observation-pain", LOINC, "75260-0", "use", "no"),
        ("observation-pain", LOINC, "77565-0", "use", "no"),
        ("observation-lab", LOINC, "82810-3", "analyte", "pregnancy-status"),
        ("observation-bone-density", LOINC, "38265-5", "kind", "t-score-forearm"),
        ("observation-bone-density", LOINC, "38267-1", "kind", "t-score-spine"),
        ("allergy-cement-contrast", SNOMED, "294913003", "agent", "other"),
        ("allergy-cement-contrast", SNOMED, "261712009", "agent", "cement"),
        ("osteoporosis-diagnosis", ICD_10_CM, "Z82.62", "kind", "family-history"),
    ],
)
def test_columns_say_what_the_source_notes(set_id: str, system: str, code: str, column: str, expected: str) -> None:
    """terminology.md sections 2 and 7, clinical.md D4: a row for each distinction a rule makes, and the traps."""
    assert row(set_id, system, code)[column] == expected


def test_contrast_and_region_follow_the_display() -> None:
    """terminology.md section 9: an order's contrast and region are read off the words of its own display."""
    for set_id in ("imaging-order-mri", "imaging-order-ct"):
        for member in value_set(set_id):
            display = member["display"].lower()
            assert (member["contrast"] == "unspecified") == ("contrast" not in display and "myelogram" not in display)
            for segment in ("cervical", "thoracic", "lumbar"):
                assert segment not in display or segment in member["region"].split()


def test_products_resolve_to_ingredients_that_a_set_knows() -> None:
    """terminology.md section 8: each product row names an ingredient of its set; a combination has several rows."""
    products = value_set("rxnorm-product-to-ingredient")
    for member in products:
        assert value_set(member["value_set"]).contains(RXNORM, member["ingredient"])
    by_product = Counter(member["code"] for member in products)
    product, count = by_product.most_common(1)[0]
    assert count > 1
    assert len({found["ingredient"] for found in products.rows(RXNORM, product)}) == count


def test_rows_and_sets_cannot_be_changed() -> None:
    """Invariant 3: knowledge is the same for every call of a process."""
    shipped = value_set("vcf-diagnosis")
    with pytest.raises(TypeError):
        row("vcf-diagnosis", ICD_10_CM, "M80.08XA")["role"] = "broad"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        shipped.title = "other"  # type: ignore[misc]


def test_a_set_that_is_not_shipped_is_an_error() -> None:
    """Failure is not silence: a rule that names an unknown set stops, it does not match nothing."""
    with pytest.raises(ContentError, match="no-such-set"):
        value_set("no-such-set")


HEAD = """id = "sample"
title = "t"
url = "https://vcf-cds.example/fhir/ValueSet/vcf-sample"
version = "1"
source = "s"
reviewer = "r"
licence = "l"
"""
COLUMNS = '[columns]\nkind = ["a", "b"]\n'
GOOD = "http://snomed.info/sct,42942008,Compression fracture,,verified,a"


def sample(
    directory: Path, *rows: str, head: str = HEAD + COLUMNS, header: str = "system,code,display,note,status,kind"
) -> None:
    (directory / "sample.toml").write_text(head, encoding="utf-8")
    (directory / "sample.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    read_value_set(directory / "sample.toml", directory / "sample.csv")


def test_a_good_sample_loads(tmp_path: Path) -> None:
    """The refusals below are refusals of what they name: the sample they start from is accepted."""
    sample(tmp_path, GOOD)
    assert read_value_set(tmp_path / "sample.toml", tmp_path / "sample.csv").contains(SNOMED, "42942008")


@pytest.mark.parametrize(
    ("bad", "line", "why"),
    [
        (GOOD, 3, "listed twice"),
        ("http://snomed.info/sct,,x,,verified,a", 3, "must not be empty"),
        ("http://snomed.info/sct,84138006, ,,verified,a", 3, "must not be empty"),
        ("http://snomed.info/sct,84138006,x,,checked,a", 3, "status"),
        ("http://snomed.info/sct,84138006,x,,,a", 3, "status"),
        ("http://snomed.info/sct,84138007,x,,verified,a", 3, "check digit"),
        ("http://snomed.info/sct,84138006013,x,,verified,a", 3, "check digit or partition"),
        ("http://loinc.org,72514-4,x,,verified,a", 3, "check digit"),
        ("http://loinc.org,30797-1,x,,verified,a", 3, "check digit"),
        ("https://snomed.info/sct,84138006,x,,verified,a", 3, "must be written http://snomed.info/sct"),
        ("http://hl7.org/fhir/sid/icd-10-cm,M8008XA,x,,verified,a", 3, "must be written M80.08XA"),
        ("http://snomed.info/sct,84138006,x,,verified,c", 3, "kind"),
        ("http://snomed.info/sct,84138006,x,,verified", 3, "5 values for 6 columns"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, bad: str, line: int, why: str) -> None:
    """design.md section 6: content errors name file and line and stop the start."""
    with pytest.raises(ContentError, match=why) as refused:
        sample(tmp_path, GOOD, bad)
    assert str(refused.value).startswith(f"sample.csv:{line}: ")
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (HEAD.replace('licence = "l"\n', "") + COLUMNS, "licence"),
        (HEAD.replace('reviewer = "r"', 'reviewer = " "') + COLUMNS, "reviewer"),
        (HEAD.replace('id = "sample"', 'id = "other"') + COLUMNS, "name of the file"),
        (HEAD.replace("vcf-sample", "sample") + COLUMNS, "url must be"),
        (HEAD + 'extra = "x"\n' + COLUMNS, "extra"),
        (HEAD, "columns must be"),
        (HEAD + "[columns]\nkind = 3\n", "columns.kind"),
        ("id = ", "not readable as TOML"),
        (HEAD + COLUMNS + '[[prefixes]]\nsystem = "icd-10"\nfirst = "C00"\ndisplay = "d"\nkind = "a"\n', "system"),
        (
            HEAD
            + COLUMNS
            + '[[prefixes]]\nsystem = "http://loinc.org"\nfirst = "9"\nlast = "1"\ndisplay = "d"\nkind = "a"\n',
            "in order",
        ),
    ],
)
def test_a_bad_head_is_refused(tmp_path: Path, head: str, why: str) -> None:
    """design.md section 6: a head that is incomplete, or belongs to another set, stops the start."""
    with pytest.raises(ContentError, match=why) as refused:
        sample(tmp_path, GOOD, head=head)
    assert "sample" in str(refused.value)


def test_a_head_without_rows_is_refused(tmp_path: Path) -> None:
    """A set is two files; one alone is a file somebody forgot."""
    (tmp_path / "sample.toml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(ContentError, match=r"sample\.csv: missing"):
        read_value_set(tmp_path / "sample.toml", tmp_path / "sample.csv")


# -------------------------------------------------------------------------------------------------------- check digits


@pytest.mark.parametrize("code", ["42942008", "77386006", "11311601000119109", "230411000000106"])
def test_snomed_concept_ids_hold(code: str) -> None:
    """terminology.md section 1: SNOMED CT ids end in a Verhoeff digit; extension concepts count."""
    assert is_snomed_concept(code)


@pytest.mark.parametrize("code", ["42942009", "42942080", "1234", "4294200x", "٤٢٩٤٢٠٠٨", "42942008 ", ""])
def test_mistyped_snomed_ids_do_not(code: str) -> None:
    """A wrong or swapped digit, a foreign digit or a description id is refused."""
    assert not is_snomed_concept(code)


def test_verhoeff_finds_every_single_wrong_digit() -> None:
    """The property the digit is there for: each one-digit change of a good id is noticed."""
    good = "11311601000119109"
    assert verhoeff_holds(good)
    for place, digit in enumerate(good):
        for wrong in set("0123456789") - {digit}:
            assert not verhoeff_holds(good[:place] + wrong + good[place + 1 :])


@pytest.mark.parametrize(
    ("code", "holds"),
    [
        ("72514-3", True),
        ("30797-5", True),
        ("LP29684-5", True),
        ("104938-6", True),
        ("30797-1", False),
        ("72514", False),
        ("7251A-3", False),
    ],
)
def test_loinc_check_digit(code: str, holds: bool) -> None:
    """terminology.md section 7: 30797-1 has a wrong check digit, 30797-5 a right one; parts count by their form."""
    assert is_loinc_code(code) is holds


# ------------------------------------------------------------------------------------------------------- normalisation


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("http://snomed.info/sct", SNOMED),
        ("https://snomed.info/sct", SNOMED),
        ("http: //snomed.info/sct", SNOMED),
        (" http://snomed.info/sct ", SNOMED),
        ("http://snomed.info/sct/", SNOMED),
        ("http://snomed.info/sct/731000124108", SNOMED),
        ("http://snomed.info/sct/731000124108/version/20260301", SNOMED),
        ("http://snomed.info/sct|http://snomed.info/sct/731000124108", SNOMED),
        ("HTTP://SNOMED.INFO/SCT", SNOMED),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("2.16.840.1.113883.6.96", SNOMED),
        ("URN:OID:2.16.840.1.113883.6.96", SNOMED),
        ("SNOMED-CT", SNOMED),
        ("http://hl7.org/fhir/sid/icd-10-cm", ICD_10_CM),
        ("https://hl7.org/fhir/sid/icd-10-cm", ICD_10_CM),
        ("http://hl7.org/fhir/sid/icd-10", ICD_10_CM),
        ("http://hl7.org/fhir/sid/icd-10-us", ICD_10_CM),
        ("http://hl7.org/fhir/sid/icd-10-cm|2026", ICD_10_CM),
        ("icd-10", ICD_10_CM),
        ("ICD-10-CM", ICD_10_CM),
        ("urn:oid:2.16.840.1.113883.6.90", ICD_10_CM),
        ("2.16.840.1.113883.6.90", ICD_10_CM),
        ("urn:oid:2.16.840.1.113883.6.103", ICD_9_CM),
        ("2.16.840.1.113883.6.103", ICD_9_CM),
        ("http://hl7.org/fhir/sid/icd-9-cm", ICD_9_CM),
        ("http://hl7.org/fhir/sid/icd-9-cm/diagnosis", ICD_9_CM),
        ("icd-9", ICD_9_CM),
        ("http://loinc.org", LOINC),
        ("http://loinc.org/", LOINC),
        ("https://www.loinc.org", LOINC),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("urn:oid:1.2.246.537.6.96", LOINC),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", RXNORM),
        ("https://www.nlm.nih.gov/research/umls/rxnorm/", RXNORM),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("http://www.ama-assn.org/go/cpt", CPT),
        ("urn:oid:2.16.840.1.113883.6.12", CPT),
        ("2.16.840.1.113883.6.12", CPT),
        ("urn:oid:2.16.840.1.113883.6.82", CPT),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS),
        ("http://www.nlm.nih.gov/research/umls/hcpcs", HCPCS),
        ("urn:oid:2.16.840.1.113883.6.285", HCPCS),
        ("http://www.cms.gov/Medicare/Coding/ICD10", ICD_10_PCS),
        ("urn:oid:2.16.840.1.113883.6.4", ICD_10_PCS),
        ("http://dicom.nema.org/resources/ontology/DCM", DICOM),
        ("urn:oid:1.2.840.10008.2.16.4", DICOM),
        ("http://radlex.org", RADLEX),
        ("http://www.radlex.org", RADLEX),
        ("http://unitsofmeasure.org", UCUM),
        ("urn:oid:2.16.840.1.113883.3.26.1.1", NCI_THESAURUS),
        ("http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", NCI_THESAURUS),
        ("http://hl7.org/fhir/v2/0074", "http://terminology.hl7.org/CodeSystem/v2-0074"),
        ("http://hl7.org/fhir/condition-category", "http://terminology.hl7.org/CodeSystem/condition-category"),
    ],
)
def test_systems_come_to_their_canonical_uri(sent: str, canonical: str) -> None:
    """Hazard 3, terminology.md section 3: OIDs, https, spaces, editions, versions and plain names of each system."""
    assert normalise_system(sent) == canonical


@pytest.mark.parametrize(
    "sent",
    [
        "https://fhir.cerner.com/ec2458f2-1e24-41c8-b71b-0e701af7583d/codeSet/72",
        "urn:oid:1.2.840.114350.1.13.0.1.7.2.798268.30",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-ca",
        "http://snomed.info/sctx",
        "2.16.840.1.113883.6.961",
        "http://example.org/loinc.org",
        "",
    ],
)
def test_unknown_systems_stay_as_they_are(sent: str) -> None:
    """Hazard 3: a local or national system is never taken for one of ours; it comes back stripped."""
    assert normalise_system(f"  {sent} ") == sent


def test_overlong_input_is_neither_known_nor_kept() -> None:
    """Caches hold what records repeat, never megabytes that a caller sends as a code."""
    long = "http://snomed.info/sct/" + "1" * 300
    assert normalise_system(f" {long} ") == long
    assert normalise_code(ICD_10_CM, f" {'m' * 300} ") == "m" * 300
    assert not value_set("vcf-diagnosis").contains(long, "42942008")


@pytest.mark.parametrize(
    ("system", "sent", "code"),
    [
        (ICD_10_CM, "M8008XA", "M80.08XA"),
        (ICD_10_CM, "m80.08xa", "M80.08XA"),
        (ICD_10_CM, " M80.08 XA ", "M80.08XA"),
        (ICD_10_CM, "R52", "R52"),
        (ICD_10_CM, "R52.", "R52"),
        (ICD_10_CM, "", ""),
        (ICD_9_CM, "73313", "733.13"),
        (ICD_9_CM, "E8889", "E888.9"),
        (ICD_10_PCS, "0qu03jz", "0QU03JZ"),
        (HCPCS, "l0464", "L0464"),
        (LOINC, "lp29684-5", "LP29684-5"),
        (SNOMED, " 42942008", "42942008"),
        ("urn:oid:1.2.3", "aB", "aB"),
    ],
)
def test_codes_come_to_one_spelling(system: str, sent: str, code: str) -> None:
    """Hazard 3: case, spaces and the missing dot of ICD codes do not hide a diagnosis."""
    assert normalise_code(system, sent) == code


def test_icd_9_never_matches_an_icd_10_set() -> None:
    """Hazard 3: 733.13 and V54.17 under the ICD-9-CM OID are no member of any set."""
    for code in ("733.13", "V54.17", "805.4", "M80.08XA"):
        for sent in (ICD_9_CM, "urn:oid:2.16.840.1.113883.6.103"):
            assert not any(shipped.contains(sent, code) for shipped in load_value_sets().values())


# ---------------------------------------------------------------------------------------------------------- thresholds


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_threshold_has_unit_source_and_rule(name: str) -> None:
    """design.md section 6: a number carries comparison, unit, a place in a registered source, and how that was read."""
    entry = ENTRIES[name]
    assert entry.unit
    assert entry.comparison in ("at_least", "at_most", "above", "below")
    assert entry.citation.source.id in load_sources()
    assert entry.citation.place
    assert entry.tag in entry.citation.source.read
    assert entry.rule
    assert getattr(load_thresholds(), name) == entry.value


@pytest.mark.parametrize("name", sorted(name for name, entry in ENTRIES.items() if entry.site_may_set))
def test_only_our_own_choices_are_open_to_a_site(name: str) -> None:
    """design.md section 6: site_may_set stands on operational choices, not on what a determination or study says."""
    entry = ENTRIES[name]
    assert entry.tag == "DES" or name == "brace_weeks", "brace_weeks is the documented choice of conflict C-11"


@pytest.mark.parametrize(
    ("name", "value", "comparison"),
    [
        ("augmentation_window_days", 84, "at_most"),
        ("imaging_max_days", 30, "at_most"),
        ("height_loss_percent", 25, "above"),
        ("rdq_severe", 17, "above"),
        ("nrs_lcd_outpatient", 5, "at_least"),
        ("nrs_lcd_inpatient", 8, "at_least"),
        ("severe_nrs", 7, "at_least"),
        ("nsm_min_days", 14, "at_least"),
        ("inr_max", 1.5, "at_most"),
        ("platelets_min", 50, "at_least"),
        ("max_levels", 3, "at_most"),
        ("temperature_c", 38.0, "at_least"),
        ("pvr_ml", 200, "above"),
        ("steroid_mg_per_day", 2.5, "at_least"),
        ("steroid_months", 3, "above"),
        ("severe_collapse_percent", 66, "above"),
        ("pregnancy_age_max", 55, "at_most"),
    ],
)
def test_numbers_and_their_strictness_are_those_of_the_sources(name: str, value: float, comparison: str) -> None:
    """clinical.md section 0, strict inequalities, and the defaults of section F."""
    assert (ENTRIES[name].value, ENTRIES[name].comparison) == (value, comparison)


def test_site_values_replace_and_are_remembered() -> None:
    """design.md section 6: a site's number is in force and is named, so that a card it altered can be stamped."""
    limits = load_thresholds({"nsm_min_days": 28, "severe_nrs": 8.0})
    assert (limits.nsm_min_days, limits.severe_nrs) == (28, 8)
    assert limits.site_values == (("nsm_min_days", 28), ("severe_nrs", 8))
    assert limits.augmentation_window_days == load_thresholds().augmentation_window_days
    assert load_thresholds().site_values == ()


@pytest.mark.parametrize(
    ("site", "why"),
    [
        ({"nsm_min_days": 13}, "between 14 and 42"),
        ({"nsm_min_days": 43}, "between 14 and 42"),
        ({"nsm_min_days": 14.5}, "whole number"),
        ({"nsm_min_days": True}, "number"),
        ({"nsm_min_days": "28"}, "number"),
        ({"nsm_min_days": float("nan")}, "number"),
        ({"nsm_min_days": float("inf")}, "number"),
        ({"rdq_severe": 12}, "no site may set"),
        ({"augmentation_window_days": 365}, "no site may set"),
        ({"nsm-min-days": 28}, "no threshold of that name"),
        ({"site_values": 1}, "no threshold of that name"),
    ],
)
def test_site_values_out_of_range_are_refused(site: Mapping[str, object], why: str) -> None:
    """design.md section 6: overrides are range-checked at start, and the start is refused."""
    with pytest.raises(ContentError, match=why):
        load_thresholds(site)


@pytest.mark.parametrize("name", sorted(name for name, entry in ENTRIES.items() if entry.site_may_set))
def test_both_ends_of_a_site_range_are_allowed(name: str) -> None:
    """A range is closed: what is printed as minimum and maximum may be set."""
    allowed = ENTRIES[name].site_may_set
    assert allowed is not None
    for value in (allowed.min, allowed.max):
        assert getattr(load_thresholds({name: value}), name) == value


def test_thresholds_have_no_field_without_an_entry() -> None:
    """A number that rules read and nobody documented cannot exist."""
    assert {field.name for field in fields(Thresholds)} == {*ENTRIES, "site_values"}


# --------------------------------------------------------------------------------------------- citations and conflicts


def test_the_whole_source_register_is_there() -> None:
    """clinical.md section 0, source register: each source by its id, the seeds as S0 to S4."""
    register = (
        "S0 S1 S2 S3 S4 LCD-N LCD-E LCD-G LCD-M LCD-O NGS-RTC ART WISER RAND ACR-V ACR-L TA279 NG234 AAOS MULTI CIRSE "
        "SIR OF NASS-N IFU ASBMR-T BRACE BHOF COAL GIOP DME NCD-MR PAY CDE FDA PWD"
    )
    assert set(register.split()) <= set(load_sources())


@pytest.mark.parametrize("id_", sorted(load_sources()))
def test_sources_are_named_by_what_they_are(id_: str) -> None:
    """Decision 19: title and publisher, "unknown" where unknown, and never "seed" as a name."""
    source = load_sources()[id_]
    assert "seed" not in f"{source.title} {source.publisher}".lower()
    assert source.publisher
    assert source.date
    assert set(source.read) <= set(READ)
    if id_ in {"S0", "S1", "S3"}:
        assert (source.publisher, source.date, source.url) == ("unknown", "unknown", None)


def test_a_citation_reads_as_title_and_place() -> None:
    """A card prints where a statement stands; an id that is not registered is an error at once."""
    assert (
        cite("S3", "line 11").label
        == "Balloon kyphoplasty, with candidacy criteria (patient information page), line 11"
    )
    assert cite("TA279").label == load_sources()["TA279"].title
    with pytest.raises(ContentError, match="S9"):
        cite("S9", "line 1")


def test_all_conflicts_are_there() -> None:
    """clinical.md section B: C-01 to C-21, in order."""
    assert list(load_conflicts()) == [f"C-{n:02}" for n in range(1, 22)]


@pytest.mark.parametrize("id_", sorted(load_conflicts()))
def test_conflicts_have_sides_with_sources(id_: str) -> None:
    """Decision 5: a conflict names both sides with their sources, and a default among its documented readings."""
    conflict = load_conflicts()[id_]
    assert len(conflict.sides) >= 2
    assert all(side.citations and side.position for side in conflict.sides)
    assert all(citation.place for side in conflict.sides for citation in side.citations)
    assert conflict.default_choice in conflict.choices or not conflict.choices
    if conflict.threshold is not None:
        entry = ENTRIES[conflict.threshold]
        assert conflict.default_choice == str(entry.value)
        allowed = entry.site_may_set
        assert all(allowed is None or allowed.min <= int(choice) <= allowed.max for choice in conflict.choices)


def test_the_default_for_further_criteria_is_both() -> None:
    """Decision 5: C-15 defaults to `both` for every payer."""
    assert load_conflicts()["C-15"].default_choice == "both"
    assert load_conflicts()["C-15"].choices == ("lcd", "seed", "both")


# ------------------------------------------------------------------------------------------------------------ the whole


def test_knowledge_version_follows_the_data(tmp_path: Path) -> None:
    """Every answer names the knowledge it was based on: another number is another version, another line end is not."""
    name, _, checksum = knowledge.KNOWLEDGE_VERSION.partition("+sha256:")
    assert (name, checksum) == ("vcf@0.1.0", digest(data_directory())[:12])
    (tmp_path / "a.toml").write_bytes(b"value = 84\n")
    first = digest(tmp_path)
    (tmp_path / "a.toml").write_bytes(b"value = 84\r\n")
    assert digest(tmp_path) == first
    (tmp_path / "a.toml").write_bytes(b"value = 85\n")
    assert digest(tmp_path) != first


def test_every_data_file_has_a_reader() -> None:
    """No file lies in the package that no loader reads."""
    names = {name for name, _ in data_files(data_directory())}
    sets = {f"value_sets/{set_id}.{suffix}" for set_id in SET_IDS for suffix in ("csv", "toml")}
    files = "thresholds citations conflicts hold_intervals coverage_policies coverage units".split()
    assert names == sets | {f"{name}.toml" for name in files}


def test_loading_everything_is_quick() -> None:
    """design.md section 8: a fresh process reads and checks all knowledge in well under 250 ms (best of three)."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from cds_service.knowledge import conflicts, thresholds, value_set\n"
        "value_set.load_value_sets(); thresholds.load_thresholds(); conflicts.load_conflicts()\n"
        "import sys; sys.stdout.write(str(time.perf_counter() - start))"
    )
    root = Path(__file__).resolve().parents[2]
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=root, text=True).stdout)
        for _ in range(3)
    ]
    assert min(seconds) < 0.250


def test_every_threshold_and_value_set_is_used() -> None:
    """A number or a set that no rule reads is content nobody needs: it fails here."""
    package = ROOT / "cds_service"
    files = [*package.rglob("*.py"), *(ROOT / "cards").glob("*.md")]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files if f.name != "thresholds.py")
    unused = [name for name in load_threshold_entries() if not re.search(rf"\b{name}\b", text)]
    unused += [name for name in load_value_sets() if f'"{name}"' not in text and name != "fhir-systems"]
    assert not unused
