"""Whatever is done to clock and processes: each slot begins one run, and every one that passes begins one."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.core.errors import Broken, GainfulError
from gainful.core.occurrence import Occurrence
from gainful.storage.agents.occurrence_store import OccurrenceStore, run_id_of
from gainful.storage.database import open_database
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

START = datetime(2026, 10, 24, 22, 3, tzinfo=UTC)
EVERY = 10
ALL = {"on": "cron", "at": f"*/{EVERY} * * * *", "missed": "all"}
ONCE = {"on": "cron", "at": "7 * * * *"}


class ClockMachine(RuleBasedStateMachine):
    """Two processes over one database, about the night on which Berlin's clocks go back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_database(Path(self.folder.name) / "g.db")
        self.store = OccurrenceStore(self.engine)
        self.now = self.latest = START
        self.agent = WakeableAgent("clock", "ada", triggers_from([ALL, ONCE]), since=START)
        self.began: Counter[tuple[str, datetime, str]] = Counter()
        self.dying = False
        self.processes = [self.process(), self.process()]

    def process(self) -> Dispatcher:
        sources = Sources(MailStore(self.engine), RunStore(self.engine), zone="Europe/Berlin")
        return Dispatcher(self.store, self.start, lambda: [self.agent], lambda: self.now, sources, self.complain)

    def start(self, occurrence: Occurrence) -> None:
        if self.dying:
            raise Broken("It died.", "")
        self.began[occurrence.trigger, occurrence.at, run_id_of(occurrence)] += 1

    def complain(self, error: GainfulError) -> None:
        assert self.dying

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule(minutes=st.integers(0, 70), which=st.integers(0, 1))
    def goes_on(self, minutes: int, which: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.look(which)

    @rule(minutes=st.integers(-170, 300), which=st.integers(0, 1))
    def is_set(self, minutes: int, which: int) -> None:
        # No further back than what counts as the same hour again.
        self.now = max(self.now + timedelta(minutes=minutes), self.latest - timedelta(minutes=170))
        self.look(which)

    @rule(which=st.integers(0, 1))
    def restarts(self, which: int) -> None:
        self.processes[which] = self.process()
        self.processes[which].recover()
        self.look(which)

    @rule(minutes=st.integers(0, 70), which=st.integers(0, 1))
    def dies_between_claim_and_start(self, minutes: int, which: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.dying = True
        self.look(which)
        self.dying = False
        self.processes[which] = self.process()

    def look(self, which: int) -> None:
        self.processes[which].tick()
        self.latest = max(self.latest, self.now)

    @invariant()
    def each_begins_once(self) -> None:
        slots = Counter((trigger, at) for trigger, at, _ in self.began)
        assert set(slots.values()) <= {1}
        assert set(self.began.values()) <= {1}

    @precondition(lambda self: not self.store.unfinished())
    @invariant()
    def every_one_that_passed_has_begun(self) -> None:
        due, at = [], START.replace(minute=10)
        while at <= self.latest:
            due.append(at)
            at += timedelta(minutes=EVERY)
        assert sorted(at for trigger, at, _ in self.began if trigger == f"cron */{EVERY} * * * *") == due

    @precondition(lambda self: not self.store.unfinished() and self.latest > START + timedelta(hours=1))
    @invariant()
    def one_makes_up_for_those_before_it(self) -> None:
        last = max(at for trigger, at, _ in self.began if trigger == "cron 7 * * * *")
        assert last.minute == 7
        assert self.latest - last < timedelta(hours=1)


ClockMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestClocks = ClockMachine.TestCase
