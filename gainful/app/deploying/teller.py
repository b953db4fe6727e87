"""Says in chats what happens in deployments: one thread each, through the outbox, once, whatever crashes.

    teller = ChatTeller(...)
    teller.told(deployment, event)        # notes that there is something to say; reaches nothing and cannot fail
    teller.look()                         # puts what is to be said into the outbox

What stands in the outbox follows from the record of deployments (`jobs.deploy.telling`), so a process that died before
it said something leaves it to the next look. A chat or a calendar that is slow is waited for here, by nobody who
watches a candidate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gainful.app.chat.connections import Connections
from gainful.app.chat.people import People
from gainful.connectors.chat.rooms import Directory, Spot
from gainful.core.busy import Presence
from gainful.core.clock import Clock
from gainful.core.deploy_event import Deployment, Event
from gainful.core.errors import GainfulError
from gainful.core.ids import stable_id
from gainful.gate.delivery import NOTICE
from gainful.jobs.deploy.telling import Reply, Thread, thread_of
from gainful.sdk.chat import Words
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostKind, PostState

SPEAKER = "gainful"

BACK = timedelta(hours=12)
"""How long after the end of a deployment what was not said is still said."""

NEVER_SHOWN = (PostState.REFUSED, PostState.DROPPED)


class Deployments(Protocol):
    """The record of deployments, as far as it is told; see `gainful.storage.runs.deployment_store`."""

    def find(self, prefix: str) -> Deployment | None:
        """The deployment with this id."""

    def events(self, deployment: str) -> list[Event]:
        """What has happened in it, in order."""

    def under_way(self, service: str = "") -> list[Deployment]:
        """Deployments that have not ended."""

    def since(self, at: datetime, service: str = "") -> list[Deployment]:
        """Deployments that were asked for since then."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where the deployments of a service are told.

    Args:
        room: Such as `slack:#deploys`; empty: nowhere.
        on_call: A person, or `calendar:NAME`; empty: the author of the deployment.
    """

    room: str = ""
    on_call: str = ""


class ChatTeller:
    """The `Teller` of chats. Safe to share between threads.

    Args:
        channel: Where a service's deployments are told.
        presence: What is known of a person now; see `Calendars.busy_until`.
        on_call: The persons behind a setting; see `Rota.on_call`.
    """

    def __init__(
        self,
        channel: Callable[[str], Channel],
        records: Deployments,
        connections: Connections,
        people: People,
        outbox: OutboxStore,
        presence: Callable[[str], Presence],
        on_call: Callable[[str], Sequence[str]],
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._records = records
        self._connections = connections
        self._people = people
        self._outbox = outbox
        self._presence = presence
        self._on_call = on_call
        self._clock = clock
        self._spots: dict[str, Spot] = {}
        self._waiting: dict[str, None] = {}
        self._looked = False
        self._guard = threading.Lock()
        self.news = threading.Event()
        """Set when there is something to say."""

    def told(self, deployment: Deployment, event: Event) -> None:
        """Note that there is something to say of this deployment."""
        del event
        with self._guard:
            self._waiting[deployment.id] = None
        self.news.set()

    def look(self) -> set[str]:
        """Put what is to be said by now into the outbox. Returns the chats in which something may wait.

        The first look also takes up what processes that died have left unsaid.

        Raises:
            GainfulError: The first of what went wrong; the others were said all the same, and it is tried again.
        """
        problems: list[GainfulError] = []
        chats = set()
        for deployment in self._due():
            try:
                chats |= {spot.chat} if (spot := self._say(deployment)) is not None else set()
            except GainfulError as error:
                problems.append(error)
                with self._guard:
                    self._waiting[deployment.id] = None
        if problems:
            raise problems[0]
        return chats

    def _due(self) -> list[Deployment]:
        now = self._clock()
        with self._guard:
            noted, first, self._waiting, self._looked = list(self._waiting), not self._looked, {}, True
            self.news.clear()
        found = {one.id: one for one in self._records.under_way()}
        if first:
            found |= {one.id: one for one in self._records.since(now - BACK)}
        found |= {one.id: one for name in noted if (one := self._records.find(name)) is not None}
        return [one for one in found.values() if one.ended_at is None or now - one.ended_at < BACK]

    # --- one deployment -----------------------------------------------------------------------------------------------

    def _say(self, deployment: Deployment) -> Spot | None:
        """Where it was said; None where nothing is to be said."""
        channel = self._channel(deployment.service)
        events = self._records.events(deployment.id)
        thread = thread_of(deployment, events, self._clock())
        if thread is None or not channel.room:
            return None
        spot = self._spot(channel.room)
        head = self._head(deployment, thread, spot)
        for reply in thread.replies:
            if self._outbox.get(_key(deployment, reply.name)) is None:
                self._reply(deployment, reply, head, channel, spot)
        return spot

    def _head(self, deployment: Deployment, thread: Thread, spot: Spot) -> Post:
        """The first message, as it is to read now."""
        key, words, now = _key(deployment, "head"), _words(thread.head), self._clock()
        known = self._outbox.get(key)
        if known is None:
            due = now if thread.urgent else self._free_at(deployment, spot.chat)
            return self._outbox.put(self._post(deployment, key, words, spot, due))
        edit = self._outbox.get(f"{key}:edit")
        if known.state is not PostState.GATHERED and words != (edit or known).words:
            self._outbox.edit(key, words, now)
        if thread.urgent and known.state is PostState.HELD:
            # What cannot wait stands below it.
            self._outbox.again(key, now, "")
            known = replace(known, state=PostState.WAITING)
        return known

    def _reply(self, deployment: Deployment, reply: Reply, head: Post, channel: Channel, spot: Spot) -> None:
        now, chat = self._clock(), spot.chat
        if reply.urgent:
            called = self._members(chat, self._on_call(channel.on_call) or [deployment.author])
            self._put(deployment, reply, called, head, spot, now)
            return
        if head.state is PostState.HELD:
            # Nobody has seen the first message yet, and by then it tells this too.
            return
        free = self._free_at(deployment, chat)
        if reply.only_if_away and free <= now:
            return
        own = self._members(chat, [deployment.author])
        if reply.only_if_away and own:
            # To them alone: of all that has ended meanwhile, one message tells when they are back.
            alone = Spot(chat, member=own[0])
            post = self._post(deployment, _key(deployment, reply.name), _words(reply.text), alone, free)
            self._outbox.put(post)
        else:
            self._put(deployment, reply, own, head, spot, free)

    def _put(
        self, deployment: Deployment, reply: Reply, called: Sequence[str], head: Post, spot: Spot, due: datetime
    ) -> None:
        words = replace(_words(reply.text), mention=tuple(called))
        post = self._post(deployment, _key(deployment, reply.name), words, spot, due)
        self._outbox.put(replace(post, below=head.key))

    def _post(self, deployment: Deployment, key: str, words: Words, spot: Spot, due: datetime) -> Post:
        now = self._clock()
        return Post(
            key=key,
            chat=spot.chat,
            room=spot.room,
            words=words,
            at=now,
            due_at=due,
            kind=PostKind.NOTICE,
            run_id=deployment.id,
            member=spot.member,
            tool=NOTICE,
            state=PostState.HELD if due > now else PostState.WAITING,
        )

    # --- where, when, to whom -----------------------------------------------------------------------------------------

    def _free_at(self, deployment: Deployment, chat: str) -> datetime:
        """When something that can wait is said: now, or when the author's meeting and the quiet hours are over.

        Where nobody knows whether they are busy it is said now: held back for an unknown time, it might never be.
        """
        now = self._clock()
        quiet = self._connections.setting(chat).quiet_hours()
        night = quiet.end(now) if quiet is not None else None
        return max(now, self._presence(deployment.author).until or now, night or now)

    def _spot(self, room: str) -> Spot:
        """The room or the member that the settings name; asked for once.

        Raises:
            NoSuchRoom: There is none of this name where the account is.
            GainfulError: The chat cannot be reached.
        """
        if room not in self._spots:
            names = tuple(self._connections.names())
            directory = Directory(names, self._connections.chat, lambda _: "", lambda _: "")
            self._spots[room] = directory.spot(room)
        return self._spots[room]

    def _members(self, chat: str, persons: Sequence[str]) -> list[str]:
        """The members that these persons are; those whom nobody has linked are not called."""
        return [member for person in persons if (member := self._people.member(chat, person))]


def _key(deployment: Deployment, name: str) -> str:
    return stable_id("deployment", deployment.id, name, length=20)


def _words(text: str) -> Words:
    return Words(text, agent=SPEAKER, hops=1)
