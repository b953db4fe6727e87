"""Adds up what one unit did: an agent, a person, a team, or the organisation.

Amounts are whole billionths of a dollar, so that sums are exact in any order: the organisation is the sum of its teams.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from math import sqrt
from typing import Literal

from gainful.core.money import Money
from gainful.worth.assessment import Interval, Standing
from gainful.worth.baseline import P10

NANO = 1_000_000_000


@dataclass
class Unit:
    """The sums of one unit, in billionths of a dollar.

    Args:
        worth: Minutes saved at the loaded rate and verified money, as expected.
        lost: What reversals and failed looks cost beside people's time.
        review: People's time for prompts, reviews, rework and looks.
        saved: By class of work: dollars for each minute of its baseline that was counted, squared errors add by it.
        apart: Variance of what items add independently of each other, dollars squared.
        together: Standard deviation of items that are parts of one, by that one, dollars.
        doubts: Standard deviation that items of one claimant have in common, by claimant, dollars.
        trusted, counted: Dollars that looks let stand, and dollars that were claimed.
    """

    people: set[str] = field(default_factory=set)
    worth: int = 0
    lost: int = 0
    cost: int = 0
    review: int = 0
    waste: int = 0
    exploration: int = 0
    pending: int = 0
    unpriced: int = 0
    unknown: int = 0
    items: Counter[str] = field(default_factory=Counter)
    saved: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    apart: float = 0.0
    together: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    doubts: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    trusted: float = 0.0
    counted: float = 0.0

    def standing(
        self,
        kind: Literal["organisation", "team", "agent", "person"],
        unit: str,
        team: str,
        errors: dict[str, float],
    ) -> Standing:
        """How it stands.

        Args:
            errors: Standard error of each class's baseline, minutes.
        """
        common = (*self.together.values(), *self.doubts.values())
        variance = self.apart + sum(one**2 for one in common)
        variance += sum((dollars * errors.get(name, 0.0)) ** 2 for name, dollars in self.saved.items())
        away = Decimal(round(P10 * sqrt(variance) * NANO)) / NANO
        worth = Decimal(self.worth) / NANO
        net = worth - Decimal(self.cost + self.review + self.lost) / NANO
        return Standing(
            kind=kind,
            unit=unit,
            team=team,
            people=len(self.people),
            net=Interval(net - away, net, net + away),
            worth=Interval(worth - away, worth, worth + away),
            cost=_money(self.cost),
            review=_money(self.review),
            waste=_money(self.waste),
            exploration=_money(self.exploration),
            pending=_money(self.pending),
            unpriced=self.unpriced,
            items=dict(self.items),
            unknown=self.unknown,
            trust=self.trusted / self.counted if self.counted else 1.0,
        )


def _money(amount: int) -> Money:
    return Money(Decimal(amount) / NANO)


def nano(amount: Decimal) -> int:
    """An amount in whole billionths."""
    return int((amount * NANO).to_integral_value())
