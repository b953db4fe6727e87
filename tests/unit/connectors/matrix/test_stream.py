"""A message that grows: how often it is changed, and what trouble on the way does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from gainful.connectors.matrix.stream import TRIES, MatrixStream
from gainful.sdk.chat import Button, ChatUnreachable, Place

PLACE = Place("!r", "$1")


class Server:
    """Keeps what is shown, in a time of its own; fails as often as told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.shown: list[str] = []
        self.failing: list[ChatUnreachable] = []
        self.slept: list[float] = []

    def post(self, text: str) -> Place:
        self._change(text)
        return PLACE

    def replace(self, place: Place, text: str, buttons: Sequence[Button]) -> None:
        assert place == PLACE
        self._change(text + "".join(f"[{button.label}]" for button in buttons))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def _change(self, text: str) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self.shown.append(text)

    def stream(self) -> MatrixStream:
        return MatrixStream(self.post, self.replace, timedelta(seconds=3), lambda: self.now, self.sleep)


def busy(seconds: float | None) -> ChatUnreachable:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return ChatUnreachable("Later.", retry_after=wait, sent=False)


def test_small_pieces_are_held_back_for_a_moment() -> None:
    server = Server()
    stream = server.stream()
    for at, piece in ((0, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e")):
        server.now = at
        stream.add(piece)
    assert server.shown == ["a", "abcd"]
    assert stream.finish((Button("x", "Yes"),)) == PLACE
    assert server.shown == ["a", "abcd", "abcde[Yes]"]


def test_nothing_is_begun_with_blanks_alone() -> None:
    server = Server()
    stream = server.stream()
    stream.add(" \n")
    assert server.shown == []
    stream.add("a")
    assert server.shown == [" \na"]


def test_a_stream_of_nothing() -> None:
    server = Server()
    assert server.stream().finish() == PLACE
    assert server.shown[-1] == "…"


def test_a_busy_server_is_asked_later_for_all_at_once() -> None:
    server = Server()
    stream = server.stream()
    stream.add("a")
    server.now, server.failing = 3, [busy(10)]
    stream.add("b")
    server.now = 12
    stream.add("c")
    assert server.shown == ["a"]
    server.now = 13
    stream.add("d")
    assert server.shown == ["a", "abcd"]


def test_the_end_waits_as_long_as_it_is_told() -> None:
    server = Server()
    stream = server.stream()
    stream.add("a")
    server.failing = [busy(2), busy(5)]
    assert stream.finish() == PLACE
    assert server.slept == [2, 5]


@pytest.mark.parametrize("wait", [None, 31.0])
def test_the_end_does_not_wait_for_ever(wait: float | None) -> None:
    server = Server()
    stream = server.stream()
    stream.add("a")
    server.failing = [busy(wait)]
    with pytest.raises(ChatUnreachable):
        stream.finish()


def test_the_end_tries_so_often() -> None:
    server = Server()
    stream = server.stream()
    stream.add("a")
    server.failing = [busy(1)] * TRIES
    with pytest.raises(ChatUnreachable):
        stream.finish()
    assert len(server.slept) == TRIES - 1


def test_a_message_that_could_not_be_begun_is_begun_with_the_next_piece() -> None:
    server = Server()
    stream = server.stream()
    server.failing = [busy(1)]
    with pytest.raises(ChatUnreachable):
        stream.add("a")
    stream.add("b")
    assert server.shown == ["ab"]
