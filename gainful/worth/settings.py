"""What an organisation decides about how worth is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from gainful.core.money import Money

HOUR = Money("60")
"""What an hour of a person costs where nobody said; whoever shows worth says that it is assumed."""


@dataclass(frozen=True, slots=True)
class WorthSettings:
    """The numbers behind the books of worth.

    Args:
        rate: What an hour of a person costs, all in.
        rates: The same for teams where it differs.
        horizons: How long a result must survive before it is verified, by class of work.
        horizon: And for classes that are not named.
        expires: How long a claim may wait for somebody's verdict.
        fewest: Measured times without which the baseline of a class is unknown.
        hold_out: Share of eligible items that are left to be done by hand.
        exploration: Share of a team's spending that declared explorations may take.
        target: Share of eligible people with a useful week that is aimed at; nothing is credited above it.
        group: Fewest people in a group that is shown.
    """

    rate: Money = HOUR
    rates: Mapping[str, Money] = field(default_factory=dict)
    horizons: Mapping[str, timedelta] = field(default_factory=dict)
    horizon: timedelta = timedelta(days=14)
    expires: timedelta = timedelta(days=14)
    fewest: int = 20
    hold_out: float = 0.05
    exploration: Decimal = Decimal("0.15")
    target: float = 0.80
    group: int = 5

    def rate_of(self, team: str) -> Money:
        """What an hour of this team's people costs."""
        return self.rates.get(team, self.rate)

    def horizon_of(self, work_class: str) -> timedelta:
        """How long a result of this class must survive."""
        return self.horizons.get(work_class, self.horizon)
