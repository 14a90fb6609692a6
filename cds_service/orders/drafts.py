"""Draft orders: what a proposal becomes when the clinician accepts it (`clinical.md`: decision 8, CM-02, CM-05, C-11).

Everything is `draft` and `proposal`, of the request's own patient, and says why it is offered. The actions of one
suggestion belong together (checklist 57): alternatives are separate proposals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, TypedDict

from cds_service.facts.model import Level, SpineRegion
from cds_service.knowledge.systems import LOINC, SNOMED
from cds_service.knowledge.thresholds import Thresholds, load_thresholds
from cds_service.orders import studies
from cds_service.orders.codings import body_site, coding, region_site
from cds_service.orders.strict import checked
from cds_service.orders.studies import Study
from cds_service.recommendations.conservative_care import LSO_LEVELS, TLSO_LEVELS
from cds_service.recommendations.recommendation import Proposal, ProposalKind

Priority = Literal["routine", "urgent", "asap", "stat"]

DISCLAIMER: Final = "Drafted from decision support; not clinically reviewed content; the ordering clinician decides."
AUTHOR: Final = "vcf-cds"
BRACE_PURPOSE: Final = "reduce pain by restricting trunk mobility"
"""The indication a payer looks for, in its words (DME, by CM-02)."""


class Action(TypedDict):
    """An action of a suggestion. ``resource`` is whole (checklist 60); one of an update holds slices of the request."""

    type: Literal["create", "update"]
    description: str
    resource: Mapping[str, object]


class Removal(TypedDict):
    """The removal of the clinician's own draft. ``resourceId`` is its relative reference (checklist 61)."""

    type: Literal["delete"]
    description: str
    resourceId: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a draft is offered, in the service's own words: never a value of the record, for it becomes text of an order.

    ``criteria`` are labels of the criteria that hold. ``fractured`` is whether a vertebral fracture is confirmed or
    coded; only then does the draft carry its code. ``finding`` names another reason (a neurological alarm sign);
    ``emergency`` raises imaging and consultation to `stat`.
    """

    criteria: tuple[str, ...]
    fractured: bool = False
    finding: str = ""
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    """One resource to be made. ``resource`` holds its type, its code and what only this kind has."""

    text: str
    resource: Mapping[str, object]
    note: str = ""
    priority: Priority = "routine"
    sites: tuple[Mapping[str, object], ...] = ()


# --- the parts of every draft -----------------------------------------------------------------------------------------

# Wider than FHIR's id (an underscore, 128 characters), like the ids of real requests; never a slash or a query.
_SUBJECT: Final = re.compile(r"Patient/[A-Za-z0-9._-]{1,128}")
_REQUESTER: Final = re.compile(r"Practitioner(?:Role)?/[A-Za-z0-9._-]{1,128}")
_UNPRINTABLE: Final = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def _plain(text: str) -> str:
    """One line, with nothing in it that a FHIR string cannot hold."""
    return _UNPRINTABLE.sub(" ", text).strip()


def why(reason: Reason) -> str:
    """One line that says why, from the labels of the criteria."""
    labels = "; ".join(filter(None, map(_plain, reason.criteria)))
    return f"Offered because: {labels}." if labels else "Offered by decision support."


def _reasons(reason: Reason, level: Level | None) -> list[dict[str, object]]:
    at = f", {level}" if level else ""
    fracture: dict[str, object] = {
        "coding": [coding("vcf-diagnosis", SNOMED, "42942008")],
        "text": f"Vertebral compression fracture{at}",
    }
    other = _plain(reason.finding)
    if not reason.fractured and not other:
        other = f"Suspected vertebral fracture{at}"
    return [*([fracture] if reason.fractured else ()), *([{"text": other}] if other else ())]


def _note(*sentences: str) -> list[dict[str, object]]:
    return [{"authorString": AUTHOR, "text": " ".join(filter(None, sentences))}]


# --- the kinds --------------------------------------------------------------------------------------------------------

_Build = Callable[[Proposal, date, Thresholds], tuple[_Order, ...]]


def _service(concept: Mapping[str, object]) -> dict[str, object]:
    return {"resourceType": "ServiceRequest", "code": concept}


def sites(proposal: Proposal, *, code_names_region: bool) -> tuple[Mapping[str, object], ...]:
    """`bodySite`: the vertebra when it is known, else the regions that the code of the order leaves open."""
    vertebra = body_site(proposal.level) if proposal.level else None
    if vertebra is not None:
        return (vertebra,)
    return () if code_names_region else tuple(region_site(region) for region in sorted(proposal.regions))


def _imaging(choose: Callable[[frozenset[SpineRegion]], tuple[Study, ...]], priority: Priority = "routine") -> _Build:
    def orders(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
        chosen = choose(proposal.regions)
        return tuple(_Order(s.text, _service(s.concept()), "", priority, _where(s, chosen, proposal)) for s in chosen)

    return orders


def _where(study: Study, chosen: tuple[Study, ...], proposal: Proposal) -> tuple[Mapping[str, object], ...]:
    """A study of the whole body has no site; of two studies of the spine the one that shows the vertebra names it."""
    if study is studies.BONE_SCAN:
        return ()
    others = any(other.shows(proposal.level) for other in chosen if other not in (study, studies.BONE_SCAN))
    if others and not study.shows(proposal.level):
        return ()
    return sites(proposal, code_names_region=study.names_its_region)


ORTHOSES: Final[tuple[tuple[frozenset[Level], str], ...]] = (
    (frozenset("T1 T2 T3 T4 T5".split()), "Orthosis with cervicothoracic extension, chosen by an orthotist"),
    (frozenset(TLSO_LEVELS), "TLSO (thoracolumbosacral orthosis)"),
    (frozenset(LSO_LEVELS), "LSO (lumbosacral orthosis)"),
)
"""CM-02: the orthosis by level. In words: no HCPCS code is chosen for the user."""
_ORTHOSIS: Final = "Spinal orthosis (TLSO or LSO, by the level of the fracture)"


def _brace(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = next((name for levels, name in ORTHOSES if proposal.level in levels), _ORTHOSIS)
    end = as_of + timedelta(weeks=limit.brace_weeks)
    resource = {
        "resourceType": "DeviceRequest",
        "codeCodeableConcept": {"text": text},
        "occurrencePeriod": {"start": as_of.isoformat(), "end": end.isoformat()},
    }
    note = (
        f"Level: {proposal.level or 'not named'}. Purpose: {BRACE_PURPOSE}. Duration: {limit.brace_weeks} weeks, with "
        f"a recheck {_recheck_weeks(limit)} weeks after the start. A brace is an option, not required."
    )
    return (_Order(text, resource, note),)


def _recheck_weeks(limit: Thresholds) -> str:
    return f"{limit.recheck_min_days // 7}-{limit.recheck_max_days // 7}"


def _physiotherapy(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Physiotherapy, as tolerated"
    concept = {"coding": [coding("conservative-therapy", SNOMED, "306170007")], "text": text}
    return (_Order(text, _service(concept), sites=sites(proposal, code_names_region=True)),)


def _recheck(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Recheck of the vertebral fracture"
    due = {
        "start": (as_of + timedelta(days=limit.recheck_min_days)).isoformat(),
        "end": (as_of + timedelta(days=limit.recheck_max_days)).isoformat(),
    }
    resource = {
        "resourceType": "Task",
        "code": {"text": text},
        "description": "Pain, function and neurological examination; repeat the radiograph if worse.",
        "restriction": {"period": due},  # R4: its end is the due date; executionPeriod is when it was done
    }
    return (_Order(text, resource, f"Due {_recheck_weeks(limit)} weeks after the start of treatment."),)


def _augmentation_referral(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Interventional radiology or spine surgery: evaluation for vertebral augmentation"
    concept = {"coding": [coding("referral-order", SNOMED, "308461008")], "text": text}
    note = "A referral for evaluation, not an order for the procedure."
    return (_Order(text, _service(concept), note, sites=sites(proposal, code_names_region=True)),)


def _spine_surgery_consult(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Spine surgery consultation"
    concept = {"coding": [coding("referral-order", SNOMED, "770695002")], "text": text}
    where = sites(proposal, code_names_region=True)
    return (_Order(text, _service(concept), priority="urgent", sites=where),)


def _tumour_board_referral(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    """SP-01. No verified code says tumour board: the code is that of oncology, the text names the rest."""
    text = "Oncology: tumour board review with spine surgery and radiation oncology"
    concept = {"coding": [coding("referral-order", SNOMED, "183529009")], "text": text}
    note = "Stability, biopsy and treatment are for the board; not an order for a procedure."
    where = sites(proposal, code_names_region=True)
    return (_Order(text, _service(concept), note, priority="urgent", sites=where),)


def _dxa(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "DXA of hip and spine (bone density)"
    codes = (coding("imaging-order-dxa", LOINC, "38268-9"), coding("imaging-order-dxa", SNOMED, "413841000119101"))
    return (_Order(text, _service({"coding": [*codes], "text": text})),)


def _vitamin_d_test(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "25-OH vitamin D, serum"
    return (_Order(text, _service({"coding": [coding("observation-lab", LOINC, "62292-8")], "text": text})),)


def _bone_health_referral(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Bone clinic or fracture liaison service: evaluation, treatment and education after a vertebral fracture"
    concept = {"coding": [coding("referral-order", SNOMED, "412717001")], "text": text}
    return (_Order(text, _service(concept)),)


SECONDARY_CAUSES: Final = (
    "blood count, calcium, phosphate, alkaline phosphatase, creatinine, TSH, parathyroid hormone, serum protein "
    "electrophoresis with free light chains; testosterone in men"
)
"""OS-06: in words, for no verified code stands for such a panel."""


def _secondary_cause_panel(proposal: Proposal, as_of: date, limit: Thresholds) -> tuple[_Order, ...]:
    text = "Blood tests for secondary causes of osteoporosis"
    return (_Order(text, _service({"text": text}), f"Tests: {SECONDARY_CAUSES}."),)


KINDS: Final[Mapping[ProposalKind, _Build]] = MappingProxyType(
    {
        "mri": _imaging(studies.mri),
        "mri-with-contrast": _imaging(studies.mri_with_contrast, "urgent"),
        "radiographs": _imaging(studies.radiographs),
        "spect-ct": _imaging(studies.spect_ct),
        "bone-scan-and-ct": _imaging(studies.bone_scan_and_ct),
        "brace": _brace,
        "physiotherapy": _physiotherapy,
        "recheck": _recheck,
        "augmentation-referral": _augmentation_referral,
        "spine-surgery-consult": _spine_surgery_consult,
        "tumour-board-referral": _tumour_board_referral,
        "dxa": _dxa,
        "vitamin-d-test": _vitamin_d_test,
        "bone-health-referral": _bone_health_referral,
        "secondary-cause-panel": _secondary_cause_panel,
    }
)
"""Every `ProposalKind` that makes an order, with what makes it."""
REMOVALS: Final[frozenset[ProposalKind]] = frozenset({"remove-duplicate"})
"""Kinds that make none: they take the clinician's own draft away."""
EMERGENCIES: Final = frozenset({"mri", "mri-with-contrast", "spect-ct", "bone-scan-and-ct", "spine-surgery-consult"})
"""What an emergency hurries; a brace or a recheck is never `stat`."""


