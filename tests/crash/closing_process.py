"""The command line itself, with agents that only wait: `python closing_process.py FOLDER begin|join|linger WORDS...`.

A run of an agent writes `begun PID`, with the earlier processes that still live, into FOLDER/trace, waits as long as
FOLDER/hang is there, and writes `ended PID`. With `begin` one run is started as soon as the server is ready. With
`linger` the process says `closing` when it closes, and does not go on before it gets a line.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gainful.app import Gainful
from gainful.app.agent.agent_runs import JOB, AgentRuns
from gainful.cli.main import main
from gainful.runs.steps import Json, Steps

FOLDER, ROLE, *WORDS = sys.argv[1:]
TRACE, HANG = Path(FOLDER) / "trace", Path(FOLDER) / "hang"


def note(what: str) -> None:
    """One line."""
    with TRACE.open("a") as trace:
        trace.write(f"{what}\n")


def wait(_self: AgentRuns, steps: Steps, run_id: str, _arguments: Mapping[str, Any]) -> Json:
    """What the agent does."""

    def step() -> Json:
        earlier = [int(line.split()[1]) for line in TRACE.read_text().splitlines()] if TRACE.exists() else []
        alive = [str(pid) for pid in earlier if Path(f"/proc/{pid}").exists()]
        note(f"begun {os.getpid()} {' '.join(alive)}".strip())
        while HANG.exists():
            time.sleep(0.02)
        note(f"ended {os.getpid()}")
        return run_id

    return steps("wait", step)


serve = Gainful.serve


def beginning(self: Gainful, stop: Any, on_ready: Callable[[], None], *more: Any) -> None:
    """Serve, and start a run once ready."""

    def ready() -> None:
        on_ready()
        self.jobs.engine().start(JOB, "one", {})

    serve(self, stop, ready, *more)


close = Gainful.close


def lingering(self: Gainful) -> None:
    """Close, once somebody says so."""
    print("closing", flush=True)
    sys.stdin.readline()
    close(self)


if __name__ == "__main__":
    AgentRuns.job = wait  # type: ignore[assignment, method-assign]
    if ROLE == "begin":
        Gainful.serve = beginning  # type: ignore[assignment, method-assign]
    if ROLE == "linger":
        Gainful.close = lingering  # type: ignore[method-assign]
    sys.argv[1:] = WORDS
    main()
