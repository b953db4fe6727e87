"""The part of the chat contract that says things: posts, edits, reactions, messages that grow."""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from gainful.sdk.chat import (
    Chat,
    ChatRefused,
    ChatUnreachable,
    NoSuchRoom,
    Words,
    WordsTooLong,
)
from gainful.sdk.testing.chat_world import (
    CHOICES,
    ChatFixtures,
    ChatWorld,
    grant,
    texts,
)


class SayingContract(ChatFixtures):
    """What holds for whatever a chat is made to say."""

    # --- posting ---

    def test_a_post_is_seen_and_read(self, there: ChatWorld, chat: Chat, room: str) -> None:
        place = chat.post(grant(), room, Words("Done: 3 of 4 < 5 & more."))
        (seen,) = there.texts(room)
        assert "Done: 3 of 4 < 5 & more." in seen
        (found,) = chat.history(room)
        assert (found.place, found.text, found.sender) == (place, "Done: 3 of 4 < 5 & more.", chat.me().id)

    @pytest.mark.parametrize(
        "text", ["Grüße, 日本語, 🎉", "One.\nTwo.\n\nThree.", "a_b_c 2*3*4 `code`", "https://example.org/?a=1&b=2"]
    )
    def test_text_comes_back_as_it_was(self, chat: Chat, room: str, text: str) -> None:
        chat.post(grant(), room, Words(text, agent="handbook"))
        assert texts(chat.history(room)) == [text]

    def test_a_post_into_a_thread(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "Who has the key?")
        place = chat.post(grant(), room, Words("The desk."), thread=root.message)
        assert place.thread == root.message
        assert texts(chat.history(room)) == ["Who has the key?"]
        assert [message.place for message in chat.thread(root)] == [root, place]

    def test_the_same_key_is_the_same_message(self, there: ChatWorld, chat: Chat, room: str) -> None:
        once, other = grant(), grant()
        assert chat.post(once, room, Words("Once.")) == chat.post(once, room, Words("Once."))
        chat.post(other, room, Words("Once."))
        assert len(there.texts(room)) == 2

    def test_a_post_is_found_by_its_key(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        before = datetime.now(UTC) - timedelta(minutes=1)
        root = there.say(ada, room, "Who has the key?")
        plain, threaded = grant(), grant()
        first = chat.post(plain, room, Words("In the room."))
        second = chat.post(threaded, room, Words("In the thread."), thread=root.message)
        chat.edit(grant("chat.edit"), first, Words("In the room, changed."))
        again = there.chat()
        assert again.find(room, plain.key, since=before) == first
        assert again.find(room, threaded.key, thread=root.message, since=before) == second
        assert again.find(room, "never-used", since=before) is None
        assert again.find(room, "never-used", thread=root.message, since=before) is None
        again.close()

    def test_what_was_taken_and_not_answered_is_found_and_not_repeated(
        self, there: ChatWorld, chat: Chat, room: str
    ) -> None:
        before, key = datetime.now(UTC) - timedelta(minutes=1), grant()
        there.lose_answer()
        with pytest.raises(ChatUnreachable) as caught:
            chat.post(key, room, Words("Once."))
        assert caught.value.sent
        again = there.chat()
        place = again.find(room, key.key, since=before)
        assert place is not None
        assert texts(again.history(room)) == ["Once."]
        assert [message.place for message in again.history(room)] == [place]
        again.close()

    def test_a_post_to_nowhere(self, there: ChatWorld, chat: Chat) -> None:
        with pytest.raises(NoSuchRoom):
            chat.post(grant(), there.nowhere, Words("Hello?"))

    def test_too_many_words(self, there: ChatWorld, chat: Chat, room: str) -> None:
        with pytest.raises(WordsTooLong):
            chat.post(grant(), room, Words("long " * 50_000))
        assert there.texts(room) == []

    def test_several_threads_share_a_client(self, chat: Chat, room: str) -> None:
        failed: list[BaseException] = []

        def post(worker: int) -> None:
            try:
                for number in range(3):
                    chat.post(grant(), room, Words(f"{worker} {number}"))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=post, args=(worker,)) for worker in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert sorted(texts(chat.history(room))) == sorted(f"{w} {n}" for w in range(3) for n in range(3))

    # --- marks and mentions ---

    def test_the_mark_of_an_agent_comes_back(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "Anybody?")
        chat.post(grant(), room, Words("Yes.", agent="handbook", hops=1), thread=root.message)
        chat.post(grant(), room, Words("And here.", agent="handbook", hops=4))
        found = [*chat.thread(root), chat.history(room)[-1]]
        assert [(message.by_agent, message.hops) for message in found] == [(False, 0), (True, 1), (True, 4)]

    def test_whom_a_post_names_it_calls(self, there: ChatWorld, chat: Chat, room: str, ada: str, bo: str) -> None:
        place = chat.post(grant(), room, Words("Please look.", mention=(ada, bo)))
        assert sorted(there.called(place)) == sorted([ada, bo])
        (found,) = chat.history(room)
        assert sorted(found.mentions) == sorted([ada, bo])
        assert "Please look." in found.text

    def test_words_alone_call_nobody(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        everybody = "@channel @here @everyone @room <!channel> <!here|here> <!subteam^S1|@all>"
        place = chat.post(grant(), room, Words(f"{everybody} {there.in_text(ada)} look"))
        assert there.called(place) == []
        other = chat.post(grant(), room, Words("Quiet."))
        chat.edit(grant("chat.edit"), other, Words(f"{everybody} {there.in_text(ada)}"))
        assert there.called(other) == []

    # --- changing ---

    def test_an_edit_puts_other_words_in_place(self, there: ChatWorld, chat: Chat, room: str) -> None:
        place = chat.post(grant(), room, Words("Working on it.", agent="handbook", hops=1))
        chat.edit(grant("chat.edit"), place, Words("Done.", agent="handbook", hops=1))
        (seen,) = there.texts(room)
        assert "Done." in seen
        (found,) = chat.history(room)
        assert (found.place, found.text, found.by_agent, found.hops) == (place, "Done.", True, 1)

    def test_an_edit_within_a_thread(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "How far?")
        place = chat.post(grant(), room, Words("Half."), thread=root.message)
        chat.edit(grant("chat.edit"), place, Words("All."))
        assert texts(chat.thread(root)) == ["How far?", "All."]
        assert texts(chat.history(room)) == ["How far?"]

    def test_only_own_messages_are_edited(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = there.say(ada, room, "Mine.")
        with pytest.raises(ChatRefused):
            chat.edit(grant("chat.edit"), place, Words("Not yours."))
        assert there.texts(room) == ["Mine."]

    def test_a_message_that_is_not_there_is_not_edited(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = there.say(ada, room, "Gone.")
        there.remove(ada, place)
        with pytest.raises((NoSuchRoom, ChatRefused)):
            chat.edit(grant("chat.edit"), place, Words("Back."))
        assert there.texts(room) == []

    def test_a_reaction_twice_is_one(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = there.say(ada, room, "Please look.")
        once = grant("chat.react")
        for key in (once, once, grant("chat.react")):
            chat.react(key, place, "eyes")
        chat.react(grant("chat.react"), place, "white_check_mark")
        me = chat.me().id
        assert sorted(there.reactions(place)) == [(me, "eyes"), (me, "white_check_mark")]

    def test_a_reaction_to_nothing(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        place = there.say(ada, room, "Gone.")
        there.remove(ada, place)
        with pytest.raises(NoSuchRoom):
            chat.react(grant("chat.react"), place, "eyes")

    # --- a message that grows ---

    def test_a_stream_grows_and_finishes(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        root = there.say(ada, room, "Tell me.")
        stream = chat.stream(grant(), room, thread=root.message, agent="handbook", hops=1, to=ada)
        stream.add("First part. ")
        assert "First part." in there.texts(room)[-1]
        stream.add("Second part.")
        assert "First part. Second part." in there.texts(room)[-1]
        place = stream.finish()
        assert len(there.texts(room)) == 2
        found = chat.thread(root)[-1]
        assert (found.place, found.text) == (place, "First part. Second part.")
        assert (found.by_agent, found.hops) == (True, 1)

    def test_a_stream_outside_of_a_thread_with_buttons(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        stream = chat.stream(grant(), room, to=ada)
        for word in ("Shall ", "I ", "send ", "it?"):
            stream.add(word)
        place = stream.finish(CHOICES)
        assert texts(chat.history(room)) == ["Shall I send it?"]
        assert there.buttons(place) == ["Accept", "Refuse"]

    def test_a_stream_calls_nobody(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        stream = chat.stream(grant(), room, to=ada)
        for part in ("@chan", "nel and @ro", "om ", there.in_text(ada)):
            stream.add(part)
        assert there.called(stream.finish()) == []

    def test_a_stream_is_found_by_its_key(self, there: ChatWorld, chat: Chat, room: str, ada: str) -> None:
        before, key, cut = datetime.now(UTC) - timedelta(minutes=1), grant(), grant()
        root = there.say(ada, room, "Tell me.")
        stream = chat.stream(key, room, thread=root.message, to=ada)
        stream.add("Everything.")
        place = stream.finish()
        chat.stream(cut, room, thread=root.message, to=ada).add("Half of i")
        again = there.chat()
        assert again.find(room, key.key, thread=root.message, since=before) == place
        half = again.find(room, cut.key, thread=root.message, since=before)
        assert half is not None
        again.edit(grant("chat.edit"), half, Words("The whole."))
        assert texts(again.thread(root)) == ["Tell me.", "Everything.", "The whole."]
        again.close()
