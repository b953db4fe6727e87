"""What does it cost to look for waste?

A made-up record of many runs is streamed past every detector in one pass; it is never held, so the memory that grows is
what the detectors keep. Three of five runs serve a work item, as claimed and accepted work does; the others are asides,
nightly jobs and chains of agents. One agent in ten wastes.

- **cpu_s_per_million_runs**: processor time of settling the items and looking, without that of making the record.
- **kept_mb_per_million_runs**: memory that the process has grown by at its largest.
- **findings**: how many there were, so that nobody measures a search that finds nothing.

    python -m bench.waste [--quick] [--runs N] --json FILE
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.report import options, publish
from gainful.core.fact import Agent, Call, Claim, Evidence, HumanTime, Person, Read, Run, Trigger, Verdict, WorkItem
from gainful.core.money import Tokens
from gainful.worth.record import Case, Organisation, Use
from gainful.worth.settings import WorthSettings
from gainful.worth.waste import find_waste

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 26
RUNS_EACH = 300
"""Of one agent in half a year."""
ITEMS_EACH = 180
CLASSES = ("ticket", "mail", "pull-request", "report")


class Streamed:
    """A record that is made while it is read, the same at each reading."""

    def __init__(self, runs: int) -> None:
        self.since = BEGIN
        self.until = BEGIN + timedelta(weeks=WEEKS + 4)
        self.agents = max(10, runs // RUNS_EACH)

    def organisation(self) -> Organisation:
        """A person to each agent, ten to a team."""
        names = range(self.agents)
        people = {f"p{n}": Person(at=BEGIN, id=f"p{n}", team=f"t{n // 10}") for n in names}
        return Organisation(people=people, agents={f"a{n}": Agent(at=BEGIN, id=f"a{n}", owner=f"p{n}") for n in names})

    def cases(self) -> Iterator[Case]:
        """Items in the order of their ids, whose agents take turns."""
        chance = random.Random(1)
        for number in range(self.agents * ITEMS_EACH):
            agent = number % self.agents
            yield self._case(chance, f"i{number:08d}", agent)

    def loose(self) -> Iterator[Use]:
        """Runs of no item, by agent and then by time."""
        chance = random.Random(2)
        for agent in range(self.agents):
            for number in range(RUNS_EACH - ITEMS_EACH):
                yield self._aside(chance, agent, number)

    def _case(self, chance: random.Random, name: str, agent: int) -> Case:
        at, system = self._moment(chance), "system:desk"
        wastes = agent % 10 == 0 and chance.random() < 0.3
        opened = WorkItem(
            at=at, id=name, work_class=CLASSES[agent % 4], requester=f"p{(agent + 11) % self.agents}"
        )  # fmt: skip
        return Case(
            name,
            opened,
            uses=(self._use(chance, f"r{name}", agent, at, "person", item=name, size=60_000 if wastes else 5000),),
            times=(HumanTime(at=at, work_item=name, person=f"p{agent}", what="review", seconds=Decimal(120)),),
            claims=(Claim(at=at, work_item=name, claimant=f"a{agent}"),),
            verdicts=(Verdict(at=at, work_item=name, by=opened.requester, accepted=chance.random() < 0.9),),
            evidence=(Evidence(at=at, work_item=name, system=system, what="effect", before="a", after=name),),
        )

    def _aside(self, chance: random.Random, agent: int, number: int) -> Use:
        """Every tenth agent runs unread by the clock, repeats itself and sets others off; others are read."""
        at = BEGIN + timedelta(hours=30 * number)
        name, wastes = f"l{agent}-{number}", agent % 10 == 0
        kind: Trigger = ("schedule", "person", "agent")[number * 3 // (RUNS_EACH - ITEMS_EACH)]
        before = f"l{agent}-{number - 1}" if kind == "agent" else ""
        return self._use(
            chance, name, agent, at, kind, given="same" if wastes else name, before=before, read=not wastes
        )

    def _use(
        self,
        chance: random.Random,
        name: str,
        agent: int,
        at: datetime,
        trigger: Trigger,
        *,
        item: str = "",
        given: str = "",
        before: str = "",
        size: int = 5000,
        read: bool = False,
    ) -> Use:
        run = Run(
            at=at, id=name, agent=f"a{agent}", person=f"p{agent}", work_item=item, trigger=trigger, caused_by=before,
            input_hash=given or name, output_hash=name,
        )  # fmt: skip
        calls = tuple(
            Call(
                at=at, id=f"{name}-{n}", run=name, model="m", cost=Decimal("0.004"), failed=chance.random() < 0.02,
                tokens=Tokens(round(size * chance.uniform(0.5, 1.5)), 0, 0, 300),
            )
            for n in range(2)
        )  # fmt: skip
        return Use(run, calls, (Read(at=at, run=name, by=f"p{agent}"),) if read else ())

    def _moment(self, chance: random.Random) -> datetime:
        return BEGIN + timedelta(minutes=chance.randrange(WEEKS * 7 * 24 * 60))


def peak_mb() -> float:
    """The most memory that the process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Measure and publish; 1 where three million runs would take more than two minutes."""
    parser = options("waste", "What does it cost to look for waste?")
    parser.add_argument("--runs", type=int, help="in the record  [3000000; with --quick 150000]")
    given = parser.parse_args()
    record = Streamed(given.runs or (150_000 if given.quick else 3_000_000))
    runs = record.agents * RUNS_EACH
    began = time.process_time()
    for _ in record.cases():
        pass
    for _ in record.loose():
        pass
    making, before = time.process_time() - began, peak_mb()
    began = time.process_time()
    found = find_waste(record, WorthSettings())
    taken = time.process_time() - began - making
    figures = {
        "runs": runs,
        "cpu_s_per_million_runs": taken * 1e6 / runs,
        "making_s_per_million_runs": making * 1e6 / runs,
        "kept_mb_per_million_runs": (peak_mb() - before) * 1e6 / runs,
        "findings": len(found),
    }
    publish("waste", {"agents": record.agents}, figures, given.json)
    return int(figures["cpu_s_per_million_runs"] > 40)


if __name__ == "__main__":
    raise SystemExit(main())
