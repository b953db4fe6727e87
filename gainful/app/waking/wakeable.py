"""The agents that are woken, as whoever wakes them asks for at every look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from gainful.agents.file.agent_version import AgentVersion
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.agent.agent_runs import AgentRuns
from gainful.app.agent.agents import Agents
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError

FRESH = timedelta(seconds=2)
"""How long what was read is taken as it is: enabling an agent takes effect that much later."""


class Wakeable:
    """The agents that are enabled. Safe to share between threads.

    Args:
        complain: Told about agents that cannot be used, once for each reason.
    """

    def __init__(self, agents: Agents, runs: AgentRuns, clock: Clock, complain: Callable[[GainfulError], None]) -> None:
        self._agents = agents
        self._runs = runs
        self._clock = clock
        self._complain = complain
        self._told: set[str] = set()
        self._read_at: datetime | None = None
        self._found: Sequence[WakeableAgent] = ()
        self._lock = threading.Lock()

    def __call__(self) -> Sequence[WakeableAgent]:
        """Every agent that is enabled now."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or not timedelta(0) <= now - self._read_at < FRESH:
                self._found = [self._of(version, since) for version, since in self._agents.enabled(self._once)]
                self._read_at = now
            return self._found

    def _of(self, version: AgentVersion, since: datetime) -> WakeableAgent:
        file = version.file
        return WakeableAgent(
            name=file.name,
            owner=file.owner,
            triggers=file.woken_by,
            digest=version.digest,
            since=since,
            hops=file.restrictions.limits.hops,
            gathering=partial(self._runs.gathered, version) if file.gather else None,
        )

    def _once(self, error: GainfulError) -> None:
        if str(error) not in self._told:
            self._told.add(str(error))
            self._complain(error)
