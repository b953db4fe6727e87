"""What a call of a model cost: the list price of its day, unless the organisation has agreed another one.

    prices = Prices([AgreedPrice("anthropic", "claude-sonnet-4-5", date(2026, 7, 1), None, Rates(...))])
    prices.cost("anthropic", "claude-sonnet-4-5", tokens, at)       # Decimal, or None: nobody knows

A model that no list has is unpriced, which is something else than free. Nothing is fetched: the list comes with the
library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import PLACES, Tokens

MILLION = 1_000_000

MOST_KEPT = 10_000
"""Models and days whose prices are remembered."""

_ONES = (Tokens(1), Tokens(0, 1), Tokens(0, 0, 1), Tokens(0, 0, 0, 1))
"""One token of each kind: fresh, read from a cache, written to one, output."""

PROVIDERS = {
    "aws.bedrock": "aws",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "gemini": "google",
    "mistral_ai": "mistral",
    "vertex_ai": "google",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""Names of providers in OpenTelemetry and in tools, where the price list has another one."""


@dataclass(frozen=True, slots=True)
class Rates:
    """USD for a million tokens of each kind."""

    fresh: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def cost(self, tokens: Tokens) -> Decimal:
        """What these tokens cost."""
        amount = (
            self.fresh * tokens.fresh
            + self.cache_read * tokens.cache_read
            + self.cache_write * tokens.cache_write
            + self.output * tokens.output
        )
        return amount / MILLION


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """A price that the organisation has agreed.

    Args:
        since: The first day.
        until: The first day on which it does not hold any more; None: it still does.
    """

    provider: str
    model: str
    since: date
    until: date | None
    rates: Rates

    def holds(self, provider: str, model: str, day: date) -> bool:
        """Whether it is the price of this model on this day."""
        if (self.provider, self.model) != (provider, model):
            return False
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class _OfDay:
    """What the list says of a model on a day.

    Args:
        known: Whether it has a price at all.
        flat: The rates, where each token costs the same whatever else the call holds and at whatever hour.
    """

    known: bool
    flat: Rates | None = None


class Prices:
    """Prices by date. What the list says of a model on a day is looked up once.

    Args:
        agreed: Before the list; of several that hold on a day, the last one.
    """

    def __init__(self, agreed: Sequence[AgreedPrice] = ()) -> None:
        self._agreed = tuple(agreed)
        self._listed: dict[tuple[str, str, date], _OfDay] = {}

    def of(self, call: Call) -> Decimal | None:
        """What a call cost; None where nobody knows."""
        return self.cost(call.provider, call.model, call.tokens, call.at)

    def of_many(self, call: Call) -> Decimal | None:
        """What a call cost that stands for nobody knows how many: as if each of them were short."""
        return self.cost(call.provider, call.model, call.tokens, call.at, short=True)

    def cost(
        self, provider: str, model: str, tokens: Tokens, at: datetime, *, short: bool = False, hour: int = 0
    ) -> Decimal | None:
        """What these tokens of a model cost at this time, USD; None where nobody knows.

        Raises nothing: a list that cannot price something does not know its price.

        Args:
            short: Whether they are priced without what long prompts cost more.
            hour: Of the tokens written to a cache, those that it keeps for an hour; the list may have them dearer.
        """
        day = at.date()
        for price in reversed(self._agreed):
            if price.holds(provider, model, day):
                return price.rates.cost(tokens).quantize(PLACES)
        listed = self._of_day(provider, model, at)
        if not listed.known:
            return None
        rates = listed.flat or (_rates_of_short_calls(provider, model, at) if short else None)
        cost = rates.cost(tokens) if rates is not None else _listed(provider, model, tokens, at)
        if cost is not None and hour:
            cost += _more_for_an_hour(provider, model, hour, at)
        return None if cost is None else cost.quantize(PLACES)

    def _of_day(self, provider: str, model: str, at: datetime) -> _OfDay:
        key = (provider, model, at.date())
        found = self._listed.get(key)
        if found is None:
            if len(self._listed) >= MOST_KEPT:
                # Whoever sends telemetry chooses the names of models; they must not fill the memory.
                self._listed.clear()
            found = self._listed[key] = _looked_up(provider, model, at)
        return found


def _looked_up(provider: str, model: str, at: datetime) -> _OfDay:
    """What the list says of a model on a day.

    The list has prices by the length of the prompt, by the hour of the day and by request. Whether a price is flat is
    found out by asking for it: for one token of each kind and for many of all, at each hour of the day.
    """
    many = Tokens(MILLION, MILLION, MILLION, MILLION)
    whole = _listed(provider, model, many, at)
    rates = _rates_of_short_calls(provider, model, at)
    if rates is None or whole is None:
        known = any(_listed(provider, model, tokens, at) is not None for tokens in (many, *_ONES))
        return _OfDay(known)
    hours = (at.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in range(24))
    flat = rates.cost(many) == whole and all(_listed(provider, model, many, hour) == whole for hour in hours)
    return _OfDay(True, rates if flat else None)


def _rates_of_short_calls(provider: str, model: str, at: datetime) -> Rates | None:
    """The rates of calls that are not long, at this time; None where some kind of token has none."""
    ones = [_listed(provider, model, tokens, at) for tokens in _ONES]
    if any(one is None for one in ones):
        return None
    fresh, read, write, output = (MILLION * one for one in ones if one is not None)
    return Rates(fresh, output, read, write)


def _more_for_an_hour(provider: str, model: str, tokens: int, at: datetime) -> Decimal:
    """What keeping tokens in a cache for an hour costs more than keeping them for five minutes."""
    written = Tokens(0, 0, tokens)
    usual, long = _listed(provider, model, written, at), _listed(provider, model, written, at, hour=tokens)
    return Decimal(0) if usual is None or long is None else long - usual


def _listed(provider: str, model: str, tokens: Tokens, at: datetime, *, hour: int = 0) -> Decimal | None:
    # Late: the list is large, and most commands price nothing.
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens.prompt,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
        cache_write_1h_tokens=hour or None,
    )
    known = PROVIDERS.get(provider.lower(), provider.lower()) or None
    try:
        found: Any = calc_price(usage, model, provider_id=known, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return None
    return Decimal(found.total_price)
