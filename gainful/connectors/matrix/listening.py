"""What others have done, from the server's /sync: every message once by its id, gaps filled, in no room twice.

Source: spec.matrix.org, client-server API v1.11: syncing, room membership, m.reaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from gainful.connectors.matrix.errors import AnswerTooLarge, Said
from gainful.connectors.matrix.position import Position
from gainful.connectors.matrix.reaction import name_of, number_of
from gainful.connectors.matrix.reading import answered, mark_on, message_of, relation, table, text, when
from gainful.connectors.matrix.rooms import Rooms
from gainful.connectors.matrix.wire import LONGEST_POLL, Wire, path_of
from gainful.sdk.chat import ChatEvent, EventKind, Message, NoSuchRoom

BEFORE_JOINING = timedelta(hours=1)
"""How much older than the account's coming something may be that it is told: what was said right after the invite."""
PAGE = 50
_TYPES = ["m.room.message", "m.reaction", "m.room.member", "m.room.encryption"]
_NO_KEYS = "This account cannot read encrypted rooms. Please invite it to one without encryption."


class Listener:
    """Hears for one account.

    Args:
        invites: Patterns such as `@*:example.org`: whose invites are accepted.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        wire: Wire,
        me: str,
        rooms: Rooms,
        position: Position,
        invites: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._me = me
        self._rooms = rooms
        self._position = position
        self._invites = tuple(invites)
        self._clock = clock
        self._since = ""
        self._brought = ""
        self._page = PAGE

    def events(self, wait: timedelta) -> list[ChatEvent]:
        """What has happened since what the last call brought, which is hereby acknowledged."""
        self._acknowledge()
        end = self._clock() + wait.total_seconds()
        while True:
            left = min(max(end - self._clock(), 0.0), LONGEST_POLL.total_seconds())
            answer = self._sync(left if self._since else 0.0)
            found = self._events(answer) if self._since else []
            self._answer_invites(answer)
            self._brought = text(answer.get("next_batch"))
            if found:
                return found
            # Nothing was brought, so there is nothing to lose by going on.
            self._acknowledge()
            if self._clock() >= end:
                return []

    def _acknowledge(self) -> None:
        if self._brought:
            if self._brought != self._since:
                self._position.keep(self._brought)
            self._since, self._brought = self._brought, ""
        self._since = self._since or self._position.read()

    def _sync(self, seconds: float) -> dict[str, Any]:
        params = {"timeout": str(int(seconds * 1000)), "set_presence": "offline"}
        if self._since:
            params["since"] = self._since
        while True:
            params["filter"] = json.dumps(_filter(self._page))
            try:
                answer = table(self._wire.get(path_of("sync"), params))
            except AnswerTooLarge:
                # Many rooms with long messages: the gaps that this leaves are filled page by page.
                if self._page == 1:
                    raise
                self._page = max(1, self._page // 8)
            else:
                self._page = PAGE
                return answer

    # --- rooms that the account is in ---

    def _events(self, answer: Mapping[str, Any]) -> list[ChatEvent]:
        for event in _events_in(answer.get("account_data")):
            if event.get("type") == "m.direct":
                self._rooms.learn_direct(table(event.get("content")))
        joined = table(table(answer.get("rooms")).get("join"))
        found = [event for room, data in joined.items() for event in self._in_room(room, table(data))]
        return sorted(found, key=lambda event: event.at)

    def _in_room(self, room: str, data: Mapping[str, Any]) -> Iterator[ChatEvent]:
        timeline = table(data.get("timeline"))
        events = _events_in(timeline)
        for event in [*_events_in(data.get("state")), *events]:
            if event.get("type") == "m.room.member":
                self._rooms.forget_members(room)
            if event.get("type") == "m.room.encryption":
                self._rooms.note_encrypted(room)
        if timeline.get("limited") is True and not any(map(self._is_coming, events)):
            events = [*self._gap(room, text(timeline.get("prev_batch"))), *events]
        for event in self._since_coming(events):
            heard = self._heard(event, room)
            if heard is not None:
                yield heard

    def _gap(self, room: str, start: str) -> list[dict[str, Any]]:
        """What lies between the last position and the part of the room that was sent, oldest first."""
        found: list[dict[str, Any]] = []
        wanted, size = json.dumps({"types": _TYPES}), PAGE
        while start:
            params = {"dir": "b", "from": start, "to": self._since, "limit": str(size), "filter": wanted}
            try:
                page = table(self._wire.get(path_of("rooms", room, "messages"), params))
            except AnswerTooLarge:
                if size == 1:
                    raise
                size = max(1, size // 8)
                continue
            except Said as said:
                failure = self._rooms.explained(said, room)
                if isinstance(failure, NoSuchRoom):
                    # The account is not in it any more, and may not know.
                    break
                raise failure from None
            events = [table(event) for event in page.get("chunk") or []]
            found += events
            start = "" if any(map(self._is_coming, events)) else text(page.get("end"))
        return found[::-1]

    def _is_coming(self, event: Mapping[str, Any]) -> bool:
        """Whether it is how the account came into the room."""
        if event.get("type") != "m.room.member" or event.get("state_key") != self._me:
            return False
        before = table(table(event.get("unsigned")).get("prev_content")).get("membership")
        return table(event.get("content")).get("membership") in ("invite", "join") and before != "join"

    def _since_coming(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without what was said before the account was invited, or long before it came."""
        coming = [at for at, event in enumerate(events) if self._is_coming(event)]
        if not coming:
            return events
        last = coming[-1]
        invited = len(coming) > 1 and table(events[coming[-2]].get("content")).get("membership") == "invite"
        first = coming[-2] if invited else last
        earliest = when(events[last]) - BEFORE_JOINING
        return [event for event in events[first:] if when(event) >= earliest]

    # --- one event ---

    def _heard(self, event: Mapping[str, Any], room: str) -> ChatEvent | None:
        if event.get("sender") == self._me:
            return None
        if event.get("type") == "m.reaction":
            return self._reaction(event, room)
        message = message_of(event, room, self._me)
        if message is None:
            return None
        return self._pressed_by_reply(event, message) or self._said(message)

    def _said(self, message: Message) -> ChatEvent:
        named = EventKind.MENTION if self._me in message.mentions else EventKind.MESSAGE
        kind = EventKind.DIRECT if self._rooms.is_direct(message.place.room) else named
        return ChatEvent(message.place.message, kind, message.sender, message.place.room, message.at, message)

    def _reaction(self, event: Mapping[str, Any], room: str) -> ChatEvent | None:
        kind, target = relation(event)
        event_id, sender = text(event.get("event_id")), text(event.get("sender"))
        sign = text(table(table(event.get("content")).get("m.relates_to")).get("key"))[:100]
        found = self._target(room, target) if kind == "m.annotation" and sign and event_id and sender else None
        if found is None:
            return None
        on, message = found
        button = self._button(on, number_of(sign))
        if button:
            return _pressed(event_id, sender, event, message, button)
        return ChatEvent(event_id, EventKind.REACTION, sender, room, when(event), message, {"name": name_of(sign)})

    def _pressed_by_reply(self, event: Mapping[str, Any], message: Message) -> ChatEvent | None:
        number, target = number_of(message.text), answered(event)
        found = self._target(message.place.room, target) if number and target else None
        button = self._button(found[0], number) if found else ""
        if found is None or not button:
            return None
        return _pressed(message.place.message, message.sender, event, found[1], button)

    def _button(self, event: Mapping[str, Any], number: int) -> str:
        """Id of the button with this number below the account's own message; empty where there is none."""
        buttons = mark_on(event).buttons if event.get("sender") == self._me else ()
        return buttons[number - 1].id if 1 <= number <= len(buttons) else ""

    def _target(self, room: str, event_id: str) -> tuple[dict[str, Any], Message] | None:
        """The message that an event is about, as it is now; None where it is gone or none."""
        try:
            event = table(self._wire.get(path_of("rooms", room, "event", event_id)))
        except Said:
            return None
        message = message_of(event, room, self._me)
        return (event, message) if message is not None else None

    # --- invites ---

    def _answer_invites(self, answer: Mapping[str, Any]) -> None:
        invited = table(table(answer.get("rooms")).get("invite"))
        for room, data in invited.items():
            state = _events_in(table(data).get("invite_state"))
            own = [one for one in state if one.get("type") == "m.room.member" and one.get("state_key") == self._me]
            inviter = text(own[-1].get("sender")) if own else ""
            if not any(fnmatchcase(inviter, pattern) for pattern in self._invites):
                # Left unanswered: a refusal would tell a stranger that somebody is there.
                continue
            # It may have been withdrawn since.
            with suppress(Said):
                if any(one.get("type") == "m.room.encryption" for one in state):
                    self._wire.post(path_of("rooms", room, "leave"), {"reason": _NO_KEYS})
                    continue
                self._wire.post(path_of("join", room), {})
                if table(own[-1].get("content")).get("is_direct") is True:
                    self._rooms.note_direct(room, inviter)


def _pressed(event_id: str, sender: str, event: Mapping[str, Any], message: Message, button: str) -> ChatEvent:
    detail = {"button": button}
    return ChatEvent(
        event_id, EventKind.PRESSED, sender, message.place.room, when(event), message, detail, answer_to=sender
    )


def _filter(page: int) -> dict[str, Any]:
    nothing: dict[str, Any] = {"types": []}
    room = {
        "timeline": {"limit": page, "types": _TYPES},
        "state": {"types": ["m.room.encryption"]},
        "ephemeral": nothing,
        "account_data": nothing,
    }
    return {"room": room, "presence": nothing, "account_data": {"types": ["m.direct"]}}


def _events_in(part: object) -> list[dict[str, Any]]:
    events = table(part).get("events")
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
