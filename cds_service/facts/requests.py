"""What an order is for: imaging of the spine, augmentation, a referral, a brace, an opioid, physiotherapy, or other.

One reading for orders on record and for drafts: by code and by words (`clinical.md` section E).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from cds_service.facts.coded import Found, find
from cds_service.facts.levels import BODY_SITE, levels_in, levels_of, region_of, regions_in, regions_of
from cds_service.facts.medications import ANALGESIC, ingredients, medication
from cds_service.facts.model import Contrast, DraftKind, Level, Modality, SpineRegion
from cds_service.facts.remembered import remembered
from cds_service.facts.source import Source
from cds_service.facts.wording import (
    AFTERWARDS,
    BONE_HEALTH,
    BRACE,
    PHYSIOTHERAPY,
    REFERRAL,
    either,
    names_augmentation,
    names_spine_service,
)
from cds_service.fhir import resources as fhir
from cds_service.fhir.codes import words
from cds_service.fhir.resources import CodeableConcept, Resource
from cds_service.knowledge.value_set import Row

Kind = DraftKind | Literal["bone-health-referral"]

IMAGING_SETS: Final[dict[str, Modality]] = {
    "imaging-order-mri": "MR",
    "imaging-order-ct": "CT",
    "imaging-order-xray": "XR",
    "imaging-order-nuclear": "NM",
    "imaging-order-dxa": "DXA",
}
AUGMENTATION: Final = "vertebral-augmentation-procedure"
REFERRALS: Final = "referral-order"
BRACING: Final = "bracing"
THERAPY: Final = "conservative-therapy"
SPINE_SERVICES: Final = frozenset({"interventional-radiology", "radiology", "spine-surgery"})
NO_PICTURE: Final = frozenset({"guidance", "densitometry"})
"""CT rows that guide a needle or measure density: no diagnostic picture of the spine."""

_CONTRASTS: Final[dict[str, Contrast]] = {"without": "without", "with": "with", "without-and-with": "without-and-with"}
_BOTH: Final = either(
    "without (?:and|then|&|followed by) with",
    "with ?(?:and|&|/) ?without",
    "without (?:iv )?contrast (?:and|then|followed by) with",
    "w ?/ ?wo",
    "wo ?/ ?w",
    r"w(?: ?/)? ?(?:and|&|\+) ?w ?/? ?o",
    r"w ?/? ?o ?(?:and|&|\+|then) ?w/?",
    "with (?:and|&) w/?o",
    r"pre[- ]?(?:and|&) post[- ]?(?:contrast|gad\w*)",
)
_WITHOUT: Final = either(
    "without", "w ?/ ?o", "wo", "non-? ?contrast", "unenhanced", "no contrast", "sans contrast", "plain mri?"
)
_WITH: Final = either(
    r"with (?:iv |intravenous )?(?:contrast|gad\w*)",
    "w/? ?(?:iv )?contrast",
    "gadolinium",
    "post-?contrast",
    "enhanced",
)

_MODALITIES: Final[tuple[tuple[Modality, re.Pattern[str]], ...]] = (
    (
        "NM",
        either(
            "bone scan",
            r"(?:bone )?scintigra\w+",
            r"spect(?:[ /-]?ct)?",
            "nuclear medicine",
            "nm bone",
            "mdp",
            "naf pet",
        ),
    ),
    ("DXA", either("dxa", "dexa", "bone (?:mineral )?density", "(?:bone )?densitometry")),
    (
        "MR",
        re.compile(
            r"(?i:\bmri\b|\bmagnetic resonance\b|^mr (?=\w*(?:spine|lumb|thor|cerv)))|\bMR\b(?!\.)", re.MULTILINE
        ),
    ),
    ("CT", either(r"comput(?:ed|eri[sz]ed) tomograph\w*", "cat scan", "ct")),
    (
        "XR",
        either(
            "x-?rays?",
            r"radiogra\w+",
            "plain films?",
            "xr",
            r"\d\+? (?:or (?:more|\d) )?views?",
            "views",
            r"ap and lat\w*",
        ),
    ),
)
_NM: Final = re.compile(r"\bNM\b")
_SPECT_CT: Final = either("spect ?[/-]? ?ct")
_SKELETON: Final = either("bone scan", r"(?:bone|skeletal) scintigra\w+", "bone spect", "spect bone", "nm bone")
_OTHER_MODALITY: Final = either(
    r"ultraso\w+", "doppler", r"sonogra\w+", r"echocardio\w+", r"mammogra\w+", r"angiogra\w+",
    r"fluorosc\w+", r"endosc\w+", "ecg", "pathology", "pet",
)  # fmt: skip
SPINE: Final = either("spin(?:e|al)", r"vertebra\w*", r"myelogra\w+", r"lumb\w+", "thoracolumbar", r"sacr\w+")
ELSEWHERE: Final = either(
    *"""brain head skull face facial neck chest thorax lungs? ribs? breasts? heart cardiac pelvi[sc] hips? knees? legs?
    ankles? foot feet toes? shoulders? elbows? forearms? wrists? hands? fingers? arms? liver kidneys? renal prostate
    thyroid carotid venous mrcp joints? pituitary iac ventilation perfusion gastric clavicle scapula heel
    thigh""".split(),
    *(
        rf"{stem}\w*"
        for stem in "sinus orbit mammo myocard coronar abd fem tibi humer hepat uter aort extremit".split()
    ),
    "soft tissue",
    "thoracic (?:structure|cavity|wall|duct|outlet|inlet|aorta)",
)
"""Parts of the body that are no spine; words of the spine beside them win."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What kind of imaging is meant. ``spinal``: True, False (of another place), None (not said)."""

    modality: Modality | None
    contrast: Contrast | None
    regions: frozenset[SpineRegion]
    spinal: bool | None
    other_modality: bool = False


