"""Processes of a chat's desk, each killed at another point, and each followed by one that is not.

    chat_process.py FOLDER          one home for each point, named by it; prints how many there are
    chat_process.py FOLDER at-once  three processes over one home, at the same time

The chat is a folder: what is posted is a line in a file, so that it can be counted from outside. Somebody has asked
something and is answered; an approval waits, is shown, pressed, and shown as answered.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gainful.app.chat.connections import Connections
from gainful.app.chat.desk import ChatDesk
from gainful.app.chat.people import People
from gainful.app.chat.voice import Voice
from gainful.app.guarding.approvals import Approvals
from gainful.core.clock import system_clock
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import ask
from gainful.gate.approval_export import event_of
from gainful.gate.broker import Broker
from gainful.gate.proposal import Proposal
from gainful.runs.executor import turn
from gainful.sdk.chat import ChatEvent, EventKind, Member, Message, Place, Room, RoomKind, Words
from gainful.sdk.grant import Grant
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore
from gainful.storage.chat.people_store import PeopleStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.settings.chat import ChatSetting
from tests.crash.door_process import Points

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ME, BO, ROOM = "B1", "U1", "C1"


class FolderChat:
    """A chat that is a folder; nothing of it is lost when a process dies."""

    def __init__(self, folder: Path, point: Points) -> None:
        self._said = folder / "said"
        self._acknowledged = folder / "acknowledged"
        self._folder = folder
        self._point = point
        self._brought: list[str] = []

    def me(self) -> Member:
        return Member(ME, "gainful", is_bot=True)

    def member(self, member_id: str) -> Member:
        return Member(member_id, "bo")

    def rooms(self) -> list[Room]:
        return [Room(ROOM, "help", RoomKind.PUBLIC)]

    def direct(self, grant: Grant, member_id: str) -> Room:
        return Room(f"D{member_id}", "bo", RoomKind.DIRECT)

    def lines(self) -> list[dict[str, Any]]:
        """Everything that was posted and edited, in order."""
        if not self._said.exists():
            return []
        return [json.loads(line) for line in self._said.read_text().splitlines()]

    def _write(self, **line: Any) -> None:
        self._point()
        with self._said.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self._point()

    def post(self, grant: Grant, room: str, words: Words, *, thread: str = "") -> Place:
        place = Place(room, f"m-{grant.key}", thread)
        buttons = [button.id for button in words.buttons]
        self._write(what="post", room=room, key=grant.key, text=words.text, buttons=buttons)
        return place

    def find(self, room: str, key: str, *, thread: str = "", since: datetime | None = None) -> Place | None:
        found = any(line["what"] == "post" and (line["room"], line["key"]) == (room, key) for line in self.lines())
        return Place(room, f"m-{key}", thread) if found else None

    def edit(self, grant: Grant, place: Place, words: Words) -> None:
        self._write(what="edit", room=place.room, key=grant.key, text=words.text, buttons=[])

    def answer(self, grant: Grant, event: ChatEvent, text: str) -> None:
        self._write(what="whisper", room=event.room, key=grant.key, text=text, buttons=[])

    def events(self, wait: timedelta) -> list[ChatEvent]:
        with self._acknowledged.open("a") as file:
            file.writelines(f"{event_id}\n" for event_id in self._brought)
        known = self._acknowledged.read_text().split()
        found = [event for event in self._happened() if event.id not in known]
        self._brought = [event.id for event in found]
        return found

    def _happened(self) -> Sequence[ChatEvent]:
        asked = Message(Place(ROOM, "m1"), BO, "Where is it?", AT, (ME,))
        found = [ChatEvent("E1", EventKind.MENTION, BO, ROOM, AT, asked)]
        for line in self.lines():
            if line["buttons"]:
                card = Message(Place(line["room"], f"m-{line['key']}"), ME, line["text"], AT)
                pressed = {"button": line["buttons"][0]}
                # Pressed twice, as impatient people do.
                found += [
                    ChatEvent(f"P{number}", EventKind.PRESSED, BO, line["room"], AT, card, pressed, "here")
                    for number in (1, 2)
                ]
        return found

    def close(self) -> None:
        """Nothing to do."""


class Empty:
    """A vault without secrets."""

    def get(self, name: str) -> None:
        return None


class Home:
    """One installation in a folder."""

    def __init__(self, folder: Path, point: Points) -> None:
        self._locks = folder / "locks"
        engine = open_database(folder / "gainful.sqlite")
        audit = AuditStore(engine, folder / "audit.key", folder / "checkpoints.jsonl", system_clock)
        book = ApprovalStore(engine, None, lambda connection, given: audit.append_in(connection, [event_of(given)]))
        self.inbox, self.outbox = InboxStore(engine), OutboxStore(engine)
        cards, runs = CardStore(engine, self.outbox), RunStore(engine)
        watched: Sequence[tuple[Any, tuple[str, ...]]] = (
            (self.inbox, ("add", "settle")),
            (self.outbox, ("put", "claim", "opened", "posted", "again", "end")),
            (cards, ("show", "close")),
            (book, ("answer",)),
        )
        for store, names in watched:
            for name in names:
                setattr(store, name, point.around(getattr(store, name)))
        setting = ChatSetting(name="team", kind="slack", people={BO: "bo"})
        chat: Any = FolderChat(folder, point)
        connections = Connections([setting], Broker(Empty(), dict), folder, system_clock, {"team": chat})
        people = People(PeopleStore(engine, audit), connections, "bo", (), system_clock)
        self.book = book
        self.desk = ChatDesk(
            connections,
            self.inbox,
            self.outbox,
            cards,
            people,
            book,
            lambda person: Approvals(book, runs, person, system_clock, _nothing_runs, timedelta(0)),
            lambda _: None,
            lambda _: "",
            audit,
            folder / "locks",
            system_clock,
        )

    def ask(self) -> None:
        """An agent asks for something, unless it has."""
        proposal = Proposal("helper", "run1", "step 1", "mail.send", {"to": "ada@example.org"}, "7f3a")
        # Two that look at once would both ask.
        with turn(self._locks, "asks"):
            if not self.book.recent(system_clock(), 1):
                self.book.ask(ask("ap1", [proposal], "bo", system_clock()))

    def on_event(self, *, chat: str, event: ChatEvent, **_: object) -> list[str]:
        """A run that replies, under the key that its door would give."""
        place = AnswerPlace(chat, event.room, "m1", "m1", event.sender)
        voice = Voice("helper", f"run-{event.id}", "bo", answer_to=place)
        (reply,) = [tool for tool in self.desk.tools(voice) if tool.spec.name == "chat.reply"]
        reply.call(Grant(f"reply-{event.id}", "chat.reply"), {"text": "On the shelf."})
        return ["helper"]

    def go(self) -> None:
        """Do all that there is to do."""
        self.ask()
        handling = self.desk.handling(self.on_event)
        for _ in range(3):
            while self.desk.look("team", timedelta(0)):
                pass
            handling.look()
            self.desk.cards.look()
            while self.outbox.busy("team", system_clock()):
                self.desk.send("team")


def _nothing_runs() -> Any:
    raise AssertionError("no run waits here")


def lay(folder: Path) -> Path:
    """A home with an empty database; migrating anew each time would take longer than all the rest."""
    folder.mkdir(parents=True)
    shutil.copyfile(folder.parent / "empty.sqlite", folder / "gainful.sqlite")
    return folder


def begin(folder: Path, fatal: int = 0) -> int:
    """A process of its own that does everything, or dies on the way. Nothing is open here when it begins."""
    process = os.fork()
    if process:
        return process
    point = Points(fatal)
    try:
        Home(folder, point).go()
        (folder / "points").write_text(str(point.passed))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def end(process: int) -> int:
    """How it ended: 0, or the number of the signal that killed it, negative."""
    status = os.waitpid(process, 0)[1]
    return os.waitstatus_to_exitcode(status)


def one_by_one(root: Path) -> None:
    """Kill a process at each point that an undisturbed one passes, and let another one follow it."""
    whole = lay(root / "whole")
    assert end(begin(whole)) == 0
    points = int((whole / "points").read_text())
    for fatal in range(1, points + 1):
        home = lay(root / str(fatal))
        assert end(begin(home, fatal)) == -signal.SIGKILL, f"not killed at point {fatal}"
        assert end(begin(home)) == 0, f"no way on from point {fatal}"
    print(points)


def at_once(root: Path) -> None:
    """Three processes over one home at the same time, and one that looks after what they left to each other."""
    home = lay(root / "shared")
    assert [end(process) for process in [begin(home) for _ in range(3)]] == [0] * 3
    assert end(begin(home)) == 0


def main(root: Path, how: str) -> None:
    """Do it over homes in this folder."""
    # In a process of its own: what is open here, no other process may use.
    template = os.fork()
    if not template:
        engine = open_database(root / "empty.sqlite")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        os._exit(0)
    assert end(template) == 0
    (at_once if how == "at-once" else one_by_one)(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[-1])
