"""May this agent ask a language model now? Asked before each call; the answer is in the audit log before the call."""

from __future__ import annotations

from collections.abc import Callable

from gainful.core.clock import Clock
from gainful.core.tool import ToolSpec
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.guard import Guard
from gainful.policy.manifest import Manifest
from gainful.policy.request import Facts, Request


class ModelPermit:
    """Why a run may not ask the model at this moment; an empty text when it may.

    Args:
        guard: Makes the agent's guard as things stand now.
        spec: The model's tool, as its connector declares it.
        model: Its name, for the audit log.
        agent: Whose guard it is, where that is known before.
    """

    def __init__(self, guard: Callable[[], Guard], spec: ToolSpec, model: str, clock: Clock, agent: str = "") -> None:
        self._agent = agent
        self._make_guard = guard
        self._spec = spec
        self._model = model
        self._clock = clock
        self._guard: Guard | None = None

    @property
    def agent(self) -> str:
        """Whose calls these are."""
        return self._agent or self._current().agent

    @property
    def manifest(self) -> Manifest | None:
        """The manifest by which the last decision was made."""
        return self._guard.manifest if self._guard is not None else None

    def __call__(self, run_id: str) -> str:
        """The objection, written down; empty when there is none.

        Raises:
            GainfulError: It could not be decided or written down. Nothing may be asked then.
        """
        objection, event = self.decide(run_id)
        self.record(event)
        return objection

    def decide(self, run_id: str, step: str = "model") -> tuple[str, AuditEvent]:
        """The objection, empty when there is none, and the entry for whoever writes it down together with more.

        Raises:
            GainfulError: It could not be decided. Nothing may be asked then.
        """
        self._guard = guard = self._make_guard()
        # Without the texts: that a stranger's mail goes to this model is what the person named it for.
        decision = guard.decide(Request(guard.agent, self._spec), Facts())
        event = AuditEvent(
            self._clock(),
            AuditKind.DECISION,
            run_id=run_id,
            step=step,
            agent=guard.agent,
            actor=guard.agent,
            tool=self._spec.name,
            verdict=str(decision.verdict),
            rules=decision.rules,
            detail={"model": self._model, "note": decision.reason},
        )
        return "" if decision.allowed else decision.reason, event

    def record(self, event: AuditEvent) -> None:
        """Write an entry down.

        Raises:
            GainfulError: It could not be written. Nothing may be asked then.
        """
        self._current().record([event])

    def _current(self) -> Guard:
        if self._guard is None:
            self._guard = self._make_guard()
        return self._guard
