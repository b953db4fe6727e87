"""What a detector is, and what most of them share: they flag runs, and tell of an agent when there are enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from gainful.core.money import Money
from gainful.worth.finding import Fix, Remedy, WasteFinding
from gainful.worth.record import Case, Organisation, Use
from gainful.worth.settling import Settled

SHOWN = 100
"""Runs and items that a finding names."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that was looked at, and who was there."""

    since: datetime
    until: datetime
    who: Organisation


class Detector(Protocol):
    """Finds one kind of waste. Sees every case and every run of none once, and tells afterwards."""

    kind: str

    def case(self, case: Case, settled: Settled) -> None:
        """Look at one item and the runs for it."""

    def loose(self, use: Use) -> None:
        """Look at one run of no item; by agent, and then by time."""

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """What was found.

        Args:
            taken: Runs that other findings name; those that these name are added.
        """


@dataclass(frozen=True, slots=True)
class Flag:
    """One run that looks like waste; or an item, where it has no run of its own.

    Args:
        cost: What was spent on it, USD.
    """

    run: str
    item: str
    cost: Decimal
    at: datetime
    seconds: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Told:
    """How a finding about one agent reads."""

    proof: str
    remedy: Remedy
    confidence: float
    detail: str = ""


class Gathering:
    """A detector that flags runs by agent. Others say what is flagged, and when that is enough to be told."""

    kind = ""
    least = 5
    """Flags of one agent below which chance explains them."""

    def __init__(self) -> None:
        self.flags: defaultdict[str, list[Flag]] = defaultdict(list)
        self.runs: defaultdict[str, int] = defaultdict(int)
        self.spent: defaultdict[str, Decimal] = defaultdict(Decimal)

    def case(self, case: Case, settled: Settled) -> None:
        """Count what each agent ran."""
        del settled
        for use in case.uses:
            self._count(use)

    def loose(self, use: Use) -> None:
        """Count what each agent ran."""
        self._count(use)

    def _count(self, use: Use) -> None:
        self.runs[use.run.agent] += 1
        self.spent[use.run.agent] += use.cost

    def flag(self, use: Use, item: str = "", cost: Decimal | None = None) -> None:
        """Flag a run."""
        amount = use.cost if cost is None else cost
        self.flags[use.run.agent].append(Flag(use.run.id, item or use.run.work_item, amount, use.run.at))

    def flag_case(self, agent: str, case: Case, at: datetime) -> None:
        """Flag an item with all its runs; or by itself, where none is known."""
        for use in case.uses:
            self.flags[agent].append(Flag(use.run.id, case.id, use.cost, use.run.at))
        if not case.uses:
            self.flags[agent].append(Flag("", case.id, Decimal(0), at))

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """How it reads; None where it is not enough to be told."""
        raise NotImplementedError

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """One finding an agent at most."""
        for agent, flags in sorted(self.flags.items()):
            left = [one for one in flags if not one.run or one.run not in taken]
            if len(left) < self.least:
                continue
            told = self.tell(agent, left)
            if told is None:
                continue
            taken.update(one.run for one in left if one.run)
            yield finding_of(self.kind, agent, left, told, period)


def finding_of(kind: str, agent: str, flags: Sequence[Flag], told: Told, period: Period) -> WasteFinding:
    """The finding about these flags."""
    team = period.who.team_of(agent)
    return WasteFinding(
        kind=kind,
        agent=agent,
        team=team,
        cost=Money(sum((one.cost for one in flags), Decimal(0))),
        confidence=told.confidence,
        proof=told.proof,
        fix=Fix(told.remedy, agent or team, told.detail),
        since=min((one.at for one in flags), default=period.since),
        until=period.until,
        seconds=sum((one.seconds for one in flags), Decimal(0)),
        runs=tuple(dict.fromkeys(one.run for one in flags if one.run))[:SHOWN],
        items=tuple(dict.fromkeys(one.item for one in flags if one.item))[:SHOWN],
    )


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 where there is none."""
    return part / whole if whole else 0.0
