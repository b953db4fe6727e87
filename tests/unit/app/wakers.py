"""A dispatcher over a real database, with a clock that is set, and runs that are only counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.dispatch import Leaves
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.core.errors import GainfulError
from gainful.core.occurrence import Occurrence
from gainful.storage.agents.occurrence_store import OccurrenceStore
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class World:
    """What stands around a dispatcher.

    Args:
        folders: As the settings have them.
    """

    def __init__(self, database: Engine, folders: Mapping[str, Path] | None = None, zone: str = "UTC") -> None:
        self.now = NOON
        self.agents: list[WakeableAgent] = []
        self.started: list[Occurrence] = []
        self.complaints: list[GainfulError] = []
        self.failing: GainfulError | None = None
        self.leaves: Leaves = lambda _occurrence: False
        self.store = OccurrenceStore(database)
        self.mails, self.runs = MailStore(database), RunStore(database)
        accounts = {"imap://me@mail.example.org": "work"}
        self.sources = Sources(self.mails, self.runs, accounts, folders or {}, zone)
        self.dispatcher = self.process()

    def process(self) -> Dispatcher:
        """A dispatcher as another process has it; what it remembers is in the database alone."""
        return Dispatcher(
            self.store,
            self.start,
            lambda: self.agents,
            lambda: self.now,
            self.sources,
            self.complain,
            lambda occurrence: self.leaves(occurrence),
        )

    def complain(self, error: GainfulError) -> None:
        self.complaints.append(error)

    def start(self, occurrence: Occurrence) -> None:
        if self.failing is not None:
            raise self.failing
        self.started.append(occurrence)

    def agent(self, *triggers: Mapping[str, Any], name: str = "handbook", **more: Any) -> WakeableAgent:
        """An agent that is enabled."""
        found = WakeableAgent(name, more.pop("owner", "ada"), triggers_from(triggers), **more)
        self.agents.append(found)
        return found

    def after(self, **time: float) -> World:
        """The same, later."""
        self.now += timedelta(**time)
        return self

    @contextmanager
    def failure(self, error: GainfulError) -> Iterator[None]:
        """While in here, nothing can be started."""
        self.failing = error
        yield
        self.failing = None

    def taken(self) -> list[Occurrence]:
        """What was started since the last time."""
        found, self.started = self.started, []
        return found
