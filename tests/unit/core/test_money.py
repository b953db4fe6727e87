"""Money is exact, or it is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.errors import Invalid
from gainful.core.money import NO_TOKENS, PLACES, CurrencyMismatch, Money, Tokens

amounts = st.decimals(
    min_value=Decimal("-1000000"), max_value=Decimal("1000000"), places=9, allow_nan=False, allow_infinity=False
)
counts = st.integers(min_value=0, max_value=10**9)
tokens = st.builds(Tokens, counts, counts, counts, counts)


@given(st.lists(amounts, max_size=30))
def test_sums_are_exact_to_the_last_place(parts: list[Decimal]) -> None:
    total = sum((Money(part) for part in parts), start=Money(0))

    assert Fraction(total.amount) == sum((Fraction(part) for part in parts), start=Fraction(0))


@given(st.lists(amounts, min_size=3, max_size=3))
def test_the_order_of_adding_does_not_matter(parts: list[Decimal]) -> None:
    sums = {sum((Money(part) for part in order), start=Money(0)) for order in permutations(parts)}

    assert len(sums) == 1


@given(amounts, amounts)
def test_taking_away_undoes_adding(one: Decimal, other: Decimal) -> None:
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert Money(one) - Money(other) == Money(one) + -Money(other)
    assert (Money(one) < Money(other)) == (one < other)
    assert (Money(one) >= Money(other)) == (one >= other)


@pytest.mark.parametrize("amount", [0.1, 1.0, float("nan"), float("inf")])
def test_floats_are_refused(amount: float) -> None:
    with pytest.raises(TypeError, match="not float"):
        Money(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["", "4,20", "NaN", "Infinity", "-Infinity", "four", "0x10", Decimal("NaN")])
def test_what_is_not_an_amount_is_refused_with_an_example(amount: str | Decimal) -> None:
    with pytest.raises(Invalid) as caught:
        Money(amount)
    assert caught.value.next_move == "Write it like 4.20."


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        ("0.0000000005", "0"),
        ("0.0000000015", "0.000000002"),
        ("0.00000000051", "0.000000001"),
        ("-0.0000000005", "0"),
        (3, "3"),
    ],
)
def test_digits_behind_the_ninth_place_are_rounded_half_to_even(amount: str | int, kept: str) -> None:
    assert Money(amount).amount == Decimal(kept)
    assert Money(amount).amount.as_tuple().exponent == PLACES.as_tuple().exponent


@pytest.mark.parametrize("combine", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_are_never_combined(combine: str) -> None:
    with pytest.raises(CurrencyMismatch, match="USD and EUR"):
        getattr(Money(1, "USD"), combine)(Money(1, "EUR"))


def test_equal_amounts_in_two_currencies_differ() -> None:
    assert Money(1, "USD") != Money(1, "EUR")
    assert Money("1.0") == Money(1)
    assert not Money(0)
    assert Money("0.000000001")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("4.2", "4.20 USD"), ("0.0042", "0.0042 USD"), ("0", "0 USD"), ("-12.345", "-12.34 USD"), (1000, "1000.00 USD")],
)
def test_it_is_shown_without_exponents(amount: str | int, shown: str) -> None:
    assert str(Money(amount)) == shown


@given(tokens, tokens)
def test_tokens_add_by_kind(one: Tokens, other: Tokens) -> None:
    both = one + other
    assert both.total == one.total + other.total == both.prompt + both.output
    assert both.cache_read == one.cache_read + other.cache_read
    assert one + NO_TOKENS == one
