"""What is known of rooms: which are conversations between two, which are encrypted, who is there.

Source: spec.matrix.org, client-server API v1.11: direct messaging, m.room.encryption, syncing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gainful.connectors.matrix.errors import EncryptedRoom, Said
from gainful.connectors.matrix.reading import table, text
from gainful.connectors.matrix.wire import Wire, path_of
from gainful.core.ids import random_id
from gainful.sdk.chat import Member, NoSuchRoom, Room, RoomKind

MADE_FOR = "io.gainful.direct_with"
"""Stands in what creates a conversation, so that one whose making was not answered is found again."""
_STATE = ["m.room.name", "m.room.canonical_alias", "m.room.join_rules", "m.room.create"]
_NOTHING: Mapping[str, Any] = {"types": []}


class Rooms:
    """The rooms of one account. Safe to share between threads."""

    def __init__(self, wire: Wire, me: str) -> None:
        self._wire = wire
        self._me = me
        self._direct: dict[str, str] | None = None
        self._pairs: dict[str, bool] = {}
        self._encrypted: set[str] = set()

    def all(self) -> list[Room]:
        """The rooms that the account is in."""
        return [_room(room, data, self._between(room, data)) for room, data in self._outline().items()]

    def check(self, room: str) -> None:
        """Nothing, when the account can read and write there.

        Raises:
            NoSuchRoom: It is not in that room.
            EncryptedRoom: Only who holds the keys can.
        """
        if room not in self._encrypted:
            try:
                self._wire.get(path_of("rooms", room, "state", "m.room.encryption", ""))
            except Said as said:
                if said.errcode == "M_NOT_FOUND":
                    return
                raise self.explained(said, room) from None
            self._encrypted.add(room)
        raise EncryptedRoom(room)

    def explained(self, said: Said, room: str) -> Said | NoSuchRoom:
        """Why a request about a room was refused: servers say the same of a room that is not there and a right that
        is missing."""
        if said.status in (400, 403, 404) and room not in self._joined():
            return NoSuchRoom(
                f"There is no room {room[:100]}, or the account is not in it.", "Invite it, or look again."
            )
        return said

    def note_encrypted(self, room: str) -> None:
        """The room was seen to be encrypted; it stays so."""
        self._encrypted.add(room)

    def forget_members(self, room: str) -> None:
        """Somebody came or went."""
        self._pairs.pop(room, None)

    def members(self, room: str) -> list[Member]:
        """Who is there.

        Raises:
            NoSuchRoom: The account is not in that room.
        """
        try:
            found = table(self._wire.get(path_of("rooms", room, "joined_members")).get("joined"))
        except Said as said:
            raise self.explained(said, room) from None
        return [
            member_of(member, table(profile).get("display_name"), self._me) for member, profile in sorted(found.items())
        ]

    # --- conversations ---

    def learn_direct(self, content: Mapping[str, Any]) -> None:
        """The account's own list of conversations has changed."""
        self._direct = {
            room: member
            for member, rooms in content.items()
            for room in (rooms if isinstance(rooms, list) else [])
            if isinstance(room, str)
        }

    def is_direct(self, room: str) -> bool:
        """Whether it is a conversation between two: on the list, and nobody else is there."""
        if room not in self._listed():
            return False
        if room not in self._pairs:
            try:
                self._pairs[room] = len(self.members(room)) <= 2
            except (NoSuchRoom, Said):
                # The account has left it, or was made to.
                return False
        return self._pairs[room]

    def note_direct(self, room: str, member: str) -> None:
        """Put a conversation on the account's list."""
        listed = self._listed()
        if listed.get(room) == member:
            return
        listed[room] = member
        content: dict[str, list[str]] = {}
        for one, other in listed.items():
            content.setdefault(other, []).append(one)
        self._wire.put(path_of("user", self._me, "account_data", "m.direct"), content)

    def direct_with(self, member: str) -> str:
        """The conversation with a member that is there already; empty where there is none."""
        listed = [room for room, other in self._listed().items() if other == member]
        found = next((room for room in listed if self._usable(room, member)), "")
        return found or next((room for room in self._made_for(member) if self._usable(room, member)), "")

    def open_direct(self, member: str) -> str:
        """A new conversation with a member, who is invited."""
        body = {
            "is_direct": True,
            "invite": [member],
            "preset": "trusted_private_chat",
            "creation_content": {MADE_FOR: member},
        }
        return text(self._wire.post(path_of("createRoom"), body).get("room_id"))

    def _usable(self, room: str, member: str) -> bool:
        """Whether the account is in a conversation, unencrypted, and the other one has not left it."""
        try:
            self.check(room)
            there = self._wire.get(path_of("rooms", room, "state", "m.room.member", member))
        except (NoSuchRoom, EncryptedRoom, Said):
            return False
        return table(there).get("membership") in ("join", "invite") and len(self.members(room)) <= 2

    def _made_for(self, member: str) -> list[str]:
        """Conversations that the account itself made for this member."""
        found = []
        for room, data in self._outline().items():
            for event in _state(data):
                content = table(event.get("content"))
                if event.get("type") == "m.room.create" and event.get("sender") == self._me:
                    found += [room] if content.get(MADE_FOR) == member else []
        return found

    def _listed(self) -> dict[str, str]:
        if self._direct is None:
            try:
                self.learn_direct(table(self._wire.get(path_of("user", self._me, "account_data", "m.direct"))))
            except Said as said:
                if said.errcode != "M_NOT_FOUND":
                    raise
                self._direct = {}
        return self._direct if self._direct is not None else {}

    def _between(self, room: str, data: Mapping[str, Any]) -> bool:
        summary = table(data.get("summary"))
        joined, invited = summary.get("m.joined_member_count"), summary.get("m.invited_member_count")
        if room not in self._listed():
            return False
        if not isinstance(joined, int) or not isinstance(invited, int):
            return self.is_direct(room)
        return joined + invited <= 2

    def _joined(self) -> list[str]:
        found = self._wire.get(path_of("joined_rooms")).get("joined_rooms")
        return found if isinstance(found, list) else []

    def _outline(self) -> dict[str, dict[str, Any]]:
        """Each room's name and rules, asked for at once."""
        # Servers answer the same question from memory for minutes; nobody's name makes it another one.
        timeline = {"limit": 1, "types": [], "not_senders": [f"@{random_id()}:localhost.invalid"]}
        # Only who asks for members as they are needed is told how many there are.
        state = {"types": _STATE, "lazy_load_members": True}
        room = {"state": state, "timeline": timeline, "ephemeral": _NOTHING, "account_data": _NOTHING}
        wanted = {"room": room, "presence": _NOTHING, "account_data": _NOTHING}
        params = {"filter": json.dumps(wanted), "timeout": "0", "set_presence": "offline"}
        joined = table(table(self._wire.get(path_of("sync"), params).get("rooms")).get("join"))
        return {room: table(data) for room, data in joined.items()}


def member_of(member: str, name: object, me: str, zone: object = "") -> Member:
    """A member by id and the name that they chose; without one, by the first part of the id."""
    return Member(member, text(name) or handle_of(member), is_bot=member == me, zone=text(zone))


def handle_of(member: str) -> str:
    """The first part of a member id: `ada` of `@ada:example.org`."""
    return member.removeprefix("@").partition(":")[0]


def _room(room: str, data: Mapping[str, Any], direct: bool) -> Room:
    state = {text(event.get("type")): table(event.get("content")) for event in _state(data)}
    name = text(state.get("m.room.name", {}).get("name")) or text(state.get("m.room.canonical_alias", {}).get("alias"))
    heroes = table(data.get("summary")).get("m.heroes")
    others = [handle_of(one) for one in heroes if isinstance(one, str)] if isinstance(heroes, list) else []
    public = state.get("m.room.join_rules", {}).get("join_rule") == "public"
    kind = RoomKind.DIRECT if direct else RoomKind.PUBLIC if public else RoomKind.PRIVATE
    return Room(room, name or ", ".join(others) or room, kind)


def _state(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part in ("state", "timeline"):
        events = table(data.get(part)).get("events")
        yield from (table(event) for event in events) if isinstance(events, list) else ()
