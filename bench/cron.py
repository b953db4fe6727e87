"""Simulated days of schedules: clocks that change twice a year, clocks that are set, and processes that are killed.

Each day lies about a change of clocks in its zone, or about none. A process of its own dispatches what is due against a
real SQLite file, by a clock that the benchmark sets; it is killed with SIGKILL, mostly in the middle of a write, and
another one goes on a while later. On some days two processes dispatch at once. The machine's clock is set forward and
back meanwhile, and is wrong by two days for some minutes. What should have fallen due is found by a walk, minute by
minute, that asks the clock on the wall and shares no code with the product.

    python -m bench.cron [--quick] [--rounds N] [--seed N] --json FILE
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event

from bench.report import options, publish
from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.core.errors import GainfulError
from gainful.core.occurrence import Occurrence
from gainful.storage.agents.occurrence_store import OccurrenceState, OccurrenceStore, run_id_of
from gainful.storage.database import open_database
from gainful.storage.mail.mail_store import MailStore
from gainful.storage.runs.run_store import RunStore

ROUNDS = 4
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
IN_TIME = timedelta(minutes=5)
"""How late a slot may be found and still count where missed ones are left out, as the docs say."""

WRONG_BY = 2 * DAY

DAYS = (
    ("Europe/Berlin", "2026-03-28T13:00"),
    ("Europe/Berlin", "2026-10-24T13:00"),
    ("America/New_York", "2026-03-07T19:00"),
    ("America/New_York", "2026-10-31T18:00"),
    ("Australia/Lord_Howe", "2026-10-03T03:00"),
    ("Australia/Lord_Howe", "2026-04-04T03:00"),
    ("America/Santiago", "2026-09-05T16:00"),
    ("America/Santiago", "2026-04-04T15:00"),
    ("Asia/Kathmandu", "2026-12-31T06:00"),
    ("UTC", "2026-06-30T12:00"),
)
"""Zones, and when in UTC the simulated day begins."""


@dataclass(frozen=True)
class Schedule:
    """A trigger, and by itself what its expression means."""

    at: str
    missed: str
    minutes: frozenset[int]
    hours: frozenset[int]
    is_rhythm: bool

    def fits(self, shown: datetime) -> bool:
        """Whether the clock on the wall shows a time of it."""
        return shown.minute in self.minutes and shown.hour in self.hours


EVERY_HOUR = frozenset(range(24))
SCHEDULES = (
    Schedule("*/5 * * * *", "all", frozenset(range(0, 60, 5)), EVERY_HOUR, True),
    Schedule("0,30 2 * * *", "all", frozenset({0, 30}), frozenset({2}), False),
    Schedule("10,50 0-4 * * *", "all", frozenset({10, 50}), frozenset(range(5)), False),
    Schedule("0 0,12 * * *", "all", frozenset({0}), frozenset({0, 12}), False),
    Schedule("15 */2 * * *", "all", frozenset({15}), frozenset(range(0, 24, 2)), True),
    Schedule("7 * * * *", "once", frozenset({7}), EVERY_HOUR, True),
    Schedule("*/20 * * * *", "skip", frozenset({0, 20, 40}), EVERY_HOUR, True),
    Schedule("30 1,2,3 * * *", "skip", frozenset({30}), frozenset({1, 2, 3}), False),
)


def fall_due(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The slots between the two instants, by the words of docs/how-to/triggers.md."""
    at = after.replace(second=0, microsecond=0) + MINUTE
    while at <= until:
        local = at.astimezone(zone)
        shown, before = local.replace(tzinfo=None), (at - MINUTE).astimezone(zone).replace(tzinfo=None)
        due = schedule.fits(shown) and (schedule.is_rhythm or local.fold == 0)
        left_out = before + MINUTE
        while not schedule.is_rhythm and not due and left_out < shown:
            due = schedule.fits(left_out)
            left_out += MINUTE
        if due:
            yield at
        at += MINUTE


@dataclass(frozen=True)
class Tick:
    """A moment of the day: how late it really is, and what the machine's clock says."""

    true: datetime
    clock: datetime
    is_wrong: bool = False


