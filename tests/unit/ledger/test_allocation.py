"""Shares are exact, fair to a quantum, and sum to the total."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gainful.core.money import PLACES, Tokens
from gainful.ledger.allocation import allocate, allocate_tokens

WEIGHTS = st.dictionaries(st.text(max_size=4), st.integers(0, 10_000), min_size=1, max_size=12)


@given(st.integers(0, 10**12), WEIGHTS)
def test_shares_sum_to_the_total_and_stay_within_a_quantum(units: int, weights: dict[str, int]) -> None:
    total = units * PLACES
    parts = allocate(total, weights)
    assert sum(parts.values()) == total
    whole = sum(weights.values()) or len(weights)
    for name, part in parts.items():
        weight = weights[name] if any(weights.values()) else 1
        assert abs(part * whole - total * weight) < PLACES * whole


@given(st.integers(0, 100_000), st.integers(0, 100_000), WEIGHTS)
def test_tokens_are_shared_whole(fresh: int, output: int, weights: dict[str, int]) -> None:
    tokens = Tokens(fresh=fresh, output=output)
    assert sum(allocate_tokens(tokens, weights).values(), Tokens()) == tokens


def test_the_largest_remainder_gets_the_odd_unit() -> None:
    one = Decimal(1)
    assert allocate(Decimal(10), {"a": 1, "b": 1, "c": 1}, one) == {"a": 4, "b": 3, "c": 3}
    assert allocate(Decimal(1), {"a": 1, "b": 3}, one) == {"a": 0, "b": 1}


def test_nothing_to_share_among() -> None:
    assert allocate(Decimal(1), {}) == {}
    assert allocate(Decimal(2), {"a": 0, "b": 0}) == {"a": 1, "b": 1}
