"""Durable runs on DBOS: the only module that knows it.

A run is one DBOS workflow; what it does is a plain function that receives `Steps` and calls everything that touches
the world through it. A step's result is recorded as JSON; a run that starts again after a crash gets recorded results
back and goes on where it stopped. Nothing is ever pickled: whoever can write the database must not be able to run code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from dbos import DBOS, SetWorkflowID

from gainful.core.clock import Clock
from gainful.core.ids import random_id, stable_id
from gainful.runs.executor import ExecutorLocks
from gainful.runs.serializer import JsonSerializer, RecordedError, forbid_pickle
from gainful.runs.steps import Job, Json, Steps

SCHEMA_VERSION = "1"
"""Version of our workflow's shape. A run waits for an engine of the same version, so change it only when steps change
so that old recordings cannot follow; DBOS's own default, a hash of the code, would strand runs at each upgrade."""

SCHEDULED = "gainful-scheduled"
"""The queue of runs that a schedule has started."""

_jobs: dict[str, Job] = {}


class _DbosSteps:
    """Steps that DBOS records."""

    def __call__(self, name: str, function: Callable[[], Json]) -> Json:
        result: Json = DBOS.run_step({"name": name}, function)
        return result


@DBOS.workflow(name="gainful.run")
def _run_workflow(job: str, run_id: str, arguments: dict[str, Any]) -> Json:
    steps: Steps = _DbosSteps()
    return _jobs[job](steps, run_id, arguments)


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
        schedules: Whether this process runs what falls due by schedule (`gainful serve` does).
    """

    def __init__(
        self, database: Database, locks: Path, jobs: Mapping[str, Job], clock: Clock, *, schedules: bool = False
    ) -> None:
        self._clock = clock
        self._executor_id = random_id()
        self._locks = ExecutorLocks(locks, self._executor_id)
        _jobs.clear()
        _jobs.update(jobs)
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        forbid_pickle()
        DBOS(
            config={
                "name": "gainful",
                "system_database_url": database.url.render_as_string(hide_password=False),
                "system_database_engine": database,  # type: ignore[typeddict-item]
                "application_version": SCHEMA_VERSION,
                "executor_id": self._executor_id,
                "serializer": JsonSerializer(),
                "log_level": "CRITICAL",
                # DBOS looks at its stop flag once per poll, so a command that ends soon polls often.
                "scheduler_polling_interval_sec": 5.0 if schedules else 3600.0,
                "notification_listener_polling_interval_sec": 1.0 if schedules else 0.05,
            }
        )
        # Any process may notice that a schedule is due, but only one that keeps schedules takes the run from the queue:
        # a command that lives for seconds must not begin the night's work.
        DBOS.listen_queues([SCHEDULED] if schedules else [])
        DBOS.launch()
        DBOS.register_queue(SCHEDULED)

    def close(self) -> None:
        """Stop; a run still under way stays in the record and is resumed by the next process."""
        DBOS.destroy(workflow_completion_timeout_sec=0)
        self._locks.close()

    def run(self, job: str, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """The result of a new run, which happens in this process.

        Raises:
            GainfulError: What the job raised.
        """
        with SetWorkflowID(run_id):
            handle = DBOS.start_workflow(_run_workflow, job, run_id, dict(arguments))
        result: Json = handle.get_result()
        return result

    def interrupted(self) -> list[str]:
        """Ids of runs whose process died before they ended, oldest first."""
        pending = DBOS.list_workflows(status="PENDING", name="gainful.run")
        alive = self._locks.alive()
        return [run.workflow_id for run in pending if run.executor_id not in alive]

    def resume(self, run_id: str) -> Json:
        """The result of an interrupted run, finished now.

        Raises:
            RecordedError: Its record cannot be read; it is given up.
            GainfulError: What the job raised.
        """
        self._check_record(run_id)
        result: Json = DBOS.resume_workflow(run_id).get_result()
        return result

    def resume_later(self, run_id: str) -> None:
        """Let an interrupted run be finished in the background of this process.

        Raises:
            RecordedError: Its record cannot be read; it is given up.
        """
        self._check_record(run_id)
        DBOS.resume_workflow(run_id)

    def _check_record(self, run_id: str) -> None:
        """Give a run up whose arguments cannot be read: DBOS would try to start it again and again, for ever."""
        status = DBOS.get_workflow_status(run_id)
        # What DBOS cannot read it hands out as the text that it found.
        if status is None or not isinstance(status.input, dict):
            DBOS.cancel_workflow(run_id)
            raise RecordedError(f"The record of run {run_id} cannot be read.", "The run was given up; start a new one.")

    def cancel(self, run_id: str) -> None:
        """Give an interrupted run up for good."""
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
