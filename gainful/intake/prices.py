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


class Prices:
    """Prices by date. What the list says of a model on a day is looked up once.

    Args:
        agreed: Before the list; of several that hold on a day, the last one.
    """

    def __init__(self, agreed: Sequence[AgreedPrice] = ()) -> None:
        self._agreed = tuple(agreed)
        self._listed: dict[tuple[str, str, date], Rates | None] = {}

    def of(self, call: Call) -> Decimal | None:
        """What a call cost; None where nobody knows."""
        return self.cost(call.provider, call.model, call.tokens, call.at)

    def cost(self, provider: str, model: str, tokens: Tokens, at: datetime) -> Decimal | None:
        """What these tokens of a model cost at this time, USD; None where nobody knows.

        Raises nothing: a list that cannot price something does not know its price.
        """
        day = at.date()
        for price in reversed(self._agreed):
            if price.holds(provider, model, day):
                return price.rates.cost(tokens).quantize(PLACES)
        key = (provider, model, day)
        if key not in self._listed:
            self._listed[key] = _flat_rates(provider, model, at)
        rates = self._listed[key]
        cost = rates.cost(tokens) if rates is not None else _listed(provider, model, tokens, at)
        return None if cost is None else cost.quantize(PLACES)


def _flat_rates(provider: str, model: str, at: datetime) -> Rates | None:
    """The rates of a model whose price is the same for each token; None where it is not, or there is none.

    The list has prices by the length of the prompt, by the hour of the day and by request. Whether a price is flat is
    found out by asking for it: for one token of each kind and for many of all, at the beginning and end of the day.
    """
    ones = [
        _listed(provider, model, tokens, at)
        for tokens in (Tokens(1), Tokens(0, 1), Tokens(0, 0, 1), Tokens(0, 0, 0, 1))
    ]
    many = Tokens(MILLION, MILLION, MILLION, MILLION)
    whole = _listed(provider, model, many, at)
    if whole is None or any(one is None for one in ones):
        return None
    fresh, read, write, output = (MILLION * one for one in ones if one is not None)
    rates = Rates(fresh, output, read, write)
    edges = [at.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in range(24)]
    flat = rates.cost(many) == whole and all(_listed(provider, model, many, edge) == whole for edge in edges)
    return rates if flat else None


def _listed(provider: str, model: str, tokens: Tokens, at: datetime) -> Decimal | None:
    # Late: the list is large, and most commands price nothing.
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens.prompt,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
    )
    known = PROVIDERS.get(provider.lower(), provider.lower()) or None
    try:
        found: Any = calc_price(usage, model, provider_id=known, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return None
    return Decimal(found.total_price)
