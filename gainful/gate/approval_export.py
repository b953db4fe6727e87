"""An approval as programs read it, and as the audit log keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gainful.core.visible import suspicious
from gainful.gate.approval import Approval
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.proposal import Proposal


def as_json(approval: Approval) -> dict[str, Any]:
    """Everything about it; `card` is the digest that an answer names, `cautions` are what may deceive in an effect."""
    return {
        "id": approval.id,
        "run_id": approval.run_id,
        "agent": approval.agent,
        "requester": approval.requester,
        "state": str(approval.state),
        "card": approval.card,
        "asked_at": approval.asked_at,
        "expires_at": approval.expires_at,
        "approvers": {"people": sorted(approval.approvers.people), "four_eyes": approval.approvers.four_eyes},
        "answered_by": approval.answered_by,
        "answered_at": approval.answered_at,
        "text": approval.text,
        "effects": [_effect(approval, number) for number in range(len(approval.proposals))],
    }


def _effect(approval: Approval, number: int) -> dict[str, Any]:
    proposal, edit = approval.proposals[number], approval.edits.get(number)
    return {
        **proposal.as_json(),
        "digest": proposal.digest,
        "edited": edit.arguments if edit else None,
        "taken": number in approval.used,
        "cautions": _cautions(edit or proposal),
    }


def _cautions(proposal: Proposal) -> list[str]:
    return list(dict.fromkeys(sentence for text in _texts(proposal.arguments) for sentence in suspicious(text)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from (name, *_texts(part))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def event_of(approval: Approval) -> AuditEvent:
    """The audit log's line about what an approval has just become."""
    first = approval.proposals[0]
    at = approval.answered_at or approval.asked_at
    return AuditEvent(
        at=max(at, approval.expires_at) if approval.state == "expired" else at,
        kind=AuditKind.APPROVAL,
        run_id=approval.run_id,
        step=first.step,
        agent=approval.agent,
        actor=approval.answered_by or approval.agent,
        tool=first.tool,
        verdict=str(approval.state),
        rules=tuple(dict.fromkeys(reason.rule for each in approval.proposals for reason in each.explanation.reasons)),
        approval=approval.id,
        effect=approval.effective[0].digest,
        detail={
            "card": approval.card,
            "requester": approval.requester,
            "asked": [proposal.digest for proposal in approval.proposals],
            "approved": [proposal.digest for proposal in approval.effective] if approval.answered_by else [],
            "expires_at": approval.expires_at.isoformat(),
            "text": approval.text,
        },
    )
