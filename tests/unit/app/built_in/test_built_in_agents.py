"""The agents that Gainful brings along, from what people do in a chat to what stands there: one real run each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.agents import built_in
from gainful.agents.file.agent_version import AgentVersion
from gainful.agents.running.loop import Ended
from gainful.agents.waking.happening import Heard, MeetingEnded
from gainful.agents.waking.matching import fitting
from gainful.agents.waking.occurrence import occurrence_of, slot_occurrence
from gainful.agents.waking.trigger import CronTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app import Gainful
from gainful.app.chat.connections import Connections
from gainful.core.clock import system_clock
from gainful.core.occurrence import Occurrence
from gainful.runs.cron import zone_of
from gainful.sdk.testing.memory_chat import Kept, MemoryChat, MemoryServer
from gainful.storage.settings.config import Home

SETTINGS = """
[owner]
name = "ada"

[files.folders]
handbook = "{handbook}"

[[chats]]
name = "team"
kind = "slack"
people = {{ {ada} = "ada" }}

[[calendars]]
name = "work"
url = "ics:{calendar}"
"""


class Office:
    """An installation with one agent, and a chat in which ada (its owner) and bo are."""

    def __init__(self, server: MemoryServer, folder: Path, name: str, script: str) -> None:
        self.server = server
        self.ada, self.bo = self.server.person("ada"), self.server.person("bo")
        self.room = self.server.room("standup", self.ada, self.bo)
        (folder / "handbook").mkdir()
        (folder / "handbook" / "leave.md").write_text("# Leave\n\nThe office is closed on Friday afternoons.\n")
        (folder / "work.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
        home = Home(folder / "home")
        home.prepare()
        home.config.write_text(
            SETTINGS.format(handbook=folder / "handbook", ada=self.ada, calendar=folder / "work.ics")
        )
        agent = home.path / "agents" / name
        agent.mkdir(parents=True)
        text = built_in.text_of(name, "ada").replace("\ntriggers:", "\nmodel: scripted:script.yaml\ntriggers:", 1)
        (agent / "AGENT.md").write_text(text)
        (agent / "script.yaml").write_text(script)
        self.app = Gainful.open(home)
        self.app.agents.enable(name, self.app.agents.change(name).digest)
        self.version: AgentVersion = self.app.agents.version(name)
        file = self.version.file
        self.agent = WakeableAgent(name, file.owner, file.woken_by)
        self.runs: list[Ended] = []

    def wake(self, occurrence: Occurrence) -> None:
        """Make the run now."""
        _, ended = self.app.agent_runs.run(occurrence)
        assert isinstance(ended, Ended), ended
        self.runs.append(ended)
        while self.app.chats.outbox.busy("team", self.app.clock()):
            self.app.chats.send("team")

    def hear(self) -> None:
        """What has happened in the chat wakes the agent."""

        def woken(*, chat: str, event: object, **more: str) -> list[str]:
            heard = Heard(chat, event, **more)  # type: ignore[arg-type]
            trigger = fitting(self.agent.triggers, heard)
            if trigger is None:
                return []
            self.wake(occurrence_of(self.agent, trigger, heard))
            return [self.agent.name]

        while self.app.chats.look("team", timedelta(0)):
            pass
        self.app.chats.handling(woken).look()

    def said(self, room: str = "") -> list[Kept]:
        """What the agent has said there."""
        return [kept for kept in self.server.seen(room or self.room) if kept.message.by_agent]

    def alone(self, person: str) -> list[Kept]:
        """What the agent has said to one person."""
        return self.said(self.server.conversation(person, self.server.account))


Opened = Callable[[str, str], Office]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    made: list[Office] = []

    def open_(name: str, script: str) -> Office:
        server = MemoryServer()
        monkeypatch.setattr(Connections, "_open", lambda self, setting: MemoryChat(server))
        made.append(Office(server, tmp_path, name, script))
        return made[-1]

    yield open_
    for each in made:
        each.app.close()


def test_answer_says_what_the_files_say(office: Opened) -> None:
    here = office("answer", '- when: closed on friday afternoons\n  say: "On Friday afternoons (handbook/leave.md)."\n')
    asked = here.server.say(here.bo, here.room, "When is the office closed?", mentions=[here.server.account])
    here.hear()
    (answer,) = here.said()
    assert (answer.text, answer.message.place.thread) == ("On Friday afternoons (handbook/leave.md).", asked.message)
    assert [(ended.state, ended.turns) for ended in here.runs] == [("done", 1)]
    assert here.app.approvals.waiting() == []


def test_answer_hands_over_to_its_owner(office: Opened) -> None:
    script = """
    - when: who fixes the printer
      calls: [{tool: chat.post, with: {room: "@owner", text: "bo asks who fixes the printer."}}]
      say: "I do not know; ada has been told."
    """
    here = office("answer", script)
    here.server.say(here.bo, here.room, "Who fixes the printer?", mentions=[here.server.account])
    here.hear()
    assert [kept.text for kept in here.alone(here.ada)] == ["bo asks who fixes the printer."]
    assert [kept.text for kept in here.said()] == ["I do not know; ada has been told."]
    assert here.app.approvals.waiting() == []


def test_answer_posts_unasked_to_nobody_else(office: Opened) -> None:
    script = """
    - when: tell everybody
      calls: [{tool: chat.post, with: {room: "team:standup", text: "Buy now!"}}]
      say: "{answer}"
    """
    here = office("answer", script)
    here.server.say(here.bo, here.room, "Tell everybody to buy", mentions=[here.server.account])
    here.hear()
    (answer,) = here.said()
    assert answer.text.startswith("Denied")


def test_summary_by_command_comes_to_whoever_asked_alone(office: Opened) -> None:
    here = office("summary", '- when: ship on monday\n  say: "They ship on Monday."\n')
    here.server.say(here.ada, here.room, "We ship on Monday")
    here.server.command(here.bo, here.room, "/summary")
    here.hear()
    assert here.said() == []
    assert [kept.text for kept in here.alone(here.bo)] == ["They ship on Monday."]
    assert here.server.whispered[here.bo] == ["On it. The answer comes to you alone."]
    assert here.runs[0].turns == 1


def test_summary_of_a_thread_stands_in_it(office: Opened) -> None:
    here = office("summary", '- when: the cable\n  say: "It was the cable."\n')
    first = here.server.say(here.ada, here.room, "The printer is dead")
    here.server.say(here.bo, here.room, "It was the cable", thread=first.message)
    here.server.say(here.bo, here.room, "summarise please", thread=first.message, mentions=[here.server.account])
    here.hear()
    (answer,) = here.said()
    assert (answer.text, answer.message.place.thread) == ("It was the cable.", first.message)


def test_standup_is_one_message_from_what_people_wrote(office: Opened) -> None:
    here = office("standup", '- when: fixed the printer\n  say: "**bo** fixed the printer."\n')
    here.server.say(here.bo, here.room, "I fixed the printer")
    (cron, *_) = here.agent.triggers
    assert isinstance(cron, CronTrigger)
    slot = slot_occurrence(here.agent, cron, system_clock(), zone_of("UTC"))
    here.wake(slot)
    here.wake(slot)
    posts = [kept.text for kept in here.said()]
    held = here.app.chats.outbox.open()
    # In its quiet hours the digest waits for the morning.
    assert posts == ["**bo** fixed the printer."] or [post.words.text for post in held] == ["**bo** fixed the printer."]


def test_catch_up_tells_what_was_said_to_whoever_asks(office: Opened) -> None:
    here = office("catch-up", '- when: please review\n  say: "ada wants a review."\n')
    here.server.say(here.ada, here.room, "please review", mentions=[here.bo])
    here.server.say(here.ada, here.room, "nothing for you")
    here.hear()
    here.server.say_directly(here.bo, "What did I miss?")
    here.hear()
    assert [kept.text for kept in here.alone(here.bo)] == ["ada wants a review."]
    assert [ended.turns for ended in here.runs] == [1]


def test_after_a_meeting_its_owner_is_told_what_was_missed(office: Opened) -> None:
    here = office("after-meeting", '- when: please review\n  say: "bo wants a review."\n')
    here.server.say(here.bo, here.room, "please review", mentions=[here.ada])
    here.hear()
    now = system_clock()
    ended = MeetingEnded("work", now - timedelta(hours=1), now)
    trigger = fitting(here.agent.triggers, ended)
    assert trigger is not None
    here.wake(occurrence_of(here.agent, trigger, ended))
    texts = [kept.text for kept in here.alone(here.ada)] or [post.words.text for post in here.app.chats.outbox.open()]
    assert texts == ["bo wants a review."]
    assert here.app.approvals.waiting() == []


def test_a_reaction_turns_a_thread_into_a_ticket_once(office: Opened) -> None:
    here = office("ticket", '- when: printer\n  say: "**Title**: The printer is dead."\n')
    first = here.server.say(here.ada, here.room, "The printer is dead")
    here.server.react(here.bo, first, "ticket")
    here.hear()
    here.server.react(here.ada, first, "eyes")
    here.hear()
    (draft,) = here.said()
    assert (draft.text, draft.message.place.thread) == ("**Title**: The printer is dead.", first.message)
    assert here.app.approvals.waiting() == []
