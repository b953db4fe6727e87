"""What a detector is, and what most of them share: they flag runs, and tell of an agent when there are enough."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import NamedTuple, Protocol

from gainful.core.fact import Call, Run
from gainful.core.money import Money
from gainful.worth.finding import Fix, Remedy, WasteFinding
from gainful.worth.record import Case, Organisation
from gainful.worth.settling import Settled
from gainful.worth.unit import NANO

SHOWN = 100
"""Runs and items that a finding names."""

_LEAST_COST = NANO // 20
"""Five cents: a finding about less, that names no item either, is not worth the time that it takes to read."""

_MONTH = timedelta(days=30)
_HEADROOM = Decimal("1.1")
_LEAST_CAP = Decimal(1)


class Flag(NamedTuple):
    """One run that looks like waste; or an item, where it has no run of its own.

    Args:
        cost: What was spent on it, billionths of a dollar; as far as that is known.
        seconds: Of people's time that went with it.
        unpriced: It holds calls whose price nobody knows.
    """

    run: str
    item: str
    cost: int
    at: datetime
    seconds: Decimal = Decimal(0)
    unpriced: bool = False


class Ran(NamedTuple):
    """One run, as detectors look at it.

    Args:
        cost: Of all its calls whose price is known, billionths of a dollar.
        read: Somebody opened what it put out.
        flag: What stands for it in a finding; all detectors share it.
    """

    run: Run
    calls: tuple[Call, ...]
    cost: int
    read: bool
    flag: Flag


@dataclass
class Totals:
    """What each agent ran, and what that cost in billionths of a dollar."""

    runs: Counter[str] = field(default_factory=Counter)
    cost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Period:
    """The time that was looked at, who was there, and what they did in all."""

    since: datetime
    until: datetime
    who: Organisation
    totals: Totals = field(default_factory=Totals)


class Detector(Protocol):
    """Finds one kind of waste. Sees every case and every run of none once, and tells afterwards."""

    kind: str

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Look at one item and the runs for it. All cases come before the first run of no item."""

    def loose(self, ran: Ran) -> None:
        """Look at one run of no item and no declared exploration; by agent, and then by time."""

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """What was found.

        Args:
            taken: Runs that other findings name; those that these name are added.
        """


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
    days = 3
    """Days on which they must fall: an outage, an incident or a migration lasts a day or two, and is no habit."""

    def __init__(self) -> None:
        self.flags: defaultdict[str, list[Flag]] = defaultdict(list)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Nothing here is about items."""

    def loose(self, ran: Ran) -> None:
        """Nothing here is about runs of no item."""

    def flag_case(self, agent: str, case: Case, ran: Sequence[Ran], at: datetime) -> None:
        """Flag an item with all its runs, or by itself where none is known; and the time that people gave for it."""
        given = sum((one.seconds for one in case.times if one.measured and one.what != "hand"), Decimal(0))
        flags = [one.flag for one in ran] or [Flag("", case.id, 0, at)]
        self.flags[agent] += [flags[0]._replace(seconds=given), *flags[1:]] if given else flags

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """How it reads; None where it is not enough to be told."""
        raise NotImplementedError

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """One finding an agent at most."""
        for agent, flags in sorted(self.flags.items()):
            left = [one for one in flags if not one.run or one.run not in taken]
            if len(left) < self.least or len({one.at.date() for one in left}) < self.days:
                continue
            if _too_little(left):
                continue
            told = self.tell(agent, left, period)
            if told is None:
                continue
            taken.update(one.run for one in left if one.run)
            yield finding_of(self.kind, agent, left, told, period)


def _too_little(flags: Sequence[Flag]) -> bool:
    """Whether it is not worth a word: it names no item, and costs next to nothing. An unknown price is not nothing."""
    if any(one.item or one.unpriced for one in flags):
        return False
    return sum(one.cost for one in flags) < _LEAST_COST


def finding_of(kind: str, agent: str, flags: Sequence[Flag], told: Told, period: Period) -> WasteFinding:
    """The finding about these flags."""
    team = period.who.team_of(agent)
    detail = told.detail or (_cap(agent, flags, period) if told.remedy is Remedy.BUDGET else "")
    return WasteFinding(
        kind=kind,
        agent=agent,
        team=team,
        cost=Money(Decimal(sum(one.cost for one in flags)) / NANO),
        confidence=told.confidence,
        proof=told.proof,
        fix=Fix(told.remedy, agent or team, detail),
        since=min((one.at for one in flags), default=period.since),
        until=period.until,
        seconds=sum((one.seconds for one in flags), Decimal(0)),
        runs=tuple(dict.fromkeys(one.run for one in flags if one.run))[:SHOWN],
        items=tuple(dict.fromkeys(one.item for one in flags if one.item))[:SHOWN],
    )


def _cap(agent: str, flags: Sequence[Flag], period: Period) -> str:
    """USD a month that what the agent does otherwise has cost on average, and a tenth more."""
    other = max(0, period.totals.cost[agent] - sum(one.cost for one in flags))
    months = max(1.0, (period.until - period.since) / _MONTH)
    usual = _HEADROOM * Decimal(other) / NANO / Decimal(str(round(months, 3)))
    return str(max(_LEAST_CAP, usual.quantize(Decimal("0.01"), ROUND_UP)))


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 where there is none."""
    return part / whole if whole else 0.0


def class_of(case: Case) -> str:
    """The class of work of an item; empty where nobody said."""
    return case.item.work_class if case.item is not None else ""
