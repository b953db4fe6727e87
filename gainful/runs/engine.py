"""Durable runs on DBOS: the only module that knows it.

A run is one DBOS workflow; what it does is a plain function that receives `Steps` and calls everything that touches
the world through it. A step's result is recorded as JSON; a run that starts again after a crash gets recorded results
back and goes on where it stopped. Nothing is ever pickled: whoever can write the database must not be able to run code.

A run that waits for a person is, to DBOS, a cancelled one: no thread holds it and nobody recovers it. What tells it
from one that was given up is its place in the parking lot. Woken, it gets its recorded steps back and asks again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, Protocol

from dbos import DBOS, SetWorkflowID, WorkflowStatus, error

from gainful.core.clock import Clock
from gainful.core.errors import Refused
from gainful.core.ids import random_id, stable_id
from gainful.runs.executor import ExecutorLocks
from gainful.runs.membership import Membership
from gainful.runs.parked import Parked, ParkedRun, ParkingLot
from gainful.runs.serializer import JsonSerializer, RecordedError, forbid_pickle
from gainful.runs.steps import Job, Json

SCHEMA_VERSION = "1"
"""Version of our workflow's shape. A run waits for an engine of the same version, so change it only when steps change
so that old recordings cannot follow; DBOS's own default, a hash of the code, would strand runs at each upgrade."""

SCHEDULED = "gainful-scheduled"
"""The queue of runs that a schedule has started."""

AWAITING = "gainful-awaiting"
"""The queue of runs that something outside has started: a message, a mail, a request."""

AT_ONCE = 8
"""So many of those run at the same time in one process; the others wait in the queue."""

SOON = 0.2
"""Seconds between two looks into that queue."""


LOST_AFTER = 10.0
"""Seconds for which a run must have had no thread in its process, before it is taken up again."""


class Standing(StrEnum):
    """How far the engine has come with a run."""

    GOING_ON = "going on"
    """A process works on it, or will at once."""
    WAITING = "waiting"
    """For a person."""
    INTERRUPTED = "interrupted"
    """Its process died, and nobody has taken it up."""
    GIVEN_UP = "given up"
    ENDED = "ended"
    UNKNOWN = "unknown"
    """There is no record of it."""


class RunGivenUp(Refused):
    """Somebody cancelled the run while it was waited for."""

    code = "run-given-up"


LETTING_GO = 3.0
"""Seconds that runs which rest now and then have for letting go, before what they use is closed below them."""


class _Leaving(BaseException):
    """Ends a run's thread and leaves its record as a killed process would: of what is no `Exception`, DBOS keeps none.

    The ways by which DBOS itself lets go of a run wait for whoever goes on with it; a process that ends must not.
    """


LOOK_AGAIN = 0.2
"""Seconds between two looks at a run that another thread or process finishes."""


@dataclass(frozen=True, slots=True)
class _Process:
    """What runs find in their process: DBOS calls module functions, which can be handed nothing that is not JSON."""

    jobs: Mapping[str, Job]
    lot: ParkingLot
    clock: Clock
    members: Membership
    passing: tuple[type[Exception], ...]
    at_work: dict[str, object] = field(default_factory=dict)
    """What tells the latest beginning of a run in this process from those before it."""


_here: list[_Process] = []
"""Of the engine that this process has; one at most."""


