"""From what has happened to runs that begin: matched, claimed, started, each once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from gainful.agents.waking.matching import Happening, fitting
from gainful.agents.waking.occurrence import compared, is_own, occurrence_of, too_far
from gainful.agents.waking.trigger import Trigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid, Refused
from gainful.core.occurrence import Occurrence
from gainful.core.value import Json
from gainful.storage.agents.occurrence_store import Candidate, OccurrenceStore

Start = Callable[[Occurrence], object]
"""Begins the run that an occurrence is; begun again, it is the same run."""

Leaves = Callable[[Occurrence], bool]
"""Whether chance leaves what an occurrence asks for to be done by hand. Asked again, it says the same."""

Complain = Callable[[GainfulError], None]

SOON = timedelta(minutes=1)
"""How long whoever has claimed an occurrence may take to start it, before somebody else does."""


class Dispatch:
    """Claims occurrences and starts their runs. Safe to share between threads.

    Args:
        complain: Told about runs that cannot be started now; they are tried again.
        leaves: Asked before a run begins.
    """

    def __init__(
        self,
        store: OccurrenceStore,
        start: Start,
        clock: Clock,
        complain: Complain,
        leaves: Leaves = lambda _occurrence: False,
    ) -> None:
        self.store = store
        self.clock = clock
        self.complain = complain
        self._start = start
        self._leaves = leaves

    def candidates(self, agents: Sequence[WakeableAgent], happening: Happening) -> list[Candidate]:
        """What the happening is for each agent that it concerns."""
        found = []
        for agent in agents:
            trigger = fitting(agent.triggers, happening)
            if trigger is not None and not is_own(agent, happening):
                occurrence = occurrence_of(agent, trigger, happening)
                digest = changed_digest(agent, trigger, compared(occurrence))
                found.append(Candidate(occurrence, digest, refused=too_far(agent, occurrence)))
        return found

    def offer(self, agents: Sequence[WakeableAgent], happening: Happening) -> list[Occurrence]:
        """Wake each agent that the happening concerns, if it has not been woken for it; what it was woken for."""
        claimed = self.store.claim(self.candidates(agents, happening), self.clock())
        self.begin(claimed)
        return claimed

    def begin(self, claimed: Sequence[Occurrence]) -> None:
        """Start the runs of what was claimed. What cannot be started now stays claimed, and is tried again."""
        for occurrence in claimed:
            try:
                left = self._is_left(occurrence)
                if not left:
                    self._start(occurrence)
            except (Invalid, Refused) as error:
                # Stopped, disabled, or its file is no longer usable: trying again would change nothing.
                self.store.refused(occurrence.id, str(error), self.clock())
            except GainfulError as error:
                self.complain(error)
            else:
                (self.store.left if left else self.store.started)(occurrence.id, self.clock())

    def _is_left(self, occurrence: Occurrence) -> bool:
        try:
            return self._leaves(occurrence)
        except (Invalid, Refused) as error:
            # What cannot be dealt is no reason to leave somebody without an answer.
            self.complain(error)
            return False

    def recover(self, *, everything: bool = False) -> list[Occurrence]:
        """Start what was claimed by somebody who died before starting it; what that was.

        Args:
            everything: Also what was claimed just now: when nobody else can be about to start it, or it does no harm.
        """
        now = self.clock()
        left = self.store.unfinished() if everything else self.store.unfinished(now - SOON, now + SOON)
        return [occurrence for occurrence in left if self._is_still_left(occurrence)]

    def _is_still_left(self, occurrence: Occurrence) -> bool:
        """Start it, unless another process has in the meantime; whether it was left."""
        if not self.store.is_claimed(occurrence.id):
            return False
        self.begin([occurrence])
        return True


def changed_digest(agent: WakeableAgent, trigger: Trigger, told: Json) -> str:
    """The digest by which a trigger that looks for changes tells them; empty for one that does not."""
    if trigger.wake == "always":
        return ""
    content = json.dumps([agent.digest, told], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
