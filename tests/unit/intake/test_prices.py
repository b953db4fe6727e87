"""Prices by date: those of the list to the last digit, and those that were agreed before them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot

from gainful.core.money import PLACES, Tokens
from gainful.intake.prices import PROVIDERS, AgreedPrice, Prices, Rates

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MODELS = (
    ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-haiku-4-5"), ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"), ("gcp.gemini", "gemini-2.5-pro"), ("deepseek", "deepseek-chat"),
)  # fmt: skip


@pytest.mark.parametrize(("provider", "model"), MODELS)
def test_the_list_is_kept_to_the_last_digit(provider: str, model: str) -> None:
    chance, prices = random.Random(model), Prices()
    for _ in range(150):
        most = 300_000 if chance.random() < 0.3 else 4000
        tokens = Tokens(*(chance.randrange(size) for size in (most, most, most, 3000)))
        at = NOW.replace(hour=chance.randrange(24), day=chance.randint(1, 28))
        usage = Usage(
            input_tokens=tokens.prompt,
            cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write,
            output_tokens=tokens.output,
        )
        listed = calc_price(
            usage, model, provider_id=PROVIDERS.get(provider, provider), genai_request_timestamp=at
        ).total_price
        assert prices.cost(provider, model, tokens, at) == listed.quantize(PLACES)


@pytest.mark.parametrize("seed", range(4))
def test_every_model_of_the_list_costs_what_the_list_says(seed: int) -> None:
    """Models of all providers, tiers by length and prices by hour among them."""
    chance, prices, priced = random.Random(seed), Prices(), 0
    known = [(provider.id, model.id) for provider in get_snapshot().providers for model in provider.models]
    for provider, model in chance.sample(known, 120):
        at = datetime(2026, chance.randint(1, 11), chance.randint(1, 28), chance.randrange(24), 35, tzinfo=UTC)
        for most in (900, 150_000, 500_000):
            tokens = Tokens(*(chance.randrange(size) for size in (most, most, most, 9000)))
            usage = Usage(
                input_tokens=tokens.prompt,
                cache_read_tokens=tokens.cache_read,
                cache_write_tokens=tokens.cache_write,
                output_tokens=tokens.output,
            )
            try:
                listed = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at).total_price
            except (LookupError, ValueError):
                assert prices.cost(provider, model, tokens, at) is None
            else:
                priced += 1
                assert prices.cost(provider, model, tokens, at) == listed.quantize(PLACES), (provider, model)
    assert priced > 250


def test_names_that_somebody_made_up_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.intake.prices.MOST_KEPT", 10)
    prices = Prices()
    for number in range(50):
        assert prices.cost("acme", f"model-{number}", Tokens(10), NOW) is None
    assert len(prices._listed) <= 10
    assert prices.cost("openai", "gpt-5", Tokens(1_000_000), NOW) == Decimal("1.25")


def test_counters_of_many_calls_are_priced_as_short_ones() -> None:
    long = Tokens(900_000)
    assert Prices().cost("anthropic", "claude-sonnet-4-5", long, NOW) == Decimal("5.4")
    assert Prices().cost("anthropic", "claude-sonnet-4-5", long, NOW, short=True) == Decimal("2.7")


def test_what_no_list_has_is_unpriced() -> None:
    assert Prices().cost("acme", "nobody-knows", Tokens(10), NOW) is None


def test_what_was_agreed_holds_on_its_days() -> None:
    rates = Rates(Decimal(1), Decimal(2), Decimal("0.5"), Decimal(4))
    prices = Prices([AgreedPrice("acme", "m", date(2026, 11, 1), date(2026, 12, 1), rates)])
    assert prices.cost("acme", "m", Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000), NOW) == Decimal("7.5")
    assert prices.cost("acme", "m", Tokens(1), NOW.replace(month=10)) is None
    assert prices.cost("acme", "m", Tokens(1), NOW.replace(month=12)) is None
