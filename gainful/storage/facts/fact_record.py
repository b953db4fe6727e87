"""Reads facts back, gathered by work item, a few thousand items at a time."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, or_, select, union

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
    Read,
    Reversal,
    Run,
    Verdict,
    WorkItem,
)
from gainful.core.fact_json import fact_from
from gainful.storage.database import reading
from gainful.storage.facts.directory_store import DirectoryStore, microseconds
from gainful.storage.facts.usage_store import UsageStore, call_from, run_from
from gainful.storage.schema import facts, pseudonyms, reported_calls, reported_runs
from gainful.worth.record import Case, Organisation, Use

ITEMS = 2000
"""Work items that are read at a time."""

_PEOPLE = ("person", "requester", "claimant", "by", "auditor", "owner", "id")


class StoredRecord:
    """The record of one time. Each reading sees the facts as they are then.

    Args:
        since: From then on.
        until: That moment left out.
    """

    def __init__(
        self, engine: Engine, directory: DirectoryStore, usage: UsageStore, since: datetime, until: datetime
    ) -> None:
        self.since = since
        self.until = until
        self._engine = engine
        self._directory = directory
        self._usage = usage
        with reading(engine) as connection:
            self._same = directory.survivors_in(connection)

    def organisation(self) -> Organisation:
        """Who is who, as of the end of the time."""
        with reading(self._engine) as connection:
            who = Organisation(
                people=self._people(connection),
                teams=self._latest(connection, "team"),
                agents=self._latest(connection, "agent"),
                accounts=self._latest(connection, "account"),
                explorations=self._latest(connection, "exploration"),
            )
            # A claim that came before its agent was known stands under a pseudonym of the agent's name.
            veiled: dict[str, Agent] = {}
            names = sorted(who.agents)
            for start in range(0, len(names), 500):
                query = select(pseudonyms).where(pseudonyms.c.identity.in_(names[start : start + 500]))
                veiled |= {row.pseudonym: who.agents[row.identity] for row in connection.execute(query)}
        return replace(who, agents={**who.agents, **veiled})

    def agents(self, names: Collection[str]) -> dict[str, Agent]:
        """What was told last of these agents, by the names that were asked for; without those nobody told of.

        Quicker than `organisation` where there are thousands.
        """
        with reading(self._engine) as connection:
            query = select(pseudonyms).where(pseudonyms.c.pseudonym.in_(sorted(names)))
            own = {name: name for name in names} | {row.pseudonym: row.identity for row in connection.execute(query)}
            # Most bodies name none of them and need not be read.
            any_of = re.compile("|".join(re.escape(json.dumps(name)) for name in sorted(own.values())) or "(?!)")
            bodies = [body for body in connection.scalars(self._bodies("agent")) if any_of.search(body)]
        told = {fact.id: fact for fact in map(self._fact, bodies) if isinstance(fact, Agent)}
        return {name: told[known] for name, known in own.items() if known in told}

    def cases(self) -> Iterator[Case]:
        """Every work item that anything was reported about in the time, in the order of their ids."""
        after = ""
        while True:
            with reading(self._engine) as connection:
                items = self._items(connection, after)
                yield from self._cases(connection, items)
            if len(items) < ITEMS:
                return
            after = items[-1]

    def case(self, item: str) -> Case:
        """One work item; nothing but its id where nothing is known of it."""
        with reading(self._engine) as connection:
            return next(self._cases(connection, [item]))

    def loose(self) -> Iterator[Use]:
        """The runs of no work item, by agent and then by time; calls of no known run stand as a run each."""
        for agent in self._agents():
            with reading(self._engine) as connection:
                query = select(reported_runs).where(
                    reported_runs.c.agent == agent, reported_runs.c.work_item == "", *self._within(reported_runs)
                )
                rows = connection.execute(query.order_by(reported_runs.c.at, reported_runs.c.id)).all()
                uses = self._uses(connection, [run_from(row) for row in rows])
                uses += self._runless(connection, agent)
            yield from sorted(uses, key=lambda use: (use.run.at, use.run.id))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _within(self, table: Any) -> tuple[Any, ...]:
        return (table.c.at >= microseconds(self.since), table.c.at < microseconds(self.until))

    def _people(self, connection: Connection) -> dict[str, Person]:
        """Everybody as they are now, there since the first that is known of them: moving makes nobody new."""
        first: dict[str, datetime] = {}
        latest: dict[str, Person] = {}
        for person in self._told(connection, "person"):
            first.setdefault(person.id, person.at)
            latest[person.id] = person
        return {id_: replace(person, at=first[id_]) for id_, person in latest.items()}

    def _latest(self, connection: Connection, kind: str) -> dict[str, Any]:
        return {fact.id: fact for fact in self._told(connection, kind)}

    def _told(self, connection: Connection, kind: str) -> Iterator[Any]:
        """All facts of a kind, in the order of their time."""
        return (self._fact(body) for body in connection.scalars(self._bodies(kind)))

    def _bodies(self, kind: str) -> Select[Any]:
        return (
            select(facts.c.body)
            .where(facts.c.kind == kind, facts.c.at < microseconds(self.until))
            .order_by(facts.c.at, facts.c.key)
        )

    def _items(self, connection: Connection, after: str) -> list[str]:
        reported = select(facts.c.work_item.label("item")).where(facts.c.work_item > after, *self._within(facts))
        ran = select(reported_runs.c.work_item.label("item")).where(
            reported_runs.c.work_item > after, *self._within(reported_runs)
        )
        both = union(reported, ran).subquery()
        return list(connection.scalars(select(both.c.item).order_by(both.c.item).limit(ITEMS)))

    def _cases(self, connection: Connection, items: Sequence[str]) -> Iterator[Case]:
        if not items:
            return
        wanted = set(items)
        ends = (items[0], items[-1])
        kept: defaultdict[str, list[Fact]] = defaultdict(list)
        query = (
            select(facts.c.work_item, facts.c.body)
            .where(facts.c.work_item.between(*ends), facts.c.at < microseconds(self.until))
            .order_by(facts.c.at, facts.c.key)
        )
        for row in connection.execute(query):
            if row.work_item in wanted:
                kept[row.work_item].append(self._fact(row.body))
        runs = select(reported_runs).where(
            reported_runs.c.work_item.between(*ends), reported_runs.c.at < microseconds(self.until)
        )
        found = [run_from(row) for row in connection.execute(runs.order_by(reported_runs.c.at, reported_runs.c.id))]
        uses: defaultdict[str, list[Use]] = defaultdict(list)
        for use in self._uses(connection, found):
            uses[use.run.work_item].append(use)
        for item in items:
            yield _case(item, kept[item], uses[item])

    def _uses(self, connection: Connection, runs: Sequence[Run]) -> list[Use]:
        ids = [run.id for run in runs]
        calls: defaultdict[str, list[Call]] = defaultdict(list)
        for run, call in self._usage.calls_of_in(connection, ids):
            calls[run].append(self._joined(call))
        reads = self._reads(connection, ids)
        return [Use(self._joined(run), tuple(calls[run.id]), tuple(reads[run.id])) for run in runs]

    def _reads(self, connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Read]]:
        reads: defaultdict[str, list[Read]] = defaultdict(list)
        for start in range(0, len(ids), 500):
            query = select(facts.c.run, facts.c.body).where(
                facts.c.run.in_(ids[start : start + 500]), facts.c.kind == "read"
            )
            for row in connection.execute(query.order_by(facts.c.at, facts.c.key)):
                fact = self._fact(row.body)
                if isinstance(fact, Read):
                    reads[row.run].append(fact)
        return reads

    def _agents(self) -> list[str]:
        runs = select(reported_runs.c.agent).where(reported_runs.c.work_item == "", *self._within(reported_runs))
        calls = select(reported_calls.c.agent).where(*_of_no_run(), *self._within(reported_calls))
        with reading(self._engine) as connection:
            return sorted(connection.scalars(union(runs, calls)))

    def _runless(self, connection: Connection, agent: str) -> list[Use]:
        query = select(reported_calls).where(
            reported_calls.c.agent == agent, *_of_no_run(), *self._within(reported_calls)
        )
        gathered: dict[str, list[Call]] = {}
        for row in connection.execute(query.order_by(reported_calls.c.at, reported_calls.c.seq)):
            call = self._joined(call_from(row))
            gathered.setdefault(call.run or call.key, []).append(call)
        return [
            Use(Run(at=calls[0].at, id=name, agent=agent, person=calls[0].person), tuple(calls))
            for name, calls in gathered.items()
        ]

    def _fact(self, body: str) -> Fact:
        fact: Fact = self._joined(fact_from(json.loads(body)))
        return fact

    def _joined(self, fact: Any) -> Any:
        """The fact with each pseudonym that turned out to be somebody else's replaced."""
        if not self._same:
            return fact
        changes = {name: self._same[value] for name in _PEOPLE if (value := getattr(fact, name, "")) in self._same}
        return replace(fact, **changes) if changes else fact


def _of_no_run() -> tuple[Any, ...]:
    known = select(reported_runs.c.id).where(reported_runs.c.id == reported_calls.c.run).exists()
    return (or_(reported_calls.c.run == "", and_(reported_calls.c.run != "", ~known)),)


_KINDS: Mapping[type[Fact], str] = {
    HumanTime: "times",
    Claim: "claims",
    Verdict: "verdicts",
    Evidence: "evidence",
    Reversal: "reversals",
    Audit: "audits",
}


def _case(item: str, kept: Sequence[Fact], uses: Sequence[Use]) -> Case:
    gathered: defaultdict[str, list[Any]] = defaultdict(list)
    opened: WorkItem | None = None
    arm: HoldOut | None = None
    for fact in kept:
        if isinstance(fact, WorkItem):
            # The first word counts: nobody turns an item into another one afterwards.
            opened = opened or fact
        elif isinstance(fact, HoldOut):
            arm = arm or fact
        elif type(fact) in _KINDS:
            gathered[_KINDS[type(fact)]].append(fact)
    return Case(item, opened, arm, tuple(uses), **{name: tuple(found) for name, found in gathered.items()})
