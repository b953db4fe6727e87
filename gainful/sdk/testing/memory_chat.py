"""A chat in memory that keeps the contract and can be told to fail: for tests of everything that uses chats.

server = MemoryServer()
ada = server.person("ada", address="ada@example.org")
room = server.room("help", ada)
chat = MemoryChat(server)
server.say(ada, room, "What does this cost?", mentions=[server.account])
(event,) = chat.events(timedelta(0))
server.faults.lose_answers = 1          # the next post is taken, and its answer lost
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gainful.core.clock import Clock, system_clock
from gainful.sdk.chat import (
    Button,
    ChatEvent,
    ChatRefused,
    ChatUnreachable,
    EventKind,
    Member,
    Message,
    NoSuchRoom,
    Place,
    Room,
    RoomKind,
    Words,
    WordsTooLong,
    hushed,
)
from gainful.sdk.grant import Grant

LONGEST = 40_000
"""Characters of one message."""


@dataclass
class Faults:
    """What goes wrong; may be changed while the server is in use.

    Args:
        unreachable: Nothing can be reached.
        busy: Asks everybody to wait so long.
        lose_answers: So many changes from now on are taken, and their answers lost.
        duplicate: Every event comes twice.
        slow: Seconds that each call takes.
    """

    unreachable: bool = False
    busy: timedelta | None = None
    lose_answers: int = 0
    duplicate: bool = False
    slow: float = 0.0


@dataclass
class Kept:
    """One message as the server keeps it."""

    message: Message
    key: str = ""
    buttons: tuple[Button, ...] = ()
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As people see it."""
        return self.message.text


class MemoryServer:
    """What the clients of one chat share: people, rooms, messages, and what each account has not yet acknowledged.

    Args:
        clock: When messages are written.
    """

    def __init__(self, clock: Clock = system_clock) -> None:
        self.clock = clock
        self.faults = Faults()
        self.changed = threading.Condition(threading.RLock())
        self.people: dict[str, Member] = {}
        self.rooms: dict[str, Room] = {}
        self.inside: dict[str, list[str]] = {}
        self.messages: dict[str, dict[str, Kept]] = {}
        self.posted: dict[tuple[str, str], Place] = {}
        self.whispered: dict[str, list[str]] = {}
        self.waiting: dict[str, list[ChatEvent]] = {}
        self._told: dict[str, list[ChatEvent]] = {}
        self._numbers = itertools.count(1)
        self.account = self.join("gainful")

    # --- what people do ---

    def person(self, name: str, *, address: str = "", zone: str = "") -> str:
        """Somebody new; their id."""
        with self.changed:
            member = Member(f"U{next(self._numbers)}", name, address=address, zone=zone)
            self.people[member.id] = member
            return member.id

    def join(self, name: str) -> str:
        """An account for one more agent; its id."""
        with self.changed:
            member = Member(f"B{next(self._numbers)}", name, is_bot=True)
            self.people[member.id] = member
            self.waiting[member.id], self._told[member.id] = [], []
            return member.id

    def room(self, name: str, *members: str, kind: RoomKind = RoomKind.PUBLIC) -> str:
        """A new room with these people, and with every agent's account unless it is a conversation; its id."""
        with self.changed:
            room = Room(f"{'D' if kind is RoomKind.DIRECT else 'C'}{next(self._numbers)}", name, kind)
            agents = () if kind is RoomKind.DIRECT else self.waiting
            self.rooms[room.id], self.messages[room.id] = room, {}
            self.inside[room.id] = list(dict.fromkeys([*members, *agents]))
            return room.id

    def conversation(self, one: str, other: str) -> str:
        """The room of these two alone."""
        with self.changed:
            for room in self.rooms.values():
                if room.kind is RoomKind.DIRECT and set(self.inside[room.id]) == {one, other}:
                    return room.id
            return self.room("", one, other, kind=RoomKind.DIRECT)

    def say(self, person: str, room: str, text: str, *, thread: str = "", mentions: Collection[str] = ()) -> Place:
        """Somebody writes; where it stands."""
        return self.keep(person, room, Words(text, mention=tuple(mentions)), thread=thread).message.place

    def say_directly(self, person: str, text: str, *, to: str = "") -> Place:
        """Somebody writes to an agent's account alone."""
        return self.say(person, self.conversation(person, to or self.account), text)

    def react(self, person: str, place: Place, name: str) -> None:
        """Somebody reacts; once for each name."""
        with self.changed:
            kept = self.kept(place)
            there = kept.reactions.setdefault(name, [])
            if person not in there:
                there.append(person)
                self._happened(EventKind.REACTION, person, place.room, kept.message, name=name)

    def press(self, person: str, place: Place, button: str) -> None:
        """Somebody presses the button with this id."""
        with self.changed:
            kept = self.kept(place)
            if button not in {one.id for one in kept.buttons}:
                raise NoSuchRoom(f"There is no button '{button}' there.", "Look again.")
            self._happened(EventKind.PRESSED, person, place.room, kept.message, button=button)

    def command(self, person: str, room: str, command: str, text: str = "") -> None:
        """Somebody types a command."""
        self._happened(EventKind.COMMAND, person, room, None, command=command, text=text)

    def rewrite(self, place: Place, text: str) -> None:
        """Somebody changes what they wrote."""
        with self.changed:
            kept = self.kept(place)
            kept.message = replace(kept.message, text=text)

    def remove(self, place: Place) -> None:
        """Somebody removes what they wrote."""
        with self.changed:
            self.messages[place.room].pop(place.message, None)

    def repeat(self) -> None:
        """What each account has heard already comes again."""
        with self.changed:
            for account, told in self._told.items():
                known = {event.id for event in self.waiting[account]}
                self.waiting[account] += [event for event in told if event.id not in known]
            self.changed.notify_all()

    # --- what people see ---

    def seen(self, room: str) -> list[Kept]:
        """Every message of a room, threads included, oldest first."""
        with self.changed:
            return list(self.messages[room].values())

    def kept(self, place: Place) -> Kept:
        """One message.

        Raises:
            NoSuchRoom: It is not there.
        """
        with self.changed:
            found = self.messages.get(place.room, {}).get(place.message)
            if found is None:
                raise NoSuchRoom(f"There is no message {place.message} in {place.room}.", "Look again.")
            return found

    # --- what clients do ---

    def keep(self, sender: str, room: str, words: Words, *, thread: str = "", key: str = "") -> Kept:
        """A new message; those who are there hear of it."""
        with self.changed:
            place = Place(room, str(next(self._numbers)), thread)
            message = Message(
                place=place,
                sender=sender,
                text=words.text,
                at=self.clock(),
                mentions=words.mention,
                by_agent=bool(words.agent),
                hops=words.hops,
                link=f"memory:{room}/{place.message}",
            )
            kept = self.messages[room][place.message] = Kept(message, key, words.buttons)
            direct = self.rooms[room].kind is RoomKind.DIRECT
            self._happened(EventKind.DIRECT if direct else EventKind.MESSAGE, sender, room, message)
            return kept

    def heard(self, account: str, acknowledged: Collection[str], wait: timedelta) -> list[ChatEvent]:
        """What waits for an account, without what it acknowledges."""
        with self.changed:
            queue = self.waiting[account]
            self._told[account] += [event for event in queue if event.id in acknowledged]
            queue[:] = [event for event in queue if event.id not in acknowledged]
            self.changed.wait_for(lambda: queue, wait.total_seconds())
            return [*queue, *queue] if self.faults.duplicate else list(queue)

    def _happened(self, kind: EventKind, sender: str, room: str, message: Message | None, **detail: str) -> None:
        """Note it for every account that is there, but not for who did it."""
        with self.changed:
            event = ChatEvent(
                id=f"E{next(self._numbers)}",
                kind=kind,
                sender=sender,
                room=room,
                at=self.clock(),
                message=message,
                detail=detail,
                answer_to=room if kind in (EventKind.COMMAND, EventKind.PRESSED) else "",
            )
            for account, queue in self.waiting.items():
                if account != sender and account in self.inside[room]:
                    named = kind is EventKind.MESSAGE and message is not None and account in message.mentions
                    queue.append(replace(event, kind=EventKind.MENTION) if named else event)
            self.changed.notify_all()


