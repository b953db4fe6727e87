from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from gainful.sdk.chat import Button, ChatEvent, EventKind, Message, Place, Words
from gainful.storage.chat.card_store import Card, CardStore
from gainful.storage.chat.chat_rows import event_from, event_json, instant, words_from, words_json
from gainful.storage.chat.inbox_store import InboxState, InboxStore
from gainful.storage.chat.outbox_store import NoSuchPost, OutboxStore, Post, PostKind, PostSettled, PostState
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.settings.chat import ChatSetting

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SAID = Message(Place("C1", "7", "5"), "U1", "Grüße \ud83d\ude00 @all", NOW, ("B1",), True, 2, "https://x/7")


def event(number: int, kind: EventKind = EventKind.MESSAGE) -> ChatEvent:
    return ChatEvent(f"E{number}", kind, "U1", "C1", NOW, SAID, {"name": "eyes"}, "https://answer")


def post(key: str, **more: object) -> Post:
    given = {"room": "C1", "words": Words(key, "helper", 1), "at": NOW, "due_at": NOW, **more}
    return Post(key=key, chat="team", **given)  # type: ignore[arg-type]


@pytest.fixture
def outbox(database: Engine) -> OutboxStore:
    return OutboxStore(database)


# --- as it is kept ---


def test_events_and_words_are_kept_whole() -> None:
    for kept in (event(1), replace(event(2), message=None, detail={}), replace(event(3), kind=EventKind.PRESSED)):
        assert event_from(event_json(kept)) == kept
    words = Words("Hi", "helper", 3, (Button("a:1", "Yes"), Button("b:1", "No", danger=True)), ("U1", "U2"))
    assert words_from(words_json(words)) == words


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_sort_as_texts(one: datetime, other: datetime) -> None:
    assert (instant(one) < instant(other)) == (one < other)


# --- the inbox ---


def test_an_event_is_written_down_once(database: Engine) -> None:
    inbox = InboxStore(database)
    assert [heard.event.id for heard in inbox.add("team", [event(1), event(2), event(1)], NOW)] == ["E1", "E2"]
    assert [heard.event.id for heard in inbox.add("team", [event(2), event(3)], NOW)] == ["E3"]
    assert len(inbox.add("other", [event(1)], NOW)) == 1
    assert inbox.add("team", [], NOW) == []
    assert [(heard.chat, heard.event.id) for heard in inbox.new()].count(("team", "E1")) == 1


def test_an_event_is_settled_once(database: Engine) -> None:
    inbox = InboxStore(database)
    (heard,) = inbox.add("team", [event(1)], NOW)
    assert inbox.settle(heard, InboxState.HANDLED, NOW, "helper")
    assert not inbox.settle(heard, InboxState.IGNORED, NOW)
    assert not inbox.retry(heard)
    assert inbox.new() == []
    assert inbox.counts("team") == {InboxState.HANDLED: 1}


def test_many_writers_write_an_event_down_once(database: Engine) -> None:
    barrier = threading.Barrier(4)

    def add(_: int) -> int:
        barrier.wait()
        return len(InboxStore(database).add("team", [event(number) for number in range(20)], NOW))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 20


# --- the outbox ---


def test_the_same_key_is_the_same_post(outbox: OutboxStore) -> None:
    first = outbox.put(post("one"))
    assert outbox.put(post("one", words=Words("something else"))) == first
    assert outbox.get("one") == first
    assert outbox.get("two") is None


def test_what_is_put_in_later_stands_behind_also_when_the_clock_goes_back(outbox: OutboxStore) -> None:
    for number in range(5):
        outbox.put(post(f"p{number}", at=NOW - timedelta(hours=number)))
    assert [one.key for one in outbox.waiting("team")] == [f"p{number}" for number in range(5)]


def test_many_senders_claim_a_post_once(outbox: OutboxStore) -> None:
    outbox.put(post("one"))
    with ThreadPoolExecutor(4) as pool:
        claimed = [found for found in pool.map(lambda _: outbox.claim("one", NOW), range(8)) if found is not None]
    assert [(one.state, one.attempts) for one in claimed] == [(PostState.POSTING, 1)]


def test_what_has_come_about_does_not_change_any_more(outbox: OutboxStore) -> None:
    outbox.put(post("one"))
    claimed = outbox.claim("one", NOW)
    assert claimed is not None
    outbox.posted(claimed, Place("C1", "7"), NOW)
    for state in (PostState.REFUSED, PostState.DROPPED, PostState.UNCERTAIN):
        assert not outbox.end("one", state, NOW, "too late")
    outbox.again("one", NOW, "too late")
    outbox.posted(claimed, Place("C1", "8"), NOW)
    found = outbox.get("one")
    assert found is not None
    assert (found.state, found.place, found.note) == (PostState.POSTED, Place("C1", "7"), "")


def test_a_digest_takes_the_place_of_all_or_none(outbox: OutboxStore) -> None:
    for key in ("one", "two", "three"):
        outbox.put(post(key, state=PostState.HELD))
    outbox.end("three", PostState.DROPPED, NOW, "no more")
    digest = post("digest", kind=PostKind.DIGEST)
    assert not outbox.gather(digest, ["one", "two", "three"])
    assert outbox.get("digest") is None
    assert outbox.gather(digest, ["one", "two"])
    assert not outbox.gather(digest, ["one", "two"])
    end = outbox.end_of("one")
    assert end is not None
    assert end.key == "digest"


