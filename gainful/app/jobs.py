"""Runs the jobs: makes the engine once, lays each job's desk, notes its beginning and end."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gainful
from gainful.app.accounts import Accounts, identity_of
from gainful.app.guarding.guards import Guards
from gainful.app.models import Models
from gainful.app.stores import Stores
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id, stable_id
from gainful.gate.effects import EffectDoor
from gainful.gate.guard import Guard
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.protection import Protection
from gainful.jobs.triage.reading.reader import Reader
from gainful.jobs.triage.run import Consultant, MendJob, Order, Progress, TriageJob, UndoJob
from gainful.jobs.triage.settings import Settings
from gainful.runs.executor import account_lock, account_right
from gainful.runs.heartbeat import Heartbeat
from gainful.runs.membership import Member
from gainful.runs.steps import Job, Json, Steps
from gainful.sdk.declaration import declared
from gainful.sdk.mail import Mailbox
from gainful.storage.database import ended, translated
from gainful.storage.errors import DatabaseLocked, DatabaseUnreachable
from gainful.storage.runs.worker_store import WorkerStore
from gainful.storage.settings.config import Account

if TYPE_CHECKING:
    from gainful.runs.engine import Engine


RUNS = "runs"
"""The duty of letting runs of dead processes go on."""

WATCH = "watch"
"""The duty of watching mail, chats, calendars, files and clocks."""


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody how far a run is."""
    del stage, done, total


