"""Are calls priced right, and how far off would one be who forgets that cached tokens are cheaper?

250 calls of five models, with tokens from and into caches, priced as the intake does and by the price list itself.

- `equal_share`: calls whose two prices agree to the cent (and to a billionth of a dollar).
- `off_without_cache`: the whole bill with every token of a prompt at the full price, as a multiple of the right one.

    python -m bench.prices --json FILE
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal

from genai_prices import Usage, calc_price

from bench.report import options, publish
from gainful.core.money import PLACES, Tokens
from gainful.intake.prices import PROVIDERS, Prices

MODELS = (
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"),
    ("gcp.gemini", "gemini-2.5-pro"),
)
CALLS = 250
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def listed(provider: str, model: str, tokens: Tokens) -> Decimal:
    """What the price list itself says."""
    usage = Usage(
        input_tokens=tokens.prompt,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
    )
    known = PROVIDERS.get(provider, provider)
    return calc_price(usage, model, provider_id=known, genai_request_timestamp=AT).total_price


def main() -> int:
    """Measure and publish; 1 where a price is wrong."""
    given = options("prices", "Are calls priced right?").parse_args()
    chance, prices = random.Random(1), Prices()
    equal, right, flat = 0, Decimal(0), Decimal(0)
    for number in range(CALLS):
        provider, model = MODELS[number % len(MODELS)]
        fresh, read, written = chance.randint(200, 4000), chance.randint(0, 40_000), chance.randint(0, 2000)
        tokens = Tokens(fresh, read, written, chance.randint(20, 2000))
        mine, theirs = prices.cost(provider, model, tokens, AT), listed(provider, model, tokens)
        equal += mine == theirs.quantize(PLACES)
        right += theirs
        flat += listed(provider, model, Tokens(tokens.prompt, 0, 0, tokens.output))
    figures = {"equal_share": equal / CALLS, "off_without_cache": float(flat / right), "calls": CALLS}
    publish("prices", {"models": len(MODELS)}, figures, given.json)
    return int(equal < CALLS)


if __name__ == "__main__":
    raise SystemExit(main())
