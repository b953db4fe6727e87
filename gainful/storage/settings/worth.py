"""`[worth]` and `[[prices]]`: how worth is told, and what models cost where the organisation has agreed it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from gainful.core.fact import DELETABLE
from gainful.core.money import Money
from gainful.storage.settings.section import Line, Section
from gainful.worth.settings import HOUR, WorthSettings

_Rate = Annotated[Decimal, Field(gt=0, le=10_000)]
_Days = Annotated[int, Field(ge=1, le=366)]
_PerMillion = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class Worth(Section):
    """How worth is told; see [how it is measured](../explanation/how-worth-is-measured.md)."""

    rate: _Rate | None = Field(
        default=None, description=f"What an hour of a person costs, all in, USD. Unset: {HOUR.amount:.0f} is assumed."
    )
    rates: dict[str, _Rate] = Field(default_factory=dict, description="The same for teams where it differs.")
    horizon_days: _Days = Field(default=14, description="How long a result must survive before it is verified.")
    horizons: dict[str, _Days] = Field(default_factory=dict, description="The same in days, by class of work.")
    expires_days: _Days = Field(default=14, description="How long a claim waits for somebody's verdict.")
    fewest: int = Field(default=20, ge=5, le=1000, description="Measured times that a baseline needs.")
    hold_out: float = Field(default=0.05, ge=0, le=0.5, description="Share of eligible items left to be done by hand.")
    exploration: Decimal = Field(
        default=Decimal("0.15"), ge=0, le=1, description="Share of a team's spending that explorations may take."
    )
    target: float = Field(default=0.8, gt=0, le=1, description="Share of people with a useful week that is aimed at.")
    group: int = Field(default=5, ge=3, le=100, description="Fewest people in a group that is shown.")
    audit_share: float = Field(default=0.03, ge=0, le=1, description="Share of claimed items that are looked at.")

    def settings(self) -> WorthSettings:
        """The same as worth is told by."""
        return WorthSettings(
            rate=Money(self.rate) if self.rate is not None else HOUR,
            rates={team: Money(rate) for team, rate in self.rates.items()},
            horizon=timedelta(days=self.horizon_days),
            horizons={name: timedelta(days=days) for name, days in self.horizons.items()},
            expires=timedelta(days=self.expires_days),
            fewest=self.fewest,
            hold_out=self.hold_out,
            exploration=self.exploration,
            target=self.target,
            group=self.group,
        )


class Privacy(Section):
    """How long facts about work are kept; see [people and their data](../how-to/people.md)."""

    keep_days: dict[str, Annotated[int, Field(ge=30, le=36_500)]] = Field(
        default_factory=dict,
        description="Days by kind of fact, such as `call` or `human_time`. A kind that is not named is kept for good.",
    )

    @field_validator("keep_days")
    @classmethod
    def _known(cls, found: dict[str, int]) -> dict[str, int]:
        wrong = sorted(set(found) - set(DELETABLE))
        if wrong:
            raise ValueError(f"'{wrong[0]}' is no kind that can be deleted; there are: {', '.join(DELETABLE)}")
        return found


class AgreedRates(Section):
    """What a model costs where the list does not say it, or something else was agreed. USD for a million tokens."""

    provider: Line = Field(description="As calls name it, such as `anthropic`.")
    model: Line = Field(description="As calls name it.")
    since: date = Field(default=date(2020, 1, 1), description="The first day.")
    until: date | None = Field(default=None, description="The first day on which it does not hold any more.")
    input: _PerMillion = Field(description="Prompt tokens that are in no cache.")
    output: _PerMillion = Field(description="Output tokens.")
    cache_read: _PerMillion | None = Field(default=None, description="Read from a cache. Unset: as `input`.")
    cache_write: _PerMillion | None = Field(default=None, description="Written to a cache. Unset: as `input`.")

    @model_validator(mode="after")
    def _ends_later(self) -> AgreedRates:
        if self.until is not None and self.until <= self.since:
            raise ValueError("ends before it begins")
        return self
