"""Makes the facts that systems would report of one piece of work, and keeps what it was really worth beside them.

Nothing here knows how worth is told.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import exp

from bench.gaming.people import Worker
from gainful.core.fact import (
    Call,
    Claim,
    Evidence,
    Fact,
    HoldOut,
    HumanTime,
    Read,
    Run,
    Trigger,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens

HOLD_OUT = 0.06
PRICE = {"small": Decimal("0.0000004"), "large": Decimal("0.000003")}
"""USD for a token, whatever kind."""
LATE = 0.04
"""Part of the verdicts that come weeks later."""


@dataclass(frozen=True, slots=True)
class Class:
    """A class of work.

    Args:
        minutes: Mean by hand.
        spread: Of the logarithm of what one item takes.
        review: Minutes to look at a result.
        context: How much context it needs, as a multiple.
    """

    name: str
    minutes: float
    spread: float
    review: float
    share: float
    context: float


CLASSES = (
    Class("mail", 6, 0.5, 0.7, 0.34, 0.5),
    Class("ticket", 25, 0.6, 3, 0.3, 1.0),
    Class("pull-request", 80, 0.7, 12, 0.2, 2.0),
    Class("report", 55, 0.6, 6, 0.1, 1.5),
    Class("deployment", 18, 0.4, 1.5, 0.05, 0.7),
    Class("odd", 40, 0.8, 5, 0.01, 1.0),
)
BY_NAME = {one.name: one for one in CLASSES}
LARGE = (BY_NAME["pull-request"], BY_NAME["report"], BY_NAME["ticket"])


@dataclass(slots=True)
class Truth:
    """What the generator knows about one item or run.

    Args:
        net: What it was worth to the organisation, dollars, less all that it cost.
        fake: It was made up, or is the waste that a kind of gaming makes.
        minutes: What it would have taken by hand; 0 for what nobody needed, and for results that are no good.
        shows: Whether a careful look can tell; some fakes are as good as real.
    """

    person: str
    net: float
    fake: bool = False
    minutes: float = 0.0
    kind: str = ""
    shows: bool = True


@dataclass(slots=True)
class Work:
    """One item, or one run of none, with all its facts."""

    id: str
    at: datetime
    item: bool
    facts: list[Fact] = field(default_factory=list)
    truth: Truth = field(default_factory=lambda: Truth("", 0.0))


class Making:
    """What all work is made of.

    Args:
        workers: By id.
    """

    def __init__(self, workers: dict[str, Worker], chance: random.Random) -> None:
        self.chance = chance
        self.workers = workers
        self.flaky = 0.02
        self._ids = list(workers)
        self._number = 0

    # --- items --------------------------------------------------------------------------------------------------------

    def opened(self, worker: Worker, kind: Class, at: datetime, arm: str) -> tuple[Work, str]:
        """An item that somebody wants, without anything done about it; and who wants it."""
        id_ = self.id("i")
        work = Work(id_, at, item=True, truth=Truth(worker.id, 0.0))
        requester = self.acquainted(worker) if self.chance.random() < 0.8 else "system:desk"
        work.facts.append(WorkItem(at=at, id=id_, work_class=kind.name, requester=requester, team=worker.team))
        if kind.name != "odd":
            work.facts.append(HoldOut(at=at, work_item=id_, arm=arm, share=HOLD_OUT))  # type: ignore[arg-type]
        return work, requester

    def made_up(
        self,
        worker: Worker,
        kind: Class,
        at: datetime,
        requester: str,
        *,
        part_of: str = "",
        minutes: float = 0.0,
        shows: float = 0.95,
        claimant: str = "",
    ) -> tuple[Work, datetime]:
        """An item that is claimed and was hardly worked on; and when it was done.

        Args:
            shows: Chance that a careful look can tell.
            claimant: Under another name than the agent's.
        """
        id_ = self.id("i")
        work = Work(id_, at, item=True)
        work.facts.append(
            WorkItem(at=at, id=id_, work_class=kind.name, requester=requester, team=worker.team, part_of=part_of)
        )
        calls, size = (self.chance.randint(1, 3), 4500) if worker.hides else (1, 2500)
        person = "" if claimant else worker.id
        cost = self.run(work, worker, at, id_, calls, size, person=person)
        prompt = 1.5 * worker.care * exp(self.chance.gauss(0, 0.4)) if worker.hides else self.chance.uniform(0.3, 1.0)
        work.facts.append(self.time(worker, id_, "prompt", prompt, at))
        done = at + timedelta(minutes=self.chance.uniform(30, 1800) if worker.hides else self.chance.uniform(5, 300))
        work.facts.append(Claim(at=done, work_item=id_, claimant=claimant or worker.agent))
        seen = self.chance.random() < (shows - 0.15 if worker.hides else shows)
        work.truth = Truth(worker.id, minutes - cost - prompt, fake=True, minutes=minutes, shows=seen)
        return work, done

    # --- runs ---------------------------------------------------------------------------------------------------------

    def aside(
        self,
        worker: Worker,
        at: datetime,
        trigger: Trigger,
        *,
        read: bool,
        fake: bool = True,
        cause: str = "",
        given: str = "",
        output: str = "",
        exploration: str = "",
        size: int = 4000,
        calls: int = 2,
    ) -> Work:
        """A run of no item."""
        id_ = self.id("r")
        work = Work(id_, at, item=False)
        cost = self.run(
            work, worker, at, "", calls, size, run=id_, trigger=trigger, cause=cause, given=given, output=output,
            exploration=exploration, person=worker.id,
        )  # fmt: skip
        if read:
            work.facts.append(Read(at=at + timedelta(hours=3), run=id_, by=worker.id))
        work.truth = Truth(worker.id, -cost, fake=fake)
        return work

    def run(
        self,
        work: Work,
        worker: Worker,
        at: datetime,
        item: str,
        calls: int,
        size: float,
        *,
        run: str = "",
        trigger: Trigger = "person",
        cause: str = "",
        given: str = "",
        output: str = "",
        exploration: str = "",
        person: str = "",
    ) -> float:
        """Add a run with its calls; returns its cost."""
        chance, run = self.chance, run or self.id("r")
        work.facts.append(
            Run(
                at=at,
                id=run,
                agent=worker.agent,
                person=person,
                work_item=item,
                trigger=trigger,
                caused_by=cause,
                ended_at=at + timedelta(minutes=2),
                input_hash=given or run,
                output_hash=output or run,
                exploration=exploration,
            )
        )
        whole = Decimal(0)
        before = ""
        for number in range(calls):
            tier = "large" if chance.random() < 0.6 else "small"
            prompt = int(size * exp(chance.gauss(0, 0.4)))
            tokens = Tokens(prompt // 4, prompt - prompt // 4, 0, chance.randint(100, 900))
            cost = PRICE[tier] * (tokens.total)
            failed = chance.random() < self.flaky
            id_ = f"{run}-{number}"
            work.facts.append(
                Call(
                    at=at + timedelta(seconds=20 * number),
                    id=id_,
                    run=run,
                    provider="acme",
                    model=tier,
                    tokens=tokens,
                    cost=cost,
                    failed=failed,
                    retry_of=before,
                )
            )
            before = id_ if failed else ""
            whole += cost
        return float(whole)

    # --- what is said of it -------------------------------------------------------------------------------------------

    def verdict(self, worker: Worker, item: str, done: datetime, *, accepted: bool, by: str = "") -> Verdict:
        """Somebody's word, after the time that people take."""
        hours = self.chance.uniform(360, 840) if self.chance.random() < LATE else self.chance.expovariate(1 / 20)
        who = by or self.acquainted(worker)
        return Verdict(at=done + timedelta(hours=hours), work_item=item, by=who, accepted=accepted)

    def effect(self, item: str, kind: Class, done: datetime) -> Evidence:
        """The system of record shows that something changed."""
        return Evidence(
            at=done, work_item=item, system=f"system:{kind.name}", what="effect", before=f"{item}a", after=f"{item}b"
        )

    def time(self, worker: Worker, item: str, what: str, minutes: float, at: datetime) -> HumanTime:
        """Time that somebody gave."""
        seconds = Decimal(max(1, round(60 * minutes)))
        return HumanTime(at=at, work_item=item, person=worker.id, what=what, seconds=seconds)  # type: ignore[arg-type]

    def padded(self, call: Call, more: int) -> Call:
        """A call with more context, none of it from a cache."""
        tokens = Tokens(call.tokens.fresh + more, call.tokens.cache_read, 0, call.tokens.output)
        return replace(call, tokens=tokens, cost=(call.cost or Decimal(0)) + more * PRICE["large"])

    # --- chance -------------------------------------------------------------------------------------------------------

    def id(self, letter: str) -> str:
        """A new one."""
        self._number += 1
        return f"{letter}{self._number:08d}"

    def kind(self, among: Sequence[Class] = CLASSES) -> Class:
        """A class of work, as often as it comes."""
        return self.chance.choices(among, [one.share for one in among])[0]

    def minutes(self, kind: Class) -> float:
        """What one item takes by hand."""
        return kind.minutes * exp(self.chance.gauss(-(kind.spread**2) / 2, kind.spread))

    def moment(self, monday: datetime) -> datetime:
        """In working hours."""
        return monday + timedelta(days=self.chance.randrange(5), hours=8, seconds=self.chance.randrange(32_000))

    def acquainted(self, worker: Worker) -> str:
        """Somebody for whom they work: most often one whom they know, and in a team of two the other one."""
        if len(set(worker.peers)) == 1 or (worker.peers and self.chance.random() < 0.75):
            return self.chance.choice(worker.peers)
        return self.other(worker).id

    def other(self, worker: Worker) -> Worker:
        """Somebody of another team."""
        while True:
            other = self.workers[self.chance.choice(self._ids)]
            if other.team != worker.team:
                return other

    def poisson(self, mean: float) -> int:
        """How often something happens that happens so often on average."""
        if mean <= 0:
            return 0
        limit, count, product = exp(-min(mean, 500)), 0, self.chance.random()
        while product > limit:
            count += 1
            product *= self.chance.random()
        return count
