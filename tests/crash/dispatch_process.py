"""Processes that are told of what wakes agents, and are killed, each at another point: `dispatch_process.py FOLDER`.

A point lies before each statement that writes, before each commit, and before and after each start of a run. A run that
starts is a line in a file, so that starts can be counted from outside. For each point there is a home of its own in the
folder, in which one process dies there and another one then comes to its end; in `0` nobody dies.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from gainful.agents.waking.happening import Delivered
from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.core.occurrence import Occurrence
from gainful.sdk.chat import ChatEvent, EventKind, Message, Place
from gainful.storage.agents.occurrence_store import OccurrenceStore, run_id_of
from gainful.storage.database import open_database
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TRIGGERS = (
    {"on": "cron", "at": "0 * * * *", "missed": "all"},
    {"on": "cron", "at": "30 * * * *", "missed": "once"},
    {"on": "mention", "wake": "changed"},
    {"on": "webhook"},
    {"on": "file", "path": "notes"},
)


class Points:
    """Counts the points that the process passes, and kills it at one of them."""

    def __init__(self, fatal: int) -> None:
        self.passed = 0
        self._fatal = fatal

    def __call__(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, _c: object, _x: object, statement: str, *_: object) -> None:
        """A statement is about to be executed."""
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self()


def notice(home: Path, fatal: int) -> None:
    """Notice everything, or die on the way."""
    now = [NOON]
    engine = open_database(home / "gainful.sqlite")
    point = Points(fatal)
    event.listen(engine, "before_cursor_execute", point.statement)
    event.listen(engine, "commit", point)

    def start(occurrence: Occurrence) -> None:
        point()
        with (home / "started").open("a") as file:
            file.write(f"{occurrence.trigger} {occurrence.at:%H:%M} {run_id_of(occurrence)}\n")
        point()

    def complain(error: Exception) -> None:
        raise error

    agent = WakeableAgent("handbook", "ada", triggers_from(TRIGGERS))
    notes = home / "notes"
    sources = Sources(MailStore(engine), RunStore(engine), folders={"notes": notes})
    store = OccurrenceStore(engine)
    dispatcher = Dispatcher(store, start, lambda: [agent], lambda: now[0], sources, complain)
    dispatcher.recover()
    dispatcher.tick()
    dispatcher.files()
    now[0] += timedelta(hours=3, minutes=10)
    dispatcher.tick()
    message = Message(Place("C1", "1.1"), "U1", "What does it cost?", NOON)
    said = ChatEvent("e1", EventKind.MENTION, "U1", "C1", NOON, message)
    dispatcher.chat("slack", said)
    hook = dispatcher.hook("handbook", "webhook")
    assert hook is not None
    dispatcher.webhook(*hook, Delivered("k1", {"action": "opened"}, NOON))
    dispatcher.recover()
    (notes / "a.md").write_text("two")
    for _ in range(3):
        now[0] += timedelta(seconds=1)
        dispatcher.files()
    engine.dispose()


def survives(home: Path, fatal: int) -> bool:
    """Whether a process of its own comes to its end. Forked: what it needs is imported already."""
    child = os.fork()
    if child == 0:
        notice(home, fatal)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status not in (0, signal.SIGKILL):
        raise RuntimeError(f"a process in {home} ended with {status}")
    return status == 0


def main(folder: Path) -> None:
    """Die at each point there is."""
    fatal = 0
    while True:
        home = folder / str(fatal)
        (home / "notes").mkdir(parents=True)
        shutil.copyfile(folder / "empty.sqlite", home / "gainful.sqlite")
        (home / "notes" / "a.md").write_text("one")
        survived = survives(home, fatal)
        survives(home, 0)
        if survived and fatal:
            # There is no such point: the last home is one more in which nobody died.
            return
        fatal += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
