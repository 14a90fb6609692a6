"""Which imaging study is drafted for which regions: `terminology.md` section 9, without CPT.

No code says anything else than what is meant (modality, contrast, region); what it leaves open stands in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.systems import LOINC, SNOMED
from cds_service.orders.codings import coding

_CERVICAL: Final[frozenset[SpineRegion]] = frozenset({"cervical"})
_THORACIC: Final[frozenset[SpineRegion]] = frozenset({"thoracic"})
_LUMBAR: Final[frozenset[SpineRegion]] = frozenset({"lumbar"})
_BOTH: Final = _THORACIC | _LUMBAR
_WHOLE: Final = _CERVICAL | _BOTH
_ANY: Final[frozenset[SpineRegion]] = frozenset({"cervical", "thoracic", "lumbar", "sacral"})


def region_of(level: Level) -> frozenset[SpineRegion]:
    """The region a level lies in, by its letter; none for a letter that no region has."""
    regions: Mapping[str, SpineRegion] = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
    return frozenset({regions[level[0]]}) if level[:1] in regions else frozenset()


@dataclass(frozen=True, slots=True)
class Study:
    """One orderable study: the regions it shows, its name, and its codings (system, code) in one value set."""

    regions: frozenset[SpineRegion]
    text: str
    set_id: str
    codings: tuple[tuple[str, str], ...]
    names_its_region: bool = True
    """Whether the code itself says which part of the spine; else `bodySite` has to."""

    def shows(self, level: Level | None) -> bool:
        """Whether the level lies in a region of the study."""
        return level is not None and region_of(level) <= self.regions

    def concept(self) -> dict[str, object]:
        """The study as a CodeableConcept."""
        return {"coding": [coding(self.set_id, system, code) for system, code in self.codings], "text": self.text}


def _mri(regions: frozenset[SpineRegion], where: str, contrast: str, *codings: tuple[str, str]) -> Study:
    return Study(regions, f"MRI {where} {contrast}", "imaging-order-mri", codings, regions != _ANY)


def _ct(regions: frozenset[SpineRegion], where: str, *codings: tuple[str, str]) -> Study:
    return Study(regions, f"CT {where} without contrast", "imaging-order-ct", codings, regions != _ANY)


# In each table the first row that shows all regions asked for is taken; the last shows any.
_WITHOUT: Final = "without contrast"
MRI: Final = (
    _mri(_THORACIC, "thoracic spine", _WITHOUT, (LOINC, "36532-0"), (SNOMED, "396171000119100")),
    _mri(_LUMBAR, "lumbar spine", _WITHOUT, (LOINC, "30679-5"), (SNOMED, "394451000119106")),
    _mri(_BOTH, "thoracic and lumbar spine", _WITHOUT, (SNOMED, "411571000119106")),
    _mri(_CERVICAL, "cervical spine", _WITHOUT, (LOINC, "30667-0"), (SNOMED, "571891000119109")),
    _mri(_WHOLE, "whole spine", _WITHOUT, (LOINC, "30854-4"), (SNOMED, "411611000119102")),
    _mri(_ANY, "spine", _WITHOUT, (LOINC, "36531-2")),
)

# No SNOMED concept here: those of the set say "with contrast", which is another study than without and with.
_WITH: Final = "without and with contrast"
MRI_WITH_CONTRAST: Final = (
    _mri(_THORACIC, "thoracic spine", _WITH, (LOINC, "24981-3")),
    _mri(_LUMBAR, "lumbar spine", _WITH, (LOINC, "24967-2")),
    _mri(_CERVICAL, "cervical spine", _WITH, (LOINC, "24937-5")),
    _mri(_WHOLE, "whole spine", _WITH, (LOINC, "30855-1")),
    _mri(_ANY, "spine", _WITH, (LOINC, "36067-7")),
)

_XR: Final = "radiographs, AP and lateral"


def _xr(regions: frozenset[SpineRegion], where: str, *codings: tuple[str, str]) -> Study:
    return Study(regions, f"{where} {_XR}", "imaging-order-xray", codings, regions != _ANY)


# No SNOMED concept here: those of the set say nothing of the views.
XR: Final = (
    _xr(_THORACIC, "Thoracic spine", (LOINC, "30753-8")),
    _xr(_LUMBAR, "Lumbar spine", (LOINC, "24970-6")),
    _xr(_BOTH, "Thoracic and lumbar spine", (LOINC, "24984-7")),
    _xr(_ANY, "Spine", (LOINC, "24928-4")),
)

CT: Final = (
    _ct(_THORACIC, "thoracic spine", (LOINC, "30597-9"), (SNOMED, "572081000119108")),
    _ct(_LUMBAR, "lumbar spine", (LOINC, "30620-9"), (SNOMED, "572091000119106")),
    _ct(_BOTH, "thoracic and lumbar spine", (LOINC, "83310-3")),
    _ct(_ANY, "spine", (LOINC, "28566-8")),
)

# No verified LOINC code says SPECT/CT of bone: the code names the SPECT, the text adds the CT.
SPECT_CT: Final = Study(_ANY, "SPECT/CT bone, spine", "imaging-order-nuclear", ((LOINC, "39879-2"),), False)
BONE_SCAN: Final = Study(_ANY, "Bone scan, whole body", "imaging-order-nuclear", ((LOINC, "39818-0"),))


def mri(regions: frozenset[SpineRegion]) -> tuple[Study, ...]:
    """MRI without contrast of the regions, in one study."""
    return (_showing(MRI, regions),)


def mri_with_contrast(regions: frozenset[SpineRegion]) -> tuple[Study, ...]:
    """MRI without and with contrast. No verified code joins the thoracic and the lumbar spine: two studies."""
    if regions == _BOTH:
        return (_showing(MRI_WITH_CONTRAST, _THORACIC), _showing(MRI_WITH_CONTRAST, _LUMBAR))
    return (_showing(MRI_WITH_CONTRAST, regions),)


def radiographs(regions: frozenset[SpineRegion]) -> tuple[Study, ...]:
    """IM-05: plain films of the regions."""
    return (_showing(XR, regions),)


def spect_ct(regions: frozenset[SpineRegion]) -> tuple[Study, ...]:
    """IM-03: SPECT/CT, whatever the region."""
    return (SPECT_CT,)


def bone_scan_and_ct(regions: frozenset[SpineRegion]) -> tuple[Study, ...]:
    """IM-03: a bone scan and a CT without contrast, which only together show what MRI would."""
    return (BONE_SCAN, _showing(CT, regions))


def _showing(studies: tuple[Study, ...], regions: frozenset[SpineRegion]) -> Study:
    """The first study that shows all of the regions; the one of any region when none is known."""
    return next((s for s in studies if regions and regions <= s.regions), studies[-1])
