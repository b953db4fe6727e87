"""A company of a few hundred people and what its systems report of ten weeks: two of its teams are told apart.

*Rockets* use agents as much as they can: their agents talk to each other, deploy what is deployed already, read the
whole archive for one question, and close tickets that they opened themselves. *Returns* use theirs where it helps.
Everybody else is in between. Nothing says in the facts who is who; the numbers of the work do.

company = Company(seed=1, until=now)
facts = list(company.facts())
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import exp

from gainful.core.fact import (
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Reversal,
    Run,
    Team,
    Trigger,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens

WEEKS = 10
QUIET, LOUD = "returns", "rockets"
CODE_HOST, TICKETS, CLUSTER = "system:code-host", "system:tickets", "system:cluster"
HOLD_OUT = 0.08
AUDITED = 0.1
"""Part of the claimed items that somebody from another team looks at."""

HOUSE_TEAMS = (
    "accounts", "billing", "catalogue", "claims", "compliance", "contracts", "data", "events", "facilities", "fraud",
    "identity", "legal", "logistics", "mobile", "partners", "payments", "people", "pricing", "search", "security",
    "shipping", "storefront", "support", "tax", "treasury", "warehouse",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of work.

    Args:
        minutes: Median by hand.
        system: Its system of record.
    """

    name: str
    minutes: float
    system: str


