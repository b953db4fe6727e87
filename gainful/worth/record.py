"""What worth is told from: the facts of one organisation, gathered by work item.

The record is read, never changed, and can be read again: `cases` and `loose` begin anew at each call. Everything in it
stands under pseudonyms. Storage implements it; tests make one by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from gainful.core.fact import (
    Account,
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Exploration,
    HoldOut,
    HumanTime,
    Person,
    Read,
    Reversal,
    Run,
    Team,
    Verdict,
    WorkItem,
)


@dataclass(frozen=True, slots=True)
class Use:
    """A run with its calls.

    Args:
        calls: In the order of their time; each with its cost filled in, or None where nobody knows its price.
        reads: Who opened what it put out.
    """

    run: Run
    calls: tuple[Call, ...] = ()
    reads: tuple[Read, ...] = ()

    @property
    def cost(self) -> Decimal:
        """USD of all calls whose price is known, those that failed or were tried again included."""
        return sum((call.cost for call in self.calls if call.cost is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one work item; each sequence in the order of its time.

    Args:
        item: None where the item itself was never reported: then nobody but the claimant asked for it.
        arm: Where chance put it; None: it took part in no hold-out.
    """

    id: str
    item: WorkItem | None = None
    arm: HoldOut | None = None
    uses: tuple[Use, ...] = ()
    times: tuple[HumanTime, ...] = ()
    claims: tuple[Claim, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    audits: tuple[Audit, ...] = ()


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who is who, as of the end of the time that is looked at; each by its id."""

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    explorations: Mapping[str, Exploration] = field(default_factory=dict)

    def behind(self, identity: str) -> str:
        """The person who answers for an agent, an account or themselves; a system of record answers for itself."""
        seen: set[str] = set()
        while identity not in seen:
            seen.add(identity)
            if identity in self.agents:
                identity = self.agents[identity].owner
            elif identity in self.accounts:
                identity = self.accounts[identity].owner
        return identity

    def team_of(self, identity: str) -> str:
        """The team of an agent, or of whoever is behind an identity; empty where none is known."""
        if identity in self.agents and self.agents[identity].team:
            return self.agents[identity].team
        person = self.people.get(self.behind(identity))
        return person.team if person else ""


class Record(Protocol):
    """The facts of one organisation in a time."""

    @property
    def since(self) -> datetime:
        """The first instant of the time."""

    @property
    def until(self) -> datetime:
        """The instant at which the time has ended."""

    def organisation(self) -> Organisation:
        """Who is who."""

    def cases(self) -> Iterator[Case]:
        """Every work item that anything was reported about in the time, in the order of their ids."""

    def loose(self) -> Iterator[Use]:
        """The runs of no work item, by agent and then by time."""


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record in memory: for tests, and for small organisations."""

    since: datetime
    until: datetime
    who: Organisation
    held: Sequence[Case]
    runs: Sequence[Use] = ()

    def organisation(self) -> Organisation:
        """Who is who."""
        return self.who

    def cases(self) -> Iterator[Case]:
        """The cases, in the order of their ids."""
        return iter(sorted(self.held, key=lambda case: case.id))

    def loose(self) -> Iterator[Use]:
        """The runs of no work item, by agent and then by time."""
        return iter(sorted(self.runs, key=lambda use: (use.run.agent, use.run.at)))
