"""What books and calendars say has happened since they were last asked: mails decided, runs and meetings over.

They are asked rather than listened to: what was written down while nobody listened wakes an agent all the same. The
time that is asked for overlaps with the last one, and each occurrence is claimed once: clocks need not be exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.agents.waking.happening import Arrived, MeetingEnded, RunEnded
from gainful.agents.waking.matching import fits
from gainful.agents.waking.trigger import MailTrigger, MeetingTrigger, RunTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.dispatch import Dispatch
from gainful.core.occurrence import Occurrence
from gainful.storage.agents.occurrence_store import Mark

OVERLAP = timedelta(minutes=10)
"""Asked for again each time."""

AT_FIRST = timedelta(days=1)
"""Asked for again by a process that has just begun: another one may have written under another clock."""

NOTED_EVERY = timedelta(hours=1)
"""How often it is written down how far the books were read, when they say nothing."""

_FROM = "from"


@dataclass(frozen=True, slots=True)
class News:
    """One happening, and when it was.

    Args:
        at: When a mail was received, when a run or a meeting ended: only what is later than the trigger counts.
    """

    happening: Arrived | RunEnded | MeetingEnded
    at: datetime


class NewsWatch:
    """Looks after all triggers of one kind. One thread uses it.

    Args:
        kind: `MailTrigger`, `RunTrigger` or `MeetingTrigger`.
        read: What has been written down since then.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        kind: type[MailTrigger] | type[RunTrigger] | type[MeetingTrigger],
        read: Callable[[datetime], Iterable[News]],
    ) -> None:
        self._dispatch = dispatch
        self._kind = kind
        self._read = read
        self._read_to: datetime | None = None

    def look(self, agents: Sequence[WakeableAgent]) -> list[Occurrence]:
        """Start what the news wake. Asks nothing while no agent has such a trigger."""
        waiting = [agent for agent in agents if any(isinstance(trigger, self._kind) for trigger in agent.triggers)]
        if not waiting:
            return []
        now = self._dispatch.clock()
        marks = {
            (agent.name, title): self._mark(agent, title, now) for agent in waiting for title in self._titles(agent)
        }
        claimed = []
        for news in self._read(self._since(marks.values(), now)):
            concerned = [agent for agent in waiting if self._concerns(agent, marks, news, now)]
            claimed += self._dispatch.offer(concerned, news.happening)
        self._read_to = now
        for mark in marks.values():
            if abs(now - mark.considered_to) > NOTED_EVERY:
                self._dispatch.store.advance(mark, Mark(mark.agent, mark.trigger, now, mark.state), [], now)
        return claimed

    def _titles(self, agent: WakeableAgent) -> list[str]:
        return [trigger.title for trigger in agent.triggers if isinstance(trigger, self._kind)]

    def _mark(self, agent: WakeableAgent, title: str, now: datetime) -> Mark:
        """How far the trigger was looked after; from now on, when it never was."""
        found = self._dispatch.store.mark(agent.name, title)
        if found is not None and _FROM in found.state:
            return found
        begun = min(agent.since or now, now)
        mark = Mark(agent.name, title, begun, {_FROM: begun.isoformat()})
        self._dispatch.store.advance(found, mark, [], now)
        return mark

    def _since(self, marks: Iterable[Mark], now: datetime) -> datetime:
        if self._read_to is not None:
            # A clock that was set back writes earlier instants than were read already.
            return min(self._read_to, now) - OVERLAP
        return min(now, *(mark.considered_to for mark in marks)) - AT_FIRST

    def _concerns(self, agent: WakeableAgent, marks: dict[tuple[str, str], Mark], news: News, now: datetime) -> bool:
        """Whether a trigger of the agent fits that was in force when it happened."""
        return any(
            isinstance(trigger, self._kind)
            and news.at >= _in_force(agent, marks[agent.name, trigger.title], now)
            and fits(trigger, news.happening)
            for trigger in agent.triggers
        )


def _in_force(agent: WakeableAgent, mark: Mark, now: datetime) -> datetime:
    """From when on the trigger counts: neither before it was there, nor while the agent was disabled."""
    begun = datetime.fromisoformat(mark.state[_FROM])
    if agent.since is not None:
        # A new version of an agent is enabled as well, and what came just before that is not lost for it.
        begun = max(begun, agent.since - NOTED_EVERY)
    # Begun in the future: the clock has been set back, and when it really was nobody knows.
    return begun if begun <= now else now - OVERLAP
