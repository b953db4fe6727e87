"""Kills whoever deploys, at each step of the journal, and lets another process go on with it.

`gainful deploy start` is started as a person starts it. The journal is read from outside: once the step before is on
record, the process is killed with SIGKILL after a random part of the time that the step takes. Then `gainful serve`
is started, which goes on with what was interrupted. Slots and people outlive both.

*Converged*: the deployment has ended as such a release should, with one row in the history and one event of its end;
the release that should be live is live with all the traffic, nothing is beside it, and nobody holds the lock.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gainful.app.trial.deploy_world import SERVICE, DeployWorld
from gainful.core.deploy_event import State

KILLED_WATCH: Mapping[str, object] = {
    "share": 30, "baseline": 1, "margin": 0.2, "latency_margin": 0.9, "shortest": 2, "longest": 60,
}  # fmt: skip
"""How well it is watched is not asked here, so it is watched shortly."""

TAKES = {"plan": 0.2, "stage": 0.6, "health": 0.4, "baseline": 1.5, "watch": 3.0}
"""About how many seconds a step takes; the others are over in no time, and the blow comes as soon as they begin."""

STEPS = ("plan", "admit", "begin", "stage", "health", "baseline", "shift", "watch", "promote", "leave")
TRIES = 8
PATIENCE = 60.0
"""Seconds after which a deployment that has not ended counts as lost."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One kill, and what came of it.

    Args:
        step: It was meant for.
        wrong: What is not as it should be; empty where it converged.
        after: The last step that was on record when it had come.
    """

    step: str
    wrong: str
    after: str


def kill_at_each_step(world: DeployWorld, times: int, seed: int = 1) -> dict[str, float]:
    """The figures."""
    chance, takes = random.Random(seed), dict(TAKES)
    blows: list[Blow] = []
    number = 0
    before = world.people.so_far()
    for turn in range(times):
        for step in STEPS:
            blow, first = None, number
            while blow is None:
                if number - first == TRIES:
                    raise SystemExit(f"The step '{step}' was missed {TRIES} times.")
                number += 1
                world.shop.release(f"killed-{number}", "Greet", greeting=f"Killed {number}")
                blow = _blow(world, f"killed-{number}", step, takes, chance)
            blows.append(blow)
            hurt = (world.people.so_far() - before).hurt
            said = blow.wrong or "converged"
            print(f"{turn + 1}/{times} {blow.step}, killed after {blow.after}: {said}; {hurt} failed", flush=True)
    people = world.people.settled() - before
    return {
        "resume_converged_share": sum(not blow.wrong for blow in blows) / len(blows),
        "resume_failed_requests": people.hurt,
        "resume_kills": len(blows),
        "resume_requests": people.sent,
    }


def _blow(world: DeployWorld, revision: str, step: str, takes: dict[str, float], chance: random.Random) -> Blow | None:
    """Deploy it, kill within this step, go on; None where it was quicker than the blow, which is told to hurry."""
    deployer = _gainful(world, "deploy", "start", SERVICE, revision, "--yes", "--json")
    journal = Journal(world.home.database, revision)
    try:
        if not journal.await_step(step, deployer):
            return None
        time.sleep(chance.random() * takes.get(step, 0.0))
        deployer.send_signal(signal.SIGKILL)
    finally:
        deployer.wait()
    done = journal.done()
    if step in takes and step in done:
        takes[step] *= 0.7
    over = "leave" in done and step in takes
    if over or deployer.returncode != -signal.SIGKILL:
        return None
    server = _gainful(world, "serve", "--json")
    try:
        journal.await_end(server)
    finally:
        server.terminate()
        server.wait()
    return Blow(step, _wrong(world, revision), done[-1] if done else "nothing")


def _gainful(world: DeployWorld, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gainful", *arguments],
        env={**os.environ, "GAINFUL_HOME": str(world.home.path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


class Journal:
    """What is on record of one deployment, read from outside."""

    def __init__(self, database: Path, revision: str) -> None:
        self._database = database
        self._revision = revision

    def done(self) -> list[str]:
        """The steps that are on record."""
        return [str(row[0]) for row in self._ask(
            "SELECT o.function_name FROM operation_outputs o JOIN deployments d ON d.id = o.workflow_uuid "
            "WHERE d.revision = ? ORDER BY o.function_id"
        )]  # fmt: skip

    def await_step(self, step: str, process: subprocess.Popen[bytes]) -> bool:
        """Whether it came so far that this step is under way."""
        earlier = STEPS[STEPS.index(step) - 1] if step != STEPS[0] else ""
        while process.poll() is None:
            if earlier in self.done() if earlier else self._begun():
                return True
            time.sleep(0.001)
        return False

    def await_end(self, server: subprocess.Popen[bytes]) -> None:
        """Until it has ended and its run too, or nothing comes of it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and server.poll() is None:
            if "leave" in self.done():
                return
            time.sleep(0.02)

    def _begun(self) -> bool:
        return bool(self._ask("SELECT 1 FROM deployments d WHERE d.revision = ?"))

    def _ask(self, query: str) -> list[tuple[object, ...]]:
        try:
            with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)) as connection:
                return connection.execute(query, (self._revision,)).fetchall()
        except sqlite3.DatabaseError:
            # Not there yet, or being taken up again after a kill, which somebody who only reads sees the half of.
            return []


def _damage(database: Path) -> str:
    """What the database says of itself: `ok` where it is whole."""
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _wrong(world: DeployWorld, revision: str) -> str:
    """What is not as it should be."""
    damage = _damage(world.home.database)
    if damage != "ok":
        return f"the database is damaged: {damage}"
    with world.open() as app:
        kept = app.deployments
        rows = [one for one in kept.history(SERVICE, 1000) if one.revision == revision]
        if len(rows) != 1:
            return f"{len(rows)} rows in the history"
        (row,) = rows
        ends = [event for event in kept.kept.events(row.id) if event.key == "ended"]
        target = kept.services.target(kept.services.named(SERVICE))
        state = target.state()
        target.close()
        found = {
            f"state {row.state}: {row.why}": row.state is not State.PROMOTED,
            f"{len(ends)} ends": len(ends) != 1,
            "something else is live": state.live is None
            or state.live.release.commit != row.plan.get("candidate", {}).get("commit"),
            "a candidate is left": state.candidate is not None,
            f"drift: {state.live.drift if state.live else ''}": bool(state.live and state.live.drift),
            "the lock is held": kept.kept.lock(SERVICE) is not None,
            "an effect is uncertain": bool(app.calls.uncertain()),
        }
    return "; ".join(what for what, is_so in found.items() if is_so)
