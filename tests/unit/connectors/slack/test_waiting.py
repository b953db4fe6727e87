"""Events between Slack and whoever writes them down."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from gainful.connectors.slack.waiting import MOST_AT_ONCE, Waiting
from gainful.sdk.chat import ChatEvent, EventKind


def event(name: str) -> ChatEvent:
    return ChatEvent(name, EventKind.MESSAGE, "U1", "C1", datetime(2026, 11, 22, tzinfo=UTC))


def ids(events: list[ChatEvent]) -> list[str]:
    return [one.id for one in events]


def test_an_event_is_acknowledged_when_the_next_is_asked_for() -> None:
    waiting = Waiting()
    promise = waiting.offer(event("one"))
    assert ids(waiting.take(0)) == ["one"]
    assert not promise.done()
    assert waiting.take(0) == []
    assert promise.result(0) is True


def test_what_comes_again_before_it_was_written_is_one_event_with_two_answers() -> None:
    waiting = Waiting()
    first, second = waiting.offer(event("one")), waiting.offer(event("one"))
    assert ids(waiting.take(0)) == ["one"]
    third = waiting.offer(event("one"))
    assert waiting.take(0) == []
    assert [promise.result(0) for promise in (first, second, third)] == [True] * 3


def test_what_comes_again_after_it_was_acknowledged_is_told_again() -> None:
    waiting = Waiting()
    waiting.offer(event("one"))
    waiting.take(0), waiting.take(0)
    again = waiting.offer(event("one"))
    assert ids(waiting.take(0)) == ["one"]
    assert not again.done()


def test_a_batch_has_its_size() -> None:
    waiting = Waiting()
    promises = [waiting.offer(event(str(number))) for number in range(MOST_AT_ONCE + 5)]
    assert len(waiting.take(0)) == MOST_AT_ONCE
    assert len(waiting.take(0)) == 5
    assert [promise.done() for promise in promises] == [True] * MOST_AT_ONCE + [False] * 5


def test_more_than_may_wait_is_left_to_slack() -> None:
    waiting = Waiting(most=2)
    waiting.offer(event("one")), waiting.offer(event("two"))
    assert waiting.offer(event("three")).result(0) is False
    assert not waiting.offer(event("two")).done()


def test_closing_gives_back_what_was_not_written() -> None:
    waiting = Waiting()
    promise = waiting.offer(event("one"))
    waiting.take(0)
    waiting.close()
    assert promise.result(0) is False
    assert waiting.offer(event("two")).result(0) is False
    assert waiting.take(5) == []


def test_who_waits_is_woken_by_an_event_and_by_an_interruption() -> None:
    waiting = Waiting()
    found: list[list[str]] = []
    stop = threading.Event()

    def take() -> None:
        found.append(ids(waiting.take(120, stop.is_set)))
        found.append(ids(waiting.take(120, stop.is_set)))

    thread = threading.Thread(target=take)
    thread.start()
    promise = waiting.offer(event("one"))
    assert promise.result(120) is True
    stop.set()
    waiting.wake()
    thread.join(120)
    assert found == [["one"], []]
