"""What becomes of the work of agents on people's own machines, as their reports tell it, into the facts.

    taken = ReportedWork(facts, usage, directory, marks, clock, believed).take("ann@example.org", contents)
    taken.booked, taken.refused

A token acts for one person, and what it tells is about that person's work: see `gainful.intake.reports.binding`. What
cannot be booked is counted with its reason, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gainful.core.clock import Clock
from gainful.core.fact import Agent, Fact, Run
from gainful.core.ids import random_id
from gainful.intake.reports.binding import AHEAD, Reporter, ReportInvalid, agent_of, bound, read
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.usage_store import EPOCH, UsageStore
from gainful.storage.runs.mark_store import MarkStore

SOURCE = "report"


@dataclass(frozen=True, slots=True)
class RefusedFact:
    """A fact that was not booked.

    Args:
        place: Of the fact in its request, from 0.
    """

    place: int
    why: str


@dataclass(frozen=True, slots=True)
class TakenReport:
    """What became of a request.

    Args:
        booked: Facts that are new.
        known: Those that were booked before.
        prefix: What ids of this reporter's items begin with; empty where nothing was ever booked for them.
    """

    booked: int
    known: int
    refused: tuple[RefusedFact, ...]
    prefix: str


class ReportedWork:
    """Takes what people's own Gainfuls tell of outcomes. Safe to share between threads and processes.

    Args:
        believed: Kinds of systems of record whose word counts though it comes through the reporter's machine.
    """

    def __init__(
        self,
        facts: FactStore,
        usage: UsageStore,
        directory: DirectoryStore,
        marks: MarkStore,
        clock: Clock,
        believed: Sequence[str],
    ) -> None:
        self._facts = facts
        self._usage = usage
        self._directory = directory
        self._marks = marks
        self._clock = clock
        self._believed = frozenset(believed)

    def take(self, person: str, contents: Sequence[Mapping[str, Any]]) -> TakenReport:
        """Book what may be; durable when it returns. What was booked before changes nothing.

        Raises:
            DatabaseLocked, DiskFull: It cannot be kept now.
        """
        now, good, refused = self._clock(), dict[int, Fact](), list[RefusedFact]()
        for place, content in enumerate(contents):
            try:
                good[place] = read(content, now)
            except ReportInvalid as error:
                refused.append(RefusedFact(place, error.what))
        for place, why in self._of_others(person, good):
            del good[place]
            refused.append(RefusedFact(place, why))
        refused.sort(key=lambda one: one.place)
        if not good:
            return TakenReport(0, 0, tuple(refused), "")
        who = Reporter(person, self._id_of(person), self._believed)
        done = self._facts.append([bound(fact, who) for fact in good.values()], SOURCE)
        return TakenReport(done.new, done.doubled, tuple(refused), who.prefix)

    def _of_others(self, person: str, good: Mapping[int, Fact]) -> list[tuple[int, str]]:
        """The facts about agents and runs that are somebody else's, or of nobody who is known, and why."""
        named = {place: agent_of(fact) for place, fact in good.items() if agent_of(fact)}
        if not named:
            return []
        mine = self._directory.pseudonym(person)
        owners = {name: told.owner for name, told in self._record_agents(set(named.values())).items()}
        known = {fact.id for fact in good.values() if isinstance(fact, Agent) and owners.get(fact.id, mine) == mine}
        others = self._run_of_others(mine, [fact.id for fact in good.values() if isinstance(fact, Run)])
        found = []
        for place, agent in named.items():
            fact = good[place]
            if agent in owners and owners[agent] != mine:
                found.append((place, f"The agent '{agent}' is somebody else's."))
            elif agent not in owners and agent not in known:
                found.append((place, f"Nobody has told whose the agent '{agent}' is."))
            elif isinstance(fact, Run) and fact.id in others:
                found.append((place, "The run is known as somebody else's."))
        return found

    def _record_agents(self, names: set[str]) -> Mapping[str, Agent]:
        return self._facts.record(EPOCH, self._clock() + AHEAD).agents(names)

    def _run_of_others(self, mine: str, runs: Sequence[str]) -> set[str]:
        same = {*self._directory.all_of(mine), ""} if mine else {""}
        return {run for run, people in self._usage.people_of(runs).items() if people - same}

    def _id_of(self, person: str) -> str:
        """What this person's items are kept under: drawn by chance, so that nothing can be read out of it."""
        with transaction(self._facts.engine) as connection:
            pseudonym = self._facts.pseudonyms_in(connection, [person])[person]
        return self._marks.first(f"reporter:{pseudonym}", random_id(12))
