"""Processes that carry out a deployment, each killed at a numbered point and followed by one that goes on with it.

    deployment_process.py good|bad|back|explained HOME:POINT …

Each is forked from this one, which has the libraries at hand. Prints for each the points that the first one passed,
null when it was killed, and how things stand when the second one is done.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.app import Gainful
from gainful.app.deploying.deploy_runs import JOB, DeployRuns
from gainful.app.deploying.services import Means, Services
from gainful.core.deploy_event import Deployment, Event
from gainful.core.deployment import Intent
from gainful.core.errors import GainfulError
from gainful.core.money import Money, Tokens
from gainful.gate.model import ModelDoor, always, freely
from gainful.gate.pricing import pricing_of
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.deploy.order import Order
from gainful.ledger.budget import Budget
from gainful.sdk.grant import Grant
from gainful.sdk.model import ModelAnswer, Question
from gainful.storage.settings.config import Home
from tests.crash.door_process import Points
from tests.unit.jobs.deploy.world import NEW, OLD, FileTarget, Plans, Simple, Traffic

SETTINGS = """
[git.repositories]
shop = "/srv/shop"
[[services]]
name = "shop"
repository = "shop"
target = { kind = "releases" }
metrics = { kind = "haproxy" }
"""


class Told:
    """A teller that writes what it is told into a file."""

    def __init__(self, home: Path, point: Points) -> None:
        self._file = home / "told"
        self._point = point

    def told(self, deployment: Deployment, event: Event) -> None:
        self._point()
        with self._file.open("a") as lines:
            lines.write(f"{event.key}\n")


class FileModel:
    """A language model that writes into a file that it was asked."""

    name = "openai:small"

    def __init__(self, home: Path, point: Points) -> None:
        self._file = home / "asked"
        self._point = point

    def size(self, question: Question) -> int:
        return len((question.instructions + question.prompt).encode())

    def ask(self, grant: Grant, question: Question) -> ModelAnswer:
        self._point()
        with self._file.open("a") as lines:
            lines.write("asked\n")
        self._point()
        return ModelAnswer("The basket is broken.", Tokens(fresh=100, output=10))


class Logged(Traffic):
    """Counters, and a log beside them that tells of trouble."""

    def excerpt(self, slot: str) -> list[str]:
        return [f"ERROR in {slot}"]


def explainer(app: Gainful, home: Path, point: Points) -> Explainer:
    """Asks the model in the file."""
    model = FileModel(home, point)
    pricing = pricing_of(model.name, app.clock(), input_price=Decimal(1), output_price=Decimal(2))
    budgets = always(Budget("model", Money("1")))
    door = ModelDoor(model, pricing, budgets, app.ledger, app.answers, app.clock, permit=freely)
    return Explainer(lambda: door)


def opened(home: Path, how: str, point: Points) -> tuple[Gainful, DeployRuns]:
    """The application with one service, whose target is a file."""
    app = Gainful.open(Home(home))
    target = FileTarget(home, point=point)
    source = Logged(bad={f"slot-{NEW.id}"} if how in ("bad", "explained") else set())
    services = Services(
        Means(app.home, app.config, app.broker, app.clock),
        {"releases": lambda *_: target},
        {"haproxy": lambda *_: source},
    )
    runs = DeployRuns(
        app, app.guards, services, Plans(target), lambda _, baseline: Simple(baseline, window=0), Told(home, point),
        app.jobs.engine, lambda _: time.sleep(0.002), explainer=explainer(app, home, point),
    )  # fmt: skip
    app.jobs.more[JOB] = runs.job
    for store, names in (
        (app.deployments_kept, ("begin", "record", "take_lock", "leave_lock")),
        (app.calls, ("write", "settle")),
        (app.runs, ("start", "end")),
        (app.ledger, ("reserve",)),
        (app.answers, ("settle",)),
    ):
        for name in names:
            setattr(store, name, point.around(getattr(store, name)))
    return app, runs


def first(home: Path, how: str, fatal: int) -> None:
    """Deploy, or die on the way."""
    point = Points(fatal)
    app, runs = opened(home, how, point)
    with app:
        intent = Intent.ROLLBACK if how == "back" else Intent.CHANGE
        runs.run(Order("shop", "main", app.guards.person, "hand", app.clock(), intent))
    print(json.dumps(point.passed), flush=True)


def second(home: Path, how: str) -> None:
    """Go on with what the first one left, and say how things stand."""
    app, _ = opened(home, how, Points(0))
    with app:
        for run_id in app.jobs.engine().interrupted():
            try:
                app.jobs.engine().resume(run_id)
            except GainfulError as error:
                print(error, file=sys.stderr)
        print(json.dumps(standing(app, home)), flush=True)


def standing(app: Gainful, home: Path) -> dict[str, Any]:
    """What is in the record, and what runs."""
    deployments = app.deployments_kept.of_service("shop", 10)
    events = app.deployments_kept.events(deployments[0].id) if deployments else []
    state = FileTarget(home).state()
    return {
        "deployments": [str(one.state) for one in deployments],
        "events": [event.key for event in events],
        "live": state.live.release.id if state.live else "",
        "share": state.share,
        "locked": app.deployments_kept.lock("shop") is not None,
        "uncertain": len(app.calls.uncertain()),
        "asked": len((home / "asked").read_text().split()) if (home / "asked").exists() else 0,
        "held": len(app.ledger.open_reservations()),
    }


def forked(work: Any, *arguments: Any) -> None:
    """One process of its own, until it ends or is killed."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work(*arguments)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended == -signal.SIGKILL:
        print("null", flush=True)
    elif ended:
        sys.exit(f"{arguments} ended with {ended}")


def main(how: str, pairs: list[str]) -> None:
    """Each pair of processes in turn."""
    for pair in pairs:
        folder, fatal = pair.split(":")
        home = Path(folder)
        home.mkdir(parents=True)
        (home / "gainful.toml").write_text(SETTINGS + ("explain = true\n" if how == "explained" else ""))
        target = FileTarget(home).run(OLD)
        if how == "back":
            target.promote(None, NEW)  # type: ignore[arg-type]
        forked(first, home, how, int(fatal))
        forked(second, home, how)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
