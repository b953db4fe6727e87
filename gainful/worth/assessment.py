"""What an organisation's record says about worth: values, for whoever shows, keeps or checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from gainful.core.money import Money
from gainful.worth.finding import WasteFinding


@dataclass(frozen=True, slots=True)
class Interval:
    """An amount with what is not known about it: P10, the middle, P90. USD."""

    low: Decimal
    middle: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one item of a class takes by hand.

    Args:
        source: Where it is from; `unknown`: fewer than enough were measured, and it adds nothing.
        count: Items measured.
        minutes: Mean with its interval; None where unknown.
    """

    work_class: str
    source: Literal["hold-out", "history", "unknown"]
    count: int
    minutes: Interval | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one unit stands: a team, an agent or the organisation.

    Args:
        unit: Its id; empty for the organisation.
        team: Of an agent.
        people: How many people its work is of.
        net: Worth less all that it cost; ranks use its low end.
        worth: Minutes saved at the loaded rate, and verified money.
        cost: Of inference, failed and retried calls included.
        review: Of people's time for prompts, reviews, rework and audits.
        waste: Part of `cost` in runs with no verified outcome in time, explorations within their budget apart.
        exploration: Part of `cost` that declared explorations spent within their budget.
        pending: Part of `cost` whose outcome may still come.
        unpriced: Calls whose price nobody knows.
        items: Work items by state: claimed, accepted, verified, rejected, expired, reversed.
        unknown: Verified items of classes whose baseline is unknown.
        trust: Share of its claimed minutes that audits let stand, 0 to 1.
    """

    kind: Literal["organisation", "team", "agent", "person"]
    unit: str
    team: str
    people: int
    net: Interval
    worth: Interval
    cost: Money
    review: Money
    waste: Money
    exploration: Money
    pending: Money
    unpriced: int
    items: Mapping[str, int]
    unknown: int
    trust: float

    @property
    def waste_share(self) -> Decimal | None:
        """Waste as a part of the cost; None where nothing was spent."""
        return self.waste.amount / self.cost.amount if self.cost else None

    @property
    def cost_per_outcome(self) -> Money | None:
        """All inference and review, for each verified item; None without one."""
        verified = self.items.get("verified", 0)
        return Money((self.cost + self.review).amount / verified) if verified else None


@dataclass(frozen=True, slots=True)
class UsefulWeek:
    """How many of a team's eligible people had something useful in one week.

    Args:
        week: Its Monday, `2026-11-23`.
    """

    week: str
    team: str
    eligible: int
    useful: int


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """How many items must be looked at, and how many were.

    Args:
        found_share: Share of false claims, in one unit, that is to be found out.
        power: Chance of finding it out in the time.
        rate: Share of claimed items to look at for that.
        looked: Share that was.
    """

    found_share: float
    power: float
    rate: float
    looked: float


@dataclass(frozen=True, slots=True)
class Standings:
    """Each unit's standing in one time; teams, agents and people by their id."""

    organisation: Standing
    teams: Mapping[str, Standing]
    agents: Mapping[str, Standing]
    people: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The books of worth for one time.

    Args:
        organisation, teams, agents, people: Each unit's standing; teams, agents and people by their id.
        months: The same by month, `2026-11`; they add up to the whole, but for intervals. See `gainful.worth.months`.
        hold_out_cost: What leaving items to be done by hand cost.
    """

    since: datetime
    until: datetime
    organisation: Standing
    teams: Mapping[str, Standing]
    agents: Mapping[str, Standing]
    people: Mapping[str, Standing]
    baselines: Mapping[str, Baseline]
    weeks: tuple[UsefulWeek, ...]
    audits: AuditPlan
    findings: tuple[WasteFinding, ...]
    hold_out_cost: Money
    months: Mapping[str, Standings] = field(default_factory=dict)