@dataclass
class Tally:
    """Sums over all days."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def ticks(begin: datetime, chance: random.Random, tally: Tally) -> list[Tick]:
    """One day, with a clock that somebody sets some times."""
    changes = sorted(chance.uniform(0.03, 0.97) for _ in range(5))
    wrong = chance.uniform(0.1, 0.8) if chance.random() < 0.5 else 2.0
    offset, true, found = timedelta(), begin, []
    while true < begin + DAY:
        passed = (true - begin) / DAY
        while changes and passed >= changes[0]:
            changes.pop(0)
            offset += _change(chance)
            tally.counts["clock changes"] += 1
        is_wrong = wrong <= passed < wrong + 0.01
        found.append(Tick(true, true + offset + (WRONG_BY if is_wrong else timedelta()), is_wrong))
        true += timedelta(seconds=chance.uniform(5, 90))
    tally.counts["clock changes"] += 2 * (wrong < 1)
    return found


def _change(chance: random.Random) -> timedelta:
    kind = chance.randrange(3)
    if kind == 0:
        return timedelta(seconds=chance.uniform(-90, 90))
    minutes = chance.uniform(5, 100)
    return timedelta(minutes=minutes if kind == 1 else -minutes)


class Points:
    """Kills the process before one of its writes, or its commits, or about a start."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, _c: object, _x: object, statement: str, *_: object) -> None:
        """A statement is about to be executed."""
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self()


class Settling(OccurrenceStore):
    """The store, and a line in a file for each start that it has noted."""

    def __init__(self, engine: Any, lines: Path) -> None:
        super().__init__(engine)
        self._lines = lines

    def started(self, occurrence_id: str, at: datetime) -> None:
        """As ever, then the line."""
        super().started(occurrence_id, at)
        _write(self._lines, f"noted {occurrence_id}")


def live(home: Path, agent: WakeableAgent, zone: str, plan: Sequence[tuple[int, Tick]], fatal: int) -> None:
    """One process: what is left over first, then one tick after another. Dies at a write, or after the last tick."""
    now = [plan[0][1].clock]
    engine = open_database(home / "gainful.sqlite")
    point = Points(fatal)
    event.listen(engine, "before_cursor_execute", point.statement)
    event.listen(engine, "commit", point)

    def start(occurrence: Occurrence) -> None:
        point()
        _write(home / "lines", f"start {occurrence.id} {run_id_of(occurrence)} {occurrence.at.isoformat()}")
        point()

    def complain(error: GainfulError) -> None:
        raise error

    store = Settling(engine, home / "lines")
    sources = Sources(MailStore(engine), RunStore(engine), zone=zone)
    dispatcher = Dispatcher(store, start, lambda: [agent], lambda: now[0], sources, complain)
    dispatcher.recover()
    for number, tick in plan:
        now[0] = tick.clock
        dispatcher.tick()
        _write(home / "ticks", str(number))
    os.kill(os.getpid(), signal.SIGKILL)


