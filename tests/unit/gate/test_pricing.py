"""Prices come from the settings, from a rule, or from the list that is installed; never from a guess."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gainful.core.money import Money, Tokens
from gainful.gate.pricing import PriceUnknown, pricing_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_settings_come_first() -> None:
    pricing = pricing_of("openai:gpt-5-mini", NOON, input_price=Decimal("0.10"), output_price=Decimal("0.40"))
    assert pricing.cost(Tokens(fresh=1_000_000, cache_read=500_000, output=250_000), NOON) == Money("0.25")
    assert pricing.shown == "0.10/0.40 USD per million tokens, from your settings"


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-5-mini",
        "anthropic:claude-haiku-4-5",
        "google:gemini-2.5-flash",
        "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
)
def test_list_prices_are_offline_and_discount_cached_tokens(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a price was fetched from the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    pricing = pricing_of(model, NOON)
    fresh = pricing.cost(Tokens(fresh=1_000_000), NOON)
    assert fresh > Money(0)
    assert Money(0) < pricing.cost(Tokens(cache_read=1_000_000), NOON) < fresh
    assert pricing.cost(Tokens(output=1_000_000), NOON) > fresh
    assert pricing.shown.endswith("USD per million tokens")
    assert pricing.shown.startswith(f"{fresh.amount.normalize():f}/")


def test_the_bound_covers_every_way_of_caching() -> None:
    pricing = pricing_of("anthropic:claude-haiku-4-5", NOON)
    for way in (Tokens(fresh=1000), Tokens(cache_read=1000), Tokens(cache_write=1000), Tokens(400, 300, 300)):
        assert pricing.cost(way + Tokens(output=50), NOON) <= pricing.bound(1000, 50, NOON)


def test_ollama_is_free_at_home_and_only_there() -> None:
    assert pricing_of("ollama:qwen3", NOON, base_url="http://127.0.0.1:11434/v1").bound(10**6, 10**6, NOON) == Money(0)
    assert pricing_of("ollama:qwen3", NOON).shown == "free: it runs on your machine"
    for model, url in (("ollama:big-cloud", ""), ("ollama:qwen3", "https://ollama.com/v1")):
        with pytest.raises(PriceUnknown):
            pricing_of(model, NOON, base_url=url)


@pytest.mark.parametrize("model", ["openai:no-such-model", "openai-compatible:x", "x"])
def test_an_unknown_price_is_refused_with_the_setting_to_fill_in(model: str) -> None:
    with pytest.raises(PriceUnknown, match=r"not known.*Set input_price and output_price.*under \[model\]") as error:
        pricing_of(model, NOON)
    assert error.value.code == "price-unknown"
