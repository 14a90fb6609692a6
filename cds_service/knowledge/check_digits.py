"""Check digits of SNOMED CT and LOINC codes: they find every code with one digit mistyped before a patient does.

SNOMED CT ids end in a Verhoeff digit (J. Verhoeff, *Error Detecting Decimal Codes*, 1969: the dihedral group of order
10), LOINC codes in a mod-10 digit (LOINC Users' Guide, appendix on the check digit).
"""

import re
from typing import Final

_LOINC: Final = re.compile(r"(\d{1,7})-(\d)")
_LOINC_PART: Final = re.compile(r"L[AGLP]\d{1,7}-\d")
_POSITION: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)  # the permutation that Verhoeff applies once more at each place
_CONCEPT_PARTITIONS: Final = ("00", "10")  # concepts, international and extension; descriptions have others


def _multiply(a: int, b: int) -> int:
    """The product of two elements in the dihedral group of the pentagon: 0-4 rotations, 5-9 reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5


def verhoeff_holds(digits: str) -> bool:
    """Whether a string of ASCII digits ends in its Verhoeff check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = _POSITION[value]
        total = _multiply(total, value)
    return total == 0


def is_snomed_concept(code: str) -> bool:
    """Whether the text has the form of a SNOMED CT concept id: 6-18 digits, concept partition, check digit."""
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 18):
        return False
    return code[-3:-1] in _CONCEPT_PARTITIONS and verhoeff_holds(code)


def is_loinc_code(code: str) -> bool:
    """Whether the text is a LOINC code with its check digit; of a part, list or answer id only the form counts."""
    if _LOINC_PART.fullmatch(code):
        return True
    match = _LOINC.fullmatch(code)
    if match is None:
        return False
    digits = match[1][::-1]
    doubled = str(int(digits[0::2]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, digits[1::2]))
    return (10 - total % 10) % 10 == int(match[2])
