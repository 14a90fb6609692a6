"""DE-18, DE-19: INR, platelets, antithrombotic drugs and disorders of bleeding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.facts.medications import ANTITHROMBOTIC, KEY, Medicine
from cds_service.facts.model import Bleeding, Disease, Measurement
from cds_service.facts.pain import newest
from cds_service.facts.quantities import ABOVE, BELOW, in_unit
from cds_service.facts.source import Source

LAB: Final = "observation-lab"
DISORDER: Final = "coagulopathy"
INR_UNITS: Final = {"": 1, "1": 1, "inr": 1, "{inr}": 1, "ratio": 1, "{ratio}": 1}
INR_HIGHEST: Final = 30
_IN_10_9_L: Final = (
    "10*9/l 10^9/l 10e9/l x10*9/l x10^9/l x10e9/l giga/l 10*3/ul 10^3/ul 10e3/ul x10*3/ul x10^3/ul x10e3/ul k/ul k/mcl "
    "k/cumm k/mm3 k/\u00b5l k/cmm thou/ul thou/mcl thous/ul thousand/ul 1000/ul 10*3/\u00b5l 10^3/\u00b5l 10*3/mm3"
).split()
_IN_UL: Final = "/ul /mm3 /\u00b5l /mcl {cells}/ul cells/ul /cumm {#}/ul".split()
TO_10_9_L: Final = {**dict.fromkeys(_IN_10_9_L, 1.0), **dict.fromkeys(_IN_UL, 0.001)}
"""Units of platelet counts to 10*9/L. A count without a unit is none: 210 and 210000 are both seen."""

_FLUSH: Final = re.compile(r"\bflush\b|\block\b")


def bleeding(source: Source, taken: tuple[Medicine, ...]) -> Bleeding:
    """Newest first. Drugs on hold and status codes of drugs (Z79.01), which go stale, are not active."""
    return Bleeding(
        inr=source.documented(newest(_inr(source)), "observations", why="no INR documented"),
        platelets=source.documented(newest(_platelets(source)), "observations", why="no platelet count documented"),
        antithrombotics=source.listing((*_drugs(taken), *_status_codes(source, taken)), KEY),
        disorders=source.listing(_disorders(source), "conditions"),
    )


def _inr(source: Source) -> Iterator[Measurement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "inr":
            value = in_unit(result, INR_UNITS, ABOVE)
            if value is not None and 0 < value <= INR_HIGHEST:
                yield Measurement(value, result.moment.when, result.moment.at, result.evidence(f"INR {value:g}"))


def _platelets(source: Source) -> Iterator[Measurement]:
    for result, listed in source.results(LAB):
        if listed["analyte"] == "platelets":
            value = in_unit(result, TO_10_9_L, BELOW)
            if value is not None and value >= 0:
                evidence = result.evidence(f"platelets {round(value, 1):g} \u00d7 10\u2079/L")
                yield Measurement(value, result.moment.when, result.moment.at, evidence)


def _drugs(taken: tuple[Medicine, ...]) -> Iterator[Disease]:
    for medicine in taken:
        if medicine.local or _FLUSH.search(medicine.spoken):
            continue
        for each in medicine.of(ANTITHROMBOTIC):
            evidence = medicine.evidence(each)
            yield Disease(
                each.row["agent"], medicine.active, medicine.start.when, medicine.start.when, evidence, each.by_wording
            )


def _status_codes(source: Source, taken: tuple[Medicine, ...]) -> Iterator[Disease]:
    """ "On anticoagulants" as a problem counts while the drugs themselves could not be read."""
    if source.gap(KEY) is None:
        return
    for problem in source.problems:
        rows = problem.found.get(DISORDER, ())
        listed = next((each for each in rows if each["kind"] == "antithrombotic-status"), None)
        if listed is not None and problem.standing == "current":
            yield problem.disease("other", listed["display"])


def _disorders(source: Source) -> Iterator[Disease]:
    for problem in source.problems:
        listed = next((each for each in problem.found.get(DISORDER, ()) if each["bleeding"] == "yes"), None)
        if listed is not None and listed["kind"] == "disorder":
            yield problem.disease("coagulopathy", listed["display"])
