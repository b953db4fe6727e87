"""The contract that every chat connector fulfils, as test classes to inherit. Needs pytest.

A connector's test derives from `ChatContract`, or from `CommandContract` where the server has slash commands, and
hands in a `ChatWorld`. Nothing is skipped: a connector whose server has no commands says so by the class that it
derives from, and all the rest holds for everybody.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from gainful.sdk.chat import (
    Chat,
    ChatUnreachable,
    EventKind,
    NoSuchRoom,
    Place,
    RoomKind,
    Words,
)
from gainful.sdk.testing.chat_saying import SayingContract
from gainful.sdk.testing.chat_world import (
    A_MOMENT,
    CHOICES,
    ChatWorld,
    CommandWorld,
    first_heard,
    grant,
    heard,
    listen,
    one,
    texts,
)

__all__ = ["ChatContract", "ChatWorld", "CommandContract", "CommandWorld", "grant", "heard", "listen"]


class ChatContract(SayingContract):
    """What holds for every chat."""

    # --- who and where ---

    def test_it_is_a_chat(self, chat: Chat) -> None:
        assert isinstance(chat, Chat)
        assert chat.me().id
        assert chat.member(chat.me().id).id == chat.me().id

    def test_rooms_tell_who_can_read_along(self, there: ChatWorld, chat: Chat, ada: str) -> None:
        public, private = there.room(ada), there.room(ada, private=True)
        kinds = {room.id: room.kind for room in chat.rooms()}
        assert kinds[public] is RoomKind.PUBLIC
        assert kinds[private] is RoomKind.PRIVATE
        assert there.nowhere not in kinds

    def test_members_are_those_who_are_there(self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str) -> None:
        there.person("cy")
        assert {member.id for member in chat.members(room)} == {chat.me().id, ada, bo}
        assert {member.name for member in chat.members(room)} >= {there.name_of(ada), there.name_of(bo)}
        with pytest.raises(NoSuchRoom):
            chat.members(there.nowhere)

    @pytest.mark.usefixtures("room")
    def test_one_member_by_id(self, there: ChatWorld, chat: Chat, ada: str) -> None:
        found = chat.member(ada)
        assert (found.id, found.name, found.is_bot) == (ada, there.name_of(ada), False)
        assert found.address == (there.address_of(ada) if there.tells_addresses else "")
        with pytest.raises(NoSuchRoom):
            chat.member(there.nobody)

    @pytest.mark.usefixtures("room")
    def test_a_member_is_found_by_exactly_their_name(self, there: ChatWorld, chat: Chat, ada: str) -> None:
        name = there.name_of(ada)
        found = chat.find_member(name)
        assert found is not None
        assert found.id == ada
        for other in (name[:-1], f"{name}x", "", " ", "*", there.nobody):
            assert chat.find_member(other) is None

    @pytest.mark.usefixtures("room")
    def test_a_member_is_found_by_address_where_the_server_tells_it(
        self, there: ChatWorld, chat: Chat, ada: str
    ) -> None:
        found = chat.find_member(there.address_of(ada))
        assert (found.id if found else None) == (ada if there.tells_addresses else None)

    def test_a_conversation_is_opened_once(self, there: ChatWorld, chat: Chat, ada: str) -> None:
        first, second = chat.direct(grant("chat.direct"), ada), chat.direct(grant("chat.direct"), ada)
        assert first == second
        assert first.kind is RoomKind.DIRECT
        assert first.id in {found.id for found in chat.rooms()}
        chat.post(grant(), first.id, Words("Between us."))
        assert "Between us." in there.private_to(ada)
        with pytest.raises(NoSuchRoom):
            chat.direct(grant("chat.direct"), there.nobody)

    # --- reading ---

    def test_history_has_the_oldest_first(self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str) -> None:
        before = datetime.now(UTC)
        places = [there.say(who, room, f"Line {number}.") for number, who in enumerate((ada, bo, ada))]
        found = chat.history(room)
        assert texts(found) == ["Line 0.", "Line 1.", "Line 2."]
        assert [message.sender for message in found] == [ada, bo, ada]
        assert [message.place for message in found] == places
        assert all(not message.by_agent and message.hops == 0 for message in found)
        assert all(message.at.utcoffset() == timedelta(0) for message in found)
        assert all(abs(message.at - before) < timedelta(minutes=2) for message in found)

    def test_history_is_the_newest_and_since(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        for number in range(5):
            there.say(ada, room, f"Line {number}.")
        third = chat.history(room)[2].at
        assert texts(chat.history(room, limit=2)) == ["Line 3.", "Line 4."]
        assert texts(chat.history(room, since=third)) == ["Line 2.", "Line 3.", "Line 4."]
        assert texts(chat.history(room, since=third, limit=1)) == ["Line 4."]
        assert chat.history(room, since=datetime.now(UTC) + timedelta(hours=1)) == []

    def test_history_leaves_threads_out(self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str) -> None:
        root = there.say(ada, room, "Who has the key?")
        there.say(bo, room, "I have.", thread=root.message)
        there.say(ada, room, "Lunch?")
        assert texts(chat.history(room)) == ["Who has the key?", "Lunch?"]
        assert [message.place.thread for message in chat.history(room)] == ["", ""]

    def test_a_thread_from_its_first_message_or_another(
        self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str
    ) -> None:
        root = there.say(ada, room, "Who has the key?")
        there.say(ada, room, "Lunch?")
        replies = [there.say(bo, room, f"Answer {number}.", thread=root.message) for number in range(4)]
        wanted = ["Who has the key?", "Answer 0.", "Answer 1.", "Answer 2.", "Answer 3."]
        found = chat.thread(root)
        assert texts(found) == texts(chat.thread(replies[2])) == wanted
        assert [message.place for message in found] == [root, *replies]
        assert {message.place.thread for message in found[1:]} == {root.message}
        assert texts(chat.thread(root, limit=3)) == ["Who has the key?", "Answer 2.", "Answer 3."]

    def test_a_message_without_answers_is_a_thread_of_one(
        self, there: ChatWorld, chat: Chat, room: str, ada: str
    ) -> None:
        assert texts(chat.thread(there.say(ada, room, "Anybody?"))) == ["Anybody?"]

    def test_what_people_change_or_remove_is_read_so(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        first, second = there.say(ada, room, "At nine."), there.say(ada, room, "A slip.")
        there.rewrite(ada, first, "At ten.")
        there.remove(ada, second)
        (found,) = chat.history(room)
        assert (found.place, found.text) == (first, "At ten.")

    def test_a_room_that_is_not_there_is_not_read(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "Here.")
        with pytest.raises(NoSuchRoom):
            chat.history(there.nowhere)
        with pytest.raises(NoSuchRoom):
            chat.thread(Place(there.nowhere, root.message))

    # --- hearing ---

    def test_a_mention_is_heard_as_one(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = there.say(ada, room, "what does it cost?", mention=True)
        event = one(chat, EventKind.MENTION)
        assert (event.sender, event.room) == (ada, room)
        assert event.message is not None
        assert event.message.place == place
        assert "what does it cost?" in event.message.text
        assert chat.me().id in event.message.mentions
        assert event.at.utcoffset() == timedelta(0)

    def test_a_message_in_a_room_and_in_a_thread(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "Lunch?")
        there.say(ada, room, "Anybody?", thread=root.message)
        first, second = heard(chat, lambda found: len(found) == 2)
        assert {first.kind, second.kind} == {EventKind.MESSAGE}
        by_text = {event.message.text: event.message.place for event in (first, second) if event.message}
        assert by_text["Lunch?"] == root
        assert by_text["Anybody?"].thread == root.message

    def test_what_is_said_directly(self, there: ChatWorld, chat: Chat, ada: str) -> None:
        place = there.say_directly(ada, "Between us.")
        event = one(chat, EventKind.DIRECT)
        assert (event.sender, event.room) == (ada, place.room)
        assert event.message is not None
        assert event.message.text == "Between us."
        assert chat.direct(grant("chat.direct"), ada).id == place.room

    def test_a_reaction_is_heard(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = chat.post(grant(), room, Words("Was this right?", agent="handbook"))
        there.react(ada, place, "white_check_mark")
        event = one(chat, EventKind.REACTION)
        assert (event.sender, event.room, event.detail["name"]) == (ada, room, "white_check_mark")
        assert event.message is not None
        assert event.message.place == place

    def test_own_doing_is_not_heard(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = chat.post(grant(), room, Words("Said by myself."))
        chat.edit(grant("chat.edit"), place, Words("Changed by myself."))
        chat.react(grant("chat.react"), place, "eyes")
        there.say(ada, room, "And I.")
        (event,) = heard(chat, bool)
        assert event.sender == ada

    def test_what_comes_again_has_the_same_id(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        there.say(ada, room, "One.")
        there.say(ada, room, "Two.")
        ids = {event.id for event in heard(chat, lambda found: len(found) == 2)}
        listen(chat)
        there.repeat()
        assert {event.id for event in chat.events(A_MOMENT)} <= ids

    def test_what_was_not_acknowledged_comes_to_the_next_process(
        self, there: ChatWorld, chat: Chat, room: str, ada: str
    ) -> None:
        place = there.say(ada, room, "Do not lose this.")
        (event,) = first_heard(chat)
        again = there.chat()
        (repeated,) = first_heard(again)
        assert repeated.id == event.id
        assert repeated.message is not None
        assert repeated.message.place == place
        assert again.events(A_MOMENT) == []
        again.close()
        third = there.chat()
        assert third.events(A_MOMENT) == []
        third.close()

    def test_what_happens_while_nobody_listens_is_heard_later(
        self, there: ChatWorld, chat: Chat, room: str, ada: str
    ) -> None:
        chat.close()
        for number in range(3):
            there.say(ada, room, f"Line {number}.")
        again = there.chat()
        found = heard(again, lambda found: len(found) == 3)
        assert sorted(event.message.text for event in found if event.message) == ["Line 0.", "Line 1.", "Line 2."]
        again.close()

    def test_waiting_ends_with_the_time_and_with_an_event(
        self, there: ChatWorld, chat: Chat, room: str, ada: str
    ) -> None:
        assert chat.events(A_MOMENT) == []
        later = threading.Timer(0.3, there.say, [ada, room, "Now."])
        later.start()
        try:
            assert len(heard(chat, bool)) == 1
        finally:
            later.join()

    # --- buttons ---

    def test_a_press_tells_who_and_which(self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str) -> None:
        root = there.say(ada, room, "Please send it.")
        place = chat.post(grant(), room, Words("Shall I send it?", agent="post", buttons=CHOICES), thread=root.message)
        listen(chat)
        assert there.buttons(place) == ["Accept", "Refuse"]
        assert texts(chat.thread(root)) == ["Please send it.", "Shall I send it?"]
        there.press(bo, place, 1)
        event = one(chat, EventKind.PRESSED)
        assert (event.sender, event.room, event.detail["button"]) == (bo, room, "no-7c1e")
        assert event.message is not None
        assert event.message.place == place

    def test_the_answer_to_a_press_is_for_that_person(
        self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str
    ) -> None:
        place = chat.post(grant(), room, Words("Shall I send it?", buttons=CHOICES))
        there.press(bo, place, 0)
        chat.answer(grant("chat.answer"), one(chat, EventKind.PRESSED), "You may not decide that.")
        assert "You may not decide that." in there.private_to(bo)
        assert "You may not decide that." not in there.private_to(ada)
        assert not any("You may not decide that." in text for text in there.texts(room))

    def test_an_edit_takes_buttons_away(self, there: ChatWorld, chat: Chat, room: str) -> None:
        place = chat.post(grant(), room, Words("Shall I send it?", buttons=CHOICES))
        chat.edit(grant("chat.edit"), place, Words("Sent.", buttons=()))
        assert there.buttons(place) == []
        assert texts(chat.history(room)) == ["Sent."]

    # --- trouble ---

    def test_a_server_that_is_not_there(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        there.cut()
        with pytest.raises(ChatUnreachable):
            chat.post(grant(), room, Words("Hello?"))
        with pytest.raises(ChatUnreachable):
            chat.history(room)
        with pytest.raises(ChatUnreachable):
            chat.find(room, "some-key")
        there.mend()
        assert there.texts(room) == []
        chat.post(grant(), room, Words("Hello."))
        there.say(ada, room, "Hello yourself.")
        heard(chat, lambda found: any(event.sender == ada for event in found))

    def test_closing_twice_is_fine(self, chat: Chat) -> None:
        chat.close()
        chat.close()


class CommandContract(ChatContract):
    """What holds for every chat with slash commands."""

    def command_world(self) -> CommandWorld:
        """The world of one test."""
        raise NotImplementedError

    def world(self) -> ChatWorld:
        """The same."""
        return self.command_world()

    def test_a_command_is_heard_and_answered(self) -> None:
        there = self.command_world()
        chat = listen(there.chat())
        ada, bo = there.person("ada"), there.person("bo")
        room = there.room(ada, bo)
        listen(chat)
        there.command(ada, room, "what does it cost?")
        event = one(chat, EventKind.COMMAND)
        assert (event.sender, event.room, event.message) == (ada, room, None)
        assert dict(event.detail) == {"command": "/ask", "text": "what does it cost?"}
        chat.answer(grant("chat.answer"), event, "Nothing.")
        assert "Nothing." in there.private_to(ada)
        assert not any("Nothing." in text for text in [*there.texts(room), *there.private_to(bo)])
        chat.close()