class Jobs:
    """What runs can do, and the engine that does it. One per process."""

    def __init__(self, stores: Stores, guards: Guards, accounts: Accounts, models: Models, labels: LabelSet) -> None:
        self._stores = stores
        self._guards = guards
        self._accounts = accounts
        self._models = models
        self._labels = labels
        self.more: dict[str, Job] = {}
        """Further jobs, by name, which note their own beginning and end; added before the engine is first asked for."""
        self._progress: dict[str, Progress] = {}
        self._engine: Engine | None = None
        self._making = threading.Lock()
        self._over = False

    def stop(self) -> None:
        """Stop runs; those still under way are left alone by other processes until `close`."""
        with self._making:
            self._over = True
        if self._engine is not None:
            self._engine.stop()

    def close(self) -> None:
        """Stop, and let the next process resume runs still under way."""
        self.stop()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def run(self, job: str, run_id: str, arguments: Mapping[str, Any]) -> Any:
        """The result of a new run of this job.

        Raises:
            GainfulError: What stopped it.
        """
        # DBOS writes into our database too; when the disk is full under it, that must read as when it is under us.
        with translated(self._stores.database):
            return self.engine().run(job, run_id, arguments)

    def resume(self, run_id: str) -> None:
        """Finish a run that a dead process left.

        Raises:
            GainfulError: What stopped it.
        """
        with translated(self._stores.database):
            self.engine().resume(run_id)

    @contextmanager
    def watched(self, run_id: str, progress: Progress) -> Iterator[None]:
        """Tells how far this run is, as long as it is in here."""
        self._progress[run_id] = progress
        try:
            yield
        finally:
            del self._progress[run_id]

    def engine(self, *, schedules: bool = False, watches: bool = False) -> Engine:
        """The engine, made at its first use: the libraries behind it take long to import.

        Args:
            schedules: Whether it takes runs from the queue; of a team's processes one lets runs of the dead go on.
            watches: Whether it is ready to watch mail, chats and clocks; of a team's processes one does.

        Raises:
            DatabaseClosed: A thread that has outlived its Gainful asks; a new engine would look like a living process.
        """
        # Pages and programs may ask for it first, in several threads at once.
        with self._making:
            if self._engine is None:
                if self._over:
                    raise ended()
                self._engine = self._made(schedules=schedules, watches=watches)
            return self._engine

    def _made(self, *, schedules: bool, watches: bool) -> Engine:
        from gainful.runs.engine import Engine

        def consultant(settings: Settings) -> Consultant | None:
            return self._models.consultant(settings, self._labels)

        triage = TriageJob(self._desk, consultant, lambda run_id: self._progress.get(run_id, silent))
        jobs: dict[str, Job] = {"triage": triage, "undo": UndoJob(self._desk), "mend": MendJob(self._desk)}
        recorded = {name: self._recorded(name, job) for name, job in jobs.items()} | self.more
        stores = self._stores
        duties = frozenset([*([RUNS] if schedules else []), *([WATCH] if watches else [])])
        return Engine(
            stores.database,
            self._locks,
            recorded,
            stores.clock,
            stores.runs,
            schedules=schedules,
            members=_members(stores.workers, duties),
            passing=(DatabaseUnreachable, DatabaseLocked) if stores.workers is not None else (),
        )

    @contextmanager
    def _desk(self, order: Order, run_id: str) -> Iterator[Desk]:
        """An account's desk, with its lock held. Nobody else changes this account's mail meanwhile."""
        account = self._accounts.named(order.source)
        identity = identity_of(account)
        patient = order.trigger not in ("hand", "undo")
        name, members = stable_id(identity), self.engine().members
        with (
            account_lock(self._locks, name, identity, wait=patient),
            account_right(members, name, identity, time.sleep, wait=patient),
        ):
            mailbox = self._accounts.connect(account, exclusive=True)
            try:
                with Reader() as reader:
                    yield self._laid(account, mailbox, reader, self._guard_of(order, run_id), applied=order.apply)
            finally:
                mailbox.close()

    def _guard_of(self, order: Order, run_id: str) -> Guard:
        # What a person takes back or puts right is their own act, also after they have stopped triage.
        if order.trigger in ("undo", "correction"):
            return self._guards.by_hand("triage")
        return self._guards.job("triage", applied=order.apply, run_id=run_id)

    def _laid(self, account: Account, mailbox: Mailbox, reader: Reader, guard: Guard, *, applied: bool) -> Desk:
        settings = self._accounts.settings(account)
        identity = identity_of(account)
        protection = Protection(
            identity, self._stores.mails, self._stores.truths, self._labels, settings, applied=applied
        )
        return Desk(
            account=identity,
            mailbox=mailbox,
            mails=self._stores.mails,
            evidence=self._stores.truths,
            effects=self._stores.effects,
            door=EffectDoor(
                identity,
                mailbox,
                self._stores.effects,
                protection.facts,
                self._stores.clock,
                time.sleep,
                guard,
                declared("imap" if account.is_server else account.scheme),
            ),
            work=self._stores.work,
            reader=reader,
            labels=self._labels,
            settings=settings,
            protection=protection,
            clock=self._stores.clock,
            sleep=time.sleep,
        )

    @property
    def _locks(self) -> Path:
        return self._stores.home.path / "locks"

    def _recorded(self, name: str, job: Job) -> Job:
        """The job, with its beginning and end noted where people look for runs."""

        def recorded(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
            account = identity_of(self._accounts.named(str(arguments["source"])))
            applied = bool(arguments.get("apply", True))
            trigger = str(arguments.get("trigger", "hand"))
            self._stores.runs.start(run_id, name, account, trigger, applied=applied, at=self._stores.clock())
            try:
                summary = job(steps, run_id, arguments)
            except GainfulError as error:
                self._stores.runs.end(run_id, "failed", error.as_json(), self._stores.clock())
                raise
            state = "stopped" if isinstance(summary, dict) and summary.get("stopped") else "done"
            self._stores.runs.end(run_id, state, summary, self._stores.clock())
            self._guards.stops.forget(run_id)
            return summary

        return recorded


def _members(workers: WorkerStore | None, duties: frozenset[str]) -> Heartbeat | None:
    """This process among those of a team; None where the database is this machine's own."""
    if workers is None:
        return None
    me = Member(random_id(), platform.node(), os.getpid(), gainful.__version__)
    return Heartbeat(workers, me, duties).start()
