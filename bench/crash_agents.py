"""Kill `gainful serve` again and again while agents answer in a chat, then count what came of each question.

People ask without a pause, in two channels of the imitation of Slack: in one an agent reads a file before it answers,
in the other it answers at once, word by word. The server is killed at a random moment after each start and started
anew; whatever it was doing, it was doing something. At the end it is left alone until it has nothing left to do.

Counted from outside: what stands in the channels, and what the model server was asked. Counted in the books: runs. A
question counts once Slack was told that it was heard. Slack tells what nobody acknowledged three times more, within six
minutes, and then never again; here its minutes are six seconds, so that a server which dies at once can still hear.
What it gave up on is told apart (`given_up_by_slack`).
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gainful.app import Gainful
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.records import Sent
from gainful.core.run import Run
from gainful.sdk.secret import Secret
from gainful.sdk.testing.model_server import ModelServer, Reply, Request
from gainful.storage.settings.config import Home

BLOWS, QUICK_BLOWS = 200, 6
EVERY = 2.5
"""Seconds between two questions: a server that lives for a second between two starts must keep up."""

PATIENCE = 60.0
"""Seconds without any progress after which what is not answered counts as lost."""

SETTINGS = """
[model]
name = "openai:bench"
base_url = "{model}"
daily_budget = "100000"
calls_per_day = 1000000
input_price = "0.25"
output_price = "2"

[files]
folders = {{ notes = "{notes}" }}

[[chats]]
name = "slack"
kind = "slack"
base_url = "{slack}"
"""
READER = """---
name: reader
owner: {owner}
purpose: Answers from the notes.
triggers: [{{on: mention, rooms: [help]}}]
tools: [files.read]
manifest:
  chat.reply: {{words_from: ["chat:*", "files:*"]}}
budget: {{run: null, month: null, calls: null}}
---
Answer from the notes.
"""
TALKER = (
    READER.replace("name: reader", "name: talker").replace("[help]", "[general]").replace("tools: [files.read]\n", "")
)
_NUMBER = re.compile(r"Question (\d+)[.?]")


def answer(request: Request) -> Reply:
    """What the model says: the reader's asks for a file first."""
    number = question(request)
    told = any(message["role"] == "tool" for message in request.body["messages"])
    pause = 0.15
    if request.body.get("tools") and not told:
        (tool,) = (offer["function"]["name"] for offer in request.body["tools"])
        return Reply(calls=((tool, {"path": "notes/rooms.md"}),), seconds=pause)
    return Reply(f"Answer {number}: the projector is in room 4.", seconds=pause)


def question(request: Request) -> int:
    """Which question a request is about."""
    found = _NUMBER.search(request.text("user"))
    return int(found[1]) if found else -1


PACE = 0.1
"""How long a second of Slack's is."""


