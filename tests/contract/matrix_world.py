"""People on a real Synapse, and an account of Gainful's among them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gainful.connectors.matrix import MatrixChat
from gainful.connectors.matrix.mark import mark_in
from gainful.connectors.matrix.reaction import name_of, number_of, number_sign, sign_of
from gainful.connectors.matrix.wire import OpenHttp
from gainful.sdk.chat import Place
from gainful.sdk.egress import Egress, EgressUnreachable
from gainful.sdk.http import Answer, HttpClient, Limits
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.synapse import NAME, Account, Synapse

_numbers = itertools.count(1)
METHODS = frozenset({"GET", "PUT", "POST"})


class Line:
    """The way from the account's clients to the server. It can be cut, lose an answer, and bring news once more."""

    def __init__(self, server: Synapse) -> None:
        self._server = server
        self.cut = False
        self.loses = ""
        self.limits: Limits | None = None
        self.news: Answer | None = None
        self.again: Answer | None = None

    def open(self) -> HttpClient:
        """A client on this line."""
        return _Client(self, self._server.url, self.limits)


class _Client(HttpClient):
    def __init__(self, line: Line, url: str, limits: Limits | None) -> None:
        egress = Egress(methods=METHODS, private_ok=frozenset({url}))
        super().__init__(egress, limits=limits, busy=frozenset({502, 503, 504}))
        self._line = line

    def request(self, method: str, url: str, **rest: Any) -> Answer:
        if self._line.cut:
            raise EgressUnreachable("The line is cut.", "Mend it.", sent=False)
        if "/sync" in url and self._line.again is not None:
            answer, self._line.again = self._line.again, None
            return answer
        answer = super().request(method, url, **rest)
        if "/sync" in url and "join" in answer.json().get("rooms", {}):
            self._line.news = answer
        if self._line.loses and self._line.loses in url and method != "GET":
            self._line.loses = ""
            raise EgressUnreachable("The answer was lost.", "Look for it.", sent=True)
        return answer


