"""The client against the imitation, while things go wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from gainful.connectors.slack import SlackChat
from gainful.connectors.slack.errors import SlackUnset
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import system_clock
from gainful.core.errors import Broken
from gainful.sdk.chat import ChatEvent, ChatRefused, ChatUnreachable, EventKind, NoSuchRoom, Place, Words
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret
from tests.fixtures.waiting import GIVEN_UP
from tests.unit.connectors.slack.conftest import Open
from tests.unit.connectors.slack.hurried import HurriedClock

POST, OPEN = "chat.postMessage", "apps.connections.open"


def heard(chat: SlackChat, enough: Callable[[list[ChatEvent]], bool] = bool) -> list[ChatEvent]:
    """Events, each as often as it comes."""
    found: list[ChatEvent] = []
    until = time.monotonic() + GIVEN_UP
    while not enough(found) and time.monotonic() < until:
        with suppress(ChatUnreachable):
            found += chat.events(timedelta(seconds=0.2))
    return found


def connected(slack: FakeSlack, chat: SlackChat, times: int = 1) -> SlackChat:
    """The client, once a socket is open, the first one or a later."""
    until = time.monotonic() + GIVEN_UP
    while (not slack.connections() or len(slack.calls(OPEN)) < times) and time.monotonic() < until:
        with suppress(ChatUnreachable):
            chat.events(timedelta(seconds=0.05))
    return chat


def settled(slack: FakeSlack, chat: SlackChat) -> list[ChatEvent]:
    """Events, until everything that was sent has been acknowledged."""
    found: list[ChatEvent] = []
    until = time.monotonic() + GIVEN_UP
    while slack.unacknowledged() and time.monotonic() < until:
        found += chat.events(timedelta(seconds=0.05))
    assert not slack.unacknowledged()
    return found


# --- hearing ---


def test_nothing_is_acknowledged_before_the_next_batch_is_asked_for(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.say("ada", "help", "@gainful hello")
    assert len(heard(chat)) == 1
    assert len(slack.unacknowledged()) == 2
    settled(slack, chat)


def test_the_same_event_sent_four_times_has_one_id(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.faults.duplicate = True
    slack.react("ada", "help", slack.say("ada", "help", "hello"), "eyes")
    slack.lapse()
    slack.lapse()
    found = settled(slack, chat)
    slack.repeat()
    found += settled(slack, chat)
    assert {event.kind for event in found} == {EventKind.MESSAGE, EventKind.REACTION}
    assert len({event.id for event in found}) == 2
    assert [len(sent.tries) for sent in slack.sent()] == [4, 4]


def test_events_that_change_places(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.faults.shuffled = True
    slack.say("ada", "help", "first")
    slack.say("ada", "help", "second")
    found = heard(chat, lambda events: len(events) == 2)
    assert [event.message.text for event in found if event.message] == ["second", "first"]


def test_events_that_come_late(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.faults.late = 0.3
    slack.say("ada", "help", "late")
    assert chat.events(timedelta(seconds=0.05)) == []
    assert [event.message.text for event in heard(chat) if event.message] == ["late"]


def test_an_event_that_is_cut_in_half_comes_again(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.faults.half_frame = 1
    slack.say("ada", "help", "hello")
    connected(slack, chat, times=2)
    slack.lapse()
    (event,) = heard(chat)
    assert event.message is not None
    assert event.message.text == "hello"


@pytest.mark.parametrize("how", ["hang_up", "break_off"])
def test_a_socket_that_is_gone_is_opened_again(slack: FakeSlack, chat: SlackChat, how: str) -> None:
    connected(slack, chat)
    getattr(slack, how)()
    connected(slack, chat, times=2)
    slack.say("ada", "help", "still there?")
    assert [event.message.text for event in heard(chat) if event.message] == ["still there?"]
    settled(slack, chat)


def test_a_ticket_that_was_lost_is_asked_for_anew(slack: FakeSlack, chat: SlackChat) -> None:
    # The first ticket is spent by nobody: the library would try it for ever.
    slack.sockets.tickets = LosesTheFirst()
    slack.api._tickets = slack.sockets.tickets
    connected(slack, chat)
    assert slack.connections() == 1
    assert len(slack.calls(OPEN)) >= 2


def test_a_socket_that_cannot_be_opened_is_told_after_a_while(slack: FakeSlack, chat: SlackChat) -> None:
    class LosesAll(set[str]):
        def add(self, ticket: str) -> None:
            """Forget it."""

    slack.sockets.tickets = slack.api._tickets = LosesAll()
    with pytest.raises(ChatUnreachable, match="sockets"):
        for _ in range(1200):
            chat.events(timedelta(seconds=0.1))


class LosesTheFirst(set[str]):
    """Forgets the first ticket."""

    lost = False

    def add(self, ticket: str) -> None:
        if self.lost:
            super().add(ticket)
        self.lost = True


def test_a_token_that_is_revoked_is_told(slack: FakeSlack, opened: Open) -> None:
    slack.faults.revoked = True
    with pytest.raises(ChatRefused, match="token_revoked"):
        opened().events(timedelta(seconds=20))


def test_a_server_that_is_not_there_is_told_after_the_wait(slack: FakeSlack, opened: Open) -> None:
    slack.faults.unreachable = True
    chat = opened()
    with pytest.raises(ChatUnreachable):
        for _ in range(1200):
            chat.events(timedelta(seconds=0.1))
    slack.faults.unreachable = False
    connected(slack, chat)
    assert chat.events(timedelta(0)) == []


def test_a_token_that_is_missing_is_told(opened: Open) -> None:
    with pytest.raises(SlackUnset, match="app-level"):
        opened(app=None).events(timedelta(seconds=20))
    with pytest.raises(SlackUnset, match="bot token"):
        opened(bot=Handle.of(None)).me()


@pytest.mark.parametrize("token", ["xoxb-1\nX-Other: 1", "xoxb-ä", " ", "xoxb-\x00"])
def test_a_token_that_can_be_none_is_told_and_not_shown(slack: FakeSlack, opened: Open, token: str) -> None:
    with pytest.raises(SlackUnset) as caught:
        opened(bot=Handle.of(Secret("slack:bot", token))).me()
    assert not token.strip() or token not in str(caught.value)
    assert slack.calls() == []


def test_closing_ends_what_waits(slack: FakeSlack) -> None:
    chat = SlackChat(slack.access(), system_clock)
    slack.faults.limited, slack.faults.retry_after = 1, 25
    later = threading.Timer(0.3, chat.close)
    later.start()
    with pytest.raises(ChatUnreachable, match="closed"):
        chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("Hello."))
    later.join()


def test_without_a_socket_none_is_opened(slack: FakeSlack, opened: Open) -> None:
    assert opened(socket=False).events(timedelta(0)) == []
    assert slack.calls() == []


# --- posting once ---


def test_an_answer_that_is_lost_is_looked_for_before_the_next_try(slack: FakeSlack, chat: SlackChat) -> None:
    room, grant = slack.channel("help"), Grant("run1:reply", "chat.post")
    slack.faults.lose_answers = 1
    with pytest.raises(ChatUnreachable) as caught:
        chat.post(grant, room, Words("Once."))
    assert caught.value.sent
    place = chat.post(grant, room, Words("Once."))
    (post,) = slack.by_bot("help")
    assert place == Place(room, post.ts)


def test_a_request_that_never_arrived_is_made_again(slack: FakeSlack, chat: SlackChat) -> None:
    room, grant = slack.channel("help"), Grant("run1:reply", "chat.post")
    slack.faults.drop_requests = 1
    with pytest.raises(ChatUnreachable):
        chat.post(grant, room, Words("Once."))
    chat.post(grant, room, Words("Once."))
    assert len(slack.by_bot("help")) == 1


def test_a_post_that_slack_may_still_be_busy_with_is_not_repeated(slack: FakeSlack, opened: Open) -> None:
    chat = opened(settle=timedelta(seconds=60))
    room, grant = slack.channel("help"), Grant("run1:reply", "chat.post")
    slack.faults.drop_requests = 1
    with pytest.raises(ChatUnreachable):
        chat.post(grant, room, Words("Once."))
    with pytest.raises(ChatUnreachable) as caught:
        chat.post(grant, room, Words("Once."))
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > timedelta(seconds=50)
    assert slack.by_bot("help") == []


def test_a_server_error_may_hide_a_post(slack: FakeSlack, chat: SlackChat) -> None:
    slack.faults.failing = 1
    with pytest.raises(ChatUnreachable, match="HTTP 500") as caught:
        chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("Hello."))
    assert caught.value.sent


def test_somebody_else_with_our_key_is_not_us(slack: FakeSlack, chat: SlackChat) -> None:
    room = slack.channel("help")
    ours = chat.post(Grant("first", "chat.post"), room, Words("Ours."))
    for post in slack.posts("help"):
        post.user, post.bot_id = slack.member("bo"), "B99999999"
    fresh = chat.find(room, "first")
    assert ours is not None
    assert fresh is None


def test_a_key_is_looked_for_page_by_page_and_not_for_ever(
    slack: FakeSlack, chat: SlackChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gainful.connectors.slack import archive

    room = slack.channel("help")
    chat.post(Grant("old", "chat.post"), room, Words("Old."))
    for number in range(12):
        slack.say("ada", "help", f"Line {number}.")
    monkeypatch.setattr(archive, "PAGE", 5)
    assert chat.find(room, "old") is not None
    assert chat.find(room, "none") is None
    monkeypatch.setattr(archive, "MOST_PAGES", 2)
    with pytest.raises(ChatUnreachable, match="More was posted"):
        chat.find(room, "none")
    assert [message.text for message in chat.history(room, limit=7)] == [f"Line {number}." for number in range(5, 12)]


# --- limits ---


def test_slack_says_too_many_and_is_waited_for(slack: FakeSlack, chat: SlackChat, clock: HurriedClock) -> None:
    slack.faults.limited, slack.faults.retry_after = 2, 7
    chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("Hello."))
    assert clock.slept == [7.0, 7.0]
    assert [call.status for call in slack.calls(POST)] == [429, 429, 200]


def test_a_wait_beyond_patience_is_told(slack: FakeSlack, chat: SlackChat, clock: HurriedClock) -> None:
    slack.faults.limited, slack.faults.retry_after = 1, 90
    with pytest.raises(ChatUnreachable) as caught:
        chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("Hello."))
    assert (caught.value.sent, caught.value.retry_after) == (False, timedelta(seconds=90))
    assert clock.slept == []
    clock.now += 90
    chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("Hello."))
    assert len(slack.by_bot("help")) == 1


def test_our_own_pace_keeps_slack_from_complaining(clock: HurriedClock) -> None:
    with FakeSlack(limits=True, ticks=clock) as slack:
        chat = SlackChat(slack.access(), system_clock, ticks=clock, sleep=clock.sleep)
        for number in range(8):
            chat.post(Grant(f"k{number}", "chat.post"), slack.channel("help"), Words(f"Line {number}."))
        for _ in range(55):
            chat.history(slack.channel("help"))
        chat.close()
        assert [call for call in slack.calls() if call.status == 429] == []
    assert sum(clock.slept) > 60


# --- as whom ---


def test_as_a_person_and_marked_all_the_same(slack: FakeSlack, opened: Open) -> None:
    chat = opened(person=Handle.of(Secret("slack:person", slack.person_token("ada"))))
    room = slack.channel("help")
    place = chat.post(Grant("k", "chat.post"), room, Words("On my behalf.", agent="scribe"))
    (post,) = slack.posts("help")
    assert post.user == slack.member("ada")
    assert any("scribe" in str(block) for block in post.blocks)
    assert chat.find(room, "k") == place
    (message,) = chat.history(room)
    assert message.by_agent
    stream = chat.stream(Grant("k2", "chat.post"), room, thread=place.message, to=slack.member("bo"))
    stream.add("Growing.")
    stream.finish()
    assert slack.calls("chat.startStream") == []


def test_a_person_who_writes_themselves_is_heard(slack: FakeSlack, opened: Open) -> None:
    chat = connected(slack, opened(person=Handle.of(Secret("slack:person", slack.person_token("ada")))))
    chat.post(Grant("k", "chat.post"), slack.channel("help"), Words("By the agent.", agent="scribe"))
    slack.say("ada", "help", "By myself.")
    assert [event.message.text for event in heard(chat) if event.message] == ["By myself."]


# --- answers, people ---


def test_an_answer_goes_on_when_its_address_is_used_up(slack: FakeSlack, chat: SlackChat) -> None:
    connected(slack, chat)
    slack.command("ada", "help", "/ask", "why")
    (event,) = heard(chat)
    for number in range(6):
        chat.answer(Grant("k", "chat.answer"), event, f"Answer {number}.")
    assert len(slack.calls("chat.postEphemeral")) == 1
    assert len(slack.whispers("ada")) == 6


def test_a_large_room_is_asked_for_as_a_list(slack: FakeSlack, chat: SlackChat) -> None:
    for number in range(30):
        slack.add_person(f"person{number}", "help")
    assert len(chat.members(slack.channel("help"))) == 33
    assert len(slack.calls("users.info")) == 0
    chat.members(slack.channel("help"))
    assert len(slack.calls("users.list")) == 1


def test_two_people_of_one_name_are_nobody(slack: FakeSlack, chat: SlackChat) -> None:
    slack.add_person("cy")
    slack.workspace.users[slack.add_person("cyrus")].real_name = "cy"
    assert chat.find_member("cy") is None
    assert chat.find_member("@Cyrus") is not None


def test_a_name_proves_nothing_where_there_are_too_many(
    slack: FakeSlack, chat: SlackChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gainful.connectors.slack import people

    monkeypatch.setattr(people, "MOST_PAGES", 1)
    for number in range(250):
        slack.workspace.add_user(f"person{number}")
    assert chat.find_member("ada") is None
    assert chat.find_member("ada@example.org") is not None


def test_addresses_that_may_not_be_looked_up(slack: FakeSlack, chat: SlackChat) -> None:
    slack.faults.missing_scopes = {"users:read.email"}
    assert chat.find_member("ada@example.org") is None
    assert chat.member(slack.member("ada")).address == ""


def test_a_scope_that_is_missing_is_named(slack: FakeSlack, chat: SlackChat) -> None:
    slack.faults.missing_scopes = {"reactions:write"}
    place = Place(slack.channel("help"), slack.say("ada", "help", "hello"))
    with pytest.raises(ChatRefused, match="reactions:write"):
        chat.react(Grant("k", "chat.react"), place, "eyes")


def test_a_channel_without_the_app(slack: FakeSlack, chat: SlackChat) -> None:
    with pytest.raises(ChatRefused, match="not_in_channel"):
        chat.post(Grant("k", "chat.post"), slack.channel("general"), Words("Hello."))
    with pytest.raises(NoSuchRoom):
        chat.post(Grant("k", "chat.post"), "C404", Words("Hello."))


def test_history_leaves_out_what_slack_tells_of_a_channel(slack: FakeSlack, chat: SlackChat) -> None:
    slack.say("ada", "help", "Hello.")
    assert [
        message.text for message in chat.history(slack.channel("help"), since=datetime(2020, 1, 1, tzinfo=UTC))
    ] == ["Hello."]


def test_a_closed_connection_is_not_used(opened: Open) -> None:
    chat = opened()
    chat.close()
    with pytest.raises(Broken):
        chat.me()
    assert chat.events(timedelta(seconds=5)) == []