# --- building ---------------------------------------------------------------------------------------------------------


def build(
    proposal: Proposal,
    subject: str,
    reason: Reason,
    *,
    requester: str | None,
    as_of: date,
    limit: Thresholds | None = None,
) -> list[Action]:
    """The actions of one suggestion, all to be taken together.

    ``subject`` is ``Patient/<id>`` and ``requester`` the user (``Practitioner/<id>`` or ``PractitionerRole/<id>``; any
    other, or None, is left for the client to fill in). ``as_of`` is the day of the order; ``limit`` gives durations in
    weeks and days (default: those shipped). Raises ValueError for a subject that names no patient.
    """
    if not _SUBJECT.fullmatch(subject):
        raise ValueError("subject must be Patient/<id>")
    orders = KINDS[proposal.kind](proposal, as_of, limit or _shipped())
    filled = _Filling(proposal, subject, reason, requester, as_of.isoformat())
    return [{"type": "create", "description": filled.describe(order), "resource": filled(order)} for order in orders]


_RELATIVE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9._-]{1,128}")


def remove(reference: str, shown: str) -> Removal:
    """The action that takes a draft away: ``reference`` is relative (``ServiceRequest/1``), else ValueError."""
    if not _RELATIVE.fullmatch(reference):
        raise ValueError("a draft is removed by its relative reference")
    return {"type": "delete", "description": f"Remove this draft: {_plain(shown)}", "resourceId": reference}


