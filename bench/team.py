"""Workers of a team on one PostgreSQL: what becomes of runs when they are killed, and what a second worker is worth.

Real processes on a private server that writes to its disk (`fsync`). *Throughput*: one, two and four workers empty a
queue of short runs, each with one call through the door; runs a second are counted between the first tenth and the
last, so that starting and ending are left out. *Harm*: four workers and a queue; every while one of them, taken at
random, is killed with SIGKILL and another one started; half way the server is stopped at once and started again.
Afterwards each run and each effect is counted from outside.

    python -m bench.team [--quick] [--runs N] [--seed N] --json FILE
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bench.report import options, publish
from gainful.sdk.testing.postgres import Postgres

RUNS = 2000
QUICK_RUNS = 200
WORKERS = 4
PATIENCE = 120.0
"""Seconds without any progress, after which what is left counts as stuck."""


class Crew:
    """Workers over one database and one folder."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.name = postgres.create()
        self.folder = Path(tempfile.mkdtemp(prefix="gainful-team-"))
        (self.folder / "world").mkdir()
        self.workers: list[subprocess.Popen[bytes]] = []

    def put(self, count: int) -> None:
        """Fill the queue."""
        subprocess.run([*self._command(), "--put", str(count)], check=True)

    def start(self) -> subprocess.Popen[bytes]:
        """One worker more; it is not waited for."""
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(self._command(), stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "bench.team_worker", self._postgres.url(self.name), str(self.folder)]

    def count(self, table: str, condition: str) -> int:
        """Rows; -1 while the server is away."""
        import psycopg

        try:
            return int(str(self._postgres.ask(self.name, f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]))
        except psycopg.OperationalError:
            return -1

    def done(self) -> int:
        """Runs that have ended well."""
        return self.count("runs", "state = 'done'")

    def wait(self, count: int, meanwhile: Callable[[int], None] = lambda _done: None) -> None:
        """Until so many runs are done, or nothing has moved for long."""
        last, moved_at = -1, time.monotonic()
        while (now := self.done()) < count and time.monotonic() - moved_at < PATIENCE:
            if now > last:
                last, moved_at = now, time.monotonic()
            meanwhile(now)
            time.sleep(0.2)

    def ended(self) -> list[datetime]:
        """When each run ended, in order."""
        rows = self._postgres.ask(self.name, "SELECT ended_at FROM runs WHERE state = 'done'")
        return sorted(datetime.fromisoformat(str(row[0])) for row in rows)

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._postgres.drop(self.name)


def rate(postgres: Postgres, workers: int, runs: int) -> float:
    """Runs a second of so many workers."""
    crew = Crew(postgres)
    try:
        crew.put(runs)
        for _ in range(workers):
            crew.start()
        crew.wait(runs)
        ended = crew.ended()
        if len(ended) < runs:
            raise RuntimeError(f"{len(ended)} of {runs} runs ended: {(crew.folder / 'log').read_text()[-2000:]}")
    finally:
        crew.close()
    first, last = ended[runs // 10], ended[runs * 9 // 10]
    return (runs * 9 // 10 - runs // 10) / (last - first).total_seconds()


class Blows:
    """Kills workers at random moments, and stops the database once."""

    def __init__(self, crew: Crew, postgres: Postgres, runs: int, chance: random.Random) -> None:
        self.kills = 0
        self.restarts = 0
        self._crew = crew
        self._postgres = postgres
        self._runs = runs
        self._chance = chance
        self._next = time.monotonic() + 4.0

    def __call__(self, done: int) -> None:
        """Called again and again while the work goes on."""
        if done > self._runs // 2 and not self.restarts:
            self._postgres.restart(pause=1.0)
            self.restarts = 1
        if time.monotonic() > self._next and done < self._runs * 0.95:
            victim = self._chance.choice([worker for worker in self._crew.workers if worker.poll() is None])
            victim.kill()
            victim.wait(10)
            self.kills += 1
            self._crew.start()
            self._next = time.monotonic() + self._chance.uniform(0.5, 2.5)


def harm(postgres: Postgres, runs: int, seed: int) -> Mapping[str, float]:
    """What became of runs and effects."""
    crew = Crew(postgres)
    try:
        crew.put(runs)
        for _ in range(WORKERS):
            crew.start()
        blows = Blows(crew, postgres, runs, random.Random(seed))
        crew.wait(runs, blows)
        # A run is done for people a moment before it is for the queue.
        end = time.monotonic() + PATIENCE
        while crew.count("dbos.workflow_status", "status <> 'SUCCESS'") and time.monotonic() < end:
            time.sleep(0.5)
        return {**_counted(crew, runs), "kills": blows.kills, "restarts": blows.restarts}
    finally:
        crew.close()


def _counted(crew: Crew, runs: int) -> dict[str, float]:
    effects = Counter(
        (file.name, key) for file in (crew.folder / "world").iterdir() for key in file.read_text().split()
    )
    by_run = Counter(name for name, _ in effects.elements())
    return {
        "lost": sum(not by_run[f"run{number}"] for number in range(runs)),
        "doubled": sum(count > 1 for count in by_run.values()),
        "stuck": runs - crew.count("dbos.workflow_status", "status = 'SUCCESS' AND name = 'gainful.run'"),
        "uncertain": crew.count("calls", "state NOT IN ('done')"),
        "entries_doubled": crew.count(
            "(SELECT run_id FROM entries GROUP BY run_id, kind HAVING count(*) > 1) AS d", "true"
        ),
    }


def main() -> int:
    """Measure and publish; 1 when any run came to harm."""
    parser = options("team", "Kill workers of a team at random, and count their runs.")
    parser.add_argument("--runs", type=int, help=f"in the queue (default {RUNS}, quick {QUICK_RUNS})")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH"))))
    runs = given.runs or (QUICK_RUNS if given.quick else RUNS)
    with Postgres(durable=True) as postgres:
        rates = {
            count: rate(postgres, count, max(runs // 4, 100) * count // (2 if given.quick else 1))
            for count in (1, 2, 4)
        }
        figures = dict(harm(postgres, runs, given.seed))
    figures |= {f"runs_per_s_{count}": value for count, value in rates.items()}
    figures |= {"speedup_2": rates[2] / rates[1], "speedup_4": rates[4] / rates[1]}
    conditions = {"runs": runs, "kills": figures.pop("kills"), "restarts": figures.pop("restarts"), "seed": given.seed}
    publish("team", conditions, figures, given.json)
    return int(any(figures[name] for name in ("lost", "doubled", "stuck", "entries_doubled")))


if __name__ == "__main__":
    sys.exit(main())
