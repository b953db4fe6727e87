"""Approvals as the command line, the console and chat can ask for them: one way in, the same checks for all.

waiting = app.approvals.waiting()
told = app.approvals.answer(waiting[0].id, Verdict.ACCEPT, card=waiting[0].card)
told.run            # what became of the run that waited for it
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.gate.approval import Answer, Approval, Verdict, no_such_approval, preview
from gainful.gate.approval_book import ApprovalBook
from gainful.runs.parked import ParkedRun
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.run_store import RunStore

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

PATIENCE = timedelta(seconds=15)
"""How long an answer waits for somebody to take the run up before it leaves it to the next `gainful serve`."""

PAUSE = 1.0
"""Seconds between two looks for answers; each is one query that uses an index."""

DEAD_EVERY = 5
"""Looks for answers between two looks for runs whose process died."""

RECENT = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer led to.

    Args:
        run: The waiting run afterwards: `done`, `failed`, `waiting` for the next answer, `later` when the next
            `gainful serve` goes on with it; empty when no run waited.
        problem: How the run failed, or why it could not go on here.
    """

    approval: Approval
    run: str = ""
    problem: str = ""


class Approvals:
    """What one person can see and answer.

    Args:
        person: Who answers.
        launch: Gives the engine that goes on with the run.
        patience: How long an answer waits for what becomes of the run; with none it only wakes it.
        of_others: They see also what they may neither answer nor have asked for.
    """

    def __init__(
        self,
        book: ApprovalBook,
        runs: RunStore,
        person: str,
        clock: Clock,
        launch: Callable[[], Engine],
        patience: timedelta = PATIENCE,
        *,
        of_others: bool = True,
    ) -> None:
        self.person = person
        self._book = book
        self._runs = runs
        self._clock = clock
        self._launch = launch
        self._patience = patience
        self._of_others = of_others

    def waiting(self, agent: str | None = None, run_id: str | None = None) -> list[Approval]:
        """Those that wait for an answer, whoever's, oldest first."""
        return self._shown(self._book.waiting(self._clock(), agent=agent, run_id=run_id))

    def count(self) -> int:
        """How many wait."""
        return self._book.count(self._clock()) if self._of_others else len(self.waiting())

    def recent(self, limit: int = RECENT, *, over: bool = False) -> list[Approval]:
        """The last ones, newest first: whatever became of them, or only those that wait no more."""
        return self._shown(self._book.recent(self._clock(), limit, over=over))

    def find(self, prefix: str) -> Approval:
        """The one whose id begins like this.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalDamaged: As they say.
        """
        found = self._book.find(prefix, self._clock())
        if not self._shown([found]):
            # The same as where there is none.
            raise no_such_approval(prefix)
        return found

    def edited(self, prefix: str, changes: Mapping[int, Mapping[str, Any]]) -> Approval:
        """How it would be with these arguments, by the effect's place; nothing is written down.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalDamaged, AnswerInvalid: As they say.
        """
        return preview(self.find(prefix), changes)

    def answer(
        self,
        prefix: str,
        verdict: Verdict,
        *,
        card: str = "",
        text: str = "",
        changes: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Told:
        """Answer it, and let the run that waits for it go on.

        Args:
            card: Digest of the card that the person was shown; accepting and editing need it.

        Raises:
            NoSuchApproval, AmbiguousApproval, ApprovalDamaged: As they say.
            ApprovalClosed, NotYourApproval, CardChanged, AnswerInvalid: As they say; nothing was changed.
        """
        if not self._of_others:
            self.find(prefix)
        given = Answer(verdict, self.person, self._clock(), card, text, changes or {})
        answered = self._book.answer(prefix, given)
        # The answer is durable: whatever happens from here on, the run finds it.
        return self._go_on(answered)

    def _shown(self, found: list[Approval]) -> list[Approval]:
        return [one for one in found if self._of_others or one.approvers.concern(self.person, one.requester)]

    def _go_on(self, approval: Approval) -> Told:
        if self._runs.parked(approval.run_id) != approval.id:
            return Told(approval)
        try:
            engine = self._launch()
            engine.wake(approval.run_id)
            if not self._patience:
                return Told(approval, "later")
            result = engine.follow(approval.run_id, self._patience)
        except GainfulError as error:
            return Told(approval, "failed", str(error))
        except Exception as error:
            # The answer stands, and so does the run: what failed here is the going on, which the next process tries.
            return Told(approval, "later", f"{type(error).__name__}: {error}")
        if isinstance(result, ParkedRun):
            return Told(approval, "waiting")
        ended = self._runs.find(approval.run_id)
        return Told(approval, "later" if result is None and (ended is None or not ended.ended_at) else "done")


class Waker:
    """Lets runs go on whose approval was answered, by whichever process, or whose time has run out; for a server.

    Args:
        complain: Told about runs that cannot go on.
    """

    def __init__(
        self,
        book: ApprovalStore,
        runs: RunStore,
        engine: Engine,
        clock: Clock,
        complain: Callable[[GainfulError], None],
    ) -> None:
        self._book = book
        self._runs = runs
        self._engine = engine
        self._clock = clock
        self._complain = complain
        self._looks = 0

    def __call__(self) -> list[str]:
        """Look once; the ids of the runs that go on now."""
        now = self._clock()
        self._book.expire(now)
        woken = []
        for run_id in self._runs.answered(now):
            try:
                if self._engine.wake(run_id):
                    woken.append(run_id)
            except GainfulError as error:
                self._complain(error)
        return woken

    def look(self) -> None:
        """Wait a moment, then look once, now and then also for dead runs; for a `Watcher`."""
        time.sleep(PAUSE)
        self()
        self._looks += 1
        if self._looks % DEAD_EVERY == 0:
            self._revive()

    def _revive(self) -> None:
        """Go on with runs whose process died, such as the command in which a person had answered."""
        for run_id in self._engine.interrupted():
            try:
                self._engine.resume_later(run_id)
            except GainfulError as error:
                self._complain(error)