def test_only_what_is_uncertain_is_settled_by_a_person(outbox: OutboxStore) -> None:
    outbox.put(post("one"))
    with pytest.raises(PostSettled):
        outbox.settle("one", happened=True, by="ada", at=NOW)
    with pytest.raises(NoSuchPost):
        outbox.settle("two", happened=True, by="ada", at=NOW)
    outbox.end("one", PostState.UNCERTAIN, NOW, "nobody knows")
    assert outbox.settle("one", happened=False, by="ada", at=NOW).note == "It is not there, says ada."


def test_posts_are_found_by_the_beginning_of_their_key(outbox: OutboxStore) -> None:
    outbox.put(post("abc"))
    outbox.put(post("abcd"))
    assert outbox.find("abc").key == "abc"
    assert outbox.find("abcd").key == "abcd"
    for wrong in ("ab", "", "x", "%"):
        with pytest.raises(NoSuchPost):
            outbox.find(wrong)


def test_the_last_answer_in_a_thread_is_a_runs_and_was_posted(outbox: OutboxStore) -> None:
    def said(key: str, minutes: int, **more: object) -> None:
        at = NOW + timedelta(minutes=minutes)
        put = outbox.put(post(key, **{"at": at, "thread": "5", "run_id": key, "state": PostState.POSTING, **more}))
        outbox.posted(put, Place("C1", key, "5"), at)

    said("first", 1)
    said("second", 2)
    said("notice", 3, run_id="")
    said("elsewhere", 4, thread="6")
    outbox.put(post("waiting", at=NOW + timedelta(minutes=5), thread="5", run_id="waiting"))
    later = NOW + timedelta(hours=1)
    found = [outbox.last_answer("team", "C1", "5", at) for at in (later, NOW + timedelta(minutes=2), NOW)]
    assert [one.key if one is not None else "" for one in found] == ["second", "first", ""]
    assert outbox.last_answer("other", "C1", "5", later) is outbox.last_answer("team", "C2", "5", later) is None


def test_what_was_said_long_ago_is_forgotten_and_what_is_open_never(outbox: OutboxStore) -> None:
    for key in ("open", "uncertain", "gone"):
        outbox.put(post(key))
    outbox.end("uncertain", PostState.UNCERTAIN, NOW, "nobody knows")
    outbox.end("gone", PostState.DROPPED, NOW, "stopped")
    assert outbox.forget(NOW + timedelta(days=90)) == 1
    assert {one.key for one in outbox.open()} == {"open", "uncertain"}


# --- cards ---


def test_a_card_and_its_post_are_written_together_and_once(database: Engine, outbox: OutboxStore) -> None:
    cards = CardStore(database, outbox)
    card = Card("nonce1", "ap1", "ab" * 32, "team", "key1", NOW)
    assert cards.show([(card, post("key1", kind=PostKind.CARD))]) == 1
    assert cards.show([(replace(card, nonce="nonce2"), post("key1", kind=PostKind.CARD))]) == 0
    assert cards.find("nonce1") == card
    assert cards.find("nonce2") is None
    assert cards.of("ap1") == cards.open() == [card]


def test_a_card_that_nobody_has_seen_is_not_posted_when_it_ends(database: Engine, outbox: OutboxStore) -> None:
    cards = CardStore(database, outbox)
    seen, unseen = (Card(f"n{key}", "ap1", "ab" * 32, "team", key, NOW) for key in ("seen", "unseen"))
    cards.show([(seen, post("seen")), (unseen, post("unseen"))])
    claimed = outbox.claim("seen", NOW)
    assert claimed is not None
    outbox.posted(claimed, Place("C1", "7"), NOW)
    for _ in range(2):
        cards.close([seen, unseen], Words("Done"), NOW)
    assert cards.open() == []
    assert [(one.key, one.state) for one in outbox.recent(9)] == [
        ("seen", PostState.POSTED),
        ("unseen", PostState.DROPPED),
        ("seen:edit", PostState.WAITING),
    ]


# --- people ---


def test_of_many_who_send_a_code_one_is_the_person(database: Engine, tmp_path: Path) -> None:
    audit = AuditStore(database, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", lambda: NOW)
    people = PeopleStore(database, audit)
    code = people.new_code("team", "ada", by="ada", at=NOW)
    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(lambda number: people.redeem("team", code, f"U{number}", NOW), range(4)))
    assert sorted(shown) == ["", "", "", "ada"]
    assert people.redeem("other", code, "U9", NOW) == ""
    assert len(people.links()) == 1


# --- settings ---


def test_a_chats_settings_say_where_agents_may_post() -> None:
    setting = ChatSetting(name="team", kind="slack", rooms=["help", "#dev", "C3"])
    assert [setting.may_post(*room) for room in (("C1", "help"), ("C2", "dev"), ("C3", "x"), ("C4", "other"))] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "irc"}, "slack"),
        ({"kind": "matrix"}, "base_url"),
        ({"base_url": "ftp://x"}, "http"),
        ({"base_url": "https://me:pw@x"}, "password"),
        ({"quiet": "20-8"}, "time of day"),
        ({"quiet": "nights"}, "20:00-08:00"),
        ({"quiet": "20:00-08:00", "zone": "Mars"}, "time zone"),
        ({"name": "a:b"}, "name"),
        ({"people": {"U1": "two words"}}, "people"),
    ],
)
def test_settings_that_cannot_be_say_why(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ChatSetting(**{"name": "team", "kind": "slack", **wrong})
