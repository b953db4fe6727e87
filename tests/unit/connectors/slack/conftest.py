"""The imitation of Slack, a client of it, and clients made otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gainful.connectors.slack import SlackChat
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import system_clock
from tests.unit.connectors.slack.hurried import HurriedClock

Open = Callable[..., SlackChat]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """The imitation; what is not acknowledged comes again when it is told to."""
    with FakeSlack(pace=1000.0) as slack:
        yield slack


@pytest.fixture
def clock() -> HurriedClock:
    """The time by which limits are kept."""
    return HurriedClock()


@pytest.fixture
def opened(slack: FakeSlack, clock: HurriedClock) -> Iterator[Open]:
    """Opens clients; arguments change how."""
    chats: list[SlackChat] = []

    def open_(**changes: Any) -> SlackChat:
        usual = {"ping": 0.5, "settle": timedelta(0), "hold_back": False}
        access = replace(slack.access(), **{**usual, **changes})
        chats.append(SlackChat(access, system_clock, ticks=clock, sleep=clock.sleep))
        return chats[-1]

    yield open_
    for chat in chats:
        chat.close()


@pytest.fixture
def chat(opened: Open) -> SlackChat:
    """A client."""
    return opened()
