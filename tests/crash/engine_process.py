"""A process with an engine, for tests: does what its arguments say and prints one JSON line for each answer.

    python engine_process.py FOLDER COMMAND [ARGUMENT …]

The job `steps` writes one line into `FOLDER/trace` for each step that really runs, and hangs in a step whose number
stands in `FOLDER/hang`, so that the process can be killed right there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.runs.engine import Engine
from gainful.runs.steps import Json, Steps
from gainful.sdk.mail import LoginRefused
from gainful.storage.database import open_database

FOLDER = Path(sys.argv[1])


def note(line: str) -> None:
    """One line into the trace, on disk before this returns."""
    with (FOLDER / "trace").open("a") as trace:
        trace.write(f"{line}\n")
        trace.flush()
        os.fsync(trace.fileno())


def say(answer: Any) -> None:
    """One line of JSON to whoever started this process."""
    print(json.dumps(answer), flush=True)


def job_of_steps(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
    """Five steps; each adds its number."""

    def step(number: int) -> Json:
        note(f"{run_id} {number}")
        hang = FOLDER / "hang"
        if hang.exists() and hang.read_text() == str(number):
            say("hanging")
            time.sleep(60)
        return {"number": number, "squared": number * number}

    total = sum(steps(f"step {number}", lambda number=number: step(number))["squared"] for number in range(5))
    return {"total": total + arguments["add"], "run": run_id}


def job_that_fails(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
    """Raises what it was asked to, inside a step or outside."""

    def fail() -> Json:
        if arguments["how"] == "ours":
            raise LoginRefused("The server said no.", "Check the password.")
        raise ZeroDivisionError("division by zero")

    return steps("fail", fail) if arguments["inside"] else fail()


def job_that_ticks(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
    """Says that it ran."""
    note(f"tick {arguments['name']}")
    return None


JOBS = {"steps": job_of_steps, "fail": job_that_fails, "tick": job_that_ticks}


def command(engine: Engine, words: list[str]) -> Any:
    """The answer to one command."""
    match words:
        case ["run", run_id]:
            return engine.run("steps", run_id, {"add": 1})
        case ["resume", run_id]:
            try:
                return engine.resume(run_id)
            except GainfulError as error:
                return error.as_json()
        case ["resume later", run_id]:
            return engine.resume_later(run_id)
        case ["cancel", run_id]:
            return engine.cancel(run_id)
        case ["interrupted"]:
            return engine.interrupted()
        case ["fail", how, inside]:
            try:
                return engine.run("fail", f"fail-{how}-{inside}", {"how": how, "inside": inside == "inside"})
            except GainfulError as error:
                bases = [base.__name__ for base in type(error).__mro__]
                return [*error.as_json().values(), next(name for name in bases if name in ("Refused", "Broken"))]
            except ZeroDivisionError as error:
                return str(error)
        case ["schedule", name]:
            return engine.schedule(name, "* * * * * *", "Europe/Berlin", "tick", {"name": name})
        case ["unschedule except", *names]:
            return engine.unschedule_except(set(names))
        case ["sleep", seconds]:
            return time.sleep(float(seconds))
    raise SystemExit(f"unknown command {words}")


def main() -> None:
    """Do each command in turn; they are separated by `,`."""
    database = open_database(FOLDER / "gainful.sqlite")
    engine = Engine(database, FOLDER / "locks", JOBS, system_clock, schedules="--schedules" in sys.argv)
    words = [word for word in sys.argv[2:] if word != "--schedules"]
    for each in " ".join(words).split(" , "):
        say(command(engine, [word.replace("_", " ") if "_" in word else word for word in each.split()]))
    engine.close()
    # The same process may open another engine afterwards, as tests and long-lived programs do.
    Engine(database, FOLDER / "locks", JOBS, system_clock).close()
    database.dispose()


if __name__ == "__main__":
    main()
