"""A call on its way through the door: what is shown of it, and what is written down about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gainful.core.label import Label
from gainful.core.tool import Effect, ToolSpec
from gainful.core.value import Value
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Recorded
from gainful.gate.proposal import Explanation, Proposal, Reason
from gainful.policy.attribution import object_name
from gainful.policy.decision import Decision
from gainful.policy.plan import Match
from gainful.policy.request import Request


@dataclass(frozen=True, slots=True)
class Asking:
    """A call, how it stands to the plan, and what was decided about it.

    Args:
        match: None for a run without a plan.
        manifest: Digest of the manifest that holds.
    """

    call: Recorded
    spec: ToolSpec
    match: Match | None
    decision: Decision
    manifest: str

    def proposal(self) -> Proposal:
        """The exact effect, for the person who is asked."""
        call, spec = self.call, self.spec
        effect = Request(call.agent, spec, call.arguments).effect
        explanation = Explanation(
            act=str(spec.act),
            effect=str(effect),
            roles={name: str(role) for name, role in spec.arguments.items() if name in call.arguments},
            labels=labels_of(call.arguments),
            derivations={name: value.derivation for name, value in call.arguments.items() if value.derivation},
            reasons=tuple(map(Reason, self.decision.rules, self.decision.reasons)),
            undo="" if effect in (Effect.IRREVERSIBLE, Effect.EGRESS) else "It can be taken back.",
        )
        return Proposal(
            call.agent, call.run_id, call.step, call.tool, call.plain, self.manifest, explanation=explanation
        )

    def event(
        self,
        at: datetime,
        kind: AuditKind,
        verdict: str,
        *,
        by: str = "",
        approval: str = "",
        effect: str = "",
        note: str = "",
    ) -> AuditEvent:
        """An entry for the audit log.

        Args:
            by: The person who acted; the agent itself by default.
        """
        call = self.call
        labels = {name: label.as_json() for name, label in labels_of(call.arguments).items()}
        return AuditEvent(
            at=at,
            kind=kind,
            run_id=call.run_id,
            step=call.step,
            agent=call.agent,
            actor=by or call.agent,
            tool=call.tool,
            verdict=verdict,
            rules=self.decision.rules,
            approval=approval or call.approval,
            effect=effect or call.digest,
            detail={
                "arguments": call.plain,
                "labels": labels,
                "note": note or self.decision.reason,
                "manifest": self.manifest,
            },
        )


def labels_of(arguments: Mapping[str, Value]) -> dict[str, Label]:
    """The label of each argument, and of each item of a list: one strange recipient among many must be seen."""
    labels: dict[str, Label] = {}
    for name, value in arguments.items():
        if value.items is not None and len({item.whole for item in value.items}) > 1:
            labels |= {f"{name}[{number}]": item.whole for number, item in enumerate(value.items)}
        else:
            labels[name] = value.whole
    return labels


def exposed_by(spec: ToolSpec, arguments: Mapping[str, Value]) -> list[str]:
    """Names of the objects whose content leaves with a call."""
    return [
        object_name(pattern, part)
        for name, pattern in spec.exposes.items()
        if name in arguments
        for part in (arguments[name].items or (arguments[name],))
    ]


def objects_in(spec: ToolSpec, answer: Value) -> list[str]:
    """Names of the objects in an answer."""
    found: list[str] = []

    def look(part: Value, path: str) -> None:
        if path in spec.returns.objects:
            found.append(object_name(spec.returns.objects[path], part))
        for item in part.items or ():
            look(item, f"{path}[]")
        for name, inner in (part.fields or {}).items():
            look(inner, f"{path}.{name}" if path else name)

    look(answer, "")
    return found
