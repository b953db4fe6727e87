"""Imports what other AI tools wrote down: file by file, some thousands of calls at a time, each once.

    logs = ImportingLogs(app.facts, app.marks, app.prices, "ann", app.clock)
    logs.files(claude_code.FORMAT, files).new

How far a file was read is noted with the last of its calls: one that has not changed is left out, one that grew is read
on. Killed in the middle, an import is simply done again, for a call that is known is not booked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from gainful.app.books.log_marks import LogMarks, state_of
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.fact import Agent, Call, Fact, Run
from gainful.core.money import Tokens
from gainful.intake.logs.reading import START, Format, Found, Place, Skipped
from gainful.intake.prices import Prices
from gainful.storage.database import reading, transaction
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.runs.mark_store import MarkStore

BATCH = 5000
SHOWN = 5
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""Since when an agent is whose it is: before any call."""

AHEAD = timedelta(days=1)
"""So far another machine's clock may be ahead of ours."""


class NothingToImport(Invalid):
    """There is no file where one was looked for."""

    code = "nothing-to-import"


@dataclass
class ModelUse:
    """What was used of one model.

    Args:
        unpriced: Of the calls, those whose price nobody knows; they are not in `cost`.
    """

    calls: int = 0
    unpriced: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    cost: Decimal = Decimal(0)

    def add(self, call: Call) -> None:
        """Add a call."""
        self.calls += 1
        self.unpriced += call.cost is None
        self.tokens += call.tokens
        self.cost += call.cost or 0


@dataclass
class Imported:
    """What became of it.

    Args:
        files: That were read; `unchanged` ones were not.
        waiting: Of them, those that hold something that is left for the next time.
        doubled: Calls that are known, or older than what is kept.
        unread: Lines that could not be read, and files.
        skipped: The first of those.
        models: What is new, by the provider's and the model's name.
    """

    files: int = 0
    unchanged: int = 0
    waiting: int = 0
    new: int = 0
    doubled: int = 0
    unread: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    models: dict[tuple[str, str], ModelUse] = field(default_factory=dict)


class ImportingLogs:
    """Imports into one installation's facts.

    Args:
        person: Whose the calls are that say nobody's; empty: nobody's.
        dry: Whether it only looks: nothing is booked or noted.
    """

    def __init__(
        self, facts: FactStore, marks: MarkStore, prices: Prices, person: str, clock: Clock, *, dry: bool = False
    ) -> None:
        self._facts = facts
        self._kept = marks
        self._marks = LogMarks(marks)
        self._prices = prices
        self._person = person
        self._clock = clock
        self._dry = dry
        # What would be booked if it did.
        self._seen: set[str] = set()

    def files(
        self, format_: Format, files: Sequence[Path], report: Callable[[int, int], None] = lambda _done, _of: None
    ) -> Imported:
        """Book what these files hold.

        Args:
            report: Told how many files were read, of how many.

        Raises:
            NothingToImport: There are none.
        """
        if not files:
            raise NothingToImport(f"There is nothing of {format_.title} to import there.", "Name the file or folder.")
        done = Imported()
        for number, file in enumerate(files, 1):
            try:
                self._file(format_, file, done)
            except OSError as error:
                _skip(done, Skipped(file, 0, f"It cannot be read: {error.strerror or type(error).__name__}."))
            report(number, len(files))
        return done

    def _file(self, format_: Format, file: Path, done: Imported) -> None:
        state = state_of(file, self._clock())
        begin = self._marks.begin(format_.tool, file, state)
        if begin is None:
            done.unchanged += 1
            return
        done.files += 1
        batch: list[Call] = []
        end = START
        for found in format_.read(file, begin, state.quiet):
            if isinstance(found, Place):
                end = found
            elif isinstance(found, Skipped):
                _skip(done, found)
            elif reason := self._impossible(found.call):
                _skip(done, Skipped(file, found.line, reason))
            else:
                batch.append(self._call(found))
            if len(batch) >= BATCH:
                self._book(format_.tool, batch, done)
                batch = []
        done.waiting += end.waits
        self._book(format_.tool, batch, done, self._marks.mark(format_.tool, file, state, end))

    def _impossible(self, call: Call) -> str:
        """Why there cannot have been such a call; empty where there can."""
        if FIRST <= call.at <= self._clock() + AHEAD:
            return ""
        return f"It is dated {call.at:%Y-%m-%d}, which cannot be."

    def _call(self, found: Found) -> Call:
        """The call, with whose it is and what it cost; the price list is asked here, for only here is `Found` known."""
        call = found.call
        person = call.person or self._person
        if call.cost is not None:
            return replace(call, person=person)
        cost = self._prices.cost(call.provider, call.model, call.tokens, call.at, short=found.many, hour=found.hour)
        return replace(call, person=person, cost=None if cost is None else cost * found.share)

    def _book(self, tool: str, batch: Sequence[Call], done: Imported, mark: tuple[str, str] | None = None) -> None:
        if self._dry:
            with reading(self._facts.engine) as connection:
                new = _new(batch, self._facts.known_in(connection, batch) | self._seen)
            self._seen.update(call.key for call in new)
        else:
            with transaction(self._facts.engine) as connection:
                new = _new(batch, self._facts.known_in(connection, batch))
                names = self._facts.pseudonyms_in(connection, [call.person for call in new])
                facts = [fact for call in new for fact in _facts_of(call, names[call.person])]
                if facts:
                    self._facts.append_in(connection, facts, tool)
                if mark is not None:
                    self._kept.set_in(connection, *mark)
        for call in new:
            done.models.setdefault((call.provider, call.model), ModelUse()).add(call)
        done.new += len(new)
        done.doubled += len(batch) - len(new)


def _skip(done: Imported, skipped: Skipped) -> None:
    done.unread += 1
    if len(done.skipped) < SHOWN:
        done.skipped.append(skipped)


def _new(batch: Iterable[Call], known: set[str]) -> list[Call]:
    """Those that are not known, each once."""
    by_key: dict[str, Call] = {}
    for call in batch:
        if call.key not in known:
            by_key.setdefault(call.key, call)
    return list(by_key.values())


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
