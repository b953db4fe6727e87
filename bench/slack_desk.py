"""A desk at work on a Slack, and a nursery that brings up one after the other, for `bench.slack`.

    python -m bench.slack_desk URL          reads home folders, a line each, and answers with the id of a process

Each process is a copy of this one, in which nothing is open: all that a real start would do besides is to import.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from gainful.app.chat.connections import Connections
from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.people import People
from gainful.app.chat.voice import Voice
from gainful.app.guarding.approvals import Approvals
from gainful.connectors.slack import SlackAccess, SlackChat
from gainful.connectors.slack.fake.server import APP_TOKEN, BOT_TOKEN
from gainful.core.clock import Clock, system_clock
from gainful.core.ids import stable_id
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval_export import event_of
from gainful.gate.broker import Broker
from gainful.sdk.chat import ChatEvent, EventKind
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.chat import ChatSetting

NAME = "work"
SETTLE = timedelta(seconds=0.5)
"""How long this Slack may still be busy with a post whose answer never came: it is on this machine."""


class Empty:
    """A vault without secrets."""

    def get(self, name: str) -> None:
        """Nothing."""
        del name


class Installation:
    """A desk over one Slack, with its stores.

    Args:
        people: Persons by the id of the member.
    """

    def __init__(self, home: Path, url: str, people: dict[str, str] | None = None, clock: Clock = system_clock) -> None:
        self.engine = open_database(home / "gainful.sqlite")
        self.audit = AuditStore(self.engine, home / "audit.key", home / "checkpoints.jsonl", clock)
        self.book = ApprovalStore(
            self.engine, None, lambda connection, given: self.audit.append_in(connection, [event_of(given)])
        )
        self.inbox, self.outbox = InboxStore(self.engine), OutboxStore(self.engine)
        self.cards = CardStore(self.engine, self.outbox)
        runs = RunStore(self.engine)
        setting = ChatSetting(name=NAME, kind="slack", base_url=url, people=people or {})
        access = SlackAccess(
            bot=Handle.of(Secret("bot", BOT_TOKEN)),
            app=Handle.of(Secret("app", APP_TOKEN)),
            base_url=url,
            settle=SETTLE,
        )
        chat: Any = SlackChat.open(access, clock)
        connections = Connections([setting], Broker(Empty(), dict), home, clock, {NAME: chat})
        self.desk = ChatDesk(
            connections,
            self.inbox,
            self.outbox,
            self.cards,
            People(PeopleStore(self.engine, self.audit), connections, "owner", (), clock),
            self.book,
            lambda person: Approvals(self.book, runs, person, clock, _nothing_runs, timedelta(0)),
            lambda _: None,
            lambda _: "",
            self.audit,
            home / "locks",
            clock,
        )

    def on_event(self, *, chat: str, event: ChatEvent, **_: object) -> Sequence[str]:
        """An agent that answers mentions, as its run would: by the tool, under a key that follows from the event."""
        message = event.message
        if event.kind is not EventKind.MENTION or message is None:
            return []
        place = AnswerPlace(chat, event.room, message.place.message, message.place.message, event.sender)
        run_id = stable_id("run", event.id)
        tools = self.desk.tools(Voice("helper", run_id, "owner", place))
        reply = next(tool for tool in tools if tool.spec.name == "chat.reply")
        reply.call(Grant(stable_id(run_id, "reply"), "chat.reply"), {"text": f"Answer to {event.id}"})
        return ["helper"]

    def work(self) -> None:
        """Hear, handle and say until the process is killed, or whoever began it is gone."""
        parent = os.getppid()
        for watcher in self.desk.watchers(self.on_event, lambda error: print(error, file=sys.stderr)):
            watcher.start()
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)


def _nothing_runs() -> Any:
    raise AssertionError("no run waits here")


def main(url: str) -> None:
    """Bring up a process for each line that names a home."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            Installation(Path(line.strip()), url).work()
        print(process, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
