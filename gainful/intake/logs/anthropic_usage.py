"""Anthropic's exports for a whole organisation: `GET /v1/organizations/usage_report/messages`, or `cost_report`.

- Usage has tokens by model, if it was asked for with `group_by[]=model`; kinds stand apart, those that a cache keeps
  for an hour too. In batches tokens cost half; `context_window` tells prompts of more than 200,000 tokens apart.
- Costs have amounts in hundredths of a dollar and no tokens: what is on the bill. Both are of the same calls.

A result stands for all the calls of its bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.buckets import Result, read_export
from gainful.intake.logs.reading import START, Format, Found, Place, Read, Unusable, count, money, text

TOOL = "anthropic"
_HALF = Decimal("0.5")
_CENTS = 100


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The usage or the costs of one export; it is read as a whole."""
    del begin, quiet
    return read_export(file, "usage or cost report of Anthropic", ("starting_at", "ending_at"), _found)


def _found(result: Result) -> Found | None:
    if "amount" in result.content:
        return _cost(result)
    if "uncached_input_tokens" in result.content:
        return _usage(result)
    raise Unusable("It is neither usage of messages nor costs.")


def _usage(result: Result) -> Found | None:
    content = result.content
    parts = content.get("cache_creation")
    written = parts if isinstance(parts, dict) else {}
    hour = count(written, "ephemeral_1h_input_tokens")
    tokens = Tokens(
        count(content, "uncached_input_tokens"),
        count(content, "cache_read_input_tokens"),
        hour + count(written, "ephemeral_5m_input_tokens"),
        count(content, "output_tokens"),
    )
    if not tokens.total:
        return None
    model = text(content.get("model"))
    if not model:
        raise Unusable("It does not say the model; export it with group_by[]=model.")
    names = (
        "workspace_id",
        "api_key_id",
        "account_id",
        "service_account_id",
        "model",
        "service_tier",
        "context_window",
        "inference_geo",
        "speed",
    )
    half = content.get("service_tier") in ("batch", "flex")
    # Prompts of more than 200,000 tokens have prices of their own: the sum of them is as long.
    return Found(
        0,
        _call(result, "usage", names, model, tokens, None),
        hour,
        many=content.get("context_window") != "200k-1M",
        share=_HALF if half else Decimal(1),
    )


def _cost(result: Result) -> Found | None:
    content = result.content
    currency = text(content.get("currency")) or "USD"
    if currency.upper() != "USD":
        raise Unusable(f"It is in {currency}; only USD can be booked.")
    cents = money(content.get("amount"))
    if not cents:
        return None
    model = text(content.get("model")) or text(content.get("cost_type")) or text(content.get("description"))
    names = (
        "workspace_id",
        "cost_type",
        "description",
        "model",
        "service_tier",
        "context_window",
        "token_type",
        "inference_geo",
        "speed",
    )
    return Found(0, _call(result, "costs", names, model or "unknown", Tokens(), money(cents / _CENTS)), many=True)


def _call(result: Result, what: str, names: tuple[str, ...], model: str, tokens: Tokens, cost: Decimal | None) -> Call:
    key = f"{TOOL}:{what}:{result.key(*names)}"
    return Call(at=result.begins, key=key, id=key, tool=TOOL, provider=TOOL, model=model, tokens=tokens, cost=cost)


FORMAT = Format(TOOL, "Anthropic", read, personal=False)