NO_IMAGING: Final = Picture(None, None, frozenset(), None)


def picture(found: Found, spoken: str, sites: Iterable[CodeableConcept] = ()) -> Picture:
    """Modality, contrast and region from the codes, else from the words."""
    listed = _imaging_row(found)
    at_site = tuple(sites)
    regions = regions_of(at_site)
    if listed is not None:
        modality, row = listed
        coded = frozenset(_regions(row))
        contrast = _CONTRASTS.get(row["contrast"]) or contrast_in(spoken)
        is_spinal = _is_spinal_row(modality, row)
        named = regions | regions_in(spoken) if is_spinal is not False else regions
        return Picture(
            modality, contrast, coded or named, is_spinal if is_spinal is not None else _spinal(spoken, at_site, named)
        )
    regions |= regions_in(spoken)
    modality_named = modality_in(spoken)
    is_spinal = _spinal(spoken, at_site, regions)
    if is_spinal is None and modality_named == "NM" and _SKELETON.search(spoken):
        is_spinal = True
    is_other = modality_named is None and bool(_OTHER_MODALITY.search(spoken))
    return Picture(
        modality_named, contrast_in(spoken), regions if is_spinal is not False else frozenset(), is_spinal, is_other
    )


def _imaging_row(found: Found) -> tuple[Modality, Row] | None:
    for set_id, modality in IMAGING_SETS.items():
        rows = found.get(set_id)
        if rows:
            return modality, rows[0]
    return None


def _regions(row: Row) -> tuple[SpineRegion, ...]:
    named: tuple[SpineRegion, ...] = ("cervical", "thoracic", "lumbar", "sacral")
    return tuple(region for region in named if region in row["region"].split())


def _is_spinal_row(modality: Modality, row: Row) -> bool | None:
    """MRI, CT and radiographs of our sets are of the spine; bone scans show it; SPECT and DXA need not."""
    if modality == "NM":
        return True if row["target"] == "bone" else None
    if modality == "CT":
        return None if row["kind"] in NO_PICTURE and not row["region"] else True
    return None if modality == "DXA" else True


def _spinal(spoken: str, sites: tuple[CodeableConcept, ...], regions: frozenset[SpineRegion]) -> bool | None:
    if any(BODY_SITE in find(site) for site in sites):
        return True
    said = "\n".join([spoken, *(words(site) for site in sites)])
    is_spinal = _spoken_spinal(said)
    return True if is_spinal is None and (regions or levels_in(said)) else is_spinal


@remembered()
def _spoken_spinal(said: str) -> bool | None:
    """Whether the words name the spine (True), or another place and not the spine (False)."""
    if SPINE.search(said):
        return True
    return False if ELSEWHERE.search(said) else None


