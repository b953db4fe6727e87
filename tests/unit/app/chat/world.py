"""A desk over a chat in memory: with a clock that is moved by hand and by sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gainful.app.chat.connections import Connections
from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.people import People
from gainful.app.chat.voice import Voice
from gainful.app.guarding.approvals import Approvals
from gainful.core.clock import system_clock
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import Approval, Approvers, ask
from gainful.gate.approval_export import event_of
from gainful.gate.broker import Broker
from gainful.gate.proposal import Explanation, Proposal
from gainful.sdk.chat import ChatEvent, Place, Words
from gainful.sdk.grant import Grant
from gainful.sdk.testing.memory_chat import Kept, MemoryChat, MemoryServer
from gainful.sdk.tool import Tool
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore, Post
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.chat import ChatSetting

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Hands:
    """A clock that stands still unless somebody moves it, or sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


class RealHands(Hands):
    """A clock that goes by itself."""

    def __call__(self) -> datetime:
        return system_clock()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.1))


class Nobody:
    """A vault without secrets."""

    def get(self, name: str) -> None:
        return None


class World:
    """One installation with one chat, `team`, in which ada (the owner), bo and a stranger are."""

    def __init__(self, database: Engine, folder: Path, *, clock: Hands | None = None, **settings: Any) -> None:
        self.clock = clock or Hands()
        self.database = database
        self.folder = folder
        self.server = MemoryServer(self.clock)
        self.ada = self.server.person("ada", address="ada@example.org")
        self.bo = self.server.person("bo", address="bo@example.org")
        self.stranger = self.server.person("stranger")
        self.account = self.server.account
        self.room = self.server.room("help", self.ada, self.bo, self.stranger)
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None
        self.settings = {"people": {self.ada: "ada", self.bo: "bo"}, **settings}
        self.team: tuple[str, ...] = ()
        self.asked_from: dict[str, AnswerPlace] = {}
        self.stopped: dict[str, str] = {}
        self.woken: list[dict[str, Any]] = []
        self.wakes: list[str] | None = ["helper"]
        self.audit = AuditStore(database, folder / "audit.key", folder / "checkpoints.jsonl", self.clock)
        self.book = ApprovalStore(
            database, None, lambda connection, approval: self.audit.append_in(connection, [event_of(approval)])
        )
        self.inbox = InboxStore(database)
        self.outbox = OutboxStore(database)
        self.cards = CardStore(database, self.outbox)
        self.store = PeopleStore(database, self.audit)
        self.desk = self.new_desk()

    def new_desk(self) -> ChatDesk:
        """A desk as a new process has it."""
        setting = ChatSetting(name="team", kind="slack", **self.settings)
        self.chat = MemoryChat(
            self.server, self.account, before=lambda name: self.before(name), after=lambda name: self.after(name)
        )
        broker = Broker(Nobody(), dict)
        connections = Connections([setting], broker, self.folder / "chats", self.clock, {"team": self.chat})
        people = People(self.store, connections, "ada", self.team, self.clock)
        self.desk = ChatDesk(
            connections,
            self.inbox,
            self.outbox,
            self.cards,
            people,
            self.book,
            self.answering,
            self.asked_from.get,
            lambda agent: self.stopped.get(agent, ""),
            self.audit,
            self.folder / "locks",
            self.clock,
            self.clock.sleep,
        )
        return self.desk

    def answering(self, person: str) -> Approvals:
        def launch() -> Any:
            raise AssertionError("no run waits in these tests")

        return Approvals(self.book, RunStore(self.database), person, self.clock, launch, timedelta(0))

    def on_event(self, **heard: Any) -> list[str] | None:
        """Notes what agents would be woken for."""
        self.woken.append(heard)
        return self.wakes

    # --- what happens ---

    def hear(self) -> list[dict[str, Any]]:
        """Let everything that has happened be heard and handled; what agents were woken for now."""
        before = len(self.woken)
        while self.desk.look("team", timedelta(0)):
            pass
        self.desk.handling(self.on_event).look()
        return self.woken[before:]

    def send(self, *, seconds: float = 5) -> None:
        """Let everything be posted that can be within so many seconds."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end and self.outbox.busy("team", self.clock.now):
            left = self.desk.send("team")
            # As a server does; only that a long time passes in few steps.
            self.clock.now += max(left, timedelta(milliseconds=50), timedelta(seconds=seconds / 100))

    def ask_people(self) -> None:
        """Show cards, and let them be posted."""
        self.desk.cards.look()
        self.send()

    # --- what is there ---

    def seen(self, room: str = "") -> list[Kept]:
        return self.server.seen(room or self.room)

    def texts(self, room: str = "") -> list[str]:
        return [kept.text for kept in self.seen(room)]

    def direct(self, person: str) -> str:
        """The room of a person and the agents' account."""
        return self.server.conversation(person, self.server.account)

    def tool(self, name: str, voice: Voice | None = None) -> Tool:
        """A chat tool of a run."""
        found = {tool.spec.name: tool for tool in self.desk.tools(voice or self.voice())}
        return found[name]

    def call(self, tool: str, /, key: str = "key1", voice: Voice | None = None, **arguments: Any) -> Any:
        """Call a chat tool of a run, as the door does."""
        return self.tool(tool, voice).call(Grant(key, tool, ("rule",)), arguments)

    def voice(self, run_id: str = "run1", place: AnswerPlace | None = None, **more: Any) -> Voice:
        return Voice("helper", run_id, more.pop("person", "ada"), answer_to=place, **more)

    def question(self, text: str = "Where is the handbook?") -> AnswerPlace:
        """Bo asks in the room; where the answer goes."""
        place = self.server.say(self.bo, self.room, text, mentions=[self.server.account])
        return AnswerPlace("team", self.room, place.message, place.message, self.bo)

    def post(self, key: str, text: str = "", **more: Any) -> Post:
        """A post that waits in the outbox."""
        now = self.clock.now
        words = Words(text or key, agent=more.pop("agent", "helper"), hops=1)
        given = {"room": self.room, "at": now, "due_at": now, "tool": "chat.post", **more}
        return self.outbox.put(Post(key=key, chat="team", words=words, **given))

    def approval(self, approval_id: str = "ap1", run: str = "run1", **more: Any) -> Approval:
        """An agent asks whether it may send a mail."""
        arguments = more.pop("arguments", {"to": ["bo@example.org"], "text": "Hello"})
        explanation = Explanation("send", "egress", {"to": "target", "text": "content"})
        proposal = Proposal("helper", run, "step 1", "mail.send", arguments, "7f3a", explanation=explanation)
        approvers = Approvers(frozenset(more.pop("people", ())), more.pop("four_eyes", False))
        return self.book.ask(ask(approval_id, [proposal], more.pop("requester", "ada"), self.clock(), approvers))


def place_of(kept: Kept) -> Place:
    """Where a message stands."""
    return kept.message.place


def heard_by(world: World) -> ChatEvent:
    """The only event that agents were woken for."""
    (heard,) = world.woken
    event: ChatEvent = heard["event"]
    return event
