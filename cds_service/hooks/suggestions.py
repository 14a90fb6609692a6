"""The one-click drafts of a card: alternatives are separate suggestions, never two actions of one (decision 8)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import Template

from cds_service.facts.model import Draft as DraftFact
from cds_service.fhir.decoding import plain_code
from cds_service.fhir.drafts import Draft
from cds_service.hooks.cards import CardText
from cds_service.hooks.markdown import plain_text
from cds_service.orders.drafts import Action, Reason, Removal, build, remove
from cds_service.orders.update import replace_with_alternative
from cds_service.recommendations.merge import Card, Evaluation
from cds_service.recommendations.recommendation import Proposal

SUGGESTION_NAMESPACE: Final = uuid.UUID("5e0c7a52-0f6b-5a0e-8f3e-8a3c1d5d2b90")
LONGEST_LABEL: Final = 100
FINDINGS: Final[Mapping[str, str]] = {
    "neurological-emergency": "Neurological alarm sign",
    "spinal-infection": "Suspected spinal infection",
    "post-augmentation-complication": "New symptom after vertebral augmentation",
    "malignant-fracture": "Suspected spinal metastasis or myeloma",
}
"""What a draft names as its reason beside the fracture."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the drafts of one call share: whose they are, who asks, and the client's own drafts."""

    patient_id: str
    user_id: str | None
    drafts: tuple[Draft, ...]
    seed: str
    evaluation: Evaluation


def suggestions(card: Card, text: CardText, call: Call) -> list[dict[str, object]]:
    """The suggestions of a card, in the order its recommendation proposes them."""
    return [
        _suggestion(proposal, card, text, call)
        for proposal in card.leading.proposals
        if proposal.draft is None or _removable(proposal.draft.reference, call)
    ]


def _removable(reference: str, call: Call) -> bool:
    """Whether the client can find that draft again, and it is one: what is signed already is not ours to remove."""
    own = [d.resource for d in call.drafts if d.reference == reference]
    return len(own) == 1 and plain_code(getattr(own[0], "status", None)) in ("draft", "")


def _suggestion(proposal: Proposal, card: Card, text: CardText, call: Call) -> dict[str, object]:
    actions, label = _actions(proposal, card, text, call)
    name, shown = f"{call.seed}|{card.recommendation.id}|{proposal.kind}", dict[str, str]()
    if proposal.draft is not None:
        name, shown = f"{name}|{proposal.draft.reference}", {"draft": proposal.draft.value}
    suggestion: dict[str, object] = {
        "label": _filled(label, card, call, shown),
        "uuid": str(uuid.uuid5(SUGGESTION_NAMESPACE, name)),
        "actions": actions,
    }
    if proposal.recommended:
        suggestion["isRecommended"] = True
    return suggestion


def _actions(
    proposal: Proposal, card: Card, text: CardText, call: Call
) -> tuple[list[Action] | list[Removal], Template]:
    if proposal.draft is not None:
        return [remove(proposal.draft.reference, proposal.draft.value)], text.suggestions[proposal.kind]
    subject = f"Patient/{call.patient_id}"
    reason = _reason(card, call)
    own = _drafted_mri(call) if proposal.kind == "spect-ct" else None
    changed = replace_with_alternative(own.raw, proposal, subject, reason) if own is not None else None
    if changed is not None:
        return [changed], text.suggestions["spect-ct-update"]
    a = call.evaluation.assessment
    made = build(proposal, subject, reason, requester=call.user_id, as_of=a.facts.as_of, limit=a.limit)
    return made, text.suggestions[proposal.kind]


def _drafted_mri(call: Call) -> Draft | None:
    """The clinician's own MRI draft, as sent: the one to change where MRI is unsafe."""
    mine = {d.evidence.reference for d in call.evaluation.assessment.facts.drafts if _is_mri(d)}
    return next((d for d in call.drafts if d.reference in mine), None)


def _is_mri(draft: DraftFact) -> bool:
    return draft.kind == "imaging" and draft.modality == "MR" and draft.selected


def _reason(card: Card, call: Call) -> Reason:
    held = tuple(c.label for c in card.leading.criteria.include if c.claim.met)
    emergency = card.indicator == "critical"
    finding = FINDINGS.get(card.recommendation.id, "")
    fractured = call.evaluation.assessment.any_fracture.met
    return Reason(held, fractured=fractured, finding=finding, emergency=emergency)


def _filled(label: Template, card: Card, call: Call, own: Mapping[str, str]) -> str:
    values = {name: plain_text(value, 40) for name, value in {**card.leading.values, **own}.items()}
    return plain_text(label.render(**values, limit=call.evaluation.assessment.limit), LONGEST_LABEL)