class MatrixWorld:
    """One test's accounts and rooms on a server that all tests share."""

    tells_addresses = False
    nowhere = f"!nowhere:{NAME}"
    nobody = f"@nobody:{NAME}"

    def __init__(self, server: Synapse, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.line = Line(server)
        self.number = next(_numbers)
        self.account = server.register(f"gainful{self.number}", display_name=f"Gainful {self.number}")
        self._people: dict[str, Account] = {}
        self._names: dict[str, str] = {}
        self._conversations: dict[str, str] = {}
        self._transactions = itertools.count(1)

    def chat(self, *, invites: tuple[str, ...] = (f"@*:{NAME}",), open_http: OpenHttp | None = None) -> MatrixChat:
        """A client of the account."""
        token = Handle.of(Secret("matrix:test", self.account.token))
        none = timedelta(0)
        opened = open_http or self.line.open
        return MatrixChat(self.server.url, token, self.folder, invites=invites, pause=none, open_http=opened)

    # --- people ---

    def person(self, name: str) -> str:
        if name not in self._people:
            shown = f"{name.title()} Writer-{self.number}z"
            self._people[name] = self.server.register(f"{name}{self.number}", display_name=shown)
            self._names[self._people[name].id] = shown
        return self._people[name].id

    def name_of(self, person: str) -> str:
        return self._names[person]

    def address_of(self, person: str) -> str:
        return f"{person.removeprefix('@').partition(':')[0]}@example.org"

    def signed_in(self, person: str) -> Account:
        """The person's own session."""
        return next(one for one in [self.account, *self._people.values()] if one.id == person)

    def ask(self, person: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server answers to this person's own program."""
        return self.server.ask(self.signed_in(person), method, f"/_matrix/client/{path}", body)

    def room(self, *people: str, private: bool = False) -> str:
        preset = "private_chat" if private else "public_chat"
        room = self.ask(people[0], "POST", "v3/createRoom", {"preset": preset, "invite": [*people[1:]]})["room_id"]
        self.join(room, *people[1:])
        self.ask(people[0], "POST", f"v3/rooms/{quote(room)}/invite", {"user_id": self.account.id})
        self.join(room, self.account.id)
        return str(room)

    def join(self, room: str, *people: str) -> None:
        """They come in."""
        for person in people:
            self.ask(person, "POST", f"v3/join/{quote(room)}", {})

    def send(self, person: str, room: str, kind: str, content: Mapping[str, Any]) -> str:
        """Id of what the person's program sends."""
        path = f"v3/rooms/{quote(room)}/send/{kind}/t{self.number}-{next(self._transactions)}"
        return str(self.ask(person, "PUT", path, content)["event_id"])

    def say(self, person: str, room: str, text: str, *, thread: str = "", mention: bool = False) -> Place:
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        if mention:
            content |= {"body": f"Gainful: {text}", "m.mentions": {"user_ids": [self.account.id]}}
        if thread:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread}
        return Place(room, self.send(person, room, "m.room.message", content), thread)

    def say_directly(self, person: str, text: str) -> Place:
        if person not in self._conversations:
            body = {"is_direct": True, "invite": [self.account.id], "preset": "trusted_private_chat"}
            self._conversations[person] = self.ask(person, "POST", "v3/createRoom", body)["room_id"]
        return self.say(person, self._conversations[person], text)

    def react(self, person: str, place: Place, name: str) -> None:
        relation = {"rel_type": "m.annotation", "event_id": place.message, "key": sign_of(name)}
        self.send(person, place.room, "m.reaction", {"m.relates_to": relation})

    def press(self, person: str, place: Place, number: int) -> None:
        relation = {"rel_type": "m.annotation", "event_id": place.message, "key": number_sign(number + 1)}
        self.send(person, place.room, "m.reaction", {"m.relates_to": relation})

    def rewrite(self, person: str, place: Place, text: str) -> None:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": place.message}
        content = {"msgtype": "m.text", "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        self.send(person, place.room, "m.room.message", content)

    def remove(self, person: str, place: Place) -> None:
        event = quote(place.message)
        self.ask(person, "PUT", f"v3/rooms/{quote(place.room)}/redact/{event}/r{next(self._transactions)}", {})

    # --- what people see ---

    def events(self, room: str, person: str = "") -> list[dict[str, Any]]:
        """Every event of a room, oldest first."""
        found = self.ask(person or self.account.id, "GET", f"v3/rooms/{quote(room)}/messages?dir=b&limit=500")
        return list(reversed(found["chunk"]))

    def texts(self, room: str) -> list[str]:
        return [_newest(event)["body"] for event in self.events(room) if _is_message(event)]

    def reactions(self, place: Place) -> list[tuple[str, str]]:
        path = f"v1/rooms/{quote(place.room)}/relations/{quote(place.message)}/m.annotation?limit=100"
        found = self.ask(self.account.id, "GET", path)["chunk"]
        return [(event["sender"], name_of(event["content"]["m.relates_to"]["key"])) for event in found]

    def buttons(self, place: Place) -> list[str]:
        """The labels of the numbered lines, each with its number to press below."""
        (event,) = [one for one in self.events(place.room) if one["event_id"] == place.message]
        body = _newest(event)["body"]
        lines = [line.split(" ", 1) for line in body.splitlines() if number_of(line.split(" ", 1)[0])]
        offered = {number_of(sign) for who, sign in self.reactions(place) if who == self.account.id}
        assert offered == {number_of(sign) for sign, _ in lines}
        mark = mark_in(_newest(event))
        assert mark is None or [button.label for button in mark.buttons] == [label for _, label in lines]
        return [label for _, label in lines]

    def called(self, place: Place) -> list[str]:
        """By the server's own push rules, for everybody who is here."""
        found = []
        for person in self._names:
            notified = self.ask(person, "GET", "v3/notifications?only=highlight&limit=100")["notifications"]
            ours = [one["event"] for one in notified if one["room_id"] == place.room]
            if any(_about(event) == place.message for event in ours):
                found.append(person)
        rooms = [event for event in self.events(place.room) if _about(event) == place.message]
        everybody = any(event["content"].get("m.mentions", {}).get("room") for event in rooms)
        return [*found, *(["everybody"] if everybody else [])]

    def private_to(self, person: str) -> list[str]:
        """What stands in rooms where this person and the account are alone."""
        found = []
        invited = self.ask(person, "GET", "v3/sync?timeout=0")["rooms"].get("invite", {})
        for room in invited:
            self.join(room, person)
        for room in self.ask(person, "GET", "v3/joined_rooms")["joined_rooms"]:
            there = self.ask(person, "GET", f"v3/rooms/{quote(room)}/joined_members")["joined"]
            if set(there) == {person, self.account.id}:
                found += [_newest(event)["body"] for event in self.events(room, person) if _is_message(event)]
        return found

    def in_text(self, person: str) -> str:
        return f"{person} [{person}](https://matrix.to/#/{person}) {self.name_of(person)}"

    # --- trouble ---

    def cut(self) -> None:
        self.line.cut = True

    def mend(self) -> None:
        self.line.cut = False

    def lose_answer(self) -> None:
        self.line.loses = "/send/m.room.message/"

    def repeat(self) -> None:
        assert self.line.news is not None
        self.line.again = self.line.news


def _is_message(event: Mapping[str, Any]) -> bool:
    relation = event["content"].get("m.relates_to", {}).get("rel_type")
    return event["type"] == "m.room.message" and "body" in event["content"] and relation != "m.replace"


def _newest(event: Mapping[str, Any]) -> dict[str, Any]:
    changed = event.get("unsigned", {}).get("m.relations", {}).get("m.replace")
    content: dict[str, Any] = changed["content"]["m.new_content"] if changed else event["content"]
    return content


def _about(event: Mapping[str, Any]) -> str:
    """Id of the message that an event is, or changes."""
    relation = event.get("content", {}).get("m.relates_to", {})
    return str(relation["event_id"] if relation.get("rel_type") == "m.replace" else event["event_id"])
