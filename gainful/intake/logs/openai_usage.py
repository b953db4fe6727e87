"""OpenAI's exports for a whole organisation: `GET /v1/organization/usage/completions`, or `/v1/organization/costs`.

- Usage has tokens by model, if it was asked for with `group_by=model`; the price list says what they cost. Input holds
  what was read from a cache and written to one. In batches and in the flex tier tokens cost half.
- Costs have dollars and no tokens. They are what is on the bill, with what is not tokens. Both are of the same calls.

A result stands for all the calls of its bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.buckets import Result, read_export
from gainful.intake.logs.reading import START, Format, Found, Place, Read, Unusable, count, inside, money, text

TOOL = "openai"
_USAGE, _COSTS = "organization.usage.completions.result", "organization.costs.result"
_HALF = Decimal("0.5")


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The usage or the costs of one export; it is read as a whole."""
    del begin, quiet
    return read_export(file, "export of OpenAI's usage or costs", ("start_time", "end_time"), _found)


def _found(result: Result) -> Found | None:
    kind = result.content.get("object")
    if kind == _USAGE or (kind is None and "input_tokens" in result.content):
        return _usage(result)
    if kind == _COSTS or (kind is None and "amount" in result.content):
        return _cost(result)
    raise Unusable(f"{text(str(kind)) or 'Something'} is neither usage of completions nor costs.")


def _usage(result: Result) -> Found | None:
    content = result.content
    cached, written = count(content, "input_cached_tokens"), count(content, "input_cache_write_tokens")
    tokens = Tokens(
        max(0, count(content, "input_tokens") - cached - written), cached, written, count(content, "output_tokens")
    )
    if not tokens.total:
        return None
    model = text(content.get("model"))
    if not model:
        raise Unusable("It does not say the model; export it with group_by=model.")
    names = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
    half = content.get("batch") is True or content.get("service_tier") in ("batch", "flex")
    call = _call(result, "usage", names, model, tokens, None)
    return Found(0, call, many=True, share=_HALF if half else Decimal(1))


def _cost(result: Result) -> Found | None:
    content = result.content
    currency = text(inside(content, "amount", "currency")) or "usd"
    if currency.lower() != "usd":
        raise Unusable(f"It is in {currency}; only USD can be booked.")
    cost = money(inside(content, "amount", "value"))
    if not cost:
        return None
    # Such as "gpt-5-mini, cached input"; what is no model stands there by its name as well.
    model = text(content.get("line_item")).partition(",")[0] or "unknown"
    names = ("project_id", "api_key_id", "line_item")
    return Found(0, _call(result, "costs", names, model, Tokens(), cost), many=True)


def _call(result: Result, what: str, names: tuple[str, ...], model: str, tokens: Tokens, cost: Decimal | None) -> Call:
    content: dict[str, Any] = result.content
    key = f"{TOOL}:{what}:{result.key(*names)}"
    return Call(
        at=result.begins,
        key=key,
        id=key,
        person=text(content.get("user_id")),
        tool=TOOL,
        provider=TOOL,
        model=model,
        tokens=tokens,
        cost=cost,
    )


FORMAT = Format(TOOL, "OpenAI", read, personal=False)
