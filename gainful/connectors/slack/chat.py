"""Slack as a `Chat`: read, post once, edit, stream, react, and hear what happens.

    chat = SlackChat.open(SlackAccess(bot=handle, app=handle), system_clock)
    for event in chat.events(timedelta(seconds=30)): ...

Slack's library is asynchronous; it runs in one thread of ours, and any thread may call.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from gainful.connectors.slack.access import SlackAccess
from gainful.connectors.slack.api import BY_HANDLE, TOTAL, SlackApi, revealed
from gainful.connectors.slack.archive import Archive, pages
from gainful.connectors.slack.errors import SlackRefused
from gainful.connectors.slack.listener import HttpAnswer, SlackListener
from gainful.connectors.slack.loop import LoopThread
from gainful.connectors.slack.network import guarded_session
from gainful.connectors.slack.people import People
from gainful.connectors.slack.reading import Account
from gainful.connectors.slack.stream import (
    NO_STREAMING,
    PLACEHOLDER,
    EditingPen,
    Pen,
    SlackStream,
    StreamingPen,
    changed,
    edit_of,
)
from gainful.connectors.slack.waiting import Waiting
from gainful.connectors.slack.words import checked, content_of, escaped, mark, quiet
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Unavailable
from gainful.sdk.chat import ChatEvent, ChatRefused, ChatUnreachable, Member, Message, Place, Room, RoomKind, Words
from gainful.sdk.egress import Resolver, system_resolver
from gainful.sdk.grant import Grant

REMEMBERED = 1000
"""Posts that are kept in mind."""
BEGINS_WITHIN = 3.0
"""Seconds that somebody waits at most for a message that grows to begin by streaming."""
KINDS = "public_channel,private_channel,im"

SOON = 2.0
"""Seconds that a message which grows may wait for its beginning."""


class SlackChat:
    """One workspace, as one app. Safe to share between threads.

    Args:
        resolve: Gives the addresses of a host.
        ticks: Monotonic seconds, by which Slack's limits are kept.
        sleep: Waits for a turn.

    Raises:
        EgressRefused: The server's address is not plain.
    """

    def __init__(
        self,
        access: SlackAccess,
        clock: Clock,
        resolve: Resolver = system_resolver,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        access.egress()
        self._access = access
        self._clock = clock
        self._waiting = Waiting()
        self._lock = threading.Lock()
        self._posted: OrderedDict[str, Place] = OrderedDict()
        self._doubtful: OrderedDict[str, datetime] = OrderedDict()
        self._account_known: Account | None = None
        self._closed = False
        self._loop = LoopThread("slack")
        self._loop.call(self._begin(resolve, ticks, sleep))

    @classmethod
    def open(cls, access: SlackAccess, clock: Clock) -> SlackChat:
        """A connection; nothing is sent before it is used."""
        return cls(access, clock)

    # --- who and where ---

    def me(self) -> Member:
        """The app's bot."""
        account = self._loop.call(self._account())
        return Member(account.member, account.name, is_bot=True)

    def rooms(self) -> list[Room]:
        """The channels and conversations that the bot is in."""
        return self._loop.call(self._rooms())

    def members(self, room: str) -> list[Member]:
        """Who is in a channel."""
        return self._loop.call(self._members(room))

    def member(self, member_id: str) -> Member:
        """One member."""
        return self._loop.call(self._people.member(member_id))

    def find_member(self, name_or_address: str) -> Member | None:
        """The one member with exactly this name, handle or mail address."""
        return self._loop.call(self._people.find(name_or_address))

    # --- reading ---

    def history(self, room: str, *, since: datetime | None = None, limit: int = 200) -> list[Message]:
        """Messages of a channel outside of threads, oldest first: the newest `limit` of those since then."""
        return self._loop.call(self._archive.history(self._who(), room, since, limit))

    def thread(self, place: Place, limit: int = 200) -> list[Message]:
        """The first message of the thread, and the newest of the others."""
        return self._loop.call(self._archive.thread(self._who(), place, limit))

    # --- writing ---

    def direct(self, grant: Grant, member_id: str) -> Room:
        """The conversation with one member, opened when there is none."""
        del grant
        return self._loop.call(self._direct(member_id))

    def post(self, grant: Grant, room: str, words: Words, *, thread: str = "") -> Place:
        """Post a message once for this grant's key.

        Slack knows no such keys: where an answer was lost, the next try looks for the message first.
        """
        known = self._already(grant.key, room, thread)
        return known or self._loop.call(self._post(grant.key, room, words, thread))

    def find(self, room: str, key: str, *, thread: str = "", since: datetime | None = None) -> Place | None:
        """Where the message that was posted under this key stands; None when there is certainly none."""
        found = self._loop.call(self._archive.find(self._who(), room, key, thread, since))
        return self._remember(key, found) if found is not None else None

    def edit(self, grant: Grant, place: Place, words: Words) -> None:
        """Put these words in place of the message's own."""
        self._loop.call(changed(self._api, place, edit_of(words, grant.key, keep=True)))

    def react(self, grant: Grant, place: Place, name: str) -> None:
        """Add a reaction; that it is there already is no error."""
        del grant
        self._loop.call(self._react(place, name.strip(":")))

    def stream(
        self, grant: Grant, room: str, *, thread: str = "", agent: str = "", hops: int = 0, to: str = ""
    ) -> SlackStream:
        """Begin a message that grows. Slack streams answers in threads; elsewhere one message is edited.

        Raises:
            ChatUnreachable: Too many have begun in the last moments; the words can be posted all the same.
            As `post`.
        """
        known = self._already(grant.key, room, thread)
        words = Words(PLACEHOLDER, agent, hops)
        pen: Pen
        if known is not None:
            pen = EditingPen(self._api, known, words, grant.key)
        else:
            pen = self._loop.call(self._pen(grant.key, room, words, thread, to))
        return SlackStream(self._loop, pen, hold_back=self._access.hold_back)

    def answer(self, grant: Grant, event: ChatEvent, text: str) -> None:
        """Answer a command or a press so that only who caused it sees it."""
        del grant
        self._loop.call(self._answer(event, text))

    # --- hearing ---

    def events(self, wait: timedelta) -> list[ChatEvent]:
        """What others have done since the last call. Asking again acknowledges to Slack what the last call brought."""
        if self._access.socket:
            self._loop.soon(self._listener.open_socket)
        found = self._waiting.take(wait.total_seconds(), lambda: self._lasting() is not None)
        problem = self._lasting() or self._api.problem or self._listener.cut_off
        if not found and problem is not None:
            self._listener.lost = self._listener.unheard = None
            # A new one each time: an error grows by each place where it is raised.
            raise copy(problem)
        return found

    async def handle(self, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """The answer to a request of Slack's Events API, in whichever event loop it came: status, headers, body."""
        return await asyncio.wrap_future(self._loop.start(self._listener.handle(headers, body)))

    def close(self) -> None:
        """Let go of every connection. Safe to call twice."""
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:
            self._waiting.close()
            self._loop.call(self._end())
            self._loop.close()

    # --- whether it works ---

    def scopes(self) -> frozenset[str]:
        """What the bot token may do, as Slack tells it."""
        return self._loop.call(self._api.scopes())

    @property
    def hears_by(self) -> str:
        """By which of Slack's two ways."""
        return "Socket Mode" if self._access.socket else "the Events API"

    def try_hearing(self) -> None:
        """Ask for the address of a socket and let it lapse, or see that there is a secret to check signatures with.

        Raises:
            ChatRefused, ChatUnreachable, SlackUnset: Nothing would be heard.
        """
        if self._access.socket:
            self._loop.call(self._api.apps_connections_open(app_token=BY_HANDLE))
        else:
            revealed(self._access.signing, "the signing secret", "signing")

    # --- in our own thread ---

    async def _begin(
        self, resolve: Resolver, ticks: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._session = guarded_session(self._access.egress(), resolve, TOTAL)
        self._api = SlackApi(self._access, self._session, self._waiting.wake, ticks, sleep)
        self._people = People(self._api, self._clock)
        self._archive = Archive(self._api, self._clock, self._access.settle)
        self._asking = asyncio.Lock()
        self._listener = SlackListener(self._access, self._api, self._waiting, self._account, self._clock, resolve)

    async def _end(self) -> None:
        await self._listener.close()
        await self._session.close()

    def _lasting(self) -> GainfulError | None:
        """Why nothing will be heard until somebody does something."""
        found = self._api.problem
        lasting = None if isinstance(found, Unavailable) else found
        return lasting or self._listener.unheard or self._listener.lost

    def _who(self) -> Account:
        return self._account_known or self._loop.call(self._account())

    async def _account(self) -> Account:
        async with self._asking:
            if self._account_known is None:
                bot = await self._api.identity()
                person = await self._api.identity(self._access.person) if self._access.person is not None else {}
                self._account_known = Account(
                    member=str(bot.get("user_id") or ""),
                    name=str(bot.get("user") or ""),
                    bot=str(bot.get("bot_id") or ""),
                    team=str(bot.get("team_id") or ""),
                    url=str(bot.get("url") or ""),
                    person=str(person.get("user_id") or ""),
                )
            return self._account_known

    async def _rooms(self) -> list[Room]:
        found, _ = await pages(self._api, "users.conversations", "channels", types=KINDS, exclude_archived=True)
        return [self._room(one) for one in found if isinstance(one, Mapping)]

    def _room(self, channel: Mapping[str, Any]) -> Room:
        if channel.get("is_im"):
            other = self._people.remembered(str(channel.get("user") or ""))
            return Room(str(channel.get("id")), other.name if other is not None else "", RoomKind.DIRECT)
        kind = RoomKind.PRIVATE if channel.get("is_private") else RoomKind.PUBLIC
        return Room(str(channel.get("id")), str(channel.get("name") or ""), kind)

    async def _members(self, room: str) -> list[Member]:
        ids, _ = await pages(self._api, "conversations.members", "members", channel=room)
        return await self._people.members([str(one) for one in ids])

    async def _direct(self, member_id: str) -> Room:
        member = await self._people.member(member_id)
        answer = await self._api.act("conversations.open", users=member_id)
        channel = answer.get("channel")
        return Room(str(channel.get("id") if isinstance(channel, Mapping) else ""), member.name, RoomKind.DIRECT)

    def _already(self, key: str, room: str, thread: str) -> Place | None:
        """Where the message with this key stands, as far as this process has tried to post it."""
        with self._lock:
            known, tried = self._posted.get(key), self._doubtful.get(key)
        if known is not None or tried is None:
            return known
        return self.find(room, key, thread=thread, since=tried)

    def _remember(self, key: str, place: Place) -> Place:
        with self._lock:
            self._posted[key] = place
            self._doubtful.pop(key, None)
            while len(self._posted) > REMEMBERED:
                self._posted.popitem(last=False)
        return place

    async def _placed(self, method: str, key: str, thread: str, arguments: Mapping[str, Any]) -> Place:
        """Where the message stands that this call has made."""
        tried = self._clock()
        try:
            answer = await self._api.act(method, **arguments)
        except ChatUnreachable as error:
            if error.sent:
                with self._lock:
                    self._doubtful.setdefault(key, tried)
            raise
        room = str(answer.get("channel") or arguments["channel"])
        return self._remember(key, Place(room, str(answer.get("ts") or ""), thread))

    async def _post(self, key: str, room: str, words: Words, thread: str) -> Place:
        where = {"channel": room, "thread_ts": thread} if thread else {"channel": room}
        return await self._placed("chat.postMessage", key, thread, {**where, **content_of(words, key)})

    async def _pen(self, key: str, room: str, words: Words, thread: str, to: str) -> Pen:
        # Slack streams for bots alone, in threads, and begins few a minute; who asks does not wait for that.
        soon = self._api.ahead("chat.startStream", room) <= BEGINS_WITHIN
        if thread and self._access.person is None and soon:
            with suppress(_NoStreaming):
                return StreamingPen(self._api, await self._stream(key, room, words, thread, to), words, key)
        return EditingPen(self._api, await self._post(key, room, words, thread), words, key)

    async def _stream(self, key: str, room: str, words: Words, thread: str, to: str) -> Place:
        # Slack lets few streams begin in a minute. Looking on is not worth a wait: the answer itself can be posted.
        await self._api.check_turn("chat.startStream", room, SOON)
        account = await self._account()
        # The mark first: the message is found by its id, although a stream takes no metadata before its end.
        arguments = {
            "channel": room,
            "thread_ts": thread,
            "chunks": [{"type": "blocks", "blocks": [mark(words.agent, words.hops, key)]}],
        }
        if to and not room.startswith("D"):
            arguments |= {"recipient_user_id": to, "recipient_team_id": account.team}
        try:
            return await self._placed("chat.startStream", key, thread, arguments)
        except SlackRefused as error:
            if error.said in NO_STREAMING:
                raise _NoStreaming from error
            raise

    async def _react(self, place: Place, name: str) -> None:
        try:
            await self._api.act("reactions.add", channel=place.room, timestamp=place.message, name=name)
        except SlackRefused as error:
            if error.said != "already_reacted":
                raise

    async def _answer(self, event: ChatEvent, text: str) -> None:
        content = {"text": escaped(text), "blocks": [{"type": "markdown", "text": quiet(checked(text))}]}
        if event.answer_to:
            # Such an address is good for half an hour and five answers.
            with suppress(ChatRefused):
                await self._api.whisper(
                    event.answer_to, {**content, "response_type": "ephemeral", "replace_original": False}
                )
                return
        await self._api.act("chat.postEphemeral", channel=event.room, user=event.sender, **content)


class _NoStreaming(Exception):
    """Slack does not stream there."""
