"""The chat contract over Matrix, against a real Synapse, and what only Matrix does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gainful.connectors.matrix import MatrixChat, chat, listening
from gainful.connectors.matrix.errors import EncryptedRoom
from gainful.connectors.matrix.mark import FIELD
from gainful.connectors.matrix.reaction import number_sign
from gainful.sdk.chat import (
    ChatEvent,
    ChatRefused,
    ChatUnreachable,
    EventKind,
    NoSuchRoom,
    Place,
    RoomKind,
    Words,
)
from gainful.sdk.http import Limits
from gainful.sdk.testing.chat import ChatContract, ChatWorld, grant, heard, listen
from gainful.sdk.testing.chat_world import CHOICES, first_heard, one, texts
from gainful.sdk.testing.synapse import Synapse
from tests.contract.matrix_world import MatrixWorld

A_MOMENT = timedelta(seconds=0.5)


class TestMatrixChat(ChatContract):
    @pytest.fixture(autouse=True)
    def place(self, synapse: Synapse, tmp_path: Path) -> None:
        self.server = synapse
        self.folder = tmp_path

    def world(self) -> ChatWorld:
        return MatrixWorld(self.server, self.folder)


# --- what only Matrix does ---


@pytest.fixture
def there(synapse: Synapse, tmp_path: Path) -> MatrixWorld:
    return MatrixWorld(synapse, tmp_path)


@pytest.fixture
def client(there: MatrixWorld) -> Iterator[MatrixChat]:
    made = there.chat()
    listen(made)
    yield made
    made.close()


@pytest.fixture
def ada(there: MatrixWorld) -> str:
    return there.person("ada")


@pytest.fixture
def bo(there: MatrixWorld) -> str:
    return there.person("bo")


@pytest.fixture
def room(there: MatrixWorld, client: MatrixChat, ada: str, bo: str) -> str:
    made = there.room(ada, bo)
    listen(client)
    return made


def said(events: list[ChatEvent]) -> list[str]:
    """What messages say, in the order in which they came."""
    return [event.message.text for event in events if event.message]


def many(count: int) -> Callable[[list[ChatEvent]], bool]:
    """So many events are enough."""
    return lambda found: len(found) >= count


# --- gaps ---


def test_a_gap_is_filled_page_by_page(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.close()
    monkeypatch.setattr(listening, "PAGE", 4)
    lines = [f"Line {number}." for number in range(15)]
    for line in lines:
        there.say(ada, room, line)
    again = there.chat()
    assert said(again.events(timedelta(minutes=1))) == lines
    assert again.events(A_MOMENT) == []
    again.close()


def test_more_news_than_are_taken_at_once(there: MatrixWorld, client: MatrixChat, room: str, ada: str) -> None:
    client.close()
    lines = [f"{number} " + "long " * 1500 for number in range(12)]
    for line in lines:
        there.say(ada, room, line)
    there.line.limits = Limits(size=30_000)
    again = there.chat()
    found = said(again.events(timedelta(minutes=1)))
    assert [line.split()[0] for line in found] == [str(number) for number in range(12)]
    again.close()


# --- invites ---


def test_an_invite_from_elsewhere_is_left_unanswered(there: MatrixWorld, ada: str) -> None:
    listening_client = there.chat(invites=("@*:elsewhere.example.org",))
    listen(listening_client)
    there.say_directly(ada, "Hello?")
    assert listening_client.events(A_MOMENT) == []
    assert listening_client.rooms() == []
    listening_client.close()


def test_what_was_said_before_the_invite_is_not_told(there: MatrixWorld, client: MatrixChat, ada: str, bo: str) -> None:
    room = there.ask(ada, "POST", "v3/createRoom", {"preset": "public_chat", "invite": [bo]})["room_id"]
    there.join(room, bo)
    there.say(ada, room, "Before.")
    there.ask(ada, "POST", f"v3/rooms/{quote(room)}/invite", {"user_id": there.account.id})
    there.say(ada, room, "After.")
    assert said(heard(client, many(1))) == ["After."]
    # Reading is another matter: the room shows its past to everybody in it.
    assert texts(client.history(room)) == ["Before.", "After."]


def test_a_conversation_ends_when_a_third_comes(there: MatrixWorld, client: MatrixChat, ada: str, bo: str) -> None:
    place = there.say_directly(ada, "Between us.")
    one(client, EventKind.DIRECT)
    there.ask(ada, "POST", f"v3/rooms/{quote(place.room)}/invite", {"user_id": bo})
    there.join(place.room, bo)
    there.say(ada, place.room, "Among us.")
    one(client, EventKind.MESSAGE)
    assert {found.id: found.kind for found in client.rooms()}[place.room] is not RoomKind.DIRECT


def test_a_conversation_whose_making_was_not_answered_is_found_again(
    there: MatrixWorld, client: MatrixChat, ada: str
) -> None:
    there.line.loses = "/createRoom"
    with pytest.raises(ChatUnreachable):
        client.direct(grant(), ada)
    again = there.chat()
    made = again.direct(grant(), ada)
    assert [found.id for found in again.rooms()] == [made.id]
    again.close()


def test_a_conversation_that_the_other_has_left_is_opened_anew(
    there: MatrixWorld, client: MatrixChat, ada: str
) -> None:
    place = there.say_directly(ada, "Between us.")
    one(client, EventKind.DIRECT)
    there.ask(ada, "POST", f"v3/rooms/{quote(place.room)}/leave", {})
    assert client.direct(grant(), ada).id != place.room


# --- encryption ---

ENCRYPTED: dict[str, Any] = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


def test_an_encrypted_room_is_refused_with_its_reason(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str
) -> None:
    place = there.say(ada, room, "Before.")
    there.ask(ada, "PUT", f"v3/rooms/{quote(room)}/state/m.room.encryption", ENCRYPTED["content"])
    for refused in (
        lambda: client.post(grant(), room, Words("In the clear?")),
        lambda: client.history(room),
        lambda: client.thread(place),
        lambda: client.find(room, "key"),
        lambda: client.stream(grant(), room).add("In the clear?"),
    ):
        with pytest.raises(EncryptedRoom, match="does not hold the keys"):
            refused()
    assert there.texts(room) == ["Before."]


def test_an_invite_to_an_encrypted_room_is_declined_with_its_reason(
    there: MatrixWorld, client: MatrixChat, ada: str
) -> None:
    body = {"invite": [there.account.id], "is_direct": True, "initial_state": [ENCRYPTED]}
    room = there.ask(ada, "POST", "v3/createRoom", body)["room_id"]
    assert client.events(A_MOMENT) == []
    (left,) = [event for event in there.events(room, ada) if event.get("state_key") == there.account.id][-1:]
    assert left["content"]["membership"] == "leave"
    assert "without encryption" in left["content"]["reason"]


# --- what others do to messages ---


def test_what_was_removed_before_it_was_heard_is_not_heard(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str
) -> None:
    there.remove(ada, there.say(ada, room, "A slip.", mention=True))
    there.say(ada, room, "Kept.")
    assert said(heard(client, many(1))) == ["Kept."]


def test_a_change_is_no_second_message(there: MatrixWorld, client: MatrixChat, room: str, ada: str) -> None:
    place = there.say(ada, room, "At nine.", mention=True)
    there.rewrite(ada, place, "At ten.")
    there.say(ada, room, "Thanks.")
    found = heard(client, many(2))
    assert [event.kind for event in found] == [EventKind.MENTION, EventKind.MESSAGE]


def test_nobody_puts_words_into_another_ones_mouth(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str, bo: str
) -> None:
    place = there.say(ada, room, "I refuse.")
    there.rewrite(bo, place, "I agree.")
    assert texts(client.history(room)) == texts(client.thread(place)) == ["I refuse."]


def test_a_mark_of_somebody_else_presses_nothing(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str, bo: str
) -> None:
    mark = {"agent": "handbook", "hops": 3, "key": "x", "buttons": [{"id": "yes-7c1e", "label": "Accept"}]}
    event = there.send(bo, room, "m.room.message", {"msgtype": "m.text", "body": "Accept?", FIELD: mark})
    first = one(client, EventKind.MESSAGE)
    assert first.message is not None
    assert (first.message.by_agent, first.message.hops) == (True, 3)
    there.press(ada, Place(room, event), 0)
    second = one(client, EventKind.REACTION)
    assert second.detail == {"name": number_sign(1)}


def test_buttons_that_were_taken_away_are_not_pressed(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str
) -> None:
    place = client.post(grant(), room, Words("Shall I?", buttons=CHOICES))
    client.edit(grant("chat.edit"), place, Words("Done."))
    assert there.reactions(place) == []
    there.press(ada, place, 0)
    assert one(client, EventKind.REACTION).sender == ada


def test_fewer_buttons_than_before(there: MatrixWorld, client: MatrixChat, room: str, ada: str) -> None:
    place = client.post(grant(), room, Words("Shall I?", buttons=CHOICES))
    client.edit(grant("chat.edit"), place, Words("Shall I?", buttons=CHOICES[:1]))
    assert there.buttons(place) == ["Accept"]
    client.edit(grant("chat.edit"), place, Words("Shall I?", buttons=CHOICES))
    assert there.buttons(place) == ["Accept", "Refuse"]


def test_a_reply_with_the_number_presses(there: MatrixWorld, client: MatrixChat, room: str, ada: str) -> None:
    place = client.post(grant(), room, Words("Shall I?", buttons=CHOICES))
    reply = {"m.in_reply_to": {"event_id": place.message}}
    there.send(ada, room, "m.room.message", {"msgtype": "m.text", "body": " 2 ", "m.relates_to": reply})
    event = one(client, EventKind.PRESSED)
    assert (event.sender, event.detail) == (ada, {"button": "no-7c1e"})
    falling_back = {"rel_type": "m.thread", "event_id": place.message, "is_falling_back": True, **reply}
    there.send(ada, room, "m.room.message", {"msgtype": "m.text", "body": "2", "m.relates_to": falling_back})
    there.send(ada, room, "m.room.message", {"msgtype": "m.text", "body": "3", "m.relates_to": reply})
    assert [event.kind for event in heard(client, many(2))] == [EventKind.MESSAGE] * 2


def test_a_link_to_the_account_is_a_mention_where_programs_know_no_other(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str
) -> None:
    me = there.account.id
    link = f'<a href="https://matrix.to/#/{me}">Gainful</a>: hello'
    html = {"format": "org.matrix.custom.html", "formatted_body": link}
    there.send(ada, room, "m.room.message", {"msgtype": "m.text", "body": "Gainful: hello", **html})
    one(client, EventKind.MENTION)
    there.send(ada, room, "m.room.message", {"msgtype": "m.text", "body": "hello", "m.mentions": {}, **html})
    one(client, EventKind.MESSAGE)


# --- the server ---


def test_a_restart_of_the_server_in_between(
    there: MatrixWorld, client: MatrixChat, synapse: Synapse, room: str, ada: str
) -> None:
    key = grant()
    place = client.post(key, room, Words("Once."))
    there.say(ada, room, "Do not lose this.")
    (event,) = first_heard(client)
    synapse.restart()
    assert client.post(key, room, Words("Once.")) == place
    again = there.chat()
    (repeated,) = first_heard(again)
    assert repeated.id == event.id
    assert texts(again.history(room)) == ["Once.", "Do not lose this."]
    again.close()


def test_a_server_that_limits_says_how_long(
    there: MatrixWorld, client: MatrixChat, synapse: Synapse, room: str
) -> None:
    admin = synapse.register(f"admin{there.number}", admin=True)
    path = f"/_synapse/admin/v1/users/{quote(there.account.id)}/override_ratelimit"
    synapse.ask(admin, "POST", path, {"messages_per_second": 1, "burst_count": 1})
    with pytest.raises(ChatUnreachable) as caught:
        for number in range(20):
            client.post(grant(), room, Words(f"Line {number}."))
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after < timedelta(minutes=1)
    assert not caught.value.sent
    stream = client.stream(grant(), room)
    for word in ("It ", "is ", "all ", "there."):
        _patiently(stream.add, word)
    stream.finish()
    assert texts(client.history(room))[-1] == "It is all there."


def _patiently(add: Callable[[str], None], word: str) -> None:
    """Begin again until the server lets the message begin."""
    for piece in (word, *[""] * 20):
        try:
            return add(piece)
        except ChatUnreachable as error:
            assert error.retry_after is not None
            time.sleep(error.retry_after.total_seconds())
    raise AssertionError("The server never took it.")


def test_a_right_that_is_missing_is_another_thing_than_a_room(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str
) -> None:
    levels = there.ask(ada, "GET", f"v3/rooms/{quote(room)}/state/m.room.power_levels/")
    there.ask(ada, "PUT", f"v3/rooms/{quote(room)}/state/m.room.power_levels/", {**levels, "events_default": 50})
    with pytest.raises(ChatRefused, match="M_FORBIDDEN"):
        client.post(grant(), room, Words("May I?"))
    there.ask(ada, "POST", f"v3/rooms/{quote(room)}/kick", {"user_id": there.account.id})
    with pytest.raises(NoSuchRoom):
        client.post(grant(), room, Words("May I?"))
    assert client.events(A_MOMENT) == []


def test_a_token_that_is_no_longer_good(there: MatrixWorld, client: MatrixChat, room: str) -> None:
    there.ask(there.account.id, "POST", "v3/logout", {})
    with pytest.raises(ChatRefused, match="gainful secrets set matrix:test"):
        client.post(grant(), room, Words("Still here?"))


# --- looking for a post ---


def test_too_much_was_written_to_be_sure(
    there: MatrixWorld, client: MatrixChat, room: str, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "PAGE", 2)
    monkeypatch.setattr(chat, "MOST_PAGES", 2)
    key = grant()
    place = client.post(key, room, Words("Once."))
    for number in range(3):
        there.say(ada, room, f"Line {number}.")
    assert client.find(room, key.key) == place
    there.say(ada, room, "One too many.")
    with pytest.raises(ChatUnreachable):
        client.find(room, key.key)
    assert client.find(room, key.key, since=datetime.now(UTC) + timedelta(hours=1)) is None


def test_a_stream_begun_again_under_its_key_is_the_same_message(
    there: MatrixWorld, client: MatrixChat, room: str
) -> None:
    key = grant()
    client.stream(key, room, agent="handbook").add("Half of ")
    again = there.chat()
    stream = again.stream(key, room, agent="handbook")
    stream.add("All of it.")
    place = stream.finish()
    assert texts(again.history(room)) == ["All of it."]
    assert again.find(room, key.key) == place
    again.close()


def test_people_see_that_an_agent_wrote_it(there: MatrixWorld, client: MatrixChat, room: str) -> None:
    client.post(grant(), room, Words("Yes.", agent="handbook"))
    (shown,) = there.texts(room)
    assert shown == "Yes.\n\n(handbook, an agent)"
