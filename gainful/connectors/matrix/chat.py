"""Chat over Matrix: a post's key is the id of its transaction, so the server makes the same key the same message.

Source: spec.matrix.org, client-server API v1.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from gainful.connectors.matrix.errors import Said
from gainful.connectors.matrix.listening import Listener
from gainful.connectors.matrix.mark import Mark, digest_of
from gainful.connectors.matrix.position import Position
from gainful.connectors.matrix.reaction import number_of, number_sign, sign_of
from gainful.connectors.matrix.reading import key_on, mark_on, message_of, relation, table, text, when
from gainful.connectors.matrix.rooms import Rooms, handle_of, member_of
from gainful.connectors.matrix.stream import MatrixStream
from gainful.connectors.matrix.wire import OpenHttp, Wire, path_of
from gainful.connectors.matrix.writing import content_of, in_thread, replacing
from gainful.core.ids import IdFactory, random_id
from gainful.sdk.chat import (
    Button,
    ChatEvent,
    ChatRefused,
    ChatUnreachable,
    Member,
    Message,
    NoSuchRoom,
    Place,
    Room,
    RoomKind,
    Words,
    WordsTooLong,
)
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle

PAGE = 100
MOST_PAGES = 100
"""How far back a room is read for one question: 10,000 events."""
CLOCKS_DIFFER = timedelta(minutes=10)
"""How much later than ours the server's clock may be."""
MOST_FOUND = 50
"""How many people a homeserver's directory names at most."""


class _Page(NamedTuple):
    """Some events of a room, newest first."""

    events: list[dict[str, Any]]
    is_last: bool