@dataclass
class Asked:
    """The questions that people have asked."""

    numbers: dict[int, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def go_on(self, slack: FakeSlack) -> None:
        """Ask without a pause until told to stop."""
        number = 0
        while not self.stop.wait(EVERY):
            number += 1
            channel = ("help", "general")[number % 2]
            self.numbers[number] = channel
            slack.say("ada", channel, f"@gainful Question {number}?")


def furnish(folder: Path, slack: FakeSlack, model: ModelServer) -> Home:
    """A home with both agents enabled."""
    notes = folder / "notes"
    notes.mkdir()
    (notes / "rooms.md").write_text("Room 4 has the projector.")
    home = Home(folder / "home")
    home.prepare()
    home.config.write_text(SETTINGS.format(model=model.url, slack=slack.url, notes=notes))
    with Gainful.open(home) as app:
        for part, token in (("bot", slack.bot_token), ("app", slack.app_token), ("signing", slack.signing_secret)):
            app.secrets.put(f"slack:slack:{part}", Secret(f"slack:slack:{part}", token))
        for name, text in (("reader", READER), ("talker", TALKER)):
            place = home.path / "agents" / name
            place.mkdir(parents=True)
            (place / "AGENT.md").write_text(text.format(owner=app.config.owner.person))
            app.agents.enable(name, app.agents.change(name).digest)
    return home


def serve(home: Home) -> subprocess.Popen[str]:
    """The server, started; it may not be ready yet."""
    environment = {**os.environ, "GAINFUL_HOME": str(home.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "gainful", "serve", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def measure(blows: int, seed: int) -> tuple[dict[str, float], dict[str, object]]:
    """The figures, and what they depend on."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, FakeSlack(pace=PACE) as slack, ModelServer(answer) as model:
        home = furnish(Path(folder), slack, model)
        slack.invite("general")
        asked, under_way = Asked(), 0
        people = threading.Thread(target=asked.go_on, args=(slack,), daemon=True)
        people.start()
        try:
            for blow in range(blows):
                under_way += _strike(home, slack, asked, chance)
                if blow % 20 == 19:
                    print(f"{blow + 1}/{blows} blows, {len(asked.numbers)} questions", file=sys.stderr)
        finally:
            asked.stop.set()
            people.join()
        took = _finish(home, slack, asked)
        figures = _counted(home, slack, model)
    conditions: dict[str, object] = {
        "blows": blows,
        "under way": under_way,
        "questions": len(asked.numbers),
        "seed": seed,
        "seconds to finish": round(took, 1),
    }
    return figures, conditions


def _strike(home: Home, slack: FakeSlack, asked: Asked, chance: random.Random) -> bool:
    """Start the server, kill it at a random moment; whether a question was open then."""
    server = serve(home)
    assert server.stdout is not None
    # Now and then while it is still starting, and so finishing what the one before left.
    if chance.random() < 0.8:
        server.stdout.readline()
    time.sleep(chance.uniform(0.05, 6.0))
    server.send_signal(signal.SIGKILL)
    server.communicate()
    return len(_replies(slack)) < len(asked.numbers)


def _finish(home: Home, slack: FakeSlack, asked: Asked) -> float:
    """Let the server work until everything is answered, or nothing moves any more; the seconds that took."""
    begun = moved = time.monotonic()
    done = len(_replies(slack))
    server = serve(home)
    while time.monotonic() - moved < PATIENCE and done < len(asked.numbers) - len(_given_up(slack)):
        time.sleep(0.5)
        if len(_replies(slack)) > done:
            done, moved = len(_replies(slack)), time.monotonic()
    # What would be said twice is said by then.
    time.sleep(5)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=60)
    return time.monotonic() - begun


def _replies(slack: FakeSlack) -> Counter[int]:
    """How often each question was answered."""
    texts = [post.text for channel in ("help", "general") for post in slack.by_bot(channel)]
    return Counter(int(found[1]) for text in texts if (found := re.search(r"Answer (\d+):", text)))


def _heard(slack: FakeSlack) -> set[int]:
    """The questions that were acknowledged to Slack."""
    return {number for number, sent in _told(slack) if sent.acknowledged is not None}


def _given_up(slack: FakeSlack) -> set[int]:
    """The questions that Slack tells no more, and that nobody has acknowledged."""
    return {number for number, sent in _told(slack) if sent.given_up} - _heard(slack)


def _told(slack: FakeSlack) -> list[tuple[int, Sent]]:
    found = []
    for sent in list(slack.records.sent):
        number = _NUMBER.search(str(sent.payload.get("event", {}).get("text", "")))
        if number is not None:
            found.append((int(number[1]), sent))
    return found


def _counted(home: Home, slack: FakeSlack, model: ModelServer) -> dict[str, float]:
    replies = _replies(slack)
    turns = Counter(
        (question(request), any(message["role"] == "tool" for message in request.body["messages"]))
        for request in model.requests
    )
    other = [
        post.text for channel in ("help", "general") for post in slack.by_bot(channel) if "Answer" not in post.text
    ]
    with Gainful.open(home) as app:
        runs = _runs(app)
        findings = [*app.ledger.verify(), *app.audit.verify().findings]
        uncertain = len(app.calls.uncertain()) + sum(post.state == "uncertain" for post in app.outbox.open())
        booked = sum(entry.kind == "settle" and entry.key.startswith("turn:") for entry in app.ledger.rows())
    if findings:
        raise RuntimeError(f"the books are not sound: {findings[0]}")
    heard = _heard(slack)
    return {
        "runs_lost": float(sum(not runs.get(number) for number in heard)),
        "runs_doubled": float(sum(len(found) - 1 for found in runs.values())),
        "effects_doubled": float(sum(count - 1 for count in replies.values())),
        "effects_lost": float(len(heard - set(replies))),
        "calls_paid_twice": float(sum(count - 1 for count in turns.values())),
        "heard": float(len(heard)),
        "given_up_by_slack": float(len(_given_up(slack))),
        "other_messages": float(len(other)),
        "uncertain": float(uncertain),
        "turns_asked": float(len(model.requests)),
        "turns_booked": float(booked),
    }


def _runs(app: Gainful) -> Mapping[int, list[Run]]:
    """The runs that came to their end, by the question that woke them."""
    found: dict[int, list[Run]] = {}
    for run in app.runs.since(None, datetime(2020, 1, 1, tzinfo=UTC)):
        record = app.occurrences.of_run(run.id)
        number = _NUMBER.search(str(record.occurrence.about.get("text", ""))) if record is not None else None
        if number is not None and run.state == "done":
            found.setdefault(int(number[1]), []).append(run)
    return found
