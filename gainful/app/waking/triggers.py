"""What wakes agents, in one object: clocks, chats, mail, webhooks, files, ends of runs and of meetings.

dispatcher = Dispatcher(store, runs.start, agents, clock, sources, zone="Europe/Berlin", complain=complain)
dispatcher.recover()                                          # when the process begins
Watcher("triggers", dispatcher.look, complain).start()        # clocks, files, mail, runs; and what is left over
Watcher("meetings", dispatcher.meet, complain).start()        # calendars, which may take long to answer
dispatcher.chat("slack", event, person="ada", me=chat.me().id)

Every method may be called again with the same happening, by any process: an agent is woken for it once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gainful.agents.waking.happening import Arrived, Asked, Delivered, Heard, MeetingEnded, RunEnded
from gainful.agents.waking.matching import fits
from gainful.agents.waking.occurrence import compared, occurrence_of
from gainful.agents.waking.trigger import MailTrigger, MeetingTrigger, RunTrigger, WebhookTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.cron_watch import CronWatch
from gainful.app.waking.dispatch import Complain, Dispatch, Leaves, Start, changed_digest
from gainful.app.waking.file_watch import FileWatch
from gainful.app.waking.news_watch import News, NewsWatch
from gainful.core.clock import Clock
from gainful.core.mail import Decided
from gainful.core.occurrence import Occurrence
from gainful.core.run import Run
from gainful.core.value import Json
from gainful.sdk.chat import ChatEvent
from gainful.storage.agents.occurrence_store import Candidate, OccurrenceStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

PAUSE = 1.0
"""Seconds between two looks, where nothing asks for one sooner."""

FILES_EVERY = 2
NEWS_EVERY = 5
RECOVER_EVERY = 30
"""In looks. Asked for sooner by `nudge`, as after each triage."""

MEETINGS_EVERY = 30.0
"""Seconds between two looks for meetings that are over."""

MEETINGS_LATE = timedelta(minutes=30)
"""A meeting that ended longer ago wakes nobody."""

SENT_WITHIN = timedelta(days=3)
"""How long a mail that an agent has sent may be under way, and still be known as an agent's."""

Meetings = Callable[[datetime, datetime], Iterable[MeetingEnded]]
"""Meetings of all calendars that ended after one moment and not after another, as far as they can be read now."""

