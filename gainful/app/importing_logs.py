"""Imports what other AI tools wrote down: file by file, some thousands of calls at a time, each once.

Files that have not changed since they were read are left out. Killed in the middle, it is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from gainful.core.errors import Invalid
from gainful.core.fact import Agent, Call, Fact, Run
from gainful.intake.logs.reading import Read, Skipped
from gainful.storage.database import transaction
from gainful.storage.fact_store import FactStore
from gainful.storage.mark_store import MarkStore

BATCH = 5000
SHOWN = 5
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""Since when an agent is whose it is: before any call."""


class NothingToImport(Invalid):
    """There is no file where one was looked for."""

    code = "nothing-to-import"


@dataclass
class Imported:
    """What became of it.

    Args:
        files: That were read; the others had not changed.
        skipped: The first lines that could not be read.
    """

    files: int = 0
    unchanged: int = 0
    new: int = 0
    doubled: int = 0
    unread: int = 0
    skipped: list[Skipped] = field(default_factory=list)


class ImportingLogs:
    """Imports into one installation's facts.

    Args:
        person: Whose the calls are that say nobody's.
    """

    def __init__(self, facts: FactStore, marks: MarkStore, person: str) -> None:
        self._facts = facts
        self._marks = marks
        self._person = person

    def files(self, tool: str, files: Iterable[Path], read: Callable[[Path], Iterator[Read]]) -> Imported:
        """Book what these files hold.

        Raises:
            NothingToImport: There are none.
        """
        done, any_ = Imported(), False
        for file in files:
            any_ = True
            mark, stamp = f"import:{tool}:{file}", _stamp(file)
            if self._marks.get(mark) == stamp:
                done.unchanged += 1
                continue
            self._file(tool, file, read, done, (mark, stamp))
        if not any_:
            raise NothingToImport(f"There is nothing of {tool} to import there.", "Name the file or folder.")
        return done

    def _file(
        self, tool: str, file: Path, read: Callable[[Path], Iterator[Read]], done: Imported, mark: tuple[str, str]
    ) -> None:
        done.files += 1
        batch: list[Call] = []
        for found in self._found(file, read):
            if isinstance(found, Skipped):
                done.unread += 1
                done.skipped += [found] if len(done.skipped) < SHOWN else []
                continue
            batch.append(replace(found, person=found.person or self._person))
            if len(batch) >= BATCH:
                self._book(tool, batch, done)
                batch = []
        self._book(tool, batch, done, mark)

    def _found(self, file: Path, read: Callable[[Path], Iterator[Read]]) -> Iterator[Read]:
        try:
            yield from read(file)
        except (OSError, ValueError) as error:
            yield Skipped(file, 0, getattr(error, "strerror", None) or "It cannot be read.")

    def _book(self, tool: str, batch: list[Call], done: Imported, mark: tuple[str, str] | None = None) -> None:
        with transaction(self._facts.engine) as connection:
            names = self._facts.pseudonyms_in(connection, [call.person for call in batch])
            facts = [fact for call in batch for fact in _facts_of(call, names[call.person])]
            before = self._facts.known_in(connection, batch)
            if facts:
                self._facts.append_in(connection, facts, tool)
            if mark is not None:
                self._marks.set_in(connection, *mark)
        done.new += len(batch) - before
        done.doubled += before


def _facts_of(call: Call, pseudonym: str) -> list[Fact]:
    """The call, whose its agent is, and its run. An agent's name holds the pseudonym: names stay, people may go."""
    if not call.agent:
        return [call]
    agent = f"{call.agent} of {pseudonym}" if pseudonym else call.agent
    owner = call.person or agent
    facts = [replace(call, agent=agent), Agent(at=FIRST, id=agent, owner=owner, tool=call.tool)]
    if call.run:
        day = call.at.replace(hour=0, minute=0, second=0, microsecond=0)
        key = f"run:{call.tool}:{call.run}"
        facts.append(Run(at=day, key=key, id=call.run, agent=agent, person=call.person))
    return facts


def _stamp(file: Path) -> str:
    """What changes when a file does."""
    try:
        stat = file.stat()
    except OSError:
        return ""
    return f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}"
