"""Lets a run go on that stands still, and stops one that goes on; one way in for the console and for programs.

    control = RunControl(stores, guards, app.jobs.engine, "mira@example.org")
    control.standing(run)           # how it stands, and what can be done about it
    control.resume("7h2k9").said    # "It goes on now."
    control.stop("7h2k9", "wrong mailbox").did

How a run stands is found out anew by each of them: a page may have been open for hours. Asked twice, they do once.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gainful.app.guarding.guards import Guards
from gainful.app.stores import Stores
from gainful.core.errors import GainfulError, Invalid
from gainful.core.run import Run
from gainful.gate.approval import State
from gainful.gate.audit import AuditEvent, AuditKind

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

BY_THE_PERSON = ("undo", "mend")
"""Jobs that are a person's own act, which no stop holds up."""

DEPLOY = "deploy"


class NoSuchRun(Invalid):
    """No run has this id."""

    code = "no-such-run"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands.

    Args:
        said: In a sentence.
        resumable: Whether it would go on if a person said so.
        stoppable: Whether it can be stopped by itself.
    """

    said: str
    resumable: bool = False
    stoppable: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an order.

    Args:
        did: Whether anything changed: False where it was so already, or cannot be.
        said: What is so now, in a sentence.
    """

    run: Run
    did: bool
    said: str


class RunControl:
    """Resumes and stops runs in a person's name.

    Args:
        launch: Gives the process's engine.
    """

    def __init__(self, stores: Stores, guards: Guards, launch: Callable[[], Engine]) -> None:
        self._stores = stores
        self._guards = guards
        self._launch = launch

    def acting(self, person: str) -> RunControl:
        """The same in another person's name."""
        other = copy(self)
        other._guards = self._guards.acting(person)
        return other

    def standing(self, run: Run) -> Standing:
        """How a run stands at this moment."""
        if run.ended_at is not None:
            return Standing(f"It has ended: {run.state}. There is nothing to go on with.")
        stoppable = run.job not in (*BY_THE_PERSON, DEPLOY)
        approval = self._stores.runs.parked(run.id)
        if approval and self._is_open(approval):
            return Standing(f"It waits for the answer to approval {approval}.", stoppable=stoppable)
        engine = self._launch()
        match str(engine.standing(run.id)):
            case "waiting":
                return Standing("Its question is answered, and nobody has taken it up.", True, stoppable)
            case "interrupted":
                return Standing("Its process died, and nobody works on it.", True, stoppable)
            case "going on":
                return Standing("It is going on.", stoppable=stoppable)
        return Standing("It broke off and will not go on. Start a new one if it is wanted.", stoppable=stoppable)

    def resume(self, target: str) -> Done:
        """Let a run go on whose process died, or whose question was answered.

        Raises:
            NoSuchRun: There is none.
            Stopped: Its agent is stopped.
            RecordedError: Its record cannot be read; it is given up.
        """
        run = self._found(target)
        standing = self.standing(run)
        if not standing.resumable:
            return Done(run, False, standing.said)
        self._guards.check(run.job)
        engine = self._launch()
        did = engine.wake(run.id) if self._stores.runs.parked(run.id) else engine.resume_later(run.id)
        if did:
            self._note(run, "let go on")
        return Done(self._found(run.id), did, "It goes on now." if did else "It is going on already.")

    def stop(self, target: str, reason: str = "") -> Done:
        """Let one run do nothing more: no effect of it and no question to a model begins after this.

        Raises:
            NoSuchRun: There is none.
            Invalid: The reason is too long.
        """
        run = self._found(target)
        if run.ended_at is not None:
            return Done(run, False, f"It has ended already: {run.state}.")
        if run.job == DEPLOY:
            return Done(run, False, "A deployment is taken back, or ended, on the page of its service.")
        if run.job in BY_THE_PERSON:
            return Done(run, False, "What a person takes back or puts right is not stopped half way.")
        fresh = self._guards.stop_run(run, reason)
        # Whoever works on it finds the stop before the next effect; where nobody does, it ends here.
        if self._launch().give_up(run.id):
            self._end(run)
            return Done(self._found(run.id), True, "It is stopped, and has ended.")
        return Done(self._found(run.id), fresh, "It is stopped before its next effect.")

    def _end(self, run: Run) -> None:
        now, why = self._stores.clock(), self._guards.stops.reason(run.job, run.id)
        self._stores.book.withdraw(run.id, why, now)
        self._stores.runs.end(run.id, "stopped", {"stopped": why}, now)
        self._guards.stops.forget(run.id)

    def _is_open(self, approval: str) -> bool:
        try:
            return self._stores.book.find(approval, self._stores.clock()).state is State.WAITING
        except GainfulError:
            # What it waits for is gone or damaged: it finds out by itself when it goes on.
            return False

    def _found(self, target: str) -> Run:
        run = self._stores.runs.find(target)
        if run is None:
            raise NoSuchRun(f"No run has the id '{target[:80]}'.", "`gainful runs` lists them.")
        return run

    def _note(self, run: Run, verdict: str) -> None:
        who = self._guards.person
        event = AuditEvent(self._stores.clock(), AuditKind.STOP, run.id, agent=run.job, actor=who, verdict=verdict)
        self._stores.audit.append([event])
