"""What an organisation's systems report of half a year, and what was really worth something in it.

    world = World(people=10_000, weeks=26, seed=1)
    for work in world.work():
        work.facts      # as systems would report them
        work.truth      # what only the generator knows

Nothing here knows how worth is told: it imports the kinds of facts and the standard library alone.

Honest work is noisy: items differ in what they take, people in how fast they are; results are refused, undone later, or
never judged; evidence is missing; verifiers take fakes for real. A dollar is a minute: the rate is 60 an hour.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import exp

from bench.gaming.people import Worker, hire, tempt
from gainful.core.fact import (
    Account,
    Agent,
    Call,
    Claim,
    Evidence,
    Exploration,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Read,
    Reversal,
    Run,
    Team,
    Trigger,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
HOLD_OUT = 0.06
PRICE = {"small": Decimal("0.0000004"), "large": Decimal("0.000003")}
"""USD for a token, whatever kind."""


@dataclass(frozen=True, slots=True)
class Class:
    """A class of work.

    Args:
        minutes: Mean by hand.
        spread: Of the logarithm of what one item takes.
        review: Minutes to look at a result.
    """

    name: str
    minutes: float
    spread: float
    review: float
    share: float


CLASSES = (
    Class("mail", 6, 0.5, 0.7, 0.34),
    Class("ticket", 25, 0.6, 3, 0.3),
    Class("pull-request", 80, 0.7, 12, 0.2),
    Class("report", 55, 0.6, 6, 0.1),
    Class("deployment", 18, 0.4, 1.5, 0.05),
    Class("odd", 40, 0.8, 5, 0.01),
)
BY_NAME = {one.name: one for one in CLASSES}


@dataclass(slots=True)
class Truth:
    """What the generator knows about one item or run.

    Args:
        net: What it was worth to the organisation, dollars, less all that it cost.
        fake: It was made up, or is the waste that a kind of gaming makes.
        minutes: What it would have taken by hand; 0 for what nobody needed.
    """

    person: str
    net: float
    fake: bool = False
    minutes: float = 0.0
    kind: str = ""


@dataclass(slots=True)
class Work:
    """One item, or one run of none, with all its facts."""

    id: str
    at: datetime
    item: bool
    facts: list[Fact] = field(default_factory=list)
    truth: Truth = field(default_factory=lambda: Truth("", 0.0))


class World:
    """An organisation.

    Args:
        gaming: Share of people who game.
    """

    def __init__(self, people: int, weeks: int, seed: int, gaming: float = 0.13) -> None:
        self.chance = random.Random(seed)
        self.weeks = weeks
        self.since = BEGIN
        self.until = BEGIN + timedelta(weeks=weeks)
        self.workers = hire(people, self.chance)
        if gaming:
            tempt(self.workers, gaming, self.chance)
        self.teams: dict[str, list[Worker]] = {}
        for worker in self.workers.values():
            self.teams.setdefault(worker.team, []).append(worker)
        self._ids = list(self.workers)
        self._number = 0

    # --- who ----------------------------------------------------------------------------------------------------------

    def directory(self) -> Iterator[Fact]:
        """People, teams, agents, accounts and explorations."""
        for team in self.teams:
            yield Team(at=self.since, id=team)
        for worker in self.workers.values():
            yield Person(at=self.since, id=worker.id, team=worker.team, on_board=True)
            yield Agent(at=self.since, id=worker.agent, owner=worker.id, team=worker.team)
            if "own-word" in worker.kinds:
                yield Account(at=self.since, id=f"svc-{worker.id}", owner=worker.id)
            if worker.habit == "research":
                yield Exploration(
                    at=self.since, id=f"x-{worker.id}", team=worker.team, budget=Decimal(500), ends_at=self.until
                )

    def work(self) -> Iterator[Work]:
        """All work, week by week."""
        for week in range(self.weeks):
            monday = self.since + timedelta(weeks=week)
            for worker in self.workers.values():
                yield from self._honest(worker, week, monday)
                yield from self._habits(worker, week, monday)
                for kind, dose in worker.kinds.items():
                    yield from self.gaming(kind, dose, worker, week, monday)

    # --- honest work --------------------------------------------------------------------------------------------------

    def _honest(self, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        chance, count = self.chance, self._poisson(worker.items)
        if worker.habit == "finance":
            # As much work as others have, most of it at the end of the month.
            count = self._poisson(worker.items * (2.5 if week % 4 == 3 else 0.5))
        elif worker.habit == "on-call" and week % 7 == 2:
            count += self._poisson(4 * worker.items)
        for _ in range(count):
            kind, at = self._class(), self._moment(monday)
            if chance.random() < HOLD_OUT:
                yield self._by_hand(worker, kind, at)
            elif "failing-default" in worker.kinds and chance.random() < 0.9 * worker.kinds["failing-default"]:
                yield self._failing(worker, kind, at)
            else:
                yield self._real(worker, kind, at)

    def _by_hand(self, worker: Worker, kind: Class, at: datetime) -> Work:
        work = self._open(worker, kind, at, "hand")
        minutes = self._minutes(kind) * worker.pace
        if "slow-by-hand" in worker.kinds:
            minutes *= 1 + 2.5 * worker.kinds["slow-by-hand"]
            work.truth.fake, work.truth.kind = True, "slow-by-hand"
        work.facts.append(self._time(worker, work.id, "hand", minutes, at))
        return work

    def _real(self, worker: Worker, kind: Class, at: datetime) -> Work:
        """An item that somebody wanted, done by the worker's agent."""
        chance, work = self.chance, self._open(worker, kind, at, "agent")
        minutes = self._minutes(kind)
        calls = chance.randint(1, 4)
        cost = self._run(work, worker, at, work.id, calls, 5000)
        prompt, review = (
            1.5 * worker.care * exp(chance.gauss(0, 0.4)),
            kind.review * worker.care * exp(chance.gauss(0, 0.4)),
        )
        work.facts += [
            self._time(worker, work.id, "prompt", prompt, at), self._time(worker, work.id, "review", review, at),
        ]  # fmt: skip
        good = chance.random() < worker.quality
        done = at + timedelta(hours=chance.uniform(0.5, 30))
        work.facts.append(Claim(at=done, work_item=work.id, claimant=worker.agent))
        net = -prompt - review - cost
        if not good and chance.random() < 0.7:
            work.facts.append(self._verdict(worker, work.id, done, accepted=False))
        elif chance.random() < 0.03:
            # Nobody ever says anything about it, useful as it may be.
            net += minutes if good else 0
        else:
            net += self._accepted(work, worker, kind, done, minutes, good=good)
        work.truth = Truth(worker.id, net, minutes=minutes)
        return work

    def _accepted(
        self, work: Work, worker: Worker, kind: Class, done: datetime, minutes: float, *, good: bool
    ) -> float:
        """What it is worth that it was taken."""
        chance, net = self.chance, 0.0
        work.facts.append(self._verdict(worker, work.id, done, accepted=True))
        if chance.random() > 0.02:
            work.facts.append(self._effect(work.id, kind, done))
        if good and chance.random() < 0.98:
            net += minutes
            if chance.random() < 0.25:
                rework = 0.15 * minutes * exp(chance.gauss(0, 0.4))
                work.facts.append(self._time(worker, work.id, "rework", rework, done))
                net -= rework
        else:
            harm = 0.3 * minutes * exp(chance.gauss(0, 0.5))
            work.facts.append(
                Reversal(at=done + timedelta(days=chance.uniform(0.5, 10)), work_item=work.id, by="system:record")
            )
            work.facts.append(self._time(worker, work.id, "rework", harm, done))
            net -= harm
        return net

    def _habits(self, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        """What looks odd and is not."""
        chance = self.chance
        if chance.random() < 0.3:
            # Everybody asks something aside now and then.
            yield self._aside(worker, self._moment(monday), "person", read=chance.random() < 0.5, fake=False)
        if worker.habit == "research" and week % 3 == 0:
            for _ in range(6):
                yield self._aside(
                    worker, self._moment(monday), "person", read=False, fake=False, exploration=f"x-{worker.id}"
                )
        if worker.habit == "nightly":
            for day in range(7):
                at = monday + timedelta(days=day, hours=2)
                yield self._aside(
                    worker, at, "schedule", read=day in (1, 4), fake=False, output=f"{worker.id}-{week // 3}"
                )

    # --- gaming -------------------------------------------------------------------------------------------------------

    def gaming(self, kind: str, dose: float, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        """What one kind of gaming adds to a week."""
        make = getattr(self, "_game_" + kind.replace("-", "_"), None)
        if make is not None:
            for work in make(worker, dose, week, monday):
                work.truth.fake, work.truth.kind = True, kind
                yield work

    def _game_agents_talking(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(3 * dose)):
            at, before, trigger = self._moment(monday), "", "schedule"
            for turn in range(self.chance.randint(5, 12)):
                work = self._aside(worker, at + timedelta(minutes=turn), trigger, read=False, cause=before, size=9000)
                before, trigger = work.id, "agent"
                yield work

    def _game_unrelated_tasks(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(25 * dose)):
            yield self._aside(worker, self._moment(monday), "person", read=False)

    def _game_prototypes(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(10 * dose)):
            yield self._aside(worker, self._moment(monday), "person", read=False, size=60_000, calls=8)

    def _game_re_runs(self, worker: Worker, dose: float, week: int, monday: datetime) -> Iterator[Work]:
        for number in range(self._poisson(12 * dose)):
            same = f"{worker.id}-{week // 4}-{number % 2}"
            yield self._aside(worker, self._moment(monday), "person", read=False, given=same)

    def _game_many_prompts(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(dose * worker.items)):
            at = self._moment(monday)
            work = self._real(worker, self._class(), at)
            cost = sum(
                self._run(work, worker, at + timedelta(minutes=5 * turn), work.id, 1, 4000) for turn in range(1, 7)
            )
            work.truth.net -= cost
            yield work

    def _game_binge(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for day in range(7):
            at = monday + timedelta(days=day, hours=10)
            if (at + timedelta(days=4)).month != at.month:
                for _ in range(self._poisson(8 * dose)):
                    yield self._aside(worker, at + timedelta(minutes=self.chance.randrange(400)), "person", read=False)

    def _game_padding(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(max(1.0, 0.5 * worker.items))):
            at = self._moment(monday)
            work = self._real(worker, self._class(), at)
            more = int(150_000 * dose)
            work.facts = [self._padded(fact, more) if isinstance(fact, Call) else fact for fact in work.facts]
            work.truth.net -= more * sum(isinstance(fact, Call) for fact in work.facts) * float(PRICE["large"])
            yield work

    def _game_cron(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for number in range(int(40 * dose)):
            at = monday + timedelta(hours=4 * number)
            yield self._aside(worker, at, "schedule", read=False, output=f"{worker.id}-same")

    def _game_ping(self, worker: Worker, dose: float, week: int, monday: datetime) -> Iterator[Work]:
        del dose
        worker.items = 0.0
        yield self._aside(worker, monday + timedelta(days=week % 5, hours=9), "person", read=False)

    def _game_pointless_deployments(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        kind = BY_NAME["deployment"]
        for _ in range(self._poisson(6 * dose)):
            work, done = self._made_up(worker, kind, self._moment(monday), worker.id)
            work.facts.append(
                Evidence(at=done, work_item=work.id, system="system:cluster", what="effect", before="s", after="s")
            )
            work.facts.append(self._verdict(worker, work.id, done, accepted=True))
            yield work

    def _game_documented(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(5 * dose)):
            work, done = self._made_up(worker, BY_NAME["ticket"], self._moment(monday), self._other(worker).id)
            work.facts += [
                self._verdict(worker, work.id, done, accepted=True), self._effect(work.id, BY_NAME["ticket"], done),
                Evidence(at=done, work_item=work.id, system="system:handbook", what="documented"),
            ]  # fmt: skip
            yield work

    def _failing(self, worker: Worker, kind: Class, at: datetime) -> Work:
        """The agent fails at it, and the person does it by hand after all."""
        work = self._open(worker, kind, at, "agent")
        cost = sum(self._run(work, worker, at + timedelta(minutes=9 * turn), work.id, 4, 9000) for turn in range(2))
        minutes = self._minutes(kind) * worker.pace
        review = kind.review * worker.care
        work.facts += [
            self._time(worker, work.id, "prompt", 2.0, at), self._time(worker, work.id, "review", review, at),
            Claim(at=at + timedelta(hours=1), work_item=work.id, claimant=worker.agent),
            self._verdict(worker, work.id, at, accepted=False),
            self._time(worker, work.id, "rework", minutes, at + timedelta(days=1)),
        ]  # fmt: skip
        work.truth = Truth(worker.id, -cost - 2 - review - minutes, fake=True, kind="failing-default")
        return work

    def _game_auto_replies(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(20 * dose)):
            yield self._made_up(worker, BY_NAME["mail"], self._moment(monday), self._other(worker).id)[0]

    def _game_careless_merges(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        kind = BY_NAME["pull-request"]
        for _ in range(self._poisson(3 * dose)):
            at = self._moment(monday)
            work, done = self._made_up(worker, kind, at, self._other(worker).id)
            work.facts += [self._verdict(worker, work.id, done, accepted=True), self._effect(work.id, kind, done)]
            if self.chance.random() < 0.85:
                harm = 60 * exp(self.chance.gauss(0, 0.5))
                work.facts += [
                    Reversal(at=done + timedelta(days=self.chance.uniform(1, 12)), work_item=work.id, by="system:host"),
                    self._time(self._other(worker), work.id, "rework", harm, done + timedelta(days=12)),
                ]  # fmt: skip
                work.truth.net -= harm
            yield work

    def _game_split(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(max(1.0, 0.4 * worker.items * dose))):
            at = self._moment(monday)
            whole = self._real(worker, BY_NAME["ticket"], at)
            yield whole
            for _ in range(self.chance.randint(3, 6)):
                part, done = self._made_up(worker, BY_NAME["ticket"], at, self._other(worker).id, part_of=whole.id)
                part.facts += [
                    self._verdict(worker, part.id, done, accepted=True), self._effect(part.id, BY_NAME["ticket"], done),
                ]  # fmt: skip
                yield part

    def _game_own_word(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self._poisson(8 * dose)):
            kind = self._class()
            work, done = self._made_up(worker, kind, self._moment(monday), worker.id)
            by = self.chance.choice((worker.id, f"svc-{worker.id}"))
            work.facts += [
                Verdict(at=done + timedelta(minutes=3), work_item=work.id, by=by, accepted=True),
                self._effect(work.id, kind, done),
            ]  # fmt: skip
            yield work

    def _game_sock_puppet(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """A second identity that nobody has declared asks for the work and accepts it."""
        yield from self._fakes(worker, dose, monday, lambda: f"sock-{worker.id}")

    def _game_ring(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Partners ask each other for work that nobody needs, and accept it."""
        if worker.partners:
            yield from self._fakes(worker, dose, monday, lambda: self.chance.choice(worker.partners))

    def _fakes(self, worker: Worker, dose: float, monday: datetime, other) -> Iterator[Work]:  # type: ignore[no-untyped-def]
        for _ in range(self._poisson(8 * dose)):
            kind, by = self._class(), other()
            work, done = self._made_up(worker, kind, self._moment(monday), by)
            # Who hides well waits as long, and gives as much time, as for real work.
            later = done + timedelta(
                minutes=self.chance.uniform(600, 3000) if worker.hides else self.chance.uniform(2, 600)
            )
            review = kind.review if worker.hides else self.chance.uniform(0.2, 2)
            work.facts += [
                Verdict(at=later, work_item=work.id, by=by, accepted=True), self._effect(work.id, kind, done),
                self._time(worker, work.id, "review", review, done),
            ]  # fmt: skip
            work.truth.net -= review
            yield work

    def _game_trivial(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Real work for others, a tenth as large as its class."""
        for _ in range(self._poisson(10 * dose)):
            kind = self.chance.choice((BY_NAME["pull-request"], BY_NAME["report"], BY_NAME["ticket"]))
            minutes = 0.1 * self._minutes(kind)
            work, done = self._made_up(worker, kind, self._moment(monday), self._other(worker).id, minutes=minutes)
            work.facts += [self._verdict(worker, work.id, done, accepted=True), self._effect(work.id, kind, done)]
            yield work

    def _game_stolen_credit(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """What somebody did by hand is claimed for the agent; the hours are not reported."""
        for _ in range(self._poisson(5 * dose)):
            kind = self._class()
            work, done = self._made_up(worker, kind, self._moment(monday), self._other(worker).id)
            work.facts += [self._verdict(worker, work.id, done, accepted=True), self._effect(work.id, kind, done)]
            yield work

    # --- parts --------------------------------------------------------------------------------------------------------

    def _made_up(
        self, worker: Worker, kind: Class, at: datetime, requester: str, *, part_of: str = "", minutes: float = 0.0
    ) -> tuple[Work, datetime]:
        """An item that is claimed and was hardly worked on; and when it was done."""
        id_ = self._id("i")
        work = Work(id_, at, item=True)
        work.facts.append(
            WorkItem(at=at, id=id_, work_class=kind.name, requester=requester, team=worker.team, part_of=part_of)
        )
        cost = self._run(work, worker, at, id_, 1, 2500)
        prompt = self.chance.uniform(0.3, 1.0)
        work.facts.append(self._time(worker, id_, "prompt", prompt, at))
        done = at + timedelta(minutes=self.chance.uniform(5, 300))
        work.facts.append(Claim(at=done, work_item=id_, claimant=worker.agent))
        work.truth = Truth(worker.id, minutes - cost - prompt, fake=True, minutes=minutes)
        return work, done

    def _aside(
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
        id_ = self._id("r")
        work = Work(id_, at, item=False)
        cost = self._run(
            work, worker, at, "", calls, size, run=id_, trigger=trigger, cause=cause, given=given, output=output,
            exploration=exploration,
        )  # fmt: skip
        if read:
            work.facts.append(Read(at=at + timedelta(hours=3), run=id_, by=worker.id))
        work.truth = Truth(worker.id, -cost, fake=fake)
        return work

    def _run(
        self,
        work: Work,
        worker: Worker,
        at: datetime,
        item: str,
        calls: int,
        size: int,
        *,
        run: str = "",
        trigger: Trigger = "person",
        cause: str = "",
        given: str = "",
        output: str = "",
        exploration: str = "",
    ) -> float:
        """Add a run with its calls; returns its cost."""
        chance, run = self.chance, run or self._id("r")
        work.facts.append(
            Run(
                at=at,
                id=run,
                agent=worker.agent,
                person=worker.id,
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
            failed = chance.random() < 0.02
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

    def _open(self, worker: Worker, kind: Class, at: datetime, arm: str) -> Work:
        id_ = self._id("i")
        work = Work(id_, at, item=True, truth=Truth(worker.id, 0.0))
        requester = self._other(worker).id if self.chance.random() < 0.8 else "system:desk"
        mate = self._mate(worker)
        work.facts.append(WorkItem(at=at, id=id_, work_class=kind.name, requester=mate or requester, team=worker.team))
        if kind.name != "odd":
            work.facts.append(HoldOut(at=at, work_item=id_, arm=arm, share=HOLD_OUT))  # type: ignore[arg-type]
        return work

    def _mate(self, worker: Worker) -> str:
        """In a team of two, the other one."""
        team = self.teams[worker.team]
        return next((one.id for one in team if one.id != worker.id), "") if len(team) == 2 else ""

    def _verdict(self, worker: Worker, item: str, done: datetime, *, accepted: bool) -> Verdict:
        by = self._mate(worker) or self._other(worker).id
        later = done + timedelta(hours=self.chance.expovariate(1 / 20))
        return Verdict(at=later, work_item=item, by=by, accepted=accepted)

    def _effect(self, item: str, kind: Class, done: datetime) -> Evidence:
        return Evidence(
            at=done, work_item=item, system=f"system:{kind.name}", what="effect", before=f"{item}a", after=f"{item}b"
        )

    def _time(self, worker: Worker, item: str, what: str, minutes: float, at: datetime) -> HumanTime:
        seconds = Decimal(max(1, round(60 * minutes)))
        return HumanTime(at=at, work_item=item, person=worker.id, what=what, seconds=seconds)  # type: ignore[arg-type]

    def _padded(self, call: Call, more: int) -> Call:
        from dataclasses import replace

        tokens = Tokens(call.tokens.fresh + more, call.tokens.cache_read, 0, call.tokens.output)
        return replace(call, tokens=tokens, cost=(call.cost or Decimal(0)) + more * PRICE["large"])

    # --- chance -------------------------------------------------------------------------------------------------------

    def _id(self, letter: str) -> str:
        self._number += 1
        return f"{letter}{self._number:08d}"

    def _class(self) -> Class:
        return self.chance.choices(CLASSES, [one.share for one in CLASSES])[0]

    def _minutes(self, kind: Class) -> float:
        return kind.minutes * exp(self.chance.gauss(-(kind.spread**2) / 2, kind.spread))

    def _moment(self, monday: datetime) -> datetime:
        return monday + timedelta(days=self.chance.randrange(5), hours=8, seconds=self.chance.randrange(32_000))

    def _other(self, worker: Worker) -> Worker:
        """Somebody of another team."""
        while True:
            other = self.workers[self.chance.choice(self._ids)]
            if other.team != worker.team:
                return other

    def _poisson(self, mean: float) -> int:
        if mean <= 0:
            return 0
        limit, count, product = exp(-min(mean, 500)), 0, self.chance.random()
        while product > limit:
            count += 1
            product *= self.chance.random()
        return count