@dataclass(frozen=True, slots=True)
class _Filling:
    """What one call adds to an order: whose, by whom, when and why."""

    proposal: Proposal
    subject: str
    reason: Reason
    requester: str | None
    day: str

    def describe(self, order: _Order) -> str:
        at = f" ({self.proposal.level})" if self.proposal.level else ""
        return f"Create a draft: {order.text}{at}"

    def __call__(self, order: _Order) -> dict[str, object]:
        task = order.resource["resourceType"] == "Task"
        reasons = _reasons(self.reason, self.proposal.level)
        hurried = self.reason.emergency and self.proposal.kind in EMERGENCIES
        resource = {
            **order.resource,
            "status": "draft",
            "intent": "proposal",
            "priority": "stat" if hurried else order.priority,
            "for" if task else "subject": {"reference": self.subject},
            "authoredOn": self.day,
            "reasonCode": reasons[0] if task else reasons,
            "note": _note(why(self.reason), order.note, DISCLAIMER),
        }
        if self.requester and _REQUESTER.fullmatch(self.requester):
            resource["requester"] = {"reference": self.requester}
        if order.sites:
            resource["bodySite"] = list(order.sites)
        return resource


@lru_cache(maxsize=1)
def _shipped() -> Thresholds:
    return load_thresholds()