@remembered()
def modality_in(spoken: str) -> Modality | None:
    """The modality that the words name first; SPECT/CT is a nuclear study."""
    if _SPECT_CT.search(spoken):
        return "NM"
    places = [(match.start(), modality) for modality, pattern in _MODALITIES if (match := pattern.search(spoken))]
    if (nuclear := _NM.search(spoken)) is not None:
        places.append((nuclear.start(), "NM"))
    # "Views" and "radiology" stand in the names of other studies: a radiograph is one where nothing else is named.
    return min((each for each in places if each[1] != "XR"), default=min(places, default=(0, None)))[1]


@remembered()
def contrast_in(spoken: str) -> Contrast | None:
    """Without, with, or both, as the words say; None when they do not."""
    if _BOTH.search(spoken):
        return "without-and-with"
    if _WITHOUT.search(spoken):
        return "without"
    return "with" if _WITH.search(spoken) else None


_OUTSIDE: Final = re.compile(r"\bC[1-7]\b|\bcervical\b|\bodontoid\b|\bsacr(?:um|al|oplasty)\b|\bS[1-5]\b", re.I)


@dataclass(frozen=True, slots=True)
class Request:
    """An order as it is understood, whatever resource it came in."""

    kind: Kind
    picture: Picture
    levels: tuple[Level, ...]
    for_augmentation: bool
    shown: str
    outside: bool = False
    """It names the neck or the sacrum, and no level from T1 to L5 (LV-03)."""


def understand(resource: Resource, source: Source) -> Request:
    """What a request, a booking or a prescription is for."""
    match resource:
        case fhir.ServiceRequest():
            return _service(resource, source)
        case fhir.Appointment():
            return _appointment(resource, source)
        case fhir.DeviceRequest():
            return _device(resource, source)
        case fhir.MedicationRequest():
            return _prescription(resource, source)
        case _:
            return Request("other", NO_IMAGING, (), False, type(resource).__name__)


def _service(order: fhir.ServiceRequest, source: Source) -> Request:
    details = [*(words(each) for each in order.order_detail), *(note.text or "" for note in order.note)]
    problems = (source.resolve(each, order) for each in order.reason_reference)
    reasons = [words(order.reason_code), *(words(each.code) for each in problems if isinstance(each, fhir.Condition))]
    spoken = f"{words(order.code)}\n{words(order.performer_type)}"
    return _request(find(order.code), spoken, order.body_site, "\n".join(details), "\n".join([*details, *reasons]))


def _appointment(booking: fhir.Appointment, source: Source) -> Request:
    """What is booked, by its own words and codes; the order it is based on says what these leave open."""
    own = _booked(booking)
    for reference in booking.based_on:
        order = source.resolve(reference, booking)
        if not isinstance(order, fhir.ServiceRequest):
            continue
        based = _service(order, source)
        if own.kind == "other":
            own = replace(based, levels=own.levels or based.levels)
        elif own.kind == based.kind and not own.levels:
            own = replace(own, levels=based.levels)
    return own


def _booked(booking: fhir.Appointment) -> Request:
    kinds = (*booking.service_type, *booking.specialty, *_present(booking.appointment_type))
    spoken = f"{words(kinds)}\n{booking.description or ''}"
    details = f"{booking.description or ''}\n{booking.comment or ''}\n{words(booking.reason_code)}"
    return _request(find((*kinds, *booking.reason_code)), spoken, (), details, details)


def _device(order: fhir.DeviceRequest, source: Source) -> Request:
    device = source.resolve(order.code_reference, order)
    concepts = (
        *_present(order.code_codeable_concept),
        *_present(device.type if isinstance(device, fhir.Device) else None),
    )
    named = (order.code_reference.display or "") if order.code_reference is not None else ""
    spoken = f"{words(concepts)}\n{device_words(device)}\n{named}"
    notes = "\n".join(note.text or "" for note in order.note)
    return _request(find(concepts), spoken, (), notes, f"{notes}\n{words(order.reason_code)}")


def _present(concept: CodeableConcept | None) -> tuple[CodeableConcept, ...]:
    return () if concept is None else (concept,)


def device_words(device: Resource | None) -> str:
    """What a device is called."""
    if not isinstance(device, fhir.Device):
        return ""
    return "\n".join([words(device.type), *(each.name or "" for each in device.device_name)])


