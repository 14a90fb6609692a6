"""Code systems as records name them, brought to one canonical URI, and codes to one spelling.

The forms seen in real records (OIDs, https for http, a space inside the URI, an edition or version behind it, plain
names) are data: ``value_sets/fhir-systems.csv``, one canonical URI a row with its aliases. ICD-9-CM stays a system of
its own: its codes look like ICD-10-CM codes and mean other things.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.data import data_directory, read_csv
from cds_service.knowledge.errors import ContentError

SNOMED: Final = "http://snomed.info/sct"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_9_CM: Final = "http://hl7.org/fhir/sid/icd-9-cm"
ICD_10_PCS: Final = "http://www.cms.gov/Medicare/Coding/ICD10"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
CPT: Final = "http://www.ama-assn.org/go/cpt"
HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
RADLEX: Final = "http://radlex.org"
NCI_THESAURUS: Final = "urn:oid:2.16.840.1.113883.3.26.1.1"
UCUM: Final = "http://unitsofmeasure.org"

_LONGEST: Final = 256  # what is longer is no code or system of ours, and must not fill the caches
_SPACE: Final = re.compile(r"\s+")
_OID: Final = re.compile(r"(?:urn:)?oid:")
_SCHEME: Final = re.compile(r"https?://(?:www\.)?")
_DOTTED: Final = frozenset({ICD_10_CM, ICD_9_CM})
_UPPER: Final = frozenset({ICD_10_CM, ICD_9_CM, ICD_10_PCS, HCPCS, CPT, LOINC, RADLEX, NCI_THESAURUS, DICOM})


def _key(uri: str) -> str:
    """What two spellings of one system have in common: no space, version, scheme, ``www.``, OID prefix or case."""
    bare = _SPACE.sub("", uri).split("|", 1)[0].rstrip("/").lower()
    bare, is_oid = _OID.subn("", bare, count=1)
    return bare if is_oid else _SCHEME.sub("", bare, count=1)


@lru_cache(maxsize=1)
def _canonical_by_key() -> Mapping[str, str]:
    file = data_directory() / "value_sets" / "fhir-systems.csv"
    known: dict[str, str] = {}
    _, rows = read_csv(file)
    for line, row in rows:
        canonical = row["code"]
        for form in (canonical, *row["aliases"].split()):
            if known.setdefault(_key(form), canonical) != canonical:
                raise ContentError(f"{file.name}:{line}: {form} already stands for {known[_key(form)]}")
    return MappingProxyType(known)


def normalise_system(uri: str) -> str:
    """The canonical URI of the system a record names; an unknown one comes back stripped, otherwise as it was.

    A path behind a known URI is an edition or version (``http://snomed.info/sct/731000124108/version/20260301``) and is
    dropped; so is ``|version``. Never raises.
    """
    return _known_or_stripped(uri) if len(uri) <= _LONGEST else uri.strip()


@lru_cache(maxsize=2048)
def _known_or_stripped(uri: str) -> str:
    known = _canonical_by_key()
    key = _key(uri)
    while key:
        if key in known:
            return known[key]
        key = key.rpartition("/")[0]
    return uri.strip()


def normalise_code(system: str, code: str) -> str:
    """The code as the value sets spell it. ``system`` is canonical (see ``normalise_system``).

    Spaces go; ICD, CPT, HCPCS, LOINC and RadLex codes become upper case; an ICD diagnosis code gets the dot it was sent
    without (``m8008xa`` is ``M80.08XA``). Codes of other systems are case-sensitive and only lose their spaces. Never
    raises.
    """
    return _spelled(system, code) if len(code) <= _LONGEST else code.strip()


@lru_cache(maxsize=8192)
def _spelled(system: str, code: str) -> str:
    bare = _SPACE.sub("", code)
    if system in _UPPER:
        bare = bare.upper()
    if system == ICD_10_CM:
        return _with_dot(bare, 3)
    if system == ICD_9_CM:
        return _with_dot(bare, 4 if bare.startswith("E") else 3)
    return bare


def _with_dot(code: str, category_length: int) -> str:
    plain = code.rstrip(".")
    if "." in plain or len(plain) <= category_length:
        return plain
    return f"{plain[:category_length]}.{plain[category_length:]}"