class MatrixChat:
    """One account on one homeserver.

    Args:
        url: Scheme, host and port of the homeserver, such as `https://matrix.example.org`.
        token: The account's access token.
        folder: Where it is kept what was heard already.
        invites: Patterns such as `@*:example.org`: whose invites are accepted. Others are left unanswered.
        pause: At least so long lies between two changes of a message that grows; servers limit what an account sends.
        open_http: Makes clients; by default ones that reach this server alone.
    """

    def __init__(
        self,
        url: str,
        token: Handle,
        folder: Path,
        *,
        invites: Sequence[str] = (),
        pause: timedelta = timedelta(seconds=3),
        open_http: OpenHttp | None = None,
        new_id: IdFactory = random_id,
    ) -> None:
        self._url = url.rstrip("/")
        self._wire = Wire(self._url, token, open_http)
        self._folder = folder
        self._invites = tuple(invites)
        self._pause = pause
        self._new_id = new_id

    # --- who and where ---

    def me(self) -> Member:
        """The account."""
        return self.member(self._me)

    def rooms(self) -> list[Room]:
        """The rooms that the account is in."""
        return self._rooms.all()

    def members(self, room: str) -> list[Member]:
        """Who is in a room."""
        return self._rooms.members(room)

    def member(self, member_id: str) -> Member:
        """One member, with the name that they chose."""
        try:
            profile = table(self._wire.get(path_of("profile", member_id)))
        except Said as said:
            if said.status in (400, 403, 404):
                raise NoSuchRoom(f"There is no member {member_id[:100]}.", "Look the member up by name.") from None
            raise
        return member_of(member_id, profile.get("displayname"), self._me, profile.get("m.tz"))

    def find_member(self, name_or_address: str) -> Member | None:
        """The one member with exactly this name, handle or id. Homeservers do not tell mail addresses."""
        wanted = name_or_address.strip().casefold()
        if not wanted:
            return None
        if wanted.startswith("@") and ":" in wanted:
            with suppress(NoSuchRoom):
                return self.member(wanted)
            return None
        asked = {"search_term": name_or_address, "limit": MOST_FOUND}
        answer = table(self._wire.post(path_of("user_directory", "search"), asked))
        people = [table(one) for one in answer.get("results") or []]
        members = [member_of(text(one.get("user_id")), one.get("display_name"), self._me) for one in people]
        found = [one for one in members if wanted in (one.name.casefold(), handle_of(one.id).casefold())]
        # There may be another one among those who were left out.
        return found[0] if len(found) == 1 and answer.get("limited") is not True else None

    def direct(self, grant: Grant, member_id: str) -> Room:
        """The conversation with one member, opened when there is none."""
        del grant
        name = self.member(member_id).name
        room = self._rooms.direct_with(member_id) or self._rooms.open_direct(member_id)
        self._rooms.note_direct(room, member_id)
        return Room(room, name, RoomKind.DIRECT)

    # --- reading ---

    def history(self, room: str, *, since: datetime | None = None, limit: int = 200) -> list[Message]:
        """Messages of a room outside of threads, oldest first, of its newest 10,000 events."""
        self._rooms.check(room)
        found: list[Message] = []
        for page in self._pages(room):
            said = [message_of(event, room, self._me) for event in page.events]
            found += [one for one in said if one and not one.place.thread and (since is None or one.at >= since)]
            if len(found) >= limit or _all_before(page.events, since):
                break
        return found[:limit][::-1]

    def thread(self, place: Place, limit: int = 200) -> list[Message]:
        """The messages of a thread, oldest first."""
        self._rooms.check(place.room)
        first = self._event(place.room, place.thread or place.message)
        kind, root = relation(first)
        if kind == "m.thread":
            first = self._event(place.room, root)
        path = path_of("rooms", place.room, "relations", text(first.get("event_id")), "m.thread", version="v1")
        found: list[Message] = []
        params = {"dir": "b", "limit": str(PAGE)}
        while len(found) < limit - 1:
            page = table(self._wire.get(path, params))
            said = [message_of(table(event), place.room, self._me) for event in page.get("chunk") or []]
            found += [one for one in said if one]
            params["from"] = text(page.get("next_batch"))
            if not params["from"]:
                break
        root_message = message_of(first, place.room, self._me)
        rest = found[: max(0, limit - 1)][::-1]
        return [root_message, *rest] if root_message else rest

    # --- saying ---

    def post(self, grant: Grant, room: str, words: Words, *, thread: str = "") -> Place:
        """Post once for this grant's key: the server knows the transaction again."""
        return self._post(grant.key, room, words, thread)

    def find(self, room: str, key: str, *, thread: str = "", since: datetime | None = None) -> Place | None:
        """Where the message with this key stands, by the mark on the account's own messages."""
        self._rooms.check(room)
        wanted = digest_of(key)
        earliest = since - CLOCKS_DIFFER if since is not None else None
        for page in self._pages(room):
            for event in page.events:
                if event.get("sender") == self._me and key_on(event) == wanted:
                    return Place(room, text(event.get("event_id")), thread)
            if page.is_last or _all_before(page.events, earliest):
                return None
        raise ChatUnreachable(
            f"More than {PAGE * MOST_PAGES} events were written in {room[:100]} since.", "Look there.", sent=False
        )

    def edit(self, grant: Grant, place: Place, words: Words) -> None:
        """Put these words and buttons in place of the message's own."""
        event = self._event(place.room, place.message)
        if event.get("sender") != self._me:
            raise ChatRefused(f"Somebody else wrote {place.message[:100]}.", "Post a message of your own.")
        if message_of(event, place.room, self._me) is None:
            raise NoSuchRoom(f"There is no message {place.message[:100]} any more.", "Post a new one.")
        old = mark_on(event)
        mark = _mark(words, "").heir_of(old)
        self._replace(place, words, mark, digest_of(grant.key, "edit"))
        self._offer(place, range(len(old.buttons) + 1, len(words.buttons) + 1), grant.key)
        self._withdraw(place, range(len(words.buttons) + 1, len(old.buttons) + 1), grant.key)

    def react(self, grant: Grant, place: Place, name: str) -> None:
        """Add a reaction; that it is there already is no error."""
        sign = sign_of(name)
        if message_of(self._event(place.room, place.message), place.room, self._me) is None:
            raise NoSuchRoom(f"There is no message {place.message[:100]} any more.", "Look again.")
        self._react(place, sign, digest_of(grant.key, "react"))

    def stream(
        self, grant: Grant, room: str, *, thread: str = "", agent: str = "", hops: int = 0, to: str = ""
    ) -> MatrixStream:
        """Begin a message that grows."""
        del to
        mark = Mark(agent, hops, digest_of(grant.key))

        def post(said: str) -> Place:
            return self._post(grant.key, room, Words(said, agent, hops), thread)

        def change(place: Place, said: str, buttons: Sequence[Button]) -> None:
            words = Words(said, agent, hops, tuple(buttons))
            # Each change is another one: the id of an earlier change would bring back what that said.
            self._replace(place, words, replace(mark, buttons=words.buttons), self._new_id())
            self._offer(place, range(1, len(buttons) + 1), grant.key)

        return MatrixStream(post, change, self._pause)

    def answer(self, grant: Grant, event: ChatEvent, text: str) -> None:
        """Answer a press so that only who caused it sees it: Matrix has no such messages, so it is said directly."""
        room = self.direct(grant, event.sender)
        self._post(grant.key, room.id, Words(text), "")

    # --- hearing ---

    def events(self, wait: timedelta) -> list[ChatEvent]:
        """What others have done since the last call, which is hereby acknowledged."""
        return self._listener.events(wait)

    def close(self) -> None:
        """Let go of every connection."""
        self._wire.close()

    # --- parts ---

    @cached_property
    def _me(self) -> str:
        return text(table(self._wire.get(path_of("account", "whoami"))).get("user_id"))

    @cached_property
    def _rooms(self) -> Rooms:
        return Rooms(self._wire, self._me)

    @cached_property
    def _listener(self) -> Listener:
        position = Position(self._folder, (self._url, self._me))
        return Listener(self._wire, self._me, self._rooms, position, self._invites)

    def _post(self, key: str, room: str, words: Words, thread: str) -> Place:
        self._rooms.check(room)
        content = content_of(words, _mark(words, digest_of(key)), self._names(words))
        place = Place(room, self._send(room, in_thread(content, thread), digest_of(key)), thread)
        self._offer(place, range(1, len(words.buttons) + 1), key)
        return place

    def _replace(self, place: Place, words: Words, mark: Mark, transaction: str) -> None:
        content = content_of(words, mark, self._names(words))
        self._send(place.room, replacing(content, place.message), transaction)

    def _send(self, room: str, content: Mapping[str, Any], transaction: str, kind: str = "m.room.message") -> str:
        """Id of the event that has this content."""
        try:
            answer = self._wire.put(path_of("rooms", room, "send", kind, transaction), content)
        except Said as said:
            if said.errcode == "M_TOO_LARGE" or said.status == 413:
                raise WordsTooLong("The homeserver takes no message as long as this.", "Say it in parts.") from None
            raise self._rooms.explained(said, room) from None
        return text(table(answer).get("event_id"))

    def _names(self, words: Words) -> dict[str, str]:
        return {member: self.member(member).name for member in words.mention}

    def _event(self, room: str, event_id: str) -> dict[str, Any]:
        try:
            return table(self._wire.get(path_of("rooms", room, "event", event_id)))
        except Said as said:
            if said.status in (400, 404):
                raise NoSuchRoom(f"There is no message {event_id[:100]} in {room[:100]}.", "Look again.") from None
            raise self._rooms.explained(said, room) from None

    def _pages(self, room: str) -> Iterator[_Page]:
        """A room's events, newest first, page by page."""
        params = {"dir": "b", "limit": str(PAGE), "filter": '{"types":["m.room.message"]}'}
        for _ in range(MOST_PAGES):
            try:
                page = table(self._wire.get(path_of("rooms", room, "messages"), params))
            except Said as said:
                raise self._rooms.explained(said, room) from None
            params["from"] = text(page.get("end"))
            yield _Page([table(event) for event in page.get("chunk") or []], not params["from"])
            if not params["from"]:
                return

    # --- buttons, for people whose programs have none ---

    def _offer(self, place: Place, numbers: range, key: str) -> None:
        """React with these numbers, so that a person only has to press one. What stands in the text holds without."""
        for number in numbers:
            with suppress(ChatUnreachable, ChatRefused):
                self._react(place, number_sign(number), digest_of(key, f"offer {number}"))

    def _withdraw(self, place: Place, numbers: range, key: str) -> None:
        """Take the account's own numbers away again."""
        if not numbers:
            return
        with suppress(ChatUnreachable, ChatRefused):
            path = path_of("rooms", place.room, "relations", place.message, "m.annotation", version="v1")
            for event in table(self._wire.get(path, {"limit": str(PAGE)})).get("chunk") or []:
                sign = text(table(table(table(event).get("content")).get("m.relates_to")).get("key"))
                if table(event).get("sender") == self._me and number_of(sign) in numbers:
                    offered = text(table(event).get("event_id"))
                    transaction = digest_of(key, f"withdraw {offered}")
                    self._wire.put(path_of("rooms", place.room, "redact", offered, transaction), {})

    def _react(self, place: Place, sign: str, transaction: str) -> None:
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": place.message, "key": sign}}
        try:
            self._send(place.room, content, transaction, "m.reaction")
        except Said as said:
            if said.errcode != "M_DUPLICATE_ANNOTATION":
                raise


def _mark(words: Words, key: str) -> Mark:
    return Mark(words.agent, words.hops, key, words.buttons)


def _all_before(page: Sequence[Mapping[str, Any]], since: datetime | None) -> bool:
    """Whether a whole page is older: stamps come from many servers, so one older event proves nothing."""
    return since is not None and bool(page) and all(when(event) < since for event in page)