def _prescription(order: fhir.MedicationRequest, source: Source) -> Request:
    concepts, spoken = medication(source, order.medication_codeable_concept, order.medication_reference, order)
    opioid = next(
        (e for e in ingredients(concepts, spoken) if e.set_id == ANALGESIC and e.row["class"] == "opioid"), None
    )
    kind: Kind = "opioid" if opioid is not None else "other"
    return Request(kind, NO_IMAGING, (), False, opioid.name if opioid is not None else "medication")


def _request(found: Found, spoken: str, sites: tuple[CodeableConcept, ...], details: str, why: str) -> Request:
    image = picture(found, spoken, sites)
    kind = _kind(found, spoken, image)
    levels = levels_of(sites) or levels_in(spoken) or levels_in(details)
    if kind == "imaging" and not image.regions and image.modality != "NM":
        regions = frozenset(region_of(level) for level in levels) or regions_in(details)
        image = Picture(image.modality, image.contrast, regions, image.spinal)
    outside = not levels and bool(_OUTSIDE.search(f"{spoken}\n{words(sites)}"))
    return Request(kind, image, levels, names_augmentation(why), _shown(kind, image, levels), outside)


def _kind(found: Found, spoken: str, image: Picture) -> Kind:
    """By code where there is one, then by words; a film before or after an augmentation is a film."""
    service = next((row["service"] for row in found.get(REFERRALS, ())), None)
    is_referral = service is not None or bool(REFERRAL.search(spoken))
    is_picture = _is_picture_of_spine(found, image)
    if any(row["augmentation"] == "yes" for row in found.get(AUGMENTATION, ())):
        return "augmentation"
    if is_picture and (any(map(found.get, IMAGING_SETS)) or (image.modality != "CT" and not is_referral)):
        return "imaging"
    names_it = names_augmentation(spoken)
    if names_it and not is_referral:
        return "imaging" if is_picture and AFTERWARDS.search(spoken) else _augmentation_or_later(spoken)
    if service in SPINE_SERVICES or names_spine_service(spoken) or (names_it and not AFTERWARDS.search(spoken)):
        return "spine-referral"
    if service == "bone-health" or BONE_HEALTH.search(spoken):
        return "bone-health-referral"
    if service == "physiotherapy" or any(row["kind"] == "physiotherapy" for row in found.get(THERAPY, ())):
        return "physiotherapy"
    if service is not None:
        return "other"
    if any(row["brace"] == "yes" for row in found.get(BRACING, ())) or BRACE.search(spoken):
        return "brace"
    if is_picture:
        return "imaging"
    return "physiotherapy" if PHYSIOTHERAPY.search(spoken) else "other"


def _augmentation_or_later(spoken: str) -> Kind:
    return "other" if AFTERWARDS.search(spoken) else "augmentation"


def _is_picture_of_spine(found: Found, image: Picture) -> bool:
    if image.modality not in ("MR", "CT", "XR", "NM") or image.spinal is not True:
        return False
    return not any(row["kind"] in NO_PICTURE for row in found.get("imaging-order-ct", ()))


_MODALITY_NAMES: Final[dict[Modality, str]] = {
    "MR": "MRI",
    "CT": "CT",
    "XR": "radiograph",
    "NM": "nuclear study",
    "DXA": "DXA",
}
_ORDER: Final[tuple[SpineRegion, ...]] = ("cervical", "thoracic", "lumbar", "sacral")


def name_picture(image: Picture) -> str:
    """ "MRI lumbar spine without contrast"."""
    where = " and ".join(region for region in _ORDER if region in image.regions)
    parts = [_MODALITY_NAMES[image.modality] if image.modality else "imaging study", f"{where} spine" if where else ""]
    if image.contrast is not None and image.modality in ("MR", "CT"):
        parts.append(f"{image.contrast.replace('-', ' ')} contrast")
    return " ".join(part for part in parts if part)


def _shown(kind: Kind, image: Picture, levels: tuple[Level, ...]) -> str:
    if kind == "imaging" or (kind == "other" and image.modality is not None):
        return name_picture(image)
    name = {
        "augmentation": "vertebral augmentation",
        "spine-referral": "spine or interventional radiology referral",
    }.get(kind, kind.replace("-", " "))
    return f"{name} {', '.join(levels)}".strip()