class MemoryChat:
    """A client of a `MemoryServer`.

    Args:
        account: Id of the account; the server's first one by default.
        before: Called with an operation's name before it takes effect; may raise.
        after: Called after it has taken effect and before the caller learns of it; may raise.
    """

    def __init__(
        self,
        server: MemoryServer,
        account: str = "",
        before: Callable[[str], None] = lambda _: None,
        after: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.server = server
        self._me = account or server.account
        self._before = before
        self._after = after
        self._brought: set[str] = set()

    def me(self) -> Member:
        """The account."""
        return self.server.people[self._me]

    def rooms(self) -> list[Room]:
        """The rooms that the account is in."""
        self._begin("rooms")
        return [room for room in self.server.rooms.values() if self._me in self.server.inside[room.id]]

    def members(self, room: str) -> list[Member]:
        """Who is in a room."""
        self._begin("members")
        return [self.server.people[member] for member in self._inside(room)]

    def member(self, member_id: str) -> Member:
        """One member."""
        self._begin("member")
        found = self.server.people.get(member_id)
        if found is None:
            raise NoSuchRoom(f"There is no member {member_id[:60]}.", "Look the member up by name.")
        return found

    def find_member(self, name_or_address: str) -> Member | None:
        """The one member with exactly this name or address."""
        self._begin("find_member")
        wanted = name_or_address.lower()
        found = [one for one in self.server.people.values() if wanted and wanted in (one.name.lower(), one.address)]
        return found[0] if len(found) == 1 else None

    def history(self, room: str, *, since: datetime | None = None, limit: int = 200) -> list[Message]:
        """Messages outside of threads."""
        self._begin("history")
        self._inside(room)
        found = [kept.message for kept in self.server.seen(room) if not kept.message.place.thread]
        return [message for message in found if since is None or message.at >= since][-limit:]

    def thread(self, place: Place, limit: int = 200) -> list[Message]:
        """The messages of a thread."""
        self._begin("thread")
        root = place.thread or place.message
        first = self.server.kept(Place(place.room, root)).message
        rest = [kept.message for kept in self.server.seen(place.room) if kept.message.place.thread == root]
        return [first, *rest[max(0, len(rest) - limit + 1) :]]

    def direct(self, grant: Grant, member_id: str) -> Room:
        """The conversation with one member."""
        del grant
        self._begin("direct")
        self.member(member_id)
        return self.server.rooms[self.server.conversation(self._me, member_id)]

    def post(self, grant: Grant, room: str, words: Words, *, thread: str = "") -> Place:
        """Post once for this key."""
        self._begin("post")
        self._inside(room)
        with self.server.changed:
            place = self.server.posted.get((self._me, grant.key))
            if place is None:
                place = self.server.keep(self._me, room, _usable(words), thread=thread, key=grant.key).message.place
                self.server.posted[self._me, grant.key] = place
        self._end("post")
        return place

    def find(self, room: str, key: str, *, thread: str = "", since: datetime | None = None) -> Place | None:
        """Where the message with this key stands."""
        del thread, since
        self._begin("find")
        self._inside(room)
        own = [kept for kept in self.server.seen(room) if kept.message.sender == self._me and kept.key == key]
        return own[0].message.place if own else None

    def edit(self, grant: Grant, place: Place, words: Words) -> None:
        """Put these words in place of the message's own."""
        del grant
        self._begin("edit")
        with self.server.changed:
            kept = self.server.kept(place)
            if kept.message.sender != self._me:
                raise ChatRefused("Somebody else wrote that message.", "Post one of your own.")
            kept.message = replace(kept.message, text=_usable(words).text)
            kept.buttons = words.buttons
        self._end("edit")

    def react(self, grant: Grant, place: Place, name: str) -> None:
        """Add a reaction."""
        del grant
        self._begin("react")
        self.server.react(self._me, place, name)
        self._end("react")

    def stream(
        self, grant: Grant, room: str, *, thread: str = "", agent: str = "", hops: int = 0, to: str = ""
    ) -> MemoryStream:
        """Begin a message that grows."""
        del to
        place = self.post(grant, room, Words("…", agent, hops), thread=thread)
        return MemoryStream(self, grant, place)

    def answer(self, grant: Grant, event: ChatEvent, text: str) -> None:
        """Answer so that only who caused it sees it."""
        del grant
        self._begin("answer")
        if not event.answer_to:
            raise ChatRefused("Only a command or a press can be answered alone.", "Post a message.")
        with self.server.changed:
            self.server.whispered.setdefault(event.sender, []).append(text)
        self._end("answer")

    def events(self, wait: timedelta) -> list[ChatEvent]:
        """What has happened."""
        self._begin("events")
        found = self.server.heard(self._me, self._brought, wait)
        self._brought = {event.id for event in found}
        self._end("events")
        return found

    def close(self) -> None:
        """Nothing to do."""

    def _begin(self, operation: str) -> None:
        self._before(operation)
        faults = self.server.faults
        if faults.slow:
            threading.Event().wait(faults.slow)
        if faults.unreachable:
            raise ChatUnreachable("The chat in memory was told to be unreachable.", "Tell it otherwise.", sent=False)
        if faults.busy is not None:
            raise ChatUnreachable("The chat in memory is busy.", "Wait.", retry_after=faults.busy, sent=False)

    def _end(self, operation: str) -> None:
        self._after(operation)
        if operation != "events" and self.server.faults.lose_answers:
            self.server.faults.lose_answers -= 1
            raise ChatUnreachable("The chat in memory took it, and its answer was lost.", "Look for it.", sent=True)

    def _inside(self, room: str) -> Iterable[str]:
        inside = self.server.inside.get(room, [])
        if self._me not in inside:
            raise NoSuchRoom(f"There is no room {room[:60]}, or it cannot be seen.", "Look at the list of rooms.")
        return list(inside)


class MemoryStream:
    """A message in memory that grows."""

    def __init__(self, chat: MemoryChat, grant: Grant, place: Place) -> None:
        self._chat = chat
        self._grant = grant
        self._place = place
        self._text = ""

    def add(self, text: str) -> None:
        """Append this."""
        self._text += text
        self._chat.edit(self._grant, self._place, Words(self._text))

    def finish(self, buttons: Sequence[Button] = ()) -> Place:
        """Show everything."""
        self._chat.edit(self._grant, self._place, Words(self._text, buttons=tuple(buttons)))
        return self._place


def _usable(words: Words) -> Words:
    """As the server takes it: nobody is called who is not named."""
    if len(words.text) > LONGEST:
        raise WordsTooLong(f"A message holds {LONGEST} characters, and this has {len(words.text)}.", "Say it in parts.")
    return replace(words, text=hushed(words.text))