# --- start-up ---------------------------------------------------------------------------------------------------------

REGIONS: Final[tuple[frozenset[SpineRegion], ...]] = (
    frozenset(),
    frozenset({"thoracic"}),
    frozenset({"lumbar"}),
    frozenset({"thoracic", "lumbar"}),
    frozenset({"cervical"}),
    frozenset({"cervical", "thoracic", "lumbar"}),
    frozenset({"lumbar", "sacral"}),
)
"""The sets of regions that choose between orders."""
LEVELS: Final[tuple[Level, ...]] = (*(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)))


def every_proposal() -> Iterator[Proposal]:
    """One proposal for each kind and each level, and for each kind and each set of regions without a level."""
    for kind in KINDS:
        yield from (Proposal(kind, regions, None) for regions in REGIONS)
        yield from (Proposal(kind, studies.region_of(level), level) for level in LEVELS)


@lru_cache(maxsize=1)  # the drafts there are do not change while the process runs
def warm() -> None:
    """Build and validate every draft there is, once at start-up. Raises ContentError: do not serve then."""
    for proposal in every_proposal():
        for reason in (Reason(("example",), fractured=True), Reason((), finding="example", emergency=True), Reason(())):
            for action in build(
                proposal, "Patient/example", reason, requester="Practitioner/example", as_of=date(2026, 11, 20)
            ):
                checked(action["resource"])