Agents = Callable[[], Sequence[WakeableAgent]]
"""The agents that are enabled now. Asked at every look, so it should be quick."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where news are looked for.

    Args:
        accounts: Name of each account in the settings, by the name under which the books know it.
        folders: Path on disk by the name that triggers use.
        zone: IANA time zone of schedules that name none.
        meetings: Those that are over.
    """

    mails: MailStore
    runs: RunStore
    accounts: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    zone: str = "UTC"
    meetings: Meetings = lambda _after, _until: ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A webhook's delivery that is written down.

    Args:
        is_new: It was not known before.
        fits: It is of a kind that the trigger waits for; otherwise nothing was written down.
    """

    occurrence_id: str
    is_new: bool
    fits: bool = True


class Dispatcher:
    """Wakes agents. One thread calls `look`; the other methods can be called by any.

    Args:
        start: Begins the run that an occurrence is; begun again, it is the same run.
        complain: Told about what cannot be looked after or started now.
        leaves: Whether chance leaves what an occurrence asks for to be done by hand.
    """

    def __init__(
        self,
        store: OccurrenceStore,
        start: Start,
        agents: Agents,
        clock: Clock,
        sources: Sources,
        complain: Complain,
        leaves: Leaves = lambda _occurrence: False,
    ) -> None:
        self._dispatch = Dispatch(store, start, clock, complain, leaves)
        self._agents = agents
        self._sources = sources
        self._cron = CronWatch(self._dispatch, sources.zone)
        self._files = FileWatch(self._dispatch, sources.folders, store.hops_of_object)
        self._mails = NewsWatch(self._dispatch, MailTrigger, self._decided)
        self._runs = NewsWatch(self._dispatch, RunTrigger, self._ended)
        self._meetings = NewsWatch(self._dispatch, MeetingTrigger, self._met)
        self._nudged = threading.Event()
        self._looks = 0

    # --- looked for -------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Wait a moment, then look for everything whose turn it is; for a `Watcher`."""
        nudged = self._nudged.wait(PAUSE)
        self._nudged.clear()
        self.tick()
        if self._looks % FILES_EVERY == 0:
            self.files()
        if nudged or self._looks % NEWS_EVERY == 0:
            self.news()
        if nudged or self._looks % RECOVER_EVERY == 0:
            self._dispatch.recover(everything=nudged)
        self._looks += 1

    def nudge(self) -> None:
        """Let the next look come now: something was written down."""
        self._nudged.set()

    def tick(self) -> list[Occurrence]:
        """Start what is due by the clock; what that was."""
        return self._cron.look(self._agents())

    def files(self) -> list[Occurrence]:
        """Start what changed files wake; what that was."""
        return self._files.look(self._agents())

    def news(self) -> list[Occurrence]:
        """Start what decided mails and ended runs wake; what that was."""
        agents = self._agents()
        return [*self._mails.look(agents), *self._runs.look(agents)]

    def meet(self) -> None:
        """Wait a moment, then look for meetings that are over; for a `Watcher` of its own."""
        threading.Event().wait(MEETINGS_EVERY)
        self.meetings()

    def meetings(self) -> list[Occurrence]:
        """Start what meetings wake that are over; what that was. One thread calls it."""
        return self._meetings.look(self._agents())

    def recover(self) -> list[Occurrence]:
        """Start what was claimed, and not started, by whoever died in between; what that was."""
        return self._dispatch.recover(everything=True)

    # --- told -------------------------------------------------------------------------------------------------------

    def chat(
        self,
        chat: str,
        event: ChatEvent,
        person: str = "",
        *,
        room_name: str = "",
        sender_name: str = "",
        me: str = "",
    ) -> list[Occurrence]:
        """Wake the agents that an event in a chat concerns; what they were woken for.

        Args:
            chat: Name of the chat in the settings.
            person: Who caused it, as Gainful knows them; empty when nobody has said who that member is.
            room_name, sender_name: As people call them, where the chat tells it.
            me: Id of the account that the agents write with.
        """
        return self._dispatch.offer(self._agents(), Heard(chat, event, person, room_name, sender_name, me))

    def mail(self, arrived: Arrived) -> list[Occurrence]:
        """Wake the agents that a mail concerns, at once; `news` finds it as well."""
        return self._dispatch.offer(self._agents(), arrived)

    def run_ended(self, ended: RunEnded) -> list[Occurrence]:
        """Wake the agents that wait for the end of a run, at once; `news` finds it as well."""
        return self._dispatch.offer(self._agents(), ended)

    def by_hand(
        self, agent: str, key: str, person: str, words: str = "", about: Mapping[str, Json] | None = None
    ) -> Occurrence | None:
        """The occurrence of a person's own request, claimed and started; None for an agent that is not enabled.

        Args:
            key: Drawn by whoever asks; asked again with the same one, nothing more happens.
        """
        asked = Asked(key, person, words, self._dispatch.clock(), about or {})
        found = [each for each in self._agents() if each.name == agent]
        candidates = self._dispatch.candidates(found, asked)
        self._dispatch.begin(self._dispatch.store.claim(candidates, asked.at))
        return candidates[0].occurrence if candidates else None

    def webhook(self, agent: WakeableAgent, trigger: WebhookTrigger, delivered: Delivered) -> Accepted:
        """Write a delivery down; its run is begun at the next look, so that the sender need not wait for it."""
        if not fits(trigger, delivered):
            return Accepted("", is_new=False, fits=False)
        occurrence = occurrence_of(agent, trigger, delivered)
        digest = changed_digest(agent, trigger, compared(occurrence))
        claimed = self._dispatch.store.claim([Candidate(occurrence, digest)], self._dispatch.clock())
        if claimed:
            self.nudge()
        return Accepted(occurrence.id, is_new=bool(claimed))

    def hook(self, agent: str, trigger: str) -> tuple[WakeableAgent, WebhookTrigger] | None:
        """The agent and its trigger that a webhook's address means; None when there is no such thing."""
        for each in self._agents():
            for one in each.triggers if each.name == agent else ():
                if isinstance(one, WebhookTrigger) and one.title == trigger:
                    return each, one
        return None

    # --- read -------------------------------------------------------------------------------------------------------

    def _decided(self, since: datetime) -> Iterator[News]:
        for decided in self._sources.mails.decided_since(None, since):
            yield News(self._arrived(decided), decided.record.received_at)

    def _arrived(self, decided: Decided) -> Arrived:
        from gainful.connectors.mail.tools import mail_id

        record = decided.record
        account = self._sources.accounts.get(record.account, record.account)
        hops = self._dispatch.store.hops_of_mail(record.message_id, record.received_at - SENT_WITHIN)
        return Arrived(account, record, mail_id(account, record.place), decided.decision.labels, hops)

    def _ended(self, since: datetime) -> Iterator[News]:
        for run in self._sources.runs.ended_since(since):
            # A preview has changed nothing that anybody could go on from.
            if run.ended_at is not None and run.applied:
                yield News(self._run_ended(run, run.ended_at), run.ended_at)

    def _met(self, since: datetime) -> Iterator[News]:
        now = self._dispatch.clock()
        for ended in self._sources.meetings(max(since, now - MEETINGS_LATE), now):
            yield News(ended, ended.at)

    def _run_ended(self, run: Run, at: datetime) -> RunEnded:
        woken_by = self._dispatch.store.of_run(run.id)
        hops = woken_by.occurrence.hops if woken_by is not None else 0
        return RunEnded(run.id, run.job, run.state, at, str(run.summary.get("text", "")), hops=hops)