def _write(file: Path, line: str) -> None:
    """One line, by one call, so that it is there whole or not at all."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode() + b"\n")
    os.close(handle)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def simulate(home: Path, zone: str, begin: datetime, chance: random.Random, tally: Tally) -> None:
    """One day, from its first process to what came of it."""
    day = ticks(begin, chance, tally)
    together = 2 if chance.random() < 0.3 else 1
    agent = WakeableAgent(
        "clock", "ada", triggers_from([{"on": "cron", "at": each.at, "missed": each.missed} for each in SCHEDULES]),
        since=day[0].clock,
    )  # fmt: skip
    position = 0
    while position < len(day):
        end = min(len(day), position + chance.randint(20, 400))
        plan = list(enumerate(day[position:end], position))
        # Mostly soon; now and then late enough to live through what a clock that ran ahead makes due.
        fatal = [chance.randint(1, 80 if chance.random() < 0.7 else 4000) for _ in range(together)]
        under_way = [_killed(home, agent, zone, plan, point) for point in fatal] if together == 1 else []
        if together > 1:
            children = [_fork(home, agent, zone, plan, point) for point in fatal]
            for child in children:
                _wait(child)
        tally.counts["kills"] += together
        done = [int(line) for line in _lines(home / "ticks")]
        reached = max(done, default=-1) + 1
        tally.counts["kills in a write"] += sum(under_way) if together == 1 else reached < end
        position = _later(day, max(reached, position), chance)
    # Somebody comes back in the end, or nothing would be left over for anybody.
    _wait(_fork(home, agent, zone, [(len(day), Tick(day[-1].true, day[-1].clock + MINUTE))], 0))
    _judge(home, zone, day, tally, together)


def _killed(home: Path, agent: WakeableAgent, zone: str, plan: Sequence[tuple[int, Tick]], fatal: int) -> bool:
    """Let one process live and die; whether it died before its last tick."""
    before = len(_lines(home / "ticks"))
    _wait(_fork(home, agent, zone, plan, fatal))
    return len(_lines(home / "ticks")) - before < len(plan)


def _fork(home: Path, agent: WakeableAgent, zone: str, plan: Sequence[tuple[int, Tick]], fatal: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            live(home, agent, zone, plan, fatal)
        finally:
            os._exit(1)
    return child


def _wait(child: int) -> None:
    status = os.waitpid(child, 0)[1]
    if status != signal.SIGKILL:
        raise RuntimeError(f"a process ended with {status} and was not killed")


def _later(day: Sequence[Tick], position: int, chance: random.Random) -> int:
    """Where the next process begins: a moment after the last one died, or hours."""
    if position >= len(day):
        return position
    away = timedelta(minutes=chance.uniform(0, 3) if chance.random() < 0.85 else chance.uniform(10, 120))
    until = day[position].true + away
    while position < len(day) and day[position].true < until:
        position += 1
    return position


def _judge(home: Path, zone: str, day: Sequence[Tick], tally: Tally, together: int) -> None:
    """Count what was lost and what was doubled."""
    engine = open_database(home / "gainful.sqlite")
    records = OccurrenceStore(engine).recent("clock", 100_000)
    engine.dispose()
    runs: dict[str, set[str]] = {}
    noted: set[str] = set()
    for words in (line.split() for line in _lines(home / "lines")):
        if words[0] == "noted":
            noted.add(words[1])
            continue
        # Of two processes that find the same left over, both may begin it: by its id it is one run.
        if words[1] in noted and together == 1:
            tally.counts["doubled"] += 1
            tally.problems.append(f"{zone} {words[3]}: begun again after it was noted as begun")
        runs.setdefault(words[1], set()).add(words[2])
    looked = [day[int(number)] for number in _lines(home / "ticks") if int(number) < len(day)]
    until = max(tick.clock for tick in looked if not tick.is_wrong)
    for schedule in SCHEDULES:
        begun: Counter[datetime] = Counter()
        missed: set[datetime] = set()
        for record in records:
            if record.occurrence.trigger == f"cron {schedule.at}":
                begun[record.occurrence.at] += len(runs.get(record.occurrence.id, ()))
                if record.state is OccurrenceState.MISSED:
                    missed.add(record.occurrence.at)
        _compare(schedule, zone, (day[0].clock, until), looked, begun, missed, tally)


def _compare(
    schedule: Schedule,
    zone: str,
    span: tuple[datetime, datetime],
    looked: Sequence[Tick],
    begun: Counter[datetime],
    missed: set[datetime],
    tally: Tally,
) -> None:
    after, until = span
    due = list(fall_due(schedule, ZoneInfo(zone), after, until + WRONG_BY + DAY))
    for slot, times in begun.items():
        if times > 1 or (times and slot not in due):
            tally.counts["doubled"] += 1
            tally.problems.append(f"{zone} {schedule.at} {slot}: begun {times} times, due: {slot in due}")
    latest = max((slot for slot in begun if begun[slot] and slot <= until), default=after)
    for slot in due:
        if slot > until:
            break
        tally.counts["slots"] += 1
        tally.counts["runs"] += begun[slot]
        if not begun[slot] and not _is_excused(schedule, slot, looked, slot in missed, latest):
            tally.counts["lost"] += 1
            tally.problems.append(f"{zone} {schedule.at} {slot}: not begun, noted as missed: {slot in missed}")


def _is_excused(schedule: Schedule, slot: datetime, looked: Sequence[Tick], noted: bool, latest: datetime) -> bool:
    """Whether the trigger's policy lets this slot be passed over, as it was written down."""
    if schedule.missed == "once":
        # A later one makes up for it.
        return noted and latest > slot
    if schedule.missed == "skip":
        # The first who saw it past saw it too late.
        first = next(tick.clock for tick in looked if tick.clock >= slot and not tick.is_wrong)
        return noted and first > slot + IN_TIME
    return False


def main() -> int:
    """Simulate the days and publish the figures; 1 when anything was lost or doubled."""
    parser = options("cron", "Simulate days of schedules with restarts and clock changes.")
    parser.add_argument("--rounds", type=int, help=f"how often each day (default {ROUNDS}; quick: four of them once)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    given = parser.parse_args()
    days = DAYS[::3] if given.quick and not given.rounds else DAYS * (given.rounds or ROUNDS)
    chance = random.Random(given.seed)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.sqlite"
        open_database(empty).dispose()
        for number, (zone, begin) in enumerate(days):
            home = Path(folder) / str(number)
            home.mkdir()
            shutil.copyfile(empty, home / "gainful.sqlite")
            simulate(home, zone, datetime.fromisoformat(begin).replace(tzinfo=UTC), chance, tally)
            print(f"{number + 1}/{len(days)} {zone} {dict(tally.counts)}", file=sys.stderr)
            shutil.rmtree(home)
    for problem in tally.problems[:20]:
        print(problem, file=sys.stderr)
    names = ("slots", "runs", "kills", "kills in a write", "clock changes")
    conditions = {"simulated days": len(days), **{name: tally.counts[name] for name in names}}
    figures = {f"occurrences_{name}": float(tally.counts[name]) for name in ("lost", "doubled")}
    publish("cron", conditions, figures, given.json)
    return int(any(figures.values()))


if __name__ == "__main__":
    sys.exit(main())
