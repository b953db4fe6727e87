"""What tokens cost: the list price of the day, a price from the settings, or nothing on one's own machine.

pricing = pricing_of("openai:gpt-5-mini", now)
pricing.cost(Tokens(fresh=1000, output=100), now)     # Money("0.00045")
pricing.shown                                         # "0.25/2 USD per million tokens"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from gainful.core.errors import Refused
from gainful.core.money import Money, Tokens

MILLION = 1_000_000

_PRICE_LISTS = {"openai": "openai", "anthropic": "anthropic", "google": "google", "bedrock": "aws"}
"""Whose price list covers which of our providers."""


class PriceUnknown(Refused):
    """Nobody knows what this model costs, so it is not called."""

    code = "price-unknown"


@dataclass(frozen=True, slots=True)
class Pricing:
    """The price of one model.

    Args:
        model: `PROVIDER:MODEL`.
        cost: What these tokens cost at this instant.
        shown: The price as a person reads it.
    """

    model: str
    cost: Callable[[Tokens, datetime], Money]
    shown: str

    def bound(self, prompt_tokens: int, output_tokens: int, at: datetime) -> Money:
        """The most that a call with so many tokens can cost, whichever way the prompt is cached."""
        ways = (Tokens(fresh=prompt_tokens), Tokens(cache_write=prompt_tokens))
        return max(self.cost(way + Tokens(output=output_tokens), at) for way in ways)


def pricing_of(
    model: str,
    at: datetime,
    *,
    base_url: str = "",
    input_price: Decimal | None = None,
    output_price: Decimal | None = None,
) -> Pricing:
    """The price of a model: from the settings where both are given, else by rule or by list.

    Args:
        at: The day whose list price is shown; each call is booked at the price of its own time.
        input_price: USD per million prompt tokens.
        output_price: USD per million output tokens.

    Raises:
        PriceUnknown: No list has it; the message names the settings to fill in.
    """
    if input_price is not None and output_price is not None:
        return _fixed(model, input_price, output_price)
    if model.startswith("scripted:"):
        return Pricing(model, lambda _tokens, _at: Money(0), "free: a script plays it")
    if _is_local(model, base_url):
        return Pricing(model, lambda _tokens, _at: Money(0), "free: it runs on your machine")
    listed = _listed(model, at)
    if listed is None:
        raise PriceUnknown(
            f"The price of '{model}' is not known, so it is not called.",
            "Set input_price and output_price (USD per million tokens) under [model] in gainful.toml; 0 if it is free.",
        )
    return listed


def _fixed(model: str, input_price: Decimal, output_price: Decimal) -> Pricing:
    def cost(tokens: Tokens, _at: datetime) -> Money:
        # Cached tokens at the full price: the settings know no discount, and the books must not guess one.
        return Money((input_price * tokens.prompt + output_price * tokens.output) / MILLION)

    return Pricing(model, cost, f"{input_price:f}/{output_price:f} USD per million tokens, from your settings")


def _is_local(model: str, base_url: str) -> bool:
    """Ollama is free because it runs on the person's own hardware; what it forwards to its cloud is not."""
    provider, _, name = model.partition(":")
    host = urlsplit(base_url).hostname or ""
    cloud = name.endswith("-cloud") or host == "ollama.com" or host.endswith(".ollama.com")
    return provider == "ollama" and not cloud


def _listed(model: str, at: datetime) -> Pricing | None:
    """The list price, from the data that comes with genai-prices. Nothing is fetched."""
    provider, _, name = model.partition(":")
    price_list = _PRICE_LISTS.get(provider)
    if price_list is None:
        return None
    # Late: the price data is large, and only a person with a language model needs it.
    from genai_prices import Usage, calc_price

    def priced(tokens: Tokens, when: datetime) -> Any:
        usage = Usage(
            input_tokens=tokens.prompt,
            cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write,
            output_tokens=tokens.output,
        )
        return calc_price(usage, name, provider_id=price_list, genai_request_timestamp=when)

    try:
        prices = priced(Tokens(), at).model_price
    except LookupError:
        return None
    shown = "/".join(_base(price) for price in (prices.input_mtok, prices.output_mtok))
    return Pricing(
        model, lambda tokens, when: Money(priced(tokens, when).total_price), f"{shown} USD per million tokens"
    )


def _base(price: Any) -> str:
    """The price of the first tier; very long prompts may cost more, and are booked at more."""
    return f"{Decimal(getattr(price, 'base', price) or 0).normalize():f}"