WORK = (
    Kind("mail", 5, "system:mail"),
    Kind("ticket", 24, TICKETS),
    Kind("pull-request", 75, CODE_HOST),
)
DEPLOYMENT = Kind("deployment", 20, CLUSTER)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a team works with agents.

    Args:
        items: Work items a week and person.
        context: Tokens that a call is given.
        calls: Calls an item.
        accepted: Share of results that whoever asked takes.
        undone: Share of those that are undone later.
    """

    items: float
    context: int
    calls: int
    accepted: float
    undone: float


USUAL = Habit(items=2.2, context=6_000, calls=3, accepted=0.82, undone=0.04)
CAREFUL = Habit(items=4.0, context=3_500, calls=2, accepted=0.93, undone=0.02)
LAVISH = Habit(items=1.2, context=60_000, calls=3, accepted=0.6, undone=0.12)


class Company:
    """The company and its ten weeks.

    Args:
        until: The end of the last week.
    """

    def __init__(self, seed: int, until: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311 -- chance, not a secret
        self.until = until
        self.since = until - timedelta(weeks=WEEKS)
        self.teams = {team: self._people(team) for team in (QUIET, LOUD, *HOUSE_TEAMS)}
        self._number = 0

    def _people(self, team: str) -> list[str]:
        size = {QUIET: 9, LOUD: 12}.get(team) or self._chance.randint(6, 16)
        return [f"{team}-{number}" for number in range(1, size + 1)]

    def facts(self) -> Iterator[Fact]:
        """Everything that is reported; the same each time for the same seed, in no particular order."""
        yield from self._directory()
        for team, people in self.teams.items():
            habit = {QUIET: CAREFUL, LOUD: LAVISH}.get(team, USUAL)
            for week in range(WEEKS):
                monday = self.since + timedelta(weeks=week)
                for person in people:
                    yield from self._week(person, team, monday, habit)
                    if team == LOUD:
                        yield from self._burning(person, monday)

    # --- who ----------------------------------------------------------------------------------------------------------

    def _directory(self) -> Iterator[Fact]:
        for team, people in self.teams.items():
            yield Team(at=self.since, id=team)
            for person in people:
                yield Person(at=self.since, id=person, team=team)
                yield Agent(at=self.since, id=_agent(person), owner=person, team=team, tool="gainful")

    def _somebody_else(self, team: str) -> str:
        other = self._chance.choice([name for name in self.teams if name != team])
        return self._chance.choice(self.teams[other])

    # --- work that somebody wants -------------------------------------------------------------------------------------

    def _week(self, person: str, team: str, monday: datetime, habit: Habit) -> Iterator[Fact]:
        for _ in range(self._count(habit.items)):
            kind = self._chance.choice(WORK)
            at = self._moment(monday)
            item = self._id(kind.name)
            yield WorkItem(at=at, id=item, work_class=kind.name, requester=self._somebody_else(team), team=team)
            by_hand = self._chance.random() < HOLD_OUT
            yield HoldOut(at=at, work_item=item, arm="hand" if by_hand else "agent", share=HOLD_OUT)
            if by_hand:
                yield from self._by_hand(item, person, kind, at)
            else:
                yield from self._by_agent(item, person, team, kind, at, habit)

    def _by_hand(self, item: str, person: str, kind: Kind, at: datetime) -> Iterator[Fact]:
        spent = self._minutes(kind.minutes, 0.5)
        yield HumanTime(at=at + _minutes(spent), work_item=item, person=person, what="hand", seconds=_seconds(spent))

    def _by_agent(self, item: str, person: str, team: str, kind: Kind, at: datetime, habit: Habit) -> Iterator[Fact]:
        yield from self._run(person, at, habit, item)
        for what, minutes in (("prompt", 1.2), ("review", 1.0 + kind.minutes / 20)):
            seconds = _seconds(self._minutes(minutes, 0.4))
            yield HumanTime(at=at, work_item=item, person=person, what=what, seconds=seconds)  # type: ignore[arg-type]
        done = at + timedelta(hours=2)
        yield Claim(at=done, work_item=item, claimant=_agent(person))
        accepted = self._chance.random() < habit.accepted
        judge = self._somebody_else(team)
        yield Verdict(at=done + timedelta(hours=20), work_item=item, by=judge, accepted=accepted)
        if accepted:
            yield Evidence(
                at=done, work_item=item, system=kind.system, what="effect", before=self._digest(), after=self._digest()
            )
            undone = self._chance.random() < habit.undone
            later = done + timedelta(days=self._chance.uniform(1, 9))
            if undone:
                yield Reversal(at=later, work_item=item, by=kind.system, why="reverted")
        if self._chance.random() < AUDITED:
            yield self._audit(item, team, done, passed=accepted, minutes=kind.minutes)

    # --- work that nobody wants ---------------------------------------------------------------------------------------

    def _burning(self, person: str, monday: datetime) -> Iterator[Fact]:
        for day in range(5):
            at = self._moment(monday + timedelta(days=day), days=1)
            yield from self._chatter(person, at)
            if day in (1, 3):
                yield from self._same_again(person, at)
                yield from self._own_ticket(person, at)

    def _chatter(self, person: str, at: datetime) -> Iterator[Fact]:
        """Agents that answer each other; nobody asked them anything."""
        others = [one for one in self.teams[LOUD] if one != person]
        before = ""
        trigger: Trigger = "schedule"
        for turn in range(self._chance.randint(8, 14)):
            who = person if turn % 2 == 0 else others[turn % len(others)]
            run, facts = self._made_run(who, at + timedelta(minutes=2 * turn), LAVISH, "", trigger, before)
            yield from facts
            before, trigger = run, "agent"

    def _same_again(self, person: str, at: datetime) -> Iterator[Fact]:
        """A deployment of what is deployed."""
        item, digest = self._id("deployment"), "sha256:" + "5" * 12
        yield WorkItem(at=at, id=item, work_class=DEPLOYMENT.name, requester=person, team=LOUD)
        yield from self._run(person, at, LAVISH, item)
        yield Claim(at=at + timedelta(minutes=10), work_item=item, claimant=_agent(person), minutes=Decimal(45))
        yield Evidence(
            at=at + timedelta(minutes=10), work_item=item, system=CLUSTER, what="effect", before=digest, after=digest
        )

    def _own_ticket(self, person: str, at: datetime) -> Iterator[Fact]:
        """A ticket that its opener closes."""
        item = self._id("ticket")
        yield WorkItem(at=at, id=item, work_class="ticket", requester=person, team=LOUD)
        yield from self._run(person, at, LAVISH, item)
        yield Claim(at=at + timedelta(minutes=5), work_item=item, claimant=_agent(person), minutes=Decimal(60))
        yield Verdict(at=at + timedelta(minutes=6), work_item=item, by=person, accepted=True)
        effect = Evidence(
            at=at + timedelta(minutes=6), work_item=item, system=TICKETS, what="effect", before="open", after="closed"
        )
        yield effect
        if self._chance.random() < AUDITED:
            yield self._audit(item, LOUD, at + timedelta(minutes=6), passed=False, minutes=0.0)

    # --- runs and looks -----------------------------------------------------------------------------------------------

    def _run(self, person: str, at: datetime, habit: Habit, item: str) -> Iterator[Fact]:
        return self._made_run(person, at, habit, item, "person", "")[1]

    def _made_run(
        self, person: str, at: datetime, habit: Habit, item: str, trigger: Trigger, cause: str
    ) -> tuple[str, Iterator[Fact]]:
        run = self._id("run")
        calls = [self._call(run, at + timedelta(seconds=30 * turn), habit) for turn in range(habit.calls)]
        made = Run(
            at=at, id=run, agent=_agent(person), person=person, work_item=item, trigger=trigger, caused_by=cause,
            ended_at=at + timedelta(minutes=habit.calls), input_hash=self._digest(), output_hash=self._digest(),
        )  # fmt: skip
        return run, iter([made, *calls])

    def _call(self, run: str, at: datetime, habit: Habit) -> Call:
        given = int(habit.context * exp(self._chance.gauss(0, 0.4)))
        tokens = Tokens(fresh=given // 3, cache_read=given - given // 3, output=self._chance.randint(150, 900))
        model = ("anthropic", "claude-sonnet-4-5") if self._chance.random() < 0.7 else ("openai", "gpt-5-mini")
        return Call(
            at=at, id=self._id("call"), run=run, tool="gainful", provider=model[0], model=model[1], tokens=tokens,
            seconds=4.0, input_hash=self._digest(),
        )  # fmt: skip

    def _audit(self, item: str, team: str, at: datetime, *, passed: bool, minutes: float) -> Audit:
        judged = Decimal(round(self._minutes(minutes, 0.3))) if minutes else Decimal(0)
        return Audit(
            at=at + timedelta(days=1), work_item=item, auditor=self._somebody_else(team), passed=passed,
            minutes=judged, seconds=Decimal(90),
        )  # fmt: skip

    # --- chance -------------------------------------------------------------------------------------------------------

    def _id(self, kind: str) -> str:
        self._number += 1
        return f"{kind}-{self._number}"

    def _digest(self) -> str:
        return f"{self._chance.getrandbits(48):012x}"

    def _count(self, mean: float) -> int:
        return int(mean) + (self._chance.random() < mean - int(mean))

    def _minutes(self, median: float, spread: float) -> float:
        return median * exp(self._chance.gauss(0, spread))

    def _moment(self, begin: datetime, days: int = 5) -> datetime:
        return begin + timedelta(days=self._chance.randrange(days), hours=8, minutes=self._chance.randrange(540))


def tokens_by_team(company: Company, facts: Sequence[Fact]) -> dict[str, int]:
    """What a board of consumption would count. The books have no such board: this one is made for the demo alone."""
    team_of = {_agent(person): team for team, people in company.teams.items() for person in people}
    runs = {fact.id: team_of[fact.agent] for fact in facts if isinstance(fact, Run)}
    totals = dict.fromkeys(company.teams, 0)
    for fact in facts:
        if isinstance(fact, Call):
            totals[runs[fact.run]] += fact.tokens.total
    return totals


def _agent(person: str) -> str:
    return f"agent-of-{person}"


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def _seconds(minutes: float) -> Decimal:
    return Decimal(round(minutes * 60))
