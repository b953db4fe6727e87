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
        batch: list[Fact] = []
        for found in self._found(file, read):
            if isinstance(found, Skipped):
                done.unread += 1
                done.skipped += [found] if len(done.skipped) < SHOWN else []
                continue
            batch += self._facts_of(found)
            if len(batch) >= BATCH:
                self._book(tool, batch, done)
                batch = []
        self._book(tool, batch, done, mark)

    def _found(self, file: Path, read: Callable[[Path], Iterator[Read]]) -> Iterator[Read]:
        try:
            yield from read(file)
        except (OSError, ValueError) as error:
            yield Skipped(file, 0, getattr(error, "strerror", None) or "It cannot be read.")

    def _facts_of(self, call: Call) -> list[Fact]:
        person = call.person or self._person
        facts: list[Fact] = [replace(call, person=person)]
        if call.agent:
            day = call.at.replace(hour=0, minute=0, second=0, microsecond=0)
            agent = f"{call.agent} of {person}" if person else call.agent
            facts[0] = replace(call, person=person, agent=agent)
            facts.append(Agent(at=datetime(2020, 1, 1, tzinfo=UTC), id=agent, owner=person or agent, tool=call.tool))
            if call.run:
                facts.append(Run(at=day, key=f"run:{call.tool}:{call.run}", id=call.run, agent=agent, person=person))
        return facts

    def _book(self, tool: str, batch: list[Fact], done: Imported, mark: tuple[str, str] | None = None) -> None:
        calls = sum(isinstance(fact, Call) for fact in batch)
        with transaction(self._facts.engine) as connection:
            before = self._facts.known_in(connection, batch)
            if batch:
                self._facts.append_in(connection, batch, tool)
            if mark is not None:
                self._marks.set_in(connection, *mark)
        done.new += calls - before
        done.doubled += before


def _stamp(file: Path) -> str:
    """What changes when a file does."""
    try:
        stat = file.stat()
    except OSError:
        return ""
    return f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}"
