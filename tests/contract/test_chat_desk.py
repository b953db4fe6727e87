"""The desk of a chat over each chat there is: Synapse, the imitation of Slack, and the one in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.app.chat.connections import Connections
from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.people import People
from gainful.app.chat.voice import Voice
from gainful.app.guarding.approvals import Approvals
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import system_clock
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import Approvers, State, ask
from gainful.gate.broker import Broker
from gainful.gate.proposal import Proposal
from gainful.sdk.chat import EventKind, Place
from gainful.sdk.grant import Grant
from gainful.sdk.testing.chat_world import ChatWorld
from gainful.sdk.testing.synapse import Synapse
from gainful.sdk.tool import Found
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.chat import ChatSetting
from tests.contract.matrix_world import MatrixWorld
from tests.contract.test_chat_memory import MemoryWorld
from tests.contract.test_chat_slack import AT_ONCE, SlackWorld
from tests.unit.app.chat.world import Nobody

AT_MOST = 120.0


class Office:
    """A desk over a chat, and what agents would be woken for."""

    def __init__(self, there: ChatWorld, database: Engine, folder: Path) -> None:
        self.there = there
        self._database = database
        self._folder = folder
        self.ada, self.bo = there.person("ada"), there.person("bo")
        self.room = there.room(self.ada, self.bo)
        self.woken: list[dict[str, Any]] = []
        self.book = ApprovalStore(database)
        self.outbox = OutboxStore(database)
        self.desk = self.open()
        self.hear(nothing=True)

    def open(self) -> ChatDesk:
        """A desk as a new process has it."""
        audit = AuditStore(self._database, self._folder / "audit.key", self._folder / "log.jsonl", system_clock)
        # Which kind a chat is plays no part where it is opened already.
        setting = ChatSetting(name="team", kind="slack", people={self.ada: "ada", self.bo: "bo"})
        chat = {"team": self.there.chat()}
        connections = Connections([setting], Broker(Nobody(), dict), self._folder, system_clock, chat)
        people = People(PeopleStore(self._database, audit), connections, "ada", (), system_clock)
        runs = RunStore(self._database)

        def answering(person: str) -> Approvals:
            return Approvals(self.book, runs, person, system_clock, _nothing_runs, timedelta(0))

        self.desk = ChatDesk(
            connections,
            InboxStore(self._database),
            self.outbox,
            CardStore(self._database, self.outbox),
            people,
            self.book,
            answering,
            lambda _: None,
            lambda _: "",
            audit,
            self._folder / "locks",
            system_clock,
        )
        return self.desk

    def hear(self, *, nothing: bool = False) -> list[dict[str, Any]]:
        """What agents are woken for now, waiting for it unless it shall be nothing."""
        end = time.monotonic() + (0.5 if nothing else AT_MOST)
        before = len(self.woken)
        handling = self.desk.handling(self._on_event)
        while time.monotonic() < end and len(self.woken) == before:
            self.desk.look("team", timedelta(seconds=0.3))
            handling.look()
        return self.woken[before:]

    def _on_event(self, **heard: Any) -> list[str]:
        self.woken.append(heard)
        return ["helper"]

    def until(self, holds: Callable[[], bool]) -> bool:
        """Whether it holds at last, while everything that a server does is done."""
        end = time.monotonic() + AT_MOST
        handling = self.desk.handling(self._on_event)
        while time.monotonic() < end:
            self.desk.look("team", timedelta(seconds=0.2))
            handling.look()
            self.desk.cards.look()
            self.desk.send("team")
            if holds():
                return True
        return False

    def asked(self) -> AnswerPlace:
        """Bo has asked something in the room; where the answer goes."""
        self.there.say(self.bo, self.room, "Where is it?", mention=True)
        (heard,) = [one for one in self.hear() if one["event"].kind is EventKind.MENTION]
        place = heard["event"].message.place
        return AnswerPlace("team", place.room, place.message, place.message, heard["event"].sender)

    def answers(self) -> list[str]:
        """What the account has said in the room, without the words by which some chats mark it."""
        return [text.partition("\n\n(")[0] for text in self.there.texts(self.room) if "shelf" in text]

    def call(self, tool: str, key: str = "key-1", voice: Voice | None = None, **arguments: Any) -> Any:
        """Call a tool of a run."""
        return self.tools(voice or Voice("helper", "run1", "ada"))[tool].call(Grant(key, tool), arguments)

    def tools(self, voice: Voice) -> dict[str, Any]:
        """The tools of a run."""
        return {tool.spec.name: tool for tool in self.desk.tools(voice)}


def _nothing_runs() -> Any:
    raise AssertionError("no run waits here")


@pytest.fixture(params=["memory", "slack", "matrix"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChatWorld]:
    """Each kind of chat."""
    if request.param == "memory":
        yield MemoryWorld()
    elif request.param == "slack":
        with FakeSlack(pace=AT_ONCE) as slack:
            yield SlackWorld(slack)
    else:
        synapse: Synapse = request.getfixturevalue("synapse")
        yield MatrixWorld(synapse, tmp_path)


@pytest.fixture
def office(there: ChatWorld, database: Engine, tmp_path: Path) -> Iterator[Office]:
    made = Office(there, database, tmp_path)
    yield made
    made.desk.close()


def test_a_question_is_heard_once_and_answered_in_its_thread(office: Office) -> None:
    place = office.asked()
    answer = office.call("chat.reply", voice=Voice("helper", "run1", "ada", place), text="On the shelf.")
    assert answer["state"] == "posted"
    office.there.repeat()
    assert office.hear(nothing=True) == []
    lines = office.call("chat.thread", room=f"team:{office.room}", message=place.message)
    assert [line["text"] for line in lines][-1].startswith("On the shelf.")
    assert [line.get("by_agent", False) for line in lines] == [False, True]
    assert answer["id"] == lines[1]["id"]


def test_an_answer_that_was_lost_is_not_given_twice(office: Office) -> None:
    place = office.asked()
    voice = Voice("helper", "run1", "ada", place)
    office.there.lose_answer()
    office.call("chat.reply", voice=voice, text="On the shelf.")
    assert office.until(lambda: not office.outbox.open())
    assert office.answers() == ["On the shelf."]
    found = office.tools(voice)["chat.reply"].find("key-1", {"text": "On the shelf."})
    assert isinstance(found, Found)
    assert found.answer["state"] == "posted"


def test_after_a_crash_the_answer_that_had_begun_is_finished_in_place(office: Office) -> None:
    voice = Voice("helper", "run1", "ada", office.asked())
    stream = office.desk.reply_stream(voice)
    stream.add("On the ")
    stream.add("shelf")
    office.desk.close()
    office.open()
    office.call("chat.reply", voice=voice, text="On the left shelf.")
    assert office.until(lambda: not office.outbox.open())
    assert office.answers() == ["On the left shelf."]


def test_a_streamed_answer_is_one_message(office: Office) -> None:
    voice = Voice("helper", "run1", "ada", office.asked())
    stream = office.desk.reply_stream(voice)
    for piece in ("On ", "the ", "shelf."):
        stream.add(piece)
    assert office.call("chat.reply", voice=voice, text="On the shelf.")["state"] == "posted"
    assert office.answers() == ["On the shelf."]


def test_an_approval_is_shown_pressed_and_shown_as_answered(office: Office) -> None:
    proposal = Proposal("helper", "run1", "step 1", "mail.send", {"to": "x@example.org", "text": "`a` ```b"}, "7f3a")
    office.book.ask(ask("ap1", [proposal], "ada", system_clock(), Approvers(frozenset({"ada"}))))
    cards: list[Place] = []

    def shown() -> bool:
        cards[:] = [post.place for post in office.outbox.recent(9) if post.kind == "card" and post.place is not None]
        return bool(cards)

    assert office.until(shown)
    (place,) = cards
    assert office.there.buttons(place) == ["Approve", "Decline"]
    assert office.there.private_to(office.ada), "they have opened the conversation"
    office.there.press(office.ada, place, 0)
    assert office.until(lambda: office.book.find("ap1", system_clock()).state is State.ACCEPTED)
    assert office.until(lambda: not office.outbox.open())
    assert office.there.buttons(place) == []
    assert any("Approved by ada" in text for text in office.there.texts(place.room))


def test_a_message_to_one_person_reaches_them_alone(office: Office) -> None:
    assert (
        office.call("chat.post", room=f"team:@{office.there.name_of(office.bo)}", text="For you")["state"] == "posted"
    )
    assert office.until(lambda: any("For you" in text for text in office.there.private_to(office.bo)))
    assert not any("For you" in text for text in office.there.texts(office.room))
