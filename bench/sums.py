"""What does it cost to see that the sums of runs are right, and to mend them where an older process left some out?

A million calls of 250,000 runs over half a year, of 1,000 agents in 50 teams, booked as facts of calls are. On SQLite,
and on PostgreSQL where it is installed.

- `look_s`: seeing that nothing is wrong, which `gainful serve` does every quarter of an hour. The median of five.
- `days`, `mend_s`: finding and summing up the days whose sums were taken away: three days and an agent's fortnight.

    python -m bench.sums [--calls N] [--quick] --json FILE
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, delete, update

from bench.report import options, publish
from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.sdk.testing.postgres import Postgres
from gainful.storage.database import open_database, transaction
from gainful.storage.facts.spending_sums import DAY
from gainful.storage.facts.sums_repair import SumsRepair
from gainful.storage.facts.usage_store import UsageStore
from gainful.storage.schema import run_spending

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, AGENTS, TEAMS, CALLS_OF_RUN = 182, 1000, 50, 4
CALLS, QUICK, BATCH = 1_000_000, 20_000, 5000
LOOKS = 5
FIRST = int(BEGIN.timestamp()) * 1_000_000 // DAY


def calls(count: int) -> Iterator[tuple[str, Call]]:
    """Calls by their keys, in the order of time."""
    for number in range(count):
        run = number // CALLS_OF_RUN
        agent = run * 7919 % AGENTS
        yield (
            f"{number:012}",
            Call(
                at=BEGIN + timedelta(days=DAYS) * (number / count),
                id=f"c{number}",
                run=f"run-{run}",
                agent=f"agent{agent}",
                person=f"p{agent}",
                provider="anthropic",
                model=f"model{run % 5}",
                tokens=Tokens(900, 4000, 0, 350),
                cost=Decimal(1 + number % 900) / 100_000,
            ),
        )


def fill(engine: Engine, count: int) -> None:
    """Book them."""
    usage, batch = UsageStore(engine), dict[str, Call]()
    for key, call in calls(count):
        batch[key] = call
        if len(batch) == BATCH or int(key) == count - 1:
            with transaction(engine) as connection:
                rows = usage.append_calls_in(
                    connection, batch, lambda people: {one: f"team{int(one[1:]) % TEAMS}" for one in people}
                )
                usage.write_in(connection, [row | {"batch": 1} for row in rows])
            batch.clear()


def break_(engine: Engine) -> None:
    """Leave sums as a process from before them leaves them: three days without any, a fortnight of nobody's agent."""
    with transaction(engine) as connection:
        connection.execute(delete(run_spending).where(run_spending.c.day.in_([FIRST + 3, FIRST + 90, FIRST + 181])))
        month = run_spending.c.day.between(FIRST + 60, FIRST + 75)
        connection.execute(update(run_spending).where(month, run_spending.c.agent == "agent7").values(agent=""))


def measure(engine: Engine, count: int) -> dict[str, float]:
    """The figures of one database."""
    fill(engine, count)
    repair, looks = SumsRepair(engine), list[float]()
    for _ in range(LOOKS):
        began = time.perf_counter()
        if repair.wrong():
            raise SystemExit("sums are wrong that were kept by the store itself")
        looks.append(time.perf_counter() - began)
    break_(engine)
    began = time.perf_counter()
    days = repair.mend()
    took = time.perf_counter() - began
    if repair.wrong():
        raise SystemExit("sums are wrong after they were mended")
    return {"look_s": round(median(looks), 3), "days": len(days), "mend_s": round(took, 3)}


def main() -> int:
    """Measure and publish."""
    parser = options("sums", "What does it cost to see that the sums of runs are right, and to mend them?")
    parser.add_argument("--calls", type=int, default=CALLS, help="calls that are booked")
    given = parser.parse_args()
    count = QUICK if given.quick else given.calls
    with tempfile.TemporaryDirectory(prefix="gainful-sums-") as place:
        engine = open_database(Path(place) / "gainful.sqlite")
        figures = {f"sqlite_{name}": value for name, value in measure(engine, count).items()}
        engine.dispose()
    if Postgres.installed():
        with Postgres() as server:
            engine = open_database(server.url(server.create()))
            figures |= {f"postgresql_{name}": value for name, value in measure(engine, count).items()}
            engine.dispose()
    publish("sums", {"calls": count}, figures, given.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
