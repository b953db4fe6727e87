"""Which slots of agents' schedules are due, and which were missed.

A slot is claimed together with the note of how far its trigger has been looked after, so none is lost between the two,
and two processes never both have it. Clocks that are set change nothing about that:

- set forward, the slots between count as missed, and the trigger's policy holds;
- set back by less than three hours, nothing is due until the clock shows again what it has shown before;
- set back further, the clock was wrong before: slots are looked for from where it was before it leapt ahead, and what
  was dispatched is not dispatched again. Debian's cron draws the line at three hours as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from gainful.agents.waking.occurrence import slot_occurrence
from gainful.agents.waking.trigger import CronTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.dispatch import Dispatch, changed_digest
from gainful.core.errors import GainfulError
from gainful.core.occurrence import Occurrence
from gainful.runs.cron import Cron
from gainful.storage.agents.occurrence_store import Candidate, Mark

LATE = timedelta(minutes=5)
"""A slot that is found so late counts as missed where missed ones are left out; a restart takes less."""

SET_BACK = timedelta(hours=3)
"""A clock that was set back by more than this was wrong before; one that moves on by more may be wrong now."""

MOST_MADE_UP = 100
"""Slots of one trigger that `missed: all` makes up for at once, the newest."""

MOST_NOTED = 100
"""Missed slots of one trigger that are written down at once, the newest."""

MISSED = "Gainful did not run at that time, or its clock was set past it."
MADE_UP_BY_ONE = "It was missed, and a later one makes up for it."
_SCHEDULE = "schedule"
_BEFORE = "before"


@dataclass(frozen=True, slots=True)
class _Duty:
    """One agent's trigger by cron."""

    agent: WakeableAgent
    trigger: CronTrigger
    zone: str

    @property
    def schedule(self) -> str:
        return f"{self.trigger.at} {self.zone}"

    @property
    def key(self) -> tuple[str, str, str, str, datetime | None]:
        """Another schedule, or another version, is another duty."""
        return self.agent.name, self.trigger.title, self.schedule, self.agent.digest, self.agent.since


class CronWatch:
    """Looks after the schedules of all agents. One thread uses it.

    Args:
        zone: IANA time zone of triggers that name none.
    """

    def __init__(self, dispatch: Dispatch, zone: str) -> None:
        self._dispatch = dispatch
        self._zone = zone
        self._due: dict[tuple[object, ...], datetime | None] = {}
        self._last: datetime | None = None

    def look(self, agents: Sequence[WakeableAgent]) -> list[Occurrence]:
        """Start what is due now. Asks the database nothing while nothing is."""
        now = self._dispatch.clock()
        if self._last is not None and now < self._last:
            # Set back: what was said to be next may lie far ahead now.
            self._due.clear()
        self._last = now
        duties = {duty.key: duty for duty in _duties(agents, self._zone)}
        for gone in self._due.keys() - duties.keys():
            del self._due[gone]
        claimed = []
        for key, duty in duties.items():
            if key in self._due and ((due := self._due[key]) is None or due > now):
                continue
            claimed += self._consider(duty, now)
        return claimed

    def _consider(self, duty: _Duty, now: datetime) -> list[Occurrence]:
        store = self._dispatch.store
        cron = Cron(duty.trigger.at, duty.zone)
        seen = store.mark(duty.agent.name, duty.trigger.title)
        after = _after(duty, seen, now)
        candidates = list(self._candidates(duty, cron, after, now))
        to = max((candidate.occurrence.at for candidate in candidates), default=after)
        mark = Mark(duty.agent.name, duty.trigger.title, to, _state(duty, seen, to))
        claimed = [] if mark == seen else store.advance(seen, mark, candidates, now)
        if claimed is None:
            # Another process looked after it meanwhile; the next look sees what is left.
            self._due.pop(duty.key, None)
            return []
        self._due[duty.key] = cron.following(to)
        self._dispatch.begin(claimed)
        return claimed

    def _candidates(self, duty: _Duty, cron: Cron, after: datetime, now: datetime) -> Iterator[Candidate]:
        """The slots that are due, oldest first: those to start, and those that were missed."""
        slots = list(islice(cron.back(now, after), MOST_MADE_UP + MOST_NOTED))
        policy = duty.trigger.missed
        started = MOST_MADE_UP if policy == "all" else 1
        if policy == "skip" and slots and slots[0] < now - LATE:
            started = 0
        noted = slots[started : started + MOST_NOTED]
        for slot in reversed(noted):
            occurrence = slot_occurrence(duty.agent, duty.trigger, slot, cron.zone)
            yield Candidate(occurrence, missed=MADE_UP_BY_ONE if policy == "once" else MISSED)
        for slot in reversed(slots[:started]):
            occurrence = slot_occurrence(duty.agent, duty.trigger, slot, cron.zone)
            yield Candidate(occurrence, self._digest(duty, occurrence))

    def _digest(self, duty: _Duty, occurrence: Occurrence) -> str:
        if duty.agent.gathering is None or duty.trigger.wake == "always":
            return ""
        try:
            return changed_digest(duty.agent, duty.trigger, duty.agent.gathering(occurrence))
        except GainfulError as error:
            # Whether anything is new cannot be told: then the run finds out, and says what is wrong.
            self._dispatch.complain(error)
            return ""


def _duties(agents: Sequence[WakeableAgent], zone: str) -> Iterator[_Duty]:
    for agent in agents:
        for trigger in agent.triggers:
            if isinstance(trigger, CronTrigger):
                yield _Duty(agent, trigger, trigger.zone or zone)


def _after(duty: _Duty, seen: Mark | None, now: datetime) -> datetime:
    """The instant after which slots have not been looked for yet."""
    if seen is None or seen.state.get(_SCHEDULE) != duty.schedule:
        # A schedule begins when it is brought into force, and not before.
        return min(duty.agent.since or now, now)
    after = seen.considered_to
    if after - now > SET_BACK:
        after = min(datetime.fromisoformat(seen.state.get(_BEFORE, now.isoformat())), now)
    if duty.agent.since is not None and duty.agent.since - now <= SET_BACK:
        after = max(after, duty.agent.since)
    return after


def _state(duty: _Duty, seen: Mark | None, to: datetime) -> dict[str, str]:
    """What is kept with how far a trigger was looked after: its schedule, and how far that was before the last leap."""
    kept = {_SCHEDULE: duty.schedule}
    if seen is not None and seen.state.get(_SCHEDULE) == duty.schedule:
        leapt = to - seen.considered_to > SET_BACK
        before = seen.considered_to.isoformat() if leapt else seen.state.get(_BEFORE)
        if before is not None:
            kept[_BEFORE] = before
    return kept
