"""A process with an engine, for tests: does what its arguments say and prints one JSON line for each answer.

    python engine_process.py FOLDER COMMAND [ARGUMENT …]

The job `steps` writes one line into `FOLDER/trace` for each step that really runs, and hangs in a step whose number
stands in `FOLDER/hang`, so that the process can be killed right there. The job `ask` needs a person's answer for its
second step, and hangs at the places that `hang` names in it. The job `rest` rests for an hour where `hang` says so.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from gainful.app.guarding.approvals import Waker
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.gate.approval import Answer, Terms, Verdict, ask
from gainful.gate.approval_book import Answered, Waiting
from gainful.gate.proposal import Proposal
from gainful.runs.engine import Engine
from gainful.runs.parked import Parked, ParkedRun
from gainful.runs.steps import Job, Json, Steps
from gainful.runs.watch import Watcher
from gainful.sdk.mail import LoginRefused
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.run_store import RunStore

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


def hang(place: str) -> None:
    """Wait to be killed, if this is the place."""
    told = FOLDER / "hang"
    if told.exists() and told.read_text() == place:
        say("hanging")
        time.sleep(600)


def job_of_steps(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
    """Five steps; each adds its number."""

    def step(number: int) -> Json:
        note(f"{run_id} {number}")
        hang(str(number))
        return {"number": number, "squared": number * number}

    total = sum(steps(f"step {number}", partial(step, number))["squared"] for number in range(5))
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


def job_that_rests(steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
    """Rests as long as it is told to."""

    def rest() -> Json:
        told = FOLDER / "hang"
        note(f"{run_id} rests")
        ENGINE[0].rest(3600.0 if told.exists() and told.read_text() == "rest" else 0.0)
        return None

    steps("before", lambda: note(f"{run_id} before"))
    steps("rest", rest)
    return {"rested": True}


class Lot(RunStore):
    """The parking lot, with places to die at."""

    def park(self, run_id: str, approval_id: str, at: datetime) -> None:
        """As ever."""
        super().park(run_id, approval_id, at)
        hang("parked")

    def leave(self, run_id: str) -> None:
        """As ever."""
        hang("leaving")
        super().leave(run_id)
        hang("left")


class AskingJob:
    """Does a thing, then one that needs an answer, then another."""

    def __init__(self, book: ApprovalStore) -> None:
        self.book = book

    def __call__(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """What came of the thing that needed an answer."""
        steps("before", lambda: note(f"{run_id} before"))
        came = steps("effect", lambda: self.effect(run_id, arguments["to"]))
        hang("between")
        steps("after", lambda: note(f"{run_id} after"))
        return {"came": came}

    def effect(self, run_id: str, to: str) -> Json:
        """What a door does, in short."""
        proposal = Proposal("tester", run_id, "effect", "mail.send", {"to": to}, "manifest 1")
        hang("taking")
        found = self.book.take(proposal.digest, run_id, system_clock())
        if found is None:
            hang("asking")
            asked = self.book.ask(ask(random_id(), [proposal], "owner", system_clock(), terms=TERMS))
            hang("asked")
            raise Parked(asked.id)
        if isinstance(found, Waiting):
            raise Parked(found.approval_id)
        if isinstance(found, Answered) and found.edit is not None:
            return self.effect(run_id, found.edit.arguments["to"])
        if isinstance(found, Answered):
            return {"not done": found.state, "text": found.text}
        hang("taken")
        note(f"{run_id} sent to {to}")
        hang("sent")
        return {"sent": to}


TERMS = Terms(to_answer=timedelta(seconds=3) if "--hasty" in sys.argv else timedelta(days=7))
JOBS: dict[str, Job] = {"steps": job_of_steps, "fail": job_that_fails, "tick": job_that_ticks, "rest": job_that_rests}


def command(engine: Engine, words: list[str]) -> Any:
    """The answer to one command."""
    match words:
        case ["run", run_id]:
            return engine.run("steps", run_id, {"add": 1})
        case ["ask", run_id]:
            result = engine.run("ask", run_id, {"to": "ada@example.org"})
            return "parked" if isinstance(result, ParkedRun) else result
        case [("accept" | "edit" | "respond" | "ignore" | "refuse") as verdict]:
            waiting = BOOK[0].waiting(system_clock())[0]
            changes = {0: {"to": "eve@example.org"}} if verdict == "edit" else {}
            given = Answer(Verdict(verdict), "owner", system_clock(), waiting.card, "Not so.", changes)
            return BOOK[0].answer(waiting.id, given).state
        case ["look"]:
            return waker(engine)()
        case ["serve"]:
            say("serving")
            Watcher("approvals", waker(engine).look, lambda error: say(error.as_json())).run()
        case ["wake", run_id]:
            hang("waking")
            return engine.wake(run_id)
        case ["follow", run_id]:
            result = engine.follow(run_id, timedelta(minutes=2))
            return "parked" if isinstance(result, ParkedRun) else result
        case ["waiting"]:
            return [approval.run_id for approval in BOOK[0].waiting(system_clock())]
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
        case ["rest", run_id]:
            # Its end is not waited for here.
            Thread(target=engine.run, args=("rest", run_id, {}), daemon=True).start()
            while f"{run_id} rests" not in (FOLDER / "trace").read_text().splitlines():
                time.sleep(0.02)
            return "resting"
        case ["sleep", seconds]:
            return time.sleep(float(seconds))
    raise SystemExit(f"unknown command {words}")


BOOK: list[ApprovalStore] = []
ENGINE: list[Engine] = []
LOT: list[Lot] = []


def waker(engine: Engine) -> Waker:
    """What `gainful serve` looks for answers with."""
    return Waker(BOOK[0], LOT[0], engine, system_clock, lambda error: say(error.as_json()))


def main() -> None:
    """Do each command in turn; they are separated by `,`."""
    database = open_database(FOLDER / "gainful.sqlite")
    lot = Lot(database)
    BOOK.append(ApprovalStore(database, TERMS))
    LOT.append(lot)
    jobs: dict[str, Job] = {**JOBS, "ask": AskingJob(BOOK[0])}
    engine = Engine(database, FOLDER / "locks", jobs, system_clock, lot, schedules="--schedules" in sys.argv)
    ENGINE.append(engine)
    words = [word for word in sys.argv[2:] if not word.startswith("--")]
    for each in " ".join(words).split(" , "):
        say(command(engine, [word.replace("_", " ") if "_" in word else word for word in each.split()]))
    engine.close()
    # The same process may open another engine afterwards, as tests and long-lived programs do.
    Engine(database, FOLDER / "locks", JOBS, system_clock, lot).close()
    database.dispose()


if __name__ == "__main__":
    main()
