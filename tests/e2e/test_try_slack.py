"""An agent in the imitation of Slack, by the whole application: one answer to one question, whatever goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app.trial import Trial
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.workspace import Post
from gainful.core.errors import GainfulError
from gainful.storage.settings.config import parse
from tests.fixtures.waiting import eventually

LONGEST = 60.0


def said(posts: list[Post], words: str) -> list[Post]:
    return [post for post in posts if words in post.text]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


@pytest.fixture
def served(slack: FakeSlack, tmp_path: Path) -> Iterator[list[GainfulError]]:
    """The sample agent, awake; what went wrong meanwhile."""
    trial, stop, trouble = Trial(tmp_path, slack), threading.Event(), list[GainfulError]()
    trial.lay()
    with trial.open() as app:
        thread = threading.Thread(target=app.serve, args=(stop, lambda: None, trouble.append))
        thread.start()
        assert eventually(slack.connections)
        yield trouble
        stop.set()
        thread.join()


def test_a_question_is_answered_in_its_thread_with_the_page_it_comes_from(
    slack: FakeSlack, served: list[GainfulError]
) -> None:
    asked = slack.say("bo", "help", "@gainful how much leave do I have?")
    assert eventually(lambda: said(slack.by_bot("help"), "handbook/leave.md"))
    (answer,) = slack.by_bot("help")
    assert answer.thread_ts == asked
    assert any("handbook, an agent" in str(block) for block in answer.blocks)
    assert served == []


def test_nothing_is_sent_before_its_owner_has_pressed_the_button(slack: FakeSlack, served: list[GainfulError]) -> None:
    slack.say("ada", "help", "@gainful please tell bo about lunch")
    assert eventually(lambda: said(slack.posts(slack.direct("ada")), "asks for your word"))
    (card,) = said(slack.posts(slack.direct("ada")), "asks for your word")
    assert slack.posts(slack.direct("bo")) == []
    (approve, _) = next(block["elements"] for block in card.blocks if block["type"] == "actions")
    # Twice, as people do.
    slack.press("ada", slack.direct("ada"), card.ts, approve["value"])
    slack.press("ada", slack.direct("ada"), card.ts, approve["value"])
    assert eventually(lambda: said(slack.posts(slack.direct("bo")), "Lunch is at noon"))
    assert eventually(lambda: said(slack.by_bot("help"), "I have told bo"))
    assert len(slack.by_bot(slack.direct("bo"))) == 1


@pytest.mark.parametrize(
    "fault", ["duplicate", "shuffled", "lose_answers", "drop_requests", "failing", "limited", "half_frame"]
)
def test_whatever_goes_wrong_there_is_one_answer(slack: FakeSlack, served: list[GainfulError], fault: str) -> None:
    setattr(slack.faults, fault, True if fault in ("duplicate", "shuffled") else 1)
    slack.say("bo", "help", "@gainful how much leave do I have?")
    if fault == "half_frame":
        assert eventually(lambda: len(slack.calls("apps.connections.open")) == 2 and slack.connections())
        slack.lapse()
    assert eventually(lambda: said(slack.by_bot("help"), "30 days"))
    slack.lapse()
    slack.say("bo", "help", "@gainful and expenses?")
    assert eventually(lambda: said(slack.by_bot("help"), "receipt"))
    assert len(slack.by_bot("help")) == 2


def test_the_imitation_alone_tells_how_to_reach_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gainful", "--json", "try", "slack", "--alone"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert parse(said["settings"], Path("gainful.toml")).chats[0].kind == "slack"
    assert {part: value[:5] for part, value in said["secrets"].items() if part != "signing"} == {
        "bot": "xoxb-",
        "app": "xapp-",
    }
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=LONGEST)
    assert process.returncode == 0


def test_the_command_tells_where_the_page_is_and_ends_when_told(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gainful", "--json", "try", "slack", "--folder", str(tmp_path / "kept")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first, ready = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/open/[\w-]{20,}", first["page"])
    assert ready["event"] == "ready"
    os.kill(process.pid, signal.SIGTERM)
    rest, _ = process.communicate(timeout=LONGEST)
    assert json.loads(rest.splitlines()[-1]) == {"event": "stopped"}
    assert process.returncode == 0
    assert (tmp_path / "kept" / "home" / "agents" / "handbook" / "AGENT.md").exists()