class _DbosSteps:
    """Steps that DBOS records, except those that park their run."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._here = _here[0]
        self._beginning = self._here.at_work[run_id] = object()
        self._times_buried = self._here.members.await_standing()

    def __call__(self, name: str, function: Callable[[], Json]) -> Json:
        def parking() -> Json:
            self._check_own()
            try:
                return function()
            except Parked as parked:
                _park(self._run_id, parked.approval_id)
            except self._here.passing as trouble:
                _hand_back(self._run_id, trouble)

        result: Json = DBOS.run_step({"name": name}, parking)
        return result

    def end(self) -> None:
        """The run is not at work any more in this thread."""
        if self._here.at_work.get(self._run_id) is self._beginning:
            del self._here.at_work[self._run_id]

    def _check_own(self) -> None:
        """Before each step: go on only if nobody else does. Others may have taken this process for dead meanwhile."""
        members = self._here.members
        times_buried = members.await_standing()
        if times_buried == self._times_buried:
            return
        # In the same turn in which runs of the dead are taken over: either they have it, or they will find us alive.
        with members.turn("wake"):
            status = DBOS.get_workflow_status(self._run_id)
            mine = status is not None and status.status == "PENDING" and status.executor_id == members.own
            if not mine or self._here.at_work.get(self._run_id) is not self._beginning:
                raise error.DBOSWorkflowCancelledError(f"Run {self._run_id} goes on elsewhere.")
        self._times_buried = times_buried


def _park(run_id: str, approval_id: str) -> NoReturn:
    """Let go of a run, within a step, so that the step is run again when the run is woken."""
    here = _here[0]
    # Noted first: a crash between the two leaves a run that is woken by the answer all the same.
    here.lot.park(run_id, approval_id, here.clock())
    DBOS.cancel_workflow(run_id)
    # A step that ends with this one leaves no record. Source: dbos, _core.py, record_step_result.
    raise error.DBOSWorkflowCancelledError(f"Run {run_id} waits for approval {approval_id}.")


def _hand_back(run_id: str, trouble: Exception) -> NoReturn:
    """Put a run back into the queue, within a step: it begins again from its record when the database can be used.

    As after a crash, and not by trying the step again: what the job keeps in memory has seen half of it.
    """
    # DBOS waits here until the database answers.
    DBOS.resume_workflow(run_id, queue_name=AWAITING)
    raise error.DBOSWorkflowCancelledError(f"Run {run_id} begins again: {trouble}")


@DBOS.workflow(name="gainful.run")
def _run_workflow(job: str, run_id: str, arguments: dict[str, Any]) -> Json:
    here = _here[0]
    steps = _DbosSteps(run_id)
    try:
        if here.lot.parked(run_id):
            here.lot.leave(run_id)
        return here.jobs[job](steps, run_id, arguments)
    except Parked as parked:
        # Raised between steps, where DBOS would record the cancelling itself as one.
        approval_id = parked.approval_id
    except here.passing as raised:
        trouble = raised
        return DBOS.run_step({"name": "hand back"}, lambda: _hand_back(run_id, trouble))
    finally:
        steps.end()
    return DBOS.run_step({"name": "park"}, lambda: _park(run_id, approval_id))


@DBOS.workflow(name="gainful.scheduled")
def _scheduled_workflow(at: datetime, context: dict[str, Any]) -> None:
    # The run's id follows from the schedule and the minute: two processes that both wake start one run.
    run_id = stable_id(context["name"], at.isoformat())
    with SetWorkflowID(run_id):
        DBOS.start_workflow(_run_workflow, context["job"], run_id, context["arguments"])


class Database(Protocol):
    """The pooled database engine that storage opened; DBOS keeps its tables beside ours."""

    @property
    def url(self) -> Any:
        """Where it is."""


class Engine:
    """Starts runs, resumes those that died, and fires schedules. One per process.

    Args:
        database: The same database that holds the books.
        locks: Folder for the files that tell which processes live.
        jobs: What runs can do, by name.
        lot: Where runs that wait for a person are noted.
        schedules: Whether this process runs what falls due by schedule (`gainful serve` does).
        members: The processes that share the runs; those of this machine, by the files in `locks`, unless given.
        passing: Errors that say nothing about a run: it begins again, from its record, when they are over.
    """

    def __init__(
        self,
        database: Database,
        locks: Path,
        jobs: Mapping[str, Job],
        clock: Clock,
        lot: ParkingLot,
        *,
        schedules: bool = False,
        members: Membership | None = None,
        passing: tuple[type[Exception], ...] = (),
    ) -> None:
        self._lot = lot
        self._schedules = schedules
        self._lost: dict[str, float] = {}
        self._leaving = threading.Event()
        self._resting = set[str]()
        self.members: Membership = members or ExecutorLocks(locks, random_id())
        _here[:] = [_Process(dict(jobs), lot, clock, self.members, passing)]
        logger = logging.getLogger("dbos")
        logger.setLevel(logging.CRITICAL)
        # An engine before this one may have left a handler whose stream is closed by now.
        logger.handlers.clear()
        forbid_pickle()
        DBOS(
            config={
                "name": "gainful",
                "system_database_url": database.url.render_as_string(hide_password=False),
                "system_database_engine": database,  # type: ignore[typeddict-item]
                "application_version": SCHEMA_VERSION,
                "executor_id": self.members.own,
                "serializer": JsonSerializer(),
                "log_level": "CRITICAL",
                # DBOS looks at its stop flag once per poll, so a command that ends soon polls often.
                "scheduler_polling_interval_sec": 5.0 if schedules else 3600.0,
                "notification_listener_polling_interval_sec": 1.0 if schedules else 0.05,
            }
        )
        # Any process may notice that a schedule is due, but only one that keeps schedules takes the run from the queue:
        # a command that lives for seconds must not begin the night's work.
        DBOS.listen_queues([SCHEDULED, AWAITING] if schedules else [])
        DBOS.launch()
        DBOS.register_queue(SCHEDULED)
        DBOS.register_queue(AWAITING, worker_concurrency=AT_ONCE, polling_interval_sec=SOON)

    def rest(self, seconds: float) -> None:
        """Sleep within a step that may be begun again; where this process ends meanwhile, the run is let go of."""
        self._resting.add(str(DBOS.workflow_id))
        if self._leaving.wait(seconds):
            raise _Leaving

    def close(self) -> None:
        """Stop, and leave; a run still under way stays in the record and is resumed by the next process."""
        self.stop()
        self.members.close()

    def stop(self) -> None:
        """Begin and record nothing any more. The others do not take up what is under way here until `close`."""
        if self._leaving.is_set():
            return
        self._leaving.set()
        until = time.monotonic() + LETTING_GO
        while self._resting & _here[0].at_work.keys() and time.monotonic() < until:
            time.sleep(0.02)
        DBOS.destroy(workflow_completion_timeout_sec=0)

    def run(self, job: str, run_id: str, arguments: Mapping[str, Any]) -> Json | ParkedRun:
        """The result of a new run, which happens in this process; a `ParkedRun` when it came to wait for a person.

        Raises:
            RunGivenUp: Somebody cancelled it.
            GainfulError: What the job raised.
        """
        with SetWorkflowID(run_id):
            handle = DBOS.start_workflow(_run_workflow, job, run_id, dict(arguments))
        return self._outcome(run_id, handle.get_result)

    def start(self, job: str, run_id: str, arguments: Mapping[str, Any]) -> None:
        """Let a process that keeps schedules run this, soon; the same run started again is the same run."""
        with SetWorkflowID(run_id):
            DBOS.enqueue_workflow(AWAITING, _run_workflow, job, run_id, dict(arguments))

    def interrupted(self) -> list[str]:
        """Ids of runs whose process died before they ended, oldest first; not of those that wait for a person."""
        pending = DBOS.list_workflows(status="PENDING", name="gainful.run")
        alive = self.members.alive()
        dead = [run.workflow_id for run in pending if run.executor_id not in alive]
        return [run_id for run_id in dead if not self._lot.parked(run_id)]

    def take_over(self) -> list[str]:
        """Let runs of processes that died go on, in whichever process has room; their ids.

        Also the short ones by which a schedule starts another: left alone, the night's work would never begin.
        """
        pending = DBOS.list_workflows(status="PENDING", name=["gainful.run", "gainful.scheduled"], load_output=False)
        alive = self.members.alive()
        dead = [run.workflow_id for run in pending if run.executor_id not in alive]
        return [
            run_id for run_id in dead if not self._lot.parked(run_id) and self._requeued(run_id, self._stands_still)
        ]

    def take_up_again(self) -> list[str]:
        """Let runs of this process go on that no thread of it has had for a while; their ids.

        DBOS lets go of a run when even its failure could not be written down.
        """
        pending = DBOS.list_workflows(
            status="PENDING", name="gainful.run", executor_id=self.members.own, load_input=False, load_output=False
        )
        idle = {run.workflow_id for run in pending} - _here[0].at_work.keys()
        now = time.monotonic()
        self._lost = {run_id: self._lost.get(run_id, now) for run_id in idle}
        lost = [run_id for run_id, since in self._lost.items() if now - since > LOST_AFTER]

        def still(status: WorkflowStatus) -> bool:
            return status.executor_id == self.members.own and status.workflow_id not in _here[0].at_work

        return [run_id for run_id in lost if not self._lot.parked(run_id) and self._requeued(run_id, still)]

    def _requeued(self, run_id: str, still: Callable[[WorkflowStatus], bool]) -> bool:
        """Whether the run went back into the queue, because that still holds of it when nobody else can move it."""
        with self.members.turn("wake"):
            status = DBOS.get_workflow_status(run_id)
            if status is None or not still(status):
                return False
            self._check_record(run_id)
            DBOS.resume_workflow(run_id, queue_name=AWAITING)
            return True

    def resume(self, run_id: str) -> Json | ParkedRun:
        """The result of an interrupted run, finished now; a `ParkedRun` when it came to wait for a person.

        Raises:
            RecordedError: Its record cannot be read; it is given up.
            GainfulError: What the job raised.
        """
        self.resume_later(run_id)
        handle: Any = DBOS.retrieve_workflow(run_id)
        return self._outcome(run_id, handle.get_result)

    def _outcome(self, run_id: str, get_result: Callable[[], Json]) -> Json | ParkedRun:
        try:
            return get_result()
        except error.DBOSAwaitedWorkflowCancelledError:
            approval_id = self._lot.parked(run_id)
            if approval_id:
                return ParkedRun(run_id, approval_id)
            raise RunGivenUp(f"Run {run_id} was given up.", "Start a new one if it is still wanted.") from None

    def wake(self, run_id: str) -> bool:
        """Whether the parked run goes on now, in the background; False when it is going on already, or is not parked.

        Any number of threads and processes may wake the same run: one of them does.

        Raises:
            RecordedError: Its record cannot be read; it is given up.
        """
        with self.members.turn("wake"):
            status = DBOS.get_workflow_status(run_id) if self._lot.parked(run_id) else None
            if status is None or not self._stands_still(status):
                return False
            self._check_record(run_id)
            # In the queue of the process that stays: one that lives for seconds must not take it up and die with it.
            DBOS.resume_workflow(run_id, queue_name=self._queue)
            return True

    @property
    def _queue(self) -> str | None:
        """Where this process takes its runs from; DBOS's own queue is everybody's."""
        return SCHEDULED if self._schedules else None

    def _stands_still(self, status: WorkflowStatus) -> bool:
        """Whether nobody works on it: it was let go of, or its process died before it could, or just after waking."""
        if status.status == "PENDING":
            return status.executor_id not in self.members.alive()
        return status.status == "CANCELLED"

    def follow(self, run_id: str, patience: timedelta) -> Json | ParkedRun | None:
        """The result of a run that goes on somewhere; None when nobody takes it up within `patience`.

        Raises:
            RunGivenUp: Somebody cancelled it.
            GainfulError: What the job raised.
        """
        handle: Any = DBOS.retrieve_workflow(run_id)
        until = time.monotonic() + patience.total_seconds()
        while (status := DBOS.get_workflow_status(run_id)) and not _ended(status):
            if status.status == "PENDING" and status.executor_id in self.members.alive():
                until = time.monotonic() + patience.total_seconds()
            if time.monotonic() > until:
                return None
            time.sleep(LOOK_AGAIN)
        return self._outcome(run_id, handle.get_result)

    def standing(self, run_id: str) -> Standing:
        """How far the engine has come with a run."""
        status = DBOS.get_workflow_status(run_id)
        if status is None:
            return Standing.UNKNOWN
        if status.status == "CANCELLED":
            return Standing.WAITING if self._lot.parked(run_id) else Standing.GIVEN_UP
        if _ended(status):
            return Standing.ENDED
        return Standing.INTERRUPTED if self._stands_still(status) else Standing.GOING_ON

    def resume_later(self, run_id: str) -> bool:
        """Whether an interrupted run is finished in the background now; False when somebody works on it already.

        Raises:
            RecordedError: Its record cannot be read; it is given up.
        """
        with self.members.turn("wake"):
            self._check_record(run_id)
            status = DBOS.get_workflow_status(run_id)
            # Somebody else may have begun meanwhile; a second time, two would do the same steps.
            if status is None or not self._stands_still(status):
                return False
            DBOS.resume_workflow(run_id, queue_name=self._queue)
            return True

    def give_up(self, run_id: str) -> bool:
        """Whether nobody will work on a run any more, since it is given up for good now, or has ended.

        False while somebody works on it, or will at once.
        """
        with self.members.turn("wake"):
            status = DBOS.get_workflow_status(run_id)
            if status is not None and self._stands_still(status):
                self.cancel(run_id)
            return status is None or _ended(status) or self._stands_still(status)

    def _check_record(self, run_id: str) -> None:
        """Give a run up whose arguments cannot be read: DBOS would try to start it again and again, for ever."""
        status = DBOS.get_workflow_status(run_id)
        # What DBOS cannot read it hands out as the text that it found.
        if status is None or not isinstance(status.input, dict):
            self.cancel(run_id)
            raise RecordedError(f"The record of run {run_id} cannot be read.", "The run was given up; start a new one.")

    def cancel(self, run_id: str) -> None:
        """Give an interrupted or a waiting run up for good."""
        # First, so that no answer wakes it afterwards.
        self._lot.leave(run_id)
        DBOS.cancel_workflow(run_id)

    def schedule(self, name: str, cron: str, timezone: str, job: str, arguments: Mapping[str, Any]) -> None:
        """Fire a job by cron expression in an IANA time zone, replacing a schedule of the same name."""
        DBOS.apply_schedules(
            [
                {
                    "schedule_name": name,
                    "workflow_fn": _scheduled_workflow,
                    "schedule": cron,
                    "queue_name": SCHEDULED,
                    "cron_timezone": timezone,
                    "context": {"name": name, "job": job, "arguments": dict(arguments)},
                }
            ]
        )

    def unschedule_except(self, names: set[str]) -> None:
        """Forget schedules that the configuration no longer has."""
        for schedule in DBOS.list_schedules():
            if schedule["schedule_name"] not in names:
                DBOS.delete_schedule(schedule["schedule_name"])


def _ended(status: WorkflowStatus) -> bool:
    return status.status not in ("PENDING", "ENQUEUED", "DELAYED")
