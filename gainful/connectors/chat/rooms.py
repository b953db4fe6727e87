"""Which room, member or message an argument of a chat tool means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gainful.connectors.chat.errors import ChatArgumentInvalid
from gainful.core.value import Json
from gainful.sdk.chat import Chat, ChatRefused, Member, NoSuchRoom, Place, Room, RoomKind

ME = "@me"
"""Whoever asked, or the person for whom the run works."""

OWNER = "@owner"
"""Whose agent it is."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A room, or a conversation with one member that need not be open yet."""

    chat: str
    room: str = ""
    member: str = ""
    name: str = ""


@dataclass
class Directory:
    """Finds rooms and members by what agents call them. What was found is kept: it is one run's.

    Args:
        names: Names of the chats.
        open: Opens one.
        me: The member for whom the run works in a chat; empty where nobody knows.
        owner: The member that the agent's owner is there.
    """

    names: tuple[str, ...]
    open: Callable[[str], Chat]
    me: Callable[[str], str]
    owner: Callable[[str], str]
    _readable: set[tuple[str, str]] = field(default_factory=set)
    _rooms: dict[str, list[Room]] = field(default_factory=dict)
    _members: dict[tuple[str, str], Member] = field(default_factory=dict)

    def split(self, given: str) -> tuple[str, str]:
        """`slack:general` as the chat's name and the rest; without a name the only chat is meant.

        Raises:
            NoSuchRoom: There is no such chat.
        """
        if given in (ME, OWNER):
            who = self.me if given == ME else self.owner
            known = [name for name in self.names if who(name)]
            return (known or list(self.names) or [""])[0], given
        name, colon, rest = given.partition(":")
        if colon and name in self.names:
            return name, rest
        if len(self.names) == 1 and (not colon or name.startswith(("!", "@", "#"))):
            return self.names[0], given
        chats = ", ".join(f"{one}:" for one in self.names) or "none"
        raise NoSuchRoom(f"'{given[:80]}' names no chat.", f"Begin it with one of: {chats}.")

    def room(self, given: str) -> tuple[str, Room]:
        """The chat and the one room of exactly this id or name.

        Raises:
            NoSuchRoom: There is none, or there are several.
        """
        name, wanted = self.split(given)
        rooms = self._all(name)
        found = [room for room in rooms if room.id == wanted]
        found = found or [room for room in rooms if room.name and wanted in (room.name, f"#{room.name}")]
        if len(found) != 1:
            how = "There is no room" if not found else f"{len(found)} rooms are called"
            raise NoSuchRoom(f"{how} '{given[:80]}' where the account is.", "Use the id of a room that it is in.")
        return name, found[0]

    def readable(self, given: str) -> tuple[str, Room]:
        """The chat and the room, if whoever the run works for can read it themselves.

        An account that is in many rooms must not tell one person what others say among themselves.

        Raises:
            NoSuchRoom: There is none.
            ChatRefused: It is not open to them.
        """
        name, room = self.room(given)
        if room.kind is not RoomKind.PUBLIC and (name, room.id) not in self._readable:
            reader = self.me(name)
            if not reader or reader not in {member.id for member in self.open(name).members(room.id)}:
                raise ChatRefused(
                    f"'{given[:80]}' is not public, and whoever this is for is not known to be in it.",
                    "`gainful chat link` says who somebody is in a chat.",
                )
            self._readable.add((name, room.id))
        return name, room

    def spot(self, given: str) -> Spot:
        """The room, or with an `@` the member, that is meant.

        Raises:
            NoSuchRoom: There is none.
        """
        name, wanted = self.split(given)
        if wanted.startswith("@"):
            member = self._of_person(name, wanted)
            return Spot(name, member=member.id, name=f"@{member.name}")
        name, room = self.room(given)
        return Spot(name, room.id, name=room.name)

    def name(self, chat: str, room_id: str) -> str:
        """What people call a room; its id where it has no name."""
        found = next((room.name for room in self._all(chat) if room.id == room_id), "")
        return found or room_id

    def member(self, chat: str, member_id: str) -> Member:
        """A member; asked for once."""
        if (chat, member_id) not in self._members:
            try:
                found = self.open(chat).member(member_id)
            except NoSuchRoom:
                found = Member(member_id, "")
            self._members[chat, member_id] = found
        return self._members[chat, member_id]

    def place(self, given: Mapping[str, Json]) -> tuple[str, Place]:
        """The chat and the place of the message in the arguments `room` and `message`.

        Raises:
            NoSuchRoom, ChatArgumentInvalid: There is none.
        """
        name, room = self.room(given["room"])
        whole, slash, message = str(given["message"]).rpartition("/")
        if slash and whole != f"{name}:{room.id}":
            raise ChatArgumentInvalid(
                f"Message '{given['message'][:80]}' is not in '{given['room'][:80]}'.", "Take both from one answer."
            )
        return name, Place(room.id, message)

    def _all(self, chat: str) -> list[Room]:
        if chat not in self._rooms:
            self._rooms[chat] = self.open(chat).rooms()
        return self._rooms[chat]

    def _of_person(self, chat: str, wanted: str) -> Member:
        if wanted in (ME, OWNER):
            own = self.me(chat) if wanted == ME else self.owner(chat)
            if not own:
                raise NoSuchRoom(f"Nobody has said who {wanted} is in {chat}.", "`gainful chat link` says it.")
            return self.member(chat, own)
        opened = self.open(chat)
        # In one chat ids begin with an @, in another they do not.
        for member_id in (wanted[1:], wanted):
            try:
                return opened.member(member_id)
            except NoSuchRoom:
                continue
        found = opened.find_member(wanted[1:])
        if found is None:
            raise NoSuchRoom(f"'{wanted[:80]}' is nobody in {chat}, or several.", "Look them up with chat.find.")
        return found


def name_of_member(chat: str, member: Member) -> str:
    """How a member is named as a room, so that a message goes to them alone."""
    return f"{chat}:{member.id}" if member.id.startswith("@") else f"{chat}:@{member.id}"


def id_of(chat: str, place: Place) -> str:
    """The id of a message that no other message of any chat has."""
    return f"{chat}:{place.room}/{place.message}"
