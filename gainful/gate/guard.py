"""What every door asks before it acts for an agent: its approved manifest, the stops, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from gainful.gate.audit import AuditEvent, AuditLog
from gainful.policy.decide import decide
from gainful.policy.decision import Decision
from gainful.policy.manifest import Manifest
from gainful.policy.organisation import OrganisationRule
from gainful.policy.request import Facts, Request


class StopList(Protocol):
    """Who has been stopped, as every process sees it at this moment."""

    def reason(self, agent: str) -> str:
        """Why this agent, or every agent, is stopped; empty when it is not."""


class Guard:
    """Decides for one agent with what only the gate knows.

    Args:
        manifest: In the version that its owner approved; None while there is none, and then everything is denied.
        organisation: What the organisation adds to the rules.
    """

    def __init__(
        self,
        agent: str,
        manifest: Manifest | None,
        stops: StopList,
        audit: AuditLog,
        organisation: Sequence[OrganisationRule] = (),
    ) -> None:
        self.agent = agent
        self.manifest = manifest
        self._stops = stops
        self._audit = audit
        self._organisation = tuple(organisation)

    @property
    def version(self) -> str:
        """Digest of the manifest; empty without one."""
        return self.manifest.digest if self.manifest is not None else ""

    def decide(self, request: Request, facts: Facts, stopped: str | None = None) -> Decision:
        """The decision about this request, as things stand now.

        Args:
            stopped: What `stopped` answered a moment ago, to ask once for a batch.
        """
        reason = self.stopped() if stopped is None else stopped
        known = replace(facts, manifest=self.manifest, stopped=reason, organisation=self._organisation)
        return decide(request, known)

    def wants_four_eyes(self, decision: Decision) -> bool:
        """Whether a rule of the organisation that decided wants another person than the requester to answer."""
        wanting = {f"organisation:{rule.id}" for rule in self._organisation if rule.four_eyes}
        return bool(wanting & set(decision.rules))

    def stopped(self) -> str:
        """Why nothing may happen now; empty when it may."""
        return self._stops.reason(self.agent)

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Write these into the audit log. Nothing may happen that could not be written down: let it raise."""
        if events:
            self._audit.append(events)
