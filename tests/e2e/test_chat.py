"""Agents in a chat as people meet them: `gainful serve` beside the imitation of Slack, killed in between."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gainful.connectors.slack.fake import FakeSlack
from tests.fixtures.waiting import eventually

GAINFUL = str(Path(sys.executable).parent / "gainful")
SETTINGS = """
[owner]
name = "ada"

[files.folders]
handbook = "{folder}"

[[chats]]
name = "work"
kind = "slack"
base_url = "{url}"
people = {{ {ada} = "ada" }}
"""
SCRIPT = """
- when: tell everybody
  calls: [{tool: chat.post, with: {room: "work:general", text: "Closed on Friday."}}]
  say: "Told them."
- when: office closed
  say: "On Friday afternoons (handbook/leave.md)."
"""


class Office:
    """A home, a Slack, and a server that can be killed."""

    def __init__(self, folder: Path, slack: FakeSlack) -> None:
        self.slack = slack
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        keep = {name: value for name, value in os.environ.items() if not name.startswith("GAINFUL")}
        self.environment = {**keep, "GAINFUL_HOME": str(self.home), "COLUMNS": "100"}
        handbook = folder / "handbook"
        handbook.mkdir()
        (handbook / "leave.md").write_text("# Leave\n\nThe office is closed on Friday afternoons.\n")
        settings = SETTINGS.format(folder=handbook, url=slack.url, ada=slack.member("ada"))
        (self.home / "gainful.toml").write_text(settings)
        for part, token in (("bot", slack.bot_token), ("app", slack.app_token)):
            self.run("secrets", "set", f"slack:work:{part}", typed=f"{token}\n")
        self.server: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, typed: str = "", status: int = 0) -> str:
        """What a command says."""
        done = subprocess.run(
            [GAINFUL, *arguments], env=self.environment, input=typed, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def agent(self, like: str, change: Callable[[str], str] = lambda text: text) -> None:
        """Take one over that comes along, let it speak by a script, and enable it."""
        self.run("agent", "new", "--like", like)
        folder = self.home / "agents" / like
        text = (folder / "AGENT.md").read_text()
        (folder / "AGENT.md").write_text(change(text.replace("\ntriggers:", "\nmodel: scripted:s.yaml\ntriggers:", 1)))
        (folder / "s.yaml").write_text(SCRIPT)
        digest = json.loads(self.run("agent", "validate", like, "--json"))["digest"]
        self.run("agent", "enable", like, "--digest", digest)

    def serve(self) -> None:
        """Begin to serve."""
        command = [GAINFUL, "serve"]
        self.server = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert eventually(lambda: self.slack.connections() > 0)

    def kill(self) -> None:
        """As kill -9 does."""
        assert self.server is not None
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.communicate()
        self.server = None

    def answers(self, channel: str, thread: str) -> list[str]:
        """What the bot says in a thread."""
        return [post.text for post in self.slack.by_bot(channel) if post.thread_ts == thread]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with FakeSlack(pace=0.1) as slack:
        made = Office(tmp_path, slack)
        yield made
        if made.server is not None:
            made.kill()


def test_a_mention_is_answered_once_also_when_the_server_is_killed(office: Office) -> None:
    assert "ok" in office.run("chat", "check")
    office.agent("answer")
    office.serve()
    first = office.slack.say("ada", "help", "@gainful when is the office closed?")
    office.kill()
    office.serve()
    assert eventually(lambda: bool(office.answers("help", first)))
    office.kill()
    office.slack.repeat()
    office.serve()
    second = office.slack.say("bo", "help", "@gainful and is the office closed on Monday?")
    assert eventually(lambda: bool(office.answers("help", second)))
    for asked in (first, second):
        (answer,) = office.answers("help", asked)
        assert answer.startswith("On Friday afternoons")
    assert "Nothing waits to be said." in office.run("chat", "outbox")


def test_what_needs_a_word_is_asked_about_and_done_once_by_a_button(office: Office) -> None:
    office.slack.invite("general")
    allowed = 'chat.post: {arguments: {room: ["work:general"]}}'
    office.agent("answer", lambda text: re.sub(r"chat\.post: \{.*\}", allowed, text))
    office.serve()
    asked = office.slack.say("bo", "help", "@gainful tell everybody when the office is closed")
    alone = office.slack.direct("ada")
    assert eventually(lambda: bool(office.slack.by_bot(alone)))
    (card,) = office.slack.by_bot(alone)
    assert office.slack.by_bot("general") == []
    (buttons,) = [block["elements"] for block in card.blocks if block["type"] == "actions"]
    office.slack.press("ada", alone, card.ts, buttons[0]["value"])
    office.slack.press("ada", alone, card.ts, buttons[0]["value"])
    assert eventually(lambda: bool(office.answers("help", asked)))
    assert [post.text for post in office.slack.by_bot("general")] == ["Closed on Friday."]
    assert eventually(lambda: "Approved by ada" in str(office.slack.by_bot(alone)[0].blocks))
    assert office.slack.calls_of_everybody() == []


def test_what_chance_leaves_to_people_is_said_shown_and_measured(office: Office) -> None:
    office.agent("answer", lambda text: text.replace("\ntriggers:", "\nhold_out: 0.5\ntriggers:", 1))
    office.serve()
    said: dict[str, list[str]] = {"On": [], "Chance": []}
    for number in range(40):
        asked = office.slack.say("bo", "help", f"@gainful when is the office closed in week {number}?")
        assert eventually(lambda asked=asked: bool(office.answers("help", asked)))  # type: ignore[misc]
        (answer,) = office.answers("help", asked)
        said[answer.split(maxsplit=1)[0]].append(asked)
        if all(said.values()):
            break
    # Chance may have left several to people before it let the agent answer one.
    left = json.loads(office.run("brief", "--json"))["left_to_you"]
    assert [one["agent"] for one in left] == ["answer"] * len(said["Chance"])
    assert all(any(asked in one["item"] for one in left) for asked in said["Chance"])
    waiting = left.pop()
    assert f"gainful outcome hand {waiting['item']} start" in office.run("brief")
    office.run("outcome", "hand", waiting["item"], "start")
    assert json.loads(office.run("outcome", "hand", waiting["item"], "done", "--json"))["measured"] is True
    assert json.loads(office.run("brief", "--json"))["left_to_you"] == left
    deal = ("outcome", "deal", waiting["item"], "--class", "chat", "--json")
    assert json.loads(office.run(*deal))["arm"] == "hand"
